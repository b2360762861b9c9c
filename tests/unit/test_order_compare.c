/* SPDX-License-Identifier: Apache-2.0 */
/* order-bridge without a host: every row of the tables of stock (what the shop's row must hold), of an
 * order's life (what is due), and of the money leg; and random states against the goal at rest, which a naive
 * writer misses. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tillbridge/plugin.h>

#include "plugins/order-bridge/compare.h"
#include "plugins/order-bridge/money.h"
#include "plugins/order-bridge/shares.h"
#include "plugins/order-parts/order_parts.h"
#include "plugins/stock-rule/rule.h"

enum { P = TB_QUANTITY_SCALE };

/* ---- R1: T = 5, one piece booked by staff, buffer 1, a web order of 2 ---- */

typedef struct stock_case {
    int row;
    const char *situation;
    int total, reserved;                      /* T, V at the till w */
    int canceled, shipped, refunded;          /* shop, of 2 ordered */
    int delivered, shipped_here, undelivered; /* d, told as shipped from w's source, u */
    int elsewhere;                            /* d at v */
    int a, o, d, q;                           /* what must come out: promised, held, gone, quantity */
    int standing, reservation, salable;       /* the shop's row and reservation then, and what it sells */
} stock_case;

static const stock_case stock_cases[] = {
    {0, "rest", 5, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 3, 0, 3},
    {1, "placed, not at the till", 5, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 3, 3, -2, 1},
    {2, "sent, unknown: it did not arrive", 5, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 3, 3, -2, 1},
    {2, "sent, unknown: it arrived", 5, 3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 1, 3, -2, 1},
    {3, "at the till, reserved", 5, 3, 0, 0, 0, 0, 0, 2, 0, 2, 2, 0, 3, 3, -2, 1},
    {4, "put on hold in the shop", 5, 3, 0, 0, 0, 0, 0, 2, 0, 2, 2, 0, 3, 3, -2, 1},
    {5, "the reservation lapsed", 5, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 3, 3, -2, 1},
    {5, "lapsed, unseen", 5, 1, 0, 0, 0, 0, 0, 2, 0, 2, 2, 0, 4, 4, -2, 2},
    {6, "one of two handed out", 4, 2, 0, 0, 0, 1, 0, 1, 0, 2, 1, 1, 3, 3, -2, 1},
    {7, "that shipment is in the shop", 4, 2, 0, 1, 0, 1, 1, 1, 0, 1, 1, 0, 2, 2, -1, 1},
    {8, "the second is handed out", 3, 1, 0, 1, 0, 2, 1, 0, 0, 1, 0, 1, 2, 2, -1, 1},
    {9, "shipped", 3, 1, 0, 2, 0, 2, 2, 0, 0, 0, 0, 0, 1, 1, 0, 1},
    {10, "cancelled in the shop", 5, 3, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1, 3, 0, 3},
    {10, "... and at the till", 5, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 3, 0, 3},
    {11, "cancelled at the till", 5, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 3, 3, -2, 1},
    {12, "re-routed to v: here", 5, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 3, 3, -2, 1},
    {13, "memo of unshipped, listed", 5, 3, 0, 0, 2, 0, 0, 2, 0, 0, 0, 0, 1, 3, 0, 3},
    {14, "memo of unshipped, not listed", 5, 3, 0, 0, 2, 0, 0, 2, 0, 0, 0, 0, 1, 1, 0, 1},
    {15, "ready, the shop notified", 5, 3, 0, 2, 0, 0, 2, 2, 0, 0, 0, 0, 1, 1, 0, 1},
    {16, "collected", 3, 1, 0, 2, 0, 2, 2, 0, 0, 0, 0, 0, 1, 1, 0, 1},
    {17, "never collected, memo with return", 5, 1, 0, 2, 2, 0, 2, 0, 0, 0, 0, 0, 3, 3, 0, 3},
    {18, "handed out by v: here", 5, 1, 0, 0, 0, 0, 0, 0, 2, 2, 0, 0, 3, 3, -2, 1},
    {19, "an offline till sold four", 1, 3, 0, 0, 0, 0, 0, 2, 0, 2, 2, 0, 2, 2, -2, 0},
    {20, "miscount", -2, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
    {21, "handed out and brought back", 5, 1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 2, 5, 5, -2, 3},
};

START_TEST(stock_row_holds_what_the_table_says)
{
    const stock_case *c = &stock_cases[_i];
    share_line line = {2 * P, c->canceled * P, c->shipped * P, c->refunded * P, 0};
    share_place at[2] = {{c->delivered * P, c->shipped_here * P, c->undelivered * P, 0, 0},
                         {c->elsewhere * P, 0, 0, 0, 0}};
    share_out(&line, at, 2);
    rule_counters row = {c->total * P, c->reserved * P, 1 * P, at[0].held, at[0].gone};
    int salable = c->standing + c->reservation > 0 ? c->standing + c->reservation : 0;
    ck_assert_msg(share_promised(&line) == c->a * P, "row %d, %s: a is %lld", c->row, c->situation,
                  (long long)share_promised(&line));
    ck_assert_msg(at[0].held == c->o * P && at[0].gone == c->d * P, "row %d, %s: O %lld, D %lld", c->row,
                  c->situation, (long long)at[0].held, (long long)at[0].gone);
    ck_assert_msg(rule_quantity(&row) == c->q * P, "row %d, %s: q is %lld", c->row, c->situation,
                  (long long)rule_quantity(&row));
    ck_assert_int_eq(salable, c->salable);
    ck_assert_int_eq(c->reservation, c->row == 14 || c->a == 0 ? 0 : -c->a);
}
END_TEST

/* Row 12: v gets the order, its quantity does not move. Row 18: v handed out, so its row is raised first. */
START_TEST(another_store_takes_over)
{
    share_line line = {2 * P, 0, 0, 0, 0};
    share_place moved[2] = {{0, 0, 0, 0, 0}, {0, 0, 2 * P, 0, 0}};
    share_out(&line, moved, 2);
    ck_assert_int_eq(moved[0].held, 0);
    ck_assert_int_eq(moved[1].held, 2 * P);
    rule_counters before = {6 * P, 0, 1 * P, 0, 0}, after = {6 * P, 2 * P, 1 * P, moved[1].held, 0};
    ck_assert_int_eq(rule_quantity(&before), rule_quantity(&after));
    share_place out[2] = {{0, 0, 0, 0, 0}, {2 * P, 0, 0, 0, 0}};
    share_out(&line, out, 2);
    ck_assert_int_eq(out[0].gone, 0);
    ck_assert_int_eq(out[1].gone, 2 * P);
}
END_TEST

/* Somebody shipped from the wrong source: what is out and untold is told once, not twice. */
START_TEST(shipped_from_another_source)
{
    share_line line = {3 * P, 0, 2 * P, 0, 0};
    share_place at[2] = {{3 * P, 0, 0, 0, 0}, {0, 2 * P, 0, 0, 0}};
    share_out(&line, at, 2);
    ck_assert_int_eq(at[0].gone, 1 * P);
    ck_assert_int_eq(at[1].gone, 0);
}
END_TEST

/* More is out than the shop still reserves: of what it gave up nothing is gone, and nothing is held besides.
 */
START_TEST(never_more_than_is_promised)
{
    share_line line = {2 * P, 1 * P, 0, 0, 0};
    share_place at[2] = {{2 * P, 0, 0, 0, 0}, {0, 0, 1 * P, 0, 0}};
    share_out(&line, at, 2);
    ck_assert_int_eq(at[0].gone, 1 * P);
    ck_assert_int_eq(at[1].held, 0);
}
END_TEST

/* ---- random states, made of single pieces ---- */

static uint64_t dice_state;

static int dice(int sides)
{
    dice_state = dice_state * 6364136223846793005u + 1442695040888963407u;
    return (int)((dice_state >> 33) % (uint64_t)sides);
}

enum { SOURCES = 4, LINES = 4 };

typedef struct world { /* one SKU in one stock, pieces */
    int total[SOURCES], reserved[SOURCES], buffer[SOURCES];
    int64_t held[SOURCES], gone[SOURCES];
    int promised, waiting; /* what the shop reserves; of that, at no till */
} world;

/* Each piece of an order line is somewhere; the counters of both sides are counted from that. */
static void roll_line(world *w)
{
    share_place at[SOURCES] = {{0, 0, 0, 0, 0}};
    share_line line = {0, 0, 0, 0, 0};
    int waiting = dice(3), cancelled = dice(2);
    for (int s = 0; s < SOURCES; s++) {
        int held = dice(3), out = dice(2), told = dice(2);
        at[s].undelivered = held;
        at[s].delivered = out + told;
        at[s].shipped = told;
        line.ordered += held + out + told;
        line.shipped += told;
        w->reserved[s] += held;
        w->promised += held + out;
    }
    line.ordered += waiting + cancelled;
    line.canceled = cancelled;
    line.refunded = line.shipped ? dice((int)line.shipped + 1) : 0; /* of what was shipped: a return */
    w->promised += waiting;
    w->waiting += waiting;
    share_out(&line, at, SOURCES);
    for (int s = 0; s < SOURCES; s++) {
        w->held[s] += at[s].held;
        w->gone[s] += at[s].gone;
    }
}

static void roll_world(world *w)
{
    *w = (world){.waiting = 0};
    for (int lines = dice(LINES); lines > 0; lines--)
        roll_line(w);
    for (int s = 0; s < SOURCES; s++) {
        w->buffer[s] = dice(3);
        w->reserved[s] += dice(3);  /* staff's own bookings */
        w->total[s] = dice(16) - 2; /* miscounts too */
    }
}

/* Free pieces less what is promised and at no till. */
static int64_t goal_of(const world *w, int least)
{
    int64_t goal = -w->waiting - least;
    for (int s = 0; s < SOURCES; s++) {
        int left = w->total[s] - w->reserved[s] - w->buffer[s];
        goal += left > 0 ? left : 0;
    }
    return goal > 0 ? goal : 0;
}

/* What the shop would sell if the writer's rows stood there. */
static int64_t salable_of(const world *w, int least, bool naive)
{
    int64_t sum = -w->promised - least;
    for (int s = 0; s < SOURCES; s++) {
        rule_counters c = {w->total[s], w->reserved[s], w->buffer[s], w->held[s], w->gone[s]};
        sum += naive ? rule_free(&c) : rule_quantity(&c);
    }
    return sum > 0 ? sum : 0;
}

START_TEST(goal_at_rest_over_random_states)
{
    int missed = 0;
    world w;
    dice_state = 20261124;
    for (int i = 0; i < 100000; i++) {
        int least = dice(3); /* min_qty */
        roll_world(&w);
        int64_t goal = goal_of(&w, least), salable = salable_of(&w, least, false);
        ck_assert_msg(goal == salable, "state %d: salable %lld, goal %lld", i, (long long)salable,
                      (long long)goal);
        missed += salable_of(&w, least, true) != goal;
    }
    ck_assert_msg(missed > 40000, "the naive writer missed only %d", missed);
}
END_TEST

/* ---- R2: an order's life ---- */

typedef struct life_case {
    const char *situation;
    unsigned shop, till, is;
    int ordered, canceled, shipped, refunded; /* shop */
    int wanted, placed, delivered, taken_back;
    step step;
} life_case;

static const life_case life_cases[] = {
    {"not in a state to send | none", SHOP_NOT_YET, AT_NONE, 0, 2, 0, 0, 0, 2, 0, 0, 0, STEP_NONE},
    {"held | none", SHOP_HELD, AT_NONE, 0, 2, 0, 0, 0, 2, 0, 0, 0, STEP_NONE},
    {"to send | none", SHOP_OPEN, AT_NONE, 0, 2, 0, 0, 0, 2, 0, 0, 0, STEP_ORDER},
    {"to send | none, outside the till system", SHOP_OPEN, AT_NONE, FACT_OUTSIDE, 2, 0, 0, 0, 2, 0, 0, 0,
     STEP_NONE},
    {"cancelled before the POST | none", SHOP_GONE, AT_NONE, 0, 2, 2, 0, 0, 0, 0, 0, 0, STEP_DROP},
    {"cancelled | cancelled there too", SHOP_GONE, AT_CANCELLED, FACT_EVER, 2, 2, 0, 0, 0, 2, 0, 0,
     STEP_NONE},
    {"cancelled | none any more, part 2 of it", SHOP_GONE, AT_NONE, FACT_EVER, 2, 2, 0, 0, 0, 0, 0, 0,
     STEP_NONE},
    {"cancelled | open, d = 0", SHOP_GONE, AT_OPEN, FACT_EVER, 2, 2, 0, 0, 0, 2, 0, 0, STEP_CANCEL_GONE},
    {"refunded before it left | open, d = 0", SHOP_GONE, AT_OPEN, FACT_EVER, 2, 0, 0, 2, 0, 2, 0, 0,
     STEP_CANCEL_GONE},
    {"cancelled | open, d > 0", SHOP_GONE, AT_OPEN, FACT_EVER, 2, 2, 0, 0, 0, 2, 1, 0, STEP_GOODS_OUT},
    {"refunded | closed, all out", SHOP_GONE, AT_CLOSED, FACT_EVER, 2, 0, 0, 2, 0, 2, 2, 0, STEP_GOODS_OUT},
    {"partly refunded, unshipped | open, d = 0", SHOP_OPEN, AT_OPEN, FACT_EVER, 3, 0, 0, 1, 0, 3, 0, 0,
     STEP_CANCEL_CUT},
    {"... then | cancelled: the rest again", SHOP_OPEN, AT_CANCELLED, FACT_EVER, 3, 0, 0, 1, 2, 3, 0, 0,
     STEP_ORDER},
    {"partly refunded | open, partly out", SHOP_OPEN, AT_OPEN, FACT_EVER, 3, 0, 1, 2, 0, 3, 1, 0,
     STEP_GOODS_OUT},
    {"a return: refunded after it was shipped | closed", SHOP_DONE, AT_CLOSED, FACT_EVER, 2, 0, 2, 1, 0, 2, 2,
     0, STEP_NONE},
    {"edited | open", SHOP_OPEN, AT_OPEN, FACT_EVER | FACT_EDITED, 2, 0, 0, 0, 2, 0, 0, 0,
     STEP_CANCEL_EDITED},
    {"edited, then | cancelled: the new one", SHOP_OPEN, AT_CANCELLED, FACT_EVER, 2, 0, 0, 0, 2, 0, 0, 0,
     STEP_ORDER},
    {"open | open, nothing moved", SHOP_OPEN, AT_OPEN, FACT_EVER, 2, 0, 0, 0, 0, 2, 0, 0, STEP_NONE},
    {"open | open, d > shipped", SHOP_OPEN, AT_OPEN, FACT_EVER | FACT_WHOLE, 2, 0, 0, 0, 0, 2, 1, 0,
     STEP_SHIPMENT},
    {"open | closed, d > shipped", SHOP_OPEN, AT_CLOSED, FACT_EVER | FACT_WHOLE, 2, 0, 1, 0, 0, 2, 2, 0,
     STEP_SHIPMENT},
    {"held | closed, d > shipped: it cannot be shipped", SHOP_HELD, AT_CLOSED, FACT_EVER | FACT_WHOLE, 2, 0,
     0, 0, 0, 2, 2, 0, STEP_NONE},
    {"open | half a bundle is out", SHOP_OPEN, AT_OPEN, FACT_EVER, 2, 0, 0, 0, 0, 2, 1, 0, STEP_NONE},
    {"open | closed, a bundle from two sources", SHOP_OPEN, AT_CLOSED, FACT_EVER, 2, 0, 0, 0, 0, 2, 2, 0,
     STEP_BUNDLE_APART},
    {"shipped by somebody | open", SHOP_OPEN, AT_OPEN, FACT_EVER, 2, 0, 2, 0, 0, 2, 0, 0,
     STEP_SHIPPED_ELSEWHERE},
    {"shipped by somebody from here, the rule says deliver | open", SHOP_OPEN, AT_OPEN,
     FACT_EVER | FACT_DELIVER | FACT_LEFT_HERE, 2, 0, 2, 0, 0, 2, 1, 0, STEP_DELIVERY},
    {"shipped by somebody from elsewhere, the rule says deliver | open", SHOP_OPEN, AT_OPEN,
     FACT_EVER | FACT_DELIVER, 2, 0, 2, 0, 0, 2, 0, 0, STEP_CANCEL_SHIPPED},
    {"open, paid | refused by staff", SHOP_OPEN, AT_OPEN, FACT_EVER | FACT_REFUSED, 2, 0, 0, 0, 2, 2, 0, 0,
     STEP_CANCEL_REFUSED},
    {"open, paid | cancelled, another place has it", SHOP_OPEN, AT_CANCELLED, FACT_EVER, 2, 0, 0, 0, 2, 2, 0,
     0, STEP_ORDER},
    {"open, paid | cancelled, no place", SHOP_OPEN, AT_CANCELLED, FACT_EVER | FACT_NOWHERE, 2, 0, 0, 0, 2, 2,
     0, 0, STEP_REFUND_DUE},
    {"open, authorised | cancelled, no place, by rule", SHOP_OPEN, AT_CANCELLED,
     FACT_EVER | FACT_NOWHERE | FACT_GIVE_BACK | FACT_CANCELLABLE, 2, 0, 0, 0, 2, 2, 0, 0, STEP_WEB_CANCEL},
    {"open, captured | cancelled, no place, by rule", SHOP_OPEN, AT_CANCELLED,
     FACT_EVER | FACT_NOWHERE | FACT_GIVE_BACK, 2, 0, 0, 0, 2, 2, 0, 0, STEP_REFUND_DUE},
    {"complete | a delivery cancelled later", SHOP_DONE, AT_CLOSED, FACT_EVER, 2, 0, 2, 0, 0, 2, 1, 1,
     STEP_TAKEN_BACK},
    {"open | open, no change for N days", SHOP_OPEN, AT_OPEN, FACT_EVER | FACT_OLD, 2, 0, 0, 0, 0, 2, 0, 0,
     STEP_NOT_COLLECTED},
    {"pick-up, not notified | ready", SHOP_OPEN, AT_OPEN, FACT_EVER | FACT_PICKUP | FACT_READY, 2, 0, 0, 0, 0,
     2, 0, 0, STEP_READY},
    {"pick-up, notified | ready", SHOP_OPEN, AT_OPEN, FACT_EVER | FACT_PICKUP | FACT_READY | FACT_NOTIFIED, 2,
     0, 2, 0, 0, 2, 0, 0, STEP_NONE},
    {"pick-up, shipped by somebody, not notified | ready", SHOP_OPEN, AT_OPEN,
     FACT_EVER | FACT_PICKUP | FACT_READY, 2, 0, 2, 0, 0, 2, 0, 0, STEP_SHIPPED_ELSEWHERE},
    {"pick-up, notified | ready for long", SHOP_OPEN, AT_OPEN,
     FACT_EVER | FACT_PICKUP | FACT_READY | FACT_NOTIFIED | FACT_OLD, 2, 0, 2, 0, 0, 2, 0, 0,
     STEP_NOT_COLLECTED},
    {"pick-up, notified, refunded | ready", SHOP_OPEN, AT_OPEN,
     FACT_EVER | FACT_PICKUP | FACT_READY | FACT_NOTIFIED, 2, 0, 2, 2, 0, 2, 0, 0, STEP_CANCEL_CUT},
    {"pick-up, notified | cancelled, never collected", SHOP_OPEN, AT_CANCELLED,
     FACT_EVER | FACT_PICKUP | FACT_NOTIFIED, 2, 0, 2, 0, 0, 2, 0, 0, STEP_REFUND_DUE},
    {"... and the memo is there", SHOP_DONE, AT_CANCELLED, FACT_EVER | FACT_PICKUP | FACT_NOTIFIED, 2, 0, 2,
     2, 0, 2, 0, 0, STEP_NONE},
    {"pick-up, collected | closed", SHOP_OPEN, AT_CLOSED,
     FACT_EVER | FACT_PICKUP | FACT_READY | FACT_NOTIFIED, 2, 0, 2, 0, 0, 2, 2, 0, STEP_NONE},
    {"open | lapsing", SHOP_OPEN, AT_OPEN, FACT_EVER | FACT_LAPSING, 2, 0, 0, 0, 0, 2, 0, 0, STEP_RENEW},
    {"held | lapsing", SHOP_HELD, AT_OPEN, FACT_EVER | FACT_LAPSING, 2, 0, 0, 0, 0, 2, 0, 0, STEP_RENEW},
    {"open, authorised | out: captured first", SHOP_OPEN, AT_OPEN, FACT_EVER | FACT_WHOLE | FACT_CAPTURE, 2,
     0, 0, 0, 0, 2, 2, 0, STEP_CAPTURE},
    {"open, pay in store | out and shipped: booked", SHOP_OPEN, AT_CLOSED, FACT_EVER | FACT_BOOK, 2, 0, 2, 0,
     0, 2, 2, 0, STEP_BOOK},
    {"sent, and the till does not show it", SHOP_OPEN, AT_NONE, FACT_EVER | FACT_LOST, 2, 0, 0, 0, 2, 0, 0, 0,
     STEP_WAIT},
};

static facts facts_of(const life_case *c)
{
    facts f = {.shop = c->shop, .till = c->till, .is = c->is};
    sold_counts counts = {c->ordered, c->canceled, c->shipped, c->refunded, 0, 0};
    share_line line = {c->ordered, c->canceled, c->shipped, c->refunded, 0};
    int64_t kept = sold_kept(&counts, c->delivered);
    facts_add(&f, &(thing_counts){c->placed, kept < c->placed ? kept : c->placed, c->delivered, c->taken_back,
                                  c->shipped, share_promised(&line)});
    f.pieces[WANTED] = c->wanted;
    return f;
}

START_TEST(one_step_is_due)
{
    facts f = facts_of(&life_cases[_i]);
    due d = compare(&f, 1);
    ck_assert_msg(d.step == life_cases[_i].step, "%s: step %d (%s), not %d", life_cases[_i].situation, d.step,
                  d.rule, life_cases[_i].step);
}
END_TEST

/* One part waits for its customer; that says nothing of the others. */
START_TEST(parts_do_not_hide_each_other)
{
    facts f[2] = {
        facts_of(&(life_case){"", SHOP_OPEN, AT_OPEN,
                              FACT_EVER | FACT_PICKUP | FACT_READY | FACT_NOTIFIED | FACT_LAPSING, 1, 0, 1, 0,
                              0, 1, 0, 0, STEP_NONE}),
        facts_of(&(life_case){"", SHOP_OPEN, AT_NONE, FACT_EVER, 1, 0, 0, 0, 1, 0, 0, 0, STEP_NONE})};
    f[0].is &= ~(unsigned)FACT_LAPSING;
    due d = compare(f, 2);
    ck_assert_int_eq(d.step, STEP_ORDER);
    ck_assert_uint_eq(d.part, 1);
}
END_TEST

/* A step changes the counters it was derived from; if nothing else moves, the same state gives the same step,
 * and the order comes to rest. */
START_TEST(an_order_comes_to_rest)
{
    life_case c = {"", SHOP_OPEN, AT_NONE, 0, 2, 0, 0, 0, 2, 0, 0, 0, STEP_NONE};
    static const step expected[] = {STEP_ORDER, STEP_NONE, STEP_SHIPMENT, STEP_NONE};
    facts f = facts_of(&c);
    ck_assert_int_eq(compare(&f, 1).step, expected[0]);
    c.till = AT_OPEN, c.is = FACT_EVER | FACT_WHOLE, c.placed = 2, c.wanted = 0;
    f = facts_of(&c);
    ck_assert_int_eq(compare(&f, 1).step, expected[1]);
    c.till = AT_CLOSED, c.delivered = 2;
    f = facts_of(&c);
    ck_assert_int_eq(compare(&f, 1).step, expected[2]);
    c.shipped = 2, c.shop = SHOP_DONE;
    f = facts_of(&c);
    ck_assert_int_eq(compare(&f, 1).step, expected[3]);
}
END_TEST

/* ---- R3: the money leg ---- */

START_TEST(money_leg_by_method)
{
    static const struct {
        const char *class_;
        bool invoiced;
        money_step cancelled, handed_out;
    } cases[] = {
        {"captured-at-order", true, MONEY_REFUND, MONEY_NOTHING},
        {"captured-at-order", false, MONEY_CANCEL, MONEY_NOTHING},
        {"capture-at-shipment", false, MONEY_CANCEL, MONEY_CAPTURE_FIRST},
        {"capture-at-shipment", true, MONEY_REFUND, MONEY_NOTHING},
        {"pay-in-store", false, MONEY_CANCEL, MONEY_BOOK_AFTER},
        {"pay-in-store", true, MONEY_REFUND, MONEY_NOTHING},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        money_class class_;
        ck_assert(money_class_named(cases[i].class_, &class_));
        ck_assert_str_eq(money_class_name(class_), cases[i].class_);
        ck_assert_int_eq(money_due(class_, cases[i].invoiced, MONEY_CANCELLED), cases[i].cancelled);
        ck_assert_int_eq(money_due(class_, cases[i].invoiced, MONEY_HANDED_OUT), cases[i].handed_out);
    }
    money_class none;
    ck_assert(!money_class_named("", &none));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("order-compare");
    TCase *c = tcase_create("all");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, stock_row_holds_what_the_table_says, 0, sizeof stock_cases / sizeof *stock_cases);
    tcase_add_test(c, another_store_takes_over);
    tcase_add_test(c, shipped_from_another_source);
    tcase_add_test(c, never_more_than_is_promised);
    tcase_add_test(c, goal_at_rest_over_random_states);
    tcase_add_loop_test(c, one_step_is_due, 0, sizeof life_cases / sizeof *life_cases);
    tcase_add_test(c, parts_do_not_hide_each_other);
    tcase_add_test(c, an_order_comes_to_rest);
    tcase_add_test(c, money_leg_by_method);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
