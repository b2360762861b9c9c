/* SPDX-License-Identifier: Apache-2.0 */
/* simulate: plays seeds of the deterministic simulation (ENGINE 4.11), each in a process of its own, so that
 * a seed that ends badly ends alone. A seed that fails is played once more with its trace, and the tail of
 * that is shown: it fails again in the same way, or the simulation itself is at fault. */
#include "tests/faults/simulate.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "core/base/log.h"
#include "core/plugin/plugin.h"
#include "tests/faults/baton.h"
#include "tests/faults/vfs_power.h"

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0"; /* what a life held that was ended is lost, on purpose */
}

enum { MOST_JOBS = 64, TAIL = 40, LINE = 1000, MOST_TOLD = 5, PROGRESS = 1000, OUT_OF_THE_WAY = 200 };

typedef struct {
    seed_options seed;
    uint64_t from, to;
    int jobs;
    bool summary, twice, first;
} options;

typedef struct {
    seed_result sum;
    int64_t seeds, failures;
    double seconds;
} totals;

/* ---- one seed, in a child ---- */

static int result_fd;
static seed_result *playing;

static void tell(const char *why)
{
    playing->failed = true;
    snprintf(playing->why, sizeof playing->why, "%s", why);
    if (write(result_fd, playing, sizeof *playing) < 0)
        perror("simulate");
}

static void child(const seed_options *o, int fd)
{
    seed_result r = {.seed = o->seed};
    result_fd = fcntl(fd, F_DUPFD, OUT_OF_THE_WAY);
    close(fd);
    playing = &r;
    baton_told = tell;
    log_setup(o->trace ? LOG_DEBUG : (log_level)(LOG_ERROR + 1), 0);
    setvbuf(stdout, NULL, _IOLBF, 0);
    seed_play(o, &r);
    if (write(result_fd, &r, sizeof r) < 0)
        perror("simulate");
    fflush(stdout);
    _exit(0);
}

/* The child's trace and log go to `out`, its result to the end that is returned. */
static int start(const seed_options *o, int out, pid_t *pid)
{
    int fd[2];
    if (pipe(fd) || (*pid = fork()) < 0) {
        perror("simulate");
        exit(75);
    }
    if (!*pid) {
        close(fd[0]);
        if (out >= 0) {
            dup2(out, 1);
            dup2(out, 2);
        }
        child(o, fd[1]);
    }
    close(fd[1]);
    return fd[0];
}

static void take_result(int fd, pid_t pid, uint64_t seed, seed_result *r)
{
    int status = 0;
    *r = (seed_result){.seed = seed};
    bool told = read(fd, r, sizeof *r) == (ssize_t)sizeof *r;
    close(fd);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (told && (r->failed || status == 0))
        return;
    r->seed = seed;
    r->failed = true;
    snprintf(r->why, sizeof r->why, "the process ended with %s %d",
             WIFSIGNALED(status) ? "signal" : "exit code",
             WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

/* ---- a failure, played again ---- */

static void show_tail(FILE *f)
{
    static char lines[TAIL][LINE];
    int n = 0;
    while (fgets(lines[n % TAIL], LINE, f))
        n += !strstr(lines[n % TAIL], " bytes, "); /* hashes of what is too long to show */
    for (int i = n > TAIL ? n - TAIL : 0; i < n; i++)
        printf("  | %s", lines[i % TAIL]);
}

static void show(const options *o, const seed_result *r)
{
    seed_options again = o->seed;
    int fd[2];
    pid_t pid;
    seed_result second;
    again.seed = r->seed;
    again.trace = true;
    printf("seed %llu FAILED: %s\n", (unsigned long long)r->seed, r->why);
    if (pipe(fd))
        return;
    int result = start(&again, fd[1], &pid);
    close(fd[1]);
    FILE *f = fdopen(fd[0], "r");
    show_tail(f);
    fclose(f);
    take_result(result, pid, r->seed, &second);
    if (strcmp(second.why, r->why) != 0)
        printf("  NOT THE SAME when it was played again: %s\n", second.failed ? second.why : "it passed");
    printf("  again: simulate --seed %llu --trace%s%s\n", (unsigned long long)r->seed,
           o->seed.quiet ? " --quiet" : "", o->seed.power ? " --power" : "");
    fflush(stdout);
}

/* ---- many seeds ---- */

static void play_again(const options *o, seed_result *r)
{
    seed_options s = o->seed;
    pid_t pid;
    seed_result second;
    s.seed = r->seed;
    int fd = start(&s, -1, &pid);
    take_result(fd, pid, r->seed, &second);
    if (second.hash == r->hash)
        return;
    r->failed = true;
    snprintf(r->why, sizeof r->why, "trace %016llx the first time, %016llx the second",
             (unsigned long long)r->hash, (unsigned long long)second.hash);
}

static void add(totals *t, const seed_result *r)
{
    t->seeds++;
    t->failures += r->failed;
    t->sum.hash ^= r->hash * 0x9e3779b97f4a7c15u + r->seed;
    int64_t *into[] = {&t->sum.steps,  &t->sum.ms,    &t->sum.commits, &t->sum.calls,
                       &t->sum.landed, &t->sum.lives, &t->sum.kills,   &t->sum.power_losses};
    const int64_t from[] = {r->steps,  r->ms,    r->commits, r->calls,
                            r->landed, r->lives, r->kills,   r->power_losses};
    for (int i = 0; i < 8; i++)
        *into[i] += from[i];
}

static void print_result(const seed_result *r)
{
    printf("seed %llu trace %016llx steps %lld virtual %lld s commits %lld calls %lld landed %lld lives %lld "
           "kills %lld "
           "power losses %lld\n",
           (unsigned long long)r->seed, (unsigned long long)r->hash, (long long)r->steps,
           (long long)r->ms / 1000, (long long)r->commits, (long long)r->calls, (long long)r->landed,
           (long long)r->lives, (long long)r->kills, (long long)r->power_losses);
}

/* Results are taken in the order of seeds, so that what is printed does not depend on who was faster. */
static void play_all(const options *o, totals *t)
{
    struct {
        int fd;
        pid_t pid;
    } job[MOST_JOBS];
    uint64_t begun = o->from;
    uint64_t to = o->to;
    for (uint64_t next = o->from; next <= to; next++) {
        for (; begun <= to && begun < next + (uint64_t)o->jobs; begun++) {
            seed_options s = o->seed;
            s.seed = begun;
            job[begun % MOST_JOBS].fd = start(&s, -1, &job[begun % MOST_JOBS].pid);
        }
        seed_result r;
        take_result(job[next % MOST_JOBS].fd, job[next % MOST_JOBS].pid, next, &r);
        if (o->twice && !r.failed)
            play_again(o, &r);
        add(t, &r);
        if (r.failed && t->failures <= MOST_TOLD)
            show(o, &r);
        else if (!r.failed && !o->summary)
            print_result(&r);
        if (r.failed && o->first)
            to = begun - 1; /* those that were begun are waited for */
        else if (t->seeds % PROGRESS == 0 && next < to)
            printf("%lld seeds played, %lld failed\n", (long long)t->seeds, (long long)t->failures);
    }
}

static void print_totals(const options *o, const totals *t)
{
    printf("seeds %llu to %llu: %lld failed; traces %016llx; %.1f seeds/s, %lld h of virtual time, %lld "
           "hand-overs, %lld "
           "commits, %lld calls, %lld values in the shop, %lld lives, %lld kills, %lld losses of power\n",
           (unsigned long long)o->from, (unsigned long long)o->to, (long long)t->failures,
           (unsigned long long)t->sum.hash, (double)t->seeds / (t->seconds > 0.001 ? t->seconds : 0.001),
           (long long)t->sum.ms / 3600000, (long long)t->sum.steps, (long long)t->sum.commits,
           (long long)t->sum.calls, (long long)t->sum.landed, (long long)t->sum.lives,
           (long long)t->sum.kills, (long long)t->sum.power_losses);
}

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* ---- the command ---- */

static const char help[] =
    "usage: simulate [options]\n"
    "Plays seeds of the deterministic simulation; exit 0: all passed, 1: some failed.\n\n"
    "  --seed N           one seed (1)\n"
    "  --seeds FROM-TO    all of them; prints a summary only\n"
    "  --jobs N           processes at a time (2)\n"
    "  --trace            prints what happens, one line each\n"
    "  --sales N          receipts of the tills, instead of what the seed says\n"
    "  --first            ends with the first seed that fails\n"
    "  --twice            each seed is played twice: both must leave the same trace\n"
    "  --quiet            nothing goes wrong\n"
    "  --power            each kill is a loss of power\n";

static const struct option names[] = {
    {"seed", 1, NULL, 's'},  {"seeds", 1, NULL, 'r'}, {"jobs", 1, NULL, 'j'},  {"trace", 0, NULL, 't'},
    {"sales", 1, NULL, 'n'}, {"quiet", 0, NULL, 'q'}, {"power", 0, NULL, 'p'}, {"twice", 0, NULL, 'w'},
    {"first", 0, NULL, 'f'}, {"help", 0, NULL, 'h'},  {NULL, 0, NULL, 0}};

static uint64_t number(const char *text, char **end)
{
    uint64_t n = strtoull(text, end, 10);
    if (*end == text) {
        fprintf(stderr, "simulate: '%s' is not a number\n", text);
        exit(2);
    }
    return n;
}

static void take_option(options *o, int option)
{
    char *end = NULL;
    if (option == 's' || option == 'r') {
        o->from = o->to = number(optarg, &end);
        o->summary = option == 'r';
        if (option == 'r' && *end == '-')
            o->to = number(end + 1, &end);
    } else if (option == 'j') {
        o->jobs = (int)number(optarg, &end);
        o->jobs = o->jobs < 1 ? 1 : o->jobs > MOST_JOBS ? MOST_JOBS : o->jobs;
    } else if (option == 'w' || option == 'f') {
        *(option == 'w' ? &o->twice : &o->first) = true;
    } else if (option == 'n') {
        o->seed.sales = (int)number(optarg, &end);
    } else if (option == 't' || option == 'q' || option == 'p') {
        *(option == 't' ? &o->seed.trace : option == 'q' ? &o->seed.quiet : &o->seed.power) = true;
    } else {
        fputs(help, option == 'h' ? stdout : stderr);
        exit(option == 'h' ? 0 : 2);
    }
}

/* What every life will open is opened once, here: so it stands in every child already. */
static void open_plugins(void)
{
    static const char *const names_[] = {"sitoo-source",  "stock-rule",  "adobe-sink",
                                         "ledger-source", "ledger-rule", "ledger-sink"};
    plugins *p = plugins_new(PLUGIN_FILES);
    error e;
    for (size_t i = 0; i < sizeof names_ / sizeof *names_; i++)
        if (!plugins_get(p, names_[i], &e)) {
            fprintf(stderr, "simulate: %s\n", e.text);
            exit(78);
        }
    plugins_free(p);
}

int main(int argc, char **argv)
{
    options o = {.from = 1, .to = 1, .jobs = 2, .seed.plugins = PLUGIN_FILES};
    totals t = {0};
    for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;)
        take_option(&o, c);
    json_object_seed(7);
    vfs_power_start();
    open_plugins();
    setvbuf(stdout, NULL, _IOLBF, 0);
    double start_ = now();
    play_all(&o, &t);
    t.seconds = now() - start_;
    if (o.summary)
        print_totals(&o, &t);
    return t.failures ? 1 : 0;
}
