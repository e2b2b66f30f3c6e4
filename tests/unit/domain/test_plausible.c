/* SPDX-License-Identifier: Apache-2.0 */
/* Which figures are held, what confirms them, and what is said of one that comes too late. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/limits.h"
#include "domain/baseline.h"
#include "domain/held.h"
#include "domain/in_force.h"
#include "domain/plausible.h"
#include "domain/shipped.h"
#include "rng.h"

#define MOST 8

static struct kadr_reference *shipped;

/* A journal of one office, as ingestd judges and follows it. */
struct office {
    struct kadr_baseline *baseline;
    uint8_t reports; /* made so far; the id of the next one */
    kadr_ms now_ms;
    /* of the last report */
    struct kadr_diags diags;
    enum kadr_verdict verdicts[MOST];
    int outcome;
    /* how the next one is made */
    bool confirmed, all_or_nothing, again, unknown;
    kadr_ms stated_at_ms; /* 0: now */
};

static void open_office(struct office *office)
{
    static const uint8_t key[KADR_HASH_KEY_BYTES] = { 1, 2, 3 };
    *office = (struct office){ .now_ms = 1000 };
    assert_int_equal(kadr_baseline_new(key, &office->baseline), 0);
    kadr_diags_init(&office->diags);
}

static void close_office(struct office *office)
{
    kadr_baseline_free(office->baseline);
    kadr_diags_done(&office->diags);
}
KADR_DEFINE_DONE(struct office, close_office)

struct row {
    const char *unit, *indicator, *breakdown, *period, *value;
};

/* At most one member. */
static struct kadr_observation observation_of(const struct row *row, char scratch[2][KADR_MAX_CODE_BYTES + 1])
{
    struct kadr_observation obs = {
        .unit = row->unit, .indicator = row->indicator, .occurrence = "", .stated = row->value, .note = ""
    };
    const char *equals = strchr(row->breakdown, '=');
    kadr_indicator indicator = kadr_indicator_find(shipped, row->indicator);

    if (equals != NULL) {
        (void)snprintf(scratch[0], KADR_MAX_CODE_BYTES, "%.*s", (int)(equals - row->breakdown),
                       row->breakdown);
        (void)snprintf(scratch[1], KADR_MAX_CODE_BYTES, "%s", equals + 1);
        obs.breakdown[obs.breakdown_count++] = (struct kadr_member_pair){ scratch[0], scratch[1] };
    }
    assert_true(indicator != KADR_NO_INDICATOR);
    obs.scale = kadr_indicator_info(shipped, indicator)->scale;
    assert_int_equal(kadr_period_parse(row->period, &obs.period), 0);
    assert_int_equal(kadr_value_parse(row->value, obs.scale, &obs.value), KADR_VALUE_FINE);
    return obs;
}

/* A report is judged, and then stands in the journal. */
static void report(struct office *office, const struct row *rows, size_t count)
{
    char scratch[MOST][2][KADR_MAX_CODE_BYTES + 1];
    struct kadr_observation observations[MOST];
    uint8_t bytes[MOST];
    struct kadr_report made = { .source = "",
                                .file = "",
                                .published = KADR_DAY_NONE,
                                .all_or_nothing = office->all_or_nothing,
                                .confirmed = office->confirmed,
                                .observations = observations,
                                .observation_count = count };

    office->reports = (uint8_t)(office->reports + !office->again);
    made.report_id[0] = office->reports;
    office->now_ms += 1000;
    made.stated_at_ms = office->stated_at_ms != 0 ? office->stated_at_ms : office->now_ms;
    for (size_t i = 0; i < count; i++) {
        observations[i] = observation_of(&rows[i], scratch[i]);
    }
    kadr_diags_done(&office->diags);
    kadr_diags_init(&office->diags);
    office->outcome = kadr_report_judge(shipped, office->unknown ? NULL : office->baseline, "KZ", &made,
                                        20088, office->verdicts, &office->diags); /* 2024-12-31 */
    for (size_t i = 0; i < count; i++) {
        bytes[i] = (uint8_t)office->verdicts[i];
    }
    if (office->outcome == 0) {
        assert_int_equal(kadr_baseline_report(office->baseline, shipped, &made,
                                              (struct kadr_bytes){ bytes, count }, made.stated_at_ms),
                         0);
    }
    office->confirmed = office->all_or_nothing = office->again = office->unknown = false;
    office->stated_at_ms = 0;
}

static enum kadr_verdict say(struct office *office, const char *unit, const char *indicator,
                             const char *breakdown, const char *period, const char *value)
{
    const struct row row = { unit, indicator, breakdown, period, value };
    report(office, &row, 1);
    return office->verdicts[0];
}

static enum kadr_verdict doctors(struct office *office, const char *day, const char *value)
{
    return say(office, "KZ-33", "headcount", "cadre=doctor", day, value);
}

static const struct kadr_diag *only(const struct office *office, enum kadr_diag_code code)
{
    assert_int_equal(office->diags.count, 1);
    assert_string_equal(kadr_diag_code_text(office->diags.items[0].code), kadr_diag_code_text(code));
    return &office->diags.items[0];
}

#define OFFICE(name)                                       \
    KADR_CLEANUP(close_office) struct office name = { 0 }; \
    (void)state;                                           \
    open_office(&(name))

/* ---- the band ---- */

struct expected {
    const char *indicator, *before, *from, *to;
};

/* headcount: three times more or less, 50 persons whatever the factor, 0 to 1 000 000 by the catalogue. */
static const struct expected expectations[] = {
    { "headcount", "1894", "631", "5682" },
    { "headcount", "", "0", "1000000" },
    { "headcount", "0", "0", "50" },
    { "headcount", "60", "10", "180" },
    { "headcount", "1800..1900", "600", "5700" },
    { "headcount", ">=1800", "600", "1000000" },
    { "headcount", "900000", "300000", "1000000" },
    { "headcount", "1200000", "400000", "3600000" }, /* confirmed once: the catalogue was wrong */
    { "posts_established", "100.25", "33.41", "300.75" },
    { "vacancy_rate", "50", "-100", "100" }, /* no band */
    { "arrivals", "1000", "200", "5000" },
    { "arrivals", "", "0", "∞" },
    { "housing_need", "77", "0", "∞" },
};

static void a_band_goes_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < KADR_COUNT(expectations); i++) {
        const struct expected *e = &expectations[i];
        const struct kadr_indicator_info *info =
            kadr_indicator_info(shipped, kadr_indicator_find(shipped, e->indicator));
        struct kadr_value before;
        char from[KADR_BAND_TEXT_BYTES], to[KADR_BAND_TEXT_BYTES];
        bool known = e->before[0] != '\0';
        if (known) {
            assert_int_equal(kadr_value_parse(e->before, info->scale, &before), KADR_VALUE_FINE);
        }
        struct kadr_band band = kadr_band_of(info, known ? &before : NULL);
        kadr_band_format(&band, info->scale, from, to);
        if (strcmp(from, e->from) != 0 || strcmp(to, e->to) != 0) {
            fail_msg("%s beside %s: %s to %s, not %s to %s", e->indicator, e->before, from, to, e->from,
                     e->to);
        }
    }
}

static void below_zero_the_factor_goes_the_other_way(void **state)
{
    (void)state;
    const struct kadr_indicator_info info = { .may_be_negative = true,
                                              .min = INT64_MIN,
                                              .max = INT64_MAX,
                                              .scale = 1,
                                              .band_percent = 200,
                                              .band_floor = 5 };
    struct kadr_value before = { .kind = KADR_VALUE_INTERVAL, .lo = -100, .hi = -100 };
    struct kadr_band band = kadr_band_of(&info, &before);
    assert_int_equal(band.from, -200);
    assert_int_equal(band.to, -50);
    before = (struct kadr_value){ .kind = KADR_VALUE_INTERVAL, .lo = -4, .hi = 4 };
    band = kadr_band_of(&info, &before);
    assert_int_equal(band.from, -9);
    assert_int_equal(band.to, 9);
    before = (struct kadr_value){ .kind = KADR_VALUE_INTERVAL,
                                  .lo = -KADR_MAX_ABS_VALUE,
                                  .hi = KADR_MAX_ABS_VALUE };
    band = kadr_band_of(&info, &before); /* nothing overflows */
    assert_true(band.from <= -KADR_MAX_ABS_VALUE && band.to >= KADR_MAX_ABS_VALUE);
}

static void an_interval_is_as_plausible_as_its_upper_end(void **state)
{
    (void)state;
    const struct kadr_band band = { 10, 90 };
    static const struct {
        const char *value;
        bool holds;
    } cases[] = { { "10", true },  { "9", false },    { "90", true },    { "91", false },
                  { "<50", true }, { "0..9", false }, { "5..90", true }, { "5..91", false },
                  { ">60", true }, { ">=90", true },  { ">90", false },  { ">1", true } };
    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        struct kadr_value value;
        assert_int_equal(kadr_value_parse(cases[i].value, 1, &value), KADR_VALUE_FINE);
        if (kadr_band_holds(&band, &value) != cases[i].holds) {
            fail_msg("%s", cases[i].value);
        }
    }
}

/* ---- held, and what confirms it ---- */

static void ten_times_as_many_are_held(void **state)
{
    OFFICE(office);
    assert_int_equal(doctors(&office, "2023-12-31", "1894"), KADR_VERDICT_ACCEPTED);
    assert_int_equal(doctors(&office, "2024-01-31", "18940"), KADR_VERDICT_HELD);
    assert_int_equal(office.outcome, 0);
    const struct kadr_diag *diag = only(&office, KADR_DIAG_IMPLAUSIBLE);
    assert_string_equal(diag->arg[0], "18940");
    assert_string_equal(diag->arg[1], "631");
    assert_string_equal(diag->arg[2], "5682");
    assert_int_equal(doctors(&office, "2024-01-31", "1940"), KADR_VERDICT_ACCEPTED);
    assert_int_equal(office.diags.count, 0);
    assert_int_equal(doctors(&office, "2024-02-29", "190"), KADR_VERDICT_HELD); /* one tenth, too */
}

static void confirmed_by_the_office(void **state)
{
    OFFICE(office);
    doctors(&office, "2023-12-31", "1894");
    office.confirmed = true;
    assert_int_equal(doctors(&office, "2024-01-31", "18940"), KADR_VERDICT_ACCEPTED);
    assert_string_equal(only(&office, KADR_DIAG_CONFIRMED)->arg[2], "5682");
    assert_int_equal(doctors(&office, "2024-02-29", "19000"), KADR_VERDICT_ACCEPTED); /* as before now */
    assert_int_equal(office.diags.count, 0);
}

static void confirmed_by_a_second_statement(void **state)
{
    OFFICE(office);
    doctors(&office, "2023-12-31", "1894");
    assert_int_equal(doctors(&office, "2024-01-31", "18940"), KADR_VERDICT_HELD);
    assert_int_equal(doctors(&office, "2024-01-31", "18941"), KADR_VERDICT_HELD); /* another figure */
    assert_int_equal(doctors(&office, "2024-02-29", "18940"), KADR_VERDICT_HELD); /* of another day */
    office.again = true; /* the report that was held last, from a copy of its outbox */
    assert_int_equal(doctors(&office, "2024-02-29", "18940"), KADR_VERDICT_HELD);
    assert_int_equal(doctors(&office, "2024-01-31", "18940"), KADR_VERDICT_ACCEPTED);
    only(&office, KADR_DIAG_CONFIRMED);
}

/* A slip that was corrected does not wait for its second time. */
static void what_was_corrected_waits_no_more(void **state)
{
    OFFICE(office);
    doctors(&office, "2023-12-31", "1894");
    assert_int_equal(doctors(&office, "2024-01-31", "18940"), KADR_VERDICT_HELD);
    assert_int_equal(doctors(&office, "2024-01-31", "1894"), KADR_VERDICT_ACCEPTED);
    assert_int_equal(doctors(&office, "2024-01-31", "18940"), KADR_VERDICT_HELD);
}

static void the_rest_takes_force(void **state)
{
    OFFICE(office);
    const struct row rows[] = { { "KZ-33", "headcount", "cadre=doctor", "2024-01-31", "18940" },
                                { "KZ-33", "headcount", "cadre=midlevel", "2024-01-31", "6820" },
                                { "KZ-33", "headcount", "cadre=nobody", "2024-01-31", "1" } };
    doctors(&office, "2023-12-31", "1894");
    report(&office, rows, 3);
    assert_int_equal(office.verdicts[0], KADR_VERDICT_HELD);
    assert_int_equal(office.verdicts[1], KADR_VERDICT_ACCEPTED);
    assert_int_equal(office.verdicts[2], KADR_VERDICT_REFUSED);
}

static void all_or_nothing_waits_as_a_whole(void **state)
{
    OFFICE(office);
    const struct row rows[] = { { "KZ-33", "headcount", "cadre=doctor", "2024-01-31", "18940" },
                                { "KZ-33", "headcount", "cadre=midlevel", "2024-01-31", "6820" } };
    doctors(&office, "2023-12-31", "1894");
    office.all_or_nothing = true;
    report(&office, rows, 2);
    assert_int_equal(office.outcome, 0);
    assert_int_equal(office.verdicts[0], KADR_VERDICT_HELD);
    assert_int_equal(office.verdicts[1], KADR_VERDICT_HELD);
    assert_int_equal(office.diags.items[1].code, KADR_DIAG_ALL_OR_NOTHING);
    office.all_or_nothing = true;
    report(&office, rows, 2);
    assert_int_equal(office.verdicts[0], KADR_VERDICT_ACCEPTED);
    assert_int_equal(office.verdicts[1], KADR_VERDICT_ACCEPTED);
}

static void reasons_and_withdrawals_are_never_held(void **state)
{
    OFFICE(office);
    doctors(&office, "2023-12-31", "1894");
    assert_int_equal(doctors(&office, "2024-01-31", "?not_reported"), KADR_VERDICT_ACCEPTED);
    assert_int_equal(doctors(&office, "2024-02-29", "18940"), KADR_VERDICT_HELD); /* beside December */
    assert_int_equal(doctors(&office, "2023-12-31", "withdrawn"), KADR_VERDICT_ACCEPTED);
    assert_int_equal(doctors(&office, "2024-03-31", "18940"), KADR_VERDICT_ACCEPTED); /* nothing is left */
}

static void without_a_journal_only_the_catalogue_speaks(void **state)
{
    OFFICE(office);
    doctors(&office, "2023-12-31", "1894");
    office.unknown = true;
    assert_int_equal(doctors(&office, "2024-01-31", "18940"), KADR_VERDICT_ACCEPTED);
    office.unknown = true;
    assert_int_equal(doctors(&office, "2024-02-29", "1000001"), KADR_VERDICT_HELD);
}

/* ---- beside what ---- */

static void stocks_stand_beside_the_nearest_day(void **state)
{
    OFFICE(office);
    doctors(&office, "2023-01-31", "100");
    doctors(&office, "2023-06-30", "250");
    doctors(&office, "2023-12-31", "700");
    assert_int_equal(doctors(&office, "2023-07-31", "600"), KADR_VERDICT_ACCEPTED); /* beside 250 */
    assert_int_equal(doctors(&office, "2023-05-31", "600"), KADR_VERDICT_HELD);     /* beside 100 */
    assert_int_equal(doctors(&office, "2022-12-31", "301"), KADR_VERDICT_HELD);     /* the first later one */
    assert_int_equal(doctors(&office, "2022-12-31", "299"), KADR_VERDICT_ACCEPTED);
    assert_int_equal(say(&office, "KZ-35", "headcount", "cadre=doctor", "2023-07-31", "9000"),
                     KADR_VERDICT_ACCEPTED); /* another unit */
    assert_int_equal(say(&office, "KZ-33", "headcount", "cadre=midlevel", "2023-07-31", "9000"),
                     KADR_VERDICT_ACCEPTED); /* another breakdown */
}

/* Karaganda lost Ulytau on 2022-06-08. */
static void stocks_belong_to_the_borders_of_their_day(void **state)
{
    OFFICE(office);
    say(&office, "KZ-35", "headcount", "", "2022-06-07", "9000");
    assert_int_equal(say(&office, "KZ-35", "headcount", "", "2022-06-08", "1000"), KADR_VERDICT_ACCEPTED);
    assert_int_equal(say(&office, "KZ-35", "headcount", "", "2022-06-01", "1000"), KADR_VERDICT_HELD);
    assert_int_equal(say(&office, "KZ-KAR", "headcount", "", "2022-06-30", "9000"), KADR_VERDICT_HELD);
}

static void flows_stand_beside_periods_as_long(void **state)
{
    OFFICE(office);
    const char *unit = "KZ-33", *what = "arrivals";
    say(&office, unit, what, "", "2023", "1200");
    say(&office, unit, what, "", "2023-01", "100");
    assert_int_equal(say(&office, unit, what, "", "2023-02", "1200"), KADR_VERDICT_HELD);
    assert_int_equal(say(&office, unit, what, "", "2023-Q1", "1200"), KADR_VERDICT_ACCEPTED);
    assert_int_equal(say(&office, unit, what, "", "2024", "6001"), KADR_VERDICT_HELD);
    assert_int_equal(say(&office, unit, what, "", "2024", "5999"), KADR_VERDICT_ACCEPTED);
    assert_int_equal(say(&office, unit, what, "", "2023-01/2023-07", "9000"), KADR_VERDICT_ACCEPTED);
    assert_int_equal(say(&office, unit, what, "", "2023-02/2023-08", "9000"), KADR_VERDICT_ACCEPTED);
    assert_int_equal(say(&office, unit, what, "", "2022-01/2022-07", "90000"), KADR_VERDICT_HELD);
}

static void events_have_no_band(void **state)
{
    OFFICE(office);
    say(&office, "KZ-47", "consultations_given", "", "2023-11-06/2023-11-10", "6");
    assert_int_equal(say(&office, "KZ-47", "consultations_given", "", "2023-11-13/2023-11-17", "6000"),
                     KADR_VERDICT_ACCEPTED);
}

/* ---- too late ---- */

static void a_late_statement_is_told(void **state)
{
    OFFICE(office);
    doctors(&office, "2023-12-31", "1894");
    office.stated_at_ms = 1;
    assert_int_equal(doctors(&office, "2023-12-31", "18000"), KADR_VERDICT_ACCEPTED); /* need not be likely */
    only(&office, KADR_DIAG_NOT_IN_FORCE);
    office.stated_at_ms = 1;
    assert_int_equal(doctors(&office, "2023-11-30", "1890"), KADR_VERDICT_ACCEPTED);
    assert_int_equal(office.diags.count, 0);
    assert_int_equal(doctors(&office, "2023-12-31", "18000"), KADR_VERDICT_HELD); /* 1894 is in force */
    say(&office, "KZ-33", "housing_need", "", "2024-01-01", "77");                /* without a band as well */
    office.stated_at_ms = 1;
    say(&office, "KZ-33", "housing_need", "", "2024-01-01", "78");
    only(&office, KADR_DIAG_NOT_IN_FORCE);
}

/* ---- properties ---- */

static const char *number(char text[24], uint64_t value)
{
    (void)snprintf(text, 24, "%llu", (unsigned long long)value);
    return text;
}

static const char *random_day(char text[KADR_DAY_TEXT_BYTES], struct rng *rng)
{
    return kadr_day_format(kadr_day_from_civil(2023, 1, 1) + (kadr_day)rng_below(rng, 60), text);
}

/* Whatever was said before: what is confirmed gets in, what is said a second time gets in, and nothing that
 * was held is what a later figure stands beside. */
static void confirmed_or_said_twice_always_gets_in(void **state)
{
    size_t held = 0;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        OFFICE(office);
        struct rng rng = { seed };
        for (size_t i = 0; i < 60; i++) {
            char day[KADR_DAY_TEXT_BYTES], value[24];
            random_day(day, &rng);
            number(value, rng_below(&rng, 10) == 0 ? 1100000 + rng_below(&rng, 9) : rng_below(&rng, 3000));
            enum kadr_verdict verdict = doctors(&office, day, value);
            if (verdict == KADR_VERDICT_ACCEPTED) {
                continue;
            }
            held++;
            struct kadr_baseline_counts before, after;
            kadr_baseline_count(office.baseline, &before);
            if (rng_below(&rng, 2) == 0) {
                (void)doctors(&office, day, "7654321"); /* held as well, in between */
            }
            kadr_baseline_count(office.baseline, &after);
            if (after.periods != before.periods || after.timed_keys != before.timed_keys) {
                fail_msg("seed %llu: a held figure took force", (unsigned long long)seed);
            }
            office.confirmed = rng_below(&rng, 2) == 0;
            if (doctors(&office, day, value) != KADR_VERDICT_ACCEPTED) {
                fail_msg("seed %llu: %s of %s was held again", (unsigned long long)seed, value, day);
            }
        }
    }
    assert_true(held > 1000);
}

/* ---- bounds ---- */

static void the_newest_periods_are_kept(void **state)
{
    OFFICE(office);
    struct kadr_baseline_counts counts;
    char day[KADR_DAY_TEXT_BYTES], value[24];
    for (uint64_t i = 0; i < 3ull * KADR_MAX_BASELINE_PERIODS; i++) {
        (void)doctors(&office, kadr_day_format(19300 + (kadr_day)i, day), number(value, 100 + i));
    }
    kadr_baseline_count(office.baseline, &counts);
    assert_int_equal(counts.periods, KADR_MAX_BASELINE_PERIODS);
    assert_int_equal(counts.series, 1);
    assert_int_equal(counts.timed_keys, 3 * KADR_MAX_BASELINE_PERIODS);
    assert_int_equal(doctors(&office, "2024-12-01", "369"),
                     KADR_VERDICT_ACCEPTED); /* beside the newest, 123 */
    assert_int_equal(doctors(&office, "2022-06-30", "9999"), KADR_VERDICT_HELD);
    kadr_baseline_clear(office.baseline);
    kadr_baseline_count(office.baseline, &counts);
    assert_int_equal(counts.periods + counts.series + counts.timed_keys + counts.held, 0);
}

static void held_figures_make_room_for_newer_ones(void **state)
{
    (void)state;
    struct kadr_held held = { 0 };
    for (uint64_t i = 0; i < KADR_MAX_HELD + 10; i++) {
        assert_int_equal(kadr_held_add(&held, i / 2, i, 1), 0);
    }
    assert_int_equal(held.count, KADR_MAX_HELD);
    assert_int_equal(held.forgotten, 10);
    assert_false(kadr_held_has(&held, 4, 9, 2));
    assert_true(kadr_held_has(&held, 5, 10, 2));
    assert_false(kadr_held_has(&held, 5, 10, 1)); /* the same report */
    kadr_held_settle(&held, 5);
    assert_false(kadr_held_has(&held, 5, 10, 2));
    assert_false(kadr_held_has(&held, 5, 11, 2));
    assert_int_equal(held.count, KADR_MAX_HELD - 2);
    kadr_held_done(&held);
}

static void keys_without_a_place_are_counted(void **state)
{
    (void)state;
    struct kadr_in_force in_force = { 0 };
    bool took = false;
    for (uint64_t i = 0; i < KADR_MAX_TIMED_KEYS + 3; i++) {
        assert_int_equal(kadr_in_force_put(&in_force, i * 0x9e3779b97f4a7c15u, 100, &took), 0);
        assert_true(took);
    }
    assert_int_equal(in_force.count, KADR_MAX_TIMED_KEYS);
    assert_int_equal(in_force.untimed, 3);
    assert_true(kadr_in_force_is_later(&in_force, 0x9e3779b97f4a7c15u, 99));
    assert_false(kadr_in_force_is_later(&in_force, 0x9e3779b97f4a7c15u, 100));
    assert_false(kadr_in_force_is_later(&in_force, (KADR_MAX_TIMED_KEYS + 1) * 0x9e3779b97f4a7c15u, 1));
    assert_int_equal(kadr_in_force_put(&in_force, 0, 99, &took), 0); /* the key 0 is one like any other */
    assert_false(took);
    kadr_in_force_done(&in_force);
}

/* ---- another reference ---- */

static struct kadr_reference *with(const char *file_name, const char *from, const char *to)
{
    struct kadr_file files[SHIPPED_FILES];
    struct kadr_reference *reference = NULL;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf changed = { 0 };

    shipped_files(files);
    kadr_buf_init(&changed, 0);
    for (size_t i = 0; i < SHIPPED_FILES; i++) {
        if (strcmp(files[i].name, file_name) == 0) {
            const char *text = (const char *)files[i].bytes.data, *at = strstr(text, from);
            assert_non_null(at);
            kadr_buf_add(&changed, text, (size_t)(at - text));
            kadr_buf_add(&changed, to, strlen(to));
            kadr_buf_add(&changed, at + strlen(from), strlen(at + strlen(from)));
            files[i].bytes.len = changed.len;
        }
    }
    struct kadr_file given[SHIPPED_FILES];
    memcpy(given, files, sizeof(given));
    for (size_t i = 0; i < SHIPPED_FILES; i++) {
        if (strcmp(files[i].name, file_name) == 0) {
            given[i].bytes.data = changed.data;
        }
    }
    assert_int_equal(kadr_reference_load(given, SHIPPED_FILES, NULL, &reference), 0);
    for (size_t i = 0; i < SHIPPED_FILES; i++) {
        free_bytes(files[i].bytes);
    }
    return reference;
}

static void check_fits(const char *file_name, const char *from, const char *to, bool fits)
{
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *other = with(file_name, from, to);
    if (kadr_baseline_fits(shipped, other) != fits) {
        fail_msg("%s instead of %s", to, from);
    }
}

static void a_reference_fits_that_compares_the_same(void **state)
{
    (void)state;
    check_fits("indicators.csv", "Health workers;", "Workers;", true);
    check_fits("indicators.csv", "\nhousing_need,stock,person,1,", "\nhousing_need,stock,person,10,", false);
    check_fits("indicators.csv", "\nawards_given,", "\nawards_granted,", true); /* gone is not renamed */
    check_fits("units.csv", "Karaganda Region", "Karaganda", true);
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
        cmocka_unit_test(a_band_goes_both_ways),
        cmocka_unit_test(below_zero_the_factor_goes_the_other_way),
        cmocka_unit_test(an_interval_is_as_plausible_as_its_upper_end),
        cmocka_unit_test(ten_times_as_many_are_held),
        cmocka_unit_test(confirmed_by_the_office),
        cmocka_unit_test(confirmed_by_a_second_statement),
        cmocka_unit_test(what_was_corrected_waits_no_more),
        cmocka_unit_test(the_rest_takes_force),
        cmocka_unit_test(all_or_nothing_waits_as_a_whole),
        cmocka_unit_test(reasons_and_withdrawals_are_never_held),
        cmocka_unit_test(without_a_journal_only_the_catalogue_speaks),
        cmocka_unit_test(stocks_stand_beside_the_nearest_day),
        cmocka_unit_test(stocks_belong_to_the_borders_of_their_day),
        cmocka_unit_test(flows_stand_beside_periods_as_long),
        cmocka_unit_test(events_have_no_band),
        cmocka_unit_test(a_late_statement_is_told),
        cmocka_unit_test(confirmed_or_said_twice_always_gets_in),
        cmocka_unit_test(the_newest_periods_are_kept),
        cmocka_unit_test(held_figures_make_room_for_newer_ones),
        cmocka_unit_test(keys_without_a_place_are_counted),
        cmocka_unit_test(a_reference_fits_that_compares_the_same),
    };
    return cmocka_run_group_tests(tests, load_shipped, unload_shipped);
}
