/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* reporters.h - the units at a reporting level, one by one; who of them is missed is kadr_unit_reports()'s to
 * say (reference.h).
 */
#include "domain/closure.h"
#include "domain/reference.h"

/** The units at a level inside `unit` over these days, each once, sorted; `unit` itself when it is at that
 * level or below and existed then.
 * @param list  emptied first
 * @retval KADR_ENOMEM  */
KADR_MUST_CHECK int kadr_reporters_inside(const struct kadr_reference *reference, kadr_unit unit,
                                          enum kadr_unit_level level, struct kadr_period span,
                                          struct kadr_unit_list *list);
