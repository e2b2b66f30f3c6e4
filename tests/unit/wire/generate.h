/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* generate.h - random messages of every kind that the decoders must take, from a seed. */
#include "wire/messages.h"

#include <stdio.h>
#include <string.h>

struct gen {
    uint64_t seed, state;
    struct kadr_arena *arena;
};

static inline uint64_t next(struct gen *gen)
{
    gen->state ^= gen->state << 13;
    gen->state ^= gen->state >> 7;
    gen->state ^= gen->state << 17;
    return gen->state * UINT64_C(2685821657736338717);
}

static inline uint32_t below(struct gen *gen, uint32_t n)
{
    return (uint32_t)((next(gen) >> 32) % n);
}

static inline bool flip(struct gen *gen)
{
    return below(gen, 2);
}

static inline void fill(struct gen *gen, uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)below(gen, 256);
    }
}

static inline struct kadr_id gen_id(struct gen *gen)
{
    struct kadr_id id;
    fill(gen, id.bytes, sizeof(id.bytes));
    return id;
}

static inline struct kadr_digest gen_digest(struct gen *gen)
{
    struct kadr_digest digest;
    fill(gen, digest.bytes, sizeof(digest.bytes));
    return digest;
}

static inline struct kadr_bytes gen_bytes(struct gen *gen, uint32_t max)
{
    size_t len = below(gen, max + 1);
    uint8_t *bytes = kadr_arena_alloc(gen->arena, len + 1);
    assert_non_null(bytes);
    fill(gen, bytes, len);
    return (struct kadr_bytes){ bytes, len };
}

static const char *gen_code(struct gen *gen)
{
    static const char letters[] = "ABCXYZabcxyz0189-_.";
    size_t len = 1 + below(gen, KADR_MAX_CODE_BYTES);
    char *code = kadr_arena_calloc(gen->arena, len + 1, 1);
    assert_non_null(code);
    for (size_t i = 0; i < len; i++) {
        code[i] = letters[below(gen, sizeof(letters) - 1)];
    }
    return code;
}

/* Up to `max` bytes of UTF-8. */
static const char *gen_text(struct gen *gen, size_t max)
{
    static const char *const pieces[] = { "a", " ", "ж", "қ", "€", "\xf0\x9f\x98\x80", "\"", "\n", "Жетісу" };
    char *text = kadr_arena_calloc(gen->arena, max + 1, 1);
    assert_non_null(text);
    size_t wanted = below(gen, (uint32_t)max + 1), len = 0;
    for (;;) {
        const char *piece = pieces[below(gen, KADR_COUNT(pieces))];
        if (len + strlen(piece) > wanted) {
            return text;
        }
        memcpy(text + len, piece, strlen(piece));
        len += strlen(piece);
    }
}

static inline kadr_day gen_day(struct gen *gen)
{
    return KADR_DAY_MIN + (kadr_day)below(gen, (uint32_t)(KADR_DAY_MAX - KADR_DAY_MIN + 1));
}

static inline kadr_day gen_day_or_none(struct gen *gen)
{
    return flip(gen) ? gen_day(gen) : KADR_DAY_NONE;
}

static inline struct kadr_period gen_period(struct gen *gen)
{
    kadr_day a = gen_day(gen), b = gen_day(gen);
    return (struct kadr_period){ a < b ? a : b, a < b ? b : a };
}

static inline int64_t gen_number(struct gen *gen)
{
    int64_t number = (int64_t)(next(gen) % (uint64_t)KADR_MAX_ABS_VALUE);
    return flip(gen) ? number : -(number % 1000);
}

static inline int32_t gen_scale(struct gen *gen)
{
    static const int32_t scales[] = { 1, 10, 100, 1000 };
    return scales[below(gen, 4)];
}

static inline void *gen_list(struct gen *gen, size_t count, size_t item_bytes)
{
    void *items = kadr_arena_calloc(gen->arena, count + 1, item_bytes);
    assert_non_null(items);
    return items;
}

/* ---- reports ---- */

static inline void gen_value(struct gen *gen, struct kadr_observation *obs)
{
    obs->scale = 1;
    obs->stated = "";
    obs->value.kind = (enum kadr_value_kind)below(gen, 3);
    if (obs->value.kind == KADR_VALUE_MISSING) {
        obs->value.reason = (enum kadr_reason)(1 + below(gen, KADR_REASON_COUNT - 1));
    } else if (obs->value.kind == KADR_VALUE_INTERVAL) {
        obs->value.lo = gen_number(gen);
        obs->value.hi_open = flip(gen);
        obs->value.hi = obs->value.hi_open ? 0 : obs->value.lo + below(gen, 3);
        obs->scale = gen_scale(gen);
        obs->stated = gen_text(gen, KADR_MAX_STATED_BYTES);
    }
}

static inline void gen_observation(struct gen *gen, struct kadr_observation *obs)
{
    obs->unit = gen_text(gen, KADR_MAX_NAME_BYTES);
    obs->indicator = gen_code(gen);
    obs->breakdown_count = below(gen, KADR_MAX_DIMENSIONS + 1);
    for (size_t i = 0; i < obs->breakdown_count; i++) {
        obs->breakdown[i] = (struct kadr_member_pair){ gen_code(gen), gen_text(gen, KADR_MAX_NAME_BYTES) };
    }
    obs->period = gen_period(gen);
    obs->occurrence = flip(gen) ? gen_code(gen) : "";
    gen_value(gen, obs);
    obs->note = gen_text(gen, KADR_MAX_NOTE_BYTES);
    obs->line = below(gen, 1000);
    obs->column = below(gen, 50);
}

static inline void gen_replaces(struct gen *gen, struct kadr_report *report)
{
    fill(gen, report->replaces.stream, sizeof(report->replaces.stream));
    report->replaces.sequence = 1 + (next(gen) >> 1);
    report->replaces.stated_at_ms = (kadr_ms)(next(gen) % UINT64_C(4000000000000));
    for (size_t i = 0; i < report->observation_count; i++) {
        struct kadr_observation *obs = &report->observations[i];
        obs->of_replaced = obs->value.kind == KADR_VALUE_WITHDRAWN && flip(gen);
    }
}

static inline void gen_report(struct gen *gen, union any_message *ret)
{
    struct kadr_report *report = &ret->report;
    report->stated_at_ms = (kadr_ms)(next(gen) % UINT64_C(4000000000000));
    report->source = gen_text(gen, KADR_MAX_SOURCE_BYTES);
    report->published = gen_day_or_none(gen);
    report->file = gen_text(gen, KADR_MAX_SOURCE_BYTES);
    fill(gen, report->report_id, sizeof(report->report_id));
    report->all_or_nothing = flip(gen);
    report->nothing_to_report = flip(gen);
    report->observation_count = below(gen, 8);
    report->observations = gen_list(gen, report->observation_count, sizeof(*report->observations));
    for (size_t i = 0; i < report->observation_count; i++) {
        gen_observation(gen, &report->observations[i]);
    }
    report->confirmed = flip(gen);
    report->has_replaces = flip(gen);
    if (report->has_replaces) {
        gen_replaces(gen, report);
    }
}

/* ---- shared parts ---- */

static inline struct kadr_wire_diag gen_diag(struct gen *gen)
{
    struct kadr_wire_diag diag = { .number = below(gen, 100),
                                   .severity = (enum kadr_severity)below(gen, 3),
                                   .name = gen_code(gen),
                                   .text = gen_text(gen, KADR_MAX_TEXT_BYTES),
                                   .remedy = gen_text(gen, KADR_MAX_TEXT_BYTES) };
    diag.diag.observation = flip(gen) ? (int32_t)below(gen, KADR_MAX_OBSERVATIONS) : -1;
    diag.diag.line = below(gen, 100);
    diag.diag.column = below(gen, 100);
    for (size_t i = 0; i < below(gen, 4); i++) {
        (void)snprintf(diag.diag.arg[i], sizeof(diag.diag.arg[i]), "%s",
                       gen_text(gen, sizeof(diag.diag.arg[i]) - 1));
    }
    return diag;
}

static const struct kadr_wire_diag *gen_diags(struct gen *gen, size_t *ret_count)
{
    *ret_count = below(gen, 4);
    struct kadr_wire_diag *diags = gen_list(gen, *ret_count, sizeof(*diags));
    for (size_t i = 0; i < *ret_count; i++) {
        diags[i] = gen_diag(gen);
    }
    return diags;
}

static inline struct kadr_receipt gen_receipt_item(struct gen *gen)
{
    struct kadr_receipt receipt = { .office = gen_code(gen),
                                    .stream = gen_id(gen),
                                    .lineage = gen_id(gen),
                                    .sequence = next(gen),
                                    .commit = next(gen),
                                    .digest = gen_digest(gen),
                                    .outcome = (enum kadr_outcome)(1 + below(gen, 4)),
                                    .accepted = below(gen, 2000),
                                    .rejected = below(gen, 2000),
                                    .held = below(gen, 90) };
    receipt.diags = gen_diags(gen, &receipt.diag_count);
    return receipt;
}

static inline struct kadr_refusal gen_refusal(struct gen *gen)
{
    struct kadr_refusal refusal = { .sequence = next(gen),
                                    .expected_sequence = next(gen),
                                    .retry_after_ms = below(gen, 5000),
                                    .diag = gen_diag(gen) };
    if (flip(gen)) {
        refusal.stream = gen_id(gen);
    }
    return refusal;
}

static inline struct kadr_pong gen_pong(struct gen *gen)
{
    struct kadr_pong pong = { .nonce = next(gen), .commit = next(gen), .day = gen_day_or_none(gen) };
    pong.has_lineage = flip(gen);
    pong.has_reference = flip(gen);
    if (pong.has_lineage) {
        pong.lineage = gen_id(gen);
    }
    if (pong.has_reference) {
        pong.reference = gen_digest(gen);
    }
    return pong;
}

static inline void gen_receipt(struct gen *gen, union any_message *ret)
{
    ret->receipt = gen_receipt_item(gen);
}

static inline void gen_files(struct gen *gen, union any_message *ret)
{
    size_t count = below(gen, KADR_MAX_REFERENCE_FILES + 1);
    struct kadr_file *files = gen_list(gen, count, sizeof(*files));
    for (size_t i = 0; i < count; i++) {
        files[i] = (struct kadr_file){ gen_code(gen), gen_bytes(gen, 300) };
    }
    ret->files = (struct kadr_wire_files){ files, count };
}

/* ---- links ---- */

static inline void gen_office_request(struct gen *gen, union any_message *ret)
{
    struct kadr_office_request *request = &ret->office_request;
    request->kind = below(gen, 3);
    switch (request->kind) {
    case KADR_OFFICE_HELLO:
        request->hello.office = gen_code(gen);
        request->hello.client = gen_text(gen, 40);
        break;
    case KADR_OFFICE_SUBMIT:
        request->submit =
            (struct kadr_submit){ gen_code(gen), gen_id(gen), 1 + (next(gen) >> 1), gen_bytes(gen, 500) };
        break;
    case KADR_OFFICE_PING:
        request->ping_nonce = next(gen);
        break;
    }
}

static inline void gen_office_reply(struct gen *gen, union any_message *ret)
{
    struct kadr_office_reply *reply = &ret->office_reply;
    struct kadr_receipt *receipts;
    reply->kind = below(gen, 4);
    switch (reply->kind) {
    case KADR_OFFICE_WELCOME:
        reply->welcome.state = gen_pong(gen);
        reply->welcome.state.nonce = 0;
        reply->welcome.credit = below(gen, 5000);
        break;
    case KADR_OFFICE_RECEIPTS:
        reply->receipts.count = below(gen, 5);
        receipts = gen_list(gen, reply->receipts.count, sizeof(*receipts));
        for (size_t i = 0; i < reply->receipts.count; i++) {
            receipts[i] = gen_receipt_item(gen);
        }
        reply->receipts.items = receipts;
        break;
    case KADR_OFFICE_REFUSAL:
        reply->refusal = gen_refusal(gen);
        break;
    case KADR_OFFICE_PONG:
        reply->pong = gen_pong(gen);
        break;
    }
}

static inline struct kadr_bytes gen_verdicts(struct gen *gen)
{
    size_t count = below(gen, 20);
    uint8_t *verdicts = gen_list(gen, count, 1);
    for (size_t i = 0; i < count; i++) {
        verdicts[i] = (uint8_t)below(gen, KADR_VERDICT_HELD + 1);
    }
    return (struct kadr_bytes){ verdicts, count };
}

static inline enum kadr_outcome gen_journalled_outcome(struct gen *gen)
{
    static const enum kadr_outcome outcomes[] = { KADR_OUTCOME_COMMITTED, KADR_OUTCOME_REFUSED,
                                                  KADR_OUTCOME_HELD };
    return outcomes[below(gen, 3)];
}

static inline void gen_append(struct gen *gen, struct kadr_store_request *request)
{
    request->append.request = next(gen);
    request->append.count = below(gen, 4);
    struct kadr_append_item *items = gen_list(gen, request->append.count, sizeof(*items));
    for (size_t i = 0; i < request->append.count; i++) {
        struct kadr_append_item *item = &items[i];
        item->office = gen_code(gen);
        item->stream = gen_id(gen);
        item->sequence = 1 + (next(gen) >> 1);
        item->report = gen_bytes(gen, 300);
        item->outcome = gen_journalled_outcome(gen);
        item->verdicts = gen_verdicts(gen);
        item->diags = gen_diags(gen, &item->diag_count);
        item->stated_at_ms = below(gen, 1000000);
        item->received_at_ms = below(gen, 1000000);
        item->reference = gen_digest(gen);
        fill(gen, item->report_id, flip(gen) ? sizeof(item->report_id) : 0);
    }
    request->append.items = items;
}

static inline void gen_store_request(struct gen *gen, union any_message *ret)
{
    struct kadr_store_request *request = &ret->store_request;
    union any_message files = { 0 };
    request->kind = below(gen, 5);
    switch (request->kind) {
    case KADR_STORE_APPEND:
        gen_append(gen, request);
        break;
    case KADR_STORE_FOLLOW:
        request->follow.has_lineage = flip(gen);
        if (request->follow.has_lineage) {
            request->follow.lineage = gen_id(gen);
        }
        request->follow.from = next(gen);
        request->follow.credit = next(gen);
        request->follow.reference_only = flip(gen);
        break;
    case KADR_STORE_CREDIT:
        request->credit = next(gen);
        break;
    case KADR_STORE_APPLY:
        gen_files(gen, &files);
        request->apply.files = files.files.files;
        request->apply.count = files.files.count;
        request->apply.dry_run = flip(gen);
        break;
    case KADR_STORE_PING:
        request->ping_nonce = next(gen);
        break;
    }
}

static inline void gen_appended(struct gen *gen, struct kadr_store_reply *reply)
{
    reply->appended.request = next(gen);
    reply->appended.count = below(gen, 4);
    struct kadr_append_result *results = gen_list(gen, reply->appended.count, sizeof(*results));
    for (size_t i = 0; i < reply->appended.count; i++) {
        results[i].refused = flip(gen);
        if (results[i].refused) {
            results[i].refusal = gen_refusal(gen);
        } else {
            results[i].receipt = gen_receipt_item(gen);
        }
    }
    reply->appended.results = results;
}

static inline void gen_feed(struct gen *gen, struct kadr_store_reply *reply)
{
    reply->feed.lineage = gen_id(gen);
    reply->feed.head = next(gen);
    reply->feed.count = below(gen, 4);
    struct kadr_record *records = gen_list(gen, reply->feed.count, sizeof(*records));
    for (size_t i = 0; i < reply->feed.count; i++) {
        records[i] = (struct kadr_record){ 1 + (next(gen) >> 1), gen_digest(gen), gen_bytes(gen, 100),
                                           gen_bytes(gen, 100) };
    }
    reply->feed.records = records;
}

static inline void gen_applied(struct gen *gen, struct kadr_store_reply *reply)
{
    reply->applied.applied = flip(gen);
    reply->applied.unchanged = flip(gen);
    reply->applied.commit = next(gen);
    reply->applied.reference = gen_digest(gen);
    reply->applied.diag_count = below(gen, 3);
    struct kadr_reference_diag *diags = gen_list(gen, reply->applied.diag_count, sizeof(*diags));
    for (size_t i = 0; i < reply->applied.diag_count; i++) {
        diags[i] = (struct kadr_reference_diag){ gen_code(gen), gen_diag(gen) };
    }
    reply->applied.diags = diags;
}

static inline void gen_store_reply(struct gen *gen, union any_message *ret)
{
    struct kadr_store_reply *reply = &ret->store_reply;
    reply->kind = below(gen, 5);
    switch (reply->kind) {
    case KADR_STORE_APPENDED:
        gen_appended(gen, reply);
        break;
    case KADR_STORE_FEED:
        gen_feed(gen, reply);
        break;
    case KADR_STORE_APPLIED:
        gen_applied(gen, reply);
        break;
    case KADR_STORE_REFUSAL:
        reply->refusal = gen_refusal(gen);
        break;
    case KADR_STORE_PONG:
        reply->pong = gen_pong(gen);
        break;
    }
}

static inline void gen_envelope(struct gen *gen, union any_message *ret)
{
    struct kadr_envelope *envelope = &ret->envelope;
    envelope->kind = (enum kadr_record_kind)(1 + below(gen, 3));
    envelope->office = "";
    envelope->day = envelope->kind == KADR_RECORD_DAY ? gen_day(gen) : KADR_DAY_NONE;
    if (envelope->kind == KADR_RECORD_REPORT) {
        envelope->office = gen_code(gen);
        envelope->stream = gen_id(gen);
        envelope->sequence = 1 + (next(gen) >> 1);
        envelope->outcome = gen_journalled_outcome(gen);
        envelope->verdicts = gen_verdicts(gen);
        envelope->accepted = below(gen, 100);
        envelope->rejected = below(gen, 100);
        envelope->diags = gen_diags(gen, &envelope->diag_count);
    }
    envelope->content_hash = gen_digest(gen);
    envelope->stated_at_ms = below(gen, 1000000);
    envelope->received_at_ms = below(gen, 1000000);
    envelope->committed_at_ms = below(gen, 1000000);
    envelope->reference = gen_digest(gen);
    fill(gen, envelope->report_id, sizeof(envelope->report_id));
}

/* ---- the rollup ---- */

static inline void gen_bounds(struct gen *gen, struct kadr_cell *cell)
{
    cell->lo = gen_number(gen);
    cell->incomplete = flip(gen);
    cell->hi_open = cell->incomplete || flip(gen);
    cell->hi = cell->hi_open ? 0 : cell->lo + below(gen, 9);
    cell->known_hi_open = flip(gen);
    cell->known_hi = cell->known_hi_open ? 0 : cell->lo + below(gen, 9);
    cell->residual = (enum kadr_residual)below(gen, 3);
    if (cell->residual != KADR_RESIDUAL_NONE) {
        cell->residual_lo_open = flip(gen);
        cell->residual_lo = cell->residual_lo_open ? 0 : gen_number(gen);
        cell->residual_hi_open = flip(gen);
        cell->residual_hi = cell->residual_hi_open ? 0 : gen_number(gen);
    }
}

static inline struct kadr_wire_cell gen_cell(struct gen *gen)
{
    struct kadr_wire_cell wire = { .unit = gen_code(gen),
                                   .indicator = gen_code(gen),
                                   .breakdown_count = below(gen, KADR_MAX_DIMENSIONS + 1),
                                   .scale = gen_scale(gen) };
    struct kadr_cell *cell = &wire.cell;
    for (size_t i = 0; i < wire.breakdown_count; i++) {
        wire.breakdown[i] = (struct kadr_member_pair){ gen_code(gen), gen_code(gen) };
    }
    cell->key.period = flip(gen) ? gen_period(gen) : KADR_PERIOD_AS_OF;
    cell->basis = (enum kadr_basis)below(gen, 5);
    if (cell->basis != KADR_BASIS_NONE) {
        gen_bounds(gen, cell);
    }
    cell->holds = cell->basis == KADR_BASIS_NONE ? KADR_HOLDS_NONE : (enum kadr_holds)below(gen, 4);
    cell->reason = (enum kadr_reason)below(gen, KADR_REASON_COUNT);
    cell->reported = below(gen, 20);
    cell->complete = below(gen, 20);
    cell->stale = below(gen, 20);
    cell->expected = flip(gen) ? (int64_t)below(gen, 20) : -1;
    cell->oldest = gen_day_or_none(gen);
    cell->newest = gen_day_or_none(gen);
    return wire;
}

static inline struct kadr_position gen_position(struct gen *gen)
{
    return (struct kadr_position){ gen_id(gen), 1 + (next(gen) >> 1), gen_day(gen), gen_digest(gen) };
}

static inline void gen_delta(struct gen *gen, struct kadr_published *published)
{
    published->delta.to = gen_position(gen);
    published->delta.from = published->delta.to.commit - 1;
    published->delta.unit_path = "KZ/KZ-35/";
    published->delta.indicator = gen_code(gen);
    published->delta.count = below(gen, 4);
    struct kadr_wire_change *changes = gen_list(gen, published->delta.count, sizeof(*changes));
    for (size_t i = 0; i < published->delta.count; i++) {
        changes[i] = (struct kadr_wire_change){ .cell = gen_cell(gen),
                                                .kind = (enum kadr_change)(1 + below(gen, 8)),
                                                .removed = flip(gen) };
    }
    published->delta.changes = changes;
}

static inline void gen_progress(struct gen *gen, struct kadr_published *published)
{
    published->progress.position = gen_position(gen);
    published->progress.previous = next(gen);
    published->progress.changed_count = below(gen, 4);
    published->progress.digest_count = below(gen, 4);
    struct kadr_topic *changed = gen_list(gen, published->progress.changed_count, sizeof(*changed));
    for (size_t i = 0; i < published->progress.changed_count; i++) {
        changed[i] = (struct kadr_topic){ "KZ/", gen_code(gen), next(gen) };
    }
    struct kadr_wire_topic_digest *digests =
        gen_list(gen, published->progress.digest_count, sizeof(*digests));
    for (size_t i = 0; i < published->progress.digest_count; i++) {
        digests[i] = (struct kadr_wire_topic_digest){ gen_code(gen), gen_code(gen), gen_digest(gen) };
    }
    published->progress.changed = changed;
    published->progress.digests = digests;
    published->progress.digest = gen_digest(gen);
}

static inline void gen_published(struct gen *gen, union any_message *ret)
{
    ret->published.kind = below(gen, 2);
    if (ret->published.kind == KADR_PUBLISHED_DELTA) {
        gen_delta(gen, &ret->published);
    } else {
        gen_progress(gen, &ret->published);
    }
}

static inline struct kadr_instant gen_instant(struct gen *gen)
{
    struct kadr_instant instant = { .kind = below(gen, 3) };
    if (instant.kind == KADR_INSTANT_COMMIT) {
        instant.commit = 1 + below(gen, 1000);
    } else if (instant.kind == KADR_INSTANT_TIME) {
        instant.at_ms = (kadr_ms)below(gen, 2000000000) * 1000;
    }
    return instant;
}

static inline void gen_snapshot(struct gen *gen, struct kadr_query_request *request)
{
    request->snapshot.unit = flip(gen) ? gen_code(gen) : "";
    request->snapshot.indicator = flip(gen) ? gen_code(gen) : "";
    request->snapshot.subtree = flip(gen);
    request->snapshot.as_of = gen_day_or_none(gen);
    request->snapshot.has_period = flip(gen);
    if (request->snapshot.has_period) {
        request->snapshot.period = gen_period(gen);
    }
    request->snapshot.known = gen_instant(gen);
}

static inline void gen_query_ping(struct gen *gen, struct kadr_query_request *request)
{
    request->ping_nonce = next(gen);
}

static inline void gen_changes(struct gen *gen, struct kadr_query_request *request)
{
    request->changes.from = gen_instant(gen);
    request->changes.to = gen_instant(gen);
    if (request->changes.from.kind == KADR_INSTANT_NOW) {
        request->changes.from = (struct kadr_instant){ .kind = KADR_INSTANT_COMMIT, .commit = 0 };
    }
    request->changes.unit = flip(gen) ? gen_code(gen) : "";
    request->changes.indicator = flip(gen) ? gen_code(gen) : "";
    request->changes.subtree = flip(gen);
}

static inline void gen_explain(struct gen *gen, struct kadr_query_request *request)
{
    request->explain.unit = gen_code(gen);
    request->explain.indicator = gen_code(gen);
    request->explain.breakdown_count = below(gen, KADR_MAX_DIMENSIONS + 1);
    for (size_t i = 0; i < request->explain.breakdown_count; i++) {
        request->explain.breakdown[i] = (struct kadr_member_pair){ gen_code(gen), gen_code(gen) };
    }
    request->explain.as_of = gen_day_or_none(gen);
    request->explain.has_period = flip(gen);
    if (request->explain.has_period) {
        request->explain.period = gen_period(gen);
    }
    request->explain.known = gen_instant(gen);
}

static inline void gen_preview(struct gen *gen, struct kadr_query_request *request)
{
    union any_message files;
    gen_files(gen, &files);
    request->preview.files = files.files.files;
    request->preview.count = files.files.count;
}

static inline size_t gen_breakdown(struct gen *gen, struct kadr_member_pair pairs[KADR_MAX_DIMENSIONS])
{
    size_t count = below(gen, KADR_MAX_DIMENSIONS + 1);
    for (size_t i = 0; i < count; i++) {
        pairs[i] = (struct kadr_member_pair){ gen_code(gen), gen_code(gen) };
    }
    return count;
}

static inline void gen_series(struct gen *gen, struct kadr_query_request *request)
{
    size_t count = 1 + below(gen, 5);
    struct kadr_period *points = gen_list(gen, count, sizeof(*points));
    for (size_t i = 0; i < count; i++) {
        points[i].first = (kadr_day)(10000 + i * 10);
        points[i].last = points[i].first + (kadr_day)below(gen, 40);
    }
    request->series.unit = gen_code(gen);
    request->series.indicator = gen_code(gen);
    request->series.all_breakdowns = flip(gen);
    if (!request->series.all_breakdowns) {
        request->series.breakdown_count = gen_breakdown(gen, request->series.breakdown);
    }
    request->series.points = points;
    request->series.point_count = count;
    request->series.around = flip(gen);
    request->series.same_reporters = flip(gen);
    request->series.known = gen_instant(gen);
}

static inline void gen_coverage_request(struct gen *gen, struct kadr_query_request *request)
{
    request->coverage.unit = flip(gen) ? gen_code(gen) : "";
    request->coverage.indicator = flip(gen) ? gen_code(gen) : "";
    request->coverage.has_period = flip(gen);
    if (request->coverage.has_period) {
        request->coverage.period = gen_period(gen);
    }
    request->coverage.known = gen_instant(gen);
}

static inline void gen_query_request(struct gen *gen, union any_message *ret)
{
    struct kadr_query_request *request = &ret->query_request;
    static const int kinds[] = { KADR_QUERY_SNAPSHOT, KADR_QUERY_PING,   KADR_QUERY_CHANGES,
                                 KADR_QUERY_PREVIEW,  KADR_QUERY_SERIES, KADR_QUERY_COVERAGE,
                                 KADR_QUERY_EXPLAIN };
    static void (*const gens[])(struct gen *, struct kadr_query_request *) = {
        gen_snapshot, gen_query_ping, gen_changes, gen_preview, gen_series, gen_coverage_request, gen_explain
    };
    size_t kind = below(gen, KADR_COUNT(kinds));
    request->request = next(gen);
    request->kind = kinds[kind];
    gens[kind](gen, request);
}

static inline void gen_change_list(struct gen *gen, struct kadr_query_reply *reply)
{
    reply->changes.count = below(gen, 4);
    struct kadr_wire_change *changes = gen_list(gen, reply->changes.count, sizeof(*changes));
    for (size_t i = 0; i < reply->changes.count; i++) {
        changes[i] = (struct kadr_wire_change){ .cell = gen_cell(gen),
                                                .kind = (enum kadr_change)(1 + below(gen, 8)),
                                                .removed = flip(gen),
                                                .has_before = flip(gen) };
        if (changes[i].has_before) {
            changes[i].before = gen_cell(gen);
        }
    }
    reply->changes.items = changes;
}

static inline struct kadr_candidate gen_same(struct gen *gen)
{
    struct kadr_candidate same = { .present = true,
                                   .complete = true,
                                   .stale = flip(gen),
                                   .hi_open = flip(gen),
                                   .lo = (int64_t)below(gen, 1000) - 500,
                                   .oldest = (kadr_day)below(gen, 20000),
                                   .newest = (kadr_day)below(gen, 20000) };
    same.known_hi_open = same.hi_open;
    same.hi = same.known_hi = same.hi_open ? 0 : same.lo + (int64_t)below(gen, 100);
    return same;
}

static inline void gen_points(struct gen *gen, struct kadr_query_reply *reply)
{
    struct kadr_wire_trend *trend = &reply->points;
    struct kadr_wire_point *points;
    struct kadr_wire_left_out *left_out;
    *trend = (struct kadr_wire_trend){ .unit = gen_code(gen),
                                       .indicator = gen_code(gen),
                                       .scale = 100,
                                       .point_count = 1 + below(gen, 4),
                                       .same_basis = (enum kadr_basis)below(gen, 5),
                                       .left_out_count = below(gen, 4) };
    trend->breakdown_count = gen_breakdown(gen, trend->breakdown);
    trend->in = below(gen, 20);
    trend->of = trend->in + (uint32_t)trend->left_out_count + below(gen, 3);
    points = gen_list(gen, trend->point_count, sizeof(*points));
    for (size_t i = 0; i < trend->point_count; i++) {
        points[i].period = gen_period(gen);
        points[i].cell = gen_cell(gen);
        points[i].carried = below(gen, 3);
        if (flip(gen)) {
            points[i].same = gen_same(gen);
        }
    }
    left_out = gen_list(gen, trend->left_out_count, sizeof(*left_out));
    for (size_t i = 0; i < trend->left_out_count; i++) {
        left_out[i] = (struct kadr_wire_left_out){ gen_code(gen), (enum kadr_left_out_why)(1 + below(gen, 5)),
                                                   below(gen, (uint32_t)trend->point_count) };
    }
    trend->points = points;
    trend->left_out = left_out;
}

static inline struct kadr_owed_row gen_owed_row(struct gen *gen)
{
    return (struct kadr_owed_row){ .unit = KADR_NO_UNIT,
                                   .owed = flip(gen),
                                   .state = (enum kadr_owed_state)(1 + below(gen, 9)),
                                   .time = (enum kadr_owed_time)below(gen, 5),
                                   .reason = (enum kadr_reason)below(gen, 7),
                                   .stale = flip(gen),
                                   .stood_for = flip(gen),
                                   .rests_on = gen_day_or_none(gen),
                                   .late_since = gen_day_or_none(gen),
                                   .stated_at_ms = (kadr_ms)below(gen, 2000000000) * 1000,
                                   .opened = gen_day_or_none(gen),
                                   .closed = gen_day_or_none(gen) };
}

static inline void gen_owed(struct gen *gen, struct kadr_query_reply *reply)
{
    struct kadr_wire_owed *owed = &reply->coverage;
    *owed = (struct kadr_wire_owed){ .unit = gen_code(gen),
                                     .indicator = gen_code(gen),
                                     .period = gen_period(gen),
                                     .due = gen_day_or_none(gen),
                                     .count = below(gen, 5) };
    for (size_t i = 1; i < KADR_OWED_STATES; i++) {
        owed->sum.state[i] = below(gen, 100);
        owed->sum.expected += i == KADR_OWED_NOT_APPLICABLE ? 0 : owed->sum.state[i];
    }
    for (size_t i = 1; i < KADR_OWED_TIMES; i++) {
        owed->sum.time[i] = below(gen, 100);
    }
    owed->sum.stood_for = below(gen, 9);
    owed->sum.stale = below(gen, 9);
    owed->sum.beyond = below(gen, 9);
    struct kadr_wire_owed_row *rows = gen_list(gen, owed->count, sizeof(*rows));
    for (size_t i = 0; i < owed->count; i++) {
        rows[i] = (struct kadr_wire_owed_row){ gen_code(gen), gen_owed_row(gen) };
    }
    owed->rows = rows;
}

static inline void gen_statement(struct gen *gen, struct kadr_wire_node *node)
{
    gen_observation(gen, &node->statement.observation);
    node->statement.use = (enum kadr_use)(1 + below(gen, KADR_USE_EXPIRED));
    node->statement.commit = next(gen);
    node->statement.index = below(gen, KADR_MAX_OBSERVATIONS);
    node->statement.stated_at_ms = below(gen, 1000000);
    node->statement.received_at_ms = below(gen, 1000000);
    node->statement.committed_at_ms = below(gen, 1000000);
    node->statement.office = gen_code(gen);
    node->statement.stream = gen_id(gen);
    node->statement.sequence = next(gen);
    fill(gen, node->statement.report_id, sizeof(node->statement.report_id));
    node->statement.source = gen_text(gen, 40);
    node->statement.published = gen_day_or_none(gen);
    node->statement.file = gen_text(gen, 20);
}

static inline void gen_node(struct gen *gen, struct kadr_wire_node *node)
{
    node->parent = below(gen, 1000);
    node->kind = (enum kadr_node_kind)(1 + below(gen, KADR_NODE_AGAINST));
    node->day = KADR_DAY_NONE;
    node->dimension = "";
    if (node->kind == KADR_NODE_STATEMENT) {
        gen_statement(gen, node);
        return;
    }
    node->cell = gen_cell(gen);
    node->day = gen_day_or_none(gen);
    node->used = below(gen, 100);
    node->complete = flip(gen);
    node->stale = flip(gen);
    node->minus = flip(gen);
    if (node->kind == KADR_NODE_CELL) {
        node->cut = flip(gen);
        node->role = (enum kadr_part_role)(1 + below(gen, KADR_ROLE_REPORTER));
        node->standing = (enum kadr_standing)(1 + below(gen, KADR_STANDING_UNEQUAL));
    } else if (node->kind == KADR_NODE_WAY) {
        node->way = (enum kadr_way)(1 + below(gen, KADR_WAY_TILES));
        node->dimension = node->way == KADR_WAY_MEMBERS ? gen_code(gen) : "";
        node->fate = (enum kadr_fate)(1 + below(gen, KADR_FATE_TIE));
        node->by = below(gen, 1000);
    }
}

static inline void gen_explanation(struct gen *gen, struct kadr_query_reply *reply)
{
    reply->explanation.first = below(gen, 1000);
    reply->explanation.omitted = below(gen, 3);
    reply->explanation.cut = flip(gen);
    reply->explanation.count = below(gen, 5);
    struct kadr_wire_node *nodes = gen_list(gen, reply->explanation.count, sizeof(*nodes));
    for (size_t i = 0; i < reply->explanation.count; i++) {
        gen_node(gen, &nodes[i]);
    }
    reply->explanation.nodes = nodes;
}

static inline void gen_query_reply(struct gen *gen, union any_message *ret)
{
    struct kadr_query_reply *reply = &ret->query_reply;
    struct kadr_wire_cell *cells;
    struct kadr_wire_change_count *counts;
    reply->request = next(gen);
    static const int kinds[] = { KADR_QUERY_BEGIN,   KADR_QUERY_CELLS, KADR_QUERY_END,
                                 KADR_QUERY_REFUSAL, KADR_QUERY_PONG,  KADR_QUERY_CHANGE_LIST,
                                 KADR_QUERY_POINTS,  KADR_QUERY_OWED,  KADR_QUERY_EXPLANATION };
    reply->kind = kinds[below(gen, KADR_COUNT(kinds))];
    switch (reply->kind) {
    case KADR_QUERY_BEGIN:
        reply->begin.position = gen_position(gen);
        reply->begin.has_before = flip(gen);
        if (reply->begin.has_before) {
            reply->begin.before = gen_position(gen);
        }
        break;
    case KADR_QUERY_CELLS:
        reply->cells.count = below(gen, 5);
        cells = gen_list(gen, reply->cells.count, sizeof(*cells));
        for (size_t i = 0; i < reply->cells.count; i++) {
            cells[i] = gen_cell(gen);
        }
        reply->cells.items = cells;
        break;
    case KADR_QUERY_END:
        reply->end.cells = next(gen);
        reply->end.digest = gen_digest(gen);
        reply->end.count_count = below(gen, 4);
        counts = gen_list(gen, reply->end.count_count, sizeof(*counts));
        for (size_t i = 0; i < reply->end.count_count; i++) {
            counts[i] = (struct kadr_wire_change_count){ (enum kadr_change)(1 + below(gen, 8)), flip(gen),
                                                         next(gen) };
        }
        reply->end.counts = counts;
        break;
    case KADR_QUERY_CHANGE_LIST:
        gen_change_list(gen, reply);
        break;
    case KADR_QUERY_POINTS:
        gen_points(gen, reply);
        break;
    case KADR_QUERY_OWED:
        gen_owed(gen, reply);
        break;
    case KADR_QUERY_EXPLANATION:
        gen_explanation(gen, reply);
        break;
    case KADR_QUERY_REFUSAL:
        reply->refusal = gen_refusal(gen);
        break;
    case KADR_QUERY_PONG:
        reply->pong = gen_pong(gen);
        break;
    }
}

typedef void gen_fn(struct gen *gen, union any_message *ret);
/* In the order of message_types. */
static gen_fn *const generators[] = {
    gen_report,  gen_office_request, gen_office_reply, gen_store_request, gen_store_reply, gen_envelope,
    gen_receipt, gen_published,      gen_query_reply,  gen_query_request, gen_files,
};
