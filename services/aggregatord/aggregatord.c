/* SPDX-License-Identifier: Apache-2.0 */
/* aggregatord.c - sockets and timer turned into events of the core, its actions into messages. */
#include "aggregatord.h"

#include <inttypes.h>

#include "base/log.h"

#define SUB "aggregate"
/* Longest time that a start waits for the history to be seen to be of this journal. */
#define HISTORY_WAIT_S 5

/* ---- the core's actions ---- */

static void to_store(void *context, const struct kadr_buf *frame)
{
    struct aggregatord *app = context;
    if (kadr_zsock_send(app->store, NULL, frame->data, frame->len) != 0) {
        /* storaged is away; the next ping asks again */
        kadr_log(KADR_LOG_WARN, SUB, "store_queue_full",
                 kadr_kv_u64("pending", kadr_zsock_pending(app->store)));
    }
}

static int to_peer(void *context, const struct kadr_peer *peer, const struct kadr_buf *frame)
{
    struct aggregatord *app = context;
    return kadr_zsock_send(app->query, peer, frame->data, frame->len);
}

static void publish(void *context, const char *topic, const struct kadr_buf *frame)
{
    struct aggregatord *app = context;
    if (kadr_zsock_publish(app->feed, topic, frame->data, frame->len) != 0) {
        kadr_log(KADR_LOG_WARN, SUB, "feed_queue_full", kadr_kv_str("topic", topic));
    }
}

static void note(void *context, const char *event, uint64_t commit)
{
    kadr_log(KADR_LOG_INFO, SUB, event, kadr_kv_u64("commit", commit));
    if (strcmp(event, "checkpoint_discarded") == 0) {
        aggregatord_forget_checkpoint(context);
    }
}

static void fatal(void *context, const char *why, uint64_t commit)
{
    struct aggregatord *app = context;
    kadr_log(KADR_LOG_ERROR, SUB, why, kadr_kv_u64("commit", commit));
    app->failed = true;
    kadr_daemon_fail(&app->daemon, KADR_EXIT_DATA);
}

/* ---- the core's events ---- */

static void step(struct aggregatord *app, struct kadr_aggregate_event event)
{
    if (app->failed) {
        return;
    }
    event.now_ns = kadr_clock_monotonic_ns();
    int err = kadr_aggregate_step(app->core, &event);
    if (err != 0) {
        kadr_log(KADR_LOG_ERROR, SUB, "step_failed", kadr_kv_str("error", kadr_strerror(err)));
        app->failed = true;
        kadr_daemon_fail(&app->daemon, KADR_EXIT_SOFTWARE);
        return;
    }
    aggregatord_write_checkpoint_if_due(app);
    kadr_ns wait_ns = kadr_aggregate_deadline_ns(app->core) - kadr_clock_monotonic_ns();
    kadr_timer_set(app->timer, wait_ns > 0 ? wait_ns : 0);
}

static void on_store(void *context, const struct kadr_peer *peer, const struct kadr_bytes *frames,
                     size_t count)
{
    (void)peer;
    (void)count; /* zsock lets single frames through here */
    step(context, (struct kadr_aggregate_event){ .kind = KADR_AGGREGATE_STORE, .frame = frames[0] });
}

static void on_query(void *context, const struct kadr_peer *peer, const struct kadr_bytes *frames,
                     size_t count)
{
    (void)count;
    step(context,
         (struct kadr_aggregate_event){ .kind = KADR_AGGREGATE_QUERY, .frame = frames[0], .peer = peer });
}

static void on_subscription(void *context, const struct kadr_peer *peer, const struct kadr_bytes *frames,
                            size_t count)
{
    (void)peer;
    struct aggregatord *app = context;
    if (count == 1 && frames[0].len > 0 && frames[0].data[0] <= 1) {
        struct kadr_metric *metric =
            kadr_metrics_counter(app->daemon.metrics, "kadr_feed_subscription_changes_total", NULL,
                                 "Subscriptions that came or went");
        kadr_metric_add(metric, 1);
    }
}

static void on_time(void *context)
{
    struct aggregatord *app = context;
    if (!app->started) {
        kadr_log(KADR_LOG_WARN, SUB, "started_without_history");
        aggregatord_start(app);
        return;
    }
    step(context, (struct kadr_aggregate_event){ .kind = KADR_AGGREGATE_TIME });
}

static void on_bad(void *context, const struct kadr_peer *peer, const char *why)
{
    struct aggregatord *app = context;
    struct kadr_metric *metric =
        kadr_metrics_counter(app->daemon.metrics, "kadr_aggregate_bad_messages_total", NULL,
                             "Messages dropped before they were read");
    kadr_metric_add(metric, 1);
    kadr_log(KADR_LOG_WARN, SUB, "bad_message", kadr_kv_str("why", why));
    if (peer != NULL) {
        step(app, (struct kadr_aggregate_event){ .kind = KADR_AGGREGATE_BAD, .peer = peer, .why = why });
    }
}

/* ---- stages ---- */

static int core_up(void *context)
{
    struct aggregatord *app = context;
    struct kadr_aggregate_sink sink = { app, to_store, to_peer, publish, note, fatal, aggregatord_past_ask };
    int err = kadr_aggregate_new(app->config.tick_ns, &sink, &app->core);
    if (err == 0) {
        err = kadr_timer_new(app->daemon.loop, on_time, app, &app->timer);
    }
    return err;
}

static void core_down(void *context)
{
    struct aggregatord *app = context;
    aggregatord_write_last_checkpoint(app);
    kadr_timer_free(app->timer);
    kadr_aggregate_free(app->core);
}

int aggregatord_open_socket(struct aggregatord *app, struct kadr_zsock_config config,
                            struct kadr_zsock **ret_sock)
{
    config.max_frame_bytes = KADR_MAX_FRAME_BYTES;
    config.out_queue_items = 65536;
    config.high_water_mark = 1000;
    config.reconnect_max_ns = KADR_S(2);
    config.bad = on_bad;
    config.context = app;
    int err = kadr_zsock_new(app->daemon.zctx, app->daemon.loop, &config, ret_sock);
    if (err != 0) {
        kadr_log(KADR_LOG_ERROR, SUB, "socket_failed", kadr_kv_str("endpoint", config.endpoint),
                 kadr_kv_str("error", kadr_strerror(err)));
    }
    return err;
}

static void sockets_down(void *context)
{
    struct aggregatord *app = context;
    kadr_zsock_free(app->feed);
    kadr_zsock_free(app->query);
    kadr_zsock_free(app->store);
}

static int open_sockets(struct aggregatord *app)
{
    const struct aggregatord_config *config = &app->config;
    int err = aggregatord_open_socket(app,
                                      (struct kadr_zsock_config){ .type = KADR_ZSOCK_XPUB,
                                                                  .endpoint = config->feed,
                                                                  .receive = on_subscription },
                                      &app->feed);
    if (err == 0) {
        err = aggregatord_open_socket(app,
                                      (struct kadr_zsock_config){ .type = KADR_ZSOCK_ROUTER,
                                                                  .endpoint = config->query,
                                                                  .receive = on_query },
                                      &app->query);
    }
    if (err == 0) {
        err = aggregatord_open_socket(app,
                                      (struct kadr_zsock_config){ .type = KADR_ZSOCK_DEALER,
                                                                  .endpoint = config->store,
                                                                  .receive = on_store },
                                      &app->store);
    }
    return err;
}

static int sockets_up(void *context)
{
    struct aggregatord *app = context;
    int err = open_sockets(app);
    if (err != 0) {
        sockets_down(app);
        return err;
    }
    kadr_timer_set(app->timer, KADR_S(HISTORY_WAIT_S));
    return 0;
}

/* What a checkpoint let go only the history has: it is looked at first, but not waited for when it does not
 * come. */
void aggregatord_start(struct aggregatord *app)
{
    if (!app->started) {
        app->started = true;
        if (app->history.wanted) {
            kadr_aggregate_use_history(app->core, &app->history.kv);
        }
        aggregatord_read_checkpoint(app);
        step(app, (struct kadr_aggregate_event){ .kind = KADR_AGGREGATE_START });
    }
}

void aggregatord_tell_history(struct aggregatord *app, struct kadr_history_position position)
{
    if (app->started) {
        step(app, (struct kadr_aggregate_event){ .kind = KADR_AGGREGATE_HISTORY, .history = position });
    }
}

/* ---- what operators see ---- */

static const char *not_ready(void *context)
{
    const struct aggregatord *app = context;
    struct kadr_aggregate_status status = kadr_aggregate_status(app->core);
    return !status.store_up    ? "storaged does not answer"
           : !status.caught_up ? "catching up with the journal"
                               : NULL;
}

static void write_status(void *context, struct kadr_buf *json)
{
    const struct aggregatord *app = context;
    struct kadr_aggregate_status status = kadr_aggregate_status(app->core);
    struct kadr_digest digest = kadr_aggregate_digest(app->core);
    char lineage[2 * KADR_ID_BYTES + 1] = "";
    char reference[KADR_DIGEST_HEX_BYTES] = "";
    char digest_hex[KADR_DIGEST_HEX_BYTES];
    char day[KADR_DAY_TEXT_BYTES];
    if (status.has_lineage) {
        kadr_hex(status.lineage.bytes, sizeof status.lineage.bytes, lineage);
    }
    if (status.reference != NULL) {
        kadr_digest_hex(status.reference, reference);
    }
    kadr_digest_hex(&digest, digest_hex);
    kadr_buf_printf(json,
                    "{\"daemon\":\"aggregatord\",\"ready\":%s,\"lineage\":\"%s\",\"commit\":%" PRIu64
                    ",\"head\":%" PRIu64 ",\"lag\":%" PRIu64
                    ",\"day\":\"%s\",\"reference\":\"%s\",\"cells\":%" PRIu64 ",\"statements\":%" PRIu64
                    ",\"started_from\":%" PRIu64 ",\"published\":%" PRIu64 ",\"digest\":\"%s\",\"history\":",
                    not_ready(context) == NULL ? "true" : "false", lineage, status.commit, status.head,
                    status.head - status.commit, kadr_day_format(status.day, day), reference, status.cells,
                    status.statements, status.started_from, status.published, digest_hex);
    aggregatord_history_status(app, json);
    kadr_buf_add_char(json, '}');
}

void aggregatord_export(struct aggregatord *app, const struct aggregatord_exported *items, size_t count)
{
    struct kadr_metrics *metrics = app->daemon.metrics;
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(items[i].name);
        bool counter = len > 6 && strcmp(items[i].name + len - 6, "_total") == 0;
        struct kadr_metric *metric = counter
                                         ? kadr_metrics_counter(metrics, items[i].name, NULL, items[i].help)
                                         : kadr_metrics_gauge(metrics, items[i].name, NULL, items[i].help);
        kadr_metric_set(metric, (int64_t)items[i].value);
    }
}

static void refresh_metrics(void *context)
{
    struct aggregatord *app = context;
    struct kadr_aggregate_status status = kadr_aggregate_status(app->core);
    const struct aggregatord_exported items[] = {
        { "kadr_aggregate_commit", "Last commit in the rollup", status.commit },
        { "kadr_aggregate_head", "Head of the journal as last heard", status.head },
        { "kadr_aggregate_lag_records", "Records between head and rollup", status.head - status.commit },
        { "kadr_aggregate_cells", "Live cells", status.cells },
        { "kadr_aggregate_statements", "Statements kept", status.statements },
        { "kadr_aggregate_let_go_statements", "Superseded statements that only the history holds",
          status.let_go },
        { "kadr_aggregate_recalls_total", "Series whose superseded statements were read back",
          status.recalls },
        { "kadr_aggregate_broken_rules", "Live cells whose rule certainly does not hold",
          status.broken_rules },
        { "kadr_aggregate_caught_up", "1 when the first head was reached", status.caught_up },
        { "kadr_aggregate_store_up", "1 while storaged answers", status.store_up },
        { "kadr_aggregate_records_total", "Journal records applied", status.records },
        { "kadr_aggregate_deltas_total", "Deltas published", status.deltas },
        { "kadr_aggregate_deltas_cut_total", "Deltas too large for a frame; subscribers take a snapshot",
          status.deltas_cut },
        { "kadr_aggregate_changes_total", "Cells in those deltas", status.changes },
        { "kadr_aggregate_progress_total", "Progress messages published", status.progresses },
        { "kadr_aggregate_snapshots_total", "Snapshots answered", status.snapshots },
        { "kadr_aggregate_snapshot_cells_total", "Cells in those snapshots", status.snapshot_cells },
        { "kadr_aggregate_snapshots_cut_total", "Snapshots cut short because the asker did not read",
          status.snapshots_cut },
        { "kadr_aggregate_refused_total", "Questions refused", status.refused },
        { "kadr_aggregate_bad_frames_total", "Frames that could not be decoded", status.bad_frames },
        { "kadr_aggregate_follows_total", "Times the feed was asked for", status.follows },
        { "kadr_aggregate_checkpoint_commit", "Commit of the checkpoint that a start would use; 0: none",
          app->checkpoint.commit },
        { "kadr_aggregate_checkpoints_total", "Checkpoints written", app->checkpoint.written },
        { "kadr_aggregate_checkpoint_failures_total", "Checkpoints that could not be written, read or used",
          app->checkpoint.failures },
    };
    aggregatord_export(app, items, KADR_COUNT(items));
    aggregatord_history_metrics(app);
    aggregatord_past_metrics(app);
    aggregatord_audit_metrics(app);
}

static bool drain(void *context)
{
    const struct aggregatord *app = context;
    return aggregatord_past_is_idle(app) && kadr_zsock_pending(app->query) == 0 &&
           kadr_zsock_pending(app->feed) == 0;
}

static void *config_of(void *context)
{
    struct aggregatord *app = context;
    return &app->config;
}

static const char *http_listen(void *context)
{
    const struct aggregatord *app = context;
    return app->config.http;
}

#define FIELD(name) offsetof(struct aggregatord_config, name)
static const struct kadr_option options[] = {
    { "store", KADR_OPTION_ENDPOINT, FIELD(store), "tcp://127.0.0.1:7702", 0, 0,
      "storaged, whose journal is followed" },
    { "query", KADR_OPTION_ENDPOINT, FIELD(query), "tcp://127.0.0.1:7703", 0, 0,
      "where snapshots are asked for (ROUTER)" },
    { "feed", KADR_OPTION_ENDPOINT, FIELD(feed), "tcp://127.0.0.1:7704", 0, 0,
      "where changes are published (XPUB)" },
    { "http", KADR_OPTION_ADDRESS, FIELD(http), "127.0.0.1:7713", 0, 0, "health and metrics; empty: none" },
    { "tick", KADR_OPTION_DURATION, FIELD(tick_ns), "50ms", KADR_MS(1), KADR_MS(KADR_MAX_TICK_MS),
      "shortest time between two publications under load" },
    { "checkpoint", KADR_OPTION_PATH, FIELD(checkpoint), "", 0, 0,
      "file that spares the next start the journal; empty: none" },
    { "checkpoint_every", KADR_OPTION_INT, FIELD(checkpoint_every), "100000", 1, INT64_MAX,
      "records from one checkpoint to the next; the last is written at the end" },
    { "history", KADR_OPTION_PATH, FIELD(history), "", 0, 0,
      "folder of the history, which answers questions about the past; empty: none" },
    { "history_map", KADR_OPTION_SIZE, FIELD(history_map_bytes), "16G", INT64_C(1) << 20, INT64_C(1) << 44,
      "largest size of the history ever; address space, not disk" },
    { "audit", KADR_OPTION_DURATION, FIELD(audit_ns), "1s", 0, KADR_S(3600),
      "from one comparison of a topic with the journal to the next; 0: none; needs a history" },
    { "allow_any_fs", KADR_OPTION_BOOL, FIELD(allow_any_fs), "no", 0, 0,
      "keep the history on any file system; for tests" },
    { "log_level", KADR_OPTION_LEVEL, FIELD(log_level), "info", 0, 0, "debug, info, warn or error" },
};

static const struct kadr_stage stages[] = {
    { "core", core_up, core_down },
    { "sockets", sockets_up, sockets_down },
    { "history", aggregatord_history_up, aggregatord_history_down },
    { "past", aggregatord_past_up, aggregatord_past_down },
    { "audit", aggregatord_audit_up, aggregatord_audit_down },
};

const struct kadr_program aggregatord_program = {
    .name = "kadr-aggregatord",
    .options = { "aggregatord", options, KADR_COUNT(options) },
    .config = config_of,
    .stages = stages,
    .stage_count = KADR_COUNT(stages),
    .http_listen = http_listen,
    .not_ready = not_ready,
    .status = write_status,
    .refresh_metrics = refresh_metrics,
    .drain = drain,
};
