/* SPDX-License-Identifier: Apache-2.0 */
/* store.c - storaged's link. */
#include "kadr/v1/store.pb-c.h"
#include "wire/codec.h"

/* ---- append ---- */

static void get_append_item(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__AppendItem *m = message;
    struct kadr_append_item *item = ret;
    item->office = kadr_dec_code(dec, m->office, "office of an append");
    item->stream = kadr_dec_id(dec, m->stream, "stream of an append");
    kadr_dec_check(dec, m->sequence > 0, "sequence 0; numbers of a stream begin at 1");
    item->sequence = m->sequence;
    kadr_dec_check(dec, m->report.len <= KADR_MAX_REPORT_BYTES, "report of an append too large");
    item->report = kadr_dec_bytes(m->report);
    kadr_dec_check(dec,
                   m->outcome == KADR__V1__OUTCOME__OUTCOME_COMMITTED ||
                       m->outcome == KADR__V1__OUTCOME__OUTCOME_REFUSED ||
                       m->outcome == KADR__V1__OUTCOME__OUTCOME_HELD,
                   "outcome of an append");
    item->outcome = (enum kadr_outcome)m->outcome;
    item->verdicts = kadr_get_verdicts(dec, m->verdicts);
    item->diags = kadr_dec_list(dec, m->diagnostics, m->n_diagnostics, KADR_MAX_DIAGNOSTICS + 1,
                                sizeof(*item->diags), kadr_get_diag, "too many diagnostics");
    item->diag_count = m->n_diagnostics;
    item->stated_at_ms = kadr_dec_ms(dec, m->stated_at_ms);
    item->received_at_ms = kadr_dec_ms(dec, m->received_at_ms);
    item->reference = kadr_dec_digest(dec, m->reference, "reference version of an append");
    kadr_get_report_id(dec, m->report_id, item->report_id);
}

static void *put_append_item(struct kadr_arena *arena, const void *from)
{
    const struct kadr_append_item *item = from;
    Kadr__V1__AppendItem *m = kadr_enc_new(arena, &kadr__v1__append_item__descriptor);
    if (m == NULL) {
        return NULL;
    }
    m->office = kadr_enc_text(item->office);
    m->stream = kadr_enc_id(&item->stream);
    m->sequence = item->sequence;
    m->report = kadr_enc_bytes(item->report);
    m->outcome = (Kadr__V1__Outcome)item->outcome;
    m->verdicts = kadr_enc_bytes(item->verdicts);
    m->diagnostics = kadr_enc_list(arena, item->diags, item->diag_count, sizeof(*item->diags), kadr_put_diag,
                                   &m->n_diagnostics);
    m->stated_at_ms = item->stated_at_ms;
    m->received_at_ms = item->received_at_ms;
    m->reference = kadr_enc_digest(&item->reference);
    m->report_id = kadr_put_report_id(item->report_id);
    return m;
}

static void get_append(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Append *m = message;
    struct kadr_store_request *request = ret;
    request->append.request = m->request;
    request->append.items =
        kadr_dec_list(dec, m->items, m->n_items, KADR_MAX_APPEND_ITEMS, sizeof(struct kadr_append_item),
                      get_append_item, "too many items in an append");
    request->append.count = m->n_items;
}

static void *put_append(struct kadr_arena *arena, const void *item)
{
    const struct kadr_store_request *request = item;
    Kadr__V1__Append *m = kadr_enc_new(arena, &kadr__v1__append__descriptor);
    if (m) {
        m->request = request->append.request;
        m->items = kadr_enc_list(arena, request->append.items, request->append.count,
                                 sizeof(struct kadr_append_item), put_append_item, &m->n_items);
    }
    return m;
}

/* ---- the other requests ---- */

static void get_follow(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Follow *m = message;
    struct kadr_store_request *request = ret;
    request->follow.has_lineage = m->lineage.len > 0;
    request->follow.lineage = kadr_dec_id_or_none(dec, m->lineage, "lineage of a follow");
    request->follow.from = m->from;
    request->follow.credit = m->credit;
    request->follow.reference_only = m->reference_only;
}

static void *put_follow(struct kadr_arena *arena, const void *item)
{
    const struct kadr_store_request *request = item;
    Kadr__V1__Follow *m = kadr_enc_new(arena, &kadr__v1__follow__descriptor);
    if (m == NULL) {
        return NULL;
    }
    if (request->follow.has_lineage) {
        m->lineage = kadr_enc_id(&request->follow.lineage);
    }
    m->from = request->follow.from;
    m->credit = request->follow.credit;
    m->reference_only = request->follow.reference_only;
    return m;
}

static void get_credit(struct kadr_dec *dec, const void *message, void *ret)
{
    (void)dec;
    ((struct kadr_store_request *)ret)->credit = ((const Kadr__V1__Credit *)message)->credit;
}

static void *put_credit(struct kadr_arena *arena, const void *item)
{
    Kadr__V1__Credit *m = kadr_enc_new(arena, &kadr__v1__credit__descriptor);
    if (m) {
        m->credit = ((const struct kadr_store_request *)item)->credit;
    }
    return m;
}

static void get_apply(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__ApplyReference *m = message;
    struct kadr_store_request *request = ret;
    struct kadr_wire_files files = { 0 };
    kadr_dec_part(dec, m->files, kadr_get_files, &files, "an apply without files");
    request->apply.files = files.files;
    request->apply.count = files.count;
    request->apply.dry_run = m->dry_run;
}

static void *put_apply(struct kadr_arena *arena, const void *item)
{
    const struct kadr_store_request *request = item;
    struct kadr_wire_files files = { request->apply.files, request->apply.count };
    Kadr__V1__ApplyReference *m = kadr_enc_new(arena, &kadr__v1__apply_reference__descriptor);
    if (m) {
        m->files = kadr_put_files(arena, &files);
        m->dry_run = request->apply.dry_run;
    }
    return m;
}

static void get_request_ping(struct kadr_dec *dec, const void *message, void *ret)
{
    kadr_get_ping(dec, message, &((struct kadr_store_request *)ret)->ping_nonce);
}

static void *put_request_ping(struct kadr_arena *arena, const void *item)
{
    return kadr_put_ping(arena, &((const struct kadr_store_request *)item)->ping_nonce);
}

static kadr_get_fn *const request_gets[] = { [KADR_STORE_APPEND] = get_append,
                                             [KADR_STORE_FOLLOW] = get_follow,
                                             [KADR_STORE_CREDIT] = get_credit,
                                             [KADR_STORE_APPLY] = get_apply,
                                             [KADR_STORE_PING] = get_request_ping };
static kadr_put_fn *const request_puts[] = { [KADR_STORE_APPEND] = put_append,
                                             [KADR_STORE_FOLLOW] = put_follow,
                                             [KADR_STORE_CREDIT] = put_credit,
                                             [KADR_STORE_APPLY] = put_apply,
                                             [KADR_STORE_PING] = put_request_ping };
static const struct kadr_bodies request_bodies = { KADR__V1__STORE_REQUEST__BODY_APPEND,
                                                   KADR_COUNT(request_gets), request_gets, request_puts };

static void get_request(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__StoreRequest *m = message;
    struct kadr_store_request *request = ret;
    request->kind = kadr_dec_body(dec, &request_bodies, (uint32_t)m->body_case, m->append, request);
}

static void *put_request(struct kadr_arena *arena, const void *item)
{
    const struct kadr_store_request *request = item;
    Kadr__V1__StoreRequest *m = kadr_enc_new(arena, &kadr__v1__store_request__descriptor);
    if (m) {
        m->version = KADR_WIRE_VERSION;
        m->body_case = (Kadr__V1__StoreRequest__BodyCase)(request_bodies.first + request->kind);
        m->append = kadr_enc_body(arena, &request_bodies, request->kind, request);
    }
    return m;
}

/* ---- appended ---- */

static void get_append_result(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__AppendResult *m = message;
    struct kadr_append_result *result = ret;
    result->refused = m->result_case == KADR__V1__APPEND_RESULT__RESULT_REFUSAL;
    if (result->refused) {
        kadr_get_refusal(dec, m->refusal, &result->refusal);
    } else if (m->result_case == KADR__V1__APPEND_RESULT__RESULT_RECEIPT) {
        kadr_get_receipt(dec, m->receipt, &result->receipt);
    } else {
        kadr_dec_check(dec, false, "a result that says nothing");
    }
}

static void *put_append_result(struct kadr_arena *arena, const void *item)
{
    const struct kadr_append_result *result = item;
    Kadr__V1__AppendResult *m = kadr_enc_new(arena, &kadr__v1__append_result__descriptor);
    if (m == NULL) {
        return NULL;
    }
    if (result->refused) {
        m->result_case = KADR__V1__APPEND_RESULT__RESULT_REFUSAL;
        m->refusal = kadr_put_refusal(arena, &result->refusal);
    } else {
        m->result_case = KADR__V1__APPEND_RESULT__RESULT_RECEIPT;
        m->receipt = kadr_put_receipt(arena, &result->receipt);
    }
    return m;
}

static void get_appended(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Appended *m = message;
    struct kadr_store_reply *reply = ret;
    reply->appended.request = m->request;
    reply->appended.results =
        kadr_dec_list(dec, m->results, m->n_results, KADR_MAX_APPEND_ITEMS, sizeof(struct kadr_append_result),
                      get_append_result, "too many results");
    reply->appended.count = m->n_results;
}

static void *put_appended(struct kadr_arena *arena, const void *item)
{
    const struct kadr_store_reply *reply = item;
    Kadr__V1__Appended *m = kadr_enc_new(arena, &kadr__v1__appended__descriptor);
    if (m) {
        m->request = reply->appended.request;
        m->results = kadr_enc_list(arena, reply->appended.results, reply->appended.count,
                                   sizeof(struct kadr_append_result), put_append_result, &m->n_results);
    }
    return m;
}

/* ---- the feed ---- */

static void get_record(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Record *m = message;
    struct kadr_record *record = ret;
    kadr_dec_check(dec, m->commit > 0, "commit 0");
    record->commit = m->commit;
    record->digest = kadr_dec_digest(dec, m->digest, "digest of a record");
    record->envelope = kadr_dec_bytes(m->envelope);
    record->message = kadr_dec_bytes(m->message);
}

static void *put_record(struct kadr_arena *arena, const void *item)
{
    const struct kadr_record *record = item;
    Kadr__V1__Record *m = kadr_enc_new(arena, &kadr__v1__record__descriptor);
    if (m) {
        m->commit = record->commit;
        m->digest = kadr_enc_digest(&record->digest);
        m->envelope = kadr_enc_bytes(record->envelope);
        m->message = kadr_enc_bytes(record->message);
    }
    return m;
}

static void get_feed(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__FeedFrame *m = message;
    struct kadr_store_reply *reply = ret;
    reply->feed.lineage = kadr_dec_id(dec, m->lineage, "lineage of a feed");
    reply->feed.head = m->head;
    reply->feed.records =
        kadr_dec_list(dec, m->records, m->n_records, KADR_MAX_FEED_RECORDS, sizeof(struct kadr_record),
                      get_record, "too many records in a feed frame");
    reply->feed.count = m->n_records;
}

static void *put_feed(struct kadr_arena *arena, const void *item)
{
    const struct kadr_store_reply *reply = item;
    Kadr__V1__FeedFrame *m = kadr_enc_new(arena, &kadr__v1__feed_frame__descriptor);
    if (m) {
        m->lineage = kadr_enc_id(&reply->feed.lineage);
        m->head = reply->feed.head;
        m->records = kadr_enc_list(arena, reply->feed.records, reply->feed.count, sizeof(struct kadr_record),
                                   put_record, &m->n_records);
    }
    return m;
}

/* ---- applied ---- */

static void get_reference_diag(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__ReferenceDiagnostic *m = message;
    struct kadr_reference_diag *diag = ret;
    diag->file = kadr_dec_code_or_empty(dec, m->file, "name of a reference file");
    kadr_dec_part(dec, m->diagnostic, kadr_get_diag, &diag->diag, "a reference diagnostic that says nothing");
}

static void *put_reference_diag(struct kadr_arena *arena, const void *item)
{
    const struct kadr_reference_diag *diag = item;
    Kadr__V1__ReferenceDiagnostic *m = kadr_enc_new(arena, &kadr__v1__reference_diagnostic__descriptor);
    if (m) {
        m->file = kadr_enc_text(diag->file);
        m->diagnostic = kadr_put_diag(arena, &diag->diag);
    }
    return m;
}

static void get_applied(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__ReferenceApplied *m = message;
    struct kadr_store_reply *reply = ret;
    reply->applied.applied = m->applied;
    reply->applied.unchanged = m->unchanged;
    reply->applied.commit = m->commit;
    reply->applied.reference = kadr_dec_digest_or_none(dec, m->reference, "reference version applied");
    reply->applied.diags =
        kadr_dec_list(dec, m->diagnostics, m->n_diagnostics, KADR_MAX_DIAGNOSTICS + 1,
                      sizeof(struct kadr_reference_diag), get_reference_diag, "too many diagnostics");
    reply->applied.diag_count = m->n_diagnostics;
}

static void *put_applied(struct kadr_arena *arena, const void *item)
{
    const struct kadr_store_reply *reply = item;
    Kadr__V1__ReferenceApplied *m = kadr_enc_new(arena, &kadr__v1__reference_applied__descriptor);
    if (m == NULL) {
        return NULL;
    }
    m->applied = reply->applied.applied;
    m->unchanged = reply->applied.unchanged;
    m->commit = reply->applied.commit;
    m->reference = kadr_enc_digest_or_none(&reply->applied.reference);
    m->diagnostics = kadr_enc_list(arena, reply->applied.diags, reply->applied.diag_count,
                                   sizeof(struct kadr_reference_diag), put_reference_diag, &m->n_diagnostics);
    return m;
}

/* ---- replies ---- */

static void get_reply_refusal(struct kadr_dec *dec, const void *message, void *ret)
{
    kadr_get_refusal(dec, message, &((struct kadr_store_reply *)ret)->refusal);
}

static void *put_reply_refusal(struct kadr_arena *arena, const void *item)
{
    return kadr_put_refusal(arena, &((const struct kadr_store_reply *)item)->refusal);
}

static void get_reply_pong(struct kadr_dec *dec, const void *message, void *ret)
{
    kadr_get_pong(dec, message, &((struct kadr_store_reply *)ret)->pong);
}

static void *put_reply_pong(struct kadr_arena *arena, const void *item)
{
    return kadr_put_pong(arena, &((const struct kadr_store_reply *)item)->pong);
}

static kadr_get_fn *const reply_gets[] = { [KADR_STORE_APPENDED] = get_appended,
                                           [KADR_STORE_FEED] = get_feed,
                                           [KADR_STORE_APPLIED] = get_applied,
                                           [KADR_STORE_REFUSAL] = get_reply_refusal,
                                           [KADR_STORE_PONG] = get_reply_pong };
static kadr_put_fn *const reply_puts[] = { [KADR_STORE_APPENDED] = put_appended,
                                           [KADR_STORE_FEED] = put_feed,
                                           [KADR_STORE_APPLIED] = put_applied,
                                           [KADR_STORE_REFUSAL] = put_reply_refusal,
                                           [KADR_STORE_PONG] = put_reply_pong };
static const struct kadr_bodies reply_bodies = { KADR__V1__STORE_REPLY__BODY_APPENDED, KADR_COUNT(reply_gets),
                                                 reply_gets, reply_puts };

static void get_reply(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__StoreReply *m = message;
    struct kadr_store_reply *reply = ret;
    reply->kind = kadr_dec_body(dec, &reply_bodies, (uint32_t)m->body_case, m->appended, reply);
}

static void *put_reply(struct kadr_arena *arena, const void *item)
{
    const struct kadr_store_reply *reply = item;
    Kadr__V1__StoreReply *m = kadr_enc_new(arena, &kadr__v1__store_reply__descriptor);
    if (m) {
        m->version = KADR_WIRE_VERSION;
        m->body_case = (Kadr__V1__StoreReply__BodyCase)(reply_bodies.first + reply->kind);
        m->appended = kadr_enc_body(arena, &reply_bodies, reply->kind, reply);
    }
    return m;
}

/* ---- public ---- */

static const struct kadr_codec request_codec = { &kadr__v1__store_request__descriptor, get_request,
                                                 put_request, sizeof(struct kadr_store_request), true };
static const struct kadr_codec reply_codec = { &kadr__v1__store_reply__descriptor, get_reply, put_reply,
                                               sizeof(struct kadr_store_reply), true };

void kadr_encode_store_request(const struct kadr_store_request *request, struct kadr_buf *out)
{
    kadr_codec_encode(&request_codec, request, out);
}

int kadr_decode_store_request(struct kadr_bytes frame, struct kadr_arena *arena,
                              struct kadr_store_request *ret, const char **ret_why)
{
    return kadr_codec_decode(&request_codec, frame, arena, ret, ret_why);
}

void kadr_encode_store_reply(const struct kadr_store_reply *reply, struct kadr_buf *out)
{
    kadr_codec_encode(&reply_codec, reply, out);
}

int kadr_decode_store_reply(struct kadr_bytes frame, struct kadr_arena *arena, struct kadr_store_reply *ret,
                            const char **ret_why)
{
    return kadr_codec_decode(&reply_codec, frame, arena, ret, ret_why);
}
