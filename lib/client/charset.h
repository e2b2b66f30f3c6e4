/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* charset.h - the bytes of an office's file as UTF-8, and which encoding they were taken for.
 *
 * Excel saves "CSV UTF-8" with a BOM, "Unicode text" as UTF-16 with a BOM, and plain "CSV" in the machine's
 * code page: CP1251, or KZ-1048 (STRK1048-2002) on a Kazakh one. The two differ in the places of the Kazakh
 * letters only, where CP1251 holds letters of Serbian, Macedonian, Ukrainian and Belarusian.
 */
#include "base/buf.h"

enum kadr_charset {
    KADR_CHARSET_UTF8,
    KADR_CHARSET_UTF16LE,
    KADR_CHARSET_UTF16BE,
    KADR_CHARSET_CP1251,
    KADR_CHARSET_KZ1048
};

/** Append `raw` as valid UTF-8, without a BOM.
 *
 * Text that is nearly UTF-8 (a cut or damaged file) is an error and never taken for CP1251.
 * @param[out] ret_charset  what it was taken for; CP1251 and KZ-1048 are guesses
 * @param[out] ret_line     1-based line of the first byte that fits nothing; set with KADR_EINVAL
 * @retval KADR_EINVAL  no text in any of the encodings
 * @retval KADR_ENOMEM */
KADR_MUST_CHECK int kadr_charset_decode(struct kadr_bytes raw, struct kadr_buf *out,
                                        enum kadr_charset *ret_charset, uint32_t *ret_line);
/* `UTF-8` `UTF-16LE` `UTF-16BE` `CP1251` `KZ-1048` */
const char *kadr_charset_name(enum kadr_charset charset);
static inline bool kadr_charset_guessed(enum kadr_charset charset)
{
    return charset == KADR_CHARSET_CP1251 || charset == KADR_CHARSET_KZ1048;
}
