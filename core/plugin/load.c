/* SPDX-License-Identifier: Apache-2.0 */
/* All plugins of the process: found by name, judged, opened once and kept for good. The real path is handed
 * to dlopen and the file behind it compared again afterwards; of what the plugin exports only copies are
 * used, as long as the shorter of its structs and ours, so that what an older plugin does not have reads as
 * absent. */
#include "core/plugin/judge.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/env.h"

enum { MOST_DESCRIPTOR = 64 << 10 };

typedef struct entry {
    struct entry *next;
    plugin public;
    tb_common common;
    tb_source source;
    tb_transform transform;
    tb_sink sink;
    tb_webhook webhook;
} entry;

struct plugins {
    env_mutex mutex;
    char **folders;
    int folders_n;
    entry *entries;
};

/* ---- folders ---- */

static bool same_folder(const char *a, const char *b)
{
    struct stat x, y;
    return !strcmp(a, b) || (!stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}

static void add_folder(plugins *p, const char *path, size_t n)
{
    while (n > 1 && path[n - 1] == '/')
        n--;
    char *folder = n ? strndup(path, n) : NULL;
    char **more = folder ? realloc(p->folders, ((size_t)p->folders_n + 1) * sizeof *more) : NULL;
    if (more)
        p->folders = more;
    for (int i = 0; more && i < p->folders_n; i++) {
        if (same_folder(more[i], folder))
            more = NULL;
    }
    if (more)
        more[p->folders_n++] = folder;
    else
        free(folder);
}

plugins *plugins_new(const char *folders)
{
    plugins *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    env_mutex_init(&p->mutex);
    if (!folders)
        folders = getenv("TILLBRIDGE_PLUGIN_PATH");
    for (const char *at = folders ? folders : PLUGINDIR; *at;) {
        size_t n = strcspn(at, ":");
        add_folder(p, at, n);
        at += n + (at[n] == ':');
    }
    return p;
}

void plugins_free(plugins *p)
{
    if (!p)
        return;
    while (p->entries) {
        entry *next = p->entries->next;
        free(p->entries->public.name);
        free(p->entries->public.path);
        free(p->entries);
        p->entries = next;
    }
    for (int i = 0; i < p->folders_n; i++)
        free(p->folders[i]);
    free(p->folders);
    env_mutex_free(&p->mutex);
    free(p);
}

/* ---- copies ---- */

/* Copies min(their size, ours) of a struct that begins with its size; the rest stays zero. NULL stays NULL.
 */
static const void *copy_sized(void *to, size_t ours, const void *from)
{
    uint32_t theirs;
    if (!from)
        return NULL;
    memcpy(&theirs, from, sizeof theirs);
    memcpy(to, from, theirs < ours ? theirs : ours);
    return to;
}

static void copy_descriptor(entry *x, const tb_plugin *from)
{
    tb_plugin *api = &x->public.api;
    memcpy(api, from, from->size < sizeof *api ? from->size : sizeof *api);
    api->webhook = copy_sized(&x->webhook, sizeof x->webhook, api->webhook);
    api->common = copy_sized(&x->common, sizeof x->common, api->common);
    api->source = copy_sized(&x->source, sizeof x->source, api->source);
    api->transform = copy_sized(&x->transform, sizeof x->transform, api->transform);
    api->sink = copy_sized(&x->sink, sizeof x->sink, api->sink);
}

/* ---- opening ---- */

/* The loader says what it could not do, and not that it was for want of memory. */
static bool is_want_of_memory(const char *why)
{
    static const char *const words[] = {"failed to map segment",
                                        "cannot map zero-fill pages",
                                        "cannot create shared object descriptor",
                                        "cannot read file data",
                                        "cannot change memory protections",
                                        "cannot make segment writable",
                                        "cannot restore segment prot",
                                        "cannot apply additional memory protection"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(why, words[i]))
            return true;
    return false;
}

static int tell_loader(const char *path, error *e)
{
    const char *why = dlerror();
    why = why ? why : "out of memory"; /* even for the text */
    return error_set(e, "%s: cannot be opened: %s%s", path, why,
                     is_want_of_memory(why) ? " (out of memory)" : "");
}

static int open_object(const char *path, const judged_file *file, const tb_plugin **out, error *e)
{
    struct stat st;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle)
        return tell_loader(path, e);
    *out = dlsym(handle, "tillbridge_plugin");
    dlclose(handle); /* stays loaded: RTLD_NODELETE */
    if (stat(path, &st))
        return error_set(e, "%s: cannot be looked at: %s", path, strerror(errno));
    if (st.st_dev != file->device || st.st_ino != file->inode)
        return error_set(e, "%s: was replaced while it was opened", path);
    if (!*out)
        return error_set(e, "%s: lacks the symbol tillbridge_plugin", path);
    return 0;
}

/* The first four members never move: they say how much of the rest may be read. */
static int judge_symbol(const tb_plugin *from, const judged_file *file, const char *path, error *e)
{
    if (judge_version(from->magic, from->abi_major, from->abi_minor, path, e))
        return -1;
    if (from->abi_major != file->note.abi_major || from->abi_minor != file->note.abi_minor)
        return error_set(e, "%s: its note says contract %u.%u, its descriptor %u.%u", path,
                         file->note.abi_major, file->note.abi_minor, from->abi_major, from->abi_minor);
    if (from->size < offsetof(tb_plugin, params) || from->size > MOST_DESCRIPTOR)
        return error_set(e, "%s: its descriptor cannot be %u bytes", path, from->size);
    return 0;
}

static int fill_entry(entry *x, const char *folder, const char *name, error *e)
{
    char real[PATH_MAX];
    CLEANUP_BUFFER buffer file = {0}, path = {0};
    judged_file judged;
    const tb_plugin *from = NULL;
    buffer_printf(&file, "%s.so", name);
    if (judge_file(folder, buffer_text(&file), &judged, e))
        return -1;
    if (!realpath(folder, real))
        return error_set(e, "%s: cannot be resolved: %s", folder, strerror(errno));
    buffer_printf(&path, "%s/%s", real, buffer_text(&file));
    if (open_object(buffer_text(&path), &judged, &from, e) ||
        judge_symbol(from, &judged, buffer_text(&path), e))
        return -1;
    copy_descriptor(x, from);
    plugin *p = &x->public;
    p->device = judged.device;
    p->inode = judged.inode;
    p->size = judged.size;
    p->changed = judged.changed;
    if (judge_descriptor(&p->api, name, buffer_text(&path), e))
        return -1;
    p->name = strdup(name);
    p->path = buffer_take(&path);
    return p->name && p->path ? 0 : error_set(e, "%s: out of memory", name);
}

/* ---- names ---- */

typedef struct {
    char **names;
    size_t n;
} name_list;

static void add_name(name_list *l, const char *file)
{
    size_t n = strlen(file);
    if (n < 4 || strcmp(file + n - 3, ".so") || !strcmp(file, "libtillbridge.so") ||
        !strcmp(file, "libtillbridge-kit.so")) /* beside them in a build tree */
        return;
    char *name = strndup(file, n - 3);
    char **more = name ? realloc(l->names, (l->n + 1) * sizeof *more) : NULL;
    if (!more) {
        free(name);
        return;
    }
    l->names = more;
    l->names[l->n++] = name;
}

static void list_folder(name_list *l, const char *folder)
{
    DIR *d = opendir(folder);
    for (struct dirent *f = d ? readdir(d) : NULL; f; f = readdir(d))
        add_name(l, f->d_name);
    if (d)
        closedir(d);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list_free(name_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->names[i]);
    free(l->names);
}

static void tell_missing(const plugins *p, const char *name, error *e)
{
    name_list l = {0};
    for (int i = 0; i < p->folders_n; i++)
        list_folder(&l, p->folders[i]);
    const char *near = config_nearest(name, (const char *const *)l.names, (int)l.n);
    if (near)
        error_set(e, "there is no plugin \"%s\": did you mean \"%s\"?", name, near);
    else
        error_set(e, "there is no plugin \"%s\" in %s%s", name, p->folders_n ? p->folders[0] : "any folder",
                  p->folders_n > 1 ? " and the other folders" : "");
    list_free(&l);
}

/* The one folder that has it. What cannot be looked at is not taken for missing. */
static const char *find_folder(const plugins *p, const char *name, error *e)
{
    const char *found = NULL;
    for (int i = 0; i < p->folders_n; i++) {
        struct stat st;
        CLEANUP_BUFFER buffer path = {0};
        buffer_printf(&path, "%s/%s.so", p->folders[i], name);
        if (lstat(buffer_text(&path), &st)) {
            if (errno == ENOENT || errno == ENOTDIR || errno == EACCES)
                continue;
            error_set(e, "%s: cannot be looked at: %s", buffer_text(&path), strerror(errno));
            return NULL;
        }
        if (found) {
            error_set(e, "there are two plugins \"%s\": %s/%s.so and %s", name, found, name,
                      buffer_text(&path));
            return NULL;
        }
        found = p->folders[i];
    }
    if (!found)
        tell_missing(p, name, e);
    return found;
}

const plugin *plugins_get(plugins *p, const char *name, error *e)
{
    ENV_HOLD(&p->mutex);
    for (entry *x = p->entries; x; x = x->next) {
        if (!strcmp(x->public.name, name))
            return &x->public;
    }
    if (!config_name_fine(name)) {
        error_set(e, "\"%s\" cannot be a plugin: a name is of a-z, 0-9 and '-', at most 32", name);
        return NULL;
    }
    const char *folder = find_folder(p, name, e);
    entry *x = folder ? calloc(1, sizeof *x) : NULL;
    if (!x || fill_entry(x, folder, name, e)) {
        free(x);
        return NULL;
    }
    x->next = p->entries;
    p->entries = x;
    return &x->public;
}

void plugins_each(plugins *p,
                  void (*each)(void *arg, const char *name, const plugin *plugin, const char *why), void *arg)
{
    name_list l = {0};
    for (int i = 0; i < p->folders_n; i++)
        list_folder(&l, p->folders[i]);
    if (l.n)
        qsort(l.names, l.n, sizeof *l.names, by_text);
    for (size_t i = 0; i < l.n; i++) {
        error e = {""};
        if (i && !strcmp(l.names[i], l.names[i - 1]))
            continue;
        const plugin *found = plugins_get(p, l.names[i], &e);
        each(arg, l.names[i], found, found ? NULL : e.text);
    }
    list_free(&l);
}

bool plugin_changed_on_disk(const plugin *p)
{
    struct stat st;
    if (stat(p->path, &st))
        return true;
    return st.st_dev != p->device || st.st_ino != p->inode || (uint64_t)st.st_size != p->size ||
           st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec != p->changed;
}
