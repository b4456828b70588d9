# shellcheck shell=sh
# For tests of cxlmeta's hook engine with the module hooktest, which adds a line
# to /proc/cmdline and observes /proc/version.
. /lab/swap.sh

hooktest_load() { # [parameters...]
	modprobe hooktest "$@"
	on_exit 'rmmod hookrival hooktest cxlmeta 2>/dev/null'
}

hook_line() { # function
	grep "^hooktest $1 " "$META_STATS/hooks"
}
