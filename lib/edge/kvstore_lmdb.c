/* SPDX-License-Identifier: Apache-2.0 */
/* kvstore_lmdb.c - one table in one environment, behind a lock that views share and opening takes alone.
 *
 * After a commit that failed LMDB refuses every other transaction of the environment, and whether the batch
 * is on the disk is not known: closing and opening is the way out, and what is found then is what counts.
 */
#define _GNU_SOURCE
#include "edge/kvstore_lmdb.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "edge/folder.h"
#include "edge/lmdb.h"

#define FOLDER "kadr-history"
#define TABLE  0

struct disk {
    char *parent, *path; /* owned */
    size_t map_bytes;
    bool allow_any_fs;
    pthread_rwlock_t lock;    /* of `env`: held for reading by each view, for writing while it is replaced */
    struct kadr_lmdb *env;    /* NULL: closed */
    struct kadr_lmdb_txn txn; /* the writer's */
    bool broken, damaged;     /* the writer's: to be opened again; to be removed first */
};

/* ---- opening ------------------------------------------------------------------------------------------- */

static int open_env(struct disk *disk, struct kadr_buf *why)
{
    static const char *const tables[] = { "history" };
    const struct kadr_lmdb_config config = { .path = disk->path,
                                             .map_bytes = disk->map_bytes,
                                             .dbs = tables,
                                             .db_count = KADR_COUNT(tables),
                                             .allow_any_fs = disk->allow_any_fs };
    return kadr_lmdb_open(&config, &disk->env, why);
}

static int open_or_remove(struct disk *disk, bool *ret_removed, struct kadr_buf *why)
{
    int err = kadr_folder_make(disk->parent, why);
    if (err != 0) {
        return err;
    }
    err = disk->damaged ? KADR_ECORRUPT : open_env(disk, why);
    *ret_removed = err == KADR_ECORRUPT || err == KADR_EVERSION;
    if (*ret_removed) {
        err = kadr_lmdb_discard(disk->path, disk->allow_any_fs, why);
        err = err == 0 ? open_env(disk, why) : err;
    }
    if (err == 0) {
        disk->broken = disk->damaged = false;
    }
    return err;
}

int kadr_kvstore_lmdb_open(const struct kadr_kvstore *store, bool *ret_removed, struct kadr_buf *why)
{
    struct disk *disk = store->self;
    int err = 0;
    *ret_removed = false;
    pthread_rwlock_wrlock(&disk->lock);
    if (disk->broken) {
        kadr_lmdb_close(KADR_TAKE(disk->env));
    }
    if (disk->env == NULL) {
        err = open_or_remove(disk, ret_removed, why);
    }
    pthread_rwlock_unlock(&disk->lock);
    return err;
}

/* ---- writing ------------------------------------------------------------------------------------------- */

static int check_space(struct disk *disk)
{
    struct kadr_lmdb_space space;
    int err = kadr_lmdb_space(disk->env, &space);
    return err == 0 && space.disk_free_bytes < KADR_HISTORY_RESERVE_BYTES ? KADR_ENOSPC : err;
}

static int disk_begin(void *self)
{
    struct disk *disk = self;
    if (disk->env == NULL || disk->broken) {
        return KADR_EAGAIN;
    }
    if (disk->txn.handle != NULL) {
        return KADR_EBUSY;
    }
    int err = check_space(disk);
    if (err == 0) {
        kadr_lmdb_begin(disk->env, KADR_LMDB_WRITE, &disk->txn);
        err = disk->txn.err;
    }
    return err;
}

static void disk_put(void *self, struct kadr_bytes key, struct kadr_bytes value)
{
    struct disk *disk = self;
    kadr_lmdb_put(&disk->txn, TABLE, key, value);
}

static void disk_clear(void *self)
{
    struct disk *disk = self;
    kadr_lmdb_clear(&disk->txn, TABLE);
}

static void disk_abort(void *self)
{
    struct disk *disk = self;
    kadr_lmdb_abort(&disk->txn);
}

static int disk_commit(void *self)
{
    struct disk *disk = self;
    int err = kadr_lmdb_commit(&disk->txn);
    disk->damaged = err == KADR_ECORRUPT;
    disk->broken = disk->damaged || err == KADR_EIO;
    return err;
}

/* ---- reading ------------------------------------------------------------------------------------------- */

static int disk_view_begin(void *self, void **ret_view)
{
    struct disk *disk = self;
    struct kadr_lmdb_txn *view = calloc(1, sizeof(*view));
    if (view == NULL) {
        return KADR_ENOMEM;
    }
    int err = KADR_EAGAIN;
    pthread_rwlock_rdlock(&disk->lock);
    if (disk->env != NULL) {
        kadr_lmdb_begin(disk->env, KADR_LMDB_READ, view);
        err = view->err;
    }
    if (err != 0) {
        pthread_rwlock_unlock(&disk->lock);
        free(view);
        return err;
    }
    *ret_view = view;
    return 0;
}

static void disk_view_end(void *self, void *view)
{
    struct disk *disk = self;
    if (view != NULL) {
        kadr_lmdb_abort(view);
        free(view);
        pthread_rwlock_unlock(&disk->lock);
    }
}

static int disk_get(void *self, void *view, struct kadr_bytes key, struct kadr_bytes *ret_value)
{
    (void)self;
    return kadr_lmdb_get(view, TABLE, key, ret_value);
}

static int disk_floor(void *self, void *view, struct kadr_bytes key, struct kadr_bytes *ret_key,
                      struct kadr_bytes *ret_value)
{
    (void)self;
    return kadr_lmdb_floor(view, TABLE, key, ret_key, ret_value);
}

static int disk_walk(void *self, void *view, struct kadr_bytes from, kadr_kvstore_fn *fn, void *context)
{
    (void)self;
    return kadr_lmdb_walk(view, TABLE, from, fn, context);
}

static int disk_space(void *self, uint64_t *ret_used_bytes, uint64_t *ret_free_bytes)
{
    struct disk *disk = self;
    struct kadr_lmdb_space space;
    pthread_rwlock_rdlock(&disk->lock);
    int err = disk->env == NULL ? KADR_EAGAIN : kadr_lmdb_space(disk->env, &space);
    pthread_rwlock_unlock(&disk->lock);
    if (err != 0) {
        return err;
    }
    uint64_t map_free = space.map_bytes > space.used_bytes ? space.map_bytes - space.used_bytes : 0;
    uint64_t disk_free = space.disk_free_bytes > KADR_HISTORY_RESERVE_BYTES
                             ? space.disk_free_bytes - KADR_HISTORY_RESERVE_BYTES
                             : 0;
    *ret_used_bytes = space.used_bytes;
    *ret_free_bytes = map_free < disk_free ? map_free : disk_free;
    return 0;
}

static void disk_close(void *self)
{
    struct disk *disk = self;
    kadr_lmdb_abort(&disk->txn);
    kadr_lmdb_close(disk->env);
    pthread_rwlock_destroy(&disk->lock);
    free(disk->parent);
    free(disk->path);
    free(disk);
}

int kadr_kvstore_lmdb_new(const struct kadr_kvstore_lmdb_config *config, struct kadr_kvstore *ret_store)
{
    struct disk *disk = calloc(1, sizeof(*disk));
    if (disk == NULL || pthread_rwlock_init(&disk->lock, NULL) != 0) {
        free(disk);
        return KADR_ENOMEM;
    }
    disk->map_bytes = config->map_bytes;
    disk->allow_any_fs = config->allow_any_fs;
    disk->parent = strdup(config->path);
    if (disk->parent == NULL || asprintf(&disk->path, "%s/%s", config->path, FOLDER) < 0) {
        disk->path = NULL;
        disk_close(disk);
        return KADR_ENOMEM;
    }
    *ret_store = (struct kadr_kvstore){ .begin = disk_begin,
                                        .put = disk_put,
                                        .clear = disk_clear,
                                        .commit = disk_commit,
                                        .abort = disk_abort,
                                        .view_begin = disk_view_begin,
                                        .view_end = disk_view_end,
                                        .get = disk_get,
                                        .floor = disk_floor,
                                        .walk = disk_walk,
                                        .space = disk_space,
                                        .close = disk_close,
                                        .self = disk };
    return 0;
}
