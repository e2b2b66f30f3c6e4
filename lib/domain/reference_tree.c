/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of units, worked out once: what is above each and below it, in the order of codes, and since when;
 * so that a question about it is a walk over a handful of numbers.
 */
#include <string.h>

#include "domain/reference_load.h"

static bool contains(const kadr_unit *list, size_t count, kadr_unit unit)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == unit) {
            return true;
        }
    }
    return false;
}

/* The different parents of a unit's territories. */
static size_t parents_of(const struct kadr_unit_info *info, kadr_unit ret_parents[KADR_MAX_TERRITORIES])
{
    size_t count = 0;

    for (size_t v = 0; v < info->territory_count; v++) {
        kadr_unit parent = info->territory[v].parent;
        if (parent != KADR_NO_UNIT && !contains(ret_parents, count, parent)) {
            ret_parents[count++] = parent;
        }
    }
    return count;
}

/* Parents and their ancestors; at most 4 + 4^2 + 4^3. */
static void fill_ancestors(struct kadr_load *load, kadr_unit unit)
{
    struct kadr_reference *reference = load->reference;
    kadr_unit all[84], parents[KADR_MAX_TERRITORIES];
    size_t count = 0, parent_count = parents_of(&reference->units[unit], parents);

    for (size_t p = 0; p < parent_count; p++) {
        const struct kadr_ancestors *above = &reference->ancestors[parents[p]];
        if (!contains(all, count, parents[p])) {
            all[count++] = parents[p];
        }
        for (size_t i = 0; i < above->count; i++) {
            if (!contains(all, count, above->units[i])) {
                all[count++] = above->units[i];
            }
        }
    }
    reference->ancestors[unit].units = kadr_arena_memdup(reference->arena, all, count * sizeof(all[0]));
    reference->ancestors[unit].count = count;
}

struct edge {
    uint32_t child_rank; /* of its code */
    kadr_unit parent, child;
};

static int compare_edges(const void *left, const void *right)
{
    const struct edge *a = left, *b = right;
    if (a->parent != b->parent) {
        return a->parent < b->parent ? -1 : 1;
    }
    return (a->child_rank > b->child_rank) - (a->child_rank < b->child_rank);
}

/* All edges sorted by parent, then code: a unit's children are a slice of the column of children. */
static void fill_children(struct kadr_load *load)
{
    struct kadr_reference *reference = load->reference;
    size_t count = 0, cap = reference->unit_count * KADR_MAX_TERRITORIES;
    struct edge *edges = kadr_arena_calloc(reference->arena, cap, sizeof(*edges));
    kadr_unit *children = kadr_arena_calloc(reference->arena, cap, sizeof(*children));

    if (edges == NULL || children == NULL) {
        load->failed = true;
        return;
    }
    for (size_t u = 0; u < reference->unit_count; u++) {
        kadr_unit parents[KADR_MAX_TERRITORIES];
        size_t parent_count = parents_of(&reference->units[u], parents);
        for (size_t p = 0; p < parent_count; p++) {
            edges[count++] = (struct edge){ reference->units[u].code_rank, parents[p], (kadr_unit)u };
        }
    }
    qsort(edges, count, sizeof(*edges), compare_edges);
    for (size_t i = 0; i < count; i++) {
        struct kadr_unit_info *parent = &reference->units[edges[i].parent];
        children[i] = edges[i].child;
        if (parent->child_count++ == 0) {
            parent->children = &children[i];
        }
    }
}

/* The days on which a unit is below one parent without a break; first > last: it never is, or not always. */
static struct kadr_period days_below(const struct kadr_unit_info *child, kadr_unit parent)
{
    const struct kadr_territory *first = child->territory, *last = &first[child->territory_count - 1];
    bool always = first->parent == parent;
    for (const struct kadr_territory *next = first + 1; next <= last; next++) {
        always = always && next->parent == parent && next->from == next[-1].to + 1;
    }
    return always ? (struct kadr_period){ first->from, last->to }
                  : (struct kadr_period){ KADR_DAY_MAX, KADR_DAY_MIN };
}

static void fill_all_here(struct kadr_reference *reference)
{
    for (size_t u = 0; u < reference->unit_count; u++) {
        struct kadr_unit_info *info = &reference->units[u];
        info->all_here = (struct kadr_period){ KADR_DAY_MIN, KADR_DAY_MAX };
        for (size_t c = 0; c < info->child_count; c++) {
            struct kadr_period days = days_below(&reference->units[info->children[c]], (kadr_unit)u);
            info->all_here.first = days.first > info->all_here.first ? days.first : info->all_here.first;
            info->all_here.last = days.last < info->all_here.last ? days.last : info->all_here.last;
        }
    }
}

/* Units stand in the order of their paths, so that the last parent of each comes before it. */
static void fill_regions(struct kadr_reference *reference)
{
    for (size_t u = 0; u < reference->unit_count; u++) {
        struct kadr_unit_info *info = &reference->units[u];
        kadr_unit parent = info->territory[info->territory_count - 1].parent;
        bool below = info->level > KADR_LEVEL_REGION && parent != KADR_NO_UNIT;
        info->region = below ? reference->units[parent].region : (kadr_unit)u;
    }
}

/* Codes and aliases are sorted already. */
static void rank_codes(struct kadr_reference *reference)
{
    for (size_t i = 0; i < reference->unit_codes.count; i++) {
        const struct kadr_name *name = &reference->unit_codes.items[i];
        struct kadr_unit_info *info = &reference->units[name->value];
        info->code_rank = strcmp(name->text, info->code) == 0 ? (uint32_t)i : info->code_rank;
    }
}

void kadr_load_tree(struct kadr_load *load)
{
    struct kadr_reference *reference = load->reference;

    for (size_t level = 0; level <= KADR_LEVEL_FACILITY; level++) {
        for (size_t u = 0; u < reference->unit_count; u++) {
            if (reference->units[u].level == level) {
                fill_ancestors(load, (kadr_unit)u);
            }
        }
    }
    rank_codes(reference);
    fill_children(load);
    fill_all_here(reference);
    fill_regions(reference);
}
