/* SPDX-License-Identifier: Apache-2.0 */
/* Generated journals, asked about afterwards: what was known at any commit is what a rollup fed exactly that
 * many records shows, cell by cell; what changed between two commits is how two such rollups differ, and of
 * the kinds that the later one told. KADR_TEST_SEED=n runs one history. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/audit.h"
#include "core/history_rig.h"
#include "core/past.h"
#include "domain/rollup_world.h"
#include "history.h"
#include "rng.h"

#define HISTORIES    24
#define OBSERVATIONS 100

/* ---- the journal of a history, and the rollup that lives with it --------------------------------------- */

struct fixture {
    struct kadr_reference *references[HISTORY_REFERENCES];
    struct history history;
    struct journal *journal;
    struct kadr_kvstore kv;
    struct kadr_arena *arena;
    struct rng rng;
};

/* Observations of a record; the words must outlive them. */
struct stated {
    struct words words[HISTORY_MAX_SAID];
    struct kadr_observation observations[HISTORY_MAX_SAID];
    enum kadr_verdict verdicts[HISTORY_MAX_SAID];
    struct kadr_report report;
};

static void read_report(const struct record *record, struct stated *ret)
{
    ret->report = (struct kadr_report){ .stated_at_ms = record->stated_at_ms,
                                        .source = "",
                                        .file = "",
                                        .published = KADR_DAY_NONE,
                                        .has_replaces = record->replaced_at_ms != 0,
                                        .replaces = { .sequence = 1, .stated_at_ms = record->replaced_at_ms },
                                        .observations = ret->observations,
                                        .observation_count = record->count };
    for (size_t i = 0; i < record->count; i++) {
        split(&ret->words[i], record->said[i].line);
        parse_statement(&ret->words[i], record->said[i].scale, &ret->observations[i]);
        ret->observations[i].of_replaced = record->said[i].of_replaced;
        ret->verdicts[i] = record->said[i].verdict;
    }
}

static void write_report(struct journal *journal, const struct record *record)
{
    struct stated *stated = malloc(sizeof *stated);
    uint8_t verdicts[HISTORY_MAX_SAID];
    struct kadr_buf message;
    assert_non_null(stated);
    read_report(record, stated);
    struct kadr_envelope envelope = { .kind = KADR_RECORD_REPORT,
                                      .office = "KZ",
                                      .stream = { { 7 } },
                                      .sequence = journal->head + 1,
                                      .outcome = KADR_OUTCOME_COMMITTED,
                                      .verdicts = { verdicts, record->count },
                                      .stated_at_ms = record->stated_at_ms };
    for (size_t i = 0; i < record->count; i++) {
        verdicts[i] = (uint8_t)stated->verdicts[i];
        envelope.accepted += verdicts[i] == KADR_VERDICT_ACCEPTED;
        envelope.rejected += verdicts[i] != KADR_VERDICT_ACCEPTED;
    }
    kadr_buf_init(&message, 0);
    kadr_encode_report(&stated->report, &message);
    journal_add(journal, envelope, &message);
    free(stated);
}

static void write_record(struct journal *journal, const struct record *record)
{
    struct kadr_envelope envelope = { .kind = KADR_RECORD_DAY,
                                      .outcome = KADR_OUTCOME_COMMITTED,
                                      .day = record->day };
    struct kadr_file files[HISTORY_MAX_FILES];
    struct kadr_buf message;
    kadr_buf_init(&message, 0);
    if (record->kind == RECORD_REFERENCE) {
        size_t count = history_reference_files(record->reference, files);
        kadr_encode_files(files, count, &message);
        envelope.kind = KADR_RECORD_REFERENCE;
        envelope.day = KADR_DAY_NONE;
    }
    journal_add(journal, envelope, &message);
}

static void open_history(struct fixture *fx, uint64_t seed)
{
    KADR_CLEANUP(kadr_history_free) struct kadr_history *history = NULL;
    fx->rng = (struct rng){ seed * 77 + 1 };
    fx->journal = new_journal(0xa5);
    fx->history.references[0] = fx->references[0];
    fx->history.references[1] = fx->references[1];
    history_generate(&fx->history, seed, OBSERVATIONS);
    for (size_t i = 0; i < fx->history.count; i++) {
        const struct record *record = &fx->history.records[i];
        (record->kind == RECORD_REPORT ? write_report : write_record)(fx->journal, record);
    }
    assert_int_equal(kadr_kvstore_mem_new(&fx->kv), 0);
    assert_int_equal(kadr_history_open(&fx->kv, &history, NULL), 0);
    assert_int_equal(apply(history, fx->journal, 1, fx->journal->head), 0);
}

static void close_history(struct fixture *fx)
{
    fx->kv.close(fx->kv.self);
    free_journal(fx->journal);
    free(fx->history.records);
    fx->history.records = NULL;
}

static void live_record(const struct fixture *fx, struct kadr_rollup *rollup, uint64_t commit)
{
    const struct record *record = &fx->history.records[commit - 1];
    if (record->kind == RECORD_REFERENCE) {
        assert_int_equal(kadr_rollup_reference(rollup, fx->references[record->reference], commit), 0);
    } else if (record->kind == RECORD_DAY) {
        assert_int_equal(kadr_rollup_day(rollup, record->day, commit), 0);
    } else {
        struct stated *stated = malloc(sizeof *stated);
        assert_non_null(stated);
        read_report(record, stated);
        assert_int_equal(
            kadr_rollup_report(rollup, &stated->report, stated->verdicts, record->stated_at_ms, commit), 0);
        free(stated);
    }
}

static struct kadr_position now_of(const struct fixture *fx)
{
    struct kadr_position now = { .lineage = fx->journal->lineage, .commit = fx->journal->head };
    for (size_t i = 0; i < fx->history.count; i++) {
        const struct record *record = &fx->history.records[i];
        now.day = record->kind == RECORD_DAY ? record->day : now.day;
    }
    return now;
}

/* ---- questions ----------------------------------------------------------------------------------------- */

/* Answers `request`; the frames are decoded one by one with next_reply(). */
static void answer(struct fixture *fx, const struct kadr_query_request *request, struct kadr_past_answer *ret)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf frame;
    kadr_buf_init(&frame, 0);
    kadr_encode_query_request(request, &frame);
    assert_int_equal(frame.err, 0);
    const struct kadr_past_question question = { .frame = { frame.data, frame.len }, .now = now_of(fx) };
    kadr_arena_clear(fx->arena);
    assert_int_equal(kadr_past_answer(&fx->kv, &question, ret), 0);
}

static struct kadr_query_reply next_reply(struct fixture *fx, const struct kadr_past_answer *answer,
                                          size_t *cursor)
{
    struct kadr_query_reply reply;
    struct kadr_bytes frame;
    assert_true(kadr_past_next(answer, cursor, &frame));
    assert_int_equal(kadr_decode_query_reply(frame, fx->arena, &reply, NULL), 0);
    return reply;
}

struct asked {
    struct kadr_rollup_query query;
    const char *unit, *indicator;
};

/* The whole country, a subtree, a unit; all indicators or one. */
static struct asked some_question(struct fixture *fx, const struct kadr_reference *reference)
{
    struct asked asked = { .query = { .unit = KADR_NO_UNIT,
                                      .indicator = KADR_NO_INDICATOR,
                                      .subtree = true,
                                      .as_of = KADR_DAY_NONE },
                           .unit = "",
                           .indicator = "" };
    if (rng_below(&fx->rng, 4) > 0) {
        asked.query.unit = (kadr_unit)rng_below(&fx->rng, kadr_unit_count(reference));
        asked.query.subtree = rng_below(&fx->rng, 3) > 0;
        asked.unit = kadr_unit_info(reference, asked.query.unit)->code;
    }
    if (rng_below(&fx->rng, 3) > 0) {
        asked.query.indicator = (kadr_indicator)rng_below(&fx->rng, kadr_indicator_count(reference));
        asked.indicator = kadr_indicator_info(reference, asked.query.indicator)->code;
    }
    return asked;
}

struct wire_cells {
    const struct kadr_reference *reference;
    struct kadr_wire_cell items[8192];
    size_t count;
};

static int keep(void *context, const struct kadr_cell *cell)
{
    struct wire_cells *cells = context;
    assert_true(cells->count < KADR_COUNT(cells->items));
    struct kadr_wire_cell *item = &cells->items[cells->count++];
    kadr_wire_cell_from(cells->reference, cell, item);
    item->cell.key = (struct kadr_cell_key){ .period = cell->key.period };
    return 0;
}

static int compare_wire(const struct kadr_wire_cell *a, const struct kadr_wire_cell *b)
{
    int order = strcmp(a->unit, b->unit);
    order = order != 0 ? order : strcmp(a->indicator, b->indicator);
    for (size_t i = 0; order == 0 && i < a->breakdown_count && i < b->breakdown_count; i++) {
        order = strcmp(a->breakdown[i].dimension, b->breakdown[i].dimension);
        order = order != 0 ? order : strcmp(a->breakdown[i].member, b->breakdown[i].member);
    }
    order = order != 0 ? order : (int)a->breakdown_count - (int)b->breakdown_count;
    order = order != 0 ? order : a->cell.key.period.first - b->cell.key.period.first;
    return order != 0 ? order : a->cell.key.period.last - b->cell.key.period.last;
}

static bool same_cell(const struct kadr_wire_cell *a, const struct kadr_wire_cell *b)
{
    return compare_wire(a, b) == 0 && a->scale == b->scale && kadr_cell_equal(&a->cell, &b->cell);
}

static void print_wire(const char *whose, const struct kadr_wire_cell *cell)
{
    char text[CELL_TEXT_BYTES], period[KADR_PERIOD_TEXT_BYTES] = "";
    if (cell->cell.key.period.first != KADR_DAY_NONE) {
        kadr_period_format(cell->cell.key.period, period);
    }
    print_message("  %s: %s %s/%zu %s: %s\n", whose, cell->unit, cell->indicator, cell->breakdown_count,
                  period, cell_text(&cell->cell, text));
}

static void say_where(const struct fixture *fx, const struct asked *asked, uint64_t commit)
{
    print_message("seed %llu, commit %llu, unit '%s'%s, indicator '%s'\n",
                  (unsigned long long)fx->history.seed, (unsigned long long)commit, asked->unit,
                  asked->query.subtree ? " and below" : "", asked->indicator);
}

/* ---- what was known ------------------------------------------------------------------------------------ */

static struct wire_cells expected, before;

static void expect_cells(const struct fixture *fx, const struct asked *asked, uint64_t commit,
                         const struct kadr_query_reply *reply, size_t *at)
{
    for (size_t i = 0; i < reply->cells.count; i++, (*at)++) {
        const struct kadr_wire_cell *cell = &reply->cells.items[i];
        if (*at >= expected.count || !same_cell(cell, &expected.items[*at])) {
            say_where(fx, asked, commit);
            print_wire("answered", cell);
            if (*at < expected.count) {
                print_wire("lived", &expected.items[*at]);
            }
            fail();
        }
    }
}

static void ask_known(struct fixture *fx, struct kadr_rollup *rollup, uint64_t commit)
{
    struct asked asked = some_question(fx, kadr_rollup_current_reference(rollup));
    struct kadr_query_request request = { .kind = KADR_QUERY_SNAPSHOT, .request = 5 };
    KADR_CLEANUP(kadr_past_answer_done) struct kadr_past_answer got;
    size_t cursor = 0, at = 0;
    if (rng_below(&fx->rng, 3) == 0) {
        asked.query.as_of = kadr_rollup_current_day(rollup) - (kadr_day)rng_below(&fx->rng, 300);
    }
    request.snapshot.unit = asked.unit;
    request.snapshot.indicator = asked.indicator;
    request.snapshot.subtree = asked.query.subtree;
    request.snapshot.as_of = asked.query.as_of;
    request.snapshot.known = (struct kadr_instant){ .kind = KADR_INSTANT_COMMIT, .commit = commit };
    expected.count = 0;
    expected.reference = kadr_rollup_current_reference(rollup);
    assert_int_equal(kadr_rollup_query(rollup, &asked.query, keep, &expected), 0);
    answer(fx, &request, &got);
    assert_int_equal(got.refused, KADR_DIAG_NONE);
    struct kadr_query_reply reply = next_reply(fx, &got, &cursor);
    assert_int_equal(reply.kind, KADR_QUERY_BEGIN);
    assert_int_equal(reply.begin.position.commit, commit);
    for (reply = next_reply(fx, &got, &cursor); reply.kind == KADR_QUERY_CELLS;
         reply = next_reply(fx, &got, &cursor)) {
        expect_cells(fx, &asked, commit, &reply, &at);
    }
    if (at != expected.count) {
        say_where(fx, &asked, commit);
        print_wire("missing", &expected.items[at]);
    }
    assert_int_equal(at, expected.count);
    assert_int_equal(reply.end.cells, expected.count);
}

static void play_known(struct fixture *fx, uint64_t seed)
{
    KADR_CLEANUP(kadr_rollup_free) struct kadr_rollup *rollup = NULL;
    open_history(fx, seed);
    assert_int_equal(kadr_rollup_new(&rollup), 0);
    for (uint64_t commit = 1; commit <= fx->journal->head; commit++) {
        live_record(fx, rollup, commit);
        for (size_t i = 0; i < 3 && commit > 1; i++) {
            ask_known(fx, rollup, commit);
        }
    }
    close_history(fx);
}

/* ---- what changed -------------------------------------------------------------------------------------- */

struct kinds {
    struct kadr_wire_cell key;
    enum kadr_change kind;
};
static struct kinds told[8192];
static size_t told_count;

static void take_told(struct kadr_rollup *rollup)
{
    const struct kadr_reference *reference = kadr_rollup_current_reference(rollup);
    size_t count = 0;
    assert_int_equal(kadr_rollup_take_changes(rollup, &count), 0);
    told_count = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(told_count < KADR_COUNT(told));
        struct kadr_cell_change change = kadr_rollup_change(rollup, i);
        kadr_wire_cell_from(reference, &change.cell, &told[told_count].key);
        told[told_count++].kind = change.kind;
    }
}

static enum kadr_change kind_of(const struct kadr_wire_cell *cell)
{
    for (size_t i = 0; i < told_count; i++) {
        if (compare_wire(&told[i].key, cell) == 0) {
            return told[i].kind;
        }
    }
    return 0;
}

static const struct kadr_wire_cell *cell_in(const struct wire_cells *cells, const struct kadr_wire_cell *key)
{
    for (size_t i = 0; i < cells->count; i++) {
        if (compare_wire(&cells->items[i], key) == 0) {
            return &cells->items[i];
        }
    }
    return NULL;
}

static size_t count_differences(void)
{
    size_t count = 0;
    for (size_t i = 0; i < before.count; i++) {
        const struct kadr_wire_cell *now = cell_in(&expected, &before.items[i]);
        count += now == NULL || !same_cell(now, &before.items[i]);
    }
    for (size_t i = 0; i < expected.count; i++) {
        count += cell_in(&before, &expected.items[i]) == NULL;
    }
    return count;
}

static void expect_change(const struct fixture *fx, const struct asked *asked, uint64_t commit,
                          const struct kadr_wire_change *change, bool one_reference)
{
    const struct kadr_wire_cell *was = cell_in(&before, &change->cell);
    const struct kadr_wire_cell *is = cell_in(&expected, &change->cell);
    bool right = change->removed == (is == NULL) && change->has_before == (was != NULL);
    right = right && (is == NULL || same_cell(is, &change->cell));
    right = right && (was == NULL || same_cell(was, &change->before));
    right = right && !(was != NULL && is != NULL && same_cell(was, is));
    right = right && (!one_reference || kind_of(&change->cell) == change->kind);
    if (!right) {
        say_where(fx, asked, commit);
        print_message("%s, lived %s\n", kadr_change_text(change->kind),
                      kadr_change_text(kind_of(&change->cell)));
        print_wire("answered", &change->cell);
        fail();
    }
}

/* Two rollups' cells, fed to `from` and `to`, and what the second told. */
static bool live_through(struct fixture *fx, const struct asked *asked, uint64_t from, uint64_t to,
                         struct kadr_rollup *rollup)
{
    bool one_reference = true;
    before.count = expected.count = 0;
    for (uint64_t commit = 1; commit <= to; commit++) {
        live_record(fx, rollup, commit);
        one_reference =
            one_reference && !(commit > from && fx->history.records[commit - 1].kind == RECORD_REFERENCE);
        if (commit == from) {
            struct kadr_rollup_query query = asked->query;
            before.reference = kadr_rollup_current_reference(rollup);
            query.unit = *asked->unit ? kadr_unit_find(before.reference, asked->unit) : KADR_NO_UNIT;
            query.indicator = *asked->indicator ? kadr_indicator_find(before.reference, asked->indicator)
                                                : KADR_NO_INDICATOR;
            take_told(rollup);
            bool known = (!*asked->unit || query.unit != KADR_NO_UNIT) &&
                         (!*asked->indicator || query.indicator != KADR_NO_INDICATOR);
            assert_int_equal(known ? kadr_rollup_query(rollup, &query, keep, &before) : 0, 0);
        }
    }
    take_told(rollup);
    expected.reference = kadr_rollup_current_reference(rollup);
    assert_int_equal(kadr_rollup_query(rollup, &asked->query, keep, &expected), 0);
    return one_reference;
}

static size_t ask_changes(struct fixture *fx, uint64_t from, uint64_t to)
{
    KADR_CLEANUP(kadr_rollup_free) struct kadr_rollup *rollup = NULL;
    KADR_CLEANUP(kadr_past_answer_done) struct kadr_past_answer got;
    const struct kadr_reference *reference = NULL;
    size_t cursor = 0, count = 0;
    for (uint64_t commit = 1; commit <= to; commit++) {
        const struct record *record = &fx->history.records[commit - 1];
        reference = record->kind == RECORD_REFERENCE ? fx->references[record->reference] : reference;
    }
    struct asked asked = some_question(fx, reference);
    struct kadr_query_request request = { .kind = KADR_QUERY_CHANGES };
    request.changes.unit = asked.unit;
    request.changes.indicator = asked.indicator;
    request.changes.subtree = asked.query.subtree;
    request.changes.from = (struct kadr_instant){ .kind = KADR_INSTANT_COMMIT, .commit = from };
    request.changes.to = (struct kadr_instant){ .kind = KADR_INSTANT_COMMIT, .commit = to };
    assert_int_equal(kadr_rollup_new(&rollup), 0);
    bool one_reference = live_through(fx, &asked, from, to, rollup);
    answer(fx, &request, &got);
    assert_int_equal(got.refused, KADR_DIAG_NONE);
    struct kadr_query_reply reply = next_reply(fx, &got, &cursor);
    assert_int_equal(reply.kind, KADR_QUERY_BEGIN);
    assert_int_equal(reply.begin.position.commit, to);
    assert_int_equal(reply.begin.before.commit, from);
    for (reply = next_reply(fx, &got, &cursor); reply.kind == KADR_QUERY_CHANGE_LIST;
         reply = next_reply(fx, &got, &cursor)) {
        for (size_t i = 0; i < reply.changes.count; i++, count++) {
            expect_change(fx, &asked, to, &reply.changes.items[i], one_reference);
        }
    }
    assert_int_equal(count, count_differences());
    assert_int_equal(reply.end.cells, count);
    return count;
}

static size_t play_changes(struct fixture *fx, uint64_t seed)
{
    size_t count = 0;
    open_history(fx, seed);
    for (size_t i = 0; i < 12; i++) {
        uint64_t from = 2 + rng_below(&fx->rng, fx->journal->head - 2);
        uint64_t to = from + 1 + rng_below(&fx->rng, fx->journal->head - from);
        count += ask_changes(fx, from, to);
    }
    close_history(fx);
    return count;
}

/* ---- tests --------------------------------------------------------------------------------------------- */

static void known_at_is_what_lived_then(void **state)
{
    const char *one = getenv("KADR_TEST_SEED");
    for (uint64_t seed = 1; seed <= HISTORIES; seed++) {
        play_known(*state, one != NULL ? strtoull(one, NULL, 10) : seed);
    }
}

static void changes_are_how_two_states_differ(void **state)
{
    const char *one = getenv("KADR_TEST_SEED");
    size_t count = 0;
    for (uint64_t seed = 1; seed <= HISTORIES; seed++) {
        count += play_changes(*state, one != NULL ? strtoull(one, NULL, 10) : seed);
    }
    assert_true(count > 1000); /* or the histories say nothing */
}

/* ---- the audit ----------------------------------------------------------------------------------------- */

/* A live rollup of the whole journal, or of all of it but one record. */
static void live_without(const struct fixture *fx, uint64_t missing, struct kadr_rollup **ret_rollup)
{
    size_t count;
    assert_int_equal(kadr_rollup_new(ret_rollup), 0);
    for (uint64_t commit = 1; commit <= fx->journal->head; commit++) {
        if (commit != missing) {
            live_record(fx, *ret_rollup, commit);
        }
    }
    assert_int_equal(kadr_rollup_take_changes(*ret_rollup, &count), 0);
}

/* All topics once; the number of those that differ. */
static size_t audit_all(const struct fixture *fx, struct kadr_rollup *rollup, size_t *ret_topics)
{
    const struct kadr_position at = now_of(fx);
    struct kadr_audit_cursor cursor = { 0 }, first = { 0 };
    size_t different = 0;
    for (*ret_topics = 0;; (*ret_topics)++) {
        KADR_CLEANUP(kadr_audit_topic_done) struct kadr_audit_topic topic = { .count = 0 };
        struct kadr_audit_result result;
        assert_int_equal(kadr_audit_copy(rollup, &at, &cursor, &topic), 0);
        if (*ret_topics == 0) {
            first = cursor;
        } else if (cursor.region == first.region && cursor.indicator == first.indicator) {
            return different;
        }
        assert_int_equal(kadr_audit_compare(&fx->kv, &topic, 0, &result), 0);
        assert_in_range(result.finding, KADR_AUDIT_EQUAL, KADR_AUDIT_DIFFERENT);
        different += result.finding == KADR_AUDIT_DIFFERENT;
        assert_true(result.finding == KADR_AUDIT_EQUAL || result.is_live || result.is_in_journal);
    }
}

static void a_topic_is_what_the_journal_says(void **state)
{
    struct fixture *fx = *state;
    size_t noticed = 0;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        KADR_CLEANUP(kadr_rollup_free) struct kadr_rollup *whole = NULL;
        KADR_CLEANUP(kadr_rollup_free) struct kadr_rollup *broken = NULL;
        size_t topics;
        open_history(fx, seed);
        live_without(fx, 0, &whole);
        assert_int_equal(audit_all(fx, whole, &topics), 0);
        assert_true(topics > 5);
        uint64_t missing = 1 + rng_below(&fx->rng, fx->journal->head);
        while (fx->history.records[missing - 1].kind != RECORD_REPORT) {
            missing = 1 + missing % fx->journal->head;
        }
        live_without(fx, missing, &broken);
        struct kadr_digest right = kadr_rollup_digest(whole), wrong = kadr_rollup_digest(broken);
        assert_int_equal(audit_all(fx, broken, &topics) > 0, !kadr_digest_equal(&right, &wrong));
        noticed += !kadr_digest_equal(&right, &wrong);
        close_history(fx);
    }
    assert_true(noticed > 0); /* or nothing was broken */
}

static void an_audit_knows_its_bounds(void **state)
{
    struct fixture *fx = *state;
    KADR_CLEANUP(kadr_rollup_free) struct kadr_rollup *rollup = NULL;
    KADR_CLEANUP(kadr_audit_topic_done) struct kadr_audit_topic topic = { .count = 0 };
    struct kadr_audit_cursor cursor = { 0 };
    struct kadr_audit_result result;
    open_history(fx, 1);
    live_without(fx, 0, &rollup);
    struct kadr_position at = now_of(fx);
    assert_int_equal(kadr_audit_copy(rollup, &at, &cursor, &topic), 0);
    assert_int_equal(kadr_audit_compare(&fx->kv, &topic, 1, &result), 0);
    assert_int_equal(result.finding, KADR_AUDIT_TOO_LARGE);
    topic.at.commit++;
    assert_int_equal(kadr_audit_compare(&fx->kv, &topic, 0, &result), 0);
    assert_int_equal(result.finding, KADR_AUDIT_NOT_YET);
    topic.at.commit--;
    topic.at.lineage.bytes[0] ^= 1;
    assert_int_equal(kadr_audit_compare(&fx->kv, &topic, 0, &result), 0);
    assert_int_equal(result.finding, KADR_AUDIT_NOT_YET);
    close_history(fx);
}

static int set_up(void **state)
{
    struct fixture *fx = calloc(1, sizeof *fx);
    assert_non_null(fx);
    history_load_references(fx->references);
    assert_int_equal(kadr_arena_new(KADR_MAX_ARENA_BYTES, &fx->arena), 0);
    *state = fx;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fx = *state;
    kadr_arena_free(fx->arena);
    kadr_reference_unref(fx->references[0]);
    kadr_reference_unref(fx->references[1]);
    free(fx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(known_at_is_what_lived_then, set_up, tear_down),
        cmocka_unit_test_setup_teardown(changes_are_how_two_states_differ, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_topic_is_what_the_journal_says, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_audit_knows_its_bounds, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
