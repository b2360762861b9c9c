/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated disk: files as the system shows them and as they stand on the medium. What was written is on
 * the medium when it was synced, or by luck. */
#ifndef TB_FAULTS_DISK_H
#define TB_FAULTS_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DISK_SECTOR = 512, DISK_FILES = 8, DISK_MOST = 64 << 20 };

typedef struct {
    char name[128];
    bool exists, entry; /* in the folder as the system shows it; as it is on the medium */
    unsigned char *now, *medium;
    bool *dirty;                     /* by sector */
    int64_t size, medium_size, high; /* high: nothing was ever written behind it */
} disk_file;

disk_file *disk_find(const char *name, bool make); /* by the last part of the path; NULL: it is not there */
void disk_remove(disk_file *f);
int64_t disk_read(disk_file *f, void *out, int64_t n, int64_t offset); /* how many bytes there were */
void disk_write(disk_file *f, const void *data, int64_t n, int64_t offset);
void disk_truncate(disk_file *f, int64_t size);
void disk_sync(disk_file *f);
void disk_sync_folder(void);
/* How the disk is: with no room files cannot grow; a broken one fails what it is asked, mostly. */
typedef enum { DISK_WELL, DISK_FULL, DISK_BROKEN } disk_state;
void disk_set(disk_state state);
bool disk_fails(void);                                /* this request, for no reason */
int64_t disk_refused(void);                           /* how often it did since it was set */
bool disk_has_room(const disk_file *f, int64_t size); /* to be of that size */
bool disk_was_ill(void);                              /* since it was last asked */
/* The power goes: of what was not synced any sectors are kept, the others are as they were. */
void disk_power_loss(void);

#endif
