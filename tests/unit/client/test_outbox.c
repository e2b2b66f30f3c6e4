/* SPDX-License-Identifier: Apache-2.0 */
/* The office's queue: nothing put is lost, nothing is doubled, whatever dies. */
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/outbox_rig.h"
#include "rng.h"

static void check_report(struct kadr_outbox *outbox, uint64_t sequence, unsigned number)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf storage = { 0 };
    struct kadr_outbox_item item;
    char want[32];

    (void)snprintf(want, sizeof(want), "report %u", number);
    assert_int_equal(kadr_outbox_get(outbox, sequence, &storage, &item), 0);
    assert_int_equal(item.report.len, strlen(want));
    assert_memory_equal(item.report.data, want, strlen(want));
    assert_string_equal(item.file, "report.csv");
    assert_int_equal(item.rejected, number);
    assert_int_equal(item.places.column[KADR_CSV_VALUE], 5);
    assert_true(item.sequence == sequence);
}

static void test_life_of_a_report(void **state)
{
    const struct outbox_rig *rig = *state;
    struct kadr_outbox *outbox = outbox_rig_open(rig);
    struct kadr_id stream = *kadr_outbox_stream(outbox);
    struct kadr_arena *arena;
    struct kadr_receipt receipts[2], kept;
    uint64_t sequence = 0;
    bool fresh[2];

    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(outbox_rig_put(outbox, i, &sequence), 0);
        assert_true(sequence == i);
    }
    receipts[0] = receipts[1] = outbox_rig_receipt(outbox, 2); /* the same twice in one frame */
    assert_int_equal(kadr_outbox_settle(outbox, receipts, 2, fresh), 0);
    assert_true(fresh[0] && !fresh[1]);
    kadr_outbox_close(outbox);

    outbox = outbox_rig_open(rig); /* all of it is on disk */
    assert_memory_equal(kadr_outbox_stream(outbox)->bytes, stream.bytes, sizeof(stream.bytes));
    assert_int_equal(kadr_outbox_pending(outbox, 0, &sequence), 0);
    assert_true(sequence == 1);
    assert_int_equal(kadr_outbox_pending(outbox, 2, &sequence), 0);
    assert_true(sequence == 3);
    assert_int_equal(kadr_outbox_pending(outbox, 4, &sequence), KADR_ENOENT);
    for (unsigned i = 1; i <= 3; i++) {
        check_report(outbox, i, i); /* an acknowledged one is kept */
    }
    assert_int_equal(kadr_arena_new(1 << 20, &arena), 0);
    assert_int_equal(kadr_outbox_receipt(outbox, 2, arena, &kept), 0);
    assert_true(kept.commit == 102 && kept.outcome == KADR_OUTCOME_COMMITTED);
    assert_int_equal(kadr_outbox_receipt(outbox, 1, arena, &kept), KADR_ENOENT);
    kadr_arena_free(arena);
    assert_int_equal(outbox_rig_put(outbox, 4, &sequence), 0);
    assert_true(sequence == 4);
    kadr_outbox_close(outbox);
}

static void test_belongs_to_one_office(void **state)
{
    const struct outbox_rig *rig = *state;
    struct kadr_outbox_config config = outbox_rig_config(rig);
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf why = { 0 };
    struct kadr_outbox *outbox = outbox_rig_open(rig);

    kadr_outbox_close(outbox);
    config.office = "KZ-33";
    assert_int_equal(kadr_outbox_open(&config, &outbox, &why), KADR_EPERM);
    assert_string_equal(kadr_buf_str(&why), "this outbox belongs to office KZ-35, not to KZ-33");
    config.office = "not a code";
    assert_int_equal(kadr_outbox_open(&config, &outbox, &why), KADR_EINVAL);
}

/* A child that runs `body` on the rig and is then killed, or ends. */
static pid_t spawn(const struct outbox_rig *rig, int fd, void (*body)(const struct outbox_rig *rig, int fd))
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        body(rig, fd);
        _exit(0);
    }
    return pid;
}

static void hold(const struct outbox_rig *rig, int fd)
{
    struct kadr_outbox *outbox = outbox_rig_open(rig);
    char byte = 'h';

    if (write(fd, &byte, 1) == 1) {
        (void)pause(); /* until killed */
    }
    kadr_outbox_close(outbox);
}

static void reap(pid_t pid)
{
    int status;

    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_true(waitpid(pid, &status, 0) == pid);
}

static void test_one_process_at_a_time(void **state)
{
    const struct outbox_rig *rig = *state;
    struct kadr_outbox_config config = outbox_rig_config(rig);
    struct kadr_outbox *outbox;
    int pipes[2];
    char byte;
    pid_t pid;

    assert_int_equal(pipe(pipes), 0);
    pid = spawn(rig, pipes[1], hold);
    assert_int_equal(read(pipes[0], &byte, 1), 1);
    config.wait_ns = KADR_MS(120);
    assert_int_equal(kadr_outbox_open(&config, &outbox, NULL), KADR_EBUSY);
    reap(pid);
    outbox = outbox_rig_open(rig); /* a dead owner does not lock it for ever */
    kadr_outbox_close(outbox);
    close(pipes[0]);
    close(pipes[1]);
}

static void test_bound(void **state)
{
    const struct outbox_rig *rig = *state;
    struct kadr_outbox_config config = outbox_rig_config(rig);
    struct kadr_outbox *outbox = NULL;
    struct kadr_outbox_item item = { .file = "" };
    static const uint8_t bytes[1000];
    struct kadr_receipt receipt;
    uint64_t sequence, last = 0;
    bool fresh;

    config.max_bytes = 10000;
    assert_int_equal(kadr_outbox_open(&config, &outbox, NULL), 0);
    item.report = (struct kadr_bytes){ bytes, sizeof(bytes) };
    while (kadr_outbox_put(outbox, &item, 1, &sequence) == 0) {
        last = sequence;
    }
    assert_true(last == 9);
    assert_int_equal(kadr_outbox_put(outbox, &item, 1, &sequence), KADR_EFULL);
    assert_true(outbox_rig_count(outbox).pending == 9);
    assert_true(outbox_rig_count(outbox).next_sequence == 10);

    /* what is acknowledged makes room, with its receipt; what is pending never does */
    receipt = outbox_rig_receipt(outbox, 1);
    assert_int_equal(kadr_outbox_settle(outbox, &receipt, 1, &fresh), 0);
    assert_int_equal(kadr_outbox_put(outbox, &item, 1, &sequence), 0);
    assert_true(sequence == 10);
    assert_true(outbox_rig_count(outbox).acknowledged == 0);
    assert_true(outbox_rig_count(outbox).pending == 9);
    assert_true(outbox_rig_count(outbox).bytes <= config.max_bytes);
    assert_int_equal(kadr_outbox_put(outbox, &item, 1, &sequence), KADR_EFULL);
    kadr_outbox_close(outbox);
}

static void test_a_batch_is_all_or_none(void **state)
{
    const struct outbox_rig *rig = *state;
    struct kadr_outbox_config config = outbox_rig_config(rig);
    struct kadr_outbox *outbox = NULL;
    static const uint8_t bytes[4000];
    struct kadr_outbox_item items[3] = { { .file = "", .report = { bytes, 4000 } },
                                         { .file = "", .report = { bytes, 4000 } },
                                         { .file = "", .report = { bytes, 4000 } } };
    uint64_t first;

    config.max_bytes = 10000;
    assert_int_equal(kadr_outbox_open(&config, &outbox, NULL), 0);
    assert_int_equal(kadr_outbox_put(outbox, items, 3, &first), KADR_EFULL);
    assert_true(outbox_rig_count(outbox).pending == 0);
    assert_int_equal(kadr_outbox_put(outbox, items, 2, &first), 0);
    assert_true(first == 1);
    assert_true(outbox_rig_count(outbox).next_sequence == 3);
    kadr_outbox_close(outbox);
}

/* Puts for ever; each number is told only when put() said that it is durable. Settles every third. */
static void put_until_killed(const struct outbox_rig *rig, int fd)
{
    struct kadr_outbox *outbox = outbox_rig_open(rig);
    struct kadr_outbox_counts counts = outbox_rig_count(outbox);
    uint64_t sequence;
    bool fresh;

    for (unsigned number = (unsigned)counts.next_sequence;; number++) {
        if (outbox_rig_put(outbox, number, &sequence) != 0 || write(fd, &sequence, sizeof(sequence)) < 0) {
            _exit(1);
        }
        if (sequence % 3 == 0) {
            struct kadr_receipt receipt = outbox_rig_receipt(outbox, sequence - 1);

            if (kadr_outbox_settle(outbox, &receipt, 1, &fresh) != 0) {
                _exit(1);
            }
        }
    }
}

/* Sequences told on the pipe before the kill; the last one. */
static uint64_t run_and_kill(const struct outbox_rig *rig, size_t after)
{
    uint64_t sequence = 0, last = 0;
    int pipes[2];
    pid_t pid;

    assert_int_equal(pipe(pipes), 0);
    pid = spawn(rig, pipes[1], put_until_killed);
    close(pipes[1]);
    for (size_t i = 0; i < after; i++) {
        assert_int_equal(read(pipes[0], &sequence, sizeof(sequence)), sizeof(sequence));
        last = sequence;
    }
    reap(pid);
    while (read(pipes[0], &sequence, sizeof(sequence)) == (ssize_t)sizeof(sequence)) {
        last = sequence; /* told before it died */
    }
    close(pipes[0]);
    return last;
}

static void test_kill_loses_nothing_and_doubles_nothing(void **state)
{
    const struct outbox_rig *rig = *state;
    struct rng rng = { 1 };

    for (int round = 0; round < 12; round++) {
        uint64_t told = run_and_kill(rig, 1 + rng_below(&rng, 20)), sequence = 0;
        struct kadr_outbox *outbox = outbox_rig_open(rig);
        struct kadr_outbox_counts counts = outbox_rig_count(outbox);

        /* the one that was being put may be there; none before it may be missing, none twice */
        assert_true(counts.next_sequence == told + 1 || counts.next_sequence == told + 2);
        assert_true(counts.pending + counts.acknowledged == counts.next_sequence - 1);
        for (uint64_t i = 1; i < counts.next_sequence; i++) {
            check_report(outbox, i, (unsigned)i);
        }
        assert_int_equal(kadr_outbox_pending(outbox, 0, &sequence), 0);
        kadr_outbox_close(outbox);
    }
}

static int make(void **state)
{
    static struct outbox_rig rig;

    outbox_rig_make(&rig);
    *state = &rig;
    return 0;
}

static int remove_rig(void **state)
{
    outbox_rig_remove(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_life_of_a_report, make, remove_rig),
        cmocka_unit_test_setup_teardown(test_belongs_to_one_office, make, remove_rig),
        cmocka_unit_test_setup_teardown(test_one_process_at_a_time, make, remove_rig),
        cmocka_unit_test_setup_teardown(test_bound, make, remove_rig),
        cmocka_unit_test_setup_teardown(test_a_batch_is_all_or_none, make, remove_rig),
        cmocka_unit_test_setup_teardown(test_kill_loses_nothing_and_doubles_nothing, make, remove_rig),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
