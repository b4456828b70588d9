# shellcheck shell=sh
# What tests of cxlcache share:  . /lab/cache.sh
. /lab/functions.sh

CACHE_PARAMS=/sys/module/cxlcache/parameters
CACHE_STATS=/sys/kernel/debug/cxlcache
META_STATS=/sys/kernel/debug/cxlmeta
# Where the file system under test is mounted.
FILES=/tmp/files
# Guests have little memory, and tests of other limits set them themselves.
ROOMY="max_pool_percent=90"

# The module -------------------------------------------------------------------

# Every hit is compared with the disk, unless a test says otherwise.
cache_load() { # parameters...
	modprobe cxlcache $ROOMY enabled=1 admission=all canary=1 "$@"
	on_exit cache_unload_quietly
}

# Also says whether removal leaves anything.
cache_unload() {
	assert_canary
	rmmod cxlcache
	if grep cxl /sys/kernel/tracing/enabled_functions; then
		fail "hooks are left in the kernel"
	fi
	rmmod cxlmeta
}

cache_unload_quietly() {
	rmmod cxlcache cxlmeta 2>/dev/null
}

counter() { # name
	cat "$CACHE_STATS/$1"
}

assert_canary() {
	assert_eq "$(counter canary_mismatches)" 0 "hits that differed from the disk"
}

set_cache() { # parameter value
	echo "$2" >"$CACHE_PARAMS/$1"
}

pool_pages() {
	echo $(($(counter pool_total_size) / 4096))
}

# Writing a setting must fail. (dash does not say why a write failed.)
assert_write_fails() { # regex file value
	printf '%s\n' "$3" >"$STATE/value"
	assert_fails "$1" dd if="$STATE/value" of="$2" conv=notrunc
}

# File systems -----------------------------------------------------------------

FS_TYPES="ext4 xfs btrfs"

fs_make() { # type device
	case $1 in
	ext4) mkfs.ext4 -q -F "$2" ;;
	xfs) mkfs.xfs -q -f "$2" ;;
	btrfs) mkfs.btrfs -q -f "$2" ;;
	esac
}

fs_mount() { # type [mount-options...]
	_type=$1
	shift
	mkdir -p "$FILES"
	fs_make "$_type" "$(disk 0)"
	mount -t "$_type" "$@" "$(disk 0)" "$FILES"
	on_exit "fs_unmount_quietly"
}

fs_unmount() {
	loop_until 60 umount "$FILES"
}

fs_unmount_quietly() {
	! grep -q " $FILES " /proc/mounts || umount "$FILES"
}

# The same test on each file system; each gets a subshell, whose clean-up is its own.
on_each_fs() { # function
	_function=$1
	for FS in $FS_TYPES; do
		echo "== $FS"
		(
			_at_exit=''
			trap - EXIT
			"$_function"
		)
	done
}


drop_caches() {
	sync
	echo 1 >/proc/sys/vm/drop_caches
}

# The disk's reads so far, in sectors.
disk_reads() {
	_disk=$(disk 0)
	awk '{ print $3 }' "/sys/block/${_disk##*/}/stat"
}

# A disk that fails ----------------------------------------------------------------

# The first disk, by the name of /dev/mapper/failing.
failing_create() {
	failing_table linear
	dmsetup create --noudevsync failing "$STATE/table"
	on_exit "dmsetup remove --noudevsync --force failing"
	dmsetup mknodes failing
}

failing_becomes() { # target
	failing_table "$1"
	dmsetup load failing "$STATE/table"
	dmsetup suspend --noflush --nolockfs failing
	dmsetup resume failing
}

failing_table() { # target
	_sectors=$(cat "/sys/block/$(basename "$(disk 0)")/size")
	# up for no second, down for an hour; 6.8 has no errors that it is not asked for
	_flakey="0 $_sectors flakey $(disk 0) 0 0 3600"
	case $1 in
	linear) echo "0 $_sectors linear $(disk 0) 0" ;;
	error) echo "0 $_sectors error" ;;
	flakey) echo "$_flakey 2 error_reads error_writes" ;;
	unreadable) echo "$_flakey 1 error_reads" ;;
	esac >"$STATE/table"
}

# Work ---------------------------------------------------------------------------

# A file oracle in the background until oracle_end.
oracle_start() { # options...
	filecheck --seconds 100000 "$@" "$FILES" >"$STATE/oracle" 2>&1 &
	_oracle=$!
	on_exit "kill $_oracle 2>/dev/null; wait $_oracle"
}

oracle_end() {
	kill "$_oracle" 2>/dev/null || :
	wait "$_oracle" || { cat "$STATE/oracle"; fail "the oracle has found a fault"; }
}

# Until so many more pages have been found.
gets_have_come() { # number
	[ "$(counter succ_gets)" -ge $((_gets_before + $1)) ]
}

wait_for_gets() { # number
	_gets_before=$(counter succ_gets)
	loop_until 120 gets_have_come "$1"
}

# Something of the mount was dropped, so it is on: with mounts that are found.
mount_is_on() {
	grep -q " on pages " "$CACHE_STATS/mounts"
}

# What is in memory of a file is put; the file is clean. Its mount is found, and what there is to know
# of the file system, while files are read and dropped.
mount_settle() { # file
	loop_until 60 mount_settled "$1"
	# all of it, now
	cat "$1" >/dev/null
	drop_caches
}

mount_settled() { # file
	cat "$1" >/dev/null
	drop_caches
	mount_is_on && [ "$(counter put_pages)" -gt 0 ]
}

pool_used_on() { # node
	awk -v node="node$1" '$1 == "cxlcache" && $2 == node { used = $4 } END { print used + 0 }' \
		"$META_STATS/pools"
}

# Files ------------------------------------------------------------------------------

# 1 MiB of text that says whose it is; also at $STATE/wanted.NAME.
file_make() { # name [words...]
	seq 200000 | sed "s/^/${FS:-} $* /" | head -c 1048576 >"$STATE/wanted.$1"
	cat "$STATE/wanted.$1" >"$FILES/$1"
}

# All of them are in far memory, and not in the page cache.
files_hold() { # names...
	mount_settle "$FILES/$1"
	for _name; do
		cat "$FILES/$_name" >/dev/null
	done
	drop_caches
	assert_ge "$(counter put_pages)" $(($# * 240)) "pages held of $# MiB"
}

# From far memory or from disk, in turn.
assert_file() { # name why
	for _pass in 1 2; do
		cmp "$STATE/wanted.$1" "$FILES/$1" || fail "${FS:-}: $1 $2, pass $_pass"
		drop_caches
	done
}

# The next assert_file wants what is on disk now.
file_is_as_on_disk() { # name
	sync
	dd if="$FILES/$1" of="$STATE/wanted.$1" bs=64k iflag=direct 2>/dev/null
}
