/* SPDX-License-Identifier: Apache-2.0 */
/* past.c - the line of questions about the past, and the answers on their way to who asked. */
#include "aggregatord.h"

#include "base/log.h"

#define SUB "past"

/* ---- the reading thread ---- */

static void run(void *context)
{
    struct aggregatord_past *past = context;
    const struct kadr_past_waiting *question = past->question;
    kadr_ns began_ns = kadr_clock_monotonic_ns();
    const struct kadr_past_question asked = { .frame = { question->frame, question->len },
                                              .now_ms = question->asked_ms,
                                              .now = question->now };
    past->result = kadr_past_answer(&past->app->history.kv, &asked, &past->answer);
    past->took_ns = kadr_clock_monotonic_ns() - began_ns;
}

/* ---- the line ---- */

static void go_on(struct aggregatord_past *past)
{
    kadr_ns now_ns = kadr_clock_monotonic_ns();
    uint64_t reached = kadr_history_feed_status(past->app->history.feed).commit;
    const struct kadr_past_waiting *next = kadr_past_line_take(&past->line, reached, now_ns);
    if (next != NULL) {
        past->question = next;
        KADR_ASSERT(kadr_worker_submit(past->worker, &past->job) == 0); /* one at a time */
    } else if (past->line.taken == NULL && past->line.count > 0) {
        kadr_ns wait_ns = kadr_past_line_due_ns(&past->line) - now_ns;
        kadr_timer_set(past->timer, wait_ns > 0 ? wait_ns : 0);
    }
}

/* Being made or not to be had: nobody should wait for it. One that was level with the journal is a moment
 * behind at most. */
static bool is_far_behind(const struct aggregatord *app, uint64_t needs)
{
    struct kadr_history_feed_status status = kadr_history_feed_status(app->history.feed);
    return !status.open || (!status.caught_up && status.commit < needs);
}

int aggregatord_past_ask(void *context, const struct kadr_aggregate_past *asked)
{
    struct aggregatord *app = context;
    struct aggregatord_past *past = &app->past;
    if (past->worker == NULL) {
        return KADR_ENOENT;
    }
    if (is_far_behind(app, asked->needs)) {
        return KADR_EAGAIN;
    }
    const struct kadr_past_waiting question = { .peer = *asked->peer,
                                                .now = asked->now,
                                                .needs = asked->needs,
                                                .asked_ns = kadr_clock_monotonic_ns(),
                                                .asked_ms = kadr_clock_wall_ms() };
    int err = kadr_past_line_add(&past->line, &question, asked->frame);
    past->count.busy += err == KADR_EFULL;
    if (err == 0) {
        go_on(past);
    }
    return err;
}

/* ---- answers ---- */

/* An asker that does not read gets no end mark, sees that the answer is short and asks again. */
static void send_answer(struct aggregatord_past *past)
{
    struct kadr_bytes frame;
    size_t cursor = 0;
    while (kadr_past_next(&past->answer, &cursor, &frame)) {
        if (kadr_zsock_send(past->app->query, &past->question->peer, frame.data, frame.len) != 0) {
            past->count.cut++;
            return;
        }
    }
}

static void count_answer(struct aggregatord_past *past)
{
    bool refused = past->answer.refused != KADR_DIAG_NONE;
    past->count.answered += !refused;
    past->count.refused += refused;
    past->count.rows += past->answer.rows;
    past->count.last_ns = past->took_ns;
    if (past->result != 0) {
        past->count.failures++;
        kadr_log(KADR_LOG_WARN, SUB, "past_not_answered", kadr_kv_str("error", kadr_strerror(past->result)));
    }
}

static void on_done(void *context)
{
    struct aggregatord_past *past = context;
    count_answer(past);
    send_answer(past);
    kadr_past_answer_done(&past->answer);
    kadr_past_line_drop(&past->line);
    go_on(past);
}

static void on_time(void *context)
{
    go_on(context);
}

void aggregatord_past_go_on(struct aggregatord *app)
{
    if (app->past.worker != NULL) {
        go_on(&app->past);
    }
}

bool aggregatord_past_is_idle(const struct aggregatord *app)
{
    return app->past.line.taken == NULL && app->past.line.count == 0;
}

/* ---- the stage ---- */

int aggregatord_past_up(void *context)
{
    struct aggregatord *app = context;
    struct aggregatord_past *past = &app->past;
    if (!app->history.wanted) {
        return 0;
    }
    past->app = app;
    past->job = (struct kadr_job){ .run = run, .done = on_done, .context = past };
    int err = kadr_timer_new(app->daemon.loop, on_time, past, &past->timer);
    if (err == 0) {
        err = kadr_worker_new(app->daemon.loop, 1, &past->worker);
    }
    if (err != 0) {
        aggregatord_past_down(app);
    }
    return err;
}

void aggregatord_past_down(void *context)
{
    struct aggregatord *app = context;
    struct aggregatord_past *past = &app->past;
    kadr_worker_free(KADR_TAKE(past->worker)); /* waits for the answer under way */
    kadr_timer_free(KADR_TAKE(past->timer));
    kadr_past_answer_done(&past->answer);
    kadr_past_line_done(&past->line);
}

void aggregatord_past_metrics(struct aggregatord *app)
{
    const struct aggregatord_past *past = &app->past;
    if (past->worker == NULL) {
        return;
    }
    const struct aggregatord_exported items[] = {
        { "kadr_past_waiting", "Questions about the past that wait or are being answered",
          past->line.count + (past->line.taken != NULL) },
        { "kadr_past_last_ms", "Time that the last answer took, in ms",
          (uint64_t)(past->count.last_ns / KADR_MS(1)) },
        { "kadr_past_answered_total", "Questions about the past answered", past->count.answered },
        { "kadr_past_refused_total", "Questions about the past refused with a reason", past->count.refused },
        { "kadr_past_busy_total", "Questions about the past sent away because too many wait",
          past->count.busy },
        { "kadr_past_cut_total", "Answers cut short because the asker did not read", past->count.cut },
        { "kadr_past_failures_total", "Questions about the past that the history could not be read for",
          past->count.failures },
        { "kadr_past_rows_total", "Rows of the history read for answers", past->count.rows },
    };
    aggregatord_export(app, items, KADR_COUNT(items));
}
