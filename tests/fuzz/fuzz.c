/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs taken apart, and the folder for targets that read files. */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

uint8_t input_byte(input *in)
{
    if (!in->left)
        return 0;
    in->left--;
    return *in->at++;
}

uint64_t input_word(input *in)
{
    uint64_t word = 0;
    for (int i = 0; i < 8; i++)
        word = word << 8 | input_byte(in);
    return word;
}

static char *copy(const uint8_t *bytes, size_t n)
{
    char *text = malloc(n + 1);
    MUST(text, "no memory");
    if (n)
        memcpy(text, bytes, n);
    text[n] = '\0';
    return text;
}

char *input_line(input *in)
{
    const uint8_t *end = in->left ? memchr(in->at, '\n', in->left) : NULL;
    size_t n = end ? (size_t)(end - in->at) : in->left;
    char *text = copy(in->at, n);
    n += end != NULL;
    in->at += n;
    in->left -= n;
    return text;
}

char *input_rest(input *in)
{
    char *text = copy(in->at, in->left);
    in->left = 0;
    return text;
}

/* ---- files ---- */

static char folder[64];
static pid_t owner;

static void remove_folder(void)
{
    char path[400];
    DIR *d = getpid() == owner ? opendir(folder) : NULL;
    for (struct dirent *e; d && (e = readdir(d));) {
        snprintf(path, sizeof path, "%s/%.255s", folder, e->d_name);
        if (e->d_name[0] != '.')
            unlink(path);
    }
    if (d) {
        closedir(d);
        rmdir(folder);
    }
}

const char *fuzz_folder(void)
{
    if (*folder)
        return folder;
    snprintf(folder, sizeof folder, "%s/tb-fuzz-XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
    MUST(mkdtemp(folder), "no folder %s", folder);
    owner = getpid();
    atexit(remove_folder);
    return folder;
}

void fuzz_file(const char *name, const void *bytes, size_t n)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    MUST(fd >= 0 && write(fd, bytes, n) == (ssize_t)n && !close(fd), "cannot write %s", path);
}
