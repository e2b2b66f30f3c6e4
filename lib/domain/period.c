/* SPDX-License-Identifier: Apache-2.0 */
/* period.c - periods are days; their kinds are runs of whole months.
 *
 * A kind is its length in months and the month on which one of its runs begins (0 = January); everything
 * else, parsing, recognising and surrounding, follows from counting months since year 0.
 */
#include "domain/period.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"

#define MAX_MONTH_DAYS 31

static const struct {
    int months, phase;
} shape_of[] = {
    [KADR_PERIOD_MONTH] = { 1, 0 }, [KADR_PERIOD_QUARTER] = { 3, 0 },   [KADR_PERIOD_HALF] = { 6, 0 },
    [KADR_PERIOD_YEAR] = { 12, 0 }, [KADR_PERIOD_ACADEMIC] = { 12, 8 },
};

/* `month` counts from January of year 0. Cut at the ends of the calendar, where an academic year leaves it.
 */
static kadr_day month_begin(int month)
{
    kadr_day day = kadr_day_from_civil(month / 12, month % 12 + 1, 1);
    if (day != KADR_DAY_NONE) {
        return day;
    }
    return month / 12 < kadr_day_to_civil(KADR_DAY_MIN).year ? KADR_DAY_MIN : KADR_DAY_MAX + 1;
}

static struct kadr_period run_of_months(int month, int months)
{
    return (struct kadr_period){ month_begin(month), month_begin(month + months) - 1 };
}

static int month_of(kadr_day day)
{
    struct kadr_civil civil = kadr_day_to_civil(day);
    return civil.year * 12 + civil.month - 1;
}

static struct kadr_period run_around(int month, enum kadr_period_kind kind)
{
    int months = shape_of[kind].months, phase = shape_of[kind].phase;
    return run_of_months((month - phase) / months * months + phase, months);
}

struct kadr_period kadr_period_around(kadr_day day, enum kadr_period_kind kind)
{
    KADR_ASSERT(kind < KADR_PERIOD_IRREGULAR);
    return kind == KADR_PERIOD_DAY ? (struct kadr_period){ day, day } : run_around(month_of(day), kind);
}

/* Months, halves and years differ so much in length that most kinds need no look at the calendar. */
static bool may_be(kadr_day days, enum kadr_period_kind kind)
{
    return days <= MAX_MONTH_DAYS * shape_of[kind].months;
}

enum kadr_period_kind kadr_period_kind(struct kadr_period period)
{
    kadr_day days = period.last - period.first + 1;
    if (days == 1) {
        return KADR_PERIOD_DAY;
    }
    struct kadr_civil civil = kadr_day_to_civil(period.first);
    enum kadr_period_kind kind = civil.day == 1 ? KADR_PERIOD_MONTH : KADR_PERIOD_IRREGULAR;
    while (kind < KADR_PERIOD_IRREGULAR &&
           !(may_be(days, kind) &&
             kadr_period_equal(period, run_around(civil.year * 12 + civil.month - 1, kind)))) {
        kind++;
    }
    return kind;
}

/* `count` digits, or -1. */
static int digits(const char *text, size_t count)
{
    int number = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

/* What stands behind `2023-`: a month `11`, a quarter `Q4` or a half `H1`. */
static int parse_part_of_year(int year, const char *text, struct kadr_period *ret_period)
{
    bool lettered = text[0] == 'Q' || text[0] == 'H';
    int months = text[0] == 'Q' ? 3 : text[0] == 'H' ? 6 : 1;
    int number = lettered ? digits(text + 1, 1) : digits(text, 2);
    if (number < 1 || number > 12 / months) {
        return KADR_EINVAL;
    }
    *ret_period = run_of_months(year * 12 + (number - 1) * months, months);
    return KADR_OK;
}

/* One of the forms without a slash. */
static int parse_simple(const char *text, struct kadr_period *ret_period)
{
    size_t len = strlen(text);
    if (len == KADR_DAY_TEXT_BYTES - 1) {
        int err = kadr_day_parse(text, &ret_period->first);
        ret_period->last = ret_period->first;
        return err;
    }
    int year = len >= 4 ? digits(text, 4) : -1;
    if (year < 0 || kadr_day_from_civil(year, 1, 1) == KADR_DAY_NONE) {
        return KADR_EINVAL;
    }
    if (len == 4) {
        *ret_period = run_of_months(year * 12, 12);
        return KADR_OK;
    }
    return len == 7 && text[4] == '-' ? parse_part_of_year(year, text + 5, ret_period) : KADR_EINVAL;
}

int kadr_period_parse(const char *text, struct kadr_period *ret_period)
{
    struct kadr_period first = { 0 }, last = { 0 };
    const char *slash = strchr(text, '/');
    if (!slash) {
        int err = parse_simple(text, &first);
        if (!err) {
            *ret_period = first;
        }
        return err;
    }
    char head[KADR_DAY_TEXT_BYTES];
    size_t len = (size_t)(slash - text);
    if (len >= sizeof head) {
        return KADR_EINVAL;
    }
    memcpy(head, text, len);
    head[len] = '\0';
    if (parse_simple(head, &first) || parse_simple(slash + 1, &last) || last.last < first.first) {
        return KADR_EINVAL;
    }
    *ret_period = (struct kadr_period){ first.first, last.last };
    return KADR_OK;
}

/* A period of one kind without a slash; also one end of a range. */
static void format_simple(kadr_day day, enum kadr_period_kind kind, char ret_text[KADR_DAY_TEXT_BYTES])
{
    struct kadr_civil civil = kadr_day_to_civil(day);
    unsigned year = (unsigned)civil.year % 10000u, month = (unsigned)civil.month - 1;
    switch (kind) {
    case KADR_PERIOD_YEAR:
        (void)snprintf(ret_text, KADR_DAY_TEXT_BYTES, "%04u", year);
        break;
    case KADR_PERIOD_HALF:
        (void)snprintf(ret_text, KADR_DAY_TEXT_BYTES, "%04u-H%u", year, month / 6 % 2 + 1);
        break;
    case KADR_PERIOD_QUARTER:
        (void)snprintf(ret_text, KADR_DAY_TEXT_BYTES, "%04u-Q%u", year, month / 3 % 4 + 1);
        break;
    case KADR_PERIOD_MONTH:
        (void)snprintf(ret_text, KADR_DAY_TEXT_BYTES, "%04u-%02u", year, month % 12 + 1);
        break;
    case KADR_PERIOD_DAY:
    case KADR_PERIOD_ACADEMIC:
    case KADR_PERIOD_IRREGULAR:
        (void)kadr_day_format(day, ret_text); /* the buffer again */
        break;
    }
}

/* Years when both ends are those of years, else months, else days: `2023-01/2023-07`, not `2023/2023-07`. */
static enum kadr_period_kind unit_of_range(struct kadr_period period)
{
    static const enum kadr_period_kind units[] = { KADR_PERIOD_YEAR, KADR_PERIOD_MONTH };
    for (size_t i = 0; i < KADR_COUNT(units); i++) {
        if (kadr_period_around(period.first, units[i]).first == period.first &&
            kadr_period_around(period.last, units[i]).last == period.last) {
            return units[i];
        }
    }
    return KADR_PERIOD_DAY;
}

const char *kadr_period_format(struct kadr_period period, char ret_text[KADR_PERIOD_TEXT_BYTES])
{
    char first[KADR_DAY_TEXT_BYTES], last[KADR_DAY_TEXT_BYTES];
    enum kadr_period_kind kind = kadr_period_kind(period);
    if (kind < KADR_PERIOD_ACADEMIC) {
        format_simple(period.first, kind, first);
        (void)snprintf(ret_text, KADR_PERIOD_TEXT_BYTES, "%s", first);
        return ret_text;
    }
    enum kadr_period_kind unit = unit_of_range(period);
    format_simple(period.first, unit, first);
    format_simple(period.last, unit, last);
    (void)snprintf(ret_text, KADR_PERIOD_TEXT_BYTES, "%s/%s", first, last);
    return ret_text;
}
