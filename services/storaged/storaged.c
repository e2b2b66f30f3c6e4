/* SPDX-License-Identifier: Apache-2.0 */
/* storaged.c - messages, completions and time turned into events of the core, its actions into messages and
 * batches. Stages: store, core, writer, journal (the first event), sockets; down in reverse, so that the
 * thread has ended before the batch it works on goes away.
 */
#include "storaged.h"

#include <signal.h>
#include <stdio.h>

#include "base/err.h"
#include "base/log.h"
#include "edge/store_lmdb.h"

#define TICK_NS       KADR_S(1)
#define FEED_WAIT_NS  KADR_MS(5)
#define FEED_PENDING  256   /* frames in the out-queue above which lagging followers wait */
#define OUT_QUEUE     65536 /* frames */
#define PIPE_MESSAGES 1000  /* high-water mark per peer */

/* ---- actions ---- */

static void remember_lost(struct storaged *app, const struct kadr_peer *peer)
{
    app->lost_messages++;
    if (app->lost_count < MAX_LOST) {
        app->lost[app->lost_count++] = *peer;
    }
}

static void send_reply(struct storaged *app, const struct kadr_peer *peer,
                       const struct kadr_store_reply *reply)
{
    if (peer->len == 0) {
        storaged_log_reply(reply, app->comparing);
        return;
    }
    kadr_buf_clear(&app->frame);
    kadr_encode_store_reply(reply, &app->frame);
    int r = app->frame.err;
    if (r == 0) {
        r = kadr_zsock_send(app->sock, peer, app->frame.data, app->frame.len);
    }
    if (r) {
        kadr_log(KADR_LOG_WARN, SUB, "reply_lost", kadr_kv_str("error", kadr_strerror(r)),
                 kadr_kv_u64("bytes", app->frame.len));
        remember_lost(app, peer);
    }
}

static void perform(struct storaged *app, const struct kadr_storage_out *out)
{
    for (size_t i = 0; i < out->count; i++) {
        const struct kadr_storage_action *action = &out->actions[i];
        if (action->kind == KADR_STORAGE_COMMIT) {
            int r = kadr_writer_submit(app->writer, action->commit.batch, action->commit.records,
                                       action->commit.count);
            KADR_ASSERT(r == 0); /* the core has one batch in flight */
        } else {
            send_reply(app, &action->send.peer, &action->send.reply);
        }
    }
}

/* ---- events ---- */

static int step(struct storaged *app, struct kadr_storage_event event)
{
    struct kadr_storage_out out;
    event.now_ns = kadr_clock_monotonic_ns();
    event.wall_ms = kadr_clock_wall_ms();
    int r = kadr_storage_step(app->core, &event, &out);
    perform(app, &out);
    if (r) {
        kadr_log(KADR_LOG_ERROR, SUB, "fatal", kadr_kv_str("error", kadr_strerror(r)),
                 kadr_kv_str("why", kadr_storage_why(app->core)));
        app->failed = true;
        return r;
    }
    if (out.more && app->feed) {
        kadr_timer_set(app->feed, 0);
    }
    return 0;
}

/* An event, and those that follow from messages that could not be sent. */
static void give(struct storaged *app, struct kadr_storage_event event)
{
    int r = app->failed ? KADR_ECANCELED : step(app, event);
    while (r == 0 && app->lost_count > 0) {
        const struct kadr_peer peer = app->lost[--app->lost_count];
        r = step(app, (struct kadr_storage_event){ .kind = KADR_STORAGE_PEER_GONE, .peer = peer });
    }
    if (r && r != KADR_ECANCELED) {
        kadr_daemon_fail(&app->daemon, storaged_exit_code(r));
    }
}

static void count_bad(struct storaged *app, const char *why)
{
    app->bad_messages++;
    kadr_log(KADR_LOG_WARN, SUB, "bad_message", kadr_kv_str("why", why));
}

/* What cannot be read is answered, so that a peer of another version learns of it. */
static void refuse_frame(struct storaged *app, const struct kadr_peer *peer, int err, const char *why)
{
    KADR_CLEANUP(kadr_arena_free) struct kadr_arena *arena = NULL;
    struct kadr_store_reply reply = { .kind = KADR_STORE_REFUSAL };
    struct kadr_diag diag = { .code = KADR_DIAG_BAD_FRAME, .observation = -1 };
    (void)snprintf(diag.arg[0], sizeof(diag.arg[0]), "%s", why ? why : kadr_strerror(err));
    count_bad(app, diag.arg[0]);
    if (kadr_arena_new(KADR_MAX_ARENA_BYTES, &arena) == 0 &&
        kadr_wire_diag_from(&diag, arena, &reply.refusal.diag) == 0) {
        send_reply(app, peer, &reply);
    }
}

static void on_bad(void *context, const struct kadr_peer *peer, const char *why)
{
    if (peer != NULL) {
        refuse_frame(context, peer, KADR_EPROTO, why);
    } else {
        count_bad(context, why);
    }
}

static void on_message(void *context, const struct kadr_peer *peer, const struct kadr_bytes *frames,
                       size_t count)
{
    (void)count; /* zsock lets single frames through here */
    struct storaged *app = context;
    struct kadr_store_request message;
    KADR_CLEANUP(kadr_arena_free) struct kadr_arena *arena = NULL;
    const char *why = NULL;
    int r = kadr_arena_new(KADR_MAX_ARENA_BYTES, &arena);
    if (r == 0) {
        r = kadr_decode_store_request(frames[0], arena, &message, &why);
    }
    if (r) {
        refuse_frame(app, peer, r, why);
        return;
    }
    if (app->failed) {
        return;
    }
    struct kadr_storage_event event = { .kind = KADR_STORAGE_REQUEST, .peer = *peer };
    event.request.message = &message;
    event.request.arena = KADR_TAKE(arena);
    give(app, event);
}

/* One line when space runs out and one when it is back, however many batches are refused between. */
static void tell_space(struct storaged *app, int result)
{
    bool full = result == KADR_ENOSPC;
    if (full && !app->storage_full) {
        kadr_log(
            KADR_LOG_ERROR, SUB, "storage_full",
            kadr_kv_str("action", "appends are refused until there is space on the disk and in the map"));
    } else if (!full && app->storage_full) {
        kadr_log(KADR_LOG_INFO, SUB, "storage_resumed");
    }
    app->storage_full = full;
}

static void on_written(void *context, const struct kadr_writer_done *done)
{
    struct storaged *app = context;
    kadr_metric_observe_ns(kadr_metrics_histogram(app->daemon.metrics, "kadr_store_commit_seconds", NULL,
                                                  "Time of one commit on disk"),
                           done->took_ns);
    app->batch_records = done->records;
    tell_space(app, done->result);
    struct kadr_storage_event event = { .kind = KADR_STORAGE_COMMITTED };
    event.committed.batch = done->batch;
    event.committed.result = done->result;
    give(app, event);
}

static void on_tick(void *context)
{
    struct storaged *app = context;
    kadr_timer_set(app->tick, TICK_NS);
    give(app, (struct kadr_storage_event){ .kind = KADR_STORAGE_TICK });
}

/* Followers that lag wait until what was sent has gone out: the queue stays for receipts. */
static void on_feed(void *context)
{
    struct storaged *app = context;
    if (kadr_zsock_pending(app->sock) > FEED_PENDING) {
        kadr_timer_set(app->feed, FEED_WAIT_NS);
        return;
    }
    give(app, (struct kadr_storage_event){ .kind = KADR_STORAGE_FEED });
}

/* ---- reference data from the configured folder ---- */

static int read_reference(const struct storaged *app, struct reference_dir *dir)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf why;
    kadr_buf_init(&why, 0);
    int r = reference_dir_read(dir, app->config.reference, &why);
    if (r) {
        kadr_log(KADR_LOG_ERROR, SUB, "reference_unreadable", kadr_kv_str("why", kadr_buf_str(&why)));
    }
    return r;
}

static void apply_reference(struct storaged *app, bool dry_run)
{
    KADR_CLEANUP(reference_dir_done) struct reference_dir dir;
    if (app->failed || read_reference(app, &dir) != 0) {
        return;
    }
    const struct kadr_store_request message = {
        .kind = KADR_STORE_APPLY, .apply = { .files = dir.files, .count = dir.count, .dry_run = dry_run }
    };
    struct kadr_storage_event event = { .kind = KADR_STORAGE_REQUEST };
    event.request.message = &message;
    app->comparing = dry_run; /* which is answered at once */
    give(app, event);
    app->comparing = false;
}

void storaged_reload(void *context)
{
    apply_reference(context, false);
}

/* ---- stages ---- */

int storaged_store_up(void *context)
{
    struct storaged *app = context;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf why;
    kadr_buf_init(&why, 0);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file size limit shall be an error of the write, not a signal */
    const struct kadr_store_lmdb_config config = { .path = app->config.data,
                                                   .map_bytes = (size_t)app->config.map_size_bytes,
                                                   .allow_any_fs = app->config.allow_any_fs };
    int r = kadr_store_lmdb_open(&config, &app->store, &why);
    if (r) {
        kadr_log(KADR_LOG_ERROR, SUB, "store_unusable", kadr_kv_str("error", kadr_strerror(r)),
                 kadr_kv_str("why", kadr_buf_str(&why)));
    }
    return r;
}

void storaged_store_down(void *context)
{
    struct storaged *app = context;
    app->store.close(app->store.self);
}

int storaged_core_up(void *context)
{
    struct storaged *app = context;
    kadr_buf_init(&app->frame, KADR_MAX_FRAME_BYTES);
    return kadr_storage_new(&app->store, &app->core);
}

void storaged_core_down(void *context)
{
    struct storaged *app = context;
    kadr_storage_free(app->core);
    kadr_buf_done(&app->frame);
}

int storaged_writer_up(void *context)
{
    struct storaged *app = context;
    return kadr_writer_new(app->daemon.loop, &app->store, on_written, app, &app->writer);
}

void storaged_writer_down(void *context)
{
    struct storaged *app = context;
    kadr_writer_free(app->writer);
}

int storaged_journal_up(void *context)
{
    struct storaged *app = context;
    KADR_CLEANUP(reference_dir_done) struct reference_dir dir = { 0 };
    struct kadr_storage_status status;
    struct kadr_store_state state;
    int r = app->store.state(app->store.self, &state);
    if (r == 0 && state.head == 0 && read_reference(app, &dir) != 0) {
        r = KADR_EINVAL; /* a matter of configuration */
    }
    if (r) {
        return r;
    }
    struct kadr_storage_event event = { .kind = KADR_STORAGE_START };
    event.start.files = dir.files;
    event.start.count = dir.count;
    event.start.fixed_day = app->config.day;
    r = step(app, event);
    if (r) {
        return r;
    }
    kadr_storage_status(app->core, &status);
    kadr_log(KADR_LOG_INFO, SUB, "recovered", kadr_kv_u64("commit", status.head));
    if (app->config.day != KADR_DAY_NONE) {
        char day[KADR_DAY_TEXT_BYTES];
        kadr_log(KADR_LOG_WARN, SUB, "fixed_day", kadr_kv_str("day", kadr_day_format(app->config.day, day)),
                 kadr_kv_str("why", "option day: for tests and demonstrations only"));
    }
    if (state.head > 0) {
        apply_reference(app, true); /* says in the log when the folder differs from the journal */
    }
    return 0;
}

int storaged_sockets_up(void *context)
{
    struct storaged *app = context;
    const struct kadr_zsock_config config = { .type = KADR_ZSOCK_ROUTER,
                                              .endpoint = app->config.listen,
                                              .max_frame_bytes = KADR_MAX_FRAME_BYTES,
                                              .out_queue_items = OUT_QUEUE,
                                              .high_water_mark = PIPE_MESSAGES,
                                              .receive = on_message,
                                              .bad = on_bad,
                                              .context = app };
    int r = kadr_zsock_new(app->daemon.zctx, app->daemon.loop, &config, &app->sock);
    if (r == 0) {
        r = kadr_timer_new(app->daemon.loop, on_feed, app, &app->feed);
    }
    if (r == 0) {
        r = kadr_timer_new(app->daemon.loop, on_tick, app, &app->tick);
    }
    if (r) {
        kadr_log(KADR_LOG_ERROR, SUB, "socket_failed", kadr_kv_str("endpoint", config.endpoint),
                 kadr_kv_str("error", kadr_strerror(r)));
        storaged_sockets_down(app);
        return r;
    }
    kadr_timer_set(app->tick, TICK_NS);
    return 0;
}

void storaged_sockets_down(void *context)
{
    struct storaged *app = context;
    kadr_timer_free(KADR_TAKE(app->tick));
    kadr_timer_free(KADR_TAKE(app->feed));
    kadr_zsock_free(KADR_TAKE(app->sock));
}

bool storaged_drain(void *context)
{
    struct storaged *app = context;
    if (!app->stop_given) {
        app->stop_given = true;
        give(app, (struct kadr_storage_event){ .kind = KADR_STORAGE_STOP });
    }
    return kadr_storage_idle(app->core) && kadr_zsock_pending(app->sock) == 0;
}
