/* SPDX-License-Identifier: Apache-2.0 */
/* The reference data: what ships, what is refused and where, look-ups, breakdowns. */
#include "domain/reference.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "rng.h"
#include "shipped.h"

static kadr_day day(const char *text)
{
    kadr_day result = KADR_DAY_NONE;
    assert_int_equal(kadr_day_parse(text, &result), 0);
    return result;
}

static kadr_unit unit(const struct kadr_reference *reference, const char *code)
{
    kadr_unit found = kadr_unit_find(reference, code);
    assert_int_not_equal(found, KADR_NO_UNIT);
    return found;
}

static kadr_member member(const struct kadr_reference *reference, const char *dimension, const char *code)
{
    kadr_dimension found = kadr_dimension_find(reference, dimension);
    assert_int_not_equal(found, KADR_NO_DIMENSION);
    kadr_member result = kadr_member_find(reference, found, code);
    assert_int_not_equal(result, 0);
    return result;
}

/* Small files of which the tests below spoil a line each. The country is written last on purpose. */
static const char units_head[] =
    "code,level,parent,valid_from,valid_to,successors,aliases,name_en,name_ru,name_kk\n";
static const char units_body[] = "A,region,KZ,,2022-06-07,A B,,,,\n"
                                 "A,region,KZ,2022-06-08,,,A-OLD,Aa,Аа,Аә\n"
                                 "B,region,KZ,2022-06-08,,,,Bb,Бб,Бә\n"
                                 "100,district,A,,2022-06-07,100,,,,\n"
                                 "100,district,B,2022-06-08,,,,Hh,Хх,Һһ\n"
                                 "KZ,country,,,,,,Kk,Кк,Ққ\n";
static const char members_head[] = "dimension,member,aliases,name_en,name_ru,name_kk\n";
static const char members_body[] = "cadre,doctor,dr,Doctors,врачи,дәрігерлер\n"
                                   "cadre,midlevel,,Mid,средние,орта\n"
                                   "settlement,urban,,Urban,город,қала\n"
                                   "settlement,rural,,Rural,село,ауыл\n"
                                   "measure,person,,persons,человек,адам\n"
                                   "measure,percent,,%,%,%\n";
static const char indicators_head[] =
    "code,kind,measure,scale,time,space,level,dimensions,exhaustive,stale_after_days,expires_after_days,"
    "expected,min,max,negative,name_en,name_ru,name_kk\n";
static const char indicators_body[] =
    "headcount,stock,person,1,last,sum,region,settlement cadre,cadre,400,1825,calendar,0,1000,no,H,Ч,А\n"
    "arrivals,flow,person,1,sum,sum,region,cadre,,,,none,,,no,R,П,К\n";

struct texts {
    struct kadr_buf units, indicators, members;
};

static void start_texts(struct texts *texts)
{
    kadr_buf_init(&texts->units, 0);
    kadr_buf_init(&texts->indicators, 0);
    kadr_buf_init(&texts->members, 0);
    kadr_buf_printf(&texts->units, "%s%s", units_head, units_body);
    kadr_buf_printf(&texts->indicators, "%s%s", indicators_head, indicators_body);
    kadr_buf_printf(&texts->members, "%s%s", members_head, members_body);
}

static int load_texts(const struct texts *texts, struct kadr_diags *diags, struct kadr_reference **reference)
{
    const struct kadr_file files[] = {
        { "members.csv", { texts->members.data, texts->members.len } },
        { "indicators.csv", { texts->indicators.data, texts->indicators.len } },
        { "units.csv", { texts->units.data, texts->units.len } },
    };
    return kadr_reference_load(files, KADR_COUNT(files), diags, reference);
}

static void done_texts(struct texts *texts)
{
    kadr_buf_done(&texts->units);
    kadr_buf_done(&texts->indicators);
    kadr_buf_done(&texts->members);
}

static struct kadr_reference *small_reference(void)
{
    struct kadr_reference *reference = NULL;
    struct texts texts;

    start_texts(&texts);
    assert_int_equal(load_texts(&texts, NULL, &reference), 0);
    done_texts(&texts);
    return reference;
}

static void what_ships_loads_without_a_remark(void **state)
{
    (void)state;
    struct kadr_file files[SHIPPED_FILES];
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *reference = NULL;
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags;
    size_t regions = 0;

    kadr_diags_init(&diags);
    shipped_files(files);
    assert_int_equal(kadr_reference_load(files, SHIPPED_FILES, &diags, &reference), 0);
    assert_int_equal(diags.count, 0);
    assert_int_equal(kadr_unit_count(reference), 21);
    for (size_t u = 0; u < kadr_unit_count(reference); u++) {
        regions += kadr_unit_info(reference, (kadr_unit)u)->level == KADR_LEVEL_REGION;
    }
    assert_int_equal(regions, 20);
    assert_true(kadr_indicator_count(reference) >= 58);
    for (size_t i = 0; i < SHIPPED_FILES; i++) {
        free_bytes(files[i].bytes);
    }
}

static void regions_answer_to_old_codes_and_kato(void **state)
{
    (void)state;
    static const char *const same[][2] = {
        { "KZ-KAR", "KZ-35" },    { "350000000", "KZ-35" }, { "KZ-YUZ", "KZ-61" }, { "KZ-AST", "KZ-71" },
        { "100000000", "KZ-10" }, { "KAZ", "KZ" },          { "KZ-35", "KZ-35" },
    };
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *reference = shipped_reference();

    for (size_t i = 0; i < KADR_COUNT(same); i++) {
        assert_string_equal(kadr_unit_info(reference, unit(reference, same[i][0]))->code, same[i][1]);
    }
    assert_int_equal(kadr_unit_find(reference, "kz-35"), KADR_NO_UNIT);
    assert_int_equal(kadr_unit_find(reference, "Карагандинская область"), KADR_NO_UNIT);
    assert_int_equal(kadr_unit_find(reference, ""), KADR_NO_UNIT);
}

static void names_are_found_as_people_write_them(void **state)
{
    (void)state;
    static const char *const same[][2] = {
        { "Карагандинская область", "KZ-35" },
        { "  карагандинская   ОБЛ. ", "KZ-35" },
        { "Қарағанды", "KZ-35" },
        { "Karaganda Region", "KZ-35" },
        { "Жетісу облысы", "KZ-33" },
        { "Жет\xD1\x96су", "KZ-33" },
        { "Жетiсу", "KZ-33" }, /* a Latin i */
        { "Жетысу", "KZ-33" },
        { "Северо–Казахстанская\xC2\xA0область", "KZ-59" },
        { "Алматы", "KZ-75" },
        { "Алматы облысы", "KZ-19" },
        { "г. Астана", "KZ-71" },
        { "Нур-Султан", "KZ-71" },
        { "Республика Казахстан", "KZ" },
    };
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *reference = shipped_reference();

    for (size_t i = 0; i < KADR_COUNT(same); i++) {
        kadr_unit found = kadr_unit_by_name(reference, same[i][0]);
        if (found == KADR_NO_UNIT || strcmp(kadr_unit_info(reference, found)->code, same[i][1]) != 0) {
            fail_msg("%s is not %s", same[i][0], same[i][1]);
        }
    }
    assert_int_equal(kadr_unit_by_name(reference, "Алматы ауданы"), KADR_NO_UNIT); /* two are short for it */
    assert_int_equal(kadr_unit_by_name(reference, "область"), KADR_NO_UNIT);
    assert_int_equal(kadr_unit_by_name(reference, ""), KADR_NO_UNIT);
    assert_int_equal(kadr_unit_by_name(reference, "\xff"), KADR_NO_UNIT);
    assert_int_equal(kadr_unit_by_name(reference, "Атлантида"), KADR_NO_UNIT);
    assert_string_equal(
        kadr_indicator_info(reference, kadr_indicator_by_name(reference, "численность  Населения"))->code,
        "population");
    kadr_dimension cadre = kadr_dimension_find(reference, "cadre");
    assert_int_equal(kadr_member_by_name(reference, cadre, "Врачи"), member(reference, "cadre", "doctor"));
    assert_int_equal(kadr_member_by_name(reference, cadre, "село"), 0);
    assert_int_equal(member(reference, "facility_type", "SVA"), member(reference, "facility_type", "va"));
    assert_int_equal(member(reference, "specialty", "gp"),
                     member(reference, "specialty", "general_practice"));
}

static void the_split_of_2022_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *old, *made;
    } splits[] = { { "KZ-35", "KZ-62" }, { "KZ-63", "KZ-10" }, { "KZ-19", "KZ-33" } };
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *reference = shipped_reference();

    for (size_t i = 0; i < KADR_COUNT(splits); i++) {
        kadr_unit old = unit(reference, splits[i].old), made = unit(reference, splits[i].made);
        const struct kadr_territory *before = kadr_unit_territory(reference, old, day("2022-06-07"));
        const struct kadr_territory *after = kadr_unit_territory(reference, old, day("2022-06-08"));
        assert_non_null(before);
        assert_ptr_not_equal(before, after);
        assert_int_equal(before->successor_count, 2);
        assert_true((before->successors[0] == old && before->successors[1] == made) ||
                    (before->successors[1] == old && before->successors[0] == made));
        assert_int_equal(after->to, KADR_DAY_MAX);
        assert_null(kadr_unit_territory(reference, made, day("2022-06-07")));
        assert_non_null(kadr_unit_territory(reference, made, day("2022-06-08")));
    }
    assert_null(kadr_unit_territory(reference, unit(reference, "KZ-79"), day("2018-06-18")));
}

static void the_tree_knows_every_territory(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *reference = small_reference();
    kadr_unit country = unit(reference, "KZ"), a = unit(reference, "A"), b = unit(reference, "B"),
              district = unit(reference, "100");

    assert_int_equal(kadr_unit_country(reference), country);
    assert_int_equal(kadr_unit_parent(reference, country, 0), KADR_NO_UNIT);
    assert_int_equal(kadr_unit_parent(reference, district, day("2020-01-01")), a);
    assert_int_equal(kadr_unit_parent(reference, district, day("2022-06-08")), b);
    assert_int_equal(kadr_unit_parent(reference, b, day("1990-01-01")), country); /* nearest */
    assert_true(kadr_unit_within(reference, district, a));
    assert_true(kadr_unit_within(reference, district, b));
    assert_true(kadr_unit_within(reference, district, country));
    assert_true(kadr_unit_within(reference, a, a));
    assert_false(kadr_unit_within(reference, a, b));
    assert_false(kadr_unit_within(reference, country, a));
    assert_string_equal(kadr_unit_info(reference, district)->path, "KZ/B/100/");
    assert_string_equal(kadr_unit_info(reference, country)->path, "KZ/");
    assert_int_equal(kadr_unit_info(reference, a)->child_count, 1);
    assert_int_equal(kadr_unit_info(reference, a)->children[0], district);
    assert_int_equal(kadr_unit_info(reference, b)->children[0], district);
    assert_int_equal(kadr_unit_info(reference, district)->child_count, 0);
    assert_int_equal(kadr_unit_info(reference, country)->child_count, 2);
    assert_int_equal(kadr_unit_info(reference, country)->children[0], a);
    assert_int_equal(kadr_unit_info(reference, country)->children[1], b);
    assert_string_equal(kadr_unit_info(reference, a)->name[KADR_LANG_KK], "Аә");
}

static void an_indicator_is_what_its_row_says(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *reference = small_reference();
    const struct kadr_indicator_info *info =
        kadr_indicator_info(reference, kadr_indicator_find(reference, "headcount"));
    kadr_dimension cadre = kadr_dimension_find(reference, "cadre");

    assert_int_equal(info->kind, KADR_KIND_STOCK);
    assert_int_equal(info->time, KADR_TIME_LAST);
    assert_int_equal(info->space, KADR_SPACE_SUM);
    assert_int_equal(info->level, KADR_LEVEL_REGION);
    assert_int_equal(info->scale, 1);
    assert_true(info->expected);
    assert_false(info->may_be_negative);
    assert_int_equal(info->stale_after_days, 400);
    assert_int_equal(info->expires_after_days, 1825);
    assert_int_equal(info->min, 0);
    assert_int_equal(info->max, 1000);
    assert_string_equal(info->measure, "person");
    assert_string_equal(info->measure_name[KADR_LANG_RU], "человек");
    assert_int_equal(info->dimension_count, 2);
    assert_int_equal(info->dimensions[1], cadre);
    assert_int_equal(info->exhaustive_count, 1);
    assert_int_equal(info->exhaustive[0], cadre);
    assert_true(kadr_indicator_takes(info, cadre));
    info = kadr_indicator_info(reference, kadr_indicator_find(reference, "arrivals"));
    assert_int_equal(info->time, KADR_TIME_SUM);
    assert_int_equal(info->min, INT64_MIN);
    assert_int_equal(info->max, INT64_MAX);
    assert_false(info->expected);
    assert_false(kadr_indicator_takes(info, kadr_dimension_find(reference, "settlement")));
    assert_int_equal(kadr_indicator_find(reference, "nothing"), KADR_NO_INDICATOR);
    assert_int_equal(kadr_dimension_find(reference, "nothing"), KADR_NO_DIMENSION);
    assert_int_equal(kadr_member_find(reference, cadre, "rural"), 0);
    assert_int_equal(kadr_member_find(reference, cadre, "dr"), member(reference, "cadre", "doctor"));
}

/* A line added to, or taken from, one of the small files, and the first thing that must be said. */
struct fault {
    char file; /* u i m */
    const char *cut, *put;
    enum kadr_diag_code code;
    uint32_t line, column;
    const char *arg;
};

static const struct fault faults[] = {
    { 'u', "code,", "kode,", KADR_DIAG_COLUMN_UNKNOWN, 1, 1, "kode" },
    { 'u', "name_kk", "name_ru", KADR_DIAG_COLUMN_UNKNOWN, 1, 10, "name_ru" },
    { 'm', ",aliases", "", KADR_DIAG_COLUMN_MISSING, 1, 0, "aliases" },
    { 'm', "cadre,doctor,dr,", "cadre,doctor,", KADR_DIAG_ROW_SHORT, 2, 0, "5" },
    { 'm', "Doctors", "\"Doctors", KADR_DIAG_CSV_MALFORMED, 2, 4, NULL },
    { 'm', "Doctors", "Do\xff", KADR_DIAG_NOT_UTF8, 0, 0, "members.csv" },
    { 'u', "KZ,country,,", "KZ,realm,,", KADR_DIAG_UNKNOWN_VALUE, 7, 2, "realm" },
    { 'u', "KZ,country,,", "KZ,country,A,", KADR_DIAG_BAD_DEFINITION, 7, 0, "a country has no parent" },
    { 'u', "B,region,KZ,", "B,region,XX,", KADR_DIAG_UNKNOWN_UNIT, 4, 0, "XX" },
    { 'u', "B,region,KZ,", "B,region,,", KADR_DIAG_UNKNOWN_UNIT, 4, 0, "" },
    { 'u', "B,region,KZ,", "B,region,100,", KADR_DIAG_BAD_DEFINITION, 4, 0,
      "the parent's level is not above" },
    { 'u', "B,region,KZ,", "B,region,B,", KADR_DIAG_CYCLE, 4, 0, "B" },
    { 'u', "A,region,KZ,,2022-06-07,A B", "A,region,KZ,,2022-06-07,A C", KADR_DIAG_UNKNOWN_UNIT, 2, 0, "C" },
    { 'u', "A,region,KZ,,2022-06-07,A B", "A,region,KZ,,2022-05-07,A B", KADR_DIAG_BAD_DEFINITION, 2, 0,
      "the successor does not exist on the day after" },
    { 'u', "A,region,KZ,,2022-06-07,", "A,region,KZ,,2022-06-08,", KADR_DIAG_BAD_DEFINITION, 3, 4,
      "overlaps the version before it" },
    { 'u', "B,region,KZ,2022-06-08,,", "B,region,KZ,2022-06-08,,A", KADR_DIAG_BAD_DEFINITION, 4, 0,
      "successors of a version that lasts" },
    { 'u', "B,region,KZ,2022-06-08,,", "B,region,KZ,2022-06-08,2022-06-01,", KADR_DIAG_BAD_DEFINITION, 4, 5,
      "ends before it begins" },
    { 'u', "B,region,KZ,2022-06-08", "B,region,KZ,2022-06-31", KADR_DIAG_BAD_PERIOD, 4, 4, "2022-06-31" },
    { 'u', "Бә", "", KADR_DIAG_BAD_DEFINITION, 4, 0, "name missing" },
    { 'u', "B,region", "B/C,region", KADR_DIAG_BAD_DEFINITION, 4, 1, NULL },
    { 'u', "KZ,country", "A,region,KZ,2023-01-01,,,,x,x,x\nKZ,country", KADR_DIAG_DUPLICATE_CODE, 7, 0, "A" },
    { 'u', "A-OLD", "B", KADR_DIAG_DUPLICATE_CODE, 4, 0, "B" },
    { 'u', "100,district,B", "100,facility,B", KADR_DIAG_BAD_DEFINITION, 6, 2, "one code, two levels" },
    { 'u', "KZ,country,,,,,,Kk,Кк,Ққ\n", "", KADR_DIAG_UNKNOWN_UNIT, 2, 0, "KZ" },
    { 'm', "cadre,midlevel", "cadre,doctor", KADR_DIAG_DUPLICATE_CODE, 3, 0, "doctor" },
    { 'm', "cadre,midlevel,,", "cadre,midlevel,dr,", KADR_DIAG_DUPLICATE_CODE, 3, 0, "dr" },
    { 'm', "settlement,rural", "cadre,rural", KADR_DIAG_BAD_DEFINITION, 5, 1,
      "the rows of a dimension stand together" },
    { 'm', "cadre,doctor", "cadre,док", KADR_DIAG_BAD_DEFINITION, 2, 2, NULL },
    { 'm', "врачи", "", KADR_DIAG_BAD_DEFINITION, 2, 5, "name missing" },
    { 'm', "cadre,doctor", "cadre,d234567890123456789012345678901234567890123456789", KADR_DIAG_TOO_LONG, 2,
      2, NULL },
    { 'i', "headcount,stock", "headcount,stork", KADR_DIAG_UNKNOWN_VALUE, 2, 2, "stork" },
    { 'i', "headcount,stock,person,1,last", "headcount,stock,person,1,lost", KADR_DIAG_UNKNOWN_VALUE, 2, 5,
      "lost" },
    { 'i', "1,last,sum", "1,last,some", KADR_DIAG_UNKNOWN_VALUE, 2, 6, "some" },
    { 'i', "last,sum,region", "last,sum,planet", KADR_DIAG_UNKNOWN_VALUE, 2, 7, "planet" },
    { 'i', "person,1,last", "person,7,last", KADR_DIAG_UNKNOWN_VALUE, 2, 4, "7" },
    { 'i', "stock,person", "stock,parsec", KADR_DIAG_UNKNOWN_VALUE, 2, 3, "parsec" },
    { 'i', "calendar", "sometimes", KADR_DIAG_UNKNOWN_VALUE, 2, 12, "sometimes" },
    { 'i', "1000,no", "1000,maybe", KADR_DIAG_UNKNOWN_VALUE, 2, 15, "maybe" },
    { 'i', "400,1825", "x,1825", KADR_DIAG_UNKNOWN_VALUE, 2, 10, "x" },
    { 'i', "400,1825", "400,399", KADR_DIAG_BAD_DEFINITION, 2, 11, "expires before it is stale" },
    { 'i', "cadre,,,,none", "cadre,,9,,none", KADR_DIAG_BAD_DEFINITION, 3, 10,
      "only a last value goes stale" },
    { 'i', "0,1000,no", "5..6,1000,no", KADR_DIAG_BAD_VALUE, 2, 13, "5..6" },
    { 'i', "0,1000,no", "0.5,1000,no", KADR_DIAG_BAD_VALUE, 2, 13, "0.5" },
    { 'i', "0,1000,no", "2000,1000,no", KADR_DIAG_BAD_DEFINITION, 2, 14, "max lies below min" },
    { 'i', "stock,person,1,last", "stock,person,1,sum", KADR_DIAG_BAD_DEFINITION, 2, 5, NULL },
    { 'i', "stock,person,1,last", "stock,percent,1,last", KADR_DIAG_BAD_DEFINITION, 2, 6,
      "this measure does not add over regions" },
    { 'i', "stock,person,1,last", "parameter,person,1,last", KADR_DIAG_BAD_DEFINITION, 2, 6,
      "this measure does not add over regions" },
    { 'i', "arrivals,flow,person,1,sum,sum", "arrivals,flow,percent,1,sum,none", KADR_DIAG_BAD_DEFINITION, 3,
      5, "this measure does not add over time" },
    { 'i', "1,last,sum", "1,last,ratio", KADR_DIAG_BAD_DEFINITION, 2, 6, NULL },
    { 'i', "arrivals,flow", "headcount,flow", KADR_DIAG_DUPLICATE_CODE, 3, 0, "headcount" },
    { 'i', "settlement cadre,cadre", "settlement,cadre", KADR_DIAG_BAD_DEFINITION, 2, 9,
      "exhaustive, but not among its dimensions" },
    { 'i', "settlement cadre,", "cadre cadre,", KADR_DIAG_BAD_DEFINITION, 2, 8, "a dimension named twice" },
    { 'i', "settlement cadre,", "settlement colour,", KADR_DIAG_UNKNOWN_DIMENSION, 2, 8, "colour" },
    { 'i', "settlement cadre,", "settlement measure,", KADR_DIAG_UNKNOWN_DIMENSION, 2, 8, "measure" },
    { 'i', ",H,Ч,А", ",H,,А", KADR_DIAG_BAD_DEFINITION, 2, 17, "name missing" },
};

static void replace(struct kadr_buf *buf, const char *cut, const char *put)
{
    struct kadr_buf changed;
    const char *text = kadr_buf_str(buf), *at = strstr(text, cut);

    assert_non_null(at);
    kadr_buf_init(&changed, 0);
    kadr_buf_add(&changed, text, (size_t)(at - text));
    kadr_buf_add_str(&changed, put);
    kadr_buf_add_str(&changed, at + strlen(cut));
    kadr_buf_done(buf);
    *buf = changed;
}

static const struct kadr_diag *find_diag(const struct kadr_diags *diags, const struct fault *fault,
                                         const char *file)
{
    for (size_t i = 0; i < diags->count; i++) {
        const struct kadr_diag *diag = &diags->items[i];
        if (diag->code == fault->code && diag->line == fault->line && diag->column == fault->column &&
            strcmp(diag->file, file) == 0 && (fault->arg == NULL || strcmp(diag->arg[0], fault->arg) == 0)) {
            return diag;
        }
    }
    return NULL;
}

static void print_diags(const struct kadr_diags *diags)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf buf;

    kadr_buf_init(&buf, 0);
    for (size_t i = 0; i < diags->count; i++) {
        kadr_buf_clear(&buf);
        kadr_diag_line(&diags->items[i], NULL, KADR_LANG_EN, &buf);
        print_error("%s\n", kadr_buf_str(&buf));
    }
}

static void every_fault_is_told_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < KADR_COUNT(faults); i++) {
        const struct fault *fault = &faults[i];
        KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags;
        struct kadr_reference *reference = NULL;
        struct texts texts;

        kadr_diags_init(&diags);
        start_texts(&texts);
        struct kadr_buf *spoilt = fault->file == 'u'   ? &texts.units
                                  : fault->file == 'i' ? &texts.indicators
                                                       : &texts.members;
        replace(spoilt, fault->cut, fault->put);
        int err = load_texts(&texts, &diags, &reference);
        const char *file = fault->file == 'u'   ? "units.csv"
                           : fault->file == 'i' ? "indicators.csv"
                                                : "members.csv";
        if (err != KADR_EINVAL || reference != NULL || find_diag(&diags, fault, file) == NULL) {
            print_diags(&diags);
            fail_msg("fault %zu (%s for %s): not told", i, fault->put, fault->cut);
        }
        done_texts(&texts);
    }
}

static void all_errors_are_told_at_once(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags;
    struct kadr_reference *reference = NULL;
    struct texts texts;

    kadr_diags_init(&diags);
    start_texts(&texts);
    replace(&texts.units, "B,region,KZ", "B,region,XX");
    replace(&texts.members, "врачи", "");
    replace(&texts.indicators, "headcount,stock", "headcount,stork");
    assert_int_equal(load_texts(&texts, &diags, &reference), KADR_EINVAL);
    assert_int_equal(diags.errors, 3);
    assert_null(diags.file);
    done_texts(&texts);
}

/* The cause, and not the rows of another file that refer to what it spoilt. */
static void a_fault_has_no_followers(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
        enum kadr_diag_code code;
    } cases[] = {
        { "settlement,rural", "cadre,rural", KADR_DIAG_BAD_DEFINITION },
        { "dimension,", "dimension,,", KADR_DIAG_COLUMN_UNKNOWN },
    };

    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags;
        struct kadr_reference *reference = NULL;
        struct texts texts;

        kadr_diags_init(&diags);
        start_texts(&texts);
        replace(&texts.members, cases[i].from, cases[i].to);
        assert_int_equal(load_texts(&texts, &diags, &reference), KADR_EINVAL);
        assert_int_equal(diags.items[0].code, cases[i].code);
        assert_string_equal(diags.items[0].file, "members.csv");
        assert_int_equal(diags.errors, 1);
        done_texts(&texts);
    }
}

static void exactly_the_three_files_are_taken(void **state)
{
    (void)state;
    static const char *const names[][4] = {
        { "units.csv", "members.csv", NULL, NULL },
        { "units.csv", "members.csv", "indicators.csv", "notes.csv" },
        { "units.csv", "members.csv", "indicators.csv", "units.csv" },
        { "units.csv", "members.csv", "members.csv", NULL },
    };
    for (size_t i = 0; i < KADR_COUNT(names); i++) {
        struct kadr_reference *reference = NULL;
        struct kadr_file files[4];
        size_t count = 0;
        struct texts texts;

        start_texts(&texts);
        for (; count < 4 && names[i][count] != NULL; count++) {
            const struct kadr_buf *text = names[i][count][0] == 'u'   ? &texts.units
                                          : names[i][count][0] == 'i' ? &texts.indicators
                                                                      : &texts.members;
            files[count] = (struct kadr_file){ names[i][count], { text->data, text->len } };
        }
        assert_int_equal(kadr_reference_load(files, count, NULL, &reference), KADR_EINVAL);
        done_texts(&texts);
    }
    struct kadr_reference *none = NULL;
    assert_int_equal(kadr_reference_load(NULL, 0, NULL, &none), KADR_EINVAL);
}

/* Loads and says how often `code` was told; takes the texts. */
static size_t load_and_count(struct texts *texts, enum kadr_diag_code code)
{
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags;
    struct kadr_reference *reference = NULL;
    size_t count = 0;

    kadr_diags_init(&diags);
    int err = load_texts(texts, &diags, &reference);
    for (size_t i = 0; i < diags.count; i++) {
        count += diags.items[i].code == code;
    }
    assert_int_equal(err, diags.errors > 0 ? KADR_EINVAL : 0);
    kadr_reference_unref(reference);
    done_texts(texts);
    return count;
}

static void limits_are_told(void **state)
{
    (void)state;
    struct texts texts;

    for (size_t extra = 0; extra <= 1; extra++) {
        start_texts(&texts); /* holds 2 indicators */
        for (size_t i = 2; i < KADR_MAX_INDICATORS + extra; i++) {
            kadr_buf_printf(&texts.indicators, "i%zu,flow,person,1,sum,sum,region,,,,,none,,,no,R,П,К\n", i);
        }
        assert_int_equal(load_and_count(&texts, KADR_DIAG_TOO_MANY_ROWS), extra);
        start_texts(&texts); /* holds 6 members */
        for (size_t i = 6; i < KADR_MAX_MEMBERS + extra; i++) {
            kadr_buf_printf(&texts.members, "many,m%zu,,M,М,М\n", i);
        }
        assert_int_equal(load_and_count(&texts, KADR_DIAG_TOO_MANY_ROWS), extra);
        start_texts(&texts); /* holds 3 dimensions */
        for (size_t i = 3; i < KADR_MAX_DIMENSION_CODES + extra; i++) {
            kadr_buf_printf(&texts.members, "d%zu,one,,M,М,М\n", i);
        }
        assert_int_equal(load_and_count(&texts, KADR_DIAG_TOO_MANY_ROWS), extra);
        start_texts(&texts);
        for (size_t i = 0; i < KADR_MAX_TERRITORIES + extra; i++) {
            kadr_buf_printf(&texts.units, "C,region,KZ,20%zu0-01-01,20%zu0-12-31,,,C,С,С\n", i, i);
        }
        assert_int_equal(load_and_count(&texts, KADR_DIAG_TOO_MANY_ROWS), extra);
        start_texts(&texts);
        replace(&texts.units, "A,region,KZ,,2022-06-07,A B",
                extra > 0 ? "A,region,KZ,,2022-06-07,A B A B A" : "A,region,KZ,,2022-06-07,A B A B");
        assert_int_equal(load_and_count(&texts, KADR_DIAG_BAD_DEFINITION), extra);
        start_texts(&texts);
        while (texts.members.len + texts.units.len + texts.indicators.len <
               KADR_MAX_REFERENCE_BYTES + extra) {
            kadr_buf_add_char(&texts.units, '\n');
        }
        assert_int_equal(load_and_count(&texts, KADR_DIAG_FILE_TOO_LARGE), extra);
    }
}

static void the_version_is_the_bytes(void **state)
{
    (void)state;
    struct kadr_file files[SHIPPED_FILES], turned[SHIPPED_FILES];
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *one = NULL;
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *same = NULL;
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *other = NULL;

    shipped_files(files);
    for (size_t i = 0; i < SHIPPED_FILES; i++) {
        turned[i] = files[SHIPPED_FILES - 1 - i];
    }
    assert_int_equal(kadr_reference_load(files, SHIPPED_FILES, NULL, &one), 0);
    assert_int_equal(kadr_reference_load(turned, SHIPPED_FILES, NULL, &same), 0);
    assert_true(kadr_digest_equal(kadr_reference_version(one), kadr_reference_version(same)));
    files[0].bytes.len--; /* the last line end: the same rows, another version */
    assert_int_equal(kadr_reference_load(files, SHIPPED_FILES, NULL, &other), 0);
    assert_false(kadr_digest_equal(kadr_reference_version(one), kadr_reference_version(other)));
    for (size_t i = 0; i < SHIPPED_FILES; i++) {
        free_bytes(files[i].bytes);
    }
}

static void a_lost_code_is_named_and_an_alias_is_not_lost(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *older = small_reference();
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *newer = NULL;
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags;
    struct texts texts;

    kadr_diags_init(&diags);
    assert_int_equal(kadr_reference_lost_codes(older, older, &diags), 0);
    start_texts(&texts);
    replace(&texts.units, "100,district,A", "101,district,A");
    replace(&texts.units, "A,,2022-06-07,100", "A,,2022-06-07,101");
    replace(&texts.units, "100,district,B", "101,district,B");
    replace(&texts.indicators, "arrivals,", "came,");
    replace(&texts.members, "cadre,midlevel,,", "cadre,middle,midlevel,");
    replace(&texts.members, "settlement,rural", "settlement,village");
    assert_int_equal(load_texts(&texts, NULL, &newer), 0);
    assert_int_equal(kadr_reference_lost_codes(older, newer, &diags), 3);
    assert_int_equal(diags.count, 3);
    assert_string_equal(diags.items[0].arg[0], "100");
    assert_string_equal(diags.items[1].arg[0], "arrivals");
    assert_string_equal(diags.items[2].arg[0], "settlement=rural");
    assert_int_equal(kadr_reference_lost_codes(older, newer, NULL), 3);
    done_texts(&texts);
}

/* What was stated of A-OLD stands with A: nothing can take it apart again. */
static void a_freed_alias_is_named(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *older = small_reference();
    static const struct {
        char file;
        const char *cut, *put, *alias;
    } freed[] = {
        { 'u', "A-OLD", "", "A-OLD" },
        { 'u', "A-OLD,Aa,Аа,Аә\n", ",Aa,Аа,Аә\nA-OLD,region,KZ,,,,,O,O,O\n", "A-OLD" },
        { 'u', "A-OLD,Aa,Аа,Аә\nB,region,KZ,2022-06-08,,,,", ",Aa,Аа,Аә\nB,region,KZ,2022-06-08,,,A-OLD,",
          "A-OLD" },
        { 'm', "cadre,doctor,dr,Doctors,врачи,дәрігерлер\n", "cadre,doctor,,D,в,д\ncadre,dr,,E,е,е\n",
          "cadre=dr" },
    };

    for (size_t i = 0; i < KADR_COUNT(freed); i++) {
        KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *newer = NULL;
        KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags;
        struct texts texts;

        kadr_diags_init(&diags);
        start_texts(&texts);
        replace(freed[i].file == 'u' ? &texts.units : &texts.members, freed[i].cut, freed[i].put);
        assert_int_equal(load_texts(&texts, NULL, &newer), 0);
        assert_int_equal(kadr_reference_lost_codes(older, newer, &diags), 1);
        assert_int_equal(diags.items[0].code, KADR_DIAG_ALIAS_FREED);
        assert_string_equal(diags.items[0].arg[0], freed[i].alias);
        done_texts(&texts);
    }
}

/* The better code for the same thing may change places with its alias. */
static void an_alias_that_becomes_the_code_is_not_freed(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *older = small_reference();
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *newer = NULL;
    struct texts texts;

    start_texts(&texts);
    replace(&texts.members, "cadre,doctor,dr,", "cadre,dr,doctor,");
    assert_int_equal(load_texts(&texts, NULL, &newer), 0);
    assert_int_equal(kadr_reference_lost_codes(older, newer, NULL), 0);
    done_texts(&texts);
}

static void a_breakdown_is_a_set(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *reference = shipped_reference();
    kadr_member rural = member(reference, "settlement", "rural"),
                urban = member(reference, "settlement", "urban"),
                doctor = member(reference, "cadre", "doctor"), sex = member(reference, "sex", "female"),
                age = member(reference, "age_group", "lt25"), gp = member(reference, "specialty", "gp");
    kadr_dimension settlement = kadr_dimension_find(reference, "settlement");
    kadr_breakdown one = 0, other = 0;
    char text[KADR_BREAKDOWN_TEXT_BYTES];

    assert_string_equal(kadr_breakdown_format(reference, 0, text), "");
    assert_int_equal(kadr_breakdown_add(reference, &one, rural), 0);
    assert_int_equal(kadr_breakdown_add(reference, &one, doctor), 0);
    assert_int_equal(kadr_breakdown_add(reference, &other, doctor), 0);
    assert_int_equal(kadr_breakdown_add(reference, &other, rural), 0);
    assert_true(one == other);
    assert_string_equal(kadr_breakdown_format(reference, one, text), "cadre=doctor settlement=rural");
    assert_int_equal(kadr_breakdown_add(reference, &one, urban), KADR_EEXIST);
    assert_true(one == other);
    assert_true(kadr_breakdown_has(reference, one, settlement));
    kadr_breakdown dropped = kadr_breakdown_drop(reference, one, settlement);
    assert_false(kadr_breakdown_has(reference, dropped, settlement));
    assert_string_equal(kadr_breakdown_format(reference, dropped, text), "cadre=doctor");
    assert_int_equal(kadr_breakdown_add(reference, &one, sex), 0);
    assert_int_equal(kadr_breakdown_add(reference, &one, age), 0);
    assert_int_equal(kadr_breakdown_add(reference, &one, gp), KADR_EFULL);
    assert_int_equal(kadr_breakdown_add(reference, &one, urban), KADR_EEXIST);
    assert_string_equal(kadr_breakdown_format(reference, one, text),
                        "age_group=lt25 cadre=doctor settlement=rural sex=female");
}

/* In whatever order members are added, dropped and added again, equal sets are equal numbers. */
static void breakdowns_do_not_remember_their_making(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *reference = shipped_reference();
    size_t dimensions = kadr_dimension_count(reference);

    for (uint64_t seed = 1; seed <= 2000; seed++) {
        struct rng rng = { seed };
        kadr_member members[KADR_MAX_DIMENSIONS];
        kadr_breakdown forth = 0, back = 0;
        for (size_t i = 0; i < KADR_MAX_DIMENSIONS; i++) {
            const struct kadr_dimension_info *info =
                kadr_dimension_info(reference, (kadr_dimension)((seed * 3 + i * 5) % dimensions));
            members[i] = (kadr_member)(info->first + rng_below(&rng, info->count));
        }
        for (size_t i = 0; i < KADR_MAX_DIMENSIONS; i++) {
            if (kadr_breakdown_add(reference, &forth, members[i]) != 0 ||
                kadr_breakdown_add(reference, &back, members[KADR_MAX_DIMENSIONS - 1 - i]) != 0) {
                fail_msg("seed %llu: not added", (unsigned long long)seed);
            }
        }
        kadr_member again = members[rng_below(&rng, KADR_MAX_DIMENSIONS)];
        back = kadr_breakdown_drop(reference, back, kadr_member_info(reference, again)->dimension);
        if (forth == back || kadr_breakdown_add(reference, &back, again) != 0 || forth != back) {
            fail_msg("seed %llu: %llx is not %llx", (unsigned long long)seed, (unsigned long long)forth,
                     (unsigned long long)back);
        }
    }
}

/* Spoilt bytes are refused or loaded, never a crash; what loads keeps its promises about the tree. */
static void spoilt_files_do_no_harm(void **state)
{
    (void)state;
    static const char bytes[] = ",;\"\n\rKZ10-35 \xd0\xff\0abc/";
    struct kadr_file files[SHIPPED_FILES];
    size_t loaded = 0, refused = 0;

    shipped_files(files);
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct rng rng = { seed };
        struct kadr_file changed[SHIPPED_FILES];
        memcpy(changed, files, sizeof(files));
        size_t which = rng_below(&rng, SHIPPED_FILES), edits = 1 + rng_below(&rng, 3);
        uint8_t *copy = malloc(files[which].bytes.len);
        assert_non_null(copy);
        memcpy(copy, files[which].bytes.data, files[which].bytes.len);
        for (size_t i = 0; i < edits; i++) {
            copy[rng_below(&rng, files[which].bytes.len)] = (uint8_t)bytes[rng_below(&rng, sizeof(bytes))];
        }
        changed[which].bytes.data = copy;
        struct kadr_reference *reference = NULL;
        KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags;
        kadr_diags_init(&diags);
        int err = kadr_reference_load(changed, SHIPPED_FILES, &diags, &reference);
        if (err == 0) {
            loaded++;
            for (size_t u = 0; u < kadr_unit_count(reference); u++) {
                assert_true(kadr_unit_within(reference, (kadr_unit)u, kadr_unit_country(reference)));
            }
        } else {
            refused++;
            if (err != KADR_EINVAL || diags.errors == 0) {
                fail_msg("seed %llu: %d without a word", (unsigned long long)seed, err);
            }
        }
        kadr_reference_unref(reference);
        free(copy);
    }
    assert_true(loaded > 0 && refused > 0);
    for (size_t i = 0; i < SHIPPED_FILES; i++) {
        free_bytes(files[i].bytes);
    }
}

static void references_are_counted(void **state)
{
    (void)state;
    struct kadr_reference *reference = small_reference();

    assert_ptr_equal(kadr_reference_ref(reference), reference);
    kadr_reference_unref(reference);
    assert_int_equal(kadr_unit_count(reference), 4);
    kadr_reference_unref(reference);
    kadr_reference_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_ships_loads_without_a_remark),
        cmocka_unit_test(regions_answer_to_old_codes_and_kato),
        cmocka_unit_test(names_are_found_as_people_write_them),
        cmocka_unit_test(the_split_of_2022_is_told),
        cmocka_unit_test(the_tree_knows_every_territory),
        cmocka_unit_test(an_indicator_is_what_its_row_says),
        cmocka_unit_test(every_fault_is_told_with_its_place),
        cmocka_unit_test(all_errors_are_told_at_once),
        cmocka_unit_test(a_fault_has_no_followers),
        cmocka_unit_test(exactly_the_three_files_are_taken),
        cmocka_unit_test(limits_are_told),
        cmocka_unit_test(the_version_is_the_bytes),
        cmocka_unit_test(a_lost_code_is_named_and_an_alias_is_not_lost),
        cmocka_unit_test(a_freed_alias_is_named),
        cmocka_unit_test(an_alias_that_becomes_the_code_is_not_freed),
        cmocka_unit_test(a_breakdown_is_a_set),
        cmocka_unit_test(breakdowns_do_not_remember_their_making),
        cmocka_unit_test(spoilt_files_do_no_harm),
        cmocka_unit_test(references_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
