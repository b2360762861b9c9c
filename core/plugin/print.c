/* SPDX-License-Identifier: Apache-2.0 */
/* The facts of a plugin, for people and as JSON: both are made from the descriptor alone. */
#include "core/plugin/plugin.h"

#include <inttypes.h>
#include <string.h>

static const char *const type_names[] = {
    [TB_STRING] = "string",     [TB_INT] = "int",       [TB_BOOL] = "bool",
    [TB_DURATION] = "duration", [TB_BYTES] = "bytes",   [TB_TIME] = "time",
    [TB_TABLE] = "table",       [TB_CHOICE] = "choice", [TB_QUANTITY] = "quantity"};

static const char *effect_name(tb_effect effect)
{
    return effect == TB_CREATE ? "create" : "idempotent";
}

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

/* ---- JSON ---- */

static json_t *words_json(const char *words)
{
    json_t *list = json_array();
    for (const char *at = words ? words : ""; *at;) {
        size_t n = strcspn(at, " ");
        if (n)
            json_array_append_new(list, json_stringn(at, n));
        at += n + (at[n] == ' ');
    }
    return list;
}

static json_t *param_json(const tb_param *p)
{
    json_t *x = json_pack("{s:s, s:s, s:b, s:b, s:s, s:o}", "name", p->name, "type", type_names[p->type],
                          "required", (int)(p->flags & TB_REQUIRED), "secret", (int)(p->flags & TB_SECRET),
                          "help", p->help, "default", text_or_null(p->fallback));
    if (p->least || p->most) {
        json_object_set_new(x, "least", json_integer(p->least));
        json_object_set_new(x, "most", json_integer(p->most));
    }
    if (p->choices)
        json_object_set_new(x, "choices", words_json(p->choices));
    return x;
}

static json_t *tables_json(const tb_plugin *api)
{
    json_t *params = json_array(), *operations = json_array(), *reasons = json_array(), *names = json_array();
    for (const tb_param *p = api->params; p && p->name; p++)
        json_array_append_new(params, param_json(p));
    for (const tb_operation *o = api->operations; o && o->name; o++)
        json_array_append_new(operations, json_pack("{s:s, s:s, s:s, s:o}", "name", o->name, "effect",
                                                    effect_name(o->effect), "takes", o->takes, "sets",
                                                    text_or_null(o->sets)));
    for (const tb_reason *r = api->reasons; r && r->code; r++)
        json_array_append_new(reasons, json_pack("{s:s, s:s, s:s, s:o}", "code", r->code, "title", r->title,
                                                 "remedy", r->remedy, "owner", text_or_null(r->owner)));
    for (const char *const *n = api->namespaces; n && *n; n++)
        json_array_append_new(names, json_string(*n));
    return json_pack("{s:o, s:o, s:o, s:o}", "parameters", params, "operations", operations, "reasons",
                     reasons, "namespaces", names);
}

static json_t *roles_json(const tb_plugin *api)
{
    json_t *roles = json_array();
    const void *tables[] = {api->source, api->transform, api->sink};
    const char *const names[] = {"source", "transform", "sink"};
    for (int i = 0; i < 3; i++) {
        if (tables[i])
            json_array_append_new(roles, json_string(names[i]));
    }
    return roles;
}

static void print_json(const plugin *p, FILE *out)
{
    char contract[16];
    snprintf(contract, sizeof contract, "%u.%u", p->api.abi_major, p->api.abi_minor);
    json_t *x = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "name", p->name, "version",
                          p->api.version, "summary", p->api.summary, "path", p->path, "contract", contract,
                          "roles", roles_json(&p->api), "reads", words_json(p->api.reads), "writes",
                          words_json(p->api.writes));
    json_t *tables = tables_json(&p->api);
    json_object_update(x, tables);
    json_decref(tables);
    if (p->api.webhook)
        json_object_set_new(x, "webhook-body-limit", json_integer(p->api.webhook->body_limit));
    json_dumpf(x, out, JSON_INDENT(2));
    fputc('\n', out);
    json_decref(x);
}

/* ---- text ---- */

/* A limit as it would be written in the file. */
static void limit_text(const tb_param *p, int64_t limit, char *out, size_t size)
{
    if (p->type == TB_DURATION)
        config_duration_text(limit, out, size);
    else if (p->type == TB_QUANTITY && !limit)
        snprintf(out, size, "0");
    else if (p->type != TB_QUANTITY || tb_quantity_format(limit, 0, out, size))
        snprintf(out, size, "%" PRId64, limit);
}

static void print_param(const tb_param *p, FILE *out)
{
    fprintf(out, "  %-20s %-9s %s", p->name, type_names[p->type], p->help);
    if (p->choices)
        fprintf(out, "; one of: %s", p->choices);
    if (p->least || p->most) {
        char least[32], most[32];
        limit_text(p, p->least, least, sizeof least);
        limit_text(p, p->most, most, sizeof most);
        if (p->most == INT64_MAX)
            fprintf(out, "; at least %s", least);
        else
            fprintf(out, "; %s to %s", least, most);
    }
    if (p->flags & TB_REQUIRED)
        fputs("; required", out);
    else if (p->fallback)
        fprintf(out, "; default %s", *p->fallback ? p->fallback : "\"\"");
    fputs(p->flags & TB_SECRET ? "; secret\n" : "\n", out);
}

static void print_head(const plugin *p, FILE *out)
{
    const tb_plugin *api = &p->api;
    fprintf(out, "%s %s: %s\n", p->name, api->version, api->summary);
    fprintf(out, "file: %s\ncontract: %u.%u\nroles:%s%s%s\n", p->path, api->abi_major, api->abi_minor,
            api->source ? " source" : "", api->transform ? " transform" : "", api->sink ? " sink" : "");
    if (api->reads)
        fprintf(out, "reads: %s\n", api->reads);
    if (api->writes)
        fprintf(out, "writes: %s\n", api->writes);
    if (api->webhook)
        fprintf(out, "webhooks: yes, bodies up to %" PRId64 " bytes\n", api->webhook->body_limit);
}

static void print_text(const plugin *p, FILE *out)
{
    const tb_plugin *api = &p->api;
    print_head(p, out);
    for (const tb_param *x = api->params; x && x->name; x++) {
        fputs(x == api->params ? "\nparameters:\n" : "", out);
        print_param(x, out);
    }
    for (const tb_operation *o = api->operations; o && o->name; o++)
        fprintf(out, "%s  %-24s %-10s takes %s%s%s\n", o == api->operations ? "\noperations:\n" : "", o->name,
                effect_name(o->effect), o->takes, o->sets ? ", sets " : "", o->sets ? o->sets : "");
    for (const tb_reason *r = api->reasons; r && r->code; r++)
        fprintf(out, "%s  %-24s %s. %s%s%s%s\n", r == api->reasons ? "\nreason codes:\n" : "", r->code,
                r->title, r->remedy, r->owner ? " (" : "", r->owner ? r->owner : "", r->owner ? ")" : "");
    for (const char *const *n = api->namespaces; n && *n; n++)
        fprintf(out, "%s %s%s", n == api->namespaces ? "\nnamespaces:" : "", *n, n[1] ? "" : "\n");
}

void plugin_print(const plugin *p, FILE *out, bool json)
{
    if (json)
        print_json(p, out);
    else
        print_text(p, out);
}
