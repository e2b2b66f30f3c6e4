/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* aggregate_rig.h - the aggregator's state machine in a test's hand: a journal made here, frames handed over,
 * actions recorded. Include behind cmocka.h.
 */
#include <stdio.h>
#include <string.h>

#include "core/aggregate.h"
#include "core/store.h"

#define MAX_RECORDS 64
#define MAX_SENT    256

struct stored {
    struct kadr_buf envelope, message;
    struct kadr_digest digest;
};

struct sent {
    enum { TO_STORE, TO_PEER, PUBLISHED, NOTE, FATAL } where;
    char name[128]; /* topic, note or reason */
    struct kadr_buf frame;
};

struct fixture {
    struct kadr_aggregate *agg;
    struct kadr_arena *arena;
    struct kadr_id lineage;
    struct stored journal[MAX_RECORDS];
    uint64_t head;
    struct sent sent[MAX_SENT];
    size_t sent_count;
    bool peer_full;
    int past_result; /* of the next questions about the past */
    struct kadr_aggregate_past past;
    size_t past_count;
    kadr_ns now_ns;
};

static inline struct sent *remember(struct fixture *fx, int where, const char *name,
                                    const struct kadr_buf *frame)
{
    assert_true(fx->sent_count < MAX_SENT);
    struct sent *sent = &fx->sent[fx->sent_count++];
    sent->where = (unsigned)where;
    snprintf(sent->name, sizeof sent->name, "%s", name);
    kadr_buf_init(&sent->frame, 0);
    if (frame != NULL) {
        kadr_buf_add(&sent->frame, frame->data, frame->len);
    }
    return sent;
}

static inline void to_store(void *context, const struct kadr_buf *frame)
{
    remember(context, TO_STORE, "", frame);
}
static inline int to_peer(void *context, const struct kadr_peer *peer, const struct kadr_buf *frame)
{
    struct fixture *fx = context;
    assert_int_equal(peer->len, 2);
    if (fx->peer_full) {
        return KADR_EFULL;
    }
    remember(fx, TO_PEER, "", frame);
    return 0;
}
static inline void publish(void *context, const char *topic, const struct kadr_buf *frame)
{
    remember(context, PUBLISHED, topic, frame);
}
static inline void note(void *context, const char *event, uint64_t commit)
{
    (void)commit;
    remember(context, NOTE, event, NULL);
}
static inline void fatal(void *context, const char *why, uint64_t commit)
{
    (void)commit;
    remember(context, FATAL, why, NULL);
}

static inline int to_past(void *context, const struct kadr_aggregate_past *question)
{
    struct fixture *fx = context;
    fx->past = *question; /* what it points to is gone afterwards */
    fx->past_count += fx->past_result == 0;
    return fx->past_result;
}

static inline void forget(struct fixture *fx)
{
    for (size_t i = 0; i < fx->sent_count; i++) {
        kadr_buf_done(&fx->sent[i].frame);
    }
    fx->sent_count = 0;
}

static inline size_t count_of(const struct fixture *fx, int where)
{
    size_t count = 0;
    for (size_t i = 0; i < fx->sent_count; i++) {
        count += fx->sent[i].where == (unsigned)where;
    }
    return count;
}

static inline const struct sent *find(const struct fixture *fx, int where, const char *name)
{
    for (size_t i = 0; i < fx->sent_count; i++) {
        if (fx->sent[i].where == (unsigned)where && strcmp(fx->sent[i].name, name) == 0) {
            return &fx->sent[i];
        }
    }
    return NULL;
}

static inline struct kadr_bytes bytes_of(const struct kadr_buf *buf)
{
    return (struct kadr_bytes){ buf->data, buf->len };
}

/* ---- the journal ---- */

static inline void append(struct fixture *fx, struct kadr_envelope *envelope)
{
    assert_true(fx->head < MAX_RECORDS);
    struct stored *at = &fx->journal[fx->head];
    static const struct kadr_digest nothing;
    const struct kadr_digest *previous = fx->head == 0 ? &nothing : &fx->journal[fx->head - 1].digest;
    envelope->content_hash = kadr_hash(at->message.data, at->message.len);
    envelope->office = envelope->office != NULL ? envelope->office : "";
    kadr_buf_init(&at->envelope, 0);
    kadr_encode_envelope(envelope, &at->envelope);
    assert_int_equal(at->envelope.err, 0);
    fx->head++;
    at->digest = kadr_record_chain(previous, fx->head, bytes_of(&at->envelope), bytes_of(&at->message));
}

static inline void read_file(const char *path, struct kadr_buf *out)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char chunk[4096];
    size_t n = 0;
    kadr_buf_init(out, 0);
    while ((n = fread(chunk, 1, sizeof chunk, file)) > 0) {
        kadr_buf_add(out, chunk, n);
    }
    fclose(file);
}

static inline void append_files(struct fixture *fx, const struct kadr_file *files, size_t count)
{
    kadr_buf_init(&fx->journal[fx->head].message, 0);
    kadr_encode_files(files, count, &fx->journal[fx->head].message);
    append(fx, &(struct kadr_envelope){ .kind = KADR_RECORD_REFERENCE, .outcome = KADR_OUTCOME_COMMITTED });
}

static inline void append_reference(struct fixture *fx)
{
    static const char *const paths[] = { "config/units.csv", "config/catalogue/indicators.csv",
                                         "config/catalogue/members.csv" };
    static const char *const names[] = { "units.csv", "indicators.csv", "members.csv" };
    struct kadr_buf content[3];
    struct kadr_file files[3];
    for (size_t i = 0; i < 3; i++) {
        read_file(paths[i], &content[i]);
        files[i] = (struct kadr_file){ names[i], bytes_of(&content[i]) };
    }
    append_files(fx, files, 3);
    for (size_t i = 0; i < 3; i++) {
        kadr_buf_done(&content[i]);
    }
}

static inline void append_day(struct fixture *fx, const char *text)
{
    kadr_day day = 0;
    assert_int_equal(kadr_day_parse(text, &day), 0);
    kadr_buf_init(&fx->journal[fx->head].message, 0);
    append(fx,
           &(struct kadr_envelope){ .kind = KADR_RECORD_DAY, .outcome = KADR_OUTCOME_COMMITTED, .day = day });
}

/* A report of one observation, accepted. */
static inline void append_observation(struct fixture *fx, struct kadr_observation *obs)
{
    struct kadr_report report = {
        .source = "", .file = "", .published = KADR_DAY_NONE, .observations = obs, .observation_count = 1
    };
    kadr_buf_init(&fx->journal[fx->head].message, 0);
    kadr_encode_report(&report, &fx->journal[fx->head].message);
    static const uint8_t accepted[] = { KADR_VERDICT_ACCEPTED };
    append(fx, &(struct kadr_envelope){ .kind = KADR_RECORD_REPORT,
                                        .office = obs->unit,
                                        .sequence = fx->head + 1,
                                        .outcome = KADR_OUTCOME_COMMITTED,
                                        .verdicts = { accepted, 1 },
                                        .accepted = 1,
                                        .stated_at_ms = (kadr_ms)fx->head * 1000 });
}

static inline void append_need(struct fixture *fx, const char *unit, const char *day, int64_t figure)
{
    struct kadr_observation obs = { .unit = unit,
                                    .indicator = "need_declared",
                                    .breakdown = { { "cadre", "doctor" }, { "settlement", "rural" } },
                                    .breakdown_count = 2,
                                    .occurrence = "",
                                    .value = { .kind = KADR_VALUE_INTERVAL, .lo = figure, .hi = figure },
                                    .scale = 1,
                                    .stated = "",
                                    .note = "" };
    assert_int_equal(kadr_period_parse(day, &obs.period), 0);
    append_observation(fx, &obs);
}

/* The head is taken back, as when an old copy of the store is put in its place. */
static inline void lose_head(struct fixture *fx)
{
    struct stored *at = &fx->journal[--fx->head];
    kadr_buf_done(&at->envelope);
    kadr_buf_done(&at->message);
}

/* ---- events ---- */

static inline void step(struct fixture *fx, int kind, const struct kadr_buf *frame)
{
    static const struct kadr_peer peer = { .bytes = { 1, 2 }, .len = 2 };
    struct kadr_aggregate_event event = { .now_ns = fx->now_ns, .peer = &peer };
    event.kind = (unsigned)kind;
    if (frame != NULL) {
        event.frame = bytes_of(frame);
    }
    assert_int_equal(kadr_aggregate_step(fx->agg, &event), 0);
}

static inline void reply_from_store(struct fixture *fx, const struct kadr_store_reply *reply)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf frame;
    kadr_buf_init(&frame, 0);
    kadr_encode_store_reply(reply, &frame);
    assert_int_equal(frame.err, 0);
    step(fx, KADR_AGGREGATE_STORE, &frame);
}

static inline void feed(struct fixture *fx, uint64_t from, uint64_t to)
{
    struct kadr_record records[MAX_RECORDS];
    size_t count = 0;
    for (uint64_t commit = from; commit <= to; commit++) {
        const struct stored *at = &fx->journal[commit - 1];
        records[count++] =
            (struct kadr_record){ commit, at->digest, bytes_of(&at->envelope), bytes_of(&at->message) };
    }
    struct kadr_store_reply reply = { .kind = KADR_STORE_FEED };
    reply.feed.lineage = fx->lineage;
    reply.feed.head = fx->head;
    reply.feed.records = records;
    reply.feed.count = count;
    reply_from_store(fx, &reply);
}

static inline void time_passes(struct fixture *fx, kadr_ns ns)
{
    fx->now_ns += ns;
    step(fx, KADR_AGGREGATE_TIME, NULL);
}

/* A question that waits for its turn. */
static inline void put_question(struct fixture *fx, const char *unit, const char *indicator, kadr_day as_of)
{
    struct kadr_query_request request = { .request = 7, .kind = KADR_QUERY_SNAPSHOT };
    request.snapshot.unit = unit;
    request.snapshot.indicator = indicator;
    request.snapshot.as_of = as_of;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf frame;
    kadr_buf_init(&frame, 0);
    kadr_encode_query_request(&request, &frame);
    step(fx, KADR_AGGREGATE_QUERY, &frame);
}

static inline void ask(struct fixture *fx, const char *unit, const char *indicator, kadr_day as_of)
{
    put_question(fx, unit, indicator, as_of);
    if (kadr_aggregate_deadline_ns(fx->agg) == 0) {
        time_passes(fx, 0);
    }
}

static inline struct kadr_published decode_published(struct fixture *fx, const struct sent *sent)
{
    struct kadr_published message;
    assert_non_null(sent);
    assert_int_equal(kadr_decode_published(bytes_of(&sent->frame), fx->arena, &message, NULL), 0);
    return message;
}

static inline struct kadr_query_reply decode_answer(struct fixture *fx, size_t nth)
{
    struct kadr_query_reply reply;
    for (size_t i = 0; i < fx->sent_count; i++) {
        if (fx->sent[i].where == TO_PEER && nth-- == 0) {
            assert_int_equal(kadr_decode_query_reply(bytes_of(&fx->sent[i].frame), fx->arena, &reply, NULL),
                             0);
            return reply;
        }
    }
    fail_msg("no such answer");
    return (struct kadr_query_reply){ 0 };
}

static inline struct kadr_store_request decode_to_store(struct fixture *fx, size_t nth)
{
    struct kadr_store_request request;
    for (size_t i = 0; i < fx->sent_count; i++) {
        if (fx->sent[i].where == TO_STORE && nth-- == 0) {
            assert_int_equal(
                kadr_decode_store_request(bytes_of(&fx->sent[i].frame), fx->arena, &request, NULL), 0);
            return request;
        }
    }
    fail_msg("no such request");
    return (struct kadr_store_request){ 0 };
}

/* A process that has read nothing, before its start. */
static inline void new_process(struct fixture *fx)
{
    struct kadr_aggregate_sink sink = { fx, to_store, to_peer, publish, note, fatal, to_past };
    kadr_aggregate_free(fx->agg);
    fx->agg = NULL;
    assert_int_equal(kadr_aggregate_new(KADR_MS(100), &sink, &fx->agg), 0);
    forget(fx);
}

static inline struct fixture *new_fixture(void)
{
    struct fixture *fx = calloc(1, sizeof *fx);
    assert_non_null(fx);
    memset(fx->lineage.bytes, 0xa5, sizeof fx->lineage.bytes);
    fx->now_ns = KADR_S(1000);
    fx->past_result = KADR_ENOENT;
    new_process(fx);
    assert_int_equal(kadr_arena_new(1 << 24, &fx->arena), 0);
    return fx;
}

static inline int set_up(void **state)
{
    struct fixture *fx = new_fixture();
    append_reference(fx);
    append_day(fx, "2024-02-01");
    append_need(fx, "KZ-35", "2023-11-20", 23);
    step(fx, KADR_AGGREGATE_START, NULL);
    *state = fx;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *fx = *state;
    forget(fx);
    for (uint64_t i = 0; i < fx->head; i++) {
        kadr_buf_done(&fx->journal[i].envelope);
        kadr_buf_done(&fx->journal[i].message);
    }
    kadr_aggregate_free(fx->agg);
    kadr_arena_free(fx->arena);
    free(fx);
    return 0;
}

/* Brought up to the head, with what that sent forgotten. */
static inline void catch_up(struct fixture *fx)
{
    feed(fx, 1, fx->head);
    assert_true(kadr_aggregate_status(fx->agg).caught_up);
    forget(fx);
}

#define NEED_KARAGANDA "D/KZ/KZ-35/:need_declared;"
#define NEED_NATION    "D/KZ/:need_declared;"
