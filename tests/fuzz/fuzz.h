/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzz targets share. A target is one function, LLVMFuzzerTestOneInput: it keeps nothing from one
 * input to the next, touches nothing but a folder of its own, and says what must hold with MUST. libFuzzer
 * calls it (run.sh), or main.c where there is no libFuzzer. */
#ifndef TB_FUZZ_H
#define TB_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What does not hold is a crash: both kinds of driver keep the input then. */
#define MUST(condition, ...)                                                                                 \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: broken: %s: ", __FILE__, __LINE__, #condition);                          \
            fprintf(stderr, __VA_ARGS__);                                                                    \
            fputc('\n', stderr);                                                                             \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

/* A function of the program that libraries shall find before the C library's own. */
#define SEEN_BY_LIBRARIES __attribute__((visibility("default")))

/* ---- the input, taken apart ---- */

typedef struct input {
    const uint8_t *at;
    size_t left;
} input;

/* The next byte, 0 when there is none. */
uint8_t input_byte(input *in);
uint64_t input_word(input *in); /* eight of them */
/* What follows, up to a line feed (passed over) or the end: a copy in memory of just its size, so that a byte
 * read behind it is seen. It ends at its first NUL for whoever takes it as a text. */
char *input_line(input *in);
char *input_rest(input *in);

/* ---- files ---- */

const char *fuzz_folder(void); /* of this process, removed at its end */
/* Writes a file there (mode 0644). */
void fuzz_file(const char *name, const void *bytes, size_t n);

#endif
