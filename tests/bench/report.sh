# The table of the benchmark: from figures to rows, and how they are shown.
# Sourced by run.  $T/values holds lines "NAME VALUE", $table the rows:
# records, figure, ours, unit, floor, its name, ratio, target, verdict.

calc() { awk "BEGIN { printf \"%.6f\", $1 }" || die "cannot compute $1"; }

# The median of a figure; nothing if it was not measured.
median() {
	sed -n "s/^$1 //p" "$T/values" | sort -n |
		awk '{ v[NR] = $1 }
		END {
			if (NR % 2)
				print v[(NR + 1) / 2]
			else if (NR > 0)
				print (v[NR / 2] + v[NR / 2 + 1]) / 2
		}'
}

most() { sed -n "s/^$1 //p" "$T/values" | sort -n | tail -n 1; }

per_change() { [ -z "$1" ] || calc "$1 / $changes"; }
sum() { [ -z "$1" ] || [ -z "$2" ] || calc "$1 + $2"; }
scale() { [ -z "$1" ] || calc "$1 * $2"; }

# row FIGURE UNIT OURS FLOOR FLOOR-NAME ratio|value|- TARGET: a target is an
# upper bound, of the ratio or of the value
row() {
	awk -v n="$n" -v figure="$1" -v unit="$2" -v ours="$3" -v floor="$4" \
		-v name="$5" -v kind="$6" -v target="$7" 'BEGIN {
		OFS = "\t"
		if (ours != "" && floor + 0 > 0)
			ratio = sprintf("%.2f", ours / floor)
		is = kind == "ratio" ? ratio : ours
		if (kind == "-")
			verdict = target = ""
		else if (is == "")
			verdict = "not measured"
		else
			verdict = is + 0 <= target + 0 ? "met" : "missed"
		if (kind == "ratio")
			target = "x " target
		print n, figure, ours, unit, floor, name, ratio, target, verdict
	}' >>"$table" || die "cannot make the row '$1'"
}

rows() {
	local log fts
	changes=$(median changes)
	log=$(median log.catchup) fts=$(median fts.catchup)
	row 'catch-up: every record answered' s "$(median ours.catchup)" \
		"$log" 'SQLite rows + log' ratio 1.5
	row '  until the newest change shows' s "$(median ours.taken)" \
		"$log" 'SQLite rows + log' - ''
	row '  until the round is proven' s "$(median ours.proven)" \
		"$(median git.catchup)" 'git segments' - ''
	row 'catch-up with the search index' s "$(median ours.indexed)" \
		"$fts" 'SQLite rows + log + FTS5' ratio 1.3
	row 'bulk import' s "$(median alone.bulk)" "$(median log.write)" \
		'SQLite rows + log' ratio 1.5
	row 'single signed changes' s "$(median alone.single)" \
		"$(sum "$(median ed25519.sign)" "$(median log.write)")" \
		'Ed25519 + SQLite rows + log' ratio 1.3
	row '  each durable, by the socket (1,000)' s "$(median ours.made)" \
		'' '' - ''
	row 'publishing them to an empty hub' s "$(median host.publish)" \
		"$(median git.write)" 'git segments' - ''
	row 'wire, per change' B "$(per_change "$(median ours.wire)")" \
		"$(per_change "$(median git.wire)")" 'git segments' value 135
	row 'disk, database and repository, per change' B \
		"$(per_change "$(median ours.disk)")" \
		"$(per_change "$(median fts.bytes)")" \
		'SQLite rows + log + FTS5' value 900
	row '  of these the repository' B \
		"$(per_change "$(median ours.disk_repo)")" \
		"$(per_change "$(median git.wire)")" 'git segments' - ''
	row 'one durable edit by the client' ms \
		"$(scale "$(median ours.edit)" 1000)" \
		"$(scale "$(median git.commit)" 1000)" 'git commit' ratio 0.5
	row 'no-op sync, hub in a folder' ms \
		"$(scale "$(median ours.noop)" 1000)" \
		"$(scale "$(median git.noop)" 1000)" 'git fetch' ratio 0.5
	row '10 changes office to office' ms \
		"$(scale "$(median ours.ten)" 1000)" \
		"$(scale "$(median git.ten)" 1000)" 'git segments' ratio 0.5
	row '  bytes of objects fetched' B "$(median ours.ten_got)" \
		"$(median git.ten_got)" 'git segments' value 2500
	row '  bytes of objects sent' B "$(median ours.ten_sent)" \
		"$(median git.ten_sent)" 'git segments' - ''
	row 'daemon, peak while catching up' MB \
		"$(scale "$(most ours.daemon_peak)" 1/1024)" '' '' value 64
	row 'transfer, peak while catching up' MB \
		"$(scale "$(most ours.transfer_peak)" 1/1024)" '' '' value 128
	row 'daemon at rest (VmRSS)' MB \
		"$(scale "$(median ours.rest_rss)" 1/1024)" '' '' value 12
	row '  Pss, the spawner included' MB \
		"$(scale "$(median ours.rest_pss)" 1/1024)" '' '' - ''
	row 'floor: Ed25519 signing' s "$(median ed25519.sign)" '' '' - ''
	row 'floor: Ed25519 checking' s "$(median ed25519.verify)" '' '' - ''
	row 'floor: SQLite rows' s "$(median rows.catchup)" '' '' - ''
	row 'floor: git segments, catch-up' s "$(median git.catchup)" '' '' - ''
}

# The cost per change of what was measured at a size.
cost() {
	local T=$base/$1

	calc "1e6 * $(median "$2") / $(median changes)"
}

linear() {
	local small=$1 large=$2
	n=$large
	row "catch-up per change, against $small" us \
		"$(cost "$large" ours.catchup)" \
		"$(cost "$small" ours.catchup)" "ours at $small" ratio 1.3
	row "single change, against $small" us \
		"$(cost "$large" alone.single)" \
		"$(cost "$small" alone.single)" "ours at $small" ratio 1.3
}

print_table() {
	awk -F'\t' '
	function number(x) {
		if (x == "") return "-"
		if (x >= 1000) return sprintf("%.0f", x)
		return sprintf(x >= 100 ? "%.1f" : "%.3f", x)
	}
	function line(a, b, c, d, e, f, g, h) {
		printf "%-42s %12s %-3s %9s %-28s %7s %7s  %s\n",
			a, b, c, d, e, f, g, h
	}
	$1 != size {
		size = $1
		printf "\n%s records\n", size
		line("figure", "ours", "", "floor", "", "ratio", "target", "")
	}
	{
		ours = $3 == "" ? "not measured" : number($3)
		line($2, ours, $4, number($5), $6, $7, $8, $9)
	}' "$table" || die 'cannot print the table'
}

print_json() {
	jq -R -s --arg cores "$cores" --arg fsync "$fsync" --arg load "$load" '
	def number: if . == "" then null else tonumber end;
	{machine: {cores: ($cores | number), fsync_ms: ($fsync | number),
		load: ($load | number)},
	rows: [split("\n")[] | select(. != "") | split("\t") |
		{records: (.[0] | number),
		figure: .[1] | ltrimstr("  "), ours: (.[2] | number),
		unit: .[3], floor: (.[4] | number), floor_name: .[5],
		ratio: (.[6] | number), target: .[7], verdict: .[8]}]}' "$table"
}
