/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* arena.h - memory for one message, freed at once, with a hard cap.
 *
 * protobuf-c turns 1 MiB of hostile bytes into 71 MB of objects; the cap turns that into KADR_ENOMEM. Blocks
 * are kept on kadr_arena_clear(), so that a steady flow of messages allocates nothing.
 */
#include "base/defs.h"

struct kadr_arena;

KADR_MUST_CHECK int kadr_arena_new(size_t max_bytes, struct kadr_arena **ret_arena);
void kadr_arena_free(struct kadr_arena *arena);
KADR_DEFINE_CLEANUP(struct kadr_arena, kadr_arena_free)
void kadr_arena_clear(struct kadr_arena *arena); /* everything handed out is gone; blocks are reused */

/* Uninitialised, aligned for any type; NULL when over the cap or out of memory (sticky: kadr_arena_failed()).
 */
void *kadr_arena_alloc(struct kadr_arena *arena, size_t bytes);
/* Zeroed array; NULL on overflow, cap or memory. */
void *kadr_arena_calloc(struct kadr_arena *arena, size_t count, size_t item_bytes);
/* NUL-terminated copy. */
char *kadr_arena_strndup(struct kadr_arena *arena, const char *text, size_t len);
/* Copy of bytes. */
void *kadr_arena_memdup(struct kadr_arena *arena, const void *data, size_t len);
bool kadr_arena_failed(const struct kadr_arena *arena);
size_t kadr_arena_used(const struct kadr_arena *arena); /* bytes handed out since the last clear */
