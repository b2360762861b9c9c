/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters: one text becomes one field of an instance, by the type in the plugin's table. A row a type says
 * how it is read, how a limit is written, and what is wanted; the message is put together in one place. */
#include "core/sdk/units.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct kind {
    const char *wanted; /* "wants ..., not ..." */
    int (*read)(const char *text, int64_t *out);
    void (*print)(int64_t value, char *out, size_t size);
} kind;

static int read_int(const char *text, int64_t *out)
{
    char *end = NULL;
    if (!strchr("-0123456789", *text) || !*text)
        return -1;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (errno || *end || end == text)
        return -1;
    *out = n;
    return 0;
}

static void print_int(int64_t value, char *out, size_t size)
{
    snprintf(out, size, "%lld", (long long)value);
}

static void print_quantity(int64_t value, char *out, size_t size)
{
    if (tb_quantity_format(value, 0, out, size))
        print_int(value, out, size);
}

static int read_bool(const char *text, int64_t *out)
{
    *out = !strcmp(text, "true");
    return *out || !strcmp(text, "false") ? 0 : -1;
}

static const kind kinds[] = {
    [TB_STRING] = {"a text that is not empty", NULL, NULL},
    [TB_INT] = {"a whole number", read_int, print_int},
    [TB_BOOL] = {"true or false", read_bool, NULL},
    [TB_DURATION] = {"a duration such as \"15s\" (units: ms s m h d)", tbh_parse_duration,
                     units_print_duration},
    [TB_BYTES] = {"a size such as \"64KiB\" (units: B KiB MiB GiB)", tbh_parse_bytes, units_print_bytes},
    [TB_TIME] = {"a time such as \"2026-11-23T00:00Z\"", tbh_parse_time, units_print_time},
    [TB_TABLE] = {"the name of a table", NULL, NULL},
    [TB_CHOICE] = {NULL, NULL, NULL},
    [TB_QUANTITY] = {"a number with at most 3 decimals", tb_quantity_parse, print_quantity},
};

/* What was written is shown, unless it is secret. */
static int refuse(const tb_param *p, const char *text, const char *wanted, char *why, size_t why_size)
{
    if (p->flags & TB_SECRET)
        snprintf(why, why_size, "wants %s", wanted);
    else
        snprintf(why, why_size, "wants %s, not \"%s\"", wanted, text);
    return -1;
}

static int refuse_range(const tb_param *p, const char *text, char *why, size_t why_size)
{
    char least[40], most[40], wanted[100];
    kinds[p->type].print(p->least, least, sizeof least);
    kinds[p->type].print(p->most, most, sizeof most);
    if (p->most == INT64_MAX)
        snprintf(wanted, sizeof wanted, "at least %s", least);
    else
        snprintf(wanted, sizeof wanted, "%s to %s", least, most);
    return refuse(p, text, wanted, why, why_size);
}

static int set_number(const tb_param *p, void *field, const char *text, char *why, size_t why_size)
{
    int64_t value;
    if (kinds[p->type].read(text, &value))
        return refuse(p, text, kinds[p->type].wanted, why, why_size);
    if (p->type == TB_BOOL) {
        *(bool *)field = value;
        return 0;
    }
    if ((p->least || p->most) && (value < p->least || value > p->most))
        return refuse_range(p, text, why, why_size);
    *(int64_t *)field = value;
    return 0;
}

static int set_text(const tb_param *p, void *field, const char *text, tb_owned **owned, char *why,
                    size_t why_size)
{
    if (!*text && (p->type == TB_TABLE || (p->flags & TB_REQUIRED)))
        return refuse(p, text, kinds[p->type].wanted, why, why_size);
    size_t size = strlen(text) + 1;
    tb_owned *copy = malloc(sizeof *copy + size);
    if (!copy) {
        snprintf(why, why_size, "cannot be kept: out of memory");
        return -1;
    }
    memcpy(copy->text, text, size);
    copy->next = *owned;
    *owned = copy;
    *(const char **)field = copy->text;
    return 0;
}

static int set_choice(const tb_param *p, void *field, const char *text, char *why, size_t why_size)
{
    size_t n = strlen(text);
    const char *c = p->choices ? p->choices : "";
    for (int i = 0; *(c += strspn(c, " ")); i++) {
        size_t length = strcspn(c, " ");
        if (length == n && !memcmp(c, text, n)) {
            *(int *)field = i;
            return 0;
        }
        c += length;
    }
    char wanted[120];
    snprintf(wanted, sizeof wanted, "one of %s", p->choices ? p->choices : "nothing");
    return refuse(p, text, wanted, why, why_size);
}

int tbh_param_set(const tb_param *param, void *self, const char *text, tb_owned **owned, char *why,
                  size_t why_size)
{
    void *field = (char *)self + param->offset;
    if (!text)
        text = param->fallback;
    if (!text)
        return 0;
    switch (param->type) {
    case TB_STRING:
    case TB_TABLE:
        return set_text(param, field, text, owned, why, why_size);
    case TB_CHOICE:
        return set_choice(param, field, text, why, why_size);
    case TB_INT:
    case TB_BOOL:
    case TB_DURATION:
    case TB_BYTES:
    case TB_TIME:
    case TB_QUANTITY:
        return set_number(param, field, text, why, why_size);
    }
    snprintf(why, why_size, "has a type (%d) that this version does not know", (int)param->type);
    return -1;
}

void tbh_owned_free(tb_owned *owned)
{
    while (owned) {
        tb_owned *next = owned->next;
        free(owned);
        owned = next;
    }
}
