/* SPDX-License-Identifier: Apache-2.0 */
/* subscriber.c - three states:
 *
 *   PROVING  subscribed, no progress seen yet: deltas are of no use
 *   ASKING   a snapshot is on its way: frames are kept
 *   LIVE     frames are applied as they come
 *
 * The commit of a topic's state is the snapshot's until a delta of it was applied; only those are listed.
 */
#include "client/subscriber.h"

#include <string.h>

#include "base/err.h"

#define TICK_NS          KADR_MS(200)
#define DEFAULT_STALL_NS KADR_S(3)
#define ASK_AGAIN_NS     KADR_S(5)
#define BROKEN_AGAIN_NS  KADR_S(1)
#define TOPIC_BYTES      512

enum state { PROVING, ASKING, LIVE };

struct kept_frame {
    uint8_t *data; /* owned */
    size_t len;
};

struct topic_state {
    struct kadr_digest name; /* of unit path and indicator */
    uint64_t commit;
};

struct kadr_subscriber {
    struct kadr_subscriber_config config;
    struct kadr_zctx *zctx;
    struct kadr_loop *loop;
    struct kadr_zsock *feed, *query;
    struct kadr_timer *timer;
    struct kadr_arena *arena;
    enum state state;
    struct kadr_snapshot_reader reader;
    struct kept_frame *kept; /* KADR_MAX_FOLLOW_FRAMES */
    size_t kept_count, kept_bytes;
    struct topic_state *topics; /* sorted by name */
    size_t topic_count, topic_cap;
    uint64_t progress_commit; /* of the last progress; valid when has_progress */
    bool has_progress, stalled, stopped;
    kadr_ns heard_ns; /* last progress */
    kadr_ns asked_ns; /* last request, or part of its answer */
    kadr_ns ask_ns;   /* when to ask (again); 0 = not */
};

/* ---- topics ---- */

static struct kadr_digest topic_name(const char *unit_path, const char *indicator)
{
    const struct kadr_bytes parts[] = { { (const uint8_t *)unit_path, strlen(unit_path) },
                                        { (const uint8_t *)":", 1 },
                                        { (const uint8_t *)indicator, strlen(indicator) } };

    return kadr_hash_parts(parts, KADR_COUNT(parts));
}

/* Index of the topic, or of the place where it belongs. */
static size_t topic_place(const struct kadr_subscriber *sub, const struct kadr_digest *name)
{
    size_t lo = 0, hi = sub->topic_count;

    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;

        if (memcmp(sub->topics[middle].name.bytes, name->bytes, sizeof(name->bytes)) < 0) {
            lo = middle + 1;
        } else {
            hi = middle;
        }
    }
    return lo;
}

static bool topic_is(const struct kadr_subscriber *sub, size_t place, const struct kadr_digest *name)
{
    return place < sub->topic_count && kadr_digest_equal(&sub->topics[place].name, name);
}

static uint64_t topic_commit(const struct kadr_subscriber *sub, const char *unit_path, const char *indicator)
{
    struct kadr_digest name = topic_name(unit_path, indicator);
    size_t place = topic_place(sub, &name);

    return topic_is(sub, place, &name) ? sub->topics[place].commit : sub->reader.position.commit;
}

static int grow_topics(struct kadr_subscriber *sub)
{
    size_t cap = sub->topic_cap > 0 ? sub->topic_cap * 2 : 256;
    struct topic_state *grown;

    if (sub->topic_count < sub->topic_cap) {
        return 0;
    }
    if (sub->topic_count >= KADR_MAX_FOLLOW_TOPICS) {
        return KADR_EFULL;
    }
    grown = realloc(sub->topics, cap * sizeof(*grown));
    if (grown == NULL) {
        return KADR_ENOMEM;
    }
    sub->topics = grown;
    sub->topic_cap = cap;
    return 0;
}

static int topic_set(struct kadr_subscriber *sub, const char *unit_path, const char *indicator,
                     uint64_t commit)
{
    struct kadr_digest name = topic_name(unit_path, indicator);
    size_t place = topic_place(sub, &name);

    if (!topic_is(sub, place, &name)) {
        int err = grow_topics(sub);

        if (err != 0) {
            return err;
        }
        memmove(sub->topics + place + 1, sub->topics + place,
                (sub->topic_count - place) * sizeof(*sub->topics));
        sub->topic_count++;
        sub->topics[place].name = name;
    }
    sub->topics[place].commit = commit;
    return 0;
}

/* ---- what was asked for ---- */

/* Whether `unit` is the last part of a path, or with subtree any part of it. */
static bool path_has(const char *path, const char *unit, bool subtree)
{
    size_t len = strlen(unit);

    while (path != NULL && *path != '\0') {
        const char *slash = strchr(path, '/');
        size_t part = slash != NULL ? (size_t)(slash - path) : strlen(path);
        bool last = slash == NULL || slash[1] == '\0';

        if (part == len && memcmp(path, unit, len) == 0 && (subtree || last)) {
            return true;
        }
        path = slash != NULL ? slash + 1 : NULL;
    }
    return false;
}

static bool is_wanted(const struct kadr_subscriber *sub, const char *unit_path, const char *indicator)
{
    const struct kadr_subscriber_config *config = &sub->config;

    return (config->unit[0] == '\0' || path_has(unit_path, config->unit, config->subtree)) &&
           (config->indicator[0] == '\0' || strcmp(config->indicator, indicator) == 0);
}

static int subscribe(struct kadr_subscriber *sub)
{
    const struct kadr_subscriber_config *config = &sub->config;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf prefix = { 0 };
    int err;

    kadr_buf_init(&prefix, TOPIC_BYTES);
    if (config->unit_path[0] != '\0' && !config->subtree && config->indicator[0] != '\0') {
        kadr_topic_format(config->unit_path, config->indicator, &prefix);
    } else {
        kadr_buf_printf(&prefix, "D/%s%s", config->unit_path,
                        config->unit_path[0] != '\0' && !config->subtree ? ":" : "");
    }
    err = prefix.err != 0 ? prefix.err : kadr_zsock_subscribe(sub->feed, kadr_buf_str(&prefix));
    /* After the deltas': the first progress message then proves both. */
    return err == 0 ? kadr_zsock_subscribe(sub->feed, KADR_TOPIC_PROGRESS) : err;
}

/* ---- snapshots ---- */

static void forget_frames(struct kadr_subscriber *sub)
{
    for (size_t i = 0; i < sub->kept_count; i++) {
        free(sub->kept[i].data);
    }
    sub->kept_count = sub->kept_bytes = 0;
}

static void ask(struct kadr_subscriber *sub, kadr_ns after_ns)
{
    forget_frames(sub);
    sub->state = ASKING;
    sub->has_progress = false;
    sub->ask_ns = kadr_clock_monotonic_ns() + after_ns;
    kadr_timer_set(sub->timer, after_ns < TICK_NS ? after_ns : TICK_NS);
}

static void found_gap(struct kadr_subscriber *sub, const char *why)
{
    if (sub->config.events.gap != NULL) {
        sub->config.events.gap(sub->config.events.context, why);
    }
    ask(sub, 0);
}

static void on_query_reply(void *context, const struct kadr_peer *peer, const struct kadr_bytes *frames,
                           size_t count);

/* A fresh connection for each request: no late answers, no requests that pile up for a dead server. */
static int send_query(struct kadr_subscriber *sub, kadr_ns now)
{
    const struct kadr_zsock_config config = {
        .type = KADR_ZSOCK_DEALER,
        .endpoint = sub->config.query_endpoint,
        .max_frame_bytes = KADR_MAX_FRAME_BYTES,
        .out_queue_items = 4,
        .reconnect_max_ns = KADR_S(1),
        .receive = on_query_reply,
        .context = sub,
    };
    const struct kadr_snapshot_query query = { .unit = sub->config.unit,
                                               .indicator = sub->config.indicator,
                                               .subtree = sub->config.subtree,
                                               .as_of = KADR_DAY_NONE };
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf frame = { 0 };
    int err;

    kadr_buf_init(&frame, 0);
    kadr_zsock_free(KADR_TAKE(sub->query));
    sub->reader.request++;
    sub->reader.begun = false;
    sub->asked_ns = now;
    sub->ask_ns = 0;
    kadr_snapshot_encode(&query, sub->reader.request, &frame);
    err = frame.err != 0 ? frame.err : kadr_zsock_new(sub->zctx, sub->loop, &config, &sub->query);
    return err == 0 ? kadr_zsock_send(sub->query, NULL, frame.data, frame.len) : err;
}

/* ---- the live feed ---- */

static void take_delta(struct kadr_subscriber *sub, const struct kadr_published *message)
{
    const struct kadr_delta_info info = { .from = message->delta.from, .to = message->delta.to };
    const char *path = message->delta.unit_path, *indicator = message->delta.indicator;
    uint64_t mine;

    if (!is_wanted(sub, path, indicator)) {
        return;
    }
    if (memcmp(info.to.lineage.bytes, sub->reader.position.lineage.bytes, KADR_ID_BYTES) != 0) {
        found_gap(sub, "lineage");
        return;
    }
    mine = topic_commit(sub, path, indicator);
    if (info.to.commit <= mine) {
        return;
    }
    if (info.from > mine || topic_set(sub, path, indicator, info.to.commit) != 0) {
        found_gap(sub, info.from > mine ? "delta" : "topics");
        return;
    }
    for (size_t i = 0; i < message->delta.count; i++) {
        sub->config.events.change(sub->config.events.context, &info, &message->delta.changes[i]);
    }
}

/* The last delta of a topic that changed must have been heard, or be in the snapshot. */
static bool misses_delta(const struct kadr_subscriber *sub, const struct kadr_published *message)
{
    for (size_t i = 0; i < message->progress.changed_count; i++) {
        const struct kadr_topic *topic = &message->progress.changed[i];

        if (is_wanted(sub, topic->unit_path, topic->indicator) &&
            topic_commit(sub, topic->unit_path, topic->indicator) < topic->commit) {
            return true;
        }
    }
    return false;
}

static void take_progress(struct kadr_subscriber *sub, const struct kadr_published *message)
{
    const struct kadr_position *position = &message->progress.position;

    if (memcmp(position->lineage.bytes, sub->reader.position.lineage.bytes, KADR_ID_BYTES) != 0) {
        found_gap(sub, "lineage");
    } else if (sub->has_progress ? message->progress.previous != sub->progress_commit
                                 : message->progress.previous > sub->reader.position.commit) {
        found_gap(sub, "progress");
    } else if (misses_delta(sub, message)) {
        found_gap(sub, "changed");
    } else {
        sub->has_progress = true;
        sub->progress_commit = position->commit;
        if (sub->config.events.progress != NULL) {
            sub->config.events.progress(sub->config.events.context, position, &message->progress.digest);
        }
    }
}

static void take_frame(struct kadr_subscriber *sub, struct kadr_bytes payload)
{
    struct kadr_published message;

    kadr_arena_clear(sub->arena);
    if (kadr_decode_published(payload, sub->arena, &message, NULL) != 0) {
        found_gap(sub, "undecodable");
    } else if (message.kind == KADR_PUBLISHED_DELTA) {
        take_delta(sub, &message);
    } else {
        take_progress(sub, &message);
    }
}

static void keep_frame(struct kadr_subscriber *sub, struct kadr_bytes payload)
{
    uint8_t *copy = NULL;

    if (sub->kept_count < KADR_MAX_FOLLOW_FRAMES && payload.len <= KADR_MAX_FOLLOW_BYTES - sub->kept_bytes) {
        copy = malloc(payload.len > 0 ? payload.len : 1);
    }
    if (copy == NULL) {
        found_gap(sub, "buffer");
        return;
    }
    memcpy(copy, payload.data, payload.len);
    sub->kept[sub->kept_count++] = (struct kept_frame){ copy, payload.len };
    sub->kept_bytes += payload.len;
}

/* A snapshot is whole: what came meanwhile follows it, unless it shows a gap and is forgotten. */
static void go_live(struct kadr_subscriber *sub)
{
    sub->state = LIVE;
    sub->topic_count = 0;
    sub->has_progress = false;
    if (sub->config.events.snapshot_end != NULL) {
        sub->config.events.snapshot_end(sub->config.events.context, sub->reader.cells);
    }
    for (size_t i = 0; i < sub->kept_count && sub->state == LIVE; i++) {
        take_frame(sub, (struct kadr_bytes){ sub->kept[i].data, sub->kept[i].len });
    }
    forget_frames(sub);
}

static void heard_progress(struct kadr_subscriber *sub)
{
    sub->heard_ns = kadr_clock_monotonic_ns();
    if (sub->stalled && sub->config.events.resumed != NULL) {
        sub->config.events.resumed(sub->config.events.context);
    }
    sub->stalled = false;
    if (sub->state == PROVING) {
        ask(sub, 0);
    }
}

static bool is_progress(struct kadr_bytes topic)
{
    return topic.len == strlen(KADR_TOPIC_PROGRESS) &&
           memcmp(topic.data, KADR_TOPIC_PROGRESS, topic.len) == 0;
}

static void on_feed(void *context, const struct kadr_peer *peer, const struct kadr_bytes *frames,
                    size_t count)
{
    struct kadr_subscriber *sub = context;

    (void)peer;
    if (count != 2 || sub->stopped) {
        return;
    }
    if (is_progress(frames[0])) {
        heard_progress(sub);
    }
    if (sub->state == LIVE) {
        take_frame(sub, frames[1]);
    } else if (sub->state == ASKING) {
        keep_frame(sub, frames[1]);
    }
}

/* ---- the query connection ---- */

static void on_query_reply(void *context, const struct kadr_peer *peer, const struct kadr_bytes *frames,
                           size_t count)
{
    struct kadr_subscriber *sub = context;
    struct kadr_query_reply reply;

    (void)peer;
    kadr_arena_clear(sub->arena);
    if (count != 1 || sub->state != ASKING || sub->ask_ns > 0 || sub->stopped ||
        kadr_decode_query_reply(frames[0], sub->arena, &reply, NULL) != 0) {
        return; /* asked again when nothing better comes */
    }
    sub->asked_ns = kadr_clock_monotonic_ns();
    switch (kadr_snapshot_take(&sub->reader, &reply)) {
    case KADR_SNAPSHOT_MORE:
        break;
    case KADR_SNAPSHOT_DONE:
        go_live(sub);
        break;
    case KADR_SNAPSHOT_BROKEN:
        found_gap(sub, "snapshot");
        ask(sub, BROKEN_AGAIN_NS);
        break;
    case KADR_SNAPSHOT_REFUSED:
        if (reply.refusal.retry_after_ms > 0) {
            ask(sub, KADR_MS(reply.refusal.retry_after_ms));
            break;
        }
        sub->stopped = true;
        if (sub->config.events.refused != NULL) {
            sub->config.events.refused(sub->config.events.context, &reply.refusal);
        }
        break;
    }
}

static void on_begin(void *context, const struct kadr_position *position)
{
    struct kadr_subscriber *sub = context;

    if (sub->config.events.snapshot_begin != NULL) {
        sub->config.events.snapshot_begin(sub->config.events.context, position);
    }
}

static void on_cell(void *context, const struct kadr_wire_cell *cell)
{
    struct kadr_subscriber *sub = context;

    if (sub->config.events.snapshot_cell != NULL) {
        sub->config.events.snapshot_cell(sub->config.events.context, cell);
    }
}

static void on_tick(void *context)
{
    struct kadr_subscriber *sub = context;
    kadr_ns now = kadr_clock_monotonic_ns();

    if (sub->stopped) {
        return;
    }
    if (!sub->stalled && now - sub->heard_ns >= sub->config.stall_ns) {
        sub->stalled = true;
        if (sub->config.events.stalled != NULL) {
            sub->config.events.stalled(sub->config.events.context);
        }
    }
    if (sub->state == ASKING && sub->ask_ns == 0 && now - sub->asked_ns >= ASK_AGAIN_NS) {
        ask(sub, 0);
    }
    if (sub->state == ASKING && sub->ask_ns > 0 && now >= sub->ask_ns && send_query(sub, now) != 0) {
        ask(sub, ASK_AGAIN_NS);
    }
    kadr_timer_set(sub->timer, TICK_NS);
}

/* ---- life ---- */

static int start(struct kadr_subscriber *sub)
{
    const struct kadr_zsock_config config = {
        .type = KADR_ZSOCK_SUB,
        .endpoint = sub->config.feed_endpoint,
        .max_frame_bytes = KADR_MAX_FRAME_BYTES,
        .out_queue_items = 4,
        .reconnect_max_ns = KADR_S(1),
        .receive = on_feed,
        .context = sub,
    };
    int err = kadr_arena_new(KADR_MAX_ARENA_BYTES, &sub->arena);

    err = err == 0 ? kadr_timer_new(sub->loop, on_tick, sub, &sub->timer) : err;
    err = err == 0 ? kadr_zsock_new(sub->zctx, sub->loop, &config, &sub->feed) : err;
    err = err == 0 ? subscribe(sub) : err;
    if (err == 0) {
        kadr_timer_set(sub->timer, TICK_NS);
    }
    return err;
}

int kadr_subscriber_new(struct kadr_zctx *zctx, struct kadr_loop *loop,
                        const struct kadr_subscriber_config *config, struct kadr_subscriber **ret_subscriber)
{
    KADR_CLEANUP(kadr_subscriber_free) struct kadr_subscriber *sub = calloc(1, sizeof(*sub));
    int err;

    if (sub == NULL || (sub->kept = calloc(KADR_MAX_FOLLOW_FRAMES, sizeof(*sub->kept))) == NULL) {
        return KADR_ENOMEM;
    }
    sub->config = *config;
    sub->config.stall_ns = config->stall_ns > 0 ? config->stall_ns : DEFAULT_STALL_NS;
    sub->zctx = zctx;
    sub->loop = loop;
    sub->reader.events = (struct kadr_snapshot_events){ .begin = on_begin, .cell = on_cell, .context = sub };
    sub->heard_ns = kadr_clock_monotonic_ns();
    err = start(sub);
    if (err == 0) {
        *ret_subscriber = KADR_TAKE(sub);
    }
    return err;
}

void kadr_subscriber_free(struct kadr_subscriber *subscriber)
{
    if (subscriber != NULL) {
        forget_frames(subscriber);
        kadr_zsock_free(subscriber->query);
        kadr_zsock_free(subscriber->feed);
        kadr_timer_free(subscriber->timer);
        kadr_arena_free(subscriber->arena);
        free(subscriber->topics);
        free(subscriber->kept);
        free(subscriber);
    }
}
