/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* change_text.h - a cell that changed: in words, in CSV and in JSON. */
#include <jansson.h>

#include "wire/wire.h"

/* Neither before nor after there is a figure or a reason: people need not see it. */
bool change_is_bare(const struct kadr_wire_change *change);
/* `corrected`, translated. */
const char *change_word(enum kadr_lang lang, enum kadr_change kind);
/* `59 -> 62 · corrected` with an arrow */
void change_text(enum kadr_lang lang, const struct kadr_reference *names,
                 const struct kadr_wire_change *change, struct kadr_buf *out);
/* The heading line, ended; then one line a change. Days are those of the two states. */
void change_csv_heading(struct kadr_buf *out);
void change_csv(const struct kadr_reference *names, const struct kadr_wire_change *change, kadr_day as_of,
                struct kadr_buf *out);
/* {"kind", "removed", "before": cell or null, "after": cell or null} */
json_t *json_of_change(const struct kadr_reference *names, const struct kadr_wire_change *change,
                       kadr_day before, kadr_day after);
