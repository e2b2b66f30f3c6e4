/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* instant.h - a moment of the journal as people write it. */
#include "wire/wire.h"

/** Reads a commit (`1042`), a day (`2024-02-01`: its end) or a time (`2024-02-01T10:00`: the end of that
 * minute; `2024-02-01T10:00:30`: of that second; UTC+5 unless it ends in `Z`, `+03:00` …).
 * @retval KADR_EINVAL  none of these; *ret_instant is not set */
KADR_MUST_CHECK int kadr_instant_parse(const char *text, struct kadr_instant *ret_instant);
