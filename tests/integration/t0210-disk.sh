# A full disk and a read-only one, at several levels and in each act: the
# message names the disk and the next step, and what was acknowledged is there
# once space returns.
. "$(dirname "$0")/lib.sh"

# A small file system of our own; without root in a name space of our own.
if [ "${MUFAKAT_UNSHARED:-}" != 1 ]; then
	export MUFAKAT_UNSHARED=1
	rm -rf "$T"
	if unshare -m true 2>/dev/null; then
		exec unshare -m bash "$0"
	elif unshare -rm true 2>/dev/null; then
		exec unshare -rm bash "$0"
	fi
	echo 'ok 1 - a full disk # SKIP no mount name space'
	echo 1..1
	exit 0
fi
disk=$T/disk
mkdir "$disk" && mount -t tmpfs -o size=6m,mode=700 tmpfs "$disk" || {
	echo 'ok 1 - a full disk # SKIP no tmpfs'
	echo 1..1
	exit 0
}
ln -s disk/a "$T/a" # the home on the small disk; the other is elsewhere
mkdir -m 700 "$disk/a"

ok 'a coalition is founded and a member admitted' coalition a b
[ $failures -eq 0 ] || { finish; exit 1; }
free_kb() { df -k --output=avail "$disk" | tail -n 1 | tr -d ' '; }
# fill KB: leaves so much free
fill() {
	local n=$(($(free_kb) - $1))
	[ $n -le 0 ] || head -c $((n * 1024)) /dev/zero >>"$disk/fill" 2>&1
}
empty() { rm -f "$disk/fill"; }
held=$T/held # ids that were acknowledged
new() {
	local id
	id=$(at a new recommendation section=national language=en \
		title="$1" --from "$T/text") && echo "$id" >>"$held"
}
head -c 30000 /dev/urandom | base64 -w 60 | head -c 30000 >"$T/text"
new first
at a sign "$(head -n 1 "$held")" >/dev/null
at a sync >/dev/null

# all_held: the daemon answers, or starts again, and has all it acknowledged
all_held() {
	local id
	at a --json status >/dev/null 2>&1 || start a || return 1
	while read -r id; do
		at a --json show "$id" | jq -e '.record.id != null' \
			>/dev/null || { echo "lost $id"; return 1; }
	done <"$held"
}
# says COMMAND...: fails, names the disk and the next step
says() {
	local out
	out=$("$@" 2>&1) && { echo "it worked: $out"; return 1; }
	echo "$out"
	case $out in
	*'disk is full'*'free some space'*) true ;;
	*'No space left on device'*) true ;;
	*) false ;;
	esac
}

for kb in 0 8 40 120; do
	fill $kb
	told=$T/told
	: >"$told"
	for i in $(seq 12); do # until it is full, and a little longer
		new "at $kb, $i" >>"$told" 2>&1
	done
	ok "with $kb KiB left: it says that the disk is full" \
		grep -q 'disk is full.*free some space' "$told"
	ok "with $kb KiB left: it goes on, and all is there" all_held
	ok "with $kb KiB left: reading works" at a list recommendation
	at a sync >"$told" 2>&1
	ok "with $kb KiB left: a round ends, and the daemon goes on" all_held
	empty
	ok "with $kb KiB left: afterwards a new one is saved" new "after $kb"
	ok "with $kb KiB left: and all is there" all_held
done

# what comes from the other side
for i in $(seq 12); do
	at b new recommendation section=national language=en title="b $i" \
		--from "$T/text" >/dev/null
done
at b sync >/dev/null
fill 60
ok 'a round that brings too much says so' says at a sync
ok 'and the daemon goes on' all_held
ok 'status says why it waits' sh -c "mufakat --home $T/a --json status |
	jq -e '.remotes[0].error != null'"
stop a -KILL
restarts() { start a || tail -n 3 "$T/a.log" | grep -E 'disk|space'; }
ok 'killed with a full disk, it starts again or says why' restarts
stop a
empty
ok 'with space again, it starts' start a
ok 'and has all' all_held
ok 'the round succeeds now' at a sync
at b sync >/dev/null
at a sync >/dev/null
ok 'and both have one state' same_state a b
first=$(head -n 1 "$held")

# copies
fill 60
ok 'a backup onto the full disk says so' says at a backup "$disk/backup"
ok 'and leaves no half of one' [ ! -e "$disk/backup" ]
fill 0
ok 'evidence onto it says so' says at a evidence "$first" "$disk/evidence"
ok 'and leaves no half of it' sh -c "! ls -d $disk/evidence*"
ok 'allowed-signers says so' says at a allowed-signers "$disk/signers"
ok 'and leaves no half of it, either' [ ! -s "$disk/signers" ]
empty
ok 'with space again a backup is made' at a backup "$T/backup"
ok 'and evidence' at a evidence "$first" "$disk/evidence"
ok 'the database is whole' sh -c \
	"[ \"\$(sqlite3 $T/backup 'PRAGMA integrity_check')\" = ok ]"

# --- read-only ------------------------------------------------------------------

stop a
mount -o remount,ro "$disk"
ok 'a read-only home is refused, by name' refused 1 \
	"Read-only file system" timeout 20 mufakatd --home "$T/a" -f
ok 'the same when it should rebuild' refused 1 'Read-only file system' \
	timeout 20 mufakatd --home "$T/a" --rebuild
ok 'and a home that cannot be made' refused 1 'Read-only file system' \
	timeout 20 mufakatd --home "$disk/new" -f
mount -o remount,rw "$disk"
ok 'writable again, it starts' start a
ok 'and all is there' all_held
stop a
stop b
umount -l "$disk"
finish
