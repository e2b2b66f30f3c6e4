/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* cursor.h - bounds-checked reading of big-endian bytes with a sticky error (after Knot DNS's wire_ctx).
 * After the first short read every read returns 0 and `err` stays KADR_EINVAL.
 */
#include "base/defs.h"

struct kadr_cursor {
    const uint8_t *pos;
    const uint8_t *end;
    int err;
};

struct kadr_cursor kadr_cursor_of(const void *data, size_t len);
uint8_t kadr_cursor_u8(struct kadr_cursor *cur);
uint16_t kadr_cursor_u16(struct kadr_cursor *cur);
uint32_t kadr_cursor_u32(struct kadr_cursor *cur);
uint64_t kadr_cursor_u64(struct kadr_cursor *cur);
/* Borrowed bytes inside the input; {NULL, 0} on error. */
struct kadr_bytes kadr_cursor_bytes(struct kadr_cursor *cur, size_t len);
size_t kadr_cursor_left(const struct kadr_cursor *cur);
