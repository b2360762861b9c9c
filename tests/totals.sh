#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Adds up what the tests of build trees said: check's own totals where a program prints them, "N passed, N failed" where
# a script does, else one a program; before them the end of what each failing program printed. Exits 1 if anything failed
# or nothing ran.
set -eu
grep -lrE --include='*.trs' '^:test-result: (FAIL|ERROR|XPASS)' "$@" | sort | while read -r trs; do
  printf '\n==== %s\n' "${trs%.trs}"
  { grep -E '^ *(FAIL|again:)' "${trs%.trs}.log" | head -n 40; echo ...; tail -n 40 "${trs%.trs}.log"; } 2>/dev/null || true
done
find "$@" -name '*.trs' | sort | while read -r trs; do
  log=${trs%.trs}.log
  result=$(sed -n 's/^:test-result: //p' "$trs" | head -n 1)
  printf 'RESULT %s\n' "$result"
  grep -E '^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+|^[0-9]+ passed, [0-9]+ failed' "$log" 2>/dev/null | tail -n 1 || true
done | awk '
  function one() { if (r == "PASS") p++; else if (r == "SKIP") s++; else if (r != "") f++; r = "" }
  /^RESULT/ { one(); r = $2; next }
  /Checks:/ { gsub(/[,:]/, " "); n = $3; bad = $5 + $7; if (r == "PASS" || bad) { p += n - bad; f += bad; r = "" } next }
  / passed, / { if (r == "PASS" || $3 > 0) { p += $1; f += $3; r = "" } next }
  END { one(); printf "%d passed, %d failed, %d skipped\n", p, f, s; exit (f > 0 || p == 0) }'
