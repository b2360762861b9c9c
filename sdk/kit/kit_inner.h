/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a tb_test, for the files of the kit alone. */
#ifndef TB_KIT_INNER_H
#define TB_KIT_INNER_H

#include "core/sdk/host.h"

#include <tillbridge/test.h>

typedef struct texts {
    char **text;
    int n;
} texts;

typedef struct expected {
    char *method, *path, *query, *body;
    int status;
} expected;

typedef struct remembered {
    char *name, *key, *value;
    int64_t version;
} remembered;

typedef struct tabled {
    char *name;
    tb_table *now, *before;
} tabled;

/* What the callback that runs may do; the daemon's table is `rights` in core/engine/call.c. */
enum { MAY_NETWORK = 1, MAY_CHANGE = 2, MAY_EMIT = 4, HAS_FEED = 8 };

struct tb_test {
    tb_ctx ctx; /* first: the host's functions find the test by it */
    const tb_plugin *plugin;
    void *self;
    tb_owned *owned;
    bool opened;
    char *failure;
    int64_t now;

    unsigned may; /* the callback that runs: MAY_NETWORK ... */
    expected *script;
    int script_n, asked_n;
    json_t **asked;

    remembered *state;
    int state_n;
    int64_t version;
    tabled *tables;
    int tables_n;
    texts log, findings, raised;

    tb_record **records; /* of the callback that runs; borrowed */
    size_t records_n;
    tb_feed feed;
    int room;
};

extern const tb_host kit_host;

void kit_fail(tb_test *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void kit_add(texts *list, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *kit_text(const texts *list, int index);
void kit_clear(texts *list);
/* Memory for tests: never NULL, the process ends instead. */
void *kit_grow(void *list, int n, size_t element);
char *kit_copy(const char *text); /* NULL stays NULL */
void kit_keep(tb_test *t, const tb_change *changes, bool only_always);

#endif
