/* SPDX-License-Identifier: Apache-2.0 */
/* storage.c - events in, actions out. The table `handlers` is the map of the core; every handler leaves its
 * actions behind, and every step ends with the question whether the next batch can begin.
 */
#include "core/storage_impl.h"

#include <stdio.h>
#include <string.h>

#define SCRATCH_BYTES KADR_MAX_ARENA_BYTES

/* ---- actions ---- */

int kadr_storage_fatal(struct kadr_storage *st, int err, const char *why)
{
    st->why = why;
    return err;
}

static int add_action(struct kadr_storage *st, const struct kadr_storage_action *action)
{
    if (st->action_count == st->action_cap) {
        size_t cap = st->action_cap ? 2 * st->action_cap : 64;
        struct kadr_storage_action *grown = realloc(st->actions, cap * sizeof(*grown));
        if (!grown) {
            return kadr_storage_fatal(st, KADR_ENOMEM, "out of memory");
        }
        st->actions = grown;
        st->action_cap = cap;
    }
    st->actions[st->action_count++] = *action;
    return 0;
}

int kadr_storage_send(struct kadr_storage *st, const struct kadr_peer *peer,
                      const struct kadr_store_reply *reply)
{
    return add_action(st, &(struct kadr_storage_action){ .kind = KADR_STORAGE_SEND,
                                                         .send = { .peer = *peer, .reply = *reply } });
}

int kadr_storage_commit(struct kadr_storage *st, const struct batch *batch)
{
    return add_action(
        st, &(struct kadr_storage_action){
                .kind = KADR_STORAGE_COMMIT,
                .commit = { .batch = batch->id, .records = batch->records, .count = batch->count } });
}

/* ---- refusals ---- */

static const struct {
    const char *text;
    enum kadr_diag_code code;
    uint32_t retry_after_ms; /* 0: not unchanged */
} refusals[KADR_STORAGE_REFUSALS] = {
    [KADR_STORAGE_SEQUENCE_GAP] = { "sequence_gap", KADR_DIAG_SEQUENCE_GAP, 0 },
    [KADR_STORAGE_SEQUENCE_REUSED] = { "sequence_reused", KADR_DIAG_SEQUENCE_REUSED, 0 },
    [KADR_STORAGE_QUEUE_FULL] = { "queue_full", KADR_DIAG_RETRY_LATER, 100 },
    [KADR_STORAGE_STORAGE_FULL] = { "storage_full", KADR_DIAG_RETRY_LATER, 5000 },
    [KADR_STORAGE_STOPPING] = { "stopping", KADR_DIAG_RETRY_LATER, 1000 },
    [KADR_STORAGE_BAD_REQUEST] = { "bad_request", KADR_DIAG_BAD_FRAME, 0 },
};

const char *kadr_storage_refusal_text(enum kadr_storage_refusal refusal)
{
    return refusals[refusal].text;
}

struct kadr_refusal kadr_storage_refusal(struct kadr_storage *st, enum kadr_storage_refusal reason,
                                         const char *arg0, const char *arg1, struct kadr_arena *arena)
{
    struct kadr_diag diag = { .code = refusals[reason].code, .observation = -1 };
    (void)snprintf(diag.arg[0], sizeof(diag.arg[0]), "%s", arg0 ? arg0 : refusals[reason].text);
    (void)snprintf(diag.arg[1], sizeof(diag.arg[1]), "%s", arg1 ? arg1 : "");
    struct kadr_refusal refusal = { .retry_after_ms = refusals[reason].retry_after_ms };
    if (kadr_wire_diag_from(&diag, arena, &refusal.diag) != 0) {
        refusal.diag = (struct kadr_wire_diag){ .diag = diag,
                                                .number = (uint32_t)diag.code,
                                                .severity = kadr_diag_severity(diag.code),
                                                .name = kadr_diag_code_text(diag.code),
                                                .text = "",
                                                .remedy = "" };
    }
    st->refused[reason]++;
    return refusal;
}

int kadr_storage_refuse_request(struct kadr_storage *st, const struct kadr_peer *peer,
                                enum kadr_storage_refusal reason, const char *detail)
{
    struct kadr_store_reply reply = { .kind = KADR_STORE_REFUSAL };
    reply.refusal = kadr_storage_refusal(st, reason, detail, NULL, st->scratch);
    return kadr_storage_send(st, peer, &reply);
}

/* ---- events ---- */

/* The day never goes back, whatever a clock says. */
static void look_at_day(struct kadr_storage *st)
{
    kadr_day today = st->fixed_day != KADR_DAY_NONE ? st->fixed_day : kadr_day_at(st->wall_ms);
    if (today > st->day) { /* KADR_DAY_NONE is less than any day */
        st->wanted_day = today;
    }
}

static int on_start(struct kadr_storage *st, const struct kadr_storage_event *ev)
{
    st->fixed_day = ev->start.fixed_day;
    int r = kadr_storage_load(st);
    if (r) {
        return r;
    }
    st->started = true;
    look_at_day(st);
    if (st->state.head > 0) {
        return 0;
    }
    const struct kadr_store_request apply = {
        .kind = KADR_STORE_APPLY, .apply = { .files = ev->start.files, .count = ev->start.count }
    };
    r = kadr_storage_apply(st, &ev->peer, &apply);
    if (r == 0 && !st->candidate.reference) {
        return kadr_storage_fatal(st, KADR_EINVAL, "the reference data for the empty journal is not usable");
    }
    return r;
}

static int on_ping(struct kadr_storage *st, const struct kadr_peer *peer,
                   const struct kadr_store_request *message)
{
    struct kadr_store_reply reply = { .kind = KADR_STORE_PONG,
                                      .pong = { .nonce = message->ping_nonce,
                                                .commit = st->state.head,
                                                .has_lineage = true,
                                                .lineage = st->state.lineage,
                                                .day = st->day } };
    if (st->reference) {
        reply.pong.has_reference = true;
        reply.pong.reference = *kadr_reference_version(st->reference);
    }
    return kadr_storage_send(st, peer, &reply);
}

static int on_request(struct kadr_storage *st, const struct kadr_storage_event *ev)
{
    typedef int request_fn(struct kadr_storage *, const struct kadr_peer *,
                           const struct kadr_store_request *);
    static request_fn *const handlers[] = {
        [KADR_STORE_FOLLOW] = kadr_storage_follow,
        [KADR_STORE_CREDIT] = kadr_storage_credit,
        [KADR_STORE_APPLY] = kadr_storage_apply,
        [KADR_STORE_PING] = on_ping,
    };
    const struct kadr_store_request *message = ev->request.message;
    kadr_storage_heard(st, &ev->peer);
    if (message->kind == KADR_STORE_APPEND) {
        return kadr_storage_append(st, &ev->peer, message, ev->request.arena);
    }
    int r = handlers[message->kind](st, &ev->peer, message);
    kadr_arena_free(ev->request.arena);
    return r;
}

static int on_committed(struct kadr_storage *st, const struct kadr_storage_event *ev)
{
    return kadr_storage_committed(st, ev->committed.batch, ev->committed.result);
}

static int on_feed(struct kadr_storage *st, const struct kadr_storage_event *ev)
{
    (void)ev;
    return kadr_storage_feed_slices(st);
}

static int on_peer_gone(struct kadr_storage *st, const struct kadr_storage_event *ev)
{
    kadr_storage_unfollow(st, &ev->peer);
    return 0;
}

static int on_tick(struct kadr_storage *st, const struct kadr_storage_event *ev)
{
    (void)ev;
    look_at_day(st);
    return 0;
}

static int on_stop(struct kadr_storage *st, const struct kadr_storage_event *ev)
{
    (void)ev;
    st->stopping = true;
    return 0;
}

static void begin_step(struct kadr_storage *st, const struct kadr_storage_event *ev)
{
    while (st->finished) {
        struct request *request = st->finished;
        st->finished = request->next;
        kadr_storage_free_request(request);
    }
    st->action_count = 0;
    kadr_arena_clear(st->scratch);
    st->now_ns = ev->now_ns;
    st->wall_ms = ev->wall_ms;
}

int kadr_storage_step(struct kadr_storage *st, const struct kadr_storage_event *ev,
                      struct kadr_storage_out *ret_out)
{
    typedef int event_fn(struct kadr_storage *, const struct kadr_storage_event *);
    static event_fn *const handlers[] = {
        [KADR_STORAGE_START] = on_start,         [KADR_STORAGE_REQUEST] = on_request,
        [KADR_STORAGE_COMMITTED] = on_committed, [KADR_STORAGE_FEED] = on_feed,
        [KADR_STORAGE_PEER_GONE] = on_peer_gone, [KADR_STORAGE_TICK] = on_tick,
        [KADR_STORAGE_STOP] = on_stop,
    };
    KADR_ASSERT(st->started == (ev->kind != KADR_STORAGE_START));
    begin_step(st, ev);
    int r = handlers[ev->kind](st, ev);
    if (r == 0) {
        r = kadr_storage_next_batch(st);
    }
    *ret_out = (struct kadr_storage_out){ .actions = st->actions,
                                          .count = st->action_count,
                                          .more = kadr_storage_feed_waits(st) };
    return r;
}

/* ---- the object ---- */

int kadr_storage_new(const struct kadr_store *store, struct kadr_storage **ret_storage)
{
    KADR_CLEANUP(kadr_storage_free) struct kadr_storage *st = calloc(1, sizeof(*st));
    if (!st) {
        return KADR_ENOMEM;
    }
    st->store = store;
    st->why = "";
    kadr_random_bytes(st->stream_key, sizeof(st->stream_key));
    st->day = st->fixed_day = st->wanted_day = KADR_DAY_NONE;
    kadr_buf_init(&st->candidate.message, 2 * KADR_MAX_REFERENCE_BYTES);
    for (size_t i = 0; i < KADR_COUNT(st->batch); i++) {
        st->batch[i] = calloc(1, sizeof(*st->batch[i]));
        if (!st->batch[i]) {
            return KADR_ENOMEM;
        }
        kadr_buf_init(&st->batch[i]->envelopes, 0);
        kadr_buf_init(&st->batch[i]->reference_message, 0);
    }
    int r = kadr_arena_new(SCRATCH_BYTES, &st->scratch);
    if (r == 0) {
        *ret_storage = KADR_TAKE(st);
    }
    return r;
}

/* Items in line keep their requests alive; a request is freed with the last of its items. */
static void free_items(struct item *first)
{
    while (first) {
        struct item *item = first;
        first = item->next;
        while (item->waiters) {
            struct item *waiter = item->waiters;
            item->waiters = waiter->next;
            if (--waiter->request->unanswered == 0) {
                kadr_storage_free_request(waiter->request);
            }
        }
        if (--item->request->unanswered == 0) {
            kadr_storage_free_request(item->request);
        }
    }
}

void kadr_storage_free(struct kadr_storage *st)
{
    if (!st) {
        return;
    }
    while (st->finished) {
        struct request *request = st->finished;
        st->finished = request->next;
        kadr_storage_free_request(request);
    }
    free_items(st->queue.first);
    for (size_t i = 0; i < KADR_COUNT(st->batch); i++) {
        if (st->batch[i]) {
            free_items(st->batch[i]->items.first);
            kadr_buf_done(&st->batch[i]->envelopes);
            kadr_buf_done(&st->batch[i]->reference_message);
            free(st->batch[i]);
        }
    }
    kadr_storage_free_streams(st);
    kadr_storage_drop_candidate(st);
    kadr_buf_done(&st->candidate.message);
    kadr_reference_unref(st->reference);
    kadr_arena_free(st->scratch);
    free(st->actions);
    free(st);
}

const char *kadr_storage_why(const struct kadr_storage *st)
{
    return st->why;
}

bool kadr_storage_idle(const struct kadr_storage *st)
{
    return !st->in_flight && st->queue.count == 0;
}

void kadr_storage_status(const struct kadr_storage *st, struct kadr_storage_status *ret_status)
{
    *ret_status = (struct kadr_storage_status){
        .lineage = st->state.lineage,
        .head = st->state.head,
        .day = st->day,
        .reference = st->reference ? kadr_reference_version(st->reference) : NULL,
        .reference_commit = st->state.reference_commit,
        .queue_items = st->waiting_items,
        .queue_bytes = st->waiting_bytes,
        .batch_records = st->in_flight ? st->in_flight->count : 0,
        .stopping = st->stopping,
        .commits = st->commits,
        .records = st->records,
        .duplicates = st->duplicates,
    };
    memcpy(ret_status->refused, st->refused, sizeof(st->refused));
    for (size_t i = 0; i < KADR_MAX_FEEDS; i++) {
        ret_status->followers += st->follower[i].used;
    }
    if (st->waiting_items > 0) {
        ret_status->stalled_since_ns =
            st->committed_ns > st->waiting_since_ns ? st->committed_ns : st->waiting_since_ns;
    }
}
