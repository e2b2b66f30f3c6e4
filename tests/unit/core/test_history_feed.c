/* SPDX-License-Identifier: Apache-2.0 */
/* The history's follower: what it asks for, what it hands to the writer, and when it begins anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/history_feed.h"
#include "history_rig.h"

/* What the sink was told last, and has not answered. */
enum asked { NOTHING, OPEN, WRITE, WIPE };

struct fixture {
    struct journal *journal;
    struct kadr_kvstore kv;
    struct kadr_history *history;
    struct kadr_history_feed *feed;
    struct kadr_arena *arena;
    kadr_ns now_ns;
    enum asked asked;
    struct kadr_id lineage; /* WRITE */
    const struct kadr_record *records;
    size_t count;
    struct kadr_buf log;                    /* notes and requests, in order */
    uint64_t follow_from, credit, received; /* as storaged sees it */
};

static void to_store(void *context, const struct kadr_buf *frame)
{
    struct fixture *fx = context;
    struct kadr_store_request request;
    kadr_arena_clear(fx->arena);
    assert_int_equal(
        kadr_decode_store_request((struct kadr_bytes){ frame->data, frame->len }, fx->arena, &request, NULL),
        0);
    if (request.kind == KADR_STORE_FOLLOW) {
        kadr_buf_printf(&fx->log, "follow%s %u;", request.follow.has_lineage ? "" : "-any",
                        (unsigned)request.follow.from);
        fx->follow_from = request.follow.from;
        fx->credit = request.follow.credit;
        fx->received = 0;
    } else if (request.kind == KADR_STORE_CREDIT) {
        fx->credit = request.credit;
    }
}

static void ask(struct fixture *fx, enum asked asked, const char *word)
{
    assert_int_equal(fx->asked, NOTHING); /* one thing at a time */
    fx->asked = asked;
    kadr_buf_printf(&fx->log, "%s;", word);
}

static void ask_open(void *context)
{
    ask(context, OPEN, "open");
}

static void ask_write(void *context, const struct kadr_id *lineage, const struct kadr_record *records,
                      size_t count)
{
    struct fixture *fx = context;
    ask(fx, WRITE, "write");
    fx->lineage = *lineage;
    fx->records = records;
    fx->count = count;
}

static void ask_wipe(void *context)
{
    ask(context, WIPE, "wipe");
}

static void note(void *context, const char *event, uint64_t commit)
{
    struct fixture *fx = context;
    kadr_buf_printf(&fx->log, "%s %u;", event, (unsigned)commit);
}

/* ---- events ---- */

static void step(struct fixture *fx, struct kadr_history_feed_event event)
{
    event.now_ns = fx->now_ns;
    assert_int_equal(kadr_history_feed_step(fx->feed, &event), 0);
}

/* The other thread has done what it was asked, or failed. */
static void answer(struct fixture *fx, int failure)
{
    int result = failure;
    enum asked asked = fx->asked;
    fx->asked = NOTHING;
    if (failure == 0 && asked == WRITE) {
        result = kadr_history_apply(fx->history, &fx->lineage, fx->records, fx->count);
    } else if (failure == 0 && asked == WIPE) {
        result = kadr_history_wipe(fx->history);
    }
    assert_true(asked != NOTHING);
    step(fx, (struct kadr_history_feed_event){ .kind = KADR_HISTORY_FEED_DONE,
                                               .result = result,
                                               .position = kadr_history_position(fx->history) });
}

static void reply(struct fixture *fx, const struct kadr_store_reply *message)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf frame;
    kadr_buf_init(&frame, 0);
    kadr_encode_store_reply(message, &frame);
    assert_int_equal(frame.err, 0);
    step(fx, (struct kadr_history_feed_event){ .kind = KADR_HISTORY_FEED_STORE,
                                               .frame = { frame.data, frame.len } });
}

/* Records from … to; to < from: none. */
static void feed(struct fixture *fx, uint64_t from, uint64_t to)
{
    struct kadr_store_reply message = { .kind = KADR_STORE_FEED };
    message.feed.lineage = fx->journal->lineage;
    message.feed.head = fx->journal->head;
    message.feed.records = from > 0 ? &fx->journal->records[from - 1] : NULL;
    message.feed.count = from > 0 && to >= from ? (size_t)(to + 1 - from) : 0;
    fx->received += message.feed.count;
    reply(fx, &message);
}

static void pong(struct fixture *fx)
{
    struct kadr_store_reply message = { .kind = KADR_STORE_PONG };
    message.pong.commit = fx->journal->head;
    message.pong.has_lineage = true;
    message.pong.lineage = fx->journal->lineage;
    reply(fx, &message);
}

static void refuse(struct fixture *fx, enum kadr_diag_code code)
{
    struct kadr_diag diag = { .code = code };
    struct kadr_store_reply message = { .kind = KADR_STORE_REFUSAL };
    kadr_arena_clear(fx->arena);
    assert_int_equal(kadr_wire_diag_from(&diag, fx->arena, &message.refusal.diag), 0);
    reply(fx, &message);
}

static void time_passes(struct fixture *fx, kadr_ns ns)
{
    fx->now_ns += ns;
    step(fx, (struct kadr_history_feed_event){ .kind = KADR_HISTORY_FEED_TIME });
}

static void start(struct fixture *fx)
{
    struct kadr_history_feed_sink sink = { fx, to_store, ask_open, ask_write, ask_wipe, note };
    kadr_history_feed_free(KADR_TAKE(fx->feed));
    kadr_buf_clear(&fx->log);
    fx->asked = NOTHING;
    assert_int_equal(kadr_history_feed_new(&sink, &fx->feed), 0);
    step(fx, (struct kadr_history_feed_event){ .kind = KADR_HISTORY_FEED_START });
}

static void expect_log(struct fixture *fx, const char *expected)
{
    assert_string_equal(kadr_buf_str(&fx->log), expected);
    kadr_buf_clear(&fx->log);
}

static uint64_t durable(const struct fixture *fx)
{
    uint64_t commit = kadr_history_feed_status(fx->feed).commit;
    assert_int_equal(commit, kadr_history_position(fx->history).commit);
    return commit;
}

static void fill(struct journal *journal, size_t reports)
{
    journal_reference(journal, UNITS);
    journal_day(journal, "2024-02-01");
    for (size_t i = 0; i < reports; i++) {
        struct kadr_observation obs = figure_of("KZ-35", "headcount", "2023-11-20", (int64_t)i);
        journal_report(journal, "KZ-35", KADR_OUTCOME_COMMITTED, &obs, "0");
    }
}

static int set_up(void **state)
{
    struct fixture *fx = calloc(1, sizeof *fx);
    assert_non_null(fx);
    fx->journal = new_journal(0xa5);
    fill(fx->journal, 8);
    fx->now_ns = KADR_S(1000);
    kadr_buf_init(&fx->log, 0);
    assert_int_equal(kadr_arena_new(1 << 24, &fx->arena), 0);
    assert_int_equal(kadr_kvstore_mem_new(&fx->kv), 0);
    assert_int_equal(kadr_history_open(&fx->kv, &fx->history, NULL), 0);
    *state = fx;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fx = *state;
    kadr_history_feed_free(fx->feed);
    kadr_history_free(fx->history);
    fx->kv.close(fx->kv.self);
    kadr_arena_free(fx->arena);
    kadr_buf_done(&fx->log);
    free_journal(fx->journal);
    free(fx);
    return 0;
}

/* A history that stands at `commit` of the journal, in a process that has just begun. */
static void begin_at(struct fixture *fx, uint64_t commit)
{
    assert_int_equal(apply(fx->history, fx->journal, 1, commit), 0);
    start(fx);
    answer(fx, 0);
    kadr_buf_clear(&fx->log);
}

static void other_journal(struct fixture *fx, uint8_t lineage, size_t reports)
{
    free_journal(fx->journal);
    fx->journal = new_journal(lineage);
    fx->journal->time_ms += 7; /* so that its records are others, whatever its lineage */
    fill(fx->journal, reports);
}

/* ---- following ---- */

static void empty_one_reads_all(void **state)
{
    struct fixture *fx = *state;
    start(fx);
    expect_log(fx, "open;");
    answer(fx, 0);
    expect_log(fx, "history_opened 0;follow-any 1;");
    feed(fx, 1, 6);
    expect_log(fx, "write;");
    feed(fx, 7, 10); /* waits: one batch at a time */
    expect_log(fx, "");
    assert_int_equal(durable(fx), 0);
    answer(fx, 0);
    expect_log(fx, "write;");
    assert_int_equal(durable(fx), 6);
    answer(fx, 0);
    expect_log(fx, "");
    assert_int_equal(durable(fx), 10);
    struct kadr_history_feed_status status = kadr_history_feed_status(fx->feed);
    assert_true(status.caught_up);
    assert_int_equal(status.records, 10);
    assert_int_equal(status.batches, 2);
    assert_int_equal(status.queued, 0);
}

static void goes_on_behind_its_witness(void **state)
{
    struct fixture *fx = *state;
    begin_at(fx, 4);
    assert_int_equal(fx->follow_from, 4);
    feed(fx, 0, 0); /* that it is this journal is not known yet */
    assert_false(kadr_history_feed_status(fx->feed).joined);
    feed(fx, 4, 10);
    expect_log(fx, "write;");
    assert_int_equal(fx->count, 6); /* record 4 is there already */
    assert_int_equal(fx->records[0].commit, 5);
    answer(fx, 0);
    assert_int_equal(durable(fx), 10);
}

static void witness_alone_is_enough_at_the_head(void **state)
{
    struct fixture *fx = *state;
    begin_at(fx, 10);
    feed(fx, 10, 10);
    expect_log(fx, "");
    assert_true(kadr_history_feed_status(fx->feed).joined);
    assert_true(kadr_history_feed_status(fx->feed).caught_up);
}

/* ---- another journal ---- */

static void expect_made_anew(struct fixture *fx)
{
    expect_log(fx, "history_discarded 4;wipe;");
    feed(fx, 4, 10); /* too late */
    answer(fx, 0);
    expect_log(fx, "history_begins 0;follow-any 1;");
    feed(fx, 1, fx->journal->head);
    answer(fx, 0);
    assert_int_equal(durable(fx), fx->journal->head);
    assert_int_equal(kadr_history_feed_status(fx->feed).wipes, 1);
}

static void other_digest_at_the_witness(void **state)
{
    struct fixture *fx = *state;
    begin_at(fx, 4);
    other_journal(fx, 0xa5, 8); /* the same lineage: a copy put back, and gone on otherwise */
    feed(fx, 4, 10);
    expect_made_anew(fx);
}

static void other_lineage(void **state)
{
    struct fixture *fx = *state;
    begin_at(fx, 4);
    other_journal(fx, 0x11, 8);
    feed(fx, 4, 10);
    expect_made_anew(fx);
}

static void follow_is_refused(void **state)
{
    struct fixture *fx = *state;
    begin_at(fx, 4);
    other_journal(fx, 0x11, 8);
    refuse(fx, KADR_DIAG_RETRY_LATER); /* no place among the feeds: nothing said about the journal */
    expect_log(fx, "");
    refuse(fx, KADR_DIAG_BAD_FRAME);
    expect_made_anew(fx);
}

static void head_before_the_history(void **state)
{
    struct fixture *fx = *state;
    begin_at(fx, 4);
    other_journal(fx, 0xa5, 1);
    feed(fx, 0, 0);
    expect_log(fx, "history_discarded 4;wipe;");
}

static void other_lineage_while_a_batch_is_written(void **state)
{
    struct fixture *fx = *state;
    begin_at(fx, 4);
    feed(fx, 4, 7);
    expect_log(fx, "write;");
    struct journal *first = fx->journal;
    fx->journal = new_journal(0x11);
    fill(fx->journal, 3);
    feed(fx, 1, 5);
    expect_log(fx, ""); /* the batch first */
    feed(fx, 1, 5);
    answer(fx, 0);
    expect_log(fx, "history_discarded 7;wipe;");
    answer(fx, 0);
    expect_log(fx, "history_begins 0;follow-any 1;");
    feed(fx, 1, 5);
    answer(fx, 0);
    assert_int_equal(durable(fx), 5);
    free_journal(first);
}

/* ---- failures ---- */

static void open_is_tried_again(void **state)
{
    struct fixture *fx = *state;
    start(fx);
    answer(fx, KADR_EPERM);
    expect_log(fx, "open;history_failed 0;");
    assert_false(kadr_history_feed_status(fx->feed).open);
    time_passes(fx, KADR_MS(999));
    expect_log(fx, "");
    time_passes(fx, KADR_MS(1));
    expect_log(fx, "open;");
    answer(fx, KADR_EPERM);
    expect_log(fx, "history_failed 0;");
    time_passes(fx, KADR_MS(1999)); /* twice as long */
    expect_log(fx, "");
    time_passes(fx, KADR_MS(1));
    expect_log(fx, "open;");
    answer(fx, 0);
    expect_log(fx, "history_opened 0;follow-any 1;");
    assert_int_equal(kadr_history_feed_status(fx->feed).failures, 2);
}

static void longest_wait_is_a_minute(void **state)
{
    struct fixture *fx = *state;
    start(fx);
    for (size_t i = 0; i < 12; i++) {
        answer(fx, KADR_EIO);
        kadr_buf_clear(&fx->log);
        time_passes(fx, KADR_S(60));
        expect_log(fx, "open;");
    }
}

/* A full disk: what was not written is asked for again from where the history stands. */
static void write_that_failed(void **state)
{
    struct fixture *fx = *state;
    begin_at(fx, 4);
    feed(fx, 4, 7);
    feed(fx, 8, 10);
    answer(fx, KADR_ENOSPC);
    expect_log(fx, "write;history_failed 4;");
    assert_int_equal(kadr_history_feed_status(fx->feed).queued, 0);
    time_passes(fx, KADR_S(1));
    expect_log(fx, "open;");
    answer(fx, 0);
    expect_log(fx, "history_opened 4;follow 4;");
    feed(fx, 4, 10);
    answer(fx, KADR_ENOSPC);
    expect_log(fx, "write;history_failed 4;");
    time_passes(fx, KADR_S(1));
    expect_log(fx, ""); /* the second one waits for longer, though it was opened in between */
    time_passes(fx, KADR_S(1));
    answer(fx, 0);
    feed(fx, 4, 10);
    answer(fx, 0);
    assert_int_equal(durable(fx), 10);
}

/* ---- room ---- */

/* One record at a time as far as the credit goes, and the disk does not answer. */
static void credit_waits_for_the_disk(void **state)
{
    struct fixture *fx = *state;
    other_journal(fx, 0xa5, 0);
    begin_at(fx, 2);
    feed(fx, 2, 2);
    while (fx->received < fx->credit && fx->journal->head < JOURNAL_RECORDS) {
        journal_day(fx->journal, "2024-02-01");
        feed(fx, fx->journal->head, fx->journal->head);
    }
    assert_int_equal(fx->received, fx->credit);
    uint64_t queued = kadr_history_feed_status(fx->feed).queued;
    assert_int_equal(queued, fx->journal->head - 2);
    assert_true(queued <= KADR_MAX_HISTORY_BATCH_RECORDS + 1); /* one is being written */
    answer(fx, 0);
    assert_int_equal(fx->received, fx->credit - KADR_MAX_HISTORY_CREDIT);
    answer(fx, 0);
    assert_int_equal(durable(fx), fx->journal->head);
}

/* Records of a megabyte: four fit, the others are passed over and asked for again. */
static void bytes_have_their_bound(void **state)
{
    struct fixture *fx = *state;
    struct kadr_buf large;
    begin_at(fx, 10);
    feed(fx, 10, 10);
    for (size_t i = 0; i < 12; i++) { /* 1 MiB of files that nobody loads: the writer here is told, not run */
        kadr_buf_init(&large, 0);
        for (size_t byte = 0; byte < (1u << 20); byte += 16) {
            kadr_buf_add(&large, "0123456789abcdef", 16);
        }
        journal_add(
            fx->journal,
            (struct kadr_envelope){ .kind = KADR_RECORD_REFERENCE, .outcome = KADR_OUTCOME_COMMITTED },
            &large);
    }
    for (uint64_t commit = 11; commit <= 22; commit++) {
        feed(fx, commit, commit);
    }
    expect_log(fx, "write;");
    assert_int_equal(fx->count, 1);
    struct kadr_history_feed_status status = kadr_history_feed_status(fx->feed);
    assert_int_equal(status.queued, 1 + 3); /* with its envelope the fourth is over 4 MiB */
    uint64_t credit = fx->credit;
    feed(fx, 0, 0);
    assert_int_equal(fx->credit, credit); /* no more before there is room */
    fx->asked = NOTHING;
    struct kadr_history_feed_event done = { .kind = KADR_HISTORY_FEED_DONE,
                                            .position = { 11, fx->journal->lineage,
                                                          fx->journal->records[10].digest } };
    step(fx, done);
    expect_log(fx, "write;follow 15;");
    assert_int_equal(fx->records[0].commit, 12);
    assert_int_equal(fx->count, 3);
    feed(fx, 15, 16); /* forms while those are written */
    done.position.commit = 14;
    fx->asked = NOTHING;
    step(fx, done);
    expect_log(fx, "write;");
    assert_int_equal(fx->records[0].commit, 15);
}

/* ---- storaged that comes and goes ---- */

static void gap_is_asked_for_again(void **state)
{
    struct fixture *fx = *state;
    begin_at(fx, 4);
    feed(fx, 4, 5);
    expect_log(fx, "write;");
    feed(fx, 8, 9);
    expect_log(fx, "follow 6;");
    feed(fx, 6, 10);
    answer(fx, 0);
    answer(fx, 0);
    assert_int_equal(durable(fx), 10);
}

static void silence_follows_again(void **state)
{
    struct fixture *fx = *state;
    begin_at(fx, 10);
    feed(fx, 10, 10);
    assert_true(kadr_history_feed_status(fx->feed).store_up);
    for (size_t i = 0; i < 3; i++) {
        assert_true(kadr_history_feed_deadline_ns(fx->feed) <= fx->now_ns + KADR_S(1));
        time_passes(fx, KADR_S(1));
    }
    expect_log(fx, "follow 11;");
    assert_false(kadr_history_feed_status(fx->feed).store_up);
}

static void head_that_grows_without_a_feed(void **state)
{
    struct fixture *fx = *state;
    begin_at(fx, 9);
    fx->journal->head = 9;
    feed(fx, 9, 9);
    fx->journal->head = 10;
    fx->now_ns += KADR_S(1);
    pong(fx);
    expect_log(fx, "follow 10;");
    feed(fx, 10, 10);
    fx->now_ns += KADR_S(1);
    pong(fx); /* the disk works: that is no silence of the feed */
    expect_log(fx, "write;");
}

static void bad_frames_are_counted(void **state)
{
    struct fixture *fx = *state;
    begin_at(fx, 4);
    step(fx, (struct kadr_history_feed_event){ .kind = KADR_HISTORY_FEED_STORE,
                                               .frame = { (const uint8_t *)"\xff\xff", 2 } });
    struct kadr_store_reply message = { .kind = KADR_STORE_APPLIED };
    reply(fx, &message);
    assert_int_equal(kadr_history_feed_status(fx->feed).bad_frames, 2);
    expect_log(fx, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(empty_one_reads_all),
        TEST(goes_on_behind_its_witness),
        TEST(witness_alone_is_enough_at_the_head),
        TEST(other_digest_at_the_witness),
        TEST(other_lineage),
        TEST(follow_is_refused),
        TEST(head_before_the_history),
        TEST(other_lineage_while_a_batch_is_written),
        TEST(open_is_tried_again),
        TEST(longest_wait_is_a_minute),
        TEST(write_that_failed),
        TEST(credit_waits_for_the_disk),
        TEST(bytes_have_their_bound),
        TEST(gap_is_asked_for_again),
        TEST(silence_follows_again),
        TEST(head_that_grows_without_a_feed),
        TEST(bad_frames_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
