/* SPDX-License-Identifier: Apache-2.0 */
/* The guard behind the real HTTP library: raw bytes go in at one end of a socket. What two readers could
 * understand differently must not pass: a head that passes is read here once more from the bytes that were
 * sent, by the letter of RFC 9112, and each header that says where its message ends, or whose it is, must
 * stand there once.
 *
 * Input: the bytes of a connection. */
#include "tests/fuzz/fuzz.h"

#include <sys/socket.h>
#include <strings.h>
#include <unistd.h>

#include "core/server/inner.h"

enum { TURNS = 60 };

static const uint8_t *sent;
static size_t sent_n;
static size_t head_n; /* of the head, as the library counts it */
static int heads;

/* ---- the head, read once more ---- */

typedef struct seen {
    int length, coding, host, authorization;
    bool chunked;
} seen;

static bool is_named(const char *line, size_t n, const char *name)
{
    return n == strlen(name) && !strncasecmp(line, name, n);
}

static void look_at(const char *line, size_t n, seen *s)
{
    static const char token[] =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&'*+-.^_`|~";
    const char *colon = memchr(line, ':', n), *value, *end = line + n;
    size_t name = colon ? (size_t)(colon - line) : 0;
    MUST(name, "a line without a name: %.*s", (int)n, line);
    for (size_t i = 0; i < name; i++)
        MUST(line[i] && strchr(token, line[i]), "byte %02x in a name: %.*s", (unsigned char)line[i], (int)n,
             line);
    for (value = colon + 1; value < end && (*value == ' ' || *value == '\t');)
        value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    s->length += is_named(line, name, "Content-Length");
    s->host += is_named(line, name, "Host");
    s->authorization += is_named(line, name, "Authorization");
    s->coding += is_named(line, name, "Transfer-Encoding");
    if (is_named(line, name, "Transfer-Encoding"))
        s->chunked = is_named(value, (size_t)(end - value), "chunked");
}

/* A line without its CRLF; *at moves behind it. */
static size_t take_line(const char **at, const char *end)
{
    const char *line = *at, *stop = memmem(line, (size_t)(end - line), "\r\n", 2);
    MUST(stop, "the head does not end");
    size_t n = (size_t)(stop - line);
    MUST(!memchr(line, '\n', n) && !memchr(line, '\r', n) && !memchr(line, '\0', n),
         "a line breaks off: %.*s", (int)n, line);
    *at = stop + 2;
    return n;
}

/* "method target version", one blank between, and nothing in them that another reader could cut at. */
static void look_at_line(const char *line, size_t n)
{
    int blanks = 0;
    for (size_t i = 0; i < n; i++) {
        blanks += line[i] == ' ';
        MUST((unsigned char)line[i] >= ' ' && line[i] != 0x7f, "byte %02x in %.*s", (unsigned char)line[i],
             (int)n, line);
    }
    MUST(blanks == 2, "%d blanks in %.*s", blanks, (int)n, line);
}

/* What leaves as many NULs as CRLF does: see core/server/guard.c. */
static bool leaves_no_trace(const char *head)
{
    for (size_t i = 0; i + 1 < head_n; i++) {
        size_t left = head_n - i;
        if ((!head[i] && (head[i + 1] == '\n' || left <= 4)) || (head[i] == ':' && left <= 3))
            return true;
    }
    return false;
}

/* Empty lines before the first are nothing, and the library takes one that begins with a NUL for empty. */
static const char *behind_empty_lines(const char *p, const char *end)
{
    while (p < end && (!*p || *p == '\n' || (p + 1 < end && p[0] == '\r' && p[1] == '\n'))) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        p = stop ? stop + 1 : end;
    }
    return p;
}

/* false: it is one that no guard can see. */
static bool read_head(seen *s)
{
    const char *end = (const char *)sent + sent_n, *p = behind_empty_lines((const char *)sent, end), *line;
    size_t n;
    MUST(head_n <= (size_t)(end - p), "a head of %zu bytes", head_n);
    const char *begin = p;
    if (leaves_no_trace(begin))
        return false;
    line = p;
    look_at_line(line, take_line(&p, end));
    for (line = p; (n = take_line(&p, end)) > 0; line = p)
        look_at(line, n, s);
    MUST(p == begin + head_n, "a head of %zu bytes, and the library took %zu", (size_t)(p - begin), head_n);
    return true;
}

static void check_passed(const request *r)
{
    seen s = {0};
    if (!read_head(&s))
        return;
    MUST(s.length <= 1 && s.host <= 1 && s.authorization <= 1 && s.coding <= 1, "a header twice");
    MUST(!s.length || !s.coding, "a length and a coding");
    MUST(!s.coding || s.chunked, "another coding");
    MUST(!r->post || s.length || s.coding, "a POST without a length");
    MUST(r->chunked == (s.coding > 0), "the guard sees another coding");
}

/* ---- the library ---- */

static enum MHD_Result answer(struct MHD_Connection *c, unsigned status)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Connection", "close");
    enum MHD_Result done = MHD_queue_response(c, status, response);
    MHD_destroy_response(response);
    return done;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url, const char *method,
                                  const char *version, const char *bytes, size_t *n, void **state)
{
    request *r = *state;
    (void)arg, (void)bytes;
    if (r->judged) {
        if (!*n)
            return answer(c, 200);
        *n = 0;
        return MHD_YES;
    }
    *r = (request){.connection = c,
                   .judged = true,
                   .target_size = r->target_size,
                   .target_fine = r->target_fine,
                   .post = !strcmp(method, "POST"),
                   .get = !strcmp(method, "GET")};
    const union MHD_ConnectionInfo *head =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    head_n = head ? head->header_size : 0;
    const char *finding = guard_judge(r, method, url, version);
    if (!heads++ && !finding)
        check_passed(r);
    return finding ? answer(c, 400) : MHD_YES;
}

/* As in core/server/listener.c: the guard wants the target as it came. */
static void *on_line(void *arg, const char *target, struct MHD_Connection *c)
{
    static request only;
    (void)arg, (void)c;
    only = (request){.target_size = strlen(target), .target_fine = guard_target_fine(target)};
    return &only;
}

static size_t on_unescape(void *arg, struct MHD_Connection *c, char *text)
{
    (void)arg, (void)c;
    return strlen(text);
}

static void on_log(void *arg, const char *format, va_list args)
{
    (void)arg, (void)format, (void)args;
}

static struct MHD_Daemon *start(void)
{
    struct MHD_Daemon *d =
        MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG, 0, NULL, NULL,
                         on_request, NULL, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
                         MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)32 * 1024, MHD_OPTION_URI_LOG_CALLBACK,
                         on_line, NULL, MHD_OPTION_UNESCAPE_CALLBACK, on_unescape, NULL, MHD_OPTION_END);
    MUST(d, "the library does not start");
    return d;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct MHD_Daemon *daemon;
    int ends[2];
    char answered[4096];
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    if (!daemon)
        daemon = start();
    sent = data;
    sent_n = size;
    heads = 0;
    MUST(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), "no sockets");
    MUST(MHD_add_connection(daemon, ends[1], (struct sockaddr *)&from, sizeof from) == MHD_YES, "not taken");
    if (send(ends[0], data, size, MSG_NOSIGNAL) < 0 && size)
        size = 0;
    shutdown(ends[0], SHUT_WR);
    ssize_t n = -1;
    for (int i = 0; i < TURNS && n != 0; i++) {
        MHD_run(daemon);
        n = recv(ends[0], answered, sizeof answered, 0);
    }
    close(ends[0]);
    for (int i = 0; i < TURNS; i++) {
        const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
        if (info && !info->num_connections)
            return 0;
        MHD_run(daemon);
    }
    MUST(false, "the connection does not end");
    return 0;
}
