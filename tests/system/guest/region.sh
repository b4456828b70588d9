# shellcheck shell=bash
# Run by lab-region.service. Devices are found by udev, in its own time.
set -eu

deadline=$((SECONDS + 300))
until [ -e /sys/bus/cxl/devices/mem0 ] && [ -e /sys/bus/cxl/devices/mem1 ] &&
	[ -e /sys/bus/cxl/devices/decoder0.0 ]; do
	[ $SECONDS -lt $deadline ] || exit 1
	sleep 1
done
cxl create-region --decoder=decoder0.0 --type=ram --memdevs mem0 mem1
