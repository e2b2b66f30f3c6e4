/* SPDX-License-Identifier: Apache-2.0 */
/* digests.c - digests of what was handed out, per region and indicator.
 *
 * A cell's digest costs more than its figure, and nobody asks for one before the next progress message: a
 * cell that is handed out is due, and those that are due get theirs when digests are asked for. They stand in
 * a list, up to a share of all cells; beyond that it is cheaper to look at all.
 */
#include "base/err.h"
#include "domain/rollup_state.h"

/* Of the cells, one in so many is listed when its digest is due. */
#define DUE_SHARE 4
#define MIN_DUE   1024

/* ---- topics -------------------------------------------------------------------------------------------- */

static struct kadr_topic *topic_of(struct kadr_rollup *rollup, const struct kadr_series *series)
{
    kadr_unit region = kadr_unit_info(rollup->reference, series->unit)->region;
    struct kadr_map_key key = { { region, series->indicator, 0 } };
    struct kadr_topic *topic = kadr_map_get(&rollup->topics, &key);
    if (topic) {
        return topic;
    }
    topic = calloc(1, sizeof(*topic));
    if (!topic || kadr_map_put(&rollup->topics, &key, topic)) {
        free(topic);
        rollup->err = KADR_ENOMEM;
        return NULL;
    }
    topic->region = region;
    topic->indicator = series->indicator;
    return topic;
}

void kadr_rollup_forget_topics(struct kadr_rollup *rollup)
{
    size_t cursor = 0;
    void *topic;
    while ((topic = kadr_map_next(&rollup->topics, &cursor))) {
        free(topic);
    }
    kadr_map_clear(&rollup->topics);
}

void kadr_rollup_leave_digest(struct kadr_rollup *rollup, struct kadr_live *live)
{
    struct kadr_topic *topic = live->digested ? topic_of(rollup, live->series) : NULL;
    if (topic) {
        kadr_digest_sub(&topic->digest, &live->digest);
        topic->cells--;
    }
    live->digested = live->digest_due = false;
}

/* The cell's digest in that of its topic becomes that of what was handed out last. */
static void digest_anew(struct kadr_rollup *rollup, struct kadr_live *live)
{
    struct kadr_topic *topic = topic_of(rollup, live->series);
    if (!topic) {
        return;
    }
    if (live->digested) {
        kadr_digest_sub(&topic->digest, &live->digest);
    }
    struct kadr_cell cell = kadr_figure_cell(&live->figure, live->series, live->period);
    live->digest = kadr_cell_digest(rollup->reference, &cell);
    kadr_digest_add(&topic->digest, &live->digest);
    topic->cells += live->digested ? 0 : 1;
    live->digested = true;
    live->digest_due = false;
}

void kadr_rollup_digest_due(struct kadr_rollup *rollup, struct kadr_live *live)
{
    struct kadr_due *due = &rollup->due;
    if (live->digest_due) {
        return;
    }
    live->digest_due = true;
    due->all = due->all || due->count >= rollup->cell_count / DUE_SHARE + MIN_DUE;
    void *items = due->cells;
    if (!due->all && kadr_rollup_reserve(rollup, &items, &due->cap, due->count, sizeof(*due->cells))) {
        due->cells = items;
        due->cells[due->count++] = live;
    }
}

static void digest_all_due(struct kadr_rollup *rollup)
{
    for (size_t s = 0; s < rollup->table.count; s++) {
        const struct kadr_series *series = rollup->table.all[s];
        kadr_series_fetch_after(&rollup->table, s);
        for (size_t i = 0; i < series->slot_count; i++) {
            struct kadr_live *live = series->slots[i].live;
            if (live && live->digest_due) {
                digest_anew(rollup, live);
            }
        }
    }
}

/* One that left meanwhile is not due any more; one that came in its place stands in the list twice. */
static void settle_digests(struct kadr_rollup *rollup)
{
    if (rollup->due.all) {
        digest_all_due(rollup);
    }
    for (size_t i = 0; i < rollup->due.count && !rollup->due.all; i++) {
        if (rollup->due.cells[i]->digest_due) {
            digest_anew(rollup, rollup->due.cells[i]);
        }
    }
    rollup->due.count = 0;
    rollup->due.all = false;
}

/* ---- asked for -------------------------------------------------------------------------------------------
 */

static int compare_topics(const void *left, const void *right)
{
    const struct kadr_topic *a = *(const struct kadr_topic *const *)left;
    const struct kadr_topic *b = *(const struct kadr_topic *const *)right;
    if (a->region != b->region) {
        return a->region < b->region ? -1 : 1;
    }
    return (a->indicator > b->indicator) - (a->indicator < b->indicator);
}

int kadr_rollup_digests(struct kadr_rollup *rollup, kadr_topic_digest_fn *fn, void *context)
{
    settle_digests(rollup);
    struct kadr_topic **topics = calloc(rollup->topics.count + 1, sizeof(struct kadr_topic *));
    if (!topics) {
        return KADR_ENOMEM;
    }
    size_t count = 0, cursor = 0;
    struct kadr_topic *topic;
    while ((topic = kadr_map_next(&rollup->topics, &cursor))) {
        topics[count] = topic;
        count += topic->cells > 0 ? 1 : 0;
    }
    qsort(topics, count, sizeof(struct kadr_topic *), compare_topics);
    int result = rollup->err;
    for (size_t i = 0; i < count && result == 0; i++) {
        struct kadr_topic_digest digest = { topics[i]->region, topics[i]->indicator, topics[i]->digest };
        result = fn(context, &digest);
    }
    free(topics);
    return result;
}

struct kadr_digest kadr_rollup_digest(struct kadr_rollup *rollup)
{
    settle_digests(rollup);
    struct kadr_digest sum = { { 0 } };
    size_t cursor = 0;
    const struct kadr_topic *topic;
    while ((topic = kadr_map_next(&rollup->topics, &cursor))) {
        kadr_digest_add(&sum, &topic->digest);
    }
    return sum;
}
