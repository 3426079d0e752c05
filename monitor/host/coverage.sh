#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# coverage.sh GCOV FLOOR OBJECT...: line and branch coverage of each source of
# the objects, and of all together; fails below what the file FLOOR says. A line
# or branch of a header counts once, however many objects have it. Run by
# `make -C monitor coverage`.
set -eu

gcov=$1 floor=$2
shift 2
"$gcov" -b -t "$@" | awk -v floor="$floor" '
	# "   12:   30:text", ##### in place of 12 if never, - if no code
	/^ *[^ :]+: *0:Source:/ {
		file = $0
		sub(/^.*: *0:Source:/, "", file)
		core = file ~ /^core\/[^\/]*\.[ch]$/
		next
	}
	!core { next }
	/^ *[-#=0-9*]+: *[0-9]+:/ {
		split($0, part, ":")
		gsub(/[ *]/, "", part[1])
		line = part[2] + 0
		if (line && part[1] != "-")
			take("line", file SUBSEP line, part[1] ~ /^[0-9]/)
		next
	}
	/^branch +[0-9]+ / {
		take("branch", file SUBSEP line SUBSEP $2,
		     $3 == "taken" && $4 + 0 > 0)
	}

	function take(kind, key, hit) {
		if (!((kind, key) in seen)) {
			seen[kind, key] = 1
			all[file, kind]++
			files[file] = 1
		}
		if (hit && !((kind, key) in done)) {
			done[kind, key] = 1
			good[file, kind]++
		}
	}

	END {
		for (file in files) {
			printf "%-24s lines %4d/%4d  branches %4d/%4d\n", file,
			       good[file, "line"], all[file, "line"],
			       good[file, "branch"], all[file, "branch"] | "sort"
			line_good += good[file, "line"]
			lines += all[file, "line"]
			branch_good += good[file, "branch"]
			branches += all[file, "branch"]
		}
		close("sort")
		if (!lines || !branches) {
			print "gcov has told nothing"
			exit 1
		}
		printf "core: %.1f%% of %d lines, %.1f%% of %d branches\n",
		       100 * line_good / lines, lines,
		       100 * branch_good / branches, branches
		while ((getline <floor) > 0)
			min[$1] = $2
		exit below("lines", 100 * line_good / lines) + \
		     below("branches", 100 * branch_good / branches) > 0
	}

	function below(what, percent) {
		if (what in min && percent >= min[what])
			return 0
		printf "coverage of %s is %.2f%%, %s asks for %.2f%%: test what is new\n",
		       what, percent, floor, min[what]
		return 1
	}'
