/* SPDX-License-Identifier: Apache-2.0 */
/* hash.c - BLAKE2b-256 from libsodium, sums of digests, hex.
 *
 * sodium_init() chooses the fastest BLAKE2b of the machine and is not thread-safe in old releases, so it runs
 * once before main(); everything behind it only reads.
 */
#include "base/hash.h"

#include <sodium.h>
#include <string.h>

#include "base/err.h"

__attribute__((constructor)) static void init_sodium(void)
{
    KADR_ASSERT(sodium_init() >= 0);
}

struct kadr_digest kadr_hash(const void *data, size_t len)
{
    struct kadr_digest digest;
    KADR_ASSERT(crypto_generichash(digest.bytes, sizeof digest.bytes, data, len, NULL, 0) == 0);
    return digest;
}

struct kadr_digest kadr_hash_parts(const struct kadr_bytes *parts, size_t count)
{
    crypto_generichash_state state;
    struct kadr_digest digest;
    KADR_ASSERT(crypto_generichash_init(&state, NULL, 0, sizeof digest.bytes) == 0);
    for (size_t i = 0; i < count; i++) {
        KADR_ASSERT(crypto_generichash_update(&state, parts[i].data, parts[i].len) == 0);
    }
    KADR_ASSERT(crypto_generichash_final(&state, digest.bytes, sizeof digest.bytes) == 0);
    return digest;
}

static uint64_t little_endian(uint64_t word)
{
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(word) : word;
}

static uint64_t get_word(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return little_endian(word);
}

static void put_word(uint8_t *bytes, uint64_t word)
{
    word = little_endian(word);
    memcpy(bytes, &word, sizeof word);
}

void kadr_digest_add(struct kadr_digest *sum, const struct kadr_digest *digest)
{
    bool carry = false;
    for (size_t i = 0; i < KADR_DIGEST_BYTES; i += 8) {
        uint64_t word;
        bool over = __builtin_add_overflow(get_word(&sum->bytes[i]), get_word(&digest->bytes[i]), &word);
        over |= __builtin_add_overflow(word, (uint64_t)carry, &word);
        put_word(&sum->bytes[i], word);
        carry = over;
    }
}

void kadr_digest_sub(struct kadr_digest *sum, const struct kadr_digest *digest)
{
    bool borrow = false;
    for (size_t i = 0; i < KADR_DIGEST_BYTES; i += 8) {
        uint64_t word;
        bool under = __builtin_sub_overflow(get_word(&sum->bytes[i]), get_word(&digest->bytes[i]), &word);
        under |= __builtin_sub_overflow(word, (uint64_t)borrow, &word);
        put_word(&sum->bytes[i], word);
        borrow = under;
    }
}

bool kadr_digest_equal(const struct kadr_digest *a, const struct kadr_digest *b)
{
    return memcmp(a->bytes, b->bytes, KADR_DIGEST_BYTES) == 0;
}

void kadr_digest_hex(const struct kadr_digest *digest, char ret_hex[KADR_DIGEST_HEX_BYTES])
{
    kadr_hex(digest->bytes, sizeof digest->bytes, ret_hex);
}

void kadr_hex(const void *data, size_t len, char *ret_hex)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = data;
    for (size_t i = 0; i < len; i++) {
        ret_hex[2 * i] = digits[bytes[i] >> 4];
        ret_hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    ret_hex[2 * len] = '\0';
}

/* Either case, as people paste it; -1 for anything else. */
static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int kadr_unhex(const char *hex, size_t len, void *ret_data)
{
    if (strlen(hex) != 2 * len) {
        return KADR_EINVAL;
    }
    if (hex[strspn(hex, "0123456789abcdefABCDEF")] != '\0') {
        return KADR_EINVAL;
    }
    uint8_t *bytes = ret_data;
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(hex_digit(hex[2 * i]) * 16 + hex_digit(hex[2 * i + 1]));
    }
    return KADR_OK;
}

uint64_t kadr_hash_keyed(const uint8_t key[KADR_HASH_KEY_BYTES], const void *data, size_t len)
{
    uint64_t hash = 0;
    _Static_assert(sizeof(hash) == crypto_shorthash_BYTES && KADR_HASH_KEY_BYTES == crypto_shorthash_KEYBYTES,
                   "SipHash-2-4 as libsodium has it");
    uint8_t out[sizeof(hash)];
    (void)crypto_shorthash(out, data, len, key); /* always 0 */
    memcpy(&hash, out, sizeof(hash));
    return hash;
}

void kadr_random_bytes(void *ret_data, size_t len)
{
    randombytes_buf(ret_data, len);
}
