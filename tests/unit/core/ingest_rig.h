/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* ingest_rig.h - the ingest core on a bench: frames in by hand, what goes out decoded and kept, the time a
 * number. The rig plays storaged when asked to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/limits.h"
#include "core/ingest.h"
#include "domain/shipped.h"

#include <string.h>

#define RIG_DAY   19905                  /* 2024-07-01 */
#define RIG_START INT64_C(1719774000000) /* its beginning in UTC+5 */
#define RIG_SENT  40000

struct rig_answer {
    struct kadr_peer peer;
    struct kadr_office_reply reply;
};

struct rig {
    struct kadr_ingest *ing;
    struct kadr_arena *arena; /* what was decoded, until rig_forget() */
    kadr_ns now_ns;
    kadr_ms wall_ms;
    uint64_t commit; /* storaged's head */
    struct rig_answer *answers;
    size_t answer_count;
    struct kadr_store_request *requests; /* to storaged */
    size_t request_count;
};

static inline struct kadr_peer rig_peer(uint32_t number)
{
    struct kadr_peer peer = { .len = 5 };
    memcpy(peer.bytes + 1, &number, sizeof(number));
    return peer;
}

static inline struct kadr_id rig_id(uint8_t number)
{
    struct kadr_id id;
    memset(id.bytes, number, sizeof(id.bytes));
    return id;
}

static inline void rig_keep(struct rig *rig, const struct kadr_ingest_out *out)
{
    for (size_t i = 0; i < out->count; i++) {
        const struct kadr_ingest_action *action = &out->actions[i];
        assert_true(rig->answer_count < RIG_SENT && rig->request_count < RIG_SENT);
        if (action->kind == KADR_INGEST_SEND_OFFICE) {
            struct rig_answer *answer = &rig->answers[rig->answer_count++];
            answer->peer = action->peer;
            assert_int_equal(kadr_decode_office_reply(action->frame, rig->arena, &answer->reply, NULL), 0);
        } else {
            struct kadr_store_request *request = &rig->requests[rig->request_count++];
            assert_int_equal(kadr_decode_store_request(action->frame, rig->arena, request, NULL), 0);
        }
    }
}

static inline void rig_step(struct rig *rig, struct kadr_ingest_event event)
{
    struct kadr_ingest_out out;
    struct kadr_ingest_status status;
    event.now_ns = rig->now_ns;
    event.wall_ms = rig->wall_ms;
    assert_int_equal(kadr_ingest_step(rig->ing, &event, &out), 0);
    rig_keep(rig, &out);
    kadr_ingest_status(rig->ing, &status);
    assert_int_equal(status.received, status.answered + status.in_flight); /* the books balance */
}

static inline void rig_forget(struct rig *rig)
{
    rig->answer_count = rig->request_count = 0;
    kadr_arena_clear(rig->arena);
}

/* ---- offices ---- */

static inline void rig_office_bytes(struct rig *rig, uint32_t peer, const void *data, size_t len)
{
    rig_step(rig, (struct kadr_ingest_event){
                      .kind = KADR_INGEST_OFFICE, .peer = rig_peer(peer), .frame = { data, len } });
}

static inline void rig_office(struct rig *rig, uint32_t peer, const struct kadr_office_request *request)
{
    struct kadr_buf frame KADR_CLEANUP(kadr_buf_done) = { 0 };
    kadr_encode_office_request(request, &frame);
    assert_int_equal(frame.err, 0);
    rig_office_bytes(rig, peer, frame.data, frame.len);
}

static inline struct kadr_report rig_report(struct kadr_observation *observation)
{
    *observation = (struct kadr_observation){
        .unit = "KZ-35",
        .indicator = "need_declared",
        .breakdown = { { "cadre", "doctor" }, { "settlement", "rural" } },
        .breakdown_count = 2,
        .period = { 19681, 19681 },
        .occurrence = "",
        .value = { .kind = KADR_VALUE_INTERVAL, .lo = 23, .hi = 23 },
        .scale = 1,
        .stated = "23",
        .note = "",
    };
    return (struct kadr_report){ .stated_at_ms = RIG_START,
                                 .source = "",
                                 .published = KADR_DAY_NONE,
                                 .file = "",
                                 .report_id = { 7 },
                                 .observations = observation,
                                 .observation_count = 1 };
}

static inline void rig_submit_bytes(struct rig *rig, uint32_t peer, const char *office, uint64_t sequence,
                                    struct kadr_bytes report)
{
    struct kadr_office_request request = { .kind = KADR_OFFICE_SUBMIT };
    request.submit = (struct kadr_submit){ office, rig_id((uint8_t)(peer + 1)), sequence, report };
    rig_office(rig, peer, &request);
}

static inline void rig_submit(struct rig *rig, uint32_t peer, uint64_t sequence,
                              const struct kadr_report *report)
{
    struct kadr_buf bytes KADR_CLEANUP(kadr_buf_done) = { 0 };
    kadr_encode_report(report, &bytes);
    assert_int_equal(bytes.err, 0);
    rig_submit_bytes(rig, peer, "KZ-35", sequence, (struct kadr_bytes){ bytes.data, bytes.len });
}

/* A right report. */
static inline void rig_submit_any(struct rig *rig, uint32_t peer, uint64_t sequence)
{
    struct kadr_observation observation;
    struct kadr_report report = rig_report(&observation);
    rig_submit(rig, peer, sequence, &report);
}

static inline void rig_flush(struct rig *rig)
{
    rig_step(rig, (struct kadr_ingest_event){ .kind = KADR_INGEST_FLUSH });
}

static inline void rig_tick(struct rig *rig, kadr_ns later_ns)
{
    rig->now_ns += later_ns;
    rig->wall_ms += later_ns / KADR_MS(1);
    rig_step(rig, (struct kadr_ingest_event){ .kind = KADR_INGEST_TICK });
}

/* The last answer, to a peer. */
static inline const struct kadr_office_reply *rig_last(const struct rig *rig, uint32_t peer)
{
    struct kadr_peer address = rig_peer(peer);
    assert_true(rig->answer_count > 0);
    assert_true(kadr_peer_equal(&rig->answers[rig->answer_count - 1].peer, &address));
    return &rig->answers[rig->answer_count - 1].reply;
}

static inline void rig_expect_refusal(const struct rig *rig, uint32_t peer, const char *code,
                                      const char *reason)
{
    const struct kadr_office_reply *reply = rig_last(rig, peer);
    assert_int_equal(reply->kind, KADR_OFFICE_REFUSAL);
    assert_string_equal(reply->refusal.diag.name, code);
    if (reason) {
        assert_string_equal(reply->refusal.diag.diag.arg[0], reason);
    }
    assert_int_equal(reply->refusal.retry_after_ms > 0, strcmp(code, "retry_later") == 0);
}

/* ---- storaged ---- */

static inline void rig_store(struct rig *rig, const struct kadr_store_reply *reply)
{
    struct kadr_buf frame KADR_CLEANUP(kadr_buf_done) = { 0 };
    kadr_encode_store_reply(reply, &frame);
    assert_int_equal(frame.err, 0);
    rig_step(rig,
             (struct kadr_ingest_event){ .kind = KADR_INGEST_STORE, .frame = { frame.data, frame.len } });
}

static inline void rig_pong(struct rig *rig)
{
    struct kadr_ingest_status status;
    struct kadr_store_reply reply = { .kind = KADR_STORE_PONG };
    kadr_ingest_status(rig->ing, &status);
    reply.pong = status.known; /* nothing that the feed has not told */
    rig_store(rig, &reply);
}

static inline void rig_feed(struct rig *rig, const struct kadr_id *lineage,
                            const struct kadr_envelope *envelope, struct kadr_bytes message)
{
    struct kadr_buf bytes KADR_CLEANUP(kadr_buf_done) = { 0 };
    kadr_encode_envelope(envelope, &bytes);
    struct kadr_record record = { .commit = ++rig->commit,
                                  .envelope = { bytes.data, bytes.len },
                                  .message = message };
    struct kadr_store_reply reply = { .kind = KADR_STORE_FEED };
    reply.feed.lineage = *lineage;
    reply.feed.head = rig->commit;
    reply.feed.records = &record;
    reply.feed.count = 1;
    rig_store(rig, &reply);
}

static inline void rig_feed_reference(struct rig *rig, const struct kadr_id *lineage)
{
    struct kadr_file files[SHIPPED_FILES];
    struct kadr_buf message KADR_CLEANUP(kadr_buf_done) = { 0 };
    shipped_files(files);
    kadr_encode_files(files, SHIPPED_FILES, &message);
    for (size_t i = 0; i < SHIPPED_FILES; i++) {
        free_bytes(files[i].bytes);
    }
    struct kadr_envelope envelope = { .kind = KADR_RECORD_REFERENCE, .office = "", .day = KADR_DAY_NONE };
    rig_feed(rig, lineage, &envelope, (struct kadr_bytes){ message.data, message.len });
}

static inline void rig_feed_day(struct rig *rig, const struct kadr_id *lineage, kadr_day day)
{
    struct kadr_envelope envelope = { .kind = KADR_RECORD_DAY, .office = "", .day = day };
    rig_feed(rig, lineage, &envelope, (struct kadr_bytes){ NULL, 0 });
}

/* Records of the journal that no test looks at (days long gone), up to its head; none: an empty frame. */
static inline void rig_fill(struct rig *rig, const struct kadr_id *lineage)
{
    const struct kadr_envelope envelope = { .kind = KADR_RECORD_DAY, .office = "", .day = 0 };
    struct kadr_buf bytes KADR_CLEANUP(kadr_buf_done) = { 0 };
    struct kadr_ingest_status status;
    struct kadr_store_reply reply = { .kind = KADR_STORE_FEED };
    kadr_ingest_status(rig->ing, &status);
    kadr_encode_envelope(&envelope, &bytes);
    size_t count = rig->commit > status.position ? (size_t)(rig->commit - status.position) : 0;
    struct kadr_record *records = calloc(count + 1, sizeof(*records));
    assert_non_null(records);
    for (size_t i = 0; i < count; i++) {
        records[i] =
            (struct kadr_record){ .commit = status.position + i + 1, .envelope = { bytes.data, bytes.len } };
    }
    reply.feed.lineage = *lineage;
    reply.feed.head = rig->commit;
    reply.feed.records = records;
    reply.feed.count = count;
    rig_store(rig, &reply);
    free(records);
}

/* A report of the journal, behind all that stands in it. */
static inline void rig_feed_report(struct rig *rig, const struct kadr_report *report, const char *verdicts,
                                   kadr_ms stated_at_ms)
{
    struct kadr_id lineage = rig_id(0xaa);
    struct kadr_buf message KADR_CLEANUP(kadr_buf_done) = { 0 };
    uint8_t bytes[64];
    size_t count = strlen(verdicts);
    assert_true(count <= sizeof(bytes));
    for (size_t i = 0; i < count; i++) {
        bytes[i] = (uint8_t)(verdicts[i] - '0');
    }
    struct kadr_envelope envelope = { .kind = KADR_RECORD_REPORT,
                                      .office = "KZ-35",
                                      .stream = rig_id(0xcc),
                                      .sequence = 1,
                                      .outcome = KADR_OUTCOME_COMMITTED,
                                      .verdicts = { bytes, count },
                                      .stated_at_ms = stated_at_ms,
                                      .day = KADR_DAY_NONE };
    kadr_encode_report(report, &message);
    rig_fill(rig, &lineage);
    rig_feed(rig, &lineage, &envelope, (struct kadr_bytes){ message.data, message.len });
}

/* storaged is up and has told what reports are judged by. */
static inline void rig_ready(struct rig *rig)
{
    struct kadr_id lineage = rig_id(0xaa);
    rig_tick(rig, 0);
    rig_feed_reference(rig, &lineage);
    rig_feed_day(rig, &lineage, RIG_DAY);
    rig_fill(rig, &lineage);
    assert_null(kadr_ingest_not_ready(rig->ing));
    rig_forget(rig);
}

/* The receipt that storaged would give. */
static inline struct kadr_receipt rig_receipt(struct rig *rig, const struct kadr_append_item *item)
{
    struct kadr_receipt receipt = { .office = item->office,
                                    .stream = item->stream,
                                    .lineage = rig_id(0xaa),
                                    .sequence = item->sequence,
                                    .commit = ++rig->commit,
                                    .outcome = item->outcome,
                                    .diags = item->diags,
                                    .diag_count = item->diag_count };
    for (size_t i = 0; i < item->verdicts.len; i++) {
        receipt.accepted += item->verdicts.data[i] == KADR_VERDICT_ACCEPTED;
        receipt.rejected += item->verdicts.data[i] == KADR_VERDICT_REFUSED;
        receipt.held += item->verdicts.data[i] == KADR_VERDICT_HELD;
    }
    return receipt;
}

/* Answers one append with receipts. */
static inline void rig_appended(struct rig *rig, const struct kadr_store_request *request)
{
    struct kadr_store_reply reply = { .kind = KADR_STORE_APPENDED };
    assert_int_equal(request->kind, KADR_STORE_APPEND);
    struct kadr_append_result *results = calloc(request->append.count + 1, sizeof(*results));
    assert_non_null(results);
    for (size_t i = 0; i < request->append.count; i++) {
        results[i].receipt = rig_receipt(rig, &request->append.items[i]);
    }
    reply.appended.request = request->append.request;
    reply.appended.results = results;
    reply.appended.count = request->append.count;
    rig_store(rig, &reply);
    free(results);
}

/* The one request to storaged since rig_forget(), an append. */
static inline const struct kadr_store_request *rig_append(const struct rig *rig)
{
    assert_int_equal(rig->request_count, 1);
    assert_int_equal(rig->requests[0].kind, KADR_STORE_APPEND);
    return &rig->requests[0];
}

/* ---- set up ---- */

static inline int rig_up(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    assert_non_null(rig);
    rig->answers = calloc(RIG_SENT, sizeof(*rig->answers));
    rig->requests = calloc(RIG_SENT, sizeof(*rig->requests));
    assert_true(rig->answers && rig->requests);
    assert_int_equal(kadr_arena_new(SIZE_MAX / 2, &rig->arena), 0);
    assert_int_equal(kadr_ingest_new(&rig->ing), 0);
    rig->now_ns = KADR_S(100);
    rig->wall_ms = RIG_START + 3600000;
    *state = rig;
    return 0;
}

static inline int rig_down(void **state)
{
    struct rig *rig = *state;
    kadr_ingest_free(rig->ing);
    kadr_arena_free(rig->arena);
    free(rig->answers);
    free(rig->requests);
    free(rig);
    return 0;
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_up, rig_down)
