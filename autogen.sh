#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Alone: bootstraps (what a clone needs before configure; a tarball does not).
# `./autogen.sh check` and `./autogen.sh demo`: the short way for a clone. They install what is missing (as root on a
# Debian-like system), configure in _build/ and run `make check` or `make demo`. A second call is incremental.
set -eu
cd "$(dirname "$0")"

packages="gcc g++ make libc6-dev autoconf automake libtool pkg-config libcurl4-openssl-dev libjansson-dev libconfig-dev
 libsqlite3-dev libmicrohttpd-dev libssl-dev check libgmp-dev python3"
# libFuzzer, for `check`: without it the fuzz targets (tests/fuzz) only replay their corpus and some mutations.
fuzzer="clang libclang-rt-dev"

missing_packages() {
  for p in $packages; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || printf ' %s' "$p"
  done
}

install_missing() {
  command -v dpkg-query >/dev/null 2>&1 || { echo "autogen.sh: not a Debian-like system: install by hand:$(echo " $packages" | tr '\n' ' ')" >&2; return 0; }
  missing=$(missing_packages)
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" != 0 ]; then
    echo "autogen.sh: run this first: sudo apt-get install$missing" >&2
    exit 77
  fi
  echo "autogen.sh: installing$missing"
  { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing >/dev/null; } || {
    echo "autogen.sh: that failed; run this when the network answers: apt-get install$missing" >&2
    exit 77
  }
}

bootstrap() {
  [ -x configure ] && [ configure -nt configure.ac ] && [ Makefile.in -nt Makefile.am ] || autoreconf -fi
}

build_tree() { # folder, configure options
  mkdir -p "$1"
  [ -f "$1/config.status" ] || (cd "$1" && shift && ../configure -q "$@")
}

# Nobody has to have it, and it is tried once a tree: what cannot be installed is done without.
install_fuzzer() {
  [ "$(id -u)" = 0 ] && [ ! -f _build/config.status ] && command -v apt-get >/dev/null 2>&1 && ! command -v clang >/dev/null 2>&1 || return 0
  echo "autogen.sh: installing $fuzzer"
  { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $fuzzer >/dev/null; } ||
    echo "autogen.sh: that failed; the fuzz targets will replay their corpus only" >&2
}

jobs=$(nproc 2>/dev/null || echo 2)
case "${1-}" in
'') autoreconf -fi ;;
check)
  install_missing
  install_fuzzer
  bootstrap
  # -O1: a third less to compile; what gcc believes of a format's room depends on the optimization.
  build_tree _build --enable-sanitizers --enable-werror CFLAGS='-g -O1 -Wno-format-truncation'
  make -C _build -s -j"$jobs" all
  make -C _build -s -j"$jobs" check
  # Guards are taken out, calls and allocations fail, and more seeds of the simulation are played, where no
  # sanitizer slows them down.
  build_tree _sabotage --enable-sabotage --enable-werror CFLAGS='-O1 -Wno-format-truncation'
  make -C _sabotage -s -j"$jobs" all
  programs=$(grep -v '^#' tests/faults/sabotage.txt | cut -d'|' -f2 | grep -o 'simulate\|test-[a-z-]*' | sort -u | tr '\n' ' ')
  make -C _sabotage -s -j"$jobs" check SEEDS=1-1000 check_PROGRAMS="$programs tests/faults/inject" \
    TESTS="tests/faults/test_sabotage.sh tests/faults/test_simulate.sh tests/faults/crash.py"
  make -C _sabotage -s -j"$jobs" distcheck DISTCHECK_CONFIGURE_FLAGS='CFLAGS=-O1' >_sabotage/distcheck.log 2>&1 || { tail -n 60 _sabotage/distcheck.log; exit 1; }
  tail -n 3 _sabotage/distcheck.log
  ;;
demo)
  install_missing
  bootstrap
  build_tree _demo
  make -C _demo -s -j"$jobs" all
  shift
  make -C _demo -s demo DEMO="$*"
  ;;
*)
  echo "usage: ./autogen.sh [check | demo [--for 30s]]" >&2
  exit 2
  ;;
esac
