/* SPDX-License-Identifier: Apache-2.0 */
/* value.c - figures as they are written, to intervals and back.
 *
 * The text is cut into an operator and one or two numbers; each number is read by read_number(), the only
 * place that knows digits. Numbers stay within KADR_MAX_ABS_VALUE, so that no sum or product here can
 * overflow. Digits are grouped by threes or not at all: `12 34` is a slip of the hand, not 1234. A figure
 * with more decimals than its indicator has is refused even when they are zeros, because `1,000` is a
 * thousand to whoever writes English.
 */
#include "domain/value.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"

static const char *const reason_codes[KADR_REASON_COUNT] = {
    [KADR_REASON_NOT_STATED] = "not_stated",         [KADR_REASON_NOT_REPORTED] = "not_reported",
    [KADR_REASON_NOT_APPLICABLE] = "not_applicable", [KADR_REASON_WITHHELD] = "withheld",
    [KADR_REASON_SUPPRESSED] = "suppressed",         [KADR_REASON_UNKNOWN] = "unknown",
};

/* A borrowed piece of the text. */
struct span {
    const char *pos, *end;
};

/* Length of the blank at pos: space, tab, NO-BREAK SPACE or NARROW NO-BREAK SPACE; 0 for none. */
static size_t blank_at(struct span text)
{
    static const char *const blanks[] = { " ", "\t", "\xC2\xA0", "\xE2\x80\xAF" };
    for (size_t i = 0; i < KADR_COUNT(blanks); i++) {
        size_t len = strlen(blanks[i]);
        if ((size_t)(text.end - text.pos) >= len && memcmp(text.pos, blanks[i], len) == 0) {
            return len;
        }
    }
    return 0;
}

static struct span trim(struct span text)
{
    while (blank_at(text)) {
        text.pos += blank_at(text);
    }
    const char *end = text.pos; /* behind the last character that is no blank */
    for (struct span at = text; at.pos < at.end;) {
        size_t len = blank_at(at);
        at.pos += len ? len : 1;
        end = len ? end : at.pos;
    }
    text.end = end;
    return text;
}

static bool is_digit_at(struct span text)
{
    return text.pos < text.end && *text.pos >= '0' && *text.pos <= '9';
}

/* Takes the digits at pos into *number, which sticks above the limit rather than overflow; returns how many.
 */
static size_t read_digits(struct span *text, int64_t *number)
{
    size_t count = 0;
    for (; is_digit_at(*text); text->pos++, count++) {
        if (*number <= KADR_MAX_ABS_VALUE) {
            *number = *number * 10 + (*text->pos - '0');
        }
    }
    return count;
}

/* `1894` or `1 894 000` */
static bool read_whole(struct span *text, int64_t *number)
{
    size_t count = read_digits(text, number);
    if (count == 0) {
        return false;
    }
    bool grouped = false;
    for (size_t blank = blank_at(*text); blank; blank = blank_at(*text)) {
        text->pos += blank;
        if ((!grouped && count > 3) || read_digits(text, number) != 3) {
            return false;
        }
        grouped = true;
    }
    return true;
}

/* Appends the decimals behind a point, filled up with zeros to the scale; they end the text. */
static enum kadr_value_error read_fraction(struct span *text, int64_t scale, int64_t *number)
{
    if (text->pos < text->end && (*text->pos == '.' || *text->pos == ',')) {
        text->pos++;
        if (!is_digit_at(*text)) {
            return KADR_VALUE_NOT_A_NUMBER;
        }
    }
    for (; is_digit_at(*text) && scale > 1; scale /= 10) {
        struct span digit = { text->pos, text->pos + 1 };
        (void)read_digits(&digit, number); /* it is one */
        text->pos++;
    }
    bool too_precise = is_digit_at(*text);
    while (is_digit_at(*text)) {
        text->pos++;
    }
    if (text->pos != text->end) {
        return KADR_VALUE_NOT_A_NUMBER; /* `12,3,5` is no number with too many decimals */
    }
    for (; scale > 1 && *number <= KADR_MAX_ABS_VALUE; scale /= 10) {
        *number *= 10;
    }
    return too_precise ? KADR_VALUE_TOO_PRECISE : KADR_VALUE_FINE;
}

/* The whole of the text is one number: at scale into *ret_number. */
static enum kadr_value_error read_number(struct span text, int64_t scale, int64_t *ret_number)
{
    text = trim(text);
    bool negative = text.pos < text.end && *text.pos == '-';
    text.pos += negative;
    int64_t number = 0;
    if (!read_whole(&text, &number)) {
        return KADR_VALUE_NOT_A_NUMBER;
    }
    enum kadr_value_error error = read_fraction(&text, scale, &number);
    if (error != KADR_VALUE_FINE) {
        return error;
    }
    if (number > KADR_MAX_ABS_VALUE) {
        return KADR_VALUE_TOO_LARGE;
    }
    *ret_number = negative ? -number : number;
    return KADR_VALUE_FINE;
}

static bool within_limit(int64_t number)
{
    return number >= -KADR_MAX_ABS_VALUE && number <= KADR_MAX_ABS_VALUE;
}

static enum kadr_value_error make_interval(int64_t lo, int64_t hi, struct kadr_value *ret_value)
{
    if (lo > hi) {
        return KADR_VALUE_EMPTY_RANGE;
    }
    if (!within_limit(lo) || !within_limit(hi)) {
        return KADR_VALUE_TOO_LARGE;
    }
    *ret_value = (struct kadr_value){ .kind = KADR_VALUE_INTERVAL, .lo = lo, .hi = hi };
    return KADR_VALUE_FINE;
}

static enum kadr_value_error parse_exact(struct span text, int64_t scale, struct kadr_value *ret_value)
{
    int64_t number;
    enum kadr_value_error error = read_number(text, scale, &number);
    return error ? error : make_interval(number, number, ret_value);
}

/* Whoever writes "less than 5" counts something: nothing lies below zero. */
static enum kadr_value_error parse_at_most(struct span text, int64_t scale, int64_t step,
                                           struct kadr_value *ret_value)
{
    int64_t number;
    enum kadr_value_error error = read_number(text, scale, &number);
    return error ? error : make_interval(0, number + step, ret_value);
}

static enum kadr_value_error parse_at_least(struct span text, int64_t scale, int64_t step,
                                            struct kadr_value *ret_value)
{
    int64_t number;
    enum kadr_value_error error = read_number(text, scale, &number);
    if (!error) {
        error = make_interval(number + step, number + step, ret_value);
    }
    if (!error) {
        ret_value->hi_open = true;
    }
    return error;
}

/* a..b and n~r: two numbers around `mark`. */
static enum kadr_value_error read_pair(struct span text, struct span mark, int64_t scale, int64_t ret_pair[2])
{
    enum kadr_value_error error = read_number((struct span){ text.pos, mark.pos }, scale, &ret_pair[0]);
    return error ? error : read_number((struct span){ mark.end, text.end }, scale, &ret_pair[1]);
}

static enum kadr_value_error parse_range(struct span text, struct span mark, int64_t scale,
                                         struct kadr_value *ret_value)
{
    int64_t pair[2];
    enum kadr_value_error error = read_pair(text, mark, scale, pair);
    return error ? error : make_interval(pair[0], pair[1], ret_value);
}

static enum kadr_value_error parse_rounded(struct span text, struct span mark, int64_t scale,
                                           struct kadr_value *ret_value)
{
    int64_t pair[2];
    enum kadr_value_error error = read_pair(text, mark, scale, pair);
    if (error) {
        return error;
    }
    int64_t number = pair[0], step = pair[1];
    /* ceil(n - r/2) and ceil(n + r/2) - 1 without a fraction; empty when r is not above 0 */
    return make_interval(number - step / 2, number + (step + 1) / 2 - 1, ret_value);
}

static enum kadr_value_error parse_reason(struct span text, struct kadr_value *ret_value)
{
    for (int reason = KADR_REASON_NONE + 1; reason < KADR_REASON_COUNT; reason++) {
        size_t len = strlen(reason_codes[reason]);
        if ((size_t)(text.end - text.pos) == len && memcmp(text.pos, reason_codes[reason], len) == 0) {
            *ret_value =
                (struct kadr_value){ .kind = KADR_VALUE_MISSING, .reason = (enum kadr_reason)reason };
            return KADR_VALUE_FINE;
        }
    }
    return KADR_VALUE_UNKNOWN_REASON;
}

/* Steps over `token` if the text begins with it. */
static bool take(struct span *text, const char *token)
{
    size_t len = strlen(token);
    if ((size_t)(text->end - text->pos) < len || memcmp(text->pos, token, len) != 0) {
        return false;
    }
    text->pos += len;
    return true;
}

/* Where `token` stands in the text; {NULL, NULL} when it does not. */
static struct span find(struct span text, const char *token)
{
    for (struct span at = text; at.pos < at.end; at.pos++) {
        struct span rest = at;
        if (take(&rest, token)) {
            return (struct span){ at.pos, rest.pos };
        }
    }
    return (struct span){ 0 };
}

static enum kadr_value_error parse_number_or_pair(struct span text, int64_t scale,
                                                  struct kadr_value *ret_value)
{
    struct span mark = find(text, "..");
    if (!mark.pos) {
        mark = find(text, "\u2013"); /* an en dash, as word processors make of a range; never a minus sign */
    }
    if (mark.pos) {
        return parse_range(text, mark, scale, ret_value);
    }
    mark = find(text, "~");
    return mark.pos ? parse_rounded(text, mark, scale, ret_value) : parse_exact(text, scale, ret_value);
}

enum kadr_value_error kadr_value_parse(const char *text, int64_t scale, struct kadr_value *ret_value)
{
    static const struct {
        const char *sign;
        enum kadr_value_error (*parse)(struct span, int64_t, int64_t, struct kadr_value *);
        int64_t step;
    } comparisons[] = {
        { ">=", parse_at_least, 0 },
        { "<=", parse_at_most, 0 },
        { ">", parse_at_least, 1 },
        { "<", parse_at_most, -1 },
    };
    struct span all = trim((struct span){ text, text + strlen(text) });
    if (all.pos == all.end) {
        return KADR_VALUE_EMPTY;
    }
    if (take(&all, "?")) {
        return parse_reason(all, ret_value);
    }
    for (size_t i = 0; i < KADR_COUNT(comparisons); i++) {
        if (take(&all, comparisons[i].sign)) {
            return comparisons[i].parse(all, scale, comparisons[i].step, ret_value);
        }
    }
    struct span rest = all;
    if (take(&rest, "withdrawn") && rest.pos == rest.end) {
        *ret_value = (struct kadr_value){ .kind = KADR_VALUE_WITHDRAWN };
        return KADR_VALUE_FINE;
    }
    return parse_number_or_pair(all, scale, ret_value);
}

/* Digits from the last to the first: decimals without their trailing zeros, then the whole, then the sign. */
const char *kadr_number_format(int64_t number, int64_t scale, char ret_text[KADR_NUMBER_TEXT_BYTES])
{
    char text[KADR_NUMBER_TEXT_BYTES] = "";
    size_t at = sizeof text - 1;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    bool decimals = false;
    for (; scale > 1; scale /= 10, rest /= 10) {
        decimals = decimals || rest % 10 != 0;
        if (decimals) {
            text[--at] = (char)('0' + rest % 10);
        }
    }
    if (decimals) {
        text[--at] = '.';
    }
    do {
        text[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0) {
        text[--at] = '-';
    }
    return memcpy(ret_text, text + at, sizeof text - at);
}

static void format_interval(const struct kadr_value *value, int64_t scale,
                            char ret_text[KADR_VALUE_TEXT_BYTES])
{
    char lo[KADR_NUMBER_TEXT_BYTES], hi[KADR_NUMBER_TEXT_BYTES];
    kadr_number_format(value->lo, scale, lo);
    kadr_number_format(value->hi, scale, hi);
    if (value->hi_open) {
        (void)snprintf(ret_text, KADR_VALUE_TEXT_BYTES, ">=%s", lo);
    } else if (value->lo == value->hi) {
        (void)snprintf(ret_text, KADR_VALUE_TEXT_BYTES, "%s", lo);
    } else {
        (void)snprintf(ret_text, KADR_VALUE_TEXT_BYTES, "%s..%s", lo, hi);
    }
}

const char *kadr_value_format(const struct kadr_value *value, int64_t scale,
                              char ret_text[KADR_VALUE_TEXT_BYTES])
{
    const char *reason;
    switch (value->kind) {
    case KADR_VALUE_INTERVAL:
        format_interval(value, scale, ret_text);
        break;
    case KADR_VALUE_MISSING:
        reason = kadr_reason_code(value->reason);
        (void)snprintf(ret_text, KADR_VALUE_TEXT_BYTES, "?%s", reason ? reason : "");
        break;
    case KADR_VALUE_WITHDRAWN:
        (void)snprintf(ret_text, KADR_VALUE_TEXT_BYTES, "withdrawn");
        break;
    }
    return ret_text;
}

bool kadr_value_equal(const struct kadr_value *a, const struct kadr_value *b)
{
    if (a->kind != b->kind) {
        return false;
    }
    switch (a->kind) {
    case KADR_VALUE_INTERVAL:
        return a->lo == b->lo && a->hi_open == b->hi_open && (a->hi_open || a->hi == b->hi);
    case KADR_VALUE_MISSING:
        return a->reason == b->reason;
    case KADR_VALUE_WITHDRAWN:
        return true;
    }
    return false;
}

bool kadr_value_contains(const struct kadr_value *outer, const struct kadr_value *inner)
{
    if (outer->kind != KADR_VALUE_INTERVAL || inner->kind != KADR_VALUE_INTERVAL) {
        return false;
    }
    return outer->lo <= inner->lo && (outer->hi_open || (!inner->hi_open && inner->hi <= outer->hi));
}

const char *kadr_reason_code(enum kadr_reason reason)
{
    return (size_t)reason < KADR_REASON_COUNT ? reason_codes[reason] : NULL;
}

enum kadr_reason kadr_reason_parse(const char *code)
{
    struct kadr_value value;
    struct span text = { code, code + strlen(code) };
    return parse_reason(text, &value) == KADR_VALUE_FINE ? value.reason : KADR_REASON_NONE;
}
