/* SPDX-License-Identifier: Apache-2.0 */
/* Each setting is a key of its own: what one order shows is written whole, never added to, so two orders at
 * once cannot take anything from each other. */
#include "plugins/tax-normalizer/pin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void copy(char *out, const json_t *entry, const char *name)
{
    const char *text = json_string_value(json_object_get(entry, name));
    snprintf(out, PIN_TEXT, "%s", text ? text : "");
}

static void key_of(const pin_place *at, const char *setting, const char *more, char *out, size_t size)
{
    snprintf(out, size, "%s/%s%s", at->store, setting, more);
}

void pin_get(const pin_place *at, const char *setting, pin *out)
{
    size_t i;
    json_t *entry;
    *out = (pin){.version = 0};
    key_of(at, setting, "", out->key, sizeof out->key);
    out->version = tb_state_version(at->ctx, "tax", out->key);
    const char *text = tb_state_get(at->ctx, "tax", out->key);
    json_t *list = text ? json_loads(text, 0, NULL) : NULL;
    json_array_foreach(list, i, entry)
    {
        const char *from = json_string_value(json_object_get(entry, "from"));
        copy(out->latest, entry, "value");
        if (i && (!from || strcmp(from, at->created) > 0))
            continue;
        copy(out->value, entry, "value");
        copy(out->since, entry, "from");
        copy(out->order, entry, "order");
        copy(out->by, entry, "by");
    }
    json_decref(list);
}

/* Takes the value over. */
static int write_state(const pin_place *at, tb_record *record, const char *key, json_t *value, bool always)
{
    char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
    int bad = !text || (always ? tb_state_set_always(at->ctx, record, "tax", key, text)
                               : tb_state_set(at->ctx, record, "tax", key, text));
    free(text);
    json_decref(value);
    return bad ? -1 : 0;
}

int pin_set(const pin_place *at, tb_record *record, const char *setting, const char *value, const char *by)
{
    char key[80];
    key_of(at, setting, "", key, sizeof key);
    return write_state(
        at, record, key,
        json_pack("[{s:s, s:s, s:s, s:s}]", "value", value, "from", "", "order", at->number, "by", by),
        false);
}

/* An earlier order that showed the same keeps its place. */
static bool is_proposed(const pin_place *at, const char *key, const char *value)
{
    const char *text = tb_state_get(at->ctx, "tax", key);
    json_t *old = text ? json_loads(text, 0, NULL) : NULL;
    const char *of = json_string_value(json_object_get(old, "value"));
    const char *from = json_string_value(json_object_get(old, "from"));
    bool same = of && from && !strcmp(of, value) && strcmp(from, at->created) <= 0;
    json_decref(old);
    return same;
}

int pin_propose(const pin_place *at, tb_record *record, const char *setting, const char *value)
{
    char key[80];
    key_of(at, setting, "/proposed", key, sizeof key);
    if (is_proposed(at, key, value))
        return 0;
    return write_state(at, record, key,
                       json_pack("{s:s, s:s, s:s}", "value", value, "from", at->created, "order", at->number),
                       true);
}

int pin_depends(tb_record *record, const pin *p)
{
    char name[100];
    snprintf(name, sizeof name, "tax/%s", p->key);
    return tb_depends(record, "state", name, p->version);
}
