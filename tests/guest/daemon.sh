# shellcheck shell=sh
# For tests of cxltierd:  . /lab/daemon.sh
. /lab/control.sh
. /lab/devices.sh

CONF=/etc/cxltier/cxltier.conf
METRICS=/run/cxltier/metrics
DAEMON_LOG=$STATE/cxltierd.log

# The configuration is what comes from the standard input; nobody sees half of it.
conf_write() {
	mkdir -p /etc/cxltier
	cat >"$CONF.new"
	mv "$CONF.new" "$CONF"
}

# From nothing to nothing, however the test ends.
daemon_begin() {
	rm -rf /run/cxltier
	on_exit 'rm -rf /etc/cxltier /run/cxltier'
	on_exit unload_quietly
	on_exit 'grep -o "^/dev/cxlswap[0-9]*" /proc/swaps | xargs -r swapoff'
	on_exit daemon_stop_quietly
	daemonprobe notify "$STATE/notify" >>"$STATE/notified" &
	on_exit "kill $!"
	loop_until 60 test -S "$STATE/notify"
	: >"$DAEMON_LOG"
	on_exit 'cat $DAEMON_LOG $STATE/notified'
}

# With the rights that its unit gives it; does not wait.
daemon_launch() { # arguments...
	: >"$STATE/notified"
	NOTIFY_SOCKET=$STATE/notify WATCHDOG_USEC=3000000 setpriv --no-new-privs --inh-caps=-all \
		--bounding-set=-all,+sys_admin,+net_admin,+sys_module,+dac_read_search \
		cxltierd "$@" 2>>"$DAEMON_LOG" &
	DAEMON=$!
}

# All that could be done is done when this returns.
daemon_start() { # arguments...
	daemon_launch "$@"
	loop_until 60 was_told READY=1
}

was_told() { # line
	grep -qxF -e "$1" "$STATE/notified"
}

daemon_stop() {
	kill -TERM "$DAEMON"
	_code=0
	wait "$DAEMON" || _code=$?
	assert_eq "$_code" 0 "exit code of cxltierd"
}

daemon_kill() {
	kill -KILL "$DAEMON"
	wait "$DAEMON" 2>/dev/null || :
}

daemon_stop_quietly() {
	[ -z "${DAEMON:-}" ] || kill -KILL "$DAEMON" 2>/dev/null || :
}

daemon_reload() {
	kill -HUP "$DAEMON"
}

daemon_said() { # regex
	grep -qE -e "$1" "$DAEMON_LOG"
}

# Fails, too, while it does not answer.
metric() { # name-with-labels
	metrics >"$STATE/metrics" && awk -v name="$1" '$1 == name { print $2; found = 1 }
		END { exit !found }' "$STATE/metrics"
}

metric_is() { # name-with-labels value
	[ "$(metric "$1")" = "$2" ]
}

metrics() {
	http_ask "$METRICS" 'GET /metrics HTTP/1.1' >"$STATE/answer"
	head -n 1 "$STATE/answer" | grep -q '^HTTP/1.1 200 OK' &&
		sed '1,/^\r*$/d' "$STATE/answer"
}

http_ask() { # address first-line
	printf '%s\r\nHost: localhost\r\n\r\n' "$2" | daemonprobe ask "$1"
}

is_swap() { # device
	grep -q "^$1 " /proc/swaps
}

nr_swap() {
	grep -c '^/dev/cxlswap' /proc/swaps || :
}

# All that the file asks for, and that only changes if somebody does something.
settings_now() {
	state_now
	awk '{ print $1, $3, $5 }' /proc/swaps
}

percent_is() { # number
	[ "$(cat "$SWAP_PARAMS/max_pool_percent")" = "$1" ]
}

# As if the machine had just booted, but for the memory.
swap_gone() {
	grep -o '^/dev/cxlswap[0-9]*' /proc/swaps | xargs -r swapoff
	unload
}

blocks_are() { # device state
	for _block in $(blocks_of "$1"); do
		[ "$(cat "$_block/state")" = "$2" ] || return
	done
}

blocks_of_module_are_movable() { # device
	for _block in $(blocks_of "$1"); do
		assert_eq "$(cat "$_block/valid_zones")" Movable "zone of ${_block##*/}"
	done
}
