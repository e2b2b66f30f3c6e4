/* SPDX-License-Identifier: Apache-2.0 */
/* writer.c - a worker with one job: the batch. */
#include "edge/writer.h"

#include "base/err.h"
#include "edge/worker.h"

struct kadr_writer {
    const struct kadr_store *store;
    kadr_writer_fn *fn;
    void *context;
    struct kadr_worker *worker;
    struct kadr_job job;
    const struct kadr_store_record *records;
    struct kadr_writer_done done;
};

static void append(void *context)
{
    struct kadr_writer *writer = context;
    kadr_ns begin_ns = kadr_clock_monotonic_ns();
    writer->done.result = writer->store->append(writer->store->self, writer->records, writer->done.records);
    writer->done.took_ns = kadr_clock_monotonic_ns() - begin_ns;
}

static void appended(void *context)
{
    struct kadr_writer *writer = context;
    struct kadr_writer_done done = writer->done; /* the callback may submit */
    writer->fn(writer->context, &done);
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
    writer->job = (struct kadr_job){ .run = append, .done = appended, .context = writer };
    int r = kadr_worker_new(loop, 1, &writer->worker);
    if (r == 0) {
        *ret_writer = KADR_TAKE(writer);
    }
    return r;
}

void kadr_writer_free(struct kadr_writer *writer)
{
    if (writer) {
        kadr_worker_finish(writer->worker);
        free(writer);
    }
}

int kadr_writer_submit(struct kadr_writer *writer, uint64_t batch, const struct kadr_store_record *records,
                       size_t count)
{
    if (kadr_writer_busy(writer)) {
        return KADR_EBUSY;
    }
    writer->records = records;
    writer->done = (struct kadr_writer_done){ .batch = batch, .records = count };
    return kadr_worker_submit(writer->worker, &writer->job);
}

bool kadr_writer_busy(const struct kadr_writer *writer)
{
    return kadr_worker_jobs(writer->worker) > 0;
}
