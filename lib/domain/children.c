/* SPDX-License-Identifier: Apache-2.0 */
/* children.c - the parts of a cell below its unit.
 *
 * A stock's parts are the units below it on the day, a flow's those below it over the period; a unit that
 * moved within the period belongs to its last parent, so that no figure is added twice further up.
 *
 * Split territories (stocks only). Karaganda of before June 2022 became Karaganda and Ulytau:
 *
 *        KZ-35, version 1  ────────┐ to = 2022-06-07
 *                                  ├── KZ-35, version 2
 *                                  └── KZ-62, version 1
 *
 * Until each successor has a value, the predecessor's last one stands for all of them, marked stale; the
 * ones that have reported are not added to it, for it holds their territory as well. It stands only while
 * every successor still has the borders it got in that split, all of them are children of this unit, and
 * nothing that lay in the predecessor lies elsewhere.
 * Iteration: children that are there (those stood for are marked `replaced`), then the predecessors.
 */
#include "domain/evaluate.h"

const struct kadr_territory *kadr_unit_territory_in(const struct kadr_reference *reference, kadr_unit unit,
                                                    struct kadr_period span)
{
    const struct kadr_unit_info *info = kadr_unit_info(reference, unit);
    for (size_t t = info->territory_count; t-- > 0;) {
        const struct kadr_territory *territory = &info->territory[t];
        if (territory->from <= span.last && span.first <= territory->to) {
            return territory;
        }
    }
    return NULL;
}

bool kadr_unit_belongs(const struct kadr_reference *reference, kadr_unit unit, kadr_unit parent,
                       struct kadr_period span)
{
    const struct kadr_territory *territory = kadr_unit_territory_in(reference, unit, span);
    return territory && (parent == KADR_NO_UNIT || territory->parent == parent);
}

kadr_day kadr_land_since(const struct kadr_evaluator *evaluator, kadr_unit unit)
{
    const struct kadr_unit_info *info = kadr_unit_info(evaluator->reference, unit);
    const struct kadr_territory *territory =
        kadr_unit_territory(evaluator->reference, unit, evaluator->today);
    if (!territory) {
        return KADR_DAY_MAX + 1;
    }
    while (territory > info->territory && territory[-1].to + 1 == territory->from &&
           territory[-1].successor_count == 1 && territory[-1].successors[0] == unit) {
        territory--; /* it went over to itself: the land moved as a whole */
    }
    return territory->from;
}

/* The same cell of another unit; figure NULL when nothing was ever stated there. */
static struct kadr_figure *cell_of(struct kadr_evaluator *evaluator, const struct kadr_at *at, kadr_unit unit,
                                   kadr_day day, struct kadr_at *ret_at)
{
    *ret_at = (struct kadr_at){ .period = at->period, .day = day };
    ret_at->series = kadr_series_find(evaluator->table, unit, at->series->indicator, at->series->breakdown);
    return ret_at->series ? kadr_evaluate(evaluator, ret_at) : NULL;
}

static bool has_value(const struct kadr_children *children, kadr_unit unit)
{
    struct kadr_at at;
    const struct kadr_figure *figure =
        cell_of(children->evaluator, &children->at, unit, children->at.day, &at);
    return figure && figure->value.present;
}

/* The successor is a child with the borders that it got when `before` ended. */
static bool is_heir(const struct kadr_children *children, kadr_unit unit, const struct kadr_territory *before)
{
    const struct kadr_reference *reference = children->evaluator->reference;
    const struct kadr_territory *then = kadr_unit_territory(reference, unit, before->to + 1);
    kadr_day day = kadr_borders_day(children->evaluator, &children->at);
    return then && then == kadr_unit_territory(reference, unit, day) &&
           then->parent == children->at.series->unit;
}

static bool names(const struct kadr_territory *before, kadr_unit successor)
{
    for (size_t s = 0; s < before->successor_count; s++) {
        if (before->successors[s] == successor) {
            return true;
        }
    }
    return false;
}

/* Nothing that lay in the unit when the territory ended lies outside its heirs now: else their figures and
 * the predecessor's would count it twice. */
static bool is_whole(const struct kadr_children *children, kadr_unit unit,
                     const struct kadr_territory *before)
{
    const struct kadr_reference *reference = children->evaluator->reference;
    const struct kadr_unit_info *info = kadr_unit_info(reference, unit);
    kadr_day day = kadr_borders_day(children->evaluator, &children->at);
    for (size_t c = 0; c < info->child_count; c++) {
        const struct kadr_territory *then = kadr_unit_territory(reference, info->children[c], before->to);
        const struct kadr_territory *now = kadr_unit_territory(reference, info->children[c], day);
        if (then && then->parent == unit && now && !names(before, now->parent)) {
            return false;
        }
    }
    return true;
}

/* Does this ended territory of a former child still have a claim: heirs here, and one without a value? */
static bool has_claim(const struct kadr_children *children, kadr_unit unit,
                      const struct kadr_territory *before)
{
    bool one_missing = false;
    if (before->to >= kadr_borders_day(children->evaluator, &children->at) || before->successor_count == 0) {
        return false;
    }
    for (size_t s = 0; s < before->successor_count; s++) {
        if (!is_heir(children, before->successors[s], before)) {
            return false;
        }
        one_missing = one_missing || !has_value(children, before->successors[s]);
    }
    return one_missing && is_whole(children, unit, before);
}

/* The figure of the predecessor on its last day, or on the day asked about when that is earlier, with the
 * borders of then; none when nothing is known or it has expired. */
static struct kadr_figure *stand_in(const struct kadr_children *children, kadr_unit unit,
                                    const struct kadr_territory *before, struct kadr_at *ret_at)
{
    const struct kadr_indicator_info *info = kadr_at_info(children->evaluator, &children->at);
    if (!has_claim(children, unit, before)) {
        return NULL;
    }
    bool borders_today = children->evaluator->borders_today;
    kadr_day day = before->to < children->at.day ? before->to : children->at.day;
    children->evaluator->borders_today = false;
    struct kadr_figure *figure = cell_of(children->evaluator, &children->at, unit, day, ret_at);
    children->evaluator->borders_today = borders_today;
    if (!figure || !figure->value.present) {
        return NULL;
    }
    kadr_day age_days = children->at.day - figure->value.oldest;
    return info->expires_after_days > 0 && age_days > info->expires_after_days ? NULL : figure;
}

enum { SPLITS_NONE = 1, SPLITS_SOME = 2 };

/* Did any unit that was ever here hand its territory on? Mostly not, and then nothing stands in. */
static uint8_t find_splits(const struct kadr_reference *reference, const struct kadr_unit_info *above)
{
    for (size_t c = 0; c < above->child_count; c++) {
        const struct kadr_unit_info *info = kadr_unit_info(reference, above->children[c]);
        for (size_t t = 0; t < info->territory_count; t++) {
            if (info->territory[t].successor_count > 0) {
                return SPLITS_SOME;
            }
        }
    }
    return SPLITS_NONE;
}

static bool has_splits(const struct kadr_evaluator *evaluator, kadr_unit unit)
{
    uint8_t found = evaluator->splits ? evaluator->splits[unit] : SPLITS_SOME; /* out of memory: be slow */
    if (!found) {
        found = find_splits(evaluator->reference, kadr_unit_info(evaluator->reference, unit));
        evaluator->splits[unit] = found;
    }
    return found == SPLITS_SOME;
}

static bool is_replaced(const struct kadr_children *children, const struct kadr_unit_info *above,
                        kadr_unit child)
{
    const struct kadr_reference *reference = children->evaluator->reference;
    if (!children->splits) {
        return false;
    }
    for (size_t c = 0; c < above->child_count; c++) {
        const struct kadr_unit_info *info = kadr_unit_info(reference, above->children[c]);
        for (size_t t = 0; t < info->territory_count; t++) {
            struct kadr_at at;
            if (names(&info->territory[t], child) &&
                stand_in(children, above->children[c], &info->territory[t], &at)) {
                return true;
            }
        }
    }
    return false;
}

struct kadr_children kadr_children_of(struct kadr_evaluator *evaluator, const struct kadr_at *at)
{
    const struct kadr_indicator_info *info = kadr_at_info(evaluator, at);
    /* what is derived stands on the terms of each reporter as they are */
    bool ages = info->time == KADR_TIME_LAST && info->term_count == 0;
    return (struct kadr_children){ .evaluator = evaluator,
                                   .at = *at,
                                   .span = kadr_at_span(evaluator, at),
                                   .splits = ages && has_splits(evaluator, at->series->unit) };
}

/* Parts lie all over the memory. Those of a live cell are asked for by whoever evaluates many (changes.c); of
 * a past day the statements are looked at. */
static void fetch_ahead(const struct kadr_series *above, size_t index)
{
    if (index + 8 < above->child_count) {
        __builtin_prefetch(above->parts[index + 8]);
        __builtin_prefetch((const char *)above->parts[index + 8] + 64);
    }
    if (index + 4 < above->child_count) {
        kadr_series_fetch(above->parts[index + 4]);
    }
}

/* The child's series, if there is one: both lists are in one order. */
static const struct kadr_series *known_child(struct kadr_children *children, kadr_unit unit)
{
    const struct kadr_series *above = children->at.series;
    if (children->at.day != children->evaluator->today) {
        fetch_ahead(above, children->known);
    }
    bool known = children->known < above->child_count && above->parts[children->known]->unit == unit;
    return known ? above->parts[children->known++] : NULL;
}

static bool next_child(struct kadr_children *children, const struct kadr_unit_info *above,
                       struct kadr_part *part)
{
    while (children->child < above->child_count) {
        kadr_unit unit = above->children[children->child++];
        const struct kadr_series *series = known_child(children, unit);
        if (!kadr_unit_belongs(children->evaluator->reference, unit, children->at.series->unit,
                               children->span)) {
            continue;
        }
        part->unit = unit;
        part->at = (struct kadr_at){ series, children->at.period, children->at.day };
        part->replaced = is_replaced(children, above, unit);
        part->stands_in = part->aged = false;
        part->stands_for = 0;
        part->figure = series ? kadr_evaluate_part(children->evaluator, &part->at, &part->own) : NULL;
        return true;
    }
    return false;
}

static bool next_predecessor(struct kadr_children *children, const struct kadr_unit_info *above,
                             struct kadr_part *part)
{
    for (; children->child < above->child_count; children->child++, children->territory = 0) {
        kadr_unit unit = above->children[children->child];
        const struct kadr_unit_info *info = kadr_unit_info(children->evaluator->reference, unit);
        while (children->territory < info->territory_count) {
            const struct kadr_territory *before = &info->territory[children->territory++];
            part->unit = unit;
            part->replaced = false;
            part->stands_in = true;
            part->aged = before->to < children->at.day;
            part->stands_for = before->successor_count;
            part->figure = stand_in(children, unit, before, &part->at);
            if (part->figure) {
                return true;
            }
        }
    }
    return false;
}

bool kadr_children_next(struct kadr_children *children, struct kadr_part *ret_part)
{
    const struct kadr_unit_info *above =
        kadr_unit_info(children->evaluator->reference, children->at.series->unit);
    if (!children->predecessors) {
        if (next_child(children, above, ret_part)) {
            return true;
        }
        children->predecessors = true;
        children->child = children->splits ? 0 : above->child_count;
    }
    return next_predecessor(children, above, ret_part);
}
