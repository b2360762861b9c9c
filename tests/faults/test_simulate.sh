#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A sample of the deterministic simulation: seeds with faults, outages, kills and losses of power; and one seed played
# twice leaves one trace. A seed that fails is named, and replays: simulate --seed N --trace.
set -u
LC_ALL=C
export LC_ALL
passed=0 failed=0

verdict() { # what, 0 or not
  if [ "$2" -eq 0 ]; then
    passed=$((passed + 1)) && echo "ok   $1"
  else
    failed=$((failed + 1)) && echo "FAIL $1"
  fi
}

"${top_builddir:-.}/simulate" --seeds "${SEEDS:-1-40}"
verdict "seeds ${SEEDS:-1-40}" $?
"${top_builddir:-.}/simulate" --seeds 41-43 --twice
verdict "a seed leaves one trace" $?
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
