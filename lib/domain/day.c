/* SPDX-License-Identifier: Apache-2.0 */
/* day.c - civil days by arithmetic, no C library calendar.
 *
 * Teacher's note: the year is counted from 1 March, so that the leap day is its last and the month lengths
 * 31 30 31 30 31 31 30 31 30 31 31 28/29 follow (153 m + 2) / 5. An era is the 400 years (146 097 days) after
 * which the Gregorian calendar repeats. Every year here is at least 1900, so no division meets a negative
 * number. (Howard Hinnant, "chrono-compatible low-level date algorithms".)
 */
#include "domain/day.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"

#define DAYS_PER_ERA   146097
#define DAYS_TO_1970   719468 /* from 0000-03-01 */
#define MS_PER_DAY     INT64_C(86400000)
#define MIN_YEAR       1900
#define MIN_MONTH_DAYS 28
#define MAX_YEAR       2199

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

kadr_day kadr_day_from_civil(int year, int month, int day)
{
    if (year < MIN_YEAR || year > MAX_YEAR || month < 1 || month > 12 || day < 1 ||
        (day > MIN_MONTH_DAYS && day > days_in_month(year, month))) {
        return KADR_DAY_NONE;
    }
    unsigned march_year = (unsigned)(month > 2 ? year : year - 1);
    unsigned march_month = (unsigned)(month > 2 ? month - 3 : month + 9);
    unsigned leap_days = march_year / 4 - march_year / 100 + march_year / 400;
    unsigned day_of_year = (153 * march_month + 2) / 5 + (unsigned)day - 1;
    return (kadr_day)(march_year * 365 + leap_days + day_of_year) - DAYS_TO_1970;
}

struct kadr_civil kadr_day_to_civil(kadr_day day)
{
    KADR_ASSERT(day >= KADR_DAY_MIN && day <= KADR_DAY_MAX);
    int days = day + DAYS_TO_1970;
    int era = days / DAYS_PER_ERA;
    int day_of_era = days % DAYS_PER_ERA;
    int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int march_month = (5 * day_of_year + 2) / 153;
    int month = march_month < 10 ? march_month + 3 : march_month - 9;
    return (struct kadr_civil){ .year = era * 400 + year_of_era + (month <= 2),
                                .month = month,
                                .day = day_of_year - (153 * march_month + 2) / 5 + 1 };
}

kadr_ms kadr_day_begin_ms(kadr_day day)
{
    return day * MS_PER_DAY - KADR_UTC_OFFSET_MS;
}

kadr_day kadr_day_at(kadr_ms unix_ms)
{
    if (unix_ms < kadr_day_begin_ms(KADR_DAY_MIN) || unix_ms >= kadr_day_begin_ms(KADR_DAY_MAX + 1)) {
        return KADR_DAY_NONE;
    }
    /* Counted from the first day, so that the division truncates downwards. */
    return KADR_DAY_MIN + (kadr_day)((unix_ms - kadr_day_begin_ms(KADR_DAY_MIN)) / MS_PER_DAY);
}

/* Does `text` look like `shape`, in which 0 stands for a digit? */
static bool has_shape(const char *text, const char *shape)
{
    for (; *shape; text++, shape++) {
        bool fits = *shape == '0' ? *text >= '0' && *text <= '9' : *text == *shape;
        if (!fits) {
            return false;
        }
    }
    return *text == '\0';
}

static int digits(const char *text, size_t count)
{
    int number = 0;
    for (size_t i = 0; i < count; i++) {
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

int kadr_day_parse(const char *text, kadr_day *ret_day)
{
    kadr_day day = KADR_DAY_NONE;
    if (has_shape(text, "0000-00-00")) {
        day = kadr_day_from_civil(digits(text, 4), digits(text + 5, 2), digits(text + 8, 2));
    } else if (has_shape(text, "00.00.0000")) {
        day = kadr_day_from_civil(digits(text + 6, 4), digits(text + 3, 2), digits(text, 2));
    }
    if (day == KADR_DAY_NONE) {
        return KADR_EINVAL;
    }
    *ret_day = day;
    return KADR_OK;
}

const char *kadr_day_format(kadr_day day, char ret_text[KADR_DAY_TEXT_BYTES])
{
    if (day == KADR_DAY_NONE) {
        ret_text[0] = '\0';
        return ret_text;
    }
    struct kadr_civil civil = kadr_day_to_civil(day);
    /* The remainders change nothing; they let the compiler see that the text fits. */
    (void)snprintf(ret_text, KADR_DAY_TEXT_BYTES, "%04u-%02u-%02u", (unsigned)civil.year % 10000u,
                   (unsigned)civil.month % 100u, (unsigned)civil.day % 100u);
    return ret_text;
}
