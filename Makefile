# What people type; Kbuild is for the kernel's build system alone, because DKMS
# sets variables that a shared file would trip over.

KDIR ?= /lib/modules/$(shell uname -r)/build
SUITE ?=
TEST_PROGRAMS := $(patsubst tests/guest/%.c,build/tests/%,$(wildcard tests/guest/*.c))
QEMU_PLUGINS := $(patsubst tests/qemu/%.c,build/qemu-plugin/%.so,$(wildcard tests/qemu/*.c))

.PHONY: all modules userspace test-programs check check-long check-debug debug-kernel soak demo bench install install-modules install-userspace uninstall lint clean help bench-profile bench-compare check-kselftest check-system deb
all: modules userspace

# libcxltier and cxltier, under build/userspace.
userspace:
	@$(MAKE) -s --no-print-directory -C userspace all

# Each kernel's build is apart from the others', under build/modules/<release>.
modules:
	@scripts/build-modules "$(KDIR)" $(if $(STRICT),strict)

# Static: a guest has no libraries but those that its programs need.
test-programs: $(TEST_PROGRAMS) $(QEMU_PLUGINS)
	@$(MAKE) -s --no-print-directory -C userspace static

build/tests/%: tests/guest/%.c $(wildcard tests/guest/*.h)
	@mkdir -p $(@D)
	$(CC) -static -O2 -s -Wall -Wextra -Werror -pthread -o $@ $<

build/qemu-plugin/%.so: tests/qemu/%.c tests/qemu/qemu-plugin.h
	@mkdir -p $(@D)
	$(CC) -shared -fPIC -O2 -s -Wall -Wextra -Werror -fvisibility=hidden -o $@ $<

# Gets all that is missing, then builds for the guest's kernel and tests there.
check:
	@scripts/setup $(if $(KERNEL),host qemu guest,all)
	@tests/run $(SUITE)

# The suites that take long.
check-long:
	@scripts/setup $(if $(KERNEL),host qemu guest,all) lint
	@scripts/source-tree
	@tests/run --long

# Built once, and kept.
debug-kernel:
	@scripts/setup all
	@scripts/debug-kernel --path $(if $(KCSAN),kcsan) >/dev/null || scripts/setup kernel-tools
	@scripts/debug-kernel $(if $(KCSAN),kcsan)

# On a kernel that looks for mistakes: locks, sleeps, memory, leaks (docs/lab.md).
check-debug: debug-kernel
	@scripts/check-debug $(if $(KCSAN),--kcsan) $(SUITE)

# An hour of attacks, chosen by a seed; by default on the debug kernel.
soak: $(if $(KERNEL)$(STOCK),,debug-kernel)
	@scripts/setup $(if $(KERNEL),host qemu guest,all)
	@scripts/soak

demo:
	@scripts/demo

# The kernel's own tests, with the modules and without (docs/lab.md).
check-kselftest:
	@scripts/setup all
	@scripts/kselftest
	@tests/run kselftest

# A Debian that is installed, booted, upgraded and cleaned again (docs/lab.md).
check-system:
	@scripts/setup all
	@tests/run system

bench:
	@scripts/bench

# What a change did to each figure; QUICK=1 for those of cxlswap alone.
bench-compare:
	@scripts/bench-compare "$(BASE)"

bench-profile:
	@scripts/setup all
	@scripts/bench-profile

# The modules with DKMS, and the program; each also by itself.
install: install-modules install-userspace

install-modules:
	@scripts/dkms-install

install-userspace:
	@$(MAKE) -s --no-print-directory -C userspace install

uninstall:
	@scripts/dkms-install --uninstall
	@$(MAKE) -s --no-print-directory -C userspace uninstall

# Debian packages, in build/deb/.
deb:
	@scripts/deb

lint:
	@scripts/lint

clean:
	rm -rf build

help:
	@echo 'make              modules for the running kernel, KDIR= for another; library and program;'
	@echo '                  make modules and make userspace for one of them'
	@echo 'make check        all tests but those that take long, in guests; SUITE=name[/test] for some of them'
	@echo '                  KERNEL= KDIR= MODULES= for another kernel (docs/lab.md)'
	@echo 'make check-long   those that take long: attacks, public programs, remote disks, rare changes'
	@echo '                  of files'
	@echo 'make check-debug  the same on a kernel with KASAN, lockdep, kmemleak and more;'
	@echo '                  KCSAN=1 for one that looks for data races instead'
	@echo 'make soak         an hour of attacks while swapping, on that kernel; DURATION= seconds,'
	@echo '                  SEED=, STOCK=1 for the kernel of make check'
	@echo 'make check-kselftest'
	@echo '                  tests of mm and cgroups from the kernel: with the modules as without'
	@echo 'make check-system a Debian 13 with the packages: installed, rebooted, upgraded, removed'
	@echo 'make demo         a Redis three times its memory limit, swapping to CXL'
	@echo 'make bench        instructions per page beside zram, zswap and brd'
	@echo 'make bench-compare BASE=revision   what a change did to each figure'
	@echo 'make bench-profile where the instructions go, by function'
	@echo 'make install      modules with DKMS for the running kernel, and the program; make uninstall'
	@echo '                  undoes it; make install-modules and make install-userspace for one of them'
	@echo 'make deb          Debian packages of modules, program and library'
	@echo 'make lint         static checks of scripts and code'
	@echo 'make clean        removes build/; downloads are kept elsewhere'
