/* SPDX-License-Identifier: Apache-2.0 */
/* The two limiters of an API user: calls in flight, and calls in a time slot with its headers. A refused call
 * did nothing. */
#include "sdk/sim/sitoo.h"

#include "core/base/hash.h"

#include <stdio.h>
#include <string.h>

bool sitoo_user(const sitoo *s, const sim_request *q, char *user, size_t size)
{
    const char *given = q->header(q, "Authorization");
    const char *name = NULL;
    json_t *password = NULL;
    json_object_foreach(json_object_get(s->settings, "users"), name, password)
    {
        char plain[256], line[400] = "Basic ";
        int n = snprintf(plain, sizeof plain, "%s:%s", name, json_string_value(password));
        if (n < 0 || (size_t)n >= sizeof plain)
            continue;
        hash_base64(plain, (size_t)n, line + 6);
        if (given && hash_same_secret(given, line)) {
            snprintf(user, size, "%s", name);
            return true;
        }
    }
    return false;
}

static json_t *lane_of(sitoo *s, const sim_request *q)
{
    char user[64];
    if (!sitoo_user(s, q, user, sizeof user))
        return NULL; /* the machine answers 401 */
    json_t *lane = json_object_get(s->lanes, user);
    if (!lane)
        json_object_set_new(s->lanes, user,
                            lane = json_pack("{si si si}", "flying", 0, "slot", 0, "used", 0));
    return lane;
}

static int64_t get(const json_t *lane, const char *key)
{
    return json_integer_value(json_object_get(lane, key));
}

static void set(json_t *lane, const char *key, int64_t value)
{
    json_object_set_new(lane, key, json_integer(value));
}

static void slot_headers(const sitoo *s, sim_answer *a, int64_t used, int64_t reset, bool refused)
{
    int64_t limit = sitoo_int(s, "slot_requests");
    if (sitoo_is(s, "slot_headers", "all"))
        buffer_printf(
            &a->headers,
            "X-Rate-Limit-Limit: %lld\r\nX-Rate-Limit-Remaining: %lld\r\nX-Rate-Limit-Reset: %lld\r\n",
            (long long)limit, (long long)(used < limit ? limit - used : 0), (long long)reset);
    if (refused && sitoo_is(s, "slot_headers", "retry-after"))
        buffer_printf(&a->headers, "Retry-After: %lld\r\n", (long long)(reset - env_now() / 1000));
}

static bool refuse(sim_answer *a, const char *text)
{
    answer_json(a, 429, json_pack("{si ss}", "statuscode", 429, "errortext", text));
    return false;
}

static bool slot_allows(sitoo *s, json_t *lane, sim_answer *a)
{
    int64_t limit = sitoo_int(s, "slot_requests"), length = sitoo_int(s, "slot_seconds");
    if (limit <= 0 || length <= 0)
        return true;
    int64_t slot = env_now() / 1000 / length, used = get(lane, "slot") == slot ? get(lane, "used") : 0;
    bool refused = used >= limit;
    set(lane, "slot", slot);
    set(lane, "used", used + !refused);
    slot_headers(s, a, used + 1, (slot + 1) * length, refused);
    return refused ? refuse(a, "Too many requests") : true;
}

bool sitoo_lane_enter(sitoo *s, const sim_request *q, sim_answer *a)
{
    json_t *lane = lane_of(s, q);
    int64_t most = sitoo_int(s, "concurrency");
    if (!lane)
        return true;
    if (most > 0 && get(lane, "flying") >= most)
        return refuse(a, "Too many connections");
    if (!slot_allows(s, lane, a))
        return false;
    set(lane, "flying", get(lane, "flying") + 1);
    return true;
}

void sitoo_lane_leave(sitoo *s, const sim_request *q)
{
    json_t *lane = lane_of(s, q);
    if (lane && get(lane, "flying") > 0)
        set(lane, "flying", get(lane, "flying") - 1);
}

int64_t sitoo_latency(const sitoo *s)
{
    return sitoo_int(s, "latency_ms");
}
