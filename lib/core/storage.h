/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* storage.h - the storage core: what storaged decides, without a clock, a socket or a disk.
 *
 * Events go in with their time, actions come out; the caller performs them in order. The store (store.h) is
 * the core's seam for questions (mark, find, read, state); appends go through the COMMIT action, so that they
 * may run in another thread, and come back as COMMITTED.
 *
 * Promises kept here: receipts only after COMMITTED 0; per stream the numbers 1, 2, 3 … each answered once,
 * for ever with the same commit; commit numbers and chained digests without a gap; batches that form by
 * themselves while the one before is on its way; reference data and days written by storaged alone, the day
 * never backwards. Everything that waits is bounded (limits.h) and over the bound answered `retry_later`.
 */
#include "core/peer.h"
#include "core/store.h"

struct kadr_storage;

enum kadr_storage_event_kind {
    KADR_STORAGE_START,     /* first, once */
    KADR_STORAGE_REQUEST,   /* a decoded message of a peer */
    KADR_STORAGE_COMMITTED, /* the batch of an earlier COMMIT has ended */
    KADR_STORAGE_FEED,      /* some time for followers that lag; wanted when out.more was set */
    KADR_STORAGE_PEER_GONE, /* the peer is known to be gone, or a message to it was lost */
    KADR_STORAGE_TICK,      /* about every second */
    KADR_STORAGE_STOP       /* drain: take no more appends; over when kadr_storage_idle() */
};

struct kadr_storage_event {
    enum kadr_storage_event_kind kind;
    kadr_ns now_ns;        /* monotonic */
    kadr_ms wall_ms;       /* Unix time */
    struct kadr_peer peer; /* REQUEST, PEER_GONE; length 0 = the program itself (start, reload) */
    union {
        struct {
            const struct kadr_file *files; /* reference data for an empty journal */
            size_t count;
            kadr_day fixed_day; /* KADR_DAY_NONE: the day follows wall_ms */
        } start;
        struct {
            const struct kadr_store_request *message; /* what it points to lives in the arena */
            struct kadr_arena *arena; /* taken: freed by the core; NULL from the program itself, which does
                                         not append and whose message lives until the step returns */
        } request;
        struct {
            uint64_t batch;
            int result; /* of kadr_store.append */
        } committed;
    };
};

struct kadr_storage_action {
    enum { KADR_STORAGE_COMMIT, KADR_STORAGE_SEND } kind;
    union {
        struct { /* append to the store; records are borrowed until COMMITTED of this batch */
            uint64_t batch;
            const struct kadr_store_record *records;
            size_t count;
        } commit;
        struct { /* borrowed until the next step; a peer of length 0: for the log */
            struct kadr_peer peer;
            struct kadr_store_reply reply;
        } send;
    };
};

struct kadr_storage_out {
    const struct kadr_storage_action *actions; /* borrowed until the next step */
    size_t count;
    bool more; /* a follower lags and has credit: give a FEED event in the next pass */
};

/* Reasons for which something was not taken, as metrics name them. */
enum kadr_storage_refusal {
    KADR_STORAGE_SEQUENCE_GAP,
    KADR_STORAGE_SEQUENCE_REUSED,
    KADR_STORAGE_QUEUE_FULL,
    KADR_STORAGE_STORAGE_FULL,
    KADR_STORAGE_STOPPING,
    KADR_STORAGE_BAD_REQUEST,
    KADR_STORAGE_REFUSALS
};
const char *kadr_storage_refusal_text(enum kadr_storage_refusal refusal); /* `sequence_gap` … */

struct kadr_storage_status {
    struct kadr_id lineage;
    uint64_t head;
    kadr_day day;                        /* KADR_DAY_NONE before the first day record */
    const struct kadr_digest *reference; /* version in force, NULL before the first one; borrowed */
    uint64_t reference_commit;
    size_t queue_items, queue_bytes; /* of appends not answered yet, batch in flight included */
    size_t batch_records;            /* in flight; 0: the writer is idle */
    size_t followers;
    kadr_ns stalled_since_ns; /* since when an append waits without any commit finishing; 0: none waits */
    bool stopping;
    uint64_t commits, records, duplicates; /* since start */
    uint64_t refused[KADR_STORAGE_REFUSALS];
};

/* The store is borrowed and must outlive the core. */
KADR_MUST_CHECK int kadr_storage_new(const struct kadr_store *store, struct kadr_storage **ret_storage);
void kadr_storage_free(struct kadr_storage *st); /* no batch may be in flight in another thread */
KADR_DEFINE_CLEANUP(struct kadr_storage, kadr_storage_free)

/** One event.
 * @param[out] ret_out  actions, also when it fails (a refused reference says why)
 * @retval 0
 * @return  anything else is the end: the store failed or is corrupt, memory is short, or no reference data
 *          can be loaded at start. kadr_storage_why() says it in English. */
KADR_MUST_CHECK int kadr_storage_step(struct kadr_storage *st, const struct kadr_storage_event *ev,
                                      struct kadr_storage_out *ret_out);
const char *kadr_storage_why(const struct kadr_storage *st); /* static string; "" while all is well */
/* Nothing is queued and no batch is in flight. */
bool kadr_storage_idle(const struct kadr_storage *st);
void kadr_storage_status(const struct kadr_storage *st, struct kadr_storage_status *ret_status);
