/* SPDX-License-Identifier: Apache-2.0 */
/* A rollup that lets go of whatever it can after every record, beside one that keeps everything, on generated
 * histories: the same changes with the same kinds, the same digests, the same answers about earlier days.
 *
 * KADR_TEST_FULL=1 runs more and longer ones, KADR_TEST_SEED=n the one history of that seed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "domain/rollup_world.h"

#include "domain/superseded.h"
#include "history.h"

struct pair {
    const struct history *history;
    struct kadr_rollup *keeps, *forgets;
    uint64_t commit;
    size_t most_gone; /* statements that were let go at one time */
};

static void parse_record(const struct record *record, struct words words[HISTORY_MAX_SAID],
                         struct kadr_observation observations[HISTORY_MAX_SAID],
                         enum kadr_verdict verdicts[HISTORY_MAX_SAID])
{
    for (size_t i = 0; i < record->count; i++) {
        split(&words[i], record->said[i].line);
        parse_statement(&words[i], record->said[i].scale, &observations[i]);
        verdicts[i] = record->said[i].verdict;
    }
}

/* The journal itself, all of it. */
static int read_journal(void *context, const struct kadr_reference *reference, kadr_unit unit,
                        kadr_indicator indicator, uint64_t commit, kadr_stated_fn *fn, void *fn_context)
{
    const struct pair *pair = context;
    struct words words[HISTORY_MAX_SAID];
    struct kadr_observation observations[HISTORY_MAX_SAID];
    enum kadr_verdict verdicts[HISTORY_MAX_SAID];
    int err = 0;
    (void)reference;
    (void)unit;
    (void)indicator;
    for (uint64_t n = 1; n <= commit && err == 0; n++) {
        const struct record *record = &pair->history->records[n - 1];
        size_t count = record->kind == RECORD_REPORT ? record->count : 0;
        parse_record(record, words, observations, verdicts);
        for (size_t i = 0; i < count && err == 0; i++) {
            struct kadr_stated stated = { observations[i], record->stated_at_ms, n };
            err = verdicts[i] == KADR_VERDICT_ACCEPTED ? fn(fn_context, &stated) : 0;
        }
    }
    return err;
}

static int take_record(struct kadr_rollup *rollup, const struct history *history, const struct record *record,
                       uint64_t commit)
{
    struct words words[HISTORY_MAX_SAID];
    struct kadr_observation observations[HISTORY_MAX_SAID];
    enum kadr_verdict verdicts[HISTORY_MAX_SAID];
    struct kadr_report report = { .observations = observations, .observation_count = record->count };
    switch (record->kind) {
    case RECORD_REFERENCE:
        return kadr_rollup_reference(rollup, history->references[record->reference], commit);
    case RECORD_DAY:
        return kadr_rollup_day(rollup, record->day, commit);
    case RECORD_REPORT:
        parse_record(record, words, observations, verdicts);
        return kadr_rollup_report(rollup, &report, verdicts, record->stated_at_ms, commit);
    }
    return -1;
}

static bool is_same_place(const struct kadr_cell_key *a, const struct kadr_cell_key *b)
{
    return a->unit == b->unit && a->indicator == b->indicator && a->breakdown == b->breakdown &&
           kadr_period_equal(a->period, b->period);
}

static bool changes_agree(struct pair *pair)
{
    size_t kept_count = 0, forgot_count = 0;
    assert_int_equal(kadr_rollup_take_changes(pair->keeps, &kept_count), 0);
    assert_int_equal(kadr_rollup_take_changes(pair->forgets, &forgot_count), 0);
    bool agree = kept_count == forgot_count;
    for (size_t i = 0; agree && i < kept_count; i++) {
        struct kadr_cell_change kept = kadr_rollup_change(pair->keeps, i);
        struct kadr_cell_change forgot = kadr_rollup_change(pair->forgets, i);
        agree = kept.kind == forgot.kind && kept.removed == forgot.removed &&
                is_same_place(&kept.cell.key, &forgot.cell.key) && kadr_cell_equal(&kept.cell, &forgot.cell);
    }
    struct kadr_digest a = kadr_rollup_digest(pair->keeps), b = kadr_rollup_digest(pair->forgets);
    return agree && kadr_digest_equal(&a, &b);
}

static int add_digest(void *context, const struct kadr_cell *cell)
{
    struct kadr_buf *out = context;
    kadr_buf_add(out, &cell->key.breakdown, sizeof cell->key.breakdown);
    kadr_buf_printf(out, "%d %d %d %d|%d %d %d %lld %lld %lld %d %u %u %lld %u %d %d %d %lld %lld\n",
                    cell->key.unit, cell->key.indicator, cell->key.period.first, cell->key.period.last,
                    (int)cell->basis, cell->incomplete, cell->hi_open, (long long)cell->lo,
                    (long long)cell->hi, (long long)cell->known_hi, (int)cell->reason, cell->reported,
                    cell->complete, (long long)cell->expected, cell->stale, cell->oldest, cell->newest,
                    (int)cell->residual, (long long)cell->residual_lo, (long long)cell->residual_hi);
    return 0;
}

static bool answers_agree(struct pair *pair, kadr_day back)
{
    struct kadr_rollup *both[] = { pair->keeps, pair->forgets };
    struct kadr_buf texts[2];
    struct kadr_rollup_query query = { .unit = KADR_NO_UNIT,
                                       .indicator = KADR_NO_INDICATOR,
                                       .as_of = kadr_rollup_current_day(pair->keeps) - back };
    for (size_t i = 0; i < 2; i++) {
        kadr_buf_init(&texts[i], 0);
        assert_int_equal(kadr_rollup_query(both[i], &query, add_digest, &texts[i]), 0);
    }
    bool agree = texts[0].len == texts[1].len && texts[0].err == 0 &&
                 (texts[0].len == 0 || memcmp(texts[0].data, texts[1].data, texts[0].len) == 0);
    kadr_buf_done(&texts[0]);
    kadr_buf_done(&texts[1]);
    return agree;
}

static bool step(struct pair *pair)
{
    static const kadr_day back[] = { 1, 40, 150, 420 };
    const struct record *record = &pair->history->records[pair->commit++];
    assert_int_equal(take_record(pair->keeps, pair->history, record, pair->commit), 0);
    assert_int_equal(take_record(pair->forgets, pair->history, record, pair->commit), 0);
    if (kadr_rollup_current_day(pair->keeps) == KADR_DAY_NONE) {
        return true;
    }
    bool agree = changes_agree(pair);
    if (agree && pair->commit % 7 == 0) {
        agree = answers_agree(pair, back[pair->commit % KADR_COUNT(back)]);
    }
    /* the last are not durable; at times nothing goes but what a new statement takes the place of */
    kadr_rollup_let_go(pair->forgets, pair->commit / 20 % 2 ? SIZE_MAX : 0, pair->commit - pair->commit % 3);
    size_t gone = kadr_rollup_let_go_count(pair->forgets);
    pair->most_gone = gone > pair->most_gone ? gone : pair->most_gone;
    assert_int_equal(kadr_rollup_statement_count(pair->forgets) + gone,
                     kadr_rollup_statement_count(pair->keeps));
    return agree;
}

struct totals {
    size_t gone, recalls;
};

static bool agree_throughout(const struct history *history, struct totals *totals)
{
    struct pair pair = { .history = history };
    const struct kadr_recall recall = { read_journal, &pair };
    bool agree = true;
    assert_int_equal(kadr_rollup_new(&pair.keeps), 0);
    assert_int_equal(kadr_rollup_new(&pair.forgets), 0);
    kadr_rollup_set_recall(pair.forgets, &recall);
    while (agree && pair.commit < history->count) {
        agree = step(&pair);
    }
    if (!agree) {
        print_message("KADR_TEST_SEED=%llu: they differ at commit %d\n", (unsigned long long)history->seed,
                      (int)pair.commit);
    }
    totals->gone += pair.most_gone;
    totals->recalls += kadr_rollup_recall_count(pair.forgets);
    kadr_rollup_free(pair.keeps);
    kadr_rollup_free(pair.forgets);
    return agree;
}

static void what_is_let_go_is_never_missed(void **state)
{
    (void)state;
    const char *seed_text = getenv("KADR_TEST_SEED"), *full = getenv("KADR_TEST_FULL");
    uint64_t first = seed_text ? strtoull(seed_text, NULL, 10) : 1;
    uint64_t count = seed_text ? 1 : full ? 1000 : 150;
    struct kadr_reference *references[HISTORY_REFERENCES];
    struct totals totals = { 0 };
    size_t wrong = 0;
    history_load_references(references);
    for (uint64_t seed = first; seed < first + count && wrong < 3; seed++) {
        struct history history = { .references = { references[0], references[1] } };
        history_generate(&history, seed, 100);
        wrong += !agree_throughout(&history, &totals);
        history_free(&history);
    }
    for (size_t i = 0; i < HISTORY_REFERENCES; i++) {
        kadr_reference_unref(references[i]);
    }
    print_message("%zu let go at the most, %zu called back\n", totals.gone, totals.recalls);
    assert_int_equal(wrong, 0);
    assert_true(seed_text || (totals.gone > count && totals.recalls > count)); /* both happen, often */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_let_go_is_never_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
