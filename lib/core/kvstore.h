/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* kvstore.h - what the history asks of an ordered key-value store: LMDB in edge/kvstore_lmdb.c, memory in
 * core/kvstore_mem.c (the oracle the other is tested against).
 *
 * Keys: 1 … KADR_KVSTORE_KEY_BYTES bytes, compared bytewise: big-endian numbers sort as numbers, a text with
 * its NUL sorts before its own continuations. Values: any bytes.
 *
 * Writing: one transaction at a time, in one thread at a time. Puts and clear keep the first error; commit
 * tells it, and then nothing of the transaction is there.
 * Reading: a view is the state at its beginning, whatever is committed meanwhile; end it soon, it keeps every
 * page from being used again. What is read is borrowed until the view ends. On disk any number of threads may
 * read beside the writer, each with views of its own.
 */
#include "base/defs.h"

#define KADR_KVSTORE_KEY_BYTES 511

/* Non-zero stops the walk and is returned by it. */
typedef int kadr_kvstore_fn(void *context, struct kadr_bytes key, struct kadr_bytes value);

struct kadr_kvstore {
    /* @retval KADR_EBUSY  one is open */
    int (*begin)(void *self);
    void (*put)(void *self, struct kadr_bytes key, struct kadr_bytes value); /* replaces; copied */
    void (*clear)(void *self);                                               /* every key goes */
    /* Durable when it returns 0. @retval KADR_ENOSPC  found before anything was written */
    int (*commit)(void *self);
    void (*abort)(void *self); /* fine when none is open */

    int (*view_begin)(void *self, void **ret_view);
    void (*view_end)(void *self, void *view); /* NULL is fine */
    /* @retval KADR_ENOENT */
    int (*get)(void *self, void *view, struct kadr_bytes key, struct kadr_bytes *ret_value);
    /* The entry with the greatest key <= `key`; ret_* may be NULL. @retval KADR_ENOENT */
    int (*floor)(void *self, void *view, struct kadr_bytes key, struct kadr_bytes *ret_key,
                 struct kadr_bytes *ret_value);
    /* In key order from the first key >= `from` ({NULL, 0}: from the beginning). */
    int (*walk)(void *self, void *view, struct kadr_bytes from, kadr_kvstore_fn *fn, void *context);

    /* Bytes used, and what may still be taken. */
    int (*space)(void *self, uint64_t *ret_used_bytes, uint64_t *ret_free_bytes);
    void (*close)(void *self); /* no transaction and no view may be open */
    void *self;
};

/* In memory, simple and obviously right. One thread. */
KADR_MUST_CHECK int kadr_kvstore_mem_new(struct kadr_kvstore *ret_kv);
