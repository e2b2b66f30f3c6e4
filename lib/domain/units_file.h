/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* units_file.h - units.csv as rows of cells: to be read by the loader, to be changed by an import.
 *
 * The loader (reference_units.c) makes units of the rows; an import (units_import.h) changes rows and writes
 * them again. What it does not change is written with the words it was read with.
 */
#include "base/arena.h"
#include "domain/day.h"
#include "domain/table.h"

enum kadr_units_column {
    KADR_UNITS_CODE,
    KADR_UNITS_LEVEL,
    KADR_UNITS_PARENT,
    KADR_UNITS_FROM,
    KADR_UNITS_TO,
    KADR_UNITS_SUCCESSORS,
    KADR_UNITS_ALIASES,
    KADR_UNITS_OTHER_NAMES,
    KADR_UNITS_NAME_EN, /* en, ru, kk: the order of enum kadr_lang */
    KADR_UNITS_NAME_RU,
    KADR_UNITS_NAME_KK,
    KADR_UNITS_TERRITORIAL,
    KADR_UNITS_COLUMNS
};
extern const struct kadr_column kadr_units_columns[KADR_UNITS_COLUMNS];

struct kadr_units_row {
    const char *cell[KADR_UNITS_COLUMNS]; /* in the arena or static; never NULL */
    kadr_day from, to;                    /* as the cells say; KADR_DAY_MIN and KADR_DAY_MAX when empty */
};

/* Rows in the order of the file; those of one unit stand together, oldest first. */
struct kadr_units_file {
    struct kadr_arena *arena; /* borrowed */
    struct kadr_units_row *rows;
    size_t count, cap;
    bool territorial; /* the column is there */
    bool failed;      /* out of memory; sticky */
};
#define KADR_NO_ROW SIZE_MAX

void kadr_units_file_done(struct kadr_units_file *file);
KADR_DEFINE_DONE(struct kadr_units_file, kadr_units_file_done)
/** Reads the rows; whether they make sense is the loader's to say.
 * @retval KADR_EINVAL  no table with these columns, or a day that is none: see diags; @retval KADR_ENOMEM */
KADR_MUST_CHECK int kadr_units_file_read(struct kadr_units_file *file, struct kadr_bytes bytes,
                                         struct kadr_diags *diags);
/* Appends the file. */
void kadr_units_file_write(const struct kadr_units_file *file, struct kadr_buf *out);

/* The last row of the unit that has this code or alias; KADR_NO_ROW. */
size_t kadr_units_file_find(const struct kadr_units_file *file, const char *code);
/* The first row of the unit whose last one this is. */
size_t kadr_units_file_first(const struct kadr_units_file *file, size_t last);
/* The row of the unit that holds on a day; KADR_NO_ROW. @param last  its last row */
size_t kadr_units_file_on(const struct kadr_units_file *file, size_t last, kadr_day day);

/* A copy of the text in the arena; "" when memory is short. */
const char *kadr_units_file_text(struct kadr_units_file *file, const char *text, size_t len);
/* Adds an empty row before row `at` (`count`: at the end). */
struct kadr_units_row *kadr_units_file_insert(struct kadr_units_file *file, size_t at);
void kadr_units_file_set_from(struct kadr_units_file *file, size_t row, kadr_day from);
void kadr_units_file_set_to(struct kadr_units_file *file, size_t row, kadr_day to);
/* Is the word in a list? */
bool kadr_units_file_has(const char *list, char separator, const char *word);
/* Appends a word to the list in a cell. */
void kadr_units_file_append(struct kadr_units_file *file, size_t row, enum kadr_units_column column,
                            char separator, const char *word);
