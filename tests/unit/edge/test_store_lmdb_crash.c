/* SPDX-License-Identifier: Apache-2.0 */
/* What survives: a killed process, a flipped bit, a cut file; and a journal that an earlier binary wrote.
 *
 * The golden journal is tests/golden/journal/data.mdb with its listing. To write a new one for a new format:
 * KADR_GOLDEN_WRITE=DIR edge_test_store_lmdb_crash; the old one stays, as it must be readable for ever.
 */
#define _GNU_SOURCE
#include "edge/store_rig.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/hash.h"

#define GOLDEN "tests/golden/journal"

/* ---- kill ---- */

static int check_chain(void *context, const struct kadr_record *record)
{
    struct kadr_digest *digest = context;
    *digest = kadr_record_chain(digest, record->commit, record->envelope, record->message);
    return kadr_digest_equal(digest, &record->digest) ? 0 : KADR_ECORRUPT;
}

/* Chain from the first record, and marks that add up to the records. */
static uint64_t check_store(const struct kadr_store *store)
{
    struct kadr_store_state state;
    struct kadr_digest digest = { { 0 } };
    assert_int_equal(store->state(store->self, &state), 0);
    assert_int_equal(store->read(store->self, 1, SIZE_MAX, SIZE_MAX, check_chain, &digest), 0);
    assert_true(kadr_digest_equal(&digest, &state.digest));
    for (size_t i = 0; i < RIG_STREAMS; i++) {
        struct kadr_id stream = rig_stream(i);
        uint64_t mark = 0, commit = 0, last = 0;
        assert_int_equal(store->mark(store->self, rig_office(i), &stream, &mark), 0);
        for (uint64_t sequence = 1; sequence <= mark; sequence++) {
            assert_int_equal(store->find(store->self, rig_office(i), &stream, sequence, &commit), 0);
            assert_true(commit > last && commit <= state.head);
            last = commit;
        }
    }
    return state.head;
}

/* Goes on where the store is, and says what is durable. Never returns. */
static void append_until_killed(const struct rig_dir *dir, uint64_t seed, int acknowledged)
{
    struct kadr_store store;
    struct kadr_store_state state;
    struct rig_random random = { seed };
    struct rig_journal *journal = calloc(1, sizeof(*journal));
    if (!journal || rig_open(dir, RIG_MAP_BYTES, &store, NULL) != 0 || store.state(store.self, &state) != 0) {
        _exit(1);
    }
    journal->head = state.head;
    journal->digest = state.digest;
    for (size_t i = 0; i < RIG_STREAMS; i++) {
        struct kadr_id stream = rig_stream(i);
        if (store.mark(store.self, rig_office(i), &stream, &journal->sequence[i]) != 0) {
            _exit(1);
        }
    }
    for (;;) {
        size_t count = rig_batch(journal, &random);
        if (store.append(store.self, journal->records, count) != 0 ||
            write(acknowledged, &journal->head, sizeof(journal->head)) != (ssize_t)sizeof(journal->head)) {
            _exit(1);
        }
    }
}

/* Kills the child after some acknowledgements, in the middle of whatever it does then. Returns the last one.
 */
static uint64_t kill_after(pid_t child, int acknowledged, uint64_t count)
{
    uint64_t head = 0, last = 0;
    int status = 0;
    for (uint64_t i = 0; i < count; i++) {
        assert_int_equal(read(acknowledged, &head, sizeof(head)), sizeof(head));
        last = head;
    }
    assert_int_equal(kill(child, SIGKILL), 0);
    while (read(acknowledged, &head, sizeof(head)) == (ssize_t)sizeof(head)) {
        last = head; /* acknowledged before the signal came */
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    return last;
}

static void killed_process_loses_nothing_acknowledged(void **state)
{
    (void)state;
    struct rig_dir dir;
    struct rig_random random = { UINT64_C(0xC0FFEE) };
    const char *full = getenv("KADR_TEST_FULL");
    int rounds = full && strcmp(full, "1") == 0 ? 300 : 30;
    uint64_t durable = 0;
    rig_dir_make(&dir);
    for (int round = 0; round < rounds; round++) {
        int pipe_fd[2];
        struct kadr_store store;
        uint64_t seed = 1 + rig_next(&random, UINT32_MAX);
        assert_int_equal(pipe(pipe_fd), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            close(pipe_fd[0]);
            append_until_killed(&dir, seed, pipe_fd[1]);
        }
        close(pipe_fd[1]);
        uint64_t acknowledged = kill_after(child, pipe_fd[0], 1 + rig_next(&random, 6));
        close(pipe_fd[0]);
        rig_must_open(&dir, &store);
        uint64_t head = check_store(&store);
        rig_close(&store);
        if (head < acknowledged || acknowledged <= durable) {
            fail_msg("seed %" PRIu64 ": %" PRIu64 " acknowledged, %" PRIu64 " there", seed, acknowledged,
                     head);
        }
        durable = acknowledged;
    }
    rig_dir_remove(&dir);
}

/* ---- damage ---- */

static void data_path(const struct rig_dir *dir, char ret[RIG_PATH + 16])
{
    (void)snprintf(ret, RIG_PATH + 16, "%s/data.mdb", dir->path);
}

static void read_data(const struct rig_dir *dir, struct kadr_buf *ret)
{
    char path[RIG_PATH + 16], chunk[4096];
    size_t n;
    data_path(dir, path);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    kadr_buf_init(ret, 0);
    while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0) {
        kadr_buf_add(ret, chunk, n);
    }
    (void)fclose(file);
    assert_int_equal(ret->err, 0);
}

/* Flips one bit of every place where the text stands. */
static void flip(const struct rig_dir *dir, const char *text)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf data;
    char path[RIG_PATH + 16];
    size_t len = strlen(text), hits = 0;
    read_data(dir, &data);
    data_path(dir, path);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    for (size_t i = 0; i + len <= data.len; i++) {
        if (memcmp(data.data + i, text, len) == 0) {
            assert_int_equal(fseek(file, (long)i, SEEK_SET), 0);
            assert_int_equal(fputc(text[0] ^ 1, file), text[0] ^ 1);
            hits++;
        }
    }
    assert_int_equal(fclose(file), 0);
    assert_true(hits > 0);
}

/* Records whose messages are `needle-000001` … */
static void write_needles(const struct rig_dir *dir, uint64_t count)
{
    struct kadr_store store;
    struct kadr_digest digest = { { 0 } };
    rig_must_open(dir, &store);
    for (uint64_t commit = 1; commit <= count; commit++) {
        char message[32];
        int len = snprintf(message, sizeof(message), "needle-%06" PRIu64, commit);
        struct kadr_store_record record = { .commit = commit,
                                            .kind = KADR_RECORD_REPORT,
                                            .envelope = { (const uint8_t *)"envelope", 8 },
                                            .message = { (const uint8_t *)message, (size_t)len },
                                            .office = "KZ-35",
                                            .sequence = commit };
        digest = kadr_record_chain(&digest, commit, record.envelope, record.message);
        record.digest = digest;
        assert_int_equal(store.append(store.self, &record, 1), 0);
    }
    rig_close(&store);
}

static void flipped_bit_at_the_end_is_named_at_start(void **state)
{
    (void)state;
    struct rig_dir dir;
    struct kadr_store store;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf why;
    kadr_buf_init(&why, 0);
    rig_dir_make(&dir);
    write_needles(&dir, 20);
    flip(&dir, "needle-000017");
    assert_int_equal(rig_open(&dir, RIG_MAP_BYTES, &store, &why), KADR_ECORRUPT);
    assert_non_null(strstr(kadr_buf_str(&why), "commit 17 "));
    rig_dir_remove(&dir);
}

static int count_records(void *context, const struct kadr_record *record)
{
    *(uint64_t *)context = record->commit;
    return 0;
}

static void flipped_bit_in_history_is_never_served(void **state)
{
    (void)state;
    struct rig_dir dir;
    struct kadr_store store;
    uint64_t last = 0;
    rig_dir_make(&dir);
    write_needles(&dir, KADR_STORE_TAIL_RECORDS + 50);
    flip(&dir, "needle-000017");
    rig_must_open(&dir, &store);
    assert_int_equal(store.read(store.self, 10, 100, SIZE_MAX, count_records, &last), KADR_ECORRUPT);
    assert_int_equal(last, 16);
    assert_int_equal(store.read(store.self, 17, 1, SIZE_MAX, count_records, &last), KADR_ECORRUPT);
    assert_int_equal(last, 16);
    assert_int_equal(store.read(store.self, 18, 5, SIZE_MAX, count_records, &last), 0);
    assert_int_equal(last, 22);
    rig_close(&store);
    rig_dir_remove(&dir);
}

/* A cut that only took free pages is harmless; any other is found, and found again. */
static void cut_file_is_refused(void **state)
{
    (void)state;
    struct rig_dir dir;
    struct kadr_store store;
    struct stat before, after;
    char path[RIG_PATH + 16];
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf why;
    kadr_buf_init(&why, 0);
    rig_dir_make(&dir);
    write_needles(&dir, 500);
    data_path(&dir, path);
    assert_int_equal(stat(path, &before), 0);
    for (off_t pages = 1; pages < before.st_size / 4096 - 2; pages++) {
        off_t size = before.st_size - pages * 4096;
        uint64_t last = 0;
        assert_int_equal(truncate(path, size), 0);
        kadr_buf_clear(&why);
        int r = rig_open(&dir, RIG_MAP_BYTES, &store, &why);
        if (r == 0) {
            assert_in_range(pages, 1, 8);
            assert_int_equal(store.read(store.self, 1, 1000, SIZE_MAX, count_records, &last), 0);
            assert_int_equal(last, 500);
            rig_close(&store);
            continue;
        }
        assert_int_equal(r, KADR_ECORRUPT);
        assert_non_null(strstr(kadr_buf_str(&why), "truncated"));
        assert_int_equal(stat(path, &after), 0);
        assert_int_equal(after.st_size, size);
    }
    rig_dir_remove(&dir);
}

/* ---- yesterday's journal ---- */

static int list_record(void *context, const struct kadr_record *record)
{
    struct kadr_buf *out = context;
    char digest[KADR_DIGEST_HEX_BYTES], envelope[256], message[256];
    assert_in_range(record->envelope.len, 0, 100);
    assert_in_range(record->message.len, 0, 100);
    kadr_digest_hex(&record->digest, digest);
    kadr_hex(record->envelope.data, record->envelope.len, envelope);
    kadr_hex(record->message.data, record->message.len, message);
    kadr_buf_printf(out, "%" PRIu64 " %s %s %s\n", record->commit, digest, envelope, message);
    return 0;
}

/* Everything a journal holds, as text. */
static void list_store(const struct kadr_store *store, struct kadr_buf *out)
{
    struct kadr_store_state state;
    char lineage[2 * KADR_ID_BYTES + 1];
    assert_int_equal(store->state(store->self, &state), 0);
    kadr_hex(state.lineage.bytes, sizeof(state.lineage.bytes), lineage);
    kadr_buf_printf(out, "lineage %s head %" PRIu64 " reference %" PRIu64 " day %" PRIu64 "\n", lineage,
                    state.head, state.reference_commit, state.day_commit);
    for (size_t i = 0; i < 3; i++) {
        struct kadr_id stream = rig_stream(i);
        uint64_t mark = 0, commit = 0;
        assert_int_equal(store->mark(store->self, rig_office(i), &stream, &mark), 0);
        int r = store->find(store->self, rig_office(i), &stream, mark, &commit);
        kadr_buf_printf(out, "mark %s %" PRIu64 " found %d commit %" PRIu64 "\n", rig_office(i), mark, r,
                        commit);
    }
    assert_int_equal(store->read(store->self, 1, 100, SIZE_MAX, list_record, out), 0);
}

static void write_golden(const char *path)
{
    static const struct {
        enum kadr_record_kind kind;
        size_t stream;
        uint64_t sequence;
        const char *envelope, *message;
    } rows[] = {
        { KADR_RECORD_REFERENCE, 0, 0, "reference envelope", "reference files" },
        { KADR_RECORD_DAY, 0, 0, "day envelope", "" },
        { KADR_RECORD_REPORT, 0, 1, "envelope 1", "report of the first stream" },
        { KADR_RECORD_REPORT, 1, 1, "envelope 2", "report of the second stream" },
        { KADR_RECORD_REPORT, 0, 2, "envelope 3", "" },
        { KADR_RECORD_DAY, 0, 0, "another day", "" },
    };
    struct rig_dir dir;
    struct kadr_store store;
    struct kadr_digest digest = { { 0 } };
    (void)snprintf(dir.path, sizeof(dir.path), "%s", path);
    rig_must_open(&dir, &store);
    for (size_t i = 0; i < KADR_COUNT(rows); i++) {
        struct kadr_store_record record = {
            .commit = i + 1,
            .kind = rows[i].kind,
            .envelope = { (const uint8_t *)rows[i].envelope, strlen(rows[i].envelope) },
            .message = { (const uint8_t *)rows[i].message, strlen(rows[i].message) },
            .office = rows[i].sequence ? rig_office(rows[i].stream) : "",
            .stream = rig_stream(rows[i].stream),
            .sequence = rows[i].sequence
        };
        digest = kadr_record_chain(&digest, record.commit, record.envelope, record.message);
        record.digest = digest;
        assert_int_equal(store.append(store.self, &record, 1), 0);
    }
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf list;
    char file_path[RIG_PATH + 16];
    kadr_buf_init(&list, 0);
    list_store(&store, &list);
    rig_close(&store);
    (void)snprintf(file_path, sizeof(file_path), "%s/journal.txt", path);
    FILE *file = fopen(file_path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(list.data, 1, list.len, file), list.len);
    assert_int_equal(fclose(file), 0);
}

/* The golden file is opened as a copy: opening writes a lock file beside it. */
static void copy_file(const char *from, const char *to)
{
    char chunk[4096];
    size_t n;
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    assert_true(in && out);
    while ((n = fread(chunk, 1, sizeof(chunk), in)) > 0) {
        assert_int_equal(fwrite(chunk, 1, n, out), n);
    }
    (void)fclose(in);
    assert_int_equal(fclose(out), 0);
}

static void yesterdays_journal_is_read(void **state)
{
    (void)state;
    struct rig_dir dir;
    struct kadr_store store;
    char path[RIG_PATH + 16], expected[4096];
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf list;
    kadr_buf_init(&list, 0);
    rig_dir_make(&dir);
    data_path(&dir, path);
    copy_file(GOLDEN "/data.mdb", path);
    rig_must_open(&dir, &store);
    list_store(&store, &list);
    FILE *file = fopen(GOLDEN "/journal.txt", "rb");
    assert_non_null(file);
    size_t n = fread(expected, 1, sizeof(expected) - 1, file);
    (void)fclose(file);
    expected[n] = '\0';
    assert_string_equal(kadr_buf_str(&list), expected);
    rig_close(&store);
    rig_dir_remove(&dir);
}

int main(void)
{
    const char *golden = getenv("KADR_GOLDEN_WRITE");
    if (golden) {
        write_golden(golden);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_process_loses_nothing_acknowledged),
        cmocka_unit_test(flipped_bit_at_the_end_is_named_at_start),
        cmocka_unit_test(flipped_bit_in_history_is_never_served),
        cmocka_unit_test(cut_file_is_refused),
        cmocka_unit_test(yesterdays_journal_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
