/* SPDX-License-Identifier: Apache-2.0 */
/* store.c - what every store has in common: the chain over its records. */
#include "core/store.h"

#include "base/hash.h"

struct kadr_digest kadr_record_chain(const struct kadr_digest *previous, uint64_t commit,
                                     struct kadr_bytes envelope, struct kadr_bytes message)
{
    uint8_t head[12];
    for (size_t i = 0; i < 8; i++) {
        head[i] = (uint8_t)(commit >> (56 - 8 * i));
    }
    for (size_t i = 0; i < 4; i++) {
        head[8 + i] = (uint8_t)(envelope.len >> (24 - 8 * i));
    }
    const struct kadr_bytes parts[] = {
        { previous->bytes, sizeof(previous->bytes) }, { head, sizeof(head) }, envelope, message
    };
    return kadr_hash_parts(parts, KADR_COUNT(parts));
}
