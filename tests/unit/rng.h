/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* rng.h - the generator behind property tests: splitmix64, seeded by the case number.
 *
 * A property runs for seeds 1…N, one fresh generator each, and names the seed when it fails; running that one
 * seed again gives the same case.
 */
#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t state;
};

static inline uint64_t rng_next(struct rng *rng)
{
    uint64_t z = rng->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* 0 … count - 1 */
static inline size_t rng_below(struct rng *rng, size_t count)
{
    return (size_t)(rng_next(rng) % count);
}

/* lo … hi, both inside; hi - lo fits int64 */
static inline int64_t rng_between(struct rng *rng, int64_t lo, int64_t hi)
{
    return lo + (int64_t)(rng_next(rng) % ((uint64_t)(hi - lo) + 1));
}
