# What people read: what nobody has checked says so, lines do not end in
# spaces, pages, words that differ, whose name it is and who says so.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/forge.sh"

says() { # TEXT OFFICE COMMAND...: prints a line that holds TEXT
	local text=$1
	shift
	at "$@" | tee "$T/said"
	grep -qF -- "$text" "$T/said"
}
says_not() { ! says "$@"; }

ok 'an office' start a
at a init 'Coalition' --org A --recovery-file "$T/recovery" >/dev/null
ok 'an invitation without an address says so' says 'it names no address' a invite
at a remote add hub "$T/hub.git" --create >/dev/null && at a sync >/dev/null
ok 'and one of this machine, too' says 'a folder of this machine' a invite
id=$(at a new recommendation section=national language=en title='Rest day' \
	text='One day in seven is free, and it is paid.')
at a comment "$id" "$(printf 'One line.\n\nAnd one.')" >/dev/null
at a sign "$id" >/dev/null

# --- lines -----------------------------------------------------------------------

for command in types status members log "list recommendation" "show $id" \
	"history $id" "verify $id" 'list organisation' 'search Rest' \
	'remote list' conflicts requests; do
	ok "no line of '${command% "$id"}' ends in a space" sh -c "
		mufakat --home '$T/a' $command >'$T/out' &&
		! grep -n ' \$' '$T/out'"
done
ok 'a field without a value has its name alone' sh -c "
	mufakat --home '$T/a' types recommendation | grep -qx '  title .*required signed'"

ok 'a type says which states follow' \
	says 'deferred       proposed, withdrawn' a types recommendation
ok 'what its records refer to' \
	says 'consultation   record    of consultation' a types recommendation
ok 'and who writes them' says 'written by the hosts' a types consultation
gone=$(at a new addressee name='The Bureau' level=national)
ok 'deleting says nothing' test -z "$(at a delete "$gone")"
ok 'but again, that nothing changed' says 'nothing changed' a delete "$gone"
ok 'a list marks what is deleted' \
	says "$gone (deleted)  The Bureau" a list addressee --deleted

ok 'a comment is shown with who made it' says \
	"  comment of A, $(date +%Y)-" a show "$id"
ok 'and so is the record' says "  made by A, $(date +%Y)-" a show "$id"
ok 'a history says who signed' \
	says 'A signed it, or withdrew that' a history "$id"

# --- words -----------------------------------------------------------------------

at a edit "$id" text='One day in six is free, and it is paid.' >/dev/null
ok 'a diff shows the words that differ' \
	says '~ One day in [-seven-]{+six+} is free, and it is paid.' a diff "$id"
first=$(at a --json history "$id" | jq -r '.history[-1].change')
at a edit "$id" text='Nobody works on holidays.' >/dev/null
ok 'of a change, what that one altered and no later one' \
	says '[-seven-]{+six+} is free' a diff "$id" "${first:0:16}"
ok 'lines that share little stand whole' says '+ Nobody works' a diff "$id"
at a edit "$id" text='วันหยุดของแรงงาน' >/dev/null
at a edit "$id" text='วันหยุดของแรงงานหญิง' >/dev/null
ok 'a script without spaces has its clusters marked' \
	says '~ วันหยุดของแรงงาน{+หญิง+}' a diff "$id"

# --- pages -----------------------------------------------------------------------

for i in $(seq 20); do echo "$i"; done |
	xargs -I{} mufakat --home "$T/a" edit "$id" title='Number {}'
all=$(at a --json history "$id" | jq '.history | length')
ok 'a history is whole' test "$all" -ge 26
ok 'and so is the log' test "$(at a --json log | jq '.log | length')" -gt "$all"
first=$(at a --json history "$id" --limit 3 | jq -r .next)
ok '--limit takes the first ones, --after those that follow' test "$(
	at a --json history "$id" --limit 3 | jq -r '.history[2].change') $(
	at a --json history "$id" --after "$first" --limit 1 |
		jq -r '.history[0].change')" = "$first $(
	at a --json history "$id" | jq -r '.history[3].change')"
first=$(at a --json log --limit 2 | jq -r .next)
ok 'the same of the log' test "$(
	at a --json log --after "$first" --limit 1 | jq -r '.log[0].change')" = \
	"$(at a --json log | jq -r '.log[2].change')"
ok 'at the end there is no next one' sh -c "mufakat --home '$T/a' --json \
	history $id --limit 100000 | jq -e '.next == null and (.history | length) == $all'"
for bad in 0 -1 x 1x '' 9999999999999999999999; do
	ok "--limit '$bad' is refused" refused 2 "'--limit' takes" \
		at a log --limit "$bad"
done
ok 'and so is a change of another record' refused 1 'no change' \
	at a history "$id" --after 0000000000

# --- clocks ----------------------------------------------------------------------

forge_key "$(at a --json status | jq -r .coalition)"
forge_t=-2200000001000
alpha=$'\u0391' # looks like A
forge '{"kind":"act","ops":[{"op":"request","name":"'$alpha'"}]}' '{"v":[[]]}'
forge_t=253400000000000
forge '{"kind":"edit","ops":[]}' '{"v":[]}'
forge_push "$T/hub.git"
ok 'whose clock is wrong is heard' at a sync
ok 'a time of 1900 is shown, as doubtful' sh -c "
	mufakat --home '$T/a' log | grep -E '1900-04-1[0-9] [0-9:]{5} \?  '"
ok 'and so is one of 9999' sh -c "
	mufakat --home '$T/a' log | grep -E '9999-12-0[0-9] [0-9:]{5} \?  '"
ok 'ours is not' sh -c "
	mufakat --home '$T/a' history $id | tee '$T/said' | grep '(claimed)' &&
	! grep -F ' ? (claimed)' '$T/said'"
ok 'and it does not follow them' sh -c "
	mufakat --home '$T/a' edit $id title=Now &&
	mufakat --home '$T/a' --json history $id |
		jq -e '.history[-1].t / 1000 - now | fabs < 86400'"

# --- whose name ------------------------------------------------------------------

at a evidence "$id" "$T/evidence" 2>/dev/null || {
	at a sign "$id" >/dev/null && at a evidence "$id" "$T/evidence" >/dev/null
}
words=$(at a --json status | jq -r .coalition_words)
ok 'W may be its words, as init printed them' \
	says_not '(claimed)' a verify "$T/evidence" --coalition "$words"
ok 'in any case, with spaces' says good a verify "$T/evidence" \
	--coalition "$(echo "$words" | tr a-z- 'A-Z ')"
# shellcheck disable=SC2046
ok 'and as several arguments' says good a verify "$T/evidence" \
	--coalition $(echo "$words" | tr - ' ')
other=$(echo "$words" | sed 's/^...../babad/')
ok 'the words of another coalition are not it' refused 1 'another coalition' \
	at a verify "$T/evidence" --coalition "$other"
ok 'fewer words are refused' refused 2 '8 words' \
	at a verify "$T/evidence" --coalition "${words%-*}"
ok 'words without --coalition are too many' refused 2 'too many' \
	at a verify "$T/evidence" babad
ok 'a name that nobody vouches for is claimed' \
	says 'A (claimed)' a verify "$T/evidence"
ok 'a column in which nothing is, is left out' says_not person a verify "$id"
ok 'that of a member is not' says_not '(claimed)' a verify "$id"

# --- a narrow terminal ---------------------------------------------------------------

# narrow TEXT COMMAND...: a terminal of 50 columns shows TEXT whole
narrow() {
	local text=$1
	shift
	script -qec "stty cols 50; mufakat --home '$T/a' $*" /dev/null \
		</dev/null | tee "$T/said" | grep -qF -- "$text"
}
words=$(at a --json status | jq -r .key_words)
ok 'the words of a key are never cut' narrow "$words" members
ok 'nor are ids' narrow "$id" list recommendation
ok 'nor what names a change' narrow "$(
	at a --json log | jq -r '.log[-1].change[:16]')" log
at a edit "$id" title='A title for which fifty columns are not enough' >/dev/null
ok 'but a title is' narrow 'A tit...' list recommendation
fits() { # COMMAND...: into the 80 columns of a terminal
	script -qec "stty cols 80; NO_COLOR=1 mufakat --home '$T/a' $*" \
		/dev/null </dev/null | tr -d '\r' | tee "$T/said"
	[ "$(wc -L <"$T/said")" -le 80 ]
}
ok 'who asks to be admitted fits a terminal' fits requests
ok 'a name that looks like that of a member is marked' \
	grep -q "^[0-9a-f]* looks like 'A'," "$T/said"
ok 'and the request can be admitted by what is shown' refused 1 'looks like' \
	at a admit "$(awk 'END { print $1 }' "$T/said")"

# --- names beside ids, what was withdrawn --------------------------------------------

org=$(at a --json status | jq -r .organisation.id)
meeting=$(at a new consultation title=$'Jakarta' level=national)
ok 'who hosts a meeting is named' says "hosts          $org  A" a show "$meeting"
to=$(at a new addressee name='The Ministry' level=national)
too=$(at a new addressee name='The Agency' level=national)
at a edit "$id" consultation="$meeting" addressees="$to,$too" >/dev/null
ok 'so is a record that another refers to' \
	says "consultation   $meeting  Jakarta" a show "$id"
ok 'and each of several' says "      $too  The Agency" a show "$id"
ok '--json has the ids alone' test "$(
	at a --json show "$id" | jq -r .record.values.consultation)" = "$meeting"
at a sign "$id" --stance object --date 2007-05-12 >/dev/null
at a unsign "$id" >/dev/null
ok 'what was withdrawn can be seen' \
	says 'withdrawn (object, 2007-05-12)' a verify "$id"

at a sign "$id" --stance support-with-reservation --as witness \
	--person 'Somebody of a long name' >/dev/null
at a edit "$id" title='Rest day' >/dev/null
ok 'a verdict is never cut' fits verify "$id"
ok 'and the rest gives way' grep -q '^A  .*text changed since$' "$T/said"
at a delete "$id"
ok 'and that its record is deleted' says 'this record is deleted' a verify "$id"
at a undelete "$id"
at a edit "$id" title='Rest days' >/dev/null
version=$(at a --json verify "$id" | jq -r '.signatures[] |
	select(.stance == "support-with-reservation").version')
ok 'an earlier text that was signed is named' \
	says "mufakat evidence ${version:0:12} DIR" a verify "$id"
ok 'and shown' says 'title: A title for which fifty columns' a show "$version"

# --- not yet checked -------------------------------------------------------------

ok 'all is checked' says_not 'not yet checked' a status
stop a
sqlite3 "$T/a/mufakat.db" 'INSERT INTO patch(change, part)
	SELECT n, -1 FROM change WHERE NOT flags & 8'
ok 'the office again, its signatures gone' start a
for command in status "show $id" "history $id"; do
	# shellcheck disable=SC2086
	ok "${command% "$id"} says what is not yet checked" \
		says 'not yet checked' a $command
done
ok 'verify looks at once' says_not 'not yet checked' a verify "$id"
# --- order --------------------------------------------------------------------------

for n in 7.10 7.9 7.2; do
	at a new recommendation section=regional order=$n title="Part $n" \
		text=x language=en >/dev/null
done
ok 'a list goes by its numbers, as people count' sh -c "
	[ \"\$(mufakat --home '$T/a' list recommendation section=regional |
		sed -n 's/.*  \(7[0-9.]*\) .*/\1/p' | xargs)\" = '7.2 7.9 7.10' ]"
finish
