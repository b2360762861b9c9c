/* SPDX-License-Identifier: Apache-2.0 */
/* A transform that changes nothing. */
#include <tillbridge/plugin.h>

static tb_verdict pass_apply(void *self, tb_ctx *ctx, tb_record **record)
{
    (void)self, (void)ctx, (void)record;
    return TB_OK;
}

static const tb_transform transform = {.size = sizeof transform, .apply = pass_apply};

TB_PLUGIN(.self_size = 1, .name = "bench-pass", .version = "1",
          .summary = "changes nothing, for measurements", .reads = "bench.row", .transform = &transform, );
