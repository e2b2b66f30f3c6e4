/* SPDX-License-Identifier: Apache-2.0 */
/* aggregate_checkpoint.c - the aggregator's state as one run of bytes (docs/storage.md, Checkpoint).
 *
 *   "KADRCKPT", version u8, lineage 16, commit u64, chain digest 32, day i32,
 *   length u32 and bytes of the ReferenceFiles, the rollup (domain/checkpoint.c), BLAKE2b-256 of all before
 *
 * The last digest finds damage. That the checkpoint belongs to the journal at hand is for the feed to prove:
 * aggregate.c asks for record `commit` once more and compares its digest with the chain digest.
 */
#include "base/cursor.h"
#include "core/aggregate_impl.h"

static const uint8_t magic[8] = { 'K', 'A', 'D', 'R', 'C', 'K', 'P', 'T' };
#define FORMAT_VERSION 1

int kadr_aggregate_save(const struct kadr_aggregate *agg, struct kadr_buf *out)
{
    KADR_ASSERT(out->len == 0);
    if (!agg->caught_up || kadr_rollup_current_reference(agg->rollup) == NULL) {
        return KADR_EAGAIN;
    }
    kadr_buf_add(out, magic, sizeof magic);
    kadr_buf_add_u8(out, FORMAT_VERSION);
    kadr_buf_add(out, agg->lineage.bytes, sizeof agg->lineage.bytes);
    kadr_buf_add_u64(out, agg->commit);
    kadr_buf_add(out, agg->chain.bytes, sizeof agg->chain.bytes);
    kadr_buf_add_u32(out, (uint32_t)kadr_rollup_current_day(agg->rollup));
    kadr_buf_add_u32(out, (uint32_t)agg->reference.len);
    kadr_buf_add(out, agg->reference.data, agg->reference.len);
    kadr_rollup_save(agg->rollup, out);
    if (out->err == 0) {
        struct kadr_digest digest = kadr_hash(out->data, out->len);
        kadr_buf_add(out, digest.bytes, sizeof digest.bytes);
    }
    return out->err;
}

/* What stands before the rollup. Bytes are borrowed from the input. */
struct header {
    struct kadr_id lineage;
    uint64_t commit;
    struct kadr_digest chain;
    kadr_day day;
    struct kadr_bytes reference, rollup;
};

static void read_block(struct kadr_cursor *cur, void *ret, size_t len)
{
    struct kadr_bytes bytes = kadr_cursor_bytes(cur, len);
    if (bytes.data != NULL) {
        memcpy(ret, bytes.data, len);
    }
}

/* Cuts the closing digest off. */
static bool is_whole(struct kadr_bytes *bytes)
{
    if (bytes->len < KADR_DIGEST_BYTES) {
        return false;
    }
    bytes->len -= KADR_DIGEST_BYTES;
    struct kadr_digest digest = kadr_hash(bytes->data, bytes->len);
    return memcmp(digest.bytes, bytes->data + bytes->len, sizeof digest.bytes) == 0;
}

static int read_header(struct kadr_bytes bytes, struct header *ret)
{
    const size_t named = sizeof magic + 1;
    if (bytes.len < named || memcmp(bytes.data, magic, sizeof magic) != 0) {
        return KADR_ECORRUPT;
    }
    if (bytes.data[sizeof magic] != FORMAT_VERSION) {
        return KADR_EVERSION;
    }
    if (!is_whole(&bytes) || bytes.len < named) {
        return KADR_ECORRUPT;
    }
    struct kadr_cursor cur = kadr_cursor_of(bytes.data + named, bytes.len - named);
    read_block(&cur, ret->lineage.bytes, sizeof ret->lineage.bytes);
    ret->commit = kadr_cursor_u64(&cur);
    read_block(&cur, ret->chain.bytes, sizeof ret->chain.bytes);
    ret->day = (kadr_day)kadr_cursor_u32(&cur);
    ret->reference = kadr_cursor_bytes(&cur, kadr_cursor_u32(&cur));
    ret->rollup = kadr_cursor_bytes(&cur, kadr_cursor_left(&cur));
    return cur.err != 0 || ret->commit == 0 ? KADR_ECORRUPT : 0;
}

/* Out of memory stays what it is; the bytes were whole, so all else is another program's or nobody's. */
static int corrupt_unless_no_memory(int err)
{
    return err == 0 || err == KADR_ENOMEM || err == KADR_EVERSION ? err : KADR_ECORRUPT;
}

static int load_reference(struct kadr_aggregate *agg, struct kadr_bytes bytes,
                          struct kadr_reference **ret_reference)
{
    struct kadr_wire_files files;
    kadr_arena_clear(agg->record_arena);
    int err = kadr_decode_files(bytes, agg->record_arena, &files, NULL);
    return err != 0 ? err : kadr_reference_load(files.files, files.count, NULL, ret_reference);
}

static int load_rollup(struct kadr_aggregate *agg, const struct header *header,
                       struct kadr_rollup **ret_rollup)
{
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *reference = NULL;
    KADR_CLEANUP(kadr_rollup_free) struct kadr_rollup *rollup = NULL;
    int err = load_reference(agg, header->reference, &reference);
    if (err == 0) {
        err = kadr_aggregate_new_rollup(agg, &rollup);
    }
    if (err == 0) {
        err = kadr_rollup_restore(rollup, reference, header->rollup);
    }
    if (err != 0) {
        return err;
    }
    if (kadr_rollup_commit(rollup) != header->commit || kadr_rollup_current_day(rollup) != header->day) {
        return KADR_ECORRUPT;
    }
    *ret_rollup = KADR_TAKE(rollup);
    return 0;
}

int kadr_aggregate_restore(struct kadr_aggregate *agg, struct kadr_bytes bytes)
{
    KADR_ASSERT(!agg->has_lineage && agg->commit == 0);
    struct header header = { .commit = 0 };
    struct kadr_rollup *rollup = NULL;
    int err = read_header(bytes, &header);
    if (err == 0) {
        err = corrupt_unless_no_memory(load_rollup(agg, &header, &rollup));
    }
    if (err == 0) {
        err = kadr_aggregate_keep_reference(agg, header.reference);
    }
    if (err != 0) {
        kadr_rollup_free(rollup);
        return err;
    }
    kadr_rollup_free(agg->rollup);
    agg->rollup = rollup;
    agg->has_lineage = true;
    agg->lineage = header.lineage;
    agg->commit = agg->started_from = header.commit;
    agg->chain = header.chain;
    return 0;
}
