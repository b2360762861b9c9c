/* SPDX-License-Identifier: Apache-2.0 */
/* file-source: a file of JSON objects, one a line, that others append to; each whole line becomes one record.
 *
 * The cursor is "inode:offset:line" of the first line not yet read. A file that is no longer the one the
 * cursor was made for (replaced, or shorter than was read) is never read again from its start by itself: what
 * has been applied once would be applied twice. It is told, and a person sets the cursor. */
#include <tillbridge/plugin.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_LINE = 1 << 20, MOST_BAD = 100 };

typedef struct file_source {
    const char *path, *type, *key_field, *id_field;
    bool sound; /* nothing about the file as a whole stands open */
} file_source;

typedef struct place {
    uint64_t inode;
    int64_t offset, line; /* line: number of the line that begins there, from 1 */
} place;

/* Complaints about the file as a whole; one that no longer holds is cleared. */
static const char *const troubles[] = {"file.unreadable", "file.replaced", "file.truncated", NULL};

static const tb_param params[] = {
    {.name = "path",
     .type = TB_STRING,
     .flags = TB_REQUIRED,
     .help = "the file to read",
     .offset = offsetof(file_source, path)},
    {.name = "type",
     .type = TB_STRING,
     .fallback = "line",
     .help = "record type of its lines",
     .offset = offsetof(file_source, type)},
    {.name = "key-field",
     .type = TB_STRING,
     .fallback = "key",
     .help = "member of the object that is the record's key",
     .offset = offsetof(file_source, key_field)},
    {.name = "id-field",
     .type = TB_STRING,
     .fallback = "tillbridge-id",
     .help = "member that is given the line's identity, path:offset; empty: none",
     .offset = offsetof(file_source, id_field)},
    {0},
};

static const tb_reason reasons[] = {
    {.code = "file.bad-line",
     .title = "a line is not a record",
     .remedy = "Append the line again in its right form; the bad one is passed over."},
    {.code = "file.unreadable",
     .title = "the file cannot be read",
     .remedy = "See that the path is right and that the daemon's user may read it."},
    {.code = "file.replaced",
     .title = "the path names another file than before",
     .remedy = "Move the old file back until it is read, then set the cursor to the new file's start."},
    {.code = "file.truncated",
     .title = "the file is shorter than what was read of it",
     .remedy = "Find out who cut it, then set the cursor to where reading shall go on."},
    {0},
};

/* ---- the file as a whole ---- */

/* Is `f` the file that the place was noted for, with all that was read still before it? NULL: yes. */
static const char *trouble_with(FILE *f, const struct stat *st, const place *at)
{
    if (at->inode != st->st_ino)
        return "file.replaced";
    if (at->offset == 0)
        return NULL;
    bool behind_a_line = at->offset <= st->st_size && !fseeko(f, at->offset - 1, SEEK_SET) && getc(f) == '\n';
    return behind_a_line ? NULL : "file.truncated";
}

static tb_verdict tell(file_source *self, tb_feed *feed, const char *trouble, const char *detail)
{
    self->sound = false;
    tb_raise(feed, trouble, self->path, "%s: %s", self->path, detail);
    return TB_OK;
}

static void clear_troubles(file_source *self, tb_feed *feed)
{
    for (int i = 0; troubles[i] && !self->sound; i++)
        tb_clear(feed, troubles[i], self->path);
    self->sound = true;
}

static place place_of(const char *cursor, const struct stat *st)
{
    place at = {0};
    if (!cursor || sscanf(cursor, "%" SCNu64 ":%" SCNd64 ":%" SCNd64, &at.inode, &at.offset, &at.line) != 3)
        at = (place){.inode = st->st_ino, .line = 1};
    return at;
}

/* ---- a line ---- */

static int bad_line(file_source *self, tb_feed *feed, const place *at, const char *why)
{
    char cause[32];
    snprintf(cause, sizeof cause, "line %" PRId64, at->line);
    return tb_raise(feed, "file.bad-line", cause, "%s, %s: %s", self->path, cause, why) ? -1 : 1;
}

/* The key as text: a string, or a whole number written out. False: there is none. */
static bool key_of(const json_t *value, char *out, size_t size)
{
    int n = json_is_string(value)    ? snprintf(out, size, "%s", json_string_value(value))
            : json_is_integer(value) ? snprintf(out, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value))
                                     : 0;
    return n > 0 && (size_t)n < size;
}

static int feed_object(file_source *self, tb_feed *feed, const place *at, json_t *object, const char *key)
{
    char *id = NULL;
    if (asprintf(&id, "%s:%" PRId64, self->path, at->offset) < 0) {
        json_decref(object);
        return -1;
    }
    if (*self->id_field && json_object_set_new(object, self->id_field, json_string(id))) {
        json_decref(object);
        free(id);
        return -1;
    }
    tb_record *record = tb_record_new(self->type, key, object);
    if (record)
        tb_record_set_id(record, id);
    free(id);
    return tb_feed_add(feed, record, NULL);
}

/* 1: told as bad, 0: fed or empty, -1: no memory. */
static int read_line(file_source *self, tb_feed *feed, const place *at, const char *line, size_t size)
{
    char key[256];
    if (strspn(line, " \t\r\n") == size)
        return 0;
    if (size > MOST_LINE)
        return bad_line(self, feed, at, "longer than 1 MiB");
    json_error_t error;
    json_t *object = json_loadb(line, size, JSON_REJECT_DUPLICATES, &error);
    if (!object && !*error.text)
        return -1; /* no memory: every other failure has a text */
    if (!json_is_object(object)) {
        int told = bad_line(self, feed, at, object ? "not an object" : error.text);
        json_decref(object);
        return told;
    }
    if (!key_of(json_object_get(object, self->key_field), key, sizeof key)) {
        json_decref(object);
        return bad_line(self, feed, at, "no key in it");
    }
    return feed_object(self, feed, at, object, key);
}

/* Whole lines from *at on, until the feed is full; *at moves along. A last line without its end is not whole.
 */
static int read_lines(file_source *self, tb_feed *feed, FILE *f, place *at)
{
    char *line = NULL;
    size_t room = 0;
    int bad = 0, done = 0;
    while (done >= 0 && tb_feed_room(feed) > 0 && bad < MOST_BAD) {
        ssize_t n = getline(&line, &room, f);
        if (n <= 0 || line[n - 1] != '\n')
            break;
        done = read_line(self, feed, at, line, (size_t)n);
        bad += done > 0;
        if (done >= 0) {
            at->offset += n;
            at->line++;
        }
    }
    free(line);
    if (tb_feed_room(feed) == 0 || bad == MOST_BAD)
        tb_feed_more(feed);
    return done < 0 || ferror(f) ? -1 : 0;
}

static tb_verdict read_file(file_source *self, FILE *f, const char *cursor, tb_feed *feed)
{
    struct stat st;
    char moved[80];
    if (fstat(fileno(f), &st))
        return tell(self, feed, "file.unreadable", strerror(errno));
    place at = place_of(cursor, &st);
    const char *trouble = trouble_with(f, &st, &at);
    if (trouble)
        return tell(self, feed, trouble, "not read on, so that nothing comes twice");
    clear_troubles(self, feed);
    if (fseeko(f, at.offset, SEEK_SET) || read_lines(self, feed, f, &at))
        return TB_RETRY;
    snprintf(moved, sizeof moved, "%" PRIu64 ":%" PRId64 ":%" PRId64, at.inode, at.offset, at.line);
    if (!cursor || strcmp(cursor, moved))
        return tb_feed_cursor(feed, moved) ? TB_RETRY : TB_OK;
    return TB_OK;
}

static tb_verdict file_read(void *self, tb_ctx *ctx, const char *cursor, tb_feed *feed)
{
    (void)ctx;
    file_source *s = self;
    FILE *f = fopen(s->path, "re");
    if (!f)
        return tell(s, feed, "file.unreadable", strerror(errno));
    tb_verdict verdict = read_file(s, f, cursor, feed);
    fclose(f);
    return verdict;
}

static const tb_source source = {.size = sizeof source, .read = file_read};

TB_PLUGIN(.name = "file-source", .version = "0.1.0", .summary = "reads records from a file of JSON lines",
          .self_size = sizeof(file_source), .writes = "line", .params = params, .reasons = reasons,
          .source = &source);
