# Only what is missing is fetched, counted in objects.
#
# What came over ssh is told by the git that served it, through its own trace;
# what a folder gave, by what has come into the office's repository.
. "$(dirname "$0")/lib.sh"

fleet=$MUFAKAT_BUILD/tests/sim/sim_fleet
logs=50 moved=10

# objects REPO: their ids, sorted
objects() {
	git -C "$T/$1" cat-file --batch-all-objects \
		--batch-check='%(objectname)' | sort
}

# logs_of HUB: the ids of all objects of the fleet's logs there
logs_of() {
	git -C "$T/$1" rev-list --objects --stdin <"$T/$1.refs" |
		cut -d' ' -f1 | sort
}

# served: objects that git has packed for us since the last call
served() {
	sed -n 's|.*"key":"write_pack_file/wrote","value":"\([0-9]*\)".*|\1|p' \
		"$T/trace" | awk '{ n += $1 } END { print n + 0 }'
	: >"$T/trace"
}

# new_objects OFFICE: how many have come into its repository
new_objects() {
	touch "$T/$1.objects"
	objects "$1/repo.git" >"$T/now"
	comm -13 "$T/$1.objects" "$T/now" | wc -l
	cp "$T/now" "$T/$1.objects"
}

is() { [ "$1" = "$2" ] || { echo "$1, not $2"; return 1; }; }

# grow HUB [--moved N]: 50 logs of one commit each, or one more on N of them
grow() { "$fleet" "${@:2}" | git -C "$T/$1" fast-import --quiet; }

came() { at "$1" --json sync | jq '.rounds[0].taken'; }

# The same with both kinds of remote: "far" when git serves it.
fleet_over() {
	local o=$1 hub=$2 url=$3 far=$4 which=()
	git init -q --bare "$T/$hub"
	grow "$hub"
	git -C "$T/$hub" for-each-ref --format='%(refname)' >"$T/$hub.refs"
	ok "$o: a hub holds $logs logs" is "$(wc -l <"$T/$hub.refs")" $logs
	start "$o" "interval 1d
debounce 10m
$sshd_conf"
	: >"$T/trace"
	# by the address alone it has to look first which coalition is there
	[ -n "$far" ] || which=(--coalition "$("$fleet" --coalition)")
	ok "$o: it joins" at "$o" join "$url" --org Reader "${which[@]}"
	[ -z "$far" ] ||
		ok "$o: all objects came, once" is "$(served)" $((3 * logs))
	ok "$o: its repository holds what came and its own request" \
		is "$(new_objects "$o")" $((3 * logs + 3))
	logs_of "$hub" >"$T/all"
	ok "$o: just the objects of the logs" is \
		"$(comm -23 "$T/all" "$T/$o.objects" | wc -l)" 0
	ok "$o: every log is in force there" is \
		"$(at "$o" --json list recommendation |
		jq '.list | length')" $logs

	ok "$o: a round with nothing new is proven" at "$o" sync
	ok "$o: and fetches nothing" is "$(new_objects "$o")" 0
	[ -z "$far" ] || ok "$o: nothing was served" is "$(served)" 0

	grow "$hub" --moved $moved
	ok "$o: $moved logs moved by a change each" is "$(came "$o")" $moved
	ok "$o: a commit, a tree and a blob of each came" is \
		"$(new_objects "$o")" $((3 * moved))
	[ -z "$far" ] ||
		ok "$o: and no more was served" is "$(served)" $((3 * moved))
	ok "$o: then nothing again" is "$(came "$o") $(new_objects "$o")" '0 0'
	[ -z "$far" ] || ok "$o: not one object" is "$(served)" 0
	ok "$o: its repository passes fsck" \
		git -C "$T/$o/repo.git" fsck --full --strict
	stop "$o"
}

sshd_up "GIT_TRACE2_EVENT=$T/trace"
ok 'an sshd runs' answers "$sshd_port"
fleet_over near near.git "$T/near.git" ''
fleet_over far far.git "$sshd_url$T/far.git" yes
ok 'both come to one state over either' sh -c '[ -n "$1" ] && [ "$1" = "$2" ]' \
	- "$(start near && hash_of near)" "$(start far && hash_of far)"

# --- pieces -----------------------------------------------------------------

# An office whose log is long enough for a piece.
write_much() {
	local n
	for n in $(seq 20); do
		at writer new recommendation section=national language=en \
			title="Annex $n" text="$(head -c 46000 /dev/urandom |
			base64 -w 0)" >/dev/null || return 1
	done
}
pieces() {
	git -C "$T/$1" for-each-ref --format='%(objectname)' \
		'refs/heads/mufakat/*-[0-9]*' | sort
}

conf="interval 1d
debounce 10m
$sshd_conf"
start writer "$conf"
at writer init Test --org Writer --recovery-file "$T/recovery" >/dev/null
at writer remote add one "$sshd_url$T/one.git" --create >/dev/null
ok 'an office writes more than a mebibyte' write_much
ok 'and sends it' at writer sync
ok 'as a closed piece and a tail' is \
	"$(pieces one.git | wc -l) $(git -C "$T/one.git" for-each-ref | wc -l)" \
	'1 2'
: >"$T/trace"
start reader "$conf"
w=$(at writer --json status | jq -r .coalition)
ok 'another office joins' at reader join "$sshd_url$T/one.git" --org Reader \
	--coalition "$w" --name one
ok 'the piece and the tail came, once' is "$(served)" 6
at writer sync >/dev/null
served >/dev/null
at writer new recommendation section=regional title=T text=t >/dev/null
ok 'a small change is sent' at writer sync
served >/dev/null
ok 'and taken' is "$(came reader)" 1
ok 'without the piece' is "$(served)" 3
ok 'the writer takes its work to a second repository' \
	at writer remote add two "$sshd_url$T/two.git" --create
ok 'and proves that it is there' at writer sync two
ok 'the piece is the same commit there' is "$(pieces two.git)" \
	"$(pieces one.git)"
served >/dev/null
ok 'the reader adds the second repository' \
	at reader remote add two "$sshd_url$T/two.git"
ok 'and is in step with it' at reader sync two
ok 'nothing was fetched again' is "$(served)" 0
finish
