/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* ingest_impl.h - the state that the parts of the ingest core share.
 *
 *   ingest.c         events, answers to offices, what goes out
 *   kadr_ingest_submit.c  one report: decode, judge, put it into the batch
 *   ingest_store.c   storaged's link: liveness, appends and their answers
 *   ingest_feed.c    the journal: reference data, day, what units said before
 *   ingest_peers.c   connections with submits in flight
 */
#include "core/ingest.h"

#include "base/limits.h"
#include "domain/baseline.h"

#define INGEST_PING_NS        KADR_S(1)
#define INGEST_DOWN_NS        KADR_S(3) /* without any frame of storaged */
#define INGEST_APPEND_NS      KADR_S(5) /* an append not answered for so long is given up */
#define INGEST_RETRY_MS       1000u     /* what an office is told to wait */
#define INGEST_APPENDS        4         /* append frames on their way at once */
#define INGEST_BATCH_BYTES    (4u << 20)
#define INGEST_RECEIPTS_BYTES (1u << 20) /* about; a larger answer goes out in several messages */
#define INGEST_CLOCK_SLACK_MS 2000       /* a clock that is ahead by less is not worth a warning */
#define INGEST_NO_PEER        UINT32_MAX

/* A submit that waits for its answer. */
struct ingest_ticket {
    struct kadr_id stream;
    uint64_t sequence;
    uint32_t peer; /* index into the peers */
    uint32_t next; /* ticket of the same peer, while receipts are gathered */
};

/* Submits of one append frame. */
struct ingest_append {
    uint64_t request; /* 0: not sent yet */
    kadr_ns sent_ns;
    size_t count;
    struct ingest_ticket tickets[KADR_MAX_APPEND_ITEMS];
};

struct ingest_peer {
    struct kadr_peer address;
    uint32_t in_flight;   /* 0: free */
    uint32_t next;        /* in its bucket, or in the free list */
    uint32_t first, last; /* tickets, while receipts are gathered */
};

#define INGEST_BUCKETS 8192
struct ingest_peers {
    struct ingest_peer items[KADR_MAX_PEERS];
    uint32_t bucket[INGEST_BUCKETS];
    uint32_t free;
    size_t count;
};

/* What is known of storaged and its journal. */
struct ingest_link {
    bool up;
    bool broken_reference; /* the journal's reference data cannot be loaded by this program */
    kadr_ns heard_ns, ping_ns;
    uint64_t nonce;
    struct kadr_pong known;
    /* the feed */
    kadr_ns follow_ns, fed_ns;
    uint64_t taken, granted; /* records since the last Follow */
    struct kadr_reference *reference;
    uint64_t reference_commit;
    bool whole;        /* the whole journal is followed; before: what is in force */
    bool joined;       /* it has begun to come */
    bool caught_up;    /* up to the head that it had then */
    bool from_nothing; /* the reference compares otherwise: it must be read again */
    uint64_t position, target;
    struct kadr_baseline *baseline; /* of the commits up to position */
};

struct kadr_ingest {
    kadr_ns now_ns;
    kadr_ms wall_ms;
    bool stopping;
    struct ingest_link link;
    struct ingest_peers peers;
    struct kadr_arena *work;   /* one frame, which may exhaust it; cleared before each step */
    struct kadr_arena *record; /* one record of the feed */
    struct kadr_arena *say;    /* texts of this step's refusals */
    struct kadr_arena *batch;  /* items that wait to be sent */
    struct kadr_append_item items[KADR_MAX_APPEND_ITEMS];
    struct ingest_append appends[INGEST_APPENDS + 1]; /* on their way, and the one being filled */
    struct ingest_append *filling;
    uint64_t last_request;
    /* what goes out: frames one behind the other, actions with offsets until the step ends */
    struct kadr_buf frames;
    struct kadr_ingest_action *actions;
    size_t *ends;
    size_t action_count, action_cap;
    struct kadr_ingest_status totals;
};

/* ---- ingest.c ---- */
/* Called after a frame was appended to ing->frames. */
void kadr_ingest_send(struct kadr_ingest *ing, int kind, const struct kadr_peer *peer);
void kadr_ingest_reply(struct kadr_ingest *ing, const struct kadr_peer *peer,
                       const struct kadr_office_reply *reply);
/* Refuses a submit (NULL: a frame that is none); counts it as answered. */
void kadr_ingest_refuse(struct kadr_ingest *ing, const struct kadr_peer *peer, const struct kadr_id *stream,
                        uint64_t sequence, enum kadr_ingest_refusal reason, const struct kadr_diag *diag);
/* `retry_later` with the reason. */
void kadr_ingest_retry(struct kadr_ingest *ing, const struct kadr_peer *peer, const struct kadr_id *stream,
                       uint64_t sequence, enum kadr_ingest_refusal reason);
struct kadr_diag kadr_ingest_diag(enum kadr_diag_code code, const char *arg0, const char *arg1);

/* ---- kadr_ingest_submit.c ---- */
void kadr_ingest_submit(struct kadr_ingest *ing, const struct kadr_peer *peer,
                        const struct kadr_submit *submit);

/* ---- ingest_store.c ---- */
void kadr_ingest_store_frame(struct kadr_ingest *ing, struct kadr_bytes frame);
void kadr_ingest_store_tick(struct kadr_ingest *ing);
void kadr_ingest_flush(struct kadr_ingest *ing);
/* The batch can take one more item. */
bool kadr_ingest_has_room(const struct kadr_ingest *ing);
uint64_t kadr_ingest_in_flight(const struct kadr_ingest *ing);

/* ---- ingest_feed.c ---- */
void kadr_ingest_follow(struct kadr_ingest *ing);
void kadr_ingest_feed_frame(struct kadr_ingest *ing, const struct kadr_store_reply *reply);
void kadr_ingest_feed_pong(struct kadr_ingest *ing, const struct kadr_store_reply *reply);
void kadr_ingest_feed_refused(struct kadr_ingest *ing, const struct kadr_store_reply *reply);

/* ---- ingest_peers.c ---- */
void kadr_ingest_peers_init(struct ingest_peers *peers);
/* Finds the peer or takes a place for it; INGEST_NO_PEER when all are taken. A place is kept while in_flight
 * > 0; kadr_ingest_peer_done() counts one answer and gives the place back after the last. */
uint32_t kadr_ingest_peer_get(struct ingest_peers *peers, const struct kadr_peer *address);
void kadr_ingest_peer_done(struct ingest_peers *peers, uint32_t index);
/* Gives a place back that was taken for nothing. */
void kadr_ingest_peer_drop_unused(struct ingest_peers *peers, uint32_t index);
