/* SPDX-License-Identifier: Apache-2.0 */
/* tillbridge run: the daemon. The main thread owns the signals and the watchdog and never blocks on anything
 * else, so a second TERM is always heard; what takes time (reload, shutdown) is done by a thread of its own,
 * one thing after the other.
 *
 *   plan ─► journal ─► engine ─► listeners ─► READY=1 ─┬─ HUP ──► reload      ┐ one worker thread
 *                                                      ├─ TERM ─► shutdown    ┘
 *                                                      └─ TERM again ─► exit at once */
#include "core/cli/cli.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/base/env.h"
#include "core/base/log.h"
#include "core/cli/notify.h"
#include "core/server/server.h"

enum { RUNNING = -1, TICK = 250, MOST_SIGNALS = 4, RELOAD_AGAIN = 10000 };

typedef struct {
    const char *conf;
    plugins *plugins;
    engine *engine;
    journal *journal;
    server *server;
    api_world world;
    env_thread *worker;
    env_mutex reloading; /* a reload, or the decision to stop: never both */
    atomic_bool stopping;
    env_mutex lock;
    env_cond wake;
    bool reload_wanted, stop_wanted; /* under `lock`, as the next */
    int64_t again;                   /* env_mono: a reload that was late is taken up again; 0: none */
    int ended_fd;                    /* the worker tells the main thread that shutdown is over */
    atomic_int code;                 /* what it ended with; RUNNING until then */
} daemon_state;

/* ---- configuration ---- */

/* As many whole findings as fit, and how many more there are. */
static int findings_error(const config_findings *f, error *e)
{
    enum { ROOM_FOR_MORE = 32 };
    const char *text = buffer_text(&f->text);
    size_t fits = 0;
    int told = 0;
    for (size_t n;
         text[fits] && (n = strcspn(text + fits, "\n") + 1, fits + n + ROOM_FOR_MORE < sizeof e->text);
         told++)
        fits += n;
    if (told == f->n)
        return error_set(e, "%.*s", (int)(fits ? fits - 1 : 0), text);
    return error_set(e, "%.*sand %d more", (int)fits, text, f->n - told);
}

static void log_findings(const config_findings *f)
{
    for (const char *at = buffer_text(&f->text); *at;) {
        size_t n = strcspn(at, "\n");
        log_write(LOG_ERROR, "config.finding", "%.*s", (int)n, at);
        at += n + (at[n] == '\n');
    }
}

/* ---- what is not the configuration's fault: 78 would keep the service manager from starting it again ----
 */

static const int machine_errors[] = {ENOMEM, EMFILE, ENFILE, EIO, EINTR, EAGAIN, ENOSPC};
static const char *const machine_words[] = {"out of memory",
                                            "no thread could be started",
                                            "could not be registered",
                                            "cannot allocate",
                                            "disk is full",
                                            NULL};

static bool is_the_machines(const char *text)
{
    bool found = false;
    for (size_t i = 0; i < sizeof machine_errors / sizeof *machine_errors && !found; i++)
        found = strstr(text, strerror(machine_errors[i])) != NULL;
    for (int i = 0; machine_words[i] && !found; i++)
        found = strstr(text, machine_words[i]) != NULL;
    return found;
}

/* What is wrong with a file is wrong with it when it is read once more too. */
static plan *read_plan(const char *conf, plugins *all, config_findings *findings, int *code)
{
    config_findings again = {0};
    plan *p = plan_build(conf, all, findings);
    *code = CLI_CONFIG;
    if (p)
        return p;
    if ((p = plan_build(conf, all, &again)))
        log_write(LOG_WARN, "config.again", "%s could not be read at first", conf);
    else if (findings->text.failed || again.text.failed || is_the_machines(buffer_text(&again.text)) ||
             strcmp(buffer_text(&findings->text), buffer_text(&again.text)))
        *code = CLI_TEMPORARY;
    config_findings_free(&again);
    return p;
}

/* ---- reload ---- */

static int reload_now(daemon_state *d, const char *actor, error *verdict)
{
    config_findings findings = {0};
    plan *p = plan_build(d->conf, d->plugins, &findings);
    int code = p ? engine_reload(d->engine, p, actor, verdict) : findings_error(&findings, verdict);
    if (p && code < 0)
        plan_unref(p);
    config_findings_free(&findings);
    return code;
}

static void refused(const daemon_state *d, const char *actor, const error *verdict)
{
    journal_who who = {actor, NULL, env_now()};
    journal_audit(d->journal, &who, "reload refused", NULL, verdict->text);
    log_write(LOG_ERROR, "reload.refused", "the old configuration goes on: %s", verdict->text);
}

/* A batch in hand took too long: the worker reads the configuration again until all of it runs. */
static void take_up_again(daemon_state *d)
{
    ENV_HOLD(&d->lock);
    d->again = env_mono() + RELOAD_AGAIN;
    env_signal(&d->wake);
}

/* For the API too (any thread). A refusal is audited here, the rest by the engine. */
static int reload(void *arg, const char *actor, error *verdict)
{
    daemon_state *d = arg;
    ENV_HOLD(&d->reloading);
    if (atomic_load(&d->stopping))
        return error_set(verdict, "the daemon is stopping");
    int code = reload_now(d, actor, verdict);
    if (code < 0)
        refused(d, actor, verdict);
    if (code == ENGINE_LATE)
        take_up_again(d);
    return code;
}

/* ---- the worker: reload and shutdown, in the order they were asked for ---- */

static int stop_all(daemon_state *d)
{
    {
        ENV_HOLD(&d->reloading);
        atomic_store(&d->stopping, true);
    }
    notify_systemd("STOPPING=1");
    log_write(LOG_INFO, "run.stopping", "taking what is in hand to its end");
    server_events_busy(d->server);
    int code = engine_stop(d->engine);
    if (code == CLI_BUG)
        return code; /* a callback does not come back: nothing it may still use is taken away */
    server_stop(d->server);
    engine_free(d->engine);
    journal_close(d->journal);
    return code;
}

/* Waits for something to do; false: it is the shutdown. */
static bool asked_to_reload(daemon_state *d)
{
    ENV_HOLD(&d->lock);
    while (!d->reload_wanted && !d->stop_wanted && !(d->again && env_mono() >= d->again))
        env_wait(&d->wake, &d->lock, d->again ? d->again : ENV_FOREVER);
    d->reload_wanted = false;
    d->again = 0;
    return !d->stop_wanted;
}

static void worker_main(void *arg)
{
    daemon_state *d = arg;
    error verdict = {""};
    while (asked_to_reload(d))
        reload(d, "signal", &verdict);
    atomic_store(&d->code, stop_all(d));
    eventfd_write(d->ended_fd, 1); /* a tick is soon enough where that fails */
}

static void want(daemon_state *d, bool *what)
{
    ENV_HOLD(&d->lock);
    *what = true;
    env_signal(&d->wake);
}

/* ---- the main loop ---- */

static int signals_blocked(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL))
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void on_signal(daemon_state *d, int number, bool *asked_to_stop)
{
    if (number == SIGHUP) {
        want(d, &d->reload_wanted);
        return;
    }
    if (*asked_to_stop) {
        log_write(LOG_WARN, "run.at-once",
                  "asked again: leaving at once; what was in hand is taken up at the next start");
        _exit(CLI_GOOD);
    }
    *asked_to_stop = true;
    want(d, &d->stop_wanted);
}

static void read_signals(daemon_state *d, int fd, bool *asked_to_stop)
{
    struct signalfd_siginfo got[MOST_SIGNALS];
    ssize_t n = read(fd, got, sizeof got);
    if (n < 0 && errno != EAGAIN && errno != EINTR && !*asked_to_stop) {
        log_write(LOG_ERROR, "run.signals", "signals cannot be read (%s): stopping", strerror(errno));
        on_signal(d, SIGTERM, asked_to_stop);
    }
    for (ssize_t i = 0; n > 0 && i < n / (ssize_t)sizeof *got; i++)
        on_signal(d, (int)got[i].ssi_signo, asked_to_stop);
}

/* Short of memory the kernel refuses to poll: a tick later the signals are looked for all the same. */
static void wait_a_tick(void)
{
    env_mutex alone;
    env_cond nobody;
    env_mutex_init(&alone);
    env_cond_init(&nobody);
    ENV_HOLD(&alone);
    env_wait(&nobody, &alone, env_mono() + TICK);
}

/* Until the worker has ended the shutdown; the exit code. */
static int main_loop(daemon_state *d, int signals)
{
    struct pollfd fds[] = {{.fd = signals, .events = POLLIN}, {.fd = d->ended_fd, .events = POLLIN}};
    bool asked_to_stop = false;
    for (;;) {
        int code = atomic_load(&d->code);
        if (code != RUNNING)
            return code;
        if (poll(fds, 2, TICK) < 0 && errno != EINTR) {
            wait_a_tick();
            fds[0].revents = POLLIN;
        }
        if (fds[0].revents)
            read_signals(d, signals, &asked_to_stop);
        if (!asked_to_stop && engine_wants_exit(d->engine)) {
            asked_to_stop = true;
            want(d, &d->stop_wanted);
        }
        notify_watchdog();
    }
}

/* ---- start ---- */

static int open_journal(daemon_state *d, const plan *p, error *e)
{
    journal_options o = {.path = p->config->journal,
                         .now = env_now(),
                         .ready = engine_ready,
                         .broken = engine_broken,
                         .arg = d->engine};
    int code = journal_open(&o, &d->journal, e);
    if (!code && !journal_was_clean(d->journal))
        log_write(
            LOG_WARN, "run.unclean",
            "the last run did not end in order, or left calls that may still act: what was pending then is "
            "written once more");
    return code;
}

static int start_server(daemon_state *d, const config *c, error *e)
{
    d->world = (api_world){.journal = d->journal,
                           .engine = d->engine,
                           .reload = reload,
                           .reload_arg = d,
                           .started = env_now(),
                           .stopping = &d->stopping};
    server_options o = {.events = c->listen_events,
                        .admin = c->listen_admin,
                        .control = c->listen_control,
                        .admin_token = c->admin_token,
                        .trusted_proxies = c->trusted_proxies,
                        .trusted_proxies_n = c->trusted_proxies_n,
                        .world = &d->world};
    return server_start(&o, &d->server, e);
}

static void audit_start(const daemon_state *d)
{
    char what[160];
    journal_who who = {"daemon", NULL, env_now()};
    snprintf(what, sizeof what, "tillbridge %s, epoch %lld, after %s", tb_version(),
             (long long)journal_epoch(d->journal),
             journal_was_clean(d->journal) ? "a clean stop" : "an unclean stop");
    journal_audit(d->journal, &who, "start", NULL, what);
}

/* Takes the plan over. 0, or the exit code with *e told and everything undone. */
static int start(daemon_state *d, plan *p, error *e)
{
    config *c = config_ref(p->config);
    int code = open_journal(d, p, e);
    if (code)
        plan_unref(p);
    else if (!(code = engine_start(d->engine, p, d->journal, e)) && (code = start_server(d, c, e)) &&
             engine_stop(d->engine) == CLI_BUG)
        _exit(code); /* a callback does not come back: nothing it may still use is taken away */
    config_unref(c);
    if (!code)
        return 0;
    int wanted = engine_wants_exit(d->engine);
    if (wanted) /* the journal broke meanwhile, whatever was said of it */
        code = wanted;
    else if (code == CLI_CONFIG && is_the_machines(e->text))
        code = CLI_TEMPORARY;
    engine_free(d->engine);
    journal_close(d->journal);
    return code;
}

static int serve(daemon_state *d, plan *p, int signals)
{
    error e = {""};
    int pipelines = p->pipelines_n; /* it is the engine's from here on, and a reload may let it go */
    int code = start(d, p, &e);
    if (code) {
        log_write(LOG_ERROR, "run.start", "%s", e.text);
        return code;
    }
    audit_start(d);
    d->worker = env_thread_start("control", worker_main, d);
    if (!d->worker)
        return stop_all(d), CLI_BUG;
    log_write(LOG_INFO, "run.ready", "tillbridge %s: %d pipelines, epoch %lld", tb_version(), pipelines,
              (long long)journal_epoch(d->journal));
    notify_systemd("READY=1");
    code = main_loop(d, signals);
    if (code == CLI_BUG)
        _exit(code); /* a plugin's thread still runs */
    env_thread_join(d->worker);
    log_write(LOG_INFO, "run.stopped", "stopped");
    return code;
}

static int no_room(plan *p)
{
    log_write(LOG_ERROR, "run.start", "no room to start: %s", strerror(errno));
    plan_unref(p);
    return CLI_TEMPORARY;
}

static int run(const char *conf)
{
    daemon_state d = {.conf = conf,
                      .code = RUNNING,
                      .reloading = {PTHREAD_MUTEX_INITIALIZER},
                      .lock = {PTHREAD_MUTEX_INITIALIZER}};
    config_findings findings = {0};
    int signals = signals_blocked(), code = CLI_TEMPORARY;
    env_cond_init(&d.wake);
    d.ended_fd = eventfd(0, EFD_CLOEXEC);
    d.plugins = plugins_new(NULL);
    plan *p = d.plugins ? read_plan(conf, d.plugins, &findings, &code) : NULL;
    if (!p)
        log_findings(&findings);
    else if (signals < 0 || d.ended_fd < 0 || !(d.engine = engine_new(d.plugins)))
        code = no_room(p);
    else
        code = serve(&d, p, signals);
    config_findings_free(&findings);
    plugins_free(d.plugins);
    return code;
}

int cli_run(int argc, char **argv)
{
    static const char text[] =
        "Runs the daemon in the foreground; logs go to stderr. TERM and INT end it in order, a\n"
        "second one at once; HUP reads the configuration again. Exit: 0 ended in order, 70 a\n"
        "plugin did not come back, 74 the journal cannot be used, 75 the journal is in use or the\n"
        "machine is short of memory or descriptors, 78 the configuration or a plugin was refused.\n";
    static const cli_usage usage = {"run", "", text, OPT_CONF | OPT_DEBUG | OPT_LOG_JSON, 0, 0};
    cli_args a;
    int code = cli_parse(argc, argv, &usage, &a);
    if (code >= 0)
        return code;
    log_setup(a.debug ? LOG_DEBUG : LOG_INFO, a.log_json);
    return run(cli_conf(&a));
}
