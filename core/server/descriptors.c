/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors: one for every connection that may come, and enough for all else (journal, exchanges, files).
 * The soft limit is raised as far as that takes and the hard one permits: nothing here uses select(2), which
 * is all that a low soft limit protects. Where the hard limit is too low, fewer may come, and it is said at
 * start: a limit that is met in the middle of a crowd would hit journal and exchanges too. */
#include "core/server/inner.h"

#include <sys/resource.h>

#include "core/base/log.h"

enum { ALL_ELSE = 160, LEAST = 4 };

static rlim_t raised(rlim_t wanted)
{
    struct rlimit now;
    if (getrlimit(RLIMIT_NOFILE, &now))
        return wanted; /* unknown: as if it were enough */
    struct rlimit more = {.rlim_cur = now.rlim_max < wanted ? now.rlim_max : wanted,
                          .rlim_max = now.rlim_max};
    if (now.rlim_cur >= wanted || setrlimit(RLIMIT_NOFILE, &more))
        return now.rlim_cur;
    return more.rlim_cur;
}

static rlim_t connections_most(const server *s)
{
    rlim_t n = 0;
    for (int i = 0; i < s->listeners_n; i++)
        n += places_most(&s->listeners[i]);
    return n;
}

void descriptors_fit(server *s)
{
    rlim_t all = connections_most(s), wanted = all + ALL_ELSE, limit = raised(wanted);
    if (limit >= wanted)
        return;
    rlim_t left = limit > ALL_ELSE ? limit - ALL_ELSE : 0;
    for (int i = 0; i < s->listeners_n; i++) {
        unsigned *most = &s->listeners[i].connections, fits = (unsigned)(*most * left / all);
        *most = fits < LEAST ? LEAST : fits;
    }
    log_write(LOG_WARN, "server.descriptors",
              "%llu descriptors are permitted, %llu would be needed: %llu connections may be there at a time "
              "instead of %llu (LimitNOFILE= in the unit, ulimit -n)",
              (unsigned long long)limit, (unsigned long long)wanted, (unsigned long long)connections_most(s),
              (unsigned long long)all);
}
