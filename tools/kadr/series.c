/* SPDX-License-Identifier: Apache-2.0 */
/* series.c - `kadr series`: one unit's figure, step by step, and of the same reporters. */
#include <inttypes.h>
#include <string.h>

#include "base/csv.h"
#include "cell_text.h"
#include "client/snapshot.h"
#include "json.h"
#include "lifetime.h"
#include "trend.h"

#define MAX_WIDTH 48

struct series {
    const struct cli *cli;
    struct kadr_reference *names; /* NULL: codes only */
    struct trend_ask ask;
    struct kadr_position position;
    struct kadr_arena *arena;
    struct grid grid;
    struct page page;
    struct kadr_buf csv;
    json_t *json;
    const struct format *format;
    bool headed, refused, failed;
};

struct format {
    const char *name;
    void (*begin)(struct series *series);
    void (*points)(struct series *series, const struct kadr_wire_trend *trend);
    int (*end)(struct series *series); /* exit code */
};

/* ---- table ---- */

static void table_begin(struct series *series)
{
    series->headed = false;
    grid_clear(&series->grid);
    page_begin(&series->page);
}

static void table_point(struct series *series, const struct kadr_wire_trend *trend,
                        const struct kadr_wire_point *point)
{
    const struct cli *cli = series->cli;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf text = { 0 };
    char period[KADR_PERIOD_TEXT_BYTES], carried[16];

    kadr_buf_init(&text, 0);
    grid_row(&series->grid);
    grid_text(&series->grid, kadr_period_format(point->period, period));
    cell_value(cli->lang, series->names, &point->cell, &text);
    grid_buf(&series->grid, &text);
    cell_days(&point->cell, &text);
    grid_buf(&series->grid, &text);
    trend_same(cli, point, trend->scale, &text);
    grid_buf(&series->grid, &text);
    if (point->carried > 0) {
        (void)snprintf(carried, sizeof(carried), "%" PRIu32, point->carried); /* at most 10 digits */
        text_say(cli->lang, TEXT_CARRIED, TEXT_ARGS(carried), &text);
        grid_buf(&series->grid, &text);
    }
}

static void table_head(struct series *series, const struct kadr_wire_trend *trend)
{
    const struct cli *cli = series->cli;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf same = { 0 }, breakdown = { 0 };

    if (!series->headed) {
        trend_heading(cli, series->names, trend->unit, &series->position, series->page.out);
        cell_indicator_heading(cli->lang, series->names, trend->indicator, series->page.out);
        series->headed = true;
    }
    kadr_buf_init(&breakdown, 0);
    cell_breakdown(cli->lang, series->names, &trend->points[0].cell, &breakdown);
    (void)fprintf(series->page.out, "  %s\n", kadr_buf_str(&breakdown));
    if (trend->same_basis != KADR_BASIS_NONE) {
        kadr_buf_init(&same, 0);
        trend_of_how_many(cli, series->names, trend, &same);
        grid_row(&series->grid);
        grid_text(&series->grid, "");
        grid_text(&series->grid, text_of(cli->lang, TEXT_AS_PUBLISHED));
        grid_text(&series->grid, "");
        grid_buf(&series->grid, &same);
    }
}

static void table_points(struct series *series, const struct kadr_wire_trend *trend)
{
    if (series->page.out == NULL) {
        return; /* no memory: told at the end */
    }
    table_head(series, trend);
    for (size_t i = 0; i < trend->point_count; i++) {
        table_point(series, trend, &trend->points[i]);
    }
    grid_print(&series->grid, series->page.out, 4, MAX_WIDTH);
    series->failed = series->failed || series->grid.failed;
    grid_clear(&series->grid);
    if (series->cli->config.same_reporters) {
        trend_print_left_out(series->cli, series->names, trend, series->page.out);
    }
}

static int table_end(struct series *series)
{
    if (!series->headed) {
        (void)puts(text_of(series->cli->lang, TEXT_NO_CELLS));
    }
    if (series->ask.point_count > 0) { /* the first step may lie before the unit's time */
        (void)lifetime_tell(series->cli, series->names, series->cli->config.unit, series->ask.points[0],
                            series->headed ? series->page.out : stdout);
    }
    return page_show(&series->page) ? KADR_EXIT_OK : KADR_EXIT_SOFTWARE;
}

/* ---- CSV ---- */

static void csv_begin(struct series *series)
{
    kadr_buf_clear(&series->csv);
    kadr_buf_add_str(&series->csv,
                     "unit,indicator,breakdown,period,lo,hi,known_hi,incomplete,basis,reported,complete,"
                     "expected,same_lo,same_hi,in_set,reporters,carried\n");
}

static void csv_figure(struct kadr_buf *out, int64_t figure, int32_t scale, bool open)
{
    char text[KADR_NUMBER_TEXT_BYTES];

    kadr_buf_printf(out, ",%s", open ? "" : kadr_number_format(figure, scale, text));
}

static void csv_point(struct series *series, const struct kadr_wire_trend *trend,
                      const struct kadr_wire_point *point)
{
    const struct kadr_cell *cell = &point->cell.cell;
    struct kadr_buf *out = &series->csv;
    char period[KADR_PERIOD_TEXT_BYTES];
    bool none = !kadr_cell_has_value(cell), asked = series->cli->config.same_reporters;

    kadr_buf_printf(out, "%s,%s,", trend->unit, trend->indicator);
    for (size_t i = 0; i < trend->breakdown_count; i++) {
        kadr_buf_printf(out, "%s%s=%s", i > 0 ? " " : "", trend->breakdown[i].dimension,
                        trend->breakdown[i].member);
    }
    kadr_buf_printf(out, ",%s", kadr_period_format(point->period, period));
    csv_figure(out, cell->lo, trend->scale, none);
    csv_figure(out, cell->hi, trend->scale, none || cell->hi_open);
    csv_figure(out, cell->known_hi, trend->scale, none || cell->known_hi_open);
    kadr_buf_printf(out, ",%s,%s,%" PRIu32 ",%" PRIu32, cell->incomplete ? "true" : "false",
                    kadr_basis_text(cell->basis), cell->reported, cell->complete);
    csv_figure(out, cell->expected, 1, cell->expected < 0);
    csv_figure(out, point->same.lo, trend->scale, !point->same.present);
    csv_figure(out, point->same.hi, trend->scale, !point->same.present || point->same.hi_open);
    csv_figure(out, trend->in, 1, !asked);
    csv_figure(out, trend->of, 1, !asked);
    csv_figure(out, point->carried, 1, !asked);
    kadr_buf_add_char(out, '\n');
}

static void csv_points(struct series *series, const struct kadr_wire_trend *trend)
{
    for (size_t i = 0; i < trend->point_count; i++) {
        csv_point(series, trend, &trend->points[i]);
    }
}

static int csv_end(struct series *series)
{
    series->failed = series->failed || series->csv.err != 0;
    (void)fputs(kadr_buf_str(&series->csv), stdout); /* cli_run() checks stdout */
    return KADR_EXIT_OK;
}

/* ---- JSON ---- */

static void as_json_begin(struct series *series)
{
    json_decref(series->json);
    series->json = json_of_state(&series->position);
    json_set(series->json, "series", json_array());
}

static void as_json_points(struct series *series, const struct kadr_wire_trend *trend)
{
    json_t *object = trend_json_key(series->names, trend), *list = json_array();

    for (size_t i = 0; i < trend->point_count; i++) {
        const struct kadr_wire_point *point = &trend->points[i];
        kadr_day as_of =
            point->period.last < series->position.day ? point->period.last : series->position.day;
        char period[KADR_PERIOD_TEXT_BYTES];
        json_t *one = json_object();

        json_set(one, "period", json_string(kadr_period_format(point->period, period)));
        json_set(one, "cell", json_of_cell(series->names, &point->cell, as_of));
        json_set(one, "same", trend_json_same(point, trend->scale));
        json_append(list, one);
    }
    json_set(object, "points", list);
    json_set(object, "same_reporters",
             series->cli->config.same_reporters ? trend_json_set(trend) : json_null());
    json_append(json_object_get(series->json, "series"), object);
}

static int as_json_end(struct series *series)
{
    return json_print(KADR_TAKE(series->json)) == 0 ? KADR_EXIT_OK : KADR_EXIT_IOERR;
}

static const struct format formats[] = { { "table", table_begin, table_points, table_end },
                                         { "csv", csv_begin, csv_points, csv_end },
                                         { "json", as_json_begin, as_json_points, as_json_end } };

/* ---- the question ---- */

#define WEEK KADR_PERIOD_IRREGULAR /* no calendar period: Monday to Sunday */

static const struct {
    const char *name;
    enum kadr_period_kind kind;
} steps[] = {
    { "month", KADR_PERIOD_MONTH }, { "quarter", KADR_PERIOD_QUARTER },   { "half", KADR_PERIOD_HALF },
    { "year", KADR_PERIOD_YEAR },   { "academic", KADR_PERIOD_ACADEMIC }, { "week", WEEK },
    { "day", KADR_PERIOD_DAY },
};

static struct kadr_period step_around(kadr_day day, enum kadr_period_kind kind)
{
    if (kind == WEEK) {
        kadr_day monday = day - (day % 7 + 7 + 3) % 7; /* 1970-01-01 was a Thursday */
        return (struct kadr_period){ monday, monday + 6 };
    }
    return kadr_period_around(day, kind);
}

static int parse_end(const char *option, const char *text, struct kadr_period *ret_period)
{
    if (kadr_period_parse(text, ret_period) == 0) {
        return 0;
    }
    (void)fprintf(stderr, "kadr: %s: want 2023-11-20, 2023-11, 2023-Q4 or 2023\n", option);
    return KADR_EXIT_USAGE;
}

/* The steps from the one that `first` lies in to the one that `last` lies in, but for those to come. */
static int add_steps(struct trend_ask *ask, kadr_day first, kadr_day last, enum kadr_period_kind kind)
{
    for (struct kadr_period step = step_around(first, kind); step.first <= last;
         step = step_around(step.last + 1, kind)) {
        if (ask->point_count == KADR_MAX_POINTS) {
            cli_error("more than 400 steps: take a longer --step or a shorter time");
            return KADR_EXIT_USAGE;
        }
        ask->points[ask->point_count++] = step;
        if (step.last >= last) {
            break;
        }
    }
    return 0;
}

static int make_points(const struct cli *cli, struct trend_ask *ask)
{
    const struct cli_config *config = &cli->config;
    kadr_day today = kadr_day_at(kadr_clock_wall_ms());
    struct kadr_period from, to = { today, today };
    int code = parse_end("--from", config->from, &from);

    if (code == 0 && *config->to != '\0') {
        code = parse_end("--to", config->to, &to);
    }
    if (code != 0) {
        return code;
    }
    to.last = to.last < today ? to.last : today;
    if (from.first > to.last) {
        cli_error("--from: want a day no later than --to and today");
        return KADR_EXIT_USAGE;
    }
    for (size_t i = 0; i < KADR_COUNT(steps); i++) {
        if (strcmp(steps[i].name, config->step) == 0) {
            return add_steps(ask, from.first, to.last, steps[i].kind);
        }
    }
    cli_error("--step: want month, quarter, half, year, academic, week or day");
    return KADR_EXIT_USAGE;
}

static void on_begin(void *context, const struct kadr_position *position)
{
    struct series *series = context;

    series->position = *position;
    series->format->begin(series);
}

static void on_points(void *context, const struct kadr_wire_trend *trend)
{
    struct series *series = context;

    series->format->points(series, trend);
}

static void on_refused(void *context, const struct kadr_refusal *refusal)
{
    struct series *series = context;

    series->refused = true;
    cli_question_refused(series->cli, refusal);
}

static int ask(struct series *series)
{
    const struct cli_config *config = &series->cli->config;
    const struct kadr_snapshot_events events = { .begin = on_begin, .points = on_points, .context = series };
    struct kadr_query_request request;
    int code = trend_breakdown(config->breakdown, &series->ask);

    code = code == 0 ? make_points(series->cli, &series->ask) : code;
    code = code == 0 ? trend_request(series->cli, series->names, &series->ask, &request) : code;
    if (code != 0) {
        return code;
    }
    request.series.all_breakdowns = config->all_breakdowns;
    request.series.same_reporters = config->same_reporters;
    int err = kadr_ask(config->query, &request, config->timeout_ns, &events, on_refused);
    if (err != 0) {
        return cli_ask_failed(series->cli, err, series->refused);
    }
    code = series->format->end(series);
    return series->failed ? KADR_EXIT_SOFTWARE : code;
}

static int run(const struct cli *cli)
{
    struct series series = { .cli = cli };
    int code;

    for (size_t i = 0; i < KADR_COUNT(formats); i++) {
        if (strcmp(formats[i].name, cli->config.format) == 0) {
            series.format = &formats[i];
        }
    }
    if (cli->arg_count > 0 || *cli->config.indicator == '\0' || *cli->config.from == '\0') {
        cli_error(cli->arg_count > 0 ? "series takes no arguments; see kadr series --help"
                                     : "series wants --indicator and --from; see kadr series --help");
        return KADR_EXIT_USAGE;
    }
    kadr_buf_init(&series.csv, 0);
    series.names = cli_names(cli);
    code = kadr_arena_new(KADR_MAX_ARENA_BYTES, &series.arena) == 0 ? 0 : KADR_EXIT_SOFTWARE;
    series.grid.arena = series.arena;
    code = code == 0 ? ask(&series) : code;
    grid_done(&series.grid);
    page_done(&series.page);
    kadr_reference_unref(series.names);
    kadr_arena_free(series.arena);
    kadr_buf_done(&series.csv);
    json_decref(series.json);
    return code;
}

static const struct kadr_option options[] = {
    { "unit", KADR_OPTION_STRING, CLI_FIELD(unit), "", 0, KADR_MAX_CODE_BYTES,
      "code of the unit; empty: the country" },
    { "indicator", KADR_OPTION_STRING, CLI_FIELD(indicator), "", 0, KADR_MAX_CODE_BYTES,
      "code of the indicator" },
    { "breakdown", KADR_OPTION_STRING, CLI_FIELD(breakdown), "", 0, 0,
      "\"cadre=doctor settlement=rural\"; empty: of everybody together" },
    { "all_breakdowns", KADR_OPTION_BOOL, CLI_FIELD(all_breakdowns), "no", 0, 0, "every breakdown there is" },
    { "from", KADR_OPTION_STRING, CLI_FIELD(from), "", 0, 32, "day, or a period that begins with it" },
    { "to", KADR_OPTION_STRING, CLI_FIELD(to), "", 0, 32,
      "day, or a period that ends with it; empty: today" },
    { "step", KADR_OPTION_STRING, CLI_FIELD(step), "month", 0, 16,
      "month, quarter, half, year, academic, week or day" },
    { "same_reporters", KADR_OPTION_BOOL, CLI_FIELD(same_reporters), "no", 0, 0,
      "and of those that have a complete figure at every step" },
    { "known_at", KADR_OPTION_STRING, CLI_FIELD(known_at), "", 0, 64,
      "as known at a commit, or at the end of a day; empty: now" },
    CLI_OUTPUT_OPTIONS,
};

const struct command command_series = {
    .name = "series",
    .summary = "a figure step by step, of the same reporters if asked",
    .usage = "  kadr series --indicator headcount --from 2023 --same-reporters\n"
             "  kadr series --unit KZ-35 --indicator arrivals --from 2022 --to 2023 --step quarter\n"
             "  kadr series --indicator headcount --breakdown cadre=doctor --from 2024-01 --json\n\n"
             "A total grows when more have reported. With --same-reporters each step is also added up over\n"
             "those alone that have a complete figure at every step; who was left out is told.\n",
    .options = options,
    .option_count = KADR_COUNT(options),
    .run = run,
};
