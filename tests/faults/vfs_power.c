/* SPDX-License-Identifier: Apache-2.0 */
/* A VFS for SQLite over the simulated disk. Locks and the WAL's index are those of one process: they live in
 * memory and are forgotten when the process is. Each write and each sync may hand the baton over, and so be
 * where a life ends. Files without a name (SQLite's own scratch) are plain memory. */
#include "tests/faults/vfs_power.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/faults/baton.h"
#include "tests/faults/disk.h"

enum { SHM_REGIONS = 16, SCRATCH_MOST = 1 << 20 };

typedef struct {
    sqlite3_file base;
    disk_file *file; /* NULL: scratch */
    bool wal;
    int lock;                   /* of the database file */
    uint16_t shared, exclusive; /* slots of the WAL's index that are held */
    unsigned char *scratch;
    int64_t scratch_size;
} vfs_file;

/* One database a process: its locks and its shared memory. */
static struct {
    int shared, reserved, pending, exclusive; /* connections that hold it */
    void *region[SHM_REGIONS];
    int readers[SQLITE_SHM_NLOCK];
    bool writer[SQLITE_SHM_NLOCK];
} process;
static int64_t slowest_sync;
static const void *committing; /* who has written to the WAL since the last check */
void (*vfs_power_committed)(void);

void vfs_power_forget(void)
{
    memset(&process, 0, sizeof process); /* the regions are left to those who held them */
    committing = NULL;
}

void vfs_power_slow(int64_t ms)
{
    slowest_sync = ms;
}

/* ---- scratch ---- */

static int scratch_write(vfs_file *f, const void *data, int n, sqlite3_int64 offset)
{
    if (offset + n > SCRATCH_MOST)
        return SQLITE_FULL;
    if (!f->scratch && !(f->scratch = calloc(1, SCRATCH_MOST)))
        return SQLITE_NOMEM;
    memcpy(f->scratch + offset, data, (size_t)n);
    f->scratch_size = offset + n > f->scratch_size ? offset + n : f->scratch_size;
    return SQLITE_OK;
}

static int64_t scratch_read(vfs_file *f, void *out, int n, sqlite3_int64 offset)
{
    int64_t there = f->scratch && offset < f->scratch_size ? f->scratch_size - offset : 0;
    there = there < n ? there : n;
    memset(out, 0, (size_t)n);
    if (there)
        memcpy(out, f->scratch + offset, (size_t)there);
    return there;
}

/* ---- reading, writing, syncing ---- */

static int v_close(sqlite3_file *file)
{
    vfs_file *f = (vfs_file *)file;
    free(f->scratch);
    return SQLITE_OK;
}

static int v_read(sqlite3_file *file, void *out, int n, sqlite3_int64 offset)
{
    vfs_file *f = (vfs_file *)file;
    if (f->file && !baton_held() && disk_fails())
        return SQLITE_IOERR_READ;
    int64_t got = f->file ? disk_read(f->file, out, n, offset) : scratch_read(f, out, n, offset);
    return got == n ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int v_write(sqlite3_file *file, const void *data, int n, sqlite3_int64 offset)
{
    vfs_file *f = (vfs_file *)file;
    if (!f->file)
        return scratch_write(f, data, n, offset);
    baton_pass("write");
    if (disk_fails())
        return SQLITE_IOERR_WRITE;
    if (!disk_has_room(f->file, offset + n))
        return SQLITE_FULL;
    baton_trace_hash("write", data, (uint64_t)n);
    disk_write(f->file, data, n, offset);
    if (f->wal)
        committing = baton_me();
    return SQLITE_OK;
}

static int v_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    vfs_file *f = (vfs_file *)file;
    if (f->file)
        disk_truncate(f->file, size);
    return SQLITE_OK;
}

static int v_sync(sqlite3_file *file, int flags)
{
    vfs_file *f = (vfs_file *)file;
    (void)flags;
    if (!f->file)
        return SQLITE_OK;
    if (slowest_sync)
        baton_sleep(baton_below(slowest_sync + 1));
    baton_pass("sync");
    if (disk_fails())
        return SQLITE_IOERR_FSYNC;
    baton_trace("sync", "%s", f->file->name);
    disk_sync(f->file);
    if (!f->file->entry) /* as unix does it with a journal that it has made */
        disk_sync_folder();
    baton_pass("synced");
    return SQLITE_OK;
}

static int v_size(sqlite3_file *file, sqlite3_int64 *size)
{
    vfs_file *f = (vfs_file *)file;
    *size = f->file ? f->file->size : f->scratch_size;
    return SQLITE_OK;
}

/* ---- locks of the database file ---- */

static int v_unlock(sqlite3_file *file, int to)
{
    vfs_file *f = (vfs_file *)file;
    process.exclusive -= f->lock == SQLITE_LOCK_EXCLUSIVE && to < SQLITE_LOCK_EXCLUSIVE;
    process.pending -= f->lock >= SQLITE_LOCK_PENDING && to < SQLITE_LOCK_PENDING;
    process.reserved -= f->lock >= SQLITE_LOCK_RESERVED && to < SQLITE_LOCK_RESERVED;
    process.shared -= f->lock >= SQLITE_LOCK_SHARED && to < SQLITE_LOCK_SHARED;
    f->lock = to < f->lock ? to : f->lock;
    return SQLITE_OK;
}

static int v_lock(sqlite3_file *file, int to)
{
    vfs_file *f = (vfs_file *)file;
    if (f->lock >= to)
        return SQLITE_OK;
    if (to == SQLITE_LOCK_SHARED) {
        if (process.pending)
            return SQLITE_BUSY;
        process.shared++;
    } else if (to == SQLITE_LOCK_RESERVED) {
        if (process.reserved)
            return SQLITE_BUSY;
        process.reserved++;
    } else {
        if (process.pending > (f->lock >= SQLITE_LOCK_PENDING) ||
            process.reserved > (f->lock >= SQLITE_LOCK_RESERVED))
            return SQLITE_BUSY;
        process.reserved += f->lock < SQLITE_LOCK_RESERVED;
        process.pending += f->lock < SQLITE_LOCK_PENDING;
        f->lock = SQLITE_LOCK_PENDING;
        if (process.shared > 1)
            return SQLITE_BUSY;
        process.exclusive++;
    }
    f->lock = to;
    return SQLITE_OK;
}

static int v_reserved(sqlite3_file *file, int *out)
{
    (void)file;
    *out = process.reserved > 0;
    return SQLITE_OK;
}

static int v_control(sqlite3_file *file, int op, void *arg)
{
    (void)file, (void)op, (void)arg;
    return SQLITE_NOTFOUND;
}

static int v_sector(sqlite3_file *file)
{
    (void)file;
    return 4096; /* as unix says */
}

static int v_device(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE; /* as unix says */
}

/* ---- the WAL's index ---- */

static int v_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **out)
{
    (void)file, (void)extend;
    if (region >= SHM_REGIONS)
        return SQLITE_FULL;
    if (!process.region[region] && !(process.region[region] = calloc(1, (size_t)size)))
        return SQLITE_NOMEM;
    *out = process.region[region];
    return SQLITE_OK;
}

static bool slot_free(const vfs_file *f, int i, bool exclusive)
{
    uint16_t mine = (uint16_t)(1u << i);
    if (process.writer[i] && !(f->exclusive & mine))
        return false;
    return !exclusive || process.readers[i] == ((f->shared & mine) ? 1 : 0);
}

static void slot_take(vfs_file *f, int i, bool exclusive)
{
    uint16_t mine = (uint16_t)(1u << i);
    if (exclusive) {
        process.writer[i] = true;
        f->exclusive |= mine;
    } else if (!(f->shared & mine)) {
        process.readers[i]++;
        f->shared |= mine;
    }
}

static void slot_give(vfs_file *f, int i, bool exclusive)
{
    uint16_t mine = (uint16_t)(1u << i);
    if (exclusive && (f->exclusive & mine)) {
        process.writer[i] = false;
        f->exclusive = (uint16_t)(f->exclusive & ~mine);
    } else if (!exclusive && (f->shared & mine)) {
        process.readers[i]--;
        f->shared = (uint16_t)(f->shared & ~mine);
    }
}

static int v_shm_lock(sqlite3_file *file, int from, int n, int flags)
{
    vfs_file *f = (vfs_file *)file;
    bool exclusive = flags & SQLITE_SHM_EXCLUSIVE;
    for (int i = from; i < from + n && flags & SQLITE_SHM_LOCK; i++)
        if (!slot_free(f, i, exclusive))
            return SQLITE_BUSY;
    for (int i = from; i < from + n; i++)
        if (flags & SQLITE_SHM_LOCK)
            slot_take(f, i, exclusive);
        else
            slot_give(f, i, exclusive);
    return SQLITE_OK;
}

static void v_shm_barrier(sqlite3_file *file)
{
    (void)file;
}

static int v_shm_unmap(sqlite3_file *file, int delete_it)
{
    (void)file, (void)delete_it; /* gone with the process */
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = v_close,
    .xRead = v_read,
    .xWrite = v_write,
    .xTruncate = v_truncate,
    .xSync = v_sync,
    .xFileSize = v_size,
    .xLock = v_lock,
    .xUnlock = v_unlock,
    .xCheckReservedLock = v_reserved,
    .xFileControl = v_control,
    .xSectorSize = v_sector,
    .xDeviceCharacteristics = v_device,
    .xShmMap = v_shm_map,
    .xShmLock = v_shm_lock,
    .xShmBarrier = v_shm_barrier,
    .xShmUnmap = v_shm_unmap,
};

/* ---- the folder ---- */

static int v_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    vfs_file *f = (vfs_file *)file;
    (void)vfs;
    *f = (vfs_file){.wal = flags & SQLITE_OPEN_WAL};
    if (name && !(f->file = disk_find(name, flags & SQLITE_OPEN_CREATE)))
        return SQLITE_CANTOPEN;
    f->base.pMethods = &methods;
    if (out)
        *out = flags;
    return SQLITE_OK;
}

static int v_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    disk_file *f = disk_find(name, false);
    (void)vfs;
    if (!f)
        return SQLITE_IOERR_DELETE_NOENT;
    baton_pass("delete");
    disk_remove(f);
    if (sync)
        disk_sync_folder();
    return SQLITE_OK;
}

static int v_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    const disk_file *f = disk_find(name, false);
    (void)vfs;
    *out = f && (flags != SQLITE_ACCESS_EXISTS || f->size > 0);
    return SQLITE_OK;
}

static int v_full_path(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
    (void)vfs;
    snprintf(out, (size_t)n, "%s", name);
    return SQLITE_OK;
}

static int v_random(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    for (int i = 0; i < n; i++)
        out[i] = (char)baton_below(256);
    return n;
}

static int v_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    baton_sleep(us / 1000 + 1);
    return us;
}

static int v_time(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
    (void)vfs;
    *out = INT64_C(210866760000000) + baton_wall();
    return SQLITE_OK;
}

static int v_error(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs, (void)n, (void)out;
    return 0;
}

static sqlite3_vfs vfs = {
    .iVersion = 2,
    .szOsFile = sizeof(vfs_file),
    .mxPathname = 512,
    .zName = "power",
    .xOpen = v_open,
    .xDelete = v_delete,
    .xAccess = v_access,
    .xFullPathname = v_full_path,
    .xRandomness = v_random,
    .xSleep = v_sleep,
    .xGetLastError = v_error,
    .xCurrentTimeInt64 = v_time,
};

void vfs_power_start(void)
{
    sqlite3_config(
        SQLITE_CONFIG_SINGLETHREAD); /* actors share one thread, and none leaves SQLite in a lock */
    sqlite3_vfs_register(&vfs, 1);
}

void vfs_power_check(void)
{
    if (committing != baton_me() || !committing || !vfs_power_committed)
        return;
    committing = NULL;
    vfs_power_committed();
}
