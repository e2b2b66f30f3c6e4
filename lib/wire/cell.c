/* SPDX-License-Identifier: Apache-2.0 */
/* cell.c - one figure of the rollup as it travels: codes instead of indexes.
 *
 * A field that has no meaning is not sent: bounds of a cell without a value, the upper end of an open
 * interval, a residual of kind none. So equal cells are equal bytes.
 */
#include "kadr/v1/rollup.pb-c.h"
#include "wire/codec.h"

#include <string.h>

/* ---- from the domain ---- */

static void sort_by_dimension(struct kadr_member_pair *pairs, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct kadr_member_pair pair = pairs[i];
        size_t k = i;
        for (; k > 0 && strcmp(pairs[k - 1].dimension, pair.dimension) > 0; k--) {
            pairs[k] = pairs[k - 1];
        }
        pairs[k] = pair;
    }
}

void kadr_wire_cell_from(const struct kadr_reference *reference, const struct kadr_cell *cell,
                         struct kadr_wire_cell *ret)
{
    const struct kadr_indicator_info *indicator = kadr_indicator_info(reference, cell->key.indicator);
    kadr_member members[KADR_MAX_DIMENSIONS];
    *ret = (struct kadr_wire_cell){ .unit = kadr_unit_info(reference, cell->key.unit)->code,
                                    .indicator = indicator->code,
                                    .breakdown_count = kadr_breakdown_members(cell->key.breakdown, members),
                                    .scale = indicator->scale,
                                    .cell = *cell };
    for (size_t i = 0; i < ret->breakdown_count; i++) {
        const struct kadr_member_info *member = kadr_member_info(reference, members[i]);
        ret->breakdown[i].dimension = kadr_dimension_info(reference, member->dimension)->code;
        ret->breakdown[i].member = member->code;
    }
    sort_by_dimension(ret->breakdown, ret->breakdown_count);
}

/* ---- decoding ---- */

static void get_breakdown(struct kadr_dec *dec, const Kadr__V1__Cell *m, struct kadr_wire_cell *wire)
{
    kadr_dec_check(dec, m->n_breakdown <= KADR_MAX_DIMENSIONS, "more than four members in a breakdown");
    for (size_t i = 0; i < m->n_breakdown && dec->err == 0; i++) {
        wire->breakdown[i].dimension = kadr_dec_code(dec, m->breakdown[i]->dimension, "dimension of a cell");
        wire->breakdown[i].member = kadr_dec_code(dec, m->breakdown[i]->member, "member of a cell");
    }
    wire->breakdown_count = m->n_breakdown;
}

static void get_bounds(struct kadr_dec *dec, const Kadr__V1__Cell *m, struct kadr_cell *cell)
{
    cell->basis = (enum kadr_basis)m->basis;
    if (cell->basis == KADR_BASIS_NONE) {
        return;
    }
    cell->lo = m->lo;
    cell->hi_open = m->upper_case != KADR__V1__CELL__UPPER_HI;
    cell->hi = cell->hi_open ? 0 : m->hi;
    cell->known_hi_open = m->known_upper_case != KADR__V1__CELL__KNOWN_UPPER_KNOWN_HI;
    cell->known_hi = cell->known_hi_open ? 0 : m->known_hi;
    cell->incomplete = m->incomplete;
    kadr_dec_check(dec, cell->hi_open || cell->lo <= cell->hi, "a cell that ends before it begins");
    bool part = cell->incomplete && cell->basis != KADR_BASIS_RATIO; /* a ratio of some is no lower bound */
    kadr_dec_check(dec, cell->hi_open || !part, "an incomplete cell that is not open");
}

static void get_coverage(struct kadr_dec *dec, const Kadr__V1__Cell *m, struct kadr_cell *cell)
{
    bool expected = m->expectation_case == KADR__V1__CELL__EXPECTATION_EXPECTED;
    bool oldest = m->oldest_day_case == KADR__V1__CELL__OLDEST_DAY_OLDEST;
    bool newest = m->newest_day_case == KADR__V1__CELL__NEWEST_DAY_NEWEST;
    cell->reason = (enum kadr_reason)m->reason;
    cell->reported = m->reported;
    cell->complete = m->complete;
    cell->stale = m->stale;
    cell->expected = expected ? (int64_t)m->expected : -1;
    cell->oldest = oldest ? kadr_dec_day(dec, m->oldest) : KADR_DAY_NONE;
    cell->newest = newest ? kadr_dec_day(dec, m->newest) : KADR_DAY_NONE;
}

static void get_unexplained(const Kadr__V1__Unexplained *m, struct kadr_cell *cell)
{
    if (m == NULL || m->kind == KADR__V1__RESIDUAL_KIND__RESIDUAL_KIND_NONE) {
        return;
    }
    cell->residual = (enum kadr_residual)m->kind;
    cell->residual_lo_open = m->lower_case != KADR__V1__UNEXPLAINED__LOWER_LO;
    cell->residual_lo = cell->residual_lo_open ? 0 : m->lo;
    cell->residual_hi_open = m->upper_case != KADR__V1__UNEXPLAINED__UPPER_HI;
    cell->residual_hi = cell->residual_hi_open ? 0 : m->hi;
}

void kadr_get_cell(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Cell *m = message;
    struct kadr_wire_cell *wire = ret;
    wire->unit = kadr_dec_code(dec, m->unit, "unit of a cell");
    wire->indicator = kadr_dec_code(dec, m->indicator, "indicator of a cell");
    get_breakdown(dec, m, wire);
    wire->scale = kadr_dec_scale(dec, m->scale);
    wire->cell.key.period = KADR_PERIOD_AS_OF;
    if (m->range_case == KADR__V1__CELL__RANGE_PERIOD) {
        kadr_get_period(dec, m->period, &wire->cell.key.period);
    }
    get_bounds(dec, m, &wire->cell);
    get_coverage(dec, m, &wire->cell);
    get_unexplained(m->unexplained, &wire->cell);
    wire->cell.holds = (enum kadr_holds)m->holds;
    bool told = wire->cell.holds == KADR_HOLDS_YES || wire->cell.holds == KADR_HOLDS_NO;
    kadr_dec_check(dec, !told || wire->cell.basis != KADR_BASIS_NONE, "a rule that holds without a figure");
}

/* ---- encoding ---- */

static void put_bounds(const struct kadr_cell *cell, Kadr__V1__Cell *m)
{
    m->basis = (Kadr__V1__Basis)cell->basis;
    if (cell->basis == KADR_BASIS_NONE) {
        return;
    }
    m->lo = cell->lo;
    if (!cell->hi_open) {
        m->upper_case = KADR__V1__CELL__UPPER_HI;
        m->hi = cell->hi;
    }
    if (!cell->known_hi_open) {
        m->known_upper_case = KADR__V1__CELL__KNOWN_UPPER_KNOWN_HI;
        m->known_hi = cell->known_hi;
    }
    m->incomplete = cell->incomplete;
}

static void put_coverage(const struct kadr_cell *cell, Kadr__V1__Cell *m)
{
    m->reason = (Kadr__V1__MissingReason)cell->reason;
    m->reported = cell->reported;
    m->complete = cell->complete;
    m->stale = cell->stale;
    if (cell->expected >= 0) {
        m->expectation_case = KADR__V1__CELL__EXPECTATION_EXPECTED;
        m->expected = (uint32_t)cell->expected;
    }
    if (cell->oldest != KADR_DAY_NONE) {
        m->oldest_day_case = KADR__V1__CELL__OLDEST_DAY_OLDEST;
        m->oldest = cell->oldest;
    }
    if (cell->newest != KADR_DAY_NONE) {
        m->newest_day_case = KADR__V1__CELL__NEWEST_DAY_NEWEST;
        m->newest = cell->newest;
    }
}

static Kadr__V1__Unexplained *put_unexplained(struct kadr_arena *arena, const struct kadr_cell *cell)
{
    Kadr__V1__Unexplained *m =
        cell->residual == KADR_RESIDUAL_NONE ? NULL : kadr_enc_new(arena, &kadr__v1__unexplained__descriptor);
    if (m == NULL) {
        return NULL;
    }
    m->kind = (Kadr__V1__ResidualKind)cell->residual;
    if (!cell->residual_lo_open) {
        m->lower_case = KADR__V1__UNEXPLAINED__LOWER_LO;
        m->lo = cell->residual_lo;
    }
    if (!cell->residual_hi_open) {
        m->upper_case = KADR__V1__UNEXPLAINED__UPPER_HI;
        m->hi = cell->residual_hi;
    }
    return m;
}

void *kadr_put_cell(struct kadr_arena *arena, const void *item)
{
    const struct kadr_wire_cell *wire = item;
    const struct kadr_period *period = &wire->cell.key.period;
    Kadr__V1__Cell *m = kadr_enc_new(arena, &kadr__v1__cell__descriptor);
    if (m == NULL) {
        return NULL;
    }
    m->unit = kadr_enc_text(wire->unit);
    m->indicator = kadr_enc_text(wire->indicator);
    m->breakdown = kadr_enc_list(arena, wire->breakdown, wire->breakdown_count, sizeof(wire->breakdown[0]),
                                 kadr_put_member, &m->n_breakdown);
    if (!kadr_period_equal(*period, KADR_PERIOD_AS_OF)) {
        m->range_case = KADR__V1__CELL__RANGE_PERIOD;
        m->period = kadr_put_period(arena, period);
    }
    m->scale = (uint32_t)wire->scale;
    put_bounds(&wire->cell, m);
    put_coverage(&wire->cell, m);
    m->unexplained = put_unexplained(arena, &wire->cell);
    m->holds = (Kadr__V1__Holds)wire->cell.holds;
    return m;
}
