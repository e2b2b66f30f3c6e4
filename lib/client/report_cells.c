/* SPDX-License-Identifier: Apache-2.0 */
/* report_cells.c - one row as an observation.
 *
 * Only what the wire cannot carry is decided here: malformed text, codes that are no codes, values that need
 * the indicator's scale. Whether a code exists, may be spoken for, or fits is the judge's (domain/judge.c),
 * which runs again where the report arrives: an office whose catalogue is older than the server's must not be
 * refused by its own tool.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "client/report_csv_impl.h"
#include "domain/nearest.h"
#include "wire/wire.h"

static void wrong(const struct kadr_csv_parser *parser, enum kadr_csv_column column, enum kadr_diag_code code,
                  const char *arg0, const char *arg1, const char *arg2)
{
    kadr_diags_add(parser->diags, code, -1, parser->line, parser->out->places.column[column], arg0, arg1,
                   arg2);
}

static bool short_enough(const struct kadr_csv_parser *parser, enum kadr_csv_column column, const char *what,
                         size_t limit)
{
    char text[24];

    if (strlen(parser->cell[column]) <= limit) {
        return true;
    }
    (void)snprintf(text, sizeof(text), "%zu", limit); /* 20 digits at most */
    wrong(parser, column, KADR_DIAG_TOO_LONG, what, text, NULL);
    return false;
}

static bool take_unit(struct kadr_csv_parser *parser, struct kadr_observation *obs)
{
    const char *text = parser->cell[KADR_CSV_UNIT];
    kadr_unit unit;

    obs->unit = text;
    if (kadr_code_valid(text)) {
        return true;
    }
    unit = kadr_unit_by_name(parser->reference, text);
    if (unit != KADR_NO_UNIT) {
        wrong(parser, KADR_CSV_UNIT, KADR_DIAG_UNIT_BY_NAME, text,
              kadr_unit_info(parser->reference, unit)->code, NULL);
    } else {
        wrong(parser, KADR_CSV_UNIT, KADR_DIAG_UNKNOWN_UNIT, text, NULL, NULL);
    }
    return false;
}

static bool take_indicator(struct kadr_csv_parser *parser, struct kadr_observation *obs,
                           const struct kadr_indicator_info **ret_info)
{
    const char *text = parser->cell[KADR_CSV_INDICATOR];
    kadr_indicator indicator = kadr_indicator_find(parser->reference, text);
    kadr_indicator named;

    obs->indicator = text;
    *ret_info = NULL;
    if (indicator != KADR_NO_INDICATOR) {
        *ret_info = kadr_indicator_info(parser->reference, indicator);
        return true;
    }
    named = kadr_indicator_by_name(parser->reference, text);
    if (named != KADR_NO_INDICATOR) {
        wrong(parser, KADR_CSV_INDICATOR, KADR_DIAG_INDICATOR_BY_NAME, text,
              kadr_indicator_info(parser->reference, named)->code, NULL);
    } else {
        wrong(parser, KADR_CSV_INDICATOR, KADR_DIAG_UNKNOWN_INDICATOR, text,
              kadr_nearest_indicator(parser->reference, text), NULL);
    }
    return false;
}

/* A member that is no code, in a dimension that may be none either. */
static void wrong_pair(const struct kadr_csv_parser *parser, const struct kadr_member_pair *pair)
{
    kadr_dimension dimension = kadr_dimension_find(parser->reference, pair->dimension);
    char meant[KADR_MEMBERS_TEXT_BYTES];
    kadr_member member =
        dimension != KADR_NO_DIMENSION ? kadr_member_by_name(parser->reference, dimension, pair->member) : 0;

    if (dimension == KADR_NO_DIMENSION) {
        wrong(parser, KADR_CSV_BREAKDOWN, KADR_DIAG_UNKNOWN_DIMENSION, pair->dimension, NULL, NULL);
    } else if (member != 0) {
        wrong(parser, KADR_CSV_BREAKDOWN, KADR_DIAG_MEMBER_BY_NAME, pair->member,
              kadr_member_info(parser->reference, member)->code, NULL);
    } else {
        wrong(parser, KADR_CSV_BREAKDOWN, KADR_DIAG_UNKNOWN_MEMBER, pair->member, pair->dimension,
              kadr_members_meant(parser->reference, dimension, pair->member, meant));
    }
}

static bool add_pair(struct kadr_csv_parser *parser, struct kadr_observation *obs,
                     const struct kadr_member_pair *pair)
{
    if (!kadr_code_valid(pair->dimension) || !kadr_code_valid(pair->member)) {
        wrong_pair(parser, pair);
        return false;
    }
    for (size_t i = 0; i < obs->breakdown_count; i++) {
        if (strcmp(obs->breakdown[i].dimension, pair->dimension) == 0) {
            wrong(parser, KADR_CSV_BREAKDOWN, KADR_DIAG_DIMENSION_TWICE, pair->dimension, NULL, NULL);
            return false;
        }
    }
    if (obs->breakdown_count == KADR_MAX_DIMENSIONS) {
        wrong(parser, KADR_CSV_BREAKDOWN, KADR_DIAG_TOO_MANY_DIMENSIONS, NULL, NULL, NULL);
        return false;
    }
    obs->breakdown[obs->breakdown_count++] = *pair;
    return true;
}

static bool is_pair_gap(char c)
{
    return c == ' ' || c == ',' || c == ';' || c == '\t';
}

/* End of the pair that begins at text: before the gap that the next `dimension=` follows, so that a member
 * written as a name of two words stays whole. */
static char *pair_end(char *text)
{
    char *equals = strchr(text, '=');
    char *next = equals != NULL ? strchr(equals + 1, '=') : NULL;
    char *end = next != NULL ? next : text + strlen(text);

    while (next != NULL && end > equals && is_pair_gap(end[-1])) {
        end--; /* `a=b c =d`: spaces before the next equals sign belong to its dimension */
    }
    while (next != NULL && end > equals && !is_pair_gap(end[-1])) {
        end--;
    }
    return next != NULL && end == equals ? text + strlen(text) : end;
}

/* Spaces that do not look like spaces to strchr(): NO-BREAK SPACE and its narrow sister. */
static void plain_spaces(char *text)
{
    while (*text != '\0') {
        size_t space = kadr_text_space(text);

        memset(text, ' ', space);
        text += space > 0 ? space : 1;
    }
}

static bool take_breakdown(struct kadr_csv_parser *parser, struct kadr_observation *obs)
{
    bool fine = true;

    plain_spaces(parser->cell[KADR_CSV_BREAKDOWN]);
    for (char *at = parser->cell[KADR_CSV_BREAKDOWN]; *at != '\0';) {
        char *end = pair_end(at), *equals = strchr(at, '=');
        struct kadr_member_pair pair;

        if (equals == NULL || equals > end) {
            wrong(parser, KADR_CSV_BREAKDOWN, KADR_DIAG_BREAKDOWN_SYNTAX, at, NULL, NULL);
            return false;
        }
        pair.dimension = kadr_text_trimmed(parser->arena, at, (size_t)(equals - at));
        while (end > equals + 1 && is_pair_gap(end[-1])) {
            end--;
        }
        pair.member = kadr_text_trimmed(parser->arena, equals + 1, (size_t)(end - equals - 1));
        if (pair.dimension == NULL || pair.member == NULL) {
            return false; /* the arena remembers */
        }
        fine = add_pair(parser, obs, &pair) && fine;
        for (at = end; is_pair_gap(*at);) {
            at++;
        }
    }
    return fine;
}

static bool take_period(struct kadr_csv_parser *parser, struct kadr_observation *obs)
{
    const char *text = parser->cell[KADR_CSV_PERIOD];

    if (kadr_period_parse(text, &obs->period) == 0) {
        return true;
    }
    wrong(parser, KADR_CSV_PERIOD, KADR_DIAG_BAD_PERIOD, text, NULL, NULL);
    return false;
}

/* One figure reads alike whichever locale saved it: without thousands separators, with a decimal point. */
static const char *stated_text(struct kadr_arena *arena, const char *text)
{
    char *copy = kadr_arena_strndup(arena, text, strlen(text)), *to = copy;

    if (copy == NULL) {
        return NULL;
    }
    while (*text != '\0') {
        size_t space = kadr_text_space(text);

        if (space > 0) {
            text += space;
        } else {
            *to++ = *text == ',' ? '.' : *text;
            text++;
        }
    }
    *to = '\0';
    return copy;
}

/* What people write where there is no figure: a reason is wanted there, not a better figure. */
static bool stands_for_nothing(const char *text)
{
    static const char *const signs[] = {
        "-",  "–",   "—",   "−",          "…",   "...",       "n/a",
        "na", "н/д", "нет", "нет данных", "жоқ", "дерек жоқ", "мәлімет жоқ"
    };

    for (size_t i = 0; i < KADR_COUNT(signs); i++) {
        if (strcmp(text, signs[i]) == 0 || kadr_text_same_name(text, signs[i])) {
            return true;
        }
    }
    return false;
}

static void wrong_value(const struct kadr_csv_parser *parser, int32_t indicator_scale,
                        enum kadr_value_error error)
{
    static const enum kadr_diag_code codes[] = {
        [KADR_VALUE_NOT_A_NUMBER] = KADR_DIAG_BAD_VALUE,
        [KADR_VALUE_TOO_PRECISE] = KADR_DIAG_TOO_PRECISE,
        [KADR_VALUE_TOO_LARGE] = KADR_DIAG_OUT_OF_RANGE,
        [KADR_VALUE_EMPTY_RANGE] = KADR_DIAG_BAD_VALUE,
        [KADR_VALUE_UNKNOWN_REASON] = KADR_DIAG_UNKNOWN_REASON,
        [KADR_VALUE_EMPTY] = KADR_DIAG_VALUE_EMPTY,
    };
    char lo[KADR_NUMBER_TEXT_BYTES], hi[KADR_NUMBER_TEXT_BYTES], decimals[16];
    int count = 0;

    error = stands_for_nothing(parser->cell[KADR_CSV_VALUE]) ? KADR_VALUE_EMPTY : error;
    for (int32_t scale = indicator_scale; scale > 1; scale /= 10) {
        count++;
    }
    (void)snprintf(decimals, sizeof(decimals), "%d", count); /* one digit */
    (void)kadr_number_format(-KADR_MAX_ABS_VALUE, indicator_scale, lo);
    (void)kadr_number_format(KADR_MAX_ABS_VALUE, indicator_scale, hi);
    wrong(parser, KADR_CSV_VALUE, codes[error], parser->cell[KADR_CSV_VALUE],
          error == KADR_VALUE_TOO_PRECISE ? decimals : lo, hi);
}

/* Beside an unknown indicator: what is no figure at any scale. */
static void name_no_value(const struct kadr_csv_parser *parser, const char *text)
{
    enum { FINEST = 1000 };
    struct kadr_value value;
    enum kadr_value_error error = kadr_value_parse(text, FINEST, &value);

    if (error != KADR_VALUE_FINE && error != KADR_VALUE_TOO_PRECISE && error != KADR_VALUE_TOO_LARGE) {
        wrong_value(parser, FINEST, error);
    }
}

static bool take_value(struct kadr_csv_parser *parser, const struct kadr_indicator_info *info,
                       struct kadr_observation *obs)
{
    const char *text = parser->cell[KADR_CSV_VALUE];
    enum kadr_value_error error;

    obs->line = parser->line;
    obs->column = parser->out->places.column[KADR_CSV_VALUE];
    obs->scale = 1;
    obs->stated = "";
    if (info == NULL) {
        name_no_value(parser, text);
        return false; /* without a scale there is no value; the indicator's cell was named */
    }
    error = kadr_value_parse(text, info->scale, &obs->value);
    if (error != KADR_VALUE_FINE) {
        wrong_value(parser, info->scale, error);
        return false;
    }
    if (obs->value.kind == KADR_VALUE_INTERVAL) {
        obs->scale = info->scale;
        obs->stated = stated_text(parser->arena, text);
        return obs->stated != NULL && short_enough(parser, KADR_CSV_VALUE, "value", KADR_MAX_STATED_BYTES);
    }
    return true;
}

static bool take_occurrence(struct kadr_csv_parser *parser, struct kadr_observation *obs)
{
    const char *text = parser->cell[KADR_CSV_OCCURRENCE];

    obs->occurrence = text;
    if (*text == '\0' || kadr_code_valid(text)) {
        return true;
    }
    if (short_enough(parser, KADR_CSV_OCCURRENCE, "occurrence", KADR_MAX_CODE_BYTES)) {
        wrong(parser, KADR_CSV_OCCURRENCE, KADR_DIAG_BAD_OCCURRENCE, text, NULL, NULL);
    }
    return false;
}

/* The first field that breaks the row's shape, 1-based: text where the header has no column, or a needed cell
 * that is not there; 0 when it fits. */
static size_t misfit(const struct kadr_csv_parser *parser, const struct kadr_csv_record *record)
{
    static const enum kadr_csv_column needed[] = { KADR_CSV_UNIT, KADR_CSV_INDICATOR, KADR_CSV_PERIOD,
                                                   KADR_CSV_VALUE };

    for (size_t i = 0; i < record->count; i++) {
        if (!kadr_text_is_blank(record->field[i].text) && (i >= parser->width || !parser->named[i])) {
            return i + 1;
        }
    }
    for (size_t i = 0; i < KADR_COUNT(needed); i++) {
        if (parser->out->places.column[needed[i]] > record->count) {
            return record->count + 1;
        }
    }
    return 0;
}

/* Cells by column, trimmed; false when the arena failed. */
static bool split_cells(struct kadr_csv_parser *parser, const struct kadr_csv_record *record)
{
    for (size_t column = 0; column < KADR_CSV_COLUMN_COUNT; column++) {
        size_t place = parser->out->places.column[column];
        bool there = place > 0 && place <= record->count;

        parser->cell[column] = kadr_text_trimmed(parser->arena, there ? record->field[place - 1].text : "",
                                                 there ? record->field[place - 1].len : 0);
        if (parser->cell[column] == NULL) {
            return false;
        }
    }
    return true;
}

static bool fits(struct kadr_csv_parser *parser, const struct kadr_csv_record *record)
{
    size_t place = misfit(parser, record);
    char got[24], want[24];

    if (place > 0) {
        (void)snprintf(got, sizeof(got), "%zu", record->count); /* at most KADR_MAX_CSV_FIELDS */
        (void)snprintf(want, sizeof(want), "%zu", parser->width);
        kadr_diags_add(parser->diags, KADR_DIAG_ROW_SHORT, -1, record->line, (uint32_t)place, got, want,
                       NULL);
    }
    return place == 0;
}

static bool all_digits(const struct kadr_csv_field *field, size_t longest)
{
    return !field->quoted && field->len > 0 && field->len <= longest &&
           strspn(field->text, "0123456789") == field->len;
}

/* `364,25` or `1,894` without quotation marks where commas stand between columns: the rest of the figure
 * would pass for a remark, and the figure for a smaller one. */
static bool figure_is_whole(struct kadr_csv_parser *parser, const struct kadr_csv_record *record)
{
    size_t place = parser->out->places.column[KADR_CSV_VALUE], next = place + 1;
    bool beside_note = next == parser->out->places.column[KADR_CSV_NOTE] || next > parser->width;
    const struct kadr_csv_field *figure = &record->field[place - 1];

    if (parser->separator != ',' || !beside_note || record->count < next || figure->quoted ||
        figure->len == 0 || strchr("0123456789", figure->text[figure->len - 1]) == NULL ||
        !all_digits(&record->field[next - 1], 3)) {
        return true;
    }
    kadr_diags_add(parser->diags, KADR_DIAG_FIGURE_SPLIT, -1, record->line, (uint32_t)place, figure->text,
                   record->field[next - 1].text, NULL);
    return false;
}

/* Codes that are codes but that the catalogue on this computer does not have. The judge names them in a row
 * that is sent; in one that is left out anyhow nobody else would. */
static void name_strangers(const struct kadr_csv_parser *parser, const struct kadr_observation *obs,
                           bool pairs_are_fine)
{
    const struct kadr_reference *reference = parser->reference;

    if (kadr_code_valid(obs->unit) && kadr_unit_find(reference, obs->unit) == KADR_NO_UNIT) {
        wrong(parser, KADR_CSV_UNIT, KADR_DIAG_UNKNOWN_UNIT, obs->unit, NULL, NULL);
    }
    for (size_t i = 0; i < obs->breakdown_count && pairs_are_fine; i++) {
        const struct kadr_member_pair *pair = &obs->breakdown[i];
        kadr_dimension dimension = kadr_dimension_find(reference, pair->dimension);

        if (dimension == KADR_NO_DIMENSION || kadr_member_find(reference, dimension, pair->member) == 0) {
            wrong_pair(parser, pair);
        }
    }
}

/* Every wrong cell of the row is named, not only the first. */
static bool take_observation(struct kadr_csv_parser *parser, struct kadr_observation *obs)
{
    const struct kadr_indicator_info *info;
    bool fine = take_unit(parser, obs), pairs_are_fine;

    fine = take_indicator(parser, obs, &info) && fine;
    pairs_are_fine = take_breakdown(parser, obs);
    fine = pairs_are_fine && fine;
    fine = take_period(parser, obs) && fine;
    fine = take_value(parser, info, obs) && fine;
    fine = short_enough(parser, KADR_CSV_NOTE, "note", KADR_MAX_NOTE_BYTES) && fine;
    fine = take_occurrence(parser, obs) && fine;
    obs->note = parser->cell[KADR_CSV_NOTE];
    if (!fine && !kadr_arena_failed(parser->arena)) {
        name_strangers(parser, obs, pairs_are_fine);
    }
    return fine;
}

bool kadr_csv_take_cells(struct kadr_csv_parser *parser, const struct kadr_csv_record *record,
                         struct kadr_observation *ret_observation)
{
    parser->line = record->line;
    return figure_is_whole(parser, record) && fits(parser, record) && split_cells(parser, record) &&
           take_observation(parser, ret_observation);
}
