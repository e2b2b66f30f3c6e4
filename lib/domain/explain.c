/* SPDX-License-Identifier: Apache-2.0 */
/* explain.c - see explain.h. The ways to know a cell are in explain_ways.c; here are the nodes, what is cut
 * when there are too many of them, and the door. */
#include "domain/explain.h"

#include <string.h>

#include "base/err.h"
#include "domain/explain_impl.h"
#include "domain/rollup_state.h"

uint32_t kadr_explain_emit(struct kadr_explain_walk *walk, const struct kadr_node *node, unsigned level)
{
    uint32_t index = walk->total++;
    walk->tally[level < KADR_EXPLAIN_LEVELS ? level : KADR_EXPLAIN_LEVELS - 1]++;
    if (index >= KADR_MAX_EXPLAIN_NODES || walk->err) {
        return index;
    }
    if (index >= walk->cap) {
        uint32_t cap = walk->cap ? walk->cap * 2 : 64;
        struct kadr_node *nodes = realloc(walk->nodes, cap * sizeof(*nodes));
        if (!nodes) {
            walk->err = KADR_ENOMEM;
            return index;
        }
        walk->nodes = nodes;
        walk->cap = cap;
    }
    walk->nodes[index] = *node;
    walk->count = index + 1;
    return index;
}

static void walk_once(struct kadr_explain_walk *walk, const struct kadr_at *at, unsigned levels)
{
    memset(walk->tally, 0, sizeof(walk->tally));
    walk->levels = levels;
    walk->count = walk->total = 0;
    walk->cut = false;
    kadr_explain_part(walk, 0, at, &(struct kadr_explain_role){ .role = KADR_ROLE_ASKED }, 0);
}

/* The deepest level up to which all nodes fit; at least the first. */
static unsigned levels_that_fit(const struct kadr_explain_walk *walk)
{
    uint64_t nodes = walk->tally[0];
    unsigned level = 1;
    for (; level + 1 < KADR_EXPLAIN_LEVELS; level++) {
        nodes += walk->tally[level];
        if (nodes + walk->tally[level + 1] > KADR_MAX_EXPLAIN_NODES) {
            break;
        }
    }
    return level;
}

/* The first walk counts as well; it is the only one unless there are too many nodes. */
static int explain(struct kadr_rollup *rollup, const struct kadr_at *at, struct kadr_explanation *ret)
{
    struct kadr_explain_walk walk = { .evaluator = &rollup->evaluator };
    walk_once(&walk, at, KADR_EXPLAIN_LEVELS);
    if (walk.total > KADR_MAX_EXPLAIN_NODES) {
        walk_once(&walk, at, levels_that_fit(&walk));
    }
    if (walk.err || rollup->evaluator.err) {
        free(walk.nodes);
        return KADR_ENOMEM;
    }
    *ret = (struct kadr_explanation){ walk.nodes, walk.count, walk.total - walk.count, walk.cut };
    return 0;
}

int kadr_rollup_explain(struct kadr_rollup *rollup, const struct kadr_rollup_query *query,
                        kadr_breakdown breakdown, struct kadr_explanation *ret_explanation)
{
    kadr_day day = query->as_of == KADR_DAY_NONE ? rollup->day : query->as_of;
    struct kadr_period period = KADR_PERIOD_AS_OF;
    *ret_explanation = (struct kadr_explanation){ 0 };
    if (rollup->err) {
        return KADR_ENOMEM;
    }
    if (!rollup->reference || rollup->day == KADR_DAY_NONE) {
        return KADR_ENOENT;
    }
    if (kadr_indicator_info(rollup->reference, query->indicator)->time != KADR_TIME_LAST) {
        period = query->period;
    } else if (query->has_period && query->period.last < day) {
        day = query->period.last;
    }
    bool dated = kadr_period_equal(period, KADR_PERIOD_AS_OF) || query->has_period;
    if (day > rollup->day || day < KADR_DAY_MIN || !dated) {
        return KADR_EINVAL;
    }
    const struct kadr_series *series =
        kadr_series_find(&rollup->table, query->unit, query->indicator, breakdown);
    if (!series) {
        return KADR_ENOENT;
    }
    kadr_evaluator_begin(&rollup->evaluator, rollup->reference, &rollup->table, rollup->day);
    struct kadr_at at = kadr_at(&rollup->evaluator, series, period, day);
    return explain(rollup, &at, ret_explanation);
}

void kadr_explanation_done(struct kadr_explanation *explanation)
{
    free(explanation->nodes);
    *explanation = (struct kadr_explanation){ 0 };
}

/* ---- as programs read them ----------------------------------------------------------------------------- */

const char *kadr_node_kind_text(enum kadr_node_kind kind)
{
    static const char *const texts[] = { "", "cell", "way", "statement", "sum", "against" };
    return texts[kind];
}

const char *kadr_way_text(enum kadr_way way)
{
    static const char *const texts[] = { "", "own", "members", "children", "terms", "reporters", "tiles" };
    return texts[way];
}

const char *kadr_part_role_text(enum kadr_part_role role)
{
    static const char *const texts[] = { "", "asked", "member", "child", "predecessor", "term", "reporter" };
    return texts[role];
}

const char *kadr_standing_text(enum kadr_standing standing)
{
    static const char *const texts[] = { "",         "counted",  "missing",  "not_applicable",
                                         "replaced", "left_out", "not_owed", "unequal" };
    return texts[standing];
}

const char *kadr_use_text(enum kadr_use use)
{
    static const char *const texts[] = { "", "value", "reason", "expired" };
    return texts[use];
}
