/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* replace.h - a report in the place of an earlier one from the same outbox.
 *
 * What the earlier one said and the new one does not is taken back: each such key becomes a withdrawal that
 * counts as stated when the earlier report was, so that a later correction by a third one stays.
 */
#include "client/outbox.h"

/* A receipt as people write it: the number that it names (the commit), or `sequence:N`, the report's number
 * in its outbox. */
struct kadr_receipt_name {
    bool by_sequence;
    uint64_t number;
};
/* @retval KADR_EINVAL  neither */
KADR_MUST_CHECK int kadr_receipt_name_parse(const char *text, struct kadr_receipt_name *ret_name);

/** Names the replaced report in `report` and adds the withdrawals.
 * @param written    the receipt as written
 * @param reference  tells which keys are the same
 * @param arena      holds what is added
 * @param diags      `replaced` with their number, and the first of them by name; or why not
 * @retval KADR_EINVAL  told: not in this outbox, not answered, stated later, or too many observations
 * @retval KADR_ENOMEM / KADR_EIO / KADR_ECORRUPT
 * Cost: reading that report; finding a commit reads every receipt that is kept. */
KADR_MUST_CHECK int kadr_replace(struct kadr_outbox *outbox, const struct kadr_reference *reference,
                                 const char *written, struct kadr_arena *arena, struct kadr_report *report,
                                 struct kadr_diags *diags);
