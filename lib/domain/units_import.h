/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* units_import.h - districts and towns from published tables into units.csv (docs/catalogue.md, Importing).
 *
 * Input:  the units.csv there is; files of three shapes, known by their header row:
 *           classifier  te,ab,cd,ef,hij,k,name_kaz,name_rus,nn   the KATO as it is published
 *           table       CODE,RU_NAME,KZ_NAME,KATO (others)       somebody's own codes beside the KATO ones
 *           moves       code,from,parent,successors              what moved, what was closed, and when
 * Output: units.csv anew, and what was done as a list. No code is ever lost: a unit is closed by a day.
 *
 * A pure function of its input. The result is not checked here: hand it to kadr_reference_load().
 */
#include "domain/diag.h"
#include "domain/units_file.h"

enum kadr_units_act {
    KADR_UNITS_ADDED,    /* code, name; before: the parent */
    KADR_UNITS_RENAMED,  /* code; before, after: names, `ru / kk` */
    KADR_UNITS_MOVED,    /* code, name, day; before, after: parents */
    KADR_UNITS_CLOSED,   /* code, name, day: its last one; after: successors */
    KADR_UNITS_ALIAS,    /* code; after: the other code for it */
    KADR_UNITS_REPAIRED, /* before, after: the Kazakh name */
    KADR_UNITS_MIXED,    /* before: a Kazakh name with strange letters, left as it was */
    KADR_UNITS_NAMES,    /* code; after: the name it got; before: another one that was given for it */
    KADR_UNITS_MISSING,  /* code, name: not in the classifier any more */
    KADR_UNITS_LEFT_OUT  /* name; before: the code as written; diag: why it is no unit */
};

struct kadr_units_change {
    enum kadr_units_act act;
    enum kadr_diag_code diag; /* of LEFT_OUT */
    const char *file;         /* "" when no single row is the cause */
    uint32_t line;
    bool settlement; /* of LEFT_OUT: a row of the classifier below the districts, as most of its rows are */
    kadr_day day;    /* KADR_DAY_NONE where there is none */
    const char *code, *name, *before, *after; /* "" where there is none */
};

struct kadr_units_import;

/** @param units  the present units.csv, which the loader takes
 * @retval KADR_EINVAL  it is no table: see diags; @retval KADR_ENOMEM */
KADR_MUST_CHECK int kadr_units_import_new(struct kadr_bytes units, struct kadr_diags *diags,
                                          struct kadr_units_import **ret_import);
void kadr_units_import_free(struct kadr_units_import *import);
KADR_DEFINE_CLEANUP(struct kadr_units_import, kadr_units_import_free)
/** Reads a file; nothing is decided yet.
 * @param name  for the list and the diagnostics
 * @param text  UTF-8; the separator is found out
 * @retval KADR_EINVAL  none of the shapes, or a row that cannot be read: see diags; @retval KADR_ENOMEM */
KADR_MUST_CHECK int kadr_units_import_add(struct kadr_units_import *import, const char *name,
                                          struct kadr_bytes text, struct kadr_diags *diags);
/** Decides. Once, after the last file.
 * @param close_on  the last day of districts that a classifier does not list any more; KADR_DAY_NONE: they
 *                  are told as missing and stay
 * @retval KADR_ENOMEM */
KADR_MUST_CHECK int kadr_units_import_run(struct kadr_units_import *import, kadr_day close_on);
/* In the order in which it was done; borrowed. */
const struct kadr_units_change *kadr_units_import_changes(const struct kadr_units_import *import,
                                                          size_t *ret_count);
/* Appends units.csv as it is now. */
void kadr_units_import_write(const struct kadr_units_import *import, struct kadr_buf *out);
/* `added` … */
const char *kadr_units_act_text(enum kadr_units_act act);
