/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP exchanges by libcurl: one easy handle a client, so the connection is kept between exchanges. What
 * makes an answer trustworthy is decided here once: a body cut short, a redirect or an answer over the limit
 * is never "answered", and only a connection that was never made counts as "nothing happened". */
#include "core/base/env.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

enum { DEFAULT_TIMEOUT = 30000, DEFAULT_MAX = 32 << 20, LEAST_REAL_TIMEOUT = 5000 };

struct env_client {
    CURL *curl;
};

typedef struct {
    env_answer *answer;
    const env_request *request;
    size_t max;
    bool too_large;
} exchange;

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void curl_setup(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

env_client *env_client_new(void)
{
    pthread_once(&curl_once, curl_setup);
    env_client *c = calloc(1, sizeof *c);
    if (c && !(c->curl = curl_easy_init())) {
        free(c);
        c = NULL;
    }
    return c;
}

void env_client_free(env_client *c)
{
    if (c)
        curl_easy_cleanup(c->curl);
    free(c);
}

static size_t on_body(char *data, size_t one, size_t n, void *arg)
{
    (void)one;
    exchange *x = arg;
    if (x->answer->body.size + n > x->max) {
        x->too_large = true;
        return 0;
    }
    return buffer_add(&x->answer->body, data, n) ? 0 : n;
}

static size_t on_header(char *data, size_t one, size_t n, void *arg)
{
    (void)one;
    exchange *x = arg;
    if (n >= 5 && !memcmp(data, "HTTP/", 5))
        buffer_clear(&x->answer->headers); /* a 100 Continue came before */
    if (x->answer->headers.size + n > 65536)
        return 0;
    return buffer_add(&x->answer->headers, data, n) ? 0 : n;
}

static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    const exchange *x = arg;
    return x->request->abort && atomic_load(x->request->abort);
}

static bool is_loopback(const char *host)
{
    struct in_addr address;
    return !strcmp(host, "localhost") || !strcmp(host, "[::1]") ||
           (inet_pton(AF_INET, host, &address) == 1 && (ntohl(address.s_addr) >> 24) == 127);
}

/* https, or http to loopback: tills and shops are never spoken to in the clear. */
static bool url_allowed(const char *text)
{
    CURLU *url = curl_url();
    char *scheme = NULL, *host = NULL;
    bool ok = url && !curl_url_set(url, CURLUPART_URL, text, 0) &&
              !curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) &&
              !curl_url_get(url, CURLUPART_HOST, &host, 0) &&
              (!strcmp(scheme, "https") || (!strcmp(scheme, "http") && is_loopback(host)));
    curl_free(scheme);
    curl_free(host);
    curl_url_cleanup(url);
    return ok;
}

static struct curl_slist *header_list(const char *const *headers, bool *ok)
{
    struct curl_slist *list = NULL, *longer;
    for (; headers && *headers; headers++, list = longer) {
        longer = strpbrk(*headers, "\r\n") ? NULL : curl_slist_append(list, *headers);
        if (!longer) {
            *ok = false;
            break;
        }
    }
    return list;
}

static void set_options(CURL *h, const env_request *q, exchange *x, struct curl_slist *headers)
{
    double timeout = (double)(q->timeout > 0 ? q->timeout : DEFAULT_TIMEOUT) / env_clock_rate();
    if (env_clock_rate() > 1.0 && timeout < LEAST_REAL_TIMEOUT)
        timeout = LEAST_REAL_TIMEOUT; /* a fast clock does not make the machine faster */
    curl_easy_reset(h);
    curl_easy_setopt(h, CURLOPT_URL, q->url);
    curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, q->method);
    curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_FRESH_CONNECT, q->once ? 1L : 0L);
    curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(h, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(h, CURLOPT_PROXY, "");
    curl_easy_setopt(h, CURLOPT_UNIX_SOCKET_PATH, q->unix_socket); /* NULL: none */
    curl_easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(h, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)timeout);
    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)(timeout < 10000 ? timeout : 10000));
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(h, CURLOPT_HEADERDATA, x);
    curl_easy_setopt(h, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(h, CURLOPT_XFERINFODATA, x);
    if (q->body) {
        curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body_size);
        curl_easy_setopt(h, CURLOPT_POSTFIELDS, q->body);
    } else if (!strcmp(q->method, "POST") || !strcmp(q->method, "PUT")) {
        curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE, 0L);
        curl_easy_setopt(h, CURLOPT_POSTFIELDS, "");
    }
}

/* Errors that are known to come before the first byte of a request is sent. */
static bool never_sent(CURLcode code)
{
    return code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
           code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION ||
           code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CACERT_BADFILE;
}

static void judge(CURL *h, CURLcode code, exchange *x, const char *detail)
{
    env_answer *a = x->answer;
    long status = 0, sent = 0;
    curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(h, CURLINFO_REQUEST_SIZE, &sent);
    a->status = (int)status;
    if (code == CURLE_OK && a->body.failed)
        code = CURLE_OUT_OF_MEMORY;
    if (code == CURLE_OK)
        a->fate = ENV_ANSWERED;
    else if (x->too_large)
        a->fate = ENV_TOO_LARGE;
    else
        a->fate = never_sent(code) || !sent ? ENV_REFUSED : ENV_LOST;
    if (x->too_large)
        snprintf(a->why, sizeof a->why, "the answer is larger than %zu bytes", x->max);
    else if (code != CURLE_OK)
        snprintf(a->why, sizeof a->why, "%.*s", (int)sizeof a->why - 1,
                 *detail ? detail : curl_easy_strerror(code));
}

void env_exchange(env_client *c, const env_request *q, env_answer *a)
{
    char detail[CURL_ERROR_SIZE] = "";
    exchange x = {.answer = a, .request = q, .max = q->max_answer ? q->max_answer : DEFAULT_MAX};
    bool ok = true;
    *a = (env_answer){.fate = ENV_INVALID};
    if (!url_allowed(q->url)) {
        snprintf(a->why, sizeof a->why, "only https is spoken (http to loopback)");
        return;
    }
    struct curl_slist *headers = header_list(q->headers, &ok);
    if (ok) {
        int64_t start = env_mono();
        set_options(c->curl, q, &x, headers);
        curl_easy_setopt(c->curl, CURLOPT_ERRORBUFFER, detail);
        CURLcode code = curl_easy_perform(c->curl);
        judge(c->curl, code, &x, detail);
        a->took = env_mono() - start;
        curl_easy_setopt(c->curl, CURLOPT_ERRORBUFFER, NULL);
    } else {
        snprintf(a->why, sizeof a->why, "a header value holds a line break");
    }
    curl_slist_free_all(headers);
}
