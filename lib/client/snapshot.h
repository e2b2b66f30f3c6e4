/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* snapshot.h - asks aggregatord: for cells (kadr_snapshot()), or for anything else that it answers in parts
 * (kadr_ask()); also as a part of following (subscriber.h uses the reader alone).
 *
 * An answer is begin, cells (changes, nodes), end with their number and digest: a short or damaged answer
 * shows and counts as none.
 */
#include "base/clock.h"
#include "wire/wire.h"

struct kadr_snapshot_query {
    const char *unit, *indicator; /* "" = all */
    bool subtree;
    kadr_day as_of; /* KADR_DAY_NONE = today */
    bool has_period;
    bool borders_today; /* else the borders of the day asked about */
    struct kadr_period period;
    struct kadr_instant known; /* zeros: now */
};

/* Borrowed for the call. A second begin means: forget what came so far, the answer begins anew. */
struct kadr_snapshot_events {
    void (*begin)(void *context, const struct kadr_position *position);
    void (*cell)(void *context, const struct kadr_wire_cell *cell);
    void *context;
    /* Of other answers; NULL: an answer that has one is damaged. */
    void (*change)(void *context, const struct kadr_wire_change *change);
    void (*points)(void *context, const struct kadr_wire_trend *trend);
    void (*owed)(void *context, const struct kadr_wire_owed *owed);
    void (*node)(void *context, const struct kadr_wire_node *node);
    /* A whole begin or end, for what the above do not tell; may be NULL. The end is told only of a whole
     * answer. */
    void (*part)(void *context, const struct kadr_query_reply *reply);
};

/* ---- reading one answer ---- */
struct kadr_snapshot_reader {
    struct kadr_snapshot_events events;
    uint64_t request;              /* replies of other numbers are late answers and are passed over */
    uint64_t cells;                /* or changes, nodes */
    struct kadr_digest digest;     /* of the cells so far */
    struct kadr_position position; /* of begin */
    bool begun;
};
enum kadr_snapshot_state {
    KADR_SNAPSHOT_MORE,
    KADR_SNAPSHOT_DONE,
    KADR_SNAPSHOT_BROKEN,
    KADR_SNAPSHOT_REFUSED
};
enum kadr_snapshot_state kadr_snapshot_take(struct kadr_snapshot_reader *reader,
                                            const struct kadr_query_reply *reply);
void kadr_snapshot_encode(const struct kadr_snapshot_query *query, uint64_t request, struct kadr_buf *out);

/* ---- blocking ---- */
/** Ask and wait. Asks again when told to retry, within the timeout.
 * @param timeout_ns  longest silence
 * @param refused     called once when refused, and before KADR_ETIMEOUT when the last that was heard is
 *                    `retry_later` (then without the text that travelled); may be NULL
 * @retval 0
 * @retval KADR_ETIMEOUT  no answer, or no whole one
 * @retval KADR_EBUSY     nor any, of a server that is there: it answers a ping; the question may be too wide
 * @retval KADR_EPERM     refused, e.g. a day that has not come
 * @retval KADR_EPROTO    again and again the cells were not what the end of the answer says
 * @return                else an error of the sockets */
KADR_MUST_CHECK int kadr_snapshot(const char *endpoint, const struct kadr_snapshot_query *query,
                                  kadr_ns timeout_ns, const struct kadr_snapshot_events *events,
                                  void (*refused)(void *context, const struct kadr_refusal *refusal));
/* The same for any request that is answered by begin, parts and end; `request->request` is chosen here. */
KADR_MUST_CHECK int kadr_ask(const char *endpoint, const struct kadr_query_request *request,
                             kadr_ns timeout_ns, const struct kadr_snapshot_events *events,
                             void (*refused)(void *context, const struct kadr_refusal *refusal));
