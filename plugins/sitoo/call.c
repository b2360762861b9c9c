/* SPDX-License-Identifier: Apache-2.0 */
/* Calls whose answer is no list: one object, a new id as a bare number, or true. Sitoo may also answer with a
 * list of one {"statuscode", "return"} under HTTP 200: what it says of that one is taken as the answer. */
#include "plugins/sitoo/call.h"

#include <stdio.h>
#include <string.h>

static void unwrap(sitoo_reply *reply)
{
    json_t *one = json_array_size(reply->json) == 1 ? json_array_get(reply->json, 0) : NULL;
    if (!json_is_integer(json_object_get(one, "statuscode")))
        return;
    json_t *inner = json_object_get(one, "return");
    reply->status = (int)sitoo_number(one, "statuscode");
    if (!inner)
        inner = one; /* a refusal: its errortext */
    json_incref(inner);
    json_decref(reply->json);
    reply->json = inner;
}

int sitoo_call(tb_ctx *ctx, const char *operation, const char *method, const char *path, const json_t *body,
               sitoo_reply *reply)
{
    tb_request request = {
        .size = sizeof request, .method = method, .path = path, .json = body, .operation = operation};
    tb_response response = {.size = sizeof response};
    sitoo_reply_free(reply);
    if (tb_http(ctx, &request, &response))
        return -1;
    reply->status = response.status;
    reply->json = json_incref(response.json);
    reply->body = strdup(response.body);
    tb_response_free(&response);
    unwrap(reply);
    snprintf(reply->why, sizeof reply->why, "%s %s was answered with %d: %.100s", method, path, reply->status,
             sitoo_field(reply->json, "errortext"));
    return 0;
}

void sitoo_reply_free(sitoo_reply *reply)
{
    json_decref(reply->json);
    free(reply->body);
    *reply = (sitoo_reply){0};
}
