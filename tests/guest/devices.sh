# shellcheck shell=sh
# For tests of CXL devices in sysfs:  . /lab/devices.sh
. /lab/swap.sh

CXL=/sys/kernel/cxl
MEMORY=/sys/devices/system/memory

meta_load() { # parameters...
	modprobe cxlmeta "$@"
	on_exit unload_quietly
}

device() { # number file
	cat "$CXL/devices/cxl$1/$2"
}

# All devices: one line, by number.
device_names() {
	find "$CXL/devices" -mindepth 1 -maxdepth 1 | sed 's/.*\///' | sort -V | tr '\n' ' '
}

devices_are() { # names...
	[ "$(device_names)" = "${*:+$* }" ]
}

# A property that debugfs shows.
device_info() { # number property
	awk -v name="cxl$1" -v property="$2" '$1 == name {
		for (i = 2; i < NF; i += 2) if ($i == property) print $(i + 1)
	}' "$META_STATS/devices"
}

# Prints the device whose home is this node.
device_of_node() { # node
	for _device in "$CXL"/devices/cxl*; do
		if [ "$(device_info "${_device##*/cxl}" home)" = "$1" ]; then
			echo "${_device##*/cxl}"
			return
		fi
	done
	fail "no device on node $1: $(cat "$META_STATS/devices")"
}

set_node() { # number node
	echo "$2" >"$CXL/devices/cxl$1/node_id"
}

# Memory blocks of a device, by address.
blocks_of() { # number
	_unit=$((0x$(cat $MEMORY/block_size_bytes)))
	_first=$(($(device "$1" start_address) / _unit))
	_last=$((($(device "$1" start_address) + $(device "$1" size) - 1) / _unit))
	for _block in $(seq $_first $_last); do
		[ ! -e "$MEMORY/memory$_block" ] || echo "$MEMORY/memory$_block"
	done
}

assert_blocks() { # number state why
	for _block in $(blocks_of "$1"); do
		assert_eq "$(cat "$_block/state")" "$2" "${_block##*/}, $3"
	done
}

# What a device shows must agree with the kernel's own files.
assert_device() { # number state node why
	assert_eq "$(device "$1" state)" "$2" "state of cxl$1, $4"
	assert_eq "$(device "$1" node_id)" "$3" "node_id of cxl$1, $4"
	_home=$(device_info "$1" home)
	if [ "$2" = online ]; then
		[ -d "$CXL/nodes/node$3/cxl$1/" ] || fail "no link to cxl$1 in nodes/node$3, $4"
	else
		[ ! -e "$CXL/nodes/node$_home/cxl$1" ] || fail "a link to cxl$1 in nodes/node$_home, $4"
	fi
	[ -d "/sys/devices/system/node/node$_home" ] || fail "node $_home is not registered, $4"
}

# Whole lines, as od shows them: nothing before, nothing after.
assert_file_is() { # file text
	printf '%s\n' "$2" >"$STATE/wanted"
	cat "$1" >"$STATE/got"
	cmp "$STATE/got" "$STATE/wanted" || fail "$1: got '$(cat "$1")', wanted '$2'"
}

# Swaps, and compares each byte of what comes back.
swap_round_trip() { # size
	load "$ROOMY"
	swap_on /dev/cxlswap0
	pagecheck --size "$1" --nothp pageout verify rewrite=50 pageout verify=50 pageout verify
	assert_ge "$(counter stores)" 200 "pages stored"
	swapoff /dev/cxlswap0
	assert_all_free "after swapoff"
	unload
}

# Every file and directory of a device, compared with what else is known of it.
assert_documented() { # number
	_dir=$CXL/devices/cxl$1
	assert_eq "$(find "$_dir/" -mindepth 1 -maxdepth 1 -type f | sed 's/.*\///' | sort | tr '\n' ' ')" \
		"node_id size socket_id start_address state " "files of cxl$1"
	assert_file_is "$_dir/start_address" "$(printf '0x%x' $(($(device_info "$1" start))))"
	assert_file_is "$_dir/size" "$(printf '0x%x' $(($(device_info "$1" size))))"
	assert_file_is "$_dir/node_id" "$(device_info "$1" home)"
	assert_file_is "$_dir/socket_id" 0
	assert_file_is "$_dir/state" online
	assert_eq "$(stat -c %a "$_dir/node_id")" 644 "mode of node_id"
	for _file in start_address size socket_id state; do
		assert_eq "$(stat -c %a "$_dir/$_file")" 444 "mode of $_file"
	done
}

# Takes a device offline and brings it back, as movable memory.
offline_and_back() { # number
	_node=$(device "$1" node_id)
	set_node "$1" -1
	assert_device "$1" offline -1 "taken offline"
	assert_blocks "$1" offline "taken offline"
	set_node "$1" -1
	assert_device "$1" offline -1 "taken offline twice"
	set_node "$1" "$_node"
	assert_device "$1" online "$_node" "brought back"
	assert_blocks "$1" online "brought back"
	for _block in $(blocks_of "$1"); do
		assert_eq "$(cat "$_block/valid_zones")" Movable "zone of ${_block##*/}"
	done
	set_node "$1" "$_node"
	assert_device "$1" online "$_node" "brought back twice"
}

refuse() { # address [parameters...]
	_address=$1
	shift
	modprobe refuse address="$_address" "$@"
	on_exit 'rmmod refuse 2>/dev/null'
}

# The directories are gone, and what is open says so.
assert_no_sysfs() {
	[ ! -e $CXL ] || fail "$CXL is still there"
}

# Memory modules ---------------------------------------------------------------------

# Plugs one into node 1, and waits until the kernel has it.
dimm_plug() { # name size
	_before=$(blocks_present)
	monitor object_add "memory-backend-ram,id=mem-$1,size=$2"
	monitor device_add "pc-dimm,id=$1,memdev=mem-$1,node=1"
	on_exit "dimm_pull_quietly $1"
	_wanted=$((_before + $(numfmt_bytes "$2") / 0x$(cat $MEMORY/block_size_bytes)))
	loop_until 60 blocks_are_present $_wanted
}

dimm_pull() { # name
	monitor device_del "$1"
	loop_until 60 dimm_is_gone "$1"
	loop_until 60 monitor object_del "mem-$1"
}

dimm_pull_quietly() { # name
	dimm_is_gone "$1" || dimm_pull "$1"
	monitor object_del "mem-$1" >/dev/null || :
}

dimm_is_gone() { # name
	! monitor info memory-devices | grep -q "\"$1\""
}

blocks_present() {
	find $MEMORY -maxdepth 1 -name 'memory[0-9]*' | wc -l
}

blocks_are_present() { # number
	[ "$(blocks_present)" -ge "$1" ]
}

numfmt_bytes() { # size in M
	echo $((${1%M} << 20))
}

device_is() { # number state
	[ "$(device "$1" state)" = "$2" ]
}

# Emulated CXL devices ---------------------------------------------------------------

# The names of a device's links.
device_links() { # number
	find "$CXL/devices/cxl$1/" -mindepth 1 -maxdepth 1 -type l | sed 's/.*\///' | sort | tr '\n' ' '
}
