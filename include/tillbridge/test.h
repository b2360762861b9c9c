/* SPDX-License-Identifier: Apache-2.0 */
/* tb_test: a host of its own around one plugin, for unit tests without a daemon (link with tillbridge-kit).
 *
 *     tb_test *t = tb_test_new(&tillbridge_plugin, "site=1", "locations=locations", NULL);
 *     tb_test_table(t, "locations", "location,source\n1,web\n");
 *     tb_test_expect(t, "GET", "/sites/1/orders.json", "num=100", 200, "{\"items\": []}");
 *     ck_assert_int_eq(tb_test_read(t, NULL), TB_OK);
 *     ck_assert_ptr_null(tb_test_failure(t));
 *     tb_test_free(t);
 *
 * Requests must come in the order they are expected; anything else is a failure, which tb_test_failure tells.
 * Time stands at 2026-11-23T00:00Z and moves by tb_sleep and tb_test_set_now only. State lives in memory and
 * is kept after a call as the daemon would keep it. Texts and records are the test's: they live until the
 * next call of a callback, or until tb_test_free. One thread. All since 0.1. */
#pragma once
#include <tillbridge/plugin.h>

TB_BEGIN

typedef struct tb_test tb_test;

/* Parameters as "name=value", ending with NULL. NULL after a line on stderr: the plugin's table refuses them.
 */
tb_test *tb_test_new(const tb_plugin *plugin, ...) __attribute__((sentinel));
void tb_test_free(tb_test *test); /* closes the instance; NULL is fine */
/* The first thing that went wrong in the host's view (a request nobody expected, one expected and not made,
 * network where there is none, a callback that breaks its contract); NULL: nothing. */
const char *tb_test_failure(tb_test *test);

/* ---- the world around it ---- */

/* query NULL: none. status 0: no answer. 401, 403, 429 and 5xx stay below the plugin, as in the daemon. */
void tb_test_expect(tb_test *test, const char *method, const char *path, const char *query, int status,
                    const char *body);
int tb_test_asked(const tb_test *test);                              /* how many requests were made */
const json_t *tb_test_asked_json(const tb_test *test, int index);    /* the body of one; NULL: it had none */
int tb_test_table(tb_test *test, const char *name, const char *csv); /* a second time: a reload. 0, or -1 */
void tb_test_set_state(tb_test *test, const char *name, const char *key, const char *value);
const char *tb_test_state(const tb_test *test, const char *name, const char *key); /* NULL: absent */
void tb_test_set_now(tb_test *test, int64_t when);
const char *tb_test_log(const tb_test *test, int index); /* "warn id: sentence"; NULL: no more */

/* ---- the callbacks; the instance is opened before the first ---- */

tb_verdict tb_test_read(tb_test *test, const char *cursor);
tb_verdict tb_test_receive(tb_test *test, const char *body);
tb_verdict tb_test_snapshot(tb_test *test, const char *type, const char *cursor);
tb_verdict tb_test_hydrate(tb_test *test, tb_record **records, size_t count);
tb_verdict tb_test_apply(tb_test *test, tb_record **record);
tb_verdict tb_test_deliver(tb_test *test, const char *operation, tb_record **records, size_t count);
tb_verdict tb_test_probe(tb_test *test, const char *operation, tb_record *record);
int tb_test_check(tb_test *test);                            /* how many findings are TB_BAD */
int tb_test_doctor(tb_test *test);                           /* the same */
const char *tb_test_finding(const tb_test *test, int index); /* "bad what: sentence"; NULL: no more */

/* ---- what read, receive and snapshot handed over ---- */

void tb_test_set_room(tb_test *test, int room);               /* default 100 */
tb_record *tb_test_fed(const tb_test *test, int index);       /* NULL: no more */
const char *tb_test_fed_rule(const tb_test *test, int index); /* the DROP rule it came with; NULL: none */
const char *tb_test_fed_id(const tb_test *test, int index);
const char *tb_test_cursor(const tb_test *test); /* NULL: not moved */
bool tb_test_fed_more(const tb_test *test);
int64_t tb_test_fed_at(const tb_test *test); /* 0: none */
const char *tb_test_raised(const tb_test *test,
                           int index); /* "reason cause: sentence", or "reason cause" cleared */

/* ---- what was said of a record ---- */

tb_verdict tb_test_verdict(const tb_record *record); /* TB_OK: nothing yet */
bool tb_test_is_more(const tb_record *record);
int64_t tb_test_until(const tb_record *record);
/* "" when not said. */
const char *tb_test_reason(const tb_record *record);
const char *tb_test_cause(const tb_record *record);
const char *tb_test_rule(const tb_record *record);
const char *tb_test_text(const tb_record *record);
const char *tb_test_answer_id(const tb_record *record);
const json_t *tb_test_sent(const tb_record *record);
const char *tb_test_claim(const tb_record *record, int index); /* NULL: no more */
bool tb_test_depends(const tb_record *record, int index, const char **kind,
                     const char **name);                        /* false: no more */
tb_record *tb_test_emitted(const tb_record *record, int index); /* NULL: no more */

TB_END
