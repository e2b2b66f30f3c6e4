/* SPDX-License-Identifier: Apache-2.0 */
/* aggregate_query.c - snapshots: the state at one commit, in bounded frames, closed by an end mark that
 * counts them. */
/* A question is checked when it comes and waits in a bounded ring; one is answered each time the deadline is
 * due, so that a hundred questions at once delay the feed by one answer and not by all of them. */
#include "core/aggregate_impl.h"
#include "core/past.h"

#define RETRY_AFTER_MS 500

struct answer {
    struct kadr_aggregate *agg;
    const struct kadr_peer *peer;
    const struct kadr_reference *reference;
    uint64_t request;
    struct kadr_wire_cell *cells; /* of the frame being filled; KADR_MAX_CELLS_PER_FRAME */
    size_t count;
    uint64_t total;
    struct kadr_digest digest;
    int err;
};

static int send_reply(struct kadr_aggregate *agg, const struct kadr_peer *peer,
                      const struct kadr_query_reply *reply)
{
    kadr_buf_clear(&agg->frame);
    kadr_encode_query_reply(reply, &agg->frame);
    if (agg->frame.err != 0) {
        return agg->frame.err;
    }
    return agg->sink.to_peer(agg->sink.context, peer, &agg->frame);
}

static int refuse(struct kadr_aggregate *agg, const struct kadr_peer *peer, uint64_t request,
                  enum kadr_diag_code code, const char *arg0, const char *arg1)
{
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags;
    kadr_diags_init(&diags);
    kadr_diags_add(&diags, code, -1, 0, 0, arg0, arg1, NULL);
    struct kadr_query_reply reply = { .request = request, .kind = KADR_QUERY_REFUSAL };
    if (diags.count == 0 || kadr_wire_diag_from(&diags.items[0], agg->arena, &reply.refusal.diag) != 0) {
        return KADR_ENOMEM;
    }
    reply.refusal.retry_after_ms = code == KADR_DIAG_RETRY_LATER ? RETRY_AFTER_MS : 0;
    agg->count.refused++;
    int err = send_reply(agg, peer, &reply);
    return err == KADR_EFULL ? 0 : err; /* the peer does not read: its loss, counted by the socket */
}

static int flush_cells(struct answer *answer)
{
    struct kadr_query_reply reply = { .request = answer->request, .kind = KADR_QUERY_CELLS };
    reply.cells.items = answer->cells;
    reply.cells.count = answer->count;
    answer->count = 0;
    return send_reply(answer->agg, answer->peer, &reply);
}

static int add_cell(void *context, const struct kadr_cell *cell)
{
    struct answer *answer = context;
    kadr_wire_cell_from(answer->reference, cell, &answer->cells[answer->count++]);
    struct kadr_digest digest = kadr_cell_digest(answer->reference, cell);
    kadr_digest_add(&answer->digest, &digest);
    answer->total++;
    return answer->count == KADR_MAX_CELLS_PER_FRAME ? flush_cells(answer) : 0;
}

static int send_begin(const struct answer *answer, kadr_day as_of)
{
    struct kadr_query_reply reply = { .request = answer->request, .kind = KADR_QUERY_BEGIN };
    reply.begin.position = kadr_aggregate_position(answer->agg);
    reply.begin.position.day = as_of;
    return send_reply(answer->agg, answer->peer, &reply);
}

static int send_end(const struct answer *answer)
{
    struct kadr_query_reply reply = { .request = answer->request, .kind = KADR_QUERY_END };
    reply.end.cells = answer->total;
    reply.end.digest = answer->digest;
    return send_reply(answer->agg, answer->peer, &reply);
}

static int send_snapshot(struct kadr_aggregate *agg, struct answer *answer,
                         const struct kadr_rollup_query *query)
{
    answer->cells = kadr_arena_calloc(agg->arena, KADR_MAX_CELLS_PER_FRAME, sizeof *answer->cells);
    if (answer->cells == NULL) {
        return KADR_ENOMEM;
    }
    int err = send_begin(answer, query->as_of);
    if (err == 0) {
        err = kadr_rollup_query(agg->rollup, query, add_cell, answer);
    }
    if (err == 0 && answer->count > 0) {
        err = flush_cells(answer);
    }
    if (err == 0) {
        err = send_end(answer);
    }
    agg->count.snapshots++;
    agg->count.snapshot_cells += answer->total;
    if (err == KADR_EFULL) {
        agg->count.snapshots_cut++; /* no end mark: the asker sees that it is short and asks again */
        return 0;
    }
    return err;
}

static size_t waiting_of(const struct kadr_aggregate *agg, const struct kadr_peer *peer)
{
    size_t count = 0;
    for (size_t i = 0; i < agg->question_count; i++) {
        count += kadr_peer_equal(&agg->questions[(agg->first_question + i) % KADR_MAX_SNAPSHOTS].peer, peer);
    }
    return count;
}

static int enqueue(struct kadr_aggregate *agg, const struct kadr_question *question)
{
    if (agg->question_count == KADR_MAX_SNAPSHOTS ||
        waiting_of(agg, &question->peer) == KADR_MAX_PEER_SNAPSHOTS) {
        return refuse(agg, &question->peer, question->request, KADR_DIAG_RETRY_LATER, "busy", NULL);
    }
    agg->questions[(agg->first_question + agg->question_count++) % KADR_MAX_SNAPSHOTS] = *question;
    return 0;
}

/* Unit and indicator by the current reference. @retval KADR_EPERM  refused and told */
static int resolve(struct kadr_aggregate *agg, const struct kadr_peer *peer,
                   const struct kadr_query_request *request, struct kadr_rollup_query *query)
{
    const struct kadr_reference *reference = kadr_rollup_current_reference(agg->rollup);
    const char *unit = request->snapshot.unit, *indicator = request->snapshot.indicator;
    query->unit = unit[0] != '\0' ? kadr_unit_find(reference, unit) : KADR_NO_UNIT;
    query->indicator = indicator[0] != '\0' ? kadr_indicator_find(reference, indicator) : KADR_NO_INDICATOR;
    int err = 0;
    if (unit[0] != '\0' && query->unit == KADR_NO_UNIT) {
        err = refuse(agg, peer, request->request, KADR_DIAG_UNKNOWN_UNIT, unit, NULL);
    } else if (indicator[0] != '\0' && query->indicator == KADR_NO_INDICATOR) {
        err = refuse(agg, peer, request->request, KADR_DIAG_UNKNOWN_INDICATOR, indicator, NULL);
    } else {
        return 0;
    }
    return err == 0 ? KADR_EPERM : err;
}

/* From the rollup, when its turn comes. */
static int on_live(struct kadr_aggregate *agg, const struct kadr_peer *peer,
                   const struct kadr_query_request *request)
{
    kadr_day today = kadr_rollup_current_day(agg->rollup);
    struct kadr_rollup_query query = {
        .subtree = request->snapshot.subtree,
        .borders_today = request->snapshot.borders_today,
        .as_of = request->snapshot.as_of == KADR_DAY_NONE ? today : request->snapshot.as_of,
        .has_period = request->snapshot.has_period,
        .period = request->snapshot.period,
    };
    int err = resolve(agg, peer, request, &query);
    if (err != 0) {
        return err == KADR_EPERM ? 0 : err;
    }
    if (query.as_of > today) {
        char asked[KADR_DAY_TEXT_BYTES];
        char now[KADR_DAY_TEXT_BYTES];
        return refuse(agg, peer, request->request, KADR_DIAG_PERIOD_IN_FUTURE,
                      kadr_day_format(query.as_of, asked), kadr_day_format(today, now));
    }
    return enqueue(agg, &(struct kadr_question){ *peer, request->request, query });
}

static int hand_over(struct kadr_aggregate *agg, const struct kadr_peer *peer,
                     const struct kadr_query_request *request, struct kadr_bytes frame)
{
    struct kadr_aggregate_past question = {
        .peer = peer, .request = request->request, .frame = frame, .now = kadr_aggregate_position(agg)
    };
    question.needs = kadr_past_needs(request, &question.now);
    int err = agg->sink.past != NULL ? agg->sink.past(agg->sink.context, &question) : KADR_ENOENT;
    agg->count.past += err == 0;
    return err;
}

/* What the rollup can answer as well when there is no history. */
static bool is_of_what_is_known(const struct kadr_query_request *request)
{
    return request->kind == KADR_QUERY_SNAPSHOT && request->snapshot.known.kind == KADR_INSTANT_NOW;
}

static bool is_of_now(const struct kadr_aggregate *agg, const struct kadr_query_request *request)
{
    return is_of_what_is_known(request) && (request->snapshot.as_of == KADR_DAY_NONE ||
                                            request->snapshot.as_of >= kadr_rollup_current_day(agg->rollup));
}

/* The sink did not take it. */
static int refuse_past(struct kadr_aggregate *agg, const struct kadr_peer *peer, uint64_t request, int err)
{
    return err == KADR_ENOENT   ? refuse(agg, peer, request, KADR_DIAG_NO_HISTORY, NULL, NULL)
           : err == KADR_EAGAIN ? refuse(agg, peer, request, KADR_DIAG_RETRY_LATER, "history_behind", NULL)
           : err == KADR_EFULL  ? refuse(agg, peer, request, KADR_DIAG_RETRY_LATER, "busy", NULL)
                                : err;
}

static int on_question(struct kadr_aggregate *agg, const struct kadr_peer *peer,
                       const struct kadr_query_request *request, struct kadr_bytes frame)
{
    bool ready = agg->caught_up && kadr_rollup_current_reference(agg->rollup) != NULL &&
                 kadr_rollup_current_day(agg->rollup) != KADR_DAY_NONE;
    if (!ready) {
        return refuse(agg, peer, request->request, KADR_DIAG_RETRY_LATER, "catching_up", NULL);
    }
    if (is_of_now(agg, request)) {
        return on_live(agg, peer, request);
    }
    int err = hand_over(agg, peer, request, frame);
    if ((err == KADR_ENOENT || err == KADR_EAGAIN) && is_of_what_is_known(request)) {
        return on_live(agg, peer, request);
    }
    return err == 0 ? 0 : refuse_past(agg, peer, request->request, err);
}

int kadr_aggregate_answer_next(struct kadr_aggregate *agg, kadr_ns now_ns)
{
    if (agg->question_count == 0) {
        return 0;
    }
    struct kadr_question question = agg->questions[agg->first_question];
    agg->first_question = (agg->first_question + 1) % KADR_MAX_SNAPSHOTS;
    agg->question_count--;
    /* What is pending goes out first: a snapshot at N and the deltas up to N say the same. */
    int err = agg->published < agg->commit ? kadr_aggregate_publish(agg, now_ns) : 0;
    struct answer answer = { .agg = agg,
                             .peer = &question.peer,
                             .reference = kadr_rollup_current_reference(agg->rollup),
                             .request = question.request };
    return err != 0 ? err : send_snapshot(agg, &answer, &question.query);
}

int kadr_aggregate_refuse_questions(struct kadr_aggregate *agg, const char *why)
{
    int err = 0;
    for (; agg->question_count > 0 && err == 0; agg->question_count--) {
        const struct kadr_question *question = &agg->questions[agg->first_question];
        err = refuse(agg, &question->peer, question->request, KADR_DIAG_RETRY_LATER, why, NULL);
        agg->first_question = (agg->first_question + 1) % KADR_MAX_SNAPSHOTS;
    }
    return err;
}

static int on_ping(struct kadr_aggregate *agg, const struct kadr_peer *peer,
                   const struct kadr_query_request *request)
{
    struct kadr_position position = kadr_aggregate_position(agg);
    struct kadr_query_reply reply = { .request = request->request, .kind = KADR_QUERY_PONG };
    reply.pong = (struct kadr_pong){
        .nonce = request->ping_nonce,
        .commit = position.commit,
        .has_lineage = agg->has_lineage,
        .lineage = position.lineage,
        .day = position.day,
        .has_reference = kadr_rollup_current_reference(agg->rollup) != NULL,
        .reference = position.reference,
    };
    int err = send_reply(agg, peer, &reply);
    return err == KADR_EFULL ? 0 : err;
}

int kadr_aggregate_refuse_bad(struct kadr_aggregate *agg, const struct kadr_peer *peer, const char *why)
{
    agg->count.bad_frames++;
    return refuse(agg, peer, 0, KADR_DIAG_BAD_FRAME, why, NULL);
}

int kadr_aggregate_query(struct kadr_aggregate *agg, const struct kadr_peer *peer, struct kadr_bytes frame)
{
    struct kadr_query_request request;
    const char *why = NULL;
    int err = kadr_decode_query_request(frame, agg->arena, &request, &why);
    if (err != 0) {
        kadr_arena_clear(agg->arena); /* over its cap as well: the asker's doing, not ours to die of */
        return kadr_aggregate_refuse_bad(agg, peer, why);
    }
    return kadr_past_takes(&request) ? on_question(agg, peer, &request, frame) : on_ping(agg, peer, &request);
}
