/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/fold.h"

#include <string.h>
#include <utf8proc.h>

bool kadr_text_is_utf8(const void *text, size_t len)
{
    const utf8proc_uint8_t *at = text;
    utf8proc_ssize_t left = (utf8proc_ssize_t)len;

    while (left > 0) {
        utf8proc_int32_t point;
        utf8proc_ssize_t used = utf8proc_iterate(at, left, &point);
        if (used <= 0 || point == 0) {
            return false;
        }
        at += used;
        left -= used;
    }
    return true;
}

size_t kadr_text_next(const char *text, uint32_t *ret_point)
{
    utf8proc_int32_t point;
    utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &point);

    if (used <= 0 || point <= 0) {
        return 0;
    }
    *ret_point = (uint32_t)point;
    return (size_t)used;
}

void kadr_text_add(struct kadr_buf *out, uint32_t point)
{
    utf8proc_uint8_t bytes[4];
    utf8proc_ssize_t used = utf8proc_encode_char((utf8proc_int32_t)point, bytes);

    kadr_buf_add(out, bytes, (size_t)used);
}

static bool is_gap(utf8proc_int32_t point)
{
    utf8proc_category_t category = utf8proc_category(point);
    return (category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO) ||
           (category >= UTF8PROC_CATEGORY_ZS && category <= UTF8PROC_CATEGORY_ZP) ||
           (category >= UTF8PROC_CATEGORY_CC && category <= UTF8PROC_CATEGORY_CF);
}

static utf8proc_int32_t alike(utf8proc_int32_t point)
{
    switch (point) {
    case 0x0451: /* ё */
        return 0x0435;
    case 0x0456: /* і */
        return 'i';
    default:
        return point;
    }
}

/* Copies letters and digits, one space for each gap between them. */
static bool copy_words(const utf8proc_uint8_t *text, char *out, size_t size)
{
    utf8proc_ssize_t left = (utf8proc_ssize_t)strlen((const char *)text);
    size_t len = 0;
    bool gap = false;

    while (left > 0) {
        utf8proc_int32_t point;
        utf8proc_ssize_t used = utf8proc_iterate(text, left, &point);
        if (used <= 0 || len + 6 > size) { /* a space, four bytes of a letter, NUL */
            return false;
        }
        text += used;
        left -= used;
        if (is_gap(point)) {
            gap = len > 0;
            continue;
        }
        if (gap) {
            out[len++] = ' ';
            gap = false;
        }
        len += (size_t)utf8proc_encode_char(alike(point), (utf8proc_uint8_t *)out + len);
    }
    out[len] = '\0';
    return len > 0;
}

bool kadr_fold(const char *text, char ret_folded[KADR_FOLD_BYTES])
{
    utf8proc_uint8_t *mapped = NULL;
    size_t len = strlen(text);
    bool ok = false;

    ret_folded[0] = '\0';
    if (len < KADR_FOLD_BYTES &&
        utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)len, &mapped,
                     UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD) >= 0) {
        ok = copy_words(mapped, ret_folded, KADR_FOLD_BYTES);
    }
    free(mapped);
    if (!ok) {
        ret_folded[0] = '\0';
    }
    return ok;
}

static bool is_generic(const char *word, size_t len)
{
    static const char *const words[] = {
        "область", "обл", "облысы", "region", "oblast", "город", "г",
        "қаласы",  "қ",   "city",   "район",  "ауданы", "р",     "district"
    };

    for (size_t i = 0; i < KADR_COUNT(words); i++) {
        if (strlen(words[i]) == len && memcmp(words[i], word, len) == 0) {
            return true;
        }
    }
    return false;
}

bool kadr_fold_short(const char *folded, char ret_short[KADR_FOLD_BYTES])
{
    size_t len = 0;

    while (*folded != '\0') {
        size_t word = strcspn(folded, " ");
        if (!is_generic(folded, word)) {
            if (len > 0) {
                ret_short[len++] = ' ';
            }
            memcpy(ret_short + len, folded, word);
            len += word;
        }
        folded += word;
        folded += *folded == ' ';
    }
    ret_short[len] = '\0';
    return len > 0;
}
