/* SPDX-License-Identifier: Apache-2.0 */
/* The publisher against a server made of one ROUTER socket, which answers as each case wants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/outbox_rig.h"
#include "client/publisher.h"
#include "edge/wait.h"

#define CREDIT      4
#define MAX_LOG     256
#define PATIENCE_NS KADR_S(20)

/* A server that keeps to the protocol, with faults to be switched on. */
struct server {
    struct kadr_zsock *sock;
    struct kadr_arena *arena;
    uint64_t mark;         /* last sequence answered */
    uint64_t log[MAX_LOG]; /* sequences in the order in which they were taken */
    size_t taken, hellos, submits;
    /* faults */
    size_t deaf_hellos;  /* that are not answered */
    size_t deaf_submits; /* that are lost */
    size_t busy_submits; /* that are refused with retry_later */
    uint64_t lose_once;  /* this sequence is lost on its first arrival; 0 = none */
    bool answer_twice, garbage, unknown_office;
};

struct rig {
    struct outbox_rig files;
    struct kadr_zctx *zctx;
    struct kadr_loop *loop;
    struct kadr_outbox *outbox;
    struct kadr_publisher *publisher;
    struct server server;
    size_t receipts, refusals, delays, drains;
    uint64_t receipt_log[MAX_LOG];
    enum kadr_diag_code refused_for;
    kadr_ns silence_ns;
};

/* ---- the server ---- */

static void reply(struct server *server, const struct kadr_peer *peer,
                  const struct kadr_office_reply *message)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf frame = { 0 };

    kadr_encode_office_reply(message, &frame);
    assert_int_equal(frame.err, 0);
    assert_int_equal(kadr_zsock_send(server->sock, peer, frame.data, frame.len), 0);
}

static void refuse(struct server *server, const struct kadr_peer *peer, const struct kadr_submit *submit,
                   enum kadr_diag_code code, uint32_t retry_after_ms)
{
    struct kadr_diag diag = { .code = code, .observation = -1, .arg = { "x", "y" } };
    struct kadr_office_reply message = { .kind = KADR_OFFICE_REFUSAL };

    message.refusal = (struct kadr_refusal){ .stream = submit->stream,
                                             .sequence = submit->sequence,
                                             .expected_sequence = server->mark + 1,
                                             .retry_after_ms = retry_after_ms };
    assert_int_equal(kadr_wire_diag_from(&diag, server->arena, &message.refusal.diag), 0);
    reply(server, peer, &message);
}

static void commit(struct server *server, const struct kadr_peer *peer, const struct kadr_submit *submit)
{
    struct kadr_receipt receipt = { .office = submit->office,
                                    .stream = submit->stream,
                                    .sequence = submit->sequence,
                                    .lineage = { { 9 } },
                                    .commit = 1000 + submit->sequence,
                                    .outcome = submit->sequence <= server->mark ? KADR_OUTCOME_DUPLICATE
                                                                                : KADR_OUTCOME_COMMITTED,
                                    .accepted = 1 };
    const struct kadr_office_reply message = { .kind = KADR_OFFICE_RECEIPTS, .receipts = { &receipt, 1 } };

    if (submit->sequence > server->mark) {
        assert_true(submit->sequence == server->mark + 1);
        assert_true(server->taken < MAX_LOG);
        server->log[server->taken++] = submit->sequence;
        server->mark = submit->sequence;
    }
    reply(server, peer, &message);
    if (server->answer_twice) {
        reply(server, peer, &message);
    }
}

static void on_submit(struct server *server, const struct kadr_peer *peer, const struct kadr_submit *submit)
{
    server->submits++;
    assert_string_equal(submit->office, RIG_OFFICE);
    if (server->deaf_submits > 0) {
        server->deaf_submits--;
    } else if (server->lose_once == submit->sequence) {
        server->lose_once = 0;
    } else if (server->unknown_office) {
        refuse(server, peer, submit, KADR_DIAG_UNKNOWN_OFFICE, 0);
    } else if (server->busy_submits > 0) {
        server->busy_submits--;
        refuse(server, peer, submit, KADR_DIAG_RETRY_LATER, 50);
    } else if (submit->sequence > server->mark + 1) {
        refuse(server, peer, submit, KADR_DIAG_SEQUENCE_GAP, 0);
    } else {
        commit(server, peer, submit);
    }
}

static void on_hello(struct server *server, const struct kadr_peer *peer)
{
    const struct kadr_office_reply welcome = {
        .kind = KADR_OFFICE_WELCOME, .welcome = { .state = { .day = KADR_DAY_NONE }, .credit = CREDIT }
    };

    server->hellos++;
    if (server->garbage) {
        assert_int_equal(kadr_zsock_send(server->sock, peer, "\xff\xff", 2), 0);
    }
    if (server->hellos > server->deaf_hellos) {
        reply(server, peer, &welcome);
    }
}

static void on_request(void *context, const struct kadr_peer *peer, const struct kadr_bytes *frames,
                       size_t count)
{
    struct rig *rig = context;
    struct server *server = &rig->server;
    struct kadr_office_request request;
    struct kadr_office_reply pong = { .kind = KADR_OFFICE_PONG, .pong = { .day = KADR_DAY_NONE } };

    kadr_arena_clear(server->arena);
    assert_int_equal(count, 1);
    assert_int_equal(kadr_decode_office_request(frames[0], server->arena, &request, NULL), 0);
    if (request.kind == KADR_OFFICE_HELLO) {
        on_hello(server, peer);
    } else if (request.kind == KADR_OFFICE_SUBMIT) {
        on_submit(server, peer, &request.submit);
    } else if (server->hellos > server->deaf_hellos) {
        pong.pong.nonce = request.ping_nonce;
        reply(server, peer, &pong);
    }
}

/* ---- the office ---- */

static void on_receipt(void *context, const struct kadr_receipt *receipt)
{
    struct rig *rig = context;
    struct kadr_receipt kept;
    struct kadr_arena *arena;

    assert_true(rig->receipts < MAX_LOG);
    rig->receipt_log[rig->receipts++] = receipt->sequence;
    assert_int_equal(kadr_arena_new(1 << 20, &arena), 0); /* it is durable before it is told */
    assert_int_equal(kadr_outbox_receipt(rig->outbox, receipt->sequence, arena, &kept), 0);
    assert_true(kept.commit == 1000 + receipt->sequence);
    kadr_arena_free(arena);
}

static void on_refused(void *context, const struct kadr_refusal *refusal)
{
    struct rig *rig = context;

    rig->refusals++;
    rig->refused_for = refusal->diag.diag.code;
}

static void on_delayed(void *context, const struct kadr_refusal *refusal)
{
    struct rig *rig = context;

    assert_int_equal(refusal->diag.diag.code, KADR_DIAG_RETRY_LATER);
    assert_string_equal(refusal->diag.diag.arg[0], "x");
    rig->delays++;
}

static void on_drained(void *context)
{
    struct rig *rig = context;

    rig->drains++;
}

static void on_failed(void *context, int err)
{
    (void)context;
    fail_msg("the publisher failed: %s", kadr_strerror(err));
}

static struct kadr_publisher_config publisher_config(struct rig *rig)
{
    return (struct kadr_publisher_config){
        .endpoint = kadr_zsock_endpoint(rig->server.sock),
        .outbox = rig->outbox,
        .client = "test/1",
        .silence_ns = rig->silence_ns,
        .answer_ns = KADR_MS(600),
        .events = { on_receipt, on_refused, on_delayed, on_drained, on_failed, rig },
    };
}

static void put(struct rig *rig, unsigned count)
{
    uint64_t sequence;

    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(outbox_rig_put(rig->outbox, i, &sequence), 0);
    }
}

static bool is_drained(const void *context)
{
    const struct rig *rig = context;

    return rig->drains > 0;
}

static bool is_refused(const void *context)
{
    const struct rig *rig = context;

    return rig->refusals > 0;
}

/* Publishes until drained; every number once and in order, at both ends. */
static const struct kadr_publisher_stats *publish(struct rig *rig, uint64_t first, uint64_t last)
{
    const struct kadr_publisher_config config = publisher_config(rig);

    assert_int_equal(kadr_publisher_new(rig->zctx, rig->loop, &config, &rig->publisher), 0);
    assert_true(wait_until(rig->loop, is_drained, rig, PATIENCE_NS));
    assert_true(rig->receipts == last - first + 1);
    for (size_t i = 0; i < rig->receipts; i++) {
        assert_true(rig->receipt_log[i] == first + i);
    }
    for (size_t i = 0; i < rig->server.taken; i++) {
        assert_true(rig->server.log[i] == rig->server.mark - rig->server.taken + 1 + i);
    }
    assert_true(rig->server.mark == last);
    assert_true(outbox_rig_count(rig->outbox).pending == 0);
    return kadr_publisher_stats(rig->publisher);
}

/* ---- cases ---- */

static void test_plain(void **state)
{
    struct rig *rig = *state;
    const struct kadr_publisher_stats *stats;

    put(rig, 50);
    stats = publish(rig, 1, 50);
    assert_true(stats->sent == 50 && stats->gaps == 0 && stats->duplicates == 0 && stats->connections == 1);
    assert_true(stats->welcomed);
}

static void test_more_after_the_drain(void **state)
{
    struct rig *rig = *state;

    put(rig, 3);
    (void)publish(rig, 1, 3);
    rig->drains = 0;
    put(rig, 2);
    kadr_publisher_kick(rig->publisher);
    assert_true(wait_until(rig->loop, is_drained, rig, PATIENCE_NS));
    assert_true(rig->receipts == 5 && rig->server.submits == 5);
}

static void test_duplicate_receipts_are_told_once(void **state)
{
    struct rig *rig = *state;
    const struct kadr_publisher_stats *stats;

    rig->server.answer_twice = true;
    put(rig, 10);
    stats = publish(rig, 1, 10);
    assert_true(stats->receipts == 10 && stats->duplicates > 0);
}

static void test_retry_later(void **state)
{
    struct rig *rig = *state;
    const struct kadr_publisher_stats *stats;

    rig->server.busy_submits = 6;
    put(rig, 10);
    stats = publish(rig, 1, 10);
    assert_true(stats->retries > 0 && stats->connections == 1 && rig->delays == stats->retries);
}

static void test_a_lost_submit_is_a_gap(void **state)
{
    struct rig *rig = *state;
    const struct kadr_publisher_stats *stats;

    rig->server.lose_once = 3;
    put(rig, 10);
    stats = publish(rig, 1, 10);
    assert_true(stats->gaps == 1 && stats->connections == 1);
}

static void test_the_last_submit_is_lost(void **state)
{
    struct rig *rig = *state;
    const struct kadr_publisher_stats *stats;

    rig->silence_ns = KADR_S(100);
    rig->server.lose_once = 10; /* no later number shows the gap: the missing answer does */
    put(rig, 10);
    stats = publish(rig, 1, 10);
    assert_true(stats->connections == 2);
}

static void test_a_server_that_lost_its_past(void **state)
{
    struct rig *rig = *state;
    const struct kadr_publisher_stats *stats;

    put(rig, 5);
    for (uint64_t i = 1; i <= 4; i++) {
        struct kadr_receipt receipt = outbox_rig_receipt(rig->outbox, i);
        bool fresh;

        assert_int_equal(kadr_outbox_settle(rig->outbox, &receipt, 1, &fresh), 0);
    }
    stats = publish(rig, 5, 5); /* told once; 1 … 4 were told in their time */
    assert_true(rig->server.taken == 5 && stats->gaps == 1 && stats->duplicates == 4);
}

static void test_a_silent_connection_is_made_anew(void **state)
{
    struct rig *rig = *state;
    const struct kadr_publisher_stats *stats;

    rig->server.deaf_hellos = 1;
    put(rig, 5);
    stats = publish(rig, 1, 5);
    assert_true(stats->connections == 2 && rig->server.hellos == 2);
}

static void test_lost_answers_are_asked_for_again(void **state)
{
    struct rig *rig = *state;
    const struct kadr_publisher_stats *stats;

    rig->silence_ns = KADR_S(100);
    rig->server.deaf_submits = CREDIT; /* the window of the first connection */
    put(rig, 9);
    stats = publish(rig, 1, 9);
    assert_true(stats->connections == 2 && stats->sent == 9 + CREDIT);
}

static void test_garbage_is_counted(void **state)
{
    struct rig *rig = *state;

    rig->server.garbage = true;
    put(rig, 2);
    assert_true(publish(rig, 1, 2)->bad == 1);
}

static void test_a_refusal_stops_it_and_keeps_the_report(void **state)
{
    struct rig *rig = *state;
    const struct kadr_publisher_config config = publisher_config(rig);

    rig->server.unknown_office = true;
    put(rig, 3);
    assert_int_equal(kadr_publisher_new(rig->zctx, rig->loop, &config, &rig->publisher), 0);
    assert_true(wait_until(rig->loop, is_refused, rig, PATIENCE_NS));
    assert_int_equal(rig->refused_for, KADR_DIAG_UNKNOWN_OFFICE);
    assert_true(rig->refusals == 1 && rig->receipts == 0);
    assert_true(outbox_rig_count(rig->outbox).pending == 3);
}

static void test_an_outbox_that_forgot_is_refused(void **state)
{
    struct rig *rig = *state;
    const struct kadr_publisher_config config = publisher_config(rig);

    rig->server.mark = 0;
    put(rig, 2);
    for (uint64_t i = 1; i <= 2; i++) { /* settled, then pruned: a fresh outbox stands for one that forgot */
        struct kadr_receipt receipt = outbox_rig_receipt(rig->outbox, i);
        bool fresh;

        assert_int_equal(kadr_outbox_settle(rig->outbox, &receipt, 1, &fresh), 0);
    }
    kadr_outbox_close(rig->outbox);
    {
        struct kadr_outbox_config small = outbox_rig_config(&rig->files);
        struct kadr_outbox_item item = { .file = "" };
        static const uint8_t bytes[1000];
        uint64_t sequence;

        small.max_bytes = 1100;
        assert_int_equal(kadr_outbox_open(&small, &rig->outbox, NULL), 0);
        item.report = (struct kadr_bytes){ bytes, sizeof(bytes) };
        assert_int_equal(kadr_outbox_put(rig->outbox, &item, 1, &sequence), 0);
        assert_true(sequence == 3 && outbox_rig_count(rig->outbox).acknowledged == 0);
    }
    {
        struct kadr_publisher_config again = config;

        again.outbox = rig->outbox;
        assert_int_equal(kadr_publisher_new(rig->zctx, rig->loop, &again, &rig->publisher), 0);
    }
    assert_true(wait_until(rig->loop, is_refused, rig, PATIENCE_NS));
    assert_int_equal(rig->refused_for, KADR_DIAG_SEQUENCE_GAP);
}

static void test_blocking_without_a_server(void **state)
{
    struct rig *rig = *state;
    struct kadr_publisher_config config = publisher_config(rig);
    struct kadr_publisher_stats stats;

    config.endpoint = "tcp://127.0.0.1:9"; /* nobody is there */
    put(rig, 2);
    assert_int_equal(kadr_publish(&config, KADR_MS(300), &stats), KADR_ETIMEOUT);
    assert_false(stats.welcomed);
    assert_true(outbox_rig_count(rig->outbox).pending == 2);
}

static int make(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    struct kadr_zsock_config config = { .type = KADR_ZSOCK_ROUTER,
                                        .endpoint = "tcp://127.0.0.1:0",
                                        .max_frame_bytes = KADR_MAX_FRAME_BYTES,
                                        .out_queue_items = 1024,
                                        .receive = on_request,
                                        .context = rig };

    assert_non_null(rig);
    rig->silence_ns = KADR_MS(400);
    outbox_rig_make(&rig->files);
    rig->outbox = outbox_rig_open(&rig->files);
    assert_int_equal(kadr_arena_new(KADR_MAX_ARENA_BYTES, &rig->server.arena), 0);
    assert_int_equal(kadr_zctx_new(&rig->zctx), 0);
    assert_int_equal(kadr_loop_new(&rig->loop), 0);
    assert_int_equal(kadr_zsock_new(rig->zctx, rig->loop, &config, &rig->server.sock), 0);
    *state = rig;
    return 0;
}

static int remove_rig(void **state)
{
    struct rig *rig = *state;

    kadr_publisher_free(rig->publisher);
    kadr_zsock_free(rig->server.sock);
    kadr_loop_free(rig->loop);
    kadr_zctx_free(rig->zctx);
    kadr_arena_free(rig->server.arena);
    kadr_outbox_close(rig->outbox);
    outbox_rig_remove(&rig->files);
    free(rig);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make, remove_rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_plain),
        CASE(test_more_after_the_drain),
        CASE(test_duplicate_receipts_are_told_once),
        CASE(test_retry_later),
        CASE(test_a_lost_submit_is_a_gap),
        CASE(test_the_last_submit_is_lost),
        CASE(test_a_server_that_lost_its_past),
        CASE(test_a_silent_connection_is_made_anew),
        CASE(test_lost_answers_are_asked_for_again),
        CASE(test_garbage_is_counted),
        CASE(test_a_refusal_stops_it_and_keeps_the_report),
        CASE(test_an_outbox_that_forgot_is_refused),
        CASE(test_blocking_without_a_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
