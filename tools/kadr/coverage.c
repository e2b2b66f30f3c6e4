/* SPDX-License-Identifier: Apache-2.0 */
/* coverage.c - `kadr coverage`: who has reported, who is late, since when. */
#include <inttypes.h>
#include <string.h>

#include "cell_text.h"
#include "cli.h"
#include "client/snapshot.h"
#include "grid.h"
#include "json.h"
#include "trend.h"

#define MAX_WIDTH 36
#define MAX_NAMED 3 /* in a line of the overview */

struct coverage {
    const struct cli *cli;
    struct kadr_reference *names; /* NULL: codes only */
    struct kadr_position position;
    struct kadr_arena *arena;
    struct grid grid;
    struct page page;
    struct kadr_buf who;        /* of an overview: those that are waited for */
    uint32_t waited, named;     /* for how many, and how many of them stand in `who` */
    struct kadr_buf csv, last;  /* indicator that came last: a long list comes in parts */
    json_t *json, *list, *rows; /* the latter two borrowed from the first */
    bool headed, refused, failed;
};

/* ---- words ---- */

static const char *state_text(const struct coverage *coverage, const struct kadr_owed_row *row)
{
    enum text text = (enum text)(TEXT_OWED_COMPLETE + ((int)row->state - (int)KADR_OWED_COMPLETE));

    return text_of(coverage->cli->lang, text);
}

static void add_time(const struct coverage *coverage, const struct kadr_owed_row *row, struct kadr_buf *out)
{
    char since[KADR_DAY_TEXT_BYTES];

    if (row->time != KADR_OWED_NO_TIME) {
        enum text text = (enum text)(TEXT_OWED_ON_TIME + ((int)row->time - (int)KADR_OWED_ON_TIME));

        text_say(coverage->cli->lang, text, TEXT_ARGS(kadr_day_format(row->late_since, since)), out);
    }
}

static void add_note(const struct coverage *coverage, struct kadr_buf *out, enum text text, kadr_day day)
{
    char words[KADR_DAY_TEXT_BYTES];

    kadr_buf_add_str(out, out->len > 0 ? " · " : "");
    text_say(coverage->cli->lang, text, TEXT_ARGS(kadr_day_format(day, words)), out);
}

/* What else is worth knowing of a row. */
static void add_notes(const struct coverage *coverage, const struct kadr_owed_row *row, struct kadr_buf *out)
{
    if (row->reason != KADR_REASON_NONE && row->state == KADR_OWED_REASON) {
        add_note(coverage, out,
                 (enum text)(TEXT_NOT_STATED + ((int)row->reason - (int)KADR_REASON_NOT_STATED)),
                 KADR_DAY_NONE);
    }
    if (row->stated_at_ms != 0) {
        add_note(coverage, out, TEXT_STATED_ON, kadr_day_at(row->stated_at_ms));
    }
    if (row->state == KADR_OWED_CARRIED || row->state == KADR_OWED_PARTS) {
        if (row->rests_on != KADR_DAY_NONE) {
            add_note(coverage, out, TEXT_RESTS_ON, row->rests_on);
        }
    }
    if (row->stale) {
        add_note(coverage, out, TEXT_IS_STALE, KADR_DAY_NONE);
    }
    if (row->stood_for) {
        add_note(coverage, out, TEXT_STOOD_FOR, KADR_DAY_NONE);
    }
    if (row->opened != KADR_DAY_NONE) {
        add_note(coverage, out, TEXT_OPENED, row->opened);
    }
    if (row->closed != KADR_DAY_NONE) {
        add_note(coverage, out, TEXT_CLOSED, row->closed);
    }
    if (!row->owed) {
        add_note(coverage, out, TEXT_NOT_OWED, KADR_DAY_NONE);
    }
}

static const char *number_of(uint32_t number, char ret_text[16])
{
    (void)snprintf(ret_text, 16, "%" PRIu32, number); /* at most 10 digits */
    return ret_text;
}

/* ---- table ---- */

/* Of all indicators a line each; of one everybody. */
static bool is_overview(const struct coverage *coverage)
{
    return *coverage->cli->config.indicator == '\0';
}

static bool is_waited_for(const struct kadr_owed_row *row)
{
    return row->time == KADR_OWED_LATE || row->time == KADR_OWED_OVERDUE;
}

static void print_sum(const struct coverage *coverage, const struct kadr_wire_owed *owed)
{
    static const struct {
        enum kadr_owed_time time;
        enum text text;
    } times[] = { { KADR_OWED_ON_TIME, TEXT_SUM_ON_TIME },
                  { KADR_OWED_LATE, TEXT_SUM_LATE },
                  { KADR_OWED_OVERDUE, TEXT_SUM_OVERDUE },
                  { KADR_OWED_NOT_DUE, TEXT_SUM_NOT_DUE } };
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf line = { 0 };
    enum kadr_lang lang = coverage->cli->lang;
    char number[16], expected[16];
    uint32_t reported = owed->sum.state[KADR_OWED_COMPLETE] + owed->sum.state[KADR_OWED_INCOMPLETE];
    enum text of =
        (enum text)(TEXT_OF_COUNTRIES + (int)cell_reporting_level(coverage->names, owed->indicator));

    kadr_buf_init(&line, 0);
    text_say(lang, of, TEXT_ARGS(number_of(reported, number), number_of(owed->sum.expected, expected)),
             &line);
    for (size_t i = 0; i < KADR_COUNT(times); i++) {
        if (owed->sum.time[times[i].time] > 0) {
            kadr_buf_add_str(&line, " · ");
            text_say(lang, times[i].text, TEXT_ARGS(number_of(owed->sum.time[times[i].time], number)), &line);
        }
    }
    (void)fprintf(coverage->page.out, is_overview(coverage) ? " · %s" : "    %s\n", kadr_buf_str(&line));
}

static void print_head(struct coverage *coverage, const struct kadr_wire_owed *owed)
{
    enum kadr_lang lang = coverage->cli->lang;
    char period[KADR_PERIOD_TEXT_BYTES], due[KADR_DAY_TEXT_BYTES];

    if (!coverage->headed) {
        trend_heading(coverage->cli, coverage->names, owed->unit, &coverage->position, coverage->page.out);
        coverage->headed = true;
    }
    (void)fprintf(coverage->page.out, "  %s · %s",
                  cell_indicator_name(lang, coverage->names, owed->indicator),
                  kadr_period_format(owed->period, period));
    if (owed->due != KADR_DAY_NONE) {
        KADR_CLEANUP(kadr_buf_done) struct kadr_buf text = { 0 };

        kadr_buf_init(&text, 0);
        text_say(lang, TEXT_DUE, TEXT_ARGS(kadr_day_format(owed->due, due)), &text);
        (void)fprintf(coverage->page.out, " · %s", kadr_buf_str(&text));
    }
    if (!is_overview(coverage)) {
        (void)fputc('\n', coverage->page.out);
    }
    print_sum(coverage, owed);
}

static void print_row(struct coverage *coverage, const struct kadr_wire_owed_row *row)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf text = { 0 };

    kadr_buf_init(&text, 0);
    grid_row(&coverage->grid);
    grid_text(&coverage->grid, row->unit);
    grid_text(&coverage->grid, cell_unit_name(coverage->cli->lang, coverage->names, row->unit));
    grid_text(&coverage->grid, state_text(coverage, &row->row));
    add_time(coverage, &row->row, &text);
    grid_buf(&coverage->grid, &text);
    add_notes(coverage, &row->row, &text);
    grid_buf(&coverage->grid, &text);
}

/* The end of an indicator's line of the overview: who is waited for, when that is not everybody. */
static void end_line(struct coverage *coverage)
{
    if (coverage->page.out == NULL || !coverage->headed || !is_overview(coverage)) {
        return;
    }
    if (coverage->waited > coverage->named && coverage->named > 0) {
        kadr_buf_printf(&coverage->who, ", … +%" PRIu32, coverage->waited - coverage->named);
    }
    (void)fprintf(coverage->page.out, "%s\n", kadr_buf_str(&coverage->who));
    coverage->failed = coverage->failed || coverage->who.err != 0;
    kadr_buf_clear(&coverage->who);
}

static void begin_line(struct coverage *coverage, const struct kadr_wire_owed *owed)
{
    coverage->waited = owed->sum.time[KADR_OWED_LATE] + owed->sum.time[KADR_OWED_OVERDUE];
    coverage->named = 0;
    if (coverage->waited > 1 && coverage->waited == owed->sum.expected) {
        kadr_buf_add_str(&coverage->who, text_of(coverage->cli->lang, TEXT_SUM_EVERYBODY));
        coverage->named = coverage->waited; /* that names them */
    }
}

static void add_waited(struct coverage *coverage, const struct kadr_wire_owed_row *row)
{
    if (coverage->named < coverage->waited && coverage->named < MAX_NAMED) {
        kadr_buf_printf(&coverage->who, "%s%s", coverage->named > 0 ? ", " : ": ",
                        cell_unit_name(coverage->cli->lang, coverage->names, row->unit));
        coverage->named++;
    }
}

static void table_owed(struct coverage *coverage, const struct kadr_wire_owed *owed, bool first)
{
    if (coverage->page.out == NULL) {
        return; /* no memory: told at the end */
    }
    if (first) {
        end_line(coverage);
        print_head(coverage, owed);
        begin_line(coverage, owed);
    }
    for (size_t i = 0; i < owed->count; i++) {
        if (!is_overview(coverage)) {
            print_row(coverage, &owed->rows[i]);
        } else if (is_waited_for(&owed->rows[i].row)) {
            add_waited(coverage, &owed->rows[i]);
        }
    }
    grid_print(&coverage->grid, coverage->page.out, 6, MAX_WIDTH);
    coverage->failed = coverage->failed || coverage->grid.failed;
    grid_clear(&coverage->grid);
    kadr_arena_clear(coverage->arena);
}

/* ---- CSV and JSON ---- */

static void csv_owed(struct coverage *coverage, const struct kadr_wire_owed *owed)
{
    char period[KADR_PERIOD_TEXT_BYTES], a[KADR_DAY_TEXT_BYTES];
    struct kadr_buf *out = &coverage->csv;

    for (size_t i = 0; i < owed->count; i++) {
        const struct kadr_owed_row *row = &owed->rows[i].row;
        kadr_day stated = row->stated_at_ms != 0 ? kadr_day_at(row->stated_at_ms) : KADR_DAY_NONE;

        kadr_buf_printf(out, "%s,%s,%s,%s", owed->rows[i].unit, owed->indicator,
                        kadr_period_format(owed->period, period), kadr_day_format(owed->due, a));
        kadr_buf_printf(out, ",%s,%s,%s,%s", row->owed ? "true" : "false", kadr_owed_state_text(row->state),
                        kadr_owed_time_text(row->time), kadr_day_format(row->late_since, a));
        kadr_buf_printf(out, ",%s", kadr_day_format(stated, a));
        kadr_buf_printf(out, ",%s,%s,%s",
                        row->reason != KADR_REASON_NONE ? kadr_reason_code(row->reason) : "",
                        row->stale ? "true" : "false", row->stood_for ? "true" : "false");
        kadr_buf_printf(out, ",%s", kadr_day_format(row->rests_on, a));
        kadr_buf_printf(out, ",%s", kadr_day_format(row->opened, a));
        kadr_buf_printf(out, ",%s\n", kadr_day_format(row->closed, a));
    }
}

static json_t *json_of_sum(const struct kadr_owed_sum *sum)
{
    json_t *object = json_object();

    json_set(object, "expected", json_integer(sum->expected));
    for (size_t i = 1; i < KADR_OWED_STATES; i++) {
        json_set(object, kadr_owed_state_text((enum kadr_owed_state)i), json_integer(sum->state[i]));
    }
    for (size_t i = 1; i < KADR_OWED_TIMES; i++) {
        json_set(object, kadr_owed_time_text((enum kadr_owed_time)i), json_integer(sum->time[i]));
    }
    json_set(object, "stood_for", json_integer(sum->stood_for));
    json_set(object, "stale", json_integer(sum->stale));
    json_set(object, "beyond", json_integer(sum->beyond));
    return object;
}

static json_t *json_of_row(const struct kadr_wire_owed_row *wire)
{
    const struct kadr_owed_row *row = &wire->row;
    json_t *object = json_object();

    json_set(object, "unit", json_string(wire->unit));
    json_set(object, "owed", json_boolean(row->owed));
    json_set(object, "state", json_string(kadr_owed_state_text(row->state)));
    json_set(object, "time",
             row->time != KADR_OWED_NO_TIME ? json_string(kadr_owed_time_text(row->time)) : json_null());
    json_set(object, "late_since", json_of_day(row->late_since));
    json_set(object, "stated_at",
             row->stated_at_ms != 0 ? json_integer((json_int_t)row->stated_at_ms) : json_null());
    json_set(object, "reason",
             row->reason != KADR_REASON_NONE ? json_string(kadr_reason_code(row->reason)) : json_null());
    json_set(object, "stale", json_boolean(row->stale));
    json_set(object, "stood_for", json_boolean(row->stood_for));
    json_set(object, "rests_on", json_of_day(row->rests_on));
    json_set(object, "opened", json_of_day(row->opened));
    json_set(object, "closed", json_of_day(row->closed));
    return object;
}

static void json_owed(struct coverage *coverage, const struct kadr_wire_owed *owed, bool first)
{
    char period[KADR_PERIOD_TEXT_BYTES];

    if (first) {
        json_t *object = json_object();

        json_set(object, "unit", json_string(owed->unit));
        json_set(object, "indicator", json_string(owed->indicator));
        json_set(object, "period", json_string(kadr_period_format(owed->period, period)));
        json_set(object, "due", json_of_day(owed->due));
        json_set(object, "sum", json_of_sum(&owed->sum));
        json_set(object, "reporters", json_array());
        coverage->rows = json_object_get(object, "reporters");
        json_append(coverage->list, object);
    }
    for (size_t i = 0; i < owed->count; i++) {
        json_append(coverage->rows, json_of_row(&owed->rows[i]));
    }
}

/* ---- the question ---- */

static void on_begin(void *context, const struct kadr_position *position)
{
    struct coverage *coverage = context;

    coverage->position = *position;
    json_decref(coverage->json);
    coverage->json = json_of_state(position);
    json_set(coverage->json, "coverage", json_array());
    coverage->list = json_object_get(coverage->json, "coverage");
    page_begin(&coverage->page);
    coverage->headed = false;
    kadr_buf_clear(&coverage->who);
    kadr_buf_clear(&coverage->last);
    kadr_buf_clear(&coverage->csv);
    kadr_buf_add_str(&coverage->csv,
                     "unit,indicator,period,due,owed,state,time,late_since,stated,reason,stale,"
                     "stood_for,rests_on,opened,closed\n");
}

static void on_owed(void *context, const struct kadr_wire_owed *owed)
{
    struct coverage *coverage = context;
    const struct cli_config *config = &coverage->cli->config;
    bool first = strcmp(kadr_buf_str(&coverage->last), owed->indicator) != 0;

    kadr_buf_clear(&coverage->last);
    kadr_buf_add_str(&coverage->last, owed->indicator);
    if (config->json) {
        json_owed(coverage, owed, first);
    } else if (config->csv) {
        csv_owed(coverage, owed);
    } else {
        table_owed(coverage, owed, first);
    }
}

static void on_refused(void *context, const struct kadr_refusal *refusal)
{
    struct coverage *coverage = context;

    coverage->refused = true;
    cli_question_refused(coverage->cli, refusal);
}

static int finish(struct coverage *coverage)
{
    if (coverage->cli->config.json) {
        return json_print(KADR_TAKE(coverage->json)) == 0 ? KADR_EXIT_OK : KADR_EXIT_IOERR;
    }
    if (coverage->cli->config.csv) {
        coverage->failed = coverage->failed || coverage->csv.err != 0;
        (void)fputs(kadr_buf_str(&coverage->csv), stdout); /* cli_run() checks stdout */
    } else if (!coverage->headed) {
        (void)puts(text_of(coverage->cli->lang, TEXT_NO_CELLS));
    } else {
        end_line(coverage);
        coverage->failed = !page_show(&coverage->page) || coverage->failed;
    }
    return coverage->failed || coverage->last.err != 0 ? KADR_EXIT_SOFTWARE : KADR_EXIT_OK;
}

static int make_request(const struct coverage *coverage, struct kadr_query_request *ret)
{
    const struct cli *cli = coverage->cli;
    struct kadr_query_request request = { .kind = KADR_QUERY_COVERAGE };
    int code = cli_unit(cli, coverage->names, cli->config.unit, &request.coverage.unit);

    if (code == 0) {
        code = cli_indicator(cli, coverage->names, cli->config.indicator, &request.coverage.indicator);
    }
    if (code == 0 && *cli->config.known_at != '\0') {
        code = cli_instant("--known-at", cli->config.known_at, &request.coverage.known);
    }
    request.coverage.has_period = *cli->config.period != '\0';
    if (code == 0 && request.coverage.has_period &&
        kadr_period_parse(cli->config.period, &request.coverage.period) != 0) {
        cli_error("--period: want 2023-11-20, 2023-11, 2023-Q4, 2023-H1, 2023 or FIRST/LAST");
        code = KADR_EXIT_USAGE;
    }
    *ret = request;
    return code;
}

static int ask(struct coverage *coverage)
{
    const struct cli_config *config = &coverage->cli->config;
    const struct kadr_snapshot_events events = { .begin = on_begin, .owed = on_owed, .context = coverage };
    struct kadr_query_request request;
    int code = make_request(coverage, &request), err;

    if (code != 0) {
        return code;
    }
    err = kadr_ask(config->query, &request, config->timeout_ns, &events, on_refused);
    return err == 0 ? finish(coverage) : cli_ask_failed(coverage->cli, err, coverage->refused);
}

static int run(const struct cli *cli)
{
    struct coverage coverage = { .cli = cli };
    int code;

    if (cli->arg_count > 0) {
        cli_error("coverage takes no arguments; did you mean --indicator? See kadr coverage --help");
        return KADR_EXIT_USAGE;
    }
    kadr_buf_init(&coverage.csv, 0);
    kadr_buf_init(&coverage.last, 0);
    kadr_buf_init(&coverage.who, 0);
    coverage.names = cli_names(cli);
    code = kadr_arena_new(KADR_MAX_ARENA_BYTES, &coverage.arena) == 0 ? 0 : KADR_EXIT_SOFTWARE;
    coverage.grid.arena = coverage.arena;
    code = code == 0 ? ask(&coverage) : code;
    grid_done(&coverage.grid);
    page_done(&coverage.page);
    kadr_reference_unref(coverage.names);
    kadr_arena_free(coverage.arena);
    kadr_buf_done(&coverage.csv);
    kadr_buf_done(&coverage.last);
    kadr_buf_done(&coverage.who);
    json_decref(coverage.json);
    return code;
}

static const struct kadr_option options[] = {
    { "unit", KADR_OPTION_STRING, CLI_FIELD(unit), "", 0, KADR_MAX_CODE_BYTES,
      "the reporters inside this unit; empty: the country" },
    { "indicator", KADR_OPTION_STRING, CLI_FIELD(indicator), "", 0, KADR_MAX_CODE_BYTES,
      "code of the indicator; empty: all that have a rhythm" },
    { "period", KADR_OPTION_STRING, CLI_FIELD(period), "", 0, 64,
      "2024-01, 2023-Q4 …; empty: the last one that is due" },
    { "known_at", KADR_OPTION_STRING, CLI_FIELD(known_at), "", 0, 64,
      "as known at a commit, or at the end of a day; empty: now" },
    CLI_OUTPUT_OPTIONS,
};

const struct command command_coverage = {
    .name = "coverage",
    .summary = "who has reported a period, who is late, since when",
    .usage = "  kadr coverage                                    who is late with what\n"
             "  kadr coverage --indicator headcount              everybody, of the last month that is due\n"
             "  kadr coverage --indicator arrivals --period 2023-Q4 --csv\n\n"
             "In time is who had answered by what was stated up to the due day: a later correction changes\n"
             "nothing of that. A figure carried over from before the period is no report of it.\n",
    .options = options,
    .option_count = KADR_COUNT(options),
    .run = run,
};
