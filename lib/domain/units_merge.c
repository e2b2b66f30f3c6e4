/* SPDX-License-Identifier: Apache-2.0 */
/* units_merge.c - records into units.csv: what is new, what is another code or name of something known, what
 * moved.
 *
 * Records of one unit form a group. The best of them names it: one under the region's number of now; the
 * classifier before a table; what is not
 * marked as abolished; a town before its administration; a name that fits (`… ауданы` for a district, none
 * of a district for a town); the one changed last; the first. Tables never rename what units.csv has; the
 * classifier does.
 *
 * A region that came out of another one has districts that were that other one's until then: they get two
 * rows. Codes given anew with the new region's number belong to the districts that are there already, by
 * their names in both languages; the code that was there first stays the unit's, the other is an alias.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "domain/fold.h"
#include "domain/romanise.h"
#include "domain/units_import_impl.h"

static const char *cell_of(const struct kadr_units_import *import, size_t row, enum kadr_units_column column)
{
    return import->units.rows[row].cell[column];
}

/* ---- the best record of a group ---- */

static bool has_word(const char *name, const char *word)
{
    char folded[KADR_FOLD_BYTES];

    return kadr_fold(name, folded) && kadr_units_file_has(folded, ' ', word);
}

static bool is_abolished(const struct units_record *record)
{
    char folded[KADR_FOLD_BYTES];

    return kadr_fold(record->ru, folded) && strstr(folded, "упраздн") != NULL;
}

/* Does the name say that the place is a district, by a word or by being an adjective? */
static bool is_district_name(const struct units_record *record)
{
    static const char *const endings[] = { "ий", "ый" };
    char folded[KADR_FOLD_BYTES];
    size_t len = kadr_fold(record->ru, folded) ? strlen(folded) : 0;

    for (size_t i = 0; i < KADR_COUNT(endings); i++) {
        size_t end = strlen(endings[i]);

        if (len > end && strcmp(folded + len - end, endings[i]) == 0) {
            return true;
        }
    }
    return has_word(record->ru, "район") || has_word(record->ru, "р");
}

/* A town has a town's name, a district a full one: `… ауданы`. */
static bool is_fitting(const struct units_record *record)
{
    bool town = record->kato[2] == '1' || record->kato[2] == '2';

    return town ? !is_district_name(record) : has_word(record->kk, "ауданы");
}

/* Greater is better; equal ranks go by date, then by place. */
static unsigned rank_of(const struct units_record *record)
{
    bool old_number = strncmp(record->kato, record->group, 2) != 0;

    return (old_number ? 0 : 16u) + (record->shape == UNITS_CLASSIFIER ? 8u : 0) +
           (is_abolished(record) ? 0 : 4u) + (record->kato[4] != '0' ? 2u : 0) +
           (is_fitting(record) ? 1u : 0);
}

static int compare_records(const void *left, const void *right)
{
    const struct units_record *a = *(const struct units_record *const *)left;
    const struct units_record *b = *(const struct units_record *const *)right;
    int order = strcmp(a->group, b->group);

    if (order == 0) {
        order = (int)rank_of(b) - (int)rank_of(a);
    }
    if (order == 0) {
        order = strcmp(b->date, a->date);
    }
    return order != 0 ? order : (a > b) - (a < b); /* of one array: the order of the files */
}

/* ---- names ---- */

/* `Akkol Audany` is `Akkol District`; what says that a place is a town is not said in English. */
static const char *english_name(struct kadr_units_import *import, const struct units_record *record)
{
    static const struct {
        const char *ending, *english;
    } endings[] = { { " Audany", " District" }, { " Aud.", " District" }, { " Kalasy", "" }, { " K.", "" } };
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf name = { 0 };
    const char *kind = has_word(record->ru, "район") || has_word(record->ru, "р") ? " District" : "";

    kadr_buf_init(&name, 0);
    kadr_romanise(*record->kk != '\0' ? record->kk : record->ru, &name);
    size_t len = name.len;
    for (size_t i = 0; i < KADR_COUNT(endings); i++) {
        size_t cut = strlen(endings[i].ending);

        if (len > cut && strcmp(kadr_buf_str(&name) + len - cut, endings[i].ending) == 0) {
            kind = endings[i].english;
            len -= cut;
            break;
        }
    }
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf whole = { 0 };
    kadr_buf_init(&whole, 0);
    kadr_buf_printf(&whole, "%.*s%s", (int)len, kadr_buf_str(&name), kind);
    import->failed = import->failed || name.err != 0 || whole.err != 0;
    return kadr_units_text(import, kadr_buf_str(&whole), whole.len);
}

static const char *both_names(struct kadr_units_import *import, const char *ru, const char *kk)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf both = { 0 };

    kadr_buf_init(&both, 0);
    kadr_buf_printf(&both, "%s / %s", ru, kk);
    import->failed = import->failed || both.err != 0;
    return kadr_units_text(import, kadr_buf_str(&both), both.len);
}

static bool knows_name(const struct kadr_units_import *import, size_t row, const char *name)
{
    return strcmp(cell_of(import, row, KADR_UNITS_NAME_RU), name) == 0 ||
           strcmp(cell_of(import, row, KADR_UNITS_NAME_KK), name) == 0 ||
           kadr_units_same_name(cell_of(import, row, KADR_UNITS_NAME_RU), name) ||
           kadr_units_same_name(cell_of(import, row, KADR_UNITS_NAME_KK), name) ||
           kadr_units_file_has(cell_of(import, row, KADR_UNITS_OTHER_NAMES), ';', name);
}

static void add_other_name(struct kadr_units_import *import, size_t row, const char *name)
{
    if (*name != '\0' && strchr(name, ';') == NULL && !knows_name(import, row, name)) {
        kadr_units_file_append(&import->units, row, KADR_UNITS_OTHER_NAMES, ';', name);
    }
}

static void tell(struct kadr_units_import *import, enum kadr_units_act act, const struct units_record *record,
                 size_t row, const char *before, const char *after)
{
    kadr_units_tell(import, &(struct kadr_units_change){ .act = act,
                                                         .file = record->file,
                                                         .line = record->line,
                                                         .day = KADR_DAY_NONE,
                                                         .code = cell_of(import, row, KADR_UNITS_CODE),
                                                         .name = cell_of(import, row, KADR_UNITS_NAME_RU),
                                                         .before = before,
                                                         .after = after });
}

static void rename_unit(struct kadr_units_import *import, const struct units_record *record, size_t row)
{
    struct kadr_units_row *unit = &import->units.rows[row];
    const char *ru = unit->cell[KADR_UNITS_NAME_RU], *kk = unit->cell[KADR_UNITS_NAME_KK];

    if (record->shape != UNITS_CLASSIFIER || *record->ru == '\0' || *record->kk == '\0' ||
        (strcmp(ru, record->ru) == 0 && strcmp(kk, record->kk) == 0)) {
        return;
    }
    unit->cell[KADR_UNITS_NAME_RU] = record->ru;
    unit->cell[KADR_UNITS_NAME_KK] = record->kk;
    add_other_name(import, row, ru);
    add_other_name(import, row, kk);
    tell(import, KADR_UNITS_RENAMED, record, row, both_names(import, ru, kk),
         both_names(import, record->ru, record->kk));
}

/* ---- finding and making units ---- */

/* Where a move of this run takes the unit: its region of now. */
static const char *home_of(const struct kadr_units_import *import, const struct units_record *record)
{
    const char *home = cell_of(import, record->region, KADR_UNITS_CODE);

    for (size_t i = 0; i < import->record_count; i++) {
        const struct units_record *move = &import->records[i];

        if (move->shape == UNITS_MOVES && *move->parent != '\0' && strcmp(move->kato, record->kato) == 0) {
            home = move->parent;
        }
    }
    return home;
}

/* A district of the same region and names whose code has another region's number: coded anew. */
static size_t find_coded_anew(const struct kadr_units_import *import, const struct units_record *record)
{
    const char *home = home_of(import, record);

    for (size_t row = 0; row < import->units.count; row++) {
        if (strncmp(cell_of(import, row, KADR_UNITS_CODE), record->kato, 2) != 0 &&
            import->units.rows[row].to == KADR_DAY_MAX &&
            strcmp(cell_of(import, row, KADR_UNITS_PARENT), home) == 0 &&
            kadr_units_same_name(cell_of(import, row, KADR_UNITS_NAME_RU), record->ru) &&
            kadr_units_same_name(cell_of(import, row, KADR_UNITS_NAME_KK), record->kk)) {
            return row;
        }
    }
    return KADR_NO_ROW;
}

/* The unit that a group is about: by any of its codes, else by name; KADR_NO_ROW: a new one. */
static size_t find_unit(const struct kadr_units_import *import, struct units_record *const *group,
                        size_t count)
{
    size_t row = KADR_NO_ROW;

    for (size_t i = 0; i < count && row == KADR_NO_ROW; i++) {
        row = kadr_units_file_find(&import->units, group[i]->kato);
    }
    return row != KADR_NO_ROW ? row : find_coded_anew(import, group[0]);
}

/* The unit whose territory a region was before it began; KADR_NO_ROW unless there is exactly one. */
static size_t find_predecessor(const struct kadr_units_import *import, size_t region)
{
    const char *code = cell_of(import, region, KADR_UNITS_CODE);
    kadr_day begins = import->units.rows[kadr_units_file_first(&import->units, region)].from;
    size_t found = KADR_NO_ROW;

    for (size_t row = 0; row < import->units.count && begins > KADR_DAY_MIN; row++) {
        if (import->units.rows[row].to == begins - 1 &&
            strcmp(cell_of(import, row, KADR_UNITS_CODE), code) != 0 &&
            kadr_units_file_has(cell_of(import, row, KADR_UNITS_SUCCESSORS), ' ', code)) {
            if (found != KADR_NO_ROW) {
                return KADR_NO_ROW;
            }
            found = row;
        }
    }
    return found;
}

static size_t append_row(struct kadr_units_import *import, const char *code, const char *parent,
                         kadr_day from)
{
    size_t at = import->units.count;
    struct kadr_units_row *row = kadr_units_file_insert(&import->units, at);

    if (row == NULL) {
        return KADR_NO_ROW;
    }
    row->cell[KADR_UNITS_CODE] = code;
    row->cell[KADR_UNITS_LEVEL] = "district";
    row->cell[KADR_UNITS_PARENT] = parent;
    row->cell[KADR_UNITS_TERRITORIAL] = import->units.territorial ? "yes" : "";
    kadr_units_file_set_from(&import->units, at, from);
    return at;
}

static size_t add_unit(struct kadr_units_import *import, const struct units_record *record)
{
    size_t region = record->region, before = find_predecessor(import, region);
    kadr_day begins = import->units.rows[kadr_units_file_first(&import->units, region)].from;
    const char *parent = cell_of(import, region, KADR_UNITS_CODE);

    if (before != KADR_NO_ROW) {
        size_t row = append_row(import, record->kato, cell_of(import, before, KADR_UNITS_CODE),
                                import->units.rows[before].from);
        if (row == KADR_NO_ROW) {
            return row;
        }
        kadr_units_file_set_to(&import->units, row, begins - 1);
        import->units.rows[row].cell[KADR_UNITS_SUCCESSORS] = record->kato;
    }
    size_t row = append_row(import, record->kato, parent, begins);
    if (row == KADR_NO_ROW) {
        return row;
    }
    struct kadr_units_row *unit = &import->units.rows[row];
    unit->cell[KADR_UNITS_NAME_EN] = english_name(import, record);
    unit->cell[KADR_UNITS_NAME_RU] = *record->ru != '\0' ? record->ru : record->kk;
    unit->cell[KADR_UNITS_NAME_KK] = *record->kk != '\0' ? record->kk : record->ru;
    tell(import, KADR_UNITS_ADDED, record, row, parent, record->kk);
    return row;
}

/* ---- one group ---- */

static void add_alias(struct kadr_units_import *import, const struct units_record *record, size_t row,
                      const char *alias)
{
    size_t owner = *alias != '\0' ? kadr_units_file_find(&import->units, alias) : row;

    if (owner == KADR_NO_ROW) {
        kadr_units_file_append(&import->units, row, KADR_UNITS_ALIASES, ' ', alias);
        tell(import, KADR_UNITS_ALIAS, record, row, NULL, alias);
    } else if (owner != row) {
        kadr_units_leave_out(import, record, KADR_DIAG_DUPLICATE_CODE);
    }
}

/* Another name that a table gives for the unit. */
static void add_names(struct kadr_units_import *import, const struct units_record *record, size_t row)
{
    const char *ru = cell_of(import, row, KADR_UNITS_NAME_RU), *kk = cell_of(import, row, KADR_UNITS_NAME_KK);
    bool told = record->shape == UNITS_TABLE && !knows_name(import, row, record->ru);

    add_other_name(import, row, record->ru);
    add_other_name(import, row, record->kk);
    if (told) {
        tell(import, KADR_UNITS_NAMES, record, row, both_names(import, record->ru, record->kk),
             both_names(import, ru, kk));
    }
}

static void merge_group(struct kadr_units_import *import, struct units_record **group, size_t count)
{
    bool region = strcmp(group[0]->group + 2, "00") == 0;
    size_t row = region ? group[0]->region : find_unit(import, group, count);

    if (row == KADR_NO_ROW) {
        row = add_unit(import, group[0]);
    } else if (!region) {
        rename_unit(import, group[0], row);
    }
    for (size_t i = 0; i < count && row != KADR_NO_ROW; i++) {
        group[i]->unit = cell_of(import, row, KADR_UNITS_CODE);
        add_alias(import, group[i], row, group[i]->kato);
        add_alias(import, group[i], row, group[i]->own_code);
        add_names(import, group[i], row);
    }
}

void kadr_units_merge_groups(struct kadr_units_import *import)
{
    struct units_record **taken = calloc(import->record_count + 1, sizeof(struct units_record *));
    size_t count = 0;

    if (taken == NULL) {
        import->failed = true;
        return;
    }
    for (size_t i = 0; i < import->record_count; i++) {
        if (import->records[i].taken) {
            taken[count++] = &import->records[i];
        }
    }
    qsort(taken, count, sizeof(struct units_record *), compare_records);
    for (size_t begin = 0, end; begin < count && !import->failed && !import->units.failed; begin = end) {
        for (end = begin + 1; end < count && strcmp(taken[begin]->group, taken[end]->group) == 0;) {
            end++;
        }
        merge_group(import, taken + begin, end - begin);
    }
    free(taken);
}

/* ---- moves ---- */

static void tell_move(struct kadr_units_import *import, enum kadr_units_act act,
                      const struct units_record *record, size_t row, kadr_day day, const char *before,
                      const char *after)
{
    kadr_units_tell(import, &(struct kadr_units_change){ .act = act,
                                                         .file = record != NULL ? record->file : NULL,
                                                         .line = record != NULL ? record->line : 0,
                                                         .day = day,
                                                         .code = cell_of(import, row, KADR_UNITS_CODE),
                                                         .name = cell_of(import, row, KADR_UNITS_NAME_RU),
                                                         .before = before,
                                                         .after = after });
}

/* The row ends the day before, a new one goes on under another parent. Names and aliases stay with the last
 * row, as everywhere in the file. */
static size_t split_row(struct kadr_units_import *import, size_t row, kadr_day day)
{
    struct kadr_units_row *after = kadr_units_file_insert(&import->units, row + 1);

    if (after == NULL) {
        return KADR_NO_ROW;
    }
    struct kadr_units_row *before = &import->units.rows[row];
    *after = *before;
    before->cell[KADR_UNITS_SUCCESSORS] = before->cell[KADR_UNITS_CODE];
    before->cell[KADR_UNITS_ALIASES] = before->cell[KADR_UNITS_OTHER_NAMES] = "";
    before->cell[KADR_UNITS_NAME_EN] = before->cell[KADR_UNITS_NAME_RU] = before->cell[KADR_UNITS_NAME_KK] =
        "";
    kadr_units_file_set_to(&import->units, row, day - 1);
    kadr_units_file_set_from(&import->units, row + 1, day);
    return row + 1;
}

static void move_unit(struct kadr_units_import *import, const struct units_record *record, size_t row,
                      kadr_day day)
{
    size_t parent = kadr_units_file_find(&import->units, record->parent);

    if (parent == KADR_NO_ROW) {
        kadr_units_leave_out(import, record, KADR_DIAG_UNKNOWN_UNIT);
        return;
    }
    const char *to = cell_of(import, parent, KADR_UNITS_CODE),
               *from = cell_of(import, row, KADR_UNITS_PARENT);
    if (strcmp(from, to) == 0) {
        return; /* it is there already */
    }
    if (import->units.rows[row].from < day) {
        row = split_row(import, row, day);
    }
    if (row != KADR_NO_ROW) {
        import->units.rows[row].cell[KADR_UNITS_PARENT] = to;
        tell_move(import, KADR_UNITS_MOVED, record, kadr_units_file_find(&import->units, record->kato), day,
                  from, to);
    }
}

static void close_unit(struct kadr_units_import *import, const struct units_record *record, size_t row,
                       kadr_day last_day, const char *successors)
{
    kadr_units_file_set_to(&import->units, row, last_day);
    import->units.rows[row].cell[KADR_UNITS_SUCCESSORS] = successors;
    tell_move(import, KADR_UNITS_CLOSED, record, row, last_day, NULL, successors);
}

static void apply_move(struct kadr_units_import *import, const struct units_record *record)
{
    size_t last = kadr_units_file_find(&import->units, record->kato);
    kadr_day day = record->day;

    if (last == KADR_NO_ROW) {
        kadr_units_leave_out(import, record, KADR_DIAG_UNKNOWN_UNIT);
        return;
    }
    bool closes = *record->parent == '\0';
    size_t row = kadr_units_file_on(&import->units, last, closes ? day - 1 : day);
    if (closes && row == last && import->units.rows[row].to != day - 1) {
        close_unit(import, record, row, day - 1, record->successors);
    } else if (!closes && row != KADR_NO_ROW) {
        move_unit(import, record, row, day);
    } else if (row != last) {
        kadr_units_leave_out(import, record, KADR_DIAG_UNIT_NOT_VALID);
    }
}

void kadr_units_merge_moves(struct kadr_units_import *import)
{
    for (size_t i = 0; i < import->record_count && !import->failed && !import->units.failed; i++) {
        if (import->records[i].shape == UNITS_MOVES) {
            apply_move(import, &import->records[i]);
        }
    }
}

/* ---- what a classifier does not list any more ---- */

/* Does a classifier list other units of this region, but not this one? */
static bool is_missing(const struct kadr_units_import *import, size_t row)
{
    const char *code = cell_of(import, row, KADR_UNITS_CODE),
               *parent = cell_of(import, row, KADR_UNITS_PARENT);
    bool listed = false;

    for (size_t i = 0; i < import->record_count; i++) {
        const struct units_record *record = &import->records[i];

        if (record->shape != UNITS_CLASSIFIER || record->unit == NULL) {
            continue;
        }
        if (strcmp(record->unit, code) == 0) {
            return false;
        }
        listed = listed || strcmp(cell_of(import, record->region, KADR_UNITS_CODE), parent) == 0;
    }
    return listed;
}

void kadr_units_close_missing(struct kadr_units_import *import, kadr_day close_on)
{
    for (size_t row = 0; import->has_classifier && row < import->units.count; row++) {
        const struct kadr_units_row *unit = &import->units.rows[row];

        if (strcmp(unit->cell[KADR_UNITS_LEVEL], "district") != 0 || unit->to != KADR_DAY_MAX ||
            strcmp(unit->cell[KADR_UNITS_TERRITORIAL], "no") == 0 || !is_missing(import, row)) {
            continue;
        }
        if (close_on == KADR_DAY_NONE || close_on < unit->from) {
            tell_move(import, KADR_UNITS_MISSING, NULL, row, KADR_DAY_NONE, NULL, NULL);
        } else {
            close_unit(import, NULL, row, close_on, "");
        }
    }
}
