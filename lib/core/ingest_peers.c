/* SPDX-License-Identifier: Apache-2.0 */
/* ingest_peers.c - connections with submits in flight: a fixed table, found by hash.
 *
 * A ROUTER does not say when a connection has ended, so nothing is kept of one that owes nothing: the place
 * is given back with the last answer.
 */
#include "core/ingest_impl.h"

static uint32_t bucket_of(const struct kadr_peer *address)
{
    uint32_t hash = UINT32_C(
        2166136261); /* FNV-1a; made by our ROUTER unless a client names itself; the table is bounded */
    for (size_t i = 0; i < address->len; i++) {
        hash = (hash ^ address->bytes[i]) * UINT32_C(16777619);
    }
    return hash % INGEST_BUCKETS;
}

void kadr_ingest_peers_init(struct ingest_peers *peers)
{
    for (uint32_t i = 0; i < INGEST_BUCKETS; i++) {
        peers->bucket[i] = INGEST_NO_PEER;
    }
    for (uint32_t i = 0; i < KADR_MAX_PEERS; i++) {
        peers->items[i].next = i + 1 < KADR_MAX_PEERS ? i + 1 : INGEST_NO_PEER;
    }
    peers->free = 0;
    peers->count = 0;
}

uint32_t kadr_ingest_peer_get(struct ingest_peers *peers, const struct kadr_peer *address)
{
    uint32_t *head = &peers->bucket[bucket_of(address)];
    for (uint32_t i = *head; i != INGEST_NO_PEER; i = peers->items[i].next) {
        if (kadr_peer_equal(&peers->items[i].address, address)) {
            return i;
        }
    }
    uint32_t index = peers->free;
    if (index == INGEST_NO_PEER) {
        return index;
    }
    struct ingest_peer *peer = &peers->items[index];
    peers->free = peer->next;
    *peer = (struct ingest_peer){
        .address = *address, .next = *head, .first = INGEST_NO_PEER, .last = INGEST_NO_PEER
    };
    *head = index;
    peers->count++;
    return index;
}

void kadr_ingest_peer_drop_unused(struct ingest_peers *peers, uint32_t index)
{
    struct ingest_peer *peer = &peers->items[index];
    if (peer->in_flight > 0) {
        return;
    }
    uint32_t *link = &peers->bucket[bucket_of(&peer->address)];
    while (*link != index) {
        link = &peers->items[*link].next;
    }
    *link = peer->next;
    peer->next = peers->free;
    peers->free = index;
    peers->count--;
}

void kadr_ingest_peer_done(struct ingest_peers *peers, uint32_t index)
{
    KADR_ASSERT(peers->items[index].in_flight > 0);
    peers->items[index].in_flight--;
    kadr_ingest_peer_drop_unused(peers, index);
}
