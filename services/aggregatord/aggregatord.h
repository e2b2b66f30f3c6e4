/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* aggregatord.h - the daemon around core/aggregate.h: three sockets, one timer, nothing decided here. */
#include "core/aggregate.h"
#include "edge/daemon.h"

struct aggregatord_config {
    const char *store, *query, *feed, *http;
    int64_t tick_ns;
    int log_level;
};

struct aggregatord {
    struct kadr_daemon daemon; /* first */
    struct aggregatord_config config;
    struct kadr_zsock *store, *query, *feed;
    struct kadr_timer *timer;
    struct kadr_aggregate *core;
    bool failed;
};

extern const struct kadr_program aggregatord_program;
