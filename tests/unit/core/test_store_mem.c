/* SPDX-License-Identifier: Apache-2.0 */
/* The store in memory, and the chain: what the oracle itself promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "core/store.h"

static const struct kadr_id lineage = { { 1, 2, 3 } };

static struct kadr_store_record report(uint64_t commit, const char *office, uint8_t stream, uint64_t sequence,
                                       const char *message)
{
    return (struct kadr_store_record){ .commit = commit,
                                       .kind = KADR_RECORD_REPORT,
                                       .envelope = { (const uint8_t *)"env", 3 },
                                       .message = { (const uint8_t *)message, strlen(message) },
                                       .office = office,
                                       .stream = { { stream } },
                                       .sequence = sequence };
}

static void empty_store(void **state)
{
    (void)state;
    struct kadr_store store;
    struct kadr_store_state stored;
    uint64_t n = 9;
    assert_int_equal(kadr_store_mem_new(&lineage, &store), 0);
    assert_int_equal(store.state(store.self, &stored), 0);
    assert_int_equal(stored.head, 0);
    assert_memory_equal(&stored.lineage, &lineage, sizeof(lineage));
    assert_int_equal(store.mark(store.self, "KZ-35", &lineage, &n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(store.find(store.self, "KZ-35", &lineage, 1, &n), KADR_ENOENT);
    store.close(store.self);
}

static void batch_is_all_or_nothing(void **state)
{
    (void)state;
    struct kadr_store store;
    struct kadr_store_state stored;
    struct kadr_store_record batch[] = { report(1, "KZ-35", 1, 1, "a"), report(3, "KZ-35", 1, 2, "b") };
    assert_int_equal(kadr_store_mem_new(&lineage, &store), 0);
    assert_int_equal(store.append(store.self, batch, 2), KADR_EEXIST);
    assert_int_equal(store.state(store.self, &stored), 0);
    assert_int_equal(stored.head, 0);
    batch[1].commit = 2;
    assert_int_equal(store.append(store.self, batch, 2), 0);
    assert_int_equal(store.state(store.self, &stored), 0);
    assert_int_equal(stored.head, 2);
    store.close(store.self);
}

static void streams_are_office_and_id(void **state)
{
    (void)state;
    struct kadr_store store;
    uint64_t n = 0;
    const struct kadr_store_record batch[] = { report(1, "KZ-35", 1, 1, "a"), report(2, "KZ-33", 1, 1, "b"),
                                               report(3, "KZ-35", 1, 2, "c"), report(4, "KZ-35", 2, 1, "d") };
    const struct kadr_id one = { { 1 } };
    assert_int_equal(kadr_store_mem_new(&lineage, &store), 0);
    assert_int_equal(store.append(store.self, batch, 4), 0);
    assert_int_equal(store.mark(store.self, "KZ-35", &one, &n), 0);
    assert_int_equal(n, 2);
    assert_int_equal(store.find(store.self, "KZ-33", &one, 1, &n), 0);
    assert_int_equal(n, 2);
    assert_int_equal(store.find(store.self, "KZ-33", &one, 2, &n), KADR_ENOENT);
    store.close(store.self);
}

static int count(void *context, const struct kadr_record *record)
{
    *(uint64_t *)context += record->commit * 100 + record->message.len;
    return 0;
}

static void read_has_two_limits_and_gives_at_least_one(void **state)
{
    (void)state;
    struct kadr_store store;
    const struct kadr_store_record batch[] = { report(1, "KZ-35", 1, 1, "aaaaaaa"),
                                               report(2, "KZ-35", 1, 2, "bbbbbbb"),
                                               report(3, "KZ-35", 1, 3, "ccccccc") };
    assert_int_equal(kadr_store_mem_new(&lineage, &store), 0);
    assert_int_equal(store.append(store.self, batch, 3), 0);
    const struct {
        uint64_t from;
        size_t max_records, max_bytes;
        uint64_t sum;
    } rows[] = {
        { 1, 10, 1000, 621 }, { 1, 2, 1000, 314 }, { 1, 10, 20, 314 },
        { 2, 10, 0, 207 },    { 4, 10, 1000, 0 },  { 0, 10, 1000, 0 },
    };
    for (size_t i = 0; i < KADR_COUNT(rows); i++) {
        uint64_t sum = 0;
        assert_int_equal(
            store.read(store.self, rows[i].from, rows[i].max_records, rows[i].max_bytes, count, &sum), 0);
        assert_int_equal(sum, rows[i].sum);
    }
    store.close(store.self);
}

/* BLAKE2b-256(previous ‖ commit BE64 ‖ envelope length BE32 ‖ envelope ‖ message), byte by byte. */
static void chain_is_the_documented_one(void **state)
{
    (void)state;
    const struct kadr_digest previous = { { 0xaa, 0xbb } };
    const uint8_t bytes[] = "\0\0\0\0\0\0\1\2\0\0\0\3envmessage";
    uint8_t all[KADR_DIGEST_BYTES + sizeof(bytes) - 1];
    memcpy(all, previous.bytes, KADR_DIGEST_BYTES);
    memcpy(all + KADR_DIGEST_BYTES, bytes, sizeof(bytes) - 1);
    struct kadr_digest want = kadr_hash(all, sizeof(all));
    struct kadr_digest got =
        kadr_record_chain(&previous, 258, (struct kadr_bytes){ (const uint8_t *)"env", 3 },
                          (struct kadr_bytes){ (const uint8_t *)"message", 7 });
    assert_true(kadr_digest_equal(&want, &got));
    got = kadr_record_chain(&previous, 258, (struct kadr_bytes){ (const uint8_t *)"envm", 4 },
                            (struct kadr_bytes){ (const uint8_t *)"essage", 6 });
    assert_false(kadr_digest_equal(&want, &got)); /* the border is part of it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_store),
        cmocka_unit_test(batch_is_all_or_nothing),
        cmocka_unit_test(streams_are_office_and_id),
        cmocka_unit_test(read_has_two_limits_and_gives_at_least_one),
        cmocka_unit_test(chain_is_the_documented_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
