/* SPDX-License-Identifier: Apache-2.0 */
/* reporters.c - see reporters.h. A unit has one parent over the days that count (children.c), so that none
 * comes twice; subtrees stand together in the unit table, but not those of the past: hence the sort. */
#include "domain/reporters.h"

#include "domain/evaluate.h"

static int collect(const struct kadr_reference *reference, kadr_unit unit, enum kadr_unit_level level,
                   struct kadr_period span, struct kadr_unit_list *list)
{
    const struct kadr_unit_info *info = kadr_unit_info(reference, unit);
    int err = 0;
    for (size_t c = 0; c < info->child_count && !err; c++) {
        kadr_unit child = info->children[c];
        enum kadr_unit_level child_level = kadr_unit_info(reference, child)->level;
        if (child_level > level || !kadr_unit_belongs(reference, child, unit, span)) {
            continue;
        }
        err = child_level == level ? kadr_unit_list_add(list, child)
                                   : collect(reference, child, level, span, list);
    }
    return err;
}

static int compare_units(const void *left, const void *right)
{
    const kadr_unit *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

int kadr_reporters_inside(const struct kadr_reference *reference, kadr_unit unit, enum kadr_unit_level level,
                          struct kadr_period span, struct kadr_unit_list *list)
{
    list->count = 0;
    if (kadr_unit_info(reference, unit)->level >= level) {
        return kadr_unit_belongs(reference, unit, KADR_NO_UNIT, span) ? kadr_unit_list_add(list, unit) : 0;
    }
    int err = collect(reference, unit, level, span, list);
    if (!err && list->count > 1) {
        qsort(list->units, list->count, sizeof(*list->units), compare_units);
    }
    return err;
}
