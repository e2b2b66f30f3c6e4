/* SPDX-License-Identifier: Apache-2.0 */
/* ZeroMQ sockets: nothing is lost or forgotten, every bound holds, one bad peer harms nobody. Peers that our
 * own sockets cannot play (a REQ, one that never reads) are bare libzmq sockets on the same context or
 * another.
 */
#include "edge/zsock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/limits.h"
#include "edge/wait.h"

#define PATIENCE    KADR_S(20)
#define MAX_MESSAGE 4096
#define WINDOW      400 /* messages in flight in the echo test */

/* One end under test, with what it has seen. */
struct end {
    struct kadr_zsock *sock;
    uint64_t received, bad;
    const char *why;       /* last */
    struct kadr_peer peer; /* last */
    char text[64];         /* last payload */
    size_t frames;         /* last */
    bool echo;
    uint64_t to_send, sent; /* the echo client's plan */
    bool disordered;
    char log[256]; /* first byte + rest of each XPUB message, `;` between */
};

struct fixture {
    struct kadr_loop *loop;
    struct kadr_zctx *ctx;
    void *bare; /* libzmq context of the bare peers */
    void *bare_sock[2];
    struct end server, client, other;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    assert_int_equal(kadr_loop_new(&f->loop), 0);
    assert_int_equal(kadr_zctx_new(&f->ctx), 0);
    f->bare = zmq_ctx_new();
    assert_non_null(f->bare);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    kadr_zsock_free(f->server.sock);
    kadr_zsock_free(f->client.sock);
    kadr_zsock_free(f->other.sock);
    kadr_zctx_free(f->ctx);
    for (size_t i = 0; i < KADR_COUNT(f->bare_sock); i++) {
        if (f->bare_sock[i]) {
            zmq_close(f->bare_sock[i]);
        }
    }
    zmq_ctx_term(f->bare);
    kadr_loop_free(f->loop);
    free(f);
    return 0;
}

static void on_bad(void *context, const struct kadr_peer *peer, const char *why)
{
    struct end *end = context;
    end->bad++;
    end->why = why;
    if (peer) {
        end->peer = *peer;
    }
}

static void note(struct end *end, const struct kadr_peer *peer, const struct kadr_bytes *frames, size_t count)
{
    end->received++;
    end->frames = count;
    if (peer) {
        end->peer = *peer;
    }
    struct kadr_bytes last = frames[count - 1];
    size_t len = last.len < sizeof end->text - 1 ? last.len : sizeof end->text - 1;
    memcpy(end->text, last.data, len);
    end->text[len] = '\0';
}

static void on_message(void *context, const struct kadr_peer *peer, const struct kadr_bytes *frames,
                       size_t count)
{
    struct end *end = context;
    note(end, peer, frames, count);
    if (end->echo) {
        assert_int_equal(kadr_zsock_send(end->sock, peer, frames[0].data, frames[0].len), 0);
    }
}

static void open_end(struct fixture *f, struct end *end, struct kadr_zsock_config config)
{
    config.receive = config.receive ? config.receive : on_message;
    config.bad = on_bad;
    config.context = end;
    assert_int_equal(kadr_zsock_new(f->ctx, f->loop, &config, &end->sock), 0);
}

static void open_server(struct fixture *f, const char *endpoint)
{
    open_end(f, &f->server, (struct kadr_zsock_config){ .type = KADR_ZSOCK_ROUTER, .endpoint = endpoint });
}

/* A socket of libzmq itself; closed by teardown(). */
static void *new_bare(struct fixture *f, int type)
{
    size_t slot = f->bare_sock[0] ? 1 : 0;
    void *sock = zmq_socket(f->bare, type);
    int zero = 0;
    assert_non_null(sock);
    assert_null(f->bare_sock[slot]);
    f->bare_sock[slot] = sock;
    assert_int_equal(zmq_setsockopt(sock, ZMQ_LINGER, &zero, sizeof zero), 0);
    return sock;
}

static void *open_bare(struct fixture *f, int type, const char *endpoint)
{
    void *sock = new_bare(f, type);
    assert_int_equal(zmq_connect(sock, endpoint), 0);
    return sock;
}

static void close_bare(struct fixture *f)
{
    zmq_close(KADR_TAKE(f->bare_sock[0]));
}

static void send_text(struct end *end, const char *text)
{
    assert_int_equal(kadr_zsock_send(end->sock, NULL, text, strlen(text)), 0);
}

/* Conditions for wait_until() */
struct until {
    const uint64_t *value;
    uint64_t at_least;
};

static bool reached(const void *context)
{
    const struct until *until = context;
    return *until->value >= until->at_least;
}

static bool wait_for(struct fixture *f, const uint64_t *value, uint64_t at_least)
{
    struct until until = { value, at_least };
    return wait_until(f->loop, reached, &until, PATIENCE);
}

/* Length and bytes of message n, so that the order and every byte can be checked. */
static size_t fill(uint64_t n, uint8_t data[MAX_MESSAGE])
{
    size_t len = sizeof n + n * 7919 % (MAX_MESSAGE - sizeof n) / (n % 16 ? 64 : 1);
    memset(data, (int)(n & 0xff), len);
    memcpy(data, &n, sizeof n);
    return len;
}

static void send_more(struct end *end)
{
    uint8_t data[MAX_MESSAGE];
    while (end->sent < end->to_send && end->sent - end->received < WINDOW) {
        size_t len = fill(end->sent, data);
        if (kadr_zsock_send(end->sock, NULL, data, len) == KADR_EFULL) {
            return;
        }
        end->sent++;
    }
}

static void on_echo(void *context, const struct kadr_peer *peer, const struct kadr_bytes *frames,
                    size_t count)
{
    struct end *end = context;
    uint8_t expected[MAX_MESSAGE];
    size_t len = fill(end->received, expected);
    (void)peer;
    end->disordered |= count != 1 || frames[0].len != len || memcmp(frames[0].data, expected, len) != 0;
    end->received++;
    send_more(end);
}

static void check_echo(struct fixture *f, const char *endpoint, int high_water_mark)
{
    f->server.echo = true;
    open_end(f, &f->server,
             (struct kadr_zsock_config){ .type = KADR_ZSOCK_ROUTER,
                                         .endpoint = endpoint,
                                         .high_water_mark = high_water_mark,
                                         .out_peer_items = WINDOW });
    open_end(f, &f->client,
             (struct kadr_zsock_config){ .type = KADR_ZSOCK_DEALER,
                                         .endpoint = kadr_zsock_endpoint(f->server.sock),
                                         .high_water_mark = high_water_mark,
                                         .receive = on_echo });
    f->client.to_send = 10000;
    send_more(&f->client);
    assert_true(wait_for(f, &f->client.received, f->client.to_send));
    assert_false(f->client.disordered);
    assert_int_equal(f->server.received, f->client.to_send);
    assert_int_equal(kadr_zsock_stats(f->client.sock)->sent, f->client.to_send);
    assert_int_equal(kadr_zsock_stats(f->server.sock)->sent, f->client.to_send);
    assert_int_equal(kadr_zsock_stats(f->client.sock)->missed_edges, 0);
    assert_int_equal(kadr_zsock_stats(f->server.sock)->missed_edges, 0);
    assert_int_equal(kadr_zsock_pending(f->client.sock), 0);
}

static void test_echo_tcp(void **state)
{
    check_echo(*state, "tcp://127.0.0.1:*", 1000);
}

static void test_echo_tcp_with_full_pipes(void **state)
{
    check_echo(*state, "tcp://127.0.0.1:*", 2);
}

static void test_echo_ipc(void **state)
{
    char endpoint[64];
    (void)snprintf(endpoint, sizeof endpoint, "ipc:///tmp/kadr-test-zsock-%ld", (long)getpid());
    check_echo(*state, endpoint, 1000);
}

static void test_echo_inproc(void **state)
{
    check_echo(*state, "inproc://echo", 1000);
}

static void test_echo_inproc_with_full_pipes(void **state)
{
    check_echo(*state, "inproc://echo", 2);
}

/* One message in flight at a time: each one needs its own edge on both sides. */
static void test_ping_pong_needs_no_safety_timer(void **state)
{
    struct fixture *f = *state;
    f->server.echo = true;
    open_server(f, "tcp://127.0.0.1:*");
    open_end(f, &f->client,
             (struct kadr_zsock_config){ .type = KADR_ZSOCK_DEALER,
                                         .endpoint = kadr_zsock_endpoint(f->server.sock) });
    for (uint64_t i = 1; i <= 500; i++) {
        send_text(&f->client, "ping");
        kadr_ns began_ns = kadr_clock_monotonic_ns();
        assert_true(wait_for(f, &f->client.received, i));
        assert_true(i == 1 || kadr_clock_monotonic_ns() - began_ns < KADR_MS(900)); /* not the timer's work */
    }
    assert_int_equal(kadr_zsock_stats(f->client.sock)->missed_edges, 0);
    assert_int_equal(kadr_zsock_stats(f->server.sock)->missed_edges, 0);
}

/* A send between a message's arrival and the next turn of the loop eats the edge: it must not be forgotten.
 */
static void test_send_outside_the_pump_forgets_no_edge(void **state)
{
    struct fixture *f = *state;
    open_server(f, "tcp://127.0.0.1:*");
    void *dealer = open_bare(f, ZMQ_DEALER, kadr_zsock_endpoint(f->server.sock));
    assert_int_equal(zmq_send(dealer, "hello", 5, 0), 5);
    assert_true(wait_for(f, &f->server.received, 1));
    for (uint64_t i = 2; i <= 100; i++) {
        assert_int_equal(zmq_send(dealer, "more", 4, 0), 4);
        kadr_ns began_ns = kadr_clock_monotonic_ns();
        while (kadr_clock_monotonic_ns() - began_ns < KADR_MS(3)) { /* libzmq's throttle: then send looks */
        }
        assert_int_equal(kadr_zsock_send(f->server.sock, &f->server.peer, "x", 1), 0);
        assert_true(wait_for(f, &f->server.received, i));
        assert_true(kadr_clock_monotonic_ns() - began_ns < KADR_MS(900)); /* not the safety timer's work */
    }
    assert_int_equal(kadr_zsock_stats(f->server.sock)->missed_edges, 0);
}

static void send_frames(void *sock, const char *const *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int flags = i + 1 < count ? ZMQ_SNDMORE : 0;
        assert_int_equal(zmq_send(sock, frames[i], strlen(frames[i]), flags), (int)strlen(frames[i]));
    }
}

static void test_wrong_frame_counts_are_dropped_and_counted(void **state)
{
    struct fixture *f = *state;
    open_server(f, "tcp://127.0.0.1:*");
    const char *endpoint = kadr_zsock_endpoint(f->server.sock);
    void *dealer = open_bare(f, ZMQ_DEALER, endpoint);
    void *req = open_bare(f, ZMQ_REQ, endpoint); /* sends an empty delimiter first */
    const char *const five[] = { "1", "2", "3", "4", "5" };
    const char *const one[] = { "fine" };
    send_frames(req, one, 1);
    assert_true(wait_for(f, &f->server.bad, 1));
    assert_string_equal(f->server.why, "frame_count");
    send_frames(dealer, five, 2);
    send_frames(dealer, five, 5);
    send_frames(dealer, one, 1);
    assert_true(wait_for(f, &f->server.received, 1));
    assert_int_equal(f->server.bad, 3);
    assert_string_equal(f->server.text, "fine");
    assert_int_equal(kadr_zsock_stats(f->server.sock)->dropped_bad, 3);
}

static void test_long_peer_names_are_refused(void **state)
{
    struct fixture *f = *state;
    open_server(f, "tcp://127.0.0.1:*");
    void *dealer = new_bare(f, ZMQ_DEALER);
    assert_int_equal(zmq_setsockopt(dealer, ZMQ_ROUTING_ID, "12345678901234567", 17), 0);
    assert_int_equal(zmq_connect(dealer, kadr_zsock_endpoint(f->server.sock)), 0);
    assert_int_equal(zmq_send(dealer, "x", 1, 0), 1);
    assert_true(wait_for(f, &f->server.bad, 1));
    assert_string_equal(f->server.why, "peer_id");
}

/* Over tcp libzmq cuts the connection; the peer comes back and its next message arrives. */
static void test_oversize_over_tcp_cuts_only_the_sender(void **state)
{
    struct fixture *f = *state;
    static const char big[2001];
    open_end(f, &f->server,
             (struct kadr_zsock_config){
                 .type = KADR_ZSOCK_ROUTER, .endpoint = "tcp://127.0.0.1:*", .max_frame_bytes = 1000 });
    const char *endpoint = kadr_zsock_endpoint(f->server.sock);
    void *dealer = open_bare(f, ZMQ_DEALER, endpoint);
    void *honest = open_bare(f, ZMQ_DEALER, endpoint);
    assert_int_equal(zmq_send(honest, "before", 6, 0), 6);
    assert_true(wait_for(f, &f->server.received, 1));
    assert_int_equal(zmq_send(dealer, big, sizeof big, 0), (int)sizeof big);
    assert_int_equal(zmq_send(dealer, "after", 5, 0), 5); /* may be lost with the connection */
    assert_int_equal(zmq_send(honest, "honest", 6, 0), 6);
    assert_true(wait_for(f, &f->server.received, 2));
    for (uint64_t i = 0; i < 500 && strcmp(f->server.text, "again") != 0; i++) {
        uint64_t tick = 0;
        struct until never = { &tick, 1 };
        (void)zmq_send(dealer, "again", 5, ZMQ_DONTWAIT);
        (void)wait_until(f->loop, reached, &never, KADR_MS(20));
    }
    assert_string_equal(f->server.text, "again");
}

/* Up to twice the bound the sender can be told. */
static void test_somewhat_oversize_is_dropped_and_its_sender_known(void **state)
{
    struct fixture *f = *state;
    static const char big[2000];
    open_end(f, &f->server,
             (struct kadr_zsock_config){
                 .type = KADR_ZSOCK_ROUTER, .endpoint = "tcp://127.0.0.1:*", .max_frame_bytes = 1000 });
    void *dealer = open_bare(f, ZMQ_DEALER, kadr_zsock_endpoint(f->server.sock));
    assert_int_equal(zmq_send(dealer, big, sizeof big, 0), (int)sizeof big);
    assert_true(wait_for(f, &f->server.bad, 1));
    assert_string_equal(f->server.why, "frame_size");
    assert_true(f->server.peer.len > 0);
    assert_int_equal(zmq_send(dealer, "after", 5, 0), 5);
    assert_true(wait_for(f, &f->server.received, 1));
    assert_string_equal(f->server.text, "after");
}

static void test_oversize_over_inproc_is_counted(void **state)
{
    struct fixture *f = *state;
    static const char big[2000];
    open_end(f, &f->server,
             (struct kadr_zsock_config){
                 .type = KADR_ZSOCK_ROUTER, .endpoint = "inproc://big", .max_frame_bytes = 1000 });
    open_end(f, &f->client,
             (struct kadr_zsock_config){ .type = KADR_ZSOCK_DEALER, .endpoint = "inproc://big" });
    assert_int_equal(kadr_zsock_send(f->client.sock, NULL, big, sizeof big), 0);
    assert_true(wait_for(f, &f->server.bad, 1));
    assert_string_equal(f->server.why, "frame_size");
    assert_int_equal(f->server.received, 0);
}

static void test_own_bound_holds_for_sending(void **state)
{
    struct fixture *f = *state;
    static const char big[1001];
    open_end(f, &f->client,
             (struct kadr_zsock_config){
                 .type = KADR_ZSOCK_DEALER, .endpoint = "inproc://nobody", .max_frame_bytes = 1000 });
    assert_int_equal(kadr_zsock_send(f->client.sock, NULL, big, sizeof big), KADR_EINVAL);
    assert_int_equal(kadr_zsock_pending(f->client.sock), 0);
    assert_int_equal(kadr_zsock_send(f->client.sock, NULL, big, sizeof big - 1), 0);
}

static void test_unconnected_dealer_queues_up_to_its_bound(void **state)
{
    struct fixture *f = *state;
    char endpoint[64];
    (void)snprintf(endpoint, sizeof endpoint, "ipc:///tmp/kadr-test-later-%ld", (long)getpid());
    open_end(
        f, &f->client,
        (struct kadr_zsock_config){ .type = KADR_ZSOCK_DEALER, .endpoint = endpoint, .out_queue_items = 4 });
    send_text(&f->client, "1");
    send_text(&f->client, "2");
    send_text(&f->client, "3");
    send_text(&f->client, "4");
    assert_int_equal(kadr_zsock_send(f->client.sock, NULL, "5", 1), KADR_EFULL);
    assert_int_equal(kadr_zsock_pending(f->client.sock), 4);
    assert_int_equal(kadr_zsock_stats(f->client.sock)->dropped_full, 1);
    open_server(f, endpoint);
    assert_true(wait_for(f, &f->server.received, 4));
    assert_string_equal(f->server.text, "4");
    assert_int_equal(kadr_zsock_pending(f->client.sock), 0);
}

static void test_queue_is_bounded_in_bytes(void **state)
{
    struct fixture *f = *state;
    static const char kilobyte[1024];
    open_end(f, &f->client,
             (struct kadr_zsock_config){
                 .type = KADR_ZSOCK_DEALER, .endpoint = "tcp://127.0.0.1:1", .out_queue_bytes = 2048 });
    assert_int_equal(kadr_zsock_send(f->client.sock, NULL, kilobyte, sizeof kilobyte), 0);
    assert_int_equal(kadr_zsock_send(f->client.sock, NULL, kilobyte, sizeof kilobyte), 0);
    assert_int_equal(kadr_zsock_send(f->client.sock, NULL, "x", 1), KADR_EFULL);
}

/* Sends numbers to the peer until its part of the queue is full. Returns how many were taken. */
static uint64_t stuff(struct end *end, const struct kadr_peer *peer)
{
    static char message[8192];
    uint64_t n = 0;
    int rc = 0;
    while (!rc && n < 1000000) {
        memcpy(message, &n, sizeof n);
        rc = kadr_zsock_send(end->sock, peer, message, sizeof message);
        n += rc == 0;
    }
    assert_int_equal(rc, KADR_EFULL);
    return n;
}

/* The fixture of the next two: a bare dealer that has said hello and then never reads. */
static void *open_stuck(struct fixture *f, struct kadr_peer *ret_peer)
{
    open_end(f, &f->server,
             (struct kadr_zsock_config){ .type = KADR_ZSOCK_ROUTER,
                                         .endpoint = "tcp://127.0.0.1:*",
                                         .high_water_mark = 4,
                                         .out_queue_items = 100,
                                         .out_peer_items = 50 });
    void *stuck = new_bare(f, ZMQ_DEALER);
    int one = 1;
    assert_int_equal(zmq_setsockopt(stuck, ZMQ_RCVHWM, &one, sizeof one), 0);
    assert_int_equal(zmq_connect(stuck, kadr_zsock_endpoint(f->server.sock)), 0);
    assert_int_equal(zmq_send(stuck, "hello", 5, 0), 5);
    assert_true(wait_for(f, &f->server.received, 1));
    *ret_peer = f->server.peer;
    return stuck;
}

static void test_stuck_peer_does_not_hold_up_the_others(void **state)
{
    struct fixture *f = *state;
    struct kadr_peer stuck_peer;
    void *stuck = open_stuck(f, &stuck_peer);
    uint64_t taken = stuff(&f->server, &stuck_peer);
    assert_in_range(kadr_zsock_pending(f->server.sock), 50, 50);
    f->server.echo = true;
    open_end(f, &f->client,
             (struct kadr_zsock_config){ .type = KADR_ZSOCK_DEALER,
                                         .endpoint = kadr_zsock_endpoint(f->server.sock) });
    for (uint64_t i = 1; i <= 200; i++) {
        send_text(&f->client, "hi");
        assert_true(wait_for(f, &f->client.received, i));
    }
    /* Now the stuck one reads: everything that was taken arrives, in order. */
    for (uint64_t n = 0; n < taken; n++) {
        uint64_t tick = 0, got = 0;
        struct until never = { &tick, 1 };
        char message[8192];
        kadr_ns until_ns = kadr_clock_monotonic_ns() + PATIENCE;
        while (zmq_recv(stuck, message, sizeof message, ZMQ_DONTWAIT) < 0 &&
               kadr_clock_monotonic_ns() < until_ns) {
            (void)wait_until(f->loop, reached, &never, KADR_MS(1));
        }
        memcpy(&got, message, sizeof got);
        assert_int_equal(got, n);
    }
    assert_int_equal(kadr_zsock_pending(f->server.sock), 0);
    assert_int_equal(kadr_zsock_stats(f->server.sock)->missed_edges, 0);
}

static void test_line_of_a_peer_that_left_is_dropped_and_counted(void **state)
{
    struct fixture *f = *state;
    struct kadr_peer stuck_peer;
    (void)open_stuck(f, &stuck_peer);
    (void)stuff(&f->server, &stuck_peer);
    close_bare(f);
    assert_true(wait_for(f, &kadr_zsock_stats(f->server.sock)->unroutable, 1));
    assert_int_equal(kadr_zsock_pending(f->server.sock), 0);
}

static void test_unroutable_peer_is_counted(void **state)
{
    struct fixture *f = *state;
    struct kadr_peer nobody = { .bytes = { 0, 1, 2, 3, 4 }, .len = 5 };
    open_server(f, "tcp://127.0.0.1:*");
    assert_int_equal(kadr_zsock_send(f->server.sock, &nobody, "x", 1), 0);
    assert_int_equal(kadr_zsock_stats(f->server.sock)->unroutable, 1);
    assert_int_equal(kadr_zsock_stats(f->server.sock)->sent, 0);
    assert_int_equal(kadr_zsock_pending(f->server.sock), 0);
}

/* Writes subscriptions as `+topic;` and `-topic;`. */
static void on_subscription(void *context, const struct kadr_peer *peer, const struct kadr_bytes *frames,
                            size_t count)
{
    struct end *end = context;
    assert_null(peer);
    assert_int_equal(count, 1);
    size_t used = strlen(end->log);
    (void)snprintf(end->log + used, sizeof end->log - used, "%c%.*s;", frames[0].data[0] ? '+' : '-',
                   (int)frames[0].len - 1, (const char *)frames[0].data + 1);
    end->received++;
}

static void open_subscriber(struct fixture *f, struct end *end, const char *prefix)
{
    open_end(f, end,
             (struct kadr_zsock_config){ .type = KADR_ZSOCK_SUB,
                                         .endpoint = kadr_zsock_endpoint(f->server.sock) });
    assert_int_equal(kadr_zsock_subscribe(end->sock, prefix), 0);
}

static void test_publish_reaches_the_prefix_only(void **state)
{
    struct fixture *f = *state;
    open_end(f, &f->server,
             (struct kadr_zsock_config){
                 .type = KADR_ZSOCK_XPUB, .endpoint = "tcp://127.0.0.1:*", .receive = on_subscription });
    assert_int_equal(kadr_zsock_publish(f->server.sock, "cell/KZ-35", "early", 5), 0); /* to nobody */
    open_subscriber(f, &f->client, "cell/KZ-35");
    assert_true(wait_for(f, &f->server.received, 1));
    open_subscriber(f, &f->other, "cell/KZ-35"); /* the same again: is seen too */
    assert_true(wait_for(f, &f->server.received, 2));
    assert_int_equal(kadr_zsock_publish(f->server.sock, "cell/KZ-10", "no", 2), 0);
    assert_int_equal(kadr_zsock_publish(f->server.sock, "cell/KZ-35", "yes", 3), 0);
    assert_true(wait_for(f, &f->client.received, 1));
    assert_true(wait_for(f, &f->other.received, 1));
    assert_string_equal(f->client.text, "yes");
    assert_int_equal(f->client.frames, 2);
    kadr_zsock_free(KADR_TAKE(f->client.sock)); /* the end of a connection is the end of its subscription */
    kadr_zsock_free(KADR_TAKE(f->other.sock));
    assert_true(wait_for(f, &f->server.received, 4));
    assert_string_equal(f->server.log, "+cell/KZ-35;+cell/KZ-35;-cell/KZ-35;-cell/KZ-35;");
}

/* libzmq keeps 32 bytes for each byte of a prefix: 8 MiB of it are a quarter of a gigabyte. */
static void test_huge_prefix_cuts_its_subscriber(void **state)
{
    struct fixture *f = *state;
    static char prefix[2 * KADR_MAX_SUBSCRIPTION_BYTES];
    memset(prefix, 'x', sizeof prefix - 1);
    open_end(f, &f->server,
             (struct kadr_zsock_config){
                 .type = KADR_ZSOCK_XPUB, .endpoint = "tcp://127.0.0.1:*", .receive = on_subscription });
    open_subscriber(f, &f->client, "D/KZ/");
    assert_true(wait_for(f, &f->server.received, 1));
    assert_int_equal(kadr_zsock_subscribe(f->client.sock, prefix), 0);
    assert_true(wait_for(f, &f->server.received, 2));
    assert_memory_equal(f->server.log, "+D/KZ/;-D/KZ/;", strlen("+D/KZ/;-D/KZ/;"));
}

/* One stranger and frames of a megabyte, while the loop is busy elsewhere. */
static void test_what_was_not_looked_at_is_bounded(void **state)
{
    struct fixture *f = *state;
    enum { MANY = 200, FRAME = 1 << 20 };
    static char frame[FRAME];
    int one = 1, patience_ms = 500;
    open_server(f, "tcp://127.0.0.1:*");
    void *bare = new_bare(f, ZMQ_DEALER);
    assert_int_equal(zmq_setsockopt(bare, ZMQ_SNDHWM, &one, sizeof one), 0);
    assert_int_equal(zmq_setsockopt(bare, ZMQ_SNDTIMEO, &patience_ms, sizeof patience_ms), 0);
    assert_int_equal(zmq_connect(bare, kadr_zsock_endpoint(f->server.sock)), 0);
    uint64_t taken = 0;
    while (taken < MANY && zmq_send(bare, frame, sizeof frame, 0) == FRAME) {
        taken++;
    }
    assert_in_range(taken, 1, MANY / 2); /* what does not fit waits at the sender: buffers of TCP included */
    assert_true(wait_for(f, &f->server.received, taken));
}

/* As a daemon does that drains: the queue is empty, the socket is closed, the process ends. */
static void test_answers_handed_over_arrive_after_the_end(void **state)
{
    struct fixture *f = *state;
    enum { ANSWERS = 300, ANSWER = 64 << 10 };
    static char answer[ANSWER];
    int patience_ms = 5000;
    open_server(f, "tcp://127.0.0.1:*");
    void *bare = open_bare(f, ZMQ_DEALER, kadr_zsock_endpoint(f->server.sock));
    assert_int_equal(zmq_setsockopt(bare, ZMQ_RCVTIMEO, &patience_ms, sizeof patience_ms), 0);
    assert_int_equal(zmq_send(bare, "hello", 5, 0), 5);
    assert_true(wait_for(f, &f->server.received, 1));
    for (size_t i = 0; i < ANSWERS; i++) {
        assert_int_equal(kadr_zsock_send(f->server.sock, &f->server.peer, answer, sizeof answer), 0);
    }
    assert_int_equal(kadr_zsock_pending(f->server.sock), 0);
    kadr_zsock_free(KADR_TAKE(f->server.sock));
    for (size_t i = 0; i < ANSWERS; i++) {
        assert_int_equal(zmq_recv(bare, answer, sizeof answer, 0), ANSWER);
    }
}

static void test_reconnects_after_the_server_came_back(void **state)
{
    struct fixture *f = *state;
    char endpoint[256];
    f->server.echo = true;
    open_server(f, "tcp://127.0.0.1:*");
    (void)snprintf(endpoint, sizeof endpoint, "%s", kadr_zsock_endpoint(f->server.sock));
    open_end(f, &f->client, (struct kadr_zsock_config){ .type = KADR_ZSOCK_DEALER, .endpoint = endpoint });
    send_text(&f->client, "one");
    assert_true(wait_for(f, &f->client.received, 1));
    kadr_zsock_free(KADR_TAKE(f->server.sock));
    struct kadr_zsock_config again = {
        .type = KADR_ZSOCK_ROUTER, .endpoint = endpoint, .receive = on_message, .context = &f->server
    };
    int rc = KADR_EBUSY; /* libzmq closes the old socket in its own thread */
    for (int i = 0; i < 1000 && rc == KADR_EBUSY; i++) {
        uint64_t tick = 0;
        struct until never = { &tick, 1 };
        (void)wait_until(f->loop, reached, &never, KADR_MS(5));
        rc = kadr_zsock_new(f->ctx, f->loop, &again, &f->server.sock);
    }
    assert_int_equal(rc, 0);
    for (int i = 0; i < 200 && f->client.received < 2; i++) { /* what was on its way may be lost: ask again */
        uint64_t before = f->client.received;
        struct until answered = { &f->client.received, before + 1 };
        send_text(&f->client, "two");
        (void)wait_until(f->loop, reached, &answered, KADR_MS(100));
    }
    assert_string_equal(f->client.text, "two");
}

static void test_endpoints_are_checked(void **state)
{
    struct fixture *f = *state;
    static const struct {
        enum kadr_zsock_type type;
        const char *endpoint;
        int rc;
    } cases[] = {
        { KADR_ZSOCK_ROUTER, "udp://127.0.0.1:7701", KADR_EINVAL },
        { KADR_ZSOCK_ROUTER, "pgm://eth0;239.1.1.1:5555", KADR_EINVAL },
        { KADR_ZSOCK_ROUTER, "127.0.0.1:7701", KADR_EINVAL },
        { KADR_ZSOCK_ROUTER, "", KADR_EINVAL },
        { KADR_ZSOCK_ROUTER, "tcp://127.0.0.1", KADR_EINVAL },
        { KADR_ZSOCK_DEALER, "tcp://127.0.0.1:port", KADR_EINVAL },
        { KADR_ZSOCK_ROUTER, "tcp://192.0.2.1:7701", KADR_ENOENT },
    };
    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        struct kadr_zsock_config config = { .type = cases[i].type,
                                            .endpoint = cases[i].endpoint,
                                            .receive = on_message };
        struct kadr_zsock *sock = NULL;
        int rc = kadr_zsock_new(f->ctx, f->loop, &config, &sock);
        if (rc != cases[i].rc) {
            print_error("%s: %s\n", cases[i].endpoint, kadr_strerror(rc));
        }
        assert_int_equal(rc, cases[i].rc);
        assert_null(sock);
    }
}

static void test_address_in_use_is_busy(void **state)
{
    struct fixture *f = *state;
    open_server(f, "tcp://127.0.0.1:*");
    struct kadr_zsock_config config = { .type = KADR_ZSOCK_ROUTER,
                                        .endpoint = kadr_zsock_endpoint(f->server.sock),
                                        .receive = on_message };
    struct kadr_zsock *second = NULL;
    assert_int_equal(kadr_zsock_new(f->ctx, f->loop, &config, &second), KADR_EBUSY);
}

static void test_curve_lets_in_who_knows_the_server_and_nobody_else(void **state)
{
    struct fixture *f = *state;
    char server_public[41], server_secret[41], own_public[41], own_secret[41];
    assert_int_equal(zmq_curve_keypair(server_public, server_secret), 0);
    assert_int_equal(zmq_curve_keypair(own_public, own_secret), 0);
    open_end(f, &f->server,
             (struct kadr_zsock_config){
                 .type = KADR_ZSOCK_ROUTER, .endpoint = "tcp://127.0.0.1:*", .own_secret = server_secret });
    const char *endpoint = kadr_zsock_endpoint(f->server.sock);
    open_end(f, &f->other, (struct kadr_zsock_config){ .type = KADR_ZSOCK_DEALER, .endpoint = endpoint });
    send_text(&f->other, "in the clear");
    open_end(f, &f->client,
             (struct kadr_zsock_config){ .type = KADR_ZSOCK_DEALER,
                                         .endpoint = endpoint,
                                         .server_public = server_public,
                                         .own_public = own_public,
                                         .own_secret = own_secret });
    send_text(&f->client, "secret");
    assert_true(wait_for(f, &f->server.received, 1));
    assert_string_equal(f->server.text, "secret");
    assert_int_equal(kadr_zsock_pending(f->other.sock), 1);
}

static void test_bad_keys_are_refused(void **state)
{
    struct fixture *f = *state;
    struct kadr_zsock *sock = NULL;
    struct kadr_zsock_config config = { .type = KADR_ZSOCK_DEALER,
                                        .endpoint = "tcp://127.0.0.1:7701",
                                        .receive = on_message,
                                        .own_secret = "short" };
    assert_int_equal(kadr_zsock_new(f->ctx, f->loop, &config, &sock), KADR_EINVAL);
    config.type = KADR_ZSOCK_ROUTER;
    assert_int_equal(kadr_zsock_new(f->ctx, f->loop, &config, &sock), KADR_EINVAL);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    (void)alarm(55); /* what hangs, fails */
    const struct CMUnitTest tests[] = {
        TEST(test_echo_tcp),
        TEST(test_echo_tcp_with_full_pipes),
        TEST(test_echo_ipc),
        TEST(test_echo_inproc),
        TEST(test_echo_inproc_with_full_pipes),
        TEST(test_ping_pong_needs_no_safety_timer),
        TEST(test_send_outside_the_pump_forgets_no_edge),
        TEST(test_wrong_frame_counts_are_dropped_and_counted),
        TEST(test_long_peer_names_are_refused),
        TEST(test_oversize_over_tcp_cuts_only_the_sender),
        TEST(test_somewhat_oversize_is_dropped_and_its_sender_known),
        TEST(test_oversize_over_inproc_is_counted),
        TEST(test_own_bound_holds_for_sending),
        TEST(test_unconnected_dealer_queues_up_to_its_bound),
        TEST(test_queue_is_bounded_in_bytes),
        TEST(test_stuck_peer_does_not_hold_up_the_others),
        TEST(test_line_of_a_peer_that_left_is_dropped_and_counted),
        TEST(test_unroutable_peer_is_counted),
        TEST(test_publish_reaches_the_prefix_only),
        TEST(test_huge_prefix_cuts_its_subscriber),
        TEST(test_what_was_not_looked_at_is_bounded),
        TEST(test_answers_handed_over_arrive_after_the_end),
        TEST(test_reconnects_after_the_server_came_back),
        TEST(test_endpoints_are_checked),
        TEST(test_address_in_use_is_busy),
        TEST(test_curve_lets_in_who_knows_the_server_and_nobody_else),
        TEST(test_bad_keys_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
