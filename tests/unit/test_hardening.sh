#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the compiler and linker flags of configure.ac came to, read from the files themselves. `make check` looks at the
# build tree, `make installcheck` (INSTALLED=1) at what was installed. A tree of a sanitizer leaves the flags out, so it is
# skipped there; distcheck builds a plain one and runs both. A flag that this compiler does not know is not asked for.
set -u
LC_ALL=C
export LC_ALL
build=${top_builddir:-.}
passed=0 failed=0

case " ${TB_CFLAGS?TB_CFLAGS is what configure chose} " in
*' -fsanitize'*)
  echo "skipped: a tree with a sanitizer has no hardening flags; distcheck runs this in a plain one"
  exit 77
  ;;
esac
command -v readelf >/dev/null 2>&1 || {
  echo "skipped: there is no readelf (binutils)"
  exit 77
}

flag() { # was it chosen?
  case " $TB_CFLAGS $TB_LDFLAGS $TB_PROGRAM_LDFLAGS " in *" $1"*) return 0 ;; *) return 1 ;; esac
}

verdict() { # what, 0 or not
  if [ "$2" -eq 0 ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1)) && echo "FAIL $1"
  fi
}

has() { # file, what, pattern: in its headers, dynamic section and symbols
  printf '%s\n' "$facts" | grep -Eq -- "$3"
  verdict "$(basename "$1") has $2" $?
}

has_no() {
  ! printf '%s\n' "$facts" | grep -Eq -- "$3"
  verdict "$(basename "$1") has no $2" $?
}

# What is installed outside the system's folders may name its own; libtool adds the build tree's to what is not installed.
runpath() {
  paths=$(printf '%s\n' "$facts" | sed -n 's/.*(R\(UN\)\{0,1\}PATH).*\[\(.*\)\]/\2/p')
  strange=$(printf '%s\n' "$paths" | tr ':' '\n' | grep -Fvx -e "${libdir:?}" -e "$libraries" | tr -d '\n')
  [ -z "$strange" ]
  verdict "$(basename "$1") searches its libraries where the system does (seen: $paths)" $?
}

look_at() { # file
  facts=$(readelf -WhldS --dyn-syms "$1") || facts=
  [ -n "$facts" ]
  verdict "$1 can be read" $?
  flag -Wl,-z,relro && has "$1" "read-only relocations" '^ *GNU_RELRO'
  flag -Wl,-z,now && has "$1" "every symbol bound at the start" '\(FLAGS(_1)?\).* (NOW|BIND_NOW)'
  flag -Wl,-z,noexecstack && has "$1" "a stack without execution" '^ *GNU_STACK .* RW  '
  flag -fstack-protector-strong && has "$1" "stack protection" ' UND __stack_chk_fail'
  has_no "$1" "code that relocation writes to" '\(TEXTREL\)'
  has_no "$1" "memory both writable and executable" '^ *LOAD .* RWE '
  runpath "$1"
}

program() {
  look_at "$1"
  flag -pie && has "$1" "a free place in memory (PIE)" '\(FLAGS_1\).* PIE'
  flag -D_FORTIFY_SOURCE && has "$1" "fortified calls" ' UND __[a-z]+_chk(@|$)'
}

library() {
  look_at "$1"
  has "$1" "the type of a shared object" 'Type: *DYN \(Shared object'
  has_no "$1" "a ban on opening it" '\(FLAGS_1\).* NOOPEN'
}

# The linker keeps the mark of CET only if every object has it, and the C library's start files of Debian 12 have none:
# so our own objects are asked.
objects() {
  marks=$(find "$build/core" "$build/plugins" -name '*.o' -path '*/.libs/*' -exec readelf -n {} +)
  files=$(printf '%s\n' "$marks" | grep -c '^File: ')
  marked=$(printf '%s\n' "$marks" | grep -c 'x86 feature: IBT, SHSTK')
  [ "$files" -gt 0 ] && [ "$marked" -eq "$files" ]
  verdict "the objects are marked for control-flow protection ($marked of $files)" $?
}

built() { # libtool keeps the real program apart when a wrapper stands in its place
  if [ -f "$build/$(dirname "$1")/.libs/$(basename "$1")" ]; then
    echo "$build/$(dirname "$1")/.libs/$(basename "$1")"
  else
    echo "$build/$1"
  fi
}

if [ "${INSTALLED-}" ]; then
  libraries=$libdir
  for p in ${PROGRAMS:?}; do program "$DESTDIR${bindir:?}/$p"; done
  for l in ${LIBRARIES:?}; do library "$DESTDIR$libdir/${l%.la}.so"; done
  for l in ${PLUGINS:?}; do library "$DESTDIR${plugindir:?}/$(basename "$l" .la).so"; done
else
  libraries=$(cd "$build/.libs" && pwd)
  for p in ${PROGRAMS:?}; do program "$(built "$p")"; done
  for l in ${LIBRARIES:?} ${PLUGINS:?}; do library "$(built "${l%.la}.so")"; done
  flag -fcf-protection && objects
fi
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
