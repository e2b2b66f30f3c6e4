/* SPDX-License-Identifier: Apache-2.0 */
/* explain_json.c - an explanation as JSON: the tree with every field, nothing folded. */
#include <string.h>

#include "explain.h"
#include "json.h"

static json_t *json_of_node(const struct explained *e, uint32_t index);

/* The nodes of one kind below another. */
static json_t *json_below(const struct explained *e, uint32_t index, enum kadr_node_kind kind)
{
    json_t *array = json_array();

    for (uint32_t i = e->links[index].first; i != 0; i = e->links[i].next) {
        if (e->nodes[i].kind == kind) {
            json_append(array, json_of_node(e, i));
        }
    }
    return array;
}

static json_t *json_of_text(const char *text)
{
    return *text != '\0' ? json_string(text) : json_null();
}

static json_t *json_of_breakdown(const struct kadr_member_pair *pairs, size_t count)
{
    json_t *object = json_object();

    for (size_t i = 0; i < count; i++) {
        json_set(object, pairs[i].dimension, json_string(pairs[i].member));
    }
    return object;
}

/* ---- cells ---- */

static void set_weight(json_t *object, const struct kadr_wire_node *node)
{
    json_set(object, "statements_used", json_integer(node->used));
    json_set(object, "whole", json_boolean(node->complete));
    json_set(object, "rests_on_stale", json_boolean(node->stale));
}

static json_t *json_of_part(const struct explained *e, uint32_t index)
{
    const struct kadr_wire_node *node = &e->nodes[index];
    json_t *object = json_of_cell(e->names, &node->cell, node->day);
    json_t *against = json_below(e, index, KADR_NODE_AGAINST);

    json_set(object, "role", json_string(kadr_part_role_text(node->role)));
    json_set(object, "standing", json_string(kadr_standing_text(node->standing)));
    json_set(object, "minus", json_boolean(node->minus));
    json_set(object, "cut", json_boolean(node->cut));
    set_weight(object, node);
    json_set(object, "ways", json_below(e, index, KADR_NODE_WAY));
    json_set(object, "against",
             json_array_size(against) > 0 ? json_incref(json_array_get(against, 0)) : json_null());
    json_decref(against);
    return object;
}

static json_t *json_of_sum(const struct explained *e, uint32_t index)
{
    const struct kadr_wire_node *node = &e->nodes[index];
    json_t *object = json_of_cell(e->names, &node->cell, node->day);

    json_set(object, "minus", json_boolean(node->minus));
    set_weight(object, node);
    json_set(object, "parts", json_below(e, index, KADR_NODE_CELL));
    return object;
}

/* ---- ways ---- */

static void set_way(json_t *object, const struct kadr_wire_node *node)
{
    json_set(object, "way", json_string(kadr_way_text(node->way)));
    json_set(object, "dimension", json_of_text(node->dimension));
}

static json_t *json_of_by(const struct explained *e, uint32_t by)
{
    json_t *object;

    if (by == 0 || by >= e->count || e->nodes[by].kind != KADR_NODE_WAY) {
        return json_null();
    }
    object = json_object();
    set_way(object, &e->nodes[by]);
    return object;
}

static json_t *json_of_way(const struct explained *e, uint32_t index)
{
    const struct kadr_wire_node *node = &e->nodes[index];
    json_t *object = json_object();

    set_way(object, node);
    json_set(object, "fate", json_string(kadr_fate_text(node->fate)));
    json_set(object, "by", json_of_by(e, node->by));
    json_set_value(object, &node->cell);
    set_weight(object, node);
    json_set(object, "statements", json_below(e, index, KADR_NODE_STATEMENT));
    json_set(object, "parts", json_below(e, index, KADR_NODE_CELL));
    json_set(object, "sums", json_below(e, index, KADR_NODE_SUM));
    return object;
}

static json_t *json_of_against(const struct explained *e, uint32_t index)
{
    const struct kadr_wire_node *node = &e->nodes[index];
    json_t *object = json_object();

    json_set(object, "as_of", json_of_day(node->day));
    json_set(object, "unexplained", json_of_unexplained(&node->cell.cell, node->cell.scale));
    json_set(object, "ways", json_below(e, index, KADR_NODE_WAY));
    return object;
}

/* ---- statements ---- */

static void set_value(json_t *object, const struct kadr_observation *observation)
{
    const struct kadr_value *value = &observation->value;
    bool none = value->kind != KADR_VALUE_INTERVAL;

    json_set(object, "lo", json_of_figure(value->lo, observation->scale, none));
    json_set(object, "hi", json_of_figure(value->hi, observation->scale, none || value->hi_open));
    json_set(object, "reason",
             value->kind == KADR_VALUE_MISSING ? json_string(kadr_reason_code(value->reason)) : json_null());
    json_set(object, "stated", json_of_text(observation->stated));
}

static void set_key(json_t *object, const struct kadr_observation *observation)
{
    char period[KADR_PERIOD_TEXT_BYTES];

    json_set(object, "unit", json_string(observation->unit));
    json_set(object, "indicator", json_string(observation->indicator));
    json_set(object, "breakdown", json_of_breakdown(observation->breakdown, observation->breakdown_count));
    json_set(object, "period", json_string(kadr_period_format(observation->period, period)));
    json_set(object, "occurrence", json_of_text(observation->occurrence));
}

static void set_report(json_t *object, const struct kadr_wire_node *node)
{
    json_set(object, "commit", json_integer((json_int_t)node->statement.commit));
    json_set(object, "index", json_integer(node->statement.index));
    json_set(object, "office", json_string(node->statement.office));
    json_set(object, "stream",
             json_of_hex(node->statement.stream.bytes, sizeof(node->statement.stream.bytes)));
    json_set(object, "sequence", json_integer((json_int_t)node->statement.sequence));
    json_set(object, "report_id", json_of_hex(node->statement.report_id, sizeof(node->statement.report_id)));
    json_set(object, "stated_at_ms", json_integer(node->statement.stated_at_ms));
    json_set(object, "received_at_ms", json_integer(node->statement.received_at_ms));
    json_set(object, "committed_at_ms", json_integer(node->statement.committed_at_ms));
    json_set(object, "source", json_of_text(node->statement.source));
    json_set(object, "published", json_of_day(node->statement.published));
    json_set(object, "file", json_of_text(node->statement.file));
}

static json_t *json_of_line(uint32_t number)
{
    return number > 0 ? json_integer(number) : json_null();
}

static json_t *json_of_statement(const struct explained *e, uint32_t index)
{
    const struct kadr_wire_node *node = &e->nodes[index];
    const struct kadr_observation *observation = &node->statement.observation;
    json_t *object = json_object();

    json_set(object, "use", json_string(kadr_use_text(node->statement.use)));
    set_key(object, observation);
    set_value(object, observation);
    set_report(object, node);
    json_set(object, "line", json_of_line(observation->line));
    json_set(object, "column", json_of_line(observation->column));
    json_set(object, "note", json_of_text(observation->note));
    return object;
}

/* ---- all of it ---- */

static json_t *json_of_node(const struct explained *e, uint32_t index)
{
    static json_t *(*const makers[])(const struct explained *, uint32_t) = {
        [KADR_NODE_CELL] = json_of_part,           [KADR_NODE_WAY] = json_of_way,
        [KADR_NODE_STATEMENT] = json_of_statement, [KADR_NODE_SUM] = json_of_sum,
        [KADR_NODE_AGAINST] = json_of_against,
    };

    return makers[e->nodes[index].kind](e, index);
}

int explain_print_json(const struct explained *e)
{
    json_t *object = json_of_state(&e->position);

    json_set(object, "cut", json_boolean(e->cut));
    json_set(object, "omitted", json_integer(e->omitted));
    json_set(object, "cell", json_of_node(e, 0));
    return json_print(object) == 0 ? KADR_EXIT_OK : KADR_EXIT_IOERR;
}
