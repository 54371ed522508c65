# A member that writes its log without our programs, so that it may write what
# they refuse: ssh-keygen, b2sum, jq, git.  Sourced after lib.sh.
#
#	forge_key; forge HEAD PORTIONS...; forge_push HUB
#
# $forge_key is its key, $forge_change the id of its last change.  HEAD is
# written without "t".

hash() { b2sum -l 256 | cut -c1-64; }

b32() { basenc --base32 -w0 | tr A-Z a-z | tr -d =; }

# forge_id INDEX: of what that operation of the last change made
forge_id() {
	printf '%s %d\n' "$forge_change" "$1" | b2sum -l 256 | cut -c1-64 |
		tr a-f A-F | basenc --base16 -d | b32 | cut -c1-26
}

# forge_key W: a new key of the coalition W, with an empty log
forge_key() {
	forge_w=$1 forge_t=1700000000000 forge_change=''
	ssh-keygen -q -t ed25519 -N '' -f "$T/forge" || return 1
	forge_key=$(cut -d' ' -f2 "$T/forge.pub" | base64 -d | tail -c 32 | b32)
	printf 'mufakat 1\t%s\t%s\t\n' "$1" "$forge_key" >"$T/forge.blob"
}

# forge HEAD PORTION...: one more change, signed
forge() {
	local head portion portions='' line=$T/forge.line
	forge_t=$((forge_t + 1000))
	head="{\"t\":$forge_t,${1#?}"
	shift
	printf 'mufakat 1\n%s\n%s\n%s\n%s\n' "$forge_w" "$forge_key" \
		"$forge_change" "$head" >"$line"
	for portion in "$@"; do
		printf %s "$portion" | hash >>"$line"
		portions=$portions$'\t'$portion
	done
	forge_change=$(hash <"$line")
	rm -f "$line.sig"
	ssh-keygen -q -Y sign -n mufakat-change -f "$T/forge" "$line" \
		2>/dev/null || return 1
	printf '%s\t%s%s\n' "$(grep -v '^-----' "$line.sig" | tr -d '\n' |
		cut -c161-)" "$head" "$portions" >>"$T/forge.blob"
}

# forge_push HUB: all of its log as one commit
forge_push() {
	local blob tree commit
	blob=$(git -C "$1" hash-object -w "$T/forge.blob") &&
		tree=$(printf '100644 blob %s\tchanges\n' "$blob" |
			git -C "$1" mktree) &&
		commit=$(printf 'changes\n' | git -C "$1" \
			-c user.name=x -c user.email=x@x commit-tree "$tree") &&
		git -C "$1" update-ref \
			"refs/heads/mufakat/${forge_key:0:26}" "$commit"
}
