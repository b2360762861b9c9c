/* SPDX-License-Identifier: Apache-2.0 */
/* A load of webhook bodies: N keep-alive connections on one thread, each with one request in flight, as fast
 * as answers come or at a given rate over all. Every body is another one (its event id counts up), so none is
 * a duplicate. Says one JSON line: accepted, other answers, failures, seconds, and the latencies of the
 * accepted. Loopback only, bounded in time.
 *
 *   bench-load PORT CONNECTIONS SECONDS RATE USER:PASSWORD(base64) [PATH]      RATE 0: as fast as it goes
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_MOST = 4096, SAMPLES = 4 << 20, MOST_CONNECTIONS = 1024 };

typedef struct {
    int fd;
    bool busy;
    int64_t sent, planned; /* us */
    char answer[ANSWER_MOST];
    size_t n;
} peer;

static struct {
    int port, connections;
    double seconds, rate;
    const char *credentials, *path;
    peer peers[MOST_CONNECTIONS];
    int epoll;
    int64_t started, next, count;
    int64_t accepted, other, failed;
    uint32_t *samples; /* us */
} load;

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int open_peer(peer *p)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)load.port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *p = (peer){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (p->fd < 0 || connect(p->fd, (struct sockaddr *)&to, sizeof to))
        return -1;
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = p};
    return epoll_ctl(load.epoll, EPOLL_CTL_ADD, p->fd, &e);
}

static void send_one(peer *p, int64_t planned)
{
    char body[512], request[1024];
    int n = snprintf(
        body, sizeof body,
        "[{\"event_id\":\"%016llx%016llx\",\"event_type\":\"order\",\"event_date\":1733000123,"
        "\"account_id\":1500,\"data\":{\"eshop_id\":1,\"order_id\":%lld,\"order_event_type\":\"add\"}}]",
        (unsigned long long)load.started, (unsigned long long)load.count, (long long)(900000 + load.count));
    load.count++;
    int m = snprintf(request, sizeof request,
                     "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic %s\r\n"
                     "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                     load.path, load.credentials, n, body);
    p->busy = true;
    p->sent = now_us();
    p->planned = planned ? planned : p->sent;
    p->n = 0;
    if (send(p->fd, request, (size_t)m, MSG_NOSIGNAL) != m)
        load.failed++;
}

/* A whole answer: head, and as many bytes as it says. 0: not yet. */
static int status_of(peer *p)
{
    p->answer[p->n] = '\0';
    char *end = strstr(p->answer, "\r\n\r\n"), *length = strcasestr(p->answer, "content-length:");
    if (!end || (size_t)(end + 4 - p->answer) + (length ? strtoul(length + 15, NULL, 10) : 0) > p->n)
        return 0;
    return (int)strtol(p->answer + 9, NULL, 10);
}

static void take_answer(peer *p)
{
    ssize_t got = recv(p->fd, p->answer + p->n, ANSWER_MOST - 1 - p->n, 0);
    if (got <= 0) {
        load.failed++;
        close(p->fd);
        if (open_peer(p))
            p->fd = -1;
        return;
    }
    p->n += (size_t)got;
    int status = status_of(p);
    if (!status)
        return;
    p->busy = false;
    if (status == 200 && load.accepted < SAMPLES)
        load.samples[load.accepted] = (uint32_t)(now_us() - p->planned);
    *(status == 200 ? &load.accepted : &load.other) += 1;
}

static void send_due(void)
{
    int64_t now = now_us();
    for (int i = 0; i < load.connections; i++) {
        peer *p = &load.peers[i];
        if (p->busy || p->fd < 0 || (load.rate > 0 && load.next > now))
            continue;
        send_one(p, load.rate > 0 ? load.next : 0);
        load.next += load.rate > 0 ? (int64_t)(1000000 / load.rate) : 0;
    }
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double quantile(double q)
{
    int64_t n = load.accepted < SAMPLES ? load.accepted : SAMPLES;
    return n ? load.samples[(int64_t)((double)(n - 1) * q)] / 1000.0 : 0;
}

static void run(void)
{
    struct epoll_event events[64];
    int64_t end = load.started + (int64_t)(load.seconds * 1e6);
    while (now_us() < end) {
        send_due();
        int n = epoll_wait(load.epoll, events, 64, 1);
        for (int i = 0; i < n; i++)
            take_answer(events[i].data.ptr);
    }
}

int main(int argc, char **argv)
{
    if (argc < 6)
        return fprintf(stderr, "usage: bench-load PORT CONNECTIONS SECONDS RATE CREDENTIALS [PATH]\n"), 2;
    load.port = (int)strtol(argv[1], NULL, 10);
    load.connections = (int)strtol(argv[2], NULL, 10);
    load.seconds = strtod(argv[3], NULL);
    load.rate = strtod(argv[4], NULL);
    load.credentials = argv[5];
    load.path = argc > 6 ? argv[6] : "/events/sitoo";
    load.epoll = epoll_create1(EPOLL_CLOEXEC);
    load.samples = calloc(SAMPLES, sizeof *load.samples);
    if (load.connections < 1 || load.connections > MOST_CONNECTIONS || load.seconds > 600 || !load.samples)
        return 2;
    for (int i = 0; i < load.connections; i++)
        if (open_peer(&load.peers[i]))
            return fprintf(stderr, "bench-load: %s\n", strerror(errno)), 1;
    load.started = load.next = now_us();
    run();
    double seconds = (double)(now_us() - load.started) / 1e6;
    qsort(load.samples, (size_t)(load.accepted < SAMPLES ? load.accepted : SAMPLES), sizeof *load.samples,
          by_size);
    printf("{\"accepted\": %lld, \"other\": %lld, \"failed\": %lld, \"seconds\": %.3f, \"per_second\": %.1f, "
           "\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f}\n",
           (long long)load.accepted, (long long)load.other, (long long)load.failed, seconds,
           (double)load.accepted / seconds, quantile(0.5), quantile(0.99), quantile(1));
    return 0;
}
