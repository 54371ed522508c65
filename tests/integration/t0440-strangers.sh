# Keys that nobody admitted, and repositories of other coalitions: what is taken
# of them, and what is given to them.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/forge.sh"

is() { [ "$1" = "$2" ] || { echo "$1, not $2"; return 1; }; }
status() { at sec --json status | jq -r "$1"; }
strangers() { status '.alarms | map(select(.kind == "stranger")) | length'; }

ok 'an office founds a coalition' coalition sec

# --- a log that nobody asked for ---------------------------------------------------

at sec sync >/dev/null
held=$(status .changes)
forge_key "$(status .coalition)"
forge '{"kind":"act","ops":[{"op":"request","name":"Stranger"}]}' '{"v":[[]]}'
request=$forge_change
filler=$(head -c 20000 /dev/zero | tr '\0' x)
for n in $(seq 10); do
	forge '{"kind":"edit","ops":[{"op":"new","type":"addressee"}]}' \
		"{\"v\":[[[\"level\",\"igo\"],[\"name\",\"$n $filler\"]]]}"
done
forge_push "$T/hub.git"
ok 'of a log of 200 KB whose key nobody admitted' at sec sync
ok 'the beginning is held' is "$(status ".changes - $held")" 4
ok 'with the request' is \
	"$(at sec --json requests | jq -r '.requests[0].id')" "$request"
ok 'and status says so' is "$(strangers)" 1
ok 'it is not fetched again' sh -c "mufakat --home $T/sec --json sync |
	jq -e '.rounds[0].taken == 0' && [ \$(find $T/sec/repo.git -type f |
	xargs cat | wc -c) -lt 100000 ]"
ok 'nothing of it is a record' is \
	"$(at sec --json list addressee | jq '.list | length')" 0
ok 'the log marks whose key is not admitted' sh -c \
	"mufakat --home $T/sec log | grep -c '(not admitted)' | grep -qx 4"
ok 'the key is admitted' at sec admit "$request"
ok 'then the rest comes' at sec sync
ok 'whole' is "$(at sec --json list addressee | jq '.list | length')" 10
ok 'and nothing is said any more' is "$(strangers)" 0

# --- a ref of nobody, of which a part is gone -------------------------------------

torn() { # the parent of its commit is nowhere
	local g="git -C $T/hub.git" tree
	tree=$(printf '100644 blob %s\tchanges\n' \
		"$(echo rubbish | $g hash-object -w --stdin)" | $g mktree) &&
		printf 'tree %s\nparent %040d\n%s\n%s\n\nx\n' "$tree" 1 \
			'author x <x> 1 +0000' 'committer x <x> 1 +0000' |
		$g hash-object -t commit -w --stdin --literally \
			>"$T/hub.git/refs/heads/mufakat/aaaaaaaaaaaaaaaaaaaaaaaaaa"
}
ok 'somebody leaves a ref that cannot be read' torn
ok 'which keeps nobody from being synced' at sec sync
ok 'nor the next time' at sec sync
rm "$T/hub.git/refs/heads/mufakat/aaaaaaaaaaaaaaaaaaaaaaaaaa"

# --- a repository that is another coalition's --------------------------------------

names() { git -C "$1" log --all -p --format= | grep -c "$2"; }
start stray
at stray init 'Another coalition' --org stray --recovery-file "$T/other" \
	>/dev/null
at stray remote add hub "$T/hub.git" >/dev/null
ok 'nothing is sent to where another coalition is alone' refused 1 \
	'nothing was sent' at stray sync
ok 'nor the next time' refused 1 'nothing was sent' at stray sync
ok 'nothing of it is there' is "$(names "$T/hub.git" 'Another coalition')" 0
at stray remote remove hub >/dev/null
at stray remote add hub "$T/hub.git" --create >/dev/null
ok 'unless the user means it' at stray sync
ok 'then it is there' test "$(names "$T/hub.git" 'Another coalition')" -gt 0
ok 'and goes on then' at stray sync
finish
