/* SPDX-License-Identifier: Apache-2.0 */
/* writer.c - a hand-off of one place.
 *
 *   loop:   EMPTY -> SUBMITTED (signal)            DONE -> EMPTY, then the callback
 *   thread:          SUBMITTED -> append -> DONE (eventfd)
 *
 * The place is guarded by a mutex; the append itself runs outside of it. The loop learns of the end through
 * an eventfd, which is level-triggered: no wake-up can be lost. `busy` is the loop's own memory of the same
 * and needs no lock.
 */
#define _GNU_SOURCE
#include "edge/writer.h"

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/err.h"

enum place { EMPTY, SUBMITTED, DONE };

struct kadr_writer {
    const struct kadr_store *store;
    kadr_writer_fn *fn;
    void *context;
    struct kadr_watch *watch;
    int wake_fd;
    bool busy; /* loop's thread only */

    pthread_t thread;
    bool thread_runs;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* under the lock */
    enum place place;
    bool quit;
    const struct kadr_store_record *records;
    struct kadr_writer_done done;
};

static void wake_loop(const struct kadr_writer *writer)
{
    ssize_t n;
    do {
        n = write(writer->wake_fd, &(uint64_t){ 1 }, sizeof(uint64_t));
    } while (n < 0); /* only EINTR is possible: the counter is far from full */
}

/* Waits for a batch; false when the thread shall end. */
static bool next_batch(struct kadr_writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    while (writer->place != SUBMITTED && !writer->quit) {
        pthread_cond_wait(&writer->changed, &writer->lock);
    }
    bool there = writer->place == SUBMITTED;
    pthread_mutex_unlock(&writer->lock);
    return there;
}

static void *writer_main(void *argument)
{
    struct kadr_writer *writer = argument;
    while (next_batch(writer)) {
        kadr_ns begin_ns = kadr_clock_monotonic_ns();
        int result = writer->store->append(writer->store->self, writer->records, writer->done.records);
        kadr_ns took_ns = kadr_clock_monotonic_ns() - begin_ns;
        pthread_mutex_lock(&writer->lock);
        writer->done.result = result;
        writer->done.took_ns = took_ns;
        writer->place = DONE;
        pthread_mutex_unlock(&writer->lock);
        wake_loop(writer);
    }
    return NULL;
}

static void on_wake(void *context)
{
    struct kadr_writer *writer = context;
    uint64_t count;
    if (read(writer->wake_fd, &count, sizeof(count)) != (ssize_t)sizeof(count)) {
        return; /* somebody was faster; nothing is lost */
    }
    pthread_mutex_lock(&writer->lock);
    bool ended = writer->place == DONE;
    struct kadr_writer_done done = writer->done;
    writer->place = ended ? EMPTY : writer->place;
    pthread_mutex_unlock(&writer->lock);
    if (ended) {
        writer->busy = false;
        writer->fn(writer->context, &done);
    }
}

/* Signals belong to the loop's thread. */
static int start_thread(struct kadr_writer *writer)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&writer->thread, NULL, writer_main, writer);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    writer->thread_runs = rc == 0;
    return rc == 0 ? 0 : KADR_ENOMEM;
}

int kadr_writer_new(struct kadr_loop *loop, const struct kadr_store *store, kadr_writer_fn *fn, void *context,
                    struct kadr_writer **ret_writer)
{
    KADR_CLEANUP(kadr_writer_free) struct kadr_writer *writer = calloc(1, sizeof(*writer));
    if (!writer) {
        return KADR_ENOMEM;
    }
    writer->store = store;
    writer->fn = fn;
    writer->context = context;
    writer->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pthread_mutex_init(&writer->lock, NULL) != 0 || pthread_cond_init(&writer->changed, NULL) != 0 ||
        writer->wake_fd < 0) {
        return KADR_ENOMEM;
    }
    int r = kadr_watch_new(loop, writer->wake_fd, on_wake, writer, &writer->watch);
    if (r == 0) {
        r = start_thread(writer);
    }
    if (r == 0) {
        *ret_writer = KADR_TAKE(writer);
    }
    return r;
}

void kadr_writer_free(struct kadr_writer *writer)
{
    if (!writer) {
        return;
    }
    if (writer->thread_runs) {
        pthread_mutex_lock(&writer->lock);
        writer->quit = true;
        pthread_cond_signal(&writer->changed);
        pthread_mutex_unlock(&writer->lock);
        pthread_join(writer->thread, NULL);
    }
    if (writer->watch) {
        kadr_watch_free(writer->watch);
    }
    if (writer->wake_fd >= 0) {
        close(writer->wake_fd);
    }
    pthread_cond_destroy(&writer->changed);
    pthread_mutex_destroy(&writer->lock);
    free(writer);
}

int kadr_writer_submit(struct kadr_writer *writer, uint64_t batch, const struct kadr_store_record *records,
                       size_t count)
{
    if (writer->busy) {
        return KADR_EBUSY;
    }
    writer->busy = true;
    pthread_mutex_lock(&writer->lock);
    writer->records = records;
    writer->done = (struct kadr_writer_done){ .batch = batch, .records = count };
    writer->place = SUBMITTED;
    pthread_cond_signal(&writer->changed);
    pthread_mutex_unlock(&writer->lock);
    return 0;
}

bool kadr_writer_busy(const struct kadr_writer *writer)
{
    return writer->busy;
}
