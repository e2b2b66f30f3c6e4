/* SPDX-License-Identifier: Apache-2.0 */
/* plans.c - `kadr plans`: what was intended beside what is to make it true (catalogue, column facts).
 *
 * One snapshot holds plans and facts of one commit; the cells of a unit stand together in it. A fact of a
 * plan has the same breakdown, and the plan's own period if it has one: a stock stands as of the day. What is
 * said of them is kadr_plan_progress()'s.
 */
#include <inttypes.h>
#include <string.h>

#include "base/csv.h"
#include "cell_text.h"
#include "cli.h"
#include "client/snapshot.h"
#include "domain/plan.h"
#include "grid.h"
#include "json.h"

#define MAX_WIDTH 32 /* of a column */

struct plans {
    const struct cli *cli;
    struct kadr_reference *reference;
    const struct format *format;
    const char *only; /* one plan; "": all */
    struct kadr_position position;
    struct kadr_arena *arena;
    struct kadr_wire_cell *cells; /* plans and facts, texts in the arena */
    size_t count, cap;
    const char *unit, *indicator; /* of the plan before, in the table */
    struct grid grid;             /* the plans of that unit and indicator */
    size_t shown;
    json_t *json;
    bool refused; /* and told so */
    bool failed;  /* out of memory */
};

/* A plan and one of its facts; of a plan without any, the plan alone. */
struct line {
    const struct kadr_wire_cell *plan, *done; /* done: NULL when there is no such cell */
    const struct kadr_indicator_info *fact;   /* NULL: the catalogue names none */
    struct kadr_progress progress;
};

struct format {
    const char *name;
    void (*begin)(struct plans *plans);
    void (*plan)(struct plans *plans, const struct line *lines, size_t count); /* 0: lines[0] has no fact */
    int (*end)(struct plans *plans);
};

/* ---- cells --------------------------------------------------------------------------------------------- */

static const struct kadr_indicator_info *info_of(const struct plans *plans, const char *code)
{
    kadr_indicator indicator = kadr_indicator_find(plans->reference, code);
    return indicator == KADR_NO_INDICATOR ? NULL : kadr_indicator_info(plans->reference, indicator);
}

static bool is_plan(const struct plans *plans, const struct kadr_indicator_info *info)
{
    return info != NULL && info->kind == KADR_KIND_PLAN &&
           (*plans->only == '\0' || strcmp(info->code, plans->only) == 0);
}

static bool is_fact(const struct plans *plans, const struct kadr_indicator_info *info)
{
    for (size_t i = 0; i < kadr_indicator_count(plans->reference); i++) {
        const struct kadr_indicator_info *plan = kadr_indicator_info(plans->reference, (kadr_indicator)i);
        for (size_t f = 0; f < plan->fact_count && is_plan(plans, plan); f++) {
            if (kadr_indicator_info(plans->reference, plan->facts[f].indicator) == info) {
                return true;
            }
        }
    }
    return false;
}

static const char *keep_text(struct plans *plans, const char *text)
{
    const char *copy = kadr_arena_strndup(plans->arena, text, strlen(text));
    plans->failed = plans->failed || copy == NULL;
    return copy != NULL ? copy : "";
}

static bool room_for_cell(struct plans *plans)
{
    if (plans->count == plans->cap) {
        size_t cap = plans->cap > 0 ? plans->cap * 2 : 256;
        struct kadr_wire_cell *grown = realloc(plans->cells, cap * sizeof(*grown));
        plans->failed = plans->failed || grown == NULL;
        if (grown == NULL) {
            return false;
        }
        plans->cells = grown;
        plans->cap = cap;
    }
    return true;
}

static void on_cell(void *context, const struct kadr_wire_cell *cell)
{
    struct plans *plans = context;
    const struct kadr_indicator_info *info = info_of(plans, cell->indicator);

    if (info == NULL || !kadr_cell_has_value(&cell->cell) ||
        (!is_plan(plans, info) && !is_fact(plans, info)) || plans->failed || !room_for_cell(plans)) {
        return;
    }
    struct kadr_wire_cell *kept = &plans->cells[plans->count++];
    *kept = *cell;
    kept->unit = keep_text(plans, cell->unit);
    kept->indicator = info->code;
    for (size_t i = 0; i < cell->breakdown_count; i++) {
        kept->breakdown[i].dimension = keep_text(plans, cell->breakdown[i].dimension);
        kept->breakdown[i].member = keep_text(plans, cell->breakdown[i].member);
    }
}

static void on_begin(void *context, const struct kadr_position *position)
{
    struct plans *plans = context;

    plans->position = *position;
    plans->count = 0;
    kadr_arena_clear(plans->arena);
}

static bool same_breakdown(const struct kadr_wire_cell *a, const struct kadr_wire_cell *b)
{
    bool same = a->breakdown_count == b->breakdown_count;
    for (size_t i = 0; i < a->breakdown_count && same; i++) {
        same = strcmp(a->breakdown[i].dimension, b->breakdown[i].dimension) == 0 &&
               strcmp(a->breakdown[i].member, b->breakdown[i].member) == 0;
    }
    return same;
}

/* Among the cells of the plan's unit, which are [first, end). */
static const struct kadr_wire_cell *find_fact(const struct plans *plans, const struct kadr_wire_cell *plan,
                                              const struct kadr_indicator_info *fact, size_t first,
                                              size_t end)
{
    struct kadr_period period = fact->time == KADR_TIME_LAST ? KADR_PERIOD_AS_OF : plan->cell.key.period;
    for (size_t i = first; i < end; i++) {
        const struct kadr_wire_cell *cell = &plans->cells[i];
        if (strcmp(cell->indicator, fact->code) == 0 && kadr_period_equal(cell->cell.key.period, period) &&
            same_breakdown(cell, plan)) {
            return cell;
        }
    }
    return NULL;
}

static void show_plan(struct plans *plans, const struct kadr_wire_cell *plan, size_t first, size_t end)
{
    const struct kadr_indicator_info *info = info_of(plans, plan->indicator);
    struct line lines[KADR_MAX_FACTS];

    if (info == NULL) {
        return; /* never: its cells were found by it */
    }
    lines[0] = (struct line){ .plan = plan };
    for (size_t f = 0; f < info->fact_count; f++) {
        const struct kadr_indicator_info *fact =
            kadr_indicator_info(plans->reference, info->facts[f].indicator);
        const struct kadr_wire_cell *done = find_fact(plans, plan, fact, first, end);
        lines[f] = (struct line){ plan, done, fact,
                                  kadr_plan_progress(&plan->cell, done != NULL ? &done->cell : NULL,
                                                     info->facts[f].less, plans->position.day) };
    }
    plans->format->plan(plans, lines, info->fact_count);
    plans->shown++;
}

static void show_all(struct plans *plans)
{
    for (size_t first = 0, end = 0; first < plans->count; first = end) {
        while (end < plans->count && strcmp(plans->cells[end].unit, plans->cells[first].unit) == 0) {
            end++;
        }
        for (size_t i = first; i < end; i++) {
            if (is_plan(plans, info_of(plans, plans->cells[i].indicator))) {
                show_plan(plans, &plans->cells[i], first, end);
            }
        }
    }
}

/* ---- for people ---------------------------------------------------------------------------------------- */

static void table_begin(struct plans *plans)
{
    plans->unit = plans->indicator = "";
    plans->grid.arena = plans->arena;
}

static void table_heading(struct plans *plans, const char *unit)
{
    char day[KADR_DAY_TEXT_BYTES], commit[24];
    bool known = *plans->cli->config.known_at != '\0';

    (void)snprintf(commit, sizeof(commit), "%" PRIu64, plans->position.commit); /* at most 20 digits */
    cli_say(plans->cli, stdout, known ? TEXT_HEADING_KNOWN : TEXT_HEADING,
            TEXT_ARGS(cell_unit_name(plans->cli->lang, plans->reference, unit), unit,
                      kadr_day_format(plans->position.day, day), commit));
}

static void add_bounds(enum kadr_lang lang, const struct kadr_wire_cell *wire, struct kadr_buf *out)
{
    cell_interval(lang, wire->cell.lo, false, wire->cell.hi, wire->cell.hi_open, wire->scale, out);
}

static void table_print(struct plans *plans)
{
    grid_print(&plans->grid, stdout, 4, MAX_WIDTH);
    plans->failed = plans->failed || plans->grid.failed;
    grid_clear(&plans->grid);
}

/* What was there goes out, and the columns of the next unit or indicator begin. */
static void table_head(struct plans *plans, const struct kadr_wire_cell *plan)
{
    enum kadr_lang lang = plans->cli->lang;
    bool other_unit = strcmp(plan->unit, plans->unit) != 0;

    if (!other_unit && strcmp(plan->indicator, plans->indicator) == 0) {
        return;
    }
    table_print(plans);
    if (other_unit) {
        (void)fputs(*plans->unit != '\0' ? "\n" : "", stdout);
        table_heading(plans, plan->unit);
    }
    cell_indicator_heading(lang, plans->reference, plan->indicator, stdout);
    grid_row(&plans->grid);
    for (int column = TEXT_COLUMN_PLAN; column <= TEXT_COLUMN_STATE; column++) {
        grid_text(&plans->grid, text_of(lang, (enum text)column));
    }
    plans->unit = plan->unit;
    plans->indicator = plan->indicator;
}

/* fact, done, left, state */
static void table_fact(struct plans *plans, const struct line *line)
{
    enum kadr_lang lang = plans->cli->lang;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf text = { 0 };

    kadr_buf_init(&text, 0);
    grid_text(&plans->grid, line->fact->name[lang]);
    if (line->done != NULL) {
        add_bounds(lang, line->done, &text);
    } else {
        kadr_buf_add_str(&text, text_of(lang, TEXT_NO_FIGURE));
    }
    grid_buf(&plans->grid, &text);
    if (line->progress.known) {
        cell_interval(lang, line->progress.lo, false, line->progress.hi, line->progress.hi_open,
                      line->plan->scale, &text);
    }
    grid_buf(&plans->grid, &text);
    grid_text(&plans->grid, text_of(lang, (enum text)(TEXT_PLAN_UNKNOWN + (int)line->progress.state)));
}

static void table_plan(struct plans *plans, const struct line *lines, size_t count)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf text = { 0 };
    const struct kadr_wire_cell *plan = lines[0].plan;
    enum kadr_lang lang = plans->cli->lang;
    char day[KADR_DAY_TEXT_BYTES];

    table_head(plans, plan);
    kadr_buf_init(&text, 0);
    grid_row(&plans->grid);
    cell_breakdown(lang, plans->reference, plan, &text);
    grid_buf(&plans->grid, &text);
    text_say(lang, TEXT_BY, TEXT_ARGS(kadr_day_format(plan->cell.key.period.last, day)), &text);
    grid_buf(&plans->grid, &text);
    add_bounds(lang, plan, &text);
    grid_buf(&plans->grid, &text);
    if (count == 0) {
        grid_text(&plans->grid, text_of(lang, TEXT_NO_FACTS));
    }
    for (size_t i = 0; i < count; i++) {
        for (int column = 0; i > 0 && column < TEXT_COLUMN_FACT - TEXT_COLUMN_PLAN; column++) {
            grid_text(&plans->grid, ""); /* the plan's own columns stand in its first row */
        }
        table_fact(plans, &lines[i]);
        if (i + 1 < count) {
            grid_row(&plans->grid);
        }
    }
}

static int table_end(struct plans *plans)
{
    table_print(plans);
    if (plans->shown == 0) {
        (void)puts(text_of(plans->cli->lang, TEXT_NO_PLANS));
    }
    return KADR_EXIT_OK;
}

/* ---- CSV ----------------------------------------------------------------------------------------------- */

static void csv_begin(struct plans *plans)
{
    (void)plans; /* the signature of the table */
    (void)puts(
        "unit,indicator,breakdown,due_first,due_last,planned_lo,planned_hi,fact,done_lo,done_hi,left_lo,"
        "left_hi,state");
}

/* Nothing for an open end, and for what is not known. */
static void csv_figure(struct kadr_buf *out, int64_t figure, int32_t scale, bool none)
{
    char text[KADR_NUMBER_TEXT_BYTES];

    kadr_buf_printf(out, ",%s", none ? "" : kadr_number_format(figure, scale, text));
}

static void csv_line(struct plans *plans, const struct line *line)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf out = { 0 };
    const struct kadr_wire_cell *plan = line->plan;
    struct kadr_period due = plan->cell.key.period;
    char first[KADR_DAY_TEXT_BYTES], last[KADR_DAY_TEXT_BYTES];
    bool none = line->done == NULL;

    kadr_buf_init(&out, 0);
    kadr_buf_printf(&out, "%s,%s,", plan->unit, plan->indicator);
    for (size_t i = 0; i < plan->breakdown_count; i++) {
        kadr_buf_printf(&out, "%s%s=%s", i > 0 ? " " : "", plan->breakdown[i].dimension,
                        plan->breakdown[i].member);
    }
    kadr_buf_printf(&out, ",%s,%s", kadr_day_format(due.first, first), kadr_day_format(due.last, last));
    csv_figure(&out, plan->cell.lo, plan->scale, false);
    csv_figure(&out, plan->cell.hi, plan->scale, plan->cell.hi_open);
    kadr_buf_printf(&out, ",%s", line->fact != NULL ? line->fact->code : "");
    csv_figure(&out, none ? 0 : line->done->cell.lo, plan->scale, none);
    csv_figure(&out, none ? 0 : line->done->cell.hi, plan->scale, none || line->done->cell.hi_open);
    csv_figure(&out, line->progress.lo, plan->scale, !line->progress.known);
    csv_figure(&out, line->progress.hi, plan->scale, !line->progress.known || line->progress.hi_open);
    plans->failed = plans->failed || out.err != 0;
    (void)printf("%s,%s\n", kadr_buf_str(&out),
                 line->fact != NULL ? kadr_plan_state_text(line->progress.state) : "");
}

static void csv_plan(struct plans *plans, const struct line *lines, size_t count)
{
    for (size_t i = 0; i < (count > 0 ? count : 1); i++) {
        csv_line(plans, &lines[i]);
    }
}

static int csv_end(struct plans *plans)
{
    (void)plans; /* the signature of the table */
    return KADR_EXIT_OK;
}

/* ---- JSON ---------------------------------------------------------------------------------------------- */

static void as_json_begin(struct plans *plans)
{
    plans->json = json_of_position(&plans->position);
    (void)json_object_del(plans->json, "cells"); /* it is there */
    json_set(plans->json, "plans", json_array());
}

static json_t *json_of_left(const struct line *line)
{
    if (!line->progress.known) {
        return json_null();
    }
    json_t *left = json_object();
    json_set(left, "lo", json_of_figure(line->progress.lo, line->plan->scale, false));
    json_set(left, "hi", json_of_figure(line->progress.hi, line->plan->scale, line->progress.hi_open));
    return left;
}

static void as_json_plan(struct plans *plans, const struct line *lines, size_t count)
{
    json_t *plan = json_object(), *facts = json_array();
    struct kadr_period due = lines[0].plan->cell.key.period;

    json_set(plan, "plan", json_of_cell(plans->reference, lines[0].plan, plans->position.day));
    json_set(plan, "due_first", json_of_day(due.first));
    json_set(plan, "due_last", json_of_day(due.last));
    for (size_t i = 0; i < count; i++) {
        const struct kadr_wire_cell *done = lines[i].done;
        json_t *fact = json_object();
        json_set(fact, "indicator", json_string(lines[i].fact->code));
        json_set(fact, "done",
                 done != NULL ? json_of_cell(plans->reference, done, plans->position.day) : json_null());
        json_set(fact, "left", json_of_left(&lines[i]));
        json_set(fact, "state", json_string(kadr_plan_state_text(lines[i].progress.state)));
        json_append(facts, fact);
    }
    json_set(plan, "facts", facts);
    json_append(json_object_get(plans->json, "plans"), plan);
}

static int as_json_end(struct plans *plans)
{
    return json_print(KADR_TAKE(plans->json)) == 0 ? KADR_EXIT_OK : KADR_EXIT_IOERR;
}

static const struct format formats[] = { { "table", table_begin, table_plan, table_end },
                                         { "csv", csv_begin, csv_plan, csv_end },
                                         { "json", as_json_begin, as_json_plan, as_json_end } };

/* ---- the command --------------------------------------------------------------------------------------- */

static void on_refused(void *context, const struct kadr_refusal *refusal)
{
    struct plans *plans = context;

    plans->refused = true;
    cli_question_refused(plans->cli, refusal);
}

static const struct format *pick_format(const struct cli *cli)
{
    size_t i = 0;

    while (strcmp(formats[i].name, cli->config.format) != 0) {
        i++; /* cli_pick_output() knows these three */
    }
    return &formats[i];
}

static int ask(struct plans *plans)
{
    const struct cli_config *config = &plans->cli->config;
    const struct kadr_snapshot_events events = { .begin = on_begin, .cell = on_cell, .context = plans };
    struct kadr_snapshot_query query = { .as_of = config->as_of,
                                         .subtree = config->subtree,
                                         .indicator = "" };
    int code = cli_unit(plans->cli, plans->reference, cli_unit_meant(plans->cli, plans->format == formats),
                        &query.unit);

    code = code == 0 ? cli_indicator(plans->cli, plans->reference, config->indicator, &plans->only) : code;
    const struct kadr_indicator_info *only = code == 0 ? info_of(plans, plans->only) : NULL;
    if (only != NULL && only->kind != KADR_KIND_PLAN) {
        cli_say(plans->cli, stderr, TEXT_NOT_A_PLAN, TEXT_ARGS(plans->only));
        return KADR_EXIT_USAGE;
    }
    if (code == 0 && *config->known_at != '\0') {
        code = cli_instant("--known-at", config->known_at, &query.known);
    }
    if (code != 0) {
        return code;
    }
    int err = kadr_snapshot(config->query, &query, config->timeout_ns, &events, on_refused);
    if (err != 0) {
        return cli_ask_failed(plans->cli, err, plans->refused);
    }
    plans->format->begin(plans);
    show_all(plans);
    code = plans->format->end(plans);
    return plans->failed ? KADR_EXIT_SOFTWARE : code;
}

static int run(const struct cli *cli)
{
    struct plans plans = { .cli = cli, .format = pick_format(cli), .only = "" };
    int code = 0;

    if (cli->arg_count > 0) {
        cli_error("plans takes no arguments; did you mean --unit? See kadr plans --help");
        return KADR_EXIT_USAGE;
    }
    code = cli_reference(cli, &plans.reference);
    if (code == 0) {
        code = kadr_arena_new(KADR_MAX_ARENA_BYTES, &plans.arena) == 0 ? ask(&plans) : KADR_EXIT_SOFTWARE;
    }
    grid_done(&plans.grid);
    kadr_reference_unref(plans.reference);
    kadr_arena_free(plans.arena);
    json_decref(plans.json);
    free(plans.cells);
    return code;
}

static const struct kadr_option options[] = {
    { "unit", KADR_OPTION_STRING, CLI_FIELD(unit), "", 0, KADR_MAX_CODE_BYTES,
      "code of the unit; empty: the country for people, every unit in CSV and JSON" },
    { "subtree", KADR_OPTION_BOOL, CLI_FIELD(subtree), "no", 0, 0, "and all units below it" },
    { "indicator", KADR_OPTION_STRING, CLI_FIELD(indicator), "", 0, KADR_MAX_CODE_BYTES,
      "code of the plan; empty: all" },
    { "as_of", KADR_OPTION_DAY, CLI_FIELD(as_of), "", 0, 0, "the day asked about; empty: today" },
    { "known_at", KADR_OPTION_STRING, CLI_FIELD(known_at), "", 0, 64,
      "as was known then: a commit, 2024-02-01 or 2024-02-01T10:00; empty: now" },
    CLI_OUTPUT_OPTIONS,
};

const struct command command_plans = {
    .name = "plans",
    .summary = "what was planned beside what is done",
    .usage =
        "  kadr plans                                the country's plans today\n"
        "  kadr plans --unit KZ-33 --indicator facilities_planned\n"
        "  kadr plans --unit KZ-35 --csv\n"
        "  kadr plans --known-at 2024-02-01          as it stood at the end of that day\n\n"
        "A plan is due in the period that it was stated for; it is overdue when that is over and the fact\n"
        "certainly falls short of it.\n",
    .options = options,
    .option_count = KADR_COUNT(options),
    .run = run,
};
