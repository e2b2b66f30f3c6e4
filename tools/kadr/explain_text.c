/* SPDX-License-Identifier: Apache-2.0 */
/* explain_text.c - an explanation as an indented tree for people.
 *
 * Folded: parts of which nothing is known stand together, by their names, and so do ways; a part that is
 * known in one way, by what was stated of it, shows the statements at once. --json folds nothing.
 */
#include <inttypes.h>
#include <string.h>

#include "cell_text.h"
#include "explain.h"

#define INDENT     2
#define MAX_LISTED 30  /* names of folded parts; the others are counted */
#define MAX_WIDTH  110 /* characters of a line of them; the list goes on below it */
#define DOT        " · "

struct telling {
    const struct explained *e;
    enum kadr_lang lang;
};

static void print_below(const struct telling *t, uint32_t index, unsigned depth);

static void print_line(unsigned depth, struct kadr_buf *line)
{
    (void)printf("%*s%s\n", (int)(depth * INDENT), "", kadr_buf_str(line));
    kadr_buf_clear(line);
}

static const struct kadr_wire_node *node_of(const struct telling *t, uint32_t index)
{
    return &t->e->nodes[index];
}

/* ---- statements ---- */

/* To the minute, in UTC+5. */
static void add_time(kadr_ms at_ms, struct kadr_buf *out)
{
    enum { EAST_MINUTES = 300, DAY_MINUTES = 1440 };
    int64_t minute = at_ms / 60000 + EAST_MINUTES;
    char day[KADR_DAY_TEXT_BYTES];

    kadr_buf_printf(out, "%s %02d:%02d", kadr_day_format(kadr_day_at(at_ms), day),
                    (int)(minute % DAY_MINUTES / 60), (int)(minute % 60));
}

static void add_text(const char *text, struct kadr_buf *out)
{
    if (*text != '\0') {
        kadr_buf_add_str(out, out->len > 0 ? DOT : "");
        kadr_buf_add_str(out, text);
    }
}

static void print_said(const struct telling *t, const struct kadr_wire_node *node, unsigned depth)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf line = { 0 }, value = { 0 };
    const struct kadr_observation *observation = &node->statement.observation;
    char period[KADR_PERIOD_TEXT_BYTES];

    kadr_buf_init(&line, 0);
    kadr_buf_init(&value, 0);
    cell_stated(t->lang, &observation->value, observation->scale, &value);
    text_say(t->lang, node->statement.use == KADR_USE_EXPIRED ? TEXT_SAID_EXPIRED : TEXT_SAID,
             TEXT_ARGS(kadr_buf_str(&value), kadr_period_format(observation->period, period),
                       node->statement.office),
             &line);
    add_text(observation->occurrence, &line);
    print_line(depth, &line);
}

static void print_report(const struct telling *t, const struct kadr_wire_node *node, unsigned depth)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf line = { 0 }, stated = { 0 }, received = { 0 };
    char number[24], commit[24];

    kadr_buf_init(&line, 0);
    kadr_buf_init(&stated, 0);
    kadr_buf_init(&received, 0);
    (void)snprintf(number, sizeof(number), "%" PRIu64, node->statement.sequence); /* at most 20 digits */
    (void)snprintf(commit, sizeof(commit), "%" PRIu64, node->statement.commit);
    add_time(node->statement.stated_at_ms, &stated);
    add_time(node->statement.received_at_ms, &received);
    text_say(t->lang, TEXT_SAID_IN, TEXT_ARGS(number, commit), &line);
    kadr_buf_add_str(&line, DOT);
    text_say(t->lang, TEXT_SAID_WHEN, TEXT_ARGS(kadr_buf_str(&stated), kadr_buf_str(&received)), &line);
    print_line(depth, &line);
}

static void print_source(const struct kadr_wire_node *node, unsigned depth)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf line = { 0 };
    const struct kadr_observation *observation = &node->statement.observation;
    char day[KADR_DAY_TEXT_BYTES];

    kadr_buf_init(&line, 0);
    add_text(node->statement.source, &line);
    add_text(kadr_day_format(node->statement.published, day), &line);
    add_text(node->statement.file, &line);
    if (*node->statement.file != '\0' && observation->line > 0) {
        kadr_buf_printf(&line, ":%" PRIu32 ":%" PRIu32, observation->line, observation->column);
    }
    add_text(observation->note, &line);
    if (line.len > 0) {
        print_line(depth, &line);
    }
}

static void print_statement(const struct telling *t, uint32_t index, unsigned depth)
{
    const struct kadr_wire_node *node = node_of(t, index);

    print_said(t, node, depth);
    print_report(t, node, depth + 1);
    print_source(node, depth + 1);
}

/* ---- ways ---- */

static void add_way(const struct telling *t, const struct kadr_wire_node *node, struct kadr_buf *out)
{
    text_say(t->lang, (enum text)(TEXT_WAY_OWN + (int)(node->way - KADR_WAY_OWN)),
             TEXT_ARGS(cell_dimension_name(t->lang, t->e->names, node->dimension)), out);
}

static void print_way(const struct telling *t, uint32_t index, unsigned depth)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf line = { 0 }, by = { 0 };
    const struct kadr_wire_node *node = node_of(t, index);

    kadr_buf_init(&line, 0);
    kadr_buf_init(&by, 0);
    if (node->by > 0 && node->by < t->e->count && node_of(t, node->by)->kind == KADR_NODE_WAY) {
        add_way(t, node_of(t, node->by), &by);
    }
    add_way(t, node, &line);
    kadr_buf_add_str(&line, ": ");
    if (kadr_cell_has_value(&node->cell.cell)) {
        cell_figure(t->lang, &node->cell, &line);
        kadr_buf_add_str(&line, DOT);
    }
    text_say(t->lang, (enum text)(TEXT_FATE_ABSENT + (int)(node->fate - KADR_FATE_ABSENT)),
             TEXT_ARGS(kadr_buf_str(&by)), &line);
    print_line(depth, &line);
    print_below(t, index, depth + 1);
}

static void print_against(const struct telling *t, uint32_t index, unsigned depth)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf line = { 0 }, left = { 0 };
    const struct kadr_wire_node *node = node_of(t, index);
    char day[KADR_DAY_TEXT_BYTES];

    kadr_buf_init(&line, 0);
    kadr_buf_init(&left, 0);
    cell_unexplained(t->lang, &node->cell, &left);
    if (left.len == 0) {
        kadr_buf_add_str(&left, text_of(t->lang, TEXT_NOTHING_LEFT));
    }
    text_say(t->lang, node->day == KADR_DAY_NONE ? TEXT_COMPARED : TEXT_COMPARED_AS_OF,
             TEXT_ARGS(kadr_buf_str(&left), kadr_day_format(node->day, day)), &line);
    print_line(depth, &line);
    print_below(t, index, depth + 1);
}

/* ---- parts ---- */

static void add_term(const struct telling *t, const struct kadr_wire_node *node, struct kadr_buf *out)
{
    const char *name = cell_indicator_name(t->lang, t->e->names, node->cell.indicator);

    if (node->minus) {
        text_say(t->lang, TEXT_TAKEN_OFF, TEXT_ARGS(name), out);
    } else {
        kadr_buf_add_str(out, name);
    }
    if (node->cell.breakdown_count > 0) {
        kadr_buf_add_str(out, DOT);
        cell_breakdown(t->lang, t->e->names, &node->cell, out);
    }
}

/* What tells a part from the others beside it. */
static void add_label(const struct telling *t, const struct kadr_wire_node *node, struct kadr_buf *out)
{
    if (node->role == KADR_ROLE_TERM || node->kind == KADR_NODE_SUM) {
        add_term(t, node, out);
    } else if (node->role == KADR_ROLE_MEMBER) {
        cell_breakdown(t->lang, t->e->names, &node->cell, out);
    } else {
        const char *name = cell_unit_name(t->lang, t->e->names, node->cell.unit);

        kadr_buf_add_str(out, name);
        if (strcmp(name, node->cell.unit) != 0) {
            kadr_buf_printf(out, " (%s)", node->cell.unit);
        }
    }
}

/* Known in one way, by what was stated of it: that way need not be named. */
static uint32_t only_statements(const struct telling *t, uint32_t index)
{
    uint32_t way = t->e->links[index].first;
    bool plain = way != 0 && t->e->links[way].next == 0 && node_of(t, way)->way == KADR_WAY_OWN &&
                 (node_of(t, way)->fate == KADR_FATE_CHOSEN || node_of(t, way)->fate == KADR_FATE_ABSENT);

    return plain ? way : 0;
}

static void print_part(const struct telling *t, uint32_t index, unsigned depth)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf line = { 0 };
    const struct kadr_wire_node *node = node_of(t, index);
    uint32_t plain = only_statements(t, index);

    kadr_buf_init(&line, 0);
    add_label(t, node, &line);
    kadr_buf_add_str(&line, ": ");
    if (node->kind == KADR_NODE_SUM) {
        cell_figure(t->lang, &node->cell, &line);
    } else {
        cell_value(t->lang, t->e->names, &node->cell, &line);
    }
    if (node->standing == KADR_STANDING_REPLACED || node->standing == KADR_STANDING_LEFT_OUT ||
        node->standing == KADR_STANDING_UNEQUAL) {
        add_text(text_of(t->lang, node->standing == KADR_STANDING_REPLACED   ? TEXT_IS_REPLACED
                                  : node->standing == KADR_STANDING_LEFT_OUT ? TEXT_IS_LEFT_OUT
                                                                             : TEXT_IS_UNEQUAL),
                 &line);
    }
    if (node->role == KADR_ROLE_PREDECESSOR) {
        add_text(text_of(t->lang, TEXT_PREDECESSOR), &line);
    }
    if (node->cut) {
        add_text(text_of(t->lang, TEXT_CUT), &line);
    }
    print_line(depth, &line);
    print_below(t, plain != 0 ? plain : index, depth + 1);
}

/* ---- folding ---- */

/* Nothing is below it, and it is not counted. */
static bool is_folded(const struct telling *t, uint32_t index, enum kadr_standing standing)
{
    const struct kadr_wire_node *node = node_of(t, index);

    return node->kind == KADR_NODE_CELL && node->standing == standing && t->e->links[index].first == 0;
}

/* What a folded part is called: the term, the member of the dimension that the way is about, the unit. */
static const char *name_of(const struct telling *t, const struct kadr_wire_node *node)
{
    const char *dimension = node_of(t, node->parent)->dimension;

    for (size_t i = 0; node->role == KADR_ROLE_MEMBER && i < node->cell.breakdown_count; i++) {
        if (strcmp(node->cell.breakdown[i].dimension, dimension) == 0) {
            return cell_member_name(t->lang, t->e->names, &node->cell.breakdown[i]);
        }
    }
    return node->role == KADR_ROLE_TERM ? cell_indicator_name(t->lang, t->e->names, node->cell.indicator)
                                        : cell_unit_name(t->lang, t->e->names, node->cell.unit);
}

/* The names of folded parts, on as many lines as they need. */
struct listed {
    struct kadr_buf text;
    size_t width; /* of the last line */
    unsigned depth;
};

static void list_name(struct listed *listed, const char *name)
{
    size_t own = text_width(name) + strlen(", ");

    kadr_buf_add_str(&listed->text, listed->text.len > 0 ? "," : "");
    if (listed->width + own > MAX_WIDTH) {
        listed->width = (size_t)(listed->depth + 1) * INDENT;
        kadr_buf_printf(&listed->text, "\n%*s", (int)listed->width, "");
    } else if (listed->text.len > 0) {
        kadr_buf_add_char(&listed->text, ' ');
    }
    kadr_buf_add_str(&listed->text, name);
    listed->width += own;
}

static void print_folded(const struct telling *t, uint32_t index, enum kadr_standing standing, unsigned depth)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf line = { 0 };
    enum text head = (enum text)(TEXT_PARTS_MISSING + (int)(standing - KADR_STANDING_MISSING));
    struct listed names = { .width = (size_t)depth * INDENT + text_width(text_of(t->lang, head)),
                            .depth = depth };
    char number[16];
    uint32_t count = 0;

    kadr_buf_init(&line, 0);
    kadr_buf_init(&names.text, 0);
    for (uint32_t i = t->e->links[index].first; i != 0; i = t->e->links[i].next) {
        if (is_folded(t, i, standing) && count++ < MAX_LISTED) {
            list_name(&names, name_of(t, node_of(t, i)));
        }
    }
    if (count > MAX_LISTED) {
        (void)snprintf(number, sizeof(number), "%" PRIu32, count - MAX_LISTED); /* at most 10 digits */
        kadr_buf_add_char(&names.text, ' ');
        text_say(t->lang, TEXT_AND_MORE, TEXT_ARGS(number), &names.text);
    }
    if (count > 0) {
        (void)snprintf(number, sizeof(number), "%" PRIu32, count);
        text_say(t->lang, head, TEXT_ARGS(number, kadr_buf_str(&names.text)), &line);
        print_line(depth, &line);
    }
    kadr_buf_done(&names.text);
}

/* A way in which nothing is known, and nothing to say why. */
static bool is_nothing(const struct telling *t, uint32_t index)
{
    const struct kadr_wire_node *node = node_of(t, index);

    return node->kind == KADR_NODE_WAY && node->fate == KADR_FATE_ABSENT && t->e->links[index].first == 0;
}

static void print_nothing(const struct telling *t, uint32_t index, unsigned depth)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf line = { 0 };

    kadr_buf_init(&line, 0);
    for (uint32_t i = t->e->links[index].first; i != 0; i = t->e->links[i].next) {
        if (is_nothing(t, i)) {
            kadr_buf_add_str(&line, line.len > 0 ? ", " : "");
            add_way(t, node_of(t, i), &line);
        }
    }
    if (line.len > 0) {
        kadr_buf_add_str(&line, ": ");
        kadr_buf_add_str(&line, text_of(t->lang, TEXT_FATE_ABSENT));
        print_line(depth, &line);
    }
}

static bool folds(const struct telling *t, uint32_t index)
{
    return is_nothing(t, index) || (node_of(t, index)->standing != KADR_STANDING_COUNTED &&
                                    is_folded(t, index, node_of(t, index)->standing) &&
                                    !kadr_cell_has_value(&node_of(t, index)->cell.cell));
}

typedef void print_fn(const struct telling *t, uint32_t index, unsigned depth);

static void print_below(const struct telling *t, uint32_t index, unsigned depth)
{
    static print_fn *const printers[] = {
        [KADR_NODE_CELL] = print_part,           [KADR_NODE_WAY] = print_way,
        [KADR_NODE_STATEMENT] = print_statement, [KADR_NODE_SUM] = print_part,
        [KADR_NODE_AGAINST] = print_against,
    };

    for (uint32_t i = t->e->links[index].first; i != 0; i = t->e->links[i].next) {
        if (!folds(t, i)) {
            printers[node_of(t, i)->kind](t, i, depth);
        }
    }
    print_nothing(t, index, depth);
    for (int standing = KADR_STANDING_MISSING; standing <= KADR_STANDING_NOT_OWED; standing++) {
        print_folded(t, index, (enum kadr_standing)standing, depth);
    }
}

/* ---- all of it ---- */

static void print_heading(const struct telling *t)
{
    const struct kadr_wire_node *asked = node_of(t, 0);
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf line = { 0 };
    char day[KADR_DAY_TEXT_BYTES], commit[24], period[KADR_PERIOD_TEXT_BYTES];

    kadr_buf_init(&line, 0);
    (void)snprintf(commit, sizeof(commit), "%" PRIu64, t->e->position.commit); /* at most 20 digits */
    cli_say(t->e->cli, stdout, TEXT_HEADING,
            TEXT_ARGS(cell_unit_name(t->lang, t->e->names, asked->cell.unit), asked->cell.unit,
                      kadr_day_format(t->e->position.day, day), commit));
    cell_measured_name(t->lang, t->e->names, asked->cell.indicator, &line);
    kadr_buf_add_str(&line, DOT);
    cell_breakdown(t->lang, t->e->names, &asked->cell, &line);
    if (asked->cell.cell.key.period.first != KADR_DAY_NONE) {
        add_text(kadr_period_format(asked->cell.cell.key.period, period), &line);
    }
    print_line(1, &line);
    cell_value(t->lang, t->e->names, &asked->cell, &line);
    print_line(1, &line);
}

int explain_print_text(const struct explained *e)
{
    const struct telling telling = { e, e->cli->lang };
    char number[16];

    print_heading(&telling);
    print_below(&telling, 0, 2);
    if (e->omitted > 0) {
        (void)snprintf(number, sizeof(number), "%" PRIu32, e->omitted); /* at most 10 digits */
        cli_say(e->cli, stdout, TEXT_OMITTED, TEXT_ARGS(number));
    }
    return KADR_EXIT_OK;
}
