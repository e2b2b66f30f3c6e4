/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* lmdb.h - a small ordered key-value store on disk; lmdb.c is the one file that includes lmdb.h of the
 * library.
 *
 * Hides:    the library's flags, the checks before an environment may be trusted, cursors, error numbers.
 * Owner:    one process (an exclusive lock on the folder; a second one gets KADR_EBUSY), never across fork().
 * Threads:  one thread at a time may hold a write transaction; read transactions run beside it in any thread
 *           and see the state of their beginning. Keep them short: a reader pins every page freed since.
 * Errors:   sticky. A transaction keeps its first error, later calls do nothing, kadr_lmdb_commit() tells.
 * Durable:  when kadr_lmdb_commit() of a write transaction returns 0 (two device flushes, default flags
 *           only). KADR_EIO from it: whether it is on disk is unknown; end the process.
 *
 *     static const char *const dbs[] = { "queue", "meta" };
 *     struct kadr_lmdb_txn txn;
 *     kadr_lmdb_begin(env, KADR_LMDB_WRITE, &txn);
 *     kadr_lmdb_put(&txn, 0, key, value);
 *     int r = kadr_lmdb_commit(&txn);
 */
#include "base/buf.h"
#include "base/defs.h"

struct kadr_lmdb;

struct kadr_lmdb_config {
    const char *path;       /* folder; made (mode 0700, one level) when it is not there */
    size_t map_bytes;       /* largest size ever; address space, not disk: the file is sparse */
    const char *const *dbs; /* names of the databases, made when missing; a database is its index in here */
    size_t db_count;        /* at most 8 */
    bool allow_any_fs;      /* also NFS, overlay, tmpfs … where a flush or a lock may mean nothing */
};

/** Open or create.
 * @param why  gets one English sentence for the operator when it fails; may be NULL
 * @retval KADR_EBUSY     another process owns the folder
 * @retval KADR_EPERM     not allowed, or a file system that cannot be trusted
 * @retval KADR_ECORRUPT  not a database, or a torn one
 * @retval KADR_ENOENT / KADR_EIO / KADR_ENOSPC / KADR_ENOMEM */
KADR_MUST_CHECK int kadr_lmdb_open(const struct kadr_lmdb_config *config, struct kadr_lmdb **ret_env,
                                   struct kadr_buf *why);
/** Removes the files of an environment that holds nothing which cannot be made again.
 * @retval KADR_EBUSY  somebody owns the folder; or as kadr_lmdb_open() */
KADR_MUST_CHECK int kadr_lmdb_discard(const char *path, bool allow_any_fs, struct kadr_buf *why);
void kadr_lmdb_close(struct kadr_lmdb *env); /* NULL is fine; no transaction may be open */
KADR_DEFINE_CLEANUP(struct kadr_lmdb, kadr_lmdb_close)

enum kadr_lmdb_mode { KADR_LMDB_READ, KADR_LMDB_WRITE };

struct kadr_lmdb_txn {
    struct kadr_lmdb *env;
    void *handle; /* NULL after commit, abort or a failed begin */
    int err;      /* first error; 0 so far */
};

/* A failure to begin is kept in the transaction like any other error. */
void kadr_lmdb_begin(struct kadr_lmdb *env, enum kadr_lmdb_mode mode, struct kadr_lmdb_txn *ret_txn);
/* Ends the transaction; of a write transaction with an error nothing is kept.
 * @retval 0            durable (write), or the reads were good (read)
 * @retval KADR_ENOSPC  the map or the disk was found full before anything was written
 * @return              else the first error */
KADR_MUST_CHECK int kadr_lmdb_commit(struct kadr_lmdb_txn *txn);
/* Ends it and keeps nothing; fine after commit. KADR_CLEANUP(kadr_lmdb_abort) on a struct kadr_lmdb_txn. */
void kadr_lmdb_abort(struct kadr_lmdb_txn *txn);
KADR_DEFINE_DONE(struct kadr_lmdb_txn, kadr_lmdb_abort)

/* Keys: 1 … 511 bytes, compared bytewise (big-endian numbers sort as numbers). Bytes are copied. */
void kadr_lmdb_put(struct kadr_lmdb_txn *txn, size_t db, struct kadr_bytes key, struct kadr_bytes value);
/* The key must be greater than every other in the database, else KADR_EEXIST: cheap, and a free check. */
void kadr_lmdb_append(struct kadr_lmdb_txn *txn, size_t db, struct kadr_bytes key, struct kadr_bytes value);
/* A key that is not there is fine. */
void kadr_lmdb_del(struct kadr_lmdb_txn *txn, size_t db, struct kadr_bytes key);

/* Every key goes; the file keeps its size and its pages are used again. */
void kadr_lmdb_clear(struct kadr_lmdb_txn *txn, size_t db);

/* Bytes found are borrowed until the transaction ends or writes. KADR_ENOENT does not stick; the other errors
 * do. */
KADR_MUST_CHECK int kadr_lmdb_get(struct kadr_lmdb_txn *txn, size_t db, struct kadr_bytes key,
                                  struct kadr_bytes *ret_value);
/* The entry with the greatest key that begins with `prefix` ({NULL, 0}: of all). ret_* may be NULL. */
KADR_MUST_CHECK int kadr_lmdb_last(struct kadr_lmdb_txn *txn, size_t db, struct kadr_bytes prefix,
                                   struct kadr_bytes *ret_key, struct kadr_bytes *ret_value);
/* The entry with the greatest key <= `key`. ret_* may be NULL. */
KADR_MUST_CHECK int kadr_lmdb_floor(struct kadr_lmdb_txn *txn, size_t db, struct kadr_bytes key,
                                    struct kadr_bytes *ret_key, struct kadr_bytes *ret_value);
/* Non-zero stops the walk and is returned by it. */
typedef int kadr_lmdb_fn(void *context, struct kadr_bytes key, struct kadr_bytes value);
/* Entries in key order from the first key >= `from` ({NULL, 0}: from the beginning). The callback must not
 * write. */
KADR_MUST_CHECK int kadr_lmdb_walk(struct kadr_lmdb_txn *txn, size_t db, struct kadr_bytes from,
                                   kadr_lmdb_fn *fn, void *context);
uint64_t kadr_lmdb_count(struct kadr_lmdb_txn *txn, size_t db); /* entries; 0 on error */

struct kadr_lmdb_space {
    uint64_t map_bytes;       /* of the configuration */
    uint64_t used_bytes;      /* pages that hold data; freed ones are used again and do not count */
    uint64_t disk_free_bytes; /* what the file system would still give this process */
};
KADR_MUST_CHECK int kadr_lmdb_space(struct kadr_lmdb *env, struct kadr_lmdb_space *ret_space);
/* Frees the slots of readers that died. */
void kadr_lmdb_check_readers(struct kadr_lmdb *env);
