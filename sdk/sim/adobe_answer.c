/* SPDX-License-Identifier: Apache-2.0 */
/* Answers as Magento words them: messages with unfilled placeholders beside their parameters, slashes and
 * everything beyond ASCII escaped, XML when asked for, a page when nothing of the two is accepted. */
#include "sdk/sim/adobe.h"
#include "sdk/sim/must.h"

#include <string.h>
#include <strings.h>

enum { REAL_DIGITS = 15 };

void adobe_reply(adobe_call *c, json_t *result)
{
    json_decref(c->result);
    c->result = result;
    c->status = 200;
}

json_t *adobe_fault(const char *message, json_t *parameters)
{
    json_t *fault = json_pack("{ss}", "message", message);
    if (parameters)
        json_object_set_new(fault, "parameters", parameters);
    return fault;
}

void adobe_fail(adobe_call *c, int status, const char *message, json_t *parameters)
{
    adobe_reply(c, adobe_fault(message, parameters));
    c->status = status;
}

void adobe_required(adobe_call *c, const char *field)
{
    adobe_fail(c, 400, "\"%fieldName\" is required. Enter and try again.",
               json_pack("{ss}", "fieldName", field));
}

void adobe_fatal(adobe_call *c)
{
    c->fatal = true;
    c->status = 500;
}

void adobe_internal(adobe_call *c)
{
    adobe_reply(
        c, json_pack("{so}", "message",
                     json_sprintf("Internal Error. Details are available in Magento log file. Report ID: "
                                  "webapi-%013llx",
                                  (long long)c->m->next_report++)));
    c->status = 500;
}

void adobe_invalid(adobe_call *c, const char *first, json_t *errors)
{
    CLEANUP_BUFFER buffer text = {0};
    buffer_puts(&text, "Validation Failed");
    if (first)
        buffer_printf(&text, ": %s", first);
    adobe_reply(c, json_pack("{ss so}", "message", buffer_text(&text), "errors", errors));
    c->status = 400;
}

/* ---- XML ---- */

static void put_escaped(buffer *b, const char *text)
{
    for (; *text; text++)
        if (*text == '<')
            buffer_puts(b, "&lt;");
        else if (*text == '>')
            buffer_puts(b, "&gt;");
        else if (*text == '&')
            buffer_puts(b, "&amp;");
        else
            buffer_putc(b, *text);
}

static void put_xml(buffer *b, const json_t *v, int depth);

static void put_element(buffer *b, const char *name, const json_t *v, int depth)
{
    buffer_printf(b, "%*s<%s>", 2 * depth, "", name);
    bool inner = json_is_object(v) || json_is_array(v);
    if (inner)
        buffer_putc(b, '\n');
    put_xml(b, v, depth);
    if (inner)
        buffer_printf(b, "%*s", 2 * depth, "");
    buffer_printf(b, "</%s>\n", name);
}

static void put_xml(buffer *b, const json_t *v, int depth)
{
    const char *key = NULL;
    json_t *inner = NULL;
    size_t i = 0;
    json_object_foreach((json_t *)v, key, inner) put_element(b, key, inner, depth + 1);
    json_array_foreach((json_t *)v, i, inner) put_element(b, "item", inner, depth + 1);
    if (json_is_string(v))
        put_escaped(b, json_string_value(v));
    else if (json_is_boolean(v))
        buffer_puts(b, json_is_true(v) ? "1" : "");
    else if (json_is_number(v)) {
        CLEANUP_FREE char *text = must(json_dumps(v, JSON_ENCODE_ANY | JSON_REAL_PRECISION(REAL_DIGITS)));
        buffer_puts(b, text ? text : "");
    }
}

/* ---- rendering ---- */

void adobe_page(sim_answer *a, int status, const char *title)
{
    a->status = status;
    a->type = "text/html; charset=UTF-8";
    buffer_printf(
        &a->body,
        "<!doctype html>\n<html lang=\"en\">\n<head><title>%s</title></head>\n<body><h1>%s</h1></body>\n"
        "</html>\n",
        title, title);
}

static void render_json(sim_answer *a, const json_t *result)
{
    char *text = json_dumps(result, JSON_COMPACT | JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_ESCAPE_SLASH |
                                        JSON_REAL_PRECISION(REAL_DIGITS));
    a->type = "application/json; charset=utf-8";
    buffer_puts(&a->body, text ? text : "null");
    free(text);
}

static bool accepts(const char *accept, const char *type)
{
    return !accept || !*accept || strcasestr(accept, "*/*") || strcasestr(accept, type);
}

void adobe_render(adobe_call *c)
{
    const char *accept = c->request->header(c->request, "Accept");
    sim_answer *a = c->answer;
    a->status = c->status;
    if (c->fatal) {
        a->type = "text/plain;charset=UTF-8";
        buffer_puts(&a->body,
                    "An error has happened during application run. See exception log for details.\n");
    } else if (accepts(accept, "application/json")) {
        render_json(a, c->result);
    } else if (accepts(accept, "application/xml")) {
        a->type = "application/xml; charset=utf-8";
        buffer_puts(&a->body, "<?xml version=\"1.0\"?>\n");
        put_element(&a->body, "response", c->result, 0);
    } else {
        adobe_page(a, 500, "There has been an error processing your request");
    }
}
