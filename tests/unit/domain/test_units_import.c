/* SPDX-License-Identifier: Apache-2.0 */
/* Published tables into units.csv: every kind of row, and the result always loads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/err.h"
#include "domain/units_import.h"
#include "shipped.h"

#define CLASSIFIER "te,ab,cd,ef,hij,k,name_kaz,name_rus,nn\n"
#define TABLE      "ID,CODE,RU_NAME,KZ_NAME,CHANGE_DATE,KATO\n"
#define MOVES      "code,from,parent,successors\n"

struct world {
    struct kadr_file files[SHIPPED_FILES];
    struct kadr_units_import *import;
    struct kadr_diags diags;
    struct kadr_buf out;
    struct kadr_reference *reference; /* of the result */
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    assert_non_null(world);
    shipped_files(world->files);
    kadr_diags_init(&world->diags);
    kadr_buf_init(&world->out, 0);
    assert_int_equal(kadr_units_import_new(world->files[0].bytes, &world->diags, &world->import), 0);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    kadr_reference_unref(world->reference);
    kadr_units_import_free(world->import);
    kadr_buf_done(&world->out);
    kadr_diags_done(&world->diags);
    for (size_t i = 0; i < SHIPPED_FILES; i++) {
        free_bytes(world->files[i].bytes);
    }
    free(world);
    return 0;
}

static int add(struct world *world, const char *name, const char *text)
{
    return kadr_units_import_add(world->import, name,
                                 (struct kadr_bytes){ (const uint8_t *)text, strlen(text) }, &world->diags);
}

/* Decides, and loads what comes out beside the catalogue that ships. */
static void run(struct world *world, kadr_day close_on)
{
    struct kadr_file files[SHIPPED_FILES];

    assert_int_equal(kadr_units_import_run(world->import, close_on), 0);
    kadr_units_import_write(world->import, &world->out);
    memcpy(files, world->files, sizeof(files));
    files[0].bytes = (struct kadr_bytes){ world->out.data, world->out.len };
    assert_int_equal(kadr_reference_load(files, SHIPPED_FILES, &world->diags, &world->reference), 0);
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *older = NULL;
    assert_int_equal(kadr_reference_load(world->files, SHIPPED_FILES, NULL, &older), 0);
    assert_int_equal(kadr_reference_lost_codes(older, world->reference, &world->diags), 0);
}

static const struct kadr_unit_info *unit(const struct world *world, const char *code)
{
    kadr_unit found = kadr_unit_find(world->reference, code);

    assert_true(found != KADR_NO_UNIT);
    return kadr_unit_info(world->reference, found);
}

static const char *parent(const struct world *world, const char *code, const char *day)
{
    kadr_day on = KADR_DAY_NONE;

    assert_int_equal(kadr_day_parse(day, &on), 0);
    const struct kadr_territory *territory =
        kadr_unit_territory(world->reference, kadr_unit_find(world->reference, code), on);
    return territory != NULL ? kadr_unit_info(world->reference, territory->parent)->code : "none";
}

static size_t count(const struct world *world, enum kadr_units_act act)
{
    size_t total, found = 0;
    const struct kadr_units_change *changes = kadr_units_import_changes(world->import, &total);

    for (size_t i = 0; i < total; i++) {
        found += changes[i].act == act ? 1 : 0;
    }
    return found;
}

/* The only change of a kind. */
static const struct kadr_units_change *change(const struct world *world, enum kadr_units_act act)
{
    size_t total;
    const struct kadr_units_change *changes = kadr_units_import_changes(world->import, &total);

    assert_int_equal(count(world, act), 1);
    for (size_t i = 0; i < total; i++) {
        if (changes[i].act == act) {
            return &changes[i];
        }
    }
    return NULL;
}

static void a_classifier_gives_districts_and_towns(void **state)
{
    struct world *world = *state;

    assert_int_equal(add(world, "kato.csv",
                         CLASSIFIER "310000000,31,00,00,000,0,Жамбыл облысы,Жамбылская область,1\n"
                                    "311000000,31,10,00,000,0,Тараз қ.ә.,Тараз Г.А.,2\n"
                                    "311010000,31,10,10,000,1,Тараз қ.,г.Тараз,3\n"
                                    "313600000,31,36,00,000,0,Байзақ ауданы,Байзакский район,4\n"
                                    "313630000,31,36,30,000,0,Ақшолақ а.о.,Акшулакский с.о.,5\n"
                                    "313630100,31,36,30,100,2,Ақшолақ а.,с.Акшулак,6\n"
                                    "990000000,99,00,00,000,0,Бұл жоқ,Такой нет,7\n"),
                     0);
    run(world, KADR_DAY_NONE);
    assert_int_equal(count(world, KADR_UNITS_ADDED), 2);
    assert_int_equal(count(world, KADR_UNITS_LEFT_OUT), 3);
    assert_string_equal(unit(world, "313600000")->name[KADR_LANG_KK], "Байзақ ауданы");
    assert_string_equal(unit(world, "313600000")->name[KADR_LANG_RU], "Байзакский район");
    assert_string_equal(unit(world, "313600000")->name[KADR_LANG_EN], "Bayzak District");
    assert_int_equal(unit(world, "313600000")->level, KADR_LEVEL_DISTRICT);
    assert_string_equal(parent(world, "313600000", "2024-01-01"), "KZ-31");
    /* the town and its administration are one unit, and it has the town's name */
    assert_string_equal(unit(world, "311000000")->code, "311010000");
    assert_string_equal(unit(world, "311000000")->name[KADR_LANG_EN], "Taraz");
    assert_int_equal(kadr_unit_find(world->reference, "313630000"), KADR_NO_UNIT);
}

static void separators_and_column_order_do_not_matter(void **state)
{
    struct world *world = *state;

    assert_int_equal(
        add(world, "kato.csv",
            "nn;name_rus;te;name_kaz\n1;\"Байзакский \"\"новый\"\" район\";313600000; Байзақ ауданы \n"),
        0);
    run(world, KADR_DAY_NONE);
    assert_string_equal(unit(world, "313600000")->name[KADR_LANG_RU], "Байзакский \"новый\" район");
    assert_string_equal(unit(world, "313600000")->name[KADR_LANG_KK], "Байзақ ауданы");
}

/* Jetisu was Almaty Region until 2022-06-07: so were its districts. */
static void districts_of_a_new_region_were_the_old_ones(void **state)
{
    struct world *world = *state;

    assert_int_equal(
        add(world, "kato.csv", CLASSIFIER "333200000,33,32,00,000,0,Ақсу ауданы,Аксуский район,1\n"), 0);
    run(world, KADR_DAY_NONE);
    assert_string_equal(parent(world, "333200000", "2022-06-07"), "KZ-19");
    assert_string_equal(parent(world, "333200000", "2022-06-08"), "KZ-33");
}

static void moves_give_two_territories(void **state)
{
    struct world *world = *state;

    assert_int_equal(
        add(world, "districts.csv", TABLE "1,1930228,УЛЫТАУСКИЙ РАЙОН,ЎЛЫТАУ АУДАНЫ,2008-03-01,356000000\n"),
        0);
    assert_int_equal(add(world, "moves.csv", MOVES "356000000,2022-06-08,KZ-62,\n"), 0);
    run(world, KADR_DAY_NONE);
    assert_string_equal(parent(world, "356000000", "2022-06-07"), "KZ-35");
    assert_string_equal(parent(world, "356000000", "2022-06-08"), "KZ-62");
    assert_string_equal(unit(world, "1930228")->code, "356000000");
    assert_string_equal(unit(world, "356000000")->name[KADR_LANG_EN], "Ulytau District");
    assert_string_equal(change(world, KADR_UNITS_REPAIRED)->before, "ЎЛЫТАУ АУДАНЫ");
    assert_string_equal(change(world, KADR_UNITS_REPAIRED)->after, "ҰЛЫТАУ АУДАНЫ");
    assert_int_equal(change(world, KADR_UNITS_REPAIRED)->line, 2);
    assert_string_equal(change(world, KADR_UNITS_MOVED)->before, "KZ-35");
    assert_string_equal(change(world, KADR_UNITS_MOVED)->after, "KZ-62");
}

static void a_move_can_close(void **state)
{
    struct world *world = *state;

    assert_int_equal(add(world, "districts.csv",
                         TABLE "1,1,А РАЙОН,А АУДАНЫ,,313600000\n2,2,Б РАЙОН,Б АУДАНЫ,,314000000\n"),
                     0);
    assert_int_equal(
        add(world, "moves.csv", MOVES "313600000,2020-01-01,,314000000\n999999999,2020-01-01,,\n"), 0);
    run(world, KADR_DAY_NONE);
    assert_string_equal(parent(world, "313600000", "2019-12-31"), "KZ-31");
    assert_string_equal(parent(world, "313600000", "2020-01-01"), "none");
    assert_int_equal(unit(world, "313600000")->territory[0].successor_count, 1);
    assert_int_equal(change(world, KADR_UNITS_LEFT_OUT)->diag, KADR_DIAG_UNKNOWN_UNIT);
}

static void rows_of_one_code_are_one_unit(void **state)
{
    struct world *world = *state;

    assert_int_equal(add(world, "districts.csv",
                         TABLE "1,11,СТАРЫЙ РАЙОН (упразднен.),ЕСКІ АУДАНЫ,2019-01-01,313600000\n"
                               "2,12,БАЙЗАКСКИЙ РАЙОН,БАЙЗАЌ,2018-01-01,313600000\n"
                               "3,13,БАЙЗАКСКИЙ РАЙОН,БАЙЗАЌ АУДАНЫ,2008-01-01,313600000\n"),
                     0);
    run(world, KADR_DAY_NONE);
    assert_int_equal(count(world, KADR_UNITS_ADDED), 1);
    assert_int_equal(count(world, KADR_UNITS_ALIAS), 3);
    assert_string_equal(unit(world, "11")->code, "313600000");
    assert_string_equal(unit(world, "12")->name[KADR_LANG_KK], "БАЙЗАҚ АУДАНЫ");
    assert_int_equal(count(world, KADR_UNITS_NAMES), 1);
    /* the old name is answered with the code */
    assert_true(kadr_unit_by_name(world->reference, "Ескі ауданы") == kadr_unit_find(world->reference, "11"));
}

static void what_is_no_unit_is_told_with_the_reason(void **state)
{
    struct world *world = *state;
    static const enum kadr_diag_code wanted[] = { KADR_DIAG_UNIT_HEADING,   KADR_DIAG_UNIT_NO_CODE,
                                                  KADR_DIAG_UNIT_NO_CODE,   KADR_DIAG_UNIT_BELOW_DISTRICT,
                                                  KADR_DIAG_UNIT_NO_REGION, KADR_DIAG_UNIT_CODES_DISAGREE,
                                                  KADR_DIAG_UNIT_NO_REGION };
    size_t total;

    assert_int_equal(add(world, "districts.csv",
                         TABLE "1,1919200,РАЙОНЫ ЖАМБЫЛСКОЙ ОБЛ.,ЖАМБЫЛ ОБЛЫСЫНЫЅ АУД.,,314800000\n"
                               "2,9999999,ЗАГРАНИЦА,ШЕТЕЛ,,0\n"
                               "3,9999500,ДМП МВД РК,ЌР СІМ МПД,,\n"
                               "4,1919404,ЖАНАТАС,ЖАЅАТАС,,316020100\n"
                               "5,1919001,НЕТ ТАКОГО,ЖОЌ,,993600000\n"
                               "6,1919236,БАЙЗАКСКИЙ РАЙОН,БАЙЗАЌ АУДАНЫ,,313600000\n"
                               "7,1919204,ЖАМБЫЛСКИЙ РАЙОН,ЖАМБЫЛ АУДАНЫ,,314000000\n"
                               "8,1919999,ЖАМБЫЛСКИЙ РАЙОН,ЖАМБЫЛ АУДАНЫ,,194200000\n"
                               "9,1958401,ШЫМКЕНТ,ШЫМКЕНТ,,511010000\n"),
                     0);
    run(world, KADR_DAY_NONE);
    const struct kadr_units_change *changes = kadr_units_import_changes(world->import, &total);
    size_t at = 0;
    for (size_t i = 0; i < total; i++) {
        if (changes[i].act == KADR_UNITS_LEFT_OUT) {
            assert_true(at < KADR_COUNT(wanted));
            assert_int_equal(changes[i].diag, wanted[at++]);
        }
    }
    assert_int_equal(at, KADR_COUNT(wanted));
    assert_int_equal(kadr_unit_find(world->reference, "1919999"), KADR_NO_UNIT);
}

/* 51 was South Kazakhstan, which 61 is now. */
static void codes_under_an_old_number_are_aliases(void **state)
{
    struct world *world = *state;

    assert_int_equal(add(world, "districts.csv",
                         TABLE "1,1958203,БАЙДИБЕКА РАЙОН,БЈЙДІБЕК АУДАНЫ,2008-03-01,513600000\n"
                               "2,1960203,БАЙДИБЕКА РАЙОН,БЈЙДІБЕК АУДАНЫ,2018-07-30,613600000\n"),
                     0);
    run(world, KADR_DAY_NONE);
    assert_string_equal(unit(world, "513600000")->code, "613600000");
    assert_string_equal(unit(world, "1958203")->code, "613600000");
}

/* The classifier of after 2022 has a new code for what a table before had under the old one. */
static void coded_anew_is_the_same_unit(void **state)
{
    struct world *world = *state;

    assert_int_equal(
        add(world, "kato.csv", CLASSIFIER "103200000,10,32,00,000,0,Абай ауданы,Абайский район,1\n"), 0);
    assert_int_equal(
        add(world, "districts.csv", TABLE "1,1917201,АБАЙСКИЙ РАЙОН,АБАЙ АУДАНЫ,2008-03-01,633200000\n"), 0);
    assert_int_equal(add(world, "moves.csv", MOVES "633200000,2022-06-08,KZ-10,\n"), 0);
    run(world, KADR_DAY_NONE);
    assert_string_equal(unit(world, "633200000")->code, "103200000");
    assert_string_equal(unit(world, "1917201")->code, "103200000");
    assert_int_equal(count(world, KADR_UNITS_MOVED), 0);
    assert_string_equal(parent(world, "103200000", "2022-06-07"), "KZ-63");
    assert_int_equal(unit(world, "103200000")->territory_count, 2);
}

static void what_the_classifier_dropped_is_closed_when_asked(void **state)
{
    struct world *world = *state;
    kadr_day day = KADR_DAY_NONE;

    assert_int_equal(kadr_day_parse("2024-12-31", &day), 0);
    assert_int_equal(add(world, "districts.csv",
                         TABLE "1,1,А РАЙОН,А АУДАНЫ,,313600000\n2,2,Б РАЙОН,Б АУДАНЫ,,113200000\n"),
                     0);
    assert_int_equal(
        add(world, "kato.csv", CLASSIFIER "314000000,31,40,00,000,0,Жамбыл ауданы,Жамбылский район,1\n"), 0);
    run(world, day);
    assert_string_equal(change(world, KADR_UNITS_CLOSED)->code, "313600000");
    assert_string_equal(parent(world, "313600000", "2024-12-31"), "KZ-31");
    assert_string_equal(parent(world, "313600000", "2025-01-01"), "none");
    /* its region is not in the classifier at hand: nothing is known of it */
    assert_string_equal(parent(world, "113200000", "2025-01-01"), "KZ-11");
}

static void without_a_day_it_is_only_told(void **state)
{
    struct world *world = *state;

    assert_int_equal(add(world, "districts.csv", TABLE "1,1,А РАЙОН,А АУДАНЫ,,313600000\n"), 0);
    assert_int_equal(
        add(world, "kato.csv", CLASSIFIER "314000000,31,40,00,000,0,Жамбыл ауданы,Жамбылский район,1\n"), 0);
    run(world, KADR_DAY_NONE);
    assert_string_equal(change(world, KADR_UNITS_MISSING)->code, "313600000");
    assert_string_equal(parent(world, "313600000", "2025-01-01"), "KZ-31");
}

static void files_that_are_no_table_are_refused(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *text;
        enum kadr_diag_code code;
        uint32_t line;
    } files[] = { { "", KADR_DIAG_UNITS_SHAPE, 1 },
                  { "code,name\n1,2\n", KADR_DIAG_UNITS_SHAPE, 1 },
                  { MOVES "313600000,yesterday,KZ-31,\n", KADR_DIAG_BAD_PERIOD, 2 },
                  { CLASSIFIER "\"313600000,31\n", KADR_DIAG_CSV_MALFORMED, 2 },
                  { "te\xff", KADR_DIAG_NOT_UTF8, 0 } };

    for (size_t i = 0; i < KADR_COUNT(files); i++) {
        size_t before = world->diags.count;
        assert_int_equal(add(world, "file.csv", files[i].text), KADR_EINVAL);
        assert_int_equal(world->diags.count, before + 1);
        assert_int_equal(world->diags.items[before].code, files[i].code);
        assert_int_equal(world->diags.items[before].line, files[i].line);
    }
}

/* What an import does not change is written as it was; what was imported changes nothing the next time. */
static void importing_again_changes_nothing(void **state)
{
    struct world *world = *state;
    struct kadr_bytes table = read_whole("tests/fixtures/kato_districts.csv");
    struct kadr_bytes moves = read_whole("config/import/moves-2022-06-08.csv");
    KADR_CLEANUP(kadr_units_import_free) struct kadr_units_import *again = NULL;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf out;

    kadr_buf_init(&out, 0);
    assert_int_equal(kadr_units_import_add(world->import, "districts.csv", table, &world->diags), 0);
    assert_int_equal(kadr_units_import_add(world->import, "moves.csv", moves, &world->diags), 0);
    run(world, KADR_DAY_NONE);
    assert_int_equal(count(world, KADR_UNITS_REPAIRED), 229);
    assert_int_equal(count(world, KADR_UNITS_MOVED), 25);
    assert_int_equal(count(world, KADR_UNITS_MIXED), 0);
    assert_string_equal(unit(world, "193200000")->name[KADR_LANG_KK], "АҚСУ АУДАНЫ");
    assert_string_equal(parent(world, "193200000", "2022-06-07"), "KZ-19");
    assert_string_equal(parent(world, "193200000", "2022-06-08"), "KZ-33");
    assert_int_equal(
        kadr_units_import_new((struct kadr_bytes){ world->out.data, world->out.len }, &world->diags, &again),
        0);
    assert_int_equal(kadr_units_import_add(again, "districts.csv", table, &world->diags), 0);
    assert_int_equal(kadr_units_import_add(again, "moves.csv", moves, &world->diags), 0);
    assert_int_equal(kadr_units_import_run(again, KADR_DAY_NONE), 0);
    kadr_units_import_write(again, &out);
    assert_string_equal(kadr_buf_str(&out), kadr_buf_str(&world->out));
    free_bytes(table);
    free_bytes(moves);
}

static void nothing_imported_is_nothing_changed(void **state)
{
    struct world *world = *state;

    run(world, KADR_DAY_NONE);
    assert_int_equal(world->out.len, world->files[0].bytes.len);
    assert_memory_equal(world->out.data, world->files[0].bytes.data, world->out.len);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_classifier_gives_districts_and_towns),
        TEST(separators_and_column_order_do_not_matter),
        TEST(districts_of_a_new_region_were_the_old_ones),
        TEST(moves_give_two_territories),
        TEST(a_move_can_close),
        TEST(rows_of_one_code_are_one_unit),
        TEST(what_is_no_unit_is_told_with_the_reason),
        TEST(codes_under_an_old_number_are_aliases),
        TEST(coded_anew_is_the_same_unit),
        TEST(what_the_classifier_dropped_is_closed_when_asked),
        TEST(without_a_day_it_is_only_told),
        TEST(files_that_are_no_table_are_refused),
        TEST(importing_again_changes_nothing),
        TEST(nothing_imported_is_nothing_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
