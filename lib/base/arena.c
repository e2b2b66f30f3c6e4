/* SPDX-License-Identifier: Apache-2.0 */
/* arena.c - a list of blocks, filled one after the other.
 *
 *   blocks -> [full] -> [full] -> [current, partly used] -> [spare] -> [spare]
 *
 * kadr_arena_clear() makes every block a spare. A request that the current block cannot hold takes the next
 * spare that can, else a new block. The cap counts what is taken from the system, used or not, so that it is
 * a cap on memory and not on good behaviour; when it would be passed the spares are given back first.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <string.h>

#include "base/err.h"

#define BLOCK_BYTES ((size_t)64 << 10)
#define ALIGN_BYTES alignof(max_align_t)

struct block {
    struct block *next;
    size_t cap, used; /* bytes of `space` */
    alignas(max_align_t) uint8_t space[];
};

struct kadr_arena {
    struct block *blocks;  /* owned list */
    struct block *current; /* NULL: nothing handed out; everything behind it is spare */
    size_t max;            /* bytes all blocks may have together */
    size_t taken;          /* bytes all blocks have together */
    size_t used;           /* bytes handed out */
    bool failed;
};

int kadr_arena_new(size_t max_bytes, struct kadr_arena **ret_arena)
{
    struct kadr_arena *arena = calloc(1, sizeof *arena);
    if (!arena) {
        return KADR_ENOMEM;
    }
    arena->max = max_bytes;
    *ret_arena = arena;
    return KADR_OK;
}

/* Where the list of spares hangs. */
static struct block **spares(struct kadr_arena *arena)
{
    return arena->current ? &arena->current->next : &arena->blocks;
}

static void free_spares(struct kadr_arena *arena)
{
    struct block **head = spares(arena);
    while (*head) {
        struct block *block = *head;
        *head = block->next;
        arena->taken -= block->cap;
        free(block);
    }
}

void kadr_arena_free(struct kadr_arena *arena)
{
    if (arena) {
        arena->current = NULL;
        free_spares(arena);
        free(arena);
    }
}

void kadr_arena_clear(struct kadr_arena *arena)
{
    arena->current = NULL;
    arena->used = 0;
    arena->failed = false;
}

/* Unlinks the first spare of at least `bytes`; NULL when there is none. */
static struct block *take_spare(struct kadr_arena *arena, size_t bytes)
{
    for (struct block **at = spares(arena); *at; at = &(*at)->next) {
        if ((*at)->cap >= bytes) {
            struct block *block = *at;
            *at = block->next;
            return block;
        }
    }
    return NULL;
}

static struct block *new_block(struct kadr_arena *arena, size_t bytes)
{
    if (bytes > arena->max - arena->taken) {
        free_spares(arena);
    }
    size_t left = arena->max - arena->taken;
    if (bytes > left) {
        return NULL;
    }
    size_t cap = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES < left ? BLOCK_BYTES : left;
    struct block *block = cap <= SIZE_MAX - sizeof *block ? malloc(sizeof *block + cap) : NULL;
    if (block) {
        block->cap = cap;
        arena->taken += cap;
    }
    return block;
}

/* Makes a block with room for `bytes` the current one. */
static bool advance(struct kadr_arena *arena, size_t bytes)
{
    struct block *block = take_spare(arena, bytes);
    if (!block) {
        block = new_block(arena, bytes);
    }
    if (!block) {
        return false;
    }
    struct block **head = spares(arena);
    block->used = 0;
    block->next = *head;
    *head = block;
    arena->current = block;
    return true;
}

void *kadr_arena_alloc(struct kadr_arena *arena, size_t bytes)
{
    /* Distinct objects have distinct addresses, also empty ones. */
    size_t rounded = bytes == 0 ? ALIGN_BYTES : bytes + (ALIGN_BYTES - bytes % ALIGN_BYTES) % ALIGN_BYTES;
    if (arena->failed || rounded < bytes) {
        arena->failed = true;
        return NULL;
    }
    struct block *block = arena->current;
    if ((!block || rounded > block->cap - block->used) && !advance(arena, rounded)) {
        arena->failed = true;
        return NULL;
    }
    block = arena->current;
    void *space = block->space + block->used;
    block->used += rounded;
    arena->used += rounded;
    return space;
}

void *kadr_arena_calloc(struct kadr_arena *arena, size_t count, size_t item_bytes)
{
    if (item_bytes && count > SIZE_MAX / item_bytes) {
        arena->failed = true;
        return NULL;
    }
    void *space = kadr_arena_alloc(arena, count * item_bytes);
    return space ? memset(space, 0, count * item_bytes) : NULL;
}

char *kadr_arena_strndup(struct kadr_arena *arena, const char *text, size_t len)
{
    char *copy = len < SIZE_MAX ? kadr_arena_alloc(arena, len + 1) : NULL;
    if (!copy) {
        arena->failed = true;
        return NULL;
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

void *kadr_arena_memdup(struct kadr_arena *arena, const void *data, size_t len)
{
    void *copy = kadr_arena_alloc(arena, len);
    return copy && len ? memcpy(copy, data, len) : copy;
}

bool kadr_arena_failed(const struct kadr_arena *arena)
{
    return arena->failed;
}

size_t kadr_arena_used(const struct kadr_arena *arena)
{
    return arena->used;
}
