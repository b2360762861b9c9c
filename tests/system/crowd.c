/* SPDX-License-Identifier: Apache-2.0 */
/* A crowd of bad peers against the events listener, all on one thread: so many sockets at a time, spread over
 * the source addresses 127.0.1.1, 127.0.1.2, ... and over the kinds of the table below; each comes again when
 * it was closed or has had enough. Those that know the credentials send the same body always, so all of them
 * together leave one body in the journal.
 *
 *   crowd PORT CONNECTIONS ADDRESSES SECONDS CREDENTIALS(base64) [PATH]
 *
 * Ends after SECONDS or when its standard input closes, and says one JSON line of what it met. 77: it may not
 * open so many sockets. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 512, SCAN_MS = 20, COMING_MS = 2000, SPARE = 32, SKIPPED = 77, USAGE = 2 };
#define BODY "[{\"event_id\":\"crowd\",\"event_type\":\"order\",\"data\":{\"eshop_id\":1,\"order_id\":1}}]"
#define ENDLESS "200000"

typedef enum { READ_ALL, READ_BYTE, READ_NEVER } reading;

static char good[1024], bad[1024], train[4096], good_head[1024], bad_head[1024], head[1024];

typedef struct {
    const char *name;
    const char *text; /* said when it is in; NULL: it hangs up at once */
    const char *drip; /* then this, a byte every `every` ms, its last byte for ever */
    int every;
    bool repeat;     /* says the text again every `every` ms */
    reading reading; /* READ_BYTE: one every `every` ms */
    int again;       /* ms until it comes again */
} kind;

static const kind kinds[] = {
    {.name = "silent", .text = "", .again = 1000},
    {.name = "slow-head", .text = "", .drip = head, .every = 1000, .again = 1000},
    {.name = "slow-body", .text = good_head, .drip = " ", .every = 100, .again = 1000},
    {.name = "slow-denied", .text = bad_head, .drip = " ", .every = 100, .again = 1000},
    {.name = "slow-reader", .text = train, .every = 500, .reading = READ_BYTE, .again = 1000},
    {.name = "no-reader", .text = train, .reading = READ_NEVER, .again = 1000},
    {.name = "denied", .text = bad, .again = 100}, /* as fast as answers come */
    {.name = "hog", .text = good, .every = 5000, .repeat = true, .again = 1000},
    {.name = "churn", .again = 250},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

typedef struct {
    const kind *kind;
    int fd; /* -1: not there */
    bool in, answered;
    size_t dripped;
    int64_t due; /* ms; INT64_MAX: nothing is */
} peer;

static struct {
    int port, connections, addresses, epoll;
    int64_t until;
    peer *peers;
    unsigned seed;
} crowd = {.seed = 1};

/* How often: it was in; was closed without an answer; could not come; was answered that. */
static struct {
    long in, closed, failed, stored, denied, other;
} seen[KINDS];

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t jitter(int ms)
{
    crowd.seed = crowd.seed * 1103515245 + 12345;
    return ms + (int64_t)((crowd.seed >> 8) % (unsigned)(ms / 2 + 1));
}

static void leave(peer *p)
{
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
    p->in = false;
    p->due = now_ms() + jitter(p->kind->again);
}

static void shut_out(peer *p)
{
    if (p->in && !p->answered)
        seen[p->kind - kinds].closed++;
    else if (!p->in)
        seen[p->kind - kinds].failed++;
    leave(p);
}

static int dial(const peer *p)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)crowd.port)}, from = to;
    unsigned number = (unsigned)((p - crowd.peers) / KINDS % crowd.addresses);
    int yes = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    from.sin_port = 0;
    from.sin_addr.s_addr = htonl(0x7f000101U + number);
    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    if (!bind(fd, (struct sockaddr *)&from, sizeof from) &&
        (!connect(fd, (struct sockaddr *)&to, sizeof to) || errno == EINPROGRESS))
        return fd;
    close(fd);
    return -1;
}

static void come(peer *p)
{
    struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = p};
    p->due = INT64_MAX;
    p->answered = false;
    p->dripped = 0;
    p->fd = dial(p);
    if (p->fd < 0 || epoll_ctl(crowd.epoll, EPOLL_CTL_ADD, p->fd, &e))
        shut_out(p);
}

static void say(peer *p, const char *text, size_t n)
{
    if (n && send(p->fd, text, n, MSG_NOSIGNAL) < 0 && errno != EAGAIN)
        shut_out(p);
}

/* Every second one of those that hang up at once does it with a reset. */
static void hang_up(peer *p)
{
    struct linger now = {.l_onoff = 1};
    if ((p - crowd.peers) / KINDS % 2)
        setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    leave(p);
}

static void arrived(peer *p)
{
    int wrong = 0;
    socklen_t size = sizeof wrong;
    if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &wrong, &size) || wrong)
        return shut_out(p);
    p->in = true;
    seen[p->kind - kinds].in++;
    if (!p->kind->text)
        return hang_up(p);
    if (p->kind->every)
        p->due = now_ms() + jitter(p->kind->every);
    say(p, p->kind->text, strlen(p->kind->text));
}

static void answered(peer *p, const char *text)
{
    int status = (int)strtol(text + strlen("HTTP/1.1 "), NULL, 10);
    long *count = status == 200   ? &seen[p->kind - kinds].stored
                  : status == 401 ? &seen[p->kind - kinds].denied
                                  : &seen[p->kind - kinds].other;
    ++*count;
    p->answered = true;
}

/* False: nothing is there now, or it was closed. */
static bool hear(peer *p, size_t most)
{
    char text[2048] = "";
    ssize_t n = recv(p->fd, text, most < sizeof text ? most : sizeof text - 1, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN))
        shut_out(p);
    else if (n > 0 && !strncmp(text, "HTTP/1.1 ", strlen("HTTP/1.1 ")))
        answered(p, text);
    return n > 0;
}

static void on_event(peer *p, uint32_t what)
{
    if (p->fd >= 0 && !p->in)
        arrived(p); /* and goes on: it may have been closed meanwhile, which is told once only */
    if (p->fd < 0)
        return;
    if (p->kind->reading == READ_ALL)
        while (hear(p, SIZE_MAX))
            ;
    else if (p->kind->reading == READ_NEVER && (what & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)))
        leave(p);
}

static void on_time(peer *p)
{
    const kind *k = p->kind;
    if (p->fd < 0)
        return come(p);
    p->due = now_ms() + jitter(k->every);
    if (k->drip) {
        size_t last = strlen(k->drip) - 1, at = p->dripped++;
        say(p, k->drip + (at < last ? at : last), 1);
    } else if (k->repeat) {
        say(p, k->text, strlen(k->text));
    } else {
        hear(p, 1);
    }
}

static void write_texts(const char *path, const char *credentials)
{
    static const char form[] = "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Basic %s\r\n"
                               "Content-Length: %s\r\n\r\n%s";
    char size[16];
    snprintf(size, sizeof size, "%zu", strlen(BODY));
    snprintf(good, sizeof good, form, path, credentials, size, BODY);
    snprintf(bad, sizeof bad, form, path, "d3Jvbmc6d3Jvbmc=", size, BODY);
    snprintf(good_head, sizeof good_head, form, path, credentials, ENDLESS, "");
    snprintf(bad_head, sizeof bad_head, form, path, "d3Jvbmc6d3Jvbmc=", ENDLESS, "");
    snprintf(train, sizeof train, "%s%s%s", good, good, good);
    snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: x\r\nX-Slow: a", path);
}

static bool may_open(int sockets)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit))
        return false;
    limit.rlim_cur = limit.rlim_max;
    return !setrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur >= (rlim_t)sockets + SPARE;
}

static bool gather(void)
{
    crowd.peers = calloc((size_t)crowd.connections, sizeof *crowd.peers);
    crowd.epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; crowd.peers && i < crowd.connections; i++)
        crowd.peers[i] = (peer){.kind = &kinds[i % KINDS],
                                .fd = -1,
                                .due = now_ms() + (int64_t)COMING_MS * i / crowd.connections};
    return crowd.peers && crowd.epoll >= 0;
}

static void run(void)
{
    struct epoll_event events[EVENTS];
    struct pollfd end = {.fd = STDIN_FILENO, .events = POLLIN};
    int64_t scan = 0, now;
    while ((now = now_ms()) < crowd.until && !poll(&end, 1, 0)) {
        int n = epoll_wait(crowd.epoll, events, EVENTS, SCAN_MS);
        for (int i = 0; i < n; i++)
            on_event(events[i].data.ptr, events[i].events);
        if (now < scan)
            continue;
        scan = now + SCAN_MS;
        for (int i = 0; i < crowd.connections; i++)
            if (crowd.peers[i].due <= now)
                on_time(&crowd.peers[i]);
    }
}

static void tell(void)
{
    printf("{");
    for (int i = 0; i < KINDS; i++)
        printf("%s\"%s\": {\"in\": %ld, \"closed\": %ld, \"failed\": %ld, \"200\": %ld, \"401\": %ld, "
               "\"other\": %ld}",
               i ? ", " : "", kinds[i].name, seen[i].in, seen[i].closed, seen[i].failed, seen[i].stored,
               seen[i].denied, seen[i].other);
    printf("}\n");
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        fputs("usage: crowd PORT CONNECTIONS ADDRESSES SECONDS CREDENTIALS [PATH]\n", stderr);
        return USAGE;
    }
    crowd.port = (int)strtol(argv[1], NULL, 10);
    crowd.connections = (int)strtol(argv[2], NULL, 10);
    crowd.addresses = (int)strtol(argv[3], NULL, 10);
    crowd.until = now_ms() + 1000 * strtol(argv[4], NULL, 10);
    write_texts(argc > 6 ? argv[6] : "/events/sitoo", argv[5]);
    if (crowd.connections < 1 || crowd.addresses < 1 || crowd.addresses > 250)
        return USAGE;
    if (!may_open(crowd.connections))
        return SKIPPED;
    if (!gather())
        return 1;
    run();
    tell();
    return 0;
}
