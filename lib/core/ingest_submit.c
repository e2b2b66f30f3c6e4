/* SPDX-License-Identifier: Apache-2.0 */
/* kadr_ingest_submit.c - one report: may it come in now, can it be read, what is the verdict.
 *
 * A report that names a known office and its stream always ends in the journal, whatever is wrong with it:
 * its answer has to be durable, or a bad report would block its stream. The bytes stay as they came.
 */
#include "core/ingest_impl.h"

#include "base/err.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- may it come in now ---- */

static enum kadr_ingest_refusal gate(const struct kadr_ingest *ing)
{
    if (ing->stopping) {
        return KADR_INGEST_STOPPING;
    }
    if (!ing->link.up) {
        return KADR_INGEST_STORAGE_DOWN;
    }
    if (ing->link.reference == NULL || ing->link.known.day == KADR_DAY_NONE) {
        return KADR_INGEST_NOT_READY;
    }
    if (!ing->link.caught_up) {
        return KADR_INGEST_CATCHING_UP;
    }
    if (kadr_ingest_in_flight(ing) >= KADR_MAX_INFLIGHT || !kadr_ingest_has_room(ing)) {
        return KADR_INGEST_BUSY;
    }
    return KADR_INGEST_REFUSALS; /* none */
}

/* ---- can it be read ---- */

/* What is known of a report while it is judged; everything lives in the batch's arena but the report. */
struct judged {
    struct kadr_append_item item;
    struct kadr_diags diags;
    const char *why;
};

static void judged_done(struct judged *judged)
{
    kadr_diags_done(&judged->diags);
}
KADR_DEFINE_DONE(struct judged, judged_done)

/* Kept with its bytes for review; nothing takes force. */
static int on_undecodable(struct kadr_ingest *ing, struct judged *judged)
{
    (void)ing;
    judged->item.outcome = KADR_OUTCOME_HELD;
    kadr_diags_add(&judged->diags, KADR_DIAG_UNDECODABLE, -1, 0, 0, judged->why, NULL, NULL);
    return 0;
}

static int on_newer_version(struct kadr_ingest *ing, struct judged *judged)
{
    (void)ing;
    uint32_t version = 0;
    char sent[16] = "?", spoken[16];
    if (kadr_frame_version(judged->item.report, &version) == 0) {
        (void)snprintf(sent, sizeof(sent), "%" PRIu32, version);
    }
    (void)snprintf(spoken, sizeof(spoken), "%d", KADR_WIRE_VERSION);
    judged->item.outcome = KADR_OUTCOME_HELD;
    kadr_diags_add(&judged->diags, KADR_DIAG_VERSION, -1, 0, 0, sent, spoken, NULL);
    return 0;
}

static int on_too_many(struct kadr_ingest *ing, struct judged *judged)
{
    (void)ing;
    judged->item.outcome = KADR_OUTCOME_REFUSED;
    kadr_diags_add(&judged->diags, KADR_DIAG_TOO_MANY_OBSERVATIONS, -1, 0, 0, NULL, NULL, NULL);
    return 0;
}

/* Not kept: what stands for it in the journal is its digest, so that the same number with other content is
 * still told apart. */
static int on_too_large(struct kadr_ingest *ing, struct judged *judged)
{
    struct kadr_digest digest = kadr_hash(judged->item.report.data, judged->item.report.len);
    uint8_t *bytes = kadr_arena_memdup(ing->batch, digest.bytes, sizeof(digest.bytes));
    judged->item.outcome = KADR_OUTCOME_REFUSED;
    judged->item.report = (struct kadr_bytes){ bytes, sizeof(digest.bytes) };
    kadr_diags_add(&judged->diags, KADR_DIAG_REPORT_TOO_LARGE, -1, 0, 0, NULL, NULL, NULL);
    return bytes ? 0 : KADR_ENOMEM;
}

/* ---- what is the verdict ---- */

/* A clock that is ahead is set back, also for what the same clock said of the replaced report. */
static void take_stated_at(struct kadr_ingest *ing, struct kadr_report *report, struct judged *judged)
{
    if (report->stated_at_ms > ing->wall_ms + INGEST_CLOCK_SLACK_MS) {
        kadr_diags_add(&judged->diags, KADR_DIAG_CLOCK_AHEAD, -1, 0, 0, NULL, NULL, NULL);
    }
    if (report->replaces.stated_at_ms > ing->wall_ms &&
        report->replaces.stated_at_ms <= report->stated_at_ms) {
        report->replaces.stated_at_ms = ing->wall_ms;
    }
    if (report->stated_at_ms > ing->wall_ms) {
        report->stated_at_ms = ing->wall_ms;
    }
    judged->item.stated_at_ms = report->stated_at_ms;
}

static int judge(struct kadr_ingest *ing, struct kadr_report *report, struct judged *judged)
{
    size_t count = report->observation_count;
    enum kadr_verdict *verdicts = kadr_arena_calloc(ing->work, count + 1, sizeof(*verdicts));
    uint8_t *bytes = kadr_arena_alloc(ing->batch, count + 1);
    if (verdicts == NULL || bytes == NULL) {
        return KADR_ENOMEM;
    }
    memcpy(judged->item.report_id, report->report_id, sizeof(report->report_id));
    take_stated_at(ing, report, judged);
    int err = kadr_report_judge(ing->link.reference, ing->link.baseline, judged->item.office, report,
                                ing->link.known.day, verdicts, &judged->diags);
    if (err == KADR_ENOMEM) {
        return err;
    }
    for (size_t i = 0; i < count; i++) {
        bytes[i] = (uint8_t)verdicts[i];
    }
    judged->item.outcome = err ? KADR_OUTCOME_REFUSED : KADR_OUTCOME_COMMITTED;
    judged->item.verdicts = (struct kadr_bytes){ bytes, count };
    return 0;
}

static int read_and_judge(struct kadr_ingest *ing, struct judged *judged)
{
    struct kadr_report report;
    if (judged->item.report.len > KADR_MAX_REPORT_BYTES) {
        return on_too_large(ing, judged);
    }
    switch (kadr_decode_report(judged->item.report, ing->work, &report, &judged->why)) {
    case 0:
        return judge(ing, &report, judged);
    case KADR_EVERSION:
        return on_newer_version(ing, judged);
    case KADR_EFULL:
        return on_too_many(ing, judged);
    default:
        return on_undecodable(ing, judged);
    }
}

/* ---- into the batch ---- */

/* The item as far as it is known before the report is read, copied into the batch's arena. */
static int begin_item(struct kadr_ingest *ing, const struct kadr_submit *submit, struct judged *judged)
{
    bool too_large = submit->report.len > KADR_MAX_REPORT_BYTES;
    const uint8_t *bytes = submit->report.data;
    const char *office = kadr_arena_strndup(ing->batch, submit->office, strlen(submit->office));
    if (submit->report.len && !too_large) {
        bytes = kadr_arena_memdup(ing->batch, submit->report.data, submit->report.len);
    }
    *judged = (struct judged){
        .item = { .office = office,
                  .stream = submit->stream,
                  .sequence = submit->sequence,
                  .report = { bytes, submit->report.len },
                  .stated_at_ms = ing->wall_ms,
                  .received_at_ms = ing->wall_ms,
                  .reference = ing->link.known.reference },
        .why = "",
    };
    kadr_diags_init(&judged->diags);
    return office && (bytes || submit->report.len == 0) ? 0 : KADR_ENOMEM;
}

static int make_item(struct kadr_ingest *ing, const struct kadr_submit *submit, struct kadr_append_item *ret)
{
    struct judged judged KADR_CLEANUP(judged_done) = { 0 };
    int err = begin_item(ing, submit, &judged);
    err = err ? err : read_and_judge(ing, &judged);
    err = err ? err
              : kadr_wire_diags_from(&judged.diags, ing->batch, &judged.item.diags, &judged.item.diag_count);
    if (err == 0) {
        *ret = judged.item;
    }
    return err;
}

static void take(struct kadr_ingest *ing, uint32_t peer, const struct kadr_append_item *item)
{
    struct ingest_append *filling = ing->filling;
    ing->items[filling->count] = *item;
    filling->tickets[filling->count++] = (struct ingest_ticket){
        .stream = item->stream, .sequence = item->sequence, .peer = peer, .next = INGEST_NO_PEER
    };
    ing->peers.items[peer].in_flight++;
}

static void refuse_unknown_office(struct kadr_ingest *ing, const struct kadr_peer *peer,
                                  const struct kadr_submit *submit)
{
    struct kadr_diag diag = kadr_ingest_diag(KADR_DIAG_UNKNOWN_OFFICE, submit->office, NULL);
    kadr_ingest_refuse(ing, peer, &submit->stream, submit->sequence, KADR_INGEST_UNKNOWN_OFFICE, &diag);
}

/* Memory is short. What the item left in the batch's arena goes with the batch; without one it must not stay.
 */
static void refuse_unjudged(struct kadr_ingest *ing, const struct kadr_peer *peer,
                            const struct kadr_submit *submit)
{
    if (ing->filling->count == 0) {
        kadr_arena_clear(ing->batch);
    }
    kadr_ingest_retry(ing, peer, &submit->stream, submit->sequence, KADR_INGEST_BUSY);
}

/* The place of a peer that may send one more; INGEST_NO_PEER and the reason when it may not. */
static uint32_t admit(struct kadr_ingest *ing, const struct kadr_peer *peer,
                      enum kadr_ingest_refusal *ret_why)
{
    *ret_why = gate(ing);
    if (*ret_why != KADR_INGEST_REFUSALS) {
        return INGEST_NO_PEER;
    }
    uint32_t index = kadr_ingest_peer_get(&ing->peers, peer);
    if (index == INGEST_NO_PEER) {
        *ret_why = KADR_INGEST_PEERS;
    } else if (ing->peers.items[index].in_flight >= KADR_MAX_PEER_CREDIT) {
        *ret_why = KADR_INGEST_CREDIT;
        index = INGEST_NO_PEER; /* not a new place: nothing to give back */
    }
    return index;
}

void kadr_ingest_submit(struct kadr_ingest *ing, const struct kadr_peer *peer,
                        const struct kadr_submit *submit)
{
    enum kadr_ingest_refusal why;
    uint32_t index = admit(ing, peer, &why);
    if (index == INGEST_NO_PEER) {
        kadr_ingest_retry(ing, peer, &submit->stream, submit->sequence, why);
        return;
    }
    struct kadr_append_item item;
    bool known = kadr_unit_find(ing->link.reference, submit->office) != KADR_NO_UNIT;
    int err = known ? make_item(ing, submit, &item) : 0;
    if (!known || err) {
        kadr_ingest_peer_drop_unused(&ing->peers, index);
        (known ? refuse_unjudged : refuse_unknown_office)(ing, peer, submit);
        return;
    }
    take(ing, index, &item);
    if (!kadr_ingest_has_room(ing)) {
        kadr_ingest_flush(ing);
    }
}
