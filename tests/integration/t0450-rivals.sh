# A convenor's home goes on in two places, and both admit: who stands, what is
# told and for how long, and how the other comes in again (TRUST.md, rule 6).
. "$(dirname "$0")/lib.sh"

status() { at "$1" --json status | jq -r "$2"; }
rivals() { status "$1" '.alarms | map(select(.kind == "rival-acts")) | length'; }
is() { [ "$1" = "$2" ] || { echo "$1, not $2"; return 1; }; }
all_sync() { for _ in 1 2; do for o in sec copy left right; do
	at $o sync >/dev/null || return 1; done; done; }
request_of() { at "$1" --json requests |
	jq -r --arg name "$2" '.requests[] | select(.name == $name) | .id'; }

ok 'an office founds a coalition' coalition sec
stop sec
cp -r "$T/sec" "$T/copy"
start sec
for o in left right; do
	start $o
	at $o join "$(at sec invite | head -n 1)" --org $o >/dev/null
	at $o sync >/dev/null
done
at sec sync >/dev/null
stop sec
ok 'its home is copied' start copy
at copy sync >/dev/null
ok 'the copy admits one' at copy admit "$(request_of copy left)"
stop copy
start sec
ok 'the office another' at sec admit "$(request_of sec right)"
start copy
ok 'they meet' all_sync
ok 'all see the same' same_state sec copy left right
for o in sec copy left right; do
	ok "$o is told" is "$(rivals $o)" 1
done
ok 'and what to do' sh -c "mufakat --home $T/left status |
	grep -q 'admits again'"
loser=left
at sec requests | grep -q left || loser=right
ok "$loser is admitted again" at sec admit "$(request_of sec $loser)"
ok 'everybody hears of it' all_sync
ok 'all see the same again' same_state sec copy left right
ok 'both are in' is "$(at sec --json members |
	jq -r '[.organisations[].name] | sort | join(" ")')" 'left right sec'
ok 'it is told still: a thief could have done all that' is "$(rivals sec)" 1
finish
