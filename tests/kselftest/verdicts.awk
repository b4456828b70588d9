# Turns what one of the kernel's tests printed into lines "VERDICT TEST: PART",
# of the three ways in which these programs speak. -v test=
#
#   TAP                 "ok 3 what", "not ok 3 what", "ok 3 what # SKIP why"
#   uffd-unit-tests     "Testing what... done", "skipped [...]" or "failed [...]"
#   khugepaged          "Run test: what", then steps that end with OK, Fail or Skip

# Programs that fork print what was in their buffers again: once is enough.
function say(verdict, part) {
	gsub(/[[:space:]]+/, " ", part)
	sub(/ $/, "", part)
	if (!said[part]++)
		print verdict " " test ": " part
}

function close_group() {
	if (group)
		say(worst, group)
	group = ""
}

{ gsub(/\033\[[0-9;]*m/, ""); gsub(/\r/, "") }

/^(not )?ok [0-9]+/ {
	verdict = /^not/ ? "fail" : /# *(SKIP|skip)/ ? "skip" : "pass"
	part = $0
	sub(/^(not )?ok /, "", part)
	# addresses and figures in a description differ from run to run
	sub(/ # .*/, "", part)
	gsub(/0x[0-9a-f]+/, "N", part)
	say(verdict, part)
}

/^Testing .*\.\.\. / {
	part = $0
	sub(/^Testing /, "", part)
	sub(/\.\.\. .*/, "", part)
	say(/\.\.\. done/ ? "pass" : /\.\.\. skipped/ ? "skip" : "fail", part)
}

/^Run test: / {
	close_group()
	group = substr($0, length("Run test: ") + 1)
	worst = "pass"
}

group && /Skip$/ && worst == "pass" { worst = "skip" }
group && /Fail$/ { worst = "fail" }

END { close_group() }
