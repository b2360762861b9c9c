/* SPDX-License-Identifier: Apache-2.0 */
/* Plugins: found by name in a list of folders, judged before any of their code runs, opened once, kept for
 * good (RTLD_NODELETE), and instantiated as often as the pipelines want. */
#ifndef TB_PLUGIN_PLUGIN_H
#define TB_PLUGIN_PLUGIN_H

#include "core/base/error.h"
#include "core/config/model.h"
#include "core/sdk/host.h"

typedef struct plugin {
    char *name, *path;
    tb_plugin api; /* our copy: min(their size, ours), the rest zero */
    uint64_t device, inode, size;
    int64_t changed; /* mtime, ns: told when the file on disk is another one later */
} plugin;

typedef struct plugins plugins; /* all that were opened in this process; any thread */

/* folders: colon list, searched in order; NULL: TILLBRIDGE_PLUGIN_PATH, then PLUGINDIR. */
plugins *plugins_new(const char *folders);
void plugins_free(plugins *p);
/* Opens it if it is not yet. NULL and one clear line when it is refused. Refused are: no such file, bad name,
 * symlink, writable by others, foreign owner, not ELF or another architecture, truncated, no note, other
 * magic or major, newer minor, a symbol that is missing, a name inside that differs, two of one name in the
 * folders. */
const plugin *plugins_get(plugins *p, const char *name, error *e);
/* Every name in the folders, sorted: each(name, plugin or NULL, why refused). */
void plugins_each(plugins *p,
                  void (*each)(void *arg, const char *name, const plugin *plugin, const char *why),
                  void *arg);
bool plugin_changed_on_disk(const plugin *p);

/* ---- instances ---- */

typedef struct {
    const plugin *plugin;
    const config_use *use;
    void *self; /* self_size zeroed bytes with the parameters filled in; never NULL */
    tb_owned *owned;
} plugin_instance;

/* Parses and checks all settings of `use` against the parameter table: unknown keys (with the nearest name),
 * missing required ones, types, ranges, tables that the configuration lacks: each a finding with its
 * file:line. `stream`, `every`, `events`, `batch` and `connection` are passed on when the plugin declares
 * them. 0, or -1: findings added. */
int plugin_instance_init(plugin_instance *i, const plugin *plugin, const config_use *use, const config *c,
                         config_findings *findings);
void plugin_instance_free(plugin_instance *i);

/* Prints facts as `tillbridge plugins NAME` shows them: parameters, record types, operations, reason codes.
 */
void plugin_print(const plugin *p, FILE *out, bool json);

#endif
