/* SPDX-License-Identifier: Apache-2.0 */
/* push_tell.c - what is wrong with a file, in the order of its lines: what its reader found and what the
 * receipt says come from two places, and whoever corrects the file goes through it once.
 */
#include <inttypes.h>

#include "push.h"

struct line {
    struct kadr_diag diag;
    const struct kadr_wire_diag *wire; /* of the receipt; NULL: the reader's */
    uint32_t place;                    /* by which it is sorted: its line, or the end */
    size_t order;                      /* in which it was found */
};

static int compare_lines(const void *left, const void *right)
{
    const struct line *a = left, *b = right;

    if (a->place != b->place) {
        return a->place < b->place ? -1 : 1;
    }
    if (a->diag.column != b->diag.column) {
        return a->diag.column < b->diag.column ? -1 : 1;
    }
    return a->order < b->order ? -1 : a->order > b->order;
}

static void add(struct line *lines, size_t *count, const struct kadr_diag *diag,
                const struct kadr_wire_diag *wire)
{
    uint32_t place = diag->code == KADR_DIAG_TRUNCATED ? UINT32_MAX : diag->line;

    lines[*count] = (struct line){ .diag = *diag, .wire = wire, .place = place, .order = *count };
    (*count)++;
}

static void add_receipt(struct line *lines, size_t *count, const struct kadr_receipt *receipt,
                        const struct kadr_csv_places *places)
{
    for (size_t i = 0; i < receipt->diag_count; i++) {
        struct kadr_diag diag = receipt->diags[i].diag;
        uint32_t column = diag.line > 0 ? kadr_csv_column_of(places, diag.code) : 0;

        diag.column = column > 0 ? column : diag.column;
        add(lines, count, &diag, &receipt->diags[i]);
    }
}

/* A code that this program does not know came with its words. */
static void print_line(const struct push *push, const struct line *line, const char *file)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf text = { 0 };

    if (line->wire != NULL && line->diag.code == KADR_DIAG_NONE) {
        (void)fprintf(stderr, "%s:%" PRIu32 ":%" PRIu32 ": %s: %s: %s\n", file, line->diag.line,
                      line->diag.column, line->wire->name, line->wire->text, line->wire->remedy);
        return;
    }
    kadr_buf_init(&text, 0);
    kadr_diag_line(&line->diag, file, push->cli->lang, &text);
    (void)fprintf(stderr, "%s\n", kadr_buf_str(&text));
}

void push_print_diags(const struct push *push, const char *file, const struct kadr_diags *diags,
                      const struct kadr_receipt *receipt, const struct kadr_csv_places *places)
{
    size_t room = (diags != NULL ? diags->count : 0) + (receipt != NULL ? receipt->diag_count : 0) + 1;
    struct line *lines = push->cli->config.json ? NULL : calloc(room, sizeof(*lines));
    size_t count = 0;

    if (lines == NULL) {
        return;
    }
    for (size_t i = 0; diags != NULL && i < diags->count; i++) {
        add(lines, &count, &diags->items[i], NULL);
    }
    if (diags != NULL && diags->omitted > 0) {
        struct kadr_diag last = kadr_diag_of_omitted(diags);
        add(lines, &count, &last, NULL);
    }
    if (receipt != NULL) {
        add_receipt(lines, &count, receipt, places);
    }
    qsort(lines, count, sizeof(*lines), compare_lines);
    for (size_t i = 0; i < count; i++) {
        print_line(push, &lines[i], file);
    }
    free(lines);
}
