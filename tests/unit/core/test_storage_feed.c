/* SPDX-License-Identifier: Apache-2.0 */
/* Followers of the journal: order, credit, catching up, and reference data alone. */
#include "core/storage_rig.h"

/* The feed frames to a peer since rig_forget(): checks that records follow each other from `next` on, and
 * returns the commit expected after them. */
static uint64_t follow_on(const struct rig *rig, uint8_t peer, uint64_t next, size_t *ret_frames)
{
    size_t frames = 0;
    for (size_t i = 0; i < rig->reply_count; i++) {
        const struct kadr_store_reply *reply = &rig->replies[i].reply;
        if (rig->replies[i].peer != peer || reply->kind != KADR_STORE_FEED) {
            continue;
        }
        frames++;
        for (size_t r = 0; r < reply->feed.count; r++) {
            assert_int_equal(reply->feed.records[r].commit, next++);
            assert_true(reply->feed.head >= reply->feed.records[r].commit);
        }
    }
    if (ret_frames) {
        *ret_frames = frames;
    }
    return next;
}

static void append_some(struct rig *rig, uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i <= to; i++) {
        RIG_APPEND(rig, 200, i, { "KZ-35", 1, i, "some report", 0 });
        rig_settle(rig);
    }
}

static void from_the_beginning_then_live(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    append_some(&rig, 1, 3);
    rig_forget(&rig);
    rig_follow(&rig, 1, 1, 100, false);
    rig_settle(&rig);
    assert_int_equal(follow_on(&rig, 1, 1, NULL), 6);
    assert_int_equal(rig_reply(&rig, 1, KADR_STORE_FEED, 0)->feed.head, 5);
    rig_forget(&rig);
    append_some(&rig, 4, 5);
    assert_int_equal(follow_on(&rig, 1, 6, NULL), 8);
    assert_false(rig.more);
    rig_done(&rig);
}

static void records_are_those_of_the_journal(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    append_some(&rig, 1, 1);
    rig_follow(&rig, 1, 3, 100, false); /* from the store */
    rig_settle(&rig);
    const struct kadr_record stored = rig_reply(&rig, 1, KADR_STORE_FEED, 0)->feed.records[0];
    assert_int_equal(stored.message.len, strlen("some report"));
    assert_memory_equal(stored.message.data, "some report", stored.message.len);
    RIG_APPEND(&rig, 2, 2, { "KZ-35", 1, 2, "live", 0 }); /* from memory */
    rig_settle(&rig);
    const struct kadr_record live = rig_reply(&rig, 1, KADR_STORE_FEED, 1)->feed.records[0];
    struct kadr_digest digest = kadr_record_chain(&stored.digest, 4, live.envelope, live.message);
    assert_true(kadr_digest_equal(&digest, &live.digest));
    rig_done(&rig);
}

static void caught_up_is_said(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    rig_follow(&rig, 1, 3, 100, false);
    const struct kadr_store_reply *reply = rig_reply(&rig, 1, KADR_STORE_FEED, 0);
    assert_int_equal(reply->feed.count, 0);
    assert_int_equal(reply->feed.head, 2);
    rig_done(&rig);
}

static void credit_is_an_absolute_limit(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    append_some(&rig, 1, 10);
    rig_follow(&rig, 1, 1, 4, false);
    rig_settle(&rig);
    assert_int_equal(follow_on(&rig, 1, 1, NULL), 5);
    append_some(&rig, 11, 12); /* none of its business */
    assert_int_equal(follow_on(&rig, 1, 1, NULL), 5);
    rig_credit(&rig, 1, 4); /* the same limit again: not four more */
    rig_settle(&rig);
    assert_int_equal(follow_on(&rig, 1, 1, NULL), 5);
    rig_credit(&rig, 1, 7);
    rig_settle(&rig);
    assert_int_equal(follow_on(&rig, 1, 1, NULL), 8);
    rig_credit(&rig, 1, UINT64_MAX);
    rig_settle(&rig);
    assert_int_equal(follow_on(&rig, 1, 1, NULL), 15);
    rig_credit(&rig, 1, 3); /* late message: never less */
    append_some(&rig, 13, 13);
    assert_int_equal(follow_on(&rig, 1, 1, NULL), 16);
    rig_done(&rig);
}

static void live_batch_stops_at_the_credit(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    rig_follow(&rig, 1, 3, 2, false);
    RIG_APPEND(&rig, 2, 1, { "KZ-35", 1, 1, "a", 0 }, { "KZ-35", 1, 2, "b", 0 }, { "KZ-35", 1, 3, "c", 0 });
    rig_settle(&rig);
    assert_int_equal(follow_on(&rig, 1, 3, NULL), 5);
    rig_credit(&rig, 1, 100);
    rig_settle(&rig);
    assert_int_equal(follow_on(&rig, 1, 3, NULL), 6);
    rig_done(&rig);
}

static void frames_are_bounded(void **state)
{
    (void)state;
    struct rig rig;
    static char large[400 << 10];
    memset(large, 'x', sizeof(large) - 1);
    size_t frames = 0;
    rig_up(&rig);
    rig_follow(&rig, 1, 3, 1000, false);
    for (uint64_t i = 1; i <= 5; i++) {
        RIG_APPEND(&rig, 2, i, { "KZ-35", 1, i, large, 0 });
    }
    rig_settle(&rig);
    assert_int_equal(follow_on(&rig, 1, 3, &frames), 8);
    assert_int_equal(frames, 1 + 1 + 2); /* caught up; the first alone; two and two */
    rig_follow(&rig, 3, 3, 1000, false);
    rig_settle(&rig);
    assert_int_equal(follow_on(&rig, 3, 3, &frames), 8);
    assert_int_equal(frames, 3); /* from the store: two, two, one */
    rig_done(&rig);
}

static void reference_only_gets_the_current_ones(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    append_some(&rig, 1, 3);
    rig.wall_ms += INT64_C(86400000);
    assert_int_equal(rig_step(&rig, (struct kadr_storage_event){ .kind = KADR_STORAGE_TICK }), 0);
    rig_settle(&rig); /* commit 6: the next day */
    rig_follow(&rig, 1, 1, 100, true);
    rig_settle(&rig);
    assert_int_equal(rig_reply(&rig, 1, KADR_STORE_FEED, 0)->feed.records[0].commit, 1);
    assert_int_equal(rig_reply(&rig, 1, KADR_STORE_FEED, 1)->feed.records[0].commit, 6);
    assert_int_equal(rig_replies_to(&rig, 1), 2);
    append_some(&rig, 4, 6);
    assert_int_equal(rig_replies_to(&rig, 1), 2); /* reports are not its business */
    kadr_buf_add_str(&rig.files[0], "\n");
    assert_int_equal(rig_apply(&rig, 9, false), 0);
    rig_settle(&rig);
    const struct kadr_store_reply *reply = rig_reply(&rig, 1, KADR_STORE_FEED, 2);
    assert_int_equal(reply->feed.count, 1);
    assert_int_equal(reply->feed.records[0].commit, 10);
    rig_done(&rig);
}

static void other_lineage_is_refused(void **state)
{
    (void)state;
    struct rig rig;
    struct kadr_store_request message = { .kind = KADR_STORE_FOLLOW };
    rig_up(&rig);
    message.follow.has_lineage = true;
    message.follow.lineage = (struct kadr_id){ { 'x' } };
    message.follow.from = 1;
    message.follow.credit = 10;
    assert_int_equal(rig_request(&rig, 1, message), 0);
    (void)rig_reply(&rig, 1, KADR_STORE_REFUSAL, 0);
    message.follow.lineage = rig_status(&rig).lineage;
    assert_int_equal(rig_request(&rig, 2, message), 0);
    rig_settle(&rig);
    assert_int_equal(follow_on(&rig, 2, 1, NULL), 3);
    rig_follow(&rig, 3, 4, 10, false); /* the head is 2: 3 is next, 4 cannot be known */
    (void)rig_reply(&rig, 3, KADR_STORE_REFUSAL, 0);
    assert_int_equal(rig_status(&rig).followers, 1);
    rig_done(&rig);
}

/* As after a restart of storaged: the follower would take a refusal for one of its Follow and begin anew. */
static void credit_of_one_who_does_not_follow_has_no_answer(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    rig_credit(&rig, 4, 10);
    assert_int_equal(rig_replies_to(&rig, 4), 0);
    assert_int_equal(rig_status(&rig).followers, 0);
    rig_done(&rig);
}

static void gone_peer_is_forgotten(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    rig_follow(&rig, 1, 3, 100, false);
    rig_forget(&rig);
    struct kadr_storage_event event = { .kind = KADR_STORAGE_PEER_GONE, .peer = rig_peer(1) };
    assert_int_equal(rig_step(&rig, event), 0);
    append_some(&rig, 1, 1);
    assert_int_equal(rig_replies_to(&rig, 1), 0);
    rig_done(&rig);
}

static void silent_follower_gives_way_when_all_places_are_taken(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    for (uint8_t peer = 1; peer <= KADR_MAX_FEEDS; peer++) {
        rig_follow(&rig, peer, 3, 100, false);
    }
    rig_follow(&rig, 100, 3, 100, false);
    (void)rig_reply(&rig, 100, KADR_STORE_REFUSAL, 0); /* all are alive */
    rig.now_ns += KADR_S(10);
    rig_credit(&rig, 7, 100); /* 3 is silent for longer */
    rig.now_ns += KADR_S(60);
    for (uint8_t peer = 1; peer <= KADR_MAX_FEEDS; peer++) {
        if (peer != 7 && peer != 3) {
            rig_credit(&rig, peer, 100);
        }
    }
    rig_forget(&rig);
    rig_follow(&rig, 100, 3, 100, false);
    append_some(&rig, 1, 1);
    assert_int_equal(follow_on(&rig, 100, 3, NULL), 4);
    assert_int_equal(rig_replies_to(&rig, 3), 0);
    assert_int_equal(follow_on(&rig, 7, 3, NULL), 4);
    assert_int_equal(follow_on(&rig, 8, 3, NULL), 4);
    rig_done(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_the_beginning_then_live),
        cmocka_unit_test(records_are_those_of_the_journal),
        cmocka_unit_test(caught_up_is_said),
        cmocka_unit_test(credit_is_an_absolute_limit),
        cmocka_unit_test(live_batch_stops_at_the_credit),
        cmocka_unit_test(frames_are_bounded),
        cmocka_unit_test(reference_only_gets_the_current_ones),
        cmocka_unit_test(other_lineage_is_refused),
        cmocka_unit_test(credit_of_one_who_does_not_follow_has_no_answer),
        cmocka_unit_test(gone_peer_is_forgotten),
        cmocka_unit_test(silent_follower_gives_way_when_all_places_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
