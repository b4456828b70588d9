# shellcheck shell=bash
# Puts together what a suite's guest boots from: one initramfs with busybox,
# the programs and kernel modules that the suite asks for, the project's own
# modules, and the suite itself.

GUEST_ROOT=$BUILD/guest/root
# Programs of every guest: the real ones where busybox has lookalikes that
# take fewer options or report errors differently. Busybox's own shell would
# always run the lookalikes.
BASE_PROGRAMS="dash kmod mkswap swapon swapoff"

image_build() { # suite-folder folder
	local root=$2/root

	rm -rf "$2"
	mkdir -p "$root"
	image_add_base "$root"
	# shellcheck disable=SC2086  # lists of names
	image_add_programs "$root" $BASE_PROGRAMS $NEEDS
	# shellcheck disable=SC2086
	image_add_modules "$root" $KMODS
	[ -z "$DAEMON" ] || image_add_daemon "$root"
	image_add_lab "$root" "$1"
	(cd "$root" && find . | LC_ALL=C sort | cpio -o --quiet -H newc -R 0:0) >"$2/initramfs"
}

image_add_base() { # root
	local dir applet

	mkdir -p "$1"/{dev,proc,sys,run,tmp,root,etc,lab/state,usr/{bin,sbin,lib,lib64}}
	for dir in bin sbin lib lib64; do
		ln -s "usr/$dir" "$1/$dir"
	done
	cp "$GUEST_ROOT/bin/busybox" "$1/bin/busybox"
	for applet in $("$GUEST_ROOT/bin/busybox" --list); do
		[ -e "$1/bin/$applet" ] || ln -s busybox "$1/bin/$applet"
	done
	echo 'root:x:0:0:root:/root:/bin/sh' >"$1/etc/passwd"
	echo 'root:x:0:' >"$1/etc/group"
	ln -s /proc/mounts "$1/etc/mtab"
}

# A program with the libraries that it is linked against.
image_add_programs() { # root names...
	local root=$1 name path tool

	shift
	for name; do
		path=$(image_find_program "$name")
		rm -f "$root/usr/bin/$name"
		image_add_file "$root" "$path"
		image_add_libraries "$root" "$path"
	done
	for tool in modprobe insmod rmmod lsmod depmod modinfo; do
		rm -f "$root/usr/bin/$tool"
		ln -sf ../bin/kmod "$root/usr/sbin/$tool"
	done
	ln -sf dash "$root/usr/bin/sh"
}

image_find_program() { # name
	local dir

	for dir in usr/bin usr/sbin; do
		if [ -e "$GUEST_ROOT/$dir/$1" ]; then
			echo "$dir/$1"
			return
		fi
	done
	die "no program '$1' among the guest's packages (GUEST_PACKAGES in scripts/setup)"
}

image_add_file() { # root path
	mkdir -p "$1/$(dirname "$2")"
	cp -fL "$GUEST_ROOT/$2" "$1/$2"
}

image_add_libraries() { # root path
	local loader=usr/lib64/ld-linux-x86-64.so.2 library

	for library in $(image_list_libraries "$GUEST_ROOT/$2"); do
		[ -e "$1/$library" ] || image_add_file "$1" "$library"
	done
	[ -e "$1/$loader" ] || image_add_file "$1" "$loader"
}

# cxltierd, with the guest's libsystemd.
image_add_daemon() { # root
	local program=$BUILD/tests/daemon/cxltierd library

	cp "$program" "$1/usr/sbin"
	for library in $(image_list_libraries "$program"); do
		[ -e "$1/$library" ] || image_add_file "$1" "$library"
	done
	[ -e "$1/usr/lib/x86_64-linux-gnu/libsystemd.so.0" ] ||
		die "no libsystemd among the guest's packages (GUEST_PACKAGES in scripts/setup)"
}

# Scripts and static programs have none. Ceph, which fio is linked against, keeps
# one in a folder of its own; in the guest it is found there by itself.
image_list_libraries() { # path
	local folder=$GUEST_ROOT/usr/lib/x86_64-linux-gnu

	"$GUEST_ROOT/usr/lib64/ld-linux-x86-64.so.2" --list \
		--library-path "$folder:$folder/ceph" "$1" 2>/dev/null |
		sed -n "s#.*=> $GUEST_ROOT/\([^ ]*\) .*#\1#p"
}

# The distribution's modules with what they depend on, and all of the
# project's. Those that should be loaded at boot are listed for the guest; a
# module that the kernel doesn't have as a module is taken to be built in.
image_add_modules() { # root names...
	local root=$1 into=$1/usr/lib/modules/$RELEASE name

	shift
	mkdir -p "$into/updates"
	: >"$root/lab/kmods"
	for name; do
		image_add_module_depends "$into" "$name" || continue
		echo "$name" >>"$root/lab/kmods"
	done
	find "${OUR_KMODS:-$BUILD/modules/$RELEASE}" -name '*.ko' -exec cp -t "$into/updates" {} + 2>/dev/null || true
	for name in $(modules_needed_by_ours "$into/updates"); do
		image_add_module_depends "$into" "$name" || true
	done
	find "$into/updates" -name '*.ko' -printf '%f\n' | sed 's/\.ko$//; s/-/_/g' >"$root/lab/our-modules"
	# Not the distribution's, which are signed.
	find "$into/updates" -name '*.ko' -exec strip --strip-debug {} +
	cp "$MODULES/lib/modules/$RELEASE"/modules.builtin* "$into" 2>/dev/null || true
	touch "$into/modules.order"
	depmod -b "$root" "$RELEASE"
}

# Fails if the kernel has no such module.
image_add_module_depends() { # folder name
	local depends module

	depends=$(module_depends "$2") || return
	for module in $depends; do
		image_add_module "$1" "$module"
	done
}

modules_needed_by_ours() { # folder
	find "$1" -name '*.ko' -exec modinfo -F depends {} + | tr ',' '\n' | sort -u
}

module_depends() { # name
	[ -n "$MODULES" ] && modprobe -d "$MODULES" -S "$RELEASE" --show-depends "$1" 2>/dev/null |
		awk '$1 == "insmod" { print $2 }' | grep .
}

# Unpacked here, once, by a fast machine.
image_add_module() { # folder file
	local name

	name=$(basename "$2")
	case $name in
	*.xz) xz -dc "$2" >"$1/${name%.xz}" ;;
	*.zst) zstd -qdc "$2" >"$1/${name%.zst}" ;;
	*.gz) gzip -dc "$2" >"$1/${name%.gz}" ;;
	*) cp "$2" "$1/$name" ;;
	esac
}

image_add_lab() { # root suite-folder
	cp "$TOP/tests/guest/init" "$1/init"
	mkdir -p "$1/lab/bin" "$1/lab/suite"
	find "$TOP/tests/guest" -maxdepth 1 -type f ! -name '*.[ch]' -exec cp -t "$1/lab" {} +
	find "$BUILD/tests" -maxdepth 1 -type f -perm -u+x -exec cp -t "$1/lab/bin" {} + 2>/dev/null || true
	cp -r "$2/." "$1/lab/suite"
	[ -z "$FILES" ] || cp -r "$FILES" "$1/lab/files"
	printf '%s\n' "${TESTS_TO_RUN[@]}" >"$1/lab/tests"
	echo "$SLOWDOWN" >"$1/lab/slowdown"
	echo "$SCALE" >"$1/lab/scale"
}
