/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* subscriber.h - follows the live rollup: a snapshot at commit N, then every change after it, or a new
 * snapshot; never a gap in silence.
 *
 * Subscribes before it asks for the snapshot, and takes the first progress message as the proof that the
 * subscription holds. Deltas that come meanwhile are kept (bounded) and applied by the rule of
 * rollup.proto: from <= mine < to applies, to <= mine is old, anything else is a gap, where `mine` is the
 * commit of my state of that topic. A progress message that names a changed topic whose delta never came is
 * a gap too; so is a lost progress message, and another lineage. A gap makes a new snapshot.
 * Holds no cells: the caller keeps what it needs.
 */
#include "client/snapshot.h"
#include "edge/zsock.h"

struct kadr_subscriber;

struct kadr_delta_info {
    uint64_t from;
    struct kadr_position to;
};

/* Borrowed for the call; must not free the subscriber. All but `change` may be NULL. */
struct kadr_subscriber_events {
    void (*snapshot_begin)(void *context, const struct kadr_position *position);
    void (*snapshot_cell)(void *context, const struct kadr_wire_cell *cell);
    void (*snapshot_end)(void *context, uint64_t cells);
    void (*change)(void *context, const struct kadr_delta_info *delta, const struct kadr_wire_change *change);
    void (*progress)(void *context, const struct kadr_position *position, const struct kadr_digest *digest);
    void (*gap)(void *context, const char *why); /* a new snapshot follows */
    void (*stalled)(void *context);              /* no progress for stall_ns; told once */
    void (*resumed)(void *context);
    void (*refused)(void *context, const struct kadr_refusal *refusal); /* stopped */
    void *context;
};

struct kadr_subscriber_config {
    const char *query_endpoint, *feed_endpoint; /* of aggregatord */
    const char *unit, *indicator;               /* "" = all */
    const char *unit_path;                      /* `KZ/KZ-35/` narrows the subscription; "" when not known */
    bool subtree;
    kadr_ns stall_ns; /* 0 = 3 s */
    struct kadr_subscriber_events events;
};

KADR_MUST_CHECK int kadr_subscriber_new(struct kadr_zctx *zctx, struct kadr_loop *loop,
                                        const struct kadr_subscriber_config *config,
                                        struct kadr_subscriber **ret_subscriber);
void kadr_subscriber_free(struct kadr_subscriber *subscriber); /* NULL is fine */
KADR_DEFINE_CLEANUP(struct kadr_subscriber, kadr_subscriber_free)
