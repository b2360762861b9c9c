/* SPDX-License-Identifier: Apache-2.0 */
/* The plan: the configuration with its plugins opened and its tables read, judged as a whole. Everything that
 * can be wrong is told in one go, so judging goes on after a finding wherever it can. */
#include "core/engine/plan_inner.h"

#include <errno.h>
#include <string.h>

#include "core/base/hash.h"

enum { MOST_TABLE = 256 << 20 };

/* ---- life ---- */

plan *plan_ref(plan *p)
{
    __atomic_add_fetch(&p->refs, 1, __ATOMIC_RELAXED);
    return p;
}

void plan_unref(plan *p)
{
    if (!p || __atomic_sub_fetch(&p->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    for (int i = 0; i < p->pipelines_n; i++) {
        free(p->pipelines[i].sources);
        free(p->pipelines[i].transforms);
        free(p->pipelines[i].sinks);
        free(p->pipelines[i].operations);
    }
    for (int i = 0; i < p->tables_n; i++)
        free(p->tables[i].content);
    free(p->pipelines);
    free(p->tables);
    config_unref(p->config);
    free(p);
}

/* ---- tables ---- */

static int read_file(const char *path, buffer *b)
{
    FILE *in = fopen(path, "re");
    if (!in)
        return -1;
    char part[16384];
    size_t n;
    while ((n = fread(part, 1, sizeof part, in)) > 0 && b->size <= MOST_TABLE)
        buffer_add(b, part, n);
    int bad = ferror(in) ? errno : b->size > MOST_TABLE ? EFBIG : b->failed ? ENOMEM : 0;
    fclose(in);
    errno = bad;
    return bad ? -1 : 0;
}

static void read_table(plan_builder *b, plan_table *t, const config_table *from)
{
    CLEANUP_BUFFER buffer content = {0};
    char why[160] = "";
    t->config = from;
    if (read_file(from->path, &content)) {
        config_find(b->f, from->where, "table \"%s\": cannot read %s: %s", from->name, from->path,
                    strerror(errno));
        return;
    }
    t->size = content.size;
    hash_sha256_hex(buffer_text(&content), content.size, t->hash);
    t->content = buffer_take(&content);
    tb_table *parsed = t->content ? tbh_table_new(t->content, t->size, 1, why, sizeof why) : NULL;
    if (!parsed)
        config_find(b->f, from->where, "table \"%s\": %s: %s", from->name, from->path, why);
    b->parsed[t - b->p->tables] = parsed;
}

static int read_tables(plan_builder *b)
{
    config *c = b->p->config;
    b->p->tables = calloc((size_t)c->tables_n + 1, sizeof *b->p->tables);
    b->parsed = calloc((size_t)c->tables_n + 1, sizeof *b->parsed);
    if (!b->p->tables || !b->parsed)
        return -1;
    b->p->tables_n = c->tables_n;
    for (int i = 0; i < c->tables_n; i++)
        read_table(b, &b->p->tables[i], &c->tables[i]);
    return 0;
}

/* ---- plugins ---- */

static const char *const role_names[] = {"source", "transform", "sink"};

static bool has_role(const plugin *p, plan_role role)
{
    const void *tables[] = {p->api.source, p->api.transform, p->api.sink};
    return tables[role] != NULL;
}

static void open_use(plan_builder *b, plan_use *u, const config_use *use, plan_role role)
{
    error e = {""};
    u->use = use;
    u->connection = use->connection ? config_connection_find(b->p->config, use->connection) : NULL;
    b->lacking = b->lacking || (!use->plugin && !use->records);
    if (!use->plugin)
        return;
    const plugin *found = plugins_get(b->plugins, use->plugin, &e);
    bool fits = found && has_role(found, role);
    if (!found)
        config_find(b->f, use->where, "%s", e.text);
    else if (!fits)
        config_find(b->f, use->where, "plugin \"%s\" is no %s", use->plugin, role_names[role]);
    u->plugin = fits ? found : NULL;
    b->lacking = b->lacking || !fits;
    if (fits)
        plan_check_use(b, u);
}

static plan_use *open_uses(plan_builder *b, const config_use *uses, int n, plan_role role)
{
    plan_use *all = calloc((size_t)n + 1, sizeof *all);
    for (int i = 0; all && i < n; i++)
        open_use(b, &all[i], &uses[i], role);
    return all;
}

static int count_operations(const plan_pipeline *p)
{
    int n = 0;
    for (int i = 0; i < p->config->sinks_n; i++) {
        for (const tb_operation *o = plan_operations_of(&p->sinks[i]); o && o->name; o++)
            n++;
    }
    return n;
}

static int list_operations(plan_pipeline *p)
{
    p->operations = calloc((size_t)count_operations(p) + 1, sizeof *p->operations);
    for (int i = 0; p->operations && i < p->config->sinks_n; i++) {
        for (const tb_operation *o = plan_operations_of(&p->sinks[i]); o && o->name; o++)
            p->operations[p->operations_n++] = (plan_operation){o, i};
    }
    return p->operations ? 0 : -1;
}

static int open_pipeline(plan_builder *b, plan_pipeline *p, const config_pipeline *c)
{
    p->config = c;
    b->pipeline = c->name;
    p->sources = open_uses(b, c->sources, c->sources_n, PLAN_SOURCE);
    p->transforms = open_uses(b, c->transforms, c->transforms_n, PLAN_TRANSFORM);
    p->sinks = open_uses(b, c->sinks, c->sinks_n, PLAN_SINK);
    return p->sources && p->transforms && p->sinks ? list_operations(p) : -1;
}

static int open_pipelines(plan_builder *b)
{
    const config *c = b->p->config;
    b->p->pipelines = calloc((size_t)c->pipelines_n + 1, sizeof *b->p->pipelines);
    for (int i = 0; b->p->pipelines && i < c->pipelines_n; i++) {
        b->p->pipelines_n++;
        if (open_pipeline(b, &b->p->pipelines[i], &c->pipelines[i]))
            return -1;
    }
    return b->p->pipelines ? 0 : -1;
}

/* ---- building ---- */

static void build(plan_builder *b)
{
    if (read_tables(b) || open_pipelines(b))
        config_find(b->f, (config_where){NULL, 0}, "out of memory");
    else
        plan_judge(b->p, b->lacking, b->f);
    for (int i = 0; b->parsed && i < b->p->tables_n; i++)
        tbh_table_unref(b->parsed[i]);
    free(b->parsed);
}

plan *plan_build(const char *path, plugins *all, config_findings *findings)
{
    int before = findings->n;
    config *c = config_load(path, findings);
    plan *p = c ? calloc(1, sizeof *p) : NULL;
    if (!p) {
        config_unref(c);
        return NULL;
    }
    p->refs = 1;
    p->config = c;
    plan_builder b = {.p = p, .plugins = all, .f = findings};
    build(&b);
    if (findings->n == before)
        return p;
    plan_unref(p);
    return NULL;
}
