/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* map.h - a hash map from three words to a pointer, for the fold's own tables (series, memo, topics).
 *
 * Hides:  open addressing with linear probing, growth at 3/4. Nothing is ever taken out one by one, which is
 *         what keeps it this small.
 * Owner:  values belong to the caller; NULL is not a value.
 * Order:  of iteration is that of the hash: sort before anything is published.
 */
#include "base/defs.h"

struct kadr_map_key {
    uint64_t word[3];
};

struct kadr_map_entry {
    struct kadr_map_key key;
    void *value; /* NULL: free */
};

struct kadr_map {
    struct kadr_map_entry *entries; /* owned; NULL while empty */
    size_t cap;                     /* power of two */
    size_t count;
};

void kadr_map_done(struct kadr_map *map);
void kadr_map_clear(struct kadr_map *map); /* forgets all; gives a large table back that was hardly used */
void *kadr_map_get(const struct kadr_map *map, const struct kadr_map_key *key); /* NULL: not there */
/* Sets or replaces. @retval KADR_ENOMEM  nothing was changed */
KADR_MUST_CHECK int kadr_map_put(struct kadr_map *map, const struct kadr_map_key *key, void *value);
/* Walks all values: start with *cursor = 0; NULL at the end. */
void *kadr_map_next(const struct kadr_map *map, size_t *cursor);
