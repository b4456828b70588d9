# shellcheck shell=sh
# What test scripts in guests use:  . /lab/functions.sh
# A test exits 0 when it passed and anything else when it failed; skip() says
# why it could not run. What it prints is shown when it fails.
set -eu

STATE=/lab/state
CGROUP=/sys/fs/cgroup/test

fail() { # text...
	echo "FAIL: $*"
	exit 1
}

skip() { # reason...
	echo "$*" >"$STATE/skip"
	exit 4
}

# Shown even when the test passes: for figures, briefly.
note() { # text...
	echo "$*" >>"$STATE/notes"
}

assert_eq() { # got wanted why
	[ "$1" = "$2" ] || fail "$3: got '$1', wanted '$2'"
}

# Both must be whole numbers.
assert_ge() { # got least why
	[ "$1" -ge "$2" ] || fail "$3: got $1, expected at least $2"
}

assert_le() { # got most why
	[ "$1" -le "$2" ] || fail "$3: got $1, expected at most $2"
}

# The command must fail, and say something that matches.
assert_fails() { # regex command...
	_regex=$1
	shift
	if "$@" >"$STATE/said" 2>&1; then
		fail "succeeded but should not: $*"
	fi
	cat "$STATE/said"
	grep -qE -e "$_regex" "$STATE/said" || fail "'$*' failed, but not with '$_regex'"
}

# SCALE= (docs/lab.md) makes what could go on for ever go on for so many times as long.
scaled() { # number
	echo $(($1 * $(cat /lab/scale)))
}

# Tries a command until it succeeds; slow kernels (SLOWDOWN=) get longer.
loop_until() { # seconds command...
	_deadline=$(($(seconds_up) + $1 * $(cat /lab/slowdown)))
	shift
	until "$@" >"$STATE/said" 2>&1; do
		if [ "$(seconds_up)" -ge "$_deadline" ]; then
			cat "$STATE/said"
			fail "waited in vain for: $*"
		fi
		sleep 0.1
	done
}

seconds_up() {
	cut -d. -f1 /proc/uptime
}

# A kernel message that this test provokes: it must come, and is no fault.
expect_log() { # regex
	echo "$1" >>"$STATE/expected"
	allow_log "$1"
}

# A kernel message that may come and is no fault.
allow_log() { # regex
	echo "$1" >>"$STATE/log-ok"
}

# Sets a file in /proc or /sys until the test is over; the runner restores it,
# however the test ends.
set_param() { # file value
	save_param "$1"
	printf '%s\n' "$2" >"$1"
}

save_param() { # file
	echo "$1 $(cat "$1")" >>"$STATE/saved"
}

set_sysctl() { # name value
	set_param "/proc/sys/$(echo "$1" | tr . /)" "$2"
}

# Commands to run when the test ends, the latest first.
_at_exit=''
on_exit() { # command...
	_at_exit="$* ; $_at_exit"
	trap _run_at_exit EXIT
}

_run_at_exit() {
	_status=$?
	set +e
	eval "$_at_exit"
	exit "$_status"
}

# A memory cgroup of this test's own; removed with all in it when the test ends. Above its size, what is
# in it is paged out, and waits for that. With memory.max it would be killed if the disk is slow: pages on
# their way there still count, and reclaim gives up after some tries.
cgroup_new() { # name [size]
	mkdir -p "$CGROUP/$1"
	[ -z "${2:-}" ] || echo "$2" >"$CGROUP/$1/memory.high"
}

cgroup_run() { # name command...
	_cgroup=$CGROUP/$1
	shift
	sh -c 'echo 0 >"$0/cgroup.procs" && exec "$@"' "$_cgroup" "$@"
}

cgroup_read() { # name file
	cat "$CGROUP/$1/$2"
}

# One field of a file of "name value" lines, such as memory.stat or vmstat.
field() { # name file
	awk -v name="$1" '$1 == name || $1 == name ":" { print $2 }' "$2"
}

# Device files of the scratch disks that guest.conf asked for, from 0.
disk() { # number
	for _disk in /sys/block/vd*; do
		if [ "$(cat "$_disk/serial")" = "disk$1" ]; then
			echo "/dev/${_disk##*/}"
			return
		fi
	done
	fail "no scratch disk $1: see DISKS in guest.conf"
}

# Asks QEMU's monitor (tests/lib/guest.sh); prints what it says. Fails if that is
# an error.
monitor() { # command...
	exec 4<>/dev/ttyS1
	echo "monitor $*" >&4
	read -r _word _said <&4
	exec 4>&-
	[ -z "$_said" ] || echo "$_said"
	[ "$_word" = ok ]
}
