/* SPDX-License-Identifier: Apache-2.0 */
/* What no single plugin can know: which sink an operation goes to, whose truth it would set, who takes what
 * is emitted. The types that reach a sink are followed through the pipeline, so that an operation which no
 * record of the pipeline can ask for is not held against it. */
#include "core/engine/plan_inner.h"

#include <string.h>

const tb_operation *plan_operations_of(const plan_use *u)
{
    return u->plugin && u->plugin->api.sink ? u->plugin->api.operations : NULL;
}

bool plan_word_in(const char *words, const char *type)
{
    size_t n = strlen(type);
    for (const char *at = words ? words : ""; *at;) {
        size_t size = strcspn(at, " ");
        if (size == n && !strncmp(at, type, n))
            return true;
        at += size + (at[size] == ' ');
    }
    return false;
}

bool plan_takes(const plan_pipeline *p, const char *type)
{
    for (int i = 0; i < p->config->sources_n; i++) {
        if (plan_word_in(p->config->sources[i].records, type))
            return true;
    }
    return false;
}

static const char *writes_of(const plan_use *u)
{
    return u->plugin ? u->plugin->api.writes : NULL;
}

typedef struct {
    const plan *p;
    const plan_pipeline *pipeline;
    const plan_use *use;
    int index; /* of the use among transforms; transforms_n and more: a sink */
    config_findings *f;
} judging;

/* Calls `each` for every word; the word lives for that call. */
static void each_word(const char *words, judging *j, void (*each)(judging *j, const char *word))
{
    char word[128];
    for (const char *at = words ? words : ""; *at;) {
        size_t n = strcspn(at, " ");
        if (n && n < sizeof word) {
            memcpy(word, at, n);
            word[n] = '\0';
            each(j, word);
        }
        at += n + (at[n] == ' ');
    }
}

/* ---- operations ---- */

/* Whether records of that type can come to the pipeline's sinks. */
static bool type_reaches(const plan_pipeline *p, const char *type)
{
    for (int i = 0; i < p->config->sources_n; i++) {
        if (plan_word_in(p->sources[i].use->records, type) || plan_word_in(writes_of(&p->sources[i]), type))
            return true;
    }
    for (int i = 0; i < p->config->transforms_n; i++) {
        if (plan_word_in(writes_of(&p->transforms[i]), type))
            return true;
    }
    return false;
}

static void judge_twins(const plan_pipeline *p, config_findings *f)
{
    for (int i = 0; i < p->operations_n; i++) {
        for (int k = 0; k < i; k++) {
            const plan_operation *a = &p->operations[k], *b = &p->operations[i];
            if (a->sink != b->sink && !strcmp(a->operation->name, b->operation->name))
                config_find(f, p->sinks[b->sink].use->where,
                            "pipeline \"%s\": operation %s is declared by two sinks, \"%s\" and \"%s\"",
                            p->config->name, b->operation->name, p->sinks[a->sink].use->plugin,
                            p->sinks[b->sink].use->plugin);
        }
    }
}

static void judge_authority(const plan *whole, const plan_pipeline *p, config_findings *f)
{
    for (int i = 0; i < p->operations_n; i++) {
        const tb_operation *o = p->operations[i].operation;
        const config_use *use = p->sinks[p->operations[i].sink].use;
        const char *owner = o->sets ? config_authority_of(whole->config, o->sets) : NULL;
        if (owner && use->connection && !strcmp(owner, use->connection) && type_reaches(p, o->takes))
            config_find(
                f, use->where,
                "sink \"%s\" would set %s (operation %s) at connection \"%s\", which owns it by authority",
                use->plugin, o->sets, o->name, owner);
    }
}

static void judge_sinks(const plan_pipeline *p, config_findings *f)
{
    for (int i = 0; i < p->config->sinks_n; i++) {
        bool reached = !p->sinks[i].plugin;
        for (const tb_operation *o = plan_operations_of(&p->sinks[i]); o && o->name; o++)
            reached = reached || type_reaches(p, o->takes);
        if (!reached && p->sinks[i].plugin->api.sink)
            config_find(f, p->sinks[i].use->where,
                        "sink \"%s\" takes no record type that pipeline \"%s\" makes",
                        p->sinks[i].use->plugin, p->config->name);
    }
}

/* ---- sources ---- */

static void judge_source(const plan_use *u, config_findings *f)
{
    const tb_source *s = u->plugin ? u->plugin->api.source : NULL;
    if (!s)
        return;
    if (u->use->events && (!s->receive || !u->plugin->api.webhook))
        config_find(f, u->use->where, "plugin \"%s\" takes no events", u->use->plugin);
    const tb_webhook *w = u->plugin->api.webhook;
    const config_connection *c = u->connection;
    if (u->use->events && w && c && (w->auth == TB_WEBHOOK_SIGNED ? !c->webhook_keys : !c->webhook_user))
        config_find(f, u->use->where,
                    "the events of plugin \"%s\" need webhook = { %s } at connection \"%s\"", u->use->plugin,
                    w->auth == TB_WEBHOOK_SIGNED ? "public-keys" : "user, password", c->name);
    if (u->use->every && !s->read)
        config_find(f, u->use->where, "plugin \"%s\" cannot be polled: leave out \"every\"", u->use->plugin);
}

/* ---- emission ---- */

/* Whether somebody in the pipeline behind transform `index` takes the type: what a transform reads and writes
 * goes on there. A type that it does not read it can only emit, because a record keeps its type. */
static bool taken_inside(const plan_pipeline *p, int index, const char *type)
{
    for (int i = index; i < p->config->transforms_n; i++) {
        if (p->transforms[i].plugin && plan_word_in(p->transforms[i].plugin->api.reads, type))
            return true;
    }
    for (int i = 0; i < p->operations_n && index < p->config->transforms_n; i++) {
        if (!strcmp(p->operations[i].operation->takes, type))
            return true;
    }
    return false;
}

static bool is_ignored(const config_pipeline *c, const char *type)
{
    for (int i = 0; i < c->ignore_n; i++) {
        if (!strcmp(c->ignore[i], type))
            return true;
    }
    return false;
}

static void judge_emitted(judging *j, const char *type)
{
    bool passed_on = taken_inside(j->pipeline, j->index, type) &&
                     (j->index >= j->pipeline->config->transforms_n ||
                      (j->use->plugin && plan_word_in(j->use->plugin->api.reads, type)));
    if (is_ignored(j->pipeline->config, type) || passed_on)
        return;
    for (int i = 0; i < j->p->pipelines_n; i++) {
        if (plan_takes(&j->p->pipelines[i], type))
            return;
    }
    config_find(
        j->f, j->use->use->where,
        "plugin \"%s\" may emit %s and no pipeline takes it: add a source with records = ( \"%s\" ), or list "
        "it in ignore",
        j->use->use->plugin, type, type);
}

static void judge_emission(judging *j)
{
    const config_pipeline *c = j->pipeline->config;
    for (j->index = 0; j->index < c->transforms_n + c->sinks_n; j->index++) {
        bool sink = j->index >= c->transforms_n;
        j->use = sink ? &j->pipeline->sinks[j->index - c->transforms_n] : &j->pipeline->transforms[j->index];
        each_word(writes_of(j->use), j, judge_emitted);
    }
}

/* Whether any plugin of pipeline p may make the type, by emission if `emitted`. */
static bool may_make(const plan_pipeline *p, const char *type, bool emitted)
{
    for (int i = 0; i < p->config->transforms_n; i++) {
        if (plan_word_in(writes_of(&p->transforms[i]), type) && !(emitted && taken_inside(p, i, type)))
            return true;
    }
    for (int i = 0; i < p->config->sinks_n; i++) {
        if (plan_word_in(writes_of(&p->sinks[i]), type))
            return true;
    }
    for (int i = 0; !emitted && i < p->config->sources_n; i++) {
        if (plan_word_in(writes_of(&p->sources[i]), type))
            return true;
    }
    return false;
}

static void judge_wanted(judging *j, const char *type)
{
    for (int i = 0; i < j->p->pipelines_n; i++) {
        if (may_make(&j->p->pipelines[i], type, false))
            return;
    }
    config_find(j->f, j->use->use->where, "no plugin of any pipeline emits %s", type);
}

static void judge_wants(judging *j)
{
    for (int i = 0; i < j->pipeline->config->sources_n; i++) {
        j->use = &j->pipeline->sources[i];
        each_word(j->use->use->records, j, judge_wanted);
    }
}

/* ---- cycles ---- */

static bool feeds(const plan_pipeline *from, const plan_pipeline *to)
{
    for (int i = 0; i < to->config->sources_n; i++) {
        char word[128];
        for (const char *at = to->config->sources[i].records; at && *at;) {
            size_t n = strcspn(at, " ");
            snprintf(word, sizeof word, "%.*s", (int)n, at);
            if (n && may_make(from, word, true))
                return true;
            at += n + (at[n] == ' ');
        }
    }
    return false;
}

/* Depth first; `path` holds 1 while a pipeline is on the way, 2 when it is done. */
static bool has_cycle(const plan *p, int at, char *path)
{
    if (path[at])
        return path[at] == 1;
    path[at] = 1;
    for (int i = 0; i < p->pipelines_n; i++) {
        if (feeds(&p->pipelines[at], &p->pipelines[i]) && has_cycle(p, i, path))
            return true;
    }
    path[at] = 2;
    return false;
}

static void judge_cycles(const plan *p, config_findings *f)
{
    CLEANUP_FREE char *path = calloc((size_t)p->pipelines_n + 1, 1);
    for (int i = 0; path && i < p->pipelines_n; i++) {
        if (!has_cycle(p, i, path))
            continue;
        config_find(f, p->pipelines[i].config->where,
                    "pipeline \"%s\": what is emitted comes back in a circle", p->pipelines[i].config->name);
        return;
    }
}

/* ---- namespaces ---- */

static const plan_use *use_at(const plan_pipeline *p, int i)
{
    int sources = p->config->sources_n, transforms = p->config->transforms_n;
    if (i < sources)
        return &p->sources[i];
    i -= sources;
    if (i < transforms)
        return &p->transforms[i];
    i -= transforms;
    return i < p->config->sinks_n ? &p->sinks[i] : NULL;
}

static const char *shared_namespace(const plugin *a, const plugin *b)
{
    for (const char *const *x = a->api.namespaces; x && *x; x++) {
        for (const char *const *y = b->api.namespaces; y && *y; y++) {
            if (!strcmp(*x, *y))
                return *x;
        }
    }
    return NULL;
}

static void judge_namespaces(const plan_pipeline *p, config_findings *f)
{
    const plan_use *a, *b;
    for (int i = 0; (b = use_at(p, i)); i++) {
        for (int k = 0; k < i && (a = use_at(p, k)); k++) {
            const char *name = a->plugin && b->plugin && a->plugin != b->plugin
                                   ? shared_namespace(a->plugin, b->plugin)
                                   : NULL;
            if (name)
                config_find(f, b->use->where,
                            "plugins \"%s\" and \"%s\" both keep state in \"%s\": not in one pipeline",
                            a->use->plugin, b->use->plugin, name);
        }
    }
}

static void judge_types(const plan *p, const plan_pipeline *x, config_findings *f)
{
    judging j = {p, x, NULL, 0, f};
    judge_authority(p, x, f);
    judge_sinks(x, f);
    judge_emission(&j);
    judge_wants(&j);
}

void plan_judge(const plan *p, bool lacking, config_findings *f)
{
    for (int i = 0; i < p->pipelines_n; i++) {
        const plan_pipeline *x = &p->pipelines[i];
        for (int k = 0; k < x->config->sources_n; k++)
            judge_source(&x->sources[k], f);
        if (!x->config->name)
            continue;
        judge_twins(x, f);
        judge_namespaces(x, f);
        if (!lacking)
            judge_types(p, x, f);
    }
    if (!lacking)
        judge_cycles(p, f);
}
