/* SPDX-License-Identifier: Apache-2.0 */
/* The door of a system, behind whatever carries requests: here it is decided whether a request reaches its
 * machine and whether an answer comes back, and here the call takes its time. */
#include "sdk/sim/frame.h"
#include "sdk/sim/sitoo.h"

#include <string.h>

static bool before_effect(fault_kind kind)
{
    return kind >= FAULT_429_CONCURRENCY && kind <= FAULT_ANSWER;
}

static void into_machine(int system, const sim_request *q, sim_answer *a, fault_draw draw)
{
    ENV_HOLD(&sim_world.lock);
    if (before_effect(draw.kind))
        faults_answer(system, draw, a);
    else if (draw.kind == FAULT_SLOW_EFFECT && strcmp(q->method, "GET"))
        slow_add(system, q, draw.ms);
    else if (system == SIM_SITOO)
        sitoo_handle(sim_world.sitoo, q, a);
    else
        adobe_handle(sim_world.adobe, q, a);
    observer_step(STEP_CALL);
}

static size_t rows_in(const sim_answer *a)
{
    size_t rows = 0;
    for (const char *p = buffer_text(&a->body); (p = strstr(p, "},{")); p += 2)
        rows++;
    return rows;
}

/* Sitoo's own time: a call occupies its API user's lane while it lasts. */
static void call_sitoo(const sim_request *q, sim_answer *a, fault_draw draw)
{
    env_lock(&sim_world.lock);
    bool in = sitoo_lane_enter(sim_world.sitoo, q, a);
    int64_t wait = sitoo_latency(sim_world.sitoo) + draw.latency;
    int64_t row = setting_int("sitoo", "latency_row_ms");
    env_unlock(&sim_world.lock);
    if (!in)
        return;
    if (wait)
        world_sleep(wait);
    into_machine(SIM_SITOO, q, a, draw);
    if (row)
        world_sleep(row * (int64_t)rows_in(a));
    env_lock(&sim_world.lock);
    sitoo_lane_leave(sim_world.sitoo, q);
    env_unlock(&sim_world.lock);
}

/* The shop works on several calls at once; each takes its time, and more for each row in its body. */
static int64_t adobe_latency(const sim_request *q)
{
    ENV_HOLD(&sim_world.lock);
    int64_t each = setting_int("adobe", "latency_row_ms"), rows = 0;
    for (const char *p = q->body; each && (p = strchr(p, '{')); p++)
        rows++;
    return setting_int("adobe", "latency_ms") + (rows ? rows - 1 : 0) * each;
}

static void call_adobe(const sim_request *q, sim_answer *a, fault_draw draw)
{
    int64_t wait = adobe_latency(q) + draw.latency;
    if (wait)
        world_sleep(wait);
    into_machine(SIM_ADOBE, q, a, draw);
}

bool door_call(int system, const sim_request *q, sim_answer *a, fault_draw *draw)
{
    env_lock(&sim_world.lock);
    bool undisturbed = q->header(q, "X-Undisturbed"); /* a test that looks on */
    *draw =
        undisturbed ? (fault_draw){0} : faults_draw(sim_system_names[system], q->method, q->path, q->query);
    bool down = sim_world.down[system];
    env_unlock(&sim_world.lock);
    if (down)
        json_decref(draw->answer);
    if (down || draw->kind == FAULT_CUT_BEFORE)
        return false;
    if (system == SIM_SITOO)
        call_sitoo(q, a, *draw);
    else
        call_adobe(q, a, *draw);
    json_decref(draw->answer);
    draw->answer = NULL;
    return draw->kind != FAULT_CUT_AFTER && draw->kind != FAULT_SLOW_EFFECT && !sim_world.stopping;
}
