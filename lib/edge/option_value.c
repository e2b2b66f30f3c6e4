/* SPDX-License-Identifier: Apache-2.0 */
/* Option values: one parser per type in a table. Numbers are decimal integers with a unit, never floating
 * point. A message says what was written, what is wrong with it and what was meant.
 */
#include "edge/option_value.h"

#include "base/err.h"
#include "base/log.h"
#include "domain/day.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#define MAX_IPC_PATH_BYTES 107 /* sun_path */
#define MAX_NAME_BYTES     63
#define MAX_PORT           65535

struct unit {
    const char *name;
    int64_t factor;
};
static const struct unit size_units[] = {
    { "", 1 },
    { "K", INT64_C(1) << 10 },
    { "M", INT64_C(1) << 20 },
    { "G", INT64_C(1) << 30 },
    { "T", INT64_C(1) << 40 },
    { NULL, 0 },
};
static const struct unit duration_units[] = {
    { "ns", 1 },         { "us", 1000 },        { "ms", KADR_MS(1) },   { "s", KADR_S(1) },
    { "m", KADR_S(60) }, { "h", KADR_S(3600) }, { "d", KADR_S(86400) }, { NULL, 0 },
};
static const struct unit no_units[] = { { "", 1 }, { NULL, 0 } };

static int reject(struct kadr_buf *why, const char *text, const char *wanted)
{
    kadr_buf_printf(why, "\"%s\" is not %s", text, wanted);
    if (strstr(text, " #")) {
        kadr_buf_add_str(why, " (a comment behind a value begins with ` ;`)");
    }
    return KADR_EINVAL;
}

/* `5` and the rest behind the digits. */
static int parse_digits(const char *text, int64_t *ret_number, const char **ret_rest)
{
    const char *digits = text + (*text == '-');
    if (!isdigit((unsigned char)*digits)) {
        return KADR_EINVAL;
    }
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno) {
        return KADR_EINVAL;
    }
    *ret_number = number;
    *ret_rest = end;
    return 0;
}

static int scale(int64_t number, int64_t factor, int64_t *ret_value)
{
    return __builtin_mul_overflow(number, factor, ret_value) ? KADR_EINVAL : 0;
}

static int parse_with_unit(const char *text, const struct unit *units, int64_t *ret_value)
{
    int64_t number = 0;
    const char *rest = NULL;
    int rc = parse_digits(text, &number, &rest);
    if (rc) {
        return rc;
    }
    for (const struct unit *unit = units; unit->name; unit++) {
        if (strcmp(rest, unit->name) == 0) {
            return scale(number, unit->factor, ret_value);
        }
    }
    if (number == 0 && *rest == '\0') {
        *ret_value = 0; /* nothing is nothing in any unit */
        return 0;
    }
    return KADR_EINVAL;
}

/* With the largest unit that leaves no remainder. */
static void add_with_unit(struct kadr_buf *out, int64_t value, const struct unit *units)
{
    const struct unit *best = units;
    for (const struct unit *unit = units; unit->name; unit++) {
        if (value != 0 && value % unit->factor == 0) {
            best = unit;
        }
    }
    kadr_buf_printf(out, "%lld%s", (long long)(value / best->factor), best->name);
}

static int parse_number(const struct kadr_option *option, const char *text, void *field, struct kadr_buf *why,
                        const struct unit *units, const char *wanted)
{
    int64_t value = 0;
    if (parse_with_unit(text, units, &value)) {
        return reject(why, text, wanted);
    }
    bool bounded = option->min != 0 || option->max != 0;
    if (bounded && (value < option->min || value > option->max)) {
        kadr_buf_printf(why, "\"%s\" is out of range; want ", text);
        add_with_unit(why, option->min, units);
        kadr_buf_add_str(why, " to ");
        add_with_unit(why, option->max, units);
        return KADR_EINVAL;
    }
    if (field) {
        memcpy(field, &value, sizeof value);
    }
    return 0;
}

static int parse_int(const struct kadr_option *option, const char *text, void *field, struct kadr_buf *why)
{
    return parse_number(option, text, field, why, no_units, "a whole number");
}

static int parse_size(const struct kadr_option *option, const char *text, void *field, struct kadr_buf *why)
{
    return parse_number(option, text, field, why, size_units,
                        "a size in bytes; want e.g. 4096, 64K, 16M or 1G");
}

static int parse_duration(const struct kadr_option *option, const char *text, void *field,
                          struct kadr_buf *why)
{
    return parse_number(option, text, field, why, duration_units,
                        "a duration; want a number with its unit, e.g. 250ms, 5s or 2m");
}

static void keep_text(const char *text, void *field)
{
    if (field) {
        memcpy(field, &text, sizeof text);
    }
}

static int parse_string(const struct kadr_option *option, const char *text, void *field, struct kadr_buf *why)
{
    size_t max = option->max > 0 ? (size_t)option->max : KADR_MAX_CONFIG_LINE_BYTES;
    if (strlen(text) > max) {
        kadr_buf_printf(why, "%zu bytes are too long; want at most %zu", strlen(text), max);
        return KADR_EINVAL;
    }
    keep_text(text, field);
    return 0;
}

static int parse_path(const struct kadr_option *option, const char *text, void *field, struct kadr_buf *why)
{
    (void)option;
    if (strlen(text) >= PATH_MAX) {
        kadr_buf_printf(why, "%zu bytes are too long for a path", strlen(text));
        return KADR_EINVAL;
    }
    keep_text(text, field);
    return 0;
}

/* `host:port` or `[v6]:port`. */
static bool is_host_port(const char *text, int64_t min_port, bool wildcard_port)
{
    const char *colon = strrchr(text, ':');
    if (!colon || colon == text) {
        return false;
    }
    size_t host_len = (size_t)(colon - text);
    bool bracketed = text[0] == '[';
    if (bracketed ? host_len < 4 || text[host_len - 1] != ']' : memchr(text, ':', host_len) != NULL) {
        return false;
    }
    if (strcspn(text, " \t/#") != strlen(text)) {
        return false;
    }
    if (wildcard_port && strcmp(colon + 1, "*") == 0) {
        return true;
    }
    int64_t port = 0;
    return !parse_with_unit(colon + 1, no_units, &port) && port >= min_port && port <= MAX_PORT;
}

static bool is_endpoint(const char *text)
{
    if (strncmp(text, "tcp://", 6) == 0) {
        return is_host_port(text + 6, 1, true);
    }
    if (strncmp(text, "ipc://", 6) == 0) {
        return text[6] != '\0' && strlen(text + 6) <= MAX_IPC_PATH_BYTES;
    }
    return strncmp(text, "inproc://", 9) == 0 && text[9] != '\0';
}

static int parse_endpoint(const struct kadr_option *option, const char *text, void *field,
                          struct kadr_buf *why)
{
    (void)option;
    if (!is_endpoint(text)) {
        return reject(why, text, "an endpoint; want tcp://host:port, ipc:///path or inproc://name");
    }
    keep_text(text, field);
    return 0;
}

static int parse_address(const struct kadr_option *option, const char *text, void *field,
                         struct kadr_buf *why)
{
    (void)option;
    if (*text && !is_host_port(text, 0, false)) {
        return reject(why, text, "an address; want host:port, e.g. 127.0.0.1:7710 or [::1]:7710, or nothing");
    }
    keep_text(text, field);
    return 0;
}

static int parse_bool(const struct kadr_option *option, const char *text, void *field, struct kadr_buf *why)
{
    static const struct {
        const char *text;
        bool value;
    } words[] = { { "yes", true }, { "true", true },   { "on", true },
                  { "no", false }, { "false", false }, { "off", false } };
    (void)option;
    for (size_t i = 0; i < KADR_COUNT(words); i++) {
        if (strcmp(text, words[i].text) == 0) {
            if (field) {
                memcpy(field, &words[i].value, sizeof words[i].value);
            }
            return 0;
        }
    }
    return reject(why, text, "yes or no");
}

static int parse_level(const struct kadr_option *option, const char *text, void *field, struct kadr_buf *why)
{
    (void)option;
    enum kadr_log_level level = KADR_LOG_INFO;
    if (kadr_log_level_parse(text, &level)) {
        return reject(why, text, "a level; want debug, info, warn or error");
    }
    int value = (int)level;
    if (field) {
        memcpy(field, &value, sizeof value);
    }
    return 0;
}

static int parse_day(const struct kadr_option *option, const char *text, void *field, struct kadr_buf *why)
{
    (void)option;
    kadr_day day = KADR_DAY_NONE;
    if (*text && kadr_day_parse(text, &day)) {
        return reject(why, text, "a day; want e.g. 2024-07-01");
    }
    if (field) {
        memcpy(field, &day, sizeof day);
    }
    return 0;
}

static const struct {
    int (*parse)(const struct kadr_option *option, const char *text, void *field, struct kadr_buf *why);
    const char *metavar;
} types[] = {
    [KADR_OPTION_STRING] = { parse_string, "TEXT" },
    [KADR_OPTION_SECRET] = { parse_string, "SECRET" },
    [KADR_OPTION_ENDPOINT] = { parse_endpoint, "ENDPOINT" },
    [KADR_OPTION_ADDRESS] = { parse_address, "HOST:PORT" },
    [KADR_OPTION_PATH] = { parse_path, "PATH" },
    [KADR_OPTION_INT] = { parse_int, "N" },
    [KADR_OPTION_SIZE] = { parse_size, "SIZE" },
    [KADR_OPTION_DURATION] = { parse_duration, "DURATION" },
    [KADR_OPTION_BOOL] = { parse_bool, "" },
    [KADR_OPTION_LEVEL] = { parse_level, "LEVEL" },
    [KADR_OPTION_DAY] = { parse_day, "DAY" },
};

/* What an INI file could not give back: control characters, and what looks like a comment. */
static int check_writable(const char *text, struct kadr_buf *why)
{
    for (const char *c = text; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            kadr_buf_add_str(why, "holds a control character");
            return KADR_EINVAL;
        }
    }
    if (*text == ';' || strstr(text, " ;")) {
        kadr_buf_add_str(why, "holds ` ;`, which begins a comment");
        return KADR_EINVAL;
    }
    return 0;
}

int kadr_option_parse(const struct kadr_option *option, const char *text, void *field, struct kadr_buf *why)
{
    KADR_ASSERT((size_t)option->type < KADR_COUNT(types));
    int rc = check_writable(text, why);
    return rc ? rc : types[option->type].parse(option, text, field, why);
}

const char *kadr_option_metavar(enum kadr_option_type type)
{
    return types[type].metavar;
}

/* Levenshtein, one row at a time; words longer than MAX_NAME_BYTES are near to nothing. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b);
    if (a_len > MAX_NAME_BYTES || b_len > MAX_NAME_BYTES) {
        return SIZE_MAX;
    }
    size_t row[MAX_NAME_BYTES + 1];
    for (size_t j = 0; j <= b_len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            size_t shift = 1 + (row[j] < row[j - 1] ? row[j] : row[j - 1]);
            diagonal = row[j];
            row[j] = change < shift ? change : shift;
        }
    }
    return row[b_len];
}

void kadr_nearest_offer(struct kadr_nearest *nearest, const char *candidate)
{
    size_t distance = edit_distance(nearest->word, candidate);
    if (distance <= 1 + strlen(nearest->word) / 4 && distance < nearest->distance) {
        nearest->best = candidate;
        nearest->distance = distance;
    }
}
