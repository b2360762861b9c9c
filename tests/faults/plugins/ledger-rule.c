/* SPDX-License-Identifier: Apache-2.0 */
/* What is due at the ledger: the copy of an entry, the next piece of what is wanted, the present value. */
#include <stdio.h>
#include <string.h>

#include <tillbridge/plugin.h>

static int64_t number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static void due(tb_record *r, const char *operation, const char *what, const char *probe)
{
    char claim[128];
    snprintf(claim, sizeof claim, "%s/%s", what, tb_record_key(r));
    tb_record_set_operation(r, operation);
    tb_record_set_probe(r, probe);
    tb_record_claim(r, claim);
}

static tb_verdict apply_log(tb_record *r)
{
    char id[64];
    snprintf(id, sizeof id, "e%lld", (long long)number(tb_record_body(r), "n"));
    due(r, "append", "log", id);
    return TB_OK;
}

static tb_verdict apply_want(tb_record **r, const json_t *now)
{
    char id[128];
    int64_t want = number(now, "want"), made = number(now, "made");
    if (made >= want)
        return tb_noop(*r, "all that is wanted is there");
    snprintf(id, sizeof id, "%s-%lld", tb_record_key(*r), (long long)made + 1);
    json_object_set_new(tb_record_edit(r), "more", json_boolean(made + 1 < want));
    due(*r, "make", "want", id);
    return TB_OK;
}

static tb_verdict apply_gauge(tb_record **r, const json_t *now)
{
    json_object_set_new(tb_record_edit(r), "value", json_integer(number(now, "value")));
    due(*r, "set", "gauge", "");
    return TB_OK;
}

static tb_verdict rule_apply(void *self, tb_ctx *ctx, tb_record **r)
{
    const json_t *now = tb_record_part(*r, "ledger.object");
    (void)self, (void)ctx;
    if (!strcmp(tb_record_type(*r), "ledger.log"))
        return apply_log(*r);
    if (!now)
        return tb_reject(*r, "ledger.blind", NULL, "nothing was read");
    return strcmp(tb_record_type(*r), "ledger.want") ? apply_gauge(r, now) : apply_want(r, now);
}

static const tb_reason reasons[] = {
    {"ledger.blind", "nothing was read", "Look at the source.", NULL},
    {NULL, NULL, NULL, NULL},
};
static const tb_transform transform = {.size = sizeof transform, .apply = rule_apply};

TB_PLUGIN(.self_size = 1, .name = "ledger-rule", .version = "1",
          .summary = "what is due at the simulated ledger", .reads = "ledger.log ledger.want ledger.gauge",
          .reasons = reasons, .transform = &transform, );
