# Bad input, through the real client and daemon: each refusal names the cause
# and the next step, has the exit code of the manual, and changes nothing.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/refusal.sh"
. "$(dirname "$0")/forge.sh"
office=secretariat
s() { at secretariat "$@"; }
repeated() { head -c "$1" /dev/zero | tr '\0' a; }
draft() { s new recommendation section=national language=en title="$1" "${@:2}"; }

ok 'a coalition is founded and a member admitted' coalition secretariat hrwg
s sync >/dev/null
id=$(draft First text=first)
draft Second text=second >/dev/null

# --- fields, ids --------------------------------------------------------------

bad 'a wrong field is refused with the list of fields' 1 \
	"'sectoin' is no field of a recommendation" 'it has title, section' \
	s new recommendation sectoin=national title=t text=t language=en
bad 'a wrong type, with the list of types' 1 "'recomendation' is no type" \
	'there are organisation, consultation' s new recomendation title=t
bad 'a wrong word, with the list of words' 1 "section: 'regionl'" \
	'is not one of regional, national' s edit "$id" section=regionl
bad 'a missing field, with how to give it' 1 'section: missing' \
	'give section=...' s new recommendation title=t text=t language=en
bad 'an argument that is no field' 2 'a field is written FIELD=VALUE' \
	'usage: mufakat new TYPE FIELD=VALUE' s new recommendation section
bad 'a field twice' 2 "field 'title' is repeated" 'usage: mufakat new' \
	draft t title=u text=t
bad 'a long text twice' 1 "field 'text' is repeated" 'or --from' \
	draft t text=t --from "$T/recovery"
bad 'a field twice in an edit' 2 "field 'order' is repeated" \
	'usage: mufakat edit' s edit "$id" order=1 order=2
bad 'a filter twice' 2 "field 'order' is repeated" 'usage: mufakat list' \
	s list recommendation order=1 order=2
bad 'emptying a required field' 1 'title: cannot be empty' 'cannot be empty' \
	s edit "$id" title=
bad 'an unknown filter' 1 "'colour' is no field of a recommendation" \
	'it has title' s list recommendation colour=red
bad 'an unknown id' 1 "'zzzzzzzz' here" "'mufakat list TYPE' shows" s show zzzzzzzz
bad 'a short id' 1 "'zz' is too short" 'at least 4 characters' s show zz
bad 'what is no id' 1 "'%' is not an id" "'mufakat list TYPE' shows them" s show %
bad 'an unknown change' 1 "no change 'abcdef' of this record" \
	"'mufakat history' lists them" s diff "$id" abcdef
bad 'a field that is not in conflict' 1 'title of' \
	"'mufakat conflicts' lists what is" s resolve "$id" title --value x
bad 'an unknown reference' 1 "consultation: no record" "'mufakat list TYPE' shows" \
	s edit "$id" consultation=zzzzzzzz
bad 'an unknown request' 1 "no request 'abcdef' here" \
	"'mufakat requests' lists them" s admit abcdef
bad 'what is no request' 1 "'zzzz' is no request" "'mufakat requests' lists" \
	s admit zzzz
bad 'an unknown capacity' 1 "capacity: 'king' is not one of" 'endorsement' \
	s sign "$id" --as king
bad 'a day that is none' 1 "date: '2007-02-30' is not a day" 'such as' \
	s sign "$id" --date 2007-02-30
bad 'withdrawing what was never signed' 1 'has no signature on' 'withdraw' \
	s unsign "$id"
bad 'evidence of what nobody signed' 1 'nobody has signed' "mufakat sign" \
	s evidence "$id" "$T/evidence"

# --- sizes, encodings ---------------------------------------------------------

repeated 65536 >"$T/most"
repeated 65537 >"$T/over"
repeated 1048577 >"$T/huge"
printf 'abc\377def' >"$T/latin"
printf 'abc\0def' >"$T/nul"
printf '\355\240\200' >"$T/surrogate"
bad 'a text one byte over the limit' 1 'text: 65537 bytes are too many' \
	'at most 65536' draft t --from "$T/over"
bad 'a file far over the limit' 1 'is longer than 1048576 bytes' "$T/huge" \
	draft t --from "$T/huge"
bad 'a line one byte over the limit' 1 'title: 1001 bytes are too many' \
	'at most 1000' s edit "$id" title="$(repeated 1001)"
bad 'a file that is not UTF-8' 1 "'$T/latin' is not UTF-8 text" \
	'convert it' draft t --from "$T/latin"
bad 'a file with NUL' 1 "'$T/nul' holds a NUL byte" 'the file that you mean' \
	draft t --from "$T/nul"
bad 'a file with half a surrogate pair' 1 'is not UTF-8 text' 'convert it' \
	draft t --from "$T/surrogate"
from_stdin() { draft t --from - <"$T/$1"; }
bad 'a NUL on standard input' 1 "'-' holds a NUL byte" 'that you mean' \
	from_stdin nul
bad 'too much on standard input' 1 'is longer than 1048576 bytes' "'-'" \
	from_stdin huge
bad 'an argument that is not UTF-8' 2 'argument 4 is not UTF-8' \
	'usage: mufakat new' draft $'\377' text=t
bad 'an option that is not UTF-8' 2 "option '--person' is not UTF-8" \
	'usage: mufakat sign' s sign "$id" --person $'\377'
bad 'a file that is not there' 1 "no file '$T/none'" "$T/none" \
	draft t --from "$T/none"
bad 'a folder in place of a file' 1 "'$T' is not a plain file" "$T" \
	draft t --from "$T"
bad 'a long text for a type without one' 1 \
	"type 'organisation' has no long text" 'leave out --from' \
	s new organisation name=x --from "$T/most"
bad 'a line end in a line' 1 'title: holds a control character or a line end' \
	'title' s edit "$id" title=$'a\nb'
bad 'an escape in a line' 1 'title: holds a control character' 'title' \
	s edit "$id" title=$'a\e[31mb'
exactly() {
	local new
	new=$(draft Exactly --from "$T/most") && [ "$(s --json show "$new" |
		jq -j .record.values.text | wc -c)" -eq 65536 ] &&
		s edit "$new" title="$(repeated 1000)"
}
ok 'exactly at the limits all is well' exactly

# --- the editor ---------------------------------------------------------------

# in_editor PROGRAM: edits the record with it
in_editor() { EDITOR=$1 s edit "$id"; }
says_unchanged() { [ "$(in_editor true)" = 'nothing changed' ]; }
ok 'an edit of nothing says so' says_unchanged
# still_there TEXT COMMAND...: is refused, and says in which file TEXT is
still_there() {
	local text=$1 out
	shift
	out=$("$@" 2>&1) && return 1
	grep -q "$text" "$(sed -n "s/.*what you typed is in '\(.*\)'$/\1/p" <<<"$out")"
}
only_this_changed() {
	local before after
	before=$(s --json show "$id" | jq -c .record.values)
	in_editor "sed -i 's/^first$/edited/; s/^language:.*/language: id/'" &&
		after=$(s --json show "$id" | jq -c .record.values) &&
		[ "$after" = "$(jq -c '.text = "edited" | .language = "id"' <<<"$before")" ]
}
export TMPDIR=$T/typed
mkdir "$TMPDIR"
ok 'the editor changes what was changed in it' only_this_changed
ok 'an optional long text is edited, too' in_editor \
	"sed -i 's/^.*= rationale =.*/&\nBecause./'"
ok 'and is there' grep -q Because. <(s show "$id")
ok 'what was typed is gone when it is saved' [ -z "$(ls "$TMPDIR")" ]
bad 'a second line of a title' 1 "line 5: 'more of it' is no 'field: value'" \
	'what you typed is in' in_editor "sed -i 's/^title:.*/&\nmore of it/'"
bad 'a word that is none, in the editor' 1 "section: 'nation' is not one of" \
	'what you typed is in' in_editor "sed -i s/national/nation/"
bad 'an editor that fails' 1 "the editor 'false' failed" 'nothing is changed' \
	in_editor false
ok 'what is refused is kept' still_there 'title: Kept' in_editor \
	"sed -i '1atitle: Kept'"
ok 'so is what is not UTF-8' still_there Kept in_editor "printf 'Kept\377' >"
ok 'so is a text far too long' still_there Kept in_editor \
	"sh -c 'yes Kept | head -c 5000000 >\"\$1\"' -"
ok 'so is that of an editor that fails' still_there Kept in_editor \
	"sh -c 'echo Kept >\"\$1\"; false' -"
unset TMPDIR

# --- command lines ------------------------------------------------------------

bad 'an unknown command, with the nearest' 2 "no command 'shwo'" \
	"did you mean 'show'?" s shwo
bad 'no command' 2 'usage: mufakat' "'mufakat help COMMAND'" s
bad 'an unknown option' 2 "unknown option '--bogus'" 'usage: mufakat show' \
	s show "$id" --bogus
bad 'a repeated option' 2 "option '--person' is repeated" \
	'usage: mufakat sign' s sign "$id" --person a --person b
bad 'a home without a name' 2 "option '--home' needs a value" \
	'usage: mufakat status' mufakat --home '' status
ok 'a value may stand behind a "="' mufakat --home="$T/secretariat" history "$id" --limit=1
bad 'a flag takes none' 2 "option '--json' takes no value" 'usage: mufakat' \
	s status --json=yes
bad 'an option without its value' 2 "option '--person' needs a value" \
	'usage: mufakat sign' s sign "$id" --person
bad 'too few arguments' 2 'too few arguments' 'usage: mufakat comment' \
	s comment "$id"
bad 'too many arguments' 2 'too many arguments' 'usage: mufakat show' \
	s show a b
bad 'an unknown option of the daemon' 2 "unrecognized option '--bogus'" \
	'usage: mufakatd' mufakatd --bogus
bad 'two ways to start the daemon' 2 'usage: mufakatd' 'rebuild' \
	mufakatd --home "$T/secretariat" -n --rebuild
bad 'a coalition to check a record against' 2 "'--coalition' is for a folder" \
	'usage: mufakat verify' s verify "$id" --coalition "$(s --json status | jq -r .coalition)"
# in_json CODE FILTER ARGUMENTS...: prints an object that passes the filter
in_json() {
	local code=$1 filter=$2 out
	shift 2
	out=$(mufakat --json "$@" 2>/dev/null)
	[ $? -eq "$code" ] && [ -n "$out" ] && jq -e "$filter" <<<"$out"
}
ok 'no command, in JSON' in_json 2 '.ok == false and .error.code == "input"'
ok 'an option alone, in JSON' in_json 2 '.error.message | test("-x")' -x
ok 'the version in JSON' in_json 0 '.version | test("^[0-9]")' --version
ok 'the help in JSON' in_json 0 '.commands | length > 20' --help
ok 'the help of a command in JSON' in_json 0 '.commands[0].name == "show"' \
	show --help
bad 'a reply in JSON tells the same' 1 '"code":"notfound"' "mufakat list" \
	s --json show zzzzzzzz

# --- where things are ---------------------------------------------------------

bad 'an unknown remote, with those there are' 1 "no remote 'nohub'" \
	'there are hub' s sync nohub
bad 'a remote twice' 1 "there is a remote 'hub' already" \
	'mufakat remote set-url hub URL' s remote add hub "$T/other"
bad 'a name of a remote that is none' 1 "'b b' must be 1 to 40 of" 'a-z' \
	s remote add 'b b' "$T/other"
bad 'a way to a remote that we do not know' 1 'ftp is not supported yet' \
	'use a folder, file://, ssh://' s remote add ftp ftp://x/y
bad 'an address that would be an option of ssh' 1 "cannot use '-" 'remote' \
	s remote add x -- '-oProxyCommand=date:y'
bad 'a backup onto a file' 1 "'$T/most' is there already" 'give a new name' \
	s backup "$T/most"
bad 'a backup into no folder' 1 "cannot make '/nowhere/x'" \
	'No such file or directory' s backup /nowhere/x
bad 'a second coalition in one home' 1 'is in a coalition already' '--home' \
	s init Other --org x --recovery-file "$T/recovery2"
ok 'no recovery key is left of it' [ ! -e "$T/recovery2" ]
start unfounded
ok 'a name that is none is refused' refused 1 'control character' \
	at unfounded init Other --org $'a\eb' --recovery-file "$T/recovery2"
ok 'nor of that' [ ! -e "$T/recovery2" ]
ok 'and its status says what comes first' sh -c "
	mufakat --home $T/unfounded status |
		grep 'coalition .*mufakat init.*mufakat join'"
stop unfounded
bad 'the words of an invitation lead nowhere' 2 'for comparing' 'its line' \
	s join "$(s invite | sed -n 2p)" --org x
bad 'joining a second one' 1 'is in a coalition already' '--home' \
	s join "$T/hub.git" --org x
s remote add gone "$T/gone.git" >/dev/null
bad 'a remote that is not there' 1 "cannot open '$T/gone.git'" \
	'is the stick mounted?' s sync gone
ok 'the list of remotes says so, too' sh -c "
	mufakat --home '$T/secretariat' remote list | grep '^gone: .*stick mounted'"
mkdir "$T/empty"
s remote set-url gone "$T/empty" >/dev/null
bad 'a remote that is no repository' 1 'no git repository' \
	'--create' s sync gone
s remote remove gone

# --- the daemon is away -------------------------------------------------------

away() {
	local out
	out=$(mufakat --home "$1" status 2>&1)
	[ $? -eq 3 ] && case $out in *"mufakatd --home '$1'"*) true ;;
	*) echo "$out"; false ;; esac
}
ok 'no daemon: exit 3, and the line that starts it' away "$T/nobody"
ok 'the same where a file is in the way' away "$T/most"
ok 'the same at a home with a path over 107 bytes' away "$T/$(repeated 120)"
ok 'and --json has it, too' sh -c "mufakat --home '$T/nobody' --json status |
	jq -e '.error.code == \"offline\"'"
line_works() {
	local line
	mkdir -m 700 "$T/it's"
	line=$(mufakat --home "$T/it's" status 2>&1) &&
		return 1
	line=${line#*start it: }
	eval "$line" || return 1
	sed -n 's/.* start .*pid=//p' "$T/it's/log" >"$T/quoted.pid"
	mufakat --home "$T/it's" --json status | jq -e '.coalition == null'
}
ok 'the line works as it stands, quotes and all' line_works

# --- what others write --------------------------------------------------------

harm='E\u001b[31mS\u009b2JR\rB\bD\u202eX\u2066Z\u200bJ\u00adN\ufeff'
strange='H\u202eR\u200bW=cmd\u2066'
forge_key "$(s --json status | jq -r .coalition)"
forge '{"kind":"act","ops":[{"op":"request","name":"'"$strange"'"}]}' \
	'{"v":[[]]}'
forge_push "$T/hub.git"
s sync >/dev/null
request=$forge_change
ok 'its request is shown escaped' plain s requests
ok 'and whole' grep -F 'H\u{202e}R\u{200b}W=cmd\u{2066}' "$T/said"
ok 'so is its admission' plain s admit "${request:0:12}"
record='{"op":"new","type":"recommendation","fields":["title","section","language","text"]}'
comment='{"op":"new","type":"comment","fields":["record","text"]}'
set='{"op":"set","record":"'$id'","fields":["title","text","tags/x","odd"],"over":{}}'
values='[["'$harm'","national","en","'$harm'\n'$harm'"],[{"@":0},"'$harm'"],["'$harm'","'$harm'",true,{"'$harm'":"'$harm'"}]]'
write() {
	forge '{"kind":"edit","ops":['"$record,$comment,$set"']}' \
		'{"v":'"$values"'}' && forge_push "$T/hub.git" &&
		id2=$(forge_id 0)
}
write # what our programs refuse to write
s sync >/dev/null
ok 'and its record is taken in' s --json show "$id2"
for command in "show $id2" "show $id" 'list recommendation' 'list comment' \
	members requests conflicts "history $id" "history $id2" log status \
	"diff $id" 'search S' 'sync' "verify $id2" \
	"resolve $id title --take abcdef"; do
	ok "'${command%% *}' shows it escaped" plain s $command
	ok "'${command%% *}' in JSON is valid" sh -c \
		"mufakat --home $T/secretariat --json $command 2>/dev/null | jq -e ."
done
ok 'what harms is there to be seen' sh -c \
	"mufakat --home $T/secretariat show $id2 | grep -F '\\x1b[31mS\\u{9b}2JR'"
bad 'a text with a control character has no text to sign' 1 \
	'title: its value cannot be part of a signed text' 'edit it first' \
	s sign "$id2"
ok "the daemon's log holds nothing of it raw" plain cat "$T/secretariat.log"
on_terminal() { script -qec "$*" /dev/null </dev/null | tr -d '\r'; }
ok 'JSON on a terminal holds nothing of it raw' plain on_terminal \
	"mufakat --home $T/secretariat --json show $id2"
ok 'there it is valid, too' jq -e .record "$T/said"

# 4,096 records of one change: some of their ids begin alike.
crowd() {
	local ops values
	ops=$(yes '{"op":"new","type":"addressee","fields":["name"]}' |
		head -n 4096 | paste -sd,)
	values=$(yes '["x"]' | head -n 4096 | paste -sd,)
	forge '{"kind":"edit","ops":['"$ops"']}' '{"v":['"$values"']}' &&
		forge_push "$T/hub.git" && s sync >/dev/null &&
		prefix=$(s --json list addressee | jq -r '.list[].id' |
			cut -c1-4 | sort | uniq -d | head -n 1)
}
crowd
ok 'among thousands of records some ids begin alike' [ -n "$prefix" ]
bad 'an ambiguous prefix, with what it may mean' 1 \
	"ambiguous id '$prefix'" "(addressee 'x'), $prefix" s show "$prefix"
bad 'the same in a field' 1 "addressees: ambiguous id '$prefix'" \
	"(addressee 'x'), $prefix" s edit "$id" addressees="$prefix"

# a name with control characters could never stand in a signature
rm "$T/forge" "$T/forge.pub"
forge_key "$(s --json status | jq -r .coalition)"
forge '{"kind":"act","ops":[{"op":"request","name":"'"$harm"'"}]}' '{"v":[[]]}'
forge_push "$T/hub.git"
s sync >/dev/null
ok 'a request under a name of control characters is shown escaped' \
	plain s requests
bad 'and is not admitted' 1 'cannot stand in a signature' \
	'let it join under another one' s admit "${forge_change:0:12}"
finish
