# shellcheck shell=bash
# Reads a guest's whole console log after it has ended, with the same patterns
# that the guest itself uses after each test.

pattern_list() { # file
	grep -v -e '^#' -e '^$' "$1" || true
}

# Lines that no healthy kernel prints, each with the test that was running
# ("-": none). Left out is what the running test declared, and what a test is
# reported as failed for already.
console_scan() { # suite folder
	local log=$LOGS/$1.console.log test line

	[ -s "$log" ] || { echo "the console log is empty"; return; }
	tr -d '\r' <"$log" |
		awk '/lab: begin / { test = $NF } /lab: end / { test = "-" }
			{ print (test ? test : "-") "\t" $0 }' |
		grep -aEf <(pattern_list "$TOP/tests/guest/log-bad") |
		grep -avEf <(pattern_list "$TOP/tests/guest/log-allowed") |
		while IFS=$'\t' read -r test line; do
			console_line_is_known "$2" "$test" "$line" || echo "$test: $line"
		done || true
}

console_line_is_known() { # folder test line
	grep -q "^fail $2\$" "$1/done" && return
	[ -f "$1/log-ok.$2" ] && printf '%s\n' "$3" | grep -qEf "$1/log-ok.$2"
}

console_tail() { # suite
	echo "the console's last lines:"
	tr -d '\r' <"$LOGS/$1.console.log" | tail -n 40
}
