#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The SDK's headers as C++17.
for c in ${CXX-} g++ clang++; do
  if command -v "$c" >/dev/null 2>&1; then
    COMPILER=$c STANDARD=c++17 exec sh "$(dirname "$0")/test_headers.sh"
  fi
done
echo "skipped: there is no C++ compiler (g++, clang++)"
exit 77
