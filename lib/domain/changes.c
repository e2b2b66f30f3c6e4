/* SPDX-License-Identifier: Apache-2.0 */
/* changes.c - cells out: what differs from what was handed out, why, and the digests of what was.
 *
 * The kind of a change comes from what touched the cell since it was handed out (causes) and from the two
 * cells themselves; the first that applies, in the order of enum kadr_change.
 */
#include <string.h>

#include "base/err.h"
#include "domain/rollup_state.h"

const char *kadr_change_text(enum kadr_change change)
{
    static const char *const texts[] = { "unknown", "reference", "aged",    "withdrawn", "corrected",
                                         "new",     "completed", "updated", "refreshed" };
    return (size_t)change < KADR_COUNT(texts) ? texts[change] : texts[0];
}

/* Room for one more; the array may move. */
static bool reserve(struct kadr_rollup *rollup, void **items, size_t *cap, size_t count, size_t item_bytes)
{
    if (count < *cap) {
        return true;
    }
    size_t wider = *cap ? *cap * 2 : 64;
    while (wider <= count) {
        wider *= 2;
    }
    void *moved = realloc(*items, wider * item_bytes);
    if (!moved) {
        rollup->err = KADR_ENOMEM;
        return false;
    }
    *items = moved;
    *cap = wider;
    return true;
}

void kadr_rollup_touch(struct kadr_rollup *rollup, struct kadr_live *live, unsigned cause)
{
    live->figure.valued = false; /* and with it all that was made of the value */
    live->causes = (uint8_t)(live->causes | cause);
    if (live->pending) {
        return;
    }
    void *items = rollup->pending;
    if (reserve(rollup, &items, &rollup->pending_cap, rollup->pending_count, sizeof(*rollup->pending))) {
        rollup->pending = items;
        rollup->pending[rollup->pending_count++] = live;
        live->pending = true;
    }
}

/* ---- topics -------------------------------------------------------------------------------------------- */

/* The region that a unit counts to, by its last territory; itself above regions. */
static kadr_unit region_of(const struct kadr_reference *reference, kadr_unit unit)
{
    const struct kadr_unit_info *info = kadr_unit_info(reference, unit);
    while (info->level > KADR_LEVEL_REGION) {
        kadr_unit parent = info->territory[info->territory_count - 1].parent;
        if (parent == KADR_NO_UNIT) {
            break;
        }
        unit = parent;
        info = kadr_unit_info(reference, unit);
    }
    return unit;
}

static struct kadr_topic *topic_of(struct kadr_rollup *rollup, const struct kadr_series *series)
{
    kadr_unit region = region_of(rollup->reference, series->unit);
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

static void leave_topic(struct kadr_rollup *rollup, struct kadr_live *live)
{
    struct kadr_topic *topic = live->digested ? topic_of(rollup, live->series) : NULL;
    if (topic) {
        kadr_digest_sub(&topic->digest, &live->digest);
        topic->cells--;
        live->digested = false;
    }
}

static void enter_topic(struct kadr_rollup *rollup, struct kadr_live *live)
{
    struct kadr_topic *topic = topic_of(rollup, live->series);
    if (topic) {
        live->digest = kadr_cell_digest(rollup->reference, &live->handed);
        kadr_digest_add(&topic->digest, &live->digest);
        topic->cells++;
        live->digested = true;
    }
}

/* ---- cells that leave ---------------------------------------------------------------------------------- */

void kadr_rollup_report_gone(struct kadr_rollup *rollup, const struct kadr_cell_key *key,
                             enum kadr_change kind)
{
    void *items = rollup->gone;
    if (!reserve(rollup, &items, &rollup->gone_cap, rollup->gone_count, sizeof(*rollup->gone))) {
        return;
    }
    rollup->gone = items;
    struct kadr_cell cell = { .key = *key, .expected = -1, .oldest = KADR_DAY_NONE, .newest = KADR_DAY_NONE };
    rollup->gone[rollup->gone_count++] =
        (struct kadr_cell_change){ .cell = cell, .kind = kind, .removed = true };
}

void kadr_rollup_retire(struct kadr_rollup *rollup, struct kadr_live *live, enum kadr_change kind)
{
    leave_topic(rollup, live);
    if (live->handed_out) {
        kadr_rollup_report_gone(rollup, &live->handed.key, kind);
    }
    rollup->passed_over_count -= live->handed_passed_over ? 1 : 0;
    rollup->broken_count -= live->handed_broken ? 1 : 0;
    rollup->cell_count--;
    free(live);
}

/* ---- cells that changed -------------------------------------------------------------------------------- */

static bool is_completed(const struct kadr_live *live, const struct kadr_cell *cell)
{
    const struct kadr_cell *before = &live->handed;
    if (cell->reported > before->reported || cell->complete > before->complete) {
        return true;
    }
    bool more = !cell->incomplete || live->figure.value.used > live->handed_used;
    return before->incomplete && kadr_cell_has_value(cell) && more;
}

static bool is_same_value(const struct kadr_cell *a, const struct kadr_cell *b)
{
    return a->incomplete == b->incomplete && a->lo == b->lo && a->hi_open == b->hi_open && a->hi == b->hi &&
           a->known_hi_open == b->known_hi_open && a->known_hi == b->known_hi &&
           kadr_cell_has_value(a) == kadr_cell_has_value(b);
}

static enum kadr_change kind_of(const struct kadr_live *live, const struct kadr_cell *cell)
{
    if (live->causes & KADR_CAUSE_REFERENCE) {
        return KADR_CHANGE_REFERENCE;
    }
    if (live->causes == KADR_CAUSE_DAY) {
        return KADR_CHANGE_AGED;
    }
    if (live->causes & KADR_CAUSE_WITHDRAWN) {
        return KADR_CHANGE_WITHDRAWN;
    }
    if (live->causes & KADR_CAUSE_CORRECTED) {
        return KADR_CHANGE_CORRECTED;
    }
    if (!live->handed_out || !kadr_cell_has_value(&live->handed)) {
        return KADR_CHANGE_NEW;
    }
    if (is_completed(live, cell)) {
        return KADR_CHANGE_COMPLETED;
    }
    return is_same_value(&live->handed, cell) ? KADR_CHANGE_REFRESHED : KADR_CHANGE_UPDATED;
}

/* Evaluates one pending cell; hands it out if it differs. */
static bool settle(struct kadr_rollup *rollup, struct kadr_live *live, struct kadr_cell_change *ret_change)
{
    struct kadr_at at = kadr_at(&rollup->evaluator, live->series, live->period, rollup->day);
    struct kadr_cell cell = kadr_evaluate_cell(&rollup->evaluator, &at);
    bool changed = !live->handed_out || !kadr_cell_equal(&live->handed, &cell);
    if (changed) {
        *ret_change = (struct kadr_cell_change){ .cell = cell, .kind = kind_of(live, &cell) };
    }
    if (changed || !live->digested) {
        leave_topic(rollup, live);
        live->handed = cell;
        live->handed_out = true;
        enter_topic(rollup, live);
    }
    rollup->passed_over_count += live->figure.passed_over ? 1 : 0;
    rollup->passed_over_count -= live->handed_passed_over ? 1 : 0;
    live->handed_passed_over = live->figure.passed_over;
    rollup->broken_count += cell.holds == KADR_HOLDS_NO ? 1 : 0;
    rollup->broken_count -= live->handed_broken ? 1 : 0;
    live->handed_broken = cell.holds == KADR_HOLDS_NO;
    live->handed_used = live->figure.value.used;
    live->pending = false;
    live->causes = 0;
    return changed;
}

static int compare_keys(const struct kadr_cell_key *a, const struct kadr_cell_key *b)
{
    if (a->unit != b->unit) {
        return a->unit < b->unit ? -1 : 1;
    }
    if (a->indicator != b->indicator) {
        return a->indicator < b->indicator ? -1 : 1;
    }
    if (a->breakdown != b->breakdown) {
        return a->breakdown < b->breakdown ? -1 : 1;
    }
    if (a->period.first != b->period.first) {
        return a->period.first < b->period.first ? -1 : 1;
    }
    return (a->period.last > b->period.last) - (a->period.last < b->period.last);
}

/* A cell that left and came back within one take is there: its removal sorts behind it and is dropped. */
static int compare_changes(const void *left, const void *right)
{
    const struct kadr_cell_change *a = left, *b = right;
    int order = compare_keys(&a->cell.key, &b->cell.key);
    return order ? order : (int)a->removed - (int)b->removed;
}

static size_t drop_repeats(struct kadr_cell_change *changes, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || compare_keys(&changes[kept - 1].cell.key, &changes[i].cell.key) != 0) {
            changes[kept++] = changes[i];
        }
    }
    return kept;
}

int kadr_rollup_take_changes(struct kadr_rollup *rollup, const struct kadr_cell_change **ret_changes,
                             size_t *ret_count)
{
    size_t count = rollup->gone_count;
    size_t most = rollup->gone_count + rollup->pending_count;
    void *items = rollup->changes;
    if (rollup->err || !reserve(rollup, &items, &rollup->change_cap, most, sizeof(*rollup->changes))) {
        return KADR_ENOMEM;
    }
    rollup->changes = items;
    if (rollup->gone_count > 0) {
        memcpy(rollup->changes, rollup->gone, rollup->gone_count * sizeof(*rollup->gone));
        rollup->gone_count = 0;
    }
    kadr_evaluator_begin(&rollup->evaluator, rollup->reference, &rollup->table, rollup->day);
    for (size_t i = 0; i < rollup->pending_count; i++) {
        count += settle(rollup, rollup->pending[i], &rollup->changes[count]) ? 1 : 0;
    }
    rollup->pending_count = 0;
    qsort(rollup->changes, count, sizeof(*rollup->changes), compare_changes);
    *ret_count = drop_repeats(rollup->changes, count);
    *ret_changes = rollup->changes;
    return rollup->err ? rollup->err : rollup->evaluator.err;
}

/* ---- digests ------------------------------------------------------------------------------------------- */

static int compare_topics(const void *left, const void *right)
{
    const struct kadr_topic *a = *(const struct kadr_topic *const *)left;
    const struct kadr_topic *b = *(const struct kadr_topic *const *)right;
    if (a->region != b->region) {
        return a->region < b->region ? -1 : 1;
    }
    return (a->indicator > b->indicator) - (a->indicator < b->indicator);
}

int kadr_rollup_digests(const struct kadr_rollup *rollup, kadr_topic_digest_fn *fn, void *context)
{
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
    int result = 0;
    for (size_t i = 0; i < count && result == 0; i++) {
        struct kadr_topic_digest digest = { topics[i]->region, topics[i]->indicator, topics[i]->digest };
        result = fn(context, &digest);
    }
    free(topics);
    return result;
}

struct kadr_digest kadr_rollup_digest(const struct kadr_rollup *rollup)
{
    struct kadr_digest sum = { { 0 } };
    size_t cursor = 0;
    const struct kadr_topic *topic;
    while ((topic = kadr_map_next(&rollup->topics, &cursor))) {
        kadr_digest_add(&sum, &topic->digest);
    }
    return sum;
}
