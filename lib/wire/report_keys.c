/* SPDX-License-Identifier: Apache-2.0 */
/* report_keys.c - the keys and values of a report that stands in the journal, without protobuf-c.
 *
 * For who reads every record of the journal and needs little of each. It walks the bytes once and checks
 * nothing but that it stays inside them: a report is journalled as committed only after kadr_decode_report()
 * has checked it. Numbers of fields are those of proto/kadr/v1/report.proto; the round-trip test holds the
 * two readers together.
 */
#include "wire/wire.h"

#include <string.h>

#include "base/err.h"

struct bytes_left {
    const uint8_t *at, *end;
    bool bad;
};

struct field {
    uint32_t number;
    uint64_t value;           /* of a varint */
    struct bytes_left inside; /* of what has a length */
};

static uint64_t take_varint(struct bytes_left *left)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && left->at < left->end; shift += 7) {
        uint8_t byte = *left->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            return value;
        }
    }
    left->bad = true;
    return 0;
}

static void skip(struct bytes_left *left, uint64_t count)
{
    if (count > (uint64_t)(left->end - left->at)) {
        left->bad = true;
    } else {
        left->at += count;
    }
}

/* The next field; false at the end, or when the bytes are no message. */
static bool take_field(struct bytes_left *left, struct field *ret)
{
    if (left->bad || left->at == left->end) {
        return false;
    }
    uint64_t tag = take_varint(left);
    *ret = (struct field){ .number = (uint32_t)(tag >> 3) };
    switch (tag & 7) {
    case 0:
        ret->value = take_varint(left);
        break;
    case 1:
        skip(left, 8);
        break;
    case 2:
        ret->value = take_varint(left);
        ret->inside.at = left->at;
        skip(left, ret->value);
        ret->inside.end = left->at;
        break;
    case 5:
        skip(left, 4);
        break;
    default:
        left->bad = true;
    }
    return !left->bad;
}

static int64_t signed_of(uint64_t zigzag)
{
    return (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1);
}

static const char *text_of(struct kadr_arena *arena, const struct field *field)
{
    size_t len = (size_t)(field->inside.end - field->inside.at);
    const char *text = len > 0 ? kadr_arena_strndup(arena, (const char *)field->inside.at, len) : NULL;
    return text != NULL ? text : "";
}

static void read_member(struct kadr_arena *arena, struct bytes_left left, struct kadr_member_pair *pair)
{
    struct field field;
    *pair = (struct kadr_member_pair){ "", "" };
    while (take_field(&left, &field)) {
        if (field.number == 1) {
            pair->dimension = text_of(arena, &field);
        } else if (field.number == 2) {
            pair->member = text_of(arena, &field);
        }
    }
}

static void read_period(struct bytes_left left, struct kadr_period *period)
{
    struct field field;
    while (take_field(&left, &field)) {
        if (field.number == 1) {
            period->first = (kadr_day)signed_of(field.value);
        } else if (field.number == 2) {
            period->last = (kadr_day)signed_of(field.value);
        }
    }
}

static void read_interval(struct bytes_left left, struct kadr_observation *obs)
{
    struct field field;
    obs->value = (struct kadr_value){ .kind = KADR_VALUE_INTERVAL, .hi_open = true };
    while (take_field(&left, &field)) {
        if (field.number == 1) {
            obs->value.lo = signed_of(field.value);
        } else if (field.number == 2) {
            obs->value.hi = signed_of(field.value);
            obs->value.hi_open = false;
        } else if (field.number == 3) {
            obs->scale = (int32_t)field.value;
        }
    }
}

static void read_withdrawal(struct bytes_left left, struct kadr_observation *obs)
{
    struct field field;
    obs->value = (struct kadr_value){ .kind = KADR_VALUE_WITHDRAWN };
    while (take_field(&left, &field)) {
        obs->of_replaced = obs->of_replaced || (field.number == 1 && field.value != 0);
    }
}

static void read_value(struct bytes_left left, struct kadr_observation *obs)
{
    struct field field;
    while (take_field(&left, &field)) {
        if (field.number == 1) {
            read_interval(field.inside, obs);
        } else if (field.number == 2) {
            obs->value =
                (struct kadr_value){ .kind = KADR_VALUE_MISSING, .reason = (enum kadr_reason)field.value };
        } else if (field.number == 3) {
            read_withdrawal(field.inside, obs);
        }
    }
}

static void read_part(struct kadr_arena *arena, const struct field *field, struct kadr_observation *obs)
{
    switch (field->number) {
    case 1:
        obs->unit = text_of(arena, field);
        break;
    case 2:
        obs->indicator = text_of(arena, field);
        break;
    case 3:
        if (obs->breakdown_count < KADR_MAX_DIMENSIONS) {
            read_member(arena, field->inside, &obs->breakdown[obs->breakdown_count++]);
        }
        break;
    case 4:
        read_period(field->inside, &obs->period);
        break;
    case 5:
        obs->occurrence = text_of(arena, field);
        break;
    case 6:
        read_value(field->inside, obs);
        break;
    default:
        break; /* notes and places */
    }
}

static void read_observation(struct kadr_arena *arena, struct bytes_left left, struct kadr_observation *obs)
{
    struct field field;
    *obs = (struct kadr_observation){
        .unit = "", .indicator = "", .occurrence = "", .stated = "", .note = "", .scale = 1
    };
    while (take_field(&left, &field)) {
        read_part(arena, &field, obs);
    }
}

static void read_replaces(struct bytes_left left, struct kadr_report *report)
{
    struct field field;
    report->has_replaces = true;
    while (take_field(&left, &field)) {
        if (field.number == 1 && field.inside.end - field.inside.at == KADR_ID_BYTES) {
            memcpy(report->replaces.stream, field.inside.at, KADR_ID_BYTES);
        } else if (field.number == 2) {
            report->replaces.sequence = field.value;
        } else if (field.number == 3) {
            report->replaces.stated_at_ms = signed_of(field.value);
        }
    }
}

static size_t count_observations(struct bytes_left left)
{
    struct field field;
    size_t count = 0;
    while (take_field(&left, &field)) {
        count += field.number == 9;
    }
    return count;
}

static void read_report(struct kadr_arena *arena, struct bytes_left left, struct kadr_report *report)
{
    struct field field;
    while (take_field(&left, &field)) {
        if (field.number == 9) {
            read_observation(arena, field.inside, &report->observations[report->observation_count++]);
        } else if (field.number == 11) {
            read_replaces(field.inside, report);
        } else if (field.number == 2) {
            report->stated_at_ms = signed_of(field.value);
        } else if (field.number == 6 && field.inside.end - field.inside.at == KADR_ID_BYTES) {
            memcpy(report->report_id, field.inside.at, KADR_ID_BYTES);
        }
    }
}

int kadr_read_report_keys(struct kadr_bytes frame, struct kadr_arena *arena, struct kadr_report *ret)
{
    static const uint8_t nothing[1];
    const uint8_t *begin = frame.len > 0 ? frame.data : nothing;
    struct bytes_left left = { .at = begin, .end = begin + frame.len };
    size_t count = count_observations(left);
    *ret = (struct kadr_report){ .source = "", .file = "", .published = KADR_DAY_NONE };
    if (count > KADR_MAX_OBSERVATIONS) {
        return KADR_EPROTO;
    }
    ret->observations = kadr_arena_alloc(arena, (count + 1) * sizeof(*ret->observations));
    if (ret->observations == NULL) {
        return KADR_ENOMEM;
    }
    read_report(arena, left, ret);
    return kadr_arena_failed(arena) ? KADR_ENOMEM : 0;
}
