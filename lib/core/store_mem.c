/* SPDX-License-Identifier: Apache-2.0 */
/* store_mem.c - a store in memory, simple and obviously right: the oracle for the one on disk, and the disk
 * of the tests and the simulator. One array of records; every question is a walk over it. One thread.
 */
#include "core/store.h"

#include <string.h>

struct stored {
    struct kadr_store_record record; /* its bytes and office are in `bytes` */
    uint8_t *bytes;                  /* owned: envelope, message, office and its NUL */
};

struct mem {
    struct kadr_id lineage;
    struct stored *stored; /* commit n is stored[n - 1] */
    size_t count, cap;
    uint64_t used_bytes;
};

static int keep(struct mem *mem, const struct kadr_store_record *record)
{
    if (mem->count == mem->cap) {
        size_t cap = mem->cap ? 2 * mem->cap : 64;
        struct stored *grown = realloc(mem->stored, cap * sizeof(*grown));
        if (!grown) {
            return KADR_ENOMEM;
        }
        mem->stored = grown;
        mem->cap = cap;
    }
    struct stored *stored = &mem->stored[mem->count];
    size_t office_bytes = strlen(record->office) + 1, message_at = record->envelope.len,
           office_at = message_at + record->message.len;
    stored->bytes = malloc(office_at + office_bytes);
    if (!stored->bytes) {
        return KADR_ENOMEM;
    }
    if (record->envelope.len > 0) {
        memcpy(stored->bytes, record->envelope.data, record->envelope.len);
    }
    if (record->message.len > 0) {
        memcpy(stored->bytes + message_at, record->message.data, record->message.len);
    }
    memcpy(stored->bytes + office_at, record->office, office_bytes);
    stored->record = *record;
    stored->record.envelope.data = stored->bytes;
    stored->record.message.data = stored->bytes + message_at;
    stored->record.office = (const char *)stored->bytes + office_at;
    mem->count++;
    mem->used_bytes += office_at;
    return 0;
}

static void forget_from(struct mem *mem, size_t count)
{
    while (mem->count > count) {
        struct stored *last = &mem->stored[--mem->count];
        mem->used_bytes -= last->record.envelope.len + last->record.message.len;
        free(last->bytes);
    }
}

static int mem_append(void *self, const struct kadr_store_record *records, size_t count)
{
    struct mem *mem = self;
    size_t before = mem->count;
    int r = 0;
    for (size_t i = 0; i < count && r == 0; i++) {
        r = records[i].commit == mem->count + 1 ? keep(mem, &records[i]) : KADR_EEXIST;
    }
    if (r) {
        forget_from(mem, before);
    }
    return r;
}

static uint64_t newest_of(const struct mem *mem, enum kadr_record_kind kind)
{
    size_t i = mem->count;
    while (i > 0 && mem->stored[i - 1].record.kind != kind) {
        i--;
    }
    return i;
}

static int mem_state(void *self, struct kadr_store_state *ret)
{
    const struct mem *mem = self;
    *ret = (struct kadr_store_state){ .lineage = mem->lineage,
                                      .head = mem->count,
                                      .reference_commit = newest_of(mem, KADR_RECORD_REFERENCE),
                                      .day_commit = newest_of(mem, KADR_RECORD_DAY) };
    if (mem->count > 0) {
        ret->digest = mem->stored[mem->count - 1].record.digest;
    }
    return 0;
}

static int mem_read(void *self, uint64_t from, size_t max_records, size_t max_bytes, kadr_record_fn *fn,
                    void *context)
{
    const struct mem *mem = self;
    size_t bytes = 0;
    for (size_t n = 0; n < max_records && from > 0 && from + n <= mem->count; n++) {
        const struct kadr_store_record *record = &mem->stored[from + n - 1].record;
        bytes += record->envelope.len + record->message.len;
        if (n > 0 && bytes > max_bytes) {
            break;
        }
        const struct kadr_record view = { .commit = record->commit,
                                          .digest = record->digest,
                                          .envelope = record->envelope,
                                          .message = record->message };
        int r = fn(context, &view);
        if (r) {
            return r;
        }
    }
    return 0;
}

static bool of_stream(const struct kadr_store_record *record, const char *office,
                      const struct kadr_id *stream)
{
    return record->kind == KADR_RECORD_REPORT && strcmp(record->office, office) == 0 &&
           memcmp(&record->stream, stream, sizeof(*stream)) == 0;
}

static int mem_mark(void *self, const char *office, const struct kadr_id *stream, uint64_t *ret_sequence)
{
    const struct mem *mem = self;
    uint64_t mark = 0;
    for (size_t i = 0; i < mem->count; i++) {
        const struct kadr_store_record *record = &mem->stored[i].record;
        if (of_stream(record, office, stream) && record->sequence > mark) {
            mark = record->sequence;
        }
    }
    *ret_sequence = mark;
    return 0;
}

static int mem_find(void *self, const char *office, const struct kadr_id *stream, uint64_t sequence,
                    uint64_t *ret_commit)
{
    const struct mem *mem = self;
    for (size_t i = 0; i < mem->count; i++) {
        const struct kadr_store_record *record = &mem->stored[i].record;
        if (of_stream(record, office, stream) && record->sequence == sequence) {
            *ret_commit = record->commit;
            return 0;
        }
    }
    return KADR_ENOENT;
}

static int mem_space(void *self, uint64_t *ret_used_bytes, uint64_t *ret_free_bytes)
{
    const struct mem *mem = self;
    *ret_used_bytes = mem->used_bytes;
    *ret_free_bytes = SIZE_MAX;
    return 0;
}

static void mem_close(void *self)
{
    struct mem *mem = self;
    forget_from(mem, 0);
    free(mem->stored);
    free(mem);
}

int kadr_store_mem_new(const struct kadr_id *lineage, struct kadr_store *ret_store)
{
    struct mem *mem = calloc(1, sizeof(*mem));
    if (!mem) {
        return KADR_ENOMEM;
    }
    mem->lineage = *lineage;
    *ret_store = (struct kadr_store){ .append = mem_append,
                                      .state = mem_state,
                                      .read = mem_read,
                                      .mark = mem_mark,
                                      .find = mem_find,
                                      .space = mem_space,
                                      .close = mem_close,
                                      .self = mem };
    return 0;
}
