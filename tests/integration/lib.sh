# What integration tests share: offices, TAP, waiting.  Sourced.
#
# Each test works in $T, which is kept when it fails.
set -u
export PATH=$MUFAKAT_BUILD:$PATH
unset MUFAKAT_HOME SSH_AUTH_SOCK
T=$(mktemp -d /tmp/mufakat-test-XXXXXX) || exit 1
tests=0 failures=0

# ok SENTENCE COMMAND...: one TAP line
ok() {
	local what=$1 out
	shift
	tests=$((tests + 1))
	if out=$("$@" 2>&1); then
		echo "ok $tests - $what"
	else
		failures=$((failures + 1))
		echo "not ok $tests - $what"
		printf '%s\n' "$out" | tail -n 20 | sed 's/^/# /'
	fi
}

# refused CODE TEXT COMMAND...: ends with this exit code and says TEXT
refused() {
	local code=$1 text=$2 out status
	shift 2
	out=$("$@" 2>&1)
	status=$?
	printf '%s\n(exit %d)\n' "$out" $status
	[ $status -eq "$code" ] && case $out in *"$text"*) true ;; *) false ;; esac
}

finish() {
	local pid
	for pid in "$T"/*.pid; do
		[ ! -f "$pid" ] || stop "$(basename "$pid" .pid)"
	done
	echo "1..$tests"
	[ $failures -eq 0 ] && rm -rf "$T" || echo "# kept: $T"
	[ $failures -eq 0 ]
}

at() { local o=$1; shift; mufakat --home "$T/$o" "$@"; }

# launch OFFICE: its daemon, without waiting for it
launch() {
	mufakatd --home "$T/$1" -f >>"$T/$1.log" 2>&1 </dev/null &
	echo $! >"$T/$1.pid"
}

# answers_at OFFICE: once its daemon does
answers_at() {
	for _ in $(seq 200); do
		at "$1" --json status >/dev/null 2>&1 && return 0
		sleep 0.05
	done
	return 1
}

# start OFFICE [CONFIG LINES]: a daemon that syncs when told only
start() {
	mkdir -p -m 700 "$T/$1"
	[ -f "$T/$1/mufakatd.conf" ] ||
		printf '%s\n' "${2:-interval 1d}" >"$T/$1/mufakatd.conf"
	launch "$1"
	answers_at "$1" && return 0
	tail -n 5 "$T/$1.log"
	return 1
}

# gone PID: once it is; one that stays is killed, and that is a failure
gone() {
	for _ in $(seq 600); do
		kill -0 "$1" 2>/dev/null || return 0
		sleep 0.05
	done
	echo "$1 does not end"
	kill -9 "$1"
	return 1
}

# stop OFFICE [SIGNAL]: returns when it has ended
stop() {
	local pid
	pid=$(cat "$T/$1.pid") || return 1
	kill "${2:--TERM}" "$pid" 2>/dev/null
	gone "$pid"
}

# stop_home FOLDER: the daemon that serves it, started by whomever
stop_home() {
	local pid
	pid=$(cat "$1/lock") && [ -n "$pid" ] && kill "$pid" && gone "$pid"
}

hash_of() { at "$1" --json status | jq -r .state_hash; }

# coalition OFFICE MEMBER...: founds at OFFICE with hub $T/hub.git, admits
coalition() {
	local host=$1 o id line
	shift
	start "$host" && at "$host" init 'Test coalition' --org "$host" \
		--recovery-file "$T/recovery" &&
		at "$host" remote add hub "$T/hub.git" --create &&
		at "$host" sync || return 1
	line=$(at "$host" invite | head -n 1)
	for o in "$@"; do
		start "$o" && at "$o" join "$line" --org "$o" && at "$o" sync ||
			return 1
	done
	at "$host" sync || return 1
	for id in $(at "$host" --json requests | jq -r '.requests[].id'); do
		at "$host" admit "$id" || return 1
	done
	at "$host" sync || return 1
	for o in "$@"; do at "$o" sync || return 1; done
}

same_state() {
	local first o
	first=$(hash_of "$1")
	for o in "$@"; do
		[ "$(hash_of "$o")" = "$first" ] || {
			echo "$o: $(hash_of "$o"), $1: $first"
			return 1
		}
	done
}

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# sshd_up [VARIABLE=VALUE...]: a real sshd on the loopback, with keys of its own,
# in $T/ssh.  What it runs has these variables and a home of its own, so that
# what the account's shell and git read at their start does not count.
#
# Sets $sshd_url (an absolute path goes behind it), $sshd_port, and $sshd_conf,
# the line that an office needs to get in: start O "interval 1d
# $sshd_conf".  Who is let in stands in $T/ssh/authorized, which hosts are
# known in $T/ssh/known, what came in $T/ssh/log.  "stop sshd" ends it, "sshd_run
# PORT" starts it again.
sshd_up() {
	local d=$T/ssh
	mkdir -m 700 "$d" "$d/home" && ssh-keygen -q -t ed25519 -N '' -f "$d/host" &&
		ssh-keygen -q -t ed25519 -N '' -f "$d/id" || return 1
	cp "$d/id.pub" "$d/authorized"
	printf '%s\n' 'ListenAddress 127.0.0.1' "HostKey $d/host" \
		"AuthorizedKeysFile $d/authorized" 'StrictModes no' \
		'PidFile none' 'UsePAM no' 'PasswordAuthentication no' \
		'KbdInteractiveAuthentication no' 'PermitRootLogin yes' \
		'KexAlgorithms curve25519-sha256' \
		"SetEnv HOME=$d/home $*" >"$d/sshd_config"
	printf '%s\n' "IdentityFile $d/id" 'IdentitiesOnly yes' \
		"UserKnownHostsFile $d/known" \
		'GlobalKnownHostsFile /dev/null' >"$d/config"
	for _ in $(seq 20); do
		sshd_port=$((20000 + RANDOM % 12000))
		answers $sshd_port || sshd_run $sshd_port && break
	done
	answers "$sshd_port" || return 1
	printf '[127.0.0.1]:%d %s\n' "$sshd_port" \
		"$(cut -d' ' -f1,2 "$d/host.pub")" >"$d/known"
	sshd_url="ssh://$(id -un)@127.0.0.1:$sshd_port"
	sshd_conf="ssh ssh -F $d/config"
}

# sshd_run PORT: until it answers.  It does not outlive the test.
sshd_run() {
	mkdir -p /run/sshd 2>/dev/null
	setpriv --pdeathsig TERM /usr/sbin/sshd -D -f "$T/ssh/sshd_config" \
		-p "$1" -E "$T/ssh/log" </dev/null >/dev/null 2>&1 &
	echo $! >"$T/sshd.pid"
	for _ in $(seq 200); do
		answers "$1" && return 0
		kill -0 "$(cat "$T/sshd.pid")" 2>/dev/null || return 1
		sleep 0.05
	done
	return 1
}
