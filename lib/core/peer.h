/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* peer.h - the return address of a peer on a ROUTER: made by the server, never an identity. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct kadr_peer {
    uint8_t bytes[16];
    uint8_t len;
};

static inline bool kadr_peer_equal(const struct kadr_peer *a, const struct kadr_peer *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}
