/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of webhooks through sitoo-source's `receive`, as the journal hands them over: any bytes. No request
 * is made, nothing is fed; what is no list of objects is malformed; of a list each event counts for itself,
 * so the whole notes the orders that its events note one by one.
 *
 * Input: the body. */
#include "tests/fuzz/world.h"

extern const tb_plugin tillbridge_plugin;

static tb_test *source(void)
{
    tb_test *t = tb_test_new(&tillbridge_plugin, "site=1", "account=1500", "locations=locations", NULL);
    MUST(t, "no instance");
    world_begin(t, (input){0}, NULL);
    t->opened = true; /* it has no open of its own; what it keeps is freed by close */
    return t;
}

/* As tb_test_receive does, for bodies that hold a NUL. */
static tb_verdict receive(tb_test *t, const char *body, size_t size)
{
    tbh_feed_free(&t->feed);
    kit_clear(&t->raised);
    t->feed.room = 100;
    t->may = MAY_CHANGE | HAS_FEED;
    tb_verdict v = tillbridge_plugin.source->receive(t->self, &t->ctx, body, size, &t->feed);
    for (int i = 0; i < t->feed.raised_n; i++)
        kit_add(&t->raised, "%s %s", t->feed.raised[i].reason, t->feed.raised[i].cause);
    if (v == TB_OK)
        kit_keep(t, t->feed.changes, false);
    world_check(t, &tillbridge_plugin);
    MUST(!t->feed.n && !t->feed.cursor, "an event fed a record");
    return v;
}

static void check_noted(const tb_test *t)
{
    for (int i = 0; i < t->state_n; i++) {
        const remembered *r = &t->state[i];
        char *end;
        long long order = strtoll(r->key, &end, 10);
        MUST(!strcmp(r->name, "orders") && order > 0 && !*end, "state %s/%s", r->name, r->key);
        json_t *value = json_loads(r->value, 0, NULL);
        MUST(json_is_integer(json_object_get(value, "at")), "order %s is noted as %s", r->key, r->value);
        json_decref(value);
    }
}

static bool is_list_of_objects(const json_t *body)
{
    size_t i;
    json_t *event;
    json_array_foreach((json_t *)(uintptr_t)body, i, event)
    {
        if (!json_is_object(event))
            return false;
    }
    return json_array_size(body) > 0;
}

/* Each event alone, in a list of its own. */
static void one_by_one(const json_t *events, const tb_test *together)
{
    tb_test *t = source();
    size_t i;
    json_t *event;
    json_array_foreach((json_t *)(uintptr_t)events, i, event)
    {
        json_t *list = json_pack("[O]", event);
        char *text = json_dumps(list, JSON_COMPACT);
        if (text)
            MUST(receive(t, text, strlen(text)) == TB_OK, "%s", text);
        free(text);
        json_decref(list);
    }
    MUST(t->state_n == together->state_n, "%d orders one by one, %d together", t->state_n, together->state_n);
    for (int k = 0; k < t->state_n; k++)
        MUST(!strcmp(t->state[k].key, together->state[k].key), "order %s", t->state[k].key);
    tb_test_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tb_test *t = source();
    json_t *body = json_loadb((const char *)data, size, 0, NULL);
    tb_verdict v = receive(t, (const char *)data, size);
    MUST(v == (is_list_of_objects(body) ? TB_OK : TB_REJECT), "verdict %d", (int)v);
    check_noted(t);
    if (v == TB_OK)
        one_by_one(body, t);
    MUST(receive(t, (const char *)data, size) == v, "another verdict the second time");
    json_decref(body);
    tb_test_free(t);
    return 0;
}
