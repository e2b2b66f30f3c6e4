/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* messages.h - every message of wire.h behind one pair of functions, for the tests that treat all alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "wire/wire.h"

#include <string.h>

union any_message {
    struct kadr_report report;
    struct kadr_office_request office_request;
    struct kadr_office_reply office_reply;
    struct kadr_store_request store_request;
    struct kadr_store_reply store_reply;
    struct kadr_envelope envelope;
    struct kadr_receipt receipt;
    struct kadr_published published;
    struct kadr_query_request query_request;
    struct kadr_query_reply query_reply;
    struct kadr_wire_files files;
};

static inline void encode_files(const struct kadr_wire_files *files, struct kadr_buf *out)
{
    kadr_encode_files(files->files, files->count, out);
}

#define MESSAGE_FUNCTIONS(name, encode_fn)                                                       \
    static inline int decode_any_##name(struct kadr_bytes frame, struct kadr_arena *arena,       \
                                        union any_message *ret, const char **ret_why)            \
    {                                                                                            \
        return kadr_decode_##name(frame, arena, &ret->name, ret_why);                            \
    }                                                                                            \
    static inline void encode_any_##name(const union any_message *message, struct kadr_buf *out) \
    {                                                                                            \
        encode_fn(&message->name, out);                                                          \
    }
MESSAGE_FUNCTIONS(report, kadr_encode_report)
MESSAGE_FUNCTIONS(office_request, kadr_encode_office_request)
MESSAGE_FUNCTIONS(office_reply, kadr_encode_office_reply)
MESSAGE_FUNCTIONS(store_request, kadr_encode_store_request)
MESSAGE_FUNCTIONS(store_reply, kadr_encode_store_reply)
MESSAGE_FUNCTIONS(envelope, kadr_encode_envelope)
MESSAGE_FUNCTIONS(receipt, kadr_encode_receipt)
MESSAGE_FUNCTIONS(published, kadr_encode_published)
MESSAGE_FUNCTIONS(query_request, kadr_encode_query_request)
MESSAGE_FUNCTIONS(query_reply, kadr_encode_query_reply)
MESSAGE_FUNCTIONS(files, encode_files)
#undef MESSAGE_FUNCTIONS

struct message_type {
    const char *name;
    int (*decode)(struct kadr_bytes, struct kadr_arena *, union any_message *, const char **);
    void (*encode)(const union any_message *, struct kadr_buf *);
};

#define MESSAGE(name)                               \
    {                                               \
#name, decode_any_##name, encode_any_##name \
    }
static const struct message_type message_types[] = {
    MESSAGE(report),      MESSAGE(office_request), MESSAGE(office_reply), MESSAGE(store_request),
    MESSAGE(store_reply), MESSAGE(envelope),       MESSAGE(receipt),      MESSAGE(published),
    MESSAGE(query_reply), MESSAGE(query_request),  MESSAGE(files),
};
#undef MESSAGE

/* By the first `len` bytes of a name. */
static inline const struct message_type *message_type_of(const char *name, size_t len)
{
    size_t i = 0;
    while (i < KADR_COUNT(message_types) &&
           (strlen(message_types[i].name) != len || strncmp(message_types[i].name, name, len) != 0)) {
        i++;
    }
    if (i == KADR_COUNT(message_types)) {
        print_error("no message of the name %s\n", name);
        i = 0;
        fail();
    }
    return &message_types[i];
}

/* The bytes decode, and what was decoded encodes to bytes that do the same: no more can be asked of bytes
 * that a stranger sent. Returns the decoder's result. */
static inline int decode_and_settle(const struct message_type *type, struct kadr_bytes frame)
{
    struct kadr_arena *arena KADR_CLEANUP(kadr_arena_free) = NULL;
    struct kadr_buf first KADR_CLEANUP(kadr_buf_done) = { 0 };
    struct kadr_buf second KADR_CLEANUP(kadr_buf_done) = { 0 };
    union any_message message;
    const char *why = NULL;
    assert_int_equal(kadr_arena_new(KADR_MAX_ARENA_BYTES, &arena), 0);
    int err = type->decode(frame, arena, &message, &why);
    if (err) {
        assert_non_null(why);
        return err;
    }
    type->encode(&message, &first);
    assert_int_equal(first.err, 0);
    assert_int_equal(type->decode((struct kadr_bytes){ first.data, first.len }, arena, &message, &why), 0);
    type->encode(&message, &second);
    assert_int_equal(first.len, second.len);
    if (first.len) {
        assert_memory_equal(first.data, second.data, first.len);
    }
    return 0;
}
