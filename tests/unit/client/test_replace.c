/* SPDX-License-Identifier: Apache-2.0 */
/* A report in the place of another: what is withdrawn, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/outbox_rig.h"
#include "client/replace.h"
#include "domain/shipped.h"

#define DAY    19681
#define OLD_MS 1000

static struct kadr_reference *shipped;

struct desk {
    struct outbox_rig rig;
    struct kadr_outbox *outbox;
    struct kadr_arena *arena;
    struct kadr_diags diags;
};

static void open_desk(struct desk *desk)
{
    *desk = (struct desk){ 0 };
    outbox_rig_make(&desk->rig);
    desk->outbox = outbox_rig_open(&desk->rig);
    assert_int_equal(kadr_arena_new(KADR_MAX_ARENA_BYTES, &desk->arena), 0);
    kadr_diags_init(&desk->diags);
}

static void close_desk(struct desk *desk)
{
    kadr_outbox_close(desk->outbox);
    outbox_rig_remove(&desk->rig);
    kadr_arena_free(desk->arena);
    kadr_diags_done(&desk->diags);
}
KADR_DEFINE_DONE(struct desk, close_desk)

#define DESK(name)                                     \
    KADR_CLEANUP(close_desk) struct desk name = { 0 }; \
    (void)state;                                       \
    open_desk(&(name))

static struct kadr_observation said(const char *unit, const char *cadre, int64_t figure)
{
    return (struct kadr_observation){ .unit = unit,
                                      .indicator = "headcount",
                                      .breakdown = { { "cadre", cadre } },
                                      .breakdown_count = 1,
                                      .period = { DAY, DAY },
                                      .occurrence = "",
                                      .value = { .kind = KADR_VALUE_INTERVAL, .lo = figure, .hi = figure },
                                      .scale = 1,
                                      .stated = "",
                                      .note = "a note" };
}

static struct kadr_report report_of(struct kadr_observation *observations, size_t count, kadr_ms stated_at_ms)
{
    return (struct kadr_report){ .stated_at_ms = stated_at_ms,
                                 .source = "",
                                 .published = KADR_DAY_NONE,
                                 .file = "",
                                 .report_id = { 1 },
                                 .observations = observations,
                                 .observation_count = count };
}

/* The old report is in the outbox; its number. */
static uint64_t put_old(struct desk *desk, struct kadr_observation *observations, size_t count)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf bytes = { 0 };
    struct kadr_report report = report_of(observations, count, OLD_MS);
    struct kadr_outbox_item item = { .file = "old.csv" };
    uint64_t sequence = 0;

    kadr_encode_report(&report, &bytes);
    item.report = (struct kadr_bytes){ bytes.data, bytes.len };
    assert_int_equal(kadr_outbox_put(desk->outbox, &item, 1, &sequence), 0);
    return sequence;
}

static void settle(struct desk *desk, struct kadr_receipt receipt, const struct kadr_wire_diag *diags,
                   size_t count)
{
    bool fresh = false;
    receipt.diags = diags;
    receipt.diag_count = count;
    assert_int_equal(kadr_outbox_settle(desk->outbox, &receipt, 1, &fresh), 0);
    assert_true(fresh);
}

/* Accepted in full, as commit 100 + sequence. */
static uint64_t answered_old(struct desk *desk, struct kadr_observation *observations, size_t count)
{
    uint64_t sequence = put_old(desk, observations, count);
    struct kadr_receipt receipt = outbox_rig_receipt(desk->outbox, sequence);
    receipt.accepted = (uint32_t)count;
    settle(desk, receipt, NULL, 0);
    return sequence;
}

static int replace(struct desk *desk, const char *receipt, struct kadr_report *report)
{
    kadr_diags_done(&desk->diags);
    kadr_diags_init(&desk->diags);
    return kadr_replace(desk->outbox, shipped, receipt, desk->arena, report, &desk->diags);
}

static void expect_told(const struct desk *desk, const char *code, const char *arg0)
{
    assert_true(desk->diags.count >= 1);
    assert_string_equal(kadr_diag_code_text(desk->diags.items[0].code), code);
    if (arg0 != NULL) {
        assert_string_equal(desk->diags.items[0].arg[0], arg0);
    }
}

static void test_receipts_have_two_names(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool fine, by_sequence;
        uint64_t number;
    } cases[] = { { "1204", true, false, 1204 },
                  { "sequence:7", true, true, 7 },
                  { "007", true, false, 7 },
                  { "", false, false, 0 },
                  { "0", false, false, 0 },
                  { "sequence:", false, false, 0 },
                  { "-1", false, false, 0 },
                  { "12a", false, false, 0 },
                  { " 1", false, false, 0 },
                  { "999999999999999999", true, false, 999999999999999999 },
                  { "1000000000000000000", false, false, 0 } };
    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        struct kadr_receipt_name name = { 0 };
        assert_int_equal(kadr_receipt_name_parse(cases[i].text, &name) == 0, cases[i].fine);
        if (cases[i].fine) {
            assert_int_equal(name.by_sequence, cases[i].by_sequence);
            assert_true(name.number == cases[i].number);
        }
    }
}

static void test_what_is_not_said_any_more_is_withdrawn(void **state)
{
    DESK(desk);
    struct kadr_observation old[] = { said("KZ-35", "doctor", 1), said("KZ-35", "midlevel", 2),
                                      said("KZ-KAR", "nurse_higher", 3) };
    struct kadr_observation new[] = { said("KZ-KAR", "doctor", 9), said("KZ-35", "nurse_higher", 3) };
    struct kadr_report report = report_of(new, 2, 5000);
    uint64_t sequence = answered_old(&desk, old, 3);
    assert_int_equal(replace(&desk, "101", &report), 0);
    expect_told(&desk, "replaced", "101");
    assert_string_equal(desk.diags.items[0].arg[1], "1");
    assert_int_equal(desk.diags.count, 2);
    assert_int_equal(desk.diags.items[1].code, KADR_DIAG_WITHDRAWN_BY_REPLACING);
    assert_string_equal(desk.diags.items[1].arg[0], "KZ-35");
    assert_string_equal(desk.diags.items[1].arg[1], "headcount cadre=midlevel");
    assert_string_equal(desk.diags.items[1].arg[2], "2023-11-20");
    assert_int_equal(report.observation_count, 3);
    const struct kadr_observation *gone = &report.observations[2];
    assert_string_equal(gone->unit, "KZ-35");
    assert_string_equal(gone->breakdown[0].member, "midlevel");
    assert_int_equal(gone->period.first, DAY);
    assert_int_equal(gone->value.kind, KADR_VALUE_WITHDRAWN);
    assert_true(gone->of_replaced);
    assert_string_equal(gone->note, "");
    assert_true(report.has_replaces);
    assert_memory_equal(report.replaces.stream, kadr_outbox_stream(desk.outbox)->bytes, 16);
    assert_true(report.replaces.sequence == sequence);
    assert_int_equal(report.replaces.stated_at_ms, OLD_MS);
}

static void test_nothing_may_be_left(void **state)
{
    DESK(desk);
    struct kadr_observation old[] = { said("KZ-35", "doctor", 1), said("KZ-35", "midlevel", 2) };
    struct kadr_report report = report_of(NULL, 0, 5000);
    old[1].value = (struct kadr_value){ .kind = KADR_VALUE_MISSING, .reason = KADR_REASON_NOT_REPORTED };
    answered_old(&desk, old, 2);
    assert_int_equal(replace(&desk, "sequence:1", &report), 0);
    assert_int_equal(report.observation_count, 2);
}

/* A figure that was refused or held is not taken back: an older one may stand there. */
static void test_only_what_took_force_is_withdrawn(void **state)
{
    DESK(desk);
    struct kadr_observation old[] = { said("KZ-35", "doctor", 1), said("KZ-35", "midlevel", 2),
                                      said("KZ-35", "nurse_higher", 3), said("KZ-99", "doctor", 4) };
    const struct kadr_wire_diag diags[] = {
        { .number = KADR_DIAG_IMPLAUSIBLE,
          .severity = KADR_SEVERITY_WARNING,
          .name = "implausible",
          .text = "",
          .remedy = "",
          .diag = { .observation = 1 } },
        { .number = KADR_DIAG_PARTS_EXCEED_TOTAL,
          .severity = KADR_SEVERITY_WARNING,
          .name = "x",
          .text = "",
          .remedy = "",
          .diag = { .observation = 2 } },
        { .number = KADR_DIAG_UNKNOWN_UNIT,
          .severity = KADR_SEVERITY_ERROR,
          .name = "unknown_unit",
          .text = "",
          .remedy = "",
          .diag = { .observation = 3 } },
    };
    struct kadr_report report = report_of(NULL, 0, 5000);
    uint64_t sequence = put_old(&desk, old, 4);
    struct kadr_receipt receipt = outbox_rig_receipt(desk.outbox, sequence);
    receipt.accepted = 2;
    receipt.rejected = receipt.held = 1;
    settle(&desk, receipt, diags, 3);
    assert_int_equal(replace(&desk, "101", &report), 0);
    assert_int_equal(report.observation_count, 2);
    assert_string_equal(report.observations[0].breakdown[0].member, "doctor");
    assert_string_equal(report.observations[1].breakdown[0].member, "nurse_higher");
}

static void test_a_report_that_was_refused_leaves_nothing_to_withdraw(void **state)
{
    DESK(desk);
    struct kadr_observation old[] = { said("KZ-35", "doctor", 1) }, new[] = { said("KZ-35", "midlevel", 1) };
    struct kadr_report report = report_of(new, 1, 5000);
    uint64_t sequence = put_old(&desk, old, 1);
    struct kadr_receipt receipt = outbox_rig_receipt(desk.outbox, sequence);
    receipt.outcome = KADR_OUTCOME_REFUSED;
    receipt.accepted = 0;
    settle(&desk, receipt, NULL, 0);
    assert_int_equal(replace(&desk, "101", &report), 0);
    assert_int_equal(report.observation_count, 1);
    assert_string_equal(desk.diags.items[0].arg[1], "0");
}

static void test_a_receipt_that_does_not_list_all(void **state)
{
    DESK(desk);
    struct kadr_observation old[] = { said("KZ-35", "doctor", 1) };
    const struct kadr_wire_diag diag = { .number = KADR_DIAG_TRUNCATED,
                                         .name = "truncated",
                                         .text = "",
                                         .remedy = "",
                                         .diag = { .observation = -1 } };
    struct kadr_report report = report_of(NULL, 0, 5000);
    uint64_t sequence = put_old(&desk, old, 1);
    settle(&desk, outbox_rig_receipt(desk.outbox, sequence), &diag, 1);
    assert_int_equal(replace(&desk, "101", &report), KADR_EINVAL);
    expect_told(&desk, "replaces_unknown", "101");
}

static void test_what_is_not_known_here_is_told(void **state)
{
    DESK(desk);
    struct kadr_observation old[] = { said("KZ-35", "doctor", 1) };
    struct kadr_report report = report_of(NULL, 0, 5000);
    (void)put_old(&desk, old, 1);
    assert_int_equal(replace(&desk, "sequence:1", &report), KADR_EINVAL); /* waits for its receipt */
    expect_told(&desk, "replaces_unknown", "sequence:1");
    assert_int_equal(replace(&desk, "sequence:2", &report), KADR_EINVAL);
    assert_int_equal(replace(&desk, "101", &report), KADR_EINVAL);
    assert_int_equal(replace(&desk, "nonsense", &report), KADR_EINVAL);
    expect_told(&desk, "replaces_unknown", "nonsense");
    assert_false(report.has_replaces);
    assert_int_equal(report.observation_count, 0);
}

static void test_a_replacement_is_not_older(void **state)
{
    DESK(desk);
    struct kadr_observation old[] = { said("KZ-35", "doctor", 1) };
    struct kadr_report report = report_of(NULL, 0, OLD_MS - 1);
    answered_old(&desk, old, 1);
    assert_int_equal(replace(&desk, "101", &report), KADR_EINVAL);
    expect_told(&desk, "replaces_later", NULL);
    report.stated_at_ms = OLD_MS;
    assert_int_equal(replace(&desk, "101", &report), 0);
}

static void test_more_than_a_report_holds(void **state)
{
    DESK(desk);
    static struct kadr_observation many[KADR_MAX_OBSERVATIONS];
    struct kadr_observation old[] = { said("KZ-35", "doctor", 1) };
    for (size_t i = 0; i < KADR_COUNT(many); i++) {
        many[i] = said("KZ-35", "midlevel", 1);
        many[i].period.first = many[i].period.last = 10000 + (kadr_day)i;
    }
    struct kadr_report report = report_of(many, KADR_COUNT(many), 5000);
    answered_old(&desk, old, 1);
    assert_int_equal(replace(&desk, "101", &report), KADR_EINVAL);
    expect_told(&desk, "too_many_observations", NULL);
    report.observation_count--;
    assert_int_equal(replace(&desk, "101", &report), 0);
    assert_int_equal(report.observation_count, KADR_MAX_OBSERVATIONS);
}

static void test_the_first_withdrawn_are_named(void **state)
{
    DESK(desk);
    struct kadr_observation old[KADR_MAX_WITHDRAWN_TOLD + 5];
    struct kadr_report report = report_of(NULL, 0, 5000);
    for (size_t i = 0; i < KADR_COUNT(old); i++) {
        old[i] = said("KZ-35", "doctor", 1);
        old[i].period.first = old[i].period.last = DAY + (kadr_day)i;
    }
    answered_old(&desk, old, KADR_COUNT(old));
    assert_int_equal(replace(&desk, "101", &report), 0);
    assert_string_equal(desk.diags.items[0].arg[1], "25");
    assert_int_equal(desk.diags.count, 1 + KADR_MAX_WITHDRAWN_TOLD);
}

static int load_shipped(void **state)
{
    (void)state;
    shipped = shipped_reference();
    return 0;
}

static int unload_shipped(void **state)
{
    (void)state;
    kadr_reference_unref(shipped);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_receipts_have_two_names),
        cmocka_unit_test(test_what_is_not_said_any_more_is_withdrawn),
        cmocka_unit_test(test_nothing_may_be_left),
        cmocka_unit_test(test_only_what_took_force_is_withdrawn),
        cmocka_unit_test(test_a_report_that_was_refused_leaves_nothing_to_withdraw),
        cmocka_unit_test(test_a_receipt_that_does_not_list_all),
        cmocka_unit_test(test_what_is_not_known_here_is_told),
        cmocka_unit_test(test_a_replacement_is_not_older),
        cmocka_unit_test(test_more_than_a_report_holds),
        cmocka_unit_test(test_the_first_withdrawn_are_named),
    };
    return cmocka_run_group_tests(tests, load_shipped, unload_shipped);
}
