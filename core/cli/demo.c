/* SPDX-License-Identifier: Apache-2.0 */
/* tillbridge demo: simulators and daemon on a temporary journal, tills that sell, buyers in the shop and
 * staff who hand out, a live view of one screen. With --for it ends by letting everything come to rest and
 * comparing both systems, SKU by SKU and store by store, and order by order: exit 0 only if they agree and
 * law 1 holds.
 *
 *   demo ── starts ──► tillbridge-sim ── events ──► tillbridge run
 *     │                     ▲ ◄──────── polls, writes ────┘
 *     └── POST /tills/..., /adobe/order, GET /compare · GET /api/v1/status
 */
#include "core/base/env.h"
#include "core/cli/cli.h"
#include "core/cli/demo.h"
#include "core/sdk/host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TICK = 1000, START_LIMIT = 30000, REST_LIMIT = 120000 };

static const char help_text[] =
    "usage: tillbridge demo [--for DURATION] [--stores N] [--skus N] [--rate N] [--orders N] [--keep] "
    "[--plain]\n"
    "\n"
    "Starts simulators of both systems and a daemon on a temporary journal, lets the tills sell and "
    "customers\n"
    "order on the web (to be collected, and to be shipped by a store; some are cancelled, some refused by a\n"
    "store), and shows what happens. Without --for it runs until you press Ctrl-C.\n"
    "\n"
    "  --for 30s     sell for that long, then compare both systems SKU by SKU, store by store, order by "
    "order\n"
    "  --stores N    stores (default 5)\n"
    "  --skus N      SKUs (default 50)\n"
    "  --rate N      receipts a second over all tills (default 5)\n"
    "  --orders N    web orders a second (default 0.25); 0: none\n"
    "  --keep        keep the temporary folder and say where it is\n"
    "  --plain       plain lines, also on a terminal\n"
    "\n"
    "exit: 0 both agree and nothing is unaccounted for, 1 they differ, 70 something did not start\n";

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

/* ---- children ---- */

static pid_t spawn(const char *log_path, int *out, const char *const argv[])
{
    int ends[2] = {-1, -1};
    if (out && pipe2(ends, O_CLOEXEC))
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        int log_fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        setpgid(0, 0); /* Ctrl-C is the demo's to handle */
        if (log_fd >= 0)
            dup2(log_fd, STDERR_FILENO);
        dup2(out ? ends[1] : STDERR_FILENO, STDOUT_FILENO);
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
        _exit(127);
    }
    if (out) {
        close(ends[1]);
        *out = ends[0];
    }
    return pid;
}

static void end_child(pid_t *pid)
{
    if (*pid <= 0)
        return;
    kill(*pid, SIGTERM);
    for (int i = 0; i < 150; i++) {
        if (waitpid(*pid, NULL, WNOHANG) == *pid) {
            *pid = 0;
            return;
        }
        demo_pause(100);
    }
    kill(*pid, SIGKILL);
    waitpid(*pid, NULL, 0);
    *pid = 0;
}

void demo_pause(int64_t ms)
{
    static env_mutex lock = {PTHREAD_MUTEX_INITIALIZER};
    static env_cond never;
    static bool ready;
    if (!ready)
        env_cond_init(&never);
    ready = true;
    int64_t until = env_mono() + ms;
    ENV_HOLD(&lock);
    while (!interrupted && env_mono() < until)
        env_wait(&never, &lock, until < env_mono() + 200 ? until : env_mono() + 200);
}

/* ---- asking both ---- */

json_t *demo_ask(const demo *d, int port, const char *method, const char *path, const json_t *body)
{
    CLEANUP_BUFFER buffer url = {0};
    CLEANUP_FREE char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    const char *headers[] = {"Content-Type: application/json", NULL};
    buffer_printf(&url, "http://127.0.0.1:%d%s", port, path);
    env_request q = {.method = method,
                     .url = buffer_text(&url),
                     .headers = headers,
                     .body = text,
                     .body_size = text ? strlen(text) : 0,
                     .timeout = 20000};
    env_answer a;
    env_exchange(d->client, &q, &a);
    json_t *json = a.fate == ENV_ANSWERED && a.status < 300
                       ? json_loads(buffer_text(&a.body), JSON_DECODE_ANY, NULL)
                       : NULL;
    env_answer_free(&a);
    return json;
}

static int free_port(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof any;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), port = -1;
    if (fd >= 0 && !bind(fd, (struct sockaddr *)&any, sizeof any) &&
        !getsockname(fd, (struct sockaddr *)&any, &size))
        port = ntohs(any.sin_port);
    if (fd >= 0)
        close(fd);
    return port;
}

/* ---- starting ---- */

static int start_simulators(demo *d)
{
    char stores[16], skus[16], log_path[600], line[256] = "";
    snprintf(stores, sizeof stores, "%d", d->stores);
    snprintf(skus, sizeof skus, "%d", d->skus);
    snprintf(log_path, sizeof log_path, "%s/simulators.log", d->dir);
    const char *argv[] = {
        "tillbridge-sim", "--die-with-parent", "--stores", stores, "--skus", skus, "--tables", d->dir, NULL};
    int out = -1;
    d->simulators = spawn(log_path, &out, argv);
    ssize_t n = d->simulators > 0 && out >= 0 ? read(out, line, sizeof line - 1) : -1;
    if (out >= 0)
        close(out);
    json_t *ports = n > 0 ? json_loads(line, 0, NULL) : NULL;
    int bad = json_unpack(ports, "{s:i, s:i, s:i}", "sitoo", &d->sitoo_port, "adobe", &d->adobe_port,
                          "control", &d->control_port);
    json_decref(ports);
    if (bad)
        fprintf(stderr, "demo: tillbridge-sim did not start; see %s\n", log_path);
    return bad;
}

static int start_daemon(demo *d, const char *self)
{
    char conf[600], log_path[600];
    snprintf(conf, sizeof conf, "%s/demo.conf", d->dir);
    snprintf(log_path, sizeof log_path, "%s/daemon.log", d->dir);
    if (demo_write_configuration(d, conf))
        return -1;
    const char *argv[] = {self, "run", "-c", conf, NULL};
    d->daemon = spawn(log_path, NULL, argv);
    for (int64_t until = env_mono() + START_LIMIT; env_mono() < until && !interrupted; demo_pause(100)) {
        json_t *status = demo_ask(d, d->admin_port, "GET", "/api/v1/status", NULL);
        if (status) {
            json_decref(status);
            return 0;
        }
        if (waitpid(d->daemon, NULL, WNOHANG) == d->daemon) {
            d->daemon = 0;
            break;
        }
    }
    fprintf(stderr, "demo: the daemon did not start; see %s\n", log_path);
    return -1;
}

/* What is sent to the simulators' control port; told when it is refused. */
static int tell_simulators(const demo *d, const char *path, json_t *body, const char *what)
{
    json_t *answer = demo_ask(d, d->control_port, "POST", path, body);
    json_decref(body);
    if (!answer)
        fprintf(stderr, "demo: %s\n", what);
    json_decref(answer);
    return answer ? 0 : -1;
}

/* Only when the daemon listens: after a call in vain the till system waits for more than a minute. */
static int subscribe(const demo *d)
{
    char url[96];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/events/sitoo", d->events_port);
    return tell_simulators(
        d, "/settings",
        json_pack("{s:{s:s, s:s, s:s}}", "events", "url", url, "user", "sitoo", "password", "demo-events"),
        "the till system would not send events");
}

static int open_tills(const demo *d)
{
    return tell_simulators(d, "/tills/run",
                           json_pack("{s:i, s:f, s:f, s:f, s:f, s:f}", "sales", 100000000, "per_second",
                                     d->rate, "offline", 0.02, "returns", 0.05, "counts", 0.01, "bookings",
                                     0.02),
                           "the tills would not start");
}

static int start(demo *d, const char *self)
{
    d->client = env_client_new();
    d->events_port = free_port();
    d->admin_port = free_port();
    snprintf(d->dir, sizeof d->dir, "%s/tillbridge-demo-XXXXXX",
             getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (!d->client || d->events_port < 0 || d->admin_port < 0 || !mkdtemp(d->dir)) {
        fprintf(stderr, "demo: no room for a temporary folder or ports: %s\n", strerror(errno));
        return -1;
    }
    return start_simulators(d) || start_daemon(d, self) || subscribe(d) || open_tills(d) ? -1 : 0;
}

/* ---- the end ---- */

static void ask_again(const demo *d, demo_result *r)
{
    json_decref(r->stock);
    json_decref(r->orders);
    json_decref(r->status);
    r->stock = demo_ask(d, d->control_port, "GET", "/compare", NULL);
    r->orders = demo_ask(d, d->control_port, "GET", "/compare/orders", NULL);
    r->status = demo_ask(d, d->admin_port, "GET", "/api/v1/status", NULL);
}

/* Both ends agree and nothing is on its way. */
static bool at_rest(const demo_result *r)
{
    return r->stock && r->status && json_integer_value(json_object_get(r->stock, "differences")) == 0 &&
           demo_orders_rest(r->orders) && demo_law_holds(r->status) && demo_pending(r->status) == 0;
}

static int finish(demo *d)
{
    demo_result r = {NULL, NULL, NULL};
    json_decref(demo_ask(d, d->control_port, "POST", "/tills/stop", NULL));
    printf("tills closed; waiting until everything has come to rest\n");
    bool good = false;
    for (int64_t until = env_mono() + REST_LIMIT; !good && env_mono() < until && !interrupted;) {
        demo_orders_turn(d, true);
        ask_again(d, &r);
        good = at_rest(&r);
        if (!good)
            demo_pause(500);
    }
    demo_show_result(d, &r, good);
    json_decref(r.stock);
    json_decref(r.orders);
    json_decref(r.status);
    return good ? 0 : 1;
}

static void clean_up(demo *d, bool keep)
{
    end_child(&d->daemon);
    end_child(&d->simulators);
    env_client_free(d->client);
    free(d->order);
    if (keep && *d->dir)
        printf("kept: %s\n", d->dir);
    else if (*d->dir)
        demo_remove_folder(d->dir);
}

static int run(demo *d, const char *self, int64_t duration, bool plain)
{
    if (start(d, self))
        return 70;
    int64_t began = env_mono(), shown = 0;
    while (!interrupted && (!duration || env_mono() - began < duration)) {
        if (!shown || env_mono() - shown >= (plain ? 2 * TICK : TICK)) {
            shown = env_mono();
            demo_show(d, plain, shown - began, duration);
        }
        demo_orders_turn(d, false);
        demo_pause(TICK / 4);
    }
    if (interrupted && !duration)
        interrupted = 0; /* Ctrl-C ends the selling; a second one ends at once */
    return finish(d);
}

int cli_demo(int argc, char **argv)
{
    static const struct option options[] = {{"for", 1, 0, 'f'},   {"stores", 1, 0, 's'}, {"skus", 1, 0, 'k'},
                                            {"rate", 1, 0, 'r'},  {"orders", 1, 0, 'o'}, {"keep", 0, 0, 'K'},
                                            {"plain", 0, 0, 'p'}, {"help", 0, 0, 'h'},   {0}};
    demo d = {.stores = 5, .skus = 50, .rate = 5.0, .orders = 0.25};
    int64_t duration = 0;
    bool keep = false, plain = !isatty(STDOUT_FILENO);
    char self[512] = "";
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (c == 'h')
            return fputs(help_text, stdout), 0;
        if (c == 'f' && tbh_parse_duration(optarg, &duration))
            return fprintf(stderr, "tillbridge demo: --for wants a duration such as 30s\n"), 2;
        d.stores = c == 's' ? (int)strtol(optarg, NULL, 10) : d.stores;
        d.skus = c == 'k' ? (int)strtol(optarg, NULL, 10) : d.skus;
        d.rate = c == 'r' ? strtod(optarg, NULL) : d.rate;
        d.orders = c == 'o' ? strtod(optarg, NULL) : d.orders;
        keep |= c == 'K';
        plain |= c == 'p';
        if (c == '?')
            return fputs(help_text, stderr), 2;
    }
    if (d.stores < 1 || d.skus < 1 || !(d.rate > 0) || !(d.orders >= 0) || optind < argc)
        return fputs(help_text, stderr), 2;
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
        return 70;
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    setvbuf(stdout, NULL, _IOLBF, 0);
    int code = run(&d, self, duration, plain);
    clean_up(&d, keep || code == 70);
    return code;
}
