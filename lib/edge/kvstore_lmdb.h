/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* kvstore_lmdb.h - an ordered key-value store on disk (core/kvstore.h) for data that can be made again.
 *
 * Hides:   a store that is opened late, breaks, and is opened again while others hold on to it: transactions
 *          and views fail with KADR_EAGAIN while it is closed, nothing else changes for their owners.
 * Files:   in a folder of its own below the one that the operator names, so that whatever stands there is
 *          never taken for this store and never removed. Damaged files are removed and begun anew: this is
 *          no place for anything that cannot be made again.
 * Threads: opening and writing: one thread at a time. Views: any thread, each ended by the one that began it.
 *          Opening again waits for the views that are open.
 * Space:   a transaction is refused (KADR_ENOSPC) while the disk has less than KADR_HISTORY_RESERVE_BYTES
 *          left: derived data leaves the rest to what cannot be made again.
 */
#include "base/buf.h"
#include "core/kvstore.h"

struct kadr_kvstore_lmdb_config {
    const char *path; /* folder; made (mode 0700, one level) when it is not there; copied */
    size_t map_bytes;
    bool allow_any_fs;
};

/* Closed. */
KADR_MUST_CHECK int kadr_kvstore_lmdb_new(const struct kadr_kvstore_lmdb_config *config,
                                          struct kadr_kvstore *ret_store);
/** Opens the store; again, when its last commit failed.
 * @param ret_removed  what was there was damaged, or another LMDB's, and is gone
 * @param why          gets one English sentence for the operator when it fails, or when something was removed
 * @retval KADR_EBUSY / KADR_EPERM / KADR_EIO / KADR_ENOSPC / KADR_ENOMEM  closed, as before */
KADR_MUST_CHECK int kadr_kvstore_lmdb_open(const struct kadr_kvstore *store, bool *ret_removed,
                                           struct kadr_buf *why);
