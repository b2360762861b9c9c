/* SPDX-License-Identifier: Apache-2.0 */
/* Input gets the types the shop's interfaces declare: numbers may come as text, booleans as nearly anything,
 * names in snake_case or camelCase; a name an interface does not have is refused, one beside the arguments is
 * ignored. What comes out has snake_case names and only what was given. */
#include "sdk/sim/adobe.h"
#include "sdk/sim/must.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

char *adobe_camel(const char *name)
{
    char *out = must(malloc(strlen(name) + 1)), *p = out;
    for (bool upper = true; out && *name; name++) {
        if (*name == '_') {
            upper = true;
            continue;
        }
        *p++ = (char)(upper ? toupper((unsigned char)*name) : *name);
        upper = false;
    }
    if (out)
        *p = '\0';
    return out;
}

char *adobe_snake(const char *name)
{
    char *out = must(malloc(2 * strlen(name) + 1)), *p = out;
    for (const char *q = name; out && *q; q++) {
        if (isupper((unsigned char)*q) && q != name)
            *p++ = '_';
        *p++ = (char)tolower((unsigned char)*q);
    }
    if (out)
        *p = '\0';
    return out;
}

/* `what` NULL: an argument of its own, not a field of something. */
static void wrong_type(adobe_call *c, const char *what, const json_t *v, const char *type)
{
    CLEANUP_BUFFER buffer text = {0};
    CLEANUP_FREE char *shown =
        json_is_string(v) ? must(strdup(json_string_value(v))) : must(json_dumps(v, JSON_ENCODE_ANY));
    if (what)
        buffer_printf(&text, "Error occurred during \"%s\" processing. ", what);
    buffer_printf(&text,
                  "The \"%s\" value's type is invalid. The \"%s\" type was expected. Verify and try again.",
                  shown ? shown : "", type);
    adobe_fail(c, 400, buffer_text(&text), NULL);
}

static json_t *as_text(const json_t *v)
{
    if (json_is_boolean(v))
        return json_string(json_is_true(v) ? "1" : "");
    if (json_is_number(v)) {
        char *text = must(json_dumps(v, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15)));
        json_t *out = json_string(text);
        free(text);
        return out;
    }
    return json_is_string(v) ? json_incref((json_t *)v) : json_string("Array");
}

static json_t *as_bool(const json_t *v)
{
    static const char *const yes[] = {"1", "true", "on", "yes", NULL};
    bool set = json_is_true(v) || (json_is_integer(v) && json_integer_value(v) == 1);
    for (size_t i = 0; json_is_string(v) && yes[i]; i++)
        set |= !strcasecmp(json_string_value(v), yes[i]);
    return json_boolean(set);
}

static json_t *as_int(const json_t *v)
{
    int64_t n = 0;
    return decimal_read(v, &n) ? json_integer(n / ADOBE_UNIT) : NULL;
}

static json_t *as_float(const json_t *v)
{
    int64_t n = 0;
    return decimal_read(v, &n) ? json_incref((json_t *)v) : NULL;
}

static json_t *as_list(const json_t *v, json_t *(*each)(const json_t *))
{
    json_t *out = json_array(), *item = NULL;
    size_t i = 0;
    const char *key = NULL;
    if (!json_is_array(v) && !json_is_object(v))
        json_array_append_new(out, each(v));
    json_object_foreach((json_t *)v, key, item) json_array_append_new(out, each(item));
    json_array_foreach((json_t *)v, i, item)
    {
        json_t *one = each(item);
        json_array_append_new(out, one ? one : json_integer(0));
    }
    return out;
}

static json_t *as_object(adobe_call *c, const adobe_shape *shape, json_t *v)
{
    json_t *out = json_object();
    if (json_is_object(v) && !adobe_read_fields(c, shape->fields, v, out)) {
        json_decref(out);
        return NULL;
    }
    return out; /* anything else reads as an object without fields */
}

static bool too_many(adobe_call *c, const adobe_shape *shape, size_t count)
{
    int64_t most = adobe_int(c->m, "input_limit");
    if (!most || (int64_t)count <= most)
        return false;
    adobe_fail(c, 400, "Maximum items of type \"%type\" is %max",
               json_pack("{ss sI}", "type", shape->interface, "max", (json_int_t)most));
    return true;
}

static bool append_object(adobe_call *c, const adobe_shape *shape, json_t *item, json_t *out)
{
    json_t *one = as_object(c, shape, item);
    return one && !json_array_append_new(out, one);
}

static json_t *as_objects(adobe_call *c, const adobe_shape *shape, json_t *v)
{
    json_t *out = json_array(), *item = NULL;
    const char *key = NULL;
    size_t i = 0, count = json_is_object(v) ? json_object_size(v) : json_array_size(v);
    bool good = !too_many(c, shape, count);
    json_array_foreach(v, i, item) good = good && append_object(c, shape, item, out);
    json_object_foreach(v, key, item) good = good && append_object(c, shape, item, out);
    if (good)
        return out;
    json_decref(out);
    return NULL;
}

static json_t *convert(adobe_call *c, const adobe_field *f, json_t *v)
{
    switch (f->kind) {
    case IN_TEXT:
        return as_text(v);
    case IN_INT:
        return as_int(v);
    case IN_FLOAT:
        return as_float(v);
    case IN_BOOL:
        return as_bool(v);
    case IN_TEXTS:
        return as_list(v, as_text);
    case IN_INTS:
        return as_list(v, as_int);
    case IN_OBJECT:
        return as_object(c, f->shape, v);
    case IN_OBJECTS:
        return as_objects(c, f->shape, v);
    default:
        return json_incref(v);
    }
}

/* NULL: refused and answered. */
static json_t *typed(adobe_call *c, const adobe_field *f, json_t *v, const char *what)
{
    json_t *out = json_is_null(v) ? json_null() : convert(c, f, v);
    if (!out && (f->kind == IN_INT || f->kind == IN_FLOAT))
        wrong_type(c, what, v, f->kind == IN_INT ? "int" : "float");
    return out;
}

static const adobe_field *find_field(const adobe_field *fields, const char *name)
{
    for (; fields->name; fields++)
        if (!strcmp(fields->name, name))
            return fields;
    return NULL;
}

static bool read_field(adobe_call *c, const adobe_field *fields, const char *key, json_t *v, json_t *into)
{
    CLEANUP_FREE char *snake = adobe_snake(key);
    const adobe_field *f = find_field(fields, snake);
    if (!f) {
        CLEANUP_FREE char *camel = adobe_camel(key);
        adobe_fail(c, 400, "\"%fieldName\" is not supported. Correct the field name and try again.",
                   json_pack("{ss}", "fieldName", camel));
        return false;
    }
    json_t *out = typed(c, f, v, key);
    return out && !json_object_set_new(into, f->name, out);
}

bool adobe_read_fields(adobe_call *c, const adobe_field *fields, json_t *given, json_t *into)
{
    const char *key = NULL;
    json_t *v = NULL;
    json_object_foreach(given, key, v) if (!read_field(c, fields, key, v, into)) return false;
    return true;
}

/* ---- the arguments of a route ---- */

static bool has_body(const adobe_call *c)
{
    return !strcmp(c->request->method, "POST") || !strcmp(c->request->method, "PUT");
}

static bool check_media_type(adobe_call *c)
{
    const char *type = c->request->header(c->request, "Content-Type");
    if (!type || !*type) {
        adobe_fail(c, 400, "Content-Type header is empty.", NULL);
        return false;
    }
    CLEANUP_FREE char *media = must(strndup(type, strcspn(type, "; ")));
    if (!strcasecmp(media, "application/json"))
        return true;
    CLEANUP_BUFFER buffer text = {0};
    buffer_printf(&text, "Server cannot understand Content-Type HTTP header media type %s", media);
    adobe_fail(c, 400, buffer_text(&text), NULL);
    return false;
}

/* NULL: refused and answered. What is not an object reads as one without fields. */
static json_t *read_body(adobe_call *c)
{
    if (!has_body(c))
        return json_object();
    if (!check_media_type(c))
        return NULL;
    if (!c->request->body_size)
        return json_object();
    json_t *body = json_loadb(c->request->body, c->request->body_size, JSON_DECODE_ANY, NULL);
    if (!body) {
        adobe_fail(c, 400, "Decoding error.", NULL);
        return NULL;
    }
    if (json_is_object(body))
        return body;
    json_decref(body);
    return json_object();
}

/* camelCase is the shop's own name of an argument: messages use it. */
static char *argument_name(const char *name)
{
    char *camel = adobe_camel(name);
    *camel = (char)tolower((unsigned char)*camel);
    return camel;
}

static bool read_argument(adobe_call *c, const adobe_field *f, json_t *given)
{
    CLEANUP_FREE char *camel = argument_name(f->name);
    json_t *v = json_object_get(given, camel);
    if (!v || json_is_null(v))
        v = json_object_get(given, f->name);
    if (!v || json_is_null(v)) {
        adobe_required(c, camel);
        return false;
    }
    json_t *out = typed(c, f, v, NULL);
    return out && !json_object_set_new(c->input, f->name, out);
}

static bool read_optionals(adobe_call *c, const adobe_field *fields, json_t *given)
{
    bool good = true;
    for (const adobe_field *f = fields; good && f->name; f++) {
        CLEANUP_FREE char *camel = argument_name(f->name);
        json_t *v = json_object_get(given, camel);
        v = v ? v : json_object_get(given, f->name);
        good = !v || json_is_null(v) || read_argument(c, f, given);
    }
    return good;
}

bool adobe_read_input(adobe_call *c)
{
    json_t *given = read_body(c);
    if (!given)
        return false;
    if (!has_body(c))
        json_object_update(given, c->query);
    json_object_update(given, c->path);
    bool good = true;
    for (const adobe_field *f = c->route->argument; good && f->name; f++)
        good =
            f->kind == IN_OPTIONAL ? read_optionals(c, f->shape->fields, given) : read_argument(c, f, given);
    json_decref(given);
    return good;
}
