/* SPDX-License-Identifier: Apache-2.0 */
/* The worker thread: jobs one after another, ends delivered in the loop, nothing lost at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>

#include "edge/wait.h"
#include "edge/worker.h"

#define JOBS 3

struct rig;
struct task {
    struct kadr_job job;
    struct rig *rig;
    size_t ran, done, dropped; /* when, as a count of what happened before; 0: not */
    bool again;
};
struct rig {
    struct kadr_loop *loop;
    struct kadr_worker *worker;
    sem_t go, began;
    pthread_t thread;
    size_t runs, dones, drops;
    struct task tasks[JOBS + 1];
};

static void run(void *context)
{
    struct task *task = context;
    sem_post(&task->rig->began);
    while (sem_wait(&task->rig->go) != 0) {
    }
    task->rig->thread = pthread_self();
    task->ran = ++task->rig->runs;
}

static void done(void *context)
{
    struct task *task = context;
    assert_false(pthread_equal(task->rig->thread, pthread_self()));
    task->done = ++task->rig->dones;
    if (task->again) {
        task->again = false;
        assert_int_equal(kadr_worker_submit(task->rig->worker, &task->job), 0);
    }
}

static void drop(void *context)
{
    struct task *task = context;
    task->dropped = ++task->rig->drops;
}

static int set_up(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    assert_int_equal(sem_init(&rig->go, 0, 0), 0);
    assert_int_equal(sem_init(&rig->began, 0, 0), 0);
    assert_int_equal(kadr_loop_new(&rig->loop), 0);
    assert_int_equal(kadr_worker_new(rig->loop, JOBS, &rig->worker), 0);
    for (size_t i = 0; i < KADR_COUNT(rig->tasks); i++) {
        rig->tasks[i].rig = rig;
        rig->tasks[i].job = (struct kadr_job){ run, done, drop, &rig->tasks[i], NULL };
    }
    *state = rig;
    return 0;
}

static int tear_down(void **state)
{
    struct rig *rig = *state;
    kadr_worker_free(rig->worker);
    kadr_loop_free(rig->loop);
    sem_destroy(&rig->go);
    sem_destroy(&rig->began);
    free(rig);
    return 0;
}

static void submit(struct rig *rig, size_t i)
{
    assert_int_equal(kadr_worker_submit(rig->worker, &rig->tasks[i].job), 0);
}

static void go(struct rig *rig, size_t jobs)
{
    for (size_t i = 0; i < jobs; i++) {
        sem_post(&rig->go);
    }
}

static bool is_idle(const void *context)
{
    const struct rig *rig = context;
    return kadr_worker_jobs(rig->worker) == 0;
}

static void jobs_run_in_order(void **state)
{
    struct rig *rig = *state;
    for (size_t i = 0; i < JOBS; i++) {
        submit(rig, i);
    }
    assert_int_equal(kadr_worker_jobs(rig->worker), JOBS);
    go(rig, JOBS);
    assert_true(wait_until(rig->loop, is_idle, rig, KADR_S(30)));
    for (size_t i = 0; i < JOBS; i++) {
        assert_int_equal(rig->tasks[i].ran, i + 1);
        assert_int_equal(rig->tasks[i].done, i + 1);
        assert_int_equal(rig->tasks[i].dropped, 0);
    }
}

static void one_too_many_is_refused(void **state)
{
    struct rig *rig = *state;
    for (size_t i = 0; i < JOBS; i++) {
        submit(rig, i);
    }
    assert_int_equal(kadr_worker_submit(rig->worker, &rig->tasks[JOBS].job), KADR_EFULL);
    go(rig, JOBS);
    assert_true(wait_until(rig->loop, is_idle, rig, KADR_S(30)));
    assert_int_equal(rig->runs, JOBS);
    submit(rig, JOBS); /* there is room again */
    go(rig, 1);
    assert_true(wait_until(rig->loop, is_idle, rig, KADR_S(30)));
    assert_int_equal(rig->tasks[JOBS].done, JOBS + 1);
}

static void submitted_again_from_its_end(void **state)
{
    struct rig *rig = *state;
    rig->tasks[0].again = true;
    submit(rig, 0);
    go(rig, 2);
    assert_true(wait_until(rig->loop, is_idle, rig, KADR_S(30)));
    assert_int_equal(rig->tasks[0].done, 2);
}

static void free_drops_what_waits(void **state)
{
    struct rig *rig = *state;
    for (size_t i = 0; i < JOBS; i++) {
        submit(rig, i);
    }
    while (sem_wait(&rig->began) != 0) { /* the first one runs */
    }
    go(rig, JOBS);
    kadr_worker_free(KADR_TAKE(rig->worker));
    assert_true(rig->runs >= 1); /* the thread may have begun another before it was told */
    assert_int_equal(rig->dones, 0);
    for (size_t i = 0; i < JOBS; i++) {
        assert_int_equal(rig->tasks[i].dropped, i + 1);
    }
}

static void finish_runs_what_waits(void **state)
{
    struct rig *rig = *state;
    for (size_t i = 0; i < JOBS; i++) {
        submit(rig, i);
    }
    go(rig, JOBS);
    kadr_worker_finish(KADR_TAKE(rig->worker));
    assert_int_equal(rig->runs, JOBS);
    assert_int_equal(rig->dones, 0);
    assert_int_equal(rig->drops, JOBS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(jobs_run_in_order),     TEST(one_too_many_is_refused), TEST(submitted_again_from_its_end),
        TEST(free_drops_what_waits), TEST(finish_runs_what_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
