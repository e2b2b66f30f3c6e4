/* SPDX-License-Identifier: Apache-2.0 */
/* charset.c - the one file that includes iconv.
 *
 * A BOM decides. Without one the bytes are UTF-8 when all of them are. Otherwise they are a code page, unless
 * more of the high bytes form UTF-8 characters than do not: Russian text in CP1251 hardly ever looks like
 * UTF-8, a damaged UTF-8 file always does, and reading it as CP1251 would make a silent mess of it. Between
 * the code pages Kazakh letters decide: a byte from their places counts when it stands next to another
 * Cyrillic letter. Without any the two encodings give the same text. A text of the DOS code page is refused:
 * as one of the others it would be a silent mess.
 */
#include "client/charset.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "base/err.h"

struct utf8_scan {
    size_t characters; /* valid, of two bytes and more */
    size_t broken;     /* bytes that belong to no character */
    uint32_t line;     /* of the first broken one */
    bool control;      /* holds a control character: not text; `line` is its line */
};

/* Bytes of the UTF-8 character at the beginning of data (RFC 3629), 0 when there is none. */
static size_t utf8_char(const uint8_t *data, size_t left)
{
    static const struct {
        uint8_t first_lo, first_hi, second_lo, second_hi, len;
    } forms[] = {
        { 0x00, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
        { 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
        { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };
    size_t form = 0;

    while (form < KADR_COUNT(forms) && (data[0] < forms[form].first_lo || data[0] > forms[form].first_hi)) {
        form++;
    }
    if (form == KADR_COUNT(forms) || forms[form].len > left) {
        return 0;
    }
    for (size_t i = 1; i < forms[form].len; i++) {
        uint8_t lo = i == 1 ? forms[form].second_lo : 0x80;
        uint8_t hi = i == 1 ? forms[form].second_hi : 0xbf;

        if (data[i] < lo || data[i] > hi) {
            return 0;
        }
    }
    return forms[form].len;
}

static bool is_control(uint8_t byte)
{
    return (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f;
}

static struct utf8_scan scan_utf8(const uint8_t *data, size_t len)
{
    struct utf8_scan scan = { .line = 1 };
    uint32_t line = 1;

    for (size_t at = 0; at < len;) {
        size_t step = utf8_char(data + at, len - at);

        if (is_control(data[at])) {
            scan.control = true;
            scan.line = line;
            return scan;
        }
        line += data[at] == '\n';
        scan.characters += step > 1;
        if (step == 0 && scan.broken++ == 0) {
            scan.line = line;
        }
        at += step > 0 ? step : 1;
    }
    return scan;
}

/* Places where KZ-1048 has a Kazakh letter and CP1251 one of another language. */
static bool is_kazakh_1048(uint8_t byte)
{
    static const char places[] = "\x8d\x8e\x9d\x9e\xa1\xa2\xa3\xa5\xaa\xaf\xb4\xba\xbc\xbd\xbe\xbf";

    return byte != 0 && strchr(places, (char)byte) != NULL;
}

/* Letters that both code pages have in one place: А-я, Ё, ё, І, і. */
static bool is_cyrillic(uint8_t byte)
{
    return byte >= 0xc0 || byte == 0xa8 || byte == 0xb8 || byte == 0xb2 || byte == 0xb3;
}

static enum kadr_charset guess_code_page(const uint8_t *data, size_t len)
{
    size_t score = 0;

    for (size_t i = 0; i < len; i++) {
        bool before = i > 0 && (is_cyrillic(data[i - 1]) || is_kazakh_1048(data[i - 1]));
        bool after = i + 1 < len && (is_cyrillic(data[i + 1]) || is_kazakh_1048(data[i + 1]));

        score += is_kazakh_1048(data[i]) && (before || after);
    }
    return score > 0 ? KADR_CHARSET_KZ1048 : KADR_CHARSET_CP1251;
}

/* Letters of DOS where the code pages of Windows have quotation marks, dashes and a few Kazakh letters; 0xa0
 * is a NO-BREAK SPACE there. */
static bool is_dos_letter(uint8_t byte)
{
    return byte >= 0x80 && byte < 0xb0 && byte != 0xa0;
}

/* The code page of DOS, which Excel calls "CSV (MS-DOS)": its words are full of such letters side by side,
 * and hardly have a byte where the others keep half of their alphabet. */
static bool looks_like_dos(const uint8_t *data, size_t len)
{
    enum { ENOUGH = 4 };
    size_t dos = 0, others = 0;

    for (size_t i = 0; i < len; i++) {
        bool beside = (i > 0 && is_dos_letter(data[i - 1])) || (i + 1 < len && is_dos_letter(data[i + 1]));

        dos += is_dos_letter(data[i]) && beside;
        others += (data[i] >= 0xc0 && data[i] < 0xe0) || data[i] >= 0xf0;
    }
    return dos >= ENOUGH && dos > others;
}

static uint32_t line_of(const uint8_t *data, size_t offset)
{
    uint32_t line = 1;

    for (size_t i = 0; i < offset; i++) {
        line += data[i] == '\n';
    }
    return line;
}

static int convert(const char *from, const uint8_t *data, size_t len, struct kadr_buf *out,
                   uint32_t *ret_line)
{
    iconv_t converter = iconv_open("UTF-8", from);
    char *in = (char *)(uintptr_t)data; /* iconv() takes char **, and does not write there */
    size_t left = len;
    char chunk[4096];
    int err = 0;

    if (converter == (iconv_t)-1) {
        return KADR_ENOMEM;
    }
    while (left > 0 && err == 0) {
        char *to = chunk;
        size_t room = sizeof(chunk);
        size_t got = iconv(converter, &in, &left, &to, &room);

        kadr_buf_add(out, chunk, sizeof(chunk) - room);
        err = got == (size_t)-1 && errno != E2BIG ? KADR_EINVAL : out->err;
    }
    iconv_close(converter);
    if (err == KADR_EINVAL) {
        *ret_line = line_of(data, len - left);
    }
    return err;
}

/* UTF-16 is checked after the conversion, for the control characters that text does not hold. */
static int convert_utf16(const char *from, const uint8_t *data, size_t len, struct kadr_buf *out,
                         uint32_t *ret_line)
{
    size_t start = out->len;
    int err = convert(from, data, len, out, ret_line);

    if (err == 0 && out->len > start) {
        struct utf8_scan scan = scan_utf8(out->data + start, out->len - start);

        if (scan.control) {
            *ret_line = scan.line;
            err = KADR_EINVAL;
        }
    }
    return err;
}

static int decode_bytes(struct kadr_bytes raw, bool bom, struct kadr_buf *out, enum kadr_charset *ret_charset,
                        uint32_t *ret_line)
{
    struct utf8_scan scan = scan_utf8(raw.data, raw.len);

    if (scan.control || (scan.broken > 0 && (bom || scan.characters > scan.broken))) {
        *ret_line = scan.line;
        return KADR_EINVAL;
    }
    if (scan.broken == 0) {
        *ret_charset = KADR_CHARSET_UTF8;
        kadr_buf_add(out, raw.data, raw.len);
        return out->err;
    }
    if (looks_like_dos(raw.data, raw.len)) {
        *ret_line = scan.line;
        return KADR_EINVAL;
    }
    *ret_charset = guess_code_page(raw.data, raw.len);
    return convert(*ret_charset == KADR_CHARSET_KZ1048 ? "RK1048" : "CP1251", raw.data, raw.len, out,
                   ret_line);
}

int kadr_charset_decode(struct kadr_bytes raw, struct kadr_buf *out, enum kadr_charset *ret_charset,
                        uint32_t *ret_line)
{
    *ret_line = 1;
    if (raw.len == 0) {
        *ret_charset = KADR_CHARSET_UTF8;
        return out->err;
    }
    if (raw.len >= 3 && memcmp(raw.data, "\xef\xbb\xbf", 3) == 0) {
        return decode_bytes((struct kadr_bytes){ raw.data + 3, raw.len - 3 }, true, out, ret_charset,
                            ret_line);
    }
    if (raw.len >= 2 && memcmp(raw.data, "\xff\xfe", 2) == 0) {
        *ret_charset = KADR_CHARSET_UTF16LE;
        return convert_utf16("UTF-16LE", raw.data + 2, raw.len - 2, out, ret_line);
    }
    if (raw.len >= 2 && memcmp(raw.data, "\xfe\xff", 2) == 0) {
        *ret_charset = KADR_CHARSET_UTF16BE;
        return convert_utf16("UTF-16BE", raw.data + 2, raw.len - 2, out, ret_line);
    }
    return decode_bytes(raw, false, out, ret_charset, ret_line);
}

const char *kadr_charset_name(enum kadr_charset charset)
{
    static const char *const names[] = {
        [KADR_CHARSET_UTF8] = "UTF-8",       [KADR_CHARSET_UTF16LE] = "UTF-16LE",
        [KADR_CHARSET_UTF16BE] = "UTF-16BE", [KADR_CHARSET_CP1251] = "CP1251",
        [KADR_CHARSET_KZ1048] = "KZ-1048",
    };

    return (size_t)charset < KADR_COUNT(names) ? names[charset] : "?";
}
