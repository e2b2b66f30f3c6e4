/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c - the only reader of the system's clocks. Both clocks exist on every system Kadr runs on; one that
 * cannot be read is a broken machine, not an error to handle.
 */
#include "base/clock.h"

#include <time.h>

#include "base/defs.h"

static struct timespec read_clock(clockid_t id)
{
    struct timespec now;
    KADR_ASSERT(clock_gettime(id, &now) == 0);
    return now;
}

kadr_ns kadr_clock_monotonic_ns(void)
{
    struct timespec now = read_clock(CLOCK_MONOTONIC);
    return KADR_S(now.tv_sec) + now.tv_nsec;
}

kadr_ms kadr_clock_wall_ms(void)
{
    struct timespec now = read_clock(CLOCK_REALTIME);
    return (kadr_ms)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
