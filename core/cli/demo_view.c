/* SPDX-License-Identifier: Apache-2.0 */
/* What the demonstration shows: one screen on a terminal, one line elsewhere, and the comparison at the end.
 */
#include "core/cli/demo.h"

#include <stdio.h>
#include <string.h>

static json_int_t number(const json_t *o, const char *name)
{
    return json_integer_value(json_object_get(o, name));
}

static const char *text(const json_t *o, const char *name)
{
    const char *t = json_string_value(json_object_get(o, name));
    return t ? t : "";
}

bool demo_law_holds(const json_t *status)
{
    size_t i;
    json_t *p;
    json_array_foreach(json_object_get(status, "pipelines"), i, p)
    {
        const json_t *c = json_object_get(p, "counters");
        if (number(c, "accepted") != number(c, "applied") + number(c, "superseded") + number(c, "dropped") +
                                         number(c, "parked") + number(c, "pending"))
            return false;
    }
    return json_array_size(json_object_get(status, "pipelines")) > 0;
}

int64_t demo_pending(const json_t *status)
{
    size_t i;
    json_t *p;
    int64_t n = 0;
    json_array_foreach(json_object_get(status, "pipelines"), i, p)
    {
        const json_t *c = json_object_get(p, "counters");
        n += number(c, "pending") + number(c, "parked");
    }
    return n;
}

static void show_law(const json_t *c)
{
    printf("accepted %lld = applied %lld + superseded %lld + dropped %lld + parked %lld + pending %lld\n",
           (long long)number(c, "accepted"), (long long)number(c, "applied"),
           (long long)number(c, "superseded"), (long long)number(c, "dropped"),
           (long long)number(c, "parked"), (long long)number(c, "pending"));
}

/* Pieces of news of the web orders; what waits for a person is told by the daemon. */
static void show_orders(const json_t *orders, const json_t *status)
{
    size_t i;
    json_t *p;
    int64_t parked = 0;
    json_array_foreach(json_object_get(status, "pipelines"), i, p)
    {
        parked += strcmp(text(p, "name"), "orders") ? 0 : number(json_object_get(p, "counters"), "parked");
    }
    printf("web orders: %lld placed, %lld wait for a till (oldest %.1f s), %lld at a till, %lld done, "
           "%lld cancelled, %lld exceptions\n",
           (long long)number(orders, "placed"), (long long)number(orders, "waiting"),
           (double)number(orders, "oldest_waiting_ms") / 1000, (long long)number(orders, "at_till"),
           (long long)number(orders, "done"), (long long)number(orders, "cancelled"), (long long)parked);
}

static void show_screen(const json_t *status, const json_t *tills, const json_t *observer)
{
    size_t i;
    json_t *p, *c;
    json_array_foreach(json_object_get(status, "pipelines"), i, p)
    {
        const json_t *f = json_object_get(p, "freshness");
        printf("  pipeline %-10s ", text(p, "name"));
        show_law(json_object_get(p, "counters"));
        printf("    freshness p50 %.1f s, p99 %.1f s, worst %.1f s\n", (double)number(f, "p50_ms") / 1000,
               (double)number(f, "p99_ms") / 1000, (double)number(f, "worst_ms") / 1000);
        if (*text(p, "last_error"))
            printf("    last error: %.100s\n", text(p, "last_error"));
    }
    json_array_foreach(json_object_get(status, "connections"), i, c)
    {
        const json_t *s = json_object_get(c, "slots");
        printf("  connection %-8s calls in the last minute: delivery %lld, poll %lld, bulk %lld%s%.80s\n",
               text(c, "name"), (long long)number(s, "delivery"), (long long)number(s, "poll"),
               (long long)number(s, "bulk"), json_is_true(json_object_get(c, "paused")) ? "  PAUSED: " : "",
               text(c, "pause_reason"));
    }
    printf("  tills: %lld receipts; oversold now %lld, at the worst %lld\n",
           (long long)number(tills, "sales"), (long long)number(observer, "oversold_now"),
           (long long)number(observer, "oversold_worst"));
}

static void show_line(const json_t *status, const json_t *tills, int64_t elapsed)
{
    size_t i;
    json_t *p;
    printf("%4.0f s  receipts %lld\n", (double)elapsed / 1000, (long long)number(tills, "sales"));
    json_array_foreach(json_object_get(status, "pipelines"), i, p)
    {
        const json_t *f = json_object_get(p, "freshness");
        printf("        %-6s freshness p50 %.1f s p99 %.1f s  ", text(p, "name"),
               (double)number(f, "p50_ms") / 1000, (double)number(f, "p99_ms") / 1000);
        show_law(json_object_get(p, "counters"));
    }
}

void demo_show(const demo *d, bool plain, int64_t elapsed, int64_t duration)
{
    json_t *status = demo_ask(d, d->admin_port, "GET", "/api/v1/status", NULL);
    json_t *tills = demo_ask(d, d->control_port, "GET", "/tills", NULL);
    json_t *observer = demo_ask(d, d->control_port, "GET", "/observer", NULL);
    json_t *orders = demo_ask(d, d->control_port, "GET", "/compare/orders", NULL);
    if (plain) {
        show_line(status, tills, elapsed);
        printf("        ");
        show_orders(orders, status);
    } else {
        printf("\033[H\033[2JTillbridge demo: %d stores, %d SKUs, %g receipts and %g web orders a second, "
               "%.0f s%s\n\n",
               d->stores, d->skus, d->rate, d->orders, (double)elapsed / 1000,
               duration ? "" : " (Ctrl-C ends)");
        show_screen(status, tills, observer);
        printf("  ");
        show_orders(orders, status);
        printf("\n  try it: curl -s http://127.0.0.1:%d/api/v1/status\n  stop the shop for a while: "
               "curl -d '{\"name\":\"adobe\",\"down\":true}' http://127.0.0.1:%d/system\n",
               d->admin_port, d->control_port);
    }
    json_decref(status);
    json_decref(tills);
    json_decref(observer);
    json_decref(orders);
}

/* ---- the end ---- */

static void show_different(const json_t *compared)
{
    size_t i;
    json_t *x;
    json_array_foreach(json_object_get(compared, "different"), i, x)
    {
        CLEANUP_FREE char *line = json_dumps(x, JSON_COMPACT);
        printf("  %s\n", line ? line : "");
    }
}

static void show_exceptions(const demo *d)
{
    size_t i;
    json_t *x, *all = demo_ask(d, d->admin_port, "GET", "/api/v1/exceptions", NULL);
    json_array_foreach(json_object_get(all, "exceptions"), i, x)
    {
        printf("exception %s in %s: %s\n", text(x, "reason"), text(x, "pipeline"), text(x, "text"));
    }
    json_decref(all);
}

void demo_show_result(const demo *d, const demo_result *r, bool good)
{
    size_t i;
    json_t *x;
    printf("compared %lld SKU-store pairs: %lld differ\n", (long long)number(r->stock, "compared"),
           (long long)number(r->stock, "differences"));
    show_different(r->stock);
    printf(
        "compared %lld web orders: %lld differ (each part once at a till, each piece shipped once, money by "
        "its rule)\n",
        (long long)number(r->orders, "placed"), (long long)number(r->orders, "differences"));
    show_different(r->orders);
    show_orders(r->orders, r->status);
    json_array_foreach(json_object_get(r->status, "pipelines"), i, x)
    {
        printf("pipeline %s: ", text(x, "name"));
        show_law(json_object_get(x, "counters"));
    }
    show_exceptions(d);
    printf("%s\n", good ? "both systems agree about stock and orders, and every record is accounted for"
                        : "NOT at rest: both systems differ, or records are pending or parked");
}
