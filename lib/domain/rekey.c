/* SPDX-License-Identifier: Apache-2.0 */
/* rekey.c - from the indexes of one reference version to those of another, by way of the codes. */
#include "domain/rollup_state.h"

static bool rekey_member(const struct kadr_rekey *rekey, kadr_member member, kadr_breakdown *breakdown)
{
    const struct kadr_member_info *info = kadr_member_info(rekey->from, member);
    const char *code = kadr_dimension_info(rekey->from, info->dimension)->code;
    kadr_dimension dimension = kadr_dimension_find(rekey->to, code);
    if (dimension == KADR_NO_DIMENSION) {
        return false;
    }
    kadr_member now = kadr_member_find(rekey->to, dimension, info->code);
    return now && kadr_breakdown_add(rekey->to, breakdown, now) == 0;
}

bool kadr_rekey_cell(const struct kadr_rekey *rekey, struct kadr_cell_key *key)
{
    kadr_member members[KADR_MAX_DIMENSIONS];
    size_t count = kadr_breakdown_members(key->breakdown, members);
    struct kadr_cell_key now = {
        .period = key->period,
        .unit = kadr_unit_find(rekey->to, kadr_unit_info(rekey->from, key->unit)->code),
        .indicator = kadr_indicator_find(rekey->to, kadr_indicator_info(rekey->from, key->indicator)->code),
    };
    bool found = now.unit != KADR_NO_UNIT && now.indicator != KADR_NO_INDICATOR;
    for (size_t i = 0; i < count && found; i++) {
        found = rekey_member(rekey, members[i], &now.breakdown);
    }
    if (found) {
        *key = now;
    }
    return found;
}

struct kadr_stated kadr_rekey_stated(const struct kadr_reference *from, const struct kadr_series *series,
                                     const struct kadr_statement *statement)
{
    const struct kadr_indicator_info *info = kadr_indicator_info(from, series->indicator);
    struct kadr_stated stated = {
        .observation = { .unit = kadr_unit_info(from, series->unit)->code,
                         .indicator = info->code,
                         .period = statement->period,
                         .occurrence = statement->occurrence ? statement->occurrence : "",
                         .value = statement->value,
                         .scale = info->scale,
                         .stated = "",
                         .note = "" },
        .stated_at_ms = statement->stated_at_ms,
        .commit = statement->commit,
    };
    kadr_member members[KADR_MAX_DIMENSIONS];
    size_t count = kadr_breakdown_members(series->breakdown, members);
    for (size_t i = 0; i < count; i++) {
        const struct kadr_member_info *member = kadr_member_info(from, members[i]);
        stated.observation.breakdown[i] =
            (struct kadr_member_pair){ kadr_dimension_info(from, member->dimension)->code, member->code };
    }
    stated.observation.breakdown_count = count;
    return stated;
}
