/* SPDX-License-Identifier: Apache-2.0 */
/* coverage.c - who is in a cell: reporters that owe it, have a value, a complete one, a stale one.
 *
 * The reporters of a cell are the units at the indicator's level inside its unit; a unit at or below that
 * level is its own reporter. Each unit has one parent over the days that count (children.c), so the
 * reporters of a unit are those of its children, added. Where somebody owes the indicator, only those that
 * owe it are reporters (kadr_owes()): what others state is in the sum, and in no count, so that no more can
 * have reported than were expected. Where a predecessor stands for split territories, the reporters in them
 * count as they were on its last day, and stale.
 */
#include "base/err.h"
#include "domain/evaluate.h"

/* A unit at the reporting level, or below it, owes the figure, where anybody does. */
static bool reports(const struct kadr_evaluator *evaluator, const struct kadr_at *at, kadr_unit unit,
                    const struct kadr_unit_info *info)
{
    if (!at->info->owed) {
        return true;
    }
    return at->info->listed ? kadr_owes(evaluator->reference, unit, at->series->indicator, kadr_at_days(at))
                            : kadr_owes_by_catalogue(at->info, info);
}

/* Reporters of a cell inside `unit`; itself when it is one. */
static uint32_t reporters(struct kadr_evaluator *evaluator, const struct kadr_at *at, kadr_unit unit)
{
    const struct kadr_unit_info *info = kadr_unit_info(evaluator->reference, unit);
    kadr_indicator indicator = at->series->indicator;
    struct kadr_period days = kadr_at_days(at), span = kadr_at_span(evaluator, at);
    uint64_t borders = evaluator->borders_today ? (uint64_t)(uint32_t)span.first << 32 | 1u << 16 : 0;
    struct kadr_map_key key = { { unit, borders | indicator,
                                  (uint64_t)(uint32_t)days.first << 32 | (uint32_t)days.last } };
    if (info->level >= at->info->level) {
        return info->level == at->info->level && reports(evaluator, at, unit, info) ? 1 : 0;
    }
    uintptr_t known = (uintptr_t)kadr_map_get(&evaluator->reporters, &key);
    if (known) {
        return (uint32_t)(known - 1);
    }
    uint32_t count = 0;
    for (size_t c = 0; c < info->child_count; c++) {
        if (kadr_unit_belongs(evaluator->reference, info->children[c], unit, span)) {
            count += reporters(evaluator, at, info->children[c]);
        }
    }
    /* counts, not pointers: one more, so that none is NULL */
    if (kadr_map_put(&evaluator->reporters, &key, (void *)((uintptr_t)count + 1))) {
        evaluator->err = KADR_ENOMEM;
    }
    return count;
}

/* Is there a unit of the level inside, whether it owes anything or not? */
static bool has_level(const struct kadr_evaluator *evaluator, kadr_unit unit, enum kadr_unit_level level,
                      struct kadr_period span)
{
    const struct kadr_unit_info *info = kadr_unit_info(evaluator->reference, unit);
    for (size_t c = 0; c < info->child_count && info->level < level; c++) {
        kadr_unit child = info->children[c];
        if (kadr_unit_belongs(evaluator->reference, child, unit, span) &&
            (kadr_unit_info(evaluator->reference, child)->level == level ||
             has_level(evaluator, child, level, span))) {
            return true;
        }
    }
    return false;
}

/* Above the reporters: as long as one of them owes it; a unit without any owes it itself. */
bool kadr_is_owed(struct kadr_evaluator *evaluator, const struct kadr_at *at, kadr_unit unit)
{
    const struct kadr_indicator_info *info = at->info;
    bool above = kadr_unit_info(evaluator->reference, unit)->level < info->level;
    if (!info->owed) {
        return false;
    }
    if (above && reporters(evaluator, at, unit) > 0) {
        return true;
    }
    return kadr_owes(evaluator->reference, unit, at->series->indicator, kadr_at_days(at)) &&
           !(above && has_level(evaluator, unit, info->level, kadr_at_span(evaluator, at)));
}

/* At or below the reporters: the unit, or one that it lies in there, owes the figure. */
static bool is_in_debt(const struct kadr_evaluator *evaluator, const struct kadr_at *at)
{
    const struct kadr_indicator_info *info = at->info;
    kadr_unit unit = at->series->unit;
    while (info->owed && kadr_unit_info(evaluator->reference, unit)->level >= info->level) {
        const struct kadr_territory *borders =
            kadr_unit_territory_in(evaluator->reference, unit, kadr_at_span(evaluator, at));
        if (kadr_owes(evaluator->reference, unit, at->series->indicator, kadr_at_days(at))) {
            return true;
        }
        if (!borders || borders->parent == KADR_NO_UNIT) {
            return false;
        }
        unit = borders->parent;
    }
    return false;
}

/* Who owes nothing is excused from reporting, and its people are still people of the reporter it lies in: of
 * a figure that the reporter owes, the sum of those that report is a part. */
bool kadr_is_missed(struct kadr_evaluator *evaluator, const struct kadr_at *at, kadr_unit child)
{
    const struct kadr_unit_info *info = kadr_unit_info(evaluator->reference, child);
    return kadr_is_owed(evaluator, at, child) || (info->territorial && is_in_debt(evaluator, at));
}

bool kadr_is_counted(const struct kadr_evaluator *evaluator, const struct kadr_at *at)
{
    return at->info->owed && (at->unit_info->level < at->info->level ||
                              reports(evaluator, at, at->series->unit, at->unit_info));
}

static struct kadr_coverage cover_one(const struct kadr_figure *figure, bool exists)
{
    bool has = figure && figure->value.present;
    /* one that was not there, and has a value all the same, is not one of none */
    bool expected = (exists && !(figure && figure->not_applicable)) || has;
    return (struct kadr_coverage){ .reported = has,
                                   .complete = has && figure->value.complete,
                                   .stale = has && figure->value.stale,
                                   .expected = expected };
}

/* What is computed rests on the terms of a reporter and not on what that stated of the cell itself. */
static struct kadr_coverage cover_computed(struct kadr_evaluator *evaluator, const struct kadr_part *part)
{
    struct kadr_coverage one = cover_one(part->figure, true);
    if (part->figure) {
        bool stale;
        one.reported = one.complete = kadr_has_terms(evaluator, &part->at, &stale) ? 1 : 0;
        one.stale = stale ? 1 : 0;
        one.expected = one.expected + one.reported > 0 ? 1 : 0; /* it said that the cell does not apply */
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
    struct kadr_children children;
    const struct kadr_part *part;
    kadr_children_init(&children, evaluator, now);
    while ((part = kadr_children_next(&children))) {
        struct kadr_coverage cover = { 0 };
        enum kadr_unit_level own = part->at.unit_info->level;
        if (part->stands_in) {
            cover = cover_stand_in(evaluator, part, now, level);
        } else if (!part->replaced && part->figure && own == level &&
                   reports(evaluator, now, part->unit, part->at.unit_info)) {
            struct kadr_at then = part->at;
            then.day = day;
            cover = cover_one(kadr_evaluate(evaluator, &then), true);
        } else if (!part->replaced && part->figure && own < level) {
            cover = cover_then(evaluator, &part->at, day, level);
        }
        add_cover(&total, &cover);
    }
    return total;
}

/* One successor, as the predecessor speaks for it. */
static struct kadr_coverage cover_heir(struct kadr_evaluator *evaluator, const struct kadr_part *part,
                                       const struct kadr_at *now, kadr_unit unit)
{
    enum kadr_unit_level level = now->info->level;
    struct kadr_at heir = kadr_at_unit(evaluator, now, unit);
    struct kadr_coverage cover = { 0 };
    if (heir.unit_info->level == level) {
        return reports(evaluator, now, unit, heir.unit_info) ? cover_one(part->figure, true) : cover;
    }
    return heir.series ? cover_then(evaluator, &heir, part->at.day, level) : cover;
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
    for (size_t s = 0; info->level <= level && before && s < before->successor_count; s++) {
        struct kadr_coverage cover = cover_heir(evaluator, part, now, before->successors[s]);
        add_cover(&stands, &cover);
    }
    stands.stale = part->aged ? stands.reported : stands.stale;
    stands.expected = 0; /* the successors are expected, each for itself */
    return stands;
}

/* Of a part that no predecessor stands for, and that is none. */
static void add_child(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                      const struct kadr_part *part, struct kadr_coverage *total)
{
    struct kadr_coverage cover;
    if (part->at.unit_info->level < at->info->level) {
        add_cover(total, kadr_cover(evaluator, &part->at, part->figure));
    } else if (part->at.unit_info->level == at->info->level &&
               reports(evaluator, at, part->unit, part->at.unit_info)) {
        cover = at->info->term_count > 0 ? cover_computed(evaluator, part) : cover_one(part->figure, true);
        add_cover(total, &cover);
    }
}

void kadr_cover_part(struct kadr_evaluator *evaluator, const struct kadr_at *at, const struct kadr_part *part,
                     struct kadr_coverage *total)
{
    if (part->stands_in) {
        struct kadr_coverage cover = cover_stand_in(evaluator, part, at, at->info->level);
        add_cover(total, &cover);
    } else if (part->replaced || (!part->figure && part->at.unit_info->level < at->info->level)) {
        total->expected += reporters(evaluator, at, part->unit);
    } else {
        add_child(evaluator, at, part, total);
    }
}

/* Its own coverage is what it adds: a unit at the reporting level is its own reporter. */
void kadr_cover_settled(struct kadr_evaluator *evaluator, const struct kadr_at *at, kadr_unit child,
                        const struct kadr_figure *figure, struct kadr_coverage *total)
{
    const struct kadr_unit_info *info = kadr_unit_info(evaluator->reference, child);
    bool above = info->level < at->info->level;
    if (!above && (info->level > at->info->level || !reports(evaluator, at, child, info))) {
        return;
    }
    if (figure) {
        add_cover(total, &figure->coverage);
    } else {
        total->expected += above ? reporters(evaluator, at, child) : 1;
    }
}

static void cover_children(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                           struct kadr_coverage *total)
{
    struct kadr_children children;
    const struct kadr_part *part;
    kadr_children_init(&children, evaluator, at);
    while ((part = kadr_children_next(&children))) {
        kadr_cover_part(evaluator, at, part, total);
    }
}

const struct kadr_coverage *kadr_cover(struct kadr_evaluator *evaluator, const struct kadr_at *at,
                                       struct kadr_figure *figure)
{
    if (figure->covered) {
        return &figure->coverage;
    }
    if (at->unit_info->level >= at->info->level) {
        bool exists = kadr_territory_in(at->unit_info, kadr_at_span(evaluator, at)) != NULL;
        figure->coverage = cover_one(figure, exists);
    } else {
        cover_children(evaluator, at, &figure->coverage);
    }
    figure->covered = true;
    return &figure->coverage;
}
