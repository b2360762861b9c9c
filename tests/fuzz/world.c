/* SPDX-License-Identifier: Apache-2.0 */
/* See world.h. */
#include "tests/fuzz/world.h"

#include "core/engine/exchange.h"

enum { MOST_EXCHANGES = 400 };

static tb_host host;
static input lines;
static world_seen told;
static int exchanges;

/* What the daemon settles below the plugin: no answer, 3xx, 401, 403, 429, 5xx, and what is not whole. */
static bool stays_below(int status)
{
    return status < 200 || status / 100 == 3 || status == 401 || status == 403 || status == 429 ||
           status >= 500;
}

static int take_status(char **text)
{
    char *p = *text;
    for (int i = 0; i < 3; i++) {
        if (p[i] < '0' || p[i] > '9')
            return 200;
    }
    if (p[3] != ' ' && p[3])
        return 200;
    *text = p + (p[3] ? 4 : 3);
    return (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
}

static void check_request(const tb_request *q)
{
    const char *parts[] = {q->path, q->query ? q->query : ""};
    MUST(q->size == sizeof *q && q->path[0] == '/', "path %s", q->path);
    for (int i = 0; i < 2; i++) {
        for (const char *p = parts[i]; *p; p++)
            MUST(*p > ' ' && *p < 0x7f && *p != '#' && *p != '"', "byte %02x in %s", (unsigned char)*p,
                 parts[i]);
    }
}

static int http(tb_ctx *ctx, const tb_request *q, tb_response *r)
{
    char why[200];
    tb_test *t = (tb_test *)ctx;
    check_request(q);
    MUST(t->may & MAY_NETWORK, "%s %s: no network here", q->method, q->path);
    MUST(exchanges++ < MOST_EXCHANGES, "there is no end of asking for %s", q->path);
    if (!lines.left)
        return -1;
    char *line = input_line(&lines), *body = line;
    env_answer a = {.fate = ENV_ANSWERED, .status = take_status(&body)};
    int bad = stays_below(a.status);
    if (!bad) {
        buffer_puts(&a.body, body);
        bad = exchange_fill(&a, q, r, why, sizeof why);
    }
    if (!bad && told)
        told(q, r);
    env_answer_free(&a);
    free(line);
    return bad ? -1 : 0;
}

void world_begin(tb_test *test, input answers, world_seen seen)
{
    host = *test->ctx.host;
    host.http = http;
    test->ctx.host = &host;
    lines = answers;
    told = seen;
    exchanges = 0;
}

bool world_has_reason(const tb_plugin *plugin, const char *raised)
{
    size_t n = strcspn(raised, " ");
    for (const tb_reason *r = plugin->reasons; r && r->code; r++) {
        if (strlen(r->code) == n && !strncmp(r->code, raised, n))
            return true;
    }
    return false;
}

void world_check(const tb_test *test, const tb_plugin *plugin)
{
    MUST(!test->failure, "%s", test->failure);
    for (int i = 0; i < test->raised.n; i++)
        MUST(world_has_reason(plugin, test->raised.text[i]), "reason %s", test->raised.text[i]);
}
