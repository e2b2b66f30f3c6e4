/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* explain.h - where a figure comes from: a cell taken apart, down to the statements in force.
 *
 * A tree, depth first, in one array:
 *
 *   cell        a figure of the rollup
 *     way       each way to know it: its value, and what became of it in the choice
 *       cell      a part: a member, a unit below, a predecessor, a term …       below the chosen way
 *       sum       a term, added up over the reporters that have all of them     below the chosen way
 *       statement what was said of the cell itself                              below the way `own`
 *     against   what a stated figure was compared with for `unexplained`        of the asked cell only
 *       way
 *
 * Hides:   the walk over the evaluator (evaluate.h); it holds no rule of its own: values, fates and
 *          statements are the evaluator's.
 * Holds:   the statements and cut cells below chosen ways, put together by the rule of each node, are the
 *          cell.
 * Bounds:  KADR_MAX_EXPLAIN_NODES. A tree that would have more is cut at the deepest level that fits: the
 *          cells there stand with their values and without their parts. Where even the first level does not
 *          fit, the rest is left out and counted.
 * Cost:    the evaluation of the cell, and each of its parts once more per way above it.
 */
#include "domain/candidate.h"
#include "domain/cell.h"
#include "domain/evaluate.h"
#include "domain/rollup.h"

enum kadr_node_kind { /* numbers of the wire, as those of all enumerations here */
                      KADR_NODE_CELL = 1,
                      KADR_NODE_WAY = 2,
                      KADR_NODE_STATEMENT = 3,
                      KADR_NODE_SUM = 4,
                      KADR_NODE_AGAINST = 5
};

/* A way to know a cell. */
enum kadr_way {
    KADR_WAY_OWN = 1,       /* what was stated of it: one statement, the tiles of a flow, the events */
    KADR_WAY_MEMBERS = 2,   /* the members of one dimension */
    KADR_WAY_CHILDREN = 3,  /* the units below */
    KADR_WAY_TERMS = 4,     /* a ratio or difference: its terms at this unit */
    KADR_WAY_REPORTERS = 5, /* the same: each term over the reporters that have all of them */
    KADR_WAY_TILES = 6      /* the shorter periods inside a stated one; of a comparison only */
};

/* What a cell is to the node above it. */
enum kadr_part_role {
    KADR_ROLE_ASKED = 1,
    KADR_ROLE_MEMBER = 2,
    KADR_ROLE_CHILD = 3,
    KADR_ROLE_PREDECESSOR = 4, /* its last value stands for the children that hold its territory now */
    KADR_ROLE_TERM = 5,
    KADR_ROLE_REPORTER = 6
};

/* Whether a part is in the value above it. */
enum kadr_standing {
    KADR_STANDING_COUNTED = 1,
    KADR_STANDING_MISSING = 2, /* no value, and one is owed; its reason, if one was stated, is in the cell */
    KADR_STANDING_NOT_APPLICABLE = 3,
    KADR_STANDING_REPLACED = 4, /* the predecessor's value stands for it */
    KADR_STANDING_LEFT_OUT = 5, /* a term that cannot be computed with, or a reporter that lacks one */
    KADR_STANDING_NOT_OWED = 6, /* no value, and nobody owes one there */
    KADR_STANDING_UNEQUAL = 7 /* a term that is of other places than another one: neither is computed with */
};

struct kadr_node {
    uint32_t parent; /* index; the first node is its own */
    enum kadr_node_kind kind;
    /* CELL: as it is published; of a part that nothing was ever said of the key alone.
     * WAY, SUM: the key of the cell (of the term) and the value in this way; basis NONE: none. No coverage.
     * AGAINST: the key, and the residual. STATEMENT: the key, with the stated period. */
    struct kadr_cell cell;
    kadr_day day;  /* the cell is as of it; KADR_DAY_NONE for a cell with a period */
    uint32_t used; /* statements behind the value of a CELL, WAY or SUM */
    bool complete; /* likewise: no part is missing */
    bool stale;    /* likewise: rests on a stale statement */
    bool minus;    /* a term that is taken off */
    bool cut;      /* a cell that has parts, not shown here */
    enum kadr_part_role role;
    enum kadr_standing standing;
    enum kadr_way way;
    kadr_dimension dimension;               /* of MEMBERS; KADR_NO_DIMENSION */
    enum kadr_fate fate;                    /* of a WAY */
    uint32_t by;                            /* the way it yields to: index of a node; 0: none */
    enum kadr_use use;                      /* of a STATEMENT */
    const struct kadr_statement *statement; /* borrowed from the rollup until its next change */
};

struct kadr_explanation {
    struct kadr_node *nodes; /* owned; nodes[0] is the cell asked for */
    uint32_t count;
    uint32_t omitted; /* nodes that are not here because even the first level does not fit */
    bool cut;         /* some cells are cut */
};

/** Explains one cell.
 * @param query  unit, indicator; as_of; a period for what has one (for stocks: as of its last day when that
 * is earlier). `subtree` has no meaning.
 * @retval KADR_ENOENT  nothing was ever stated of the cell or below it
 * @retval KADR_EINVAL  as_of lies after the current day or outside the calendar, or there is no period for an
 *                      indicator whose cells have one
 * @retval KADR_ENOMEM */
KADR_MUST_CHECK int kadr_rollup_explain(struct kadr_rollup *rollup, const struct kadr_rollup_query *query,
                                        kadr_breakdown breakdown, struct kadr_explanation *ret_explanation);
void kadr_explanation_done(struct kadr_explanation *explanation);
KADR_DEFINE_DONE(struct kadr_explanation, kadr_explanation_done)

/* `cell` …, `own` …, `asked` …, `counted` …, `value` …: as programs read them */
const char *kadr_node_kind_text(enum kadr_node_kind kind);
const char *kadr_way_text(enum kadr_way way);
const char *kadr_part_role_text(enum kadr_part_role role);
const char *kadr_standing_text(enum kadr_standing standing);
const char *kadr_use_text(enum kadr_use use);
