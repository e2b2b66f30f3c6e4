/* SPDX-License-Identifier: Apache-2.0 */
/* A file as a whole: bounded reading, and replacing that leaves the old bytes or the new ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "edge/file.h"

struct place {
    char folder[64], file[96], temporary[112];
};

static int make_place(void **state)
{
    struct place *place = test_calloc(1, sizeof(*place));
    (void)snprintf(place->folder, sizeof(place->folder), "/tmp/kadr-file-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    (void)snprintf(place->file, sizeof(place->file), "%s/checkpoint", place->folder);
    (void)snprintf(place->temporary, sizeof(place->temporary), "%s.tmp", place->file);
    *state = place;
    return 0;
}

static int clear_place(void **state)
{
    struct place *place = *state;
    (void)unlink(place->file); /* each may be there or not */
    (void)unlink(place->temporary);
    (void)rmdir(place->temporary);
    assert_int_equal(rmdir(place->folder), 0);
    test_free(place);
    return 0;
}

static int write_text(const struct place *place, const char *text, struct kadr_buf *why)
{
    return kadr_file_write_atomic(place->file, (struct kadr_bytes){ (const uint8_t *)text, strlen(text) },
                                  why);
}

static void holds(const struct place *place, const char *text)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf read;
    kadr_buf_init(&read, 0);
    assert_int_equal(kadr_file_read_all(place->file, 100, &read, NULL), 0);
    assert_string_equal(kadr_buf_str(&read), text);
}

static void what_is_written_is_read(void **state)
{
    const struct place *place = *state;
    struct stat stat_of;
    assert_int_equal(write_text(place, "first, and longer", NULL), 0);
    holds(place, "first, and longer");
    assert_int_equal(write_text(place, "second", NULL), 0);
    holds(place, "second");
    assert_int_equal(stat(place->file, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 0777, 0600);
    assert_int_not_equal(access(place->temporary, F_OK), 0);
}

static void megabytes_come_back_whole(void **state)
{
    const struct place *place = *state;
    const size_t len = 3000001;
    uint8_t *bytes = test_malloc(len);
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf read;
    kadr_buf_init(&read, 0);
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(i * 7 + i / 1000);
    }
    assert_int_equal(kadr_file_write_atomic(place->file, (struct kadr_bytes){ bytes, len }, NULL), 0);
    assert_int_equal(kadr_file_read_all(place->file, len, &read, NULL), 0);
    assert_int_equal(read.len, len);
    assert_memory_equal(read.data, bytes, len);
    test_free(bytes);
}

static void a_failed_write_leaves_the_old_bytes(void **state)
{
    const struct place *place = *state;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf why;
    kadr_buf_init(&why, 0);
    assert_int_equal(write_text(place, "old", NULL), 0);
    assert_int_equal(mkdir(place->temporary, 0700), 0); /* in the way */
    assert_int_not_equal(write_text(place, "new", &why), 0);
    assert_non_null(strstr(kadr_buf_str(&why), place->temporary));
    holds(place, "old");
}

static void what_a_crash_left_is_in_nobodys_way(void **state)
{
    const struct place *place = *state;
    assert_int_equal(symlink(place->file, place->temporary), 0);
    assert_int_equal(write_text(place, "whole", NULL), 0);
    holds(place, "whole");
}

static void more_than_the_bound_is_refused(void **state)
{
    const struct place *place = *state;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf read;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf why;
    kadr_buf_init(&read, 0);
    kadr_buf_init(&why, 0);
    assert_int_equal(write_text(place, "12345", NULL), 0);
    assert_int_equal(kadr_file_read_all(place->file, 4, &read, &why), KADR_EFULL);
    assert_non_null(strstr(kadr_buf_str(&why), place->file));
    kadr_buf_clear(&read);
    assert_int_equal(kadr_file_read_all(place->file, 5, &read, NULL), 0);
}

static void what_is_not_a_file_is_not_read(void **state)
{
    const struct place *place = *state;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf read;
    kadr_buf_init(&read, 0);
    assert_int_equal(kadr_file_read_all(place->file, 100, &read, NULL), KADR_ENOENT);
    assert_int_equal(kadr_file_read_all(place->folder, 100, &read, NULL), KADR_EPERM);
    assert_int_equal(mkfifo(place->file, 0600), 0);
    assert_int_equal(kadr_file_read_all(place->file, 100, &read, NULL), KADR_EPERM);
}

static void a_path_that_cannot_be_is_told(void **state)
{
    (void)state;
    char path[5000];
    const struct kadr_bytes nothing = { (const uint8_t *)"", 0 };
    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(kadr_file_write_atomic(path, nothing, NULL), KADR_EINVAL);
    assert_int_equal(kadr_file_write_atomic("", nothing, NULL), KADR_EINVAL);
    assert_int_equal(kadr_file_write_atomic("/nonexistent/folder/file", nothing, NULL), KADR_ENOENT);
}

int main(void)
{
#define IN_PLACE(name) cmocka_unit_test_setup_teardown(name, make_place, clear_place)
    const struct CMUnitTest tests[] = {
        IN_PLACE(what_is_written_is_read),
        IN_PLACE(megabytes_come_back_whole),
        IN_PLACE(a_failed_write_leaves_the_old_bytes),
        IN_PLACE(what_a_crash_left_is_in_nobodys_way),
        IN_PLACE(more_than_the_bound_is_refused),
        IN_PLACE(what_is_not_a_file_is_not_read),
        cmocka_unit_test(a_path_that_cannot_be_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
