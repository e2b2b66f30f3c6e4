/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* buf.h - a growing run of bytes with a sticky error.
 *
 * Many small appends, one check: the first failure (out of memory, over the cap) is kept, later calls do
 * nothing. Big-endian integers, so that keys sort as numbers do. Always NUL-terminated one past the end, so
 * that text can be used as a string.
 */
#include "base/defs.h"

struct kadr_buf {
    uint8_t *data; /* owned; NULL while empty */
    size_t len;    /* bytes */
    size_t cap;    /* bytes allocated */
    size_t max;    /* bytes; 0 = no cap */
    int err;       /* 0, KADR_ENOMEM or KADR_EFULL */
};

void kadr_buf_init(struct kadr_buf *buf, size_t max_bytes);
void kadr_buf_done(struct kadr_buf *buf);
KADR_DEFINE_DONE(struct kadr_buf, kadr_buf_done)
void kadr_buf_clear(struct kadr_buf *buf); /* length and error to 0; keeps the memory */

void kadr_buf_add(struct kadr_buf *buf, const void *data, size_t len);
void kadr_buf_add_str(struct kadr_buf *buf, const char *text);
void kadr_buf_add_char(struct kadr_buf *buf, char c);
void kadr_buf_printf(struct kadr_buf *buf, const char *format, ...) KADR_PRINTF(2, 3);
void kadr_buf_add_u8(struct kadr_buf *buf, uint8_t value);
void kadr_buf_add_u16(struct kadr_buf *buf, uint16_t value);
void kadr_buf_add_u32(struct kadr_buf *buf, uint32_t value);
void kadr_buf_add_u64(struct kadr_buf *buf, uint64_t value);

/* Text so far, NUL-terminated, borrowed until the next append; "" while empty. */
const char *kadr_buf_str(const struct kadr_buf *buf);
/* Hands the memory over (NUL-terminated, free() it) and empties the buffer; NULL after an error. */
char *kadr_buf_take(struct kadr_buf *buf);
