/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* zsock_queue.h - messages that wait until a ZeroMQ socket takes them: one line per peer, so that a peer that
 * does not read holds up nobody else. Private to zsock.c; knows nothing of ZeroMQ.
 *
 * Full:  KADR_EFULL by messages of one peer, by messages of all, or by bytes of all.
 * Cost:  a line exists only while something waits in it; finding it is one hash look-up.
 */
#include "edge/zsock.h"

#define KADR_ZQUEUE_BUCKETS 256

struct kadr_zqueue_item {
    struct kadr_zqueue_item *next;
    size_t len; /* bytes */
    uint8_t data[];
};

struct kadr_zqueue_line {
    struct kadr_peer peer;
    struct kadr_zqueue_item *head, *tail;
    size_t count;                                /* messages */
    struct kadr_zqueue_line *same_bucket;        /* hash chain */
    struct kadr_zqueue_line *previous, *further; /* all lines, oldest first */
};

struct kadr_zqueue {
    size_t max_items, max_items_per_peer, max_bytes;
    size_t items, bytes; /* waiting now */
    struct kadr_zqueue_line *first, *last;
    struct kadr_zqueue_line *bucket[KADR_ZQUEUE_BUCKETS];
};

void kadr_zqueue_done(struct kadr_zqueue *queue);
/* Does anything wait for this peer? */
bool kadr_zqueue_waits(const struct kadr_zqueue *queue, const struct kadr_peer *peer);
/* Copies the message to the end of the peer's line.
 * @retval KADR_EFULL   a bound is reached; nothing queued */
KADR_MUST_CHECK int kadr_zqueue_push(struct kadr_zqueue *queue, const struct kadr_peer *peer,
                                     const void *data, size_t len);

enum kadr_zqueue_verdict {
    KADR_ZQUEUE_SENT,  /* gone: the next one */
    KADR_ZQUEUE_LATER, /* keep it and the rest of the line */
    KADR_ZQUEUE_GONE   /* no such peer: drop the line */
};
typedef enum kadr_zqueue_verdict kadr_zqueue_fn(void *context, const struct kadr_peer *peer, const void *data,
                                                size_t len);
/* Offers the head of each line until every line has said LATER, at most `budget` messages. Lines take turns.
 * @param[out] ret_dropped  messages of lines whose peer is gone
 * @return messages sent */
size_t kadr_zqueue_flush(struct kadr_zqueue *queue, size_t budget, kadr_zqueue_fn *fn, void *context,
                         uint64_t *ret_dropped);
