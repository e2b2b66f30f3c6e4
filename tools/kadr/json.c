/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"

#define REAL_DIGITS 15

/* ---- small parts ---- */

json_t *json_of_hex(const void *data, size_t len)
{
    char hex[KADR_DIGEST_HEX_BYTES];

    KADR_ASSERT(len <= KADR_DIGEST_BYTES);
    kadr_hex(data, len, hex);
    return json_string(hex);
}

json_t *json_of_digest(const struct kadr_digest *digest)
{
    return json_of_hex(digest->bytes, sizeof(digest->bytes));
}

json_t *json_of_day(kadr_day day)
{
    char text[KADR_DAY_TEXT_BYTES];

    return day == KADR_DAY_NONE ? json_null() : json_string(kadr_day_format(day, text));
}

json_t *json_of_figure(int64_t figure, int32_t scale, bool open)
{
    if (open) {
        return json_null();
    }
    return scale == 1 ? json_integer(figure) : json_real((double)figure / (double)scale);
}

/* Keys keep their order (JSON_PRESERVE_ORDER). Half an object must not be printed as if it were whole. */
void json_set(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0) {
        (void)fputs("kadr: out of memory\n", stderr);
        exit(KADR_EXIT_SOFTWARE);
    }
}

void json_append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0) {
        (void)fputs("kadr: out of memory\n", stderr);
        exit(KADR_EXIT_SOFTWARE);
    }
}

/* ---- cells ---- */

static json_t *json_of_breakdown(const struct kadr_wire_cell *cell)
{
    json_t *object = json_object();

    for (size_t i = 0; i < cell->breakdown_count; i++) {
        json_set(object, cell->breakdown[i].dimension, json_string(cell->breakdown[i].member));
    }
    return object;
}

/* A stock's cell has no period of its own: it is as of the day. */
static json_t *json_of_period(struct kadr_period period, kadr_day as_of)
{
    char text[KADR_PERIOD_TEXT_BYTES];

    return period.first == KADR_DAY_NONE ? json_of_day(as_of) : json_string(kadr_period_format(period, text));
}

json_t *json_of_measure(const struct kadr_reference *reference, const char *indicator)
{
    kadr_indicator index = reference != NULL ? kadr_indicator_find(reference, indicator) : KADR_NO_INDICATOR;

    return index == KADR_NO_INDICATOR ? json_null()
                                      : json_string(kadr_indicator_info(reference, index)->measure);
}

json_t *json_of_unexplained(const struct kadr_cell *cell, int32_t scale)
{
    json_t *object;

    if (cell->residual == KADR_RESIDUAL_NONE) {
        return json_null();
    }
    object = json_object();
    json_set(object, "lo", json_of_figure(cell->residual_lo, scale, cell->residual_lo_open));
    json_set(object, "hi", json_of_figure(cell->residual_hi, scale, cell->residual_hi_open));
    json_set(object, "kind", json_string(kadr_residual_text(cell->residual)));
    return object;
}

void json_set_value(json_t *object, const struct kadr_wire_cell *wire)
{
    const struct kadr_cell *cell = &wire->cell;
    bool none = !kadr_cell_has_value(cell);

    json_set(object, "lo", json_of_figure(cell->lo, wire->scale, none));
    json_set(object, "hi", json_of_figure(cell->hi, wire->scale, none || cell->hi_open));
    json_set(object, "known_hi", json_of_figure(cell->known_hi, wire->scale, none || cell->known_hi_open));
    json_set(object, "incomplete", json_boolean(cell->incomplete));
    json_set(object, "basis", json_string(kadr_basis_text(cell->basis)));
}

json_t *json_of_cell(const struct kadr_reference *reference, const struct kadr_wire_cell *wire,
                     kadr_day as_of)
{
    const struct kadr_cell *cell = &wire->cell;
    json_t *object = json_object();

    json_set(object, "unit", json_string(wire->unit));
    json_set(object, "indicator", json_string(wire->indicator));
    json_set(object, "breakdown", json_of_breakdown(wire));
    json_set(object, "period", json_of_period(cell->key.period, as_of));
    json_set_value(object, wire);
    if (cell->reason != KADR_REASON_NONE) {
        json_set(object, "reason", json_string(kadr_reason_code(cell->reason)));
    }
    json_set(object, "measure", json_of_measure(reference, wire->indicator));
    json_set(object, "reported", json_integer(cell->reported));
    json_set(object, "complete", json_integer(cell->complete));
    json_set(object, "expected", cell->expected < 0 ? json_null() : json_integer(cell->expected));
    json_set(object, "oldest", json_of_day(cell->oldest));
    json_set(object, "newest", json_of_day(cell->newest));
    json_set(object, "stale", json_integer(cell->stale));
    json_set(object, "unexplained", json_of_unexplained(cell, wire->scale));
    if (cell->holds != KADR_HOLDS_NONE) {
        json_set(object, "holds", json_string(kadr_holds_text(cell->holds)));
    }
    return object;
}

json_t *json_of_state(const struct kadr_position *position)
{
    json_t *object = json_object();

    json_set(object, "lineage", json_of_hex(position->lineage.bytes, sizeof(position->lineage.bytes)));
    json_set(object, "commit", json_integer((json_int_t)position->commit));
    json_set(object, "as_of", json_of_day(position->day));
    json_set(object, "reference", json_of_digest(&position->reference));
    return object;
}

json_t *json_of_position(const struct kadr_position *position)
{
    json_t *object = json_of_state(position);

    json_set(object, "cells", json_array());
    return object;
}

/* ---- diagnostics and receipts ---- */

static json_t *diag_object(const char *code, enum kadr_severity severity, uint32_t line, uint32_t column,
                           const char *text, const char *remedy)
{
    json_t *object = json_object();

    json_set(object, "code", json_string(code));
    json_set(object, "severity", json_string(kadr_severity_text(severity)));
    json_set(object, "line", line > 0 ? json_integer(line) : json_null());
    json_set(object, "column", column > 0 ? json_integer(column) : json_null());
    json_set(object, "text", json_string(text));
    json_set(object, "remedy", json_string(remedy));
    return object;
}

json_t *json_of_diag(const struct kadr_diag *diag)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf text = { 0 }, remedy = { 0 };

    kadr_buf_init(&text, 0);
    kadr_buf_init(&remedy, 0);
    kadr_diag_text(diag, KADR_LANG_EN, &text);
    kadr_diag_remedy(diag, KADR_LANG_EN, &remedy);
    return diag_object(kadr_diag_code_text(diag->code), kadr_diag_severity(diag->code), diag->line,
                       diag->column, kadr_buf_str(&text), kadr_buf_str(&remedy));
}

json_t *json_of_diags(const struct kadr_diags *diags)
{
    json_t *list = json_array();

    for (size_t i = 0; i < diags->count; i++) {
        json_append(list, json_of_diag(&diags->items[i]));
    }
    if (diags->omitted > 0) {
        struct kadr_diag last = kadr_diag_of_omitted(diags);

        json_append(list, json_of_diag(&last));
    }
    return list;
}

struct placed {
    json_t *diag;
    json_int_t line, column;
    size_t order;
};

static int compare_placed(const void *left, const void *right)
{
    const struct placed *a = left, *b = right;

    if (a->line != b->line) {
        return a->line < b->line ? -1 : 1;
    }
    if (a->column != b->column) {
        return a->column < b->column ? -1 : 1;
    }
    return a->order < b->order ? -1 : a->order > b->order;
}

json_t *json_by_line(json_t *diags)
{
    size_t count = json_array_size(diags);
    struct placed *all = calloc(count + 1, sizeof(*all));
    json_t *list = json_array();

    for (size_t i = 0; all != NULL && i < count; i++) {
        json_t *diag = json_array_get(diags, i);
        const char *code = json_string_value(json_object_get(diag, "code"));
        bool last = code != NULL && strcmp(code, kadr_diag_code_text(KADR_DIAG_TRUNCATED)) == 0;

        all[i] =
            (struct placed){ .diag = diag,
                             .line = last ? INT64_MAX : json_integer_value(json_object_get(diag, "line")),
                             .column = json_integer_value(json_object_get(diag, "column")),
                             .order = i };
    }
    if (all == NULL || list == NULL) { /* unsorted says as much */
        json_decref(list);
        free(all);
        return diags;
    }
    qsort(all, count, sizeof(*all), compare_placed);
    for (size_t i = 0; i < count; i++) {
        json_append(list, json_incref(all[i].diag));
    }
    free(all);
    json_decref(diags);
    return list;
}

json_t *json_of_wire_diag(const struct kadr_wire_diag *wire, const struct kadr_csv_places *places)
{
    uint32_t column = wire->diag.line > 0 ? kadr_csv_column_of(places, wire->diag.code) : 0;

    return diag_object(wire->name, wire->severity, wire->diag.line, column > 0 ? column : wire->diag.column,
                       wire->text, wire->remedy);
}

json_t *json_of_receipt(const struct kadr_receipt *receipt, const struct kadr_csv_places *places)
{
    json_t *object = json_object(), *diags = json_array();

    json_set(object, "office", json_string(receipt->office));
    json_set(object, "stream", json_of_hex(receipt->stream.bytes, sizeof(receipt->stream.bytes)));
    json_set(object, "sequence", json_integer((json_int_t)receipt->sequence));
    json_set(object, "lineage", json_of_hex(receipt->lineage.bytes, sizeof(receipt->lineage.bytes)));
    json_set(object, "commit", json_integer((json_int_t)receipt->commit));
    json_set(object, "digest", json_of_digest(&receipt->digest));
    json_set(object, "outcome", json_string(kadr_outcome_text(receipt->outcome)));
    json_set(object, "accepted", json_integer(receipt->accepted));
    json_set(object, "rejected", json_integer(receipt->rejected));
    json_set(object, "held", json_integer(receipt->held));
    for (size_t i = 0; i < receipt->diag_count; i++) {
        json_append(diags, json_of_wire_diag(&receipt->diags[i], places));
    }
    json_set(object, "diagnostics", diags);
    return object;
}

int json_print(json_t *value)
{
    int err = value == NULL || json_object_size(value) == 0 ? KADR_ENOMEM : 0;

    if (err == 0 && json_dumpf(value, stdout,
                               JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(REAL_DIGITS)) != 0) {
        err = KADR_EIO;
    }
    json_decref(value);
    if (err == 0 && (fputc('\n', stdout) == EOF || fflush(stdout) != 0)) {
        err = KADR_EIO;
    }
    return err;
}
