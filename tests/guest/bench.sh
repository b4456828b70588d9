# shellcheck shell=sh
# What the suites that measure share:  . /lab/bench.sh
. /lab/functions.sh

THP=/sys/kernel/mm/transparent_hugepage
SWAP_STATS=/sys/kernel/debug/cxlswap
# Four times what is swapped: the kernel goes round a device before it uses a
# slot again, so that after a few rounds each was used.
DEVICE_MIB=64

progress() { # text...
	echo "bench: $*" >/dev/kmsg
}

# Whatever else runs in the guest is counted too; so is a memory cgroup's
# accounting, which is the same for all back ends.
quieten() {
	set_sysctl vm.page-cluster 0
	set_sysctl kernel.numa_balancing 0
	set_sysctl vm.stat_interval 3600
	set_param $THP/khugepaged/defrag 0
	echo never >$THP/enabled
	echo $$ >/sys/fs/cgroup/cgroup.procs
}

# Large folios come in one size at a time, where a program asks for them.
choose_folios() { # kib
	for _size in "$THP"/hugepages-*/enabled; do
		case $_size in
		*/hugepages-"$1"kB/*) echo madvise >"$_size" ;;
		*) echo never >"$_size" ;;
		esac
	done
}

# Of this size, whole.
folios_out() { # kib
	cat "$THP/hugepages-$1kB/stats/swpout"
}

# The first 16 MiB are taken: how deep the kernel's trees over an area are depends
# on which slots are in use, and up there they always are as deep as they get.
swap_on() { # device
	mkswap "$1" >/dev/null
	swapon "$1"
	_settler=$(swapbench -b 16)
	on_exit "kill $_settler 2>/dev/null"
}

swap_off() { # device
	kill "$_settler"
	swapoff "$1"
}

zram_create() { # compressor
	echo "$1" >/sys/block/zram0/comp_algorithm
	echo ${DEVICE_MIB}M >/sys/block/zram0/disksize
}

zram_remove() {
	echo 1 >/sys/block/zram0/reset
}

# brd takes a page at the first write to a slot and keeps it: warm is one that
# was written to everywhere.
brd_warm_up() {
	dd if=/dev/zero of=/dev/ram0 bs=1M 2>/dev/null || true
}

remove_cxlswap() {
	rmmod cxlswap cxlmeta
}

# What scripts/bench reads: "figure NAME BACKEND FOLIO_KIB DATA UNIT VALUE".
figure() { # name backend folio-kib data unit value
	note "figure $*"
}

# A run means nothing unless its folios really were of that size, and went out
# whole. swapbench fills its memory twice a round.
assert_folios() { # kib swapbench-options...
	_stats=$THP/hugepages-$1kB/stats
	_alloc=$(cat "$_stats/anon_fault_alloc")
	_split=$(cat "$_stats/swpout_fallback")
	_kib=$1
	shift
	bench "$@"
	assert_ge $((($(cat "$_stats/anon_fault_alloc") - _alloc) * _kib)) $((REGION_MIB * 4 << 10)) \
		"KiB in folios of $_kib KiB"
	assert_eq "$(cat "$_stats/swpout_fallback")" "$_split" "folios of $_kib KiB that were split"
}

bench() { # swapbench-options...
	swapbench "$@" "$REGION_MIB" >"$STATE/figures" 2>"$STATE/spread" || {
		cat "$STATE/spread"
		fail "swapbench $* $REGION_MIB"
	}
}

# The figures of one kind of folio and of data.
measure() { # backend folio-kib data
	choose_folios "$2"
	if [ "$2" = 4 ]; then
		bench -d "$3"
	else
		assert_folios "$2" -f "$2" -d "$3"
	fi
	while read -r _name _value; do
		figure "$_name" "$1" "$2" "$3" instructions/page "$_value"
	done <"$STATE/figures"
	sed "s/^/$1 $2 KiB $3: /" "$STATE/spread"
}

measure_folios() { # backend folio-kib...
	_backend=$1
	shift
	for _folio; do
		for _data in random half zero; do
			progress "$_backend, $_folio KiB, $_data"
			measure "$_backend" "$_folio" "$_data"
		done
	done
}

# Small folios, then large ones.
measure_device() { # backend device
	swap_on "$2"
	measure_folios "$1" 4 64 2048
	swap_off "$2"
}

# Processes that share the work, on one CPU.
measure_processes() { # backend device
	swap_on "$2"
	choose_folios 4
	for _processes in 1 2 4; do
		progress "$1, $_processes processes"
		bench -p $_processes
		while read -r _name _value; do
			figure "$_name-$_processes-processes" "$1" 4 half instructions/page "$_value"
		done <"$STATE/figures"
	done
	swap_off "$2"
}
