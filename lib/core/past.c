/* SPDX-License-Identifier: Apache-2.0 */
/* past.c - the table of questions, and the replies and refusals that answers are made of. */
#include "core/past_impl.h"

#include "base/cursor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RETRY_AFTER_MS 500

/* ---- the questions ---- */

static uint64_t moment_needs(const struct kadr_instant *moment, uint64_t now)
{
    return moment->kind == KADR_INSTANT_COMMIT && moment->commit < now ? moment->commit : now;
}

static uint64_t snapshot_needs(const struct kadr_query_request *request, uint64_t now)
{
    return moment_needs(&request->snapshot.known, now);
}

static uint64_t changes_needs(const struct kadr_query_request *request, uint64_t now)
{
    return moment_needs(&request->changes.to, now);
}

static uint64_t explain_needs(const struct kadr_query_request *request, uint64_t now)
{
    return moment_needs(&request->explain.known, now);
}

static uint64_t series_needs(const struct kadr_query_request *request, uint64_t now)
{
    return moment_needs(&request->series.known, now);
}

static uint64_t coverage_needs(const struct kadr_query_request *request, uint64_t now)
{
    return moment_needs(&request->coverage.known, now);
}

static uint64_t now_needed(const struct kadr_query_request *request, uint64_t now)
{
    (void)request;
    return now;
}

/* By enum of QueryRequest's bodies; without `answer`: not about the past. */
static const struct {
    kadr_past_fn *answer;
    uint64_t (*needs)(const struct kadr_query_request *request, uint64_t now);
} by_kind[KADR_QUERY_COUNT_] = {
    [KADR_QUERY_SNAPSHOT] = { kadr_past_snapshot, snapshot_needs },
    [KADR_QUERY_CHANGES] = { kadr_past_changes_between, changes_needs },
    [KADR_QUERY_EXPLAIN] = { kadr_past_explain, explain_needs },
    [KADR_QUERY_SERIES] = { kadr_past_series, series_needs },
    [KADR_QUERY_COVERAGE] = { kadr_past_coverage, coverage_needs },
    [KADR_QUERY_PREVIEW] = { kadr_past_preview, now_needed },
};

bool kadr_past_takes(const struct kadr_query_request *request)
{
    return by_kind[request->kind].answer != NULL;
}

uint64_t kadr_past_needs(const struct kadr_query_request *request, const struct kadr_position *now)
{
    return by_kind[request->kind].needs(request, now->commit);
}

/* ---- replies ---- */

int kadr_past_reply(struct kadr_past *past, struct kadr_query_reply *reply)
{
    struct kadr_buf *frames = &past->answer->frames;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf frame;
    kadr_buf_init(&frame, KADR_MAX_FRAME_BYTES);
    reply->request = past->request;
    kadr_encode_query_reply(reply, &frame);
    if (frame.err == 0 && frames->len + frame.len > past->max_bytes) {
        return KADR_EFULL;
    }
    if (frame.err == 0) {
        kadr_buf_add_u32(frames, (uint32_t)frame.len);
        kadr_buf_add(frames, frame.data, frame.len);
    }
    return frame.err != 0 ? frame.err : frames->err;
}

int kadr_past_refuse(struct kadr_past *past, enum kadr_diag_code code, const char *arg0, const char *arg1)
{
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags;
    struct kadr_query_reply reply = { .kind = KADR_QUERY_REFUSAL };
    kadr_diags_init(&diags);
    kadr_diags_add(&diags, code, -1, 0, 0, arg0, arg1, NULL);
    kadr_arena_clear(past->arena); /* whatever was made there is of no use any more, and may be too much */
    if (diags.count == 0 || kadr_wire_diag_from(&diags.items[0], past->arena, &reply.refusal.diag) != 0) {
        return KADR_ENOMEM;
    }
    reply.refusal.retry_after_ms = code == KADR_DIAG_RETRY_LATER ? RETRY_AFTER_MS : 0;
    kadr_buf_clear(&past->answer->frames);
    past->answer->refused = code;
    past->max_bytes = KADR_MAX_FRAME_BYTES; /* an answer's bound is none of a refusal's */
    int err = kadr_past_reply(past, &reply);
    return err != 0 ? err : KADR_EPERM;
}

int kadr_past_check_day(struct kadr_past *past, kadr_day asked, kadr_day last)
{
    char asked_text[KADR_DAY_TEXT_BYTES], last_text[KADR_DAY_TEXT_BYTES];
    return asked <= last
               ? 0
               : kadr_past_refuse(past, KADR_DIAG_PERIOD_IN_FUTURE, kadr_day_format(asked, asked_text),
                                  kadr_day_format(last, last_text));
}

const char *kadr_past_number(uint64_t number, char ret_text[KADR_PAST_NUMBER_BYTES])
{
    (void)snprintf(ret_text, KADR_PAST_NUMBER_BYTES, "%" PRIu64, number); /* at most 20 digits */
    return ret_text;
}

static int refuse_future_commit(struct kadr_past *past, uint64_t commit)
{
    char asked[KADR_PAST_NUMBER_BYTES], last[KADR_PAST_NUMBER_BYTES];
    return kadr_past_refuse(past, KADR_DIAG_KNOWN_AT_FUTURE, kadr_past_number(commit, asked),
                            kadr_past_number(past->now.commit, last));
}

static int refuse_future_day(struct kadr_past *past, kadr_day day)
{
    char asked[KADR_DAY_TEXT_BYTES], today[KADR_DAY_TEXT_BYTES];
    return kadr_past_refuse(past, KADR_DIAG_KNOWN_AT_FUTURE, kadr_day_format(day, asked),
                            kadr_day_format(kadr_day_at(past->now_ms), today));
}

int kadr_past_instant(struct kadr_past *past, const struct kadr_instant *moment, uint64_t *ret_commit)
{
    *ret_commit = moment->kind == KADR_INSTANT_COMMIT ? moment->commit : past->now.commit;
    if (*ret_commit > past->now.commit) {
        return refuse_future_commit(past, *ret_commit);
    }
    if (moment->kind != KADR_INSTANT_TIME) {
        return 0;
    }
    kadr_day day = kadr_day_at(moment->at_ms);
    if (day == KADR_DAY_NONE || day > kadr_day_at(past->now_ms)) {
        return refuse_future_day(past, day);
    }
    int err = kadr_history_commit_at(past->view, moment->at_ms, ret_commit);
    if (err == KADR_ENOENT) {
        *ret_commit = 0;
        return 0;
    }
    /* What was committed since the question came is not asked about. */
    *ret_commit = *ret_commit > past->now.commit ? past->now.commit : *ret_commit;
    return err;
}

/* ---- answering ---- */

/* The history is of this journal and has come as far as the question needs. */
static bool is_ready(const struct kadr_past *past, const struct kadr_query_request *request)
{
    struct kadr_history_position at = kadr_history_view_position(past->view);
    bool same = at.commit > 0 && memcmp(&at.lineage, &past->now.lineage, sizeof at.lineage) == 0;
    return same && at.commit >= kadr_past_needs(request, &past->now);
}

static int refuse_too_large(struct kadr_past *past)
{
    char limit[KADR_PAST_NUMBER_BYTES + 8];
    if (past->too_many_rows) {
        (void)snprintf(limit, sizeof limit, "%" PRIu64 " rows", past->max_rows);
    } else {
        (void)snprintf(limit, sizeof limit, "%zu KiB", past->max_bytes >> 10);
    }
    return kadr_past_refuse(past, KADR_DIAG_ANSWER_TOO_LARGE, limit, NULL);
}

static int refuse_for_now(struct kadr_past *past)
{
    return kadr_past_refuse(past, KADR_DIAG_RETRY_LATER, "history_behind", NULL);
}

static int answer_request(struct kadr_past *past, const struct kadr_query_request *request)
{
    if (!is_ready(past, request)) {
        return refuse_for_now(past);
    }
    int err = by_kind[request->kind].answer(past, request);
    return err == KADR_EFULL ? refuse_too_large(past) : err;
}

static int answer_from(struct kadr_past *past, const struct kadr_kvstore *kv,
                       const struct kadr_query_request *request)
{
    KADR_CLEANUP(kadr_history_view_end) struct kadr_history_view *view = NULL;
    int err = kadr_history_view_begin(kv, &view);
    past->view = view;
    past->request = request->request;
    if (err == 0) {
        err = answer_request(past, request);
    }
    if (err != 0 && err != KADR_EPERM && err != KADR_ENOMEM) {
        int told = refuse_for_now(past);
        err = told == KADR_EPERM ? err : told;
    }
    return err == KADR_EPERM ? 0 : err;
}

static int decode_and_answer(struct kadr_past *past, const struct kadr_kvstore *kv, struct kadr_bytes frame)
{
    struct kadr_query_request request;
    int err = kadr_decode_query_request(frame, past->arena, &request, NULL);
    if (err == 0 && !kadr_past_takes(&request)) {
        err = KADR_EINVAL;
    }
    return err != 0 ? err : answer_from(past, kv, &request);
}

int kadr_past_answer(const struct kadr_kvstore *kv, const struct kadr_past_question *question,
                     struct kadr_past_answer *ret_answer)
{
    KADR_CLEANUP(kadr_arena_free) struct kadr_arena *arena = NULL;
    *ret_answer = (struct kadr_past_answer){ .refused = KADR_DIAG_NONE };
    kadr_buf_init(&ret_answer->frames, 0);
    int err = kadr_arena_new(KADR_MAX_ARENA_BYTES, &arena);
    if (err != 0) {
        return err;
    }
    struct kadr_past past = {
        .arena = arena,
        .now = question->now,
        .now_ms = question->now_ms,
        .answer = ret_answer,
        .max_bytes = question->max_bytes > 0 ? question->max_bytes : KADR_MAX_ANSWER_BYTES,
        .max_rows = question->max_rows > 0 ? question->max_rows : KADR_MAX_PAST_ROWS,
    };
    err = decode_and_answer(&past, kv, question->frame);
    for (size_t i = 0; i < past.reference_count; i++) {
        kadr_reference_unref(past.references[i].reference);
    }
    return err;
}

void kadr_past_answer_done(struct kadr_past_answer *answer)
{
    kadr_buf_done(&answer->frames);
}

bool kadr_past_next(const struct kadr_past_answer *answer, size_t *cursor, struct kadr_bytes *ret_frame)
{
    if (*cursor >= answer->frames.len) {
        return false;
    }
    struct kadr_cursor cur = kadr_cursor_of(answer->frames.data + *cursor, answer->frames.len - *cursor);
    uint32_t len = kadr_cursor_u32(&cur);
    *ret_frame = kadr_cursor_bytes(&cur, len);
    *cursor += sizeof len + len;
    return true;
}
