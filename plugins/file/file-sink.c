/* SPDX-License-Identifier: Apache-2.0 */
/* file-sink: appends one line of JSON for each record, and says so when it is on stable storage.
 *
 * Each line carries the identity of its record (the probe id, or the one file-source gave it), so that a line
 * whose fate was not learnt can be looked for. A batch is one write: if it fails half-way, the file is cut
 * back to where it was; if even that fails, the fate of the lines is unknown and each is looked for. */
#include <tillbridge/plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct file_sink {
    const char *path, *id_field;
} file_sink;

static const tb_param params[] = {
    {.name = "path",
     .type = TB_STRING,
     .flags = TB_REQUIRED,
     .help = "the file to append to; made if it is not there",
     .offset = offsetof(file_sink, path)},
    {.name = "id-field",
     .type = TB_STRING,
     .fallback = "tillbridge-id",
     .help = "member of each line that holds its identity",
     .offset = offsetof(file_sink, id_field)},
    {0},
};

static const tb_operation operations[] = {
    {.name = "append", .effect = TB_CREATE, .takes = "line"},
    {0},
};

static const tb_reason reasons[] = {
    {.code = "file.no-identity",
     .title = "the record has nothing to be found again by",
     .remedy = "Let a transform name a probe id, or let the source's id-field be the sink's."},
    {.code = "file.not-object",
     .title = "the record is not a JSON object",
     .remedy = "Mend the transform that made it."},
    {0},
};

/* ---- lines ---- */

static const char *identity_of(const file_sink *self, const tb_record *record)
{
    const char *probe = tb_record_probe(record);
    const char *own = json_string_value(json_object_get(tb_record_body(record), self->id_field));
    return *probe ? probe : own;
}

/* json_dumps leaves out a member's name when memory is short: it is measured first, then written in place. */
static char *text_of(const json_t *object)
{
    size_t n = json_dumpb(object, NULL, 0, JSON_COMPACT);
    char *text = n ? malloc(n + 1) : NULL;
    if (!text || json_dumpb(object, text, n, JSON_COMPACT) != n) {
        free(text);
        return NULL;
    }
    text[n] = '\0';
    return text;
}

/* The record's line without its end; NULL after a verdict. */
static char *line_of(const file_sink *self, tb_record *record)
{
    const json_t *body = tb_record_body(record);
    const char *id = identity_of(self, record);
    if (!json_is_object(body)) {
        tb_reject(record, "file.not-object", NULL, "%s: not an object", tb_record_key(record));
        return NULL;
    }
    if (!id || !*id) {
        tb_reject(record, "file.no-identity", NULL, "%s: neither a probe id nor \"%s\"",
                  tb_record_key(record), self->id_field);
        return NULL;
    }
    json_t *object = json_object();
    bool good = object && !json_object_update(object, (json_t *)(uintptr_t)body) &&
                !json_object_set_new(object, self->id_field, json_string(id));
    char *line = good ? text_of(object) : NULL;
    if (line)
        tb_record_sent(record, json_incref(object));
    else
        tb_retry(record, "out of memory");
    json_decref(object);
    return line;
}

/* ---- the file ---- */

static int write_all(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, text, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        text += n;
        size -= (size_t)n;
    }
    return 0;
}

/* A new file's name is durable when its folder is. */
static int sync_folder(const char *path)
{
    char *folder = strdup(path);
    if (!folder)
        return -1;
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    int bad = fd < 0 || fsync(fd);
    if (fd >= 0)
        close(fd);
    return bad ? -1 : 0;
}

/* Opens and locks it; a last line that somebody left without its end is ended first. */
static int open_file(const file_sink *self, tb_ctx *ctx, off_t *size)
{
    char last = '\n';
    struct stat st;
    int fd = open(self->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0 || flock(fd, LOCK_EX) || fstat(fd, &st))
        goto bad;
    if (st.st_size == 0 && sync_folder(self->path))
        goto bad;
    if (st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) != 1)
        goto bad;
    if (last != '\n') {
        tb_log(ctx, TB_WARN, "file.torn", "%s: last line has no end, a new one is begun", self->path);
        if (write_all(fd, "\n", 1))
            goto bad;
        st.st_size++;
    }
    *size = st.st_size;
    return fd;
bad:
    tb_log(ctx, TB_ERROR, "file.open", "%s: cannot be appended to (%s)", self->path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

typedef enum fate { WRITTEN, NOT_WRITTEN, MAYBE_WRITTEN } fate;

static fate append(const file_sink *self, tb_ctx *ctx, const char *text, size_t size)
{
    off_t before;
    int fd = open_file(self, ctx, &before);
    if (fd < 0)
        return NOT_WRITTEN;
    fate f = WRITTEN;
    if (write_all(fd, text, size))
        f = ftruncate(fd, before) ? MAYBE_WRITTEN : NOT_WRITTEN;
    if (f == WRITTEN && fsync(fd))
        f = MAYBE_WRITTEN;
    if (f != WRITTEN)
        tb_log(ctx, TB_ERROR, "file.append", "%s: lines could not be appended (%s)", self->path,
               strerror(errno));
    close(fd);
    return f;
}

/* ---- callbacks ---- */

static void settle(const file_sink *self, tb_record *record, fate f)
{
    if (f == WRITTEN)
        tb_applied(record, identity_of(self, record));
    else if (f == NOT_WRITTEN)
        tb_retry(record, "%s: could not be appended to", self->path);
    else
        tb_unknown(record, "the line may be in the file, but not safely");
}

static tb_verdict file_deliver(void *self, tb_ctx *ctx, const char *operation, tb_record **records,
                               size_t count)
{
    (void)operation; /* there is one */
    char *text = NULL;
    size_t size = 0;
    bool *has_line = calloc(count, sizeof *has_line);
    FILE *lines = open_memstream(&text, &size);
    size_t wrote = 0;
    bool whole = true;
    if (!has_line || !lines) {
        free(has_line);
        if (lines)
            fclose(lines);
        free(text);
        return TB_RETRY;
    }
    for (size_t i = 0; i < count; i++) {
        char *line = line_of(self, records[i]);
        has_line[i] = line != NULL;
        int n = line ? fprintf(lines, "%s\n", line) : 0;
        whole = whole && n >= 0;
        wrote += n > 0 ? (size_t)n : 0;
        free(line);
    }
    /* when memory is short as it is closed, all of it is gone and nothing is said */
    fate f = fclose(lines) || !whole || size != wrote ? NOT_WRITTEN
             : size                                   ? append(self, ctx, text, size)
                                                      : WRITTEN;
    for (size_t i = 0; i < count; i++) {
        if (has_line[i])
            settle(self, records[i], f);
    }
    free(text);
    free(has_line);
    return TB_OK;
}

/* 1: it does, 0: it does not, -1: no memory (every other failure to read it has a text). */
static int holds(const file_sink *self, const char *line, const char *id)
{
    json_error_t error;
    json_t *object = json_loads(line, 0, &error);
    const char *found = json_string_value(json_object_get(object, self->id_field));
    int same = !object && !*error.text ? -1 : found && !strcmp(found, id);
    json_decref(object);
    return same;
}

/* As holds; 0 only when it was looked for to the end. */
static int search(const file_sink *self, FILE *f, const char *id)
{
    char *line = NULL;
    size_t room = 0;
    int found = 0;
    while (!found && getline(&line, &room, f) > 0)
        found = holds(self, line, id);
    free(line);
    return found ? found : feof(f) ? 0 : -1;
}

/* A line that is found is made durable before it counts: the daemon may have died between write and fsync. */
static tb_verdict file_probe(void *self, tb_ctx *ctx, const char *operation, tb_record *record)
{
    (void)ctx, (void)operation;
    const file_sink *s = self;
    const char *id = identity_of(s, record);
    if (!id || !*id)
        return tb_retry(record, "no identity to look for");
    FILE *f = fopen(s->path, "r+e");
    if (!f)
        return errno == ENOENT ? tb_noop(record, "there is no file")
                               : tb_retry(record, "%s: %s", s->path, strerror(errno));
    int found = search(s, f, id);
    bool sure = found >= 0 && (!found || !fsync(fileno(f)));
    fclose(f);
    if (!sure)
        return tb_retry(record, "%s: cannot be searched", s->path);
    return found ? tb_applied(record, id) : tb_noop(record, "no line has that identity");
}

static const tb_sink sink = {.size = sizeof sink, .deliver = file_deliver, .probe = file_probe};

TB_PLUGIN(.name = "file-sink", .version = "0.1.0", .summary = "appends records to a file of JSON lines",
          .self_size = sizeof(file_sink), .reads = "line", .params = params, .operations = operations,
          .reasons = reasons, .sink = &sink);
