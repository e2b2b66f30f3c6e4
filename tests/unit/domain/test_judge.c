/* SPDX-License-Identifier: Apache-2.0 */
/* The judgement of reports: every diagnostic the judge can give, what the shipped samples get, and that
 * verdicts do not depend on the order of the observations.
 */
#include "domain/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/csv.h"
#include "base/err.h"
#include "rng.h"
#include "shipped.h"

#define MOST 64

static struct kadr_reference *shipped;

static kadr_day day(const char *text)
{
    kadr_day result = KADR_DAY_NONE;
    assert_int_equal(kadr_day_parse(text, &result), 0);
    return result;
}

/* A report that owns its strings. */
struct draft {
    struct kadr_report report;
    struct kadr_observation observations[MOST];
    struct kadr_arena *arena;
    enum kadr_verdict verdicts[MOST];
    struct kadr_diags diags;
};

static void start(struct draft *draft)
{
    *draft = (struct draft){ 0 };
    assert_int_equal(kadr_arena_new(1u << 20, &draft->arena), 0);
    kadr_diags_init(&draft->diags);
    draft->report.source = draft->report.file = "";
    draft->report.published = KADR_DAY_NONE;
    draft->report.observations = draft->observations;
    memset(draft->verdicts, 0xee, sizeof(draft->verdicts));
}

static void done(struct draft *draft)
{
    kadr_arena_free(draft->arena);
    kadr_diags_done(&draft->diags);
}

static const char *keep(struct draft *draft, const char *text, size_t len)
{
    return kadr_arena_strndup(draft->arena, text, len);
}

/* `cadre=doctor settlement=rural` */
static void set_breakdown(struct draft *draft, struct kadr_observation *obs, const char *text)
{
    while (*text != '\0') {
        size_t dimension = strcspn(text, "="), len = strcspn(text, " ");
        assert_true(obs->breakdown_count < KADR_MAX_DIMENSIONS);
        obs->breakdown[obs->breakdown_count++] =
            (struct kadr_member_pair){ keep(draft, text, dimension),
                                       keep(draft, text + dimension + 1, len - dimension - 1) };
        text += len;
        text += *text == ' ';
    }
}

/* One row of an office's file; the line is its place in the draft, from 2 on. */
static struct kadr_observation *add(struct draft *draft, const char *unit, const char *indicator,
                                    const char *breakdown, const char *period, const char *value)
{
    assert_true(draft->report.observation_count < MOST);
    struct kadr_observation *obs = &draft->observations[draft->report.observation_count++];
    kadr_indicator found = kadr_indicator_find(shipped, indicator);

    *obs = (struct kadr_observation){ .unit = keep(draft, unit, strlen(unit)),
                                      .indicator = keep(draft, indicator, strlen(indicator)),
                                      .occurrence = "",
                                      .stated = keep(draft, value, strlen(value)),
                                      .note = "",
                                      .column = 5 };
    obs->line = (uint32_t)draft->report.observation_count + 1;
    obs->scale = found == KADR_NO_INDICATOR ? 1 : kadr_indicator_info(shipped, found)->scale;
    set_breakdown(draft, obs, breakdown);
    assert_int_equal(kadr_period_parse(period, &obs->period), 0);
    assert_int_equal(kadr_value_parse(value, obs->scale, &obs->value), KADR_VALUE_FINE);
    return obs;
}

static int judge(struct draft *draft, const char *office)
{
    return kadr_report_judge(shipped, NULL, office, &draft->report, day("2025-12-01"), draft->verdicts,
                             &draft->diags);
}

static size_t told(const struct draft *draft, enum kadr_diag_code code)
{
    size_t count = 0;
    for (size_t i = 0; i < draft->diags.count; i++) {
        count += draft->diags.items[i].code == code;
    }
    return count;
}

static const struct kadr_diag *first_of(const struct draft *draft, enum kadr_diag_code code)
{
    static const struct kadr_diag nothing;

    for (size_t i = 0; i < draft->diags.count; i++) {
        if (draft->diags.items[i].code == code) {
            return &draft->diags.items[i];
        }
    }
    fail_msg("%s was not told", kadr_diag_code_text(code));
    return &nothing;
}

/* A single observation of the office KZ-35 and what must be said of it: nothing (NONE) or exactly one thing.
 */
struct single {
    const char *unit, *indicator, *breakdown, *period, *value;
    enum kadr_diag_code code;
    const char *arg[3];
};

static const struct single singles[] = {
    { "KZ-35", "headcount", "", "2024-01-01", "10", KADR_DIAG_NONE, { NULL } },
    { "KZ-KAR", "headcount", "settlement=rural cadre=doctor", "2024-01-01", "10", KADR_DIAG_NONE, { NULL } },
    { "350000000", "headcount", "", "2020-01-01", "10", KADR_DIAG_NONE, { NULL } },
    { "KZ-35", "headcount", "", "2024-01-01", "?not_reported", KADR_DIAG_NONE, { NULL } },
    { "KZ-35", "headcount", "", "2024-01-01", "withdrawn", KADR_DIAG_NONE, { NULL } },
    { "KZ-35", "headcount", "", "2024-01-01", ">60", KADR_DIAG_NONE, { NULL } },
    { "KZ-35", "posts_established", "", "2024-01-01", "364,25", KADR_DIAG_NONE, { NULL } },
    { "KZ-35", "vacancy_posts", "", "2024-01-01", "-3.5", KADR_DIAG_NONE, { NULL } },
    { "KZ-35", "headcount", "", "2025-12-01", "1", KADR_DIAG_NONE, { NULL } }, /* today */
    { "KZ-35", "headcount", "", "2024-01-01", "0..1000000", KADR_DIAG_NONE, { NULL } },
    { "KZ-35", "facilities_planned", "", "2026/2027", "92", KADR_DIAG_NONE, { NULL } },
    { "KZ-35", "arrivals", "", "2021/2023", "9", KADR_DIAG_NONE, { NULL } },
    { "KZ-99", "headcount", "", "2024-01-01", "10", KADR_DIAG_UNKNOWN_UNIT, { "KZ-99" } },
    { "", "headcount", "", "2024-01-01", "10", KADR_DIAG_UNKNOWN_UNIT, { "" } },
    { "Карагандинская область",
      "headcount",
      "",
      "2024-01-01",
      "10",
      KADR_DIAG_UNIT_BY_NAME,
      { "Карагандинская область", "KZ-35" } },
    { "Западно-Казахстанская область",
      "headcount",
      "",
      "2024-01-01",
      "10",
      KADR_DIAG_UNIT_BY_NAME,
      { NULL, "KZ-27" } }, /* longer than a code may be */
    { "Западно-Казахстанская область!!!1",
      "headcount",
      "",
      "2024-01-01",
      "10",
      KADR_DIAG_TOO_LONG,
      { NULL, "48" } },
    { "KZ-33", "headcount", "", "2024-01-01", "10", KADR_DIAG_UNIT_OUTSIDE_SCOPE, { "KZ-33", "KZ-35" } },
    { "KZ", "headcount", "", "2024-01-01", "10", KADR_DIAG_UNIT_OUTSIDE_SCOPE, { "KZ", "KZ-35" } },
    { "KZ-33",
      "headcount",
      "",
      "2022-06-07",
      "10",
      KADR_DIAG_UNIT_NOT_VALID,
      { "KZ-33", "2022-06-07", "KZ-19" } },
    { "KZ-62", "arrivals", "", "2021", "10", KADR_DIAG_UNIT_NOT_VALID, { "KZ-62", "2021-01-01", "KZ-35" } },
    { "KZ-35", "heads", "", "2024-01-01", "10", KADR_DIAG_UNKNOWN_INDICATOR, { "heads" } },
    { "KZ-35",
      "Численность населения",
      "",
      "2024-01-01",
      "10",
      KADR_DIAG_INDICATOR_BY_NAME,
      { "Численность населения", "population" } },
    { "KZ-35", "headcount", "colour=red", "2024-01-01", "10", KADR_DIAG_UNKNOWN_DIMENSION, { "colour" } },
    { "KZ-35",
      "headcount",
      "funder=self",
      "2024-01-01",
      "10",
      KADR_DIAG_WRONG_DIMENSION,
      { "funder", "headcount" } },
    { "KZ-35",
      "headcount",
      "measure=person",
      "2024-01-01",
      "10",
      KADR_DIAG_WRONG_DIMENSION,
      { "measure", "headcount" } },
    { "KZ-35",
      "headcount",
      "cadre=shaman",
      "2024-01-01",
      "10",
      KADR_DIAG_UNKNOWN_MEMBER,
      { "shaman", "cadre" } },
    { "KZ-35",
      "headcount",
      "cadre=врачи",
      "2024-01-01",
      "10",
      KADR_DIAG_MEMBER_BY_NAME,
      { "врачи", "doctor" } },
    { "KZ-35",
      "headcount",
      "cadre=doctor cadre=midlevel",
      "2024-01-01",
      "10",
      KADR_DIAG_DIMENSION_TWICE,
      { "cadre" } },
    { "KZ-35",
      "headcount",
      "cadre=doctor cadre=doctor",
      "2024-01-01",
      "10",
      KADR_DIAG_DIMENSION_TWICE,
      { "cadre" } },
    { "KZ-35", "headcount", "", "2023", "10", KADR_DIAG_PERIOD_NOT_A_DAY, { "2023", "headcount" } },
    { "KZ-35", "average_wage", "", "2023-11", "10", KADR_DIAG_PERIOD_NOT_A_DAY, { "2023-11" } },
    { "KZ-35",
      "headcount",
      "",
      "2025-12-02",
      "10",
      KADR_DIAG_PERIOD_IN_FUTURE,
      { "2025-12-02", "2025-12-01" } },
    { "KZ-35",
      "headcount",
      "",
      "2024-01-01",
      "1000001",
      KADR_DIAG_IMPLAUSIBLE,
      { "1000001", "0", "1000000" } },
    { "KZ-35", "headcount", "", "2024-01-01", ">1000000", KADR_DIAG_IMPLAUSIBLE, { ">1000000" } },
    { "KZ-35",
      "vacancy_rate",
      "",
      "2024-01-01",
      "-100,01",
      KADR_DIAG_IMPLAUSIBLE,
      { "-100,01", "-100", "100" } },
    { "KZ-35", "vacancy_rate", "", "2024-01-01", "100,01", KADR_DIAG_OUT_OF_RANGE, { "100,01" } },
    { "KZ-35",
      "staffing_by_posts",
      "",
      "2024-01-01",
      "300,01",
      KADR_DIAG_IMPLAUSIBLE,
      { "300,01", "0", "300" } },
    { "KZ-35",
      "equipment_level",
      "",
      "2024-01-01",
      "100,01",
      KADR_DIAG_OUT_OF_RANGE,
      { "100,01", "0", "100" } },
    { "KZ-35", "headcount", "", "2024-01-01", "-1", KADR_DIAG_NEGATIVE, { "-1" } },
    { "KZ-35", "headcount", "", "2024-01-01", "-1..5", KADR_DIAG_NEGATIVE, { "-1..5" } },
};

static void check_single(const struct single *single, size_t number)
{
    struct draft draft;

    start(&draft);
    add(&draft, single->unit, single->indicator, single->breakdown, single->period, single->value);
    int err = judge(&draft, "KZ-35");
    if (single->code == KADR_DIAG_NONE) {
        if (err != 0 || draft.diags.count != 0 || draft.verdicts[0] != KADR_VERDICT_ACCEPTED) {
            fail_msg("single %zu: %s", number, kadr_diag_code_text(draft.diags.items[0].code));
        }
    } else {
        bool held = single->code == KADR_DIAG_IMPLAUSIBLE;
        if (err != (held ? 0 : KADR_EINVAL) || draft.diags.count != 1 ||
            draft.diags.items[0].code != single->code ||
            draft.verdicts[0] != (held ? KADR_VERDICT_HELD : KADR_VERDICT_REFUSED)) {
            fail_msg("single %zu: not %s", number, kadr_diag_code_text(single->code));
        }
        const struct kadr_diag *diag = &draft.diags.items[0];
        assert_int_equal(diag->observation, 0);
        assert_int_equal(diag->line, 2);
        assert_int_equal(diag->column, 5);
        for (size_t i = 0; i < KADR_COUNT(single->arg); i++) {
            if (single->arg[i] != NULL) {
                assert_string_equal(diag->arg[i], single->arg[i]);
            }
        }
    }
    done(&draft);
}

static void each_observation_is_judged_by_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < KADR_COUNT(singles); i++) {
        check_single(&singles[i], i);
    }
}

/* What only another program than ours would send. */
static void check_spoilt(void (*spoil)(struct kadr_observation *obs), enum kadr_diag_code code,
                         const char *arg0)
{
    struct draft draft;

    start(&draft);
    spoil(add(&draft, "KZ-35", "headcount", "", "2024-01-01", "10"));
    assert_int_equal(judge(&draft, "KZ-35"), KADR_EINVAL);
    assert_int_equal(draft.diags.count, 1);
    assert_int_equal(draft.diags.items[0].code, code);
    assert_string_equal(draft.diags.items[0].arg[0], arg0);
    done(&draft);
}

static char long_text[KADR_MAX_NOTE_BYTES + 2];

static void spoil_scale(struct kadr_observation *obs)
{
    obs->scale = 100;
}

static void spoil_count(struct kadr_observation *obs)
{
    obs->breakdown_count = KADR_MAX_DIMENSIONS + 1;
}

static void spoil_period(struct kadr_observation *obs)
{
    obs->period = (struct kadr_period){ 20, 10 };
}

static void spoil_interval(struct kadr_observation *obs)
{
    obs->value = (struct kadr_value){ .kind = KADR_VALUE_INTERVAL, .lo = 7, .hi = 3 };
}

static void spoil_reason(struct kadr_observation *obs)
{
    obs->value = (struct kadr_value){ .kind = KADR_VALUE_MISSING, .reason = KADR_REASON_NONE };
}

static void spoil_occurrence(struct kadr_observation *obs)
{
    obs->occurrence = "second";
}

static void spoil_note(struct kadr_observation *obs)
{
    obs->note = long_text;
}

static void spoil_letters(struct kadr_observation *obs)
{
    obs->note = "\xd0";
}

static void spoil_size(struct kadr_observation *obs)
{
    obs->indicator = "vacancy_posts";
    obs->scale = 100;
    obs->value = (struct kadr_value){ .kind = KADR_VALUE_INTERVAL, .lo = INT64_MIN, .hi = INT64_MAX };
    obs->stated = "all";
}

static void foreign_programs_are_answered_too(void **state)
{
    (void)state;
    memset(long_text, 'x', sizeof(long_text) - 1);
    check_spoilt(spoil_scale, KADR_DIAG_SCALE_MISMATCH, "100");
    check_spoilt(spoil_count, KADR_DIAG_TOO_MANY_DIMENSIONS, "");
    check_spoilt(spoil_period, KADR_DIAG_BAD_PERIOD, "20/10");
    check_spoilt(spoil_interval, KADR_DIAG_BAD_VALUE, "10");
    check_spoilt(spoil_reason, KADR_DIAG_UNKNOWN_REASON, "0");
    check_spoilt(spoil_occurrence, KADR_DIAG_OCCURRENCE_NOT_EVENT, "headcount");
    check_spoilt(spoil_note, KADR_DIAG_TOO_LONG, "note");
    check_spoilt(spoil_letters, KADR_DIAG_NOT_UTF8, "note");
    check_spoilt(spoil_size, KADR_DIAG_OUT_OF_RANGE, "all");
}

static void the_report_as_a_whole(void **state)
{
    (void)state;
    struct draft draft;

    start(&draft);
    add(&draft, "KZ-35", "headcount", "", "2024-01-01", "10");
    assert_int_equal(judge(&draft, "KZ-99"), KADR_EINVAL);
    assert_int_equal(draft.verdicts[0], KADR_VERDICT_REFUSED);
    assert_int_equal(first_of(&draft, KADR_DIAG_UNKNOWN_OFFICE)->observation, -1);
    draft.report.source = "\xff";
    assert_int_equal(judge(&draft, "KZ-35"), KADR_EINVAL);
    assert_string_equal(first_of(&draft, KADR_DIAG_NOT_UTF8)->arg[0], "source");
    memset(long_text, 'x', sizeof(long_text) - 1);
    draft.report.source = long_text;
    assert_int_equal(judge(&draft, "KZ-35"), KADR_EINVAL);
    assert_string_equal(first_of(&draft, KADR_DIAG_TOO_LONG)->arg[0], "source");
    draft.report.source = "";
    assert_int_equal(judge(&draft, "KZ-KAR"), 0);
    assert_int_equal(judge(&draft, "KZ"), 0);
    done(&draft);

    start(&draft);
    assert_int_equal(judge(&draft, "KZ-35"), KADR_EINVAL);
    assert_int_equal(told(&draft, KADR_DIAG_EMPTY_REPORT), 1);
    draft.report.nothing_to_report = true;
    assert_int_equal(judge(&draft, "KZ-35"), 0);
    assert_int_equal(draft.diags.count, 1);
    done(&draft);
}

static void too_many_observations_are_refused(void **state)
{
    (void)state;
    size_t count = KADR_MAX_OBSERVATIONS + 1;
    struct kadr_observation *observations = calloc(count, sizeof(*observations));
    enum kadr_verdict *verdicts = calloc(count, sizeof(*verdicts));
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags;
    struct kadr_report report = {
        .source = "", .file = "", .observations = observations, .observation_count = count
    };

    assert_true(observations != NULL && verdicts != NULL);
    kadr_diags_init(&diags);
    assert_int_equal(kadr_report_judge(shipped, NULL, "KZ-35", &report, day("2025-12-01"), verdicts, &diags),
                     KADR_EINVAL);
    assert_int_equal(diags.items[0].code, KADR_DIAG_TOO_MANY_OBSERVATIONS);
    assert_int_equal(verdicts[count - 1], KADR_VERDICT_REFUSED);
    free(observations);
    free(verdicts);
}

/* Values of one key in one report; the verdict of each: a accepted, r refused, s same fact. */
struct repeat {
    const char *values[4];
    const char *verdicts;
};

static const struct repeat repeats[] = {
    { { "60~10", "59" }, "sa" },
    { { "59", "60~10" }, "as" },
    { { "59", "59" }, "as" },
    { { "59", "60" }, "rr" },
    { { "55..60", "58..65" }, "rr" },
    { { ">50", "59" }, "sa" },
    { { ">50", ">60" }, "sa" },
    { { ">=60", "50..59" }, "rr" },
    { { "50..70", "55..65", "60" }, "ssa" },
    { { "50..62", "58..70", "60" }, "ssa" },
    { { "60", "50..70", "61" }, "rrr" },
    { { "?not_stated", "?not_stated" }, "as" },
    { { "?not_stated", "?withheld" }, "rr" },
    { { "?not_stated", "59" }, "rr" },
    { { "withdrawn", "withdrawn", "withdrawn" }, "ass" },
    { { "withdrawn", "59" }, "rr" },
};

static char letter(enum kadr_verdict verdict)
{
    return "arsh"[verdict];
}

static void one_fact_told_twice_counts_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < KADR_COUNT(repeats); i++) {
        size_t count = strlen(repeats[i].verdicts), same = 0, conflicts = 0;
        struct draft draft;
        start(&draft);
        for (size_t v = 0; v < count; v++) {
            /* the members in either order are one key */
            add(&draft, v % 2 == 0 ? "KZ-33" : "330000000", "facilities_planned",
                v % 2 == 0 ? "facility_type=va settlement=rural" : "settlement=rural facility_type=SVA",
                "2024", repeats[i].values[v]);
        }
        int err = judge(&draft, "KZ-33");
        for (size_t v = 0; v < count; v++) {
            if (letter(draft.verdicts[v]) != repeats[i].verdicts[v]) {
                fail_msg("repeat %zu, value %s: %c", i, repeats[i].values[v], letter(draft.verdicts[v]));
            }
            same += repeats[i].verdicts[v] == 's';
            conflicts += repeats[i].verdicts[v] == 'r';
        }
        assert_int_equal(err, conflicts > 0 ? KADR_EINVAL : 0);
        assert_int_equal(told(&draft, KADR_DIAG_SAME_FACT), same);
        assert_int_equal(told(&draft, KADR_DIAG_CONFLICT_IN_REPORT), conflicts);
        done(&draft);
    }
}

static void the_other_line_is_named(void **state)
{
    (void)state;
    struct draft draft;

    start(&draft);
    add(&draft, "KZ-33", "facilities_planned", "", "2024", "60~10");
    add(&draft, "KZ-33", "facilities_planned", "", "2023", "60");
    add(&draft, "KZ-33", "facilities_planned", "", "2024", "59");
    add(&draft, "KZ-33", "facilities_planned", "", "2023", "70");
    assert_int_equal(judge(&draft, "KZ-33"), 0);
    const struct kadr_diag *same = first_of(&draft, KADR_DIAG_SAME_FACT);
    assert_int_equal(same->line, 2);
    assert_string_equal(same->arg[0], "4");
    const struct kadr_diag *conflict = first_of(&draft, KADR_DIAG_CONFLICT_IN_REPORT);
    assert_int_equal(conflict->line, 3);
    assert_string_equal(conflict->arg[0], "5");
    draft.observations[2].line = 0;
    kadr_diags_done(&draft.diags);
    assert_int_equal(judge(&draft, "KZ-33"), 0);
    assert_string_equal(first_of(&draft, KADR_DIAG_SAME_FACT)->arg[0], "#3");
    done(&draft);
}

static void occurrences_keep_events_apart(void **state)
{
    (void)state;
    struct draft draft;

    start(&draft);
    add(&draft, "KZ-47", "consultations_given", "", "2023-11-06/2023-11-10", "60")->occurrence = "aktau";
    add(&draft, "KZ-47", "consultations_given", "", "2023-11-06/2023-11-10", "12")->occurrence = "zhanaozen";
    assert_int_equal(judge(&draft, "KZ-47"), 0);
    assert_int_equal(draft.diags.count, 0);
    draft.observations[1].occurrence = "aktau";
    assert_int_equal(judge(&draft, "KZ-47"), KADR_EINVAL);
    assert_int_equal(told(&draft, KADR_DIAG_CONFLICT_IN_REPORT), 2);
    done(&draft);
}

static void parts_of_another_occurrence_are_no_parts(void **state)
{
    (void)state;
    struct draft draft;

    start(&draft);
    add(&draft, "KZ-35", "facilities_opened", "", "2024-02", "1")->occurrence = "first";
    add(&draft, "KZ-35", "facilities_opened", "facility_type=va", "2024-02", "5")->occurrence = "second";
    assert_int_equal(judge(&draft, "KZ-35"), 0);
    assert_int_equal(draft.diags.count, 0);
    draft.observations[1].occurrence = "first";
    assert_int_equal(judge(&draft, "KZ-35"), 0);
    assert_int_equal(told(&draft, KADR_DIAG_PARTS_EXCEED_TOTAL), 1);
    done(&draft);
}

static void parts_above_their_total_are_pointed_out(void **state)
{
    (void)state;
    struct draft draft;

    start(&draft);
    add(&draft, "KZ-33", "headcount", "cadre=doctor", "2024-01-01", "100");
    add(&draft, "KZ-33", "headcount", "settlement=rural cadre=doctor", "2024-01-01", "60");
    add(&draft, "KZ-33", "headcount", "cadre=doctor settlement=urban", "2024-01-01", ">39");
    assert_int_equal(judge(&draft, "KZ-33"), 0);
    assert_int_equal(draft.diags.count, 0); /* 60 + 40 is 100 */
    add(&draft, "KZ-33", "headcount", "cadre=midlevel settlement=urban", "2024-01-01",
        "500");                                                                          /* no part of it */
    add(&draft, "KZ-33", "headcount", "cadre=doctor specialty=gp", "2024-01-01", "500"); /* not exhaustive */
    add(&draft, "KZ-33", "headcount", "cadre=doctor settlement=urban", "2024-01-02", "500"); /* another day */
    draft.observations[2].value.lo = 41;
    assert_int_equal(judge(&draft, "KZ-33"), 0);
    assert_int_equal(draft.diags.count, 1);
    const struct kadr_diag *diag = first_of(&draft, KADR_DIAG_PARTS_EXCEED_TOTAL);
    assert_int_equal(diag->observation, 0);
    assert_string_equal(diag->arg[0], "100");
    assert_string_equal(diag->arg[1], "101");
    for (size_t i = 0; i < draft.report.observation_count; i++) {
        assert_int_equal(draft.verdicts[i], KADR_VERDICT_ACCEPTED);
    }
    done(&draft);
}

static void an_open_total_holds_any_part(void **state)
{
    (void)state;
    struct draft draft;

    start(&draft);
    add(&draft, "KZ-33", "headcount", "", "2024-01-01", ">50");
    add(&draft, "KZ-33", "headcount", "cadre=doctor", "2024-01-01", "60");
    assert_int_equal(judge(&draft, "KZ-33"), 0);
    assert_int_equal(draft.diags.count, 0);
    done(&draft);
}

static void what_was_not_accepted_is_no_part(void **state)
{
    (void)state;
    struct draft draft;

    start(&draft);
    add(&draft, "KZ-33", "facilities_planned", "", "2024", "59");
    add(&draft, "KZ-33", "facilities_planned", "facility_type=va", "2024", "40");
    add(&draft, "KZ-33", "facilities_planned", "facility_type=va", "2024", "30..50");
    add(&draft, "KZ-33", "facilities_planned", "facility_type=fap", "2024", "?not_stated");
    assert_int_equal(judge(&draft, "KZ-33"), 0);
    assert_int_equal(told(&draft, KADR_DIAG_PARTS_EXCEED_TOTAL), 0);
    add(&draft, "KZ-33", "facilities_planned", "facility_type=mp", "2024", "20");
    assert_int_equal(judge(&draft, "KZ-33"), 0);
    assert_int_equal(told(&draft, KADR_DIAG_PARTS_EXCEED_TOTAL), 1);
    done(&draft);
}

static void all_or_nothing_is_kept(void **state)
{
    (void)state;
    struct draft draft;

    start(&draft);
    draft.report.all_or_nothing = true;
    add(&draft, "KZ-35", "headcount", "", "2024-01-01", "10");
    add(&draft, "KZ-35", "headcount", "", "2024-01-01", "10");
    assert_int_equal(judge(&draft, "KZ-35"), 0);
    assert_int_equal(draft.verdicts[1], KADR_VERDICT_SAME_FACT); /* told twice is not refused */
    add(&draft, "KZ-35", "heads", "", "2024-01-01", "10");
    assert_int_equal(judge(&draft, "KZ-35"), KADR_EINVAL);
    assert_int_equal(draft.verdicts[0], KADR_VERDICT_REFUSED);
    assert_int_equal(draft.verdicts[1], KADR_VERDICT_REFUSED);
    assert_int_equal(first_of(&draft, KADR_DIAG_ALL_OR_NOTHING)->observation, -1);
    draft.report.all_or_nothing = false;
    assert_int_equal(judge(&draft, "KZ-35"), 0);
    assert_int_equal(draft.verdicts[0], KADR_VERDICT_ACCEPTED);
    assert_int_equal(draft.verdicts[2], KADR_VERDICT_REFUSED);
    done(&draft);
}

/* The key that a report means, whatever the spelling. */
static void aliases_resolve_to_one_key(void **state)
{
    (void)state;
    struct kadr_key a, b;
    struct draft draft;

    start(&draft);
    add(&draft, "KZ-35", "facilities_opened", "facility_type=va settlement=rural", "2024-02", "1");
    add(&draft, "KZ-KAR", "facilities_opened", "settlement=rural facility_type=sva", "2024-02", "1");
    assert_int_equal(
        kadr_observation_resolve(shipped, &draft.observations[0], 0, day("2024-03-01"), NULL, &a), 0);
    assert_int_equal(
        kadr_observation_resolve(shipped, &draft.observations[1], 1, day("2024-03-01"), NULL, &b), 0);
    assert_int_equal(a.unit, b.unit);
    assert_int_equal(a.indicator, b.indicator);
    assert_true(a.breakdown == b.breakdown && a.breakdown != 0);
    assert_true(kadr_period_equal(a.period, b.period));
    done(&draft);
}

/* The files that ship, read without their `#` lines: unit,indicator,breakdown,period,value,note. */
static void judge_sample(const char *path, const char *office, size_t rows, size_t same_facts)
{
    struct kadr_bytes bytes = read_whole(path);
    const char *table = strstr((const char *)bytes.data, "unit,indicator,");
    KADR_CLEANUP(kadr_csv_done) struct kadr_csv csv;
    struct kadr_csv_record record;
    struct draft draft;

    assert_non_null(table);
    kadr_csv_init(&csv, table, strlen(table), ',', 1);
    assert_int_equal(kadr_csv_next(&csv, &record), 0);
    start(&draft);
    while (kadr_csv_next(&csv, &record) == 0) {
        assert_true(record.count >= 5);
        add(&draft, record.field[0].text, record.field[1].text, record.field[2].text, record.field[3].text,
            record.field[4].text);
    }
    draft.report.nothing_to_report = rows == 0;
    assert_int_equal(draft.report.observation_count, rows);
    if (judge(&draft, office) != 0 || draft.diags.count != same_facts ||
        told(&draft, KADR_DIAG_SAME_FACT) != same_facts) {
        fail_msg("%s: %s", path, kadr_diag_code_text(draft.diags.items[0].code));
    }
    done(&draft);
    free_bytes(bytes);
}

static void the_samples_are_accepted(void **state)
{
    (void)state;
    judge_sample("config/samples/KZ-35/2023-11-20.csv", "KZ-35", 6, 0);
    judge_sample("config/samples/KZ-35/2024-06-15.csv", "KZ-35", 3, 0);
    judge_sample("config/samples/KZ-33/2024-01-29.csv", "KZ-33", 21, 1); /* the headline's 60 */
    judge_sample("config/samples/KZ-47/2023-11-11.csv", "KZ-47", 11, 0);
    judge_sample("config/samples/KZ-10/2025-07-12-event.csv", "KZ-10", 1, 0);
    judge_sample("config/samples/KZ-10/2025-07-12-no-figures.csv", "KZ-10", 0, 0);
}

static void add_random(struct draft *draft, struct rng *rng)
{
    static const char *const units[] = { "KZ-35", "KZ-KAR", "KZ-33", "Караганда" };
    static const char *const indicators[] = { "headcount", "need_declared", "facilities_planned" };
    static const char *const breakdowns[] = { "", "settlement=rural", "settlement=urban", "cadre=doctor" };
    static const char *const periods[] = { "2024-01-01", "2024-01-02" };
    static const char *const values[] = {
        "1", "2", "1..3", "0..9", ">0", ">1", "?not_stated", "?withheld", "-1", "1000001", "withdrawn", "2..2"
    };

    add(draft, units[rng_below(rng, 8) % 4 * (rng_below(rng, 4) == 0)],
        indicators[rng_below(rng, KADR_COUNT(indicators))],
        breakdowns[rng_below(rng, KADR_COUNT(breakdowns))], periods[rng_below(rng, KADR_COUNT(periods))],
        values[rng_below(rng, KADR_COUNT(values))]);
}

/* Two observations that cannot be told apart but by their place. */
static bool twins(const struct kadr_observation *a, const struct kadr_observation *b)
{
    return strcmp(a->indicator, b->indicator) == 0 && a->breakdown_count == b->breakdown_count &&
           (a->breakdown_count == 0 || strcmp(a->breakdown[0].member, b->breakdown[0].member) == 0) &&
           kadr_period_equal(a->period, b->period) && kadr_value_equal(&a->value, &b->value);
}

/* The verdicts of a shuffled report are the shuffled verdicts, twins taken together. */
static void order_does_not_matter(void **state)
{
    (void)state;
    size_t seen[4] = { 0 };

    for (uint64_t seed = 1; seed <= 500; seed++) {
        struct rng rng = { seed };
        struct draft draft;
        size_t place[MOST], count = 2 + rng_below(&rng, 30);
        enum kadr_verdict before[MOST];

        start(&draft);
        for (size_t i = 0; i < count; i++) {
            add_random(&draft, &rng);
            place[i] = i;
        }
        int err = judge(&draft, "KZ-35");
        size_t warnings = told(&draft, KADR_DIAG_PARTS_EXCEED_TOTAL);
        memcpy(before, draft.verdicts, sizeof(before));
        struct kadr_observation original[MOST];
        memcpy(original, draft.observations, sizeof(original));
        for (size_t i = count; i-- > 1;) {
            size_t other = rng_below(&rng, i + 1), swap = place[i];
            place[i] = place[other];
            place[other] = swap;
        }
        for (size_t i = 0; i < count; i++) {
            draft.observations[i] = original[place[i]];
        }
        kadr_diags_done(&draft.diags);
        if (judge(&draft, "KZ-35") != err || told(&draft, KADR_DIAG_PARTS_EXCEED_TOTAL) != warnings) {
            fail_msg("seed %llu: another answer", (unsigned long long)seed);
        }
        for (size_t i = 0; i < count; i++) {
            bool tie = false;
            for (size_t j = 0; j < count; j++) {
                tie = tie || (j != place[i] && twins(&original[j], &original[place[i]]));
            }
            seen[before[i]]++;
            if (!tie && draft.verdicts[i] != before[place[i]]) {
                fail_msg("seed %llu: observation %zu: %c was %c", (unsigned long long)seed, place[i],
                         letter(draft.verdicts[i]), letter(before[place[i]]));
            }
        }
        done(&draft);
    }
    assert_true(seen[0] > 100 && seen[1] > 100 && seen[2] > 20 && seen[3] > 20);
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
        cmocka_unit_test(each_observation_is_judged_by_itself),
        cmocka_unit_test(foreign_programs_are_answered_too),
        cmocka_unit_test(the_report_as_a_whole),
        cmocka_unit_test(too_many_observations_are_refused),
        cmocka_unit_test(one_fact_told_twice_counts_once),
        cmocka_unit_test(the_other_line_is_named),
        cmocka_unit_test(occurrences_keep_events_apart),
        cmocka_unit_test(parts_of_another_occurrence_are_no_parts),
        cmocka_unit_test(parts_above_their_total_are_pointed_out),
        cmocka_unit_test(an_open_total_holds_any_part),
        cmocka_unit_test(what_was_not_accepted_is_no_part),
        cmocka_unit_test(all_or_nothing_is_kept),
        cmocka_unit_test(aliases_resolve_to_one_key),
        cmocka_unit_test(the_samples_are_accepted),
        cmocka_unit_test(order_does_not_matter),
    };
    return cmocka_run_group_tests(tests, load_shipped, unload_shipped);
}
