# What goes to a second remote, what cannot be replaced at one, and what a look
# at one brings.
. "$(dirname "$0")/lib.sh"

conf='interval 1d
debounce 10m'

is() { [ "$1" = "$2" ] || { echo "$1, not $2"; return 1; }; }
refs() { git -C "$T/$1" for-each-ref --format='%(refname:lstrip=3)' | sort; }
commit() { git -C "$T/$1" rev-parse -q --verify "refs/heads/mufakat/$2"; }
log_of() {
	at "$1" --json members | jq -r --arg o "$1" \
		'.organisations[]|select(.name==$o).keys[0].key[:26]'
}
write_one() { at "$1" new recommendation section=national title="$2" text=x; }
holds() { # OFFICE N: that many recommendations
	is "$(at "$1" --json list recommendation | jq '.list | length')" "$2"
}

# An office whose log is long enough for a piece.
write_much() {
	local n
	for n in $(seq 18); do
		at "$1" new recommendation section=national language=en \
			title="Annex $n" text="$(head -c 46000 /dev/urandom |
			base64 -w 0)" >/dev/null || return 1
	done
}

ok 'two offices share a hub' coalition writer relay
log=$(log_of writer)
write_one writer First >/dev/null
ok 'a log goes there' at writer sync
ok 'and is taken' at relay sync
ok 'the other office knows a second place' \
	at relay remote add two "$T/two.git" --create
ok 'and takes the log there' at relay sync two
ok 'as it is' is "$(commit two.git "$log")" "$(commit hub.git "$log")"
ok 'its writer writes more than a mebibyte' write_much writer
ok 'which is a closed piece at the hub' at writer sync
ok 'by name' commit hub.git "$log-1"
ok 'the other office takes it' at relay sync hub
at relay --json sync two >"$T/round"
ok 'and brings it to the second place' jq -e '.rounds[0].proven' "$T/round"
ok 'the piece is the same commit there' is "$(commit two.git "$log-1")" \
	"$(commit hub.git "$log-1")"
ok 'what it brought is counted' jq -e '.rounds[0].sent >= 18' "$T/round"
ok 'nothing of it went a second time' sh -c \
	"[ \"\$(git -C '$T/two.git' cat-file blob $log:changes | wc -c)\" -lt \
	100000 ]"
ok 'a round later nothing more goes' sh -c \
	"mufakat --home '$T/relay' --json sync two | jq -e \
	'.rounds[0] | .sent == 0 and .proven'"
start reader "$conf"
ok 'a third office joins there, by the address alone' \
	at reader join "$T/two.git" --org reader
ok 'and reads all of it' at reader sync
ok 'as many records' holds reader 19

# --- a host that lets nobody replace or delete ---------------------------------

sshd_up "GIT_TRACE2_EVENT=$T/trace"
ok 'an sshd runs' answers "$sshd_port"
git init -q --bare "$T/strict.git"
git -C "$T/strict.git" config receive.denyNonFastForwards true
git -C "$T/strict.git" config receive.denyDeletes true
for o in writer relay; do
	stop $o
	printf '%s\n' "$conf" "$sshd_conf" >"$T/$o/mufakatd.conf"
	start $o
	at $o remote add strict "$sshd_url$T/strict.git" >/dev/null
done
stop reader
write_one writer 'Behind the piece' >/dev/null
ok 'a log goes to a host that refuses force' at writer sync strict
ok 'with its piece' commit strict.git "$log-1"
ok 'and its tail' commit strict.git "$log"
spoil() { # in place of what the log's tail holds
	local g="git -C $T/strict.git" blob
	blob=$(echo rubbish | $g hash-object -w --stdin)
	$g update-ref "refs/heads/mufakat/$log" "$($g -c user.name=x \
		-c user.email=x commit-tree -m x \
		"$(printf '100644 blob %s\tchanges\n' "$blob" | $g mktree)")"
}
ok 'somebody puts rubbish in its place' spoil
bad=$(commit strict.git "$log")
write_one writer Beside >/dev/null
at writer sync strict >/dev/null
ok 'what cannot be replaced stays' is "$(commit strict.git "$log")" "$bad"
ok 'a tail beside it is written' commit strict.git "$log.2"
ok 'and proves that all is there' at writer sync strict
ok 'which others read' sh -c "mufakat --home '$T/relay' sync strict"
ok 'whole' holds relay 21
second=$(commit strict.git "$log.2")
write_one writer 'On top' >/dev/null
ok 'the highest tail grows' at writer sync strict
ok 'by a commit' git -C "$T/strict.git" merge-base --is-ancestor "$second" \
	"refs/heads/mufakat/$log.2"
ok 'and no other is begun' is "$(refs strict.git | grep -c "^$log\.")" 1
ok 'it is read, too' at relay sync strict
ok 'to one state' same_state writer relay

# --- a look ---------------------------------------------------------------------

served() {
	sed -n 's|.*"key":"write_pack_file/wrote","value":"\([0-9]*\)".*|\1|p' \
		"$T/trace" | awk '{ n += $1 } END { print n + 0 }'
}
start late "$conf
$sshd_conf"
: >"$T/trace"
ok 'an office joins by an address alone' at late join \
	"$sshd_url$T/strict.git" --org late
ok 'what the look brought is not fetched again' is "$(served)" \
	"$(git -C "$T/strict.git" rev-list --objects --exclude \
		"refs/heads/mufakat/$(log_of late)" --all | wc -l)"
ok 'and read' holds late 22
ok 'its repository passes fsck' git -C "$T/late/repo.git" fsck --full --strict

# --- a slow one keeps no other waiting --------------------------------------------

printf '%s\n' '#!/bin/sh' 'exec sleep 60' >"$T/mute"
chmod +x "$T/mute"
stop late
printf '%s\n' "$conf" 'deadline 1h' 'turn 1s' "ssh $T/mute" \
	>"$T/late/mufakatd.conf"
start late
ok 'a host that says nothing is added' \
	at late remote add mute ssh://nowhere/hub.git
ok 'and a folder' at late remote add near "$T/strict.git"
at late sync mute >"$T/muted" 2>&1 &
muted=$!
sleep 0.5 # until that has begun
ok 'which does not wait for it' timeout 30 mufakat --home "$T/late" sync near
wait $muted
ok 'it is told why it came to nothing' grep -q 'too slow while another' "$T/muted"
finish
