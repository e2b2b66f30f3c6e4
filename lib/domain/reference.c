/* SPDX-License-Identifier: Apache-2.0 */
/* The object: life, look-ups, breakdowns. Built once by reference_units.c and reference_catalogue.c into an
 * arena, then never changed: every answer is a pointer into it. A code is looked up by its hash
 * (names.h); the tree is worked out at loading (reference_tree.c).
 */
#include "domain/reference.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "domain/fold.h"
#include "domain/reference_load.h"

struct part {
    const char *name;
    int (*load)(struct kadr_load *load, struct kadr_bytes bytes);
    bool refers_back; /* to the part before it: faulty through and through when that cannot be read */
    bool optional;    /* then it refers to all others */
};

/* In the order in which they need each other. */
static const struct part parts[] = {
    { "units.csv", kadr_load_units, false, false },
    { "members.csv", kadr_load_members, false, false },
    { "indicators.csv", kadr_load_indicators, true, false },
    { "expected.csv", kadr_load_expected, true, true },
};

static const struct kadr_file *find_file(const struct kadr_file *files, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(files[i].name, name) == 0) {
            return &files[i];
        }
    }
    return NULL;
}

/* BLAKE2b-256 over name, NUL, length as eight big-endian bytes, and bytes of each file, in the order of their
 * names: moving a line from one file to another is another version. */
static struct kadr_digest version_of(const struct kadr_file *files, size_t count)
{
    static const char *const order[KADR_COUNT(parts)] = { "expected.csv", "indicators.csv", "members.csv",
                                                          "units.csv" };
    struct kadr_bytes runs[3 * KADR_COUNT(parts)];
    uint8_t lengths[KADR_COUNT(parts)][8];
    size_t run = 0;

    for (size_t i = 0; i < KADR_COUNT(parts); i++) {
        const struct kadr_file *file = find_file(files, count, order[i]);
        if (file == NULL) {
            continue; /* the optional one */
        }
        for (size_t b = 0; b < 8; b++) {
            lengths[i][b] = (uint8_t)((uint64_t)file->bytes.len >> (56 - 8 * b));
        }
        runs[run++] = (struct kadr_bytes){ (const uint8_t *)order[i], strlen(order[i]) + 1 };
        runs[run++] = (struct kadr_bytes){ lengths[i], 8 };
        runs[run++] = file->bytes;
    }
    return kadr_hash_parts(runs, run);
}

/* Each of the files once, and nothing else. */
static bool check_files(const struct kadr_file *files, size_t count, struct kadr_diags *diags)
{
    size_t bytes = 0, errors = diags->errors;

    for (size_t i = 0; i < KADR_COUNT(parts); i++) {
        if (!parts[i].optional && find_file(files, count, parts[i].name) == NULL) {
            kadr_diags_add(diags, KADR_DIAG_BAD_DEFINITION, -1, 0, 0, "file missing", parts[i].name, NULL);
        }
    }
    for (size_t i = 0; i < count; i++) {
        bool known = false;
        for (size_t p = 0; p < KADR_COUNT(parts); p++) {
            known = known || strcmp(files[i].name, parts[p].name) == 0;
        }
        if (!known || find_file(files, i, files[i].name) != NULL) {
            kadr_diags_add(diags, KADR_DIAG_BAD_DEFINITION, -1, 0, 0, "file unknown or given twice",
                           files[i].name, NULL);
        }
        bytes += files[i].bytes.len;
    }
    if (bytes > KADR_MAX_REFERENCE_BYTES) {
        kadr_diags_add(diags, KADR_DIAG_FILE_TOO_LARGE, -1, 0, 0, NULL, NULL, NULL);
    }
    return diags->errors == errors;
}

/* Every part is read although another one is faulty, so that all errors are told at once; not one whose every
 * row would be faulty for want of another. */
static int load_parts(struct kadr_load *load, const struct kadr_file *files, size_t count)
{
    size_t errors = load->diags->errors;
    int err = 0;

    if (!check_files(files, count, load->diags)) {
        return KADR_EINVAL;
    }
    for (size_t i = 0; i < KADR_COUNT(parts); i++) {
        const struct kadr_file *file = find_file(files, count, parts[i].name);
        bool unsound = parts[i].optional ? load->diags->errors != errors : err != 0 && parts[i].refers_back;
        if (unsound || file == NULL) {
            break; /* only the last one may be missing: check_files() */
        }
        load->diags->file = parts[i].name;
        err = parts[i].load(load, file->bytes);
        load->diags->file = NULL;
        if (err == KADR_ENOMEM || load->failed || kadr_arena_failed(load->reference->arena)) {
            return KADR_ENOMEM;
        }
        if (err != 0 && err != KADR_EINVAL) {
            return err;
        }
    }
    return load->diags->errors != errors ? KADR_EINVAL : 0;
}

int kadr_reference_load(const struct kadr_file *files, size_t count, struct kadr_diags *diags,
                        struct kadr_reference **ret_reference)
{
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *reference = calloc(1, sizeof(*reference));
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags own;

    kadr_diags_init(&own);
    if (reference == NULL) {
        return KADR_ENOMEM;
    }
    reference->references = 1;
    reference->country = KADR_NO_UNIT;
    int err = kadr_arena_new(KADR_MAX_ARENA_BYTES, &reference->arena);
    if (err != 0) {
        return err;
    }
    struct kadr_load load = { .reference = reference, .diags = diags != NULL ? diags : &own };
    err = load_parts(&load, files, count);
    if (err != 0) {
        return err;
    }
    reference->version = version_of(files, count);
    *ret_reference = KADR_TAKE(reference);
    return 0;
}

struct kadr_reference *kadr_reference_ref(struct kadr_reference *reference)
{
    reference->references++;
    return reference;
}

void kadr_reference_unref(struct kadr_reference *reference)
{
    if (reference == NULL || --reference->references > 0) {
        return;
    }
    struct kadr_names *const names[] = {
        &reference->unit_codes,      &reference->unit_folded,      &reference->unit_shorter,
        &reference->member_codes,    &reference->dimension_codes,  &reference->member_folded,
        &reference->indicator_codes, &reference->indicator_folded,
    };
    for (size_t i = 0; i < KADR_COUNT(names); i++) {
        kadr_names_done(names[i]);
    }
    kadr_arena_free(reference->arena);
    free(reference);
}

const struct kadr_digest *kadr_reference_version(const struct kadr_reference *reference)
{
    return &reference->version;
}

size_t kadr_unit_count(const struct kadr_reference *reference)
{
    return reference->unit_count;
}

const struct kadr_unit_info *kadr_unit_info(const struct kadr_reference *reference, kadr_unit unit)
{
    KADR_ASSERT(unit < reference->unit_count);
    return &reference->units[unit];
}

kadr_unit kadr_unit_find(const struct kadr_reference *reference, const char *code)
{
    uint32_t value;
    return kadr_names_find(&reference->unit_codes, 0, code, &value) ? (kadr_unit)value : KADR_NO_UNIT;
}

int kadr_unit_codes(const struct kadr_reference *reference, kadr_unit outer, kadr_unit_code_fn *fn,
                    void *context)
{
    const struct kadr_names *codes = &reference->unit_codes;
    int result = 0;
    for (size_t i = 0; i < codes->count && result == 0; i++) {
        kadr_unit unit = (kadr_unit)codes->items[i].value;
        if (outer == KADR_NO_UNIT || kadr_unit_within(reference, unit, outer)) {
            result = fn(context, codes->items[i].text);
        }
    }
    return result;
}

/* The whole name first: `Almaty` is the city although `Алматы облысы`, too, is short for it. */
kadr_unit kadr_unit_by_name(const struct kadr_reference *reference, const char *name)
{
    char folded[KADR_FOLD_BYTES], shorter[KADR_FOLD_BYTES];
    uint32_t value;

    if (!kadr_fold(name, folded)) {
        return KADR_NO_UNIT;
    }
    if (kadr_names_find(&reference->unit_folded, 0, folded, &value)) {
        return (kadr_unit)value;
    }
    if (kadr_fold_short(folded, shorter) && kadr_names_find(&reference->unit_shorter, 0, shorter, &value)) {
        return (kadr_unit)value;
    }
    return KADR_NO_UNIT;
}

kadr_unit kadr_unit_country(const struct kadr_reference *reference)
{
    return reference->country;
}

const struct kadr_territory *kadr_unit_territory(const struct kadr_reference *reference, kadr_unit unit,
                                                 kadr_day day)
{
    return kadr_territory_on(kadr_unit_info(reference, unit), day);
}

/* Nearest: the last one that began by then, or the first one there was. */
kadr_unit kadr_unit_parent(const struct kadr_reference *reference, kadr_unit unit, kadr_day day)
{
    const struct kadr_unit_info *info = kadr_unit_info(reference, unit);
    const struct kadr_territory *nearest = &info->territory[0];

    for (size_t i = 1; i < info->territory_count && info->territory[i].from <= day; i++) {
        nearest = &info->territory[i];
    }
    return nearest->parent;
}

bool kadr_unit_within(const struct kadr_reference *reference, kadr_unit inner, kadr_unit outer)
{
    if (inner == outer) {
        return true;
    }
    const struct kadr_ancestors *above = &reference->ancestors[inner];
    for (size_t i = 0; i < above->count; i++) {
        if (above->units[i] == outer) {
            return true;
        }
    }
    return false;
}

size_t kadr_indicator_count(const struct kadr_reference *reference)
{
    return reference->indicator_count;
}

const struct kadr_indicator_info *kadr_indicator_info(const struct kadr_reference *reference,
                                                      kadr_indicator indicator)
{
    KADR_ASSERT(indicator < reference->indicator_count);
    return &reference->indicators[indicator];
}

kadr_indicator kadr_indicator_find(const struct kadr_reference *reference, const char *code)
{
    uint32_t value;
    return kadr_names_find(&reference->indicator_codes, 0, code, &value) ? (kadr_indicator)value
                                                                         : KADR_NO_INDICATOR;
}

kadr_indicator kadr_indicator_by_name(const struct kadr_reference *reference, const char *name)
{
    char folded[KADR_FOLD_BYTES];
    uint32_t value;
    return kadr_fold(name, folded) && kadr_names_find(&reference->indicator_folded, 0, folded, &value)
               ? (kadr_indicator)value
               : KADR_NO_INDICATOR;
}

size_t kadr_dimension_count(const struct kadr_reference *reference)
{
    return reference->dimension_count;
}

const struct kadr_dimension_info *kadr_dimension_info(const struct kadr_reference *reference,
                                                      kadr_dimension dimension)
{
    KADR_ASSERT(dimension < reference->dimension_count);
    return &reference->dimensions[dimension];
}

kadr_dimension kadr_dimension_find(const struct kadr_reference *reference, const char *code)
{
    uint32_t value;
    return kadr_names_find(&reference->dimension_codes, 0, code, &value) ? (kadr_dimension)value
                                                                         : KADR_NO_DIMENSION;
}

const struct kadr_member_info *kadr_member_info(const struct kadr_reference *reference, kadr_member member)
{
    KADR_ASSERT(member > 0 && member <= reference->member_count);
    return &reference->members[member];
}

kadr_member kadr_member_find(const struct kadr_reference *reference, kadr_dimension dimension,
                             const char *code)
{
    uint32_t value;
    return kadr_names_find(&reference->member_codes, dimension, code, &value) ? (kadr_member)value : 0;
}

kadr_member kadr_member_by_name(const struct kadr_reference *reference, kadr_dimension dimension,
                                const char *name)
{
    char folded[KADR_FOLD_BYTES];
    uint32_t value;
    return kadr_fold(name, folded) && kadr_names_find(&reference->member_folded, dimension, folded, &value)
               ? (kadr_member)value
               : 0;
}

bool kadr_indicator_takes(const struct kadr_indicator_info *indicator, kadr_dimension dimension)
{
    return memchr(indicator->dimensions, dimension, indicator->dimension_count) != NULL;
}
