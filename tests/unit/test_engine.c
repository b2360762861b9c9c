/* SPDX-License-Identifier: Apache-2.0 */
/* core/engine without plugins and journal: claims and signatures. The expected signature was computed by
 * another program (Python's hmac) from RFC 5849's rules. */
#include "core/base/env.h"
#include "core/engine/claims.h"
#include "core/engine/pace.h"
#include "core/engine/exchange.h"
#include "core/engine/sign.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const AB[] = {"stock/A@s", "stock/B@s"};

START_TEST(no_two_records_hold_a_common_claim)
{
    claims *c = claims_new();
    ck_assert(claims_take(c, 1, AB, 2, INT64_MAX));
    ck_assert(claims_take(c, 1, AB, 2, INT64_MAX)); /* its own again */
    ck_assert(!claims_take(c, 2, AB + 1, 1, INT64_MAX));
    ck_assert(claims_held(c, 2, AB, 1));
    ck_assert(!claims_held(c, 1, AB, 1));
    claims_drop(c, 2, AB, 2, 0); /* not its own: nothing happens */
    ck_assert(claims_held(c, 2, AB, 1));
    claims_drop(c, 1, AB, 2, 0);
    ck_assert(claims_take(c, 2, AB + 1, 1, INT64_MAX));
    claims_free(c);
}
END_TEST

START_TEST(a_claim_let_go_after_the_hydrate_began_refuses)
{
    claims *c = claims_new();
    int64_t noted = claims_number(c);
    ck_assert(claims_take(c, 1, AB, 1, noted));
    claims_drop(c, 1, AB, 1, 0);
    ck_assert(!claims_take(c, 2, AB, 1, noted)); /* read before the last call: too old */
    ck_assert(claims_take(c, 2, AB, 1, claims_number(c)));
    claims_free(c);
}
END_TEST

START_TEST(a_claim_stays_while_the_server_may_still_act)
{
    claims *c = claims_new();
    ck_assert(claims_take(c, 1, AB, 1, INT64_MAX));
    claims_drop(c, 1, AB, 1, env_mono() + 3600000);
    ck_assert(!claims_take(c, 1, AB, 1, INT64_MAX));
    ck_assert(!claims_take(c, 2, AB, 1, INT64_MAX));
    ck_assert(claims_take(c, 2, AB + 1, 1, INT64_MAX));
    claims_free(c);
}
END_TEST

START_TEST(what_was_sent_and_may_still_act_counts)
{
    claims *c = claims_new();
    ck_assert(!claims_any(c));
    ck_assert(claims_take(c, 1, AB, 2, INT64_MAX));
    ck_assert(claims_any(c));
    claims_drop(c, 1, AB, 2, env_mono() + 60000);
    ck_assert(claims_any(c));
    claims_free(c);
    c = claims_new();
    ck_assert(claims_take(c, 1, AB, 2, INT64_MAX));
    claims_drop(c, 1, AB, 2, 0);
    ck_assert(!claims_any(c));
    claims_free(c);
}
END_TEST

START_TEST(many_claims_survive_growth)
{
    claims *c = claims_new();
    char text[32];
    const char *names[] = {text};
    for (int i = 1; i <= 5000; i++) {
        snprintf(text, sizeof text, "stock/%d", i);
        ck_assert(claims_take(c, i, names, 1, INT64_MAX));
    }
    for (int i = 1; i <= 5000; i++) {
        snprintf(text, sizeof text, "stock/%d", i);
        ck_assert(claims_held(c, 9999, names, 1));
        claims_drop(c, i, names, 1, 0);
        ck_assert(!claims_held(c, 9999, names, 1));
    }
    claims_free(c);
}
END_TEST

static char name[] = "adobe", key[] = "kkkk", secret[] = "c&s", token[] = "tok", token_secret[] = "t/s";
static char user[] = "Aladdin", password[] = "open sesame";

static config_connection oauth(void)
{
    return (config_connection){.name = name,
                               .auth = AUTH_OAUTH1,
                               .consumer_key = key,
                               .consumer_secret = secret,
                               .access_token = token,
                               .access_token_secret = token_secret};
}

static const char query[] =
    "searchCriteria%5BpageSize%5D=50&a%5Bb%5D=2&a=1"
    "&searchCriteria%5Bfilter_groups%5D%5B0%5D%5Bfilters%5D%5B0%5D%5Bvalue%5D=A%2FB%20%2BC";

START_TEST(oauth1_signs_as_another_program_does)
{
    config_connection c = oauth();
    CLEANUP_BUFFER buffer header = {0};
    sign_header(&c, "GET", "https", "Shop.Example", "/rest/V1/products", query, "n1", 1795413160, &header);
    ck_assert_msg(
        strstr(buffer_text(&header), "oauth_signature=\"3qAyglNnRLG6OTnvN%2BXNtBcKDAtSNZ4vnntjI4lxwJ0%3D\""),
        "%s", buffer_text(&header));
    ck_assert(strstr(buffer_text(&header), "oauth_signature_method=\"HMAC-SHA256\""));
    ck_assert(!strstr(buffer_text(&header), "c&s"));
}
END_TEST

START_TEST(oauth1_leaves_the_port_out_and_sorts_by_name)
{
    config_connection c = oauth();
    CLEANUP_BUFFER buffer base = {0};
    sign_base_string(&c, "GET", "http", "127.0.0.1:8080", "/rest/V1/x", "a%5Bb%5D=2&a=1", "n1", 1, &base);
    ck_assert(strstr(buffer_text(&base),
                     "GET&http%3A%2F%2F127.0.0.1%2Frest%2FV1%2Fx&a%3D1%26a%255Bb%255D%3D2%26oauth_"));
}
END_TEST

/* A key with a quote or a line break would end the value, or the header. */
START_TEST(oauth1_encodes_what_it_puts_into_the_header)
{
    static char odd_key[] = "k\",x=\"", odd_token[] = "to\r\nX-Evil: 1";
    config_connection c = oauth();
    c.consumer_key = odd_key;
    c.access_token = odd_token;
    CLEANUP_BUFFER buffer header = {0};
    sign_header(&c, "GET", "https", "h", "/", NULL, "n1", 1, &header);
    ck_assert_msg(strstr(buffer_text(&header),
                         "oauth_consumer_key=\"k%22%2Cx%3D%22\",oauth_token=\"to%0D%0AX-Evil%3A%201\","),
                  "%s", buffer_text(&header));
    ck_assert(!strpbrk(buffer_text(&header), "\r\n"));
}
END_TEST

START_TEST(a_wait_without_end_is_an_hour)
{
    static const struct {
        const char *head;
        int64_t least, most;
    } cases[] = {{"Retry-After: 99999999999999999999\r\n", 3600000, 3600000},
                 {"X-Rate-Limit-Reset: 9223372036854775807\r\n", 3600000, 3600000},
                 {"retry-after:\t30 \r\n", 30000, 30000},
                 {"Retry-After: -5\r\n", 0, 0},
                 {"Retry-After: soon\r\n", 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        env_answer a = {.fate = ENV_ANSWERED, .status = 429};
        buffer_puts(&a.headers, cases[i].head);
        int64_t wait = exchange_wait_asked(&a);
        ck_assert_msg(wait >= cases[i].least && wait <= cases[i].most, "%s: %lld", cases[i].head,
                      (long long)wait);
        env_answer_free(&a);
    }
}
END_TEST

START_TEST(basic_is_base64_of_the_pair)
{
    config_connection c = {.auth = AUTH_BASIC, .user = user, .password = password};
    CLEANUP_BUFFER buffer header = {0};
    sign_header(&c, "GET", "https", "h", "/", NULL, "n", 1, &header);
    ck_assert_str_eq(buffer_text(&header), "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}
END_TEST

/* Plays calls as fast as they may go against a side that bears ten a second; returns how many it refused. */
static int play(pace *p, int64_t *now, int64_t ms, int *calls)
{
    int64_t end = *now + ms, taken[10] = {0}, n = 0;
    int refused = 0;
    for (; *now < end; *now += 3) {
        int64_t ready = pace_ready(p, *now);
        *now = ready > *now ? ready : *now;
        pace_spend(p, *now);
        ++*calls;
        if (taken[n % 10] && *now - taken[n % 10] < 1000) {
            refused++;
            pace_learn(p, *now, 1000);
            *now += 1000;
        } else {
            taken[n++ % 10] = *now;
        }
    }
    return refused;
}

START_TEST(a_pace_is_learnt_from_429)
{
    static const int64_t rates[] = {0, 10000, 11000};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        pace p = {.rate = rates[i], .burst = 1};
        int64_t now = 1000000;
        int calls = 0;
        ck_assert_int_le(play(&p, &now, 50000, &calls), 3);
        ck_assert_int_ge(calls, 50 * 8);
    }
}
END_TEST

START_TEST(a_long_wait_teaches_no_pace_and_a_learnt_one_is_forgotten)
{
    pace p = {.rate = 20000, .burst = 5};
    for (int i = 0; i < 8; i++)
        pace_spend(&p, 1000000);
    ck_assert(!pace_learn(&p, 1000000, 240000));
    ck_assert_int_eq(p.learnt, 0);
    ck_assert(pace_learn(&p, 1000000, 0));
    ck_assert_int_eq(p.learnt, 1100000 / 7);
    int64_t now = 1000000;
    for (int minutes = 0; minutes < 15; minutes++)
        pace_ready(&p, now += 60000);
    ck_assert_int_eq(p.learnt, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("engine");
    TCase *t = tcase_create("claims and signatures");
    suite_add_tcase(s, t);
    tcase_add_test(t, no_two_records_hold_a_common_claim);
    tcase_add_test(t, a_claim_let_go_after_the_hydrate_began_refuses);
    tcase_add_test(t, a_claim_stays_while_the_server_may_still_act);
    tcase_add_test(t, what_was_sent_and_may_still_act_counts);
    tcase_add_test(t, many_claims_survive_growth);
    tcase_add_test(t, a_pace_is_learnt_from_429);
    tcase_add_test(t, a_long_wait_teaches_no_pace_and_a_learnt_one_is_forgotten);
    tcase_add_test(t, oauth1_signs_as_another_program_does);
    tcase_add_test(t, oauth1_leaves_the_port_out_and_sorts_by_name);
    tcase_add_test(t, oauth1_encodes_what_it_puts_into_the_header);
    tcase_add_test(t, a_wait_without_end_is_an_hour);
    tcase_add_test(t, basic_is_base64_of_the_pair);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
