/* SPDX-License-Identifier: Apache-2.0 */
/* Options: precedence, every message that a person reads when a file is wrong, and what is printed back. */
#include "edge/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "domain/day.h"

struct config {
    const char *listen, *http, *name, *path, *secret;
    int64_t count, size, wait_ns;
    bool strict;
    int log_level;
    int32_t day;
};

#define AT(field) offsetof(struct config, field)
static const struct kadr_option table[] = {
    { "listen", KADR_OPTION_ENDPOINT, AT(listen), "tcp://127.0.0.1:7701", 0, 0, "where offices connect" },
    { "http", KADR_OPTION_ADDRESS, AT(http), "127.0.0.1:7711", 0, 0, "health and metrics" },
    { "office_name", KADR_OPTION_STRING, AT(name), "", 0, 10, "who we are" },
    { "data", KADR_OPTION_PATH, AT(path), "/var/lib/kadr", 0, 0, "where the journal lives" },
    { "key", KADR_OPTION_SECRET, AT(secret), "", 0, 0, "our secret key" },
    { "count", KADR_OPTION_INT, AT(count), "5", -10, 10, "how many" },
    { "map_size", KADR_OPTION_SIZE, AT(size), "1G", 4096, INT64_C(1) << 40, "of the database" },
    { "wait", KADR_OPTION_DURATION, AT(wait_ns), "250ms", KADR_MS(1), KADR_S(60), "for the disk" },
    { "strict", KADR_OPTION_BOOL, AT(strict), "no", 0, 0, "refuse more" },
    { "log_level", KADR_OPTION_LEVEL, AT(log_level), "info", 0, 0, "debug, info, warn or error" },
    { "day", KADR_OPTION_DAY, AT(day), "", 0, 0, "the day it is, for tests" },
};
static const struct kadr_options options = { "ingestd", table, KADR_COUNT(table) };
static const struct kadr_options tool_options = { "kadr", table, KADR_COUNT(table) };

struct loaded {
    struct config config;
    struct kadr_option_values *values;
    struct kadr_buf error;
    int rc, rest;
};

struct fixture {
    char path[64];
    struct loaded loaded;
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){ .path = "kadr-test-options.XXXXXX" };
    assert_int_equal(chdir("/tmp"), 0); /* so that messages name a short path */
    int fd = mkstemp(fixture.path);
    assert_true(fd >= 0);
    close(fd);
    *state = &fixture;
    return 0;
}

static void unload(struct loaded *loaded)
{
    kadr_option_values_free(loaded->values);
    kadr_buf_done(&loaded->error);
    *loaded = (struct loaded){ 0 };
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    unload(&f->loaded);
    unlink(f->path);
    return 0;
}

static void write_file(const struct fixture *f, const char *text, size_t len)
{
    FILE *file = fopen(f->path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

/* Loads `text` as the file (NULL: none) with flags up to a NULL. */
static const struct loaded *load_as(struct fixture *f, const struct kadr_options *what, const char *text,
                                    char *const *flags)
{
    char *argv[16] = { "program" };
    int argc = 1;
    unload(&f->loaded);
    while (flags && flags[argc - 1]) {
        argv[argc] = flags[argc - 1];
        argc++;
    }
    if (text) {
        write_file(f, text, strlen(text));
    }
    f->loaded.rest = -1;
    f->loaded.rc = kadr_options_load(what, text ? f->path : NULL, argc, argv, &f->loaded.config,
                                     &f->loaded.values, &f->loaded.rest, &f->loaded.error);
    return &f->loaded;
}

static const struct loaded *load(struct fixture *f, const char *text)
{
    return load_as(f, &options, text, NULL);
}

#define FLAGS(...) ((char *const[]){ __VA_ARGS__, NULL })

static void test_defaults(void **state)
{
    const struct loaded *l = load(*state, NULL);
    assert_int_equal(l->rc, 0);
    assert_string_equal(l->config.listen, "tcp://127.0.0.1:7701");
    assert_string_equal(l->config.path, "/var/lib/kadr");
    assert_int_equal(l->config.count, 5);
    assert_int_equal(l->config.size, INT64_C(1) << 30);
    assert_int_equal(l->config.wait_ns, KADR_MS(250));
    assert_false(l->config.strict);
    assert_int_equal(l->config.log_level, KADR_LOG_INFO);
    assert_int_equal(l->config.day, KADR_DAY_NONE);
    assert_int_equal(l->rest, 1);
}

static void test_file_values(void **state)
{
    const struct loaded *l = load(*state, "\xEF\xBB\xBF# a comment\n"
                                          "[ingestd]\n"
                                          "listen = ipc:///run/kadr/in   ; behind a value\n"
                                          "  count=-7\r\n"
                                          "map_size: 64K\n"
                                          "wait = 2s\n"
                                          "strict = on\n"
                                          "http =\n"
                                          "day = 2024-07-01\n"
                                          "log_level = debug\n"
                                          "[storaged]\n"
                                          "what_it_likes = 1\n");
    assert_string_equal(kadr_buf_str(&l->error), "");
    assert_int_equal(l->rc, 0);
    assert_string_equal(l->config.listen, "ipc:///run/kadr/in");
    assert_int_equal(l->config.count, -7);
    assert_int_equal(l->config.size, 65536);
    assert_int_equal(l->config.wait_ns, KADR_S(2));
    assert_true(l->config.strict);
    assert_string_equal(l->config.http, "");
    assert_int_equal(l->config.day, kadr_day_from_civil(2024, 7, 1));
    assert_int_equal(l->config.log_level, KADR_LOG_DEBUG);
}

static void test_precedence(void **state)
{
    static const char file[] = "[ingestd]\nlog_level = warn\ncount = 1\n[common]\nlog_level = error\n";
    struct fixture *f = *state;
    assert_int_equal(load(f, "[common]\nlog_level = error\n")->config.log_level, KADR_LOG_ERROR);
    assert_int_equal(load(f, file)->config.log_level, KADR_LOG_WARN); /* the own section is stronger */
    setenv("KADR_LOG_LEVEL", "info", 1);
    assert_int_equal(load(f, file)->config.log_level, KADR_LOG_INFO);
    setenv("KADR_INGESTD_LOG_LEVEL", "debug", 1);
    setenv("KADR_INGESTD_COUNT", "2", 1);
    setenv("KADR_COUNT", "9", 1); /* no common option: not ours */
    const struct loaded *l = load(f, file);
    assert_int_equal(l->config.log_level, KADR_LOG_DEBUG);
    assert_int_equal(l->config.count, 2);
    l = load_as(f, &options, file, FLAGS("--count=3"));
    assert_int_equal(l->config.count, 3);
    l = load_as(f, &tool_options, NULL, NULL);
    assert_int_equal(l->config.count, 9); /* a tool's variables have no section */
    unsetenv("KADR_LOG_LEVEL");
    unsetenv("KADR_INGESTD_LOG_LEVEL");
    unsetenv("KADR_INGESTD_COUNT");
    unsetenv("KADR_COUNT");
}

static void test_flags(void **state)
{
    struct fixture *f = *state;
    const struct loaded *l =
        load_as(f, &options, NULL,
                FLAGS("--count", "-3", "--map-size=2M", "--strict", "--count=4", "push", "--http"));
    assert_int_equal(l->rc, 0);
    assert_int_equal(l->config.count, 4);
    assert_int_equal(l->config.size, 2 << 20);
    assert_true(l->config.strict);
    assert_int_equal(l->rest, 6); /* `push` */
    l = load_as(f, &options, "[ingestd]\nstrict = yes\n", FLAGS("--no-strict", "--what", "ever"));
    assert_false(l->config.strict);
    assert_int_equal(l->rest, 2); /* an unknown flag is the caller's business */
    l = load_as(f, &options, NULL, FLAGS("--", "--count"));
    assert_int_equal(l->rest, 2);
}

/* FILE stands for the file's name. */
static const struct {
    const char *file, *error;
} wrong_files[] = {
    { "[ingestd]\nlisen = x\n", "FILE:2: unknown option `lisen` in [ingestd]; did you mean `listen`?" },
    { "[ingestd]\nfrobnicate = x\n", "FILE:2: unknown option `frobnicate` in [ingestd]" },
    { "\n\n[ingest]\n\nlisten = x\n", "FILE:3: unknown section [ingest]; did you mean [ingestd]?" },
    { "[unheard-of-thing]\nlisten = x\n", "FILE:1: unknown section [unheard-of-thing]" },
    { "[common]\nlisten = x\n", "FILE:2: `listen` does not belong into [common]; want it in [ingestd]" },
    { "listen = x\n", "FILE:1: `listen` stands before any section; begin with [ingestd]" },
    { "[ingestd]\ncount = 1\n\ncount = 2\n", "FILE:4: `count` stands already in line 2" },
    { "[ingestd]\nwhat is this\n", "FILE:2: want `name = value` or `[section]`" },
    { "[ingestd]\nwhat is this\ncount = x\n", "FILE:2: want `name = value` or `[section]`" },
    { "[ingestd\ncount = 1\n", "FILE:1: want `name = value` or `[section]`" },
    { "[ingestd]\nlisten = udp://127.0.0.1:1\n",
      "FILE:2: listen: \"udp://127.0.0.1:1\" is not an endpoint; want tcp://host:port, ipc:///path or "
      "inproc://name" },
    { "[ingestd]\nlisten = tcp://127.0.0.1:7701 # office\n",
      "FILE:2: listen: \"tcp://127.0.0.1:7701 # office\" is not an endpoint; want tcp://host:port, "
      "ipc:///path or "
      "inproc://name (a comment behind a value begins with ` ;`)" },
    { "[ingestd]\nlisten = tcp://127.0.0.1:70000\n",
      "FILE:2: listen: \"tcp://127.0.0.1:70000\" is not an endpoint; want tcp://host:port, ipc:///path or "
      "inproc://name" },
    { "[ingestd]\nhttp = localhost\n", "FILE:2: http: \"localhost\" is not an address; want host:port, e.g. "
                                       "127.0.0.1:7710 or [::1]:7710, or nothing" },
    { "[ingestd]\nhttp = ::1:80\n", "FILE:2: http: \"::1:80\" is not an address; want host:port, e.g. "
                                    "127.0.0.1:7710 or [::1]:7710, or nothing" },
    { "[ingestd]\noffice_name = 12345678901\n",
      "FILE:2: office_name: 11 bytes are too long; want at most 10" },
    { "[ingestd]\ncount = many\n", "FILE:2: count: \"many\" is not a whole number" },
    { "[ingestd]\ncount = 1.5\n", "FILE:2: count: \"1.5\" is not a whole number" },
    { "[ingestd]\ncount = 99999999999999999999\n",
      "FILE:2: count: \"99999999999999999999\" is not a whole number" },
    { "[ingestd]\ncount = 11\n", "FILE:2: count: \"11\" is out of range; want -10 to 10" },
    { "[ingestd]\nmap_size = 1KB\n",
      "FILE:2: map_size: \"1KB\" is not a size in bytes; want e.g. 4096, 64K, 16M or 1G" },
    { "[ingestd]\nmap_size = 9999999T\n",
      "FILE:2: map_size: \"9999999T\" is not a size in bytes; want e.g. 4096, 64K, 16M or 1G" },
    { "[ingestd]\nmap_size = 1K\n", "FILE:2: map_size: \"1K\" is out of range; want 4K to 1T" },
    { "[ingestd]\nwait = 5\n",
      "FILE:2: wait: \"5\" is not a duration; want a number with its unit, e.g. 250ms, 5s "
      "or 2m" },
    { "[ingestd]\nwait = 2h\n", "FILE:2: wait: \"2h\" is out of range; want 1ms to 1m" },
    { "[ingestd]\nwait = 0\n", "FILE:2: wait: \"0\" is out of range; want 1ms to 1m" },
    { "[ingestd]\nstrict = maybe\n", "FILE:2: strict: \"maybe\" is not yes or no" },
    { "[ingestd]\nlog_level = loud\n",
      "FILE:2: log_level: \"loud\" is not a level; want debug, info, warn or error" },
    { "[ingestd]\nday = 2024-02-30\n", "FILE:2: day: \"2024-02-30\" is not a day; want e.g. 2024-07-01" },
    { "[ingestd]\ndata = a\tb\n", "FILE:2: data: holds a control character" },
};

static void test_wrong_files_are_named_by_line(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < KADR_COUNT(wrong_files); i++) {
        char expected[512];
        const struct loaded *l = load(f, wrong_files[i].file);
        (void)snprintf(expected, sizeof expected, "%s%s", f->path, wrong_files[i].error + strlen("FILE"));
        assert_string_equal(kadr_buf_str(&l->error), expected);
        assert_int_equal(l->rc, KADR_EINVAL);
        assert_null(l->values);
        assert_int_equal(l->rest, -1);
    }
}

static void test_long_lines_and_nul_bytes(void **state)
{
    struct fixture *f = *state;
    static const char nul[] = "[ingestd]\ncount = 1\0 2\n";
    char longest[400], line[400];
    /* The longest line that fits is read whole. */
    memset(line, 'p', sizeof line);
    (void)snprintf(longest, sizeof longest, "[ingestd]\ndata = %.*s\ncount = 3\n",
                   KADR_MAX_CONFIG_LINE_BYTES - 7, line);
    const struct loaded *l = load(f, longest);
    assert_int_equal(l->rc, 0);
    assert_int_equal(strlen(l->config.path), KADR_MAX_CONFIG_LINE_BYTES - 7);
    assert_int_equal(l->config.count, 3);
    (void)snprintf(longest, sizeof longest, "[ingestd]\ndata = %.*s\n", KADR_MAX_CONFIG_LINE_BYTES - 6, line);
    l = load(f, longest);
    assert_int_equal(l->rc, KADR_EINVAL);
    assert_non_null(strstr(kadr_buf_str(&l->error), ":2: the line is longer than 190 bytes"));
    unload(&f->loaded);
    write_file(f, nul, sizeof nul - 1);
    f->loaded.rc = kadr_options_load(&options, f->path, 0, NULL, &f->loaded.config, &f->loaded.values,
                                     &f->loaded.rest, &f->loaded.error);
    assert_int_equal(f->loaded.rc, KADR_EINVAL);
    assert_non_null(strstr(kadr_buf_str(&f->loaded.error), ":2: holds a NUL byte"));
}

static void test_missing_file(void **state)
{
    struct fixture *f = *state;
    f->loaded.rc = kadr_options_load(&options, "/nowhere/kadr.conf", 0, NULL, &f->loaded.config,
                                     &f->loaded.values, &f->loaded.rest, &f->loaded.error);
    assert_int_equal(f->loaded.rc, KADR_ENOENT);
    assert_string_equal(kadr_buf_str(&f->loaded.error), "/nowhere/kadr.conf: there is no such file");
}

static void test_wrong_variables_and_flags_are_named(void **state)
{
    struct fixture *f = *state;
    setenv("KADR_INGESTD_COUNT", "x", 1);
    assert_string_equal(kadr_buf_str(&load(f, NULL)->error),
                        "KADR_INGESTD_COUNT: \"x\" is not a whole number");
    unsetenv("KADR_INGESTD_COUNT");
    assert_string_equal(kadr_buf_str(&load_as(f, &options, NULL, FLAGS("--map-size", "x"))->error),
                        "--map-size: \"x\" is not a size in bytes; want e.g. 4096, 64K, 16M or 1G");
    assert_string_equal(kadr_buf_str(&load_as(f, &options, NULL, FLAGS("--map-size"))->error),
                        "--map-size: wants a value: SIZE");
    assert_string_equal(kadr_buf_str(&load_as(f, &options, NULL, FLAGS("--map-size", "--"))->error),
                        "--map-size: wants a value: SIZE");
    assert_string_equal(kadr_buf_str(&load_as(f, &options, NULL, FLAGS("--data", "--count=1"))->error),
                        "--data: wants a value: PATH");
    assert_int_equal(load_as(f, &options, NULL, FLAGS("--data=--odd"))->rc, 0);
    /* A wrong line is found although a flag overrides it. */
    assert_int_equal(load_as(f, &options, "[ingestd]\ncount = x\n", FLAGS("--count=1"))->rc, KADR_EINVAL);
}

static void test_print_gives_origins_and_no_secrets(void **state)
{
    struct fixture *f = *state;
    char expected[256];
    const struct loaded *l =
        load_as(f, &options, "[ingestd]\nkey = hunter2\nhttp = [::1]:80\n", FLAGS("--count=3"));
    struct kadr_buf out KADR_CLEANUP(kadr_buf_done);
    kadr_buf_init(&out, 0);
    assert_int_equal(l->rc, 0);
    assert_string_equal(l->config.secret, "hunter2");
    kadr_options_print(&options, l->values, &out);
    const char *text = kadr_buf_str(&out);
    assert_null(strstr(text, "hunter2"));
    (void)snprintf(expected, sizeof expected, "; key is set and not shown: %s:2\n", f->path);
    assert_non_null(strstr(text, expected));
    (void)snprintf(expected, sizeof expected, "http = [::1]:80 ; %s:3\n", f->path);
    assert_non_null(strstr(text, expected));
    assert_non_null(strstr(text, "count = 3 ; --count\n"));
    assert_non_null(strstr(text, "wait = 250ms ; default\n"));
    assert_int_equal(strncmp(text, "[ingestd]\n", 10), 0);
}

/* What is printed can be read again and means the same. */
static void test_print_can_be_loaded(void **state)
{
    struct fixture *f = *state;
    const struct loaded *l = load_as(
        f, &options, NULL, FLAGS("--count=-3", "--wait=3s", "--strict", "--http=", "--day=2024-07-01"));
    struct kadr_buf out KADR_CLEANUP(kadr_buf_done);
    kadr_buf_init(&out, 0);
    assert_int_equal(l->rc, 0);
    kadr_options_print(&options, l->values, &out);
    l = load(f, kadr_buf_str(&out));
    assert_string_equal(kadr_buf_str(&l->error), "");
    assert_int_equal(l->config.count, -3);
    assert_int_equal(l->config.wait_ns, KADR_S(3));
    assert_true(l->config.strict);
    assert_string_equal(l->config.http, "");
    assert_int_equal(l->config.day, kadr_day_from_civil(2024, 7, 1));
}

static void test_help_names_every_flag(void **state)
{
    (void)state;
    struct kadr_buf out KADR_CLEANUP(kadr_buf_done);
    kadr_buf_init(&out, 0);
    kadr_options_help(&options, &out);
    const char *text = kadr_buf_str(&out);
    assert_non_null(strstr(text, "  --map-size SIZE               of the database [1G]\n"));
    assert_non_null(strstr(text, "  --strict                      refuse more [no]\n"));
    for (size_t i = 0; i < KADR_COUNT(table); i++) {
        assert_non_null(strstr(text, table[i].help));
    }
}

static void test_nearest(void **state)
{
    (void)state;
    assert_string_equal(kadr_options_nearest(&options, "--lisen"), "listen");
    assert_string_equal(kadr_options_nearest(&options, "--map-sise=4"), "map_size");
    assert_null(kadr_options_nearest(&options, "--entirely-different"));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_defaults),
        TEST(test_file_values),
        TEST(test_precedence),
        TEST(test_flags),
        TEST(test_wrong_files_are_named_by_line),
        TEST(test_long_lines_and_nul_bytes),
        TEST(test_missing_file),
        TEST(test_wrong_variables_and_flags_are_named),
        TEST(test_print_gives_origins_and_no_secrets),
        TEST(test_print_can_be_loaded),
        TEST(test_help_names_every_flag),
        TEST(test_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
