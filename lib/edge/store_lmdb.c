/* SPDX-License-Identifier: Apache-2.0 */
/* store_lmdb.c - the journal on disk.
 *
 *   journal    commit BE64                      -> version u8, digest 32, envelope length BE32, envelope,
 * message streams    office, NUL, stream id           -> number BE32 sequences  number BE32, sequence BE64 ->
 * commit BE64; the mark is the last key of a number meta       "format" "lineage" "reference" "day"
 *
 * A batch is one transaction. The journal is only appended to (MDB_APPEND fails on any other order); the
 * index by stream goes to the end of each stream's own run of keys, so that few pages change whatever the
 * number of offices. Stream numbers exist to keep those keys short and together; they never leave this file.
 *
 * Reading verifies: each record's digest is recomputed from the one before, so that a flipped bit is found
 * where it is read and is never served. LMDB 0.9 has no checksums of its own.
 */
#include "edge/store_lmdb.h"

#include <inttypes.h>
#include <string.h>

#include "base/cursor.h"
#include "base/err.h"
#include "base/hash.h"
#include "edge/lmdb.h"

enum { DB_JOURNAL, DB_STREAMS, DB_SEQUENCES, DB_META };

#define VALUE_HEAD_BYTES (1 + KADR_DIGEST_BYTES + 4)
#define STREAM_KEY_BYTES (KADR_MAX_CODE_BYTES + 1 + KADR_ID_BYTES)
#define RECORD_COST_BYTES \
    512 /* keys, index entry and their share of half-full pages, rounded up generously */
#define BATCH_COST_BYTES (256 << 10) /* pages above the leaves that are copied, and the list of free ones */

struct disk {
    struct kadr_lmdb *env;
    struct kadr_id lineage;
    uint64_t map_bytes;
    struct kadr_buf value; /* the appending thread's */
};

/* ---- keys and values ---- */

struct be64 {
    uint8_t bytes[8];
};

static struct be64 be64_of(uint64_t n)
{
    struct be64 be;
    for (size_t i = 0; i < sizeof(be.bytes); i++) {
        be.bytes[i] = (uint8_t)(n >> (56 - 8 * i));
    }
    return be;
}

static struct kadr_bytes bytes(const void *data, size_t len)
{
    return (struct kadr_bytes){ .data = data, .len = len };
}

static struct kadr_bytes text(const char *name)
{
    return bytes(name, strlen(name));
}

/* A number of exactly eight bytes. */
static int read_u64(struct kadr_bytes in, uint64_t *ret)
{
    struct kadr_cursor cur = kadr_cursor_of(in.data, in.len);
    uint64_t n = kadr_cursor_u64(&cur);
    if (cur.err || kadr_cursor_left(&cur) > 0) {
        return KADR_ECORRUPT;
    }
    *ret = n;
    return 0;
}

static int read_u32(struct kadr_bytes in, uint32_t *ret)
{
    struct kadr_cursor cur = kadr_cursor_of(in.data, in.len);
    uint32_t n = kadr_cursor_u32(&cur);
    if (cur.err || kadr_cursor_left(&cur) > 0) {
        return KADR_ECORRUPT;
    }
    *ret = n;
    return 0;
}

struct stream_key {
    uint8_t bytes[STREAM_KEY_BYTES];
    size_t len;
};

static struct stream_key stream_key_of(const char *office, const struct kadr_id *stream)
{
    struct stream_key key = { .len = strnlen(office, KADR_MAX_CODE_BYTES) };
    memcpy(key.bytes, office, key.len);
    key.bytes[key.len++] = '\0';
    memcpy(key.bytes + key.len, stream->bytes, sizeof(stream->bytes));
    key.len += sizeof(stream->bytes);
    return key;
}

struct sequence_key {
    uint8_t bytes[12];
};

static struct sequence_key sequence_key_of(uint32_t number, uint64_t sequence)
{
    struct sequence_key key;
    struct be64 be = be64_of(sequence);
    for (size_t i = 0; i < 4; i++) {
        key.bytes[i] = (uint8_t)(number >> (24 - 8 * i));
    }
    memcpy(key.bytes + 4, be.bytes, sizeof(be.bytes));
    return key;
}

static int decode_value(uint64_t commit, struct kadr_bytes value, struct kadr_record *ret)
{
    struct kadr_cursor cur = kadr_cursor_of(value.data, value.len);
    uint8_t version = kadr_cursor_u8(&cur);
    struct kadr_bytes digest = kadr_cursor_bytes(&cur, KADR_DIGEST_BYTES);
    struct kadr_bytes envelope = kadr_cursor_bytes(&cur, kadr_cursor_u32(&cur));
    struct kadr_bytes message = kadr_cursor_bytes(&cur, kadr_cursor_left(&cur));
    if (cur.err || version != KADR_STORE_FORMAT) {
        return cur.err ? KADR_ECORRUPT : KADR_EVERSION;
    }
    *ret = (struct kadr_record){ .commit = commit, .envelope = envelope, .message = message };
    memcpy(ret->digest.bytes, digest.data, KADR_DIGEST_BYTES);
    return 0;
}

static int get_record(struct kadr_lmdb_txn *txn, uint64_t commit, struct kadr_record *ret)
{
    struct be64 key = be64_of(commit);
    struct kadr_bytes value;
    int r = kadr_lmdb_get(txn, DB_JOURNAL, bytes(key.bytes, sizeof(key.bytes)), &value);
    return r ? r : decode_value(commit, value, ret);
}

/* ---- reading ---- */

static int head_of(struct kadr_lmdb_txn *txn, uint64_t *ret_head)
{
    struct kadr_bytes key;
    int r = kadr_lmdb_last(txn, DB_JOURNAL, bytes(NULL, 0), &key, NULL);
    if (r == KADR_ENOENT) {
        *ret_head = 0;
        return 0;
    }
    return r ? r : read_u64(key, ret_head);
}

/* A commit number in meta; 0 when it is not there. */
static int meta_commit(struct kadr_lmdb_txn *txn, const char *name, uint64_t *ret)
{
    struct kadr_bytes value;
    int r = kadr_lmdb_get(txn, DB_META, text(name), &value);
    if (r == KADR_ENOENT) {
        *ret = 0;
        return 0;
    }
    return r ? r : read_u64(value, ret);
}

static int disk_state(void *self, struct kadr_store_state *ret)
{
    struct disk *disk = self;
    struct kadr_store_state state = { .lineage = disk->lineage };
    struct kadr_record last;
    KADR_CLEANUP(kadr_lmdb_abort) struct kadr_lmdb_txn txn;
    kadr_lmdb_begin(disk->env, KADR_LMDB_READ, &txn);
    int r = head_of(&txn, &state.head);
    if (r == 0 && state.head > 0) {
        r = get_record(&txn, state.head, &last);
        state.digest = r ? state.digest : last.digest;
    }
    if (r == 0) {
        r = meta_commit(&txn, "reference", &state.reference_commit);
    }
    if (r == 0) {
        r = meta_commit(&txn, "day", &state.day_commit);
    }
    if (r == 0) {
        *ret = state;
    }
    return r;
}

struct reading {
    uint64_t next;
    size_t max_records, max_bytes, bytes;
    size_t records;
    struct kadr_digest digest; /* of the record before */
    kadr_record_fn *fn;
    void *context;
    int result; /* what ended it, beside the limits */
};

/* Non-zero ends the walk; the reason is in reading->result. */
static int read_one(void *context, struct kadr_bytes key, struct kadr_bytes value)
{
    struct reading *reading = context;
    struct kadr_record record;
    uint64_t commit = 0;
    size_t size = value.len > VALUE_HEAD_BYTES ? value.len - VALUE_HEAD_BYTES : 0;
    if (reading->records == reading->max_records ||
        (reading->records > 0 && reading->bytes + size > reading->max_bytes)) {
        return 1;
    }
    reading->result = read_u64(key, &commit);
    if (reading->result == 0) {
        reading->result = commit == reading->next ? decode_value(commit, value, &record) : KADR_ECORRUPT;
    }
    if (reading->result) {
        return 1;
    }
    reading->digest = kadr_record_chain(&reading->digest, commit, record.envelope, record.message);
    if (!kadr_digest_equal(&reading->digest, &record.digest)) {
        reading->result = KADR_ECORRUPT;
        return 1;
    }
    reading->next++;
    reading->records++;
    reading->bytes += record.envelope.len + record.message.len;
    reading->result = reading->fn(reading->context, &record);
    return reading->result ? 1 : 0;
}

/* On an error reading->next is the commit it happened at. */
static int read_records(struct disk *disk, struct reading *reading)
{
    KADR_CLEANUP(kadr_lmdb_abort) struct kadr_lmdb_txn txn;
    kadr_lmdb_begin(disk->env, KADR_LMDB_READ, &txn);
    if (reading->next > 1) {
        struct kadr_record before;
        int r = get_record(&txn, reading->next - 1, &before);
        if (r) {
            return r == KADR_ENOENT ? 0 : r; /* from behind the head: nothing */
        }
        reading->digest = before.digest;
    }
    struct be64 from = be64_of(reading->next);
    int r = kadr_lmdb_walk(&txn, DB_JOURNAL, bytes(from.bytes, sizeof(from.bytes)), read_one, reading);
    return r < 0 ? r : reading->result;
}

static int disk_read(void *self, uint64_t from, size_t max_records, size_t max_bytes, kadr_record_fn *fn,
                     void *context)
{
    struct reading reading = {
        .next = from, .max_records = max_records, .max_bytes = max_bytes, .fn = fn, .context = context
    };
    return from == 0 ? 0 : read_records(self, &reading);
}

static int stream_number(struct kadr_lmdb_txn *txn, const char *office, const struct kadr_id *stream,
                         uint32_t *ret_number)
{
    struct stream_key key = stream_key_of(office, stream);
    struct kadr_bytes value;
    int r = kadr_lmdb_get(txn, DB_STREAMS, bytes(key.bytes, key.len), &value);
    return r ? r : read_u32(value, ret_number);
}

static int disk_mark(void *self, const char *office, const struct kadr_id *stream, uint64_t *ret_sequence)
{
    struct disk *disk = self;
    uint32_t number = 0;
    uint64_t sequence = 0;
    struct kadr_bytes last;
    KADR_CLEANUP(kadr_lmdb_abort) struct kadr_lmdb_txn txn;
    kadr_lmdb_begin(disk->env, KADR_LMDB_READ, &txn);
    int r = stream_number(&txn, office, stream, &number);
    if (r == 0) {
        struct sequence_key key = sequence_key_of(number, 0);
        r = kadr_lmdb_last(&txn, DB_SEQUENCES, bytes(key.bytes, 4), &last, NULL);
        r = r                               ? r
            : last.len == sizeof(key.bytes) ? read_u64(bytes(last.data + 4, 8), &sequence)
                                            : KADR_ECORRUPT;
    }
    if (r == 0 || r == KADR_ENOENT) {
        *ret_sequence = sequence;
        return 0;
    }
    return r;
}

static int disk_find(void *self, const char *office, const struct kadr_id *stream, uint64_t sequence,
                     uint64_t *ret_commit)
{
    struct disk *disk = self;
    uint32_t number = 0;
    struct kadr_bytes value;
    KADR_CLEANUP(kadr_lmdb_abort) struct kadr_lmdb_txn txn;
    kadr_lmdb_begin(disk->env, KADR_LMDB_READ, &txn);
    int r = stream_number(&txn, office, stream, &number);
    if (r == 0) {
        struct sequence_key key = sequence_key_of(number, sequence);
        r = kadr_lmdb_get(&txn, DB_SEQUENCES, bytes(key.bytes, sizeof(key.bytes)), &value);
    }
    return r ? r : read_u64(value, ret_commit);
}

/* ---- space ---- */

/* `free`: what appends may still take, by the map and by the disk. */
static int disk_space(void *self, uint64_t *ret_used_bytes, uint64_t *ret_free_bytes)
{
    struct disk *disk = self;
    struct kadr_lmdb_space space;
    int r = kadr_lmdb_space(disk->env, &space);
    if (r) {
        return r;
    }
    uint64_t limit = space.map_bytes / 100 * KADR_STORE_WATERMARK_PERCENT;
    uint64_t map_free = limit > space.used_bytes ? limit - space.used_bytes : 0;
    /* One largest batch stays in reserve: others write to the disk as well. */
    uint64_t disk_free =
        space.disk_free_bytes > KADR_MAX_BATCH_BYTES ? space.disk_free_bytes - KADR_MAX_BATCH_BYTES : 0;
    *ret_used_bytes = space.used_bytes;
    *ret_free_bytes = map_free < disk_free ? map_free : disk_free;
    return 0;
}

/* A value above half a page takes whole pages; doubled, as pages that were full are copied. */
static int check_space(struct disk *disk, const struct kadr_store_record *records, size_t count)
{
    uint64_t need = 0, used = 0, left = 0;
    for (size_t i = 0; i < count; i++) {
        need += records[i].envelope.len + records[i].message.len + RECORD_COST_BYTES;
    }
    int r = disk_space(disk, &used, &left);
    return r ? r : 2 * need + BATCH_COST_BYTES <= left ? 0 : KADR_ENOSPC;
}

/* ---- appending ---- */

static void put_u64(struct kadr_lmdb_txn *txn, size_t db, struct kadr_bytes key, uint64_t n)
{
    struct be64 value = be64_of(n);
    kadr_lmdb_put(txn, db, key, bytes(value.bytes, sizeof(value.bytes)));
}

static int number_for(struct kadr_lmdb_txn *txn, const struct kadr_store_record *record, uint32_t *ret_number)
{
    int r = stream_number(txn, record->office, &record->stream, ret_number);
    if (r != KADR_ENOENT) {
        return r;
    }
    uint64_t count = kadr_lmdb_count(txn, DB_STREAMS);
    if (count >= UINT32_MAX) {
        return KADR_EFULL;
    }
    struct stream_key key = stream_key_of(record->office, &record->stream);
    struct be64 be = be64_of(count + 1);
    kadr_lmdb_put(txn, DB_STREAMS, bytes(key.bytes, key.len), bytes(be.bytes + 4, 4));
    *ret_number = (uint32_t)count + 1;
    return txn->err;
}

static int put_report(struct kadr_lmdb_txn *txn, const struct kadr_store_record *record)
{
    uint32_t number = 0;
    int r = number_for(txn, record, &number);
    if (r == 0) {
        struct sequence_key key = sequence_key_of(number, record->sequence);
        put_u64(txn, DB_SEQUENCES, bytes(key.bytes, sizeof(key.bytes)), record->commit);
    }
    return r;
}

static int put_record(struct disk *disk, struct kadr_lmdb_txn *txn, const struct kadr_store_record *record)
{
    struct be64 key = be64_of(record->commit);
    struct kadr_buf *value = &disk->value;
    kadr_buf_clear(value);
    kadr_buf_add_u8(value, KADR_STORE_FORMAT);
    kadr_buf_add(value, record->digest.bytes, KADR_DIGEST_BYTES);
    kadr_buf_add_u32(value, (uint32_t)record->envelope.len);
    kadr_buf_add(value, record->envelope.data, record->envelope.len);
    kadr_buf_add(value, record->message.data, record->message.len);
    if (value->err) {
        return KADR_ENOMEM;
    }
    kadr_lmdb_append(txn, DB_JOURNAL, bytes(key.bytes, sizeof(key.bytes)), bytes(value->data, value->len));
    switch (record->kind) {
    case KADR_RECORD_REPORT:
        return put_report(txn, record);
    case KADR_RECORD_REFERENCE:
        put_u64(txn, DB_META, text("reference"), record->commit);
        return 0;
    case KADR_RECORD_DAY:
        put_u64(txn, DB_META, text("day"), record->commit);
        return 0;
    }
    return KADR_EINVAL;
}

static int disk_append(void *self, const struct kadr_store_record *records, size_t count)
{
    struct disk *disk = self;
    uint64_t head = 0;
    int r = check_space(disk, records, count);
    if (r) {
        return r;
    }
    KADR_CLEANUP(kadr_lmdb_abort) struct kadr_lmdb_txn txn;
    kadr_lmdb_begin(disk->env, KADR_LMDB_WRITE, &txn);
    r = head_of(&txn, &head);
    for (size_t i = 0; i < count && r == 0; i++) {
        r = records[i].commit == head + i + 1 ? put_record(disk, &txn, &records[i]) : KADR_EEXIST;
    }
    return r ? r : kadr_lmdb_commit(&txn);
}

/* ---- opening ---- */

static void disk_close(void *self)
{
    struct disk *disk = self;
    if (disk) {
        kadr_lmdb_close(disk->env);
        kadr_buf_done(&disk->value);
        free(disk);
    }
}

static void disk_free(struct disk *disk)
{
    disk_close(disk);
}
KADR_DEFINE_CLEANUP(struct disk, disk_free)

/* Format and lineage of a new environment. */
static int create(struct disk *disk)
{
    struct kadr_lmdb_txn txn;
    struct be64 format = be64_of(KADR_STORE_FORMAT);
    kadr_random_bytes(disk->lineage.bytes, sizeof(disk->lineage.bytes));
    kadr_lmdb_begin(disk->env, KADR_LMDB_WRITE, &txn);
    kadr_lmdb_put(&txn, DB_META, text("format"), bytes(format.bytes + 4, 4));
    kadr_lmdb_put(&txn, DB_META, text("lineage"), bytes(disk->lineage.bytes, sizeof(disk->lineage.bytes)));
    return kadr_lmdb_commit(&txn);
}

static int load_meta(struct disk *disk, struct kadr_buf *why)
{
    uint32_t format = 0;
    struct kadr_bytes value;
    KADR_CLEANUP(kadr_lmdb_abort) struct kadr_lmdb_txn txn;
    kadr_lmdb_begin(disk->env, KADR_LMDB_READ, &txn);
    int r = kadr_lmdb_get(&txn, DB_META, text("format"), &value);
    if (r == KADR_ENOENT) {
        kadr_lmdb_abort(&txn);
        return create(disk);
    }
    r = r ? r : read_u32(value, &format);
    if (r == 0 && format != KADR_STORE_FORMAT) {
        kadr_buf_printf(why, "the store has format %" PRIu32 ", this program knows %d", format,
                        KADR_STORE_FORMAT);
        return KADR_EVERSION;
    }
    r = r ? r : kadr_lmdb_get(&txn, DB_META, text("lineage"), &value);
    if (r || value.len != sizeof(disk->lineage.bytes)) {
        kadr_buf_printf(why, "the store names no lineage");
        return KADR_ECORRUPT;
    }
    memcpy(disk->lineage.bytes, value.data, sizeof(disk->lineage.bytes));
    return 0;
}

static int look(void *context, const struct kadr_record *record)
{
    (void)context;
    (void)record;
    return 0;
}

static int check_tail(struct disk *disk, struct kadr_buf *why)
{
    struct kadr_store_state state;
    int r = disk_state(disk, &state);
    if (r) {
        kadr_buf_printf(why, "the end of the journal cannot be read: %s", kadr_strerror(r));
        return r;
    }
    uint64_t from = state.head > KADR_STORE_TAIL_RECORDS ? state.head - KADR_STORE_TAIL_RECORDS + 1 : 1;
    struct reading reading = {
        .next = from, .max_records = KADR_STORE_TAIL_RECORDS, .max_bytes = SIZE_MAX, .fn = look
    };
    r = state.head > 0 ? read_records(disk, &reading) : 0;
    if (r == 0 && reading.next != state.head + 1 && state.head > 0) {
        r = KADR_ECORRUPT;
    }
    if (r) {
        kadr_buf_printf(why, "commit %" PRIu64 " is not what was written; restore a backup", reading.next);
    }
    return r;
}

int kadr_store_lmdb_open(const struct kadr_store_lmdb_config *config, struct kadr_store *ret_store,
                         struct kadr_buf *why)
{
    static const char *const dbs[] = {
        [DB_JOURNAL] = "journal", [DB_STREAMS] = "streams", [DB_SEQUENCES] = "sequences", [DB_META] = "meta"
    };
    const struct kadr_lmdb_config lmdb = { .path = config->path,
                                           .map_bytes = config->map_bytes,
                                           .dbs = dbs,
                                           .db_count = KADR_COUNT(dbs),
                                           .allow_any_fs = config->allow_any_fs };
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf nobody;
    KADR_CLEANUP(disk_free) struct disk *disk = calloc(1, sizeof(*disk));
    kadr_buf_init(&nobody, 0);
    if (!disk) {
        return KADR_ENOMEM;
    }
    why = why ? why : &nobody;
    kadr_buf_init(&disk->value, 0);
    disk->map_bytes = config->map_bytes;
    int r = kadr_lmdb_open(&lmdb, &disk->env, why);
    if (r == 0) {
        r = load_meta(disk, why);
    }
    if (r == 0) {
        r = check_tail(disk, why);
    }
    if (r == 0) {
        *ret_store = (struct kadr_store){ .append = disk_append,
                                          .state = disk_state,
                                          .read = disk_read,
                                          .mark = disk_mark,
                                          .find = disk_find,
                                          .space = disk_space,
                                          .close = disk_close,
                                          .self = KADR_TAKE(disk) };
    }
    return r;
}

uint64_t kadr_store_lmdb_map_bytes(const struct kadr_store *store)
{
    const struct disk *disk = store->self;
    return disk->map_bytes;
}
