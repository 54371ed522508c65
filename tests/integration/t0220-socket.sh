# The socket of a real daemon: its place, who may speak, and what is said.
# What one client may do to the server alone is in unit/test_server_harm.c.
# Runs alone: it measures memory, and takes all descriptors there are.
. "$(dirname "$0")/lib.sh"
h=$T/office
chmod 711 "$T" # another user is to come as far as the home

# say FILE [SECONDS]: sends it as one request, prints the answer
say() {
	timeout "${2:-20}" perl -MIO::Socket::UNIX -e '
		local $SIG{PIPE} = "IGNORE";
		my $s = IO::Socket::UNIX->new($ARGV[0]) or die "no socket\n";
		open my $f, "<", $ARGV[1] or die; local $/ = \65536;
		while (<$f>) { last unless $s->syswrite($_) }
		$/ = "\n"; my $l = <$s>; print $l // "closed\n"' \
		"$h/socket" "$1"
}
serves() { at office --json status | jq -e '.home != null'; }
fails() { refused 1 "$1" timeout 20 mufakatd --home "$2" -f; }

ok 'a daemon starts' start office
at office init Test --org office --recovery-file "$T/recovery" >/dev/null
at office new addressee name=ILO level=igo >/dev/null
before=$(hash_of office)

# --- its place ------------------------------------------------------------------

ok 'a second daemon is refused, and told what to do' fails 'stop it first' "$h"
ok 'the first goes on' serves
ok 'the socket is for its owner alone' [ "$(stat -c %a "$h/socket")" = 600 ]
stop office -KILL
ok 'a killed daemon leaves its socket' [ -S "$h/socket" ]
ok 'which is no obstacle to the next one' start office
stop office
ok 'one that is told to end takes it along' [ ! -e "$h/socket" ]
echo mine >"$h/socket"
ok 'a plain file in its place stays' fails 'move it away' "$h"
ok 'as it was' grep -qx mine "$h/socket"
ln -sf "$T/elsewhere" "$h/socket"
ok 'so does a link' fails 'move it away' "$h"
ok 'and nothing is made where it leads' [ ! -e "$T/elsewhere" ]
rm "$h/socket"
chmod 770 "$h"
ok 'a home that others may write to is refused' fails 'chmod 700 it' "$h"
chmod 700 "$h"
long=$(printf 'l%.0s' $(seq 120))
ok 'a path over 107 bytes will do' start "$long"
ok 'for the client, too' sh -c \
	"mufakat --home $T/$long --json status | jq -e '.coalition == null'"
stop "$long"
if [ "$(id -u)" -eq 0 ]; then
	chown nobody "$h"
	ok 'the home of another user is refused' fails 'belongs to another user' "$h"
	chown root "$h"
else
	ok 'the home of another user is refused # SKIP not root' true
fi

# --- who speaks -----------------------------------------------------------------

ok 'it starts again' start office
as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
if [ "$(id -u)" -eq 0 ]; then
	cp "$(command -v mufakat)" "$T/mufakat" # where that user may read it
	chmod 755 "$T/mufakat"
	ok 'another user does not reach it: exit 3' refused 3 \
		'run mufakat as the owner of' as_nobody "$T/mufakat" \
		--home "$h" status
	chmod 711 "$h" && chmod 666 "$h/socket" # as by mistake
	printf '{"do":"status"}\n' >"$T/request" && chmod 644 "$T/request"
	export -f say
	stranger() {
		export h
		[ "$(as_nobody bash -c "say $T/request")" = closed ]
	}
	ok 'one that does is told nothing' stranger
	ok 'the log says who it was' grep -q 'refused uid=65534' "$T/office.log"
	ok 'the client of that user says so' refused 1 'closed the connection' \
		as_nobody "$T/mufakat" --home "$h" status
	chmod 700 "$h" && chmod 600 "$h/socket"
	rogue() { # a socket of another user in the place of a daemon's
		mkdir -m 777 "$T/rogue"
		as_nobody perl -MIO::Socket::UNIX -e 'my $s =
			IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 1)
			or die; sleep 20' "$T/rogue/socket" >/dev/null 2>&1 &
		echo $! >"$T/rogue.pid"
		for _ in $(seq 100); do
			[ -S "$T/rogue/socket" ] && break
			sleep 0.05
		done
		refused 3 'belongs to another user (uid 65534)' \
			mufakat --home "$T/rogue" status
	}
	ok 'a daemon of another user is not spoken to' rogue
else
	ok 'another user is told nothing # SKIP not root' true
fi

# --- what is said ---------------------------------------------------------------

no() { # TEXT: the request in $T/request is refused with that, and soon
	local from=$EPOCHREALTIME out ms
	out=$(say "$T/request")
	ms=$(((${EPOCHREALTIME/./} - ${from/./}) / 1000))
	echo "$out (${ms} ms)"
	case $out in *'"ok":false'*"$1"*) ;; *) return 1 ;; esac
	[ "$ms" -lt 5000 ] # perl's start and the other tests' load included
}
echo '{"do":"show","do":"status"}' >"$T/request"
ok 'duplicate keys are refused' no input
echo '{"do":"show","x":1e999999}' >"$T/request"
ok 'an absurd number is refused' no input
echo '{"do":"show","record":"a\u0000b"}' >"$T/request"
ok 'an escaped NUL is refused' no input
perl -e 'print "{\"do\":\"show\",\"x\":", "[" x 100000, "]" x 100000, "}\n"' \
	>"$T/request"
ok '100,000 nested arrays are refused' no input
perl -e 'print "{\"do\":\"show\",\"x\":[", "{}," x 1000000, "1]}\n"' \
	>"$T/request"
ok 'a million empty objects are refused' no input
rm "$T/request" && truncate -s 1G "$T/request"
ok 'a GiB is not even read' no 'request is too long'
rss() { awk '/VmHWM/ { print $2 }' "/proc/$(cat "$T/office.pid")/status"; }
[ "${MUFAKAT_SANITIZED:-0}" -eq 1 ] ||
	ok 'none of that took more than 64 MiB' [ "$(rss)" -lt 65536 ]

# --- many, slow and dead clients --------------------------------------------------

crowd() { # 1,000 at once: half a request and silence
	perl -MIO::Socket::UNIX -e '
		local $SIG{PIPE} = "IGNORE";
		for (1 .. 1000) {
			my $s = IO::Socket::UNIX->new($ARGV[0]) or next;
			$s->syswrite("{\"do\":\"sta"); push @s, $s;
		}
		print scalar(@s), "\n"; close STDOUT; sleep 60' "$h/socket" \
		>"$T/crowd" 2>/dev/null &
	echo $! >"$T/crowd.pid"
	for _ in $(seq 400); do
		[ -s "$T/crowd" ] && return 0
		sleep 0.05
	done
	return 1
}
soon() { # others are served once the silent ones are gone
	for _ in $(seq 100); do
		serves && return 0
		sleep 0.2
	done
	return 1
}
ulimit -n 4096 2>/dev/null
ok '1,000 clients come at once' crowd
ok 'the daemon holds a bounded number of them' sh -c \
	"[ \$(ls /proc/\$(cat $T/office.pid)/fd | wc -l) -lt 200 ]"
ok 'it serves others again' soon
stop crowd -KILL
perl -e 'print "{\"do\":\"log\"}\n" x 200' >"$T/request"
dies() { # asks a lot, reads nothing and is killed in the midst of it
	perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new($ARGV[0]) or die;
		open my $f, "<", $ARGV[1]; local $/; $s->syswrite(<$f>);
		kill "KILL", $$' "$h/socket" "$T/request"
	serves
}
ok 'a client may die while it is answered' dies
silent() {
	perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new($ARGV[0]) or die;
		open my $f, "<", $ARGV[1]; local $/; $s->syswrite(<$f>);
		sleep 20' "$h/socket" "$T/request" >/dev/null 2>&1 &
	echo $! >"$T/silent.pid"
	serves && serves
}
ok 'or never read' silent
stop silent -KILL
ok 'and nothing of all this changed anything' [ "$(hash_of office)" = "$before" ]
finish
