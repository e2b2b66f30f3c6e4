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

bool kadr_rollup_reserve(struct kadr_rollup *rollup, void **items, size_t *cap, size_t count,
                         size_t item_bytes)
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

void kadr_rollup_touch(struct kadr_rollup *rollup, struct kadr_live *live, unsigned cause, kadr_day since)
{
    bool pending = live->causes != 0;
    live->since = pending && live->since < since ? live->since : since;
    live->figure.valued = false;
    live->causes = (uint8_t)(live->causes | cause);
    struct kadr_pending *list = &rollup->pending[live->series->rank];
    void *items = list->cells;
    if (!pending && kadr_rollup_reserve(rollup, &items, &list->cap, list->count, sizeof(*list->cells))) {
        list->cells = items;
        list->cells[list->count++] = live;
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

/* The cell's digest in that of its topic becomes this cell's. */
static void digest_anew(struct kadr_rollup *rollup, struct kadr_live *live, const struct kadr_cell *cell)
{
    struct kadr_topic *topic = topic_of(rollup, live->series);
    if (!topic) {
        return;
    }
    if (live->digested) {
        kadr_digest_sub(&topic->digest, &live->digest);
    }
    live->digest = kadr_cell_digest(rollup->reference, cell);
    kadr_digest_add(&topic->digest, &live->digest);
    topic->cells += live->digested ? 0 : 1;
    live->digested = true;
}

/* ---- cells that leave ---------------------------------------------------------------------------------- */

void kadr_rollup_report_gone(struct kadr_rollup *rollup, const struct kadr_cell_key *key,
                             enum kadr_change kind)
{
    void *items = rollup->gone;
    if (!kadr_rollup_reserve(rollup, &items, &rollup->gone_cap, rollup->gone_count, sizeof(*rollup->gone))) {
        return;
    }
    rollup->gone = items;
    struct kadr_cell cell = { .key = *key, .expected = -1, .oldest = KADR_DAY_NONE, .newest = KADR_DAY_NONE };
    rollup->gone[rollup->gone_count++] =
        (struct kadr_cell_change){ .cell = cell, .kind = kind, .removed = true };
}

void kadr_rollup_retire(struct kadr_rollup *rollup, struct kadr_live *live, enum kadr_change kind)
{
    const struct kadr_series *series = live->series;
    struct kadr_cell_key key = { series->breakdown, live->period, series->unit, series->indicator };
    leave_topic(rollup, live);
    if (live->handed_out) {
        kadr_rollup_report_gone(rollup, &key, kind);
    }
    rollup->passed_over_count -= live->counted ? 1 : 0;
    rollup->broken_count -= live->broken ? 1 : 0;
    rollup->cell_count--;
    live->next_spare = rollup->spare;
    rollup->spare = live;
}

/* ---- cells that changed -------------------------------------------------------------------------------- */

/* What was handed out of a cell, and what it is now. */
struct step {
    const struct kadr_live *live;
    const struct kadr_figure *figure;
    struct kadr_cell before, now;
};

static bool is_completed(const struct step *step)
{
    const struct kadr_cell *before = &step->before, *now = &step->now;
    if (now->reported > before->reported || now->complete > before->complete) {
        return true;
    }
    bool more = !now->incomplete || step->figure->value.used > step->live->figure.value.used;
    return before->incomplete && kadr_cell_has_value(now) && more;
}

static bool is_same_value(const struct kadr_cell *a, const struct kadr_cell *b)
{
    return a->incomplete == b->incomplete && a->lo == b->lo && a->hi_open == b->hi_open && a->hi == b->hi &&
           a->known_hi_open == b->known_hi_open && a->known_hi == b->known_hi &&
           kadr_cell_has_value(a) == kadr_cell_has_value(b);
}

static enum kadr_change kind_of(const struct step *step)
{
    unsigned causes = step->live->causes;
    if (causes & KADR_CAUSE_REFERENCE) {
        return KADR_CHANGE_REFERENCE;
    }
    if (causes == KADR_CAUSE_DAY) {
        return KADR_CHANGE_AGED;
    }
    if (causes & KADR_CAUSE_WITHDRAWN) {
        return KADR_CHANGE_WITHDRAWN;
    }
    if (causes & KADR_CAUSE_CORRECTED) {
        return KADR_CHANGE_CORRECTED;
    }
    if (!step->live->handed_out || !kadr_cell_has_value(&step->before)) {
        return KADR_CHANGE_NEW;
    }
    if (is_completed(step)) {
        return KADR_CHANGE_COMPLETED;
    }
    return is_same_value(&step->before, &step->now) ? KADR_CHANGE_REFRESHED : KADR_CHANGE_UPDATED;
}

/* One that is to be handed out; `topic` is what the order of changes begins with. */
struct kadr_changed {
    struct kadr_live *live;
    uint32_t topic;
    enum kadr_change kind;
};

static void note_changed(struct kadr_rollup *rollup, struct kadr_live *live, enum kadr_change kind)
{
    void *items = rollup->changed;
    if (kadr_rollup_reserve(rollup, &items, &rollup->changed_cap, rollup->changed_count,
                            sizeof(*rollup->changed))) {
        uint32_t topic = (uint32_t)live->series->unit << 16 | live->series->indicator;
        rollup->changed = items;
        rollup->changed[rollup->changed_count++] = (struct kadr_changed){ live, topic, kind };
    }
}

/* Evaluates one pending cell; notes it if it differs. */
static void settle(struct kadr_rollup *rollup, struct kadr_live *live)
{
    struct kadr_at at = kadr_at(&rollup->evaluator, live->series, live->period, rollup->day);
    struct kadr_figure figure;
    kadr_evaluate_anew(&rollup->evaluator, &at, &figure);
    struct step step = { live, &figure, kadr_figure_cell(&live->figure, live->series, live->period),
                         kadr_figure_cell(&figure, live->series, live->period) };
    bool changed = !live->handed_out || !kadr_cell_equal(&step.before, &step.now);
    if (changed) {
        note_changed(rollup, live, kind_of(&step));
    }
    if (changed || !live->digested) {
        digest_anew(rollup, live, &step.now);
    }
    rollup->passed_over_count += figure.passed_over ? 1 : 0;
    rollup->passed_over_count -= live->counted ? 1 : 0;
    live->counted = figure.passed_over;
    rollup->broken_count += figure.holds == KADR_HOLDS_NO ? 1 : 0;
    rollup->broken_count -= live->broken ? 1 : 0;
    live->broken = figure.holds == KADR_HOLDS_NO;
    live->figure = figure;
    live->handed_out = true;
    live->causes = 0;
}

/* ---- their order --------------------------------------------------------------------------------------- */

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

/* Within a topic. */
static int compare_changed(const void *left, const void *right)
{
    const struct kadr_changed *a = left, *b = right;
    struct kadr_cell_key x = { .breakdown = a->live->series->breakdown, .period = a->live->period };
    struct kadr_cell_key y = { .breakdown = b->live->series->breakdown, .period = b->live->period };
    return compare_keys(&x, &y);
}

/* By topic: a radix sort, a byte at a time, from `changed` to `sorted` and back. */
static bool sort_topics(struct kadr_rollup *rollup)
{
    void *items = rollup->sorted;
    if (!kadr_rollup_reserve(rollup, &items, &rollup->sorted_cap, rollup->changed_count,
                             sizeof(*rollup->sorted))) {
        return false;
    }
    rollup->sorted = items;
    for (unsigned shift = 0; shift < 32; shift += 8) {
        size_t begin[257] = { 0 };
        for (size_t i = 0; i < rollup->changed_count; i++) {
            begin[(rollup->changed[i].topic >> shift & 0xff) + 1]++;
        }
        for (size_t byte = 0; byte < 256; byte++) {
            begin[byte + 1] += begin[byte];
        }
        for (size_t i = 0; i < rollup->changed_count; i++) {
            rollup->sorted[begin[rollup->changed[i].topic >> shift & 0xff]++] = rollup->changed[i];
        }
        struct kadr_changed *swap = rollup->changed;
        size_t swap_cap = rollup->changed_cap;
        rollup->changed = rollup->sorted;
        rollup->changed_cap = rollup->sorted_cap;
        rollup->sorted = swap;
        rollup->sorted_cap = swap_cap;
    }
    return true;
}

static bool sort_changed(struct kadr_rollup *rollup)
{
    if (!sort_topics(rollup)) {
        return false;
    }
    for (size_t i = 0, end; i < rollup->changed_count; i = end) {
        end = i + 1;
        while (end < rollup->changed_count && rollup->changed[end].topic == rollup->changed[i].topic) {
            end++;
        }
        if (end - i > 1) {
            qsort(&rollup->changed[i], end - i, sizeof(*rollup->changed), compare_changed);
        }
    }
    return true;
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

/* Cells that left stand behind the others, until all are sorted; there are few such ticks. */
static size_t add_gone(struct kadr_rollup *rollup, size_t count)
{
    if (rollup->gone_count == 0) {
        return count;
    }
    memcpy(rollup->changes + count, rollup->gone, rollup->gone_count * sizeof(*rollup->gone));
    count += rollup->gone_count;
    rollup->gone_count = 0;
    qsort(rollup->changes, count, sizeof(*rollup->changes), compare_changes);
    return drop_repeats(rollup->changes, count);
}

/* Cells lie all over the memory: those that come soon are asked for while others are evaluated. */
static void fetch_ahead(const struct kadr_pending *list, size_t index)
{
    if (index + 16 < list->count) {
        const struct kadr_live *far = list->cells[index + 16], *near = list->cells[index + 8];
        __builtin_prefetch(far);
        __builtin_prefetch((const char *)far + 64);
        __builtin_prefetch((const char *)far + 128);
        __builtin_prefetch(near->series);
        __builtin_prefetch((const char *)near->series + 64);
        __builtin_prefetch(list->cells[index + 4]->series->statements);
    }
}

/* Parts before what is made of them, so that whatever a cell looks at is settled. */
static bool settle_pending(struct kadr_rollup *rollup)
{
    rollup->changed_count = 0;
    kadr_evaluator_begin(&rollup->evaluator, rollup->reference, &rollup->table, rollup->day);
    for (size_t rank = 0; rank < KADR_RANKS; rank++) {
        struct kadr_pending *list = &rollup->pending[rank];
        for (size_t i = 0; i < list->count; i++) {
            fetch_ahead(list, i);
            settle(rollup, list->cells[i]);
        }
        list->count = 0;
    }
    return sort_changed(rollup);
}

int kadr_rollup_take_changes(struct kadr_rollup *rollup, const struct kadr_cell_change **ret_changes,
                             size_t *ret_count)
{
    if (rollup->err || !settle_pending(rollup)) {
        return rollup->err ? rollup->err : KADR_ENOMEM;
    }
    size_t count = rollup->changed_count;
    void *items = rollup->changes;
    if (!kadr_rollup_reserve(rollup, &items, &rollup->change_cap, rollup->gone_count + count,
                             sizeof(*rollup->changes))) {
        return KADR_ENOMEM;
    }
    rollup->changes = items;
    for (size_t i = 0; i < count; i++) {
        const struct kadr_live *live = rollup->changed[i].live;
        const struct kadr_live *next = rollup->changed[i + 8 < count ? i + 8 : i].live;
        __builtin_prefetch(next);
        __builtin_prefetch((const char *)next + 64);
        rollup->changes[i] =
            (struct kadr_cell_change){ .cell = kadr_figure_cell(&live->figure, live->series, live->period),
                                       .kind = rollup->changed[i].kind };
    }
    *ret_count = add_gone(rollup, count);
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
