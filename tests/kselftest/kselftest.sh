# shellcheck shell=sh
# What these tests share:  . /lab/suite/kselftest.sh
. /lab/swap.sh

WORK=/tmp/work
RESULTS=/tmp/results
SLOWDOWN=$(cat /lab/slowdown)

# Tests that fail now and then whether the modules are loaded or not, as regular
# expressions for "TEST: PART", with the reason above each.
UNSTABLE='
'

# Their working folder must be on a disk: some look at the page cache.
work_begin() {
	mkdir -p "$WORK" "$RESULTS"
	mkfs.ext4 -q -F "$(disk 1)"
	mount -t ext4 "$(disk 1)" "$WORK"
	on_exit "umount $WORK"
}

# One pass over a list of programs; verdicts go to a file of the pass's name.
run_selected() { # collection pass
	: >"$RESULTS/$2"
	grep -v '^#' "/lab/suite/selected.$1" >"$RESULTS/selected"
	while read -r _seconds _command; do
		run_program "$1" "$2" "$_seconds" "$_command"
	done <"$RESULTS/selected"
	grep ^fail "$RESULTS/$2" | sed "s/^/lab: $2: /" >"$RESULTS/failed" || :
	while IFS= read -r _line; do
		echo "$_line" >/dev/kmsg
	done <"$RESULTS/failed"
	echo "== $2: $(grep -c ^pass "$RESULTS/$2") pass, $(grep -c ^skip "$RESULTS/$2") skip," \
		"$(grep -c ^fail "$RESULTS/$2") fail"
}

# Huge pages must be had, whatever ran before.
run_program() { # collection pass seconds command
	_output="$RESULTS/$2.$(echo "$4" | tr ' ' _)"
	_status=0
	_began=$(seconds_up)
	echo "lab: $2: $4" >/dev/kmsg
	echo 3 >/proc/sys/vm/drop_caches
	echo 1 >/proc/sys/vm/compact_memory
	# shellcheck disable=SC2086  # the program's arguments
	(cd "$WORK" && PATH=/lab/files/mm:/lab/files/cgroup:$PATH &&
		exec timeout -k 10 $(($3 * SLOWDOWN)) $4) \
		</dev/null >"$_output" 2>&1 || _status=$?
	case $_status in
	0) echo "pass $4" ;;
	4) echo "skip $4" ;;
	*) echo "fail $4" ;;
	esac >>"$RESULTS/$2"
	awk -v test="$4" -f /lab/suite/verdicts.awk "$_output" >>"$RESULTS/$2"
	echo "$2: $4: exit status $_status after $(($(seconds_up) - _began)) s" |
		tee "$RESULTS/last" >/dev/kmsg
	cat "$RESULTS/last"
}

# Fails if a pass with the modules is worse than both passes without.
compare() { # pass pass-without pass-without
	printf '%s\n' "$UNSTABLE" | grep -v -e '^#' -e '^$' >"$RESULTS/unstable" || :
	echo '^$' >>"$RESULTS/unstable"
	awk -f /lab/suite/compare.awk "$RESULTS/$2" "$RESULTS/$3" "$RESULTS/$1" \
		>"$RESULTS/compared"
	grep ^UNSTABLE "$RESULTS/compared" || :
	grep ^WORSE "$RESULTS/compared" | grep -vEf "$RESULTS/unstable" >"$RESULTS/worse" || return 0
	sed "s/^/$1: /" "$RESULTS/worse"
	sed 's/.* with: //; s/: .*//' "$RESULTS/worse" | sort -u | while IFS= read -r _test; do
		tail -n 25 "$RESULTS/$1.$(echo "$_test" | tr ' ' _)"
	done
	fail "$1: $(wc -l <"$RESULTS/worse") tests are worse with the modules"
}

# The same programs four times: without the modules at the beginning and at the
# end, so that what time and an aging guest change is seen there too.
compare_all() { # collection least-stores
	work_begin
	swap_zram 400M
	swap_on "$AREA"
	run_selected "$1" none-zram
	swapoff "$AREA"
	for MODE in device partition; do
		(
			_at_exit=''
			trap - EXIT
			"mode_$MODE"
			run_selected "$1" "$MODE"
			note "$1, $MODE mode: $(counter stores) pages stored, $(counter loads) loaded"
			assert_ge "$(counter stores)" "$2" "pages stored in $MODE mode"
			# Programs that take all memory push out the runner's own pages and
			# files; only after swapoff must nothing be stored.
			mode_end
		)
	done
	swap_on "$(disk 0)"
	run_selected "$1" none-disk
	swapoff "$(disk 0)"
	note "$1: $(grep -c ^pass "$RESULTS/none-disk") pass, $(grep -c ^skip "$RESULTS/none-disk") skip," \
		"$(grep -c ^fail "$RESULTS/none-disk") fail without the modules"
	assert_ge "$(grep -c ^pass "$RESULTS/none-disk")" 20 "tests that pass without the modules"
	for MODE in device partition; do
		compare "$MODE" none-zram none-disk
	done
}

