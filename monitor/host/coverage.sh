#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# coverage.sh GCOV FLOOR OBJECT...: line and branch coverage of each object's
# source, and of all together; fails below what the file FLOOR says. Run by
# `make -C monitor coverage`.
set -eu

gcov=$1 floor=$2
shift 2
"$gcov" -b -n "$@" | awk -v floor="$floor" '
	/^File / {
		file = $2
		gsub(/\047/, "", file)
		core = file ~ /^core\/[^\/]*\.[ch]$/
	}
	core && /^Lines executed:/ { take("line") }
	core && /^Branches executed:/ { next }
	core && /^Taken at least once:/ { take("branch"); core = 0 }
	core && /^No branches/ { core = 0 }

	# "Lines executed:97.50% of 40"
	function take(kind,	percent, n, hit) {
		percent = $0
		sub(/^[^:]*:/, "", percent)
		sub(/%.*/, "", percent)
		n = $NF
		hit = int(percent * n / 100 + 0.5)
		# A header counts once for each source that includes it; keep
		# the best.
		if (hit > best[file, kind] || !((file, kind) in best)) {
			best[file, kind] = hit
			all[file, kind] = n
		}
		files[file] = 1
	}

	END {
		for (file in files) {
			printf "%-24s lines %4d/%4d  branches %4d/%4d\n", file,
			       best[file, "line"], all[file, "line"],
			       best[file, "branch"], all[file, "branch"] | "sort"
			line += best[file, "line"]
			lines += all[file, "line"]
			branch += best[file, "branch"]
			branches += all[file, "branch"]
		}
		close("sort")
		printf "core: %.1f%% of %d lines, %.1f%% of %d branches\n",
		       100 * line / lines, lines,
		       100 * branch / branches, branches
		while ((getline <floor) > 0)
			min[$1] = $2
		exit below("lines", 100 * line / lines) + \
		     below("branches", 100 * branch / branches) > 0
	}

	function below(what, percent) {
		if (what in min && percent >= min[what])
			return 0
		printf "coverage of %s is %.2f%%, %s asks for %.2f%%: test what is new\n",
		       what, percent, floor, min[what]
		return 1
	}'
