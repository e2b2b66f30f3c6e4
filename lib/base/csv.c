/* SPDX-License-Identifier: Apache-2.0 */
/* csv.c - the RFC 4180 reader and the field writer.
 *
 * Fields of a record are copied one behind the other, each with its NUL, into csv->text; as that may move
 * while it grows, the pointers are set when the record is whole. A quote inside an unquoted field is an
 * ordinary character, as spreadsheets have it.
 *
 * After an error reading goes on at the line behind the one on which the bad field begins, so that a stray
 * quote costs its own line and not the fifty it swallowed. That goes back in the text, but stays linear: a
 * line that was swallowed can only open another quote with an odd run of quotes, and such a run would have
 * closed the first one.
 */
#include "base/csv.h"

#include <string.h>

#include "base/err.h"

static const char *skip_bom(const char *text, const char *end)
{
    return end - text >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? text + 3 : text;
}

char kadr_csv_sniff(const char *text, size_t len)
{
    static const char candidates[] = { ',', ';', '\t' };
    size_t found[KADR_COUNT(candidates)] = { 0 };
    bool quoted = false, empty = true;
    const char *end = text + len;
    for (const char *pos = skip_bom(text, end); pos < end; pos++) {
        if (!quoted && (*pos == '\n' || *pos == '\r')) {
            if (!empty) {
                break;
            }
            continue;
        }
        empty = false;
        quoted ^= *pos == '"';
        for (size_t i = 0; i < KADR_COUNT(candidates) && !quoted; i++) {
            found[i] += *pos == candidates[i];
        }
    }
    size_t best = 0;
    for (size_t i = 1; i < KADR_COUNT(candidates); i++) {
        best = found[i] > found[best] ? i : best;
    }
    return candidates[best];
}

void kadr_csv_init(struct kadr_csv *csv, const char *text, size_t len, char separator, uint32_t first_line)
{
    const char *end = text + len;
    *csv = (struct kadr_csv){
        .pos = skip_bom(text, end), .end = end, .separator = separator, .line = first_line
    };
    kadr_buf_init(&csv->text, 0);
}

void kadr_csv_done(struct kadr_csv *csv)
{
    kadr_buf_done(&csv->text);
}

static bool is_line_break(char c)
{
    return c == '\n' || c == '\r';
}

/* True on the last character of a line break: LF, or a CR without an LF behind it. */
static bool ends_line(const struct kadr_csv *csv)
{
    return *csv->pos == '\n' || (*csv->pos == '\r' && (csv->pos + 1 == csv->end || csv->pos[1] != '\n'));
}

/* Steps behind the line break at pos. */
static void skip_line_break(struct kadr_csv *csv)
{
    csv->pos += ends_line(csv) ? 1 : 2;
    csv->line++;
}

static void skip_line(struct kadr_csv *csv)
{
    while (csv->pos < csv->end && !is_line_break(*csv->pos)) {
        csv->pos++;
    }
    if (csv->pos < csv->end) {
        skip_line_break(csv);
    }
}

static bool at_field_end(const struct kadr_csv *csv)
{
    return csv->pos == csv->end || *csv->pos == csv->separator || is_line_break(*csv->pos);
}

static enum kadr_csv_error read_plain(struct kadr_csv *csv)
{
    const char *begin = csv->pos;
    while (!at_field_end(csv)) {
        if (*csv->pos == '\0') {
            return KADR_CSV_NUL;
        }
        csv->pos++;
    }
    size_t len = (size_t)(csv->pos - begin);
    if (len > KADR_MAX_CSV_FIELD_BYTES) {
        return KADR_CSV_FIELD_TOO_LONG;
    }
    kadr_buf_add(&csv->text, begin, len);
    return KADR_CSV_FINE;
}

/* From behind the opening quote to behind the closing one. */
static enum kadr_csv_error read_quoted(struct kadr_csv *csv)
{
    size_t len = 0;
    for (; csv->pos < csv->end; csv->pos++) {
        if (*csv->pos == '"') {
            csv->pos++;
            if (csv->pos == csv->end || *csv->pos != '"') {
                return at_field_end(csv) ? KADR_CSV_FINE : KADR_CSV_AFTER_QUOTE;
            }
        }
        if (*csv->pos == '\0') {
            return KADR_CSV_NUL;
        }
        if (++len > KADR_MAX_CSV_FIELD_BYTES) {
            return KADR_CSV_FIELD_TOO_LONG;
        }
        csv->line += ends_line(csv);
        kadr_buf_add_char(&csv->text, *csv->pos);
    }
    return KADR_CSV_QUOTE_OPEN;
}

/* One field at pos becomes the record's next one. */
static enum kadr_csv_error read_field(struct kadr_csv *csv, struct kadr_csv_record *record)
{
    if (record->count == KADR_MAX_CSV_FIELDS) {
        return KADR_CSV_TOO_MANY;
    }
    size_t offset = csv->text.len;
    bool quoted = csv->pos < csv->end && *csv->pos == '"';
    csv->pos += quoted;
    enum kadr_csv_error error = quoted ? read_quoted(csv) : read_plain(csv);
    if (error == KADR_CSV_FINE) {
        record->field[record->count++] =
            (struct kadr_csv_field){ .len = csv->text.len - offset, .quoted = quoted };
        kadr_buf_add_char(&csv->text, '\0');
    }
    return error;
}

/* All fields up to the end of the record; on an error, stands behind the line of the bad field. */
static enum kadr_csv_error read_record(struct kadr_csv *csv, struct kadr_csv_record *record)
{
    for (bool more = true; more;) {
        const char *begin = csv->pos;
        uint32_t begin_line = csv->line;
        enum kadr_csv_error error = read_field(csv, record);
        if (error != KADR_CSV_FINE) {
            csv->error_line = begin_line;
            csv->error_column = (uint32_t)record->count + 1;
            csv->pos = begin;
            csv->line = begin_line;
            skip_line(csv);
            return error;
        }
        more = csv->pos < csv->end && *csv->pos == csv->separator;
        csv->pos += more;
    }
    if (csv->pos < csv->end) {
        skip_line_break(csv);
    }
    return KADR_CSV_FINE;
}

int kadr_csv_next(struct kadr_csv *csv, struct kadr_csv_record *ret)
{
    while (csv->pos < csv->end && is_line_break(*csv->pos)) {
        skip_line_break(csv);
    }
    if (csv->pos == csv->end) {
        return KADR_ENOENT;
    }
    kadr_buf_clear(&csv->text);
    ret->count = 0;
    ret->line = csv->line;
    csv->error = read_record(csv, ret);
    if (csv->error != KADR_CSV_FINE) {
        return KADR_EINVAL;
    }
    if (csv->text.err) {
        return csv->text.err;
    }
    const char *text = kadr_buf_str(&csv->text);
    for (size_t i = 0; i < ret->count; i++) {
        ret->field[i].text = text;
        text += ret->field[i].len + 1;
    }
    return KADR_OK;
}

const char *kadr_csv_strerror(enum kadr_csv_error error)
{
    static const char *const text[] = {
        [KADR_CSV_FINE] = "fine",
        [KADR_CSV_QUOTE_OPEN] = "a quoted field never ends",
        [KADR_CSV_AFTER_QUOTE] = "text behind a closing quote",
        [KADR_CSV_TOO_MANY] = "too many fields",
        [KADR_CSV_FIELD_TOO_LONG] = "a field is too long, or its quote never ends",
        [KADR_CSV_NUL] = "a zero byte in the text",
    };
    return (size_t)error < KADR_COUNT(text) ? text[error] : "unknown error";
}

/* Besides what RFC 4180 asks for: the separators other programs guess at, blanks at the edges that some trim,
 * and '#', with which a comment begins. */
static bool needs_quotes(const char *text, char separator)
{
    size_t len = strlen(text);
    if (len == 0) {
        return false;
    }
    return text[strcspn(text, ",;\t\"\r\n")] != '\0' || strchr(text, separator) || text[0] == ' ' ||
           text[0] == '#' || text[len - 1] == ' ';
}

void kadr_csv_write(struct kadr_buf *out, const char *text, char separator)
{
    if (!needs_quotes(text, separator)) {
        kadr_buf_add_str(out, text);
        return;
    }
    kadr_buf_add_char(out, '"');
    for (; *text; text++) {
        if (*text == '"') {
            kadr_buf_add_char(out, '"');
        }
        kadr_buf_add_char(out, *text);
    }
    kadr_buf_add_char(out, '"');
}
