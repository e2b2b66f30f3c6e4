/* SPDX-License-Identifier: Apache-2.0 */
/* Double-encoded Kazakh names: repaired all, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/csv.h"
#include "domain/fold.h"
#include "domain/mojibake.h"
#include "domain/romanise.h"
#include "shipped.h"

static void expect(const char *text, enum kadr_mojibake want, const char *right)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf out;

    kadr_buf_init(&out, 0);
    assert_int_equal(kadr_mojibake_repair(text, &out), want);
    assert_string_equal(kadr_buf_str(&out), right);
}

static void every_kazakh_letter_comes_back(void **state)
{
    (void)state;
    expect("ЌЋЎЈҐЄЇЅ", KADR_MOJIBAKE_REPAIRED, "ҚҺҰӘӨҒҮҢ");
    expect("ќћўјґєїѕ", KADR_MOJIBAKE_REPAIRED, "қһұәөғүң");
    expect("Ќараєанды", KADR_MOJIBAKE_REPAIRED, "Қарағанды");
    expect("«Ўлытау» №1 – АУДАНЫ", KADR_MOJIBAKE_REPAIRED, "«Ұлытау» №1 – АУДАНЫ");
}

static void what_is_right_is_not_touched(void **state)
{
    (void)state;
    static const char *const right[] = { "",      "Қарағанды облысы", "Шығыс Қазақстан", "Ёлка",     "СЕМЕЙ",
                                         "Ілияс", "город Астана",     "Astana",          "Өскемен ☂" };

    for (size_t i = 0; i < KADR_COUNT(right); i++) {
        expect(right[i], KADR_MOJIBAKE_NONE, "");
    }
}

/* A real Kazakh letter beside a strange one: not made by that accident, so not undone. */
static void what_no_code_page_wrote_is_left(void **state)
{
    (void)state;
    expect("Ќарағанды", KADR_MOJIBAKE_MIXED, "");
    expect("Ќ漢", KADR_MOJIBAKE_MIXED, "");
}

/* The published table: 229 of its 412 Kazakh names. */
static void the_published_table_is_repaired(void **state)
{
    (void)state;
    struct kadr_bytes bytes = read_whole("tests/fixtures/kato_districts.csv");
    KADR_CLEANUP(kadr_csv_done) struct kadr_csv csv;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf out;
    struct kadr_csv_record row;
    size_t rows = 0, repaired = 0;

    kadr_buf_init(&out, 0);
    kadr_csv_init(&csv, (const char *)bytes.data, bytes.len, ',', 1);
    assert_int_equal(kadr_csv_next(&csv, &row), 0);
    assert_string_equal(row.field[3].text, "KZ_NAME");
    while (kadr_csv_next(&csv, &row) == 0) {
        kadr_buf_clear(&out);
        enum kadr_mojibake found = kadr_mojibake_repair(row.field[3].text, &out);
        bool strange = false;
        uint32_t point;
        size_t used;
        for (const char *at = row.field[3].text; (used = kadr_text_next(at, &point)) > 0; at += used) {
            strange = strange || (point > 0x7f && point != 0x0406 && point != 0x0456 && /* І і */
                                  (point < 0x0410 || point > 0x044f));
        }
        assert_int_equal(found, strange ? KADR_MOJIBAKE_REPAIRED : KADR_MOJIBAKE_NONE);
        for (const char *at = kadr_buf_str(&out); (used = kadr_text_next(at, &point)) > 0; at += used) {
            assert_true(point < 0x80 || point == 0x0406 || point == 0x0456 ||
                        (point >= 0x0410 && point <= 0x044f) || (point >= 0x0492 && point <= 0x04e9));
        }
        rows++;
        repaired += found == KADR_MOJIBAKE_REPAIRED ? 1 : 0;
    }
    assert_int_equal(rows, 412);
    assert_int_equal(repaired, 229);
    free_bytes(bytes);
}

static void names_are_romanised(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        { "АҚКӨЛ АУДАНЫ", "Akkol Audany" },
        { "Қызылорда", "Kyzylorda" },
        { "Щучинск", "Shchuchinsk" },
        { "Катон-Қарағай", "Katon-Karagay" },
        { "АЯГӨЗ  АУДАНЫ", "Ayagoz Audany" },
        { "Подъячево", "Podyachevo" },
        { "ABAI 1", "Abai 1" },
        { "Ү.Әуезов", "U.Auezov" },
    };
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf out;

    kadr_buf_init(&out, 0);
    for (size_t i = 0; i < KADR_COUNT(names); i++) {
        kadr_buf_clear(&out);
        kadr_romanise(names[i][0], &out);
        assert_string_equal(kadr_buf_str(&out), names[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kazakh_letter_comes_back),
        cmocka_unit_test(what_is_right_is_not_touched),
        cmocka_unit_test(what_no_code_page_wrote_is_left),
        cmocka_unit_test(the_published_table_is_repaired),
        cmocka_unit_test(names_are_romanised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
