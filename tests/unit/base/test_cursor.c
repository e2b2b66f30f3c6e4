/* SPDX-License-Identifier: Apache-2.0 */
/* Bounds-checked reading: what was written comes back, and no read passes the end. */
#include "base/cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "rng.h"

static void reads_big_endian(void **state)
{
    (void)state;
    const uint8_t data[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 'a', 'b' };
    struct kadr_cursor cur = kadr_cursor_of(data, sizeof data);
    assert_int_equal(kadr_cursor_u8(&cur), 0x01);
    assert_int_equal(kadr_cursor_u16(&cur), 0x0203);
    assert_int_equal(kadr_cursor_u32(&cur), 0x04050607);
    assert_int_equal(kadr_cursor_u64(&cur), UINT64_C(0x08090A0B0C0D0E0F));
    assert_int_equal(kadr_cursor_left(&cur), 2);
    struct kadr_bytes bytes = kadr_cursor_bytes(&cur, 2);
    assert_memory_equal(bytes.data, "ab", 2);
    assert_int_equal(kadr_cursor_bytes(&cur, 0).len, 0);
    assert_int_equal(cur.err, 0);
    assert_int_equal(kadr_cursor_left(&cur), 0);
}

static void a_short_read_sticks(void **state)
{
    (void)state;
    const uint8_t data[] = { 1, 2, 3 };
    struct kadr_cursor cur = kadr_cursor_of(data, sizeof data);
    assert_int_equal(kadr_cursor_u32(&cur), 0);
    assert_int_equal(cur.err, KADR_EINVAL);
    assert_int_equal(kadr_cursor_u8(&cur), 0); /* three bytes are left, but not to be trusted */
    assert_null(kadr_cursor_bytes(&cur, 1).data);
    assert_int_equal(cur.err, KADR_EINVAL);
}

static void refuses_absurd_lengths_and_nothing(void **state)
{
    (void)state;
    const uint8_t data[] = { 1 };
    struct kadr_cursor cur = kadr_cursor_of(data, sizeof data);
    assert_null(kadr_cursor_bytes(&cur, SIZE_MAX).data);
    assert_int_equal(cur.err, KADR_EINVAL);
    cur = kadr_cursor_of(NULL, 0);
    assert_int_equal(kadr_cursor_left(&cur), 0);
    assert_int_equal(kadr_cursor_u8(&cur), 0);
    assert_int_equal(cur.err, KADR_EINVAL);
}

/* Every prefix of what was written reads back what it holds whole, and fails on the rest. */
static void every_prefix_is_safe(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct rng rng = { seed };
        KADR_CLEANUP(kadr_buf_done) struct kadr_buf buf;
        kadr_buf_init(&buf, 0);
        uint64_t value[10];
        for (size_t i = 0; i < KADR_COUNT(value); i++) {
            value[i] = rng_next(&rng);
            kadr_buf_add_u64(&buf, value[i]);
        }
        for (size_t len = 0; len <= buf.len; len++) {
            struct kadr_cursor cur = kadr_cursor_of(buf.data, len);
            for (size_t i = 0; i < KADR_COUNT(value); i++) {
                bool whole = len >= 8 * (i + 1);
                if (kadr_cursor_u64(&cur) != (whole ? value[i] : 0) || (cur.err == 0) != whole) {
                    fail_msg("seed %llu: length %zu, number %zu", (unsigned long long)seed, len, i);
                }
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_big_endian),
        cmocka_unit_test(a_short_read_sticks),
        cmocka_unit_test(refuses_absurd_lengths_and_nothing),
        cmocka_unit_test(every_prefix_is_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
