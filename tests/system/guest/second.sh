# shellcheck shell=bash
# A reboot later: all is there, and an upgrade leaves it alone until it is told to go.

is_configured
nothing_failed
swap_works
cache_works
mkdir /root/json
for command in status 'device list' 'node list' 'group list' 'swap list' 'swap limit' 'cache list' 'top --count 2' doctor; do
	# shellcheck disable=SC2086  # doctor ends with 1 when it has found something
	cxltier $command --json >"/root/json/${command%% --*}" || [ "$command" = doctor ]
done
cat /root/json/doctor
daemon=$(systemctl show -P MainPID cxltierd)
say "installs the program anew"
apt-get install -y --reinstall cxltier >/tmp/said 2>&1 || fail "apt: $(cat /tmp/said)"
is_swap /dev/cxlswap0 || fail "swap has gone"
wait_until systemctl is-active cxltierd
[ "$(systemctl show -P MainPID cxltierd)" != "$daemon" ] || fail "the old daemon runs"
swap_works

say "cxltier reload"
loads=$(dmesg | grep -cE 'cxl(swap|cache): loaded')
cxltier reload
[ "$(dmesg | grep -cE 'cxl(swap|cache): loaded')" = $((loads + 2)) ] || fail "the modules were not loaded anew"
is_configured
swap_works
cache_works
nothing_failed
