/* SPDX-License-Identifier: Apache-2.0 */
/* The storage core: numbers, duplicates, batches, and what happens when the disk does not want to. */
#include "core/storage_rig.h"

static void first_start_journals_reference_and_day(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    assert_int_equal(rig_start(&rig, KADR_DAY_NONE), 0);
    assert_int_equal(rig.record_count, 2);
    assert_int_equal(rig.records[0].kind, KADR_RECORD_REFERENCE);
    assert_int_equal(rig.records[1].kind, KADR_RECORD_DAY);
    assert_int_equal(rig_status(&rig).head, 0); /* not before it is on disk */
    assert_null(rig_status(&rig).reference);
    rig_settle(&rig);
    assert_int_equal(rig_status(&rig).head, 2);
    assert_int_equal(rig_status(&rig).day, RIG_DAY);
    assert_non_null(rig_status(&rig).reference);
    rig_done(&rig);
}

static void receipt_only_after_the_commit(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    RIG_APPEND(&rig, 1, 7, { "KZ-35", 1, 1, "a", 0 });
    assert_true(rig.in_flight); /* at once: nothing lingers */
    assert_int_equal(rig.reply_count, 0);
    assert_int_equal(rig_disk(&rig, 0), 0);
    const struct kadr_receipt *receipt = rig_receipt(&rig, 1, 7, 0);
    assert_int_equal(receipt->outcome, KADR_OUTCOME_COMMITTED);
    assert_int_equal(receipt->commit, 3);
    assert_int_equal(receipt->sequence, 1);
    assert_string_equal(receipt->office, "KZ-35");
    assert_int_equal(receipt->accepted, 1); /* of accepted, refused, same fact */
    assert_int_equal(receipt->rejected, 1);
    struct kadr_store_state stored;
    assert_int_equal(rig.store.state(rig.store.self, &stored), 0);
    assert_true(kadr_digest_equal(&stored.digest, &receipt->digest));
    assert_memory_equal(&stored.lineage, &receipt->lineage, sizeof(stored.lineage));
    rig_done(&rig);
}

static void resend_gets_the_original_answer(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    RIG_APPEND(&rig, 1, 1, { "KZ-35", 1, 1, "a", 0 }, { "KZ-35", 1, 2, "b", KADR_OUTCOME_REFUSED });
    rig_settle(&rig);
    const struct kadr_receipt first = *rig_receipt(&rig, 1, 1, 0), second = *rig_receipt(&rig, 1, 1, 1);
    RIG_APPEND(&rig, 2, 9, { "KZ-35", 1, 2, "b", 0 }, { "KZ-35", 1, 1, "a", 0 });
    assert_false(rig.in_flight); /* free: nothing to write */
    const struct kadr_receipt *again = rig_receipt(&rig, 2, 9, 1);
    assert_int_equal(again->outcome, KADR_OUTCOME_DUPLICATE);
    assert_int_equal(again->commit, first.commit);
    assert_int_equal(again->accepted, first.accepted);
    assert_true(kadr_digest_equal(&again->digest, &first.digest));
    again = rig_receipt(&rig, 2, 9, 0);
    assert_int_equal(again->commit, second.commit);
    assert_int_equal(again->accepted, 0); /* as it was judged then */
    assert_int_equal(again->rejected, 3);
    assert_int_equal(rig_status(&rig).duplicates, 2);
    rig_done(&rig);
}

static void resend_after_a_restart(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    RIG_APPEND(&rig, 1, 1, { "KZ-35", 1, 1, "a", 0 });
    rig_settle(&rig);
    RIG_APPEND(&rig, 1, 2, { "KZ-35", 1, 2, "b", 0 });
    rig_restart(&rig); /* 2 was in flight: gone */
    rig_forget(&rig);
    RIG_APPEND(&rig, 1, 3, { "KZ-35", 1, 1, "a", 0 }, { "KZ-35", 1, 2, "b", 0 });
    rig_settle(&rig);
    assert_int_equal(rig_receipt(&rig, 1, 3, 0)->outcome, KADR_OUTCOME_DUPLICATE);
    assert_int_equal(rig_receipt(&rig, 1, 3, 0)->commit, 3);
    assert_int_equal(rig_receipt(&rig, 1, 3, 1)->outcome, KADR_OUTCOME_COMMITTED);
    assert_int_equal(rig_receipt(&rig, 1, 3, 1)->commit, 4);
    assert_int_equal(rig_status(&rig).day, RIG_DAY); /* read back, not journalled again */
    rig_done(&rig);
}

static void other_content_is_refused(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    RIG_APPEND(&rig, 1, 1, { "KZ-35", 1, 1, "a", 0 });
    RIG_APPEND(&rig, 1, 2, { "KZ-35", 1, 1, "in flight, but other", 0 });
    assert_int_equal(rig_refusal(&rig, 1, 2, 0, KADR_DIAG_SEQUENCE_REUSED)->sequence, 1);
    rig_settle(&rig);
    RIG_APPEND(&rig, 1, 3, { "KZ-35", 1, 1, "durable, but other", 0 });
    (void)rig_refusal(&rig, 1, 3, 0, KADR_DIAG_SEQUENCE_REUSED);
    assert_int_equal(rig_status(&rig).refused[KADR_STORAGE_SEQUENCE_REUSED], 2);
    assert_int_equal(rig_status(&rig).head, 3);
    rig_done(&rig);
}

static void gap_names_the_number_expected(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    RIG_APPEND(&rig, 1, 1, { "KZ-35", 1, 1, "a", 0 }, { "KZ-35", 1, 3, "c", 0 }, { "KZ-35", 1, 2, "b", 0 },
               { "KZ-35", 1, 9, "i", 0 });
    rig_settle(&rig);
    assert_int_equal(rig_refusal(&rig, 1, 1, 1, KADR_DIAG_SEQUENCE_GAP)->expected_sequence, 2);
    assert_int_equal(rig_receipt(&rig, 1, 1, 2)->commit, 4);
    assert_int_equal(rig_refusal(&rig, 1, 1, 3, KADR_DIAG_SEQUENCE_GAP)->expected_sequence, 3);
    assert_int_equal(rig_refusal(&rig, 1, 1, 3, KADR_DIAG_SEQUENCE_GAP)->retry_after_ms, 0);
    rig_done(&rig);
}

static void sequence_zero_is_no_number(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    RIG_APPEND(&rig, 1, 1, { "KZ-35", 1, 0, "a", 0 });
    (void)rig_refusal(&rig, 1, 1, 0, KADR_DIAG_BAD_FRAME);
    rig_done(&rig);
}

static void streams_and_offices_do_not_mix(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    RIG_APPEND(&rig, 1, 1, { "KZ-35", 1, 1, "a", 0 }, { "KZ-33", 1, 1, "b", 0 }, { "KZ-35", 2, 1, "c", 0 },
               { "KZ-35", 1, 2, "d", 0 });
    rig_settle(&rig);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(rig_receipt(&rig, 1, 1, i)->commit, 3 + i);
        assert_int_equal(rig_receipt(&rig, 1, 1, i)->outcome, KADR_OUTCOME_COMMITTED);
    }
    rig_done(&rig);
}

/* A copied outbox: one id, many offices. Enough of them to meet in every table of streams. */
static void one_stream_id_at_many_offices(void **state)
{
    (void)state;
    struct rig rig;
    char offices[500][16];
    struct rig_report reports[500];
    rig_up(&rig);
    for (size_t i = 0; i < KADR_COUNT(reports); i++) {
        (void)snprintf(offices[i], sizeof(offices[i]), "KZ-%u", (unsigned)i);
        reports[i] = (struct rig_report){ offices[i], 1, 1, "a", 0 };
    }
    assert_int_equal(rig_append(&rig, 1, 1, reports, KADR_COUNT(reports)), 0);
    rig_settle(&rig);
    for (size_t i = 0; i < KADR_COUNT(reports); i++) {
        assert_int_equal(rig_receipt(&rig, 1, 1, i)->outcome, KADR_OUTCOME_COMMITTED);
    }
    rig_done(&rig);
}

static void duplicate_in_flight_waits_for_the_commit(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    RIG_APPEND(&rig, 1, 1, { "KZ-35", 1, 1, "a", 0 });
    RIG_APPEND(&rig, 2, 2, { "KZ-35", 1, 1, "a", 0 }, { "KZ-35", 1, 2, "b", 0 });
    RIG_APPEND(&rig, 3, 3, { "KZ-35", 1, 1, "a", 0 });
    assert_int_equal(rig.reply_count, 0);
    assert_int_equal(rig_disk(&rig, 0), 0);
    assert_int_equal(rig_receipt(&rig, 1, 1, 0)->outcome, KADR_OUTCOME_COMMITTED);
    assert_int_equal(rig_receipt(&rig, 3, 3, 0)->outcome, KADR_OUTCOME_DUPLICATE);
    assert_int_equal(rig_receipt(&rig, 3, 3, 0)->commit, 3);
    assert_int_equal(rig_replies_to(&rig, 2), 0); /* its second report is on its way only now */
    rig_settle(&rig);
    assert_int_equal(rig_receipt(&rig, 2, 2, 0)->outcome, KADR_OUTCOME_DUPLICATE);
    assert_int_equal(rig_receipt(&rig, 2, 2, 0)->accepted, 1);
    assert_int_equal(rig_receipt(&rig, 2, 2, 1)->commit, 4);
    rig_done(&rig);
}

static void refused_report_advances_the_mark(void **state)
{
    (void)state;
    struct rig rig;
    uint64_t mark = 0;
    rig_up(&rig);
    RIG_APPEND(&rig, 1, 1, { "KZ-35", 1, 1, "bad", KADR_OUTCOME_REFUSED },
               { "KZ-35", 1, 2, "?", KADR_OUTCOME_HELD }, { "KZ-35", 1, 3, "good", 0 });
    rig_settle(&rig);
    assert_int_equal(rig_receipt(&rig, 1, 1, 0)->outcome, KADR_OUTCOME_REFUSED);
    assert_int_equal(rig_receipt(&rig, 1, 1, 1)->outcome, KADR_OUTCOME_HELD);
    assert_int_equal(rig_receipt(&rig, 1, 1, 2)->outcome, KADR_OUTCOME_COMMITTED);
    assert_int_equal(rig.store.mark(rig.store.self, "KZ-35", &(struct kadr_id){ { 1 } }, &mark), 0);
    assert_int_equal(mark, 3);
    rig_done(&rig);
}

static void batches_form_while_the_disk_works(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    RIG_APPEND(&rig, 1, 1, { "KZ-35", 1, 1, "a", 0 });
    assert_int_equal(rig.record_count, 1);
    for (uint64_t i = 2; i <= 10; i++) {
        RIG_APPEND(&rig, 1, i, { "KZ-35", 1, i, "more", 0 });
    }
    assert_int_equal(rig.record_count, 1); /* one batch at a time */
    assert_int_equal(rig_disk(&rig, 0), 0);
    assert_int_equal(rig.record_count, 9); /* all that came meanwhile is the next one */
    rig_settle(&rig);
    assert_int_equal(rig_status(&rig).commits, 3);
    assert_int_equal(rig_status(&rig).queue_items, 0);
    assert_int_equal(rig_status(&rig).queue_bytes, 0);
    rig_done(&rig);
}

static void batch_is_bounded(void **state)
{
    (void)state;
    struct rig rig;
    static struct rig_report reports[KADR_MAX_APPEND_ITEMS];
    rig_up(&rig);
    for (uint8_t stream = 1; stream <= 2; stream++) {
        for (size_t i = 0; i < KADR_MAX_APPEND_ITEMS; i++) {
            reports[i] = (struct rig_report){ "KZ-35", stream, i + 1, "x", 0 };
        }
        assert_int_equal(rig_append(&rig, 1, stream, reports, KADR_MAX_APPEND_ITEMS), 0);
    }
    assert_int_equal(rig.record_count, KADR_MAX_BATCH_RECORDS);
    rig_settle(&rig);
    assert_int_equal(rig_receipt(&rig, 1, 2, KADR_MAX_APPEND_ITEMS - 1)->commit,
                     2 + 2 * KADR_MAX_APPEND_ITEMS);
    rig_done(&rig);
}

static void full_queue_says_retry_later(void **state)
{
    (void)state;
    struct rig rig;
    static struct rig_report reports[KADR_MAX_APPEND_ITEMS];
    rig_up(&rig);
    RIG_APPEND(&rig, 1, 1, { "KZ-33", 9, 1, "holds the disk", 0 });
    uint64_t requests = KADR_MAX_STORE_QUEUE / KADR_MAX_APPEND_ITEMS;
    for (uint64_t r = 0; r < requests; r++) {
        for (size_t i = 0; i < KADR_MAX_APPEND_ITEMS; i++) {
            reports[i] = (struct rig_report){ "KZ-35", 1, r * KADR_MAX_APPEND_ITEMS + i + 1, "x", 0 };
        }
        assert_int_equal(rig_append(&rig, 1, 100 + r, reports, KADR_MAX_APPEND_ITEMS), 0);
    }
    /* The last request passed the bound and was refused as a whole. */
    const struct kadr_refusal *refusal = rig_refusal(&rig, 1, 99 + requests, 0, KADR_DIAG_RETRY_LATER);
    assert_true(refusal->retry_after_ms > 0);
    (void)rig_refusal(&rig, 1, 99 + requests, KADR_MAX_APPEND_ITEMS - 1, KADR_DIAG_RETRY_LATER);
    assert_int_equal(rig_status(&rig).refused[KADR_STORAGE_QUEUE_FULL], KADR_MAX_APPEND_ITEMS);
    rig_settle(&rig);
    assert_int_equal(rig_status(&rig).queue_bytes, 0);
    /* and is taken when there is room again */
    assert_int_equal(rig_append(&rig, 1, 999, reports, KADR_MAX_APPEND_ITEMS), 0);
    rig_settle(&rig);
    assert_int_equal(rig_receipt(&rig, 1, 999, 0)->outcome, KADR_OUTCOME_COMMITTED);
    rig_done(&rig);
}

static void full_disk_refuses_and_resumes(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    RIG_APPEND(&rig, 1, 1, { "KZ-35", 1, 1, "a", 0 });
    RIG_APPEND(&rig, 1, 2, { "KZ-35", 1, 2, "b", 0 });
    RIG_APPEND(&rig, 2, 3, { "KZ-35", 1, 1, "a", 0 });
    assert_int_equal(rig_disk(&rig, KADR_ENOSPC), 0);
    assert_string_equal(rig_refusal(&rig, 1, 1, 0, KADR_DIAG_RETRY_LATER)->diag.diag.arg[0], "storage_full");
    (void)rig_refusal(&rig, 1, 2, 0, KADR_DIAG_RETRY_LATER); /* it would have left a gap */
    (void)rig_refusal(&rig, 2, 3, 0, KADR_DIAG_RETRY_LATER);
    assert_false(rig.in_flight);
    assert_int_equal(rig_status(&rig).queue_items, 0);
    rig_forget(&rig);
    RIG_APPEND(&rig, 1, 4, { "KZ-35", 1, 1, "a", 0 }, { "KZ-35", 1, 2, "b", 0 });
    rig_settle(&rig);
    assert_int_equal(rig_receipt(&rig, 1, 4, 0)->commit, 3); /* no number was used up */
    assert_int_equal(rig_receipt(&rig, 1, 4, 1)->commit, 4);
    rig_done(&rig);
}

static void failed_commit_is_the_end(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    RIG_APPEND(&rig, 1, 1, { "KZ-35", 1, 1, "a", 0 });
    assert_int_equal(rig_disk(&rig, KADR_EIO), KADR_EIO);
    assert_string_not_equal(kadr_storage_why(rig.st), "");
    assert_int_equal(rig.reply_count, 0); /* nothing is acknowledged */
    rig_done(&rig);
}

static void clock_ahead_does_not_outrank(void **state)
{
    (void)state;
    struct rig rig;
    struct kadr_arena *arena = NULL;
    rig_up(&rig);
    assert_int_equal(kadr_arena_new(1u << 20, &arena), 0);
    struct kadr_append_item *item = kadr_arena_calloc(arena, 1, sizeof(*item));
    rig_fill_item(&(struct rig_report){ "KZ-35", 1, 1, "a", 0 }, arena, item);
    item->stated_at_ms = 5000; /* received at 2000 */
    const struct kadr_store_request message = { .kind = KADR_STORE_APPEND,
                                                .append = { .request = 1, .items = item, .count = 1 } };
    struct kadr_storage_event event = { .kind = KADR_STORAGE_REQUEST, .peer = rig_peer(1) };
    event.request.message = &message;
    event.request.arena = arena;
    assert_int_equal(rig_step(&rig, event), 0);
    struct kadr_envelope envelope;
    assert_int_equal(kadr_decode_envelope(rig.records[0].envelope, rig.arena, &envelope, NULL), 0);
    assert_int_equal(envelope.stated_at_ms, 2000);
    assert_int_equal(envelope.received_at_ms, 2000);
    assert_int_equal(envelope.committed_at_ms, rig.wall_ms);
    rig_settle(&rig);
    rig_done(&rig);
}

static int check_chain(void *context, const struct kadr_record *record)
{
    struct kadr_digest *digest = context;
    *digest = kadr_record_chain(digest, record->commit, record->envelope, record->message);
    assert_true(kadr_digest_equal(digest, &record->digest));
    return 0;
}

static void digests_chain_from_the_first_record(void **state)
{
    (void)state;
    struct rig rig;
    struct kadr_digest digest = { { 0 } };
    rig_up(&rig);
    for (uint64_t i = 1; i <= 50; i++) {
        RIG_APPEND(&rig, 1, i, { "KZ-35", 1, i, "x", 0 });
        if (i % 7 == 0) {
            rig_settle(&rig);
        }
    }
    rig_settle(&rig);
    assert_int_equal(rig.store.read(rig.store.self, 1, 1000, SIZE_MAX, check_chain, &digest), 0);
    struct kadr_store_state stored;
    assert_int_equal(rig.store.state(rig.store.self, &stored), 0);
    assert_int_equal(stored.head, 52);
    assert_true(kadr_digest_equal(&digest, &stored.digest));
    rig_done(&rig);
}

static void stop_finishes_what_was_taken(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    RIG_APPEND(&rig, 1, 1, { "KZ-35", 1, 1, "a", 0 });
    RIG_APPEND(&rig, 1, 2, { "KZ-35", 1, 2, "b", 0 });
    assert_int_equal(rig_step(&rig, (struct kadr_storage_event){ .kind = KADR_STORAGE_STOP }), 0);
    assert_false(kadr_storage_idle(rig.st));
    RIG_APPEND(&rig, 1, 3, { "KZ-35", 1, 3, "c", 0 });
    assert_string_equal(rig_refusal(&rig, 1, 3, 0, KADR_DIAG_RETRY_LATER)->diag.diag.arg[0], "stopping");
    rig_settle(&rig);
    assert_true(kadr_storage_idle(rig.st));
    assert_int_equal(rig_receipt(&rig, 1, 2, 0)->commit, 4);
    rig_done(&rig);
}

static void stall_is_measured_from_the_last_commit(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    assert_int_equal(rig_status(&rig).stalled_since_ns, 0);
    rig.now_ns = KADR_S(10);
    RIG_APPEND(&rig, 1, 1, { "KZ-35", 1, 1, "a", 0 });
    rig.now_ns = KADR_S(12);
    RIG_APPEND(&rig, 1, 2, { "KZ-35", 1, 2, "b", 0 });
    assert_int_equal(rig_status(&rig).stalled_since_ns, KADR_S(10));
    rig.now_ns = KADR_S(14);
    assert_int_equal(rig_disk(&rig, 0), 0);
    assert_int_equal(rig_status(&rig).stalled_since_ns, KADR_S(14));
    rig_settle(&rig);
    assert_int_equal(rig_status(&rig).stalled_since_ns, 0);
    rig_done(&rig);
}

static void ping_tells_the_position(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    assert_int_equal(
        rig_request(&rig, 1, (struct kadr_store_request){ .kind = KADR_STORE_PING, .ping_nonce = 42 }), 0);
    const struct kadr_pong *pong = &rig_reply(&rig, 1, KADR_STORE_PONG, 0)->pong;
    assert_int_equal(pong->nonce, 42);
    assert_int_equal(pong->commit, 2);
    assert_int_equal(pong->day, RIG_DAY);
    assert_true(pong->has_lineage && pong->has_reference);
    assert_true(kadr_digest_equal(&pong->reference, rig_status(&rig).reference));
    rig_done(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_start_journals_reference_and_day),
        cmocka_unit_test(receipt_only_after_the_commit),
        cmocka_unit_test(resend_gets_the_original_answer),
        cmocka_unit_test(resend_after_a_restart),
        cmocka_unit_test(other_content_is_refused),
        cmocka_unit_test(gap_names_the_number_expected),
        cmocka_unit_test(sequence_zero_is_no_number),
        cmocka_unit_test(streams_and_offices_do_not_mix),
        cmocka_unit_test(one_stream_id_at_many_offices),
        cmocka_unit_test(duplicate_in_flight_waits_for_the_commit),
        cmocka_unit_test(refused_report_advances_the_mark),
        cmocka_unit_test(batches_form_while_the_disk_works),
        cmocka_unit_test(batch_is_bounded),
        cmocka_unit_test(full_queue_says_retry_later),
        cmocka_unit_test(full_disk_refuses_and_resumes),
        cmocka_unit_test(failed_commit_is_the_end),
        cmocka_unit_test(clock_ahead_does_not_outrank),
        cmocka_unit_test(digests_chain_from_the_first_record),
        cmocka_unit_test(stop_finishes_what_was_taken),
        cmocka_unit_test(stall_is_measured_from_the_last_commit),
        cmocka_unit_test(ping_tells_the_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
