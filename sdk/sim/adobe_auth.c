/* SPDX-License-Identifier: Apache-2.0 */
/* Who calls, and may they? A bearer token nobody knows makes an anonymous caller, so a bad token, none at all
 * and one without the right get the same answer. Only OAuth tells what is wrong. */
#include "sdk/sim/adobe.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/hash.h"

static const int64_t admin_lifetime = 3600 * 1000;

static bool refuse(adobe_call *c, const char *resource)
{
    adobe_fail(c, 401, "The consumer isn't authorized to access %resources.",
               json_pack("{ss}", "resources", resource));
    return false;
}

static bool in_resources(const json_t *list, const char *resource)
{
    json_t *one = NULL;
    size_t i = 0;
    json_array_foreach((json_t *)list, i, one) if (!strcmp(json_string_value(one), resource)) return true;
    return false;
}

static bool bearer_may(const adobe *m, const char *token, const char *resource)
{
    const json_t *ends = json_object_get(m->admin_tokens, token);
    if (ends)
        return json_integer_value(ends) > env_now();
    if (!adobe_bool(m, "integration_as_bearer"))
        return false;
    if (hash_same_secret(token, SIM_TOKEN))
        return true;
    return in_resources(json_object_get(json_object_get(m->settings, "limited"), token), resource);
}

bool adobe_allowed(adobe_call *c, const char *resource)
{
    const char *header = c->request->header(c->request, "Authorization");
    if (resource && world_chance(json_millionths(json_object_get(c->m->settings, "false_401_rate"))))
        return refuse(c, resource);
    if (header && !strncasecmp(header, "OAuth ", 6))
        return adobe_oauth(c, header + 6);
    if (!resource)
        return true;
    if (header && !strncasecmp(header, "Bearer ", 7) && bearer_may(c->m, header + 7, resource))
        return true;
    return refuse(c, resource);
}

/* The shop's tokens are signed texts in three parts; nobody needs to read these. */
static void issue(adobe_call *c)
{
    char seed[64], hex[SHA256_HEX], token[160];
    snprintf(seed, sizeof seed, "admin %zu %lld", json_object_size(c->m->admin_tokens), (long long)env_now());
    hash_sha256_hex(seed, strlen(seed), hex);
    snprintf(token, sizeof token, "eyJraWQiOiIxIiwiYWxnIjoiSFMyNTYifQ.%.40s.%.24s", hex, hex + 40);
    json_object_set_new(c->m->admin_tokens, token, json_integer(env_now() + admin_lifetime));
    adobe_reply(c, json_string(token));
}

void adobe_post_admin_token(adobe_call *c)
{
    const char *user = json_string_value(json_object_get(c->input, "username"));
    const char *password = json_string_value(json_object_get(c->input, "password"));
    const char *right = json_string_value(json_object_get(json_object_get(c->m->settings, "admins"), user));
    if (right && hash_same_secret(password, right))
        issue(c);
    else
        adobe_fail(
            c, 401,
            "The account sign-in was incorrect or your account is disabled temporarily. Please wait and "
            "try again later.",
            NULL);
}
