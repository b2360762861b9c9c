/* SPDX-License-Identifier: Apache-2.0 */
/* What is judged of a plugin's file before any of its code runs, and of its descriptor before any of it is
 * used. */
#ifndef TB_PLUGIN_JUDGE_H
#define TB_PLUGIN_JUDGE_H

#include "core/plugin/plugin.h"

typedef struct {
    uint64_t device, inode, size;
    int64_t changed;
    tb_note note;
} judged_file;

/* Opens folder and file without following a link, looks at owner, mode, ELF headers and our note. 0, or -1
 * and *e. */
int judge_file(const char *folder, const char *file, judged_file *out, error *e);
/* The descriptor's copy against the rules of the contract. 0, or -1 and *e. */
int judge_descriptor(const tb_plugin *api, const char *name, const char *path, error *e);
/* The version rule, for note and descriptor alike. */
int judge_version(uint32_t magic, unsigned major, unsigned minor, const char *path, error *e);

#endif
