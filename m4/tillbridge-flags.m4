dnl SPDX-License-Identifier: Apache-2.0
dnl Flags that a compiler or linker may not know are tried one by one, so that an older gcc, clang or another machine
dnl builds with what it has. -Werror in the trial: clang only warns of a flag it does not know.

dnl TB_TRY_CFLAGS(VARIABLE, FLAG...): appends each flag that, beside those before it, compiles a small program without a
dnl warning (-Wformat-security wants -Wformat).
AC_DEFUN([TB_TRY_CFLAGS], [
  m4_foreach_w([tb_flag], [$2], [TB_TRY_ONE([CFLAGS], [$1], m4_defn([tb_flag]), [AC_COMPILE_IFELSE], [-Werror])])
])

dnl TB_TRY_LDFLAGS(VARIABLE, FLAG...): the same for flags that the linker must know.
AC_DEFUN([TB_TRY_LDFLAGS], [
  m4_foreach_w([tb_flag], [$2], [TB_TRY_ONE([LDFLAGS], [$1], m4_defn([tb_flag]), [AC_LINK_IFELSE], [])])
])

dnl TB_TRY_ONE(CFLAGS | LDFLAGS, VARIABLE, FLAG, AC_..._IFELSE, FLAGS OF THE TRIAL)
AC_DEFUN([TB_TRY_ONE], [
  AS_VAR_PUSHDEF([tb_known], [tb_cv_$1_$3])
  AC_CACHE_CHECK([whether the compiler takes $3], [tb_known], [
    tb_saved=$[]$1
    $1="$[]$1$[]$2 $5 $3"
    $4([AC_LANG_PROGRAM([[#include <stdio.h>]], [[char text[16]; return snprintf(text, sizeof text, "%d", 1) != 1;]])],
      [AS_VAR_SET([tb_known], [yes])], [AS_VAR_SET([tb_known], [no])])
    $1=$tb_saved
  ])
  AS_VAR_IF([tb_known], [yes], [AS_VAR_APPEND([$2], [" $3"])])
  AS_VAR_POPDEF([tb_known])
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
