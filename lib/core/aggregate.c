/* SPDX-License-Identifier: Apache-2.0 */
/* aggregate.c - the aggregator's events and how it follows the journal. */
#include "core/aggregate_impl.h"

#include "core/store.h"

/* Series that are looked at in a step, besides those that get a new statement: some microseconds. */
#define LET_GO_SERIES 64

static kadr_ns earlier(kadr_ns a, kadr_ns b)
{
    return a < b ? a : b;
}

static int send_store(struct kadr_aggregate *agg, const struct kadr_store_request *request)
{
    kadr_buf_clear(&agg->frame);
    kadr_encode_store_request(request, &agg->frame);
    if (agg->frame.err == 0) {
        agg->sink.to_store(agg->sink.context, &agg->frame);
    }
    return agg->frame.err;
}

/* Restored, and not yet seen to be a prefix of this journal: record `commit` is asked for again, and is the
 * witness. Nothing is applied or published before it has spoken. */
static bool is_on_trust(const struct kadr_aggregate *agg)
{
    return agg->commit > 0 && !agg->joined;
}

static int follow(struct kadr_aggregate *agg, kadr_ns now_ns)
{
    agg->credit = KADR_MAX_FEED_CREDIT;
    agg->received = 0;
    agg->feed_seen_ns = now_ns;
    agg->count.follows++;
    struct kadr_store_request request = { .kind = KADR_STORE_FOLLOW };
    request.follow.has_lineage = agg->has_lineage;
    request.follow.lineage = agg->lineage;
    request.follow.from = agg->commit + (is_on_trust(agg) ? 0 : 1);
    request.follow.credit = agg->credit;
    return send_store(agg, &request);
}

static int renew_credit(struct kadr_aggregate *agg)
{
    if (agg->credit - agg->received > KADR_MAX_FEED_CREDIT / 2) {
        return 0;
    }
    agg->credit = agg->received + KADR_MAX_FEED_CREDIT;
    return send_store(agg, &(struct kadr_store_request){ .kind = KADR_STORE_CREDIT, .credit = agg->credit });
}

int kadr_aggregate_new_rollup(struct kadr_aggregate *agg, struct kadr_rollup **ret_rollup)
{
    int err = kadr_rollup_new(ret_rollup);
    if (err == 0) {
        kadr_rollup_set_recall(*ret_rollup, &(struct kadr_recall){ kadr_history_recall_read, &agg->recall });
    }
    return err;
}

void kadr_aggregate_use_history(struct kadr_aggregate *agg, const struct kadr_kvstore *kv)
{
    agg->recall.kv = kv;
}

/* What was folded describes another journal. */
static int start_from_nothing(struct kadr_aggregate *agg)
{
    struct kadr_rollup *fresh = NULL;
    int err = kadr_aggregate_refuse_questions(agg, "catching_up");
    if (err == 0) {
        err = kadr_aggregate_new_rollup(agg, &fresh);
    }
    if (err != 0) {
        return err;
    }
    kadr_rollup_free(agg->rollup);
    agg->rollup = fresh;
    agg->has_lineage = agg->joined = agg->caught_up = false;
    agg->commit = agg->head = agg->target = agg->started_from = 0;
    agg->published = agg->progressed = agg->base = agg->durable = agg->recall.at_least = 0;
    agg->chain = (struct kadr_digest){ { 0 } };
    kadr_buf_clear(&agg->reference);
    kadr_aggregate_topics_clear(agg);
    return 0;
}

/* `event` says why the fold begins anew; a checkpoint that is not of this journal is told as such. */
static int begin_anew(struct kadr_aggregate *agg, const char *event, kadr_ns now_ns)
{
    bool on_trust = is_on_trust(agg);
    agg->count.checkpoints_discarded += on_trust;
    agg->sink.note(agg->sink.context, on_trust ? "checkpoint_discarded" : event, agg->commit);
    int err = start_from_nothing(agg);
    return err == 0 ? follow(agg, now_ns) : err;
}

int kadr_aggregate_keep_reference(struct kadr_aggregate *agg, struct kadr_bytes files)
{
    kadr_buf_clear(&agg->reference);
    kadr_buf_add(&agg->reference, files.data, files.len);
    return agg->reference.err;
}

static int apply_report(struct kadr_aggregate *agg, const struct kadr_envelope *envelope,
                        const struct kadr_record *record)
{
    if (envelope->outcome != KADR_OUTCOME_COMMITTED) {
        return 0;
    }
    struct kadr_report report;
    int err = kadr_decode_report(record->message, agg->record_arena, &report, NULL);
    if (err != 0) {
        return err;
    }
    if (envelope->verdicts.len != report.observation_count) {
        return KADR_ECORRUPT;
    }
    enum kadr_verdict *verdicts =
        kadr_arena_calloc(agg->record_arena, report.observation_count, sizeof *verdicts);
    if (verdicts == NULL && report.observation_count > 0) {
        return KADR_ENOMEM;
    }
    for (size_t i = 0; i < report.observation_count; i++) {
        verdicts[i] = (enum kadr_verdict)envelope->verdicts.data[i];
    }
    return kadr_rollup_report(agg->rollup, &report, verdicts, envelope->stated_at_ms, record->commit);
}

static int apply_reference(struct kadr_aggregate *agg, const struct kadr_envelope *envelope,
                           const struct kadr_record *record)
{
    (void)envelope;
    struct kadr_wire_files files;
    int err = kadr_decode_files(record->message, agg->record_arena, &files, NULL);
    if (err != 0) {
        return err;
    }
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *reference = NULL;
    err = kadr_reference_load(files.files, files.count, NULL, &reference);
    if (err != 0) {
        return err;
    }
    /* Indexes of units and indicators change with the reference: what was pending goes out under the old
     * ones. */
    if (agg->caught_up) {
        err = kadr_aggregate_publish(agg, agg->published_ns);
    }
    if (err == 0) {
        err = kadr_aggregate_refuse_questions(agg, "reference_changed");
    }
    if (err == 0) {
        err = kadr_rollup_reference(agg->rollup, reference, record->commit);
    }
    if (err == 0) {
        err = kadr_aggregate_keep_reference(agg, record->message);
    }
    if (err == 0 && agg->caught_up) {
        kadr_aggregate_topics_clear(agg);
        agg->base = agg->published;
    }
    return err;
}

static int apply_day(struct kadr_aggregate *agg, const struct kadr_envelope *envelope,
                     const struct kadr_record *record)
{
    return kadr_rollup_day(agg->rollup, envelope->day, record->commit);
}

typedef int apply_fn(struct kadr_aggregate *agg, const struct kadr_envelope *envelope,
                     const struct kadr_record *record);
static apply_fn *const apply_by_kind[] = {
    [KADR_RECORD_REPORT] = apply_report,
    [KADR_RECORD_REFERENCE] = apply_reference,
    [KADR_RECORD_DAY] = apply_day,
};

static int apply_record(struct kadr_aggregate *agg, const struct kadr_record *record)
{
    struct kadr_digest chain =
        kadr_record_chain(&agg->chain, record->commit, record->envelope, record->message);
    if (!kadr_digest_equal(&chain, &record->digest)) {
        return KADR_ECORRUPT;
    }
    kadr_arena_clear(agg->record_arena);
    struct kadr_envelope envelope;
    int err = kadr_decode_envelope(record->envelope, agg->record_arena, &envelope, NULL);
    if (err == 0) {
        err = apply_by_kind[envelope.kind](agg, &envelope, record);
    }
    if (err == 0) {
        agg->chain = chain;
        agg->commit = record->commit;
        agg->count.records++;
    }
    return err;
}

/* Out of memory is the caller's to handle, and what the history cannot give back; every other failure means
 * that this journal must not be published from. */
static int untrusted(struct kadr_aggregate *agg, int err, uint64_t commit)
{
    if (err != 0 && err != KADR_ENOMEM && err != KADR_EAGAIN) {
        agg->sink.fatal(agg->sink.context, "journal_untrusted", commit);
        return KADR_ECANCELED;
    }
    return err;
}

static int reached_head(struct kadr_aggregate *agg, kadr_ns now_ns)
{
    size_t count = 0; /* of the state a snapshot shows; nobody saw less */
    int err = kadr_rollup_take_changes(agg->rollup, &count);
    if (err == 0) {
        agg->caught_up = true;
        agg->base = agg->published = agg->commit;
        agg->progress_due_ns = now_ns;
        agg->sink.note(agg->sink.context, "caught_up", agg->commit);
    }
    return err;
}

/* The first frames of a journal: whether it is the one of the checkpoint, if there was one, and how far it
 * reaches. @return false: it is another one */
static bool join(struct kadr_aggregate *agg, const struct kadr_store_reply *reply)
{
    if (is_on_trust(agg)) {
        if (reply->feed.head < agg->commit) {
            return false;
        }
        const struct kadr_record *witness = reply->feed.records;
        if (reply->feed.count == 0 || witness->commit != agg->commit) {
            return true; /* not yet */
        }
        if (!kadr_digest_equal(&witness->digest, &agg->chain)) {
            return false;
        }
    }
    agg->joined = agg->has_lineage = true;
    agg->lineage = reply->feed.lineage;
    agg->target = reply->feed.head;
    return true;
}

static int take_records(struct kadr_aggregate *agg, const struct kadr_store_reply *reply, kadr_ns now_ns)
{
    for (size_t i = 0; i < reply->feed.count; i++) {
        const struct kadr_record *record = &reply->feed.records[i];
        agg->received++;
        if (record->commit <= agg->commit) {
            continue; /* the witness, or sent for an earlier Follow */
        }
        if (record->commit != agg->commit + 1 || !agg->joined) {
            return follow(agg, now_ns);
        }
        int err = untrusted(agg, apply_record(agg, record), record->commit);
        if (err != 0) {
            return err;
        }
    }
    return renew_credit(agg);
}

static int on_feed(struct kadr_aggregate *agg, const struct kadr_store_reply *reply, kadr_ns now_ns)
{
    if (agg->has_lineage && memcmp(&agg->lineage, &reply->feed.lineage, sizeof agg->lineage) != 0) {
        return begin_anew(agg, "lineage_changed", now_ns);
    }
    if (!agg->joined && !join(agg, reply)) {
        return begin_anew(agg, "checkpoint_discarded", now_ns);
    }
    agg->feed_seen_ns = now_ns;
    agg->head = reply->feed.head;
    int err = take_records(agg, reply, now_ns);
    if (err == 0 && agg->joined && !agg->caught_up && agg->commit >= agg->target) {
        err = reached_head(agg, now_ns);
    }
    return err;
}

static int on_pong(struct kadr_aggregate *agg, const struct kadr_store_reply *reply, kadr_ns now_ns)
{
    agg->head = reply->pong.commit > agg->head ? reply->pong.commit : agg->head;
    bool silent = now_ns - agg->feed_seen_ns >= KADR_AGGREGATE_PING_NS;
    bool behind = reply->pong.commit > agg->commit || !agg->joined;
    bool other = agg->has_lineage && reply->pong.has_lineage &&
                 memcmp(&agg->lineage, &reply->pong.lineage, sizeof agg->lineage) != 0;
    return (silent && behind) || other ? follow(agg, now_ns) : 0;
}

/* storaged refuses a Follow of another lineage or from behind its head for good, and one too many with
 * retry_later. */
static int on_refusal(struct kadr_aggregate *agg, const struct kadr_store_reply *reply, kadr_ns now_ns)
{
    bool later = reply->refusal.diag.diag.code == KADR_DIAG_RETRY_LATER;
    if (is_on_trust(agg) && !later) {
        return begin_anew(agg, "checkpoint_discarded", now_ns);
    }
    agg->sink.note(agg->sink.context, "follow_refused", agg->commit);
    agg->feed_seen_ns = now_ns; /* asks again with the next ping's answer */
    return later ? 0 : start_from_nothing(agg);
}

static int on_store_frame(struct kadr_aggregate *agg, const struct kadr_aggregate_event *event)
{
    struct kadr_store_reply reply;
    int err = kadr_decode_store_reply(event->frame, agg->arena, &reply, NULL);
    if (err != 0) {
        agg->count.bad_frames++;
        return err == KADR_ENOMEM ? err : 0;
    }
    agg->store_up = true;
    agg->store_seen_ns = event->now_ns;
    switch (reply.kind) {
    case KADR_STORE_FEED:
        return on_feed(agg, &reply, event->now_ns);
    case KADR_STORE_PONG:
        return on_pong(agg, &reply, event->now_ns);
    case KADR_STORE_REFUSAL:
        return on_refusal(agg, &reply, event->now_ns);
    case KADR_STORE_APPENDED:
    case KADR_STORE_APPLIED:
        break; /* answers to what was never asked */
    }
    agg->count.bad_frames++;
    return 0;
}

/* A checkpoint that let statements go is of no use without a history. */
static int on_start(struct kadr_aggregate *agg, const struct kadr_aggregate_event *event)
{
    agg->recall.lineage = agg->lineage;
    agg->recall.at_least = agg->commit;
    agg->store_seen_ns = event->now_ns;
    agg->ping_due_ns = event->now_ns + KADR_AGGREGATE_PING_NS;
    if (agg->recall.kv == NULL && kadr_rollup_let_go_count(agg->rollup) > 0) {
        return begin_anew(agg, "checkpoint_discarded", event->now_ns);
    }
    return follow(agg, event->now_ns);
}

static int on_history(struct kadr_aggregate *agg, const struct kadr_aggregate_event *event)
{
    bool ours = agg->joined && event->history.commit > 0 &&
                memcmp(&event->history.lineage, &agg->lineage, sizeof agg->lineage) == 0;
    agg->durable = ours ? event->history.commit : 0;
    return 0;
}

static int on_query_frame(struct kadr_aggregate *agg, const struct kadr_aggregate_event *event)
{
    return kadr_aggregate_query(agg, event->peer, event->frame);
}

static int on_bad_message(struct kadr_aggregate *agg, const struct kadr_aggregate_event *event)
{
    return kadr_aggregate_refuse_bad(agg, event->peer, event->why);
}

static int ping(struct kadr_aggregate *agg, kadr_ns now_ns)
{
    agg->ping_due_ns = now_ns + KADR_AGGREGATE_PING_NS;
    if (now_ns - agg->store_seen_ns >= KADR_AGGREGATE_SILENCE_NS) {
        if (agg->store_up) {
            agg->sink.note(agg->sink.context, "store_silent", agg->commit);
        }
        agg->store_up = false;
        int err = follow(agg, now_ns);
        if (err != 0) {
            return err;
        }
    }
    return send_store(agg,
                      &(struct kadr_store_request){ .kind = KADR_STORE_PING, .ping_nonce = ++agg->nonce });
}

static int on_time(struct kadr_aggregate *agg, const struct kadr_aggregate_event *event)
{
    int err = 0;
    if (event->now_ns >= agg->ping_due_ns) {
        err = ping(agg, event->now_ns);
    }
    if (err == 0 && agg->caught_up && event->now_ns >= agg->progress_due_ns) {
        err = kadr_aggregate_progress(agg, event->now_ns);
    }
    return err != 0 ? err : kadr_aggregate_answer_next(agg, event->now_ns);
}

typedef int event_fn(struct kadr_aggregate *agg, const struct kadr_aggregate_event *event);
static event_fn *const event_by_kind[KADR_AGGREGATE_COUNT_] = {
    [KADR_AGGREGATE_START] = on_start,       [KADR_AGGREGATE_STORE] = on_store_frame,
    [KADR_AGGREGATE_QUERY] = on_query_frame, [KADR_AGGREGATE_BAD] = on_bad_message,
    [KADR_AGGREGATE_TIME] = on_time,         [KADR_AGGREGATE_HISTORY] = on_history,
};

/* Up to where the history is durable, and the rollup has come. */
static void let_go(struct kadr_aggregate *agg)
{
    uint64_t upto = agg->durable < agg->commit ? agg->durable : agg->commit;
    if (agg->recall.kv == NULL || !agg->caught_up || upto == 0) {
        kadr_rollup_let_go(agg->rollup, 0, 0); /* nor what newer statements take the place of */
        return;
    }
    agg->recall.lineage = agg->lineage;
    agg->recall.at_least = upto > agg->recall.at_least ? upto : agg->recall.at_least;
    kadr_rollup_let_go(agg->rollup, LET_GO_SERIES, upto);
}

/* What was let go cannot be had back: everything is read again, and kept from now on. */
static int begin_without_history(struct kadr_aggregate *agg, kadr_ns now_ns)
{
    agg->recall.kv = NULL;
    return begin_anew(agg, "history_missing", now_ns);
}

int kadr_aggregate_step(struct kadr_aggregate *agg, const struct kadr_aggregate_event *event)
{
    KADR_ASSERT((unsigned)event->kind < KADR_AGGREGATE_COUNT_);
    kadr_arena_clear(agg->arena);
    int err = event_by_kind[event->kind](agg, event);
    bool due = event->now_ns - agg->published_ns >= agg->tick_ns;
    if (err == 0 && agg->caught_up && agg->published < agg->commit && due) {
        err = kadr_aggregate_publish(agg, event->now_ns);
    }
    if (err == 0) {
        let_go(agg);
    } else if (err == KADR_EAGAIN) {
        err = begin_without_history(agg, event->now_ns);
    }
    return err == KADR_ECANCELED ? 0 : err; /* fatal was said to the sink */
}

kadr_ns kadr_aggregate_deadline_ns(const struct kadr_aggregate *agg)
{
    if (agg->question_count > 0) {
        return 0; /* at once, after whatever else the loop has to do */
    }
    kadr_ns deadline = agg->ping_due_ns;
    if (agg->caught_up) {
        deadline = earlier(deadline, agg->progress_due_ns);
        if (agg->published < agg->commit) {
            deadline = earlier(deadline, agg->published_ns + agg->tick_ns);
        }
    }
    return deadline;
}

int kadr_aggregate_new(kadr_ns tick_ns, const struct kadr_aggregate_sink *sink,
                       struct kadr_aggregate **ret_aggregate)
{
    KADR_CLEANUP(kadr_aggregate_free) struct kadr_aggregate *agg = calloc(1, sizeof *agg);
    if (agg == NULL) {
        return KADR_ENOMEM;
    }
    agg->sink = *sink;
    agg->tick_ns = tick_ns < KADR_MS(KADR_MAX_TICK_MS) ? tick_ns : KADR_MS(KADR_MAX_TICK_MS);
    kadr_buf_init(&agg->frame, KADR_MAX_FRAME_BYTES);
    kadr_buf_init(&agg->reference, 0);
    agg->questions = calloc(KADR_MAX_SNAPSHOTS, sizeof *agg->questions);
    int err = agg->questions == NULL ? KADR_ENOMEM : kadr_arena_new(KADR_MAX_ARENA_BYTES, &agg->arena);
    if (err == 0) {
        err = kadr_arena_new(KADR_MAX_ARENA_BYTES, &agg->record_arena);
    }
    if (err == 0) {
        err = kadr_arena_new(KADR_MAX_ARENA_BYTES, &agg->topic_arena);
    }
    if (err == 0) {
        err = kadr_aggregate_new_rollup(agg, &agg->rollup);
    }
    if (err == 0) {
        *ret_aggregate = KADR_TAKE(agg);
    }
    return err;
}

void kadr_aggregate_free(struct kadr_aggregate *agg)
{
    if (agg == NULL) {
        return;
    }
    kadr_aggregate_topics_clear(agg);
    free(agg->questions);
    kadr_rollup_free(agg->rollup);
    kadr_arena_free(agg->arena);
    kadr_arena_free(agg->record_arena);
    kadr_arena_free(agg->topic_arena);
    kadr_buf_done(&agg->reference);
    kadr_buf_done(&agg->frame);
    free(agg);
}

struct kadr_aggregate_status kadr_aggregate_status(const struct kadr_aggregate *agg)
{
    struct kadr_aggregate_status status = agg->count;
    const struct kadr_reference *reference = kadr_rollup_current_reference(agg->rollup);
    status.caught_up = agg->caught_up;
    status.store_up = agg->store_up;
    status.has_lineage = agg->has_lineage;
    status.lineage = agg->lineage;
    status.commit = agg->commit;
    status.head = agg->head > agg->commit ? agg->head : agg->commit;
    status.published = agg->published;
    status.started_from = agg->started_from;
    status.day = kadr_rollup_current_day(agg->rollup);
    status.reference = reference != NULL ? kadr_reference_version(reference) : NULL;
    status.cells = kadr_rollup_cell_count(agg->rollup);
    status.statements = kadr_rollup_statement_count(agg->rollup);
    status.let_go = kadr_rollup_let_go_count(agg->rollup);
    status.recalls = kadr_rollup_recall_count(agg->rollup);
    status.broken_rules = kadr_rollup_broken_count(agg->rollup);
    return status;
}

struct kadr_digest kadr_aggregate_digest(const struct kadr_aggregate *agg)
{
    return kadr_rollup_digest(agg->rollup);
}

struct kadr_position kadr_aggregate_position(const struct kadr_aggregate *agg)
{
    const struct kadr_reference *reference = kadr_rollup_current_reference(agg->rollup);
    struct kadr_position position = { .lineage = agg->lineage,
                                      .commit = agg->commit,
                                      .day = kadr_rollup_current_day(agg->rollup) };
    if (reference != NULL) {
        position.reference = *kadr_reference_version(reference);
    }
    return position;
}

int kadr_aggregate_audit(struct kadr_aggregate *agg, struct kadr_audit_cursor *cursor,
                         struct kadr_audit_topic *ret_topic)
{
    if (!agg->caught_up || kadr_rollup_current_reference(agg->rollup) == NULL) {
        return KADR_EAGAIN;
    }
    struct kadr_position at = kadr_aggregate_position(agg);
    return kadr_audit_copy(agg->rollup, &at, cursor, ret_topic);
}

/* The change of reference that changes nothing: all statements are taken apart and put in force again. */
int kadr_aggregate_refold(struct kadr_aggregate *agg)
{
    KADR_CLEANUP(kadr_reference_unref)
    struct kadr_reference *same = kadr_rollup_share_reference(agg->rollup);
    return kadr_rollup_reference(agg->rollup, same, agg->commit);
}
