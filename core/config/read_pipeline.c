/* SPDX-License-Identifier: Apache-2.0 */
/* Pipelines and the plugins they use. Of a use only a few keys are the core's; the rest are parameters, which
 * the plugin's own table judges once it is loaded, so they are kept as texts with their places. */
#include "core/config/keys.h"

#include <string.h>

#include "core/sdk/host.h"

static int element_count(config_reader *r, const config_setting_t *list, const char *name)
{
    if (config_setting_is_list(list))
        return config_setting_length(list);
    config_find(r->f, reader_where(r, list), "%s wants a list of groups: %s = ( { ... } )", name, name);
    return 0;
}

/* ---- settings of a use ---- */

static void keep_setting(config_reader *r, config_use *use, const config_setting_t *setting)
{
    config_setting *s = &use->settings[use->settings_n];
    s->where = reader_where(r, setting);
    s->quoted = true;
    s->text = reader_is_words(setting) ? reader_words(r, setting)
                                       : reader_keep(r, setting, reader_text(r, setting, &s->quoted));
    if (!s->text || !(s->name = reader_copy(r, config_setting_name(setting))))
        return;
    s->referenced = secret_reference(r->c, s->text) != NULL;
    use->settings_n++;
}

static const config_setting *setting_of(const config_use *use, const char *name)
{
    for (int i = 0; i < use->settings_n; i++) {
        if (!strcmp(use->settings[i].name, name))
            return &use->settings[i];
    }
    return NULL;
}

/* A finding about a key of the core: what it wants, and what stands there as it was written. */
static void find_wants(config_reader *r, const config_setting *s, const char *wants)
{
    const char *mark = s->quoted ? "\"" : "";
    config_find(r->f, s->where, "%s wants %s, not %s%s%s", s->name, wants, mark, s->text, mark);
}

static char *name_of(config_reader *r, const config_use *use, const char *key)
{
    const config_setting *s = setting_of(use, key);
    if (!s)
        return NULL;
    if (!s->quoted || !config_name_fine(s->text)) {
        find_wants(r, s, "a name of a-z, 0-9 and '-', at most 32");
        return NULL;
    }
    return reader_copy(r, s->text);
}

static void read_every(config_reader *r, config_use *use)
{
    const config_setting *s = setting_of(use, "every");
    if (s && (!s->quoted || tbh_parse_duration(s->text, &use->every)))
        find_wants(r, s, "a duration such as \"15s\"");
}

static void read_events(config_reader *r, config_use *use)
{
    const config_setting *s = setting_of(use, "events");
    use->events = s && !strcmp(s->text, "true");
    if (s && (s->quoted || (!use->events && strcmp(s->text, "false"))))
        find_wants(r, s, "true or false");
}

static void read_batch(config_reader *r, config_use *use)
{
    const config_setting *s = setting_of(use, "batch");
    char *end = NULL;
    long n = s ? strtol(s->text, &end, 10) : 500;
    if (s && (s->quoted || *end || n < 1 || n > 10000))
        find_wants(r, s, "1 to 10000");
    use->batch = (int)n;
}

/* Records taken from emission: no plugin, and nothing else to say. */
static void read_emission(config_reader *r, config_use *use, const config_setting *s)
{
    if (use->settings_n > 1)
        config_find(r->f, use->where, "a source of emitted records has no key but \"records\"");
    if (!*s->text || !s->quoted)
        config_find(r->f, s->where, "records wants a list of record types: ( \"stock.level\" )");
    use->records = reader_copy(r, s->text);
}

static void read_source(config_reader *r, config_use *use)
{
    const config_setting *records = setting_of(use, "records");
    if (records && !use->plugin) {
        read_emission(r, use, records);
        return;
    }
    use->stream = name_of(r, use, "stream");
    read_every(r, use);
    read_events(r, use);
    read_batch(r, use);
}

static void read_use(config_reader *r, const config_setting_t *group, config_use *use, const char *what)
{
    use->where = reader_where(r, group);
    if (!config_setting_is_group(group)) {
        config_find(r->f, use->where, "%s wants groups: ( { plugin = \"...\"; } )", what);
        return;
    }
    int n = config_setting_length(group);
    use->settings = reader_alloc(r, (size_t)n + 1, sizeof *use->settings);
    if (!use->settings)
        return;
    for (int i = 0; i < n; i++) {
        const config_setting_t *child = config_setting_get_elem(group, (unsigned)i);
        keep_setting(r, use, child);
    }
    use->plugin = name_of(r, use, "plugin");
    use->connection = name_of(r, use, "connection");
    bool source = !strcmp(what, "sources");
    if (!setting_of(use, "plugin") && !(source && setting_of(use, "records")))
        config_find(r->f, use->where, "an entry of %s lacks \"plugin\"", what);
    if (source)
        read_source(r, use);
}

static void read_uses(config_reader *r, const config_setting_t *list, config_use **uses, int *uses_n,
                      const char *what)
{
    int n = element_count(r, list, what);
    *uses = reader_alloc(r, (size_t)n, sizeof **uses);
    for (int i = 0; *uses && i < n; i++)
        read_use(r, config_setting_get_elem(list, (unsigned)i), &(*uses)[(*uses_n)++], what);
}

void reader_sources(config_reader *r, const config_setting_t *list, void *target)
{
    config_pipeline *p = target;
    read_uses(r, list, &p->sources, &p->sources_n, "sources");
    if (!p->sources_n && config_setting_is_list(list))
        config_find(r->f, reader_where(r, list), "sources is empty: a pipeline needs one");
}

void reader_transforms(config_reader *r, const config_setting_t *list, void *target)
{
    config_pipeline *p = target;
    read_uses(r, list, &p->transforms, &p->transforms_n, "transforms");
}

void reader_sinks(config_reader *r, const config_setting_t *list, void *target)
{
    config_pipeline *p = target;
    read_uses(r, list, &p->sinks, &p->sinks_n, "sinks");
    if (!p->sinks_n && config_setting_is_list(list))
        config_find(r->f, reader_where(r, list), "sinks is empty: a pipeline needs one");
}

/* ---- pipelines ---- */

static void read_pipeline(config_reader *r, const config_setting_t *group, config_pipeline *p)
{
    p->where = reader_where(r, group);
    if (!config_setting_is_group(group)) {
        config_find(r->f, p->where, "pipelines wants groups: ( { name = \"...\"; ... } )");
        return;
    }
    const char *name = NULL;
    char what[64] = "a pipeline";
    if (config_setting_lookup_string(group, "name", &name))
        snprintf(what, sizeof what, "pipeline \"%.40s\"", name);
    reader_group(r, group, config_pipeline_keys, p, what);
    if (!p->keep)
        p->keep = (p->latest ? 2 : 90) * INT64_C(86400000);
}

void reader_pipelines(config_reader *r, const config_setting_t *list, void *target)
{
    config *c = target;
    int n = element_count(r, list, "pipelines");
    c->pipelines = reader_alloc(r, (size_t)n, sizeof *c->pipelines);
    for (int i = 0; c->pipelines && i < n; i++)
        read_pipeline(r, config_setting_get_elem(list, (unsigned)i), &c->pipelines[c->pipelines_n++]);
}
