# shellcheck shell=bash
# A whole machine for a test: a folder that becomes a disk, on which packages are installed here in
# a chroot, where a compiler runs at full speed, and which QEMU boots, with emulated CXL devices.
set -euo pipefail

SPEAKER=system
# shellcheck source=scripts/lib-common.sh
. "$(dirname "$0")/../../scripts/lib-common.sh"
# shellcheck source=tests/lib/guest.sh
. "$TOP/tests/lib/guest.sh"
# shellcheck source=tests/lib/console.sh
. "$TOP/tests/lib/console.sh"
SLOWDOWN=${SLOWDOWN:-1}
LOGS=$BUILD/log/system
HERE=$(dirname "$0")

fail() { # text...
	echo "FAIL: $*"
	exit 1
}

# Makes the system, which takes minutes the first time, and a copy of it with the newest packages.
machine_begin() {
	[ "$(id -u)" -eq 0 ] || {
		echo "chroots with all of a system's users need root"
		exit 4
	}
	"$TOP/scripts/setup-system"
	make -s -C "$TOP" deb test-programs
	mapfile -t RELEASES <"$BUILD/system/releases"
	mkdir -p "$LOGS"
	DIR=$(mktemp -d "$BUILD/system-test.XXXXXX")
	trap machine_end EXIT
	ROOT=$DIR/root
	cp -a "$BUILD/system/root" "$ROOT"
	cp "$BUILD"/deb/*.deb "$ROOT/srv/repo"
	rm "$ROOT"/srv/repo/*-dbgsym_*
	(cd "$ROOT/srv/repo" && dpkg-scanpackages --multiversion . >Packages 2>/dev/null)
	machine_add_lab
	machine_small_initramfs
}

machine_end() {
	[ -z "${MACHINE_PID:-}" ] || kill -KILL "$MACHINE_PID" 2>/dev/null || true
	rm -rf --one-file-system "$DIR"
}

# What the guest runs at each boot, and what stands for a firmware that sets up CXL memory.
machine_add_lab() {
	local lab=$ROOT/usr/local/lib/lab unit

	mkdir -p "$lab"
	cp "$HERE"/guest/*.sh "$BUILD/tests/pagecheck" "$lab"
	for unit in lab lab-region; do
		cp "$HERE/guest/$unit.service" "$ROOT/etc/systemd/system"
		ln -s "../$unit.service" "$ROOT/etc/systemd/system/multi-user.target.wants"
	done
	# cxl brings it, and it fails where there is no persistent memory
	ln -s /dev/null "$ROOT/etc/systemd/system/ndctl-monitor.service"
	echo cxl-machine >"$ROOT/etc/hostname"
	printf '%s\n' '/dev/vda / ext4 defaults 0 1' 'LABEL=data /data ext4 defaults 0 2' >"$ROOT/etc/fstab"
	: >"$ROOT/etc/machine-id"
	# else a disk that a busy host is slow to show ends the boot in emergency mode
	mkdir "$ROOT/etc/systemd/system.conf.d"
	printf '%s\n' '[Manager]' DefaultTimeoutStartSec=1h DefaultDeviceTimeoutSec=1h \
		>"$ROOT/etc/systemd/system.conf.d/lab.conf"
	machine_data "$ROOT/data"
}

# A second disk, with files that are more than their reader may hold, and what is right of them.
machine_data() { # mount-point
	mkdir "$1" "$DIR/files"
	head -c 24M /dev/urandom | split -b 6M - "$DIR/files/file"
	(cd "$DIR/files" && sha256sum file* >sums)
	truncate -s 64M "$DIR/data"
	mke2fs -q -t ext4 -L data -d "$DIR/files" "$DIR/data"
}

# With every driver there is, an emulated CPU would unpack for minutes.
machine_small_initramfs() {
	echo MODULES=list >"$ROOT/etc/initramfs-tools/conf.d/lab"
	printf '%s\n' virtio_pci virtio_blk ext4 >>"$ROOT/etc/initramfs-tools/modules"
	machine_run "update-initramfs -u -k ${RELEASES[0]}"
}

# Runs a command line inside, as on a machine: apt, dpkg and what they call must work there.
machine_run() { # command-line
	# shellcheck disable=SC2016  # for the inner shell
	unshare --mount --pid --fork sh -euc '
		mount -t proc proc "$1/proc"
		mount -t tmpfs tmpfs "$1/dev"
		mount -t tmpfs tmpfs "$1/run"
		for device in null zero full random urandom tty; do
			touch "$1/dev/$device"
			mount --bind "/dev/$device" "$1/dev/$device"
		done
		ln -s /proc/self/fd "$1/dev/fd"
		exec chroot "$1" env -i HOME=/root LC_ALL=C DEBIAN_FRONTEND=noninteractive \
			PATH=/usr/sbin:/usr/bin:/sbin:/bin bash -euc "$2"
	' sh "$ROOT" "$1"
}

# The folder becomes the disk, as it is now; what an earlier disk had is gone.
machine_disk() {
	rm -f "$DIR/disk"
	truncate -s 3G "$DIR/disk"
	mke2fs -q -t ext4 -d "$ROOT" "$DIR/disk"
}

# Takes a file from the disk of a machine that is off.
machine_take() { # path
	mkdir -p "$(dirname "$ROOT$1")"
	debugfs -R "dump \"$1\" \"$ROOT$1\"" "$DIR/disk" 2>/dev/null
	[ -s "$ROOT$1" ] || fail "no $1 on the disk"
}

# Drivers of what the emulated machine has besides: to load them took longer than all else.
UNNEEDED=ahci,pcspkr,lpc_ich,i2c_i801,kvm_amd,aesni_intel,ghash_clmulni_intel,polyval_clmulni
UNNEEDED+=,sha1_ssse3,sha256_ssse3,sha512_ssse3,crct10dif_pclmul,crc32_pclmul

# Boots a kernel of the disk's; guest/PART.sh runs there when all is up, then the machine restarts,
# which ends QEMU. The part must say that it got to its end.
machine_boot() { # release part seconds
	local result=$DIR/result console=$LOGS/$2.console.log

	echo "# $2: boots $1"
	guest_defaults
	# for guest_arguments
	# shellcheck disable=SC2034
	KERNEL=$ROOT/boot/vmlinuz-$1 MEM=1G CXL=1 CXL_SIZE=3G CXL_WINDOW=8G
	# shellcheck disable=SC2034
	APPEND="root=/dev/vda rootfstype=ext4 rw systemd.show_status=0 lab.part=$2"
	APPEND+=" modprobe.blacklist=$UNNEEDED"
	cp "$ROOT/boot/initrd.img-$1" "$DIR/initramfs"
	guest_arguments "$DIR"
	: >"$result"
	setpriv --pdeathsig KILL "$QEMU" "${QEMU_ARGS[@]}" \
		-drive "if=none,id=disk,file=$DIR/disk,format=raw,cache=unsafe" \
		-device virtio-blk-pci,drive=disk,bus=pcie.0 -device virtio-rng-pci,bus=pcie.0 \
		-drive "if=none,id=data,file=$DIR/data,format=raw,cache=unsafe" \
		-device virtio-blk-pci,drive=data,bus=pcie.0 \
		-serial "file:$console" -serial "file:$result" </dev/null 2>"$LOGS/$2.qemu.log" &
	MACHINE_PID=$!
	machine_wait $((SECONDS + $3 * SLOWDOWN))
	cat "$result"
	machine_judge "$result" "$console"
}

machine_wait() { # deadline
	while kill -0 "$MACHINE_PID" 2>/dev/null; do
		[ "$SECONDS" -lt "$1" ] || kill -KILL "$MACHINE_PID" 2>/dev/null || true
		sleep 1
	done
	wait "$MACHINE_PID" || true
	MACHINE_PID=''
}

machine_judge() { # result console
	tr -d '\r' <"$1" | grep -x 'end: fine' >/dev/null || {
		tail -n 60 "$2" | tr -d '\r'
		fail "the machine did not get to the end of its part; see $2"
	}
	! tr -d '\r' <"$2" | grep -aEf <(pattern_list "$TOP/tests/guest/log-bad") ||
		fail "the kernel's log has lines that it should not; see $2"
}
