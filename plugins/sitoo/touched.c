/* SPDX-License-Identifier: Apache-2.0 */
/* The keys that one read has found to be moved: each becomes one record, however often it moved. What is said
 * of it is gathered from all that touched it: the oldest change, the newest transaction (its dedup id),
 * urgent if one was. */
#include "plugins/sitoo/stock.h"

#include <stdio.h>
#include <string.h>

static int64_t oldest(int64_t a, int64_t b)
{
    return !a || (b && b < a) ? b : a;
}

void touch_key(touched *all, const char *key, const touch *t)
{
    if (!*key)
        return;
    if (!all->keys)
        all->keys = json_object();
    const json_t *old = json_object_get(all->keys, key);
    int64_t transaction = sitoo_number(old, "transaction");
    int64_t changed = old ? oldest(sitoo_number(old, "changed"), t->changed) : t->changed;
    bool urgent = t->urgent || json_is_true(json_object_get(old, "urgent"));
    json_object_set_new(all->keys, key,
                        json_pack("{s:s, s:I, s:I, s:b}", "why", t->why, "transaction",
                                  (json_int_t)(t->transaction > transaction ? t->transaction : transaction),
                                  "changed", (json_int_t)changed, "urgent", urgent));
}

void touch_target(touched *all, level *l, const char *target)
{
    if (!strcmp(l->target, target))
        return;
    touch_key(all, l->target, &(touch){.why = "retired"});
    touch_key(all, target, &(touch){.why = "table"});
    snprintf(l->target, sizeof l->target, "%s", target);
}

size_t touched_count(const touched *all)
{
    return json_object_size(all->keys);
}

static int emit_one(tb_feed *feed, const char *key, const json_t *what)
{
    const char *at = strrchr(key, '@');
    json_int_t transaction = sitoo_number(what, "transaction");
    json_t *body = json_pack("{s:s%, s:s, s:s}", "sku", key, (size_t)(at - key), "source", at + 1, "why",
                             sitoo_field(what, "why"));
    tb_record *record = tb_record_new(RECORD_TYPE, key, body);
    if (!record)
        return -1;
    tb_record_set_group(record, at + 1);
    if (transaction) {
        SITOO_TEXT id = {0};
        sitoo_printf(&id, "t%lld/%s", (long long)transaction, key);
        tb_record_set_id(record, sitoo_str(&id));
    }
    if (sitoo_number(what, "changed"))
        tb_record_set_changed(record, sitoo_number(what, "changed"));
    if (json_is_true(json_object_get(what, "urgent")))
        tb_record_set_urgent(record);
    return tb_feed_add(feed, record, NULL);
}

int touched_emit(touched *all, tb_ctx *ctx, tb_feed *feed)
{
    const char *key;
    json_t *what;
    int bad = 0;
    (void)ctx;
    json_object_foreach(all->keys, key, what)
    {
        if (strchr(key, '@'))
            bad |= emit_one(feed, key, what);
    }
    touched_free(all);
    return bad;
}

void touched_free(touched *all)
{
    json_decref(all->keys);
    all->keys = NULL;
}
