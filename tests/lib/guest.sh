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
#   monitor COMMAND       asks QEMU's monitor (HMP, or QMP if it begins with "{"); the guest is answered "ok TEXT"
#                         or "error TEXT", one line, on the same port
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
	MEM=512M FAR_MEM='' CPUS=2 DISKS='' CXL='' ICOUNT='' KMODS='' NEEDS='' FILES=''
	FAR_DISTANCE='' SOFT_RESERVED='' DIMMS='' HMAT='' PROFILE=''
	APPEND='' TIMEOUT=900 PANIC_ON_WARN=1 LONG='' ON_REQUEST='' DAEMON='' THREADS=''
	CXL_SIZE=256M CXL_WINDOW=4G
}

# Named topologies: a guest.conf begins with "preset NAME", and may say more.
#   far1 far2 far4   that many far nodes; farther from one to the next
#   soft2            two far nodes that firmware sets aside, as it does with CXL
#                    memory: soft-reserved ranges, dax devices, kmem; all movable
#   dimm             a far node, and slots for more of it at run time
#   cxl              two emulated CXL devices; regions are made by tests
# shellcheck disable=SC2034
preset() { # name
	case $1 in
	far1) FAR_MEM=256M ;;
	far2) FAR_MEM="256M 128M" FAR_DISTANCE="20 30" ;;
	far4) FAR_MEM="128M 128M 128M 128M" FAR_DISTANCE="17 20 28 40" HMAT=1 ;;
	soft2)
		FAR_MEM="256M 128M" FAR_DISTANCE="20 30" HMAT=1 SOFT_RESERVED=1
		KMODS="dax_hmem device_dax kmem" APPEND="memhp_default_state=online_movable"
		;;
	dimm) FAR_MEM=128M DIMMS=4 ;;
	cxl) CXL=1 KMODS="cxl_acpi cxl_pci cxl_mem cxl_port device_dax dax_cxl kmem" ;;
	*) die "no preset '$1'" ;;
	esac
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
	[ -z "$PROFILE" ] ||
		QEMU_ARGS+=(-plugin "file=$BUILD/qemu-plugin/profile.so,out=$LOGS/profile")
	guest_add_distances
	[ -z "$HMAT" ] || guest_add_hmat
}

# The root is no tmpfs: its pages would be swapped out, too, and stay stored.
# A busy host may keep an emulated CPU waiting, or its ticks, for longer than the
# kernel's usual 20 seconds (50 were seen at boot, with a load of 12).
# The kernel's image could be anywhere, on a small far node, too, and take half of it.
guest_command_line() {
	printf '%s ' console=ttyS0 loglevel=7 log_buf_len=4M printk.devkmsg=on \
		panic=-1 oops=panic "panic_on_warn=$PANIC_ON_WARN" \
		rcupdate.rcu_cpu_stall_timeout=100 watchdog_thresh=30 \
		mitigations=off nokaslr rootfstype=ramfs "$(guest_soft_reserved)" "$APPEND"
}

guest_add_machine() {
	local machine=q35 cpu=max

	# Caches can't be invalidated in a virtual machine, so without
	# -hypervisor the kernel refuses to commit a CXL region.
	[ -z "$CXL" ] || machine+=,cxl=on cpu+=,-hypervisor
	[ -z "$CXL$HMAT" ] || machine+=,hmat=on
	# Far memory begins at 4 GiB, out of the way of what firmware puts below.
	[ -z "$SOFT_RESERVED" ] || machine+=,max-ram-below-4g=$MEM
	# Each iteration of a string instruction counts as an instruction:
	# without these flags clearing a page counts 512 instead of 4096.
	[ -z "$ICOUNT" ] || cpu+=,-erms,-fsrm
	QEMU_ARGS+=(-machine "$machine" -cpu "$cpu")
	if [ -n "$ICOUNT" ]; then
		QEMU_ARGS+=(-accel "tcg,thread=single" -icount "shift=0,sleep=off")
	elif [ "$THREADS" = 1 ]; then
		QEMU_ARGS+=(-accel "tcg,thread=single")
	else
		QEMU_ARGS+=(-accel "tcg,thread=multi")
	fi
}

# Node 0 has the CPUs and MEM; each size in FAR_MEM is a node without CPUs.
guest_add_memory() {
	local node=1 size total

	total=$(bytes_of "$MEM")
	QEMU_ARGS+=(-object "memory-backend-ram,id=ram0,size=$MEM"
		-numa "node,nodeid=0,cpus=0-$((CPUS - 1)),memdev=ram0${HMAT:+,initiator=0}")
	for size in $FAR_MEM; do
		QEMU_ARGS+=(-object "memory-backend-ram,id=ram$node,size=$size"
			-numa "node,nodeid=$node,memdev=ram$node${HMAT:+,initiator=0}")
		total=$((total + $(bytes_of "$size")))
		node=$((node + 1))
	done
	QEMU_ARGS+=(-m "size=$((total >> 20))M$(guest_pluggable $((total >> 20)))")
}

bytes_of() { # size
	numfmt --from=iec "$1"
}

# What can be plugged in besides. Nothing where nothing can: the kernel maps it.
guest_pluggable() { # megabytes-at-boot
	local slots=${DIMMS:-${CXL:+8}}

	[ -z "$slots" ] || echo ",slots=$slots,maxmem=$(($1 + 8192))M"
}

# Between far nodes by way of node 0; without FAR_DISTANCE all are at 20.
guest_add_distances() {
	local distances=(10) from to

	# shellcheck disable=SC2206  # a list of numbers
	distances+=($FAR_DISTANCE)
	for ((from = 0; from < ${#distances[@]} - 1; from++)); do
		for ((to = from + 1; to < ${#distances[@]}; to++)); do
			QEMU_ARGS+=(-numa "dist,src=$from,dst=$to,val=$((distances[from] + distances[to] - 10))")
		done
	done
}

# Latency (ns) and bandwidth of each node as its distance says.
guest_add_hmat() {
	local node=0 distance

	for distance in 10 $FAR_DISTANCE; do
		QEMU_ARGS+=(-numa "hmat-lb,initiator=0,target=$node,hierarchy=memory,data-type=access-latency,latency=$((distance * 10))"
			-numa "hmat-lb,initiator=0,target=$node,hierarchy=memory,data-type=access-bandwidth,bandwidth=$((400 / distance))G")
		node=$((node + 1))
	done
}

# The e820 entries of far nodes, "usable" (1) until here. (On a machine with EFI,
# firmware's special-purpose attribute does the same.)
guest_soft_reserved() {
	local size total=0

	[ -n "$SOFT_RESERVED" ] || return 0
	for size in $FAR_MEM; do
		total=$((total + $(bytes_of "$size")))
	done
	echo "memmap=$((total >> 20))M%4G-1+0xefffffff"
}

guest_add_disks() { # folder
	local number=0 size

	for size in $DISKS; do
		truncate -s "$size" "$1/disk$number"
		QEMU_ARGS+=(-drive "if=none,id=disk$number,file=$1/disk$number,format=raw,cache=unsafe,discard=unmap,throttling.bps-total=${DISK_RATE:-0}"
			-device "virtio-blk-pci,drive=disk$number,serial=disk$number")
		number=$((number + 1))
	done
}

# One host bridge with two root ports and a volatile device of CXL_SIZE behind
# each: enough for two regions, or an interleaved one.
guest_add_cxl() {
	local port

	QEMU_ARGS+=(-device "pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1"
		-M "cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=$CXL_WINDOW")
	for port in 0 1; do
		QEMU_ARGS+=(-object "memory-backend-ram,id=cxl-mem$port,size=$CXL_SIZE"
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
	guest_open_channels "$dir"
	# Should this shell be killed, so is its guest.
	exec {GUEST_SAYS}< <(exec setpriv --pdeathsig KILL "$QEMU" "${QEMU_ARGS[@]}" \
		-chardev "file,id=console,path=$LOGS/$suite.console.log" -serial chardev:console \
		-chardev stdio,id=results,signal=off -serial chardev:results \
		-chardev "pipe,id=monitor,path=$dir/monitor" -mon chardev=monitor,mode=control \
		<&"$GUEST_HEARS" 2>"$LOGS/$suite.qemu.log")
	GUEST_PID=$!
	while :; do
		IFS=' ' read -r -t "$(guest_time_left "$deadline" "$limit")" word rest <&"$GUEST_SAYS" ||
			{ status=$?; break; }
		[ "$word" != start ] || limit=$((${rest##* } + PATIENCE * SLOWDOWN))
		[ "$word" != end ] || limit=$PATIENCE
		guest_heard "$suite" "$dir" "$word" "$rest"
	done
	guest_stop "$status"
	exec {GUEST_SAYS}<&- {GUEST_HEARS}<&- {MONITOR_HEARS}<&- {MONITOR_SAYS}<&-
}

# Ways to the guest (its second serial port: QEMU's stdin) and to QEMU's monitor
# and back. Opened for both directions, so that opening waits for nobody.
guest_open_channels() { # folder
	rm -f "$1/to-guest" "$1"/monitor.*
	mkfifo "$1/to-guest" "$1/monitor.in" "$1/monitor.out"
	exec {GUEST_HEARS}<>"$1/to-guest" {MONITOR_HEARS}<>"$1/monitor.in" {MONITOR_SAYS}<>"$1/monitor.out"
	echo '{"execute":"qmp_capabilities","id":"hello"}' >&"$MONITOR_HEARS"
}

# One line, for the guest: "ok" or "error", and what QEMU said.
guest_ask_monitor() { # command
	local command=${1//\\/\\\\} line said

	case $1 in
	'{'*) printf '%s\n' "$1" >&"$MONITOR_HEARS" ;;
	*) printf '{"execute":"human-monitor-command","arguments":{"command-line":"%s"}}\n' \
		"${command//\"/\\\"}" >&"$MONITOR_HEARS" ;;
	esac
	while IFS= read -r -t $((30 * SLOWDOWN)) line <&"$MONITOR_SAYS"; do
		case $line in
		*'"id": "hello"'*) ;;
		'{"return":'* | '{"error":'*)
			said=$(sed 's/^{"[a-z]*": *"\{0,1\}//; s/"\{0,1\}}[^}]*$//; s/\\r\\n\|\\n/ /g; s/ *$//' <<<"$line")
			case $line in
			'{"error":'* | *'"Error: '* | *'"unknown command'*) echo "error $said" ;;
			*) echo "ok $said" ;;
			esac
			return
			;;
		esac
	done
	echo "error the monitor gave no answer"
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
	monitor) guest_ask_monitor "$rest" >&"$GUEST_HEARS" ;;
	end) ENDED=1 ;;
	esac
}
