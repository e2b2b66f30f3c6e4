/* SPDX-License-Identifier: Apache-2.0 */
/* cursor.c - every read goes through kadr_cursor_bytes(), the one place that compares with the end. */
#include "base/cursor.h"

#include "base/err.h"

struct kadr_cursor kadr_cursor_of(const void *data, size_t len)
{
    static const uint8_t nothing[1];
    const uint8_t *pos = data ? data : nothing;
    return (struct kadr_cursor){ .pos = pos, .end = pos + (data ? len : 0) };
}

struct kadr_bytes kadr_cursor_bytes(struct kadr_cursor *cur, size_t len)
{
    if (cur->err || len > kadr_cursor_left(cur)) {
        cur->err = KADR_EINVAL;
        return (struct kadr_bytes){ 0 };
    }
    struct kadr_bytes bytes = { .data = cur->pos, .len = len };
    cur->pos += len;
    return bytes;
}

static uint64_t read_big_endian(struct kadr_cursor *cur, size_t width)
{
    struct kadr_bytes bytes = kadr_cursor_bytes(cur, width);
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        value = value << 8 | bytes.data[i];
    }
    return value;
}

uint8_t kadr_cursor_u8(struct kadr_cursor *cur)
{
    return (uint8_t)read_big_endian(cur, sizeof(uint8_t));
}

uint16_t kadr_cursor_u16(struct kadr_cursor *cur)
{
    return (uint16_t)read_big_endian(cur, sizeof(uint16_t));
}

uint32_t kadr_cursor_u32(struct kadr_cursor *cur)
{
    return (uint32_t)read_big_endian(cur, sizeof(uint32_t));
}

uint64_t kadr_cursor_u64(struct kadr_cursor *cur)
{
    return read_big_endian(cur, sizeof(uint64_t));
}

size_t kadr_cursor_left(const struct kadr_cursor *cur)
{
    return (size_t)(cur->end - cur->pos);
}
