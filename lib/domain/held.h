/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* held.h - figures that wait to be said a second time.
 *
 * Bound:  KADR_MAX_HELD; the one that has waited longest makes room, and is held once more when it is said
 *         again.
 * Order:  that of the journal; nothing else is looked at.
 */
#include "base/defs.h"

struct kadr_held_item {
    uint64_t key, value; /* hashes */
    uint64_t report;     /* first bytes of the report's id: the same report once more confirms nothing */
    uint32_t next;       /* in its bucket */
    bool waits;
};

struct kadr_held {
    struct kadr_held_item *items; /* a ring; owned */
    uint32_t *buckets;            /* index + 1 of the first item; owned */
    uint32_t turn;                /* the item that is taken next */
    size_t count;                 /* that wait */
    uint64_t forgotten;           /* since start: made room */
};

void kadr_held_done(struct kadr_held *held);
void kadr_held_clear(struct kadr_held *held);
/* The figure waits; one that does already goes on. @retval KADR_ENOMEM  nothing was changed */
KADR_MUST_CHECK int kadr_held_add(struct kadr_held *held, uint64_t key, uint64_t value, uint64_t report);
/* The figure waits and was said by another report. */
bool kadr_held_has(const struct kadr_held *held, uint64_t key, uint64_t value, uint64_t report);
/* Something took force for the key: what waits for it is over. */
void kadr_held_settle(struct kadr_held *held, uint64_t key);
