/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c - pieces cut into blocks, a free list per size.
 *
 * A piece is cut from the front and never given back: 64 KiB at first, then as much as there is already, from
 * 2 MiB on mapped. Sizes up to EXACT_BYTES have a class for each multiple of 8, so that nothing is lost, and
 * up to MAX_BYTES for each power of two; a block given back waits in the list of its class. What is larger is
 * a mapping or malloc's, and goes back to the system.
 *
 * With AddressSanitizer what is not handed out is poisoned, also GUARD_BYTES behind each block, and whatever
 * would be mapped is malloc's, where the leak checker looks for pointers.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, madvise */
#include "base/pool.h"

#include <string.h>
#include <sys/mman.h>

#include "base/err.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#endif

#ifdef SANITIZED
#include <sanitizer/asan_interface.h>
#define GUARD_BYTES ((size_t)16)
#else
#define ASAN_POISON_MEMORY_REGION(at, bytes)   ((void)(at), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(at, bytes) ((void)(at), (void)(bytes))
#define GUARD_BYTES                            ((size_t)0)
#endif

#define GRAIN_BYTES     ((size_t)8)
#define EXACT_BYTES     ((size_t)1024)
#define EXACT_CLASSES   (EXACT_BYTES / GRAIN_BYTES + 1)
#define DOUBLED_CLASSES 6 /* 2 KiB … 64 KiB */
#define CLASSES         (EXACT_CLASSES + DOUBLED_CLASSES)
#define MAX_BYTES       (EXACT_BYTES << DOUBLED_CLASSES)
#define HUGE_BYTES      ((size_t)2 << 20)

/* Memory of the system: a piece that is cut, or a large block. */
struct taken {
    void *at;
    size_t bytes; /* HUGE_BYTES and more: mapped, whole huge pages */
};

struct taken_list {
    struct taken *items; /* owned */
    size_t count, cap;
};

struct free_block {
    struct free_block *next;
};

struct kadr_pool {
    struct taken_list pieces, large;
    uint8_t *at;             /* the rest of the last piece */
    size_t left;             /* its bytes */
    size_t cut_bytes, taken; /* bytes of the pieces; of all */
    struct free_block *free[CLASSES];
};

/* ---- from the system ----------------------------------------------------------------------------------- */

/* Whole huge pages, on their boundary. */
#ifdef SANITIZED
static void *map_huge(size_t bytes)
{
    return aligned_alloc(HUGE_BYTES, bytes);
}

static void unmap_huge(void *at, size_t bytes)
{
    (void)bytes;
    free(at);
}
#else
/* Mapped with one more, whose edges are given back. */
static void *map_huge(size_t bytes)
{
    size_t wide = bytes + HUGE_BYTES;
    uint8_t *at = mmap(NULL, wide, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) {
        return NULL;
    }
    size_t before = (HUGE_BYTES - (uintptr_t)at % HUGE_BYTES) % HUGE_BYTES;
    if (before > 0) {
        (void)munmap(at, before); /* part of what was mapped: cannot fail but for too many mappings */
    }
    (void)munmap(at + before + bytes, HUGE_BYTES - before);
    (void)madvise(at + before, bytes, MADV_HUGEPAGE); /* a kernel without them has small ones */
    return at + before;
}

static void unmap_huge(void *at, size_t bytes)
{
    (void)munmap(at, bytes); /* is what was mapped */
}
#endif

static size_t whole_pages(size_t bytes)
{
    return bytes < HUGE_BYTES ? bytes : (bytes + HUGE_BYTES - 1) / HUGE_BYTES * HUGE_BYTES;
}

static void release(const struct taken *taken)
{
    if (taken->bytes >= HUGE_BYTES) {
        unmap_huge(taken->at, taken->bytes);
    } else {
        free(taken->at);
    }
}

/* Memory of the system, which stands in the list. */
static void *take(struct kadr_pool *pool, struct taken_list *list, size_t wanted_bytes)
{
    if (wanted_bytes > SIZE_MAX / 2) {
        return NULL;
    }
    if (list->count == list->cap) {
        size_t wider = list->cap > 0 ? list->cap * 2 : 16;
        struct taken *items = realloc(list->items, wider * sizeof(*items));
        if (!items) {
            return NULL;
        }
        list->items = items;
        list->cap = wider;
    }
    size_t bytes = whole_pages(wanted_bytes);
    void *at = bytes >= HUGE_BYTES ? map_huge(bytes) : malloc(bytes);
    if (at) {
        list->items[list->count++] = (struct taken){ at, bytes };
        pool->taken += bytes;
    }
    return at;
}

static void release_all(struct taken_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        release(&list->items[i]);
    }
    free(list->items);
}

/* ---- pieces -------------------------------------------------------------------------------------------- */

static bool is_large(size_t bytes)
{
    return bytes > MAX_BYTES - GUARD_BYTES;
}

static size_t class_of(size_t wanted_bytes)
{
    size_t bytes = wanted_bytes + GUARD_BYTES, size_class = (bytes + GRAIN_BYTES - 1) / GRAIN_BYTES;
    if (size_class < EXACT_CLASSES) {
        return size_class > 0 ? size_class : 1; /* distinct blocks have distinct addresses, also empty ones */
    }
    for (size_class = EXACT_CLASSES; EXACT_BYTES << (size_class - EXACT_CLASSES + 1) < bytes; size_class++) {
    }
    return size_class;
}

static size_t bytes_of(size_t size_class)
{
    return size_class < EXACT_CLASSES ? size_class * GRAIN_BYTES
                                      : EXACT_BYTES << (size_class - EXACT_CLASSES + 1);
}

/* As much as there is already; what is left of the last one is lost. */
static bool next_piece(struct kadr_pool *pool)
{
    size_t there = pool->cut_bytes;
    size_t bytes = there < MAX_BYTES ? MAX_BYTES : there < HUGE_BYTES ? there : HUGE_BYTES;
    uint8_t *piece = take(pool, &pool->pieces, bytes);
    if (!piece) {
        return false;
    }
    pool->at = piece;
    pool->left = bytes;
    pool->cut_bytes += bytes;
    ASAN_POISON_MEMORY_REGION(piece, bytes);
    return true;
}

static void *cut(struct kadr_pool *pool, size_t bytes)
{
    if (pool->left < bytes && !next_piece(pool)) {
        return NULL;
    }
    void *block = pool->at;
    pool->at += bytes;
    pool->left -= bytes;
    return block;
}

/* ---- large blocks -------------------------------------------------------------------------------------- */

/* There are few: each is as large as hundreds of cells. */
static struct taken *find_large(struct kadr_pool *pool, const void *block)
{
    size_t i = pool->large.count;
    while (i > 0 && pool->large.items[i - 1].at != block) {
        i--;
    }
    KADR_ASSERT(i > 0);
    return &pool->large.items[i - 1];
}

static void give_back_large(struct kadr_pool *pool, void *block)
{
    struct taken *taken = find_large(pool, block);
    release(taken);
    pool->taken -= taken->bytes;
    *taken = pool->large.items[--pool->large.count];
}

/* ---- the pool ------------------------------------------------------------------------------------------ */

int kadr_pool_new(struct kadr_pool **ret_pool)
{
    *ret_pool = calloc(1, sizeof(**ret_pool));
    return *ret_pool ? 0 : KADR_ENOMEM;
}

void kadr_pool_free(struct kadr_pool *pool)
{
    if (!pool) {
        return;
    }
    for (size_t i = 0; i < pool->pieces.count; i++) {
        ASAN_UNPOISON_MEMORY_REGION(pool->pieces.items[i].at, pool->pieces.items[i].bytes);
    }
    release_all(&pool->pieces);
    release_all(&pool->large);
    free(pool);
}

void *kadr_pool_alloc(struct kadr_pool *pool, size_t bytes)
{
    if (is_large(bytes)) {
        return take(pool, &pool->large, bytes);
    }
    size_t size_class = class_of(bytes);
    struct free_block *block = pool->free[size_class];
    if (!block) {
        block = cut(pool, bytes_of(size_class));
    } else {
        ASAN_UNPOISON_MEMORY_REGION(block, sizeof(*block));
        pool->free[size_class] = block->next;
    }
    if (block) {
        ASAN_UNPOISON_MEMORY_REGION(block, bytes);
    }
    return block;
}

void kadr_pool_give_back(struct kadr_pool *pool, void *block, size_t bytes)
{
    if (!block) {
        return;
    }
    if (is_large(bytes)) {
        give_back_large(pool, block);
        return;
    }
    size_t size_class = class_of(bytes);
    struct free_block *head = block;
    ASAN_UNPOISON_MEMORY_REGION(block, sizeof(*head));
    head->next = pool->free[size_class];
    pool->free[size_class] = head;
    ASAN_POISON_MEMORY_REGION(block, bytes_of(size_class));
}

/* Of one class, and not large: it stays where it is. */
static bool stays(const void *block, size_t bytes, size_t new_bytes)
{
    return block && !is_large(bytes) && !is_large(new_bytes) && class_of(bytes) == class_of(new_bytes);
}

void *kadr_pool_resize(struct kadr_pool *pool, void *block, size_t bytes, size_t new_bytes)
{
    if (stays(block, bytes, new_bytes)) {
        ASAN_POISON_MEMORY_REGION(block, bytes_of(class_of(bytes)));
        ASAN_UNPOISON_MEMORY_REGION(block, new_bytes);
        return block;
    }
    void *moved = kadr_pool_alloc(pool, new_bytes);
    if (moved && block) {
        memcpy(moved, block, bytes < new_bytes ? bytes : new_bytes);
        kadr_pool_give_back(pool, block, bytes);
    }
    return moved;
}

size_t kadr_pool_taken(const struct kadr_pool *pool)
{
    return pool->taken;
}
