/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* zsock.h - ZeroMQ sockets on the event loop; the one file that includes zmq.h (zsock.c).
 *
 * Hides the edge-triggered ZMQ_FD, the options that bite (docs/architecture.md, Transport) and the framing.
 * One pump per socket: receive whole messages with a budget, flush the bounded out-queue, re-arm. CURVE is a
 * matter of filling in the keys. Delivery: a message is borrowed until the callback returns. Frame count and
 * size are bounded; a message that breaks a bound is dropped, counted and reported through `bad`.
 *
 * What nobody can count: a frame above max_frame_bytes that comes over tcp or ipc. libzmq cuts the connection
 * before the frame is read, and says nothing (a monitor socket is not used). A DEALER or SUB cut in this way
 * by its own bound does not connect again, so a client's bound is never below its server's.
 */
#include "base/defs.h"
#include "core/peer.h"
#include "edge/loop.h"

struct kadr_zctx; /* one per process */
struct kadr_zsock;

enum kadr_zsock_type { KADR_ZSOCK_ROUTER, KADR_ZSOCK_DEALER, KADR_ZSOCK_XPUB, KADR_ZSOCK_SUB };

struct kadr_zsock_config {
    enum kadr_zsock_type type;
    const char *endpoint;     /* tcp://, ipc:// or inproc:// only */
    size_t max_frame_bytes;   /* in and out; 0 = KADR_MAX_FRAME_BYTES. A ROUTER drops, and tells, what is
                                 larger; over twice the bound libzmq cuts the connection and says nothing
                                 (ZMQ_MAXMSGSIZE). Into an XPUB at most KADR_MAX_SUBSCRIPTION_BYTES come */
    size_t out_queue_items;   /* messages waiting in the application, all peers together; 0 =
                                 KADR_MAX_OUT_MESSAGES */
    size_t out_peer_items;    /* of these for one peer of a ROUTER; 0 = an eighth, at least 16 */
    size_t out_queue_bytes;   /* bytes waiting; 0 = KADR_MAX_OUT_BYTES, or one frame if that is more */
    int high_water_mark;      /* messages per pipe and direction; 0 = KADR_MAX_PIPE_MESSAGES. Into a ROUTER
                                 at most KADR_MAX_INBOUND_MESSAGES */
    kadr_ns reconnect_max_ns; /* DEALER, SUB: longest pause between attempts; 0 = 30 s */
    /* CURVE, all NULL or as needed; 40 Z85 characters */
    const char *server_public, *own_public, *own_secret;
    /* One whole message. ROUTER: from peer; others: peer is NULL. SUB: two frames (topic, payload); else one.
     * XPUB: what subscribers send, each time: a byte 1 (subscribe) or 0 (unsubscribe; also when the
     * connection ends), then the prefix. May send on this or any socket; must not free this one. */
    void (*receive)(void *context, const struct kadr_peer *peer, const struct kadr_bytes *frames,
                    size_t count);
    /* A message was dropped: `frame_count` (an empty delimiter frame, as a REQ socket sends, is one frame too
     * many), `frame_size` or `peer_id` (a client named itself in more than 16 bytes). The peer of a ROUTER,
     * so that it can be told; else NULL. May be NULL. */
    void (*bad)(void *context, const struct kadr_peer *peer, const char *why);
    void *context;
};

struct kadr_zsock_stats {
    uint64_t received, sent; /* messages taken by the callback; handed to libzmq */
    uint64_t dropped_bad, dropped_full, unroutable;
    uint64_t missed_edges; /* times the safety timer found work that nobody had announced: must stay 0 */
};

KADR_MUST_CHECK int kadr_zctx_new(struct kadr_zctx **ret_ctx);
void kadr_zctx_free(struct kadr_zctx *ctx);
KADR_DEFINE_CLEANUP(struct kadr_zctx, kadr_zctx_free)

/* ROUTER and XPUB bind, DEALER and SUB connect (and reconnect by themselves, 200 ms … reconnect_max_ns).
 * @retval KADR_EINVAL  endpoint malformed or not of an allowed transport, or a key is not one
 * @retval KADR_EBUSY   address in use
 * @retval KADR_ENOENT  this host has no such address */
KADR_MUST_CHECK int kadr_zsock_new(struct kadr_zctx *ctx, struct kadr_loop *loop,
                                   const struct kadr_zsock_config *config, struct kadr_zsock **ret_sock);
void kadr_zsock_free(struct kadr_zsock *sock);
KADR_DEFINE_CLEANUP(struct kadr_zsock, kadr_zsock_free)
/* The endpoint really bound (for port 0 / wildcard in tests). */
const char *kadr_zsock_endpoint(const struct kadr_zsock *sock);

/* Queue one single-frame message; copies it. peer NULL unless ROUTER. Messages to one peer keep their order;
 * a peer that does not read fills its own line only. A DEALER that is not connected yet queues.
 * @retval KADR_EFULL   the out-queue, or this peer's part of it, is full; nothing queued, counted
 * @retval KADR_EINVAL  above max_frame_bytes
 * To an unroutable peer: 0; the message is dropped and counted. */
KADR_MUST_CHECK int kadr_zsock_send(struct kadr_zsock *sock, const struct kadr_peer *peer, const void *data,
                                    size_t len);
/* XPUB: topic frame and payload frame. Without a subscriber it costs nothing. A subscriber that is
 * high_water_mark behind misses it (NODROP 0): it finds the gap by itself and takes a snapshot. */
KADR_MUST_CHECK int kadr_zsock_publish(struct kadr_zsock *sock, const char *topic, const void *data,
                                       size_t len);
KADR_MUST_CHECK int kadr_zsock_subscribe(struct kadr_zsock *sock, const char *prefix); /* SUB */
/* Messages that wait in the out-queue. What libzmq itself holds is not counted: after free it has another
 * second to bring it out (an XPUB none), for which kadr_zctx_free() waits. */
size_t kadr_zsock_pending(const struct kadr_zsock *sock);
const struct kadr_zsock_stats *kadr_zsock_stats(const struct kadr_zsock *sock);
