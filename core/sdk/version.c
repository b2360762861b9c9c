/* SPDX-License-Identifier: Apache-2.0 */
/* The version of the library, for those who ask at run time. */
#include "config.h"

__attribute__((visibility("default"))) const char *tb_version(void);
const char *tb_version(void)
{
    return PACKAGE_VERSION;
}
