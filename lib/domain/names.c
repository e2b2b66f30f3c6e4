/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/names.h"

#include <string.h>

void kadr_names_done(struct kadr_names *names)
{
    free(names->items);
    free(names->places);
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

static uint64_t mixed(uint64_t x)
{
    x = (x ^ x >> 32) * UINT64_C(0x9e3779b97f4a7c15);
    return x ^ x >> 32;
}

/* Eight bytes at a time: strangers can look a text up but not add one, so it has to be quick and no more. */
static size_t hash_of(uint32_t scope, const char *text)
{
    size_t len = strlen(text);
    uint64_t hash = (uint64_t)scope << 32 | len, word = 0;

    for (; len >= sizeof(word); text += sizeof(word), len -= sizeof(word)) {
        memcpy(&word, text, sizeof(word));
        hash = mixed(hash ^ word);
    }
    word = 0;
    memcpy(&word, text, len);
    return (size_t)mixed(hash ^ word);
}

/* The place of the key, or the free one where it belongs; never full. */
static uint32_t *place_of(const struct kadr_names *names, const struct kadr_name *key)
{
    size_t at = hash_of(key->scope, key->text) & names->place_mask;

    while (names->places[at] != 0 && compare_key(&names->items[names->places[at] - 1], key) != 0) {
        at = (at + 1) & names->place_mask;
    }
    return &names->places[at];
}

void kadr_names_sort(struct kadr_names *names)
{
    size_t cap = 2;

    if (names->count > 1) {
        qsort(names->items, names->count, sizeof(names->items[0]), compare);
    }
    while (cap < 2 * names->count) {
        cap *= 2;
    }
    free(names->places);
    names->places = calloc(cap, sizeof(*names->places));
    if (names->places == NULL) {
        names->failed = true;
        return;
    }
    names->place_mask = cap - 1;
    for (size_t i = names->count; i-- > 0;) { /* the first of equal keys is written last */
        *place_of(names, &names->items[i]) = (uint32_t)i + 1;
    }
}

bool kadr_names_find(const struct kadr_names *names, uint32_t scope, const char *text, uint32_t *ret_value)
{
    struct kadr_name key = { .text = text, .scope = scope };
    size_t place = names->places != NULL ? *place_of(names, &key) : 0;

    if (place == 0) {
        return false;
    }
    size_t at = place - 1;
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
