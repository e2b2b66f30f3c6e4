/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* pool.h - memory for very many small blocks that die together, at the latest.
 *
 * A nation's cells are 100 MB that are visited in no order. In pages of 4 KiB nearly each visit misses the
 * TLB besides the cache, so a pool takes memory 2 MiB at a time, on such a boundary, and asks the kernel to
 * back it with huge pages (madvise(2), MADV_HUGEPAGE; where it does not, nothing is lost but time). A small
 * pool stays small: it begins with 64 KiB.
 * Blocks have no header: who gives one back says how large it is, and gets one of the same size sooner.
 * Hides:  size classes and their free lists; where large blocks come from. AddressSanitizer sees blocks that
 *         were given back as poisoned.
 */
#include "base/defs.h"

struct kadr_pool;

KADR_MUST_CHECK int kadr_pool_new(struct kadr_pool **ret_pool);
/* With all blocks; costs as much as the pool has pieces. */
void kadr_pool_free(struct kadr_pool *pool);
KADR_DEFINE_CLEANUP(struct kadr_pool, kadr_pool_free)

/* Uninitialised, on a boundary of 8 bytes, blocks of 2 MiB and more on a huge page's; NULL: out of memory. */
void *kadr_pool_alloc(struct kadr_pool *pool, size_t bytes);
/* NULL is no block. */
void kadr_pool_give_back(struct kadr_pool *pool, void *block, size_t bytes);
/* A block of another size with the same bytes as far as both reach; as realloc(3) it may move, and NULL
 * leaves it as it was. */
void *kadr_pool_resize(struct kadr_pool *pool, void *block, size_t bytes, size_t new_bytes);
/* Taken from the system: what it could not give to others. */
size_t kadr_pool_taken(const struct kadr_pool *pool);
