/* SPDX-License-Identifier: Apache-2.0 */
/* core/base: buffers, hashes, the door. */
#include "core/base/buffer.h"
#include "core/base/env.h"
#include "core/base/hash.h"

#include <check.h>
#include <netinet/in.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

START_TEST(buffer_appends_and_ends_with_nul)
{
    CLEANUP_BUFFER buffer b = {0};
    ck_assert_str_eq(buffer_text(&b), "");
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(buffer_printf(&b, "%d,", i % 10), 0);
    ck_assert_uint_eq(b.size, 2000);
    ck_assert_int_eq(b.data[2000], '\0');
    CLEANUP_FREE char *taken = buffer_take(&b);
    ck_assert_str_eq(buffer_text(&b), "");
    ck_assert_int_eq(strncmp(taken, "0,1,2,", 6), 0);
}
END_TEST

START_TEST(hashes_agree_with_published_vectors)
{
    char hex[SHA256_HEX];
    hash_sha256_hex("abc", 3, hex);
    ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    ck_assert_uint_eq(hash_crc32c("123456789", 9), 0xe3069283u);
    uint8_t mac[SHA256_SIZE];
    hash_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, mac);
    ck_assert_uint_eq(mac[0], 0x5b);
    ck_assert_uint_eq(mac[31], 0x43);
    ck_assert(hash_same_secret("sesame", "sesame"));
    ck_assert(!hash_same_secret("sesame", "sesamf"));
}
END_TEST

/* Linked in place of the library's: who compares secrets, and how much of them. */
static size_t compared, comparisons;
int __real_CRYPTO_memcmp(const void *a, const void *b, size_t n);
int __wrap_CRYPTO_memcmp(const void *a, const void *b, size_t n);
int __wrap_CRYPTO_memcmp(const void *a, const void *b, size_t n)
{
    comparisons++;
    compared += n;
    return __real_CRYPTO_memcmp(a, b, n);
}

START_TEST(a_wrong_secret_takes_as_long_as_the_right_one)
{
    static const char *const given[] = {"",       "s",      "secreT",
                                        "xecret", "secret", "secret and a long tail of more"};
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        compared = comparisons = 0;
        ck_assert_int_eq(hash_same_secret(given[i], "secret"), !strcmp(given[i], "secret"));
        ck_assert_uint_eq(comparisons, 1);
        ck_assert_uint_eq(compared, SHA256_SIZE);
    }
}
END_TEST

/* The wall clock is set forward by an hour, as people and ntpd do. */
static time_t ahead;
int __real_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
    int result = __real_clock_gettime(id, ts);
    if (id == CLOCK_REALTIME)
        ts->tv_sec += ahead;
    return result;
}

START_TEST(timers_do_not_follow_the_wall_clock)
{
    int64_t wall = env_now(), mono = env_mono();
    ahead = 3600;
    ck_assert_int_ge(env_now() - wall, 3600000);
    ck_assert_int_lt(env_mono() - mono, 1800000);
    ahead = 0;
}
END_TEST

START_TEST(wait_ends_at_its_deadline)
{
    env_mutex m;
    env_cond c;
    env_mutex_init(&m);
    env_cond_init(&c);
    int64_t deadline = env_mono() + 20;
    {
        ENV_HOLD(&m);
        while (env_wait(&c, &m, deadline))
            ;
    }
    ck_assert_int_ge(env_mono(), deadline);
    env_cond_free(&c);
    env_mutex_free(&m);
}
END_TEST

START_TEST(exchange_speaks_https_only)
{
    env_client *client = env_client_new();
    env_answer answer;
    env_request request = {.method = "GET", .url = "http://shop.example/rest"};
    env_exchange(client, &request, &answer);
    ck_assert_int_eq(answer.fate, ENV_INVALID);
    env_answer_free(&answer);
    const char *bad[] = {"X-A: b\r\nX-C: d", NULL};
    request = (env_request){.method = "GET", .url = "http://127.0.0.1:9/", .headers = bad};
    env_exchange(client, &request, &answer);
    ck_assert_int_eq(answer.fate, ENV_INVALID);
    env_answer_free(&answer);
    env_client_free(client);
}
END_TEST

/* ---- what creates goes out once ---- */

/* Keeps its connections alive after a GET; after a POST it closes without a word, though it has done it. */
typedef struct {
    int listener, port, peers[4], peers_n;
    atomic_int posts;
    pthread_t threads[4];
} forgetful;
static forgetful server;

static void *serve(void *arg)
{
    char text[2048];
    ssize_t n;
    int peer = *(int *)arg;
    while ((n = recv(peer, text, sizeof text - 1, 0)) > 0) {
        static const char good[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        text[n] = '\0';
        if (!strncmp(text, "POST", 4)) {
            atomic_fetch_add(&server.posts, 1);
            break;
        }
        send(peer, good, sizeof good - 1, MSG_NOSIGNAL);
    }
    close(peer);
    return NULL;
}

static void *listen_on(void *arg)
{
    forgetful *f = arg;
    for (int peer; f->peers_n < 4 && (peer = accept(f->listener, NULL, NULL)) >= 0; f->peers_n++) {
        f->peers[f->peers_n] = peer;
        pthread_create(&f->threads[f->peers_n], NULL, serve, &f->peers[f->peers_n]);
    }
    for (int i = 0; i < f->peers_n; i++)
        pthread_join(f->threads[i], NULL);
    return NULL;
}

static void forgetful_open(forgetful *f)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    f->listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(f->listener, (struct sockaddr *)&at, size), 0);
    ck_assert_int_eq(listen(f->listener, 8), 0);
    ck_assert_int_eq(getsockname(f->listener, (struct sockaddr *)&at, &size), 0);
    f->port = ntohs(at.sin_port);
}

static env_fate ask(env_client *client, const forgetful *f, const char *method)
{
    char url[64];
    env_answer answer;
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", f->port);
    env_request request = {.method = method, .url = url, .once = !strcmp(method, "POST")};
    env_exchange(client, &request, &answer);
    env_fate fate = answer.fate;
    env_answer_free(&answer);
    return fate;
}

START_TEST(what_creates_is_not_sent_again_by_the_library)
{
    pthread_t thread;
    forgetful_open(&server);
    ck_assert_int_eq(pthread_create(&thread, NULL, listen_on, &server), 0);
    env_client *client = env_client_new();
    ck_assert_int_eq(ask(client, &server, "GET"), ENV_ANSWERED);
    ck_assert_int_eq(ask(client, &server, "POST"), ENV_LOST);
    env_client_free(client);
    shutdown(server.listener, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(server.listener);
    ck_assert_int_eq(server.posts, 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("base");
    TCase *t = tcase_create("base");
    suite_add_tcase(s, t);
    tcase_add_test(t, buffer_appends_and_ends_with_nul);
    tcase_add_test(t, hashes_agree_with_published_vectors);
    tcase_add_test(t, a_wrong_secret_takes_as_long_as_the_right_one);
    tcase_add_test(t, timers_do_not_follow_the_wall_clock);
    tcase_add_test(t, wait_ends_at_its_deadline);
    tcase_add_test(t, exchange_speaks_https_only);
    tcase_add_test(t, what_creates_is_not_sent_again_by_the_library);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
