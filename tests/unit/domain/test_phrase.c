/* SPDX-License-Identifier: Apache-2.0 */
/* Plural forms, and sentences with gaps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/diag.h"
#include "domain/diag_detail.h"
#include "domain/phrase.h"

static void forms_follow_the_number(void **state)
{
    (void)state;
    static const struct {
        uint64_t number;
        size_t en, ru;
    } cases[] = {
        { 0, 1, 2 },    { 1, 0, 0 },    { 2, 1, 1 },    { 4, 1, 1 },
        { 5, 1, 2 },    { 10, 1, 2 },   { 11, 1, 2 },   { 12, 1, 2 },
        { 14, 1, 2 },   { 15, 1, 2 },   { 20, 1, 2 },   { 21, 1, 0 },
        { 22, 1, 1 },   { 25, 1, 2 },   { 100, 1, 2 },  { 101, 1, 0 },
        { 111, 1, 2 },  { 112, 1, 2 },  { 121, 1, 0 },  { 124, 1, 1 },
        { 1011, 1, 2 }, { 1000, 1, 2 }, { 1001, 1, 0 }, { 18446744073709551613u, 1, 2 },
    };

    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        assert_int_equal(kadr_plural(KADR_LANG_EN, cases[i].number), cases[i].en);
        assert_int_equal(kadr_plural(KADR_LANG_RU, cases[i].number), cases[i].ru);
        assert_int_equal(kadr_plural(KADR_LANG_KK, cases[i].number), 0);
    }
}

static void says(const char *pattern, enum kadr_lang lang, const char *arg, const char *want)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf out;
    const char *args[] = { arg, "b" };

    kadr_buf_init(&out, 0);
    kadr_phrase(pattern, lang, args, KADR_COUNT(args), &out);
    assert_string_equal(kadr_buf_str(&out), want);
}

static void words_take_their_form(void **state)
{
    (void)state;
    static const char ru[] = "{0} {0:отчёт|отчёта|отчётов}, {1}";

    says(ru, KADR_LANG_RU, "1", "1 отчёт, b");
    says(ru, KADR_LANG_RU, "3", "3 отчёта, b");
    says(ru, KADR_LANG_RU, "11", "11 отчётов, b");
    says(ru, KADR_LANG_RU, "12 021", "12 021 отчёт, b");
    says(ru, KADR_LANG_RU, "1,5", "1,5 отчётов, b");
    says(ru, KADR_LANG_RU, "", " отчётов, b");
    says(ru, KADR_LANG_RU, "99999999999999999999999", "99999999999999999999999 отчётов, b");
    says("{0} {0:report|reports}", KADR_LANG_EN, "1", "1 report");
    says("{0} {0:report|reports}", KADR_LANG_EN, "2", "2 reports");
    says("{0} {0:есеп}", KADR_LANG_KK, "2", "2 есеп");
}

static void what_is_no_gap_stays(void **state)
{
    (void)state;
    says("{", KADR_LANG_EN, "x", "{");
    says("{0", KADR_LANG_EN, "x", "{0");
    says("{2} {x} {}", KADR_LANG_EN, "x", "{2} {x} {}");
    says("{0}", KADR_LANG_EN, "{1}", "{1}"); /* not looked at again */
    says("{0}", KADR_LANG_EN, NULL, "");
    says("{0:}", KADR_LANG_EN, "1", "");
    says("{0;1}", KADR_LANG_EN, "1", "{0;1}");
}

static void diagnostics_count_in_their_language(void **state)
{
    (void)state;
    struct kadr_diag diag = { .code = KADR_DIAG_TRUNCATED, .observation = -1, .arg = { "21" } };
    static const char *const wants[] = { "21 remarks are not listed", "21 замечание не показано",
                                         "21 ескерту көрсетілмеген" };
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf out;

    kadr_buf_init(&out, 0);
    for (int lang = 0; lang < KADR_LANG_COUNT; lang++) {
        kadr_buf_clear(&out);
        kadr_diag_text(&diag, (enum kadr_lang)lang, &out);
        assert_string_equal(kadr_buf_str(&out), wants[lang]);
    }
}

static void what_is_impossible_is_said_in_each_language(void **state)
{
    (void)state;
    struct kadr_diag diag = { .code = KADR_DIAG_BAD_DEFINITION,
                              .observation = -1,
                              .arg = { "expires before it is stale", "headcount" } };
    static const char *const wants[] = {
        "impossible definition of \"headcount\": expires before it is stale",
        "невозможное определение «headcount»: перестаёт действовать раньше, чем устаревает",
        "«headcount» анықтамасы мүмкін емес: ескірмей тұрып күшін жояды"
    };
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf out;

    kadr_buf_init(&out, 0);
    for (int lang = 0; lang < KADR_LANG_COUNT; lang++) {
        kadr_buf_clear(&out);
        kadr_diag_text(&diag, (enum kadr_lang)lang, &out);
        assert_string_equal(kadr_buf_str(&out), wants[lang]);
    }
    assert_string_equal(kadr_diag_detail("of a newer program", KADR_LANG_KK), "of a newer program");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_follow_the_number),
        cmocka_unit_test(words_take_their_form),
        cmocka_unit_test(what_is_no_gap_stays),
        cmocka_unit_test(diagnostics_count_in_their_language),
        cmocka_unit_test(what_is_impossible_is_said_in_each_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
