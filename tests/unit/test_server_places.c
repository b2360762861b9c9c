/* SPDX-License-Identifier: Apache-2.0 */
/* When every place of the events listener is taken, who has proved least makes room at once; who is away
 * never does; and without descriptors the same holds, and nobody spins. */
#include "tests/unit/server_world.h"

#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/server/inner.h"

#define HEAD "POST /events/strict HTTP/1.1\r\nHost: x\r\nAuthorization: Basic "
#define GOOD POST("strict", STRICT, "2", "[]")
#define LATER 60000 /* no deadline helps */

static void start(unsigned connections)
{
    world_start((server_options){.events = "127.0.0.1:0",
                                 .limits = {.connections = connections,
                                            .per_address = 100,
                                            .head_ms = LATER,
                                            .body_ms = LATER,
                                            .queue_ms = LATER}});
}

static int status(int fd, const char *text)
{
    say(fd, text);
    CLEANUP_FREE char *answer = hear(fd);
    return status_of(answer);
}

/* In, and a good request of it was answered. */
static int proven(const char *source)
{
    int fd = dial_from("events", source), got = status(fd, GOOD);
    ck_assert_msg(got == 202 || got == 208, "%d", got);
    return fd;
}

static void is_served(int fd)
{
    int got = status(fd, GOOD);
    ck_assert_msg(got == 202 || got == 208, "%d", got);
    close(fd);
}

/* Who has said nothing yet is in by then. */
static void settle(void)
{
    usleep(50000);
}

START_TEST(the_oldest_stranger_makes_room)
{
    start(2);
    int idle[] = {dial("events"), dial("events")};
    settle();
    is_served(dial_from("events", "127.0.0.9"));
    ck_assert(closed(idle[0]));
    is_served(idle[1]);
}
END_TEST

START_TEST(strangers_make_room_before_the_proven)
{
    start(2);
    int known = proven("127.0.0.1"), stranger = dial_from("events", "127.0.0.2");
    settle();
    is_served(dial("events"));
    ck_assert(closed(stranger));
    is_served(known);
}
END_TEST

START_TEST(who_was_refused_is_a_stranger)
{
    start(2);
    int denied = dial_from("events", "127.0.0.2");
    say(denied, HEAD "d3Jvbmc=\r\nContent-Length: 900\r\n\r\n");
    settle();
    int known = proven("127.0.0.1");
    is_served(dial("events"));
    ck_assert(closed(denied));
    is_served(known);
}
END_TEST

START_TEST(the_idle_make_room_before_a_body)
{
    start(2);
    int body = dial("events");
    say(body, HEAD STRICT "\r\nContent-Length: 2\r\n\r\n[");
    settle();
    int idle = proven("127.0.0.1");
    is_served(dial("events"));
    ck_assert(closed(idle));
    ck_assert_int_eq(status(body, "]"), 208);
    close(body);
}
END_TEST

START_TEST(the_origin_with_most_makes_room)
{
    start(3);
    int first = dial("events"), many[] = {dial_from("events", "127.0.0.2"), dial_from("events", "127.0.0.2")};
    settle();
    is_served(dial_from("events", "127.0.0.3"));
    ck_assert(closed(many[0]));
    is_served(many[1]);
    is_served(first);
}
END_TEST

/* Nothing would be won; a trusted proxy is not one sender. */
START_TEST(a_stranger_makes_no_room_for_its_like)
{
    static char *const trusted[] = {(char *)"127.0.0.2"};
    world_start((server_options){.events = "127.0.0.1:0",
                                 .trusted_proxies = trusted,
                                 .trusted_proxies_n = 1,
                                 .limits = {.connections = 4, .per_address = 100, .head_ms = LATER}});
    int first = dial("events"), more[5];
    settle();
    for (int i = 0; i < 5; i++)
        more[i] = dial("events");
    ck_assert(closed(more[4])); /* four are enough */
    settle();
    int proxied[] = {dial_from("events", "127.0.0.2"), dial_from("events", "127.0.0.2"),
                     dial_from("events", "127.0.0.2"), dial_from("events", "127.0.0.2"),
                     dial_from("events", "127.0.0.2")};
    ck_assert(closed(first));
    is_served(proxied[4]);
    for (int i = 0; i < 4; i++)
        close(more[i]);
}
END_TEST

/* They know the credentials, and send one byte of a body: they keep no stranger out who is quick. */
START_TEST(the_proven_hold_half_of_the_places)
{
    start(4);
    int bodies[4];
    for (int i = 0; i < 4; i++) {
        bodies[i] = dial_from("events", i ? "127.0.0.2" : "127.0.0.3");
        say(bodies[i], HEAD STRICT "\r\nContent-Length: 2\r\n\r\n[");
    }
    settle();
    int quick[] = {dial("events"), dial_from("events", "127.0.0.4")};
    settle();
    ck_assert(closed(bodies[1]) && closed(bodies[2]));
    is_served(quick[0]);
    is_served(quick[1]);
    ck_assert_int_eq(status(bodies[0], "]"), 208);
    ck_assert_int_eq(status(bodies[3], "]"), 208);
}
END_TEST

/* Their bodies may be stored already: who comes waits until one of them is back. */
START_TEST(who_is_away_makes_no_room)
{
    start(2);
    world_hold_writer();
    int away[] = {dial("events"), dial("events")};
    say(away[0], POST("strict", STRICT, "3", "[1]"));
    say(away[1], POST("strict", STRICT, "3", "[2]"));
    settle();
    int later = dial("events");
    say(later, POST("strict", STRICT, "3", "[3]"));
    settle();
    world_free_writer();
    for (int i = 0; i < 2; i++) {
        CLEANUP_FREE char *answer = hear(away[i]);
        ck_assert_int_eq(status_of(answer), 202);
        close(away[i]);
    }
    CLEANUP_FREE char *answer = hear(later);
    ck_assert_int_eq(status_of(answer), 202);
    close(later);
}
END_TEST

/* Strangers are few here, so one that has proved itself should go, but both of those are away. */
START_TEST(a_stranger_goes_before_who_is_away)
{
    start(3);
    world_hold_writer();
    int away[] = {dial("events"), dial("events")}, stranger = dial_from("events", "127.0.0.2");
    say(away[0], POST("strict", STRICT, "3", "[1]"));
    say(away[1], POST("strict", STRICT, "3", "[2]"));
    settle();
    int later = dial_from("events", "127.0.0.3");
    ck_assert(closed(stranger));
    world_free_writer();
    is_served(later);
    for (int i = 0; i < 2; i++) {
        CLEANUP_FREE char *answer = hear(away[i]);
        ck_assert_int_eq(status_of(answer), 202);
        close(away[i]);
    }
}
END_TEST

/* A hundred times as many as there are places, one after the other, and all are let go again. */
START_TEST(places_are_given_back)
{
    start(4);
    for (int i = 0; i < 400; i++)
        close(dial_from("events", i % 2 ? "127.0.0.2" : "127.0.0.3"));
    int known = proven("127.0.0.1");
    for (int i = 0; i < 8; i++)
        dial_from("events", "127.0.0.2"); /* silent; the test's process ends with them */
    settle();
    is_served(known);
    is_served(dial("events"));
}
END_TEST

static const struct {
    const char *a, *b;
    bool same;
} origins[] = {
    {"10.0.0.1", "10.0.0.1", true},
    {"10.0.0.1", "10.0.0.2", false},
    {"10.0.0.1", "::ffff:10.0.0.1", true},
    {"::ffff:10.0.0.2", "::ffff:10.0.0.1", false},
    {"2001:db8:1:2::1", "2001:db8:1:2:ffff::7", true}, /* one machine may have all of a /64 */
    {"2001:db8:1:2::1", "2001:db8:1:3::1", false},
};

static void key_of(const char *text, struct in6_addr *key)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
        origin_key((struct sockaddr *)&four, key);
    else if (inet_pton(AF_INET6, text, &six.sin6_addr) == 1)
        origin_key((struct sockaddr *)&six, key);
    else
        ck_abort_msg("%s", text);
}

START_TEST(an_origin_is_an_address_or_a_64)
{
    struct in6_addr a, b;
    key_of(origins[_i].a, &a);
    key_of(origins[_i].b, &b);
    ck_assert_int_eq(!memcmp(&a, &b, sizeof a), origins[_i].same);
}
END_TEST

/* ---- descriptors ---- */

/* From now on this process gets none; what it had. */
static struct rlimit no_more_descriptors(void)
{
    struct rlimit before, none;
    int next = dup(0);
    close(next);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = (rlim_t)next;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    while (dup(0) >= 0) /* what was closed meanwhile */
        ;
    return before;
}

/* A socket that is made before there are none left. */
static struct sockaddr_in events_address(void)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)server_port(world_server, "events")),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

START_TEST(without_descriptors_a_stranger_makes_room)
{
    start(100);
    int known = proven("127.0.0.1"); /* the journal has opened what it needs */
    int stranger = dial("events"), fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = events_address();
    settle();
    no_more_descriptors();
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    int got = status(fd, GOOD);
    ck_assert_msg(got == 208, "%d", got);
    ck_assert(closed(stranger));
    close(fd);
    is_served(known);
}
END_TEST

static int64_t used_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

START_TEST(without_descriptors_and_anybody_it_rests)
{
    start(100);
    close(proven("127.0.0.1"));
    settle();
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = events_address();
    settle();
    struct rlimit before = no_more_descriptors();
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    int64_t from = used_ms();
    usleep(1000000);
    ck_assert_int_lt(used_ms() - from, 500);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    is_served(fd);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("server-places");
    TCase *t = tcase_create("places");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, world_open, world_close);
    suite_add_tcase(s, t);
    tcase_add_test(t, the_oldest_stranger_makes_room);
    tcase_add_test(t, strangers_make_room_before_the_proven);
    tcase_add_test(t, who_was_refused_is_a_stranger);
    tcase_add_test(t, the_idle_make_room_before_a_body);
    tcase_add_test(t, the_origin_with_most_makes_room);
    tcase_add_test(t, a_stranger_makes_no_room_for_its_like);
    tcase_add_test(t, the_proven_hold_half_of_the_places);
    tcase_add_test(t, who_is_away_makes_no_room);
    tcase_add_test(t, a_stranger_goes_before_who_is_away);
    tcase_add_test(t, places_are_given_back);
    tcase_add_loop_test(t, an_origin_is_an_address_or_a_64, 0, (int)(sizeof origins / sizeof *origins));
    tcase_add_test(t, without_descriptors_a_stranger_makes_room);
    tcase_add_test(t, without_descriptors_and_anybody_it_rests);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
