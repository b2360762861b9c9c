/* SPDX-License-Identifier: Apache-2.0 */
/* The effective configuration as text, by the same tables that read it, and the digests made from that text:
 * what prints alike is alike. In a digest a secret stands as its hash, in print as the reference it came by.
 */
#include "core/config/keys.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/hash.h"

typedef struct {
    buffer *b;
    const config *c;
    bool digest;
    int indent;
} printer;

static void line(printer *p, const char *name)
{
    buffer_printf(p->b, "%*s%s = ", p->indent, "", name);
}

static void put_quoted(printer *p, const char *text)
{
    buffer_putc(p->b, '"');
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (*at == '"' || *at == '\\')
            buffer_printf(p->b, "\\%c", *at);
        else if (*at < 0x20)
            buffer_printf(p->b, "\\x%02x", *at);
        else
            buffer_putc(p->b, (char)*at);
    }
    buffer_putc(p->b, '"');
}

static void put_hidden(printer *p, const char *text)
{
    char hex[SHA256_HEX];
    const char *reference = secret_reference(p->c, text);
    hash_sha256_hex(text, strlen(text), hex);
    put_quoted(p, p->digest ? hex : reference ? reference : "***");
}

static void put_text(printer *p, const char *text, bool secret)
{
    if (secret || secret_reference(p->c, text))
        put_hidden(p, text);
    else
        put_quoted(p, text);
}

void config_duration_text(int64_t ms, char *out, size_t size)
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
    size_t i = 0;
    while (ms % units[i].ms || (!ms && units[i].ms != 1000))
        i++;
    snprintf(out, size, "\"%" PRId64 "%s\"", ms / units[i].ms, units[i].unit);
}

static void put_duration(printer *p, int64_t ms)
{
    char text[32];
    config_duration_text(ms, text, sizeof text);
    buffer_puts(p->b, text);
}

/* In the unit it is kept in, so that it is read back as the same. */
static void put_rate(printer *p, int64_t milli)
{
    if (milli % 1000 == 0)
        buffer_printf(p->b, "\"%" PRId64 "/s\"", milli / 1000);
    else
        buffer_printf(p->b, "\"%" PRId64 ".%03" PRId64 "/s\"", milli / 1000, milli % 1000);
}

static void put_choice(printer *p, const char *choices, int index)
{
    while (index-- > 0 && strchr(choices, ' '))
        choices = strchr(choices, ' ') + 1;
    buffer_printf(p->b, "\"%.*s\"", (int)strcspn(choices, " "), choices);
}

static void put_words(printer *p, char *const *words, int n)
{
    buffer_puts(p->b, "(");
    for (int i = 0; i < n; i++) {
        buffer_puts(p->b, i ? ", " : " ");
        put_text(p, words[i], false);
    }
    buffer_puts(p->b, " )");
}

static void put_value(printer *p, const config_key *key, const void *field)
{
    switch (key->kind) {
    case KEY_DURATION:
        put_duration(p, *(const int64_t *)field);
        break;
    case KEY_RATE:
        put_rate(p, *(const int64_t *)field);
        break;
    case KEY_INT:
        buffer_printf(p->b, "%d", *(const int *)field);
        break;
    case KEY_COUNT:
        buffer_printf(p->b, "%" PRId64, *(const int64_t *)field);
        break;
    case KEY_BOOL:
        buffer_puts(p->b, *(const bool *)field ? "true" : "false");
        break;
    case KEY_CHOICE:
        put_choice(p, key->choices, *(const int *)field);
        break;
    case KEY_EITHER:
        put_choice(p, key->choices, *(const bool *)field);
        break;
    case KEY_WORDS:
        put_words(p, *(char **const *)field, *(const int *)((char **const *)field + 1));
        break;
    default:
        put_text(p, *(char *const *)field, key->kind == KEY_SECRET);
    }
}

/* Whether there is nothing to print: no text, an empty list, no rate. */
static bool is_absent(const config_key *key, const void *field)
{
    if (key->kind <= KEY_SECRET)
        return !*(char *const *)field;
    if (key->kind == KEY_WORDS)
        return !*(const int *)((char **const *)field + 1);
    return key->kind == KEY_RATE && !*(const int64_t *)field;
}

static void put_keys(printer *p, const config_key *keys, const void *target);

/* A group is left out when nothing stands in it. */
static void put_group(printer *p, const config_key *key, const void *target)
{
    CLEANUP_BUFFER buffer inside = {0};
    printer sub = {&inside, p->c, p->digest, p->indent + 2};
    put_keys(&sub, key->sub, target);
    if (!inside.size)
        return;
    line(p, key->name);
    buffer_printf(p->b, "{\n%s%*s};\n", buffer_text(&inside), p->indent, "");
}

static void put_keys(printer *p, const config_key *keys, const void *target)
{
    for (const config_key *k = keys; k->kind != KEY_END; k++) {
        const void *field = (const char *)target + k->offset;
        if (k->kind == KEY_GROUP)
            put_group(p, k, target);
        if (k->kind == KEY_GROUP || k->kind == KEY_OWN || is_absent(k, field))
            continue;
        line(p, k->name);
        put_value(p, k, field);
        buffer_puts(p->b, ";\n");
    }
}

/* ---- pipelines and what they use ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const config_setting *const *)a)->name, (*(const config_setting *const *)b)->name);
}

/* Parameters by name: their order in the file means nothing. */
static void put_use(printer *p, const config_use *use)
{
    const config_setting **sorted = calloc((size_t)use->settings_n + 1, sizeof *sorted);
    buffer_printf(p->b, "%*s{ ", p->indent, "");
    for (int i = 0; sorted && i < use->settings_n; i++)
        sorted[i] = &use->settings[i];
    if (sorted)
        qsort(sorted, (size_t)use->settings_n, sizeof *sorted, by_name);
    for (int i = 0; sorted && i < use->settings_n; i++) {
        buffer_printf(p->b, "%s = ", sorted[i]->name);
        if (sorted[i]->quoted)
            put_text(p, sorted[i]->text, false);
        else
            buffer_puts(p->b, sorted[i]->text);
        buffer_puts(p->b, "; ");
    }
    buffer_puts(p->b, "}");
    free(sorted);
}

static void put_uses(printer *p, const char *name, const config_use *uses, int n)
{
    if (!n)
        return;
    line(p, name);
    buffer_puts(p->b, "(\n");
    p->indent += 2;
    for (int i = 0; i < n; i++) {
        put_use(p, &uses[i]);
        buffer_puts(p->b, i + 1 < n ? ",\n" : "\n");
    }
    p->indent -= 2;
    buffer_printf(p->b, "%*s);\n", p->indent, "");
}

static void put_pipeline(printer *p, const config_pipeline *x)
{
    put_keys(p, config_pipeline_keys, x);
    put_uses(p, "sources", x->sources, x->sources_n);
    put_uses(p, "transforms", x->transforms, x->transforms_n);
    put_uses(p, "sinks", x->sinks, x->sinks_n);
}

/* ---- digests ---- */

static void digest_connection(const config *c, config_connection *x)
{
    CLEANUP_BUFFER buffer b = {0};
    printer p = {&b, c, true, 0};
    put_keys(&p, config_connection_keys, x);
    hash_sha256_hex(buffer_text(&b), b.size, x->digest);
}

static void add_connections(printer *p, const config_use *uses, int n)
{
    for (int i = 0; i < n; i++) {
        const config_connection *x =
            uses[i].connection ? config_connection_find(p->c, uses[i].connection) : NULL;
        if (x)
            buffer_printf(p->b, "%s %s\n", x->name, x->digest);
    }
}

static void digest_pipeline(const config *c, config_pipeline *x)
{
    CLEANUP_BUFFER buffer b = {0};
    printer p = {&b, c, true, 0};
    put_pipeline(&p, x);
    add_connections(&p, x->sources, x->sources_n);
    add_connections(&p, x->transforms, x->transforms_n);
    add_connections(&p, x->sinks, x->sinks_n);
    hash_sha256_hex(buffer_text(&b), b.size, x->digest);
}

void config_digests(config *c)
{
    for (int i = 0; i < c->connections_n; i++)
        digest_connection(c, &c->connections[i]);
    for (int i = 0; i < c->pipelines_n; i++)
        digest_pipeline(c, &c->pipelines[i]);
}

/* ---- the whole file ---- */

static void put_connections(printer *p)
{
    const config *c = p->c;
    if (!c->connections_n)
        return;
    buffer_puts(p->b, "connections = {\n");
    for (int i = 0; i < c->connections_n; i++) {
        buffer_printf(p->b, "  %s = {\n", c->connections[i].name);
        p->indent = 4;
        put_keys(p, config_connection_keys, &c->connections[i]);
        buffer_puts(p->b, "  };\n");
    }
    buffer_puts(p->b, "};\n");
}

static void put_pair(printer *p, const char *name, const char *value)
{
    buffer_printf(p->b, " %s = ", name);
    put_quoted(p, value ? value : "");
    buffer_puts(p->b, ";");
}

static void put_names(printer *p)
{
    const config *c = p->c;
    buffer_puts(p->b, "authority = {");
    for (int i = 0; i < c->authorities_n; i++)
        put_pair(p, c->authorities[i].object, c->authorities[i].connection);
    buffer_puts(p->b, " };\ntables = {");
    for (int i = 0; i < c->tables_n; i++)
        put_pair(p, c->tables[i].name, c->tables[i].path);
    buffer_puts(p->b, " };\n");
}

static void put_pipelines(printer *p)
{
    const config *c = p->c;
    buffer_puts(p->b, "pipelines = (\n");
    for (int i = 0; i < c->pipelines_n; i++) {
        buffer_puts(p->b, "  {\n");
        p->indent = 4;
        put_pipeline(p, &c->pipelines[i]);
        buffer_puts(p->b, i + 1 < c->pipelines_n ? "  },\n" : "  }\n");
    }
    buffer_puts(p->b, ");\n");
}

void config_print(const config *c, FILE *out)
{
    CLEANUP_BUFFER buffer b = {0};
    printer p = {&b, c, false, 0};
    put_keys(&p, config_root_keys, c);
    put_names(&p);
    put_connections(&p);
    put_pipelines(&p);
    fputs(buffer_text(&b), out);
}
