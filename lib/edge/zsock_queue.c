/* SPDX-License-Identifier: Apache-2.0 */
/* Lines in a doubly linked list for taking turns, and in a hash for finding one by peer. Routing ids are made
 * by the server (a random start and a counter) unless a client names itself; lines are bounded by the queue,
 * so one that aims at a bucket costs a walk of that length and no more.
 */
#include "edge/zsock_queue.h"

#include "base/err.h"

#include <string.h>

static size_t bucket_of(const struct kadr_peer *peer)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < peer->len; i++) {
        hash = (hash ^ peer->bytes[i]) * 16777619u;
    }
    return hash % KADR_ZQUEUE_BUCKETS;
}

static bool same_peer(const struct kadr_peer *a, const struct kadr_peer *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

static struct kadr_zqueue_line *find_line(const struct kadr_zqueue *queue, const struct kadr_peer *peer)
{
    struct kadr_zqueue_line *line = queue->bucket[bucket_of(peer)];
    while (line && !same_peer(&line->peer, peer)) {
        line = line->same_bucket;
    }
    return line;
}

static void link_last(struct kadr_zqueue *queue, struct kadr_zqueue_line *line)
{
    line->previous = queue->last;
    line->further = NULL;
    *(queue->last ? &queue->last->further : &queue->first) = line;
    queue->last = line;
}

static void unlink_line(struct kadr_zqueue *queue, struct kadr_zqueue_line *line)
{
    *(line->previous ? &line->previous->further : &queue->first) = line->further;
    *(line->further ? &line->further->previous : &queue->last) = line->previous;
}

static struct kadr_zqueue_line *add_line(struct kadr_zqueue *queue, const struct kadr_peer *peer)
{
    struct kadr_zqueue_line *line = calloc(1, sizeof *line);
    if (line) {
        struct kadr_zqueue_line **bucket = &queue->bucket[bucket_of(peer)];
        *line = (struct kadr_zqueue_line){ .peer = *peer, .same_bucket = *bucket };
        *bucket = line;
        link_last(queue, line);
    }
    return line;
}

static void drop_head(struct kadr_zqueue *queue, struct kadr_zqueue_line *line)
{
    struct kadr_zqueue_item *item = line->head;
    line->head = item->next;
    line->count--;
    queue->items--;
    queue->bytes -= item->len;
    free(item);
}

/* Frees the line and whatever still waits in it. */
static void drop_line(struct kadr_zqueue *queue, struct kadr_zqueue_line *line)
{
    while (line->head) {
        drop_head(queue, line);
    }
    struct kadr_zqueue_line **link = &queue->bucket[bucket_of(&line->peer)];
    while (*link != line) {
        link = &(*link)->same_bucket;
    }
    *link = line->same_bucket;
    unlink_line(queue, line);
    free(line);
}

void kadr_zqueue_done(struct kadr_zqueue *queue)
{
    while (queue->first) {
        drop_line(queue, queue->first);
    }
}

bool kadr_zqueue_waits(const struct kadr_zqueue *queue, const struct kadr_peer *peer)
{
    return queue->items > 0 && find_line(queue, peer);
}

static struct kadr_zqueue_item *new_item(const void *data, size_t len)
{
    struct kadr_zqueue_item *item = malloc(sizeof *item + len);
    if (item) {
        item->next = NULL;
        item->len = len;
        if (len > 0) {
            memcpy(item->data, data, len);
        }
    }
    return item;
}

int kadr_zqueue_push(struct kadr_zqueue *queue, const struct kadr_peer *peer, const void *data, size_t len)
{
    struct kadr_zqueue_line *line = find_line(queue, peer);
    if (queue->items >= queue->max_items || (line && line->count >= queue->max_items_per_peer) ||
        len > queue->max_bytes - queue->bytes) {
        return KADR_EFULL;
    }
    struct kadr_zqueue_item *item = new_item(data, len);
    if (!item) {
        return KADR_ENOMEM;
    }
    if (!line && !(line = add_line(queue, peer))) {
        free(item);
        return KADR_ENOMEM;
    }
    *(line->head ? &line->tail->next : &line->head) = item;
    line->tail = item;
    line->count++;
    queue->items++;
    queue->bytes += len;
    return 0;
}

/* Offers one line's messages, at most `budget`. Returns those sent; the line is gone when it ran empty. */
static size_t flush_line(struct kadr_zqueue *queue, struct kadr_zqueue_line *line, size_t budget,
                         kadr_zqueue_fn *fn, void *context, uint64_t *ret_dropped)
{
    size_t sent = 0;
    enum kadr_zqueue_verdict verdict = KADR_ZQUEUE_SENT;
    while (line->head && sent < budget && verdict == KADR_ZQUEUE_SENT) {
        verdict = fn(context, &line->peer, line->head->data, line->head->len);
        if (verdict == KADR_ZQUEUE_SENT) {
            drop_head(queue, line);
            sent++;
        }
    }
    if (verdict == KADR_ZQUEUE_GONE) {
        *ret_dropped += line->count;
        drop_line(queue, line);
    } else if (!line->head) {
        drop_line(queue, line);
    }
    return sent;
}

size_t kadr_zqueue_flush(struct kadr_zqueue *queue, size_t budget, kadr_zqueue_fn *fn, void *context,
                         uint64_t *ret_dropped)
{
    size_t sent = 0;
    *ret_dropped = 0;
    struct kadr_zqueue_line *line = queue->first;
    while (line && sent < budget) {
        struct kadr_zqueue_line *further = line->further;
        sent += flush_line(queue, line, budget - sent, fn, context, ret_dropped);
        line = further;
    }
    if (line && line != queue->first && sent >= budget) {
        /* Budget spent: whoever was served first goes to the end, so that the next flush begins here. */
        struct kadr_zqueue_line *served = queue->first;
        unlink_line(queue, served);
        link_last(queue, served);
    }
    return sent;
}
