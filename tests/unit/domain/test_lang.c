/* SPDX-License-Identifier: Apache-2.0 */
/* Language codes as the environment has them. */
#include "domain/lang.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void finds_the_first_known_language(void **state)
{
    (void)state;
    static const struct {
        const char *text, *code;
    } cases[] = {
        { NULL, "en" },
        { "", "en" },
        { "kk", "kk" },
        { "ru", "ru" },
        { "en", "en" },
        { "kk_KZ", "kk" },
        { "kk-KZ", "kk" },
        { "ru_RU.UTF-8", "ru" },
        { "kk.UTF-8", "kk" },
        { "ru@euro", "ru" },
        { "en:ru", "en" },
        { "de:ru", "ru" },
        { "de_DE:fr:kk:ru", "kk" },
        { "C", "en" },
        { "C.UTF-8", "en" },
        { "POSIX", "en" },
        { "rus", "en" },
        { "kkk", "en" },
        { "RU", "en" },
        { ":", "en" },
        { "::ru", "ru" },
        { "de:", "en" },
        { "xx_ru:yy", "en" },
    };
    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        assert_string_equal(kadr_lang_code(kadr_lang_parse(cases[i].text)), cases[i].code);
    }
}

static void every_language_parses_its_own_code(void **state)
{
    (void)state;
    for (int lang = 0; lang < KADR_LANG_COUNT; lang++) {
        assert_int_equal(kadr_lang_parse(kadr_lang_code((enum kadr_lang)lang)), lang);
    }
    assert_string_equal(kadr_lang_code((enum kadr_lang)99), "en");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_first_known_language),
        cmocka_unit_test(every_language_parses_its_own_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
