/* SPDX-License-Identifier: Apache-2.0 */
/* The columns by which a ratio or a difference is computed: what they may say, and what is refused where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "domain/reference.h"

static const char units[] =
    "code,level,parent,valid_from,valid_to,successors,aliases,name_en,name_ru,name_kk\n"
    "KZ,country,,,,,,K,K,K\n";
static const char members[] = "dimension,member,aliases,name_en,name_ru,name_kk\n"
                              "cadre,doctor,,d,d,d\nsettlement,rural,,r,r,r\n"
                              "measure,person,,p,p,p\nmeasure,post,,o,o,o\nmeasure,percent,,c,c,c\n";
/* Derived rows stand above what they are computed of: the order of rows does not matter. */
static const char indicators[] =
    "code,kind,measure,scale,time,space,level,dimensions,exhaustive,stale_after_days,expires_after_days,"
    "expected,min,max,negative,name_en,name_ru,name_kk,numerator,denominator,factor,ignores,terms\n"
    "density,stock,percent,100,last,ratio,region,cadre "
    "settlement,,,,none,,,no,A,A,A,heads,people,10000,cadre,\n"
    "free,stock,post,100,last,linear,region,cadre,,,,none,,,yes,B,B,B,,,,,posts -filled\n"
    "rate,stock,percent,1,last,ratio,region,cadre,,,,none,,,yes,C,C,C,free,posts,100,,\n"
    "heads,stock,person,1,last,sum,region,cadre settlement,,,,none,,,no,D,D,D,,,,,\n"
    "people,stock,person,1,last,sum,region,settlement,,,,none,,,no,E,E,E,,,,,\n"
    "posts,stock,post,100,last,sum,region,cadre,,,,none,,,no,F,F,F,,,,,\n"
    "filled,stock,post,100,last,sum,region,cadre,,,,none,,,no,G,G,G,,,,,\n"
    "hired,flow,person,1,sum,sum,region,cadre settlement,,,,none,,,no,H,H,H,,,,,\n"
    "local,stock,person,1,last,sum,district,cadre settlement,,,,none,,,no,I,I,I,,,,,\n"
    "level,stock,percent,1,last,range,region,cadre settlement,,,,none,,,no,J,J,J,,,,,\n"
    "stated,stock,percent,1,last,ratio,region,cadre,,,,none,,,no,K,K,K,,,,,\n";

static int load(const char *catalogue, struct kadr_diags *diags, struct kadr_reference **ret_reference)
{
    const struct kadr_file files[] = {
        { "units.csv", { (const uint8_t *)units, strlen(units) } },
        { "indicators.csv", { (const uint8_t *)catalogue, strlen(catalogue) } },
        { "members.csv", { (const uint8_t *)members, strlen(members) } },
    };
    return kadr_reference_load(files, KADR_COUNT(files), diags, ret_reference);
}

static const struct kadr_indicator_info *info_of(const struct kadr_reference *reference, const char *code)
{
    kadr_indicator indicator = kadr_indicator_find(reference, code);
    assert_int_not_equal(indicator, KADR_NO_INDICATOR);
    return kadr_indicator_info(reference, indicator);
}

static void what_is_written_is_tied_together(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *reference = NULL;
    assert_int_equal(load(indicators, NULL, &reference), 0);
    const struct kadr_indicator_info *density = info_of(reference, "density"),
                                     *vacant = info_of(reference, "free");
    assert_int_equal(density->term_count, 2);
    assert_int_equal(density->terms[0].indicator, kadr_indicator_find(reference, "heads"));
    assert_int_equal(density->terms[1].indicator, kadr_indicator_find(reference, "people"));
    assert_int_equal(density->factor, 10000);
    assert_int_equal(density->ignore_count, 1);
    assert_false(vacant->terms[0].minus);
    assert_true(vacant->terms[1].minus);
    assert_int_equal(info_of(reference, "posts")->derived_count, 2);
    assert_int_equal(info_of(reference, "stated")->term_count, 0);
}

static void an_ignored_dimension_is_not_asked_of_the_denominator(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *reference = NULL;
    assert_int_equal(load(indicators, NULL, &reference), 0);
    const struct kadr_indicator_info *density = info_of(reference, "density");
    kadr_dimension cadre = kadr_dimension_find(reference, "cadre");
    kadr_dimension settlement = kadr_dimension_find(reference, "settlement");
    kadr_breakdown rural = 0, both = 0;
    kadr_member village = kadr_member_find(reference, settlement, "rural");
    assert_int_equal(kadr_breakdown_add(reference, &rural, village), 0);
    assert_int_equal(kadr_breakdown_add(reference, &both, village), 0);
    assert_int_equal(kadr_breakdown_add(reference, &both, kadr_member_find(reference, cadre, "doctor")), 0);
    assert_true(kadr_breakdown_of_term(reference, density, 0, both) == both);
    assert_true(kadr_breakdown_of_term(reference, density, 1, both) == rural);
}

struct fault {
    const char *cut, *put; /* in the catalogue */
    enum kadr_diag_code code;
    uint32_t line, column;
    const char *arg;
};

static const struct fault faults[] = {
    { "heads,people,10000", "haeds,people,10000", KADR_DIAG_UNKNOWN_INDICATOR, 2, 19, "haeds" },
    { "heads,people,10000", "heads,poeple,10000", KADR_DIAG_UNKNOWN_INDICATOR, 2, 20, "poeple" },
    { "posts -filled", "posts -field", KADR_DIAG_UNKNOWN_INDICATOR, 3, 23, "field" },
    { "heads,people,10000", "rate,people,10000", KADR_DIAG_BAD_DEFINITION, 2, 19,
      "a part of a ratio is a stock that adds, or a difference" },
    { "heads,people,10000", "hired,people,10000", KADR_DIAG_BAD_DEFINITION, 2, 19,
      "a part of a ratio is a stock that adds, or a difference" },
    { "heads,people,10000", "level,people,10000", KADR_DIAG_BAD_DEFINITION, 2, 19,
      "a part of a ratio is a stock that adds, or a difference" },
    { "heads,people,10000", "density,people,10000", KADR_DIAG_BAD_DEFINITION, 2, 19,
      "a part of a ratio is a stock that adds, or a difference" },
    { "heads,people,10000", "people,heads,10000", KADR_DIAG_BAD_DEFINITION, 2, 19,
      "a term lacks one of its dimensions" },
    { "10000,cadre,", "10000,,", KADR_DIAG_BAD_DEFINITION, 2, 20,
      "the denominator lacks a dimension that is not ignored" },
    { "10000,cadre,", "10000,cadre settlement,", KADR_DIAG_BAD_DEFINITION, 2, 22,
      "the denominator has the ignored dimension" },
    { "10000,cadre,", "10000,cadre cadre,", KADR_DIAG_BAD_DEFINITION, 2, 22,
      "ignored is, once, a dimension of the ratio" },
    { "10000,cadre,", "10000,cadre colour,", KADR_DIAG_BAD_DEFINITION, 2, 22,
      "ignored is, once, a dimension of the ratio" },
    { "heads,people,10000", "local,people,10000", KADR_DIAG_BAD_DEFINITION, 2, 19,
      "a part is reported at another level" },
    { "heads,people,10000", "heads,heads,10000", KADR_DIAG_BAD_DEFINITION, 2, 20, "a part named twice" },
    { "10000,cadre,", "0,cadre,", KADR_DIAG_BAD_DEFINITION, 2, 21,
      "a factor is a whole number from 1 to 1000000" },
    { "10000,cadre,", "1000001,cadre,", KADR_DIAG_BAD_DEFINITION, 2, 21,
      "a factor is a whole number from 1 to 1000000" },
    { "10000,cadre,", "0.5,cadre,", KADR_DIAG_BAD_DEFINITION, 2, 21,
      "a factor is a whole number from 1 to 1000000" },
    { "heads,people,10000", "heads,,10000", KADR_DIAG_BAD_DEFINITION, 2, 20,
      "a ratio has a numerator and a denominator" },
    { "K,K,K,,,,,", "K,K,K,,,100,,", KADR_DIAG_BAD_DEFINITION, 12, 19,
      "a ratio has a numerator and a denominator" },
    { "D,D,D,,,,,", "D,D,D,,,100,,", KADR_DIAG_BAD_DEFINITION, 5, 21,
      "only a ratio is computed in this way" },
    { "D,D,D,,,,,", "D,D,D,,,,,people", KADR_DIAG_BAD_DEFINITION, 5, 23, "only space linear has terms" },
    { "K,K,K,,,,,", "K,K,K,,,,,posts", KADR_DIAG_BAD_DEFINITION, 12, 23, "only space linear has terms" },
    { "posts -filled", "posts -heads", KADR_DIAG_BAD_DEFINITION, 3, 23,
      "a term has another measure or scale" },
    { "filled,stock,post,100", "filled,stock,post,10", KADR_DIAG_BAD_DEFINITION, 3, 23,
      "a term has another measure or scale" },
    { "posts -filled", "posts -free", KADR_DIAG_BAD_DEFINITION, 3, 23, "a term is a stock that adds" },
    { "none,,,yes,B,B,B", "none,,,no,B,B,B", KADR_DIAG_BAD_DEFINITION, 3, 23,
      "a difference may be negative: negative is yes" },
    { "none,,,yes,C,C,C", "none,,,no,C,C,C", KADR_DIAG_BAD_DEFINITION, 4, 19,
      "the numerator may be negative and the ratio not" },
    { "free,posts,100", "posts,free,100", KADR_DIAG_BAD_DEFINITION, 4, 20,
      "the denominator may be negative" },
    { "density,stock", "density,parameter", KADR_DIAG_BAD_DEFINITION, 2, 19,
      "only a stock is computed as a ratio" },
};

static bool is_told(const struct kadr_diags *diags, const struct fault *fault)
{
    for (size_t i = 0; i < diags->count; i++) {
        const struct kadr_diag *diag = &diags->items[i];
        if (diag->code == fault->code && diag->line == fault->line && diag->column == fault->column &&
            strcmp(diag->arg[0], fault->arg) == 0) {
            return true;
        }
    }
    return false;
}

static void every_fault_is_told_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < KADR_COUNT(faults); i++) {
        const struct fault *fault = &faults[i];
        KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags;
        KADR_CLEANUP(kadr_buf_done) struct kadr_buf spoilt;
        struct kadr_reference *reference = NULL;
        const char *at = strstr(indicators, fault->cut);

        assert_non_null(at);
        kadr_diags_init(&diags);
        kadr_buf_init(&spoilt, 0);
        kadr_buf_add(&spoilt, indicators, (size_t)(at - indicators));
        kadr_buf_add_str(&spoilt, fault->put);
        kadr_buf_add_str(&spoilt, at + strlen(fault->cut));
        int err = load(kadr_buf_str(&spoilt), &diags, &reference);
        if (err != KADR_EINVAL || reference != NULL || !is_told(&diags, fault)) {
            for (size_t d = 0; d < diags.count; d++) {
                print_error("%u:%u %s\n", diags.items[d].line, diags.items[d].column, diags.items[d].arg[0]);
            }
            fail_msg("fault %zu (%s for %s): not told", i, fault->put, fault->cut);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_tied_together),
        cmocka_unit_test(an_ignored_dimension_is_not_asked_of_the_denominator),
        cmocka_unit_test(every_fault_is_told_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
