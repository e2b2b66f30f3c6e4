/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* aggregatord.h - the daemon around core/aggregate.h: three sockets, one timer, nothing decided here. */
#include "core/aggregate.h"
#include "edge/daemon.h"

struct aggregatord_config {
    const char *store, *query, *feed, *http;
    const char *checkpoint;   /* "": none */
    int64_t checkpoint_every; /* records */
    int64_t tick_ns;
    int log_level;
};

struct aggregatord {
    struct kadr_daemon daemon; /* first */
    struct aggregatord_config config;
    struct kadr_zsock *store, *query, *feed;
    struct kadr_timer *timer;
    struct kadr_aggregate *core;
    struct {
        uint64_t commit; /* that the file stands for; 0: none */
        uint64_t tried;  /* commit at the last attempt to write one */
        uint64_t written, failures;
    } checkpoint;
    bool failed;
};

/* checkpoint.c: none of these fails; what goes wrong is logged and counted. */
void aggregatord_read_checkpoint(struct aggregatord *app); /* before KADR_AGGREGATE_START */
void aggregatord_write_checkpoint_if_due(struct aggregatord *app);
void aggregatord_write_last_checkpoint(struct aggregatord *app); /* unless nothing is new since */
void aggregatord_forget_checkpoint(struct aggregatord *app);     /* the core found that it is of no use */

extern const struct kadr_program aggregatord_program;
