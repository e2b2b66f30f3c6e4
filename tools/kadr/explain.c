/* SPDX-License-Identifier: Apache-2.0 */
/* explain.c - `kadr explain`: where one figure comes from, down to the reports that made it. */
#include "explain.h"

#include <inttypes.h>
#include <string.h>

#include "client/snapshot.h"
#include "lifetime.h"

/* ---- nodes are kept: the whole tree is known only at its end ---- */

static const char *keep(struct explained *e, const char *text)
{
    const char *copy = kadr_arena_strndup(e->arena, text, strlen(text));

    e->failed = e->failed || copy == NULL;
    return copy != NULL ? copy : "";
}

static void keep_members(struct explained *e, struct kadr_member_pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        pairs[i].dimension = keep(e, pairs[i].dimension);
        pairs[i].member = keep(e, pairs[i].member);
    }
}

static void keep_statement(struct explained *e, struct kadr_wire_node *node)
{
    struct kadr_observation *observation = &node->statement.observation;

    observation->unit = keep(e, observation->unit);
    observation->indicator = keep(e, observation->indicator);
    keep_members(e, observation->breakdown, observation->breakdown_count);
    observation->occurrence = keep(e, observation->occurrence);
    observation->stated = keep(e, observation->stated);
    observation->note = keep(e, observation->note);
    node->statement.office = keep(e, node->statement.office);
    node->statement.source = keep(e, node->statement.source);
    node->statement.file = keep(e, node->statement.file);
}

static bool room_for_node(struct explained *e)
{
    uint32_t cap = e->cap > 0 ? e->cap * 2 : 256;
    struct kadr_wire_node *nodes;
    struct explain_link *links;

    if (e->count < e->cap) {
        return true;
    }
    nodes = realloc(e->nodes, cap * sizeof(*nodes));
    e->nodes = nodes != NULL ? nodes : e->nodes;
    links = realloc(e->links, cap * sizeof(*links));
    e->links = links != NULL ? links : e->links;
    e->cap = nodes != NULL && links != NULL ? cap : e->cap;
    return e->count < e->cap;
}

static void hang_below(struct explained *e, uint32_t index, uint32_t parent)
{
    struct explain_link *above = &e->links[parent];

    e->links[index] = (struct explain_link){ 0 };
    if (index == 0) {
        return;
    }
    if (above->last != 0) {
        e->links[above->last].next = index;
    } else {
        above->first = index;
    }
    above->last = index;
}

static void on_node(void *context, const struct kadr_wire_node *node)
{
    struct explained *e = context;
    uint32_t index = e->count;

    if (e->failed || !room_for_node(e)) {
        e->failed = true;
        return;
    }
    e->nodes[e->count++] = *node;
    e->nodes[index].dimension = keep(e, node->dimension);
    if (node->kind == KADR_NODE_STATEMENT) {
        keep_statement(e, &e->nodes[index]);
    } else {
        e->nodes[index].cell.unit = keep(e, node->cell.unit);
        e->nodes[index].cell.indicator = keep(e, node->cell.indicator);
        keep_members(e, e->nodes[index].cell.breakdown, node->cell.breakdown_count);
    }
    hang_below(e, index, node->parent);
}

static void on_begin(void *context, const struct kadr_position *position)
{
    struct explained *e = context;

    e->position = *position;
    e->count = 0;
    kadr_arena_clear(e->arena);
}

static void on_part(void *context, const struct kadr_query_reply *reply)
{
    struct explained *e = context;

    if (reply->kind == KADR_QUERY_EXPLANATION) {
        e->omitted = reply->explanation.omitted;
        e->cut = reply->explanation.cut;
    }
}

static void on_refused(void *context, const struct kadr_refusal *refusal)
{
    struct explained *e = context;

    e->refused = true;
    cli_question_refused(e->cli, refusal);
}

/* ---- without a figure: which breakdowns have one ---- */

#define MAX_OTHERS 5 /* told; the others are counted */

static void on_others_begin(void *context, const struct kadr_position *position)
{
    struct explained *e = context;

    (void)position;
    e->other_count = 0;
    kadr_buf_clear(&e->others);
}

/* As the options that ask for it. */
static void on_other(void *context, const struct kadr_wire_cell *cell)
{
    struct explained *e = context;
    const struct kadr_period *period = &cell->cell.key.period;
    char text[KADR_PERIOD_TEXT_BYTES];

    if (!kadr_cell_has_value(&cell->cell) || e->other_count++ >= MAX_OTHERS) {
        return;
    }
    kadr_buf_add_str(&e->others, cell->breakdown_count > 0 ? "\n  --breakdown " : "\n  --breakdown ''");
    for (size_t i = 0; i < cell->breakdown_count; i++) {
        kadr_buf_printf(&e->others, "%s%s=%s", i > 0 ? "," : "", cell->breakdown[i].dimension,
                        cell->breakdown[i].member);
    }
    if (period->first != KADR_DAY_NONE) {
        kadr_buf_printf(&e->others, " --period %s", kadr_period_format(*period, text));
    }
}

/* A hint behind an answer that stands: when it cannot be had, there is none. */
static void tell_others(struct explained *e, const struct kadr_query_request *asked)
{
    const struct kadr_snapshot_query query = { .unit = asked->explain.unit,
                                               .indicator = asked->explain.indicator,
                                               .as_of = asked->explain.as_of,
                                               .has_period = asked->explain.has_period,
                                               .period = asked->explain.period,
                                               .known = asked->explain.known };
    const struct kadr_snapshot_events events = { .begin = on_others_begin, .cell = on_other, .context = e };
    char number[16];

    if (kadr_snapshot(e->cli->config.query, &query, e->cli->config.timeout_ns, &events, NULL) != 0 ||
        e->other_count == 0 || e->others.err != 0) {
        return;
    }
    if (e->other_count > MAX_OTHERS) {
        (void)snprintf(number, sizeof(number), "%" PRIu32,
                       e->other_count - MAX_OTHERS); /* at most 10 digits */
        kadr_buf_add_str(&e->others, "\n  ");
        text_say(e->cli->lang, TEXT_AND_MORE, TEXT_ARGS(number), &e->others);
    }
    cli_say(e->cli, stdout, TEXT_OTHERS_HAVE_ONE, TEXT_ARGS(kadr_buf_str(&e->others)));
}

/* ---- the question ---- */

/* `cadre=doctor,settlement=rural`; blanks separate as well, as in a report. */
static int parse_breakdown(struct explained *e, const char *text, struct kadr_query_request *request)
{
    static const char separators[] = ", ";

    for (text += strspn(text, separators); *text != '\0'; text += strspn(text, separators)) {
        size_t len = strcspn(text, separators), name = strcspn(text, "=");
        struct kadr_member_pair *pair = &request->explain.breakdown[request->explain.breakdown_count];

        if (name == 0 || name + 1 >= len || request->explain.breakdown_count == KADR_MAX_DIMENSIONS) {
            cli_error("--breakdown: want dimension=member, at most four: cadre=doctor,settlement=rural");
            return KADR_EXIT_USAGE;
        }
        pair->dimension = kadr_arena_strndup(e->arena, text, name);
        pair->member = kadr_arena_strndup(e->arena, text + name + 1, len - name - 1);
        if (pair->dimension == NULL || pair->member == NULL) {
            return KADR_EXIT_SOFTWARE;
        }
        request->explain.breakdown_count++;
        text += len;
    }
    return 0;
}

static int make_request(struct explained *e, struct kadr_query_request *request)
{
    const struct cli_config *config = &e->cli->config;
    int code = cli_unit(e->cli, e->names, *config->unit != '\0' ? config->unit : cli_unit_meant(e->cli, true),
                        &request->explain.unit);

    if (code == 0) {
        code = cli_indicator(e->cli, e->names, config->indicator, &request->explain.indicator);
    }
    request->explain.as_of = config->as_of;
    request->explain.has_period = *config->period != '\0';
    if (code == 0 && request->explain.has_period &&
        kadr_period_parse(config->period, &request->explain.period) != 0) {
        cli_error("--period: want 2023-11-20, 2023-11, 2023-Q4, 2023-H1, 2023 or FIRST/LAST");
        code = KADR_EXIT_USAGE;
    }
    if (code == 0 && *config->known_at != '\0') {
        code = cli_instant("--known-at", config->known_at, &request->explain.known);
    }
    return code != 0 ? code : parse_breakdown(e, config->breakdown, request);
}

static int ask(struct explained *e)
{
    const struct kadr_snapshot_events events = {
        .begin = on_begin, .node = on_node, .part = on_part, .context = e
    };
    struct kadr_query_request request = { .kind = KADR_QUERY_EXPLAIN };
    int code = make_request(e, &request);
    int err;

    if (code != 0) {
        return code;
    }
    err = kadr_ask(e->cli->config.query, &request, e->cli->config.timeout_ns, &events, on_refused);
    if (err != 0) {
        return cli_ask_failed(e->cli, err, e->refused);
    }
    if (e->failed || e->count == 0) {
        return KADR_EXIT_SOFTWARE;
    }
    if (e->cli->config.json) {
        return explain_print_json(e);
    }
    code = explain_print_text(e);
    if (!kadr_cell_has_value(&e->nodes[0].cell.cell)) {
        struct kadr_period asked = { e->position.day, e->position.day };

        asked = request.explain.has_period ? request.explain.period : asked;
        (void)lifetime_tell(e->cli, e->names, request.explain.unit, asked, stdout);
        tell_others(e, &request);
    }
    return code;
}

static int run(const struct cli *cli)
{
    struct explained e = { .cli = cli };
    int code;

    if (cli->arg_count > 0) {
        cli_error("explain takes no arguments; did you mean --unit or --indicator? See kadr explain --help");
        return KADR_EXIT_USAGE;
    }
    if (*cli->config.indicator == '\0') {
        cli_error("explain: which figure? Say --indicator CODE");
        return KADR_EXIT_USAGE;
    }
    if (cli->config.csv) {
        cli_error("explain: a tree has no CSV; --json holds all of it");
        return KADR_EXIT_USAGE;
    }
    kadr_buf_init(&e.others, 0);
    e.names = cli_names(cli);
    code = kadr_arena_new(KADR_MAX_ARENA_BYTES, &e.arena) == 0 ? ask(&e) : KADR_EXIT_SOFTWARE;
    kadr_reference_unref(e.names);
    kadr_arena_free(e.arena);
    kadr_buf_done(&e.others);
    free(e.nodes);
    free(e.links);
    return code;
}

static const struct kadr_option options[] = {
    { "unit", KADR_OPTION_STRING, CLI_FIELD(unit), "", 0, KADR_MAX_CODE_BYTES,
      "code of the unit; empty: the country" },
    { "indicator", KADR_OPTION_STRING, CLI_FIELD(indicator), "", 0, KADR_MAX_CODE_BYTES,
      "code of the indicator" },
    { "breakdown", KADR_OPTION_STRING, CLI_FIELD(breakdown), "", 0, 512,
      "cadre=doctor,settlement=rural; empty: all" },
    { "period", KADR_OPTION_STRING, CLI_FIELD(period), "", 0, 64,
      "of a figure that has one: 2023, 2023-Q4 …" },
    { "as_of", KADR_OPTION_DAY, CLI_FIELD(as_of), "", 0, 0, "the day asked about; empty: today" },
    { "known_at", KADR_OPTION_STRING, CLI_FIELD(known_at), "", 0, 64,
      "as it was known at a commit, a day or a time; empty: now" },
    CLI_OUTPUT_OPTIONS,
};

const struct command command_explain = {
    .name = "explain",
    .summary = "where a figure comes from, down to the reports",
    .usage =
        "  kadr explain --indicator need_declared --breakdown cadre=doctor,settlement=rural\n"
        "  kadr explain --unit KZ-33 --indicator facilities_planned --period 2024 \\\n"
        "      --breakdown programme=national_project_rural_health\n"
        "  kadr explain --indicator need_declared --breakdown cadre=doctor,settlement=rural --known-at 6 "
        "--json\n\n"
        "Each way to know the figure, which one was taken and why, and below it its parts. Where there is no "
        "figure,\nthe breakdowns that have one are named.\n",
    .options = options,
    .option_count = KADR_COUNT(options),
    .run = run,
};
