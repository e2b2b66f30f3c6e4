/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* push.h - what the two files of `kadr push` share: push_files.c (from file to outbox), push.c (from outbox
 * to receipt).
 */
#include "cli.h"
#include "client/outbox.h"
#include "json.h"

/* A report on its way into the outbox, and later what was wrong with its file. */
struct prepared {
    struct kadr_buf report;
    const char *file; /* borrowed from the command line */
    struct kadr_csv_places places;
    uint32_t rejected;
    struct kadr_diags diags;
    uint64_t sequence; /* once it is in the outbox */
    bool told;         /* what was wrong with the file, with its receipt */
};

struct push {
    const struct cli *cli;
    struct kadr_reference *reference;
    struct kadr_arena *arena;
    struct kadr_outbox *outbox;        /* in a dry run NULL when there is none, or outbox_err */
    int outbox_err;                    /* of a dry run: why it could not look into the outbox */
    struct prepared *reports;          /* one per file that is sent, in order of sequence */
    size_t count, queued;              /* prepared; of them in the outbox */
    uint64_t accepted, rejected, held; /* figures, of all reports */
    char delay[64];                    /* why the server wants to be asked later; empty: it does not */
    bool interrupted;                  /* by a signal: no further outbox is sent */
    int failure;                       /* exit code of the worst thing that is not about rows; 0 */
};

/* Remembers, of two failures, the one that a person must see to first. */
void push_failed(struct push *push, int code);
/* Exit code of an outbox that does not open. */
int push_open_exit(const struct push *push, int err);

/* ---- telling ---- */
const char *push_base_name(const char *path);
/* What the reader found and what the receipt says (either may be NULL), in the order of the file's lines;
 * what is about the whole file first. */
void push_print_diags(const struct push *push, const char *file, const struct kadr_diags *diags,
                      const struct kadr_receipt *receipt, const struct kadr_csv_places *places);
void push_print_json(struct push *push, json_t *value);
/* A text with a file and three numbers, on stdout. */
void push_say(const struct push *push, enum text text, const char *file, uint64_t a, uint64_t b, uint64_t c);

/* ---- from file to outbox ---- */
/* Reads, checks and prepares one file. */
void push_take_file(struct push *push, const char *file);
/* What was prepared becomes durable; what does not fit is told. */
void push_flush(struct push *push);
void push_release(struct prepared *prepared);
