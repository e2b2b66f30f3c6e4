/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* met.h - what generated histories held: each kind of thing that is said, done and answered, counted from the
 * records and the oracle's cells themselves and not by the generator, which cannot lose one unnoticed.
 */
#include "domain/cell.h"
#include "history.h"

enum met_kind {
    /* what was said: accepted statements, against the earlier ones of the same history */
    MET_CORRECTION, /* another value of the same key, stated later */
    MET_WITHDRAWAL,
    MET_REPLACED, /* taken back by a report that takes another one's place */
    MET_OFFLINE,  /* stated before what had arrived already */
    MET_LATE,     /* … of the very same key: changes nothing */
    MET_NOT_STATED,
    MET_NOT_REPORTED,
    MET_NOT_APPLICABLE,
    MET_WITHHELD,
    MET_SUPPRESSED,
    MET_UNKNOWN,
    MET_INTERVAL, /* both ends known */
    MET_OPEN_INTERVAL,
    MET_OPEN_BESIDE, /* an open one, and more of the same day by members of other dimensions */
    MET_OVERLAP,     /* of periods, neither inside the other */
    MET_INSIDE,      /* a period inside another one */
    MET_EVENT,
    MET_OCCURRENCES, /* two of one event's key */
    MET_BEYOND_REGIONS,
    MET_SPLIT_REGION, /* a unit of the land before and one of the land after, both spoken of */
    MET_SPLIT_DISTRICT,
    MET_MOVED,  /* to another parent */
    MET_CLOSED, /* … and said before */
    /* what was done */
    MET_REFUSED,
    MET_HELD,
    MET_DAY,
    MET_REFERENCE,
    MET_ASLEEP, /* said, and a reference without the code comes */
    /* what was answered: cells at the ends of histories */
    MET_SUM,
    MET_RATIO,
    MET_RANGE,
    MET_INCOMPLETE,
    MET_STALE,
    MET_CARRIED, /* a figure, and the reason why there is no newer one */
    MET_ONLY_REASON,
    MET_NOBODY, /* owed, and by nobody reported */
    MET_OUTSTANDING,
    MET_CONTRADICTION,
    MET_RULE_HOLDS,
    MET_RULE_BROKEN,
    MET_RULE_UNKNOWN,
    MET_COUNT
};

struct met {
    size_t times[MET_COUNT];
};

void met_in_history(struct met *met, const struct history *history);
void met_in_cells(struct met *met, const struct kadr_cell *cells, size_t count);
void met_add(struct met *sum, const struct met *part);
/* Prints them. @return false: one was met less often */
bool met_each(const struct met *met, size_t least);
