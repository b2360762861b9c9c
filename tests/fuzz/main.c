/* SPDX-License-Identifier: Apache-2.0 */
/* The driver of a target where there is no libFuzzer: every file of its corpus, then a fixed number of
 * mutations of them. The generator is seeded by a constant, so two runs do the same; what it finds is poor
 * beside a fuzzer that sees which branches were taken, but it is always there, and it replays what the
 * fuzzer has found.
 *
 *     fuzz-money              the corpus and FUZZ_RUNS mutations (default 3000)
 *     fuzz-money FILE...      these inputs alone */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

enum { MOST_INPUTS = 1000, MOST_WORDS = 500, MOST_BYTES = 4096, MOST_STEPS = 6, RUNS = 3000, HANG_S = 20 };

typedef struct {
    uint8_t bytes[MOST_BYTES];
    size_t n;
} sample;

static sample *inputs, now;
static int inputs_n, words_n;
static char words[MOST_WORDS][64];
static size_t words_size[MOST_WORDS];

/* ---- keeping what breaks it ---- */

static void keep(void)
{
    static const char path[] = "crash-" FUZZ_NAME, told[] = "\nthe input is kept as crash-" FUZZ_NAME "\n";
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    ssize_t n = fd < 0 ? 0 : write(fd, now.bytes, now.n) + write(STDERR_FILENO, told, sizeof told - 1);
    (void)n;
}

static void on_signal(int signal_number)
{
    keep();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* Of the sanitizers, where they are built in: they end the process without a signal. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void watch(void)
{
    signal(SIGABRT, on_signal);
    signal(SIGALRM, on_signal); /* a hang */
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(keep);
    else
        signal(SIGSEGV, on_signal);
}

static void run(const uint8_t *bytes, size_t n)
{
    now.n = n < MOST_BYTES ? n : MOST_BYTES;
    memmove(now.bytes, bytes, now.n);
    uint8_t *exact = malloc(now.n ? now.n : 1); /* so that a byte read behind it is seen */
    MUST(exact, "no memory");
    memcpy(exact, now.bytes, now.n);
    alarm(HANG_S);
    LLVMFuzzerTestOneInput(exact, now.n);
    free(exact);
}

/* ---- corpus and dictionary ---- */

static void read_input(const char *path)
{
    if (inputs_n == MOST_INPUTS)
        return;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    MUST(fd >= 0, "cannot read %s", path);
    ssize_t n = read(fd, inputs[inputs_n].bytes, MOST_BYTES);
    close(fd);
    if (n < 0)
        return; /* a folder */
    inputs[inputs_n++].n = (size_t)n;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_corpus(void)
{
    struct dirent **list;
    int n = scandir(FUZZ_CORPUS, &list, NULL, by_name);
    MUST(n > 2, "no corpus in %s", FUZZ_CORPUS);
    for (int i = 0; i < n; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", FUZZ_CORPUS, list[i]->d_name);
        if (list[i]->d_name[0] != '.')
            read_input(path);
        free(list[i]);
    }
    free(list);
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

/* One line of libFuzzer's dictionaries: "text with \x00 \\ \"". */
static void read_word(const char *line)
{
    size_t n = 0;
    for (line++; *line && *line != '"' && n < sizeof *words; line++) {
        char c = *line;
        if (c == '\\' && line[1] == 'x' && line[2] && line[3]) {
            c = (char)(hex(line[2]) * 16 + hex(line[3]));
            line += 3;
        } else if (c == '\\' && line[1]) {
            c = *++line;
        }
        words[words_n][n++] = c;
    }
    words_size[words_n] = n;
    words_n += n > 0;
}

static void read_dictionary(void)
{
    char line[256];
    FILE *in = fopen(FUZZ_CORPUS "/../../dict/" FUZZ_NAME ".dict", "re");
    while (in && words_n < MOST_WORDS && fgets(line, sizeof line, in)) {
        if (line[0] == '"')
            read_word(line);
    }
    if (in)
        fclose(in);
}

/* ---- mutations ---- */

static uint64_t state = 0x9e3779b97f4a7c15u;

static size_t below(size_t n) /* xorshift64 */
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return n ? (size_t)(state % n) : 0;
}

static void put(sample *s, size_t at, const void *bytes, size_t n)
{
    if (s->n + n > MOST_BYTES)
        return;
    memmove(s->bytes + at + n, s->bytes + at, s->n - at);
    memcpy(s->bytes + at, bytes, n);
    s->n += n;
}

static void cut(sample *s, size_t at, size_t n)
{
    memmove(s->bytes + at, s->bytes + at + n, s->n - at - n);
    s->n -= n;
}

static void change_byte(sample *s)
{
    static const uint8_t telling[] = {0, 1, 0x7f, 0x80, 0xff, '0', '9', '-', '.', '"', ',', '\n', '{', ']'};
    if (s->n)
        s->bytes[below(s->n)] = below(2) ? telling[below(sizeof telling)] : (uint8_t)below(256);
}

static void flip_bit(sample *s)
{
    if (s->n)
        s->bytes[below(s->n)] ^= (uint8_t)(1 << below(8));
}

static void cut_some(sample *s)
{
    size_t at = below(s->n);
    if (s->n)
        cut(s, at, 1 + below(below(2) ? s->n - at : (s->n - at < 8 ? s->n - at : 8)));
}

static void put_byte(sample *s)
{
    uint8_t byte = (uint8_t)below(256);
    put(s, below(s->n + 1), &byte, 1);
}

static void put_word(sample *s)
{
    size_t word = below((size_t)words_n);
    if (words_n)
        put(s, below(s->n + 1), words[word], words_size[word]);
}

static void put_number(sample *s)
{
    static const char *const numbers[] = {
        "0",   "-1",     "9223372036854775807", "-9223372036854775808", "4294967296",
        "1e9", "0.0005", "99999999999999999999"};
    const char *number = numbers[below(sizeof numbers / sizeof *numbers)];
    put(s, below(s->n + 1), number, strlen(number));
}

/* A piece of this or of another input, somewhere else. */
static void put_piece(sample *s)
{
    const sample *from = below(2) ? s : &inputs[below((size_t)inputs_n)];
    uint8_t piece[256];
    size_t at = below(from->n), n = from->n ? 1 + below(from->n - at) : 0;
    n = n < sizeof piece ? n : sizeof piece;
    memcpy(piece, from->bytes + at, n);
    put(s, below(s->n + 1), piece, n);
}

static void (*const steps[])(sample *) = {change_byte, flip_bit,   cut_some,  put_byte,
                                          put_word,    put_number, put_piece, change_byte};

static void mutate(sample *s)
{
    *s = inputs[below((size_t)inputs_n)];
    for (size_t i = 1 + below(MOST_STEPS); i > 0; i--)
        steps[below(sizeof steps / sizeof *steps)](s);
}

int main(int argc, char **argv)
{
    const char *wanted = getenv("FUZZ_RUNS");
    long runs = wanted ? strtol(wanted, NULL, 10) : RUNS;
    static sample mutated;
    inputs = calloc(MOST_INPUTS, sizeof *inputs);
    MUST(inputs, "no memory");
    watch();
    for (int i = 1; i < argc; i++)
        read_input(argv[i]);
    if (argc == 1) {
        read_corpus();
        read_dictionary();
    }
    for (int i = 0; i < inputs_n; i++)
        run(inputs[i].bytes, inputs[i].n);
    for (long i = 0; argc == 1 && i < runs; i++) {
        mutate(&mutated);
        run(mutated.bytes, mutated.n);
    }
    printf("fuzz-%s: %d inputs, %ld mutations: all held\n", FUZZ_NAME, inputs_n, argc == 1 ? runs : 0);
    free(inputs);
    return 0;
}
