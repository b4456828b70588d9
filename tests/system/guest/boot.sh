# shellcheck shell=bash
# Run by lab.service, when all else is up: this boot's part of the test, by the kernel's command
# line. What it prints is the result; whatever happens, the machine restarts.
set -eu

LAB=/usr/local/lib/lab
part=$(sed -n 's/.*lab\.part=\([a-z-]*\).*/\1/p' /proc/cmdline)
if bash -eu -c '. "$0/words.sh"; . "$0/$1.sh"' "$LAB" "$part"; then
	echo 'end: fine'
else
	systemctl --failed --no-legend || :
	journalctl -b -u cxltierd -u lab-region --no-pager -o cat | tail -n 60
fi
sync
systemctl reboot
