/* SPDX-License-Identifier: Apache-2.0 */
/* office.c - the office's link. */
#include "kadr/v1/office.pb-c.h"
#include "wire/codec.h"

/* ---- requests ---- */

static void get_hello(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Hello *m = message;
    struct kadr_office_request *request = ret;
    request->hello.office = kadr_dec_code(dec, m->office, "office of a hello");
    request->hello.client = kadr_dec_text(dec, m->client, KADR_MAX_NAME_BYTES, "client of a hello too long");
}

static void *put_hello(struct kadr_arena *arena, const void *item)
{
    const struct kadr_office_request *request = item;
    Kadr__V1__Hello *m = kadr_enc_new(arena, &kadr__v1__hello__descriptor);
    if (m) {
        m->office = kadr_enc_text(request->hello.office);
        m->client = kadr_enc_text(request->hello.client);
    }
    return m;
}

static void get_submit(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Submit *m = message;
    struct kadr_submit *submit = &((struct kadr_office_request *)ret)->submit;
    submit->office = kadr_dec_code(dec, m->office, "office of a submit");
    submit->stream = kadr_dec_id(dec, m->stream, "stream of a submit");
    kadr_dec_check(dec, m->sequence > 0, "sequence 0; numbers of a stream begin at 1");
    submit->sequence = m->sequence;
    submit->report = kadr_dec_bytes(m->report);
}

static void *put_submit(struct kadr_arena *arena, const void *item)
{
    const struct kadr_submit *submit = &((const struct kadr_office_request *)item)->submit;
    Kadr__V1__Submit *m = kadr_enc_new(arena, &kadr__v1__submit__descriptor);
    if (m) {
        m->office = kadr_enc_text(submit->office);
        m->stream = kadr_enc_id(&submit->stream);
        m->sequence = submit->sequence;
        m->report = kadr_enc_bytes(submit->report);
    }
    return m;
}

static void get_request_ping(struct kadr_dec *dec, const void *message, void *ret)
{
    kadr_get_ping(dec, message, &((struct kadr_office_request *)ret)->ping_nonce);
}

static void *put_request_ping(struct kadr_arena *arena, const void *item)
{
    return kadr_put_ping(arena, &((const struct kadr_office_request *)item)->ping_nonce);
}

static kadr_get_fn *const request_gets[] = {
    [KADR_OFFICE_HELLO] = get_hello, [KADR_OFFICE_SUBMIT] = get_submit, [KADR_OFFICE_PING] = get_request_ping
};
static kadr_put_fn *const request_puts[] = {
    [KADR_OFFICE_HELLO] = put_hello, [KADR_OFFICE_SUBMIT] = put_submit, [KADR_OFFICE_PING] = put_request_ping
};
static const struct kadr_bodies request_bodies = { KADR__V1__OFFICE_REQUEST__BODY_HELLO,
                                                   KADR_COUNT(request_gets), request_gets, request_puts };

static void get_request(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__OfficeRequest *m = message;
    struct kadr_office_request *request = ret;
    request->kind = kadr_dec_body(dec, &request_bodies, (uint32_t)m->body_case, m->hello, request);
}

static void *put_request(struct kadr_arena *arena, const void *item)
{
    const struct kadr_office_request *request = item;
    Kadr__V1__OfficeRequest *m = kadr_enc_new(arena, &kadr__v1__office_request__descriptor);
    if (m) {
        m->version = KADR_WIRE_VERSION;
        m->body_case = (Kadr__V1__OfficeRequest__BodyCase)(request_bodies.first + request->kind);
        m->hello = kadr_enc_body(arena, &request_bodies, request->kind, request);
    }
    return m;
}

/* ---- replies ---- */

static void get_welcome(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Welcome *m = message;
    struct kadr_office_reply *reply = ret;
    struct kadr_pong *state = &reply->welcome.state;
    bool has_day = m->current_day_case == KADR__V1__WELCOME__CURRENT_DAY_DAY;
    state->has_lineage = m->lineage.len > 0;
    state->lineage = kadr_dec_id_or_none(dec, m->lineage, "lineage of a welcome");
    state->commit = m->commit;
    state->day = has_day ? kadr_dec_day(dec, m->day) : KADR_DAY_NONE;
    state->has_reference = m->reference.len > 0;
    state->reference = kadr_dec_digest_or_none(dec, m->reference, "reference version of a welcome");
    reply->welcome.credit = m->credit;
}

static void *put_welcome(struct kadr_arena *arena, const void *item)
{
    const struct kadr_office_reply *reply = item;
    const struct kadr_pong *state = &reply->welcome.state;
    Kadr__V1__Welcome *m = kadr_enc_new(arena, &kadr__v1__welcome__descriptor);
    if (m == NULL) {
        return NULL;
    }
    if (state->has_lineage) {
        m->lineage = kadr_enc_id(&state->lineage);
    }
    m->commit = state->commit;
    if (state->day != KADR_DAY_NONE) {
        m->current_day_case = KADR__V1__WELCOME__CURRENT_DAY_DAY;
        m->day = state->day;
    }
    if (state->has_reference) {
        m->reference = kadr_enc_digest(&state->reference);
    }
    m->credit = reply->welcome.credit;
    return m;
}

static void get_receipts(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__Receipts *m = message;
    struct kadr_office_reply *reply = ret;
    reply->receipts.items = kadr_dec_list(dec, m->receipts, m->n_receipts, KADR_MAX_APPEND_ITEMS,
                                          sizeof(struct kadr_receipt), kadr_get_receipt, "too many receipts");
    reply->receipts.count = m->n_receipts;
}

static void *put_receipts(struct kadr_arena *arena, const void *item)
{
    const struct kadr_office_reply *reply = item;
    Kadr__V1__Receipts *m = kadr_enc_new(arena, &kadr__v1__receipts__descriptor);
    if (m) {
        m->receipts = kadr_enc_list(arena, reply->receipts.items, reply->receipts.count,
                                    sizeof(struct kadr_receipt), kadr_put_receipt, &m->n_receipts);
    }
    return m;
}

static void get_reply_refusal(struct kadr_dec *dec, const void *message, void *ret)
{
    kadr_get_refusal(dec, message, &((struct kadr_office_reply *)ret)->refusal);
}

static void *put_reply_refusal(struct kadr_arena *arena, const void *item)
{
    return kadr_put_refusal(arena, &((const struct kadr_office_reply *)item)->refusal);
}

static void get_reply_pong(struct kadr_dec *dec, const void *message, void *ret)
{
    kadr_get_pong(dec, message, &((struct kadr_office_reply *)ret)->pong);
}

static void *put_reply_pong(struct kadr_arena *arena, const void *item)
{
    return kadr_put_pong(arena, &((const struct kadr_office_reply *)item)->pong);
}

static kadr_get_fn *const reply_gets[] = { [KADR_OFFICE_WELCOME] = get_welcome,
                                           [KADR_OFFICE_RECEIPTS] = get_receipts,
                                           [KADR_OFFICE_REFUSAL] = get_reply_refusal,
                                           [KADR_OFFICE_PONG] = get_reply_pong };
static kadr_put_fn *const reply_puts[] = { [KADR_OFFICE_WELCOME] = put_welcome,
                                           [KADR_OFFICE_RECEIPTS] = put_receipts,
                                           [KADR_OFFICE_REFUSAL] = put_reply_refusal,
                                           [KADR_OFFICE_PONG] = put_reply_pong };
static const struct kadr_bodies reply_bodies = { KADR__V1__OFFICE_REPLY__BODY_WELCOME, KADR_COUNT(reply_gets),
                                                 reply_gets, reply_puts };

static void get_reply(struct kadr_dec *dec, const void *message, void *ret)
{
    const Kadr__V1__OfficeReply *m = message;
    struct kadr_office_reply *reply = ret;
    reply->kind = kadr_dec_body(dec, &reply_bodies, (uint32_t)m->body_case, m->welcome, reply);
}

static void *put_reply(struct kadr_arena *arena, const void *item)
{
    const struct kadr_office_reply *reply = item;
    Kadr__V1__OfficeReply *m = kadr_enc_new(arena, &kadr__v1__office_reply__descriptor);
    if (m) {
        m->version = KADR_WIRE_VERSION;
        m->body_case = (Kadr__V1__OfficeReply__BodyCase)(reply_bodies.first + reply->kind);
        m->welcome = kadr_enc_body(arena, &reply_bodies, reply->kind, reply);
    }
    return m;
}

/* ---- public ---- */

static const struct kadr_codec request_codec = { &kadr__v1__office_request__descriptor, get_request,
                                                 put_request, sizeof(struct kadr_office_request), true };
static const struct kadr_codec reply_codec = { &kadr__v1__office_reply__descriptor, get_reply, put_reply,
                                               sizeof(struct kadr_office_reply), true };

void kadr_encode_office_request(const struct kadr_office_request *request, struct kadr_buf *out)
{
    kadr_codec_encode(&request_codec, request, out);
}

int kadr_decode_office_request(struct kadr_bytes frame, struct kadr_arena *arena,
                               struct kadr_office_request *ret, const char **ret_why)
{
    return kadr_codec_decode(&request_codec, frame, arena, ret, ret_why);
}

void kadr_encode_office_reply(const struct kadr_office_reply *reply, struct kadr_buf *out)
{
    kadr_codec_encode(&reply_codec, reply, out);
}

int kadr_decode_office_reply(struct kadr_bytes frame, struct kadr_arena *arena, struct kadr_office_reply *ret,
                             const char **ret_why)
{
    return kadr_codec_decode(&reply_codec, frame, arena, ret, ret_why);
}
