/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* publisher.h - sends what waits in an outbox and keeps the receipts.
 *
 * Order:   by sequence, at most `credit` of the server's Welcome unanswered. A receipt is durable in the
 *          outbox before its callback.
 * Trouble: silence or a missing answer: a fresh connection, and everything unanswered again (a resend is
 *          free). `retry_later`: waits as long as it says. `sequence_gap`: goes back to the number expected,
 *          into acknowledged reports if need be. Any other refusal stops it: the stream cannot go on without
 *          a person.
 * Owner:   the loop's thread. Callbacks run in the loop and must not free the publisher.
 */
#include "client/outbox.h"
#include "edge/zsock.h"

struct kadr_publisher;

struct kadr_publisher_events {
    void (*receipt)(void *context, const struct kadr_receipt *receipt); /* each report once; may be NULL */
    void (*refused)(void *context, const struct kadr_refusal *refusal); /* stopped; may be NULL */
    void (*delayed)(void *context, const struct kadr_refusal *refusal); /* `retry_later`; may be NULL */
    void (*drained)(void *context);         /* nothing is pending any more; may be NULL */
    void (*failed)(void *context, int err); /* stopped: the outbox or the network failed; may be NULL */
    void *context;
};

struct kadr_publisher_config {
    const char *endpoint;       /* of ingestd */
    struct kadr_outbox *outbox; /* borrowed */
    const char *client;         /* `kadr/0.1.0` */
    kadr_ns silence_ns;         /* without any message before a fresh connection; 0 = 3 s */
    kadr_ns answer_ns;          /* without an answer to what was sent; 0 = 5 s */
    bool stop_on_signals;       /* kadr_publish() only: SIGINT and SIGTERM end it */
    struct kadr_publisher_events events;
};

struct kadr_publisher_stats {
    uint64_t sent;        /* submits, resends included */
    uint64_t receipts;    /* that settled a report */
    uint64_t duplicates;  /* receipts of settled reports */
    uint64_t retries;     /* `retry_later` */
    uint64_t gaps;        /* rewinds */
    uint64_t connections; /* made, the first included */
    uint64_t bad;         /* replies that did not decode */
    bool welcomed;        /* the server has answered at least once */
};

KADR_MUST_CHECK int kadr_publisher_new(struct kadr_zctx *zctx, struct kadr_loop *loop,
                                       const struct kadr_publisher_config *config,
                                       struct kadr_publisher **ret_publisher);
void kadr_publisher_free(struct kadr_publisher *publisher); /* NULL is fine; the outbox stays */
KADR_DEFINE_CLEANUP(struct kadr_publisher, kadr_publisher_free)
/* Reports were put into the outbox. */
void kadr_publisher_kick(struct kadr_publisher *publisher);
const struct kadr_publisher_stats *kadr_publisher_stats(const struct kadr_publisher *publisher);

/** Send everything that waits, and return when it is answered. Has its own loop and context.
 * config->events.drained and .failed are not used.
 * @param timeout_ns  longest time without a receipt
 * @param ret_stats   set in any case; may be NULL
 * @retval 0              nothing is pending
 * @retval KADR_ETIMEOUT  what is pending is safe in the outbox
 * @retval KADR_EPERM     refused, see events.refused
 * @retval KADR_ECANCELED ended by a signal; what is pending is safe in the outbox
 * @return                else an error of the outbox or of the sockets */
KADR_MUST_CHECK int kadr_publish(const struct kadr_publisher_config *config, kadr_ns timeout_ns,
                                 struct kadr_publisher_stats *ret_stats);
