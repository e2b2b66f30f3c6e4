/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* explain_tree.h - explanations as text, one node a line, and put together again: what is below each node
 * must be the node. Include behind rollup_world.h.
 */
#include "domain/explain.h"

/* ---- asking -------------------------------------------------------------------------------------------- */

static inline int explain_on(struct world *w, const char *line, const char *as_of,
                             struct kadr_explanation *ret)
{
    struct words words;
    struct kadr_member_pair pairs[KADR_MAX_DIMENSIONS];
    const struct kadr_reference *reference = kadr_rollup_current_reference(w->rollup);
    split(&words, line);
    struct kadr_rollup_query query = { .unit = kadr_unit_find(reference, words.word[0]),
                                       .indicator = kadr_indicator_find(reference, words.word[1]),
                                       .as_of = as_of ? day(as_of) : KADR_DAY_NONE,
                                       .has_period = words.count > 3 };
    kadr_breakdown breakdown = 0;
    size_t count = parse_pairs(words.word[2], pairs);
    if (query.has_period) {
        assert_int_equal(kadr_period_parse(words.word[3], &query.period), 0);
    }
    for (size_t i = 0; i < count; i++) {
        kadr_dimension dimension = kadr_dimension_find(reference, pairs[i].dimension);
        assert_int_equal(kadr_breakdown_add(reference, &breakdown,
                                            kadr_member_find(reference, dimension, pairs[i].member)),
                         0);
    }
    return kadr_rollup_explain(w->rollup, &query, breakdown, ret);
}

/* ---- as text ------------------------------------------------------------------------------------------- */

#define TREE_BYTES 8192

/* What tells cells of one tree apart: unit, breakdown, and of terms the indicator. */
static inline size_t name_node(const struct kadr_reference *reference, const struct kadr_node *node,
                               char *text, size_t room)
{
    char breakdown[KADR_BREAKDOWN_TEXT_BYTES];
    bool term = node->role == KADR_ROLE_TERM || node->kind == KADR_NODE_SUM;
    const char *members = kadr_breakdown_format(reference, node->cell.key.breakdown, breakdown);
    return (size_t)snprintf(text, room, "%s%s%s%s%s%s", node->minus ? "less " : "",
                            kadr_unit_info(reference, node->cell.key.unit)->code, term ? " " : "",
                            term ? kadr_indicator_info(reference, node->cell.key.indicator)->code : "",
                            *members ? " " : "", members);
}

static inline size_t value_text(const struct kadr_cell *cell, char *text, size_t room)
{
    char lo[24], hi[24], known[24];
    if (!kadr_cell_has_value(cell)) {
        return (size_t)snprintf(text, room, " none");
    }
    size_t len = (size_t)snprintf(text, room, " %s..%s", number(cell->lo, false, lo),
                                  number(cell->hi, cell->hi_open, hi));
    if (cell->incomplete) {
        len += (size_t)snprintf(text + len, room - len, " known %s",
                                number(cell->known_hi, cell->known_hi_open, known));
    }
    return len;
}

static inline size_t statement_text(const struct kadr_reference *reference, const struct kadr_node *node,
                                    char *text, size_t room)
{
    char value[KADR_VALUE_TEXT_BYTES], period[KADR_PERIOD_TEXT_BYTES];
    return (size_t)snprintf(text, room, "%s %s of %s", kadr_use_text(node->use),
                            kadr_value_format(&node->statement->value,
                                              kadr_indicator_info(reference, node->cell.key.indicator)->scale,
                                              value),
                            kadr_period_format(node->statement->period, period));
}

static inline size_t way_text(const struct kadr_reference *reference, const struct kadr_explanation *e,
                              const struct kadr_node *node, char *text, size_t room)
{
    size_t len = (size_t)snprintf(text, room, "%s", kadr_way_text(node->way));
    if (node->dimension != KADR_NO_DIMENSION) {
        len += (size_t)snprintf(text + len, room - len, " %s",
                                kadr_dimension_info(reference, node->dimension)->code);
    }
    len += value_text(&node->cell, text + len, room - len);
    len += (size_t)snprintf(text + len, room - len, " %s", kadr_fate_text(node->fate));
    if (node->by) {
        len += (size_t)snprintf(text + len, room - len, " by %s", kadr_way_text(e->nodes[node->by].way));
    }
    return len;
}

static inline size_t against_text(const struct kadr_node *node, char *text, size_t room)
{
    char lo[24], hi[24], on[KADR_DAY_TEXT_BYTES];
    return (size_t)snprintf(text, room, "against %s..%s %s%s%s",
                            number(node->cell.residual_lo, node->cell.residual_lo_open, lo),
                            number(node->cell.residual_hi, node->cell.residual_hi_open, hi),
                            kadr_residual_text(node->cell.residual), node->day == KADR_DAY_NONE ? "" : " on ",
                            kadr_day_format(node->day, on));
}

static inline size_t cell_node_text(const struct kadr_reference *reference, const struct kadr_node *node,
                                    char *text, size_t room)
{
    size_t len = name_node(reference, node, text, room);
    len += value_text(&node->cell, text + len, room - len);
    if (node->kind == KADR_NODE_CELL && node->standing != KADR_STANDING_COUNTED) {
        len += (size_t)snprintf(text + len, room - len, " %s", kadr_standing_text(node->standing));
    }
    if (node->role == KADR_ROLE_PREDECESSOR || node->cut) {
        len += (size_t)snprintf(text + len, room - len, "%s", node->cut ? " cut" : " predecessor");
    }
    return len;
}

static inline unsigned depth_of(const struct kadr_explanation *e, uint32_t index)
{
    unsigned depth = 0;
    for (; index > 0; index = e->nodes[index].parent) {
        depth++;
    }
    return depth;
}

/* One node a line, indented by its depth. Missing parts are left out: most of twenty regions are. */
static inline const char *tree_text(const struct kadr_reference *reference, const struct kadr_explanation *e,
                                    char text[TREE_BYTES])
{
    size_t len = 0;
    for (uint32_t i = 0; i < e->count; i++) {
        const struct kadr_node *node = &e->nodes[i];
        bool none = node->standing == KADR_STANDING_MISSING || node->standing == KADR_STANDING_NOT_OWED;
        bool silent = node->kind == KADR_NODE_CELL && none && node->cell.reason == KADR_REASON_NONE && i > 0;
        if (silent) {
            continue;
        }
        assert_true(len + 512 < TREE_BYTES);
        len += (size_t)snprintf(text + len, TREE_BYTES - len, "%*s", (int)depth_of(e, i), "");
        if (node->kind == KADR_NODE_STATEMENT) {
            len += statement_text(reference, node, text + len, TREE_BYTES - len);
        } else if (node->kind == KADR_NODE_WAY) {
            len += way_text(reference, e, node, text + len, TREE_BYTES - len);
        } else if (node->kind == KADR_NODE_AGAINST) {
            len += against_text(node, text + len, TREE_BYTES - len);
        } else {
            len += cell_node_text(reference, node, text + len, TREE_BYTES - len);
        }
        len += (size_t)snprintf(text + len, TREE_BYTES - len, "\n");
    }
    return text;
}

/* ---- putting it together again ------------------------------------------------------------------------- */

struct check {
    const struct kadr_reference *reference;
    const struct kadr_explanation *e;
    const char *what; /* the first thing that is wrong */
};

static inline bool same_value(const struct kadr_cell *a, const struct kadr_cell *b)
{
    return a->basis == b->basis && a->incomplete == b->incomplete && a->lo == b->lo && a->hi == b->hi &&
           a->hi_open == b->hi_open && a->known_hi == b->known_hi && a->known_hi_open == b->known_hi_open &&
           a->oldest == b->oldest && a->newest == b->newest;
}

static inline bool counts(const struct kadr_node *node)
{
    if (node->kind == KADR_NODE_STATEMENT) {
        return node->use == KADR_USE_VALUE;
    }
    return node->kind == KADR_NODE_SUM || node->standing == KADR_STANDING_COUNTED;
}

static inline void add_value(struct kadr_cell *total, const struct kadr_node *part)
{
    bool stated = part->kind == KADR_NODE_STATEMENT;
    const struct kadr_value *value = stated ? &part->statement->value : NULL;
    bool known_open = stated ? value->hi_open : part->cell.known_hi_open;
    total->lo += stated ? value->lo : part->cell.lo;
    total->known_hi_open = total->known_hi_open || known_open;
    total->known_hi += known_open ? 0 : stated ? value->hi : part->cell.known_hi;
}

static inline void widen_value(struct kadr_cell *total, const struct kadr_cell *part, bool first)
{
    total->lo = first || part->lo < total->lo ? part->lo : total->lo;
    total->known_hi = first || part->known_hi > total->known_hi ? part->known_hi : total->known_hi;
    total->known_hi_open = total->known_hi_open || part->hi_open;
}

/* Sum (or range) of the direct parts that count, into what a sum of them must be. */
static inline struct kadr_cell together(const struct check *check, uint32_t index)
{
    const struct kadr_node *node = &check->e->nodes[index];
    bool range = node->cell.basis == KADR_BASIS_RANGE, first = true;
    struct kadr_cell total = { 0 };
    for (uint32_t i = index + 1; i < check->e->count; i++) {
        const struct kadr_node *part = &check->e->nodes[i];
        if (part->parent != index || !counts(part)) {
            continue;
        }
        if (range) {
            widen_value(&total, &part->cell, first);
        } else {
            add_value(&total, part);
        }
        first = false;
    }
    total.known_hi = total.known_hi_open ? 0 : total.known_hi;
    return total;
}

static inline void check_sum(struct check *check, uint32_t index)
{
    const struct kadr_node *node = &check->e->nodes[index];
    struct kadr_cell total = together(check, index);
    bool fits = total.lo == node->cell.lo && total.known_hi_open == node->cell.known_hi_open &&
                total.known_hi == node->cell.known_hi;
    bool upper = node->cell.hi_open == (node->cell.incomplete || total.known_hi_open) &&
                 (node->cell.hi_open || node->cell.hi == total.known_hi);
    check->what = fits && upper ? check->what : "parts do not add up";
}

static inline int64_t floor_of(int64_t above, int64_t below)
{
    return above / below - (above % below < 0 ? 1 : 0);
}

/* Of closed, positive terms: what the generated and the worked ratios have. */
static inline void check_ratio(struct check *check, uint32_t index)
{
    const struct kadr_node *node = &check->e->nodes[index];
    const struct kadr_cell *term[2] = { NULL, NULL };
    const struct kadr_indicator_info *info = kadr_indicator_info(check->reference, node->cell.key.indicator);
    size_t count = 0;
    for (uint32_t i = index + 1; i < check->e->count; i++) {
        if (check->e->nodes[i].parent == index) {
            assert_true(count < 2);
            term[count++] = &check->e->nodes[i].cell;
        }
    }
    assert_int_equal(count, 2);
    int64_t scale = (int64_t)info->factor * info->scale *
                    kadr_indicator_info(check->reference, term[1]->key.indicator)->scale;
    int64_t down = kadr_indicator_info(check->reference, term[0]->key.indicator)->scale;
    if (term[0]->lo < 0 || term[1]->hi_open) {
        return; /* other cases of the division are the rollup's tests' */
    }
    int64_t lo = floor_of(term[0]->lo * scale, term[1]->hi * down);
    int64_t hi = term[0]->hi_open ? 0 : -floor_of(-(term[0]->hi * scale), term[1]->lo * down);
    bool fits = node->cell.lo == lo && node->cell.hi_open == term[0]->hi_open && node->cell.hi == hi;
    check->what = fits ? check->what : "terms do not make the ratio";
}

static inline void check_difference(struct check *check, uint32_t index)
{
    const struct kadr_node *node = &check->e->nodes[index];
    struct kadr_cell total = { 0 };
    for (uint32_t i = index + 1; i < check->e->count; i++) {
        const struct kadr_node *part = &check->e->nodes[i];
        if (part->parent == index) {
            total.lo += part->minus ? -part->cell.hi : part->cell.lo;
            total.known_hi += part->minus ? -part->cell.lo : part->cell.hi;
            total.known_hi_open = total.known_hi_open || (!part->minus && part->cell.hi_open);
        }
    }
    total.known_hi = total.known_hi_open ? 0 : total.known_hi;
    bool fits = total.lo == node->cell.lo && total.known_hi_open == node->cell.known_hi_open &&
                total.known_hi == node->cell.known_hi;
    check->what = fits ? check->what : "terms do not make the difference";
}

static inline void check_way(struct check *check, uint32_t index)
{
    const struct kadr_node *node = &check->e->nodes[index];
    enum kadr_space_rule space = kadr_indicator_info(check->reference, node->cell.key.indicator)->space;
    bool computed = node->way == KADR_WAY_TERMS || node->way == KADR_WAY_REPORTERS;
    if (!computed) {
        check_sum(check, index);
    } else if (space == KADR_SPACE_RATIO) {
        check_ratio(check, index);
    } else {
        check_difference(check, index);
    }
}

/* A cell that is not cut has exactly one chosen way when it has a value, and that way's value. */
static inline void check_cell(struct check *check, uint32_t index)
{
    const struct kadr_node *node = &check->e->nodes[index], *chosen = NULL;
    bool shown = !node->cut && node->standing == KADR_STANDING_COUNTED;
    size_t count = 0;
    for (uint32_t i = index + 1; shown && i < check->e->count; i++) {
        const struct kadr_node *way = &check->e->nodes[i];
        if (way->parent == index && way->kind == KADR_NODE_WAY && way->fate == KADR_FATE_CHOSEN) {
            chosen = way;
            count++;
        }
    }
    if (shown != (count == 1)) {
        check->what = "not one chosen way";
    } else if (chosen && !same_value(&chosen->cell, &node->cell)) {
        check->what = "the chosen way is not the cell";
    }
}

/* What was said of the cell above it, in force: a value that counts is one. */
static inline void check_leaf(struct check *check, uint32_t index)
{
    const struct kadr_node *node = &check->e->nodes[index], *way = &check->e->nodes[node->parent];
    enum kadr_value_kind kind = node->statement->value.kind;
    bool way_of_own = way->way == KADR_WAY_OWN || way->way == KADR_WAY_TILES;
    bool fits = node->use == KADR_USE_VALUE    ? kind == KADR_VALUE_INTERVAL
                : node->use == KADR_USE_REASON ? kind == KADR_VALUE_MISSING
                                               : kind != KADR_VALUE_WITHDRAWN;
    bool same = node->cell.key.unit == way->cell.key.unit &&
                node->cell.key.breakdown == way->cell.key.breakdown &&
                kadr_period_equal(node->cell.key.period, node->statement->period);
    check->what = way_of_own && fits && same ? check->what : "a leaf that is none";
}

static inline const char *faults(const struct world *w, const struct kadr_explanation *e)
{
    struct check check = { kadr_rollup_current_reference(w->rollup), e, NULL };
    for (uint32_t i = 0; i < e->count && !check.what; i++) {
        const struct kadr_node *node = &e->nodes[i];
        bool parted = node->fate == KADR_FATE_CHOSEN && kadr_cell_has_value(&node->cell);
        if (node->kind == KADR_NODE_CELL) {
            check_cell(&check, i);
        } else if (node->kind == KADR_NODE_SUM && kadr_cell_has_value(&node->cell)) {
            check_sum(&check, i);
        } else if (node->kind == KADR_NODE_WAY && parted) {
            check_way(&check, i);
        } else if (node->kind == KADR_NODE_STATEMENT) {
            check_leaf(&check, i);
        }
        bool ordered = i == 0 ? node->parent == 0 : node->parent < i;
        check.what = ordered ? check.what : "a parent behind its part";
    }
    return check.what;
}
