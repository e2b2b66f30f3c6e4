/* SPDX-License-Identifier: Apache-2.0 */
/* outbox.c - layout of the environment:
 *
 *   meta          "format" u32 · "office" text · "stream" 16 bytes · "next" u64 · "bytes" u64
 *   pending       sequence u64 → entry
 *   acknowledged  sequence u64 → entry
 *   receipts      sequence u64 → serialised Receipt
 *
 * entry = columns (7 bytes) · rows left out u32 · length of the file's name u16 · its name · Report bytes.
 * Numbers are big-endian. "bytes" is the sum of the values in the three queues and changes with them.
 */
#include "client/outbox.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cursor.h"
#include "base/err.h"
#include "edge/lmdb.h"

#define FORMAT_VERSION 1
#define MAX_PATH_BYTES 4096
/* What a transaction writes besides its reports: the pages of the trees, at most a few levels of each. */
#define PAGE_BYTES 4096
#define TREE_BYTES (32 * PAGE_BYTES)

enum { DB_META, DB_PENDING, DB_ACKNOWLEDGED, DB_RECEIPTS };
static const char *const db_names[] = { "meta", "pending", "acknowledged", "receipts" };

struct kadr_outbox {
    struct kadr_lmdb *env;
    struct kadr_id stream;
    char office[KADR_MAX_CODE_BYTES + 1];
    uint64_t max_bytes;
};

/* ---- keys and numbers ---- */

static struct kadr_bytes bytes_of(const void *data, size_t len)
{
    return (struct kadr_bytes){ data, len };
}

static struct kadr_bytes text_of(const char *text)
{
    return bytes_of(text, strlen(text));
}

struct key {
    uint8_t bytes[8];
};

static struct key key_of(uint64_t sequence)
{
    struct key key;

    for (size_t i = 0; i < sizeof(key.bytes); i++) {
        key.bytes[i] = (uint8_t)(sequence >> (56 - 8 * i));
    }
    return key;
}

static uint64_t number_of(struct kadr_bytes bytes)
{
    struct kadr_cursor cursor = kadr_cursor_of(bytes.data, bytes.len);

    return kadr_cursor_u64(&cursor);
}

static void put_number(struct kadr_lmdb_txn *txn, const char *name, uint64_t number)
{
    struct key value = key_of(number);

    kadr_lmdb_put(txn, DB_META, text_of(name), bytes_of(value.bytes, sizeof(value.bytes)));
}

/* A number of meta; every outbox has them all. */
static int get_number(struct kadr_lmdb_txn *txn, const char *name, uint64_t *ret_number)
{
    struct kadr_bytes value;
    int err = kadr_lmdb_get(txn, DB_META, text_of(name), &value);

    if (err == 0 && value.len == 8) {
        *ret_number = number_of(value);
        return 0;
    }
    return err == 0 || err == KADR_ENOENT ? KADR_ECORRUPT : err;
}

/* ---- opening ---- */

static int make_dirs(const char *dir)
{
    char path[MAX_PATH_BYTES];
    size_t len = strlen(dir);

    if (len == 0 || len >= sizeof(path)) {
        return KADR_EINVAL;
    }
    memcpy(path, dir, len + 1);
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST) {
            return errno == EACCES || errno == EPERM || errno == EROFS ? KADR_EPERM : KADR_EIO;
        }
        *slash = '/';
    }
    return 0;
}

/* Another process may hold it for as long as its push takes. */
static int open_waiting(const struct kadr_outbox_config *config, struct kadr_lmdb **ret_env,
                        struct kadr_buf *why)
{
    const struct kadr_lmdb_config lmdb = {
        .path = config->dir,
        .map_bytes = (size_t)config->max_bytes * 2 + (64u << 20),
        .dbs = db_names,
        .db_count = KADR_COUNT(db_names),
        .allow_any_fs = config->allow_any_fs,
    };
    const struct timespec pause = { .tv_nsec = 50 * 1000 * 1000 };
    kadr_ns until = kadr_clock_monotonic_ns() + config->wait_ns;
    int err;

    for (;;) {
        if (why != NULL) {
            kadr_buf_clear(why);
        }
        err = kadr_lmdb_open(&lmdb, ret_env, why);
        if (err != KADR_EBUSY || kadr_clock_monotonic_ns() >= until) {
            return err;
        }
        (void)nanosleep(&pause, NULL); /* woken early: it asks sooner */
    }
}

static int create(struct kadr_outbox *outbox, struct kadr_lmdb_txn *txn)
{
    kadr_random_bytes(outbox->stream.bytes, sizeof(outbox->stream.bytes));
    put_number(txn, "format", FORMAT_VERSION);
    kadr_lmdb_put(txn, DB_META, text_of("office"), text_of(outbox->office));
    kadr_lmdb_put(txn, DB_META, text_of("stream"),
                  bytes_of(outbox->stream.bytes, sizeof(outbox->stream.bytes)));
    put_number(txn, "next", 1);
    put_number(txn, "bytes", 0);
    return kadr_lmdb_commit(txn);
}

static int check_identity(struct kadr_outbox *outbox, struct kadr_lmdb_txn *txn, uint64_t format,
                          struct kadr_buf *why)
{
    struct kadr_bytes office, stream;
    int err = format == FORMAT_VERSION ? 0 : KADR_EVERSION;

    err = err == 0 ? kadr_lmdb_get(txn, DB_META, text_of("office"), &office) : err;
    err = err == 0 ? kadr_lmdb_get(txn, DB_META, text_of("stream"), &stream) : err;
    if (err != 0 || stream.len != sizeof(outbox->stream.bytes)) {
        return err == 0 || err == KADR_ENOENT ? KADR_ECORRUPT : err;
    }
    if (office.len != strlen(outbox->office) || memcmp(office.data, outbox->office, office.len) != 0) {
        if (why != NULL) {
            kadr_buf_clear(why);
            kadr_buf_printf(why, "this outbox belongs to office %.*s, not to %s", (int)office.len,
                            (const char *)office.data, outbox->office);
        }
        return KADR_EPERM;
    }
    memcpy(outbox->stream.bytes, stream.data, sizeof(outbox->stream.bytes));
    return 0;
}

static int identify(struct kadr_outbox *outbox, struct kadr_buf *why)
{
    KADR_CLEANUP(kadr_lmdb_abort) struct kadr_lmdb_txn txn;
    uint64_t format = 0;
    int err;

    kadr_lmdb_begin(outbox->env, KADR_LMDB_WRITE, &txn);
    if (txn.err == 0 && kadr_lmdb_count(&txn, DB_META) == 0) {
        return create(outbox, &txn);
    }
    err = get_number(&txn, "format", &format);
    return err == 0 ? check_identity(outbox, &txn, format, why) : err;
}

int kadr_outbox_open(const struct kadr_outbox_config *config, struct kadr_outbox **ret_outbox,
                     struct kadr_buf *why)
{
    KADR_CLEANUP(kadr_outbox_close) struct kadr_outbox *outbox = calloc(1, sizeof(*outbox));
    int err = kadr_code_valid(config->office) ? make_dirs(config->dir) : KADR_EINVAL;

    if (outbox == NULL) {
        return KADR_ENOMEM;
    }
    if (err == 0) {
        outbox->max_bytes = config->max_bytes;
        memcpy(outbox->office, config->office, strlen(config->office) + 1);
        err = open_waiting(config, &outbox->env, why);
    }
    err = err == 0 ? identify(outbox, why) : err;
    if (why != NULL && err != 0 && why->len == 0) {
        kadr_buf_printf(why, "%s: %s", config->dir, kadr_strerror(err));
    }
    if (err == 0) {
        *ret_outbox = KADR_TAKE(outbox);
    }
    return err;
}

void kadr_outbox_close(struct kadr_outbox *outbox)
{
    if (outbox != NULL) {
        kadr_lmdb_close(outbox->env);
        free(outbox);
    }
}

const struct kadr_id *kadr_outbox_stream(const struct kadr_outbox *outbox)
{
    return &outbox->stream;
}

const char *kadr_outbox_office(const struct kadr_outbox *outbox)
{
    return outbox->office;
}

/* ---- entries ---- */

static int encode_entry(const struct kadr_outbox_item *item, struct kadr_buf *out)
{
    size_t name_len = strlen(item->file);

    name_len = name_len > KADR_MAX_SOURCE_BYTES ? KADR_MAX_SOURCE_BYTES : name_len;
    kadr_buf_add(out, item->places.column, sizeof(item->places.column));
    kadr_buf_add_u32(out, item->rejected);
    kadr_buf_add_u16(out, (uint16_t)(name_len + 1));
    kadr_buf_add(out, item->file, name_len);
    kadr_buf_add_u8(out, 0); /* so that the name can be used where it lies */
    kadr_buf_add(out, item->report.data, item->report.len);
    return out->err;
}

static int decode_entry(struct kadr_bytes bytes, struct kadr_outbox_item *ret_item)
{
    struct kadr_cursor cursor = kadr_cursor_of(bytes.data, bytes.len);
    struct kadr_bytes columns = kadr_cursor_bytes(&cursor, sizeof(ret_item->places.column));
    uint32_t rejected = kadr_cursor_u32(&cursor);
    struct kadr_bytes name = kadr_cursor_bytes(&cursor, kadr_cursor_u16(&cursor));
    struct kadr_bytes report = kadr_cursor_bytes(&cursor, kadr_cursor_left(&cursor));

    if (cursor.err != 0 || name.len == 0 || name.data[name.len - 1] != '\0') {
        return KADR_ECORRUPT;
    }
    ret_item->rejected = rejected;
    ret_item->file = (const char *)name.data;
    ret_item->report = report;
    memcpy(ret_item->places.column, columns.data, sizeof(ret_item->places.column));
    return 0;
}

/* Stops at the first entry and keeps its key. */
static int first_key(void *context, struct kadr_bytes key, struct kadr_bytes value)
{
    (void)value;
    *(uint64_t *)context = number_of(key);
    return 1;
}

static int first_from(struct kadr_lmdb_txn *txn, size_t db, uint64_t from, uint64_t *ret_sequence)
{
    struct key key = key_of(from);
    int got = kadr_lmdb_walk(txn, db, bytes_of(key.bytes, sizeof(key.bytes)), first_key, ret_sequence);

    return got == 1 ? 0 : got == 0 ? KADR_ENOENT : got;
}

/* ---- putting ---- */

/* Bytes of a value that goes, 0 when it is not there. */
static uint64_t drop(struct kadr_lmdb_txn *txn, size_t db, struct kadr_bytes key)
{
    struct kadr_bytes value;
    uint64_t len = kadr_lmdb_get(txn, db, key, &value) == 0 ? value.len : 0;

    kadr_lmdb_del(txn, db, key);
    return len;
}

/* Drops acknowledged reports with their receipts, oldest first, until `need` more bytes fit. */
static int make_space(const struct kadr_outbox *outbox, struct kadr_lmdb_txn *txn, uint64_t need,
                      uint64_t *bytes)
{
    while (*bytes + need > outbox->max_bytes) {
        uint64_t sequence = 0;
        int err = first_from(txn, DB_ACKNOWLEDGED, 0, &sequence);
        struct key key = key_of(sequence);
        uint64_t gone;

        if (err != 0) {
            return err == KADR_ENOENT ? KADR_EFULL : err;
        }
        gone = drop(txn, DB_ACKNOWLEDGED, bytes_of(key.bytes, sizeof(key.bytes)));
        gone += drop(txn, DB_RECEIPTS, bytes_of(key.bytes, sizeof(key.bytes)));
        *bytes -= gone < *bytes ? gone : *bytes;
    }
    return 0;
}

static int put_one(const struct kadr_outbox *outbox, struct kadr_lmdb_txn *txn,
                   const struct kadr_outbox_item *item, uint64_t sequence, uint64_t *bytes)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf entry = { 0 };
    struct key key = key_of(sequence);
    int err;

    kadr_buf_init(&entry, 0);
    err = encode_entry(item, &entry);
    err = err == 0 ? make_space(outbox, txn, entry.len, bytes) : err;
    if (err == 0) {
        kadr_lmdb_append(txn, DB_PENDING, bytes_of(key.bytes, sizeof(key.bytes)),
                         bytes_of(entry.data, entry.len));
        *bytes += entry.len;
    }
    return err;
}

/* A disk that is found full while a transaction is written leaves it unknown what was kept: ask before. */
static int check_disk(const struct kadr_outbox *outbox, const struct kadr_outbox_item *items, size_t count)
{
    struct kadr_lmdb_space space;
    uint64_t need = TREE_BYTES;
    int err = kadr_lmdb_space(outbox->env, &space);

    for (size_t i = 0; i < count; i++) {
        need += items[i].report.len + 2 * PAGE_BYTES;
    }
    return err == 0 && space.disk_free_bytes < need ? KADR_ENOSPC : err;
}

int kadr_outbox_put(struct kadr_outbox *outbox, const struct kadr_outbox_item *items, size_t count,
                    uint64_t *ret_first)
{
    KADR_CLEANUP(kadr_lmdb_abort) struct kadr_lmdb_txn txn = { 0 };
    uint64_t next = 0, bytes = 0;
    int err = check_disk(outbox, items, count);

    if (err != 0) {
        return err;
    }
    kadr_lmdb_begin(outbox->env, KADR_LMDB_WRITE, &txn);
    err = get_number(&txn, "next", &next);
    err = err == 0 ? get_number(&txn, "bytes", &bytes) : err;
    for (size_t i = 0; i < count && err == 0; i++) {
        err = put_one(outbox, &txn, &items[i], next + i, &bytes);
    }
    if (err != 0) {
        return err;
    }
    put_number(&txn, "next", next + count);
    put_number(&txn, "bytes", bytes);
    err = kadr_lmdb_commit(&txn);
    if (err == 0) {
        *ret_first = next;
    }
    return err;
}

/* ---- receipts ---- */

/* pending → acknowledged, with its receipt. */
static int settle_one(struct kadr_lmdb_txn *txn, const struct kadr_receipt *receipt, struct kadr_buf *scratch,
                      uint64_t *bytes, bool *ret_new)
{
    struct key key = key_of(receipt->sequence);
    struct kadr_bytes at = bytes_of(key.bytes, sizeof(key.bytes)), found;
    int err = kadr_lmdb_get(txn, DB_PENDING, at, &found);

    *ret_new = err == 0;
    if (err != 0) {
        return err == KADR_ENOENT ? 0 : err;
    }
    kadr_buf_clear(scratch); /* a write would take the borrowed bytes away */
    kadr_buf_add(scratch, found.data, found.len);
    if (scratch->err == 0) {
        kadr_lmdb_put(txn, DB_ACKNOWLEDGED, at, bytes_of(scratch->data, scratch->len));
        kadr_lmdb_del(txn, DB_PENDING, at);
        kadr_buf_clear(scratch);
        kadr_encode_receipt(receipt, scratch);
    }
    if (scratch->err == 0) {
        kadr_lmdb_put(txn, DB_RECEIPTS, at, bytes_of(scratch->data, scratch->len));
        *bytes += scratch->len;
    }
    return scratch->err;
}

int kadr_outbox_settle(struct kadr_outbox *outbox, const struct kadr_receipt *receipts, size_t count,
                       bool *ret_new)
{
    KADR_CLEANUP(kadr_lmdb_abort) struct kadr_lmdb_txn txn;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf scratch = { 0 };
    uint64_t bytes = 0;
    int err;

    kadr_buf_init(&scratch, 0);
    kadr_lmdb_begin(outbox->env, KADR_LMDB_WRITE, &txn);
    err = get_number(&txn, "bytes", &bytes);
    for (size_t i = 0; i < count && err == 0; i++) {
        err = settle_one(&txn, &receipts[i], &scratch, &bytes, &ret_new[i]);
    }
    if (err != 0) {
        return err;
    }
    put_number(&txn, "bytes", bytes);
    return kadr_lmdb_commit(&txn);
}

/* ---- reading ---- */

int kadr_outbox_pending(struct kadr_outbox *outbox, uint64_t from, uint64_t *ret_sequence)
{
    KADR_CLEANUP(kadr_lmdb_abort) struct kadr_lmdb_txn txn;

    kadr_lmdb_begin(outbox->env, KADR_LMDB_READ, &txn);
    return first_from(&txn, DB_PENDING, from, ret_sequence);
}

static int read_value(struct kadr_outbox *outbox, size_t db, uint64_t sequence, struct kadr_buf *storage)
{
    KADR_CLEANUP(kadr_lmdb_abort) struct kadr_lmdb_txn txn;
    struct key key = key_of(sequence);
    struct kadr_bytes value;
    int err;

    kadr_lmdb_begin(outbox->env, KADR_LMDB_READ, &txn);
    err = kadr_lmdb_get(&txn, db, bytes_of(key.bytes, sizeof(key.bytes)), &value);
    if (err == 0) {
        kadr_buf_clear(storage);
        kadr_buf_add(storage, value.data, value.len);
        err = storage->err;
    }
    return err;
}

int kadr_outbox_get(struct kadr_outbox *outbox, uint64_t sequence, struct kadr_buf *storage,
                    struct kadr_outbox_item *ret_item)
{
    struct kadr_outbox_item item = { .sequence = sequence };
    int err = read_value(outbox, DB_PENDING, sequence, storage);

    err = err == KADR_ENOENT ? read_value(outbox, DB_ACKNOWLEDGED, sequence, storage) : err;
    err = err == 0 ? decode_entry(bytes_of(storage->data, storage->len), &item) : err;
    if (err == 0) {
        *ret_item = item;
    }
    return err;
}

int kadr_outbox_receipt(struct kadr_outbox *outbox, uint64_t sequence, struct kadr_arena *arena,
                        struct kadr_receipt *ret_receipt)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf storage = { 0 };
    int err;

    kadr_buf_init(&storage, 0);
    err = read_value(outbox, DB_RECEIPTS, sequence, &storage);
    if (err != 0) {
        return err;
    }
    err = kadr_decode_receipt(bytes_of(storage.data, storage.len), arena, ret_receipt, NULL);
    return err == KADR_EPROTO ? KADR_ECORRUPT : err;
}

struct search {
    struct kadr_arena *arena;
    uint64_t commit, sequence; /* 0: not found */
};

static int compare_receipt(void *context, struct kadr_bytes key, struct kadr_bytes value)
{
    struct search *search = context;
    struct kadr_receipt receipt;
    int err;

    kadr_arena_clear(search->arena);
    err = kadr_decode_receipt(value, search->arena, &receipt, NULL);
    if (err == 0 && receipt.commit == search->commit) {
        search->sequence = number_of(key);
    }
    return err == KADR_EPROTO ? KADR_ECORRUPT : err;
}

int kadr_outbox_find(struct kadr_outbox *outbox, uint64_t commit, uint64_t *ret_sequence)
{
    KADR_CLEANUP(kadr_lmdb_abort) struct kadr_lmdb_txn txn = { 0 };
    KADR_CLEANUP(kadr_arena_free) struct kadr_arena *arena = NULL;
    struct search search = { .commit = commit };
    int err = kadr_arena_new(KADR_MAX_ARENA_BYTES, &arena);

    if (err != 0) {
        return err;
    }
    search.arena = arena;
    kadr_lmdb_begin(outbox->env, KADR_LMDB_READ, &txn);
    err = kadr_lmdb_walk(&txn, DB_RECEIPTS, bytes_of(NULL, 0), compare_receipt, &search);
    if (err == 0 && search.sequence == 0) {
        err = KADR_ENOENT;
    }
    *ret_sequence = search.sequence;
    return err;
}

int kadr_outbox_count(struct kadr_outbox *outbox, struct kadr_outbox_counts *ret_counts)
{
    KADR_CLEANUP(kadr_lmdb_abort) struct kadr_lmdb_txn txn;
    struct kadr_outbox_counts counts = { 0 };
    int err;

    kadr_lmdb_begin(outbox->env, KADR_LMDB_READ, &txn);
    counts.pending = kadr_lmdb_count(&txn, DB_PENDING);
    counts.acknowledged = kadr_lmdb_count(&txn, DB_ACKNOWLEDGED);
    err = get_number(&txn, "next", &counts.next_sequence);
    err = err == 0 ? get_number(&txn, "bytes", &counts.bytes) : err;
    err = err == 0 ? kadr_lmdb_commit(&txn) : err;
    if (err == 0) {
        *ret_counts = counts;
    }
    return err;
}
