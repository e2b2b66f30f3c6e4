/* SPDX-License-Identifier: Apache-2.0 */
/* Reports as offices save them: every fault is named with its line and column, and costs its own row only. */
#include <iconv.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "client/report_csv.h"
#include "domain/shipped.h"
#include "rng.h"
#include "wire/wire.h"

#define NOW_MS INT64_C(1719800000000) /* 2024-07-01 */
#define HEADER "unit,indicator,breakdown,period,value,note\n"

/* The result of one file, with all it lives in. */
struct parsed {
    struct kadr_arena *arena;
    struct kadr_diags diags;
    struct kadr_report_csv csv;
    int err;
};

static struct kadr_reference *reference;

static struct parsed parse_bytes(const void *data, size_t len)
{
    struct parsed out = { 0 };

    assert_int_equal(kadr_arena_new(KADR_MAX_ARENA_BYTES, &out.arena), 0);
    kadr_diags_init(&out.diags);
    out.err = kadr_report_csv_parse(reference, (struct kadr_bytes){ data, len }, "report.csv", NOW_MS,
                                    out.arena, &out.csv, &out.diags);
    return out;
}

static struct parsed parse(const char *text)
{
    return parse_bytes(text, strlen(text));
}

static void parsed_done(struct parsed *parsed)
{
    kadr_diags_done(&parsed->diags);
    kadr_arena_free(parsed->arena);
}

/* ---- faults ---- */

static void check_one_diag(const char *name, const struct parsed *got, enum kadr_diag_code code,
                           uint32_t line, uint32_t column)
{
    if (got->diags.count != 1 || got->diags.items[0].code != code || got->diags.items[0].line != line ||
        got->diags.items[0].column != column) {
        for (size_t i = 0; i < got->diags.count; i++) {
            print_error("%s:%" PRIu32 ":%" PRIu32 "\n", kadr_diag_code_text(got->diags.items[i].code),
                        got->diags.items[i].line, got->diags.items[i].column);
        }
        fail_msg("%s: want %s:%" PRIu32 ":%" PRIu32, name, kadr_diag_code_text(code), line, column);
    }
}

/* Between two good rows the bad one is left out and named; the good ones stay. */
static void test_each_wrong_cell(void **state)
{
    static const struct {
        const char *row;
        enum kadr_diag_code code;
        uint32_t column;
    } cases[] = {
        { "Карагандинская область,headcount,,2024-01-01,1,", KADR_DIAG_UNIT_BY_NAME, 1 },
        { "Нигде,headcount,,2024-01-01,1,", KADR_DIAG_UNKNOWN_UNIT, 1 },
        { ",headcount,,2024-01-01,1,", KADR_DIAG_UNKNOWN_UNIT, 1 },
        { "KZ-35,headcuont,,2024-01-01,1,", KADR_DIAG_UNKNOWN_INDICATOR, 2 },
        { "KZ-35,Медицина қызметкерлері,,2024-01-01,1,", KADR_DIAG_INDICATOR_BY_NAME, 2 },
        { "KZ-35,headcount,doctor,2024-01-01,1,", KADR_DIAG_BREAKDOWN_SYNTAX, 3 },
        { "KZ-35,headcount,cadre=врачи,2024-01-01,1,", KADR_DIAG_MEMBER_BY_NAME, 3 },
        { "KZ-35,headcount,settlement=сельская местность cadre=doctor,2024-01-01,1,",
          KADR_DIAG_MEMBER_BY_NAME, 3 },
        { "KZ-35,headcount,cadre=небывалые,2024-01-01,1,", KADR_DIAG_UNKNOWN_MEMBER, 3 },
        { "KZ-35,headcount,должность=doctor,2024-01-01,1,", KADR_DIAG_UNKNOWN_DIMENSION, 3 },
        { "KZ-35,headcount,cadre=doctor cadre=midlevel,2024-01-01,1,", KADR_DIAG_DIMENSION_TWICE, 3 },
        { "KZ-35,headcount,a=a b=b c=c d=d e=e,2024-01-01,1,", KADR_DIAG_TOO_MANY_DIMENSIONS, 3 },
        { "KZ-35,headcount,,2023-02-30,1,", KADR_DIAG_BAD_PERIOD, 4 },
        { "KZ-35,headcount,,,1,", KADR_DIAG_BAD_PERIOD, 4 },
        { "KZ-35,headcount,,2024-01-01,many,", KADR_DIAG_BAD_VALUE, 5 },
        { "KZ-35,headcount,,2024-01-01,,", KADR_DIAG_VALUE_EMPTY, 5 },
        { "KZ-35,headcount,,2024-01-01,—,", KADR_DIAG_VALUE_EMPTY, 5 },
        { "KZ-35,headcount,,2024-01-01,N/A,", KADR_DIAG_VALUE_EMPTY, 5 },
        { "KZ-35,headcount,,2024-01-01,нет данных,", KADR_DIAG_VALUE_EMPTY, 5 },
        { "KZ-35,headcount,,2024-01-01,5..1,", KADR_DIAG_BAD_VALUE, 5 },
        { "KZ-35,headcount,,2024-01-01,1.5,", KADR_DIAG_TOO_PRECISE, 5 },
        { "KZ-35,headcount,,2024-01-01,99999999999999999999,", KADR_DIAG_OUT_OF_RANGE, 5 },
        { "KZ-35,headcount,,2024-01-01,?lost,", KADR_DIAG_UNKNOWN_REASON, 5 },
        { "KZ-35,headcount,,2024-01-01", KADR_DIAG_ROW_SHORT, 5 },
        { "KZ-35,headcount,,2024-01-01,1,note,more", KADR_DIAG_ROW_SHORT, 7 },
        { "KZ-35,headcount,,2024-01-01,12,3,5", KADR_DIAG_FIGURE_SPLIT, 5 },
        { "KZ-35,headcount,,2024-01-01,1,894,", KADR_DIAG_FIGURE_SPLIT, 5 },
        { "KZ-35,headcount,,2024-01-01,364,25", KADR_DIAG_FIGURE_SPLIT, 5 },
        { "KZ-35,headcount,,2024-01-01,\"1\"2,", KADR_DIAG_CSV_MALFORMED, 5 },
        { "KZ-35,headcount,\"cadre=doctor,2024-01-01,1,", KADR_DIAG_CSV_MALFORMED, 3 },
    };

    (void)state;
    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        KADR_CLEANUP(kadr_buf_done) struct kadr_buf text = { 0 };
        struct parsed got;

        kadr_buf_printf(&text, HEADER "KZ-35,headcount,,2024-01-01,7,\n%s\nKZ-35,headcount,,2024-01-02,8,\n",
                        cases[i].row);
        got = parse(kadr_buf_str(&text));
        assert_int_equal(got.err, 0);
        check_one_diag(cases[i].row, &got, cases[i].code, 3, cases[i].column);
        assert_int_equal(got.csv.rejected, 1);
        assert_int_equal(got.csv.report.observation_count, 2);
        assert_int_equal(got.csv.report.observations[0].value.lo, 7);
        assert_int_equal(got.csv.report.observations[1].value.lo, 8);
        parsed_done(&got);
    }
}

static void test_every_wrong_cell_of_a_row(void **state)
{
    /* the codes that are codes, but of nothing, are named beside what keeps the row from being sent */
    static const enum kadr_diag_code second[] = { KADR_DIAG_BAD_VALUE, KADR_DIAG_UNKNOWN_UNIT,
                                                  KADR_DIAG_UNKNOWN_MEMBER, KADR_DIAG_UNKNOWN_DIMENSION };
    struct parsed got = parse(HEADER "Нигде,nothing,x,never,many,\n"
                                     "KZ-3X,headcount,cadre=zzz zzz=doctor,2024-01-01,many,\n");

    (void)state;
    assert_int_equal(got.err, 0);
    assert_int_equal(got.csv.rejected, 2);
    assert_int_equal(got.diags.count, 9);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(got.diags.items[i].column, i + 1);
    }
    for (size_t i = 0; i < KADR_COUNT(second); i++) {
        assert_int_equal(got.diags.items[5 + i].code, second[i]);
        assert_int_equal(got.diags.items[5 + i].line, 3);
    }
    parsed_done(&got);
}

static void test_texts_that_are_too_long(void **state)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf text = { 0 };
    struct parsed got;

    (void)state;
    kadr_buf_add_str(&text, HEADER "KZ-35,headcount,,2024-01-01,1,");
    for (size_t i = 0; i <= KADR_MAX_NOTE_BYTES; i++) {
        kadr_buf_add_char(&text, 'n');
    }
    got = parse(kadr_buf_str(&text));
    check_one_diag("note", &got, KADR_DIAG_TOO_LONG, 2, 6);
    parsed_done(&got);
}

/* What concerns the file as a whole leaves nothing. */
static void test_unusable_files(void **state)
{
    static const struct {
        const char *text;
        enum kadr_diag_code code;
        uint32_t line, column;
    } cases[] = {
        { "", KADR_DIAG_EMPTY_REPORT, 0, 0 },
        { HEADER, KADR_DIAG_EMPTY_REPORT, 0, 0 },
        { "#statd: 2024-01-01\n" HEADER "KZ-35,headcount,,2024-01-01,1,\n", KADR_DIAG_HEADER_KEY_UNKNOWN, 1,
          1 },
        { "\n#remark\n" HEADER "KZ-35,headcount,,2024-01-01,1,\n", KADR_DIAG_HEADER_KEY_UNKNOWN, 2, 1 },
        { "#source: x\n#stated: 2024-02-30\n" HEADER, KADR_DIAG_HEADER_VALUE, 2, 1 },
        { "#all-or-nothing: perhaps\n" HEADER, KADR_DIAG_HEADER_VALUE, 1, 1 },
        { "#confirm: maybe\n" HEADER, KADR_DIAG_HEADER_VALUE, 1, 1 },
        { "#replaces: the last one\n" HEADER, KADR_DIAG_HEADER_VALUE, 1, 1 },
        { "#replaces:\n" HEADER, KADR_DIAG_HEADER_VALUE, 1, 1 },
        { "unit,indicator,period,value,wert\nKZ-35,headcount,2024-01-01,1,\n", KADR_DIAG_COLUMN_UNKNOWN, 1,
          5 },
        { "unit,indicator,period,value,unit\nKZ-35,headcount,2024-01-01,1,\n", KADR_DIAG_COLUMN_UNKNOWN, 1,
          5 },
        { "unit,indicator,value\nKZ-35,headcount,1\n", KADR_DIAG_COLUMN_MISSING, 1, 0 },
        { "unit,indicator,period,value\n\x01", KADR_DIAG_ENCODING, 2, 0 },
    };

    (void)state;
    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        struct parsed got = parse(cases[i].text);

        assert_int_equal(got.err, KADR_EINVAL);
        check_one_diag(cases[i].text, &got, cases[i].code, cases[i].line, cases[i].column);
        parsed_done(&got);
    }
}

/* A `#` line that is not known names those that are, and the rows below it are read all the same. */
static void test_all_faults_at_once(void **state)
{
    static const char *const keys[] = { "#source",         "#published",         "#stated",
                                        "#all-or-nothing", "#nothing-to-report", "#confirm",
                                        "#replaces" };
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf remedy = { 0 };
    struct parsed got = parse("#replace: 1204\n" HEADER "KZ-35,headcount,,2024-01-01,1,\n"
                              "KZ-35,headcount,,2024-01-01,many,\n");

    (void)state;
    assert_int_equal(got.err, KADR_EINVAL);
    assert_int_equal(got.diags.count, 2);
    assert_int_equal(got.diags.items[0].code, KADR_DIAG_HEADER_KEY_UNKNOWN);
    assert_int_equal(got.diags.items[1].code, KADR_DIAG_BAD_VALUE);
    assert_int_equal(got.csv.report.observation_count, 1);
    kadr_buf_init(&remedy, 0);
    kadr_diag_remedy(&got.diags.items[0], KADR_LANG_EN, &remedy);
    for (size_t i = 0; i < KADR_COUNT(keys); i++) {
        assert_non_null(strstr(kadr_buf_str(&remedy), keys[i]));
    }
    parsed_done(&got);
}

static void test_what_may_have_been_meant(void **state)
{
    static const struct {
        const char *row;
        size_t arg;
        const char *meant;
    } cases[] = {
        { "KZ-35,headcoun,,2024-01-01,1,", 1, "headcount" },
        { "KZ-35,zzzzzzzzzzzz,,2024-01-01,1,", 1, "" },
        { "KZ-35,headcount,settlement=врач,2024-01-01,1,", 2, "urban, rural" },
        { "KZ-35,headcount,specialty=врач-кто-то,2024-01-01,1,", 2, "" }, /* too many, and none like it */
    };

    (void)state;
    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        KADR_CLEANUP(kadr_buf_done) struct kadr_buf text = { 0 };
        struct parsed got;

        kadr_buf_printf(&text, HEADER "%s\n", cases[i].row);
        got = parse(kadr_buf_str(&text));
        assert_true(got.diags.count >= 1);
        assert_string_equal(got.diags.items[0].arg[cases[i].arg], cases[i].meant);
        parsed_done(&got);
    }
}

static void test_too_large(void **state)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf text = { 0 };
    struct parsed got;

    (void)state;
    kadr_buf_add_str(&text, HEADER);
    for (size_t i = 0; i <= KADR_MAX_OBSERVATIONS; i++) {
        kadr_buf_add_str(&text, "KZ-35,headcount,,2024-01-01,1,\n");
    }
    got = parse(kadr_buf_str(&text));
    assert_int_equal(got.err, KADR_EINVAL);
    check_one_diag("rows", &got, KADR_DIAG_TOO_MANY_OBSERVATIONS, KADR_MAX_OBSERVATIONS + 2, 0);
    parsed_done(&got);

    while (text.len <= KADR_MAX_CSV_BYTES) {
        kadr_buf_add_str(&text, "KZ-35,headcount,,2024-01-01,1,\n");
    }
    got = parse(kadr_buf_str(&text));
    assert_int_equal(got.err, KADR_EINVAL);
    check_one_diag("bytes", &got, KADR_DIAG_FILE_TOO_LARGE, 0, 0);
    parsed_done(&got);
}

/* ---- what is right ---- */

/* A note of digits is a note when it says so, and in a file whose columns a semicolon separates. */
static void test_notes_of_digits(void **state)
{
    static const char *const files[] = {
        HEADER "KZ-35,headcount,,2024-01-01,364,\"25\"\n",
        HEADER "KZ-35,headcount,,2024-01-01,\"364\",25\n",
        HEADER "KZ-35,headcount,,2024-01-01,364,2023\n",
        "unit;indicator;period;value;note\nKZ-35;headcount;2024-01-01;364;25\n",
        HEADER "KZ-35,headcount,,2024-01-01,364,25 posts\n",
    };

    (void)state;
    for (size_t i = 0; i < KADR_COUNT(files); i++) {
        struct parsed got = parse(files[i]);

        assert_int_equal(got.err, 0);
        assert_int_equal(got.diags.count, 0);
        assert_int_equal(got.csv.report.observation_count, 1);
        assert_int_equal(got.csv.report.observations[0].value.lo, 364);
        parsed_done(&got);
    }
}

/* What Excel puts around a table: its own first line, rows of separators, values in the next cell. */
static void test_excel_around_the_table(void **state)
{
    static const char *const files[] = {
        "sep=;\r\n#source: x;;;;\r\n;;;;\r\n#stated: 20.11.2023;;;;\r\n;;;;\r\n\r\n",
        "\xef\xbb\xbf\"sep=;\"\r\n#source:;x;;;\r\n#stated:;20.11.2023;;;\r\n",
        "#source:;\"x\";;;\r\n;;;;\r\n\"#stated: 20.11.2023\";;;;\r\n",
        "sep=\t\n#source:\tx\n#stated:\t2023-11-20\n",
    };

    (void)state;
    for (size_t i = 0; i < KADR_COUNT(files); i++) {
        KADR_CLEANUP(kadr_buf_done) struct kadr_buf text = { 0 };
        struct parsed got;

        kadr_buf_add_str(&text, files[i]);
        kadr_buf_add_str(
            &text, i < 3 ? "unit;indicator;period;value;\r\nKZ-35;headcount;20.11.2023;7;\r\n;;;;\r\n;;;;\r\n"
                         : "unit\tindicator\tperiod\tvalue\nKZ-35\theadcount\t2023-11-20\t7\n");
        got = parse(kadr_buf_str(&text));
        assert_int_equal(got.err, 0);
        assert_int_equal(got.diags.count, 0);
        assert_string_equal(got.csv.report.source, "x");
        assert_true(got.csv.report.stated_at_ms == kadr_day_begin_ms(kadr_day_from_civil(2023, 11, 20)));
        assert_int_equal(got.csv.report.observation_count, 1);
        assert_int_equal(got.csv.report.observations[0].value.lo, 7);
        parsed_done(&got);
    }
}

static void test_hash_lines(void **state)
{
    struct parsed got = parse("#Source: https://example.kz, page 3;;;\r\n"
                              "\"#source: \"\"quoted\"\"; twice\";;;\r\n"
                              "#published: 20.11.2023,,,\r\n"
                              "# stated : 2023-11-21\r\n"
                              "#all-or-nothing: да\r\n"
                              "#nothing-to-report: yes\r\n");
    const struct kadr_report *report = &got.csv.report;

    (void)state;
    assert_int_equal(got.err, 0);
    assert_string_equal(report->source, "\"quoted\"; twice");
    assert_int_equal(report->published, kadr_day_from_civil(2023, 11, 20));
    assert_true(report->stated_at_ms == kadr_day_begin_ms(kadr_day_from_civil(2023, 11, 21)));
    assert_true(report->all_or_nothing);
    assert_true(report->nothing_to_report);
    assert_int_equal(report->observation_count, 0);
    assert_string_equal(report->file, "report.csv");
    parsed_done(&got);
}

static void test_a_file_in_the_place_of_another(void **state)
{
    struct parsed got = parse("#confirm: иә\n#replaces: sequence:7\n" HEADER);

    (void)state;
    assert_int_equal(got.err, 0); /* everything was wrong: no row is left */
    assert_true(got.csv.report.confirmed);
    assert_string_equal(got.csv.replaces, "sequence:7");
    parsed_done(&got);
    got = parse(HEADER "KZ-35,headcount,,2024-01-01,1,\n");
    assert_int_equal(got.err, 0);
    assert_false(got.csv.report.confirmed);
    assert_string_equal(got.csv.replaces, "");
    parsed_done(&got);
}

static void test_columns_in_any_order_and_language(void **state)
{
    static const char *const files[] = {
        "VALUE\tperiod\tUnit\tIndicator\tBreakdown\n5\t2024-01-01\tKZ-35\theadcount\tcadre=doctor\n",
        "Значение;Дата;Регион;Показатель;Разрез;;\n5;01.01.2024;KZ-35;headcount;cadre=doctor;;\n",
        "Мәні;Күні;Өңір;Көрсеткіш;Бөлініс\n 5 ;01.01.2024;KZ-35;headcount;\"cadre=doctor;\"\n;;;;\n",
    };

    (void)state;
    for (size_t i = 0; i < KADR_COUNT(files); i++) {
        struct parsed got = parse(files[i]);
        const struct kadr_observation *obs;

        assert_int_equal(got.err, 0);
        assert_int_equal(got.diags.count, 0);
        assert_int_equal(got.csv.report.observation_count, 1);
        obs = &got.csv.report.observations[0];
        assert_string_equal(obs->unit, "KZ-35");
        assert_string_equal(obs->breakdown[0].dimension, "cadre");
        assert_string_equal(obs->breakdown[0].member, "doctor");
        assert_int_equal(obs->value.lo, 5);
        assert_int_equal(obs->line, 2);
        assert_int_equal(obs->column, 1);
        assert_true(got.csv.report.stated_at_ms == NOW_MS);
        parsed_done(&got);
    }
}

static void test_breakdown_separators(void **state)
{
    static const char *const breakdowns[] = {
        "cadre=doctor settlement=rural", "cadre=doctor,settlement=rural", "cadre=doctor; settlement=rural ",
        " cadre = doctor ,  settlement =rural", "cadre=doctor\xc2\xa0settlement=rural"
    };

    (void)state;
    for (size_t i = 0; i < KADR_COUNT(breakdowns); i++) {
        KADR_CLEANUP(kadr_buf_done) struct kadr_buf text = { 0 };
        struct parsed got;

        kadr_buf_printf(&text, HEADER "KZ-35,headcount,\"%s\",2024-01-01,1,\n", breakdowns[i]);
        got = parse(kadr_buf_str(&text));
        print_message("[%s]\n", breakdowns[i]);
        assert_int_equal(got.csv.report.observation_count, 1);
        assert_int_equal(got.csv.report.observations[0].breakdown_count, 2);
        assert_string_equal(got.csv.report.observations[0].breakdown[0].member, "doctor");
        assert_string_equal(got.csv.report.observations[0].breakdown[1].dimension, "settlement");
        assert_string_equal(got.csv.report.observations[0].breakdown[1].member, "rural");
        parsed_done(&got);
    }
}

static void test_values(void **state)
{
    struct parsed got = parse(HEADER "KZ-35,posts_occupied,,2024-01-01,\"1 364,25\",\n"
                                     "KZ-35,headcount,,2024-01-01,57000~1000,\n"
                                     "KZ-35,headcount,,2024-01-02,>60,\n"
                                     "KZ-35,headcount,,2024-01-03,?not_stated,\n"
                                     "KZ-35,headcount,,2024-01-04,withdrawn,\n");
    const struct kadr_observation *obs = got.csv.report.observations;

    (void)state;
    assert_int_equal(got.diags.count, 0);
    assert_int_equal(obs[0].scale, 100);
    assert_int_equal(obs[0].value.lo, 136425);
    assert_string_equal(obs[0].stated, "1364.25");
    assert_int_equal(obs[1].value.lo, 56500);
    assert_int_equal(obs[1].value.hi, 57499);
    assert_string_equal(obs[1].stated, "57000~1000");
    assert_true(obs[2].value.hi_open);
    assert_int_equal(obs[3].value.kind, KADR_VALUE_MISSING);
    assert_int_equal(obs[3].value.reason, KADR_REASON_NOT_STATED);
    assert_int_equal(obs[4].value.kind, KADR_VALUE_WITHDRAWN);
    assert_int_equal(obs[4].scale, 1);
    parsed_done(&got);
}

static void test_columns_of_a_judge(void **state)
{
    struct parsed got = parse("value,period,unit,indicator,breakdown\n5,2024-01-01,KZ-35,headcount,\n");

    (void)state;
    assert_int_equal(kadr_csv_column_of(&got.csv.places, KADR_DIAG_UNIT_OUTSIDE_SCOPE), 3);
    assert_int_equal(kadr_csv_column_of(&got.csv.places, KADR_DIAG_UNKNOWN_INDICATOR), 4);
    assert_int_equal(kadr_csv_column_of(&got.csv.places, KADR_DIAG_WRONG_DIMENSION), 5);
    assert_int_equal(kadr_csv_column_of(&got.csv.places, KADR_DIAG_PERIOD_IN_FUTURE), 2);
    assert_int_equal(kadr_csv_column_of(&got.csv.places, KADR_DIAG_OUT_OF_RANGE), 1);
    assert_int_equal(kadr_csv_column_of(&got.csv.places, KADR_DIAG_OCCURRENCE_NOT_EVENT),
                     1); /* no such column */
    parsed_done(&got);
}

/* ---- one report, saved in two ways ---- */

struct saved {
    struct kadr_buf plain, excel; /* UTF-8 comma CSV; `;`, decimal comma, dd.mm.yyyy, CP1251 */
};

static void random_row(struct rng *rng, struct saved *out)
{
    static const char *const breakdowns[] = { "", "cadre=doctor", "cadre=midlevel settlement=rural",
                                              "settlement=urban" };
    static const char *const notes[] = { "", "по данным отдела кадров", "«уточняется»; № 5" };
    struct kadr_civil day = kadr_day_to_civil((kadr_day)rng_between(rng, 18000, 19900));
    const char *breakdown = breakdowns[rng_below(rng, KADR_COUNT(breakdowns))];
    const char *note = notes[rng_below(rng, KADR_COUNT(notes))];
    long long whole = (long long)rng_between(rng, 1, 999999), part = (long long)rng_between(rng, 0, 99);

    kadr_buf_printf(&out->plain, "KZ-35,posts_occupied,%s,%04d-%02d-%02d,%lld.%02lld,\"%s\"\n", breakdown,
                    day.year, day.month, day.day, whole, part, note);
    kadr_buf_printf(&out->excel, "KZ-35;posts_occupied;%s;%02d.%02d.%04d;", breakdown, day.day, day.month,
                    day.year);
    if (whole >= 1000 && rng_below(rng, 2) == 0) {
        kadr_buf_printf(&out->excel, "%lld\xc2\xa0%03lld,%02lld;\"%s\"\r\n", whole / 1000, whole % 1000, part,
                        note);
    } else {
        kadr_buf_printf(&out->excel, "%lld,%02lld;\"%s\"\r\n", whole, part, note);
    }
}

static size_t to_cp1251(const struct kadr_buf *text, char *out, size_t room)
{
    iconv_t converter = iconv_open("CP1251", "UTF-8");
    char *from = (char *)(uintptr_t)text->data, *to = out;
    size_t left = text->len, start = room;

    assert_true(converter != (iconv_t)-1);
    assert_true(iconv(converter, &from, &left, &to, &room) != (size_t)-1);
    iconv_close(converter);
    return start - room;
}

static void check_equal(uint64_t seed, const struct kadr_report *a, const struct kadr_report *b)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf wire_a = { 0 }, wire_b = { 0 };

    for (size_t i = 0; i < a->observation_count; i++) {
        if (b->observations[i].line != a->observations[i].line) {
            fail_msg("seed %" PRIu64 ": line of row %zu", seed, i);
        }
    }
    kadr_encode_report(a, &wire_a);
    kadr_encode_report(b, &wire_b);
    if (wire_a.len != wire_b.len || memcmp(wire_a.data, wire_b.data, wire_a.len) != 0) {
        fail_msg("seed %" PRIu64 ": the observations differ", seed);
    }
}

static void test_excel_and_plain_are_one_report(void **state)
{
    static const char head_plain[] = "#source: Отчёт, таблица 4\n#published: 2023-11-20\n" HEADER;
    static const char head_excel[] = "#source: Отчёт, таблица 4;;;;;\r\n#published: 20.11.2023;;;;;\r\n"
                                     "unit;indicator;breakdown;period;value;note\r\n";

    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct rng rng = { seed };
        size_t rows = 1 + rng_below(&rng, 30);
        struct saved saved = { 0 };
        static char excel[1 << 16];
        struct parsed a, b;

        kadr_buf_add_str(&saved.plain, head_plain);
        kadr_buf_add_str(&saved.excel, head_excel);
        for (size_t i = 0; i < rows; i++) {
            random_row(&rng, &saved);
        }
        a = parse_bytes(saved.plain.data, saved.plain.len);
        b = parse_bytes(excel, to_cp1251(&saved.excel, excel, sizeof(excel)));
        if (a.err != 0 || b.err != 0 || a.csv.report.observation_count != rows ||
            b.csv.report.observation_count != rows) {
            fail_msg("seed %" PRIu64 ": rows were lost", seed);
        }
        assert_int_equal(b.csv.charset, KADR_CHARSET_CP1251);
        assert_int_equal(b.diags.items[0].code, KADR_DIAG_ENCODING_GUESSED);
        check_equal(seed, &a.csv.report, &b.csv.report);
        parsed_done(&a);
        parsed_done(&b);
        kadr_buf_done(&saved.plain);
        kadr_buf_done(&saved.excel);
    }
}

/* Any bytes: no crash, and whatever is called valid can travel. */
static void test_any_text(void **state)
{
    static const char *const parts[] = { "unit",   ",",     ";",         "\n", "\"",         "#",
                                         ":",      "KZ-35", "headcount", "\t", "2024-01-01", "value",
                                         "period", "1",     "cadre=",    "=",  "indicator",  " ",
                                         "\r",     "врач",  "..",        "~1", HEADER,       "\xff" };

    (void)state;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        struct rng rng = { seed };
        KADR_CLEANUP(kadr_buf_done) struct kadr_buf text = { 0 }, wire = { 0 };
        struct kadr_report again;
        struct parsed got;

        if (rng_below(&rng, 2) == 0) {
            kadr_buf_add_str(&text, HEADER);
        }
        for (size_t i = rng_below(&rng, 60); i > 0; i--) {
            kadr_buf_add_str(&text, parts[rng_below(&rng, KADR_COUNT(parts))]);
        }
        got = parse_bytes(kadr_buf_str(&text), text.len);
        if (got.err == 0) {
            kadr_encode_report(&got.csv.report, &wire);
            if (kadr_decode_report((struct kadr_bytes){ wire.data, wire.len }, got.arena, &again, NULL) !=
                0) {
                fail_msg("seed %" PRIu64 ": a report that the server cannot read", seed);
            }
        } else if (got.diags.count == 0) {
            fail_msg("seed %" PRIu64 ": refused without a word", seed);
        }
        parsed_done(&got);
    }
}

static int load(void **state)
{
    (void)state;
    reference = shipped_reference();
    return 0;
}

static int unload(void **state)
{
    (void)state;
    kadr_reference_unref(reference);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_wrong_cell),
        cmocka_unit_test(test_every_wrong_cell_of_a_row),
        cmocka_unit_test(test_texts_that_are_too_long),
        cmocka_unit_test(test_unusable_files),
        cmocka_unit_test(test_all_faults_at_once),
        cmocka_unit_test(test_what_may_have_been_meant),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_notes_of_digits),
        cmocka_unit_test(test_excel_around_the_table),
        cmocka_unit_test(test_hash_lines),
        cmocka_unit_test(test_a_file_in_the_place_of_another),
        cmocka_unit_test(test_columns_in_any_order_and_language),
        cmocka_unit_test(test_breakdown_separators),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_columns_of_a_judge),
        cmocka_unit_test(test_excel_and_plain_are_one_report),
        cmocka_unit_test(test_any_text),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
