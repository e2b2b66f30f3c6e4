/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* history_recall.h - superseded statements (domain/superseded.h) read back from the history.
 *
 * The history is another's: it may be closed, wiped or begun anew at any time. What is read back is whole, or
 * the answer is KADR_EAGAIN.
 */
#include "core/history.h"
#include "domain/superseded.h"

struct kadr_history_recall {
    const struct kadr_kvstore *kv; /* NULL: none */
    struct kadr_id lineage;        /* of the journal that the rollup is made of */
    uint64_t at_least;             /* the history must hold this commit: nothing behind it was let go */
};

/* For a struct kadr_recall, whose context is a struct kadr_history_recall. */
int kadr_history_recall_read(void *context, const struct kadr_reference *reference, kadr_unit unit,
                             kadr_indicator indicator, uint64_t commit, kadr_stated_fn *fn, void *fn_context);
