/* SPDX-License-Identifier: Apache-2.0 */
/* The rollup as bytes: what is restored does from there on what the saved one does; damaged bytes are
 * refused. KADR_TEST_SEED=n runs one history.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rollup_world.h"

#include "rollup_reference.h"

#include "rollup_history.h"

#define HISTORIES 200

static struct cells left, right; /* large; each comparison fills them anew */

static struct kadr_bytes bytes_of(const struct kadr_buf *buf)
{
    return (struct kadr_bytes){ buf->data, buf->len };
}

static void save(const struct kadr_rollup *rollup, struct kadr_buf *out)
{
    kadr_buf_clear(out);
    kadr_rollup_save(rollup, out);
    assert_int_equal(out->err, 0);
}

/* A second world that goes on where the first stands, with what the first handed out handed out. */
static void restore(struct world *to, const struct world *from, struct kadr_reference *reference)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf saved;
    kadr_buf_init(&saved, 0);
    save(from->rollup, &saved);
    *to = (struct world){ .reference = kadr_reference_ref(reference), .commit = from->commit };
    assert_int_equal(kadr_rollup_new(&to->rollup), 0);
    assert_int_equal(kadr_rollup_restore(to->rollup, reference, bytes_of(&saved)), 0);
}

/* ---- the same in everything that can be seen, and in what later records can bring to light ------------- */

static void same_state(const struct kadr_rollup *a, const struct kadr_rollup *b)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf one;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf other;
    kadr_buf_init(&one, 0);
    kadr_buf_init(&other, 0);
    save(a, &one);
    save(b, &other);
    assert_int_equal(one.len, other.len);
    assert_memory_equal(one.data, other.data, one.len);
}

static void same_changes(struct world *a, struct world *b, uint64_t seed, size_t prefix)
{
    size_t count_a = take(a), count_b = take(b);
    if (count_a != count_b) {
        fail_msg("seed %llu, prefix %zu: %zu and %zu changes", (unsigned long long)seed, prefix, count_a,
                 count_b);
    }
    for (size_t i = 0; i < count_a; i++) {
        struct kadr_cell_change of_a = kadr_rollup_change(a->rollup, i);
        struct kadr_cell_change of_b = kadr_rollup_change(b->rollup, i);
        bool same = compare_cells(&of_a.cell, &of_b.cell) == 0 && kadr_cell_equal(&of_a.cell, &of_b.cell) &&
                    of_a.kind == of_b.kind && of_a.removed == of_b.removed;
        if (!same) {
            fail_msg("seed %llu, prefix %zu: change %zu is %s and %s", (unsigned long long)seed, prefix, i,
                     kadr_change_text(of_a.kind), kadr_change_text(of_b.kind));
        }
    }
}

static void same_cells_on(struct world *a, struct world *b, kadr_day as_of, uint64_t seed, size_t prefix)
{
    query_all(a, as_of, &left);
    query_all(b, as_of, &right);
    same_cells(a, &left, &right, seed, prefix);
}

static void same(struct world *a, struct world *b, uint64_t seed, size_t prefix)
{
    same_changes(a, b, seed, prefix);
    same_cells_on(a, b, KADR_DAY_NONE, seed, prefix);
    same_cells_on(a, b, kadr_rollup_current_day(a->rollup) - 45, seed, prefix);
    struct kadr_digest da = kadr_rollup_digest(a->rollup), db = kadr_rollup_digest(b->rollup);
    assert_true(kadr_digest_equal(&da, &db));
    assert_int_equal(kadr_rollup_commit(a->rollup), kadr_rollup_commit(b->rollup));
    assert_int_equal(kadr_rollup_current_day(a->rollup), kadr_rollup_current_day(b->rollup));
    assert_int_equal(kadr_rollup_cell_count(a->rollup), kadr_rollup_cell_count(b->rollup));
    assert_int_equal(kadr_rollup_statement_count(a->rollup), kadr_rollup_statement_count(b->rollup));
    assert_int_equal(kadr_rollup_passed_over_count(a->rollup), kadr_rollup_passed_over_count(b->rollup));
    same_state(a->rollup, b->rollup);
}

static void play_history(struct fixture *f, uint64_t seed)
{
    struct history history;
    struct world w, restored;
    struct kadr_reference *current = f->before;
    uint64_t dice = seed ^ 0x5eed;
    make_history(seed, &history);
    size_t cut = below(&dice, history.count);
    begin(&w, f);
    for (size_t i = 0; i < cut; i++) {
        play(&w, f, &history.records[i]);
        current = history.records[i].kind == REFERENCE ? f->after : current;
        if (below(&dice, 3) == 0) {
            settle(&w); /* as a publisher does, now and then */
        }
    }
    settle(&w);
    restore(&restored, &w, current);
    same(&w, &restored, seed, cut);
    for (size_t i = cut; i < history.count; i++) {
        play(&w, f, &history.records[i]);
        play(&restored, f, &history.records[i]);
        same(&w, &restored, seed, i + 1);
    }
    world_close(&w);
    world_close(&restored);
}

static void what_is_restored_goes_on_as_what_was_saved(void **state)
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

/* ---- what is easily lost --------------------------------------------------------------------------------
 */

static void a_tombstone_keeps_what_is_older_down(void **state)
{
    struct world w, restored;
    struct kadr_cell cell;
    struct fixture *f = *state;
    begin(&w, f);
    say_at(&w, 5000, "KZ-31 stock cadre=doctor 2022-05-01 withdrawn");
    restore(&restored, &w, f->before);
    say_at(&restored, 4000, "KZ-31 stock cadre=doctor 2022-05-01 17");
    assert_true(ask(&restored, "KZ-31 stock cadre=doctor", NULL, &cell));
    assert_false(kadr_cell_has_value(&cell));
    say_at(&restored, 6000, "KZ-31 stock cadre=doctor 2022-05-01 17");
    assert_true(ask(&restored, "KZ-31 stock cadre=doctor", NULL, &cell));
    assert_int_equal(cell.lo, 17);
    world_close(&w);
    world_close(&restored);
}

static void a_sleeper_wakes_in_what_is_restored(void **state)
{
    struct world w, restored;
    struct fixture *f = *state;
    begin(&w, f);
    say(&w, "KZ-31 late cadre=doctor 2022-05-01/2022-05-10 5");
    restore(&restored, &w, f->before);
    assert_int_equal(kadr_rollup_statement_count(restored.rollup), 1);
    assert_int_equal(kadr_rollup_cell_count(restored.rollup), 0);
    assert_int_equal(kadr_rollup_reference(restored.rollup, f->after, ++restored.commit), 0);
    shows(&restored, "KZ-31 late cadre=doctor 2022-05-01/2022-05-10",
          "5..5 stated | 1 1 of null stale 0 | 2022-05-10 2022-05-10");
    world_close(&w);
    world_close(&restored);
}

/* ---- damage ---------------------------------------------------------------------------------------------
 */

static int try_restore(struct kadr_reference *reference, const uint8_t *data, size_t len)
{
    KADR_CLEANUP(kadr_rollup_free) struct kadr_rollup *rollup = NULL;
    uint8_t *exact = test_malloc(len + 1); /* so that a read past the end is seen */
    memcpy(exact + 1, data, len);
    assert_int_equal(kadr_rollup_new(&rollup), 0);
    int err = kadr_rollup_restore(rollup, reference, (struct kadr_bytes){ exact + 1, len });
    test_free(exact);
    return err;
}

static void make_saved(struct fixture *f, struct kadr_buf *out)
{
    struct world w;
    begin(&w, f);
    say(&w, "KZ-31 stock cadre=doctor,settlement=rural 2022-05-01 17");
    say(&w, "KZ-31 stock cadre=doctor,settlement=rural 2022-05-02 >60");
    say(&w, "KZ-35 event settlement=urban 2022-05-01/2022-05-10 ?withheld team-2");
    say(&w, "KZ-35 level - 2022-05-10 withdrawn");
    say(&w, "KZ-31 late cadre=doctor 2022-05-01/2022-05-10 5");
    save(w.rollup, out);
    world_close(&w);
}

static void cut_bytes_are_refused_wherever_they_end(void **state)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf saved;
    struct fixture *f = *state;
    kadr_buf_init(&saved, 0);
    make_saved(f, &saved);
    assert_int_equal(try_restore(f->before, saved.data, saved.len), 0);
    for (size_t len = 0; len < saved.len; len++) {
        assert_int_equal(try_restore(f->before, saved.data, len), KADR_ECORRUPT);
    }
    kadr_buf_add_u8(&saved, 0);
    assert_int_equal(try_restore(f->before, saved.data, saved.len), KADR_ECORRUPT);
}

static void changed_bytes_crash_nothing(void **state)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf saved;
    struct fixture *f = *state;
    size_t refused = 0, tried = 0;
    uint64_t seed = 7;
    kadr_buf_init(&saved, 0);
    make_saved(f, &saved);
    for (size_t at = 0; at < saved.len; at++) {
        uint8_t was = saved.data[at];
        const uint8_t others[] = { 0x00, 0xff, 0x7f, 0x80, (uint8_t)(was ^ 1), (uint8_t)next_random(&seed) };
        for (size_t i = 0; i < KADR_COUNT(others); i++) {
            saved.data[at] = others[i];
            int err = try_restore(f->before, saved.data, saved.len);
            assert_true(err == 0 || err == KADR_ECORRUPT || (err == KADR_EVERSION && at == 0));
            refused += err != 0;
            tried++;
        }
        saved.data[at] = was;
    }
    assert_true(refused > tried / 4); /* a code may be another code; a length cannot be another length */
}

/* Of one withdrawn statement: version 2, commit 8, day 4, statements 8, then the group as in checkpoint.c. */
enum {
    AT_UNIT = 21,                      /* length 2, "KZ-31", NUL */
    AT_INDICATOR = AT_UNIT + 8,        /* length 2, "stock", NUL */
    AT_PAIRS = AT_INDICATOR + 8,       /* 0 */
    AT_SCALE = AT_PAIRS + 1,           /* 1 */
    AT_COUNT = AT_SCALE + 4,           /* 1 */
    AT_LET_GO = AT_COUNT + 4,          /* 0 */
    AT_OCCURRENCE = AT_LET_GO + 4 + 8, /* behind the period: length 2, NUL */
    AT_VALUE = AT_OCCURRENCE + 3,      /* withdrawn */
    AT_COMMIT = AT_VALUE + 1 + 8,      /* behind stated_at */
};

static void each_rule_of_the_format_is_checked(void **state)
{
    static const struct {
        size_t at;
        uint8_t value;
    } wrong[] = {
        { AT_UNIT + 7, 'x' },       /* no NUL behind a text */
        { AT_UNIT + 4, 0 },         /* one inside */
        { AT_PAIRS, 5 },            /* more dimensions than there can be */
        { AT_SCALE + 3, 0 },        /* no scale */
        { AT_COUNT + 3, 0 },        /* a group of nothing */
        { AT_COUNT + 3, 2 },        /* more statements than there are */
        { AT_LET_GO + 3, 1 },       /* with its day all that follows is moved */
        { AT_OCCURRENCE + 2, 'x' }, /* no NUL again */
        { AT_VALUE, 4 },            /* no such kind of value */
        { AT_COMMIT, 1 },           /* later than the checkpoint */
    };
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf saved;
    struct fixture *f = *state;
    struct world w;
    kadr_buf_init(&saved, 0);
    begin(&w, f);
    say(&w, "KZ-31 stock - 2022-05-01 withdrawn");
    save(w.rollup, &saved);
    world_close(&w);
    assert_int_equal(saved.len, AT_COMMIT + 8);
    for (size_t i = 0; i < KADR_COUNT(wrong); i++) {
        uint8_t was = saved.data[wrong[i].at];
        assert_int_not_equal(was, wrong[i].value);
        saved.data[wrong[i].at] = wrong[i].value;
        assert_int_equal(try_restore(f->before, saved.data, saved.len), KADR_ECORRUPT);
        saved.data[wrong[i].at] = was;
    }
    assert_int_equal(try_restore(f->before, saved.data, saved.len), 0);
}

static void another_format_is_named_as_such(void **state)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf saved;
    struct fixture *f = *state;
    kadr_buf_init(&saved, 0);
    make_saved(f, &saved);
    saved.data[0]++;
    assert_int_equal(try_restore(f->before, saved.data, saved.len), KADR_EVERSION);
}

static void a_key_twice_is_refused(void **state)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf saved;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf twice;
    struct fixture *f = *state;
    struct world w;
    const size_t head = 1 + 8 + 4 + 8; /* version, commit, day, statements */
    kadr_buf_init(&saved, 0);
    kadr_buf_init(&twice, 0);
    begin(&w, f);
    say(&w, "KZ-31 stock - 2022-05-01 17");
    save(w.rollup, &saved);
    world_close(&w);
    kadr_buf_add(&twice, saved.data, saved.len);
    kadr_buf_add(&twice, saved.data + head, saved.len - head);
    twice.data[head - 1] = 2;
    assert_int_equal(try_restore(f->before, twice.data, twice.len), KADR_ECORRUPT);
}

static void more_than_the_cap_is_an_error_of_the_buffer(void **state)
{
    struct fixture *f = *state;
    struct world w;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf small;
    kadr_buf_init(&small, 40);
    begin(&w, f);
    say(&w, "KZ-31 stock cadre=doctor,settlement=rural 2022-05-01 17");
    kadr_rollup_save(w.rollup, &small);
    assert_int_equal(small.err, KADR_EFULL);
    world_close(&w);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_is_restored_goes_on_as_what_was_saved),
        CASE(a_tombstone_keeps_what_is_older_down),
        CASE(a_sleeper_wakes_in_what_is_restored),
        CASE(cut_bytes_are_refused_wherever_they_end),
        CASE(changed_bytes_crash_nothing),
        CASE(each_rule_of_the_format_is_checked),
        CASE(another_format_is_named_as_such),
        CASE(a_key_twice_is_refused),
        CASE(more_than_the_cap_is_an_error_of_the_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
