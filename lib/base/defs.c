/* SPDX-License-Identifier: Apache-2.0 */
/* defs.c - what happens when an invariant does not hold: say where, then stop before anything wrong is
 * acknowledged. Plain stdio on purpose: the log may be what is broken.
 */
#include "base/defs.h"

#include <stdio.h>

void kadr_assert_failed(const char *condition, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition); /* nothing left to do */
    abort();
}
