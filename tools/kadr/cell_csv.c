/* SPDX-License-Identifier: Apache-2.0 */
#include "cell_csv.h"

#include <inttypes.h>

#include "base/csv.h"

static const char *const columns[] = { "lo",
                                       "hi",
                                       "known_hi",
                                       "incomplete",
                                       "basis",
                                       "reason",
                                       "measure",
                                       "reported",
                                       "complete",
                                       "expected",
                                       "oldest",
                                       "newest",
                                       "stale",
                                       "unexplained_lo",
                                       "unexplained_hi",
                                       "unexplained_kind",
                                       "holds" };

void cell_csv_heading(const char *prefix, struct kadr_buf *out)
{
    for (size_t i = 0; i < KADR_COUNT(columns); i++) {
        kadr_buf_printf(out, ",%s%s", prefix, columns[i]);
    }
}

void cell_csv_nothing(struct kadr_buf *out)
{
    for (size_t i = 0; i < KADR_COUNT(columns); i++) {
        kadr_buf_add_char(out, ',');
    }
}

static void add_figure(struct kadr_buf *out, int64_t figure, int32_t scale, bool open)
{
    char text[KADR_NUMBER_TEXT_BYTES];

    kadr_buf_printf(out, ",%s", open ? "" : kadr_number_format(figure, scale, text));
}

static void add_text(struct kadr_buf *out, const char *text)
{
    kadr_buf_add_char(out, ',');
    kadr_csv_write(out, text, ',');
}

void cell_csv_key(const struct kadr_wire_cell *cell, kadr_day as_of, struct kadr_buf *out)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf breakdown = { 0 };
    char period[KADR_PERIOD_TEXT_BYTES], day[KADR_DAY_TEXT_BYTES];

    kadr_buf_init(&breakdown, 0);
    for (size_t i = 0; i < cell->breakdown_count; i++) {
        kadr_buf_printf(&breakdown, "%s%s=%s", i > 0 ? " " : "", cell->breakdown[i].dimension,
                        cell->breakdown[i].member);
    }
    kadr_csv_write(out, cell->unit, ',');
    add_text(out, cell->indicator);
    add_text(out, kadr_buf_str(&breakdown));
    add_text(out, cell->cell.key.period.first == KADR_DAY_NONE
                      ? kadr_day_format(as_of, day)
                      : kadr_period_format(cell->cell.key.period, period));
}

static const char *measure_of(const struct kadr_reference *names, const char *indicator)
{
    kadr_indicator index = names != NULL ? kadr_indicator_find(names, indicator) : KADR_NO_INDICATOR;

    return index != KADR_NO_INDICATOR ? kadr_indicator_info(names, index)->measure : "";
}

void cell_csv_values(const struct kadr_reference *names, const struct kadr_wire_cell *wire,
                     struct kadr_buf *out)
{
    const struct kadr_cell *cell = &wire->cell;
    bool none = !kadr_cell_has_value(cell), residual = cell->residual != KADR_RESIDUAL_NONE;
    char oldest[KADR_DAY_TEXT_BYTES], newest[KADR_DAY_TEXT_BYTES];

    add_figure(out, cell->lo, wire->scale, none);
    add_figure(out, cell->hi, wire->scale, none || cell->hi_open);
    add_figure(out, cell->known_hi, wire->scale, none || cell->known_hi_open);
    kadr_buf_printf(out, ",%s,%s,%s", cell->incomplete ? "true" : "false", kadr_basis_text(cell->basis),
                    cell->reason != KADR_REASON_NONE ? kadr_reason_code(cell->reason) : "");
    add_text(out, measure_of(names, wire->indicator));
    kadr_buf_printf(out, ",%" PRIu32 ",%" PRIu32, cell->reported, cell->complete);
    add_figure(out, cell->expected, 1, cell->expected < 0);
    kadr_buf_printf(out, ",%s,%s,%" PRIu32, kadr_day_format(cell->oldest, oldest),
                    kadr_day_format(cell->newest, newest), cell->stale);
    add_figure(out, cell->residual_lo, wire->scale, !residual || cell->residual_lo_open);
    add_figure(out, cell->residual_hi, wire->scale, !residual || cell->residual_hi_open);
    kadr_buf_printf(out, ",%s,%s", residual ? kadr_residual_text(cell->residual) : "",
                    cell->holds != KADR_HOLDS_NONE ? kadr_holds_text(cell->holds) : "");
}
