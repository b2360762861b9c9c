/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration files: whatever stands in one, it is read or refused with places in files that were read; no
 * file is included but those of its own folder; and what is printed of a good one loads again as the same.
 *
 * Input: the file. Beside it lies part.inc, which it may include. */
#include "tests/fuzz/fuzz.h"

#include <dlfcn.h>
#include <errno.h>

#include "core/config/model.h"

/* libconfig 1.5 loses what it has read of a string that does not end (its lexer's buffer is static). */
SEEN_BY_LIBRARIES const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig.so\n";
}

static char path[128];
static bool watching, strayed;

/* libconfig opens what is included by itself: every fopen of this program passes here. Nothing outside of the
 * folder is opened, so that an input cannot name a device that never ends. */
SEEN_BY_LIBRARIES FILE *fopen(const char *name, const char *mode);
FILE *fopen(const char *name, const char *mode)
{
    static FILE *(*real)(const char *, const char *);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "fopen");
    size_t n = strlen(fuzz_folder());
    bool inside = !strncmp(name, fuzz_folder(), n) && name[n] == '/' && !strchr(name + n + 1, '/');
    if (!watching || inside)
        return real(name, mode);
    strayed |= !strncmp(mode, "rt", 2); /* libconfig's mode; secrets may lie anywhere */
    errno = EACCES;
    return NULL;
}

static int lines_of(const uint8_t *data, size_t size)
{
    int n = 1;
    for (size_t i = 0; i < size; i++)
        n += data[i] == '\n';
    return n;
}

/* "file:line: sentence", the file one of ours and the line one of its own; a file that cannot be read has no
 * line. What is included is named as it was written. */
static void check_finding(const char *text, size_t n, int lines)
{
    size_t folder = strlen(fuzz_folder());
    const char *line = strncmp(text, fuzz_folder(), folder) ? text : text + folder + 1;
    bool ours = !strncmp(line, "fuzz.conf:", 10), part = !strncmp(line, "part.inc:", 9);
    int at = 1, end = 0;
    MUST(ours || part, "%.*s", (int)n, text);
    MUST(sscanf(line + (ours ? 10 : 9), "%d: %n", &at, &end) == 1 && end, "%.*s", (int)n, text);
    MUST(at >= 1 && at <= (ours ? lines : 3), "%.*s of %d", (int)n, text, lines);
}

static void check_findings(const config_findings *f, int lines)
{
    int n = 0;
    for (const char *line = buffer_text(&f->text); *line; n++) {
        size_t size = strcspn(line, "\n");
        MUST(line[size] == '\n', "a finding without its end");
        check_finding(line, size, lines);
        line += size + 1;
    }
    MUST(n == f->n, "%d findings in %d lines:\n%s", f->n, n, buffer_text(&f->text));
}

/* The digests tell whether both mean the same; a secret that stood in the file is not printed. */
static void check_same(const config *a, const config *b, const char *text)
{
    MUST(a->pipelines_n == b->pipelines_n && a->connections_n == b->connections_n &&
             a->tables_n == b->tables_n,
         "printed\n%s", text);
    for (int i = 0; i < a->pipelines_n && !strstr(text, "***"); i++)
        MUST(!strcmp(a->pipelines[i].digest, b->pipelines[i].digest), "pipeline %s printed\n%s",
             a->pipelines[i].name, text);
    for (int i = 0; i < a->tables_n; i++)
        MUST(!strcmp(a->tables[i].path, b->tables[i].path), "printed\n%s", text);
}

static void print_and_load(const config *c)
{
    char *text = NULL;
    size_t size = 0;
    config_findings f = {0};
    FILE *out = open_memstream(&text, &size);
    MUST(out, "no memory");
    config_print(c, out);
    fclose(out);
    fuzz_file("fuzz.conf", text, size);
    config *again = config_load(path, &f);
    MUST(again && !f.n, "what was printed is refused: %s\n%s", buffer_text(&f.text), text);
    check_same(c, again, text);
    config_unref(again);
    config_findings_free(&f);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char part[] = "# part\nmode = \"latest\";\n";
    config_findings f = {0};
    if (!*path) {
        snprintf(path, sizeof path, "%s/fuzz.conf", fuzz_folder());
        fuzz_file("part.inc", part, sizeof part - 1);
        setenv("FUZZ_SECRET", "secret", 1);
    }
    fuzz_file("fuzz.conf", data, size);
    watching = true;
    config *c = config_load(path, &f);
    MUST(!strayed, "a file outside of the folder was included");
    check_findings(&f, lines_of(data, size));
    MUST(c || f.n, "refused without a finding");
    if (c && !f.n)
        print_and_load(c);
    watching = false;
    config_unref(c);
    config_findings_free(&f);
    return 0;
}
