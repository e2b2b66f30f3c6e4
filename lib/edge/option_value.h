/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* option_value.h - one option's text to its value and back. Private to options.c and options_print.c. */
#include "edge/options.h"

/* Where a value came from; a later rank overrides an earlier one. */
enum kadr_option_rank {
    KADR_RANK_DEFAULT,
    KADR_RANK_FILE_COMMON,
    KADR_RANK_FILE,
    KADR_RANK_ENV_COMMON,
    KADR_RANK_ENV,
    KADR_RANK_FLAG
};

struct kadr_option_value {
    char *text;   /* owned; as it was written */
    char *origin; /* owned: `default`, `kadr.conf:12`, `KADR_INGESTD_LISTEN`, `--listen` */
    enum kadr_option_rank rank;
};

struct kadr_option_values {
    size_t count;
    struct kadr_option_value value[]; /* as in the options' table */
};

/** Checks a text. What is wrong and what was meant goes to `why`: `"x" is not a duration; want 250ms, 5s or
 * 2m`.
 * @param field  written on success unless NULL; a string type keeps the pointer `text`
 * @retval KADR_EINVAL  see why */
KADR_MUST_CHECK int kadr_option_parse(const struct kadr_option *option, const char *text, void *field,
                                      struct kadr_buf *why);
/* `ENDPOINT`, `SIZE`, … for --help; "" for yes/no. */
const char *kadr_option_metavar(enum kadr_option_type type);
/* The candidate with the smallest edit distance, if it is small for the word's length; else NULL. */
struct kadr_nearest {
    const char *word;
    const char *best;
    size_t distance; /* of best; SIZE_MAX at first */
};
void kadr_nearest_offer(struct kadr_nearest *nearest, const char *candidate);
