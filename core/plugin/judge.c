/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin's file is judged by reading it: who may write to it, whether it is a whole shared object for this
 * machine, and which contract its note names. dlopen would run constructors; so nothing is opened before all
 * this is right. Every offset and size of the file is taken as hostile: compared with the file's size before
 * it is used. */
#include "core/plugin/judge.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OUR_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OUR_MACHINE EM_AARCH64
#elif defined(__riscv)
#define OUR_MACHINE EM_RISCV
#elif defined(__powerpc64__)
#define OUR_MACHINE EM_PPC64
#else
#error "name this machine's EM_ constant here"
#endif

enum { MOST_HEADERS = 64, MOST_NOTES = 64 << 10 };

static void cleanup_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}
#define CLEANUP_CLOSE __attribute__((cleanup(cleanup_close)))

typedef struct {
    int fd;
    const char *path; /* for people */
    uint64_t size;
    error *e;
} elf_file;

/* ---- who may write to it ---- */

static int judge_mode(const struct stat *st, const char *path, const char *what, error *e)
{
    if (st->st_uid != 0 && st->st_uid != geteuid())
        return error_set(e, "%s: %s belongs to user %u, neither to root nor to the daemon's user", path, what,
                         (unsigned)st->st_uid);
    if (st->st_mode & 022)
        return error_set(e, "%s: %s can be written by others (mode %03o): chmod go-w", path, what,
                         (unsigned)st->st_mode & 0777);
    return 0;
}

static int open_folder(const char *folder, error *e)
{
    struct stat st;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st))
        error_set(e, "%s: %s%s", folder,
                  errno == ENOTDIR || errno == ELOOP ? "the folder is a symbolic link or no folder"
                                                     : "cannot open the folder: ",
                  errno == ENOTDIR || errno == ELOOP ? "" : strerror(errno));
    else if (!judge_mode(&st, folder, "the folder", e))
        return fd;
    cleanup_close(&fd);
    return -1;
}

static int open_file(int folder, const char *file, const char *path, struct stat *st, error *e)
{
    int fd = openat(folder, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, st))
        error_set(e, "%s: %s%s", path, errno == ELOOP ? "is a symbolic link" : "cannot open it: ",
                  errno == ELOOP ? "" : strerror(errno));
    else if (!S_ISREG(st->st_mode))
        error_set(e, "%s: is not a regular file", path);
    else if (!judge_mode(st, path, "the file", e))
        return fd;
    cleanup_close(&fd);
    return -1;
}

/* ---- ELF ---- */

static int too_short(const elf_file *f)
{
    return error_set(f->e, "%s: is cut short (its headers speak of more than its %llu bytes)", f->path,
                     (unsigned long long)f->size);
}

static int read_at(const elf_file *f, uint64_t offset, void *out, uint64_t n)
{
    if (offset > f->size || n > f->size - offset)
        return too_short(f);
    ssize_t got = pread(f->fd, out, n, (off_t)offset);
    if (got < 0)
        return error_set(f->e, "%s: cannot read it: %s", f->path, strerror(errno));
    return got == (ssize_t)n ? 0 : too_short(f);
}

static int judge_header(const elf_file *f, Elf64_Ehdr *h)
{
    if (f->size < SELFMAG)
        return error_set(f->e, "%s: is no shared object (%llu bytes)", f->path, (unsigned long long)f->size);
    char magic[SELFMAG];
    if (read_at(f, 0, magic, sizeof magic))
        return -1;
    if (memcmp(magic, ELFMAG, SELFMAG))
        return error_set(f->e, "%s: is no shared object (not ELF)", f->path);
    if (read_at(f, 0, h, sizeof *h))
        return -1;
    if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB ||
        h->e_machine != OUR_MACHINE)
        return error_set(f->e, "%s: is for another architecture", f->path);
    if (h->e_type != ET_DYN)
        return error_set(f->e, "%s: is no shared object (ELF type %u)", f->path, h->e_type);
    if (h->e_phentsize != sizeof(Elf64_Phdr) || !h->e_phnum || h->e_phnum > MOST_HEADERS)
        return error_set(f->e, "%s: has a broken table of segments", f->path);
    return 0;
}

/* Everything the headers speak of lies inside the file. */
static int judge_whole(const elf_file *f, const Elf64_Ehdr *h, const Elf64_Phdr *segments)
{
    char last;
    uint64_t table = (uint64_t)h->e_shnum * h->e_shentsize;
    if (h->e_shoff && table &&
        (h->e_shoff > UINT64_MAX - table || read_at(f, h->e_shoff + table - 1, &last, 1)))
        return too_short(f);
    for (int i = 0; i < h->e_phnum; i++) {
        const Elf64_Phdr *s = &segments[i];
        if (s->p_type != PT_LOAD || !s->p_filesz)
            continue;
        if (s->p_offset > UINT64_MAX - s->p_filesz || read_at(f, s->p_offset + s->p_filesz - 1, &last, 1))
            return too_short(f);
    }
    return 0;
}

/* ---- our note ---- */

static size_t padded(size_t n, size_t align)
{
    return (n + align - 1) & ~(align - 1);
}

/* Looks through the notes of one segment. 1: found, 0: not here. */
static int find_note(const unsigned char *bytes, size_t size, size_t align, tb_note *out)
{
    static const char name[] = "tillbridge";
    size_t at = 0;
    while (size - at >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr n;
        memcpy(&n, bytes + at, sizeof n);
        size_t named = at + sizeof n;
        if (n.n_namesz > size - named || padded(n.n_namesz, align) > size - named)
            return 0;
        size_t desc = named + padded(n.n_namesz, align);
        if (n.n_descsz > size - desc)
            return 0;
        size_t body = sizeof out->magic + sizeof out->abi_major + sizeof out->abi_minor;
        if (n.n_namesz == sizeof name && !memcmp(bytes + named, name, sizeof name) && n.n_descsz >= body) {
            memcpy(&out->magic, bytes + desc, body);
            return 1;
        }
        size_t step = padded(n.n_descsz, align);
        if (step > size - desc)
            return 0;
        at = desc + step;
    }
    return 0;
}

static int judge_notes(const elf_file *f, const Elf64_Phdr *segments, int n, tb_note *out)
{
    for (int i = 0; i < n; i++) {
        if (segments[i].p_type != PT_NOTE || !segments[i].p_filesz)
            continue;
        if (segments[i].p_filesz > MOST_NOTES)
            return error_set(f->e, "%s: has notes larger than any plugin's", f->path);
        CLEANUP_FREE unsigned char *bytes = malloc(segments[i].p_filesz);
        if (!bytes)
            return error_set(f->e, "%s: out of memory", f->path);
        if (read_at(f, segments[i].p_offset, bytes, segments[i].p_filesz))
            return -1;
        if (find_note(bytes, segments[i].p_filesz, segments[i].p_align == 8 ? 8 : 4, out))
            return judge_version(out->magic, out->abi_major, out->abi_minor, f->path, f->e);
    }
    return error_set(f->e, "%s: is no Tillbridge plugin (no note of TB_PLUGIN)", f->path);
}

int judge_version(uint32_t magic, unsigned major, unsigned minor, const char *path, error *e)
{
    if (magic != TB_ABI_MAGIC)
        return error_set(e, "%s: is no Tillbridge plugin (magic %08x)", path, (unsigned)magic);
    if (major != TB_ABI_MAJOR)
        return error_set(e, "%s: is made for contract %u.%u, this daemon has %d.%d: build it anew", path,
                         major, minor, TB_ABI_MAJOR, TB_ABI_MINOR);
    if (minor > TB_ABI_MINOR)
        return error_set(e, "%s: is made for contract %u.%u, this daemon has only %d.%d: update the daemon",
                         path, major, minor, TB_ABI_MAJOR, TB_ABI_MINOR);
    return 0;
}

static int judge_elf(const elf_file *f, tb_note *note)
{
    Elf64_Ehdr h;
    Elf64_Phdr segments[MOST_HEADERS];
    if (judge_header(f, &h) || read_at(f, h.e_phoff, segments, h.e_phnum * sizeof *segments))
        return -1;
    if (judge_whole(f, &h, segments))
        return -1;
    return judge_notes(f, segments, h.e_phnum, note);
}

int judge_file(const char *folder, const char *file, judged_file *out, error *e)
{
    CLEANUP_BUFFER buffer path = {0};
    struct stat st;
    buffer_printf(&path, "%s/%s", folder, file);
    CLEANUP_CLOSE int dir = open_folder(folder, e);
    if (dir < 0)
        return -1;
    CLEANUP_CLOSE int fd = open_file(dir, file, buffer_text(&path), &st, e);
    if (fd < 0)
        return -1;
    elf_file f = {fd, buffer_text(&path), (uint64_t)st.st_size, e};
    *out = (judged_file){.device = st.st_dev, .inode = st.st_ino, .size = (uint64_t)st.st_size};
    out->changed = st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec;
    return judge_elf(&f, &out->note);
}
