/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* reference_load.h - what reference.c, reference_units.c and reference_catalogue.c share: the object itself
 * and small parsing helpers. Private to them; everyone else includes reference.h.
 */
#include "base/arena.h"
#include "domain/names.h"
#include "domain/reference.h"
#include "domain/table.h"

/* Everything a unit ever lay below, each once. */
struct kadr_ancestors {
    const kadr_unit *units;
    size_t count;
};

struct kadr_reference {
    _Atomic unsigned references; /* shares are taken and given back in any thread */
    struct kadr_arena *arena;    /* strings and arrays below */
    struct kadr_digest version;

    struct kadr_unit_info *units; /* in the order of their paths: a subtree stands together */
    struct kadr_ancestors *ancestors;
    size_t unit_count;
    kadr_unit country;
    struct kadr_names unit_codes;   /* codes and aliases */
    struct kadr_names unit_folded;  /* whole names */
    struct kadr_names unit_shorter; /* names without `область`, `region` … */

    struct kadr_dimension_info *dimensions;
    size_t dimension_count;
    struct kadr_member_info *members; /* [0] is unused: members count from 1 */
    size_t member_count;
    struct kadr_names dimension_codes;
    struct kadr_names member_codes;  /* scope: dimension */
    struct kadr_names member_folded; /* scope: dimension */

    struct kadr_indicator_info *indicators; /* in catalogue order */
    size_t indicator_count;
    struct kadr_names indicator_codes;
    struct kadr_names indicator_folded;

    struct kadr_expectation *expectations; /* sorted by (unit, indicator, from) */
    size_t expectation_count;
};

/* A row of expected.csv. */
struct kadr_expectation {
    kadr_unit unit;
    kadr_indicator indicator; /* KADR_NO_INDICATOR: all that are owed */
    kadr_day from, to;        /* inside */
    uint32_t line;
    bool expected;
};

/* How an indicator is computed of others, as its row says it: the others may come below it. */
enum {
    KADR_DEF_NUMERATOR,
    KADR_DEF_DENOMINATOR,
    KADR_DEF_FACTOR,
    KADR_DEF_IGNORES,
    KADR_DEF_TERMS,
    KADR_DEF_HOLDS,
    KADR_DEF_FACTS
};
#define KADR_DEF_COLUMNS 7

struct kadr_definition {
    const char *text[KADR_DEF_COLUMNS];
    uint8_t field[KADR_DEF_COLUMNS]; /* where it stands in the row, 1-based */
    uint32_t line;
};

/* One loading: the object being built and what was found wrong with it. */
struct kadr_load {
    struct kadr_reference *reference;
    struct kadr_diags *diags;            /* never NULL */
    bool failed;                         /* out of memory; sticky */
    struct kadr_definition *definitions; /* one for each indicator */
};

/* Each reads one file. @retval KADR_EINVAL  see the diagnostics; @retval KADR_ENOMEM */
KADR_MUST_CHECK int kadr_load_units(struct kadr_load *load, struct kadr_bytes bytes);
KADR_MUST_CHECK int kadr_load_members(struct kadr_load *load, struct kadr_bytes bytes);
/* After the members. */
KADR_MUST_CHECK int kadr_load_indicators(struct kadr_load *load, struct kadr_bytes bytes);

/* After the other files, when they are sound. */
KADR_MUST_CHECK int kadr_load_expected(struct kadr_load *load, struct kadr_bytes bytes);

/* Checks what indicators say they are computed of, and ties them together. After all rows are read. */
void kadr_load_derived(struct kadr_load *load);

/* Copies into the arena; "" and load->failed when memory is short. */
const char *kadr_load_text(struct kadr_load *load, const char *text, size_t len);
/* Letters, digits, `_` `-` `.`, beginning with a letter or digit, at most KADR_MAX_CODE_BYTES. Says what is
 * wrong when it is not. */
bool kadr_load_code(struct kadr_load *load, const struct kadr_table *table, size_t column,
                    const char **ret_code);
/* Index of the cell among `words`, which is ended by NULL; the first one and a diagnostic when it is none. */
unsigned kadr_load_word(const struct kadr_table *table, size_t column, const char *const *words);
/* The three names, `column` being the first of name_en, name_ru, name_kk. */
void kadr_load_names(struct kadr_load *load, const struct kadr_table *table, size_t column,
                     const char *ret_names[KADR_LANG_COUNT]);
/* Adds the folded form of a name, or of each name of a list separated by `;`. */
void kadr_load_fold(struct kadr_load *load, struct kadr_names *names, uint16_t scope, const char *list,
                    uint32_t value);
/* Next word of a list; false at its end. */
bool kadr_load_next(const char **at, char separator, const char **ret_word, size_t *ret_len);
/* Closes a table of names. */
void kadr_load_names_done(struct kadr_load *load, struct kadr_names *names);
/* Closes it and says which codes stand for two things; `lines` gives the line of a value. */
void kadr_load_codes_done(struct kadr_load *load, struct kadr_names *names, const uint32_t *lines);
/* Ancestors, children and what else follows of the units, when all are there and their codes are sorted. */
void kadr_load_tree(struct kadr_load *load);
