# shellcheck shell=bash
# The sources of the kernel that tests boot, for what is built from them.

# Without the distribution's part.
kernel_version() {
	[ -f "$BUILD/kernel/release" ] || die "no kernel to take the version from (scripts/setup kernel)"
	sed 's/[+-].*//' "$BUILD/kernel/release"
}

kernel_unpack_source() { # folder
	local deb found

	[ ! -f "$1/.unpacked" ] || return 0
	say "fetching $KERNEL_SOURCE"
	apt_begin
	deb=$(apt_fetch only "${SUITES%% *}" "$KERNEL_SOURCE")
	say "unpacking $(basename "$deb")"
	rm -rf "$1"
	mkdir -p "$1"
	dpkg-deb --fsys-tarfile "$deb" |
		tar -x -O --wildcards './usr/src/*linux-source-*.tar.*' |
		xz -dc | tar -x -C "$1" --strip-components=1
	found=$(make -s -C "$1" kernelversion)
	[ "$found" = "$KVERSION" ] || say "the newest sources are $found, the guest's kernel is $KVERSION"
	touch "$1/.unpacked"
}
