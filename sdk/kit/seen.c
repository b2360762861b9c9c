/* SPDX-License-Identifier: Apache-2.0 */
/* What a test may look at: what a source fed, and what was said of a record. */
#include "sdk/kit/kit_inner.h"

static bool has(const tb_test *t, int index)
{
    return index >= 0 && index < t->feed.n;
}

void tb_test_set_room(tb_test *test, int room)
{
    test->room = room;
}

tb_record *tb_test_fed(const tb_test *test, int index)
{
    return has(test, index) ? test->feed.records[index] : NULL;
}

const char *tb_test_fed_rule(const tb_test *test, int index)
{
    return has(test, index) ? test->feed.rules[index] : NULL;
}

const char *tb_test_fed_id(const tb_test *test, int index)
{
    return has(test, index) ? tbh_id(test->feed.records[index]) : NULL;
}

const char *tb_test_cursor(const tb_test *test)
{
    return test->feed.cursor;
}

bool tb_test_fed_more(const tb_test *test)
{
    return test->feed.more;
}

int64_t tb_test_fed_at(const tb_test *test)
{
    return test->feed.at;
}

const char *tb_test_raised(const tb_test *test, int index)
{
    return kit_text(&test->raised, index);
}

/* ---- records ---- */

static tb_outcome outcome_of(const tb_record *record)
{
    tb_outcome o;
    tbh_outcome(record, &o);
    return o;
}

tb_verdict tb_test_verdict(const tb_record *record)
{
    return outcome_of(record).verdict;
}

bool tb_test_is_more(const tb_record *record)
{
    return outcome_of(record).more;
}

int64_t tb_test_until(const tb_record *record)
{
    return outcome_of(record).until;
}

const char *tb_test_reason(const tb_record *record)
{
    return outcome_of(record).reason;
}

const char *tb_test_cause(const tb_record *record)
{
    return outcome_of(record).cause;
}

const char *tb_test_rule(const tb_record *record)
{
    return outcome_of(record).rule;
}

const char *tb_test_text(const tb_record *record)
{
    return outcome_of(record).text;
}

const char *tb_test_answer_id(const tb_record *record)
{
    return outcome_of(record).answer_id;
}

const json_t *tb_test_sent(const tb_record *record)
{
    return outcome_of(record).sent;
}

const char *tb_test_claim(const tb_record *record, int index)
{
    const char *const *claims;
    return index >= 0 && index < tbh_claims(record, &claims) ? claims[index] : NULL;
}

bool tb_test_depends(const tb_record *record, int index, const char **kind, const char **name)
{
    tb_outcome o = outcome_of(record);
    if (index < 0 || index >= o.depends_n)
        return false;
    *kind = o.depends[index].kind;
    *name = o.depends[index].name;
    return true;
}

tb_record *tb_test_emitted(const tb_record *record, int index)
{
    tb_outcome o = outcome_of(record);
    return index >= 0 && index < o.emitted_n ? o.emitted[index] : NULL;
}
