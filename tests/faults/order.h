/* SPDX-License-Identifier: Apache-2.0 */
/* What the shop must never show: a value older than one it has shown; and, while both ends are well, a value
 * that is too old. */
#ifndef TB_FAULTS_ORDER_H
#define TB_FAULTS_ORDER_H

#include <stdbool.h>
#include <stdint.h>

void order_begin(void); /* when the world stands */
void order_look(void);  /* after each step of an end, with the world's lock held */
/* A daemon has ended while this call of its was on its way: until then its rows may land late. */
void order_forgive(const char *body, int64_t until);
/* Both ends are well from now on, as far as the daemon can know: differences older than `bound` are failures.
 * 0: they are not. */
void order_well(int64_t bound);
int64_t order_differences(void);
int64_t order_landed(void); /* values that came to the shop */
void order_tell(void);

#endif
