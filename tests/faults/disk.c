/* SPDX-License-Identifier: Apache-2.0 */
/* Sectors of 512 bytes are what survives or not, each for itself: so a lost power reorders writes and tears
 * them. A sector that is written again before it is synced may have been brought to the medium in between, by
 * the system's own writing back; that is drawn when it is written again. Sizes and names of files are synced
 * apart from their content, as file systems do it. */
#include "tests/faults/disk.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/faults/baton.h"

static disk_file files[DISK_FILES];
static disk_state state;
static bool was_ill;
static int64_t refused;

void disk_set(disk_state to)
{
    state = to;
    refused = 0;
    was_ill |= to != DISK_WELL;
    baton_trace("disk", "%s", to == DISK_WELL ? "well" : to == DISK_FULL ? "full" : "broken");
}

bool disk_fails(void)
{
    bool fails = state == DISK_BROKEN && baton_chance(2, 3);
    refused += fails;
    return fails;
}

int64_t disk_refused(void)
{
    return refused;
}

bool disk_has_room(const disk_file *f, int64_t size)
{
    return state != DISK_FULL || size <= f->size;
}

bool disk_was_ill(void)
{
    bool was = was_ill;
    was_ill = state != DISK_WELL;
    return was;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void empty(disk_file *f)
{
    if (f->high) {
        memset(f->now, 0, (size_t)f->high);
        memset(f->medium, 0, (size_t)f->high);
        memset(f->dirty, 0, (size_t)(f->high / DISK_SECTOR));
    }
    f->size = f->medium_size = 0;
    f->entry = f->exists = false;
}

/* The slot of that name, there or not; made when there is none. */
static disk_file *slot_of(const char *name)
{
    for (int i = 0; i < DISK_FILES; i++) {
        if (!*files[i].name)
            snprintf(files[i].name, sizeof files[i].name, "%s", name);
        if (!strcmp(files[i].name, name))
            return &files[i];
    }
    baton_fail("the simulated disk has no room for file %s", name);
}

disk_file *disk_find(const char *path, bool make)
{
    disk_file *f = slot_of(last_part(path));
    if (!f->exists && make) { /* that an older one of the name is gone counts as synced then */
        empty(f);
        f->exists = true;
    }
    return f->exists ? f : NULL;
}

static void *memory(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        baton_fail("no memory for the simulated disk");
    return p;
}

static void reach(disk_file *f, int64_t size)
{
    if (!f->now) {
        f->now = memory(DISK_MOST);
        f->medium = memory(DISK_MOST);
        f->dirty = memory(DISK_MOST / DISK_SECTOR);
    }
    if (size > DISK_MOST)
        baton_fail("file %s grows beyond what the simulated disk holds", f->name);
    size = (size + DISK_SECTOR - 1) / DISK_SECTOR * DISK_SECTOR;
    f->high = size > f->high ? size : f->high;
}

static void bring(disk_file *f, int64_t sector)
{
    memcpy(f->medium + sector * DISK_SECTOR, f->now + sector * DISK_SECTOR, DISK_SECTOR);
    f->dirty[sector] = false;
}

int64_t disk_read(disk_file *f, void *out, int64_t n, int64_t offset)
{
    int64_t there = offset >= f->size ? 0 : f->size - offset < n ? f->size - offset : n;
    if (there)
        memcpy(out, f->now + offset, (size_t)there);
    memset((char *)out + there, 0, (size_t)(n - there));
    return there;
}

void disk_write(disk_file *f, const void *data, int64_t n, int64_t offset)
{
    reach(f, offset + n);
    for (int64_t s = offset / DISK_SECTOR; s <= (offset + n - 1) / DISK_SECTOR; s++) {
        if (f->dirty[s] && baton_chance(1, 4))
            bring(f, s);
        f->dirty[s] = true;
    }
    memcpy(f->now + offset, data, (size_t)n);
    f->size = offset + n > f->size ? offset + n : f->size;
}

void disk_truncate(disk_file *f, int64_t size)
{
    reach(f, size);
    for (int64_t s = size / DISK_SECTOR; size < f->size && s <= (f->size - 1) / DISK_SECTOR; s++)
        f->dirty[s] = true;
    if (size < f->size)
        memset(f->now + size, 0, (size_t)(f->size - size));
    f->size = size;
}

void disk_sync(disk_file *f)
{
    for (int64_t s = 0; s < f->high / DISK_SECTOR; s++)
        if (f->dirty[s])
            bring(f, s);
    f->medium_size = f->size;
}

void disk_remove(disk_file *f)
{
    f->exists = false;
}

void disk_sync_folder(void)
{
    for (int i = 0; i < DISK_FILES; i++)
        files[i].entry = files[i].exists;
}

/* ---- the power goes ---- */

/* One of the two sizes, or something between. */
static int64_t size_after(const disk_file *f)
{
    int64_t low = f->size < f->medium_size ? f->size : f->medium_size;
    int64_t high = f->size < f->medium_size ? f->medium_size : f->size;
    switch (baton_below(3)) {
    case 0:
        return f->medium_size;
    case 1:
        return f->size;
    default:
        return low + baton_below(high - low + 1) / DISK_SECTOR * DISK_SECTOR;
    }
}

static void lose(disk_file *f, int64_t kept)
{
    int64_t size = size_after(f), sectors = 0, lost = 0;
    for (int64_t s = 0; s < f->high / DISK_SECTOR; s++) {
        if (!f->dirty[s])
            continue;
        sectors++;
        if (baton_chance(kept, 100))
            bring(f, s);
        else
            lost++;
        f->dirty[s] = false;
    }
    if (size < f->high)
        memset(f->medium + size, 0, (size_t)(f->high - size));
    baton_trace("power", "%s: %lld of %lld sectors lost, size %lld (was %lld, synced %lld)", f->name,
                (long long)lost, (long long)sectors, (long long)size, (long long)f->size,
                (long long)f->medium_size);
    f->medium_size = size;
}

/* A file whose name was not synced may be gone; one whose removal was not synced may be back, whole. */
static void settle(disk_file *f, int64_t kept)
{
    bool there = f->exists == f->entry || baton_chance(1, 2) ? f->exists : f->entry;
    if (!there) {
        empty(f);
        return;
    }
    if (f->exists)
        lose(f, kept);
    f->exists = f->entry = true;
    memcpy(f->now, f->medium, (size_t)f->high);
    f->size = f->medium_size;
}

void disk_power_loss(void)
{
    static const int64_t shares[] = {0, 10, 50, 90, 100};
    int64_t kept = shares[baton_below(5)];
    for (int i = 0; i < DISK_FILES; i++)
        if (files[i].high)
            settle(&files[i], kept);
}
