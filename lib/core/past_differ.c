/* SPDX-License-Identifier: Apache-2.0 */
/* past_differ.c - two states, cell by cell.
 *
 * The two may be of different versions of the reference, whose indexes mean different things: cells are
 * compared by their codes, in the order of these.
 */
#include "core/past_impl.h"

#include <string.h>

/* ---- cells by their codes ---- */

static int compare_breakdowns(const struct kadr_wire_cell *a, const struct kadr_wire_cell *b)
{
    for (size_t i = 0; i < a->breakdown_count && i < b->breakdown_count; i++) {
        int order = strcmp(a->breakdown[i].dimension, b->breakdown[i].dimension);
        order = order != 0 ? order : strcmp(a->breakdown[i].member, b->breakdown[i].member);
        if (order != 0) {
            return order;
        }
    }
    return (a->breakdown_count > b->breakdown_count) - (a->breakdown_count < b->breakdown_count);
}

int kadr_past_compare_keys(const struct kadr_wire_cell *a, const struct kadr_wire_cell *b)
{
    const struct kadr_period *p = &a->cell.key.period, *q = &b->cell.key.period;
    int order = strcmp(a->unit, b->unit);
    order = order != 0 ? order : strcmp(a->indicator, b->indicator);
    order = order != 0 ? order : compare_breakdowns(a, b);
    order = order != 0 ? order : (p->first > q->first) - (p->first < q->first);
    return order != 0 ? order : (p->last > q->last) - (p->last < q->last);
}

static int compare_cells(const void *left, const void *right)
{
    return kadr_past_compare_keys(left, right);
}

void kadr_past_cells_done(struct kadr_past_cells *cells)
{
    free(cells->items);
    *cells = (struct kadr_past_cells){ 0 };
}

struct collecting {
    struct kadr_past_cells *cells;
    const struct kadr_reference *reference;
};

static int collect(void *context, const struct kadr_cell *cell)
{
    struct collecting *to = context;
    struct kadr_past_cells *cells = to->cells;
    if (cells->count == cells->cap) {
        size_t cap = cells->cap == 0 ? 256 : cells->cap * 2;
        struct kadr_wire_cell *items = realloc(cells->items, cap * sizeof *items);
        if (items == NULL) {
            return KADR_ENOMEM;
        }
        cells->items = items;
        cells->cap = cap;
    }
    struct kadr_wire_cell *item = &cells->items[cells->count++];
    kadr_wire_cell_from(to->reference, cell, item);
    item->cell.key = (struct kadr_cell_key){ .period = cell->key.period };
    return 0;
}

int kadr_past_cells_of(const struct kadr_past_state *state, const struct kadr_past_scope *scope,
                       struct kadr_past_cells *ret_cells)
{
    struct kadr_rollup_query query;
    struct collecting to = { ret_cells, state->reference };
    if (kadr_past_query_of(state, scope, &query) != 0) {
        return 0;
    }
    int err = kadr_rollup_query(state->rollup, &query, collect, &to);
    if (ret_cells->count > 1) {
        qsort(ret_cells->items, ret_cells->count, sizeof *ret_cells->items, compare_cells);
    }
    return err;
}

/* ---- changes on their way out ---- */

int kadr_past_changes_begin(struct kadr_past *past, const struct kadr_past_state *before,
                            const struct kadr_position *after, struct kadr_past_changes *ret_changes)
{
    struct kadr_query_reply reply = { .kind = KADR_QUERY_BEGIN };
    reply.begin.position = *after;
    reply.begin.has_before = before->reference != NULL && before->position.day != KADR_DAY_NONE;
    reply.begin.before = before->position;
    *ret_changes = (struct kadr_past_changes){ .past = past };
    ret_changes->items = kadr_arena_calloc(past->arena, KADR_MAX_CELLS_PER_FRAME, sizeof *ret_changes->items);
    return ret_changes->items == NULL ? KADR_EFULL : kadr_past_reply(past, &reply);
}

static void add_digest(struct kadr_past_changes *changes, const struct kadr_wire_cell *cell)
{
    const struct kadr_cell_codes codes = { .unit = cell->unit,
                                           .indicator = cell->indicator,
                                           .breakdown = cell->breakdown,
                                           .breakdown_count = cell->breakdown_count,
                                           .scale = cell->scale };
    struct kadr_digest digest = kadr_cell_digest_of(&codes, &cell->cell);
    kadr_digest_add(&changes->digest, &digest);
}

static void add_digests(struct kadr_past_changes *changes, const struct kadr_wire_change *change)
{
    add_digest(changes, &change->cell);
    if (change->has_before) {
        add_digest(changes, &change->before);
    }
}

static int send_changes(struct kadr_past_changes *changes)
{
    struct kadr_query_reply reply = { .kind = KADR_QUERY_CHANGE_LIST };
    reply.changes.items = changes->items;
    reply.changes.count = changes->count;
    int err = changes->cut ? KADR_EFULL : kadr_past_reply(changes->past, &reply);
    for (size_t i = 0; err == 0 && i < changes->count; i++) {
        add_digests(changes, &changes->items[i]);
    }
    changes->total += err == 0 ? changes->count : 0;
    changes->count = 0;
    changes->cut = changes->cut || err == KADR_EFULL;
    return changes->may_be_cut && err == KADR_EFULL ? 0 : err;
}

/* What is left of a cell that is not live any more: its key. */
static struct kadr_wire_cell key_of(const struct kadr_wire_cell *cell)
{
    struct kadr_wire_cell key = *cell;
    key.cell = (struct kadr_cell){
        .key = cell->cell.key, .expected = -1, .oldest = KADR_DAY_NONE, .newest = KADR_DAY_NONE
    };
    return key;
}

static int add_change(struct kadr_past_changes *changes, const struct kadr_wire_change *change)
{
    changes->items[changes->count++] = *change;
    changes->counts[2 * ((size_t)change->kind - 1) + change->removed]++;
    return changes->count == KADR_MAX_CELLS_PER_FRAME ? send_changes(changes) : 0;
}

static bool is_same(const struct kadr_wire_cell *a, const struct kadr_wire_cell *b)
{
    return a->scale == b->scale && kadr_cell_equal(&a->cell, &b->cell);
}

int kadr_past_differ(struct kadr_past_changes *changes, const struct kadr_past_cells *before,
                     const struct kadr_past_cells *after, kadr_past_kind_fn *kind, void *context)
{
    const struct kadr_wire_cell *old = before->items, *new = after->items;
    size_t i = 0, j = 0;
    int err = 0;
    while (err == 0 && (i < before->count || j < after->count)) {
        int order = i == before->count  ? 1
                    : j == after->count ? -1
                                        : kadr_past_compare_keys(&old[i], &new[j]);
        struct kadr_wire_change change = { .removed = order < 0, .has_before = order <= 0 };
        bool same = order == 0 && is_same(&old[i], &new[j]);
        if (!same) {
            change.kind = kind(context, order <= 0 ? &old[i] : NULL, order >= 0 ? &new[j] : NULL);
            change.cell = order < 0 ? key_of(&old[i]) : new[j];
        }
        if (!same && order <= 0) {
            change.before = old[i];
        }
        err = same ? 0 : add_change(changes, &change);
        i += order <= 0;
        j += order >= 0;
    }
    return err;
}

/* Room for the end is kept beside the answer's bytes. */
#define END_BYTES 4096

int kadr_past_changes_end(struct kadr_past_changes *changes)
{
    struct kadr_wire_change_count counts[KADR_PAST_COUNTS];
    struct kadr_query_reply reply = { .kind = KADR_QUERY_END };
    int err = changes->count > 0 ? send_changes(changes) : 0;
    for (size_t i = 0; i < KADR_PAST_COUNTS; i++) {
        if (changes->counts[i] > 0) {
            counts[reply.end.count_count++] = (struct kadr_wire_change_count){
                .kind = (enum kadr_change)(i / 2 + 1), .removed = i % 2 == 1, .count = changes->counts[i]
            };
        }
    }
    reply.end.counts = counts;
    reply.end.cells = changes->total;
    reply.end.digest = changes->digest;
    changes->past->max_bytes += END_BYTES;
    return err != 0 ? err : kadr_past_reply(changes->past, &reply);
}
