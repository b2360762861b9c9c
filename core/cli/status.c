/* SPDX-License-Identifier: Apache-2.0 */
/* tillbridge status: one block a pipeline that begins with law 1, one a connection, one line an inbox. */
#include "core/cli/client.h"

#include "core/base/env.h"

enum { WATCH_EVERY = 2000 };

static void show_law(const json_t *p)
{
    const json_t *c = json_object_get(p, "counters");
    printf("  accepted %lld = applied %lld + superseded %lld + dropped %lld + parked %lld + pending "
           "%lld%s%s%s\n",
           (long long)cli_number(c, "accepted"), (long long)cli_number(c, "applied"),
           (long long)cli_number(c, "superseded"), (long long)cli_number(c, "dropped"),
           (long long)cli_number(c, "parked"), (long long)cli_number(c, "pending"), cli_colour("31"),
           json_is_true(json_object_get(p, "law")) ? "" : "  DOES NOT ADD UP", cli_colour("0"));
}

static void show_details(const json_t *c)
{
    const char *rule, *lead = "; dropped by rule: ";
    json_t *n;
    printf("  unchanged %lld of the applied; duplicates %lld", (long long)cli_number(c, "noop"),
           (long long)cli_number(c, "duplicate"));
    json_object_foreach(json_object_get(c, "dropped_by_rule"), rule, n)
    {
        printf("%s%s %lld", lead, rule, (long long)json_integer_value(n));
        lead = ", ";
    }
    printf("\n");
}

static void show_freshness(const json_t *p)
{
    const json_t *f = json_object_get(p, "freshness");
    char a[CLI_AGE], b[CLI_AGE], c[CLI_AGE], d[CLI_AGE];
    if (cli_number(f, "samples"))
        printf("  freshness p50 %s, p99 %s, worst %s (target %s)\n", cli_age(cli_number(f, "p50_ms"), a),
               cli_age(cli_number(f, "p99_ms"), b), cli_age(cli_number(f, "worst_ms"), c),
               cli_age(cli_number(p, "freshness_target_ms"), d));
    else if (json_object_get(p, "freshness_target_ms"))
        printf("  freshness: nothing was applied since the start (target %s)\n",
               cli_age(cli_number(p, "freshness_target_ms"), d));
}

static void show_backlog(const json_t *p, int64_t now)
{
    char a[CLI_AGE], b[CLI_AGE];
    int64_t oldest = cli_number(json_object_get(p, "freshness"), "oldest_ms"),
            next = cli_number(p, "next_run");
    printf("  backlog %lld", (long long)cli_number(json_object_get(p, "counters"), "pending"));
    if (oldest)
        printf(", the oldest for %s", cli_age(oldest, a));
    if (next)
        printf("; next run in %s", cli_age(next > now ? next - now : 0, b));
    printf("\n");
}

static void show_pipeline(const json_t *p, int64_t now)
{
    char age[CLI_AGE];
    printf("%spipeline %s%s (%s%s%s%s)\n", cli_colour("1"), cli_text(p, "name"), cli_colour("0"),
           cli_text(p, "mode"), *cli_text(p, "owner") ? ", owner " : "", cli_text(p, "owner"),
           json_is_true(json_object_get(p, "shadow")) ? ", shadow: nothing is written" : "");
    show_law(p);
    show_details(json_object_get(p, "counters"));
    show_freshness(p);
    show_backlog(p, now);
    if (json_is_true(json_object_get(p, "stopped")))
        printf("  %sSTOPPED%s: a right is missing at the other system\n", cli_colour("31"), cli_colour("0"));
    if (*cli_text(p, "last_error"))
        printf("  last error %s ago: %s\n", cli_age(now - cli_number(p, "last_error_when"), age),
               cli_text(p, "last_error"));
}

static void show_connection(const json_t *c)
{
    const json_t *s = json_object_get(c, "slots");
    const char *operation, *lead = "  learnt: at the most";
    json_t *cap;
    char age[CLI_AGE];
    printf("%sconnection %s%s\n  slots of the last minute: probe %lld, delivery %lld, poll %lld, bulk %lld; "
           "longest wait %s\n",
           cli_colour("1"), cli_text(c, "name"), cli_colour("0"), (long long)cli_number(s, "probe"),
           (long long)cli_number(s, "delivery"), (long long)cli_number(s, "poll"),
           (long long)cli_number(s, "bulk"), cli_age(cli_number(c, "longest_wait_ms"), age));
    if (json_is_true(json_object_get(c, "paused")))
        printf("  %sPAUSED%s for %s: %s\n", cli_colour("31"), cli_colour("0"),
               cli_age(cli_number(c, "paused_ms"), age), cli_text(c, "pause_reason"));
    if (cli_number(c, "pace_ms"))
        printf("  learnt from answers 429: a call every %lld ms\n", (long long)cli_number(c, "pace_ms"));
    json_object_foreach(json_object_get(c, "caps"), operation, cap)
    {
        printf("%s %lld a call of %s", lead, (long long)json_integer_value(cap), operation);
        lead = ",";
    }
    if (*lead == ',')
        printf("\n");
}

static void show_inbox(const json_t *c)
{
    printf("inbox %s: received %lld = expanded %lld + duplicate %lld + malformed %lld + unread %lld%s%s%s\n",
           cli_text(c, "connection"), (long long)cli_number(c, "received"),
           (long long)cli_number(c, "expanded"), (long long)cli_number(c, "duplicate"),
           (long long)cli_number(c, "malformed"), (long long)cli_number(c, "unread"), cli_colour("31"),
           json_is_true(json_object_get(c, "law")) ? "" : "  DOES NOT ADD UP", cli_colour("0"));
}

static void show(const json_t *status)
{
    size_t i;
    json_t *x;
    char age[CLI_AGE];
    if (json_is_true(json_object_get(status, "running")))
        printf("tillbridge %s, epoch %lld, up %s\n", cli_text(status, "version"),
               (long long)cli_number(status, "epoch"), cli_age(cli_number(status, "uptime_ms"), age));
    else
        printf("no daemon runs; the journal says:\n");
    if (*cli_text(status, "not_ready"))
        printf("%snot ready%s: %s\n", cli_colour("33"), cli_colour("0"), cli_text(status, "not_ready"));
    json_array_foreach(json_object_get(status, "pipelines"), i, x)
    {
        show_pipeline(x, cli_number(status, "now"));
    }
    json_array_foreach(json_object_get(status, "connections"), i, x)
    {
        show_connection(x);
    }
    json_array_foreach(json_object_get(status, "inbox"), i, x)
    {
        show_inbox(x);
    }
}

static int show_once(const cli_args *a)
{
    json_t *status = NULL;
    int code = client_once(a, "GET", "status", NULL, NULL, &status);
    if (status && a->json)
        cli_print_json(status);
    else if (status)
        show(status);
    if (status && !json_is_true(json_object_get(status, "law")))
        code = CLI_FOUND;
    json_decref(status);
    return code;
}

static int watch(const cli_args *a)
{
    env_mutex lock = {PTHREAD_MUTEX_INITIALIZER};
    env_cond never;
    env_cond_init(&never);
    ENV_HOLD(&lock);
    for (int code;;) {
        printf("\033[H\033[2J");
        if ((code = show_once(a)) > CLI_FOUND)
            return code;
        fflush(stdout);
        int64_t until = env_mono() + WATCH_EVERY;
        while (env_wait(&never, &lock, until))
            ;
    }
}

int cli_status(int argc, char **argv)
{
    static const char text[] =
        "Shows for each pipeline where every record is (accepted = applied + superseded + dropped\n"
        "+ parked + pending), how fresh the other side is, the backlog and the last error; for\n"
        "each connection its slots and pauses; for each inbox its own line. Exit: 0, or 1 when a\n"
        "line does not add up.\n";
    static const cli_usage usage = {"status", "", text, OPT_CONF | OPT_JSON | OPT_OFFLINE | OPT_WATCH, 0, 0};
    cli_args a;
    int code = cli_parse(argc, argv, &usage, &a);
    if (code >= 0)
        return code;
    return a.watch ? watch(&a) : show_once(&a);
}
