/* SPDX-License-Identifier: Apache-2.0 */
/* Growing bytes: the NUL behind them, the cap, the sticky error, handing over. */
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "rng.h"

static void is_text_at_any_time(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf buf;
    kadr_buf_init(&buf, 0);
    assert_string_equal(kadr_buf_str(&buf), "");
    kadr_buf_add_str(&buf, "posts ");
    kadr_buf_printf(&buf, "%d.%02d", 364, 25);
    kadr_buf_add_char(&buf, '!');
    kadr_buf_add(&buf, NULL, 0);
    assert_string_equal(kadr_buf_str(&buf), "posts 364.25!");
    assert_int_equal(buf.len, 13);
    kadr_buf_clear(&buf);
    assert_string_equal(kadr_buf_str(&buf), "");
    kadr_buf_add_str(&buf, "x");
    assert_string_equal(kadr_buf_str(&buf), "x");
}

static void writes_big_endian(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf buf;
    kadr_buf_init(&buf, 0);
    kadr_buf_add_u8(&buf, 0x01);
    kadr_buf_add_u16(&buf, 0x0203);
    kadr_buf_add_u32(&buf, 0x04050607);
    kadr_buf_add_u64(&buf, UINT64_C(0x08090A0B0C0D0E0F));
    const uint8_t expected[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    assert_int_equal(buf.len, sizeof expected);
    assert_memory_equal(buf.data, expected, sizeof expected);
}

static void keeps_the_first_error(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf buf;
    kadr_buf_init(&buf, 4);
    kadr_buf_add_str(&buf, "abcd");
    assert_int_equal(buf.err, 0);
    kadr_buf_add_char(&buf, 'e');
    assert_int_equal(buf.err, KADR_EFULL);
    assert_string_equal(kadr_buf_str(&buf), "abcd");
    kadr_buf_add(&buf, NULL, 0);
    kadr_buf_printf(&buf, "%s", "");
    assert_int_equal(buf.err, KADR_EFULL);
    assert_null(kadr_buf_take(&buf));
    assert_int_equal(buf.err, 0); /* empty again, with its cap */
    kadr_buf_add_str(&buf, "abc");
    kadr_buf_printf(&buf, "%d", 10);
    assert_int_equal(buf.err, KADR_EFULL);
    assert_string_equal(kadr_buf_str(&buf), "abc");
    kadr_buf_clear(&buf);
    kadr_buf_add_str(&buf, "ab");
    assert_int_equal(buf.err, 0);
}

static void cannot_overflow(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf buf;
    kadr_buf_init(&buf, 0);
    kadr_buf_add_char(&buf, 'a');
    volatile size_t huge = SIZE_MAX; /* volatile: the compiler must not see that it is absurd */
    kadr_buf_add(&buf, "", huge);
    assert_int_equal(buf.err, KADR_ENOMEM);
    assert_string_equal(kadr_buf_str(&buf), "a");
}

static void hands_its_memory_over(void **state)
{
    (void)state;
    struct kadr_buf buf;
    kadr_buf_init(&buf, 0);
    KADR_CLEANUP(kadr_free) char *empty = kadr_buf_take(&buf);
    assert_string_equal(empty, "");
    kadr_buf_add_str(&buf, "kept");
    KADR_CLEANUP(kadr_free) char *text = kadr_buf_take(&buf);
    assert_string_equal(text, "kept");
    assert_null(buf.data);
    assert_int_equal(buf.len, 0);
    kadr_buf_done(&buf);
}

/* Any sequence of appends equals the joined pieces. */
static void random_appends_join(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct rng rng = { seed };
        KADR_CLEANUP(kadr_buf_done) struct kadr_buf buf;
        kadr_buf_init(&buf, 0);
        static char model[200 * 40];
        size_t len = 0;
        for (int piece = 0; piece < 200; piece++) {
            char text[40];
            size_t count = rng_below(&rng, sizeof text - 1);
            memset(text, 'a' + piece % 26, count);
            text[count] = '\0';
            if (rng_below(&rng, 2)) {
                kadr_buf_add(&buf, text, count);
            } else {
                kadr_buf_printf(&buf, "%s", text);
            }
            memcpy(model + len, text, count);
            len += count;
        }
        if (buf.err || buf.len != len || memcmp(buf.data, model, len) != 0 || buf.data[len] != 0) {
            fail_msg("seed %llu: %zu bytes, expected %zu", (unsigned long long)seed, buf.len, len);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_text_at_any_time),   cmocka_unit_test(writes_big_endian),
        cmocka_unit_test(keeps_the_first_error), cmocka_unit_test(cannot_overflow),
        cmocka_unit_test(hands_its_memory_over), cmocka_unit_test(random_appends_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
