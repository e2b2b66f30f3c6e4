/* SPDX-License-Identifier: Apache-2.0 */
/* held_before.c - see held_before.h.
 *
 * Figures are compared by a hash of what they say, so that a large file costs one look into a sorted array
 * for each figure of an earlier report. Notes and lines do not count: they are no part of the statement.
 */
#include "client/held_before.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"

struct figure {
    uint64_t said; /* hash */
    uint32_t index;
    bool decided, held;
    uint64_t commit; /* of the report that held it */
};

struct look {
    struct kadr_outbox *outbox;
    struct kadr_arena *arena; /* of the report that is looked at */
    struct kadr_buf scratch, storage;
    struct figure *figures; /* of the new report, sorted */
    size_t count;
};

static int compare_figures(const void *left, const void *right)
{
    const struct figure *a = left, *b = right;

    if (a->said != b->said) {
        return a->said < b->said ? -1 : 1;
    }
    return a->index < b->index ? -1 : a->index > b->index;
}

static void add_text(struct kadr_buf *out, const char *text)
{
    kadr_buf_add(out, text, strlen(text) + 1); /* with its end: "a" "bc" is not "ab" "c" */
}

static uint64_t hash_of(struct look *look, const struct kadr_observation *obs)
{
    static const uint8_t key[KADR_HASH_KEY_BYTES] = { 0 };
    struct kadr_buf *out = &look->scratch;

    kadr_buf_clear(out);
    add_text(out, obs->unit);
    add_text(out, obs->indicator);
    add_text(out, obs->occurrence);
    for (size_t i = 0; i < obs->breakdown_count; i++) {
        add_text(out, obs->breakdown[i].dimension);
        add_text(out, obs->breakdown[i].member);
    }
    kadr_buf_printf(out, "%" PRId64 " %" PRId64 " %d %" PRId64 " %" PRId64 " %d", (int64_t)obs->period.first,
                    (int64_t)obs->period.last, (int)obs->value.kind, obs->value.lo, obs->value.hi,
                    (int)obs->scale);
    return kadr_hash_keyed(key, out->data, out->len);
}

static int collect(struct look *look, const struct kadr_report *report)
{
    look->figures = calloc(report->observation_count + 1, sizeof(*look->figures));
    if (look->figures == NULL) {
        return KADR_ENOMEM;
    }
    for (size_t i = 0; i < report->observation_count; i++) {
        if (report->observations[i].value.kind == KADR_VALUE_INTERVAL) { /* nothing else is ever held */
            look->figures[look->count++] =
                (struct figure){ .said = hash_of(look, &report->observations[i]), .index = (uint32_t)i };
        }
    }
    qsort(look->figures, look->count, sizeof(*look->figures), compare_figures);
    return look->scratch.err;
}

static bool was_held(const struct kadr_receipt *receipt, size_t index)
{
    for (size_t i = 0; i < receipt->diag_count; i++) {
        if (receipt->diags[i].number == KADR_DIAG_IMPLAUSIBLE &&
            receipt->diags[i].diag.observation == (int32_t)index) {
            return true;
        }
    }
    return false;
}

static struct figure *first_with(const struct look *look, uint64_t said)
{
    size_t low = 0, high = look->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (look->figures[middle].said < said) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return look->figures + low;
}

static void decide(struct look *look, const struct kadr_report *old, const struct kadr_receipt *receipt)
{
    for (size_t i = 0; i < old->observation_count; i++) {
        uint64_t said = hash_of(look, &old->observations[i]);
        struct figure *figure = first_with(look, said);

        for (; figure < look->figures + look->count && figure->said == said; figure++) {
            if (!figure->decided) {
                figure->decided = true;
                figure->held = receipt->held > 0 && was_held(receipt, i);
                figure->commit = receipt->commit;
            }
        }
    }
}

/* @retval KADR_ENOENT  pruned, or without a receipt */
static int look_at(struct look *look, uint64_t sequence)
{
    struct kadr_outbox_item item;
    struct kadr_receipt receipt;
    struct kadr_report old;
    int err;

    kadr_arena_clear(look->arena);
    err = kadr_outbox_receipt(look->outbox, sequence, look->arena, &receipt);
    err = err == 0 ? kadr_outbox_get(look->outbox, sequence, &look->storage, &item) : err;
    if (err == 0) {
        err = kadr_decode_report(item.report, look->arena, &old, NULL);
        err = err == KADR_ENOMEM || err == 0 ? err : KADR_ECORRUPT;
    }
    if (err == 0) {
        decide(look, &old, &receipt);
    }
    return err;
}

static int look_back(struct look *look)
{
    struct kadr_outbox_counts counts;
    int err = kadr_outbox_count(look->outbox, &counts);

    for (uint64_t back = 1; err == 0 && back <= KADR_MAX_HELD_LOOK_BACK && back < counts.next_sequence;
         back++) {
        err = look_at(look, counts.next_sequence - back);
        err = err == KADR_ENOENT ? 0 : err;
    }
    return err == 0 ? look->scratch.err : err;
}

static int tell(const struct look *look, const struct kadr_report *report, struct kadr_diags *diags)
{
    int err = 0;

    for (size_t i = 0; i < look->count; i++) {
        const struct kadr_observation *obs = &report->observations[look->figures[i].index];
        char number[24];

        if (look->figures[i].held) {
            (void)snprintf(number, sizeof(number), "%" PRIu64,
                           look->figures[i].commit); /* 20 digits at most */
            kadr_diags_add(diags, KADR_DIAG_HELD_BEFORE, (int32_t)look->figures[i].index, obs->line,
                           obs->column, obs->stated, number, NULL);
            err = KADR_EINVAL;
        }
    }
    return err;
}

int kadr_held_before(struct kadr_outbox *outbox, const struct kadr_report *report, struct kadr_diags *diags)
{
    struct look look = { .outbox = outbox };
    int err = kadr_arena_new(KADR_MAX_ARENA_BYTES, &look.arena);

    kadr_buf_init(&look.scratch, 0);
    kadr_buf_init(&look.storage, 0);
    err = err == 0 ? collect(&look, report) : err;
    err = err == 0 ? look_back(&look) : err;
    err = err == 0 ? tell(&look, report, diags) : err;
    free(look.figures);
    kadr_buf_done(&look.scratch);
    kadr_buf_done(&look.storage);
    kadr_arena_free(look.arena);
    return err;
}
