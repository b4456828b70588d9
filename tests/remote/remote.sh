# shellcheck shell=sh
# What these tests share:  . /lab/suite/remote.sh
. /lab/swap.sh

TARGET=/sys/kernel/config/nvmet
NQN=lab
SLOW=/dev/mapper/slow

loopback_up() {
	ifconfig lo 127.0.0.1 up
}

# The disk that the other machine has: disk 0, each I/O that much later.
slow_disk() { # milliseconds
	_sectors=$(cat "/sys/block/$(basename "$(disk 0)")/size")
	echo "0 $_sectors delay $(disk 0) 0 $1" >"$STATE/table"
	dmsetup create slow --noudevsync "$STATE/table"
	dmsetup mknodes slow
	on_exit 'dmsetup remove --noudevsync --retry slow'
}

# NVMe over TCP ------------------------------------------------------------------

nvme_target_make() { # disk
	grep -q ' /sys/kernel/config ' /proc/mounts ||
		mount -t configfs configfs /sys/kernel/config
	mkdir "$TARGET/subsystems/$NQN" "$TARGET/subsystems/$NQN/namespaces/1" "$TARGET/ports/1"
	echo 1 >"$TARGET/subsystems/$NQN/attr_allow_any_host"
	echo "$1" >"$TARGET/subsystems/$NQN/namespaces/1/device_path"
	echo 1 >"$TARGET/subsystems/$NQN/namespaces/1/enable"
	echo tcp >"$TARGET/ports/1/addr_trtype"
	echo ipv4 >"$TARGET/ports/1/addr_adrfam"
	echo 127.0.0.1 >"$TARGET/ports/1/addr_traddr"
	echo 4420 >"$TARGET/ports/1/addr_trsvcid"
	on_exit nvme_target_remove
	nvme_target_start
}

nvme_target_start() {
	ln -s "$TARGET/subsystems/$NQN" "$TARGET/ports/1/subsystems/$NQN"
}

# Its connections break, as when the machine dies.
nvme_target_kill() {
	rm -f "$TARGET/ports/1/subsystems/$NQN"
}

nvme_target_remove() {
	nvme_target_kill
	echo 0 >"$TARGET/subsystems/$NQN/namespaces/1/enable"
	rmdir "$TARGET/ports/1" "$TARGET/subsystems/$NQN/namespaces/1" "$TARGET/subsystems/$NQN"
}

nvme_connect() {
	echo "transport=tcp,traddr=127.0.0.1,trsvcid=4420,nqn=$NQN,reconnect_delay=1,keep_alive_tmo=5" \
		>/dev/nvme-fabrics
	on_exit nvme_disconnect
	loop_until 60 test -b /dev/nvme0n1
	AREA=/dev/nvme0n1
}

nvme_disconnect() {
	for _controller in /sys/class/nvme/nvme*; do
		[ ! -e "$_controller" ] || echo 1 >"$_controller/delete_controller"
	done
}

nvme_is() { # state
	[ "$(cat /sys/class/nvme/nvme0/state)" = "$1" ]
}

nvme_breaks() {
	nvme_target_kill
	loop_until 60 nvme_is connecting
}

nvme_recovers() {
	nvme_target_start
	loop_until 60 nvme_is live
}

# NBD ----------------------------------------------------------------------------

nbd_target_start() {
	nbd-server -C "$STATE/nbd.conf" -d >"$STATE/nbd.log" 2>&1 &
	NBD_SERVER=$!
	on_exit "kill $NBD_SERVER 2>/dev/null"
	loop_until 60 grep -q ' 0100007F:2A39 ' /proc/net/tcp
}

nbd_target_make() { # disk
	printf '[generic]\nlistenaddr = 127.0.0.1\n[lab]\nexportname = %s\n' "$1" >"$STATE/nbd.conf"
	nbd_target_start
}

nbd_connect() {
	nbd-client -N lab 127.0.0.1 /dev/nbd0 -swap -persist -timeout 0 >"$STATE/nbd-client.log" 2>&1
	on_exit 'nbd-client -d /dev/nbd0 >/dev/null'
	AREA=/dev/nbd0
}

# Both ---------------------------------------------------------------------------

# Loads the module, with a remote device below.
remote_begin() { # nvme|nbd disk parameters...
	MODE=$1
	_disk=$2
	shift 2
	loopback_up
	load devices=0 "$@"
	"${MODE}_target_make" "$_disk"
	"${MODE}_connect"
	swap_on "$AREA"
}

# The area's reads since boot, as the kernel sees them on this side.
reads_below() {
	awk '{ print $1 }' "/sys/block/${AREA##*/}/stat"
}
