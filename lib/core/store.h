/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* store.h - what the storage core asks of a store: LMDB in edge/store_lmdb.c, memory in core/store_mem.c (the
 * oracle the other is tested against).
 *
 * The journal is an array of records numbered 1 … head. One append is one transaction: all of it is durable
 * or none. A mark is the last sequence answered of a stream; marks and (stream, sequence) → commit are
 * written in the same transaction as the records. Reads see a consistent state and may run beside an append
 * (another thread).
 */
#include "base/defs.h"
#include "wire/wire.h"

/* A record to append. Bytes are borrowed until append returns. */
struct kadr_store_record {
    uint64_t commit; /* must be head + 1, head + 2, … */
    struct kadr_digest digest;
    enum kadr_record_kind kind;
    struct kadr_bytes envelope, message;
    const char *office; /* reports only, else "" */
    struct kadr_id stream;
    uint64_t sequence;
};

struct kadr_store_state {
    struct kadr_id lineage;
    uint64_t head;             /* 0: empty */
    struct kadr_digest digest; /* of head; zeros when empty */
    uint64_t reference_commit; /* newest reference record, 0: none */
    uint64_t day_commit;       /* newest day record, 0: none */
};

typedef int kadr_record_fn(void *context,
                           const struct kadr_record *record); /* non-zero stops and is returned */

struct kadr_store {
    /* Durable when it returns 0. Any other result: nothing acknowledged may rely on this store again (the
     * process ends), except KADR_ENOSPC, which was found before anything was written. */
    int (*append)(void *self, const struct kadr_store_record *records, size_t count);
    int (*state)(void *self, struct kadr_store_state *ret);
    /* Records from … in order, at most `max_records` and about `max_bytes`; borrowed during the callback. */
    int (*read)(void *self, uint64_t from, size_t max_records, size_t max_bytes, kadr_record_fn *fn,
                void *context);
    /* Last sequence of a stream, 0 for an unknown one. */
    int (*mark)(void *self, const char *office, const struct kadr_id *stream, uint64_t *ret_sequence);
    /* @retval KADR_ENOENT */
    int (*find)(void *self, const char *office, const struct kadr_id *stream, uint64_t sequence,
                uint64_t *ret_commit);
    /* Bytes used and available, for space checks and metrics. */
    int (*space)(void *self, uint64_t *ret_used_bytes, uint64_t *ret_free_bytes);
    void (*close)(void *self);
    void *self;
};

/* Chained digest of a record: BLAKE2b-256(previous ‖ commit BE64 ‖ envelope length BE32 ‖ envelope ‖
 * message). */
struct kadr_digest kadr_record_chain(const struct kadr_digest *previous, uint64_t commit,
                                     struct kadr_bytes envelope, struct kadr_bytes message);

/* In memory, simple and obviously right. */
KADR_MUST_CHECK int kadr_store_mem_new(const struct kadr_id *lineage, struct kadr_store *ret_store);
