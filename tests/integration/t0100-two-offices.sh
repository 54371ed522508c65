# The central act: two offices draft, sync, disagree, settle, sign, verify.
. "$(dirname "$0")/lib.sh"

ok 'a coalition is founded and a member admitted' coalition secretariat hrwg
new() { at "$1" new recommendation section="$2" title="$3" text="$4" language=en; }
id=$(new secretariat national 'Ratify' 'Ratify the convention.')
ok 'a record has an id of 26 characters' test ${#id} -eq 26
ok 'a round is proven' at secretariat sync
ok 'the other office takes it in' at hrwg sync
ok 'it shows the same text there' \
	sh -c "mufakat --home $T/hrwg --json show $id | jq -e '.record.values.text == \"Ratify the convention.\"'"
ok 'both have one state hash' same_state secretariat hrwg
ok 'a prefix of the id is enough' at hrwg show "${id:0:8}"
ok 'a wrong word is refused with the list' refused 1 \
	"section: 'regionl' is not one of regional, national" \
	new hrwg regionl t t
ok 'an unknown id is refused' refused 1 'zzzzzzzz' at hrwg show zzzzzzzz

at secretariat edit "$id" text='Ratify it this year.' >/dev/null
at hrwg edit "$id" text='Ratify it with all protocols.' >/dev/null
part=$(new hrwg national Chapter 'Of three parts.')
at hrwg edit "$id" parent="$part" >/dev/null && at hrwg sync >/dev/null &&
	at secretariat sync >/dev/null
at secretariat edit "$part" title='Chapter one' >/dev/null
at hrwg edit "$part" title='First chapter' >/dev/null
for o in secretariat hrwg secretariat; do at $o sync >/dev/null; done
ok 'two edits of one text are one conflict, on both sides' sh -c "
	for o in secretariat hrwg; do
		mufakat --home $T/\$o --json conflicts |
			jq -e --arg id $id '[.conflicts[] |
				select(.id == \$id)] | length == 1' || exit 1
	done"
shows() { # TEXT COMMAND...
	local text=$1
	shift
	at hrwg "$@" | tee "$T/said"
	grep -q -- "$text" "$T/said"
}
ok 'a list marks what is in conflict' shows "^$part .*  ! [CF].*chapter\|one " \
	list recommendation
ok 'and nothing else' test "$(grep -c '! ' "$T/said")" -eq 2
ok 'so does a search' shows "^$part  recommendation  ! " search chapter
ok 'and a record' shows '^! title          ' show "$part"
ok 'also of the one that it refers to' \
	shows "parent         $part  .* (in conflict)$" show "$id"
ok 'and a title that is in conflict itself' \
	shows "^title of $part .* (in conflict)$" conflicts
at hrwg resolve "$part" title --value Chapter >/dev/null
ok 'whose times are what the writers claim' sh -c "
	mufakat --home '$T/hrwg' conflicts | grep -q ' (claimed)  --take'"
ok 'a text in conflict cannot be edited' refused 1 resolve \
	at hrwg edit "$id" text=x
ok 'nor signed' refused 1 resolve at hrwg sign "$id"
ok 'it is resolved' at hrwg resolve "$id" text \
	--value 'Ratify it this year, with all protocols.'
for o in hrwg secretariat; do at $o sync >/dev/null; done
ok 'and the offices agree' same_state secretariat hrwg

ok 'an office signs' at hrwg sign "$id" --as position --date 2007-05-12
ok 'so does the other' at secretariat sign "$id" --date 2007-05-12
for o in hrwg secretariat hrwg; do at $o sync >/dev/null; done
ok 'both signatures are good on both sides' sh -c "
	for o in secretariat hrwg; do
		mufakat --home $T/\$o --json verify $id | jq -e '
			(.signatures | length) == 2 and
			all(.signatures[]; .verdict == \"good\")' || exit 1
	done"
ok 'evidence is written' at hrwg evidence "$id" "$T/evidence"
ok 'it holds both signatures, though made of two versions of one text' \
	sh -c "ls $T/evidence/*.sig | wc -l | grep -qx 2"
w=$(at hrwg --json status | jq -r .coalition)
ok 'it verifies without a daemon' mufakat verify "$T/evidence" --coalition "$w"
cp -r "$T/evidence" "$T/forged"
sed -i 's/year/decade/' "$T/forged/text.txt"
ok 'a forged copy does not' refused 1 '' \
	mufakat verify "$T/forged" --coalition "$w"
ok 'status says that all is synced' sh -c \
	"mufakat --home $T/secretariat status | grep -q ' hub: synced just now$'"
mv "$T/hub.git" "$T/away.git"
at secretariat edit "$id" text='Ratify it some day.' >/dev/null
at secretariat sync >/dev/null 2>&1
ok 'and without the repository, when it last was' sh -c "
	mufakat --home $T/secretariat status |
		grep ' hub: last synced .*, 1 change waits, cannot open '"
mv "$T/away.git" "$T/hub.git"
ok 'a change after signing shows' sh -c "mufakat --home $T/secretariat \
	--json verify $id | jq -e 'any(.signatures[]; .verdict ==
	\"text changed since\")'"

# an office that joins by an address alone has taken the host's word for W
start aspek
line=$(at secretariat invite | head -n 1)
damaged=mufakat:$(tr 0-9a-f 1-9a-f0 <<<"${line:8:4}")${line:12}
ok 'an invitation that was damaged on its way is refused' \
	refused 1 "is not at '$T/hub.git'" at aspek join "$damaged" --org ASPEK
ok 'and so is a coalition that is not there' refused 1 'is not at' \
	at aspek join "$T/hub.git" --org ASPEK --coalition "${w:32}${w:0:32}"
ok 'an empty address is not this folder' refused 1 'no URL' \
	at aspek join '' --org ASPEK
ok 'an invitation without an address wants one' refused 1 'with --url' \
	at aspek join "${line%%\?*}" --org ASPEK
mv "$T/hub.git" "$T/away.git"
start late
ok 'without the repository an office joins, and nothing is confirmed' sh -c "
	mufakat --home $T/late join ' ${damaged%%\?*} ' --url $T/hub.git \
		--org Late | tee $T/said && grep 'not confirmed' $T/said"
ok 'if its address is another one here, join says how to tell' \
	grep 'mufakat remote set-url hub URL' "$T/said"
ok 'and it is not told that nobody confirmed it' sh -c "
	mufakat --home $T/late status | tee $T/said &&
	grep 'nothing of this coalition' $T/said && ! grep 'join URL' $T/said"
mv "$T/away.git" "$T/hub.git"
ok 'the way out is named' refused 1 'throw its home away' \
	at late join "$line" --org Late
ok 'an office joins by an address alone' at aspek join "$T/hub.git" --org ASPEK
ok 'and not again by another name' refused 1 'is that of ASPEK' \
	at aspek join "$T/hub.git" --org Aspek --coalition "$w"
at secretariat sync >/dev/null
at secretariat admit "$(at secretariat --json requests |
	jq -r '.requests[0].id')" >/dev/null
for o in secretariat aspek; do at $o sync >/dev/null; done
verdict_is() {
	at aspek --json verify "$id" |
		jq -e --arg v "$1" 'any(.signatures[]; .verdict == $v)'
}
ok 'no signature there counts as one of a member' \
	verdict_is 'membership not confirmed'
ok 'nor does it invite others' refused 1 'not confirmed here' at aspek invite
ok 'and status says what to do' sh -c \
	"mufakat --home $T/aspek status | grep -q 'mufakat join URL'"
ok 'another coalition is refused' refused 1 'in a coalition already' \
	at aspek join "$T/hub.git" --org ASPEK --coalition "${w:32}${w:0:32}"
ok 'and another name' refused 1 'is that of ASPEK' \
	at aspek join "$T/hub.git" --org HRWG --coalition "$w"
ok 'the words confirm it' at aspek join "$T/hub.git" --org ASPEK \
	--coalition "$(at secretariat --json status | jq -r .coalition_words)"
ok 'and signatures of members count' verdict_is 'text changed since'
ok 'nothing is left to do then' sh -c \
	"! mufakat --home $T/aspek status | grep -q 'mufakat join'"

ok 'the hub passes git fsck' git -C "$T/hub.git" fsck --strict
killed_after_saving() {
	at hrwg new addressee name=ILO level=igo >"$T/id2" && stop hrwg -KILL
}
ok 'a killed daemon comes back with all it said was saved' killed_after_saving
ok 'it starts again' start hrwg
ok 'and holds the record' at hrwg show "$(cat "$T/id2")"
ok 'a second daemon of one home is refused' refused 1 '' \
	mufakatd --home "$T/hrwg" -f
ok 'the database passes its own check' sh -c "
	[ \"\$(sqlite3 $T/hrwg/mufakat.db 'PRAGMA integrity_check')\" = ok ]"
finish
