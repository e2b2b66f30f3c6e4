/* SPDX-License-Identifier: Apache-2.0 */
/* Reading an answer of points or of who has reported: whole, cut short, altered, and by a reader that asked
 * for neither. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/snapshot.h"

struct seen {
    size_t begins, points, rows;
};

static void on_begin(void *context, const struct kadr_position *position)
{
    struct seen *seen = context;
    (void)position;
    seen->begins++;
}

static void on_points(void *context, const struct kadr_wire_trend *trend)
{
    struct seen *seen = context;
    seen->points += trend->point_count;
}

static void on_owed(void *context, const struct kadr_wire_owed *owed)
{
    struct seen *seen = context;
    seen->rows += owed->count;
}

static const struct kadr_wire_point points[2] = {
    { .cell = { .unit = "KZ",
                .indicator = "headcount",
                .scale = 1,
                .cell = { .lo = 1, .hi = 1, .expected = 1 } } },
    { .cell = { .unit = "KZ",
                .indicator = "headcount",
                .scale = 1,
                .cell = { .lo = 2, .hi = 2, .expected = 1 } } },
};
static const struct kadr_wire_owed_row rows[3] = { { .unit = "KZ-33" },
                                                   { .unit = "KZ-35" },
                                                   { .unit = "KZ-62" } };

static struct kadr_query_reply reply_of(int kind)
{
    struct kadr_query_reply reply = { .request = 7, .kind = kind };
    if (kind == KADR_QUERY_POINTS) {
        reply.points = (struct kadr_wire_trend){ .unit = "KZ",
                                                 .indicator = "headcount",
                                                 .scale = 1,
                                                 .points = points,
                                                 .point_count = KADR_COUNT(points) };
    } else if (kind == KADR_QUERY_OWED) {
        reply.coverage = (struct kadr_wire_owed){ .unit = "KZ", .indicator = "headcount", .rows = rows };
        reply.coverage.count = KADR_COUNT(rows);
    }
    return reply;
}

static struct kadr_digest digest_of_points(void)
{
    struct kadr_digest sum = { { 0 } };
    for (size_t i = 0; i < KADR_COUNT(points); i++) {
        const struct kadr_cell_codes codes = { .unit = "KZ", .indicator = "headcount", .scale = 1 };
        struct kadr_digest digest = kadr_cell_digest_of(&codes, &points[i].cell.cell);
        kadr_digest_add(&sum, &digest);
    }
    return sum;
}

static struct kadr_snapshot_reader reader_of(struct seen *seen, bool asked)
{
    struct kadr_snapshot_reader reader = { .request = 7, .events = { .begin = on_begin, .context = seen } };
    if (asked) {
        reader.events.points = on_points;
        reader.events.owed = on_owed;
    }
    return reader;
}

static enum kadr_snapshot_state take(struct kadr_snapshot_reader *reader, int kind)
{
    struct kadr_query_reply reply = reply_of(kind);
    return kadr_snapshot_take(reader, &reply);
}

static enum kadr_snapshot_state end(struct kadr_snapshot_reader *reader, uint64_t cells,
                                    struct kadr_digest digest)
{
    struct kadr_query_reply reply = reply_of(KADR_QUERY_END);
    reply.end.cells = cells;
    reply.end.digest = digest;
    return kadr_snapshot_take(reader, &reply);
}

static void points_are_counted_and_their_cells_summed(void **state)
{
    struct seen seen = { 0 };
    struct kadr_snapshot_reader reader = reader_of(&seen, true);
    (void)state;
    assert_int_equal(take(&reader, KADR_QUERY_BEGIN), KADR_SNAPSHOT_MORE);
    assert_int_equal(take(&reader, KADR_QUERY_POINTS), KADR_SNAPSHOT_MORE);
    assert_int_equal(seen.points, 2);
    assert_int_equal(end(&reader, 1, digest_of_points()), KADR_SNAPSHOT_BROKEN);
    assert_int_equal(end(&reader, 2, (struct kadr_digest){ { 0 } }), KADR_SNAPSHOT_BROKEN);
    assert_int_equal(end(&reader, 2, digest_of_points()), KADR_SNAPSHOT_DONE);
}

static void rows_are_counted(void **state)
{
    struct seen seen = { 0 };
    struct kadr_snapshot_reader reader = reader_of(&seen, true);
    (void)state;
    assert_int_equal(take(&reader, KADR_QUERY_BEGIN), KADR_SNAPSHOT_MORE);
    assert_int_equal(take(&reader, KADR_QUERY_OWED), KADR_SNAPSHOT_MORE);
    assert_int_equal(take(&reader, KADR_QUERY_OWED), KADR_SNAPSHOT_MORE);
    assert_int_equal(seen.rows, 6);
    assert_int_equal(end(&reader, 3, (struct kadr_digest){ { 0 } }), KADR_SNAPSHOT_BROKEN);
    assert_int_equal(end(&reader, 6, (struct kadr_digest){ { 0 } }), KADR_SNAPSHOT_DONE);
}

static void what_was_not_asked_for_is_no_answer(void **state)
{
    static const int kinds[] = { KADR_QUERY_POINTS, KADR_QUERY_OWED };
    (void)state;
    for (size_t i = 0; i < KADR_COUNT(kinds); i++) {
        struct seen seen = { 0 };
        struct kadr_snapshot_reader reader = reader_of(&seen, false);
        assert_int_equal(take(&reader, KADR_QUERY_BEGIN), KADR_SNAPSHOT_MORE);
        assert_int_equal(take(&reader, kinds[i]), KADR_SNAPSHOT_BROKEN);
        reader = reader_of(&seen, true);
        assert_int_equal(take(&reader, kinds[i]), KADR_SNAPSHOT_BROKEN); /* without a begin */
        assert_int_equal(seen.points + seen.rows, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_are_counted_and_their_cells_summed),
        cmocka_unit_test(rows_are_counted),
        cmocka_unit_test(what_was_not_asked_for_is_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
