/* SPDX-License-Identifier: Apache-2.0 */
/* The version of the library, for those who ask at run time. */
#include "config.h"

#include <tillbridge/plugin.h>

const char *tb_version(void)
{
    return PACKAGE_VERSION;
}
