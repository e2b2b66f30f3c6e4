/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* nearest.h - the codes that somebody may have meant.
 *
 * Cost: one comparison for each indicator, or each member of the dimension; a comparison is bounded by the
 * length of codes.
 */
#include "domain/reference.h"

/* The indicator whose code is most like the text; "" when none is like it. Lives with the reference. */
const char *kadr_nearest_indicator(const struct kadr_reference *reference, const char *text);

#define KADR_MEMBERS_TEXT_BYTES 64
/* The codes of a dimension where they fit, `doctor, midlevel`, else the one most like the text; "" when none
 * is.
 */
const char *kadr_members_meant(const struct kadr_reference *reference, kadr_dimension dimension,
                               const char *text, char ret_text[KADR_MEMBERS_TEXT_BYTES]);
