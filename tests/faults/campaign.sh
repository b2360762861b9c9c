#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A campaign of the deterministic simulation: many seeds, seeds in which every kill is a loss of power, and seeds played
# twice. Prints one line a part in the form of tests/EVIDENCE.tsv, to be added there; exit 1 if a seed failed.
#   make campaign SEEDS=1-100000 POWER=1-100000 TWICE=1-1000 JOBS=2
set -u
LC_ALL=C
export LC_ALL
build=${top_builddir:-.}
commit=$(cd "${top_srcdir:-.}" && git rev-parse --short HEAD 2>/dev/null || echo unknown)
failed=0

part() { # name, seeds, further options
  name=$1 seeds=$2
  shift 2
  "$build/simulate" --jobs "${JOBS:-2}" --seeds "$seeds" "$@" >"$build/campaign.out" 2>&1 || failed=1
  grep -v '^seeds ' "$build/campaign.out" >&2
  printf '%s\t%s\t%s\t%s\t%s\n' "$(date -u +%F)" "$commit" "$name" "$seeds" \
    "$(sed -n 's/^seeds [0-9]* to [0-9]*: //p' "$build/campaign.out")"
}

part simulation "${SEEDS:-1-100000}"
part power-loss "${POWER:-1-100000}" --power
part replay "${TWICE:-1-1000}" --twice
rm -f "$build/campaign.out"
exit "$failed"
