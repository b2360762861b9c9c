/* SPDX-License-Identifier: Apache-2.0 */
/* Places: who may come in, and who makes room when every place is taken.
 *
 * Were the door shut when all places are taken, a few hundred sockets that say nothing would keep every
 * sender out for as long as their deadline. So who comes is taken in, and somebody is cut for him:
 * - a *stranger* (nothing good was heard of it yet, or its request was refused) if they hold half of the
 *   places or more, else one that has proved itself: so neither can squeeze the others out, a crowd that says
 *   nothing no more than one that knows the credentials;
 * - of those, one of the origin that holds the most of them;
 * - of those, who is idle between two requests before who is in the middle of one; and the one whose time is
 *   over first.
 * Never who is away, for its body is in the journal's queue. A genuine sender says its head at once, so it is
 * a stranger for one turn of the loop, and it holds few places: a crowd has to bring more addresses than
 * there are places, in that moment, to hit it.
 *
 * Whose origin has strangers enough, and no fewer places than that of the one who would have to go, is
 * refused: nothing would be won, and to refuse costs no more than accept and close. That is what most of a
 * crowd gets, and so the queue behind the door stays short. One origin holds so many places at the most,
 * whatever it has proved. Both do not count for a trusted proxy.
 *
 * When all are away the door is shut until one comes back: then the journal decides how fast it goes on. */
#include "core/server/inner.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/log.h"

/* A turn asks accept so often at the most: those who are in get their turn too. */
enum { ASKED_MOST = 512 };
enum { STRANGERS_ENOUGH = 4 };
/* Real ms: until accepting is tried again when nobody can make room; between two words on the same. */
enum { REST_MS = 100, TOLD_MS = 60000 };

/* ---- origins ---- */

void origin_key(const struct sockaddr *address, struct in6_addr *key)
{
    *key = (struct in6_addr){.s6_addr = {0}};
    if (address && address->sa_family == AF_INET) {
        key->s6_addr[10] = key->s6_addr[11] = 0xff;
        memcpy(key->s6_addr + 12, &((const struct sockaddr_in *)address)->sin_addr, 4);
    } else if (address && address->sa_family == AF_INET6) {
        const struct in6_addr *six = &((const struct sockaddr_in6 *)address)->sin6_addr;
        memcpy(key, six, IN6_IS_ADDR_V4MAPPED(six) ? 16 : 8);
    }
}

static origin *origin_find(const listener *l, const struct in6_addr *key)
{
    origin *o = l->origins;
    while (o && memcmp(&o->key, key, sizeof *key) != 0)
        o = o->next;
    return o;
}

bool place_take(listener *l, peer *p, const struct sockaddr *address)
{
    struct in6_addr key;
    origin_key(address, &key);
    origin *o = origin_find(l, &key);
    if (!o && !(o = calloc(1, sizeof *o)))
        return false;
    if (!o->n) {
        *o = (origin){.next = l->origins, .key = key};
        l->origins = o;
    }
    o->n++;
    o->strangers++;
    l->taken++;
    l->strangers++;
    p->origin = o;
    return true;
}

static void origin_free(listener *l, origin *o)
{
    origin **at = &l->origins;
    while (*at != o)
        at = &(*at)->next;
    *at = o->next;
    free(o);
}

void place_give(listener *l, peer *p)
{
    origin *o = p->origin;
    if (!o)
        return;
    place_prove(l, p, true);
    p->origin = NULL;
    l->taken--;
    l->away -= p->phase == PEER_AWAY;
    if (!--o->n)
        origin_free(l, o);
}

void place_prove(listener *l, peer *p, bool proven)
{
    if (p->origin && p->proven != proven) {
        unsigned change = proven ? -1U : 1U;
        p->origin->strangers += change;
        l->strangers += change;
    }
    p->proven = proven;
}

/* ---- who makes room ---- */

/* How many places of its kind its origin holds. */
static unsigned weight(const peer *p)
{
    return p->proven ? p->origin->n : p->origin->strangers;
}

static bool strangers_go(const listener *l)
{
    return 2 * l->strangers >= l->taken;
}

static bool goes_before(const listener *l, const peer *a, const peer *b)
{
    if (a->proven != b->proven)
        return strangers_go(l) ? b->proven : a->proven;
    if (weight(a) != weight(b))
        return weight(a) > weight(b);
    if ((a->phase == PEER_HEAD) != (b->phase == PEER_HEAD) && a->proven)
        return a->phase == PEER_HEAD;
    return a->deadline <= b->deadline; /* in one ms: the list begins with the newest */
}

/* NULL: all are away. Among so many refusals nothing changes: it is looked up once. */
static peer *who_goes(listener *l)
{
    for (peer *p = l->goes ? NULL : l->peers; p; p = p->next)
        if (p->origin && p->phase != PEER_AWAY && (!l->goes || goes_before(l, p, l->goes)))
            l->goes = p;
    return l->goes;
}

static bool make_room(listener *l)
{
    peer *p = who_goes(l);
    l->goes = NULL;
    if (p)
        peer_cut(l, p);
    return p;
}

/* ---- who comes ---- */

/* What a crowd makes happen is told once a minute: whoever can reach us must not be able to fill the disk. */
static bool tell(int64_t *last)
{
    int64_t now = now_real();
    if (*last && now - *last < TOLD_MS)
        return false;
    *last = now;
    return true;
}

static bool is_trusted(const server *s, const char *address)
{
    for (int i = 0; i < s->trusted_n; i++)
        if (!strcmp(s->trusted[i], address))
            return true;
    return false;
}

static bool holds_too_many(listener *l, const origin *o, const char *address)
{
    if (!l->per_address || o->n < l->per_address)
        return false;
    if (tell(&l->told_address))
        log_write(LOG_WARN, "server.address",
                  "listener %s: %s holds %u connections, more are refused (a proxy of yours belongs into "
                  "trusted-proxies)",
                  l->door->name, address, o->n);
    return true;
}

static bool wins_nothing(listener *l, const origin *o)
{
    const peer *p = l->taken < l->connections || o->strangers < STRANGERS_ENOUGH ? NULL : who_goes(l);
    return p && (p->proven ? o->n : o->strangers) >= weight(p);
}

static bool is_welcome(listener *l, const struct sockaddr *address)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr key;
    origin_key(address, &key);
    const origin *o = origin_find(l, &key);
    if (!o)
        return true;
    address_text(address, text);
    return is_trusted(l->server, text) || (!holds_too_many(l, o, text) && !wins_nothing(l, o));
}

/* There is one, or there will be: places_open was asked. */
static void ensure_place(listener *l)
{
    if (l->taken < l->connections)
        return;
    if (tell(&l->told_full))
        log_write(LOG_WARN, "server.full",
                  "listener %s: all %u connections are there; strangers are cut for who comes", l->door->name,
                  l->connections);
    make_room(l);
}

static bool somebody_waits(const listener *l)
{
    struct pollfd asked = {.fd = l->fd, .events = POLLIN};
    return poll(&asked, 1, 0) == 1;
}

/* No descriptor, or no memory for one: the kernel says so also when nobody waits. The door is shut for a
 * moment when nobody can make room: asking again at once would only burn time. */
static void cannot_accept(listener *l, int why)
{
    if (!somebody_waits(l))
        return;
    if (tell(&l->told_descriptors))
        log_write(LOG_ERROR, "server.descriptors",
                  "listener %s cannot accept (%s): raise the limit of descriptors (LimitNOFILE= in the unit, "
                  "ulimit -n)",
                  l->door->name, strerror(why));
    if (!make_room(l))
        l->rest_until = now_real() + REST_MS;
}

/* Of who hung up before he was in nothing is left but the error. */
static bool only_he_failed(int why)
{
    return why != EAGAIN && why != EMFILE && why != ENFILE && why != ENOBUFS && why != ENOMEM;
}

typedef enum { TAKEN, REFUSED, NOBODY } coming;

static coming take_one(listener *l)
{
    struct sockaddr_storage from = {.ss_family = AF_UNSPEC};
    struct sockaddr *address = (struct sockaddr *)&from;
    socklen_t size = sizeof from;
    int fd = accept4(l->fd, address, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0 && only_he_failed(errno))
        return REFUSED;
    if (fd < 0) {
        if (errno != EAGAIN)
            cannot_accept(l, errno);
        return NOBODY;
    }
    if (!is_welcome(l, address)) {
        close(fd);
        return REFUSED;
    }
    ensure_place(l);
    l->goes = NULL;
    return MHD_add_connection(l->daemon, fd, address, size) == MHD_YES ? TAKEN
                                                                       : REFUSED; /* then it closed it */
}

/* Those who make room for them are gone at the end of the turn, so there may be so many more for a while. */
static unsigned taken_most(const listener *l)
{
    return l->connections / 8 + 1;
}

unsigned places_most(const listener *l)
{
    return l->connections + taken_most(l);
}

bool places_open(listener *l)
{
    return !l->rest_until && (l->taken < l->connections || l->away < l->taken);
}

void places_accept(listener *l)
{
    unsigned taken = 0;
    l->goes = NULL;
    for (int i = 0; i < ASKED_MOST && taken < taken_most(l) && places_open(l); i++) {
        coming what = take_one(l);
        if (what == NOBODY)
            return;
        taken += what == TAKEN;
    }
}
