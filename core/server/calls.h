/* SPDX-License-Identifier: Apache-2.0 */
/* What `admin` and `control` share: routes, the query, the way to a worker and back. */
#ifndef TB_SERVER_CALLS_H
#define TB_SERVER_CALLS_H

#include "core/server/inner.h"

void api_head(request *r, const char *finding); /* route, method, query; may refuse */
void api_complete(request *r);
void api_back(request *r, bool late);

#endif
