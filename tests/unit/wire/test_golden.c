/* SPDX-License-Identifier: Apache-2.0 */
/* Frames that Google's protobuf serialised (tests/golden/wire/make.py): ours decode them and encode exactly
 * the same bytes, so no field is lost on either way and no number has changed. */
#include "wire/messages.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define FOLDER "tests/golden/wire"

static void read_hex(const char *name, struct kadr_buf *out)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", FOLDER, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char digits[3] = "";
    size_t have = 0;
    for (int c = fgetc(file); c != EOF; c = fgetc(file)) {
        if (c == '\n') {
            continue;
        }
        digits[have++] = (char)c;
        if (have == 2) {
            kadr_buf_add_u8(out, (uint8_t)strtoul(digits, NULL, 16));
            have = 0;
        }
    }
    assert_int_equal(have, 0);
    (void)fclose(file); /* was only read */
}

static void check_file(const char *name)
{
    const struct message_type *type = message_type_of(name, strcspn(name, "-")); /* store_reply-feed.hex */
    struct kadr_arena *arena KADR_CLEANUP(kadr_arena_free) = NULL;
    struct kadr_buf golden KADR_CLEANUP(kadr_buf_done) = { 0 };
    struct kadr_buf ours KADR_CLEANUP(kadr_buf_done) = { 0 };
    union any_message message;
    const char *why = "";
    assert_int_equal(kadr_arena_new(KADR_MAX_ARENA_BYTES, &arena), 0);
    read_hex(name, &golden);
    int err = type->decode((struct kadr_bytes){ golden.data, golden.len }, arena, &message, &why);
    if (err) {
        print_error("%s: %s\n", name, why);
    }
    assert_int_equal(err, 0);
    type->encode(&message, &ours);
    assert_int_equal(ours.err, 0);
    if (ours.len != golden.len || memcmp(ours.data, golden.data, golden.len) != 0) {
        print_error("%s: encoded otherwise\n", name);
        fail();
    }
}

static void test_golden_frames(void **state)
{
    (void)state;
    size_t files = 0;
    DIR *folder = opendir(FOLDER);
    assert_non_null(folder);
    for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        const char *dot = strrchr(entry->d_name, '.');
        if (dot && strcmp(dot, ".hex") == 0) {
            check_file(entry->d_name);
            files++;
        }
    }
    (void)closedir(folder);
    assert_true(files >= KADR_COUNT(message_types));
}

static void test_a_report_reads_as_written(void **state)
{
    (void)state;
    struct kadr_arena *arena KADR_CLEANUP(kadr_arena_free) = NULL;
    struct kadr_buf frame KADR_CLEANUP(kadr_buf_done) = { 0 };
    struct kadr_report report;
    assert_int_equal(kadr_arena_new(KADR_MAX_ARENA_BYTES, &arena), 0);
    read_hex("report-full.hex", &frame);
    assert_int_equal(kadr_decode_report((struct kadr_bytes){ frame.data, frame.len }, arena, &report, NULL),
                     0);
    assert_int_equal(report.stated_at_ms, INT64_C(1700482800123));
    assert_string_equal(report.source, "https://example.kz/article-003");
    assert_int_equal(report.published, 19681);
    assert_true(report.all_or_nothing);
    assert_false(report.nothing_to_report);
    assert_int_equal(report.observation_count, 5);

    const struct kadr_observation *rural = &report.observations[0];
    assert_string_equal(rural->unit, "KZ-35");
    assert_int_equal(rural->breakdown_count, 2);
    assert_string_equal(rural->breakdown[1].member, "rural");
    assert_int_equal(rural->value.lo, 23);
    assert_int_equal(rural->value.hi, 23);
    assert_false(rural->value.hi_open);
    assert_string_equal(rural->note, "Қарағанды облысы");
    assert_int_equal(rural->line, 2);

    const struct kadr_observation *open = &report.observations[1];
    assert_true(open->value.hi_open);
    assert_string_equal(open->occurrence, "train-1");
    assert_string_equal(open->stated, ">60");
    assert_int_equal(report.observations[2].scale, 100);
    assert_int_equal(report.observations[2].value.lo, -36425);
    assert_int_equal(report.observations[3].value.kind, KADR_VALUE_MISSING);
    assert_int_equal(report.observations[3].value.reason, KADR_REASON_NOT_STATED);
    assert_string_equal(report.observations[3].stated, "");
    assert_int_equal(report.observations[4].value.kind, KADR_VALUE_WITHDRAWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_frames),
        cmocka_unit_test(test_a_report_reads_as_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
