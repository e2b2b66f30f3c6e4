/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* worker.h - one thread that runs jobs one after another, so that a disk or a long question never stalls
 * sockets or health checks.
 *
 * Hides:  the hand-off between the loop and the thread.
 * Owner:  the loop's thread calls everything here; only a job's `run` runs in the other one. What both touch
 *         belongs to the job's `run` from submit to `done`.
 */
#include "edge/loop.h"

struct kadr_worker;

/* Memory of the caller; stays in place from submit until `done` or `drop`. */
struct kadr_job {
    void (*run)(void *context);  /* in the thread */
    void (*done)(void *context); /* in the loop, after run. May submit; must not free the worker. */
    void (*drop)(void *context); /* when the worker ends before `done` was told; may be NULL */
    void *context;
    struct kadr_job *next; /* the worker's */
};

/* @param max_jobs  submitted and not done */
KADR_MUST_CHECK int kadr_worker_new(struct kadr_loop *loop, size_t max_jobs, struct kadr_worker **ret_worker);
/* Waits for the job that is running and ends the thread; jobs that wait are not run. Neither is told as done
 * any more, both are dropped, in the order they were submitted. NULL is fine. */
void kadr_worker_free(struct kadr_worker *worker);
/* The same, but those that wait are run first. */
void kadr_worker_finish(struct kadr_worker *worker);
KADR_DEFINE_CLEANUP(struct kadr_worker, kadr_worker_free)
/* Jobs run and end in the order of their submission. @retval KADR_EFULL  max_jobs are */
KADR_MUST_CHECK int kadr_worker_submit(struct kadr_worker *worker, struct kadr_job *job);
size_t kadr_worker_jobs(const struct kadr_worker *worker); /* submitted and not done */
