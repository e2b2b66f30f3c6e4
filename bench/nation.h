/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* nation.h - a made-up nation for the benchmarks: its reference data, and what its offices send.
 *
 * 20 regions, 250 districts, 5 000 facilities, 60 indicators in the shape of the shipped catalogue:
 *
 *   33  stocks that facilities report, 27 of them as one figure, 5 by cadre, 1 by cadre and settlement
 *    2  flows that facilities report by the month; 1 event
 *    8  stocks that districts report, 10 that regions report by cadre and settlement
 *    6  figures computed of the facilities' stocks: 4 ratios, 2 differences
 *
 * Every month each district's office sends one report for its facilities (about 1 000 observations) and one
 * for itself; then each region's office sends its own stocks and what it holds for the totals of five of its
 * facilities' stocks. Of a hundred observations 20 confirm last month's figure, 5 correct it, one gives a
 * reason for having none; one in 500 withdraws it. All of it follows from a month and a number, so that two
 * runs are the same.
 */
#include "domain/report.h"
#include "domain/superseded.h"

#define NATION_REGIONS    20
#define NATION_DISTRICTS  250
#define NATION_FACILITIES 5000

struct nation;

struct nation *nation_new(void); /* ends the program when it cannot */
void nation_free(struct nation *nation);
KADR_DEFINE_CLEANUP(struct nation, nation_free)
struct kadr_reference *nation_reference(const struct nation *nation); /* borrowed */
/* The files that it was made of; borrowed. */
const struct kadr_file *nation_files(const struct nation *nation, size_t *ret_count);
/* The day on which the reports of a month (0, 1, …) come in. */
kadr_day nation_day(unsigned month);

/* The next report, in the order in which they arrive; its month. Borrowed until the next call. */
const struct kadr_report *nation_next(struct nation *nation, unsigned *ret_month);
/* Reports have commits one after the other, from this one on, but for one before each month's first, which is
 * its day's; each was stated when it was committed. */
#define NATION_FIRST_COMMIT 3
/* What was said of a unit and an indicator (struct kadr_recall); the context is the nation. */
int nation_recall(void *context, const struct kadr_reference *reference, kadr_unit unit,
                  kadr_indicator indicator, uint64_t commit, kadr_stated_fn *fn, void *fn_context);
/* Cells in the closure of what a report changes: units above x dimensions dropped x periods x what is
 * computed of them. A confirmation touches none. */
size_t nation_touched(const struct nation *nation);
