# A damaged or doctored database is found when it is opened; the message says
# what to type, and that heals it: nothing that was acknowledged is lost.
. "$(dirname "$0")/lib.sh"
h=$T/hrwg db=$T/hrwg/mufakat.db
sql() { sqlite3 "$db" "$@"; }

ok 'a coalition is founded and a member admitted' coalition secretariat hrwg
[ $failures -eq 0 ] || { finish; exit 1; }
for i in $(seq 60); do
	printf 'Every worker has a contract, number %d. ' $(seq 40) >"$T/text"
	at hrwg new recommendation section=national language=en title="R $i" \
		--from "$T/text" >/dev/null
done
at hrwg sync >/dev/null
last=$(at hrwg new addressee name=ILO level=igo) # is nowhere else
ok 'there is a record that no other office has' [ -n "$last" ]
before=$(hash_of hrwg)
stop hrwg
cp "$db" "$T/good.db"

# refuses TEXT: does not start, and says TEXT and what to type
refuses() {
	local out
	out=$(timeout 20 mufakatd --home "$h" -f 2>&1)
	[ $? -eq 1 ] || { echo "it started"; return 1; }
	case $out in *"$1"*"$2"*) ;; *) echo "$out"; return 1 ;; esac
	[ ! -S "$h/socket" ]
}

rebuild() { mufakatd --home "$h" --rebuild; }

# whole HASH: starts again, with this state and the record
whole() {
	start hrwg || return 1
	at hrwg show "$last" && [ "$(hash_of hrwg)" = "$1" ] &&
		at hrwg --json search contract | jq -e '.list | length > 0' &&
		stop hrwg && [ "$(sql 'PRAGMA integrity_check')" = ok ]
}

# heals SENTENCE FOUND: found on open, rebuilt, whole
heals() {
	ok "$1 is found on open" refuses "$2" 'mufakatd --rebuild'
	ok "$1: --rebuild says what it saved" sh -c \
		"mufakatd --home $h --rebuild | grep -q '^saved .* changes'"
	ok "$1: nothing is lost" whole "$before"
	ok "$1: what was damaged is kept beside it" \
		sh -c "ls $h/mufakat.db.before-*"
	rm -f "$h"/mufakat.db.before-*
	cp "$T/good.db" "$db"
}

# page TABLE [ORDER]: one of its leaves is overwritten
page() {
	local n size
	n=$(sql "SELECT pageno FROM dbstat WHERE name = '$1'
		AND pagetype = 'leaf' ORDER BY pageno ${2:-ASC} LIMIT 1")
	size=$(sql 'PRAGMA page_size')
	sql 'PRAGMA wal_checkpoint(truncate)' >/dev/null
	[ -n "$n" ] && head -c "$size" /dev/urandom |
		dd of="$db" bs="$size" seek=$((n - 1)) conv=notrunc 2>/dev/null
}

# --- what somebody planted ----------------------------------------------------

sql 'CREATE TRIGGER evil AFTER INSERT ON change BEGIN
	DELETE FROM record; END'
heals 'a trigger' "trigger 'evil'"
sql "CREATE VIEW evil AS SELECT load_extension('/tmp/x')"
heals 'a view' "view 'evil'"
sql 'CREATE TABLE extra(x)'
heals 'a table of somebody else' "table 'extra'"
sql 'DROP INDEX change_act'
heals 'a missing index' "no index 'change_act'"
sql 'DROP TABLE write'
heals 'a missing table' "no table 'write'"
sql "ALTER TABLE record ADD COLUMN evil DEFAULT 7"
heals 'a changed table' "changed table 'record'"
sql 'PRAGMA user_version = 0'
heals 'an unknown version' 'unknown version (0)'
sql "PRAGMA user_version = 1; UPDATE record SET org =
	(SELECT text FROM name WHERE n = org)"
heals 'one of an older program' 'made by an older mufakatd (1)'

# --- what a disk does -----------------------------------------------------------

for table in write record name search_data signature; do
	page $table && heals "a bad page of $table" 'is damaged'
done
page change_id && heals 'a bad page of an index of the log' 'is damaged'
page head && heals 'a bad page of the heads' 'is damaged'

# what the log itself loses comes back from the others
for table in change batch; do
	page $table
	ok "a bad page of the log ($table) is found on open" \
		refuses 'is damaged' 'mufakatd --rebuild'
	ok "--rebuild saves the rest of it ($table)" rebuild
	ok 'a daemon starts with that' start hrwg
	at secretariat sync >/dev/null
	ok 'rounds bring back what others hold' at hrwg sync
	at hrwg sync >/dev/null
	ok 'all that had been sent is there again' sh -c "
		[ \$(mufakat --home $h --json list recommendation |
			jq '.list | length') -eq 60 ]"
	stop hrwg
	rm -f "$h"/mufakat.db.before-*
	cp "$T/good.db" "$db"
done
# a batch that reads as bytes, but is no log: found by the rebuild itself
sql "UPDATE batch SET data = zeroblob(length(data)) WHERE n =
	(SELECT max(n) FROM batch WHERE single IS NULL)"
ok 'a batch that was overwritten is no obstacle to a rebuild' rebuild
ok 'nor for the daemon' start hrwg
stop hrwg
cp "$T/good.db" "$db"

# --- nothing to be saved --------------------------------------------------------

head -c 4096 /dev/urandom | dd of="$db" conv=notrunc 2>/dev/null
ok 'a database without a head is found on open' refuses 'is damaged' \
	'mufakatd --rebuild'
ok '--rebuild says that there is nothing to save, and what to do' \
	refused 1 "mufakatd --restore FILE" rebuild
ok 'and leaves it as it was' sh -c "[ ! -e $h/rebuild.new ] &&
	[ \$(stat -c %s $db) -eq \$(stat -c %s $T/good.db) ]"
ok 'a backup heals it' mufakatd --home "$h" --restore "$T/good.db"
ok 'so it does twice in a second' mufakatd --home "$h" --restore "$T/good.db"
ok 'and is whole' whole "$before"
head -c 100000 "$T/good.db" >"$db"
ok 'a file that was cut off is found on open' refuses 'is damaged' \
	'mufakatd --rebuild'
cp "$T/good.db" "$db"
sql 'PRAGMA user_version = 3'
ok 'one of a newer program is left to that' refuses \
	'made by a newer mufakatd (3)' 'use that one'
ok '--rebuild leaves it alone, too' refused 1 'use that one' rebuild
sql 'PRAGMA user_version = 2; PRAGMA application_id = 7'
ok 'one of another program, too' refuses 'is no database of mufakat' \
	'move it away'
rm "$db" && ln -s "$T/good.db" "$db"
ok 'a link in its place' refuses 'cannot open' "$db"
rm "$db" && mkfifo "$db"
ok 'a FIFO in its place' refuses 'not a plain file' 'move it away'
rm "$db" && cp "$T/good.db" "$db" && chmod 666 "$db"
ok 'one that others may write is closed to them' whole "$before"
ok 'and stays so' [ "$(stat -c %a "$db")" = 600 ]

ok 'where there is no database nothing is rebuilt' refused 1 'is --home right' \
	mufakatd --home "$T/typo" --rebuild
ok 'and no home is made' test ! -e "$T/typo"
ok 'what is no backup is not restored' refused 1 'is no usable backup' \
	mufakatd --home "$T/typo" --restore /etc/passwd
finish
