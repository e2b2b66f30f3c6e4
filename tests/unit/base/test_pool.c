/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of very many small blocks: boundaries, blocks that come again, blocks that move, large ones. */
#include "base/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "rng.h"

#define HUGE_BYTES ((size_t)2 << 20)

static struct kadr_pool *make(void)
{
    struct kadr_pool *pool = NULL;
    assert_int_equal(kadr_pool_new(&pool), 0);
    return pool;
}

static void gives_distinct_blocks_on_a_boundary(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_pool_free) struct kadr_pool *pool = make();
    uint8_t *last = NULL;
    for (size_t bytes = 0; bytes < 3000; bytes++) {
        uint8_t *block = kadr_pool_alloc(pool, bytes);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % 8, 0);
        assert_ptr_not_equal(block, last);
        memset(block, 0xAA, bytes);
        last = block;
    }
}

/* A small pool takes little; a great one by the huge page. */
static void takes_little_at_first(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_pool_free) struct kadr_pool *pool = make();
    assert_int_equal(kadr_pool_taken(pool), 0);
    assert_non_null(kadr_pool_alloc(pool, 100));
    assert_int_equal(kadr_pool_taken(pool), 64 << 10);
    size_t used = 0;
    for (; used < 20 * HUGE_BYTES; used += 104) {
        assert_non_null(kadr_pool_alloc(pool, 104));
    }
    assert_in_range(kadr_pool_taken(pool), used, used + used / 4); /* with a sanitizer, guards between them */
}

static void what_was_given_back_comes_again(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_pool_free) struct kadr_pool *pool = make();
    void *first = kadr_pool_alloc(pool, 56), *second = kadr_pool_alloc(pool, 50);
    kadr_pool_give_back(pool, first, 56);
    kadr_pool_give_back(pool, second, 50);
    kadr_pool_give_back(pool, NULL, 56);
    assert_ptr_equal(kadr_pool_alloc(pool, 49), second); /* of one class: the last first */
    assert_ptr_not_equal(kadr_pool_alloc(pool, 57), first);
    assert_ptr_equal(kadr_pool_alloc(pool, 56), first);
}

static void stays_where_it_is_within_its_class(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_pool_free) struct kadr_pool *pool = make();
    char *block = kadr_pool_alloc(pool, 1100);
    strcpy(block, "staff");
    assert_ptr_equal(kadr_pool_resize(pool, block, 1100, 2000), block);
    char *moved = kadr_pool_resize(pool, block, 2000, 2049);
    assert_ptr_not_equal(moved, block);
    assert_string_equal(moved, "staff");
    char *first = kadr_pool_resize(pool, NULL, 0, 8);
    assert_non_null(first);
}

/* From 2 MiB on they lie on a huge page's boundary; the system gets them back. */
static void large_blocks_come_and_go(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_pool_free) struct kadr_pool *pool = make();
    size_t bytes = (64 << 10) + 8;
    uint8_t *block = kadr_pool_alloc(pool, bytes);
    memset(block, 7, bytes);
    for (; bytes < 5 * HUGE_BYTES; bytes *= 2) {
        block = kadr_pool_resize(pool, block, bytes, bytes * 2);
        assert_non_null(block);
        assert_int_equal(bytes * 2 >= HUGE_BYTES ? (uintptr_t)block % HUGE_BYTES : 0, 0);
        assert_int_equal(block[0] + block[(64 << 10) + 7], 14);
        memset(block, 7, bytes * 2);
        assert_in_range(kadr_pool_taken(pool), bytes * 2, bytes * 2 + HUGE_BYTES); /* whole pages */
    }
    kadr_pool_give_back(pool, block, bytes);
    assert_int_equal(kadr_pool_taken(pool), 0);
}

static void refuses_what_no_machine_has(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_pool_free) struct kadr_pool *pool = make();
    char *block = kadr_pool_alloc(pool, 16);
    strcpy(block, "staff");
    assert_null(kadr_pool_alloc(pool, SIZE_MAX));
    assert_null(kadr_pool_alloc(pool, SIZE_MAX / 2 + 1));
    assert_null(kadr_pool_resize(pool, block, 16, SIZE_MAX - 100));
    assert_string_equal(block, "staff");
}

/* ---- property: whoever comes and goes, the others keep their bytes ---------------------------------------
 */

#define BLOCKS 200

struct held {
    uint8_t *at;
    size_t bytes;
    uint8_t mark;
};

static size_t some_size(struct rng *rng)
{
    static const size_t below[] = { 64, 1100, 5000, 140000 };
    return rng_below(rng, below[rng_below(rng, rng_below(rng, 8) ? 2 : KADR_COUNT(below))]);
}

static void check(const struct held *held, size_t bytes, uint64_t seed)
{
    for (size_t i = 0; i < bytes; i += 1 + bytes / 61) {
        if (held->at[i] != held->mark) {
            fail_msg("seed %llu: a block of %zu was overwritten", (unsigned long long)seed, held->bytes);
        }
    }
}

static void change_one(struct kadr_pool *pool, struct rng *rng, struct held *held, uint64_t seed)
{
    size_t bytes = some_size(rng);
    if (held->at) {
        check(held, held->bytes, seed);
    }
    if (held->at && rng_below(rng, 2)) {
        kadr_pool_give_back(pool, held->at, held->bytes);
        held->at = NULL;
        return;
    }
    held->at = kadr_pool_resize(pool, held->at, held->at ? held->bytes : 0, bytes);
    assert_non_null(held->at);
    check(held, held->bytes < bytes ? held->bytes : bytes, seed);
    held->bytes = bytes;
    held->mark = (uint8_t)rng_next(rng);
    memset(held->at, held->mark, bytes);
}

static void random_blocks_keep_their_bytes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct rng rng = { seed };
        KADR_CLEANUP(kadr_pool_free) struct kadr_pool *pool = make();
        struct held held[BLOCKS] = { 0 };
        for (size_t step = 0; step < 2000; step++) {
            struct held *one = &held[rng_below(&rng, BLOCKS)];
            one->bytes = one->at ? one->bytes : 0;
            change_one(pool, &rng, one, seed);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_distinct_blocks_on_a_boundary),
        cmocka_unit_test(takes_little_at_first),
        cmocka_unit_test(what_was_given_back_comes_again),
        cmocka_unit_test(stays_where_it_is_within_its_class),
        cmocka_unit_test(large_blocks_come_and_go),
        cmocka_unit_test(refuses_what_no_machine_has),
        cmocka_unit_test(random_blocks_keep_their_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
