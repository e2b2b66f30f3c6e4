/* SPDX-License-Identifier: Apache-2.0 */
/* in_force.c - see in_force.h. Open addressing, linear probing, nothing is ever taken out. */
#include "domain/in_force.h"

#include "base/err.h"
#include "base/limits.h"

#define MIN_CAP 1024

void kadr_in_force_done(struct kadr_in_force *in_force)
{
    free(in_force->items);
    *in_force = (struct kadr_in_force){ 0 };
}

void kadr_in_force_clear(struct kadr_in_force *in_force)
{
    uint64_t untimed = in_force->untimed;
    kadr_in_force_done(in_force);
    in_force->untimed = untimed;
}

/* The place of the key, or the free one where it belongs. The table is never full. */
static struct kadr_timed_key *locate(const struct kadr_in_force *in_force, uint64_t key)
{
    size_t mask = in_force->cap - 1, i = (size_t)key & mask;
    while (in_force->items[i].key != 0 && in_force->items[i].key != key) {
        i = (i + 1) & mask;
    }
    return &in_force->items[i];
}

static int grow(struct kadr_in_force *in_force)
{
    struct kadr_in_force wider = *in_force;
    wider.cap = in_force->cap > 0 ? in_force->cap * 2 : MIN_CAP;
    wider.items = calloc(wider.cap, sizeof(*wider.items));
    if (wider.items == NULL) {
        return KADR_ENOMEM;
    }
    for (size_t i = 0; i < in_force->cap; i++) {
        if (in_force->items[i].key != 0) {
            *locate(&wider, in_force->items[i].key) = in_force->items[i];
        }
    }
    free(in_force->items);
    *in_force = wider;
    return 0;
}

int kadr_in_force_put(struct kadr_in_force *in_force, uint64_t key, kadr_ms stated_at_ms, bool *ret_took)
{
    key += key == 0;
    if (in_force->count + 1 > in_force->cap / 4 * 3) {
        int err = in_force->count < KADR_MAX_TIMED_KEYS ? grow(in_force) : 0;
        if (err != 0) {
            return err;
        }
    }
    struct kadr_timed_key *item = locate(in_force, key);
    *ret_took = item->key == 0 || stated_at_ms >= item->stated_at_ms;
    if (item->key == 0 && in_force->count >= KADR_MAX_TIMED_KEYS) {
        in_force->untimed++;
    } else if (*ret_took) {
        in_force->count += item->key == 0;
        *item = (struct kadr_timed_key){ key, stated_at_ms };
    }
    return 0;
}

bool kadr_in_force_is_later(const struct kadr_in_force *in_force, uint64_t key, kadr_ms stated_at_ms)
{
    if (in_force->count == 0) {
        return false;
    }
    const struct kadr_timed_key *item = locate(in_force, key + (key == 0));
    return item->key != 0 && item->stated_at_ms > stated_at_ms;
}
