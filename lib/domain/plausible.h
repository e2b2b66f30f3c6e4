/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* plausible.h - which figures can be expected of a unit (docs/rollup.md, Is it plausible).
 *
 * Two things bound them: the catalogue's `min` and `max`, and the `band` around what the unit said before.
 * What lies outside is not wrong, it only waits for somebody who says that it is right. What cannot be is
 * refused: a negative count, another scale, more than the whole of a percentage that ends at 100.
 */
#include "domain/reference.h"
#include "domain/value.h"

/* What is expected, at scale. */
struct kadr_band {
    int64_t from, to; /* INT64_MIN, INT64_MAX: no bound */
};

/** @param before  what the unit said before, an interval; NULL: nothing that is comparable, or no band */
struct kadr_band kadr_band_of(const struct kadr_indicator_info *info, const struct kadr_value *before);
/* An interval is as plausible as its upper end; of an open one, its lower end: nothing more was said. "Fewer
 * than 50" is no slip of the pen because it might mean none. */
bool kadr_band_holds(const struct kadr_band *band, const struct kadr_value *value);
/* Both ends as text; `∞` where there is none. */
#define KADR_BAND_TEXT_BYTES 24
void kadr_band_format(const struct kadr_band *band, int64_t scale, char ret_from[KADR_BAND_TEXT_BYTES],
                      char ret_to[KADR_BAND_TEXT_BYTES]);

/* The greatest figure that can be, at scale: a share of a whole ends at the whole. */
int64_t kadr_greatest_possible(const struct kadr_indicator_info *info);
