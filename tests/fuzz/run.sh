#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the libFuzzer programs that fuzz.mk has built, FUZZ_JOBS (2) at a time, FUZZ_SECONDS (3) each, and ends with
# "N passed, N failed". What breaks a target is kept in tests/fuzz/found/ of the build tree. As a test of `make check` it
# begins from the corpus alone and from one seed; `make fuzz` sets FUZZ_KEEP: another seed each time, and inputs that
# reached something new stay in tests/fuzz/found/TARGET/ for the next time. FUZZ_SEED sets the seed of either.
#   run.sh [FOLDER OF THE SOURCES [TARGET...]]
set -u
src=${1:-${srcdir:?}/tests/fuzz}
[ $# = 0 ] || shift
bin=tests/fuzz/clang
out=tests/fuzz/found
[ $# != 0 ] || set -- $(cd $bin && ls -d fuzz-* 2>/dev/null | grep -v '\.' | sed 's/^fuzz-//')
mkdir -p $out

one() {
  target=$1
  own=$out/$target # libFuzzer writes what is new into the first folder it is given
  seed=${FUZZ_SEED:-0}
  if [ -z "${FUZZ_KEEP-}" ]; then
    own=$out/$target.now
    seed=${FUZZ_SEED:-1}
    rm -rf "$own"
  fi
  mkdir -p "$own"
  dict=$src/dict/$target.dict
  if $bin/fuzz-$target -max_total_time="${FUZZ_SECONDS:-3}" -seed="$seed" -max_len=4096 -timeout=10 -rss_limit_mb=1024 \
    -print_final_stats=1 -artifact_prefix="$out/$target-" $([ ! -f "$dict" ] || echo "-dict=$dict") \
    "$own" "$src/corpus/$target" >"$out/$target.log" 2>&1; then
    echo "fuzz $target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$out/$target.log") inputs," \
      "$(sed -n 's/^stat::average_exec_per_sec: *//p' "$out/$target.log") a second: all held"
  else
    tail -n 60 "$out/$target.log"
    echo "fuzz $target: FAILED; replay it with $bin/fuzz-$target and the file named above"
  fi
  [ -n "${FUZZ_KEEP-}" ] || rm -rf "$own"
}

if [ "${FUZZ_ONE-}" ]; then
  one "$1"
  exit
fi
FUZZ_ONE=1
export FUZZ_ONE
printf '%s\n' "$@" | xargs -P "${FUZZ_JOBS:-2}" -n 1 sh "$0" "$src" | tee $out/said
failed=$(grep -c '^fuzz .*: FAILED' $out/said)
passed=$(grep -c '^fuzz .*: all held' $out/said)
[ $((passed + failed)) = $# ] || failed=$(($# - passed))
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
