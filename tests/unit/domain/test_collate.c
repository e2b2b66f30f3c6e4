/* SPDX-License-Identifier: Apache-2.0 */
/* The order of names in Kazakh, Russian and English. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/collate.h"

static int sign(int number)
{
    return (number > 0) - (number < 0);
}

/* Each name comes before all that follow it. */
static void in_order(enum kadr_lang lang, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            if (sign(kadr_collate(names[i], names[j], lang)) != (i > j) - (i < j)) {
                fail_msg("%s and %s", names[i], names[j]);
            }
        }
    }
}

static void the_kazakh_alphabet_has_42_letters(void **state)
{
    (void)state;
    static const char *const small[] = {
        "а", "ә", "б", "в", "г", "ғ", "д", "е", "ё", "ж", "з", "и", "й", "к",
        "қ", "л", "м", "н", "ң", "о", "ө", "п", "р", "с", "т", "у", "ұ", "ү",
        "ф", "х", "һ", "ц", "ч", "ш", "щ", "ъ", "ы", "і", "ь", "э", "ю", "я"
    };
    static const char *const capital[] = { "А", "Ә", "Б", "В", "Г", "Ғ", "Д", "Е", "Ё", "Ж", "З",
                                           "И", "Й", "К", "Қ", "Л", "М", "Н", "Ң", "О", "Ө", "П",
                                           "Р", "С", "Т", "У", "Ұ", "Ү", "Ф", "Х", "Һ", "Ц", "Ч",
                                           "Ш", "Щ", "Ъ", "Ы", "І", "Ь", "Э", "Ю", "Я" };

    assert_int_equal(KADR_COUNT(small), 42);
    in_order(KADR_LANG_KK, small, KADR_COUNT(small));
    in_order(KADR_LANG_KK, capital, KADR_COUNT(capital));
}

static void regions_are_listed_as_people_look_for_them(void **state)
{
    (void)state;
    static const char *const kk[] = { "Абай облысы",     "Ақмола облысы",    "Ақтөбе облысы",
                                      "Алматы қаласы",   "Алматы облысы",    "Астана қаласы",
                                      "Жамбыл облысы",   "Қарағанды облысы", "Қостанай облысы",
                                      "Павлодар облысы", "Ұлытау облысы",    "Шығыс Қазақстан облысы",
                                      "Шымкент қаласы" };
    static const char *const ru[] = { "Актюбинская область", "Ёлкино", "Есиль", "Жамбылская область" };

    in_order(KADR_LANG_KK, kk, KADR_COUNT(kk));
    assert_true(kadr_collate(ru[1], ru[2], KADR_LANG_RU) < 0); /* Ё is looked for as Е, л comes before с */
    assert_true(kadr_collate(ru[1], ru[2], KADR_LANG_KK) > 0); /* a letter of its own */
    in_order(KADR_LANG_RU, ru, KADR_COUNT(ru));
}

static void what_else_stands_in_names(void **state)
{
    (void)state;
    static const char *const en[] = { "1 Polyclinic", "2 Polyclinic",  "Abai Region", "Akmola Region",
                                      "Almaty",       "Almaty Region", "almatym",     "Аксу" };

    in_order(KADR_LANG_EN, en, KADR_COUNT(en));
    assert_true(kadr_collate("Almaty Region", "Almatym", KADR_LANG_EN) < 0); /* a space before letters */
    assert_true(kadr_collate("almaty", "Almaty", KADR_LANG_EN) < 0);         /* case last */
    assert_true(kadr_collate("Almaty", "almatya", KADR_LANG_EN) < 0);
    assert_true(kadr_collate("Zhambyl", "Абай", KADR_LANG_EN) < 0);
    assert_true(kadr_collate("А-Б", "А Б", KADR_LANG_KK) != 0); /* told apart, side by side */
    assert_true(kadr_collate("  А", "А", KADR_LANG_KK) != 0);
    assert_true(kadr_collate("Я", "漢", KADR_LANG_KK) < 0);
    assert_int_equal(kadr_collate("Семей", "Семей", KADR_LANG_KK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kazakh_alphabet_has_42_letters),
        cmocka_unit_test(regions_are_listed_as_people_look_for_them),
        cmocka_unit_test(what_else_stands_in_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
