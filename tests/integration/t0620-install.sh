# make install into a folder: what is there works from there; make uninstall
# leaves nothing.
. "$(dirname "$0")/lib.sh"
root=$T/root prefix=$T/root/usr

# The programs are those under test; nothing is built.
install_to() {
	make -s -C "$MUFAKAT_SOURCE" -o all BUILD="$MUFAKAT_BUILD" \
		DESTDIR="$root" PREFIX=/usr "$1"
}
installed() { find "$root" ! -type d | sed "s,$root,," | LC_ALL=C sort; }

ok 'it installs' install_to install
ok 'what the manual names, and nothing else' diff - <(installed) <<'END'
/usr/bin/mufakat
/usr/bin/mufakatd
/usr/lib/systemd/user/mufakatd.service
/usr/lib/systemd/user/mufakatd.socket
/usr/libexec/mufakat/mufakat-transfer
/usr/share/bash-completion/completions/mufakat
/usr/share/man/man1/mufakat.1
/usr/share/man/man5/mufakatd.conf.5
/usr/share/man/man8/mufakatd.8
END
ok 'all can read it, and nobody else writes it' test -z "$(
	find "$root" ! -perm -444 -o -perm /022)"

PATH=$prefix/bin:${PATH#"$MUFAKAT_BUILD":}
ok 'the installed programs are found' test "$(command -v mufakatd)" = \
	"$prefix/bin/mufakatd"
ok 'the installed daemon finds the transfer' start a
transfers() {
	at a init Coalition --org A --recovery-file "$T/recovery" &&
		at a remote add hub "$T/hub.git" --create && at a sync
}
ok 'and exchanges changes with it' transfers
ok 'it ends' stop a

if command -v mandoc >/dev/null; then
	ok 'its manual is one' sh -c "
		mandoc '$prefix/share/man/man1/mufakat.1' | grep -q mufakatd"
fi
ok 'the completion is one' bash -n "$prefix/share/bash-completion/completions/mufakat"

# --- systemd --------------------------------------------------------------------

skip() {
	tests=$((tests + 1))
	echo "ok $tests - $1 # skip $2"
}
units=$prefix/lib/systemd/user
ok 'the unit names the installed program' \
	grep -q '^ExecStart=/usr/bin/mufakatd ' "$units/mufakatd.service"
verify() { # as it would be on a machine where PREFIX is real
	mkdir -p "$T/units" "$T/run"
	sed "s,^ExecStart=/usr,ExecStart=$prefix," \
		"$units/mufakatd.service" >"$T/units/mufakatd.service"
	cp "$units/mufakatd.socket" "$T/units"
	XDG_RUNTIME_DIR=$T/run systemd-analyze --user --man=no verify \
		"$T/units/mufakatd.socket" "$T/units/mufakatd.service" \
		>"$T/said" 2>&1
	[ $? -eq 0 ] && ! grep mufakatd "$T/said"
}
if command -v systemd-analyze >/dev/null; then
	ok 'systemd takes the units' verify
else
	skip 'systemd takes the units' 'no systemd-analyze here'
fi

# What systemd does with the two units: it listens, starts the daemon at the
# first request, hands it the socket and waits for its word.
activated() {
	mkdir -m 700 "$T/b"
	systemd-socket-activate -E NOTIFY_SOCKET="$T/notify" \
		-l "$T/b/socket" "$prefix/bin/mufakatd" --home "$T/b" \
		>"$T/b.log" 2>&1 </dev/null &
	echo $! >"$T/b.pid"
	for _ in $(seq 200); do
		[ -S "$T/b/socket" ] && break
		sleep 0.05
	done
	! grep -q ' start ' "$T/b.log" &&
		at b --json status | jq -e '.coalition == null' &&
		grep ' start ' "$T/b.log"
}
# Prints what comes at the socket of the service manager.
listen() {
	python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.settimeout(120)
while True:
    m = s.recv(4096).decode()
    print(m, flush=True)
    if "STOPPING=1" in m:
        break
' "$T/notify" >"$T/told" &
	for _ in $(seq 200); do [ -S "$T/notify" ] && return; sleep 0.05; done
}
told() {
	for _ in $(seq 200); do grep -qx "$1" "$T/told" && return; sleep 0.05; done
	cat "$T/told"
	false
}
if command -v systemd-socket-activate >/dev/null &&
	command -v python3 >/dev/null; then
	listen
	ok 'a request starts the daemon, which takes the socket' activated
	ok 'it tells systemd that it is ready' told READY=1
	ok 'and ends' stop b
	ok 'after telling that, too' told STOPPING=1
	ok 'the socket is left to systemd' test -S "$T/b/socket"
else
	skip 'a request starts the daemon' 'no systemd-socket-activate here'
fi

root="$T/a folder"
ok 'it installs into a folder with a blank' install_to install
ok 'and uninstalls' install_to uninstall
ok 'all of it' test -z "$(installed)"
root=$T/root
ok 'it uninstalls' install_to uninstall
ok 'and leaves nothing' test -z "$(installed)"
ok 'not even its own folder' test ! -e "$prefix/libexec/mufakat"
finish
