# shellcheck shell=sh
# What tests of cxlswap share:  . /lab/swap.sh
. /lab/functions.sh

SWAP_PARAMS=/sys/module/cxlswap/parameters
SWAP_STATS=/sys/kernel/debug/cxlswap
META_STATS=/sys/kernel/debug/cxlmeta
SWAP_MOUNT=/tmp/swapfs
# Guests have little memory, and tests of other limits set them themselves.
ROOMY=max_pool_percent=90

# The modules ------------------------------------------------------------------

load() { # parameters...
	modprobe cxlswap "$@"
	on_exit unload_quietly
}

# Also says whether removal leaves anything.
unload() {
	rmmod cxlswap
	assert_no_hooks
	rmmod cxlmeta
}

unload_quietly() {
	rmmod cxlswap cxlmeta 2>/dev/null
}

# Writing a setting must fail. (dash does not say why a write failed.)
assert_write_fails() { # regex file value
	printf '%s\n' "$3" >"$STATE/value"
	assert_fails "$1" dd if="$STATE/value" of="$2" conv=notrunc
}

log_count() { # regex
	dmesg | grep -cE -e "$1" || :
}

assert_no_hooks() {
	if grep cxl /sys/kernel/tracing/enabled_functions; then
		fail "hooks are left in the kernel"
	fi
}

counter() { # name
	cat "$SWAP_STATS/$1"
}

assert_counter() { # name wanted why
	assert_eq "$(counter "$1")" "$2" "$1, $3"
}

# As set_param, for files that show all choices and the one in force in brackets.
set_choice() { # file value
	echo "$1 $(sed 's/.*\[\(.*\)\].*/\1/' "$1")" >>"$STATE/saved"
	echo "$2" >"$1"
}

# Swap areas -------------------------------------------------------------------

swap_on() { # device-or-file [swapon options...]
	_area=$1
	shift
	mkswap "$_area" >/dev/null
	swapon "$@" "$_area"
	on_exit "swap_off_quietly $_area"
}

swap_off_quietly() { # device-or-file
	! grep -q "^$1 " /proc/swaps || swapoff "$1"
}

# A swap file on ext4, on the second scratch disk; it is made once per guest.
swap_file() {
	mkdir -p "$SWAP_MOUNT"
	AREA=$SWAP_MOUNT/swapfile
	! grep -q " $SWAP_MOUNT " /proc/mounts || return 0
	if ! mount -t ext4 "$(disk 1)" "$SWAP_MOUNT" 2>/dev/null; then
		mkfs.ext4 -q -O ^has_journal "$(disk 1)" >/dev/null 2>&1
		mount -t ext4 "$(disk 1)" "$SWAP_MOUNT"
		fallocate -l 400M "$SWAP_MOUNT/swapfile"
		chmod 600 "$SWAP_MOUNT/swapfile"
	fi
	on_exit "umount $SWAP_MOUNT"
}

# zram as an ordinary swap device: a synchronous one, where faults go around the
# swap cache.
swap_zram() { # size
	echo 1 >/sys/block/zram0/reset
	echo "$1" >/sys/block/zram0/disksize
	on_exit 'echo 1 >/sys/block/zram0/reset'
	AREA=/dev/zram0
}

# Modes: what is loaded and which AREA is swapped to. MODE_PARAMS are the
# parameters that cxlswap gets.
MODE=device
MODE_PARAMS=$ROOMY

mode_device() {
	load $MODE_PARAMS
	AREA=/dev/cxlswap0
	swap_on "$AREA"
}

mode_partition() {
	load devices=0 $MODE_PARAMS
	AREA=$(disk 0)
	swap_on "$AREA"
}

# A disk without seeks: there the kernel swaps large folios out whole.
mode_ssd() {
	_queue=/sys/block/$(basename "$(disk 0)")/queue/rotational
	save_param "$_queue"
	echo 0 >"$_queue"
	mode_partition
}

mode_file() {
	load devices=0 $MODE_PARAMS
	swap_file
	swap_on "$AREA"
}

mode_zram() { # [size]
	load devices=0 $MODE_PARAMS
	swap_zram "${1:-200M}"
	swap_on "$AREA"
}

mode_end() {
	swapoff "$AREA"
	assert_all_free "after swapoff"
	unload
	[ "$AREA" != "$SWAP_MOUNT/swapfile" ] || umount "$SWAP_MOUNT"
}

# Each mode gets a subshell: its clean-up is its own.
in_modes() { # function modes...
	_function=$1
	shift
	for MODE; do
		echo "== $MODE mode"
		(
			_at_exit=''
			trap - EXIT
			"mode_$MODE"
			"$_function"
			mode_end
		)
	done
}

in_all_modes() { # function
	in_modes "$1" device partition file
}

is_tier() {
	[ "$MODE" != device ]
}

# Accounting ---------------------------------------------------------------------

pool_pages() {
	echo $(($(counter pool_total_size) / 4096))
}

# A device keeps its first page, the swap header: it is no swap page.
header_pages() {
	is_tier && echo 0 || echo 1
}

# 6.8 frees slots in batches of up to 64 per CPU (mm/swap_slots.c), and tells zswap and us then.
# Its load is replaced a step further out (docs/hooks.md).
# shellcheck disable=SC2034  # for tests
case $(uname -r) in
6.8.*) SLOTS_FREED_LATE=$((64 * $(nproc))) LOAD_HOOK=swap_read_folio ;;
*) SLOTS_FREED_LATE=0 LOAD_HOOK=zswap_load ;;
esac

# While the area is in use.
assert_none_stored() { # when
	assert_le "$(counter stored_pages)" $(($(header_pages) + SLOTS_FREED_LATE)) "stored_pages, $1"
	assert_le "$(pool_pages)" $(($(header_pages) + SLOTS_FREED_LATE)) "pages of the pool, $1"
}

# Since 6.10 the kernel swaps folios between 4 KiB and 2 MiB out whole.
swaps_folios_whole() {
	[ -d /sys/kernel/mm/transparent_hugepage/hugepages-64kB/stats ]
}

assert_all_free() { # when
	assert_counter stored_pages "$(header_pages)" "$1"
	assert_counter same_filled_pages 0 "$1"
	assert_eq "$(pool_pages)" "$(header_pages)" "pages of the pool, $1"
	assert_eq "$(grep -v '^0 ' "$SWAP_STATS/cgroups")" "" "what cgroups have stored, $1"
}

# Far memory, in pages: what the nodes have, and what is free there.
far_pages_managed() {
	awk '/^Node [1-9].*zone/ { far = 1 } /^Node 0/ { far = 0 }
		far && $1 == "managed" { sum += $2 } END { print sum + 0 }' /proc/zoneinfo
}

far_pages_free() {
	awk '$3 == "MemFree:" { sum += $4 } END { print sum / 4 }' \
		/sys/devices/system/node/node[1-9]/meminfo
}

# Takes all but a little of a node's memory away, with a tmpfs bound to it.
fill_node() { # node
	mkdir -p /tmp/filler
	mount -t tmpfs -o "size=100%,mpol=bind:$1" tmpfs /tmp/filler
	on_exit empty_node
	# pages that others give back meanwhile are taken, too
	for _part in 1 2 3; do
		[ "$(node_pages_free "$1")" -gt 4000 ] || break
		dd if=/dev/zero of=/tmp/filler/part$_part bs=64k \
			count=$((($(node_pages_free "$1") - 2500) / 16)) 2>/dev/null
	done
	assert_le "$(node_pages_free "$1")" 4000 "free pages of node $1 when it is filled"
}

empty_node() {
	! grep -q ' /tmp/filler ' /proc/mounts || umount /tmp/filler
}

node_pages_free() { # node
	awk '$3 == "MemFree:" { print int($4 / 4) }' "/sys/devices/system/node/node$1/meminfo"
}

pool_limit() {
	sed -n 's/^cxlswap total .* limit \([0-9]*\).*/\1/p' "$META_STATS/pools"
}

pool_used() { # node
	awk -v node="node$1" '$1 == "cxlswap" && $2 == node { used = $4 } END { print used + 0 }' \
		"$META_STATS/pools"
}

# Pages that were written to the device below, since boot. A slow one has some still to write.
pages_written() {
	loop_until 100 nothing_is_written_now
	case $AREA in
	/dev/*) _below=$AREA ;;
	*) _below=$(disk 1) ;;
	esac
	awk '{ print int($7 / 8) }' "/sys/block/${_below##*/}/stat"
}

nothing_is_written_now() {
	cat /proc/sys/vm/stat_refresh
	[ "$(field nr_writeback /proc/vmstat)" = 0 ]
}

# Writeback looks at the pool when a page is stored, a moment apart: what was stored last may be above
# its mark until there is more.
pool_settles() { # pages most
	[ "$(pool_pages)" -gt "$2" ] || return 0
	pages "$1" rewrite=1
	pages "$1" pageout
	[ "$(pool_pages)" -le "$2" ]
}

# Verified memory ------------------------------------------------------------------

# Runs pagecheck in a cgroup of so much memory.
pagecheck_in() { # size options and commands...
	_max=$1
	shift
	cgroup_new limited "$_max"
	cgroup_run limited pagecheck "$@"
}

# A pagecheck, in a cgroup of its own, that waits for what pages() asks of it.
pages_start() { # name pagecheck-options...
	_name=$1
	shift
	cgroup_new "$_name"
	rm -f "$STATE/$_name.socket"
	cgroup_run "$_name" pagecheck --nothp --control "$STATE/$_name.socket" "$@" \
		>"$STATE/$_name.log" 2>&1 &
	on_exit "kill $! 2>/dev/null; wait $!; pages_say $_name"
	loop_until 60 pages_are_filled "$_name" $!
}

pages_are_filled() { # name pid
	[ -S "$STATE/$1.socket" ] || ! kill -0 "$2"
}

pages() { # name command
	pagecheck ask "$STATE/$1.socket" "$2" && return
	pages_say "$1"
	fail "the pages of '$1' are not as they should be"
}

pages_say() { # name
	sed "s/^/$1: /" "$STATE/$1.log"
}

# Pages out what can be. MADV_PAGEOUT leaves pages that are on their way to the LRU lists, in another
# CPU's batch: compaction has all CPUs empty theirs.
pages_out() { # name least
	_out=$(pages "$1" pageout)
	_tries=0
	while [ "$_out" -lt "$2" ] && [ $((_tries += 1)) -le 5 ]; do
		echo 1 >/proc/sys/vm/compact_memory
		_out=$(pages "$1" pageout)
	done
	assert_ge "$_out" "$2" "pages of '$1' that MADV_PAGEOUT took out of memory"
}

# Swapped out pages may be in memory still, after they were written to a disk:
# sees to it that they must be read from there. Some other pages of the process
# are swapped out, too.
pages_settle() { # name
	loop_until 100 nothing_is_written_now
	echo 64M >"$CGROUP/$1/memory.reclaim" 2>/dev/null || :
}
