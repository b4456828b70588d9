# shellcheck shell=sh
# Attacks on memory that is being swapped, for tests/attack and tests/soak; after
# swap.sh. Each takes the seconds that it may last, runs while AREA is in use,
# checks itself, and leaves nothing behind. Several may run at once.

TRACING=/sys/kernel/tracing
CPU1=/sys/devices/system/cpu/cpu1/online
HOOKED="zswap_store $LOAD_HOOK end_swap_bio_read zswap_invalidate clear_shadow_from_swap_cache zswap_swapon zswap_swapoff"

# In a subshell, so that its clean-up is its own.
attack() { # name seconds
	(
		_at_exit=''
		trap - EXIT
		echo "== attack: $1 for $2 seconds"
		"attack_$1" "$2"
	)
}

time_is_up() { # second
	[ "$(seconds_up)" -ge "$1" ]
}

# Verified memory in a cgroup of its own that has too little room for it.
press() { # cgroup size command...
	cgroup_new "$1" "$2"
	_cgroup=$1
	shift 2
	cgroup_run "$_cgroup" "$@"
}

# Processes and threads --------------------------------------------------------

attack_processes() {
	press processes 7M pagecheck --procs 3 --threads 2 --size 6M --seconds "$1" \
		verify=50 rewrite=40 churn=2 verify
}

attack_shared() {
	press shared 7M pagecheck --share 3 --size 8M --seconds "$1" pageout verify=60 rewrite=40 verify
}

attack_tmpfs() {
	press tmpfs 7M pagecheck --backing file --path /tmp/attack --size 12M --seconds "$1" \
		verify=50 rewrite=40 pageout=50 verify
}

attack_large() {
	press large 9M pagecheck --thp --procs 2 --size 8M --seconds "$1" \
		verify=50 rewrite=40 pageout=70 verify
}

# Parameters ---------------------------------------------------------------------

attack_settings() {
	for _setting in enabled same_filled_pages_enabled non_same_filled_pages_enabled \
		max_pool_percent accept_threshold_percent exclusive copy; do
		save_setting "$SWAP_PARAMS/$_setting"
	done
	save_setting /sys/module/cxlmeta/parameters/wipe
	# a device without pages is a broken device
	_least=40
	! is_tier || _least=0
	_until=$(($(seconds_up) + $1))
	_writers=''
	for _writer in 1 2 3; do
		write_settings $_until $_least &
		_writers="$_writers $!"
	done
	press settings 7M pagecheck --procs 2 --threads 2 --size 7M --seconds "$1" \
		verify=50 rewrite=40 churn=2 verify
	for _writer in $_writers; do
		wait "$_writer" || fail "a setting could not be written"
	done
}

save_setting() { # file
	on_exit "echo $(cat "$1") >$1"
}

# flush is refused as often as not, which dash's echo would say each time.
write_settings() { # until least-percentage
	while ! time_is_up "$1"; do
		for _value in 0 90 1 40 100 3 75; do
			echo $(($2 + _value * (100 - $2) / 100)) >"$SWAP_PARAMS/max_pool_percent"
			echo $((100 - _value)) >"$SWAP_PARAMS/accept_threshold_percent"
			echo $((_value % 2)) >"$SWAP_PARAMS/enabled"
			echo $((_value % 4 != 0)) >"$SWAP_PARAMS/same_filled_pages_enabled"
			echo 1 >"$SWAP_PARAMS/flush" || :
			echo $((_value % 3 == 0)) >"$SWAP_PARAMS/non_same_filled_pages_enabled"
			echo $((_value % 4 == 0)) >"$SWAP_PARAMS/exclusive"
			[ $((_value % 2)) = 0 ] && echo nt >"$SWAP_PARAMS/copy" || echo plain >"$SWAP_PARAMS/copy"
			echo $((_value % 2)) >/sys/module/cxlmeta/parameters/wipe
			cat "$SWAP_STATS"/* "$META_STATS"/* >/dev/null
			sleep 0.02
		done
	done 2>/dev/null
}

# Other tracers --------------------------------------------------------------------

attack_tracers() {
	press tracers 7M pagecheck --procs 2 --size 7M --seconds "$1" verify=50 rewrite=40 pageout=50 verify &
	_swapper=$!
	on_exit tracers_off
	_until=$(($(seconds_up) + $1))
	while ! time_is_up "$_until"; do
		tracers_on
		sleep 1
		tracers_off
		sleep 0.2
	done
	wait $_swapper
	if grep '^cxlswap .* bypassed ' "$META_STATS/hooks"; then
		fail "a hook was bypassed while it was traced"
	fi
}

tracers_on() {
	for _function in $HOOKED; do
		echo "p:attack/p_$_function $_function" >>"$TRACING/kprobe_events"
		echo "r:attack/r_$_function $_function" >>"$TRACING/kprobe_events"
		! has_fprobes || echo "f:attack/f_$_function $_function" >>"$TRACING/dynamic_events"
	done
	echo 1 >"$TRACING/events/attack/enable"
	# shellcheck disable=SC2086  # a list of names
	printf '%s\n' $HOOKED >"$TRACING/set_ftrace_filter"
	echo function >"$TRACING/current_tracer"
	sleep 0.3
	! grep -qw function_graph "$TRACING/available_tracers" || echo function_graph >"$TRACING/current_tracer"
}

tracers_off() {
	echo nop >"$TRACING/current_tracer"
	[ ! -e "$TRACING/events/attack" ] || echo 0 >"$TRACING/events/attack/enable"
	echo >"$TRACING/dynamic_events"
	echo >"$TRACING/kprobe_events"
	echo >"$TRACING/set_ftrace_filter"
	echo >"$TRACING/trace"
}

has_fprobes() {
	grep -q '^[[:space:]]*f' "$TRACING/README" && grep -q 'f\[:' "$TRACING/README"
}

# Processors -------------------------------------------------------------------------

attack_cpus() {
	on_exit "echo 1 >$CPU1"
	press cpus 7M pagecheck --procs 2 --threads 2 --size 7M --seconds "$1" \
		verify=50 rewrite=40 churn=2 verify &
	_swapper=$!
	_until=$(($(seconds_up) + $1))
	while ! time_is_up "$_until"; do
		echo 0 >"$CPU1"
		sleep 0.3
		echo 1 >"$CPU1"
		sleep 0.2
	done
	wait $_swapper
}

# Out of memory, and ends of all sorts -------------------------------------------------

# All the swap space that the cgroup may have is used, then its memory, and the
# process is killed in the middle of swapping.
attack_oom() {
	cgroup_new oom
	echo 8M >"$CGROUP/oom/memory.max"
	echo 8M >"$CGROUP/oom/memory.swap.max"
	_until=$(($(seconds_up) + $1))
	while ! time_is_up "$_until"; do
		if cgroup_run oom pagecheck --procs 2 --threads 2 --size 24M verify >"$STATE/oom.log" 2>&1; then
			fail "48 MiB found room in 16"
		fi
	done
	assert_ge "$(field oom_kill "$CGROUP/oom/memory.events")" 1 "processes killed for want of memory"
}

# Ended with its pages in swap, and its cgroup with it; a file on tmpfs that was
# charged to the cgroup stays in swap and is read by others.
attack_cgroups() {
	_until=$(($(seconds_up) + $1))
	_count=0
	while ! time_is_up "$_until"; do
		_count=$((_count + 1))
		press gone$_count 8M pagetricks --size 4M --seed $_count --file "/tmp/left$_count" pageout
		on_exit "rm -f /tmp/left$_count"
		cgroup_run gone$_count pagecheck --size 12M --seconds 1000 verify rewrite >"$STATE/gone.log" 2>&1 &
		sleep 1
		echo 1 >"$CGROUP/gone$_count/cgroup.kill"
		wait $! || :
		loop_until 60 rmdir "$CGROUP/gone$_count"
		pagetricks --size 4M --seed $_count --file "/tmp/left$_count" verify pageout
		rm "/tmp/left$_count"
	done
}

attack_bombs() {
	echo +pids >/sys/fs/cgroup/cgroup.subtree_control
	echo +pids >"$CGROUP/cgroup.subtree_control"
	cgroup_new bombs 24M
	echo 40 >"$CGROUP/bombs/pids.max"
	cgroup_run bombs pagetricks --size 2M --seconds "$1" bomb=4 rewrite
	echo 1 >"$CGROUP/bombs/cgroup.kill"
	assert_ge "$(field max "$CGROUP/bombs/pids.events")" 1 "forks that were refused"
}

# Rare calls ------------------------------------------------------------------------------

attack_tricks() {
	# shellcheck disable=SC2046  # words
	press tricks 6M pagetricks --size 8M --seconds "$1" steal peek rewrite lock protect $(trick_of_moving) remap
}

# 6.8 moves swapped pages without looking whether they are in the swap cache, too.
trick_of_moving() {
	case $(uname -r) in
	6.8.*) ;;
	*) echo move ;;
	esac
}

attack_merging() {
	[ -w /sys/kernel/mm/ksm/run ] || return 0
	on_exit 'echo 2 >/sys/kernel/mm/ksm/run; echo 0 >/sys/kernel/mm/ksm/run'
	echo 20 >/sys/kernel/mm/ksm/sleep_millisecs
	echo 2000 >/sys/kernel/mm/ksm/pages_to_scan
	echo 1 >/sys/kernel/mm/ksm/run
	press merging 10M pagetricks --thp --size 8M merge rewrite &
	press merging 10M pagetricks --thp --size 8M --seconds "$1" merge rewrite verify pageout steal bomb=1 remap
	wait $!
	assert_ge "$(cat /sys/kernel/mm/ksm/full_scans)" 1 "scans for equal pages"
}

# What a suite's guest.conf gives its tests.
from_command_line() { # name
	tr ' ' '\n' </proc/cmdline | sed -n "s/^$1=//p"
}

# Leaks -------------------------------------------------------------------------------------

# On a kernel that looks for them. What was just freed may be seen once.
assert_no_leaks() {
	[ -w /sys/kernel/debug/kmemleak ] || return 0
	echo scan >/sys/kernel/debug/kmemleak
	sleep 6
	echo scan >/sys/kernel/debug/kmemleak
	cat /sys/kernel/debug/kmemleak
	[ ! -s /sys/kernel/debug/kmemleak ] && [ -z "$(cat /sys/kernel/debug/kmemleak)" ] ||
		fail "memory leaked"
}

# Failing allocations -------------------------------------------------------------------------

# From here on /proc/PID/fail-nth counts the allocations that have a function of
# a module (any module's) among their callers, waiting ones too.
faults_on() {
	for _kind in failslab fail_page_alloc; do
		_dir=/sys/kernel/debug/$_kind
		[ -w "$_dir/require-start" ] || skip "this kernel can't make chosen allocations fail (make check-debug has one)"
		set_param "$_dir/ignore-gfp-wait" N
		set_param "$_dir/require-start" "$MODULE_TEXT"
		set_param "$_dir/require-end" 0xffffffffff000000
		set_param "$_dir/verbose" 1
	done
	set_param /sys/kernel/debug/fail_page_alloc/min-order 0
	set_param /sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem N
}

# x86-64 without randomized addresses: MODULES_VADDR.
MODULE_TEXT=0xffffffffa0000000

# For N = FIRST (1) and every STEPth (1) after it, until there is no Nth allocation.
# Each time: prepare, then the call, then a check that gets "injected" or
# "spared" and what the call said, and undoes it.
fail_one_by_one() { # what-fails check failnth-arguments...
	_what=$1
	_check=$2
	shift 2
	_nth=$((${FIRST:-1} - ${STEP:-1}))
	until [ "${_verdict:-}" = spared ]; do
		_nth=$((_nth + ${STEP:-1}))
		"${_what}_prepare"
		failnth $_nth "$@" >"$STATE/nth" || fail "$_what, allocation $_nth: $(cat "$STATE/nth")"
		read -r _verdict _said <"$STATE/nth"
		echo "$_what, allocation $_nth: $_verdict, $_said"
		"$_check" "$_verdict" "$_said"
		assert_le $_nth 2000 "allocations of $_what"
	done
	_verdict=''
	note "$_what: of fewer than $_nth allocations every ${STEP:-1}th from ${FIRST:-1} on failed${MODE:+, in $MODE mode}"
}
