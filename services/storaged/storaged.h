/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* storaged.h - the daemon around core/storage.h: one ROUTER, one writer thread, one tick; nothing decided
 * here.
 *
 *   storaged.c       stages, events into the core, its actions out
 *   reference_dir.c  the configured folder as reference files
 *   operator.c       options, readiness, status, metrics, log lines
 */
#include "core/storage.h"
#include "edge/daemon.h"
#include "edge/writer.h"

#define SUB "storage"

struct storaged_config {
    const char *listen, *data, *reference, *http;
    int64_t map_size_bytes, drain_timeout_ns;
    kadr_day day;
    bool allow_any_fs;
    int log_level;
};

/* Peers to whom a message was lost in this step; beyond it the rest is found by silence. */
#define MAX_LOST 64

struct storaged {
    struct kadr_daemon daemon; /* first */
    struct storaged_config config;
    struct kadr_store store;
    struct kadr_storage *core;
    struct kadr_writer *writer;
    struct kadr_zsock *sock;
    struct kadr_timer *tick, *feed;
    struct kadr_buf frame; /* the message being encoded */
    struct kadr_peer lost[MAX_LOST];
    size_t lost_count;
    size_t batch_records; /* of the last batch */
    uint64_t lost_messages, bad_messages;
    bool failed, stop_given, storage_full;
    bool comparing; /* the folder with the version in force, at a start */
};

extern const struct kadr_program storaged_program;

/* storaged.c */
KADR_MUST_CHECK int storaged_store_up(void *context);
void storaged_store_down(void *context);
void storaged_reload(void *context); /* SIGHUP: the configured folder becomes the version in force */
KADR_MUST_CHECK int storaged_core_up(void *context);
void storaged_core_down(void *context);
KADR_MUST_CHECK int storaged_writer_up(void *context);
void storaged_writer_down(void *context);
KADR_MUST_CHECK int storaged_journal_up(void *context);
KADR_MUST_CHECK int storaged_sockets_up(void *context);
void storaged_sockets_down(void *context);
bool storaged_drain(void *context);

/* reference_dir.c - units.csv and catalogue/<name>.csv of a folder, as files named after themselves. */
struct reference_dir {
    struct kadr_file files[KADR_MAX_REFERENCE_FILES];
    size_t count;
    struct kadr_buf content[KADR_MAX_REFERENCE_FILES];
    char names[KADR_MAX_REFERENCE_FILES][KADR_MAX_CODE_BYTES + 1];
};
/** @param why  gets one sentence when it fails
 * @retval KADR_ENOENT / KADR_EFULL / KADR_EIO / KADR_ENOMEM */
KADR_MUST_CHECK int reference_dir_read(struct reference_dir *dir, const char *path, struct kadr_buf *why);
void reference_dir_done(struct reference_dir *dir);
KADR_DEFINE_DONE(struct reference_dir, reference_dir_done)

/* operator.c */
/* Answers to the program's own requests. `starting`: the folder was only compared with the version in force.
 */
void storaged_log_reply(const struct kadr_store_reply *reply, bool starting);
int storaged_exit_code(int err);
