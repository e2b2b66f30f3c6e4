/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* store_lmdb.h - the store of storaged on disk: journal, marks and index in one LMDB environment
 * (docs/storage.md tables every byte).
 *
 * Appends in one thread, questions in any other beside them. Every record read is checked against the chain.
 * Space is checked before a batch begins: an append that does not fit is KADR_ENOSPC, changes nothing, and
 * succeeds again when there is space. KADR_EIO from an append: end the process.
 */
#include "base/buf.h"
#include "core/store.h"

#define KADR_STORE_FORMAT 1 /* of the environment and of a journal value; older ones are migrated here */
/* Of the map; over it appends are refused, so that what must still be written always fits. */
#define KADR_STORE_WATERMARK_PERCENT 85
/* Records at the end of the journal that are checked when it is opened. */
#define KADR_STORE_TAIL_RECORDS 1000

struct kadr_store_lmdb_config {
    const char *path; /* folder, made when missing */
    size_t map_bytes;
    bool allow_any_fs;
};

/** Open, or create with a random lineage, and check the tail of the journal.
 * @param why  gets one English sentence for the operator when it fails; may be NULL
 * @retval KADR_EBUSY     another process owns the folder
 * @retval KADR_EVERSION  made by a newer program
 * @retval KADR_ECORRUPT  a record is not what was written; `why` names its commit
 * @return                or as kadr_lmdb_open() */
KADR_MUST_CHECK int kadr_store_lmdb_open(const struct kadr_store_lmdb_config *config,
                                         struct kadr_store *ret_store, struct kadr_buf *why);
/* Size of the map in bytes, for the share that is used. */
uint64_t kadr_store_lmdb_map_bytes(const struct kadr_store *store);
