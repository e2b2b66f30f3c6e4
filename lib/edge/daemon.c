/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a daemon, in the order in which every one of them lives it. Phases are functions that return an
 * exit code or GO_ON; what came up is taken down by kadr_daemon_run() alone, from wherever it got to.
 *
 * As PID 1 of a container a process has no default signal actions, so SIGTERM and SIGINT get handlers before
 * the first stage comes up: one that arrives during a long recovery is answered when the loop begins to turn.
 */
#define _GNU_SOURCE
#include "edge/daemon.h"

#include "base/err.h"
#include "base/log.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define GO_ON            (-1)
#define DRAIN_DEFAULT_NS KADR_S(10)
#define DRAIN_STEP_NS    KADR_MS(20)

const char *kadr_version(void)
{
    return KADR_VERSION;
}

/* What the command line asks of the runner itself; the rest is for the options. */
struct request {
    const char *config;
    bool check, print, version, help;
    int argc;
    char **argv; /* owned array of borrowed words */
};

/* Takes one word (or two) if it is the runner's. Returns the words taken. */
static int take_word(struct request *request, char *word, char *next)
{
    const struct {
        const char *flag;
        bool *set;
    } flags[] = { { "--check-config", &request->check },
                  { "--print-config", &request->print },
                  { "--version", &request->version },
                  { "--help", &request->help } };
    for (size_t i = 0; i < KADR_COUNT(flags); i++) {
        if (strcmp(word, flags[i].flag) == 0) {
            *flags[i].set = true;
            return 1;
        }
    }
    if (strncmp(word, "--config=", 9) == 0) {
        request->config = word + 9;
        return 1;
    }
    if (strcmp(word, "--config") == 0 && next) {
        request->config = next;
        return 2;
    }
    return 0;
}

static int read_request(int argc, char **argv, struct request *ret)
{
    *ret = (struct request){ .config = getenv("KADR_CONFIG") };
    ret->argv = calloc((size_t)argc + 2, sizeof *ret->argv);
    if (!ret->argv) {
        return KADR_EXIT_SOFTWARE;
    }
    ret->argv[ret->argc++] = argc > 0 ? argv[0] : NULL;
    int at = 1;
    while (at < argc) {
        int taken = take_word(ret, argv[at], at + 1 < argc ? argv[at + 1] : NULL);
        if (taken == 0) {
            ret->argv[ret->argc++] = argv[at];
        }
        at += taken ? taken : 1;
    }
    return GO_ON;
}

static int write_out(const struct kadr_buf *text)
{
    bool written = !text->err && fputs(kadr_buf_str(text), stdout) >= 0 && fflush(stdout) == 0;
    return written ? KADR_EXIT_OK : KADR_EXIT_IOERR;
}

static int print_help(const struct kadr_program *program)
{
    const char *section = program->options.program;
    struct kadr_buf text KADR_CLEANUP(kadr_buf_done);
    kadr_buf_init(&text, 0);
    kadr_buf_printf(&text,
                    "Usage: %s [--config FILE] [OPTION]...\n\n"
                    "  --config FILE                 INI file with a section [%s] [$KADR_CONFIG]\n"
                    "  --check-config                check the configuration, print `ok`, exit\n"
                    "  --print-config                print each value in force and its origin, exit\n"
                    "  --version, --help             what they say\n\n"
                    "Option --some-thing is also `some_thing` in [%s] of the file and the variable KADR_",
                    program->name, section, section);
    for (const char *c = section; *c; c++) {
        kadr_buf_add_char(&text, (char)toupper((unsigned char)*c));
    }
    kadr_buf_add_str(&text,
                     "_SOME_THING;\na flag is stronger than a variable, a variable than the file.\n\n");
    kadr_options_help(&program->options, &text);
    return write_out(&text);
}

static int print_version(const struct kadr_program *program)
{
    struct kadr_buf text KADR_CLEANUP(kadr_buf_done);
    kadr_buf_init(&text, 0);
    kadr_buf_printf(&text, "%s %s\n", program->name, kadr_version());
    return write_out(&text);
}

static int refuse_word(const struct kadr_program *program, const char *word)
{
    bool flag = strncmp(word, "-", 1) == 0;
    const char *nearest = flag ? kadr_options_nearest(&program->options, word) : NULL;
    (void)fprintf(stderr, "%s: %s `%s`", program->name, flag ? "unknown flag" : "unexpected argument", word);
    if (nearest) {
        (void)fprintf(stderr, "; did you mean the option `%s`?", nearest);
    }
    (void)fprintf(stderr, " (see --help)\n");
    return KADR_EXIT_USAGE;
}

static int load_config(struct kadr_daemon *daemon, const struct request *request, void *config)
{
    const struct kadr_program *program = daemon->program;
    struct kadr_buf error KADR_CLEANUP(kadr_buf_done);
    kadr_buf_init(&error, 0);
    int rest = 0;
    int rc = kadr_options_load(&program->options, request->config, request->argc, request->argv, config,
                               &daemon->values, &rest, &error);
    if (rc) {
        (void)fprintf(stderr, "%s: %s\n", program->name,
                      error.len ? kadr_buf_str(&error) : kadr_strerror(rc));
        return rc == KADR_ENOMEM ? KADR_EXIT_SOFTWARE : KADR_EXIT_CONFIG;
    }
    return rest < request->argc ? refuse_word(program, request->argv[rest]) : GO_ON;
}

static int print_config(const struct kadr_daemon *daemon)
{
    struct kadr_buf text KADR_CLEANUP(kadr_buf_done);
    kadr_buf_init(&text, 0);
    kadr_options_print(&daemon->program->options, daemon->values, &text);
    return write_out(&text);
}

/* Everything that may end before the daemon begins. */
static int prepare(struct kadr_daemon *daemon, const struct request *request, void *app)
{
    const struct kadr_program *program = daemon->program;
    if (request->help) {
        return print_help(program);
    }
    if (request->version) {
        return print_version(program);
    }
    int code = load_config(daemon, request, program->config(app));
    if (code == GO_ON && request->print) {
        return print_config(daemon);
    }
    if (code == GO_ON && request->check) {
        return puts("ok") >= 0 && fflush(stdout) == 0 ? KADR_EXIT_OK : KADR_EXIT_IOERR;
    }
    return code;
}

/* The field of one of the runner's own options, or NULL. */
static const void *own_option(const struct kadr_program *program, void *app, const char *name,
                              enum kadr_option_type type)
{
    for (size_t i = 0; i < program->options.count; i++) {
        const struct kadr_option *option = &program->options.table[i];
        if (option->type == type && strcmp(option->name, name) == 0) {
            return (const char *)program->config(app) + option->offset;
        }
    }
    return NULL;
}

static void set_log(const struct kadr_program *program, void *app)
{
    const int *level = own_option(program, app, "log_level", KADR_OPTION_LEVEL);
    kadr_log_set_program(program->name);
    kadr_log_set_level(level ? (enum kadr_log_level) * level : KADR_LOG_INFO);
}

static kadr_ns drain_timeout_ns(const struct kadr_program *program, void *app)
{
    const int64_t *timeout = own_option(program, app, "drain_timeout", KADR_OPTION_DURATION);
    return timeout ? *timeout : DRAIN_DEFAULT_NS;
}

/* No way back to privileges, and no core file with keys or figures in it. */
static int harden(void)
{
    const struct rlimit none = { 0, 0 };
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || setrlimit(RLIMIT_CORE, &none) ? KADR_EPERM : 0;
}

static void end_drain(struct kadr_daemon *daemon, enum kadr_log_level level, const char *event)
{
    kadr_log(level, "daemon", event,
             kadr_kv_i64("took_ms", (kadr_clock_monotonic_ns() - daemon->stop_began_ns) / KADR_MS(1)));
    kadr_loop_stop(daemon->loop);
}

/* The app is its daemon's container: the daemon is its first member. */
static void drain_step(void *app)
{
    struct kadr_daemon *daemon = app;
    if (!daemon->program->drain || daemon->program->drain(app)) {
        end_drain(daemon, KADR_LOG_INFO, "drained");
    } else if (kadr_clock_monotonic_ns() >= daemon->drain_until_ns) {
        end_drain(daemon, KADR_LOG_WARN, "drain_timeout");
    } else {
        kadr_timer_set(daemon->drain_timer, DRAIN_STEP_NS);
    }
}

static void on_stop_signal(void *app)
{
    struct kadr_daemon *daemon = app;
    if (daemon->stopping) {
        end_drain(daemon, KADR_LOG_WARN, "drain_cut_short");
        return;
    }
    daemon->stopping = true;
    daemon->stop_began_ns = kadr_clock_monotonic_ns();
    daemon->drain_until_ns = daemon->stop_began_ns + drain_timeout_ns(daemon->program, app);
    kadr_notify("STOPPING=1");
    kadr_log(KADR_LOG_INFO, "daemon", "draining");
    drain_step(app);
}

static void on_reload_signal(void *app)
{
    const struct kadr_daemon *daemon = app;
    kadr_log(KADR_LOG_INFO, "daemon", "reload",
             kadr_kv_str("action", daemon->program->reload ? "reload" : "nothing_to_reload"));
    if (daemon->program->reload) {
        daemon->program->reload(app);
    }
}

/* WATCHDOG_USEC: tell the service manager twice per period that the loop turns. */
static kadr_ns watchdog_period_ns(void)
{
    const char *text = getenv("WATCHDOG_USEC");
    long long us = text ? strtoll(text, NULL, 10) : 0;
    return us > 0 && us < INT64_C(86400000000) ? us * 1000 / 2 : 0;
}

static void on_watchdog(void *app)
{
    struct kadr_daemon *daemon = app;
    kadr_notify("WATCHDOG=1");
    kadr_timer_set(daemon->watchdog_timer, watchdog_period_ns());
}

static int watch_signals(struct kadr_daemon *daemon, void *app)
{
    static const struct {
        int number;
        kadr_loop_fn *fn;
    } signals[] = { { SIGTERM, on_stop_signal }, { SIGINT, on_stop_signal }, { SIGHUP, on_reload_signal } };
    int rc = 0;
    for (size_t i = 0; i < KADR_COUNT(signals) && !rc; i++) {
        rc = kadr_loop_on_signal(daemon->loop, signals[i].number, signals[i].fn, app);
    }
    return rc;
}

static int join_loop(struct kadr_daemon *daemon, void *app)
{
    int rc = kadr_timer_new(daemon->loop, drain_step, app, &daemon->drain_timer);
    if (!rc) {
        rc = watch_signals(daemon, app);
    }
    if (!rc && watchdog_period_ns() > 0) {
        rc = kadr_timer_new(daemon->loop, on_watchdog, app, &daemon->watchdog_timer);
        if (!rc) {
            kadr_timer_set(daemon->watchdog_timer, 0);
        }
    }
    return rc;
}

static void add_process_metrics(struct kadr_daemon *daemon)
{
    kadr_metric_set(kadr_metrics_gauge(daemon->metrics, "kadr_build_info", "version=\"" KADR_VERSION "\"",
                                       "Version of the program; always 1."),
                    1);
    kadr_metric_set(kadr_metrics_gauge(daemon->metrics, "process_start_time_seconds", NULL,
                                       "Unix time at which the process began."),
                    kadr_clock_wall_ms() / 1000);
    daemon->http_refused = kadr_metrics_counter(daemon->metrics, "kadr_http_refused_total", NULL,
                                                "HTTP connections answered 503 because too many were open.");
}

static int open_base(struct kadr_daemon *daemon, void *app)
{
    int rc = harden();
    if (!rc) {
        rc = kadr_loop_new(&daemon->loop);
    }
    if (!rc) {
        rc = kadr_zctx_new(&daemon->zctx);
    }
    if (!rc) {
        rc = kadr_metrics_new(&daemon->metrics);
    }
    if (!rc) {
        add_process_metrics(daemon);
        rc = join_loop(daemon, app);
    }
    return rc;
}

static void close_base(struct kadr_daemon *daemon)
{
    kadr_timer_free(daemon->drain_timer);
    kadr_timer_free(daemon->watchdog_timer);
    kadr_zctx_free(daemon->zctx);
    kadr_loop_free(daemon->loop);
    kadr_metrics_free(daemon->metrics);
}

static void get_healthz(void *app, struct kadr_http_reply *reply)
{
    (void)app; /* that the loop turned to get here is the answer */
    kadr_buf_add_str(&reply->body, "ok\n");
}

static void get_readyz(void *app, struct kadr_http_reply *reply)
{
    const struct kadr_daemon *daemon = app;
    const char *why = daemon->stopping ? "stopping" : NULL;
    if (!why && daemon->program->not_ready) {
        why = daemon->program->not_ready(app);
    }
    reply->status = why ? 503 : 200;
    kadr_buf_printf(&reply->body, "%s\n", why ? why : "ready");
}

static void get_metrics(void *app, struct kadr_http_reply *reply)
{
    struct kadr_daemon *daemon = app;
    kadr_metric_set(daemon->http_refused, (int64_t)kadr_http_refused(daemon->http));
    if (daemon->program->refresh_metrics) {
        daemon->program->refresh_metrics(app);
    }
    reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
    kadr_metrics_write(daemon->metrics, &reply->body);
}

static void get_status(void *app, struct kadr_http_reply *reply)
{
    const struct kadr_daemon *daemon = app;
    reply->content_type = "application/json";
    if (daemon->program->status) {
        daemon->program->status(app, &reply->body);
    } else {
        kadr_buf_add_str(&reply->body, "{}");
    }
}

static int open_http(struct kadr_daemon *daemon, void *app)
{
    static const struct kadr_http_route routes[] = {
        { "/healthz", get_healthz },
        { "/readyz", get_readyz },
        { "/metrics", get_metrics },
        { "/status", get_status },
    };
    const char *listen = daemon->program->http_listen ? daemon->program->http_listen(app) : "";
    return *listen ? kadr_http_new(daemon->loop, listen, routes, KADR_COUNT(routes), app, &daemon->http) : 0;
}

static int exit_code_of(int err)
{
    static const struct {
        int err, code;
    } map[] = { { KADR_EINVAL, KADR_EXIT_CONFIG },
                { KADR_ENOMEM, KADR_EXIT_SOFTWARE },
                { KADR_ECORRUPT, KADR_EXIT_DATA },
                { KADR_EVERSION, KADR_EXIT_DATA },
                { KADR_EPERM, KADR_EXIT_NOPERM } };
    for (size_t i = 0; i < KADR_COUNT(map); i++) {
        if (map[i].err == err) {
            return map[i].code;
        }
    }
    return KADR_EXIT_UNAVAILABLE;
}

static int failed(const char *stage, int err)
{
    kadr_log(KADR_LOG_ERROR, "daemon", "stage_failed", kadr_kv_str("stage", stage),
             kadr_kv_str("error", kadr_strerror(err)));
    return exit_code_of(err);
}

/* Stages up to the first that fails. */
static int stages_up(struct kadr_daemon *daemon, void *app, size_t *ret_up)
{
    const struct kadr_program *program = daemon->program;
    for (*ret_up = 0; *ret_up < program->stage_count; (*ret_up)++) {
        const struct kadr_stage *stage = &program->stages[*ret_up];
        int rc = stage->up ? stage->up(app) : 0;
        if (rc) {
            return failed(stage->name, rc);
        }
    }
    return GO_ON;
}

static void stages_down(const struct kadr_daemon *daemon, void *app, size_t up)
{
    while (up > 0) {
        const struct kadr_stage *stage = &daemon->program->stages[--up];
        if (stage->down) {
            stage->down(app);
        }
    }
}

/* From READY=1 to the end of the loop. */
static int turn(struct kadr_daemon *daemon)
{
    kadr_notify("READY=1");
    kadr_log(KADR_LOG_INFO, "daemon", "started", kadr_kv_str("version", kadr_version()),
             kadr_kv_i64("http_port", daemon->http ? kadr_http_port(daemon->http) : 0));
    int rc = kadr_loop_run(daemon->loop);
    return rc ? failed("loop", rc) : daemon->exit_code;
}

static int live(struct kadr_daemon *daemon, void *app)
{
    size_t up = 0;
    int rc = open_base(daemon, app);
    int code = rc ? failed("base", rc) : stages_up(daemon, app, &up);
    if (code == GO_ON && daemon->exit_code) {
        code = daemon->exit_code; /* a stage called kadr_daemon_fail() */
    }
    if (code == GO_ON) {
        rc = open_http(daemon, app);
        code = rc ? failed("http", rc) : turn(daemon);
    }
    kadr_ns down_began_ns = kadr_clock_monotonic_ns();
    kadr_http_free(daemon->http);
    daemon->http = NULL;
    stages_down(daemon, app, up);
    close_base(daemon);
    kadr_log(KADR_LOG_INFO, "daemon", "stopped", kadr_kv_i64("exit_code", code),
             kadr_kv_i64("took_ms", (kadr_clock_monotonic_ns() - down_began_ns) / KADR_MS(1)));
    return code;
}

int kadr_daemon_run(int argc, char **argv, const struct kadr_program *program, void *app)
{
    struct kadr_daemon *daemon = app;
    *daemon = (struct kadr_daemon){ .program = program };
    struct request request;
    int code = read_request(argc, argv, &request);
    if (code == GO_ON) {
        code = prepare(daemon, &request, app);
    }
    if (code == GO_ON) {
        set_log(program, app);
        code = live(daemon, app);
    }
    kadr_option_values_free(daemon->values);
    daemon->values = NULL;
    free(request.argv);
    return code;
}

void kadr_daemon_fail(struct kadr_daemon *daemon, int exit_code)
{
    daemon->exit_code = exit_code;
    kadr_loop_stop(daemon->loop);
}
