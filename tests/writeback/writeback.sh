# shellcheck shell=sh
# What these tests share:  . /lab/suite/writeback.sh
. /lab/hotplug.sh

MAPPED=/dev/mapper/below

# A disk of the device mapper's, the size of disk 0: mapped TARGET ARGUMENTS, where DEVICE stands for
# disk 0.
mapped() { # target arguments...
	_sectors=$(cat "/sys/block/$(basename "$(disk 0)")/size")
	echo "0 $_sectors $*" | sed "s:DEVICE:$(disk 0):g" >"$STATE/table"
	if dmsetup info below >/dev/null 2>&1; then
		dmsetup load below "$STATE/table"
		dmsetup suspend --noflush --nolockfs below
		dmsetup resume below
	else
		dmsetup create below --noudevsync "$STATE/table"
		dmsetup mknodes below
		on_exit 'dmsetup remove --noudevsync --force below'
	fi
}

mapped_well() {
	mapped linear DEVICE 0
}

# Every write fails, and no read does.
mapped_failing() {
	mapped flakey DEVICE 0 0 3600 1 error_writes
}

mode_mapped() {
	# shellcheck disable=SC2086  # a list
	load devices=0 $MODE_PARAMS
	mapped_well
	AREA=$MAPPED
	swap_on "$AREA"
}

# A disk that does not keep the order of writes (tests/kmod/shuffle).
mode_shuffle() {
	modprobe shuffle size_mb=64
	on_exit 'rmmod shuffle'
	# shellcheck disable=SC2086  # a list
	load devices=0 $MODE_PARAMS
	AREA=/dev/shuffle
	swap_on "$AREA"
}

pages_used_at_most() { # pages
	[ "$(pool_pages)" -le "$1" ]
}

# Every other moment all stores are refused, and what was taken is on its way.
refuse_now_and_then() {
	rm -f "$STATE/enough" "$STATE/refusing.ended"
	on_exit refuse_no_more
	while [ ! -e "$STATE/enough" ]; do
		echo N >"$SWAP_PARAMS/enabled"
		echo 1 >"$SWAP_PARAMS/flush"
		echo Y >"$SWAP_PARAMS/enabled"
	done && touch "$STATE/refusing.ended" &
}

refuse_no_more() {
	touch "$STATE/enough"
	loop_until 60 test -e "$STATE/refusing.ended"
}
