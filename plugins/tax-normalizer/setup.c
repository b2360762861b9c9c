/* SPDX-License-Identifier: Apache-2.0 */
/* The set-ups that can give an order's figures are found by trying all of them. A small order is explained by
 * many and shows nothing; a large one by few. What all that remain agree on is known, and becomes the pin
 * where none stands yet. If none that the pins allow remains, but another one gives every figure exactly, the
 * shop's set-up is not what it was: the order stops, and with it each that shows the same. If nothing gives
 * the figures (an extension's own rounding), nothing is concluded and residual.c decides by how much. */
#include "plugins/tax-normalizer/setup.h"

#include <stdio.h>
#include <string.h>

#include "core/base/sabotage.h"

static int value_number(int setting_number, const char *value)
{
    for (int i = 0; i < MOST_VALUES && settings[setting_number].values[i]; i++) {
        if (!strcmp(settings[setting_number].values[i], value))
            return i;
    }
    return -1;
}

static bool allows(const setup *pinned, const setup *s)
{
    for (int i = 0; i < SETTINGS; i++) {
        if (pinned->v[i] >= 0 && pinned->v[i] != s->v[i])
            return false;
    }
    return true;
}

/* The best fit among the set-ups that the pins allow, and what all that fit agree on; -1 elsewhere. */
static fit agreed(const setup *pinned, const fit fits[SETUPS], setup *out)
{
    fit best = FIT_NONE;
    *out = *pinned;
    bool any = false;
    for (int n = 0; n < SETUPS; n++) {
        setup s = setup_number(n);
        if (fits[n] == FIT_NONE || !allows(pinned, &s))
            continue;
        for (int i = 0; i < SETTINGS; i++)
            out->v[i] = !any || out->v[i] == s.v[i] ? s.v[i] : -1;
        any = true;
        best = fits[n] > best ? fits[n] : best;
    }
    return best;
}

/* The set-up that gives every figure and differs from the pins in the fewest settings; -1: there is none. */
static int nearest_exact(const setup *pinned, const fit fits[SETUPS])
{
    int best = -1, least = SETTINGS + 1;
    for (int n = 0; n < SETUPS; n++) {
        setup s = setup_number(n);
        int differ = 0;
        for (int i = 0; i < SETTINGS; i++)
            differ += pinned->v[i] >= 0 && pinned->v[i] != s.v[i];
        if (fits[n] == FIT_EXACT && differ < least) {
            best = n;
            least = differ;
        }
    }
    return best;
}

/* ---- the verdicts ---- */

enum { WORDS = 200 };

/* A whole set-up for people: "catalog-prices including, shipping-prices ?, ..."; ? is not known. */
static const char *words(const setup *s, char out[WORDS])
{
    size_t used = 0;
    for (int i = 0; i < SETTINGS && used < WORDS; i++)
        used += (size_t)snprintf(out + used, WORDS - used, "%s%s %s", i ? ", " : "", settings[i].name,
                                 s->v[i] < 0 ? "?" : settings[i].values[s->v[i]]);
    return out;
}

static tb_verdict reject_configured(const pin_place *at, tb_record *record, const pin *p, int i, int value)
{
    char cause[100];
    const char *wanted = settings[i].values[value];
    snprintf(cause, sizeof cause, "store %s %s", at->store, settings[i].name);
    tb_reject(record, "tax.pin", cause,
              "the configuration says %s = %s for store %s, pinned is %s (by %s, order %s)", settings[i].name,
              wanted, at->store, p->latest, p->by, p->order);
    pin_propose(at, record, settings[i].name, wanted);
    pin_depends(record, p);
    return TB_REJECT;
}

static tb_verdict reject_contradiction(const pin_place *at, tb_record *record, const pin pins[SETTINGS],
                                       const setup *pinned, const setup *shown)
{
    char cause[100] = "", text[600] = "", here[WORDS], there[WORDS];
    for (int i = 0; i < SETTINGS; i++) {
        if (pinned->v[i] < 0 || pinned->v[i] == shown->v[i])
            continue;
        size_t used = strlen(text);
        if (!*cause)
            snprintf(cause, sizeof cause, "store %s %s", at->store, settings[i].name);
        snprintf(text + used, sizeof text - used, "%s %s is %s, pinned is %s (by %s, order %s)",
                 used ? ";" : "", settings[i].name, settings[i].values[shown->v[i]],
                 settings[i].values[pinned->v[i]], pins[i].by, pins[i].order);
    }
    tb_reject(record, "tax.pin", cause,
              "order %s of store %s was calculated in another way:%s. It fits %s; pinned is %s", at->number,
              at->store, text, words(shown, here), words(pinned, there));
    for (int i = 0; i < SETTINGS; i++) {
        if (pinned->v[i] < 0 || pinned->v[i] == shown->v[i])
            continue;
        pin_propose(at, record, settings[i].name, settings[i].values[shown->v[i]]);
        pin_depends(record, &pins[i]);
    }
    return TB_REJECT;
}

/* Pins what is configured or shown and not pinned yet. */
static tb_verdict learn(const pin_place *at, tb_record *record, const setup *configured,
                        const pin pins[SETTINGS], const setup *known)
{
    for (int i = 0; i < SETTINGS; i++) {
        if (*pins[i].value || known->v[i] < 0)
            continue;
        bool given = configured->v[i] >= 0;
        const char *value = settings[i].values[known->v[i]];
        if (pin_set(at, record, settings[i].name, value, given ? "configuration" : "orders"))
            return tb_retry(record, "out of memory");
        tb_log(at->ctx, TB_INFO, "tax.pinned", "store %s: %s is %s (%s, order %s)", at->store,
               settings[i].name, value, given ? "configured" : "shown", at->number);
    }
    return TB_OK;
}

tb_verdict setup_judge(const pin_place *at, tb_record *record, const setup *configured,
                       const fit fits[SETUPS], setup_known *out)
{
    pin pins[SETTINGS];
    setup pinned, shown;
    for (int i = 0; i < SETTINGS; i++) {
        pin_get(at, settings[i].name, &pins[i]);
        int wanted = configured->v[i];
        pinned.v[i] = *pins[i].value ? value_number(i, pins[i].value) : wanted;
        if (wanted >= 0 && *pins[i].latest && strcmp(pins[i].latest, settings[i].values[wanted]))
            return reject_configured(at, record, &pins[i], i, wanted);
    }
    fit best = agreed(&pinned, fits, &shown);
    *out = (setup_known){.s = best == FIT_EXACT ? shown : pinned,
                         .likely = best == FIT_NONE ? pinned : shown,
                         .explained = best != FIT_NONE,
                         .hint = -1};
    int other = out->explained ? -1 : nearest_exact(&pinned, fits);
    if (other < 0 || SABOTAGE("method-not-compared")) /* a figure that is only possible shows nothing */
        return learn(at, record, configured, pins, &out->s);
    shown = setup_number(other);
    return reject_contradiction(at, record, pins, &pinned, &shown);
}

int setup_hint(const order *o, const reading *r)
{
    int said[2] = {0, 0};
    for (int i = 0; i < o->rows_n; i++) {
        const order_row *row = &o->rows[i];
        if (!r->carries[i] || !row->tax || !row->original || row->price == row->price_incl)
            continue;
        said[INCLUDING] += row->original == row->price_incl;
        said[EXCLUDING] += row->original == row->price;
    }
    return !said[INCLUDING] == !said[EXCLUDING] ? -1 : said[INCLUDING] ? INCLUDING : EXCLUDING;
}
