/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* preview.h - which published figures other reference data would alter, asked of aggregatord. */
#include <jansson.h>

#include "cli.h"

/** Asks and tells: to people the number of changes of each kind and the first of them; with `json` all that
 * were answered, into {"from", "to", "counts": [], "changes": [], "omitted"}. That it cannot be told is said
 * on stderr and is no failure of the check.
 * @param json  NULL: for people; else gets the object as "preview", null when it cannot be told */
void preview_tell(const struct cli *cli, const struct kadr_file *files, size_t count, json_t *json);
