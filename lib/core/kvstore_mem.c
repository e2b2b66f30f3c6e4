/* SPDX-License-Identifier: Apache-2.0 */
/* kvstore_mem.c - keys and values in memory, simple and obviously right: the oracle for the store on disk,
 * and the store of tests. A state is a sorted array of shared entries that never changes once it is
 * committed; a transaction works on a copy of the array, a view holds on to one. One thread.
 */
#include <string.h>

#include "core/kvstore.h"

struct entry {
    size_t owners; /* states it stands in */
    size_t key_len, value_len;
    uint8_t bytes[]; /* key, then value */
};

struct state {
    size_t owners; /* the store, and views */
    size_t count, cap;
    struct entry **entries;
};

struct mem {
    struct state *now;
    struct state *next; /* of the open transaction; NULL: none */
    int err;            /* of the open transaction */
};

static struct kadr_bytes key_of(const struct entry *entry)
{
    return (struct kadr_bytes){ entry->bytes, entry->key_len };
}

static struct kadr_bytes value_of(const struct entry *entry)
{
    return (struct kadr_bytes){ entry->bytes + entry->key_len, entry->value_len };
}

static int compare(struct kadr_bytes a, struct kadr_bytes b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.data, b.data, len);
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* Place of the first entry whose key is >= `key`. */
static size_t lower_bound(const struct state *state, struct kadr_bytes key)
{
    size_t low = 0, high = state->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(key_of(state->entries[middle]), key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_at(const struct state *state, size_t place, struct kadr_bytes key)
{
    return place < state->count && compare(key_of(state->entries[place]), key) == 0;
}

static void release_entry(struct entry *entry)
{
    if (--entry->owners == 0) {
        free(entry);
    }
}

static void release(struct state *state)
{
    if (state == NULL || --state->owners > 0) {
        return;
    }
    for (size_t i = 0; i < state->count; i++) {
        release_entry(state->entries[i]);
    }
    free(state->entries);
    free(state);
}

/* `count` entries of `from`, shared. */
static struct state *copy_of(const struct state *from, size_t count)
{
    struct state *copy = calloc(1, sizeof(*copy));
    struct entry **entries = calloc(count + 1, sizeof(*entries));
    if (copy == NULL || entries == NULL) {
        free(copy);
        free(entries);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        entries[i] = from->entries[i];
        entries[i]->owners++;
    }
    *copy = (struct state){ .owners = 1, .count = count, .cap = count + 1, .entries = entries };
    return copy;
}

static int mem_begin(void *self)
{
    struct mem *mem = self;
    if (mem->next != NULL) {
        return KADR_EBUSY;
    }
    mem->err = 0;
    mem->next = copy_of(mem->now, mem->now->count);
    return mem->next == NULL ? KADR_ENOMEM : 0;
}

static struct entry *new_entry(struct kadr_bytes key, struct kadr_bytes value)
{
    struct entry *entry = malloc(sizeof(*entry) + key.len + value.len);
    if (entry == NULL) {
        return NULL;
    }
    *entry = (struct entry){ .owners = 1, .key_len = key.len, .value_len = value.len };
    memcpy(entry->bytes, key.data, key.len);
    if (value.len > 0) {
        memcpy(entry->bytes + key.len, value.data, value.len);
    }
    return entry;
}

static int make_room(struct state *state)
{
    if (state->count < state->cap) {
        return 0;
    }
    struct entry **grown = realloc(state->entries, 2 * state->cap * sizeof(struct entry *));
    if (grown == NULL) {
        return KADR_ENOMEM;
    }
    state->entries = grown;
    state->cap *= 2;
    return 0;
}

static int insert(struct state *state, struct kadr_bytes key, struct kadr_bytes value)
{
    struct entry *entry = new_entry(key, value);
    if (entry == NULL || make_room(state) != 0) {
        free(entry);
        return KADR_ENOMEM;
    }
    size_t place = lower_bound(state, key);
    if (is_at(state, place, key)) {
        release_entry(state->entries[place]);
    } else {
        memmove(&state->entries[place + 1], &state->entries[place],
                (state->count - place) * sizeof(struct entry *));
        state->count++;
    }
    state->entries[place] = entry;
    return 0;
}

static void mem_put(void *self, struct kadr_bytes key, struct kadr_bytes value)
{
    struct mem *mem = self;
    KADR_ASSERT(mem->next != NULL);
    if (mem->err == 0) {
        bool fits = key.len > 0 && key.len <= KADR_KVSTORE_KEY_BYTES;
        mem->err = fits ? insert(mem->next, key, value) : KADR_EINVAL;
    }
}

static void mem_clear(void *self)
{
    struct mem *mem = self;
    KADR_ASSERT(mem->next != NULL);
    while (mem->next->count > 0) {
        release_entry(mem->next->entries[--mem->next->count]);
    }
}

static void mem_abort(void *self)
{
    struct mem *mem = self;
    release(KADR_TAKE(mem->next));
}

static int mem_commit(void *self)
{
    struct mem *mem = self;
    KADR_ASSERT(mem->next != NULL);
    if (mem->err != 0) {
        mem_abort(mem);
        return mem->err;
    }
    release(mem->now);
    mem->now = KADR_TAKE(mem->next);
    return 0;
}

static int mem_view_begin(void *self, void **ret_view)
{
    struct mem *mem = self;
    mem->now->owners++;
    *ret_view = mem->now;
    return 0;
}

static void mem_view_end(void *self, void *view)
{
    (void)self;
    release(view);
}

static int mem_get(void *self, void *view, struct kadr_bytes key, struct kadr_bytes *ret_value)
{
    (void)self;
    const struct state *state = view;
    size_t place = lower_bound(state, key);
    if (!is_at(state, place, key)) {
        return KADR_ENOENT;
    }
    *ret_value = value_of(state->entries[place]);
    return 0;
}

static int mem_floor(void *self, void *view, struct kadr_bytes key, struct kadr_bytes *ret_key,
                     struct kadr_bytes *ret_value)
{
    (void)self;
    const struct state *state = view;
    size_t place = lower_bound(state, key);
    if (!is_at(state, place, key)) {
        if (place == 0) {
            return KADR_ENOENT;
        }
        place--;
    }
    if (ret_key != NULL) {
        *ret_key = key_of(state->entries[place]);
    }
    if (ret_value != NULL) {
        *ret_value = value_of(state->entries[place]);
    }
    return 0;
}

static int mem_walk(void *self, void *view, struct kadr_bytes from, kadr_kvstore_fn *fn, void *context)
{
    (void)self;
    const struct state *state = view;
    int stopped = 0;
    for (size_t i = lower_bound(state, from); i < state->count && stopped == 0; i++) {
        stopped = fn(context, key_of(state->entries[i]), value_of(state->entries[i]));
    }
    return stopped;
}

static int mem_space(void *self, uint64_t *ret_used_bytes, uint64_t *ret_free_bytes)
{
    const struct mem *mem = self;
    *ret_used_bytes = 0;
    for (size_t i = 0; i < mem->now->count; i++) {
        *ret_used_bytes += mem->now->entries[i]->key_len + mem->now->entries[i]->value_len;
    }
    *ret_free_bytes = SIZE_MAX;
    return 0;
}

static void mem_close(void *self)
{
    struct mem *mem = self;
    mem_abort(mem);
    release(mem->now);
    free(mem);
}

int kadr_kvstore_mem_new(struct kadr_kvstore *ret_kv)
{
    struct mem *mem = calloc(1, sizeof(*mem));
    struct state nothing = { .count = 0 };
    if (mem == NULL || (mem->now = copy_of(&nothing, 0)) == NULL) {
        free(mem);
        return KADR_ENOMEM;
    }
    *ret_kv = (struct kadr_kvstore){ .begin = mem_begin,
                                     .put = mem_put,
                                     .clear = mem_clear,
                                     .commit = mem_commit,
                                     .abort = mem_abort,
                                     .view_begin = mem_view_begin,
                                     .view_end = mem_view_end,
                                     .get = mem_get,
                                     .floor = mem_floor,
                                     .walk = mem_walk,
                                     .space = mem_space,
                                     .close = mem_close,
                                     .self = mem };
    return 0;
}
