/* SPDX-License-Identifier: Apache-2.0 */
/* my-plugin: adds a note to every record.
 *
 * Replace what `apply` does; the contract is in tillbridge-plugin(3). */
#include <tillbridge/plugin.h>

typedef struct {
    const char *member, *note; /* filled in by the host from the table below */
} instance;

static const tb_param params[] = {
    {.name = "member",
     .type = TB_STRING,
     .fallback = "note",
     .help = "member of the record that gets the note",
     .offset = offsetof(instance, member)},
    {.name = "note",
     .type = TB_STRING,
     .flags = TB_REQUIRED,
     .help = "the note",
     .offset = offsetof(instance, note)},
    {0},
};

/* What a person may have to look at: code, title, remedy. The page explains each. */
static const tb_reason reasons[] = {
    {.code = "my-plugin.not-object",
     .title = "the record is not a JSON object",
     .remedy = "Mend what makes the record."},
    {0},
};

/* Maps and judges one record; no network. TB_OK: go on. */
static tb_verdict apply(void *self, tb_ctx *ctx, tb_record **record)
{
    (void)ctx;
    const instance *i = self;
    if (!json_is_object(tb_record_body(*record)))
        return tb_reject(*record, "my-plugin.not-object", NULL, "%s: not an object", tb_record_key(*record));
    json_t *body = tb_record_edit(record);
    if (!body || json_object_set_new(body, i->member, json_string(i->note)))
        return tb_retry(*record, "out of memory");
    return TB_OK;
}

static const tb_transform transform = {.size = sizeof transform, .apply = apply};

TB_PLUGIN(.name = "my-plugin", .version = "0.1", .summary = "adds a note to every record",
          .self_size = sizeof(instance), .reads = "line", .writes = "line", .params = params,
          .reasons = reasons, .transform = &transform);
