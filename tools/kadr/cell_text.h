/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* cell_text.h - a cell in words that do not lie: `≥ 23 · 1 of 20 regions`, never `23`. */
#include <stdio.h>

#include "base/buf.h"
#include "wire/wire.h"

/* `1 894`, `364.25` (`364,25` in ru and kk) */
void cell_number(enum kadr_lang lang, int64_t number, int32_t scale, struct kadr_buf *out);
/* `1 224`, `1–5`, `≥ 60`, `≤ 3` */
void cell_interval(enum kadr_lang lang, int64_t lo, bool lo_open, int64_t hi, bool hi_open, int32_t scale,
                   struct kadr_buf *out);
/* The figure alone: interval and how far it is known; `no figure` and why. */
void cell_figure(enum kadr_lang lang, const struct kadr_wire_cell *cell, struct kadr_buf *out);
/* A stated value: the interval, or the reason why there is none. */
void cell_stated(enum kadr_lang lang, const struct kadr_value *value, int32_t scale, struct kadr_buf *out);
/* `unexplained 10 outstanding`; nothing when nothing is. */
void cell_unexplained(enum kadr_lang lang, const struct kadr_wire_cell *cell, struct kadr_buf *out);
/* Who reports it; regions where that is not known. */
enum kadr_unit_level cell_reporting_level(const struct kadr_reference *names, const char *indicator);
/* Value, coverage, what is unexplained, what is stale. `names` may be NULL. */
void cell_value(enum kadr_lang lang, const struct kadr_reference *names, const struct kadr_wire_cell *cell,
                struct kadr_buf *out);
const char *cell_member_name(enum kadr_lang lang, const struct kadr_reference *names,
                             const struct kadr_member_pair *pair);
/* Members by name, codes where there is none; `all` for none. */
void cell_breakdown(enum kadr_lang lang, const struct kadr_reference *names,
                    const struct kadr_wire_cell *cell, struct kadr_buf *out);
/* Names; the code where there is none. */
const char *cell_unit_name(enum kadr_lang lang, const struct kadr_reference *names, const char *code);
/* With the unit of measure, unless the name tells it: `Vacancy rate, %`. */
void cell_measured_name(enum kadr_lang lang, const struct kadr_reference *names, const char *code,
                        struct kadr_buf *out);
/* The same as a heading of figures: a line, indented. */
void cell_indicator_heading(enum kadr_lang lang, const struct kadr_reference *names, const char *code,
                            FILE *out);
/* From the list `dimension` of the catalogue. */
const char *cell_dimension_name(enum kadr_lang lang, const struct kadr_reference *names, const char *code);
const char *cell_indicator_name(enum kadr_lang lang, const struct kadr_reference *names, const char *code);
/* Days of the statements used: `2023-11-20`, `2023-11-20 … 2023-12-31`; nothing without a value. */
void cell_days(const struct kadr_wire_cell *cell, struct kadr_buf *out);
/* Characters of UTF-8 text. */
size_t text_width(const char *text);
/* What is told of the wide period need not be told of the narrow one, when it is the same: the calendar year
 * stands for the academic ones too. */
bool cell_period_covers(struct kadr_period wide, struct kadr_period narrow);
