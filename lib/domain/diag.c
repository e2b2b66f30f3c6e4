/* SPDX-License-Identifier: Apache-2.0 */
/* The list and the printing of diagnostics; the words are in diag_table.c
 * and diag_table_figures.c. A row is looked up by number with
 * a linear search: there are a few dozen, and they are printed for people.
 */
#include "domain/diag.h"

#include <stdio.h>
#include <string.h>

#include "domain/diag_detail.h"
#include "domain/diag_table.h"
#include "domain/phrase.h"

void kadr_diags_init(struct kadr_diags *diags)
{
    *diags = (struct kadr_diags){ 0 };
}

void kadr_diags_done(struct kadr_diags *diags)
{
    free(diags->items);
    *diags = (struct kadr_diags){ 0 };
}

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* As much of the text as fits, never half a character; what was cut says so. */
static void copy_cut(char *out, size_t size, const char *text)
{
    static const char more[] = "…";
    size_t len = text == NULL ? 0 : strlen(text);
    bool cut = len >= size;

    if (cut) {
        len = size - sizeof(more);
        while (len > 0 && is_continuation(text[len])) {
            len--;
        }
    }
    if (len > 0) {
        memcpy(out, text, len);
    }
    memcpy(out + len, cut ? more : "", cut ? sizeof(more) : 1);
}

/* Room for one more; false when it can only be counted. */
static bool reserve(struct kadr_diags *diags)
{
    if (diags->count == KADR_MAX_DIAGNOSTICS) {
        diags->omitted++;
        return false;
    }
    if (diags->count == diags->cap) {
        size_t cap = diags->cap == 0 ? 8 : 2 * diags->cap;
        struct kadr_diag *items = realloc(diags->items, cap * sizeof(*items));
        if (items == NULL) {
            diags->failed = true;
            diags->omitted++;
            return false;
        }
        diags->items = items;
        diags->cap = cap;
    }
    return true;
}

void kadr_diags_add(struct kadr_diags *diags, enum kadr_diag_code code, int32_t observation, uint32_t line,
                    uint32_t column, const char *arg0, const char *arg1, const char *arg2)
{
    const char *const args[3] = { arg0, arg1, arg2 };

    if (diags == NULL) {
        return;
    }
    diags->errors += kadr_diag_severity(code) == KADR_SEVERITY_ERROR;
    if (!reserve(diags)) {
        return;
    }
    struct kadr_diag *diag = &diags->items[diags->count++];
    *diag = (struct kadr_diag){ .code = code, .observation = observation, .line = line, .column = column };
    for (size_t i = 0; i < KADR_COUNT(args); i++) {
        copy_cut(diag->arg[i], sizeof(diag->arg[i]), args[i]);
    }
    copy_cut(diag->file, sizeof(diag->file), diags->file);
}

struct kadr_diag kadr_diag_of_omitted(const struct kadr_diags *diags)
{
    struct kadr_diag diag = { .code = KADR_DIAG_TRUNCATED, .observation = -1 };

    (void)snprintf(diag.arg[0], sizeof(diag.arg[0]), "%zu", diags->omitted); /* 20 digits at most */
    return diag;
}

/* NULL past the end. */
static const struct kadr_diag_row *row_at(size_t index)
{
    const struct kadr_diag_rows *const tables[] = { &kadr_diag_rows_of_figures, &kadr_diag_rows_of_the_rest };

    for (size_t i = 0; i < KADR_COUNT(tables); i++) {
        if (index < tables[i]->count) {
            return &tables[i]->row[index];
        }
        index -= tables[i]->count;
    }
    return NULL;
}

static const struct kadr_diag_row *find_row(enum kadr_diag_code code)
{
    const struct kadr_diag_row *row;

    for (size_t i = 0; (row = row_at(i)) != NULL; i++) {
        if (row->code == code) {
            return row;
        }
    }
    return NULL;
}

const char *kadr_diag_code_text(enum kadr_diag_code code)
{
    const struct kadr_diag_row *row = find_row(code);
    return row != NULL ? row->name : "unknown";
}

/* A number from a newer program is taken for an error: silence would be the worse mistake. */
enum kadr_severity kadr_diag_severity(enum kadr_diag_code code)
{
    const struct kadr_diag_row *row = find_row(code);
    return row != NULL ? row->severity : KADR_SEVERITY_ERROR;
}

const char *kadr_severity_text(enum kadr_severity severity)
{
    static const char *const texts[] = { "note", "warning", "error" };
    return (unsigned)severity < KADR_COUNT(texts) ? texts[severity] : "error";
}

/* What is wrong with a definition is an argument with words of its own. */
static void fill(const struct kadr_diag *diag, const char *pattern, enum kadr_lang lang, struct kadr_buf *out)
{
    const char *args[] = { diag->arg[0], diag->arg[1], diag->arg[2] };

    if (diag->code == KADR_DIAG_BAD_DEFINITION) {
        args[0] = kadr_diag_detail(args[0], lang);
    } else if (diag->code == KADR_DIAG_UNKNOWN_VALUE) {
        args[1] = kadr_diag_detail(args[1], lang);
    }
    kadr_phrase(pattern, lang, args, KADR_COUNT(args), out);
}

void kadr_diag_text(const struct kadr_diag *diag, enum kadr_lang lang, struct kadr_buf *out)
{
    const struct kadr_diag_row *row = find_row(diag->code);

    if (row != NULL) {
        const struct kadr_diag_variant *variant = kadr_diag_variant_of(diag);
        fill(diag, variant != NULL ? variant->text[lang] : row->text[lang], lang, out);
    } else {
        kadr_buf_printf(out, "%d", (int)diag->code);
    }
}

void kadr_diag_remedy(const struct kadr_diag *diag, enum kadr_lang lang, struct kadr_buf *out)
{
    const struct kadr_diag_row *row = find_row(diag->code);

    if (row != NULL) {
        const struct kadr_diag_variant *variant = kadr_diag_variant_of(diag);
        fill(diag, variant != NULL ? variant->remedy[lang] : row->remedy[lang], lang, out);
    }
}

/* An error is what a line is otherwise about. */
static const char *const severity_words[][KADR_LANG_COUNT] = {
    [KADR_SEVERITY_NOTE] = { [KADR_LANG_EN] = "note: ",
                             [KADR_LANG_RU] = "примечание: ",
                             [KADR_LANG_KK] = "ескертпе: " },
    [KADR_SEVERITY_WARNING] = { [KADR_LANG_EN] = "warning: ",
                                [KADR_LANG_RU] = "предупреждение: ",
                                [KADR_LANG_KK] = "ескерту: " },
    [KADR_SEVERITY_ERROR] = { "", "", "" },
};

void kadr_diag_line(const struct kadr_diag *diag, const char *file, enum kadr_lang lang, struct kadr_buf *out)
{
    const char *where = diag->file[0] != '\0' ? diag->file : file;
    bool named = where != NULL && where[0] != '\0';

    if (named) {
        kadr_buf_printf(out, "%s:", where);
    }
    if (diag->line > 0) {
        kadr_buf_printf(out, "%u:", (unsigned)diag->line);
    }
    if (diag->column > 0) {
        kadr_buf_printf(out, "%u:", (unsigned)diag->column);
    }
    if (named || diag->line > 0 || diag->column > 0) {
        kadr_buf_add_char(out, ' ');
    }
    kadr_buf_add_str(out, severity_words[kadr_diag_severity(diag->code)][lang]);
    kadr_buf_printf(out, "%s: ", kadr_diag_code_text(diag->code));
    kadr_diag_text(diag, lang, out);
    kadr_buf_add_str(out, ": ");
    kadr_diag_remedy(diag, lang, out);
}

bool kadr_diag_table(size_t index, enum kadr_diag_code *ret_code)
{
    const struct kadr_diag_row *row = row_at(index);

    if (row != NULL) {
        *ret_code = row->code;
    }
    return row != NULL;
}
