/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* past.h - answers to questions about the past: a pure function of the history and the question.
 *
 * A question is a QueryRequest as it came, and the position of the live rollup when it came; the answer is
 * the frames to send, in order: the parts of one answer with its end, or one refusal. Nothing of the live
 * rollup is touched, so a question may be answered in any thread, with a view of its own.
 *
 * Cost: the rows of the units and indicators that the question is about, and evaluating their cells.
 *
 * A new kind of question is a row of the table in past.c: a function of past_impl.h that appends replies.
 */
#include "core/kvstore.h"
#include "wire/wire.h"

struct kadr_past_question {
    struct kadr_bytes frame;  /* a QueryRequest that was decoded before */
    struct kadr_position now; /* when it came: what has not happened by then is the future */
    kadr_ms now_ms;           /* and the time: days after it have not come either */
    /* 0: KADR_MAX_ANSWER_BYTES, KADR_MAX_PAST_ROWS */
    size_t max_bytes;
    uint64_t max_rows;
};

struct kadr_past_answer {
    struct kadr_buf frames;      /* kadr_past_next() */
    enum kadr_diag_code refused; /* KADR_DIAG_NONE: answered */
    uint64_t rows;               /* of the history, read for it */
};

void kadr_past_answer_done(struct kadr_past_answer *answer);
KADR_DEFINE_DONE(struct kadr_past_answer, kadr_past_answer_done)

/* A question that this program answers from the history. */
bool kadr_past_takes(const struct kadr_query_request *request);
/* The commit that the history must have reached before the question can be answered. */
uint64_t kadr_past_needs(const struct kadr_query_request *request, const struct kadr_position *now);

/** Answers.
 * @param[out] ret_answer  kadr_past_answer_done(); a question that cannot be answered is answered by its
 *                         refusal
 * @retval KADR_ENOMEM     there may be no answer
 * @return                 else what the store says: it cannot be read; the answer tells to ask again */
KADR_MUST_CHECK int kadr_past_answer(const struct kadr_kvstore *kv, const struct kadr_past_question *question,
                                     struct kadr_past_answer *ret_answer);
/* Frame by frame, from a cursor of 0; false at the end. Borrowed from the answer. */
bool kadr_past_next(const struct kadr_past_answer *answer, size_t *cursor, struct kadr_bytes *ret_frame);
