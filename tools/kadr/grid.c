/* SPDX-License-Identifier: Apache-2.0 */
#include "grid.h"

#include <stdio.h>
#include <string.h>

#include "cell_text.h"

#define GAP 2

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

static size_t width_of(const struct grid *grid, size_t column, size_t widest)
{
    size_t width = 0;

    for (size_t i = 0; i < grid->count; i++) {
        size_t own = text_width(grid->rows[i].cell[column]);

        width = own > width && own <= widest ? own : width;
    }
    return width;
}

static void print_row(const struct grid_row *row, const size_t *widths, FILE *out, int indent)
{
    size_t last = GRID_COLUMNS;

    while (last > 0 && *row->cell[last - 1] == '\0') {
        last--; /* no blanks at the end of a line */
    }
    (void)fprintf(out, "%*s", indent, "");
    for (size_t c = 0; c < last; c++) {
        size_t have = text_width(row->cell[c]);
        size_t pad = widths[c] > have ? widths[c] - have + GAP : GAP;

        (void)fprintf(out, "%s%*s", row->cell[c], c + 1 < last && widths[c] > 0 ? (int)pad : 0, "");
    }
    (void)fputc('\n', out);
}

void grid_print(const struct grid *grid, FILE *out, int indent, size_t widest)
{
    size_t widths[GRID_COLUMNS];

    for (size_t c = 0; c < GRID_COLUMNS; c++) {
        widths[c] = width_of(grid, c, widest);
    }
    for (size_t i = 0; i < grid->count; i++) {
        print_row(&grid->rows[i], widths, out, indent);
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
