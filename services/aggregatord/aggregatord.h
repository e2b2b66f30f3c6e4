/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* aggregatord.h - the daemon around core/aggregate.h: its sockets and timers, nothing decided here. */
#include "audit.h"
#include "core/aggregate.h"
#include "edge/daemon.h"
#include "history.h"
#include "past.h"

struct aggregatord_config {
    const char *store, *query, *feed, *http;
    const char *checkpoint;   /* "": none */
    int64_t checkpoint_every; /* records */
    const char *history;      /* "": none */
    int64_t history_map_bytes;
    bool allow_any_fs;
    int64_t tick_ns, audit_ns;
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
    struct aggregatord_history history;
    struct aggregatord_past past;
    struct aggregatord_audit audit;
    bool started; /* the core is: it may have waited for the history */
    bool failed;
};

/* Begins, with the checkpoint if there is one; once. */
void aggregatord_start(struct aggregatord *app);
/* A durable position of the history, seen to be of this journal. */
void aggregatord_tell_history(struct aggregatord *app, struct kadr_history_position position);
/* With what all its sockets have in common; a failure is logged. */
KADR_MUST_CHECK int aggregatord_open_socket(struct aggregatord *app, struct kadr_zsock_config config,
                                            struct kadr_zsock **ret_sock);
/* Metrics; `_total` at the end of a name makes a counter. */
struct aggregatord_exported {
    const char *name, *help;
    uint64_t value;
};
void aggregatord_export(struct aggregatord *app, const struct aggregatord_exported *items, size_t count);

/* checkpoint.c: none of these fails; what goes wrong is logged and counted. */
void aggregatord_read_checkpoint(struct aggregatord *app); /* before KADR_AGGREGATE_START */
void aggregatord_write_checkpoint_if_due(struct aggregatord *app);
void aggregatord_write_last_checkpoint(struct aggregatord *app); /* unless nothing is new since */
void aggregatord_forget_checkpoint(struct aggregatord *app);     /* the core found that it is of no use */

extern const struct kadr_program aggregatord_program;
