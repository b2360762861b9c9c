/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of the demonstration's daemon: the stock pipeline of the sample, with the simulators'
 * addresses. */
#include "core/cli/demo.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char template_[] =
    "journal = \"%s/journal.db\";\n"
    "listen = { events = \"127.0.0.1:%d\"; admin = \"127.0.0.1:%d\"; control = \"%s/control\"; };\n"
    "authority = { stock = \"sitoo\"; };\n"
    "connections = {\n"
    "  sitoo = { url = \"http://127.0.0.1:%d/v2/accounts/1500\";\n"
    "            auth = { type = \"basic\"; user = \"1500-12\"; password = \"sim-secret\"; };\n"
    "            webhook = { user = \"sitoo\"; password = \"demo-events\"; };\n"
    "            concurrency = 1; rate = \"20/s\"; };\n"
    "  adobe = { url = \"http://127.0.0.1:%d/rest/all\";\n"
    "            auth = { type = \"oauth1\"; consumer-key = \"%s\"; consumer-secret = \"%s\";\n"
    "                     access-token = \"%s\"; access-token-secret = \"%s\"; };\n"
    "            concurrency = 2; rate = \"20/s\"; };\n"
    "};\n"
    "tables = { locations = \"locations.csv\"; skus = \"skus.csv\"; };\n"
    "pipelines = (\n"
    "  { name = \"stock\"; owner = \"ecommerce\"; mode = \"latest\"; freshness = \"60s\";\n"
    "    sources    = ( { plugin = \"sitoo-source\"; connection = \"sitoo\"; stream = \"stock\"; site = 1;\n"
    "                     every = \"5s\"; events = true; locations = \"locations\"; skus = \"skus\"; } );\n"
    "    transforms = ( { plugin = \"stock-rule\"; } );\n"
    "    sinks      = ( { plugin = \"adobe-sink\"; connection = \"adobe\"; } );\n"
    "    deliver    = { batch = 100; linger = \"500ms\"; }; } );\n";

int demo_write_configuration(const demo *d, const char *path)
{
    json_t *state = demo_ask(d, d->control_port, "GET", "/state", NULL);
    const char *k = NULL, *ks = NULL, *t = NULL, *ts = NULL;
    json_t *keys = json_object_get(json_object_get(state, "credentials"), "adobe");
    int bad = json_unpack(keys, "{s:s, s:s, s:s, s:s}", "consumer_key", &k, "consumer_secret", &ks,
                          "access_token", &t, "access_token_secret", &ts);
    FILE *f = bad ? NULL : fopen(path, "w");
    if (f) {
        fprintf(f, template_, d->dir, d->events_port, d->admin_port, d->dir, d->sitoo_port, d->adobe_port, k,
                ks, t, ts);
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
