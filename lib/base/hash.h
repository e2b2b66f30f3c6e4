/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* hash.h - BLAKE2b-256 (RFC 7693) and random bytes; the one file that includes libsodium.
 * Cost: about 0.5 us for 200 bytes.
 */
#include "base/defs.h"

/* Digest of one run of bytes. */
struct kadr_digest kadr_hash(const void *data, size_t len);
/* Digest of several runs, as if they were joined. */
struct kadr_digest kadr_hash_parts(const struct kadr_bytes *parts, size_t count);
/* sum += digest, both read as 256-bit little-endian numbers modulo 2^256; _sub undoes it. */
void kadr_digest_add(struct kadr_digest *sum, const struct kadr_digest *digest);
void kadr_digest_sub(struct kadr_digest *sum, const struct kadr_digest *digest);
bool kadr_digest_equal(const struct kadr_digest *a, const struct kadr_digest *b);
/* 64 lower-case hex digits and a NUL. */
#define KADR_DIGEST_HEX_BYTES (2 * KADR_DIGEST_BYTES + 1)
void kadr_digest_hex(const struct kadr_digest *digest, char ret_hex[KADR_DIGEST_HEX_BYTES]);
void kadr_hex(const void *data, size_t len, char *ret_hex /* 2 * len + 1 bytes */);
/* Inverse of kadr_hex for exactly `len` bytes. */
KADR_MUST_CHECK int kadr_unhex(const char *hex, size_t len, void *ret_data);

/* Place in a hash table of names that strangers choose: without the key nobody can aim many of them at one
 * bucket (SipHash-2-4). Nothing that anyone sees may depend on it. */
#define KADR_HASH_KEY_BYTES 16
uint64_t kadr_hash_keyed(const uint8_t key[KADR_HASH_KEY_BYTES], const void *data, size_t len);

/* From the kernel's generator. For ids of lineages, streams and reports and keys of hash tables; no decision
 * depends on it. */
void kadr_random_bytes(void *ret_data, size_t len);
