/* SPDX-License-Identifier: Apache-2.0 */
/* Lists and fields of Sitoo's answers. What an answer code means for the caller is the table `answers`; what
 * is not in it (no answer, 401, 429, 5xx) never gets here: the core pauses the connection. */
#include "plugins/sitoo/sitoo.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- text ---- */

static int text_room(sitoo_text *text, size_t more)
{
    size_t room = text->room ? text->room : 128;
    while (room < text->size + more + 1)
        room *= 2;
    if (room == text->room)
        return 0;
    char *at = realloc(text->at, room);
    if (!at)
        return -1;
    text->at = at;
    text->room = room;
    return 0;
}

void sitoo_printf(sitoo_text *text, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    if (n >= 0 && !text_room(text, (size_t)n)) {
        vsnprintf(text->at + text->size, (size_t)n + 1, format, again);
        text->size += (size_t)n;
    }
    va_end(again);
    va_end(args);
}

void sitoo_escape(sitoo_text *text, const char *value)
{
    size_t n = tb_http_escape(value, NULL, 0);
    if (text_room(text, n + 1))
        return;
    tb_http_escape(value, text->at + text->size, n + 1);
    text->size += n;
    text->at[text->size] = '\0';
}

void sitoo_text_free(sitoo_text *text)
{
    free(text->at);
    *text = (sitoo_text){0};
}

const char *sitoo_str(const sitoo_text *text)
{
    return text->at ? text->at : "";
}

/* ---- fields ---- */

const char *sitoo_field(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

#define MOST INT64_C(1000000000000000)

static bool within(int64_t number)
{
    return number <= MOST && number >= -MOST;
}

int64_t sitoo_number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    int64_t number =
        json_is_string(value) ? strtoll(json_string_value(value), NULL, 10) : json_integer_value(value);
    return within(number) ? number : 0;
}

int sitoo_quantity(const json_t *object, const char *name, int64_t *out)
{
    const json_t *value = json_object_get(object, name);
    int64_t quantity;
    if (!value || tb_quantity_from_json(value, &quantity) || !within(quantity))
        return -1;
    *out = quantity;
    return 0;
}

/* ---- lists ---- */

typedef struct meaning {
    int least, most;
    sitoo_answer answer;
    const char *reason;
} meaning;

static const meaning answers[] = {
    {200, 299, SITOO_GOOD, NULL},
    {404, 404, SITOO_REFUSED, "sitoo.not-found"},
    {400, 499, SITOO_REFUSED, "sitoo.refused"},
    {0, 999, SITOO_STRANGE, "sitoo.strange-answer"},
};

static const meaning *judge(int status)
{
    const meaning *m = answers;
    while (status < m->least || status > m->most)
        m++;
    return m;
}

static sitoo_answer strange(sitoo_list *list, const char *path, const char *what)
{
    list->reason = "sitoo.strange-answer";
    snprintf(list->why, sizeof list->why, "%s answered %s", path, what);
    return SITOO_STRANGE;
}

static sitoo_answer take_list(const tb_response *response, const char *path, sitoo_list *list)
{
    const meaning *m = judge(response->status);
    if (m->answer != SITOO_GOOD) {
        list->reason = m->reason;
        snprintf(list->why, sizeof list->why, "%s was answered with %d: %.100s", path, response->status,
                 sitoo_field(response->json, "errortext"));
        return m->answer;
    }
    json_t *items = json_object_get(response->json, "items");
    const json_t *total = json_object_get(response->json, "totalcount");
    if (!json_is_array(items) || !json_is_integer(total) || json_integer_value(total) < 0)
        return strange(list, path, "without a list and its totalcount");
    list->items = json_incref(items);
    list->total = json_integer_value(total);
    return SITOO_GOOD;
}

sitoo_answer sitoo_get_list(tb_ctx *ctx, unsigned flags, const char *path, const char *query,
                            sitoo_list *list)
{
    tb_request request = {
        .size = sizeof request, .flags = flags, .method = "GET", .path = path, .query = query};
    tb_response response = {.size = sizeof response};
    sitoo_list_free(list);
    if (tb_http(ctx, &request, &response))
        return SITOO_AGAIN;
    sitoo_answer answer = take_list(&response, path, list);
    tb_response_free(&response);
    return answer;
}

void sitoo_list_free(sitoo_list *list)
{
    json_decref(list->items);
    *list = (sitoo_list){0};
}
