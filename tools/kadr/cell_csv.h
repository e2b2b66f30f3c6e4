/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* cell_csv.h - a cell as columns of CSV: four that name it, the rest say what it is. Never translated. */
#include "base/buf.h"
#include "wire/wire.h"

#define CELL_CSV_KEY "unit,indicator,breakdown,period"

void cell_csv_key(const struct kadr_wire_cell *cell, kadr_day as_of, struct kadr_buf *out);
/* `,lo,hi` …, each with a prefix. */
void cell_csv_heading(const char *prefix, struct kadr_buf *out);
/* `,23,23` …; `names` may be NULL: no measure. */
void cell_csv_values(const struct kadr_reference *names, const struct kadr_wire_cell *cell,
                     struct kadr_buf *out);
/* As many empty columns: there is no such cell. */
void cell_csv_nothing(struct kadr_buf *out);
