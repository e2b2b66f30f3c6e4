/* SPDX-License-Identifier: Apache-2.0 */
/* Look-ups walk the rows: an import asks a few hundred times, the file has a few thousand rows at most when
 * it does.
 */
#include "domain/units_file.h"

#include <string.h>

#include "base/err.h"

const struct kadr_column kadr_units_columns[KADR_UNITS_COLUMNS] = {
    { "code", false },     { "level", false },      { "parent", false },  { "valid_from", false },
    { "valid_to", false }, { "successors", false }, { "aliases", false }, { "other_names", true },
    { "name_en", false },  { "name_ru", false },    { "name_kk", false }, { "territorial", true },
};

void kadr_units_file_done(struct kadr_units_file *file)
{
    free(file->rows);
    file->rows = NULL;
    file->count = file->cap = 0;
}

const char *kadr_units_file_text(struct kadr_units_file *file, const char *text, size_t len)
{
    const char *copy = len > 0 ? kadr_arena_strndup(file->arena, text, len) : "";

    file->failed = file->failed || copy == NULL;
    return copy != NULL ? copy : "";
}

static bool reserve(struct kadr_units_file *file)
{
    if (file->count == file->cap) {
        size_t cap = file->cap == 0 ? 64 : 2 * file->cap;
        struct kadr_units_row *rows = realloc(file->rows, cap * sizeof(*rows));

        file->failed = file->failed || rows == NULL;
        if (rows == NULL) {
            return false;
        }
        file->rows = rows;
        file->cap = cap;
    }
    return true;
}

struct kadr_units_row *kadr_units_file_insert(struct kadr_units_file *file, size_t at)
{
    KADR_ASSERT(at <= file->count);
    if (!reserve(file)) {
        return NULL;
    }
    struct kadr_units_row *row = &file->rows[at];
    memmove(row + 1, row, (file->count - at) * sizeof(*row));
    file->count++;
    *row = (struct kadr_units_row){ .from = KADR_DAY_MIN, .to = KADR_DAY_MAX };
    for (size_t i = 0; i < KADR_UNITS_COLUMNS; i++) {
        row->cell[i] = "";
    }
    return row;
}

static bool read_day(const struct kadr_table *table, size_t column, kadr_day empty, kadr_day *ret_day)
{
    const char *text = kadr_table_cell(table, column);

    *ret_day = empty;
    if (*text != '\0' && kadr_day_parse(text, ret_day) != 0) {
        kadr_table_wrong(table, column, KADR_DIAG_BAD_PERIOD, text, NULL, NULL);
        return false;
    }
    return true;
}

static bool read_row(struct kadr_units_file *file, const struct kadr_table *table)
{
    struct kadr_units_row *row = kadr_units_file_insert(file, file->count);

    if (row == NULL) {
        return false;
    }
    for (size_t i = 0; i < KADR_UNITS_COLUMNS; i++) {
        const char *text = kadr_table_cell(table, i);

        row->cell[i] = kadr_units_file_text(file, text, strlen(text));
    }
    bool from = read_day(table, KADR_UNITS_FROM, KADR_DAY_MIN, &row->from);
    bool to = read_day(table, KADR_UNITS_TO, KADR_DAY_MAX, &row->to);
    return from && to;
}

int kadr_units_file_read(struct kadr_units_file *file, struct kadr_bytes bytes, struct kadr_diags *diags)
{
    KADR_CLEANUP(kadr_table_done) struct kadr_table table = { 0 };
    int err = kadr_table_open(&table, bytes, kadr_units_columns, KADR_UNITS_COLUMNS, diags);
    bool fine = true;

    file->territorial = err == 0 && table.place[KADR_UNITS_TERRITORIAL] != 0;
    while (err == 0 && (err = kadr_table_next(&table)) == 0) {
        fine = read_row(file, &table) && fine;
    }
    if (file->failed) {
        return KADR_ENOMEM;
    }
    return err != KADR_ENOENT ? err : fine ? 0 : KADR_EINVAL;
}

/* Lists are separated by `;`, which kadr_csv_write() would quote: the file is read with commas. */
static void write_cell(struct kadr_buf *out, const char *text)
{
    if (text[strcspn(text, ",\"\r\n")] == '\0') {
        kadr_buf_add_str(out, text);
    } else {
        kadr_csv_write(out, text, ',');
    }
}

void kadr_units_file_write(const struct kadr_units_file *file, struct kadr_buf *out)
{
    size_t width = KADR_UNITS_COLUMNS - (file->territorial ? 0 : 1);

    for (size_t i = 0; i < width; i++) {
        kadr_buf_printf(out, "%s%s", i > 0 ? "," : "", kadr_units_columns[i].name);
    }
    kadr_buf_add_char(out, '\n');
    for (size_t r = 0; r < file->count; r++) {
        for (size_t i = 0; i < width; i++) {
            if (i > 0) {
                kadr_buf_add_char(out, ',');
            }
            write_cell(out, file->rows[r].cell[i]);
        }
        kadr_buf_add_char(out, '\n');
    }
}

bool kadr_units_file_has(const char *list, char separator, const char *word)
{
    const char separators[2] = { separator, '\0' };
    size_t want = strlen(word);

    while (*list != '\0') {
        size_t len = strcspn(list, separators);

        if (len == want && memcmp(list, word, len) == 0) {
            return true;
        }
        list += len;
        list += *list != '\0';
    }
    return false;
}

static bool same_unit(const struct kadr_units_file *file, size_t a, size_t b)
{
    return strcmp(file->rows[a].cell[KADR_UNITS_CODE], file->rows[b].cell[KADR_UNITS_CODE]) == 0;
}

size_t kadr_units_file_find(const struct kadr_units_file *file, const char *code)
{
    for (size_t i = 0; i < file->count; i++) {
        if (strcmp(file->rows[i].cell[KADR_UNITS_CODE], code) == 0 ||
            kadr_units_file_has(file->rows[i].cell[KADR_UNITS_ALIASES], ' ', code)) {
            while (i + 1 < file->count && same_unit(file, i, i + 1)) {
                i++;
            }
            return i;
        }
    }
    return KADR_NO_ROW;
}

size_t kadr_units_file_first(const struct kadr_units_file *file, size_t last)
{
    while (last > 0 && same_unit(file, last - 1, last)) {
        last--;
    }
    return last;
}

size_t kadr_units_file_on(const struct kadr_units_file *file, size_t last, kadr_day day)
{
    for (size_t i = kadr_units_file_first(file, last); i <= last; i++) {
        if (file->rows[i].from <= day && day <= file->rows[i].to) {
            return i;
        }
    }
    return KADR_NO_ROW;
}

static const char *day_text(struct kadr_units_file *file, kadr_day day)
{
    char text[KADR_DAY_TEXT_BYTES];

    (void)kadr_day_format(day, text);
    return kadr_units_file_text(file, text, strlen(text));
}

void kadr_units_file_set_from(struct kadr_units_file *file, size_t row, kadr_day from)
{
    file->rows[row].from = from;
    file->rows[row].cell[KADR_UNITS_FROM] = day_text(file, from);
}

void kadr_units_file_set_to(struct kadr_units_file *file, size_t row, kadr_day to)
{
    file->rows[row].to = to;
    file->rows[row].cell[KADR_UNITS_TO] = to == KADR_DAY_MAX ? "" : day_text(file, to);
}

void kadr_units_file_append(struct kadr_units_file *file, size_t row, enum kadr_units_column column,
                            char separator, const char *word)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf text = { 0 };
    const char *list = file->rows[row].cell[column];

    kadr_buf_init(&text, 0);
    kadr_buf_printf(&text, "%s", list);
    if (*list != '\0') {
        kadr_buf_add_char(&text, separator);
    }
    kadr_buf_add_str(&text, word);
    file->failed = file->failed || text.err != 0;
    file->rows[row].cell[column] = kadr_units_file_text(file, kadr_buf_str(&text), text.len);
}
