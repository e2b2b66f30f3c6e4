/* SPDX-License-Identifier: Apache-2.0 */
/* The rollup against the oracle on generated histories, cell by cell and field by field, after every record:
 * the kept seeds (seeds.txt), then seeds 1, 2, 3 … Earlier days, on their borders and on today's, are
 * compared after every fifth record.
 *
 * KADR_TEST_FULL=1            1 000 histories of about 100 observations instead of fewer of about 50, in as
 * many processes as there are processors, and earlier days after every record as well
 * KADR_TEST_SEED=n[,length]   only the history of that seed, of about so many observations
 * KADR_TEST_QUICK=1           stops at the first seed that fails, without the kept ones, and does not cut it
 * down
 *
 * A history that fails is cut down to the records that matter and printed, with the line that keeps its seed.
 * What the histories held is counted (met.h): a generator that lost a kind would prove less and say nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "domain/rollup_world.h"

#include "history.h"
#include "met.h"

#define SEEDS_FILE "tests/oracle/seeds.txt"

enum { DEFAULT_HISTORIES = 120, FULL_HISTORIES = 1000, MAX_WORKERS = 16 };

static bool is_set(const char *name)
{
    const char *text = getenv(name);
    return text && strcmp(text, "1") == 0;
}

static bool is_full(void)
{
    return is_set("KADR_TEST_FULL") && !is_set("KADR_TEST_QUICK");
}

static size_t usual_length(void)
{
    return is_full() ? 100 : 50;
}

/* ---- one history ----------------------------------------------------------------------------------------
 */

static void tell(struct history *history, size_t observations, size_t compared)
{
    const struct history_check loud = { .every = 1, .earlier = 1, .loud = true };
    unsigned long long seed = history->seed;
    print_message("KADR_TEST_SEED=%llu,%zu fails, history %zu of this run; a line for " SEEDS_FILE ":\n",
                  seed, observations, compared);
    print_message("%llu,%zu # what was wrong\n", seed, observations);
    if (!is_set("KADR_TEST_QUICK")) {
        history_shrink(history);
        print_message("the records that matter:\n");
        history_print(history);
        (void)history_holds(history, &loud); /* again, to tell what differs */
    }
}

/* What a run came to; it passes a pipe. */
struct outcome {
    size_t compared, wrong;
    struct met met;
};

static void compare(struct outcome *outcome, struct kadr_reference *references[HISTORY_REFERENCES],
                    uint64_t seed, size_t observations, size_t earlier)
{
    struct history history = { .references = { references[0], references[1] } };
    struct history_check check = { .every = 1, .earlier = earlier, .met = &outcome->met };
    history_generate(&history, seed, observations);
    outcome->compared++;
    if (history_holds(&history, &check)) {
        met_in_history(&outcome->met, &history);
    } else {
        outcome->wrong++;
        tell(&history, observations, outcome->compared);
    }
    history_free(&history);
}

static void unload(struct kadr_reference *references[HISTORY_REFERENCES])
{
    for (size_t i = 0; i < HISTORY_REFERENCES; i++) {
        kadr_reference_unref(references[i]);
    }
}

/* ---- the kept seeds -------------------------------------------------------------------------------------
 */

/* `SEED[,OBSERVATIONS]`, then white space or the end. */
static void parse_seed(const char *text, uint64_t *ret_seed, size_t *ret_observations)
{
    char *end = NULL;
    *ret_seed = strtoull(text, &end, 10);
    assert_ptr_not_equal(end, text);
    *ret_observations = *end == ',' ? (size_t)strtoull(end + 1, &end, 10) : usual_length();
    assert_true(*end == '\0' || *end == ' ' || *end == '\n');
    assert_in_range(*ret_observations, 1, 100000);
}

static void the_seeds_that_once_failed_do_not(void **state)
{
    (void)state;
    if (getenv("KADR_TEST_SEED") || is_set("KADR_TEST_QUICK")) {
        skip(); /* others are asked for */
    }
    struct outcome outcome = { .wrong = 0 };
    struct kadr_reference *references[HISTORY_REFERENCES];
    history_load_references(references);
    FILE *file = fopen(SEEDS_FILE, "re");
    assert_non_null(file);
    for (char line[256]; fgets(line, sizeof(line), file);) {
        uint64_t seed;
        size_t observations;
        assert_non_null(strchr(line, '\n')); /* the whole line */
        if (line[0] != '#') {
            parse_seed(line, &seed, &observations);
            compare(&outcome, references, seed, observations, 1);
        }
    }
    (void)fclose(file);
    unload(references);
    print_message("%zu kept seeds\n", outcome.compared);
    assert_true(outcome.compared > 0);
    assert_int_equal(outcome.wrong, 0);
}

/* ---- generated histories ---------------------------------------------------------------------------------
 */

/* Of the seeds 1 … count every `step`-th, from `first` on. */
static struct outcome run_some(uint64_t first, uint64_t count, uint64_t step)
{
    struct outcome outcome = { .wrong = 0 };
    size_t enough = is_set("KADR_TEST_QUICK") ? 1 : 3;
    struct kadr_reference *references[HISTORY_REFERENCES];
    history_load_references(references);
    for (uint64_t seed = first; seed <= count && outcome.wrong < enough; seed += step) {
        compare(&outcome, references, seed, usual_length(), is_full() ? 1 : 5);
    }
    unload(references);
    return outcome;
}

struct worker {
    pid_t pid;
    int from;
};

static struct worker start_worker(uint64_t first, uint64_t count, uint64_t step)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct worker worker = { .pid = fork(), .from = ends[0] };
    assert_true(worker.pid >= 0);
    if (worker.pid == 0) {
        struct outcome outcome = run_some(first, count, step);
        (void)fflush(NULL);
        _exit(write(ends[1], &outcome, sizeof(outcome)) == (ssize_t)sizeof(outcome) ? 0 : 1);
    }
    assert_int_equal(close(ends[1]), 0);
    return worker;
}

static void add_worker(struct outcome *outcome, const struct worker *worker)
{
    struct outcome part;
    int status;
    assert_int_equal(read(worker->from, &part, sizeof(part)), sizeof(part));
    assert_int_equal(close(worker->from), 0);
    assert_int_equal(waitpid(worker->pid, &status, 0), worker->pid);
    assert_int_equal(status, 0);
    outcome->compared += part.compared;
    outcome->wrong += part.wrong;
    met_add(&outcome->met, &part.met);
}

static struct outcome run_all(void)
{
    struct worker workers[MAX_WORKERS];
    struct outcome outcome = { .wrong = 0 };
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t count = processors < 1 ? 1 : processors > MAX_WORKERS ? MAX_WORKERS : (uint64_t)processors;
    (void)fflush(NULL); /* or each of them prints it again */
    for (uint64_t i = 0; i < count; i++) {
        workers[i] = start_worker(i + 1, FULL_HISTORIES, count);
    }
    for (uint64_t i = 0; i < count; i++) {
        add_worker(&outcome, &workers[i]);
    }
    return outcome;
}

static void run_one(const char *text)
{
    uint64_t seed;
    size_t observations;
    struct outcome outcome = { .wrong = 0 };
    struct kadr_reference *references[HISTORY_REFERENCES];
    parse_seed(text, &seed, &observations);
    history_load_references(references);
    compare(&outcome, references, seed, observations, 1);
    unload(references);
    assert_int_equal(outcome.wrong, 0);
}

static void the_rollup_agrees_with_the_oracle(void **state)
{
    (void)state;
    const char *one = getenv("KADR_TEST_SEED");
    if (one) {
        run_one(one);
        return;
    }
    struct outcome outcome = is_full() ? run_all() : run_some(1, DEFAULT_HISTORIES, 1);
    print_message("seeds 1 to %zu, about %zu observations each; among them:\n", outcome.compared,
                  usual_length());
    bool each = met_each(&outcome.met, outcome.compared / 8);
    assert_int_equal(outcome.wrong, 0);
    assert_int_equal(outcome.compared, is_full() ? FULL_HISTORIES : DEFAULT_HISTORIES);
    assert_true(each);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_seeds_that_once_failed_do_not),
        cmocka_unit_test(the_rollup_agrees_with_the_oracle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
