/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* phrase.h - a sentence with gaps, in one of the three languages, with the right form of what is counted.
 *
 *   {0}                          the argument
 *   {0:отчёт|отчёта|отчётов}     the form of a word that goes with the number in argument 0
 *
 * Forms: English one and many; Russian one, few and many (1 отчёт, 3 отчёта, 5 отчётов, 21 отчёт); Kazakh one
 * form after every number. An argument that is no whole number takes the last form. What is put in is not
 * looked at again.
 */
#include "base/buf.h"
#include "domain/lang.h"

#define KADR_PHRASE_ARGS 4

/* Which form goes with a number: 0 … 2; always 0 in Kazakh. */
size_t kadr_plural(enum kadr_lang lang, uint64_t number);
/* Appends the pattern with its gaps filled. @param args  `count` texts; NULL is "" */
void kadr_phrase(const char *pattern, enum kadr_lang lang, const char *const *args, size_t count,
                 struct kadr_buf *out);
