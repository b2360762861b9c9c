/* SPDX-License-Identifier: Apache-2.0 */
/* The control interface: one table of routes. A request that asks for nonsense is answered 400 with a
 * sentence. */
#include "sdk/sim/compare.h"
#include "sdk/sim/frame.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    const char *rest; /* of the path, behind a route that ends with / */
    json_t *query, *body;
    char why[200]; /* set: 400 */
} control;

static json_t *refuse(control *c, const char *text)
{
    snprintf(c->why, sizeof c->why, "%s", text);
    return NULL;
}

static json_t *get_state(control *c)
{
    (void)c;
    return json_pack("{s{si si si} si si s{ss ss so} so so so so s{sb sb} so}", "ports", "sitoo",
                     sim_world.ports[0], "adobe", sim_world.ports[1], "control", sim_world.ports[2], "stores",
                     (int)sim_world.store_count, "skus", (int)sim_world.sku_count, "credentials",
                     "sitoo_user", "1500-12", "sitoo_password", "sim-secret", "adobe",
                     json_pack("{ss ss ss ss}", "consumer_key", SIM_CONSUMER_KEY, "consumer_secret",
                               SIM_CONSUMER_SECRET, "access_token", SIM_TOKEN, "access_token_secret",
                               SIM_TOKEN_SECRET),
                     "tills", tills_state(), "events", events_state(), "effects", world_effect_totals(),
                     "observer", observer_state(), "down", "sitoo", sim_world.down[0], "adobe",
                     sim_world.down[1], "settings", json_deep_copy(sim_world.settings));
}

static json_t *get_sitoo(control *c)
{
    (void)c;
    return compare_sitoo();
}

static json_t *get_adobe(control *c)
{
    (void)c;
    return compare_adobe();
}

static json_t *get_compare(control *c)
{
    return compare_ends(query_int(c->query, "buffer", 0));
}

static json_t *get_compare_orders(control *c)
{
    (void)c;
    return compare_orders();
}

static json_t *get_goal(control *c)
{
    return compare_goal(query_int(c->query, "buffer", 0));
}

static json_t *get_effects(control *c)
{
    const char *system = query_text(c->query, "system");
    if (system && sim_system_of(system) < 0)
        return refuse(c, "system is sitoo or adobe");
    return world_effects(system, query_int(c->query, "since", 0), query_int(c->query, "limit", 10000));
}

static json_t *get_observer(control *c)
{
    (void)c;
    return observer_state();
}

static json_t *get_faults(control *c)
{
    (void)c;
    return faults_list();
}

static json_t *post_fault(control *c)
{
    return faults_add(c->body, c->why, sizeof c->why) ? NULL : faults_list();
}

static json_t *delete_faults(control *c)
{
    (void)c;
    faults_clear();
    return faults_list();
}

static json_t *get_tills(control *c)
{
    (void)c;
    return tills_state();
}

static json_t *post_tills(control *c)
{
    if (!strcmp(c->rest, "run"))
        return tills_run(c->body, c->why, sizeof c->why);
    if (strcmp(c->rest, "stop"))
        return tills_step(c->rest, c->body, c->why, sizeof c->why);
    tills_stop();
    env_broadcast(&sim_world.changed);
    return tills_state();
}

static json_t *post_system(control *c)
{
    int system = sim_system_of(json_string_value(json_object_get(c->body, "name")));
    json_t *down = json_object_get(c->body, "down");
    if (system < 0 || !json_is_boolean(down))
        return refuse(c, "name is sitoo or adobe, down is true or false");
    sim_world.down[system] = json_is_true(down);
    return json_pack("{ss sb}", "name", sim_system_names[system], "down", sim_world.down[system]);
}

static json_t *post_adobe(control *c)
{
    const char *why = "refused";
    json_t *done = adobe_control(sim_world.adobe, c->rest, c->body, &why);
    observer_step(STEP_SHOP);
    return done ? done : refuse(c, why);
}

static json_t *post_settings(control *c)
{
    if (settings_patch(sim_world.settings, c->body, c->why, sizeof c->why))
        return NULL;
    env_broadcast(&sim_world.changed);
    return json_deep_copy(sim_world.settings);
}

static json_t *post_shutdown(control *c)
{
    (void)c;
    sim_shutdown();
    return json_pack("{sb}", "stopping", 1);
}

static const struct {
    const char *method, *path; /* one that ends with / takes what follows */
    json_t *(*run)(control *c);
} routes[] = {
    {"GET", "/state", get_state},
    {"GET", "/state/sitoo", get_sitoo},
    {"GET", "/state/adobe", get_adobe},
    {"GET", "/compare", get_compare},
    {"GET", "/compare/orders", get_compare_orders},
    {"GET", "/goal", get_goal},
    {"GET", "/effects", get_effects},
    {"GET", "/observer", get_observer},
    {"GET", "/faults", get_faults},
    {"POST", "/faults", post_fault},
    {"DELETE", "/faults", delete_faults},
    {"GET", "/tills", get_tills},
    {"POST", "/tills/", post_tills},
    {"POST", "/system", post_system},
    {"POST", "/adobe/", post_adobe},
    {"POST", "/settings", post_settings},
    {"POST", "/shutdown", post_shutdown},
};

static bool matches(const char *pattern, const char *path)
{
    size_t n = strlen(pattern);
    return pattern[n - 1] == '/' ? !strncmp(path, pattern, n) && path[n] : !strcmp(path, pattern);
}

static void answer_error(sim_answer *a, int status, const char *text)
{
    answer_json(a, status, json_pack("{ss}", "error", text));
}

static void run_route(size_t i, const sim_request *q, sim_answer *a)
{
    control c = {.rest = q->path + strlen(routes[i].path), .query = query_parse(q->query)};
    c.body = q->body_size ? json_loadb(q->body, q->body_size, 0, NULL) : json_object();
    json_t *done = NULL;
    if (!json_is_object(c.body))
        snprintf(c.why, sizeof c.why, "the body must be a JSON object");
    else
        done = routes[i].run(&c);
    if (done)
        answer_json(a, 200, done);
    else
        answer_error(a, 400, *c.why ? c.why : "refused");
    json_decref(c.query);
    json_decref(c.body);
}

void control_handle(const sim_request *q, sim_answer *a)
{
    ENV_HOLD(&sim_world.lock);
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (!strcmp(routes[i].method, q->method) && matches(routes[i].path, q->path)) {
            run_route(i, q, a);
            return;
        }
    answer_error(a, 404, "there is no such control route");
}
