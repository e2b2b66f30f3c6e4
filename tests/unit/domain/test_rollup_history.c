/* SPDX-License-Identifier: Apache-2.0 */
/* Generated histories: the rollup kept up to date equals one made afresh from the same records, at every
 * prefix; a subscriber that applies the changes has the same cells; order of arrival does not show.
 *
 * rollup_history.h makes the histories. KADR_TEST_SEED=n runs one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rollup_world.h"

#include "rollup_reference.h"

#include "rollup_history.h"

#define HISTORIES 320
/* ---- invariants of every published cell ---------------------------------------------------------------- */

static bool is_honest(const struct kadr_reference *reference, const struct kadr_cell *cell)
{
    const struct kadr_indicator_info *info = kadr_indicator_info(reference, cell->key.indicator);
    bool has = kadr_cell_has_value(cell);
    bool bound = !cell->incomplete || (cell->hi_open && (cell->known_hi_open || cell->lo <= cell->known_hi));
    bool interval = !has || cell->hi_open || cell->lo <= cell->hi;
    bool counts = cell->complete <= cell->reported && cell->stale <= cell->reported &&
                  (cell->expected < 0 || (int64_t)cell->reported <= cell->expected);
    bool days = has == (cell->oldest != KADR_DAY_NONE) && cell->oldest <= cell->newest;
    bool negative = !(info->may_be_negative && cell->incomplete);
    bool residual = cell->residual == KADR_RESIDUAL_NONE || cell->basis == KADR_BASIS_STATED;
    return bound && interval && counts && days && negative && residual;
}

/* ---- a subscriber -------------------------------------------------------------------------------------- */

static void apply_one(struct cells *mine, size_t known, const struct kadr_cell_change *change)
{
    struct kadr_cell *at =
        bsearch(&change->cell, mine->items, known, sizeof(struct kadr_cell), compare_cells);
    if (!at) {
        assert_false(change->removed);
        assert_true(mine->count < MAX_CELLS);
        mine->items[mine->count++] = change->cell;
        return;
    }
    assert_true(change->removed || !kadr_cell_equal(at, &change->cell));
    *at = change->cell;
    if (change->removed) {
        at->expected = -2; /* dropped below */
    }
}

static void apply(struct cells *mine, const struct kadr_rollup *rollup, size_t count)
{
    size_t known = mine->count, kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct kadr_cell_change change = kadr_rollup_change(rollup, i);
        struct kadr_cell_change before = kadr_rollup_change(rollup, i > 0 ? i - 1 : 0);
        assert_true(i == 0 || compare_cells(&before.cell, &change.cell) < 0);
        apply_one(mine, known, &change);
    }
    for (size_t i = 0; i < mine->count; i++) {
        if (mine->items[i].expected != -2) {
            mine->items[kept++] = mine->items[i];
        }
    }
    mine->count = kept;
    qsort(mine->items, mine->count, sizeof(struct kadr_cell), compare_cells);
}

static struct kadr_digest sum_of(const struct kadr_reference *reference, const struct cells *cells)
{
    struct kadr_digest sum = { { 0 } };
    for (size_t i = 0; i < cells->count; i++) {
        struct kadr_digest digest = kadr_cell_digest(reference, &cells->items[i]);
        kadr_digest_add(&sum, &digest);
    }
    return sum;
}

/* ---- tests --------------------------------------------------------------------------------------------- */

static struct cells live, fresh, subscriber; /* large; each test fills them anew */

static void follow(struct world *w, struct cells *mine, bool renumbered)
{
    size_t count;
    assert_int_equal(kadr_rollup_take_changes(w->rollup, &count), 0);
    if (renumbered) { /* a subscriber takes a snapshot when the reference changes */
        query_all(w, KADR_DAY_NONE, mine);
    } else {
        apply(mine, w->rollup, count);
    }
}

static void all_honest(const struct world *w, uint64_t seed, size_t prefix)
{
    const struct kadr_reference *reference = kadr_rollup_current_reference(w->rollup);
    for (size_t i = 0; i < live.count; i++) {
        if (!is_honest(reference, &live.items[i])) {
            print_message("seed %llu, prefix %zu\n", (unsigned long long)seed, prefix);
            print_cell(reference, "dishonest", &live.items[i]);
            fail();
        }
    }
}

/* A rollup made of a prefix at once has the cells and the digest of the one that was kept. */
static void same_afresh(struct world *w, struct fixture *f, const struct history *history, size_t prefix,
                        uint64_t seed)
{
    struct world again;
    begin(&again, f);
    for (size_t i = 0; i < prefix; i++) {
        play(&again, f, &history->records[i]);
    }
    query_all(w, KADR_DAY_NONE, &live);
    query_all(&again, KADR_DAY_NONE, &fresh);
    same_cells(w, &live, &fresh, seed, prefix);
    assert_int_equal(kadr_rollup_cell_count(w->rollup), live.count);
    if (prefix % 6 == 0) {
        struct kadr_digest kept = kadr_rollup_digest(w->rollup);
        struct kadr_digest made = sum_of(kadr_rollup_current_reference(w->rollup), &fresh);
        assert_memory_equal(kept.bytes, made.bytes, sizeof(kept.bytes));
    }
    world_close(&again);
}

static void play_history(struct fixture *f, uint64_t seed)
{
    struct history history;
    struct world w;
    make_history(seed, &history);
    begin(&w, f);
    subscriber.count = 0;
    for (size_t prefix = 1; prefix <= history.count; prefix++) {
        const struct record *record = &history.records[prefix - 1];
        play(&w, f, record);
        follow(&w, &subscriber, record->kind == REFERENCE);
        same_afresh(&w, f, &history, prefix, seed);
        same_cells(&w, &live, &subscriber, seed, prefix);
        all_honest(&w, seed, prefix);
    }
    world_close(&w);
}

static void kept_up_to_date_equals_made_afresh(void **state)
{
    const char *one = getenv("KADR_TEST_SEED");
    if (one) {
        play_history(*state, strtoull(one, NULL, 10));
        return;
    }
    for (uint64_t seed = 1; seed <= HISTORIES; seed++) {
        play_history(*state, seed);
    }
}

/* The reports of a history in another order, each with a time of its own: same cells, same digest. */
static void order_of_arrival_does_not_show(void **state)
{
    for (uint64_t seed = 1000; seed < 1100; seed++) {
        struct history history;
        struct world forward, backward;
        size_t count;
        make_history(seed, &history);
        begin(&forward, *state);
        begin(&backward, *state);
        for (size_t i = 0; i < history.count; i++) {
            struct record *a = &history.records[i], *b = &history.records[history.count - 1 - i];
            if (a->kind == REPORT) {
                say_at(&forward, (kadr_ms)i, a->line);
            }
            if (b->kind == REPORT) {
                say_at(&backward, (kadr_ms)(history.count - 1 - i), b->line);
            }
        }
        assert_int_equal(kadr_rollup_day(forward.rollup, day("2023-03-01"), 100), 0);
        assert_int_equal(kadr_rollup_day(backward.rollup, day("2023-03-01"), 100), 0);
        query_all(&forward, KADR_DAY_NONE, &live);
        query_all(&backward, KADR_DAY_NONE, &fresh);
        same_cells(&forward, &live, &fresh, seed, history.count);
        assert_int_equal(kadr_rollup_take_changes(forward.rollup, &count), 0);
        assert_int_equal(kadr_rollup_take_changes(backward.rollup, &count), 0);
        struct kadr_digest a = kadr_rollup_digest(forward.rollup), b = kadr_rollup_digest(backward.rollup);
        assert_memory_equal(a.bytes, b.bytes, sizeof(a.bytes));
        world_close(&forward);
        world_close(&backward);
    }
}

/* Flows and events that had not begun are not shown as of an earlier day. */
static void drop_what_was_to_come(const struct world *w, kadr_day then, struct cells *cells)
{
    const struct kadr_reference *reference = kadr_rollup_current_reference(w->rollup);
    size_t kept = 0;
    for (size_t i = 0; i < cells->count; i++) {
        const struct kadr_cell *cell = &cells->items[i];
        enum kadr_kind kind = kadr_indicator_info(reference, cell->key.indicator)->kind;
        bool happens = kind == KADR_KIND_FLOW || kind == KADR_KIND_EVENT;
        if (!happens || cell->key.period.first <= then) {
            cells->items[kept++] = *cell;
        }
    }
    cells->count = kept;
}

/* What was live on a day is what a later question about that day answers, if nothing was said since. */
static void a_day_asked_later_is_the_day_as_it_was(void **state)
{
    for (uint64_t seed = 2000; seed < 2060; seed++) {
        struct history history;
        struct world w;
        make_history(seed, &history);
        begin(&w, *state);
        for (size_t i = 0; i < history.count; i++) {
            play(&w, *state, &history.records[i]);
        }
        kadr_day then = kadr_rollup_current_day(w.rollup);
        query_all(&w, KADR_DAY_NONE, &live);
        assert_int_equal(kadr_rollup_day(w.rollup, then + 500, ++w.commit), 0);
        query_all(&w, then, &fresh);
        drop_what_was_to_come(&w, then, &live);
        same_cells(&w, &live, &fresh, seed, history.count);
        world_close(&w);
    }
}

/* An incomplete figure that stands although a total was stated exceeds it and is not older than it. */
static void an_incomplete_sum_yields_to_a_newer_total(void **state)
{
    static const char *const parts[] = { "cadre=doctor", "cadre=midlevel", "settlement=rural" };
    uint64_t seed = 77;
    size_t shown = 0, passed = 0;
    for (size_t round = 0; round < 400; round++) {
        struct world w;
        struct kadr_cell cell;
        char line[128], text[KADR_DAY_TEXT_BYTES];
        kadr_day first = day(FIRST_DAY), total_day = first - (kadr_day)below(&seed, 30);
        begin(&w, *state);
        int64_t total = (int64_t)below(&seed, 100);
        snprintf(line, sizeof(line), "KZ stock - %s %lld", kadr_day_format(total_day, text),
                 (long long)total);
        say(&w, line);
        for (size_t i = 0; i < 4; i++) {
            snprintf(line, sizeof(line), "KZ-31 stock %s %s %zu", PICK(&seed, parts),
                     kadr_day_format(first - (kadr_day)below(&seed, 30), text), below(&seed, 100));
            say(&w, line);
        }
        assert_true(ask(&w, "KZ stock -", NULL, &cell));
        if (cell.incomplete) {
            passed++;
            assert_true(cell.oldest >= total_day && cell.lo > total);
        } else {
            shown++;
            assert_int_equal(cell.lo, total);
        }
        world_close(&w);
    }
    assert_true(shown > 50 && passed > 50); /* both happen */
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(kept_up_to_date_equals_made_afresh),
        CASE(order_of_arrival_does_not_show),
        CASE(a_day_asked_later_is_the_day_as_it_was),
        CASE(an_incomplete_sum_yields_to_a_newer_total),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
