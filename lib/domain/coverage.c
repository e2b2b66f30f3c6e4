/* SPDX-License-Identifier: Apache-2.0 */
/* coverage.c - who is in a cell: reporters that owe it, have a value, a complete one, a stale one.
 *
 * The reporters of a cell are the units at the indicator's level inside its unit; a unit at or below that
 * level is its own reporter. Each unit has one parent over the days that count (children.c), so the
 * reporters of a unit are those of its children, added. Where a predecessor stands for split territories, its
 * successors count as reported and stale.
 */
#include "base/err.h"
#include "domain/evaluate.h"

/* Units at a level inside `unit` over these days; itself when it is at that level. */
static uint32_t reporters(struct kadr_evaluator *evaluator, kadr_unit unit, enum kadr_unit_level level,
                          struct kadr_period span)
{
    const struct kadr_unit_info *info = kadr_unit_info(evaluator->reference, unit);
    struct kadr_map_key key = { { unit, level, (uint64_t)(uint32_t)span.first << 32 | (uint32_t)span.last } };
    if (info->level >= level) {
        return info->level == level ? 1 : 0;
    }
    uintptr_t known = (uintptr_t)kadr_map_get(&evaluator->reporters, &key);
    if (known) {
        return (uint32_t)(known - 1);
    }
    uint32_t count = 0;
    for (size_t c = 0; c < info->child_count; c++) {
        if (kadr_unit_belongs(evaluator->reference, info->children[c], unit, span)) {
            count += reporters(evaluator, info->children[c], level, span);
        }
    }
    /* counts, not pointers: one more, so that none is NULL */
    if (kadr_map_put(&evaluator->reporters, &key, (void *)((uintptr_t)count + 1))) {
        evaluator->err = KADR_ENOMEM;
    }
    return count;
}

static struct kadr_coverage cover_one(const struct kadr_figure *figure, bool exists)
{
    struct kadr_coverage one = { 0 };
    if (figure && figure->value.present) {
        one.reported = 1;
        one.complete = figure->value.complete ? 1 : 0;
        one.stale = figure->value.stale ? 1 : 0;
    }
    one.expected = exists && !(figure && figure->not_applicable) ? 1 : 0;
    return one;
}

/* What is computed rests on the terms of a reporter and not on what that stated of the cell itself. */
static struct kadr_coverage cover_reporter(struct kadr_evaluator *evaluator, const struct kadr_part *part)
{
    struct kadr_coverage one = cover_one(part->figure, true);
    if (part->figure && kadr_at_info(evaluator, &part->at)->term_count > 0) {
        bool stale;
        one.reported = one.complete = kadr_has_terms(evaluator, &part->at, &stale) ? 1 : 0;
        one.stale = stale ? 1 : 0;
    }
    return one;
}

static void add_cover(struct kadr_coverage *total, const struct kadr_coverage *part)
{
    total->reported += part->reported;
    total->complete += part->complete;
    total->stale += part->stale;
    total->expected += part->expected;
}

static struct kadr_coverage cover_stand_in(struct kadr_evaluator *evaluator, const struct kadr_part *part,
                                           const struct kadr_at *now, enum kadr_unit_level level);

/* The reporters that a unit has now, as they were on an earlier day. */
static struct kadr_coverage cover_then(struct kadr_evaluator *evaluator, const struct kadr_at *now,
                                       kadr_day day, enum kadr_unit_level level)
{
    struct kadr_coverage total = { 0 };
    struct kadr_children children = kadr_children_of(evaluator, now);
    struct kadr_part part;
    while (kadr_children_next(&children, &part)) {
        struct kadr_coverage cover = { 0 };
        enum kadr_unit_level own = kadr_unit_info(evaluator->reference, part.unit)->level;
        if (part.stands_in) {
            cover = cover_stand_in(evaluator, &part, now, level);
        } else if (!part.replaced && part.figure && own == level) {
            struct kadr_at then = { part.at.series, part.at.period, day };
            cover = cover_one(kadr_evaluate(evaluator, &then), true);
        } else if (!part.replaced && part.figure && own < level) {
            cover = cover_then(evaluator, &part.at, day, level);
        }
        add_cover(&total, &cover);
    }
    return total;
}

/* A predecessor below the reporting level of its successors speaks for no reporter; at it for each of them;
 * above it for their reporters, as they were on its last day.
 * @param now  the cell that it stands in */
static struct kadr_coverage cover_stand_in(struct kadr_evaluator *evaluator, const struct kadr_part *part,
                                           const struct kadr_at *now, enum kadr_unit_level level)
{
    const struct kadr_unit_info *info = kadr_unit_info(evaluator->reference, part->unit);
    const struct kadr_territory *before = kadr_unit_territory(evaluator->reference, part->unit, part->at.day);
    struct kadr_coverage stands = { 0 };
    if (info->level == level) {
        stands.reported = part->stands_for;
        stands.complete = part->figure->value.complete ? part->stands_for : 0;
        stands.stale = part->figure->value.stale ? part->stands_for : 0;
    }
    for (size_t s = 0; info->level < level && before && s < before->successor_count; s++) {
        struct kadr_at heir = { .period = now->period, .day = now->day };
        heir.series = kadr_series_find(evaluator->table, before->successors[s], now->series->indicator,
                                       now->series->breakdown);
        struct kadr_coverage cover = { 0 };
        if (heir.series) {
            cover = cover_then(evaluator, &heir, part->at.day, level);
        }
        add_cover(&stands, &cover);
    }
    stands.stale = part->aged ? stands.reported : stands.stale;
    stands.expected = 0; /* the successors are expected, each for itself */
    return stands;
}

static struct kadr_coverage cover_child(struct kadr_evaluator *evaluator, const struct kadr_part *part,
                                        enum kadr_unit_level level, struct kadr_period span)
{
    const struct kadr_unit_info *info = kadr_unit_info(evaluator->reference, part->unit);
    struct kadr_coverage cover = { 0 };
    if (part->replaced || (!part->figure && info->level < level)) {
        cover.expected = reporters(evaluator, part->unit, level, span);
    } else if (info->level == level) {
        cover = cover_reporter(evaluator, part);
    } else if (info->level < level) {
        cover = *kadr_cover(evaluator, &part->at, part->figure);
    }
    return cover;
}

static struct kadr_coverage cover_children(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                                           enum kadr_unit_level level)
{
    struct kadr_coverage total = { 0 };
    struct kadr_children children = kadr_children_of(evaluator, at);
    struct kadr_part part;
    while (kadr_children_next(&children, &part)) {
        if (!kadr_unit_reports(evaluator->reference, part.unit, at->series->indicator)) {
            continue; /* in the sum, and missed by nobody */
        }
        struct kadr_coverage cover = part.stands_in ? cover_stand_in(evaluator, &part, at, level)
                                                    : cover_child(evaluator, &part, level, children.span);
        add_cover(&total, &cover);
    }
    return total;
}

const struct kadr_coverage *kadr_cover(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                                       struct kadr_figure *figure)
{
    if (figure->covered) {
        return &figure->coverage;
    }
    enum kadr_unit_level level = kadr_at_info(evaluator, at)->level;
    kadr_unit unit = at->series->unit;
    if (kadr_unit_info(evaluator->reference, unit)->level >= level) {
        bool exists =
            kadr_unit_belongs(evaluator->reference, unit, KADR_NO_UNIT, kadr_at_span(evaluator, at));
        figure->coverage = cover_one(figure, exists);
    } else {
        figure->coverage = cover_children(evaluator, at, level);
    }
    figure->covered = true;
    return &figure->coverage;
}
