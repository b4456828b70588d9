# shellcheck shell=bash
# A system of its own for each test, made of hard links to build/dkms/, with the
# project's sources in /root/cxltier.
set -euo pipefail

SPEAKER=install
# shellcheck source=scripts/lib-common.sh
. "$(dirname "$0")/../../scripts/lib-common.sh"
RELEASE=$(cat "$KDIR/include/config/kernel.release")

fail() { # text...
	echo "FAIL: $*"
	exit 1
}

skip() { # reason
	echo "$*"
	exit 4
}

# DKMS can only be tried with the headers of a packaged kernel.
system_begin() {
	[ "$RELEASE" = "$(cat "$BUILD/kernel/release" 2>/dev/null)" ] ||
		skip "$RELEASE is not the kernel whose packaged headers are at hand"
	"$TOP/scripts/setup-dkms"
	DIR=$(mktemp -d "$BUILD/install.XXXXXX")
	trap 'rm -rf --one-file-system "$DIR"' EXIT
	SYSTEM=$DIR/system
	cp -al "$BUILD/dkms/root" "$SYSTEM"
	mkdir "$SYSTEM/root/cxltier"
	for part in Makefile Kbuild VERSION LICENSE dkms.conf modules scripts include userspace; do
		[ ! -e "$TOP/$part" ] || cp -r "$TOP/$part" "$SYSTEM/root/cxltier"
	done
}

# Runs a command line inside. The mounts are private and go with its last
# process; nothing of the machine but /dev/null and /proc can be seen there.
system_run() { # command-line
	local flags=(--mount --pid --fork)

	[ "$(id -u)" -eq 0 ] || flags+=(--map-root-user)
	# shellcheck disable=SC2016  # for the inner shell
	unshare "${flags[@]}" sh -euc '
		mount -t proc proc "$1/proc"
		touch "$1/dev/null"
		mount --bind /dev/null "$1/dev/null"
		ln -sfn /proc/self/fd "$1/dev/fd"
		exec chroot "$1" env -i HOME=/root LC_ALL=C \
			PATH=/usr/sbin:/usr/bin:/sbin:/bin bash -c "cd /root/cxltier && $2"
	' sh "$SYSTEM" "$1"
}

# All files of the system, but for what DKMS keeps beyond any one module: its
# own key for signing.
system_files() {
	system_find -print
}

system_find() { # find's expression...
	(cd "$SYSTEM" && find . -path ./proc -prune -o -path ./root/cxltier -prune -o \
		-path './var/lib/dkms/mok.*' -o -path ./dev -prune -o "$@") | LC_ALL=C sort
}
