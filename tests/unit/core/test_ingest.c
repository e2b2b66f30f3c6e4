/* SPDX-License-Identifier: Apache-2.0 */
/* Reports in, verdicts to storaged, receipts back: what ingestd says to offices. */
#include "core/ingest_rig.h"

/* ---- the way of a right report ---- */

static void test_a_report_is_judged_and_answered(void **state)
{
    struct rig *rig = *state;
    rig_ready(rig);
    rig_submit_any(rig, 1, 1);
    assert_int_equal(rig->answer_count, 0); /* nothing is said before it is durable */
    assert_int_equal(rig->request_count, 0);
    rig_flush(rig);
    const struct kadr_append_item *item = rig_append(rig)->append.items;
    assert_string_equal(item->office, "KZ-35");
    assert_int_equal(item->sequence, 1);
    assert_int_equal(item->outcome, KADR_OUTCOME_COMMITTED);
    assert_int_equal(item->verdicts.len, 1);
    assert_int_equal(item->verdicts.data[0], KADR_VERDICT_ACCEPTED);
    assert_int_equal(item->stated_at_ms, RIG_START);
    assert_int_equal(item->received_at_ms, rig->wall_ms);
    assert_int_equal(item->report_id[0], 7);
    rig_appended(rig, rig_append(rig));
    const struct kadr_office_reply *reply = rig_last(rig, 1);
    assert_int_equal(reply->kind, KADR_OFFICE_RECEIPTS);
    assert_int_equal(reply->receipts.count, 1);
    assert_int_equal(reply->receipts.items[0].commit, rig->commit);
    assert_int_equal(reply->receipts.items[0].accepted, 1);
    assert_true(kadr_ingest_idle(rig->ing));
}

static void test_bytes_and_reference_stay_as_they_are(void **state)
{
    struct rig *rig = *state;
    struct kadr_observation observation;
    struct kadr_report report = rig_report(&observation);
    struct kadr_buf bytes KADR_CLEANUP(kadr_buf_done) = { 0 };
    struct kadr_ingest_status status;
    rig_ready(rig);
    kadr_encode_report(&report, &bytes);
    kadr_buf_add(&bytes, "\xf2\x3f\x03new", 6); /* a field of a newer office */
    rig_submit_bytes(rig, 1, "KZ-35", 1, (struct kadr_bytes){ bytes.data, bytes.len });
    rig_flush(rig);
    const struct kadr_append_item *item = rig_append(rig)->append.items;
    assert_int_equal(item->outcome, KADR_OUTCOME_COMMITTED);
    assert_int_equal(item->report.len, bytes.len);
    assert_memory_equal(item->report.data, bytes.data, bytes.len);
    kadr_ingest_status(rig->ing, &status);
    assert_true(kadr_digest_equal(&item->reference, &status.known.reference));
}

static void test_one_message_per_peer_and_commit(void **state)
{
    struct rig *rig = *state;
    rig_ready(rig);
    for (uint64_t sequence = 1; sequence <= 3; sequence++) {
        rig_submit_any(rig, 1, sequence);
        rig_submit_any(rig, 2, sequence);
    }
    rig_flush(rig);
    assert_int_equal(rig_append(rig)->append.count, 6);
    rig_appended(rig, rig_append(rig));
    assert_int_equal(rig->answer_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct kadr_office_reply *reply = &rig->answers[i].reply;
        struct kadr_peer peer = rig_peer((uint32_t)i + 1);
        assert_true(kadr_peer_equal(&rig->answers[i].peer, &peer));
        assert_int_equal(reply->receipts.count, 3);
        for (size_t k = 0; k < 3; k++) {
            assert_int_equal(reply->receipts.items[k].sequence, k + 1);
        }
    }
}

/* ---- reports that are not right ---- */

static void test_rejected_observations_are_named(void **state)
{
    struct rig *rig = *state;
    struct kadr_observation observations[2];
    struct kadr_report report = rig_report(&observations[0]);
    rig_ready(rig);
    observations[1] = observations[0];
    observations[1].unit = "KZ-99";
    observations[1].line = 3;
    report.observations = observations;
    report.observation_count = 2;
    rig_submit(rig, 1, 1, &report);
    rig_flush(rig);
    const struct kadr_append_item *item = rig_append(rig)->append.items;
    assert_int_equal(item->outcome, KADR_OUTCOME_COMMITTED);
    assert_int_equal(item->verdicts.len, 2);
    assert_int_equal(item->verdicts.data[0], KADR_VERDICT_ACCEPTED);
    assert_int_equal(item->verdicts.data[1], KADR_VERDICT_REFUSED);
    assert_int_equal(item->diag_count, 1);
    assert_string_equal(item->diags[0].name, "unknown_unit");
    assert_int_equal(item->diags[0].diag.observation, 1);
    assert_int_equal(item->diags[0].diag.line, 3);
}

static void test_a_report_without_a_right_observation_is_refused_durably(void **state)
{
    struct rig *rig = *state;
    struct kadr_observation observation;
    struct kadr_report report = rig_report(&observation);
    rig_ready(rig);
    observation.indicator = "no_such_thing";
    rig_submit(rig, 1, 1, &report);
    rig_flush(rig);
    assert_int_equal(rig_append(rig)->append.items[0].outcome, KADR_OUTCOME_REFUSED);
}

static void submit_raw(struct rig *rig, const char *office, const void *data, size_t len)
{
    rig_submit_bytes(rig, 1, office, 1, (struct kadr_bytes){ data, len });
    rig_flush(rig);
}

static void test_an_undecodable_report_is_held_with_its_bytes(void **state)
{
    struct rig *rig = *state;
    rig_ready(rig);
    submit_raw(rig, "KZ-35", "\x08\x01\xff", 3);
    const struct kadr_append_item *item = rig_append(rig)->append.items;
    assert_int_equal(item->outcome, KADR_OUTCOME_HELD);
    assert_int_equal(item->report.len, 3);
    assert_memory_equal(item->report.data, "\x08\x01\xff", 3);
    assert_int_equal(item->verdicts.len, 0);
    assert_int_equal(item->diag_count, 1);
    assert_string_equal(item->diags[0].name, "undecodable");
}

static void test_an_empty_report_is_held(void **state)
{
    struct rig *rig = *state;
    rig_ready(rig);
    submit_raw(rig, "KZ-35", "", 0);
    assert_int_equal(rig_append(rig)->append.items[0].outcome, KADR_OUTCOME_HELD);
    assert_string_equal(rig_append(rig)->append.items[0].diags[0].name, "version");
}

static void test_a_newer_version_is_held(void **state)
{
    struct rig *rig = *state;
    rig_ready(rig);
    submit_raw(rig, "KZ-35", "\x08\x02", 2);
    const struct kadr_append_item *item = rig_append(rig)->append.items;
    assert_int_equal(item->outcome, KADR_OUTCOME_HELD);
    assert_string_equal(item->diags[0].name, "version");
    assert_string_equal(item->diags[0].diag.arg[0], "2");
}

static void test_nothing_is_stored_in_nobodys_name(void **state)
{
    struct rig *rig = *state;
    struct kadr_observation observation;
    struct kadr_report report = rig_report(&observation);
    struct kadr_buf bytes KADR_CLEANUP(kadr_buf_done) = { 0 };
    rig_ready(rig);
    kadr_encode_report(&report, &bytes);
    submit_raw(rig, "NOBODY", bytes.data, bytes.len);
    rig_expect_refusal(rig, 1, "unknown_office", "NOBODY");
    submit_raw(rig, "NOBODY", "junk", 4);
    rig_expect_refusal(rig, 1, "unknown_office", "NOBODY");
    assert_int_equal(rig->request_count, 0);
    rig_forget(rig);
    rig_submit_any(rig, 1, 1); /* and nothing of it is left */
    rig_flush(rig);
    assert_int_equal(rig_append(rig)->append.count, 1);
}

/* Junk that is refused must not fill the batch. */
static void test_refused_junk_does_not_pile_up(void **state)
{
    struct rig *rig = *state;
    uint8_t *junk = calloc(1, KADR_MAX_REPORT_BYTES);
    assert_non_null(junk);
    rig_ready(rig);
    for (size_t i = 0; i < 20; i++) {
        rig_submit_bytes(rig, 1, "NOBODY", 1, (struct kadr_bytes){ junk, KADR_MAX_REPORT_BYTES });
        rig_expect_refusal(rig, 1, "unknown_office", NULL);
    }
    free(junk);
}

static void test_a_report_that_is_too_large_is_refused_by_its_digest(void **state)
{
    struct rig *rig = *state;
    size_t len = KADR_MAX_REPORT_BYTES + 1;
    uint8_t *bytes = calloc(1, len);
    assert_non_null(bytes);
    rig_ready(rig);
    submit_raw(rig, "KZ-35", bytes, len);
    const struct kadr_append_item *item = rig_append(rig)->append.items;
    struct kadr_digest digest = kadr_hash(bytes, len);
    assert_int_equal(item->outcome, KADR_OUTCOME_REFUSED);
    assert_string_equal(item->diags[0].name, "report_too_large");
    assert_int_equal(item->report.len, sizeof(digest.bytes));
    assert_memory_equal(item->report.data, digest.bytes, sizeof(digest.bytes));
    free(bytes);
}

/* What unpacks to more than the arena holds is held like any other undecodable report, and the next one is
 * judged as if nothing had been. */
static void test_amplification_harms_nobody(void **state)
{
    struct rig *rig = *state;
    struct kadr_buf bomb KADR_CLEANUP(kadr_buf_done) = { 0 };
    rig_ready(rig);
    kadr_buf_add(&bomb, "\x08\x01", 2);
    while (bomb.len < KADR_MAX_REPORT_BYTES) {
        kadr_buf_add(&bomb, "\x4a\x00", 2);
    }
    rig_submit_bytes(rig, 1, "KZ-35", 1, (struct kadr_bytes){ bomb.data, bomb.len });
    rig_submit_bytes(rig, 1, "NOBODY", 1, (struct kadr_bytes){ bomb.data, bomb.len });
    rig_expect_refusal(rig, 1, "unknown_office", NULL);
    rig_submit_any(rig, 1, 2);
    rig_flush(rig);
    assert_int_equal(rig_append(rig)->append.count, 2);
    assert_int_equal(rig_append(rig)->append.items[0].outcome, KADR_OUTCOME_HELD);
    assert_int_equal(rig_append(rig)->append.items[1].outcome, KADR_OUTCOME_COMMITTED);
}

static void test_a_clock_ahead(void **state)
{
    struct rig *rig = *state;
    struct kadr_observation observation;
    struct kadr_report report = rig_report(&observation);
    rig_ready(rig);
    report.stated_at_ms = rig->wall_ms + 60000;
    rig_submit(rig, 1, 1, &report);
    report.stated_at_ms = rig->wall_ms + 500; /* a clock that is a little ahead is no news */
    rig_submit(rig, 1, 2, &report);
    rig_flush(rig);
    const struct kadr_append_item *items = rig_append(rig)->append.items;
    assert_int_equal(items[0].stated_at_ms, rig->wall_ms);
    assert_int_equal(items[0].diag_count, 1);
    assert_string_equal(items[0].diags[0].name, "clock_ahead");
    assert_int_equal(items[0].outcome, KADR_OUTCOME_COMMITTED);
    assert_int_equal(items[1].stated_at_ms, rig->wall_ms);
    assert_int_equal(items[1].diag_count, 0);
}

/* ---- frames that are not right ---- */

static void test_bad_frames_are_refused_and_counted(void **state)
{
    struct rig *rig = *state;
    struct kadr_ingest_status status;
    rig_ready(rig);
    rig_office_bytes(rig, 3, "\xff", 1);
    rig_expect_refusal(rig, 3, "bad_frame", "not a protobuf message");
    rig_office_bytes(rig, 3, "\x08\x09\x22\x00", 4);
    rig_expect_refusal(rig, 3, "version", "9");
    rig_submit_bytes(rig, 3, "KZ 35", 1, (struct kadr_bytes){ NULL, 0 });
    rig_expect_refusal(rig, 3, "bad_frame", "office of a submit");
    kadr_ingest_status(rig->ing, &status);
    assert_int_equal(status.refused[KADR_INGEST_BAD_FRAME], 2);
    assert_int_equal(status.refused[KADR_INGEST_VERSION], 1);
    assert_int_equal(status.received, 3);
}

static void test_hello_and_ping_say_what_is_known(void **state)
{
    struct rig *rig = *state;
    struct kadr_office_request hello = { .kind = KADR_OFFICE_HELLO, .hello = { "KZ-35", "test" } };
    struct kadr_office_request ping = { .kind = KADR_OFFICE_PING, .ping_nonce = 42 };
    rig_office(rig, 1, &hello);
    assert_int_equal(rig_last(rig, 1)->kind, KADR_OFFICE_WELCOME);
    assert_false(rig_last(rig, 1)->welcome.state.has_lineage);
    assert_int_equal(rig_last(rig, 1)->welcome.state.day, KADR_DAY_NONE);
    rig_ready(rig);
    rig_office(rig, 1, &hello);
    assert_true(rig_last(rig, 1)->welcome.state.has_reference);
    assert_int_equal(rig_last(rig, 1)->welcome.credit, KADR_MAX_PEER_CREDIT);
    rig_office(rig, 1, &ping);
    assert_int_equal(rig_last(rig, 1)->kind, KADR_OFFICE_PONG);
    assert_int_equal(rig_last(rig, 1)->pong.nonce, 42);
    assert_int_equal(rig_last(rig, 1)->pong.day, RIG_DAY);
    assert_int_equal(rig_last(rig, 1)->pong.commit, rig->commit);
}

/* ---- bounds ---- */

static void test_credit_of_one_connection(void **state)
{
    struct rig *rig = *state;
    rig_ready(rig);
    for (uint64_t sequence = 1; sequence <= KADR_MAX_PEER_CREDIT; sequence++) {
        rig_submit_any(rig, 1, sequence);
    }
    assert_int_equal(rig->answer_count, 0);
    rig_submit_any(rig, 1, KADR_MAX_PEER_CREDIT + 1);
    rig_expect_refusal(rig, 1, "retry_later", "credit");
    rig_submit_any(rig, 2, 1); /* another one is not harmed */
    assert_int_equal(rig->answer_count, 1);
    rig_flush(rig);
    rig_appended(rig, rig_append(rig));
    rig_forget(rig);
    rig_submit_any(rig, 1, KADR_MAX_PEER_CREDIT + 1);
    assert_int_equal(rig->answer_count, 0);
}

static void test_all_that_is_in_flight(void **state)
{
    struct rig *rig = *state;
    uint32_t peer = 0;
    rig_ready(rig);
    for (uint64_t i = 0; i < KADR_MAX_INFLIGHT; i++) {
        rig_submit_any(rig, peer, i / 64 + 1);
        peer = (peer + 1) % 64;
    }
    assert_int_equal(rig->answer_count, 0);
    assert_int_equal(rig->request_count, KADR_MAX_INFLIGHT / KADR_MAX_APPEND_ITEMS);
    rig_submit_any(rig, 100, 1);
    rig_expect_refusal(rig, 100, "retry_later", "busy");
    rig_appended(rig, &rig->requests[1]);
    rig_forget(rig);
    rig_submit_any(rig, 100, 1);
    assert_int_equal(rig->answer_count, 0);
}

static void test_large_reports_go_in_several_appends(void **state)
{
    struct rig *rig = *state;
    uint8_t *junk = calloc(1, KADR_MAX_REPORT_BYTES);
    assert_non_null(junk);
    rig_ready(rig);
    for (uint64_t sequence = 1; sequence <= 10; sequence++) {
        rig_submit_bytes(rig, 1, "KZ-35", sequence, (struct kadr_bytes){ junk, KADR_MAX_REPORT_BYTES });
    }
    rig_flush(rig);
    assert_true(rig->request_count >= 2);
    size_t items = 0;
    for (size_t i = 0; i < rig->request_count; i++) {
        items += rig->requests[i].append.count;
    }
    assert_int_equal(items, 10);
    free(junk);
}

/* Receipts with many diagnostics are larger than a frame should be. */
static void test_large_answers_go_in_several_messages(void **state)
{
    struct rig *rig = *state;
    static struct kadr_observation observations[200];
    struct kadr_report report = rig_report(&observations[0]);
    uint64_t sequence = 0;
    rig_ready(rig);
    observations[0].unit = "KZ-99";
    for (size_t i = 1; i < KADR_COUNT(observations); i++) {
        observations[i] = observations[0];
    }
    report.observations = observations;
    report.observation_count = KADR_COUNT(observations);
    for (uint64_t i = 1; i <= 12; i++) {
        rig_submit(rig, 1, i, &report);
    }
    rig_flush(rig);
    rig_appended(rig, rig_append(rig));
    assert_true(rig->answer_count > 1 && rig->answer_count < 12);
    for (size_t i = 0; i < rig->answer_count; i++) {
        for (size_t k = 0; k < rig->answers[i].reply.receipts.count; k++) {
            assert_int_equal(rig->answers[i].reply.receipts.items[k].sequence, ++sequence);
        }
    }
    assert_int_equal(sequence, 12);
}

static void test_too_many_connections(void **state)
{
    struct rig *rig = *state;
    rig_ready(rig);
    for (uint32_t peer = 0; peer < KADR_MAX_PEERS; peer++) {
        rig_submit_any(rig, peer, 1);
        if (peer % 1000 == 999) {
            rig_flush(rig);
        }
    }
    assert_int_equal(rig->answer_count, 0);
    rig_submit_any(rig, KADR_MAX_PEERS, 1);
    rig_expect_refusal(rig, KADR_MAX_PEERS, "retry_later", "too_many_peers");
    rig_appended(rig, &rig->requests[0]); /* those who are answered give their places back */
    rig_forget(rig);
    rig_submit_any(rig, KADR_MAX_PEERS, 1);
    assert_int_equal(rig->answer_count, 0);
}

static void test_stopping(void **state)
{
    struct rig *rig = *state;
    rig_ready(rig);
    rig_submit_any(rig, 1, 1);
    rig_step(rig, (struct kadr_ingest_event){ .kind = KADR_INGEST_STOP });
    assert_int_equal(rig_append(rig)->append.count, 1); /* what was taken goes out */
    rig_submit_any(rig, 1, 2);
    rig_expect_refusal(rig, 1, "retry_later", "stopping");
    assert_false(kadr_ingest_idle(rig->ing));
    rig_appended(rig, rig_append(rig));
    assert_true(kadr_ingest_idle(rig->ing));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_a_report_is_judged_and_answered),
        RIG_TEST(test_bytes_and_reference_stay_as_they_are),
        RIG_TEST(test_one_message_per_peer_and_commit),
        RIG_TEST(test_rejected_observations_are_named),
        RIG_TEST(test_a_report_without_a_right_observation_is_refused_durably),
        RIG_TEST(test_an_undecodable_report_is_held_with_its_bytes),
        RIG_TEST(test_an_empty_report_is_held),
        RIG_TEST(test_a_newer_version_is_held),
        RIG_TEST(test_nothing_is_stored_in_nobodys_name),
        RIG_TEST(test_refused_junk_does_not_pile_up),
        RIG_TEST(test_a_report_that_is_too_large_is_refused_by_its_digest),
        RIG_TEST(test_amplification_harms_nobody),
        RIG_TEST(test_a_clock_ahead),
        RIG_TEST(test_bad_frames_are_refused_and_counted),
        RIG_TEST(test_hello_and_ping_say_what_is_known),
        RIG_TEST(test_credit_of_one_connection),
        RIG_TEST(test_all_that_is_in_flight),
        RIG_TEST(test_large_reports_go_in_several_appends),
        RIG_TEST(test_large_answers_go_in_several_messages),
        RIG_TEST(test_too_many_connections),
        RIG_TEST(test_stopping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
