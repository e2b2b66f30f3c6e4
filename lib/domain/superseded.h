/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* superseded.h - the rollup lets go of statements that a newer day has superseded, and calls them back.
 *
 * A stock's figure is its newest statement: those of earlier days decide nothing any more, until that one is
 * withdrawn, somebody asks for an earlier day, an `unexplained` looks back to one, a late correction comes,
 * or the reference changes. Then they are read from where the journal was kept in order (core/history.h), and
 * the rollup is as if it had never let go of them.
 *
 * What is in memory of a series is always its newest part: the statements from some day on. Whatever looks
 * behind the first of them calls the rest back before it goes on (own.c, rollup.c).
 */
#include "domain/rollup.h"
#include "domain/sleepers.h"

typedef int kadr_stated_fn(void *context, const struct kadr_stated *stated);

struct kadr_recall {
    /* Hands over every statement that was accepted of a unit and an indicator, under whatever code the
     * reference knows them by, with a commit of at most `commit`, in any order; more of others does no harm.
     * @retval  not 0: they cannot be had; the rollup is then worthless and begins anew */
    int (*read)(void *context, const struct kadr_reference *reference, kadr_unit unit,
                kadr_indicator indicator, uint64_t commit, kadr_stated_fn *fn, void *fn_context);
    void *context;
};

/* Before anything is let go. The context is borrowed for as long as the rollup lives. */
void kadr_rollup_set_recall(struct kadr_rollup *rollup, const struct kadr_recall *recall);
/** Lets go of what is superseded in the next `series` series of all, in turn; and, until the next call, of
 * what a newer statement supersedes, before its series would take more memory.
 * @param durable  only statements of commits up to this one: those that can be read again
 * Cost: O(series), each with the units and dimensions above it. Nothing without a recall. */
void kadr_rollup_let_go(struct kadr_rollup *rollup, size_t series, uint64_t durable);
/* Statements that are not in memory now; and how often a series was called back. */
size_t kadr_rollup_let_go_count(const struct kadr_rollup *rollup);
uint64_t kadr_rollup_recall_count(const struct kadr_rollup *rollup);
