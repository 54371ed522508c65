# Two offices exchange over a real sshd; and what they are told when the host
# is another one, unknown, refuses them, has no repository, or hangs.
. "$(dirname "$0")/lib.sh"
sshd_up || { echo 'ok 1 - ssh # SKIP no sshd'; echo 1..1; exit 0; }
mkdir "$T/a" "$T/b" && chmod 700 "$T/a" "$T/b"
git init -q --bare "$T/hub.git"
url=$sshd_url$T/hub.git

# fails CAUSE NEXT: a round that is not proven, nothing asked, nothing lost
fails() {
	local out before
	before=$(hash_of a)
	out=$(timeout 60 setsid mufakat --home "$T/a" sync hub 2>&1 </dev/null)
	[ $? -eq 1 ] || { echo "no failure: $out"; return 1; }
	case $out in *"$1"*) ;; *) echo "no cause: $out"; return 1 ;; esac
	case $out in *"$2"*) ;; *) echo "no step: $out"; return 1 ;; esac
	[ "$(hash_of a)" = "$before" ] || return 1
	at a --json status | jq -e --arg e "$1" \
		'.remotes[0].error | contains($e)'
}

conf="interval 1d
debounce 1d
deadline 20s
$sshd_conf"
ok 'the first office starts' start a "${conf/debounce 1d/debounce 10m}"
ok 'the second, too' start b "${conf/debounce 1d/debounce 10m}"
at a init Test --org a --recovery-file "$T/recovery" >/dev/null
at a remote add hub "$url" >/dev/null
ok 'a round over ssh is proven' at a sync
ok 'another office joins over ssh' at b join \
	"$(at a invite | head -n 1)" --org b
at a sync >/dev/null
at a admit "$(at a --json requests | jq -r '.requests[0].id')" >/dev/null
id=$(at a new recommendation section=national language=en title=t text=one)
ok 'what is new goes' at a sync
ok 'and comes' at b sync
at b edit "$id" text=two >/dev/null
at b sync >/dev/null
ok 'edits come back' at a sync
ok 'both have one state' same_state a b
ok 'the hub passes git fsck' git -C "$T/hub.git" fsck --strict

# --- what goes wrong ------------------------------------------------------------

at a edit "$id" text=three >/dev/null # waits for all that follows
refs() { git -C "$T/hub.git" for-each-ref; }
had=$(refs)
d=$T/ssh
cp "$d/known" "$d/known.good"
ssh-keygen -q -t ed25519 -N '' -f "$d/other"
printf '[127.0.0.1]:%d %s\n' "$sshd_port" \
	"$(cut -d' ' -f1,2 "$d/other.pub")" >"$d/known"
ok 'a changed host key fails closed' fails 'has changed' 'ssh-keygen -R'
ok 'nothing was sent there' [ "$(refs)" = "$had" ]
ok 'the line that it says to type works' sh -c "
	line=\$(mufakat --home $T/a --json status |
		jq -r '.remotes[0].error' | sed 's/.*then: //') &&
	case \$line in 'ssh-keygen -R '*) ;; *) exit 1 ;; esac &&
	eval \"\$line -f $d/known\" && [ ! -s $d/known ]"
ok 'an unknown host key is not accepted by itself' \
	fails 'is not known' "connect once with 'ssh -p $sshd_port"
ok 'nor noted' [ ! -s "$d/known" ]
cp "$d/known.good" "$d/known"
mv "$d/id" "$d/id.good"
ok 'no key: no prompt, and what to try' fails 'refused our key' "BatchMode=yes -p $sshd_port"
ssh-keygen -q -t ed25519 -N secret -f "$d/id" -C x
ok 'a key with a passphrase, no agent: the same' \
	fails 'refused our key' "BatchMode=yes -p $sshd_port"
mv "$d/id.good" "$d/id" && cp "$d/authorized" "$d/id.pub"
mv "$T/hub.git" "$T/hub.away"
ok 'no repository there' fails 'is not a git repository' 'git init --bare'
mv "$T/hub.away" "$T/hub.git"
stop sshd
ok 'nobody listens' fails 'cannot reach' 'refused'
at a remote set-url hub "ssh://x@no-such-host.invalid/hub.git"
ok 'no such host' fails 'cannot reach' 'no-such-host.invalid'
at a remote set-url hub "$url"

# a server that accepts and says nothing
perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(LocalAddr =>
	"127.0.0.1", LocalPort => $ARGV[0], Listen => 5, ReuseAddr => 1) or die;
	while (my $c = $s->accept) { push @c, $c }' "$sshd_port" \
	>/dev/null 2>&1 &
echo $! >"$T/mute.pid"
disown
for _ in $(seq 100); do answers "$sshd_port" && break; sleep 0.05; done
sed -i 's/^deadline.*/deadline 3s/' "$T/a/mufakatd.conf"
kill -HUP "$(cat "$T/a.pid")"
ok 'a server that hangs is given up at the deadline' fails 'time' ''
ok 'no process of the round is left' sh -c \
	"! pgrep -P \$(pgrep -P \$(cat $T/a.pid))"
stop mute -KILL 2>/dev/null
sed -i 's/^deadline.*/deadline 20s/' "$T/a/mufakatd.conf"
kill -HUP "$(cat "$T/a.pid")"
sshd_run "$sshd_port"
ok 'and what waited goes' at a sync
ok 'all of it' sh -c "mufakat --home $T/a --json status |
	jq -e '.remotes[0].waiting == 0 and .remotes[0].error == null'"
at b sync >/dev/null
ok 'both have one state again' same_state a b
ok 'no agent was passed on, none was asked for' sh -c \
	"! grep -i agent $T/a.log"
finish
