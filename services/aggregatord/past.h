/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* past.h - questions about the past: a bounded line of them, and the one thread that answers them from the
 * history, beside the feed's loop and beside the thread that writes.
 *
 * A question waits until the history has reached the commit that it needs, at most KADR_MAX_PAST_WAIT_S;
 * those behind it that need less do not wait for it.
 */
#include "core/aggregate.h"
#include "core/past.h"
#include "core/past_line.h"
#include "edge/worker.h"

struct aggregatord;

struct aggregatord_past {
    struct aggregatord *app;
    struct kadr_worker *worker; /* NULL: no history, no questions */
    struct kadr_timer *timer;   /* when the first has waited long enough */
    struct kadr_past_line line;
    /* The one that is taken, and its answer: the thread's from submit to done. */
    struct kadr_job job;
    const struct kadr_past_waiting *question;
    struct kadr_past_answer answer;
    int result;
    kadr_ns took_ns;
    struct {
        uint64_t answered, refused, busy, cut, failures, rows;
        kadr_ns last_ns;
    } count;
};

/* A stage, behind the history's. */
int aggregatord_past_up(void *app);
void aggregatord_past_down(void *app);
/* As kadr_aggregate_sink.past. */
int aggregatord_past_ask(void *app, const struct kadr_aggregate_past *question);
/* The history has come further: somebody may have waited for it. */
void aggregatord_past_go_on(struct aggregatord *app);
bool aggregatord_past_is_idle(const struct aggregatord *app);
void aggregatord_past_metrics(struct aggregatord *app);
