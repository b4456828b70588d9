# Reads lists of "VERDICT TEST": two without the modules, then one with them.
# Prints what is worse with the modules than without in both, "WORSE" lines,
# and what the first two disagree on, "UNSTABLE" lines.

BEGIN { rank["pass"] = 2; rank["skip"] = 1; rank["fail"] = 0 }

FNR == 1 { list++ }

{
	verdict = $1
	sub(/^[^ ]* /, "")
	got[list, $0] = verdict
	if (!($0 in seen))
		order[++count] = $0
	seen[$0] = 1
}

# A test that is not in a list did not get so far.
function of(list, test) {
	return (list, test) in got ? got[list, test] : "fail"
}

END {
	for (i = 1; i <= count; i++) {
		test = order[i]
		least = of(1, test)
		if (rank[of(2, test)] < rank[least])
			least = of(2, test)
		if (of(1, test) != of(2, test))
			print "UNSTABLE " of(1, test) " and " of(2, test) ": " test
		if (rank[of(3, test)] < rank[least])
			print "WORSE " least " without, " of(3, test) " with: " test
	}
}
