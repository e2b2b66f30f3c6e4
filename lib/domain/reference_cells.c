/* SPDX-License-Identifier: Apache-2.0 */
/* Helpers of the loaders: what the cells of units.csv, members.csv and indicators.csv have in common. */
#include <stdio.h>
#include <string.h>

#include "domain/fold.h"
#include "domain/reference_load.h"

const char *kadr_load_text(struct kadr_load *load, const char *text, size_t len)
{
    const char *copy = kadr_arena_strndup(load->reference->arena, text, len);
    if (copy == NULL) {
        load->failed = true;
        return "";
    }
    return copy;
}

static bool is_code(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!plain && (i == 0 || strchr("_-.", c) == NULL)) {
            return false;
        }
    }
    return len > 0;
}

bool kadr_load_code(struct kadr_load *load, const struct kadr_table *table, size_t column,
                    const char **ret_code)
{
    const char *text = kadr_table_cell(table, column);
    size_t len = strlen(text);

    *ret_code = kadr_load_text(load, text, len);
    if (len > KADR_MAX_CODE_BYTES) {
        char limit[16];
        (void)snprintf(limit, sizeof(limit), "%d", KADR_MAX_CODE_BYTES);
        kadr_table_wrong(table, column, KADR_DIAG_TOO_LONG, text, limit, NULL);
        return false;
    }
    if (!is_code(text, len)) {
        kadr_table_wrong(table, column, KADR_DIAG_BAD_DEFINITION, "a code is letters, digits, '_', '-', '.'",
                         text, NULL);
        return false;
    }
    return true;
}

/* `a b c`, cut when it does not fit into an argument. */
static void join(const char *const *words, char *out, size_t size)
{
    size_t len = 0;
    out[0] = '\0';
    for (; *words != NULL && len < size; words++) {
        len += (size_t)snprintf(out + len, size - len, "%s%s", len > 0 ? " " : "", *words);
    }
}

unsigned kadr_load_word(const struct kadr_table *table, size_t column, const char *const *words)
{
    const char *text = kadr_table_cell(table, column);
    char allowed[64];

    for (unsigned i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], text) == 0) {
            return i;
        }
    }
    join(words, allowed, sizeof(allowed));
    kadr_table_wrong(table, column, KADR_DIAG_UNKNOWN_VALUE, text, allowed, NULL);
    return 0;
}

void kadr_load_names(struct kadr_load *load, const struct kadr_table *table, size_t column,
                     const char *ret_names[KADR_LANG_COUNT])
{
    for (size_t lang = 0; lang < KADR_LANG_COUNT; lang++) {
        const char *text = kadr_table_cell(table, column + lang);
        ret_names[lang] = kadr_load_text(load, text, strlen(text));
        if (text[0] == '\0') {
            kadr_table_wrong(table, column + lang, KADR_DIAG_BAD_DEFINITION, "name missing",
                             table->columns[column + lang].name, NULL);
        }
    }
}

void kadr_load_fold(struct kadr_load *load, struct kadr_names *names, uint16_t scope, const char *list,
                    uint32_t value)
{
    char name[KADR_FOLD_BYTES], folded[KADR_FOLD_BYTES];
    const char *word;
    size_t len;

    while (kadr_load_next(&list, ';', &word, &len)) {
        if (len < sizeof(name)) {
            memcpy(name, word, len);
            name[len] = '\0';
            if (kadr_fold(name, folded)) {
                kadr_names_add(names, scope, kadr_load_text(load, folded, strlen(folded)), value);
            }
        }
    }
    load->failed = load->failed || names->failed;
}

bool kadr_load_next(const char **at, char separator, const char **ret_word, size_t *ret_len)
{
    const char *word = *at;

    while (*word == separator) {
        word++;
    }
    const char *end = strchr(word, separator);
    *ret_len = end != NULL ? (size_t)(end - word) : strlen(word);
    *ret_word = word;
    *at = word + *ret_len;
    return *ret_len > 0;
}

void kadr_load_names_done(struct kadr_load *load, struct kadr_names *names)
{
    kadr_names_sort(names);
    load->failed = load->failed || names->failed;
}

void kadr_load_codes_done(struct kadr_load *load, struct kadr_names *names, const uint32_t *lines)
{
    kadr_load_names_done(load, names);
    for (size_t i = 1; i < names->count; i++) {
        if (kadr_names_clash(names, i)) {
            kadr_diags_add(load->diags, KADR_DIAG_DUPLICATE_CODE, -1, lines[names->items[i].value], 0,
                           names->items[i].text, NULL, NULL);
        }
    }
}
