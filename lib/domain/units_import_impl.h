/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* units_import_impl.h - what units_import.c (reading), units_sort.c (which rows are units) and units_merge.c
 * (into units.csv) share.
 */
#include "domain/units_import.h"

enum units_shape { UNITS_CLASSIFIER, UNITS_TABLE, UNITS_MOVES };

/* One row of a file. Texts are in the arena; "" where the shape has none. */
struct units_record {
    enum units_shape shape;
    const char *file;
    uint32_t line;
    const char *kato, *own_code;
    const char *ru, *kk; /* kk repaired */
    const char *date;    /* of the last change, ISO, so that text order is time */
    kadr_day day;        /* of a move: its first one */
    const char *parent, *successors;
    /* units_sort.c */
    bool taken;        /* is about a unit */
    size_t region;     /* last row of its region in units.csv */
    const char *group; /* of the unit: the KATO's first four digits, under the region's own number */
    const char *unit;  /* units_merge.c: the code it belongs to; NULL before */
};

struct kadr_units_import {
    struct kadr_arena *arena;
    struct kadr_units_file units;
    struct units_record *records; /* owned */
    size_t record_count, record_cap;
    struct kadr_units_change *changes; /* owned */
    size_t change_count, change_cap;
    bool failed; /* out of memory; sticky */
    bool has_classifier;
};

const char *kadr_units_text(struct kadr_units_import *import, const char *text, size_t len);
/* Adds to the list; texts not given become "". */
void kadr_units_tell(struct kadr_units_import *import, const struct kadr_units_change *change);
void kadr_units_leave_out(struct kadr_units_import *import, const struct units_record *record,
                          enum kadr_diag_code why);
/* Folded names without the words for what a place is; false when either is none or they differ. */
bool kadr_units_same_name(const char *a, const char *b);

/* units_sort.c: finds out which records are about units, and leaves the others out. */
void kadr_units_sort_records(struct kadr_units_import *import);
/* units_merge.c */
void kadr_units_merge_groups(struct kadr_units_import *import);
void kadr_units_merge_moves(struct kadr_units_import *import);
void kadr_units_close_missing(struct kadr_units_import *import, kadr_day close_on);
