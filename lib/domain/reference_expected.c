/* SPDX-License-Identifier: Apache-2.0 */
/* expected.csv: who owes what, and from when to when, where that is not as the catalogue says it.
 *
 * A row is of one unit and one indicator, or of all indicators that are owed at all (`*`). The rows of one
 * pair do not overlap in time, so on a day at most two rows speak of a figure; the one that names the
 * indicator wins. Rows are sorted by (unit, indicator, first day): a question is a search and a short walk.
 */
#include <string.h>

#include "base/err.h"
#include "domain/reference_load.h"

enum { INDICATOR, UNIT, FROM, TO, EXPECTED };

static const struct kadr_column columns[] = {
    { "indicator", false }, { "unit", false }, { "from", false }, { "to", false }, { "expected", false },
};

static const char *const answers[] = { "no", "yes", NULL };

/* ---- reading ------------------------------------------------------------------------------------------- */

static kadr_day read_day(const struct kadr_table *table, size_t column, kadr_day empty)
{
    const char *text = kadr_table_cell(table, column);
    kadr_day day = empty;

    if (text[0] != '\0' && kadr_day_parse(text, &day) != 0) {
        kadr_table_wrong(table, column, KADR_DIAG_BAD_PERIOD, text, NULL, NULL);
        return empty;
    }
    return day;
}

static bool read_indicator(const struct kadr_load *load, const struct kadr_table *table,
                           struct kadr_expectation *row)
{
    const char *code = kadr_table_cell(table, INDICATOR);

    row->indicator = KADR_NO_INDICATOR;
    if (strcmp(code, "*") == 0) {
        return true;
    }
    row->indicator = kadr_indicator_find(load->reference, code);
    if (row->indicator == KADR_NO_INDICATOR) {
        kadr_table_wrong(table, INDICATOR, KADR_DIAG_UNKNOWN_INDICATOR, code, NULL, NULL);
    }
    return row->indicator != KADR_NO_INDICATOR;
}

static bool read_unit(const struct kadr_load *load, const struct kadr_table *table,
                      struct kadr_expectation *row)
{
    const char *code = kadr_table_cell(table, UNIT);

    row->unit = kadr_unit_find(load->reference, code);
    if (row->unit == KADR_NO_UNIT) {
        kadr_table_wrong(table, UNIT, KADR_DIAG_UNKNOWN_UNIT, code, NULL, NULL);
    }
    return row->unit != KADR_NO_UNIT;
}

/* @return false: the row is not to be kept */
static bool read_row(const struct kadr_load *load, const struct kadr_table *table,
                     struct kadr_expectation *row)
{
    const struct kadr_reference *reference = load->reference;
    size_t errors = load->diags->errors;
    bool known = read_indicator(load, table, row);

    known = read_unit(load, table, row) && known;
    row->from = read_day(table, FROM, KADR_DAY_MIN);
    row->to = read_day(table, TO, KADR_DAY_MAX);
    row->expected = kadr_load_word(table, EXPECTED, answers) == 1;
    row->line = kadr_table_line(table);
    if (row->to < row->from) {
        kadr_table_wrong(table, TO, KADR_DIAG_BAD_DEFINITION, "ends before it begins",
                         kadr_table_cell(table, UNIT), NULL);
    }
    if (known && row->indicator != KADR_NO_INDICATOR &&
        reference->units[row->unit].level != reference->indicators[row->indicator].level) {
        kadr_table_wrong(table, UNIT, KADR_DIAG_BAD_DEFINITION, "the indicator is reported at another level",
                         kadr_table_cell(table, UNIT), NULL);
    }
    return load->diags->errors == errors;
}

static int by_place(const void *left, const void *right)
{
    const struct kadr_expectation *a = left, *b = right;

    if (a->unit != b->unit) {
        return a->unit < b->unit ? -1 : 1;
    }
    if (a->indicator != b->indicator) {
        return a->indicator < b->indicator ? -1 : 1;
    }
    return (a->from > b->from) - (a->from < b->from);
}

/* What a `*` says, it says of the indicators that are owed by everybody. */
static void list_all_owed(struct kadr_reference *reference)
{
    for (size_t i = 0; i < reference->indicator_count; i++) {
        reference->indicators[i].listed =
            reference->indicators[i].listed || reference->indicators[i].expected;
    }
}

/* Sorted; says which rows contradict one another, and which indicators somebody owes after all. */
static void finish(struct kadr_load *load)
{
    struct kadr_reference *reference = load->reference;
    struct kadr_expectation *rows = reference->expectations;
    bool all = false;

    qsort(rows, reference->expectation_count, sizeof(*rows), by_place);
    for (size_t i = 0; i < reference->expectation_count; i++) {
        const struct kadr_expectation *row = &rows[i];
        if (i > 0 && rows[i - 1].unit == row->unit && rows[i - 1].indicator == row->indicator &&
            row->from <= rows[i - 1].to) {
            uint32_t line = row->line > rows[i - 1].line ? row->line : rows[i - 1].line;
            kadr_diags_add(load->diags, KADR_DIAG_BAD_DEFINITION, -1, line, 0,
                           "overlaps another row of the unit and indicator", reference->units[row->unit].code,
                           NULL);
        }
        if (row->indicator == KADR_NO_INDICATOR) {
            all = true;
        } else {
            reference->indicators[row->indicator].listed = true;
            reference->indicators[row->indicator].owed =
                row->expected || reference->indicators[row->indicator].owed;
        }
    }
    if (all) {
        list_all_owed(reference);
    }
}

static int read_rows(struct kadr_load *load, struct kadr_table *table, struct kadr_bytes bytes)
{
    struct kadr_reference *reference = load->reference;
    size_t rows = kadr_table_max_rows(bytes);
    size_t cap = rows < KADR_MAX_EXPECTED_ROWS ? rows : KADR_MAX_EXPECTED_ROWS;
    int err = 0;

    reference->expectations = kadr_arena_calloc(reference->arena, cap + 1, sizeof(*reference->expectations));
    if (reference->expectations == NULL) {
        return KADR_ENOMEM;
    }
    while ((err = kadr_table_next(table)) == 0) {
        if (reference->expectation_count == cap) {
            kadr_table_wrong(table, INDICATOR, KADR_DIAG_TOO_MANY_ROWS, "expected.csv", NULL, NULL);
            return KADR_EINVAL;
        }
        if (read_row(load, table, &reference->expectations[reference->expectation_count])) {
            reference->expectation_count++;
        }
    }
    finish(load);
    return err == KADR_ENOENT ? 0 : err;
}

int kadr_load_expected(struct kadr_load *load, struct kadr_bytes bytes)
{
    KADR_CLEANUP(kadr_table_done) struct kadr_table table;
    int err = kadr_table_open(&table, bytes, columns, KADR_COUNT(columns), load->diags);

    return err != 0 ? err : read_rows(load, &table, bytes);
}

/* ---- answering ----------------------------------------------------------------------------------------- */

/* The rows of one unit and indicator (KADR_NO_INDICATOR: the `*` ones). */
struct rows {
    const struct kadr_expectation *items;
    size_t count;
};

static struct rows rows_of(const struct kadr_reference *reference, kadr_unit unit, kadr_indicator indicator)
{
    const struct kadr_expectation *all = reference->expectations;
    const struct kadr_expectation key = { .unit = unit, .indicator = indicator, .from = KADR_DAY_MIN };
    size_t low = 0, high = reference->expectation_count;
    struct rows rows = { 0 };

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_place(&all[middle], &key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    while (low + rows.count < reference->expectation_count && all[low + rows.count].unit == unit &&
           all[low + rows.count].indicator == indicator) {
        rows.count++;
    }
    rows.items = all + low;
    return rows;
}

static const struct kadr_expectation *row_on(const struct rows *rows, kadr_day day)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->items[i].from <= day && day <= rows->items[i].to) {
            return &rows->items[i];
        }
    }
    return NULL;
}

struct debts {
    struct rows named, any;
    bool otherwise; /* where no row speaks */
    bool owed;      /* the indicator, by everybody: only then `*` speaks of it */
};

static bool owes_on(const struct debts *debts, kadr_day day)
{
    const struct kadr_expectation *row = row_on(&debts->named, day);

    if (row == NULL && debts->owed) {
        row = row_on(&debts->any, day);
    }
    return row != NULL ? row->expected : debts->otherwise;
}

/* What is owed changes on the days on which rows begin, or end the day before. */
static bool owes_at_an_edge(const struct debts *debts, const struct rows *rows, struct kadr_period span)
{
    bool owes = false;

    for (size_t i = 0; i < rows->count && !owes; i++) {
        kadr_day begin = rows->items[i].from, behind = rows->items[i].to + 1;
        owes = (begin > span.first && begin <= span.last && owes_on(debts, begin)) ||
               (behind > span.first && behind <= span.last && owes_on(debts, behind));
    }
    return owes;
}

/* Kept apart: the indicators that no row speaks of do not pay for its frame. */
__attribute__((noinline)) static bool owes_by_rows(const struct kadr_reference *reference, kadr_unit unit,
                                                   kadr_indicator indicator, bool otherwise,
                                                   struct kadr_period span)
{
    struct debts debts = { .named = rows_of(reference, unit, indicator),
                           .any = rows_of(reference, unit, KADR_NO_INDICATOR),
                           .otherwise = otherwise,
                           .owed = kadr_indicator_info(reference, indicator)->expected };
    return owes_on(&debts, span.first) || owes_at_an_edge(&debts, &debts.named, span) ||
           owes_at_an_edge(&debts, &debts.any, span);
}

bool kadr_owes(const struct kadr_reference *reference, kadr_unit unit, kadr_indicator indicator,
               struct kadr_period span)
{
    const struct kadr_indicator_info *info = kadr_indicator_info(reference, indicator);
    bool otherwise = kadr_owes_by_catalogue(info, kadr_unit_info(reference, unit));
    return info->listed ? owes_by_rows(reference, unit, indicator, otherwise, span) : otherwise;
}

bool kadr_unit_reports(const struct kadr_reference *reference, kadr_unit unit, kadr_indicator indicator,
                       struct kadr_period span)
{
    return !kadr_indicator_info(reference, indicator)->owed || kadr_owes(reference, unit, indicator, span);
}
