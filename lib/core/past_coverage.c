/* SPDX-License-Identifier: Apache-2.0 */
/* past_coverage.c - who has reported a period, indicator by indicator, as known at a commit.
 *
 * One indicator's rows are read once, into two rollups: all of them, and those that were stated up to its due
 * day. One after the other, so that the catalogue's whole does not lie in memory.
 */
#include "core/past_impl.h"

struct coverage {
    struct kadr_past *past;
    const struct kadr_query_request *request;
    const struct kadr_reference *reference;
    uint64_t commit;
    kadr_day today;
    kadr_unit unit;
    struct kadr_owed_nothing *nothing; /* in the question's arena */
    size_t nothing_count, nothing_cap;
    struct kadr_wire_owed_row *rows; /* of the frame being filled; likewise */
    uint64_t total;
};

/* ---- which periods ---- */

static bool is_asked(const struct coverage *coverage, kadr_indicator indicator, kadr_indicator asked)
{
    const struct kadr_indicator_info *info = kadr_indicator_info(coverage->reference, indicator);
    return asked == KADR_NO_INDICATOR ? info->owed_every != KADR_PERIOD_IRREGULAR : indicator == asked;
}

/* @retval KADR_ENOENT  no rhythm, and no period was named */
static int period_of(const struct coverage *coverage, kadr_indicator indicator, struct kadr_period *ret)
{
    *ret = coverage->request->coverage.period;
    return coverage->request->coverage.has_period
               ? 0
               : kadr_owed_last_due(kadr_indicator_info(coverage->reference, indicator), coverage->today,
                                    ret);
}

static int check_period(const struct coverage *coverage, kadr_indicator asked)
{
    char first[KADR_DAY_TEXT_BYTES], today[KADR_DAY_TEXT_BYTES];
    struct kadr_period period;
    if (coverage->request->coverage.has_period &&
        coverage->request->coverage.period.first > coverage->today) {
        period = coverage->request->coverage.period;
        return kadr_past_refuse(coverage->past, KADR_DIAG_PERIOD_IN_FUTURE,
                                kadr_day_format(period.first, first),
                                kadr_day_format(coverage->today, today));
    }
    bool without = asked != KADR_NO_INDICATOR && period_of(coverage, asked, &period) != 0;
    return without ? kadr_past_refuse(coverage->past, KADR_DIAG_NO_RHYTHM,
                                      kadr_indicator_info(coverage->reference, asked)->code, NULL)
                   : 0;
}

/* ---- nothing to report ---- */

/* The first day on which it may have been said of any period asked about. */
static kadr_day first_word(const struct coverage *coverage, kadr_indicator asked)
{
    kadr_day first = coverage->today;
    for (size_t i = 0; i < kadr_indicator_count(coverage->reference); i++) {
        struct kadr_period period;
        if (is_asked(coverage, (kadr_indicator)i, asked) &&
            period_of(coverage, (kadr_indicator)i, &period) == 0 && period.last < first) {
            first = period.last;
        }
    }
    return first;
}

static int keep_nothing(struct coverage *coverage, kadr_unit office, kadr_ms stated_at_ms)
{
    if (coverage->nothing_count == coverage->nothing_cap) {
        size_t cap = coverage->nothing_cap == 0 ? 64 : coverage->nothing_cap * 2;
        struct kadr_owed_nothing *grown = kadr_arena_calloc(coverage->past->arena, cap, sizeof *grown);
        if (grown == NULL) {
            return KADR_EFULL;
        }
        for (size_t i = 0; i < coverage->nothing_count; i++) {
            grown[i] = coverage->nothing[i];
        }
        coverage->nothing = grown;
        coverage->nothing_cap = cap;
    }
    coverage->nothing[coverage->nothing_count++] = (struct kadr_owed_nothing){ office, stated_at_ms };
    return 0;
}

static int take_report(void *context, const struct kadr_history_report *report)
{
    struct coverage *coverage = context;
    int err = kadr_past_count_row(coverage->past);
    kadr_unit office =
        report->nothing_to_report ? kadr_unit_find(coverage->reference, report->office) : KADR_NO_UNIT;
    return err == 0 && office != KADR_NO_UNIT ? keep_nothing(coverage, office, report->stated_at_ms) : err;
}

/* Nothing is stated later than it is committed, so older commits say nothing of these periods. */
static int hear_nothing(struct coverage *coverage, kadr_indicator asked)
{
    uint64_t from = 0;
    kadr_day day = first_word(coverage, asked);
    int err = kadr_history_commit_at(coverage->past->view, kadr_day_begin_ms(day), &from);
    if (err != 0 && err != KADR_ENOENT) {
        return err;
    }
    return from < coverage->commit
               ? kadr_history_reports(coverage->past->view, from + 1, coverage->commit, take_report, coverage)
               : 0;
}

/* ---- one indicator ---- */

struct pair {
    struct kadr_past *past;
    struct kadr_past_state now, in_time;
    kadr_day due;
};

static void pair_done(struct pair *pair)
{
    kadr_past_state_done(&pair->now);
    kadr_past_state_done(&pair->in_time);
}
KADR_DEFINE_DONE(struct pair, pair_done)

static int take_row(void *context, const struct kadr_history_row *row)
{
    struct pair *pair = context;
    bool in_time = pair->due != KADR_DAY_NONE && kadr_day_at(row->stated_at_ms) <= pair->due;
    int err = kadr_past_count_row(pair->past);
    if (err == 0) {
        err = kadr_past_put_row(pair->now.rollup, row);
    }
    return err == 0 && in_time ? kadr_past_put_row(pair->in_time.rollup, row) : err;
}

static int read_pair(struct coverage *coverage, const struct kadr_indicator_info *info, struct pair *pair)
{
    const struct kadr_past_scope scope = { .unit = kadr_unit_info(coverage->reference, coverage->unit)->code,
                                           .indicator = info->code,
                                           .subtree = true };
    struct kadr_past_selection selection;
    int err = kadr_past_state_begin(coverage->past, coverage->commit, &pair->now);
    if (err == 0) {
        err = kadr_past_state_begin(coverage->past, coverage->commit, &pair->in_time);
    }
    if (err == 0) {
        err = kadr_past_select(coverage->past, &scope, coverage->commit, coverage->commit, &selection);
    }
    return err != 0 ? err : kadr_past_rows(&selection, 1, coverage->commit, take_row, pair);
}

static int send_rows(struct coverage *coverage, const struct kadr_owed *owed, size_t from)
{
    struct kadr_query_reply reply = { .kind = KADR_QUERY_OWED };
    size_t count =
        owed->count - from < KADR_MAX_CELLS_PER_FRAME ? owed->count - from : KADR_MAX_CELLS_PER_FRAME;
    for (size_t i = 0; i < count; i++) {
        coverage->rows[i].row = owed->rows[from + i];
        coverage->rows[i].unit = kadr_unit_info(coverage->reference, owed->rows[from + i].unit)->code;
    }
    reply.coverage =
        (struct kadr_wire_owed){ .unit = kadr_unit_info(coverage->reference, coverage->unit)->code,
                                 .indicator = kadr_indicator_info(coverage->reference, owed->indicator)->code,
                                 .period = owed->period,
                                 .due = owed->due,
                                 .sum = owed->sum,
                                 .rows = coverage->rows,
                                 .count = count };
    coverage->total += count;
    return kadr_past_reply(coverage->past, &reply);
}

static int answer_one(struct coverage *coverage, kadr_indicator indicator)
{
    const struct kadr_indicator_info *info = kadr_indicator_info(coverage->reference, indicator);
    struct kadr_owed_query query = { .unit = coverage->unit,
                                     .indicator = indicator,
                                     .nothing = coverage->nothing,
                                     .nothing_count = coverage->nothing_count };
    KADR_CLEANUP(pair_done) struct pair pair = { .past = coverage->past };
    KADR_CLEANUP(kadr_owed_done) struct kadr_owed owed = { .count = 0 };
    int err = period_of(coverage, indicator, &query.period);
    if (err == 0) {
        pair.due = kadr_owed_due_day(info, query.period);
        err = read_pair(coverage, info, &pair);
    }
    if (err == 0) {
        err = kadr_rollup_owed(pair.now.rollup, pair.in_time.rollup, &query, &owed);
    }
    size_t sent = 0;
    do { /* an empty list is told as well */
        err = err != 0 ? err : send_rows(coverage, &owed, sent);
        sent += KADR_MAX_CELLS_PER_FRAME;
    } while (err == 0 && sent < owed.count);
    return err;
}

/* ---- all of them ---- */

static int answer_all(struct coverage *coverage, const struct kadr_position *position, kadr_indicator asked)
{
    struct kadr_query_reply begin = { .kind = KADR_QUERY_BEGIN, .begin = { .position = *position } };
    struct kadr_query_reply end = { .kind = KADR_QUERY_END };
    coverage->rows =
        kadr_arena_calloc(coverage->past->arena, KADR_MAX_CELLS_PER_FRAME, sizeof *coverage->rows);
    int err = coverage->rows == NULL ? KADR_EFULL : hear_nothing(coverage, asked);
    if (err == 0) {
        err = kadr_past_reply(coverage->past, &begin);
    }
    for (size_t i = 0; err == 0 && i < kadr_indicator_count(coverage->reference); i++) {
        err = is_asked(coverage, (kadr_indicator)i, asked) ? answer_one(coverage, (kadr_indicator)i) : 0;
    }
    end.end.cells = coverage->total;
    return err != 0 ? err : kadr_past_reply(coverage->past, &end);
}

int kadr_past_coverage(struct kadr_past *past, const struct kadr_query_request *request)
{
    const struct kadr_past_scope scope = { .unit = request->coverage.unit,
                                           .indicator = request->coverage.indicator,
                                           .subtree = true };
    KADR_CLEANUP(kadr_past_state_done) struct kadr_past_state state = { .rollup = NULL };
    struct coverage coverage = { .past = past, .request = request };
    struct kadr_rollup_query asked;
    int err = kadr_past_instant(past, &request->coverage.known, &coverage.commit);
    if (err == 0) {
        err = kadr_past_state_begin(past, coverage.commit, &state);
    }
    if (err == 0) {
        err = kadr_past_check_scope(past, &state, &scope, &asked);
    }
    if (err != 0) {
        return err;
    }
    coverage.reference = state.reference;
    coverage.today = state.position.day;
    coverage.unit = asked.unit == KADR_NO_UNIT ? kadr_unit_country(state.reference) : asked.unit;
    err = check_period(&coverage, asked.indicator);
    return err != 0 ? err : answer_all(&coverage, &state.position, asked.indicator);
}
