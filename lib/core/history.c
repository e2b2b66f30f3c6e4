/* SPDX-License-Identifier: Apache-2.0 */
/* history.c - journal records turned into rows.
 *
 * What records say is checked here as the aggregator checks it (aggregate.c): the chain first, then envelope
 * and message. A batch is one transaction; what the writer remembers of the journal between two batches (the
 * position, the reference in force, the last time) is a draft until the transaction is durable.
 *
 * Times. A record's time is its committed_at, or that of an earlier record when that was later: so times
 * never go back, and the commit known at a moment is found by one look at the key before it.
 */
#include <string.h>

#include "base/err.h"
#include "core/history_impl.h"
#include "core/store.h"

/* What the next record is read with. */
struct standing {
    struct kadr_history_position position;
    struct kadr_reference *reference; /* owned; NULL before the first */
    kadr_ms time_ms;                  /* of the last record; meaningless at commit 0 */
};

struct kadr_history {
    const struct kadr_kvstore *kv;
    struct standing now;
    struct kadr_arena *arena; /* of one record */
    struct kadr_buf value;
};

static void standing_done(struct standing *standing)
{
    kadr_reference_unref(standing->reference);
    *standing = (struct standing){ .reference = NULL };
}
KADR_DEFINE_DONE(struct standing, standing_done)

static struct standing standing_copy(const struct standing *standing)
{
    struct standing copy = *standing;
    copy.reference = standing->reference == NULL ? NULL : kadr_reference_ref(standing->reference);
    return copy;
}

/* ---- opening ------------------------------------------------------------------------------------------- */

static int load_reference(struct kadr_history *history, struct kadr_bytes message,
                          struct kadr_reference **ret_reference)
{
    struct kadr_wire_files files;
    kadr_arena_clear(history->arena);
    int err = kadr_decode_files(message, history->arena, &files, NULL);
    return err != 0 ? err : kadr_reference_load(files.files, files.count, NULL, ret_reference);
}

static int read_standing(struct kadr_history *history, struct kadr_history_view *view)
{
    struct standing *now = &history->now;
    struct kadr_history_reference newest;
    now->position = kadr_history_view_position(view);
    if (now->position.commit == 0) {
        return 0;
    }
    int err = kadr_history_known_since(view, now->position.commit, &now->time_ms);
    if (err == 0) {
        err = kadr_history_reference_at(view, now->position.commit, &newest);
        err = err == 0 ? load_reference(history, newest.files, &now->reference) : err;
    }
    return err == KADR_ENOMEM ? err : err != 0 ? KADR_ECORRUPT : 0; /* commit 1 is a reference record */
}

static int read_store(struct kadr_history *history)
{
    KADR_CLEANUP(kadr_history_view_end) struct kadr_history_view *view = NULL;
    int err = kadr_history_view_begin(history->kv, &view);
    return err != 0 ? err : read_standing(history, view);
}

int kadr_history_open(const struct kadr_kvstore *kv, struct kadr_history **ret_history, bool *ret_wiped)
{
    KADR_CLEANUP(kadr_history_free) struct kadr_history *history = calloc(1, sizeof(*history));
    if (history == NULL) {
        return KADR_ENOMEM;
    }
    history->kv = kv;
    kadr_buf_init(&history->value, 0);
    int err = kadr_arena_new(KADR_MAX_ARENA_BYTES, &history->arena);
    if (err == 0) {
        err = read_store(history);
    }
    bool unreadable = err == KADR_EVERSION || err == KADR_ECORRUPT;
    if (unreadable) {
        err = kadr_history_wipe(history);
    }
    if (err == 0) {
        *ret_history = KADR_TAKE(history);
    }
    if (err == 0 && ret_wiped != NULL) {
        *ret_wiped = unreadable;
    }
    return err;
}

void kadr_history_free(struct kadr_history *history)
{
    if (history != NULL) {
        standing_done(&history->now);
        kadr_arena_free(history->arena);
        kadr_buf_done(&history->value);
        free(history);
    }
}

struct kadr_history_position kadr_history_position(const struct kadr_history *history)
{
    return history->now.position;
}

int kadr_history_wipe(struct kadr_history *history)
{
    const struct kadr_kvstore *kv = history->kv;
    int err = kv->begin(kv->self);
    if (err == 0) {
        kv->clear(kv->self);
        err = kv->commit(kv->self);
    }
    if (err == 0) {
        standing_done(&history->now);
    }
    return err;
}

/* ---- records ------------------------------------------------------------------------------------------- */

/* Writes the value that was gathered. */
static int put(struct kadr_history *history, const struct kadr_history_key *key)
{
    struct kadr_buf *value = &history->value;
    if (value->err == 0) {
        history->kv->put(history->kv->self, kadr_history_key_bytes(key),
                         (struct kadr_bytes){ value->data, value->len });
    }
    return value->err;
}

static int put_number(struct kadr_history *history, const struct kadr_history_key *key, uint64_t number)
{
    kadr_buf_clear(&history->value);
    kadr_buf_add_u64(&history->value, number);
    return put(history, key);
}

static struct kadr_member_pair canonical_pair(const struct kadr_reference *reference,
                                              struct kadr_member_pair pair)
{
    kadr_dimension dimension = kadr_dimension_find(reference, pair.dimension);
    if (dimension == KADR_NO_DIMENSION) {
        return pair;
    }
    kadr_member member = kadr_member_find(reference, dimension, pair.member);
    return (struct kadr_member_pair){
        .dimension = kadr_dimension_info(reference, dimension)->code,
        .member = member == 0 ? pair.member : kadr_member_info(reference, member)->code,
    };
}

/* Codes as the reference calls them; those that it lacks stay. */
static void make_canonical(const struct kadr_reference *reference, struct kadr_observation *obs)
{
    if (reference == NULL) {
        return;
    }
    kadr_unit unit = kadr_unit_find(reference, obs->unit);
    kadr_indicator indicator = kadr_indicator_find(reference, obs->indicator);
    obs->unit = unit == KADR_NO_UNIT ? obs->unit : kadr_unit_info(reference, unit)->code;
    obs->indicator =
        indicator == KADR_NO_INDICATOR ? obs->indicator : kadr_indicator_info(reference, indicator)->code;
    for (size_t i = 0; i < obs->breakdown_count; i++) {
        obs->breakdown[i] = canonical_pair(reference, obs->breakdown[i]);
    }
}

/* A text that is no code names no unit or indicator of any reference: such a row could never be found. */
static int put_row(struct kadr_history *history, const struct kadr_history_row *row)
{
    struct kadr_history_key key;
    if (kadr_history_key_prefix(row->observation.unit, row->observation.indicator, &key) != 0) {
        return 0;
    }
    kadr_history_key_add_row(&key, row->commit, row->index);
    kadr_buf_clear(&history->value);
    kadr_history_add_row(row, &history->value);
    return put(history, &key);
}

static int compare_touched(const void *left, const void *right)
{
    const struct kadr_history_touched *a = left, *b = right;
    int order = strcmp(a->unit, b->unit);
    return order != 0 ? order : strcmp(a->indicator, b->indicator);
}

/* Each pair once. */
static size_t sort_touched(struct kadr_history_touched *touched, size_t count)
{
    size_t kept = 0;
    if (count > 0) {
        qsort(touched, count, sizeof(*touched), compare_touched);
    }
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || compare_touched(&touched[kept - 1], &touched[i]) != 0) {
            touched[kept++] = touched[i];
        }
    }
    return kept;
}

static int put_report(struct kadr_history *history, const struct kadr_envelope *envelope,
                      const struct kadr_report *report, const struct kadr_record *record,
                      struct kadr_history_touched *touched, size_t touched_count)
{
    struct kadr_history_report row = {
        .office = envelope->office,
        .stream = envelope->stream,
        .sequence = envelope->sequence,
        .stated_at_ms = envelope->stated_at_ms,
        .received_at_ms = envelope->received_at_ms,
        .committed_at_ms = envelope->committed_at_ms,
        .source = report->source,
        .published = report->published,
        .file = report->file,
        .nothing_to_report = report->nothing_to_report,
        .accepted = envelope->accepted,
        .rejected = envelope->rejected,
        .touched = touched,
        .touched_count = sort_touched(touched, touched_count),
    };
    memcpy(row.report_id, envelope->report_id, sizeof(row.report_id));
    kadr_buf_clear(&history->value);
    kadr_history_add_report(&row, &history->value);
    struct kadr_history_key key = kadr_history_key_number(KADR_HISTORY_REPORT, record->commit);
    return put(history, &key);
}

static int apply_report(struct kadr_history *history, struct standing *draft,
                        const struct kadr_envelope *envelope, const struct kadr_record *record)
{
    if (envelope->outcome != KADR_OUTCOME_COMMITTED) {
        return 0;
    }
    struct kadr_report report;
    int err = kadr_decode_report(record->message, history->arena, &report, NULL);
    if (err != 0 || envelope->verdicts.len != report.observation_count) {
        return err != 0 ? err : KADR_ECORRUPT;
    }
    struct kadr_history_touched *touched =
        kadr_arena_calloc(history->arena, report.observation_count, sizeof(*touched));
    if (touched == NULL && report.observation_count > 0) {
        return KADR_ENOMEM;
    }
    size_t touched_count = 0;
    for (size_t i = 0; i < report.observation_count && err == 0; i++) {
        if (envelope->verdicts.data[i] != KADR_VERDICT_ACCEPTED) {
            continue;
        }
        struct kadr_history_row row = { .commit = record->commit,
                                        .index = (uint32_t)i,
                                        .stated_at_ms = kadr_observation_stated_at(
                                            &report, &report.observations[i], envelope->stated_at_ms),
                                        .observation = report.observations[i] };
        make_canonical(draft->reference, &row.observation);
        touched[touched_count++] =
            (struct kadr_history_touched){ row.observation.unit, row.observation.indicator };
        err = put_row(history, &row);
    }
    return err != 0 ? err : put_report(history, envelope, &report, record, touched, touched_count);
}

static int apply_reference(struct kadr_history *history, struct standing *draft,
                           const struct kadr_envelope *envelope, const struct kadr_record *record)
{
    (void)envelope;
    struct kadr_reference *reference = NULL;
    int err = load_reference(history, record->message, &reference);
    if (err != 0) {
        return err;
    }
    kadr_reference_unref(draft->reference);
    draft->reference = reference;
    struct kadr_history_key key = kadr_history_key_number(KADR_HISTORY_REFERENCE, record->commit);
    kadr_buf_clear(&history->value);
    kadr_buf_add(&history->value, record->message.data, record->message.len);
    return put(history, &key);
}

static int apply_day(struct kadr_history *history, struct standing *draft,
                     const struct kadr_envelope *envelope, const struct kadr_record *record)
{
    (void)draft;
    struct kadr_history_key key = kadr_history_key_number(KADR_HISTORY_DAY, record->commit);
    kadr_buf_clear(&history->value);
    kadr_buf_add_u32(&history->value, (uint32_t)envelope->day);
    return put(history, &key);
}

/* A moment is written with its first and its last commit. */
static int apply_time(struct kadr_history *history, struct standing *draft, kadr_ms committed_at_ms,
                      uint64_t commit)
{
    int err = 0;
    if (commit == 1 || committed_at_ms > draft->time_ms) {
        draft->time_ms = committed_at_ms;
        struct kadr_history_key since = kadr_history_key_number(KADR_HISTORY_SINCE, commit);
        err = put_number(history, &since, kadr_history_time_number(draft->time_ms));
    }
    struct kadr_history_key time = kadr_history_key_time(draft->time_ms);
    return err != 0 ? err : put_number(history, &time, commit);
}

typedef int apply_fn(struct kadr_history *history, struct standing *draft,
                     const struct kadr_envelope *envelope, const struct kadr_record *record);
static apply_fn *const apply_by_kind[] = {
    [KADR_RECORD_REPORT] = apply_report,
    [KADR_RECORD_REFERENCE] = apply_reference,
    [KADR_RECORD_DAY] = apply_day,
};

static int apply_record(struct kadr_history *history, struct standing *draft,
                        const struct kadr_record *record)
{
    struct kadr_history_position *position = &draft->position;
    if (record->commit != position->commit + 1) {
        return KADR_EEXIST;
    }
    struct kadr_digest chain =
        kadr_record_chain(&position->chain, record->commit, record->envelope, record->message);
    if (!kadr_digest_equal(&chain, &record->digest)) {
        return KADR_ECORRUPT;
    }
    kadr_arena_clear(history->arena);
    struct kadr_envelope envelope;
    int err = kadr_decode_envelope(record->envelope, history->arena, &envelope, NULL);
    if (err == 0) {
        err = apply_time(history, draft, envelope.committed_at_ms, record->commit);
    }
    if (err == 0) {
        err = apply_by_kind[envelope.kind](history, draft, &envelope, record);
    }
    position->commit = record->commit;
    position->chain = chain;
    return err;
}

static int put_position(struct kadr_history *history, const struct kadr_history_position *position)
{
    static const struct kadr_history_key key = { .bytes = { KADR_HISTORY_POSITION }, .len = 1 };
    kadr_buf_clear(&history->value);
    kadr_history_add_position(position, &history->value);
    return put(history, &key);
}

int kadr_history_apply(struct kadr_history *history, const struct kadr_id *lineage,
                       const struct kadr_record *records, size_t count)
{
    const struct kadr_kvstore *kv = history->kv;
    struct standing draft KADR_CLEANUP(standing_done) = standing_copy(&history->now);
    bool empty = draft.position.commit == 0;
    if (!empty && memcmp(&draft.position.lineage, lineage, sizeof(*lineage)) != 0) {
        return KADR_EEXIST;
    }
    draft.position.lineage = *lineage;
    if (count == 0) {
        return 0;
    }
    int err = kv->begin(kv->self);
    for (size_t i = 0; i < count && err == 0; i++) {
        err = apply_record(history, &draft, &records[i]);
    }
    if (err == 0) {
        err = put_position(history, &draft.position);
    }
    if (err != 0) {
        kv->abort(kv->self);
        return err;
    }
    err = kv->commit(kv->self);
    if (err == 0) {
        struct standing before = history->now;
        history->now = draft;
        draft = before;
    }
    return err;
}
