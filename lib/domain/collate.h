/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* collate.h - the order in which people look for names.
 *
 * Code points put Қ, Ә, Ө and Ұ behind Я. The Kazakh alphabet has 42 letters, each with its own place;
 * Russian has 33 of them, of which Ё is looked for as Е. One table serves: Kazakh letters stand in Russian
 * and English text where the Kazakh alphabet has them. Latin letters come before Cyrillic, digits before
 * letters; punctuation counts as a space, case and what Ё is count last.
 */
#include "base/buf.h"
#include "domain/lang.h"

/* Appends a key: bytes that compare (memcmp, then length) as the names are to be listed. */
void kadr_collate_key(const char *name, enum kadr_lang lang, struct kadr_buf *out);
/* Like strcmp(). Names that are equal but for case stand in the order of their bytes. */
int kadr_collate(const char *a, const char *b, enum kadr_lang lang);
