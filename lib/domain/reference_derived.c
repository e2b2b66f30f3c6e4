/* SPDX-License-Identifier: Apache-2.0 */
/* How ratios and differences are computed: the columns numerator, denominator, factor, ignores and terms of
 * indicators.csv, which name other rows and are therefore read when all rows are there.
 *
 * A wrong computation must be impossible to express: rural doctors over all inhabitants is no density, posts
 * less persons is no vacancy. Terms of a difference are sums, terms of a ratio sums or differences; so no
 * definition can come back to itself.
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

static void check_term(const struct derivation *d, size_t column, const struct kadr_indicator_info *term)
{
    bool ratio = d->info->space == KADR_SPACE_RATIO;
    bool amount = term->space == KADR_SPACE_SUM || (ratio && term->space == KADR_SPACE_LINEAR);

    if (term->kind != KADR_KIND_STOCK || term->time != KADR_TIME_LAST || !amount) {
        wrong(d, column,
              ratio ? "a part of a ratio is a stock that adds, or a difference"
                    : "a term is a stock that adds");
    }
    if (term->level != d->info->level) {
        wrong(d, column, "a part is reported at another level");
    }
    if (!ratio && (term->scale != d->info->scale || strcmp(term->measure, d->info->measure) != 0)) {
        wrong(d, column, "a term has another measure or scale");
    }
    check_dimensions(d, column, term);
}

static bool is_named(const struct kadr_indicator_info *info, kadr_indicator indicator)
{
    for (size_t t = 0; t < info->term_count; t++) {
        if (info->terms[t].indicator == indicator) {
            return true;
        }
    }
    return false;
}

static void add_term(const struct derivation *d, size_t column, const char *code, bool minus)
{
    struct kadr_reference *reference = d->load->reference;
    kadr_indicator number = kadr_indicator_find(reference, code);

    if (number == KADR_NO_INDICATOR) {
        kadr_diags_add(d->load->diags, KADR_DIAG_UNKNOWN_INDICATOR, -1, d->definition->line,
                       d->definition->field[column], code, NULL, NULL);
        return;
    }
    struct kadr_indicator_info *term = &reference->indicators[number];
    if (is_named(d->info, number)) {
        wrong(d, column, "a part named twice");
    } else if (d->info->term_count == KADR_MAX_TERMS) {
        wrong(d, column, "more than 4 terms");
    } else if (term->derived_count == KADR_MAX_DERIVED) {
        wrong(d, column, "more than 16 figures are computed of one");
    } else {
        check_term(d, column, term);
        d->info->terms[d->info->term_count++] = (struct kadr_term){ .indicator = number, .minus = minus };
        term->derived[term->derived_count++] = (kadr_indicator)(d->info - reference->indicators);
    }
}

/* ---- the rules ----------------------------------------------------------------------------------------- */

static void read_terms(const struct derivation *d)
{
    const char *at = d->definition->text[KADR_DEF_TERMS], *word;
    size_t len;

    while (kadr_load_next(&at, ' ', &word, &len)) {
        bool minus = word[0] == '-';
        const char *code = kadr_load_text(d->load, word + (minus ? 1 : 0), len - (minus ? 1 : 0));
        if (minus && !d->info->may_be_negative) {
            wrong(d, KADR_DEF_TERMS, "a difference may be negative: negative is yes");
        }
        add_term(d, KADR_DEF_TERMS, code, minus);
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
    add_term(d, KADR_DEF_NUMERATOR, d->definition->text[KADR_DEF_NUMERATOR], false);
    add_term(d, KADR_DEF_DENOMINATOR, below, false);
    if (denominator != KADR_NO_INDICATOR && reference->indicators[denominator].may_be_negative) {
        wrong(d, KADR_DEF_DENOMINATOR, "the denominator may be negative");
    }
    if (d->info->term_count > 0 && reference->indicators[d->info->terms[0].indicator].may_be_negative &&
        !d->info->may_be_negative) {
        wrong(d, KADR_DEF_NUMERATOR, "the numerator may be negative and the ratio not");
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
    if ((ratio || says(d, KADR_DEF_TERMS)) && d->info->kind != KADR_KIND_STOCK) {
        wrong(d, ratio ? KADR_DEF_NUMERATOR : KADR_DEF_TERMS, "only a stock is computed of others");
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
    }
}
