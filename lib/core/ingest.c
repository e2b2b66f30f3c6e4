/* SPDX-License-Identifier: Apache-2.0 */
/* The ingest core: events in, frames out. See ingest_impl.h for its parts.
 *
 * Frames that go out in one step stand one behind the other in one buffer, which may move while it grows; so
 * an action holds an offset until the step ends. Invariant after every step: received = answered + in flight.
 */
#include "core/ingest.h"

#include "base/err.h"
#include "core/ingest_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int kadr_ingest_new(struct kadr_ingest **ret_ingest)
{
    struct kadr_ingest *ing KADR_CLEANUP(kadr_ingest_free) = calloc(1, sizeof(*ing));
    if (ing == NULL) {
        return KADR_ENOMEM;
    }
    kadr_buf_init(&ing->frames, 0);
    kadr_ingest_peers_init(&ing->peers);
    ing->filling = &ing->appends[0];
    ing->link.known.day = KADR_DAY_NONE;
    uint8_t hash_key[KADR_HASH_KEY_BYTES];
    kadr_random_bytes(hash_key, sizeof(hash_key));
    int err = kadr_baseline_new(hash_key, &ing->link.baseline);
    err = err ? err : kadr_arena_new(KADR_MAX_ARENA_BYTES, &ing->work);
    err = err ? err : kadr_arena_new(KADR_MAX_ARENA_BYTES, &ing->record);
    err = err ? err : kadr_arena_new(KADR_MAX_ARENA_BYTES, &ing->say);
    err = err ? err : kadr_arena_new(KADR_MAX_ARENA_BYTES, &ing->batch);
    if (err == 0) {
        *ret_ingest = KADR_TAKE(ing);
    }
    return err;
}

void kadr_ingest_free(struct kadr_ingest *ing)
{
    if (ing == NULL) {
        return;
    }
    kadr_reference_unref(ing->link.reference);
    kadr_baseline_free(ing->link.baseline);
    kadr_arena_free(ing->work);
    kadr_arena_free(ing->record);
    kadr_arena_free(ing->say);
    kadr_arena_free(ing->batch);
    kadr_buf_done(&ing->frames);
    free(ing->actions);
    free(ing->ends);
    free(ing);
}

/* ---- what goes out ---- */

static bool grow_actions(struct kadr_ingest *ing)
{
    if (ing->action_count < ing->action_cap) {
        return true;
    }
    size_t cap = ing->action_cap ? 2 * ing->action_cap : 64;
    struct kadr_ingest_action *actions = realloc(ing->actions, cap * sizeof(*actions));
    ing->actions = actions ? actions : ing->actions;
    size_t *ends = realloc(ing->ends, cap * sizeof(*ends));
    ing->ends = ends ? ends : ing->ends;
    ing->action_cap = actions && ends ? cap : ing->action_cap;
    return actions && ends;
}

void kadr_ingest_send(struct kadr_ingest *ing, int kind, const struct kadr_peer *peer)
{
    if (!grow_actions(ing)) {
        ing->frames.err = KADR_ENOMEM;
        return;
    }
    struct kadr_ingest_action *action = &ing->actions[ing->action_count];
    *action = (struct kadr_ingest_action){ .kind = (uint32_t)kind };
    if (peer) {
        action->peer = *peer;
    }
    ing->ends[ing->action_count++] = ing->frames.len;
}

void kadr_ingest_reply(struct kadr_ingest *ing, const struct kadr_peer *peer,
                       const struct kadr_office_reply *reply)
{
    kadr_encode_office_reply(reply, &ing->frames);
    kadr_ingest_send(ing, KADR_INGEST_SEND_OFFICE, peer);
}

static void resolve_frames(struct kadr_ingest *ing)
{
    size_t begin = 0;
    for (size_t i = 0; i < ing->action_count; i++) {
        ing->actions[i].frame = (struct kadr_bytes){ ing->frames.data + begin, ing->ends[i] - begin };
        begin = ing->ends[i];
    }
}

/* ---- refusals ---- */

const char *kadr_ingest_refusal_text(enum kadr_ingest_refusal refusal)
{
    static const char *const texts[KADR_INGEST_REFUSALS] = {
        [KADR_INGEST_BAD_FRAME] = "bad_frame",
        [KADR_INGEST_VERSION] = "version",
        [KADR_INGEST_UNKNOWN_OFFICE] = "unknown_office",
        [KADR_INGEST_NOT_READY] = "not_ready",
        [KADR_INGEST_CATCHING_UP] = "catching_up",
        [KADR_INGEST_STORAGE_DOWN] = "storage_down",
        [KADR_INGEST_STORAGE_SLOW] = "storage_slow",
        [KADR_INGEST_BUSY] = "busy",
        [KADR_INGEST_CREDIT] = "credit",
        [KADR_INGEST_PEERS] = "too_many_peers",
        [KADR_INGEST_STOPPING] = "stopping",
        [KADR_INGEST_SEQUENCE_GAP] = "sequence_gap",
        [KADR_INGEST_SEQUENCE_REUSED] = "sequence_reused",
        [KADR_INGEST_BY_STORAGE] = "by_storage",
    };
    return (size_t)refusal < KADR_COUNT(texts) ? texts[refusal] : "unknown";
}

struct kadr_diag kadr_ingest_diag(enum kadr_diag_code code, const char *arg0, const char *arg1)
{
    struct kadr_diag diag = { .code = code, .observation = -1 };
    (void)snprintf(diag.arg[0], sizeof(diag.arg[0]), "%s", arg0 ? arg0 : "");
    (void)snprintf(diag.arg[1], sizeof(diag.arg[1]), "%s", arg1 ? arg1 : "");
    return diag;
}

void kadr_ingest_refuse(struct kadr_ingest *ing, const struct kadr_peer *peer, const struct kadr_id *stream,
                        uint64_t sequence, enum kadr_ingest_refusal reason, const struct kadr_diag *diag)
{
    struct kadr_office_reply reply = { .kind = KADR_OFFICE_REFUSAL };
    reply.refusal.sequence = sequence;
    if (stream) {
        reply.refusal.stream = *stream;
    }
    if (diag->code == KADR_DIAG_RETRY_LATER) {
        reply.refusal.retry_after_ms = INGEST_RETRY_MS;
    }
    if (kadr_wire_diag_from(diag, ing->say, &reply.refusal.diag) != 0) {
        ing->frames.err = KADR_ENOMEM;
        return;
    }
    ing->totals.refused[reason]++;
    ing->totals.answered++;
    kadr_ingest_reply(ing, peer, &reply);
}

void kadr_ingest_retry(struct kadr_ingest *ing, const struct kadr_peer *peer, const struct kadr_id *stream,
                       uint64_t sequence, enum kadr_ingest_refusal reason)
{
    struct kadr_diag diag = kadr_ingest_diag(KADR_DIAG_RETRY_LATER, kadr_ingest_refusal_text(reason), NULL);
    kadr_ingest_refuse(ing, peer, stream, sequence, reason, &diag);
}

/* ---- requests of offices ---- */

static void on_hello(struct kadr_ingest *ing, const struct kadr_peer *peer,
                     const struct kadr_office_request *request)
{
    (void)request; /* who speaks is said in each submit; a connection is not an identity */
    struct kadr_office_reply reply = { .kind = KADR_OFFICE_WELCOME };
    reply.welcome.state = ing->link.known;
    reply.welcome.credit = KADR_MAX_PEER_CREDIT;
    kadr_ingest_reply(ing, peer, &reply);
}

static void on_submit(struct kadr_ingest *ing, const struct kadr_peer *peer,
                      const struct kadr_office_request *request)
{
    ing->totals.received++;
    kadr_ingest_submit(ing, peer, &request->submit);
}

static void on_ping(struct kadr_ingest *ing, const struct kadr_peer *peer,
                    const struct kadr_office_request *request)
{
    struct kadr_office_reply reply = { .kind = KADR_OFFICE_PONG };
    reply.pong = ing->link.known;
    reply.pong.nonce = request->ping_nonce;
    kadr_ingest_reply(ing, peer, &reply);
}

/* A frame that nobody can be blamed for: refused and counted. */
static void on_bad_frame(struct kadr_ingest *ing, const struct kadr_ingest_event *ev, int err,
                         const char *why)
{
    struct kadr_diag diag = kadr_ingest_diag(KADR_DIAG_BAD_FRAME, why, NULL);
    enum kadr_ingest_refusal reason = KADR_INGEST_BAD_FRAME;
    uint32_t version = 0;
    if (err == KADR_EVERSION && kadr_frame_version(ev->frame, &version) == 0) {
        diag = kadr_ingest_diag(KADR_DIAG_VERSION, NULL, NULL);
        (void)snprintf(diag.arg[0], sizeof(diag.arg[0]), "%" PRIu32, version);
        (void)snprintf(diag.arg[1], sizeof(diag.arg[1]), "%d", KADR_WIRE_VERSION);
        reason = KADR_INGEST_VERSION;
    }
    ing->totals.received++;
    kadr_ingest_refuse(ing, &ev->peer, NULL, 0, reason, &diag);
}

static void on_office(struct kadr_ingest *ing, const struct kadr_ingest_event *ev)
{
    static void (*const handlers[])(struct kadr_ingest *, const struct kadr_peer *,
                                    const struct kadr_office_request *) = {
        [KADR_OFFICE_HELLO] = on_hello,
        [KADR_OFFICE_SUBMIT] = on_submit,
        [KADR_OFFICE_PING] = on_ping,
    };
    struct kadr_office_request request;
    const char *why = "";
    int err = kadr_decode_office_request(ev->frame, ing->work, &request, &why);
    if (err) {
        on_bad_frame(ing, ev, err, why);
        return;
    }
    handlers[request.kind](ing, &ev->peer, &request);
}

/* ---- events ---- */

static void on_bad(struct kadr_ingest *ing, const struct kadr_ingest_event *ev)
{
    on_bad_frame(ing, ev, KADR_EPROTO, ev->why);
}

static void on_store(struct kadr_ingest *ing, const struct kadr_ingest_event *ev)
{
    kadr_ingest_store_frame(ing, ev->frame);
}

static void on_flush(struct kadr_ingest *ing, const struct kadr_ingest_event *ev)
{
    (void)ev;
    kadr_ingest_flush(ing);
}

static void on_tick(struct kadr_ingest *ing, const struct kadr_ingest_event *ev)
{
    (void)ev;
    kadr_ingest_store_tick(ing);
    kadr_ingest_flush(ing);
}

static void on_stop(struct kadr_ingest *ing, const struct kadr_ingest_event *ev)
{
    (void)ev;
    ing->stopping = true;
    kadr_ingest_flush(ing);
}

int kadr_ingest_step(struct kadr_ingest *ing, const struct kadr_ingest_event *ev,
                     struct kadr_ingest_out *ret_out)
{
    static void (*const handlers[])(struct kadr_ingest *, const struct kadr_ingest_event *) = {
        [KADR_INGEST_OFFICE] = on_office, [KADR_INGEST_BAD] = on_bad,   [KADR_INGEST_STORE] = on_store,
        [KADR_INGEST_FLUSH] = on_flush,   [KADR_INGEST_TICK] = on_tick, [KADR_INGEST_STOP] = on_stop,
    };
    ing->now_ns = ev->now_ns;
    ing->wall_ms = ev->wall_ms;
    ing->action_count = 0;
    kadr_buf_clear(&ing->frames);
    kadr_arena_clear(ing->work);
    kadr_arena_clear(ing->say);
    handlers[ev->kind](ing, ev);
    if (ing->frames.err) {
        return KADR_ENOMEM;
    }
    KADR_ASSERT(ing->totals.received == ing->totals.answered + kadr_ingest_in_flight(ing));
    resolve_frames(ing);
    *ret_out = (struct kadr_ingest_out){ ing->actions, ing->action_count };
    return 0;
}

/* ---- questions ---- */

bool kadr_ingest_idle(const struct kadr_ingest *ing)
{
    return kadr_ingest_in_flight(ing) == 0;
}

const char *kadr_ingest_not_ready(const struct kadr_ingest *ing)
{
    const struct ingest_link *link = &ing->link;
    if (!link->up) {
        return "storaged does not answer";
    }
    if (link->broken_reference) {
        return "the journal's reference data cannot be loaded by this version";
    }
    if (link->reference == NULL || link->known.day == KADR_DAY_NONE) {
        return "reference data and day are not known yet";
    }
    if (!link->caught_up) {
        return "the journal is still being read";
    }
    return ing->stopping ? "stopping" : NULL;
}

void kadr_ingest_status(const struct kadr_ingest *ing, struct kadr_ingest_status *ret_status)
{
    *ret_status = ing->totals;
    ret_status->storage_up = ing->link.up;
    ret_status->stopping = ing->stopping;
    ret_status->known = ing->link.known;
    ret_status->position = ing->link.position;
    kadr_baseline_count(ing->link.baseline, &ret_status->baseline);
    ret_status->peers = ing->peers.count;
    ret_status->in_flight = kadr_ingest_in_flight(ing);
    for (size_t i = 0; i < KADR_COUNT(ing->appends); i++) {
        const struct ingest_append *append = &ing->appends[i];
        if (append->request == 0) {
            continue;
        }
        ret_status->appends++;
        if (ret_status->oldest_append_ns == 0 || append->sent_ns < ret_status->oldest_append_ns) {
            ret_status->oldest_append_ns = append->sent_ns;
        }
    }
}
