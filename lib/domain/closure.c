/* SPDX-License-Identifier: Apache-2.0 */
/* closure.c - see closure.h. */
#include "domain/closure.h"

#include "base/err.h"

struct kadr_period kadr_live_window(kadr_day day)
{
    int year = kadr_day_to_civil(day).year;
    kadr_day first = kadr_day_from_civil(year - 2, 1, 1);
    return (struct kadr_period){ first == KADR_DAY_NONE ? KADR_DAY_MIN : first,
                                 kadr_day_from_civil(year, 12, 31) };
}

static bool is_calendar(struct kadr_period period)
{
    enum kadr_period_kind kind = kadr_period_kind(period);
    return kind != KADR_PERIOD_DAY && kind != KADR_PERIOD_IRREGULAR;
}

bool kadr_slot_adds(const struct kadr_indicator_info *info, struct kadr_period slot)
{
    bool adds = info->time == KADR_TIME_SUM || info->time == KADR_TIME_COUNT;
    return adds && is_calendar(slot);
}

size_t kadr_slots_of(const struct kadr_indicator_info *info, struct kadr_period stated,
                     struct kadr_period ret_slots[KADR_MAX_SLOTS])
{
    static const enum kadr_period_kind kinds[] = { KADR_PERIOD_MONTH, KADR_PERIOD_QUARTER, KADR_PERIOD_HALF,
                                                   KADR_PERIOD_YEAR, KADR_PERIOD_ACADEMIC };
    size_t count = 0;
    if (info->time == KADR_TIME_LAST) {
        ret_slots[count++] = KADR_PERIOD_AS_OF;
        return count;
    }
    if (info->time == KADR_TIME_NONE || !is_calendar(stated)) {
        ret_slots[count++] = stated;
    }
    if (info->time == KADR_TIME_NONE) {
        return count;
    }
    for (size_t i = 0; i < KADR_COUNT(kinds); i++) {
        struct kadr_period around = kadr_period_around(stated.first, kinds[i]);
        if (kadr_period_contains(around, stated)) {
            ret_slots[count++] = around;
        }
    }
    return count;
}

bool kadr_slot_is_live(const struct kadr_indicator_info *info, struct kadr_period slot,
                       struct kadr_period window)
{
    bool planned_ahead = info->kind == KADR_KIND_PLAN && slot.first > window.last;
    return planned_ahead || kadr_period_equal(slot, KADR_PERIOD_AS_OF) || kadr_period_overlaps(slot, window);
}

size_t kadr_breakdown_closure(kadr_breakdown breakdown, kadr_breakdown ret_closure[KADR_MAX_DROPPED])
{
    kadr_member members[KADR_MAX_DIMENSIONS];
    size_t count = kadr_breakdown_members(breakdown, members);
    for (unsigned kept = 0; kept < 1u << count; kept++) {
        kadr_breakdown part = 0;
        unsigned shift = 0;
        for (size_t i = 0; i < count; i++) {
            if (kept & 1u << i) {
                part |= (kadr_breakdown)members[i] << shift;
                shift += 16;
            }
        }
        ret_closure[kept] = part;
    }
    return (size_t)1 << count;
}

void kadr_unit_list_done(struct kadr_unit_list *list)
{
    free(list->units);
    *list = (struct kadr_unit_list){ 0 };
}

int kadr_unit_list_add(struct kadr_unit_list *list, kadr_unit unit)
{
    if (list->count == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 16;
        kadr_unit *units = realloc(list->units, cap * sizeof(*units));
        if (!units) {
            return KADR_ENOMEM;
        }
        list->units = units;
        list->cap = cap;
    }
    list->units[list->count++] = unit;
    return 0;
}

static int list_add_once(struct kadr_unit_list *list, kadr_unit unit)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->units[i] == unit) {
            return 0;
        }
    }
    return kadr_unit_list_add(list, unit);
}

static int add_parents(const struct kadr_reference *reference, kadr_unit unit, struct kadr_unit_list *list)
{
    const struct kadr_unit_info *info = kadr_unit_info(reference, unit);
    int err = 0;
    for (size_t t = 0; t < info->territory_count && !err; t++) {
        kadr_unit parent = info->territory[t].parent;
        err = parent == KADR_NO_UNIT ? 0 : list_add_once(list, parent);
    }
    return err;
}

int kadr_unit_closure(const struct kadr_reference *reference, kadr_unit unit, struct kadr_unit_list *list)
{
    list->count = 0;
    int err = kadr_unit_list_add(list, unit);
    for (size_t i = 0; i < list->count && !err; i++) {
        err = add_parents(reference, list->units[i], list);
    }
    return err;
}
