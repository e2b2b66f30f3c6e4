/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* lang.h - the three languages in which people meet Kadr. Machine output is never translated. */
#include "base/defs.h"

enum kadr_lang { KADR_LANG_EN, KADR_LANG_RU, KADR_LANG_KK };
#define KADR_LANG_COUNT 3

/* `kk`, `ru_RU.UTF-8`, `en:ru` (the first that is known); English when none is. NULL is fine. */
enum kadr_lang kadr_lang_parse(const char *text);
const char *kadr_lang_code(enum kadr_lang lang);
