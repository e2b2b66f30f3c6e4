/* SPDX-License-Identifier: Apache-2.0 */
/* docs/rollup.md, Who has reported: of a period, by its due day, one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/owed.h"
#include "rollup_world.h"

#include "../rng.h"
#include "rollup_reference.h"

#define OWED_HEADER                                                                                       \
    "code,kind,measure,scale,time,space,level,dimensions,exhaustive,stale_after_days,expires_after_days," \
    "expected,min,max,negative,name_en,name_ru,name_kk,numerator,denominator,factor,ignores,terms,every," \
    "due_days\n"
#define OWED_CATALOGUE                                                                                   \
    OWED_HEADER                                                                                          \
    "headcount,stock,person,1,last,sum,region,cadre settlement,cadre settlement,40,400,calendar,,,no,H," \
    "H,H,,,,,,month,10\n"                                                                                \
    "population,stock,person,1,last,sum,region,,,400,1825,calendar,,,no,P,P,P,,,,,,year,60\n"            \
    "density,stock,per_10000,100,last,ratio,region,cadre,,400,1825,calendar,,,no,D,D,D,headcount,"       \
    "population,10000,cadre,,,\n"                                                                        \
    "arrivals,flow,person,1,sum,sum,region,cadre,cadre,,,calendar,,,no,A,A,A,,,,,,quarter,15\n"          \
    "beds,stock,person,1,last,sum,district,,,40,400,calendar,,,no,B,B,B,,,,,,month,10\n"                 \
    "teams,event,person,1,count,sum,region,,,,,none,,,no,M,M,M,,,,,,,\n"

#define OWED_UNITS                                                                                \
    UNITS_HEADER "KZ,country,,1900-01-01,,,,KZ,KZ,KZ\n" REGION("KZ-1")                            \
        REGION("KZ-2") "KZ-3,region,KZ,1900-01-01,2024-01-20,,,C,C,C\n"                           \
                       "KZ-4,region,KZ,2024-01-10,,,,D,D,D\n"                                     \
                       "KZ-5,region,KZ,1900-01-01,2023-06-07,KZ-5 KZ-6,,,,\n"                     \
                       "KZ-5,region,KZ,2023-06-08,,,,E,E,E\nKZ-6,region,KZ,2023-06-08,,,,F,F,F\n" \
                       "100000000,district,KZ-1,1900-01-01,,,,G,G,G\n"                            \
                       "100000001,district,KZ-1,1900-01-01,,,,G,G,G\n"                            \
                       "500000000,district,KZ-5,1900-01-01,2023-06-07,,,,,\n"                     \
                       "500000000,district,KZ-5,2023-06-08,,,,J,J,J\n"

/* All that was said, and what was said up to the due day. */
struct office {
    struct world now, then;
    kadr_day due;
    struct kadr_owed_nothing nothing[8];
    size_t nothing_count;
};

static void open_office(struct office *o, const char *today, const char *due)
{
    struct kadr_reference *reference = load_reference(OWED_UNITS, OWED_CATALOGUE, EXAMPLE_MEMBERS);
    memset(o, 0, sizeof(*o));
    world_open(&o->now, kadr_reference_ref(reference), today);
    world_open(&o->then, reference, today);
    o->due = day(due);
}

static void close_office(struct office *o)
{
    world_close(&o->now);
    world_close(&o->then);
}

/* Stated at noon of a day. */
static void state_on(struct office *o, const char *stated, const char *line)
{
    kadr_ms at = kadr_day_begin_ms(day(stated)) + INT64_C(43200000);
    say_at(&o->now, at, line);
    if (day(stated) <= o->due) {
        say_at(&o->then, at, line);
    }
}

static void nothing_on(struct office *o, const char *stated, const char *unit)
{
    o->nothing[o->nothing_count++] =
        (struct kadr_owed_nothing){ .office = kadr_unit_find(o->now.reference, unit),
                                    .stated_at_ms = kadr_day_begin_ms(day(stated)) + 1 };
}

static void ask_owed(struct office *o, const char *unit, const char *indicator, const char *period,
                     struct kadr_owed *ret)
{
    struct kadr_owed_query query = { .unit = kadr_unit_find(o->now.reference, unit),
                                     .indicator = kadr_indicator_find(o->now.reference, indicator),
                                     .nothing = o->nothing,
                                     .nothing_count = o->nothing_count };
    assert_int_equal(kadr_period_parse(period, &query.period), 0);
    assert_int_equal(kadr_rollup_owed(o->now.rollup, o->then.rollup, &query, ret), 0);
}

#define OWED_TEXT 2048

/* `KZ-1 complete on_time; KZ-2 missing overdue since 2024-02-11; …` */
static void shows_owed(struct office *o, const char *question, const char *expected)
{
    KADR_CLEANUP(kadr_owed_done) struct kadr_owed owed;
    struct words words;
    char text[OWED_TEXT] = "", a[KADR_DAY_TEXT_BYTES];
    size_t len = 0;
    split(&words, question);
    ask_owed(o, words.word[0], words.word[1], words.word[2], &owed);
#define ADD(...) len += (size_t)snprintf(text + len, OWED_TEXT - len, __VA_ARGS__)
    for (size_t i = 0; i < owed.count; i++) {
        const struct kadr_owed_row *row = &owed.rows[i];
        ADD("%s%s %s", i ? "; " : "", kadr_unit_info(o->now.reference, row->unit)->code,
            kadr_owed_state_text(row->state));
        ADD(row->reason ? " ?%s" : "", kadr_reason_code(row->reason));
        ADD(row->time ? " %s" : "", kadr_owed_time_text(row->time));
        ADD(row->late_since != KADR_DAY_NONE ? " since %s" : "", kadr_day_format(row->late_since, a));
        ADD(row->stood_for ? " stood_for" : "");
        ADD(row->stale ? " stale" : "");
        ADD(row->opened != KADR_DAY_NONE ? " opened %s" : "", kadr_day_format(row->opened, a));
        ADD(row->closed != KADR_DAY_NONE ? " closed %s" : "", kadr_day_format(row->closed, a));
        ADD(row->owed ? "" : " not owed");
    }
#undef ADD
    assert_string_equal(text, expected);
}

#define JANUARY "KZ headcount 2024-01"
#define OTHERS  "KZ-4 missing overdue since 2024-02-11 opened 2024-01-10"
#define FIVES   "KZ-5 missing overdue since 2024-02-11; KZ-6 missing overdue since 2024-02-11"
#define CLOSED  "KZ-3 missing closed 2024-01-20 not owed"

/* ---- in time and late ---------------------------------------------------------------------------------- */

static void in_time_and_late(void **state)
{
    struct office o;
    (void)state;
    open_office(&o, "2024-02-20", "2024-02-10");
    state_on(&o, "2024-02-10", "KZ-1 headcount - 2024-01-31 10");
    state_on(&o, "2024-02-11", "KZ-2 headcount - 2024-01-31 20");
    shows_owed(&o, JANUARY,
               "KZ-1 complete on_time; KZ-2 complete late since 2024-02-11; " CLOSED "; " OTHERS "; " FIVES);
    close_office(&o);
}

static void a_correction_does_not_make_a_report_late(void **state)
{
    struct office o;
    (void)state;
    open_office(&o, "2024-02-20", "2024-02-10");
    state_on(&o, "2024-02-05", "KZ-1 headcount - 2024-01-31 10");
    state_on(&o, "2024-02-15", "KZ-1 headcount - 2024-01-31 11");
    shows_owed(&o, "KZ-1 headcount 2024-01", "KZ-1 complete on_time");
    close_office(&o);
}

static void until_the_due_day_ends_nobody_is_late(void **state)
{
    struct office o;
    (void)state;
    open_office(&o, "2024-02-10", "2024-02-10");
    shows_owed(&o, "KZ-1 headcount 2024-01", "KZ-1 missing not_due");
    next_day(&o.now, "2024-02-11");
    next_day(&o.then, "2024-02-11");
    shows_owed(&o, "KZ-1 headcount 2024-01", "KZ-1 missing overdue since 2024-02-11");
    close_office(&o);
}

static void a_part_in_time_and_the_rest_later_is_late(void **state)
{
    struct office o;
    (void)state;
    open_office(&o, "2024-02-20", "2024-02-10");
    state_on(&o, "2024-02-05", "KZ-1 headcount cadre=doctor 2024-01-31 10");
    shows_owed(&o, "KZ-1 headcount 2024-01", "KZ-1 incomplete overdue since 2024-02-11");
    state_on(&o, "2024-02-12", "KZ-1 headcount cadre=midlevel 2024-01-31 10");
    state_on(&o, "2024-02-12", "KZ-1 headcount cadre=nurse_higher 2024-01-31 10");
    shows_owed(&o, "KZ-1 headcount 2024-01", "KZ-1 complete late since 2024-02-11");
    close_office(&o);
}

/* ---- what stands, and what was said -------------------------------------------------------------------- */

static void a_figure_of_before_is_no_report_of_the_period(void **state)
{
    struct office o;
    (void)state;
    open_office(&o, "2024-02-20", "2024-02-10");
    state_on(&o, "2024-01-05", "KZ-1 headcount - 2023-12-31 10");
    state_on(&o, "2024-01-05", "KZ-2 headcount - 2023-11-30 20");
    state_on(&o, "2022-01-05", "KZ-4 headcount - 2022-01-01 20");
    state_on(&o, "2022-01-05", "KZ-6 headcount - 2022-01-01 20");
    shows_owed(&o, "KZ-1 headcount 2024-01", "KZ-1 carried overdue since 2024-02-11");
    shows_owed(&o, "KZ-2 headcount 2024-01", "KZ-2 carried overdue since 2024-02-11 stale");
    shows_owed(&o, "KZ-6 headcount 2024-01", "KZ-6 expired overdue since 2024-02-11");
    state_on(&o, "2024-02-05", "KZ-2 headcount cadre=doctor 2024-01-31 7");
    shows_owed(&o, "KZ-2 headcount 2024-01", "KZ-2 parts overdue since 2024-02-11 stale");
    state_on(&o, "2024-02-15", "KZ-1 headcount - 2024-02-01 10");
    shows_owed(&o, "KZ-1 headcount 2024-01", "KZ-1 carried overdue since 2024-02-11");
    close_office(&o);
}

/* The total is complete as of the last day, and a third of it is December's. */
static void a_total_of_old_and_new_parts_is_not_of_the_period(void **state)
{
    struct office o;
    (void)state;
    open_office(&o, "2024-02-20", "2024-02-10");
    state_on(&o, "2024-02-05", "KZ-1 headcount cadre=doctor 2024-01-31 7");
    state_on(&o, "2024-02-05", "KZ-1 headcount cadre=midlevel 2024-01-31 7");
    state_on(&o, "2024-01-05", "KZ-1 headcount cadre=nurse_higher 2023-12-31 7");
    shows_owed(&o, "KZ-1 headcount 2024-01", "KZ-1 parts overdue since 2024-02-11");
    state_on(&o, "2024-02-06", "KZ-1 headcount cadre=nurse_higher 2024-01-31 7");
    shows_owed(&o, "KZ-1 headcount 2024-01", "KZ-1 complete on_time");
    close_office(&o);
}

static void a_reason_is_an_answer_and_no_figure(void **state)
{
    struct office o;
    KADR_CLEANUP(kadr_owed_done) struct kadr_owed owed;
    (void)state;
    open_office(&o, "2024-02-20", "2024-02-10");
    state_on(&o, "2024-02-05", "KZ-1 headcount - 2024-01-31 ?not_reported");
    state_on(&o, "2024-02-05", "KZ-2 headcount - 2024-01-31 ?not_applicable");
    shows_owed(&o, "KZ-1 headcount 2024-01", "KZ-1 reason ?not_reported on_time");
    shows_owed(&o, "KZ-2 headcount 2024-01", "KZ-2 not_applicable ?not_applicable");
    ask_owed(&o, "KZ", "headcount", "2024-01", &owed);
    assert_int_equal(owed.sum.expected, 4); /* KZ-1, KZ-4, KZ-5, KZ-6 */
    assert_int_equal(owed.sum.state[KADR_OWED_NOT_APPLICABLE], 1);
    assert_int_equal(owed.sum.state[KADR_OWED_REASON], 1);
    assert_int_equal(owed.sum.time[KADR_OWED_ON_TIME], 1);
    assert_int_equal(owed.sum.time[KADR_OWED_OVERDUE], 3);
    close_office(&o);
}

static void nothing_to_report_is_of_the_period_before(void **state)
{
    struct office o;
    (void)state;
    open_office(&o, "2024-03-20", "2024-02-10");
    nothing_on(&o, "2024-01-30", "KZ-1"); /* speaks of December */
    shows_owed(&o, "KZ-1 headcount 2024-01", "KZ-1 missing overdue since 2024-02-11");
    nothing_on(&o, "2024-01-31", "KZ-1");
    nothing_on(&o, "2024-02-28", "KZ-2");
    nothing_on(&o, "2024-02-29", "KZ-6"); /* of February */
    nothing_on(&o, "2024-02-05", "KZ");   /* of itself, not of the regions */
    shows_owed(&o, JANUARY,
               "KZ-1 nothing on_time; KZ-2 nothing late since 2024-02-11; " CLOSED "; " OTHERS "; " FIVES);
    shows_owed(&o, "KZ-6 headcount 2024-02", "KZ-6 nothing on_time");
    close_office(&o);
}

/* ---- units --------------------------------------------------------------------------------------------- */

static void units_open_and_close_within_the_period(void **state)
{
    struct office o;
    KADR_CLEANUP(kadr_owed_done) struct kadr_owed owed;
    (void)state;
    open_office(&o, "2024-05-01", "2024-04-15");
    state_on(&o, "2024-01-15", "KZ-3 headcount - 2024-01-15 9"); /* of a unit that is gone at the end */
    shows_owed(&o, JANUARY,
               "KZ-1 missing overdue since 2024-02-11; KZ-2 missing overdue since 2024-02-11; "
               "KZ-3 parts closed 2024-01-20 not owed; " OTHERS "; " FIVES);
    state_on(&o, "2024-04-01", "KZ-3 arrivals - 2024-Q1 9"); /* a flow of the time when it was there */
    ask_owed(&o, "KZ", "arrivals", "2024-Q1", &owed);
    assert_int_equal(owed.sum.expected, 6);
    assert_int_equal(owed.sum.state[KADR_OWED_COMPLETE], 1);
    assert_int_equal(owed.sum.beyond, 0);
    close_office(&o);
}

static void a_predecessor_stands_for_who_is_silent(void **state)
{
    struct office o;
    (void)state;
    open_office(&o, "2023-08-01", "2023-07-10");
    state_on(&o, "2023-06-02", "KZ-5 headcount - 2023-06-01 100");
    state_on(&o, "2023-07-02", "KZ-5 headcount - 2023-06-30 70");
    shows_owed(
        &o, "KZ headcount 2023-06",
        "KZ-1 missing overdue since 2023-07-11; KZ-2 missing overdue since 2023-07-11; KZ-3 missing "
        "overdue since 2023-07-11; KZ-5 complete on_time stood_for; KZ-6 missing overdue since 2023-07-11 "
        "stood_for opened 2023-06-08");
    close_office(&o);
}

static void districts_make_their_region_s_report(void **state)
{
    struct office o;
    (void)state;
    open_office(&o, "2024-02-20", "2024-02-10");
    state_on(&o, "2024-02-05", "100000000 headcount - 2024-01-31 4");
    shows_owed(&o, "KZ-1 headcount 2024-01", "KZ-1 incomplete overdue since 2024-02-11");
    state_on(&o, "2024-02-06", "100000001 headcount - 2024-01-31 5");
    shows_owed(&o, "KZ-1 headcount 2024-01", "KZ-1 complete on_time");
    state_on(&o, "2024-02-06", "100000001 beds - 2024-01-31 5");
    shows_owed(&o, "KZ-1 beds 2024-01",
               "100000000 missing overdue since 2024-02-11; 100000001 complete on_time");
    close_office(&o);
}

/* ---- kinds of figures ---------------------------------------------------------------------------------- */

static void flows_are_owed_by_their_period(void **state)
{
    struct office o;
    (void)state;
    open_office(&o, "2024-05-01", "2024-04-15");
    state_on(&o, "2024-04-02", "KZ-1 arrivals - 2024-Q1 4");
    state_on(&o, "2024-04-02", "KZ-2 arrivals - 2024-01 4");
    state_on(&o, "2024-04-02", "KZ-5 arrivals - 2023-Q4 4");
    shows_owed(&o, "KZ-1 arrivals 2024-Q1", "KZ-1 complete on_time");
    shows_owed(&o, "KZ-2 arrivals 2024-Q1", "KZ-2 incomplete overdue since 2024-04-16");
    shows_owed(&o, "KZ-5 arrivals 2024-Q1", "KZ-5 missing overdue since 2024-04-16");
    state_on(&o, "2024-04-20", "KZ-2 arrivals - 2024-02/2024-03 5");
    shows_owed(&o, "KZ-2 arrivals 2024-Q1", "KZ-2 complete late since 2024-04-16");
    close_office(&o);
}

static void without_a_rhythm_nobody_is_late(void **state)
{
    struct office o;
    KADR_CLEANUP(kadr_owed_done) struct kadr_owed owed;
    (void)state;
    open_office(&o, "2024-05-01", "2024-04-15");
    state_on(&o, "2024-02-02", "KZ-1 headcount - 2024-01-31 4");
    state_on(&o, "2024-02-02", "KZ-1 population - 2024-01-31 100");
    shows_owed(&o, "KZ-1 density 2024-01", "KZ-1 complete");
    state_on(&o, "2024-02-02", "KZ-1 teams - 2024-01-02/2024-01-04 4");
    ask_owed(&o, "KZ", "teams", "2024-01", &owed);
    assert_int_equal(owed.sum.expected, 0); /* nobody owes it */
    assert_int_equal(owed.sum.beyond, 1);
    assert_int_equal(owed.due, KADR_DAY_NONE);
    close_office(&o);
}

static void the_last_period_that_is_due(void **state)
{
    static const struct {
        const char *indicator, *today, *period;
    } cases[] = {
        { "headcount", "2024-02-09", "2023-12" }, { "headcount", "2024-02-10", "2024-01" },
        { "headcount", "2024-02-29", "2024-01" }, { "arrivals", "2024-04-14", "2023-Q4" },
        { "arrivals", "2024-04-15", "2024-Q1" },  { "population", "2024-02-28", "2022" },
        { "population", "2024-02-29", "2023" },
    };
    struct kadr_reference *reference = load_reference(OWED_UNITS, OWED_CATALOGUE, EXAMPLE_MEMBERS);
    struct kadr_period period;
    (void)state;
    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        char text[KADR_PERIOD_TEXT_BYTES];
        kadr_indicator indicator = kadr_indicator_find(reference, cases[i].indicator);
        assert_int_equal(
            kadr_owed_last_due(kadr_indicator_info(reference, indicator), day(cases[i].today), &period), 0);
        assert_string_equal(kadr_period_format(period, text), cases[i].period);
    }
    kadr_indicator teams = kadr_indicator_find(reference, "teams");
    assert_int_equal(kadr_owed_last_due(kadr_indicator_info(reference, teams), day("2024-02-01"), &period),
                     KADR_ENOENT);
    kadr_reference_unref(reference);
}

static void what_is_to_come_is_not_asked(void **state)
{
    struct office o;
    KADR_CLEANUP(kadr_owed_done) struct kadr_owed owed = { .count = 0 };
    (void)state;
    open_office(&o, "2024-02-20", "2024-02-10");
    struct kadr_owed_query query = { .period = { day("2024-02-21"), day("2024-02-29") } };
    assert_int_equal(kadr_rollup_owed(o.now.rollup, o.then.rollup, &query, &owed), KADR_EINVAL);
    query.period.first = day("2024-02-20");
    assert_int_equal(kadr_rollup_owed(o.now.rollup, o.then.rollup, &query, &owed), 0);
    close_office(&o);
}

/* ---- property ------------------------------------------------------------------------------------------ */

#define CASES 120

static void say_at_random(struct office *o, struct rng *rng)
{
    static const char *const units[] = { "KZ-1", "KZ-2", "KZ-3", "KZ-4",      "KZ-5",
                                         "KZ-6", "KZ-1", "KZ-5", "100000000", "100000001" };
    static const char *const breakdowns[] = {
        "-", "-", "-", "cadre=doctor", "cadre=midlevel", "cadre=nurse_higher", "settlement=rural"
    };
    static const char *const values[] = { "7",         "12",        "3..5",          ">60",
                                          "withdrawn", "?withheld", "?not_reported", "?not_applicable" };
    char line[128], from[KADR_DAY_TEXT_BYTES], stated[KADR_DAY_TEXT_BYTES], period[KADR_PERIOD_TEXT_BYTES];
    kadr_day at = day("2023-03-01") + (kadr_day)rng_below(rng, 400);
    bool flow = rng_below(rng, 2) == 0;
    if (flow) {
        (void)kadr_period_format(
            kadr_period_around(at, rng_below(rng, 2) ? KADR_PERIOD_MONTH : KADR_PERIOD_QUARTER), period);
    }
    const char *breakdown = breakdowns[rng_below(rng, KADR_COUNT(breakdowns))];
    snprintf(line, sizeof(line), "%s %s %s %s %s", units[rng_below(rng, KADR_COUNT(units))],
             flow ? "arrivals" : "headcount", flow && breakdown[0] == 's' ? "-" : breakdown,
             flow ? period : kadr_day_format(at, from), values[rng_below(rng, KADR_COUNT(values))]);
    state_on(o, kadr_day_format(at + (kadr_day)rng_below(rng, 100), stated), line);
}

/* What the rows say is what the cell counts, and nobody is counted twice or beyond those who owe. */
static void agrees_with_the_cell(struct office *o, const char *indicator, const char *period)
{
    KADR_CLEANUP(kadr_owed_done) struct kadr_owed owed;
    struct kadr_cell cell = { .basis = KADR_BASIS_NONE };
    char question[64], as_of[KADR_DAY_TEXT_BYTES];
    uint32_t reported = 0, complete = 0, heirs = 0, states = 0, times = 0;
    bool stock = strcmp(indicator, "headcount") == 0;
    ask_owed(o, "KZ", indicator, period, &owed);
    for (size_t i = 0; i < owed.count; i++) {
        const struct kadr_owed_row *row = &owed.rows[i];
        assert_true(i == 0 || owed.rows[i - 1].unit < row->unit);
        reported += row->owed && (row->stood_for || row->rests_on != KADR_DAY_NONE);
        heirs += row->stood_for && row->state == KADR_OWED_NOT_APPLICABLE;
        complete += row->owed && row->state == KADR_OWED_COMPLETE;
        assert_true(row->time != KADR_OWED_LATE || row->late_since == owed.due + 1);
    }
    for (size_t i = 0; i < KADR_OWED_STATES; i++) {
        states += owed.sum.state[i];
    }
    for (size_t i = 0; i < KADR_OWED_TIMES; i++) {
        times += owed.sum.time[i];
    }
    assert_int_equal(states, owed.sum.expected + owed.sum.state[KADR_OWED_NOT_APPLICABLE]);
    assert_int_equal(times, owed.sum.expected);
    assert_true(owed.sum.state[KADR_OWED_COMPLETE] + owed.sum.state[KADR_OWED_INCOMPLETE] <=
                owed.sum.expected);
    snprintf(question, sizeof(question), "KZ %s - %s", indicator, period);
    if (ask(&o->now, stock ? "KZ headcount -" : question,
            stock ? kadr_day_format(owed.period.last, as_of) : NULL, &cell)) {
        /* an heir that a predecessor stands for counts in the cell whatever it said; here it is as it said */
        assert_int_equal(cell.expected, owed.sum.expected + heirs);
        assert_int_equal(cell.reported, reported);
        assert_true(cell.complete + owed.sum.stood_for >= complete); /* theirs count as the predecessor is */
        assert_true(stock || cell.complete == complete);
    }
}

static void rows_agree_with_the_cells(void **state)
{
    static const char *const months[] = { "2023-05", "2023-06", "2023-07", "2023-12", "2024-01", "2024-02" };
    static const char *const quarters[] = { "2023-Q2", "2023-Q3", "2023-Q4", "2024-Q1" };
    (void)state;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        struct rng rng = { seed };
        struct office o;
        open_office(&o, "2024-05-01", "2024-02-10");
        size_t count = rng_below(&rng, 120);
        for (size_t i = 0; i < count; i++) {
            say_at_random(&o, &rng);
        }
        print_message("seed %llu\n", (unsigned long long)seed);
        for (size_t i = 0; i < KADR_COUNT(months); i++) {
            agrees_with_the_cell(&o, "headcount", months[i]);
        }
        for (size_t i = 0; i < KADR_COUNT(quarters); i++) {
            agrees_with_the_cell(&o, "arrivals", quarters[i]);
        }
        close_office(&o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_time_and_late),
        cmocka_unit_test(a_correction_does_not_make_a_report_late),
        cmocka_unit_test(until_the_due_day_ends_nobody_is_late),
        cmocka_unit_test(a_part_in_time_and_the_rest_later_is_late),
        cmocka_unit_test(a_figure_of_before_is_no_report_of_the_period),
        cmocka_unit_test(a_total_of_old_and_new_parts_is_not_of_the_period),
        cmocka_unit_test(a_reason_is_an_answer_and_no_figure),
        cmocka_unit_test(nothing_to_report_is_of_the_period_before),
        cmocka_unit_test(units_open_and_close_within_the_period),
        cmocka_unit_test(a_predecessor_stands_for_who_is_silent),
        cmocka_unit_test(districts_make_their_region_s_report),
        cmocka_unit_test(flows_are_owed_by_their_period),
        cmocka_unit_test(without_a_rhythm_nobody_is_late),
        cmocka_unit_test(the_last_period_that_is_due),
        cmocka_unit_test(what_is_to_come_is_not_asked),
        cmocka_unit_test(rows_agree_with_the_cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
