/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/names.h"

#include <string.h>

void kadr_names_done(struct kadr_names *names)
{
    free(names->items);
    free(names->places);
    *names = (struct kadr_names){ 0 };
}

void kadr_names_add(struct kadr_names *names, uint16_t scope, const char *text, uint32_t value)
{
    size_t len = strlen(text);

    KADR_ASSERT(len <= UINT16_MAX);
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
    names->items[names->count++] =
        (struct kadr_name){ .text = text, .len = (uint16_t)len, .scope = scope, .value = value };
}

static int compare_key(const struct kadr_name *a, const struct kadr_name *b)
{
    return a->scope != b->scope ? (a->scope < b->scope ? -1 : 1) : strcmp(a->text, b->text);
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

static uint64_t word_at(const char *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof(word));
    return word;
}

/* The bytes of a text shorter than a word; of one length, other bytes make another word. */
static uint64_t short_word(const char *text, size_t len)
{
    uint32_t head, tail;
    if (len < sizeof(head)) {
        uint64_t first = len > 0 ? (unsigned char)text[0] : 0, middle = (unsigned char)text[len / 2];
        return first | middle << 8 | (uint64_t)(len > 0 ? (unsigned char)text[len - 1] : 0) << 16;
    }
    memcpy(&head, text, sizeof(head));
    memcpy(&tail, text + len - sizeof(tail), sizeof(tail));
    return head | (uint64_t)tail << 32;
}

/* Eight bytes at a time, the last eight perhaps seen twice: strangers can look a text up but not add one, so
 * it has to be quick and no more. */
static uint64_t hash_of(const struct kadr_name *key)
{
    const char *text = key->text;
    size_t len = key->len, at = 0;
    uint64_t hash = (uint64_t)key->scope << 32 | len;

    if (len < sizeof(hash)) {
        return mixed(hash ^ short_word(text, len) * UINT64_C(0xd6e8feb86659fd93));
    }
    for (; at + sizeof(hash) < len; at += sizeof(hash)) {
        hash = mixed(hash ^ word_at(text + at));
    }
    return mixed(hash ^ word_at(text + len - sizeof(hash)));
}

/* In the same steps. */
static bool is_key(const struct kadr_name *a, const struct kadr_name *b)
{
    size_t len = a->len, at = 0;

    if (len != b->len || a->scope != b->scope) {
        return false;
    }
    if (len < sizeof(uint64_t)) {
        return short_word(a->text, len) == short_word(b->text, len);
    }
    for (; at + sizeof(uint64_t) < len; at += sizeof(uint64_t)) {
        if (word_at(a->text + at) != word_at(b->text + at)) {
            return false;
        }
    }
    return word_at(a->text + len - sizeof(uint64_t)) == word_at(b->text + len - sizeof(uint64_t));
}

/* The place of the key, or the free one where it belongs; never full. */
static struct kadr_name_place *place_of(const struct kadr_names *names, const struct kadr_name *key,
                                        uint64_t hash)
{
    struct kadr_name_place *place = &names->places[hash & names->place_mask];

    while (place->item != 0 &&
           (place->tag != (uint32_t)(hash >> 32) || !is_key(&names->items[place->item - 1], key))) {
        place = place < names->places + names->place_mask ? place + 1 : names->places;
    }
    return place;
}

static void enter(struct kadr_names *names, size_t index)
{
    const struct kadr_name *item = &names->items[index];
    uint64_t hash = hash_of(item);
    struct kadr_name_place *place = place_of(names, item, hash);

    if (place->item == 0) {
        *place = (struct kadr_name_place){ .tag = (uint32_t)(hash >> 32),
                                           .item = (uint32_t)(index + 1) & INT32_MAX };
    } else if (names->items[place->item - 1].value != item->value) {
        place->ambiguous = 1;
    }
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
    for (size_t i = 0; i < names->count; i++) {
        enter(names, i);
    }
}

bool kadr_names_find(const struct kadr_names *names, uint16_t scope, const char *text, uint32_t *ret_value)
{
    size_t len = strlen(text);
    struct kadr_name key = { .text = text, .len = (uint16_t)len, .scope = scope };

    if (names->places == NULL || len > UINT16_MAX) {
        return false;
    }
    const struct kadr_name_place *place = place_of(names, &key, hash_of(&key));
    if (place->item == 0 || place->ambiguous) {
        return false;
    }
    *ret_value = names->items[place->item - 1].value;
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
