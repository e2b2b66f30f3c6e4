/* SPDX-License-Identifier: Apache-2.0 */
/* The judgement of one observation: a chain of checks, the first error wins. What needs the other
 * observations of the report is in judge_report.c.
 *
 * The order is that of reading: the codes, then whether they go together, then the value. A name where a code
 * belongs is answered with the code; it is never taken for it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "domain/fold.h"
#include "domain/nearest.h"
#include "domain/plausible.h"
#include "domain/report.h"

struct judge {
    const struct kadr_reference *reference;
    const struct kadr_observation *obs;
    int32_t index;
    kadr_day today;
    struct kadr_diags *diags;
    struct kadr_key key;
    const struct kadr_indicator_info *indicator;
};

static int refuse(const struct judge *judge, enum kadr_diag_code code, const char *arg0, const char *arg1,
                  const char *arg2)
{
    kadr_diags_add(judge->diags, code, judge->index, judge->obs->line, judge->obs->column, arg0, arg1, arg2);
    return KADR_EINVAL;
}

static int too_long(const struct judge *judge, const char *what, int limit_bytes)
{
    char limit[16];
    (void)snprintf(limit, sizeof(limit), "%d", limit_bytes);
    return refuse(judge, KADR_DIAG_TOO_LONG, what, limit, NULL);
}

/* What was found in place of a code: too long for one, or not in the reference data. */
static int unknown(const struct judge *judge, enum kadr_diag_code code, const char *written, const char *arg1,
                   const char *arg2)
{
    return strlen(written) > KADR_MAX_CODE_BYTES ? too_long(judge, written, KADR_MAX_CODE_BYTES)
                                                 : refuse(judge, code, written, arg1, arg2);
}

static int check_text(const struct judge *judge, const char *field, const char *text, int limit_bytes)
{
    size_t len = strlen(text);

    if (len > (size_t)limit_bytes) {
        return too_long(judge, field, limit_bytes);
    }
    return kadr_text_is_utf8(text, len) ? 0 : refuse(judge, KADR_DIAG_NOT_UTF8, field, NULL, NULL);
}

static int check_texts(struct judge *judge)
{
    const struct kadr_observation *obs = judge->obs;
    int err = check_text(judge, "note", obs->note, KADR_MAX_NOTE_BYTES);

    if (err == 0) {
        err = check_text(judge, "stated", obs->stated, KADR_MAX_STATED_BYTES);
    }
    return err != 0 ? err : check_text(judge, "occurrence", obs->occurrence, KADR_MAX_CODE_BYTES);
}

static int find_unit(struct judge *judge)
{
    const char *written = judge->obs->unit;

    judge->key.unit = kadr_unit_find(judge->reference, written);
    if (judge->key.unit != KADR_NO_UNIT) {
        return 0;
    }
    kadr_unit meant = kadr_unit_by_name(judge->reference, written);
    if (meant != KADR_NO_UNIT) {
        return refuse(judge, KADR_DIAG_UNIT_BY_NAME, written, kadr_unit_info(judge->reference, meant)->code,
                      NULL);
    }
    return unknown(judge, KADR_DIAG_UNKNOWN_UNIT, written, NULL, NULL);
}

static int find_indicator(struct judge *judge)
{
    const char *written = judge->obs->indicator;

    judge->key.indicator = kadr_indicator_find(judge->reference, written);
    if (judge->key.indicator != KADR_NO_INDICATOR) {
        judge->indicator = kadr_indicator_info(judge->reference, judge->key.indicator);
        return 0;
    }
    kadr_indicator meant = kadr_indicator_by_name(judge->reference, written);
    if (meant != KADR_NO_INDICATOR) {
        return refuse(judge, KADR_DIAG_INDICATOR_BY_NAME, written,
                      kadr_indicator_info(judge->reference, meant)->code, NULL);
    }
    return unknown(judge, KADR_DIAG_UNKNOWN_INDICATOR, written,
                   kadr_nearest_indicator(judge->reference, written), NULL);
}

static int find_member(const struct judge *judge, const struct kadr_member_pair *pair,
                       kadr_member *ret_member)
{
    kadr_dimension dimension = kadr_dimension_find(judge->reference, pair->dimension);
    char codes[KADR_MEMBERS_TEXT_BYTES];

    if (dimension == KADR_NO_DIMENSION) {
        return unknown(judge, KADR_DIAG_UNKNOWN_DIMENSION, pair->dimension, NULL, NULL);
    }
    if (!kadr_indicator_takes(judge->indicator, dimension)) {
        return refuse(judge, KADR_DIAG_WRONG_DIMENSION, pair->dimension, judge->indicator->code, NULL);
    }
    *ret_member = kadr_member_find(judge->reference, dimension, pair->member);
    if (*ret_member != 0) {
        return 0;
    }
    kadr_member meant = kadr_member_by_name(judge->reference, dimension, pair->member);
    if (meant != 0) {
        return refuse(judge, KADR_DIAG_MEMBER_BY_NAME, pair->member,
                      kadr_member_info(judge->reference, meant)->code, NULL);
    }
    return unknown(judge, KADR_DIAG_UNKNOWN_MEMBER, pair->member, pair->dimension,
                   kadr_members_meant(judge->reference, dimension, pair->member, codes));
}

static int find_breakdown(struct judge *judge)
{
    const struct kadr_observation *obs = judge->obs;

    if (obs->breakdown_count > KADR_MAX_DIMENSIONS) {
        return refuse(judge, KADR_DIAG_TOO_MANY_DIMENSIONS, NULL, NULL, NULL);
    }
    judge->key.breakdown = 0;
    for (size_t i = 0; i < obs->breakdown_count; i++) {
        kadr_member member = 0;
        int err = find_member(judge, &obs->breakdown[i], &member);
        if (err != 0) {
            return err;
        }
        if (kadr_breakdown_add(judge->reference, &judge->key.breakdown, member) != 0) {
            return refuse(judge, KADR_DIAG_DIMENSION_TWICE, obs->breakdown[i].dimension, NULL, NULL);
        }
    }
    return 0;
}

static bool takes_one_day(const struct kadr_indicator_info *indicator)
{
    return indicator->kind == KADR_KIND_STOCK || indicator->kind == KADR_KIND_PARAMETER;
}

static int check_period(struct judge *judge)
{
    struct kadr_period period = judge->obs->period;
    char text[KADR_PERIOD_TEXT_BYTES], today[KADR_DAY_TEXT_BYTES];

    if (period.first < KADR_DAY_MIN || period.last > KADR_DAY_MAX || period.last < period.first) {
        (void)snprintf(text, sizeof(text), "%" PRId32 "/%" PRId32, period.first, period.last);
        return refuse(judge, KADR_DIAG_BAD_PERIOD, text, NULL, NULL);
    }
    judge->key.period = period;
    if (!takes_one_day(judge->indicator)) {
        return 0;
    }
    (void)kadr_period_format(period, text);
    if (period.first != period.last) {
        return refuse(judge, KADR_DIAG_PERIOD_NOT_A_DAY, text, judge->indicator->code, NULL);
    }
    if (period.first > judge->today) {
        return refuse(judge, KADR_DIAG_PERIOD_IN_FUTURE, text, kadr_day_format(judge->today, today), NULL);
    }
    return 0;
}

/* Appends ` CODE`; a list that is too long is cut at a whole code. */
static void add_code(const struct judge *judge, kadr_unit unit, char *list, size_t size)
{
    size_t len = strlen(list);
    const char *code = kadr_unit_info(judge->reference, unit)->code;

    if (unit != judge->key.unit && len + strlen(code) + 2 <= size) {
        (void)snprintf(list + len, size - len, "%s%s", len > 0 ? " " : "", code);
    }
}

/* Who held the territory before the unit was made out of it. */
static void add_predecessors(const struct judge *judge, char *list, size_t size)
{
    for (size_t u = 0; u < kadr_unit_count(judge->reference); u++) {
        if (kadr_unit_precedes(kadr_unit_info(judge->reference, (kadr_unit)u), judge->key.unit)) {
            add_code(judge, (kadr_unit)u, list, size);
        }
    }
}

/* The codes to write instead: successors of what ended before the day, else predecessors. */
static void other_codes(const struct judge *judge, kadr_day day, char *list, size_t size)
{
    const struct kadr_unit_info *info = kadr_unit_info(judge->reference, judge->key.unit);
    const struct kadr_territory *ended = kadr_territory_ended_by(info, day);

    if (ended == NULL) {
        add_predecessors(judge, list, size);
        return;
    }
    for (size_t i = 0; i < ended->successor_count; i++) {
        add_code(judge, ended->successors[i], list, size);
    }
}

/* One day for a stock or parameter; for the others any day of the period will do, since all territories of a
 * code are one series. */
static int check_territory(struct judge *judge)
{
    const struct kadr_unit_info *info = kadr_unit_info(judge->reference, judge->key.unit);
    struct kadr_period period = judge->key.period;
    char day[KADR_DAY_TEXT_BYTES], others[64] = "";

    if (kadr_territory_in(info, period) != NULL) {
        return 0;
    }
    other_codes(judge, period.first, others, sizeof(others));
    return refuse(judge, KADR_DIAG_UNIT_NOT_VALID, info->code, kadr_day_format(period.first, day),
                  others[0] != '\0' ? others : "-");
}

static const char *written_value(const struct judge *judge, char text[KADR_VALUE_TEXT_BYTES])
{
    return judge->obs->stated[0] != '\0' ? judge->obs->stated
                                         : kadr_value_format(&judge->obs->value, judge->obs->scale, text);
}

/* What can be at all; what is merely unlikely is another question (plausible.h). */
static int out_of_range(const struct judge *judge, int64_t max)
{
    char text[KADR_VALUE_TEXT_BYTES], low[KADR_NUMBER_TEXT_BYTES], high[KADR_NUMBER_TEXT_BYTES];
    int64_t min = judge->indicator->may_be_negative ? -KADR_MAX_ABS_VALUE : 0;

    return refuse(judge, KADR_DIAG_OUT_OF_RANGE, written_value(judge, text),
                  min == -KADR_MAX_ABS_VALUE ? "" : kadr_number_format(min, judge->indicator->scale, low),
                  kadr_number_format(max, judge->indicator->scale, high));
}

static int check_interval(const struct judge *judge)
{
    const struct kadr_value *value = &judge->obs->value;
    const struct kadr_indicator_info *info = judge->indicator;
    char text[KADR_VALUE_TEXT_BYTES], sent[16], wanted[16];
    int64_t max = kadr_greatest_possible(info);
    int64_t high = value->hi_open ? value->lo : value->hi;

    if (judge->obs->scale != info->scale) {
        (void)snprintf(sent, sizeof(sent), "%" PRId32, judge->obs->scale);
        (void)snprintf(wanted, sizeof(wanted), "%" PRId32, info->scale);
        return refuse(judge, KADR_DIAG_SCALE_MISMATCH, sent, wanted, NULL);
    }
    if (high < value->lo) {
        return refuse(judge, KADR_DIAG_BAD_VALUE, written_value(judge, text), NULL, NULL);
    }
    if (value->lo < 0 && !info->may_be_negative) {
        return refuse(judge, KADR_DIAG_NEGATIVE, written_value(judge, text), NULL, NULL);
    }
    return value->lo < -KADR_MAX_ABS_VALUE || high > max ? out_of_range(judge, max) : 0;
}

static int check_value(struct judge *judge)
{
    char reason[16];

    switch (judge->obs->value.kind) {
    case KADR_VALUE_INTERVAL:
        return check_interval(judge);
    case KADR_VALUE_MISSING:
        if (judge->obs->value.reason > KADR_REASON_NONE && judge->obs->value.reason < KADR_REASON_COUNT) {
            return 0;
        }
        (void)snprintf(reason, sizeof(reason), "%d", (int)judge->obs->value.reason);
        return refuse(judge, KADR_DIAG_UNKNOWN_REASON, reason, NULL, NULL);
    case KADR_VALUE_WITHDRAWN:
        return 0;
    }
    return refuse(judge, KADR_DIAG_BAD_VALUE, judge->obs->stated, NULL, NULL);
}

static int check_occurrence(struct judge *judge)
{
    return judge->obs->occurrence[0] == '\0' || judge->indicator->kind == KADR_KIND_EVENT
               ? 0
               : refuse(judge, KADR_DIAG_OCCURRENCE_NOT_EVENT, judge->indicator->code, NULL, NULL);
}

/* A rule's figure is what others leave over: to state it would be to answer for them. What was stated before
 * it was a rule can be withdrawn. */
static int check_computed(struct judge *judge)
{
    return judge->indicator->rule == KADR_RULE_NONE || judge->obs->value.kind == KADR_VALUE_WITHDRAWN
               ? 0
               : refuse(judge, KADR_DIAG_COMPUTED_ONLY, judge->indicator->code, NULL, NULL);
}

int kadr_observation_resolve(const struct kadr_reference *reference, const struct kadr_observation *obs,
                             int32_t index, kadr_day today, struct kadr_diags *diags,
                             struct kadr_key *ret_key)
{
    static int (*const checks[])(struct judge * judge) = {
        check_texts,  find_unit,       find_indicator, check_computed,   find_breakdown,
        check_period, check_territory, check_value,    check_occurrence,
    };
    struct judge judge = {
        .reference = reference, .obs = obs, .index = index, .today = today, .diags = diags
    };

    for (size_t i = 0; i < KADR_COUNT(checks); i++) {
        int err = checks[i](&judge);
        if (err != 0) {
            return err;
        }
    }
    *ret_key = judge.key;
    return 0;
}
