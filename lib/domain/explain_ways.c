/* SPDX-License-Identifier: Apache-2.0 */
/* explain_ways.c - the ways to know a cell, and the parts below the chosen one; see explain.h.
 *
 * The asked cell shows every way, also those in which nothing is known; a part only what its value or its
 * reason rests on. Nothing below a way that was not chosen is shown, but for statements: what was said of
 * the cell itself is always of interest. */
#include "domain/explain_impl.h"

static void take_apart(struct kadr_explain_walk *walk, uint32_t cell, const struct kadr_at *at,
                       const struct kadr_figure *figure, unsigned level);

/* ---- nodes --------------------------------------------------------------------------------------------- */

static struct kadr_cell_key key_of(const struct kadr_at *at)
{
    return (struct kadr_cell_key){ .breakdown = at->series->breakdown,
                                   .period = at->period,
                                   .unit = at->series->unit,
                                   .indicator = at->series->indicator };
}

static struct kadr_node node_at(enum kadr_node_kind kind, uint32_t parent, const struct kadr_at *at)
{
    bool as_of = kadr_period_equal(at->period, KADR_PERIOD_AS_OF);
    return (struct kadr_node){ .parent = parent,
                               .kind = kind,
                               .day = as_of ? at->day : KADR_DAY_NONE,
                               .dimension = KADR_NO_DIMENSION,
                               .cell = { .expected = -1, .oldest = KADR_DAY_NONE, .newest = KADR_DAY_NONE } };
}

static void weigh(struct kadr_node *node, const struct kadr_candidate *value)
{
    node->used = value->used;
    node->complete = value->present && value->complete;
    node->stale = value->stale;
}

static void set_value(struct kadr_node *node, const struct kadr_candidate *value, enum kadr_basis basis)
{
    weigh(node, value);
    if (value->present) {
        kadr_publish_value(value, basis, &node->cell);
    }
}

static enum kadr_standing standing_of(const struct kadr_explain_role *role, const struct kadr_figure *figure)
{
    if (role->replaced) {
        return KADR_STANDING_REPLACED;
    }
    if (figure && figure->value.present) {
        return role->unequal    ? KADR_STANDING_UNEQUAL
               : role->left_out ? KADR_STANDING_LEFT_OUT
                                : KADR_STANDING_COUNTED;
    }
    if (figure && figure->not_applicable) {
        return KADR_STANDING_NOT_APPLICABLE;
    }
    return role->not_owed ? KADR_STANDING_NOT_OWED : KADR_STANDING_MISSING;
}

void kadr_explain_part(struct kadr_explain_walk *walk, uint32_t parent, const struct kadr_at *at,
                       const struct kadr_explain_role *role, unsigned level)
{
    struct kadr_node node = node_at(KADR_NODE_CELL, parent, at);
    const struct kadr_figure *figure = at->series ? kadr_evaluate(walk->evaluator, at) : NULL;
    bool apart = level == 0;
    node.cell.key = role->key;
    if (figure) {
        node.cell = kadr_evaluate_cell(walk->evaluator, at);
        weigh(&node, &figure->value);
    }
    node.role = role->role;
    node.minus = role->minus;
    node.standing = standing_of(role, figure);
    if (figure && node.standing != KADR_STANDING_REPLACED && !role->left_out) {
        apart = apart || figure->value.present || figure->reason != KADR_REASON_NONE;
    }
    node.cut = apart && level >= walk->levels;
    walk->cut = walk->cut || node.cut;
    uint32_t index = kadr_explain_emit(walk, &node, level);
    if (figure && apart && !node.cut) {
        take_apart(walk, index, at, figure, level);
    }
}

/* ---- what was said of the cell itself ------------------------------------------------------------------ */

struct own_walk {
    struct kadr_explain_walk *walk;
    struct kadr_node node; /* of every statement */
    unsigned level;
};

static void saw(void *context, const struct kadr_statement *statement, enum kadr_use use)
{
    struct own_walk *own = context;
    own->node.cell.key.period = statement->period;
    own->node.statement = statement;
    own->node.use = use;
    (void)kadr_explain_emit(own->walk, &own->node, own->level);
}

static void add_statements(struct kadr_explain_walk *walk, uint32_t way, const struct kadr_at *at, bool tiles,
                           unsigned level)
{
    struct own_walk own = { walk, node_at(KADR_NODE_STATEMENT, way, at), level };
    struct kadr_witness witness = { saw, &own };
    struct kadr_own ignored;
    own.node.cell.key = key_of(at);
    walk->evaluator->witness = &witness;
    if (tiles) {
        (void)kadr_own_tiling(walk->evaluator, at); /* told by the witness */
    } else {
        kadr_own_value(walk->evaluator, at, &ignored);
    }
    walk->evaluator->witness = NULL;
}

/* ---- members, units below ------------------------------------------------------------------------------ */

static void add_members(struct kadr_explain_walk *walk, uint32_t way, const struct kadr_at *at,
                        kadr_dimension dimension, unsigned level)
{
    const struct kadr_evaluator *evaluator = walk->evaluator;
    const struct kadr_dimension_info *info = kadr_dimension_info(evaluator->reference, dimension);
    struct kadr_explain_role role = { .role = KADR_ROLE_MEMBER, .key = key_of(at) };
    for (uint16_t m = 0; m < info->count; m++) {
        role.key.breakdown = at->series->breakdown;
        if (kadr_breakdown_add(evaluator->reference, &role.key.breakdown, (kadr_member)(info->first + m))) {
            return; /* named already, or the fifth dimension: no way to know the cell */
        }
        struct kadr_at part = {
            .info = at->info, .unit_info = at->unit_info, .period = at->period, .day = at->day
        };
        part.series =
            kadr_series_find(evaluator->table, role.key.unit, role.key.indicator, role.key.breakdown);
        kadr_explain_part(walk, way, &part, &role, level);
    }
}

static void add_children(struct kadr_explain_walk *walk, uint32_t way, const struct kadr_at *at,
                         unsigned level)
{
    struct kadr_children children;
    const struct kadr_part *part;
    kadr_children_init(&children, walk->evaluator, at);
    while ((part = kadr_children_next(&children))) {
        struct kadr_explain_role role = { .role = part->stands_in ? KADR_ROLE_PREDECESSOR : KADR_ROLE_CHILD,
                                          .replaced = part->replaced,
                                          .not_owed = !kadr_is_missed(walk->evaluator, at, part->unit),
                                          .key = key_of(at) };
        role.key.unit = part->unit;
        kadr_explain_part(walk, way, &part->at, &role, level);
    }
}

/* ---- a sum --------------------------------------------------------------------------------------------- */

/* The candidates of a cell: what was said of it (or the tiles inside it), dimensions, units below. */
struct ways {
    const struct kadr_at *at;
    struct kadr_candidate list[KADR_MAX_CANDIDATES];
    struct kadr_fated fates[KADR_MAX_CANDIDATES];
    size_t count;
    enum kadr_way first; /* OWN or TILES; 0: the list begins with the dimensions */
    bool first_speaks;   /* a reason was stated */
    bool all;            /* show also those in which nothing is known, and their parts if none is chosen */
    bool none_chosen;
};

static enum kadr_way way_of(const struct ways *ways, size_t index, kadr_dimension *ret_dimension)
{
    const struct kadr_indicator_info *info = ways->at->info;
    size_t sum = index - (ways->first ? 1 : 0);
    *ret_dimension = KADR_NO_DIMENSION;
    if (ways->first && index == 0) {
        return ways->first;
    }
    if (sum < info->exhaustive_count) {
        *ret_dimension = info->exhaustive[sum];
        return KADR_WAY_MEMBERS;
    }
    return KADR_WAY_CHILDREN;
}

static void add_parts(struct kadr_explain_walk *walk, uint32_t index, const struct kadr_at *at,
                      const struct kadr_node *way, unsigned level)
{
    bool open = way->fate == KADR_FATE_CHOSEN;
    if (way->way == KADR_WAY_OWN || (open && way->way == KADR_WAY_TILES)) {
        add_statements(walk, index, at, way->way == KADR_WAY_TILES, level);
    } else if (open && way->way == KADR_WAY_MEMBERS) {
        add_members(walk, index, at, way->dimension, level);
    } else if (open && way->way == KADR_WAY_CHILDREN) {
        add_children(walk, index, at, level);
    }
}

static uint32_t add_way(struct kadr_explain_walk *walk, uint32_t parent, const struct ways *ways,
                        size_t index, unsigned level)
{
    struct kadr_node node = node_at(KADR_NODE_WAY, parent, ways->at);
    node.way = way_of(ways, index, &node.dimension);
    node.fate = ways->fates[index].fate;
    bool own = node.way == KADR_WAY_OWN;
    if (node.fate == KADR_FATE_ABSENT && !ways->all && !(own && ways->first_speaks)) {
        return 0;
    }
    if (node.way == KADR_WAY_MEMBERS &&
        kadr_breakdown_has(walk->evaluator->reference, ways->at->series->breakdown, node.dimension)) {
        return 0; /* the breakdown names one of its members: no way to know the cell */
    }
    node.cell.key = key_of(ways->at);
    set_value(&node, &ways->list[index], own ? KADR_BASIS_STATED : KADR_BASIS_SUM);
    uint32_t at = kadr_explain_emit(walk, &node, level);
    if (ways->all && ways->none_chosen) {
        node.fate = KADR_FATE_CHOSEN; /* who is missing is what there is to say */
    }
    add_parts(walk, at, ways->at, &node, level);
    return at;
}

static void add_ways(struct kadr_explain_walk *walk, uint32_t parent, struct ways *ways, unsigned level)
{
    const struct kadr_indicator_info *info = ways->at->info;
    uint32_t nodes[KADR_MAX_CANDIDATES];
    kadr_candidate_fates(ways->list, ways->count, info->time == KADR_TIME_LAST, info->may_be_negative,
                         ways->fates);
    ways->none_chosen = true;
    for (size_t i = 0; i < ways->count; i++) {
        ways->none_chosen = ways->none_chosen && ways->fates[i].fate != KADR_FATE_CHOSEN;
    }
    for (size_t i = 0; i < ways->count; i++) {
        nodes[i] = add_way(walk, parent, ways, i, level);
    }
    for (size_t i = 0; i < ways->count; i++) {
        if (nodes[i] < walk->count && nodes[i] > 0 && ways->fates[i].by >= 0) {
            walk->nodes[nodes[i]].by = nodes[ways->fates[i].by];
        }
    }
}

static void ways_of_sum(struct kadr_explain_walk *walk, uint32_t cell, const struct kadr_at *at,
                        unsigned level)
{
    struct ways ways = { .at = at, .first = KADR_WAY_OWN, .all = level == 1 };
    struct kadr_own own;
    bool ignored;
    kadr_own_value(walk->evaluator, at, &own);
    ways.list[0] = own.value;
    ways.first_speaks = own.reason != KADR_REASON_NONE;
    ways.count = kadr_add_sums(walk->evaluator, at, ways.list, 1, NULL, &ignored);
    add_ways(walk, cell, &ways, level);
}

/* What `unexplained` was computed of. */
static void add_comparison(struct kadr_explain_walk *walk, uint32_t cell, const struct kadr_at *at,
                           const struct kadr_figure *figure)
{
    struct kadr_comparison comparison;
    if (!kadr_compare_stated(walk->evaluator, at, figure, &comparison) || comparison.best < 0) {
        return;
    }
    struct ways ways = { .at = &comparison.at, .count = comparison.count };
    struct kadr_node node = node_at(KADR_NODE_AGAINST, cell, &comparison.at);
    for (size_t i = 0; i < comparison.count; i++) {
        ways.list[i] = comparison.list[i];
    }
    ways.first = comparison.tiled ? KADR_WAY_TILES : (enum kadr_way)0;
    struct kadr_cell published = kadr_evaluate_cell(walk->evaluator, at);
    node.cell.key = key_of(at);
    node.cell.residual = published.residual;
    node.cell.residual_lo = published.residual_lo;
    node.cell.residual_hi = published.residual_hi;
    node.cell.residual_lo_open = published.residual_lo_open;
    node.cell.residual_hi_open = published.residual_hi_open;
    add_ways(walk, kadr_explain_emit(walk, &node, 1), &ways, 1);
}

/* ---- what is stated only, ranges, and what is computed ------------------------------------------------- */

/* The own value, as the only candidate. */
static void own_way(struct kadr_explain_walk *walk, uint32_t cell, const struct kadr_at *at, unsigned level)
{
    struct ways ways = { .at = at, .first = KADR_WAY_OWN, .count = 1, .all = level == 1 };
    struct kadr_own own;
    kadr_own_value(walk->evaluator, at, &own);
    ways.list[0] = own.value;
    ways.first_speaks = own.reason != KADR_REASON_NONE;
    add_ways(walk, cell, &ways, level);
}

/* The way that is taken where nothing was stated; its value is the figure's. */
static uint32_t second_way(struct kadr_explain_walk *walk, uint32_t cell, const struct kadr_at *at,
                           const struct kadr_figure *figure, enum kadr_way way, unsigned level)
{
    struct kadr_node node = node_at(KADR_NODE_WAY, cell, at);
    node.way = way;
    node.fate = figure->value.present ? KADR_FATE_CHOSEN : KADR_FATE_ABSENT;
    node.cell.key = key_of(at);
    set_value(&node, &figure->value, figure->basis);
    return kadr_explain_emit(walk, &node, level);
}

static void ways_of_range(struct kadr_explain_walk *walk, uint32_t cell, const struct kadr_at *at,
                          const struct kadr_figure *figure, unsigned level)
{
    if (figure->value.present || level == 1) {
        uint32_t way = second_way(walk, cell, at, figure, KADR_WAY_CHILDREN, level);
        add_children(walk, way, at, level);
    }
}

/* Of a term at the cell's unit, also where nothing was ever stated of it. */
static struct kadr_cell_key key_of_term(const struct kadr_explain_walk *walk, const struct kadr_at *at,
                                        const struct kadr_at *term, size_t index)
{
    const struct kadr_indicator_info *info = at->info;
    struct kadr_cell_key key = key_of(at);
    key.period = term->period;
    key.indicator = info->terms[index].indicator;
    key.breakdown = kadr_breakdown_of_term(walk->evaluator->reference, info, index, at->series->breakdown);
    return key;
}

/* Each term is there, and they are of unequal places. */
static bool are_unequal(struct kadr_explain_walk *walk, const struct kadr_at *at, kadr_unit unit,
                        struct kadr_candidate ret_terms[KADR_MAX_TERMS])
{
    bool unequal = kadr_terms_of(walk->evaluator, at, unit, ret_terms) == KADR_HAVE_NOT;
    for (size_t t = 0; t < at->info->term_count; t++) {
        unequal = unequal && ret_terms[t].present;
    }
    return unequal;
}

/* The terms at one unit, computed with or not. */
static void add_terms(struct kadr_explain_walk *walk, uint32_t way, const struct kadr_at *at, bool taken,
                      unsigned level)
{
    const struct kadr_indicator_info *info = at->info;
    struct kadr_candidate usable[KADR_MAX_TERMS] = { { .present = false } };
    bool unequal = are_unequal(walk, at, at->series->unit, usable);
    for (size_t t = 0; t < info->term_count; t++) {
        struct kadr_at term = kadr_term_at(walk->evaluator, at, at->series->unit, t);
        struct kadr_explain_role role = { .role = KADR_ROLE_TERM,
                                          .minus = info->terms[t].minus,
                                          .left_out = !taken || !usable[t].present,
                                          .unequal = unequal,
                                          .key = key_of_term(walk, at, &term, t) };
        kadr_explain_part(walk, way, &term, &role, level);
    }
}

struct term_walk {
    struct kadr_explain_walk *walk;
    struct kadr_cell_key key; /* of the term at the cell's unit */
    uint32_t sum;
    size_t term;
    unsigned level;
};

static void add_reporter(void *context, const struct kadr_at *at, kadr_unit reporter)
{
    struct term_walk *terms = context;
    struct kadr_candidate values[KADR_MAX_TERMS] = { { .present = false } };
    struct kadr_evaluator *evaluator = terms->walk->evaluator;
    bool in = kadr_terms_of(evaluator, at, reporter, values) == KADR_HAVE_ALL;
    struct kadr_explain_role role = { .role = KADR_ROLE_REPORTER,
                                      .left_out = !in,
                                      .unequal = !in && are_unequal(terms->walk, at, reporter, values),
                                      .not_owed = !kadr_is_owed(evaluator, at, reporter),
                                      .key = terms->key };
    struct kadr_at term = kadr_term_at(terms->walk->evaluator, at, reporter, terms->term);
    role.key.unit = reporter;
    kadr_explain_part(terms->walk, terms->sum, &term, &role, terms->level);
}

static void add_sums(struct kadr_explain_walk *walk, uint32_t way, const struct kadr_at *at, unsigned level)
{
    const struct kadr_indicator_info *info = at->info;
    struct kadr_term_sums sums = kadr_terms_over_reporters(walk->evaluator, at);
    for (size_t t = 0; t < info->term_count; t++) {
        struct kadr_at term = kadr_term_at(walk->evaluator, at, at->series->unit, t);
        struct kadr_node node = node_at(KADR_NODE_SUM, way, &term);
        struct term_walk terms = { .walk = walk, .term = t, .level = level };
        terms.key = node.cell.key = key_of_term(walk, at, &term, t);
        node.minus = info->terms[t].minus;
        set_value(&node, &sums.term[t], KADR_BASIS_SUM);
        terms.sum = kadr_explain_emit(walk, &node, level);
        kadr_each_reporter(walk->evaluator, at, add_reporter, &terms);
    }
}

/* Where a unit lacks a term, or has them of unequal places, the reporters below it stand for it. */
static void ways_of_terms(struct kadr_explain_walk *walk, uint32_t cell, const struct kadr_at *at,
                          const struct kadr_figure *figure, unsigned level)
{
    struct kadr_term_sums ignored;
    const struct kadr_indicator_info *info = at->info;
    struct kadr_figure nothing = { .basis = KADR_BASIS_NONE };
    bool shown = figure->value.present || level == 1;
    bool own = kadr_terms_taken(walk->evaluator, at, &ignored) != KADR_HAVE_NOT;
    bool below = kadr_unit_info(walk->evaluator->reference, at->series->unit)->level < info->level;
    if (shown && (own || level == 1)) {
        uint32_t way = second_way(walk, cell, at, own ? figure : &nothing, KADR_WAY_TERMS, level);
        add_terms(walk, way, at, own, level);
    }
    if (shown && !own && below) {
        uint32_t way = second_way(walk, cell, at, figure, KADR_WAY_REPORTERS, level);
        add_sums(walk, way, at, level);
    }
}

/* `level` is the cell's; all nodes made here count for the next one. */
static void take_apart(struct kadr_explain_walk *walk, uint32_t cell, const struct kadr_at *at,
                       const struct kadr_figure *figure, unsigned level)
{
    const struct kadr_indicator_info *info = at->info;
    unsigned next = level + 1;
    if (info->space == KADR_SPACE_SUM) {
        ways_of_sum(walk, cell, at, next);
        if (level == 0) {
            add_comparison(walk, cell, at, figure);
        }
        return;
    }
    own_way(walk, cell, at, next);
    if (figure->basis != KADR_BASIS_STATED && info->space == KADR_SPACE_RANGE) {
        ways_of_range(walk, cell, at, figure, next);
    } else if (figure->basis != KADR_BASIS_STATED && info->term_count > 0) {
        ways_of_terms(walk, cell, at, figure, next);
    }
}
