/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* explain.h - between the files of `kadr explain`: explain.c asks, explain_text.c tells people,
 * explain_json.c programs. */
#include "cli.h"

/* Where a node hangs; 0: none, for nothing has the first node below or behind it. */
struct explain_link {
    uint32_t next;        /* the next one below the same parent */
    uint32_t first, last; /* below this one */
};

struct explained {
    const struct cli *cli;
    struct kadr_reference *names; /* NULL: codes only */
    struct kadr_position position;
    struct kadr_arena *arena;
    struct kadr_wire_node *nodes; /* in the arena are their strings; nodes[0] is the cell asked for */
    struct explain_link *links;   /* of the same indexes */
    uint32_t count, cap;
    uint32_t omitted;
    struct kadr_buf others; /* breakdowns that have a figure, as options */
    uint32_t other_count;
    bool cut;
    bool refused; /* and told so */
    bool failed;  /* out of memory */
};

/* Each returns the exit code. */
int explain_print_text(const struct explained *explained);
int explain_print_json(const struct explained *explained);
