# kill -9 at random moments: what was acknowledged stays, and offices agree.
#
#	KILL_ROUNDS=200 KILL_SEED=7 tests/run --build build --only killed
#
# Three offices edit all the time and sync with one folder by themselves; in
# each round a daemon or a transfer is killed.  Now and then they rest, and
# everything is compared.  The seed gives the moments; what meets them is up
# to the machine.
. "$(dirname "$0")/lib.sh"

offices='secretariat hrwg aspek'
rounds=${KILL_ROUNDS:-20} stretch=20
[ "$MUFAKAT_SANITIZED" = 1 ] && rounds=${KILL_ROUNDS:-6}
seed=${KILL_SEED:-$((RANDOM * 32768 + RANDOM))}
RANDOM=$seed
echo "# seed $seed, $rounds rounds"
: >"$T/shared"

# --- editors ----------------------------------------------------------------

words=$(printf 'Ratify the convention and its protocols. %.0s' {1..60})

# one_edit OFFICE ID VALUE: some field, settled where it is in conflict
one_edit() {
	local field=text
	[ $((RANDOM % 3)) -eq 0 ] && field=title
	at "$1" edit "$2" "$field=$3" >/dev/null 2>&1 ||
		at "$1" resolve "$2" "$field" --value "$3" >/dev/null 2>&1 ||
		return 1
	printf '%s %s\n' "$2" "${3%% *}" >>"$T/$1.saved"
}

one_new() {
	local id
	id=$(at "$1" new recommendation section=national language=en \
		title="$2" text="${2%% *}" 2>/dev/null) || return 1
	printf '%s %s\n' "$id" "${2%% *}" >>"$T/$1.saved"
	mine=("$id" "${mine[@]:0:5}")
	[ $((RANDOM % 4)) -eq 0 ] && echo "$id" >>"$T/shared"
	return 0
}

# editor OFFICE SEED: until $T/rest appears.  Each value begins with a word
# that occurs once; what the daemon acknowledged goes into OFFICE.saved.
editor() {
	local o=$1 n=0 id mine=() value
	RANDOM=$2
	while [ ! -e "$T/rest" ]; do
		n=$((n + 1))
		value="$o-$2-$n ${words:0:$((RANDOM % 2400))}"
		case $((RANDOM % 8)) in
		0) one_new "$o" "${value:0:200}" ;;
		1) id=$(shuf -n 1 "$T/shared")
		   [ -z "$id" ] || one_edit "$o" "$id" "$value" ;;
		*) [ ${#mine[@]} -eq 0 ] || one_edit "$o" \
			"${mine[RANDOM % ${#mine[@]}]}" "$value" ;;
		esac || sleep 0.01
	done
}

edit_all() {
	local o
	rm -f "$T/rest"
	for o in $offices; do
		editor "$o" $((RANDOM * 32768 + RANDOM)) &
		editors="$editors $!"
	done
}

rest() {
	touch "$T/rest"
	wait $editors
	editors=''
}

# --- killing ----------------------------------------------------------------

nap() { sleep "$(printf '0.%03d' $((RANDOM % $1)))"; }

daemon_of() { cat "$T/$1.pid"; }

children() { cat "/proc/$1/task/$1/children" 2>/dev/null; }

# The daemon's child starts them.
transfer_of() {
	local pid
	for pid in $(children "$(daemon_of "$1")"); do
		children "$pid"
	done
}

kill_daemon() {
	local pid
	pid=$(daemon_of "$1")
	nap 300
	kill -9 "$pid" && daemons=$((daemons + 1))
	wait "$pid" 2>/dev/null
	gone "$pid"
	# what dies at once after its start is killed while it starts
	[ $((RANDOM % 5)) -eq 0 ] && launch "$1" && nap 60 &&
		kill -9 "$(daemon_of "$1")" && wait "$(daemon_of "$1")" 2>/dev/null
	start "$1"
}

kill_transfer() {
	local pid=''
	at "$1" sync >/dev/null 2>&1 &
	for _ in $(seq 400); do
		pid=$(transfer_of "$1")
		[ -n "$pid" ] && break
		sleep 0.01
	done
	nap $((RANDOM % 2 ? 30 : 300))
	# shellcheck disable=SC2086
	[ -n "$pid" ] && kill -9 $pid 2>/dev/null && transfers=$((transfers + 1))
	wait $!
	return 0
}

# --- comparing --------------------------------------------------------------

# Every office proves that all is sent and taken, until they agree.
converge() {
	local o say
	for _ in $(seq 60); do
		say=''
		for o in $offices $offices; do
			say="$say$(at "$o" sync 2>&1 || echo ' failed')"
		done
		case $say in *failed*) ;; *)
			same_state $offices >/dev/null && return 0 ;;
		esac
		sleep 0.2
	done
	echo "$say"
	same_state $offices
}

# has_saved OFFICE FILE: does it hold every edit that FILE says was saved?
has_saved() {
	local id
	cut -d' ' -f1 "$2" | sort -u >"$T/ids"
	while read -r id; do
		at "$1" --json history "$id" | jq -r --arg id "$id" \
			'.history[].fields[].value | strings |
			$id + " " + (split(" ") | .[0])' || return 1
	done <"$T/ids" | sort -u >"$T/held"
	sort -u "$2" | comm -23 - "$T/held" >"$T/lost"
	[ ! -s "$T/lost" ] || { head "$T/lost"; return 1; }
}

# Since the last comparison, in the office that acknowledged.
own_saved() {
	local o
	for o in $offices; do
		touch "$T/$o.saved" "$T/$o.seen"
		tail -n "+$(($(wc -l <"$T/$o.seen") + 1))" "$T/$o.saved" \
			>"$T/new"
		cat "$T/new" >>"$T/$o.seen"
		has_saved "$o" "$T/new" || return 1
	done
}

all_saved() {
	local o
	cat "$T"/*.saved >"$T/saved"
	for o in $offices; do has_saved "$o" "$T/saved" || return 1; done
}

# The words of all that was acknowledged, read from the hub with git alone.
hub_saved() {
	git -C "$T/hub.git" for-each-ref --format='%(refname)' \
		refs/heads/mufakat/ | git -C "$T/hub.git" rev-list --stdin |
		sed 's/$/:changes/' |
		git -C "$T/hub.git" cat-file --batch='%(objecttype)' |
		grep -o '"\(secretariat\|hrwg\|aspek\)-[0-9]*-[0-9]*' |
		tr -d '"' | sort -u >"$T/held"
	cut -d' ' -f2 "$T"/*.saved | sort -u | comm -23 - "$T/held" >"$T/lost"
	[ ! -s "$T/lost" ] || { head "$T/lost"; return 1; }
}

fsck_all() {
	local repo
	for repo in hub.git $offices; do
		[ "$repo" = hub.git ] || repo=$repo/repo.git
		git -C "$T/$repo" fsck --full --strict || return 1
	done
}

databases_ok() {
	local o
	for o in $offices; do
		[ "$(sqlite3 "$T/$o/mufakat.db" 'PRAGMA integrity_check')" = \
			ok ] || return 1
	done
}

compare() {
	rest
	ok "after $1 rounds each office holds what it acknowledged" own_saved
	ok 'they come to one state' converge
	ok 'all repositories pass git fsck' fsck_all
	ok 'all databases pass their check' databases_ok
}

# tidy OFFICE: nothing of what was killed is left.  It syncs all the while,
# so that what a round needs for itself may be there for a moment.
tidy() {
	for _ in $(seq 300); do
		[ -e "$T/$1/quarantine" ] ||
			find "$T/$1" 2>/dev/null | grep -qF .new- || return 0
		sleep 0.1
	done
	find "$T/$1" -path '*quarantine*' -o -name '*.new-*'
	return 1
}

# --- the test ---------------------------------------------------------------

ok 'three offices found a coalition' coalition $offices
for o in $offices; do
	stop "$o"
	echo "interval 1s
debounce 30ms" >"$T/$o/mufakatd.conf"
	start "$o"
done
editors='' daemons=0 transfers=0
edit_all
for n in $(seq "$rounds"); do
	set -- $offices
	shift $((RANDOM % 3))
	if [ $((RANDOM % 2)) -eq 0 ]; then kill_daemon "$1"
	else kill_transfer "$1"; fi || { echo "# $1 does not start"; break; }
	[ $((n % stretch)) -ne 0 ] || { compare "$n"; edit_all; }
done
ok "all $rounds rounds were played" test "$n" -eq "$rounds"
compare "$n"
ok 'every office holds what any of them acknowledged' all_saved
ok 'git alone finds it all in the hub' hub_saved
echo "# $(cat "$T/saved" | wc -l) edits, $daemons daemons and" \
	"$transfers transfers killed," \
	"$(git -C "$T/hub.git" for-each-ref | wc -l) refs"
ok 'there was something to lose' sh -c \
	"[ \$(wc -l <$T/saved) -gt $((rounds * 3)) ] &&
	[ $daemons -gt 0 ] && [ $transfers -gt 0 ]"
hash=$(hash_of hrwg)
for o in $offices; do
	stop "$o"
	for _ in 1 2; do
		mufakatd --home "$T/$o" --rebuild >/dev/null 2>&1 &
		nap 200
		kill -9 $! 2>/dev/null
		wait $! 2>/dev/null
	done
	ok "$o is rebuilt from its log, after two attempts that were killed" \
		mufakatd --home "$T/$o" --rebuild
	start "$o"
	ok "$o has the same state then" test "$(hash_of "$o")" = "$hash"
	ok "nothing is left in its home of what was killed" tidy "$o"
done
ok 'databases that were rebuilt pass their check' databases_ok
finish
