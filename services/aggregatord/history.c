/* SPDX-License-Identifier: Apache-2.0 */
/* history.c - the follower's events and actions, and the thread that carries out the slow ones. */
#include <inttypes.h>
#include <signal.h>

#include "aggregatord.h"
#include "base/log.h"

#define SUB "history"

/* ---- the writing thread ---- */

static int open_store(struct aggregatord_history *history, struct history_task *task)
{
    bool wiped = false;
    kadr_history_free(KADR_TAKE(history->history));
    int err = kadr_kvstore_lmdb_open(&history->kv, &task->begun_anew, &task->why);
    if (err == 0) {
        err = kadr_history_open(&history->kv, &history->history, &wiped);
    }
    task->begun_anew = task->begun_anew || wiped;
    return err;
}

static int carry_out(struct aggregatord_history *history, struct history_task *task)
{
    switch (task->kind) {
    case HISTORY_OPEN:
        return open_store(history, task);
    case HISTORY_WRITE:
        return kadr_history_apply(history->history, &task->lineage, task->records, task->count);
    case HISTORY_WIPE:
        return kadr_history_wipe(history->history);
    }
    return KADR_EINVAL;
}

static void run_task(void *context)
{
    struct aggregatord_history *history = context;
    struct history_task *task = &history->task;
    uint64_t free_bytes = 0;
    kadr_ns began_ns = kadr_clock_monotonic_ns();
    task->result = carry_out(history, task);
    task->took_ns = kadr_clock_monotonic_ns() - began_ns;
    if (task->result == 0) {
        task->position = kadr_history_position(history->history);
        task->result = history->kv.space(history->kv.self, &task->used_bytes, &free_bytes);
    }
}

/* ---- the follower ---- */

/* The live figures begin when this history is known to be of the journal, or not to be had; from then on they
 * are told what they may rely on. */
static void tell_core(struct aggregatord *app)
{
    struct kadr_history_feed_status status = kadr_history_feed_status(app->history.feed);
    if (status.joined || status.failures > 0) {
        aggregatord_start(app);
    }
    struct kadr_history_position durable = { .commit = 0 };
    if (status.open && status.joined) {
        durable = kadr_history_feed_position(app->history.feed);
    }
    if (durable.commit != app->history.told) {
        app->history.told = durable.commit;
        aggregatord_tell_history(app, durable);
    }
}

static void step(struct aggregatord *app, struct kadr_history_feed_event event)
{
    struct aggregatord_history *history = &app->history;
    if (app->failed) {
        return;
    }
    event.now_ns = kadr_clock_monotonic_ns();
    int err = kadr_history_feed_step(history->feed, &event);
    if (err != 0) {
        kadr_log(KADR_LOG_ERROR, SUB, "step_failed", kadr_kv_str("error", kadr_strerror(err)));
        app->failed = true;
        kadr_daemon_fail(&app->daemon, KADR_EXIT_SOFTWARE);
        return;
    }
    kadr_ns wait_ns = kadr_history_feed_deadline_ns(history->feed) - kadr_clock_monotonic_ns();
    kadr_timer_set(history->timer, wait_ns > 0 ? wait_ns : 0);
    tell_core(app);
}

static void say_result(const struct aggregatord *app, const struct history_task *task)
{
    static const char *const names[] = {
        [HISTORY_OPEN] = "open", [HISTORY_WRITE] = "write", [HISTORY_WIPE] = "wipe"
    };
    if (task->result != 0) {
        kadr_log(KADR_LOG_WARN, SUB, "history_unusable", kadr_kv_str("folder", app->config.history),
                 kadr_kv_str("at", names[task->kind]), kadr_kv_str("error", kadr_strerror(task->result)),
                 kadr_kv_str("why", kadr_buf_str(&task->why)));
    } else if (task->begun_anew) {
        kadr_log(KADR_LOG_WARN, SUB, "history_damaged", kadr_kv_str("folder", app->config.history),
                 kadr_kv_str("why", kadr_buf_str(&task->why)));
    }
}

static void on_task_done(void *context)
{
    struct aggregatord_history *history = context;
    struct aggregatord *app = history->app;
    struct history_task *task = &history->task;
    say_result(app, task);
    if (task->result == 0) {
        history->used_bytes = task->used_bytes;
        history->write_ns = task->kind == HISTORY_WRITE ? task->took_ns : history->write_ns;
    }
    step(app, (struct kadr_history_feed_event){
                  .kind = KADR_HISTORY_FEED_DONE, .result = task->result, .position = task->position });
    aggregatord_past_go_on(app);
}

/* The follower has one thing done at a time, so there is room for it. */
static void submit(struct aggregatord *app, struct history_task task)
{
    struct aggregatord_history *history = &app->history;
    kadr_buf_clear(&history->task.why);
    task.why = history->task.why;
    history->task = task;
    KADR_ASSERT(kadr_worker_submit(history->worker, &history->job) == 0);
}

static void open_history(void *context)
{
    submit(context, (struct history_task){ .kind = HISTORY_OPEN });
}

static void write_history(void *context, const struct kadr_id *lineage, const struct kadr_record *records,
                          size_t count)
{
    submit(context, (struct history_task){
                        .kind = HISTORY_WRITE, .lineage = *lineage, .records = records, .count = count });
}

static void wipe_history(void *context)
{
    submit(context, (struct history_task){ .kind = HISTORY_WIPE });
}

static void to_store(void *context, const struct kadr_buf *frame)
{
    struct aggregatord *app = context;
    if (kadr_zsock_send(app->history.store, NULL, frame->data, frame->len) != 0) {
        /* storaged is away; the next ping asks again */
        kadr_log(KADR_LOG_WARN, SUB, "store_queue_full",
                 kadr_kv_u64("pending", kadr_zsock_pending(app->history.store)));
    }
}

static void note(void *context, const char *event, uint64_t commit)
{
    (void)context;
    kadr_log(KADR_LOG_INFO, SUB, event, kadr_kv_u64("commit", commit));
}

static void on_store(void *context, const struct kadr_peer *peer, const struct kadr_bytes *frames,
                     size_t count)
{
    (void)peer;
    (void)count; /* zsock lets single frames through here */
    step(context, (struct kadr_history_feed_event){ .kind = KADR_HISTORY_FEED_STORE, .frame = frames[0] });
}

static void on_time(void *context)
{
    step(context, (struct kadr_history_feed_event){ .kind = KADR_HISTORY_FEED_TIME });
}

/* ---- the stage ---- */

static int make_store(struct aggregatord *app)
{
    const struct kadr_kvstore_lmdb_config config = { .path = app->config.history,
                                                     .map_bytes = (size_t)app->config.history_map_bytes,
                                                     .allow_any_fs = app->config.allow_any_fs };
    (void)signal(SIGXFSZ, SIG_IGN); /* a file size limit shall be an error of the write, not a signal */
    return kadr_kvstore_lmdb_new(&config, &app->history.kv);
}

static int make_parts(struct aggregatord *app)
{
    struct aggregatord_history *history = &app->history;
    const struct kadr_history_feed_sink sink = { app,           to_store,     open_history,
                                                 write_history, wipe_history, note };
    struct kadr_zsock_config socket = { .type = KADR_ZSOCK_DEALER,
                                        .endpoint = app->config.store,
                                        .receive = on_store };
    int err = kadr_history_feed_new(&sink, &history->feed);
    if (err == 0) {
        err = kadr_timer_new(app->daemon.loop, on_time, app, &history->timer);
    }
    if (err == 0) {
        err = kadr_worker_new(app->daemon.loop, 1, &history->worker);
    }
    return err != 0 ? err : aggregatord_open_socket(app, socket, &history->store);
}

int aggregatord_history_up(void *context)
{
    struct aggregatord *app = context;
    struct aggregatord_history *history = &app->history;
    if (app->config.history[0] == '\0') {
        aggregatord_start(app);
        return 0;
    }
    kadr_buf_init(&history->task.why, 0);
    history->app = app;
    history->job = (struct kadr_job){ .run = run_task, .done = on_task_done, .context = history };
    int err = make_store(app);
    history->wanted = err == 0;
    if (err == 0) {
        err = make_parts(app);
    }
    if (err != 0) {
        aggregatord_history_down(app);
        return err;
    }
    step(app, (struct kadr_history_feed_event){ .kind = KADR_HISTORY_FEED_START });
    return 0;
}

void aggregatord_history_down(void *context)
{
    struct aggregatord *app = context;
    struct aggregatord_history *history = &app->history;
    if (!history->wanted) {
        return;
    }
    kadr_aggregate_use_history(app->core, NULL);
    kadr_worker_free(history->worker); /* waits for a batch under way */
    kadr_zsock_free(history->store);
    kadr_timer_free(history->timer);
    kadr_history_feed_free(history->feed);
    kadr_history_free(history->history);
    history->kv.close(history->kv.self);
    kadr_buf_done(&history->task.why);
    history->wanted = false;
}

/* ---- what operators see ---- */

static uint64_t lag_of(const struct kadr_history_feed_status *status)
{
    return status->head > status->commit ? status->head - status->commit : 0;
}

void aggregatord_history_status(const struct aggregatord *app, struct kadr_buf *json)
{
    if (!app->history.wanted) {
        kadr_buf_add_str(json, "null");
        return;
    }
    struct kadr_history_feed_status status = kadr_history_feed_status(app->history.feed);
    kadr_buf_printf(json,
                    "{\"open\":%s,\"caught_up\":%s,\"commit\":%" PRIu64 ",\"lag\":%" PRIu64
                    ",\"bytes\":%" PRIu64 ",\"failures\":%" PRIu64 "}",
                    status.open ? "true" : "false", status.caught_up ? "true" : "false", status.commit,
                    lag_of(&status), app->history.used_bytes, status.failures);
}

void aggregatord_history_metrics(struct aggregatord *app)
{
    if (!app->history.wanted) {
        return;
    }
    struct kadr_history_feed_status status = kadr_history_feed_status(app->history.feed);
    const struct aggregatord_exported items[] = {
        { "kadr_history_open", "1 while the history can be read and written", status.open },
        { "kadr_history_commit", "Last commit in the history, durable", status.commit },
        { "kadr_history_lag_records", "Records between the journal's head and the history", lag_of(&status) },
        { "kadr_history_queued_records", "Records taken from the feed and not durable", status.queued },
        { "kadr_history_bytes", "Bytes that the history uses on disk", app->history.used_bytes },
        { "kadr_history_last_write_ms", "Time that the last batch took, in ms",
          (uint64_t)(app->history.write_ns / KADR_MS(1)) },
        { "kadr_history_records_total", "Journal records written to the history", status.records },
        { "kadr_history_batches_total", "Transactions of the history", status.batches },
        { "kadr_history_follows_total", "Times its feed was asked for", status.follows },
        { "kadr_history_bad_frames_total", "Frames of its feed that could not be decoded",
          status.bad_frames },
        { "kadr_history_failures_total", "Times it could not be opened or written", status.failures },
        { "kadr_history_wipes_total", "Times it was found to be of another journal and begun anew",
          status.wipes },
    };
    aggregatord_export(app, items, KADR_COUNT(items));
}
