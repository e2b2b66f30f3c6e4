/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* past_line.h - the bounded line in which questions about the past wait for their turn and for the history.
 *
 * One is taken at a time, the first that the history has come far enough for: those behind one that needs
 * more do not wait for it. After KADR_MAX_PAST_WAIT_S a question is taken all the same, to be told so.
 * Owner: one thread. */
#include "base/clock.h"
#include "core/peer.h"
#include "wire/wire.h"

/* One block with its frame. */
struct kadr_past_waiting {
    struct kadr_peer peer;
    struct kadr_position now; /* when it came */
    uint64_t needs;           /* commit that the history must have reached */
    kadr_ns asked_ns;         /* monotonic */
    kadr_ms asked_ms;         /* wall */
    size_t len;
    uint8_t frame[];
};

struct kadr_past_line {
    struct kadr_past_waiting *items[KADR_MAX_PAST_QUESTIONS]; /* owned */
    size_t count, bytes;
    struct kadr_past_waiting *taken; /* owned; counts for its asker */
};

/* Zeros are an empty line. */
void kadr_past_line_done(struct kadr_past_line *line);
/** Puts a question in the line.
 * @param frame  copied
 * @retval KADR_EFULL  too many wait, of all or of this asker, or too many bytes
 * @retval KADR_ENOMEM */
KADR_MUST_CHECK int kadr_past_line_add(struct kadr_past_line *line, const struct kadr_past_waiting *question,
                                       struct kadr_bytes frame);
/** Takes the next one, unless one is taken.
 * @param reached  commit that the history has come to
 * @return         NULL: none can be taken; else the line's until kadr_past_line_drop() */
const struct kadr_past_waiting *kadr_past_line_take(struct kadr_past_line *line, uint64_t reached,
                                                    kadr_ns now_ns);
/* The one taken was answered. */
void kadr_past_line_drop(struct kadr_past_line *line);
/* When the first has waited long enough; only while one waits. */
kadr_ns kadr_past_line_due_ns(const struct kadr_past_line *line);
