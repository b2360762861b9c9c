/* SPDX-License-Identifier: Apache-2.0 */
/* The scanner that looks at a file before libconfig does. libconfig 1.5 wraps large integers silently, ends a
 * string at \x00 and reports a comma before a closing bracket at the wrong place; so these are refused here,
 * with their line. Strings and the three comment forms are skipped; included files are scanned in their turn.
 */
#include "core/config/keys.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { MOST_BYTES = 4 << 20, MOST_DEPTH = 10, MOST_DIGITS = 9, MOST_HEX = 7 };

typedef struct {
    const char *file, *p, *end, *folder;
    int line, depth, comma; /* line of a comma that nothing followed yet; 0: none */
    config_findings *f;
} scanner;

static config_where here(const scanner *s)
{
    return (config_where){s->file, s->line};
}

static void skip_line(scanner *s)
{
    while (s->p < s->end && *s->p != '\n')
        s->p++;
}

static void skip_block(scanner *s)
{
    int begun = s->line;
    for (s->p += 2; s->p + 1 < s->end; s->p++) {
        s->line += *s->p == '\n';
        if (s->p[0] == '*' && s->p[1] == '/') {
            s->p += 2;
            return;
        }
    }
    s->p = s->end;
    config_find(s->f, (config_where){s->file, begun}, "a comment that begins here does not end");
}

/* Past the closing quote. The content is copied to `out` where it is wanted (an @include's path). */
static void skip_string(scanner *s, buffer *out)
{
    int begun = s->line;
    for (s->p++; s->p < s->end && *s->p != '"'; s->p++) {
        s->line += *s->p == '\n';
        if (*s->p == '\\' && s->p + 1 < s->end) {
            if (s->end - s->p >= 4 && s->p[1] == 'x' && s->p[2] == '0' && s->p[3] == '0')
                config_find(s->f, here(s), "\\x00 would end the string here: leave it out");
            s->p++;
        }
        if (out)
            buffer_putc(out, *s->p);
    }
    if (s->p == s->end)
        config_find(s->f, (config_where){s->file, begun}, "a string that begins here does not end");
    else
        s->p++;
}

static void scan_numeral(scanner *s)
{
    const char *from = s->p;
    bool hex = s->end - s->p > 2 && s->p[0] == '0' && (s->p[1] == 'x' || s->p[1] == 'X');
    int digits = 0;
    for (s->p += hex ? 2 : 0; s->p < s->end && (hex ? isxdigit((unsigned char)*s->p)
                                                    : isdigit((unsigned char)*s->p) || *s->p == '.');
         s->p++)
        digits += *s->p != '.';
    if (digits > (hex ? MOST_HEX : MOST_DIGITS))
        config_find(s->f, here(s), "%.*s has more than %d digits: a number that large is written as a string",
                    (int)(s->p - from), from, hex ? MOST_HEX : MOST_DIGITS);
}

static void skip_word(scanner *s)
{
    while (s->p < s->end && (isalnum((unsigned char)*s->p) || strchr("_-*", *s->p)) && *s->p)
        s->p++;
}

/* "..", as a part of the path: what is included lies in the main file's folder or below it. */
static bool leaves_folder(const char *name)
{
    for (const char *part = name; *part; part += strspn(part, "/")) {
        size_t n = strcspn(part, "/");
        if (n == 2 && !strncmp(part, "..", 2))
            return true;
        part += n;
    }
    return *name == '/';
}

int scan_read(const char *path, buffer *b)
{
    FILE *in = fopen(path, "re");
    if (!in)
        return -1;
    char part[4096];
    size_t n;
    while ((n = fread(part, 1, sizeof part, in)) > 0 && b->size < MOST_BYTES)
        buffer_add(b, part, n);
    int bad = ferror(in) ? errno : b->size >= MOST_BYTES ? EFBIG : b->failed ? ENOMEM : 0;
    fclose(in);
    errno = bad;
    return bad ? -1 : 0;
}

static void scan_include(scanner *s)
{
    CLEANUP_BUFFER buffer name = {0}, path = {0}, text = {0};
    for (s->p += strlen("@include"); s->p < s->end && (*s->p == ' ' || *s->p == '\t');)
        s->p++;
    if (s->p == s->end || *s->p != '"') {
        config_find(s->f, here(s), "@include wants a file's name in quotes");
        return;
    }
    config_where at = here(s);
    skip_string(s, &name);
    if (leaves_folder(buffer_text(&name)) || !name.size) {
        config_find(s->f, at, "@include \"%s\": paths are relative to the main file's folder, and stay in it",
                    buffer_text(&name));
        return;
    }
    buffer_printf(&path, "%s%s%s", s->folder ? s->folder : "", s->folder ? "/" : "", buffer_text(&name));
    if (s->depth >= MOST_DEPTH)
        config_find(s->f, at, "@include \"%s\": files include each other more than %d deep",
                    buffer_text(&name), MOST_DEPTH);
    else if (scan_read(buffer_text(&path), &text))
        config_find(s->f, at, "@include \"%s\": cannot read it: %s", buffer_text(&name), strerror(errno));
    else
        scan_text(buffer_text(&path), &text, s->folder, s->depth + 1, s->f);
}

static void scan_mark(scanner *s)
{
    char c = *s->p;
    if ((c == ')' || c == ']') && s->comma)
        config_find(s->f, (config_where){s->file, s->comma}, "a comma before '%c': leave it out", c);
    if (c == '\0')
        config_find(s->f, here(s), "a NUL byte: this is not a text file");
    s->line += c == '\n';
    if (!isspace((unsigned char)c))
        s->comma = c == ',' ? s->line : 0;
    s->p++;
}

static bool scan_comment(scanner *s)
{
    char next = s->p + 1 < s->end ? s->p[1] : '\0';
    if (*s->p == '#' || (*s->p == '/' && next == '/'))
        skip_line(s);
    else if (*s->p == '/' && next == '*')
        skip_block(s);
    else
        return false;
    return true;
}

static void scan_all(scanner *s)
{
    while (s->p < s->end && s->f->n < 100) {
        unsigned char c = (unsigned char)*s->p;
        if (scan_comment(s))
            continue;
        if (!isspace(c) && c != ')' && c != ']' && c != ',')
            s->comma = 0;
        if (c == '"')
            skip_string(s, NULL);
        else if (isdigit(c))
            scan_numeral(s);
        else if (isalpha(c) || c == '*')
            skip_word(s);
        else if (c == '@' && s->end - s->p > 8 && !strncmp(s->p, "@include", 8))
            scan_include(s);
        else
            scan_mark(s);
    }
}

int scan_text(const char *path, const buffer *text, const char *include_folder, int depth, config_findings *f)
{
    int before = f->n;
    scanner s = {path, buffer_text(text), buffer_text(text) + text->size, include_folder, 1, depth, 0, f};
    if (strlen(s.p) != text->size) /* libconfig would see what stands before it only */
        config_find(f, (config_where){path, 1}, "there is a zero byte in it: not a text");
    else
        scan_all(&s);
    return f->n == before ? 0 : -1;
}
