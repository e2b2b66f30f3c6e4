/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* mojibake.h - Kazakh names whose bytes were once read in the wrong code page, made right again.
 *
 * KZ-1048 (STRK1048-2002) is CP1251 with Kazakh letters in sixteen places where CP1251 holds letters of
 * Serbian, Macedonian, Ukrainian and Belarusian. Text saved in KZ-1048 and read as CP1251 shows
 * `Ќараєанды` for `Қарағанды`; nothing is lost, for each byte still has its own character.
 *
 * Certain, and not a guess, because both must hold: a letter of those sixteen is there, and no Kazakh or
 * Russian word has one; and the whole text could have come out of CP1251. A text that holds one of them
 * beside a character that CP1251 lacks (a real `Қ`) was made in some other way and is left as it is.
 */
#include "base/buf.h"

enum kadr_mojibake {
    KADR_MOJIBAKE_NONE,     /* nothing to repair; nothing was appended */
    KADR_MOJIBAKE_REPAIRED, /* appended as it was meant; reading that as CP1251 gives the text back */
    KADR_MOJIBAKE_MIXED     /* letters of another alphabet, but no double encoding; nothing was appended */
};
/* @param kazakh  UTF-8, meant to be Kazakh or Russian */
enum kadr_mojibake kadr_mojibake_repair(const char *kazakh, struct kadr_buf *out);
