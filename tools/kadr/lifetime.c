/* SPDX-License-Identifier: Apache-2.0 */
/* lifetime.c - see lifetime.h. The same rule as the judge's of a report: any day of a period will do. */
#include "lifetime.h"

static void add_code(const struct kadr_reference *names, kadr_unit unit, struct kadr_buf *list)
{
    kadr_buf_printf(list, "%s%s", list->len > 0 ? ", " : "", kadr_unit_info(names, unit)->code);
}

/* Who held the land that the unit was made out of. */
static void add_predecessors(const struct kadr_reference *names, kadr_unit unit, struct kadr_buf *list)
{
    for (size_t u = 0; u < kadr_unit_count(names); u++) {
        if (u != unit && kadr_unit_precedes(kadr_unit_info(names, (kadr_unit)u), unit)) {
            add_code(names, (kadr_unit)u, list);
        }
    }
}

static void add_successors(const struct kadr_reference *names, const struct kadr_territory *ended,
                           kadr_unit unit, struct kadr_buf *list)
{
    for (size_t i = 0; i < ended->successor_count; i++) {
        if (ended->successors[i] != unit) {
            add_code(names, ended->successors[i], list);
        }
    }
}

bool lifetime_tell(const struct cli *cli, const struct kadr_reference *names, const char *unit,
                   struct kadr_period period, FILE *out)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf others = { 0 };
    kadr_unit index = names != NULL ? kadr_unit_find(names, unit) : KADR_NO_UNIT;
    const struct kadr_unit_info *info = index != KADR_NO_UNIT ? kadr_unit_info(names, index) : NULL;
    const struct kadr_territory *ended;
    char day[KADR_DAY_TEXT_BYTES];
    enum text text;

    if (out == NULL || info == NULL || info->territory_count == 0 ||
        kadr_territory_in(info, period) != NULL) {
        return false;
    }
    kadr_buf_init(&others, 0);
    ended = kadr_territory_ended_by(info, period.first);
    if (ended != NULL) {
        add_successors(names, ended, index, &others);
        text = others.len > 0 ? TEXT_UNIT_UNTIL_THEN : TEXT_UNIT_UNTIL;
    } else {
        add_predecessors(names, index, &others);
        text = others.len > 0 ? TEXT_UNIT_SINCE_FROM : TEXT_UNIT_SINCE;
    }
    kadr_day_format(ended != NULL ? ended->to : info->territory[0].from, day);
    cli_say(cli, out, text, TEXT_ARGS(info->code, day, kadr_buf_str(&others)));
    return true;
}
