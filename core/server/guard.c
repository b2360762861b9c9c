/* SPDX-License-Identifier: Apache-2.0 */
/* The guard: what libmicrohttpd 0.9.75 lets through although two readers could understand it differently is
 * refused here, before anything else looks at the request, and the connection closes.
 *
 * The library has already cut the head into names and values, so two things are seen only by their traces:
 * - A folded line (obs-fold) is glued by 0.9.75 to the *name* of the header before it, and the value stays as
 *   it was: "Transfer-Encoding: x" + " chunked" becomes a header "Transfer-Encodingchunked". A name that
 * merely begins like one of those that frame a message is therefore refused; a POST whose Content-Length
 * vanished that way has no length and is refused too. Folds of other headers change nothing that we read.
 * - A value ends at a NUL for the library, and so it does for us: nobody here ever sees what stood behind it.
 */
#include "core/server/inner.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

typedef struct {
    const char *name;
    bool frames; /* says where the message ends */
} single;
/* Those that may come once only. */
static const single singles[] = {
    {"Content-Length", true}, {"Transfer-Encoding", true}, {"Host", false},
    {"Authorization", false}, {"Content-Type", false},     {"Expect", false},
};
enum { SINGLES = sizeof singles / sizeof *singles, LENGTH = 0, CODING = 1, HOST = 2 };

typedef struct {
    const char *finding;
    int headers, seen[SINGLES];
    const char *value[SINGLES];
} judging;

/* RFC 9110: what a name may be made of. */
static bool name_fine(const char *name, size_t n)
{
    if (!n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)name[i]) && (!name[i] || !strchr("!#$%&'*+-.^_`|~", name[i])))
            return false;
    return true;
}

static bool value_fine(const char *value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (((unsigned char)value[i] < 0x20 && value[i] != '\t') || value[i] == 0x7f)
            return false;
    return true;
}

static const char *judge_single(judging *j, const char *name, size_t n, const char *value)
{
    for (int i = 0; i < SINGLES; i++) {
        size_t length = strlen(singles[i].name);
        if (n < length || strncasecmp(name, singles[i].name, length) != 0)
            continue;
        if (n > length)
            return singles[i].frames ? "a header's name is not one we can trust" : NULL;
        j->value[i] = value;
        return j->seen[i]++ ? "a header is there twice" : NULL;
    }
    return NULL;
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
    else if (value && !value_fine(value, value_n))
        j->finding = "a header holds control characters";
    else
        j->finding = judge_single(j, name, name_n, value ? value : "");
    return j->finding ? MHD_NO : MHD_YES;
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

static const char *judge_size(const request *r)
{
    const union MHD_ConnectionInfo *head =
        MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return head && head->header_size > HEAD_MOST ? "the head is too large" : NULL;
}

const char *guard_judge(request *r, const char *version)
{
    judging j = {.finding = judge_size(r)};
    if (!j.finding)
        MHD_get_connection_values_n(r->connection, MHD_HEADER_KIND, each_header, &j);
    if (!j.finding)
        j.finding = judge_frame(r, &j, strcmp(version, "HTTP/1.0") != 0);
    r->chunked = j.seen[CODING];
    r->declared = j.seen[LENGTH] ? strtoull(j.value[LENGTH], NULL, 10) : 0;
    return j.finding;
}
