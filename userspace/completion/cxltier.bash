# shellcheck shell=bash
# Completion of cxltier for bash.
_cxltier() {
	local cur=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} second=${COMP_WORDS[2]} words=''

	case $COMP_CWORD:$verb in
	1:*) words='status device node group swap cache monitor top doctor apply reload --help --version' ;;
	2:device) words='list online offline' ;;
	2:node) words='list drain open' ;;
	2:group) words='list add set remove' ;;
	2:swap) words='list add remove limit cgroups drain flush' ;;
	2:cache) words='list add remove limit mode quota flush' ;;
	*)
		case $verb:$second in
		device:online | device:offline) words=$(command ls /sys/kernel/cxl/devices 2>/dev/null) ;;
		node:drain) words="$(_cxltier_nodes) --rate --no-wait" ;;
		node:open) words=$(_cxltier_nodes) ;;
		group:set | group:remove) words=$(_cxltier_groups) ;;
		swap:add) words='--size --priority --persist' ;;
		swap:remove) words="$(compgen -G '/dev/cxlswap*') --persist" ;;
		swap:drain) words=$(command sed -n '2,$s/[[:space:]].*//p' /proc/swaps) ;;
		swap:limit) words='--percent --group --accept --writeback --rate' ;;
		cache:add) words="$(_cxltier_mounts) --quota --persist" ;;
		cache:remove | cache:quota) words="$(_cxltier_mounts) --persist" ;;
		cache:flush) words=$(_cxltier_mounts) ;;
		cache:limit) words='--percent --group' ;;
		cache:mode) words='exclusive inclusive' ;;
		monitor:*) words='--count' ;;
		top:*) words='--count --interval' ;;
		apply:*) words='--check --file' ;;
		esac
		words+=' --json --help'
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

_cxltier_nodes() {
	cxltier node list 2>/dev/null | command awk '/^$/ { exit } NR > 1 { print $1 }'
}

# Where something is mounted that can be cached.
_cxltier_mounts() {
	command awk '$3 ~ /^(ext4|xfs|btrfs)$/ { print $2 }' /proc/mounts
}

_cxltier_groups() {
	cxltier group list 2>/dev/null | command awk 'NR > 1 && $NF == "-" { print $1 }'
}

complete -F _cxltier cxltier
