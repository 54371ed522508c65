# The tutorial of README.md, typed word by word: what it shows is what comes.
. "$(dirname "$0")/lib.sh"

# Here the programs are built already, and home is elsewhere.
export HOME=$T
ln -s "$MUFAKAT_BUILD" "$T/build"
cd "$T" || exit 1

# as_shown: does $T/seen look like $T/shown?  In a line of the latter "…"
# stands for any text; trailing blanks of a table do not count.
as_shown() {
	awk -v shown="$T/shown" '
	function pattern(line) {
		gsub(/[][\\.^$*+?(){}|]/, "\\\\&", line)
		gsub(/…/, ".*", line)
		gsub(/ +/, " +", line)
		return "^" line " *$"
	}
	{ seen[NR] = $0 }
	END {
		while ((getline line < shown) > 0)
			if (seen[++n] !~ pattern(line)) {
				print "shown: " line
				print "seen:  " seen[n]
				exit bad = 1
			}
		if (n < NR) print "seen:  " seen[n + 1]
		exit bad || n < NR
	}' "$T/seen"
}

command='' gap=0
: >"$T/shown"
finish_command() {
	[ -n "$command" ] || return
	# in this shell, as in a terminal: what it sets stays set
	eval "$command" >"$T/seen" 2>&1
	ok "${command%%$'\n'*}" as_shown
	command='' gap=0
	: >"$T/shown"
}

while IFS= read -r line; do
	case $line in
	'    $ '*)
		finish_command
		gap=0
		command=${line#'    $ '} ;;
	'    > '*)
		command+=$'\n'${line#'    > '} ;;
	'')	gap=1 ;; # perhaps of what is shown
	'    '*)
		[ $gap -eq 0 ] || echo >>"$T/shown"
		gap=0
		[ -z "$command" ] || printf '%s\n' "${line#'    '}" >>"$T/shown" ;;
	*)	finish_command ;;
	esac
done < <(sed -n '/^## Five minutes/,/^## /p' "$MUFAKAT_SOURCE/README.md")
finish_command
ok 'the tutorial was played to its end' test $tests -gt 40
ok 'and leaves nothing behind' test ! -e "$T/mufakat-tour"
for lock in "$T"/mufakat-tour/*/lock; do
	[ ! -s "$lock" ] || stop_home "${lock%/lock}"
done
finish
