/* SPDX-License-Identifier: Apache-2.0 */
/* owed.c - see owed.h.
 *
 * A row is made of two looks at a reporter's cell: one with everything that is known, one with what was
 * stated up to the due day. Both are looks of the one evaluator, so that what counts as a figure here is what
 * counts as one in the cells.
 */
#include "domain/owed.h"

#include <stdlib.h>

#include "base/err.h"
#include "domain/reporters.h"
#include "domain/rollup_state.h"

const char *kadr_owed_state_text(enum kadr_owed_state state)
{
    static const char *const texts[KADR_OWED_STATES] = {
        "",        "complete", "incomplete", "not_applicable", "reason",
        "nothing", "parts",    "carried",    "expired",        "missing"
    };
    return (size_t)state < KADR_COUNT(texts) ? texts[state] : "unknown";
}

const char *kadr_owed_time_text(enum kadr_owed_time time)
{
    static const char *const texts[KADR_OWED_TIMES] = { "", "on_time", "late", "overdue", "not_due" };
    return (size_t)time < KADR_COUNT(texts) ? texts[time] : "unknown";
}

bool kadr_owed_is_answer(enum kadr_owed_state state)
{
    return state == KADR_OWED_COMPLETE || state == KADR_OWED_NOT_APPLICABLE || state == KADR_OWED_REASON ||
           state == KADR_OWED_NOTHING;
}

void kadr_owed_done(struct kadr_owed *owed)
{
    free(owed->rows);
    *owed = (struct kadr_owed){ .count = 0 };
}

/* ---- days ---------------------------------------------------------------------------------------------- */

kadr_day kadr_owed_due_day(const struct kadr_indicator_info *info, struct kadr_period period)
{
    return info->owed_every == KADR_PERIOD_IRREGULAR ? KADR_DAY_NONE : period.last + info->due_days;
}

int kadr_owed_last_due(const struct kadr_indicator_info *info, kadr_day today, struct kadr_period *ret_period)
{
    if (info->owed_every == KADR_PERIOD_IRREGULAR) {
        return KADR_ENOENT;
    }
    struct kadr_period period = kadr_period_around(today, info->owed_every);
    while (kadr_owed_due_day(info, period) > today && period.first > KADR_DAY_MIN) {
        period = kadr_period_around(period.first - 1, info->owed_every);
    }
    *ret_period = period;
    return 0;
}

/* Until then "nothing to report" speaks of this period. */
static kadr_day nothing_until(struct kadr_period period)
{
    enum kadr_period_kind kind = kadr_period_kind(period);
    kadr_day next = period.last < KADR_DAY_MAX ? period.last + 1 : period.last;
    if (kind == KADR_PERIOD_IRREGULAR) {
        return next + (period.last - period.first); /* as long again */
    }
    return kadr_period_around(next, kind).last - 1;
}

/* ---- what was heard ------------------------------------------------------------------------------------ */

/* Statements at or below a reporter, whatever their breakdown. */
struct heard {
    kadr_ms newest_ms;  /* stated_at of those of the period; 0: none */
    kadr_day value_day; /* the newest value up to the period's end; KADR_DAY_NONE */
    bool has_reason;    /* the newest statement of the cell itself within the period is a reason */
    kadr_day reason_day;
    enum kadr_reason reason;
};

struct owed {
    const struct kadr_owed_query *query;
    const struct kadr_indicator_info *info;
    kadr_day today, as_of, due; /* as_of: of stocks and parameters */
    bool stock;
    struct kadr_owed *result;
    size_t cap;
    struct kadr_unit_list listed; /* scratch */
};

static void hear_statement(const struct owed *o, const struct kadr_statement *statement, bool cell_itself,
                           struct heard *heard)
{
    bool value = statement->value.kind == KADR_VALUE_INTERVAL;
    if (statement->value.kind == KADR_VALUE_WITHDRAWN || statement->period.last > o->query->period.last) {
        return;
    }
    if (value && statement->period.last > heard->value_day) {
        heard->value_day = statement->period.last;
    }
    if (!kadr_period_contains(o->query->period, statement->period)) {
        return;
    }
    if (statement->stated_at_ms > heard->newest_ms) {
        heard->newest_ms = statement->stated_at_ms;
    }
    if (cell_itself && statement->period.last >= heard->reason_day) {
        heard->reason_day = statement->period.last;
        heard->has_reason = !value;
        heard->reason = value ? KADR_REASON_NONE : statement->value.reason;
    }
}

static void hear(const struct owed *o, const struct kadr_rollup *rollup, kadr_unit unit,
                 kadr_indicator indicator, bool reporter, struct heard *heard)
{
    const struct kadr_unit_info *info = kadr_unit_info(rollup->reference, unit);
    for (const struct kadr_series *s = kadr_series_first(&rollup->table, unit, indicator); s; s = s->next) {
        bool cell_itself = reporter && s->breakdown == 0 && indicator == o->query->indicator;
        for (size_t i = 0; i < s->statement_count; i++) {
            hear_statement(o, &s->statements[i], cell_itself, heard);
        }
    }
    for (size_t c = 0; c < info->child_count; c++) {
        if (kadr_unit_belongs(rollup->reference, info->children[c], unit, o->query->period)) {
            hear(o, rollup, info->children[c], indicator, false, heard);
        }
    }
}

static struct heard hear_all(const struct owed *o, const struct kadr_rollup *rollup, kadr_unit unit)
{
    struct heard heard = { .value_day = KADR_DAY_NONE, .reason_day = KADR_DAY_NONE };
    hear(o, rollup, unit, o->query->indicator, true, &heard);
    for (size_t t = 0; t < o->info->term_count; t++) {
        hear(o, rollup, unit, o->info->terms[t].indicator, true, &heard);
    }
    return heard;
}

/* When the office of a unit last said that it had nothing to report of this period, up to a day; 0: it has
 * not. */
static kadr_ms heard_nothing(const struct owed *o, kadr_unit unit, kadr_day up_to)
{
    kadr_ms newest = 0;
    for (size_t i = 0; i < o->query->nothing_count; i++) {
        const struct kadr_owed_nothing *nothing = &o->query->nothing[i];
        kadr_day said = kadr_day_at(nothing->stated_at_ms);
        bool of_period = said >= o->query->period.last && said <= nothing_until(o->query->period);
        if (nothing->office == unit && of_period && said <= up_to && nothing->stated_at_ms > newest) {
            newest = nothing->stated_at_ms;
        }
    }
    return newest;
}

/* ---- one reporter -------------------------------------------------------------------------------------- */

static struct kadr_at place(const struct owed *o, struct kadr_rollup *rollup, kadr_unit unit,
                            struct kadr_series *phantom)
{
    const struct kadr_series *series = kadr_series_find(&rollup->table, unit, o->query->indicator, 0);
    *phantom = (struct kadr_series){ .unit = unit, .indicator = o->query->indicator };
    return kadr_at(&rollup->evaluator, series ? series : phantom,
                   o->stock ? KADR_PERIOD_AS_OF : o->query->period, o->stock ? o->as_of : o->today);
}

struct look {
    enum kadr_owed_state state;
    enum kadr_reason reason;
    bool stale;
    kadr_day rests_on;
    kadr_ms stated_at_ms;
};

static bool is_expired(const struct owed *o, const struct heard *heard)
{
    return o->stock && o->info->expires_after_days > 0 && heard->value_day != KADR_DAY_NONE &&
           o->as_of - heard->value_day > o->info->expires_after_days;
}

static enum kadr_owed_state state_of(const struct owed *o, const struct kadr_figure *figure,
                                     const struct heard *heard, bool nothing)
{
    const struct kadr_candidate *value = &figure->value;
    if (value->present && (!o->stock || value->oldest >= o->query->period.first)) {
        return value->complete ? KADR_OWED_COMPLETE : KADR_OWED_INCOMPLETE;
    }
    if (figure->not_applicable) {
        return KADR_OWED_NOT_APPLICABLE;
    }
    if (heard->has_reason) {
        return KADR_OWED_REASON;
    }
    if (nothing) {
        return KADR_OWED_NOTHING;
    }
    if (heard->newest_ms != 0) {
        return KADR_OWED_PARTS;
    }
    if (value->present) {
        return KADR_OWED_CARRIED;
    }
    return is_expired(o, heard) ? KADR_OWED_EXPIRED : KADR_OWED_MISSING;
}

static struct look look_at(const struct owed *o, struct kadr_rollup *rollup, kadr_unit unit, kadr_day up_to)
{
    struct kadr_series phantom;
    struct kadr_at at = place(o, rollup, unit, &phantom);
    const struct kadr_figure *figure = kadr_evaluate(&rollup->evaluator, &at);
    struct heard heard = hear_all(o, rollup, unit);
    kadr_ms nothing = heard_nothing(o, unit, up_to);
    if (!figure) {
        return (struct look){ .state = KADR_OWED_MISSING }; /* no memory: told at the end */
    }
    struct look look = { .state = state_of(o, figure, &heard, nothing != 0),
                         .stale = figure->value.present && figure->value.stale,
                         .rests_on = figure->value.present ? figure->value.oldest : KADR_DAY_NONE,
                         .stated_at_ms = heard.newest_ms };
    look.reason = look.state == KADR_OWED_NOT_APPLICABLE ? KADR_REASON_NOT_APPLICABLE
                  : look.state == KADR_OWED_REASON       ? heard.reason
                                                         : KADR_REASON_NONE;
    if (look.state == KADR_OWED_NOTHING) {
        look.stated_at_ms = nothing;
    }
    return look;
}

static enum kadr_owed_time time_of(const struct owed *o, struct kadr_rollup *in_time, kadr_unit unit,
                                   enum kadr_owed_state state)
{
    if (o->due == KADR_DAY_NONE || state == KADR_OWED_NOT_APPLICABLE) {
        return KADR_OWED_NO_TIME;
    }
    if (!kadr_owed_is_answer(state)) {
        return o->today > o->due ? KADR_OWED_OVERDUE : KADR_OWED_NOT_DUE;
    }
    struct look then = look_at(o, in_time, unit, o->due);
    return kadr_owed_is_answer(then.state) ? KADR_OWED_ON_TIME : KADR_OWED_LATE;
}

/* Days on which the unit began and ended, where they lie within the period. */
static void set_life(const struct owed *o, const struct kadr_reference *reference, struct kadr_owed_row *row)
{
    const struct kadr_unit_info *info = kadr_unit_info(reference, row->unit);
    struct kadr_period period = o->query->period;
    kadr_day from = info->territory[0].from, to = info->territory[info->territory_count - 1].to;
    row->opened = from > period.first && from <= period.last ? from : KADR_DAY_NONE;
    row->closed = to >= period.first && to < period.last ? to : KADR_DAY_NONE;
}

/* As the cells count who is expected. */
static bool is_owed(const struct owed *o, struct kadr_rollup *rollup, kadr_unit unit)
{
    struct kadr_series phantom;
    struct kadr_at at = place(o, rollup, unit, &phantom);
    return kadr_is_owed(&rollup->evaluator, &at, unit) &&
           kadr_unit_belongs(rollup->reference, unit, KADR_NO_UNIT, kadr_at_span(&rollup->evaluator, &at));
}

static int add_row(struct owed *o, struct kadr_rollup *rollup, struct kadr_rollup *in_time, kadr_unit unit,
                   bool stood_for)
{
    struct kadr_owed *result = o->result;
    if (result->count == o->cap) {
        size_t cap = o->cap ? o->cap * 2 : 32;
        struct kadr_owed_row *rows = realloc(result->rows, cap * sizeof(*rows));
        if (!rows) {
            return KADR_ENOMEM;
        }
        result->rows = rows;
        o->cap = cap;
    }
    struct look look = look_at(o, rollup, unit, KADR_DAY_MAX);
    struct kadr_owed_row row = { .unit = unit,
                                 .owed = is_owed(o, rollup, unit),
                                 .state = look.state,
                                 .reason = look.reason,
                                 .stood_for = stood_for,
                                 .stale = look.stale,
                                 .rests_on = look.rests_on,
                                 .late_since = KADR_DAY_NONE,
                                 .stated_at_ms = look.stated_at_ms };
    set_life(o, rollup->reference, &row);
    row.time = row.owed ? time_of(o, in_time, unit, row.state) : KADR_OWED_NO_TIME;
    if (row.time == KADR_OWED_LATE || row.time == KADR_OWED_OVERDUE) {
        row.late_since = o->due + 1;
    }
    result->rows[result->count++] = row;
    return 0;
}

/* ---- all of them --------------------------------------------------------------------------------------- */

/* The reporters whose cells the cell of `unit` counts (coverage.c), with those that a predecessor stands for.
 */
static int add_reporters(struct owed *o, struct kadr_rollup *rollup, struct kadr_rollup *in_time,
                         kadr_unit unit, bool stood_for)
{
    struct kadr_series phantom;
    struct kadr_at at = place(o, rollup, unit, &phantom);
    struct kadr_children children;
    const struct kadr_part *part;
    int err = 0;
    kadr_children_init(&children, &rollup->evaluator, &at);
    while (!err && (part = kadr_children_next(&children))) {
        bool replaced = stood_for || part->replaced;
        if (part->stands_in || part->at.unit_info->level > o->info->level) {
            continue;
        }
        err = part->at.unit_info->level == o->info->level
                  ? add_row(o, rollup, in_time, part->unit, replaced)
                  : add_reporters(o, rollup, in_time, part->unit, replaced);
    }
    return err;
}

static bool is_row(const struct kadr_owed *result, size_t count, kadr_unit unit)
{
    for (size_t i = 0; i < count; i++) {
        if (result->rows[i].unit == unit) {
            return true;
        }
    }
    return false;
}

/* Of a stock: those that were there in the period and not at its end. They owe nothing, and are named. */
static int add_closed(struct owed *o, struct kadr_rollup *rollup, struct kadr_rollup *in_time)
{
    size_t there = o->result->count;
    int err = kadr_reporters_inside(rollup->reference, o->query->unit, o->info->level, o->query->period,
                                    &o->listed);
    for (size_t i = 0; i < o->listed.count && !err; i++) {
        if (!is_row(o->result, there, o->listed.units[i])) {
            err = add_row(o, rollup, in_time, o->listed.units[i], false);
        }
    }
    return err;
}

static int compare_rows(const void *left, const void *right)
{
    const struct kadr_owed_row *a = left, *b = right;
    return (a->unit > b->unit) - (a->unit < b->unit);
}

static void count_row(const struct kadr_owed_row *row, struct kadr_owed_sum *sum)
{
    if (!row->owed) {
        sum->beyond += row->state == KADR_OWED_COMPLETE || row->state == KADR_OWED_INCOMPLETE;
        return;
    }
    sum->expected += row->state != KADR_OWED_NOT_APPLICABLE;
    sum->state[row->state]++;
    sum->time[row->time] += row->state != KADR_OWED_NOT_APPLICABLE;
    sum->stood_for += row->stood_for;
    sum->stale += row->stale;
}

static int add_all(struct owed *o, struct kadr_rollup *rollup, struct kadr_rollup *in_time)
{
    bool above = kadr_unit_info(rollup->reference, o->query->unit)->level < o->info->level;
    int err = above ? add_reporters(o, rollup, in_time, o->query->unit, false) : 0;
    err = err ? err : add_closed(o, rollup, in_time);
    if (!err && o->result->count > 1) {
        qsort(o->result->rows, o->result->count, sizeof(*o->result->rows), compare_rows);
    }
    for (size_t i = 0; i < o->result->count; i++) {
        count_row(&o->result->rows[i], &o->result->sum);
    }
    err = err ? err : rollup->evaluator.err;
    return err ? err : in_time->evaluator.err;
}

static void begin(struct kadr_rollup *rollup)
{
    kadr_evaluator_begin(&rollup->evaluator, rollup->reference, &rollup->table, rollup->day);
}

int kadr_rollup_owed(struct kadr_rollup *rollup, struct kadr_rollup *in_time,
                     const struct kadr_owed_query *query, struct kadr_owed *ret_owed)
{
    struct kadr_period period = query->period;
    if (!rollup->reference || period.first < KADR_DAY_MIN || period.last < period.first ||
        period.last > KADR_DAY_MAX || period.first > rollup->day) {
        return KADR_EINVAL;
    }
    const struct kadr_indicator_info *info = kadr_indicator_info(rollup->reference, query->indicator);
    KADR_CLEANUP(kadr_owed_done)
    struct kadr_owed result = { .indicator = query->indicator,
                                .period = period,
                                .due = kadr_owed_due_day(info, period) };
    struct owed o = { .query = query,
                      .info = info,
                      .today = rollup->day,
                      .as_of = period.last < rollup->day ? period.last : rollup->day,
                      .due = result.due,
                      .stock = info->time == KADR_TIME_LAST,
                      .result = &result };
    begin(rollup);
    begin(in_time);
    int err = add_all(&o, rollup, in_time);
    kadr_unit_list_done(&o.listed);
    if (err) {
        return err;
    }
    *ret_owed = result;
    result = (struct kadr_owed){ .count = 0 };
    return 0;
}
