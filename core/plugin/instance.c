/* SPDX-License-Identifier: Apache-2.0 */
/* Instances: zeroed memory with the parameters filled in from the settings of one use. Each setting is judged
 * against the plugin's parameter table; what is wrong is told with the setting's place, all in one go. */
#include "core/plugin/plugin.h"

#include <string.h>

static const tb_param *param_find(const plugin *p, const char *name)
{
    for (const tb_param *x = p->api.params; x && x->name; x++) {
        if (!strcmp(x->name, name))
            return x;
    }
    return NULL;
}

/* The core's own keys; a plugin may declare them too, and gets them then. */
static bool is_core_key(const config_use *use, const char *name)
{
    static const char *const keys[] = {"connection", "stream", "every", "events", "batch"};
    if (!strcmp(name, "plugin"))
        return true;
    for (size_t i = 0; i < (use->batch ? 5 : 1); i++) { /* only sources have a batch */
        if (!strcmp(keys[i], name))
            return true;
    }
    return false;
}

static void find_unknown(const plugin_instance *i, const config_setting *s, config_findings *f)
{
    const char *names[256];
    int n = 0;
    for (const tb_param *x = i->plugin->api.params; x && x->name && n < 256; x++)
        names[n++] = x->name;
    const char *near = config_nearest(s->name, names, n);
    if (near)
        config_find(f, s->where, "plugin \"%s\" has no parameter \"%s\": did you mean \"%s\"?",
                    i->plugin->name, s->name, near);
    else
        config_find(f, s->where, "plugin \"%s\" has no parameter \"%s\"", i->plugin->name, s->name);
}

static const char *quoting_fault(const tb_param *p, const config_setting *s)
{
    if (p->type == TB_INT && s->quoted)
        return "wants a whole number without quotes";
    if (p->type == TB_BOOL && (s->quoted || (strcmp(s->text, "true") && strcmp(s->text, "false"))))
        return "wants true or false without quotes";
    if (p->type != TB_INT && p->type != TB_BOOL && p->type != TB_QUANTITY && !s->quoted)
        return "wants a string in quotes";
    return NULL;
}

static void find_table(const tb_param *p, const config_setting *s, const config *c, config_findings *f)
{
    const char *names[64];
    int n = 0;
    if (config_table_find(c, s->text))
        return;
    for (; n < c->tables_n && n < 64; n++)
        names[n] = c->tables[n].name;
    const char *near = config_nearest(s->text, names, n);
    if (near)
        config_find(f, s->where, "%s: there is no table \"%s\": did you mean \"%s\"?", p->name, s->text,
                    near);
    else
        config_find(f, s->where, "%s: there is no table \"%s\" in tables", p->name, s->text);
}

static void set_param(plugin_instance *i, const tb_param *p, const config_setting *s, const config *c,
                      config_findings *f)
{
    char why[160] = "";
    const char *fault = quoting_fault(p, s);
    if (fault)
        config_find(f, s->where, "%s %s", p->name, fault);
    else if ((p->flags & TB_SECRET) && !s->referenced)
        config_find(f, s->where, "%s is secret: give it as ${env:NAME}, ${file:/path} or ${credential:name}",
                    p->name);
    else if (tbh_param_set(p, i->self, s->text, &i->owned, why, sizeof why))
        config_find(f, s->where, "%s %s", p->name, why);
    else if (p->type == TB_TABLE)
        find_table(p, s, c, f);
}

static const config_setting *setting_of(const config_use *use, const char *name)
{
    for (int i = 0; i < use->settings_n; i++) {
        if (!strcmp(use->settings[i].name, name))
            return &use->settings[i];
    }
    return NULL;
}

/* What the file does not set: a default, or a finding where one is wanted. */
static void set_missing(plugin_instance *i, const tb_param *p, const config *c, config_findings *f)
{
    char why[160] = "";
    if (p->flags & TB_REQUIRED)
        config_find(f, i->use->where, "plugin \"%s\" needs \"%s\": %s", i->plugin->name, p->name, p->help);
    else if (p->fallback && tbh_param_set(p, i->self, NULL, &i->owned, why, sizeof why))
        config_find(f, i->use->where, "%s %s", p->name, why);
    else if (p->fallback && p->type == TB_TABLE)
        find_table(p, &(config_setting){.text = (char *)(uintptr_t)p->fallback, .where = i->use->where}, c,
                   f);
}

int plugin_instance_init(plugin_instance *i, const plugin *of, const config_use *use, const config *c,
                         config_findings *findings)
{
    int before = findings->n;
    *i = (plugin_instance){.plugin = of, .use = use};
    i->self = calloc(1, of->api.self_size ? of->api.self_size : 1);
    if (!i->self) {
        config_find(findings, use->where, "out of memory");
        return -1;
    }
    for (int k = 0; k < use->settings_n; k++) {
        const config_setting *s = &use->settings[k];
        const tb_param *p = param_find(of, s->name);
        if (p)
            set_param(i, p, s, c, findings);
        else if (!is_core_key(use, s->name))
            find_unknown(i, s, findings);
    }
    for (const tb_param *p = of->api.params; p && p->name; p++) {
        if (!setting_of(use, p->name))
            set_missing(i, p, c, findings);
    }
    return findings->n == before ? 0 : -1;
}

void plugin_instance_free(plugin_instance *i)
{
    tbh_owned_free(i->owned);
    free(i->self);
    *i = (plugin_instance){0};
}
