/* SPDX-License-Identifier: Apache-2.0 */
#include "change_text.h"

#include "cell_csv.h"
#include "cell_text.h"
#include "json.h"
#include "text.h"

static bool is_bare(const struct kadr_cell *cell)
{
    return !kadr_cell_has_value(cell) && cell->reason == KADR_REASON_NONE;
}

bool change_is_bare(const struct kadr_wire_change *change)
{
    return is_bare(&change->cell.cell) && (!change->has_before || is_bare(&change->before.cell));
}

const char *change_word(enum kadr_lang lang, enum kadr_change kind)
{
    return text_of(lang, (enum text)(TEXT_CHANGE_REFERENCE + (kind - KADR_CHANGE_REFERENCE)));
}

void change_text(enum kadr_lang lang, const struct kadr_reference *names,
                 const struct kadr_wire_change *change, struct kadr_buf *out)
{
    if (change->has_before) {
        cell_value(lang, names, &change->before, out);
    } else {
        kadr_buf_add_str(out, text_of(lang, TEXT_NOT_SHOWN));
    }
    kadr_buf_add_str(out, " → ");
    if (change->removed) {
        kadr_buf_add_str(out, text_of(lang, TEXT_NOT_SHOWN));
    } else {
        cell_value(lang, names, &change->cell, out);
    }
    kadr_buf_printf(out, " · %s", change_word(lang, change->kind));
}

void change_csv_heading(struct kadr_buf *out)
{
    kadr_buf_add_str(out, CELL_CSV_KEY ",kind,removed");
    cell_csv_heading("before_", out);
    cell_csv_heading("after_", out);
    kadr_buf_add_char(out, '\n');
}

void change_csv(const struct kadr_reference *names, const struct kadr_wire_change *change, kadr_day as_of,
                struct kadr_buf *out)
{
    cell_csv_key(&change->cell, as_of, out);
    kadr_buf_printf(out, ",%s,%s", kadr_change_text(change->kind), change->removed ? "true" : "false");
    if (change->has_before) {
        cell_csv_values(names, &change->before, out);
    } else {
        cell_csv_nothing(out);
    }
    if (change->removed) {
        cell_csv_nothing(out);
    } else {
        cell_csv_values(names, &change->cell, out);
    }
    kadr_buf_add_char(out, '\n');
}

json_t *json_of_change(const struct kadr_reference *names, const struct kadr_wire_change *change,
                       kadr_day before, kadr_day after)
{
    json_t *object = json_object();

    json_set(object, "kind", json_string(kadr_change_text(change->kind)));
    json_set(object, "removed", json_boolean(change->removed));
    json_set(object, "before",
             change->has_before ? json_of_cell(names, &change->before, before) : json_null());
    json_set(object, "after", change->removed ? json_null() : json_of_cell(names, &change->cell, after));
    return object;
}
