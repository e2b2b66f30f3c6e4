/* SPDX-License-Identifier: Apache-2.0 */
/* rollup.c - `kadr rollup`: one snapshot as a table for people, as CSV or as JSON. */
#include <inttypes.h>
#include <string.h>

#include "cell_csv.h"
#include "cell_text.h"
#include "cli.h"
#include "client/snapshot.h"
#include "grid.h"
#include "json.h"
#include "lifetime.h"
#include "unit_order.h"

#define MAX_WIDTH 44 /* of a column */

enum column { COLUMN_BREAKDOWN, COLUMN_PERIOD, COLUMN_VALUE, COLUMN_DAYS, COLUMN_COUNT_ };

struct row {
    const char *unit, *indicator, *cell[COLUMN_COUNT_]; /* in the arena */
    struct kadr_bytes order;                            /* of its unit (unit_order.h), in the arena */
    size_t at;                                          /* where it came */
    struct kadr_period range;
    bool hidden; /* another row says the same of a wider calendar period */
};

struct rollup {
    const struct cli *cli;
    struct kadr_reference *names; /* NULL: codes only */
    const struct format *format;
    const char *unit; /* asked for; "": all */
    bool has_period;  /* asked for */
    struct kadr_period period;
    struct kadr_position position;
    struct kadr_arena *arena;
    struct row *rows;
    size_t row_count, row_cap;
    uint64_t bare; /* cells with neither a figure nor a reason: counted, not shown to people */
    struct kadr_buf csv;
    json_t *json;
    bool refused; /* and told so */
    bool failed;  /* out of memory */
};

struct format {
    const char *name;
    void (*begin)(struct rollup *rollup);
    void (*cell)(struct rollup *rollup, const struct kadr_wire_cell *cell);
    int (*end)(struct rollup *rollup); /* exit code */
};

/* ---- table ---- */

static void table_begin(struct rollup *rollup)
{
    rollup->row_count = 0;
    rollup->bare = 0;
    kadr_arena_clear(rollup->arena);
}

static bool room_for_row(struct rollup *rollup)
{
    size_t cap = rollup->row_cap > 0 ? rollup->row_cap * 2 : 256;
    struct row *grown;

    if (rollup->row_count < rollup->row_cap) {
        return true;
    }
    grown = realloc(rollup->rows, cap * sizeof(*grown));
    if (grown == NULL) {
        return false;
    }
    rollup->rows = grown;
    rollup->row_cap = cap;
    return true;
}

static const char *keep(struct rollup *rollup, struct kadr_buf *text)
{
    const char *copy = kadr_arena_strndup(rollup->arena, kadr_buf_str(text), text->len);

    rollup->failed = rollup->failed || copy == NULL || text->err != 0;
    kadr_buf_clear(text);
    return copy;
}

/* Rows of one unit come one after another: mostly the last row knows. */
static struct kadr_bytes order_of(struct rollup *rollup, const struct row *before, const char *unit)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf key = { 0 };

    if (before != NULL && strcmp(before->unit, unit) == 0) {
        return before->order;
    }
    kadr_buf_init(&key, 0);
    unit_order_key(rollup->cli->lang, rollup->names, unit, &key);
    struct kadr_bytes order = { kadr_arena_memdup(rollup->arena, key.data, key.len), key.len };
    rollup->failed = rollup->failed || order.data == NULL || key.err != 0;
    return order;
}

static int compare_rows(const void *left, const void *right)
{
    const struct row *a = left, *b = right;
    size_t len = a->order.len < b->order.len ? a->order.len : b->order.len;
    int order = len > 0 ? memcmp(a->order.data, b->order.data, len) : 0;

    if (order == 0) {
        order = (a->order.len > b->order.len) - (a->order.len < b->order.len);
    }
    return order != 0 ? order : (a->at > b->at) - (a->at < b->at);
}

static void table_cell(struct rollup *rollup, const struct kadr_wire_cell *cell)
{
    enum kadr_lang lang = rollup->cli->lang;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf text = { 0 };
    char period[KADR_PERIOD_TEXT_BYTES];
    struct row *row;

    if (!kadr_cell_has_value(&cell->cell) && cell->cell.reason == KADR_REASON_NONE) {
        rollup->bare++;
        return;
    }
    if (rollup->failed || !room_for_row(rollup)) {
        rollup->failed = true;
        return;
    }
    row = &rollup->rows[rollup->row_count++];
    *row = (struct row){ .range = cell->cell.key.period, .at = rollup->row_count };
    row->order = order_of(rollup, rollup->row_count > 1 ? row - 1 : NULL, cell->unit);
    kadr_buf_init(&text, 0);
    kadr_buf_add_str(&text, cell->unit);
    row->unit = keep(rollup, &text);
    kadr_buf_add_str(&text, cell->indicator);
    row->indicator = keep(rollup, &text);
    cell_breakdown(lang, rollup->names, cell, &text);
    row->cell[COLUMN_BREAKDOWN] = keep(rollup, &text);
    if (cell->cell.key.period.first != KADR_DAY_NONE) {
        kadr_buf_add_str(&text, kadr_period_format(cell->cell.key.period, period));
    }
    row->cell[COLUMN_PERIOD] = keep(rollup, &text);
    cell_value(lang, rollup->names, cell, &text);
    row->cell[COLUMN_VALUE] = keep(rollup, &text);
    cell_days(cell, &text);
    row->cell[COLUMN_DAYS] = keep(rollup, &text);
}

/* An event of one week stands in its month, quarter, half and years: people want it once. */
static bool says_as_much(const struct row *wide, const struct row *narrow)
{
    if (kadr_period_equal(wide->range, narrow->range) ||
        strcmp(wide->cell[COLUMN_VALUE], narrow->cell[COLUMN_VALUE]) != 0) {
        return false; /* itself, or another figure; stocks have no period at all */
    }
    return cell_period_covers(wide->range, narrow->range);
}

static bool same_figure(const struct row *a, const struct row *b)
{
    return strcmp(a->unit, b->unit) == 0 && strcmp(a->indicator, b->indicator) == 0 &&
           strcmp(a->cell[COLUMN_BREAKDOWN], b->cell[COLUMN_BREAKDOWN]) == 0;
}

/* Returns the number of rows hidden. Rows of one figure stand together and are few. */
static uint64_t hide_narrower(struct rollup *rollup)
{
    uint64_t hidden = 0;

    for (size_t i = 0; i < rollup->row_count; i++) {
        size_t first = i, last = i;

        while (first > 0 && same_figure(&rollup->rows[first - 1], &rollup->rows[i])) {
            first--;
        }
        while (last + 1 < rollup->row_count && same_figure(&rollup->rows[last + 1], &rollup->rows[i])) {
            last++;
        }
        for (size_t j = first; j <= last && !rollup->rows[i].hidden; j++) {
            rollup->rows[i].hidden = says_as_much(&rollup->rows[j], &rollup->rows[i]);
        }
        hidden += rollup->rows[i].hidden;
    }
    return hidden;
}

/* The day that stocks are as of: the last one of a period that was asked for, if that is earlier. */
static kadr_day stock_day(const struct rollup *rollup)
{
    kadr_day last = rollup->has_period ? rollup->period.last : rollup->position.day;

    return last < rollup->position.day ? last : rollup->position.day;
}

static void print_period_heading(const struct rollup *rollup, const char *unit, const char *commit)
{
    enum kadr_lang lang = rollup->cli->lang;
    bool known = *rollup->cli->config.known_at != '\0';
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf text = { 0 };
    char day[KADR_DAY_TEXT_BYTES], period[KADR_PERIOD_TEXT_BYTES];

    kadr_buf_init(&text, 0);
    text_say(lang, TEXT_HEADING_PERIOD,
             TEXT_ARGS(cell_unit_name(lang, rollup->names, unit), unit,
                       kadr_period_format(rollup->period, period), kadr_day_format(stock_day(rollup), day)),
             &text);
    text_say(lang, known ? TEXT_HEADING_COMMIT_KNOWN : TEXT_HEADING_COMMIT, TEXT_ARGS(commit), &text);
    (void)printf("%s\n", kadr_buf_str(&text));
}

static void print_heading(const struct rollup *rollup, const char *unit)
{
    enum kadr_lang lang = rollup->cli->lang;
    char day[KADR_DAY_TEXT_BYTES], commit[24];
    bool known = *rollup->cli->config.known_at != '\0';

    (void)snprintf(commit, sizeof(commit), "%" PRIu64, rollup->position.commit); /* at most 20 digits */
    if (rollup->has_period) {
        print_period_heading(rollup, unit, commit);
        return;
    }
    cli_say(rollup->cli, stdout, known ? TEXT_HEADING_KNOWN : TEXT_HEADING,
            TEXT_ARGS(cell_unit_name(lang, rollup->names, unit), unit,
                      kadr_day_format(rollup->position.day, day), commit));
}

static void print_rows(const struct rollup *rollup)
{
    size_t widths[COLUMN_COUNT_] = { 0 };
    const char *unit = "", *indicator = "";

    for (size_t i = 0; i < rollup->row_count; i++) {
        if (!rollup->rows[i].hidden) {
            grid_widen(rollup->rows[i].cell, COLUMN_COUNT_, MAX_WIDTH, widths);
        }
    }

    for (size_t i = 0; i < rollup->row_count; i++) {
        const struct row *row = &rollup->rows[i];
        bool other_unit = strcmp(row->unit, unit) != 0;

        if (row->hidden) {
            continue;
        }
        if (other_unit) {
            (void)fputs(i > 0 ? "\n" : "", stdout);
            print_heading(rollup, row->unit);
        }
        if (other_unit || strcmp(row->indicator, indicator) != 0) {
            cell_indicator_heading(rollup->cli->lang, rollup->names, row->indicator, stdout);
        }
        unit = row->unit;
        indicator = row->indicator;
        grid_line(stdout, 4, row->cell, widths, COLUMN_COUNT_, MAX_WIDTH);
    }
}

static void print_left_out(const struct rollup *rollup, enum text text, uint64_t count)
{
    char number[24];

    if (count > 0) {
        (void)snprintf(number, sizeof(number), "%" PRIu64, count); /* at most 20 digits */
        cli_say(rollup->cli, stdout, text, TEXT_ARGS(number));
    }
}

/* The stock of a past period is of its last day, so what counts is whether the unit existed in it. */
static void print_nothing(const struct rollup *rollup)
{
    const struct cli_config *config = &rollup->cli->config;
    struct kadr_period asked = { rollup->position.day, rollup->position.day };
    bool then = strcmp(config->borders, "then") == 0;

    if (*config->period != '\0' && kadr_period_parse(config->period, &asked) != 0) {
        then = false; /* was refused as an option */
    }
    if (!(then && lifetime_tell(rollup->cli, rollup->names, rollup->unit, asked, stdout)) &&
        rollup->bare == 0) {
        (void)puts(text_of(rollup->cli->lang, TEXT_NO_CELLS));
    }
}

static int table_end(struct rollup *rollup)
{
    uint64_t narrower = rollup->failed ? 0 : hide_narrower(rollup);

    if (!rollup->failed && rollup->row_count > 1) {
        qsort(rollup->rows, rollup->row_count, sizeof(rollup->rows[0]), compare_rows);
    }

    if (rollup->row_count == 0) {
        print_heading(rollup, rollup->unit);
        print_nothing(rollup);
    }
    if (strcmp(rollup->cli->config.borders, "today") == 0) {
        cli_say(rollup->cli, stdout, TEXT_BORDERS_TODAY, TEXT_ARGS(NULL));
    }
    print_rows(rollup);
    print_left_out(rollup, TEXT_NARROWER, narrower);
    print_left_out(rollup, TEXT_BARE, rollup->bare);
    return KADR_EXIT_OK;
}

/* ---- CSV ---- */

static void csv_begin(struct rollup *rollup)
{
    kadr_buf_clear(&rollup->csv);
    kadr_buf_add_str(&rollup->csv, CELL_CSV_KEY);
    cell_csv_heading("", &rollup->csv);
    kadr_buf_add_str(&rollup->csv, ",borders\n");
}

static void csv_cell(struct rollup *rollup, const struct kadr_wire_cell *wire)
{
    cell_csv_key(wire, stock_day(rollup), &rollup->csv);
    cell_csv_values(rollup->names, wire, &rollup->csv);
    kadr_buf_printf(&rollup->csv, ",%s\n", rollup->cli->config.borders);
}

static int csv_end(struct rollup *rollup)
{
    rollup->failed = rollup->failed || rollup->csv.err != 0;
    (void)fputs(kadr_buf_str(&rollup->csv), stdout); /* cli_run() checks stdout */
    return KADR_EXIT_OK;
}

/* ---- JSON ---- */

static void as_json_begin(struct rollup *rollup)
{
    json_decref(rollup->json);
    rollup->json = json_of_position(&rollup->position);
    json_set(rollup->json, "borders", json_string(rollup->cli->config.borders));
}

static void as_json_cell(struct rollup *rollup, const struct kadr_wire_cell *cell)
{
    json_append(json_object_get(rollup->json, "cells"), json_of_cell(rollup->names, cell, stock_day(rollup)));
}

static int as_json_end(struct rollup *rollup)
{
    return json_print(KADR_TAKE(rollup->json)) == 0 ? KADR_EXIT_OK : KADR_EXIT_IOERR;
}

static const struct format formats[] = { { "table", table_begin, table_cell, table_end },
                                         { "csv", csv_begin, csv_cell, csv_end },
                                         { "json", as_json_begin, as_json_cell, as_json_end } };

/* ---- the command ---- */

static void on_begin(void *context, const struct kadr_position *position)
{
    struct rollup *rollup = context;

    rollup->position = *position;
    rollup->format->begin(rollup);
}

static void on_cell(void *context, const struct kadr_wire_cell *cell)
{
    struct rollup *rollup = context;

    rollup->format->cell(rollup, cell);
}

static void on_refused(void *context, const struct kadr_refusal *refusal)
{
    struct rollup *rollup = context;

    rollup->refused = true;
    cli_question_refused(rollup->cli, refusal);
}

static const struct format *pick_format(const struct cli *cli)
{
    size_t i = 0;

    while (strcmp(formats[i].name, cli->config.format) != 0) {
        i++; /* cli_pick_output() knows these three */
    }
    return &formats[i];
}

static int make_query(struct rollup *rollup, struct kadr_snapshot_query *ret_query)
{
    const struct cli_config *config = &rollup->cli->config;
    int code = cli_unit(rollup->cli, rollup->names, rollup->unit, &ret_query->unit);

    code = code == 0 ? cli_indicator(rollup->cli, rollup->names, config->indicator, &ret_query->indicator)
                     : code;
    ret_query->subtree = config->subtree;
    ret_query->as_of = config->as_of;
    ret_query->borders_today = strcmp(config->borders, "today") == 0;
    if (code == 0 && !ret_query->borders_today && strcmp(config->borders, "then") != 0) {
        cli_error("--borders: want then or today");
        code = KADR_EXIT_USAGE;
    }
    rollup->has_period = *config->period != '\0';
    if (code == 0 && rollup->has_period && kadr_period_parse(config->period, &rollup->period) != 0) {
        cli_error("--period: want 2023-11-20, 2023-11, 2023-Q4, 2023-H1, 2023 or FIRST/LAST");
        code = KADR_EXIT_USAGE;
    }
    ret_query->has_period = rollup->has_period;
    ret_query->period = rollup->period;
    if (code == 0 && *config->known_at != '\0') {
        code = cli_instant("--known-at", config->known_at, &ret_query->known);
    }
    return code;
}

static int ask(struct rollup *rollup)
{
    const struct cli_config *config = &rollup->cli->config;
    const struct kadr_snapshot_events events = { .begin = on_begin, .cell = on_cell, .context = rollup };
    struct kadr_snapshot_query query = { .as_of = KADR_DAY_NONE };
    int code = make_query(rollup, &query);
    int err;

    if (code != 0) {
        return code;
    }
    err = kadr_snapshot(config->query, &query, config->timeout_ns, &events, on_refused);
    if (err != 0) {
        return cli_ask_failed(rollup->cli, err, rollup->refused);
    }
    code = rollup->format->end(rollup);
    return rollup->failed ? KADR_EXIT_SOFTWARE : code;
}

static int run(const struct cli *cli)
{
    struct rollup rollup = { .cli = cli, .format = pick_format(cli) };
    int code;

    if (cli->arg_count > 0) {
        cli_error("rollup takes no arguments; did you mean --unit? See kadr rollup --help");
        return KADR_EXIT_USAGE;
    }
    rollup.unit = cli_unit_meant(cli, rollup.format == formats);
    kadr_buf_init(&rollup.csv, 0);
    rollup.names = cli_names(cli);
    code = kadr_arena_new(KADR_MAX_ARENA_BYTES, &rollup.arena) == 0 ? ask(&rollup) : KADR_EXIT_SOFTWARE;
    kadr_reference_unref(rollup.names);
    kadr_arena_free(rollup.arena);
    kadr_buf_done(&rollup.csv);
    json_decref(rollup.json);
    free(rollup.rows);
    return code;
}

static const struct kadr_option options[] = {
    { "unit", KADR_OPTION_STRING, CLI_FIELD(unit), "", 0, KADR_MAX_CODE_BYTES,
      "code of the unit; empty: the country in a table, every unit in CSV and JSON" },
    { "subtree", KADR_OPTION_BOOL, CLI_FIELD(subtree), "no", 0, 0, "and all units below it" },
    { "indicator", KADR_OPTION_STRING, CLI_FIELD(indicator), "", 0, KADR_MAX_CODE_BYTES,
      "code of the indicator; empty: all" },
    { "as_of", KADR_OPTION_DAY, CLI_FIELD(as_of), "", 0, 0, "the day asked about; empty: today" },
    { "known_at", KADR_OPTION_STRING, CLI_FIELD(known_at), "", 0, 64,
      "as was known then: a commit, 2024-02-01 or 2024-02-01T10:00; empty: now" },
    { "period", KADR_OPTION_STRING, CLI_FIELD(period), "", 0, 64, "only this period: 2023, 2023-Q4 …" },
    { "borders", KADR_OPTION_STRING, CLI_FIELD(borders), "then", 0, 16,
      "then: units as they were on the day; today: as they are now" },
    CLI_OUTPUT_OPTIONS,
};

const struct command command_rollup = {
    .name = "rollup",
    .summary = "the figures of a unit on a day",
    .usage = "  kadr rollup                                      the country today\n"
             "  kadr rollup --unit KZ-35 --as-of 2024-07-01\n"
             "  kadr rollup --indicator need_declared --subtree  the country and every unit below it\n"
             "  kadr rollup --period 2023 --json\n"
             "  kadr rollup --known-at 2024-02-01                what was known at the end of that day\n\n"
             "`≥ 23 · 1 of 20 regions` is a lower bound: only one region has reported so far.\n",
    .options = options,
    .option_count = KADR_COUNT(options),
    .run = run,
};
