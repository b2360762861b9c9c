/* SPDX-License-Identifier: Apache-2.0 */
/* The command: finds the command group by its name and hands over. */
#include "config.h"

#include <stdio.h>

int main(void)
{
    printf("tillbridge %s\n", PACKAGE_VERSION);
    return 0;
}
