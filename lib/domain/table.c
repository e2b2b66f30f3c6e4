/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/table.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "domain/fold.h"

static void malformed(struct kadr_table *table)
{
    kadr_diags_add(table->diags, KADR_DIAG_CSV_MALFORMED, -1, table->csv.error_line, table->csv.error_column,
                   NULL, NULL, NULL);
}

static size_t find_column(const struct kadr_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, name) == 0) {
            return i;
        }
    }
    return table->column_count;
}

static int read_header(struct kadr_table *table)
{
    bool bad = false;

    table->width = table->record.count;
    for (size_t field = 0; field < table->width; field++) {
        const char *name = table->record.field[field].text;
        size_t column = find_column(table, name);
        if (column == table->column_count || table->place[column] != 0) {
            kadr_diags_add(table->diags, KADR_DIAG_COLUMN_UNKNOWN, -1, table->record.line,
                           (uint32_t)field + 1, name, NULL, NULL);
            bad = true;
        } else {
            table->place[column] = (uint8_t)(field + 1);
        }
    }
    for (size_t column = 0; column < table->column_count; column++) {
        if (table->place[column] == 0 && !table->columns[column].optional) {
            kadr_diags_add(table->diags, KADR_DIAG_COLUMN_MISSING, -1, table->record.line, 0,
                           table->columns[column].name, NULL, NULL);
            bad = true;
        }
    }
    return bad ? KADR_EINVAL : 0;
}

int kadr_table_open(struct kadr_table *table, struct kadr_bytes bytes, const struct kadr_column *columns,
                    size_t column_count, struct kadr_diags *diags)
{
    KADR_ASSERT(column_count <= KADR_TABLE_MAX_COLUMNS);
    *table = (struct kadr_table){ .columns = columns, .column_count = column_count, .diags = diags };
    kadr_csv_init(&table->csv, (const char *)bytes.data, bytes.len, ',', 1);
    if (!kadr_text_is_utf8(bytes.data, bytes.len)) {
        kadr_diags_add(diags, KADR_DIAG_NOT_UTF8, -1, 0, 0, diags->file, NULL, NULL);
        return KADR_EINVAL;
    }
    int err = kadr_csv_next(&table->csv, &table->record);
    if (err == KADR_EINVAL) {
        malformed(table);
        return err;
    }
    if (err == KADR_ENOENT) {
        table->record.count = 0;
        table->record.line = 1;
        err = 0;
    }
    return err != 0 ? err : read_header(table);
}

void kadr_table_done(struct kadr_table *table)
{
    kadr_csv_done(&table->csv);
}

int kadr_table_next(struct kadr_table *table)
{
    for (;;) {
        int err = kadr_csv_next(&table->csv, &table->record);
        if (err == KADR_EINVAL) {
            malformed(table);
            continue;
        }
        if (err != 0 || table->record.count == table->width) {
            return err;
        }
        char have[16], want[16];
        (void)snprintf(have, sizeof(have), "%zu", table->record.count);
        (void)snprintf(want, sizeof(want), "%zu", table->width);
        kadr_diags_add(table->diags, KADR_DIAG_ROW_SHORT, -1, table->record.line, 0, have, want, NULL);
    }
}

const char *kadr_table_cell(const struct kadr_table *table, size_t column)
{
    size_t place = table->place[column];
    return place == 0 ? "" : table->record.field[place - 1].text;
}

void kadr_table_wrong(const struct kadr_table *table, size_t column, enum kadr_diag_code code,
                      const char *arg0, const char *arg1, const char *arg2)
{
    kadr_diags_add(table->diags, code, -1, table->record.line, table->place[column], arg0, arg1, arg2);
}

size_t kadr_table_max_rows(struct kadr_bytes bytes)
{
    size_t rows = 1;
    for (size_t i = 0; i < bytes.len; i++) {
        rows += bytes.data[i] == '\n' || bytes.data[i] == '\r';
    }
    return rows;
}
