/* SPDX-License-Identifier: Apache-2.0 */
/* lang.c - language codes, as LANGUAGE, LANG and --lang have them. */
#include "domain/lang.h"

#include <string.h>

static const char *const codes[KADR_LANG_COUNT] = {
    [KADR_LANG_EN] = "en",
    [KADR_LANG_RU] = "ru",
    [KADR_LANG_KK] = "kk",
};

/* `ru`, `ru_RU.UTF-8`, `kk-KZ`, `kk@cyrillic`: the code, then nothing or a territory, charset or modifier. */
static bool names(const char *item, const char *code)
{
    size_t len = strlen(code);
    return strncmp(item, code, len) == 0 && strchr("_-.@:", item[len]); /* or the NUL */
}

enum kadr_lang kadr_lang_parse(const char *text)
{
    while (text && *text) {
        for (size_t i = 0; i < KADR_LANG_COUNT; i++) {
            if (names(text, codes[i])) {
                return (enum kadr_lang)i;
            }
        }
        text += strcspn(text, ":");
        text += *text == ':';
    }
    return KADR_LANG_EN;
}

const char *kadr_lang_code(enum kadr_lang lang)
{
    return (size_t)lang < KADR_LANG_COUNT ? codes[lang] : codes[KADR_LANG_EN];
}
