# shellcheck shell=bash
# What the parts share.

say() { # text...
	echo "$(cut -d. -f1 /proc/uptime)s: $*"
}

fail() { # text...
	echo "FAIL: $*"
	exit 1
}

# For as long as it takes: the host ends a machine that takes too long.
wait_until() { # command...
	say "waits for: $*"
	until "$@" >/dev/null 2>&1; do
		sleep 1
	done
}

far_memory() {
	grep -q 'MemTotal: *[1-9]' /sys/devices/system/node/node1/meminfo
}

is_swap() { # device
	grep -q "^$1 " /proc/swaps
}

stored() { # least
	[ "$(cxltier status --json | tr ',' '\n' | sed -n 's/.*"stored_pages": *\([0-9]*\).*/\1/p')" -ge "$1" ]
}

# Three times as much as the limit has room for; a byte that is wrong fails it. While it runs, pages
# are seen where an operator looks.
swap_works() {
	local pid

	systemd-run --quiet --collect --wait -p MemoryMax=16M -p MemorySwapMax=infinity \
		/usr/local/lib/lab/pagecheck --size 24M --nothp --kind random pageout verify pageout verify &
	pid=$!
	wait_until stored 3000
	cxltier status
	wait $pid || fail "memory that was swapped is not what it was"
}

cache_state() {
	cxltier cache list --json | tr -d ' \n\t' |
		sed -n 's|.*"mount":"/data"[^}]*"state":"\([a-z]*\)".*|\1|p'
}

is_cached() {
	[ "$(cache_state)" = on ] || [ "$(cache_state)" = waiting ]
}

# File pages found in CXL memory since the module was loaded.
found() {
	cxltier status --json | tr ',' '\n' | sed -n 's/.*"succ_gets": *\([0-9]*\).*/\1/p'
}

read_files() {
	systemd-run --quiet --collect --wait -p MemoryMax=16M -p WorkingDirectory=/data \
		sha256sum --quiet --check sums
}

# Half again as much as the reader may hold. Pages are taken when they come back, and found then.
cache_works() {
	local before

	before=$(found)
	say "reads files until 1000 pages are found"
	while [ "$(found)" -lt $((before + 1000)) ]; do
		read_files || fail "files are not what they were"
	done
	cxltier status
}

# Services that failed to start would be somebody's fault.
nothing_failed() {
	local failed

	failed=$(systemctl --failed --no-legend --plain)
	[ -z "$failed" ] || fail "units have failed: $failed"
}

all_is_there() {
	[ "$(systemctl show -P StatusText cxltierd)" = "All that /etc/cxltier/cxltier.conf asks for is there." ]
}

# What the daemon is there for: nobody did anything since this boot.
is_configured() {
	wait_until is_swap /dev/cxlswap0
	wait_until systemctl is-active cxltierd
	grep -qE '^/dev/cxlswap0 .* 7$' <(tr '\t' ' ' </proc/swaps) || fail "priority: $(cat /proc/swaps)"
	wait_until all_is_there
	is_cached || fail "cache: $(cxltier cache list)"
	# the region is made when the daemon runs already
	! journalctl -b -u cxltierd -p err --no-pager -o cat | grep -v '^there is no CXL memory yet' ||
		fail "the daemon complained"
}

# All that is installed or configured, which a removed package takes with it. Not what the first boot
# makes, and what systemd keeps for itself, but for which units packages enabled.
files_now() {
	(cd / && find boot etc srv usr var ! -type d) | LC_ALL=C sort |
		grep -vE '^var/(log|cache|tmp)/|^var/lib/(dpkg|apt|systemd/[^d])' |
		grep -vxE '(etc|var)/\.updated|var/lib/dbus/machine-id'
}
