# The manuals say what the programs do: commands, options, keys of --json,
# keys of the configuration, examples.
. "$(dirname "$0")/lib.sh"
cd "$MUFAKAT_SOURCE" || exit 1
client=client/mufakat.1 daemon=daemon/mufakatd.8 config=daemon/mufakatd.conf.5

same() { # NAME NAME: two sorted files of $T
	comm -3 "$T/$1" "$T/$2" >"$T/differ"
	[ ! -s "$T/differ" ] || { echo "only in $1, or in $2:"; cat "$T/differ"; false; }
}

# --- commands and options ------------------------------------------------------

# As "command --option", from the command table and from the manual.
mufakat --json help | jq -r '.commands[] | .name, (.name + " " +
	(.arguments | scan("--[a-z-]+")))' | sort -u >"$T/table"
awk '$1 == ".It" && $2 == "Cm" {
	print $3
	for (i = 4; i < NF; i++)
		if ($i == "Fl") print $3 " -" $(i + 1)
}' $client | sort -u >"$T/manual"
ok 'the manual has the commands and options of the program' same table manual
ok 'mufakat help shows each command' sh -c "mufakat help |
	sed -n 's/^  \([a-z-]*\) .*/\1/p' | sort | diff - '$T/table.names'" \
	"$(cut -d' ' -f1 "$T/table" | sort -u >"$T/table.names")"
mufakatd --help | grep -oE -- '(^|[[ ])--?[a-z]+' | tr -d '[ ' |
	sort -u >"$T/options"
awk '$1 == ".It" && $2 == "Fl" { sub(/^\\/, "", $3); print "-" $3 }
	/version \| \\-help/ { print "--version"; print "--help" }' $daemon |
	sort -u >"$T/options.manual"
ok 'the manual has the options of the daemon' same options options.manual
for page in $client $daemon $config; do
	if command -v mandoc >/dev/null; then
		ok "$page is well written" mandoc -Tlint -Wwarning "$page"
	else
		tests=$((tests + 1))
		echo "ok $tests - $page # skip no mandoc here"
	fi
done

completes() { # WORDS...: what the last may become
	(
		eval "$(mufakat --completion)"
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_mufakat "$1" "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
		echo "${COMPREPLY[@]}"
	)
}
ok 'a command is completed' test "$(completes mufakat veri)" = verify
ok 'so is its option' test "$(completes mufakat init x --rec)" = --recovery-file
ok 'a file is left to the shell' test -z "$(completes mufakat evidence x '')"

# --- configuration --------------------------------------------------------------

sed -n 's/^    {"\([a-z-]*\)", set_.*/\1/p' daemon/config.c | sort >"$T/keys"
sed -n 's/^\.It Cm \([a-z-]*\) .*/\1/p' $config | sort >"$T/keys.manual"
ok 'the manual has the keys of the configuration' same keys keys.manual
mkdir -m 700 "$T/checked"
block() { sed -n '/^\.Bd -literal/,/^\.Ed/p' "$1" | grep -v '^\.'; }
block $config >"$T/checked/mufakatd.conf"
ok 'its example is a configuration' mufakatd --home "$T/checked" -n
takes() { # LINE: as the whole configuration
	echo "$1" >"$T/checked/mufakatd.conf"
	mufakatd --home "$T/checked" -n
}
for line in 'interval 1s' 'jitter 90' 'debounce 500ms' 'deadline 1d' \
	'ssh ssh -C' 'ssh-agent yes' "transfer $MUFAKAT_BUILD/mufakat-transfer" \
	'log-level debug'; do
	ok "it takes '$line'" takes "$line"
done
for line in 'interval 0s' 'jitter 91' 'interval 2ms' 'ssh-agent maybe' \
	'transfer here' 'log-level loud' 'colour red'; do
	ok "it refuses '$line'" refused 1 mufakatd.conf takes "$line"
done

# --- the keys of --json ----------------------------------------------------------

# The manual's block as "command TAB path TAB mark", a path like "a[].b".
sed -n '/^\.Bd -literal$/,/^\.Ed/p' $client | grep -v '^\.' | awk '
	function put(path, mark,   at) {
		at = path
		print command "\t" path "\t" mark
		while (match(at, /(\[\]|\.[^.\[]*|^[^.\[]*)$/) && RSTART > 1) {
			at = substr(at, 1, RSTART - 1)
			print command "\t" at "\t" (mark == "?" && at ~ /\[\]$/ ? mark : "")
		}
	}
	/^[a-z]/ { command = $0; next }
	{
		from = ""
		i = 1
		if ($1 ~ /:$/) { from = $1; sub(/:$/, ".", from); i = 2 }
		if ($i == "see") {
			what = $0
			sub(/.* see /, "", what)
			print "see\t" command "\t" what
			next
		}
		for (; i <= NF; i++) {
			mark = ""
			if ($i ~ /[?*]$/) {
				mark = substr($i, length($i))
				$i = substr($i, 1, length($i) - 1)
			}
			put(from $i, mark)
		}
	}' >"$T/rows"
# "see OTHER" takes over what OTHER has
while IFS=$'\t' read -r see command other; do
	[ "$see" = see ] && awk -F'\t' -v c="$command" -v o="$other" '
		$1 == o && ($2 ~ /^(remotes|signatures|list)/) {
			print c "\t" $2 "\t" $3 }' "$T/rows"
done <"$T/rows" >"$T/more"
grep -v '^see' "$T/rows" | sort -u - "$T/more" >"$T/documented"

: >"$T/printed" >"$T/failed"
# keys NAME COMMAND...: runs it and notes what keys it prints
keys() {
	local name=$1 out
	shift
	out=$("$@") 2>"$T/err" || echo "$name: $(cat "$T/err")" >>"$T/failed"
	jq -r '[paths | map(if type == "number" then "[]" else "." + . end) |
		join("") | ltrimstr(".")] | unique[]' <<<"$out" |
		sed "s/^/$name\t/" >>"$T/printed"
}
as() { local o=$1; shift; keys "$1" at "$o" --json "$@"; }

start a && start b && start c
as a init 'Coalition' --org A --recovery-file "$T/recovery"
keys 'remote add' at a --json remote add hub "$T/hub.git" --create
as a sync
as a invite
line=$(at a --json invite | jq -r .line)
as b join "$line" --org B --name hub
as c join "$T/hub.git" --org C
for o in b c a; do as $o sync; done
as a requests
for id in $(at a --json requests | jq -r '.requests[].id'); do
	as a admit "$id"
done
for o in a b c; do as $o sync hub; done
as a members
keys 'remote add' at c --json remote add other "$T/nowhere"
keys 'remote set-url' at c --json remote set-url other "$T/elsewhere"
keys 'remote list' at c --json remote list
keys 'remote remove' at c --json remote remove other
as a types
as a types recommendation
as a new consultation level=national country=ID title=T \
	venue=Jakarta start=2007-05-12 zone=Asia/Jakarta
as a new recommendation section=national language=en title=T text=X
id=$(at a --json list recommendation | jq -r '.list[0].id')
as a edit "$id" text=Y
as a comment "$id" 'Is it so?'
as a sync && as b sync
at a edit "$id" text=A && at b edit "$id" text=B
as b sync && as a sync
as a conflicts
as a show "$id"
as a list recommendation section=national
as a search T
as a resolve "$id" text --value C
as a sign "$id" --as witness --stance none --person P --date 2007-05-12
as a sign "$id"
as a history "$id"
as a diff "$id"
as a show "$id"
as a verify "$id"
as a evidence "$id" "$T/evidence"
keys 'verify dir' mufakat --json verify "$T/evidence"
keys 'verify dir' mufakat --json verify "$T/evidence" \
	--coalition "$(at a --json status | jq -r .coalition)"
as a unsign "$id"
as a list signature
as a delete "$id"
as a list recommendation --deleted
as a undelete "$id"
as a allowed-signers "$T/signers"
as a log
as a backup "$T/backup.db"
as a status
as a help
as a help sync
ok 'every command works' sh -c "cat '$T/failed'; test ! -s '$T/failed'"
ok 'the keys were written to a file, too' grep -q namespaces= "$T/signers"

# Any JSON value may stand below a path that is marked "*".
sort -u "$T/printed" | awk -F'\t' -v documented="$T/documented" '
	BEGIN {
		while ((getline < documented) > 0)
			if ($3 == "*") any[$1 "\t" $2] = 1
	}
	{
		for (a in any)
			if (index($0, a ".") == 1 || index($0, a "[") == 1) next
		print
	}' >"$T/printed.sorted"
cut -f1,2 "$T/documented" | sort -u >"$T/documented.all"
awk -F'\t' '$3 != "?" { print $1 "\t" $2 }' "$T/documented" |
	sort -u >"$T/documented.sure"
ok 'every key that is printed is in the manual' sh -c "
	comm -23 '$T/printed.sorted' '$T/documented.all' | tee '$T/left'
	test ! -s '$T/left'"
ok 'every key in the manual is printed' sh -c "
	comm -13 '$T/printed.sorted' '$T/documented.sure' | tee '$T/left'
	test ! -s '$T/left'"
ok 'and the manual has them for every command' test \
	"$(cut -f1 "$T/documented" | cut -d' ' -f1 | sort -u | wc -l)" -eq \
	"$(wc -l <"$T/table.names")"

# --- examples -----------------------------------------------------------------------

# The commands of a page's examples, one a line.
examples() {
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' "$1" |
		awk '/^\$ / { if (c) print c; c = substr($0, 3); next }
			/^\./ { if (c) print c; c = ""; next }
			c { sub(/\\e$/, "", c); c = c $0 }' | sed 's/\\e */ /'
}
export HOME=$T/home
mkdir -m 700 "$HOME"
cd "$T" || exit 1
while IFS= read -r command; do
	case $command in systemctl*) continue ;; esac # none here
	ok "an example of mufakatd.8: $command" eval "$command"
done < <(examples "$MUFAKAT_SOURCE/$daemon")
export MUFAKAT_HOME=$T/a
while IFS= read -r command; do
	ok "an example of mufakat.1: $command" eval "$command"
done < <(examples "$MUFAKAT_SOURCE/$client")
finish
