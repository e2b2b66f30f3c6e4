/* SPDX-License-Identifier: Apache-2.0 */
/* The aggregator that begins with a checkpoint: it believes it no further than the journal bears it out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aggregate_rig.h"

#define GOLDEN "tests/golden/checkpoint/checkpoint-2.bin"

static struct kadr_digest read_from_the_first(const struct fixture *fx)
{
    struct fixture *other = new_fixture();
    step(other, KADR_AGGREGATE_START, NULL);
    memcpy(other->journal, fx->journal, sizeof other->journal);
    other->head = fx->head;
    feed(other, 1, other->head);
    struct kadr_digest digest = kadr_aggregate_digest(other->agg);
    other->head = 0; /* its records are fx's */
    void *state = other;
    tear_down(&state);
    return digest;
}

static void same_as_read_from_the_first(const struct fixture *fx)
{
    struct kadr_digest restored = kadr_aggregate_digest(fx->agg), made = read_from_the_first(fx);
    static const struct kadr_digest nothing;
    assert_true(kadr_digest_equal(&restored, &made));
    assert_false(kadr_digest_equal(&restored, &nothing));
}

/* A journal of four records, caught up with and saved; the process that saved it is gone. */
struct saved {
    struct fixture *fx;
    struct kadr_buf bytes;
};

static int set_up_saved(void **state)
{
    struct saved *saved = calloc(1, sizeof *saved);
    void *fx = NULL;
    assert_non_null(saved);
    set_up(&fx);
    saved->fx = fx;
    append_need(saved->fx, "KZ-35", "2023-12-31", 21);
    catch_up(saved->fx);
    kadr_buf_init(&saved->bytes, 0);
    assert_int_equal(kadr_aggregate_save(saved->fx->agg, &saved->bytes), 0);
    new_process(saved->fx);
    *state = saved;
    return 0;
}

static int tear_down_saved(void **state)
{
    struct saved *saved = *state;
    void *fx = saved->fx;
    tear_down(&fx);
    kadr_buf_done(&saved->bytes);
    free(saved);
    return 0;
}

static void start_restored(struct saved *saved)
{
    assert_int_equal(kadr_aggregate_restore(saved->fx->agg, bytes_of(&saved->bytes)), 0);
    step(saved->fx, KADR_AGGREGATE_START, NULL);
}

/* Forgotten, told, and the journal read from the beginning. */
static void was_discarded(struct fixture *fx)
{
    assert_non_null(find(fx, NOTE, "checkpoint_discarded"));
    assert_int_equal(count_of(fx, FATAL), 0);
    size_t asked = count_of(fx, TO_STORE);
    assert_true(asked > 0);
    struct kadr_store_request request = decode_to_store(fx, asked - 1);
    assert_int_equal(request.kind, KADR_STORE_FOLLOW);
    assert_int_equal(request.follow.from, 1);
    assert_false(request.follow.has_lineage);
    assert_int_equal(kadr_aggregate_status(fx->agg).commit, 0);
    assert_int_equal(kadr_aggregate_status(fx->agg).started_from, 0);
    assert_int_equal(kadr_aggregate_status(fx->agg).checkpoints_discarded, 1);
    forget(fx);
    feed(fx, 1, fx->head);
    assert_true(kadr_aggregate_status(fx->agg).caught_up);
    assert_null(find(fx, NOTE, "checkpoint_discarded"));
    same_as_read_from_the_first(fx);
}

/* ---- the stories ---- */

static void goes_on_where_it_was_saved(void **state)
{
    struct saved *saved = *state;
    struct fixture *fx = saved->fx;
    start_restored(saved);
    struct kadr_store_request request = decode_to_store(fx, 0);
    assert_int_equal(request.kind, KADR_STORE_FOLLOW);
    assert_int_equal(request.follow.from, 4); /* the witness; applied is what follows it */
    assert_true(request.follow.has_lineage);
    assert_memory_equal(&request.follow.lineage, &fx->lineage, sizeof fx->lineage);
    append_need(fx, "KZ-27", "2023-12-31", 89);
    append_day(fx, "2024-02-02");
    feed(fx, 4, 6);
    struct kadr_aggregate_status status = kadr_aggregate_status(fx->agg);
    assert_true(status.caught_up);
    assert_int_equal(status.commit, 6);
    assert_int_equal(status.started_from, 4);
    assert_int_equal(status.records, 2);
    assert_int_equal(count_of(fx, FATAL), 0);
    same_as_read_from_the_first(fx);
    forget(fx);
    fx->now_ns += KADR_S(1);
    append_need(fx, "KZ-35", "2024-01-31", 20);
    feed(fx, 7, 7);
    struct kadr_published delta = decode_published(fx, find(fx, PUBLISHED, NEED_KARAGANDA));
    assert_int_equal(delta.delta.from, 6);
    assert_int_equal(delta.delta.to.commit, 7);
    same_as_read_from_the_first(fx);
}

static void says_nothing_before_the_journal_has_borne_it_out(void **state)
{
    struct saved *saved = *state;
    struct fixture *fx = saved->fx;
    start_restored(saved);
    forget(fx);
    feed(fx, 5, 4); /* an empty frame */
    time_passes(fx, KADR_S(2));
    assert_int_equal(count_of(fx, PUBLISHED), 0);
    assert_false(kadr_aggregate_status(fx->agg).caught_up);
    ask(fx, "KZ", "", KADR_DAY_NONE);
    assert_int_equal(decode_answer(fx, 0).refusal.diag.diag.code, KADR_DIAG_RETRY_LATER);
    feed(fx, 4, 4); /* nothing new since: the witness alone */
    assert_true(kadr_aggregate_status(fx->agg).caught_up);
    assert_int_equal(kadr_aggregate_status(fx->agg).commit, 4);
    assert_int_equal(kadr_aggregate_status(fx->agg).records, 0);
    same_as_read_from_the_first(fx);
}

static void takes_no_record_before_the_witness(void **state)
{
    struct saved *saved = *state;
    struct fixture *fx = saved->fx;
    append_need(fx, "KZ-27", "2023-12-31", 89);
    start_restored(saved);
    forget(fx);
    feed(fx, 5, 5);
    assert_int_equal(kadr_aggregate_status(fx->agg).commit, 4);
    assert_int_equal(decode_to_store(fx, 0).follow.from, 4);
}

static void asks_again_when_its_follow_was_lost(void **state)
{
    struct saved *saved = *state;
    struct fixture *fx = saved->fx;
    start_restored(saved);
    forget(fx);
    fx->now_ns += KADR_S(2);
    struct kadr_store_reply pong = { .kind = KADR_STORE_PONG };
    pong.pong = (struct kadr_pong){ .commit = 4, .has_lineage = true, .lineage = fx->lineage, .day = 0 };
    reply_from_store(fx, &pong);
    assert_int_equal(decode_to_store(fx, 0).kind, KADR_STORE_FOLLOW);
    assert_int_equal(decode_to_store(fx, 0).follow.from, 4);
}

static void another_history_of_equal_length_discards_it(void **state)
{
    struct saved *saved = *state;
    struct fixture *fx = saved->fx;
    lose_head(fx);
    append_need(fx, "KZ-35", "2023-12-31", 7);
    start_restored(saved);
    forget(fx);
    feed(fx, 4, 4);
    was_discarded(fx);
}

static void a_shorter_journal_discards_it(void **state)
{
    struct saved *saved = *state;
    struct fixture *fx = saved->fx;
    lose_head(fx);
    start_restored(saved);
    forget(fx);
    feed(fx, 4, 3);
    was_discarded(fx);
}

static void refuse(struct fixture *fx, enum kadr_diag_code code)
{
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags;
    struct kadr_store_reply reply = { .kind = KADR_STORE_REFUSAL };
    kadr_diags_init(&diags);
    kadr_diags_add(&diags, code, -1, 0, 0, "follow", NULL, NULL);
    assert_int_equal(kadr_wire_diag_from(&diags.items[0], fx->arena, &reply.refusal.diag), 0);
    reply_from_store(fx, &reply);
}

static void a_refused_lineage_discards_it(void **state)
{
    struct saved *saved = *state;
    struct fixture *fx = saved->fx;
    fx->lineage.bytes[0] ^= 1;
    start_restored(saved);
    forget(fx);
    refuse(fx, KADR_DIAG_BAD_FRAME);
    was_discarded(fx);
}

static void a_feed_of_another_lineage_discards_it(void **state)
{
    struct saved *saved = *state;
    struct fixture *fx = saved->fx;
    fx->lineage.bytes[0] ^= 1;
    start_restored(saved);
    forget(fx);
    feed(fx, 4, 4);
    was_discarded(fx);
}

static void a_store_that_is_busy_does_not_discard_it(void **state)
{
    struct saved *saved = *state;
    struct fixture *fx = saved->fx;
    start_restored(saved);
    refuse(fx, KADR_DIAG_RETRY_LATER);
    assert_null(find(fx, NOTE, "checkpoint_discarded"));
    assert_int_equal(kadr_aggregate_status(fx->agg).commit, 4);
    feed(fx, 4, 4);
    assert_true(kadr_aggregate_status(fx->agg).caught_up);
}

static void behind_the_witness_a_broken_chain_is_the_journals(void **state)
{
    struct saved *saved = *state;
    struct fixture *fx = saved->fx;
    append_need(fx, "KZ-27", "2023-12-31", 89);
    fx->journal[4].message.data[0] ^= 1;
    start_restored(saved);
    feed(fx, 4, 5);
    assert_non_null(find(fx, FATAL, "journal_untrusted"));
    assert_null(find(fx, NOTE, "checkpoint_discarded"));
    assert_int_equal(count_of(fx, PUBLISHED), 0);
}

static void is_saved_again_as_it_was(void **state)
{
    struct saved *saved = *state;
    struct fixture *fx = saved->fx;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf again;
    kadr_buf_init(&again, 0);
    assert_int_equal(kadr_aggregate_save(fx->agg, &again), KADR_EAGAIN); /* read nothing yet */
    start_restored(saved);
    assert_int_equal(kadr_aggregate_save(fx->agg, &again), KADR_EAGAIN); /* not borne out yet */
    feed(fx, 4, 4);
    assert_int_equal(kadr_aggregate_save(fx->agg, &again), 0);
    assert_int_equal(again.len, saved->bytes.len);
    assert_memory_equal(again.data, saved->bytes.data, again.len);
}

static void holds_the_reference_in_force_and_no_other(void **state)
{
    struct saved *saved = *state;
    struct fixture *fx = saved->fx;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf newer;
    start_restored(saved);
    feed(fx, 4, 4);
    const struct kadr_buf *first = &fx->journal[0].message, *message = &fx->journal[4].message;
    struct kadr_wire_files files; /* in another order they are another record */
    assert_int_equal(kadr_decode_files(bytes_of(first), fx->arena, &files, NULL), 0);
    struct kadr_file turned[] = { files.files[2], files.files[0], files.files[1] };
    append_files(fx, turned, 3);
    assert_memory_not_equal(first->data, message->data, message->len);
    feed(fx, 5, 5);
    kadr_buf_init(&newer, 0);
    assert_int_equal(kadr_aggregate_save(fx->agg, &newer), 0);
    const size_t at = 8 + 1 + 16 + 8 + 32 + 4 + 4;
    assert_memory_equal(newer.data + at, message->data, message->len);
}

static void a_buffer_too_small_is_an_error(void **state)
{
    struct saved *saved = *state;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf small;
    start_restored(saved);
    feed(saved->fx, 4, 4);
    kadr_buf_init(&small, saved->bytes.len - 1);
    assert_int_equal(kadr_aggregate_save(saved->fx->agg, &small), KADR_EFULL);
}

/* ---- damage ---- */

static int try_restore(struct fixture *fx, struct kadr_bytes bytes)
{
    struct kadr_aggregate_sink sink = { fx, to_store, to_peer, publish, note, fatal, NULL };
    KADR_CLEANUP(kadr_aggregate_free) struct kadr_aggregate *agg = NULL;
    assert_int_equal(kadr_aggregate_new(KADR_MS(100), &sink, &agg), 0);
    int err = kadr_aggregate_restore(agg, bytes);
    assert_int_equal(kadr_aggregate_status(agg).commit, err == 0 ? 4 : 0);
    return err;
}

static void one_damaged_byte_anywhere_is_found(void **state)
{
    struct saved *saved = *state;
    struct kadr_bytes bytes = bytes_of(&saved->bytes);
    assert_int_equal(try_restore(saved->fx, bytes), 0);
    for (size_t at = 0; at < bytes.len; at += at < 100 || bytes.len - at <= 300 ? 1 : 101) {
        saved->bytes.data[at] ^= 0x10;
        assert_int_equal(try_restore(saved->fx, bytes), at == 8 ? KADR_EVERSION : KADR_ECORRUPT);
        saved->bytes.data[at] ^= 0x10;
    }
    for (size_t len = 0; len < bytes.len; len += len < 100 ? 1 : 97) {
        assert_int_equal(try_restore(saved->fx, (struct kadr_bytes){ bytes.data, len }), KADR_ECORRUPT);
    }
}

/* Whole bytes that say what cannot be: as of a program with a fault, or a hand that knows the hash. */
static void what_contradicts_itself_is_refused(void **state)
{
    static const size_t wrong[] = {
        8 + 1 + 16 + 7,          /* commit */
        8 + 1 + 16 + 8 + 32 + 3, /* day */
        8 + 1 + 16 + 8 + 32 + 4, /* length of the reference */
        8 + 1 + 16 + 8 + 32 + 8, /* its first byte */
    };
    struct saved *saved = *state;
    struct kadr_buf *bytes = &saved->bytes;
    for (size_t i = 0; i < KADR_COUNT(wrong); i++) {
        bytes->data[wrong[i]] ^= 1;
        struct kadr_digest digest = kadr_hash(bytes->data, bytes->len - sizeof digest);
        memcpy(bytes->data + bytes->len - sizeof digest, digest.bytes, sizeof digest);
        assert_int_equal(try_restore(saved->fx, bytes_of(bytes)), KADR_ECORRUPT);
        bytes->data[wrong[i]] ^= 1;
    }
}

static void a_damaged_one_leaves_the_process_as_it_was(void **state)
{
    struct saved *saved = *state;
    struct fixture *fx = saved->fx;
    saved->bytes.data[saved->bytes.len / 2] ^= 1;
    assert_int_equal(kadr_aggregate_restore(fx->agg, bytes_of(&saved->bytes)), KADR_ECORRUPT);
    step(fx, KADR_AGGREGATE_START, NULL);
    assert_int_equal(decode_to_store(fx, 0).follow.from, 1);
    assert_false(decode_to_store(fx, 0).follow.has_lineage);
    feed(fx, 1, 4);
    same_as_read_from_the_first(fx);
}

/* ---- a file whose rollup is of format 2, made once ---- */

#define TEXT(text)                                \
    {                                             \
        (const uint8_t *)(text), sizeof(text) - 1 \
    }

static void say(struct fixture *fx, struct kadr_observation obs, const char *period)
{
    obs.occurrence = obs.occurrence ? obs.occurrence : "";
    obs.stated = obs.note = "";
    obs.scale = obs.scale ? obs.scale : 1;
    assert_int_equal(kadr_period_parse(period, &obs.period), 0);
    append_observation(fx, &obs);
}

/* Each kind of value, an occurrence, a breakdown, a scale, and a statement that sleeps. */
static void append_golden(struct fixture *fx)
{
    static const struct kadr_file files[] = {
        { "units.csv",
          TEXT("code,level,parent,valid_from,valid_to,successors,aliases,name_en,name_ru,name_kk\n"
               "KZ,country,,1900-01-01,,,,KZ,KZ,KZ\nKZ-33,region,KZ,1900-01-01,,,,A,A,A\n"
               "KZ-35,region,KZ,1900-01-01,,,,B,B,B\n") },
        { "indicators.csv",
          TEXT("code,kind,measure,scale,time,space,level,dimensions,exhaustive,stale_after_days,"
               "expires_after_days,expected,min,max,negative,name_en,name_ru,name_kk\n"
               "posts,stock,person,100,last,sum,region,cadre,cadre,200,1825,calendar,,,no,P,P,P\n"
               "teams,event,person,1,count,sum,region,cadre,,,,none,,,no,M,M,M\n") },
        { "members.csv", TEXT("dimension,member,aliases,name_en,name_ru,name_kk\n"
                              "cadre,doctor,,d,d,d\ncadre,midlevel,,m,m,m\nmeasure,person,,x,x,x\n") },
    };
    const struct kadr_value closed = { .kind = KADR_VALUE_INTERVAL, .lo = 36425, .hi = 36425 };
    const struct kadr_value open = { .kind = KADR_VALUE_INTERVAL, .lo = 61, .hi_open = true };
    const struct kadr_value missing = { .kind = KADR_VALUE_MISSING, .reason = KADR_REASON_NOT_STATED };
    const struct kadr_value withdrawn = { .kind = KADR_VALUE_WITHDRAWN };
    struct kadr_observation posts = {
        .unit = "KZ-33", .indicator = "posts", .breakdown = { { "cadre", "doctor" } }, .breakdown_count = 1
    };
    append_files(fx, files, 3);
    append_day(fx, "2024-02-01");
    posts.value = closed;
    posts.scale = 100;
    say(fx, posts, "2023-12-31");
    posts.value = missing;
    posts.scale = 1;
    say(fx, posts, "2024-01-31");
    posts.unit = "KZ-35";
    posts.value = withdrawn;
    say(fx, posts, "2023-12-31");
    posts.unit = "KZ-47"; /* not there: sleeps */
    posts.value = closed;
    posts.scale = 100;
    say(fx, posts, "2023-12-31");
    say(fx,
        (struct kadr_observation){
            .unit = "KZ-35", .indicator = "teams", .occurrence = "team-2", .value = open },
        "2023-11-06/2023-11-10");
}

static void a_file_of_format_2_is_read_and_written_alike(void **state)
{
    (void)state;
    struct fixture *fx = new_fixture();
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf golden;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf ours;
    read_file(GOLDEN, &golden);
    append_golden(fx);
    step(fx, KADR_AGGREGATE_START, NULL);
    feed(fx, 1, fx->head);
    kadr_buf_init(&ours, 0);
    assert_int_equal(kadr_aggregate_save(fx->agg, &ours), 0);
    assert_int_equal(ours.len, golden.len);
    assert_memory_equal(ours.data, golden.data, golden.len);

    new_process(fx);
    assert_int_equal(kadr_aggregate_restore(fx->agg, bytes_of(&golden)), 0);
    step(fx, KADR_AGGREGATE_START, NULL);
    feed(fx, fx->head, fx->head);
    struct kadr_aggregate_status status = kadr_aggregate_status(fx->agg);
    assert_true(status.caught_up);
    assert_int_equal(status.started_from, 7);
    assert_int_equal(status.statements, 5);
    assert_int_equal(status.day, kadr_day_from_civil(2024, 2, 1));
    same_as_read_from_the_first(fx);
    ask(fx, "KZ-33", "posts", KADR_DAY_NONE);
    struct kadr_query_reply cells = decode_answer(fx, 1);
    assert_int_equal(cells.cells.count, 2); /* of doctors, and of all */
    assert_int_equal(cells.cells.items[1].breakdown_count, 1);
    assert_int_equal(cells.cells.items[1].cell.lo, 36425);
    assert_int_equal(cells.cells.items[1].cell.reason, KADR_REASON_NOT_STATED);
    void *fixture = fx;
    tear_down(&fixture);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up_saved, tear_down_saved)
    const struct CMUnitTest tests[] = {
        STORY(goes_on_where_it_was_saved),
        STORY(says_nothing_before_the_journal_has_borne_it_out),
        STORY(takes_no_record_before_the_witness),
        STORY(asks_again_when_its_follow_was_lost),
        STORY(another_history_of_equal_length_discards_it),
        STORY(a_shorter_journal_discards_it),
        STORY(a_refused_lineage_discards_it),
        STORY(a_feed_of_another_lineage_discards_it),
        STORY(a_store_that_is_busy_does_not_discard_it),
        STORY(behind_the_witness_a_broken_chain_is_the_journals),
        STORY(is_saved_again_as_it_was),
        STORY(holds_the_reference_in_force_and_no_other),
        STORY(a_buffer_too_small_is_an_error),
        STORY(one_damaged_byte_anywhere_is_found),
        STORY(what_contradicts_itself_is_refused),
        STORY(a_damaged_one_leaves_the_process_as_it_was),
        cmocka_unit_test(a_file_of_format_2_is_read_and_written_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
