/* SPDX-License-Identifier: Apache-2.0 */
/* publisher.c - one window over the outbox.
 *
 *   answered ... | window: sent, not answered (any order) | next ... pending
 *
 * `next` is the number to be sent next. Going back is setting `next` back; a number that is sent twice is
 * answered twice and settled once, so that no state of the server needs to be known. What is sent below
 * `replay_until` comes from the acknowledged reports: the server lost them. After a gap nothing is sent
 * before all that stands above it is answered: those answers are refusals for the same gap, and would be
 * taken for new ones if they came behind the resend.
 */
#include "client/publisher.h"

#include <signal.h>
#include <string.h>

#include "base/err.h"

#define TICK_NS            KADR_MS(100)
#define DEFAULT_SILENCE_NS KADR_S(3)
#define DEFAULT_ANSWER_NS  KADR_S(5)
#define MIN_RETRY_MS       100
#define PING_AFTER_NS      KADR_S(1)
#define MAX_RECONNECT_NS   KADR_S(1)

struct kadr_publisher {
    struct kadr_publisher_config config;
    struct kadr_zctx *zctx;
    struct kadr_loop *loop;
    struct kadr_zsock *sock;
    struct kadr_timer *timer;
    struct kadr_arena *arena; /* of the reply being handled */
    struct kadr_publisher_stats stats;
    uint64_t window[KADR_MAX_PEER_CREDIT];
    size_t in_flight; /* entries of window */
    size_t credit;    /* 0 before Welcome */
    uint64_t next, replay_until;
    uint64_t gap; /* to go back to when everything above it is answered; 0 = none */
    uint64_t nonce;
    kadr_ns heard_ns, pinged_ns, answered_ns;
    kadr_ns resume_ns; /* retry_later: nothing is sent before */
    bool drained;      /* told so since the last submit */
    bool stopped;      /* refused or failed */
};

/* ---- the window ---- */

static bool window_above(const struct kadr_publisher *pub, uint64_t sequence)
{
    for (size_t i = 0; i < pub->in_flight; i++) {
        if (pub->window[i] > sequence) {
            return true;
        }
    }
    return false;
}

static void window_remove(struct kadr_publisher *pub, uint64_t sequence)
{
    for (size_t i = 0; i < pub->in_flight; i++) {
        if (pub->window[i] == sequence) {
            pub->window[i] = pub->window[--pub->in_flight];
            return;
        }
    }
}

static void rewind_to(struct kadr_publisher *pub, uint64_t sequence)
{
    pub->next = sequence;
    pub->in_flight = 0;
}

/* ---- sending ---- */

static void fail(struct kadr_publisher *pub, int err)
{
    if (!pub->stopped) {
        pub->stopped = true;
        if (pub->config.events.failed != NULL) {
            pub->config.events.failed(pub->config.events.context, err);
        }
    }
}

static int send_request(struct kadr_publisher *pub, const struct kadr_office_request *request)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf frame = { 0 };

    kadr_buf_init(&frame, KADR_MAX_FRAME_BYTES);
    kadr_encode_office_request(request, &frame);
    return frame.err != 0 ? frame.err : kadr_zsock_send(pub->sock, NULL, frame.data, frame.len);
}

static int send_report(struct kadr_publisher *pub, uint64_t sequence)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf storage = { 0 };
    struct kadr_outbox_item item;
    struct kadr_office_request request = { .kind = KADR_OFFICE_SUBMIT };
    int err;

    kadr_buf_init(&storage, 0);
    err = kadr_outbox_get(pub->config.outbox, sequence, &storage, &item);
    if (err == 0) {
        request.submit = (struct kadr_submit){ .office = kadr_outbox_office(pub->config.outbox),
                                               .stream = *kadr_outbox_stream(pub->config.outbox),
                                               .sequence = sequence,
                                               .report = item.report };
        err = send_request(pub, &request);
    }
    if (err == 0) {
        pub->window[pub->in_flight++] = sequence;
        pub->next = sequence + 1;
        pub->drained = false;
        pub->stats.sent++;
    }
    return err;
}

/* The number to be sent next. */
static int next_sequence(struct kadr_publisher *pub, uint64_t *ret_sequence)
{
    if (pub->next < pub->replay_until) {
        *ret_sequence = pub->next;
        return 0;
    }
    return kadr_outbox_pending(pub->config.outbox, pub->next, ret_sequence);
}

static void tell_when_drained(struct kadr_publisher *pub)
{
    uint64_t sequence;
    int err = kadr_outbox_pending(pub->config.outbox, 0, &sequence);

    if (err == KADR_ENOENT && !pub->drained) {
        pub->drained = true;
        if (pub->config.events.drained != NULL) {
            pub->config.events.drained(pub->config.events.context);
        }
    } else if (err != 0 && err != KADR_ENOENT) {
        fail(pub, err);
    }
}

static void pump(struct kadr_publisher *pub, kadr_ns now)
{
    uint64_t sequence;
    int err = 0;

    if (pub->stopped || now < pub->resume_ns || (pub->gap > 0 && window_above(pub, pub->gap))) {
        return;
    }
    if (pub->gap > 0) {
        rewind_to(pub, pub->gap);
        pub->gap = 0;
    }
    if (pub->in_flight == 0) {
        pub->answered_ns = now; /* nothing was owed until now */
    }
    while (err == 0 && pub->in_flight < pub->credit) {
        err = next_sequence(pub, &sequence);
        err = err == 0 ? send_report(pub, sequence) : err;
    }
    if (err == KADR_ENOENT && pub->in_flight == 0) {
        tell_when_drained(pub);
    } else if (err != 0 && err != KADR_ENOENT && err != KADR_EFULL) {
        fail(pub, err);
    }
}

/* ---- answers ---- */

static void take_welcome(struct kadr_publisher *pub, const struct kadr_office_reply *reply, kadr_ns now)
{
    pub->stats.welcomed = true;
    pub->credit = reply->welcome.credit;
    if (pub->credit == 0) {
        pub->credit = 1; /* a server that grants nothing says so with retry_later */
    }
    if (pub->credit > KADR_MAX_PEER_CREDIT) {
        pub->credit = KADR_MAX_PEER_CREDIT;
    }
    pub->answered_ns = now;
}

static bool is_ours(const struct kadr_publisher *pub, const struct kadr_id *stream)
{
    return memcmp(stream->bytes, kadr_outbox_stream(pub->config.outbox)->bytes, sizeof(stream->bytes)) == 0;
}

/* Ours only, moved to the front of a copy in the arena. */
static int own_receipts(struct kadr_publisher *pub, const struct kadr_receipt *items, size_t count,
                        struct kadr_receipt **ret_own, size_t *ret_count)
{
    struct kadr_receipt *own = kadr_arena_calloc(pub->arena, count, sizeof(*own));
    size_t kept = 0;

    if (own == NULL) {
        return KADR_ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        if (is_ours(pub, &items[i].stream)) {
            own[kept++] = items[i];
        }
    }
    *ret_own = own;
    *ret_count = kept;
    return 0;
}

static void take_receipts(struct kadr_publisher *pub, const struct kadr_office_reply *reply, kadr_ns now)
{
    struct kadr_receipt *own = NULL;
    size_t count = 0;
    bool *fresh = kadr_arena_calloc(pub->arena, reply->receipts.count + 1, sizeof(*fresh));
    int err = fresh == NULL ? KADR_ENOMEM
                            : own_receipts(pub, reply->receipts.items, reply->receipts.count, &own, &count);

    err = err == 0 ? kadr_outbox_settle(pub->config.outbox, own, count, fresh) : err;
    if (err != 0) {
        fail(pub, err);
        return;
    }
    pub->answered_ns = now;
    for (size_t i = 0; i < count; i++) {
        window_remove(pub, own[i].sequence);
        pub->stats.receipts += fresh[i];
        pub->stats.duplicates += !fresh[i];
        if (fresh[i] && pub->config.events.receipt != NULL) {
            pub->config.events.receipt(pub->config.events.context, &own[i]);
        }
    }
}

static void stop_refused(struct kadr_publisher *pub, const struct kadr_refusal *refusal)
{
    pub->stopped = true;
    if (pub->config.events.refused != NULL) {
        pub->config.events.refused(pub->config.events.context, refusal);
    }
}

static void retry_later(struct kadr_publisher *pub, const struct kadr_refusal *refusal, kadr_ns now)
{
    uint32_t wait_ms = refusal->retry_after_ms > MIN_RETRY_MS ? refusal->retry_after_ms : MIN_RETRY_MS;

    pub->stats.retries++;
    pub->resume_ns = now + KADR_MS(wait_ms);
    if (refusal->sequence > 0 && refusal->sequence < pub->next) {
        pub->next = refusal->sequence;
    }
    if (pub->config.events.delayed != NULL) {
        pub->config.events.delayed(pub->config.events.context, refusal);
    }
}

/* The server waits for an earlier number: a submit was lost on the way, or the server lost its past. */
static void sequence_gap(struct kadr_publisher *pub, const struct kadr_refusal *refusal, kadr_ns now)
{
    uint64_t expected = refusal->expected_sequence, pending = UINT64_MAX;
    int err = kadr_outbox_pending(pub->config.outbox, 0, &pending);
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf storage = { 0 };
    struct kadr_outbox_item item;

    if (pub->gap == expected || now < pub->resume_ns) {
        return; /* known, or to be sent again anyhow */
    }
    kadr_buf_init(&storage, 0);
    err = err == KADR_ENOENT ? 0 : err;
    err = err == 0 ? kadr_outbox_get(pub->config.outbox, expected, &storage, &item) : err;
    if (err == KADR_ENOENT || expected >= refusal->sequence) {
        stop_refused(pub, refusal); /* a number this outbox never gave, or no longer holds */
    } else if (err != 0) {
        fail(pub, err);
    } else {
        pub->stats.gaps++;
        pub->replay_until = expected < pending ? pending : 0;
        pub->gap = expected;
    }
}

static void take_refusal(struct kadr_publisher *pub, const struct kadr_office_reply *reply, kadr_ns now)
{
    const struct kadr_refusal *refusal = &reply->refusal;

    pub->answered_ns = now;
    window_remove(pub, refusal->sequence);
    if (refusal->diag.diag.code == KADR_DIAG_SEQUENCE_GAP) {
        sequence_gap(pub, refusal, now);
    } else if (refusal->diag.diag.code == KADR_DIAG_RETRY_LATER || refusal->retry_after_ms > 0) {
        retry_later(pub, refusal, now);
    } else {
        stop_refused(pub, refusal);
    }
}

static void take_pong(struct kadr_publisher *pub, const struct kadr_office_reply *reply, kadr_ns now)
{
    (void)pub;
    (void)reply;
    (void)now; /* that it came is all; heard_ns is set for every reply */
}

static void on_reply(void *context, const struct kadr_peer *peer, const struct kadr_bytes *frames,
                     size_t count)
{
    static void (*const takers[])(struct kadr_publisher *, const struct kadr_office_reply *, kadr_ns) = {
        [KADR_OFFICE_WELCOME] = take_welcome,
        [KADR_OFFICE_RECEIPTS] = take_receipts,
        [KADR_OFFICE_REFUSAL] = take_refusal,
        [KADR_OFFICE_PONG] = take_pong,
    };
    struct kadr_publisher *pub = context;
    struct kadr_office_reply reply;
    kadr_ns now = kadr_clock_monotonic_ns();

    (void)peer;
    kadr_arena_clear(pub->arena);
    if (count != 1 || kadr_decode_office_reply(frames[0], pub->arena, &reply, NULL) != 0) {
        pub->stats.bad++;
        return;
    }
    pub->heard_ns = now;
    if (!pub->stopped) {
        takers[reply.kind](pub, &reply, now);
        pump(pub, now);
    }
}

/* ---- the connection ---- */

static void say_hello(struct kadr_publisher *pub)
{
    const struct kadr_office_request hello = {
        .kind = KADR_OFFICE_HELLO,
        .hello = { .office = kadr_outbox_office(pub->config.outbox), .client = pub->config.client },
    };
    int err = send_request(pub, &hello);

    if (err != 0) {
        fail(pub, err);
    }
}

/* A fresh connection; everything unanswered will be sent again after its Welcome. */
static int connect_again(struct kadr_publisher *pub, kadr_ns now)
{
    const struct kadr_zsock_config config = {
        .type = KADR_ZSOCK_DEALER,
        .endpoint = pub->config.endpoint,
        .max_frame_bytes = KADR_MAX_FRAME_BYTES,
        .out_queue_items = KADR_MAX_PEER_CREDIT + 16, /* the window, a hello, pings */
        .reconnect_max_ns = MAX_RECONNECT_NS,
        .receive = on_reply,
        .context = pub,
    };

    kadr_zsock_free(KADR_TAKE(pub->sock));
    rewind_to(pub, 0);
    pub->credit = 0;
    pub->replay_until = pub->gap = 0;
    pub->heard_ns = pub->pinged_ns = pub->answered_ns = now;
    pub->stats.connections++;
    return kadr_zsock_new(pub->zctx, pub->loop, &config, &pub->sock);
}

static void ping(struct kadr_publisher *pub, kadr_ns now)
{
    const struct kadr_office_request request = { .kind = KADR_OFFICE_PING, .ping_nonce = ++pub->nonce };

    pub->pinged_ns = now;
    if (send_request(pub, &request) == KADR_ENOMEM) {
        fail(pub, KADR_ENOMEM); /* a full queue only means that nobody listens: silence will tell */
    }
}

static void on_tick(void *context)
{
    struct kadr_publisher *pub = context;
    kadr_ns now = kadr_clock_monotonic_ns();
    bool silent = now - pub->heard_ns >= pub->config.silence_ns;
    bool owed = pub->in_flight > 0 && now - pub->answered_ns >= pub->config.answer_ns;

    if (pub->stopped) {
        return;
    }
    if (silent || owed) {
        int err = connect_again(pub, now);

        if (err != 0) {
            fail(pub, err);
            return;
        }
        say_hello(pub);
    } else if (now - pub->heard_ns >= PING_AFTER_NS && now - pub->pinged_ns >= PING_AFTER_NS) {
        ping(pub, now);
    }
    pump(pub, now);
    kadr_timer_set(pub->timer, TICK_NS);
}

int kadr_publisher_new(struct kadr_zctx *zctx, struct kadr_loop *loop,
                       const struct kadr_publisher_config *config, struct kadr_publisher **ret_publisher)
{
    KADR_CLEANUP(kadr_publisher_free) struct kadr_publisher *pub = calloc(1, sizeof(*pub));
    int err;

    if (pub == NULL) {
        return KADR_ENOMEM;
    }
    pub->config = *config;
    pub->config.silence_ns = config->silence_ns > 0 ? config->silence_ns : DEFAULT_SILENCE_NS;
    pub->config.answer_ns = config->answer_ns > 0 ? config->answer_ns : DEFAULT_ANSWER_NS;
    pub->zctx = zctx;
    pub->loop = loop;
    err = kadr_arena_new(KADR_MAX_ARENA_BYTES, &pub->arena);
    err = err == 0 ? kadr_timer_new(loop, on_tick, pub, &pub->timer) : err;
    err = err == 0 ? connect_again(pub, kadr_clock_monotonic_ns()) : err;
    if (err == 0) {
        say_hello(pub);
        kadr_timer_set(pub->timer, TICK_NS);
        *ret_publisher = KADR_TAKE(pub);
    }
    return err;
}

void kadr_publisher_free(struct kadr_publisher *publisher)
{
    if (publisher != NULL) {
        kadr_zsock_free(publisher->sock);
        kadr_timer_free(publisher->timer);
        kadr_arena_free(publisher->arena);
        free(publisher);
    }
}

void kadr_publisher_kick(struct kadr_publisher *publisher)
{
    pump(publisher, kadr_clock_monotonic_ns());
}

const struct kadr_publisher_stats *kadr_publisher_stats(const struct kadr_publisher *publisher)
{
    return &publisher->stats;
}

/* ---- blocking ---- */

struct blocking {
    struct kadr_publisher_events user;
    struct kadr_loop *loop;
    struct kadr_timer *timer;
    kadr_ns timeout_ns;
    int result;
};

static void finish(struct blocking *run, int result)
{
    run->result = result;
    kadr_loop_stop(run->loop);
}

static void on_timeout(void *context)
{
    finish(context, KADR_ETIMEOUT);
}

static void on_signal(void *context)
{
    finish(context, KADR_ECANCELED);
}

static int catch_signals(struct kadr_loop *loop, struct blocking *run)
{
    int err = kadr_loop_on_signal(loop, SIGINT, on_signal, run);

    return err == 0 ? kadr_loop_on_signal(loop, SIGTERM, on_signal, run) : err;
}

static void on_receipt(void *context, const struct kadr_receipt *receipt)
{
    struct blocking *run = context;

    kadr_timer_set(run->timer, run->timeout_ns);
    if (run->user.receipt != NULL) {
        run->user.receipt(run->user.context, receipt);
    }
}

static void on_refused(void *context, const struct kadr_refusal *refusal)
{
    struct blocking *run = context;

    if (run->user.refused != NULL) {
        run->user.refused(run->user.context, refusal);
    }
    finish(run, KADR_EPERM);
}

static void on_delayed(void *context, const struct kadr_refusal *refusal)
{
    struct blocking *run = context;

    if (run->user.delayed != NULL) {
        run->user.delayed(run->user.context, refusal);
    }
}

static void on_drained(void *context)
{
    finish(context, 0);
}

static void on_failed(void *context, int err)
{
    finish(context, err);
}

int kadr_publish(const struct kadr_publisher_config *config, kadr_ns timeout_ns,
                 struct kadr_publisher_stats *ret_stats)
{
    KADR_CLEANUP(kadr_zctx_free) struct kadr_zctx *zctx = NULL;
    KADR_CLEANUP(kadr_loop_free) struct kadr_loop *loop = NULL;
    struct blocking run = { .user = config->events, .timeout_ns = timeout_ns, .result = KADR_ECANCELED };
    struct kadr_publisher_config own = *config;
    struct kadr_publisher *pub = NULL;
    int err = kadr_zctx_new(&zctx);

    own.events = (struct kadr_publisher_events){
        .receipt = on_receipt,
        .refused = on_refused,
        .delayed = on_delayed,
        .drained = on_drained,
        .failed = on_failed,
        .context = &run,
    };
    err = err == 0 ? kadr_loop_new(&loop) : err;
    run.loop = loop;
    err = err == 0 && config->stop_on_signals ? catch_signals(loop, &run) : err;
    err = err == 0 ? kadr_timer_new(loop, on_timeout, &run, &run.timer) : err;
    err = err == 0 ? kadr_publisher_new(zctx, loop, &own, &pub) : err;
    if (err == 0) {
        kadr_timer_set(run.timer, timeout_ns);
        err = kadr_loop_run(loop);
        err = err == 0 ? run.result : err;
    }
    if (ret_stats != NULL) {
        *ret_stats = pub != NULL ? pub->stats : (struct kadr_publisher_stats){ 0 };
    }
    kadr_publisher_free(pub);
    kadr_timer_free(run.timer);
    return err;
}
