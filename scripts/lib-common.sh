# shellcheck shell=bash
# What every host script shares: where things are, how to speak, how to stop,
# and how a step remembers that it is done.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=$TOP/build
# Downloads outlive the work tree where there is a home to keep them in.
CACHE=${CXLTIER_CACHE:-${HOME:+$HOME/.cache/cxltier}}
CACHE=${CACHE:-$BUILD/cache}
# Who speaks; a script may set it to its own name.
SPEAKER=${SPEAKER:-$(basename "$0")}

say() {
	printf '%s: %s\n' "$SPEAKER" "$*"
}

die() {
	say "$*" >&2
	exit 1
}

have() {
	command -v "$1" >/dev/null 2>&1
}

# A step is done when its folder carries a stamp that names exactly what is
# wanted now; a changed package list makes it run again.
stamp_matches() { # folder wanted
	[ -f "$1/.stamp" ] && [ "$(cat "$1/.stamp")" = "$2" ]
}

# Puts a freshly made folder in place of the old one, so that an interrupted
# step never leaves half of one behind.
publish_folder() { # new-folder folder stamp
	printf '%s' "$3" >"$1/.stamp"
	rm -rf "$2"
	mv "$1" "$2"
}
