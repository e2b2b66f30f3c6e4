/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* table.h - a CSV file with a header row, read column by column name.
 *
 * For the files of the reference data: comma-separated UTF-8. Every fault of the file is added to the
 * diagnostics with its line and column; reading goes on behind it, so that one look shows all of them.
 */
#include "base/csv.h"
#include "domain/diag.h"

struct kadr_column {
    const char *name;
    bool optional; /* the column may be absent; its cells are then "" */
};

#define KADR_TABLE_MAX_COLUMNS 40

struct kadr_table {
    struct kadr_csv csv;
    struct kadr_csv_record record;
    const struct kadr_column *columns;
    size_t column_count;
    uint8_t place[KADR_TABLE_MAX_COLUMNS]; /* field number of a column, 1-based; 0 = absent */
    size_t width;                          /* fields of the header */
    struct kadr_diags *diags;
};

/** Reads the header.
 * @retval 0            rows can be read
 * @retval KADR_EINVAL  not UTF-8, no header, or an unknown, repeated or missing column
 * @retval KADR_ENOMEM */
KADR_MUST_CHECK int kadr_table_open(struct kadr_table *table, struct kadr_bytes bytes,
                                    const struct kadr_column *columns, size_t column_count,
                                    struct kadr_diags *diags);
void kadr_table_done(struct kadr_table *table);
KADR_DEFINE_DONE(struct kadr_table, kadr_table_done)
/* Next well-formed row. @retval KADR_ENOENT  the end */
KADR_MUST_CHECK int kadr_table_next(struct kadr_table *table);
/* Cell of the current row, borrowed until the next one. */
const char *kadr_table_cell(const struct kadr_table *table, size_t column);
static inline uint32_t kadr_table_line(const struct kadr_table *table)
{
    return table->record.line;
}
/* Adds a diagnostic about a cell of the current row. */
void kadr_table_wrong(const struct kadr_table *table, size_t column, enum kadr_diag_code code,
                      const char *arg0, const char *arg1, const char *arg2);
/* No fewer than the rows the bytes hold. */
size_t kadr_table_max_rows(struct kadr_bytes bytes);
