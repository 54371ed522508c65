# A hostile environment: variables, a git configuration, locales, limits, file
# descriptors and clocks that somebody else has set up.  Nothing of it is read,
# written or run; where it is in the way, the message says what and what to do.
#
# Office a lives in it, office b does not, and both must come to one state.
. "$(dirname "$0")/lib.sh"

user=$T/user evil=$T/evil
mkdir -p "$user" "$evil/hooks" "$evil/template/hooks" "$evil/tmp" "$T/bin"

# what must never run says that it did
cat >"$evil/run" <<END
#!/bin/sh
echo "\$0 \$*" >>"$T/ran"
exit 1
END
chmod 755 "$evil/run"
for hook in pre-receive update post-receive post-update pre-push post-commit \
	reference-transaction post-checkout push-to-checkout pre-auto-gc \
	fsmonitor-watchman; do
	ln -s ../run "$evil/hooks/$hook"
	ln -s ../../run "$evil/template/hooks/$hook"
done
for name in git ssh-askpass pager; do ln -s ../evil/run "$T/bin/$name"; done

git init -q --bare "$T/foreign.git"
blob=$(echo foreign | git -C "$T/foreign.git" hash-object -w --stdin)
foreign() { (cd "$T/foreign.git" && find . | sort && cat HEAD config); }
had=$(foreign)

# gitconfig URL: what a user may have, and worse
gitconfig() {
	cat <<END
[url "$T/foreign.git"]
	insteadOf = $1
	pushInsteadOf = $1
[core]
	hooksPath = $evil/hooks
	fsmonitor = $evil/run
	pager = $evil/run
	sshCommand = $evil/run
	askPass = $evil/run
	gitProxy = $evil/run
	alternateRefsCommand = $evil/run
	editor = $evil/run
	attributesFile = $evil/attributes
	sharedRepository = world
	compression = 0
	bigFileThreshold = 1
[credential]
	helper = $evil/run
[init]
	templateDir = $evil/template
	defaultBranch = ../../evil
	defaultObjectFormat = sha256
[uploadpack]
	packObjectsHook = $evil/run
[gc]
	auto = 1
	autoDetach = false
[transfer]
	fsckObjects = true
	hideRefs = refs/heads/mufakat
[receive]
	denyNonFastForwards = true
[protocol]
	allow = never
[includeIf "gitdir:$T/"]
	path = $evil/included
[include]
	path = $evil/included
[safe]
	directory = /nowhere
[extensions]
	unknown = true
[user]
	name = Somebody Else
	email = somebody@example.org
	signingKey = $evil/run
[commit]
	gpgSign = true
[gpg]
	program = $evil/run
END
}

poison() {
	export HOME=$user XDG_CONFIG_HOME=$user/.config TMPDIR=$evil/tmp
	export SQLITE_TMPDIR=$evil/tmp PATH=$T/bin:$PATH
	export GIT_DIR=$T/foreign.git GIT_WORK_TREE=$evil
	export GIT_COMMON_DIR=$T/foreign.git GIT_INDEX_FILE=$evil/index
	export GIT_OBJECT_DIRECTORY=$T/foreign.git/objects
	export GIT_ALTERNATE_OBJECT_DIRECTORIES=$T/foreign.git/objects
	export GIT_NAMESPACE=evil GIT_CEILING_DIRECTORIES=/
	export GIT_CONFIG_GLOBAL=$user/.gitconfig GIT_CONFIG=$user/.gitconfig
	export GIT_CONFIG_SYSTEM=$user/.gitconfig GIT_CONFIG_COUNT=1
	export GIT_CONFIG_KEY_0=core.hooksPath GIT_CONFIG_VALUE_0=$evil/hooks
	export GIT_CONFIG_PARAMETERS="'core.fsmonitor=$evil/run'"
	export GIT_TEMPLATE_DIR=$evil/template GIT_EXEC_PATH=$T/bin
	export GIT_SSH=$evil/run GIT_SSH_COMMAND=$evil/run
	export GIT_ASKPASS=$evil/run SSH_ASKPASS=$evil/run DISPLAY=:9
	export SSH_ASKPASS_REQUIRE=force GIT_PROXY_COMMAND=$evil/run
	export GIT_EDITOR=$evil/run GIT_PAGER=$evil/run PAGER=$evil/run
	export GIT_EXTERNAL_DIFF=$evil/run GIT_DEFAULT_HASH=sha256
	export GIT_TRACE=$evil/trace GIT_TRACE_PACKET=$evil/trace
	export GIT_TRACE_SETUP=$evil/trace GIT_TRACE_CURL=$evil/trace
	export GIT_TRACE2=$evil/trace GIT_TRACE2_EVENT=$evil/trace
	export GIT_ALLOW_PROTOCOL=none GIT_PROTOCOL=version=9
	export GIT_AUTHOR_NAME='Somebody Else' GIT_COMMITTER_DATE=0
	export GIT_SSL_NO_VERIFY=1 GIT_QUARANTINE_PATH=$evil
	export http_proxy=http://127.0.0.1:1 ALL_PROXY=http://127.0.0.1:1
	export LANGUAGE="../../..$evil" NLSPATH="$evil/%N"
	export CDPATH=$evil ENV=$evil/run BASH_ENV=$evil/run
	export LESSOPEN="|$evil/run %s" SQLITE_HISTORY=$evil/history
}
# poisoned COMMAND...: office a and its user are in it
poisoned() { (poison; "$@"); }

untouched() {
	[ ! -e "$T/ran" ] || { cat "$T/ran"; return 1; }
	[ "$(foreign)" = "$had" ] || { foreign; return 1; }
	[ -z "$(ls -A "$evil/tmp")" ] || { ls -A "$evil/tmp"; return 1; }
	[ ! -e "$evil/trace" ] && [ ! -e "$evil/index" ] &&
		[ ! -e "$evil/history" ]
}
private() { # PATH...: nobody else may look
	local open
	open=$(find "$@" -path '*/objects/*' -prune -o \
		! -type l -perm /077 -print)
	[ -z "$open" ] || { ls -ld $open; return 1; }
}
fsck() { git -C "$1" fsck --full --strict; }
write_one() { # OFFICE TITLE
	at "$1" new recommendation section=national language=en title="$2" \
		text='some text'
}
is() { [ "$1" = "$2" ] || { echo "$1, not $2"; return 1; }; }

# --- a folder -------------------------------------------------------------------

gitconfig "$T/hub.git" >"$user/.gitconfig"
mkdir -p "$user/.config/git" && cp "$user/.gitconfig" "$user/.config/git/config"
cp "$user/.gitconfig" "$evil/included"
echo '* filter=evil' >"$evil/attributes"

git init -q --bare "$T/hub.git"
for hook in "$evil/hooks/"*; do
	ln -sf "$evil/run" "$T/hub.git/hooks/${hook##*/}"
done
git -C "$T/hub.git" config core.fsmonitor "$evil/run"
git -C "$T/hub.git" config core.alternateRefsCommand "$evil/run"

found() {
	start a && at a init Test --org a --recovery-file "$T/recovery" &&
		at a remote add hub "$T/hub.git" && at a sync
}
ok 'an office is founded in a hostile environment' poisoned found
[ $failures -eq 0 ] || { finish; exit 1; }
joined() {
	start b && at b join "$(at a invite | head -n 1)" --org b &&
		at b sync && poisoned at a sync &&
		poisoned at a admit "$(at a --json requests |
			jq -r '.requests[0].id')" && poisoned at a sync && at b sync
}
ok 'another one joins from a clean one' joined
ok 'it writes' poisoned write_one a First
id=$(at a --json list recommendation | jq -r '.list[0].id')
ok 'and signs' poisoned at a sign "$id"
ok 'and sends' poisoned at a sync
ok 'the other takes and answers' sh -c "mufakat --home $T/b sync &&
	mufakat --home $T/b edit $id text=other && mufakat --home $T/b sync"
ok 'and it takes that' poisoned at a sync
ok 'both have one state' same_state a b
ok 'a backup is made' poisoned at a backup "$T/backup"
ok 'and evidence' poisoned at a evidence "$id" "$T/evidence"
rebuilt() {
	local before
	before=$(hash_of a)
	stop a && mufakatd --home "$T/a" --rebuild && start a &&
		is "$(hash_of a)" "$before"
}
ok 'and it is rebuilt to the same state' poisoned rebuilt
restored() {
	mkdir -m 700 "$T/r" && mufakatd --home "$T/r" --restore "$T/backup" &&
		start r && at r --json show "$id" && stop r
}
ok 'and its backup restored' poisoned restored
ok 'nothing foreign was run, written or traced' untouched
ok 'its repository is an ordinary one' fsck "$T/a/repo.git"
ok 'without hooks' sh -c "! ls $T/a/repo.git/hooks/* 2>/dev/null"
ok 'of SHA-1' is "$(git -C "$T/a/repo.git" rev-parse \
	--show-object-format)" sha1
ok 'the hub is sound' fsck "$T/hub.git"
ok 'the name that git was given is nowhere' sh -c \
	"! git -C $T/hub.git log --all --format='%an %ae %cn %ce' |
	grep -i somebody"

# whoever opens one of these waits for ever
rm -f "$user/.gitconfig" "$user/.config/git/config"
mkfifo "$user/.gitconfig" "$user/.config/git/config"
at b edit "$id" text=third >/dev/null
at b sync >/dev/null
ok 'the configuration of git is not even opened' \
	poisoned timeout 60 mufakat --home "$T/a" sync
ok 'and what was new is there' same_state a b
rm -rf "$user/.gitconfig" "$user/.config"

# --- ssh ------------------------------------------------------------------------

if sshd_up; then
	git init -q --bare "$T/far.git"
	gitconfig "$sshd_url" >"$user/.gitconfig"
	printf '%s\n' 'interval 1d' "$sshd_conf" >"$T/a/mufakatd.conf"
	stop a
	ok 'it starts with ssh' poisoned start a
	ok 'it knows a far repository' \
		poisoned at a remote add far "$sshd_url$T/far.git"
	ok 'and syncs with it through the ssh that is configured' \
		poisoned at a sync far
	ok 'all of it' sh -c "[ -n \"\$(git -C $T/far.git for-each-ref)\" ]"
	ok 'still nothing foreign was run, written or traced' untouched
	stop a
	mkdir "$T/few"
	ln -s "$(command -v sleep)" "$(command -v mkdir)" \
		"$(command -v seq)" "$T/few"
	without_ssh() { (PATH=$MUFAKAT_BUILD:$T/few; start a); }
	ok 'a daemon without ssh in its PATH starts' without_ssh
	write_one a 'Not sent' >/dev/null
	ok 'its round says that ssh cannot be run' refused 1 \
		"cannot run 'ssh'" at a sync far
	ok 'its folder remote goes on' at a sync hub
	stop a
	ok 'with ssh again' start a
	ok 'what waited goes' at a sync far
	at b sync >/dev/null
fi

# --- where things are -----------------------------------------------------------

# home_is FOLDER VARIABLE=VALUE...: a daemon without --home lives there
home_is() {
	local dir=$1 status
	shift
	(cd "$T" && env -u HOME -u XDG_DATA_HOME "$@" mufakatd) || return 1
	[ -S "$dir/socket" ] || { find "$T/data" "$user"; return 1; }
	(cd "$T" && env -u HOME -u XDG_DATA_HOME "$@" mufakat --json status |
		jq -e .)
	status=$?
	stop_home "$dir" || return 1
	private "$dir" && return $status
}
ok 'XDG_DATA_HOME is where it lives' home_is "$T/data/mufakat" \
	XDG_DATA_HOME="$T/data"
ok 'spaces and marks in it are no format and no words' \
	home_is "$T/data/a b %s%n \$(x);'/mufakat" \
	XDG_DATA_HOME="$T/data/a b %s%n \$(x);'" HOME="$user"
ok 'a relative one does not count' home_is "$user/.local/share/mufakat" \
	XDG_DATA_HOME=data HOME="$user"
rm -rf "$user/.local"
ok 'nor an empty one' home_is "$user/.local/share/mufakat" \
	XDG_DATA_HOME= HOME="$user"
says_where() { env -u XDG_DATA_HOME -u MUFAKAT_HOME "$@"; }
ok 'a home that cannot be made is named' refused 1 '/proc/none' \
	says_where HOME=/proc/none mufakatd
ok 'and a client says how to start what is not there' refused 3 \
	'mufakatd' says_where HOME=/proc/none mufakat status

edits() { env EDITOR=true "$@" mufakat --home "$T/a" edit "$id"; }
ok 'a TMPDIR that is not there is named by the editor' refused 1 \
	/nowhere/at/all edits TMPDIR=/nowhere/at/all
ok 'a file instead of one, too' refused 1 "$evil/run" \
	edits TMPDIR="$evil/run"
full() { # a file system of one page
	unshare -m sh -c "mount -t tmpfs -o size=4k,nr_inodes=3 tmpfs $evil/tmp &&
	head -c 65536 /dev/zero >$evil/tmp/fill 2>/dev/null
	EDITOR=true TMPDIR=$evil/tmp mufakat --home $T/a edit $id"
}
if unshare -m true 2>/dev/null; then
	ok 'a full one' refused 1 'No space left on device' full
fi

# --- locales ----------------------------------------------------------------------

mkdir "$T/locale"
localedef -i tr_TR -f UTF-8 "$T/locale/tr_TR.UTF-8" 2>/dev/null
name='İstanbul ILI ılı'
for locale in C tr_TR.UTF-8 xx_YY.KOI8 ../../evil "$(printf 'x%04000d' 1)"; do
	stop a
	in_locale() {
		(export LC_ALL=$locale LANG=$locale LOCPATH=$T/locale
		start a && id=$(write_one a "$name") &&
			at a --json show "$id" | jq -e --arg name "$name" \
				'[.. | strings] | index($name) != null' &&
			at a list recommendation | grep -qF "$name" &&
			at a search ILI | grep -qF "$name")
	}
	ok "under LC_ALL=${locale:0:12} texts stay what they are" in_locale
done
at a sync hub >/dev/null
at b sync >/dev/null
ok 'and the state is the same elsewhere' same_state a b

# --- a mask that shares all -----------------------------------------------------

masked() { # a home that the daemon makes
	umask 000
	mufakatd --home "$T/m" && cp "$T/m/lock" "$T/m.pid" &&
		at m init Mask --org m --recovery-file "$T/m.recovery" &&
		at m remote add hub "$T/m.git" --create && at m sync &&
		write_one m One && at m backup "$T/m.backup" &&
		stop m && mufakatd --home "$T/m" --rebuild || return 1
	mkdir -p "$T/m2" && chmod 700 "$T/m2" &&
		mufakatd --home "$T/m2" --restore "$T/m.backup"
}
under_mask() { (masked); }
ok 'an office lives under umask 000' under_mask
ok 'its home is its own' private "$T/m"
ok 'a recovery key, too' private "$T/m.recovery"
ok 'a backup, too' private "$T/m.backup"
ok 'and what is restored' private "$T/m2"

# --- descriptors, signals, limits -----------------------------------------------

# The files of an office that is served with 0, 1 and 2 closed stay whole.
closed() { # REDIRECTIONS: served and used, then sound
	local o=c$RANDOM
	mkdir -m 700 "$T/$o" && echo 'interval 1d' >"$T/$o/mufakatd.conf"
	eval "mufakatd --home '$T/$o' -f $1 &"
	echo $! >"$T/$o.pid"
	answers_at "$o"
	at "$o" init Closed --org c --recovery-file "$T/$o.recovery" &&
		write_one "$o" One && at "$o" remote add hub "$T/$o.git" \
		--create && at "$o" sync && stop "$o" || return 1
	grep -q '^[0-9]*$' "$T/$o/lock" && [ "$(wc -l <"$T/$o/lock")" = 1 ] &&
		fsck "$T/$o/repo.git" && is "$(sqlite3 "$T/$o/mufakat.db" \
		'PRAGMA integrity_check')" ok
}
ok 'a daemon that starts without standard error is sound' closed '2>&-'
ok 'without input and output' closed '<&- >&-'
ok 'without any' closed '<&- >&- 2>&-'
background() {
	stop a
	mufakatd --home "$T/a" <&- >&- 2>&-
	at a --json status >/dev/null && stop_home "$T/a"
}
ok 'in the background, too' background
ok 'as it is then' start a
code() { # CODE COMMAND...
	local code=$1
	shift
	"$@"
	is $? "$code"
}
closed_client() { eval "mufakat --home '$T/a' $1"; }
ok 'a client without standard input reads' closed_client 'status <&-'
ok 'one without output says that it could not write' \
	code 1 closed_client 'status >&-'
ok 'and says why' refused 1 'cannot write' closed_client 'status 2>&1 >&-'
ok 'one without any fails, too' code 1 closed_client 'status <&- >&- 2>&-'
ok 'on a full device it says so' refused 1 'No space left on device' \
	closed_client 'status 2>&1 >/dev/full'
ok 'what it did is done all the same' sh -c "
	mufakat --home $T/a new recommendation section=national language=en \
		title=Unseen text=x >/dev/full 2>&1
	mufakat --home $T/a list recommendation | grep -q Unseen"
ok 'a reader that goes away ends it quietly' sh -c "
	[ -z \"\$( (mufakat --home $T/a list recommendation |
		head -c 1 >/dev/null) 2>&1)\" ]"
ignoring() { # what SIGPIPE would have ended ends, too
	(trap '' PIPE
	{ timeout 20 mufakat --home "$T/a" list recommendation
	echo $? >"$T/code"; } 2>/dev/null | true)
	[ "$(cat "$T/code")" -le 1 ]
}
ok 'the same with SIGPIPE ignored' ignoring
stop a
inherits() { (trap '' PIPE HUP CHLD USR1; start a) && at a sync hub; }
ok 'a daemon that inherits ignored signals syncs' inherits
stop a
few_files() { (ulimit -n "$1"; start a); }
too_few() { (ulimit -n 12 && exec timeout 20 mufakatd --home "$T/a" -f); }
ok 'with 12 descriptors it says what to do' refused 1 \
	"raise the limit with 'ulimit -n" too_few
ok 'with 40 it serves' few_files 40
ok 'and stays whole when clients take all' sh -c "
	for n in \$(seq 60); do
		mufakat --home $T/a --json status >/dev/null 2>&1 &
	done
	wait
	mufakat --home $T/a --json status >/dev/null"
at a sync hub >"$T/told" 2>&1
ok 'a round then works or says why' sh -c \
	"grep -qi 'open files\|synced' $T/told"
stop a
ok 'with enough it goes on' start a
ok 'and syncs, too' at a sync hub
stop a
# a limit that the database is about to reach
small_files() {
	(ulimit -f $(($(stat -c %s "$T/a/mufakat.db") / 1024 + 64))
	start a)
}
ok 'an office whose files may not grow starts' small_files
head -c 45000 /dev/urandom | base64 -w 60 >"$T/much"
for n in $(seq 12); do
	at a new recommendation section=national language=en title="Much $n" \
		--from "$T/much" >>"$T/acknowledged" 2>>"$T/refused"
done
ok 'what does not fit is refused, naming the limit' \
	grep -q "ulimit -f" "$T/refused"
ok 'and the daemon is still there' at a --json status
stop a
ok 'without the limit it starts' start a
ok 'all that was acknowledged is there' sh -c "
	for id in \$(cat $T/acknowledged); do
		mufakat --home $T/a --json show \$id >/dev/null || exit 1
	done"
ok 'and more is taken' write_one a More
ok 'its database is whole' is "$(sqlite3 "$T/a/mufakat.db" \
	'PRAGMA integrity_check')" ok

# --- a clock that was set back ----------------------------------------------------

if [ "$MUFAKAT_SANITIZED" != 1 ] && cat >"$T/shift.c" <<'END' &&
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t id, struct timespec *ts)
{
	int rv = (int)syscall(SYS_clock_gettime, id, ts);
	const char *by = getenv("SHIFT");
	if (id == CLOCK_REALTIME && by != NULL)
		ts->tv_sec += atol(by);
	return rv;
}
END
	"${CC:-cc}" -shared -fPIC -o "$T/shift.so" "$T/shift.c" 2>/dev/null; then
	shifted() { # SECONDS
		stop a
		(export LD_PRELOAD=$T/shift.so SHIFT=$1; start a)
	}
	ok 'an office starts with a clock ten years back' shifted -315576000
	back=$(write_one a Back)
	ok 'it edits what is newer than its clock' at a edit "$id" text=back
	ok 'and syncs' at a sync hub
	ok 'and with one that is ten years ahead' shifted 315576000
	ok 'where it edits again' at a edit "$id" text=ahead
	ok 'and syncs there' at a sync hub
	stop a
	ok 'with the true time it starts' start a
	ok 'the last edit is the last still' is "$(at a --json show "$id" |
		jq -r '[.. | strings] | map(select(. == "ahead")) |
		length > 0')" true
	at a edit "$id" text=true >/dev/null
	ok 'and can be edited' at a sync hub
	at b sync >/dev/null
	ok 'nothing of that is in conflict' is \
		"$(at b --json conflicts | jq '.conflicts | length')" 0
	ok 'and both have one state' same_state a b
fi
finish
