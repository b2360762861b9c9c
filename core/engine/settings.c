/* SPDX-License-Identifier: Apache-2.0 */
/* What a pipeline makes of a key depends on its transforms and sinks too. When these have changed since the
 * last start, every key may be due anew: the digest of their settings is kept as state `core/settings`, key
 * the pipeline's name, which plugins may read; a source that sees another digest than before tells all its
 * keys once more. Leaving shadow is such a change. */
#include "core/base/hash.h"
#include "core/engine/internal.h"

#include <string.h>

static void add_uses(buffer *text, const plan_use *uses, int n)
{
    for (int i = 0; i < n; i++) {
        const config_use *u = uses[i].use;
        buffer_printf(text, "%s %s\n", u->plugin ? u->plugin : "",
                      uses[i].plugin ? uses[i].plugin->api.version : "");
        for (int k = 0; k < u->settings_n; k++)
            buffer_printf(text, "%s=%s\n", u->settings[k].name, u->settings[k].text);
    }
}

static void digest_of(const pipeline *p, char hex[SHA256_HEX])
{
    CLEANUP_BUFFER buffer text = {0};
    add_uses(&text, p->p->transforms, p->p->config->transforms_n);
    add_uses(&text, p->p->sinks, p->p->config->sinks_n);
    buffer_printf(&text, "shadow=%d\n", p->p->config->deliver.shadow);
    hash_sha256_hex(buffer_text(&text), text.size, hex);
}

int pipeline_note_settings(pipeline *p, error *err)
{
    char hex[SHA256_HEX];
    journal *j = p->engine->journal;
    digest_of(p, hex);
    CLEANUP_FREE char *known = journal_state_get(j, "core/settings", p->p->config->name, NULL);
    if (known && !strcmp(known, hex))
        return 0;
    journal_state change = {"core/settings", p->p->config->name, hex};
    journal_accepting only = {.pipeline = p->number,
                              .now = env_now(),
                              .connection = "",
                              .stream = "",
                              .states = &change,
                              .states_n = 1};
    journal_accepted done = {0};
    return journal_accept(j, &only, &done, err) == JOURNAL_DONE ? 0 : -1;
}
