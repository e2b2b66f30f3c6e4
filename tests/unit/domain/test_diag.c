/* SPDX-License-Identifier: Apache-2.0 */
/* The table of diagnostics is complete in three languages, and docs/diagnostics.md is that table.
 * `domain_test_diag --accept` writes the generated part of the document anew; review the difference.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <string.h>

#include "domain/diag.h"
#include "shipped.h"

#define DOCUMENT "docs/diagnostics.md"
#define MARK     "<!-- generated from lib/domain/diag_table.c -->\n"

typedef void print_fn(const struct kadr_diag *diag, enum kadr_lang lang, struct kadr_buf *out);
static print_fn *const prints[] = { kadr_diag_text, kadr_diag_remedy };

/* A diagnostic whose arguments print as their own placeholders. */
static struct kadr_diag placeholders(enum kadr_diag_code code)
{
    return (struct kadr_diag){ .code = code, .observation = -1, .arg = { "{0}", "{1}", "{2}" } };
}

static unsigned used(const char *text)
{
    return (strstr(text, "{0}") != NULL ? 1u : 0) | (strstr(text, "{1}") != NULL ? 2u : 0) |
           (strstr(text, "{2}") != NULL ? 4u : 0);
}

static bool has_cyrillic(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text >= 0xd0 && (unsigned char)*text <= 0xd3) {
            return true;
        }
    }
    return false;
}

static void every_row_speaks_every_language(void **state)
{
    (void)state;
    enum kadr_diag_code code;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf buf;

    kadr_buf_init(&buf, 0);
    for (size_t row = 0; kadr_diag_table(row, &code); row++) {
        struct kadr_diag diag = placeholders(code);
        for (size_t p = 0; p < KADR_COUNT(prints); p++) {
            unsigned english = 0;
            for (int lang = 0; lang < KADR_LANG_COUNT; lang++) {
                kadr_buf_clear(&buf);
                prints[p](&diag, (enum kadr_lang)lang, &buf);
                const char *text = kadr_buf_str(&buf);
                english = lang == KADR_LANG_EN ? used(text) : english;
                if (strlen(text) < 4 || used(text) != english ||
                    has_cyrillic(text) != (lang != KADR_LANG_EN)) {
                    fail_msg("%s in %s: '%s'", kadr_diag_code_text(code),
                             kadr_lang_code((enum kadr_lang)lang), text);
                }
            }
        }
    }
}

static void names_and_numbers_are_unique(void **state)
{
    (void)state;
    enum kadr_diag_code code, other;

    for (size_t row = 0; kadr_diag_table(row, &code); row++) {
        assert_int_not_equal(code, KADR_DIAG_NONE);
        for (const char *c = kadr_diag_code_text(code); *c != '\0'; c++) {
            assert_true(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_');
        }
        for (size_t before = 0; before < row && kadr_diag_table(before, &other); before++) {
            assert_int_not_equal(code, other);
            assert_string_not_equal(kadr_diag_code_text(code), kadr_diag_code_text(other));
        }
    }
}

/* Each `KADR_DIAG_UNKNOWN_UNIT = 20` of the header has its row, named unknown_unit. */
static void every_number_of_the_header_has_a_row(void **state)
{
    (void)state;
    struct kadr_bytes header = read_whole("lib/domain/diag.h");
    const char *at = (const char *)header.data;
    size_t found = 0, rows = 0;
    enum kadr_diag_code code;

    while ((at = strstr(at, "    KADR_DIAG_")) != NULL) {
        char name[64] = "";
        int number = 0;
        at += strlen("    KADR_DIAG_");
        assert_int_equal(sscanf(at, "%63[A-Z0-9_] = %d", name, &number), 2);
        if (number == 0) {
            continue;
        }
        for (char *c = name; *c != '\0'; c++) {
            *c = (char)tolower((unsigned char)*c);
        }
        assert_string_equal(kadr_diag_code_text((enum kadr_diag_code)number), name);
        found++;
    }
    while (kadr_diag_table(rows, &code)) {
        rows++;
    }
    assert_int_equal(found, rows);
    assert_true(rows > 50);
    free_bytes(header);
}

static void an_unknown_number_is_an_error(void **state)
{
    (void)state;
    struct kadr_diag diag = placeholders((enum kadr_diag_code)999);
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf buf;

    kadr_buf_init(&buf, 0);
    assert_string_equal(kadr_diag_code_text(diag.code), "unknown");
    assert_int_equal(kadr_diag_severity(diag.code), KADR_SEVERITY_ERROR);
    kadr_diag_text(&diag, KADR_LANG_KK, &buf);
    assert_string_equal(kadr_buf_str(&buf), "999");
}

static void arguments_are_cut_between_characters(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags;
    char text[100];

    kadr_diags_init(&diags);
    for (size_t i = 0; i + 2 < sizeof(text); i += 2) {
        memcpy(text + i, "Қ", 2);
    }
    text[98] = '\0';
    kadr_diags_add(&diags, KADR_DIAG_UNKNOWN_UNIT, 3, 7, 2, text, NULL, text + 2);
    assert_int_equal(strlen(diags.items[0].arg[0]), 63);
    assert_string_equal(diags.items[0].arg[0] + 58, "Қ…");
    assert_string_equal(diags.items[0].arg[1], "");
    memcpy(text + 62, "x", 2); /* 63 bytes fit exactly, and nothing is said of a cut */
    kadr_diags_add(&diags, KADR_DIAG_UNKNOWN_UNIT, 3, 7, 2, text, NULL, NULL);
    assert_int_equal(strlen(diags.items[1].arg[0]), 63);
    assert_string_equal(diags.items[1].arg[0] + 60, "Қx");
}

static void the_list_is_bounded_and_counts_on(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags;

    kadr_diags_init(&diags);
    kadr_diags_add(NULL, KADR_DIAG_UNKNOWN_UNIT, 0, 0, 0, NULL, NULL, NULL);
    kadr_diags_add(&diags, KADR_DIAG_SAME_FACT, 0, 0, 0, NULL, NULL, NULL);
    kadr_diags_add(&diags, KADR_DIAG_PARTS_EXCEED_TOTAL, 0, 0, 0, NULL, NULL, NULL);
    for (size_t i = 0; i < KADR_MAX_DIAGNOSTICS; i++) {
        kadr_diags_add(&diags, KADR_DIAG_UNKNOWN_UNIT, 0, 0, 0, NULL, NULL, NULL);
    }
    assert_int_equal(diags.count, KADR_MAX_DIAGNOSTICS);
    assert_int_equal(diags.omitted, 2);
    assert_int_equal(diags.errors, KADR_MAX_DIAGNOSTICS);
    assert_false(diags.failed);
}

static void check_line(const struct kadr_diag *diag, const char *file, enum kadr_lang lang,
                       const char *wanted)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf buf;

    kadr_buf_init(&buf, 0);
    kadr_diag_line(diag, file, lang, &buf);
    assert_string_equal(kadr_buf_str(&buf), wanted);
}

static void a_line_says_where_what_and_what_to_do(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags;

    kadr_diags_init(&diags);
    kadr_diags_add(&diags, KADR_DIAG_UNIT_BY_NAME, 0, 5, 1, "Караганда {1}", "KZ-35", NULL);
    check_line(
        &diags.items[0], "may.csv", KADR_LANG_EN,
        "may.csv:5:1: unit_by_name: \"Караганда {1}\" is a name; a code is wanted, for names are spelt "
        "in many ways: write KZ-35");
    check_line(&diags.items[0], NULL, KADR_LANG_KK,
               "5:1: unit_by_name: «Караганда {1}» — атау, ал код керек: атаулар әртүрлі жазылады: KZ-35 деп "
               "жазыңыз");
    diags.file = "units.csv";
    kadr_diags_add(&diags, KADR_DIAG_CYCLE, -1, 0, 0, "KZ-35", NULL, NULL);
    check_line(&diags.items[1], "may.csv", KADR_LANG_RU,
               "units.csv: cycle: территория KZ-35 подчинена сама себе: исправьте столбец parent");
    diags.items[1].file[0] = '\0';
    check_line(&diags.items[1], "", KADR_LANG_EN,
               "cycle: the unit KZ-35 lies below itself: correct the column parent");
}

/* The total is 10, not the difference: the number must not stand where a measure of "more" is read. */
static void a_sum_above_its_total_names_both(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags;

    kadr_diags_init(&diags);
    kadr_diags_add(&diags, KADR_DIAG_PARTS_EXCEED_TOTAL, -1, 4, 5, "10", "12", NULL);
    check_line(&diags.items[0], "may.csv", KADR_LANG_KK,
               "may.csv:4:5: ескерту: parts_exceed_total: бөліктердің қосындысы 12, бұл жиынтықтан (10) көп: "
               "жиынтықты және бөліктерін тексеріңіз; цифрлар сол күйінде қабылданды");
}

/* An office that pushes the same file once more must have read that this confirms what was held. */
static void what_is_held_says_that_stating_it_again_confirms_it(void **state)
{
    (void)state;
    static const char *const wanted[KADR_LANG_COUNT] = { [KADR_LANG_EN] = "stated again counts as confirmed",
                                                         [KADR_LANG_RU] = "считается подтверждённой",
                                                         [KADR_LANG_KK] = "расталған болып саналады" };
    struct kadr_diag diag = placeholders(KADR_DIAG_IMPLAUSIBLE);

    for (int lang = 0; lang < KADR_LANG_COUNT; lang++) {
        KADR_CLEANUP(kadr_buf_done) struct kadr_buf buf;

        kadr_buf_init(&buf, 0);
        kadr_diag_remedy(&diag, (enum kadr_lang)lang, &buf);
        assert_non_null(strstr(kadr_buf_str(&buf), wanted[lang]));
    }
}

static void words_fit_the_arguments(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags;

    kadr_diags_init(&diags);
    kadr_diags_add(&diags, KADR_DIAG_TOO_PRECISE, -1, 2, 5, "1.5", "0", NULL);
    kadr_diags_add(&diags, KADR_DIAG_OUT_OF_RANGE, -1, 2, 5, "120", "", "100");
    kadr_diags_add(&diags, KADR_DIAG_OUT_OF_RANGE, -1, 2, 5, "120", "0", "100");
    kadr_diags_add(&diags, KADR_DIAG_SAME_FACT, -1, 2, 5, "1", NULL, NULL);
    check_line(&diags.items[0], NULL, KADR_LANG_EN,
               "2:5: too_precise: 1.5 is not a whole number: write a whole number");
    check_line(
        &diags.items[1], NULL, KADR_LANG_RU,
        "2:5: out_of_range: 120 больше возможного: не больше 100: проверьте цифру и единицу измерения");
    check_line(&diags.items[2], NULL, KADR_LANG_EN,
               "2:5: out_of_range: 120 is outside what is possible here, 0 to 100: check the figure and its "
               "unit of measure");
    check_line(
        &diags.items[3], NULL, KADR_LANG_EN,
        "2:5: note: same_fact: the same figure stands in line 1; the more exact one of the two is kept: "
        "nothing needs to be done");
}

static void render(struct kadr_buf *out)
{
    static const char *const titles[KADR_LANG_COUNT] = { "## In English", "## По-русски", "## Қазақша" };
    static const char *const heads[KADR_LANG_COUNT] = {
        "| number | code | severity | what is wrong | what to do |\n|---|---|---|---|---|\n",
        "| № | код | вид | что не так | что сделать |\n|---|---|---|---|---|\n",
        "| № | код | түрі | не дұрыс емес | не істеу керек |\n|---|---|---|---|---|\n"
    };
    enum kadr_diag_code code;

    for (int lang = 0; lang < KADR_LANG_COUNT; lang++) {
        kadr_buf_printf(out, "\n%s\n\n%s", titles[lang], heads[lang]);
        for (size_t row = 0; kadr_diag_table(row, &code); row++) {
            struct kadr_diag diag = placeholders(code);
            kadr_buf_printf(out, "| %d | `%s` | %s | ", (int)code, kadr_diag_code_text(code),
                            kadr_severity_text(kadr_diag_severity(code)));
            kadr_diag_text(&diag, (enum kadr_lang)lang, out);
            kadr_buf_add_str(out, " | ");
            kadr_diag_remedy(&diag, (enum kadr_lang)lang, out);
            kadr_buf_add_str(out, " |\n");
        }
    }
}

static void the_document_is_the_table(void **state)
{
    (void)state;
    struct kadr_bytes document = read_whole(DOCUMENT);
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf wanted;
    const char *mark = strstr((const char *)document.data, MARK);

    kadr_buf_init(&wanted, 0);
    render(&wanted);
    assert_non_null(mark);
    if (strcmp(mark + strlen(MARK), kadr_buf_str(&wanted)) != 0) {
        fail_msg(DOCUMENT " differs from the table: run domain_test_diag --accept and review it");
    }
    free_bytes(document);
}

static int accept_document(void)
{
    struct kadr_bytes document = read_whole(DOCUMENT);
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf text;
    const char *mark = strstr((const char *)document.data, MARK);

    kadr_buf_init(&text, 0);
    assert_non_null(mark);
    kadr_buf_add(&text, document.data, (size_t)(mark - (const char *)document.data) + strlen(MARK));
    render(&text);
    FILE *file = fopen(DOCUMENT, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text.data, 1, text.len, file), text.len);
    free_bytes(document);
    return fclose(file);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_speaks_every_language),
        cmocka_unit_test(names_and_numbers_are_unique),
        cmocka_unit_test(every_number_of_the_header_has_a_row),
        cmocka_unit_test(an_unknown_number_is_an_error),
        cmocka_unit_test(arguments_are_cut_between_characters),
        cmocka_unit_test(the_list_is_bounded_and_counts_on),
        cmocka_unit_test(a_line_says_where_what_and_what_to_do),
        cmocka_unit_test(words_fit_the_arguments),
        cmocka_unit_test(a_sum_above_its_total_names_both),
        cmocka_unit_test(what_is_held_says_that_stating_it_again_confirms_it),
        cmocka_unit_test(the_document_is_the_table),
    };

    if (argc == 2 && strcmp(argv[1], "--accept") == 0) {
        return accept_document();
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
