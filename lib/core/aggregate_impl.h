/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* aggregate_impl.h - the aggregator's state, shared by its four files and nobody else:
 * aggregate.c (events, following the journal), aggregate_publish.c (deltas, progress), aggregate_query.c
 * (snapshots), aggregate_checkpoint.c (the state as bytes). */
#include "core/aggregate.h"
#include "core/history_recall.h"

#define KADR_AGGREGATE_PING_NS     KADR_S(1)
#define KADR_AGGREGATE_SILENCE_NS  KADR_S(3)
#define KADR_AGGREGATE_PROGRESS_NS KADR_S(1)

/* A snapshot question that waits its turn; indexes are of the current reference. */
struct kadr_question {
    struct kadr_peer peer;
    uint64_t request;
    struct kadr_rollup_query query;
};

struct kadr_topic_state; /* of one (unit, indicator); aggregate_publish.c */

struct kadr_aggregate {
    struct kadr_aggregate_sink sink;
    struct kadr_rollup *rollup;
    struct kadr_arena *arena;        /* of the event at hand */
    struct kadr_arena *record_arena; /* of one journal record, so that a frame of many stays small */
    struct kadr_arena *topic_arena;  /* of one delta */
    struct kadr_buf frame;           /* being encoded */
    kadr_ns tick_ns;

    /* following */
    bool has_lineage, caught_up, store_up;
    bool joined; /* the feed showed that what is held is a prefix of its journal */
    struct kadr_id lineage;
    uint64_t commit, head;     /* applied; as named by storaged */
    uint64_t target;           /* head that this journal's feed named when it was joined */
    uint64_t started_from;     /* commit of the checkpoint; 0: none */
    struct kadr_buf reference; /* ReferenceFiles in force, as the journal has them */
    struct kadr_digest chain;  /* of `commit` */
    uint64_t credit, received; /* records, since the last Follow */
    kadr_ns store_seen_ns, feed_seen_ns, ping_due_ns;
    uint64_t nonce;

    /* superseded statements */
    struct kadr_history_recall recall;
    uint64_t durable; /* of the history; 0: not known */

    /* publishing */
    struct kadr_topic_state *topics; /* uthash */
    uint64_t base;                   /* commit at which publishing began: `from` of a topic's first delta */
    uint64_t published, progressed;  /* commits */
    kadr_ns published_ns, progress_due_ns;

    /* answering: a ring */
    struct kadr_question *questions; /* KADR_MAX_SNAPSHOTS */
    size_t first_question, question_count;

    struct kadr_aggregate_status count; /* its counters only */
};

/* A rollup that has read nothing, with what superseded statements need. */
KADR_MUST_CHECK int kadr_aggregate_new_rollup(struct kadr_aggregate *agg, struct kadr_rollup **ret_rollup);
/* Publishes what changed since the last time; moves `published` to `commit`. */
KADR_MUST_CHECK int kadr_aggregate_publish(struct kadr_aggregate *agg, kadr_ns now_ns);
KADR_MUST_CHECK int kadr_aggregate_progress(struct kadr_aggregate *agg, kadr_ns now_ns);
/* Forgets all topics: publishing begins anew at the current commit. */
void kadr_aggregate_topics_clear(struct kadr_aggregate *agg);
/* Checks a question; a ping is answered at once, a snapshot waits for its turn. */
KADR_MUST_CHECK int kadr_aggregate_query(struct kadr_aggregate *agg, const struct kadr_peer *peer,
                                         struct kadr_bytes frame);
KADR_MUST_CHECK int kadr_aggregate_keep_reference(struct kadr_aggregate *agg, struct kadr_bytes files);
/* One waiting question, so that health and the feed have their turn between two. */
KADR_MUST_CHECK int kadr_aggregate_answer_next(struct kadr_aggregate *agg, kadr_ns now_ns);
/* All of them are told to ask again: what they name may have changed. */
KADR_MUST_CHECK int kadr_aggregate_refuse_questions(struct kadr_aggregate *agg, const char *why);
/* Counts what could not be read and tells its sender. */
KADR_MUST_CHECK int kadr_aggregate_refuse_bad(struct kadr_aggregate *agg, const struct kadr_peer *peer,
                                              const char *why);
struct kadr_position kadr_aggregate_position(const struct kadr_aggregate *agg);
