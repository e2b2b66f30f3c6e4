/* SPDX-License-Identifier: Apache-2.0 */
#include "client/snapshot.h"

#include "base/err.h"
#include "edge/zsock.h"

#define MAX_BROKEN 3

static struct kadr_query_request request_of(const struct kadr_snapshot_query *query)
{
    return (struct kadr_query_request){
        .kind = KADR_QUERY_SNAPSHOT,
        .snapshot = { .unit = query->unit,
                      .indicator = query->indicator,
                      .subtree = query->subtree,
                      .borders_today = query->borders_today,
                      .has_period = query->has_period,
                      .as_of = query->as_of,
                      .period = query->period,
                      .known = query->known },
    };
}

void kadr_snapshot_encode(const struct kadr_snapshot_query *query, uint64_t request, struct kadr_buf *out)
{
    struct kadr_query_request message = request_of(query);

    message.request = request;
    kadr_encode_query_request(&message, out);
}

static void tell_part(const struct kadr_snapshot_reader *reader, const struct kadr_query_reply *reply)
{
    if (reader->events.part != NULL) {
        reader->events.part(reader->events.context, reply);
    }
}

static enum kadr_snapshot_state take_begin(struct kadr_snapshot_reader *reader,
                                           const struct kadr_query_reply *reply)
{
    reader->begun = true;
    reader->cells = 0;
    reader->digest = (struct kadr_digest){ { 0 } };
    reader->position = reply->begin.position;
    reader->events.begin(reader->events.context, &reply->begin.position);
    tell_part(reader, reply);
    return KADR_SNAPSHOT_MORE;
}

static void add_digest(struct kadr_snapshot_reader *reader, const struct kadr_wire_cell *cell)
{
    const struct kadr_cell_codes codes = { .unit = cell->unit,
                                           .indicator = cell->indicator,
                                           .breakdown = cell->breakdown,
                                           .breakdown_count = cell->breakdown_count,
                                           .scale = cell->scale };
    struct kadr_digest digest = kadr_cell_digest_of(&codes, &cell->cell);

    kadr_digest_add(&reader->digest, &digest);
}

static enum kadr_snapshot_state take_cells(struct kadr_snapshot_reader *reader,
                                           const struct kadr_query_reply *reply)
{
    if (!reader->begun) {
        return KADR_SNAPSHOT_BROKEN;
    }
    for (size_t i = 0; i < reply->cells.count; i++) {
        reader->events.cell(reader->events.context, &reply->cells.items[i]);
        add_digest(reader, &reply->cells.items[i]);
    }
    reader->cells += reply->cells.count;
    return KADR_SNAPSHOT_MORE;
}

static enum kadr_snapshot_state take_changes(struct kadr_snapshot_reader *reader,
                                             const struct kadr_query_reply *reply)
{
    if (!reader->begun || reader->events.change == NULL) {
        return KADR_SNAPSHOT_BROKEN;
    }
    for (size_t i = 0; i < reply->changes.count; i++) {
        const struct kadr_wire_change *change = &reply->changes.items[i];

        reader->events.change(reader->events.context, change);
        add_digest(reader, &change->cell);
        if (change->has_before) {
            add_digest(reader, &change->before);
        }
    }
    reader->cells += reply->changes.count;
    return KADR_SNAPSHOT_MORE;
}

static enum kadr_snapshot_state take_points(struct kadr_snapshot_reader *reader,
                                            const struct kadr_query_reply *reply)
{
    if (!reader->begun || reader->events.points == NULL) {
        return KADR_SNAPSHOT_BROKEN;
    }
    for (size_t i = 0; i < reply->points.point_count; i++) {
        add_digest(reader, &reply->points.points[i].cell);
    }
    reader->events.points(reader->events.context, &reply->points);
    reader->cells += reply->points.point_count;
    return KADR_SNAPSHOT_MORE;
}

static enum kadr_snapshot_state take_owed(struct kadr_snapshot_reader *reader,
                                          const struct kadr_query_reply *reply)
{
    if (!reader->begun || reader->events.owed == NULL) {
        return KADR_SNAPSHOT_BROKEN;
    }
    reader->events.owed(reader->events.context, &reply->coverage);
    reader->cells += reply->coverage.count;
    return KADR_SNAPSHOT_MORE;
}

/* Nodes of one answer come in order, each behind its parent. */
static enum kadr_snapshot_state take_nodes(struct kadr_snapshot_reader *reader,
                                           const struct kadr_query_reply *reply)
{
    if (!reader->begun || reader->events.node == NULL || reply->explanation.first != reader->cells) {
        return KADR_SNAPSHOT_BROKEN;
    }
    tell_part(reader, reply);
    for (size_t i = 0; i < reply->explanation.count; i++) {
        const struct kadr_wire_node *node = &reply->explanation.nodes[i];

        if (reader->cells > 0 ? node->parent >= reader->cells : node->parent > 0) {
            return KADR_SNAPSHOT_BROKEN;
        }
        reader->events.node(reader->events.context, node);
        if (node->kind != KADR_NODE_STATEMENT) {
            add_digest(reader, &node->cell);
        }
        reader->cells++;
    }
    return KADR_SNAPSHOT_MORE;
}

static enum kadr_snapshot_state take_end(struct kadr_snapshot_reader *reader,
                                         const struct kadr_query_reply *reply)
{
    bool whole = reader->begun && reply->end.cells == reader->cells &&
                 kadr_digest_equal(&reply->end.digest, &reader->digest);

    if (whole) {
        tell_part(reader, reply);
    }
    return whole ? KADR_SNAPSHOT_DONE : KADR_SNAPSHOT_BROKEN;
}

static enum kadr_snapshot_state take_refusal(struct kadr_snapshot_reader *reader,
                                             const struct kadr_query_reply *reply)
{
    (void)reader;
    (void)reply;
    return KADR_SNAPSHOT_REFUSED;
}

static enum kadr_snapshot_state take_pong(struct kadr_snapshot_reader *reader,
                                          const struct kadr_query_reply *reply)
{
    (void)reader;
    (void)reply;
    return KADR_SNAPSHOT_MORE;
}

enum kadr_snapshot_state kadr_snapshot_take(struct kadr_snapshot_reader *reader,
                                            const struct kadr_query_reply *reply)
{
    static enum kadr_snapshot_state (*const takers[])(struct kadr_snapshot_reader *,
                                                      const struct kadr_query_reply *) = {
        [KADR_QUERY_BEGIN] = take_begin,       [KADR_QUERY_CELLS] = take_cells,
        [KADR_QUERY_END] = take_end,           [KADR_QUERY_REFUSAL] = take_refusal,
        [KADR_QUERY_PONG] = take_pong,         [KADR_QUERY_CHANGE_LIST] = take_changes,
        [KADR_QUERY_POINTS] = take_points,     [KADR_QUERY_OWED] = take_owed,
        [KADR_QUERY_EXPLANATION] = take_nodes,
    };

    return reply->request == reader->request ? takers[reply->kind](reader, reply) : KADR_SNAPSHOT_MORE;
}

/* ---- blocking ---- */

struct asking {
    struct kadr_loop *loop;
    struct kadr_zsock *sock;
    struct kadr_timer *silence, *retry, *probe;
    struct kadr_arena *arena;
    struct kadr_query_request request;
    struct kadr_snapshot_reader reader;
    void (*refused)(void *context, const struct kadr_refusal *refusal);
    kadr_ns timeout_ns;
    struct kadr_diag delay; /* why it is to wait; no code: it is not */
    unsigned broken;        /* answers */
    bool there;             /* silent on the question, and answers a ping */
    int result;
};

static void finish(struct asking *ask, int result)
{
    ask->result = result;
    kadr_loop_stop(ask->loop);
}

static void send_query(void *context)
{
    struct asking *ask = context;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf frame = { 0 };
    int err;

    kadr_buf_init(&frame, KADR_MAX_FRAME_BYTES);
    ask->reader.request++;
    ask->reader.begun = false;
    ask->request.request = ask->reader.request;
    kadr_encode_query_request(&ask->request, &frame);
    err = frame.err != 0 ? frame.err : kadr_zsock_send(ask->sock, NULL, frame.data, frame.len);
    if (err != 0) {
        finish(ask, err);
    }
}

/* Within the silence, so that its answer says that the server is there all the same. */
static void send_ping(void *context)
{
    struct asking *ask = context;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf frame = { 0 };
    const struct kadr_query_request ping = { .request = ask->reader.request,
                                             .kind = KADR_QUERY_PING,
                                             .ping_nonce = ask->reader.request };

    kadr_buf_init(&frame, KADR_MAX_FRAME_BYTES);
    kadr_encode_query_request(&ping, &frame);
    int err = frame.err != 0 ? frame.err : kadr_zsock_send(ask->sock, NULL, frame.data, frame.len);
    if (err != 0) {
        finish(ask, err);
    }
}

static void wait_anew(struct asking *ask)
{
    ask->there = false;
    kadr_timer_set(ask->silence, ask->timeout_ns);
    kadr_timer_set(ask->probe, ask->timeout_ns / 2);
}

static void on_silence(void *context)
{
    struct asking *ask = context;
    const struct kadr_refusal refusal = { .diag = {
                                              .diag = ask->delay, .name = "", .text = "", .remedy = "" } };

    if (ask->delay.code != KADR_DIAG_NONE && ask->refused != NULL) {
        ask->refused(ask->reader.events.context, &refusal);
    }
    bool told = ask->delay.code != KADR_DIAG_NONE;
    finish(ask, ask->there && !told ? KADR_EBUSY : KADR_ETIMEOUT);
}

static void on_refusal(struct asking *ask, const struct kadr_refusal *refusal)
{
    if (refusal->retry_after_ms > 0) {
        ask->delay = refusal->diag.diag;
        kadr_timer_set(ask->retry, KADR_MS(refusal->retry_after_ms));
        return;
    }
    if (ask->refused != NULL) {
        ask->refused(ask->reader.events.context, refusal);
    }
    finish(ask, KADR_EPERM);
}

static void on_reply(void *context, const struct kadr_peer *peer, const struct kadr_bytes *frames,
                     size_t count)
{
    struct asking *ask = context;
    struct kadr_query_reply reply;

    (void)peer;
    kadr_arena_clear(ask->arena);
    if (count != 1 || kadr_decode_query_reply(frames[0], ask->arena, &reply, NULL) != 0) {
        return; /* as if it had not come: the silence decides */
    }
    if (reply.kind == KADR_QUERY_PONG) {
        ask->there = true; /* and silent as before */
        return;
    }
    switch (kadr_snapshot_take(&ask->reader, &reply)) {
    case KADR_SNAPSHOT_MORE:
        wait_anew(ask);
        ask->delay.code = KADR_DIAG_NONE;
        break;
    case KADR_SNAPSHOT_DONE:
        finish(ask, 0);
        break;
    case KADR_SNAPSHOT_BROKEN:
        if (++ask->broken == MAX_BROKEN) {
            finish(ask, KADR_EPROTO); /* not an accident: two programs that count differently */
        } else {
            send_query(ask);
        }
        break;
    case KADR_SNAPSHOT_REFUSED:
        on_refusal(ask, &reply.refusal);
        break;
    }
}

static int run(struct asking *ask, struct kadr_zctx *zctx, const char *endpoint)
{
    const struct kadr_zsock_config config = {
        .type = KADR_ZSOCK_DEALER,
        .endpoint = endpoint,
        .max_frame_bytes = KADR_MAX_FRAME_BYTES,
        .out_queue_items = 8,
        .reconnect_max_ns = KADR_S(1),
        .receive = on_reply,
        .context = ask,
    };
    int err = kadr_zsock_new(zctx, ask->loop, &config, &ask->sock);

    if (err == 0) {
        wait_anew(ask);
        kadr_timer_set(ask->retry, 0);
        err = kadr_loop_run(ask->loop);
    }
    return err == 0 ? ask->result : err;
}

int kadr_ask(const char *endpoint, const struct kadr_query_request *request, kadr_ns timeout_ns,
             const struct kadr_snapshot_events *events,
             void (*refused)(void *context, const struct kadr_refusal *refusal))
{
    KADR_CLEANUP(kadr_zctx_free) struct kadr_zctx *zctx = NULL;
    KADR_CLEANUP(kadr_loop_free) struct kadr_loop *loop = NULL;
    KADR_CLEANUP(kadr_arena_free) struct kadr_arena *arena = NULL;
    struct asking ask = { .request = *request,
                          .reader = { .events = *events },
                          .refused = refused,
                          .timeout_ns = timeout_ns,
                          .result = KADR_ECANCELED };
    int err = kadr_zctx_new(&zctx);

    err = err == 0 ? kadr_loop_new(&loop) : err;
    err = err == 0 ? kadr_arena_new(KADR_MAX_ARENA_BYTES, &arena) : err;
    ask.loop = loop;
    ask.arena = arena;
    err = err == 0 ? kadr_timer_new(loop, on_silence, &ask, &ask.silence) : err;
    err = err == 0 ? kadr_timer_new(loop, send_query, &ask, &ask.retry) : err;
    err = err == 0 ? kadr_timer_new(loop, send_ping, &ask, &ask.probe) : err;
    err = err == 0 ? run(&ask, zctx, endpoint) : err;
    kadr_zsock_free(ask.sock);
    kadr_timer_free(ask.retry);
    kadr_timer_free(ask.probe);
    kadr_timer_free(ask.silence);
    return err;
}

int kadr_snapshot(const char *endpoint, const struct kadr_snapshot_query *query, kadr_ns timeout_ns,
                  const struct kadr_snapshot_events *events,
                  void (*refused)(void *context, const struct kadr_refusal *refusal))
{
    const struct kadr_query_request request = request_of(query);

    return kadr_ask(endpoint, &request, timeout_ns, events, refused);
}
