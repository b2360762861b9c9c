/* SPDX-License-Identifier: Apache-2.0 */
/* inject: runs a program and meddles at one of its system calls. The calls of all threads are counted
 * together, each where it enters the kernel (a seccomp filter stops it there, this process decides): so "the
 * N-th" is a place between two things that the program did, whichever library did them.
 *
 *   inject [--count FILE] [--kill N] [--kill-after N] [--term N] [--fault CALL:N[+]:ERRNO] [--from CALL]
 *          [--] PROGRAM [ARG]...
 *
 * --kill ends it by SIGKILL before the N-th call, --kill-after when that call has returned, --term sends
 * SIGTERM before it. --fault makes the N-th CALL of that name fail without being made ("+": that one and all
 * later ones). With --from, calls are numbered by name from the first CALL on: what the loader does before
 * main is not failed. --count writes "CALL N" lines and "all N" when it has ended. futex, which leaves
 * nothing outside of the process, is neither counted nor stopped. SIGTERM to this process is passed on. Exit
 * code: the program's, or 128 + the signal that ended it; 77 where calls cannot be stopped. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SKIPPED = 77 };

#if defined(__x86_64__)

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

enum { MOST_CALLS = 512 };

static const struct {
    const char *name;
    int number;
} names[] = {
    {"accept4", SYS_accept4},
    {"bind", SYS_bind},
    {"brk", SYS_brk},
    {"clone3", SYS_clone3},
    {"close", SYS_close},
    {"connect", SYS_connect},
    {"epoll_create1", SYS_epoll_create1},
    {"epoll_ctl", SYS_epoll_ctl},
    {"epoll_wait", SYS_epoll_wait},
    {"eventfd2", SYS_eventfd2},
    {"fchmod", SYS_fchmod},
    {"fchown", SYS_fchown},
    {"fcntl", SYS_fcntl},
    {"fdatasync", SYS_fdatasync},
    {"flock", SYS_flock},
    {"fsync", SYS_fsync},
    {"ftruncate", SYS_ftruncate},
    {"getcwd", SYS_getcwd},
    {"getdents64", SYS_getdents64},
    {"getpeername", SYS_getpeername},
    {"getrandom", SYS_getrandom},
    {"getsockname", SYS_getsockname},
    {"getsockopt", SYS_getsockopt},
    {"ioctl", SYS_ioctl},
    {"listen", SYS_listen},
    {"lseek", SYS_lseek},
    {"mmap", SYS_mmap},
    {"mprotect", SYS_mprotect},
    {"munmap", SYS_munmap},
    {"newfstatat", SYS_newfstatat},
    {"openat", SYS_openat},
    {"pipe2", SYS_pipe2},
    {"poll", SYS_poll},
    {"pread64", SYS_pread64},
    {"pwrite64", SYS_pwrite64},
    {"read", SYS_read},
    {"readlink", SYS_readlink},
    {"recvfrom", SYS_recvfrom},
    {"recvmsg", SYS_recvmsg},
    {"rename", SYS_rename},
    {"sendfile", SYS_sendfile},
    {"sendmsg", SYS_sendmsg},
    {"sendto", SYS_sendto},
    {"setsockopt", SYS_setsockopt},
    {"shutdown", SYS_shutdown},
    {"signalfd4", SYS_signalfd4},
    {"socket", SYS_socket},
    {"socketpair", SYS_socketpair},
    {"unlink", SYS_unlink},
    {"write", SYS_write},
    {"writev", SYS_writev},
};

static const struct {
    const char *name;
    int number;
} errors[] = {
    {"EAGAIN", EAGAIN}, {"ECONNRESET", ECONNRESET}, {"EINTR", EINTR},   {"EIO", EIO},
    {"EMFILE", EMFILE}, {"ENOMEM", ENOMEM},         {"ENOSPC", ENOSPC}, {"EROFS", EROFS},
};

typedef struct {
    const char *count_file;
    int from; /* nothing is counted for --fault before the first of these; -1: from the start */
    long kill, kill_after, term, nth; /* 0: none */
    int call, error;                  /* of --fault; call -1: none */
    bool for_ever;
} plan;

static volatile pid_t child;
static long total, per_call[MOST_CALLS];
static bool begun;           /* what --from waits for was seen */
static pid_t dies_on_return; /* the thread whose call --kill-after waits for */

/* ---- words ---- */

static int call_number(const char *name, size_t size)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i].name) == size && !strncmp(names[i].name, name, size))
            return names[i].number;
    return -1;
}

static int error_number(const char *name)
{
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (!strcmp(errors[i].name, name))
            return errors[i].number;
    return -1;
}

static int parse_fault(const char *text, plan *p)
{
    char *end;
    size_t size = strcspn(text, ":");
    p->call = call_number(text, size);
    if (p->call < 0 || !text[size])
        return -1;
    p->nth = strtol(text + size + 1, &end, 10);
    p->for_ever = *end == '+';
    end += p->for_ever;
    p->error = *end == ':' ? error_number(end + 1) : -1;
    return p->nth < 1 || p->error < 0 ? -1 : 0;
}

/* Returns the place of the program in argv, or -1. */
static int parse(int argc, char **argv, plan *p)
{
    int i = 1;
    for (; i + 1 < argc && !strncmp(argv[i], "--", 2) && argv[i][2]; i += 2) {
        long *number = !strcmp(argv[i], "--kill")         ? &p->kill
                       : !strcmp(argv[i], "--kill-after") ? &p->kill_after
                       : !strcmp(argv[i], "--term")       ? &p->term
                                                          : NULL;
        if (number)
            *number = strtol(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--count"))
            p->count_file = argv[i + 1];
        else if (!strcmp(argv[i], "--from"))
            p->from = call_number(argv[i + 1], strlen(argv[i + 1]));
        else if (strcmp(argv[i], "--fault") || parse_fault(argv[i + 1], p))
            return -1;
    }
    i += i < argc && !strcmp(argv[i], "--");
    return i < argc ? i : -1;
}

/* ---- the program that is watched ---- */

static _Noreturn void become(char **argv)
{
    struct sock_filter all_but_futex[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_futex, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
    };
    struct sock_fprog filter = {sizeof all_but_futex / sizeof *all_but_futex, all_but_futex};
    if (ptrace(PTRACE_TRACEME, 0, 0, 0))
        _exit(SKIPPED);
    raise(SIGSTOP);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
        _exit(SKIPPED);
    execv(argv[0], argv);
    fprintf(stderr, "inject: %s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

static void pass_on(int number)
{
    if (child > 0)
        kill(child, number);
}

/* ---- at a call ---- */

static bool is_eventfd(long fd)
{
    static const char kind[] = "anon_inode:[eventfd]";
    char path[64], target[sizeof kind];
    snprintf(path, sizeof path, "/proc/%d/fd/%ld", (int)child, fd);
    ssize_t n = readlink(path, target, sizeof target);
    return n == sizeof kind - 1 && !memcmp(target, kind, sizeof kind - 1);
}

/* What needs neither memory nor a device cannot fail: a descriptor is taken off a list, a number is added to.
 */
static bool can_fail(pid_t thread, int call)
{
    long first = ptrace(PTRACE_PEEKUSER, thread, offsetof(struct user_regs_struct, rdi), NULL);
    long second = ptrace(PTRACE_PEEKUSER, thread, offsetof(struct user_regs_struct, rsi), NULL);
    return call == SYS_epoll_ctl ? second == EPOLL_CTL_ADD : call != SYS_write || !is_eventfd(first);
}

static bool is_hit(const plan *p, int call)
{
    return call == p->call && (per_call[call] == p->nth || (p->for_ever && per_call[call] > p->nth));
}

/* Passes the call over: no call has the number -1, and what stands for its result stays. */
static void fail(pid_t thread, int error)
{
    ptrace(PTRACE_POKEUSER, thread, offsetof(struct user_regs_struct, rax), (long)-error);
    ptrace(PTRACE_POKEUSER, thread, offsetof(struct user_regs_struct, orig_rax), -1L);
}

/* Returns how the thread goes on. */
static enum __ptrace_request at_call(const plan *p, pid_t thread)
{
    long call = ptrace(PTRACE_PEEKUSER, thread, offsetof(struct user_regs_struct, orig_rax), NULL);
    if (call < 0 || call >= MOST_CALLS)
        return PTRACE_CONT;
    total++;
    begun = begun || p->from < 0 || call == p->from;
    per_call[call] += begun;
    if (total == p->kill)
        kill(child, SIGKILL);
    if (total == p->term)
        kill(child, SIGTERM);
    if (begun && is_hit(p, (int)call) && can_fail(thread, (int)call))
        fail(thread, p->error);
    if (total != p->kill_after)
        return PTRACE_CONT;
    dies_on_return = thread;
    return PTRACE_SYSCALL;
}

/* A stop that is no call: a signal is delivered, what a new thread or program begins with is not. */
static long signal_of(int status)
{
    int number = WSTOPSIG(status);
    bool event = status >> 16 || number == SIGSTOP || number == SIGTRAP;
    return event ? 0 : number;
}

static void at_stop(const plan *p, pid_t thread, int status)
{
    enum __ptrace_request how = PTRACE_CONT;
    long number = 0;
    if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8))
        how = at_call(p, thread);
    else if (WSTOPSIG(status) == (SIGTRAP | 0x80) && thread == dies_on_return)
        kill(child, SIGKILL);
    else if (WSTOPSIG(status) != (SIGTRAP | 0x80))
        number = signal_of(status);
    ptrace(how, thread, 0, number);
}

/* Until the last thread is gone; what waitpid said of the program. */
static int watch(const plan *p)
{
    int status, last = 0;
    for (;;) {
        pid_t thread = waitpid(-1, &status, __WALL);
        if (thread < 0 && errno == EINTR)
            continue;
        if (thread < 0)
            return last;
        if (WIFSTOPPED(status))
            at_stop(p, thread, status);
        else if (thread == child)
            last = status;
    }
}

static void write_counts(const char *path)
{
    FILE *f = fopen(path, "we");
    if (!f)
        return;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (per_call[names[i].number])
            fprintf(f, "%s %ld\n", names[i].name, per_call[names[i].number]);
    fprintf(f, "all %ld\n", total);
    fclose(f);
}

int main(int argc, char **argv)
{
    plan p = {.call = -1, .from = -1};
    int status, at = parse(argc, argv, &p);
    if (at < 0) {
        fprintf(stderr, "usage: inject [--count FILE] [--kill N] [--kill-after N] [--term N]\n"
                        "              [--fault CALL:N[+]:ERRNO] [--] PROGRAM [ARG]...\n");
        return 2;
    }
    signal(SIGTERM, pass_on);
    child = fork();
    if (child == 0) {
        signal(SIGTERM, SIG_DFL);
        become(argv + at);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
        return SKIPPED;
    ptrace(PTRACE_SETOPTIONS, child, 0,
           PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
               PTRACE_O_TRACEVFORK | PTRACE_O_TRACESECCOMP);
    ptrace(PTRACE_CONT, child, 0, 0);
    status = watch(&p);
    if (p.count_file)
        write_counts(p.count_file);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#else

int main(void)
{
    return SKIPPED;
}

#endif
