/* SPDX-License-Identifier: Apache-2.0 */
#include "cell_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

#define DOT " · "

void cell_number(enum kadr_lang lang, int64_t number, int32_t scale, struct kadr_buf *out)
{
    char text[KADR_NUMBER_TEXT_BYTES];
    const char *at = kadr_number_format(number, scale, text);
    size_t whole = strcspn(at, "."), digits = whole - (*at == '-');

    for (size_t i = 0; i < whole; i++) {
        size_t left = whole - i;

        if (at[i] != '-' && left % 3 == 0 && left < digits) {
            kadr_buf_add_char(out, ' ');
        }
        kadr_buf_add_char(out, at[i]);
    }
    if (at[whole] == '.') {
        kadr_buf_add_char(out, lang == KADR_LANG_EN ? '.' : ',');
        kadr_buf_add_str(out, at + whole + 1);
    }
}

static void add_say(enum kadr_lang lang, enum text text, const char *a, const char *b, struct kadr_buf *out)
{
    text_say(lang, text, TEXT_ARGS(a, b), out);
}

/* ---- the figure ---- */

static void add_reason(enum kadr_lang lang, enum kadr_reason reason, struct kadr_buf *out)
{
    KADR_ASSERT(reason > KADR_REASON_NONE && reason < KADR_REASON_COUNT);
    kadr_buf_add_str(out, text_of(lang, (enum text)(TEXT_NOT_STATED + (reason - KADR_REASON_NOT_STATED))));
}

static void add_no_figure(enum kadr_lang lang, const struct kadr_cell *cell, struct kadr_buf *out)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf reason = { 0 };

    if (cell->reason == KADR_REASON_NONE) {
        kadr_buf_add_str(out, text_of(lang, TEXT_NO_FIGURE));
        return;
    }
    kadr_buf_init(&reason, 0);
    add_reason(lang, cell->reason, &reason);
    add_say(lang, TEXT_NO_FIGURE_BECAUSE, kadr_buf_str(&reason), NULL, out);
}

void cell_interval(enum kadr_lang lang, int64_t lo, bool lo_open, int64_t hi, bool hi_open, int32_t scale,
                   struct kadr_buf *out)
{
    if (lo_open || hi_open) {
        kadr_buf_add_str(out, lo_open ? "≤ " : "≥ ");
        cell_number(lang, lo_open ? hi : lo, scale, out);
        return;
    }
    cell_number(lang, lo, scale, out);
    if (lo != hi) {
        kadr_buf_add_str(out, "–");
        cell_number(lang, hi, scale, out);
    }
}

static void add_known(enum kadr_lang lang, const struct kadr_cell *cell, int32_t scale, struct kadr_buf *out)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf number = { 0 };

    if (!cell->hi_open || cell->known_hi_open || cell->known_hi == cell->lo) {
        return;
    }
    kadr_buf_init(&number, 0);
    cell_number(lang, cell->known_hi, scale, &number);
    kadr_buf_add_str(out, DOT);
    add_say(lang, TEXT_KNOWN_UP_TO, kadr_buf_str(&number), NULL, out);
}

/* ---- what stands beside it ---- */

enum kadr_unit_level cell_reporting_level(const struct kadr_reference *names, const char *indicator)
{
    kadr_indicator index = names != NULL ? kadr_indicator_find(names, indicator) : KADR_NO_INDICATOR;

    return index != KADR_NO_INDICATOR ? kadr_indicator_info(names, index)->level : KADR_LEVEL_REGION;
}

static void add_coverage(enum kadr_lang lang, const struct kadr_reference *names,
                         const struct kadr_wire_cell *wire, struct kadr_buf *out)
{
    const struct kadr_cell *cell = &wire->cell;
    char reported[16], expected[24];

    (void)snprintf(reported, sizeof(reported), "%" PRIu32, cell->reported); /* at most 10 digits */
    (void)snprintf(expected, sizeof(expected), "%" PRId64, cell->expected); /* at most 20 */
    if (cell->expected > 1) {
        enum text text = (enum text)(TEXT_OF_COUNTRIES + (int)cell_reporting_level(names, wire->indicator));

        kadr_buf_add_str(out, DOT);
        add_say(lang, text, reported, expected, out);
    } else if (cell->incomplete) {
        kadr_buf_add_str(out, DOT);
        kadr_buf_add_str(out, text_of(lang, TEXT_PARTS));
    } else if (cell->expected < 0 && cell->basis != KADR_BASIS_STATED) {
        kadr_buf_add_str(out, DOT);
        add_say(lang, TEXT_FROM, reported, NULL, out);
    }
}

void cell_unexplained(enum kadr_lang lang, const struct kadr_wire_cell *wire, struct kadr_buf *out)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf interval = { 0 };
    const struct kadr_cell *cell = &wire->cell;

    if (cell->residual == KADR_RESIDUAL_NONE) {
        return;
    }
    kadr_buf_init(&interval, 0);
    cell_interval(lang, cell->residual_lo, cell->residual_lo_open, cell->residual_hi, cell->residual_hi_open,
                  wire->scale, &interval);
    add_say(lang, cell->residual == KADR_RESIDUAL_OUTSTANDING ? TEXT_OUTSTANDING : TEXT_CONTRADICTION,
            kadr_buf_str(&interval), NULL, out);
}

static void add_holds(enum kadr_lang lang, const struct kadr_cell *cell, struct kadr_buf *out)
{
    static const enum text texts[] = {
        [KADR_HOLDS_YES] = TEXT_HOLDS, [KADR_HOLDS_NO] = TEXT_BROKEN, [KADR_HOLDS_UNKNOWN] = TEXT_CANNOT_TELL
    };

    if (cell->holds != KADR_HOLDS_NONE) {
        kadr_buf_add_str(out, DOT);
        kadr_buf_add_str(out, text_of(lang, texts[cell->holds]));
    }
}

static void add_stale(enum kadr_lang lang, const struct kadr_cell *cell, struct kadr_buf *out)
{
    char number[16];

    if (cell->stale > 0) {
        (void)snprintf(number, sizeof(number), "%" PRIu32, cell->stale); /* at most 10 digits */
        kadr_buf_add_str(out, DOT);
        add_say(lang, TEXT_STALE, number, NULL, out);
    }
}

void cell_figure(enum kadr_lang lang, const struct kadr_wire_cell *wire, struct kadr_buf *out)
{
    const struct kadr_cell *cell = &wire->cell;

    if (!kadr_cell_has_value(cell)) {
        add_no_figure(lang, cell, out);
        return;
    }
    cell_interval(lang, cell->lo, false, cell->hi, cell->hi_open, wire->scale, out);
    add_known(lang, cell, wire->scale, out);
}

void cell_stated(enum kadr_lang lang, const struct kadr_value *value, int32_t scale, struct kadr_buf *out)
{
    if (value->kind == KADR_VALUE_INTERVAL) {
        cell_interval(lang, value->lo, false, value->hi, value->hi_open, scale, out);
    } else if (value->kind == KADR_VALUE_MISSING) {
        add_reason(lang, value->reason, out);
    }
}

void cell_value(enum kadr_lang lang, const struct kadr_reference *names, const struct kadr_wire_cell *wire,
                struct kadr_buf *out)
{
    const struct kadr_cell *cell = &wire->cell;

    cell_figure(lang, wire, out);
    if (!kadr_cell_has_value(cell)) {
        return;
    }
    add_coverage(lang, names, wire, out);
    if (cell->residual != KADR_RESIDUAL_NONE) {
        kadr_buf_add_str(out, DOT);
        cell_unexplained(lang, wire, out);
    }
    add_holds(lang, cell, out);
    add_stale(lang, cell, out);
    if (cell->reason != KADR_REASON_NONE) {
        kadr_buf_add_str(out, DOT);
        add_reason(lang, cell->reason, out); /* a later statement than the one carried */
    }
}

/* ---- names ---- */

const char *cell_member_name(enum kadr_lang lang, const struct kadr_reference *names,
                             const struct kadr_member_pair *pair)
{
    kadr_dimension dimension =
        names != NULL ? kadr_dimension_find(names, pair->dimension) : KADR_NO_DIMENSION;
    kadr_member member =
        dimension != KADR_NO_DIMENSION ? kadr_member_find(names, dimension, pair->member) : 0;

    return member != 0 ? kadr_member_info(names, member)->name[lang] : pair->member;
}

void cell_breakdown(enum kadr_lang lang, const struct kadr_reference *names,
                    const struct kadr_wire_cell *cell, struct kadr_buf *out)
{
    for (size_t i = 0; i < cell->breakdown_count; i++) {
        kadr_buf_add_str(out, i > 0 ? ", " : "");
        kadr_buf_add_str(out, cell_member_name(lang, names, &cell->breakdown[i]));
    }
    if (cell->breakdown_count == 0) {
        kadr_buf_add_str(out, text_of(lang, TEXT_ALL));
    }
}

const char *cell_unit_name(enum kadr_lang lang, const struct kadr_reference *names, const char *code)
{
    kadr_unit unit = names != NULL ? kadr_unit_find(names, code) : KADR_NO_UNIT;

    return unit != KADR_NO_UNIT ? kadr_unit_info(names, unit)->name[lang] : code;
}

const char *cell_indicator_name(enum kadr_lang lang, const struct kadr_reference *names, const char *code)
{
    kadr_indicator indicator = names != NULL ? kadr_indicator_find(names, code) : KADR_NO_INDICATOR;

    return indicator != KADR_NO_INDICATOR ? kadr_indicator_info(names, indicator)->name[lang] : code;
}

/* From one of the lists of names in members.csv. */
static const char *listed_name(enum kadr_lang lang, const struct kadr_reference *names, const char *list,
                               const char *code)
{
    const struct kadr_member_pair pair = { list, code };

    return cell_member_name(lang, names, &pair);
}

const char *cell_dimension_name(enum kadr_lang lang, const struct kadr_reference *names, const char *code)
{
    return listed_name(lang, names, "dimension", code);
}

void cell_measured_name(enum kadr_lang lang, const struct kadr_reference *names, const char *code,
                        struct kadr_buf *out)
{
    kadr_indicator indicator = names != NULL ? kadr_indicator_find(names, code) : KADR_NO_INDICATOR;
    const char *name = cell_indicator_name(lang, names, code);

    kadr_buf_add_str(out, name);
    if (indicator != KADR_NO_INDICATOR) {
        const char *measure =
            listed_name(lang, names, "measure", kadr_indicator_info(names, indicator)->measure);

        kadr_buf_printf(out, "%s%s", strstr(name, measure) == NULL ? ", " : "",
                        strstr(name, measure) == NULL ? measure : "");
    }
}

void cell_indicator_heading(enum kadr_lang lang, const struct kadr_reference *names, const char *code,
                            FILE *out)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf name = { 0 };

    kadr_buf_init(&name, 0);
    cell_measured_name(lang, names, code, &name);
    (void)fprintf(out, "  %s\n", kadr_buf_str(&name));
}

void cell_days(const struct kadr_wire_cell *cell, struct kadr_buf *out)
{
    char day[KADR_DAY_TEXT_BYTES];

    kadr_buf_add_str(out, kadr_day_format(cell->cell.oldest, day));
    if (cell->cell.newest != cell->cell.oldest) {
        kadr_buf_printf(out, " … %s", kadr_day_format(cell->cell.newest, day));
    }
}

size_t text_width(const char *text)
{
    size_t width = 0;

    for (; *text != '\0'; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return width;
}

bool cell_period_covers(struct kadr_period wide, struct kadr_period narrow)
{
    enum kadr_period_kind kind = kadr_period_kind(wide);
    bool calendar_year = kind == KADR_PERIOD_YEAR && kadr_period_kind(narrow) == KADR_PERIOD_ACADEMIC;

    return calendar_year || (kind != KADR_PERIOD_IRREGULAR && kadr_period_contains(wide, narrow));
}
