/* SPDX-License-Identifier: Apache-2.0 */
/* operator.c - what the operator sets and sees: options, readiness, status, metrics, log lines about
 * reference data.
 */
#include "storaged.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/err.h"
#include "base/log.h"
#include "edge/store_lmdb.h"

#define STALL_NS          KADR_S(5)
#define MAX_LOGGED_FAULTS 10 /* of reference data that are refused; the others are counted */

/* ---- log ---- */

static void log_diag(const struct kadr_reference_diag *item)
{
    char place[64];
    if (item->diag.diag.line > 0) {
        (void)snprintf(place, sizeof(place), "%.32s:%" PRIu32 ":%" PRIu32, item->file, item->diag.diag.line,
                       item->diag.diag.column);
    } else { /* of a row that is not there */
        (void)snprintf(place, sizeof(place), "%.32s", item->file);
    }
    kadr_log(item->diag.severity == KADR_SEVERITY_ERROR ? KADR_LOG_ERROR : KADR_LOG_WARN, SUB,
             "reference_diagnostic", kadr_kv_str("place", place), kadr_kv_str("code", item->diag.name),
             kadr_kv_str("text", item->diag.text), kadr_kv_str("remedy", item->diag.remedy));
}

/* The first of them, and how many there are besides: a folder that is another one altogether lacks every
 * code. Returns the number of errors. */
static size_t log_diags(const struct kadr_store_reply *reply)
{
    size_t errors = 0;
    for (size_t i = 0; i < reply->applied.diag_count; i++) {
        errors += reply->applied.diags[i].diag.severity == KADR_SEVERITY_ERROR;
        if (i < MAX_LOGGED_FAULTS) {
            log_diag(&reply->applied.diags[i]);
        }
    }
    if (reply->applied.diag_count > MAX_LOGGED_FAULTS) {
        kadr_log(KADR_LOG_WARN, SUB, "reference_diagnostics_omitted",
                 kadr_kv_u64("count", reply->applied.diag_count - MAX_LOGGED_FAULTS),
                 kadr_kv_str("why", "`kadr reference apply --dry-run` tells all of them"));
    }
    return errors;
}

/* At a start nothing is proposed: that the folder is another one is all there is to say, and why it could not
 * be taken over as it is. */
static void log_compared(const struct kadr_store_reply *reply)
{
    char version[KADR_DIGEST_HEX_BYTES];
    size_t errors = 0;
    for (size_t i = 0; i < reply->applied.diag_count; i++) {
        errors += reply->applied.diags[i].diag.severity == KADR_SEVERITY_ERROR;
    }
    if (reply->applied.unchanged) {
        kadr_log(KADR_LOG_INFO, SUB, "reference_unchanged", kadr_kv_u64("commit", reply->applied.commit));
    } else if (errors > 0) {
        kadr_log(KADR_LOG_WARN, SUB, "reference_differs", kadr_kv_u64("faults", errors),
                 kadr_kv_str("why", "the folder differs from the version in force and could not follow it; "
                                    "copy the files that were applied last into it"));
    } else {
        kadr_digest_hex(&reply->applied.reference, version);
        kadr_log(KADR_LOG_WARN, SUB, "reference_differs", kadr_kv_str("reference", version),
                 kadr_kv_str("why", "the folder differs from the version in force; SIGHUP or `kadr "
                                    "reference apply` journals it"));
    }
}

static void log_applied(const struct kadr_store_reply *reply)
{
    char version[KADR_DIGEST_HEX_BYTES];
    size_t errors = log_diags(reply);
    kadr_digest_hex(&reply->applied.reference, version);
    if (reply->applied.applied) {
        kadr_log(KADR_LOG_INFO, SUB, "reference_applied", kadr_kv_u64("commit", reply->applied.commit),
                 kadr_kv_str("reference", version));
    } else if (reply->applied.unchanged) {
        kadr_log(KADR_LOG_INFO, SUB, "reference_unchanged", kadr_kv_u64("commit", reply->applied.commit));
    } else if (errors > 0) {
        kadr_log(KADR_LOG_ERROR, SUB, "reference_refused", kadr_kv_u64("faults", errors),
                 kadr_kv_str("why", "the version in force stays; correct the files and reload"));
    }
}

void storaged_log_reply(const struct kadr_store_reply *reply, bool starting)
{
    if (reply->kind == KADR_STORE_APPLIED) {
        (starting ? log_compared : log_applied)(reply);
    } else if (reply->kind == KADR_STORE_REFUSAL) {
        kadr_log(KADR_LOG_WARN, SUB, "reference_not_taken", kadr_kv_str("why", reply->refusal.diag.text));
    }
}

int storaged_exit_code(int err)
{
    return err == KADR_ENOMEM ? KADR_EXIT_SOFTWARE : err == KADR_ECORRUPT ? KADR_EXIT_DATA : KADR_EXIT_IOERR;
}

/* ---- readiness ---- */

static const char *not_ready(void *context)
{
    const struct storaged *app = context;
    struct kadr_storage_status status;
    kadr_storage_status(app->core, &status);
    if (status.head == 0) {
        return "the first reference record is not journalled yet";
    }
    if (status.stalled_since_ns && kadr_clock_monotonic_ns() - status.stalled_since_ns >= STALL_NS) {
        return "an append has waited 5 s and no commit finished";
    }
    return NULL;
}

static void write_status(void *context, struct kadr_buf *json)
{
    const struct storaged *app = context;
    struct kadr_storage_status status;
    char lineage[2 * KADR_ID_BYTES + 1], reference[KADR_DIGEST_HEX_BYTES] = "", day[KADR_DAY_TEXT_BYTES];
    kadr_storage_status(app->core, &status);
    kadr_hex(status.lineage.bytes, sizeof(status.lineage.bytes), lineage);
    if (status.reference) {
        kadr_digest_hex(status.reference, reference);
    }
    kadr_buf_printf(json,
                    "{\"daemon\":\"storaged\",\"ready\":%s,\"commit\":%" PRIu64
                    ",\"lineage\":\"%s\",\"day\":\"%s\",\"reference\":\"%s\",\"reference_commit\":%" PRIu64
                    ",\"queue\":%zu,\"queue_bytes\":%zu,\"batch\":%zu,\"feeds\":%zu,\"stopping\":%s}",
                    not_ready(context) ? "false" : "true", status.head, lineage,
                    kadr_day_format(status.day, day), reference, status.reference_commit, status.queue_items,
                    status.queue_bytes, status.batch_records, status.followers,
                    status.stopping ? "true" : "false");
}

/* ---- metrics ---- */

static void set(struct storaged *app, bool counter, const char *name, const char *labels, const char *help,
                uint64_t value)
{
    struct kadr_metrics *metrics = app->daemon.metrics;
    kadr_metric_set(counter ? kadr_metrics_counter(metrics, name, labels, help)
                            : kadr_metrics_gauge(metrics, name, labels, help),
                    (int64_t)value);
}

static void set_refusals(struct storaged *app, const struct kadr_storage_status *status)
{
    for (int i = 0; i < KADR_STORAGE_REFUSALS; i++) {
        char labels[64];
        (void)snprintf(labels, sizeof(labels), "reason=\"%s\"",
                       kadr_storage_refusal_text((enum kadr_storage_refusal)i));
        set(app, true, "kadr_store_refused_total", labels, "Appends and requests not taken",
            status->refused[i]);
    }
}

static void refresh_metrics(void *context)
{
    struct storaged *app = context;
    struct kadr_storage_status status;
    uint64_t used = 0, left = 0;
    kadr_storage_status(app->core, &status);
    const struct {
        bool counter;
        const char *name, *help;
        uint64_t value;
    } items[] = {
        { true, "kadr_store_commits_total", "Batches made durable", status.commits },
        { true, "kadr_store_records_total", "Records made durable", status.records },
        { true, "kadr_store_duplicates_total", "Resends answered with their original commit",
          status.duplicates },
        { true, "kadr_store_bad_messages_total", "Messages that could not be read", app->bad_messages },
        { true, "kadr_store_lost_replies_total", "Replies for which the out-queue was full",
          app->lost_messages },
        { false, "kadr_store_head_commit", "Head of the journal", status.head },
        { false, "kadr_store_batch_records", "Records of the last batch", app->batch_records },
        { false, "kadr_store_queue_items", "Reports that wait for their answer", status.queue_items },
        { false, "kadr_store_queue_bytes", "Memory of the requests that wait", status.queue_bytes },
        { false, "kadr_store_feeds", "Followers of the journal", status.followers },
        { false, "kadr_store_map_bytes", "Size of the LMDB map", kadr_store_lmdb_map_bytes(&app->store) },
    };
    for (size_t i = 0; i < KADR_COUNT(items); i++) {
        set(app, items[i].counter, items[i].name, NULL, items[i].help, items[i].value);
    }
    set_refusals(app, &status);
    if (app->store.space(app->store.self, &used, &left) == 0) {
        set(app, false, "kadr_store_map_used_bytes", NULL, "Pages of the LMDB map that hold data", used);
        set(app, false, "kadr_store_free_bytes", NULL, "What appends may still take, by map and disk", left);
    }
}

/* ---- the program ---- */

static void *config_of(void *context)
{
    struct storaged *app = context;
    return &app->config;
}

static const char *http_listen(void *context)
{
    const struct storaged *app = context;
    return app->config.http;
}

#define FIELD(name) offsetof(struct storaged_config, name)
static const struct kadr_option options[] = {
    { "listen", KADR_OPTION_ENDPOINT, FIELD(listen), "tcp://127.0.0.1:7702", 0, 0,
      "where ingestd, aggregatord and operators connect (ROUTER)" },
    { "data", KADR_OPTION_PATH, FIELD(data), "/var/lib/kadr/journal", 0, 0,
      "folder of the journal, on a local disk; made when missing" },
    { "reference", KADR_OPTION_PATH, FIELD(reference), "/usr/share/kadr", 0, 0,
      "folder with units.csv and catalogue/; read at first start and on SIGHUP" },
    { "day", KADR_OPTION_DAY, FIELD(day), "", 0, 0,
      "fix the current day, for tests and demonstrations; empty: by the clock, UTC+5" },
    { "map_size", KADR_OPTION_SIZE, FIELD(map_size_bytes), "16G", INT64_C(1) << 20, INT64_C(1) << 44,
      "largest size of the journal; address space, not disk" },
    { "allow_any_fs", KADR_OPTION_BOOL, FIELD(allow_any_fs), "no", 0, 0,
      "accept file systems whose flushes or locks may mean nothing (overlay, tmpfs, NFS)" },
    { "http", KADR_OPTION_ADDRESS, FIELD(http), "127.0.0.1:7712", 0, 0, "health and metrics; empty: none" },
    { "drain_timeout", KADR_OPTION_DURATION, FIELD(drain_timeout_ns), "10s", KADR_MS(100), KADR_S(600),
      "longest time to finish what was taken when asked to stop" },
    { "log_level", KADR_OPTION_LEVEL, FIELD(log_level), "info", 0, 0, "debug, info, warn or error" },
};

static const struct kadr_stage stages[] = {
    { "store", storaged_store_up, storaged_store_down },
    { "core", storaged_core_up, storaged_core_down },
    { "writer", storaged_writer_up, storaged_writer_down },
    { "journal", storaged_journal_up, NULL },
    { "sockets", storaged_sockets_up, storaged_sockets_down },
};

const struct kadr_program storaged_program = {
    .name = "kadr-storaged",
    .options = { "storaged", options, KADR_COUNT(options) },
    .config = config_of,
    .stages = stages,
    .stage_count = KADR_COUNT(stages),
    .http_listen = http_listen,
    .not_ready = not_ready,
    .status = write_status,
    .reload = storaged_reload,
    .refresh_metrics = refresh_metrics,
    .drain = storaged_drain,
};
