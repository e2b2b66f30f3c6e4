/* SPDX-License-Identifier: Apache-2.0 */
/* Reference data and the day: written by storaged alone, checked before, never backwards. */
#include "core/storage_rig.h"

/* Cuts the last line of a file of the rig. */
static void cut_last_line(struct kadr_buf *file)
{
    size_t len = file->len;
    while (len > 0 && file->data[len - 1] == '\n') {
        len--;
    }
    while (len > 0 && file->data[len - 1] != '\n') {
        len--;
    }
    file->len = len;
}

static void unchanged_is_not_journalled(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    assert_int_equal(rig_apply(&rig, 1, false), 0);
    assert_false(rig.in_flight);
    const struct kadr_store_reply *reply = rig_reply(&rig, 1, KADR_STORE_APPLIED, 0);
    assert_true(reply->applied.unchanged);
    assert_false(reply->applied.applied);
    assert_int_equal(reply->applied.commit, 1);
    rig_done(&rig);
}

static void applied_is_answered_after_the_commit(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    struct kadr_digest before = *rig_status(&rig).reference;
    kadr_buf_add_str(&rig.files[0], "\n");
    assert_int_equal(rig_apply(&rig, 1, false), 0);
    assert_true(rig.in_flight);
    assert_int_equal(rig.reply_count, 0);
    assert_true(kadr_digest_equal(rig_status(&rig).reference, &before)); /* not in force yet */
    rig_settle(&rig);
    const struct kadr_store_reply *reply = rig_reply(&rig, 1, KADR_STORE_APPLIED, 0);
    assert_true(reply->applied.applied);
    assert_int_equal(reply->applied.commit, 3);
    assert_true(kadr_digest_equal(rig_status(&rig).reference, &reply->applied.reference));
    assert_false(kadr_digest_equal(&before, &reply->applied.reference));
    struct kadr_digest applied = reply->applied.reference;
    rig_restart(&rig);
    assert_true(kadr_digest_equal(rig_status(&rig).reference, &applied)); /* read back */
    assert_int_equal(rig_status(&rig).reference_commit, 3);
    rig_done(&rig);
}

static void dry_run_changes_nothing(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    kadr_buf_add_str(&rig.files[0], "\n");
    assert_int_equal(rig_apply(&rig, 1, true), 0);
    assert_false(rig.in_flight);
    const struct kadr_store_reply *reply = rig_reply(&rig, 1, KADR_STORE_APPLIED, 0);
    assert_false(reply->applied.applied);
    assert_false(reply->applied.unchanged);
    assert_int_equal(reply->applied.diag_count, 0);
    assert_int_equal(rig_status(&rig).head, 2);
    rig_done(&rig);
}

static void malformed_is_refused_with_its_place(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    kadr_buf_add_str(&rig.files[2], "only,one\n");
    assert_int_equal(rig_apply(&rig, 1, false), 0);
    assert_false(rig.in_flight);
    const struct kadr_store_reply *reply = rig_reply(&rig, 1, KADR_STORE_APPLIED, 0);
    assert_false(reply->applied.applied);
    assert_true(reply->applied.diag_count > 0);
    assert_string_equal(reply->applied.diags[0].file, "members.csv");
    assert_true(reply->applied.diags[0].diag.diag.line > 1);
    assert_int_equal(rig_status(&rig).head, 2);
    rig_done(&rig);
}

static void lost_code_is_refused(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    cut_last_line(&rig.files[1]);
    assert_int_equal(rig_apply(&rig, 1, false), 0);
    const struct kadr_store_reply *reply = rig_reply(&rig, 1, KADR_STORE_APPLIED, 0);
    assert_false(reply->applied.applied);
    bool lost = false;
    for (size_t i = 0; i < reply->applied.diag_count; i++) {
        lost = lost || reply->applied.diags[i].diag.number == KADR_DIAG_CODE_LOST;
    }
    assert_true(lost);
    assert_int_equal(rig_status(&rig).head, 2);
    rig_done(&rig);
}

static void one_version_at_a_time(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    kadr_buf_add_str(&rig.files[0], "\n");
    assert_int_equal(rig_apply(&rig, 1, false), 0);
    assert_int_equal(rig_apply(&rig, 2, false), 0);
    assert_int_equal(rig_reply(&rig, 2, KADR_STORE_REFUSAL, 0)->refusal.diag.number, KADR_DIAG_RETRY_LATER);
    rig_settle(&rig);
    assert_true(rig_reply(&rig, 1, KADR_STORE_APPLIED, 0)->applied.applied);
    rig_done(&rig);
}

static void full_disk_refuses_the_version(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    kadr_buf_add_str(&rig.files[0], "\n");
    assert_int_equal(rig_apply(&rig, 1, false), 0);
    assert_int_equal(rig_disk(&rig, KADR_ENOSPC), 0);
    assert_int_equal(rig_reply(&rig, 1, KADR_STORE_REFUSAL, 0)->refusal.diag.number, KADR_DIAG_RETRY_LATER);
    assert_false(rig.in_flight);
    assert_int_equal(rig_apply(&rig, 1, false), 0);
    rig_settle(&rig);
    assert_true(rig_reply(&rig, 1, KADR_STORE_APPLIED, 0)->applied.applied);
    rig_done(&rig);
}

static void unusable_files_end_the_first_start(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    kadr_buf_add_str(&rig.files[2], "only,one\n");
    assert_int_equal(rig_start(&rig, KADR_DAY_NONE), KADR_EINVAL);
    assert_true(rig_reply(&rig, 0, KADR_STORE_APPLIED, 0)->applied.diag_count > 0); /* says why */
    assert_false(rig.in_flight);
    rig_done(&rig);
}

static void no_room_ends_the_first_start(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    assert_int_equal(rig_start(&rig, KADR_DAY_NONE), 0);
    assert_int_equal(rig_disk(&rig, KADR_ENOSPC), KADR_ENOSPC);
    rig_done(&rig);
}

static void tick(struct rig *rig)
{
    assert_int_equal(rig_step(rig, (struct kadr_storage_event){ .kind = KADR_STORAGE_TICK }), 0);
}

static void day_changes_at_midnight_utc_plus_5(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    rig.wall_ms = kadr_day_begin_ms(RIG_DAY + 1) - 1;
    tick(&rig);
    assert_false(rig.in_flight);
    rig.wall_ms++;
    tick(&rig);
    assert_true(rig.in_flight);
    tick(&rig); /* once */
    rig_settle(&rig);
    assert_int_equal(rig_status(&rig).day, RIG_DAY + 1);
    assert_int_equal(rig_status(&rig).head, 3);
    rig_done(&rig);
}

static void day_never_goes_back(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    rig.wall_ms = kadr_day_begin_ms(RIG_DAY - 3);
    tick(&rig);
    assert_false(rig.in_flight);
    rig_restart(&rig);
    tick(&rig);
    assert_false(rig.in_flight);
    assert_int_equal(rig_status(&rig).day, RIG_DAY);
    rig_done(&rig);
}

static void fixed_day_ignores_the_clock(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    assert_int_equal(rig_start(&rig, RIG_DAY + 100), 0);
    rig_settle(&rig);
    rig.wall_ms = kadr_day_begin_ms(RIG_DAY + 200);
    tick(&rig);
    assert_false(rig.in_flight);
    assert_int_equal(rig_status(&rig).day, RIG_DAY + 100);
    rig_done(&rig);
}

static void day_refused_by_a_full_disk_comes_with_the_next_tick(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    rig.wall_ms += INT64_C(86400000);
    tick(&rig);
    assert_int_equal(rig_disk(&rig, KADR_ENOSPC), 0);
    assert_false(rig.in_flight); /* not at once again */
    tick(&rig);
    rig_settle(&rig);
    assert_int_equal(rig_status(&rig).day, RIG_DAY + 1);
    rig_done(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unchanged_is_not_journalled),
        cmocka_unit_test(applied_is_answered_after_the_commit),
        cmocka_unit_test(dry_run_changes_nothing),
        cmocka_unit_test(malformed_is_refused_with_its_place),
        cmocka_unit_test(lost_code_is_refused),
        cmocka_unit_test(one_version_at_a_time),
        cmocka_unit_test(full_disk_refuses_the_version),
        cmocka_unit_test(unusable_files_end_the_first_start),
        cmocka_unit_test(no_room_ends_the_first_start),
        cmocka_unit_test(day_changes_at_midnight_utc_plus_5),
        cmocka_unit_test(day_never_goes_back),
        cmocka_unit_test(fixed_day_ignores_the_clock),
        cmocka_unit_test(day_refused_by_a_full_disk_comes_with_the_next_tick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
