# The demo fails loudly: a step that does not do what it says ends the story
# with an error.  That the whole story works is seen by "make demo" itself.
. "$(dirname "$0")/lib.sh"

# A folder of programs whose mufakat fails at the command WORD.
sabotage() {
	mkdir -p "$T/$1"
	ln -sf "$(command -v mufakatd)" "$(command -v mufakat-transfer)" \
		"$T/$1"
	cat >"$T/$1/mufakat" <<-END
		#!/bin/sh
		for word; do [ "\$word" = $1 ] && { echo broken; exit 1; }; done
		exec $(command -v mufakat) "\$@"
	END
	chmod +x "$T/$1/mufakat"
}

for step in init sync admit new; do
	sabotage "$step"
	"$MUFAKAT_SOURCE/tests/demo" --build "$T/$step" >"$T/out" 2>&1
	ok "without '$step' the demo ends with exit 1" test $? -eq 1
	ok 'and says at which step' sh -c \
		"tail -n 1 $T/out | grep -q '^demo: did not work: .* $step'"
	ok 'and tells no more of the story' sh -c \
		"! grep -q 'Where to look next' $T/out"
done
finish
