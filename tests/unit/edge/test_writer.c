/* SPDX-License-Identifier: Apache-2.0 */
/* The writer thread: one batch at a time, its end delivered in the loop, no batch cut off at the end. */
#include "edge/store_rig.h"

#include <pthread.h>
#include <semaphore.h>

#include "edge/writer.h"

/* A store whose disk waits for the test. */
struct slow {
    sem_t began, go;
    pthread_t appended_by;
    int result;
    size_t appends; /* read after the thread has ended, or after its completion */
};

static int slow_append(void *self, const struct kadr_store_record *records, size_t count)
{
    struct slow *slow = self;
    (void)records;
    (void)count;
    sem_post(&slow->began);
    while (sem_wait(&slow->go) != 0) {
    }
    slow->appended_by = pthread_self();
    slow->appends++;
    return slow->result;
}

struct rig {
    struct slow slow;
    struct kadr_store store;
    struct kadr_loop *loop;
    struct kadr_writer *writer;
    struct kadr_timer *timer;
    struct kadr_writer_done done[4];
    size_t done_count, want;
    bool timed_out;
};

static void on_done(void *context, const struct kadr_writer_done *done)
{
    struct rig *rig = context;
    assert_false(kadr_writer_busy(rig->writer));
    assert_false(pthread_equal(rig->slow.appended_by, pthread_self()));
    rig->done[rig->done_count++] = *done;
    if (rig->done_count == rig->want) {
        kadr_loop_stop(rig->loop);
        return;
    }
    assert_int_equal(kadr_writer_submit(rig->writer, done->batch + 1, NULL, 5), 0); /* from the callback */
}

static void on_timeout(void *context)
{
    struct rig *rig = context;
    rig->timed_out = true;
    kadr_loop_stop(rig->loop);
}

static void rig_up(struct rig *rig)
{
    *rig = (struct rig){ .want = 1 };
    assert_int_equal(sem_init(&rig->slow.began, 0, 0), 0);
    assert_int_equal(sem_init(&rig->slow.go, 0, 0), 0);
    rig->store = (struct kadr_store){ .append = slow_append, .self = &rig->slow };
    assert_int_equal(kadr_loop_new(&rig->loop), 0);
    assert_int_equal(kadr_writer_new(rig->loop, &rig->store, on_done, rig, &rig->writer), 0);
    assert_int_equal(kadr_timer_new(rig->loop, on_timeout, rig, &rig->timer), 0);
}

static void rig_down(struct rig *rig)
{
    kadr_writer_free(rig->writer);
    kadr_timer_free(rig->timer);
    kadr_loop_free(rig->loop);
    sem_destroy(&rig->slow.began);
    sem_destroy(&rig->slow.go);
}

static void run(struct rig *rig, kadr_ns at_most_ns)
{
    rig->timed_out = false;
    kadr_timer_set(rig->timer, at_most_ns);
    assert_int_equal(kadr_loop_run(rig->loop), 0);
}

static void loop_turns_while_the_disk_works(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    assert_false(kadr_writer_busy(rig.writer));
    assert_int_equal(kadr_writer_submit(rig.writer, 7, NULL, 3), 0);
    assert_true(kadr_writer_busy(rig.writer));
    assert_int_equal(kadr_writer_submit(rig.writer, 8, NULL, 1), KADR_EBUSY);
    while (sem_wait(&rig.slow.began) != 0) { /* on a busy machine the thread comes late */
    }
    run(&rig, KADR_MS(30));
    assert_true(rig.timed_out); /* the timer ran, the batch did not end */
    assert_int_equal(rig.done_count, 0);
    sem_post(&rig.slow.go);
    run(&rig, KADR_S(30));
    assert_false(rig.timed_out);
    assert_int_equal(rig.done[0].batch, 7);
    assert_int_equal(rig.done[0].records, 3);
    assert_int_equal(rig.done[0].result, 0);
    assert_true(rig.done[0].took_ns > 0); /* from when the thread took it, however late that was */
    rig_down(&rig);
}

static void next_batch_from_the_completion(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    rig.want = 3;
    assert_int_equal(kadr_writer_submit(rig.writer, 1, NULL, 1), 0);
    for (int i = 0; i < 3; i++) {
        sem_post(&rig.slow.go);
    }
    run(&rig, KADR_S(30));
    assert_int_equal(rig.done_count, 3);
    assert_int_equal(rig.done[2].batch, 3);
    rig_down(&rig);
}

static void failure_is_delivered(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    rig.slow.result = KADR_EIO;
    assert_int_equal(kadr_writer_submit(rig.writer, 1, NULL, 1), 0);
    sem_post(&rig.slow.go);
    run(&rig, KADR_S(30));
    assert_int_equal(rig.done[0].result, KADR_EIO);
    rig_down(&rig);
}

static void free_waits_for_the_batch_in_flight(void **state)
{
    (void)state;
    struct rig rig;
    rig_up(&rig);
    assert_int_equal(kadr_writer_submit(rig.writer, 1, NULL, 1), 0);
    sem_post(&rig.slow.go);
    kadr_writer_free(KADR_TAKE(rig.writer));
    assert_int_equal(rig.slow.appends, 1);
    assert_int_equal(rig.done_count, 0);
    rig_down(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loop_turns_while_the_disk_works),
        cmocka_unit_test(next_batch_from_the_completion),
        cmocka_unit_test(failure_is_delivered),
        cmocka_unit_test(free_waits_for_the_batch_in_flight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
