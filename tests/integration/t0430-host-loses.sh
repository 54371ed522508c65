# A hub that loses a log, once and again: what is given back, what is kept back,
# and what of it is said.
. "$(dirname "$0")/lib.sh"

is() { [ "$1" = "$2" ] || { echo "$1, not $2"; return 1; }; }
log_of() {
	at "$1" --json members | jq -r --arg o "$1" \
		'.organisations[]|select(.name==$o).keys[0].key[:26]'
}
write_one() { at "$1" new recommendation section=national title="$2" text=x; }
holds() { # OFFICE N: that many recommendations
	is "$(at "$1" --json list recommendation | jq '.list | length')" "$2"
}
restart() { stop "$1" && start "$1"; }
lose() { git -C "$T/hub.git" update-ref -d "refs/heads/mufakat/$1"; }

for o in sec member; do
	mkdir -m 700 "$T/$o"
	printf '%s\n' 'interval 1d' 'debounce 10m' >"$T/$o/mufakatd.conf"
done
ok 'two offices share a hub' coalition sec member
log=$(log_of member)
write_one member First >/dev/null
ok 'a log goes there' at member sync

# --- what is kept back, and how long --------------------------------------------

ok 'the hub loses it' lose "$log"
ok 'it is given back' at member sync
ok 'the hub loses it again' lose "$log"
ok 'it is kept back, which says why and what to do' refused 1 \
	'not proven: it lost ' at member sync
ok 'with the number of changes' refused 1 \
	'or use another repository' at member sync
write_one member Second >/dev/null
ok 'what is new takes it along' at member sync
ok 'to others' at sec sync
ok 'whole' holds sec 2
write_one member Third >/dev/null
ok 'what comes after that is not kept back' at member sync
ok 'and reaches others' at sec sync
ok 'at once' holds sec 3

# --- what of another office is lost, and what "synced" means -----------------------

round() { # OFFICE FILTER: a round's result
	at "$1" --json sync >"$T/round"
	jq -e ".rounds[0] | $2" "$T/round"
}
remote() { at "$1" --json status | jq -e ".remotes[0] | $2"; }
alarms() { # OFFICE TEXT...: these alarms, one a line
	local o=$1
	shift
	is "$(at "$o" --json status | jq -r '.alarms[].text')" \
		"$([ $# -eq 0 ] || printf '%s\n' "$@")"
}

alarm_is() { # OFFICE PATTERN: one of them
	at "$1" --json status | jq -r '.alarms[].text' | grep -q "$2"
}

ok 'the hub loses it once more' lose "$log"
ok 'another office gives it back' at sec sync
proven=$(remote sec .last_proven)
ok 'the hub loses that, too' lose "$log"
ok 'the other office keeps it back, and does not call that synced' \
	refused 1 'not proven: it lost ' at sec sync
ok 'nor proven' round sec '(.proven | not) and .waiting > 0 and
	(.error | test("kept back"))'
ok 'the loss is said once, with the last count, by name' alarms sec \
	"remote 'hub' is behind by 4 changes on the log of 'member'"
ok 'still after a restart' restart sec
ok 'in the same words' alarms sec \
	"remote 'hub' is behind by 4 changes on the log of 'member'"
ok 'status does not, either' remote sec \
	".last_proven == $proven and .waiting > 0"
write_one member Fourth >/dev/null
ok 'its writer brings it back' at member sync
ok 'and is told what was lost' alarms member \
	"remote 'hub' lost 4 changes of ours; given back once a day only"
ok 'a round later all is there' at member sync
ok 'and nothing is left to be said' alarms member
ok 'which proves it everywhere' at sec sync
ok 'so says status' remote sec ".last_proven > $proven and .waiting == 0"
ok 'and is silent about the past' alarms sec
write_one member Fifth >/dev/null
ok 'a change that waits is one change' refused 0 ', 1 change waits' \
	at member status

# --- a copy that is less than it was ------------------------------------------------

hub() { git -C "$T/hub.git" -c user.name=x -c user.email=x "$@"; }
# replaced FILTER: the log is one commit of what the filter makes of it
replaced() {
	local ref=refs/heads/mufakat/$log blob tree
	blob=$(hub rev-list --reverse "$ref" | sed 's/$/:changes/' |
		hub cat-file --batch='' | grep -v '^$' | "$1" |
		hub hash-object -w --stdin) &&
		tree=$(printf '100644 blob %s\tchanges\n' "$blob" | hub mktree) &&
		hub update-ref "$ref" "$(hub commit-tree -m x "$tree")"
}
each_line() { # COMMAND: of every change; heads of segments go through
	local line
	while IFS= read -r line; do
		case $line in
		"mufakat 1"*) printf '%s\n' "$line" ;;
		*) "$1" "$line" ;;
		esac
	done
}
hashed() { # LINE: with the hash in place of each portion
	local sig head part rest=$1
	sig=${rest%%$'\t'*} rest=${rest#*$'\t'}
	head=${rest%%$'\t'*} rest=${rest#*$'\t'}
	printf '%s\t%s' "$sig" "$head"
	while :; do
		part=${rest%%$'\t'*}
		case $part in
		'#'*) printf '\t%s' "$part" ;;
		*) printf '\t#%s' "$(printf %s "$part" | b2sum -l 256 | cut -c-64)" ;;
		esac
		case $rest in *$'\t'*) rest=${rest#*$'\t'} ;; *) break ;; esac
	done
	echo
}
unsigned() { printf '%s\n' "${1#"${1%%$'\t'*}"}"; }
without_portions() { each_line hashed; }
without_signatures() { each_line unsigned; }

later() { # OFFICE: what is given back once a day may be again
	stop "$1" && sqlite3 "$T/$1/mufakat.db" "DELETE FROM setting
		WHERE name LIKE 'back.%' OR name LIKE 'hold.%'" && start "$1"
}
says_absent() { # RECORD: to who has the hub's word alone
	at sec sync >/dev/null
	ok 'another office shows what is not there' sh -c \
		"mufakat --home $T/sec show $1 | grep -q 'title.*has not arrived'"
	ok 'in lists, too' sh -c "mufakat --home $T/sec list recommendation |
		grep -q 'not arrived'"
	ok 'so does status' sh -c \
		"mufakat --home $T/sec status | grep -q 'parts of what others wrote'"
	ok 'and nothing is written over it' refused 1 'has not arrived yet: sync' \
		at sec edit "$1" title=Mine
}
for less in without_portions without_signatures; do
	id=$(write_one member "Precious $less")
	ok "a change goes there ($less)" at member sync
	ok 'the hub keeps less of it' replaced $less
	later member
	later sec
	[ $less = without_signatures ] || says_absent "$id"
	ok 'its writer sees that' at member sync
	ok 'and says so' alarm_is member 'lost .* changes\? of ours; given back'
	ok 'another office gets all of it' at sec sync
	ok 'text and all' sh -c "mufakat --home $T/sec --json show $id |
		jq -e '.record.values.text == \"x\"'"
	ok 'the next round is calm' at member sync
	ok 'so is that of others' at sec sync
	ok 'nothing is said any more' alarms member
done

# --- a folder whose refs are left ----------------------------------------------------

hollow() { rm -rf "$T/hub.git/objects/pack/"* "$T/hub.git/objects/"??; }
ok 'a folder loses its objects, and keeps its refs' hollow
for o in member sec; do later $o; done
ok 'a round finds that, and gives back' at member sync
ok 'and says so' alarm_is member 'lost .* changes of ours; given back'
ok 'so does another office, with all that it holds' at sec sync
ok 'the folder is whole again' git -C "$T/hub.git" fsck --strict --no-dangling
for i in 1 2 3; do
	write_one member "Piece $i" >/dev/null
	at member sync >/dev/null
done
oldest() { rm -f "$(ls -tr "$T/hub.git/objects/pack/"*.pack | head -n 1)"; }
ok 'it loses one old pack' oldest
for o in member sec; do later $o; done
ok 'which is found, too' at member sync
ok 'and given back' at sec sync
ok 'so that the folder is whole' git -C "$T/hub.git" fsck --strict --no-dangling
mkdir -m 700 "$T/late"
ok 'and serves who comes new' eval 'start late && at late join "$T/hub.git" \
	--org Late --coalition "$(at sec --json status | jq -r .coalition)" &&
	at late sync'
ok 'with all of it' holds late "$(at sec --json list recommendation |
	jq '.list | length')"
stop late
for o in member sec; do at $o sync >/dev/null; done

# --- other alarms, as long as their cause -------------------------------------------

stray=refs/heads/mufakat/aaaaaaaaaaaaaaaaaaaaaaaaaa
spoil() { # a ref of no key, with rubbish in it
	local g="git -C $T/hub.git -c user.name=x -c user.email=x"
	$g update-ref $stray "$($g commit-tree -m x "$(printf \
		'100644 blob %s\tchanges\n' "$(echo rubbish |
		$g hash-object -w --stdin)" | $g mktree)")"
}
alarm_kinds() { # OFFICE KIND...
	local o=$1
	shift
	is "$(at "$o" --json status | jq -r '.alarms[].kind' | xargs)" "$*"
}
ok 'somebody puts rubbish beside the logs' spoil
at sec sync >/dev/null
ok 'which is said' alarm_kinds sec ref
at sec sync >/dev/null
ok 'as long as it is there' alarm_kinds sec ref
ok 'it is cleared away' git -C "$T/hub.git" update-ref -d $stray
ok 'a round sees that' at sec sync
ok 'and nothing is said any more' alarm_kinds sec

ok 'an office is copied' eval \
	'at member sync && stop member && cp -a "$T/member" "$T/old"'
start member
write_one member Sixth >/dev/null
ok 'goes on' at member sync
ok 'and is put back' eval \
	'stop member && rm -r "$T/member" && mv "$T/old" "$T/member"'
start member
ok 'it takes what its own key wrote' at member sync
ok 'which is said' alarm_kinds member fork
ok 'also when all is well' at member sync
ok 'and after a restart, for a while' restart member
ok 'still' alarm_kinds member fork
finish
