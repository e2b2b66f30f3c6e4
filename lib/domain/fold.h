/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* fold.h - names as people write them, brought to one form for comparison.
 *
 * Codes are compared byte by byte; only names, typed by hand, are folded: compatibility-composed,
 * case-folded, `ё` as `е`, `і` as Latin `i` (a common substitute on keyboards without it), and every run of
 * spaces and punctuation as one space. The one file that includes utf8proc.
 */
#include "base/buf.h"

#define KADR_FOLD_BYTES 512 /* longer names match nothing */

/* Valid UTF-8, no NUL inside. */
bool kadr_text_is_utf8(const void *text, size_t len);
/* Folded form; false (and "") when the text is not UTF-8, too long, or has no letter or digit. */
bool kadr_fold(const char *text, char ret_folded[KADR_FOLD_BYTES]);
/* A folded name without the words that say what sort of place it is (`область`, `облысы`, `region`, …);
 * false when nothing is left. */
bool kadr_fold_short(const char *folded, char ret_short[KADR_FOLD_BYTES]);
/* One character: its bytes, 0 at the end or before bytes that are no UTF-8. */
size_t kadr_text_next(const char *text, uint32_t *ret_point);
/* Appends one character. */
void kadr_text_add(struct kadr_buf *out, uint32_t point);
