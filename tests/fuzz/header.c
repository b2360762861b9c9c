/* SPDX-License-Identifier: Apache-2.0 */
/* Headers, ours and theirs. What we sign is one line of printable characters whose signature is right; the
 * base string holds what RFC 5849 says, in its order. What they answer is read within its bounds.
 *
 * Input: a byte for the kind of authentication, then lines: four secrets, host, path, query; the rest is the
 * head and body of an answer. */
#include "tests/fuzz/fuzz.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <strings.h>

#include "core/engine/exchange.h"
#include "core/engine/sign.h"

enum { MOST_PAIRS = 64, OAUTH_PAIRS = 6 };
#define NONCE "0123456789abcdefghijklmnopqrstuv"

typedef struct signing {
    config_connection c;
    char *host, *path, *query;
} signing;

static int hex(char c)
{
    const char *digits = "0123456789ABCDEF0123456789abcdef", *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) % 16 : -1;
}

/* %XX decoded, nothing else; strict: whatever is not unreserved must be encoded. The caller frees. */
static char *decoded(const char *text, size_t n, bool strict, size_t *size)
{
    char *out = calloc(1, n + 1);
    MUST(out, "no memory");
    *size = 0;
    for (size_t i = 0; i < n; i++) {
        bool escape = text[i] == '%' && i + 2 < n + (n > 0) && i + 2 <= n - 1 && hex(text[i + 1]) >= 0 &&
                      hex(text[i + 2]) >= 0;
        MUST(!strict || escape || isalnum((unsigned char)text[i]) || (text[i] && strchr("-._~", text[i])),
             "byte %02x in %.*s", (unsigned char)text[i], (int)n, text);
        out[(*size)++] = escape ? (char)(hex(text[i + 1]) * 16 + hex(text[i + 2])) : text[i];
        i += escape ? 2 : 0;
    }
    return out;
}

/* ---- the base string ---- */

/* Whether the pair stands among those of the base string: both decoded. */
static bool has_pair(char *const *pairs, int n, const char *name, size_t name_n, const char *value,
                     size_t value_n)
{
    bool found = false;
    size_t a, b, c, d;
    char *wanted_name = decoded(name, name_n, false, &a), *wanted_value = decoded(value, value_n, false, &b);
    for (int i = 0; i < n && !found; i++) {
        const char *equals = strchr(pairs[i], '=');
        char *left = decoded(pairs[i], (size_t)(equals - pairs[i]), true, &c);
        char *right = decoded(equals + 1, strlen(equals + 1), true, &d);
        found = a == c && b == d && !memcmp(left, wanted_name, a) && !memcmp(right, wanted_value, b);
        free(left);
        free(right);
    }
    free(wanted_name);
    free(wanted_value);
    return found;
}

static int take_pairs(char *text, char **pairs)
{
    int n = 0;
    for (char *save, *p = strtok_r(text, "&", &save); p; p = strtok_r(NULL, "&", &save)) {
        char *equals = strchr(p, '=');
        MUST(n < MOST_PAIRS && equals && !strchr(equals + 1, '='), "pair %s", p);
        pairs[n++] = p;
    }
    return n;
}

/* By name, then by value, byte by byte. */
static void check_order(char *const *pairs, int n)
{
    for (int i = 1; i < n; i++) {
        size_t a = strcspn(pairs[i - 1], "="), b = strcspn(pairs[i], "=");
        int names = memcmp(pairs[i - 1], pairs[i], a < b ? a : b);
        bool same = a == b && !names;
        MUST(names < 0 || (!names && a < b) || (same && strcmp(pairs[i - 1] + a, pairs[i] + b) <= 0),
             "%s stands before %s", pairs[i - 1], pairs[i]);
    }
}

static void check_query(const char *query, char *const *pairs, int n)
{
    int there = 0;
    for (const char *p = query; *p; p += *p == '&') {
        size_t size = strcspn(p, "&"), name = strcspn(p, "=");
        if (name < size && there++ < MOST_PAIRS - OAUTH_PAIRS)
            MUST(has_pair(pairs, n, p, name, p + name + 1, size - name - 1), "%.*s is not signed", (int)size,
                 p);
        p += size;
    }
    MUST(n == OAUTH_PAIRS + (there < MOST_PAIRS - OAUTH_PAIRS ? there : MOST_PAIRS - OAUTH_PAIRS),
         "%d pairs for a query of %d", n, there);
}

static void check_base(const signing *s, const char *base)
{
    char *pairs[MOST_PAIRS];
    size_t size, url_n = strcspn(base + 4, "&");
    MUST(!strncmp(base, "GET&", 4) && base[4 + url_n] == '&' && !strchr(base + 5 + url_n, '&'), "%s", base);
    char *url = decoded(base + 4, url_n, true, &size);
    MUST(!strncmp(url, "https://", 8) && size >= 8 + strlen(s->path) &&
             !strcmp(url + size - strlen(s->path), s->path),
         "%s", url);
    char *joined = decoded(base + 5 + url_n, strlen(base + 5 + url_n), true, &size);
    MUST(strlen(joined) == size, "a NUL in the pairs");
    int n = take_pairs(joined, pairs);
    check_order(pairs, n);
    check_query(s->query, pairs, n);
    MUST(has_pair(pairs, n, "oauth_nonce", 11, NONCE, strlen(NONCE)), "no nonce");
    free(joined);
    free(url);
}

/* ---- the header ---- */

static char *signature_of(const char *header)
{
    static const char name[] = "oauth_signature=\"";
    size_t size;
    const char *at = strstr(header, name);
    MUST(at && header[strlen(header) - 1] == '"', "%s", header);
    at += strlen(name);
    return decoded(at, strlen(at) - 1, true, &size);
}

/* The key: both secrets, encoded, an '&' between. */
static void put_encoded(buffer *out, const char *text)
{
    size_t n = tb_http_escape(text, NULL, 0);
    char *encoded = malloc(n + 1);
    MUST(encoded, "no memory");
    tb_http_escape(text, encoded, n + 1);
    buffer_puts(out, encoded);
    free(encoded);
}

static void check_signature(const signing *s, const char *header)
{
    CLEANUP_BUFFER buffer base = {0}, key = {0};
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    char expected[80];
    sign_base_string(&s->c, "GET", "https", s->host, s->path, s->query, NONCE, 1795392000, &base);
    check_base(s, buffer_text(&base));
    put_encoded(&key, s->c.consumer_secret);
    buffer_putc(&key, '&');
    put_encoded(&key, s->c.access_token_secret);
    HMAC(EVP_sha256(), buffer_text(&key), (int)key.size, (const unsigned char *)buffer_text(&base), base.size,
         mac, &n);
    EVP_EncodeBlock((unsigned char *)expected, mac, (int)n);
    char *signature = signature_of(header);
    MUST(!strcmp(signature, expected), "%s is not %s", signature, expected);
    free(signature);
}

/* OAuth: name="value" with commas between, and in a value only what is unreserved or encoded. */
static void check_oauth(const char *header)
{
    size_t size;
    const char *p = header + strlen("Authorization: OAuth ");
    for (int n = 0; *p; n++) {
        size_t name = strspn(p, "abcdefghijklmnopqrstuvwxyz_"), value;
        MUST(name && p[name] == '=' && p[name + 1] == '"' && n < 7, "%s", p);
        p += name + 2;
        value = strcspn(p, "\"");
        free(decoded(p, value, true, &size));
        p += value;
        MUST(*p == '"' && (p[1] == ',' || !p[1]), "%s", p);
        p += p[1] ? 2 : 1;
    }
}

static void check_header(const signing *s)
{
    static const char *const begins[] = {"", "Authorization: Basic ", "Authorization: Bearer ",
                                         "Authorization: OAuth "};
    CLEANUP_BUFFER buffer out = {0};
    sign_header(&s->c, "GET", "https", s->host, s->path, s->query, NONCE, 1795392000, &out);
    const char *text = buffer_text(&out), *begin = begins[s->c.auth];
    MUST(!strncmp(text, begin, strlen(begin)) && (s->c.auth || !out.size), "%s", text);
    for (size_t i = 0; i < out.size; i++)
        MUST(text[i] >= ' ' && text[i] != 0x7f, "byte %02x in the header", (unsigned char)text[i]);
    if (s->c.auth != AUTH_OAUTH1)
        return;
    check_oauth(text);
    check_signature(s, text);
}

/* What the configuration's checks let through (core/config/checks.c). */
static bool is_fine(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || (unsigned char)*text >= 0x7f)
            return false;
    }
    return true;
}

static void sign(uint8_t kind, input *in)
{
    char *secrets[4];
    for (int i = 0; i < 4; i++)
        secrets[i] = input_line(in);
    signing s = {.host = input_line(in), .path = input_line(in), .query = input_line(in)};
    s.c = (config_connection){.auth = (config_auth)(kind % 4),
                              .user = secrets[0],
                              .password = secrets[1],
                              .token = secrets[0],
                              .consumer_key = secrets[0],
                              .consumer_secret = secrets[1],
                              .access_token = secrets[2],
                              .access_token_secret = secrets[3]};
    if (s.c.auth != AUTH_BEARER || is_fine(s.c.token))
        check_header(&s);
    for (int i = 0; i < 4; i++)
        free(secrets[i]);
    free(s.host);
    free(s.path);
    free(s.query);
}

/* ---- what they answer ---- */

static void check_one_header(const env_answer *a, const char *name, size_t room)
{
    char out[64];
    memset(out, 'x', sizeof out);
    bool there = env_header(a, name, out, room);
    MUST(!there || (memchr(out, '\0', room) && !strpbrk(out, "\r\n")), "%s", name);
    MUST(there || out[0] == 'x', "%s is written and not there", name);
    for (size_t i = room; i < sizeof out; i++)
        MUST(out[i] == 'x', "%s is written behind its room", name);
    size_t n = there ? strlen(out) : 0;
    MUST(!n || !(strchr(" \t", out[0]) || strchr(" \t", out[n - 1])), "blanks at the ends of \"%s\"", out);
}

static void read_answer(input *in)
{
    const char *end = in->left ? memmem(in->at, in->left, "\r\n\r\n", 4) : NULL;
    size_t head = end ? (size_t)(end - (const char *)in->at) + 4 : in->left;
    char why[48] = "the shop refused";
    env_answer a = {.fate = ENV_ANSWERED, .status = 429};
    buffer_add(&a.headers, in->at, head);
    buffer_add(&a.body, in->at + head, in->left - head);
    int64_t wait = exchange_wait_asked(&a);
    MUST(wait == 0 || (wait >= 1000 && wait <= 3600000), "%lld ms", (long long)wait);
    check_one_header(&a, "Retry-After", 32);
    check_one_header(&a, "X-Rate-Limit-Reset", 8);
    check_one_header(&a, "Content-Type", sizeof(char[64]));
    exchange_missing_right(&a, why, sizeof why);
    MUST(memchr(why, '\0', sizeof why) && !strncmp(why, "the shop refused", 16), "%.48s", why);
    env_answer_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = {data, size};
    sign(input_byte(&in), &in);
    read_answer(&in);
    return 0;
}
