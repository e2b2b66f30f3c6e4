/* SPDX-License-Identifier: Apache-2.0 */
/* audit.c - copying a topic of the live rollup, and folding its rows plainly to compare. */
#include "core/audit.h"

#include <stdlib.h>
#include <string.h>

#include "core/past_impl.h"
#include "oracle/oracle.h"

/* ---- a copy -------------------------------------------------------------------------------------------- */

void kadr_audit_topic_done(struct kadr_audit_topic *topic)
{
    kadr_reference_unref(topic->reference);
    free(topic->cells);
    *topic = (struct kadr_audit_topic){ .count = 0 };
}

static int keep_cell(void *context, const struct kadr_cell *cell)
{
    struct kadr_audit_topic *topic = context;
    if (topic->count == topic->cap) {
        size_t cap = topic->cap == 0 ? 64 : 2 * topic->cap;
        struct kadr_cell *wider = realloc(topic->cells, cap * sizeof *wider);
        if (wider == NULL) {
            return KADR_ENOMEM;
        }
        topic->cells = wider;
        topic->cap = cap;
    }
    topic->cells[topic->count++] = *cell;
    return 0;
}

static bool is_country(const struct kadr_audit_topic *topic)
{
    return kadr_unit_info(topic->reference, topic->region)->level == KADR_LEVEL_COUNTRY;
}

static int copy_cells(struct kadr_rollup *rollup, struct kadr_audit_topic *topic)
{
    const struct kadr_rollup_query query = { .unit = topic->region,
                                             .subtree = !is_country(topic),
                                             .indicator = topic->indicator,
                                             .as_of = KADR_DAY_NONE };
    topic->count = 0;
    return kadr_rollup_query(rollup, &query, keep_cell, topic);
}

/* The next region, or the country; round and round. */
static kadr_unit next_region(const struct kadr_reference *reference, kadr_unit unit)
{
    do {
        unit = (kadr_unit)((unit + 1u) % kadr_unit_count(reference));
    } while (kadr_unit_info(reference, unit)->level > KADR_LEVEL_REGION);
    return unit;
}

/* Also where nothing is live: the journal may say otherwise. */
static void move_on(const struct kadr_reference *reference, struct kadr_audit_cursor *cursor)
{
    if (++cursor->indicator >= kadr_indicator_count(reference)) {
        cursor->indicator = 0;
        cursor->region = next_region(reference, cursor->region);
    }
    if (cursor->region >= kadr_unit_count(reference)) { /* there were more of them */
        cursor->region = kadr_unit_country(reference);
    }
}

int kadr_audit_copy(struct kadr_rollup *rollup, const struct kadr_position *at,
                    struct kadr_audit_cursor *after, struct kadr_audit_topic *ret_topic)
{
    if (kadr_indicator_count(kadr_rollup_current_reference(rollup)) == 0) {
        return KADR_ENOENT;
    }
    move_on(kadr_rollup_current_reference(rollup), after);
    KADR_CLEANUP(kadr_audit_topic_done)
    struct kadr_audit_topic topic = { .at = *at, .region = after->region, .indicator = after->indicator };
    topic.reference = kadr_rollup_share_reference(rollup); /* counted in this thread only */
    int err = copy_cells(rollup, &topic);
    if (err == 0) {
        *ret_topic = topic;
        topic = (struct kadr_audit_topic){ .count = 0 };
    }
    return err;
}

/* ---- the plain fold of its rows ------------------------------------------------------------------------ */

struct folding {
    struct kadr_past *past;
    struct kadr_oracle *oracle;
};

static int fold_row(void *context, const struct kadr_history_row *row)
{
    static const enum kadr_verdict accepted = KADR_VERDICT_ACCEPTED;
    struct folding *folding = context;
    int err = kadr_past_count_row(folding->past);
    if (err == 0) {
        struct kadr_observation observation = row->observation;
        const struct kadr_report report = { .observations = &observation, .observation_count = 1 };
        kadr_oracle_report(folding->oracle, &report, &accepted, row->stated_at_ms, row->commit);
    }
    return err;
}

/* The rollup's own share instead of loading the same files once more. */
static int use_reference(struct kadr_past *past, const struct kadr_audit_topic *topic)
{
    struct kadr_history_reference record;
    int err = kadr_history_reference_at(past->view, topic->at.commit, &record);
    if (err == 0) {
        past->references[0].commit = record.commit;
        past->references[0].reference = kadr_reference_ref(topic->reference);
        past->reference_count = 1;
    }
    return err;
}

static int fold_rows(struct kadr_past *past, const struct kadr_audit_topic *topic, struct kadr_oracle *oracle)
{
    struct kadr_past_selection selection;
    const struct kadr_past_scope scope = {
        .unit = kadr_unit_info(topic->reference, topic->region)->code,
        .indicator = kadr_indicator_info(topic->reference, topic->indicator)->code,
        .subtree = true,
    };
    int err = use_reference(past, topic);
    if (err == 0) {
        kadr_oracle_reference(oracle, topic->reference);
        kadr_oracle_day(oracle, topic->at.day);
        err = kadr_past_select(past, &scope, topic->at.commit, topic->at.commit, &selection);
    }
    if (err == 0) {
        err = kadr_past_rows(&selection, 1, topic->at.commit, fold_row, &(struct folding){ past, oracle });
    }
    return err;
}

static bool is_of_topic(void *context, const struct kadr_cell_key *key)
{
    const struct kadr_audit_topic *topic = *(const struct kadr_audit_topic **)context;
    return key->indicator == topic->indicator &&
           (is_country(topic) ? key->unit == topic->region
                              : kadr_unit_within(topic->reference, key->unit, topic->region));
}

/* ---- comparing ----------------------------------------------------------------------------------------- */

static int compare_keys(const struct kadr_cell_key *a, const struct kadr_cell_key *b)
{
    int order = (a->unit > b->unit) - (a->unit < b->unit);
    order = order != 0 ? order : (a->breakdown > b->breakdown) - (a->breakdown < b->breakdown);
    order = order != 0 ? order : (a->period.first > b->period.first) - (a->period.first < b->period.first);
    return order != 0 ? order : (a->period.last > b->period.last) - (a->period.last < b->period.last);
}

static void tell(struct kadr_audit_result *result, const struct kadr_cell *live,
                 const struct kadr_cell *in_journal)
{
    result->finding = KADR_AUDIT_DIFFERENT;
    result->is_live = live != NULL;
    result->is_in_journal = in_journal != NULL;
    if (live != NULL || in_journal != NULL) {
        result->key = live != NULL ? live->key : in_journal->key;
    }
}

static void find_difference(const struct kadr_audit_topic *topic, const struct kadr_oracle_cells *plain,
                            struct kadr_audit_result *result)
{
    size_t both = topic->count < plain->count ? topic->count : plain->count;
    result->finding = KADR_AUDIT_EQUAL;
    for (size_t i = 0; i < both; i++) {
        const struct kadr_cell *live = &topic->cells[i], *folded = &plain->items[i];
        int order = compare_keys(&live->key, &folded->key);
        if (order != 0 || !kadr_cell_equal(live, folded)) {
            tell(result, order <= 0 ? live : NULL, order >= 0 ? folded : NULL);
            return;
        }
    }
    if (topic->count != plain->count) {
        tell(result, topic->count > both ? &topic->cells[both] : NULL,
             plain->count > both ? &plain->items[both] : NULL);
    }
}

static int fold_and_compare(struct kadr_past *past, const struct kadr_audit_topic *topic,
                            struct kadr_audit_result *result)
{
    KADR_CLEANUP(kadr_oracle_free) struct kadr_oracle *oracle = kadr_oracle_new();
    KADR_CLEANUP(kadr_oracle_cells_done) struct kadr_oracle_cells plain = { .count = 0 };
    int err = oracle == NULL ? KADR_ENOMEM : fold_rows(past, topic, oracle);
    if (err == KADR_EFULL) {
        result->finding = KADR_AUDIT_TOO_LARGE;
        return 0;
    }
    if (err != 0) {
        return err;
    }
    plain = kadr_oracle_cells_wanted(oracle, topic->at.day, is_of_topic, &topic);
    if (plain.failed) {
        return KADR_ENOMEM;
    }
    find_difference(topic, &plain, result);
    return 0;
}

/* The history is of this journal and has come as far. */
static bool is_there(const struct kadr_history_view *view, const struct kadr_position *at)
{
    struct kadr_history_position has = kadr_history_view_position(view);
    return has.commit >= at->commit && memcmp(&has.lineage, &at->lineage, sizeof has.lineage) == 0;
}

int kadr_audit_compare(const struct kadr_kvstore *kv, const struct kadr_audit_topic *topic, uint64_t max_rows,
                       struct kadr_audit_result *ret_result)
{
    KADR_CLEANUP(kadr_arena_free) struct kadr_arena *arena = NULL;
    KADR_CLEANUP(kadr_history_view_end) struct kadr_history_view *view = NULL;
    struct kadr_past_answer read = { .rows = 0 };
    *ret_result = (struct kadr_audit_result){ .finding = KADR_AUDIT_NOT_YET };
    int err = kadr_arena_new(KADR_MAX_ARENA_BYTES, &arena);
    if (err == 0) {
        err = kadr_history_view_begin(kv, &view);
    }
    if (err != 0 || !is_there(view, &topic->at)) {
        return err;
    }
    struct kadr_past past = { .view = view,
                              .arena = arena,
                              .now = topic->at,
                              .answer = &read,
                              .max_rows = max_rows > 0 ? max_rows : KADR_MAX_AUDIT_ROWS };
    err = fold_and_compare(&past, topic, ret_result);
    for (size_t i = 0; i < past.reference_count; i++) {
        kadr_reference_unref(past.references[i].reference);
    }
    ret_result->rows = read.rows;
    return err;
}
