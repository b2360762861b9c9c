/* SPDX-License-Identifier: Apache-2.0 */
/* SKUs and other names on their way into URLs, queries and keys: what is encoded is decoded to the same, no
 * byte that a URL gives a meaning to gets through, and no SKU ends up in another's place.
 *
 * Input: lines, each a name (a SKU). */
#include "tests/fuzz/fuzz.h"

#include "core/sdk/host.h"
#include "plugins/adobe/query.h"
#include "plugins/sitoo/stock.h"

enum { MOST_NAMES = 60 };

/* ---- percent-encoding ---- */

static int hex(char c)
{
    const char *digits = "0123456789ABCDEF", *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Decodes n bytes of an encoded text; NULL: it holds what no encoder writes. The caller frees. */
static char *decoded(const char *text, size_t n)
{
    char *out = calloc(1, n + 1);
    size_t size = 0;
    MUST(out, "no memory");
    for (size_t i = 0; i < n; i++) {
        bool plain = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'A' && text[i] <= 'Z') ||
                     (text[i] >= 'a' && text[i] <= 'z') || (text[i] && strchr("-._~", text[i]));
        int high = plain || i + 2 >= n ? -1 : hex(text[i + 1]), low = high < 0 ? -1 : hex(text[i + 2]);
        MUST(plain || (text[i] == '%' && low >= 0), "byte %02x in %.*s", (unsigned char)text[i], (int)n,
             text);
        out[size++] = plain ? text[i] : (char)(high * 16 + low);
        i += plain ? 0 : 2;
    }
    return out;
}

static void check_escape(const char *name)
{
    size_t n = tb_http_escape(name, NULL, 0);
    char *out = malloc(n + 1);
    MUST(out, "no memory");
    memset(out, 'x', n + 1);
    MUST(tb_http_escape(name, out, n) == n && out[0] == 'x', "written where it does not fit");
    MUST(tb_http_escape(name, out, n + 1) == n && strlen(out) == n, "its length is not %zu", n);
    char *back = decoded(out, n);
    MUST(!strcmp(back, name), "\"%s\" became \"%s\"", name, back);
    free(back);
    free(out);
}

/* ---- Adobe's queries ---- */

typedef struct pairs {
    char *names[64], *values[64];
    int n;
} pairs;

static void take_pairs(const char *query, pairs *all)
{
    all->n = 0;
    for (const char *p = query; *p; p += *p == '&') {
        size_t size = strcspn(p, "&"), name = strcspn(p, "=");
        MUST(name < size && all->n < 64, "a pair without '=' in %s", query);
        all->names[all->n] = decoded(p, name);
        all->values[all->n++] = decoded(p + name + 1, size - name - 1);
        p += size;
    }
}

static void free_pairs(pairs *all)
{
    for (int i = 0; i < all->n; i++) {
        free(all->names[i]);
        free(all->values[i]);
    }
}

static void check_names(const pairs *all)
{
    for (int i = 0; i < all->n; i++) {
        for (int j = 0; j < i; j++)
            MUST(strcmp(all->names[i], all->names[j]) != 0, "%s is there twice", all->names[i]);
    }
}

/* The list holds the first `taken` of the names, a comma between, in their order. */
static void check_list(const char *list, char *const *names, size_t taken)
{
    for (size_t i = 0; i < taken; i++) {
        size_t n = strlen(names[i]);
        MUST(!strncmp(list, names[i], n), "\"%s\" is not in its place", names[i]);
        list += n;
        MUST(*list == (i + 1 < taken ? ',' : '\0'), "\"%s\" goes on: %s", names[i], list);
        list++;
    }
}

static void check_in(char *const *names, size_t n)
{
    adobe_query q = {.size = 0};
    pairs all;
    size_t taken = adobe_query_in(&q, "sku", (const char *const *)names, n);
    MUST(taken <= n && taken <= ADOBE_IN_MOST, "%zu of %zu", taken, n);
    if (!taken)
        adobe_query_filter(&q, "sku", "eq", names[0]);
    adobe_query_page(&q, ADOBE_IN_MOST, 1);
    adobe_query_fields(&q, "items[sku,type_id],total_count");
    const char *text = adobe_query_text(&q);
    if (!text) {
        MUST(tb_http_escape(names[0], NULL, 0) > 1000, "\"%s\" alone does not fit", names[0]);
        return;
    }
    MUST(strlen(text) <= ADOBE_QUERY_MOST && strlen(text) == q.size, "%zu bytes", strlen(text));
    take_pairs(text, &all);
    check_names(&all);
    MUST(all.n == 6, "%d pairs", all.n);
    MUST(!strcmp(all.values[1], taken ? "in" : "eq"), "condition %s", all.values[1]);
    if (taken)
        check_list(all.values[2], names, taken);
    else
        MUST(!strcmp(all.values[2], names[0]), "\"%s\" became %s", names[0], all.values[2]);
    free_pairs(&all);
}

static void check_filters(char *const *names, size_t n)
{
    adobe_query q = {.size = 0};
    pairs all;
    for (size_t i = 0; i < n; i++)
        adobe_query_filter(&q, names[i], "like", names[i]);
    const char *text = adobe_query_text(&q);
    MUST(n <= 10 || !text, "%zu groups", n);
    if (!text)
        return;
    take_pairs(text, &all);
    check_names(&all);
    for (int i = 0; i < all.n; i += 3)
        MUST(!strcmp(all.values[i], names[i / 3]) && !strcmp(all.values[i + 2], names[i / 3]), "group %d",
             i / 3);
    free_pairs(&all);
}

/* ---- Sitoo's rows and targets ---- */

typedef struct searched {
    int64_t warehouse;
    const char *sku;
    int found;
} searched;

static int each_row(void *arg, int64_t warehouse, const char *sku)
{
    searched *s = arg;
    s->found += warehouse == s->warehouse && !strcmp(sku, s->sku);
    return 0;
}

static void check_row(const tables *t, int64_t warehouse, const char *sku)
{
    char row[ROW_SIZE], key[KEY_SIZE];
    int64_t number;
    const char *name;
    if (!row_name(warehouse, sku, row)) {
        MUST(!row_parse(row, &number, &name) && number == warehouse && !strcmp(name, sku),
             "row %s is another's", row);
    }
    target_of(t, warehouse, sku, key);
    if (!*key || row_name(warehouse, sku, row))
        return;
    searched s = {warehouse, sku, 0};
    rows_of(t, key, each_row, &s);
    MUST(s.found == 1, "row %s goes to %s, where it is found %d times", row, key, s.found);
}

/* The first two names also make a line of the table of SKUs, if `check` would take it (no SKU twice). */
static tb_table *sku_table(char *const *names, size_t n)
{
    char why[200], text[2048];
    int size = snprintf(text, sizeof text, "till_sku,shop_sku\nCAP-R,CAP-RED\n");
    if (n > 1 && strlen(names[0]) < 500 && strlen(names[1]) < 500 && !strpbrk(names[0], "\"\r,") &&
        !strpbrk(names[1], "\"\r,") && strcmp(names[0], "CAP-R") && strcmp(names[1], "CAP-RED") && *names[1])
        size += snprintf(text + size, 1010, "%s,%s\n", names[0], names[1]);
    return tbh_table_new(text, (size_t)size, 1, why, sizeof why);
}

static void check_rows(char *const *names, size_t n)
{
    static const char places[] = "warehouse,source\n31,malmo\n32,malmo\n33,lund\n";
    char why[200];
    tb_table *locations = tbh_table_new(places, sizeof places - 1, 1, why, sizeof why);
    tb_table *skus = sku_table(names, n);
    tables t = {
        .locations = locations, .skus = skus, .warehouse = 0, .source = 1, .till_sku = 0, .shop_sku = 1};
    for (size_t i = 0; i < n; i++) {
        check_row(&t, 31, names[i]);
        check_row(&t, 33, names[i]);
    }
    tbh_table_unref(locations);
    tbh_table_unref(skus);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = {data, size};
    char *names[MOST_NAMES];
    size_t n = 0;
    while (n < MOST_NAMES && in.left)
        names[n++] = input_line(&in);
    for (size_t i = 0; i < n; i++)
        check_escape(names[i]);
    if (n) {
        check_in(names, n);
        check_filters(names, n < 12 ? n : 12);
        check_rows(names, n);
    }
    for (size_t i = 0; i < n; i++)
        free(names[i]);
    return 0;
}
