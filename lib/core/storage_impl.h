/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* storage_impl.h - what the files of the storage core share; nobody else includes it.
 *
 *   storage.c            events in, actions out; start, tick, stop, ping
 *   kadr_storage_append.c     streams, duplicates, the queue
 *   storage_batch.c      forming a batch, and what follows its commit
 *   storage_reference.c  reference data and the day
 *   storage_feed.c       followers
 *
 * Memory of a request: the arena it was decoded into holds the request, its items and its answer, and is
 * freed when the answer has been performed. Batches are two buffers used in turn: one is with the writer
 * while the answers of the other are sent.
 */
#include "base/hash.h"
#include "core/storage.h"

#define STREAM_BUCKETS 4096 /* power of two */

struct stream {
    struct stream *next; /* in its bucket */
    char office[KADR_MAX_CODE_BYTES + 1];
    struct kadr_id id;
    uint64_t mark;               /* last sequence that is durable */
    uint64_t tail;               /* last sequence taken: mark + number of pending items */
    struct item *pending;        /* oldest first */
    struct item *pending_newest; /* NULL when none */
};

/* One report of one append request: new and in the queue, or waiting for an equal one that is. */
struct item {
    struct item *next;         /* in the queue, in the batch, or among the waiters of another item */
    struct item *next_pending; /* in its stream */
    struct item *waiters;      /* the same report again, from any request */
    struct request *request;
    struct stream *stream;
    const struct kadr_append_item *in;
    struct kadr_digest content_hash;
    uint64_t commit;                   /* from forming the batch on */
    uint32_t accepted, rejected, held; /* the same */
    struct kadr_append_result *to;     /* its place in the request's answer */
};

/* Lives in its own arena. */
struct request {
    struct request *next; /* among those that are finished */
    struct kadr_arena *arena;
    struct kadr_peer peer;
    uint64_t id;
    struct kadr_append_result *results;
    struct item *items;
    size_t count, unanswered;
    size_t bytes;          /* its share of the queue's bytes */
    size_t repeated_bytes; /* of first answers that its answer repeats */
};

struct item_list {
    struct item *first, *last;
    size_t count;
};

struct batch {
    uint64_t id;
    size_t count; /* 0: free */
    struct kadr_store_record records[KADR_MAX_BATCH_RECORDS];
    struct kadr_record feed[KADR_MAX_BATCH_RECORDS]; /* the same, as followers get them */
    struct kadr_buf envelopes;
    size_t envelope_end[KADR_MAX_BATCH_RECORDS];
    struct kadr_buf reference_message;
    struct item_list items;
    uint64_t reference_commit, day_commit; /* 0: none in this batch */
    kadr_day day;
};

/* A reference version on its way into the journal. */
struct candidate {
    struct kadr_reference *reference; /* NULL: none */
    struct kadr_buf message;
    struct kadr_peer peer; /* who asked */
};

struct follower {
    bool used;
    struct kadr_peer peer;
    uint64_t next;         /* commit to send next */
    uint64_t credit, sent; /* records, since its Follow */
    bool reference_only;
    uint64_t reference_sent, day_sent; /* newest commits sent, with reference_only */
    kadr_ns heard_ns;
};

struct kadr_storage {
    const struct kadr_store *store;
    const char *why;
    bool started, stopping;
    kadr_ns now_ns;
    kadr_ms wall_ms;

    /* committed */
    struct kadr_store_state state;
    struct kadr_reference *reference;
    kadr_day day;

    /* on its way */
    kadr_day fixed_day, wanted_day;
    struct candidate candidate;
    uint8_t stream_key[KADR_HASH_KEY_BYTES]; /* offices choose the ids: a secret place for each */
    struct stream *streams[STREAM_BUCKETS];
    size_t stream_count;
    struct item_list queue;
    size_t waiting_items, waiting_bytes; /* of requests not answered yet */
    struct batch *batch[2];
    size_t batch_turn;
    struct batch *in_flight; /* NULL: the writer is idle */
    uint64_t batch_id;
    kadr_ns waiting_since_ns, committed_ns;

    /* followers */
    struct follower follower[KADR_MAX_FEEDS];
    size_t feed_turn;

    /* of this step */
    struct kadr_storage_action *actions; /* owned */
    size_t action_count, action_cap;
    struct request *finished;
    struct kadr_arena *scratch;

    uint64_t commits, records, duplicates;
    uint64_t refused[KADR_STORAGE_REFUSALS];
};

/* storage.c */
KADR_MUST_CHECK int kadr_storage_fatal(struct kadr_storage *st, int err, const char *why);
KADR_MUST_CHECK int kadr_storage_send(struct kadr_storage *st, const struct kadr_peer *peer,
                                      const struct kadr_store_reply *reply);
KADR_MUST_CHECK int kadr_storage_commit(struct kadr_storage *st, const struct batch *batch);
/* A refusal and its count; texts in the arena, or none when that is full. */
struct kadr_refusal kadr_storage_refusal(struct kadr_storage *st, enum kadr_storage_refusal reason,
                                         const char *arg0, const char *arg1, struct kadr_arena *arena);
KADR_MUST_CHECK int kadr_storage_refuse_request(struct kadr_storage *st, const struct kadr_peer *peer,
                                                enum kadr_storage_refusal reason, const char *detail);

/* kadr_storage_append.c */
KADR_MUST_CHECK int kadr_storage_append(struct kadr_storage *st, const struct kadr_peer *peer,
                                        const struct kadr_store_request *message, struct kadr_arena *arena);
/* Of a report that takes force: figures that wait to be confirmed. */
uint32_t kadr_storage_count_held(enum kadr_outcome outcome, struct kadr_bytes verdicts);
void kadr_storage_receipt(const struct kadr_storage *st, const struct item *item, enum kadr_outcome outcome,
                          const struct kadr_digest *digest, struct kadr_append_result *ret);
/* The answer to a resend, made from the record of the first one. @retval KADR_ENOMEM  refused instead */
KADR_MUST_CHECK int kadr_storage_duplicate(struct kadr_storage *st, struct item *item,
                                           const struct kadr_record *record);
/* The item and those that wait for it have their answer; requests that are complete are sent. */
KADR_MUST_CHECK int kadr_storage_answered(struct kadr_storage *st, struct item *item);
KADR_MUST_CHECK int kadr_storage_refuse_item(struct kadr_storage *st, struct item *item,
                                             enum kadr_storage_refusal reason, uint64_t expected);
void kadr_storage_free_streams(struct kadr_storage *st);
void kadr_storage_free_request(struct request *request);

/* storage_batch.c */
KADR_MUST_CHECK int kadr_storage_next_batch(struct kadr_storage *st);
KADR_MUST_CHECK int kadr_storage_committed(struct kadr_storage *st, uint64_t batch, int result);

/* storage_reference.c */
KADR_MUST_CHECK int kadr_storage_load(struct kadr_storage *st); /* what the journal holds */
KADR_MUST_CHECK int kadr_storage_apply(struct kadr_storage *st, const struct kadr_peer *peer,
                                       const struct kadr_store_request *message);
/* The candidate is durable. */
KADR_MUST_CHECK int kadr_storage_reference_committed(struct kadr_storage *st, uint64_t commit);
KADR_MUST_CHECK int kadr_storage_reference_failed(struct kadr_storage *st);
void kadr_storage_drop_candidate(struct kadr_storage *st);

/* storage_feed.c */
KADR_MUST_CHECK int kadr_storage_follow(struct kadr_storage *st, const struct kadr_peer *peer,
                                        const struct kadr_store_request *message);
KADR_MUST_CHECK int kadr_storage_credit(struct kadr_storage *st, const struct kadr_peer *peer,
                                        const struct kadr_store_request *message);
void kadr_storage_heard(struct kadr_storage *st, const struct kadr_peer *peer);
void kadr_storage_unfollow(struct kadr_storage *st, const struct kadr_peer *peer);
/* Followers that stand at the batch's first record get it from memory. */
KADR_MUST_CHECK int kadr_storage_feed_batch(struct kadr_storage *st, const struct batch *batch);
/* A few slices from the store for those behind. */
KADR_MUST_CHECK int kadr_storage_feed_slices(struct kadr_storage *st);
bool kadr_storage_feed_waits(const struct kadr_storage *st);
