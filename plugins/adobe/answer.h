/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer of the shop means. Its status alone does not say it: a deadlock and a bad row are both 400.
 */
#ifndef ADOBE_ANSWER_H
#define ADOBE_ANSWER_H

#include <tillbridge/http.h>

typedef enum adobe_meaning {
    ADOBE_DONE,     /* 2xx */
    ADOBE_BUSY,     /* may go well the next time: deadlock, lock wait, or a row the database refused */
    ADOBE_CAP,      /* more rows than the shop takes in one call */
    ADOBE_TOGETHER, /* rows of a bundle that ships together: refused in a second source */
    ADOBE_ROW,      /* one of the rows is at fault, the call does not say which */
    ADOBE_REFUSED   /* anything else */
} adobe_meaning;

adobe_meaning adobe_means(const tb_response *response);

/* The message with its placeholders filled in, at most size - 1 bytes. Returns out. */
const char *adobe_message(const tb_response *response, char *out, size_t size);
/* text with %1 or %name replaced from parameters (a list or an object). Returns out. */
const char *adobe_fill(const char *text, const json_t *parameters, char *out, size_t size);

#endif
