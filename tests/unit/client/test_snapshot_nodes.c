/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes of an explanation as they come in: in order, behind their parents, as many as the end says and with
 * its digest. Anything else counts as no answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/snapshot.h"

#define NODES 3

struct fixture {
    struct kadr_wire_node nodes[NODES];
    struct kadr_snapshot_reader reader;
    size_t seen;
    bool whole;
};

static void on_begin(void *context, const struct kadr_position *position)
{
    (void)position;
    ((struct fixture *)context)->seen = 0;
}

static void on_node(void *context, const struct kadr_wire_node *node)
{
    struct fixture *fx = context;
    assert_true(node >= fx->nodes);
    fx->seen++;
}

static void on_part(void *context, const struct kadr_query_reply *reply)
{
    ((struct fixture *)context)->whole = reply->kind == KADR_QUERY_END;
}

static struct kadr_wire_cell cell_of(const char *unit)
{
    struct kadr_wire_cell cell = { .unit = unit, .indicator = "headcount", .scale = 1 };
    cell.cell.key.period = KADR_PERIOD_AS_OF;
    cell.cell.expected = -1;
    cell.cell.oldest = cell.cell.newest = KADR_DAY_NONE;
    return cell;
}

/* A cell, a way below it, and a statement below that. */
static struct fixture new_fixture(void)
{
    struct fixture fx = { .reader.request = 4 };
    fx.nodes[0] = (struct kadr_wire_node){ .kind = KADR_NODE_CELL, .cell = cell_of("KZ") };
    fx.nodes[1] = (struct kadr_wire_node){ .kind = KADR_NODE_WAY, .cell = cell_of("KZ") };
    fx.nodes[2] = (struct kadr_wire_node){ .kind = KADR_NODE_STATEMENT, .parent = 1 };
    return fx;
}

static enum kadr_snapshot_state begin(struct fixture *fx)
{
    struct kadr_query_reply reply = { .request = 4, .kind = KADR_QUERY_BEGIN };
    fx->reader.events =
        (struct kadr_snapshot_events){ .begin = on_begin, .node = on_node, .part = on_part, .context = fx };
    return kadr_snapshot_take(&fx->reader, &reply);
}

static enum kadr_snapshot_state take(struct fixture *fx, uint32_t first, size_t count)
{
    struct kadr_query_reply reply = { .request = 4, .kind = KADR_QUERY_EXPLANATION };
    reply.explanation.first = first;
    reply.explanation.count = count;
    reply.explanation.nodes = &fx->nodes[first < NODES ? first : 0];
    return kadr_snapshot_take(&fx->reader, &reply);
}

/* @param cells  whose digests the end adds up */
static enum kadr_snapshot_state end(struct fixture *fx, uint64_t nodes, size_t cells)
{
    struct kadr_query_reply reply = { .request = 4, .kind = KADR_QUERY_END };
    reply.end.cells = nodes;
    for (size_t i = 0; i < cells; i++) {
        const struct kadr_wire_cell *cell = &fx->nodes[i].cell;
        const struct kadr_cell_codes codes = { .unit = cell->unit, .indicator = cell->indicator, .scale = 1 };
        struct kadr_digest digest = kadr_cell_digest_of(&codes, &cell->cell);
        kadr_digest_add(&reply.end.digest, &digest);
    }
    return kadr_snapshot_take(&fx->reader, &reply);
}

static void a_whole_explanation_is_told(void **state)
{
    (void)state;
    struct fixture fx = new_fixture();
    assert_int_equal(begin(&fx), KADR_SNAPSHOT_MORE);
    assert_int_equal(take(&fx, 0, 2), KADR_SNAPSHOT_MORE);
    assert_int_equal(take(&fx, 2, 1), KADR_SNAPSHOT_MORE);
    assert_int_equal(end(&fx, 3, 2), KADR_SNAPSHOT_DONE);
    assert_int_equal(fx.seen, 3);
    assert_true(fx.whole);
}

static void a_short_or_damaged_one_counts_as_none(void **state)
{
    (void)state;
    struct fixture fx = new_fixture();
    assert_int_equal(take(&fx, 0, 2), KADR_SNAPSHOT_BROKEN); /* nothing has begun */
    (void)begin(&fx);
    assert_int_equal(take(&fx, 1, 2), KADR_SNAPSHOT_BROKEN); /* the first is missing */
    (void)begin(&fx);
    (void)take(&fx, 0, 3);
    assert_int_equal(end(&fx, 4, 2), KADR_SNAPSHOT_BROKEN);
    (void)begin(&fx);
    (void)take(&fx, 0, 3);
    assert_int_equal(end(&fx, 3, 1), KADR_SNAPSHOT_BROKEN);
    assert_false(fx.whole);
}

static void parents_come_before_their_parts(void **state)
{
    (void)state;
    struct fixture fx = new_fixture();
    fx.nodes[2].parent = 2;
    (void)begin(&fx);
    assert_int_equal(take(&fx, 0, 3), KADR_SNAPSHOT_BROKEN);
    fx = new_fixture();
    fx.nodes[0].parent = 1;
    (void)begin(&fx);
    assert_int_equal(take(&fx, 0, 3), KADR_SNAPSHOT_BROKEN);
}

static void who_did_not_ask_for_one_is_not_told(void **state)
{
    (void)state;
    struct fixture fx = new_fixture();
    (void)begin(&fx);
    fx.reader.events.node = NULL;
    assert_int_equal(take(&fx, 0, 3), KADR_SNAPSHOT_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_explanation_is_told),
        cmocka_unit_test(a_short_or_damaged_one_counts_as_none),
        cmocka_unit_test(parents_come_before_their_parts),
        cmocka_unit_test(who_did_not_ask_for_one_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
