# shellcheck shell=sh
# For tests of pages that move:  . /lab/hotplug.sh
. /lab/swap.sh

MEMORY=/sys/devices/system/memory

# Memory blocks of a node that can go offline.
blocks_of_node() { # node
	for _block in "/sys/devices/system/node/node$1"/memory[0-9]*; do
		[ "$(cat "$_block/valid_zones")" != Movable ] || basename "$_block"
	done
}

block_offline() { # block
	echo offline >"$MEMORY/$1/state"
}

block_online() { # block
	echo online_movable >"$MEMORY/$1/state"
}

# Back online when the test ends, whatever happens to it.
blocks_come_back() { # blocks...
	for _block; do
		on_exit "block_online $_block 2>/dev/null"
	done
}

pool_field() { # name
	awk -v name="$1" '$2 == "total" { for (i = 3; i < NF; i += 2) if ($i == name) print $(i + 1) }' \
		"$META_STATS/pools"
}

# Begins a drain and does not wait for it.
drain_start() { # node [options]
	cxltier node drain --no-wait "$@"
}

drain_field() { # node name
	awk -v node="node$1" -v name="$2" '$1 == node && / total / {
		for (i = 3; i < NF; i += 2) if ($i == name) print $(i + 1)
	}' "$META_STATS/drain"
}

drain_state() { # node
	awk -v node="node$1" '$1 == node { print $2; exit }' "$META_STATS/drain"
}

drain_is() { # node state
	[ "$(drain_state "$1")" = "$2" ]
}

# Most pages on node 1, some on node 2.
load_mostly_on_node1() { # parameters of cxlswap...
	modprobe cxlmeta groups='mostly=1:9,2:1'
	load group=mostly "$ROOMY" "$@"
}

# Processes that use, rewrite and page out their memory until busy_end.
busy_start() { # processes megabytes-each
	_busy=$1
	for _number in $(seq "$1"); do
		pages_start "busy$_number" --size "$2M" --seed "$_number" --kind half
		busy_loop "busy$_number" &
	done
	on_exit "touch $STATE/enough"
}

busy_loop() { # name
	while [ ! -e "$STATE/enough" ]; do
		pages "$1" churn=2 >/dev/null || touch "$STATE/broken" "$STATE/enough"
	done
	touch "$STATE/$1.ended"
}

# All that they had to say since: every byte was right, and is.
busy_end() {
	touch "$STATE/enough"
	for _number in $(seq "$_busy"); do
		loop_until 60 test -e "$STATE/busy$_number.ended"
		pages "busy$_number" verify >/dev/null
	done
	[ ! -e "$STATE/broken" ] || fail "wrong data"
	for _number in $(seq "$_busy"); do
		pages "busy$_number" exit || :
	done
}

assert_busy() {
	[ ! -e "$STATE/broken" ] || fail "wrong data"
}
