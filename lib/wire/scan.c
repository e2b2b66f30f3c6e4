/* SPDX-License-Identifier: Apache-2.0 */
/* scan.c - one pass over the bytes of a message before protobuf-c sees them.
 *
 * protobuf-c 1.4 cuts strings at a NUL, takes any bytes for text, passes unknown enum numbers through and
 * merges a field that is there twice. All of that can be told from the bytes and the descriptor alone, so it
 * is checked here once for every message, and the `get` functions need not care. The walk keeps its own stack
 * (no recursion on input). Fields this program does not know are skipped, as protobuf wants it: they come
 * from newer senders.
 */
#include "wire/codec.h"

#define MAX_DEPTH 8 /* the deepest message of proto/kadr/v1 has five levels */
/* Fields of newer senders in one frame: protobuf-c keeps each of them, 16 bytes of memory for every byte
 * sent. */
#define MAX_UNKNOWN 65536
#define MAX_NUMBER  ((UINT64_C(1) << 29) - 1)

enum wire_type { WIRE_VARINT = 0, WIRE_64BIT = 1, WIRE_LENGTH = 2, WIRE_32BIT = 5 };

struct wire_field {
    uint32_t number;
    uint32_t type;
    uint64_t value;          /* of a varint */
    struct kadr_bytes bytes; /* of a length-prefixed field */
};

struct level {
    const ProtobufCMessageDescriptor *descriptor;
    const uint8_t *end;
    uint64_t seen; /* one bit per singular field, one per oneof */
};

static bool read_varint(const uint8_t **pos, const uint8_t *end, uint64_t *ret)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70 && *pos < end; shift += 7) {
        uint8_t byte = *(*pos)++;
        value |= shift < 64 ? (uint64_t)(byte & 0x7f) << shift : 0;
        if (byte < 0x80) {
            *ret = value;
            return true;
        }
    }
    return false;
}

static bool skip_bytes(const uint8_t **pos, const uint8_t *end, uint64_t len, struct kadr_bytes *ret)
{
    if (len > (uint64_t)(end - *pos)) {
        return false;
    }
    *ret = (struct kadr_bytes){ *pos, (size_t)len };
    *pos += len;
    return true;
}

static bool next_field(const uint8_t **pos, const uint8_t *end, struct wire_field *ret)
{
    uint64_t tag = 0;
    *ret = (struct wire_field){ 0 };
    if (!read_varint(pos, end, &tag) || tag >> 3 == 0 || tag >> 3 > MAX_NUMBER) {
        return false;
    }
    ret->number = (uint32_t)(tag >> 3);
    ret->type = (uint32_t)(tag & 7);
    switch (ret->type) {
    case WIRE_VARINT:
        return read_varint(pos, end, &ret->value);
    case WIRE_64BIT:
        return skip_bytes(pos, end, 8, &ret->bytes);
    case WIRE_32BIT:
        return skip_bytes(pos, end, 4, &ret->bytes);
    case WIRE_LENGTH:
        return read_varint(pos, end, &ret->value) && skip_bytes(pos, end, ret->value, &ret->bytes);
    default: /* groups are not proto3 */
        return false;
    }
}

/* Length of the well-formed UTF-8 sequence at `p` (RFC 3629: no overlong forms, no surrogates); 0: none. */
static size_t utf8_sequence(const uint8_t *p, size_t left)
{
    static const struct {
        uint8_t lead_min, lead_max, second_min, second_max;
        size_t len;
    } forms[] = {
        { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
        { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
        { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };
    for (size_t i = 0; i < KADR_COUNT(forms); i++) {
        if (p[0] < forms[i].lead_min || p[0] > forms[i].lead_max) {
            continue;
        }
        bool fits = left >= forms[i].len && p[1] >= forms[i].second_min && p[1] <= forms[i].second_max;
        for (size_t k = 2; fits && k < forms[i].len; k++) {
            fits = (p[k] & 0xc0) == 0x80;
        }
        return fits ? forms[i].len : 0;
    }
    return 0;
}

static const char *scan_text(struct kadr_bytes text)
{
    for (size_t i = 0; i < text.len;) {
        if (text.data[i] == 0) {
            return "a NUL inside a string";
        }
        size_t len = text.data[i] < 0x80 ? 1 : utf8_sequence(text.data + i, text.len - i);
        if (len == 0) {
            return "a string is not UTF-8";
        }
        i += len;
    }
    return NULL;
}

/* The bit of a singular field; members of one oneof share one. */
static uint64_t seen_bit(const ProtobufCMessageDescriptor *descriptor, const ProtobufCFieldDescriptor *field)
{
    unsigned index = (unsigned)(field - descriptor->fields);
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        for (unsigned i = 0; i < index; i++) {
            if ((descriptor->fields[i].flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
                descriptor->fields[i].quantifier_offset == field->quantifier_offset) {
                index = i;
            }
        }
    }
    KADR_ASSERT(index < 64);
    return UINT64_C(1) << index;
}

static bool takes_length(const ProtobufCFieldDescriptor *field)
{
    return field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_BYTES ||
           field->type == PROTOBUF_C_TYPE_MESSAGE;
}

static const char *scan_field(struct level *level, const ProtobufCFieldDescriptor *field,
                              const struct wire_field *got)
{
    if (got->type != (takes_length(field) ? WIRE_LENGTH : WIRE_VARINT)) {
        return "a field has the wrong wire type";
    }
    if (field->label != PROTOBUF_C_LABEL_REPEATED) {
        uint64_t bit = seen_bit(level->descriptor, field);
        if (level->seen & bit) {
            return "a singular field is there twice";
        }
        level->seen |= bit;
    }
    if (field->type == PROTOBUF_C_TYPE_ENUM &&
        protobuf_c_enum_descriptor_get_value(field->descriptor, (int)(int32_t)(uint32_t)got->value) == NULL) {
        return "an unknown enum number";
    }
    return field->type == PROTOBUF_C_TYPE_STRING ? scan_text(got->bytes) : NULL;
}

const char *kadr_scan(const ProtobufCMessageDescriptor *descriptor, struct kadr_bytes frame)
{
    struct level stack[MAX_DEPTH] = { { descriptor, frame.data + frame.len, 0 } };
    size_t depth = 0, unknown = 0;
    const uint8_t *pos = frame.data;
    while (pos < stack[depth].end || depth > 0) {
        struct level *level = &stack[depth];
        KADR_ASSERT(level->descriptor != NULL);
        if (pos == level->end) {
            depth--;
            continue;
        }
        struct wire_field got;
        if (!next_field(&pos, level->end, &got)) {
            return "not a protobuf message";
        }
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(level->descriptor, got.number);
        const char *why = field ? scan_field(level, field, &got) : NULL;
        if (why) {
            return why;
        }
        if (field == NULL && ++unknown > MAX_UNKNOWN) {
            return "too many unknown fields";
        }
        if (field && field->type == PROTOBUF_C_TYPE_MESSAGE) {
            if (++depth == MAX_DEPTH) {
                return "nested too deeply";
            }
            stack[depth] = (struct level){ field->descriptor, pos, 0 };
            pos = got.bytes.data; /* go back to the beginning of the part just skipped */
        }
    }
    return NULL;
}

int kadr_frame_version(struct kadr_bytes frame, uint32_t *ret_version)
{
    const uint8_t *pos = frame.data;
    const uint8_t *end = frame.data + frame.len;
    uint32_t version = 0;
    while (pos < end) {
        struct wire_field got;
        if (!next_field(&pos, end, &got)) {
            return KADR_EPROTO;
        }
        if (got.number == 1) {
            version = got.type == WIRE_VARINT ? (uint32_t)got.value : 0;
        }
    }
    *ret_version = version;
    return 0;
}
