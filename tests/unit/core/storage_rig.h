/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* storage_rig.h - the storage core on a store in memory, with peers made of one byte, a clock that is set by
 * hand, and a disk that commits when the test says so. Answers are encoded and decoded on their way, as they
 * are in the daemon.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "core/storage.h"

#define RIG_MAX_REPLIES 4096
#define RIG_DAY         19905 /* 2024-07-01 */

struct rig_reply {
    uint8_t peer; /* 0: the program itself */
    struct kadr_store_reply reply;
};

struct rig {
    struct kadr_store store;
    struct kadr_storage *st;
    struct kadr_arena *arena;                  /* of the replies */
    struct rig_reply replies[RIG_MAX_REPLIES]; /* since rig_forget() */
    size_t reply_count;
    bool more;
    bool in_flight;
    uint64_t batch;
    const struct kadr_store_record *records;
    size_t record_count;
    kadr_ns now_ns;
    kadr_ms wall_ms;
    struct kadr_buf files[3]; /* units, indicators, members */
};

static const char *const rig_file_names[] = { "units.csv", "indicators.csv", "members.csv" };

static inline void rig_read_file(const char *path, struct kadr_buf *ret)
{
    char chunk[4096];
    size_t n;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    kadr_buf_init(ret, 0);
    while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0) {
        kadr_buf_add(ret, chunk, n);
    }
    (void)fclose(file);
    assert_int_equal(ret->err, 0);
}

static inline struct kadr_peer rig_peer(uint8_t peer)
{
    return (struct kadr_peer){ .bytes = { peer }, .len = peer ? 1 : 0 };
}

static inline void rig_keep_reply(struct rig *rig, const struct kadr_storage_action *action)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf frame;
    kadr_buf_init(&frame, 0);
    kadr_encode_store_reply(&action->send.reply, &frame);
    assert_int_equal(frame.err, 0);
    assert_in_range(rig->reply_count, 0, RIG_MAX_REPLIES - 1);
    struct rig_reply *reply = &rig->replies[rig->reply_count++];
    const char *why = "";
    int r = kadr_decode_store_reply((struct kadr_bytes){ frame.data, frame.len }, rig->arena, &reply->reply,
                                    &why);
    if (r) {
        fail_msg("a reply cannot be decoded: %s", why);
    }
    reply->peer = action->send.peer.len ? action->send.peer.bytes[0] : 0;
}

static inline int rig_step(struct rig *rig, struct kadr_storage_event event)
{
    struct kadr_storage_out out;
    event.now_ns = rig->now_ns;
    event.wall_ms = rig->wall_ms;
    int r = kadr_storage_step(rig->st, &event, &out);
    for (size_t i = 0; i < out.count; i++) {
        const struct kadr_storage_action *action = &out.actions[i];
        if (action->kind == KADR_STORAGE_SEND) {
            rig_keep_reply(rig, action);
            continue;
        }
        assert_false(rig->in_flight);
        rig->in_flight = true;
        rig->batch = action->commit.batch;
        rig->records = action->commit.records;
        rig->record_count = action->commit.count;
    }
    rig->more = out.more;
    return r;
}

/* The disk ends the batch in flight: with 0 it is appended, else it is not. */
static inline int rig_disk(struct rig *rig, int result)
{
    struct kadr_storage_event event = { .kind = KADR_STORAGE_COMMITTED };
    assert_true(rig->in_flight);
    if (result == 0) {
        assert_int_equal(rig->store.append(rig->store.self, rig->records, rig->record_count), 0);
    }
    rig->in_flight = false;
    event.committed.batch = rig->batch;
    event.committed.result = result;
    return rig_step(rig, event);
}

/* Until nothing is in flight and no follower lags. */
static inline void rig_settle(struct rig *rig)
{
    while (rig->in_flight || rig->more) {
        if (rig->in_flight) {
            assert_int_equal(rig_disk(rig, 0), 0);
        } else {
            assert_int_equal(rig_step(rig, (struct kadr_storage_event){ .kind = KADR_STORAGE_FEED }), 0);
        }
    }
}

static inline void rig_forget(struct rig *rig)
{
    rig->reply_count = 0;
    kadr_arena_clear(rig->arena);
}

static inline void rig_files(const struct rig *rig, struct kadr_file ret[3])
{
    for (size_t i = 0; i < 3; i++) {
        ret[i] = (struct kadr_file){ rig_file_names[i], { rig->files[i].data, rig->files[i].len } };
    }
}

static inline int rig_start(struct rig *rig, kadr_day fixed_day)
{
    struct kadr_file files[3];
    struct kadr_storage_event event = { .kind = KADR_STORAGE_START };
    rig_files(rig, files);
    event.start.files = files;
    event.start.count = 3;
    event.start.fixed_day = fixed_day;
    return rig_step(rig, event);
}

/* Not started yet. */
static inline void rig_init(struct rig *rig)
{
    static const struct kadr_id lineage = { { 'l', 'i', 'n', 'e' } };
    *rig = (struct rig){ .now_ns = KADR_S(1), .wall_ms = kadr_day_begin_ms(RIG_DAY) + 1000 };
    rig_read_file("config/units.csv", &rig->files[0]);
    rig_read_file("config/catalogue/indicators.csv", &rig->files[1]);
    rig_read_file("config/catalogue/members.csv", &rig->files[2]);
    assert_int_equal(kadr_store_mem_new(&lineage, &rig->store), 0);
    assert_int_equal(kadr_storage_new(&rig->store, &rig->st), 0);
    assert_int_equal(kadr_arena_new(256u << 20, &rig->arena), 0);
}

static inline void rig_done(struct rig *rig)
{
    kadr_storage_free(rig->st);
    rig->store.close(rig->store.self);
    kadr_arena_free(rig->arena);
    for (size_t i = 0; i < 3; i++) {
        kadr_buf_done(&rig->files[i]);
    }
}

/* Another core on the same store, as after a crash: what was in flight is gone. */
static inline void rig_restart(struct rig *rig)
{
    kadr_storage_free(rig->st);
    rig->in_flight = false;
    assert_int_equal(kadr_storage_new(&rig->store, &rig->st), 0);
    assert_int_equal(rig_start(rig, KADR_DAY_NONE), 0);
}

/* Started, with its two first records durable. */
static inline void rig_up(struct rig *rig)
{
    rig_init(rig);
    assert_int_equal(rig_start(rig, KADR_DAY_NONE), 0);
    rig_settle(rig);
    rig_forget(rig);
}

static inline struct kadr_storage_status rig_status(const struct rig *rig)
{
    struct kadr_storage_status status;
    kadr_storage_status(rig->st, &status);
    return status;
}

/* ---- requests ---- */

struct rig_report {
    const char *office;
    uint8_t stream;
    uint64_t sequence;
    const char *content;
    enum kadr_outcome outcome; /* 0: COMMITTED */
};

static inline void rig_fill_item(const struct rig_report *report, struct kadr_arena *arena,
                                 struct kadr_append_item *item)
{
    static const uint8_t verdicts[] = { KADR_VERDICT_ACCEPTED, KADR_VERDICT_REFUSED, KADR_VERDICT_SAME_FACT };
    size_t len = strlen(report->content);
    *item = (struct kadr_append_item){
        .office = kadr_arena_strndup(arena, report->office, strlen(report->office)),
        .stream = { { report->stream } },
        .sequence = report->sequence,
        .report = { kadr_arena_memdup(arena, report->content, len), len },
        .outcome = report->outcome ? report->outcome : KADR_OUTCOME_COMMITTED,
        .verdicts = { kadr_arena_memdup(arena, verdicts, sizeof(verdicts)), sizeof(verdicts) },
        .stated_at_ms = 1000,
        .received_at_ms = 2000,
    };
}

static inline int rig_append(struct rig *rig, uint8_t peer, uint64_t request,
                             const struct rig_report *reports, size_t count)
{
    struct kadr_arena *arena = NULL;
    assert_int_equal(kadr_arena_new(KADR_MAX_ARENA_BYTES, &arena), 0);
    struct kadr_append_item *items = kadr_arena_calloc(arena, count, sizeof(*items));
    assert_non_null(items);
    for (size_t i = 0; i < count; i++) {
        rig_fill_item(&reports[i], arena, &items[i]);
    }
    const struct kadr_store_request message = {
        .kind = KADR_STORE_APPEND, .append = { .request = request, .items = items, .count = count }
    };
    struct kadr_storage_event event = { .kind = KADR_STORAGE_REQUEST, .peer = rig_peer(peer) };
    event.request.message = &message;
    event.request.arena = arena;
    return rig_step(rig, event);
}
#define RIG_APPEND(rig, peer, request, ...)                                                         \
    assert_int_equal(                                                                               \
        rig_append(rig, peer, request, (const struct rig_report[]){ __VA_ARGS__ },                  \
                   sizeof((const struct rig_report[]){ __VA_ARGS__ }) / sizeof(struct rig_report)), \
        0)

static inline int rig_request(struct rig *rig, uint8_t peer, struct kadr_store_request message)
{
    struct kadr_storage_event event = { .kind = KADR_STORAGE_REQUEST, .peer = rig_peer(peer) };
    event.request.message = &message;
    return rig_step(rig, event);
}

static inline void rig_follow(struct rig *rig, uint8_t peer, uint64_t from, uint64_t credit,
                              bool reference_only)
{
    struct kadr_store_request message = { .kind = KADR_STORE_FOLLOW };
    message.follow.from = from;
    message.follow.credit = credit;
    message.follow.reference_only = reference_only;
    assert_int_equal(rig_request(rig, peer, message), 0);
}

static inline void rig_credit(struct rig *rig, uint8_t peer, uint64_t credit)
{
    assert_int_equal(
        rig_request(rig, peer, (struct kadr_store_request){ .kind = KADR_STORE_CREDIT, .credit = credit }),
        0);
}

static inline int rig_apply(struct rig *rig, uint8_t peer, bool dry_run)
{
    struct kadr_file files[3];
    struct kadr_store_request message = { .kind = KADR_STORE_APPLY };
    rig_files(rig, files);
    message.apply.files = files;
    message.apply.count = 3;
    message.apply.dry_run = dry_run;
    return rig_request(rig, peer, message);
}

/* ---- answers ---- */

/* The nth reply of a kind to a peer; fails when there is none. */
static inline const struct kadr_store_reply *rig_reply(const struct rig *rig, uint8_t peer, int kind,
                                                       size_t nth)
{
    for (size_t i = 0; i < rig->reply_count; i++) {
        if (rig->replies[i].peer == peer && (int)rig->replies[i].reply.kind == kind && nth-- == 0) {
            return &rig->replies[i].reply;
        }
    }
    fail_msg("no such reply");
    return NULL;
}

static inline size_t rig_replies_to(const struct rig *rig, uint8_t peer)
{
    size_t count = 0;
    for (size_t i = 0; i < rig->reply_count; i++) {
        count += rig->replies[i].peer == peer;
    }
    return count;
}

/* The answer to one item of an append. */
static inline const struct kadr_append_result *rig_result(const struct rig *rig, uint8_t peer,
                                                          uint64_t request, size_t index)
{
    for (size_t i = 0; i < rig->reply_count; i++) {
        const struct kadr_store_reply *reply = &rig->replies[i].reply;
        if (rig->replies[i].peer == peer && reply->kind == KADR_STORE_APPENDED &&
            reply->appended.request == request) {
            assert_in_range(index, 0, reply->appended.count - 1);
            return &reply->appended.results[index];
        }
    }
    fail_msg("append %u is not answered", (unsigned)request);
    return NULL;
}

static inline const struct kadr_receipt *rig_receipt(const struct rig *rig, uint8_t peer, uint64_t request,
                                                     size_t index)
{
    const struct kadr_append_result *result = rig_result(rig, peer, request, index);
    assert_false(result->refused);
    return &result->receipt;
}

static inline const struct kadr_refusal *rig_refusal(const struct rig *rig, uint8_t peer, uint64_t request,
                                                     size_t index, enum kadr_diag_code code)
{
    const struct kadr_append_result *result = rig_result(rig, peer, request, index);
    assert_true(result->refused);
    assert_int_equal(result->refusal.diag.number, code);
    return &result->refusal;
}
