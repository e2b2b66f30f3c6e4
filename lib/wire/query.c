/* SPDX-License-Identifier: Apache-2.0 */
/* query.c - asking aggregatord: for a snapshot, now or as it was; for what changed; for what would. */
#include "kadr/v1/rollup.pb-c.h"
#include "wire/codec.h"

/* ---- requests ---- */

static struct kadr_instant moment_at(uint64_t commit)
{
    return (struct kadr_instant){ .kind = KADR_INSTANT_COMMIT, .commit = commit };
}

static struct kadr_instant moment_by(struct kadr_dec *dec, int64_t at_ms)
{
    return (struct kadr_instant){ .kind = KADR_INSTANT_TIME, .at_ms = kadr_dec_ms(dec, at_ms) };
}

static struct kadr_instant get_known(struct kadr_dec *dec, const Kadr__V1__SnapshotRequest *m)
{
    struct kadr_instant now = { .kind = KADR_INSTANT_NOW };
    return m->known_case == KADR__V1__SNAPSHOT_REQUEST__KNOWN_KNOWN_COMMIT  ? moment_at(m->known_commit)
           : m->known_case == KADR__V1__SNAPSHOT_REQUEST__KNOWN_KNOWN_AT_MS ? moment_by(dec, m->known_at_ms)
                                                                            : now;
}

static void put_known(const struct kadr_instant *known, Kadr__V1__SnapshotRequest *m)
{
    if (known->kind == KADR_INSTANT_COMMIT) {
        m->known_case = KADR__V1__SNAPSHOT_REQUEST__KNOWN_KNOWN_COMMIT;
        m->known_commit = known->commit;
    } else if (known->kind == KADR_INSTANT_TIME) {
        m->known_case = KADR__V1__SNAPSHOT_REQUEST__KNOWN_KNOWN_AT_MS;
        m->known_at_ms = known->at_ms;
    }
}

static void get_snapshot(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__SnapshotRequest *m = message;
    struct kadr_query_request *request = ret;
    bool has_day = m->as_of_day_case == KADR__V1__SNAPSHOT_REQUEST__AS_OF_DAY_AS_OF;
    request->snapshot.unit = kadr_dec_code_or_empty(dec, m->unit, "unit of a snapshot");
    request->snapshot.subtree = m->subtree;
    request->snapshot.borders_today = m->borders_today;
    request->snapshot.indicator = kadr_dec_code_or_empty(dec, m->indicator, "indicator of a snapshot");
    request->snapshot.as_of = has_day ? kadr_dec_day(dec, m->as_of) : KADR_DAY_NONE;
    request->snapshot.has_period = m->range_case == KADR__V1__SNAPSHOT_REQUEST__RANGE_PERIOD;
    if (request->snapshot.has_period) {
        kadr_get_period(dec, m->period, &request->snapshot.period);
    }
    request->snapshot.known = get_known(dec, m);
}

static void *put_snapshot(struct kadr_arena *arena, const void *item)
{
    const struct kadr_query_request *request = item;
    Kadr__V1__SnapshotRequest *m = kadr_enc_new(arena, &kadr__v1__snapshot_request__descriptor);
    if (m == NULL) {
        return NULL;
    }
    m->unit = kadr_enc_text(request->snapshot.unit);
    m->subtree = request->snapshot.subtree;
    m->borders_today = request->snapshot.borders_today;
    m->indicator = kadr_enc_text(request->snapshot.indicator);
    if (request->snapshot.as_of != KADR_DAY_NONE) {
        m->as_of_day_case = KADR__V1__SNAPSHOT_REQUEST__AS_OF_DAY_AS_OF;
        m->as_of = request->snapshot.as_of;
    }
    if (request->snapshot.has_period) {
        m->range_case = KADR__V1__SNAPSHOT_REQUEST__RANGE_PERIOD;
        m->period = kadr_put_period(arena, &request->snapshot.period);
    }
    put_known(&request->snapshot.known, m);
    return m;
}

static void get_changes(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__ChangesRequest *m = message;
    struct kadr_query_request *request = ret;
    bool by_time = m->start_case == KADR__V1__CHANGES_REQUEST__START_FROM_MS;
    kadr_dec_check(dec, by_time || m->start_case == KADR__V1__CHANGES_REQUEST__START_FROM,
                   "changes since nothing");
    request->changes.from = by_time ? moment_by(dec, m->from_ms) : moment_at(m->from);
    if (m->stop_case == KADR__V1__CHANGES_REQUEST__STOP_TO_MS) {
        request->changes.to = moment_by(dec, m->to_ms);
    } else if (m->stop_case == KADR__V1__CHANGES_REQUEST__STOP_TO && m->to > 0) {
        request->changes.to = moment_at(m->to);
    }
    request->changes.unit = kadr_dec_code_or_empty(dec, m->unit, "unit of changes");
    request->changes.indicator = kadr_dec_code_or_empty(dec, m->indicator, "indicator of changes");
    request->changes.subtree = m->subtree;
    request->changes.has_as_of = m->as_of_day_case == KADR__V1__CHANGES_REQUEST__AS_OF_DAY_AS_OF;
    if (request->changes.has_as_of) {
        request->changes.as_of = kadr_dec_day(dec, m->as_of);
    }
}

static void put_stop(const struct kadr_instant *to, Kadr__V1__ChangesRequest *m)
{
    if (to->kind == KADR_INSTANT_COMMIT) {
        m->stop_case = KADR__V1__CHANGES_REQUEST__STOP_TO;
        m->to = to->commit;
    } else if (to->kind == KADR_INSTANT_TIME) {
        m->stop_case = KADR__V1__CHANGES_REQUEST__STOP_TO_MS;
        m->to_ms = to->at_ms;
    }
}

static void *put_changes(struct kadr_arena *arena, const void *item)
{
    const struct kadr_query_request *request = item;
    Kadr__V1__ChangesRequest *m = kadr_enc_new(arena, &kadr__v1__changes_request__descriptor);
    if (m == NULL) {
        return NULL;
    }
    if (request->changes.from.kind == KADR_INSTANT_TIME) {
        m->start_case = KADR__V1__CHANGES_REQUEST__START_FROM_MS;
        m->from_ms = request->changes.from.at_ms;
    } else {
        m->start_case = KADR__V1__CHANGES_REQUEST__START_FROM;
        m->from = request->changes.from.commit;
    }
    put_stop(&request->changes.to, m);
    m->unit = kadr_enc_text(request->changes.unit);
    m->indicator = kadr_enc_text(request->changes.indicator);
    m->subtree = request->changes.subtree;
    if (request->changes.has_as_of) {
        m->as_of_day_case = KADR__V1__CHANGES_REQUEST__AS_OF_DAY_AS_OF;
        m->as_of = request->changes.as_of;
    }
    return m;
}

static void get_explain(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__ExplainRequest *m = message;
    struct kadr_query_request *request = ret;
    bool has_day = m->as_of_day_case == KADR__V1__EXPLAIN_REQUEST__AS_OF_DAY_AS_OF;
    request->explain.unit = kadr_dec_code(dec, m->unit, "unit to explain");
    request->explain.indicator = kadr_dec_code(dec, m->indicator, "indicator to explain");
    kadr_dec_check(dec, m->n_breakdown <= KADR_MAX_DIMENSIONS, "more than four members in a breakdown");
    for (size_t i = 0; i < m->n_breakdown && dec->err == 0; i++) {
        kadr_get_member(dec, m->breakdown[i], &request->explain.breakdown[i]);
    }
    request->explain.breakdown_count = m->n_breakdown;
    request->explain.as_of = has_day ? kadr_dec_day(dec, m->as_of) : KADR_DAY_NONE;
    request->explain.has_period = m->range_case == KADR__V1__EXPLAIN_REQUEST__RANGE_PERIOD;
    if (request->explain.has_period) {
        kadr_get_period(dec, m->period, &request->explain.period);
    }
    if (m->known_case == KADR__V1__EXPLAIN_REQUEST__KNOWN_KNOWN_COMMIT) {
        request->explain.known = moment_at(m->known_commit);
    } else if (m->known_case == KADR__V1__EXPLAIN_REQUEST__KNOWN_KNOWN_AT_MS) {
        request->explain.known = moment_by(dec, m->known_at_ms);
    }
}

static void put_explain_known(const struct kadr_instant *known, Kadr__V1__ExplainRequest *m)
{
    if (known->kind == KADR_INSTANT_COMMIT) {
        m->known_case = KADR__V1__EXPLAIN_REQUEST__KNOWN_KNOWN_COMMIT;
        m->known_commit = known->commit;
    } else if (known->kind == KADR_INSTANT_TIME) {
        m->known_case = KADR__V1__EXPLAIN_REQUEST__KNOWN_KNOWN_AT_MS;
        m->known_at_ms = known->at_ms;
    }
}

static void *put_explain(struct kadr_arena *arena, const void *item)
{
    const struct kadr_query_request *request = item;
    Kadr__V1__ExplainRequest *m = kadr_enc_new(arena, &kadr__v1__explain_request__descriptor);
    if (m == NULL) {
        return NULL;
    }
    m->unit = kadr_enc_text(request->explain.unit);
    m->indicator = kadr_enc_text(request->explain.indicator);
    m->breakdown = kadr_enc_list(arena, request->explain.breakdown, request->explain.breakdown_count,
                                 sizeof(request->explain.breakdown[0]), kadr_put_member, &m->n_breakdown);
    if (request->explain.has_period) {
        m->range_case = KADR__V1__EXPLAIN_REQUEST__RANGE_PERIOD;
        m->period = kadr_put_period(arena, &request->explain.period);
    }
    if (request->explain.as_of != KADR_DAY_NONE) {
        m->as_of_day_case = KADR__V1__EXPLAIN_REQUEST__AS_OF_DAY_AS_OF;
        m->as_of = request->explain.as_of;
    }
    put_explain_known(&request->explain.known, m);
    return m;
}

static void get_preview(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__PreviewRequest *m = message;
    struct kadr_query_request *request = ret;
    struct kadr_wire_files files = { .count = 0 };
    kadr_dec_part(dec, m->files, kadr_get_files, &files, "a preview without files");
    request->preview.files = files.files;
    request->preview.count = files.count;
}

static void *put_preview(struct kadr_arena *arena, const void *item)
{
    const struct kadr_query_request *request = item;
    struct kadr_wire_files files = { request->preview.files, request->preview.count };
    Kadr__V1__PreviewRequest *m = kadr_enc_new(arena, &kadr__v1__preview_request__descriptor);
    if (m) {
        m->files = kadr_put_files(arena, &files);
    }
    return m;
}

static void get_request_ping(struct kadr_dec *dec, const void *message, void *ret)
{
    kadr_get_ping(dec, message, &((struct kadr_query_request *)ret)->ping_nonce);
}

static void *put_request_ping(struct kadr_arena *arena, const void *item)
{
    return kadr_put_ping(arena, &((const struct kadr_query_request *)item)->ping_nonce);
}

static kadr_get_fn *const request_gets[KADR_QUERY_COUNT_] = { [KADR_QUERY_SNAPSHOT] = get_snapshot,
                                                              [KADR_QUERY_PING] = get_request_ping,
                                                              [KADR_QUERY_CHANGES] = get_changes,
                                                              [KADR_QUERY_EXPLAIN] = get_explain,
                                                              [KADR_QUERY_SERIES] = kadr_get_series_request,
                                                              [KADR_QUERY_COVERAGE] =
                                                                  kadr_get_coverage_request,
                                                              [KADR_QUERY_PREVIEW] = get_preview };
static kadr_put_fn *const request_puts[KADR_QUERY_COUNT_] = { [KADR_QUERY_SNAPSHOT] = put_snapshot,
                                                              [KADR_QUERY_PING] = put_request_ping,
                                                              [KADR_QUERY_CHANGES] = put_changes,
                                                              [KADR_QUERY_EXPLAIN] = put_explain,
                                                              [KADR_QUERY_SERIES] = kadr_put_series_request,
                                                              [KADR_QUERY_COVERAGE] =
                                                                  kadr_put_coverage_request,
                                                              [KADR_QUERY_PREVIEW] = put_preview };
static const struct kadr_bodies request_bodies = { KADR__V1__QUERY_REQUEST__BODY_SNAPSHOT,
                                                   KADR_COUNT(request_gets), request_gets, request_puts };

static void get_request(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__QueryRequest *m = message;
    struct kadr_query_request *request = ret;
    request->request = m->request;
    request->kind = kadr_dec_body(dec, &request_bodies, (uint32_t)m->body_case, m->snapshot, request);
}

static void *put_request(struct kadr_arena *arena, const void *item)
{
    const struct kadr_query_request *request = item;
    Kadr__V1__QueryRequest *m = kadr_enc_new(arena, &kadr__v1__query_request__descriptor);
    if (m) {
        m->version = KADR_WIRE_VERSION;
        m->request = request->request;
        m->body_case = (Kadr__V1__QueryRequest__BodyCase)(request_bodies.first + request->kind);
        m->snapshot = kadr_enc_body(arena, &request_bodies, request->kind, request);
    }
    return m;
}

/* ---- replies ---- */

static void get_begin(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__SnapshotBegin *m = message;
    struct kadr_query_reply *reply = ret;
    kadr_dec_part(dec, m->position, kadr_get_position, &reply->begin.position,
                  "a snapshot without a position");
    reply->begin.has_before = m->before != NULL;
    if (reply->begin.has_before) {
        kadr_get_position(dec, m->before, &reply->begin.before);
    }
}

static void *put_begin(struct kadr_arena *arena, const void *item)
{
    const struct kadr_query_reply *reply = item;
    Kadr__V1__SnapshotBegin *m = kadr_enc_new(arena, &kadr__v1__snapshot_begin__descriptor);
    if (m) {
        m->position = kadr_put_position(arena, &reply->begin.position);
        m->before = reply->begin.has_before ? kadr_put_position(arena, &reply->begin.before) : NULL;
    }
    return m;
}

static void get_cells(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__CellList *m = message;
    struct kadr_query_reply *reply = ret;
    reply->cells.items = kadr_dec_list(dec, m->cells, m->n_cells, KADR_MAX_CELLS_PER_FRAME,
                                       sizeof(struct kadr_wire_cell), kadr_get_cell, "too many cells");
    reply->cells.count = m->n_cells;
}

static void *put_cells(struct kadr_arena *arena, const void *item)
{
    const struct kadr_query_reply *reply = item;
    Kadr__V1__CellList *m = kadr_enc_new(arena, &kadr__v1__cell_list__descriptor);
    if (m) {
        m->cells = kadr_enc_list(arena, reply->cells.items, reply->cells.count, sizeof(struct kadr_wire_cell),
                                 kadr_put_cell, &m->n_cells);
    }
    return m;
}

static void get_change_list(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__ChangeList *m = message;
    struct kadr_query_reply *reply = ret;
    reply->changes.items =
        kadr_dec_list(dec, m->changes, m->n_changes, KADR_MAX_CELLS_PER_FRAME,
                      sizeof(struct kadr_wire_change), kadr_get_change, "too many changes");
    reply->changes.count = m->n_changes;
}

static void *put_change_list(struct kadr_arena *arena, const void *item)
{
    const struct kadr_query_reply *reply = item;
    Kadr__V1__ChangeList *m = kadr_enc_new(arena, &kadr__v1__change_list__descriptor);
    if (m) {
        m->changes = kadr_enc_list(arena, reply->changes.items, reply->changes.count,
                                   sizeof(struct kadr_wire_change), kadr_put_change, &m->n_changes);
    }
    return m;
}

static void get_explanation(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Explanation *m = message;
    struct kadr_query_reply *reply = ret;
    reply->explanation.first = m->first;
    reply->explanation.omitted = m->omitted;
    reply->explanation.cut = m->cut;
    reply->explanation.nodes = kadr_dec_list(dec, m->nodes, m->n_nodes, KADR_MAX_CELLS_PER_FRAME,
                                             sizeof(struct kadr_wire_node), kadr_get_node, "too many nodes");
    reply->explanation.count = m->n_nodes;
}

static void *put_explanation(struct kadr_arena *arena, const void *item)
{
    const struct kadr_query_reply *reply = item;
    Kadr__V1__Explanation *m = kadr_enc_new(arena, &kadr__v1__explanation__descriptor);
    if (m) {
        m->first = reply->explanation.first;
        m->omitted = reply->explanation.omitted;
        m->cut = reply->explanation.cut;
        m->nodes = kadr_enc_list(arena, reply->explanation.nodes, reply->explanation.count,
                                 sizeof(struct kadr_wire_node), kadr_put_node, &m->n_nodes);
    }
    return m;
}

static void get_count(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__ChangeCount *m = message;
    struct kadr_wire_change_count *count = ret;
    kadr_dec_check(dec, m->kind != KADR__V1__CHANGE_KIND__CHANGE_KIND_UNSPECIFIED, "kind of a count");
    *count = (struct kadr_wire_change_count){ (enum kadr_change)m->kind, m->removed, m->count };
}

static void *put_count(struct kadr_arena *arena, const void *item)
{
    const struct kadr_wire_change_count *count = item;
    Kadr__V1__ChangeCount *m = kadr_enc_new(arena, &kadr__v1__change_count__descriptor);
    if (m) {
        m->kind = (Kadr__V1__ChangeKind)count->kind;
        m->removed = count->removed;
        m->count = count->count;
    }
    return m;
}

/* Each kind, of cells that are there and of cells that are not. */
#define MAX_COUNTS 16

static void get_end(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__SnapshotEnd *m = message;
    struct kadr_query_reply *reply = ret;
    reply->end.cells = m->cells;
    reply->end.digest = kadr_dec_digest(dec, m->digest, "digest of a snapshot");
    reply->end.counts = kadr_dec_list(dec, m->counts, m->n_counts, MAX_COUNTS,
                                      sizeof(struct kadr_wire_change_count), get_count, "too many counts");
    reply->end.count_count = m->n_counts;
}

static void *put_end(struct kadr_arena *arena, const void *item)
{
    const struct kadr_query_reply *reply = item;
    Kadr__V1__SnapshotEnd *m = kadr_enc_new(arena, &kadr__v1__snapshot_end__descriptor);
    if (m) {
        m->cells = reply->end.cells;
        m->digest = kadr_enc_digest(&reply->end.digest);
        m->counts = kadr_enc_list(arena, reply->end.counts, reply->end.count_count,
                                  sizeof(struct kadr_wire_change_count), put_count, &m->n_counts);
    }
    return m;
}

static void get_reply_refusal(struct kadr_dec *dec, const void *message, void *ret)
{
    kadr_get_refusal(dec, message, &((struct kadr_query_reply *)ret)->refusal);
}

static void *put_reply_refusal(struct kadr_arena *arena, const void *item)
{
    return kadr_put_refusal(arena, &((const struct kadr_query_reply *)item)->refusal);
}

static void get_reply_pong(struct kadr_dec *dec, const void *message, void *ret)
{
    kadr_get_pong(dec, message, &((struct kadr_query_reply *)ret)->pong);
}

static void *put_reply_pong(struct kadr_arena *arena, const void *item)
{
    return kadr_put_pong(arena, &((const struct kadr_query_reply *)item)->pong);
}

static kadr_get_fn *const reply_gets[] = { [KADR_QUERY_BEGIN] = get_begin,
                                           [KADR_QUERY_CELLS] = get_cells,
                                           [KADR_QUERY_END] = get_end,
                                           [KADR_QUERY_REFUSAL] = get_reply_refusal,
                                           [KADR_QUERY_PONG] = get_reply_pong,
                                           [KADR_QUERY_CHANGE_LIST] = get_change_list,
                                           [KADR_QUERY_EXPLANATION] = get_explanation,
                                           [KADR_QUERY_POINTS] = kadr_get_points,
                                           [KADR_QUERY_OWED] = kadr_get_coverage };
static kadr_put_fn *const reply_puts[] = { [KADR_QUERY_BEGIN] = put_begin,
                                           [KADR_QUERY_CELLS] = put_cells,
                                           [KADR_QUERY_END] = put_end,
                                           [KADR_QUERY_REFUSAL] = put_reply_refusal,
                                           [KADR_QUERY_PONG] = put_reply_pong,
                                           [KADR_QUERY_CHANGE_LIST] = put_change_list,
                                           [KADR_QUERY_EXPLANATION] = put_explanation,
                                           [KADR_QUERY_POINTS] = kadr_put_points,
                                           [KADR_QUERY_OWED] = kadr_put_coverage };
static const struct kadr_bodies reply_bodies = { KADR__V1__QUERY_REPLY__BODY_BEGIN, KADR_COUNT(reply_gets),
                                                 reply_gets, reply_puts };

static void get_reply(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__QueryReply *m = message;
    struct kadr_query_reply *reply = ret;
    reply->request = m->request;
    reply->kind = kadr_dec_body(dec, &reply_bodies, (uint32_t)m->body_case, m->begin, reply);
}

static void *put_reply(struct kadr_arena *arena, const void *item)
{
    const struct kadr_query_reply *reply = item;
    Kadr__V1__QueryReply *m = kadr_enc_new(arena, &kadr__v1__query_reply__descriptor);
    if (m) {
        m->version = KADR_WIRE_VERSION;
        m->request = reply->request;
        m->body_case = (Kadr__V1__QueryReply__BodyCase)(reply_bodies.first + reply->kind);
        m->begin = kadr_enc_body(arena, &reply_bodies, reply->kind, reply);
    }
    return m;
}

/* ---- public ---- */

static const struct kadr_codec request_codec = { &kadr__v1__query_request__descriptor, get_request,
                                                 put_request, sizeof(struct kadr_query_request), true };
static const struct kadr_codec reply_codec = { &kadr__v1__query_reply__descriptor, get_reply, put_reply,
                                               sizeof(struct kadr_query_reply), true };

void kadr_encode_query_request(const struct kadr_query_request *request, struct kadr_buf *out)
{
    kadr_codec_encode(&request_codec, request, out);
}

int kadr_decode_query_request(struct kadr_bytes frame, struct kadr_arena *arena,
                              struct kadr_query_request *ret, const char **ret_why)
{
    return kadr_codec_decode(&request_codec, frame, arena, ret, ret_why);
}

void kadr_encode_query_reply(const struct kadr_query_reply *reply, struct kadr_buf *out)
{
    kadr_codec_encode(&reply_codec, reply, out);
}

int kadr_decode_query_reply(struct kadr_bytes frame, struct kadr_arena *arena, struct kadr_query_reply *ret,
                            const char **ret_why)
{
    return kadr_codec_decode(&reply_codec, frame, arena, ret, ret_why);
}
