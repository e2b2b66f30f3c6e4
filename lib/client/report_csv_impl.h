/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* report_csv_impl.h - what the three files of the report reader share: report_csv.c (file, header row, rows),
 * report_keys.c (`#` lines), report_cells.c (one row).
 */
#include "base/csv.h"
#include "client/report_csv.h"

struct kadr_csv_parser {
    const struct kadr_reference *reference;
    struct kadr_arena *arena;
    struct kadr_diags *diags;
    struct kadr_report_csv *out;
    size_t observation_cap;
    char separator;                    /* of the `sep=` line; 0: the header row tells */
    size_t width;                      /* fields of the header row */
    bool named[KADR_MAX_CSV_FIELDS];   /* fields whose header cell is not blank */
    char *cell[KADR_CSV_COLUMN_COUNT]; /* of the current row, trimmed, in the arena */
    uint32_t line;                     /* of the current row */
};

/* Excel's `sep=;`, the first line of a file if it is there: taken, and *pos and *line are behind it. */
void kadr_csv_take_separator(struct kadr_csv_parser *parser, const char **pos, const char *end,
                             uint32_t *line);
/* Takes the `#` lines before the table, and the empty ones among them, and leaves *pos and *line behind them.
 * All faults are named. */
KADR_MUST_CHECK int kadr_csv_take_keys(struct kadr_csv_parser *parser, const char **pos, const char *end,
                                       uint32_t *line);
/* One row as an observation. False: left out, every wrong cell named (or the arena failed). */
bool kadr_csv_take_cells(struct kadr_csv_parser *parser, const struct kadr_csv_record *record,
                         struct kadr_observation *ret_observation);

/* Length of the space at the beginning of text, NO-BREAK SPACES included; 0 when there is none. */
size_t kadr_text_space(const char *text);
/* Copy without the spaces around it; NULL when the arena failed. */
char *kadr_text_trimmed(struct kadr_arena *arena, const char *text, size_t len);
bool kadr_text_is_blank(const char *text);
/* Two names that fold alike. */
bool kadr_text_same_name(const char *a, const char *b);
