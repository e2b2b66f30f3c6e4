/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* codec.h - the one pattern that all messages of lib/wire are coded by. Inside lib/wire only.
 *
 * A message has a `get` (protobuf-c object → plain struct) and a `put` (plain struct → protobuf-c object in a
 * scratch arena). A kadr_codec ties the two to the message's descriptor; the public functions of wire.h are
 * one line over it. Errors stick: in the kadr_dec while decoding, in the arena while encoding.
 *
 * To add a field: the .proto, the struct in wire.h, `get`, `put`, the random generator of the round-trip
 * test.
 */
#include "wire/wire.h"
#include <protobuf-c/protobuf-c.h>

/* ---- decoding ---- */
struct kadr_dec {
    struct kadr_arena *arena;
    int err; /* first error; later calls do nothing that matters */
    const char *why;
};
/* Fills *ret from a message; `ret` is zeroed before. */
typedef void kadr_get_fn(struct kadr_dec *dec, const void *message, void *ret);

/* ---- encoding ---- */
/* Makes a message from *item in the arena; NULL when the arena is exhausted. */
typedef void *kadr_put_fn(struct kadr_arena *arena, const void *item);

struct kadr_codec {
    const ProtobufCMessageDescriptor *descriptor;
    kadr_get_fn *get;
    kadr_put_fn *put;
    size_t item_bytes; /* of the plain struct */
    bool versioned;    /* field 1 is the version */
};

/* The bodies of a oneof by their plain `kind`: kind 0 has field number `first`, kind 1 the next …; NULL where
 * there is none. */
struct kadr_bodies {
    uint32_t first, count;
    kadr_get_fn *const *get;
    kadr_put_fn *const *put;
};

int kadr_codec_decode(const struct kadr_codec *codec, struct kadr_bytes frame, struct kadr_arena *arena,
                      void *ret, const char **ret_why);
void kadr_codec_encode(const struct kadr_codec *codec, const void *item, struct kadr_buf *out);

/* What protobuf-c does not check, in one pass over the bytes before unpacking: strings are UTF-8 without NUL,
 * enum numbers are known, no singular field or oneof is there twice, nesting is bounded. NULL, or why not. */
const char *kadr_scan(const ProtobufCMessageDescriptor *descriptor, struct kadr_bytes frame);

/* ---- helpers of `get` functions ---- */
void kadr_dec_check(struct kadr_dec *dec, bool ok, const char *why);
const char *kadr_dec_text(struct kadr_dec *dec, const char *text, size_t max_bytes, const char *why);
const char *kadr_dec_code(struct kadr_dec *dec, const char *code, const char *why);
const char *kadr_dec_code_or_empty(struct kadr_dec *dec, const char *code, const char *why);
struct kadr_bytes kadr_dec_bytes(ProtobufCBinaryData data);
struct kadr_id kadr_dec_id(struct kadr_dec *dec, ProtobufCBinaryData data, const char *why);
struct kadr_id kadr_dec_id_or_none(struct kadr_dec *dec, ProtobufCBinaryData data, const char *why);
struct kadr_digest kadr_dec_digest(struct kadr_dec *dec, ProtobufCBinaryData data, const char *why);
struct kadr_digest kadr_dec_digest_or_none(struct kadr_dec *dec, ProtobufCBinaryData data, const char *why);
kadr_day kadr_dec_day(struct kadr_dec *dec, int32_t day);
kadr_ms kadr_dec_ms(struct kadr_dec *dec, int64_t unix_ms);
/* What is known then: at a commit, by a time, or now. */
struct kadr_instant kadr_dec_instant(struct kadr_dec *dec, bool by_commit, uint64_t commit, bool by_time,
                                     int64_t at_ms);
int32_t kadr_dec_scale(struct kadr_dec *dec, uint32_t scale);
/* Array of `count` structs made by `get` from an array of message pointers; NULL when empty. */
void *kadr_dec_list(struct kadr_dec *dec, const void *messages, size_t count, size_t max, size_t item_bytes,
                    kadr_get_fn *get, const char *why);
/* Decodes the body in field `number` into *ret and returns its kind. */
uint32_t kadr_dec_body(struct kadr_dec *dec, const struct kadr_bodies *bodies, uint32_t number,
                       const void *body, void *ret);

/* ---- helpers of `put` functions ---- */
void *kadr_enc_new(struct kadr_arena *arena, const ProtobufCMessageDescriptor *descriptor);
char *kadr_enc_text(const char *text); /* borrowed, without const; NULL becomes "" */
ProtobufCBinaryData kadr_enc_bytes(struct kadr_bytes bytes);
ProtobufCBinaryData kadr_enc_id(const struct kadr_id *id);
ProtobufCBinaryData kadr_enc_id_or_none(const struct kadr_id *id); /* zeros are sent as nothing */
ProtobufCBinaryData kadr_enc_digest(const struct kadr_digest *digest);
ProtobufCBinaryData kadr_enc_digest_or_none(const struct kadr_digest *digest);
/* Array of message pointers made by `put`; sets *ret_count. */
void *kadr_enc_list(struct kadr_arena *arena, const void *items, size_t count, size_t item_bytes,
                    kadr_put_fn *put, size_t *ret_count);
void *kadr_enc_body(struct kadr_arena *arena, const struct kadr_bodies *bodies, uint32_t kind,
                    const void *item);

/* ---- parts that several links share (common.c, report.c, journal.c, cell.c, rollup.c, explain.c) ---- */
kadr_get_fn kadr_get_diag, kadr_get_receipt, kadr_get_refusal, kadr_get_ping, kadr_get_pong, kadr_get_period;
kadr_put_fn kadr_put_diag, kadr_put_receipt, kadr_put_refusal, kadr_put_ping, kadr_put_pong, kadr_put_period;
kadr_get_fn kadr_get_member, kadr_get_observation, kadr_get_node;
kadr_put_fn kadr_put_member, kadr_put_observation, kadr_put_node;
kadr_get_fn kadr_get_files, kadr_get_cell, kadr_get_position, kadr_get_change;
kadr_put_fn kadr_put_files, kadr_put_cell, kadr_put_position, kadr_put_change;
/* bodies of QueryRequest and QueryReply: trend.c, owed.c */
kadr_get_fn kadr_get_series_request, kadr_get_points, kadr_get_coverage_request, kadr_get_coverage;
kadr_put_fn kadr_put_series_request, kadr_put_points, kadr_put_coverage_request, kadr_put_coverage;
struct kadr_bytes kadr_get_verdicts(struct kadr_dec *dec, ProtobufCBinaryData data);
/* Zeros are sent as nothing: a report that could not be decoded has no id. */
void kadr_get_report_id(struct kadr_dec *dec, ProtobufCBinaryData data, uint8_t ret_id[KADR_ID_BYTES]);
ProtobufCBinaryData kadr_put_report_id(const uint8_t id[KADR_ID_BYTES]);
/* A sub-message that must be there. */
void kadr_dec_part(struct kadr_dec *dec, const void *message, kadr_get_fn *get, void *ret, const char *why);
