/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* store_rig.h - folders of their own and random journals for the tests of the store on disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "edge/store_lmdb.h"

#define RIG_MAP_BYTES ((size_t)256 << 20)
#define RIG_PATH      256

/* ---- folders ---- */

struct rig_dir {
    char path[RIG_PATH];
};

static inline void rig_dir_make(struct rig_dir *dir)
{
    const char *base = getenv("TMPDIR");
    (void)snprintf(dir->path, sizeof(dir->path), "%s/kadr-store-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(dir->path));
}

static inline void rig_dir_remove(const struct rig_dir *dir)
{
    DIR *handle = opendir(dir->path);
    const struct dirent *entry;
    assert_non_null(handle);
    while ((entry = readdir(handle))) {
        char path[2 * RIG_PATH + 2];
        (void)snprintf(path, sizeof(path), "%s/%s", dir->path, entry->d_name);
        if (entry->d_name[0] != '.') {
            assert_int_equal(unlink(path), 0);
        }
    }
    (void)closedir(handle);
    assert_int_equal(rmdir(dir->path), 0);
}

static inline int rig_open(const struct rig_dir *dir, size_t map_bytes, struct kadr_store *ret,
                           struct kadr_buf *why)
{
    const struct kadr_store_lmdb_config config = { .path = dir->path,
                                                   .map_bytes = map_bytes,
                                                   .allow_any_fs = true };
    return kadr_store_lmdb_open(&config, ret, why);
}

static inline void rig_must_open(const struct rig_dir *dir, struct kadr_store *ret)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf why;
    kadr_buf_init(&why, 0);
    if (rig_open(dir, RIG_MAP_BYTES, ret, &why) != 0) {
        fail_msg("%s", kadr_buf_str(&why));
    }
}

static inline void rig_close(const struct kadr_store *store)
{
    store->close(store->self);
}

/* ---- random numbers (xorshift64*) ---- */

struct rig_random {
    uint64_t state;
};

static inline uint64_t rig_next(struct rig_random *random, uint64_t below)
{
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return (random->state * UINT64_C(2685821657736338717) >> 33) % below;
}

/* ---- random journals ---- */

#define RIG_STREAMS 12
#define RIG_BATCH   24

/* What is to be appended next: follows a store by itself. */
struct rig_journal {
    uint64_t head;
    struct kadr_digest digest;
    uint64_t sequence[RIG_STREAMS];
    uint8_t bytes[RIG_BATCH][2][1 << 14]; /* envelope, message */
    struct kadr_store_record records[RIG_BATCH];
};

static inline const char *rig_office(size_t stream)
{
    static const char *const offices[] = { "KZ-35", "KZ-33", "KZ-3", "KZ-47" };
    return offices[stream % KADR_COUNT(offices)];
}

static inline struct kadr_id rig_stream(size_t stream)
{
    return (struct kadr_id){ { 0xff, (uint8_t)(stream / 4) } };
}

static inline struct kadr_bytes rig_bytes(struct rig_random *random, uint8_t *out, size_t max)
{
    size_t len = (size_t)rig_next(random, rig_next(random, 8) == 0 ? max : 300);
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)rig_next(random, 256);
    }
    return (struct kadr_bytes){ out, len };
}

/* The next batch; the journal counts it as appended. Returns its records. */
static inline size_t rig_batch(struct rig_journal *journal, struct rig_random *random)
{
    size_t count = 1 + (size_t)rig_next(random, RIG_BATCH);
    for (size_t i = 0; i < count; i++) {
        struct kadr_store_record *record = &journal->records[i];
        size_t stream = (size_t)rig_next(random, RIG_STREAMS);
        uint64_t kind = rig_next(random, 40);
        *record = (struct kadr_store_record){
            .commit = ++journal->head,
            .kind = kind == 0   ? KADR_RECORD_REFERENCE
                    : kind == 1 ? KADR_RECORD_DAY
                                : KADR_RECORD_REPORT,
            .envelope = rig_bytes(random, journal->bytes[i][0], sizeof(journal->bytes[i][0])),
            .message = rig_bytes(random, journal->bytes[i][1], sizeof(journal->bytes[i][1])),
            .office = "",
        };
        if (record->kind == KADR_RECORD_REPORT) {
            record->office = rig_office(stream);
            record->stream = rig_stream(stream);
            record->sequence = ++journal->sequence[stream];
        }
        journal->digest =
            kadr_record_chain(&journal->digest, record->commit, record->envelope, record->message);
        record->digest = journal->digest;
    }
    return count;
}
