/* SPDX-License-Identifier: Apache-2.0 */
/* Reading an answer: the same for every world behind the door. */
#include "core/base/env.h"

#include <string.h>
#include <strings.h>

bool env_header(const env_answer *a, const char *name, char *out, size_t size)
{
    size_t n = strlen(name);
    for (const char *line = buffer_text(&a->headers); *line;) {
        size_t length = strcspn(line, "\r\n");
        if (length > n && line[n] == ':' && !strncasecmp(line, name, n)) {
            const char *from = line + n + 1, *to = line + length;
            while (from < to && (*from == ' ' || *from == '\t'))
                from++;
            while (to > from && (to[-1] == ' ' || to[-1] == '\t'))
                to--;
            if ((size_t)(to - from) >= size)
                return false;
            memcpy(out, from, (size_t)(to - from));
            out[to - from] = '\0';
            return true;
        }
        line += length;
        line += strspn(line, "\r\n");
    }
    return false;
}

void env_answer_free(env_answer *a)
{
    buffer_free(&a->headers);
    buffer_free(&a->body);
}
