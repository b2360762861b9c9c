/* SPDX-License-Identifier: Apache-2.0 */
/* One call of Sitoo whose answer is no list. */
#ifndef SITOO_CALL_H
#define SITOO_CALL_H

#include "plugins/sitoo/sitoo.h"

typedef struct sitoo_reply {
    int status;
    json_t *json;  /* own reference; NULL: none */
    char *body;    /* as it came, for the history; NULL: out of memory */
    char why[200]; /* what was asked, the status, and Sitoo's own words */
} sitoo_reply;

/* operation: of the plugin, for learnt caps and missing rights. 0, or -1: return TB_RETRY. */
int sitoo_call(tb_ctx *ctx, const char *operation, const char *method, const char *path, const json_t *body,
               sitoo_reply *reply);
void sitoo_reply_free(sitoo_reply *reply);
#define SITOO_REPLY __attribute__((cleanup(sitoo_reply_free))) sitoo_reply

#endif
