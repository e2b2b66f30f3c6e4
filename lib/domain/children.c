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
    return kadr_territory_in(kadr_unit_info(reference, unit), span);
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
    *ret_at = kadr_at_unit(evaluator, at, unit);
    ret_at->day = day;
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
        if (then && then->parent == unit && now && !kadr_territory_went_to(before, now->parent)) {
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
    const struct kadr_indicator_info *info = children->at.info;
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

static bool is_replaced(const struct kadr_children *children, kadr_unit child)
{
    const struct kadr_reference *reference = children->evaluator->reference;
    const struct kadr_unit_info *above = children->above;
    for (size_t c = 0; c < above->child_count; c++) {
        const struct kadr_unit_info *info = kadr_unit_info(reference, above->children[c]);
        for (size_t t = 0; t < info->territory_count; t++) {
            struct kadr_at at;
            if (kadr_territory_went_to(&info->territory[t], child) &&
                stand_in(children, above->children[c], &info->territory[t], &at)) {
                return true;
            }
        }
    }
    return false;
}

/* Figures that age can be stood for; what is derived stands on the terms of each reporter as they are. */
static bool may_stand_in(const struct kadr_evaluator *evaluator, const struct kadr_at *at)
{
    bool ages = at->info->time == KADR_TIME_LAST && at->info->term_count == 0;
    return ages && has_splits(evaluator, at->series->unit);
}

bool kadr_children_are_plain(const struct kadr_evaluator *evaluator, const struct kadr_at *at)
{
    return at->day == evaluator->today && !evaluator->borders_today && at->info->term_count == 0 &&
           kadr_period_contains(at->unit_info->all_here, kadr_at_span(evaluator, at)) &&
           !may_stand_in(evaluator, at);
}

void kadr_children_init(struct kadr_children *children, struct kadr_evaluator *evaluator,
                        const struct kadr_at *at)
{
    children->evaluator = evaluator;
    children->at = *at;
    children->above = at->unit_info;
    children->span = kadr_at_span(evaluator, at);
    children->child = children->territory = children->known = 0;
    children->live = at->day == evaluator->today && !evaluator->borders_today;
    children->all_here = kadr_period_contains(children->above->all_here, children->span);
    children->splits = may_stand_in(evaluator, at);
    children->predecessors = false;
    children->part.at = *at;
    children->part.replaced = children->part.stands_in = children->part.aged = false;
    children->part.stands_for = 0;
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
    if (!children->live) {
        fetch_ahead(above, children->known);
    }
    bool known = children->known < above->child_count && above->parts[children->known]->unit == unit;
    return known ? above->parts[children->known++] : NULL;
}

static bool next_child(struct kadr_children *children)
{
    const struct kadr_reference *reference = children->evaluator->reference;
    struct kadr_part *part = &children->part;
    while (children->child < children->above->child_count) {
        part->unit = children->above->children[children->child++];
        part->at.series = known_child(children, part->unit);
        if (!children->all_here &&
            !kadr_unit_belongs(reference, part->unit, children->at.series->unit, children->span)) {
            continue;
        }
        part->at.unit_info = kadr_unit_info(reference, part->unit);
        part->replaced = children->splits && is_replaced(children, part->unit);
        part->figure =
            part->at.series ? kadr_evaluate_part(children->evaluator, &part->at, &part->own) : NULL;
        return true;
    }
    return false;
}

static bool next_predecessor(struct kadr_children *children)
{
    const struct kadr_unit_info *above = children->above;
    struct kadr_part *part = &children->part;
    for (; children->child < above->child_count; children->child++, children->territory = 0) {
        part->unit = above->children[children->child];
        const struct kadr_unit_info *info = kadr_unit_info(children->evaluator->reference, part->unit);
        while (children->territory < info->territory_count) {
            const struct kadr_territory *before = &info->territory[children->territory++];
            part->replaced = false;
            part->stands_in = true;
            part->aged = before->to < children->at.day;
            part->stands_for = before->successor_count;
            part->figure = stand_in(children, part->unit, before, &part->at);
            if (part->figure) {
                return true;
            }
        }
    }
    return false;
}

const struct kadr_part *kadr_children_next(struct kadr_children *children)
{
    if (!children->predecessors) {
        if (next_child(children)) {
            return &children->part;
        }
        children->predecessors = true;
        children->child = children->splits ? 0 : children->above->child_count;
    }
    return next_predecessor(children) ? &children->part : NULL;
}
