/* SPDX-License-Identifier: Apache-2.0 */
/* ingest_store.c - storaged's link: appends, their answers, liveness.
 *
 * A ping every second; three seconds without any frame mean down, and the first frame after that means up.
 * ROUTER forgets a connection that was made anew, so what storaged knew of us may be gone at any time without
 * a sign: an append that is not answered in time is given up with `retry_later`. The office sends it again,
 * and storaged's dedupe makes that free. The feed has its own file.
 */
#include "core/ingest_impl.h"

#include "base/err.h"

#include <string.h>

/* ---- appends ---- */

static size_t on_their_way(const struct kadr_ingest *ing)
{
    size_t count = 0;
    for (size_t i = 0; i < KADR_COUNT(ing->appends); i++) {
        count += ing->appends[i].request != 0;
    }
    return count;
}

uint64_t kadr_ingest_in_flight(const struct kadr_ingest *ing)
{
    uint64_t count = 0;
    for (size_t i = 0; i < KADR_COUNT(ing->appends); i++) {
        count += ing->appends[i].count;
    }
    return count;
}

bool kadr_ingest_has_room(const struct kadr_ingest *ing)
{
    return ing->filling->count < KADR_MAX_APPEND_ITEMS && kadr_arena_used(ing->batch) < INGEST_BATCH_BYTES;
}

static struct ingest_append *free_append(struct kadr_ingest *ing)
{
    struct ingest_append *append = ing->appends;
    while (append->request != 0) {
        append++; /* one is always free: at most INGEST_APPENDS are on their way */
    }
    return append;
}

void kadr_ingest_flush(struct kadr_ingest *ing)
{
    struct ingest_append *append = ing->filling;
    if (append->count == 0 || on_their_way(ing) == INGEST_APPENDS) {
        return;
    }
    append->request = ++ing->last_request;
    append->sent_ns = ing->now_ns;
    struct kadr_store_request request = { .kind = KADR_STORE_APPEND };
    request.append.request = append->request;
    request.append.items = ing->items;
    request.append.count = append->count;
    kadr_encode_store_request(&request, &ing->frames);
    kadr_ingest_send(ing, KADR_INGEST_SEND_STORE, NULL);
    kadr_arena_clear(ing->batch);
    ing->filling = free_append(ing);
}

/* Every submit of it is answered; the place is free. */
static void append_done(struct kadr_ingest *ing, struct ingest_append *append)
{
    for (size_t i = 0; i < append->count; i++) {
        kadr_ingest_peer_done(&ing->peers, append->tickets[i].peer);
    }
    append->request = 0;
    append->count = 0;
}

static void give_up(struct kadr_ingest *ing, struct ingest_append *append, enum kadr_ingest_refusal reason)
{
    for (size_t i = 0; i < append->count; i++) {
        const struct ingest_ticket *ticket = &append->tickets[i];
        kadr_ingest_retry(ing, &ing->peers.items[ticket->peer].address, &ticket->stream, ticket->sequence,
                          reason);
    }
    append_done(ing, append);
    if (append == ing->filling) {
        kadr_arena_clear(ing->batch);
    }
}

/* ---- answers to appends ---- */

static void count_receipt(struct kadr_ingest *ing, const struct kadr_receipt *receipt)
{
    ing->totals.answered++;
    ing->totals.reports[receipt->outcome]++;
    if (receipt->outcome == KADR_OUTCOME_COMMITTED) {
        ing->totals.accepted += receipt->accepted;
        ing->totals.rejected += receipt->rejected;
        ing->totals.held += receipt->held;
    }
    if (receipt->commit > ing->link.known.commit) {
        ing->link.known.commit = receipt->commit;
    }
}

static void send_receipts(struct kadr_ingest *ing, const struct kadr_peer *peer,
                          const struct kadr_receipt *receipts, size_t count)
{
    struct kadr_office_reply reply = { .kind = KADR_OFFICE_RECEIPTS };
    reply.receipts.items = receipts;
    reply.receipts.count = count;
    if (count) {
        kadr_ingest_reply(ing, peer, &reply);
    }
}

/* One peer's receipts in one message, or a few when they are large. */
static void answer_peer(struct kadr_ingest *ing, struct ingest_peer *peer, const struct ingest_append *append,
                        const struct kadr_append_result *results, struct kadr_receipt *scratch)
{
    size_t count = 0, bytes = 0;
    for (uint32_t i = peer->first; i != INGEST_NO_PEER; i = append->tickets[i].next) {
        scratch[count++] = results[i].receipt;
        bytes += 256 + results[i].receipt.diag_count * KADR_MAX_TEXT_BYTES;
        if (bytes > INGEST_RECEIPTS_BYTES) {
            send_receipts(ing, &peer->address, scratch, count);
            count = bytes = 0;
        }
    }
    send_receipts(ing, &peer->address, scratch, count);
    peer->first = peer->last = INGEST_NO_PEER;
}

/* Hangs the ticket on its peer's list. */
static void gather(struct kadr_ingest *ing, struct ingest_append *append, uint32_t index)
{
    struct ingest_ticket *ticket = &append->tickets[index];
    struct ingest_peer *peer = &ing->peers.items[ticket->peer];
    ticket->next = INGEST_NO_PEER;
    if (peer->last == INGEST_NO_PEER) {
        peer->first = index;
    } else {
        append->tickets[peer->last].next = index;
    }
    peer->last = index;
}

static enum kadr_ingest_refusal reason_of(const struct kadr_refusal *refusal)
{
    switch (refusal->diag.number) {
    case KADR_DIAG_SEQUENCE_GAP:
        return KADR_INGEST_SEQUENCE_GAP;
    case KADR_DIAG_SEQUENCE_REUSED:
        return KADR_INGEST_SEQUENCE_REUSED;
    default:
        return KADR_INGEST_BY_STORAGE;
    }
}

static void pass_refusal(struct kadr_ingest *ing, const struct ingest_ticket *ticket,
                         const struct kadr_refusal *refusal)
{
    struct kadr_office_reply reply = { .kind = KADR_OFFICE_REFUSAL };
    reply.refusal = *refusal;
    reply.refusal.stream = ticket->stream;
    reply.refusal.sequence = ticket->sequence;
    ing->totals.refused[reason_of(refusal)]++;
    ing->totals.answered++;
    kadr_ingest_reply(ing, &ing->peers.items[ticket->peer].address, &reply);
}

static void answer_append(struct kadr_ingest *ing, struct ingest_append *append,
                          const struct kadr_append_result *results, struct kadr_receipt *scratch)
{
    for (uint32_t i = 0; i < append->count; i++) {
        if (results[i].refused) {
            pass_refusal(ing, &append->tickets[i], &results[i].refusal);
        } else {
            count_receipt(ing, &results[i].receipt);
            gather(ing, append, i);
        }
    }
    for (size_t i = 0; i < append->count; i++) {
        answer_peer(ing, &ing->peers.items[append->tickets[i].peer], append, results, scratch);
    }
    append_done(ing, append);
}

static struct ingest_append *find_append(struct kadr_ingest *ing, uint64_t request)
{
    for (size_t i = 0; i < KADR_COUNT(ing->appends); i++) {
        if (request != 0 && ing->appends[i].request == request) {
            return &ing->appends[i];
        }
    }
    return NULL; /* given up before: the office has been told to send again */
}

static void on_appended(struct kadr_ingest *ing, const struct kadr_store_reply *reply)
{
    struct ingest_append *append = find_append(ing, reply->appended.request);
    if (append == NULL) {
        return;
    }
    struct kadr_receipt *scratch = kadr_arena_calloc(ing->work, append->count, sizeof(*scratch));
    if (scratch == NULL || reply->appended.count != append->count) {
        ing->totals.store_errors++;
        give_up(ing, append, KADR_INGEST_STORAGE_SLOW);
        return;
    }
    answer_append(ing, append, reply->appended.results, scratch);
    kadr_ingest_flush(ing);
}

static void on_unusable(struct kadr_ingest *ing, const struct kadr_store_reply *reply)
{
    (void)reply; /* the answer to what was never asked */
    ing->totals.store_errors++;
}

/* ---- liveness ---- */

void kadr_ingest_store_frame(struct kadr_ingest *ing, struct kadr_bytes frame)
{
    static void (*const handlers[])(struct kadr_ingest *, const struct kadr_store_reply *) = {
        [KADR_STORE_APPENDED] = on_appended,       [KADR_STORE_FEED] = kadr_ingest_feed_frame,
        [KADR_STORE_APPLIED] = on_unusable,        [KADR_STORE_REFUSAL] = kadr_ingest_feed_refused,
        [KADR_STORE_PONG] = kadr_ingest_feed_pong,
    };
    struct kadr_store_reply reply;
    int err = kadr_decode_store_reply(frame, ing->work, &reply, NULL);
    ing->link.heard_ns = ing->now_ns;
    if (!ing->link.up) {
        ing->link.up = true;
        kadr_ingest_follow(ing);
    }
    if (err) {
        ing->totals.store_errors++;
        return;
    }
    handlers[reply.kind](ing, &reply);
}

static void ping(struct kadr_ingest *ing)
{
    struct kadr_store_request request = { .kind = KADR_STORE_PING };
    request.ping_nonce = ++ing->link.nonce;
    ing->link.ping_ns = ing->now_ns;
    kadr_encode_store_request(&request, &ing->frames);
    kadr_ingest_send(ing, KADR_INGEST_PING_STORE, NULL);
}

static void give_up_all(struct kadr_ingest *ing)
{
    for (size_t i = 0; i < KADR_COUNT(ing->appends); i++) {
        give_up(ing, &ing->appends[i], KADR_INGEST_STORAGE_DOWN);
    }
}

void kadr_ingest_store_tick(struct kadr_ingest *ing)
{
    struct ingest_link *link = &ing->link;
    if (link->nonce == 0 || ing->now_ns - link->ping_ns >= INGEST_PING_NS) {
        ping(ing);
    }
    if (link->up && ing->now_ns - link->heard_ns >= INGEST_DOWN_NS) {
        link->up = false;
        give_up_all(ing);
    }
    for (size_t i = 0; i < KADR_COUNT(ing->appends); i++) {
        struct ingest_append *append = &ing->appends[i];
        if (append->request && ing->now_ns - append->sent_ns >= INGEST_APPEND_NS) {
            give_up(ing, append, KADR_INGEST_STORAGE_SLOW);
        }
    }
}
