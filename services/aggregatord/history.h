/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* history.h - the history beside the live figures: its follower's socket and timer, its store, the thread
 * that writes it. Nothing that goes wrong here stops anything else; it is logged, counted and tried again.
 */
#include "core/history_feed.h"
#include "edge/kvstore_lmdb.h"
#include "edge/worker.h"
#include "edge/zsock.h"

struct aggregatord;

/* What the writing thread is told, and its answer. Its own from submit to done. */
struct history_task {
    enum { HISTORY_OPEN, HISTORY_WRITE, HISTORY_WIPE } kind;
    struct kadr_id lineage; /* WRITE: as kadr_history_apply() takes them */
    const struct kadr_record *records;
    size_t count;
    int result;
    struct kadr_history_position position;
    bool begun_anew;     /* OPEN: what was there was of no use */
    struct kadr_buf why; /* OPEN: a sentence, or "" */
    uint64_t used_bytes;
    kadr_ns took_ns;
};

struct aggregatord_history {
    struct aggregatord *app;
    struct kadr_kvstore kv; /* read it through kadr_history_view_begin(); KADR_EAGAIN while it is closed */
    bool wanted;            /* the option is set: all below is there */
    struct kadr_history *history; /* the writing thread's */
    struct kadr_history_feed *feed;
    struct kadr_zsock *store;
    struct kadr_timer *timer;
    struct kadr_worker *worker;
    struct kadr_job job;
    struct history_task task;
    uint64_t told;       /* commit that the core was told last */
    uint64_t used_bytes; /* after the last task */
    kadr_ns write_ns;    /* of the last batch */
};

/* A stage, behind the core's. */
int aggregatord_history_up(void *app);
void aggregatord_history_down(void *app);
/* Its part of /status: an object, or null. */
void aggregatord_history_status(const struct aggregatord *app, struct kadr_buf *json);
void aggregatord_history_metrics(struct aggregatord *app);
