/* SPDX-License-Identifier: Apache-2.0 */
/* The floors that figures are divided by, taken on the same machine in the same run:
 *
 * bench-floor http: a bare libmicrohttpd responder with the listener's own settings. Reads the body, answers
 * 200. Says its port, ends with its standard input.
 *
 * bench-floor commit FILE ROWS SECONDS [RATE]: group commits of ROWS inbox rows with their indexes and dedup
 * ids, as the journal writes them (WAL, synchronous=FULL). Says rows a second; at so many commits a second:
 * what one took.
 *
 * bench-floor post URL HEADER FILE: posts each line of the file as JSON, one after the other over one
 * connection of libcurl that is kept, and does nothing with the answers. Says how many were answered with
 * 200, and calls a second.
 */
#include <curl/curl.h>
#include <microhttpd.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST_TIMES = 1 << 20 };

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- http ---- */

static enum MHD_Result answer(void *arg, struct MHD_Connection *c, const char *url, const char *method,
                              const char *version, const char *data, size_t *size, void **mine)
{
    static int seen;
    (void)arg, (void)url, (void)method, (void)version, (void)data;
    if (!*mine) {
        *mine = &seen;
        return MHD_YES;
    }
    if (*size) {
        *size = 0;
        return MHD_YES;
    }
    struct MHD_Response *r = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result queued = MHD_queue_response(c, 200, r);
    MHD_destroy_response(r);
    return queued;
}

static int http_floor(void)
{
    char line[8];
    struct MHD_Daemon *d =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, answer,
                         NULL, MHD_OPTION_CONNECTION_LIMIT, 1000u, MHD_OPTION_END);
    if (!d)
        return fprintf(stderr, "bench-floor: the responder did not start\n"), 1;
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT);
    printf("%d\n", info ? info->port : 0);
    fflush(stdout);
    while (fgets(line, sizeof line, stdin))
        ;
    MHD_stop_daemon(d);
    return 0;
}

/* ---- commit ---- */

static const char schema[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-16384;"
    "CREATE TABLE inbox(id INTEGER PRIMARY KEY AUTOINCREMENT, connection TEXT NOT NULL, received INT NOT "
    "NULL,"
    " hash BLOB NOT NULL, crc INT NOT NULL, body BLOB NOT NULL, kept INT NOT NULL DEFAULT 0);"
    "CREATE UNIQUE INDEX inbox_hash ON inbox(connection, hash);"
    "CREATE INDEX inbox_order ON inbox(connection, id);"
    "CREATE TABLE dedup(scope TEXT, id BLOB, at INT NOT NULL, PRIMARY KEY(scope, id)) WITHOUT ROWID;"
    "CREATE INDEX dedup_at ON dedup(at);";

static int insert_rows(sqlite3_stmt *inbox, sqlite3_stmt *dedup, int rows, uint64_t *state)
{
    char body[256], id[80];
    uint64_t hash[4];
    for (int i = 0; i < rows; i++) {
        for (int k = 0; k < 4; k++)
            hash[k] = *state = *state * 6364136223846793005u + 1442695040888963407u;
        memset(body, 'x', 190);
        snprintf(id, sizeof id, "%016llx%016llx%016llx%016llx", (unsigned long long)hash[0],
                 (unsigned long long)hash[1], (unsigned long long)hash[2], (unsigned long long)hash[3]);
        sqlite3_bind_blob(inbox, 1, hash, sizeof hash, SQLITE_TRANSIENT);
        sqlite3_bind_blob(inbox, 2, body, 190, SQLITE_TRANSIENT);
        sqlite3_bind_text(dedup, 1, id, -1, SQLITE_TRANSIENT);
        if (sqlite3_step(dedup) != SQLITE_DONE || sqlite3_step(inbox) != SQLITE_DONE)
            return -1;
        sqlite3_reset(dedup);
        sqlite3_reset(inbox);
    }
    return 0;
}

static int open_floor(const char *path, sqlite3 **db, sqlite3_stmt **inbox, sqlite3_stmt **dedup)
{
    unlink(path);
    if (!sqlite3_open(path, db) && !sqlite3_exec(*db, schema, NULL, NULL, NULL) &&
        !sqlite3_prepare_v2(
            *db, "INSERT INTO inbox(connection, received, hash, crc, body) VALUES('sitoo', 1, ?1, 7, ?2)", -1,
            inbox, NULL) &&
        !sqlite3_prepare_v2(*db, "INSERT OR IGNORE INTO dedup VALUES('sitoo', ?1, 1)", -1, dedup, NULL))
        return 0;
    return fprintf(stderr, "bench-floor: %s\n", sqlite3_errmsg(*db)), 1;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void say_times(double *times, int64_t n)
{
    qsort(times, (size_t)n, sizeof *times, by_value);
    printf("{\"p50_ms\": %.3f, \"p99_ms\": %.3f}\n", n ? times[n / 2] * 1e3 : 0,
           n ? times[n * 99 / 100] * 1e3 : 0);
}

static void wait_for(double when)
{
    double left = when - now_s();
    struct timespec t = {(time_t)left, (long)((left - (double)(time_t)left) * 1e9)};
    if (left > 0)
        nanosleep(&t, NULL);
}

/* RATE 0: as fast as they go, says rows a second; else so many commits a second, says what one took. */
static int commit_floor(const char *path, int rows, double seconds, double rate)
{
    static double times[MOST_TIMES];
    sqlite3 *db = NULL;
    sqlite3_stmt *inbox = NULL, *dedup = NULL;
    uint64_t state = 42;
    int64_t n = 0, timed = 0;
    if (open_floor(path, &db, &inbox, &dedup))
        return 1;
    double began = now_s(), turn = began;
    for (int wal = 0; (turn = now_s()) - began < seconds;) {
        if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) ||
            insert_rows(inbox, dedup, rows, &state) || sqlite3_exec(db, "COMMIT", NULL, NULL, NULL))
            return fprintf(stderr, "bench-floor: %s\n", sqlite3_errmsg(db)), 1;
        n += rows;
        if (rate > 0 && timed < MOST_TIMES)
            times[timed++] = now_s() - turn;
        if ((wal += rows) > 4000) { /* about 4 MiB */
            sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
            wal = 0;
        }
        if (rate > 0)
            wait_for(began + (double)timed / rate);
    }
    if (rate > 0)
        say_times(times, timed);
    else
        printf("%.1f\n", (double)n / (now_s() - began));
    sqlite3_finalize(inbox);
    sqlite3_finalize(dedup);
    sqlite3_close(db);
    return 0;
}

/* ---- post ---- */

static size_t forget(char *data, size_t one, size_t n, void *arg)
{
    (void)data, (void)one, (void)arg;
    return n;
}

static long post_lines(CURL *h, FILE *in, long *answered)
{
    char *line = NULL;
    size_t room = 0;
    long n = 0;
    for (ssize_t size; (size = getline(&line, &room, in)) > 1; n++) {
        long status = 0;
        curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE, (long)size - 1);
        curl_easy_setopt(h, CURLOPT_POSTFIELDS, line);
        if (!curl_easy_perform(h))
            curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
        *answered += status == 200;
    }
    free(line);
    return n;
}

static int post_floor(const char *url, const char *header, const char *path)
{
    FILE *in = fopen(path, "re");
    CURL *h = curl_easy_init();
    struct curl_slist *headers =
        curl_slist_append(curl_slist_append(NULL, "Content-Type: application/json"), header);
    long answered = 0;
    if (!in || !h || !headers)
        return fprintf(stderr, "bench-floor: cannot post %s\n", path), 1;
    curl_easy_setopt(h, CURLOPT_URL, url);
    curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, forget);
    double began = now_s();
    long n = post_lines(h, in, &answered);
    printf("{\"answered\": %ld, \"per_second\": %.1f}\n", answered, (double)n / (now_s() - began));
    curl_easy_cleanup(h);
    curl_slist_free_all(headers);
    fclose(in);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "http"))
        return http_floor();
    if ((argc == 5 || argc == 6) && !strcmp(argv[1], "commit"))
        return commit_floor(argv[2], (int)strtol(argv[3], NULL, 10), strtod(argv[4], NULL),
                            argc == 6 ? strtod(argv[5], NULL) : 0);
    if (argc == 5 && !strcmp(argv[1], "post"))
        return post_floor(argv[2], argv[3], argv[4]);
    fprintf(stderr, "usage: bench-floor http | commit FILE ROWS SECONDS [RATE] | post URL HEADER FILE\n");
    return 2;
}
