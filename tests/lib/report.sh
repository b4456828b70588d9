# shellcheck shell=bash
# Results: KTAP on stdout as they come, and a tally in $RUN/tally, one line
# "verdict name reason" each. Two suites may report at once: one lock guards
# both, so that a result and its diagnostics stay together.

report_begin() { # planned
	: >"$RUN/tally"
	printf 'KTAP version 1\n1..%d\n' "$1"
}

# Reads diagnostics from stdin and prints them ahead of the result.
report_result() { # pass|fail|skip name [reason]
	local verdict=$1 name=$2 reason=${3:-} number line

	exec 9>"$RUN/report.lock"
	flock 9
	number=$(($(wc -l <"$RUN/tally") + 1))
	while IFS= read -r line; do
		printf '# %s: %s\n' "$name" "$line"
		case $line in
		FAIL:*) reason+="${reason:+; }$line" ;;	# for the closing lines
		esac
	done
	printf '%s %s %s\n' "$verdict" "$name" "$reason" >>"$RUN/tally"
	case $verdict in
	pass) printf 'ok %d %s\n' "$number" "$name" ;;
	skip) printf 'ok %d %s # SKIP %s\n' "$number" "$name" "$reason" ;;
	*) printf '# %s: %s\nnot ok %d %s\n' "$name" "$reason" "$number" "$name" ;;
	esac
	exec 9>&-
}

report_count() { # verdict
	grep -c "^$1 " "$RUN/tally" || true
}

report_list() { # verdict heading
	grep -q "^$1 " "$RUN/tally" || return 0
	echo "# $2:"
	sed -n "s/^$1 \([^ ]*\) */#   \1: /p" "$RUN/tally"
}

# The closing lines; true if something ran and nothing failed. A guest's own
# closing check is not a test: alone it counts as nothing having run.
report_end() {
	local passed failed skipped tests

	passed=$(report_count pass)
	failed=$(report_count fail)
	skipped=$(report_count skip)
	tests=$(grep -c '^pass ' <(grep -v "/$CLOSING_CHECK " "$RUN/tally") || true)
	report_list skip skipped
	report_list fail failed
	[ "$tests" -gt 0 ] || echo "# no test passed"
	printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	[ "$failed" -eq 0 ] && [ "$tests" -gt 0 ]
}
