/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* history.h - generated journals for the model test: made from a seed, replayed through the rollup and the
 * oracle, and, when the two disagree, cut down to the few records that matter. Include behind cmocka.h.
 */
#include "base/clock.h"
#include "domain/period.h"
#include "domain/reference.h"
#include "domain/report.h"

#define HISTORY_REFERENCES 2
#define HISTORY_MAX_SAID   12
#define HISTORY_LINE_BYTES 160

enum record_kind { RECORD_REFERENCE, RECORD_DAY, RECORD_REPORT };

/* One record of the journal. A report's lines are as in domain/rollup_world.h:
 * `UNIT INDICATOR BREAKDOWN PERIOD VALUE [OCCURRENCE]`. */
struct record {
    enum record_kind kind;
    size_t reference; /* which version */
    kadr_day day;
    kadr_ms stated_at_ms;
    kadr_ms replaced_at_ms; /* when the report that this one replaces was stated; 0: none */
    struct said {
        char line[HISTORY_LINE_BYTES];
        int32_t scale;
        enum kadr_verdict verdict;
        bool of_replaced;
    } said[HISTORY_MAX_SAID];
    size_t count;
};

struct history {
    struct record *records; /* owned: history_free() */
    size_t count;
    struct kadr_reference *references[HISTORY_REFERENCES]; /* borrowed */
    uint64_t seed;
};

/* The files of version `index`; returns their number. */
#define HISTORY_MAX_FILES 4
size_t history_reference_files(size_t index, struct kadr_file ret_files[HISTORY_MAX_FILES]);
void history_load_references(struct kadr_reference *ret_references[HISTORY_REFERENCES]);
/* About `observations` statements in reports, days and changes of reference. */
void history_generate(struct history *history, uint64_t seed, size_t observations);
void history_free(struct history *history);

/* How it is compared. */
struct met;
struct history_check {
    size_t every;   /* after so many records, and at the end */
    size_t earlier; /* each so-manieth time, and at the end, earlier days too: on their borders, on today's */
    bool loud;      /* print what differs */
    struct met *met; /* NULL, or what the last answers held is added here */
};
/* Replays it; compares the cells, and the digests of the current day. A second rollup that hands out its
 * changes for several records at once must come to the same digests.
 * @return false: they differ */
bool history_holds(const struct history *history, const struct history_check *check);
/* Removes records and statements as long as the two still differ. */
void history_shrink(struct history *history);
void history_print(const struct history *history);
