#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is seen from outside: libtillbridge exports its map, the kit its tb_test_*, and each plugin one name. PLUGINS are
# all that the build makes, so a new plugin is covered on arrival.
set -u
LC_ALL=C
export LC_ALL
top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${top_builddir:-.}
passed=0 failed=0

command -v nm >/dev/null 2>&1 || {
  echo "skipped: there is no nm (binutils)"
  exit 77
}

verdict() { # what, 0 or not
  if [ "$2" -eq 0 ]; then
    passed=$((passed + 1)) && echo "ok   $1"
  else
    failed=$((failed + 1)) && echo "FAIL $1"
  fi
}

exports() { nm -D --defined-only "$1" | awk '{ print $NF }' | sort; }

same() { # what, expected names, a line each; seen names
  [ -n "$2" ] && [ "$2" = "$3" ]
  verdict "$1" $?
  [ "$2" = "$3" ] || printf 'expected:\n%s\nseen:\n%s\n' "$2" "$3"
}

same "libtillbridge exports what tillbridge.map lists" \
  "$(sed -n 's/^ *\(tbh\{0,1\}_[a-z0-9_]*\);$/\1/p' "$top/core/sdk/tillbridge.map" | sort)" \
  "$(exports "$build/.libs/libtillbridge.so")"
same "libtillbridge-kit exports what test.h declares" \
  "$(grep -v '^ \*' "$top/include/tillbridge/test.h" | grep -oE '\btb_test_[a-z0-9_]+\(' | tr -d '(' | sort -u)" \
  "$(exports "$build/.libs/libtillbridge-kit.so")"
n=0
for plugin in ${PLUGINS?PLUGINS is a list of .la files}; do
  file=$build/$(dirname "$plugin")/.libs/$(basename "$plugin" .la).so
  same "$(basename "$plugin" .la) exports one name" tillbridge_plugin "$(exports "$file")"
  n=$((n + 1))
done
[ "$n" -gt 0 ]
verdict "there are plugins" $?
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
