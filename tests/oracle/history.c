/* SPDX-License-Identifier: Apache-2.0 */
/* history.c - see history.h. Replays a journal through the rollup and the oracle, compares, shrinks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "history.h"
#include "met.h"

#include "domain/rollup_world.h"
#include "oracle/oracle.h"

void history_free(struct history *history)
{
    free(history->records);
    history->records = NULL;
    history->count = 0;
}

/* ---- replay ----------------------------------------------------------------------------------------------
 */

struct replay {
    const struct history *history;
    struct kadr_rollup *rollup;
    struct kadr_rollup *slow; /* hands out changes now and then */
    struct kadr_oracle *oracle;
    const struct history_check *check;
    uint64_t commit;
    bool is_last;
};

static void replay_report(struct replay *replay, const struct record *record)
{
    struct words words[HISTORY_MAX_SAID];
    struct kadr_observation observations[HISTORY_MAX_SAID];
    enum kadr_verdict verdicts[HISTORY_MAX_SAID];
    struct kadr_report report = { .observations = observations,
                                  .observation_count = record->count,
                                  .has_replaces = record->replaced_at_ms != 0,
                                  .replaces = { .stated_at_ms = record->replaced_at_ms } };
    for (size_t i = 0; i < record->count; i++) {
        split(&words[i], record->said[i].line);
        parse_statement(&words[i], record->said[i].scale, &observations[i]);
        observations[i].of_replaced = record->said[i].of_replaced;
        verdicts[i] = record->said[i].verdict;
    }
    kadr_oracle_report(replay->oracle, &report, verdicts, record->stated_at_ms, replay->commit);
    struct kadr_rollup *both[] = { replay->rollup, replay->slow };
    for (size_t i = 0; i < KADR_COUNT(both); i++) {
        assert_int_equal(kadr_rollup_report(both[i], &report, verdicts, record->stated_at_ms, replay->commit),
                         0);
    }
}

static void replay_record(struct replay *replay, const struct record *record)
{
    replay->commit++;
    if (record->kind == RECORD_REFERENCE) {
        struct kadr_reference *reference = replay->history->references[record->reference];
        kadr_oracle_reference(replay->oracle, reference);
        assert_int_equal(kadr_rollup_reference(replay->rollup, reference, replay->commit), 0);
        assert_int_equal(kadr_rollup_reference(replay->slow, reference, replay->commit), 0);
    } else if (record->kind == RECORD_DAY) {
        kadr_oracle_day(replay->oracle, record->day);
        assert_int_equal(kadr_rollup_day(replay->rollup, record->day, replay->commit), 0);
        assert_int_equal(kadr_rollup_day(replay->slow, record->day, replay->commit), 0);
    } else {
        replay_report(replay, record);
    }
}

/* ---- comparison ------------------------------------------------------------------------------------------
 */

struct engine_cells {
    struct kadr_cell *items;
    size_t count, cap;
};

static int keep_cell(void *context, const struct kadr_cell *cell)
{
    struct engine_cells *cells = context;
    if (cells->count == cells->cap) {
        cells->cap = cells->cap ? 2 * cells->cap : 256;
        struct kadr_cell *grown = realloc(cells->items, cells->cap * sizeof(*cell));
        assert_non_null(grown);
        cells->items = grown;
    }
    cells->items[cells->count++] = *cell;
    return 0;
}

static int order(const struct kadr_cell_key *a, const struct kadr_cell_key *b)
{
#define ORDER_BY(field)                      \
    if (a->field != b->field) {              \
        return a->field < b->field ? -1 : 1; \
    }
    ORDER_BY(unit)
    ORDER_BY(indicator)
    ORDER_BY(breakdown)
    ORDER_BY(period.first)
    ORDER_BY(period.last)
#undef ORDER_BY
    return 0;
}

/* The first field that differs; NULL when none does. */
static const char *differing_field(const struct kadr_cell *a, const struct kadr_cell *b)
{
#define COMPARE(field)          \
    if (a->field != b->field) { \
        return #field;          \
    }
    COMPARE(basis)
    COMPARE(incomplete)
    COMPARE(hi_open)
    COMPARE(known_hi_open)
    COMPARE(lo)
    COMPARE(hi)
    COMPARE(known_hi)
    COMPARE(reason)
    COMPARE(reported)
    COMPARE(complete)
    COMPARE(expected)
    COMPARE(stale)
    COMPARE(oldest)
    COMPARE(newest)
    COMPARE(residual)
    COMPARE(residual_lo_open)
    COMPARE(residual_hi_open)
    COMPARE(residual_lo)
    COMPARE(residual_hi)
    COMPARE(holds)
#undef COMPARE
    return NULL;
}

static void print_one(const char *who, const struct kadr_cell *cell)
{
    char text[CELL_TEXT_BYTES];
    print_message("  %s %s\n", who, cell ? cell_text(cell, text) : "has no such cell");
}

static void print_difference(const struct replay *replay, const char *what, kadr_day as_of,
                             const struct kadr_cell *engine, const struct kadr_cell *oracle)
{
    const struct kadr_cell_key *key = engine ? &engine->key : &oracle->key;
    const struct kadr_reference *reference = kadr_oracle_current_reference(replay->oracle);
    char day_text[KADR_DAY_TEXT_BYTES], breakdown[KADR_BREAKDOWN_TEXT_BYTES], period[KADR_PERIOD_TEXT_BYTES];
    print_message("commit %d, as of %s: %s %s [%s] %s: %s\n", (int)replay->commit,
                  kadr_day_format(as_of, day_text), kadr_unit_info(reference, key->unit)->code,
                  kadr_indicator_info(reference, key->indicator)->code,
                  kadr_breakdown_format(reference, key->breakdown, breakdown),
                  key->period.first == KADR_DAY_NONE ? "" : kadr_period_format(key->period, period), what);
    print_one("rollup", engine);
    print_one("oracle", oracle);
}

/* Both are in the order of keys. */
static bool cells_agree(const struct replay *replay, kadr_day as_of, const struct engine_cells *engine,
                        const struct kadr_oracle_cells *oracle)
{
    bool agree = true;
    for (size_t e = 0, o = 0; e < engine->count || o < oracle->count;) {
        const struct kadr_cell *one = e < engine->count ? &engine->items[e] : NULL;
        const struct kadr_cell *other = o < oracle->count ? &oracle->items[o] : NULL;
        int compared = !one ? 1 : !other ? -1 : order(&one->key, &other->key);
        const char *what = compared ? "a cell" : differing_field(one, other);
        if (what && replay->check->loud) {
            print_difference(replay, what, as_of, compared <= 0 ? one : NULL, compared >= 0 ? other : NULL);
        }
        agree = agree && !what;
        e += compared <= 0;
        o += compared >= 0;
    }
    return agree;
}

/* Sums of the digests of the oracle's cells, per region and indicator. */
struct topics {
    const struct kadr_reference *reference;
    struct kadr_digest *sum; /* [unit][indicator] */
    size_t *cells;
    bool agree;
};

/* A unit below a region counts to the one that it lies in by its last borders. */
static size_t topic_of(const struct kadr_reference *reference, kadr_unit unit, kadr_indicator indicator)
{
    const struct kadr_unit_info *info = kadr_unit_info(reference, unit);
    while (info->level > KADR_LEVEL_REGION) {
        unit = info->territory[info->territory_count - 1].parent;
        info = kadr_unit_info(reference, unit);
    }
    return unit * kadr_indicator_count(reference) + indicator;
}

/* Takes the topic out. */
static int compare_topic(void *context, const struct kadr_topic_digest *digest)
{
    struct topics *topics = context;
    size_t at = topic_of(topics->reference, digest->region, digest->indicator);
    topics->agree =
        topics->agree && topics->cells[at] > 0 && kadr_digest_equal(&topics->sum[at], &digest->digest);
    topics->cells[at] = 0;
    return 0;
}

static bool topics_agree(const struct replay *replay, const struct kadr_oracle_cells *cells)
{
    const struct kadr_reference *reference = kadr_oracle_current_reference(replay->oracle);
    size_t count = kadr_unit_count(reference) * kadr_indicator_count(reference);
    struct topics topics = { .reference = reference,
                             .sum = calloc(count, sizeof(struct kadr_digest)),
                             .cells = calloc(count, sizeof(size_t)),
                             .agree = true };
    assert_true(topics.sum && topics.cells);
    struct kadr_digest total = { { 0 } }, all = kadr_rollup_digest(replay->rollup);
    for (size_t i = 0; i < cells->count; i++) {
        struct kadr_digest one = kadr_cell_digest(reference, &cells->items[i]);
        kadr_digest_add(&total, &one);
        size_t at = topic_of(reference, cells->items[i].key.unit, cells->items[i].key.indicator);
        kadr_digest_add(&topics.sum[at], &one);
        topics.cells[at]++;
    }
    assert_int_equal(kadr_rollup_digests(replay->rollup, compare_topic, &topics), 0);
    for (size_t i = 0; i < count; i++) {
        topics.agree = topics.agree && topics.cells[i] == 0;
    }
    free(topics.sum);
    free(topics.cells);
    return topics.agree && kadr_digest_equal(&total, &all);
}

static bool day_agrees(const struct replay *replay, kadr_day as_of)
{
    struct engine_cells engine = { .count = 0 };
    struct kadr_rollup_query query = { .unit = KADR_NO_UNIT, .indicator = KADR_NO_INDICATOR, .as_of = as_of };
    KADR_CLEANUP(kadr_oracle_cells_done)
    struct kadr_oracle_cells oracle = kadr_oracle_cells(replay->oracle, as_of);
    assert_int_equal(kadr_rollup_query(replay->rollup, &query, keep_cell, &engine), 0);
    assert_false(oracle.failed);
    bool agree = cells_agree(replay, as_of, &engine, &oracle);
    if (replay->check->met && replay->is_last) {
        met_in_cells(replay->check->met, oracle.items, oracle.count);
    }
    if (agree && as_of == kadr_oracle_current_day(replay->oracle)) {
        agree = topics_agree(replay, &oracle);
        if (!agree && replay->check->loud) {
            print_message("commit %d: the cells agree and the digests do not\n", (int)replay->commit);
        }
    }
    free(engine.items);
    return agree;
}

/* An earlier day on today's borders. */
static bool borders_agree(const struct replay *replay, kadr_day as_of)
{
    struct engine_cells engine = { .count = 0 };
    struct kadr_rollup_query query = {
        .unit = KADR_NO_UNIT, .indicator = KADR_NO_INDICATOR, .as_of = as_of, .borders_today = true
    };
    KADR_CLEANUP(kadr_oracle_cells_done)
    struct kadr_oracle_cells oracle = kadr_oracle_cells_today(replay->oracle, as_of);
    assert_int_equal(kadr_rollup_query(replay->rollup, &query, keep_cell, &engine), 0);
    assert_false(oracle.failed);
    bool agree = cells_agree(replay, as_of, &engine, &oracle);
    if (!agree && replay->check->loud) {
        print_message("on today's borders\n");
    }
    free(engine.items);
    return agree;
}

/* All at once what the other one did bit by bit. */
static bool slow_agrees(const struct replay *replay)
{
    size_t count;
    if (replay->commit % 5 != 0 && !replay->is_last) {
        return true;
    }
    assert_int_equal(kadr_rollup_take_changes(replay->slow, &count), 0);
    struct kadr_digest one = kadr_rollup_digest(replay->rollup), other = kadr_rollup_digest(replay->slow);
    bool agree = kadr_digest_equal(&one, &other);
    if (!agree && replay->check->loud) {
        print_message("commit %d: several records at once lead elsewhere\n", (int)replay->commit);
    }
    return agree;
}

/* The current day and an earlier one, near or far, by the commit: the same in each replay. */
static bool all_agree(const struct replay *replay)
{
    static const kadr_day back[] = { 1, 40, 150, 420 };
    kadr_day today = kadr_oracle_current_day(replay->oracle);
    size_t count;
    assert_int_equal(kadr_rollup_take_changes(replay->rollup, &count), 0);
    kadr_day before = today - back[replay->commit % KADR_COUNT(back)];
    bool is_turn = replay->is_last || replay->commit / replay->check->every % replay->check->earlier == 0;
    return slow_agrees(replay) && day_agrees(replay, today) &&
           (!is_turn || (day_agrees(replay, before) && borders_agree(replay, before)));
}

bool history_holds(const struct history *history, const struct history_check *check)
{
    struct replay replay = { .history = history, .oracle = kadr_oracle_new(), .check = check };
    bool holds = true;
    assert_int_equal(kadr_rollup_new(&replay.rollup), 0);
    assert_int_equal(kadr_rollup_new(&replay.slow), 0);
    for (size_t i = 0; i < history->count && holds; i++) {
        replay_record(&replay, &history->records[i]);
        replay.is_last = i + 1 == history->count;
        if (i > 0 && ((i + 1) % check->every == 0 || replay.is_last)) {
            holds = all_agree(&replay);
        }
    }
    kadr_rollup_free(replay.rollup);
    kadr_rollup_free(replay.slow);
    kadr_oracle_free(replay.oracle);
    return holds;
}

/* ---- shrinking -------------------------------------------------------------------------------------------
 */

static const struct history_check quiet = { .every = 1, .earlier = 1 };

/* Each attempt keeps a removal only while the two still differ. The first reference and day stay. */
static bool drop_record(struct history *history, size_t index)
{
    struct record dropped = history->records[index];
    size_t behind = (history->count - index - 1) * sizeof(dropped);
    memmove(&history->records[index], &history->records[index + 1], behind);
    history->count--;
    if (!history_holds(history, &quiet)) {
        return true;
    }
    memmove(&history->records[index + 1], &history->records[index], behind);
    history->records[index] = dropped;
    history->count++;
    return false;
}

static bool drop_said(struct history *history, size_t index, size_t said)
{
    struct record *record = &history->records[index], before = *record;
    memmove(&record->said[said], &record->said[said + 1],
            (record->count - said - 1) * sizeof(record->said[0]));
    record->count--;
    if (!history_holds(history, &quiet)) {
        return true;
    }
    *record = before;
    return false;
}

void history_shrink(struct history *history)
{
    for (bool shrunk = true; shrunk;) {
        shrunk = false;
        for (size_t i = history->count; i-- > 2;) {
            shrunk = drop_record(history, i) || shrunk;
        }
        for (size_t i = history->count; i-- > 2;) {
            for (size_t s = history->records[i].count; s-- > 0;) {
                shrunk = drop_said(history, i, s) || shrunk;
            }
        }
    }
}

void history_print(const struct history *history)
{
    char text[KADR_DAY_TEXT_BYTES];
    for (size_t i = 0; i < history->count; i++) {
        const struct record *record = &history->records[i];
        if (record->kind == RECORD_DAY) {
            print_message("%zu day %s\n", i + 1, kadr_day_format(record->day, text));
        } else if (record->kind == RECORD_REFERENCE) {
            print_message("%zu reference %zu\n", i + 1, record->reference);
        }
        for (size_t s = 0; s < record->count; s++) {
            const struct said *said = &record->said[s];
            kadr_ms at_ms = said->of_replaced ? record->replaced_at_ms : record->stated_at_ms;
            print_message("%zu stated at %lld: %s%s%s\n", i + 1, (long long)at_ms / 1000, said->line,
                          said->verdict == KADR_VERDICT_ACCEPTED ? "" : " (refused or held)",
                          said->of_replaced ? " (of the replaced report)" : "");
        }
    }
}
