/* SPDX-License-Identifier: Apache-2.0 */
/* derived.c - ratios and differences: figures computed of the terms of their indicator, never of themselves.
 *
 *   the unit has all terms complete,
 *   and of the same places             computed of those
 *   otherwise, above the reporters     each term is added up over the reporters that have all of them
 *                                      complete, and the result is computed of these sums: it is what those
 *                                      reporters have, and incomplete
 *
 * A difference over a period takes its stocks on the day before the period and on its last one: figures of
 * those days and not carried to them, of a unit with the same borders all the time. A figure carried over
 * would be held against what happened since, and show a residual where there is none.
 *
 * Numerator and denominator so come from the same places, whoever else has stated one of the two. Of a unit's
 * own terms that is not certain: where two are sums over the units below, one that owes neither may be in one
 * alone, and a difference would take the seven occupied posts of an organisation from the posts of others.
 * What was stated of the unit, or is the sum of members stated of it, is of all its places. A sum of
 * differences is the difference of the sums, so one way of adding serves both. Predecessors of split
 * territories do not stand in: a reporter's terms count as they are on the day.
 */
#include "domain/evaluate.h"

/* Bounds of a quotient before they are rounded: |value| x factor x scale x scale stays below 2^127. */
__extension__ typedef __int128 wide;

struct kadr_at kadr_term_at(const struct kadr_evaluator *evaluator, const struct kadr_at *at, kadr_unit unit,
                            size_t index)
{
    const struct kadr_indicator_info *info = at->info;
    const struct kadr_term *term = &info->terms[index];
    struct kadr_at place = { .period = at->period, .day = at->day };
    place.unit_info = unit == at->series->unit ? at->unit_info : kadr_unit_info(evaluator->reference, unit);
    place.info = kadr_indicator_info(evaluator->reference, term->indicator);
    bool made_up = !at->series->slots; /* to ask about; it is not in the table */
    place.series = unit == at->series->unit && !made_up
                       ? kadr_series_term(at->series, index)
                       : kadr_series_find(evaluator->table, unit, term->indicator,
                                          kadr_breakdown_of_term(evaluator->reference, info, index,
                                                                 at->series->breakdown));
    if (term->moment != KADR_MOMENT_OVER) {
        place.day = term->moment == KADR_MOMENT_END ? at->period.last : at->period.first - 1;
        place.period = KADR_PERIOD_AS_OF;
    }
    return place;
}

/* Is the figure of a term, if complete, one to compute with? A stock of a day is that day's, and of the
 * borders that last to the end of the period. */
static bool counts(const struct kadr_evaluator *evaluator, const struct kadr_at *at,
                   const struct kadr_at *term, enum kadr_moment moment, const struct kadr_candidate *value)
{
    if (!value->present || moment == KADR_MOMENT_OVER) {
        return value->present;
    }
    kadr_day first = moment == KADR_MOMENT_START ? term->day : at->period.first;
    const struct kadr_reference *reference = evaluator->reference;
    kadr_unit unit = term->series->unit;
    return value->oldest == term->day && kadr_unit_territory(reference, unit, first) ==
                                             kadr_unit_territory(reference, unit, at->period.last);
}

/* Bits of the terms that have a value at a unit, be it incomplete; of those that could and have not; and of
 * those whose value is a sum over units below. */
struct terms_here {
    unsigned has, lacks, below;
};

static enum kadr_have look_at(struct kadr_evaluator *evaluator, const struct kadr_at *at, kadr_unit unit,
                              struct kadr_candidate ret_terms[KADR_MAX_TERMS], struct terms_here *ret_here)
{
    const struct kadr_indicator_info *info = at->info;
    bool all = true, not_applicable = false;
    *ret_here = (struct terms_here){ 0 };
    for (size_t t = 0; t < info->term_count; t++) {
        struct kadr_at term = kadr_term_at(evaluator, at, unit, t);
        const struct kadr_figure *figure = term.series ? kadr_evaluate(evaluator, &term) : NULL;
        bool has = figure && counts(evaluator, at, &term, info->terms[t].moment, &figure->value);
        bool none = figure && figure->not_applicable;
        ret_here->has |= has ? 1u << t : 0;
        ret_here->lacks |= has || none ? 0 : 1u << t;
        ret_here->below |= has && figure->value.below ? 1u << t : 0;
        not_applicable = not_applicable || (none && t == info->maker);
        ret_terms[t].present = false;
        if (has && figure->value.complete) {
            ret_terms[t] = figure->value;
        }
        all = all && ret_terms[t].present;
    }
    return not_applicable ? KADR_HAVE_NOT_APPLICABLE : all ? KADR_HAVE_ALL : KADR_HAVE_NOT;
}

/* ---- of the same places? ---- */

static bool is_two(unsigned bits)
{
    return (bits & (bits - 1)) != 0;
}

/* Its own difference found them so. */
static bool is_known_even(struct kadr_evaluator *evaluator, const struct kadr_at *at, kadr_unit unit)
{
    struct kadr_at place = kadr_at_unit(evaluator, at, unit);
    const struct kadr_figure *figure = place.series ? kadr_evaluate(evaluator, &place) : NULL;
    return figure && figure->even;
}

static bool is_uneven(struct kadr_evaluator *evaluator, const struct kadr_at *at, kadr_unit unit,
                      unsigned below);

/* A unit is in the one sum over those below `above`, and in another it is not, nor missed. Where it is in
 * two, and both are sums there too, it is asked what they are of. */
static bool is_uneven_in(struct kadr_evaluator *evaluator, const struct kadr_at *at, kadr_unit above,
                         kadr_unit unit, unsigned below)
{
    struct kadr_candidate ignored[KADR_MAX_TERMS];
    struct terms_here here;
    if (is_known_even(evaluator, at, unit)) {
        return false;
    }
    (void)look_at(evaluator, at, unit, ignored, &here);
    unsigned lacks = (here.has & below) != 0 ? here.lacks & below : 0;
    for (size_t t = 0; lacks >> t != 0; t++) {
        struct kadr_at sum = kadr_term_at(evaluator, at, above, t);
        if ((lacks >> t & 1) != 0 && !kadr_is_missed(evaluator, &sum, unit)) {
            return true;
        }
    }
    return is_two(below & here.below) && is_uneven(evaluator, at, unit, below & here.below);
}

/* @param below  bits of the terms that are sums over units below this one */
static bool is_uneven(struct kadr_evaluator *evaluator, const struct kadr_at *at, kadr_unit unit,
                      unsigned below)
{
    const struct kadr_unit_info *info = kadr_unit_info(evaluator->reference, unit);
    struct kadr_period span = kadr_at_span(evaluator, at);
    bool uneven = false;
    for (size_t c = 0; c < info->child_count && !uneven; c++) {
        uneven = kadr_unit_belongs(evaluator->reference, info->children[c], unit, span) &&
                 is_uneven_in(evaluator, at, unit, info->children[c], below);
    }
    return uneven;
}

/* ---- at one unit ---- */

/* A difference, and a ratio of one. Of any other ratio the catalogue says what is held against what: the
 * doctors of an organisation treat the people of the regions. */
static bool is_of_places(const struct kadr_evaluator *evaluator, const struct kadr_indicator_info *info)
{
    bool is = info->space == KADR_SPACE_LINEAR;
    for (size_t t = 0; t < info->term_count; t++) {
        is = is ||
             kadr_indicator_info(evaluator->reference, info->terms[t].indicator)->space == KADR_SPACE_LINEAR;
    }
    return is;
}

/* @param ask  the figure of the unit itself may know; false: it is being made */
static enum kadr_have have_at(struct kadr_evaluator *evaluator, const struct kadr_at *at, kadr_unit unit,
                              bool ask, struct kadr_candidate ret_terms[KADR_MAX_TERMS])
{
    struct terms_here here;
    enum kadr_have have = look_at(evaluator, at, unit, ret_terms, &here);
    if (have == KADR_HAVE_ALL && is_two(here.below) && is_of_places(evaluator, at->info) &&
        !(ask && is_known_even(evaluator, at, unit)) && is_uneven(evaluator, at, unit, here.below)) {
        return KADR_HAVE_NOT;
    }
    return have;
}

enum kadr_have kadr_terms_of(struct kadr_evaluator *evaluator, const struct kadr_at *at, kadr_unit unit,
                             struct kadr_candidate ret_terms[KADR_MAX_TERMS])
{
    return have_at(evaluator, at, unit, true, ret_terms);
}

bool kadr_has_terms(struct kadr_evaluator *evaluator, const struct kadr_at *at, bool *ret_stale)
{
    struct kadr_candidate terms[KADR_MAX_TERMS];
    *ret_stale = false;
    if (kadr_terms_of(evaluator, at, at->series->unit, terms) != KADR_HAVE_ALL) {
        return false;
    }
    for (size_t t = 0; t < at->info->term_count; t++) {
        *ret_stale = *ret_stale || terms[t].stale;
    }
    return true;
}

/* ---- over the reporters -------------------------------------------------------------------------------- */

struct reporters {
    struct kadr_evaluator *evaluator;
    const struct kadr_at *at;
    kadr_reporter_fn *fn;
    void *context;
};

static void reporters_below(const struct reporters *all, kadr_unit unit)
{
    const struct kadr_reference *reference = all->evaluator->reference;
    const struct kadr_unit_info *above = kadr_unit_info(reference, unit);
    enum kadr_unit_level level = all->at->info->level;
    for (size_t c = 0; c < above->child_count && above->level < level; c++) {
        kadr_unit child = above->children[c];
        if (!kadr_unit_belongs(reference, child, unit, kadr_at_span(all->evaluator, all->at))) {
            continue;
        }
        if (kadr_unit_info(reference, child)->level == level) {
            all->fn(all->context, all->at, child);
        } else {
            reporters_below(all, child);
        }
    }
}

void kadr_each_reporter(struct kadr_evaluator *evaluator, const struct kadr_at *at, kadr_reporter_fn *fn,
                        void *context)
{
    struct reporters all = { evaluator, at, fn, context };
    reporters_below(&all, at->series->unit);
}

/* Must anybody at or below the unit state the cell's indicator? */
static bool is_awaited(const struct kadr_evaluator *evaluator, const struct kadr_at *at, kadr_unit unit)
{
    const struct kadr_unit_info *info = kadr_unit_info(evaluator->reference, unit);
    enum kadr_unit_level level = at->info->level;
    if (info->level >= level) {
        return info->level == level &&
               kadr_unit_reports(evaluator->reference, unit, at->series->indicator, kadr_at_days(at));
    }
    for (size_t c = 0; c < info->child_count; c++) {
        if (kadr_unit_belongs(evaluator->reference, info->children[c], unit, kadr_at_span(evaluator, at)) &&
            is_awaited(evaluator, at, info->children[c])) {
            return true;
        }
    }
    return false;
}

static struct kadr_term_sums no_sums(void)
{
    struct kadr_term_sums sums = { .any = false, .all = true };
    for (size_t t = 0; t < KADR_MAX_TERMS; t++) {
        sums.term[t] = kadr_candidate_empty();
    }
    return sums;
}

/* ---- their sums ---- */

static struct kadr_term_sums sums_of_reporter(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                                              kadr_unit unit)
{
    struct kadr_term_sums sums = no_sums();
    enum kadr_have have = kadr_terms_of(evaluator, at, unit, sums.term);
    sums.any = have == KADR_HAVE_ALL;
    sums.all = have != KADR_HAVE_NOT ||
               !kadr_unit_reports(evaluator->reference, unit, at->series->indicator, kadr_at_days(at));
    return sums;
}

static void add_sums(struct kadr_term_sums *sums, const struct kadr_term_sums *part, size_t count)
{
    sums->all = sums->all && part->all;
    sums->any = sums->any || part->any;
    for (size_t t = 0; t < count; t++) {
        if (part->any && part->term[t].present) {
            kadr_candidate_add(&sums->term[t], &part->term[t]);
        }
    }
}

/* ---- the sums of a unit, remembered ---- */

static struct kadr_map_key sums_key(const struct kadr_at *at)
{
    return (struct kadr_map_key){ { (uintptr_t)at->series, (uint32_t)at->period.first,
                                    (uint32_t)at->period.last } };
}

static void keep_sums(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                      const struct kadr_term_sums *sums, struct kadr_figure *figure)
{
    struct kadr_map_key key = sums_key(at);
    struct kadr_term_sums *kept = kadr_map_get(&evaluator->sums, &key);
    if (at->day != evaluator->today || evaluator->borders_today) {
        return; /* a question's */
    }
    if (!kept) {
        kept = malloc(sizeof(*kept));
        if (!kept || kadr_map_put(&evaluator->sums, &key, kept)) {
            free(kept);
            return; /* they are only added up again */
        }
    }
    *kept = *sums;
    figure->summed = true;
}

void kadr_forget_sums(struct kadr_evaluator *evaluator)
{
    size_t cursor = 0;
    void *sums;
    while ((sums = kadr_map_next(&evaluator->sums, &cursor))) {
        free(sums);
    }
    kadr_map_clear(&evaluator->sums);
}

/* Those of a cell of the live day are kept until something touches it, so that the country asks its regions
 * and not each reporter. */
static struct kadr_term_sums sums_of(struct kadr_evaluator *evaluator, const struct kadr_part *part)
{
    struct kadr_map_key key = sums_key(&part->at);
    const struct kadr_term_sums *known = part->figure->summed ? kadr_map_get(&evaluator->sums, &key) : NULL;
    if (known) {
        return *known;
    }
    struct kadr_term_sums sums = kadr_terms_over_reporters(evaluator, &part->at);
    keep_sums(evaluator, &part->at, &sums, part->figure);
    return sums;
}

/* Where nothing was ever stated of the term that makes the cells, nobody has all. */
struct kadr_term_sums kadr_terms_over_reporters(struct kadr_evaluator *evaluator, const struct kadr_at *at)
{
    enum kadr_unit_level level = at->info->level;
    struct kadr_term_sums sums = no_sums();
    struct kadr_children children;
    const struct kadr_part *part;
    kadr_children_init(&children, evaluator, at);
    while (children.above->level < level && (part = kadr_children_next(&children))) {
        if (!part->figure) {
            sums.all = sums.all && !is_awaited(evaluator, at, part->unit);
        } else if (part->at.unit_info->level <= level) {
            struct kadr_term_sums inside = part->at.unit_info->level == level
                                               ? sums_of_reporter(evaluator, &part->at, part->unit)
                                               : sums_of(evaluator, part);
            add_sums(&sums, &inside, at->info->term_count);
        }
    }
    return sums;
}

/* ---- arithmetic ---------------------------------------------------------------------------------------- */

static wide floor_of(wide above, wide below)
{
    return above / below - (above % below < 0 ? 1 : 0);
}

static wide ceiling_of(wide above, wide below)
{
    return above / below + (above % below > 0 ? 1 : 0);
}

static void set_bounds(struct kadr_candidate *result, wide lo, wide hi, bool hi_open)
{
    result->lo = lo < INT64_MIN ? INT64_MIN : lo > INT64_MAX ? INT64_MAX : (int64_t)lo;
    result->hi_open = result->known_hi_open = hi_open || hi > INT64_MAX;
    result->hi = result->known_hi = result->hi_open ? 0 : (int64_t)hi;
}

/* The least and the greatest of the four quotients, rounded outwards. An open denominator comes as near to
 * zero as one likes.
 * @return false: the denominator may be zero */
static bool divide(const struct kadr_evaluator *evaluator, const struct kadr_indicator_info *info,
                   const struct kadr_candidate terms[KADR_MAX_TERMS], struct kadr_candidate *result)
{
    const struct kadr_candidate *above = &terms[0], *below = &terms[1];
    wide up = (wide)info->factor * info->scale *
              kadr_indicator_info(evaluator->reference, info->terms[1].indicator)->scale;
    wide down = kadr_indicator_info(evaluator->reference, info->terms[0].indicator)->scale;
    if (below->lo <= 0) {
        return false;
    }
    bool to_zero = below->hi_open;
    wide least = (wide)below->lo * down, most = to_zero ? 0 : (wide)below->hi * down;
    wide lo = above->lo < 0 ? floor_of(above->lo * up, least) : to_zero ? 0 : floor_of(above->lo * up, most);
    wide hi = above->hi >= 0 ? ceiling_of(above->hi * up, least)
              : to_zero      ? 0
                             : ceiling_of(above->hi * up, most);
    set_bounds(result, lo, hi, above->hi_open);
    return true;
}

/* @return false: what is taken off may be as large as one likes */
static bool subtract(const struct kadr_evaluator *evaluator, const struct kadr_indicator_info *info,
                     const struct kadr_candidate terms[KADR_MAX_TERMS], struct kadr_candidate *result)
{
    (void)evaluator; /* the signature of the table */
    wide lo = 0, hi = 0;
    bool hi_open = false;
    for (size_t t = 0; t < info->term_count; t++) {
        bool minus = info->terms[t].minus;
        if (minus && terms[t].hi_open) {
            return false;
        }
        lo += minus ? -(wide)terms[t].hi : terms[t].lo;
        hi += minus ? -(wide)terms[t].lo : terms[t].hi;
        hi_open = hi_open || (!minus && terms[t].hi_open);
    }
    set_bounds(result, lo, hi, hi_open);
    return true;
}

/* ---- the rule ------------------------------------------------------------------------------------------ */

static void compute(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                    const struct kadr_term_sums *totals, struct kadr_figure *figure)
{
    const struct kadr_indicator_info *info = at->info;
    bool ratio = info->space == KADR_SPACE_RATIO;
    struct kadr_candidate result = kadr_candidate_empty();
    for (size_t t = 0; t < info->term_count; t++) {
        kadr_candidate_join(&result, &totals->term[t]);
    }
    result.complete = totals->all;
    if (!ratio && !result.complete && info->may_be_negative) {
        return; /* a part does not bound the whole */
    }
    if (!(ratio ? divide : subtract)(evaluator, info, totals->term, &result)) {
        figure->reason = figure->reason == KADR_REASON_NONE ? KADR_REASON_UNKNOWN : figure->reason;
        return;
    }
    if (!ratio) {
        kadr_candidate_finish(&result); /* some of it is a lower bound, some of a ratio is not */
    }
    figure->value = result;
    figure->basis = ratio ? KADR_BASIS_RATIO : KADR_BASIS_SUM;
}

enum kadr_have kadr_terms_taken(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                                struct kadr_term_sums *ret_terms)
{
    *ret_terms = (struct kadr_term_sums){ .any = true, .all = true };
    enum kadr_have have = have_at(evaluator, at, at->series->unit, false, ret_terms->term);
    if (have == KADR_HAVE_NOT) {
        *ret_terms = kadr_terms_over_reporters(evaluator, at);
    }
    return have;
}

void kadr_derive(struct kadr_evaluator *evaluator, const struct kadr_at *at, struct kadr_figure *figure)
{
    struct kadr_term_sums totals;
    enum kadr_have have = kadr_terms_taken(evaluator, at, &totals);
    figure->even = have == KADR_HAVE_ALL;
    if (have == KADR_HAVE_NOT_APPLICABLE && figure->reason == KADR_REASON_NONE) {
        figure->reason = KADR_REASON_NOT_APPLICABLE;
        figure->not_applicable = true;
    }
    if (have == KADR_HAVE_NOT) {
        keep_sums(evaluator, at, &totals, figure);
        totals.all = totals.all && at->info->space == KADR_SPACE_LINEAR;
    }
    if (have != KADR_HAVE_NOT_APPLICABLE && totals.any) {
        compute(evaluator, at, &totals, figure);
        figure->value.below = figure->value.below || (figure->value.present && have == KADR_HAVE_NOT);
    }
}

void kadr_derive_over(struct kadr_evaluator *evaluator, const struct kadr_at *at, const kadr_unit *units,
                      size_t count, struct kadr_figure *figure)
{
    struct kadr_term_sums sums = no_sums();
    for (size_t i = 0; i < count; i++) {
        struct kadr_term_sums one = sums_of_reporter(evaluator, at, units[i]);
        add_sums(&sums, &one, at->info->term_count);
    }
    if (sums.any) {
        compute(evaluator, at, &sums, figure);
    }
}
