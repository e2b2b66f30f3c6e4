/* SPDX-License-Identifier: Apache-2.0 */
/* The aggregator's state machine, driven by hand: a journal made here, frames handed over, actions recorded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

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
    kadr_ns now_ns;
};

static struct sent *remember(struct fixture *fx, int where, const char *name, const struct kadr_buf *frame)
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

static void to_store(void *context, const struct kadr_buf *frame)
{
    remember(context, TO_STORE, "", frame);
}
static int to_peer(void *context, const struct kadr_peer *peer, const struct kadr_buf *frame)
{
    struct fixture *fx = context;
    assert_int_equal(peer->len, 2);
    if (fx->peer_full) {
        return KADR_EFULL;
    }
    remember(fx, TO_PEER, "", frame);
    return 0;
}
static void publish(void *context, const char *topic, const struct kadr_buf *frame)
{
    remember(context, PUBLISHED, topic, frame);
}
static void note(void *context, const char *event, uint64_t commit)
{
    (void)commit;
    remember(context, NOTE, event, NULL);
}
static void fatal(void *context, const char *why, uint64_t commit)
{
    (void)commit;
    remember(context, FATAL, why, NULL);
}

static void forget(struct fixture *fx)
{
    for (size_t i = 0; i < fx->sent_count; i++) {
        kadr_buf_done(&fx->sent[i].frame);
    }
    fx->sent_count = 0;
}

static size_t count_of(const struct fixture *fx, int where)
{
    size_t count = 0;
    for (size_t i = 0; i < fx->sent_count; i++) {
        count += fx->sent[i].where == (unsigned)where;
    }
    return count;
}

static const struct sent *find(const struct fixture *fx, int where, const char *name)
{
    for (size_t i = 0; i < fx->sent_count; i++) {
        if (fx->sent[i].where == (unsigned)where && strcmp(fx->sent[i].name, name) == 0) {
            return &fx->sent[i];
        }
    }
    return NULL;
}

static struct kadr_bytes bytes_of(const struct kadr_buf *buf)
{
    return (struct kadr_bytes){ buf->data, buf->len };
}

/* ---- the journal ---- */

static void append(struct fixture *fx, struct kadr_envelope *envelope)
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

static void read_file(const char *path, struct kadr_buf *out)
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

static void append_reference(struct fixture *fx)
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
    kadr_buf_init(&fx->journal[fx->head].message, 0);
    kadr_encode_files(files, 3, &fx->journal[fx->head].message);
    append(fx, &(struct kadr_envelope){ .kind = KADR_RECORD_REFERENCE, .outcome = KADR_OUTCOME_COMMITTED });
    for (size_t i = 0; i < 3; i++) {
        kadr_buf_done(&content[i]);
    }
}

static void append_day(struct fixture *fx, const char *text)
{
    kadr_day day = 0;
    assert_int_equal(kadr_day_parse(text, &day), 0);
    kadr_buf_init(&fx->journal[fx->head].message, 0);
    append(fx,
           &(struct kadr_envelope){ .kind = KADR_RECORD_DAY, .outcome = KADR_OUTCOME_COMMITTED, .day = day });
}

static void append_need(struct fixture *fx, const char *unit, const char *day, int64_t figure)
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
    struct kadr_report report = {
        .source = "", .file = "", .published = KADR_DAY_NONE, .observations = &obs, .observation_count = 1
    };
    kadr_buf_init(&fx->journal[fx->head].message, 0);
    kadr_encode_report(&report, &fx->journal[fx->head].message);
    static const uint8_t accepted[] = { KADR_VERDICT_ACCEPTED };
    append(fx, &(struct kadr_envelope){ .kind = KADR_RECORD_REPORT,
                                        .office = unit,
                                        .sequence = fx->head + 1,
                                        .outcome = KADR_OUTCOME_COMMITTED,
                                        .verdicts = { accepted, 1 },
                                        .accepted = 1,
                                        .stated_at_ms = (kadr_ms)fx->head * 1000 });
}

/* ---- events ---- */

static void step(struct fixture *fx, int kind, const struct kadr_buf *frame)
{
    static const struct kadr_peer peer = { .bytes = { 1, 2 }, .len = 2 };
    struct kadr_aggregate_event event = { .now_ns = fx->now_ns, .peer = &peer };
    event.kind = (unsigned)kind;
    if (frame != NULL) {
        event.frame = bytes_of(frame);
    }
    assert_int_equal(kadr_aggregate_step(fx->agg, &event), 0);
}

static void reply_from_store(struct fixture *fx, const struct kadr_store_reply *reply)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf frame;
    kadr_buf_init(&frame, 0);
    kadr_encode_store_reply(reply, &frame);
    assert_int_equal(frame.err, 0);
    step(fx, KADR_AGGREGATE_STORE, &frame);
}

static void feed(struct fixture *fx, uint64_t from, uint64_t to)
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

static void time_passes(struct fixture *fx, kadr_ns ns)
{
    fx->now_ns += ns;
    step(fx, KADR_AGGREGATE_TIME, NULL);
}

static void ask(struct fixture *fx, const char *unit, const char *indicator, kadr_day as_of)
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

static struct kadr_published decode_published(struct fixture *fx, const struct sent *sent)
{
    struct kadr_published message;
    assert_non_null(sent);
    assert_int_equal(kadr_decode_published(bytes_of(&sent->frame), fx->arena, &message, NULL), 0);
    return message;
}

static struct kadr_query_reply decode_answer(struct fixture *fx, size_t nth)
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

static struct kadr_store_request decode_to_store(struct fixture *fx, size_t nth)
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

static int set_up(void **state)
{
    struct fixture *fx = calloc(1, sizeof *fx);
    assert_non_null(fx);
    memset(fx->lineage.bytes, 0xa5, sizeof fx->lineage.bytes);
    fx->now_ns = KADR_S(1000);
    struct kadr_aggregate_sink sink = { fx, to_store, to_peer, publish, note, fatal };
    assert_int_equal(kadr_aggregate_new(KADR_MS(100), &sink, &fx->agg), 0);
    assert_int_equal(kadr_arena_new(1 << 24, &fx->arena), 0);
    append_reference(fx);
    append_day(fx, "2024-02-01");
    append_need(fx, "KZ-35", "2023-11-20", 23);
    step(fx, KADR_AGGREGATE_START, NULL);
    *state = fx;
    return 0;
}

static int tear_down(void **state)
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
static void catch_up(struct fixture *fx)
{
    feed(fx, 1, fx->head);
    assert_true(kadr_aggregate_status(fx->agg).caught_up);
    forget(fx);
}

#define NEED_KARAGANDA "D/KZ/KZ-35/:need_declared;"
#define NEED_NATION    "D/KZ/:need_declared;"

/* ---- the stories ---- */

static void follows_from_the_first_commit(void **state)
{
    struct fixture *fx = *state;
    struct kadr_store_request request = decode_to_store(fx, 0);
    assert_int_equal(request.kind, KADR_STORE_FOLLOW);
    assert_int_equal(request.follow.from, 1);
    assert_int_equal(request.follow.credit, KADR_MAX_FEED_CREDIT);
    assert_false(request.follow.has_lineage);
}

static void is_silent_until_the_first_head_is_reached(void **state)
{
    struct fixture *fx = *state;
    feed(fx, 1, 2);
    time_passes(fx, KADR_S(2));
    assert_int_equal(count_of(fx, PUBLISHED), 0);
    ask(fx, "KZ", "", KADR_DAY_NONE);
    struct kadr_query_reply reply = decode_answer(fx, 0);
    assert_int_equal(reply.kind, KADR_QUERY_REFUSAL);
    assert_int_equal(reply.refusal.diag.diag.code, KADR_DIAG_RETRY_LATER);
    assert_true(reply.refusal.retry_after_ms > 0);

    feed(fx, 3, 3);
    assert_non_null(find(fx, NOTE, "caught_up"));
    time_passes(fx, 0);
    assert_int_equal(count_of(fx, PUBLISHED), 1); /* progress, no delta of what a snapshot shows */
    struct kadr_published progress = decode_published(fx, find(fx, PUBLISHED, KADR_TOPIC_PROGRESS));
    assert_int_equal(progress.progress.position.commit, 3);
    assert_true(progress.progress.digest_count > 0);
}

static void an_idle_system_publishes_at_once_and_deltas_join(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    append_need(fx, "KZ-35", "2023-12-31", 21);
    feed(fx, 4, 4);
    struct kadr_published first = decode_published(fx, find(fx, PUBLISHED, NEED_KARAGANDA));
    assert_int_equal(first.delta.from, 3);
    assert_int_equal(first.delta.to.commit, 4);
    assert_non_null(find(fx, PUBLISHED, NEED_NATION));
    forget(fx);

    fx->now_ns += KADR_S(1);
    append_need(fx, "KZ-27", "2023-12-31", 89); /* another region: Karaganda's topic is not touched */
    feed(fx, 5, 5);
    assert_null(find(fx, PUBLISHED, NEED_KARAGANDA));
    struct kadr_published nation = decode_published(fx, find(fx, PUBLISHED, NEED_NATION));
    assert_int_equal(nation.delta.from, 4);
    assert_int_equal(nation.delta.to.commit, 5);
    forget(fx);

    fx->now_ns += KADR_S(1);
    append_need(fx, "KZ-35", "2024-01-31", 20);
    feed(fx, 6, 6);
    struct kadr_published second = decode_published(fx, find(fx, PUBLISHED, NEED_KARAGANDA));
    assert_int_equal(second.delta.from, 4); /* where its own last delta ended */
    assert_int_equal(second.delta.to.commit, 6);
}

static void a_busy_system_coalesces_within_the_tick(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    append_need(fx, "KZ-35", "2023-12-31", 21);
    feed(fx, 4, 4);
    forget(fx);
    append_need(fx, "KZ-35", "2024-01-10", 20);
    append_need(fx, "KZ-35", "2024-01-20", 19);
    feed(fx, 5, 5);
    feed(fx, 6, 6);
    assert_int_equal(count_of(fx, PUBLISHED), 0);
    assert_true(kadr_aggregate_deadline_ns(fx->agg) <= fx->now_ns + KADR_MS(100));
    time_passes(fx, KADR_MS(100));
    struct kadr_published delta = decode_published(fx, find(fx, PUBLISHED, NEED_KARAGANDA));
    assert_int_equal(delta.delta.from, 4);
    assert_int_equal(delta.delta.to.commit, 6);
}

static void progress_names_the_topics_that_changed(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    time_passes(fx, 0);
    forget(fx);
    append_need(fx, "KZ-35", "2023-12-31", 21);
    feed(fx, 4, 4);
    time_passes(fx, KADR_S(1));
    struct kadr_published progress = decode_published(fx, find(fx, PUBLISHED, KADR_TOPIC_PROGRESS));
    assert_int_equal(progress.progress.previous, 3);
    assert_int_equal(progress.progress.position.commit, 4);
    bool seen = false;
    for (size_t i = 0; i < progress.progress.changed_count; i++) {
        seen |= strcmp(progress.progress.changed[i].unit_path, "KZ/KZ-35/") == 0;
    }
    assert_true(seen);
    forget(fx);
    time_passes(fx, KADR_S(1));
    progress = decode_published(fx, find(fx, PUBLISHED, KADR_TOPIC_PROGRESS));
    assert_int_equal(progress.progress.changed_count, 0);
}

static void what_was_sent_twice_counts_once_and_a_gap_asks_again(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    append_need(fx, "KZ-35", "2023-12-31", 21);
    append_need(fx, "KZ-35", "2024-01-10", 20);
    feed(fx, 2, 3);
    assert_int_equal(kadr_aggregate_status(fx->agg).commit, 3);
    feed(fx, 5, 5);
    assert_int_equal(kadr_aggregate_status(fx->agg).commit, 3);
    struct kadr_store_request request = decode_to_store(fx, 0);
    assert_int_equal(request.kind, KADR_STORE_FOLLOW);
    assert_int_equal(request.follow.from, 4);
    assert_true(request.follow.has_lineage);
}

static void a_record_that_does_not_chain_ends_the_process(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    append_need(fx, "KZ-35", "2023-12-31", 21);
    fx->journal[3].message.data[0] ^= 1;
    feed(fx, 4, 4);
    assert_non_null(find(fx, FATAL, "journal_untrusted"));
    assert_int_equal(count_of(fx, PUBLISHED), 0);
    assert_int_equal(kadr_aggregate_status(fx->agg).commit, 3);
}

static void a_snapshot_says_where_it_stands_and_counts_its_cells(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    ask(fx, "KZ", "need_declared", KADR_DAY_NONE);
    assert_int_equal(count_of(fx, TO_PEER), 3);
    struct kadr_query_reply begin = decode_answer(fx, 0);
    struct kadr_query_reply cells = decode_answer(fx, 1);
    struct kadr_query_reply end = decode_answer(fx, 2);
    assert_int_equal(begin.kind, KADR_QUERY_BEGIN);
    assert_int_equal(begin.request, 7);
    assert_int_equal(begin.begin.commit, 3);
    assert_int_equal(cells.kind, KADR_QUERY_CELLS);
    assert_int_equal(end.kind, KADR_QUERY_END);
    assert_int_equal(end.end.cells, cells.cells.count);
    assert_int_equal(cells.cells.count, 4); /* doctor rural, doctor, rural, all */
    bool found = false;
    for (size_t i = 0; i < cells.cells.count; i++) {
        const struct kadr_wire_cell *cell = &cells.cells.items[i];
        if (cell->breakdown_count == 2) {
            found = true;
            assert_int_equal(cell->cell.lo, 23);
            assert_true(cell->cell.incomplete && cell->cell.hi_open);
            assert_int_equal(cell->cell.known_hi, 23);
            assert_int_equal(cell->cell.reported, 1);
            assert_int_equal(cell->cell.expected, 20);
        }
    }
    assert_true(found);
}

static void a_snapshot_shows_no_more_than_was_published(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    append_need(fx, "KZ-35", "2023-12-31", 21);
    feed(fx, 4, 4);
    append_need(fx, "KZ-35", "2024-01-10", 20);
    feed(fx, 5, 5); /* within the tick */
    forget(fx);
    ask(fx, "KZ-35", "", KADR_DAY_NONE);
    assert_non_null(find(fx, PUBLISHED, NEED_KARAGANDA));
    assert_int_equal(decode_answer(fx, 0).begin.commit, 5);
}

static void questions_that_cannot_be_answered_are_refused_with_a_code(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    ask(fx, "KZ-99", "", KADR_DAY_NONE);
    assert_int_equal(decode_answer(fx, 0).refusal.diag.diag.code, KADR_DIAG_UNKNOWN_UNIT);
    ask(fx, "KZ", "happiness", KADR_DAY_NONE);
    assert_int_equal(decode_answer(fx, 1).refusal.diag.diag.code, KADR_DIAG_UNKNOWN_INDICATOR);
    ask(fx, "KZ", "", kadr_day_from_civil(2030, 1, 1));
    assert_int_equal(decode_answer(fx, 2).refusal.diag.diag.code, KADR_DIAG_PERIOD_IN_FUTURE);
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf garbage;
    kadr_buf_init(&garbage, 0);
    kadr_buf_add_str(&garbage, "\xff\xff not protobuf");
    step(fx, KADR_AGGREGATE_QUERY, &garbage);
    assert_int_equal(decode_answer(fx, 3).refusal.diag.diag.code, KADR_DIAG_BAD_FRAME);
    assert_int_equal(kadr_aggregate_status(fx->agg).refused, 4);
}

static void the_past_is_asked_with_a_day(void **state)
{
    struct fixture *fx = *state;
    append_need(fx, "KZ-35", "2023-12-31", 21);
    catch_up(fx);
    ask(fx, "KZ-35", "need_declared", kadr_day_from_civil(2023, 12, 1));
    assert_int_equal(decode_answer(fx, 0).begin.day, kadr_day_from_civil(2023, 12, 1));
    struct kadr_query_reply cells = decode_answer(fx, 1);
    bool found = false;
    for (size_t i = 0; i < cells.cells.count; i++) {
        if (cells.cells.items[i].breakdown_count == 2) {
            found = true;
            assert_int_equal(cells.cells.items[i].cell.lo, 23);
        }
    }
    assert_true(found);
}

static void a_peer_that_does_not_read_gets_no_end_mark(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    fx->peer_full = true;
    ask(fx, "KZ", "", KADR_DAY_NONE);
    assert_int_equal(kadr_aggregate_status(fx->agg).snapshots_cut, 1);
}

static void another_lineage_starts_from_nothing(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    fx->lineage.bytes[0] ^= 1;
    feed(fx, 3, 3);
    struct kadr_store_request request = decode_to_store(fx, 0);
    assert_int_equal(request.follow.from, 1);
    assert_int_equal(kadr_aggregate_status(fx->agg).commit, 0);
    assert_false(kadr_aggregate_status(fx->agg).caught_up);
    feed(fx, 1, 3);
    assert_true(kadr_aggregate_status(fx->agg).caught_up);
}

static void silence_of_the_store_shows_and_follows_again(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    time_passes(fx, KADR_S(1));
    assert_true(kadr_aggregate_status(fx->agg).store_up);
    forget(fx);
    time_passes(fx, KADR_S(3));
    assert_false(kadr_aggregate_status(fx->agg).store_up);
    assert_int_equal(decode_to_store(fx, 0).kind, KADR_STORE_FOLLOW);
    assert_int_equal(decode_to_store(fx, 1).kind, KADR_STORE_PING);
}

static void a_restarted_store_is_noticed_by_a_head_without_a_feed(void **state)
{
    struct fixture *fx = *state;
    catch_up(fx);
    fx->now_ns += KADR_S(2);
    struct kadr_store_reply pong = { .kind = KADR_STORE_PONG };
    pong.pong = (struct kadr_pong){ .commit = 9, .has_lineage = true, .lineage = fx->lineage, .day = 0 };
    reply_from_store(fx, &pong);
    struct kadr_store_request request = decode_to_store(fx, 0);
    assert_int_equal(request.kind, KADR_STORE_FOLLOW);
    assert_int_equal(request.follow.from, 4);
    assert_int_equal(kadr_aggregate_status(fx->agg).head, 9);
}

static void slices_of_the_feed_do_not_change_the_digest(void **state)
{
    struct fixture *fx = *state;
    for (int i = 0; i < 20; i++) {
        append_need(fx, i % 3 == 0 ? "KZ-35" : "KZ-27", i % 2 == 0 ? "2023-12-31" : "2024-01-15", 20 + i);
    }
    struct fixture *other = NULL;
    void *other_state = NULL;
    set_up(&other_state);
    other = other_state;
    feed(fx, 1, fx->head);
    for (uint64_t commit = 1; commit <= fx->head; commit++) {
        uint64_t head = other->head;
        const struct stored *at = &fx->journal[commit - 1];
        struct kadr_record record = { commit, at->digest, bytes_of(&at->envelope), bytes_of(&at->message) };
        struct kadr_store_reply reply = { .kind = KADR_STORE_FEED };
        reply.feed.lineage = fx->lineage;
        reply.feed.head = head;
        reply.feed.records = &record;
        reply.feed.count = 1;
        reply_from_store(other, &reply);
        time_passes(other, KADR_MS(300));
    }
    struct kadr_digest a = kadr_aggregate_digest(fx->agg);
    struct kadr_digest b = kadr_aggregate_digest(other->agg);
    assert_true(kadr_digest_equal(&a, &b));
    static const struct kadr_digest nothing;
    assert_false(kadr_digest_equal(&a, &nothing));
    tear_down(&other_state);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(follows_from_the_first_commit),
        STORY(is_silent_until_the_first_head_is_reached),
        STORY(an_idle_system_publishes_at_once_and_deltas_join),
        STORY(a_busy_system_coalesces_within_the_tick),
        STORY(progress_names_the_topics_that_changed),
        STORY(what_was_sent_twice_counts_once_and_a_gap_asks_again),
        STORY(a_record_that_does_not_chain_ends_the_process),
        STORY(a_snapshot_says_where_it_stands_and_counts_its_cells),
        STORY(a_snapshot_shows_no_more_than_was_published),
        STORY(questions_that_cannot_be_answered_are_refused_with_a_code),
        STORY(the_past_is_asked_with_a_day),
        STORY(a_peer_that_does_not_read_gets_no_end_mark),
        STORY(another_lineage_starts_from_nothing),
        STORY(silence_of_the_store_shows_and_follows_again),
        STORY(a_restarted_store_is_noticed_by_a_head_without_a_feed),
        STORY(slices_of_the_feed_do_not_change_the_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
