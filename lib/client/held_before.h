/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* held_before.h - figures that were held when this outbox stated them last.
 *
 * Another report that states a held figure confirms it (docs/rollup.md, Is it plausible). That is meant for a
 * second look at the figure, not for the same file pushed once more: what would confirm by accident is told
 * and not sent.
 */
#include "client/outbox.h"

/** Looks for each figure of `report` (unit, indicator, breakdown, period, occurrence and value alike) in the
 * newest KADR_MAX_HELD_LOOK_BACK reports that have a receipt; the newest that states it decides.
 * @param diags  one `held_before` for each figure that was held there
 * @retval 0            none was
 * @retval KADR_EINVAL  told
 * @retval KADR_ENOMEM / KADR_EIO / KADR_ECORRUPT
 * Cost: reading these reports. */
KADR_MUST_CHECK int kadr_held_before(struct kadr_outbox *outbox, const struct kadr_report *report,
                                     struct kadr_diags *diags);
