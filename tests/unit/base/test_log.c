/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines as they leave the process. stderr is a datagram socket for the time of a call, so that two writes
 * would arrive as two messages.
 */
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"

#define TS_BYTES (sizeof "ts=2024-07-01T09:00:00.123Z" - 1)

struct capture {
    int saved_stderr, reader;
    char line[8192]; /* the next message; "" when nothing was written */
};

static void capture_begin(struct capture *capture)
{
    int fd[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, fd), 0);
    capture->saved_stderr = dup(STDERR_FILENO);
    assert_true(capture->saved_stderr >= 0);
    assert_int_equal(dup2(fd[1], STDERR_FILENO), STDERR_FILENO);
    close(fd[1]);
    capture->reader = fd[0];
}

static const char *capture_next(struct capture *capture)
{
    ssize_t len = recv(capture->reader, capture->line, sizeof capture->line - 1, MSG_DONTWAIT);
    capture->line[len > 0 ? len : 0] = '\0';
    return capture->line;
}

/* The first message, and proof that it was the only one. */
static const char *capture_end(struct capture *capture)
{
    char second;
    assert_int_equal(dup2(capture->saved_stderr, STDERR_FILENO), STDERR_FILENO);
    close(capture->saved_stderr);
    (void)capture_next(capture);
    ssize_t more = recv(capture->reader, &second, 1, MSG_DONTWAIT);
    close(capture->reader);
    assert_true(more < 0);
    return capture->line;
}

static int quiet_again(void **state)
{
    (void)state;
    kadr_log_set_level(KADR_LOG_INFO);
    kadr_log_set_program(NULL);
    return 0;
}

static void a_line_is_one_write_of_logfmt(void **state)
{
    (void)state;
    struct capture capture;
    capture_begin(&capture);
    kadr_log(KADR_LOG_INFO, "storage", "recovered", kadr_kv_u64("commit", UINT64_MAX),
             kadr_kv_i64("skew_ms", INT64_MIN), kadr_kv_str("office", "KZ-35"));
    const char *line = capture_end(&capture);
    assert_true(strlen(line) > TS_BYTES);
    assert_string_equal(line + TS_BYTES,
                        " level=info sub=storage event=recovered commit=18446744073709551615 "
                        "skew_ms=-9223372036854775808 office=KZ-35\n");
}

static void works_without_pairs_and_names_the_program(void **state)
{
    (void)state;
    struct capture capture;
    kadr_log_set_program("kadr-storaged");
    capture_begin(&capture);
    kadr_log(KADR_LOG_ERROR, "main", "stopped");
    assert_string_equal(capture_end(&capture) + TS_BYTES,
                        " level=error prog=kadr-storaged sub=main event=stopped\n");
}

static void utc_now(char ret_text[32])
{
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    assert_non_null(gmtime_r(&now.tv_sec, &utc));
    size_t len = strftime(ret_text, 32, "ts=%Y-%m-%dT%H:%M:%S", &utc);
    (void)snprintf(ret_text + len, 32 - len, ".%03dZ", (int)(now.tv_nsec / 1000000));
}

static void the_time_is_utc_with_milliseconds(void **state)
{
    (void)state;
    struct capture capture;
    char before[32], after[32], ts[TS_BYTES + 1] = "";
    capture_begin(&capture);
    utc_now(before);
    kadr_log(KADR_LOG_WARN, "s", "e");
    utc_now(after);
    memcpy(ts, capture_end(&capture), TS_BYTES);
    assert_true(strcmp(before, ts) <= 0); /* this notation sorts as time does */
    assert_true(strcmp(ts, after) <= 0);
}

static void quotes_what_a_reader_could_split(void **state)
{
    (void)state;
    static const struct {
        const char *value, *written;
    } cases[] = {
        { "plain", "plain" },     { "Жетысу", "Жетысу" },           { "", "\"\"" },
        { NULL, "\"\"" },         { "two words", "\"two words\"" }, { "a=b", "\"a=b\"" },
        { "\"", "\"\\\"\"" },     { "a\\b", "\"a\\\\b\"" },         { "a\nb", "\"a\\nb\"" },
        { "\r\t", "\"\\r\\t\"" }, { "\x1B[31m", "\"\\x1b[31m\"" },  { "\x7F", "\"\\x7f\"" },
    };
    for (size_t i = 0; i < KADR_COUNT(cases); i++) {
        struct capture capture;
        char expected[128];
        capture_begin(&capture);
        kadr_log(KADR_LOG_INFO, "s", "e", kadr_kv_str("v", cases[i].value));
        (void)snprintf(expected, sizeof expected, " level=info sub=s event=e v=%s\n", cases[i].written);
        assert_string_equal(capture_end(&capture) + TS_BYTES, expected);
    }
}

static bool is_utf8_cut(const char *text, size_t len)
{
    size_t back = 1;
    while (back < len && ((unsigned char)text[len - back] & 0xC0) == 0x80) {
        back++;
    }
    unsigned char lead = (unsigned char)text[len - back];
    size_t need = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    return back != need;
}

/* Long values of every alignment and of one, two and three bytes a character, quoted or not. */
static void a_long_line_is_cut_between_characters(void **state)
{
    (void)state;
    static const char *const characters[] = { "x", "Ж", "№", "\"" };
    for (size_t c = 0; c < KADR_COUNT(characters); c++) {
        for (size_t shift = 0; shift < 4; shift++) {
            char value[6000] = "";
            size_t len = shift;
            memset(value, 'y', shift);
            while (len < sizeof value - 8) {
                memcpy(value + len, characters[c], strlen(characters[c]));
                len += strlen(characters[c]);
            }
            value[len] = '\0';
            struct capture capture;
            capture_begin(&capture);
            kadr_log(KADR_LOG_INFO, "s", "e", kadr_kv_str("v", value), kadr_kv_u64("lost", 1));
            const char *line = capture_end(&capture);
            const char *mark = strstr(line, " truncated=1\n");
            assert_non_null(mark);
            assert_int_equal(strlen(mark), strlen(" truncated=1\n"));
            assert_true(strlen(line) <= 2048 && strlen(line) > 2000);
            assert_false(is_utf8_cut(line, (size_t)(mark - line)));
            assert_null(strstr(line, "lost"));
            if (*characters[c] == '"') {
                assert_memory_equal(mark - 3, "\\\"\"", 3); /* a whole escape, then the closing quote */
            }
        }
    }
}

static void many_pairs_stop_at_the_end_of_the_line(void **state)
{
    (void)state;
    struct kadr_kv pairs[300];
    for (size_t i = 0; i < KADR_COUNT(pairs); i++) {
        pairs[i] = kadr_kv_u64("number", i);
    }
    struct capture capture;
    capture_begin(&capture);
    kadr_log_line(KADR_LOG_INFO, "s", "e", pairs, KADR_COUNT(pairs));
    const char *line = capture_end(&capture);
    assert_non_null(strstr(line, " number=17 "));
    assert_non_null(strstr(line, " truncated=1\n"));
    assert_true(strlen(line) <= 2048);
}

static void the_threshold_holds_lines_back(void **state)
{
    (void)state;
    struct capture capture;
    kadr_log_set_level(KADR_LOG_WARN);
    capture_begin(&capture);
    kadr_log(KADR_LOG_DEBUG, "s", "hidden");
    kadr_log(KADR_LOG_INFO, "s", "hidden");
    kadr_log(KADR_LOG_WARN, "s", "shown");
    assert_non_null(strstr(capture_end(&capture), "level=warn sub=s event=shown"));
}

static void levels_have_names(void **state)
{
    (void)state;
    enum kadr_log_level level = KADR_LOG_INFO;
    assert_int_equal(kadr_log_level_parse("debug", &level), 0);
    assert_int_equal(level, KADR_LOG_DEBUG);
    assert_int_equal(kadr_log_level_parse("error", &level), 0);
    assert_int_equal(level, KADR_LOG_ERROR);
    const char *const wrong[] = { "", "Debug", "warning", "warn " };
    for (size_t i = 0; i < KADR_COUNT(wrong); i++) {
        assert_int_equal(kadr_log_level_parse(wrong[i], &level), KADR_EINVAL);
        assert_int_equal(level, KADR_LOG_ERROR);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_line_is_one_write_of_logfmt, quiet_again),
        cmocka_unit_test_teardown(works_without_pairs_and_names_the_program, quiet_again),
        cmocka_unit_test_teardown(the_time_is_utc_with_milliseconds, quiet_again),
        cmocka_unit_test_teardown(quotes_what_a_reader_could_split, quiet_again),
        cmocka_unit_test_teardown(a_long_line_is_cut_between_characters, quiet_again),
        cmocka_unit_test_teardown(many_pairs_stop_at_the_end_of_the_line, quiet_again),
        cmocka_unit_test_teardown(the_threshold_holds_lines_back, quiet_again),
        cmocka_unit_test_teardown(levels_have_names, quiet_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
