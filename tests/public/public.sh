# shellcheck shell=sh
# What these tests share:  . /lab/suite/public.sh
. /lab/swap.sh

# What was swapped through the module since numbers_begin.
numbers_begin() {
	_stores=$(counter stores) _loads=$(counter loads)
}

# The program has ended: it must have swapped, and nothing of it may be stored.
numbers_end() { # least
	_stores=$(($(counter stores) - _stores)) _loads=$(($(counter loads) - _loads))
	note "$MODE mode: $_stores pages stored, $_loads loaded"
	assert_ge "$_stores" "$1" "pages stored in $MODE mode"
	assert_ge "$_loads" "$1" "pages loaded in $MODE mode"
	(loop_until 60 none_stored) || what_is_left
	assert_none_stored "in $MODE mode, after all has ended"
}

# For telling pages that are lost from pages that something still owns.
what_is_left() {
	echo "stored: $(counter stored_pages), same-filled: $(counter same_filled_pages)"
	cat /proc/swaps /proc/sysvipc/shm
	ls -l /dev/shm
	grep -H VmSwap /proc/[0-9]*/status | grep -v " 0 kB" || :
	grep -E "^(Swap|Shmem|AnonPages)" /proc/meminfo
}

# A page that was locked when its process ended stays in the swap cache until it is reclaimed.
none_stored() {
	echo 16M >"$CGROUP/limited/memory.reclaim" || :
	(assert_none_stored "yet") >/dev/null
}

# A file system for the program's files, on the second disk.
WORK=/tmp/work
files_mount() {
	mkdir -p "$WORK"
	mkfs.ext4 -q -F "$(disk 1)"
	mount -t ext4 "$(disk 1)" "$WORK"
	on_exit "umount $WORK"
}
