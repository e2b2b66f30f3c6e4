/* SPDX-License-Identifier: Apache-2.0 */
/* The ordered store on disk against the one in memory, and what happens to one that breaks. */
#include "edge/store_rig.h"

#include <fcntl.h>
#include <pthread.h>

#include "edge/kvstore_lmdb.h"
#include "edge/lmdb.h"
#include "rng.h"

#define MAP_BYTES (64u << 20)

struct fixture {
    char path[128];
    struct kadr_kvstore disk, mem;
};

static struct kadr_kvstore new_disk(const char *path)
{
    struct kadr_kvstore disk;
    struct kadr_kvstore_lmdb_config config = { .path = path, .map_bytes = MAP_BYTES, .allow_any_fs = true };
    assert_int_equal(kadr_kvstore_lmdb_new(&config, &disk), 0);
    return disk;
}

static void open_disk(const struct kadr_kvstore *disk, bool expect_removed)
{
    bool removed = !expect_removed;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf why;
    kadr_buf_init(&why, 0);
    int err = kadr_kvstore_lmdb_open(disk, &removed, &why);
    if (err != 0) {
        print_error("%s\n", kadr_buf_str(&why));
    }
    assert_int_equal(err, 0);
    assert_int_equal(removed, expect_removed);
}

static int set_up(void **state)
{
    struct fixture *fx = calloc(1, sizeof *fx);
    assert_non_null(fx);
    (void)snprintf(fx->path, sizeof fx->path, "/tmp/kadr-kvstore-XXXXXX");
    assert_non_null(mkdtemp(fx->path));
    fx->disk = new_disk(fx->path);
    open_disk(&fx->disk, false);
    assert_int_equal(kadr_kvstore_mem_new(&fx->mem), 0);
    *state = fx;
    return 0;
}

static void remove_tree(const char *path)
{
    char inner[256], file[512];
    static const char *const files[] = { "data.mdb", "lock.mdb", "owner.lock" };
    (void)snprintf(inner, sizeof inner, "%s/kadr-history", path);
    for (size_t i = 0; i < KADR_COUNT(files); i++) {
        (void)snprintf(file, sizeof file, "%s/%s", inner, files[i]);
        (void)unlink(file);
    }
    (void)rmdir(inner);
    assert_int_equal(rmdir(path), 0);
}

static int tear_down(void **state)
{
    struct fixture *fx = *state;
    fx->disk.close(fx->disk.self);
    fx->mem.close(fx->mem.self);
    remove_tree(fx->path);
    free(fx);
    return 0;
}

static struct kadr_bytes text(const char *string)
{
    return (struct kadr_bytes){ (const uint8_t *)string, strlen(string) };
}

static void put_one(const struct kadr_kvstore *kv, const char *key, const char *value)
{
    assert_int_equal(kv->begin(kv->self), 0);
    kv->put(kv->self, text(key), text(value));
    assert_int_equal(kv->commit(kv->self), 0);
}

/* The value of a key as a view sees it; "" when it is not there. */
static void expect_stored(const struct kadr_kvstore *kv, void *view, const char *key, const char *expected)
{
    struct kadr_bytes value = { NULL, 0 };
    int err = kv->get(kv->self, view, text(key), &value);
    assert_true(err == 0 || err == KADR_ENOENT);
    assert_int_equal(value.len, strlen(expected));
    if (value.len > 0) {
        assert_memory_equal(value.data, expected, value.len);
    }
}

/* ---- the model ---- */

struct listing {
    struct kadr_buf bytes;
    size_t left; /* entries until it stops */
};

static int list_one(void *context, struct kadr_bytes key, struct kadr_bytes value)
{
    struct listing *listing = context;
    kadr_buf_add_u32(&listing->bytes, (uint32_t)key.len);
    kadr_buf_add(&listing->bytes, key.data, key.len);
    kadr_buf_add_u32(&listing->bytes, (uint32_t)value.len);
    kadr_buf_add(&listing->bytes, value.data, value.len);
    return --listing->left == 0 ? -42 : 0;
}

static struct kadr_buf list(const struct kadr_kvstore *kv, void *view, struct kadr_bytes from, size_t most,
                            int *ret_result)
{
    struct listing listing = { .left = most };
    kadr_buf_init(&listing.bytes, 0);
    *ret_result = kv->walk(kv->self, view, from, list_one, &listing);
    assert_int_equal(listing.bytes.err, 0);
    return listing.bytes;
}

static void expect_equal_bytes(struct kadr_bytes a, struct kadr_bytes b)
{
    assert_int_equal(a.len, b.len);
    if (a.len > 0) {
        assert_memory_equal(a.data, b.data, a.len);
    }
}

/* Few different keys, so that they meet; of lengths up to the longest. */
static struct kadr_bytes random_key(struct rng *rng, uint8_t bytes[KADR_KVSTORE_KEY_BYTES])
{
    size_t len = rng_below(rng, 20) == 0 ? KADR_KVSTORE_KEY_BYTES : 1 + rng_below(rng, 3);
    for (size_t i = 0; i < len; i++) {
        bytes[i] = i < 3 ? (uint8_t[]){ 0, 1, 127, 128, 255 }[rng_below(rng, 5)] : 7;
    }
    return (struct kadr_bytes){ bytes, len };
}

struct pair_of_views {
    void *disk, *mem;
};

static void compare_views(const struct fixture *fx, const struct pair_of_views *views, struct rng *rng)
{
    uint8_t bytes[KADR_KVSTORE_KEY_BYTES];
    struct kadr_bytes key = random_key(rng, bytes);
    struct kadr_bytes disk_key = { NULL, 0 }, disk_value = { NULL, 0 }, mem_key = { NULL, 0 },
                      mem_value = { NULL, 0 };
    assert_int_equal(fx->disk.get(fx->disk.self, views->disk, key, &disk_value),
                     fx->mem.get(fx->mem.self, views->mem, key, &mem_value));
    expect_equal_bytes(disk_value, mem_value);
    assert_int_equal(fx->disk.floor(fx->disk.self, views->disk, key, &disk_key, &disk_value),
                     fx->mem.floor(fx->mem.self, views->mem, key, &mem_key, &mem_value));
    expect_equal_bytes(disk_key, mem_key);
    expect_equal_bytes(disk_value, mem_value);
    int disk_result = 0, mem_result = 0;
    struct kadr_bytes from = rng_below(rng, 4) == 0 ? (struct kadr_bytes){ NULL, 0 } : key;
    size_t most = 1 + rng_below(rng, 200);
    KADR_CLEANUP(kadr_buf_done)
    struct kadr_buf disk_list = list(&fx->disk, views->disk, from, most, &disk_result);
    KADR_CLEANUP(kadr_buf_done)
    struct kadr_buf mem_list = list(&fx->mem, views->mem, from, most, &mem_result);
    assert_int_equal(disk_result, mem_result);
    expect_equal_bytes((struct kadr_bytes){ disk_list.data, disk_list.len },
                       (struct kadr_bytes){ mem_list.data, mem_list.len });
}

static void begin_views(const struct fixture *fx, struct pair_of_views *ret_views)
{
    assert_int_equal(fx->disk.view_begin(fx->disk.self, &ret_views->disk), 0);
    assert_int_equal(fx->mem.view_begin(fx->mem.self, &ret_views->mem), 0);
}

static void end_views(const struct fixture *fx, struct pair_of_views *views)
{
    fx->disk.view_end(fx->disk.self, KADR_TAKE(views->disk));
    fx->mem.view_end(fx->mem.self, KADR_TAKE(views->mem));
}

/* Puts, replacements, now and then a clear; kept or thrown away. */
static void random_transaction(const struct fixture *fx, struct rng *rng)
{
    uint8_t key[KADR_KVSTORE_KEY_BYTES], value[300];
    const struct kadr_kvstore *both[] = { &fx->disk, &fx->mem };
    bool keep = rng_below(rng, 5) > 0;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(both[i]->begin(both[i]->self), 0);
    }
    for (size_t puts = rng_below(rng, 12); puts > 0; puts--) {
        bool clears = rng_below(rng, 40) == 0;
        struct kadr_bytes k = random_key(rng, key);
        memset(value, (int)rng_below(rng, 256), sizeof value);
        struct kadr_bytes v = { value, rng_below(rng, sizeof value) };
        for (size_t i = 0; i < 2; i++) {
            if (clears) {
                both[i]->clear(both[i]->self);
            }
            both[i]->put(both[i]->self, k, v);
        }
    }
    for (size_t i = 0; i < 2; i++) {
        if (keep) {
            assert_int_equal(both[i]->commit(both[i]->self), 0);
        } else {
            both[i]->abort(both[i]->self);
        }
    }
}

/* Views of three ages are held all the time, and each looks the same in both stores. */
static void one_history(struct fixture *fx, uint64_t seed)
{
    struct rng rng = { seed };
    struct pair_of_views views[3];
    for (size_t i = 0; i < KADR_COUNT(views); i++) {
        begin_views(fx, &views[i]);
    }
    for (size_t round = 0; round < 40; round++) {
        random_transaction(fx, &rng);
        size_t which = rng_below(&rng, KADR_COUNT(views));
        end_views(fx, &views[which]);
        begin_views(fx, &views[which]);
        for (size_t i = 0; i < KADR_COUNT(views); i++) {
            compare_views(fx, &views[i], &rng);
        }
    }
    for (size_t i = 0; i < KADR_COUNT(views); i++) {
        end_views(fx, &views[i]);
    }
}

static void disk_does_as_memory(void **state)
{
    struct fixture *fx = *state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        print_message("seed %u\n", (unsigned)seed);
        one_history(fx, seed);
    }
}

static void bad_key_fails_the_transaction(void **state)
{
    struct fixture *fx = *state;
    static const uint8_t long_key[KADR_KVSTORE_KEY_BYTES + 1] = { 1 };
    const struct kadr_kvstore *both[] = { &fx->disk, &fx->mem };
    for (size_t i = 0; i < 2; i++) {
        const struct kadr_kvstore *kv = both[i];
        void *view = NULL;
        assert_int_equal(kv->begin(kv->self), 0);
        assert_int_equal(kv->begin(kv->self), KADR_EBUSY);
        kv->put(kv->self, text("good"), text("1"));
        kv->put(kv->self, (struct kadr_bytes){ long_key, sizeof long_key }, text("2"));
        kv->put(kv->self, text("late"), text("3"));
        assert_int_equal(kv->commit(kv->self), KADR_EINVAL);
        assert_int_equal(kv->view_begin(kv->self, &view), 0);
        expect_stored(kv, view, "good", "");
        kv->view_end(kv->self, view);
        put_one(kv, "good", "4");
    }
}

/* ---- opening ---- */

static void closed_store_says_so(void **state)
{
    struct fixture *fx = *state;
    void *view = NULL;
    uint64_t used = 0, left = 0;
    char path[192];
    (void)snprintf(path, sizeof path, "%s/below", fx->path);
    struct kadr_kvstore closed = new_disk(path);
    assert_int_equal(closed.begin(closed.self), KADR_EAGAIN);
    assert_int_equal(closed.view_begin(closed.self, &view), KADR_EAGAIN);
    assert_int_equal(closed.space(closed.self, &used, &left), KADR_EAGAIN);
    open_disk(&closed, false); /* both folders are made */
    put_one(&closed, "a", "1");
    closed.close(closed.self);
    remove_tree(path);
}

static void opened_twice_stays_open(void **state)
{
    struct fixture *fx = *state;
    void *view = NULL;
    put_one(&fx->disk, "a", "1");
    assert_int_equal(fx->disk.view_begin(fx->disk.self, &view), 0);
    struct kadr_kvstore second = new_disk(fx->path);
    bool removed = true;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf why;
    kadr_buf_init(&why, 0);
    assert_int_equal(kadr_kvstore_lmdb_open(&second, &removed, &why), KADR_EBUSY);
    assert_false(removed);
    assert_non_null(strstr(kadr_buf_str(&why), "owns it"));
    second.close(second.self);
    expect_stored(&fx->disk, view, "a", "1");
    fx->disk.view_end(fx->disk.self, view);
}

static void reopened_from_disk(void **state)
{
    struct fixture *fx = *state;
    void *view = NULL;
    put_one(&fx->disk, "a", "1");
    fx->disk.close(fx->disk.self);
    fx->disk = new_disk(fx->path);
    open_disk(&fx->disk, false);
    assert_int_equal(fx->disk.view_begin(fx->disk.self, &view), 0);
    expect_stored(&fx->disk, view, "a", "1");
    fx->disk.view_end(fx->disk.self, view);
}

static void write_file(const char *path, const char *name, const char *content, size_t len)
{
    char file[256];
    (void)snprintf(file, sizeof file, "%s/kadr-history/%s", path, name);
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, len), (ssize_t)len);
    close(fd);
}

static void damaged_files_are_begun_anew(void **state)
{
    struct fixture *fx = *state;
    void *view = NULL;
    static const char garbage[8192] = "this is no database";
    put_one(&fx->disk, "a", "1");
    fx->disk.close(fx->disk.self);
    write_file(fx->path, "data.mdb", garbage, sizeof garbage);
    fx->disk = new_disk(fx->path);
    open_disk(&fx->disk, true);
    assert_int_equal(fx->disk.view_begin(fx->disk.self, &view), 0);
    expect_stored(&fx->disk, view, "a", "");
    fx->disk.view_end(fx->disk.self, view);
    put_one(&fx->disk, "a", "2");
}

/* The operator named a folder in which another environment stands, a torn one at that: it is left alone. */
static void what_is_not_ours_stays(void **state)
{
    struct fixture *fx = *state;
    char file[256], word[8] = "";
    (void)snprintf(file, sizeof file, "%s/data.mdb", fx->path);
    fx->disk.close(fx->disk.self);
    int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "precious", 8), 8);
    fx->disk = new_disk(fx->path);
    open_disk(&fx->disk, false);
    put_one(&fx->disk, "a", "1");
    assert_int_equal(pread(fd, word, 8, 0), 8);
    assert_memory_equal(word, "precious", 8);
    close(fd);
    assert_int_equal(unlink(file), 0);
}

/* The map is full: told before anything is written, and what was there stays. */
static void full_map(void **state)
{
    struct fixture *fx = *state;
    void *view = NULL;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf large;
    kadr_buf_init(&large, 0);
    for (size_t i = 0; i < MAP_BYTES / 64; i++) {
        kadr_buf_add(&large, "0123456789abcdef", 16);
    }
    put_one(&fx->disk, "a", "1");
    assert_int_equal(fx->disk.begin(fx->disk.self), 0);
    for (char key = 'b'; key < 'h'; key++) {
        fx->disk.put(fx->disk.self, (struct kadr_bytes){ (const uint8_t *)&key, 1 },
                     (struct kadr_bytes){ large.data, large.len });
    }
    assert_int_equal(fx->disk.commit(fx->disk.self), KADR_ENOSPC);
    open_disk(&fx->disk, false); /* nothing to do */
    assert_int_equal(fx->disk.view_begin(fx->disk.self, &view), 0);
    expect_stored(&fx->disk, view, "a", "1");
    fx->disk.view_end(fx->disk.self, view);
    put_one(&fx->disk, "b", "2");
}

/* ---- threads ---- */

struct reader {
    struct fixture *fx;
    bool wrong;
};

/* "a" and "b" are always written together. */
static void *read_often(void *context)
{
    struct reader *reader = context;
    const struct kadr_kvstore *kv = &reader->fx->disk;
    for (size_t i = 0; i < 300; i++) {
        void *view = NULL;
        struct kadr_bytes a = { NULL, 0 }, b = { NULL, 0 };
        reader->wrong |= kv->view_begin(kv->self, &view) != 0;
        reader->wrong |= kv->get(kv->self, view, text("a"), &a) != 0;
        reader->wrong |= kv->get(kv->self, view, text("b"), &b) != 0;
        reader->wrong |= a.len != 3 || b.len != 3 || memcmp(a.data, b.data, 3) != 0;
        kv->view_end(kv->self, view);
    }
    return NULL;
}

static void put_both(struct fixture *fx, unsigned n)
{
    char value[16];
    (void)snprintf(value, sizeof value, "%03u", n % 1000);
    assert_int_equal(fx->disk.begin(fx->disk.self), 0);
    fx->disk.put(fx->disk.self, text("a"), text(value));
    fx->disk.put(fx->disk.self, text("b"), text(value));
    assert_int_equal(fx->disk.commit(fx->disk.self), 0);
}

static void reader_beside_the_writer(void **state)
{
    struct fixture *fx = *state;
    struct reader reader = { .fx = fx };
    pthread_t thread;
    put_both(fx, 0);
    assert_int_equal(pthread_create(&thread, NULL, read_often, &reader), 0);
    for (unsigned n = 1; n < 60; n++) {
        put_both(fx, n);
    }
    pthread_join(thread, NULL);
    assert_false(reader.wrong);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(disk_does_as_memory),      TEST(bad_key_fails_the_transaction),
        TEST(closed_store_says_so),     TEST(opened_twice_stays_open),
        TEST(reopened_from_disk),       TEST(damaged_files_are_begun_anew),
        TEST(what_is_not_ours_stays),   TEST(full_map),
        TEST(reader_beside_the_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
