/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of the demonstration's daemon: both pipelines of the sample, with the simulators'
 * addresses. The simulators never act late on a call whose answer was lost, so server-time is short: what is
 * unknown after an outage is looked up soon. */
#include "core/cli/demo.h"
#include "core/cli/cli.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char template_[] =
    "journal = \"%s/journal.db\";\n"
    "listen = { events = \"127.0.0.1:%d\"; admin = \"127.0.0.1:%d\"; control = \"%s/control\"; };\n"
    "authority = { stock = \"sitoo\"; order = \"adobe\"; };\n"
    "connections = {\n"
    "  sitoo = { url = \"http://127.0.0.1:%d/v2/accounts/1500\";\n"
    "            auth = { type = \"basic\"; user = \"1500-12\"; password = \"sim-secret\"; };\n"
    "            webhook = { user = \"sitoo\"; password = \"demo-events\"; };\n"
    "            concurrency = 1; rate = \"5/s\"; server-time = \"5s\"; };\n"
    "  adobe = { url = \"http://127.0.0.1:%d/rest/all\";\n"
    "            auth = { type = \"oauth1\"; consumer-key = \"%s\"; consumer-secret = \"%s\";\n"
    "                     access-token = \"%s\"; access-token-secret = \"%s\"; };\n"
    "            concurrency = 2; rate = \"40/s\"; server-time = \"5s\"; };\n"
    "};\n"
    "tables = { locations = \"locations.csv\"; skus = \"skus.csv\"; payments = \"payments.csv\"; };\n"
    "pipelines = (\n"
    "  { name = \"stock\"; owner = \"ecommerce\"; mode = \"latest\"; freshness = \"60s\";\n"
    "    sources    = ( { plugin = \"sitoo-source\"; connection = \"sitoo\"; stream = \"stock\"; site = 1;\n"
    "                     every = \"5s\"; events = true; locations = \"locations\"; skus = \"skus\"; },\n"
    "                   { records = ( \"stock.level\" ); } );\n"
    "    transforms = ( { plugin = \"stock-rule\"; reserved = \"orders/reserved\"; } );\n"
    "    sinks      = ( { plugin = \"adobe-sink\"; connection = \"adobe\"; } );\n"
    "    deliver    = { batch = 100; linger = \"500ms\"; }; },\n"
    "  { name = \"orders\"; owner = \"customer care\"; mode = \"latest\"; freshness = \"60s\";\n"
    "    sources    = (\n";

static const char rest_[] =
    "      { plugin = \"sitoo-source\"; connection = \"sitoo\"; stream = \"orders\"; site = 1; every = "
    "\"5s\";\n"
    "        events = true; sweep = \"1m\"; } );\n"
    "    transforms = ( { plugin = \"sku-map\"; skus = \"skus\"; unmapped = \"same\"; },\n"
    "                   { plugin = \"tax-normalizer\"; },\n"
    "                   { plugin = \"order-router\"; locations = \"locations\"; },\n"
    "                   { plugin = \"order-bridge\"; payments = \"payments\"; locations = \"locations\"; } "
    ");\n"
    "    sinks      = ( { plugin = \"sitoo-sink\"; connection = \"sitoo\"; site = 1; },\n"
    "                   { plugin = \"adobe-sink\"; connection = \"adobe\"; } );\n"
    "    deliver    = { batch = 20; linger = \"500ms\"; }; } );\n";

/* The shop's orders and what is made of them, from yesterday on. */
static void write_streams(FILE *f)
{
    static const char *const streams[] = {"orders", "shipments", "invoices", "creditmemos"};
    char day[CLI_TIME];
    cli_time(env_now() - 86400000, day);
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++)
        fprintf(f,
                "      { plugin = \"adobe-source\"; connection = \"adobe\"; stream = \"%s\";\n"
                "        from = \"%.10sT00:00Z\"; every = \"%s\"; },\n",
                streams[i], day, i ? "5s" : "1s");
}

/* When each way to pay gives its money: see demo_orders.c. */
static int write_payments(const demo *d)
{
    char path[600];
    snprintf(path, sizeof path, "%s/payments.csv", d->dir);
    FILE *f = fopen(path, "w");
    if (!f)
        return -1;
    fprintf(f, "method,class\n");
    for (const demo_payment *p = demo_payments; p->method; p++)
        fprintf(f, "%s,%s\n", p->method, p->class_);
    return fclose(f);
}

int demo_write_configuration(const demo *d, const char *path)
{
    json_t *state = demo_ask(d, d->control_port, "GET", "/state", NULL);
    const char *k = NULL, *ks = NULL, *t = NULL, *ts = NULL;
    json_t *keys = json_object_get(json_object_get(state, "credentials"), "adobe");
    int bad = json_unpack(keys, "{s:s, s:s, s:s, s:s}", "consumer_key", &k, "consumer_secret", &ks,
                          "access_token", &t, "access_token_secret", &ts);
    FILE *f = bad || write_payments(d) ? NULL : fopen(path, "w");
    if (f) {
        fprintf(f, template_, d->dir, d->events_port, d->admin_port, d->dir, d->sitoo_port, d->adobe_port, k,
                ks, t, ts);
        write_streams(f);
        fputs(rest_, f);
        bad = fclose(f);
    }
    if (bad || !f)
        fprintf(stderr, "demo: %s could not be written: %s\n", path,
                bad ? "the simulators say no keys" : strerror(errno));
    json_decref(state);
    return f && !bad ? 0 : -1;
}

/* The folder was made by the demo and holds plain files only. */
void demo_remove_folder(const char *path)
{
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
            unlinkat(dirfd(dir), e->d_name, 0);
    if (dir)
        closedir(dir);
    rmdir(path);
}
