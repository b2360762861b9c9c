/* SPDX-License-Identifier: Apache-2.0 */
/* References: ${env:NAME}, ${file:/path} and ${credential:name} in a string stand for what the environment, a
 * file or systemd's credentials folder holds. What stood in the file is kept beside the text, so that the
 * effective configuration prints the reference and never the secret. */
#include "core/config/keys.h"

#include <errno.h>
#include <string.h>

enum { MOST_SECRET = 64 << 10 };

/* The file without the newline at its end; NULL: errno says why. */
static char *file_text(const char *path)
{
    FILE *in = fopen(path, "re");
    if (!in)
        return NULL;
    CLEANUP_BUFFER buffer b = {0};
    char part[1024];
    size_t n;
    while ((n = fread(part, 1, sizeof part, in)) > 0 && b.size <= MOST_SECRET)
        buffer_add(&b, part, n);
    int bad = ferror(in)                           ? errno
              : b.size > MOST_SECRET               ? EFBIG
              : memchr(buffer_text(&b), 0, b.size) ? EILSEQ
                                                   : 0;
    fclose(in);
    if (bad) {
        errno = bad;
        return NULL;
    }
    if (b.size && b.data[b.size - 1] == '\n')
        b.data[--b.size] = '\0';
    if (b.size && b.data[b.size - 1] == '\r')
        b.data[--b.size] = '\0';
    return buffer_take(&b);
}

static char *from_env(config_reader *r, config_where where, const char *name)
{
    const char *value = getenv(name);
    if (!value)
        config_find(r->f, where, "${env:%s}: the environment has no %s", name, name);
    return value ? strdup(value) : NULL;
}

static char *from_file(config_reader *r, config_where where, const char *name)
{
    CLEANUP_BUFFER buffer path = {0};
    buffer_printf(&path, "%s%s%s", *name == '/' ? "" : r->folder, *name == '/' ? "" : "/", name);
    char *text = file_text(buffer_text(&path));
    if (!text)
        config_find(r->f, where, "${file:%s}: cannot read it: %s", name, strerror(errno));
    return text;
}

static char *from_credential(config_reader *r, config_where where, const char *name)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (!folder) {
        config_find(r->f, where, "${credential:%s}: systemd passed no credentials (no CREDENTIALS_DIRECTORY)",
                    name);
        return NULL;
    }
    CLEANUP_BUFFER buffer path = {0};
    buffer_printf(&path, "%s/%s", folder, name);
    char *text = strchr(name, '/') ? NULL : file_text(buffer_text(&path));
    if (!text)
        config_find(r->f, where, "${credential:%s}: systemd passed no credential of that name", name);
    return text;
}

static const struct {
    const char *prefix;
    char *(*get)(config_reader *r, config_where where, const char *name);
} kinds[] = {{"env:", from_env}, {"file:", from_file}, {"credential:", from_credential}};

static char *reference(config_reader *r, config_where where, const char *text)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t n = strlen(kinds[i].prefix);
        if (!strncmp(text, kinds[i].prefix, n) && text[n])
            return kinds[i].get(r, where, text + n);
    }
    config_find(r->f, where, "${%s}: a reference is ${env:NAME}, ${file:/path} or ${credential:name}", text);
    return NULL;
}

char *secret_resolve(config_reader *r, config_where where, const char *text)
{
    CLEANUP_BUFFER buffer out = {0};
    const char *from, *to = text;
    while ((from = strstr(to, "${"))) {
        buffer_add(&out, to, (size_t)(from - to));
        to = strchr(from, '}');
        if (!to) {
            config_find(r->f, where, "a reference that begins with ${ has no }");
            return NULL;
        }
        CLEANUP_FREE char *name = strndup(from + 2, (size_t)(to++ - from - 2));
        CLEANUP_FREE char *value = name ? reference(r, where, name) : NULL;
        if (!value)
            return NULL;
        buffer_puts(&out, value);
    }
    buffer_puts(&out, to);
    return buffer_take(&out);
}

const char *secret_reference(const config *c, const char *text)
{
    for (const config_kept *k = c->kept; k; k = k->next) {
        if (k->of && k->of == text)
            return k->text;
    }
    return NULL;
}
