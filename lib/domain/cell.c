/* SPDX-License-Identifier: Apache-2.0 */
/* cell.c - equality, names and canonical bytes of a cell.
 *
 * Canonical bytes, version 1 (table in docs/rollup.md). Fixed layout after the texts: what has no meaning is
 * zero, so equal cells are equal bytes. If a field is added to struct kadr_cell, also add it to
 * kadr_cell_equal() and here, under a new version.
 */
#include "domain/cell.h"

#include <string.h>

#define CANONICAL_VERSION 1

enum {
    FLAG_INCOMPLETE = 1,
    FLAG_HI_OPEN = 2,
    FLAG_KNOWN_HI_OPEN = 4,
    FLAG_NOT_EXPECTED = 8,
    FLAG_RESIDUAL_LO_OPEN = 16,
    FLAG_RESIDUAL_HI_OPEN = 32
};

static bool same_key(const struct kadr_cell_key *a, const struct kadr_cell_key *b)
{
    return a->unit == b->unit && a->indicator == b->indicator && a->breakdown == b->breakdown &&
           kadr_period_equal(a->period, b->period);
}

static bool same_value(const struct kadr_cell *a, const struct kadr_cell *b)
{
    return a->basis == b->basis && a->incomplete == b->incomplete && a->hi_open == b->hi_open &&
           a->known_hi_open == b->known_hi_open && a->lo == b->lo && a->hi == b->hi &&
           a->known_hi == b->known_hi && a->reason == b->reason;
}

static bool same_coverage(const struct kadr_cell *a, const struct kadr_cell *b)
{
    return a->reported == b->reported && a->complete == b->complete && a->expected == b->expected &&
           a->stale == b->stale && a->oldest == b->oldest && a->newest == b->newest;
}

static bool same_residual(const struct kadr_cell *a, const struct kadr_cell *b)
{
    return a->residual == b->residual && a->residual_lo_open == b->residual_lo_open &&
           a->residual_hi_open == b->residual_hi_open && a->residual_lo == b->residual_lo &&
           a->residual_hi == b->residual_hi;
}

bool kadr_cell_equal(const struct kadr_cell *a, const struct kadr_cell *b)
{
    return same_key(&a->key, &b->key) && same_value(a, b) && same_coverage(a, b) && same_residual(a, b) &&
           a->holds == b->holds;
}

const char *kadr_basis_text(enum kadr_basis basis)
{
    static const char *const texts[] = { "none", "stated", "sum", "ratio", "range" };
    return (size_t)basis < KADR_COUNT(texts) ? texts[basis] : "unknown";
}

const char *kadr_residual_text(enum kadr_residual residual)
{
    static const char *const texts[] = { "none", "outstanding", "contradiction" };
    return (size_t)residual < KADR_COUNT(texts) ? texts[residual] : "unknown";
}

const char *kadr_holds_text(enum kadr_holds holds)
{
    static const char *const texts[] = { "none", "holds", "broken", "unknown" };
    return (size_t)holds < KADR_COUNT(texts) ? texts[holds] : "unknown";
}

enum kadr_holds kadr_rule_holds(enum kadr_rule rule, const struct kadr_cell *cell)
{
    bool below = !cell->hi_open && cell->hi <= 0; /* at zero, or below it */
    bool certain = below && (rule == KADR_RULE_AT_MOST_ZERO || (cell->hi == 0 && cell->lo == 0));
    bool never = cell->lo > 0 || (rule == KADR_RULE_ZERO && below && cell->hi < 0);
    if (rule == KADR_RULE_NONE) {
        return KADR_HOLDS_NONE;
    }
    if (!kadr_cell_has_value(cell) || (!certain && !never)) {
        return KADR_HOLDS_UNKNOWN;
    }
    return certain ? KADR_HOLDS_YES : KADR_HOLDS_NO;
}

/* As many bytes as a cell can have: texts of a unit, an indicator and the pairs, and what is fixed. */
#define TEXTS     (2 + 2 * KADR_MAX_DIMENSIONS)
#define FIXED     128
#define MAX_BYTES (TEXTS * (1 + UINT8_MAX) + FIXED)

struct canonical {
    size_t len;
    uint8_t bytes[MAX_BYTES];
};

static void add_u8(struct canonical *out, uint8_t value)
{
    out->bytes[out->len++] = value;
}

static void add_u32(struct canonical *out, uint32_t value)
{
    value = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? value : __builtin_bswap32(value);
    memcpy(&out->bytes[out->len], &value, sizeof(value));
    out->len += sizeof(value);
}

static void add_u64(struct canonical *out, uint64_t value)
{
    value = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? value : __builtin_bswap64(value);
    memcpy(&out->bytes[out->len], &value, sizeof(value));
    out->len += sizeof(value);
}

static void add_text(struct canonical *out, const char *text)
{
    size_t len = strlen(text);
    KADR_ASSERT(len <= UINT8_MAX); /* codes end at KADR_MAX_CODE_BYTES */
    add_u8(out, (uint8_t)len);
    memcpy(&out->bytes[out->len], text, len);
    out->len += len;
}

/* Insertion sort of at most four pairs by dimension code: indexes differ between versions, codes do not. */
static void add_breakdown(const struct kadr_member_pair *pairs, size_t count, struct canonical *out)
{
    struct kadr_member_pair sorted[KADR_MAX_DIMENSIONS];

    KADR_ASSERT(count <= KADR_MAX_DIMENSIONS);
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        for (; at > 0 && strcmp(sorted[at - 1].dimension, pairs[i].dimension) > 0; at--) {
            sorted[at] = sorted[at - 1];
        }
        sorted[at] = pairs[i];
    }
    add_u8(out, (uint8_t)count);
    for (size_t i = 0; i < count; i++) {
        add_text(out, sorted[i].dimension);
        add_text(out, sorted[i].member);
    }
}

static uint8_t flags_of(const struct kadr_cell *cell)
{
    unsigned flags = 0;
    flags |= cell->incomplete ? FLAG_INCOMPLETE : 0;
    flags |= cell->hi_open ? FLAG_HI_OPEN : 0;
    flags |= cell->known_hi_open ? FLAG_KNOWN_HI_OPEN : 0;
    flags |= cell->expected < 0 ? FLAG_NOT_EXPECTED : 0;
    flags |= cell->residual_lo_open ? FLAG_RESIDUAL_LO_OPEN : 0;
    flags |= cell->residual_hi_open ? FLAG_RESIDUAL_HI_OPEN : 0;
    return (uint8_t)flags;
}

static void add_canonical(const struct kadr_cell_codes *codes, const struct kadr_cell *cell,
                          struct canonical *out)
{
    add_u8(out, CANONICAL_VERSION);
    add_text(out, codes->unit);
    add_text(out, codes->indicator);
    add_breakdown(codes->breakdown, codes->breakdown_count, out);
    add_u32(out, (uint32_t)cell->key.period.first);
    add_u32(out, (uint32_t)cell->key.period.last);
    add_u32(out, (uint32_t)codes->scale);
    add_u8(out, (uint8_t)cell->basis);
    add_u8(out, (uint8_t)cell->reason);
    add_u8(out, flags_of(cell));
    add_u64(out, (uint64_t)cell->lo);
    add_u64(out, (uint64_t)(cell->hi_open ? 0 : cell->hi));
    add_u64(out, (uint64_t)(cell->known_hi_open ? 0 : cell->known_hi));
    add_u32(out, cell->reported);
    add_u32(out, cell->complete);
    add_u32(out, cell->expected < 0 ? 0 : (uint32_t)cell->expected);
    add_u32(out, cell->stale);
    add_u32(out, (uint32_t)cell->oldest);
    add_u32(out, (uint32_t)cell->newest);
    add_u8(out, (uint8_t)cell->residual);
    add_u64(out, (uint64_t)(cell->residual_lo_open ? 0 : cell->residual_lo));
    add_u64(out, (uint64_t)(cell->residual_hi_open ? 0 : cell->residual_hi));
}

/* Pairs of `codes` lie in ret_pairs. */
static struct kadr_cell_codes codes_of(const struct kadr_reference *reference,
                                       const struct kadr_cell_key *key,
                                       struct kadr_member_pair ret_pairs[KADR_MAX_DIMENSIONS])
{
    const struct kadr_indicator_info *indicator = kadr_indicator_info(reference, key->indicator);
    kadr_member members[KADR_MAX_DIMENSIONS];
    size_t count = kadr_breakdown_members(key->breakdown, members);

    for (size_t i = 0; i < count; i++) {
        const struct kadr_member_info *info = kadr_member_info(reference, members[i]);
        ret_pairs[i] =
            (struct kadr_member_pair){ kadr_dimension_info(reference, info->dimension)->code, info->code };
    }
    return (struct kadr_cell_codes){ .unit = kadr_unit_info(reference, key->unit)->code,
                                     .indicator = indicator->code,
                                     .breakdown = ret_pairs,
                                     .breakdown_count = count,
                                     .scale = indicator->scale };
}

void kadr_cell_canonical(const struct kadr_reference *reference, const struct kadr_cell *cell,
                         struct kadr_buf *out)
{
    struct kadr_member_pair pairs[KADR_MAX_DIMENSIONS];
    struct kadr_cell_codes codes = codes_of(reference, &cell->key, pairs);
    struct canonical canonical;

    canonical.len = 0;
    add_canonical(&codes, cell, &canonical);
    kadr_buf_add(out, canonical.bytes, canonical.len);
}

struct kadr_digest kadr_cell_digest_of(const struct kadr_cell_codes *codes, const struct kadr_cell *cell)
{
    struct canonical canonical;

    canonical.len = 0;
    add_canonical(codes, cell, &canonical);
    return kadr_hash(canonical.bytes, canonical.len);
}

struct kadr_digest kadr_cell_digest(const struct kadr_reference *reference, const struct kadr_cell *cell)
{
    struct kadr_member_pair pairs[KADR_MAX_DIMENSIONS];
    struct kadr_cell_codes codes = codes_of(reference, &cell->key, pairs);

    return kadr_cell_digest_of(&codes, cell);
}
