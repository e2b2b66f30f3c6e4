/* SPDX-License-Identifier: Apache-2.0 */
/* storaged's link: liveness, reference data and day, answers that are late, lost or refusals. */
#include "core/ingest_rig.h"
#include "rng.h"

static size_t count_requests(const struct rig *rig, unsigned kind)
{
    size_t count = 0;
    for (size_t i = 0; i < rig->request_count; i++) {
        count += (unsigned)rig->requests[i].kind == kind;
    }
    return count;
}

/* ---- liveness ---- */

static void test_a_ping_every_second(void **state)
{
    struct rig *rig = *state;
    for (size_t i = 0; i < 20; i++) {
        rig_tick(rig, KADR_MS(250));
    }
    assert_int_equal(count_requests(rig, KADR_STORE_PING), 5);
    assert_true(rig->requests[1].ping_nonce != rig->requests[0].ping_nonce);
}

static void test_nothing_is_judged_before_the_journal_is_known(void **state)
{
    struct rig *rig = *state;
    struct kadr_id lineage = rig_id(0xaa);
    assert_string_equal(kadr_ingest_not_ready(rig->ing), "storaged does not answer");
    rig_submit_any(rig, 1, 1);
    rig_expect_refusal(rig, 1, "retry_later", "storage_down");
    rig_pong(rig);
    assert_int_equal(count_requests(rig, KADR_STORE_FOLLOW), 1);
    assert_true(rig->requests[0].follow.reference_only);
    rig_submit_any(rig, 1, 1);
    rig_expect_refusal(rig, 1, "retry_later", "not_ready");
    rig_feed_reference(rig, &lineage);
    rig_submit_any(rig, 1, 1);
    rig_expect_refusal(rig, 1, "retry_later", "not_ready");
    assert_string_equal(kadr_ingest_not_ready(rig->ing), "reference data and day are not known yet");
    rig_feed_day(rig, &lineage, RIG_DAY);
    assert_null(kadr_ingest_not_ready(rig->ing));
}

static void test_three_silent_seconds_are_down(void **state)
{
    struct rig *rig = *state;
    rig_ready(rig);
    rig_submit_any(rig, 1, 1);
    rig_flush(rig);
    rig_submit_any(rig, 2, 1);
    rig_tick(rig, KADR_MS(2900));
    assert_int_equal(rig->answer_count, 0);
    rig_forget(rig);
    rig_tick(rig, KADR_MS(200));
    assert_int_equal(rig->answer_count, 2); /* those on their way and those not sent yet */
    rig_expect_refusal(rig, 2, "retry_later", "storage_down");
    assert_true(kadr_ingest_idle(rig->ing));
    assert_string_equal(kadr_ingest_not_ready(rig->ing), "storaged does not answer");
    rig_forget(rig);
    rig_pong(rig); /* it is back, and may have forgotten us */
    assert_int_equal(count_requests(rig, KADR_STORE_FOLLOW), 1);
    assert_null(kadr_ingest_not_ready(rig->ing));
}

static void test_an_append_without_an_answer_is_given_up(void **state)
{
    struct rig *rig = *state;
    rig_ready(rig);
    rig_submit_any(rig, 1, 1);
    rig_flush(rig);
    const struct kadr_store_request late = *rig_append(rig);
    for (size_t i = 0; i < 5; i++) {
        rig_tick(rig, KADR_S(1));
        rig_pong(rig);
    }
    rig_expect_refusal(rig, 1, "retry_later", "storage_slow");
    assert_int_equal(rig->answer_count, 1);
    rig_appended(rig, &late); /* nobody waits for it any more */
    assert_int_equal(rig->answer_count, 1);
}

static void test_a_wrong_number_of_results(void **state)
{
    struct rig *rig = *state;
    struct kadr_ingest_status status;
    rig_ready(rig);
    rig_submit_any(rig, 1, 1);
    rig_flush(rig);
    struct kadr_store_reply reply = { .kind = KADR_STORE_APPENDED };
    reply.appended.request = rig_append(rig)->append.request;
    rig_store(rig, &reply);
    rig_expect_refusal(rig, 1, "retry_later", NULL);
    kadr_ingest_status(rig->ing, &status);
    assert_int_equal(status.store_errors, 1);
}

static void test_noise_of_storaged_is_counted(void **state)
{
    struct rig *rig = *state;
    struct kadr_ingest_status status;
    rig_step(rig, (struct kadr_ingest_event){ .kind = KADR_INGEST_STORE,
                                              .frame = { (const uint8_t *)"\xff", 1 } });
    kadr_ingest_status(rig->ing, &status);
    assert_int_equal(status.store_errors, 1);
}

static void test_refusals_of_storaged_are_passed_on(void **state)
{
    struct rig *rig = *state;
    struct kadr_append_result results[2] = { { .refused = true }, { .refused = false } };
    struct kadr_ingest_status status;
    rig_ready(rig);
    rig_submit_any(rig, 1, 5);
    rig_submit_any(rig, 2, 1);
    rig_flush(rig);
    const struct kadr_store_request *append = rig_append(rig);
    results[0].refusal.diag = (struct kadr_wire_diag){ .number = KADR_DIAG_SEQUENCE_GAP,
                                                       .name = "sequence_gap",
                                                       .diag = { .observation = -1 } };
    results[0].refusal.expected_sequence = 3;
    results[1].receipt = rig_receipt(rig, &append->append.items[1]);
    struct kadr_store_reply reply = { .kind = KADR_STORE_APPENDED };
    reply.appended.request = append->append.request;
    reply.appended.results = results;
    reply.appended.count = 2;
    rig_store(rig, &reply);
    assert_int_equal(rig->answer_count, 2);
    const struct kadr_office_reply *refused = &rig->answers[0].reply;
    struct kadr_id stream = rig_id(2);
    assert_int_equal(refused->kind, KADR_OFFICE_REFUSAL);
    assert_int_equal(refused->refusal.sequence, 5);
    assert_int_equal(refused->refusal.expected_sequence, 3);
    assert_memory_equal(&refused->refusal.stream, &stream, sizeof(stream));
    assert_int_equal(rig_last(rig, 2)->receipts.count, 1);
    kadr_ingest_status(rig->ing, &status);
    assert_int_equal(status.refused[KADR_INGEST_SEQUENCE_GAP], 1);
}

/* ---- few appends at once ---- */

static void test_batches_form_while_others_are_on_their_way(void **state)
{
    struct rig *rig = *state;
    rig_ready(rig);
    for (uint64_t sequence = 1; sequence <= 20; sequence++) {
        rig_submit_any(rig, 1, sequence);
        rig_flush(rig);
    }
    assert_int_equal(count_requests(rig, KADR_STORE_APPEND), 4);
    rig_appended(rig, &rig->requests[0]);
    assert_int_equal(count_requests(rig, KADR_STORE_APPEND), 5); /* all that came meanwhile, at once */
    assert_int_equal(rig->requests[4].append.count, 16);
    assert_int_equal(rig->requests[4].append.items[0].sequence, 5);
}

/* ---- the feed ---- */

static void test_credit_is_renewed(void **state)
{
    struct rig *rig = *state;
    struct kadr_id lineage = rig_id(0xaa);
    rig_tick(rig, 0);
    rig_feed_reference(rig, &lineage);
    assert_int_equal(rig->requests[1].kind, KADR_STORE_FOLLOW);
    uint64_t granted = rig->requests[1].follow.credit;
    assert_true(granted > 0);
    for (kadr_day day = RIG_DAY; day < RIG_DAY + 1000; day++) {
        rig_feed_day(rig, &lineage, day);
        const struct kadr_store_request *last = &rig->requests[rig->request_count - 1];
        granted = last->kind == KADR_STORE_CREDIT ? last->credit : granted;
        assert_true(granted > (uint64_t)(day - RIG_DAY) + 1); /* the feed never stands still */
    }
}

static void test_a_silent_feed_is_asked_again(void **state)
{
    struct rig *rig = *state;
    struct kadr_ingest_status status;
    struct kadr_store_reply pong = { .kind = KADR_STORE_PONG };
    rig_ready(rig);
    rig_tick(rig, KADR_S(1));
    rig_pong(rig);
    assert_int_equal(count_requests(rig, KADR_STORE_FOLLOW), 0);
    kadr_ingest_status(rig->ing, &status);
    pong.pong = status.known;
    pong.pong.day++; /* midnight has passed, and nobody told us */
    rig_store(rig, &pong);
    assert_int_equal(count_requests(rig, KADR_STORE_FOLLOW), 1);
    rig_store(rig, &pong);
    assert_int_equal(count_requests(rig, KADR_STORE_FOLLOW), 1); /* not for every pong */
}

static void test_another_lineage_begins_anew(void **state)
{
    struct rig *rig = *state;
    struct kadr_id other = rig_id(0xbb);
    rig_ready(rig);
    rig_feed_day(rig, &other, RIG_DAY);
    assert_non_null(kadr_ingest_not_ready(rig->ing)); /* its reference data may be another */
    rig_feed_reference(rig, &other);
    assert_null(kadr_ingest_not_ready(rig->ing));
}

static void test_reference_data_that_cannot_be_loaded(void **state)
{
    struct rig *rig = *state;
    struct kadr_id lineage = rig_id(0xaa);
    struct kadr_file file = { "units.csv", { (const uint8_t *)"nonsense\n", 9 } };
    struct kadr_buf message KADR_CLEANUP(kadr_buf_done) = { 0 };
    struct kadr_envelope envelope = { .kind = KADR_RECORD_REFERENCE, .office = "", .day = KADR_DAY_NONE };
    rig_ready(rig);
    kadr_encode_files(&file, 1, &message);
    rig_feed(rig, &lineage, &envelope, (struct kadr_bytes){ message.data, message.len });
    assert_non_null(strstr(kadr_ingest_not_ready(rig->ing), "cannot be loaded"));
    rig_submit_any(rig, 1, 1); /* never judged by the version before */
    rig_expect_refusal(rig, 1, "retry_later", "not_ready");
    rig_feed_reference(rig, &lineage);
    assert_null(kadr_ingest_not_ready(rig->ing));
}

/* ---- any order of events ---- */

#define PEERS 6
#define TOTAL 400

/* Offices that send, storaged that answers, forgets, refuses or is silent: every submit is answered exactly
 * once, receipts are for what storaged committed, and nothing is left behind. */
struct chaos {
    struct rig *rig;
    struct rng rng;
    uint64_t seed;
    uint64_t sent[PEERS];
    unsigned answers[PEERS][TOTAL + 1];
    size_t read; /* answers looked at */
    size_t next_append;
};

static void read_answers(struct chaos *chaos)
{
    for (; chaos->read < chaos->rig->answer_count; chaos->read++) {
        const struct rig_answer *answer = &chaos->rig->answers[chaos->read];
        uint32_t peer;
        memcpy(&peer, answer->peer.bytes + 1, sizeof(peer));
        assert_true(peer < PEERS);
        if (answer->reply.kind == KADR_OFFICE_REFUSAL) {
            assert_int_equal(answer->reply.refusal.stream.bytes[0], peer + 1);
            chaos->answers[peer][answer->reply.refusal.sequence]++;
            continue;
        }
        assert_int_equal(answer->reply.kind, KADR_OFFICE_RECEIPTS);
        for (size_t i = 0; i < answer->reply.receipts.count; i++) {
            assert_int_equal(answer->reply.receipts.items[i].stream.bytes[0], peer + 1);
            chaos->answers[peer][answer->reply.receipts.items[i].sequence]++;
        }
    }
}

/* storaged answers the oldest append, or never will. */
static void chaos_storaged(struct chaos *chaos, bool answers)
{
    struct rig *rig = chaos->rig;
    while (chaos->next_append < rig->request_count &&
           rig->requests[chaos->next_append].kind != KADR_STORE_APPEND) {
        chaos->next_append++;
    }
    if (chaos->next_append < rig->request_count) {
        const struct kadr_store_request *request = &rig->requests[chaos->next_append++];
        if (answers) {
            rig_appended(rig, request);
        }
    }
}

static void chaos_step(struct chaos *chaos)
{
    struct rig *rig = chaos->rig;
    uint32_t peer = (uint32_t)rng_below(&chaos->rng, PEERS);
    switch (rng_below(&chaos->rng, 8)) {
    case 0:
        rig_tick(rig, (kadr_ns)rng_below(&chaos->rng, (size_t)KADR_S(2)));
        break;
    case 1:
        rig_pong(rig);
        break;
    case 2:
        rig_flush(rig);
        break;
    case 3:
        chaos_storaged(chaos, rng_below(&chaos->rng, 4) > 0);
        break;
    default:
        if (chaos->sent[peer] < TOTAL) {
            rig_submit_any(rig, peer, ++chaos->sent[peer]);
        }
    }
    read_answers(chaos);
}

static void chaos_end(struct chaos *chaos)
{
    for (size_t i = 0; i < 20; i++) {
        rig_tick(chaos->rig, KADR_S(1)); /* silence: everything is given up in the end */
    }
    read_answers(chaos);
    assert_true(kadr_ingest_idle(chaos->rig->ing));
    for (size_t peer = 0; peer < PEERS; peer++) {
        for (uint64_t sequence = 1; sequence <= chaos->sent[peer]; sequence++) {
            if (chaos->answers[peer][sequence] != 1) {
                print_error("peer %zu number %llu: %u answers, seed %llu\n", peer,
                            (unsigned long long)sequence, chaos->answers[peer][sequence],
                            (unsigned long long)chaos->seed);
                fail();
            }
        }
    }
}

static void test_every_submit_is_answered_once(void **state)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        static struct chaos chaos;
        struct kadr_ingest_status status;
        chaos = (struct chaos){ .rig = *state, .rng = { seed }, .seed = seed };
        rig_ready(chaos.rig);
        for (size_t i = 0; i < 600; i++) {
            chaos_step(&chaos);
        }
        chaos_end(&chaos);
        kadr_ingest_status(chaos.rig->ing, &status);
        assert_int_equal(status.peers, 0);
        assert_int_equal(status.appends, 0);
        rig_forget(chaos.rig);
        assert_int_equal(rig_down(state), 0);
        assert_int_equal(rig_up(state), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_a_ping_every_second),
        RIG_TEST(test_nothing_is_judged_before_the_journal_is_known),
        RIG_TEST(test_three_silent_seconds_are_down),
        RIG_TEST(test_an_append_without_an_answer_is_given_up),
        RIG_TEST(test_a_wrong_number_of_results),
        RIG_TEST(test_noise_of_storaged_is_counted),
        RIG_TEST(test_refusals_of_storaged_are_passed_on),
        RIG_TEST(test_batches_form_while_others_are_on_their_way),
        RIG_TEST(test_credit_is_renewed),
        RIG_TEST(test_a_silent_feed_is_asked_again),
        RIG_TEST(test_another_lineage_begins_anew),
        RIG_TEST(test_reference_data_that_cannot_be_loaded),
        RIG_TEST(test_every_submit_is_answered_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
