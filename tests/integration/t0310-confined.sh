# What the daemon has given up, seen from outside; and that nothing of a round
# outlives the daemon, nor the daemon the process that starts its rounds.
. "$(dirname "$0")/lib.sh"

is() { [ "$1" = "$2" ] || { echo "$1, not $2"; return 1; }; }
children() { cat "/proc/$1/task/$1/children"; }

all_say() { # PID FIELD VALUE: every thread
	local other
	other=$(grep -H "^$2:" /proc/"$1"/task/*/status | grep -v "[[:space:]]$3$")
	[ -z "$other" ] || { echo "$other"; return 1; }
}
# files PID: what it has open but standard error, by kind
files() {
	find "/proc/$1/fd" ! -name 2 -type l -printf '%l\n' |
		sed 's/:\[.*//' | sort | tr '\n' ' '
}
# Once no round is under way.
rests() { # PID
	for _ in $(seq 600); do
		[ "$(files "$1")" != '/dev/null /dev/null anon_inode socket ' ] ||
			return 0
		sleep 0.05
	done
	files "$1"
	return 1
}
of_the_office() { # PID: the files of the office that it has open
	find "/proc/$1/fd" -type l -printf '%l\n' | grep "^$T/a/"
}

coalition a b || { ok 'a coalition' false; finish; exit 1; }
pid=$(cat "$T/a.pid")
# shellcheck disable=SC2046
set -- $(children "$pid")
spawner=$1
ok 'a daemon has one child, the one that starts transfers' is "$#" 1
ok 'which is called so' is "$(cat "/proc/$spawner/comm")" mufakat-spawner
if grep -q '^Seccomp:' /proc/self/status; then
	ok 'every thread of the daemon is under a filter' \
		all_say "$pid" Seccomp 2
	ok 'and gets no privileges' all_say "$pid" NoNewPrivs 1
	ok 'what starts ssh is not' \
		all_say "$spawner" Seccomp "$(awk '/^Seccomp:/ { print $2 }' \
			/proc/self/status)"
fi
ok 'it holds its socket, its signals and nothing else' rests "$spawner"
ok 'it is small' test "$(awk '/^Pss:/ { print $2 }' \
	"/proc/$spawner/smaps_rollup")" -lt \
	"$([ "$MUFAKAT_SANITIZED" = 1 ] && echo 100000 || echo 2048)"

# --- in the middle of a round ---------------------------------------------------

# an ssh that says nothing; where the office goes by itself it ends at once
printf '%s\n' '#!/bin/sh' "[ -e $T/held ] || exit 1" "echo \$\$ >$T/ssh.new" "mv $T/ssh.new $T/ssh" \
	'exec sleep 1000' >"$T/mute"
chmod 755 "$T/mute"
sed -i '/^ssh/d' "$T/a/mufakatd.conf"
printf '%s\n' "ssh $T/mute" 'deadline 600s' >>"$T/a/mufakatd.conf"
at a remote add far ssh://x@127.0.0.1/hub.git >/dev/null

# in_round: a round of office a is under way, of $daemon, $spawner, $transfer
# and what they started, all of them $all
in_round() {
	rm -f "$T/ssh"
	: >"$T/held"
	daemon=$(cat "$T/a.pid")
	at a sync far >"$T/said" 2>&1 &
	asked=$!
	for _ in $(seq 600); do [ -s "$T/ssh" ] && break; sleep 0.05; done
	spawner=$(children "$daemon" | tr -d ' ')
	transfer=$(children "$spawner" | tr -d ' ')
	all="$daemon $spawner $transfer $(children "$transfer") $(cat "$T/ssh")"
}
ended() { # PID...: none is left but as a zombie, which is of who started it
	local p state
	for p in "$@"; do
		for _ in $(seq 600); do
			state=$(sed 's/.*) //;s/ .*//' "/proc/$p/stat" \
				2>/dev/null) || break
			[ "$state" = Z ] && break
			sleep 0.05
		done
		[ "${state:-Z}" = Z ] || { ps -fp "$p"; return 1; }
	done
}
whole() { rm "$T/held" && start a && at a sync hub && same_state a b; }

# the daemon is told to read its configuration, and says when it has
kill -HUP "$pid"
for _ in $(seq 200); do grep -q reloaded=yes "$T/a.log" && break; sleep 0.05; done
in_round
ok 'five processes are at a round over ssh' is "$(echo $all | wc -w)" 5
ok 'the transfer has no file of the office open' is \
	"$(of_the_office "$transfer" | grep -v '/repo.git\|/quarantine')" ''
kill -9 "$daemon"
ok 'when the daemon is killed all of them end' ended $all
wait "$asked"
ok 'and the office is whole' whole

in_round
kill -9 "$spawner"
ok 'when what starts transfers is killed all of them end' ended $all
wait "$asked"
ok 'the log says why, and what to do' grep -q \
	'error.*process that starts transfers has ended: start mufakatd again' \
	"$T/a.log"
ok 'who waits is told' grep -q 'daemon stops\|start mufakatd again' "$T/said"
ok 'the socket is removed' test ! -e "$T/a/socket"
ok 'and the office is whole' whole

in_round
# shellcheck disable=SC2086
kill -TERM $daemon $spawner
ok 'when all are told to end all of them do' ended $all
wait "$asked"
ok 'and the office is whole' whole
at a remote remove far >/dev/null # or the office goes there by itself
stop a

code() {
	(mufakatd --home "$T/a" -f >>"$T/a.log" 2>&1 </dev/null
	echo $? >"$T/code") &
	answers_at a
	kill -9 $(children "$(cat "$T/a/lock")")
	wait $!
	is "$(cat "$T/code")" 1
}
ok 'that it has lost it is a failure, so that it is started again' code

# --- in the background ------------------------------------------------------------

behind() {
	local pid
	mufakatd --home "$T/a" && pid=$(cat "$T/a/lock") &&
		is "$(children "$pid" | wc -w)" 1 &&
		rests "$(children "$pid" | tr -d ' ')" &&
		at a sync hub
}
ok 'in the background it is the same' behind
if grep -q '^Seccomp:' /proc/self/status; then
	ok 'under the same filter' all_say "$(cat "$T/a/lock")" Seccomp 2
fi
ok 'and it ends' stop_home "$T/a"
finish
