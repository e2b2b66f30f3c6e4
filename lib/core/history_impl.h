/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* history_impl.h - keys and values of the history (docs/storage.md, History), shared by its three files and
 * nobody else: history.c (writing), history_read.c (reading), history_bytes.c (the bytes).
 */
#include "base/cursor.h"
#include "core/history.h"

#define KADR_HISTORY_FORMAT 1

/* First byte of a key. Never reused within a format. */
enum kadr_history_table {
    KADR_HISTORY_POSITION = 'P',  /* -> format, lineage, commit, chain digest */
    KADR_HISTORY_ROW = 'O',       /* unit, NUL, indicator, NUL, commit BE64, index BE16 -> observation */
    KADR_HISTORY_REPORT = 'R',    /* commit BE64 -> report */
    KADR_HISTORY_REFERENCE = 'F', /* commit BE64 -> ReferenceFiles */
    KADR_HISTORY_DAY = 'D',       /* commit BE64 -> day BE32 */
    KADR_HISTORY_TIME = 'T',      /* time BE64 -> last commit known then, BE64 */
    KADR_HISTORY_SINCE = 'S'      /* first commit known at a time, BE64 -> time BE64 */
};

/* A key, made in place. */
struct kadr_history_key {
    uint8_t bytes[1 + 2 * (KADR_MAX_CODE_BYTES + 1) + 8 + 2];
    size_t len;
};
static inline struct kadr_bytes kadr_history_key_bytes(const struct kadr_history_key *key)
{
    return (struct kadr_bytes){ key->bytes, key->len };
}
struct kadr_history_key kadr_history_key_number(enum kadr_history_table table, uint64_t number);
/* Times before 1970 sort before those after. */
struct kadr_history_key kadr_history_key_time(kadr_ms time_ms);
/* What all rows of a unit, or of (unit, indicator) begin with. @retval KADR_EINVAL  no codes */
KADR_MUST_CHECK int kadr_history_key_prefix(const char *unit, const char *indicator,
                                            struct kadr_history_key *ret_key);
void kadr_history_key_add_row(struct kadr_history_key *prefix, uint64_t commit, uint32_t index);

/* The number that a key of one number ends with. */
KADR_MUST_CHECK int kadr_history_read_key_number(struct kadr_bytes key, uint64_t *ret_number);
/* A value of one number. */
KADR_MUST_CHECK int kadr_history_read_number(struct kadr_bytes value, uint64_t *ret_number);
uint64_t kadr_history_time_number(kadr_ms time_ms);
kadr_ms kadr_history_number_time(uint64_t number);

/* Values. What is read is borrowed from the bytes; KADR_ECORRUPT for what was never written. */
void kadr_history_add_position(const struct kadr_history_position *position, struct kadr_buf *out);
/* @retval KADR_EVERSION  of another format */
KADR_MUST_CHECK int kadr_history_read_position(struct kadr_bytes value,
                                               struct kadr_history_position *ret_position);
void kadr_history_add_row(const struct kadr_history_row *row, struct kadr_buf *out);
/* Codes, commit and index; the rest is empty. */
KADR_MUST_CHECK int kadr_history_read_row_key(struct kadr_bytes key, struct kadr_history_row *ret_row);
/* Adds what the key does not say. */
KADR_MUST_CHECK int kadr_history_read_row_value(struct kadr_bytes value, struct kadr_history_row *row);
void kadr_history_add_report(const struct kadr_history_report *report, struct kadr_buf *out);
/* `touched` is left out: kadr_history_read_touched() fills `touched_count` of it. */
KADR_MUST_CHECK int kadr_history_read_report(struct kadr_bytes key, struct kadr_bytes value,
                                             struct kadr_history_report *ret_report,
                                             struct kadr_cursor *ret_touched);
KADR_MUST_CHECK int kadr_history_read_touched(struct kadr_cursor *cur, struct kadr_history_touched *ret,
                                              size_t count);
