/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of one message: alignment, the hard cap, reuse of blocks, sticky failure. */
#include "base/arena.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "rng.h"

static struct kadr_arena *make(size_t max_bytes)
{
    struct kadr_arena *arena = NULL;
    assert_int_equal(kadr_arena_new(max_bytes, &arena), 0);
    return arena;
}

static void gives_aligned_distinct_memory(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_arena_free) struct kadr_arena *arena = make(1 << 20);
    char *last = NULL;
    for (size_t bytes = 0; bytes < 300; bytes++) {
        char *space = kadr_arena_alloc(arena, bytes);
        assert_non_null(space);
        assert_int_equal((uintptr_t)space % alignof(max_align_t), 0);
        assert_ptr_not_equal(space, last);
        memset(space, 0xAA, bytes);
        last = space;
    }
}

static void refuses_over_the_cap_and_stays_failed(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_arena_free) struct kadr_arena *arena = make(1024);
    assert_non_null(kadr_arena_alloc(arena, 1024));
    assert_false(kadr_arena_failed(arena));
    assert_null(kadr_arena_alloc(arena, 1));
    assert_true(kadr_arena_failed(arena));
    kadr_arena_clear(arena);
    assert_false(kadr_arena_failed(arena));
    assert_null(kadr_arena_alloc(arena, 1025));
    assert_null(kadr_arena_alloc(arena, 16)); /* sticky, though it would fit */
    kadr_arena_clear(arena);
    assert_non_null(kadr_arena_alloc(arena, 1024));
    assert_int_equal(kadr_arena_used(arena), 1024);
}

static void refuses_overflowing_sizes(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_arena_free) struct kadr_arena *arena = make(SIZE_MAX);
    assert_null(kadr_arena_alloc(arena, SIZE_MAX));
    kadr_arena_clear(arena);
    assert_null(kadr_arena_calloc(arena, SIZE_MAX / 2, 3));
    assert_true(kadr_arena_failed(arena));
    kadr_arena_clear(arena);
    assert_null(kadr_arena_strndup(arena, "", SIZE_MAX));
    assert_true(kadr_arena_failed(arena));
}

static void copies_and_zeroes(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_arena_free) struct kadr_arena *arena = make(1 << 16);
    memset(kadr_arena_alloc(arena, 4096), 0xFF, 4096);
    kadr_arena_clear(arena);
    const uint8_t *zeros = kadr_arena_calloc(arena, 64, 64);
    assert_non_null(zeros);
    for (size_t i = 0; i < 4096; i++) {
        assert_int_equal(zeros[i], 0);
    }
    assert_string_equal(kadr_arena_strndup(arena, "staffing", 5), "staff");
    assert_memory_equal(kadr_arena_memdup(arena, "a\0b", 3), "a\0b", 3);
    assert_non_null(kadr_arena_memdup(arena, NULL, 0));
}

/* One address handed out again and again: the block was kept. */
static void reuses_its_blocks_after_clear(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_arena_free) struct kadr_arena *arena = make(1 << 20);
    void *first = kadr_arena_alloc(arena, 100);
    kadr_arena_clear(arena);
    assert_int_equal(kadr_arena_used(arena), 0);
    assert_ptr_equal(kadr_arena_alloc(arena, 5000), first);
}

/* Spares of the wrong size are given back before the cap refuses. */
static void spares_do_not_count_against_a_large_request(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_arena_free) struct kadr_arena *arena = make(1 << 20);
    for (int round = 0; round < 3; round++) {
        size_t small = 0;
        while (kadr_arena_alloc(arena, 4096)) {
            small++;
        }
        assert_int_equal(small, (1 << 20) / 4096);
        kadr_arena_clear(arena);
        assert_non_null(kadr_arena_alloc(arena, 1 << 20));
        kadr_arena_clear(arena);
    }
}

/* Whatever the order of sizes, what was written stays until the next clear, and used never passes the cap. */
static void random_messages_keep_their_bytes(void **state)
{
    (void)state;
    enum { MAX = 400000, PIECES = 60 };
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct rng rng = { seed };
        KADR_CLEANUP(kadr_arena_free) struct kadr_arena *arena = make(MAX);
        for (int message = 0; message < 5; message++) {
            uint8_t *piece[PIECES];
            size_t len[PIECES], count = 0;
            for (; count < PIECES; count++) {
                len[count] = rng_below(&rng, rng_below(&rng, 10) ? 2000 : 150000);
                piece[count] = kadr_arena_alloc(arena, len[count]);
                if (!piece[count]) {
                    break;
                }
                memset(piece[count], (int)count, len[count]);
            }
            for (size_t i = 0; i < count; i++) {
                for (size_t at = 0; at < len[i]; at += 1 + len[i] / 7) {
                    if (piece[i][at] != (uint8_t)i) {
                        fail_msg("seed %llu: piece %zu was overwritten", (unsigned long long)seed, i);
                    }
                }
            }
            assert_true(kadr_arena_used(arena) <= MAX);
            kadr_arena_clear(arena);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_aligned_distinct_memory),
        cmocka_unit_test(refuses_over_the_cap_and_stays_failed),
        cmocka_unit_test(refuses_overflowing_sizes),
        cmocka_unit_test(copies_and_zeroes),
        cmocka_unit_test(reuses_its_blocks_after_clear),
        cmocka_unit_test(spares_do_not_count_against_a_large_request),
        cmocka_unit_test(random_messages_keep_their_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
