/* SPDX-License-Identifier: Apache-2.0 */
/* Walks a group of the parsed file by its table of keys. Every value passes through text: a kind says what it
 * wants in the file, and how a text becomes the field; a default takes the same way. */
#include "core/config/keys.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "core/sdk/host.h"

/* ---- places, memory, texts ---- */

const char *config_keep(config *c, const void *of, const char *text)
{
    for (config_kept *k = of ? NULL : c->kept; k; k = k->next) {
        if (!k->of && !strcmp(k->text, text))
            return k->text;
    }
    size_t n = strlen(text) + 1;
    config_kept *k = malloc(sizeof *k + n);
    if (!k)
        return "";
    k->of = of;
    memcpy(k->text, text, n);
    k->next = c->kept;
    c->kept = k;
    return k->text;
}

config_where reader_where(config_reader *r, const config_setting_t *setting)
{
    const char *file = config_setting_source_file(setting);
    int line = (int)config_setting_source_line(setting);
    return (config_where){config_keep(r->c, NULL, file ? file : r->c->path), line ? line : 1};
}

config_where reader_where_of(config_reader *r, config_where otherwise, const char *format, ...)
{
    char path[256];
    va_list args;
    va_start(args, format);
    vsnprintf(path, sizeof path, format, args);
    va_end(args);
    const config_setting_t *setting = config_lookup(r->parsed, path);
    return setting ? reader_where(r, setting) : otherwise;
}

void *reader_alloc(config_reader *r, size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    if (!p)
        config_find(r->f, (config_where){NULL, 0}, "out of memory");
    return p;
}

char *reader_copy(config_reader *r, const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        config_find(r->f, (config_where){NULL, 0}, "out of memory");
    return copy;
}

static const char *key_name(const config_setting_t *setting)
{
    const char *name = config_setting_name(setting);
    if (!name && config_setting_parent(setting))
        name = config_setting_name(config_setting_parent(setting));
    return name ? name : "the file";
}

static const char *shape(const config_setting_t *setting)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_GROUP:
        return "a group { }";
    case CONFIG_TYPE_LIST:
    case CONFIG_TYPE_ARRAY:
        return "a list";
    case CONFIG_TYPE_FLOAT:
        return "a decimal number (write it as a string)";
    default:
        return "that";
    }
}

char *reader_text(config_reader *r, const config_setting_t *setting, bool *quoted)
{
    char text[32];
    *quoted = false;
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_STRING:
        *quoted = true;
        return secret_resolve(r, reader_where(r, setting), config_setting_get_string(setting));
    case CONFIG_TYPE_BOOL:
        return strdup(config_setting_get_bool(setting) ? "true" : "false");
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        snprintf(text, sizeof text, "%lld", config_setting_get_int64(setting));
        return strdup(text);
    default:
        config_find(r->f, reader_where(r, setting), "%s wants one value, not %s", key_name(setting),
                    shape(setting));
        return NULL;
    }
}

char *reader_keep(config_reader *r, const config_setting_t *setting, char *text)
{
    const char *written = config_setting_get_string(setting);
    if (text && written && strstr(written, "${"))
        config_keep(r->c, text, written);
    return text;
}

bool reader_is_words(const config_setting_t *setting)
{
    return config_setting_is_list(setting) || config_setting_is_array(setting);
}

char *reader_words(config_reader *r, const config_setting_t *setting)
{
    CLEANUP_BUFFER buffer b = {0};
    for (int i = 0; i < config_setting_length(setting); i++) {
        const config_setting_t *child = config_setting_get_elem(setting, (unsigned)i);
        const char *word = config_setting_get_string(child);
        if (!word || !*word || strpbrk(word, " \t\n")) {
            config_find(r->f, reader_where(r, child), "%s wants words in quotes", key_name(setting));
            return NULL;
        }
        buffer_printf(&b, "%s%s", b.size ? " " : "", word);
    }
    return buffer_take(&b);
}

/* ---- kinds: from text to the field; NULL, or what was wanted ---- */

typedef struct {
    const config_key *key;
    const char *text;
    void *field;
    const char *folder;
    char why[160];
} store;

static int store_text(store *s)
{
    char **field = s->field;
    *field = strdup(s->text);
    return *field ? 0 : -1;
}

static int store_name(store *s)
{
    return config_name_fine(s->text) ? store_text(s) : -1;
}

static int store_path(store *s)
{
    CLEANUP_BUFFER buffer b = {0};
    buffer_printf(&b, "%s%s%s", *s->text == '/' ? "" : s->folder, *s->text == '/' ? "" : "/", s->text);
    char **field = s->field;
    *field = *s->text ? buffer_take(&b) : NULL;
    return *field ? 0 : -1;
}

static int store_secret(store *s)
{
    return *s->text ? store_text(s) : -1;
}

static int in_range(store *s, int64_t n)
{
    const config_key *key = s->key;
    if ((!key->least && !key->most) || (n >= key->least && n <= key->most))
        return 0;
    snprintf(s->why, sizeof s->why, "is out of its range");
    return -1;
}

static int store_duration(store *s)
{
    return tbh_parse_duration(s->text, s->field) || in_range(s, *(int64_t *)s->field);
}

static int store_rate(store *s)
{
    return tbh_parse_rate(s->text, s->field);
}

static int parse_whole(const char *text, int64_t *n)
{
    char *end;
    *n = strtoll(text, &end, 10);
    return *text && !*end ? 0 : -1;
}

static int store_int(store *s)
{
    int64_t n;
    if (parse_whole(s->text, &n) || in_range(s, n))
        return -1;
    *(int *)s->field = (int)n;
    return 0;
}

static int store_count(store *s)
{
    return parse_whole(s->text, s->field) || in_range(s, *(int64_t *)s->field);
}

static int store_bool(store *s)
{
    *(bool *)s->field = !strcmp(s->text, "true");
    return *(bool *)s->field || !strcmp(s->text, "false") ? 0 : -1;
}

/* The word's index among the choices, -1: none. */
static int choice_index(const char *choices, const char *text)
{
    size_t n = strlen(text);
    int i = 0;
    for (const char *at = choices; *at; i++) {
        size_t size = strcspn(at, " ");
        if (size == n && !strncmp(at, text, n))
            return i;
        at += size + (at[size] == ' ');
    }
    return -1;
}

static int store_choice(store *s)
{
    int i = choice_index(s->key->choices, s->text);
    if (s->key->kind == KEY_EITHER)
        *(bool *)s->field = i == 1;
    else
        *(int *)s->field = i < 0 ? 0 : i;
    return i < 0 ? -1 : 0;
}

typedef struct {
    bool quoted, owns; /* a string in the file; the field is a text of the model */
    const char *wants;
    int (*put)(store *s);
} kind_rule;

static const kind_rule kinds[] = {
    [KEY_TEXT] = {true, true, "a string", store_text},
    [KEY_NAME] = {true, true, "a name of a-z, 0-9 and '-', at most 32", store_name},
    [KEY_PATH] = {true, true, "a path in quotes", store_path},
    [KEY_SECRET] = {true, true, "a string that is not empty", store_secret},
    [KEY_DURATION] = {true, false, "a duration such as \"15s\"", store_duration},
    [KEY_RATE] = {true, false, "a rate such as \"4/s\"", store_rate},
    [KEY_INT] = {false, false, "a whole number", store_int},
    [KEY_COUNT] = {false, false, "a whole number", store_count},
    [KEY_BOOL] = {false, false, "true or false", store_bool},
    [KEY_CHOICE] = {true, false, NULL, store_choice},
    [KEY_EITHER] = {true, false, NULL, store_choice},
};

static void range_text(const config_key *key, char *out, size_t size)
{
    char least[32], most[32];
    snprintf(least, sizeof least, "%" PRId64, key->least);
    snprintf(most, sizeof most, "%" PRId64, key->most);
    if (key->kind == KEY_DURATION) {
        config_duration_text(key->least, least, sizeof least);
        config_duration_text(key->most, most, sizeof most);
    }
    snprintf(out, size, "%s to %s", least, most);
}

static void complain(config_reader *r, config_where where, const store *s, bool quoted)
{
    const config_key *key = s->key;
    const char *mark = quoted ? "\"" : "";
    char range[96];
    range_text(key, range, sizeof range);
    if (key->kind == KEY_SECRET)
        config_find(r->f, where, "%s is empty", key->name);
    else if (key->choices)
        config_find(r->f, where, "%s is one of: %s; not %s%s%s", key->name, key->choices, mark, s->text,
                    mark);
    else
        config_find(r->f, where, "%s wants %s, not %s%s%s", key->name,
                    s->why[0] ? range : kinds[key->kind].wants, mark, s->text, mark);
}

static void read_scalar(config_reader *r, const config_setting_t *setting, const config_key *key, void *field)
{
    bool quoted;
    CLEANUP_FREE char *text = reader_text(r, setting, &quoted);
    if (!text)
        return;
    const kind_rule *rule = &kinds[key->kind];
    store s = {key, text, field, r->folder, ""};
    if (quoted != rule->quoted || rule->put(&s)) {
        complain(r, reader_where(r, setting), &s, quoted);
        return;
    }
    if (rule->owns)
        reader_keep(r, setting, *(char **)field);
}

/* ---- lists of strings ---- */

typedef struct { /* how KEY_WORDS lies in the model */
    char **words;
    int n;
} word_list;

static void read_words(config_reader *r, const config_setting_t *setting, const config_key *key, void *field)
{
    word_list *list = field;
    int n = reader_is_words(setting) ? config_setting_length(setting) : -1;
    bool lines = key->flags & KEY_LINES;
    CLEANUP_FREE char *joined = n >= 0 && !lines ? reader_words(r, setting) : NULL;
    if (n < 0)
        config_find(r->f, reader_where(r, setting), "%s wants a list of strings: ( \"...\" )", key->name);
    if (n < 0 || (!joined && !lines) || !(list->words = reader_alloc(r, (size_t)n, sizeof *list->words)))
        return;
    for (bool quoted; list->n < n; list->n++) {
        const config_setting_t *one = config_setting_get_elem(setting, (unsigned)list->n);
        if (!(list->words[list->n] = reader_keep(r, one, reader_text(r, one, &quoted))))
            return;
    }
}

/* ---- the walk ---- */

static void read_key(config_reader *r, const config_setting_t *setting, const config_key *key, void *target)
{
    void *field = (char *)target + key->offset;
    if (key->kind == KEY_OWN)
        key->read(r, setting, target);
    else if (key->kind == KEY_WORDS)
        read_words(r, setting, key, field);
    else if (key->kind != KEY_GROUP)
        read_scalar(r, setting, key, field);
    else if (config_setting_is_group(setting))
        reader_group(r, setting, key->sub, target, key->name);
    else
        config_find(r->f, reader_where(r, setting), "%s wants a group: %s = { ... }", key->name, key->name);
}

static void unknown_key(config_reader *r, const config_setting_t *setting, const config_key *keys,
                        const char *what)
{
    const char *names[64], *name = config_setting_name(setting);
    int n = 0;
    for (const config_key *k = keys; k->kind != KEY_END && n < 64; k++)
        names[n++] = k->name;
    const char *near = config_nearest(name, names, n);
    if (near)
        config_find(r->f, reader_where(r, setting), "unknown key \"%s\" in %s: did you mean \"%s\"?", name,
                    what, near);
    else
        config_find(r->f, reader_where(r, setting), "unknown key \"%s\" in %s", name, what);
}

static const config_setting_t *member(const config_setting_t *group, const char *name)
{
    for (int i = 0; group && i < config_setting_length(group); i++) {
        const config_setting_t *child = config_setting_get_elem(group, (unsigned)i);
        if (!strcmp(config_setting_name(child), name))
            return child;
    }
    return NULL;
}

static void put_fallback(config_reader *r, const config_key *key, void *target)
{
    store s = {key, key->fallback, (char *)target + key->offset, r->folder, ""};
    kinds[key->kind].put(&s);
}

static void read_missing(config_reader *r, const config_setting_t *group, const config_key *keys,
                         void *target, const char *what)
{
    for (const config_key *k = keys; k->kind != KEY_END; k++) {
        if (member(group, k->name))
            continue;
        if (k->kind == KEY_GROUP)
            read_missing(r, NULL, k->sub, target, k->name);
        else if (k->fallback)
            put_fallback(r, k, target);
        else if ((k->flags & KEY_REQUIRED) && group)
            config_find(r->f, reader_where(r, group), "%s lacks \"%s\"", what, k->name);
    }
}

void reader_group(config_reader *r, const config_setting_t *group, const config_key *keys, void *target,
                  const char *what)
{
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *child = config_setting_get_elem(group, (unsigned)i);
        const config_key *key = keys;
        while (key->kind != KEY_END && strcmp(key->name, config_setting_name(child)))
            key++;
        if (key->kind == KEY_END)
            unknown_key(r, child, keys, what);
        else
            read_key(r, child, key, target);
    }
    read_missing(r, group, keys, target, what);
}
