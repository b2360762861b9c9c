/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that are made up: a fault of kind "answer" says status, headers and body itself, and the machine is
 * not asked. The body is base64, since it may be anything, and may be repeated to be as long as one likes. */
#include "sdk/sim/frame.h"

#include <openssl/evp.h>
#include <string.h>

enum { LONGEST = 256 << 20 };

static size_t decoded(const char *text, unsigned char *out)
{
    size_t n = strlen(text), pad = n > 1 ? (size_t)((text[n - 1] == '=') + (text[n - 2] == '=')) : 0;
    int size = n ? EVP_DecodeBlock(out, (const unsigned char *)text, (int)n) : 0;
    return size > 0 ? (size_t)size - pad : 0;
}

static void add_body(const json_t *said, sim_answer *a)
{
    const char *text = json_string_value(json_object_get(said, "base64"));
    json_int_t repeat = json_integer_value(json_object_get(said, "repeat"));
    CLEANUP_FREE unsigned char *bytes = malloc(text ? strlen(text) + 4 : 1);
    size_t n = bytes && text ? decoded(text, bytes) : 0;
    for (json_int_t i = 0; n && i < (repeat ? repeat : 1) && a->body.size + n <= LONGEST; i++)
        buffer_add(&a->body, bytes, n);
}

void made_answer(const json_t *said, sim_answer *a)
{
    const char *name;
    const json_t *value;
    a->status = (int)json_integer_value(json_object_get(said, "status"));
    json_object_foreach((json_t *)(uintptr_t)json_object_get(said, "headers"), name, value)
        buffer_printf(&a->headers, "%s: %s\r\n", name, json_string_value(value));
    add_body(said, a);
}

int made_check(const json_t *said, char *why, size_t size)
{
    json_int_t status = json_integer_value(json_object_get(said, "status"));
    const json_t *body = json_object_get(said, "base64"), *headers = json_object_get(said, "headers"), *value;
    const char *name;
    if (status < 200 || status > 599)
        return snprintf(why, size, "an answer's status is a number from 200 to 599"), -1;
    if (body && (!json_is_string(body) || json_string_length(body) % 4))
        return snprintf(why, size, "an answer's body is base64"), -1;
    json_object_foreach((json_t *)(uintptr_t)headers, name, value)
    {
        if (!json_is_string(value) || strpbrk(json_string_value(value), "\r\n"))
            return snprintf(why, size, "header %s of an answer is no line of text", name), -1;
    }
    return 0;
}
