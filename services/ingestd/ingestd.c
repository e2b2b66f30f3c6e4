/* SPDX-License-Identifier: Apache-2.0 */
/* ingestd.c - sockets and timers turned into events of the core, its actions into messages.
 *
 * Group commit begins here: what one turn of the pump has received goes out as one append, because the flush
 * timer is armed for the next pass of the loop and the pump takes many messages in a turn.
 */
#include "ingestd.h"

#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>

#define SUB          "ingest"
#define TICK_NS      KADR_MS(250)
#define OFFICE_QUEUE 65536 /* answers waiting for offices that read slowly */
#define PEER_QUEUE   2048  /* of these for one office: its credit, twice */

/* ---- the core ---- */

static void fail(struct ingestd *app, int err)
{
    kadr_log(KADR_LOG_ERROR, SUB, "step_failed", kadr_kv_str("error", kadr_strerror(err)));
    app->failed = true;
    kadr_daemon_fail(&app->daemon, KADR_EXIT_SOFTWARE);
}

/* A frame that cannot be queued is lost here and counted by its socket: the office sends its submit again
 * when the answer does not come, the core gives an append up when its answer does not come. */
static void perform(struct ingestd *app, const struct kadr_ingest_action *action)
{
    int err = 0;
    switch (action->kind) {
    case KADR_INGEST_SEND_OFFICE:
        err = kadr_zsock_send(app->offices, &action->peer, action->frame.data, action->frame.len);
        break;
    case KADR_INGEST_PING_STORE:
        if (kadr_zsock_pending(app->store) > 0) {
            break;
        }
        /* fall through */
    case KADR_INGEST_SEND_STORE:
        err = kadr_zsock_send(app->store, NULL, action->frame.data, action->frame.len);
        break;
    }
    if (err) {
        kadr_log(KADR_LOG_DEBUG, SUB, "not_sent", kadr_kv_str("error", kadr_strerror(err)));
    }
}

static void log_storage(struct ingestd *app)
{
    struct kadr_ingest_status status;
    kadr_ingest_status(app->core, &status);
    if (status.storage_up != app->storage_up) {
        app->storage_up = status.storage_up;
        kadr_log(status.storage_up ? KADR_LOG_INFO : KADR_LOG_WARN, SUB,
                 status.storage_up ? "storage_up" : "storage_down",
                 kadr_kv_u64("commit", status.known.commit));
    }
}

static void step(struct ingestd *app, struct kadr_ingest_event event)
{
    if (app->failed) {
        return;
    }
    struct kadr_ingest_out out;
    event.now_ns = kadr_clock_monotonic_ns();
    event.wall_ms = kadr_clock_wall_ms();
    int err = kadr_ingest_step(app->core, &event, &out);
    if (err) {
        fail(app, err);
        return;
    }
    for (size_t i = 0; i < out.count; i++) {
        perform(app, &out.actions[i]);
    }
}

/* ---- events ---- */

static void on_office(void *context, const struct kadr_peer *peer, const struct kadr_bytes *frames,
                      size_t count)
{
    struct ingestd *app = context;
    (void)count; /* one: the socket drops anything else */
    step(app, (struct kadr_ingest_event){ .kind = KADR_INGEST_OFFICE, .peer = *peer, .frame = frames[0] });
    kadr_timer_set(app->flush, 0);
}

static void on_store(void *context, const struct kadr_peer *peer, const struct kadr_bytes *frames,
                     size_t count)
{
    struct ingestd *app = context;
    (void)peer;
    (void)count;
    step(app, (struct kadr_ingest_event){ .kind = KADR_INGEST_STORE, .frame = frames[0] });
    log_storage(app);
}

static void on_flush(void *context)
{
    step(context, (struct kadr_ingest_event){ .kind = KADR_INGEST_FLUSH });
}

static void on_tick(void *context)
{
    struct ingestd *app = context;
    step(app, (struct kadr_ingest_event){ .kind = KADR_INGEST_TICK });
    log_storage(app);
    kadr_timer_set(app->tick, TICK_NS);
}

static void on_bad(void *context, const struct kadr_peer *peer, const char *why)
{
    struct ingestd *app = context;
    char label[64];
    (void)snprintf(label, sizeof(label), "why=\"%s\"", why);
    kadr_metric_add(kadr_metrics_counter(app->daemon.metrics, "kadr_ingest_dropped_messages_total", label,
                                         "Messages of a wrong shape, dropped before they were read"),
                    1);
    if (peer != NULL) {
        step(app, (struct kadr_ingest_event){ .kind = KADR_INGEST_BAD, .peer = *peer, .why = why });
    }
}

/* ---- stages ---- */

static int core_up(void *context)
{
    struct ingestd *app = context;
    return kadr_ingest_new(&app->core);
}

static void core_down(void *context)
{
    struct ingestd *app = context;
    kadr_ingest_free(app->core);
    app->core = NULL;
}

static void timers_down(void *context)
{
    struct ingestd *app = context;
    kadr_timer_free(app->tick);
    kadr_timer_free(app->flush);
    app->tick = app->flush = NULL;
}

static int timers_up(void *context)
{
    struct ingestd *app = context;
    int err = kadr_timer_new(app->daemon.loop, on_tick, app, &app->tick);
    err = err ? err : kadr_timer_new(app->daemon.loop, on_flush, app, &app->flush);
    if (err) {
        timers_down(app);
    }
    return err;
}

static void sockets_down(void *context)
{
    struct ingestd *app = context;
    kadr_zsock_free(app->offices);
    kadr_zsock_free(app->store);
    app->offices = app->store = NULL;
}

static int open_socket(struct ingestd *app, const struct kadr_zsock_config *config, struct kadr_zsock **ret)
{
    int err = kadr_zsock_new(app->daemon.zctx, app->daemon.loop, config, ret);
    if (err) {
        kadr_log(KADR_LOG_ERROR, SUB, "socket_failed", kadr_kv_str("endpoint", config->endpoint),
                 kadr_kv_str("error", kadr_strerror(err)));
    }
    return err;
}

static int sockets_up(void *context)
{
    struct ingestd *app = context;
    const struct kadr_zsock_config store = { .type = KADR_ZSOCK_DEALER,
                                             .endpoint = app->config.store,
                                             .receive = on_store,
                                             .bad = on_bad,
                                             .reconnect_max_ns = KADR_S(2),
                                             .context = app };
    const struct kadr_zsock_config offices = { .type = KADR_ZSOCK_ROUTER,
                                               .endpoint = app->config.listen,
                                               .out_queue_items = OFFICE_QUEUE,
                                               .out_peer_items = PEER_QUEUE,
                                               .high_water_mark = PEER_QUEUE,
                                               .receive = on_office,
                                               .bad = on_bad,
                                               .context = app };
    int err = open_socket(app, &store, &app->store);
    err = err ? err : open_socket(app, &offices, &app->offices);
    if (err) {
        sockets_down(app);
        return err;
    }
    kadr_log(KADR_LOG_INFO, SUB, "listening", kadr_kv_str("listen", kadr_zsock_endpoint(app->offices)),
             kadr_kv_str("store", app->config.store));
    on_tick(app);
    return 0;
}

/* Takes no more submits; ends when every one that was taken is answered and the answers have left. */
static bool drain(void *context)
{
    struct ingestd *app = context;
    if (!app->stopping) {
        app->stopping = true;
        step(app, (struct kadr_ingest_event){ .kind = KADR_INGEST_STOP });
    }
    return app->failed || (kadr_ingest_idle(app->core) && kadr_zsock_pending(app->offices) == 0);
}

/* ---- what operators see ---- */

static const char *not_ready(void *context)
{
    const struct ingestd *app = context;
    return kadr_ingest_not_ready(app->core);
}

static void write_status(void *context, struct kadr_buf *json)
{
    const struct ingestd *app = context;
    struct kadr_ingest_status status;
    char lineage[2 * KADR_ID_BYTES + 1] = "", reference[KADR_DIGEST_HEX_BYTES] = "";
    char day[KADR_DAY_TEXT_BYTES];
    kadr_ingest_status(app->core, &status);
    if (status.known.has_lineage) {
        kadr_hex(status.known.lineage.bytes, sizeof(status.known.lineage.bytes), lineage);
    }
    if (status.known.has_reference) {
        kadr_digest_hex(&status.known.reference, reference);
    }
    kadr_buf_printf(json,
                    "{\"daemon\":\"ingestd\",\"ready\":%s,\"lineage\":\"%s\",\"commit\":%" PRIu64
                    ",\"day\":\"%s\",\"reference\":\"%s\",\"storage_up\":%s,\"stopping\":%s",
                    kadr_ingest_not_ready(app->core) ? "false" : "true", lineage, status.known.commit,
                    kadr_day_format(status.known.day, day), reference, status.storage_up ? "true" : "false",
                    status.stopping ? "true" : "false");
    kadr_buf_printf(json,
                    ",\"received\":%" PRIu64 ",\"answered\":%" PRIu64 ",\"in_flight\":%" PRIu64
                    ",\"accepted\":%" PRIu64 ",\"rejected\":%" PRIu64 ",\"held\":%" PRIu64
                    ",\"peers\":%zu,\"appends\":%zu,\"position\":%" PRIu64 "}",
                    status.received, status.answered, status.in_flight, status.accepted, status.rejected,
                    status.held, status.peers, status.appends, status.position);
}

static void count(struct ingestd *app, const char *name, const char *labels, const char *help, uint64_t value)
{
    kadr_metric_set(kadr_metrics_counter(app->daemon.metrics, name, labels, help), (int64_t)value);
}

static void gauge(struct ingestd *app, const char *name, const char *help, uint64_t value)
{
    kadr_metric_set(kadr_metrics_gauge(app->daemon.metrics, name, NULL, help), (int64_t)value);
}

static void refresh_books(struct ingestd *app, const struct kadr_ingest_status *status)
{
    count(app, "kadr_ingest_received_total", NULL, "Submits and frames that were none", status->received);
    count(app, "kadr_ingest_answered_total", NULL, "Receipts and refusals", status->answered);
    gauge(app, "kadr_ingest_in_flight", "Submits that wait for their answer", status->in_flight);
    for (unsigned i = 0; i < KADR_INGEST_REFUSALS; i++) {
        char label[64];
        (void)snprintf(label, sizeof(label), "code=\"%s\"",
                       kadr_ingest_refusal_text((enum kadr_ingest_refusal)i));
        count(app, "kadr_ingest_refused_total", label, "Refusals by reason", status->refused[i]);
    }
    for (unsigned i = KADR_OUTCOME_COMMITTED; i <= KADR_OUTCOME_HELD; i++) {
        char label[64];
        (void)snprintf(label, sizeof(label), "outcome=\"%s\"", kadr_outcome_text((enum kadr_outcome)i));
        count(app, "kadr_ingest_reports_total", label, "Receipts by outcome", status->reports[i]);
    }
    count(app, "kadr_ingest_observations_total", "verdict=\"accepted\"", "Observations of committed reports",
          status->accepted);
    count(app, "kadr_ingest_observations_total", "verdict=\"rejected\"", "Observations of committed reports",
          status->rejected);
    count(app, "kadr_ingest_observations_total", "verdict=\"held\"", "Observations of committed reports",
          status->held);
}

/* What is remembered of the journal, and what found no place in it. */
static void refresh_baseline(struct ingestd *app, const struct kadr_ingest_status *status)
{
    static const char *const name = "kadr_ingest_not_remembered_total";
    static const char *const help = "Statements that found no place in what ingestd remembers";
    const struct kadr_baseline_counts *counts = &status->baseline;
    gauge(app, "kadr_ingest_position", "Commit up to which the journal is known", status->position);
    gauge(app, "kadr_ingest_held", "Implausible figures that wait to be confirmed", counts->held);
    gauge(app, "kadr_ingest_baselines", "Series that figures are compared with", counts->series);
    gauge(app, "kadr_ingest_timed_keys", "Keys whose time is known", counts->timed_keys);
    count(app, name, "what=\"series\"", help, counts->unbounded);
    count(app, name, "what=\"time\"", help, counts->untimed);
    count(app, name, "what=\"held\"", help, counts->held_forgotten);
    count(app, "kadr_ingest_rereads_total", NULL, "Whole journals read again for other reference data",
          status->rereads);
}

static void refresh_metrics(void *context)
{
    struct ingestd *app = context;
    struct kadr_ingest_status status;
    kadr_ingest_status(app->core, &status);
    refresh_books(app, &status);
    refresh_baseline(app, &status);
    kadr_ns waits_ns = status.oldest_append_ns ? kadr_clock_monotonic_ns() - status.oldest_append_ns : 0;
    gauge(app, "kadr_ingest_peers", "Connections with submits in flight", status.peers);
    gauge(app, "kadr_ingest_appends", "Appends on their way to storaged", status.appends);
    gauge(app, "kadr_ingest_oldest_append_milliseconds", "Age of the oldest append without an answer",
          (uint64_t)(waits_ns / KADR_MS(1)));
    gauge(app, "kadr_ingest_storage_up", "1 while storaged answers", status.storage_up);
    gauge(app, "kadr_ingest_commit", "Head of the journal as last heard", status.known.commit);
    count(app, "kadr_ingest_store_errors_total", NULL, "Frames of storaged that could not be used",
          status.store_errors);
    count(app, "kadr_ingest_answers_lost_total", NULL, "Answers whose office had gone or did not read",
          kadr_zsock_stats(app->offices)->dropped_full + kadr_zsock_stats(app->offices)->unroutable);
    count(app, "kadr_ingest_missed_edges_total", NULL, "Must stay 0: work found by the safety timer alone",
          kadr_zsock_stats(app->offices)->missed_edges + kadr_zsock_stats(app->store)->missed_edges);
}

static void *config_of(void *context)
{
    struct ingestd *app = context;
    return &app->config;
}

static const char *http_listen(void *context)
{
    const struct ingestd *app = context;
    return app->config.http;
}

#define FIELD(name) offsetof(struct ingestd_config, name)
static const struct kadr_option options[] = {
    { "listen", KADR_OPTION_ENDPOINT, FIELD(listen), "tcp://127.0.0.1:7701", 0, 0,
      "where offices connect (ROUTER)" },
    { "store", KADR_OPTION_ENDPOINT, FIELD(store), "tcp://127.0.0.1:7702", 0, 0,
      "storaged, which makes reports durable" },
    { "http", KADR_OPTION_ADDRESS, FIELD(http), "127.0.0.1:7711", 0, 0, "health and metrics; empty: none" },
    { "drain_timeout", KADR_OPTION_DURATION, FIELD(drain_timeout_ns), "10s", 0, KADR_S(600),
      "how long SIGTERM waits for answers on their way" },
    { "log_level", KADR_OPTION_LEVEL, FIELD(log_level), "info", 0, 0, "debug, info, warn or error" },
};

static const struct kadr_stage stages[] = {
    { "core", core_up, core_down },
    { "timers", timers_up, timers_down },
    { "sockets", sockets_up, sockets_down },
};

const struct kadr_program ingestd_program = {
    .name = "kadr-ingestd",
    .options = { "ingestd", options, KADR_COUNT(options) },
    .config = config_of,
    .stages = stages,
    .stage_count = KADR_COUNT(stages),
    .http_listen = http_listen,
    .not_ready = not_ready,
    .status = write_status,
    .refresh_metrics = refresh_metrics,
    .drain = drain,
};
