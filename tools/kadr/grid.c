/* SPDX-License-Identifier: Apache-2.0 */
#include "grid.h"

#include <stdio.h>
#include <string.h>

#include "cell_text.h"

#define GAP  2
#define HANG 2 /* of what goes on on the next line */

void grid_done(struct grid *grid)
{
    free(grid->rows);
    *grid = (struct grid){ .arena = grid->arena };
}

void grid_clear(struct grid *grid)
{
    grid->count = 0;
}

void grid_row(struct grid *grid)
{
    if (grid->count == grid->cap) {
        size_t cap = grid->cap > 0 ? grid->cap * 2 : 64;
        struct grid_row *grown = realloc(grid->rows, cap * sizeof(*grown));

        if (grown == NULL) {
            grid->failed = true;
            return;
        }
        grid->rows = grown;
        grid->cap = cap;
    }
    for (size_t i = 0; i < GRID_COLUMNS; i++) {
        grid->rows[grid->count].cell[i] = "";
    }
    grid->count++;
    grid->columns = 0;
}

static void set_cell(struct grid *grid, const char *text, size_t len)
{
    const char *copy = kadr_arena_strndup(grid->arena, text, len);

    grid->failed = grid->failed || copy == NULL;
    if (!grid->failed && grid->count > 0 && grid->columns < GRID_COLUMNS) {
        grid->rows[grid->count - 1].cell[grid->columns++] = copy;
    }
}

void grid_text(struct grid *grid, const char *text)
{
    set_cell(grid, text, strlen(text));
}

void grid_buf(struct grid *grid, struct kadr_buf *text)
{
    grid->failed = grid->failed || text->err != 0;
    set_cell(grid, kadr_buf_str(text), text->len);
    kadr_buf_clear(text);
}

/* ---- lines ---- */

static bool begins_character(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

/* Whether a comma, a semicolon or a middle dot stands before text[at]. */
static bool is_pause(const char *text, size_t at)
{
    bool dot = at > 1 && memcmp(text + at - 2, "\xc2\xb7", 2) == 0;

    return dot || text[at - 1] == ',' || text[at - 1] == ';';
}

/* Bytes of the first line of `text` that is at most `widest` wide: up to a blank, rather one behind a pause;
 * a word that is wider stands alone. */
static size_t line_bytes(const char *text, size_t widest)
{
    size_t width = 0, blank = 0, pause = 0, at;

    for (at = 0; text[at] != '\0'; at++) {
        if (text[at] == ' ' && at > 0 && (width <= widest || blank == 0)) {
            blank = at;
            pause = is_pause(text, at) ? at : pause;
        }
        width += begins_character(text[at]);
        if (width > widest && blank > 0) {
            return pause * 2 >= blank ? pause : blank;
        }
    }
    return at;
}

static size_t width_of_bytes(const char *text, size_t bytes)
{
    size_t width = 0;

    for (size_t i = 0; i < bytes; i++) {
        width += begins_character(text[i]);
    }
    return width;
}

/* Behind the first line of a cell, and the blank that it was cut at. */
static const char *behind(const char *text, size_t bytes)
{
    return text + bytes + (text[bytes] == ' ');
}

/* Of a cell that others stand behind: of the widest of its lines. */
static size_t cell_width(const char *text, size_t widest)
{
    size_t width = 0, hang = 0;

    while (*text != '\0') {
        size_t bytes = line_bytes(text, widest - hang), own = hang + width_of_bytes(text, bytes);

        width = own > width ? own : width;
        text = behind(text, bytes);
        hang = HANG;
    }
    return width;
}

static size_t count_cells(const char *const *cells, size_t count)
{
    while (count > 0 && *cells[count - 1] == '\0') {
        count--; /* no blanks at the end of a line */
    }
    return count;
}

void grid_widen(const char *const *cells, size_t count, size_t widest, size_t *widths)
{
    size_t used = count_cells(cells, count);

    for (size_t c = 0; c < used; c++) {
        size_t own = c + 1 < used ? cell_width(cells[c], widest) : text_width(cells[c]);
        bool fits = c + 1 < used || own <= widest; /* nothing stands behind the last one */

        widths[c] = fits && own > widths[c] ? own : widths[c];
    }
}

/* One line of a row: the next of each cell, and the pointers move behind it. */
static void print_line(FILE *out, const char **rest, const size_t *widths, size_t count, size_t widest,
                       size_t hang)
{
    for (size_t c = 0; c < count; c++) {
        bool last = c + 1 == count;
        size_t own_hang = *rest[c] != '\0' ? hang : 0;
        size_t bytes = last && hang == 0 ? strlen(rest[c])
                                         : line_bytes(rest[c], widest - own_hang); /* the last: whole */
        size_t have = own_hang + width_of_bytes(rest[c], bytes);
        size_t pad = widths[c] > have ? widths[c] - have + GAP : widths[c] > 0 ? GAP : 0;

        (void)fprintf(out, "%*s%.*s%*s", (int)own_hang, "", (int)bytes, rest[c], last ? 0 : (int)pad, "");
        rest[c] = behind(rest[c], bytes);
    }
    (void)fputc('\n', out);
}

void grid_line(FILE *out, int indent, const char *const *cells, const size_t *widths, size_t count,
               size_t widest)
{
    const char *rest[GRID_COLUMNS];
    size_t hang = 0;

    memcpy(rest, cells, count * sizeof(*rest));
    do {
        (void)fprintf(out, "%*s", indent, "");
        print_line(out, rest, widths, count_cells(rest, count), widest, hang);
        hang = HANG;
    } while (count_cells(rest, count) > 0);
}

void grid_print(const struct grid *grid, FILE *out, int indent, size_t widest)
{
    size_t widths[GRID_COLUMNS] = { 0 };

    for (size_t i = 0; i < grid->count; i++) {
        grid_widen(grid->rows[i].cell, GRID_COLUMNS, widest, widths);
    }
    for (size_t i = 0; i < grid->count; i++) {
        grid_line(out, indent, grid->rows[i].cell, widths, GRID_COLUMNS, widest);
    }
}

/* ---- the page ---- */

void page_done(struct page *page)
{
    if (page->out != NULL) {
        (void)fclose(page->out); /* memory */
    }
    free(page->text);
    *page = (struct page){ .out = NULL };
}

void page_begin(struct page *page)
{
    page_done(page);
    page->out = open_memstream(&page->text, &page->len);
}

bool page_show(struct page *page)
{
    bool whole = page->out != NULL && fflush(page->out) == 0 && ferror(page->out) == 0;

    if (whole) {
        (void)fwrite(page->text, 1, page->len, stdout); /* cli_run() checks stdout */
    }
    page_done(page);
    return whole;
}
