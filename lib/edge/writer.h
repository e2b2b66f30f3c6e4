/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* writer.h - the one thread that commits, so that a flush never stalls sockets or health checks.
 *
 * Hides:  the hand-off between the loop and the thread. One batch at a time: the next forms meanwhile.
 * Owner:  the loop's thread calls everything here; only kadr_store.append runs in the other one.
 */
#include "base/clock.h"
#include "core/store.h"
#include "edge/loop.h"

struct kadr_writer;

struct kadr_writer_done {
    uint64_t batch;
    int result; /* of kadr_store.append */
    size_t records;
    kadr_ns took_ns; /* in append */
};
/* In the loop, when a batch has ended. May submit the next one. */
typedef void kadr_writer_fn(void *context, const struct kadr_writer_done *done);

/* The store is borrowed and must outlive the writer. */
KADR_MUST_CHECK int kadr_writer_new(struct kadr_loop *loop, const struct kadr_store *store,
                                    kadr_writer_fn *fn, void *context, struct kadr_writer **ret_writer);
/* Waits for the batch in flight (its completion is not delivered any more), then ends the thread. */
void kadr_writer_free(struct kadr_writer *writer);
KADR_DEFINE_CLEANUP(struct kadr_writer, kadr_writer_free)
/* Records are borrowed until the completion. @retval KADR_EBUSY  a batch is in flight */
KADR_MUST_CHECK int kadr_writer_submit(struct kadr_writer *writer, uint64_t batch,
                                       const struct kadr_store_record *records, size_t count);
bool kadr_writer_busy(const struct kadr_writer *writer);
