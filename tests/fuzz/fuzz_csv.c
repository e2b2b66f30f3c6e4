/* SPDX-License-Identifier: Apache-2.0 */
/* Any text: the reader ends, its lines never go backwards, and a record written anew reads the same. */
#include <string.h>

#include "base/csv.h"
#include "fuzz.h"

static void check_rewritten(const struct kadr_csv_record *record)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf text;
    kadr_buf_init(&text, 0);
    kadr_buf_add_str(&text, "x\n"); /* else a cell that begins with the bytes of a BOM would lose them */
    for (size_t i = 0; i < record->count; i++) {
        if (i > 0) {
            kadr_buf_add_char(&text, ';');
        }
        kadr_csv_write(&text, record->field[i].text, ';');
    }
    kadr_buf_add_char(&text, '\n');
    if (record->count == 1 && record->field[0].len == 0) {
        return; /* an empty line, which the reader skips */
    }
    KADR_CLEANUP(kadr_csv_done) struct kadr_csv again;
    struct kadr_csv_record copy;
    kadr_csv_init(&again, kadr_buf_str(&text), text.len, ';', 1);
    KADR_ASSERT(kadr_csv_next(&again, &copy) == 0 && copy.line == 1);
    KADR_ASSERT(kadr_csv_next(&again, &copy) == 0 && copy.count == record->count);
    for (size_t i = 0; i < copy.count; i++) {
        KADR_ASSERT(strcmp(copy.field[i].text, record->field[i].text) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    KADR_CLEANUP(kadr_csv_done) struct kadr_csv csv;
    kadr_csv_init(&csv, text, size, kadr_csv_sniff(text, size), 1);
    struct kadr_csv_record record;
    uint32_t line = 1;
    size_t steps = 0;
    for (int rc; (rc = kadr_csv_next(&csv, &record)) != KADR_ENOENT;) {
        KADR_ASSERT(++steps <= size + 1);
        if (rc == KADR_EINVAL) {
            KADR_ASSERT(csv.error != KADR_CSV_FINE && csv.error_line >= 1 && csv.error_column >= 1);
            KADR_ASSERT(kadr_csv_strerror(csv.error)[0] != '\0');
            continue;
        }
        KADR_ASSERT(rc == 0 && record.line >= line && record.count >= 1);
        line = record.line;
        check_rewritten(&record);
    }
    return 0;
}
