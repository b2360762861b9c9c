/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the error bodies of the shop. Its texts carry unfilled placeholders, with `parameters` as a list (%1,
 * %2) or an object (%fieldName); validation answers carry an `errors` list of the same form. */
#include "plugins/adobe/answer.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* First match counts; the pattern is looked for in the filled-in message, ignoring case. */
static const struct {
    int status;
    const char *pattern;
    adobe_meaning meaning;
} meanings[] = {
    {400, "maximum items of type", ADOBE_CAP},
    {400, "\"ship together\"", ADOBE_TOGETHER},
    {400, "could not save source item", ADOBE_BUSY},
    {400, "deadlock", ADOBE_BUSY},
    {400, "lock wait timeout", ADOBE_BUSY},
    {400, "validation failed", ADOBE_ROW},
    {400, "value's type is invalid", ADOBE_ROW},
    {400, "is not supported. correct the field name", ADOBE_ROW},
    {400, "", ADOBE_ROW},
};

adobe_meaning adobe_means(const tb_response *response)
{
    char text[2048];
    if (response->status >= 200 && response->status < 300)
        return ADOBE_DONE;
    adobe_message(response, text, sizeof text);
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        if (response->status == meanings[i].status && strcasestr(text, meanings[i].pattern))
            return meanings[i].meaning;
    }
    return ADOBE_REFUSED;
}

static void add(char *out, size_t size, const char *text, size_t n)
{
    size_t used = strlen(out);
    if (used + 1 < size)
        snprintf(out + used, size - used, "%.*s", (int)n, text);
}

/* Length of the placeholder's name at `at` (after the '%'); 0: none. */
static size_t name_size(const char *at)
{
    size_t n = 0;
    while (isalnum((unsigned char)at[n]) || at[n] == '_')
        n++;
    return n;
}

static const json_t *parameter(const json_t *parameters, const char *name, size_t n)
{
    char key[64];
    if (json_is_object(parameters)) {
        snprintf(key, sizeof key, "%.*s", (int)n, name);
        return json_object_get(parameters, key);
    }
    size_t index = 0;
    for (size_t i = 0; i < n && i < 4 && isdigit((unsigned char)name[i]); i++)
        index = index * 10 + (size_t)(name[i] - '0');
    return index ? json_array_get(parameters, index - 1) : NULL;
}

static void add_value(char *out, size_t size, const json_t *value)
{
    char *text = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    const char *shown = text ? text : json_string_value(value);
    if (shown)
        add(out, size, shown, strlen(shown));
    free(text);
}

const char *adobe_fill(const char *text, const json_t *parameters, char *out, size_t size)
{
    out[0] = '\0';
    while (*text) {
        size_t plain = strcspn(text, "%");
        add(out, size, text, plain);
        text += plain;
        if (!*text)
            break;
        size_t n = name_size(text + 1);
        const json_t *value = n ? parameter(parameters, text + 1, n) : NULL;
        if (value)
            add_value(out, size, value);
        else
            add(out, size, text, n + 1);
        text += n + 1;
    }
    return out;
}

const char *adobe_message(const tb_response *response, char *out, size_t size)
{
    const char *message = json_string_value(json_object_get(response->json, "message"));
    if (message)
        return adobe_fill(message, json_object_get(response->json, "parameters"), out, size);
    snprintf(out, size, "%.200s", response->body ? response->body : "");
    return out;
}
