/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/names.h"

#include <string.h>

void kadr_names_done(struct kadr_names *names)
{
    free(names->items);
    *names = (struct kadr_names){ 0 };
}

void kadr_names_add(struct kadr_names *names, uint32_t scope, const char *text, uint32_t value)
{
    if (names->failed) {
        return;
    }
    if (names->count == names->cap) {
        size_t cap = names->cap == 0 ? 64 : 2 * names->cap;
        struct kadr_name *items = realloc(names->items, cap * sizeof(*items));
        if (items == NULL) {
            names->failed = true;
            return;
        }
        names->items = items;
        names->cap = cap;
    }
    names->items[names->count++] = (struct kadr_name){ .text = text, .scope = scope, .value = value };
}

static int compare_key(const struct kadr_name *a, const struct kadr_name *b)
{
    if (a->scope != b->scope) {
        return a->scope < b->scope ? -1 : 1;
    }
    return strcmp(a->text, b->text);
}

static int compare(const void *left, const void *right)
{
    const struct kadr_name *a = left, *b = right;
    int order = compare_key(a, b);
    return order != 0 ? order : (a->value > b->value) - (a->value < b->value);
}

void kadr_names_sort(struct kadr_names *names)
{
    if (names->count > 1) {
        qsort(names->items, names->count, sizeof(names->items[0]), compare);
    }
}

/* Index of the first entry that is not less than the key. */
static size_t lower_bound(const struct kadr_names *names, const struct kadr_name *key)
{
    size_t low = 0, high = names->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_key(&names->items[middle], key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool kadr_names_find(const struct kadr_names *names, uint32_t scope, const char *text, uint32_t *ret_value)
{
    struct kadr_name key = { .text = text, .scope = scope };
    size_t at = lower_bound(names, &key);

    if (at == names->count || compare_key(&names->items[at], &key) != 0) {
        return false;
    }
    for (size_t next = at + 1; next < names->count && compare_key(&names->items[next], &key) == 0; next++) {
        if (names->items[next].value != names->items[at].value) {
            return false;
        }
    }
    *ret_value = names->items[at].value;
    return true;
}

bool kadr_names_clash(const struct kadr_names *names, size_t index)
{
    if (index == 0) {
        return false;
    }
    const struct kadr_name *entry = &names->items[index], *before = &names->items[index - 1];
    return compare_key(before, entry) == 0 && before->value != entry->value;
}
