/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* daemon.h - what every daemon's main repeats, once: flags (--config FILE --check-config --print-config
 * --version --help), log, stages up in order, HTTP, READY=1, loop, SIGTERM/SIGINT → STOPPING=1, drain with a
 * deadline, stages down in reverse from wherever we got to. A second SIGTERM or SIGINT ends the drain.
 *
 * Two options are the runner's own when the program's table has them: `log_level` (KADR_OPTION_LEVEL) and
 * `drain_timeout` (KADR_OPTION_DURATION; 10 s without it). The file is --config, else $KADR_CONFIG, else
 * none.
 *
 * HTTP: /healthz, /readyz, /metrics (with kadr_build_info and process_start_time_seconds), /status.
 * Exit codes: 0 stopped on request, 64 wrong usage, 78 wrong configuration, 69 a stage could not come up (65
 * its data is corrupt or of another version, 77 not allowed, 70 out of memory), or what kadr_daemon_fail()
 * said. A stage that returns KADR_EINVAL means its configuration: 78.
 *
 *     static const struct kadr_stage stages[] = { { "sockets", up, down }, … };
 *     int main(int argc, char **argv) { struct ingestd app = { 0 }; return kadr_daemon_run(argc, argv,
 * &program, &app); }
 */
#include "base/metrics.h"
#include "edge/http.h"
#include "edge/loop.h"
#include "edge/options.h"
#include "edge/zsock.h"

/* First member of every daemon's app struct. */
struct kadr_daemon {
    struct kadr_loop *loop;
    struct kadr_zctx *zctx;
    struct kadr_metrics *metrics;
    struct kadr_http *http;
    const struct kadr_program *program;
    bool stopping; /* drain began */
    kadr_ns drain_until_ns;
    /* private */
    struct kadr_option_values *values;
    struct kadr_timer *drain_timer, *watchdog_timer;
    struct kadr_metric *http_refused;
    kadr_ns stop_began_ns;
    int exit_code;
};

struct kadr_stage {
    const char *name;
    int (*up)(void *app);    /* 0 or an error, logged by the runner; NULL: nothing to do */
    void (*down)(void *app); /* called only when up succeeded */
};

struct kadr_program {
    const char *name; /* `kadr-ingestd` */
    struct kadr_options options;
    void *(*config)(void *app); /* where the options go, inside app */
    const struct kadr_stage *stages;
    size_t stage_count;
    const char *(*http_listen)(void *app); /* "" = no HTTP */
    /* One line why not ready, or NULL when ready. /healthz is 200 while the loop turns, /readyz 503 with the
     * reason. */
    const char *(*not_ready)(void *app);
    void (*status)(void *app, struct kadr_buf *json); /* /status: one JSON object */
    void (*reload)(void *app);                        /* SIGHUP; NULL: nothing to reload, logged */
    void (*refresh_metrics)(void *app);               /* before /metrics is written; may be NULL */
    /* Begin to drain: accept nothing new; returns true when nothing is left to wait for. Called again every
     * 20 ms until true or the deadline. */
    bool (*drain)(void *app);
};

/* Returns the process's exit code. `app` begins with a struct kadr_daemon. */
int kadr_daemon_run(int argc, char **argv, const struct kadr_program *program, void *app);
/* End the daemon with a code, e.g. after a failed commit: no drain. */
void kadr_daemon_fail(struct kadr_daemon *daemon, int exit_code);
const char *kadr_version(void); /* `0.1.0` */
/* $NOTIFY_SOCKET (sd_notify protocol); nothing without it. */
void kadr_notify(const char *state);
