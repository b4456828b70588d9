# shellcheck shell=sh
# For tests of netlink and of cxltier:  . /lab/control.sh
. /lab/hotplug.sh

# Both modules, without a device.
control_load() { # parameters of cxlswap...
	load devices=0 "$ROOMY" "$@"
}

# The answer to a message made by hand must match.
assert_answer() { # regex nlprobe-arguments...
	_regex=$1
	shift
	nlprobe "$@" >"$STATE/answer" 2>&1 || :
	grep -qE -e "$_regex" "$STATE/answer" ||
		fail "nlprobe $*: got '$(cat "$STATE/answer")', wanted '$_regex'"
}

# Runs a command as somebody who may do nothing.
as_nobody() { # command...
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

# Where a full pool takes pages again, where it writes some back, and how fast.
writeback_now() {
	cat "$SWAP_PARAMS/accept_threshold_percent" "$SWAP_PARAMS/writeback_threshold_percent" \
		"$SWAP_PARAMS/writeback_mb_per_second" | xargs
}

# All that netlink could have changed.
state_now() {
	cat "$META_STATS/groups" "$SWAP_PARAMS/group" "$SWAP_PARAMS/max_pool_percent"
	writeback_now
	grep -E '^node[0-9]+ (open|drain|failed)' "$META_STATS/drain" || :
	find /sys/block -name 'cxlswap*'
}

assert_code() { # wanted command...
	_wanted=$1
	shift
	_code=0
	"$@" >"$STATE/said" 2>&1 || _code=$?
	[ "$_code" = "$_wanted" ] || {
		cat "$STATE/said"
		fail "'$*' ended with $_code, wanted $_wanted"
	}
}

# Events go to $STATE/events; it listens when this returns.
monitor_start() { # options of cxltier monitor...
	cxltier monitor "$@" >"$STATE/events" 2>"$STATE/events.err" &
	MONITOR=$!
	on_exit "kill $MONITOR 2>/dev/null; cat $STATE/events $STATE/events.err"
	# the first is lost if it comes before the monitor listens: groups come until one is seen
	loop_until 60 monitor_is_there
}

monitor_is_there() {
	cxltier group add probe 1 && cxltier group remove probe
	grep -q probe "$STATE/events"
}

saw() { # regex
	grep -qE -e "$1" "$STATE/events"
}

# The doctor must find this, and end accordingly.
assert_finds() { # exit-code id
	_code=0
	cxltier doctor >"$STATE/doctor" 2>&1 || _code=$?
	cat "$STATE/doctor"
	grep -q "\[$2\]" "$STATE/doctor" || fail "the doctor did not find $2"
	assert_eq "$_code" "$1" "exit code with $2"
	sed -n "/\[$2\]/{n;p;}" "$STATE/doctor" | grep -q '^  -> .' || fail "no fix for $2"
}

assert_finds_not() { # id
	cxltier doctor >"$STATE/doctor" 2>&1 || :
	! grep "\[$1\]" "$STATE/doctor" || fail "the doctor found $1 where it is not"
}
