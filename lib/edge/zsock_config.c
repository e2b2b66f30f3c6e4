/* SPDX-License-Identifier: Apache-2.0 */
/* What a caller may leave open, and what libzmq would allow but Kadr does not. */
#include "edge/zsock_config.h"

#include "base/err.h"
#include "base/limits.h"

#include <string.h>

#define DEFAULT_PEER_ITEMS   16 /* at least */
#define DEFAULT_RECONNECT_NS KADR_S(30)

static bool transport_allowed(const char *endpoint)
{
    static const char *const allowed[] = { "tcp://", "ipc://", "inproc://" };
    for (size_t i = 0; i < KADR_COUNT(allowed); i++) {
        if (strncmp(endpoint, allowed[i], strlen(allowed[i])) == 0) {
            return true;
        }
    }
    return false;
}

static size_t max_size(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void ignore_bad(void *context, const struct kadr_peer *peer, const char *why)
{
    (void)context;
    (void)peer;
    (void)why;
}

int kadr_zsock_complete(struct kadr_zsock_config *config)
{
    KADR_ASSERT(config->receive);
    if (!config->endpoint || !transport_allowed(config->endpoint) ||
        strlen(config->endpoint) >= KADR_ZSOCK_ENDPOINT_BYTES) {
        return KADR_EINVAL;
    }
    config->max_frame_bytes = config->max_frame_bytes ? config->max_frame_bytes : KADR_MAX_FRAME_BYTES;
    config->out_queue_items = config->out_queue_items ? config->out_queue_items : KADR_MAX_OUT_MESSAGES;
    config->bad = config->bad ? config->bad : ignore_bad;
    config->high_water_mark = config->high_water_mark ? config->high_water_mark : KADR_MAX_PIPE_MESSAGES;
    config->reconnect_max_ns = config->reconnect_max_ns ? config->reconnect_max_ns : DEFAULT_RECONNECT_NS;
    if (!config->out_queue_bytes) {
        config->out_queue_bytes = max_size(config->max_frame_bytes, KADR_MAX_OUT_BYTES);
    }
    if (config->type != KADR_ZSOCK_ROUTER) {
        config->out_peer_items = config->out_queue_items;
    } else if (!config->out_peer_items) {
        config->out_peer_items = max_size(config->out_queue_items / 8, DEFAULT_PEER_ITEMS);
    }
    return 0;
}
