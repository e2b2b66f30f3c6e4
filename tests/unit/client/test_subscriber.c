/* SPDX-License-Identifier: Apache-2.0 */
/* The subscriber against an aggregator made of two sockets: no delta is missed in silence, none is applied
 * twice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "client/subscriber.h"
#include "edge/wait.h"

#define PATIENCE_NS KADR_S(20)
#define UNIT        "KZ-35"
#define PATH        "KZ/KZ-35/"
#define TOPIC       "headcount"
#define MAX_LOG     64

struct server {
    struct kadr_zsock *feed, *query;
    struct kadr_timer *pulse; /* progress messages */
    struct kadr_arena *arena;
    struct kadr_id lineage;
    uint64_t commit, told; /* head; commit of the last progress */
    size_t snapshots;      /* requests answered */
    bool mute;             /* no progress */
    const char *changed;   /* unit path that the next progress names as changed */
    /* faults, each for the next request */
    bool short_answer, damaged_answer, retry_first;
    void (*during)(struct server *server); /* between request and answer, which then comes late */
    struct kadr_timer *late;
    struct kadr_peer peer; /* that waits for the late answer */
    uint64_t request;
};

struct rig {
    struct kadr_zctx *zctx;
    struct kadr_loop *loop;
    struct kadr_subscriber *subscriber;
    struct server server;
    size_t snapshots, cells, changes, gaps, stalls, resumes, progresses;
    uint64_t change_log[MAX_LOG]; /* commits of the changes told */
    char gap_reason[32];
};

/* ---- the server ---- */

static struct kadr_position position(const struct server *server)
{
    return (struct kadr_position){ .lineage = server->lineage, .commit = server->commit, .day = 19000 };
}

static struct kadr_wire_cell cell_of(const char *unit)
{
    return (struct kadr_wire_cell){ .unit = unit,
                                    .indicator = TOPIC,
                                    .scale = 1,
                                    .cell = { .key.period = KADR_PERIOD_AS_OF,
                                              .basis = KADR_BASIS_STATED,
                                              .lo = 1,
                                              .hi = 1,
                                              .known_hi = 1,
                                              .expected = 1,
                                              .oldest = 19000,
                                              .newest = 19000 } };
}

static void publish(struct server *server, const char *topic, const struct kadr_published *message)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf frame = { 0 };

    kadr_encode_published(message, &frame);
    assert_int_equal(frame.err, 0);
    assert_int_equal(kadr_zsock_publish(server->feed, topic, frame.data, frame.len), 0);
}

/* A delta of one cell over (from, to]. */
static void publish_delta(struct server *server, const char *path, const char *indicator, uint64_t from,
                          uint64_t to)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf topic = { 0 };
    struct kadr_wire_change change = { .cell = cell_of(UNIT), .kind = KADR_CHANGE_UPDATED };
    struct kadr_published message = { .kind = KADR_PUBLISHED_DELTA };

    server->commit = to > server->commit ? to : server->commit;
    message.delta.from = from;
    message.delta.to = position(server);
    message.delta.to.commit = to;
    message.delta.unit_path = path;
    message.delta.indicator = indicator;
    message.delta.changes = &change;
    message.delta.count = 1;
    kadr_topic_format(path, indicator, &topic);
    publish(server, kadr_buf_str(&topic), &message);
}

static void pulse(void *context)
{
    struct rig *rig = context;
    struct server *server = &rig->server;
    struct kadr_topic topic = { server->changed, TOPIC, server->commit };
    struct kadr_published message = { .kind = KADR_PUBLISHED_PROGRESS };

    kadr_timer_set(server->pulse, KADR_MS(20));
    if (server->mute) {
        return;
    }
    message.progress.position = position(server);
    message.progress.previous = server->told;
    message.progress.changed = &topic;
    message.progress.changed_count = server->changed != NULL;
    server->changed = NULL;
    server->told = server->commit;
    publish(server, KADR_TOPIC_PROGRESS, &message);
}

static void reply(struct server *server, const struct kadr_peer *peer, const struct kadr_query_reply *message)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf frame = { 0 };

    kadr_encode_query_reply(message, &frame);
    assert_int_equal(frame.err, 0);
    assert_int_equal(kadr_zsock_send(server->query, peer, frame.data, frame.len), 0);
}

static void refuse_for_now(struct server *server, const struct kadr_peer *peer, uint64_t request)
{
    const struct kadr_diag diag = { .code = KADR_DIAG_RETRY_LATER, .observation = -1, .arg = { "busy" } };
    struct kadr_query_reply message = { .request = request, .kind = KADR_QUERY_REFUSAL };

    message.refusal.retry_after_ms = 30;
    assert_int_equal(kadr_wire_diag_from(&diag, server->arena, &message.refusal.diag), 0);
    reply(server, peer, &message);
}

static struct kadr_digest digest_of(const struct kadr_wire_cell *cell)
{
    const struct kadr_cell_codes codes = { .unit = cell->unit,
                                           .indicator = cell->indicator,
                                           .scale = cell->scale };

    return kadr_cell_digest_of(&codes, &cell->cell);
}

static void answer(struct server *server, const struct kadr_peer *peer, uint64_t request)
{
    struct kadr_wire_cell cell = cell_of(UNIT);
    struct kadr_query_reply message = { .request = request, .kind = KADR_QUERY_BEGIN };

    message.begin.position = position(server);
    message.begin.position.commit = server->request > 0 ? 10 : server->commit; /* late: as it was then */
    reply(server, peer, &message);
    message = (struct kadr_query_reply){ .request = request, .kind = KADR_QUERY_CELLS };
    message.cells.items = &cell;
    message.cells.count = 1;
    reply(server, peer, &message);
    message = (struct kadr_query_reply){ .request = request, .kind = KADR_QUERY_END };
    message.end.cells = server->short_answer ? 2 : 1;
    message.end.digest = digest_of(&cell);
    message.end.digest.bytes[0] ^= server->damaged_answer;
    server->short_answer = server->damaged_answer = false;
    server->snapshots++;
    reply(server, peer, &message);
}

static void answer_late(void *context)
{
    struct rig *rig = context;

    answer(&rig->server, &rig->server.peer, rig->server.request);
    rig->server.request = 0;
}

/* The deltas reach the subscriber long before the snapshot does. */
static void publish_first(struct server *server, const struct kadr_peer *peer, uint64_t request)
{
    server->during(server);
    server->during = NULL;
    server->peer = *peer;
    server->request = request;
    kadr_timer_set(server->late, KADR_MS(300));
}

static void on_query(void *context, const struct kadr_peer *peer, const struct kadr_bytes *frames,
                     size_t count)
{
    struct rig *rig = context;
    struct server *server = &rig->server;
    struct kadr_query_request request;

    kadr_arena_clear(server->arena);
    assert_int_equal(count, 1);
    assert_int_equal(kadr_decode_query_request(frames[0], server->arena, &request, NULL), 0);
    assert_string_equal(request.snapshot.unit, UNIT);
    if (server->retry_first) {
        server->retry_first = false;
        refuse_for_now(server, peer, request.request);
    } else if (server->during != NULL) {
        publish_first(server, peer, request.request);
    } else {
        answer(server, peer, request.request);
    }
}

static void on_subscription(void *context, const struct kadr_peer *peer, const struct kadr_bytes *frames,
                            size_t count)
{
    (void)context;
    (void)peer;
    (void)frames;
    (void)count;
}

/* ---- what is told ---- */

static void on_begin(void *context, const struct kadr_position *at)
{
    (void)context;
    assert_int_equal(at->day, 19000);
}

static void on_cell(void *context, const struct kadr_wire_cell *cell)
{
    struct rig *rig = context;

    assert_string_equal(cell->unit, UNIT);
    rig->cells++;
}

static void on_end(void *context, uint64_t cells)
{
    struct rig *rig = context;

    assert_true(cells == 1);
    rig->snapshots++;
}

static void on_change(void *context, const struct kadr_delta_info *delta,
                      const struct kadr_wire_change *change)
{
    struct rig *rig = context;

    assert_int_equal(change->kind, KADR_CHANGE_UPDATED);
    assert_true(rig->changes < MAX_LOG);
    rig->change_log[rig->changes++] = delta->to.commit;
}

static void on_progress(void *context, const struct kadr_position *at, const struct kadr_digest *digest)
{
    struct rig *rig = context;

    (void)at;
    (void)digest;
    rig->progresses++;
}

static void on_gap(void *context, const char *why)
{
    struct rig *rig = context;

    rig->gaps++;
    (void)snprintf(rig->gap_reason, sizeof(rig->gap_reason), "%s", why);
}

static void on_stalled(void *context)
{
    struct rig *rig = context;

    rig->stalls++;
}

static void on_resumed(void *context)
{
    struct rig *rig = context;

    rig->resumes++;
}

/* ---- waiting ---- */

static bool is_live(const void *context)
{
    const struct rig *rig = context;

    return rig->snapshots > 0 && rig->progresses > 0;
}

static bool has_second_snapshot(const void *context)
{
    const struct rig *rig = context;

    return rig->snapshots >= 2 && rig->progresses > 0;
}

static bool is_stalled(const void *context)
{
    return ((const struct rig *)context)->stalls > 0;
}

static bool is_resumed(const void *context)
{
    return ((const struct rig *)context)->resumes > 0;
}

static bool has_change(const void *context)
{
    return ((const struct rig *)context)->changes > 0;
}

static void follow(struct rig *rig)
{
    const struct kadr_subscriber_config config = {
        .query_endpoint = kadr_zsock_endpoint(rig->server.query),
        .feed_endpoint = kadr_zsock_endpoint(rig->server.feed),
        .unit = UNIT,
        .indicator = TOPIC,
        .unit_path = "", /* subscribes to all: the filter is ours */
        .stall_ns = KADR_MS(700),
        .events = { .snapshot_begin = on_begin,
                    .snapshot_cell = on_cell,
                    .snapshot_end = on_end,
                    .change = on_change,
                    .progress = on_progress,
                    .gap = on_gap,
                    .stalled = on_stalled,
                    .resumed = on_resumed,
                    .context = rig },
    };

    assert_int_equal(kadr_subscriber_new(rig->zctx, rig->loop, &config, &rig->subscriber), 0);
    assert_true(wait_until(rig->loop, is_live, rig, PATIENCE_NS));
}

/* Until the subscriber has taken all that was published so far. */
static bool heard_more(const void *context)
{
    const struct rig *rig = context;

    return rig->progresses >= 2;
}

static void settle(struct rig *rig)
{
    rig->progresses = 0;
    assert_true(wait_until(rig->loop, heard_more, rig, PATIENCE_NS));
}

/* ---- cases ---- */

static void test_snapshot_then_deltas(void **state)
{
    struct rig *rig = *state;

    follow(rig);
    publish_delta(&rig->server, PATH, TOPIC, 10, 11);
    publish_delta(&rig->server, PATH, TOPIC, 11, 13);
    publish_delta(&rig->server, PATH, TOPIC, 11, 13); /* old by now */
    publish_delta(&rig->server, PATH, TOPIC, 9, 10);  /* in the snapshot already */
    settle(rig);
    assert_true(rig->changes == 2 && rig->change_log[0] == 11 && rig->change_log[1] == 13);
    assert_true(rig->snapshots == 1 && rig->gaps == 0 && rig->cells == 1);
}

static void test_others_are_not_told(void **state)
{
    struct rig *rig = *state;

    follow(rig);
    publish_delta(&rig->server, "KZ/KZ-33/", TOPIC, 10, 11);
    publish_delta(&rig->server, "KZ/KZ-35/351010000/", TOPIC, 10, 11);
    publish_delta(&rig->server, PATH, "need_declared", 10, 11);
    rig->server.changed = "KZ/KZ-33/";
    settle(rig);
    assert_true(rig->changes == 0 && rig->gaps == 0);
}

static void deltas_meanwhile(struct server *server)
{
    publish_delta(server, PATH, TOPIC, 9, 10); /* is in the snapshot */
    publish_delta(server, PATH, TOPIC, 10, 11);
}

static void test_deltas_during_the_snapshot_follow_it(void **state)
{
    struct rig *rig = *state;

    rig->server.during = deltas_meanwhile;
    follow(rig);
    assert_true(wait_until(rig->loop, has_change, rig, PATIENCE_NS));
    settle(rig);
    assert_true(rig->changes == 1 && rig->change_log[0] == 11 && rig->gaps == 0);
}

static void test_a_delta_out_of_line_is_a_gap(void **state)
{
    struct rig *rig = *state;

    follow(rig);
    publish_delta(&rig->server, PATH, TOPIC, 12, 13);
    assert_true(wait_until(rig->loop, has_second_snapshot, rig, PATIENCE_NS));
    assert_true(rig->changes == 0 && rig->gaps == 1);
    assert_string_equal(rig->gap_reason, "delta");
}

static void test_a_lost_last_delta_is_a_gap(void **state)
{
    struct rig *rig = *state;

    follow(rig);
    rig->server.commit = 11;
    rig->server.changed = PATH; /* and no delta came */
    assert_true(wait_until(rig->loop, has_second_snapshot, rig, PATIENCE_NS));
    assert_string_equal(rig->gap_reason, "changed");
}

static void loses_a_delta(struct server *server)
{
    server->commit = 11; /* the next progress reaches from 9, before the snapshot of 10, to behind it */
    server->changed = PATH;
}

static void test_a_delta_lost_before_the_first_progress_is_a_gap(void **state)
{
    struct rig *rig = *state;

    rig->server.commit = rig->server.told = 9;
    rig->server.during = loses_a_delta;
    follow(rig);
    assert_true(wait_until(rig->loop, has_second_snapshot, rig, PATIENCE_NS));
    assert_string_equal(rig->gap_reason, "changed");
}

static void test_a_lost_progress_is_a_gap(void **state)
{
    struct rig *rig = *state;

    follow(rig);
    rig->server.commit = 12;
    rig->server.told = 11;
    assert_true(wait_until(rig->loop, has_second_snapshot, rig, PATIENCE_NS));
    assert_string_equal(rig->gap_reason, "progress");
}

static void test_another_lineage_is_a_gap(void **state)
{
    struct rig *rig = *state;

    follow(rig);
    rig->server.lineage.bytes[0] = 99;
    assert_true(wait_until(rig->loop, has_second_snapshot, rig, PATIENCE_NS));
    assert_string_equal(rig->gap_reason, "lineage");
}

static void test_a_short_answer_is_asked_for_again(void **state)
{
    struct rig *rig = *state;

    rig->server.short_answer = true;
    follow(rig);
    assert_true(rig->snapshots == 1 && rig->server.snapshots == 2);
    assert_string_equal(rig->gap_reason, "snapshot");
}

static void test_a_damaged_answer_is_asked_for_again(void **state)
{
    struct rig *rig = *state;

    rig->server.damaged_answer = true;
    follow(rig);
    assert_true(rig->snapshots == 1 && rig->server.snapshots == 2);
    assert_string_equal(rig->gap_reason, "snapshot");
}

static void test_a_busy_server_is_asked_again(void **state)
{
    struct rig *rig = *state;

    rig->server.retry_first = true;
    follow(rig);
    assert_true(rig->snapshots == 1 && rig->server.snapshots == 1 && rig->gaps == 0);
}

static void test_a_stall_is_told_once(void **state)
{
    struct rig *rig = *state;

    follow(rig);
    rig->server.mute = true;
    assert_true(wait_until(rig->loop, is_stalled, rig, PATIENCE_NS));
    rig->server.mute = false;
    assert_true(wait_until(rig->loop, is_resumed, rig, PATIENCE_NS));
    assert_true(rig->stalls == 1 && rig->resumes == 1 && rig->gaps == 0);
}

/* ---- one snapshot, blocking ---- */

static void test_blocking_without_a_server(void **state)
{
    const struct kadr_snapshot_query query = { .unit = UNIT, .indicator = "", .as_of = KADR_DAY_NONE };
    const struct kadr_snapshot_events events = { .begin = on_begin, .cell = on_cell, .context = *state };

    assert_int_equal(kadr_snapshot("tcp://127.0.0.1:9", &query, KADR_MS(200), &events, NULL), KADR_ETIMEOUT);
    assert_int_equal(kadr_snapshot("nonsense", &query, KADR_MS(200), &events, NULL), KADR_EINVAL);
}

static void make_sockets(struct rig *rig)
{
    struct kadr_zsock_config feed = { .type = KADR_ZSOCK_XPUB,
                                      .endpoint = "tcp://127.0.0.1:0",
                                      .max_frame_bytes = KADR_MAX_FRAME_BYTES,
                                      .out_queue_items = 1024,
                                      .receive = on_subscription,
                                      .context = rig };
    struct kadr_zsock_config query = feed;

    query.type = KADR_ZSOCK_ROUTER;
    query.receive = on_query;
    assert_int_equal(kadr_zsock_new(rig->zctx, rig->loop, &feed, &rig->server.feed), 0);
    assert_int_equal(kadr_zsock_new(rig->zctx, rig->loop, &query, &rig->server.query), 0);
}

static int make(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));

    assert_non_null(rig);
    rig->server.lineage.bytes[0] = 1;
    rig->server.commit = rig->server.told = 10;
    assert_int_equal(kadr_arena_new(KADR_MAX_ARENA_BYTES, &rig->server.arena), 0);
    assert_int_equal(kadr_zctx_new(&rig->zctx), 0);
    assert_int_equal(kadr_loop_new(&rig->loop), 0);
    make_sockets(rig);
    assert_int_equal(kadr_timer_new(rig->loop, pulse, rig, &rig->server.pulse), 0);
    assert_int_equal(kadr_timer_new(rig->loop, answer_late, rig, &rig->server.late), 0);
    kadr_timer_set(rig->server.pulse, 0);
    *state = rig;
    return 0;
}

static int remove_rig(void **state)
{
    struct rig *rig = *state;

    kadr_subscriber_free(rig->subscriber);
    kadr_timer_free(rig->server.late);
    kadr_timer_free(rig->server.pulse);
    kadr_zsock_free(rig->server.feed);
    kadr_zsock_free(rig->server.query);
    kadr_loop_free(rig->loop);
    kadr_zctx_free(rig->zctx);
    kadr_arena_free(rig->server.arena);
    free(rig);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make, remove_rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_snapshot_then_deltas),
        CASE(test_others_are_not_told),
        CASE(test_deltas_during_the_snapshot_follow_it),
        CASE(test_a_delta_out_of_line_is_a_gap),
        CASE(test_a_lost_last_delta_is_a_gap),
        CASE(test_a_delta_lost_before_the_first_progress_is_a_gap),
        CASE(test_a_lost_progress_is_a_gap),
        CASE(test_another_lineage_is_a_gap),
        CASE(test_a_short_answer_is_asked_for_again),
        CASE(test_a_damaged_answer_is_asked_for_again),
        CASE(test_a_busy_server_is_asked_again),
        CASE(test_a_stall_is_told_once),
        CASE(test_blocking_without_a_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
