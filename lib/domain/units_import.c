/* SPDX-License-Identifier: Apache-2.0 */
/* Reading: a row of any shape becomes a record. Deciding begins when all files are read, so that their order
 * does not matter where it need not.
 */
#include "domain/units_import.h"

#include <string.h>

#include "base/err.h"
#include "domain/fold.h"
#include "domain/mojibake.h"
#include "domain/units_import_impl.h"

/* Memory of all names and codes: files are bounded, this keeps their sum in bounds too. */
#define ARENA_BYTES KADR_MAX_ARENA_BYTES

enum field { KATO, OWN_CODE, RU, KK, DATE, FROM, PARENT, SUCCESSORS, FIELDS };

static const struct {
    enum units_shape shape;
    const char *column[FIELDS]; /* NULL: not in this shape */
    unsigned needed;            /* bits of fields */
} shapes[] = {
    { UNITS_CLASSIFIER,
      { [KATO] = "te", [RU] = "name_rus", [KK] = "name_kaz" },
      1u << KATO | 1u << RU | 1u << KK },
    { UNITS_TABLE,
      { [KATO] = "KATO", [OWN_CODE] = "CODE", [RU] = "RU_NAME", [KK] = "KZ_NAME", [DATE] = "CHANGE_DATE" },
      1u << KATO | 1u << RU | 1u << KK },
    { UNITS_MOVES,
      { [KATO] = "code", [FROM] = "from", [PARENT] = "parent", [SUCCESSORS] = "successors" },
      1u << KATO | 1u << FROM | 1u << PARENT },
};

const char *kadr_units_act_text(enum kadr_units_act act)
{
    static const char *const texts[] = { "added",    "renamed", "moved", "closed",  "alias",
                                         "repaired", "mixed",   "names", "missing", "left_out" };
    return (unsigned)act < KADR_COUNT(texts) ? texts[act] : "unknown";
}

int kadr_units_import_new(struct kadr_bytes units, struct kadr_diags *diags,
                          struct kadr_units_import **ret_import)
{
    KADR_CLEANUP(kadr_units_import_free) struct kadr_units_import *import = calloc(1, sizeof(*import));
    int err;

    if (import == NULL || kadr_arena_new(ARENA_BYTES, &import->arena) != 0) {
        return KADR_ENOMEM;
    }
    import->units.arena = import->arena;
    err = kadr_units_file_read(&import->units, units, diags);
    if (err == 0) {
        *ret_import = import;
        import = NULL;
    }
    return err;
}

void kadr_units_import_free(struct kadr_units_import *import)
{
    if (import != NULL) {
        kadr_units_file_done(&import->units);
        kadr_arena_free(import->arena);
        free(import->records);
        free(import->changes);
        free(import);
    }
}

const char *kadr_units_text(struct kadr_units_import *import, const char *text, size_t len)
{
    const char *copy = kadr_arena_strndup(import->arena, text, len);

    import->failed = import->failed || copy == NULL;
    return copy != NULL ? copy : "";
}

void kadr_units_tell(struct kadr_units_import *import, const struct kadr_units_change *change)
{
    if (import->change_count == import->change_cap) {
        size_t cap = import->change_cap == 0 ? 256 : 2 * import->change_cap;
        struct kadr_units_change *changes = realloc(import->changes, cap * sizeof(*changes));

        import->failed = import->failed || changes == NULL;
        if (changes == NULL) {
            return;
        }
        import->changes = changes;
        import->change_cap = cap;
    }
    struct kadr_units_change *told = &import->changes[import->change_count++];
    *told = *change;
    const char **texts[] = { &told->file, &told->code, &told->name, &told->before, &told->after };
    for (size_t i = 0; i < KADR_COUNT(texts); i++) {
        *texts[i] = *texts[i] != NULL ? *texts[i] : "";
    }
}

void kadr_units_leave_out(struct kadr_units_import *import, const struct units_record *record,
                          enum kadr_diag_code why)
{
    kadr_units_tell(
        import, &(struct kadr_units_change){
                    .act = KADR_UNITS_LEFT_OUT,
                    .diag = why,
                    .file = record->file,
                    .line = record->line,
                    .settlement = record->shape == UNITS_CLASSIFIER && why == KADR_DIAG_UNIT_BELOW_DISTRICT,
                    .day = KADR_DAY_NONE,
                    .name = record->ru,
                    .before = record->kato,
                });
}

bool kadr_units_same_name(const char *a, const char *b)
{
    char folded_a[KADR_FOLD_BYTES], folded_b[KADR_FOLD_BYTES], short_a[KADR_FOLD_BYTES],
        short_b[KADR_FOLD_BYTES];

    return kadr_fold(a, folded_a) && kadr_fold(b, folded_b) && kadr_fold_short(folded_a, short_a) &&
           kadr_fold_short(folded_b, short_b) && strcmp(short_a, short_b) == 0;
}

/* ---- one file ---- */

struct reading {
    struct kadr_units_import *import;
    struct kadr_csv csv;
    struct kadr_csv_record row;
    struct kadr_diags *diags;
    const char *file;
    size_t shape;
    size_t place[FIELDS]; /* field number, 1-based; 0: absent */
};

static size_t find_field(const struct kadr_csv_record *header, const char *name)
{
    for (size_t i = 0; i < header->count; i++) {
        if (strcmp(header->field[i].text, name) == 0) {
            return i + 1;
        }
    }
    return 0;
}

/* Does the header have what the shape needs? */
static bool take_header(struct reading *reading, size_t shape)
{
    for (size_t field = 0; field < FIELDS; field++) {
        const char *name = shapes[shape].column[field];

        reading->place[field] = name != NULL ? find_field(&reading->row, name) : 0;
        if (reading->place[field] == 0 && (shapes[shape].needed >> field & 1) != 0) {
            return false;
        }
    }
    reading->shape = shape;
    return true;
}

/* The cell without the spaces around it, NO-BREAK SPACE included. */
static const char *cell(struct reading *reading, enum field field)
{
    size_t place = reading->place[field];

    if (place == 0 || place > reading->row.count) {
        return "";
    }
    const char *text = reading->row.field[place - 1].text;
    size_t len = strlen(text);
    for (;;) {
        if (*text == ' ' || *text == '\t') {
            text++, len--;
        } else if (strncmp(text, "\xc2\xa0", 2) == 0) {
            text += 2, len -= 2;
        } else if (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t')) {
            len--;
        } else if (len > 1 && memcmp(text + len - 2, "\xc2\xa0", 2) == 0) {
            len -= 2;
        } else {
            return kadr_units_text(reading->import, text, len);
        }
    }
}

static const char *repaired(struct reading *reading, const struct units_record *record)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf right = { 0 };
    struct kadr_units_change change = { .file = record->file,
                                        .line = record->line,
                                        .day = KADR_DAY_NONE,
                                        .code = record->kato,
                                        .name = record->ru,
                                        .before = record->kk };

    kadr_buf_init(&right, 0);
    enum kadr_mojibake found = kadr_mojibake_repair(record->kk, &right);
    if (found == KADR_MOJIBAKE_NONE) {
        return record->kk;
    }
    change.act = found == KADR_MOJIBAKE_REPAIRED ? KADR_UNITS_REPAIRED : KADR_UNITS_MIXED;
    change.after = found == KADR_MOJIBAKE_REPAIRED
                       ? kadr_units_text(reading->import, kadr_buf_str(&right), right.len)
                       : record->kk;
    reading->import->failed = reading->import->failed || right.err != 0;
    kadr_units_tell(reading->import, &change);
    return change.after;
}

static struct units_record *new_record(struct kadr_units_import *import)
{
    if (import->record_count == import->record_cap) {
        size_t cap = import->record_cap == 0 ? 512 : 2 * import->record_cap;
        struct units_record *records = realloc(import->records, cap * sizeof(*records));

        import->failed = import->failed || records == NULL;
        if (records == NULL) {
            return NULL;
        }
        import->records = records;
        import->record_cap = cap;
    }
    return &import->records[import->record_count++];
}

static void read_record(struct reading *reading, kadr_day day)
{
    struct units_record *record = new_record(reading->import);

    if (record == NULL) {
        return;
    }
    *record = (struct units_record){ .shape = shapes[reading->shape].shape,
                                     .file = reading->file,
                                     .line = reading->row.line,
                                     .kato = cell(reading, KATO),
                                     .own_code = cell(reading, OWN_CODE),
                                     .ru = cell(reading, RU),
                                     .kk = cell(reading, KK),
                                     .date = cell(reading, DATE),
                                     .day = day,
                                     .parent = cell(reading, PARENT),
                                     .successors = cell(reading, SUCCESSORS),
                                     .region = KADR_NO_ROW,
                                     .group = "" };
    record->kk = repaired(reading, record);
}

/* A record of moves must have a day; the rest is looked at when all is known. */
static bool read_day(struct reading *reading, kadr_day *ret_day)
{
    const char *text = cell(reading, FROM);

    *ret_day = KADR_DAY_NONE;
    if (shapes[reading->shape].shape != UNITS_MOVES ||
        (kadr_day_parse(text, ret_day) == 0 && *ret_day > KADR_DAY_MIN)) {
        return true;
    }
    kadr_diags_add(reading->diags, KADR_DIAG_BAD_PERIOD, -1, reading->row.line,
                   (uint32_t)reading->place[FROM], text, NULL, NULL);
    return false;
}

static int read_rows(struct reading *reading)
{
    bool fine = true;
    kadr_day day;
    int err;

    while ((err = kadr_csv_next(&reading->csv, &reading->row)) == 0 || err == KADR_EINVAL) {
        if (err == KADR_EINVAL) {
            kadr_diags_add(reading->diags, KADR_DIAG_CSV_MALFORMED, -1, reading->csv.error_line,
                           reading->csv.error_column, NULL, NULL, NULL);
            fine = false;
        } else if (read_day(reading, &day)) {
            read_record(reading, day);
        } else {
            fine = false;
        }
    }
    return err != KADR_ENOENT || reading->import->failed ? KADR_ENOMEM : fine ? 0 : KADR_EINVAL;
}

static int read_file(struct reading *reading)
{
    size_t shape = 0;
    int err = kadr_csv_next(&reading->csv, &reading->row);

    if (err == KADR_ENOMEM) {
        return err;
    }
    while (err == 0 && shape < KADR_COUNT(shapes) && !take_header(reading, shape)) {
        shape++;
    }
    if (err != 0 || shape == KADR_COUNT(shapes)) {
        kadr_diags_add(reading->diags, KADR_DIAG_UNITS_SHAPE, -1, 1, 0, NULL, NULL, NULL);
        return KADR_EINVAL;
    }
    reading->import->has_classifier =
        reading->import->has_classifier || shapes[shape].shape == UNITS_CLASSIFIER;
    return read_rows(reading);
}

int kadr_units_import_add(struct kadr_units_import *import, const char *name, struct kadr_bytes text,
                          struct kadr_diags *diags)
{
    struct reading reading = { .import = import,
                               .diags = diags,
                               .file = kadr_units_text(import, name, strlen(name)) };
    const char *chars = (const char *)text.data;
    int err;

    if (!kadr_text_is_utf8(text.data, text.len)) {
        kadr_diags_add(diags, KADR_DIAG_NOT_UTF8, -1, 0, 0, name, NULL, NULL);
        return KADR_EINVAL;
    }
    kadr_csv_init(&reading.csv, chars, text.len, kadr_csv_sniff(chars, text.len), 1);
    err = read_file(&reading);
    kadr_csv_done(&reading.csv);
    return err;
}

int kadr_units_import_run(struct kadr_units_import *import, kadr_day close_on)
{
    kadr_units_sort_records(import);
    kadr_units_merge_groups(import);
    kadr_units_merge_moves(import);
    kadr_units_close_missing(import, close_on);
    return import->failed || import->units.failed ? KADR_ENOMEM : 0;
}

const struct kadr_units_change *kadr_units_import_changes(const struct kadr_units_import *import,
                                                          size_t *ret_count)
{
    *ret_count = import->change_count;
    return import->changes;
}

void kadr_units_import_write(const struct kadr_units_import *import, struct kadr_buf *out)
{
    kadr_units_file_write(&import->units, out);
}
