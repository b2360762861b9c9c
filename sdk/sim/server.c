/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets: one libmicrohttpd daemon a system, one thread a connection, so that a slow answer is a plain
 * sleep. Whether a request reaches its machine is decided at the door (door.c); here the answer is sent, cut
 * or made slow. */
#include "sdk/sim/frame.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

typedef struct {
    char *path;  /* raw */
    char *query; /* points behind path's text */
    buffer body;
    bool begun;
} incoming;

typedef struct {
    char *text;
    size_t size;   /* of the answer */
    size_t cut;    /* where it is cut; size: nowhere */
    size_t part;   /* bytes a turn */
    int64_t pause; /* between turns */
} trickle;

enum { MOST_BODY = 32 << 20 };
static struct MHD_Daemon *daemons[3];

/* Called with the raw request target before anything else: the only place where it is still undecoded. */
static void *on_target(void *arg, const char *target, struct MHD_Connection *connection)
{
    (void)arg, (void)connection;
    incoming *in = calloc(1, sizeof *in);
    if (!in || !(in->path = strdup(target))) {
        free(in);
        return NULL;
    }
    size_t n = strcspn(in->path, "?");
    in->query = in->path[n] ? in->path + n + 1 : in->path + n;
    in->path[n] = '\0';
    return in;
}

static void on_end(void *arg, struct MHD_Connection *connection, void **state,
                   enum MHD_RequestTerminationCode why)
{
    (void)arg, (void)connection, (void)why;
    incoming *in = *state;
    if (in) {
        free(in->path);
        buffer_free(&in->body);
        free(in);
    }
    *state = NULL;
}

static const char *find_header(const sim_request *q, const char *name)
{
    return MHD_lookup_connection_value(q->frame, MHD_HEADER_KIND, name);
}

static void add_headers(struct MHD_Response *r, const sim_answer *a)
{
    if (a->type)
        MHD_add_response_header(r, "Content-Type", a->type);
    CLEANUP_FREE char *lines = strdup(buffer_text(&a->headers));
    char *rest = NULL;
    for (char *line = lines ? strtok_r(lines, "\r\n", &rest) : NULL; line;
         line = strtok_r(NULL, "\r\n", &rest)) {
        char *colon = strchr(line, ':');
        if (!colon)
            continue;
        *colon = '\0';
        MHD_add_response_header(r, line, colon + 1 + strspn(colon + 1, " "));
    }
}

static ssize_t on_trickle(void *arg, uint64_t at, char *out, size_t room)
{
    trickle *t = arg;
    if (at >= t->cut)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (t->pause && at && !world_sleep(t->pause))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t n = t->cut - at;
    n = n > t->part ? t->part : n;
    n = n > room ? room : n;
    memcpy(out, t->text + at, n);
    return (ssize_t)n;
}

static void free_trickle(void *arg)
{
    trickle *t = arg;
    free(t->text);
    free(t);
}

/* The answer in parts: cut in the middle with an honest Content-Length, or dripping over `ms`. */
static struct MHD_Response *trickling(sim_answer *a, fault_draw draw)
{
    trickle *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->size = a->body.size;
    t->text = buffer_take(&a->body);
    t->cut = draw.kind == FAULT_CUT_IN ? t->size / 2 : t->size;
    t->part = draw.kind == FAULT_SLOW_DRIP ? t->size / 10 + 1 : t->size + 1;
    t->pause = draw.kind == FAULT_SLOW_DRIP ? draw.ms / 10 : 0;
    return MHD_create_response_from_callback(t->size, 4096, on_trickle, t, free_trickle);
}

static void double_body(sim_answer *a)
{
    buffer once = a->body;
    a->body = (buffer){0};
    buffer_printf(&a->body, "%s%s", buffer_text(&once), buffer_text(&once));
    buffer_free(&once);
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, sim_answer *a, fault_draw draw)
{
    if (draw.kind == FAULT_WRONG_TYPE)
        a->type = "text/html";
    if (draw.kind == FAULT_TRUNCATED_JSON)
        a->body.size /= 2;
    if (draw.kind == FAULT_DOUBLED_JSON && a->body.size)
        double_body(a);
    bool parts = (draw.kind == FAULT_CUT_IN || draw.kind == FAULT_SLOW_DRIP) && a->body.size > 1;
    struct MHD_Response *r =
        parts ? trickling(a, draw)
              : MHD_create_response_from_buffer(a->body.size, a->body.data ? a->body.data : (void *)"",
                                                MHD_RESPMEM_MUST_COPY);
    if (!r)
        return MHD_NO;
    add_headers(r, a);
    enum MHD_Result done = MHD_queue_response(connection, (unsigned)a->status, r);
    MHD_destroy_response(r);
    return done;
}

static enum MHD_Result call_system(int system, struct MHD_Connection *connection, const sim_request *q)
{
    sim_answer a = {0};
    fault_draw draw;
    bool answered = door_call(system, q, &a, &draw);
    enum MHD_Result done = answered ? send_answer(connection, &a, draw) : MHD_NO;
    answer_free(&a);
    return done;
}

static enum MHD_Result call_control(struct MHD_Connection *connection, const sim_request *q)
{
    sim_answer a = {0};
    control_handle(q, &a);
    enum MHD_Result done = send_answer(connection, &a, (fault_draw){0});
    answer_free(&a);
    return done;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_size, void **state)
{
    (void)url, (void)version;
    int system = (int)(intptr_t)arg;
    incoming *in = *state;
    if (!in)
        return MHD_NO;
    if (!in->begun) {
        in->begun = true;
        return MHD_YES;
    }
    if (*data_size) {
        if (in->body.size + *data_size > MOST_BODY || buffer_add(&in->body, data, *data_size))
            return MHD_NO;
        *data_size = 0;
        return MHD_YES;
    }
    sim_request q = {.method = method,
                     .path = in->path,
                     .query = in->query,
                     .host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host"),
                     .scheme = "http",
                     .header = find_header,
                     .body = buffer_text(&in->body),
                     .body_size = in->body.size,
                     .frame = connection};
    return system == SIM_CONTROL ? call_control(connection, &q) : call_system(system, connection, &q);
}

static enum MHD_Result on_accept(void *arg, const struct sockaddr *address, socklen_t size)
{
    (void)address, (void)size;
    int system = (int)(intptr_t)arg;
    if (system == SIM_CONTROL)
        return MHD_YES;
    ENV_HOLD(&sim_world.lock);
    return sim_world.down[system] ? MHD_NO : MHD_YES;
}

int server_start(sim_system which, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    void *arg = (void *)(intptr_t)which;
    daemons[which] = MHD_start_daemon(
        MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD, 0, on_accept, arg, on_request, arg,
        MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_URI_LOG_CALLBACK, on_target, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, on_end, NULL, MHD_OPTION_CONNECTION_LIMIT, 200u,
        MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        daemons[which] ? MHD_get_daemon_info(daemons[which], MHD_DAEMON_INFO_BIND_PORT) : NULL;
    if (!info) {
        fprintf(stderr, "tillbridge-sim: port %d of 127.0.0.1 cannot be listened on\n", port);
        return -1;
    }
    sim_world.ports[which] = info->port;
    return 0;
}

void server_stop(void)
{
    for (int i = 0; i < 3; i++)
        if (daemons[i])
            MHD_stop_daemon(daemons[i]);
}
