/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* clock.h - time as a type. Reading the clock is for programs (services/, tools/, edge/); domain, wire and
 * core take time as an argument.
 */
#include <stdint.h>

typedef int64_t kadr_ns; /* nanoseconds; monotonic unless the name says wall */
typedef int64_t kadr_ms; /* milliseconds; Unix time, UTC, where it is a wall time */

#define KADR_MS(n) ((kadr_ns)(n)*INT64_C(1000000))
#define KADR_S(n)  ((kadr_ns)(n)*INT64_C(1000000000))

kadr_ns kadr_clock_monotonic_ns(void);
kadr_ms kadr_clock_wall_ms(void);
