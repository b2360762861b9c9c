dnl SPDX-License-Identifier: Apache-2.0
dnl Flags that a compiler or linker may not know are tried, so that an older gcc, clang or another machine builds with what
dnl it has: first all of a list at once (one run where all are known), then, if that fails, one by one.

dnl TB_TRY_CFLAGS(VARIABLE, FLAG...): appends the flags that compile a small program without a warning. -Werror in the
dnl trial: clang only warns of a flag it does not know.
AC_DEFUN([TB_TRY_CFLAGS], [TB_TRY_LIST([CFLAGS], [$1], m4_normalize([$2]), [AC_COMPILE_IFELSE], [-Werror])])

dnl TB_TRY_LDFLAGS(VARIABLE, FLAG...): the same for flags that the linker must know.
AC_DEFUN([TB_TRY_LDFLAGS], [TB_TRY_LIST([LDFLAGS], [$1], m4_normalize([$2]), [AC_LINK_IFELSE], [])])

dnl TB_TRY_LIST(CFLAGS | LDFLAGS, VARIABLE, FLAGS, AC_..._IFELSE, FLAGS OF THE TRIAL)
AC_DEFUN([TB_TRY_LIST], [
  AC_MSG_CHECKING([which flags are known for $2])
  tb_saved=$[]$1
  tb_unknown=
  for tb_flags in "$3" $3; do
    $1="$tb_saved$[]$2 $5 $tb_flags"
    $4([AC_LANG_PROGRAM([[#include <stdio.h>]], [[char text[16]; return snprintf(text, sizeof text, "%d", 1) != 1;]])],
      [AS_VAR_APPEND([$2], [" $tb_flags"])
       test "$tb_flags" != "$3" || break],
      [test "$tb_flags" = "$3" || AS_VAR_APPEND([tb_unknown], [" $tb_flags"])])
  done
  $1=$tb_saved
  AC_MSG_RESULT([all${tb_unknown:+ but$tb_unknown}])
])

dnl TB_TRY_FORTIFY(VARIABLE): the highest level that the C library takes without a warning; none below -O1. What the
dnl environment defined is undefined first, so that a distribution's lower level does not win.
AC_DEFUN([TB_TRY_FORTIFY], [
  AC_CACHE_CHECK([for the level of _FORTIFY_SOURCE], [tb_cv_fortify], [
    tb_cv_fortify=none
    tb_saved=$CFLAGS
    for tb_level in 3 2; do
      CFLAGS="$tb_saved -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$tb_level"
      AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <stdio.h>]], [])], [tb_cv_fortify=$tb_level; break])
    done
    CFLAGS=$tb_saved
  ])
  AS_CASE([$tb_cv_fortify], [none], [], [AS_VAR_APPEND([$1], [" -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$tb_cv_fortify"])])
])
