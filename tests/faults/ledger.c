/* SPDX-License-Identifier: Apache-2.0 */
/* Three feeds over a few keys. `log`: entries to be copied, each once and in their order per key. `want`: so
 * many pieces are wanted of a key, each to be made once, never one more. `gauge`: a value that rises, to be
 * set. What may go wrong with a call is drawn here: refused before it had an effect, lost before, after, or
 * with an effect that comes later, answered badly or late. */
#include "tests/faults/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "tests/faults/baton.h"

enum { KEYS = 8, MOST_ENTRIES = 400, MOST_BEFORE = 8000, MOST_AFTER = 25000, MOST_SLOW = 50000 };
typedef enum { LOG, WANT, GAUGE, FEEDS } feed;
static const char *const feed_names[FEEDS] = {"log", "want", "gauge"};

typedef struct {
    int key;
    int copies; /* of a log entry */
} entry;

static struct {
    entry entries[FEEDS][MOST_ENTRIES]; /* number n stands at n - 1 */
    int count[FEEDS];
    int64_t want[KEYS], made[KEYS], value[KEYS], set[KEYS];
    int64_t trouble, effects, forgiven_until;
    unsigned kinds; /* of outcomes that may be drawn, by bit */
} ledger;

static int key_of(const char *text)
{
    return text && text[0] == 'k' && text[1] >= '0' && text[1] < '0' + KEYS && !text[2] ? text[1] - '0' : -1;
}

static const char *key_text(int key)
{
    static const char *const names[KEYS] = {"k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7"};
    return names[key];
}

/* ---- the source's side ---- */

static bool is_read(unsigned pipelines, feed f)
{
    return f == GAUGE ? pipelines >> GAUGE : pipelines >> f & 1;
}

void ledger_move(unsigned pipelines)
{
    feed f = (feed)baton_below(FEEDS);
    int key = (int)baton_below(KEYS);
    if (ledger.count[f] == MOST_ENTRIES || !is_read(pipelines, f))
        return;
    ledger.entries[f][ledger.count[f]++] = (entry){.key = key};
    ledger.want[key] += f == WANT ? 1 + baton_below(2) : 0;
    ledger.value[key] += f == GAUGE;
    baton_trace("moved", "%s %d: %s", feed_names[f], ledger.count[f], key_text(key));
}

static int64_t number_in(const char *query, const char *name)
{
    const char *at = strstr(query, name);
    return at ? strtoll(at + strlen(name), NULL, 10) : 0;
}

static json_t *get_feed(const char *name, const char *query)
{
    json_t *items = json_array();
    int64_t after = number_in(query, "after="), limit = number_in(query, "limit=");
    for (int f = 0; f < FEEDS; f++)
        for (int64_t n = after; !strcmp(name, feed_names[f]) && n < ledger.count[f] && n < after + limit; n++)
            json_array_append_new(items, json_pack("{sI ss}", "n", (json_int_t)n + 1, "key",
                                                   key_text(ledger.entries[f][n].key)));
    return json_pack("{so}", "items", items);
}

static json_t *get_object(const char *query)
{
    const char *at = strstr(query, "key=");
    int k = key_of(at ? at + 4 : NULL);
    return k < 0 ? NULL
                 : json_pack("{sI sI sI}", "want", (json_int_t)ledger.want[k], "made",
                             (json_int_t)ledger.made[k], "value", (json_int_t)ledger.value[k]);
}

/* ---- the sink's side: here it shows ---- */

static int before_of_key(int n, int key)
{
    while (--n >= 0 && ledger.entries[LOG][n].key != key)
        ;
    return n;
}

/* "e3": the third line, 2; -1: not the id of one. */
static int line_of(const char *id)
{
    return id[0] == 'e' ? (int)strtol(id + 1, NULL, 10) - 1 : -1;
}

static void append(const char *id)
{
    int n = line_of(id);
    if (n < 0 || n >= ledger.count[LOG])
        baton_fail("ledger: entry %s was never there", id);
    entry *e = &ledger.entries[LOG][n];
    int before = before_of_key(n, e->key);
    if (e->copies++)
        baton_fail("one effect: entry %s of %s was copied twice", id, key_text(e->key));
    if (before >= 0 && !ledger.entries[LOG][before].copies)
        baton_fail("order: entry %s of %s was copied before entry e%d", id, key_text(e->key), before + 1);
}

static void make(const char *id)
{
    int key = -1;
    char name[3] = {id[0], id[0] ? id[1] : '\0', '\0'};
    int64_t n = id[0] && id[1] && id[2] == '-' ? strtoll(id + 3, NULL, 10) : 0;
    key = key_of(name);
    if (key < 0)
        baton_fail("ledger: piece %s was never wanted", id);
    if (n <= ledger.made[key])
        baton_fail("one effect: piece %s was made twice", id);
    if (n != ledger.made[key] + 1 || n > ledger.want[key])
        baton_fail("ledger: piece %s was made, %lld are there and %lld wanted", id,
                   (long long)ledger.made[key], (long long)ledger.want[key]);
    ledger.made[key] = n;
}

static void set(const char *name, const char *body)
{
    int key = key_of(name);
    json_t *json = json_loads(body, 0, NULL);
    int64_t value = json_integer_value(json_object_get(json, "value"));
    json_decref(json);
    if (key < 0)
        baton_fail("ledger: there is no gauge %s", name);
    if (value < ledger.set[key] && baton_clock() > ledger.forgiven_until)
        baton_fail("an older value after a newer one: gauge %s became %lld, from %lld", name,
                   (long long)value, (long long)ledger.set[key]);
    ledger.set[key] = value;
}

static bool was_made(const char *operation, const char *id)
{
    char name[3] = {id[0], id[0] ? id[1] : '\0', '\0'};
    int n = !strcmp(operation, "append") ? line_of(id) : 0, key = key_of(name);
    if (!strcmp(operation, "append"))
        return n >= 0 && n < ledger.count[LOG] && ledger.entries[LOG][n].copies;
    return key >= 0 && strtoll(id + 3, NULL, 10) <= ledger.made[key];
}

/* ---- a call ---- */

/* NULL: there is no such thing. */
static json_t *handle(const ledger_request *q)
{
    char part[3][64] = {"", "", ""};
    int n = sscanf(q->path, "/%63[^/]/%63[^/]/%63[^/]", part[0], part[1], part[2]);
    bool effect = !strcmp(q->method, "POST") || !strcmp(q->method, "PUT");
    if (n == 2 && !strcmp(part[0], "feed"))
        return get_feed(part[1], q->query);
    if (n == 1 && !strcmp(part[0], "object"))
        return get_object(q->query);
    if (n == 3 && !strcmp(part[0], "probe"))
        return json_pack("{sb}", "found", was_made(part[1], part[2]));
    if (n != 2 || !effect)
        return NULL;
    ledger.effects++;
    baton_trace("effect", "%s %s", part[0], part[1]);
    if (!strcmp(part[0], "append"))
        append(part[1]);
    else if (!strcmp(part[0], "make"))
        make(part[1]);
    else
        set(part[1], q->body);
    return json_object();
}

typedef enum {
    GOOD,
    REFUSED,
    LIMITED,
    LOST_BEFORE,
    LOST_AFTER,
    BROKEN_AFTER,
    CUT_JSON,
    SLOW,
    OUTCOMES
} outcome;

static void answer(const ledger_request *q, ledger_answer *a, outcome how)
{
    json_t *json = handle(q);
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    a->status = how == BROKEN_AFTER ? 500 : json ? 200 : 404;
    buffer_puts(&a->body, how == BROKEN_AFTER ? "<html>broken</html>" : text ? text : "{}");
    if (how == CUT_JSON)
        a->body.size /= 2;
    if (how == LOST_AFTER || how == SLOW)
        a->status = 0;
    free(text);
    json_decref(json);
}

/* Each seed has its own share of the things that can go wrong, so that some meet often. */
static outcome draw(void)
{
    outcome how = (outcome)(1 + baton_below(OUTCOMES - 1));
    while (!(ledger.kinds >> how & 1))
        how = how + 1 == OUTCOMES ? (outcome)1 : (outcome)(how + 1);
    return how;
}

static int64_t duration(int64_t most)
{
    return 1 + baton_below(baton_chance(ledger.trouble, 1000) ? most : 200);
}

void ledger_call(const ledger_request *q, ledger_answer *a, void (*gone)(void *arg), void *arg)
{
    outcome how = baton_chance(ledger.trouble, 1000) ? draw() : GOOD;
    baton_sleep(duration(MOST_BEFORE));
    if (how == REFUSED || how == LIMITED)
        a->status = how == REFUSED ? 500 : 429;
    if (how == REFUSED || how == LIMITED || how == LOST_BEFORE)
        return;
    if (how == SLOW) {
        gone(arg);
        baton_sleep(1 + baton_below(MOST_SLOW));
    }
    answer(q, a, how);
    baton_sleep(duration(MOST_AFTER));
}

void ledger_trouble(int64_t rate)
{
    ledger.trouble = rate;
    ledger.kinds = 2 + (unsigned)baton_below((1 << OUTCOMES) - 2);
    ledger.kinds = ledger.kinds & ~1u ? ledger.kinds : 1u << SLOW;
}

void ledger_forgive(int64_t until)
{
    ledger.forgiven_until = until;
}

/* ---- at the end ---- */

bool ledger_agrees(void)
{
    for (int k = 0; k < KEYS; k++)
        if (ledger.made[k] != ledger.want[k] || ledger.set[k] != ledger.value[k])
            return false;
    for (int n = 0; n < ledger.count[LOG]; n++)
        if (!ledger.entries[LOG][n].copies)
            return false;
    return true;
}

void ledger_tell(void)
{
    for (int k = 0; k < KEYS; k++)
        baton_trace("ledger", "%s: %lld of %lld made, gauge %lld of %lld", key_text(k),
                    (long long)ledger.made[k], (long long)ledger.want[k], (long long)ledger.set[k],
                    (long long)ledger.value[k]);
    for (int n = 0; n < ledger.count[LOG]; n++)
        if (!ledger.entries[LOG][n].copies)
            baton_trace("ledger", "entry e%d of %s was not copied", n + 1,
                        key_text(ledger.entries[LOG][n].key));
}

int64_t ledger_made(void)
{
    return ledger.effects;
}
