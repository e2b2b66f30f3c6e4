/* SPDX-License-Identifier: Apache-2.0 */
/* report_keys.c - the `#key: value` lines before a report's table, and the text helpers of the reader. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "client/replace.h"
#include "client/report_csv_impl.h"
#include "domain/fold.h"

size_t kadr_text_space(const char *text)
{
    if (*text == ' ' || *text == '\t' || *text == '\r' || *text == '\n') {
        return 1;
    }
    if (strncmp(text, "\xc2\xa0", 2) == 0) {
        return 2;
    }
    return strncmp(text, "\xe2\x80\xaf", 3) == 0 ? 3 : 0;
}

char *kadr_text_trimmed(struct kadr_arena *arena, const char *text, size_t len)
{
    char *copy = kadr_arena_strndup(arena, text, len);
    char *end = copy;

    if (copy == NULL) {
        return NULL;
    }
    for (size_t step = kadr_text_space(copy); step > 0; step = kadr_text_space(copy)) {
        copy += step;
    }
    for (char *at = copy; *at != '\0';) {
        size_t step = kadr_text_space(at);

        at += step > 0 ? step : 1;
        end = step > 0 ? end : at;
    }
    *(end > copy ? end : copy) = '\0';
    return copy;
}

bool kadr_text_is_blank(const char *text)
{
    for (size_t step = kadr_text_space(text); step > 0; step = kadr_text_space(text)) {
        text += step;
    }
    return *text == '\0';
}

bool kadr_text_same_name(const char *a, const char *b)
{
    char folded_a[KADR_FOLD_BYTES], folded_b[KADR_FOLD_BYTES];

    return kadr_fold(a, folded_a) && kadr_fold(b, folded_b) && strcmp(folded_a, folded_b) == 0;
}

static bool key_source(struct kadr_csv_parser *parser, const char *value)
{
    parser->out->report.source = value;
    return true;
}

static bool key_published(struct kadr_csv_parser *parser, const char *value)
{
    return kadr_day_parse(value, &parser->out->report.published) == 0;
}

static bool key_stated(struct kadr_csv_parser *parser, const char *value)
{
    kadr_day day;

    if (kadr_day_parse(value, &day) != 0) {
        return false;
    }
    parser->out->report.stated_at_ms = kadr_day_begin_ms(day);
    return true;
}

static bool yes_or_no(const char *value, bool *ret)
{
    static const struct {
        const char *word;
        bool yes;
    } words[] = { { "yes", true }, { "да", true },   { "иә", true },   { "true", true },
                  { "no", false }, { "нет", false }, { "жоқ", false }, { "false", false } };

    for (size_t i = 0; i < KADR_COUNT(words); i++) {
        if (kadr_text_same_name(value, words[i].word)) {
            *ret = words[i].yes;
            return true;
        }
    }
    return false;
}

static bool key_all_or_nothing(struct kadr_csv_parser *parser, const char *value)
{
    return yes_or_no(value, &parser->out->report.all_or_nothing);
}

static bool key_nothing_to_report(struct kadr_csv_parser *parser, const char *value)
{
    return yes_or_no(value, &parser->out->report.nothing_to_report);
}

static bool key_confirm(struct kadr_csv_parser *parser, const char *value)
{
    return yes_or_no(value, &parser->out->report.confirmed);
}

static bool key_replaces(struct kadr_csv_parser *parser, const char *value)
{
    struct kadr_receipt_name name;

    parser->out->replaces = value;
    return kadr_receipt_name_parse(value, &name) == 0;
}

static bool take_key(struct kadr_csv_parser *parser, const char *key, const char *value, uint32_t line)
{
    char limit[24];
    static const struct {
        const char *key;
        bool (*take)(struct kadr_csv_parser *parser, const char *value);
    } keys[] = { { "source", key_source },
                 { "published", key_published },
                 { "stated", key_stated },
                 { "all-or-nothing", key_all_or_nothing },
                 { "nothing-to-report", key_nothing_to_report },
                 { "confirm", key_confirm },
                 { "replaces", key_replaces } };

    for (size_t i = 0; i < KADR_COUNT(keys); i++) {
        if (!kadr_text_same_name(key, keys[i].key)) {
            continue;
        }
        if (strlen(value) > KADR_MAX_SOURCE_BYTES) {
            (void)snprintf(limit, sizeof(limit), "%d", KADR_MAX_SOURCE_BYTES); /* 3 digits */
            kadr_diags_add(parser->diags, KADR_DIAG_TOO_LONG, -1, line, 1, keys[i].key, limit, NULL);
            return false;
        }
        if (!keys[i].take(parser, value)) {
            kadr_diags_add(parser->diags, KADR_DIAG_HEADER_VALUE, -1, line, 1, keys[i].key, value, NULL);
            return false;
        }
        return true;
    }
    kadr_diags_add(parser->diags, KADR_DIAG_HEADER_KEY_UNKNOWN, -1, line, 1, key, NULL, NULL);
    return false;
}

/* The text of a `#` line as it was typed: out of its quotes, or without the separators Excel pads with. */
static char *unwrapped(struct kadr_arena *arena, const char *line, size_t len)
{
    char *copy = kadr_arena_strndup(arena, line, len);
    size_t to = 0;

    if (copy == NULL) {
        return NULL;
    }
    if (copy[0] != '"') {
        while (len > 0 && strchr(",;\t ", copy[len - 1]) != NULL) {
            len--;
        }
        copy[len] = '\0';
        return copy;
    }
    for (size_t from = 1; from < len && (copy[from] != '"' || copy[from + 1] == '"'); from++) {
        from += copy[from] == '"';
        copy[to++] = copy[from];
    }
    copy[to] = '\0';
    return copy;
}

/* What stands behind the colon, or in the cell beside it. */
static char *value_of(struct kadr_arena *arena, const char *text)
{
    size_t gap = strspn(text, ",;\t");

    if (gap > 0) {
        text = unwrapped(arena, text + gap, strlen(text + gap));
    }
    return text != NULL ? kadr_text_trimmed(arena, text, strlen(text)) : NULL;
}

static int take_hash_line(struct kadr_csv_parser *parser, const char *line, size_t len, uint32_t number)
{
    char *text = unwrapped(parser->arena, line, len);
    char *colon = text != NULL ? strchr(text, ':') : NULL;
    const char *key, *value;

    if (text == NULL) {
        return KADR_ENOMEM;
    }
    if (colon == NULL) {
        kadr_diags_add(parser->diags, KADR_DIAG_HEADER_KEY_UNKNOWN, -1, number, 1, text + 1, NULL, NULL);
        return KADR_EINVAL;
    }
    *colon = '\0';
    key = kadr_text_trimmed(parser->arena, text + 1, strlen(text + 1));
    value = value_of(parser->arena, colon + 1);
    if (key == NULL || value == NULL) {
        return KADR_ENOMEM;
    }
    return take_key(parser, key, value, number) ? 0 : KADR_EINVAL;
}

/* The line break, or the end, behind the line that begins at pos. */
static const char *line_end(const char *pos, const char *end)
{
    while (pos < end && *pos != '\n' && *pos != '\r') {
        pos++;
    }
    return pos;
}

static const char *next_line(const char *stop, const char *end)
{
    return stop + (stop < end) + (stop + 1 < end && stop[0] == '\r' && stop[1] == '\n');
}

/* Nothing but separators: an empty row, padded to the width of the table. */
static bool is_empty_row(const char *line, const char *stop)
{
    while (line < stop && strchr(",;\t ", *line) != NULL) {
        line++;
    }
    return line == stop;
}

void kadr_csv_take_separator(struct kadr_csv_parser *parser, const char **pos, const char *end,
                             uint32_t *line)
{
    const char *stop = line_end(*pos, end), *at = *pos + (*pos < end && **pos == '"');

    if (stop - at < 5 || strncmp(at, "sep=", 4) != 0) {
        return;
    }
    parser->separator = at[4];
    *pos = next_line(stop, end);
    (*line)++;
}

int kadr_csv_take_keys(struct kadr_csv_parser *parser, const char **pos, const char *end, uint32_t *line)
{
    int err = 0;

    for (; *pos < end; (*line)++) {
        const char *begin = *pos, *stop = line_end(begin, end);

        if (begin[0] == '#' || (begin[0] == '"' && begin + 1 < end && begin[1] == '#')) {
            int got = take_hash_line(parser, begin, (size_t)(stop - begin), *line);

            err = err != 0 ? err : got;
        } else if (!is_empty_row(begin, stop)) {
            break;
        }
        *pos = next_line(stop, end);
    }
    return err;
}
