# What is asked of every refusal.  Sourced after lib.sh.

# digest OFFICE: what a refused command must leave as it was
digest() {
	at "$1" --json status | jq -c '[.state_hash, .changes, .records,
		.conflicts, (.remotes | map([.name, .url]))]'
}

# refusal CODE CAUSE NEXT COMMAND...: ends with this code, names the cause and
# the next step, and changes nothing in the office $office
refusal() {
	local code=$1 cause=$2 next=$3 before out status
	shift 3
	before=$(digest "$office")
	out=$("$@" 2>&1 </dev/null)
	status=$?
	printf '%s\n(exit %d)\n' "$out" $status
	[ $status -eq "$code" ] || return 1
	case $out in *"$cause"*) ;; *) echo "no cause '$cause'"; return 1 ;; esac
	case $out in *"$next"*) ;; *) echo "no step '$next'"; return 1 ;; esac
	[ "$(digest "$office")" = "$before" ] || {
		echo "changed: $before to $(digest "$office")"
		return 1
	}
}

# bad SENTENCE CODE CAUSE NEXT COMMAND...: a refusal as a line of TAP
bad() {
	local what=$1
	shift
	ok "$what" refusal "$@"
}

# plain COMMAND...: prints what it prints; no byte of it harms a terminal
#
# Control characters but LF, C1, bidi controls, zero-width characters.
plain() {
	"$@" >"$T/said" 2>&1
	! LC_ALL=C grep -naP '[\x00-\x09\x0b-\x1f\x7f]' "$T/said" &&
		! LC_ALL=C.UTF-8 grep -nP '[\x{80}-\x{9f}\x{ad}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2069}\x{feff}]' \
			"$T/said" && cat "$T/said"
}
