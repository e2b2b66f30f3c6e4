/* SPDX-License-Identifier: Apache-2.0 */
/* Encodings as Excel of a Kazakh office saves them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "client/charset.h"
#include "rng.h"

struct expectation {
    const char *name;
    const char *raw;
    size_t len;
    enum kadr_charset charset;
    const char *text;
};
#define BYTES(text) text, sizeof(text) - 1

static void check(const struct expectation *want)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf out = { 0 };
    enum kadr_charset charset = KADR_CHARSET_UTF16BE;
    uint32_t line = 0;

    print_message("%s\n", want->name);
    assert_int_equal(kadr_charset_decode((struct kadr_bytes){ (const uint8_t *)want->raw, want->len }, &out,
                                         &charset, &line),
                     0);
    assert_int_equal(charset, want->charset);
    assert_string_equal(kadr_buf_str(&out), want->text);
}

static void test_each_encoding(void **state)
{
    static const struct expectation cases[] = {
        { "empty", BYTES(""), KADR_CHARSET_UTF8, "" },
        { "ASCII", BYTES("unit,value\r\n"), KADR_CHARSET_UTF8, "unit,value\r\n" },
        { "UTF-8", BYTES("Қарағанды – 1\xc2\xa0"), KADR_CHARSET_UTF8, "Қарағанды – 1\xc2\xa0" },
        { "UTF-8 with a BOM", BYTES("\xef\xbb\xbfврач"), KADR_CHARSET_UTF8, "врач" },
        { "UTF-16LE", BYTES("\xff\xfe\x32\x04\x40\x04\x0d\x00\x0a\x00"), KADR_CHARSET_UTF16LE, "вр\r\n" },
        { "UTF-16BE", BYTES("\xfe\xff\x04\x32\x04\x40\x00\x0a"), KADR_CHARSET_UTF16BE, "вр\n" },
        { "CP1251 врачи, село №1",
          BYTES("\xe2\xf0\xe0\xf7\xe8, \xf1\xe5\xeb\xee \xb9"
                "1"),
          KADR_CHARSET_CP1251, "врачи, село №1" },
        { "KZ-1048 Қарағанды", BYTES("\x8d\xe0\xf0\xe0\xba\xe0\xed\xe4\xfb"), KADR_CHARSET_KZ1048,
          "Қарағанды" },
        { "KZ-1048 дәрігер", BYTES("\xe4\xbc\xf0\xb3\xe3\xe5\xf0"), KADR_CHARSET_KZ1048, "дәрігер" },
        { "a lone byte of a Kazakh letter's place is no letter", BYTES("\xbe 1, \xe4\xe0"),
          KADR_CHARSET_CP1251, "ѕ 1, да" },
    };

    (void)state;
    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        check(&cases[i]);
    }
}

static void test_what_is_no_text(void **state)
{
    static const struct {
        const char *name, *raw;
        size_t len;
        uint32_t line;
    } cases[] = {
        { "a spreadsheet that was not saved as CSV", BYTES("PK\x03\x04\x14\x00"), 1 },
        { "NUL on line 2", BYTES("a\nb\0c"), 2 },
        { "cut UTF-8 behind a BOM",
          BYTES("\xef\xbb\xbf"
                "a\n\xd0"),
          2 },
        { "damaged UTF-8", BYTES("врач\nсело\nгор\xd0,од\n"), 3 },
        { "the code page of DOS: \"примечание\"", BYTES("\xaf\xe0\xa8\xac\xa5\xe7\xa0\xad\xa8\xa5"), 1 },
        { "the code page of DOS: \"ПОКАЗАТЕЛЬ\"", BYTES("a\n\x8f\x8e\x8a\x80\x87\x80\x92\x85\x8b\x9c"), 2 },
        { "a place that CP1251 leaves empty", BYTES("\xe2\xf0\n\x98"), 2 },
        { "UTF-16 that ends in half a character", BYTES("\xff\xfe\x32\x04\x40"), 1 },
        { "UTF-16 with control characters", BYTES("\xff\xfe\x32\x04\x01\x00"), 1 },
        { "an overlong form behind a BOM", BYTES("\xef\xbb\xbf\xc0\xaf"), 1 },
        { "a surrogate behind a BOM", BYTES("\xef\xbb\xbf\xed\xa0\x80"), 1 },
    };

    (void)state;
    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        KADR_CLEANUP(kadr_buf_done) struct kadr_buf out = { 0 };
        enum kadr_charset charset;
        uint32_t line = 0;

        print_message("%s\n", cases[i].name);
        assert_int_equal(
            kadr_charset_decode((struct kadr_bytes){ (const uint8_t *)cases[i].raw, cases[i].len }, &out,
                                &charset, &line),
            KADR_EINVAL);
        assert_int_equal(line, cases[i].line);
    }
}

/* Whatever the bytes are: text that is valid UTF-8, or an error. */
static void test_any_bytes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        struct rng rng = { seed };
        uint8_t raw[64];
        size_t len = rng_below(&rng, sizeof(raw));
        KADR_CLEANUP(kadr_buf_done) struct kadr_buf out = { 0 }, again = { 0 };
        enum kadr_charset charset;
        uint32_t line;

        for (size_t i = 0; i < len; i++) {
            raw[i] = (uint8_t)(rng_below(&rng, 4) == 0 ? rng_below(&rng, 256) : 0xc0 + rng_below(&rng, 0x40));
        }
        if (kadr_charset_decode((struct kadr_bytes){ raw, len }, &out, &charset, &line) != 0) {
            continue;
        }
        /* what came out goes in again and stays as it is */
        if (kadr_charset_decode((struct kadr_bytes){ out.data, out.len }, &again, &charset, &line) != 0 ||
            charset != KADR_CHARSET_UTF8 || again.len != out.len) {
            fail_msg("seed %llu", (unsigned long long)seed);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_encoding),
        cmocka_unit_test(test_what_is_no_text),
        cmocka_unit_test(test_any_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
