/* SPDX-License-Identifier: Apache-2.0 */
/* Random messages of every kind: what is encoded decodes to the same; damaged frames never do harm. */
#include "wire/generate.h"

static void show(const char *property, const struct message_type *type, const struct gen *gen)
{
    print_error("%s does not hold for %s, seed %llu\n", property, type->name, (unsigned long long)gen->seed);
}

static void begin(struct gen *gen, uint64_t seed)
{
    kadr_arena_clear(gen->arena);
    gen->seed = seed;
    gen->state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
}

static void round_trip(struct gen *gen, size_t index)
{
    const struct message_type *type = &message_types[index];
    union any_message message = { 0 }, back = { 0 };
    struct kadr_arena *arena KADR_CLEANUP(kadr_arena_free) = NULL;
    struct kadr_buf first KADR_CLEANUP(kadr_buf_done) = { 0 };
    struct kadr_buf second KADR_CLEANUP(kadr_buf_done) = { 0 };
    const char *why = "";
    assert_int_equal(kadr_arena_new(KADR_MAX_ARENA_BYTES, &arena), 0);
    generators[index](gen, &message);
    type->encode(&message, &first);
    assert_int_equal(first.err, 0);
    int err = type->decode((struct kadr_bytes){ first.data, first.len }, arena, &back, &why);
    if (err) {
        show(why, type, gen);
        fail();
    }
    type->encode(&back, &second);
    if (first.len != second.len || (first.len && memcmp(first.data, second.data, first.len) != 0)) {
        show("encode(decode(x)) == x", type, gen);
        fail();
    }
}

static void test_every_message_survives_the_wire(void **state)
{
    struct gen *gen = *state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        begin(gen, seed);
        for (size_t i = 0; i < KADR_COUNT(generators); i++) {
            round_trip(gen, i);
        }
    }
}

static void same_observation(const struct kadr_observation *a, const struct kadr_observation *b)
{
    assert_string_equal(a->unit, b->unit);
    assert_string_equal(a->indicator, b->indicator);
    assert_string_equal(a->occurrence, b->occurrence);
    assert_int_equal(a->breakdown_count, b->breakdown_count);
    for (size_t i = 0; i < a->breakdown_count; i++) {
        assert_string_equal(a->breakdown[i].dimension, b->breakdown[i].dimension);
        assert_string_equal(a->breakdown[i].member, b->breakdown[i].member);
    }
    assert_true(kadr_period_equal(a->period, b->period));
    assert_true(kadr_value_equal(&a->value, &b->value));
    assert_int_equal(a->scale, b->scale);
    assert_int_equal(a->of_replaced, b->of_replaced);
}

/* The quick reader reads what was said, and comes out of every other run of bytes alive. */
static void test_keys_read_as_decoded(void **state)
{
    struct gen *gen = *state;
    for (uint64_t seed = 1; seed <= 500; seed++) {
        union any_message message = { 0 };
        struct kadr_arena *arena KADR_CLEANUP(kadr_arena_free) = NULL;
        struct kadr_buf frame KADR_CLEANUP(kadr_buf_done) = { 0 };
        struct kadr_report keys;
        assert_int_equal(kadr_arena_new(KADR_MAX_ARENA_BYTES, &arena), 0);
        begin(gen, seed);
        gen_report(gen, &message);
        kadr_encode_report(&message.report, &frame);
        assert_int_equal(kadr_read_report_keys((struct kadr_bytes){ frame.data, frame.len }, arena, &keys),
                         0);
        const struct kadr_report *whole = &message.report;
        assert_int_equal(keys.stated_at_ms, whole->stated_at_ms);
        assert_memory_equal(keys.report_id, whole->report_id, sizeof(keys.report_id));
        assert_int_equal(keys.has_replaces, whole->has_replaces);
        assert_memory_equal(keys.replaces.stream, whole->replaces.stream, sizeof(keys.replaces.stream));
        assert_true(keys.replaces.sequence == whole->replaces.sequence);
        assert_int_equal(keys.replaces.stated_at_ms, whole->replaces.stated_at_ms);
        assert_int_equal(keys.observation_count, whole->observation_count);
        for (size_t i = 0; i < keys.observation_count; i++) {
            same_observation(&keys.observations[i], &whole->observations[i]);
        }
        for (size_t k = 0; k < 20; k++) { /* damaged, and cut */
            size_t len = below(gen, (uint32_t)frame.len + 1);
            uint8_t *copy = malloc(len + 1);
            assert_non_null(copy);
            memcpy(copy, frame.data, len);
            copy[len > 0 ? below(gen, (uint32_t)len) : 0] ^= (uint8_t)(1u << below(gen, 8));
            (void)!kadr_read_report_keys((struct kadr_bytes){ copy, len }, arena, &keys);
            free(copy);
        }
    }
}

static void test_cut_frames_do_no_harm(void **state)
{
    struct gen *gen = *state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        begin(gen, seed);
        for (size_t i = 0; i < KADR_COUNT(generators); i++) {
            union any_message message = { 0 };
            struct kadr_buf frame KADR_CLEANUP(kadr_buf_done) = { 0 };
            generators[i](gen, &message);
            message_types[i].encode(&message, &frame);
            for (size_t len = 0; len < frame.len && len < 600; len++) {
                uint8_t *cut = malloc(len + 1); /* its own block, so that a read past the end is seen */
                assert_non_null(cut);
                memcpy(cut, frame.data, len);
                (void)decode_and_settle(&message_types[i], (struct kadr_bytes){ cut, len });
                free(cut);
            }
        }
    }
}

static void test_damaged_frames_do_no_harm(void **state)
{
    struct gen *gen = *state;
    size_t refused = 0, taken = 0;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        begin(gen, seed);
        for (size_t i = 0; i < KADR_COUNT(generators); i++) {
            union any_message message = { 0 };
            struct kadr_buf frame KADR_CLEANUP(kadr_buf_done) = { 0 };
            generators[i](gen, &message);
            message_types[i].encode(&message, &frame);
            for (size_t k = 0; frame.len && k < 10; k++) {
                frame.data[below(gen, (uint32_t)frame.len)] ^= (uint8_t)(1u << below(gen, 8));
                bool fine =
                    decode_and_settle(&message_types[i], (struct kadr_bytes){ frame.data, frame.len }) == 0;
                taken += fine;
                refused += !fine;
            }
        }
    }
    assert_true(refused > 1000); /* the damage was real, and some of it can be borne */
    assert_true(taken > 100);
}

static void test_noise_does_no_harm(void **state)
{
    struct gen *gen = *state;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        begin(gen, seed);
        struct kadr_bytes noise = gen_bytes(gen, 200);
        for (size_t i = 0; i < KADR_COUNT(message_types); i++) {
            (void)decode_and_settle(&message_types[i], noise);
        }
    }
}

static int group_up(void **state)
{
    struct gen *gen = calloc(1, sizeof(*gen));
    *state = gen;
    return gen ? kadr_arena_new(KADR_MAX_ARENA_BYTES, &gen->arena) : -1;
}

static int group_down(void **state)
{
    struct gen *gen = *state;
    kadr_arena_free(gen->arena);
    free(gen);
    return 0;
}

int main(void)
{
    assert_int_equal(KADR_COUNT(generators), KADR_COUNT(message_types));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_message_survives_the_wire),
        cmocka_unit_test(test_keys_read_as_decoded),
        cmocka_unit_test(test_cut_frames_do_no_harm),
        cmocka_unit_test(test_damaged_frames_do_no_harm),
        cmocka_unit_test(test_noise_does_no_harm),
    };
    return cmocka_run_group_tests(tests, group_up, group_down);
}
