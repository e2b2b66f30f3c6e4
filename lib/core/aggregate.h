/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* aggregate.h - the aggregator's state machine: follows the journal, keeps the rollup, publishes what
 * changed, answers snapshots.
 *
 * Sans I/O: kadr_aggregate_step() takes one event with its time and hands each action, in order, to the sink.
 * A sink only carries the action out (or records it, in a simulator); it never calls back into the core.
 * Everything a sink is given is borrowed for the call.
 *
 * Following. One Follow with an absolute credit, renewed at half; records must come without a gap and their
 * digests must chain, or the process ends: an aggregator never publishes from a journal it cannot trust.
 * Nothing is published before the head that the feed named at first is reached. A ping a second; a head that
 * grows without a feed, or 3 s of silence, makes a new Follow. Another lineage starts from nothing.
 *
 * Checkpoint. A state saved at commit N spares the records up to N. It is derived data: before anything is
 * made of it, the journal must show record N with the digest that the checkpoint was made at. When it does
 * not, or storaged refuses the lineage, or its head is below N, the checkpoint is discarded (noted as such)
 * and the journal is read from commit 1.
 *
 * Superseded statements. Given a history, those that it has are let go, some series at each step, and read
 * back when they are needed. When that fails, the journal is read from commit 1 and nothing is let go any
 * more.
 *
 * Questions. Of now: answered here, from the rollup. About the past: handed to the sink, which answers them
 * from the history; without one an earlier day is answered here as well, with the statements known now.
 *
 * Publishing. At once when the last publication is a tick or longer ago, else when the tick is over: idle
 * systems are fast, busy ones coalesce. A delta of a topic covers (the `to` of its last delta, now]; a topic
 * never published begins at the commit at which this process caught up.
 */
#include "base/clock.h"
#include "core/audit.h"
#include "core/history.h"
#include "core/peer.h"
#include "wire/wire.h"

struct kadr_aggregate;

/* A question about the past, for whoever has the history (core/past.h). */
struct kadr_aggregate_past {
    const struct kadr_peer *peer;
    uint64_t request;
    struct kadr_bytes frame;
    struct kadr_position now;
    uint64_t needs; /* commit that the history must have reached */
};

struct kadr_aggregate_sink {
    void *context;
    void (*to_store)(void *context, const struct kadr_buf *frame);
    /* @return KADR_EFULL when the peer's queue is full: the rest of its answer is not sent */
    int (*to_peer)(void *context, const struct kadr_peer *peer, const struct kadr_buf *frame);
    void (*publish)(void *context, const char *topic, const struct kadr_buf *frame);
    /* A log-worthy event; `event` is a stable name. */
    void (*note)(void *context, const char *event, uint64_t commit);
    /* The process must end: `why` is a stable name. */
    void (*fatal)(void *context, const char *why, uint64_t commit);
    /* Takes a question over: what it is answered with goes to the peer without the core. NULL: no history.
     * @retval KADR_ENOENT  there is no history
     * @retval KADR_EAGAIN  it is far from what the question needs
     * @retval KADR_EFULL   too many wait */
    int (*past)(void *context, const struct kadr_aggregate_past *question);
};

struct kadr_aggregate_event {
    kadr_ns now_ns; /* monotonic; never backwards */
    enum {
        KADR_AGGREGATE_START,
        KADR_AGGREGATE_STORE,   /* a frame from storaged */
        KADR_AGGREGATE_QUERY,   /* a frame from a subscriber's DEALER */
        KADR_AGGREGATE_BAD,     /* a message of one that its socket dropped */
        KADR_AGGREGATE_TIME,    /* the deadline is due */
        KADR_AGGREGATE_HISTORY, /* the history, seen to be of this journal, stands somewhere else */
        KADR_AGGREGATE_COUNT_
    } kind;
    struct kadr_bytes frame;              /* STORE, QUERY */
    const struct kadr_peer *peer;         /* QUERY, BAD */
    const char *why;                      /* BAD: static string */
    struct kadr_history_position history; /* HISTORY: durable */
};

struct kadr_aggregate_status {
    bool caught_up, store_up;
    bool has_lineage;
    struct kadr_id lineage;
    uint64_t commit, head, published;
    uint64_t started_from; /* commit of the checkpoint that the rollup began with; 0: the whole journal */
    kadr_day day;
    const struct kadr_digest *reference; /* NULL before the first */
    uint64_t cells, statements, broken_rules;
    uint64_t let_go, recalls; /* statements that only the history has; series read back from it */
    uint64_t records, deltas, changes, progresses, snapshots, snapshot_cells;
    uint64_t past; /* questions handed to the history */
    uint64_t refused, snapshots_cut, deltas_cut, bad_frames, follows, checkpoints_discarded;
};

/* @param tick_ns  shortest time between two publications, at most KADR_MAX_TICK_MS */
KADR_MUST_CHECK int kadr_aggregate_new(kadr_ns tick_ns, const struct kadr_aggregate_sink *sink,
                                       struct kadr_aggregate **ret_aggregate);
void kadr_aggregate_free(struct kadr_aggregate *aggregate);
KADR_DEFINE_CLEANUP(struct kadr_aggregate, kadr_aggregate_free)

/* Before all else: superseded statements may be let go and read back from here. Borrowed. */
void kadr_aggregate_use_history(struct kadr_aggregate *aggregate, const struct kadr_kvstore *kv);
/** Before KADR_AGGREGATE_START: begins with a saved state instead of nothing.
 * @param bytes  all of it, from anywhere: checked
 * @retval KADR_ECORRUPT  not what was saved; nothing was changed, START reads the whole journal
 * @retval KADR_EVERSION  another version's; likewise
 * @retval KADR_ENOMEM */
KADR_MUST_CHECK int kadr_aggregate_restore(struct kadr_aggregate *aggregate, struct kadr_bytes bytes);
/** The state at the current commit as bytes, into an empty buffer, whose cap is kept.
 * @retval KADR_EAGAIN  not caught up with the journal, or nothing is there yet
 * @retval KADR_EFULL   over the buffer's cap
 * @retval KADR_ENOMEM
 * Cost: O(statements); twice the bytes in memory meanwhile. */
KADR_MUST_CHECK int kadr_aggregate_save(const struct kadr_aggregate *aggregate, struct kadr_buf *out);
/* @retval KADR_ENOMEM  the state is still whole; end the process */
KADR_MUST_CHECK int kadr_aggregate_step(struct kadr_aggregate *aggregate,
                                        const struct kadr_aggregate_event *event);
/* When the next KADR_AGGREGATE_TIME is due (monotonic). */
kadr_ns kadr_aggregate_deadline_ns(const struct kadr_aggregate *aggregate);
struct kadr_aggregate_status kadr_aggregate_status(const struct kadr_aggregate *aggregate);
/** Copies the next topic for comparing it with the journal (core/audit.h).
 * @retval KADR_EAGAIN  not caught up with the journal
 * @retval KADR_ENOENT, KADR_ENOMEM */
KADR_MUST_CHECK int kadr_aggregate_audit(struct kadr_aggregate *aggregate, struct kadr_audit_cursor *cursor,
                                         struct kadr_audit_topic *ret_topic);
/* A comparison failed: every figure is made again of the statements. What differs from what was published
 * goes out with the next commit. @retval KADR_ENOMEM  end the process */
KADR_MUST_CHECK int kadr_aggregate_refold(struct kadr_aggregate *aggregate);
/* The sum of all cells' digests at the commit `published`; makes those that are due (rollup.h). */
struct kadr_digest kadr_aggregate_digest(const struct kadr_aggregate *aggregate);
