/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of figures: the examples of the rollup specification, then its rules for any numbers. */
#include "domain/value.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rng.h"

#define NBSP  "\xC2\xA0"     /* NO-BREAK SPACE */
#define NNBSP "\xE2\x80\xAF" /* NARROW NO-BREAK SPACE */

static void reads_figures(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t scale, lo, hi;
        bool hi_open;
        const char *canonical;
    } cases[] = {
        { "1894", 1, 1894, 1894, false, "1894" },
        { "0", 1, 0, 0, false, "0" },
        { "-0", 1, 0, 0, false, "0" },
        { "-12", 1, -12, -12, false, "-12" },
        { "007", 1, 7, 7, false, "7" },
        { "364.25", 100, 36425, 36425, false, "364.25" },
        { "364,25", 100, 36425, 36425, false, "364.25" },
        { "364.5", 100, 36450, 36450, false, "364.5" },
        { "364", 100, 36400, 36400, false, "364" },
        { "-0.05", 100, -5, -5, false, "-0.05" },
        { "0,1", 10, 1, 1, false, "0.1" },
        { "1 894", 1, 1894, 1894, false, "1894" },
        { "20" NBSP "283" NBSP "399", 1, 20283399, 20283399, false, "20283399" },
        { "20" NNBSP "283 399,5", 10, 202833995, 202833995, false, "20283399.5" },
        { " \t1894" NBSP, 1, 1894, 1894, false, "1894" },
        { "1500000..5000000", 1, 1500000, 5000000, false, "1500000..5000000" },
        { "1 500 .. 2 000", 1, 1500, 2000, false, "1500..2000" },
        { "-5..-3", 1, -5, -3, false, "-5..-3" },
        { "5..5", 1, 5, 5, false, "5" },
        { "2\u20133", 1, 2, 3, false, "2..3" },
        { "1,5 \u2013 5", 10, 15, 50, false, "1.5..5" },
        { "1.5..2,25", 100, 150, 225, false, "1.5..2.25" },
        { ">60", 1, 61, 0, true, ">=61" },
        { "> 60", 1, 61, 0, true, ">=61" },
        { ">60", 100, 6001, 0, true, ">=60.01" },
        { ">=61", 1, 61, 0, true, ">=61" },
        { ">=-3", 1, -3, 0, true, ">=-3" },
        { "<5", 1, 0, 4, false, "0..4" },
        { "<1", 1, 0, 0, false, "0" },
        { "<0.01", 100, 0, 0, false, "0" },
        { "<=4", 1, 0, 4, false, "0..4" },
        { "<=0", 1, 0, 0, false, "0" },
        { "57000~1000", 1, 56500, 57499, false, "56500..57499" },
        { "57 000~1 000", 1, 56500, 57499, false, "56500..57499" },
        { "60~5", 1, 58, 62, false, "58..62" },
        { "59~1", 1, 59, 59, false, "59" },
        { "60~10", 1, 55, 64, false, "55..64" },
        { "60~1", 100, 5950, 6049, false, "59.5..60.49" },
        { "0~10", 1, -5, 4, false, "-5..4" },
        { "1000000000000000", 1, KADR_MAX_ABS_VALUE, KADR_MAX_ABS_VALUE, false, "1000000000000000" },
        { "-1000000000000000", 1, -KADR_MAX_ABS_VALUE, -KADR_MAX_ABS_VALUE, false, "-1000000000000000" },
    };
    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        struct kadr_value value;
        char text[KADR_VALUE_TEXT_BYTES];
        enum kadr_value_error error = kadr_value_parse(cases[i].text, cases[i].scale, &value);
        if (error != KADR_VALUE_FINE || value.kind != KADR_VALUE_INTERVAL || value.lo != cases[i].lo ||
            value.hi_open != cases[i].hi_open || (!value.hi_open && value.hi != cases[i].hi)) {
            fail_msg("'%s' at %" PRId64 ": error %d, %" PRId64 "…%" PRId64, cases[i].text, cases[i].scale,
                     (int)error, value.lo, value.hi);
        }
        assert_string_equal(kadr_value_format(&value, cases[i].scale, text), cases[i].canonical);
    }
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t scale;
        enum kadr_value_error error;
    } cases[] = {
        { "", 1, KADR_VALUE_EMPTY },
        { " \t" NBSP NNBSP, 1, KADR_VALUE_EMPTY },
        { "many", 1, KADR_VALUE_NOT_A_NUMBER },
        { "-", 1, KADR_VALUE_NOT_A_NUMBER },
        { "--1", 1, KADR_VALUE_NOT_A_NUMBER },
        { "+1", 1, KADR_VALUE_NOT_A_NUMBER },
        { "- 1", 1, KADR_VALUE_NOT_A_NUMBER },
        { "12 34", 1, KADR_VALUE_NOT_A_NUMBER },
        { "1234 567", 1, KADR_VALUE_NOT_A_NUMBER },
        { "1  894", 1, KADR_VALUE_NOT_A_NUMBER },
        { "1 8945", 1, KADR_VALUE_NOT_A_NUMBER },
        { "1.", 10, KADR_VALUE_NOT_A_NUMBER },
        { ".5", 10, KADR_VALUE_NOT_A_NUMBER },
        { "1.5.5", 100, KADR_VALUE_NOT_A_NUMBER },
        { "1,000", 100, KADR_VALUE_TOO_PRECISE },
        { "1,000.00", 100, KADR_VALUE_NOT_A_NUMBER },
        { "12,3,5", 1, KADR_VALUE_NOT_A_NUMBER },
        { "1,13E+06", 1, KADR_VALUE_NOT_A_NUMBER },
        { "1.5..2,5,5", 1, KADR_VALUE_TOO_PRECISE },
        { "1e3", 1, KADR_VALUE_NOT_A_NUMBER },
        { "0x10", 1, KADR_VALUE_NOT_A_NUMBER },
        { "59 %", 1, KADR_VALUE_NOT_A_NUMBER },
        { "1..", 1, KADR_VALUE_NOT_A_NUMBER },
        { "..1", 1, KADR_VALUE_NOT_A_NUMBER },
        { "1..2..3", 1, KADR_VALUE_NOT_A_NUMBER },
        { "1...2", 1, KADR_VALUE_NOT_A_NUMBER },
        { ">", 1, KADR_VALUE_NOT_A_NUMBER },
        { ">>1", 1, KADR_VALUE_NOT_A_NUMBER },
        { "=1", 1, KADR_VALUE_NOT_A_NUMBER },
        { ">1..2", 1, KADR_VALUE_NOT_A_NUMBER },
        { "5~", 1, KADR_VALUE_NOT_A_NUMBER },
        { "~5", 1, KADR_VALUE_NOT_A_NUMBER },
        { "withdrawn!", 1, KADR_VALUE_NOT_A_NUMBER },
        { "Withdrawn", 1, KADR_VALUE_NOT_A_NUMBER },
        { "364.25", 1, KADR_VALUE_TOO_PRECISE },
        { "364.250", 100, KADR_VALUE_TOO_PRECISE },
        { "1,000", 1, KADR_VALUE_TOO_PRECISE }, /* a thousand, to whoever writes English */
        { "1000000000000001", 1, KADR_VALUE_TOO_LARGE },
        { "10000000000000.01", 100, KADR_VALUE_TOO_LARGE },
        { "99999999999999999999999999999999999999", 1, KADR_VALUE_TOO_LARGE },
        { "9223372036854775808", 1, KADR_VALUE_TOO_LARGE },
        { "18446744073709551617", 1, KADR_VALUE_TOO_LARGE }, /* 1 modulo 2^64 */
        { "-18446744073709551617", 100, KADR_VALUE_TOO_LARGE },
        { ">1000000000000000", 1, KADR_VALUE_TOO_LARGE },
        { "1000000000000000~10", 1, KADR_VALUE_TOO_LARGE },
        { "1~1000000000000001", 1, KADR_VALUE_TOO_LARGE },
        { "5..1", 1, KADR_VALUE_EMPTY_RANGE },
        { "5~0", 1, KADR_VALUE_EMPTY_RANGE },
        { "5~-10", 1, KADR_VALUE_EMPTY_RANGE },
        { "<0", 1, KADR_VALUE_EMPTY_RANGE },
        { "<=-1", 1, KADR_VALUE_EMPTY_RANGE },
        { "?", 1, KADR_VALUE_UNKNOWN_REASON },
        { "?none", 1, KADR_VALUE_UNKNOWN_REASON },
        { "?not_stated_", 1, KADR_VALUE_UNKNOWN_REASON },
    };
    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        struct kadr_value value = { .lo = 7 };
        enum kadr_value_error error = kadr_value_parse(cases[i].text, cases[i].scale, &value);
        if (error != cases[i].error || value.lo != 7) {
            fail_msg("'%s': error %d, expected %d", cases[i].text, (int)error, (int)cases[i].error);
        }
    }
}

static void reads_what_is_no_figure(void **state)
{
    (void)state;
    struct kadr_value value;
    char text[KADR_VALUE_TEXT_BYTES];
    assert_int_equal(kadr_value_parse(" withdrawn ", 1, &value), KADR_VALUE_FINE);
    assert_int_equal(value.kind, KADR_VALUE_WITHDRAWN);
    assert_string_equal(kadr_value_format(&value, 1, text), "withdrawn");
    for (int reason = KADR_REASON_NONE + 1; reason < KADR_REASON_COUNT; reason++) {
        char written[KADR_VALUE_TEXT_BYTES];
        const char *code = kadr_reason_code((enum kadr_reason)reason);
        assert_int_equal(kadr_reason_parse(code), reason);
        (void)snprintf(written, sizeof written, "?%s", code);
        assert_int_equal(kadr_value_parse(written, 100, &value), KADR_VALUE_FINE);
        assert_int_equal(value.kind, KADR_VALUE_MISSING);
        assert_int_equal(value.reason, reason);
        assert_string_equal(kadr_value_format(&value, 100, text), written);
    }
    assert_string_equal(kadr_reason_code(KADR_REASON_NOT_REPORTED), "not_reported");
    assert_null(kadr_reason_code(KADR_REASON_NONE));
    assert_null(kadr_reason_code((enum kadr_reason)KADR_REASON_COUNT));
    assert_int_equal(kadr_reason_parse("because"), KADR_REASON_NONE);
    assert_int_equal(kadr_reason_parse(""), KADR_REASON_NONE);
}

static void writes_numbers_at_scale(void **state)
{
    (void)state;
    static const struct {
        int64_t number, scale;
        const char *text;
    } cases[] = {
        { 36425, 100, "364.25" },
        { 36400, 100, "364" },
        { 36450, 100, "364.5" },
        { 5, 100, "0.05" },
        { -5, 100, "-0.05" },
        { 0, 100, "0" },
        { 1000, 1, "1000" },
        { INT64_MIN, 1, "-9223372036854775808" },
        { INT64_MIN, INT64_C(1000000000000000000), "-9.223372036854775808" },
        { INT64_MAX, 100, "92233720368547758.07" },
    };
    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        char text[KADR_NUMBER_TEXT_BYTES];
        assert_string_equal(kadr_number_format(cases[i].number, cases[i].scale, text), cases[i].text);
    }
}

static int64_t random_scale(struct rng *rng)
{
    static const int64_t scales[] = { 1, 10, 100, 1000 };
    return scales[rng_below(rng, KADR_COUNT(scales))];
}

/* Small and huge numbers alike. */
static int64_t random_number(struct rng *rng, int64_t least)
{
    int64_t limit = KADR_MAX_ABS_VALUE / 2;
    for (size_t shrink = rng_below(rng, 15); shrink > 0; shrink--) {
        limit = limit / 10 + 1;
    }
    return rng_between(rng, least < 0 ? -limit : least, limit);
}

static struct kadr_value random_value(struct rng *rng)
{
    struct kadr_value value = { .kind = KADR_VALUE_INTERVAL };
    switch (rng_below(rng, 5)) {
    case 0:
        return (struct kadr_value){ .kind = KADR_VALUE_WITHDRAWN };
    case 1:
        value.kind = KADR_VALUE_MISSING;
        value.reason = (enum kadr_reason)rng_between(rng, 1, KADR_REASON_COUNT - 1);
        return value;
    case 2:
        value.hi_open = true;
        break;
    case 3:
        value.lo = value.hi = random_number(rng, -1);
        return value;
    default:
        break;
    }
    value.lo = random_number(rng, -1);
    value.hi = value.lo + random_number(rng, 0);
    return value;
}

static void what_is_formatted_parses(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 100000; seed++) {
        struct rng rng = { seed };
        struct kadr_value value = random_value(&rng), back;
        int64_t scale = random_scale(&rng);
        char text[KADR_VALUE_TEXT_BYTES];
        enum kadr_value_error error = kadr_value_parse(kadr_value_format(&value, scale, text), scale, &back);
        if (error != KADR_VALUE_FINE || !kadr_value_equal(&value, &back)) {
            fail_msg("seed %" PRIu64 ": %s at %" PRId64 ", error %d", seed, text, scale, (int)error);
        }
    }
}

/* `number` as its digits at scale, grouped by threes with the given blank, with a decimal comma. */
static void write_grouped(int64_t number, int64_t scale, const char *blank, char *ret_text, size_t size)
{
    char plain[KADR_NUMBER_TEXT_BYTES];
    kadr_number_format(number, scale, plain);
    size_t whole = strcspn(plain, "."), len = 0;
    for (size_t i = 0; plain[i]; i++) {
        bool group = i > 0 && i < whole && (whole - i) % 3 == 0 && plain[i - 1] != '-';
        len += (size_t)snprintf(ret_text + len, size - len, "%s%c", group ? blank : "",
                                plain[i] == '.' ? ',' : plain[i]);
    }
}

static void grouping_changes_nothing(void **state)
{
    (void)state;
    static const char *const blanks[] = { " ", NBSP, NNBSP };
    for (uint64_t seed = 1; seed <= 20000; seed++) {
        struct rng rng = { seed };
        int64_t scale = random_scale(&rng), number = random_number(&rng, -1);
        char text[128];
        struct kadr_value value;
        write_grouped(number, scale, blanks[rng_below(&rng, KADR_COUNT(blanks))], text, sizeof text);
        if (kadr_value_parse(text, scale, &value) || value.lo != number || value.hi != number) {
            fail_msg("seed %" PRIu64 ": '%s' at %" PRId64, seed, text, scale);
        }
    }
}

/* n~r holds exactly the x with n - r/2 <= x < n + r/2, in steps; doubled, so that nothing is rounded here. */
static void rounding_holds_what_rounds_to_it(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50000; seed++) {
        struct rng rng = { seed };
        int64_t scale = random_scale(&rng), n = random_number(&rng, -1), r = random_number(&rng, 1);
        char left[KADR_NUMBER_TEXT_BYTES], right[KADR_NUMBER_TEXT_BYTES], text[64];
        struct kadr_value value;
        (void)snprintf(text, sizeof text, "%s~%s", kadr_number_format(n, scale, left),
                       kadr_number_format(r, scale, right));
        if (kadr_value_parse(text, scale, &value) || value.hi_open) {
            fail_msg("seed %" PRIu64 ": '%s' at %" PRId64, seed, text, scale);
        }
        int64_t from = 2 * n - r, below = 2 * n + r;
        bool lo_right = 2 * value.lo >= from && 2 * (value.lo - 1) < from;
        bool hi_right = 2 * value.hi < below && 2 * (value.hi + 1) >= below;
        if (!lo_right || !hi_right) {
            fail_msg("seed %" PRIu64 ": '%s' gave %" PRId64 "…%" PRId64, seed, text, value.lo, value.hi);
        }
    }
}

/* The four comparisons cut the line at n: > and <= share no number and miss none, as do >= and <. */
static void comparisons_split_at_their_number(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20000; seed++) {
        struct rng rng = { seed };
        int64_t scale = random_scale(&rng), n = random_number(&rng, 1);
        char number[KADR_NUMBER_TEXT_BYTES], text[4][32];
        static const char *const signs[] = { ">", "<=", ">=", "<" };
        struct kadr_value value[4];
        for (size_t i = 0; i < 4; i++) {
            (void)snprintf(text[i], sizeof text[i], "%s%s", signs[i], kadr_number_format(n, scale, number));
            assert_int_equal(kadr_value_parse(text[i], scale, &value[i]), KADR_VALUE_FINE);
        }
        bool right = value[0].lo == n + 1 && value[0].hi_open && value[1].lo == 0 && value[1].hi == n &&
                     value[2].lo == n && value[2].hi_open && value[3].lo == 0 && value[3].hi == n - 1;
        if (!right) {
            fail_msg("seed %" PRIu64 ": %s at %" PRId64, seed, number, scale);
        }
    }
}

/* Any text at all: refused, or a value within the limits that formats and parses to itself. */
static void survives_any_text(void **state)
{
    (void)state;
    static const char *const pieces[] = { "0",  "1",   "9",    "000",       "99999999999999999",
                                          ".",  ",",   "..",   "~",         ">",
                                          "<",  "=",   "-",    "?",         " ",
                                          NBSP, NNBSP, "\xC2", "withdrawn", "not_stated" };
    size_t accepted = 0;
    for (uint64_t seed = 1; seed <= 100000; seed++) {
        struct rng rng = { seed };
        char text[256] = "", written[KADR_VALUE_TEXT_BYTES];
        for (size_t n = rng_below(&rng, 8), len = 0; n > 0; n--) {
            len += (size_t)snprintf(text + len, sizeof text - len, "%s",
                                    pieces[rng_below(&rng, KADR_COUNT(pieces))]);
        }
        int64_t scale = random_scale(&rng);
        struct kadr_value value, back;
        if (kadr_value_parse(text, scale, &value) != KADR_VALUE_FINE) {
            continue;
        }
        accepted++;
        bool within = value.lo >= -KADR_MAX_ABS_VALUE && value.lo <= KADR_MAX_ABS_VALUE &&
                      value.hi >= -KADR_MAX_ABS_VALUE && value.hi <= KADR_MAX_ABS_VALUE;
        if (!within || kadr_value_parse(kadr_value_format(&value, scale, written), scale, &back) ||
            !kadr_value_equal(&value, &back)) {
            fail_msg("seed %" PRIu64 ": '%s' at %" PRId64, seed, text, scale);
        }
    }
    assert_true(accepted > 5000); /* the generator reaches behind the first check */
}

static void compares_and_contains(void **state)
{
    (void)state;
    static const struct {
        const char *outer, *inner;
        bool contains, equal;
    } cases[] = {
        { "59", "59", true, true },
        { "60~10", "59", true, false },
        { "59", "60~10", false, false },
        { ">=5", ">=5", true, true },
        { ">=5", ">=6", true, false },
        { ">=5", "5..9", true, false },
        { "5..9", ">=5", false, false },
        { ">=5", "4..9", false, false },
        { "1..5", "1..5", true, true },
        { "1..5", "0..5", false, false },
        { "1..5", "1..6", false, false },
        { "1..5", "?withheld", false, false },
        { "?withheld", "?withheld", false, true },
        { "?withheld", "?unknown", false, false },
        { "withdrawn", "withdrawn", false, true },
        { "withdrawn", "?unknown", false, false },
    };
    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        struct kadr_value outer, inner;
        assert_int_equal(kadr_value_parse(cases[i].outer, 1, &outer), KADR_VALUE_FINE);
        assert_int_equal(kadr_value_parse(cases[i].inner, 1, &inner), KADR_VALUE_FINE);
        if (kadr_value_contains(&outer, &inner) != cases[i].contains ||
            kadr_value_equal(&outer, &inner) != cases[i].equal ||
            kadr_value_equal(&inner, &outer) != cases[i].equal) {
            fail_msg("'%s' and '%s'", cases[i].outer, cases[i].inner);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_figures),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(reads_what_is_no_figure),
        cmocka_unit_test(writes_numbers_at_scale),
        cmocka_unit_test(what_is_formatted_parses),
        cmocka_unit_test(grouping_changes_nothing),
        cmocka_unit_test(rounding_holds_what_rounds_to_it),
        cmocka_unit_test(comparisons_split_at_their_number),
        cmocka_unit_test(survives_any_text),
        cmocka_unit_test(compares_and_contains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
