/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of the configuration as tables: name, kind, where the value goes, default, range. Reading, the
 * effective configuration that is printed and the digests all walk these same tables, so they cannot say
 * different things. */
#ifndef TB_CONFIG_KEYS_H
#define TB_CONFIG_KEYS_H

#include <libconfig.h>

#include "core/config/model.h"

typedef enum {
    KEY_TEXT,     /* char * */
    KEY_NAME,     /* char *, [a-z0-9-]{1,32} */
    KEY_PATH,     /* char *, made absolute by the main file's folder */
    KEY_SECRET,   /* char *, never printed */
    KEY_DURATION, /* int64_t, ms */
    KEY_RATE,     /* int64_t, thousandths a second */
    KEY_INT,      /* int */
    KEY_COUNT,    /* int64_t */
    KEY_BOOL,     /* bool */
    KEY_CHOICE,   /* int: index in `choices` */
    KEY_EITHER,   /* bool: index in `choices`, two of them */
    KEY_WORDS,    /* char **, and an int right behind it: a list of strings */
    KEY_GROUP,    /* a group with keys of its own (`sub`), for the same target */
    KEY_OWN,      /* read by `read` */
    KEY_END
} config_kind;

enum { KEY_REQUIRED = 1, KEY_LINES = 2 /* KEY_WORDS: with blanks in them */ };

typedef struct config_reader {
    config *c;
    config_findings *f;
    const char *folder; /* of the main file, absolute */
    const config_t *parsed;
} config_reader;

typedef struct config_key {
    const char *name;
    config_kind kind;
    size_t offset;
    unsigned flags;
    const char *fallback; /* as it would be written; NULL: zero */
    int64_t least, most;  /* of numbers, in units of the kind; both 0: any */
    const char *choices;  /* blanks between */
    const struct config_key *sub;
    void (*read)(config_reader *r, const config_setting_t *setting, void *target);
} config_key;

extern const config_key config_root_keys[], config_connection_keys[], config_pipeline_keys[];

/* ---- reading (read.c) ---- */

/* Every child of the group by the table; missing ones get their fallback. `what` names the group in findings.
 */
void reader_group(config_reader *r, const config_setting_t *group, const config_key *keys, void *target,
                  const char *what);
config_where reader_where(config_reader *r, const config_setting_t *setting);
/* The place of a key by its path ("listen.events"); `otherwise` where the file has no such key. */
config_where reader_where_of(config_reader *r, config_where otherwise, const char *path, ...)
    __attribute__((format(printf, 3, 4)));
/* The scalar as text with its references resolved, the caller owns it; NULL: a finding was added. */
char *reader_text(config_reader *r, const config_setting_t *setting, bool *quoted);
/* Remembers what stood in the file for a text that the model keeps. Returns the text. */
char *reader_keep(config_reader *r, const config_setting_t *setting, char *text);
/* A list of strings joined by blanks. NULL: a finding was added. */
char *reader_words(config_reader *r, const config_setting_t *setting);
bool reader_is_words(const config_setting_t *setting);
/* Zeroed array, a finding when memory ran out. */
void *reader_alloc(config_reader *r, size_t n, size_t size);
/* The caller frees; NULL, and a finding, when memory ran out. */
char *reader_copy(config_reader *r, const char *text);
/* Lists of groups (read_pipeline.c). */
void reader_pipelines(config_reader *r, const config_setting_t *list, void *target);
void reader_sources(config_reader *r, const config_setting_t *list, void *target);
void reader_transforms(config_reader *r, const config_setting_t *list, void *target);
void reader_sinks(config_reader *r, const config_setting_t *list, void *target);

/* ---- references (secret.c) ---- */

/* `${env:NAME}` `${file:/path}` `${credential:name}` anywhere in the text. Returns a new text, or NULL:
 * finding. */
char *secret_resolve(config_reader *r, config_where where, const char *text);
/* What stood in the file for this text of the model, NULL: the text itself. */
const char *secret_reference(const config *c, const char *text);

/* ---- the rest ---- */

typedef struct config_kept { /* texts that live as long as the model */
    struct config_kept *next;
    const void *of; /* the text that it is the reference of; NULL: a file's name */
    char text[];
} config_kept;

const char *config_keep(config *c, const void *of, const char *text);
int scan_read(const char *path, buffer *text); /* the whole file; 0, or -1 with errno */
/* Before libconfig sees the text and what it includes; 0, or -1: findings added. */
int scan_text(const char *path, const buffer *text, const char *include_folder, int depth,
              config_findings *f);
void config_checks(config_reader *r); /* what spans several keys (checks.c) */
void config_digests(config *c);       /* print.c */

#endif
