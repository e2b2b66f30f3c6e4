/* SPDX-License-Identifier: Apache-2.0 */
/* Digests against published vectors, their sums as a group, hex both ways. */
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "rng.h"

static struct kadr_digest random_digest(struct rng *rng)
{
    struct kadr_digest digest;
    for (size_t i = 0; i < KADR_DIGEST_BYTES; i++) {
        /* mostly the bytes at which carries happen */
        digest.bytes[i] = rng_below(rng, 2) ? (uint8_t)rng_next(rng) : rng_below(rng, 2) ? 0xFF : 0;
    }
    return digest;
}

static void agrees_with_published_digests(void **state)
{
    (void)state;
    static const struct {
        const char *text, *hex;
    } vectors[] = {
        { "", "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8" },
        { "abc", "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319" },
    };
    for (size_t i = 0; i < KADR_COUNT(vectors); i++) {
        char hex[KADR_DIGEST_HEX_BYTES];
        struct kadr_digest digest = kadr_hash(vectors[i].text, strlen(vectors[i].text));
        kadr_digest_hex(&digest, hex);
        assert_string_equal(hex, vectors[i].hex);
    }
}

static void parts_hash_as_if_joined(void **state)
{
    (void)state;
    uint8_t data[1000];
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct rng rng = { seed };
        for (size_t i = 0; i < sizeof data; i++) {
            data[i] = (uint8_t)rng_next(&rng);
        }
        struct kadr_bytes parts[20];
        size_t count = 0, at = 0;
        for (; count < KADR_COUNT(parts) - 1; count++) {
            size_t len = rng_below(&rng, (sizeof data - at) / 2 + 1);
            parts[count] = (struct kadr_bytes){ data + at, len };
            at += len;
        }
        parts[count++] = (struct kadr_bytes){ data + at, sizeof data - at };
        struct kadr_digest whole = kadr_hash(data, sizeof data), joined = kadr_hash_parts(parts, count);
        if (!kadr_digest_equal(&whole, &joined)) {
            fail_msg("seed %llu", (unsigned long long)seed);
        }
    }
}

static void sums_carry_and_wrap(void **state)
{
    (void)state;
    struct kadr_digest one = { { 1 } }, all, zero = { { 0 } };
    memset(&all, 0xFF, sizeof all);
    struct kadr_digest sum = all;
    kadr_digest_add(&sum, &one);
    assert_true(kadr_digest_equal(&sum, &zero));
    kadr_digest_sub(&sum, &one);
    assert_true(kadr_digest_equal(&sum, &all));

    struct kadr_digest low = { { 0xFF, 0x00 } }, expected = { { 0x00, 0x01 } }; /* little-endian */
    kadr_digest_add(&low, &one);
    assert_true(kadr_digest_equal(&low, &expected));
    assert_false(kadr_digest_equal(&low, &one));
}

/* Any order of additions and removals ends at the same sum: what lets it be kept up to date. */
static void sums_do_not_know_their_order(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 500; seed++) {
        struct rng rng = { seed };
        struct kadr_digest item[8], forward = { { 0 } }, backward = { { 0 } };
        for (size_t i = 0; i < KADR_COUNT(item); i++) {
            item[i] = random_digest(&rng);
            kadr_digest_add(&forward, &item[i]);
        }
        struct kadr_digest extra = random_digest(&rng);
        kadr_digest_add(&backward, &extra);
        for (size_t i = KADR_COUNT(item); i-- > 0;) {
            kadr_digest_add(&backward, &item[i]);
        }
        kadr_digest_sub(&backward, &extra);
        if (!kadr_digest_equal(&forward, &backward)) {
            fail_msg("seed %llu", (unsigned long long)seed);
        }
    }
}

static void hex_goes_both_ways(void **state)
{
    (void)state;
    const uint8_t data[] = { 0x00, 0x9A, 0xFF };
    char hex[2 * sizeof data + 1];
    uint8_t back[sizeof data] = { 0 };
    kadr_hex(data, sizeof data, hex);
    assert_string_equal(hex, "009aff");
    assert_int_equal(kadr_unhex(hex, sizeof back, back), 0);
    assert_memory_equal(back, data, sizeof data);
    assert_int_equal(kadr_unhex("009AFF", sizeof back, back), 0);
    assert_memory_equal(back, data, sizeof data);
}

static void refuses_what_is_not_hex(void **state)
{
    (void)state;
    const char *const wrong[] = { "", "009af", "009aff0", "009aff00", "009afg", "0x9aff", " 09aff" };
    for (size_t i = 0; i < KADR_COUNT(wrong); i++) {
        uint8_t back[3] = { 7, 7, 7 };
        assert_int_equal(kadr_unhex(wrong[i], sizeof back, back), KADR_EINVAL);
        assert_int_equal(back[0], 7); /* nothing is written on an error */
    }
}

static void random_bytes_fill_exactly(void **state)
{
    (void)state;
    uint8_t first[34] = { 0 }, second[34] = { 0 };
    kadr_random_bytes(first + 1, 32);
    kadr_random_bytes(second + 1, 32);
    assert_memory_not_equal(first + 1, second + 1, 32);
    assert_int_equal(first[0] | first[33] | second[0] | second[33], 0);
}

static void keyed_hash_is_siphash(void **state)
{
    (void)state;
    static const uint8_t published[] = { 0xe5, 0x45, 0xbe, 0x49, 0x61, 0xca, 0x29, 0xa1 };
    uint8_t key[KADR_HASH_KEY_BYTES], message[15];
    for (uint8_t i = 0; i < sizeof(key); i++) {
        key[i] = i;
    }
    memcpy(message, key, sizeof(message));
    uint64_t hash = kadr_hash_keyed(key, message, sizeof(message));
    assert_memory_equal(&hash, published, sizeof(published));
    key[0] ^= 1;
    assert_true(kadr_hash_keyed(key, message, sizeof(message)) != hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_published_digests),
        cmocka_unit_test(parts_hash_as_if_joined),
        cmocka_unit_test(sums_carry_and_wrap),
        cmocka_unit_test(sums_do_not_know_their_order),
        cmocka_unit_test(hex_goes_both_ways),
        cmocka_unit_test(refuses_what_is_not_hex),
        cmocka_unit_test(random_bytes_fill_exactly),
        cmocka_unit_test(keyed_hash_is_siphash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
