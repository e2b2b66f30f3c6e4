/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* zsock.h - ZeroMQ sockets on the event loop; the one file that includes zmq.h (zsock.c).
 *
 * Hides the edge-triggered ZMQ_FD, the options that bite (docs/architecture.md, Transport) and the framing.
 * One pump per socket: receive whole messages with a budget, flush the bounded out-queue, re-arm. CURVE is a
 * matter of filling in the keys. Delivery: a message is borrowed until the callback returns. Frame count and
 * size are bounded; a message that breaks a bound is dropped, counted and reported through `bad`.
 */
#include "base/defs.h"
#include "core/peer.h"
#include "edge/loop.h"

struct kadr_zctx; /* one per process */
struct kadr_zsock;

enum kadr_zsock_type { KADR_ZSOCK_ROUTER, KADR_ZSOCK_DEALER, KADR_ZSOCK_XPUB, KADR_ZSOCK_SUB };

struct kadr_zsock_config {
    enum kadr_zsock_type type;
    const char *endpoint;   /* tcp://, ipc:// or inproc:// only */
    size_t max_frame_bytes; /* ZMQ_MAXMSGSIZE */
    size_t out_queue_items; /* messages waiting in the application, all peers together */
    int high_water_mark;    /* per pipe */
    /* CURVE, all NULL or as needed; 40 Z85 characters */
    const char *server_public, *own_public, *own_secret;
    /* One whole message. ROUTER: from peer; others: peer is NULL. SUB: two frames (topic, payload); else one.
     */
    void (*receive)(void *context, const struct kadr_peer *peer, const struct kadr_bytes *frames,
                    size_t count);
    void (*bad)(void *context, const char *why); /* dropped; may be NULL */
    void *context;
};

struct kadr_zsock_stats {
    uint64_t received, sent, dropped_bad, dropped_full, unroutable;
    uint64_t missed_edges; /* what the safety timer found waiting: must stay 0 */
};

KADR_MUST_CHECK int kadr_zctx_new(struct kadr_zctx **ret_ctx);
void kadr_zctx_free(struct kadr_zctx *ctx);
KADR_DEFINE_CLEANUP(struct kadr_zctx, kadr_zctx_free)

/* ROUTER and XPUB bind, DEALER and SUB connect (and reconnect by themselves, 200 ms … 30 s).
 * @retval KADR_EINVAL  endpoint not of an allowed transport
 * @retval KADR_EBUSY   address in use */
KADR_MUST_CHECK int kadr_zsock_new(struct kadr_zctx *ctx, struct kadr_loop *loop,
                                   const struct kadr_zsock_config *config, struct kadr_zsock **ret_sock);
void kadr_zsock_free(struct kadr_zsock *sock);
/* The endpoint really bound (for port 0 / wildcard in tests). */
const char *kadr_zsock_endpoint(const struct kadr_zsock *sock);

/* Queue one single-frame message; copies it. peer NULL unless ROUTER.
 * @retval KADR_EFULL  the out-queue is full; nothing queued
 * An unroutable peer is dropped and counted. */
KADR_MUST_CHECK int kadr_zsock_send(struct kadr_zsock *sock, const struct kadr_peer *peer, const void *data,
                                    size_t len);
/* XPUB: topic frame and payload frame. Without a subscriber it costs nothing. */
KADR_MUST_CHECK int kadr_zsock_publish(struct kadr_zsock *sock, const char *topic, const void *data,
                                       size_t len);
KADR_MUST_CHECK int kadr_zsock_subscribe(struct kadr_zsock *sock, const char *prefix); /* SUB */
/* Messages that wait in the out-queue. */
size_t kadr_zsock_pending(const struct kadr_zsock *sock);
const struct kadr_zsock_stats *kadr_zsock_stats(const struct kadr_zsock *sock);
