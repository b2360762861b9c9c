/* SPDX-License-Identifier: Apache-2.0 */
/* What core/cli/run.c does without signals and listeners: plan, journal, engine, and at the end engine,
 * journal. Webhook bodies come in through journal_receive and engine_poke, answered after their commit. */
#include "tests/faults/life.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/env.h"
#include "core/base/hash.h"
#include "tests/faults/baton.h"
#include "tests/faults/checks.h"
#include "tests/faults/disk.h"

enum { LOOK = 1000 };

typedef struct life {
    int number;
    plugins *plugins;
    journal *journal;
    engine *engine;
    bool ready, stop, ended, refused;
    int code;
} daemon_life;

life_paths life_where;
static daemon_life *present;
static int numbers;
static buffer acknowledged;

int life_now(void)
{
    return present && !present->ended && !baton_killed(present->number) ? present->number : 0;
}

bool life_ready(void)
{
    return life_now() && present->ready;
}

bool life_over(void)
{
    return !life_now();
}

int life_code(void)
{
    return present ? present->code : 0;
}

bool life_refused(void)
{
    return present && present->refused;
}

void life_stop(void)
{
    present->stop = true;
    baton_wake(present, true);
}

const char *life_acknowledged(void)
{
    return buffer_text(&acknowledged);
}

/* ---- a life ---- */

static int open_all(daemon_life *l, plan *p, error *e)
{
    journal_options o = {.path = p->config->journal,
                         .now = env_now(),
                         .ready = engine_ready,
                         .broken = engine_broken,
                         .arg = l->engine};
    int code = journal_open(&o, &l->journal, e);
    if (code) {
        plan_unref(p);
        return code;
    }
    checks_open(l->journal);
    return engine_start(l->engine, p, l->journal, e);
}

static void audit_start(daemon_life *l)
{
    journal_who who = {"daemon", NULL, env_now()};
    journal_audit(l->journal, &who, "start", NULL, journal_was_clean(l->journal) ? "clean" : "unclean");
}

static int start(daemon_life *l)
{
    config_findings findings = {0};
    error e = {""};
    l->plugins = plugins_new(life_where.plugin_path);
    plan *p = plan_build(life_where.conf, l->plugins, &findings);
    if (!p)
        baton_fail("the configuration was refused: %s", buffer_text(&findings.text));
    config_findings_free(&findings);
    l->engine = engine_new(l->plugins);
    int code = open_all(l, p, &e);
    if (code && !disk_was_ill())
        baton_fail("life %d could not start (%d): %s", l->number, code, e.text);
    if (!code)
        audit_start(l);
    else
        baton_trace("refused", "life %d could not start (%d)", l->number,
                    code); /* the text names the folder */
    return code;
}

static void end(daemon_life *l)
{
    l->ready = false;
    if (!l->code)
        l->code = engine_stop(l->engine);
    engine_free(l->engine);
    checks_close();
    journal_close(l->journal);
    plugins_free(l->plugins);
}

static void live(void *arg)
{
    daemon_life *l = arg;
    l->code = start(l);
    l->ready = !l->code;
    l->refused = l->code;
    if (l->ready)
        baton_trace("ready", "life %d, epoch %lld, %s", l->number, (long long)journal_epoch(l->journal),
                    journal_was_clean(l->journal) ? "clean" : "unclean");
    while (!l->code && !l->stop && !engine_wants_exit(l->engine))
        baton_wait(l, baton_clock() + LOOK, NULL);
    end(l);
    l->ended = true;
    baton_trace("ended", "life %d with %d", l->number, l->code);
}

int life_begin(void)
{
    present = calloc(1, sizeof *present);
    present->number = ++numbers;
    baton_boot(present->number, 5000 + baton_below(1000000), 0);
    baton_start("daemon", present->number, live, present);
    return present->number;
}

/* ---- events ---- */

/* By the writer, after its commit. */
static void stored(void *arg, journal_result result, bool duplicate)
{
    life_post *post = arg;
    char hex[SHA256_HEX];
    (void)duplicate;
    post->status = result == JOURNAL_DONE ? 200 : 503;
    hash_sha256_hex(post->body, post->size, hex);
    if (post->status == 200)
        buffer_printf(&acknowledged, "%s\n", hex);
    baton_trace("event", "%zu bytes: %d", post->size, post->status);
    baton_wake(post, true);
}

static void receive(void *arg)
{
    life_post *post = arg;
    daemon_life *l = post->life;
    journal_result r =
        l->ready ? journal_receive(l->journal, "sitoo", post->body, post->size, env_now(), stored, post)
                 : JOURNAL_FULL;
    if (r != JOURNAL_DONE)
        post->status = 503;
    while (!post->status)
        baton_wait(post, BATON_FOREVER, NULL);
    if (post->status == 200 && l->ready)
        engine_poke(l->engine, "sitoo");
    baton_wake(post, true);
}

life_post *life_receive(const void *body, size_t size)
{
    if (!life_ready())
        return NULL;
    life_post *post = calloc(1, sizeof *post);
    post->life = present;
    post->body = malloc(size + 1);
    memcpy(post->body, body, size);
    post->size = size;
    baton_start("webhook", present->number, receive, post);
    return post;
}
