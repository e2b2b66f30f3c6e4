/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* value.h - what is stated of a figure: an interval, missing with a reason, or withdrawn. Never a double.
 *
 * Intervals are integers at the indicator's scale (364.25 posts at scale 100 are 36425). Grammar
 * (rollup-spec, Terms), spaces and NO-BREAK SPACE as thousands separators, decimal point or comma:
 *
 *   1894   364,25   a..b   >60   >=61   <5   <=4   n~r (rounded to r)   ?reason   withdrawn
 *
 * A range may also be written with an en dash, as word processors make it of `2-3`.
 *
 * One step is 1 at the scale: at scale 1 `>60` is [61, open) and `<5` is [0, 4]; at scale 100 `>60` is
 * [60.01, open). `n~r` is [ceil(n - r/2), ceil(n + r/2) - 1] in steps.
 */
#include "base/defs.h"
#include "base/limits.h"

enum kadr_value_kind { KADR_VALUE_INTERVAL, KADR_VALUE_MISSING, KADR_VALUE_WITHDRAWN } KADR_SMALL_ENUM;

/* Numbers are the wire's and are never reused. */
enum kadr_reason {
    KADR_REASON_NONE = 0,
    KADR_REASON_NOT_STATED = 1,     /* named without a number */
    KADR_REASON_NOT_REPORTED = 2,   /* no figure for this date */
    KADR_REASON_NOT_APPLICABLE = 3, /* cannot exist here */
    KADR_REASON_WITHHELD = 4,       /* known, not published */
    KADR_REASON_SUPPRESSED = 5,     /* small number hidden; behaves as withheld */
    KADR_REASON_UNKNOWN = 6
} KADR_SMALL_ENUM;
#define KADR_REASON_COUNT 7

struct kadr_value {
    enum kadr_value_kind kind;
    enum kadr_reason reason; /* of MISSING */
    bool hi_open;            /* of INTERVAL */
    int64_t lo, hi;          /* likewise, at scale; hi is unused when hi_open */
};

enum kadr_value_error {
    KADR_VALUE_FINE,
    KADR_VALUE_NOT_A_NUMBER,
    KADR_VALUE_TOO_PRECISE, /* more decimals than the scale holds */
    KADR_VALUE_TOO_LARGE,
    KADR_VALUE_EMPTY_RANGE, /* a..b with b < a, n~0 */
    KADR_VALUE_UNKNOWN_REASON,
    KADR_VALUE_EMPTY
};

/* @param scale 1, 10, 100 … of the indicator */
enum kadr_value_error kadr_value_parse(const char *text, int64_t scale, struct kadr_value *ret_value);
/* Figure at scale as a plain decimal: 36425 at 100 is `364.25`, 36400 is `364`. */
#define KADR_NUMBER_TEXT_BYTES 24
const char *kadr_number_format(int64_t number, int64_t scale, char ret_text[KADR_NUMBER_TEXT_BYTES]);
/* Canonical text of the grammar above: `1894`, `1..5`, `>=61`, `?not_stated`, `withdrawn`. */
#define KADR_VALUE_TEXT_BYTES 64
const char *kadr_value_format(const struct kadr_value *value, int64_t scale,
                              char ret_text[KADR_VALUE_TEXT_BYTES]);
bool kadr_value_equal(const struct kadr_value *a, const struct kadr_value *b);
/* Both intervals, and inner lies inside outer. */
bool kadr_value_contains(const struct kadr_value *outer, const struct kadr_value *inner);

/* `not_stated` …; NULL / KADR_REASON_NONE when unknown */
const char *kadr_reason_code(enum kadr_reason reason);
enum kadr_reason kadr_reason_parse(const char *code);
