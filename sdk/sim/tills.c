/* SPDX-License-Identifier: Apache-2.0 */
/* Tills, step by step: a receipt is an order (closed), its delivery and a transaction, each with its event. A
 * till that works offline sells at once and tells later, with the old order date. */
#include "sdk/sim/tills.h"

#include <stdio.h>
#include <string.h>

enum { MOST_LINES = 50, PRICE = 100 };

tills_counts tills_done;
static json_t *offline; /* receipts not yet uploaded: {"due", "arguments", "date"} */

typedef struct {
    const char *sku;
    int64_t quantity; /* pieces; 10^-3 in counts and manual steps */
} line;

typedef struct {
    sitoo_warehouse *warehouse;
    line lines[MOST_LINES];
    size_t count;
    const json_t *arguments;
    char *why;
    size_t size;
} step;

static json_t *refuse(step *t, const char *text)
{
    snprintf(t->why, t->size, "%s", text);
    return NULL;
}

static int read_lines(step *t)
{
    size_t i = 0;
    json_t *item = NULL;
    json_array_foreach(json_object_get(t->arguments, "items"), i, item)
    {
        const char *sku = json_string_value(json_object_get(item, "sku"));
        json_t *quantity = json_object_get(item, "quantity");
        if (!sku || !json_is_integer(quantity) || t->count == MOST_LINES)
            break;
        t->lines[t->count++] = (line){sku, json_integer_value(quantity)};
    }
    if (t->count && t->count == json_array_size(json_object_get(t->arguments, "items")))
        return 0;
    refuse(t, "items are 1 to 50 of {\"sku\": text, \"quantity\": whole number}");
    return -1;
}

static int read_step(step *t)
{
    json_t *id = json_object_get(t->arguments, "warehouse");
    t->warehouse = json_is_integer(id) ? sitoo_warehouse_of(sim_world.sitoo, json_integer_value(id)) : NULL;
    if (!t->warehouse) {
        refuse(t, "warehouse must be the id of a warehouse");
        return -1;
    }
    return read_lines(t);
}

static json_t *order_json(const step *t, int type, int state, int sign)
{
    json_t *rows = json_array();
    char price[32];
    for (size_t i = 0; i < t->count; i++) {
        int64_t quantity = sign * t->lines[i].quantity;
        snprintf(price, sizeof price, "%lld.00", (long long)(quantity * PRICE));
        json_array_append_new(rows, json_pack("{ss ss sI ss si}", "sku", t->lines[i].sku, "productname",
                                              t->lines[i].sku, "quantity", (json_int_t)quantity,
                                              "moneyrowprice", price, "vatvalue", 25));
    }
    return json_pack("{si si si si ss s{ss} so}", "ordertypeid", type, "orderstateid", state,
                     "paymentstateid", state == ORDER_CLOSED ? 20 : 0, "warehouseid", t->warehouse->id,
                     "registerid", "{0A1B2C3D-1111-2222-3333-444455556666}", "additionaldata",
                     "store-externalid", t->warehouse->external, "orderitems", rows);
}

static int64_t deliver_all(step *t, sitoo_order *o, sitoo_warehouse *w)
{
    delivery_line lines[MOST_LINES];
    size_t n = 0;
    for (size_t i = 0; i < o->row_count && n < MOST_LINES; i++)
        if (o->rows[i].quantity != o->rows[i].delivered)
            lines[n++] = (delivery_line){i, o->rows[i].quantity - o->rows[i].delivered};
    return sitoo_deliver(sim_world.sitoo, o, w, lines, n, false, NULL, t->why, t->size);
}

static json_t *result_of(const sitoo_order *o, int64_t delivery)
{
    return json_pack("{sI sI}", "order", (json_int_t)o->id, "delivery", (json_int_t)delivery);
}

/* `given` is taken over. */
static json_t *receipt(step *t, json_t *given, sitoo_warehouse *w)
{
    sitoo_order *o = sitoo_order_add(sim_world.sitoo, given, t->why, t->size);
    json_decref(given);
    int64_t delivery = o ? deliver_all(t, o, w) : -1;
    return delivery < 0 ? NULL : result_of(o, delivery);
}

static json_t *sale(step *t)
{
    json_t *given = order_json(t, TYPE_ORDER, ORDER_CLOSED, 1),
           *date = json_object_get(t->arguments, "orderdate");
    if (date)
        json_object_set(given, "orderdate", date);
    json_t *done = receipt(t, given, t->warehouse);
    tills_done.sales += done != NULL;
    return done;
}

static json_t *give_back(step *t)
{
    const json_t *to = json_object_get(t->arguments, "to"), *of = json_object_get(t->arguments, "order");
    const world_store *store = world_store_of(t->warehouse->id);
    int64_t id = json_is_integer(to) ? json_integer_value(to) : t->warehouse->id;
    if (json_is_string(to) && !strcmp(json_string_value(to), "reclaim"))
        id = store ? store->reclaim : 0;
    sitoo_warehouse *w = sitoo_warehouse_of(sim_world.sitoo, id);
    if (!w)
        return refuse(t, "there is no such warehouse to return to");
    json_t *given = order_json(t, TYPE_ORDER, ORDER_CLOSED, -1);
    if (json_is_integer(of))
        json_object_set_new(given, "creditorderid", json_integer(json_integer_value(of)));
    json_t *done = receipt(t, given, w);
    tills_done.returns += done != NULL;
    return done;
}

static json_t *count(step *t)
{
    sitoo_batch *b = sitoo_batch_add(sim_world.sitoo, t->warehouse, NULL, STOCKTAKING);
    char level[32];
    for (size_t i = 0; i < t->count; i++) {
        snprintf(level, sizeof level, "%lld.000", (long long)t->lines[i].quantity);
        sitoo_batch_set(sim_world.sitoo, b, t->lines[i].sku, level, NULL);
    }
    if (sitoo_batch_commit(sim_world.sitoo, b, t->why, t->size))
        return NULL;
    tills_done.counts++;
    return json_pack("{sI sI}", "batch", (json_int_t)b->id, "transaction", (json_int_t)b->transaction);
}

static json_t *book(step *t)
{
    json_t *seconds = json_object_get(t->arguments, "seconds");
    json_t *given = order_json(t, TYPE_BOOKING, ORDER_OPEN, 1);
    int64_t until = env_now() / 1000 + (json_is_integer(seconds) ? json_integer_value(seconds) : 3600);
    json_object_set_new(given, "datereserved", json_integer(until));
    sitoo_order *o = sitoo_order_add(sim_world.sitoo, given, t->why, t->size);
    json_decref(given);
    tills_done.bookings += o != NULL;
    return o ? json_pack("{sI sI}", "order", (json_int_t)o->id, "datereserved", (json_int_t)until) : NULL;
}

static json_t *deliver_booking(step *t)
{
    sitoo_order *o =
        sitoo_order_of(sim_world.sitoo, json_integer_value(json_object_get(t->arguments, "order")));
    if (!o || o->state != ORDER_OPEN || !o->warehouse)
        return refuse(t, "order must be the id of an open order with a warehouse");
    int64_t delivery = deliver_all(t, o, o->warehouse);
    if (delivery < 0)
        return NULL;
    json_t *closed = json_pack("{si}", "orderstateid", ORDER_CLOSED);
    sitoo_order_patch(sim_world.sitoo, o, closed, t->why, t->size);
    json_decref(closed);
    tills_done.delivered++;
    return result_of(o, delivery);
}

static json_t *move(step *t, sitoo_warehouse *w, int sign)
{
    move_wish wish[MOST_LINES];
    bool in = sign * t->lines[0].quantity >= 0;
    if (w->type == VIRTUAL)
        return refuse(t, "a Virtual warehouse has no transactions");
    for (size_t i = 0; i < t->count; i++)
        wish[i] = (move_wish){t->lines[i].sku, sign * t->lines[i].quantity * 1000, UNIT_COST};
    sitoo_transaction *x =
        sitoo_move_stock(sim_world.sitoo, w, in ? MANUAL_IN : MANUAL_OUT, wish, t->count, NULL, 0);
    return json_pack("{sI}", "transaction", (json_int_t)(x ? x->id : 0));
}

static json_t *manual(step *t)
{
    json_t *done = move(t, t->warehouse, 1);
    tills_done.manual += done != NULL;
    return done;
}

static json_t *transfer(step *t)
{
    sitoo_warehouse *to =
        sitoo_warehouse_of(sim_world.sitoo, json_integer_value(json_object_get(t->arguments, "to")));
    if (!to || to->type == VIRTUAL || t->warehouse->type == VIRTUAL)
        return refuse(t, "a transfer goes from warehouse to another FIFO one, named by its id in 'to'");
    json_t *out = move(t, t->warehouse, -1), *in = move(t, to, 1);
    json_decref(out);
    tills_done.transfers++;
    return in;
}

static json_t *sell_offline(step *t)
{
    json_t *seconds = json_object_get(t->arguments, "seconds"), *kept = json_deep_copy(t->arguments);
    int64_t wait = json_is_integer(seconds) ? json_integer_value(seconds) * 1000 : ENV_FOREVER / 2;
    json_object_set_new(kept, "orderdate", json_integer(env_now() / 1000));
    if (!offline)
        offline = json_array();
    json_array_append_new(
        offline, json_pack("{sI so}", "due", (json_int_t)(env_mono() / 2 + wait / 2), "arguments", kept));
    tills_done.offline++;
    return json_pack("{si}", "pending", (int)json_array_size(offline));
}

json_t *till_sale(const json_t *arguments, char *why, size_t size)
{
    step t = {.arguments = arguments, .why = why, .size = size};
    return read_step(&t) ? NULL : sale(&t);
}

size_t till_pending(void)
{
    return json_array_size(offline);
}

/* `due` is kept halved, so that "never" does not overflow. */
void till_upload_due(int64_t now, bool all)
{
    char why[160];
    for (size_t i = 0; i < json_array_size(offline);) {
        json_t *entry = json_array_get(offline, i);
        if (!all && json_integer_value(json_object_get(entry, "due")) > now / 2) {
            i++;
            continue;
        }
        json_t *done = till_sale(json_object_get(entry, "arguments"), why, sizeof why);
        tills_done.uploaded += done != NULL;
        json_decref(done);
        json_array_remove(offline, i);
        observer_step(STEP_TILLS);
    }
}

static json_t *upload(step *t)
{
    (void)t;
    size_t n = till_pending();
    till_upload_due(0, true);
    return json_pack("{si}", "uploaded", (int)n);
}

static const struct {
    const char *verb;
    json_t *(*run)(step *t);
    bool bare; /* needs neither warehouse nor items */
} steps[] = {
    {"sale", sale, false},         {"return", give_back, false},
    {"count", count, false},       {"booking", book, false},
    {"manual", manual, false},     {"offline", sell_offline, false},
    {"upload", upload, true},      {"deliver-booking", deliver_booking, true},
    {"transfer", transfer, false},
};

json_t *tills_step(const char *verb, json_t *arguments, char *why, size_t size)
{
    step t = {.arguments = arguments, .why = why, .size = size};
    sitoo_lapse(sim_world.sitoo);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (strcmp(steps[i].verb, verb))
            continue;
        json_t *done = !steps[i].bare && read_step(&t) ? NULL : steps[i].run(&t);
        tills_done.refused += done == NULL;
        observer_step(STEP_TILLS);
        return done;
    }
    bool known = false;
    json_t *done = till_staff(verb, arguments, &known, why, size);
    observer_step(STEP_TILLS);
    if (!known)
        snprintf(
            why, size,
            "tills know sale, return, count, booking, deliver-booking, manual, offline, upload, transfer, "
            "ready, reject, collect, cancel, cancel-delivery, edit, run and stop, not '%.40s'",
            verb);
    return done;
}

void tills_forget(void)
{
    json_decref(offline);
    offline = NULL;
}
