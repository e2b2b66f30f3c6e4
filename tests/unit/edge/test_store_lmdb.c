/* SPDX-License-Identifier: Apache-2.0 */
/* The store on disk against the one in memory: whatever is asked, both say the same, also after reopening. */
#include "edge/store_rig.h"

#include "base/hash.h"
#include "edge/lmdb.h"

/* ---- the model ---- */

struct seen {
    struct kadr_digest all; /* of everything the callback was given */
    size_t count, stop_after;
};

static int see(void *context, const struct kadr_record *record)
{
    struct seen *seen = context;
    const struct kadr_bytes parts[] = { { seen->all.bytes, KADR_DIGEST_BYTES },
                                        { (const uint8_t *)&record->commit, sizeof(record->commit) },
                                        { record->digest.bytes, KADR_DIGEST_BYTES },
                                        record->envelope,
                                        record->message };
    seen->all = kadr_hash_parts(parts, KADR_COUNT(parts));
    return ++seen->count == seen->stop_after ? 77 : 0;
}

static void same_state(const struct kadr_store *disk, const struct kadr_store *memory)
{
    struct kadr_store_state a, b;
    assert_int_equal(disk->state(disk->self, &a), 0);
    assert_int_equal(memory->state(memory->self, &b), 0);
    assert_int_equal(a.head, b.head);
    assert_true(kadr_digest_equal(&a.digest, &b.digest));
    assert_int_equal(a.reference_commit, b.reference_commit);
    assert_int_equal(a.day_commit, b.day_commit);
}

static void same_read(const struct kadr_store *disk, const struct kadr_store *memory,
                      struct rig_random *random, uint64_t head)
{
    uint64_t from = rig_next(random, head + 3);
    size_t max_records = (size_t)rig_next(random, 40), max_bytes = (size_t)rig_next(random, 20000);
    struct seen a = { .stop_after = (size_t)rig_next(random, 30) }, b = a;
    assert_int_equal(disk->read(disk->self, from, max_records, max_bytes, see, &a),
                     memory->read(memory->self, from, max_records, max_bytes, see, &b));
    assert_int_equal(a.count, b.count);
    assert_true(kadr_digest_equal(&a.all, &b.all));
}

static void same_stream(const struct kadr_store *disk, const struct kadr_store *memory,
                        struct rig_random *random, const struct rig_journal *journal)
{
    size_t n = (size_t)rig_next(random, RIG_STREAMS + 1); /* one more than there are */
    uint64_t a = 1, b = 2, sequence = rig_next(random, journal->sequence[n % RIG_STREAMS] + 2);
    struct kadr_id stream = rig_stream(n);
    assert_int_equal(disk->mark(disk->self, rig_office(n), &stream, &a), 0);
    assert_int_equal(memory->mark(memory->self, rig_office(n), &stream, &b), 0);
    assert_int_equal(a, b);
    a = b = 0;
    assert_int_equal(disk->find(disk->self, rig_office(n), &stream, sequence, &a),
                     memory->find(memory->self, rig_office(n), &stream, sequence, &b));
    assert_int_equal(a, b);
}

static void run_model(uint64_t seed, size_t operations)
{
    struct rig_dir dir;
    struct kadr_store disk, memory;
    struct rig_random random = { seed };
    struct rig_journal *journal = calloc(1, sizeof(*journal));
    assert_non_null(journal);
    rig_dir_make(&dir);
    rig_must_open(&dir, &disk);
    struct kadr_store_state first, again;
    assert_int_equal(disk.state(disk.self, &first), 0);
    assert_int_equal(kadr_store_mem_new(&first.lineage, &memory), 0);
    for (size_t i = 0; i < operations; i++) {
        uint64_t what = rig_next(&random, 100);
        if (what < 15) {
            size_t count = rig_batch(journal, &random);
            assert_int_equal(disk.append(disk.self, journal->records, count), 0);
            assert_int_equal(memory.append(memory.self, journal->records, count), 0);
        } else if (what < 50) {
            same_read(&disk, &memory, &random, journal->head);
        } else if (what < 90) {
            same_stream(&disk, &memory, &random, journal);
        } else if (what < 98) {
            same_state(&disk, &memory);
        } else {
            rig_close(&disk);
            rig_must_open(&dir, &disk);
        }
    }
    assert_int_equal(disk.state(disk.self, &again), 0);
    assert_memory_equal(&first.lineage, &again.lineage, sizeof(first.lineage));
    same_state(&disk, &memory);
    rig_close(&disk);
    memory.close(memory.self);
    rig_dir_remove(&dir);
    free(journal);
}

static void disk_is_memory(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        print_message("seed %u\n", (unsigned)seed);
        run_model(seed * UINT64_C(0x9E3779B97F4A7C15), 1500);
    }
}

/* ---- what the model does not say ---- */

static void append_out_of_order_is_refused(void **state)
{
    (void)state;
    struct rig_dir dir;
    struct kadr_store disk;
    struct rig_random random = { 5 };
    struct rig_journal *journal = calloc(1, sizeof(*journal));
    assert_non_null(journal);
    rig_dir_make(&dir);
    rig_must_open(&dir, &disk);
    size_t count = rig_batch(journal, &random);
    assert_int_equal(disk.append(disk.self, journal->records, count), 0);
    assert_int_equal(disk.append(disk.self, journal->records, count), KADR_EEXIST); /* again */
    count = rig_batch(journal, &random);
    journal->records[count - 1].commit++; /* a hole */
    assert_int_equal(disk.append(disk.self, journal->records, count), KADR_EEXIST);
    struct kadr_store_state stored;
    assert_int_equal(disk.state(disk.self, &stored), 0);
    assert_int_equal(stored.head, journal->head - count); /* nothing of it was kept */
    rig_close(&disk);
    rig_dir_remove(&dir);
    free(journal);
}

static void second_owner_is_told(void **state)
{
    (void)state;
    struct rig_dir dir;
    struct kadr_store disk, second;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf why;
    kadr_buf_init(&why, 0);
    rig_dir_make(&dir);
    rig_must_open(&dir, &disk);
    assert_int_equal(rig_open(&dir, RIG_MAP_BYTES, &second, &why), KADR_EBUSY);
    assert_non_null(strstr(kadr_buf_str(&why), "another process"));
    rig_close(&disk);
    rig_must_open(&dir, &second);
    rig_close(&second);
    rig_dir_remove(&dir);
}

static void newer_format_is_not_touched(void **state)
{
    (void)state;
    static const char *const dbs[] = { "journal", "streams", "sequences", "meta" };
    struct rig_dir dir;
    struct kadr_store disk;
    struct kadr_lmdb *env = NULL;
    struct kadr_lmdb_txn txn;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf why;
    kadr_buf_init(&why, 0);
    rig_dir_make(&dir);
    rig_must_open(&dir, &disk);
    rig_close(&disk);
    const struct kadr_lmdb_config config = {
        .path = dir.path, .map_bytes = RIG_MAP_BYTES, .dbs = dbs, .db_count = 4, .allow_any_fs = true
    };
    assert_int_equal(kadr_lmdb_open(&config, &env, NULL), 0);
    kadr_lmdb_begin(env, KADR_LMDB_WRITE, &txn);
    kadr_lmdb_put(&txn, 3, (struct kadr_bytes){ (const uint8_t *)"format", 6 },
                  (struct kadr_bytes){ (const uint8_t *)"\0\0\0\2", 4 });
    assert_int_equal(kadr_lmdb_commit(&txn), 0);
    kadr_lmdb_close(env);
    assert_int_equal(rig_open(&dir, RIG_MAP_BYTES, &disk, &why), KADR_EVERSION);
    assert_non_null(strstr(kadr_buf_str(&why), "format 2"));
    rig_dir_remove(&dir);
}

/* A full map refuses, keeps what is there, and takes more when there is room. */
static void full_map_refuses_and_resumes(void **state)
{
    (void)state;
    struct rig_dir dir;
    struct kadr_store disk;
    struct rig_random random = { 6 };
    struct rig_journal *journal = calloc(1, sizeof(*journal));
    assert_non_null(journal);
    rig_dir_make(&dir);
    assert_int_equal(rig_open(&dir, (size_t)2 << 20, &disk, NULL), 0);
    size_t count = rig_batch(journal, &random);
    uint64_t durable = 0, used = 0, left = 0;
    int r;
    while ((r = disk.append(disk.self, journal->records, count)) == 0) {
        durable = journal->head;
        count = rig_batch(journal, &random);
    }
    assert_int_equal(r, KADR_ENOSPC);
    assert_true(durable > 0);
    assert_int_equal(disk.append(disk.self, journal->records, count), KADR_ENOSPC); /* still */
    assert_int_equal(disk.space(disk.self, &used, &left), 0);
    assert_true(used <= ((uint64_t)2 << 20) / 100 * KADR_STORE_WATERMARK_PERCENT);
    rig_close(&disk);
    struct kadr_store_state stored;
    rig_must_open(&dir, &disk); /* with more room */
    assert_int_equal(disk.state(disk.self, &stored), 0);
    assert_int_equal(stored.head, durable);
    assert_int_equal(disk.append(disk.self, journal->records, count), 0);
    rig_close(&disk);
    rig_dir_remove(&dir);
    free(journal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(disk_is_memory),
        cmocka_unit_test(append_out_of_order_is_refused),
        cmocka_unit_test(second_owner_is_told),
        cmocka_unit_test(newer_format_is_not_touched),
        cmocka_unit_test(full_map_refuses_and_resumes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
