/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* trend.h - what `kadr series` and `kadr compare` share: asking for points, and telling of whom they are. */
#include <jansson.h>

#include "cli.h"
#include "grid.h"

/* What is asked; strings are borrowed. */
struct trend_ask {
    struct kadr_member_pair breakdown[KADR_MAX_DIMENSIONS];
    size_t breakdown_count;
    struct kadr_period points[KADR_MAX_POINTS];
    size_t point_count;
    char words[KADR_BREAKDOWN_TEXT_BYTES]; /* of the breakdown */
};

/** `cadre=doctor settlement=rural`, separated by blanks or commas; nothing for ""
 * @retval 0  else an exit code; told */
KADR_MUST_CHECK int trend_breakdown(const char *text, struct trend_ask *ask);
/** Option --unit, --indicator and --known-at of a request.
 * @retval 0  else an exit code; told */
KADR_MUST_CHECK int trend_request(const struct cli *cli, const struct kadr_reference *names,
                                  const struct trend_ask *ask, struct kadr_query_request *ret_request);

/* ---- telling people ---- */
/* `Kazakhstan (KZ) · 2024-02-29 · commit 12` */
void trend_heading(const struct cli *cli, const struct kadr_reference *names, const char *unit,
                   const struct kadr_position *position, FILE *out);
/* `1 224`, `≥ 60` of the same reporters; nothing without one */
void trend_same(const struct cli *cli, const struct kadr_wire_point *point, int32_t scale,
                struct kadr_buf *out);
/* `12 of 20 regions` */
void trend_of_how_many(const struct cli *cli, const struct kadr_reference *names,
                       const struct kadr_wire_trend *trend, struct kadr_buf *out);
/* `left out: Jetisu Region (no figure, 2024-01), …`, a line; nothing when nobody is */
void trend_print_left_out(const struct cli *cli, const struct kadr_reference *names,
                          const struct kadr_wire_trend *trend, FILE *out);

/* ---- for programs ---- */
json_t *trend_json_set(
    const struct kadr_wire_trend *trend); /* {"basis", "reporters", "in_set", "left_out"} */
json_t *trend_json_same(const struct kadr_wire_point *point, int32_t scale); /* null without one */
/* unit, indicator, breakdown and measure */
json_t *trend_json_key(const struct kadr_reference *names, const struct kadr_wire_trend *trend);
