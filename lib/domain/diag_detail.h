/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* diag_detail.h - what exactly is impossible about a definition, in three languages.
 *
 * A `bad_definition` carries its detail as an argument, and arguments travel as they are: the English words
 * are the detail's name, and are said in another language where they are read. A test of the source tree
 * holds that every detail of lib/domain/reference*.c is in the table.
 */
#include "domain/lang.h"

/* The detail in a language; the words themselves when they are none of the table. */
const char *kadr_diag_detail(const char *english, enum kadr_lang lang);
