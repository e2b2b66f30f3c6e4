/* SPDX-License-Identifier: Apache-2.0 */
/* units_sort.c - which rows of the imported files are about units, and about which.
 *
 * A KATO code is AB CD EF HIJ: region; district, or town of the region with what belongs to it; rural okrug;
 * settlement. Kadr's districts are
 *
 *     AB CD 00 000   a district (C = 3 … 9), or a town's administration (C = 1, 2)
 *     AB CD 10 000   with C = 1, 2: the town itself, or a district of a town that is a region
 *
 * and the administration and its town are one unit. Everything below is a settlement and reports to its
 * district. So the first four digits name the unit.
 *
 * Tables that somebody made by hand are wrong in places: where a table has codes of its own that begin alike
 * (four characters) these belong to one region; a row whose KATO lies in another region than those of most
 * of its kind was matched by a name that two places have, and is left out: its code as an alias would give
 * one region's figures to another.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "domain/fold.h"
#include "domain/units_import_impl.h"

#define KATO_DIGITS 9
#define OWN_PREFIX  4

static bool is_kato(const char *text)
{
    return strlen(text) == KATO_DIGITS && strspn(text, "0123456789") == KATO_DIGITS &&
           strncmp(text, "00", 2) != 0;
}

/* `РАЙОНЫ АКТЮБИНСКОЙ ОБЛАСТИ`: a line between the rows of a table. */
static bool is_heading(const struct units_record *record)
{
    static const char *const plurals[] = { "районы ", "р ны ", "города ", "поселки " };
    char folded[KADR_FOLD_BYTES];

    for (size_t i = 0; record->shape == UNITS_TABLE && i < KADR_COUNT(plurals); i++) {
        if (kadr_fold(record->ru, folded) && strncmp(folded, plurals[i], strlen(plurals[i])) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_below_district(const char *kato)
{
    bool town = kato[2] == '1' || kato[2] == '2';
    bool region = memcmp(kato + 2, "0000000", 7) == 0;

    if (region || memcmp(kato + 4, "00000", 5) == 0) {
        return !region && memcmp(kato + 2, "00", 2) == 0;
    }
    return !town || memcmp(kato + 4, "10000", 5) != 0;
}

/* The region whose number, of now or of old, begins the code. */
static size_t find_region(const struct kadr_units_import *import, const char *kato)
{
    char code[KATO_DIGITS + 1];

    (void)snprintf(code, sizeof(code), "KZ-%.2s", kato);
    size_t row = kadr_units_file_find(&import->units, code);
    if (row == KADR_NO_ROW) {
        (void)snprintf(code, sizeof(code), "%.2s0000000", kato);
        row = kadr_units_file_find(&import->units, code);
    }
    return row != KADR_NO_ROW && strcmp(import->units.rows[row].cell[KADR_UNITS_LEVEL], "region") == 0
               ? row
               : KADR_NO_ROW;
}

/* The unit's four digits, under the number that its region has now. */
static const char *group_of(struct kadr_units_import *import, const struct units_record *record)
{
    const char *region = import->units.rows[record->region].cell[KADR_UNITS_CODE];
    char group[5];

    (void)snprintf(group, sizeof(group), "%.2s%.2s", strlen(region) == 5 ? region + 3 : record->kato,
                   record->kato + 2);
    return kadr_units_text(import, group, strlen(group));
}

/* Why the record is about no unit; NONE when it is about one. */
static enum kadr_diag_code look_at(struct kadr_units_import *import, struct units_record *record)
{
    if (is_heading(record)) {
        return KADR_DIAG_UNIT_HEADING;
    }
    if (!is_kato(record->kato)) {
        return KADR_DIAG_UNIT_NO_CODE;
    }
    if (is_below_district(record->kato)) {
        return KADR_DIAG_UNIT_BELOW_DISTRICT;
    }
    record->region = find_region(import, record->kato);
    if (record->region == KADR_NO_ROW) {
        return KADR_DIAG_UNIT_NO_REGION;
    }
    record->group = group_of(import, record);
    record->taken = true;
    return KADR_DIAG_NONE;
}

/* ---- a table's own codes against its KATO codes ---- */

struct tally {
    char prefix[OWN_PREFIX + 1];
    size_t region, count;
};
struct tallies {
    struct tally *items; /* owned */
    size_t count, cap;
};

static bool has_own_code(const struct units_record *record)
{
    return record->taken && strlen(record->own_code) > OWN_PREFIX;
}

static size_t *count_of(struct tallies *tallies, const struct units_record *record)
{
    for (size_t i = 0; i < tallies->count; i++) {
        struct tally *tally = &tallies->items[i];

        if (tally->region == record->region && strncmp(tally->prefix, record->own_code, OWN_PREFIX) == 0) {
            return &tally->count;
        }
    }
    return NULL;
}

static bool add_tally(struct tallies *tallies, const struct units_record *record)
{
    if (tallies->count == tallies->cap) {
        size_t cap = tallies->cap == 0 ? 64 : 2 * tallies->cap;
        struct tally *items = realloc(tallies->items, cap * sizeof(*items));

        if (items == NULL) {
            return false;
        }
        tallies->items = items;
        tallies->cap = cap;
    }
    struct tally *tally = &tallies->items[tallies->count++];
    *tally = (struct tally){ .region = record->region, .count = 1 };
    memcpy(tally->prefix, record->own_code, OWN_PREFIX);
    return true;
}

static size_t most_of(const struct tallies *tallies, const struct units_record *record)
{
    size_t most = 0;

    for (size_t i = 0; i < tallies->count; i++) {
        const struct tally *tally = &tallies->items[i];

        if (strncmp(tally->prefix, record->own_code, OWN_PREFIX) == 0 && tally->count > most) {
            most = tally->count;
        }
    }
    return most;
}

static void leave_out_contradictions(struct kadr_units_import *import)
{
    struct tallies tallies = { 0 };

    for (size_t i = 0; i < import->record_count; i++) {
        size_t *count = has_own_code(&import->records[i]) ? count_of(&tallies, &import->records[i]) : NULL;

        if (count != NULL) {
            (*count)++;
        } else if (has_own_code(&import->records[i]) && !add_tally(&tallies, &import->records[i])) {
            import->failed = true;
        }
    }
    for (size_t i = 0; i < import->record_count && !import->failed; i++) {
        struct units_record *record = &import->records[i];

        const size_t *count = has_own_code(record) ? count_of(&tallies, record) : NULL;

        if (count != NULL && most_of(&tallies, record) > *count) {
            record->taken = false;
            kadr_units_leave_out(import, record, KADR_DIAG_UNIT_CODES_DISAGREE);
        }
    }
    free(tallies.items);
}

/* ---- numbers that a region had before ---- */

static bool has_old_number(const struct units_record *record)
{
    return record->taken && strncmp(record->group, record->kato, 2) != 0;
}

static bool is_same_place(const struct units_record *a, const struct units_record *b)
{
    return strcmp(a->group, b->group) == 0 &&
           (kadr_units_same_name(a->ru, b->ru) || kadr_units_same_name(a->kk, b->kk));
}

/* A code under an old number counts only where the same place has one under the new number. */
static void leave_out_old_numbers(struct kadr_units_import *import)
{
    for (size_t i = 0; i < import->record_count; i++) {
        struct units_record *record = &import->records[i];
        bool known = !has_old_number(record);

        for (size_t j = 0; j < import->record_count && !known; j++) {
            const struct units_record *other = &import->records[j];

            known = other->taken && !has_old_number(other) && is_same_place(record, other);
        }
        if (!known) {
            record->taken = false;
            kadr_units_leave_out(import, record, KADR_DIAG_UNIT_NO_REGION);
        }
    }
}

void kadr_units_sort_records(struct kadr_units_import *import)
{
    for (size_t i = 0; i < import->record_count; i++) {
        struct units_record *record = &import->records[i];
        enum kadr_diag_code why = record->shape == UNITS_MOVES ? KADR_DIAG_NONE : look_at(import, record);

        if (why != KADR_DIAG_NONE) {
            kadr_units_leave_out(import, record, why);
        }
    }
    leave_out_contradictions(import);
    leave_out_old_numbers(import);
}
