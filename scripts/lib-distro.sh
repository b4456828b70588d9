# shellcheck shell=bash
# shellcheck disable=SC2034  # the facts are for the scripts that read this
# Everything that differs between distributions, in one table.
#
# CXLTIER_SUITE= takes another suite's kernel, QEMU and guest programs than the
# host's own. bookworm is what CI runs; trixie's packages were unpacked and
# booted from a bookworm host; noble is untested.

distro_of_host() {
	(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-unknown}")
}

# Sets, for one suite:
#   SUITES          what the private sources list has
#   COMPONENTS      of each suite
#   KEYRING         that signs them
#   KERNEL_PATTERN  names of the stock kernel's packages; the newest is taken
#   KERNEL_EXTRA    further packages of a kernel, RELEASE standing for its name
#   KERNEL_SOURCE   package of the kernel's sources
#   QEMU_SUITE      where QEMU comes from
#   HOST_PACKAGES   what a host needs to build modules, library, program and guests
#   TEST_PACKAGES   what tests on the host need besides
#   KERNEL_TOOLS    what it needs to build that besides
#   SYSTEM_TOOLS    what it needs to make a disk with a whole system
#   LINT_PACKAGES   what it needs for make lint besides
#   DEB_PACKAGES    what it needs for make deb besides
distro_facts() { # suite
	local build_tools="gcc libc6-dev make cpio xz-utils zstd kmod"

	build_tools+=" pkg-config libnl-genl-3-dev libjson-c-dev libsystemd-dev"
	build_tools+=" libcmocka-dev"

	COMPONENTS=main
	KERNEL_EXTRA=
	KERNEL_SOURCE=linux-source-6.12
	TEST_PACKAGES="python3-jsonschema tmux valgrind"
	KERNEL_TOOLS="bc bison flex libelf-dev perl"
	SYSTEM_TOOLS="mmdebstrap e2fsprogs dpkg-dev"
	DEB_PACKAGES="debhelper dh-dkms dpkg-dev fakeroot lintian"
	LINT_PACKAGES="clang-tidy cppcheck perl shellcheck sparse"
	KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
	case $1 in
	bookworm)
		SUITES="bookworm bookworm-updates bookworm-security bookworm-backports"
		KERNEL_PATTERN='^linux-image-6\.12\.[0-9.]+\+deb12[0-9.]*-amd64$'
		QEMU_SUITE=bookworm-backports
		HOST_PACKAGES="$build_tools pahole libelf1"
		;;
	trixie)
		SUITES="trixie trixie-updates trixie-security"
		KERNEL_PATTERN='^linux-image-6\.12\.[0-9.]+\+deb13[0-9.]*-amd64$'
		QEMU_SUITE=trixie
		HOST_PACKAGES="$build_tools pahole libelf1t64"
		;;
	noble)
		SUITES="noble noble-updates noble-security"
		COMPONENTS="main universe"
		KEYRING=/usr/share/keyrings/ubuntu-archive-keyring.gpg
		KERNEL_PATTERN='^linux-image-6\.8\.0-[0-9]+-generic$'
		KERNEL_SOURCE=linux-source-6.8.0
		KERNEL_EXTRA="linux-modules-RELEASE linux-modules-extra-RELEASE"
		QEMU_SUITE=noble-updates
		HOST_PACKAGES="$build_tools pahole libelf1t64"
		;;
	*)
		return 1
		;;
	esac
}
