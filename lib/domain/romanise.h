/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* romanise.h - a Kazakh or Russian name in Latin letters, for units that nobody has named in English.
 *
 * One letter at a time by the table of docs/catalogue.md, without diacritics, so that it can be typed and
 * found: the spelling in which the regions' English names are published (Akmola, Kostanay, Kyzylorda). It is
 * not the state's Latin alphabet for Kazakh, which has letters that English text lacks.
 */
#include "base/buf.h"

/* Appends the name; each word begins with a capital and goes on in small letters. What the table does not
 * know is copied, a run of spaces as one. */
void kadr_romanise(const char *name, struct kadr_buf *out);
