/* SPDX-License-Identifier: Apache-2.0 */
/* Every check a message must pass, one at a time: a frame that is right but for one thing. */
#include "wire/messages.h"

#include <stdio.h>
#include <string.h>

static int decode_bytes(const struct message_type *type, const void *data, size_t len, const char **ret_why)
{
    struct kadr_arena *arena KADR_CLEANUP(kadr_arena_free) = NULL;
    union any_message message;
    assert_int_equal(kadr_arena_new(KADR_MAX_ARENA_BYTES, &arena), 0);
    *ret_why = NULL;
    return type->decode((struct kadr_bytes){ data, len }, arena, &message, ret_why);
}

static const struct message_type *type_named(const char *name)
{
    return message_type_of(name, strlen(name));
}

static int check(const char *name, const void *message, const char **ret_why)
{
    const struct message_type *type = type_named(name);
    struct kadr_buf frame KADR_CLEANUP(kadr_buf_done) = { 0 };
    type->encode(message, &frame);
    assert_int_equal(frame.err, 0);
    return decode_bytes(type, frame.data, frame.len, ret_why);
}

static void expect(const char *name, const void *message, int err, const char *why)
{
    const char *got = NULL;
    assert_int_equal(check(name, message, &got), err);
    assert_non_null(got);
    assert_string_equal(got, why);
}

/* ---- reports ---- */

static char long_text[KADR_MAX_SOURCE_BYTES + 2]; /* filled once, in main() */

static struct kadr_observation right_observation(void)
{
    return (struct kadr_observation){ .unit = "KZ-35",
                                      .indicator = "need_declared",
                                      .period = { 19681, 19681 },
                                      .occurrence = "",
                                      .value = { .kind = KADR_VALUE_INTERVAL, .lo = 23, .hi = 23 },
                                      .scale = 1,
                                      .stated = "23",
                                      .note = "" };
}

static struct kadr_report right_report(struct kadr_observation *observation)
{
    return (struct kadr_report){ .source = "",
                                 .file = "",
                                 .published = KADR_DAY_NONE,
                                 .report_id = { 1 },
                                 .observations = observation,
                                 .observation_count = 1 };
}

static void wrong_observation(struct kadr_observation observation, const char *why)
{
    struct kadr_report report = right_report(&observation);
    expect("report", &report, KADR_EPROTO, why);
}

static void test_a_right_report_passes(void **state)
{
    (void)state;
    struct kadr_observation observation = right_observation();
    struct kadr_report report = right_report(&observation);
    const char *why;
    assert_int_equal(check("report", &report, &why), 0);
    /* A name where a code belongs is the judge's to answer. */
    observation.unit = "Карагандинская область, город Темиртау";
    assert_int_equal(check("report", &report, &why), 0);
}

static void test_values(void **state)
{
    (void)state;
    struct kadr_observation observation = right_observation();
    observation.value.hi = 22;
    wrong_observation(observation, "an interval that ends before it begins");
    observation = right_observation();
    observation.value.hi = KADR_MAX_ABS_VALUE + 1;
    wrong_observation(observation, "a value out of range");
    observation = right_observation();
    observation.value.lo = -KADR_MAX_ABS_VALUE - 1;
    wrong_observation(observation, "a value out of range");
    observation = right_observation();
    observation.scale = 7;
    wrong_observation(observation, "a scale that is not 1, 10, 100 or 1000");
    observation = right_observation();
    observation.value = (struct kadr_value){ .kind = KADR_VALUE_MISSING, .reason = KADR_REASON_NONE };
    wrong_observation(observation, "missing without a reason");
    observation = right_observation();
    observation.stated = long_text;
    wrong_observation(observation, "a figure as written too long");
}

static void test_keys(void **state)
{
    (void)state;
    struct kadr_observation observation = right_observation();
    observation.period = (struct kadr_period){ 19682, 19681 };
    wrong_observation(observation, "a period that ends before it begins");
    observation.period = (struct kadr_period){ KADR_DAY_MIN - 1, 19681 };
    wrong_observation(observation, "a day outside the calendar");
    observation.period = (struct kadr_period){ 19681, KADR_DAY_MAX + 1 };
    wrong_observation(observation, "a day outside the calendar");
    observation = right_observation();
    observation.occurrence = "поезд";
    wrong_observation(observation, "occurrence of an observation");
    observation = right_observation();
    observation.unit = long_text;
    wrong_observation(observation, "a code or name too long");
    observation = right_observation();
    observation.note = long_text;
    wrong_observation(observation, "a note too long");
}

static void test_a_report_as_a_whole(void **state)
{
    (void)state;
    struct kadr_observation observation = right_observation();
    struct kadr_report report = right_report(&observation);
    report.source = long_text;
    expect("report", &report, KADR_EPROTO, "a source too long");
    report = right_report(&observation);
    report.file = long_text;
    expect("report", &report, KADR_EPROTO, "a file name too long");
    report = right_report(&observation);
    report.stated_at_ms = INT64_MAX;
    expect("report", &report, KADR_EPROTO, "a time outside the calendar");
}

static void test_a_report_in_the_place_of_another(void **state)
{
    (void)state;
    struct kadr_observation observation = right_observation();
    struct kadr_report report = right_report(&observation);
    const char *why;
    observation.value = (struct kadr_value){ .kind = KADR_VALUE_WITHDRAWN };
    observation.scale = 1;
    observation.of_replaced = true;
    expect("report", &report, KADR_EPROTO, "a withdrawal of what was replaced, and nothing is");
    report.has_replaces = true;
    expect("report", &report, KADR_EPROTO, "sequence of a replaced report");
    report.replaces.sequence = 1;
    assert_int_equal(check("report", &report, &why), 0);
    report.replaces.stated_at_ms = INT64_MAX;
    expect("report", &report, KADR_EPROTO, "a time outside the calendar");
}

static void test_too_many_observations(void **state)
{
    (void)state;
    static struct kadr_observation many[KADR_MAX_OBSERVATIONS + 1];
    for (size_t i = 0; i < KADR_COUNT(many); i++) {
        many[i] = right_observation();
    }
    struct kadr_report report = right_report(many);
    const char *why;
    report.observation_count = KADR_MAX_OBSERVATIONS;
    assert_int_equal(check("report", &report, &why), 0);
    report.observation_count = KADR_MAX_OBSERVATIONS + 1;
    expect("report", &report, KADR_EFULL, "too many observations");
}

/* ---- the other messages ---- */

static void test_submits(void **state)
{
    (void)state;
    const struct kadr_office_request right = { .kind = KADR_OFFICE_SUBMIT,
                                               .submit = { .office = "KZ-35", .sequence = 1 } };
    struct kadr_office_request request = right;
    const char *why;
    assert_int_equal(check("office_request", &request, &why), 0);
    request.submit.sequence = 0;
    expect("office_request", &request, KADR_EPROTO, "sequence 0; numbers of a stream begin at 1");
    request = right;
    request.submit.office = "";
    expect("office_request", &request, KADR_EPROTO, "office of a submit");
    request.submit.office = "KZ 35";
    expect("office_request", &request, KADR_EPROTO, "office of a submit");
}

static void test_appends(void **state)
{
    (void)state;
    const struct kadr_append_item right = { .office = "KZ-35", .sequence = 1, .outcome = KADR_OUTCOME_HELD };
    struct kadr_append_item item = right;
    struct kadr_store_request request = { .kind = KADR_STORE_APPEND, .append = { 1, &item, 1 } };
    const char *why;
    assert_int_equal(check("store_request", &request, &why), 0);
    item.outcome = KADR_OUTCOME_DUPLICATE;
    expect("store_request", &request, KADR_EPROTO, "outcome of an append");
    item = right;
    item.verdicts = (struct kadr_bytes){ (const uint8_t *)"\x03", 1 };
    assert_int_equal(check("store_request", &request, &why), 0);
    item.verdicts = (struct kadr_bytes){ (const uint8_t *)"\x04", 1 };
    expect("store_request", &request, KADR_EPROTO, "verdicts that are too many or unknown");
}

static void test_cells(void **state)
{
    (void)state;
    struct kadr_wire_cell cell = { .unit = "KZ",
                                   .indicator = "need_declared",
                                   .scale = 1,
                                   .cell = { .key = { .period = KADR_PERIOD_AS_OF },
                                             .basis = KADR_BASIS_SUM,
                                             .lo = 2,
                                             .hi = 2,
                                             .oldest = KADR_DAY_NONE,
                                             .newest = KADR_DAY_NONE,
                                             .expected = -1 } };
    struct kadr_query_reply reply = { .kind = KADR_QUERY_CELLS, .cells = { &cell, 1 } };
    const char *why;
    assert_int_equal(check("query_reply", &reply, &why), 0);
    cell.cell.incomplete = true;
    expect("query_reply", &reply, KADR_EPROTO, "an incomplete cell that is not open");
    cell.cell.basis = KADR_BASIS_RATIO; /* of those that have both parts: neither a bound nor open */
    assert_int_equal(check("query_reply", &reply, &why), 0);
    cell.cell.incomplete = false;
    cell.cell.hi = 1;
    expect("query_reply", &reply, KADR_EPROTO, "a cell that ends before it begins");
    cell.unit = "Жетісу";
    expect("query_reply", &reply, KADR_EPROTO, "unit of a cell");
}

static void test_a_series_is_asked_point_by_point(void **state)
{
    (void)state;
    struct kadr_period points[] = { { 100, 130 }, { 131, 160 } };
    struct kadr_period many[KADR_MAX_POINTS + 1];
    struct kadr_query_request request = {
        .kind = KADR_QUERY_SERIES, .series = { .unit = "KZ", .indicator = "headcount", .points = points }
    };
    const char *why;
    for (size_t i = 0; i < KADR_COUNT(many); i++) {
        many[i] = (struct kadr_period){ (kadr_day)i, (kadr_day)i };
    }
    expect("query_request", &request, KADR_EPROTO, "a series without points");
    request.series.point_count = 2;
    assert_int_equal(check("query_request", &request, &why), 0);
    points[1].first = 100;
    expect("query_request", &request, KADR_EPROTO, "points that are not in order");
    request.series.points = many;
    request.series.point_count = KADR_MAX_POINTS;
    assert_int_equal(check("query_request", &request, &why), 0);
    request.series.point_count++;
    expect("query_request", &request, KADR_EPROTO, "too many points");
    request.series.point_count = 1;
    request.series.all_breakdowns = true;
    request.series.breakdown[0] = (struct kadr_member_pair){ "cadre", "doctor" };
    request.series.breakdown_count = 1;
    expect("query_request", &request, KADR_EPROTO, "one breakdown and all of them");
    request.series.all_breakdowns = false;
    request.series.breakdown[0].member = "";
    expect("query_request", &request, KADR_EPROTO, "member of a breakdown");
    request.series.unit = "";
    expect("query_request", &request, KADR_EPROTO, "unit of a series");
}

static void test_points_are_of_those_that_are_counted(void **state)
{
    (void)state;
    struct kadr_wire_left_out left_out = { "KZ-33", KADR_LEFT_OUT_BORDERS, 0 };
    struct kadr_wire_point point = { .period = { 100, 130 },
                                     .cell = { .unit = "KZ",
                                               .indicator = "headcount",
                                               .scale = 1,
                                               .cell = { .key = { .period = KADR_PERIOD_AS_OF },
                                                         .oldest = KADR_DAY_NONE,
                                                         .newest = KADR_DAY_NONE,
                                                         .expected = -1 } },
                                     .same = { .present = true, .lo = 2, .hi = 2 } };
    struct kadr_query_reply reply = { .kind = KADR_QUERY_POINTS,
                                      .points = { .unit = "KZ",
                                                  .indicator = "headcount",
                                                  .scale = 1,
                                                  .points = &point,
                                                  .point_count = 1,
                                                  .of = 2,
                                                  .in = 1,
                                                  .left_out = &left_out,
                                                  .left_out_count = 1 } };
    const char *why;
    assert_int_equal(check("query_reply", &reply, &why), 0);
    point.same.hi = 1;
    expect("query_reply", &reply, KADR_EPROTO, "a figure that ends before it begins");
    point.same.hi = 2;
    left_out.point = 1;
    expect("query_reply", &reply, KADR_EPROTO, "left out at no point");
    left_out.point = 0;
    left_out.why = KADR_LEFT_OUT_NOT;
    expect("query_reply", &reply, KADR_EPROTO, "left out for no reason");
    left_out.why = KADR_LEFT_OUT_BORDERS;
    reply.points.in = 2;
    expect("query_reply", &reply, KADR_EPROTO, "more reporters than there are");
}

static void test_a_coverage_never_exceeds_the_expected(void **state)
{
    (void)state;
    struct kadr_wire_owed_row row = { .unit = "KZ-33",
                                      .row = { .state = KADR_OWED_COMPLETE,
                                               .rests_on = KADR_DAY_NONE,
                                               .late_since = KADR_DAY_NONE,
                                               .opened = KADR_DAY_NONE,
                                               .closed = KADR_DAY_NONE } };
    struct kadr_query_reply reply = {
        .kind = KADR_QUERY_OWED,
        .coverage = { .unit = "KZ", .indicator = "headcount", .due = KADR_DAY_NONE, .rows = &row, .count = 1 }
    };
    const char *why;
    reply.coverage.sum.expected = 1;
    reply.coverage.sum.state[KADR_OWED_COMPLETE] = 1;
    assert_int_equal(check("query_reply", &reply, &why), 0);
    reply.coverage.sum.state[KADR_OWED_COMPLETE] = 2;
    expect("query_reply", &reply, KADR_EPROTO, "more or fewer reporters than are expected");
    reply.coverage.sum.state[KADR_OWED_COMPLETE] = 1;
    row.row.state = 0;
    expect("query_reply", &reply, KADR_EPROTO, "state of a reporter");
}

static struct kadr_wire_node right_statement(void)
{
    return (struct kadr_wire_node){ .parent = 2,
                                    .kind = KADR_NODE_STATEMENT,
                                    .statement = { .observation = right_observation(),
                                                   .use = KADR_USE_VALUE,
                                                   .commit = 7,
                                                   .office = "KZ-35",
                                                   .stream = { { 1 } },
                                                   .report_id = { 1 },
                                                   .source = "",
                                                   .published = KADR_DAY_NONE,
                                                   .file = "" } };
}

static void test_explanations(void **state)
{
    (void)state;
    const char *why = NULL;
    struct kadr_wire_node node = right_statement();
    struct kadr_query_reply reply = { .kind = KADR_QUERY_EXPLANATION, .explanation.nodes = &node };
    reply.explanation.count = 1;
    assert_int_equal(check("query_reply", &reply, &why), 0);
    node.statement.use = (enum kadr_use)0;
    expect("query_reply", &reply, KADR_EPROTO, "use of a statement");
    node = right_statement();
    node.statement.office = "a name";
    expect("query_reply", &reply, KADR_EPROTO, "office of a statement");
    node = right_statement();
    node.statement.source = long_text;
    expect("query_reply", &reply, KADR_EPROTO, "a source too long");
    node = right_statement();
    node.kind = KADR_NODE_CELL;
    expect("query_reply", &reply, KADR_EPROTO, "unit of a cell");
    node.cell = (struct kadr_wire_cell){ .unit = "KZ", .indicator = "need_declared", .scale = 1 };
    node.cell.cell.expected = -1;
    node.cell.cell.key.period = KADR_PERIOD_AS_OF;
    expect("query_reply", &reply, KADR_EPROTO, "a part of nothing");
    node.role = KADR_ROLE_ASKED;
    expect("query_reply", &reply, KADR_EPROTO, "standing of a part");
    node.kind = KADR_NODE_WAY;
    expect("query_reply", &reply, KADR_EPROTO, "a way that is none");
    node.way = KADR_WAY_MEMBERS;
    expect("query_reply", &reply, KADR_EPROTO, "a way without a fate");
    node.fate = KADR_FATE_TIE;
    node.dimension = "";
    expect("query_reply", &reply, KADR_EPROTO, "dimension of a way");
    node.kind = (enum kadr_node_kind)0;
    expect("query_reply", &reply, KADR_EPROTO, "a node of no kind");
}

static void test_unit_paths(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        bool right;
    } cases[] = { { "KZ/", true },   { "KZ/KZ-35/", true }, { "KZ/KZ-35/351010000/351010001/", true },
                  { "", false },     { "KZ", false },       { "/KZ/", false },
                  { "KZ//", false }, { "KZ/KZ 35/", false } };
    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        struct kadr_published message = {
            .kind = KADR_PUBLISHED_DELTA,
            .delta = { .to = { .commit = 1 }, .unit_path = cases[i].path, .indicator = "x" }
        };
        const char *why = "";
        assert_int_equal(check("published", &message, &why), cases[i].right ? 0 : KADR_EPROTO);
    }
}

static void test_a_delta_covers_commits(void **state)
{
    (void)state;
    struct kadr_published message = {
        .kind = KADR_PUBLISHED_DELTA,
        .delta = { .from = 5, .to = { .commit = 5 }, .unit_path = "KZ/", .indicator = "x" }
    };
    expect("published", &message, KADR_EPROTO, "a delta that covers no commit");
}

/* ---- what only bytes can say ---- */

static void wrong_bytes(const char *name, const char *bytes, size_t len, int err, const char *why)
{
    const char *got = NULL;
    assert_int_equal(decode_bytes(type_named(name), bytes, len, &got), err);
    assert_non_null(got);
    assert_string_equal(got, why);
}
#define WRONG(name, bytes, err, why) wrong_bytes(name, bytes, sizeof(bytes) - 1, err, why)

static void test_bytes(void **state)
{
    (void)state;
    WRONG("office_request", "", KADR_EVERSION, "a version this program does not speak");
    WRONG("office_request", "\x08\x02\x22\x00", KADR_EVERSION, "a version this program does not speak");
    WRONG("office_request", "\xff\xff", KADR_EPROTO, "not a protobuf message");
    WRONG("office_request", "\x08\x01", KADR_EPROTO, "no body that this program knows");
    WRONG("office_request", "\x08\x01\x7a\x00", KADR_EPROTO, "no body that this program knows");
    WRONG("office_request", "\x08\x01\x22\x00\x22\x00", KADR_EPROTO, "a singular field is there twice");
    WRONG("office_request", "\x08\x01\x22\x00\x12\x04\x0a\x02KZ", KADR_EPROTO,
          "a singular field is there twice"); /* two bodies */
    WRONG("office_request", "\x08\x01\x12\x05\x0a\x03K\0Z", KADR_EPROTO, "a NUL inside a string");
    WRONG("office_request", "\x08\x01\x12\x08\x0a\x02KZ\x12\x02\xc0\x80", KADR_EPROTO,
          "a string is not UTF-8"); /* overlong */
    WRONG("office_request", "\x08\x01\x12\x09\x0a\x02KZ\x12\x03\xed\xa0\x80", KADR_EPROTO,
          "a string is not UTF-8"); /* a surrogate */
    WRONG("office_request", "\x08\x01\x12\x03\x08\x01\x00", KADR_EPROTO, "a field has the wrong wire type");
    WRONG("office_request", "\x08\x01\x22\x02\x0b\x0c", KADR_EPROTO, "not a protobuf message"); /* group */
    WRONG("envelope", "\x08\x09", KADR_EPROTO, "an unknown enum number");
    WRONG("receipt",
          "\x0a\x02KZ\x12\x03"
          "abc",
          KADR_EPROTO, "stream of a receipt");
    WRONG("report",
          "\x08\x01\x32\x01"
          "a",
          KADR_EPROTO, "report id is not 16 bytes");
    WRONG("report",
          "\x08\x01\x32\x10"
          "0123456789abcdef"
          "\x4a\x00",
          KADR_EPROTO, "an observation without a period");
    WRONG("report",
          "\x08\x01\x32\x10"
          "0123456789abcdef"
          "\x4a\x06\x22\x00\x32\x02\x0a\x00",
          KADR_EPROTO, "a scale that is not 1, 10, 100 or 1000");
    WRONG("report",
          "\x08\x01\x32\x10"
          "0123456789abcdef"
          "\x4a\x04\x22\x00\x32\x00",
          KADR_EPROTO, "a value that says nothing");
    WRONG("files", "\x0a\x03\x0a\x01/", KADR_EPROTO, "name of a reference file");
}

/* Fields of a newer office: skipped, wherever they are. */
static void test_unknown_fields_are_skipped(void **state)
{
    (void)state;
    static const char bytes[] = "\x08\x01\x32\x10"
                                "0123456789abcdef"
                                "\xf2\x3f\x03new"
                                "\xf8\x3f\x05"
                                "\xfd\x3f"
                                "1234"
                                "\xf9\x3f"
                                "12345678"
                                "\x4a\x11"
                                "\x0a\x02KZ"
                                "\x22\x00"
                                "\x32\x04\x0a\x02\x18\x01"
                                "\xf2\x3f\x00"
                                "\x40\x01";
    const char *why = "";
    assert_int_equal(decode_bytes(type_named("report"), bytes, sizeof(bytes) - 1, &why), 0);
}

/* 1 MiB of empty observations would unpack to more than the arena holds. */
static void test_amplification_is_capped(void **state)
{
    (void)state;
    struct kadr_buf bomb KADR_CLEANUP(kadr_buf_done) = { 0 };
    kadr_buf_add(&bomb, "\x08\x01", 2);
    while (bomb.len < KADR_MAX_REPORT_BYTES) {
        kadr_buf_add(&bomb, "\x4a\x00", 2);
    }
    const char *why = "";
    assert_int_equal(decode_bytes(type_named("report"), bomb.data, bomb.len, &why), KADR_ENOMEM);
    assert_string_equal(why, "too large when unpacked");
}

static void test_unknown_fields_are_bounded(void **state)
{
    (void)state;
    struct kadr_buf frame KADR_CLEANUP(kadr_buf_done) = { 0 };
    kadr_buf_add(&frame, "\x08\x01\x22\x00", 4);
    while (frame.len < KADR_MAX_FRAME_BYTES) {
        kadr_buf_add(&frame, "\x7a\x00", 2);
    }
    const char *why = "";
    assert_int_equal(decode_bytes(type_named("query_request"), frame.data, frame.len, &why), KADR_EPROTO);
    assert_string_equal(why, "too many unknown fields");
}

/* ---- small things ---- */

static void test_codes(void **state)
{
    (void)state;
    char code[KADR_MAX_CODE_BYTES + 2];
    memset(code, 'a', sizeof(code));
    code[KADR_MAX_CODE_BYTES + 1] = '\0';
    assert_false(kadr_code_valid(code));
    code[KADR_MAX_CODE_BYTES] = '\0';
    assert_true(kadr_code_valid(code));
    assert_true(kadr_code_valid("KZ-35_a.1"));
    assert_false(kadr_code_valid(""));
    assert_false(kadr_code_valid("a b"));
    assert_false(kadr_code_valid("a/b"));
    assert_false(kadr_code_valid("Ж"));
}

static void test_topics(void **state)
{
    (void)state;
    struct kadr_buf topic KADR_CLEANUP(kadr_buf_done) = { 0 };
    kadr_topic_format("KZ/KZ-35/", "need_declared", &topic);
    assert_string_equal(kadr_buf_str(&topic), "D/KZ/KZ-35/:need_declared;");
}

static void test_outcomes(void **state)
{
    (void)state;
    assert_string_equal(kadr_outcome_text(KADR_OUTCOME_COMMITTED), "committed");
    assert_string_equal(kadr_outcome_text(KADR_OUTCOME_HELD), "held");
    assert_string_equal(kadr_outcome_text((enum kadr_outcome)99), "unknown");
}

static void test_diagnostics(void **state)
{
    (void)state;
    struct kadr_arena *arena KADR_CLEANUP(kadr_arena_free) = NULL;
    struct kadr_diags diags KADR_CLEANUP(kadr_diags_done) = { 0 };
    const struct kadr_wire_diag *wire;
    size_t count;
    assert_int_equal(kadr_arena_new(KADR_MAX_ARENA_BYTES, &arena), 0);
    kadr_diags_init(&diags);
    for (int32_t i = 0; i < KADR_MAX_DIAGNOSTICS + 5; i++) {
        kadr_diags_add(&diags, KADR_DIAG_UNKNOWN_UNIT, i, 1, 2, "KZ-99", NULL, NULL);
    }
    assert_int_equal(kadr_wire_diags_from(&diags, arena, &wire, &count), 0);
    assert_int_equal(count, KADR_MAX_DIAGNOSTICS + 1);
    assert_int_equal(wire[0].number, KADR_DIAG_UNKNOWN_UNIT);
    assert_string_equal(wire[0].name, "unknown_unit");
    assert_non_null(strstr(wire[0].text, "KZ-99"));
    assert_int_equal(wire[count - 1].number, KADR_DIAG_TRUNCATED);
    assert_string_equal(wire[count - 1].diag.arg[0], "5");
}

int main(void)
{
    memset(long_text, 'a', sizeof(long_text) - 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_right_report_passes),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_a_report_in_the_place_of_another),
        cmocka_unit_test(test_a_report_as_a_whole),
        cmocka_unit_test(test_too_many_observations),
        cmocka_unit_test(test_submits),
        cmocka_unit_test(test_appends),
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_a_series_is_asked_point_by_point),
        cmocka_unit_test(test_points_are_of_those_that_are_counted),
        cmocka_unit_test(test_a_coverage_never_exceeds_the_expected),
        cmocka_unit_test(test_explanations),
        cmocka_unit_test(test_unit_paths),
        cmocka_unit_test(test_a_delta_covers_commits),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_unknown_fields_are_skipped),
        cmocka_unit_test(test_unknown_fields_are_bounded),
        cmocka_unit_test(test_amplification_is_capped),
        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_topics),
        cmocka_unit_test(test_outcomes),
        cmocka_unit_test(test_diagnostics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
