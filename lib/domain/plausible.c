/* SPDX-License-Identifier: Apache-2.0 */
/* plausible.c - see plausible.h. */
#include "domain/plausible.h"

#include <stdio.h>
#include <string.h>

/* The factor up, no further than a figure can be. */
static int64_t times(int64_t figure, int64_t percent)
{
    int64_t wide;
    if (__builtin_mul_overflow(figure, percent, &wide)) {
        return figure < 0 ? -KADR_MAX_ABS_VALUE : KADR_MAX_ABS_VALUE;
    }
    return wide / 100;
}

/* The factor down; |figure| ends at 10^15. */
static int64_t part(int64_t figure, int64_t percent)
{
    return figure * 100 / percent;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t greatest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Around what was said before, whatever the catalogue says. */
static struct kadr_band around(const struct kadr_indicator_info *info, const struct kadr_value *before)
{
    int64_t percent = info->band_percent;
    int64_t down = before->lo >= 0 ? part(before->lo, percent) : times(before->lo, percent);
    struct kadr_band band = { .from = least(down, before->lo - info->band_floor), .to = INT64_MAX };

    if (!before->hi_open) {
        int64_t up = before->hi >= 0 ? times(before->hi, percent) : part(before->hi, percent);
        band.to = greatest(up, before->hi + info->band_floor);
    }
    return band;
}

struct kadr_band kadr_band_of(const struct kadr_indicator_info *info, const struct kadr_value *before)
{
    struct kadr_band range = { info->min, info->max };

    if (!info->may_be_negative) {
        range.from = greatest(range.from, 0);
    }
    if (before == NULL || before->kind != KADR_VALUE_INTERVAL || info->band_percent == 0) {
        return range;
    }
    struct kadr_band band = around(info, before);
    if (before->lo < range.from || (!before->hi_open && before->hi > range.to)) {
        /* it was confirmed that the catalogue is wrong here: that is not asked again */
        return (struct kadr_band){ info->may_be_negative ? band.from : greatest(band.from, 0), band.to };
    }
    return (struct kadr_band){ greatest(range.from, band.from), least(range.to, band.to) };
}

bool kadr_band_holds(const struct kadr_band *band, const struct kadr_value *value)
{
    int64_t top = value->hi_open ? value->lo : value->hi;
    return top <= band->to && (value->hi_open || top >= band->from);
}

static void format_end(int64_t end, int64_t none, const char *infinite, int64_t scale,
                       char ret_text[KADR_BAND_TEXT_BYTES])
{
    if (end == none) {
        (void)snprintf(ret_text, KADR_BAND_TEXT_BYTES, "%s", infinite);
    } else {
        (void)kadr_number_format(end, scale, ret_text);
    }
}

void kadr_band_format(const struct kadr_band *band, int64_t scale, char ret_from[KADR_BAND_TEXT_BYTES],
                      char ret_to[KADR_BAND_TEXT_BYTES])
{
    format_end(band->from, INT64_MIN, "-∞", scale, ret_from);
    format_end(band->to, INT64_MAX, "∞", scale, ret_to);
}

int64_t kadr_greatest_possible(const struct kadr_indicator_info *info)
{
    int64_t whole = (int64_t)100 * info->scale;
    bool is_share = strcmp(info->measure, "percent") == 0 && info->max == whole;
    return is_share ? whole : KADR_MAX_ABS_VALUE;
}
