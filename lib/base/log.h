/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* log.h - structured log lines (logfmt) on stderr.
 *
 *   ts=2024-07-01T09:00:00.123Z level=info sub=storage event=recovered commit=10042 took_ms=12
 *
 * One line per decision, written where it is taken; `event` names are stable and greppable, keys carry their
 * unit. Libraries below edge/ do not log. The threshold is the one piece of process-wide state besides the
 * signal flags. A line is one write(2), at most 2 KiB; values are quoted when they hold spaces, quotes or
 * control characters.
 */
#include "base/defs.h"

enum kadr_log_level { KADR_LOG_DEBUG, KADR_LOG_INFO, KADR_LOG_WARN, KADR_LOG_ERROR };

void kadr_log_set_level(enum kadr_log_level level);
void kadr_log_set_program(const char *name); /* `prog=`; static string */
KADR_MUST_CHECK int kadr_log_level_parse(const char *text, enum kadr_log_level *ret_level);

/* One line: kadr_log(KADR_LOG_WARN, "storage", "map_full", kadr_kv_u64("used_bytes", n), ...). */
struct kadr_kv {
    const char *key;
    enum { KADR_KV_STR, KADR_KV_I64, KADR_KV_U64 } type;
    const char *str;
    int64_t i64;
    uint64_t u64;
};
static inline struct kadr_kv kadr_kv_str(const char *key, const char *value)
{
    return (struct kadr_kv){ .key = key, .type = KADR_KV_STR, .str = value ? value : "" };
}
static inline struct kadr_kv kadr_kv_i64(const char *key, int64_t value)
{
    return (struct kadr_kv){ .key = key, .type = KADR_KV_I64, .i64 = value };
}
static inline struct kadr_kv kadr_kv_u64(const char *key, uint64_t value)
{
    return (struct kadr_kv){ .key = key, .type = KADR_KV_U64, .u64 = value };
}
void kadr_log_line(enum kadr_log_level level, const char *sub, const char *event, const struct kadr_kv *kv,
                   size_t count);
/* kadr_log(level, sub, event, pair...) with any number of pairs, or none; the empty one at the end is not
 * counted. */
#define kadr_log(level, sub, ...)                                       \
    kadr_log_line(                                                      \
        (level), (sub), KADR_LOG_FIRST_(__VA_ARGS__, 0),                \
        (const struct kadr_kv[]){ KADR_LOG_REST_(__VA_ARGS__, { 0 }) }, \
        sizeof((const struct kadr_kv[]){ KADR_LOG_REST_(__VA_ARGS__, { 0 }) }) / sizeof(struct kadr_kv) - 1)
#define KADR_LOG_FIRST_(first, ...) first
#define KADR_LOG_REST_(first, ...)  __VA_ARGS__
