/* SPDX-License-Identifier: Apache-2.0 */
/* rules_value.c - docs/rollup.md, Value of a cell; Changes of borders. */
#include "oracle/rules.h"

/* ---- the unit tree on a day, or over a period ------------------------------------------------------------
 */

/* The borders that count: those of the day; over a period the last ones that overlap it. */
const struct kadr_territory *kadr_oracle_borders_of(const struct view *view, kadr_unit unit,
                                                    const struct question *q)
{
    const struct kadr_territory *last = NULL;
    const struct kadr_unit_info *info = kadr_unit_info(view->reference, unit);
    for (size_t i = 0; i < info->territory_count; i++) {
        const struct kadr_territory *borders = &info->territory[i];
        if (view->then    ? borders->from <= view->today && view->today <= borders->to
            : is_as_of(q) ? borders->from <= q->day && q->day <= borders->to
                          : borders->from <= q->period.last && q->period.first <= borders->to) {
            last = borders;
        }
    }
    return last;
}

kadr_day kadr_oracle_land_since(const struct kadr_reference *reference, kadr_unit unit, kadr_day day)
{
    const struct kadr_unit_info *info = kadr_unit_info(reference, unit);
    kadr_day since = KADR_DAY_MAX + 1;
    for (size_t i = 0; i < info->territory_count && info->territory[i].from <= day; i++) {
        const struct kadr_territory *before = i > 0 ? &info->territory[i - 1] : NULL;
        bool same_land = before && before->to + 1 == info->territory[i].from &&
                         before->successor_count == 1 && before->successors[0] == unit;
        since = same_land ? since : info->territory[i].from;
    }
    return kadr_unit_territory(reference, unit, day) ? since : KADR_DAY_MAX + 1;
}

static bool is_child(const struct view *view, kadr_unit unit, const struct question *q)
{
    const struct kadr_territory *borders = kadr_oracle_borders_of(view, unit, q);
    return borders && borders->parent == q->unit;
}

/* The unit owes the figure: on the day, or on one of the period. */
bool kadr_oracle_owes(const struct view *view, kadr_unit unit, const struct question *q)
{
    struct kadr_period days = is_as_of(q) ? (struct kadr_period){ q->day, q->day } : q->period;
    return kadr_owes(view->reference, unit, q->indicator, days);
}

/* Of what nobody owes, everyone who reports counts; else those that owe it. */
bool kadr_oracle_is_counted(const struct view *view, kadr_unit unit, const struct question *q)
{
    return !info_of(view, q)->owed || kadr_oracle_owes(view, unit, q);
}

/* Is there a reporter below; is there one that owes the figure? */
static void look_below(const struct view *view, const struct question *q, kadr_unit above, bool *holds_any,
                       bool *owed)
{
    const struct kadr_unit_info *info = kadr_unit_info(view->reference, above);
    for (size_t c = 0; c < info->child_count; c++) {
        kadr_unit unit = info->children[c];
        const struct kadr_territory *borders = kadr_oracle_borders_of(view, unit, q);
        if (!borders || borders->parent != above) {
            continue;
        }
        if (kadr_unit_info(view->reference, unit)->level == info_of(view, q)->level) {
            *holds_any = true;
            *owed = *owed || kadr_oracle_owes(view, unit, q);
        } else {
            look_below(view, q, unit, holds_any, owed);
        }
    }
}

/* A unit at or below the reporting level owes the figure itself, or lies in one there that does. */
static bool lies_in_debtor(const struct view *view, kadr_unit unit, const struct question *q)
{
    const struct kadr_territory *borders = kadr_oracle_borders_of(view, unit, q);
    if (kadr_unit_info(view->reference, unit)->level < info_of(view, q)->level) {
        return false;
    }
    return kadr_oracle_owes(view, unit, q) ||
           (borders && borders->parent != KADR_NO_UNIT && lies_in_debtor(view, borders->parent, q));
}

/* A child that must have a value for the sum to be complete: one that owes it, or holds a reporter that does;
 * one that could hold reporters and holds none owes it itself. Of a reporter that owes the figure every part
 * of its land must, whatever that part owes. */
bool kadr_oracle_is_missed(const struct view *view, kadr_unit child, const struct question *q)
{
    if (kadr_unit_info(view->reference, child)->territorial && lies_in_debtor(view, q->unit, q)) {
        return true;
    }
    const struct kadr_indicator_info *info = info_of(view, q);
    bool holds_any = false, owed = false;
    if (kadr_unit_info(view->reference, child)->level < info->level) {
        look_below(view, q, child, &holds_any, &owed);
    }
    return info->owed && (owed || (!holds_any && kadr_oracle_owes(view, child, q)));
}

/* Downwards along the borders that count. */
static size_t list_below(const struct view *view, const struct question *q, kadr_unit above,
                         kadr_unit ret[KADR_MAX_UNITS], size_t count)
{
    const struct kadr_unit_info *info = kadr_unit_info(view->reference, above);
    for (size_t c = 0; c < info->child_count; c++) {
        kadr_unit unit = info->children[c];
        const struct kadr_territory *borders = kadr_oracle_borders_of(view, unit, q);
        if (!borders || borders->parent != above) {
            continue;
        }
        if (kadr_unit_info(view->reference, unit)->level == info_of(view, q)->level) {
            ret[count++] = unit;
        } else {
            count = list_below(view, q, unit, ret, count);
        }
    }
    return count;
}

size_t kadr_oracle_list_reporters(const struct view *view, const struct question *q,
                                  kadr_unit ret[KADR_MAX_UNITS])
{
    return list_below(view, q, q->unit, ret, 0);
}

/* ---- sums ------------------------------------------------------------------------------------------------
 */

/* @param owed  a part without a value leaves the sum incomplete */
static void add_part(struct figure *sum, const struct figure *part, bool owed)
{
    if (part->not_applicable) {
        return;
    }
    sum->all_not_applicable = false;
    if (part->has_value) {
        kadr_oracle_add_numbers(sum, part);
        sum->complete = sum->complete && part->complete;
    } else if (owed) {
        sum->complete = false;
    }
}

static struct figure members_sum(const struct view *view, const struct question *q, kadr_dimension dimension)
{
    const struct kadr_dimension_info *info = kadr_dimension_info(view->reference, dimension);
    struct figure sum = { .basis = KADR_BASIS_SUM, .complete = true, .all_not_applicable = info->count > 0 };
    for (uint16_t i = 0; i < info->count; i++) {
        struct question member = *q;
        if (kadr_breakdown_add(view->reference, &member.breakdown, (kadr_member)(info->first + i))) {
            return (struct figure){ 0 }; /* four dimensions are named already */
        }
        struct figure part = kadr_oracle_evaluate(view, &member);
        add_part(&sum, &part, true);
    }
    return kadr_oracle_closed(sum);
}

struct figure kadr_oracle_evaluate_unit(const struct view *view, const struct question *q, kadr_unit unit)
{
    struct question of_unit = *q;
    of_unit.unit = unit;
    return kadr_oracle_evaluate(view, &of_unit);
}

static bool is_successor(const struct kadr_territory *ended, kadr_unit unit)
{
    bool is = false;
    for (size_t i = 0; i < ended->successor_count; i++) {
        is = is || ended->successors[i] == unit;
    }
    return is;
}

/* It ended below q->unit, all successors still have the borders they got then and are children of q->unit,
 * and nothing that lay in it lies elsewhere. */
static bool may_stand(const struct view *view, const struct question *q, kadr_unit unit,
                      const struct kadr_territory *ended)
{
    kadr_day day = view->then ? view->today : q->day;
    bool may =
        is_as_of(q) && info_of(view, q)->term_count == 0 && ended->to < day && ended->successor_count > 0;
    for (kadr_unit part = 0; may && part < kadr_unit_count(view->reference); part++) {
        const struct kadr_territory *then = kadr_unit_territory(view->reference, part, ended->to);
        const struct kadr_territory *now = kadr_unit_territory(view->reference, part, day);
        may = !then || then->parent != unit || !now || is_successor(ended, now->parent);
    }
    for (size_t i = 0; may && i < ended->successor_count; i++) {
        const struct kadr_territory *now = kadr_oracle_borders_of(view, ended->successors[i], q);
        may = now && now->from == ended->to + 1 && now->parent == q->unit;
    }
    return may;
}

static bool all_have_values(const struct view *view, const struct question *q,
                            const struct kadr_territory *ended)
{
    for (size_t i = 0; i < ended->successor_count; i++) {
        if (!kadr_oracle_evaluate_unit(view, q, ended->successors[i]).has_value) {
            return false;
        }
    }
    return true;
}

/* The value that the cell of `unit` had on the last day of a territory; none when it does not stand. */
static struct figure standing(const struct view *view, const struct question *q, kadr_unit unit,
                              const struct kadr_territory *ended)
{
    const struct kadr_indicator_info *info = info_of(view, q);
    if (!may_stand(view, q, unit, ended) || all_have_values(view, q, ended)) {
        return (struct figure){ 0 };
    }
    struct question then = *q;
    then.unit = unit;
    then.day = ended->to < q->day ? ended->to : q->day;
    struct figure figure = kadr_oracle_evaluate(view->then ? view->then : view, &then);
    if (info->expires_after_days > 0 && q->day - figure.oldest > info->expires_after_days) {
        return (struct figure){ 0 };
    }
    figure.stale = figure.stale || ended->to < q->day;
    return figure;
}

size_t kadr_oracle_stand_ins(const struct view *view, const struct question *q,
                             struct stand_in ret[MAX_STAND_INS])
{
    const struct kadr_unit_info *parent = kadr_unit_info(view->reference, q->unit);
    size_t count = 0;
    for (size_t c = 0; c < parent->child_count; c++) { /* whatever was ever a child */
        kadr_unit unit = parent->children[c];
        const struct kadr_unit_info *info = kadr_unit_info(view->reference, unit);
        for (size_t t = 0; t < info->territory_count; t++) {
            struct figure figure = standing(view, q, unit, &info->territory[t]);
            if (figure.has_value) {
                KADR_ASSERT(count < MAX_STAND_INS);
                ret[count++] = (struct stand_in){ &info->territory[t], figure };
            }
        }
    }
    return count;
}

/* The one that stands for a unit; NULL: it stands for itself. */
const struct stand_in *kadr_oracle_stand_in_for(const struct stand_in *stands, size_t count, kadr_unit unit)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t s = 0; s < stands[i].ended->successor_count; s++) {
            if (stands[i].ended->successors[s] == unit) {
                return &stands[i];
            }
        }
    }
    return NULL;
}

#define MAX_PARTS 64

struct parts {
    struct figure item[MAX_PARTS];
    bool owed[MAX_PARTS]; /* missed when it has no value */
    size_t count;
};

static void add_to(struct parts *parts, struct figure figure, bool owed)
{
    KADR_ASSERT(parts->count < MAX_PARTS);
    parts->owed[parts->count] = owed;
    parts->item[parts->count++] = figure;
}

/* The children of q->unit, or what stands for them. */
static void children_of(const struct view *view, const struct question *q, struct parts *ret_parts)
{
    ret_parts->count = 0;
    struct stand_in stands[MAX_STAND_INS];
    size_t count = kadr_oracle_stand_ins(view, q, stands);
    for (size_t i = 0; i < count; i++) {
        add_to(ret_parts, stands[i].figure, true);
    }
    const struct kadr_unit_info *parent = kadr_unit_info(view->reference, q->unit);
    for (size_t c = 0; c < parent->child_count; c++) {
        kadr_unit unit = parent->children[c];
        if (is_child(view, unit, q) && !kadr_oracle_stand_in_for(stands, count, unit)) {
            add_to(ret_parts, kadr_oracle_evaluate_unit(view, q, unit), kadr_oracle_is_missed(view, unit, q));
        }
    }
}

static struct figure children_sum(const struct view *view, const struct question *q)
{
    struct parts parts;
    children_of(view, q, &parts);
    struct figure sum = { .basis = KADR_BASIS_SUM, .complete = true, .all_not_applicable = parts.count > 0 };
    for (size_t i = 0; i < parts.count; i++) {
        add_part(&sum, &parts.item[i], parts.owed[i]);
    }
    sum.of_children = true;
    return kadr_oracle_closed(sum);
}

/* ---- candidates and the choice ---------------------------------------------------------------------------
 */

void kadr_oracle_offer(struct candidates *candidates, struct figure figure)
{
    candidates->all_not_applicable = candidates->all_not_applicable || figure.all_not_applicable;
    if (figure.has_value) {
        candidates->item[candidates->count++] = figure;
    }
}

void kadr_oracle_offer_sums(const struct view *view, const struct question *q, struct candidates *candidates)
{
    const struct kadr_indicator_info *info = info_of(view, q);
    for (size_t i = 0; i < info->exhaustive_count; i++) {
        if (!kadr_breakdown_has(view->reference, q->breakdown, info->exhaustive[i])) {
            kadr_oracle_offer(candidates, members_sum(view, q, info->exhaustive[i]));
        }
    }
    kadr_oracle_offer(candidates, children_sum(view, q));
}

static bool passes_over(const struct kadr_indicator_info *info, const struct figure *other,
                        const struct figure *one)
{
    bool days_count = info->time == KADR_TIME_LAST; /* for flows and events all days are equal */
    bool newer = days_count && other->oldest > one->oldest;
    bool as_new = !days_count || other->oldest >= one->oldest;
    if (info->may_be_negative && (!other->complete || !one->complete)) {
        return false; /* a part bounds nothing */
    }
    bool below = !one->hi_open && one->hi < other->lo;
    bool least = one->complete && one->hi_open && one->lo < other->lo; /* both say no more than `at least` */
    bool above = !one->complete && other->complete && !other->hi_open && one->lo > other->hi;
    return (below && (newer || (one->basis == KADR_BASIS_SUM && as_new))) || (least && as_new) ||
           (above && newer);
}

static bool is_left(const struct kadr_indicator_info *info, const struct candidates *candidates, size_t index)
{
    for (size_t i = 0; i < candidates->count; i++) {
        if (i != index && passes_over(info, &candidates->item[i], &candidates->item[index])) {
            return false;
        }
    }
    return true;
}

/* @return no value when nothing may be chosen */
struct figure kadr_oracle_choose(const struct kadr_indicator_info *info, const struct candidates *candidates)
{
    const struct figure *best = NULL;
    for (size_t i = 0; i < candidates->count; i++) {
        const struct figure *one = &candidates->item[i];
        bool later = !best || (info->time == KADR_TIME_LAST && one->oldest > best->oldest);
        if (one->complete && later && is_left(info, candidates, i)) {
            best = one;
        }
    }
    for (size_t i = 0; i < candidates->count && !(best && best->complete) && !info->may_be_negative; i++) {
        const struct figure *one = &candidates->item[i];
        if (!one->complete && (!best || one->lo > best->lo) && is_left(info, candidates, i)) {
            best = one;
        }
    }
    return best ? *best : (struct figure){ 0 };
}

/* Nothing was chosen: why. */
static struct figure nothing(const struct figure *stated, bool all_not_applicable)
{
    if (!stated->stated && all_not_applicable) {
        return kadr_oracle_missing(KADR_REASON_NOT_APPLICABLE);
    }
    return (struct figure){ .stated = stated->stated,
                            .reason = stated->reason,
                            .not_applicable = stated->not_applicable };
}

static struct figure evaluate_sum(const struct view *view, const struct question *q)
{
    struct candidates candidates;
    no_candidates(&candidates);
    struct figure stated = kadr_oracle_own(view, q);
    kadr_oracle_offer(&candidates, stated);
    kadr_oracle_offer_sums(view, q, &candidates);
    struct figure chosen = kadr_oracle_choose(info_of(view, q), &candidates);
    chosen.reason = stated.reason;
    return chosen.has_value ? chosen : nothing(&stated, candidates.all_not_applicable);
}

/* Least lo and greatest hi over the children: days, staleness and completeness as of a sum. */
static struct figure children_range(const struct view *view, const struct question *q)
{
    struct parts parts;
    children_of(view, q, &parts);
    struct figure range = { .basis = KADR_BASIS_RANGE, .complete = true };
    for (size_t i = 0; i < parts.count; i++) {
        const struct figure *part = &parts.item[i];
        int64_t lo = range.has_value && range.lo < part->lo ? range.lo : part->lo;
        int64_t hi = range.has_value && range.hi > part->hi ? range.hi : part->hi;
        add_part(&range, part, parts.owed[i]);
        if (part->has_value) {
            range.lo = lo;
            range.hi = range.known_hi = hi;
        }
    }
    range.hi = range.known_hi = range.hi_open ? 0 : range.hi;
    return range;
}

static struct figure evaluate_range(const struct view *view, const struct question *q)
{
    struct figure stated = kadr_oracle_own(view, q);
    if (stated.has_value) {
        return stated;
    }
    struct figure range = children_range(view, q);
    range.reason = stated.reason;
    return range.has_value ? range : nothing(&stated, false);
}

static bool names_all(kadr_breakdown more, kadr_breakdown members)
{
    kadr_member of_more[KADR_MAX_DIMENSIONS], wanted[KADR_MAX_DIMENSIONS];
    size_t count = kadr_breakdown_members(more, of_more);
    size_t wanted_count = kadr_breakdown_members(members, wanted);
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t w = 0; w < wanted_count; w++) {
            found += of_more[i] == wanted[w] ? 1 : 0;
        }
    }
    return found == wanted_count;
}

/* The first statement of a unit that is of this indicator or a later one. */
static size_t first_of(const struct view *view, kadr_unit unit, kadr_indicator indicator)
{
    size_t low = view->begin[unit], high = view->begin[unit + 1];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (view->known[middle].key.indicator < indicator) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Something is in force of the unit, or of one that was ever below it, by these members or more of them. */
static bool is_said(const struct view *view, const struct question *q, kadr_unit unit)
{
    const struct kadr_unit_info *info = kadr_unit_info(view->reference, unit);
    for (size_t i = first_of(view, unit, q->indicator);
         i < view->begin[unit + 1] && view->known[i].key.indicator == q->indicator;
         i = view->known[i].series_end) {
        kadr_breakdown breakdown = view->known[i].key.breakdown;
        if (breakdown == q->breakdown || names_all(breakdown, q->breakdown)) {
            return true;
        }
    }
    for (size_t c = 0; c < info->child_count; c++) {
        if (is_said(view, q, info->children[c])) {
            return true;
        }
    }
    return false;
}

/* Nothing is in force of the cell or of anything that it is made of. Said here once, or the recursion would
 * go through every combination of members that nobody ever named. */
static bool is_silent(const struct view *view, const struct question *q)
{
    const struct view *said = view->then ? view->then : view; /* what was there then may stand in */
    return info_of(view, q)->term_count == 0 && (said->failed || !is_said(said, q, q->unit));
}

static struct figure evaluate_by_space(const struct view *view, const struct question *q)
{
    enum kadr_space_rule space = info_of(view, q)->space;
    if (space == KADR_SPACE_SUM) {
        return evaluate_sum(view, q);
    }
    if (space == KADR_SPACE_RATIO || space == KADR_SPACE_LINEAR) {
        return kadr_oracle_evaluate_derived(view, q);
    }
    return space == KADR_SPACE_RANGE ? evaluate_range(view, q) : kadr_oracle_own(view, q);
}

/* What a cell says, without its coverage. On today's borders, what had other land then is not known. */
struct figure kadr_oracle_evaluate(const struct view *view, const struct question *q)
{
    struct figure figure = is_silent(view, q) ? (struct figure){ 0 } : evaluate_by_space(view, q);
    kadr_day first = is_as_of(q) ? q->day : q->period.first;
    bool other_land = view->then && kadr_oracle_land_since(view->reference, q->unit, view->today) > first;
    if (other_land && !figure.has_value && figure.reason == KADR_REASON_NONE) {
        figure.reason = KADR_REASON_UNKNOWN;
    }
    return figure;
}
