# shellcheck shell=sh
# For suites with CXL=1, after functions.sh: makes regions of CXL memory.

CXL_DEVICES=/sys/bus/cxl/devices

# Makes a region of one memdev's whole memory and brings it up; the kernel then
# puts a dax device on it, whose memory comes online as a NUMA node without
# CPUs. Prints the region's name.
cxl_region_create() { # memdev, such as mem0
	_endpoint=$(cxl_endpoint_of "$1")
	_root=$CXL_DEVICES/decoder0.0
	_size=$(cat "$CXL_DEVICES/$1/ram/size")
	_region=$(cat "$_root/create_ram_region")
	echo "$_region" >"$_root/create_ram_region"
	_dir=$CXL_DEVICES/$_region
	echo 1 >"$_dir/interleave_ways"
	echo 256 >"$_dir/interleave_granularity"
	echo "$_size" >"$_dir/size"
	echo ram >"$_endpoint/mode"
	echo "$_size" >"$_endpoint/dpa_size"
	echo "${_endpoint##*/}" >"$_dir/target0"
	echo 1 >"$_dir/commit"
	echo "$_region" >/sys/bus/cxl/drivers/cxl_region/bind
	echo "$_region"
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

# Whether a NUMA node has memory and no CPU.
node_is_far() { # node
	grep -q '^$' "/sys/devices/system/node/node$1/cpulist" &&
		[ "$(awk '$3 == "MemTotal:" { print $4 }' "/sys/devices/system/node/node$1/meminfo")" -gt 0 ]
}
