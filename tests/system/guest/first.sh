# shellcheck shell=bash
# The first boot after apt install: one command makes swap, for ever, and one more caches files.

nothing_failed
wait_until systemctl is-active lab-region
! systemctl is-active cxltierd || fail "the daemon runs without a configuration"
wait_until far_memory
say "node 1: auto_online_blocks $(cat /sys/devices/system/memory/auto_online_blocks), $(sort /sys/devices/system/node/node1/memory*/state | uniq -c)"
cxltier swap add --size 1G --priority 7 --persist
is_swap /dev/cxlswap0 || fail "no swap: $(cat /proc/swaps)"
cxltier device list
swap_works
cxltier cache add /data --persist
cache_works

say "apt remove while it is in use"
! apt-get remove -y cxltier-dkms >/tmp/said 2>&1 || fail "the modules were removed while in use"
grep 'swapoff /dev/cxlswap0' /tmp/said || fail "it does not say what to do: $(cat /tmp/said)"
apt-get install -f -y >/tmp/said 2>&1 || fail "apt is left broken: $(cat /tmp/said)"
is_swap /dev/cxlswap0 || fail "swap has gone"
