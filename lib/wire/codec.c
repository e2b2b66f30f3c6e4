/* SPDX-License-Identifier: Apache-2.0 */
/* codec.c - the pattern of codec.h: checks, lists and bodies, and protobuf-c's memory from our arena. */
#include "wire/codec.h"

#include "base/err.h"
#include <string.h>

static void *arena_alloc(void *arena, size_t bytes)
{
    return kadr_arena_alloc(arena, bytes);
}

static void arena_keep(void *arena, void *pointer)
{
    (void)arena; /* freed as a whole */
    (void)pointer;
}

/* ---- whole messages ---- */

static void exhausted(struct kadr_dec *dec)
{
    dec->err = KADR_ENOMEM;
    dec->why = "too large when unpacked";
}

static const ProtobufCMessage *unpack(struct kadr_dec *dec, const struct kadr_codec *codec,
                                      struct kadr_bytes frame)
{
    uint32_t version = 0;
    if (codec->versioned && kadr_frame_version(frame, &version) == 0 && version != KADR_WIRE_VERSION) {
        dec->err = KADR_EVERSION;
        dec->why = "a version this program does not speak";
        return NULL;
    }
    dec->why = kadr_scan(codec->descriptor, frame);
    if (dec->why) {
        dec->err = KADR_EPROTO;
        return NULL;
    }
    ProtobufCAllocator allocator = { arena_alloc, arena_keep, dec->arena };
    ProtobufCMessage *message =
        protobuf_c_message_unpack(codec->descriptor, &allocator, frame.len, frame.data);
    if (kadr_arena_failed(dec->arena)) {
        exhausted(dec);
        return NULL;
    }
    kadr_dec_check(dec, message != NULL, "not a protobuf message");
    return message;
}

int kadr_codec_decode(const struct kadr_codec *codec, struct kadr_bytes frame, struct kadr_arena *arena,
                      void *ret, const char **ret_why)
{
    static const uint8_t nothing[1];
    struct kadr_dec dec = { .arena = arena };
    struct kadr_bytes bytes = frame.len ? frame : (struct kadr_bytes){ nothing, 0 };
    void *item = kadr_arena_calloc(arena, 1, codec->item_bytes);
    const ProtobufCMessage *message = item ? unpack(&dec, codec, bytes) : NULL;
    if (message) {
        codec->get(&dec, message, item);
    }
    if (dec.err == 0 && (item == NULL || kadr_arena_failed(arena))) {
        exhausted(&dec);
    }
    if (item && dec.err == 0) {
        memcpy(ret, item, codec->item_bytes);
    } else if (ret_why) {
        *ret_why = dec.why;
    }
    return dec.err;
}

/* protobuf-c's append-only buffer over ours; `base` first, as it is handed back to us. */
struct sink {
    ProtobufCBuffer base;
    struct kadr_buf *out;
};

static void sink_append(ProtobufCBuffer *base, size_t len, const uint8_t *data)
{
    kadr_buf_add(((struct sink *)base)->out, data, len);
}

void kadr_codec_encode(const struct kadr_codec *codec, const void *item, struct kadr_buf *out)
{
    struct kadr_arena *scratch KADR_CLEANUP(kadr_arena_free) = NULL;
    struct sink sink = { { sink_append }, out };
    int err = kadr_arena_new(KADR_MAX_ARENA_BYTES, &scratch);
    ProtobufCMessage *message = err == 0 ? codec->put(scratch, item) : NULL;
    if (message == NULL || kadr_arena_failed(scratch)) {
        out->err = out->err ? out->err : KADR_ENOMEM;
        return;
    }
    (void)protobuf_c_message_pack_to_buffer(message, &sink.base); /* errors stick to `out` */
}

/* ---- decoding ---- */

void kadr_dec_check(struct kadr_dec *dec, bool ok, const char *why)
{
    if (!ok && dec->err == 0) {
        dec->err = KADR_EPROTO;
        dec->why = why;
    }
}

const char *kadr_dec_text(struct kadr_dec *dec, const char *text, size_t max_bytes, const char *why)
{
    kadr_dec_check(dec, strnlen(text, max_bytes + 1) <= max_bytes, why);
    return text;
}

const char *kadr_dec_code(struct kadr_dec *dec, const char *code, const char *why)
{
    kadr_dec_check(dec, kadr_code_valid(code), why);
    return code;
}

const char *kadr_dec_code_or_empty(struct kadr_dec *dec, const char *code, const char *why)
{
    kadr_dec_check(dec, code[0] == '\0' || kadr_code_valid(code), why);
    return code;
}

struct kadr_bytes kadr_dec_bytes(ProtobufCBinaryData data)
{
    return (struct kadr_bytes){ data.data, data.len };
}

static void fixed_bytes(struct kadr_dec *dec, ProtobufCBinaryData data, bool may_lack, void *ret, size_t len,
                        const char *why)
{
    kadr_dec_check(dec, data.len == len || (may_lack && data.len == 0), why);
    if (data.len == len) {
        memcpy(ret, data.data, len);
    }
}

struct kadr_id kadr_dec_id(struct kadr_dec *dec, ProtobufCBinaryData data, const char *why)
{
    struct kadr_id id = { { 0 } };
    fixed_bytes(dec, data, false, id.bytes, sizeof(id.bytes), why);
    return id;
}

struct kadr_id kadr_dec_id_or_none(struct kadr_dec *dec, ProtobufCBinaryData data, const char *why)
{
    struct kadr_id id = { { 0 } };
    fixed_bytes(dec, data, true, id.bytes, sizeof(id.bytes), why);
    return id;
}

struct kadr_digest kadr_dec_digest(struct kadr_dec *dec, ProtobufCBinaryData data, const char *why)
{
    struct kadr_digest digest = { { 0 } };
    fixed_bytes(dec, data, false, digest.bytes, sizeof(digest.bytes), why);
    return digest;
}

struct kadr_digest kadr_dec_digest_or_none(struct kadr_dec *dec, ProtobufCBinaryData data, const char *why)
{
    struct kadr_digest digest = { { 0 } };
    fixed_bytes(dec, data, true, digest.bytes, sizeof(digest.bytes), why);
    return digest;
}

kadr_day kadr_dec_day(struct kadr_dec *dec, int32_t day)
{
    kadr_dec_check(dec, day >= KADR_DAY_MIN && day <= KADR_DAY_MAX, "a day outside the calendar");
    return day;
}

kadr_ms kadr_dec_ms(struct kadr_dec *dec, int64_t unix_ms)
{
    const int64_t day_ms = INT64_C(86400000);
    kadr_dec_check(dec, unix_ms >= KADR_DAY_MIN * day_ms && unix_ms < (KADR_DAY_MAX + 1) * day_ms,
                   "a time outside the calendar");
    return unix_ms;
}

int32_t kadr_dec_scale(struct kadr_dec *dec, uint32_t scale)
{
    bool known = scale == 1 || scale == 10 || scale == 100 || scale == 1000;
    kadr_dec_check(dec, known, "a scale that is not 1, 10, 100 or 1000");
    return known ? (int32_t)scale : 1;
}

void kadr_dec_part(struct kadr_dec *dec, const void *message, kadr_get_fn *get, void *ret, const char *why)
{
    kadr_dec_check(dec, message != NULL, why);
    if (message) {
        get(dec, message, ret);
    }
}

void *kadr_dec_list(struct kadr_dec *dec, const void *messages, size_t count, size_t max, size_t item_bytes,
                    kadr_get_fn *get, const char *why)
{
    kadr_dec_check(dec, count <= max, why);
    if (count == 0 || dec->err) {
        return NULL;
    }
    const void *const *list = messages;
    uint8_t *items = kadr_arena_calloc(dec->arena, count, item_bytes);
    for (size_t i = 0; items && i < count && dec->err == 0; i++) {
        get(dec, list[i], items + i * item_bytes);
    }
    return items;
}

uint32_t kadr_dec_body(struct kadr_dec *dec, const struct kadr_bodies *bodies, uint32_t number,
                       const void *body, void *ret)
{
    bool known = number >= bodies->first && number - bodies->first < bodies->count &&
                 bodies->get[number - bodies->first] != NULL;
    kadr_dec_check(dec, known && body != NULL, "no body that this program knows");
    if (dec->err) {
        return 0;
    }
    bodies->get[number - bodies->first](dec, body, ret);
    return number - bodies->first;
}

/* ---- encoding ---- */

void *kadr_enc_new(struct kadr_arena *arena, const ProtobufCMessageDescriptor *descriptor)
{
    void *message = kadr_arena_alloc(arena, descriptor->sizeof_message);
    if (message) {
        protobuf_c_message_init(descriptor, message);
    }
    return message;
}

/* protobuf-c's structs are for both directions, so their pointers lack const; packing only reads them. */
char *kadr_enc_text(const char *text)
{
    return (char *)(uintptr_t)(text ? text : "");
}

ProtobufCBinaryData kadr_enc_bytes(struct kadr_bytes bytes)
{
    return (ProtobufCBinaryData){ bytes.len, (uint8_t *)(uintptr_t)bytes.data };
}

static ProtobufCBinaryData unless_zero(const uint8_t *bytes, size_t len)
{
    bool zero = true;
    for (size_t i = 0; i < len; i++) {
        zero = zero && bytes[i] == 0;
    }
    return kadr_enc_bytes((struct kadr_bytes){ bytes, zero ? 0 : len });
}

ProtobufCBinaryData kadr_enc_id(const struct kadr_id *id)
{
    return kadr_enc_bytes((struct kadr_bytes){ id->bytes, sizeof(id->bytes) });
}

ProtobufCBinaryData kadr_enc_id_or_none(const struct kadr_id *id)
{
    return unless_zero(id->bytes, sizeof(id->bytes));
}

ProtobufCBinaryData kadr_enc_digest(const struct kadr_digest *digest)
{
    return kadr_enc_bytes((struct kadr_bytes){ digest->bytes, sizeof(digest->bytes) });
}

ProtobufCBinaryData kadr_enc_digest_or_none(const struct kadr_digest *digest)
{
    return unless_zero(digest->bytes, sizeof(digest->bytes));
}

void *kadr_enc_list(struct kadr_arena *arena, const void *items, size_t count, size_t item_bytes,
                    kadr_put_fn *put, size_t *ret_count)
{
    *ret_count = 0;
    if (count == 0) {
        return NULL;
    }
    const uint8_t *from = items;
    void **messages = kadr_arena_calloc(arena, count, sizeof(*messages));
    for (size_t i = 0; messages && i < count; i++) {
        messages[i] = put(arena, from + i * item_bytes);
    }
    *ret_count = messages ? count : 0;
    return messages;
}

void *kadr_enc_body(struct kadr_arena *arena, const struct kadr_bodies *bodies, uint32_t kind,
                    const void *item)
{
    KADR_ASSERT(kind < bodies->count);
    return bodies->put[kind](arena, item);
}
