/* SPDX-License-Identifier: Apache-2.0 */
/* The server that gives tokens to services (OAuth 2 client credentials), beside the shop as Adobe's IMS is:
 * POST /ims/token/v3 with a form. Its tokens are accepted as those of an admin are. */
#include "sdk/sim/adobe.h"

#include <stdio.h>
#include <string.h>

#include "core/base/hash.h"

static const char *field(const json_t *form, const char *name)
{
    const char *text = query_text(form, name);
    return text ? text : "";
}

/* What is wrong with the form, as the error's code; NULL: nothing. */
static const char *fault_of(const adobe *m, const sim_request *q, const json_t *form)
{
    const char *type = q->header(q, "Content-Type");
    const char *secret = json_string_value(
        json_object_get(json_object_get(m->settings, "oauth2_clients"), field(form, "client_id")));
    if (!type || strcmp(type, "application/x-www-form-urlencoded"))
        return "invalid_request";
    if (strcmp(field(form, "grant_type"), "client_credentials"))
        return "unsupported_grant_type";
    if (!secret || !hash_same_secret(field(form, "client_secret"), secret))
        return "invalid_client";
    return adobe_is(m, "oauth2_scope", field(form, "scope")) ? NULL : "invalid_scope";
}

static void issue(adobe *m, const json_t *form, sim_answer *a)
{
    char seed[64], hex[SHA256_HEX], token[SHA256_HEX + 8];
    int64_t seconds = adobe_int(m, "oauth2_lifetime_s");
    snprintf(seed, sizeof seed, "ims %zu %lld", json_object_size(m->admin_tokens), (long long)env_now());
    hash_sha256_hex(seed, strlen(seed), hex);
    snprintf(token, sizeof token, "eyJ.%s", hex);
    json_object_set_new(m->admin_tokens, token, json_integer(env_now() + seconds * 1000));
    sim_effect("adobe", "token", json_pack("{ss}", "client", field(form, "client_id")));
    answer_json(a, 200,
                json_pack("{ss ss sI}", "access_token", token, "token_type", "bearer", "expires_in",
                          (json_int_t)seconds));
}

bool adobe_ims(adobe *m, const sim_request *q, sim_answer *a)
{
    if (strcmp(q->path, "/ims/token/v3") != 0 || strcmp(q->method, "POST") != 0)
        return false;
    json_t *form = query_parse(q->body);
    const char *fault = fault_of(m, q, form);
    if (fault)
        answer_json(a, strcmp(fault, "invalid_client") ? 400 : 401,
                    json_pack("{ss ss}", "error", fault, "error_description", field(form, "client_id")));
    else
        issue(m, form, a);
    json_decref(form);
    return true;
}
