/* SPDX-License-Identifier: Apache-2.0 */
/* worker.c - two queues under one mutex.
 *
 *   loop:   submit -> waiting (signal)                 ended -> done, one by one
 *   thread:           waiting -> run -> ended (eventfd)
 *
 * A job runs outside of the lock. The loop learns of the end through an eventfd, which is level-triggered: no
 * wake-up can be lost. `jobs` is the loop's own count and needs no lock.
 */
#define _GNU_SOURCE
#include "edge/worker.h"

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/err.h"

struct queue {
    struct kadr_job *first, *last;
};

struct kadr_worker {
    struct kadr_watch *watch;
    int wake_fd;
    size_t jobs, max_jobs; /* loop's thread only */

    pthread_t thread;
    bool thread_runs;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* under the lock */
    struct queue waiting, ended;
    enum { GOES_ON, ENDS, ENDS_EMPTY } end;
};

static void push(struct queue *queue, struct kadr_job *job)
{
    job->next = NULL;
    if (queue->last) {
        queue->last->next = job;
    } else {
        queue->first = job;
    }
    queue->last = job;
}

static struct kadr_job *pop(struct queue *queue)
{
    struct kadr_job *job = queue->first;
    if (job) {
        queue->first = job->next;
        queue->last = queue->first ? queue->last : NULL;
    }
    return job;
}

static void wake_loop(const struct kadr_worker *worker)
{
    ssize_t n;
    do {
        n = write(worker->wake_fd, &(uint64_t){ 1 }, sizeof(uint64_t));
    } while (n < 0); /* only EINTR is possible: the counter is far from full */
}

/* Waits for a job; NULL when the thread shall end. */
static struct kadr_job *next_job(struct kadr_worker *worker)
{
    struct kadr_job *job = NULL;
    pthread_mutex_lock(&worker->lock);
    while (worker->end == GOES_ON && !worker->waiting.first) {
        pthread_cond_wait(&worker->changed, &worker->lock);
    }
    if (worker->end != ENDS) {
        job = pop(&worker->waiting);
    }
    pthread_mutex_unlock(&worker->lock);
    return job;
}

static void *worker_main(void *argument)
{
    struct kadr_worker *worker = argument;
    struct kadr_job *job;
    while ((job = next_job(worker))) {
        job->run(job->context);
        pthread_mutex_lock(&worker->lock);
        push(&worker->ended, job);
        pthread_mutex_unlock(&worker->lock);
        wake_loop(worker);
    }
    return NULL;
}

static struct kadr_job *next_ended(struct kadr_worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    struct kadr_job *job = pop(&worker->ended);
    pthread_mutex_unlock(&worker->lock);
    return job;
}

static void on_wake(void *context)
{
    struct kadr_worker *worker = context;
    uint64_t count;
    if (read(worker->wake_fd, &count, sizeof(count)) != (ssize_t)sizeof(count)) {
        return; /* somebody was faster; nothing is lost */
    }
    struct kadr_job *job;
    while ((job = next_ended(worker))) {
        worker->jobs--;
        job->done(job->context);
    }
}

/* Signals belong to the loop's thread. */
static int start_thread(struct kadr_worker *worker)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&worker->thread, NULL, worker_main, worker);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    worker->thread_runs = rc == 0;
    return rc == 0 ? 0 : KADR_ENOMEM;
}

int kadr_worker_new(struct kadr_loop *loop, size_t max_jobs, struct kadr_worker **ret_worker)
{
    KADR_CLEANUP(kadr_worker_free) struct kadr_worker *worker = calloc(1, sizeof(*worker));
    if (!worker) {
        return KADR_ENOMEM;
    }
    worker->max_jobs = max_jobs;
    worker->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pthread_mutex_init(&worker->lock, NULL) != 0 || pthread_cond_init(&worker->changed, NULL) != 0 ||
        worker->wake_fd < 0) {
        return KADR_ENOMEM;
    }
    int r = kadr_watch_new(loop, worker->wake_fd, on_wake, worker, &worker->watch);
    if (r == 0) {
        r = start_thread(worker);
    }
    if (r == 0) {
        *ret_worker = KADR_TAKE(worker);
    }
    return r;
}

static void drop_all(struct queue *queue)
{
    struct kadr_job *job;
    while ((job = pop(queue))) {
        if (job->drop) {
            job->drop(job->context);
        }
    }
}

static void end(struct kadr_worker *worker, int how)
{
    if (!worker) {
        return;
    }
    if (worker->thread_runs) {
        pthread_mutex_lock(&worker->lock);
        worker->end = (unsigned)how;
        pthread_cond_signal(&worker->changed);
        pthread_mutex_unlock(&worker->lock);
        pthread_join(worker->thread, NULL);
    }
    drop_all(&worker->ended);
    drop_all(&worker->waiting);
    if (worker->watch) {
        kadr_watch_free(worker->watch);
    }
    if (worker->wake_fd >= 0) {
        close(worker->wake_fd);
    }
    pthread_cond_destroy(&worker->changed);
    pthread_mutex_destroy(&worker->lock);
    free(worker);
}

void kadr_worker_free(struct kadr_worker *worker)
{
    end(worker, ENDS);
}

void kadr_worker_finish(struct kadr_worker *worker)
{
    end(worker, ENDS_EMPTY);
}

int kadr_worker_submit(struct kadr_worker *worker, struct kadr_job *job)
{
    if (worker->jobs == worker->max_jobs) {
        return KADR_EFULL;
    }
    worker->jobs++;
    pthread_mutex_lock(&worker->lock);
    push(&worker->waiting, job);
    pthread_cond_signal(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
    return 0;
}

size_t kadr_worker_jobs(const struct kadr_worker *worker)
{
    return worker->jobs;
}
