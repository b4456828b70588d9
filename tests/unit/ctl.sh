# shellcheck shell=bash
# cxltier over a kernel that never changes (fake/kernel.c), with ASan and UBSan.
set -euo pipefail

TOP=$(cd "$(dirname "$0")/../.." && pwd)
CTL=$TOP/build/userspace/fake/cxltier
SCHEMA=$TOP/userspace/json/cxltier.schema.json
DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT
make -s -C "$TOP/userspace" "$CTL"

fail() { # text...
	echo "FAIL: $*"
	exit 1
}

judge_json() { # command; from the standard input
	python3 "$TOP/tests/unit/judge_json.py" "$SCHEMA" "$1"
}
