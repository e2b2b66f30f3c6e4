/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* history_feed.h - what brings the history up to date: a follower of the journal beside the aggregator's own.
 *
 * Sans I/O: kadr_history_feed_step() takes one event with its time and hands each action, in order, to the
 * sink, which never calls back. The history itself is opened and written elsewhere (another thread): one
 * action at a time, answered by a DONE event.
 *
 * Of its own. The live figures wait for nothing here: not for a slow disk, a full one, or the hours that a
 * history of years takes to be built anew. The journal is the queue between the two; here only one batch
 * forms while one is written, and credit is renewed as there is room (ADR 8).
 *
 * Trust. A history at commit N asks for record N again and shows nothing new before that record had the
 * digest it was made with. Another digest, another lineage or a head below N: it is wiped and begins at
 * commit 1.
 *
 * Failure. What cannot be opened or written is told and tried again, after 1, 2, 4 … 60 s, from where the
 * history stands by then.
 */
#include "base/clock.h"
#include "core/history.h"

struct kadr_history_feed;

struct kadr_history_feed_sink {
    void *context;
    void (*to_store)(void *context, const struct kadr_buf *frame);
    /* Opens the history, or looks again what is in it. */
    void (*open)(void *context);
    /* kadr_history_apply() of these; borrowed until the answer. */
    void (*write)(void *context, const struct kadr_id *lineage, const struct kadr_record *records,
                  size_t count);
    /* kadr_history_wipe() */
    void (*wipe)(void *context);
    /* A log-worthy event; `event` is a stable name. */
    void (*note)(void *context, const char *event, uint64_t commit);
};

struct kadr_history_feed_event {
    kadr_ns now_ns; /* monotonic; never backwards */
    enum {
        KADR_HISTORY_FEED_START,
        KADR_HISTORY_FEED_STORE, /* a frame from storaged */
        KADR_HISTORY_FEED_DONE,  /* what the sink was last told has ended */
        KADR_HISTORY_FEED_TIME,  /* the deadline is due */
        KADR_HISTORY_FEED_COUNT_
    } kind;
    struct kadr_bytes frame;               /* STORE */
    int result;                            /* DONE */
    struct kadr_history_position position; /* DONE, when the result is 0: where the history stands now */
};

struct kadr_history_feed_status {
    bool open;      /* opened, and nothing failed since */
    bool joined;    /* seen to be of this journal */
    bool caught_up; /* has been at the head */
    bool store_up;
    uint64_t commit; /* durable */
    uint64_t head;   /* of the journal, as last heard */
    uint64_t queued; /* records taken and not durable */
    uint64_t records, batches, failures, wipes, follows, bad_frames;
};

KADR_MUST_CHECK int kadr_history_feed_new(const struct kadr_history_feed_sink *sink,
                                          struct kadr_history_feed **ret_feed);
/* Nothing that `write` was given may be in use. */
void kadr_history_feed_free(struct kadr_history_feed *feed);
KADR_DEFINE_CLEANUP(struct kadr_history_feed, kadr_history_feed_free)
/* @retval KADR_ENOMEM  the state is still whole; end the process */
KADR_MUST_CHECK int kadr_history_feed_step(struct kadr_history_feed *feed,
                                           const struct kadr_history_feed_event *event);
/* When the next TIME is due (monotonic). */
kadr_ns kadr_history_feed_deadline_ns(const struct kadr_history_feed *feed);
/* Durable, as after the last DONE. */
struct kadr_history_position kadr_history_feed_position(const struct kadr_history_feed *feed);
struct kadr_history_feed_status kadr_history_feed_status(const struct kadr_history_feed *feed);
