/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* report_csv.h - a report from the file that an office's spreadsheet saved.
 *
 *     #source: https://…              where the figures were published
 *     #published: 2023-11-20          day of publication
 *     #stated: 20.11.2023             day on which the office stated them; without it: now
 *     #all-or-nothing: yes            every row takes force or none
 *     #nothing-to-report: yes         different from not reporting; rows may be absent then
 *     #confirm: yes                   what is far from what was expected is right
 *     #replaces: 1204                 in the place of the report with this receipt (replace.h)
 *     unit;indicator;breakdown;period;value;note
 *     KZ-35;need_declared;cadre=doctor settlement=rural;20.11.2023;23;
 *
 * Encoding as charset.h; separator `,` `;` or TAB; columns in any order, `occurrence` beside them; breakdown,
 * note and occurrence may be absent. Column names in any case, also:
 *   unit        единица, организация, регион      / бірлік, ұйым, өңір
 *   indicator   показатель                        / көрсеткіш
 *   breakdown   разрез, разбивка                  / бөлініс
 *   period      период, дата                      / кезең, күні
 *   value       значение                          / мән, мәні
 *   note        примечание                        / ескертпе, ескерту
 *   occurrence  событие                           / оқиға
 * A breakdown is `dimension=member` pairs with spaces, commas or semicolons between them. Cells hold codes; a
 * name is answered with its code. As Excel does, `sep=;` may be the first line, and the `#` lines may be
 * quoted, padded with separators, have their value in the next cell and empty rows between them.
 *
 * A row with a wrong cell is left out with a diagnostic for each, the others go on. What concerns the file as
 * a whole (its encoding, `#` lines, columns, size) leaves nothing to be sent: a misspelt `#stated` must not
 * be guessed. The rows are read and checked all the same, so that all faults are told at once.
 */
#include "client/charset.h"
#include "domain/report.h"

enum kadr_csv_column {
    KADR_CSV_UNIT,
    KADR_CSV_INDICATOR,
    KADR_CSV_BREAKDOWN,
    KADR_CSV_PERIOD,
    KADR_CSV_VALUE,
    KADR_CSV_NOTE,
    KADR_CSV_OCCURRENCE
};
#define KADR_CSV_COLUMN_COUNT 7

/* Where the columns stand in the file: 1-based, 0 = absent. */
struct kadr_csv_places {
    uint8_t column[KADR_CSV_COLUMN_COUNT];
};

struct kadr_report_csv {
    struct kadr_report report; /* strings and observations live in the arena */
    struct kadr_csv_places places;
    enum kadr_charset charset;
    size_t rejected;      /* rows left out */
    const char *replaces; /* receipt of the report that this one takes the place of; "" */
};

/** Read a report. Pure: the same bytes give the same report.
 * @param reference  gives each indicator's scale; a row with an unknown one is left out
 * @param file       its name, for the report; no diagnostics hold it
 * @param now_ms     stated_at of a report without `#stated`
 * @param diags      one per wrong cell, with line and column
 * @retval 0            ret->report may be sent (all rows may have been left out: see ret->rejected)
 * @retval KADR_EINVAL  the file as a whole is unusable; ret holds what could be read, to be checked only
 * @retval KADR_ENOMEM  out of memory or over the arena's cap */
KADR_MUST_CHECK int kadr_report_csv_parse(const struct kadr_reference *reference, struct kadr_bytes bytes,
                                          const char *file, kadr_ms now_ms, struct kadr_arena *arena,
                                          struct kadr_report_csv *ret, struct kadr_diags *diags);

/* The column that a judge's diagnostic is about; the value's when it concerns the row; 0 when absent. */
uint32_t kadr_csv_column_of(const struct kadr_csv_places *places, enum kadr_diag_code code);
