/* SPDX-License-Identifier: Apache-2.0 */
/* Text for people: times in UTC, ages in the two largest units, colour where a terminal shows it. */
#include "core/cli/cli.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

char *cli_time(int64_t ms, char out[CLI_TIME])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    if (ms <= 0 || !gmtime_r(&seconds, &tm) || !strftime(out, CLI_TIME, "%Y-%m-%dT%H:%M:%SZ", &tm))
        snprintf(out, CLI_TIME, "-");
    return out;
}

char *cli_age(int64_t ms, char out[CLI_AGE])
{
    static const struct {
        int64_t ms;
        const char *name;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "min"}, {1000, "s"}};
    int i = 0;
    if (ms < 60000) {
        snprintf(out, CLI_AGE, ms < 10000 ? "%.1f s" : "%.0f s", (double)(ms > 0 ? ms : 0) / 1000);
        return out;
    }
    while (ms < units[i].ms)
        i++;
    int whole = (int)(ms / units[i].ms), rest = (int)(ms % units[i].ms / units[i + 1].ms);
    if (rest)
        snprintf(out, CLI_AGE, "%d %s %d %s", whole, units[i].name, rest, units[i + 1].name);
    else
        snprintf(out, CLI_AGE, "%d %s", whole, units[i].name);
    return out;
}

const char *cli_colour(const char *sequence)
{
    static const struct {
        const char *sequence, *text;
    } known[] = {
        {"0", "\033[0m"}, {"1", "\033[1m"}, {"31", "\033[31m"}, {"32", "\033[32m"}, {"33", "\033[33m"}};
    const char *no = getenv("NO_COLOR");
    if ((no && *no) || !isatty(STDOUT_FILENO))
        return "";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!strcmp(known[i].sequence, sequence))
            return known[i].text;
    }
    return "";
}

int64_t cli_number(const json_t *o, const char *name)
{
    return json_integer_value(json_object_get(o, name));
}

const char *cli_text(const json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));
    return text ? text : "";
}

void cli_print_json(const json_t *o)
{
    json_dumpf(o, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
    fputc('\n', stdout);
}
