/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* csv.h - RFC 4180 reader that knows where every cell stands.
 *
 * For reports, the catalogue and the unit table alike. Works on UTF-8 text in memory; a BOM is skipped.
 * Records end in LF, CRLF or CR; quoted fields may hold separators, quotes ("") and line breaks. Line and
 * column are physical: the line and the 1-based field number that a spreadsheet shows. An empty line is a
 * record with one empty field and is skipped by kadr_csv_next(). Lines before the table that begin with '#'
 * are the caller's business: it starts the reader behind them with `first_line`. Cost: one pass; fields are
 * copied into the record's own buffer.
 */
#include "base/buf.h"
#include "base/defs.h"
#include "base/limits.h"

struct kadr_csv_field {
    const char
        *text;  /* NUL-terminated, borrowed until the next kadr_csv_next(); quotes removed, not trimmed */
    size_t len; /* bytes; a field with an inner NUL is an error of the record */
    bool quoted;
};

struct kadr_csv_record {
    struct kadr_csv_field field[KADR_MAX_CSV_FIELDS];
    size_t count;
    uint32_t line; /* 1-based line on which the record begins */
};

enum kadr_csv_error {
    KADR_CSV_FINE,
    KADR_CSV_QUOTE_OPEN,  /* a quoted field never ends */
    KADR_CSV_AFTER_QUOTE, /* text behind a closing quote */
    KADR_CSV_TOO_MANY,    /* more fields than KADR_MAX_CSV_FIELDS */
    KADR_CSV_FIELD_TOO_LONG,
    KADR_CSV_NUL
};

struct kadr_csv {
    const char *pos, *end;
    char separator;
    uint32_t line;
    enum kadr_csv_error error; /* of the last record; error_line and error_column name the place */
    uint32_t error_line, error_column;
    struct kadr_buf text; /* storage of the current record's fields */
};

/* The separator among `,` `;` TAB that the first non-empty line holds most often outside quotes; ',' on none.
 */
char kadr_csv_sniff(const char *text, size_t len);
void kadr_csv_init(struct kadr_csv *csv, const char *text, size_t len, char separator, uint32_t first_line);
void kadr_csv_done(struct kadr_csv *csv);
KADR_DEFINE_DONE(struct kadr_csv, kadr_csv_done)
/* Next non-empty record.
 * @retval 0            *ret is set
 * @retval KADR_ENOENT  the end
 * @retval KADR_EINVAL  a malformed record: csv->error says how; the next call goes on behind it
 * @retval KADR_ENOMEM */
KADR_MUST_CHECK int kadr_csv_next(struct kadr_csv *csv, struct kadr_csv_record *ret);
const char *kadr_csv_strerror(enum kadr_csv_error error);

/* Appends one field, quoted when needed, in the form every reader takes. */
void kadr_csv_write(struct kadr_buf *out, const char *text, char separator);
