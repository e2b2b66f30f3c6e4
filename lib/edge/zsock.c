/* SPDX-License-Identifier: Apache-2.0 */
/* ZeroMQ sockets on the event loop.
 *
 * ZMQ_FD is edge-triggered in meaning, and any call on the socket may eat the edge. Hence one pump per
 * socket:
 *
 *     flush what waits → loop { read ZMQ_EVENTS → receive one message } until nothing is readable
 *
 * The last call of a pump is always a read of ZMQ_EVENTS that said "nothing to receive": whatever comes later
 * is in the socket's mailbox and makes the descriptor readable. A pump that stops for its budget, and every
 * send outside a pump, asks for another pump (kadr_watch_again). A timer looks each second whether a socket
 * that was quiet since the last look has work all the same, and counts it: that is a bug in this file.
 *
 * Sending: straight to libzmq while nothing waits for the peer, else to the end of the peer's line in the
 * bounded queue (zsock_queue.h). On a ROUTER POLLOUT means "some peer", and the notice that one particular
 * peer has room again may be eaten by reading ZMQ_EVENTS; so while lines wait, a timer offers them again
 * every RETRY_NS.
 *
 * Never ZMQ_HEARTBEAT_*: with a full receive queue it aborts the connecting process and loses messages on the
 * binding side. Liveness is TCP keepalive, TCP_MAXRT and the applications' own pings.
 */
#define _GNU_SOURCE /* TEMP_FAILURE_RETRY */
#include "edge/zsock.h"

#include "base/err.h"
#include "base/limits.h"
#include "edge/zsock_config.h"
#include "edge/zsock_queue.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#define PUMP_BUDGET      256 /* messages per turn in the loop */
#define RETRY_NS         KADR_MS(5)
#define SAFETY_NS        KADR_S(1)
#define DRAIN_LINGER_MS  1000
#define RECONNECT_MIN_MS 200
#define HANDSHAKE_MS     5000
#define TCP_DEAD_MS      30000 /* unacknowledged data for so long: the connection is dead */
#define BACKLOG          1024  /* all offices of the country come back at once after an outage */
#define MAX_FRAMES       2
#define MAX_PEER_BYTES   sizeof(((struct kadr_peer *)NULL)->bytes)

struct kadr_zctx {
    void *zmq;
};

struct kadr_zsock {
    struct kadr_zsock_config config;
    void *zmq;
    int fd;
    struct kadr_watch *watch;
    struct kadr_timer *safety, *retry;
    struct kadr_zqueue queue;
    struct kadr_zsock_stats stats;
    uint64_t pumps, pumps_at_look; /* has the socket been quiet since the safety timer looked? */
    bool pumping, again;           /* again: a pump is due in the next pass */
    char endpoint[KADR_ZSOCK_ENDPOINT_BYTES];
};

/* What the types differ in. */
struct type_traits {
    int zmq_type;
    bool binds;
    bool from_peer; /* the first frame is the routing id */
    size_t frames;  /* of a whole message, routing id included */
};
static const struct type_traits traits_of[] = {
    [KADR_ZSOCK_ROUTER] = { ZMQ_ROUTER, true, true, 2 },
    [KADR_ZSOCK_DEALER] = { ZMQ_DEALER, false, false, 1 },
    [KADR_ZSOCK_XPUB] = { ZMQ_XPUB, true, false, 1 },
    [KADR_ZSOCK_SUB] = { ZMQ_SUB, false, false, 2 },
};

static const struct type_traits *traits(const struct kadr_zsock *sock)
{
    return &traits_of[sock->config.type];
}

/* The one mapping of libzmq's error codes. */
static int zmq_err(int code)
{
    static const struct {
        int code, err;
    } map[] = {
        { EAGAIN, KADR_EAGAIN },          { EADDRINUSE, KADR_EBUSY },     { EINVAL, KADR_EINVAL },
        { ENODEV, KADR_ENOENT },          { EADDRNOTAVAIL, KADR_ENOENT }, { EACCES, KADR_EPERM },
        { EPROTONOSUPPORT, KADR_EINVAL }, { ENOMEM, KADR_ENOMEM },        { EMFILE, KADR_EFULL },
        { ENOCOMPATPROTO, KADR_EINVAL },  { ETERM, KADR_ECANCELED },      { ENAMETOOLONG, KADR_EINVAL },
    };
    for (size_t i = 0; i < KADR_COUNT(map); i++) {
        if (map[i].code == code) {
            return map[i].err;
        }
    }
    return KADR_EIO;
}

int kadr_zctx_new(struct kadr_zctx **ret_ctx)
{
    struct kadr_zctx *ctx = calloc(1, sizeof *ctx);
    if (!ctx) {
        return KADR_ENOMEM;
    }
    ctx->zmq = zmq_ctx_new();
    if (!ctx->zmq) {
        free(ctx);
        return zmq_err(errno);
    }
    *ret_ctx = ctx;
    return 0;
}

void kadr_zctx_free(struct kadr_zctx *ctx)
{
    if (!ctx) {
        return;
    }
    (void)TEMP_FAILURE_RETRY(zmq_ctx_term(ctx->zmq));
    free(ctx);
}

/* Sets options until the first fails; keeps that error. */
struct option_writer {
    void *zmq;
    int err;
};

static void set_raw(struct option_writer *options, int name, const void *value, size_t size)
{
    if (!options->err && zmq_setsockopt(options->zmq, name, value, size)) {
        options->err = zmq_err(errno);
    }
}

static void set_int(struct option_writer *options, int name, int value)
{
    set_raw(options, name, &value, sizeof value);
}

static void set_key(struct option_writer *options, int name, const char *z85)
{
    set_raw(options, name, z85, strlen(z85) + 1);
}

/* A bound in messages is one of memory only together with their size: 1000 frames of 8 MiB from one stranger
 * are 8 GB. A ROUTER takes what comes faster than libzmq can bring it, so a few are as fast as many. */
static int max_inbound(const struct kadr_zsock_config *config)
{
    bool strangers = config->type == KADR_ZSOCK_ROUTER;
    return strangers && config->high_water_mark > KADR_MAX_INBOUND_MESSAGES ? KADR_MAX_INBOUND_MESSAGES
                                                                            : config->high_water_mark;
}

/* What comes in at an XPUB are prefixes, and the handshake. A ROUTER takes twice its bound, so that who sends
 * somewhat too much can be told. */
static int64_t max_inbound_bytes(const struct kadr_zsock_config *config)
{
    size_t bytes = config->type == KADR_ZSOCK_ROUTER ? 2 * config->max_frame_bytes : config->max_frame_bytes;
    bool prefixes = config->type == KADR_ZSOCK_XPUB && bytes > KADR_MAX_SUBSCRIPTION_BYTES;
    return prefixes ? KADR_MAX_SUBSCRIPTION_BYTES : (int64_t)bytes;
}

static void set_common(struct option_writer *options, const struct kadr_zsock_config *config)
{
    set_int(options, ZMQ_SNDHWM, config->high_water_mark);
    set_int(options, ZMQ_RCVHWM, max_inbound(config));
    set_raw(options, ZMQ_MAXMSGSIZE, &(int64_t){ max_inbound_bytes(config) }, sizeof(int64_t));
    /* Who has drained its queue has handed it to libzmq: answers are on their way, not gone. */
    set_int(options, ZMQ_LINGER, config->type == KADR_ZSOCK_XPUB ? 0 : DRAIN_LINGER_MS);
    set_int(options, ZMQ_IPV6, 1);
    set_int(options, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS);
    set_int(options, ZMQ_TCP_KEEPALIVE, 1);
    set_int(options, ZMQ_TCP_KEEPALIVE_IDLE, 30);
    set_int(options, ZMQ_TCP_KEEPALIVE_INTVL, 10);
    set_int(options, ZMQ_TCP_KEEPALIVE_CNT, 3);
    set_int(options, ZMQ_TCP_MAXRT, TCP_DEAD_MS);
}

static void set_typed(struct option_writer *options, const struct kadr_zsock_config *config)
{
    if (traits_of[config->type].binds) {
        set_int(options, ZMQ_BACKLOG, BACKLOG);
    } else {
        set_int(options, ZMQ_RECONNECT_IVL, RECONNECT_MIN_MS);
        set_int(options, ZMQ_RECONNECT_IVL_MAX, (int)(config->reconnect_max_ns / KADR_MS(1)));
    }
    if (config->type == KADR_ZSOCK_ROUTER) {
        set_int(options, ZMQ_ROUTER_MANDATORY, 1);
        set_int(options, ZMQ_ROUTER_HANDOVER, 0);
    } else if (config->type == KADR_ZSOCK_DEALER) {
        set_int(options, ZMQ_IMMEDIATE, 1); /* what is not connected takes nothing: our queue keeps it */
    } else if (config->type == KADR_ZSOCK_XPUB) {
        set_int(options, ZMQ_XPUB_NODROP, 0);   /* 1: one stuck subscriber stalls all */
        set_int(options, ZMQ_XPUB_VERBOSER, 1); /* each subscription and its end, also the tenth of a topic */
    }
}

static void set_curve(struct option_writer *options, const struct kadr_zsock_config *config)
{
    if (!config->own_secret) {
        return;
    }
    if (traits_of[config->type].binds) {
        set_int(options, ZMQ_CURVE_SERVER, 1);
    } else if (config->server_public && config->own_public) {
        set_key(options, ZMQ_CURVE_SERVERKEY, config->server_public);
        set_key(options, ZMQ_CURVE_PUBLICKEY, config->own_public);
    } else {
        options->err = KADR_EINVAL;
    }
    set_key(options, ZMQ_CURVE_SECRETKEY, config->own_secret);
}

/* One frame, without waiting. Returns 0 or an errno. */
static int send_frame(struct kadr_zsock *sock, const void *data, size_t len, int flags)
{
    long rc = TEMP_FAILURE_RETRY(zmq_send(sock->zmq, data, len, flags | ZMQ_DONTWAIT));
    return rc < 0 ? errno : 0;
}

/* One message to one peer, without waiting. ROUTER decides at the routing id; the payload that follows is
 * taken, or lost together with its connection. */
static enum kadr_zqueue_verdict offer(void *context, const struct kadr_peer *peer, const void *data,
                                      size_t len)
{
    struct kadr_zsock *sock = context;
    int code = traits(sock)->from_peer ? send_frame(sock, peer->bytes, peer->len, ZMQ_SNDMORE) : 0;
    if (!code) {
        code = send_frame(sock, data, len, 0);
    }
    if (code == EHOSTUNREACH) {
        return KADR_ZQUEUE_GONE;
    }
    if (code) {
        return KADR_ZQUEUE_LATER;
    }
    sock->stats.sent++;
    return KADR_ZQUEUE_SENT;
}

/* Something was called outside a pump: it may have eaten an edge. */
static void pump_again(struct kadr_zsock *sock)
{
    if (!sock->pumping && !sock->again) {
        sock->again = true;
        kadr_watch_again(sock->watch);
    }
}

static void retry_later(struct kadr_zsock *sock)
{
    if (sock->config.type == KADR_ZSOCK_ROUTER && sock->queue.items > 0) {
        kadr_timer_set(sock->retry, RETRY_NS);
    }
}

static int enqueue(struct kadr_zsock *sock, const struct kadr_peer *peer, const void *data, size_t len)
{
    int rc = kadr_zqueue_push(&sock->queue, peer, data, len);
    if (rc) {
        sock->stats.dropped_full++;
        return rc;
    }
    if (!sock->pumping && sock->queue.items == 1) {
        retry_later(sock);
    }
    return 0;
}

int kadr_zsock_send(struct kadr_zsock *sock, const struct kadr_peer *peer, const void *data, size_t len)
{
    static const struct kadr_peer nobody = { .len = 0 };
    KADR_ASSERT(sock->config.type == KADR_ZSOCK_ROUTER ? peer != NULL
                                                       : sock->config.type == KADR_ZSOCK_DEALER);
    if (len > sock->config.max_frame_bytes) {
        return KADR_EINVAL;
    }
    if (!peer || !traits(sock)->from_peer) {
        peer = &nobody;
    }
    if (kadr_zqueue_waits(&sock->queue, peer)) {
        return enqueue(sock, peer, data, len);
    }
    enum kadr_zqueue_verdict verdict = offer(sock, peer, data, len);
    pump_again(sock);
    if (verdict == KADR_ZQUEUE_LATER) {
        return enqueue(sock, peer, data, len);
    }
    sock->stats.unroutable += verdict == KADR_ZQUEUE_GONE;
    return 0;
}

int kadr_zsock_publish(struct kadr_zsock *sock, const char *topic, const void *data, size_t len)
{
    KADR_ASSERT(sock->config.type == KADR_ZSOCK_XPUB);
    if (len > sock->config.max_frame_bytes) {
        return KADR_EINVAL;
    }
    int code = send_frame(sock, topic, strlen(topic), ZMQ_SNDMORE);
    if (!code) {
        code = send_frame(sock, data, len, 0);
    }
    pump_again(sock);
    sock->stats.sent += code == 0;
    return code ? zmq_err(code) : 0;
}

int kadr_zsock_subscribe(struct kadr_zsock *sock, const char *prefix)
{
    KADR_ASSERT(sock->config.type == KADR_ZSOCK_SUB);
    int rc = zmq_setsockopt(sock->zmq, ZMQ_SUBSCRIBE, prefix, strlen(prefix)) ? zmq_err(errno) : 0;
    pump_again(sock);
    return rc;
}

/* Returns whether anything moved. */
static bool flush(struct kadr_zsock *sock)
{
    if (sock->queue.items == 0) {
        return false;
    }
    uint64_t dropped = 0;
    size_t sent = kadr_zqueue_flush(&sock->queue, PUMP_BUDGET, offer, sock, &dropped);
    sock->stats.unroutable += dropped;
    return sent > 0 || dropped > 0;
}

struct message {
    zmq_msg_t frame[MAX_FRAMES];
    size_t kept, count; /* frames held and frames seen */
};

static void close_message(struct message *message)
{
    for (size_t i = 0; i < message->kept; i++) {
        (void)zmq_msg_close(&message->frame[i]); /* fails only on what was never a message */
    }
}

static int receive_frame(struct kadr_zsock *sock, zmq_msg_t *frame)
{
    (void)zmq_msg_init(frame); /* always 0 */
    long rc = TEMP_FAILURE_RETRY(zmq_msg_recv(frame, sock->zmq, ZMQ_DONTWAIT));
    return rc < 0 ? zmq_err(errno) : 0;
}

/* Takes one whole multipart message off the socket: libzmq hands over all frames or none. */
static int receive_message(struct kadr_zsock *sock, struct message *ret)
{
    bool more = true;
    while (more) {
        zmq_msg_t surplus;
        zmq_msg_t *frame = ret->kept < MAX_FRAMES ? &ret->frame[ret->kept] : &surplus;
        int rc = receive_frame(sock, frame);
        if (rc) {
            return rc;
        }
        more = zmq_msg_more(frame) != 0;
        ret->count++;
        if (frame == &surplus) {
            (void)zmq_msg_close(&surplus);
        } else {
            ret->kept++;
        }
    }
    return 0;
}

/* Why a message is refused, or NULL. inproc knows no ZMQ_MAXMSGSIZE, so sizes are looked at here as well. */
static const char *find_fault(const struct kadr_zsock *sock, struct message *message)
{
    if (message->count != traits(sock)->frames) {
        return "frame_count";
    }
    for (size_t i = 0; i < message->kept; i++) {
        if (zmq_msg_size(&message->frame[i]) > sock->config.max_frame_bytes) {
            return "frame_size";
        }
    }
    bool named = traits(sock)->from_peer && zmq_msg_size(&message->frame[0]) > MAX_PEER_BYTES;
    return named ? "peer_id" : NULL;
}

/* Who a ROUTER's message is from; length 0: nobody, or one with too long a name. */
static struct kadr_peer peer_of(const struct kadr_zsock *sock, struct message *message)
{
    struct kadr_peer peer = { .len = 0 };
    size_t len = traits(sock)->from_peer ? zmq_msg_size(&message->frame[0]) : 0;
    if (len > 0 && len <= MAX_PEER_BYTES) {
        peer.len = (uint8_t)len;
        memcpy(peer.bytes, zmq_msg_data(&message->frame[0]), len);
    }
    return peer;
}

static void deliver(struct kadr_zsock *sock, struct message *message)
{
    struct kadr_bytes frames[MAX_FRAMES];
    for (size_t i = 0; i < message->kept; i++) {
        frames[i] = (struct kadr_bytes){ zmq_msg_data(&message->frame[i]), zmq_msg_size(&message->frame[i]) };
    }
    struct kadr_peer peer = peer_of(sock, message);
    size_t named = peer.len > 0; /* its id is the first frame */
    sock->stats.received++;
    sock->config.receive(sock->config.context, named ? &peer : NULL, frames + named, message->kept - named);
}

static void drop(struct kadr_zsock *sock, struct message *message, const char *fault)
{
    struct kadr_peer peer = peer_of(sock, message);
    sock->stats.dropped_bad++;
    sock->config.bad(sock->config.context, peer.len > 0 ? &peer : NULL, fault);
}

static void receive_one(struct kadr_zsock *sock)
{
    struct message message = { .count = 0 };
    if (!receive_message(sock, &message)) {
        const char *fault = find_fault(sock, &message);
        if (fault) {
            drop(sock, &message, fault);
        } else {
            deliver(sock, &message);
        }
    }
    close_message(&message);
}

/* ZMQ_POLLIN and ZMQ_POLLOUT as of now. Works off the socket's mailbox, so it eats the edge. */
static int read_events(const struct kadr_zsock *sock)
{
    int events = 0;
    size_t size = sizeof events;
    long rc = TEMP_FAILURE_RETRY(zmq_getsockopt(sock->zmq, ZMQ_EVENTS, &events, &size));
    return rc ? 0 : events;
}

/* One step after a look at the events; false when there is nothing left to do. */
static bool pump_step(struct kadr_zsock *sock)
{
    int events = read_events(sock);
    if (events & ZMQ_POLLIN) {
        receive_one(sock);
        return true;
    }
    /* On a DEALER POLLOUT is exact; a ROUTER's lines have had their turn at the start of the pump. */
    return sock->config.type == KADR_ZSOCK_DEALER && (events & ZMQ_POLLOUT) && flush(sock);
}

/* Returns whether there was anything to do. */
static bool pump(struct kadr_zsock *sock)
{
    sock->pumps++;
    sock->pumping = true;
    sock->again = false;
    bool worked = flush(sock);
    size_t budget = PUMP_BUDGET;
    while (budget > 0 && pump_step(sock)) {
        budget--;
        worked = true;
    }
    sock->pumping = false;
    if (budget == 0) {
        pump_again(sock);
    }
    retry_later(sock);
    return worked;
}

static void on_event(void *context)
{
    (void)pump(context);
}

/* A peer of a ROUTER may have room again. */
static void on_retry(void *context)
{
    pump_again(context);
}

/* Looks only at a socket that nobody has pumped since the last look: on a busy one a message that arrives
 * between the two calls below would be taken for a forgotten one. */
static void on_safety(void *context)
{
    struct kadr_zsock *sock = context;
    kadr_timer_set(sock->safety, SAFETY_NS);
    struct pollfd announced = { .fd = sock->fd, .events = POLLIN };
    bool quiet = sock->pumps == sock->pumps_at_look && !sock->again;
    if (quiet && poll(&announced, 1, 0) == 0 && pump(sock)) {
        sock->stats.missed_edges++;
    }
    sock->pumps_at_look = sock->pumps;
}

static int open_socket(struct kadr_zsock *sock, struct kadr_zctx *ctx)
{
    sock->zmq = zmq_socket(ctx->zmq, traits(sock)->zmq_type);
    if (!sock->zmq) {
        return zmq_err(errno);
    }
    struct option_writer options = { .zmq = sock->zmq };
    set_common(&options, &sock->config);
    set_typed(&options, &sock->config);
    set_curve(&options, &sock->config);
    return options.err;
}

static int attach(struct kadr_zsock *sock)
{
    const char *endpoint = sock->config.endpoint;
    int rc = traits(sock)->binds ? zmq_bind(sock->zmq, endpoint) : zmq_connect(sock->zmq, endpoint);
    size_t size = sizeof sock->endpoint;
    if (rc || zmq_getsockopt(sock->zmq, ZMQ_LAST_ENDPOINT, sock->endpoint, &size)) {
        return zmq_err(errno);
    }
    size = sizeof sock->fd;
    return zmq_getsockopt(sock->zmq, ZMQ_FD, &sock->fd, &size) ? zmq_err(errno) : 0;
}

static int join_loop(struct kadr_zsock *sock, struct kadr_loop *loop)
{
    int rc = kadr_watch_new(loop, sock->fd, on_event, sock, &sock->watch);
    if (!rc) {
        rc = kadr_timer_new(loop, on_safety, sock, &sock->safety);
    }
    if (!rc) {
        rc = kadr_timer_new(loop, on_retry, sock, &sock->retry);
    }
    if (!rc) {
        kadr_timer_set(sock->safety, SAFETY_NS);
        pump_again(sock); /* bind or connect may have eaten an edge */
    }
    return rc;
}

int kadr_zsock_new(struct kadr_zctx *ctx, struct kadr_loop *loop, const struct kadr_zsock_config *config,
                   struct kadr_zsock **ret_sock)
{
    struct kadr_zsock *sock KADR_CLEANUP(kadr_zsock_free) = calloc(1, sizeof *sock);
    if (!sock) {
        return KADR_ENOMEM;
    }
    sock->config = *config;
    int rc = kadr_zsock_complete(&sock->config);
    if (rc) {
        return rc;
    }
    sock->queue = (struct kadr_zqueue){ .max_items = sock->config.out_queue_items,
                                        .max_items_per_peer = sock->config.out_peer_items,
                                        .max_bytes = sock->config.out_queue_bytes };
    rc = open_socket(sock, ctx);
    if (!rc) {
        rc = attach(sock);
    }
    if (!rc) {
        rc = join_loop(sock, loop);
    }
    if (!rc) {
        *ret_sock = KADR_TAKE(sock);
    }
    return rc;
}

void kadr_zsock_free(struct kadr_zsock *sock)
{
    if (!sock) {
        return;
    }
    kadr_watch_free(sock->watch);
    kadr_timer_free(sock->safety);
    kadr_timer_free(sock->retry);
    kadr_zqueue_done(&sock->queue);
    if (sock->zmq) {
        (void)zmq_close(sock->zmq); /* fails only on what is no socket */
    }
    free(sock);
}

const char *kadr_zsock_endpoint(const struct kadr_zsock *sock)
{
    return sock->endpoint;
}

size_t kadr_zsock_pending(const struct kadr_zsock *sock)
{
    return sock->queue.items;
}

const struct kadr_zsock_stats *kadr_zsock_stats(const struct kadr_zsock *sock)
{
    return &sock->stats;
}
