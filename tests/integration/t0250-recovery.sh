# The recovery key is shown and typed again, on a terminal of its own: nothing
# is founded before that, whatever ends it.  And an office whose key is gone.
. "$(dirname "$0")/lib.sh"

# on_terminal OFFICE ANSWER...: init on a terminal; each answer is a line, or
# KEY, what was shown; EOF and INT are the keys; REFUSED waits until an answer
# was.  Leaves what was seen in $T/seen; the status is that of init.
on_terminal() {
	local office=$1 line words='' answer pid in out
	shift
	coproc TTY { script -qec "mufakat --home '$T/$office' \
		init 'Test coalition' --org '$office'" /dev/null; }
	pid=$TTY_PID
	exec {out}<&"${TTY[0]}" {in}>&"${TTY[1]}"
	: >"$T/seen"
	while [ -z "$words" ] && read -r -t 60 line <&$out; do
		line=${line%$'\r'}
		printf '%s\n' "$line" >>"$T/seen"
		words=$(grep -oxE '([a-z]{5}-){16}[a-z]{5}' <<<"${line// /}")
	done
	for answer; do
		case $answer in
		REFUSED)
			while read -r -t 60 line <&$out; do
				printf '%s\n' "${line%$'\r'}" >>"$T/seen"
				[[ $line != *'not the same'* ]] || break
			done
			;;
		KEY) printf '%s\n' "$words" ;;
		LOUD) printf '  %s\n' "${words//-/ }" | tr a-z A-Z ;;
		EOF) printf '\004' ;;
		INT) printf '\003' ;;
		*) printf '%s\n' "$answer" ;;
		esac >&$in
	done
	cat <&$out >>"$T/seen"
	exec {in}>&- {out}<&-
	wait "$pid"
}

# ends STATUS TEXT OFFICE ANSWER...
ends() {
	local status=$1 text=$2 got
	shift 2
	on_terminal "$@"
	got=$?
	cat "$T/seen"
	[ $got -eq "$status" ] && grep -qF -- "$text" "$T/seen"
}

# Nothing is there but what was before.
untouched() {
	at a --json status | jq -e '.coalition == null and .changes == 0' &&
		[ "$(sqlite3 "$T/a/mufakat.db" 'SELECT count(*) FROM setting
			WHERE name = "coalition"')" = 0 ] &&
		diff "$T/before" <(ls -A "$T/a")
}

ok 'a daemon without a coalition' start a
ls -A "$T/a" >"$T/before"
ok 'without a terminal it says what to give' refused 1 --recovery-file \
	setsid -w mufakat --home "$T/a" init C --org a
ok 'nothing is founded' untouched
ok 'an end of input is no answer' ends 1 'nothing is founded' a EOF
ok 'nothing is founded' untouched
ok 'nor is a wrong key and then the end' \
	ends 1 'that is not the same' a babad-babad '' EOF
ok 'nothing is founded' untouched
ok 'an interrupt ends it' ends 130 'type it again' a INT
ok 'nothing is founded' untouched
ok 'an interrupt after a wrong key, too' ends 130 'not the same' a no REFUSED INT
ok 'nothing is founded' untouched
ok 'the right key after wrong ones founds' \
	ends 0 'coalition  ' a babad "$(printf '%0600d' 0)" KEY
ok 'it is founded' sh -c "mufakat --home '$T/a' --json status |
	jq -e '.coalition != null and .changes == 1'"
ok 'the key is in none of its files' sh -c "
	key=\$(grep -oE '([a-z]{5}-){16}[a-z]{5}' '$T/seen' | head -n 1)
	test -n \"\$key\" && ! grep -rqF \"\$key\" '$T/a'"
ok 'another office' start b
ok 'capitals and spaces are the same key' ends 0 'coalition  ' b LOUD
ok 'it is founded, too' sh -c "mufakat --home '$T/b' --json status |
	jq -e '.coalition != null'"

# --- the key of an office ----------------------------------------------------------

write_one() { at "$1" new addressee name=ILO level=igo; }
ok 'an office is backed up' at a backup "$T/a.db"
stop a
mkdir -m 700 "$T/r"
ok 'and restored elsewhere' mufakatd --home "$T/r" --restore "$T/a.db"
ok 'and so it is where it came from' sh -c "
	mufakatd --home '$T/a' --restore '$T/a.db' | tee '$T/said' &&
	grep ': 1 change of ' '$T/said'"
at b backup "$T/b.db"
ok 'but not that of another coalition' refused 1 'of another coalition' \
	mufakatd --home "$T/a" --restore "$T/b.db"
rm "$T/a/mufakat.db"
ok 'nor of another key' refused 1 'the key of this home wrote nothing' \
	mufakatd --home "$T/a" --restore "$T/b.db"
ok 'an office without its database starts' start a
ok 'and says that it is gone' sh -c "mufakat --home '$T/a' --json status |
	jq -e '.alarms | map(.kind) == [\"database\"]' &&
	grep 'missing=mufakat.db' '$T/a.log'"
ok 'its key founds no other coalition' refused 1 'move the file' \
	at a init Other --org a --recovery-file "$T/other"
stop a
start empty
at empty backup "$T/empty.db"
ok 'nor one in which there is nothing' refused 1 'there are no changes' \
	mufakatd --home "$T/a" --restore "$T/empty.db"
ok 'without its key it starts' start r
ok 'but cannot write, and says what is missing' refused 1 \
	"put the file 'key'" write_one r
ok 'status says so, too' sh -c "mufakat --home '$T/r' --json status |
	jq -e '.alarms | map(.kind) == [\"key\"]'"
stop r
cp "$T/a/key" "$T/r/key"
start r
ok 'with its key it goes on' write_one r
ok 'and nothing is missing' sh -c "mufakat --home '$T/r' --json status |
	jq -e '.alarms == []'"
finish
