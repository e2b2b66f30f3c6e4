/* SPDX-License-Identifier: Apache-2.0 */
/* history_feed.c - following the journal for the history.
 *
 *   CLOSED --(retry)--> OPENING --ok--> FOLLOWING --write failed--> CLOSED
 *                          |failed         |not of this journal
 *                          v               v
 *                        CLOSED          WIPING --ok--> FOLLOWING from 1, --failed--> CLOSED
 *
 * In FOLLOWING a batch may be on its way to the disk (`writing`). What is found meanwhile not to be of this
 * journal waits for that to end: the sink has one thing to do at a time.
 *
 * Room. Credit is renewed while the forming batch is at most half full, so that records sent against it find
 * room. Bytes are not counted by credit: records of a megabyte may not fit, are then passed over, and asked
 * for again (`again`) when the batch before them is durable.
 */
#include "core/history_feed.h"

#include <string.h>

#include "base/err.h"

#define PING_NS      KADR_S(1)
#define SILENCE_NS   KADR_S(3)
#define RETRY_MIN_NS KADR_S(1)
#define RETRY_MAX_NS KADR_S(60)

struct batch {
    struct kadr_arena *arena;    /* the bytes */
    struct kadr_record *records; /* KADR_MAX_HISTORY_BATCH_RECORDS */
    size_t count, bytes;
};

enum phase { CLOSED, OPENING, FOLLOWING, WIPING };

struct kadr_history_feed {
    struct kadr_history_feed_sink sink;
    struct kadr_arena *arena; /* of the frame at hand */
    struct kadr_buf frame;    /* being encoded */

    enum phase phase;
    bool writing;     /* FOLLOWING: a batch is on its way */
    bool wipe_wanted; /* as soon as it has ended */
    kadr_ns retry_ns, retry_due_ns;

    struct kadr_history_position position; /* durable */
    bool joined, caught_up;
    struct kadr_id lineage; /* of the feed, once joined */
    uint64_t taken;         /* last record in a batch */
    struct batch forming, written;

    uint64_t credit, received; /* records, since the last Follow */
    bool again;                /* records were passed over */
    bool store_up;
    uint64_t head, nonce;
    kadr_ns store_seen_ns, feed_seen_ns, ping_due_ns;
    struct kadr_history_feed_status count; /* its counters only */
};

/* ---- batches ------------------------------------------------------------------------------------------- */

static int batch_new(struct batch *batch)
{
    batch->records = calloc(KADR_MAX_HISTORY_BATCH_RECORDS, sizeof(*batch->records));
    return batch->records == NULL
               ? KADR_ENOMEM
               : kadr_arena_new(KADR_MAX_HISTORY_BATCH_BYTES + KADR_MAX_FRAME_BYTES, &batch->arena);
}

static void batch_done(struct batch *batch)
{
    free(batch->records);
    kadr_arena_free(batch->arena);
}

static void batch_clear(struct batch *batch)
{
    kadr_arena_clear(batch->arena);
    batch->count = batch->bytes = 0;
}

/* Any one record fits into an empty batch. */
static bool fits(const struct batch *batch, const struct kadr_record *record)
{
    size_t bytes = record->envelope.len + record->message.len;
    return batch->count == 0 || (batch->count < KADR_MAX_HISTORY_BATCH_RECORDS &&
                                 batch->bytes + bytes <= KADR_MAX_HISTORY_BATCH_BYTES);
}

static struct kadr_bytes copy(struct batch *batch, struct kadr_bytes bytes)
{
    batch->bytes += bytes.len;
    return (struct kadr_bytes){ kadr_arena_memdup(batch->arena, bytes.data, bytes.len), bytes.len };
}

static int add(struct batch *batch, const struct kadr_record *record)
{
    struct kadr_record kept = *record;
    kept.envelope = copy(batch, record->envelope);
    kept.message = copy(batch, record->message);
    if (kadr_arena_failed(batch->arena)) {
        return KADR_ENOMEM;
    }
    batch->records[batch->count++] = kept;
    return 0;
}

/* ---- what is sent -------------------------------------------------------------------------------------- */

static int send(struct kadr_history_feed *feed, const struct kadr_store_request *request)
{
    kadr_buf_clear(&feed->frame);
    kadr_encode_store_request(request, &feed->frame);
    if (feed->frame.err == 0) {
        feed->sink.to_store(feed->sink.context, &feed->frame);
    }
    return feed->frame.err;
}

/* What storaged says matters. */
static bool listens(const struct kadr_history_feed *feed)
{
    return feed->phase == FOLLOWING && !feed->wipe_wanted;
}

static bool is_on_trust(const struct kadr_history_feed *feed)
{
    return feed->position.commit > 0 && !feed->joined;
}

static int follow(struct kadr_history_feed *feed, kadr_ns now_ns)
{
    feed->credit = KADR_MAX_HISTORY_CREDIT;
    feed->received = 0;
    feed->again = false;
    feed->feed_seen_ns = now_ns;
    feed->count.follows++;
    struct kadr_store_request request = { .kind = KADR_STORE_FOLLOW };
    request.follow.has_lineage = feed->joined || feed->position.commit > 0;
    request.follow.lineage = feed->joined ? feed->lineage : feed->position.lineage;
    request.follow.from = feed->taken + (is_on_trust(feed) ? 0 : 1);
    request.follow.credit = feed->credit;
    return send(feed, &request);
}

static int renew_credit(struct kadr_history_feed *feed)
{
    const struct batch *forming = &feed->forming;
    if (feed->credit - feed->received > KADR_MAX_HISTORY_CREDIT / 2 ||
        forming->count > KADR_MAX_HISTORY_BATCH_RECORDS / 2 ||
        forming->bytes > KADR_MAX_HISTORY_BATCH_BYTES / 2) {
        return 0;
    }
    feed->credit = feed->received + KADR_MAX_HISTORY_CREDIT;
    return send(feed, &(struct kadr_store_request){ .kind = KADR_STORE_CREDIT, .credit = feed->credit });
}

/* ---- phases -------------------------------------------------------------------------------------------- */

static void open_history(struct kadr_history_feed *feed)
{
    feed->phase = OPENING;
    feed->sink.open(feed->sink.context);
}

/* As the history says where it stands: with nothing under way. */
static int begin_following(struct kadr_history_feed *feed, kadr_ns now_ns)
{
    batch_clear(&feed->forming);
    batch_clear(&feed->written);
    feed->phase = FOLLOWING;
    feed->joined = feed->writing = feed->wipe_wanted = false;
    feed->taken = feed->position.commit;
    return follow(feed, now_ns);
}

static void fail(struct kadr_history_feed *feed, kadr_ns now_ns)
{
    feed->count.failures++;
    feed->phase = CLOSED;
    feed->writing = feed->wipe_wanted = feed->joined = feed->caught_up = false;
    batch_clear(&feed->forming);
    batch_clear(&feed->written);
    feed->retry_due_ns = now_ns + feed->retry_ns;
    feed->retry_ns = feed->retry_ns < RETRY_MAX_NS / 2 ? 2 * feed->retry_ns : RETRY_MAX_NS;
    feed->sink.note(feed->sink.context, "history_failed", feed->position.commit);
}

static void wipe_now(struct kadr_history_feed *feed)
{
    feed->phase = WIPING;
    feed->joined = feed->caught_up = feed->wipe_wanted = false;
    feed->count.wipes++;
    feed->sink.note(feed->sink.context, "history_discarded", feed->position.commit);
    feed->sink.wipe(feed->sink.context);
}

/* What the history holds is of another journal. */
static void wipe(struct kadr_history_feed *feed)
{
    if (feed->writing) {
        feed->wipe_wanted = true;
    } else {
        wipe_now(feed);
    }
}

static void write_if_idle(struct kadr_history_feed *feed)
{
    if (feed->phase != FOLLOWING || feed->writing || feed->forming.count == 0) {
        return;
    }
    struct batch empty = feed->written;
    feed->written = feed->forming;
    feed->forming = empty;
    feed->writing = true;
    feed->sink.write(feed->sink.context, &feed->lineage, feed->written.records, feed->written.count);
}

/* ---- frames of storaged -------------------------------------------------------------------------------- */

/* The first frames: whether this is the journal that the history was made of. @return false: another one */
static bool join(struct kadr_history_feed *feed, const struct kadr_store_reply *reply)
{
    if (is_on_trust(feed)) {
        if (reply->feed.head < feed->position.commit) {
            return false;
        }
        const struct kadr_record *witness = reply->feed.records;
        if (reply->feed.count == 0 || witness->commit != feed->position.commit) {
            return true; /* not yet */
        }
        if (!kadr_digest_equal(&witness->digest, &feed->position.chain)) {
            return false;
        }
    }
    feed->joined = true;
    feed->lineage = reply->feed.lineage;
    return true;
}

static int take_records(struct kadr_history_feed *feed, const struct kadr_store_reply *reply, kadr_ns now_ns)
{
    for (size_t i = 0; i < reply->feed.count; i++) {
        const struct kadr_record *record = &reply->feed.records[i];
        feed->received++;
        if (feed->again || record->commit <= feed->taken) {
            continue; /* passed over; or the witness, or sent for an earlier Follow */
        }
        if (record->commit != feed->taken + 1 || !feed->joined) {
            return follow(feed, now_ns);
        }
        if (!fits(&feed->forming, record)) {
            feed->again = true;
            continue;
        }
        int err = add(&feed->forming, record);
        if (err != 0) {
            return err;
        }
        feed->taken = record->commit;
    }
    return 0;
}

static bool is_other(const struct kadr_history_feed *feed, const struct kadr_id *lineage)
{
    const struct kadr_id *own = feed->joined                ? &feed->lineage
                                : feed->position.commit > 0 ? &feed->position.lineage
                                                            : NULL;
    return own != NULL && memcmp(own, lineage, sizeof(*own)) != 0;
}

static int on_feed(struct kadr_history_feed *feed, const struct kadr_store_reply *reply, kadr_ns now_ns)
{
    if (is_other(feed, &reply->feed.lineage) || (!feed->joined && !join(feed, reply))) {
        wipe(feed);
        return 0;
    }
    feed->feed_seen_ns = now_ns;
    feed->head = reply->feed.head;
    feed->caught_up = feed->caught_up || (feed->joined && feed->position.commit == feed->head);
    return take_records(feed, reply, now_ns);
}

/* No credit is left while a batch is written: that is no silence. */
static int on_pong(struct kadr_history_feed *feed, const struct kadr_store_reply *reply, kadr_ns now_ns)
{
    feed->head = reply->pong.commit > feed->head ? reply->pong.commit : feed->head;
    bool idle = !feed->writing && feed->forming.count == 0;
    bool silent = idle && now_ns - feed->feed_seen_ns >= PING_NS;
    bool behind = reply->pong.commit > feed->taken || !feed->joined;
    bool other = reply->pong.has_lineage && is_other(feed, &reply->pong.lineage);
    return (silent && behind) || other ? follow(feed, now_ns) : 0;
}

/* storaged refuses a Follow of another lineage or from behind its head for good, and one too many with
 * retry_later: that one is asked again with a later pong. */
static int on_refusal(struct kadr_history_feed *feed, const struct kadr_store_reply *reply, kadr_ns now_ns)
{
    feed->feed_seen_ns = now_ns;
    bool later = reply->refusal.diag.diag.code == KADR_DIAG_RETRY_LATER;
    if (!later && (feed->joined || feed->position.commit > 0)) {
        wipe(feed);
    }
    return 0;
}

static int on_reply(struct kadr_history_feed *feed, const struct kadr_store_reply *reply, kadr_ns now_ns)
{
    switch (reply->kind) {
    case KADR_STORE_FEED:
        return on_feed(feed, reply, now_ns);
    case KADR_STORE_PONG:
        return on_pong(feed, reply, now_ns);
    case KADR_STORE_REFUSAL:
        return on_refusal(feed, reply, now_ns);
    case KADR_STORE_APPENDED:
    case KADR_STORE_APPLIED:
        break; /* answers to what was never asked */
    }
    feed->count.bad_frames++;
    return 0;
}

static int on_store(struct kadr_history_feed *feed, const struct kadr_history_feed_event *event)
{
    struct kadr_store_reply reply;
    int err = kadr_decode_store_reply(event->frame, feed->arena, &reply, NULL);
    if (err != 0) {
        feed->count.bad_frames++;
        return err == KADR_ENOMEM ? err : 0;
    }
    feed->store_up = true;
    feed->store_seen_ns = event->now_ns;
    return listens(feed) ? on_reply(feed, &reply, event->now_ns) : 0;
}

/* ---- other events -------------------------------------------------------------------------------------- */

static int on_start(struct kadr_history_feed *feed, const struct kadr_history_feed_event *event)
{
    feed->store_seen_ns = event->now_ns;
    feed->ping_due_ns = event->now_ns + PING_NS;
    open_history(feed);
    return 0;
}

static void on_written(struct kadr_history_feed *feed, const struct kadr_history_feed_event *event)
{
    KADR_ASSERT(feed->writing);
    feed->writing = false;
    feed->count.records += feed->written.count;
    feed->count.batches++;
    feed->position = event->position;
    feed->retry_ns = RETRY_MIN_NS;
    batch_clear(&feed->written);
    feed->caught_up = feed->caught_up || feed->position.commit >= feed->head;
    if (feed->wipe_wanted) {
        wipe_now(feed);
    }
}

static int on_done(struct kadr_history_feed *feed, const struct kadr_history_feed_event *event)
{
    if (event->result != 0) {
        fail(feed, event->now_ns);
        return 0;
    }
    if (feed->phase == FOLLOWING) {
        on_written(feed, event);
        return 0;
    }
    KADR_ASSERT(feed->phase != CLOSED);
    feed->position = event->position;
    feed->sink.note(feed->sink.context, feed->phase == OPENING ? "history_opened" : "history_begins",
                    feed->position.commit);
    return begin_following(feed, event->now_ns);
}

static int ping(struct kadr_history_feed *feed, kadr_ns now_ns)
{
    int err = 0;
    feed->ping_due_ns = now_ns + PING_NS;
    if (now_ns - feed->store_seen_ns >= SILENCE_NS) {
        feed->store_up = false;
        err = listens(feed) ? follow(feed, now_ns) : 0;
    }
    struct kadr_store_request request = { .kind = KADR_STORE_PING, .ping_nonce = ++feed->nonce };
    return err != 0 ? err : send(feed, &request);
}

static int on_time(struct kadr_history_feed *feed, const struct kadr_history_feed_event *event)
{
    if (feed->phase == CLOSED && event->now_ns >= feed->retry_due_ns) {
        open_history(feed);
    }
    return event->now_ns >= feed->ping_due_ns ? ping(feed, event->now_ns) : 0;
}

typedef int event_fn(struct kadr_history_feed *feed, const struct kadr_history_feed_event *event);
static event_fn *const event_by_kind[KADR_HISTORY_FEED_COUNT_] = {
    [KADR_HISTORY_FEED_START] = on_start,
    [KADR_HISTORY_FEED_STORE] = on_store,
    [KADR_HISTORY_FEED_DONE] = on_done,
    [KADR_HISTORY_FEED_TIME] = on_time,
};

int kadr_history_feed_step(struct kadr_history_feed *feed, const struct kadr_history_feed_event *event)
{
    KADR_ASSERT((unsigned)event->kind < KADR_HISTORY_FEED_COUNT_);
    kadr_arena_clear(feed->arena);
    int err = event_by_kind[event->kind](feed, event);
    if (err == 0) {
        write_if_idle(feed);
    }
    if (err != 0 || !listens(feed)) {
        return err;
    }
    return feed->again && feed->forming.count == 0 ? follow(feed, event->now_ns) : renew_credit(feed);
}

kadr_ns kadr_history_feed_deadline_ns(const struct kadr_history_feed *feed)
{
    bool retries = feed->phase == CLOSED && feed->retry_due_ns < feed->ping_due_ns;
    return retries ? feed->retry_due_ns : feed->ping_due_ns;
}

struct kadr_history_position kadr_history_feed_position(const struct kadr_history_feed *feed)
{
    return feed->position;
}

struct kadr_history_feed_status kadr_history_feed_status(const struct kadr_history_feed *feed)
{
    struct kadr_history_feed_status status = feed->count;
    status.open = feed->phase == FOLLOWING;
    status.joined = feed->joined;
    status.caught_up = feed->caught_up;
    status.store_up = feed->store_up;
    status.commit = feed->position.commit;
    status.head = feed->head;
    status.queued = feed->forming.count + feed->written.count;
    return status;
}

int kadr_history_feed_new(const struct kadr_history_feed_sink *sink, struct kadr_history_feed **ret_feed)
{
    KADR_CLEANUP(kadr_history_feed_free) struct kadr_history_feed *feed = calloc(1, sizeof(*feed));
    if (feed == NULL) {
        return KADR_ENOMEM;
    }
    feed->sink = *sink;
    feed->retry_ns = RETRY_MIN_NS;
    kadr_buf_init(&feed->frame, KADR_MAX_FRAME_BYTES);
    int err = kadr_arena_new(KADR_MAX_ARENA_BYTES, &feed->arena);
    if (err == 0) {
        err = batch_new(&feed->forming);
    }
    if (err == 0) {
        err = batch_new(&feed->written);
    }
    if (err == 0) {
        *ret_feed = KADR_TAKE(feed);
    }
    return err;
}

void kadr_history_feed_free(struct kadr_history_feed *feed)
{
    if (feed != NULL) {
        batch_done(&feed->forming);
        batch_done(&feed->written);
        kadr_arena_free(feed->arena);
        kadr_buf_done(&feed->frame);
        free(feed);
    }
}
