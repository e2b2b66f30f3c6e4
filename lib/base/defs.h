/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* defs.h - the handful of macros every file may use.
 *
 * Ownership is visible: a local that owns something is declared KADR_CLEANUP(x_free) and handed over with
 * KADR_TAKE(). A call that can fail is KADR_MUST_CHECK; dropping its result needs a (void) and a reason.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"

#define KADR_MUST_CHECK      __attribute__((warn_unused_result))
#define KADR_PRINTF(fmt, va) __attribute__((format(printf, fmt, va)))
#define KADR_COUNT(array)    (sizeof(array) / sizeof((array)[0]))
/* Behind an enum that stands in millions of objects: as small as its numbers allow. */
#define KADR_SMALL_ENUM __attribute__((packed))

/* KADR_DEFINE_CLEANUP(struct kadr_x, kadr_x_free) in a header makes KADR_CLEANUP(kadr_x_free) usable on a
 * local `struct kadr_x *`. The free function must accept NULL. */
#define KADR_DEFINE_CLEANUP(type, free_fn)              \
    static inline void free_fn##_cleanup_(type **owner) \
    {                                                   \
        free_fn(*owner);                                \
    }
/* The same for objects in place: done_fn(&object) at the end of the scope. */
#define KADR_DEFINE_DONE(type, done_fn)                 \
    static inline void done_fn##_cleanup_(type *object) \
    {                                                   \
        done_fn(object);                                \
    }
#define KADR_CLEANUP(free_fn) __attribute__((cleanup(free_fn##_cleanup_)))

/* Reads an owning pointer and leaves NULL behind. */
#define KADR_TAKE(ptr)                  \
    __extension__({                     \
        __typeof__(ptr) taken_ = (ptr); \
        (ptr) = NULL;                   \
        taken_;                         \
    })

/* Invariants only: a programming error, never bad input. Stays on in release builds. */
#define KADR_ASSERT(condition)                                  \
    do {                                                        \
        if (!(condition)) {                                     \
            kadr_assert_failed(#condition, __FILE__, __LINE__); \
        }                                                       \
    } while (0)
__attribute__((noreturn)) void kadr_assert_failed(const char *condition, const char *file, int line);

/* A borrowed run of bytes; not NUL-terminated unless said so. */
struct kadr_bytes {
    const uint8_t *data;
    size_t len; /* bytes */
};

/* A fixed BLAKE2b-256 digest. */
#define KADR_DIGEST_BYTES 32
struct kadr_digest {
    uint8_t bytes[KADR_DIGEST_BYTES];
};

/* free() for KADR_CLEANUP(kadr_free) on a char * or uint8_t * */
static inline void kadr_free_cleanup_(void *owner)
{
    free(*(void **)owner);
}
