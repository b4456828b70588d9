# What people type; Kbuild is for the kernel's build system alone, because DKMS
# sets variables that a shared file would trip over.

KDIR ?= /lib/modules/$(shell uname -r)/build
SUITE ?=
TEST_PROGRAMS := $(patsubst tests/guest/%.c,build/tests/%,$(wildcard tests/guest/*.c))

.PHONY: all modules test-programs check check-debug demo bench install uninstall lint clean help
all: modules

# Each kernel's build is apart from the others', under build/modules/<release>.
modules:
	@scripts/build-modules "$(KDIR)" $(if $(STRICT),strict)

# Static: a guest has no libraries but those that its programs need.
test-programs: $(TEST_PROGRAMS)

build/tests/%: tests/guest/%.c
	@mkdir -p $(@D)
	$(CC) -static -O2 -s -Wall -Wextra -Werror -pthread -o $@ $<

# Gets all that is missing, then builds for the guest's kernel and tests there.
check:
	@scripts/setup $(if $(KERNEL),host qemu guest,all)
	@tests/run $(SUITE)

# On a kernel that looks for mistakes: locks, sleeps, memory, leaks (docs/lab.md).
check-debug:
	@scripts/setup all
	@scripts/debug-kernel --path $(if $(KCSAN),kcsan) >/dev/null || scripts/setup kernel-tools
	@scripts/debug-kernel $(if $(KCSAN),kcsan)
	@scripts/check-debug $(if $(KCSAN),--kcsan) $(SUITE)

demo:
	@scripts/demo

bench:
	@scripts/bench

install:
	@scripts/dkms-install

uninstall:
	@scripts/dkms-install --uninstall

lint:
	@scripts/lint

clean:
	rm -rf build

help:
	@echo 'make              modules for the running kernel; KDIR= for another'
	@echo 'make check        all tests, in guests; SUITE=name[/test] for some of them'
	@echo '                  KERNEL= KDIR= MODULES= for another kernel (docs/lab.md)'
	@echo 'make check-debug  the same on a kernel with KASAN, lockdep, kmemleak and more;'
	@echo '                  KCSAN=1 for one that looks for data races instead'
	@echo 'make demo         a Redis three times its memory limit, swapping to CXL'
	@echo 'make bench        instructions per page beside zram, zswap and brd'
	@echo 'make install      with DKMS, for the running kernel; make uninstall undoes it'
	@echo 'make lint         static checks of scripts and code'
	@echo 'make clean        removes build/; downloads are kept elsewhere'
