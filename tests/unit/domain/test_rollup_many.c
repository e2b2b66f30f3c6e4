/* SPDX-License-Identifier: Apache-2.0 */
/* What the rollup hands out when a tick holds thousands of cells: all of them, in order, and digests of what
 * was handed out, however many wait for theirs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"

#include "rollup_world.h"

#include "rollup_reference.h"

#define REGIONS    20
#define FACILITIES 60 /* of each region */

static struct kadr_reference *make_reference(void)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf units;
    kadr_buf_init(&units, 0);
    kadr_buf_add_str(&units,
                     "code,level,parent,valid_from,valid_to,successors,aliases,name_en,name_ru,name_kk\n"
                     "KZ,country,,1900-01-01,,,,N,N,N\n");
    for (unsigned r = 0; r < REGIONS; r++) {
        kadr_buf_printf(&units, "KZ-%u,region,KZ,1900-01-01,,,,R%u,R%u,R%u\n", 10 + r, r, r, r);
        for (unsigned f = 0; f < FACILITIES; f++) {
            unsigned n = r * FACILITIES + f;
            kadr_buf_printf(&units, "F-%04u,facility,KZ-%u,1900-01-01,,,,F%u,F%u,F%u\n", n, 10 + r, n, n, n);
        }
    }
    return load_reference(kadr_buf_str(&units),
                          CATALOGUE_HEADER
                          "beds,stock,person,1,last,sum,facility,cadre,cadre,,,calendar,,,no,A,A,A\n"
                          "chairs,stock,person,1,last,sum,facility,,,,,calendar,,,no,B,B,B\n",
                          EXAMPLE_MEMBERS);
}

/* Every third facility first, so that nothing arrives in order. */
static void say_everything(struct world *w, unsigned value)
{
    char line[96];
    for (unsigned i = 0; i < REGIONS * FACILITIES; i++) {
        unsigned f = i * 7 % (REGIONS * FACILITIES);
        (void)snprintf(line, sizeof line, "F-%04u chairs - 2024-01-01 %u", f, value + f % 5);
        say(w, line);
        (void)snprintf(line, sizeof line, "F-%04u beds cadre=doctor 2024-01-01 %u", f, value);
        say(w, line);
    }
}

static int compare_keys(const struct kadr_cell_key *a, const struct kadr_cell_key *b)
{
    if (a->unit != b->unit) {
        return a->unit < b->unit ? -1 : 1;
    }
    if (a->indicator != b->indicator) {
        return a->indicator < b->indicator ? -1 : 1;
    }
    return (a->breakdown > b->breakdown) - (a->breakdown < b->breakdown);
}

static void are_in_order(const struct kadr_rollup *rollup, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct kadr_cell_change before = kadr_rollup_change(rollup, i - 1);
        struct kadr_cell_change change = kadr_rollup_change(rollup, i);
        assert_true(compare_keys(&before.cell.key, &change.cell.key) < 0);
    }
}

struct total {
    const struct kadr_reference *reference;
    struct kadr_digest digest;
    size_t cells;
};

static int add_cell(void *context, const struct kadr_cell *cell)
{
    struct total *total = context;
    struct kadr_digest digest = kadr_cell_digest(total->reference, cell);
    kadr_digest_add(&total->digest, &digest);
    total->cells++;
    return 0;
}

/* The digest is that of the cells as they are. */
static void digest_is_right(struct world *w)
{
    struct kadr_rollup_query query = { .unit = KADR_NO_UNIT,
                                       .indicator = KADR_NO_INDICATOR,
                                       .as_of = KADR_DAY_NONE };
    struct total total = { .reference = kadr_rollup_current_reference(w->rollup) };
    assert_int_equal(kadr_rollup_query(w->rollup, &query, add_cell, &total), 0);
    assert_int_equal(total.cells, kadr_rollup_cell_count(w->rollup));
    struct kadr_digest digest = kadr_rollup_digest(w->rollup);
    assert_true(kadr_digest_equal(&digest, &total.digest));
}

#define CELLS (3 * (REGIONS * FACILITIES + REGIONS + 1)) /* chairs; beds of doctors, and of all */

static void thousands_of_changes_are_in_order(void **state)
{
    struct world *w = *state;
    say_everything(w, 10);
    assert_int_equal(take(w), CELLS);
    are_in_order(w->rollup, CELLS);
    assert_int_equal(take(w), 0);
}

/* More cells wait for their digests than are listed; then a few; then many of which some waited before. */
static void digests_wait_for_the_question(void **state)
{
    struct world *w = *state;
    say_everything(w, 10);
    (void)take(w);
    digest_is_right(w);
    say(w, "F-0007 chairs - 2024-01-01 99");
    (void)take(w);
    say(w, "F-0007 chairs - 2024-01-01 98");
    (void)take(w);
    digest_is_right(w);
    say(w, "F-0008 chairs - 2024-01-01 97");
    (void)take(w);
    say_everything(w, 30);
    (void)take(w);
    digest_is_right(w);
}

/* Cells that leave while their digests wait, and others that take their place. */
static void cells_leave_while_digests_wait(void **state)
{
    struct world *w = *state;
    struct kadr_reference *fewer =
        load_reference(EXAMPLE_UNITS, EXAMPLE_CATALOGUE, EXAMPLE_MEMBERS); /* knows none of it */
    say_everything(w, 10);
    (void)take(w);
    assert_int_equal(kadr_rollup_reference(w->rollup, fewer, ++w->commit), 0);
    (void)take(w);
    digest_is_right(w);
    assert_int_equal(kadr_rollup_reference(w->rollup, w->reference, ++w->commit), 0);
    (void)take(w);
    say_everything(w, 20);
    (void)take(w);
    digest_is_right(w);
    kadr_reference_unref(fewer);
}

static int set_up(void **state)
{
    static struct world w;
    world_open(&w, make_reference(), "2024-02-01");
    *state = &w;
    return 0;
}

static int tear_down(void **state)
{
    world_close(*state);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(thousands_of_changes_are_in_order),
        CASE(digests_wait_for_the_question),
        CASE(cells_leave_while_digests_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
