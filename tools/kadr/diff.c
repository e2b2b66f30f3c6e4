/* SPDX-License-Identifier: Apache-2.0 */
/* diff.c - `kadr diff`: what changed between two moments, cell by cell, as a table for people, CSV or JSON.
 */
#include <inttypes.h>
#include <string.h>

#include "cell_text.h"
#include "change_text.h"
#include "cli.h"
#include "client/snapshot.h"
#include "json.h"
#include "unit_order.h"

struct row {
    const char *unit, *indicator, *breakdown, *key, *text; /* in the arena */
    struct kadr_period period;                             /* no days: a stock */
    bool hidden;                                           /* a wider period says as much */
    struct kadr_bytes order;                               /* of its unit (unit_order.h), likewise */
    size_t nth;                                            /* as it came */
};

struct diff {
    const struct cli *cli;
    struct kadr_reference *names; /* NULL: codes only */
    const struct format *format;
    struct kadr_position before, after;
    bool has_before;
    struct kadr_arena *arena;
    struct row *rows;
    size_t row_count, row_cap;
    uint64_t bare;
    struct kadr_buf csv;
    json_t *json;
    bool refused; /* and told so */
    bool failed;  /* out of memory */
};

struct format {
    const char *name;
    void (*begin)(struct diff *diff);
    void (*change)(struct diff *diff, const struct kadr_wire_change *change);
    int (*end)(struct diff *diff); /* exit code */
};

/* ---- table ---- */

static void table_begin(struct diff *diff)
{
    diff->row_count = 0;
    diff->bare = 0;
    kadr_arena_clear(diff->arena);
}

static struct row *new_row(struct diff *diff)
{
    if (diff->row_count == diff->row_cap) {
        size_t cap = diff->row_cap > 0 ? diff->row_cap * 2 : 256;
        struct row *grown = realloc(diff->rows, cap * sizeof(*grown));

        if (grown == NULL) {
            diff->failed = true;
            return NULL;
        }
        diff->rows = grown;
        diff->row_cap = cap;
    }
    diff->rows[diff->row_count] = (struct row){ .nth = diff->row_count };
    return &diff->rows[diff->row_count++];
}

static const char *keep(struct diff *diff, const char *text)
{
    const char *copy = kadr_arena_strndup(diff->arena, text, strlen(text));

    diff->failed = diff->failed || copy == NULL;
    return copy != NULL ? copy : "";
}

static struct kadr_bytes order_of(struct diff *diff, const char *unit)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf key = { 0 };
    const uint8_t *copy;

    kadr_buf_init(&key, 0);
    unit_order_key(diff->cli->lang, diff->names, unit, &key);
    copy = kadr_arena_memdup(diff->arena, kadr_buf_str(&key), key.len);
    diff->failed = diff->failed || copy == NULL || key.err != 0;
    return (struct kadr_bytes){ copy, copy != NULL ? key.len : 0 };
}

static void table_change(struct diff *diff, const struct kadr_wire_change *change)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf text = { 0 }, key = { 0 };
    const struct kadr_period *period = &change->cell.cell.key.period;
    char period_text[KADR_PERIOD_TEXT_BYTES];
    struct row *row;

    if (change_is_bare(change)) {
        diff->bare++;
        return;
    }
    row = diff->failed ? NULL : new_row(diff);
    if (row == NULL) {
        return;
    }
    kadr_buf_init(&text, 0);
    kadr_buf_init(&key, 0);
    cell_breakdown(diff->cli->lang, diff->names, &change->cell, &key);
    row->breakdown = keep(diff, kadr_buf_str(&key));
    row->period = *period;
    if (period->first != KADR_DAY_NONE) {
        kadr_buf_printf(&key, "  %s", kadr_period_format(*period, period_text));
    }
    change_text(diff->cli->lang, diff->names, change, &text);
    row->unit = keep(diff, change->cell.unit);
    row->order = order_of(diff, change->cell.unit);
    row->indicator = keep(diff, change->cell.indicator);
    row->key = keep(diff, kadr_buf_str(&key));
    row->text = keep(diff, kadr_buf_str(&text));
    diff->failed = diff->failed || key.err != 0 || text.err != 0;
}

static int by_unit(const void *left, const void *right)
{
    const struct row *a = left, *b = right;
    size_t len = a->order.len < b->order.len ? a->order.len : b->order.len;
    int order = len > 0 ? memcmp(a->order.data, b->order.data, len) : 0;

    order = order != 0 ? order : (a->order.len > b->order.len) - (a->order.len < b->order.len);
    order = order != 0 ? order : strcmp(a->indicator, b->indicator);
    return order != 0 ? order : (a->nth > b->nth) - (a->nth < b->nth);
}

static bool says_as_much(const struct row *wide, const struct row *narrow)
{
    return strcmp(wide->breakdown, narrow->breakdown) == 0 && strcmp(wide->text, narrow->text) == 0 &&
           wide->period.first != KADR_DAY_NONE && narrow->period.first != KADR_DAY_NONE &&
           !kadr_period_equal(wide->period, narrow->period) &&
           cell_period_covers(wide->period, narrow->period);
}

/* One correction of a day changes its month, quarter, half and years: people want it once. Rows of one unit
 * and indicator stand together. Returns how many are hidden. */
static uint64_t hide_narrower(struct diff *diff)
{
    uint64_t hidden = 0;

    for (size_t i = 0, first = 0; i < diff->row_count; i++) {
        struct row *row = &diff->rows[i];

        if (strcmp(row->unit, diff->rows[first].unit) != 0 ||
            strcmp(row->indicator, diff->rows[first].indicator) != 0) {
            first = i;
        }
        for (size_t j = first;
             j < diff->row_count && !row->hidden && strcmp(diff->rows[j].unit, row->unit) == 0 &&
             strcmp(diff->rows[j].indicator, row->indicator) == 0;
             j++) {
            row->hidden = says_as_much(&diff->rows[j], row);
        }
        hidden += row->hidden;
    }
    return hidden;
}

static void print_heading(const struct diff *diff)
{
    char from[24], to[24], from_day[KADR_DAY_TEXT_BYTES], to_day[KADR_DAY_TEXT_BYTES];

    (void)snprintf(from, sizeof(from), "%" PRIu64, diff->before.commit); /* at most 20 digits */
    (void)snprintf(to, sizeof(to), "%" PRIu64, diff->after.commit);
    kadr_day_format(diff->after.day, to_day);
    if (diff->has_before) {
        kadr_day_format(diff->before.day, from_day);
        cli_say(diff->cli, stdout, TEXT_DIFF_HEADING, TEXT_ARGS(from, from_day, to, to_day));
    } else {
        cli_say(diff->cli, stdout, TEXT_DIFF_SINCE_NOTHING, TEXT_ARGS(to, to_day));
    }
}

static void print_rows(const struct diff *diff)
{
    const char *unit = "", *indicator = "";

    for (size_t i = 0; i < diff->row_count; i++) {
        const struct row *row = &diff->rows[i];
        bool other_unit = strcmp(row->unit, unit) != 0;

        if (row->hidden) {
            continue; /* the wider one stands beside it */
        }
        if (other_unit) {
            (void)printf("\n%s (%s)\n", cell_unit_name(diff->cli->lang, diff->names, row->unit), row->unit);
        }
        if (other_unit || strcmp(row->indicator, indicator) != 0) {
            cell_indicator_heading(diff->cli->lang, diff->names, row->indicator, stdout);
        }
        unit = row->unit;
        indicator = row->indicator;
        (void)printf("    %s  %s\n", row->key, row->text);
    }
}

static int table_end(struct diff *diff)
{
    char bare[24], narrower[24];
    uint64_t hidden;

    if (diff->failed) {
        return KADR_EXIT_SOFTWARE;
    }
    if (diff->row_count > 1) {
        qsort(diff->rows, diff->row_count, sizeof(*diff->rows), by_unit);
    }
    hidden = hide_narrower(diff);
    print_heading(diff);
    print_rows(diff);
    if (hidden > 0) {
        (void)snprintf(narrower, sizeof(narrower), "%" PRIu64, hidden); /* at most 20 digits */
        cli_say(diff->cli, stdout, TEXT_NARROWER_CHANGES, TEXT_ARGS(narrower));
    }
    if (diff->row_count == 0 && diff->bare == 0) {
        (void)puts(text_of(diff->cli->lang, TEXT_NO_CHANGES));
    }
    if (diff->bare > 0) {
        (void)snprintf(bare, sizeof(bare), "%" PRIu64, diff->bare); /* at most 20 digits */
        cli_say(diff->cli, stdout, TEXT_BARE_CHANGES, TEXT_ARGS(bare));
    }
    if (diff->cli->config.as_of == KADR_DAY_NONE) {
        (void)puts(text_of(diff->cli->lang, TEXT_DIFF_OTHER_DAYS));
    }
    return KADR_EXIT_OK;
}

/* ---- CSV ---- */

static void csv_begin(struct diff *diff)
{
    kadr_buf_clear(&diff->csv);
    change_csv_heading(&diff->csv);
}

static void csv_change(struct diff *diff, const struct kadr_wire_change *change)
{
    change_csv(diff->names, change, diff->after.day, &diff->csv);
}

static int csv_end(struct diff *diff)
{
    diff->failed = diff->failed || diff->csv.err != 0;
    (void)fputs(kadr_buf_str(&diff->csv), stdout); /* cli_run() checks stdout */
    return KADR_EXIT_OK;
}

/* ---- JSON ---- */

static void as_json_begin(struct diff *diff)
{
    json_decref(diff->json);
    diff->json = json_object();
    json_set(diff->json, "from", diff->has_before ? json_of_state(&diff->before) : json_null());
    json_set(diff->json, "to", json_of_state(&diff->after));
    json_set(diff->json, "changes", json_array());
}

static void as_json_change(struct diff *diff, const struct kadr_wire_change *change)
{
    json_append(json_object_get(diff->json, "changes"),
                json_of_change(diff->names, change, diff->before.day, diff->after.day));
}

static int as_json_end(struct diff *diff)
{
    return json_print(KADR_TAKE(diff->json)) == 0 ? KADR_EXIT_OK : KADR_EXIT_IOERR;
}

static const struct format formats[] = { { "table", table_begin, table_change, table_end },
                                         { "csv", csv_begin, csv_change, csv_end },
                                         { "json", as_json_begin, as_json_change, as_json_end } };

/* ---- the command ---- */

static void on_begin(void *context, const struct kadr_position *position)
{
    struct diff *diff = context;

    diff->after = *position;
}

static void on_part(void *context, const struct kadr_query_reply *reply)
{
    struct diff *diff = context;

    if (reply->kind == KADR_QUERY_BEGIN) {
        diff->has_before = reply->begin.has_before;
        diff->before = reply->begin.before;
        diff->format->begin(diff);
    }
}

static void on_cell(void *context, const struct kadr_wire_cell *cell)
{
    (void)context; /* nobody asked for cells */
    (void)cell;
}

static void on_change(void *context, const struct kadr_wire_change *change)
{
    struct diff *diff = context;

    diff->format->change(diff, change);
}

static void on_refused(void *context, const struct kadr_refusal *refusal)
{
    struct diff *diff = context;

    diff->refused = true;
    cli_question_refused(diff->cli, refusal);
}

static const struct format *pick_format(const struct cli *cli)
{
    size_t i = 0;

    while (strcmp(formats[i].name, cli->config.format) != 0) {
        i++; /* cli_pick_output() knows these three */
    }
    return &formats[i];
}

static int make_request(const struct diff *diff, struct kadr_query_request *ret_request)
{
    const struct cli_config *config = &diff->cli->config;
    int code = cli_unit(diff->cli, diff->names, config->unit, &ret_request->changes.unit);

    ret_request->kind = KADR_QUERY_CHANGES;
    ret_request->changes.subtree = config->subtree;
    ret_request->changes.has_as_of = config->as_of != KADR_DAY_NONE;
    ret_request->changes.as_of = config->as_of;
    if (code == 0) {
        code = cli_indicator(diff->cli, diff->names, config->indicator, &ret_request->changes.indicator);
    }
    if (code == 0 && *config->from == '\0') {
        cli_error("say since when: --from COMMIT, --from 2024-02-01 or --from 2024-02-01T10:00");
        code = KADR_EXIT_USAGE;
    }
    code = code == 0 ? cli_instant("--from", config->from, &ret_request->changes.from) : code;
    if (code == 0 && *config->to != '\0') {
        code = cli_instant("--to", config->to, &ret_request->changes.to);
    }
    return code;
}

static int ask(struct diff *diff)
{
    const struct kadr_snapshot_events events = {
        .begin = on_begin, .cell = on_cell, .change = on_change, .part = on_part, .context = diff
    };
    struct kadr_query_request request = { .request = 0 };
    int code = make_request(diff, &request);
    int err;

    if (code != 0) {
        return code;
    }
    err = kadr_ask(diff->cli->config.query, &request, diff->cli->config.timeout_ns, &events, on_refused);
    if (err != 0) {
        return cli_ask_failed(diff->cli, err, diff->refused);
    }
    code = diff->format->end(diff);
    return diff->failed ? KADR_EXIT_SOFTWARE : code;
}

static int run(const struct cli *cli)
{
    struct diff diff = { .cli = cli, .format = pick_format(cli) };
    int code;

    if (cli->arg_count > 0) {
        cli_error("diff takes no arguments; did you mean --from? See kadr diff --help");
        return KADR_EXIT_USAGE;
    }
    kadr_buf_init(&diff.csv, 0);
    diff.names = cli_names(cli);
    code = kadr_arena_new(KADR_MAX_ARENA_BYTES, &diff.arena) == 0 ? ask(&diff) : KADR_EXIT_SOFTWARE;
    kadr_reference_unref(diff.names);
    kadr_arena_free(diff.arena);
    kadr_buf_done(&diff.csv);
    json_decref(diff.json);
    free(diff.rows);
    return code;
}

static const struct kadr_option options[] = {
    { "from", KADR_OPTION_STRING, CLI_FIELD(from), "", 0, 64,
      "the state before: a commit (0: nothing yet), 2024-02-01 or 2024-02-01T10:00" },
    { "to", KADR_OPTION_STRING, CLI_FIELD(to), "", 0, 64, "the state after, likewise; empty: now" },
    { "as_of", KADR_OPTION_DAY, CLI_FIELD(as_of), "", 0, 0,
      "what changed of the figures of this day; empty: of each moment's own" },
    { "unit", KADR_OPTION_STRING, CLI_FIELD(unit), "", 0, KADR_MAX_CODE_BYTES,
      "code of the unit; empty: every unit" },
    { "subtree", KADR_OPTION_BOOL, CLI_FIELD(subtree), "no", 0, 0, "and all units below it" },
    { "indicator", KADR_OPTION_STRING, CLI_FIELD(indicator), "", 0, KADR_MAX_CODE_BYTES,
      "code of the indicator; empty: all" },
    CLI_OUTPUT_OPTIONS,
};

const struct command command_diff = {
    .name = "diff",
    .summary = "what changed between two moments",
    .usage = "  kadr diff --from 2024-02-01                  since the end of that day\n"
             "  kadr diff --from 1040 --to 1042 --unit KZ-35\n"
             "  kadr diff --from 2024-02-01T10:00 --indicator need_declared --json\n"
             "  kadr diff --from 1040 --as-of 2024-01-29     also what newer figures have overtaken since\n\n"
             "Each figure is told as it was and as it became, with the kind of change: reference, withdrawn, "
             "corrected,\n"
             "new, completed, updated, refreshed, aged.\n",
    .options = options,
    .option_count = KADR_COUNT(options),
    .run = run,
};
