/* SPDX-License-Identifier: Apache-2.0 */
/* past_explain.c - one cell taken apart, as it was known at a commit, with the reports that made it.
 *
 * The rollup knows of a statement its key, value, stated_at and commit; the history knows the rest: the row
 * with the clerk's words, the report with its office and times. Both are of one view, so a statement in force
 * always has them.
 */
#include "core/past_impl.h"

#include "base/err.h"
#include <string.h>

struct explaining {
    struct kadr_past *past;
    const struct kadr_past_state *state;
    struct kadr_wire_node *nodes; /* of the frame being filled; in the question's arena */
    uint64_t total;
    struct kadr_digest digest;
};

/* ---- what is asked ------------------------------------------------------------------------------------- */

static int add_member(struct kadr_past *past, const struct kadr_reference *reference,
                      const struct kadr_indicator_info *info, const struct kadr_member_pair *pair,
                      kadr_breakdown *breakdown)
{
    kadr_dimension dimension = kadr_dimension_find(reference, pair->dimension);
    kadr_member member =
        dimension != KADR_NO_DIMENSION ? kadr_member_find(reference, dimension, pair->member) : 0;
    if (dimension == KADR_NO_DIMENSION) {
        return kadr_past_refuse(past, KADR_DIAG_UNKNOWN_DIMENSION, pair->dimension, NULL);
    }
    if (member == 0) {
        return kadr_past_refuse(past, KADR_DIAG_UNKNOWN_MEMBER, pair->member, pair->dimension);
    }
    if (!kadr_indicator_takes(info, dimension)) {
        return kadr_past_refuse(past, KADR_DIAG_WRONG_DIMENSION, pair->dimension, info->code);
    }
    if (kadr_breakdown_add(reference, breakdown, member) != 0) {
        return kadr_past_refuse(past, KADR_DIAG_DIMENSION_TWICE, pair->dimension, NULL);
    }
    return 0;
}

/* The rest of the query: unit and indicator are in it. */
static int check_question(struct kadr_past *past, const struct kadr_past_state *state,
                          const struct kadr_query_request *request, struct kadr_rollup_query *query,
                          kadr_breakdown *breakdown)
{
    const struct kadr_indicator_info *info = kadr_indicator_info(state->reference, query->indicator);
    int err = 0;
    *breakdown = 0;
    for (size_t i = 0; err == 0 && i < request->explain.breakdown_count; i++) {
        err = add_member(past, state->reference, info, &request->explain.breakdown[i], breakdown);
    }
    query->as_of = request->explain.as_of == KADR_DAY_NONE ? state->position.day : request->explain.as_of;
    query->has_period = request->explain.has_period;
    query->period = request->explain.period;
    if (err == 0) {
        err = kadr_past_check_day(past, query->as_of, state->position.day);
    }
    if (err == 0 && info->time != KADR_TIME_LAST && !query->has_period) {
        err = kadr_past_refuse(past, KADR_DIAG_PERIOD_NEEDED, info->code, NULL);
    }
    return err;
}

/* ---- where a statement comes from ---------------------------------------------------------------------- */

struct finding {
    struct kadr_past *past;
    const struct kadr_reference *reference;
    const struct kadr_node *node;
    struct kadr_wire_node *wire;
    bool found;
};

static bool same_breakdown(const struct kadr_reference *reference, const struct kadr_observation *observation,
                           kadr_breakdown breakdown)
{
    kadr_breakdown own = 0;
    for (size_t i = 0; i < observation->breakdown_count; i++) {
        const struct kadr_member_pair *pair = &observation->breakdown[i];
        kadr_dimension dimension = kadr_dimension_find(reference, pair->dimension);
        kadr_member member =
            dimension != KADR_NO_DIMENSION ? kadr_member_find(reference, dimension, pair->member) : 0;
        if (member == 0 || kadr_breakdown_add(reference, &own, member) != 0) {
            return false;
        }
    }
    return own == breakdown;
}

static const char *keep(struct finding *finding, const char *text)
{
    return kadr_arena_strndup(finding->past->arena, text, strlen(text));
}

/* Codes as they are now, the rest as it was stated. */
static int take_row(void *context, const struct kadr_history_row *row)
{
    struct finding *finding = context;
    const struct kadr_statement *statement = finding->node->statement;
    struct kadr_observation *taken = &finding->wire->statement.observation;
    const char *occurrence = statement->occurrence ? statement->occurrence : "";
    if (finding->found || strcmp(row->observation.occurrence, occurrence) != 0 ||
        !kadr_period_equal(row->observation.period, statement->period) ||
        !same_breakdown(finding->reference, &row->observation, finding->node->cell.key.breakdown)) {
        return 0;
    }
    finding->found = true;
    *taken = row->observation;
    taken->unit = finding->wire->cell.unit;
    taken->indicator = finding->wire->cell.indicator;
    taken->breakdown_count = finding->wire->cell.breakdown_count;
    memcpy(taken->breakdown, finding->wire->cell.breakdown, sizeof taken->breakdown);
    taken->occurrence = keep(finding, row->observation.occurrence);
    taken->stated = keep(finding, row->observation.stated);
    taken->note = keep(finding, row->observation.note);
    finding->wire->statement.index = row->index;
    return taken->occurrence && taken->stated && taken->note ? 0 : KADR_EFULL;
}

static int find_under(void *context, const char *code)
{
    struct finding *finding = context;
    const struct kadr_cell_key *key = &finding->node->cell.key;
    uint64_t commit = finding->node->statement->commit;
    if (finding->found || kadr_unit_find(finding->reference, code) != key->unit) {
        return 0;
    }
    return kadr_history_rows(finding->past->view, code,
                             kadr_indicator_info(finding->reference, key->indicator)->code, commit, commit,
                             take_row, finding);
}

/* By the unit's code; a unit that was called otherwise then, by its aliases. */
static int find_row(struct finding *finding)
{
    const struct kadr_cell_key *key = &finding->node->cell.key;
    int err = find_under(finding, kadr_unit_info(finding->reference, key->unit)->code);
    if (err == 0 && !finding->found) {
        err = kadr_unit_codes(finding->reference, key->unit, find_under, finding);
    }
    return err != 0 ? err : finding->found ? 0 : KADR_ECORRUPT;
}

static int add_source(struct explaining *explaining, const struct kadr_node *node,
                      struct kadr_wire_node *wire)
{
    struct finding finding = { explaining->past, explaining->state->reference, node, wire, false };
    struct kadr_history_report report;
    int err = find_row(&finding);
    if (err == 0) {
        err = kadr_history_report_at(explaining->past->view, node->statement->commit, &report);
    }
    if (err != 0) {
        return err == KADR_ENOENT ? KADR_ECORRUPT : err;
    }
    wire->statement.office = report.office;
    wire->statement.stream = report.stream;
    wire->statement.sequence = report.sequence;
    memcpy(wire->statement.report_id, report.report_id, sizeof wire->statement.report_id);
    wire->statement.received_at_ms = report.received_at_ms;
    wire->statement.committed_at_ms = report.committed_at_ms;
    wire->statement.source = report.source;
    wire->statement.published = report.published;
    wire->statement.file = report.file;
    return 0;
}

/* ---- the answer ---------------------------------------------------------------------------------------- */

static int send_frame(struct explaining *explaining, const struct kadr_explanation *explanation,
                      uint32_t first, uint32_t count)
{
    struct kadr_query_reply reply = { .kind = KADR_QUERY_EXPLANATION };
    reply.explanation.first = first;
    reply.explanation.count = count;
    reply.explanation.nodes = explaining->nodes;
    reply.explanation.cut = explanation->cut;
    reply.explanation.omitted = explanation->omitted;
    for (uint32_t i = 0; i < count; i++) {
        const struct kadr_node *node = &explanation->nodes[first + i];
        struct kadr_wire_node *wire = &explaining->nodes[i];
        kadr_wire_node_from(explaining->state->reference, node, wire);
        if (node->kind == KADR_NODE_STATEMENT) {
            int err = add_source(explaining, node, wire);
            if (err != 0) {
                return err;
            }
        } else {
            struct kadr_digest digest = kadr_cell_digest(explaining->state->reference, &node->cell);
            kadr_digest_add(&explaining->digest, &digest);
        }
    }
    return kadr_past_reply(explaining->past, &reply);
}

static int send_all(struct explaining *explaining, const struct kadr_explanation *explanation, kadr_day as_of)
{
    struct kadr_query_reply begin = { .kind = KADR_QUERY_BEGIN }, end = { .kind = KADR_QUERY_END };
    begin.begin.position = explaining->state->position;
    begin.begin.position.day = as_of;
    explaining->nodes =
        kadr_arena_calloc(explaining->past->arena, KADR_MAX_CELLS_PER_FRAME, sizeof *explaining->nodes);
    int err = explaining->nodes != NULL ? kadr_past_reply(explaining->past, &begin) : KADR_EFULL;
    for (uint32_t first = 0; err == 0 && first < explanation->count; first += KADR_MAX_CELLS_PER_FRAME) {
        uint32_t left = explanation->count - first;
        err = send_frame(explaining, explanation, first,
                         left < KADR_MAX_CELLS_PER_FRAME ? left : KADR_MAX_CELLS_PER_FRAME);
    }
    end.end.cells = explanation->count;
    end.end.digest = explaining->digest;
    return err != 0 ? err : kadr_past_reply(explaining->past, &end);
}

static int answer(struct kadr_past *past, const struct kadr_past_state *state,
                  const struct kadr_query_request *request, struct kadr_rollup_query *query)
{
    KADR_CLEANUP(kadr_explanation_done) struct kadr_explanation explanation = { 0 };
    struct explaining explaining = { .past = past, .state = state };
    kadr_breakdown breakdown = 0;
    int err = check_question(past, state, request, query, &breakdown);
    if (err == 0) {
        err = kadr_rollup_explain(state->rollup, query, breakdown, &explanation);
    }
    if (err == KADR_ENOENT) {
        return kadr_past_refuse(past, KADR_DIAG_NOTHING_STATED, request->explain.unit,
                                request->explain.indicator);
    }
    return err != 0 ? err : send_all(&explaining, &explanation, query->as_of);
}

int kadr_past_explain(struct kadr_past *past, const struct kadr_query_request *request)
{
    const struct kadr_past_scope scope = { .unit = request->explain.unit,
                                           .indicator = request->explain.indicator };
    KADR_CLEANUP(kadr_past_state_done) struct kadr_past_state state = { .rollup = NULL };
    struct kadr_rollup_query query;
    uint64_t commit = 0;
    int err = kadr_past_instant(past, &request->explain.known, &commit);
    if (err == 0) {
        err = kadr_past_state_at(past, &scope, commit, commit, &state);
    }
    if (err == 0) {
        err = kadr_past_check_scope(past, &state, &scope, &query);
    }
    return err != 0 ? err : answer(past, &state, request, &query);
}
