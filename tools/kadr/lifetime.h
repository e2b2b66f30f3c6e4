/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* lifetime.h - why a unit has no figure of a time: it did not exist then. */
#include "cli.h"

/** One line: since when the unit exists, or until when it did, and who held or holds its land.
 * @param names   NULL: nothing is known
 * @param period  what was asked about; of a day, that day twice
 * @param out     may be NULL: a page without memory
 * @return        told; false: it existed on a day of the period, or is no unit */
bool lifetime_tell(const struct cli *cli, const struct kadr_reference *names, const char *unit,
                   struct kadr_period period, FILE *out);
