/* SPDX-License-Identifier: Apache-2.0 */
/* storage_batch.c - natural group commit: one batch is on its way to disk, whatever arrives meanwhile is the
 * next one. No timer: an idle store commits the first report at once, a busy one forms large batches by
 * itself.
 *
 * Commit numbers, envelopes and digests are made when a batch is formed, and taken over into the state when
 * it is durable; a batch refused for lack of space leaves no trace. Records of the journal's own (reference
 * data, then the day) go first.
 */
#include "core/storage_impl.h"

#include <string.h>

/* ---- forming ---- */

/* Writes the envelope; its place in the buffer is fixed up by seal(), as the buffer may still move. */
static void add_record(struct batch *batch, const struct kadr_envelope *envelope, struct kadr_bytes message)
{
    struct kadr_store_record *record = &batch->records[batch->count];
    kadr_encode_envelope(envelope, &batch->envelopes);
    *record = (struct kadr_store_record){ .kind = envelope->kind,
                                          .message = message,
                                          .office = envelope->office,
                                          .stream = envelope->stream,
                                          .sequence = envelope->sequence };
    batch->envelope_end[batch->count] = batch->envelopes.len;
    batch->count++;
}

static struct kadr_envelope own_envelope(const struct kadr_storage *st, enum kadr_record_kind kind,
                                         struct kadr_bytes message)
{
    return (struct kadr_envelope){ .kind = kind,
                                   .office = "",
                                   .content_hash = kadr_hash(message.data, message.len),
                                   .outcome = KADR_OUTCOME_COMMITTED,
                                   .stated_at_ms = st->wall_ms,
                                   .received_at_ms = st->wall_ms,
                                   .committed_at_ms = st->wall_ms,
                                   .day = KADR_DAY_NONE };
}

static void add_reference(struct kadr_storage *st, struct batch *batch)
{
    kadr_buf_clear(&batch->reference_message);
    kadr_buf_add(&batch->reference_message, st->candidate.message.data, st->candidate.message.len);
    const struct kadr_bytes message = { batch->reference_message.data, batch->reference_message.len };
    struct kadr_envelope envelope = own_envelope(st, KADR_RECORD_REFERENCE, message);
    envelope.reference = *kadr_reference_version(st->candidate.reference);
    batch->reference_commit = st->state.head + batch->count + 1;
    add_record(batch, &envelope, message);
}

static void add_day(struct kadr_storage *st, struct batch *batch)
{
    const struct kadr_reference *reference =
        batch->reference_commit ? st->candidate.reference : st->reference;
    struct kadr_envelope envelope = own_envelope(st, KADR_RECORD_DAY, (struct kadr_bytes){ NULL, 0 });
    envelope.reference = *kadr_reference_version(reference);
    envelope.day = st->wanted_day;
    batch->day = st->wanted_day;
    batch->day_commit = st->state.head + batch->count + 1;
    add_record(batch, &envelope, (struct kadr_bytes){ NULL, 0 });
}

uint32_t kadr_storage_count_held(enum kadr_outcome outcome, struct kadr_bytes verdicts)
{
    uint32_t held = 0;
    for (size_t i = 0; outcome == KADR_OUTCOME_COMMITTED && i < verdicts.len; i++) {
        held += verdicts.data[i] == KADR_VERDICT_HELD;
    }
    return held;
}

/* Observations that take force and that do not; held ones and the same fact told twice are neither. */
static void count_verdicts(struct item *item)
{
    const struct kadr_append_item *in = item->in;
    bool in_force = in->outcome == KADR_OUTCOME_COMMITTED;
    item->accepted = item->rejected = 0;
    for (size_t i = 0; i < in->verdicts.len; i++) {
        item->accepted += in_force && in->verdicts.data[i] == KADR_VERDICT_ACCEPTED;
        item->rejected += !in_force || in->verdicts.data[i] == KADR_VERDICT_REFUSED;
    }
    item->held = kadr_storage_count_held(in->outcome, in->verdicts);
}

static void add_report(struct kadr_storage *st, struct batch *batch, struct item *item)
{
    const struct kadr_append_item *in = item->in;
    count_verdicts(item);
    struct kadr_envelope envelope = {
        .kind = KADR_RECORD_REPORT,
        .office = in->office,
        .stream = in->stream,
        .sequence = in->sequence,
        .content_hash = item->content_hash,
        .outcome = in->outcome,
        .verdicts = in->verdicts,
        .accepted = item->accepted,
        .rejected = item->rejected,
        .diags = in->diags,
        .diag_count = in->diag_count,
        /* A clock that is ahead must not let a statement outrank all later ones. */
        .stated_at_ms = in->stated_at_ms < in->received_at_ms ? in->stated_at_ms : in->received_at_ms,
        .received_at_ms = in->received_at_ms,
        .committed_at_ms = st->wall_ms,
        .reference = in->reference,
        .day = KADR_DAY_NONE,
    };
    memcpy(envelope.report_id, in->report_id, sizeof(envelope.report_id));
    add_record(batch, &envelope, in->report);
    item->commit = st->state.head + batch->count;
}

static void add_reports(struct kadr_storage *st, struct batch *batch)
{
    size_t bytes = batch->envelopes.len + batch->reference_message.len;
    while (st->queue.first && batch->count < KADR_MAX_BATCH_RECORDS) {
        struct item *item = st->queue.first;
        size_t before = batch->envelopes.len;
        if (batch->count > 0 && bytes + item->in->report.len > KADR_MAX_BATCH_BYTES) {
            break;
        }
        add_report(st, batch, item);
        bytes += item->in->report.len + batch->envelopes.len - before;
        st->queue.first = item->next;
        st->queue.count--;
        item->next = NULL;
        if (batch->items.first) {
            batch->items.last->next = item;
        } else {
            batch->items.first = item;
        }
        batch->items.last = item;
        batch->items.count++;
    }
}

/* Numbers, digests and the final places of the envelopes. */
static void seal(const struct kadr_storage *st, struct batch *batch)
{
    struct kadr_digest digest = st->state.digest;
    size_t begin = 0;
    for (size_t i = 0; i < batch->count; i++) {
        struct kadr_store_record *record = &batch->records[i];
        size_t end = batch->envelope_end[i];
        record->envelope = (struct kadr_bytes){ batch->envelopes.data + begin, end - begin };
        record->commit = st->state.head + i + 1;
        digest = kadr_record_chain(&digest, record->commit, record->envelope, record->message);
        record->digest = digest;
        batch->feed[i] = (struct kadr_record){ .commit = record->commit,
                                               .digest = digest,
                                               .envelope = record->envelope,
                                               .message = record->message };
        begin = end;
    }
}

static void clear_batch(struct batch *batch)
{
    kadr_buf_clear(&batch->envelopes);
    kadr_buf_clear(&batch->reference_message);
    batch->items = (struct item_list){ 0 };
    batch->count = 0;
    batch->reference_commit = batch->day_commit = 0;
}

int kadr_storage_next_batch(struct kadr_storage *st)
{
    bool reference = st->candidate.reference != NULL;
    /* A day can only begin once there is reference data it stands with. */
    bool day = st->wanted_day != KADR_DAY_NONE && (st->reference || reference);
    if (st->in_flight || (!reference && !day && st->queue.count == 0)) {
        return 0;
    }
    struct batch *batch = st->batch[st->batch_turn];
    st->batch_turn = 1 - st->batch_turn;
    clear_batch(batch);
    batch->id = ++st->batch_id;
    if (reference) {
        add_reference(st, batch);
    }
    if (day) {
        add_day(st, batch);
    }
    add_reports(st, batch);
    if (batch->envelopes.err || batch->reference_message.err) {
        return kadr_storage_fatal(st, KADR_ENOMEM, "out of memory");
    }
    seal(st, batch);
    st->in_flight = batch;
    return kadr_storage_commit(st, batch);
}

/* ---- what follows ---- */

/* The oldest pending item of its stream is this one, as streams and batches keep order. */
static void leave_stream(struct item *item)
{
    struct stream *stream = item->stream;
    KADR_ASSERT(stream->pending == item);
    stream->pending = item->next_pending;
    if (!stream->pending) {
        stream->pending_newest = NULL;
    }
}

static int refuse_all(struct kadr_storage *st, struct item *first)
{
    int r = 0;
    while (first && r == 0) {
        struct item *item = first;
        first = item->next;
        leave_stream(item);
        item->stream->tail = item->stream->mark;
        r = kadr_storage_refuse_item(st, item, KADR_STORAGE_STORAGE_FULL, 0);
    }
    return r;
}

/* Nothing was written. What waits behind the batch would leave a gap, so it is refused with it. */
static int no_space(struct kadr_storage *st, struct batch *batch)
{
    if (st->state.head == 0) {
        return kadr_storage_fatal(st, KADR_ENOSPC, "no room for the first records of the journal");
    }
    struct item *in_batch = batch->items.first, *queued = st->queue.first;
    batch->items = st->queue = (struct item_list){ 0 };
    st->wanted_day = KADR_DAY_NONE; /* the next tick wants it again */
    int r = batch->reference_commit ? kadr_storage_reference_failed(st) : 0;
    if (r == 0) {
        r = refuse_all(st, in_batch);
    }
    return r ? r : refuse_all(st, queued);
}

static void take_over(struct kadr_storage *st, const struct batch *batch)
{
    const struct kadr_store_record *last = &batch->records[batch->count - 1];
    st->state.head = last->commit;
    st->state.digest = last->digest;
    if (batch->day_commit) {
        st->state.day_commit = batch->day_commit;
        st->day = batch->day;
        if (st->wanted_day <= st->day) {
            st->wanted_day = KADR_DAY_NONE;
        }
    }
    for (struct item *item = batch->items.first; item; item = item->next) {
        item->stream->mark = item->in->sequence;
        leave_stream(item);
    }
    st->commits++;
    st->records += batch->count;
}

static int answer_batch(struct kadr_storage *st, struct batch *batch)
{
    uint64_t first = batch->feed[0].commit;
    struct item *item = batch->items.first;
    batch->items = (struct item_list){ 0 };
    int r = 0;
    while (item && r == 0) {
        struct item *next = item->next;
        const struct kadr_record *record = &batch->feed[item->commit - first];
        for (struct item *waiter = item->waiters; waiter && r == 0; waiter = waiter->next) {
            r = kadr_storage_duplicate(st, waiter, record);
        }
        if (r == 0) {
            kadr_storage_receipt(st, item, item->in->outcome, &record->digest, item->to);
            r = kadr_storage_answered(st, item);
        }
        item = next;
    }
    return r;
}

int kadr_storage_committed(struct kadr_storage *st, uint64_t id, int result)
{
    struct batch *batch = st->in_flight;
    KADR_ASSERT(batch && batch->id == id);
    st->in_flight = NULL;
    st->committed_ns = st->now_ns;
    if (result == KADR_ENOSPC) {
        return no_space(st, batch);
    }
    if (result) {
        st->in_flight = batch; /* its items are freed with the core */
        return kadr_storage_fatal(st, result, "a commit failed; whether it is on disk is not known");
    }
    take_over(st, batch);
    int r = batch->reference_commit ? kadr_storage_reference_committed(st, batch->reference_commit) : 0;
    if (r == 0) {
        r = kadr_storage_next_batch(st); /* the disk works while the answers are sent */
    }
    if (r == 0) {
        r = answer_batch(st, batch);
    }
    return r ? r : kadr_storage_feed_batch(st, batch);
}
