/* SPDX-License-Identifier: Apache-2.0 */
/* A descriptor is judged before any of it is used: the host will write into instances by its offsets, so a
 * parameter table that lies would write elsewhere. Each rule has one sentence, naming the entry that breaks
 * it. */
#include "core/plugin/judge.h"

#include <stdalign.h>
#include <string.h>

enum { MOST_ENTRIES = 256, MOST_SELF = 16 << 20 };

typedef struct {
    const tb_plugin *api;
    const char *path;
    error *e;
} judge;

static bool name_fine(const char *name)
{
    return name && config_name_fine(name);
}

static bool said(const char *text)
{
    return text && *text;
}

/* ---- parameters ---- */

static const struct {
    size_t size, align;
} fields[] = {
    [TB_STRING] = {sizeof(char *), alignof(char *)},     [TB_INT] = {sizeof(int64_t), alignof(int64_t)},
    [TB_BOOL] = {sizeof(bool), alignof(bool)},           [TB_DURATION] = {sizeof(int64_t), alignof(int64_t)},
    [TB_BYTES] = {sizeof(int64_t), alignof(int64_t)},    [TB_TIME] = {sizeof(int64_t), alignof(int64_t)},
    [TB_TABLE] = {sizeof(char *), alignof(char *)},      [TB_CHOICE] = {sizeof(int), alignof(int)},
    [TB_QUANTITY] = {sizeof(int64_t), alignof(int64_t)},
};

static int judge_fallback(const judge *j, const tb_param *p)
{
    char why[160] = "";
    tb_owned *owned = NULL;
    if (!p->fallback)
        return 0;
    void *self = calloc(1, j->api->self_size);
    int bad = !self || tbh_param_set(p, self, p->fallback, &owned, why, sizeof why);
    tbh_owned_free(owned);
    free(self);
    return bad ? error_set(j->e, "%s: parameter %s: its default %s", j->path, p->name, why) : 0;
}

static int judge_param(const judge *j, int i)
{
    const tb_param *p = &j->api->params[i];
    if (!name_fine(p->name))
        return error_set(j->e, "%s: parameter %d has no proper name", j->path, i + 1);
    for (int k = 0; k < i; k++) {
        if (!strcmp(j->api->params[k].name, p->name))
            return error_set(j->e, "%s: parameter %s stands there twice", j->path, p->name);
    }
    if ((int)p->type < TB_STRING || p->type > TB_QUANTITY)
        return error_set(j->e, "%s: parameter %s has an unknown type (%d)", j->path, p->name, (int)p->type);
    if (p->offset % fields[p->type].align || p->offset > j->api->self_size ||
        fields[p->type].size > j->api->self_size - p->offset)
        return error_set(j->e, "%s: parameter %s lies outside the instance (offset %zu of %u)", j->path,
                         p->name, p->offset, j->api->self_size);
    if (p->type == TB_CHOICE && !said(p->choices))
        return error_set(j->e, "%s: parameter %s has no choices", j->path, p->name);
    if (p->least > p->most)
        return error_set(j->e, "%s: parameter %s has a range that is empty", j->path, p->name);
    if (!said(p->help))
        return error_set(j->e, "%s: parameter %s has no help", j->path, p->name);
    return judge_fallback(j, p);
}

static bool param_ends(const tb_param *p)
{
    return !p->name && !p->type && !p->help;
}

static int judge_params(const judge *j)
{
    for (int i = 0; j->api->params && !param_ends(&j->api->params[i]); i++) {
        if (i == MOST_ENTRIES)
            return error_set(j->e, "%s: its parameter table has no end", j->path);
        if (judge_param(j, i))
            return -1;
    }
    return 0;
}

/* ---- operations, reasons, namespaces ---- */

static int judge_operations(const judge *j)
{
    const tb_operation *all = j->api->operations;
    for (int i = 0; all && all[i].name; i++) {
        const tb_operation *o = &all[i];
        if (i == MOST_ENTRIES)
            return error_set(j->e, "%s: its table of operations has no end", j->path);
        if (!said(o->name) || !said(o->takes) || (o->effect != TB_IDEMPOTENT && o->effect != TB_CREATE))
            return error_set(j->e, "%s: operation %d lacks its name, effect or record type", j->path, i + 1);
        for (int k = 0; k < i; k++) {
            if (!strcmp(all[k].name, o->name))
                return error_set(j->e, "%s: operation %s stands there twice", j->path, o->name);
        }
    }
    return 0;
}

static int judge_reasons(const judge *j)
{
    const tb_reason *all = j->api->reasons;
    for (int i = 0; all && all[i].code; i++) {
        if (i == MOST_ENTRIES)
            return error_set(j->e, "%s: its table of reasons has no end", j->path);
        if (!said(all[i].code) || !said(all[i].title) || !said(all[i].remedy))
            return error_set(j->e, "%s: reason %d lacks its code, title or remedy", j->path, i + 1);
        for (int k = 0; k < i; k++) {
            if (!strcmp(all[k].code, all[i].code))
                return error_set(j->e, "%s: reason %s stands there twice", j->path, all[i].code);
        }
    }
    return 0;
}

static int judge_namespaces(const judge *j)
{
    const char *const *all = j->api->namespaces;
    for (int i = 0; all && all[i]; i++) {
        if (i == MOST_ENTRIES)
            return error_set(j->e, "%s: its list of namespaces has no end", j->path);
        if (!name_fine(all[i]))
            return error_set(j->e, "%s: namespace %d has no proper name", j->path, i + 1);
        for (int k = 0; k < i; k++) {
            if (!strcmp(all[k], all[i]))
                return error_set(j->e, "%s: namespace %s stands there twice", j->path, all[i]);
        }
    }
    return 0;
}

/* ---- webhook, roles ---- */

static int judge_webhook(const judge *j)
{
    const tb_webhook *w = j->api->webhook;
    if (!w)
        return 0;
    const int codes[] = {w->stored, w->duplicate, w->busy, w->denied, w->malformed, w->too_large};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (codes[i] < 200 || codes[i] > 599)
            return error_set(j->e, "%s: its webhook policy answers with %d", j->path, codes[i]);
    }
    bool named =
        w->auth == TB_WEBHOOK_BASIC || (w->auth == TB_WEBHOOK_SIGNED && w->signatures && *w->signatures);
    if (!named || w->body_limit < 1)
        return error_set(j->e, "%s: its webhook policy lacks the kind of credentials or the body limit",
                         j->path);
    if (!j->api->source || !j->api->source->receive)
        return error_set(j->e, "%s: has a webhook policy but no receive", j->path);
    return 0;
}

static int judge_roles(const judge *j)
{
    const tb_plugin *api = j->api;
    bool operations = api->operations && api->operations[0].name;
    if (!api->source && !api->transform && !api->sink)
        return error_set(j->e, "%s: has no role (source, transform or sink)", j->path);
    if (api->transform && !api->transform->apply)
        return error_set(j->e, "%s: is a transform without apply", j->path);
    if (api->sink && !api->sink->deliver)
        return error_set(j->e, "%s: is a sink without deliver", j->path);
    if (!api->sink != !operations)
        return error_set(
            j->e, operations ? "%s: declares operations but is no sink" : "%s: is a sink without operations",
            j->path);
    return 0;
}

static int judge_head(const judge *j, const char *name)
{
    const tb_plugin *api = j->api;
    if (!name_fine(api->name))
        return error_set(j->e, "%s: has no proper name inside", j->path);
    if (strcmp(api->name, name))
        return error_set(j->e, "%s: calls itself %s: the file wants the same name", j->path, api->name);
    if (!said(api->version) || !said(api->summary))
        return error_set(j->e, "%s: lacks its version or summary", j->path);
    if (api->self_size > MOST_SELF)
        return error_set(j->e, "%s: an instance cannot be %u bytes", j->path, api->self_size);
    return 0;
}

int judge_descriptor(const tb_plugin *api, const char *name, const char *path, error *e)
{
    judge j = {api, path, e};
    if (judge_head(&j, name) || judge_params(&j) || judge_operations(&j) || judge_reasons(&j))
        return -1;
    return judge_namespaces(&j) || judge_webhook(&j) || judge_roles(&j) ? -1 : 0;
}
