/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* ingest.h - the ingest core: what ingestd decides, without a clock or a socket.
 *
 * Frames of offices and of storaged go in with their time, frames to send come out; the caller sends them in
 * order. Judges each report with the reference data and the day that storaged's journal holds, hands the
 * verdicts to storaged in batches and passes the receipts on, one message per office connection and commit.
 *
 * Promises kept here: nothing is answered with a receipt but what storaged said; every submit is answered
 * exactly once (received = answered + in flight); what cannot be judged now is answered `retry_later` with
 * the reason; a report that names its office and stream but cannot be decoded is held with its bytes, never
 * lost. Everything that waits is bounded (limits.h). It has no state that a restart must keep: what units
 * said before, by which a figure is found implausible, is read from the journal again.
 */
#include "base/clock.h"
#include "core/peer.h"
#include "domain/baseline.h"
#include "wire/wire.h"

struct kadr_ingest;

enum kadr_ingest_event_kind {
    KADR_INGEST_OFFICE, /* a frame of an office */
    KADR_INGEST_BAD,    /* a message of an office that its socket dropped */
    KADR_INGEST_STORE,  /* a frame of storaged */
    KADR_INGEST_FLUSH,  /* nothing more to receive just now: send the batch */
    KADR_INGEST_TICK,   /* about four times a second */
    KADR_INGEST_STOP    /* drain: take no more submits; over when kadr_ingest_idle() */
};

struct kadr_ingest_event {
    enum kadr_ingest_event_kind kind;
    kadr_ns now_ns;          /* monotonic */
    kadr_ms wall_ms;         /* Unix time: when a report was received */
    struct kadr_peer peer;   /* OFFICE, BAD */
    struct kadr_bytes frame; /* OFFICE, STORE; borrowed until the step returns */
    const char *why;         /* BAD: static string */
};

struct kadr_ingest_action {
    enum {
        KADR_INGEST_SEND_OFFICE,
        KADR_INGEST_SEND_STORE,
        KADR_INGEST_PING_STORE /* drop it when something waits for storaged already */
    } kind;
    struct kadr_peer peer;   /* SEND_OFFICE */
    struct kadr_bytes frame; /* borrowed until the next step */
};

struct kadr_ingest_out {
    const struct kadr_ingest_action *actions; /* borrowed until the next step */
    size_t count;
};

/* Why a request was not taken, as metrics name it. */
enum kadr_ingest_refusal {
    KADR_INGEST_BAD_FRAME,
    KADR_INGEST_VERSION,
    KADR_INGEST_UNKNOWN_OFFICE, /* in the name of an office that there is not */
    KADR_INGEST_NOT_READY,      /* reference data or day not known yet */
    KADR_INGEST_CATCHING_UP,    /* the journal is still being read */
    KADR_INGEST_STORAGE_DOWN,   /* storaged does not answer */
    KADR_INGEST_STORAGE_SLOW,   /* an append was not answered in time */
    KADR_INGEST_BUSY,           /* too much in flight */
    KADR_INGEST_CREDIT,         /* the connection sent more than its credit */
    KADR_INGEST_PEERS,          /* too many connections with submits in flight */
    KADR_INGEST_STOPPING,
    KADR_INGEST_SEQUENCE_GAP, /* this and the next two: storaged refused */
    KADR_INGEST_SEQUENCE_REUSED,
    KADR_INGEST_BY_STORAGE, /* its queue or its disk is full, it stops … */
    KADR_INGEST_REFUSALS
};
const char *kadr_ingest_refusal_text(enum kadr_ingest_refusal refusal); /* `bad_frame` … */

struct kadr_ingest_status {
    bool storage_up; /* storaged answered within the last three seconds */
    bool stopping;
    struct kadr_pong known; /* lineage, head, day and reference version */
    uint64_t position;      /* commit up to which the journal is known */
    struct kadr_baseline_counts baseline;
    size_t peers;             /* connections with submits in flight */
    size_t appends;           /* append frames not answered yet */
    kadr_ns oldest_append_ns; /* when the oldest of them was sent; 0: none waits */
    uint64_t in_flight;       /* submits not answered yet */
    /* since start; received = answered + in_flight */
    uint64_t received, answered;
    uint64_t refused[KADR_INGEST_REFUSALS];
    uint64_t reports[KADR_OUTCOME_HELD + 1]; /* receipts by outcome */
    uint64_t accepted, rejected, held;       /* observations of committed reports */
    uint64_t rereads;                        /* of the whole journal, for another reference */
    uint64_t store_errors;                   /* frames of storaged that could not be used */
};

KADR_MUST_CHECK int kadr_ingest_new(struct kadr_ingest **ret_ingest);
void kadr_ingest_free(struct kadr_ingest *ing);
KADR_DEFINE_CLEANUP(struct kadr_ingest, kadr_ingest_free)

/** One event.
 * @param[out] ret_out  frames to send, in order
 * @retval KADR_ENOMEM  the end: nothing that was said in this step is sent
 * Cost: of a submit, decoding and judging it; of other events O(frames sent). */
KADR_MUST_CHECK int kadr_ingest_step(struct kadr_ingest *ing, const struct kadr_ingest_event *ev,
                                     struct kadr_ingest_out *ret_out);
/* No submit waits for an answer. */
bool kadr_ingest_idle(const struct kadr_ingest *ing);
/* One line why no report can be taken now; NULL when they can. */
const char *kadr_ingest_not_ready(const struct kadr_ingest *ing);
void kadr_ingest_status(const struct kadr_ingest *ing, struct kadr_ingest_status *ret_status);
