/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a daemon. Each case runs kadr_daemon_run() in a child process, whose stages report on a pipe: a
 * capital letter for a stage that came up, a small one for one that went down, `D` for a drain that began.
 */
#include "edge/daemon.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/log.h"

#define PATIENCE_MS 20000

/* What a case tells its child. */
struct plan {
    char fails;     /* the stage that does not come up */
    int error;      /* with this */
    int fail_code;  /* kadr_daemon_fail() as soon as the loop turns */
    bool never_dry; /* the drain has always something left */
    const char *not_ready;
};

struct app {
    struct kadr_daemon daemon;
    struct {
        const char *http;
        int64_t drain_ns;
        int log_level;
    } config;
    const struct plan *plan;
    struct kadr_timer *timer;
    int report; /* the pipe */
};

static void report(const struct app *app, char event)
{
    assert_int_equal(write(app->report, &event, 1), 1);
}

static int stage_up(struct app *app, char name)
{
    if (app->plan->fails == name) {
        return app->plan->error;
    }
    report(app, name);
    return 0;
}

/* Stages come up without a way to privileges and without core files. */
static bool is_hardened(void)
{
    struct rlimit core;
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && !getrlimit(RLIMIT_CORE, &core) &&
           core.rlim_max == 0;
}

static int a_up(void *app)
{
    return is_hardened() ? stage_up(app, 'A') : KADR_EPROTO;
}
static void a_down(void *app)
{
    report(app, 'a');
}
static int b_up(void *app)
{
    return stage_up(app, 'B');
}
static void b_down(void *app)
{
    report(app, 'b');
}

static void fail_now(void *context)
{
    struct app *app = context;
    kadr_daemon_fail(&app->daemon, app->plan->fail_code);
}

static void say_running(void *context)
{
    const struct app *app = context;
    char text[16];
    int len = snprintf(text, sizeof text, "(%d)", app->daemon.http ? kadr_http_port(app->daemon.http) : 0);
    assert_int_equal(write(app->report, text, (size_t)len), len);
}

static int c_up(void *context)
{
    struct app *app = context;
    int rc = stage_up(app, 'C');
    if (!rc) {
        rc =
            kadr_timer_new(app->daemon.loop, app->plan->fail_code ? fail_now : say_running, app, &app->timer);
    }
    if (!rc) {
        kadr_timer_set(app->timer, 0);
    }
    return rc;
}
static void c_down(void *context)
{
    struct app *app = context;
    kadr_timer_free(app->timer);
    report(app, 'c');
}

static void *config_of(void *context)
{
    return &((struct app *)context)->config;
}
static const char *http_of(void *context)
{
    return ((struct app *)context)->config.http;
}
static const char *not_ready(void *context)
{
    return ((struct app *)context)->plan->not_ready;
}
static void reload(void *context)
{
    report(context, 'R');
}
static void status(void *context, struct kadr_buf *json)
{
    (void)context;
    kadr_buf_add_str(json, "{\"commit\":7}");
}
static bool drain(void *context)
{
    const struct app *app = context;
    report(app, 'D');
    return !app->plan->never_dry;
}

static const struct kadr_option table[] = {
    { "http", KADR_OPTION_ADDRESS, offsetof(struct app, config.http) - offsetof(struct app, config), "", 0, 0,
      "health" },
    { "drain_timeout", KADR_OPTION_DURATION,
      offsetof(struct app, config.drain_ns) - offsetof(struct app, config), "5s", 0, KADR_S(60), "patience" },
    { "log_level", KADR_OPTION_LEVEL, offsetof(struct app, config.log_level) - offsetof(struct app, config),
      "error", 0, 0, "log" },
};
static const struct kadr_stage stages[] = { { "a", a_up, a_down },
                                            { "b", b_up, b_down },
                                            { "c", c_up, c_down } };
static const struct kadr_program program = {
    .name = "kadr-testd",
    .options = { "testd", table, KADR_COUNT(table) },
    .config = config_of,
    .stages = stages,
    .stage_count = KADR_COUNT(stages),
    .http_listen = http_of,
    .not_ready = not_ready,
    .reload = reload,
    .status = status,
    .drain = drain,
};

struct child {
    pid_t pid;
    int report, out; /* ends of pipes: stages, and stdout with stderr */
    char events[128], text[16384];
    int code;
};

static void run_in_child(struct app *app, char *const *flags, int out)
{
    char *argv[8] = { "kadr-testd" };
    int argc = 1;
    for (; flags && flags[argc - 1]; argc++) {
        argv[argc] = flags[argc - 1];
    }
    if (dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0) {
        _exit(99);
    }
    exit(kadr_daemon_run(argc, argv, &program, app));
}

static struct child start(const struct plan *plan, char *const *flags)
{
    int reports[2], out[2];
    assert_int_equal(pipe(reports), 0);
    assert_int_equal(pipe(out), 0);
    struct app app = { .plan = plan, .report = reports[1] };
    struct child child = { .report = reports[0], .out = out[0] };
    child.pid = fork();
    assert_true(child.pid >= 0);
    if (child.pid == 0) {
        run_in_child(&app, flags, out[1]);
    }
    close(reports[1]);
    close(out[1]);
    return child;
}

/* Reads reports until the last one is `last` (0: to the end). */
static void read_events(struct child *child, char last)
{
    size_t len = strlen(child->events);
    struct pollfd pipe_end = { .fd = child->report, .events = POLLIN };
    while (len < sizeof child->events - 1 && (len == 0 || !last || child->events[len - 1] != last)) {
        assert_int_equal(poll(&pipe_end, 1, PATIENCE_MS), 1);
        if (read(child->report, child->events + len, 1) != 1) {
            return;
        }
        len++;
    }
}

static void finish(struct child *child)
{
    read_events(child, 0);
    size_t len = 0;
    ssize_t n = 0;
    while ((n = read(child->out, child->text + len, sizeof child->text - 1 - len)) > 0) {
        len += (size_t)n;
    }
    int state = 0;
    assert_int_equal(waitpid(child->pid, &state, 0), child->pid);
    child->code = WIFEXITED(state) ? WEXITSTATUS(state) : 1000 + WTERMSIG(state);
    close(child->report);
    close(child->out);
}

static struct child run(const struct plan *plan, char *const *flags)
{
    struct child child = start(plan, flags);
    finish(&child);
    return child;
}

#define FLAGS(...) ((char *const[]){ __VA_ARGS__, NULL })

static void test_lives_drains_and_ends(void **state)
{
    (void)state;
    struct child child = start(&(struct plan){ 0 }, FLAGS("--log-level=info"));
    read_events(&child, ')');
    assert_int_equal(kill(child.pid, SIGTERM), 0);
    finish(&child);
    assert_string_equal(child.events, "ABC(0)Dcba");
    assert_int_equal(child.code, 0);
    assert_non_null(strstr(child.text, "event=started version="));
    assert_non_null(strstr(child.text, "event=draining"));
    assert_non_null(strstr(child.text, "event=drained took_ms="));
    assert_non_null(strstr(child.text, "event=stopped exit_code=0 took_ms="));
}

static void test_sigint_is_the_same(void **state)
{
    (void)state;
    struct child child = start(&(struct plan){ 0 }, NULL);
    read_events(&child, ')');
    assert_int_equal(kill(child.pid, SIGINT), 0);
    finish(&child);
    assert_string_equal(child.events, "ABC(0)Dcba");
    assert_int_equal(child.code, 0);
}

static void test_hangup_reloads_and_ends_nothing(void **state)
{
    (void)state;
    struct child child = start(&(struct plan){ 0 }, NULL);
    read_events(&child, ')');
    assert_int_equal(kill(child.pid, SIGHUP), 0);
    read_events(&child, 'R');
    assert_int_equal(kill(child.pid, SIGTERM), 0);
    finish(&child);
    assert_string_equal(child.events, "ABC(0)RDcba");
    assert_int_equal(child.code, 0);
}

static void test_each_stage_in_turn_does_not_come_up(void **state)
{
    (void)state;
    static const struct {
        struct plan plan;
        const char *events;
        int code;
    } cases[] = {
        { { .fails = 'A', .error = KADR_EIO }, "", KADR_EXIT_UNAVAILABLE },
        { { .fails = 'B', .error = KADR_EBUSY }, "Aa", KADR_EXIT_UNAVAILABLE },
        { { .fails = 'C', .error = KADR_EINVAL }, "ABba", KADR_EXIT_CONFIG },
        { { .fails = 'C', .error = KADR_ECORRUPT }, "ABba", KADR_EXIT_DATA },
        { { .fails = 'B', .error = KADR_EPERM }, "Aa", KADR_EXIT_NOPERM },
        { { .fails = 'B', .error = KADR_ENOMEM }, "Aa", KADR_EXIT_SOFTWARE },
    };
    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        struct child child = run(&cases[i].plan, NULL);
        assert_string_equal(child.events, cases[i].events);
        assert_int_equal(child.code, cases[i].code);
        assert_non_null(strstr(child.text, "event=stage_failed stage="));
    }
}

static void test_http_that_cannot_bind_takes_the_stages_down(void **state)
{
    (void)state;
    struct child child = run(&(struct plan){ 0 }, FLAGS("--http=192.0.2.1:7799"));
    assert_string_equal(child.events, "ABCcba");
    assert_int_equal(child.code, KADR_EXIT_UNAVAILABLE);
    assert_non_null(strstr(child.text, "stage=http"));
}

static void test_drain_has_a_deadline(void **state)
{
    (void)state;
    struct child child =
        start(&(struct plan){ .never_dry = true }, FLAGS("--drain-timeout=100ms", "--log-level=info"));
    read_events(&child, ')');
    assert_int_equal(kill(child.pid, SIGTERM), 0);
    finish(&child);
    assert_int_equal(child.code, 0);
    assert_non_null(strstr(child.events, "DD")); /* asked more than once */
    assert_non_null(strstr(child.events, "Dcba"));
    assert_non_null(strstr(child.text, "event=drain_timeout"));
}

static void test_second_signal_ends_the_drain(void **state)
{
    (void)state;
    struct child child =
        start(&(struct plan){ .never_dry = true }, FLAGS("--drain-timeout=60s", "--log-level=warn"));
    read_events(&child, ')');
    assert_int_equal(kill(child.pid, SIGTERM), 0);
    read_events(&child, 'D');
    assert_int_equal(kill(child.pid, SIGTERM), 0);
    finish(&child);
    assert_int_equal(child.code, 0);
    assert_non_null(strstr(child.text, "event=drain_cut_short"));
    assert_non_null(strstr(child.events, "Dcba"));
}

static void test_fail_ends_with_its_code_and_no_drain(void **state)
{
    (void)state;
    struct child child = run(&(struct plan){ .fail_code = KADR_EXIT_IOERR }, NULL);
    assert_string_equal(child.events, "ABCcba");
    assert_int_equal(child.code, KADR_EXIT_IOERR);
}

static void test_what_ends_before_it_begins(void **state)
{
    (void)state;
    static const struct {
        const char *flag[2];
        int code;
        const char *text;
    } cases[] = {
        { { "--version" }, 0, "kadr-testd " },
        { { "--help" }, 0, "--drain-timeout DURATION" },
        { { "--check-config" }, 0, "ok\n" },
        { { "--print-config", "--drain-timeout=3s" }, 0, "drain_timeout = 3s ; --drain-timeout\n" },
        { { "--check-config", "--drain-timeout=soon" },
          KADR_EXIT_CONFIG,
          "kadr-testd: --drain-timeout: \"soon\"" },
        { { "--config=/nowhere/kadr.conf" }, KADR_EXIT_CONFIG, "/nowhere/kadr.conf: there is no such file" },
        { { "--config", "/nowhere/kadr.conf" },
          KADR_EXIT_CONFIG,
          "/nowhere/kadr.conf: there is no such file" },
        { { "--drain-timeot=3s" },
          KADR_EXIT_USAGE,
          "unknown flag `--drain-timeot=3s`; did you mean the option `drain_timeout`?" },
        { { "please" }, KADR_EXIT_USAGE, "unexpected argument `please`" },
        { { "--config" }, KADR_EXIT_USAGE, "unknown flag `--config`" },
    };
    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        char first[64], second[64];
        (void)snprintf(first, sizeof first, "%s", cases[i].flag[0]);
        (void)snprintf(second, sizeof second, "%s", cases[i].flag[1] ? cases[i].flag[1] : "");
        struct child child = run(&(struct plan){ 0 }, FLAGS(first, cases[i].flag[1] ? second : NULL));
        if (!strstr(child.text, cases[i].text)) {
            print_error("%s\n", child.text);
        }
        assert_non_null(strstr(child.text, cases[i].text));
        assert_int_equal(child.code, cases[i].code);
        assert_string_equal(child.events, "");
    }
}

/* GET from the running child; the answer's status. */
static int get(const struct child *child, const char *path, struct kadr_buf *body)
{
    char url[64];
    int port = 0, code = 0;
    const char *open = strchr(child->events, '(');
    assert_non_null(open);
    assert_int_equal(sscanf(open, "(%d)", &port), 1);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d%s", port, path);
    kadr_buf_clear(body);
    assert_int_equal(kadr_http_get(url, KADR_S(10), &code, body), 0);
    return code;
}

static void test_health_readiness_metrics_and_status(void **state)
{
    (void)state;
    struct kadr_buf body KADR_CLEANUP(kadr_buf_done);
    kadr_buf_init(&body, 0);
    struct child child = start(&(struct plan){ .never_dry = true }, FLAGS("--http=127.0.0.1:0"));
    read_events(&child, ')');
    assert_int_equal(get(&child, "/healthz", &body), 200);
    assert_int_equal(get(&child, "/readyz", &body), 200);
    assert_int_equal(get(&child, "/metrics", &body), 200);
    assert_non_null(strstr(kadr_buf_str(&body), "\nkadr_build_info{version=\""));
    assert_non_null(strstr(kadr_buf_str(&body), "\nprocess_start_time_seconds 1"));
    assert_int_equal(get(&child, "/status", &body), 200);
    assert_string_equal(kadr_buf_str(&body), "{\"commit\":7}");
    assert_int_equal(get(&child, "/else", &body), 404);
    assert_int_equal(kill(child.pid, SIGTERM), 0);
    read_events(&child, 'D');
    assert_int_equal(get(&child, "/readyz", &body), 503); /* drains: healthy, but not ready */
    assert_string_equal(kadr_buf_str(&body), "stopping\n");
    assert_int_equal(get(&child, "/healthz", &body), 200);
    assert_int_equal(kill(child.pid, SIGTERM), 0);
    finish(&child);
    assert_int_equal(child.code, 0);
}

static void test_not_ready_says_why(void **state)
{
    (void)state;
    struct kadr_buf body KADR_CLEANUP(kadr_buf_done);
    kadr_buf_init(&body, 0);
    struct child child = start(&(struct plan){ .not_ready = "no snapshot yet" }, FLAGS("--http=127.0.0.1:0"));
    read_events(&child, ')');
    assert_int_equal(get(&child, "/readyz", &body), 503);
    assert_string_equal(kadr_buf_str(&body), "no snapshot yet\n");
    assert_int_equal(kill(child.pid, SIGTERM), 0);
    finish(&child);
}

static void expect_notice(int fd, const char *expected)
{
    char text[64];
    struct pollfd manager = { .fd = fd, .events = POLLIN };
    assert_int_equal(poll(&manager, 1, PATIENCE_MS), 1);
    ssize_t n = recv(fd, text, sizeof text - 1, 0);
    assert_true(n > 0);
    text[n] = '\0';
    assert_string_equal(text, expected);
}

static void test_service_manager_is_told(void **state)
{
    (void)state;
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    (void)snprintf(address.sun_path, sizeof address.sun_path, "/tmp/kadr-test-notify-%ld", (long)getpid());
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    setenv("WATCHDOG_USEC", "20000", 1);
    struct child child = start(&(struct plan){ 0 }, NULL);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    expect_notice(fd, "READY=1");
    expect_notice(fd, "WATCHDOG=1");
    expect_notice(fd, "WATCHDOG=1");
    assert_int_equal(kill(child.pid, SIGTERM), 0);
    finish(&child);
    char text[64] = "";
    while (strcmp(text, "STOPPING=1") != 0) { /* behind further WATCHDOG=1 */
        ssize_t n = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);
        assert_true(n > 0);
        text[n] = '\0';
    }
    close(fd);
    unlink(address.sun_path);
}

int main(void)
{
    (void)alarm(55); /* what hangs, fails */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lives_drains_and_ends),
        cmocka_unit_test(test_sigint_is_the_same),
        cmocka_unit_test(test_hangup_reloads_and_ends_nothing),
        cmocka_unit_test(test_each_stage_in_turn_does_not_come_up),
        cmocka_unit_test(test_http_that_cannot_bind_takes_the_stages_down),
        cmocka_unit_test(test_drain_has_a_deadline),
        cmocka_unit_test(test_second_signal_ends_the_drain),
        cmocka_unit_test(test_fail_ends_with_its_code_and_no_drain),
        cmocka_unit_test(test_what_ends_before_it_begins),
        cmocka_unit_test(test_health_readiness_metrics_and_status),
        cmocka_unit_test(test_not_ready_says_why),
        cmocka_unit_test(test_service_manager_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
