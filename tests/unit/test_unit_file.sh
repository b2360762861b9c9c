#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The systemd unit is closed as far as the daemon can bear: the score of Debian 12's systemd (0 open to nothing, 10 to all)
# is 1.2, and what the daemon needs is not closed for the sake of the score. Nothing here needs a running systemd.
set -u
LC_ALL=C
export LC_ALL
unit=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}/conf/tillbridge.service
passed=0 failed=0

verdict() { # what, 0 or not
  if [ "$2" -eq 0 ]; then
    passed=$((passed + 1)) && echo "ok   $1"
  else
    failed=$((failed + 1)) && echo "FAIL $1"
  fi
}

says() {
  grep -qx "$1" "$unit"
  verdict "the unit says $1" $?
}

says 'Type=notify'                # the daemon tells when it is ready, and the watchdog that it lives
says 'WatchdogSec=[0-9]*s'
says 'StateDirectory=tillbridge'  # the journal
says 'RuntimeDirectory=tillbridge' # the control socket
says 'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX'
says 'RestartPreventExitStatus=78'
! grep -q '^PrivateUsers=yes' "$unit"
verdict "operators keep their names at the control socket (no PrivateUsers=)" $?

# Every key is known and well said. Its command and pages are not installed where it is built.
well_said() {
  sed 's@^\(Exec[A-Za-z]*\)=/usr/bin/tillbridge@\1=/bin/true@' "$unit" >"$work/tillbridge.service"
  systemd-analyze verify --man=no "$work/tillbridge.service" >"$work/verify" 2>&1
  ! grep 'tillbridge\.service' "$work/verify"
}

code=0
if command -v systemd-analyze >/dev/null 2>&1; then
  work=$(mktemp -d) || exit 99
  trap 'rm -r "$work"' EXIT
  well_said
  verdict "systemd understands all of it" $?
  systemd-analyze security --offline=true --threshold=12 --no-pager "$unit" >"$work/score" 2>&1
  verdict "the score is 1.2 or less: $(grep -o 'exposure level.*' "$work/score" | tr -cd '[:print:]')" $?
else
  echo "skipped: what systemd says of the unit (there is no systemd-analyze)"
  code=77
fi
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && exit $code
