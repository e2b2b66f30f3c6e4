/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/phrase.h"

#include <string.h>

size_t kadr_plural(enum kadr_lang lang, uint64_t number)
{
    uint64_t tens = number % 100, ones = number % 10;

    if (lang == KADR_LANG_EN) {
        return number == 1 ? 0 : 1;
    }
    if (lang == KADR_LANG_KK) {
        return 0;
    }
    if (tens >= 11 && tens <= 14) {
        return 2;
    }
    return ones == 1 ? 0 : ones >= 2 && ones <= 4 ? 1 : 2;
}

/* Digits, with spaces between groups of three; a fraction is no number to count by. */
static bool read_number(const char *text, uint64_t *ret_number)
{
    *ret_number = 0;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at >= '0' && *at <= '9' && *ret_number <= (UINT64_MAX - 9) / 10) {
            *ret_number = *ret_number * 10 + (uint64_t)(*at - '0');
        } else if (*at != ' ') {
            return false;
        }
    }
    return *text != '\0';
}

/* The form at `forms`, which ends with `}`. */
static void add_form(const char *forms, size_t index, struct kadr_buf *out)
{
    size_t len = strcspn(forms, "|}");

    while (index > 0 && forms[len] == '|') {
        forms += len + 1;
        len = strcspn(forms, "|}");
        index--;
    }
    kadr_buf_add(out, forms, len);
}

void kadr_phrase(const char *pattern, enum kadr_lang lang, const char *const *args, size_t count,
                 struct kadr_buf *out)
{
    while (*pattern != '\0') {
        size_t index = (size_t)(pattern[1] - '0');
        bool gap = pattern[0] == '{' && pattern[1] >= '0' && index < count;
        const char *arg = gap && args[index] != NULL ? args[index] : "";
        const char *end = gap ? strchr(pattern, '}') : NULL;
        uint64_t number;

        if (end != NULL && pattern[2] == '}') {
            kadr_buf_add_str(out, arg);
        } else if (end != NULL && pattern[2] == ':') {
            add_form(pattern + 3, read_number(arg, &number) ? kadr_plural(lang, number) : 2, out);
        } else {
            kadr_buf_add_char(out, *pattern);
            end = pattern;
        }
        pattern = end + 1;
    }
}
