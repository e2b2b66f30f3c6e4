/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* names.h - a sorted table from (scope, text) to a number, for codes, aliases and folded names.
 *
 * Filled with kadr_names_add(), closed with kadr_names_sort(), then read-only. The scope keeps members of
 * different dimensions apart. Texts are borrowed and must outlive the table. Cost of a look-up: one hash of
 * the text, for every observation is stated in codes.
 */
#include "base/defs.h"

struct kadr_name {
    const char *text;
    uint16_t len; /* bytes of the text */
    uint16_t scope;
    uint32_t value;
};

/* A part of the hash stands beside the index, so that a probe seldom looks at another text. */
struct kadr_name_place {
    uint32_t tag;
    uint32_t item : 31;     /* index + 1; 0: free */
    uint32_t ambiguous : 1; /* the text stands for two values */
};

struct kadr_names {
    struct kadr_name *items; /* owned */
    size_t count, cap;
    struct kadr_name_place *places; /* owned; of the first items of keys, by their hashes */
    size_t place_mask;              /* places are a power of two, at least twice the items */
    bool failed;                    /* out of memory; sticky */
};

void kadr_names_done(struct kadr_names *names);
KADR_DEFINE_DONE(struct kadr_names, kadr_names_done)
/* @param text  below 64 KiB */
void kadr_names_add(struct kadr_names *names, uint16_t scope, const char *text, uint32_t value);
void kadr_names_sort(struct kadr_names *names);
/* False when the text is unknown, or stands for two values. */
bool kadr_names_find(const struct kadr_names *names, uint16_t scope, const char *text, uint32_t *ret_value);
/* The entry at `index` repeats the text of an earlier value: a clash of codes. */
bool kadr_names_clash(const struct kadr_names *names, size_t index);
