/* SPDX-License-Identifier: Apache-2.0 */
/* The guard: what libmicrohttpd 0.9.75 lets through although two readers could understand it differently is
 * refused here, before anything else looks at the request, and the connection closes.
 *
 * The library has already cut the head into texts, so some faults leave no trace in them: a NUL (the text
 * ends there), a folded line (it is glued to the *name* before it), a line that begins with ':' (the head
 * ends there, and what follows is taken for the body), a bare LF. But it cuts in place, in the one buffer the
 * head came in:
 *
 *     method 0 target 0 version 0 0 name 0 blanks value 0 0 name 0 blanks value 0 0 0 0
 *
 * so in an honest head each text begins exactly where the one before it lets it, and the last one ends four
 * bytes before the head does. Whatever was passed over breaks that, but for one fault: a NUL and a bare LF
 * where CRLF should be, or a NUL or ':' among the four bytes that end the head, leave as many NULs, and no
 * call shows them. (A proxy would have to hand on all of that untouched.) Another version of the library may
 * cut in another way (1.0 refuses these itself), and then a layout that is judged would refuse everybody; so
 * it is judged for the version that was seen, and tests/system/test_raw.py tells what another one lets
 * through. */
#include "core/server/inner.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Those that may come once only. */
enum { LENGTH, CODING, HOST };
static const char *const singles[] = {[LENGTH] = "Content-Length",
                                      [CODING] = "Transfer-Encoding",
                                      [HOST] = "Host",
                                      "Authorization",
                                      "Content-Type",
                                      "Expect"};
enum { SINGLES = sizeof singles / sizeof *singles };

typedef struct {
    const char *finding;
    const char *next; /* where the next line must begin; NULL: the layout is not judged */
    int headers, seen[SINGLES];
    const char *value[SINGLES];
} judging;

#define LAYOUT "the head holds a NUL, a folded line, a line without a name or one that ends without CR"

/* RFC 9110: what a name may be made of. */
static bool name_fine(const char *name, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)name[i]) && (!name[i] || !strchr("!#$%&'*+-.^_`|~", name[i])))
            return false;
    return n > 0;
}

static bool value_fine(const char *value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (((unsigned char)value[i] < 0x20 && value[i] != '\t') || value[i] == 0x7f)
            return false;
    return true;
}

static const char *judge_single(judging *j, const char *name, const char *value)
{
    for (int i = 0; i < SINGLES; i++) {
        if (strcasecmp(name, singles[i]) != 0)
            continue;
        j->value[i] = value;
        return j->seen[i]++ ? "a header is there twice" : NULL;
    }
    return NULL;
}

static bool layout_fine(judging *j, const char *name, size_t name_n, const char *value, size_t value_n)
{
    if (!j->next)
        return true;
    const char *at = name + name_n + 1; /* after what was the colon */
    if (name != j->next || value < at)
        return false;
    while (at < value && (*at == ' ' || *at == '\t'))
        at++;
    j->next = value + value_n + 2;
    return at == value;
}

static enum MHD_Result each_header(void *arg, enum MHD_ValueKind kind, const char *name, size_t name_n,
                                   const char *value, size_t value_n)
{
    judging *j = arg;
    (void)kind;
    if (++j->headers > HEADERS_MOST)
        j->finding = "there are too many headers";
    else if (!name_fine(name, name_n))
        j->finding = "a header's name holds what no name may hold";
    else if (!layout_fine(j, name, name_n, value, value_n))
        j->finding = LAYOUT;
    else if (!value_fine(value, value_n))
        j->finding = "a header holds control characters";
    else
        j->finding = judge_single(j, name, value);
    return j->finding ? MHD_NO : MHD_YES;
}

/* The library takes a bare CR for a byte of the first line, and its last blank for the one before the
 * version. */
bool guard_target_fine(const char *target)
{
    for (; *target; target++)
        if ((unsigned char)*target <= ' ' || *target == 0x7f)
            return false;
    return true;
}

/* The first line; where the headers begin. */
static void judge_line(judging *j, const request *r, const char *method, const char *url, const char *version)
{
    if (!r->target_fine || !name_fine(method, strlen(method)))
        j->finding = "the first line holds what no method and no target may hold";
    if (strcmp(MHD_get_version(), "0.9.75") != 0)
        return;
    if (url != method + strlen(method) + 1 || version != url + r->target_size + 1)
        j->finding = LAYOUT;
    j->next = version + strlen(version) + 2;
}

static void judge_end(judging *j, const request *r, const char *method)
{
    const union MHD_ConnectionInfo *head =
        MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (head && head->header_size > HEAD_MOST)
        j->finding = "the head is too large";
    else if (!j->finding && j->next && head && j->next + 2 != method + head->header_size)
        j->finding = LAYOUT;
}

static const char *judge_frame(const request *r, const judging *j, bool newer)
{
    if (j->seen[CODING] && j->seen[LENGTH])
        return "Content-Length and Transfer-Encoding exclude each other";
    if (j->seen[CODING] && (!newer || strcasecmp(j->value[CODING], "chunked") != 0))
        return "the only transfer coding taken here is chunked";
    if (r->post && !j->seen[CODING] && !j->seen[LENGTH])
        return "a POST must say how long its body is";
    return newer && !j->seen[HOST] ? "the Host header is missing" : NULL;
}

const char *guard_judge(request *r, const char *method, const char *url, const char *version)
{
    judging j = {0};
    judge_line(&j, r, method, url, version);
    if (!j.finding)
        MHD_get_connection_values_n(r->connection, MHD_HEADER_KIND, each_header, &j);
    judge_end(&j, r, method);
    if (!j.finding)
        j.finding = judge_frame(r, &j, strcmp(version, "HTTP/1.0") != 0);
    r->chunked = j.seen[CODING];
    r->declared = j.seen[LENGTH] ? strtoull(j.value[LENGTH], NULL, 10) : 0;
    return j.finding;
}
