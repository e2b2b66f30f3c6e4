/* SPDX-License-Identifier: Apache-2.0 */
/* explain.c - `kadr explain`: where one figure comes from, down to the reports that made it. */
#include "explain.h"

#include <string.h>

#include "client/snapshot.h"

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
    return e->cli->config.json ? explain_print_json(e) : explain_print_text(e);
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
    e.names = cli_names(cli);
    code = kadr_arena_new(KADR_MAX_ARENA_BYTES, &e.arena) == 0 ? ask(&e) : KADR_EXIT_SOFTWARE;
    kadr_reference_unref(e.names);
    kadr_arena_free(e.arena);
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
    { "json", KADR_OPTION_BOOL, CLI_FIELD(json), "no", 0, 0, "the whole tree as JSON" },
};

const struct command command_explain = {
    .name = "explain",
    .summary = "where a figure comes from, down to the reports",
    .usage =
        "  kadr explain --indicator need_declared --breakdown cadre=doctor,settlement=rural\n"
        "  kadr explain --unit KZ-33 --indicator facilities_planned --period 2024\n"
        "  kadr explain --unit KZ-33 --indicator facilities_planned --period 2024 --known-at 12 --json\n\n"
        "Each way to know the figure, which one was taken and why, and below it its parts.\n",
    .options = options,
    .option_count = KADR_COUNT(options),
    .run = run,
};
