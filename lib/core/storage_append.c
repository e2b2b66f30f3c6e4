/* SPDX-License-Identifier: Apache-2.0 */
/* kadr_storage_append.c - which reports are new, and what the others are answered.
 *
 * Per stream:   1 … mark      durable: answered from the journal (equal content) or refused (other content)
 *               mark+1 … tail  pending: an equal one waits for it, another one is refused
 *               tail+1         new: into the queue
 *               beyond         a gap: refused with the number expected
 *
 * The mark is read from the store when a stream is first heard of and kept; streams without pending items are
 * forgotten when there are too many of them, which costs a look-up and no more.
 */
#include "core/storage_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MAX_STREAMS (2 * KADR_MAX_STORE_QUEUE) /* kept in memory; at most half of them can be pending */

#define REQUEST_OVERHEAD_BYTES \
    ((size_t)64 << 10) /* an arena takes memory in blocks: what a request of one small item really holds */
/* Of first answers that one answer repeats. They may be larger than what was asked, and an answer that does
 * not fit into a frame would be asked for in vain for ever. */
#define MAX_REPEATED_BYTES (KADR_MAX_FRAME_BYTES / 4)

/* ---- streams ---- */

static struct stream **bucket_of(struct kadr_storage *st, const char *office, const struct kadr_id *id)
{
    uint8_t name[KADR_ID_BYTES + KADR_MAX_CODE_BYTES];
    size_t len = strnlen(office, KADR_MAX_CODE_BYTES);
    memcpy(name, id->bytes, KADR_ID_BYTES);
    memcpy(name + KADR_ID_BYTES, office, len);
    uint64_t hash = kadr_hash_keyed(st->stream_key, name, KADR_ID_BYTES + len);
    return &st->streams[hash & (STREAM_BUCKETS - 1)];
}

static void forget_streams(struct kadr_storage *st, bool pending_too)
{
    for (size_t i = 0; i < STREAM_BUCKETS; i++) {
        struct stream **link = &st->streams[i];
        while (*link) {
            struct stream *stream = *link;
            if (stream->pending && !pending_too) {
                link = &stream->next;
                continue;
            }
            *link = stream->next;
            free(stream);
            st->stream_count--;
        }
    }
}

void kadr_storage_free_streams(struct kadr_storage *st)
{
    forget_streams(st, true);
}

static int find_stream(struct kadr_storage *st, const char *office, const struct kadr_id *id,
                       struct stream **ret_stream)
{
    struct stream **bucket = bucket_of(st, office, id);
    for (struct stream *stream = *bucket; stream; stream = stream->next) {
        if (memcmp(&stream->id, id, sizeof(*id)) == 0 && strcmp(stream->office, office) == 0) {
            *ret_stream = stream;
            return 0;
        }
    }
    if (st->stream_count >= MAX_STREAMS) {
        forget_streams(st, false);
    }
    uint64_t mark = 0;
    int r = st->store->mark(st->store->self, office, id, &mark);
    if (r) {
        return kadr_storage_fatal(st, r, "the mark of a stream cannot be read");
    }
    struct stream *stream = calloc(1, sizeof(*stream));
    if (!stream) {
        return kadr_storage_fatal(st, KADR_ENOMEM, "out of memory");
    }
    (void)snprintf(stream->office, sizeof(stream->office), "%s", office); /* the wire checked its length */
    stream->id = *id;
    stream->mark = stream->tail = mark;
    stream->next = *bucket;
    *bucket = stream;
    st->stream_count++;
    *ret_stream = stream;
    return 0;
}

static struct item *pending_item(const struct stream *stream, uint64_t sequence)
{
    struct item *item = stream->pending;
    while (item && item->in->sequence != sequence) {
        item = item->next_pending;
    }
    return item;
}

/* ---- answers ---- */

void kadr_storage_free_request(struct request *request)
{
    kadr_arena_free(request->arena); /* and with it the request */
}

static int send_answer(struct kadr_storage *st, struct request *request)
{
    const struct kadr_store_reply reply = {
        .kind = KADR_STORE_APPENDED,
        .appended = { .request = request->id, .results = request->results, .count = request->count }
    };
    st->waiting_items -= request->count;
    st->waiting_bytes -= request->bytes;
    request->next = st->finished;
    st->finished = request;
    return kadr_storage_send(st, &request->peer, &reply);
}

static int answered_one(struct kadr_storage *st, struct request *request)
{
    return --request->unanswered == 0 ? send_answer(st, request) : 0;
}

int kadr_storage_answered(struct kadr_storage *st, struct item *item)
{
    int r = 0;
    while (item->waiters && r == 0) {
        struct item *waiter = item->waiters;
        item->waiters = waiter->next;
        r = answered_one(st, waiter->request);
    }
    return r ? r : answered_one(st, item->request);
}

void kadr_storage_receipt(const struct kadr_storage *st, const struct item *item, enum kadr_outcome outcome,
                          const struct kadr_digest *digest, struct kadr_append_result *ret)
{
    *ret = (struct kadr_append_result){ .receipt = { .office = item->in->office,
                                                     .stream = item->in->stream,
                                                     .lineage = st->state.lineage,
                                                     .sequence = item->in->sequence,
                                                     .commit = item->commit,
                                                     .digest = *digest,
                                                     .outcome = outcome,
                                                     .accepted = item->accepted,
                                                     .rejected = item->rejected,
                                                     .held = item->held,
                                                     .diags = item->in->diags,
                                                     .diag_count = item->in->diag_count } };
}

static void set_refusal(struct kadr_storage *st, const struct item *item, enum kadr_storage_refusal reason,
                        uint64_t expected)
{
    char sequence[24], want[24];
    (void)snprintf(sequence, sizeof(sequence), "%" PRIu64, item->in->sequence);
    (void)snprintf(want, sizeof(want), "%" PRIu64, expected);
    bool gap = reason == KADR_STORAGE_SEQUENCE_GAP, reused = reason == KADR_STORAGE_SEQUENCE_REUSED;
    struct kadr_refusal refusal = kadr_storage_refusal(st, reason,
                                                       gap      ? want
                                                       : reused ? sequence
                                                                : NULL,
                                                       gap ? sequence : NULL, item->request->arena);
    refusal.stream = item->in->stream;
    refusal.sequence = item->in->sequence;
    refusal.expected_sequence = expected;
    *item->to = (struct kadr_append_result){ .refused = true, .refusal = refusal };
}

int kadr_storage_refuse_item(struct kadr_storage *st, struct item *item, enum kadr_storage_refusal reason,
                             uint64_t expected)
{
    for (const struct item *waiter = item->waiters; waiter; waiter = waiter->next) {
        set_refusal(st, waiter, reason, expected);
    }
    set_refusal(st, item, reason, expected);
    return kadr_storage_answered(st, item);
}

/* ---- a number that was answered before ---- */

/* The answer holds enough: what is left is asked for again. Never the first one, so that each resend brings
 * the sender forward. */
static bool repeats_too_much(const struct request *request, const struct kadr_record *record)
{
    return request->repeated_bytes > 0 && request->repeated_bytes + record->envelope.len > MAX_REPEATED_BYTES;
}

int kadr_storage_duplicate(struct kadr_storage *st, struct item *item, const struct kadr_record *record)
{
    struct kadr_envelope envelope;
    if (repeats_too_much(item->request, record)) {
        set_refusal(st, item, KADR_STORAGE_QUEUE_FULL, 0);
        return 0;
    }
    int r = kadr_decode_envelope(record->envelope, item->request->arena, &envelope, NULL);
    if (r == KADR_ENOMEM) { /* the request fills its arena; a smaller one will do */
        set_refusal(st, item, KADR_STORAGE_QUEUE_FULL, 0);
        return 0;
    }
    if (r) {
        return kadr_storage_fatal(st, KADR_ECORRUPT, "the envelope of an acknowledged record cannot be read");
    }
    if (!kadr_digest_equal(&envelope.content_hash, &item->content_hash)) {
        set_refusal(st, item, KADR_STORAGE_SEQUENCE_REUSED, 0);
        return 0;
    }
    item->commit = record->commit;
    item->accepted = envelope.accepted;
    item->rejected = envelope.rejected;
    item->held = kadr_storage_count_held(envelope.outcome, envelope.verdicts);
    kadr_storage_receipt(st, item, KADR_OUTCOME_DUPLICATE, &record->digest, item->to);
    item->to->receipt.diags = envelope.diags;
    item->to->receipt.diag_count = envelope.diag_count;
    item->request->repeated_bytes += record->envelope.len;
    st->duplicates++;
    return 0;
}

struct original {
    struct kadr_storage *st;
    struct item *item;
    bool found;
};

/* The record's bytes are borrowed for the time of this call, so the answer is made here. */
static int on_original(void *context, const struct kadr_record *record)
{
    struct original *original = context;
    original->found = true;
    return kadr_storage_duplicate(original->st, original->item, record);
}

static int answer_from_journal(struct kadr_storage *st, struct item *item)
{
    const struct kadr_store *store = st->store;
    uint64_t commit = 0;
    int r = store->find(store->self, item->in->office, &item->in->stream, item->in->sequence, &commit);
    if (r) {
        return kadr_storage_fatal(st, r == KADR_ENOENT ? KADR_ECORRUPT : r,
                                  "a number below the mark of its stream cannot be found");
    }
    struct original original = { .st = st, .item = item };
    r = store->read(store->self, commit, 1, 0, on_original, &original);
    if (r || !original.found) {
        return kadr_storage_fatal(st, r ? r : KADR_ECORRUPT, "an acknowledged record cannot be read");
    }
    return kadr_storage_answered(st, item);
}

/* Waiting costs memory like any other append, so that a full queue takes no more of it either; one that is
 * closed to new reports still does, as these are not new. */
static int answer_pending(struct kadr_storage *st, struct item *item, enum kadr_storage_refusal closed_by)
{
    if (closed_by == KADR_STORAGE_QUEUE_FULL) {
        return kadr_storage_refuse_item(st, item, closed_by, 0);
    }
    struct item *first = pending_item(item->stream, item->in->sequence);
    KADR_ASSERT(first != NULL);
    if (!kadr_digest_equal(&first->content_hash, &item->content_hash)) {
        return kadr_storage_refuse_item(st, item, KADR_STORAGE_SEQUENCE_REUSED, 0);
    }
    item->next = first->waiters;
    first->waiters = item;
    return 0;
}

/* ---- the queue ---- */

static void enqueue(struct kadr_storage *st, struct item *item)
{
    struct stream *stream = item->stream;
    stream->tail++;
    if (stream->pending) {
        stream->pending_newest->next_pending = item;
    } else {
        stream->pending = item;
    }
    stream->pending_newest = item;
    if (st->queue.first) {
        st->queue.last->next = item;
    } else {
        st->queue.first = item;
    }
    st->queue.last = item;
    st->queue.count++;
}

/* Why nothing new is taken now; KADR_STORAGE_REFUSALS when it is. */
static enum kadr_storage_refusal closed(const struct kadr_storage *st)
{
    if (st->stopping) {
        return KADR_STORAGE_STOPPING;
    }
    if (st->waiting_items > KADR_MAX_STORE_QUEUE || st->waiting_bytes > KADR_MAX_STORE_QUEUE_BYTES) {
        return KADR_STORAGE_QUEUE_FULL;
    }
    return KADR_STORAGE_REFUSALS;
}

static int take_item(struct kadr_storage *st, struct item *item, enum kadr_storage_refusal closed_by)
{
    const struct kadr_append_item *in = item->in;
    if (in->sequence == 0) {
        return kadr_storage_refuse_item(st, item, KADR_STORAGE_BAD_REQUEST, 0);
    }
    int r = find_stream(st, in->office, &in->stream, &item->stream);
    if (r) {
        return r;
    }
    item->content_hash = kadr_hash(in->report.data, in->report.len);
    if (in->sequence <= item->stream->mark) {
        return answer_from_journal(st, item);
    }
    if (in->sequence <= item->stream->tail) {
        return answer_pending(st, item, closed_by);
    }
    if (closed_by != KADR_STORAGE_REFUSALS) {
        return kadr_storage_refuse_item(st, item, closed_by, 0);
    }
    if (in->sequence > item->stream->tail + 1) {
        return kadr_storage_refuse_item(st, item, KADR_STORAGE_SEQUENCE_GAP, item->stream->tail + 1);
    }
    enqueue(st, item);
    return 0;
}

static struct request *new_request(const struct kadr_peer *peer, const struct kadr_store_request *message,
                                   struct kadr_arena *arena)
{
    struct request *request = kadr_arena_calloc(arena, 1, sizeof(*request));
    struct item *items = kadr_arena_calloc(arena, message->append.count, sizeof(*items));
    struct kadr_append_result *results = kadr_arena_calloc(arena, message->append.count, sizeof(*results));
    if (!request || !items || !results) {
        return NULL;
    }
    *request = (struct request){ .arena = arena,
                                 .peer = *peer,
                                 .id = message->append.request,
                                 .items = items,
                                 .results = results,
                                 .count = message->append.count,
                                 .unanswered = message->append.count,
                                 .bytes = kadr_arena_used(arena) + REQUEST_OVERHEAD_BYTES };
    for (size_t i = 0; i < request->count; i++) {
        items[i].request = request;
        items[i].in = &message->append.items[i];
        items[i].to = &results[i];
    }
    return request;
}

int kadr_storage_append(struct kadr_storage *st, const struct kadr_peer *peer,
                        const struct kadr_store_request *message, struct kadr_arena *arena)
{
    KADR_ASSERT(arena != NULL);
    size_t count = message->append.count;
    struct request *request =
        count > 0 && count <= KADR_MAX_APPEND_ITEMS ? new_request(peer, message, arena) : NULL;
    if (!request) {
        kadr_arena_free(arena);
        return kadr_storage_refuse_request(st, peer, KADR_STORAGE_BAD_REQUEST,
                                           "append: number or size of items");
    }
    if (st->waiting_items == 0) {
        st->waiting_since_ns = st->now_ns;
    }
    st->waiting_items += request->count;
    st->waiting_bytes += request->bytes;
    enum kadr_storage_refusal closed_by = closed(st);
    int r = 0;
    /* The request may be finished, but not freed, by its last item. */
    for (size_t i = 0; i < count && r == 0; i++) {
        r = take_item(st, &request->items[i], closed_by);
    }
    return r;
}
