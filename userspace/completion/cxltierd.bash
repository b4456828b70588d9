# shellcheck shell=bash
# Completion of cxltierd for bash: a file, or an option.
_cxltierd() {
	local cur=${COMP_WORDS[COMP_CWORD]}

	case $cur in
	-*) mapfile -t COMPREPLY < <(compgen -W '--check --help --usage --version' -- "$cur") ;;
	*) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
	esac
}

complete -o filenames -F _cxltierd cxltierd
