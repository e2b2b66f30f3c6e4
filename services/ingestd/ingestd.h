/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* ingestd.h - the daemon around core/ingest.h: two sockets, two timers, nothing decided here. */
#include "core/ingest.h"
#include "edge/daemon.h"

struct ingestd_config {
    const char *listen, *store, *http;
    int64_t drain_timeout_ns;
    int log_level;
};

struct ingestd {
    struct kadr_daemon daemon; /* first */
    struct ingestd_config config;
    struct kadr_ingest *core;
    struct kadr_zsock *offices, *store;
    struct kadr_timer *tick, *flush;
    bool stopping;   /* the core has been told */
    bool storage_up; /* as last logged */
    bool failed;
};

extern const struct kadr_program ingestd_program;
