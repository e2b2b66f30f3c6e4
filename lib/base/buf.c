/* SPDX-License-Identifier: Apache-2.0 */
/* buf.c - growth by doubling, so that n appends cost O(n). One byte beyond `len` always belongs to the NUL,
 * hence cap > len whenever data is there. An append that fails changes nothing but `err`.
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

#define FIRST_CAP_BYTES 64

void kadr_buf_init(struct kadr_buf *buf, size_t max_bytes)
{
    *buf = (struct kadr_buf){ .max = max_bytes };
}

void kadr_buf_done(struct kadr_buf *buf)
{
    free(buf->data);
    kadr_buf_init(buf, buf->max);
}

void kadr_buf_clear(struct kadr_buf *buf)
{
    buf->len = 0;
    buf->err = KADR_OK;
    if (buf->data) {
        buf->data[0] = 0;
    }
}

/* Room for `extra` more bytes and the NUL, or the sticky error. */
static bool reserve(struct kadr_buf *buf, size_t extra)
{
    if (buf->err) {
        return false;
    }
    if (buf->max && extra > buf->max - buf->len) {
        buf->err = KADR_EFULL;
        return false;
    }
    if (extra < buf->cap - buf->len) {
        return true;
    }
    size_t cap = buf->cap ? buf->cap : FIRST_CAP_BYTES;
    while (cap - buf->len <= extra && cap <= SIZE_MAX / 2) {
        cap *= 2;
    }
    uint8_t *data = cap - buf->len > extra ? realloc(buf->data, cap) : NULL;
    if (!data) {
        buf->err = KADR_ENOMEM;
        return false;
    }
    buf->data = data;
    buf->cap = cap;
    return true;
}

void kadr_buf_add(struct kadr_buf *buf, const void *data, size_t len)
{
    if (!reserve(buf, len)) {
        return;
    }
    if (len > 0) {
        memcpy(buf->data + buf->len, data, len);
        buf->len += len;
    }
    buf->data[buf->len] = 0;
}

void kadr_buf_add_str(struct kadr_buf *buf, const char *text)
{
    kadr_buf_add(buf, text, strlen(text));
}

void kadr_buf_add_char(struct kadr_buf *buf, char c)
{
    kadr_buf_add(buf, &c, 1);
}

void kadr_buf_printf(struct kadr_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0) {
        buf->err = buf->err ? buf->err : KADR_ENOMEM;
        return;
    }
    if (!reserve(buf, (size_t)len)) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf((char *)buf->data + buf->len, (size_t)len + 1, format, args); /* measured above */
    va_end(args);
    buf->len += (size_t)len;
}

void kadr_buf_add_u8(struct kadr_buf *buf, uint8_t value)
{
    kadr_buf_add(buf, &value, 1);
}

static void add_big_endian(struct kadr_buf *buf, uint64_t value, size_t width)
{
    uint8_t bytes[8];
    for (size_t i = width; i-- > 0; value >>= 8) {
        bytes[i] = (uint8_t)value;
    }
    kadr_buf_add(buf, bytes, width);
}

void kadr_buf_add_u16(struct kadr_buf *buf, uint16_t value)
{
    add_big_endian(buf, value, sizeof value);
}

void kadr_buf_add_u32(struct kadr_buf *buf, uint32_t value)
{
    add_big_endian(buf, value, sizeof value);
}

void kadr_buf_add_u64(struct kadr_buf *buf, uint64_t value)
{
    add_big_endian(buf, value, sizeof value);
}

const char *kadr_buf_str(const struct kadr_buf *buf)
{
    return buf->data ? (const char *)buf->data : "";
}

char *kadr_buf_take(struct kadr_buf *buf)
{
    kadr_buf_add(buf, NULL, 0); /* an empty text is a text too */
    char *text = buf->err ? NULL : (char *)KADR_TAKE(buf->data);
    kadr_buf_done(buf);
    return text;
}
