/* SPDX-License-Identifier: Apache-2.0 */
/* upper-case: writes one member of each record in capitals. The smallest transform there is: a parameter, one
 * callback, one reason for a person to look. */
#include <tillbridge/plugin.h>

#include <stdlib.h>
#include <string.h>

typedef struct upper_case {
    const char *member; /* filled in by the host, by its offset */
} upper_case;

static const tb_param params[] = {
    {.name = "member",
     .type = TB_STRING,
     .flags = TB_REQUIRED,
     .help = "member of the record to write in capitals",
     .offset = offsetof(upper_case, member)},
    {0},
};

static const tb_reason reasons[] = {
    {.code = "upper-case.no-text",
     .title = "the member is missing or is no text",
     .remedy = "Name another member, or mend what makes the record."},
    {0},
};

/* ASCII only, whatever the locale says. */
static void to_capitals(char *text)
{
    for (; *text; text++) {
        if (*text >= 'a' && *text <= 'z')
            *text = (char)(*text - 'a' + 'A');
    }
}

static tb_verdict upper_case_apply(void *self, tb_ctx *ctx, tb_record **record)
{
    (void)ctx;
    const upper_case *u = self;
    const char *text = json_string_value(json_object_get(tb_record_body(*record), u->member));
    if (!text) /* the sentence is read by a person beside the key */
        return tb_reject(*record, "upper-case.no-text", u->member, "there is no text in %s", u->member);
    char *capitals = strdup(text);
    json_t *body = tb_record_edit(record); /* a copy of our own if others hold it too */
    if (!capitals || !body) {
        free(capitals);
        return tb_retry(*record, "out of memory");
    }
    to_capitals(capitals);
    json_object_set_new(body, u->member, json_string(capitals));
    free(capitals);
    return TB_OK; /* go on to the next transform, then to the sink */
}

static const tb_transform transform = {.size = sizeof transform, .apply = upper_case_apply};

TB_PLUGIN(.name = "upper-case", .version = "1.0", .summary = "writes a member in capitals",
          .self_size = sizeof(upper_case), .reads = "line", .writes = "line", .params = params,
          .reasons = reasons, .transform = &transform);
