# shellcheck shell=sh
# A process whose stored pages are damaged:  . /lab/suite/victim.sh
. /lab/hotplug.sh

victim_start() {
	rm -f "$STATE/go" "$STATE/victim"
	mkfifo "$STATE/go"
	cgroup_new victim
	cgroup_run victim poisoncheck 60 <"$STATE/go" >"$STATE/victim" 2>&1 &
	victim=$!
	exec 5>"$STATE/go"
	loop_until 60 grep -q '^out' "$STATE/victim"
}

# What became of its pages: good, lost and wrong.
victim_ends() {
	echo go >&5
	wait "$victim" || :
	exec 5>&-
	note "$(cat "$STATE/victim")"
	cat "$STATE/victim" "$META_STATS/pools"
}

victim_says() { # name
	sed -n "s/.*$1 \([0-9]*\).*/\1/p" "$STATE/victim"
}

flip() { # pages apart
	modprobe damage node=1 apart="$1"
	assert_ge "$(cat /sys/module/damage/parameters/damaged)" 20 "pages with a changed bit"
	rmmod damage
	cat "$META_STATS/pools"
}
