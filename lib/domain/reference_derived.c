/* SPDX-License-Identifier: Apache-2.0 */
/* How ratios and differences are computed: the columns numerator, denominator, factor, ignores and terms of
 * indicators.csv, which name other rows and are therefore read when all rows are there.
 *
 * A wrong computation must be impossible to express: rural doctors over all inhabitants is no density, posts
 * less persons is no vacancy. Terms of a difference are sums, terms of a ratio sums or differences; so no
 * definition can come back to itself.
 *
 * A difference is of a day (kind stock: its terms are stocks) or over a period (kind flow: its terms are what
 * happened in the period, and stocks `@end` and `@start` of it). `headcount@end -headcount@start -arrivals
 * departures` must be zero when all is well, which is what the column holds says.
 */
#include <string.h>

#include "base/err.h"
#include "domain/reference_load.h"

#define MAX_FACTOR 1000000

struct derivation {
    struct kadr_load *load;
    const struct kadr_definition *definition;
    struct kadr_indicator_info *info;
};

static void wrong(const struct derivation *d, size_t column, const char *what)
{
    kadr_diags_add(d->load->diags, KADR_DIAG_BAD_DEFINITION, -1, d->definition->line,
                   d->definition->field[column], what, d->info->code, NULL);
}

static bool says(const struct derivation *d, size_t column)
{
    return d->definition->text[column][0] != '\0';
}

/* ---- one term ------------------------------------------------------------------------------------------ */

static bool is_ignored(const struct kadr_indicator_info *info, kadr_dimension dimension)
{
    return memchr(info->ignores, dimension, info->ignore_count) != NULL;
}

static void check_dimensions(const struct derivation *d, size_t column,
                             const struct kadr_indicator_info *term)
{
    for (size_t i = 0; i < d->info->dimension_count; i++) {
        kadr_dimension dimension = d->info->dimensions[i];
        bool ignored = column == KADR_DEF_DENOMINATOR && is_ignored(d->info, dimension);
        if (!kadr_indicator_takes(term, dimension) && !ignored) {
            wrong(d, column,
                  column == KADR_DEF_DENOMINATOR ? "the denominator lacks a dimension that is not ignored"
                                                 : "a term lacks one of its dimensions");
        }
    }
}

/* Is it of a kind that can stand there? What to say if not. */
static const char *misfit(const struct kadr_indicator_info *info, const struct kadr_indicator_info *term,
                          enum kadr_moment moment)
{
    bool ratio = info->space == KADR_SPACE_RATIO;
    bool amount = term->space == KADR_SPACE_SUM || (ratio && term->space == KADR_SPACE_LINEAR);
    bool stock = term->kind == KADR_KIND_STOCK && term->time == KADR_TIME_LAST && amount;
    bool adds_up = (term->time == KADR_TIME_SUM || term->time == KADR_TIME_COUNT) && amount;

    if (ratio) {
        return stock ? NULL : "a part of a ratio is a stock that adds, or a difference";
    }
    if (info->kind == KADR_KIND_STOCK) {
        return moment != KADR_MOMENT_OVER ? "@start and @end are for a difference over a period"
               : stock                    ? NULL
                                          : "a term is a stock that adds";
    }
    if (moment != KADR_MOMENT_OVER) {
        return stock ? NULL : "@start and @end are of a stock that adds";
    }
    return adds_up ? NULL : "a term adds over the period, or is a stock @start or @end";
}

static void check_term(const struct derivation *d, size_t column, const struct kadr_indicator_info *term,
                       enum kadr_moment moment)
{
    bool ratio = d->info->space == KADR_SPACE_RATIO;
    const char *what = misfit(d->info, term, moment);

    if (what != NULL) {
        wrong(d, column, what);
    }
    if (term->level != d->info->level) {
        wrong(d, column, "a part is reported at another level");
    }
    /* a rule may hold grants against the persons who hold them */
    bool measured_alike = d->info->rule != KADR_RULE_NONE || strcmp(term->measure, d->info->measure) == 0;
    if (!ratio && (term->scale != d->info->scale || !measured_alike)) {
        wrong(d, column, "a term has another measure or scale");
    }
    check_dimensions(d, column, term);
}

static bool is_named(const struct kadr_indicator_info *info, kadr_indicator indicator,
                     enum kadr_moment moment)
{
    for (size_t t = 0; t < info->term_count; t++) {
        if (info->terms[t].indicator == indicator && info->terms[t].moment == moment) {
            return true;
        }
    }
    return false;
}

/* The other way round: each once, also when the stock is asked for at both ends. */
static void tie(const struct kadr_indicator_info *info, const struct kadr_reference *reference,
                struct kadr_indicator_info *term)
{
    kadr_indicator derived = (kadr_indicator)(info - reference->indicators);
    bool tied = term->derived_count > 0 && term->derived[term->derived_count - 1] == derived;

    if (!tied) {
        term->derived[term->derived_count++] = derived;
    }
    term->makes_periods = term->makes_periods || info->time != KADR_TIME_LAST;
}

static void add_term(const struct derivation *d, size_t column, const char *code, bool minus,
                     enum kadr_moment moment)
{
    struct kadr_reference *reference = d->load->reference;
    kadr_indicator number = kadr_indicator_find(reference, code);

    if (number == KADR_NO_INDICATOR) {
        kadr_diags_add(d->load->diags, KADR_DIAG_UNKNOWN_INDICATOR, -1, d->definition->line,
                       d->definition->field[column], code, NULL, NULL);
        return;
    }
    struct kadr_indicator_info *term = &reference->indicators[number];
    if (is_named(d->info, number, moment)) {
        wrong(d, column, "a part named twice");
    } else if (d->info->term_count == KADR_MAX_TERMS) {
        wrong(d, column, "more than 6 terms");
    } else if (term->derived_count == KADR_MAX_DERIVED) {
        wrong(d, column, "more than 16 figures are computed of one");
    } else {
        check_term(d, column, term, moment);
        d->info->terms[d->info->term_count++] =
            (struct kadr_term){ .indicator = number, .minus = minus, .moment = moment };
        tie(d->info, reference, term);
    }
}

/* ---- the rules ----------------------------------------------------------------------------------------- */

static bool ends_with(const char *word, size_t *len, const char *suffix)
{
    size_t tail = strlen(suffix);
    bool does = *len > tail && memcmp(word + *len - tail, suffix, tail) == 0;

    *len -= does ? tail : 0;
    return does;
}

/* The cells of what is computed are those of its first term; over a period those of its first flow. */
static void find_maker(const struct derivation *d)
{
    const struct kadr_indicator_info *info = d->info;
    uint8_t maker = 0;

    while (maker < info->term_count && info->terms[maker].moment != KADR_MOMENT_OVER) {
        maker++;
    }
    if (info->term_count > 0 && maker == info->term_count) {
        wrong(d, KADR_DEF_TERMS, "a difference over a period has a term that adds over it");
        maker = 0;
    }
    d->info->maker = maker;
}

static void read_terms(const struct derivation *d)
{
    const char *at = d->definition->text[KADR_DEF_TERMS], *word;
    bool takes_off = false, counts = false;
    size_t len;

    while (kadr_load_next(&at, ' ', &word, &len)) {
        bool minus = word[0] == '-';
        enum kadr_moment moment = ends_with(word, &len, "@start") ? KADR_MOMENT_START
                                  : ends_with(word, &len, "@end") ? KADR_MOMENT_END
                                                                  : KADR_MOMENT_OVER;
        const char *code = kadr_load_text(d->load, word + (minus ? 1 : 0), len - (minus ? 1 : 0));
        if (minus && !d->info->may_be_negative) {
            wrong(d, KADR_DEF_TERMS, "a difference may be negative: negative is yes");
        }
        takes_off = takes_off || minus;
        counts = counts || !minus;
        add_term(d, KADR_DEF_TERMS, code, minus, moment);
    }
    if (takes_off && !counts) {
        wrong(d, KADR_DEF_TERMS, "a difference has a term that is not taken off");
    }
    find_maker(d);
    if (d->info->rule != KADR_RULE_NONE && !takes_off) {
        wrong(d, KADR_DEF_HOLDS, "a rule holds one thing against another: terms that are taken off");
    }
}

static void read_ignores(const struct derivation *d, const struct kadr_indicator_info *denominator)
{
    const char *at = d->definition->text[KADR_DEF_IGNORES], *word;
    size_t len;

    while (kadr_load_next(&at, ' ', &word, &len)) {
        const char *code = kadr_load_text(d->load, word, len);
        kadr_dimension dimension = kadr_dimension_find(d->load->reference, code);
        if (dimension == KADR_NO_DIMENSION || !kadr_indicator_takes(d->info, dimension) ||
            is_ignored(d->info, dimension)) {
            wrong(d, KADR_DEF_IGNORES, "ignored is, once, a dimension of the ratio");
        } else if (denominator != NULL && kadr_indicator_takes(denominator, dimension)) {
            wrong(d, KADR_DEF_IGNORES, "the denominator has the ignored dimension");
        } else {
            d->info->ignores[d->info->ignore_count++] = dimension;
        }
    }
}

static void read_factor(const struct derivation *d)
{
    const char *text = d->definition->text[KADR_DEF_FACTOR];
    int32_t factor = 0;

    for (const char *c = text; *c != '\0' && factor <= MAX_FACTOR; c++) {
        factor = *c >= '0' && *c <= '9' ? 10 * factor + (*c - '0') : MAX_FACTOR + 1;
    }
    if (text[0] != '\0' && (factor < 1 || factor > MAX_FACTOR)) {
        wrong(d, KADR_DEF_FACTOR, "a factor is a whole number from 1 to 1000000");
    }
    d->info->factor = text[0] == '\0' ? 1 : factor;
}

static void read_ratio(const struct derivation *d)
{
    const struct kadr_reference *reference = d->load->reference;
    const char *below = d->definition->text[KADR_DEF_DENOMINATOR];
    kadr_indicator denominator = kadr_indicator_find(reference, below);

    if (!says(d, KADR_DEF_NUMERATOR) || below[0] == '\0') {
        wrong(d, says(d, KADR_DEF_NUMERATOR) ? KADR_DEF_DENOMINATOR : KADR_DEF_NUMERATOR,
              "a ratio has a numerator and a denominator");
        return;
    }
    read_factor(d);
    read_ignores(d, denominator != KADR_NO_INDICATOR ? &reference->indicators[denominator] : NULL);
    add_term(d, KADR_DEF_NUMERATOR, d->definition->text[KADR_DEF_NUMERATOR], false, KADR_MOMENT_OVER);
    add_term(d, KADR_DEF_DENOMINATOR, below, false, KADR_MOMENT_OVER);
    if (denominator != KADR_NO_INDICATOR && reference->indicators[denominator].may_be_negative) {
        wrong(d, KADR_DEF_DENOMINATOR, "the denominator may be negative");
    }
    if (d->info->term_count > 0 && reference->indicators[d->info->terms[0].indicator].may_be_negative &&
        !d->info->may_be_negative) {
        wrong(d, KADR_DEF_NUMERATOR, "the numerator may be negative and the ratio not");
    }
}

/* Stocks of a day; flows over a period, and only their differences. */
static bool is_computable(const struct kadr_indicator_info *info, bool ratio)
{
    return info->kind == KADR_KIND_STOCK || (info->kind == KADR_KIND_FLOW && !ratio);
}

static void add_fact(const struct derivation *d, const char *code, bool less)
{
    const struct kadr_reference *reference = d->load->reference;
    kadr_indicator number = kadr_indicator_find(reference, code);

    if (number == KADR_NO_INDICATOR) {
        kadr_diags_add(d->load->diags, KADR_DIAG_UNKNOWN_INDICATOR, -1, d->definition->line,
                       d->definition->field[KADR_DEF_FACTS], code, NULL, NULL);
        return;
    }
    const struct kadr_indicator_info *fact = &reference->indicators[number];
    for (size_t i = 0; i < d->info->fact_count; i++) {
        if (d->info->facts[i].indicator == number) {
            wrong(d, KADR_DEF_FACTS, "a fact named twice");
            return;
        }
    }
    if (fact->kind == KADR_KIND_PLAN || fact->kind == KADR_KIND_PARAMETER || fact->space != KADR_SPACE_SUM) {
        wrong(d, KADR_DEF_FACTS, "a fact is a stock, flow or event that adds");
    } else if (fact->scale != d->info->scale || strcmp(fact->measure, d->info->measure) != 0) {
        wrong(d, KADR_DEF_FACTS, "a fact has another measure or scale");
    } else if (d->info->fact_count == KADR_MAX_FACTS) {
        wrong(d, KADR_DEF_FACTS, "more than 4 facts");
    } else {
        d->info->facts[d->info->fact_count++] = (struct kadr_fact){ .indicator = number, .less = less };
    }
}

static void read_facts(const struct derivation *d)
{
    const char *at = d->definition->text[KADR_DEF_FACTS], *word;
    size_t len;

    if (says(d, KADR_DEF_FACTS) && d->info->kind != KADR_KIND_PLAN) {
        wrong(d, KADR_DEF_FACTS, "only a plan has facts beside it");
        return;
    }
    while (kadr_load_next(&at, ' ', &word, &len)) {
        bool less = word[0] == '-';
        add_fact(d, kadr_load_text(d->load, word + (less ? 1 : 0), len - (less ? 1 : 0)), less);
    }
}

static void read_definition(const struct derivation *d)
{
    bool ratio = false;

    for (size_t column = KADR_DEF_NUMERATOR; column <= KADR_DEF_IGNORES; column++) {
        if (says(d, column) && d->info->space != KADR_SPACE_RATIO) {
            wrong(d, column, "only a ratio is computed in this way");
            return;
        }
        ratio = ratio || says(d, column);
    }
    if (says(d, KADR_DEF_TERMS) && d->info->space != KADR_SPACE_LINEAR) {
        wrong(d, KADR_DEF_TERMS, "only space linear has terms");
        return;
    }
    if ((ratio || says(d, KADR_DEF_TERMS)) && !is_computable(d->info, ratio)) {
        wrong(d, ratio ? KADR_DEF_NUMERATOR : KADR_DEF_TERMS,
              ratio ? "only a stock is computed as a ratio" : "only stocks and flows are computed of others");
        return;
    }
    if (ratio) {
        read_ratio(d);
    }
    read_terms(d);
}

void kadr_load_derived(struct kadr_load *load)
{
    for (size_t i = 0; i < load->reference->indicator_count && !load->failed; i++) {
        const struct derivation d = { load, &load->definitions[i], &load->reference->indicators[i] };
        read_definition(&d);
        read_facts(&d);
    }
}
