/* SPDX-License-Identifier: Apache-2.0 */
/* storage_feed.c - followers of the journal.
 *
 * A follower that holds everything up to the batch just committed gets its records from memory. One that is
 * behind reads the store in slices, a few per pass, so that a follower that starts from commit 1 stalls
 * nobody. Credit is an absolute number of records since its Follow: what was sent never passes it, and never
 * passes what was sent plus KADR_MAX_FEED_CREDIT, whatever it says.
 *
 * A follower of reference data alone gets the newest reference and day records that it has not got; versions
 * that were replaced meanwhile are of no use to it.
 *
 * A ROUTER does not tell when a peer goes. A follower that was not heard of for SILENT_NS gives up its place
 * when the table is full, never before.
 */
#include "core/storage_impl.h"

#define SILENT_NS       KADR_S(30)
#define SLICES_PER_STEP 4

static struct follower *find_follower(struct kadr_storage *st, const struct kadr_peer *peer)
{
    for (size_t i = 0; i < KADR_MAX_FEEDS; i++) {
        if (st->follower[i].used && kadr_peer_equal(&st->follower[i].peer, peer)) {
            return &st->follower[i];
        }
    }
    return NULL;
}

/* A free place, or that of the one silent for longest; NULL when all are alive. */
static struct follower *free_place(struct kadr_storage *st)
{
    struct follower *silent = NULL;
    for (size_t i = 0; i < KADR_MAX_FEEDS; i++) {
        struct follower *follower = &st->follower[i];
        if (!follower->used) {
            return follower;
        }
        if (st->now_ns - follower->heard_ns >= SILENT_NS &&
            (!silent || follower->heard_ns < silent->heard_ns)) {
            silent = follower;
        }
    }
    return silent;
}

void kadr_storage_heard(struct kadr_storage *st, const struct kadr_peer *peer)
{
    struct follower *follower = find_follower(st, peer);
    if (follower) {
        follower->heard_ns = st->now_ns;
    }
}

void kadr_storage_unfollow(struct kadr_storage *st, const struct kadr_peer *peer)
{
    struct follower *follower = find_follower(st, peer);
    if (follower) {
        follower->used = false;
    }
}

/* Records it may get now. */
static uint64_t credit_left(const struct follower *follower)
{
    uint64_t left = follower->credit > follower->sent ? follower->credit - follower->sent : 0;
    return left < KADR_MAX_FEED_CREDIT ? left : KADR_MAX_FEED_CREDIT;
}

static bool behind(const struct kadr_storage *st, const struct follower *follower)
{
    if (follower->reference_only) {
        return follower->reference_sent < st->state.reference_commit ||
               follower->day_sent < st->state.day_commit;
    }
    return follower->next <= st->state.head;
}

bool kadr_storage_feed_waits(const struct kadr_storage *st)
{
    for (size_t i = 0; i < KADR_MAX_FEEDS; i++) {
        const struct follower *follower = &st->follower[i];
        if (follower->used && credit_left(follower) > 0 && behind(st, follower)) {
            return true;
        }
    }
    return false;
}

static int send_frame(struct kadr_storage *st, struct follower *follower, const struct kadr_record *records,
                      size_t count)
{
    const struct kadr_store_reply reply = {
        .kind = KADR_STORE_FEED,
        .feed = { .lineage = st->state.lineage, .head = st->state.head, .records = records, .count = count }
    };
    follower->sent += count;
    return kadr_storage_send(st, &follower->peer, &reply);
}

/* ---- from memory ---- */

static size_t record_bytes(const struct kadr_record *record)
{
    return record->envelope.len + record->message.len + sizeof(*record);
}

/* How many of the records fit into one frame: at least one. */
static size_t frame_fill(const struct kadr_record *records, size_t count)
{
    size_t bytes = record_bytes(records), n = 1;
    while (n < count && n < KADR_MAX_FEED_RECORDS &&
           bytes + record_bytes(&records[n]) <= KADR_MAX_FEED_FRAME_BYTES) {
        bytes += record_bytes(&records[n++]);
    }
    return n;
}

int kadr_storage_feed_batch(struct kadr_storage *st, const struct batch *batch)
{
    uint64_t first = batch->feed[0].commit;
    for (size_t i = 0; i < KADR_MAX_FEEDS; i++) {
        struct follower *follower = &st->follower[i];
        if (!follower->used || follower->reference_only || follower->next < first) {
            continue;
        }
        while (follower->next < first + batch->count && credit_left(follower) > 0) {
            size_t done = (size_t)(follower->next - first), left = batch->count - done;
            if (left > credit_left(follower)) {
                left = (size_t)credit_left(follower);
            }
            size_t n = frame_fill(&batch->feed[done], left);
            follower->next += n;
            int r = send_frame(st, follower, &batch->feed[done], n);
            if (r) {
                return r;
            }
        }
    }
    return 0;
}

/* ---- from the store ---- */

struct slice {
    struct kadr_arena *arena;
    struct kadr_record *records;
    size_t count, cap;
};

static struct kadr_bytes copy(struct kadr_arena *arena, struct kadr_bytes bytes)
{
    return (struct kadr_bytes){ kadr_arena_memdup(arena, bytes.data, bytes.len), bytes.len };
}

static int add_to_slice(void *context, const struct kadr_record *record)
{
    struct slice *slice = context;
    KADR_ASSERT(slice->count < slice->cap);
    slice->records[slice->count++] = (struct kadr_record){ .commit = record->commit,
                                                           .digest = record->digest,
                                                           .envelope = copy(slice->arena, record->envelope),
                                                           .message = copy(slice->arena, record->message) };
    return kadr_arena_failed(slice->arena) ? KADR_ENOMEM : 0;
}

static int read_slice(struct kadr_storage *st, uint64_t from, size_t max_records, struct slice *ret)
{
    *ret = (struct slice){ .arena = st->scratch,
                           .records = kadr_arena_calloc(st->scratch, max_records, sizeof(*ret->records)),
                           .cap = max_records };
    if (!ret->records) {
        return kadr_storage_fatal(st, KADR_ENOMEM, "out of memory");
    }
    int r = st->store->read(st->store->self, from, max_records, KADR_MAX_FEED_FRAME_BYTES, add_to_slice, ret);
    return r ? kadr_storage_fatal(st, r, "the journal cannot be read for a follower") : 0;
}

static int feed_journal(struct kadr_storage *st, struct follower *follower)
{
    uint64_t want = credit_left(follower), there = st->state.head - follower->next + 1;
    want = want < there ? want : there;
    want = want < KADR_MAX_FEED_RECORDS ? want : KADR_MAX_FEED_RECORDS;
    struct slice slice;
    int r = read_slice(st, follower->next, (size_t)want, &slice);
    if (r) {
        return r;
    }
    if (slice.count == 0) {
        return kadr_storage_fatal(st, KADR_ECORRUPT, "the journal has a hole");
    }
    follower->next += slice.count;
    return send_frame(st, follower, slice.records, slice.count);
}

/* The older of the two records it lacks. */
static int feed_reference(struct kadr_storage *st, struct follower *follower)
{
    uint64_t reference = st->state.reference_commit, day = st->state.day_commit;
    bool lacks_reference = follower->reference_sent < reference, lacks_day = follower->day_sent < day;
    bool reference_now = lacks_reference && (!lacks_day || reference < day);
    struct slice slice;
    int r = read_slice(st, reference_now ? reference : day, 1, &slice);
    if (r) {
        return r;
    }
    if (reference_now) {
        follower->reference_sent = reference;
    } else {
        follower->day_sent = day;
    }
    return send_frame(st, follower, slice.records, slice.count);
}

int kadr_storage_feed_slices(struct kadr_storage *st)
{
    size_t slices = 0;
    for (size_t i = 0; i < KADR_MAX_FEEDS && slices < SLICES_PER_STEP; i++) {
        struct follower *follower = &st->follower[st->feed_turn];
        st->feed_turn = (st->feed_turn + 1) % KADR_MAX_FEEDS;
        if (!follower->used || credit_left(follower) == 0 || !behind(st, follower)) {
            continue;
        }
        int r = follower->reference_only ? feed_reference(st, follower) : feed_journal(st, follower);
        if (r) {
            return r;
        }
        slices++;
    }
    return 0;
}

/* ---- requests ---- */

int kadr_storage_follow(struct kadr_storage *st, const struct kadr_peer *peer,
                        const struct kadr_store_request *message)
{
    kadr_storage_unfollow(st, peer);
    uint64_t from = message->follow.from ? message->follow.from : 1;
    if (message->follow.has_lineage &&
        memcmp(&message->follow.lineage, &st->state.lineage, sizeof(st->state.lineage)) != 0) {
        return kadr_storage_refuse_request(st, peer, KADR_STORAGE_BAD_REQUEST, "follow: another lineage");
    }
    if (!message->follow.reference_only && from > st->state.head + 1) {
        return kadr_storage_refuse_request(st, peer, KADR_STORAGE_BAD_REQUEST,
                                           "follow: from behind the head");
    }
    struct follower *follower = free_place(st);
    if (!follower) {
        return kadr_storage_refuse_request(st, peer, KADR_STORAGE_QUEUE_FULL, "too many followers");
    }
    *follower = (struct follower){ .used = true,
                                   .peer = *peer,
                                   .next = from,
                                   .credit = message->follow.credit,
                                   .reference_only = message->follow.reference_only,
                                   .heard_ns = st->now_ns };
    /* An empty frame says "you have caught up" to one that has. */
    return behind(st, follower) ? 0 : send_frame(st, follower, NULL, 0);
}

int kadr_storage_credit(struct kadr_storage *st, const struct kadr_peer *peer,
                        const struct kadr_store_request *message)
{
    struct follower *follower = find_follower(st, peer);
    /* One that lost its place, or whose Credit went to the process before this one, finds out by the feed's
     * silence. A refusal would look to it like one of its Follow: another journal. */
    if (follower && message->credit > follower->credit) {
        follower->credit = message->credit;
    }
    return 0;
}
