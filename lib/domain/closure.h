/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* closure.h - which cells a statement touches: units above it x breakdowns with dimensions dropped x periods
 * that hold it. The live window says which periods have a cell without being asked for; what is planned has
 * one however far ahead it is due.
 */
#include "domain/cell.h"
#include "domain/reference.h"

/* 1 January two years back to 31 December of the day's year. */
struct kadr_period kadr_live_window(kadr_day day);

/* The calendar periods (month … academic year) that hold a stated period, and the stated period itself:
 * ascending by kind, each once. Stocks and parameters have one: KADR_PERIOD_AS_OF. */
#define KADR_MAX_SLOTS 6
size_t kadr_slots_of(const struct kadr_indicator_info *info, struct kadr_period stated,
                     struct kadr_period ret_slots[KADR_MAX_SLOTS]);
/* A cell of such a period adds what lies inside it; any other takes exact statements of it only. */
bool kadr_slot_adds(const struct kadr_indicator_info *info, struct kadr_period slot);
bool kadr_slot_is_live(const struct kadr_indicator_info *info, struct kadr_period slot,
                       struct kadr_period window);

/* The breakdown itself and all that come of dropping dimensions: 1 … 16. */
#define KADR_MAX_DROPPED (1u << KADR_MAX_DIMENSIONS)
size_t kadr_breakdown_closure(kadr_breakdown breakdown, kadr_breakdown ret_closure[KADR_MAX_DROPPED]);

/* A list of units that grows; reused from statement to statement. */
struct kadr_unit_list {
    kadr_unit *units; /* owned */
    size_t count, cap;
};
void kadr_unit_list_done(struct kadr_unit_list *list);
KADR_MUST_CHECK int kadr_unit_list_add(struct kadr_unit_list *list,
                                       kadr_unit unit); /* unlooked: may repeat */
/** The unit and everything that was ever above it.
 * @retval KADR_ENOMEM  */
KADR_MUST_CHECK int kadr_unit_closure(const struct kadr_reference *reference, kadr_unit unit,
                                      struct kadr_unit_list *list);
