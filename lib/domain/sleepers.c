/* SPDX-License-Identifier: Apache-2.0 */
/* sleepers.c - see sleepers.h. */
#include "domain/sleepers.h"

#include <string.h>

#include "base/err.h"

void kadr_sleepers_done(struct kadr_sleepers *sleepers)
{
    while (sleepers->first) {
        struct kadr_sleeper *sleeper = sleepers->first;
        sleepers->first = sleeper->next;
        free(sleeper);
    }
    sleepers->count = 0;
}

/* The texts that outlive the report: those of the key. */
static size_t list_texts(struct kadr_observation *observation,
                         const char **ret_texts[3 + 2 * KADR_MAX_DIMENSIONS])
{
    size_t count = 0;
    ret_texts[count++] = &observation->unit;
    ret_texts[count++] = &observation->indicator;
    ret_texts[count++] = &observation->occurrence;
    for (size_t i = 0; i < observation->breakdown_count; i++) {
        ret_texts[count++] = &observation->breakdown[i].dimension;
        ret_texts[count++] = &observation->breakdown[i].member;
    }
    return count;
}

int kadr_sleepers_add(struct kadr_sleepers *sleepers, const struct kadr_stated *stated)
{
    struct kadr_stated copy = *stated;
    const char **texts[3 + 2 * KADR_MAX_DIMENSIONS];
    size_t count = list_texts(&copy.observation, texts);
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += strlen(*texts[i]) + 1;
    }
    struct kadr_sleeper *sleeper = malloc(sizeof(*sleeper) + bytes);
    if (!sleeper) {
        return KADR_ENOMEM;
    }
    char *at = (char *)(sleeper + 1);
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(*texts[i]) + 1;
        memcpy(at, *texts[i], len);
        *texts[i] = at;
        at += len;
    }
    copy.observation.stated = copy.observation.note = "";
    *sleeper = (struct kadr_sleeper){ .next = sleepers->first, .stated = copy };
    sleepers->first = sleeper;
    sleepers->count++;
    return 0;
}

/* It has one or two: sooner compared than looked up. */
static kadr_dimension dimension_of(const struct kadr_reference *reference,
                                   const struct kadr_indicator_info *info, const char *code)
{
    for (size_t i = 0; i < info->dimension_count; i++) {
        if (strcmp(kadr_dimension_info(reference, info->dimensions[i])->code, code) == 0) {
            return info->dimensions[i];
        }
    }
    return KADR_NO_DIMENSION;
}

static int resolve_breakdown(const struct kadr_reference *reference, const struct kadr_indicator_info *info,
                             const struct kadr_observation *observation, kadr_breakdown *ret_breakdown)
{
    for (size_t i = 0; i < observation->breakdown_count; i++) {
        const struct kadr_member_pair *pair = &observation->breakdown[i];
        kadr_dimension dimension = dimension_of(reference, info, pair->dimension);
        if (dimension == KADR_NO_DIMENSION) {
            return KADR_ENOENT;
        }
        kadr_member member = kadr_member_find(reference, dimension, pair->member);
        if (!member || kadr_breakdown_add(reference, ret_breakdown, member)) {
            return KADR_ENOENT;
        }
    }
    return 0;
}

static bool is_shape_fit(const struct kadr_indicator_info *info, const struct kadr_observation *observation)
{
    struct kadr_period period = observation->period;
    if (period.first < KADR_DAY_MIN || period.last > KADR_DAY_MAX || period.last < period.first) {
        return false;
    }
    if (info->time == KADR_TIME_LAST && period.first != period.last) {
        return false;
    }
    return observation->occurrence[0] == '\0' || info->time == KADR_TIME_COUNT;
}

/* Exactly, or not at all. */
static bool rescale_number(int64_t *number, int32_t from, int32_t to)
{
    int64_t wide;
    if (from <= 0 || __builtin_mul_overflow(*number, (int64_t)to, &wide) || wide % from != 0) {
        return false;
    }
    *number = wide / from;
    return true;
}

static bool rescale(struct kadr_value *value, int32_t from, int32_t to)
{
    if (value->kind != KADR_VALUE_INTERVAL || from == to) {
        return true;
    }
    return rescale_number(&value->lo, from, to) && (value->hi_open || rescale_number(&value->hi, from, to));
}

int kadr_stated_resolve(const struct kadr_reference *reference, const struct kadr_observation *observation,
                        struct kadr_key *ret_key, struct kadr_value *ret_value)
{
    return reference ? kadr_stated_resolve_of(reference, kadr_unit_find(reference, observation->unit),
                                              observation, ret_key, ret_value)
                     : KADR_ENOENT;
}

int kadr_stated_resolve_of(const struct kadr_reference *reference, kadr_unit unit,
                           const struct kadr_observation *observation, struct kadr_key *ret_key,
                           struct kadr_value *ret_value)
{
    struct kadr_key key = { .unit = unit,
                            .indicator = kadr_indicator_find(reference, observation->indicator),
                            .period = observation->period };
    if (key.unit == KADR_NO_UNIT || key.indicator == KADR_NO_INDICATOR) {
        return KADR_ENOENT;
    }
    const struct kadr_indicator_info *info = kadr_indicator_info(reference, key.indicator);
    if (!is_shape_fit(info, observation) || resolve_breakdown(reference, info, observation, &key.breakdown)) {
        return KADR_ENOENT;
    }
    *ret_key = key;
    *ret_value = observation->value;
    if (!rescale(ret_value, observation->scale, info->scale)) {
        *ret_value = (struct kadr_value){ .kind = KADR_VALUE_MISSING, .reason = KADR_REASON_UNKNOWN };
        return KADR_EINVAL;
    }
    return 0;
}
