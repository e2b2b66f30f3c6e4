/* SPDX-License-Identifier: Apache-2.0 */
/* The LMDB wrapper: sticky transactions, keys in order, and the answers to a folder that cannot be used. */
#include "edge/store_rig.h"

#include "edge/lmdb.h"

static const char *const dbs[] = { "first", "second" };

static int open_env(const struct rig_dir *dir, size_t map_bytes, struct kadr_lmdb **ret)
{
    const struct kadr_lmdb_config config = {
        .path = dir->path, .map_bytes = map_bytes, .dbs = dbs, .db_count = 2, .allow_any_fs = true
    };
    return kadr_lmdb_open(&config, ret, NULL);
}

static struct kadr_bytes text(const char *string)
{
    return (struct kadr_bytes){ (const uint8_t *)string, strlen(string) };
}

static void put_all(struct kadr_lmdb *env, size_t db, const char *const *keys, size_t count)
{
    struct kadr_lmdb_txn txn;
    kadr_lmdb_begin(env, KADR_LMDB_WRITE, &txn);
    for (size_t i = 0; i < count; i++) {
        kadr_lmdb_put(&txn, db, text(keys[i]), text(keys[i]));
    }
    assert_int_equal(kadr_lmdb_commit(&txn), 0);
}

static void assert_value(struct kadr_lmdb *env, size_t db, const char *key, const char *value)
{
    KADR_CLEANUP(kadr_lmdb_abort) struct kadr_lmdb_txn txn;
    struct kadr_bytes found;
    kadr_lmdb_begin(env, KADR_LMDB_READ, &txn);
    int r = kadr_lmdb_get(&txn, db, text(key), &found);
    if (!value) {
        assert_int_equal(r, KADR_ENOENT);
        assert_int_equal(txn.err, 0); /* an answer, not a failure */
        return;
    }
    assert_int_equal(r, 0);
    assert_int_equal(found.len, strlen(value));
    assert_memory_equal(found.data, value, found.len);
}

static void committed_is_there_after_reopening(void **state)
{
    (void)state;
    struct rig_dir dir;
    struct kadr_lmdb *env = NULL;
    struct kadr_lmdb_txn txn;
    rig_dir_make(&dir);
    assert_int_equal(open_env(&dir, 1 << 20, &env), 0);
    put_all(env, 0, (const char *const[]){ "a", "b" }, 2);
    kadr_lmdb_begin(env, KADR_LMDB_WRITE, &txn);
    kadr_lmdb_put(&txn, 0, text("c"), text("never"));
    kadr_lmdb_abort(&txn);
    kadr_lmdb_begin(env, KADR_LMDB_WRITE, &txn);
    kadr_lmdb_del(&txn, 0, text("b"));
    kadr_lmdb_del(&txn, 0, text("not there"));
    assert_int_equal(kadr_lmdb_commit(&txn), 0);
    kadr_lmdb_close(env);
    assert_int_equal(open_env(&dir, 1 << 20, &env), 0);
    assert_value(env, 0, "a", "a");
    assert_value(env, 0, "b", NULL);
    assert_value(env, 0, "c", NULL);
    assert_value(env, 1, "a", NULL); /* databases do not mix */
    kadr_lmdb_begin(env, KADR_LMDB_READ, &txn);
    assert_int_equal(kadr_lmdb_count(&txn, 0), 1);
    assert_int_equal(kadr_lmdb_commit(&txn), 0);
    kadr_lmdb_close(env);
    rig_dir_remove(&dir);
}

static void first_error_sticks(void **state)
{
    (void)state;
    struct rig_dir dir;
    struct kadr_lmdb *env = NULL;
    struct kadr_lmdb_txn txn;
    struct kadr_bytes value;
    static const char long_key[600] = { 'x' };
    rig_dir_make(&dir);
    assert_int_equal(open_env(&dir, 1 << 20, &env), 0);
    kadr_lmdb_begin(env, KADR_LMDB_WRITE, &txn);
    kadr_lmdb_append(&txn, 0, text("m"), text("1"));
    kadr_lmdb_append(&txn, 0, text("a"), text("2")); /* not behind all others */
    kadr_lmdb_put(&txn, 0, text("n"), text("3"));
    assert_int_equal(kadr_lmdb_get(&txn, 0, text("m"), &value), KADR_EEXIST);
    assert_int_equal(kadr_lmdb_commit(&txn), KADR_EEXIST);
    assert_int_equal(kadr_lmdb_commit(&txn), KADR_EEXIST); /* and again: nothing happens */
    assert_value(env, 0, "m", NULL);
    kadr_lmdb_begin(env, KADR_LMDB_WRITE, &txn);
    kadr_lmdb_put(&txn, 0, (struct kadr_bytes){ (const uint8_t *)long_key, sizeof(long_key) }, text("v"));
    assert_int_equal(kadr_lmdb_commit(&txn), KADR_EINVAL);
    kadr_lmdb_close(env);
    rig_dir_remove(&dir);
}

static void full_map_is_no_space(void **state)
{
    (void)state;
    struct rig_dir dir;
    struct kadr_lmdb *env = NULL;
    struct kadr_lmdb_txn txn;
    struct kadr_lmdb_space before, after;
    static const uint8_t large[64 << 10] = { 1 };
    rig_dir_make(&dir);
    assert_int_equal(open_env(&dir, 1 << 20, &env), 0);
    put_all(env, 0, (const char *const[]){ "kept" }, 1);
    assert_int_equal(kadr_lmdb_space(env, &before), 0);
    kadr_lmdb_begin(env, KADR_LMDB_WRITE, &txn);
    for (char key[2] = "a"; key[0] <= 'z'; key[0]++) {
        kadr_lmdb_put(&txn, 0, text(key), (struct kadr_bytes){ large, sizeof(large) });
    }
    assert_int_equal(kadr_lmdb_commit(&txn), KADR_ENOSPC);
    assert_value(env, 0, "kept", "kept");
    assert_int_equal(kadr_lmdb_space(env, &after), 0);
    assert_int_equal(before.used_bytes, after.used_bytes);
    assert_int_equal(after.map_bytes, 1 << 20);
    kadr_lmdb_close(env);
    rig_dir_remove(&dir);
}

static void freed_pages_are_space(void **state)
{
    (void)state;
    struct rig_dir dir;
    struct kadr_lmdb *env = NULL;
    struct kadr_lmdb_txn txn;
    struct kadr_lmdb_space full, empty;
    static const uint8_t large[256 << 10] = { 1 };
    rig_dir_make(&dir);
    assert_int_equal(open_env(&dir, 4 << 20, &env), 0);
    kadr_lmdb_begin(env, KADR_LMDB_WRITE, &txn);
    kadr_lmdb_put(&txn, 0, text("large"), (struct kadr_bytes){ large, sizeof(large) });
    assert_int_equal(kadr_lmdb_commit(&txn), 0);
    assert_int_equal(kadr_lmdb_space(env, &full), 0);
    kadr_lmdb_begin(env, KADR_LMDB_WRITE, &txn);
    kadr_lmdb_del(&txn, 0, text("large"));
    assert_int_equal(kadr_lmdb_commit(&txn), 0);
    assert_int_equal(kadr_lmdb_space(env, &empty), 0);
    assert_true(empty.used_bytes + sizeof(large) <= full.used_bytes + 65536);
    kadr_lmdb_close(env);
    rig_dir_remove(&dir);
}

static void assert_last(struct kadr_lmdb *env, const char *prefix, size_t len, const char *key)
{
    KADR_CLEANUP(kadr_lmdb_abort) struct kadr_lmdb_txn txn;
    struct kadr_bytes found;
    kadr_lmdb_begin(env, KADR_LMDB_READ, &txn);
    int r = kadr_lmdb_last(&txn, 0, (struct kadr_bytes){ (const uint8_t *)prefix, len }, &found, NULL);
    if (!key) {
        assert_int_equal(r, KADR_ENOENT);
        return;
    }
    assert_int_equal(r, 0);
    assert_int_equal(found.len, strlen(key));
    assert_memory_equal(found.data, key, found.len);
}

static void last_of_a_prefix(void **state)
{
    (void)state;
    struct rig_dir dir;
    struct kadr_lmdb *env = NULL;
    rig_dir_make(&dir);
    assert_int_equal(open_env(&dir, 1 << 20, &env), 0);
    assert_last(env, NULL, 0, NULL);
    assert_last(env, "a", 1, NULL);
    put_all(env, 0, (const char *const[]){ "a1", "a2", "b", "c\xff\xff", "\xff\xff\x01" }, 5);
    assert_last(env, NULL, 0, "\xff\xff\x01");
    assert_last(env, "a", 1, "a2");
    assert_last(env, "a1", 2, "a1");
    assert_last(env, "a0", 2, NULL);
    assert_last(env, "b", 1, "b");
    assert_last(env, "c", 1, "c\xff\xff");
    assert_last(env, "c\xff", 2, "c\xff\xff"); /* the end of its range is `d` */
    assert_last(env, "d", 1, NULL);
    assert_last(env, "\xff", 1, "\xff\xff\x01"); /* its range has no end */
    assert_last(env, "\xff\xff\xff", 3, NULL);
    kadr_lmdb_close(env);
    rig_dir_remove(&dir);
}

struct walk {
    char seen[64];
    size_t left;
};

static int note(void *context, struct kadr_bytes key, struct kadr_bytes value)
{
    struct walk *walk = context;
    assert_int_equal(key.len, value.len);
    strncat(walk->seen, (const char *)key.data, key.len);
    return --walk->left == 0 ? 42 : 0;
}

static void walk_goes_in_order_until_stopped(void **state)
{
    (void)state;
    struct rig_dir dir;
    struct kadr_lmdb *env = NULL;
    struct kadr_lmdb_txn txn;
    rig_dir_make(&dir);
    assert_int_equal(open_env(&dir, 1 << 20, &env), 0);
    put_all(env, 0, (const char *const[]){ "d", "b", "a", "c" }, 4);
    kadr_lmdb_begin(env, KADR_LMDB_READ, &txn);
    struct walk walk = { .left = 100 };
    assert_int_equal(kadr_lmdb_walk(&txn, 0, text(""), note, &walk), 0);
    assert_string_equal(walk.seen, "abcd");
    walk = (struct walk){ .left = 2 };
    assert_int_equal(kadr_lmdb_walk(&txn, 0, text("aa"), note, &walk), 42);
    assert_string_equal(walk.seen, "bc");
    walk = (struct walk){ .left = 2 };
    assert_int_equal(kadr_lmdb_walk(&txn, 0, text("e"), note, &walk), 0);
    assert_string_equal(walk.seen, "");
    assert_int_equal(kadr_lmdb_commit(&txn), 0);
    kadr_lmdb_close(env);
    rig_dir_remove(&dir);
}

static void unusable_folders_are_explained(void **state)
{
    (void)state;
    struct rig_dir dir;
    struct kadr_lmdb *env = NULL;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf why;
    kadr_buf_init(&why, 0);
    struct kadr_lmdb_config config = {
        .path = "/proc/kadr", .map_bytes = 1 << 20, .dbs = dbs, .db_count = 2, .allow_any_fs = true
    };
    assert_int_not_equal(kadr_lmdb_open(&config, &env, &why), 0);
    assert_non_null(strstr(kadr_buf_str(&why), "/proc/kadr"));
    config.path = "";
    assert_int_equal(kadr_lmdb_open(&config, &env, NULL), KADR_EINVAL);
    rig_dir_make(&dir);
    config.path = dir.path;
    char path[RIG_PATH + 16];
    (void)snprintf(path, sizeof(path), "%s/data.mdb", dir.path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    for (int i = 0; i < 20000; i++) {
        (void)fputc('x', file);
    }
    assert_int_equal(fclose(file), 0);
    kadr_buf_clear(&why);
    assert_int_equal(kadr_lmdb_open(&config, &env, &why), KADR_ECORRUPT);
    assert_int_not_equal(why.len, 0);
    assert_null(env);
    rig_dir_remove(&dir);
}

/* Needs /dev/shm, the tmpfs that every Linux has. */
static void memory_file_system_needs_permission(void **state)
{
    (void)state;
    struct rig_dir dir = { "/dev/shm/kadr-lmdb-XXXXXX" };
    struct kadr_lmdb *env = NULL;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf why;
    kadr_buf_init(&why, 0);
    assert_non_null(mkdtemp(dir.path)); /* a machine without it cannot show this: a failure, not a skip */
    struct kadr_lmdb_config config = { .path = dir.path, .map_bytes = 1 << 20, .dbs = dbs, .db_count = 2 };
    assert_int_equal(kadr_lmdb_open(&config, &env, &why), KADR_EPERM);
    assert_non_null(strstr(kadr_buf_str(&why), "tmpfs"));
    config.allow_any_fs = true;
    assert_int_equal(kadr_lmdb_open(&config, &env, NULL), 0);
    kadr_lmdb_close(env);
    rig_dir_remove(&dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(committed_is_there_after_reopening),
        cmocka_unit_test(first_error_sticks),
        cmocka_unit_test(full_map_is_no_space),
        cmocka_unit_test(freed_pages_are_space),
        cmocka_unit_test(last_of_a_prefix),
        cmocka_unit_test(walk_goes_in_order_until_stopped),
        cmocka_unit_test(unusable_folders_are_explained),
        cmocka_unit_test(memory_file_system_needs_permission),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
