/* SPDX-License-Identifier: Apache-2.0 */
/* ingest_feed.c - what the journal says, as far as a report is judged by it.
 *
 * Two steps. First the reference data and the day in force, alone: that is two records however long the
 * journal is, and from then on every statement of the journal can be placed by the newest codes. Then the
 * whole journal from its first commit, for what units said before (domain/baseline.h). Until the head that
 * the journal had then is reached, no report is judged. What is made of it is nowhere kept: a restart reads
 * the journal again.
 *
 * Everything may be sent twice or not at all, as storaged forgets a connection that was made anew: a Follow
 * goes out again, from the next commit, whenever the link comes up, after a hole, and when a pong tells what
 * the feed has not. A report that is on its way while another one is judged is not known yet: verdicts are
 * decided by what was committed, and that is all that any other ingestd could know.
 */
#include "core/ingest_impl.h"

#include "base/err.h"

#include <string.h>

/* Nothing said before is known. */
static void forget_baseline(struct ingest_link *link)
{
    kadr_baseline_clear(link->baseline);
    link->position = link->target = 0;
    link->joined = link->caught_up = false;
}

/* Another journal: nothing known of the one before holds. */
static void forget_journal(struct ingest_link *link)
{
    kadr_reference_unref(link->reference);
    link->reference = NULL;
    link->reference_commit = 0;
    link->broken_reference = link->whole = false;
    link->known = (struct kadr_pong){ .day = KADR_DAY_NONE };
    forget_baseline(link);
}

static bool same_lineage(const struct kadr_pong *known, const struct kadr_id *lineage)
{
    return known->has_lineage && memcmp(&known->lineage, lineage, sizeof(*lineage)) == 0;
}

static bool can_place(const struct ingest_link *link)
{
    return link->reference != NULL && link->known.has_lineage && link->known.day != KADR_DAY_NONE;
}

void kadr_ingest_follow(struct kadr_ingest *ing)
{
    struct ingest_link *link = &ing->link;
    struct kadr_store_request request = { .kind = KADR_STORE_FOLLOW };
    link->whole = link->whole || can_place(link);
    request.follow.reference_only = !link->whole;
    request.follow.from = link->whole ? link->position + 1 : 1;
    request.follow.has_lineage = link->whole;
    request.follow.lineage = link->known.lineage;
    request.follow.credit = KADR_MAX_FEED_CREDIT;
    link->taken = 0;
    link->granted = request.follow.credit;
    link->follow_ns = link->fed_ns = ing->now_ns;
    kadr_encode_store_request(&request, &ing->frames);
    kadr_ingest_send(ing, KADR_INGEST_SEND_STORE, NULL);
}

static void renew_credit(struct kadr_ingest *ing)
{
    struct ingest_link *link = &ing->link;
    if (link->granted - link->taken > KADR_MAX_FEED_CREDIT / 2 && link->taken <= link->granted) {
        return;
    }
    link->granted = link->taken + KADR_MAX_FEED_CREDIT;
    struct kadr_store_request request = { .kind = KADR_STORE_CREDIT, .credit = link->granted };
    kadr_encode_store_request(&request, &ing->frames);
    kadr_ingest_send(ing, KADR_INGEST_SEND_STORE, NULL);
}

/* ---- records ---- */

static int take_reference(struct kadr_ingest *ing, const struct kadr_record *record)
{
    struct kadr_wire_files files;
    struct kadr_reference *reference = NULL;
    struct ingest_link *link = &ing->link;
    if (record->commit <= link->reference_commit) {
        return 0; /* it was in force once */
    }
    int err = kadr_decode_files(record->message, ing->record, &files, NULL);
    err = err ? err : kadr_reference_load(files.files, files.count, NULL, &reference);
    bool fits =
        link->reference != NULL && reference != NULL && kadr_baseline_fits(link->reference, reference);
    kadr_reference_unref(link->reference);
    link->reference = reference; /* never judge by a version that is no longer in force */
    link->reference_commit = record->commit;
    link->broken_reference = reference == NULL;
    link->known.has_reference = reference != NULL;
    if (reference) {
        link->known.reference = *kadr_reference_version(reference);
    }
    link->from_nothing = link->whole && reference != NULL && !fits;
    return err;
}

static int take_day(struct kadr_ingest *ing, const struct kadr_envelope *envelope)
{
    if (ing->link.known.day == KADR_DAY_NONE || envelope->day > ing->link.known.day) {
        ing->link.known.day = envelope->day;
    }
    return 0;
}

static bool says_something(const struct kadr_envelope *envelope)
{
    bool says = false;
    for (size_t i = 0; i < envelope->verdicts.len && !says; i++) {
        enum kadr_verdict verdict = (enum kadr_verdict)envelope->verdicts.data[i];
        says = verdict == KADR_VERDICT_ACCEPTED || verdict == KADR_VERDICT_HELD;
    }
    return says && envelope->outcome == KADR_OUTCOME_COMMITTED;
}

static int take_report(struct kadr_ingest *ing, const struct kadr_envelope *envelope,
                       const struct kadr_record *record)
{
    struct kadr_report report;
    if (!ing->link.whole || ing->link.reference == NULL || !says_something(envelope)) {
        return 0;
    }
    int err = kadr_read_report_keys(record->message, ing->record, &report);
    if (err) {
        return err;
    }
    err = kadr_baseline_report(ing->link.baseline, ing->link.reference, &report, envelope->verdicts,
                               envelope->stated_at_ms);
    if (err == KADR_ENOMEM) {
        ing->frames.err = KADR_ENOMEM; /* half a baseline is none */
    }
    return err;
}

static int take_record(struct kadr_ingest *ing, const struct kadr_record *record)
{
    struct kadr_envelope envelope;
    kadr_arena_clear(ing->record);
    int err = kadr_decode_envelope(record->envelope, ing->record, &envelope, NULL);
    if (err) {
        return err;
    }
    switch (envelope.kind) {
    case KADR_RECORD_REFERENCE:
        return take_reference(ing, record);
    case KADR_RECORD_DAY:
        return take_day(ing, &envelope);
    case KADR_RECORD_REPORT:
        break;
    }
    return take_report(ing, &envelope, record);
}

/* ---- frames ---- */

/* The whole journal, record by record. false: a hole; it is asked for again from there. */
static bool take_whole(struct kadr_ingest *ing, const struct kadr_store_reply *reply)
{
    struct ingest_link *link = &ing->link;
    for (size_t i = 0; i < reply->feed.count && !link->from_nothing; i++) {
        const struct kadr_record *record = &reply->feed.records[i];
        if (record->commit <= link->position) {
            continue; /* sent for an earlier Follow */
        }
        if (record->commit != link->position + 1) {
            return false;
        }
        ing->totals.store_errors += take_record(ing, record) != 0;
        link->position = record->commit;
    }
    if (!link->joined) {
        link->joined = true;
        link->target = reply->feed.head;
    }
    link->caught_up = link->caught_up || link->position >= link->target;
    return true;
}

static void take_current(struct kadr_ingest *ing, const struct kadr_store_reply *reply)
{
    for (size_t i = 0; i < reply->feed.count; i++) {
        ing->totals.store_errors += take_record(ing, &reply->feed.records[i]) != 0;
    }
}

void kadr_ingest_feed_frame(struct kadr_ingest *ing, const struct kadr_store_reply *reply)
{
    struct ingest_link *link = &ing->link;
    bool fine = true, was_whole;
    if (!same_lineage(&link->known, &reply->feed.lineage)) {
        forget_journal(link);
        link->known.has_lineage = true;
        link->known.lineage = reply->feed.lineage;
    }
    link->fed_ns = ing->now_ns;
    link->taken += reply->feed.count;
    if (reply->feed.head > link->known.commit) {
        link->known.commit = reply->feed.head;
    }
    was_whole = link->whole;
    if (was_whole) {
        fine = take_whole(ing, reply);
    } else {
        take_current(ing, reply);
    }
    if (link->from_nothing) {
        link->from_nothing = false;
        forget_baseline(link);
        ing->totals.rereads++;
        fine = false;
    }
    if (!fine || (!was_whole && can_place(link))) {
        kadr_ingest_follow(ing);
    } else {
        renew_credit(ing);
    }
}

/* The feed should have told us what the pong says. */
static bool feed_is_silent(const struct kadr_ingest *ing, const struct kadr_pong *pong)
{
    const struct ingest_link *link = &ing->link;
    const struct kadr_pong *known = &link->known;
    bool other_reference = pong->has_reference && !link->broken_reference &&
                           !(known->has_reference && kadr_digest_equal(&known->reference, &pong->reference));
    bool behind = link->whole && (pong->commit > link->position || !link->joined) &&
                  ing->now_ns - link->fed_ns >= INGEST_PING_NS;
    return pong->has_lineage &&
           (!same_lineage(known, &pong->lineage) || known->day != pong->day || other_reference || behind);
}

void kadr_ingest_feed_pong(struct kadr_ingest *ing, const struct kadr_store_reply *reply)
{
    struct ingest_link *link = &ing->link;
    const struct kadr_pong *pong = &reply->pong;
    if (feed_is_silent(ing, pong) && ing->now_ns - link->follow_ns >= INGEST_PING_NS) {
        if (!same_lineage(&link->known, &pong->lineage)) {
            forget_journal(link);
        }
        kadr_ingest_follow(ing);
    } else if (same_lineage(&link->known, &pong->lineage) && pong->commit > link->known.commit) {
        link->known.commit = pong->commit;
    }
}

/* A Follow of another lineage, or from behind the head, is refused for good; one too many with retry_later.
 * The next pong has it sent again. */
void kadr_ingest_feed_refused(struct kadr_ingest *ing, const struct kadr_store_reply *reply)
{
    ing->totals.store_errors++;
    if (reply->refusal.diag.diag.code != KADR_DIAG_RETRY_LATER) {
        forget_journal(&ing->link);
    }
}
