/* SPDX-License-Identifier: Apache-2.0 */
/* A whole country changes within one second: more topics than a progress message names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aggregate_rig.h"

#define DISTRICTS 2400

static const struct {
    const char *code;
    int32_t scale;
} indicators[] = {
    { "headcount", 1 },  { "posts_established", 100 },   { "posts_occupied", 100 },  { "need_declared", 1 },
    { "population", 1 }, { "need_declared_posts", 100 }, { "headcount_support", 1 },
};

/* The sink of this test: deltas are counted, the last progress is kept. */
static void count_published(void *context, const char *topic, const struct kadr_buf *frame)
{
    struct fixture *fx = context;
    if (strcmp(topic, KADR_TOPIC_PROGRESS) == 0) {
        forget(fx);
        publish(fx, topic, frame);
    }
}

static void to_nobody(void *context, const struct kadr_buf *frame)
{
    (void)context;
    (void)frame;
}

static void unnoted(void *context, const char *event, uint64_t commit)
{
    (void)context;
    (void)event;
    (void)commit;
}

static void append_districts(struct fixture *fx)
{
    struct kadr_buf units, catalogue, members;
    read_file("config/units.csv", &units);
    read_file("config/catalogue/indicators.csv", &catalogue);
    read_file("config/catalogue/members.csv", &members);
    for (unsigned i = 0; i < DISTRICTS; i++) {
        kadr_buf_printf(&units, "D-%u,district,KZ-35,1900-01-01,,,,,D %u,D %u,D %u\n", i, i, i, i);
    }
    const struct kadr_file files[] = { { "units.csv", bytes_of(&units) },
                                       { "indicators.csv", bytes_of(&catalogue) },
                                       { "members.csv", bytes_of(&members) } };
    append_files(fx, files, KADR_COUNT(files));
    kadr_buf_done(&units);
    kadr_buf_done(&catalogue);
    kadr_buf_done(&members);
}

/* One indicator of every district. */
static void append_reports(struct fixture *fx, size_t indicator)
{
    static struct kadr_observation list[DISTRICTS];
    static char codes[DISTRICTS][16];
    static const uint8_t accepted[DISTRICTS]; /* KADR_VERDICT_ACCEPTED is 0 on the wire */
    assert_int_equal(KADR_VERDICT_ACCEPTED, 0);
    for (size_t i = 0; i < DISTRICTS; i++) {
        (void)snprintf(codes[i], sizeof codes[i], "D-%zu", i);
        list[i] = (struct kadr_observation){ .unit = codes[i],
                                             .indicator = indicators[indicator].code,
                                             .occurrence = "",
                                             .value = { .kind = KADR_VALUE_INTERVAL, .lo = 100, .hi = 100 },
                                             .scale = indicators[indicator].scale,
                                             .stated = "",
                                             .note = "" };
        assert_int_equal(kadr_period_parse("2023-12-31", &list[i].period), 0);
    }
    const struct kadr_report report = { .source = "",
                                        .file = "",
                                        .published = KADR_DAY_NONE,
                                        .observations = list,
                                        .observation_count = DISTRICTS };
    kadr_buf_init(&fx->journal[fx->head].message, 0);
    kadr_encode_report(&report, &fx->journal[fx->head].message);
    append(fx, &(struct kadr_envelope){ .kind = KADR_RECORD_REPORT,
                                        .office = "KZ-35",
                                        .sequence = fx->head + 1,
                                        .outcome = KADR_OUTCOME_COMMITTED,
                                        .verdicts = { accepted, DISTRICTS },
                                        .accepted = DISTRICTS,
                                        .stated_at_ms = 1000 });
}

static struct kadr_published next_progress(struct fixture *fx)
{
    time_passes(fx, KADR_S(1));
    kadr_arena_clear(fx->arena);
    return decode_published(fx, find(fx, PUBLISHED, KADR_TOPIC_PROGRESS));
}

static void more_changes_than_can_be_named_are_told_as_a_gap(void **state)
{
    (void)state;
    struct fixture *fx = new_fixture();
    struct kadr_aggregate_sink sink = { fx, to_nobody, to_peer, count_published, unnoted, fatal, NULL };
    kadr_aggregate_free(fx->agg);
    assert_int_equal(kadr_aggregate_new(KADR_MS(100), &sink, &fx->agg), 0);
    append_districts(fx);
    append_day(fx, "2024-02-01");
    step(fx, KADR_AGGREGATE_START, NULL);
    feed(fx, 1, 2);
    assert_int_equal(next_progress(fx).progress.position.commit, 2);
    for (size_t i = 0; i < KADR_COUNT(indicators); i++) {
        append_reports(fx, i);
        feed(fx, fx->head, fx->head);
    }
    assert_true(kadr_aggregate_status(fx->agg).cells > KADR_MAX_CHANGED_TOPICS);
    struct kadr_published progress = next_progress(fx);
    assert_int_equal(progress.progress.position.commit, fx->head);
    assert_int_equal(progress.progress.changed_count, 0);
    assert_int_equal(progress.progress.previous, fx->head); /* not what anyone saw: all compare */

    append_need(fx, "KZ-35", "2023-12-31", 21); /* and all is as it was */
    feed(fx, fx->head, fx->head);
    progress = next_progress(fx);
    assert_int_equal(progress.progress.previous, fx->head - 1);
    assert_in_range(progress.progress.changed_count, 1, KADR_MAX_CHANGED_TOPICS);
    *state = fx;
    (void)tear_down(state);
}

/* ---- one topic that no frame holds --------------------------------------------------------------------- */

/* First days x lengths: each span of days is a period, hence a cell, of its own. */
#define STARTS  5 /* in one report */
#define LENGTHS 200
#define SPANS   (STARTS * LENGTHS)
#define REPORTS 40

static void append_events(struct fixture *fx, size_t first, int64_t value)
{
    static struct kadr_observation list[SPANS];
    static const uint8_t accepted[SPANS];
    for (size_t i = 0; i < SPANS; i++) {
        kadr_day from = kadr_day_from_civil(2023, 1, 1) + (kadr_day)(first + i / LENGTHS);
        list[i] =
            (struct kadr_observation){ .unit = "KZ-35",
                                       .indicator = "consultations_given",
                                       .period = { from, from + (kadr_day)(i % LENGTHS) },
                                       .occurrence = "",
                                       .value = { .kind = KADR_VALUE_INTERVAL, .lo = value, .hi = value },
                                       .scale = 1,
                                       .stated = "",
                                       .note = "" };
    }
    const struct kadr_report report = {
        .source = "", .file = "", .published = KADR_DAY_NONE, .observations = list, .observation_count = SPANS
    };
    kadr_buf_init(&fx->journal[fx->head].message, 0);
    kadr_encode_report(&report, &fx->journal[fx->head].message);
    append(fx, &(struct kadr_envelope){ .kind = KADR_RECORD_REPORT,
                                        .office = "KZ-35",
                                        .sequence = fx->head + 1,
                                        .outcome = KADR_OUTCOME_COMMITTED,
                                        .verdicts = { accepted, SPANS },
                                        .accepted = SPANS,
                                        .stated_at_ms = value });
}

static uint64_t commit_of_topic(const struct kadr_published *progress, const char *path)
{
    for (size_t i = 0; i < progress->progress.changed_count; i++) {
        if (strcmp(progress->progress.changed[i].unit_path, path) == 0) {
            return progress->progress.changed[i].commit;
        }
    }
    return 0;
}

static void a_delta_too_large_for_a_frame_is_told_by_progress(void **state)
{
    (void)state;
    struct fixture *fx = new_fixture();
    struct kadr_aggregate_sink sink = { fx, to_nobody, to_peer, count_published, unnoted, fatal, NULL };
    kadr_aggregate_free(fx->agg);
    assert_int_equal(kadr_aggregate_new(KADR_MS(100), &sink, &fx->agg), 0);
    append_reference(fx);
    append_day(fx, "2024-02-01");
    step(fx, KADR_AGGREGATE_START, NULL);
    feed(fx, 1, 2);
    (void)next_progress(fx);
    for (size_t i = 0; i < REPORTS; i++) {
        append_events(fx, i * STARTS, 1);
    }
    feed(fx, 3, fx->head);
    struct kadr_published progress = next_progress(fx);
    struct kadr_aggregate_status status = kadr_aggregate_status(fx->agg);
    assert_true(status.cells > KADR_MAX_DELTA_CELLS);
    assert_int_equal(status.deltas_cut, 2); /* the region's and the country's */
    assert_int_equal(commit_of_topic(&progress, "KZ/KZ-35/"), fx->head);
    append_events(fx, 0, 2); /* and what follows fits again */
    feed(fx, fx->head, fx->head);
    (void)next_progress(fx);
    assert_int_equal(kadr_aggregate_status(fx->agg).deltas_cut, 2);
    *state = fx;
    (void)tear_down(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_changes_than_can_be_named_are_told_as_a_gap),
        cmocka_unit_test(a_delta_too_large_for_a_frame_is_told_by_progress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
