/* SPDX-License-Identifier: Apache-2.0 */
/* The storage core's bounds under resends: what a peer may send again for ever must not grow for ever, and
 * an answer must fit into a frame, or the peer asks in vain for ever.
 */
#include "core/storage_rig.h"

/* A disk that hangs for hours: offices send again what is not answered, each time through a new append. */
static void resends_to_a_disk_that_hangs_are_bounded(void **state)
{
    (void)state;
    struct rig rig;
    static struct rig_report reports[KADR_MAX_APPEND_ITEMS];
    rig_up(&rig);
    for (size_t i = 0; i < KADR_MAX_APPEND_ITEMS; i++) {
        reports[i] = (struct rig_report){ "KZ-35", 1, i + 1, "x", 0 };
    }
    uint64_t requests = 2 * KADR_MAX_STORE_QUEUE / KADR_MAX_APPEND_ITEMS;
    for (uint64_t request = 1; request <= requests; request++) {
        assert_int_equal(rig_append(&rig, 1, request, reports, KADR_MAX_APPEND_ITEMS), 0);
        assert_in_range(rig_status(&rig).queue_items, 1, KADR_MAX_STORE_QUEUE);
    }
    assert_true(rig_refusal(&rig, 1, requests, 0, KADR_DIAG_RETRY_LATER)->retry_after_ms > 0);
    rig_settle(&rig);
    assert_int_equal(rig_receipt(&rig, 1, 1, 0)->outcome, KADR_OUTCOME_COMMITTED);
    assert_int_equal(rig_receipt(&rig, 1, 2, 0)->outcome, KADR_OUTCOME_DUPLICATE); /* waited */
    assert_int_equal(rig_status(&rig).queue_items, 0);
    rig_done(&rig);
}

static void stop_does_not_refuse_a_resend_of_what_was_taken(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    RIG_APPEND(&rig, 1, 1, { "KZ-35", 1, 1, "a", 0 });
    assert_int_equal(rig_step(&rig, (struct kadr_storage_event){ .kind = KADR_STORAGE_STOP }), 0);
    RIG_APPEND(&rig, 2, 2, { "KZ-35", 1, 1, "a", 0 });
    rig_settle(&rig);
    assert_int_equal(rig_receipt(&rig, 2, 2, 0)->outcome, KADR_OUTCOME_DUPLICATE);
    rig_done(&rig);
}

/* ---- answers that fit into a frame ---- */

#define BAD_REPORTS 300
#define BAD_AT_ONCE 20

static void add_diags(struct kadr_arena *arena, struct kadr_append_item *item)
{
    struct kadr_diag diag = { .code = KADR_DIAG_UNKNOWN_UNIT, .observation = 0, .arg = { "a unit" } };
    struct kadr_wire_diag *diags = kadr_arena_calloc(arena, KADR_MAX_DIAGNOSTICS, sizeof(*diags));
    assert_non_null(diags);
    for (size_t i = 0; i < KADR_MAX_DIAGNOSTICS; i++) {
        assert_int_equal(kadr_wire_diag_from(&diag, arena, &diags[i]), 0);
    }
    item->diags = diags;
    item->diag_count = KADR_MAX_DIAGNOSTICS;
    item->outcome = KADR_OUTCOME_REFUSED;
}

/* Sequences first … first + count - 1 of one stream, judged as bad as can be, or well. */
static void append_run(struct rig *rig, uint64_t first, size_t count, bool bad)
{
    struct kadr_arena *arena = NULL;
    assert_int_equal(kadr_arena_new(KADR_MAX_ARENA_BYTES, &arena), 0);
    struct kadr_append_item *items = kadr_arena_calloc(arena, count, sizeof(*items));
    assert_non_null(items);
    for (size_t i = 0; i < count; i++) {
        rig_fill_item(&(struct rig_report){ "KZ-35", 1, first + i, "x", 0 }, arena, &items[i]);
        if (bad) {
            add_diags(arena, &items[i]);
        }
    }
    const struct kadr_store_request message = {
        .kind = KADR_STORE_APPEND, .append = { .request = first, .items = items, .count = count }
    };
    struct kadr_storage_event event = { .kind = KADR_STORAGE_REQUEST, .peer = rig_peer(1) };
    event.request.message = &message;
    event.request.arena = arena;
    assert_int_equal(rig_step(rig, event), 0);
    rig_settle(rig);
}

static size_t frame_bytes(const struct kadr_store_reply *reply)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf frame;
    kadr_buf_init(&frame, 0);
    kadr_encode_store_reply(reply, &frame);
    assert_int_equal(frame.err, 0);
    return frame.len;
}

/* Reports full of unknown units, answered while ingestd was away; then the catalogue learns the units and the
 * resends come in one append: small now, while the first answers are large. */
static void old_answers_fit_into_a_frame(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    for (uint64_t first = 1; first <= BAD_REPORTS; first += BAD_AT_ONCE) {
        append_run(&rig, first, BAD_AT_ONCE, true);
        rig_forget(&rig);
    }
    size_t answered = 0;
    while (answered < BAD_REPORTS) {
        rig_forget(&rig);
        append_run(&rig, answered + 1, BAD_REPORTS - answered, false);
        assert_in_range(frame_bytes(rig_reply(&rig, 1, KADR_STORE_APPENDED, 0)), 1, KADR_MAX_FRAME_BYTES);
        size_t count = 0;
        while (answered + count < BAD_REPORTS && !rig_result(&rig, 1, answered + 1, count)->refused) {
            assert_int_equal(rig_receipt(&rig, 1, answered + 1, count)->diag_count, KADR_MAX_DIAGNOSTICS);
            count++;
        }
        assert_true(count > 0); /* each resend brings the office forward */
        if (answered + count < BAD_REPORTS) {
            (void)rig_refusal(&rig, 1, answered + 1, count, KADR_DIAG_RETRY_LATER);
        }
        answered += count;
    }
    rig_done(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resends_to_a_disk_that_hangs_are_bounded),
        cmocka_unit_test(stop_does_not_refuse_a_resend_of_what_was_taken),
        cmocka_unit_test(old_answers_fit_into_a_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
