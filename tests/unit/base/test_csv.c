/* SPDX-License-Identifier: Apache-2.0 */
/* The table reader: RFC 4180, physical lines and columns, recovery behind errors, write -> read. */
#include "base/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "rng.h"

/* The whole of a text as `line:[field][field];`, an error as `line.column!what;`. */
static void render(const char *text, size_t len, char separator, struct kadr_buf *out)
{
    KADR_CLEANUP(kadr_csv_done) struct kadr_csv csv;
    kadr_csv_init(&csv, text, len, separator, 1);
    struct kadr_csv_record record;
    for (;;) {
        int err = kadr_csv_next(&csv, &record);
        if (err == KADR_ENOENT) {
            return;
        }
        if (err == KADR_EINVAL) {
            kadr_buf_printf(out, "%u.%u!%s;", csv.error_line, csv.error_column, kadr_csv_strerror(csv.error));
            continue;
        }
        assert_int_equal(err, 0);
        kadr_buf_printf(out, "%u:", record.line);
        for (size_t i = 0; i < record.count; i++) {
            assert_int_equal(strlen(record.field[i].text), record.field[i].len);
            kadr_buf_printf(out, "[%s]", record.field[i].text);
        }
        kadr_buf_add_char(out, ';');
    }
}

static void expect(const char *text, size_t len, const char *expected)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf out;
    kadr_buf_init(&out, 0);
    render(text, len, ',', &out);
    assert_string_equal(kadr_buf_str(&out), expected);
}
#define EXPECT(text, expected) expect((text), sizeof(text) - 1, (expected))

static void reads_rfc_4180(void **state)
{
    (void)state;
    EXPECT("", "");
    EXPECT("\n\r\n\r", "");
    EXPECT("a,b\nc,d", "1:[a][b];2:[c][d];");
    EXPECT("a,b\r\nc,d\r\n", "1:[a][b];2:[c][d];");
    EXPECT("a,b\rc,d\r", "1:[a][b];2:[c][d];");
    EXPECT("a,\n,b\n,\n", "1:[a][];2:[][b];3:[][];");
    EXPECT("a,", "1:[a][];");
    EXPECT("\"\"\n", "1:[];");
    EXPECT("\"a,b\",\"say \"\"no\"\"\"\n", "1:[a,b][say \"no\"];");
    EXPECT("Жетысу,\"Жетісу, облыс\"\n", "1:[Жетысу][Жетісу, облыс];");
    EXPECT("\xEF\xBB\xBFunit,value\n", "1:[unit][value];");
    EXPECT("\xEF\xBB\xBF\"unit\",value\n", "1:[unit][value];");
    EXPECT(" a , b \n", "1:[ a ][ b ];");
    EXPECT("5\" pipe,a\"\"b\n", "1:[5\" pipe][a\"\"b];"); /* a quote inside is a character */
    EXPECT("a, \"b\"\n", "1:[a][ \"b\"];");
}

static void counts_physical_lines(void **state)
{
    (void)state;
    EXPECT("a\n\n\nb\n", "1:[a];4:[b];");
    EXPECT("\"one\ntwo\",x\nb\n", "1:[one\ntwo][x];3:[b];");
    EXPECT("\"one\r\ntwo\rthree\",x\r\nb\r\n", "1:[one\r\ntwo\rthree][x];4:[b];");
}

static void names_the_place_of_an_error_and_goes_on(void **state)
{
    (void)state;
    EXPECT("a,\"b\"c,d\nx,y\n", "1.2!text behind a closing quote;2:[x][y];");
    EXPECT("a\nb,\"open\nc,d\ne\n", "1:[a];2.2!a quoted field never ends;3:[c][d];4:[e];");
    EXPECT("a,\"", "1.2!a quoted field never ends;");
    EXPECT("\"stray\nb\n\"c\",d\ne\n", "1.1!text behind a closing quote;2:[b];3:[c][d];4:[e];");
    EXPECT("\"one\ntwo\",\"x\"y\nz\n", "2.2!text behind a closing quote;3:[z];");
    EXPECT("a,b\0c,d\nx\n", "1.2!a zero byte in the text;2:[x];");
    EXPECT("a,\"b\0c\",d\nx\n", "1.2!a zero byte in the text;2:[x];");
}

static void bounds_fields_and_their_number(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf text, out;
    kadr_buf_init(&text, 0);
    kadr_buf_init(&out, 0);
    for (int i = 1; i < KADR_MAX_CSV_FIELDS; i++) {
        kadr_buf_add_char(&text, ',');
    }
    kadr_buf_add_str(&text, "\n,");
    for (int i = 1; i < KADR_MAX_CSV_FIELDS; i++) {
        kadr_buf_add_char(&text, ',');
    }
    kadr_buf_add_str(&text, "\nx\n");
    render(kadr_buf_str(&text), text.len, ',', &out);
    assert_non_null(strstr(kadr_buf_str(&out), "[];2.65!too many fields;3:[x];"));

    for (int quoted = 0; quoted < 2; quoted++) {
        for (size_t extra = 0; extra < 2; extra++) {
            kadr_buf_clear(&text);
            kadr_buf_clear(&out);
            kadr_buf_add_str(&text, quoted ? "a,\"" : "a,");
            for (size_t i = 0; i < KADR_MAX_CSV_FIELD_BYTES + extra; i++) {
                kadr_buf_add_char(&text, 'x');
            }
            kadr_buf_add_str(&text, quoted ? "\"\nb\n" : "\nb\n");
            render(kadr_buf_str(&text), text.len, ',', &out);
            bool refused = strstr(kadr_buf_str(&out), "1.2!a field is too long") != NULL;
            assert_int_equal(refused, extra == 1);
            assert_non_null(strstr(kadr_buf_str(&out), "2:[b];"));
        }
    }
}

static void starts_where_the_caller_says(void **state)
{
    (void)state;
    KADR_CLEANUP(kadr_csv_done) struct kadr_csv csv;
    struct kadr_csv_record record;
    kadr_csv_init(&csv, "a;b\n", 4, ';', 7);
    assert_int_equal(kadr_csv_next(&csv, &record), 0);
    assert_int_equal(record.line, 7);
    assert_int_equal(record.count, 2);
    assert_false(record.field[0].quoted);
    assert_int_equal(kadr_csv_next(&csv, &record), KADR_ENOENT);
    assert_int_equal(kadr_csv_next(&csv, &record), KADR_ENOENT);
}

static void sniffs_the_separator(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        char separator;
    } cases[] = {
        { "", ',' },
        { "unit", ',' },
        { "unit,value", ',' },
        { "unit;value", ';' },
        { "unit\tvalue", '\t' },
        { "\n\r\nunit;value\n,,,,,", ';' },
        { "\"a,b,c\";\"d\"", ';' },
        { "\"a\n,,,\";b;c", ';' },
        { "\xEF\xBB\xBF"
          "a;b,c;d",
          ';' },
        { "\"never,ends;", ',' },
    };
    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        assert_int_equal(kadr_csv_sniff(cases[i].text, strlen(cases[i].text)), cases[i].separator);
    }
}

static void writes_quotes_where_needed(void **state)
{
    (void)state;
    static const struct {
        const char *field, *written;
    } cases[] = {
        { "", "" },           { "plain", "plain" },   { "a b", "a b" },   { "a,b", "\"a,b\"" },
        { "a;b", "\"a;b\"" }, { "\"", "\"\"\"\"" },   { "\n", "\"\n\"" }, { "\r", "\"\r\"" },
        { " a", "\" a\"" },   { "a ", "\"a \"" },     { "#1", "\"#1\"" }, { "1#", "1#" },
        { "Абай", "Абай" },   { "a\tb", "\"a\tb\"" },
    };
    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        KADR_CLEANUP(kadr_buf_done) struct kadr_buf out;
        kadr_buf_init(&out, 0);
        kadr_csv_write(&out, cases[i].field, ',');
        assert_string_equal(kadr_buf_str(&out), cases[i].written);
    }
}

enum { ROWS = 12, COLUMNS = 6, FIELD_BYTES = 40 };
struct table {
    size_t rows, columns;
    char field[ROWS][COLUMNS][FIELD_BYTES];
};

static struct table random_table(struct rng *rng)
{
    static const char *const pieces[] = { "\"", ",", ";", "|",        "\n", "\r", "\r\n",
                                          "a",  " ", "Ж", "\xC2\xA0", "#",  "" };
    struct table table = { .rows = rng_below(rng, ROWS + 1), .columns = 2 + rng_below(rng, COLUMNS - 1) };
    for (size_t r = 0; r < table.rows; r++) {
        for (size_t c = 0; c < table.columns; c++) {
            size_t len = 0;
            for (size_t n = rng_below(rng, 10); n > 0; n--) {
                const char *piece = pieces[rng_below(rng, KADR_COUNT(pieces))];
                memcpy(table.field[r][c] + len, piece, strlen(piece));
                len += strlen(piece);
            }
            table.field[r][c][len] = '\0';
        }
    }
    return table;
}

static void write_table(struct kadr_buf *out, const struct table *table, char separator, const char *line_end)
{
    for (size_t r = 0; r < table->rows; r++) {
        for (size_t c = 0; c < table->columns; c++) {
            if (c > 0) {
                kadr_buf_add_char(out, separator);
            }
            kadr_csv_write(out, table->field[r][c], separator);
        }
        kadr_buf_add_str(out, line_end);
    }
}

static void check_table(uint64_t seed, const struct table *table, const struct kadr_buf *text, char separator)
{
    KADR_CLEANUP(kadr_csv_done) struct kadr_csv csv;
    kadr_csv_init(&csv, kadr_buf_str(text), text->len, separator, 1);
    struct kadr_csv_record record;
    for (size_t r = 0; r < table->rows; r++) {
        if (kadr_csv_next(&csv, &record) || record.count != table->columns) {
            fail_msg("seed %llu: row %zu: %s", (unsigned long long)seed, r, kadr_csv_strerror(csv.error));
        }
        for (size_t c = 0; c < table->columns; c++) {
            if (strcmp(record.field[c].text, table->field[r][c]) != 0) {
                fail_msg("seed %llu: row %zu, column %zu", (unsigned long long)seed, r, c);
            }
        }
    }
    assert_int_equal(kadr_csv_next(&csv, &record), KADR_ENOENT);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    static const char separators[] = { ',', ';', '\t', '|' };
    static const char *const line_ends[] = { "\n", "\r\n", "\r" };
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        struct rng rng = { seed };
        struct table table = random_table(&rng);
        char separator = separators[rng_below(&rng, KADR_COUNT(separators))];
        KADR_CLEANUP(kadr_buf_done) struct kadr_buf text;
        kadr_buf_init(&text, 0);
        write_table(&text, &table, separator, line_ends[rng_below(&rng, KADR_COUNT(line_ends))]);
        check_table(seed, &table, &text, separator);
    }
}

static uint32_t line_at(const char *text, const char *pos)
{
    uint32_t line = 1;
    for (; text < pos; text++) {
        line += *text == '\n' || (*text == '\r' && text[1] != '\n'); /* a NUL stands behind the text */
    }
    return line;
}

/* Any bytes at all: every call moves forward, and the line is the one an editor shows. */
static void survives_any_bytes(void **state)
{
    (void)state;
    static const char alphabet[] = { '"', '"', ',', '\n', '\r', 'a', '\0' };
    for (uint64_t seed = 1; seed <= 20000; seed++) {
        struct rng rng = { seed };
        char text[64] = { 0 };
        size_t len = rng_below(&rng, sizeof text);
        size_t letters = KADR_COUNT(alphabet) - rng_below(&rng, 2); /* half of them without NUL */
        for (size_t i = 0; i < len; i++) {
            text[i] = alphabet[rng_below(&rng, letters)];
        }
        KADR_CLEANUP(kadr_csv_done) struct kadr_csv csv;
        kadr_csv_init(&csv, text, len, ',', 1);
        struct kadr_csv_record record;
        const char *before = csv.pos;
        for (int err; (err = kadr_csv_next(&csv, &record)) != KADR_ENOENT; before = csv.pos) {
            bool known = err == 0 || (err == KADR_EINVAL && csv.error != KADR_CSV_FINE);
            bool at_end = csv.pos == csv.end;
            if (!known || csv.pos <= before || (!at_end && csv.line != line_at(text, csv.pos))) {
                fail_msg("seed %llu: line %u at byte %zu", (unsigned long long)seed, csv.line,
                         (size_t)(csv.pos - text));
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_rfc_4180),
        cmocka_unit_test(counts_physical_lines),
        cmocka_unit_test(names_the_place_of_an_error_and_goes_on),
        cmocka_unit_test(bounds_fields_and_their_number),
        cmocka_unit_test(starts_where_the_caller_says),
        cmocka_unit_test(sniffs_the_separator),
        cmocka_unit_test(writes_quotes_where_needed),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(survives_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
