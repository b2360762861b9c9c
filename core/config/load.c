/* SPDX-License-Identifier: Apache-2.0 */
/* From a file to a model: scanned, parsed by libconfig, read by the tables of keys, checked, digested. And
 * the life of the model: reference-counted, immutable once it is handed out. */
#include "core/config/keys.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* ---- life ---- */

config *config_ref(config *c)
{
    __atomic_add_fetch(&c->refs, 1, __ATOMIC_RELAXED);
    return c;
}

/* Frees every text that a table of keys put into the target. */
static void free_keys(const config_key *keys, void *target)
{
    for (const config_key *k = keys; k->kind != KEY_END; k++) {
        char **field = (char **)((char *)target + k->offset);
        if (k->kind <= KEY_SECRET)
            free(*field);
        if (k->kind == KEY_GROUP)
            free_keys(k->sub, target);
        if (k->kind != KEY_WORDS)
            continue;
        char **words = *(char ***)field;
        int n = *(int *)(field + 1);
        for (int i = 0; i < n; i++)
            free(words[i]);
        free(words);
    }
}

static void free_uses(config_use *uses, int n)
{
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < uses[i].settings_n; j++) {
            free(uses[i].settings[j].name);
            free(uses[i].settings[j].text);
        }
        free(uses[i].settings);
        free(uses[i].plugin);
        free(uses[i].connection);
        free(uses[i].stream);
        free(uses[i].records);
    }
    free(uses);
}

static void free_pipelines(config *c)
{
    for (int i = 0; i < c->pipelines_n; i++) {
        config_pipeline *p = &c->pipelines[i];
        free_uses(p->sources, p->sources_n);
        free_uses(p->transforms, p->transforms_n);
        free_uses(p->sinks, p->sinks_n);
        free_keys(config_pipeline_keys, p);
    }
    free(c->pipelines);
}

static void free_named(config *c)
{
    for (int i = 0; i < c->connections_n; i++) {
        free(c->connections[i].name);
        free_keys(config_connection_keys, &c->connections[i]);
    }
    for (int i = 0; i < c->tables_n; i++) {
        free(c->tables[i].name);
        free(c->tables[i].path);
    }
    for (int i = 0; i < c->authorities_n; i++) {
        free(c->authorities[i].object);
        free(c->authorities[i].connection);
    }
    free(c->connections);
    free(c->tables);
    free(c->authorities);
}

void config_unref(config *c)
{
    if (!c || __atomic_sub_fetch(&c->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    free_pipelines(c);
    free_named(c);
    free_keys(config_root_keys, c);
    free(c->path);
    free(c->tables_dir);
    while (c->kept) {
        config_kept *next = c->kept->next;
        free(c->kept);
        c->kept = next;
    }
    free(c);
}

/* ---- finding ---- */

const config_connection *config_connection_find(const config *c, const char *name)
{
    for (int i = 0; i < c->connections_n; i++) {
        if (!strcmp(c->connections[i].name, name))
            return &c->connections[i];
    }
    return NULL;
}

const config_table *config_table_find(const config *c, const char *name)
{
    for (int i = 0; i < c->tables_n; i++) {
        if (!strcmp(c->tables[i].name, name))
            return &c->tables[i];
    }
    return NULL;
}

const char *config_authority_of(const config *c, const char *object)
{
    for (int i = 0; i < c->authorities_n; i++) {
        if (!strcmp(c->authorities[i].object, object))
            return c->authorities[i].connection;
    }
    return NULL;
}

/* ---- loading ---- */

/* The folder as it is written in the path, NULL: the path has none. The caller frees. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : NULL;
}

/* The text that was scanned, not the file once more: where its scanner cannot read, libconfig ends the
 * process. */
static int parse(config_t *parsed, const char *path, const buffer *text, const char *folder,
                 config_findings *f)
{
    if (folder)
        config_set_include_dir(parsed, folder);
    if (config_read_string(parsed, buffer_text(text)))
        return 0;
    const char *file = config_error_file(parsed);
    config_find(f, (config_where){file ? file : path, config_error_line(parsed)}, "%s",
                config_error_text(parsed));
    return -1;
}

/* libconfig does not look whether its copies were made: names and texts that are missing are told here, once.
 */
static bool is_whole(const config_setting_t *setting, bool named)
{
    bool whole = (!named || config_setting_name(setting)) &&
                 (config_setting_type(setting) != CONFIG_TYPE_STRING || config_setting_get_string(setting));
    for (int i = 0; whole && config_setting_is_aggregate(setting) && i < config_setting_length(setting); i++)
        whole = is_whole(config_setting_get_elem(setting, (unsigned)i), config_setting_is_group(setting));
    return whole;
}

static config *model(const config_t *parsed, const char *path, const char *folder, config_findings *f)
{
    config *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->refs = 1;
    c->path = strdup(path);
    c->tables_dir = strdup(folder);
    if (!c->path || !c->tables_dir || !is_whole(config_root_setting(parsed), false)) {
        config_find(f, (config_where){NULL, 0}, "%s: out of memory", path);
        return c;
    }
    config_reader r = {c, f, c->tables_dir, parsed};
    reader_group(&r, config_root_setting(parsed), config_root_keys, c, "the file");
    config_checks(&r);
    config_digests(c);
    return c;
}

config *config_load(const char *path, config_findings *findings)
{
    CLEANUP_FREE char *written = folder_of(path);
    char real[PATH_MAX];
    config *c = NULL;
    CLEANUP_BUFFER buffer text = {0};
    if (scan_read(path, &text)) {
        config_find(findings, (config_where){NULL, 0}, "%s: cannot read it: %s", path, strerror(errno));
        return NULL;
    }
    if (scan_text(path, &text, written, 0, findings))
        return NULL;
    if (!realpath(written ? written : ".", real)) {
        config_find(findings, (config_where){NULL, 0}, "%s: cannot find its folder: %s", path,
                    strerror(errno));
        return NULL;
    }
    config_t parsed;
    config_init(&parsed);
    if (!parse(&parsed, path, &text, written, findings))
        c = model(&parsed, path, real, findings);
    config_destroy(&parsed);
    return c;
}
