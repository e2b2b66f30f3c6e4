/* SPDX-License-Identifier: Apache-2.0 */
/* The out-queue against a model: random peers push, random flushes take, and whatever happens each peer's
 * messages come out once and in order, and the counts add up.
 */
#include "edge/zsock_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

#define PEERS 700 /* more than buckets */
#define STEPS 20000

struct model {
    uint64_t random;
    uint32_t pushed[PEERS], next[PEERS]; /* numbers of the peer's newest and oldest message */
    size_t items, bytes;
    uint64_t dropped;
    unsigned generosity; /* of 8: how many offers are taken */
    bool wrong;
};

static uint32_t pick(struct model *model, uint32_t bound)
{
    model->random ^= model->random << 13; /* xorshift64 */
    model->random ^= model->random >> 7;
    model->random ^= model->random << 17;
    return (uint32_t)(model->random >> 32) % bound;
}

static struct kadr_peer peer_of(uint32_t number)
{
    return (struct kadr_peer){ .bytes = { 0, (uint8_t)(number >> 8), (uint8_t)number }, .len = 3 };
}

static size_t length_of(uint32_t message)
{
    return sizeof message + message % 5;
}

static enum kadr_zqueue_verdict on_offer(void *context, const struct kadr_peer *peer, const void *data,
                                         size_t len)
{
    struct model *model = context;
    uint32_t number = (uint32_t)peer->bytes[1] << 8 | peer->bytes[2], message = 0;
    memcpy(&message, data, sizeof message);
    model->wrong |= message != model->next[number] || len != length_of(message);
    if (pick(model, 64) == 0) {
        while (model->next[number] < model->pushed[number]) { /* the peer is gone, and its line */
            model->bytes -= length_of(model->next[number]++);
            model->items--;
            model->dropped++;
        }
        return KADR_ZQUEUE_GONE;
    }
    if (pick(model, 8) >= model->generosity) {
        return KADR_ZQUEUE_LATER;
    }
    model->next[number]++;
    model->items--;
    model->bytes -= len;
    return KADR_ZQUEUE_SENT;
}

static void push_one(struct kadr_zqueue *queue, struct model *model)
{
    uint32_t number = pick(model, PEERS), message = model->pushed[number];
    struct kadr_peer peer = peer_of(number);
    uint8_t data[16] = { 0 };
    size_t len = length_of(message), waiting = message - model->next[number];
    memcpy(data, &message, sizeof message);
    bool full = model->items >= queue->max_items || waiting >= queue->max_items_per_peer ||
                model->bytes + len > queue->max_bytes;
    assert_int_equal(kadr_zqueue_waits(queue, &peer), waiting > 0);
    assert_int_equal(kadr_zqueue_push(queue, &peer, data, len), full ? KADR_EFULL : 0);
    if (!full) {
        model->pushed[number]++;
        model->items++;
        model->bytes += len;
    }
}

static void flush_some(struct kadr_zqueue *queue, struct model *model)
{
    size_t before = model->items, budget = 1 + pick(model, 40);
    uint64_t dropped = 0, dropped_before = model->dropped;
    model->generosity = pick(model, 9);
    size_t sent = kadr_zqueue_flush(queue, budget, on_offer, model, &dropped);
    assert_true(sent <= budget);
    assert_int_equal(dropped, model->dropped - dropped_before);
    assert_int_equal(sent + dropped, before - model->items);
}

static void test_against_a_model(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct kadr_zqueue queue = { .max_items = 200, .max_items_per_peer = 3, .max_bytes = 1000 };
        struct model model = { .random = seed * UINT64_C(0x9E3779B97F4A7C15) };
        for (int step = 0; step < STEPS && !model.wrong; step++) {
            if (pick(&model, 3) > 0) {
                push_one(&queue, &model);
            } else {
                flush_some(&queue, &model);
            }
            assert_int_equal(queue.items, model.items);
            assert_int_equal(queue.bytes, model.bytes);
        }
        if (model.wrong) {
            print_error("seed %llu\n", (unsigned long long)seed);
        }
        assert_false(model.wrong);
        kadr_zqueue_done(&queue);
        assert_int_equal(queue.items, 0);
        assert_int_equal(queue.bytes, 0);
    }
}

static enum kadr_zqueue_verdict take_all(void *context, const struct kadr_peer *peer, const void *data,
                                         size_t len)
{
    (void)data;
    (void)len;
    ((unsigned *)context)[peer->bytes[2]]++;
    return KADR_ZQUEUE_SENT;
}

/* With a budget below one line's length every peer still gets its turn. */
static void test_lines_take_turns(void **state)
{
    (void)state;
    struct kadr_zqueue queue = { .max_items = 100, .max_items_per_peer = 30, .max_bytes = 1000 };
    unsigned served[3] = { 0 };
    uint64_t dropped = 0;
    for (uint32_t i = 0; i < 90; i++) {
        struct kadr_peer peer = peer_of(i % 3);
        assert_int_equal(kadr_zqueue_push(&queue, &peer, "x", 1), 0);
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(kadr_zqueue_flush(&queue, 10, take_all, served, &dropped), 10);
    }
    assert_int_equal(served[0], 10);
    assert_int_equal(served[1], 10);
    assert_int_equal(served[2], 10);
    kadr_zqueue_done(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_a_model),
        cmocka_unit_test(test_lines_take_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
