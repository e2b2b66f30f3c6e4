/* SPDX-License-Identifier: Apache-2.0 */
/* past_rows.c - which rows of the history a question is about, and reading them. */
#include "core/past_impl.h"

#include <string.h>

/* ---- what to read ---- */

static int add_code(struct kadr_past *past, struct kadr_past_codes *codes, const char *code)
{
    if (codes->count == codes->cap) {
        size_t cap = codes->cap == 0 ? 64 : codes->cap * 2;
        const char **items = kadr_arena_calloc(past->arena, cap, sizeof *items);
        if (items == NULL) {
            return KADR_EFULL;
        }
        if (codes->count > 0) {
            memcpy(items, codes->items, codes->count * sizeof *items);
        }
        codes->items = items;
        codes->cap = cap;
    }
    codes->items[codes->count++] = code;
    return 0;
}

static int compare_codes(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void drop_repeats(struct kadr_past_codes *codes)
{
    size_t kept = 0;
    if (codes->count > 1) {
        qsort(codes->items, codes->count, sizeof *codes->items, compare_codes);
    }
    for (size_t i = 0; i < codes->count; i++) {
        if (kept == 0 || strcmp(codes->items[kept - 1], codes->items[i]) != 0) {
            codes->items[kept++] = codes->items[i];
        }
    }
    codes->count = kept;
}

static int add_unit(void *context, const char *code)
{
    struct kadr_past_selection *selection = context;
    return add_code(selection->past, &selection->units, code);
}

/* The indicator and all that it is computed of. Recursion ends: terms of terms are sums. */
static int add_indicator(struct kadr_past_selection *selection, const struct kadr_reference *reference,
                         kadr_indicator indicator)
{
    const struct kadr_indicator_info *info = kadr_indicator_info(reference, indicator);
    int err = add_code(selection->past, &selection->indicators, info->code);
    for (size_t t = 0; err == 0 && t < info->term_count; t++) {
        err = add_indicator(selection, reference, info->terms[t].indicator);
    }
    return err;
}

static int select_by(struct kadr_past_selection *selection, const struct kadr_past_scope *scope,
                     const struct kadr_reference *reference)
{
    kadr_unit unit = *scope->unit != '\0' ? kadr_unit_find(reference, scope->unit) : KADR_NO_UNIT;
    kadr_indicator indicator = kadr_indicator_find(reference, scope->indicator);
    int err = 0;
    if (*scope->unit == '\0' || unit != KADR_NO_UNIT) {
        err = kadr_unit_codes(reference, unit, add_unit, selection);
    }
    if (err == 0 && indicator != KADR_NO_INDICATOR) {
        err = add_indicator(selection, reference, indicator);
    }
    return err;
}

/* ---- references ---- */

static int load_reference(struct kadr_past *past, const struct kadr_history_reference *record,
                          struct kadr_reference **ret_reference)
{
    KADR_CLEANUP(kadr_arena_free) struct kadr_arena *arena = NULL;
    struct kadr_wire_files files;
    if (past->reference_count == KADR_PAST_REFERENCES) {
        return KADR_EFULL;
    }
    int err = kadr_arena_new(KADR_MAX_ARENA_BYTES, &arena);
    if (err == 0) {
        err = kadr_decode_files(record->files, arena, &files, NULL);
    }
    if (err == 0) {
        err = kadr_reference_load(files.files, files.count, NULL, ret_reference);
    }
    if (err == 0) {
        past->references[past->reference_count].commit = record->commit;
        past->references[past->reference_count++].reference = *ret_reference;
    }
    return err;
}

int kadr_past_reference(struct kadr_past *past, uint64_t commit, struct kadr_reference **ret_reference)
{
    struct kadr_history_reference record;
    int err = kadr_history_reference_at(past->view, commit, &record);
    for (size_t i = 0; err == 0 && i < past->reference_count; i++) {
        if (past->references[i].commit == record.commit) {
            *ret_reference = past->references[i].reference;
            return 0;
        }
    }
    return err != 0 ? err : load_reference(past, &record, ret_reference);
}

static int select_by_record(void *context, const struct kadr_history_reference *record)
{
    void **pair = context;
    struct kadr_past_selection *selection = pair[0];
    struct kadr_reference *reference = NULL;
    int err = kadr_past_reference(selection->past, record->commit, &reference);
    return err != 0 ? err : select_by(selection, pair[1], reference);
}

int kadr_past_select(struct kadr_past *past, const struct kadr_past_scope *scope, uint64_t commit,
                     uint64_t until, struct kadr_past_selection *ret_selection)
{
    struct kadr_reference *reference = NULL;
    struct kadr_past_scope copy = *scope;
    *ret_selection =
        (struct kadr_past_selection){ .past = past, .all_indicators = *scope->indicator == '\0' };
    int err = kadr_past_reference(past, commit, &reference);
    if (err == 0) {
        err = select_by(ret_selection, scope, reference);
    } else if (err == KADR_ENOENT) {
        err = 0;
    }
    if (err == 0 && scope->also != NULL) {
        err = select_by(ret_selection, scope, scope->also);
    }
    if (err == 0 && until > commit) {
        err = kadr_history_references(past->view, commit + 1, until, select_by_record,
                                      (void *[]){ ret_selection, &copy });
    }
    drop_repeats(&ret_selection->units);
    drop_repeats(&ret_selection->indicators);
    return err;
}

int kadr_past_rows(const struct kadr_past_selection *selection, uint64_t from, uint64_t to,
                   kadr_history_row_fn *fn, void *context)
{
    bool all_indicators = selection->all_indicators;
    struct kadr_history_view *view = selection->past->view;
    int err = 0;
    for (size_t u = 0; err == 0 && u < selection->units.count; u++) {
        if (all_indicators) {
            err = kadr_history_rows(view, selection->units.items[u], NULL, from, to, fn, context);
        }
        for (size_t i = 0; err == 0 && !all_indicators && i < selection->indicators.count; i++) {
            err = kadr_history_rows(view, selection->units.items[u], selection->indicators.items[i], from, to,
                                    fn, context);
        }
    }
    return err;
}
