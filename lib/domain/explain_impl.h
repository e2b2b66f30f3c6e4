/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* explain_impl.h - between explain.c and explain_ways.c. */
#include "domain/explain.h"

/* Cells inside cells: 4 levels of units x 4 dimensions, and two of terms; more than that is never deeper than
 * the last. */
#define KADR_EXPLAIN_LEVELS 16

struct kadr_explain_walk {
    struct kadr_evaluator *evaluator;
    struct kadr_node *nodes; /* owned */
    uint32_t count, cap;
    uint32_t total;                      /* also of those that did not fit */
    uint32_t tally[KADR_EXPLAIN_LEVELS]; /* nodes that taking apart the cells of the level above makes */
    unsigned levels;                     /* cells of this one are not taken apart */
    bool cut;
    int err;
};

/* What a cell is to the node above it. */
struct kadr_explain_role {
    enum kadr_part_role role;
    bool replaced, left_out, unequal, not_owed, minus;
    struct kadr_cell_key key; /* when there is no series to have it from */
};

/* Appends a node; counts it when there is no room. Returns its index. */
uint32_t kadr_explain_emit(struct kadr_explain_walk *walk, const struct kadr_node *node, unsigned level);
/* Appends a cell and takes it apart. */
void kadr_explain_part(struct kadr_explain_walk *walk, uint32_t parent, const struct kadr_at *at,
                       const struct kadr_explain_role *role, unsigned level);
