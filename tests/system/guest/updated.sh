# shellcheck shell=bash
# On the new kernel, with modules that were built when it was installed; then all goes.

is_configured
nothing_failed
swap_works
cache_works

cxltier swap remove /dev/cxlswap0 --persist
cxltier cache remove /data --persist
say "apt purge"
apt-get purge -y cxltier cxltier-dkms libcxltier0 >/tmp/said 2>&1 || fail "apt: $(cat /tmp/said)"
apt-get autoremove -y --purge >/tmp/said 2>&1 || fail "apt: $(cat /tmp/said)"
! grep ^cxl /proc/modules | grep -E '^cxl(meta|swap|cache) ' || fail "modules are still loaded"
[ -z "$(dkms status)" ] || fail "dkms still knows the modules: $(dkms status)"
nothing_failed
! systemctl status cxltierd 2>/dev/null | grep . || fail "systemd still knows the daemon"
[ ! -e /run/cxltier ] || fail "left in /run: $(ls /run/cxltier)"

# What a package that is still there brought, or what was made of the new kernel, may be new.
files_now | grep -vxFf /root/before | grep -vxFf <(cut -c2- /var/lib/dpkg/info/*.list) |
	grep -vE '^(boot/initrd\.img-|usr/lib/modules/[^/]*/modules\.)' >/tmp/left || :
[ ! -s /tmp/left ] || fail "left: $(cat /tmp/left)"
