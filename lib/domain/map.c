/* SPDX-License-Identifier: Apache-2.0 */
/* map.c - see map.h. Keys are small structured numbers (indexes, days), so the hash mixes all bits
 * (the finisher of splitmix64) before the table mask takes the low ones. */
#include "domain/map.h"

#include <string.h>

#include "base/err.h"

#define MIN_CAP  64
#define KEEP_CAP 4096 /* entries that kadr_map_clear() keeps at any rate */
#define KEEP_USE 8    /* …, and more when one in so many was in use */

static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static size_t hash_of(const struct kadr_map_key *key)
{
    return (size_t)mix(key->word[0] + mix(key->word[1] + mix(key->word[2] + UINT64_C(0x9e3779b97f4a7c15))));
}

static bool same(const struct kadr_map_key *a, const struct kadr_map_key *b)
{
    return a->word[0] == b->word[0] && a->word[1] == b->word[1] && a->word[2] == b->word[2];
}

/* The entry of the key, or the free one where it belongs. The table is never full. */
static struct kadr_map_entry *locate(const struct kadr_map *map, const struct kadr_map_key *key)
{
    size_t mask = map->cap - 1;
    size_t i = hash_of(key) & mask;
    while (map->entries[i].value && !same(&map->entries[i].key, key)) {
        i = (i + 1) & mask;
    }
    return &map->entries[i];
}

static int grow(struct kadr_map *map)
{
    struct kadr_map wider = { .cap = map->cap ? map->cap * 2 : MIN_CAP, .count = map->count };
    wider.entries = calloc(wider.cap, sizeof(*wider.entries));
    if (!wider.entries) {
        return KADR_ENOMEM;
    }
    for (size_t i = 0; i < map->cap; i++) {
        if (map->entries[i].value) {
            *locate(&wider, &map->entries[i].key) = map->entries[i];
        }
    }
    free(map->entries);
    *map = wider;
    return 0;
}

void kadr_map_done(struct kadr_map *map)
{
    free(map->entries);
    *map = (struct kadr_map){ 0 };
}

void kadr_map_clear(struct kadr_map *map)
{
    if (map->cap > KEEP_CAP && map->count < map->cap / KEEP_USE) {
        kadr_map_done(map);
        return;
    }
    if (map->count > 0) {
        memset(map->entries, 0, map->cap * sizeof(*map->entries));
    }
    map->count = 0;
}

void *kadr_map_get(const struct kadr_map *map, const struct kadr_map_key *key)
{
    return map->count > 0 ? locate(map, key)->value : NULL;
}

int kadr_map_put(struct kadr_map *map, const struct kadr_map_key *key, void *value)
{
    KADR_ASSERT(value);
    if (map->count + 1 > map->cap / 4 * 3) {
        int err = grow(map);
        if (err) {
            return err;
        }
    }
    struct kadr_map_entry *entry = locate(map, key);
    map->count += entry->value ? 0 : 1;
    *entry = (struct kadr_map_entry){ *key, value };
    return 0;
}

void *kadr_map_next(const struct kadr_map *map, size_t *cursor)
{
    while (*cursor < map->cap) {
        void *value = map->entries[(*cursor)++].value;
        if (value) {
            return value;
        }
    }
    return NULL;
}
