# SPDX-License-Identifier: BSD-2-Clause
#
# awk -f report.awk BARS RAW - the table of a run, then each bar with what was
# measured. -v growth=FILE, -v ratios=FILE, -v crowd=FILE: data for the plots go
# there.

BEGIN { FS = ","; nr_keys = 0; nr_bars = 0 }

function trim(text) { gsub(/^[ \t]+|[ \t]+$/, "", text); return text }

function size_text(bytes)
{
	if (bytes >= 1073741824) return bytes / 1073741824 "G"
	if (bytes >= 1048576) return bytes / 1048576 "M"
	return bytes ? bytes / 1024 "K" : ""
}

# The median of list[1..n].
function median(list, n,    i, j, t)
{
	for (i = 2; i <= n; i++) {
		t = list[i]
		for (j = i - 1; j > 0 && list[j] > t; j--)
			list[j + 1] = list[j]
		list[j + 1] = t
	}
	return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

# Median for one operation of field: 1 instructions, 2 calls, 3 entries.
function per_operation(column, key, field,    n, i, values)
{
	n = samples[column, key]
	for (i = 1; i <= n; i++)
		values[i] = value[column, key, i, field]
	return n ? median(values, n) : 0
}

function ratio(column, key)
{
	if (!cost["stock", key] || !((column, key) in cost)) return 0
	return cost[column, key] / cost["stock", key]
}

# Does KEY match one of the patterns and none of the !patterns?
function selected(key, patterns,    n, i, list, hit, p, no)
{
	n = split(patterns, list, / +/)
	for (i = 1; i <= n; i++) {
		p = list[i]
		no = sub(/^!/, "", p)
		gsub(/\./, "\\.", p)
		gsub(/\*/, ".*", p)
		if (key ~ "^" p "$") {
			if (no) return 0
			hit = 1
		}
	}
	return hit
}

# The worst over the selected keys, or the geometric mean; "" without any.
function over_keys(column, what, patterns,    i, key, v, worst, sum, n)
{
	for (i = 1; i <= nr_keys; i++) {
		key = keys[i]
		if (!selected(key, patterns)) continue
		if (what ~ /^calls/) {
			v = calls[column, key] * (substr(what, 6) ? substr(what, 6) : 1)
			if (!((column, key) in cost)) continue
		} else {
			v = ratio(column, key)
			if (!v) continue
			sum += log(v)
		}
		n++
		if (n == 1 || v > worst) worst = v
	}
	if (!n) return ""
	return what == "mean" ? exp(sum / n) : worst
}

function measured(column, what, patterns,    key)
{
	if (what !~ /^count/)
		return over_keys(column, what, patterns)
	key = patterns "/0"
	if (!((column, key) in cost)) return ""
	if (what == "count") return cost[column, key]
	return cost[column, key] - cost[column "-stock", key]
}

FNR == NR {
	if (/^#/ || !NF) next
	split($0, part, ";")
	nr_bars++
	for (i = 1; i <= 6; i++)
		bar[nr_bars, i] = trim(part[i])
	next
}

/^#/ { header = header $0 "\n"; next }

{
	key = $2 "/" $3
	if (!(key in seen) && $1 == "stock") {
		seen[key] = 1
		keys[++nr_keys] = key
	}
	n = ++samples[$1, key]
	for (i = 1; i <= 3; i++)
		value[$1, key, n, i] = $(5 + i) / $5
	known[$1, key] = 1
	operations[key] = $5
}

function print_table(    i, key, part, extra)
{
	printf "%-23s %5s %11s %7s %7s %8s %8s %8s %8s %9s\n", "", "", "stock", \
		"alone", "beside", "guarded", "no batch", "calls", "entries", "estimate"
	printf "%-23s %5s %11s %7s %7s %8s %8s %8s %8s %9s\n", "operation", "size", \
		"instr./op", "ratio", "ratio", "ratio", "ratio", "per op", "per call", \
		"cycles"
	for (i = 1; i <= nr_keys; i++) {
		key = keys[i]
		split(key, part, "/")
		extra = cost["guarded", key] - cost["stock", key] + trap * calls["guarded", key]
		printf "%-23s %5s %11.0f %7.3f %7.3f %8.3f %8.3f %8.2f %8.1f %9.3f\n", \
			part[1], size_text(part[2]), cost["stock", key], \
			ratio("alone", key), ratio("beside", key), \
			ratio("guarded", key), ratio("single", key), \
			calls["guarded", key], \
			calls["guarded", key] ? entries["guarded", key] / calls["guarded", key] : 0, \
			1 + extra / cost["stock", key]
	}
	print_mean("mean of operations", "*/* !app-*")
	print_mean("mean of applications", "app-*")
	print ""
}

function print_mean(text, patterns)
{
	if (over_keys("guarded", "mean", patterns) == "") return
	printf "%-23s %5s %11s %7.3f %7.3f %8.3f %8.3f\n", text, "", "", \
		over_keys("alone", "mean", patterns), \
		over_keys("beside", "mean", patterns), \
		over_keys("guarded", "mean", patterns), \
		over_keys("single", "mean", patterns)
}

# What stock cannot do.
function print_attach(    n, list, i, key)
{
	n = split("1048576 16777216 67108864 268435456", list, " ")
	for (i = 1; i <= n; i++) {
		key = "attach/" list[i]
		if (("attach", key) in cost)
			printf "attach a process of %4s: %9.0f instructions and %.2f calls a MiB\n", \
				size_text(list[i]), cost["attach", key], \
				calls["attach", key]
	}
	print ""
}

# Instructions for one operation while so many other processes are guarded, and
# how much each of them adds, by least squares.
function print_crowd(    ck, pair, names, n, i, c, crowds, nc, x, y, sx, sy, sxx, sxy)
{
	for (ck in known) {
		split(ck, pair, SUBSEP)
		if (pair[1] == "crowd-1") names[++n] = pair[2]
	}
	if (!n) return
	nc = split("1 16 64 256", crowds, " ")
	printf "%-31s %9s %9s %9s %9s %9s\n", "beside so many guarded ones", 1, 16, \
		64, 256, "each adds"
	for (i = 1; i <= n; i++) {
		sx = sy = sxx = sxy = 0
		split(names[i], pair, "/")
		printf "%-31s", pair[1]
		for (c = 1; c <= nc; c++) {
			x = crowds[c]
			y = cost["crowd-" x, names[i]]
			sx += x; sy += y; sxx += x * x; sxy += x * y
			printf " %9.0f", y
			if (crowd) print pair[1], x, y >crowd
		}
		printf " %9.2f\n", (nc * sxy - sx * sy) / (nc * sxx - sx * sx)
	}
	print ""
}

function print_bars(    i, v, met, nr_met, nr_known, format)
{
	printf "%-50s %9s %7s %9s\n", "bar", "at most", "aim", "measured"
	for (i = 1; i <= nr_bars; i++) {
		v = measured(bar[i, 2], bar[i, 3], bar[i, 6])
		format = bar[i, 3] ~ /^count/ ? "%.0f" : "%.3f"
		if (v != "") {
			nr_known++
			met = sprintf(format, v) + 0 <= bar[i, 4] + 0
			nr_met += met
		}
		printf "%-50s %9s %7s %9s  %s\n", bar[i, 1], bar[i, 4], bar[i, 5], \
			v == "" ? "-" : sprintf(format, v), \
			v == "" ? "not measured" : met ? "met" : "NOT MET"
	}
	printf "%d of %d bars met, %d not measured\n", nr_met, nr_bars, \
		nr_bars - nr_known
}

function write_plots(    i, key, part, c, n, columns)
{
	n = split("alone beside guarded single", columns, " ")
	for (i = 1; i <= nr_keys; i++) {
		key = keys[i]
		split(key, part, "/")
		printf "\"%s %s\"", part[1], size_text(part[2]) >ratios
		for (c = 1; c <= n; c++)
			printf " %.4f", ratio(columns[c], key) >ratios
		print "" >ratios
		if (part[1] ~ /^(map-touch-unmap|fork|fork-exit|exit-own)$/)
			printf "%s %d %.0f %.0f\n", part[1], part[2], \
				cost["stock", key] * operations[key], \
				cost["guarded", key] * operations[key] >growth
	}
}

END {
	# Cycles of a call and back as published for SpacemiT's K1.
	trap = 280
	for (ck in known) {
		split(ck, pair, SUBSEP)
		cost[pair[1], pair[2]] = per_operation(pair[1], pair[2], 1)
		calls[pair[1], pair[2]] = per_operation(pair[1], pair[2], 2)
		entries[pair[1], pair[2]] = per_operation(pair[1], pair[2], 3)
	}
	printf "%s\n", header
	print_table()
	print_attach()
	print_crowd()
	print_bars()
	if (ratios) write_plots()
}
