/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* diag_table.h - the rows of diag_table.c and diag_table_figures.c, for diag.c alone.
 *
 * Adding a diagnostic: a number at the end of its group in diag.h, a row in one of the two with text and
 * remedy in en, ru and kk (`{0:cell|cells}` is the form that goes with the number {0}, see phrase.h), a line
 * in docs/diagnostics.md (the unit test prints the one it wants).
 */
#include "domain/diag.h"

struct kadr_diag_row {
    enum kadr_diag_code code;
    enum kadr_severity severity;
    const char *name;                    /* stable text code */
    const char *text[KADR_LANG_COUNT];   /* what is wrong; in the order of enum kadr_lang */
    const char *remedy[KADR_LANG_COUNT]; /* what to do about it */
};

struct kadr_diag_rows {
    const struct kadr_diag_row *row;
    size_t count;
};

/* Other words where one argument has this value. */
struct kadr_diag_variant {
    enum kadr_diag_code code;
    size_t arg;
    const char *value;
    const char *text[KADR_LANG_COUNT];
    const char *remedy[KADR_LANG_COUNT];
};
/* NULL: the row's own words. */
const struct kadr_diag_variant *kadr_diag_variant_of(const struct kadr_diag *diag);

extern const struct kadr_diag_rows kadr_diag_rows_of_figures; /* file, table, observation: 1 to 59 */
extern const struct kadr_diag_rows kadr_diag_rows_of_the_rest;
