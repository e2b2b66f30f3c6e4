/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.c - the file that spares the next start the journal: when it is written, and what is said of it.
 *
 * It is derived data and may be lost, damaged or taken away at any time: nothing that goes wrong with it
 * stops the daemon. It is written in the loop, between two events; a statement costs some 50 bytes.
 */
#include "aggregatord.h"

#include "base/log.h"
#include "edge/file.h"

#define SUB "checkpoint"

static bool is_wanted(const struct aggregatord *app)
{
    return app->config.checkpoint[0] != '\0';
}

static void failed(struct aggregatord *app, const char *event, int err, struct kadr_buf *why)
{
    app->checkpoint.failures++;
    kadr_log(KADR_LOG_WARN, SUB, event, kadr_kv_str("file", app->config.checkpoint),
             kadr_kv_str("error", why->len > 0 ? kadr_buf_str(why) : kadr_strerror(err)));
}

void aggregatord_read_checkpoint(struct aggregatord *app)
{
    if (!is_wanted(app)) {
        return;
    }
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf bytes;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf why;
    kadr_buf_init(&bytes, KADR_MAX_CHECKPOINT_BYTES);
    kadr_buf_init(&why, 0);
    kadr_ns began_ns = kadr_clock_monotonic_ns();
    int err = kadr_file_read_all(app->config.checkpoint, KADR_MAX_CHECKPOINT_BYTES, &bytes, &why);
    if (err == KADR_ENOENT) {
        kadr_log(KADR_LOG_INFO, SUB, "no_checkpoint", kadr_kv_str("file", app->config.checkpoint));
        return;
    }
    if (err == 0) {
        err = kadr_aggregate_restore(app->core, (struct kadr_bytes){ bytes.data, bytes.len });
    }
    if (err != 0) {
        failed(app, "checkpoint_ignored", err, &why);
        return;
    }
    uint64_t commit = kadr_aggregate_status(app->core).commit;
    app->checkpoint.commit = app->checkpoint.tried = commit;
    kadr_log(KADR_LOG_INFO, SUB, "checkpoint_read", kadr_kv_u64("commit", commit),
             kadr_kv_u64("bytes", bytes.len),
             kadr_kv_i64("took_ms", (kadr_clock_monotonic_ns() - began_ns) / KADR_MS(1)));
}

void aggregatord_forget_checkpoint(struct aggregatord *app)
{
    app->checkpoint.failures++;
    app->checkpoint.commit = app->checkpoint.tried = 0;
}

static void write_checkpoint(struct aggregatord *app, uint64_t commit)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf bytes;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf why;
    kadr_buf_init(&bytes, KADR_MAX_CHECKPOINT_BYTES);
    kadr_buf_init(&why, 0);
    kadr_ns began_ns = kadr_clock_monotonic_ns();
    app->checkpoint.tried = commit;
    int err = kadr_aggregate_save(app->core, &bytes);
    if (err == KADR_EAGAIN) {
        return; /* an empty journal */
    }
    if (err == 0) {
        err = kadr_file_write_atomic(app->config.checkpoint, (struct kadr_bytes){ bytes.data, bytes.len },
                                     &why);
    }
    if (err != 0) {
        failed(app, "checkpoint_not_written", err, &why);
        return;
    }
    app->checkpoint.commit = commit;
    app->checkpoint.written++;
    kadr_log(KADR_LOG_INFO, SUB, "checkpoint_written", kadr_kv_u64("commit", commit),
             kadr_kv_u64("bytes", bytes.len),
             kadr_kv_i64("took_ms", (kadr_clock_monotonic_ns() - began_ns) / KADR_MS(1)));
}

void aggregatord_write_checkpoint_if_due(struct aggregatord *app)
{
    if (!is_wanted(app)) {
        return;
    }
    struct kadr_aggregate_status status = kadr_aggregate_status(app->core);
    if (status.commit < app->checkpoint.tried) {
        app->checkpoint.tried = 0; /* another journal */
    }
    if (status.caught_up && status.commit - app->checkpoint.tried >= (uint64_t)app->config.checkpoint_every) {
        write_checkpoint(app, status.commit);
    }
}

void aggregatord_write_last_checkpoint(struct aggregatord *app)
{
    if (!is_wanted(app) || app->failed) {
        return;
    }
    struct kadr_aggregate_status status = kadr_aggregate_status(app->core);
    if (status.caught_up && status.commit != app->checkpoint.commit) {
        write_checkpoint(app, status.commit);
    }
}
