/* SPDX-License-Identifier: Apache-2.0 */
/* core/base: buffers, hashes, the door. */
#include "core/base/buffer.h"
#include "core/base/env.h"
#include "core/base/hash.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

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

int main(void)
{
    Suite *s = suite_create("base");
    TCase *t = tcase_create("base");
    suite_add_tcase(s, t);
    tcase_add_test(t, buffer_appends_and_ends_with_nul);
    tcase_add_test(t, hashes_agree_with_published_vectors);
    tcase_add_test(t, wait_ends_at_its_deadline);
    tcase_add_test(t, exchange_speaks_https_only);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
