# SPDX-License-Identifier: BSD-2-Clause
#
# From the data that report.awk leaves in the current folder: ratios.svg (all
# operations), growth.svg (instructions against size, slope in the key), crowd.svg
# (against the number of guarded processes, unless the run was quick); all as PNG
# as well. `results` is the folder for them, `crowd` says whether there is one.

set style data histogram
set style histogram cluster gap 1
set style fill solid 0.8 noborder

do for [format in "svg png"] {
	if (format eq "svg") {
		set terminal svg size 1200,700 background "white"
	} else {
		set terminal pngcairo size 1200,700
	}

	set output results . "/ratios." . format
	set title "Instructions for each operation, stock = 1"
	set xtics rotate by -50 noenhanced
	unset logscale
	set xrange [*:*]
	set logscale y
	set grid ytics
	set key top left
	plot "ratios" using 2:xtic(1) title "nothing guarded", \
		"" using 3 title "beside a guarded process", \
		"" using 4 title "guarded", \
		"" using 5 title "guarded, a call for each write", 1 with lines \
		linecolor "black" notitle

	set output results . "/growth." . format
	set multiplot layout 2,2 title "Instructions against size"
	set xtics norotate enhanced
	set logscale xy
	set xlabel "MiB"
	do for [name in "map-touch-unmap fork fork-exit exit-own"] {
		set title name noenhanced
		rows = sprintf("< grep '^%s ' growth", name)
		stats rows using ($2 / 4096):3 name "S" nooutput
		stats rows using ($2 / 4096):4 name "G" nooutput
		plot rows using ($2 / 1048576):3 with linespoints \
			title sprintf("stock, %.0f a page", S_slope), \
			rows using ($2 / 1048576):4 with linespoints \
			title sprintf("guarded, %.0f a page", G_slope)
	}
	unset multiplot

	if (crowd) {
		set output results . "/crowd." . format
		set title "Instructions for one operation beside other guarded processes"
		set xlabel "guarded processes"
		names = "map-touch-unmap fork-exit vfork-exec-exit thread switch"
		array slope[5]
		do for [i = 1:5] {
			stats sprintf("< grep '^%s ' crowd", word(names, i)) \
				using 2:3 name "C" nooutput
			slope[i] = C_slope
		}
		plot for [i = 1:5] sprintf("< grep '^%s ' crowd", word(names, i)) \
			using 2:3 with linespoints \
			title sprintf("%s, each adds %.1f", word(names, i), slope[i]) noenhanced
	}
	unset xlabel
}
