/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* in_force.h - when the statement in force was stated, for every key: 16 bytes each.
 *
 * Keys are 64-bit hashes; two keys that share one (some 10^-7 in all, at the bound) would share their time.
 * Nothing is decided by it: a sender is told that his statement came too late.
 * Bound:  KADR_MAX_TIMED_KEYS; of keys beyond nothing is known, and they are counted.
 */
#include "base/clock.h"
#include "base/defs.h"

struct kadr_timed_key {
    uint64_t key; /* 0: free */
    kadr_ms stated_at_ms;
};

struct kadr_in_force {
    struct kadr_timed_key *items; /* owned */
    size_t cap, count;
    uint64_t untimed; /* since start: statements of keys that found no place */
};

void kadr_in_force_done(struct kadr_in_force *in_force);
void kadr_in_force_clear(struct kadr_in_force *in_force);
/* A statement, in the order of commits: the later stated one counts, of equal ones this one.
 * @param[out] ret_took  false: a later one is in force
 * @retval KADR_ENOMEM  nothing was changed */
KADR_MUST_CHECK int kadr_in_force_put(struct kadr_in_force *in_force, uint64_t key, kadr_ms stated_at_ms,
                                      bool *ret_took);
/* One that was stated later is in force. */
bool kadr_in_force_is_later(const struct kadr_in_force *in_force, uint64_t key, kadr_ms stated_at_ms);
