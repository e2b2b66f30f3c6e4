/* SPDX-License-Identifier: Apache-2.0 */
/* held.c - see held.h. A ring of items that hang in hash chains; keys are hashes already. */
#include "domain/held.h"

#include <string.h>

#include "base/err.h"
#include "base/limits.h"

#define BUCKETS (KADR_MAX_HELD / 2) /* a power of two */

void kadr_held_done(struct kadr_held *held)
{
    free(held->items);
    free(held->buckets);
    *held = (struct kadr_held){ 0 };
}

void kadr_held_clear(struct kadr_held *held)
{
    uint64_t forgotten = held->forgotten;
    kadr_held_done(held);
    held->forgotten = forgotten;
}

static uint32_t *bucket_of(const struct kadr_held *held, uint64_t key)
{
    return &held->buckets[key & (BUCKETS - 1)];
}

static int make_room(struct kadr_held *held)
{
    if (held->items == NULL) {
        held->items = calloc(KADR_MAX_HELD, sizeof(*held->items));
    }
    if (held->buckets == NULL) {
        held->buckets = calloc(BUCKETS, sizeof(*held->buckets));
    }
    return held->items != NULL && held->buckets != NULL ? 0 : KADR_ENOMEM;
}

static void unlink_item(struct kadr_held *held, uint32_t index)
{
    struct kadr_held_item *item = &held->items[index];
    uint32_t *link = bucket_of(held, item->key);
    while (*link != index + 1) {
        link = &held->items[*link - 1].next;
    }
    *link = item->next;
    item->waits = false;
    held->count--;
}

/* The first item of the key that waits, from `link` on; 0. */
static uint32_t find(const struct kadr_held *held, uint32_t link, uint64_t key)
{
    while (link != 0 && held->items[link - 1].key != key) {
        link = held->items[link - 1].next;
    }
    return link;
}

static const struct kadr_held_item *find_value(const struct kadr_held *held, uint64_t key, uint64_t value)
{
    if (held->count == 0) {
        return NULL;
    }
    for (uint32_t link = find(held, *bucket_of(held, key), key); link != 0;
         link = find(held, held->items[link - 1].next, key)) {
        if (held->items[link - 1].value == value) {
            return &held->items[link - 1];
        }
    }
    return NULL;
}

int kadr_held_add(struct kadr_held *held, uint64_t key, uint64_t value, uint64_t report)
{
    if (find_value(held, key, value) != NULL) {
        return 0;
    }
    int err = make_room(held);
    if (err != 0) {
        return err;
    }
    uint32_t index = held->turn;
    held->turn = (held->turn + 1) % KADR_MAX_HELD;
    if (held->items[index].waits) {
        unlink_item(held, index);
        held->forgotten++;
    }
    uint32_t *bucket = bucket_of(held, key);
    held->items[index] = (struct kadr_held_item){ key, value, report, *bucket, true };
    *bucket = index + 1;
    held->count++;
    return 0;
}

bool kadr_held_has(const struct kadr_held *held, uint64_t key, uint64_t value, uint64_t report)
{
    const struct kadr_held_item *item = find_value(held, key, value);
    return item != NULL && item->report != report;
}

void kadr_held_settle(struct kadr_held *held, uint64_t key)
{
    uint32_t link;
    while (held->count > 0 && (link = find(held, *bucket_of(held, key), key)) != 0) {
        unlink_item(held, link - 1);
    }
}
