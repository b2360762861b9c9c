#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each guard of sabotage.txt is taken out, and the test that is named there must go red and say what it says there. Needs a
# tree that was configured with --enable-sabotage: make check TESTS=tests/faults/test_sabotage.sh
set -u
LC_ALL=C CK_FORK=yes
export LC_ALL CK_FORK
here=$(dirname "$0")
build=${top_builddir:-.}
log=$build/sabotage.out
passed=0 failed=0

verdict() { # what, 0 or not
  if [ "$2" -eq 0 ]; then
    passed=$((passed + 1)) && echo "ok   $1"
  else
    failed=$((failed + 1)) && echo "FAIL $1" && tail -n 20 "$log"
  fi
}

rows() {
  grep -v '^#' "$here/sabotage.txt"
}

rows | cut -d'|' -f2 | grep -v simulate | sort -u >"$log.programs"
while read -r program; do
  $build/$program >"$log" 2>&1 </dev/null
  verdict "with every guard: $program" $?
done <"$log.programs"

rows >"$log.rows"
while IFS='|' read -r name program shows; do
  name=$(echo $name) program=$(echo $program) shows=$(echo $shows)
  TILLBRIDGE_SABOTAGE=$name $build/$program >"$log" 2>&1 </dev/null
  code=$?
  [ "$code" -ne 0 ] && grep -q "$shows" "$log"
  verdict "without $name: $program says \"$shows\" (exit $code)" $?
done <"$log.rows"
rm -f "$log" "$log.programs" "$log.rows"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
