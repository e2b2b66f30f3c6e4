/* SPDX-License-Identifier: Apache-2.0 */
/* compare.c - `kadr compare DAY DAY`: two days, the same reporters on both.
 *
 * Without an indicator every one of the catalogue is asked for, one question each; those without a figure on
 * either day are not shown to people.
 */
#include <string.h>

#include "cell_text.h"
#include "client/snapshot.h"
#include "json.h"
#include "lifetime.h"
#include "trend.h"

#define MAX_WIDTH 40

struct compare {
    const struct cli *cli;
    struct kadr_reference *names; /* NULL: codes only */
    struct trend_ask ask;
    struct kadr_position position;
    struct kadr_arena *arena;
    struct grid grid;
    struct page page;         /* of the question at hand */
    size_t csv_len, list_len; /* before it */
    struct kadr_buf csv;
    json_t *json, *list; /* `list` is borrowed from it */
    bool headed, was_headed, refused, failed, of_all;
};

/* ---- figures ---- */

/* What is compared: of the same reporters; of the unit itself where the indicator does not add up. */
static bool has_both(const struct kadr_wire_trend *trend)
{
    return trend->points[0].same.present && trend->points[1].same.present;
}

static struct kadr_difference difference_of(const struct kadr_wire_trend *trend)
{
    return kadr_difference_of(&trend->points[0].same, &trend->points[1].same);
}

static void add_difference(const struct compare *compare, const struct kadr_wire_trend *trend,
                           struct kadr_buf *out)
{
    if (!has_both(trend)) {
        return;
    }
    struct kadr_difference d = difference_of(trend);
    enum kadr_lang lang = compare->cli->lang;

    if (d.lo_open && d.hi_open) {
        kadr_buf_add_str(out, "?"); /* nothing is known of it */
        return;
    }
    kadr_buf_add_str(out, !d.lo_open && d.lo > 0 ? "+" : "");
    cell_interval(lang, d.lo, d.lo_open, d.hi, d.hi_open, trend->scale, out);
}

/* ---- table ---- */

static void table_head(struct compare *compare, const struct kadr_wire_trend *trend)
{
    if (!compare->headed) {
        trend_heading(compare->cli, compare->names, trend->unit, &compare->position, compare->page.out);
        compare->headed = true;
    }
    cell_indicator_heading(compare->cli->lang, compare->names, trend->indicator, compare->page.out);
}

static void table_line(struct compare *compare, const struct kadr_wire_trend *trend, bool same)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf text = { 0 };
    enum kadr_lang lang = compare->cli->lang;

    kadr_buf_init(&text, 0);
    grid_row(&compare->grid);
    grid_text(&compare->grid, text_of(lang, same ? TEXT_SAME_REPORTERS : TEXT_AS_PUBLISHED));
    for (size_t i = 0; i < 2; i++) {
        if (same) {
            trend_same(compare->cli, &trend->points[i], trend->scale, &text);
        } else {
            cell_value(lang, compare->names, &trend->points[i].cell, &text);
        }
        grid_buf(&compare->grid, &text);
    }
    if (same) {
        add_difference(compare, trend, &text);
        grid_buf(&compare->grid, &text);
        trend_of_how_many(compare->cli, compare->names, trend, &text);
        grid_buf(&compare->grid, &text);
    }
}

static void table_points(struct compare *compare, const struct kadr_wire_trend *trend)
{
    char before[KADR_PERIOD_TEXT_BYTES], after[KADR_PERIOD_TEXT_BYTES];
    bool any =
        kadr_cell_has_value(&trend->points[0].cell.cell) || kadr_cell_has_value(&trend->points[1].cell.cell);

    if ((!any && compare->of_all) || compare->page.out == NULL) {
        return;
    }
    table_head(compare, trend);
    grid_row(&compare->grid);
    grid_text(&compare->grid, "");
    grid_text(&compare->grid, kadr_period_format(trend->points[0].period, before));
    grid_text(&compare->grid, kadr_period_format(trend->points[1].period, after));
    grid_text(&compare->grid, has_both(trend) ? text_of(compare->cli->lang, TEXT_DIFFERENCE) : "");
    table_line(compare, trend, true);
    table_line(compare, trend, false);
    grid_print(&compare->grid, compare->page.out, 4, MAX_WIDTH);
    compare->failed = compare->failed || compare->grid.failed;
    grid_clear(&compare->grid);
    if (!compare->of_all) {
        trend_print_left_out(compare->cli, compare->names, trend, compare->page.out);
    }
}

/* ---- CSV and JSON ---- */

static void csv_figure(struct kadr_buf *out, int64_t figure, int32_t scale, bool open)
{
    char text[KADR_NUMBER_TEXT_BYTES];

    kadr_buf_printf(out, ",%s", open ? "" : kadr_number_format(figure, scale, text));
}

static void csv_points(struct compare *compare, const struct kadr_wire_trend *trend)
{
    struct kadr_difference d = { .lo_open = true, .hi_open = true };
    struct kadr_buf *out = &compare->csv;
    char period[KADR_PERIOD_TEXT_BYTES];

    if (has_both(trend)) {
        d = difference_of(trend);
    }
    kadr_buf_printf(out, "%s,%s,", trend->unit, trend->indicator);
    for (size_t i = 0; i < trend->breakdown_count; i++) {
        kadr_buf_printf(out, "%s%s=%s", i > 0 ? " " : "", trend->breakdown[i].dimension,
                        trend->breakdown[i].member);
    }
    for (size_t i = 0; i < 2; i++) {
        const struct kadr_wire_point *point = &trend->points[i];
        const struct kadr_cell *cell = &point->cell.cell;
        bool none = !kadr_cell_has_value(cell);

        kadr_buf_printf(out, ",%s", kadr_period_format(point->period, period));
        csv_figure(out, point->same.lo, trend->scale, !point->same.present);
        csv_figure(out, point->same.hi, trend->scale, !point->same.present || point->same.hi_open);
        csv_figure(out, cell->lo, trend->scale, none);
        csv_figure(out, cell->hi, trend->scale, none || cell->hi_open);
    }
    csv_figure(out, d.lo, trend->scale, d.lo_open);
    csv_figure(out, d.hi, trend->scale, d.hi_open);
    csv_figure(out, trend->in, 1, false);
    csv_figure(out, trend->of, 1, false);
    kadr_buf_add_char(out, '\n');
}

static json_t *json_point(const struct compare *compare, const struct kadr_wire_trend *trend, size_t at)
{
    const struct kadr_wire_point *point = &trend->points[at];
    kadr_day today = compare->position.day;
    char period[KADR_PERIOD_TEXT_BYTES];
    json_t *object = json_object();

    json_set(object, "period", json_string(kadr_period_format(point->period, period)));
    json_set(
        object, "cell",
        json_of_cell(compare->names, &point->cell, point->period.last < today ? point->period.last : today));
    json_set(object, "same", trend_json_same(point, trend->scale));
    return object;
}

static void json_points(struct compare *compare, const struct kadr_wire_trend *trend)
{
    json_t *object = trend_json_key(compare->names, trend), *difference = json_null();

    if (has_both(trend)) {
        struct kadr_difference d = difference_of(trend);

        difference = json_object();
        json_set(difference, "lo", json_of_figure(d.lo, trend->scale, d.lo_open));
        json_set(difference, "hi", json_of_figure(d.hi, trend->scale, d.hi_open));
    }
    json_set(object, "before", json_point(compare, trend, 0));
    json_set(object, "after", json_point(compare, trend, 1));
    json_set(object, "difference", difference);
    json_set(object, "same_reporters", trend_json_set(trend));
    json_append(compare->list, object);
}

/* ---- the questions ---- */

static void on_begin(void *context, const struct kadr_position *position)
{
    struct compare *compare = context;

    compare->position = *position;
    if (compare->json == NULL) {
        compare->json = json_of_state(position);
        json_set(compare->json, "comparisons", json_array());
        compare->list = json_object_get(compare->json, "comparisons");
    }
    /* the answer may begin anew */
    page_begin(&compare->page);
    compare->csv.len = compare->csv_len;
    while (json_array_size(compare->list) > compare->list_len) {
        (void)json_array_remove(compare->list, json_array_size(compare->list) - 1); /* is there */
    }
    compare->headed = compare->was_headed;
}

static void on_points(void *context, const struct kadr_wire_trend *trend)
{
    struct compare *compare = context;
    const struct cli_config *config = &compare->cli->config;

    if (trend->point_count != 2) {
        return; /* another question's */
    }
    if (config->json) {
        json_points(compare, trend);
    } else if (config->csv) {
        csv_points(compare, trend);
    } else {
        table_points(compare, trend);
    }
}

static void on_refused(void *context, const struct kadr_refusal *refusal)
{
    struct compare *compare = context;

    /* of a catalogue that the server does not have yet, or not any more; or two days of one period */
    bool one_of_all = compare->of_all && (refusal->diag.diag.code == KADR_DIAG_UNKNOWN_INDICATOR ||
                                          refusal->diag.diag.code == KADR_DIAG_POINTS_ALIKE);
    compare->refused = true;
    if (!one_of_all) {
        cli_question_refused(compare->cli, refusal);
    }
    compare->failed = compare->failed || !one_of_all;
}

static int ask_one(struct compare *compare, struct kadr_query_request *request)
{
    const struct cli_config *config = &compare->cli->config;
    const struct kadr_snapshot_events events = { .begin = on_begin, .points = on_points, .context = compare };
    int err;

    compare->refused = false;
    compare->csv_len = compare->csv.len;
    compare->list_len = json_array_size(compare->list);
    compare->was_headed = compare->headed;
    err = kadr_ask(config->query, request, config->timeout_ns, &events, on_refused);
    if (err == KADR_EPERM && !compare->failed) {
        return 0; /* one of all that is not there */
    }
    if (err == 0 && !page_show(&compare->page)) {
        compare->failed = true;
    }
    return err == 0 ? 0 : cli_ask_failed(compare->cli, err, compare->refused);
}

static int ask_all(struct compare *compare, struct kadr_query_request *request)
{
    int code = 0;

    if (*request->series.indicator != '\0') {
        return ask_one(compare, request);
    }
    compare->of_all = true;
    for (size_t i = 0; code == 0 && i < kadr_indicator_count(compare->names); i++) {
        request->series.indicator = kadr_indicator_info(compare->names, (kadr_indicator)i)->code;
        code = ask_one(compare, request);
    }
    return code;
}

static int parse_days(const struct cli *cli, struct trend_ask *ask)
{
    for (int i = 0; i < 2; i++) {
        kadr_day day;

        if (kadr_day_parse(cli->args[i], &day) != 0) {
            (void)fprintf(stderr, "kadr: %s: want a day: 2024-01-31\n", cli->args[i]);
            return KADR_EXIT_USAGE;
        }
        ask->points[ask->point_count++] = (struct kadr_period){ day, day };
    }
    if (ask->points[0].first >= ask->points[1].first) {
        cli_error("compare wants the earlier day first");
        return KADR_EXIT_USAGE;
    }
    return 0;
}

static int finish(struct compare *compare)
{
    if (compare->cli->config.json) {
        return json_print(KADR_TAKE(compare->json)) == 0 ? KADR_EXIT_OK : KADR_EXIT_IOERR;
    }
    if (compare->cli->config.csv) {
        compare->failed = compare->failed || compare->csv.err != 0;
        (void)fputs(kadr_buf_str(&compare->csv), stdout); /* cli_run() checks stdout */
    } else if (!compare->headed) {
        (void)puts(text_of(compare->cli->lang, TEXT_NO_CELLS));
    }
    if (!compare->cli->config.csv && !lifetime_tell(compare->cli, compare->names, compare->cli->config.unit,
                                                    compare->ask.points[0], stdout)) {
        (void)lifetime_tell(compare->cli, compare->names, compare->cli->config.unit, compare->ask.points[1],
                            stdout);
    }
    return compare->failed ? KADR_EXIT_SOFTWARE : KADR_EXIT_OK;
}

static int ask(struct compare *compare)
{
    struct kadr_query_request request;
    int code = trend_breakdown(compare->cli->config.breakdown, &compare->ask);

    code = code == 0 ? parse_days(compare->cli, &compare->ask) : code;
    code = code == 0 ? trend_request(compare->cli, compare->names, &compare->ask, &request) : code;
    if (code != 0) {
        return code;
    }
    request.series.same_reporters = true;
    request.series.around = true;
    kadr_buf_add_str(&compare->csv,
                     "unit,indicator,breakdown,before,before_lo,before_hi,before_published_lo,"
                     "before_published_hi,after,after_lo,after_hi,after_published_lo,after_published_hi,"
                     "difference_lo,difference_hi,in_set,reporters\n");
    code = ask_all(compare, &request);
    return code == 0 ? finish(compare) : code;
}

static int run(const struct cli *cli)
{
    struct compare compare = { .cli = cli };
    int code;

    if (cli->arg_count != 2) {
        cli_error("compare wants two days; see kadr compare --help");
        return KADR_EXIT_USAGE;
    }
    if (*cli->config.indicator == '\0') { /* the catalogue says what there is */
        code = cli_reference(cli, &compare.names);
        if (code != 0) {
            return code;
        }
    } else {
        compare.names = cli_names(cli);
    }
    kadr_buf_init(&compare.csv, 0);
    code = kadr_arena_new(KADR_MAX_ARENA_BYTES, &compare.arena) == 0 ? 0 : KADR_EXIT_SOFTWARE;
    compare.grid.arena = compare.arena;
    code = code == 0 ? ask(&compare) : code;
    grid_done(&compare.grid);
    page_done(&compare.page);
    kadr_reference_unref(compare.names);
    kadr_arena_free(compare.arena);
    kadr_buf_done(&compare.csv);
    json_decref(compare.json);
    return code;
}

static const struct kadr_option options[] = {
    { "unit", KADR_OPTION_STRING, CLI_FIELD(unit), "", 0, KADR_MAX_CODE_BYTES,
      "code of the unit; empty: the country" },
    { "indicator", KADR_OPTION_STRING, CLI_FIELD(indicator), "", 0, KADR_MAX_CODE_BYTES,
      "code of the indicator; empty: all" },
    { "breakdown", KADR_OPTION_STRING, CLI_FIELD(breakdown), "", 0, 0,
      "\"cadre=doctor settlement=rural\"; empty: of everybody together" },
    { "known_at", KADR_OPTION_STRING, CLI_FIELD(known_at), "", 0, 64,
      "as known at a commit, or at the end of a day; empty: now" },
    CLI_OUTPUT_OPTIONS,
};

const struct command command_compare = {
    .name = "compare",
    .summary = "two days, of the same reporters on both",
    .usage =
        "  kadr compare 2024-01-31 2024-02-29 --indicator headcount\n"
        "  kadr compare 2023-12-31 2024-12-31 --unit KZ-35 --json\n\n"
        "Both figures are of those reporters alone that have a complete one on both days; the figures as\n"
        "published stand below. What is reported by the period is compared by the periods that the days\n"
        "lie in.\n",
    .options = options,
    .option_count = KADR_COUNT(options),
    .run = run,
};
