# shellcheck shell=bash
# A copy of the sources to put faults into, with a build folder of its own that
# borrows what scripts/setup fetched.
set -euo pipefail

SPEAKER=lint
# shellcheck source=scripts/lib-common.sh
. "$(dirname "$0")/../../scripts/lib-common.sh"

copy_begin() {
	mkdir -p "$BUILD"
	COPY=$(mktemp -d "$BUILD/lint-test.XXXXXX")
	trap 'rm -rf "$COPY"' EXIT
	mkdir "$COPY/build" "$COPY/tests"
	ln -s "$BUILD/kernel" "$BUILD/lint" "$COPY/build"
	cp -r "$TOP/Kbuild" "$TOP/modules" "$TOP/scripts" "$TOP/include" "$TOP/netlink" \
		"$TOP/userspace" "$COPY"
	cp -r "$TOP/tests/guest" "$TOP/tests/kmod" "$COPY/tests"
}

# Runs a script of the copy, which must fail and say all of these.
finds_in_copy() { # script texts...
	local script=$1 text

	shift
	if "$COPY/scripts/$script" >"$COPY/said" 2>&1; then
		cat "$COPY/said"
		fail "$script found nothing wrong"
	fi
	cat "$COPY/said"
	for text; do
		grep -qF "$text" "$COPY/said" || fail "$script did not say: $text"
	done
}

fail() { # text...
	echo "FAIL: $*"
	exit 1
}

skip() { # reason
	echo "$*"
	exit 4
}
