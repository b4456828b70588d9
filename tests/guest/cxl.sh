# shellcheck shell=sh
# For suites with CXL=1, after functions.sh: makes regions of CXL memory.

CXL_DEVICES=/sys/bus/cxl/devices
CXL_REGION_DRIVER=/sys/bus/cxl/drivers/cxl_region
CXL_KMEM=/sys/bus/dax/drivers/kmem

# Makes a region of all of some memdevs' memory, interleaved over them, and
# brings it up; the kernel then puts a dax device on it, whose memory comes
# online as a NUMA node without CPUs. Prints the region's name.
cxl_region_create() { # memdevs..., such as mem0
	_root=$CXL_DEVICES/decoder0.0
	_region=$(cat "$_root/create_ram_region")
	echo "$_region" >"$_root/create_ram_region"
	_dir=$CXL_DEVICES/$_region
	_size=$(($(cat "$CXL_DEVICES/$1/ram/size")))
	echo $# >"$_dir/interleave_ways"
	echo 256 >"$_dir/interleave_granularity"
	echo $((_size * $#)) >"$_dir/size"
	_target=0
	for _memdev; do
		_endpoint=$(cxl_endpoint_of "$_memdev")
		echo ram >"$_endpoint/mode"
		echo "$_size" >"$_endpoint/dpa_size"
		echo "${_endpoint##*/}" >"$_dir/target$_target"
		_target=$((_target + 1))
	done
	echo 1 >"$_dir/commit"
	echo "$_region" >$CXL_REGION_DRIVER/bind
	echo "$_region"
}

# Takes a region apart, by the kernel's own steps. Its memory must be offline: the
# kernel can't let go of what is in use.
cxl_region_destroy() { # region memdevs...
	_region=$1
	shift
	_dax=$(cxl_dax_of "$_region")
	[ ! -e "$CXL_KMEM/$_dax" ] || echo "$_dax" >"$CXL_KMEM/unbind"
	echo "$_region" >$CXL_REGION_DRIVER/unbind
	echo 0 >"$CXL_DEVICES/$_region/commit"
	echo "$_region" >$CXL_DEVICES/decoder0.0/delete_region
	for _memdev; do
		echo 0 >"$(cxl_endpoint_of "$_memdev")/dpa_size"
	done
}

# The dax device of a region.
cxl_dax_of() { # region
	for _dax in "$CXL_DEVICES/$1"/dax_region*/dax*; do
		[ ! -e "$_dax/target_node" ] || basename "$_dax"
	done
}

# The first endpoint decoder of a memdev.
cxl_endpoint_of() { # memdev
	for _port in "$CXL_DEVICES"/endpoint*; do
		if [ "$(basename "$(readlink -f "$_port/uport")")" = "$1" ]; then
			echo "$CXL_DEVICES/decoder${_port##*endpoint}.0"
			return
		fi
	done
	fail "no endpoint of $1 in $CXL_DEVICES"
}

# Makes an emulated device say that 64 bytes of it have failed. QEMU (10.0) goes on
# to return them: without hardware there is no machine check.
cxl_inject_poison() { # memdev address-on-device
	monitor "{\"execute\":\"cxl-inject-poison\",\"arguments\":{\"path\":\"$(cxl_qemu_path "$1")\",\"start\":$(($2)),\"length\":64}}"
}

# Serial numbers are those of the ports, from 1 on (tests/lib/guest.sh).
cxl_qemu_path() { # memdev
	echo "/machine/peripheral/cxl-vmem$(($(cat "$CXL_DEVICES/$1/serial") - 1))"
}

# Asks the kernel to read a device's list of failed addresses; prints what it traces.
cxl_poison_list() { # memdev
	echo 1 >/sys/kernel/tracing/events/cxl/cxl_poison/enable
	echo >/sys/kernel/tracing/trace
	echo 1 >"$CXL_DEVICES/$1/trigger_poison_list"
	echo 0 >/sys/kernel/tracing/events/cxl/cxl_poison/enable
	grep 'cxl_poison:' /sys/kernel/tracing/trace || :
}

# Whether a NUMA node has memory and no CPU.
node_is_far() { # node
	grep -q '^$' "/sys/devices/system/node/node$1/cpulist" &&
		[ "$(awk '$3 == "MemTotal:" { print $4 }' "/sys/devices/system/node/node$1/meminfo")" -gt 0 ]
}
