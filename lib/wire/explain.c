/* SPDX-License-Identifier: Apache-2.0 */
/* explain.c - one node of an explanation as it travels.
 *
 * What a node's kind does not use is neither sent nor read, so equal nodes are equal bytes. That parents come
 * before their parts is checked where the parts of an answer are put together: one frame does not know.
 */
#include "kadr/v1/rollup.pb-c.h"
#include "wire/codec.h"

#include <string.h>

/* ---- from the domain ---- */

void kadr_wire_node_from(const struct kadr_reference *reference, const struct kadr_node *node,
                         struct kadr_wire_node *ret)
{
    bool members = node->kind == KADR_NODE_WAY && node->dimension != KADR_NO_DIMENSION;
    *ret = (struct kadr_wire_node){ .parent = node->parent,
                                    .kind = node->kind,
                                    .day = node->day,
                                    .used = node->used,
                                    .complete = node->complete,
                                    .stale = node->stale,
                                    .minus = node->minus,
                                    .cut = node->cut,
                                    .role = node->role,
                                    .standing = node->standing,
                                    .way = node->way,
                                    .dimension = "",
                                    .fate = node->fate,
                                    .by = node->by };
    if (members) {
        ret->dimension = kadr_dimension_info(reference, node->dimension)->code;
    }
    kadr_wire_cell_from(reference, &node->cell, &ret->cell);
    if (node->kind == KADR_NODE_STATEMENT) {
        ret->statement.use = node->use;
        ret->statement.commit = node->statement->commit;
        ret->statement.stated_at_ms = node->statement->stated_at_ms;
        ret->statement.published = KADR_DAY_NONE;
    }
}

/* ---- decoding ---- */

static void get_statement(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__StatementSource *m = message;
    struct kadr_wire_node *node = ret;
    bool dated = m->published_day_case == KADR__V1__STATEMENT_SOURCE__PUBLISHED_DAY_PUBLISHED;
    kadr_dec_part(dec, m->observation, kadr_get_observation, &node->statement.observation,
                  "a statement that says nothing");
    kadr_dec_check(dec, m->use != KADR__V1__USE__USE_UNSPECIFIED, "use of a statement");
    node->statement.use = (enum kadr_use)m->use;
    node->statement.commit = m->commit;
    node->statement.index = m->index;
    node->statement.stated_at_ms = kadr_dec_ms(dec, m->stated_at_ms);
    node->statement.received_at_ms = kadr_dec_ms(dec, m->received_at_ms);
    node->statement.committed_at_ms = kadr_dec_ms(dec, m->committed_at_ms);
    node->statement.office = kadr_dec_code(dec, m->office, "office of a statement");
    node->statement.stream = kadr_dec_id(dec, m->stream, "stream of a statement");
    node->statement.sequence = m->sequence;
    struct kadr_id id = kadr_dec_id(dec, m->report_id, "report id of a statement");
    memcpy(node->statement.report_id, id.bytes, sizeof(node->statement.report_id));
    node->statement.source = kadr_dec_text(dec, m->source, KADR_MAX_SOURCE_BYTES, "a source too long");
    node->statement.published = dated ? kadr_dec_day(dec, m->published) : KADR_DAY_NONE;
    node->statement.file = kadr_dec_text(dec, m->file, KADR_MAX_SOURCE_BYTES, "a file name too long");
}

static void get_way(struct kadr_dec *dec, const Kadr__V1__ExplainNode *m, struct kadr_wire_node *node)
{
    kadr_dec_check(dec, m->way != KADR__V1__WAY__WAY_UNSPECIFIED, "a way that is none");
    kadr_dec_check(dec, m->fate != KADR__V1__FATE__FATE_UNSPECIFIED, "a way without a fate");
    node->way = (enum kadr_way)m->way;
    node->fate = (enum kadr_fate)m->fate;
    node->by = m->by;
    if (node->way == KADR_WAY_MEMBERS) {
        node->dimension = kadr_dec_code(dec, m->dimension, "dimension of a way");
    }
}

static void get_part(struct kadr_dec *dec, const Kadr__V1__ExplainNode *m, struct kadr_wire_node *node)
{
    kadr_dec_check(dec, m->role != KADR__V1__PART_ROLE__PART_ROLE_UNSPECIFIED, "a part of nothing");
    kadr_dec_check(dec, m->standing != KADR__V1__STANDING__STANDING_UNSPECIFIED, "standing of a part");
    node->role = (enum kadr_part_role)m->role;
    node->standing = (enum kadr_standing)m->standing;
    node->cut = m->cut;
}

void kadr_get_node(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__ExplainNode *m = message;
    struct kadr_wire_node *node = ret;
    kadr_dec_check(dec, m->kind != KADR__V1__NODE_KIND__NODE_KIND_UNSPECIFIED, "a node of no kind");
    node->parent = m->parent;
    node->kind = (enum kadr_node_kind)m->kind;
    node->dimension = "";
    node->day = KADR_DAY_NONE;
    if (node->kind == KADR_NODE_STATEMENT) {
        kadr_dec_part(dec, m->statement, get_statement, node, "a statement without its source");
        return;
    }
    kadr_dec_part(dec, m->cell, kadr_get_cell, &node->cell, "a node without a cell");
    if (m->as_of_day_case == KADR__V1__EXPLAIN_NODE__AS_OF_DAY_AS_OF) {
        node->day = kadr_dec_day(dec, m->as_of);
    }
    node->used = m->used;
    node->complete = m->complete;
    node->stale = m->stale;
    node->minus = m->minus;
    if (node->kind == KADR_NODE_WAY) {
        get_way(dec, m, node);
    } else if (node->kind == KADR_NODE_CELL) {
        get_part(dec, m, node);
    }
}

/* ---- encoding ---- */

static Kadr__V1__StatementSource *put_statement(struct kadr_arena *arena, const struct kadr_wire_node *node)
{
    Kadr__V1__StatementSource *m = kadr_enc_new(arena, &kadr__v1__statement_source__descriptor);
    if (m == NULL) {
        return NULL;
    }
    m->observation = kadr_put_observation(arena, &node->statement.observation);
    m->use = (Kadr__V1__Use)node->statement.use;
    m->commit = node->statement.commit;
    m->index = node->statement.index;
    m->stated_at_ms = node->statement.stated_at_ms;
    m->received_at_ms = node->statement.received_at_ms;
    m->committed_at_ms = node->statement.committed_at_ms;
    m->office = kadr_enc_text(node->statement.office);
    m->stream = kadr_enc_id(&node->statement.stream);
    m->sequence = node->statement.sequence;
    m->report_id =
        kadr_enc_bytes((struct kadr_bytes){ node->statement.report_id, sizeof(node->statement.report_id) });
    m->source = kadr_enc_text(node->statement.source);
    if (node->statement.published != KADR_DAY_NONE) {
        m->published_day_case = KADR__V1__STATEMENT_SOURCE__PUBLISHED_DAY_PUBLISHED;
        m->published = node->statement.published;
    }
    m->file = kadr_enc_text(node->statement.file);
    return m;
}

static void put_kind(const struct kadr_wire_node *node, Kadr__V1__ExplainNode *m)
{
    if (node->kind == KADR_NODE_WAY) {
        m->way = (Kadr__V1__Way)node->way;
        m->dimension = kadr_enc_text(node->dimension);
        m->fate = (Kadr__V1__Fate)node->fate;
        m->by = node->by;
    } else if (node->kind == KADR_NODE_CELL) {
        m->role = (Kadr__V1__PartRole)node->role;
        m->standing = (Kadr__V1__Standing)node->standing;
        m->cut = node->cut;
    }
}

void *kadr_put_node(struct kadr_arena *arena, const void *item)
{
    const struct kadr_wire_node *node = item;
    Kadr__V1__ExplainNode *m = kadr_enc_new(arena, &kadr__v1__explain_node__descriptor);
    if (m == NULL) {
        return NULL;
    }
    m->parent = node->parent;
    m->kind = (Kadr__V1__NodeKind)node->kind;
    if (node->kind == KADR_NODE_STATEMENT) {
        m->statement = put_statement(arena, node);
        return m;
    }
    m->cell = kadr_put_cell(arena, &node->cell);
    if (node->day != KADR_DAY_NONE) {
        m->as_of_day_case = KADR__V1__EXPLAIN_NODE__AS_OF_DAY_AS_OF;
        m->as_of = node->day;
    }
    m->used = node->used;
    m->complete = node->complete;
    m->stale = node->stale;
    m->minus = node->minus;
    put_kind(node, m);
    return m;
}
