/* SPDX-License-Identifier: Apache-2.0 */
/* log.c - a line is put together in an array on the stack and leaves in one write(2), so that lines of two
 * threads, or of two processes on one pipe, never mix.
 *
 * A line that would be too long is cut inside the value that does not fit any more, never inside a UTF-8
 * character, and says so with truncated=1. The reserve at the end of the array always holds that remark.
 * Threshold and program name are the one process-wide state (see log.h); both are atomic, because the
 * threshold may change on SIGHUP while a writer thread logs.
 */
#include "base/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"

#define LINE_BYTES 2048
#define CUT_MARK   " truncated=1"
#define TEXT_BYTES (LINE_BYTES - sizeof "\"" CUT_MARK "\n") /* what may be filled freely */

static const char *const level_names[] = {
    [KADR_LOG_DEBUG] = "debug",
    [KADR_LOG_INFO] = "info",
    [KADR_LOG_WARN] = "warn",
    [KADR_LOG_ERROR] = "error",
};

static _Atomic int threshold = KADR_LOG_INFO;
static const char *_Atomic program;

struct line {
    char text[LINE_BYTES];
    size_t len;
    bool full; /* sticky: something did not fit, nothing more is taken */
};

void kadr_log_set_level(enum kadr_log_level level)
{
    atomic_store(&threshold, (int)level);
}

void kadr_log_set_program(const char *name)
{
    atomic_store(&program, name);
}

int kadr_log_level_parse(const char *text, enum kadr_log_level *ret_level)
{
    for (size_t i = 0; i < KADR_COUNT(level_names); i++) {
        if (strcmp(text, level_names[i]) == 0) {
            *ret_level = (enum kadr_log_level)i;
            return KADR_OK;
        }
    }
    return KADR_EINVAL;
}

/* All of the piece or, for good, nothing more. */
static void put(struct line *line, const char *piece, size_t len)
{
    if (line->full || len > TEXT_BYTES - line->len) {
        line->full = true;
        return;
    }
    memcpy(line->text + line->len, piece, len);
    line->len += len;
}

static void put_str(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

/* Behind the free part, where put() does not write. */
static void put_reserved(struct line *line, const char *text)
{
    memcpy(line->text + line->len, text, strlen(text));
    line->len += strlen(text);
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

static bool needs_quotes(const char *value)
{
    if (*value == '\0') {
        return true;
    }
    for (; *value; value++) {
        if (is_control(*value) || strchr(" \"=\\", *value)) {
            return true;
        }
    }
    return false;
}

/* One character of a quoted value, with its backslash where it needs one. */
static void put_escaped(struct line *line, char c)
{
    static const char named[][3] = { "\"\"", "\\\\", "\nn", "\rr", "\tt" }; /* what, and how it is written */
    for (size_t i = 0; i < KADR_COUNT(named); i++) {
        if (c == named[i][0]) {
            put(line, (const char[]){ '\\', named[i][1] }, 2);
            return;
        }
    }
    if (is_control(c)) {
        static const char hex[] = "0123456789abcdef";
        put(line, (const char[]){ '\\', 'x', hex[(unsigned char)c >> 4], hex[c & 15] }, 4);
        return;
    }
    put(line, &c, 1);
}

/* Takes back the beginning of a UTF-8 character whose end, `next`, did not fit; the value began at `begin`.
 */
static void drop_partial_character(struct line *line, size_t begin, char next)
{
    while (((unsigned char)next & 0xC0) == 0x80 && line->len > begin) {
        next = line->text[--line->len];
    }
}

static void put_value(struct line *line, const char *value)
{
    if (line->full) {
        return;
    }
    bool quoted = needs_quotes(value);
    if (quoted) {
        put_str(line, "\"");
    }
    size_t begin = line->len;
    for (; *value && !line->full; value++) {
        put_escaped(line, *value); /* an unquoted value holds nothing to escape */
        if (line->full) {
            drop_partial_character(line, begin, *value);
        }
    }
    if (quoted) {
        put_reserved(line, "\"");
    }
}

static void put_key(struct line *line, const char *key)
{
    size_t before = line->len;
    put_str(line, " ");
    put_str(line, key);
    put_str(line, "=");
    if (line->full) {
        line->len = before;
    }
}

static void put_pair(struct line *line, const struct kadr_kv *kv)
{
    char number[24];
    const char *value = number;
    switch (kv->type) {
    case KADR_KV_STR:
        value = kv->str;
        break;
    case KADR_KV_I64:
        (void)snprintf(number, sizeof number, "%lld", (long long)kv->i64);
        break;
    case KADR_KV_U64:
        (void)snprintf(number, sizeof number, "%llu", (unsigned long long)kv->u64);
        break;
    }
    if (!line->full) {
        put_key(line, kv->key);
    }
    put_value(line, value);
}

/* ts=2024-07-01T09:00:00.123Z */
static void put_time(struct line *line, kadr_ms wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm utc = { 0 };
    char text[40];
    if (gmtime_r(&seconds, &utc) == NULL || strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc) == 0) {
        text[0] = '\0';
    }
    char fraction[8];
    (void)snprintf(fraction, sizeof fraction, ".%03dZ", (int)(wall_ms % 1000));
    put_str(line, "ts=");
    put_str(line, text);
    put_str(line, fraction);
}

/* A log that cannot be written has nowhere to say so; only an interrupted write is tried again. */
static void write_line(const struct line *line)
{
    int saved = errno;
    while (write(STDERR_FILENO, line->text, line->len) < 0 && errno == EINTR) {
    }
    errno = saved;
}

void kadr_log_line(enum kadr_log_level level, const char *sub, const char *event, const struct kadr_kv *kv,
                   size_t count)
{
    if ((int)level < atomic_load(&threshold)) {
        return;
    }
    struct line line = { .len = 0 };
    const char *name = atomic_load(&program);
    const struct kadr_kv head[] = {
        kadr_kv_str("level", level_names[level]),
        kadr_kv_str("prog", name),
        kadr_kv_str("sub", sub),
        kadr_kv_str("event", event),
    };
    put_time(&line, kadr_clock_wall_ms());
    for (size_t i = 0; i < KADR_COUNT(head); i++) {
        if (i != 1 || name) {
            put_pair(&line, &head[i]);
        }
    }
    for (size_t i = 0; i < count; i++) {
        put_pair(&line, &kv[i]);
    }
    if (line.full) {
        put_reserved(&line, CUT_MARK);
    }
    put_reserved(&line, "\n");
    write_line(&line);
}
