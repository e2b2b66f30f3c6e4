/* SPDX-License-Identifier: Apache-2.0 */
#include "client/instant.h"

#include <string.h>

#define DAY_CHARS 10

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Two digits below `end`; moves on. */
static bool take_two(const char **at, int end, int *ret)
{
    if (!is_digit((*at)[0]) || !is_digit((*at)[1])) {
        return false;
    }
    *ret = ((*at)[0] - '0') * 10 + ((*at)[1] - '0');
    *at += 2;
    return *ret < end;
}

static bool take_char(const char **at, char c)
{
    bool there = **at == c;

    *at += there;
    return there;
}

/* `Z`, `+05`, `+05:00`, `-0330`; nothing: UTC+5. */
static bool take_zone(const char **at, kadr_ms *ret_offset_ms)
{
    int hours = 0, minutes = 0;
    bool minus = **at == '-';

    *ret_offset_ms = KADR_UTC_OFFSET_MS;
    if (**at == '\0') {
        return true;
    }
    if (take_char(at, 'Z')) {
        *ret_offset_ms = 0;
        return true;
    }
    if (!take_char(at, '+') && !take_char(at, '-')) {
        return false;
    }
    if (!take_two(at, 24, &hours)) {
        return false;
    }
    if ((take_char(at, ':') || **at != '\0') && !take_two(at, 60, &minutes)) {
        return false;
    }
    *ret_offset_ms = (kadr_ms)(hours * 60 + minutes) * (minus ? -60000 : 60000);
    return true;
}

/* What stands after the day. The instant is the last millisecond of what was named. */
static bool take_time(const char *at, kadr_day day, kadr_ms *ret_ms)
{
    int hour = 0, minute = 0, second = 0;
    kadr_ms offset_ms = KADR_UTC_OFFSET_MS, named_ms = INT64_C(86400000);

    if (*at != '\0') {
        bool fine = (take_char(&at, 'T') || take_char(&at, ' ')) && take_two(&at, 24, &hour) &&
                    take_char(&at, ':') && take_two(&at, 60, &minute);

        named_ms = 60000;
        if (fine && take_char(&at, ':')) {
            fine = take_two(&at, 60, &second);
            named_ms = 1000;
        }
        if (!fine || !take_zone(&at, &offset_ms) || *at != '\0') {
            return false;
        }
    }
    *ret_ms = (kadr_ms)day * 86400000 + (kadr_ms)(hour * 3600 + minute * 60 + second) * 1000 - offset_ms +
              named_ms - 1;
    return true;
}

static bool parse_commit(const char *text, uint64_t *ret_commit)
{
    uint64_t commit = 0;

    for (; is_digit(*text) && commit <= (UINT64_MAX - 9) / 10; text++) {
        commit = commit * 10 + (uint64_t)(*text - '0');
    }
    *ret_commit = commit;
    return *text == '\0';
}

int kadr_instant_parse(const char *text, struct kadr_instant *ret_instant)
{
    char day_text[DAY_CHARS + 1] = "";
    struct kadr_instant instant = { .kind = KADR_INSTANT_COMMIT };
    kadr_day day;

    if (*text != '\0' && parse_commit(text, &instant.commit)) {
        *ret_instant = instant;
        return 0;
    }
    instant = (struct kadr_instant){ .kind = KADR_INSTANT_TIME };
    if (strlen(text) < DAY_CHARS) {
        return KADR_EINVAL;
    }
    memcpy(day_text, text, DAY_CHARS);
    if (kadr_day_parse(day_text, &day) != 0 || !take_time(text + DAY_CHARS, day, &instant.at_ms)) {
        return KADR_EINVAL;
    }
    *ret_instant = instant;
    return 0;
}
