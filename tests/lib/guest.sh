# shellcheck shell=bash
# Boots the guest of one suite and listens to it. Results arrive line by line
# over the guest's second serial port, which is QEMU's stdout; the console goes
# to a log file. The guest's words (tests/guest/run-tests says them):
#
#   ready                 the tests begin
#   start TEST SECONDS    TEST begins and takes SECONDS at most
#   | TEXT                diagnostics of the running test
#   log-ok REGEX          the running test declares such a kernel message
#   pass TEST | skip TEST REASON | fail TEST REASON
#   end                   all was run, and the guest will power off
#
# A guest that falls silent, or is gone before it said "end", has failed.

# How long a guest may boot, and how long it may be silent beyond the time that
# its test has. In guests that count instructions the clocks differ: there only
# the suite's timeout holds.
BOOT_TIME=120
PATIENCE=60

# shellcheck disable=SC2034  # most are for image.sh
guest_defaults() {
	MEM=512M FAR_MEM='' CPUS=2 DISKS='' CXL='' ICOUNT='' KMODS='' NEEDS=''
	APPEND='' TIMEOUT=900 PANIC_ON_WARN=1 ON_REQUEST=''
}

# A suite's guest.conf, then what the caller's environment overrides.
guest_configure() { # suite-folder
	local mem=${MEM:-} cpus=${CPUS:-} timeout=${TIMEOUT:-}

	guest_defaults
	# shellcheck source=/dev/null
	. "$1/guest.conf"
	MEM=${mem:-$MEM} CPUS=${cpus:-$CPUS} TIMEOUT=${timeout:-$TIMEOUT}
	MEM=$(($(bytes_of "$MEM") + $(bytes_of "${MEM_EXTRA:-0}")))
	[ -z "$ICOUNT" ] || CPUS=1
}

# QEMU's arguments, into the array QEMU_ARGS.
guest_arguments() { # folder
	QEMU_ARGS=(-nodefaults -no-user-config -display none -no-reboot
		-smp "$CPUS" -kernel "$KERNEL" -initrd "$1/initramfs"
		-append "$(guest_command_line)")
	guest_add_machine
	guest_add_memory
	guest_add_disks "$1"
	[ -z "$CXL" ] || guest_add_cxl
}

# A busy host may keep an emulated CPU waiting, or its ticks, for longer than the
# kernel's usual 20 seconds (50 were seen at boot, with a load of 12).
guest_command_line() {
	printf '%s ' console=ttyS0 loglevel=7 log_buf_len=4M printk.devkmsg=on \
		panic=-1 oops=panic "panic_on_warn=$PANIC_ON_WARN" \
		rcupdate.rcu_cpu_stall_timeout=100 watchdog_thresh=30 \
		mitigations=off "$APPEND"
}

guest_add_machine() {
	local machine=q35 cpu=max

	# Caches can't be invalidated in a virtual machine, so without
	# -hypervisor the kernel refuses to commit a CXL region.
	[ -z "$CXL" ] || machine+=,cxl=on,hmat=on cpu+=,-hypervisor
	# Each iteration of a string instruction counts as an instruction:
	# without these flags clearing a page counts 512 instead of 4096.
	[ -z "$ICOUNT" ] || cpu+=,-erms,-fsrm
	QEMU_ARGS+=(-machine "$machine" -cpu "$cpu")
	if [ -n "$ICOUNT" ]; then
		QEMU_ARGS+=(-accel "tcg,thread=single" -icount "shift=0,sleep=off")
	else
		QEMU_ARGS+=(-accel "tcg,thread=multi")
	fi
}

# Node 0 has the CPUs and MEM; each size in FAR_MEM is a node without CPUs.
guest_add_memory() {
	local node=1 size total

	total=$(bytes_of "$MEM")
	QEMU_ARGS+=(-object "memory-backend-ram,id=ram0,size=$MEM"
		-numa "node,nodeid=0,cpus=0-$((CPUS - 1)),memdev=ram0")
	for size in $FAR_MEM; do
		QEMU_ARGS+=(-object "memory-backend-ram,id=ram$node,size=$size"
			-numa "node,nodeid=$node,memdev=ram$node")
		total=$((total + $(bytes_of "$size")))
		node=$((node + 1))
	done
	QEMU_ARGS+=(-m "size=$((total >> 20))M${CXL:+,slots=8,maxmem=$(((total >> 20) + 8192))M}")
}

bytes_of() { # size
	numfmt --from=iec "$1"
}

guest_add_disks() { # folder
	local number=0 size

	for size in $DISKS; do
		truncate -s "$size" "$1/disk$number"
		QEMU_ARGS+=(-drive "if=none,id=disk$number,file=$1/disk$number,format=raw,cache=unsafe,discard=unmap"
			-device "virtio-blk-pci,drive=disk$number,serial=disk$number")
		number=$((number + 1))
	done
}

# One host bridge with two root ports and a volatile device of 256 MiB behind
# each: enough for two regions, or an interleaved one.
guest_add_cxl() {
	local port

	QEMU_ARGS+=(-device "pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1"
		-M "cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=4G")
	for port in 0 1; do
		QEMU_ARGS+=(-object "memory-backend-ram,id=cxl-mem$port,size=256M"
			-device "cxl-rp,port=$port,bus=cxl.1,id=rp$port,chassis=0,slot=$((port + 2))"
			-device "cxl-type3,bus=rp$port,volatile-memdev=cxl-mem$port,id=cxl-vmem$port,sn=$((port + 1))")
	done
}

# Runs the guest and turns what it says into results.
guest_run() { # suite folder
	local suite=$1 dir=$2 status=0 word rest
	local deadline=$((SECONDS + TIMEOUT * SLOWDOWN)) limit=$((BOOT_TIME * SLOWDOWN))

	CURRENT='' ENDED='' GUEST_TROUBLE=''
	: >"$dir/diagnostics"
	# Should this shell be killed, so is its guest.
	exec {GUEST_SAYS}< <(exec setpriv --pdeathsig KILL "$QEMU" "${QEMU_ARGS[@]}" \
		-chardev "file,id=console,path=$LOGS/$suite.console.log" -serial chardev:console \
		-chardev stdio,id=results,signal=off -serial chardev:results \
		</dev/null 2>"$LOGS/$suite.qemu.log")
	GUEST_PID=$!
	while :; do
		IFS=' ' read -r -t "$(guest_time_left "$deadline" "$limit")" word rest <&"$GUEST_SAYS" ||
			{ status=$?; break; }
		[ "$word" != start ] || limit=$((${rest##* } + PATIENCE * SLOWDOWN))
		[ "$word" != end ] || limit=$PATIENCE
		guest_heard "$suite" "$dir" "$word" "$rest"
	done
	guest_stop "$status"
	exec {GUEST_SAYS}<&-
}

# Never 0, which would ask "read" something else.
guest_time_left() { # deadline limit
	local left=$(($1 - SECONDS))

	[ -n "$ICOUNT" ] || left=$((left < $2 ? left : $2))
	echo $((left > 0 ? left : 1))
}

# Above 128, read's status says that it waited in vain: such a guest hangs.
guest_stop() { # status-of-read
	if [ "$1" -gt 128 ]; then
		GUEST_TROUBLE=${ENDED:+the guest did not power off}
		GUEST_TROUBLE=${GUEST_TROUBLE:-the guest hung}
		kill -KILL "$GUEST_PID" 2>/dev/null || true
	fi
	wait "$GUEST_PID" 2>/dev/null || true
}

guest_heard() { # suite folder word rest
	local suite=$1 dir=$2 word=$3 rest=$4 test reason

	case $word in
	start)
		CURRENT=${rest%% *}
		: >"$dir/diagnostics"
		;;
	'|') printf '%s\n' "$rest" >>"$dir/diagnostics" ;;
	log-ok) printf '%s\n' "$rest" >>"$dir/log-ok.$CURRENT" ;;
	pass | fail | skip)
		read -r test reason <<<"$rest"
		report_result "$word" "$suite/$test" "$reason" <"$dir/diagnostics"
		printf '%s %s\n' "$word" "$test" >>"$dir/done"
		CURRENT=''
		;;
	end) ENDED=1 ;;
	esac
}
