/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* grid.h - a table for people: cells of text, columns as wide as their widest; and the page it goes on, which
 * is shown when the whole answer is there, for an answer may begin anew.
 */
#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"

#define GRID_COLUMNS 7

struct grid_row {
    const char *cell[GRID_COLUMNS]; /* in the arena; "" when there is nothing */
};

struct grid {
    struct kadr_arena *arena; /* borrowed */
    struct grid_row *rows;    /* owned */
    size_t count, cap;
    size_t columns; /* of the row being filled */
    bool failed;    /* out of memory */
};

void grid_done(struct grid *grid);
KADR_DEFINE_DONE(struct grid, grid_done)
void grid_row(struct grid *grid); /* begins a row */
void grid_text(struct grid *grid, const char *text);
void grid_buf(struct grid *grid, struct kadr_buf *text); /* and empties the buffer */
/* Each line behind `indent` blanks. A text wider than `widest` goes on on the next line of its column; the
 * last of a row, which nothing stands behind, is never cut. A column that is empty everywhere takes no room.
 */
void grid_print(const struct grid *grid, FILE *out, int indent, size_t widest);
void grid_clear(struct grid *grid); /* texts stay in the arena until that is cleared */

/* The same for who keeps the rows: `widths`, zeros at first, as all rows want them, then line by line; at
 * most GRID_COLUMNS cells. */
void grid_widen(const char *const *cells, size_t count, size_t widest, size_t *widths);
void grid_line(FILE *out, int indent, const char *const *cells, const size_t *widths, size_t count,
               size_t widest);

struct page {
    FILE *out; /* NULL: out of memory */
    char *text;
    size_t len;
};
void page_begin(struct page *page); /* empty, whatever was on it */
/* What is on it goes to stdout. @return false  out of memory */
bool page_show(struct page *page);
void page_done(struct page *page);
