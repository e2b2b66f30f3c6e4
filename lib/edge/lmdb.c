/* SPDX-License-Identifier: Apache-2.0 */
/* lmdb.c - the one wrapper of LMDB (0.9.24 of Debian 12).
 *
 * Flags are the default ones plus MDB_NOTLS, which ties a reader's slot to its transaction and not to its
 * thread. NOSYNC, MAPASYNC, NOMETASYNC and WRITEMAP have no place in a store that acknowledges.
 *
 * A folder belongs to one process (folder.h): LMDB's own locks allow several, but two containers are both PID
 * 1, so that stale readers of one look alive to the other. While nobody else has the environment open LMDB
 * resets its reader table, hence stale slots never outlive a restart.
 *
 * Before an environment is used: a folder that can be trusted, its entry flushed (LMDB never does), a data
 * file as long as its pages say (a truncated one would raise SIGBUS at the first read).
 *
 * MDB_MAP_FULL and MDB_TXN_FULL come from puts, hence before anything was written: KADR_ENOSPC. From the
 * commit itself a full disk cannot be told from a failing one (it was seen as EIO), so both are KADR_EIO; who
 * wants to survive a full disk asks kadr_lmdb_space() first.
 */
#define _GNU_SOURCE
#include "edge/lmdb.h"

#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/err.h"
#include "edge/folder.h"

#define MAX_DBS        8
#define MAX_READERS    64
#define FREE_PAGES_DBI ((MDB_dbi)0) /* LMDB's own list of pages to use again */
#define MAX_PATH_BYTES 4096
#define DATA_FILE      "data.mdb"
#define LOCK_FILE      "lock.mdb"

struct kadr_lmdb {
    MDB_env *mdb;
    MDB_dbi dbi[MAX_DBS];
    size_t db_count;
    size_t page_bytes;
    int owner_fd; /* holds the folder's lock while open; -1 before */
    char path[MAX_PATH_BYTES];
};

/* ---- errors ---- */

static int lmdb_err(int rc)
{
    static const struct {
        int rc, err;
    } table[] = {
        { MDB_SUCCESS, 0 },
        { MDB_NOTFOUND, KADR_ENOENT },
        { MDB_KEYEXIST, KADR_EEXIST },
        { MDB_MAP_FULL, KADR_ENOSPC },
        { MDB_TXN_FULL, KADR_ENOSPC },
        { ENOSPC, KADR_ENOSPC },
        { EDQUOT, KADR_ENOSPC },
        { ENOMEM, KADR_ENOMEM },
        { MDB_READERS_FULL, KADR_EFULL },
        { MDB_BAD_VALSIZE, KADR_EINVAL },
        { EINVAL, KADR_EINVAL },
        { MDB_CORRUPTED, KADR_ECORRUPT },
        { MDB_PAGE_NOTFOUND, KADR_ECORRUPT },
        { MDB_INVALID, KADR_ECORRUPT },
        { MDB_CURSOR_FULL, KADR_ECORRUPT },
        { MDB_VERSION_MISMATCH, KADR_EVERSION },
        { ENOENT, KADR_ENOENT },
        { EACCES, KADR_EPERM },
        { EPERM, KADR_EPERM },
        { EROFS, KADR_EPERM },
        { EAGAIN, KADR_EBUSY },
        { EBUSY, KADR_EBUSY },
    };
    for (size_t i = 0; i < KADR_COUNT(table); i++) {
        if (table[i].rc == rc) {
            return table[i].err;
        }
    }
    return KADR_EIO;
}

/* Writes the operator's sentence and returns err. */
static int fail(struct kadr_buf *why, int err, const char *path, const char *text)
{
    if (why) {
        kadr_buf_printf(why, "%s: %s", path, text);
    }
    return err;
}

static int fail_errno(struct kadr_buf *why, const char *path, const char *call)
{
    int saved = errno;
    if (why) {
        kadr_buf_printf(why, "%s: %s: %s", path, call, strerror(saved));
    }
    return lmdb_err(saved);
}

static int fail_mdb(struct kadr_buf *why, const char *path, const char *call, int rc)
{
    if (why) {
        kadr_buf_printf(why, "%s: %s: %s", path, call, mdb_strerror(rc));
    }
    return lmdb_err(rc);
}

/* ---- opening ---- */

static int open_mdb(struct kadr_lmdb *env, const struct kadr_lmdb_config *config, struct kadr_buf *why)
{
    int rc = mdb_env_create(&env->mdb);
    if (rc) {
        env->mdb = NULL;
        return fail_mdb(why, env->path, "mdb_env_create", rc);
    }
    rc = mdb_env_set_mapsize(env->mdb, config->map_bytes);
    if (!rc) {
        rc = mdb_env_set_maxdbs(env->mdb, (MDB_dbi)config->db_count);
    }
    if (!rc) {
        rc = mdb_env_set_maxreaders(env->mdb, MAX_READERS);
    }
    if (!rc) {
        rc = mdb_env_open(env->mdb, env->path, MDB_NOTLS, 0600);
    }
    if (rc) {
        return fail_mdb(why, env->path, "mdb_env_open", rc);
    }
    return kadr_folder_sync(env->path, why);
}

/* Pages in the list of free ones, and how many of those lie at or behind `from_page`. A value of that list is
 * an array of page numbers behind their count. */
static int count_free_pages(MDB_txn *txn, uint64_t from_page, uint64_t *ret_free, uint64_t *ret_behind)
{
    MDB_cursor *cursor = NULL;
    int rc = mdb_cursor_open(txn, FREE_PAGES_DBI, &cursor);
    if (rc) {
        return lmdb_err(rc);
    }
    uint64_t total = 0, behind = 0;
    MDB_val key, value;
    while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
        const size_t *list = value.mv_data;
        total += list[0];
        for (size_t i = 1; from_page != UINT64_MAX && i <= list[0]; i++) {
            behind += list[i] >= from_page;
        }
    }
    mdb_cursor_close(cursor);
    if (rc != MDB_NOTFOUND) {
        return lmdb_err(rc);
    }
    *ret_free = total;
    *ret_behind = behind;
    return 0;
}

/* The `count` pages from `from_page` to the last one are all free. */
static bool all_free(struct kadr_lmdb *env, uint64_t from_page, uint64_t count)
{
    struct kadr_lmdb_txn txn;
    uint64_t free_pages = 0, behind = 0;
    kadr_lmdb_begin(env, KADR_LMDB_READ, &txn);
    int r = txn.err ? txn.err : count_free_pages(txn.handle, from_page, &free_pages, &behind);
    kadr_lmdb_abort(&txn);
    return r == 0 && behind == count;
}

/* The data file must hold every page that is in use; pages at its end that were freed before they were ever
 * written may be missing. To look, the file is made long enough (a read behind its end would be SIGBUS, zeros
 * are no valid page), and cut again when it was indeed truncated, so that it stays found. */
static int check_length(struct kadr_lmdb *env, struct kadr_buf *why)
{
    int fd = -1;
    struct stat st;
    MDB_envinfo info;
    MDB_stat stat;
    int rc = mdb_env_get_fd(env->mdb, &fd);
    if (rc || (rc = mdb_env_info(env->mdb, &info)) || (rc = mdb_env_stat(env->mdb, &stat))) {
        return fail_mdb(why, env->path, "mdb_env_info", rc);
    }
    if (fstat(fd, &st) != 0) {
        return fail_errno(why, env->path, "fstat");
    }
    env->page_bytes = stat.ms_psize;
    uint64_t want = (uint64_t)info.me_last_pgno + 1, have = (uint64_t)st.st_size / env->page_bytes;
    if (have >= want) {
        return 0;
    }
    if (ftruncate(fd, (off_t)(want * env->page_bytes)) != 0) {
        return fail_errno(why, env->path, "ftruncate");
    }
    if (all_free(env, have, want - have)) {
        return 0;
    }
    if (ftruncate(fd, st.st_size) != 0) {
        return fail_errno(why, env->path, "ftruncate");
    }
    return fail(why, KADR_ECORRUPT, env->path, DATA_FILE " is shorter than its pages: it was truncated");
}

static int open_dbs(struct kadr_lmdb *env, const struct kadr_lmdb_config *config, struct kadr_buf *why)
{
    MDB_txn *txn = NULL;
    int rc = mdb_txn_begin(env->mdb, NULL, 0, &txn);
    if (rc) {
        return fail_mdb(why, env->path, "mdb_txn_begin", rc);
    }
    for (size_t i = 0; i < config->db_count && !rc; i++) {
        rc = mdb_dbi_open(txn, config->dbs[i], MDB_CREATE, &env->dbi[i]);
    }
    if (rc) {
        mdb_txn_abort(txn);
        return fail_mdb(why, env->path, "mdb_dbi_open", rc);
    }
    rc = mdb_txn_commit(txn);
    if (rc) {
        return fail_mdb(why, env->path, "mdb_txn_commit", rc);
    }
    env->db_count = config->db_count;
    return 0;
}

int kadr_lmdb_open(const struct kadr_lmdb_config *config, struct kadr_lmdb **ret_env, struct kadr_buf *why)
{
    KADR_ASSERT(config->db_count > 0 && config->db_count <= MAX_DBS);
    if (strlen(config->path) >= MAX_PATH_BYTES) {
        return fail(why, KADR_EINVAL, config->path, "too long a path");
    }
    KADR_CLEANUP(kadr_lmdb_close) struct kadr_lmdb *env = calloc(1, sizeof(*env));
    if (!env) {
        return KADR_ENOMEM;
    }
    env->owner_fd = -1;
    (void)snprintf(env->path, sizeof(env->path), "%s", config->path); /* length checked above */
    int r = kadr_folder_own(env->path, config->allow_any_fs, &env->owner_fd, why);
    if (r == 0) {
        r = open_mdb(env, config, why);
    }
    if (r == 0) {
        r = check_length(env, why);
    }
    if (r == 0) {
        r = open_dbs(env, config, why);
    }
    if (r == 0) {
        kadr_lmdb_check_readers(env);
        *ret_env = KADR_TAKE(env);
    }
    return r;
}

void kadr_lmdb_close(struct kadr_lmdb *env)
{
    if (!env) {
        return;
    }
    if (env->mdb) {
        mdb_env_close(env->mdb);
    }
    if (env->owner_fd >= 0) {
        close(env->owner_fd);
    }
    free(env);
}

static int remove_file(const char *folder, const char *name, struct kadr_buf *why)
{
    char path[MAX_PATH_BYTES + sizeof(DATA_FILE)];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name); /* the caller checked the length */
    return unlink(path) == 0 || errno == ENOENT ? 0 : fail_errno(why, path, "unlink");
}

int kadr_lmdb_discard(const char *path, bool allow_any_fs, struct kadr_buf *why)
{
    int owner_fd = -1;
    if (strlen(path) >= MAX_PATH_BYTES) {
        return fail(why, KADR_EINVAL, path, "too long a path");
    }
    int r = kadr_folder_own(path, allow_any_fs, &owner_fd, why);
    if (r) {
        return r;
    }
    r = remove_file(path, DATA_FILE, why);
    if (r == 0) {
        r = remove_file(path, LOCK_FILE, why);
    }
    if (r == 0) {
        r = kadr_folder_sync(path, why);
    }
    close(owner_fd);
    return r;
}

/* ---- transactions ---- */

void kadr_lmdb_begin(struct kadr_lmdb *env, enum kadr_lmdb_mode mode, struct kadr_lmdb_txn *ret_txn)
{
    MDB_txn *handle = NULL;
    int rc = mdb_txn_begin(env->mdb, NULL, mode == KADR_LMDB_READ ? MDB_RDONLY : 0, &handle);
    *ret_txn = (struct kadr_lmdb_txn){ .env = env, .handle = rc ? NULL : handle, .err = lmdb_err(rc) };
}

/* Keeps the first error. */
static int stick(struct kadr_lmdb_txn *txn, int err)
{
    if (txn->err == 0) {
        txn->err = err;
    }
    return err;
}

int kadr_lmdb_commit(struct kadr_lmdb_txn *txn)
{
    if (txn->err || !txn->handle) {
        kadr_lmdb_abort(txn);
        return txn->err ? txn->err : KADR_EINVAL;
    }
    int rc = mdb_txn_commit(KADR_TAKE(txn->handle));
    if (rc == 0) {
        return 0;
    }
    /* From here a full disk is no clean refusal any more: pages may have been written. */
    int err = lmdb_err(rc);
    return stick(txn, err == KADR_ENOSPC && rc != MDB_MAP_FULL ? KADR_EIO : err);
}

void kadr_lmdb_abort(struct kadr_lmdb_txn *txn)
{
    if (txn->handle) {
        mdb_txn_abort(KADR_TAKE(txn->handle));
    }
}

/* LMDB's MDB_val is not const, though it does not write through it. */
static MDB_val val_of(struct kadr_bytes bytes)
{
    union {
        const uint8_t *in;
        void *out;
    } data = { .in = bytes.data };
    return (MDB_val){ .mv_size = bytes.len, .mv_data = data.out };
}

static struct kadr_bytes bytes_of(const MDB_val *val)
{
    return (struct kadr_bytes){ .data = val->mv_data, .len = val->mv_size };
}

static bool usable(const struct kadr_lmdb_txn *txn, size_t db)
{
    KADR_ASSERT(txn->err || db < txn->env->db_count);
    return txn->err == 0 && txn->handle;
}

static void put(struct kadr_lmdb_txn *txn, size_t db, struct kadr_bytes key, struct kadr_bytes value,
                unsigned flags)
{
    if (usable(txn, db)) {
        MDB_val k = val_of(key), v = val_of(value);
        (void)stick(txn, lmdb_err(mdb_put(txn->handle, txn->env->dbi[db], &k, &v, flags)));
    }
}

void kadr_lmdb_put(struct kadr_lmdb_txn *txn, size_t db, struct kadr_bytes key, struct kadr_bytes value)
{
    put(txn, db, key, value, 0);
}

void kadr_lmdb_append(struct kadr_lmdb_txn *txn, size_t db, struct kadr_bytes key, struct kadr_bytes value)
{
    put(txn, db, key, value, MDB_APPEND);
}

void kadr_lmdb_del(struct kadr_lmdb_txn *txn, size_t db, struct kadr_bytes key)
{
    if (usable(txn, db)) {
        MDB_val k = val_of(key);
        int rc = mdb_del(txn->handle, txn->env->dbi[db], &k, NULL);
        (void)stick(txn, rc == MDB_NOTFOUND ? 0 : lmdb_err(rc));
    }
}

void kadr_lmdb_clear(struct kadr_lmdb_txn *txn, size_t db)
{
    if (usable(txn, db)) {
        (void)stick(txn, lmdb_err(mdb_drop(txn->handle, txn->env->dbi[db], 0)));
    }
}

/* A key that is not there is an answer, not a failure of the transaction. */
static int found(struct kadr_lmdb_txn *txn, int rc)
{
    return rc == 0 || rc == MDB_NOTFOUND ? lmdb_err(rc) : stick(txn, lmdb_err(rc));
}

int kadr_lmdb_get(struct kadr_lmdb_txn *txn, size_t db, struct kadr_bytes key, struct kadr_bytes *ret_value)
{
    if (!usable(txn, db)) {
        return txn->err ? txn->err : KADR_EINVAL;
    }
    MDB_val k = val_of(key), v;
    int r = found(txn, mdb_get(txn->handle, txn->env->dbi[db], &k, &v));
    if (r == 0) {
        *ret_value = bytes_of(&v);
    }
    return r;
}

/* The least key that is greater than all that begin with prefix, into next; false when there is none. */
static bool prefix_end(struct kadr_bytes prefix, uint8_t *next, size_t *ret_len)
{
    size_t len = prefix.len;
    while (len > 0 && prefix.data[len - 1] == UINT8_MAX) {
        len--;
    }
    if (len == 0) {
        return false;
    }
    memcpy(next, prefix.data, len);
    next[len - 1]++;
    *ret_len = len;
    return true;
}

/* Places the cursor on the last entry before the end of the prefix's range. */
static int seek_last(MDB_cursor *cursor, struct kadr_bytes prefix, MDB_val *k, MDB_val *v)
{
    uint8_t next[511];
    size_t len = 0;
    if (prefix_end(prefix, next, &len)) {
        *k = (MDB_val){ .mv_size = len, .mv_data = next };
        int rc = mdb_cursor_get(cursor, k, v, MDB_SET_RANGE);
        if (rc == 0) {
            return mdb_cursor_get(cursor, k, v, MDB_PREV);
        }
        if (rc != MDB_NOTFOUND) {
            return rc;
        }
    }
    return mdb_cursor_get(cursor, k, v, MDB_LAST);
}

int kadr_lmdb_last(struct kadr_lmdb_txn *txn, size_t db, struct kadr_bytes prefix, struct kadr_bytes *ret_key,
                   struct kadr_bytes *ret_value)
{
    if (!usable(txn, db) || prefix.len > 511) {
        return txn->err ? txn->err : KADR_EINVAL;
    }
    MDB_cursor *cursor = NULL;
    int rc = mdb_cursor_open(txn->handle, txn->env->dbi[db], &cursor);
    if (rc) {
        return stick(txn, lmdb_err(rc));
    }
    MDB_val k, v;
    int r = found(txn, seek_last(cursor, prefix, &k, &v));
    mdb_cursor_close(cursor);
    if (r) {
        return r;
    }
    if (k.mv_size < prefix.len || (prefix.len > 0 && memcmp(k.mv_data, prefix.data, prefix.len) != 0)) {
        return KADR_ENOENT;
    }
    if (ret_key) {
        *ret_key = bytes_of(&k);
    }
    if (ret_value) {
        *ret_value = bytes_of(&v);
    }
    return 0;
}

/* Places the cursor on the last entry that is not behind `key`. */
static int seek_floor(MDB_cursor *cursor, struct kadr_bytes key, MDB_val *k, MDB_val *v)
{
    *k = val_of(key);
    int rc = mdb_cursor_get(cursor, k, v, MDB_SET_RANGE);
    if (rc == MDB_NOTFOUND) {
        return mdb_cursor_get(cursor, k, v, MDB_LAST);
    }
    bool equal = rc == 0 && k->mv_size == key.len && memcmp(k->mv_data, key.data, key.len) == 0;
    return rc || equal ? rc : mdb_cursor_get(cursor, k, v, MDB_PREV);
}

int kadr_lmdb_floor(struct kadr_lmdb_txn *txn, size_t db, struct kadr_bytes key, struct kadr_bytes *ret_key,
                    struct kadr_bytes *ret_value)
{
    if (!usable(txn, db) || key.len == 0) {
        return txn->err ? txn->err : KADR_EINVAL;
    }
    MDB_cursor *cursor = NULL;
    int rc = mdb_cursor_open(txn->handle, txn->env->dbi[db], &cursor);
    if (rc) {
        return stick(txn, lmdb_err(rc));
    }
    MDB_val k, v;
    int r = found(txn, seek_floor(cursor, key, &k, &v));
    mdb_cursor_close(cursor);
    if (r == 0 && ret_key) {
        *ret_key = bytes_of(&k);
    }
    if (r == 0 && ret_value) {
        *ret_value = bytes_of(&v);
    }
    return r;
}

int kadr_lmdb_walk(struct kadr_lmdb_txn *txn, size_t db, struct kadr_bytes from, kadr_lmdb_fn *fn,
                   void *context)
{
    if (!usable(txn, db)) {
        return txn->err ? txn->err : KADR_EINVAL;
    }
    MDB_cursor *cursor = NULL;
    int rc = mdb_cursor_open(txn->handle, txn->env->dbi[db], &cursor);
    if (rc) {
        return stick(txn, lmdb_err(rc));
    }
    int stopped = 0;
    MDB_val k = val_of(from), v;
    rc = mdb_cursor_get(cursor, &k, &v, from.len ? MDB_SET_RANGE : MDB_FIRST);
    while (rc == 0) {
        stopped = fn(context, bytes_of(&k), bytes_of(&v));
        if (stopped) {
            break;
        }
        rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    if (stopped) {
        return stopped;
    }
    return rc == MDB_NOTFOUND ? 0 : stick(txn, lmdb_err(rc));
}

uint64_t kadr_lmdb_count(struct kadr_lmdb_txn *txn, size_t db)
{
    MDB_stat stat = { 0 };
    if (usable(txn, db)) {
        (void)stick(txn, lmdb_err(mdb_stat(txn->handle, txn->env->dbi[db], &stat)));
    }
    return stat.ms_entries;
}

/* ---- space ---- */

int kadr_lmdb_space(struct kadr_lmdb *env, struct kadr_lmdb_space *ret_space)
{
    struct statvfs fs;
    MDB_envinfo info;
    int rc = mdb_env_info(env->mdb, &info);
    if (rc) {
        return lmdb_err(rc);
    }
    if (statvfs(env->path, &fs) != 0) {
        return lmdb_err(errno);
    }
    struct kadr_lmdb_txn txn;
    uint64_t free_pages = 0, behind = 0;
    kadr_lmdb_begin(env, KADR_LMDB_READ, &txn);
    int r = txn.err ? txn.err : count_free_pages(txn.handle, UINT64_MAX, &free_pages, &behind);
    kadr_lmdb_abort(&txn);
    if (r) {
        return r;
    }
    uint64_t pages = (uint64_t)info.me_last_pgno + 1;
    ret_space->map_bytes = info.me_mapsize;
    ret_space->used_bytes = (pages > free_pages ? pages - free_pages : 0) * env->page_bytes;
    ret_space->disk_free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    return 0;
}

void kadr_lmdb_check_readers(struct kadr_lmdb *env)
{
    int dead = 0;
    (void)mdb_reader_check(env->mdb, &dead); /* best effort: a stale slot only delays the reuse of pages */
}
