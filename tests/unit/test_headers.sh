#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The SDK's headers as outside authors meet them: each compiles alone as C11 (with COMPILER and STANDARD set, as
# C++17), they stay small, hold no code, declare what the library exports, and are those that were frozen with ABI 0.1.
set -u
LC_ALL=C
export LC_ALL
top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
headers=$top/include/tillbridge
compiler=${COMPILER:-${CC:-cc}}
standard=${STANDARD:-c11}
work=$(mktemp -d) || exit 99
trap 'rm -r "$work"' EXIT
passed=0 failed=0

verdict() { # what, 0 or not
  if [ "$2" -eq 0 ]; then
    passed=$((passed + 1)) && echo "ok   $1"
  else
    failed=$((failed + 1)) && echo "FAIL $1"
  fi
}

# A header's code: comments and blank lines gone.
code_of() {
  sed -e 's@//.*@@' "$@" | awk '
    { rest = $0; out = ""
      while (rest != "") {
        if (inside) { at = index(rest, "*/"); if (!at) break; rest = substr(rest, at + 2); inside = 0; continue }
        at = index(rest, "/*"); if (!at) { out = out rest; break }
        out = out substr(rest, 1, at - 1); rest = substr(rest, at + 2); inside = 1 }
      sub(/[ \t]+$/, "", out); if (out != "") print out }'
}

compiles() { # file
  # shellcheck disable=SC2086 # the compiler may be two words, the flags are many
  $compiler -std="$standard" -pedantic -Wall -Wextra -Wshadow -Wundef -Werror -fsyntax-only -I"$top/include" \
    ${JANSSON_CFLAGS-} "$1"
}

case $standard in c++*) suffix=cpp ;; *) suffix=c ;; esac

for path in "$headers"/*.h; do
  name=$(basename "$path")
  printf '#include <tillbridge/%s>\n#include <tillbridge/%s>\nint main() { return 0; }\n' "$name" "$name" >"$work/one.$suffix"
  [ $suffix = c ] && sed -i 's/main()/main(void)/' "$work/one.c"
  compiles "$work/one.$suffix"
  verdict "$name compiles alone as $standard" $?
done

# C++ has no designators among plain values: the members are given in their order.
cat >"$work/plugin.$suffix" <<'E2'
#include <tillbridge/plugin.h>
static tb_verdict apply(void *self, tb_ctx *ctx, tb_record **record)
{
    (void)self, (void)ctx;
    return tb_record_edit(record) ? TB_OK : tb_retry(*record, "%s", "out of memory");
}
static const tb_transform transform = {sizeof(tb_transform), apply};
TB_PLUGIN(0, "ordered", "1", "members in their order", "line", "line", NULL, NULL, NULL, NULL, NULL, NULL, NULL,
          &transform, NULL);
E2
compiles "$work/plugin.$suffix"
verdict "a plugin compiles as $standard" $?

if [ $suffix = cpp ]; then
  echo "$passed passed, $failed failed"
  [ $failed -eq 0 ]
  exit
fi

# ---- what they are made of ----

contract=$(cd "$headers" && echo *.h | sed 's/ test\.h//')
lines=$(cd "$headers" && code_of $contract | wc -l)
echo "     the contract has $lines lines of code, the kit $(code_of "$headers/test.h" | wc -l)"
[ "$lines" -gt 100 ] && [ "$lines" -le 250 ]
verdict "the contract has at most 250 lines of code" $?
[ "$(code_of "$headers/test.h" | wc -l)" -le 60 ]
verdict "the kit's header has at most 60" $?

! code_of "$headers"/*.h | grep -nwE 'inline|return|for|while|if'
verdict "no header holds code" $?

# Declared: a name of ours before an opening bracket (a callback's type has a blank between).
declared() {
  code_of "$@" | grep -v '^#' | grep -oE '\btb_[a-z0-9_]+\(' | tr -d '(' | sort -u
}
exported() { # prefix
  sed -n "s/^ *\($1[a-z0-9_]*\);\$/\1/p" "$top/core/sdk/tillbridge.map" | sort -u
}
(cd "$headers" && declared $contract) >"$work/declared"
exported tb_ >"$work/exported"
diff "$work/declared" "$work/exported" && [ -s "$work/declared" ]
verdict "the headers declare exactly what tillbridge.map exports" $?

page=$top/doc/tillbridge-plugin.3
while read -r name; do
  grep -qw "$name" "$page" || echo "$name"
done <"$work/declared" >"$work/unnamed"
[ ! -s "$work/unnamed" ] || ! cat "$work/unnamed"
verdict "tillbridge-plugin(3) names every function" $?

# ---- what was promised ----

frozen=$top/tests/fixtures/abi-0.1/tillbridge
declared "$frozen"/*.h >"$work/frozen"
[ -s "$work/frozen" ] && ! comm -23 "$work/frozen" "$work/exported" | grep .
verdict "every function of ABI 0.1 is still exported" $?

if grep -q '^#define TB_ABI_MAJOR 0$' "$headers/plugin.h" && grep -q '^#define TB_ABI_MINOR 1$' "$headers/plugin.h"; then
  for h in $contract; do
    code_of "$headers/$h" >"$work/now" && code_of "$frozen/$h" >"$work/then"
    diff "$work/then" "$work/now" && [ -s "$work/now" ]
    verdict "$h says what was frozen as ABI 0.1 (else: copy it to tests/fixtures/abi-0.1, or raise the minor)" $?
  done
fi

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
