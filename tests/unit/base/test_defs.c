/* SPDX-License-Identifier: Apache-2.0 */
/* The macros: a failed invariant stops the process and says where; owners are freed and handed over. */
#include "base/defs.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct counted {
    int *freed;
};

static void counted_free(struct counted *object)
{
    if (object) {
        ++*object->freed;
    }
}
KADR_DEFINE_CLEANUP(struct counted, counted_free)

static void cleanup_frees_at_the_end_of_the_scope(void **state)
{
    (void)state;
    int freed = 0;
    struct counted object = { &freed };
    {
        KADR_CLEANUP(counted_free) struct counted *owner = &object;
        assert_ptr_equal(owner, &object);
        assert_int_equal(freed, 0);
    }
    assert_int_equal(freed, 1);
}

static void take_leaves_nothing_to_free(void **state)
{
    (void)state;
    int freed = 0;
    struct counted object = { &freed };
    struct counted *taken = NULL;
    {
        KADR_CLEANUP(counted_free) struct counted *owner = &object;
        taken = KADR_TAKE(owner);
        assert_null(owner);
    }
    assert_ptr_equal(taken, &object);
    assert_int_equal(freed, 0);
}

/* In a child: it is meant to die. */
static void fail_an_assertion(int stderr_fd)
{
    struct rlimit no_core = { 0, 0 };
    (void)setrlimit(RLIMIT_CORE, &no_core); /* only tidiness */
    (void)signal(SIGABRT, SIG_DFL);
    if (dup2(stderr_fd, STDERR_FILENO) < 0) {
        _exit(1);
    }
    KADR_ASSERT(1 + 1 == 3);
    _exit(0);
}

static void a_failed_assertion_says_where_and_aborts(void **state)
{
    (void)state;
    int fd[2];
    assert_int_equal(pipe(fd), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        fail_an_assertion(fd[1]);
    }
    close(fd[1]);
    char text[512] = "";
    ssize_t len = read(fd[0], text, sizeof text - 1);
    close(fd[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_true(len > 0);
    assert_non_null(strstr(text, "test_defs.c:"));
    assert_non_null(strstr(text, "assertion failed: 1 + 1 == 3\n"));
}

static void a_true_assertion_does_nothing(void **state)
{
    (void)state;
    int evaluated = 0;
    KADR_ASSERT(++evaluated == 1);
    assert_int_equal(evaluated, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cleanup_frees_at_the_end_of_the_scope),
        cmocka_unit_test(take_leaves_nothing_to_free),
        cmocka_unit_test(a_failed_assertion_says_where_and_aborts),
        cmocka_unit_test(a_true_assertion_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
