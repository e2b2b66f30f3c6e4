/* SPDX-License-Identifier: Apache-2.0 */
/* report_csv.c - three passes over one text: `#` lines (report_keys.c), the header row, the rows
 * (report_cells.c).
 */
#include "client/report_csv.h"

#include <string.h>

#include "base/err.h"
#include "client/report_csv_impl.h"

/* ---- the header row ---- */

static bool column_named(const char *name, size_t *ret_column)
{
    static const struct {
        enum kadr_csv_column column;
        const char *name;
    } names[] = {
        { KADR_CSV_UNIT, "unit" },
        { KADR_CSV_UNIT, "единица" },
        { KADR_CSV_UNIT, "организация" },
        { KADR_CSV_UNIT, "регион" },
        { KADR_CSV_UNIT, "бірлік" },
        { KADR_CSV_UNIT, "ұйым" },
        { KADR_CSV_UNIT, "өңір" },
        { KADR_CSV_INDICATOR, "indicator" },
        { KADR_CSV_INDICATOR, "показатель" },
        { KADR_CSV_INDICATOR, "көрсеткіш" },
        { KADR_CSV_BREAKDOWN, "breakdown" },
        { KADR_CSV_BREAKDOWN, "разрез" },
        { KADR_CSV_BREAKDOWN, "разбивка" },
        { KADR_CSV_BREAKDOWN, "бөлініс" },
        { KADR_CSV_PERIOD, "period" },
        { KADR_CSV_PERIOD, "период" },
        { KADR_CSV_PERIOD, "дата" },
        { KADR_CSV_PERIOD, "кезең" },
        { KADR_CSV_PERIOD, "күні" },
        { KADR_CSV_VALUE, "value" },
        { KADR_CSV_VALUE, "значение" },
        { KADR_CSV_VALUE, "мән" },
        { KADR_CSV_VALUE, "мәні" },
        { KADR_CSV_NOTE, "note" },
        { KADR_CSV_NOTE, "примечание" },
        { KADR_CSV_NOTE, "ескертпе" },
        { KADR_CSV_NOTE, "ескерту" },
        { KADR_CSV_OCCURRENCE, "occurrence" },
        { KADR_CSV_OCCURRENCE, "событие" },
        { KADR_CSV_OCCURRENCE, "оқиға" },
    };

    for (size_t i = 0; i < KADR_COUNT(names); i++) {
        if (kadr_text_same_name(name, names[i].name)) {
            *ret_column = names[i].column;
            return true;
        }
    }
    return false;
}

static bool require_columns(struct kadr_csv_parser *parser, uint32_t line)
{
    static const struct {
        enum kadr_csv_column column;
        const char *name;
    } required[] = { { KADR_CSV_UNIT, "unit" },
                     { KADR_CSV_INDICATOR, "indicator" },
                     { KADR_CSV_PERIOD, "period" },
                     { KADR_CSV_VALUE, "value" } };
    bool fine = true;

    for (size_t i = 0; i < KADR_COUNT(required); i++) {
        if (parser->out->places.column[required[i].column] == 0) {
            kadr_diags_add(parser->diags, KADR_DIAG_COLUMN_MISSING, -1, line, 0, required[i].name, NULL,
                           NULL);
            fine = false;
        }
    }
    return fine;
}

static int take_header(struct kadr_csv_parser *parser, const struct kadr_csv_record *record)
{
    bool fine = true;

    parser->width = record->count;
    for (size_t i = 0; i < record->count; i++) {
        size_t column;

        parser->named[i] = !kadr_text_is_blank(record->field[i].text);
        if (!parser->named[i]) {
            continue;
        }
        if (!column_named(record->field[i].text, &column) || parser->out->places.column[column] != 0) {
            kadr_diags_add(parser->diags, KADR_DIAG_COLUMN_UNKNOWN, -1, record->line, (uint32_t)i + 1,
                           record->field[i].text, NULL, NULL);
            fine = false;
            continue;
        }
        parser->out->places.column[column] = (uint8_t)(i + 1);
    }
    return require_columns(parser, record->line) && fine ? 0 : KADR_EINVAL;
}

/* ---- rows ---- */

static int take_row(struct kadr_csv_parser *parser, const struct kadr_csv_record *record)
{
    struct kadr_report *report = &parser->out->report;
    struct kadr_observation obs = { 0 };
    bool blank = true;

    for (size_t i = 0; i < record->count; i++) {
        blank = blank && kadr_text_is_blank(record->field[i].text);
    }
    if (blank) {
        return 0; /* `;;;;;`: what Excel leaves of a deleted row */
    }
    if (report->observation_count == parser->observation_cap) {
        kadr_diags_add(parser->diags, KADR_DIAG_TOO_MANY_OBSERVATIONS, -1, record->line, 0, NULL, NULL, NULL);
        return KADR_EINVAL;
    }
    if (!kadr_csv_take_cells(parser, record, &obs)) {
        parser->out->rejected++;
        return kadr_arena_failed(parser->arena) ? KADR_ENOMEM : 0;
    }
    report->observations[report->observation_count++] = obs;
    return 0;
}

static int take_rows(struct kadr_csv_parser *parser, struct kadr_csv *csv)
{
    struct kadr_csv_record record;
    int err;

    for (;;) {
        err = kadr_csv_next(csv, &record);
        if (err == KADR_EINVAL) {
            kadr_diags_add(parser->diags, KADR_DIAG_CSV_MALFORMED, -1, csv->error_line, csv->error_column,
                           NULL, NULL, NULL);
            parser->out->rejected++;
            continue;
        }
        err = err == 0 ? take_row(parser, &record) : err;
        if (err != 0) {
            return err == KADR_ENOENT ? 0 : err;
        }
    }
}

static int take_table(struct kadr_csv_parser *parser, const char *pos, const char *end, uint32_t line)
{
    size_t len = (size_t)(end - pos);
    char separator = parser->separator != '\0' ? parser->separator : kadr_csv_sniff(pos, len);
    KADR_CLEANUP(kadr_csv_done) struct kadr_csv csv = { 0 };
    struct kadr_csv_record header;
    int err;

    parser->separator = separator;
    kadr_csv_init(&csv, pos, len, separator, line);
    err = kadr_csv_next(&csv, &header);
    if (err == KADR_ENOENT) {
        return 0; /* no table at all */
    }
    if (err == KADR_EINVAL) {
        kadr_diags_add(parser->diags, KADR_DIAG_CSV_MALFORMED, -1, csv.error_line, csv.error_column, NULL,
                       NULL, NULL);
    }
    if (err == 0) {
        err = take_header(parser, &header);
    }
    return err == 0 ? take_rows(parser, &csv) : err;
}

/* ---- the file ---- */

static int decode(struct kadr_csv_parser *parser, struct kadr_bytes bytes, struct kadr_buf *text)
{
    enum kadr_charset charset = KADR_CHARSET_UTF8;
    uint32_t line = 0;
    int err;

    if (bytes.len > KADR_MAX_CSV_BYTES) {
        kadr_diags_add(parser->diags, KADR_DIAG_FILE_TOO_LARGE, -1, 0, 0, NULL, NULL, NULL);
        return KADR_EINVAL;
    }
    err = kadr_charset_decode(bytes, text, &charset, &line);
    if (err == KADR_EINVAL) {
        kadr_diags_add(parser->diags, KADR_DIAG_ENCODING, -1, line, 0, NULL, NULL, NULL);
    }
    if (err == 0 && kadr_charset_guessed(charset)) {
        kadr_diags_add(parser->diags, KADR_DIAG_ENCODING_GUESSED, -1, 0, 0, kadr_charset_name(charset), NULL,
                       NULL);
    }
    parser->out->charset = charset;
    return err;
}

/* As many observations as the text may have rows, at most the limit. */
static int make_room(struct kadr_csv_parser *parser, const struct kadr_buf *text)
{
    size_t rows = 1;

    for (size_t i = 0; i < text->len && rows < KADR_MAX_OBSERVATIONS; i++) {
        rows += text->data[i] == '\n' || text->data[i] == '\r';
    }
    parser->observation_cap = rows;
    parser->out->report.observations =
        kadr_arena_calloc(parser->arena, rows, sizeof(*parser->out->report.observations));
    return parser->out->report.observations != NULL ? 0 : KADR_ENOMEM;
}

static int parse_text(struct kadr_csv_parser *parser, const struct kadr_buf *text)
{
    const struct kadr_report *report = &parser->out->report;
    const char *pos = kadr_buf_str(text);
    const char *end = pos + text->len;
    uint32_t line = 1;
    int err = make_room(parser, text), of_keys = 0;

    kadr_csv_take_separator(parser, &pos, end, &line);
    if (err == 0) {
        of_keys = kadr_csv_take_keys(parser, &pos, end, &line);
        err = of_keys == KADR_ENOMEM ? of_keys : take_table(parser, pos, end, line);
        err = err == 0 ? of_keys : err;
    }
    if (err == 0 && report->observation_count == 0 && parser->out->rejected == 0 &&
        !report->nothing_to_report && *parser->out->replaces == '\0') {
        kadr_diags_add(parser->diags, KADR_DIAG_EMPTY_REPORT, -1, 0, 0, NULL, NULL, NULL);
        err = KADR_EINVAL;
    }
    return err;
}

int kadr_report_csv_parse(const struct kadr_reference *reference, struct kadr_bytes bytes, const char *file,
                          kadr_ms now_ms, struct kadr_arena *arena, struct kadr_report_csv *ret,
                          struct kadr_diags *diags)
{
    struct kadr_report_csv out = { .report = { .stated_at_ms = now_ms,
                                               .source = "",
                                               .published = KADR_DAY_NONE,
                                               .file = kadr_arena_strndup(arena, file, strlen(file)) },
                                   .replaces = "" };
    struct kadr_csv_parser parser = { .reference = reference, .arena = arena, .diags = diags, .out = &out };
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf text = { 0 };
    int err;

    kadr_buf_init(&text, 0);
    err = out.report.file != NULL ? decode(&parser, bytes, &text) : KADR_ENOMEM;
    err = err == 0 ? parse_text(&parser, &text) : err;
    if (err == 0 || err == KADR_EINVAL) {
        *ret = out;
    }
    return err;
}

uint32_t kadr_csv_column_of(const struct kadr_csv_places *places, enum kadr_diag_code code)
{
    static const struct {
        enum kadr_diag_code first, last;
        enum kadr_csv_column column;
    } cells[] = {
        { KADR_DIAG_UNKNOWN_UNIT, KADR_DIAG_UNIT_NOT_VALID, KADR_CSV_UNIT },
        { KADR_DIAG_UNKNOWN_INDICATOR, KADR_DIAG_INDICATOR_BY_NAME, KADR_CSV_INDICATOR },
        { KADR_DIAG_UNKNOWN_DIMENSION, KADR_DIAG_BREAKDOWN_SYNTAX, KADR_CSV_BREAKDOWN },
        { KADR_DIAG_BAD_PERIOD, KADR_DIAG_PERIOD_IN_FUTURE, KADR_CSV_PERIOD },
        { KADR_DIAG_OCCURRENCE_NOT_EVENT, KADR_DIAG_OCCURRENCE_NOT_EVENT, KADR_CSV_OCCURRENCE },
    };

    for (size_t i = 0; i < KADR_COUNT(cells); i++) {
        if (code >= cells[i].first && code <= cells[i].last && places->column[cells[i].column] != 0) {
            return places->column[cells[i].column];
        }
    }
    return places->column[KADR_CSV_VALUE];
}
