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
    assert_string_equal(kadr_ingest_not_ready(rig->ing), "the journal is still being read");
    rig_submit_any(rig, 1, 1);
    rig_expect_refusal(rig, 1, "retry_later", "catching_up");
    const struct kadr_store_request *follow = &rig->requests[rig->request_count - 1];
    assert_int_equal(follow->kind, KADR_STORE_FOLLOW); /* now all of it */
    assert_false(follow->follow.reference_only);
    assert_true(follow->follow.has_lineage);
    assert_int_equal(follow->follow.from, 1);
    rig_fill(rig, &lineage);
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
    assert_true(rig->requests[1].follow.credit > 0);
    rig_feed_day(rig, &lineage, RIG_DAY);
    uint64_t granted = rig->requests[2].follow.credit, renewals = 0;
    rig_fill(rig, &lineage);
    for (uint64_t fed = 2; fed < 3ull * KADR_MAX_FEED_CREDIT; fed += 100) {
        rig->commit += 100;
        rig_fill(rig, &lineage);
        const struct kadr_store_request *last = &rig->requests[rig->request_count - 1];
        renewals += last->kind == KADR_STORE_CREDIT && last->credit > granted;
        granted = last->kind == KADR_STORE_CREDIT ? last->credit : granted;
        assert_true(granted > fed + 100); /* the feed never stands still */
    }
    assert_in_range(renewals, 4, 8);
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
    assert_string_equal(kadr_ingest_not_ready(rig->ing), "the journal is still being read");
    rig_fill(rig, &other);
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
    rig_fill(rig, &lineage); /* what came meanwhile could not be placed: all of it again */
    assert_null(kadr_ingest_not_ready(rig->ing));
}

/* ---- what units said before ---- */

static struct kadr_report rig_doctors(struct kadr_observation *observation, int64_t figure, uint8_t id)
{
    struct kadr_report report = rig_report(observation);
    observation->indicator = "headcount";
    observation->breakdown_count = 1;
    observation->value.lo = observation->value.hi = figure;
    observation->stated = "";
    report.report_id[0] = id;
    return report;
}

/* The verdict of a report by the office, as it is on its way to storaged. */
static enum kadr_verdict rig_judge(struct rig *rig, const struct kadr_report *report)
{
    static uint64_t sequence;
    rig_forget(rig);
    rig_submit(rig, 1, ++sequence, report);
    rig_flush(rig);
    return (enum kadr_verdict)rig_append(rig)->append.items[0].verdicts.data[0];
}

static void test_what_is_far_from_before_is_held(void **state)
{
    struct rig *rig = *state;
    struct kadr_observation observation;
    struct kadr_ingest_status status;
    rig_ready(rig);
    struct kadr_report report = rig_doctors(&observation, 1894, 1);
    rig_feed_report(rig, &report, "0", RIG_START);
    report = rig_doctors(&observation, 18940, 2);
    observation.period = (struct kadr_period){ 19700, 19700 };
    assert_int_equal(rig_judge(rig, &report), KADR_VERDICT_HELD);
    const struct kadr_append_item *item = rig_append(rig)->append.items;
    assert_int_equal(item->outcome, KADR_OUTCOME_COMMITTED);
    assert_string_equal(item->diags[0].name, "implausible");
    assert_string_equal(item->diags[0].diag.arg[2], "5682");
    rig_appended(rig, rig_append(rig));
    kadr_ingest_status(rig->ing, &status);
    assert_int_equal(status.held, 1);
    assert_int_equal(rig_last(rig, 1)->receipts.items[0].held, 1);
    report.report_id[0] = 3;
    assert_int_equal(rig_judge(rig, &report), KADR_VERDICT_HELD); /* nobody has told that it was held */
    report.report_id[0] = 2;
    rig_feed_report(rig, &report, "3", RIG_START + 1);
    report.report_id[0] = 3;
    assert_int_equal(rig_judge(rig, &report), KADR_VERDICT_ACCEPTED);
    report.report_id[0] = 4;
    observation.value.lo = observation.value.hi = 18949;
    assert_int_equal(rig_judge(rig, &report), KADR_VERDICT_HELD);
    report.confirmed = true;
    assert_int_equal(rig_judge(rig, &report), KADR_VERDICT_ACCEPTED);
}

static void test_only_what_took_force_is_remembered(void **state)
{
    struct rig *rig = *state;
    struct kadr_observation observation;
    struct kadr_ingest_status status;
    rig_ready(rig);
    struct kadr_report report = rig_doctors(&observation, 18940, 1);
    rig_feed_report(rig, &report, "1", RIG_START);
    rig_feed_report(rig, &report, "2", RIG_START);
    kadr_ingest_status(rig->ing, &status);
    assert_int_equal(status.baseline.timed_keys + status.baseline.series + status.baseline.held, 0);
    assert_int_equal(status.position, rig->commit);
    report = rig_doctors(&observation, 1894, 2);
    assert_int_equal(rig_judge(rig, &report), KADR_VERDICT_ACCEPTED);
}

static void test_a_late_statement_is_told(void **state)
{
    struct rig *rig = *state;
    struct kadr_observation observation;
    rig_ready(rig);
    struct kadr_report report = rig_doctors(&observation, 1894, 1);
    rig_feed_report(rig, &report, "0", RIG_START);
    report = rig_doctors(&observation, 1890, 2);
    report.stated_at_ms = RIG_START - 1;
    assert_int_equal(rig_judge(rig, &report), KADR_VERDICT_ACCEPTED);
    assert_string_equal(rig_append(rig)->append.items[0].diags[0].name, "not_in_force");
}

static void test_a_hole_is_asked_for_again(void **state)
{
    struct rig *rig = *state;
    struct kadr_id lineage = rig_id(0xaa);
    rig_ready(rig);
    uint64_t position = rig->commit;
    rig->commit += 5;
    rig_feed_day(rig, &lineage, RIG_DAY + 1);
    const struct kadr_store_request *last = &rig->requests[rig->request_count - 1];
    assert_int_equal(last->kind, KADR_STORE_FOLLOW);
    assert_int_equal(last->follow.from, position + 1);
    rig_fill(rig, &lineage);
    rig_feed_day(rig, &lineage, RIG_DAY + 1);
    assert_int_equal(count_requests(rig, KADR_STORE_FOLLOW), 1);
    assert_null(kadr_ingest_not_ready(rig->ing)); /* what was known stays known meanwhile */
}

static void test_records_that_do_not_come_are_asked_for(void **state)
{
    struct rig *rig = *state;
    struct kadr_ingest_status status;
    struct kadr_store_reply pong = { .kind = KADR_STORE_PONG };
    rig_ready(rig);
    kadr_ingest_status(rig->ing, &status);
    pong.pong = status.known;
    pong.pong.commit += 7;
    rig_store(rig, &pong);
    assert_int_equal(count_requests(rig, KADR_STORE_FOLLOW), 0); /* they may be on their way */
    rig_tick(rig, KADR_S(1));
    rig_store(rig, &pong);
    assert_int_equal(count_requests(rig, KADR_STORE_FOLLOW), 1);
    assert_int_equal(rig->requests[rig->request_count - 1].follow.from, status.position + 1);
}

static void test_a_follow_that_is_refused_begins_anew(void **state)
{
    struct rig *rig = *state;
    struct kadr_store_reply refusal = { .kind = KADR_STORE_REFUSAL };
    struct kadr_store_reply pong = { .kind = KADR_STORE_PONG };
    rig_ready(rig);
    refusal.refusal.diag = (struct kadr_wire_diag){ .number = KADR_DIAG_BAD_FRAME, .name = "bad_frame" };
    rig_store(rig, &refusal);
    assert_non_null(kadr_ingest_not_ready(rig->ing));
    rig_tick(rig, KADR_S(1));
    pong.pong =
        (struct kadr_pong){ .has_lineage = true, .lineage = rig_id(0xbb), .commit = 9, .day = RIG_DAY };
    rig_store(rig, &pong);
    const struct kadr_store_request *last = &rig->requests[rig->request_count - 1];
    assert_int_equal(last->kind, KADR_STORE_FOLLOW);
    assert_true(last->follow.reference_only && !last->follow.has_lineage);
}

/* The reference data again with one thing of the catalogue changed. */
static void rig_feed_changed_reference(struct rig *rig, const char *from, const char *to)
{
    struct kadr_id lineage = rig_id(0xaa);
    struct kadr_file files[SHIPPED_FILES], given[SHIPPED_FILES];
    struct kadr_buf message KADR_CLEANUP(kadr_buf_done) = { 0 };
    struct kadr_buf changed KADR_CLEANUP(kadr_buf_done) = { 0 };
    struct kadr_envelope envelope = { .kind = KADR_RECORD_REFERENCE, .office = "", .day = KADR_DAY_NONE };
    shipped_files(files);
    memcpy(given, files, sizeof(files));
    const char *text = (const char *)files[1].bytes.data, *at = strstr(text, from);
    assert_non_null(at);
    kadr_buf_add(&changed, text, (size_t)(at - text));
    kadr_buf_add(&changed, to, strlen(to));
    kadr_buf_add(&changed, at + strlen(from), strlen(at + strlen(from)));
    given[1].bytes = (struct kadr_bytes){ changed.data, changed.len };
    kadr_encode_files(given, SHIPPED_FILES, &message);
    rig_fill(rig, &lineage);
    rig_feed(rig, &lineage, &envelope, (struct kadr_bytes){ message.data, message.len });
    for (size_t i = 0; i < SHIPPED_FILES; i++) {
        free_bytes(files[i].bytes);
    }
}

static void test_other_reference_data_are_compared_otherwise(void **state)
{
    struct rig *rig = *state;
    struct kadr_ingest_status status;
    rig_ready(rig);
    rig_feed_changed_reference(rig, "Health workers;", "health workers;");
    assert_null(kadr_ingest_not_ready(rig->ing)); /* a name: nothing is compared otherwise */
    rig_feed_changed_reference(rig, "\nawards_given,event,person,1,", "\nawards_given,event,person,10,");
    kadr_ingest_status(rig->ing, &status);
    assert_int_equal(status.rereads, 1);
    assert_string_equal(kadr_ingest_not_ready(rig->ing), "the journal is still being read");
    const struct kadr_store_request *last = &rig->requests[rig->request_count - 1];
    assert_int_equal(last->kind, KADR_STORE_FOLLOW);
    assert_int_equal(last->follow.from, 1);
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
        RIG_TEST(test_what_is_far_from_before_is_held),
        RIG_TEST(test_only_what_took_force_is_remembered),
        RIG_TEST(test_a_late_statement_is_told),
        RIG_TEST(test_a_hole_is_asked_for_again),
        RIG_TEST(test_records_that_do_not_come_are_asked_for),
        RIG_TEST(test_a_follow_that_is_refused_begins_anew),
        RIG_TEST(test_other_reference_data_are_compared_otherwise),
        RIG_TEST(test_every_submit_is_answered_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
