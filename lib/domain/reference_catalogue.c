/* SPDX-License-Identifier: Apache-2.0 */
/* members.csv and indicators.csv: dimensions with their members, and what may be known about an indicator.
 *
 * The rows of two lists in members.csv are names and not dimensions: `measure` (names of units of measure)
 * and `missing_reason`. They are read like any other, and no indicator may take them. A third one,
 * `dimension`, names the dimensions for people: its members are their codes.
 *
 * A wrong aggregation must be impossible to express: check_rules() refuses a catalogue in which percentages,
 * durations or amounts per person add up.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "domain/reference_load.h"
#include "domain/value.h"

#define MEASURES "measure"
#define REASONS  "missing_reason"

/* members.csv */

enum { M_DIMENSION, M_MEMBER, M_ALIASES, M_OTHER_NAMES, M_NAME_EN };

static const struct kadr_column member_columns[] = {
    { "dimension", false }, { "member", false },  { "aliases", false }, { "other_names", true },
    { "name_en", false },   { "name_ru", false }, { "name_kk", false },
};

static void begin_dimension(struct kadr_load *load, const struct kadr_table *table, const char *code)
{
    struct kadr_reference *reference = load->reference;

    if (reference->dimension_count == KADR_MAX_DIMENSION_CODES) {
        kadr_table_wrong(table, M_DIMENSION, KADR_DIAG_TOO_MANY_ROWS, code, NULL, NULL);
        return;
    }
    reference->dimensions[reference->dimension_count] =
        (struct kadr_dimension_info){ .code = code, .first = (kadr_member)(reference->member_count + 1) };
    kadr_names_add(&reference->dimension_codes, 0, code, (uint32_t)reference->dimension_count);
    reference->dimension_count++;
}

/* The dimension that a row belongs to, begun when it is new. A row apart from its dimension's others is named
 * and still counts as theirs: what refers to it is not at fault. */
static size_t dimension_of_row(struct kadr_load *load, const struct kadr_table *table, const char *code)
{
    const struct kadr_reference *reference = load->reference;

    for (size_t i = reference->dimension_count; i > 0; i--) {
        if (strcmp(reference->dimensions[i - 1].code, code) != 0) {
            continue;
        }
        if (i < reference->dimension_count) {
            kadr_table_wrong(table, M_DIMENSION, KADR_DIAG_BAD_DEFINITION,
                             "the rows of a dimension stand together", code, NULL);
        }
        return i - 1;
    }
    begin_dimension(load, table, code);
    return reference->dimension_count - 1;
}

static void index_member(struct kadr_load *load, const struct kadr_table *table, kadr_member number)
{
    struct kadr_reference *reference = load->reference;
    const struct kadr_member_info *member = &reference->members[number];
    const char *at = kadr_table_cell(table, M_ALIASES), *word;
    size_t len;

    kadr_names_add(&reference->member_codes, member->dimension, member->code, number);
    while (kadr_load_next(&at, ' ', &word, &len)) {
        kadr_names_add(&reference->member_codes, member->dimension, kadr_load_text(load, word, len), number);
    }
    for (size_t lang = 0; lang < KADR_LANG_COUNT; lang++) {
        kadr_load_fold(load, &reference->member_folded, member->dimension, member->name[lang], number);
    }
    kadr_load_fold(load, &reference->member_folded, member->dimension, kadr_table_cell(table, M_OTHER_NAMES),
                   number);
}

static void read_member(struct kadr_load *load, const struct kadr_table *table, uint32_t *lines)
{
    struct kadr_reference *reference = load->reference;
    const char *dimension, *code;

    if (!kadr_load_code(load, table, M_DIMENSION, &dimension) ||
        !kadr_load_code(load, table, M_MEMBER, &code)) {
        return;
    }
    size_t index = dimension_of_row(load, table, dimension);
    kadr_member number = (kadr_member)++reference->member_count;
    struct kadr_member_info *member = &reference->members[number];
    member->code = code;
    member->dimension = (kadr_dimension)index;
    reference->dimensions[member->dimension].count++;
    lines[number] = kadr_table_line(table);
    kadr_load_names(load, table, M_NAME_EN, member->name);
    index_member(load, table, number);
}

static int read_members(struct kadr_load *load, struct kadr_table *table, struct kadr_bytes bytes)
{
    struct kadr_reference *reference = load->reference;
    size_t rows = kadr_table_max_rows(bytes), cap = rows < KADR_MAX_MEMBERS ? rows : KADR_MAX_MEMBERS;
    uint32_t *lines = kadr_arena_calloc(reference->arena, cap + 1, sizeof(*lines));
    int err = 0;

    reference->members = kadr_arena_calloc(reference->arena, cap + 1, sizeof(*reference->members));
    reference->dimensions =
        kadr_arena_calloc(reference->arena, KADR_MAX_DIMENSION_CODES, sizeof(*reference->dimensions));
    if (lines == NULL || reference->members == NULL || reference->dimensions == NULL) {
        return KADR_ENOMEM;
    }
    while ((err = kadr_table_next(table)) == 0) {
        if (reference->member_count == cap) {
            kadr_table_wrong(table, M_MEMBER, KADR_DIAG_TOO_MANY_ROWS, "members.csv", NULL, NULL);
            return KADR_EINVAL;
        }
        read_member(load, table, lines);
    }
    kadr_load_codes_done(load, &reference->member_codes, lines);
    kadr_load_names_done(load, &reference->member_folded);
    kadr_load_names_done(load, &reference->dimension_codes);
    return err == KADR_ENOENT ? 0 : err;
}

int kadr_load_members(struct kadr_load *load, struct kadr_bytes bytes)
{
    KADR_CLEANUP(kadr_table_done) struct kadr_table table;
    int err = kadr_table_open(&table, bytes, member_columns, KADR_COUNT(member_columns), load->diags);

    return err != 0 ? err : read_members(load, &table, bytes);
}

/* indicators.csv */

enum {
    CODE,
    KIND,
    MEASURE,
    SCALE,
    TIME,
    SPACE,
    LEVEL,
    DIMENSIONS,
    EXHAUSTIVE,
    STALE_AFTER,
    EXPIRES_AFTER,
    EXPECTED,
    MIN,
    MAX,
    NEGATIVE,
    OTHER_NAMES,
    NAME_EN,
    NUMERATOR = NAME_EN + KADR_LANG_COUNT,
    DENOMINATOR,
    FACTOR,
    IGNORES,
    TERMS,
    EVERY,
    DUE_DAYS,
    BAND,
    BAND_FLOOR,
    HOLDS,
    FACTS
};

static const struct kadr_column columns[] = {
    { "code", false },
    { "kind", false },
    { "measure", false },
    { "scale", false },
    { "time", false },
    { "space", false },
    { "level", false },
    { "dimensions", false },
    { "exhaustive", false },
    { "stale_after_days", false },
    { "expires_after_days", false },
    { "expected", false },
    { "min", false },
    { "max", false },
    { "negative", false },
    { "other_names", true },
    { "name_en", false },
    { "name_ru", false },
    { "name_kk", false },
    { "numerator", true },
    { "denominator", true },
    { "factor", true },
    { "ignores", true },
    { "terms", true },
    { "every", true },
    { "due_days", true },
    { "band", true },
    { "band_floor", true },
    { "holds", true },
    { "facts", true },
};

/* In the order of the enums. */
static const char *const kinds[] = { "stock", "flow", "plan", "event", "parameter", NULL };
static const char *const times[] = { "last", "sum", "count", "none", NULL };
static const char *const spaces[] = { "sum", "ratio", "linear", "range", "none", NULL };
static const char *const levels[] = { "country", "region", "district", "facility", NULL };
static const char *const scales[] = { "1", "10", "100", "1000", NULL };
static const char *const expectations[] = { "none", "calendar", NULL };
static const char *const answers[] = { "no", "yes", NULL };
static const char *const rules[] = { "", "zero", "at_most_zero", NULL };
static const char *const rhythms[] = { "", "month", "quarter", "half", "year", "academic", NULL };

static void impossible(const struct kadr_table *table, size_t column, const char *what)
{
    kadr_table_wrong(table, column, KADR_DIAG_BAD_DEFINITION, what, kadr_table_cell(table, CODE), NULL);
}

static uint8_t read_dimensions(struct kadr_load *load, const struct kadr_table *table, size_t column,
                               kadr_dimension ret_list[16])
{
    const char *at = kadr_table_cell(table, column), *word;
    uint8_t count = 0;
    size_t len;

    while (kadr_load_next(&at, ' ', &word, &len)) {
        const char *code = kadr_load_text(load, word, len);
        kadr_dimension dimension = kadr_dimension_find(load->reference, code);
        if (dimension == KADR_NO_DIMENSION || strcmp(code, MEASURES) == 0 || strcmp(code, REASONS) == 0) {
            kadr_table_wrong(table, column, KADR_DIAG_UNKNOWN_DIMENSION, code, NULL, NULL);
        } else if (memchr(ret_list, dimension, count) != NULL) {
            impossible(table, column, "a dimension named twice");
        } else if (count == 16) {
            impossible(table, column, "more than 16 dimensions");
            break;
        } else {
            ret_list[count++] = dimension;
        }
    }
    return count;
}

/* Exhaustive dimensions in the order of `dimensions`, whatever the order they are written in. */
static void read_exhaustive(struct kadr_load *load, const struct kadr_table *table,
                            struct kadr_indicator_info *info)
{
    kadr_dimension named[16];
    uint8_t count = read_dimensions(load, table, EXHAUSTIVE, named);

    for (size_t i = 0; i < count; i++) {
        if (!kadr_indicator_takes(info, named[i])) {
            impossible(table, EXHAUSTIVE, "exhaustive, but not among its dimensions");
        }
    }
    for (size_t i = 0; i < info->dimension_count; i++) {
        if (memchr(named, info->dimensions[i], count) != NULL) {
            info->exhaustive[info->exhaustive_count++] = info->dimensions[i];
        }
    }
}

static void read_measure(struct kadr_load *load, const struct kadr_table *table,
                         struct kadr_indicator_info *info)
{
    const char *code = kadr_table_cell(table, MEASURE);
    kadr_dimension measures = kadr_dimension_find(load->reference, MEASURES);
    kadr_member measure =
        measures == KADR_NO_DIMENSION ? 0 : kadr_member_find(load->reference, measures, code);

    info->measure = "";
    if (measure == 0) {
        kadr_table_wrong(table, MEASURE, KADR_DIAG_UNKNOWN_VALUE, code, "measures of members.csv", NULL);
        return;
    }
    const struct kadr_member_info *found = kadr_member_info(load->reference, measure);
    info->measure = found->code;
    memcpy(info->measure_name, found->name, sizeof(info->measure_name));
}

static int32_t read_days(const struct kadr_table *table, size_t column)
{
    const char *text = kadr_table_cell(table, column);
    int32_t days = 0;

    for (const char *c = text; *c != '\0'; c++) {
        if (*c < '0' || *c > '9' || days > 99999) {
            kadr_table_wrong(table, column, KADR_DIAG_UNKNOWN_VALUE, text, "days, 0 to 999999", NULL);
            return 0;
        }
        days = 10 * days + (*c - '0');
    }
    return days;
}

static int64_t read_bound(const struct kadr_table *table, size_t column, int32_t scale, int64_t none)
{
    const char *text = kadr_table_cell(table, column);
    struct kadr_value value;

    if (text[0] == '\0') {
        return none;
    }
    if (kadr_value_parse(text, scale, &value) != KADR_VALUE_FINE || value.kind != KADR_VALUE_INTERVAL ||
        value.hi_open || value.lo != value.hi) {
        kadr_table_wrong(table, column, KADR_DIAG_BAD_VALUE, text, NULL, NULL);
        return none;
    }
    return value.lo;
}

/* What is a quotient, a duration or a count of kinds does not add, over regions or over time. */
static bool measure_adds(const char *measure)
{
    static const char *const fixed[] = { "percent", "ratio", "per_10000", "month", "year", "kind" };

    for (size_t i = 0; i < KADR_COUNT(fixed); i++) {
        if (strcmp(measure, fixed[i]) == 0) {
            return false;
        }
    }
    return true;
}

static void check_rules(const struct kadr_table *table, const struct kadr_indicator_info *info)
{
#define RULE(time) (1u << (time))
    static const unsigned allowed[] = {
        [KADR_KIND_STOCK] = RULE(KADR_TIME_LAST),
        [KADR_KIND_FLOW] = RULE(KADR_TIME_SUM),
        [KADR_KIND_PLAN] = RULE(KADR_TIME_SUM) | RULE(KADR_TIME_NONE),
        [KADR_KIND_EVENT] = RULE(KADR_TIME_COUNT),
        [KADR_KIND_PARAMETER] = RULE(KADR_TIME_LAST),
    };
    bool adds_over_space = info->space == KADR_SPACE_SUM || info->space == KADR_SPACE_LINEAR;
    bool adds_over_time = info->time == KADR_TIME_SUM || info->time == KADR_TIME_COUNT;

    if ((allowed[info->kind] & RULE(info->time)) == 0) {
        impossible(table, TIME, "this kind does not add over time in this way");
    }
    if (adds_over_space && (info->kind == KADR_KIND_PARAMETER || !measure_adds(info->measure))) {
        impossible(table, SPACE, "this measure does not add over regions");
    }
    if (adds_over_time && !measure_adds(info->measure)) {
        impossible(table, TIME, "this measure does not add over time");
    }
    if (info->space == KADR_SPACE_RATIO && measure_adds(info->measure)) {
        impossible(table, SPACE, "a ratio is measured in percent, per_10000 or ratio");
    }
#undef RULE
}

static void check_bounds(const struct kadr_table *table, const struct kadr_indicator_info *info)
{
    bool ages = info->stale_after_days != 0 || info->expires_after_days != 0;

    if (ages && info->time != KADR_TIME_LAST) {
        impossible(table, STALE_AFTER, "only a last value goes stale");
    }
    if (info->expires_after_days != 0 && info->expires_after_days < info->stale_after_days) {
        impossible(table, EXPIRES_AFTER, "expires before it is stale");
    }
    if (info->min > info->max) {
        impossible(table, MAX, "max lies below min");
    }
    if (info->min != INT64_MIN && info->min < 0 && !info->may_be_negative) {
        impossible(table, MIN, "min is negative, but the figure may not be");
    }
}

static void check_promises(const struct kadr_table *table, const struct kadr_indicator_info *info)
{
    if (info->owed_every != KADR_PERIOD_IRREGULAR && !info->expected) {
        impossible(table, EVERY, "a rhythm for what nobody owes");
    }
    if (info->due_days > 0 && info->owed_every == KADR_PERIOD_IRREGULAR) {
        impossible(table, DUE_DAYS, "days to report in, and no rhythm that they count from");
    }
    if (info->band_percent != 0 && info->band_percent <= 100) {
        impossible(table, BAND, "a band is a factor above 1");
    }
    if (info->band_floor < 0 || (info->band_floor > 0 && info->band_percent == 0)) {
        impossible(table, BAND_FLOOR, "a difference that is always plausible, without a band");
    }
}

static void read_rules(const struct kadr_table *table, struct kadr_indicator_info *info)
{
    static const int32_t factors[] = { 1, 10, 100, 1000 };

    info->kind = (enum kadr_kind)kadr_load_word(table, KIND, kinds);
    info->time = (enum kadr_time_rule)kadr_load_word(table, TIME, times);
    info->space = (enum kadr_space_rule)kadr_load_word(table, SPACE, spaces);
    info->level = (enum kadr_unit_level)kadr_load_word(table, LEVEL, levels);
    info->scale = factors[kadr_load_word(table, SCALE, scales)];
    info->expected = info->owed = kadr_load_word(table, EXPECTED, expectations) == 1;
    info->may_be_negative = kadr_load_word(table, NEGATIVE, answers) == 1;
    info->stale_after_days = read_days(table, STALE_AFTER);
    info->expires_after_days = read_days(table, EXPIRES_AFTER);
    info->min = read_bound(table, MIN, info->scale, INT64_MIN);
    info->max = read_bound(table, MAX, info->scale, INT64_MAX);
}

/* What offices owe, and what is plausible of them. */
static void read_promises(const struct kadr_table *table, struct kadr_indicator_info *info)
{
    static const enum kadr_period_kind kinds_of[] = { KADR_PERIOD_IRREGULAR, KADR_PERIOD_MONTH,
                                                      KADR_PERIOD_QUARTER,   KADR_PERIOD_HALF,
                                                      KADR_PERIOD_YEAR,      KADR_PERIOD_ACADEMIC };

    info->owed_every = kinds_of[kadr_load_word(table, EVERY, rhythms)];
    info->due_days = read_days(table, DUE_DAYS);
    info->band_percent = read_bound(table, BAND, 100, 0);
    info->band_floor = read_bound(table, BAND_FLOOR, info->scale, 0);
    info->rule = (enum kadr_rule)kadr_load_word(table, HOLDS, rules);
}

/* Kept for kadr_load_derived(). */
static void read_definition(struct kadr_load *load, const struct kadr_table *table, uint32_t number)
{
    static const uint8_t places[KADR_DEF_COLUMNS] = { NUMERATOR, DENOMINATOR, FACTOR, IGNORES,
                                                      TERMS,     HOLDS,       FACTS };
    struct kadr_definition *definition = &load->definitions[number];

    definition->line = kadr_table_line(table);
    for (size_t i = 0; i < KADR_DEF_COLUMNS; i++) {
        const char *text = kadr_table_cell(table, places[i]);
        definition->text[i] = kadr_load_text(load, text, strlen(text));
        definition->field[i] = table->place[places[i]];
    }
}

static void read_indicator(struct kadr_load *load, const struct kadr_table *table, uint32_t *lines)
{
    struct kadr_reference *reference = load->reference;
    uint32_t number = (uint32_t)reference->indicator_count;
    struct kadr_indicator_info *info = &reference->indicators[number];

    if (!kadr_load_code(load, table, CODE, &info->code)) {
        return;
    }
    reference->indicator_count++;
    lines[number] = kadr_table_line(table);
    size_t errors = load->diags->errors;
    read_rules(table, info);
    read_promises(table, info);
    read_measure(load, table, info);
    if (load->diags->errors == errors) { /* else the rules speak of words that were not understood */
        check_rules(table, info);
        check_bounds(table, info);
        check_promises(table, info);
    }
    info->dimension_count = read_dimensions(load, table, DIMENSIONS, info->dimensions);
    read_exhaustive(load, table, info);
    read_definition(load, table, number);
    kadr_load_names(load, table, NAME_EN, info->name);
    kadr_names_add(&reference->indicator_codes, 0, info->code, number);
    for (size_t lang = 0; lang < KADR_LANG_COUNT; lang++) {
        kadr_load_fold(load, &reference->indicator_folded, 0, info->name[lang], number);
    }
    kadr_load_fold(load, &reference->indicator_folded, 0, kadr_table_cell(table, OTHER_NAMES), number);
}

static int read_indicators(struct kadr_load *load, struct kadr_table *table, struct kadr_bytes bytes)
{
    struct kadr_reference *reference = load->reference;
    size_t rows = kadr_table_max_rows(bytes);
    size_t cap = rows < KADR_MAX_INDICATORS ? rows : KADR_MAX_INDICATORS;
    uint32_t *lines = kadr_arena_calloc(reference->arena, cap, sizeof(*lines));
    int err = 0;

    reference->indicators = kadr_arena_calloc(reference->arena, cap, sizeof(*reference->indicators));
    load->definitions = kadr_arena_calloc(reference->arena, cap, sizeof(*load->definitions));
    if (lines == NULL || reference->indicators == NULL || load->definitions == NULL) {
        return KADR_ENOMEM;
    }
    while ((err = kadr_table_next(table)) == 0) {
        if (reference->indicator_count == cap) {
            kadr_table_wrong(table, CODE, KADR_DIAG_TOO_MANY_ROWS, "indicators.csv", NULL, NULL);
            return KADR_EINVAL;
        }
        read_indicator(load, table, lines);
    }
    kadr_load_codes_done(load, &reference->indicator_codes, lines);
    kadr_load_names_done(load, &reference->indicator_folded);
    kadr_load_derived(load);
    return err == KADR_ENOENT ? 0 : err;
}

int kadr_load_indicators(struct kadr_load *load, struct kadr_bytes bytes)
{
    KADR_CLEANUP(kadr_table_done) struct kadr_table table;
    int err = kadr_table_open(&table, bytes, columns, KADR_COUNT(columns), load->diags);

    return err != 0 ? err : read_indicators(load, &table, bytes);
}
