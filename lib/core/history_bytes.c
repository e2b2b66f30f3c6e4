/* SPDX-License-Identifier: Apache-2.0 */
/* history_bytes.c - keys and values of the history as bytes, and back.
 *
 *   text = length BE16, bytes, NUL, so that it is read where it stands
 *
 * Every value is checked as it is read, though only this program writes them: what is read goes into figures.
 */
#include <string.h>

#include "base/err.h"
#include "core/history_impl.h"

/* ---- keys ---------------------------------------------------------------------------------------------- */

static void key_add_u64(struct kadr_history_key *key, uint64_t number)
{
    for (size_t i = 0; i < 8; i++) {
        key->bytes[key->len++] = (uint8_t)(number >> (56 - 8 * i));
    }
}

struct kadr_history_key kadr_history_key_number(enum kadr_history_table table, uint64_t number)
{
    struct kadr_history_key key = { .bytes = { (uint8_t)table }, .len = 1 };
    key_add_u64(&key, number);
    return key;
}

uint64_t kadr_history_time_number(kadr_ms time_ms)
{
    return (uint64_t)time_ms ^ (UINT64_C(1) << 63);
}

kadr_ms kadr_history_number_time(uint64_t number)
{
    return (kadr_ms)(number ^ (UINT64_C(1) << 63));
}

struct kadr_history_key kadr_history_key_time(kadr_ms time_ms)
{
    return kadr_history_key_number(KADR_HISTORY_TIME, kadr_history_time_number(time_ms));
}

static void key_add_code(struct kadr_history_key *key, const char *code)
{
    size_t len = strlen(code);
    memcpy(key->bytes + key->len, code, len + 1);
    key->len += len + 1;
}

int kadr_history_key_prefix(const char *unit, const char *indicator, struct kadr_history_key *ret_key)
{
    if (!kadr_code_valid(unit) || (indicator != NULL && !kadr_code_valid(indicator))) {
        return KADR_EINVAL;
    }
    *ret_key = (struct kadr_history_key){ .bytes = { KADR_HISTORY_ROW }, .len = 1 };
    key_add_code(ret_key, unit);
    if (indicator != NULL) {
        key_add_code(ret_key, indicator);
    }
    return 0;
}

void kadr_history_key_add_row(struct kadr_history_key *prefix, uint64_t commit, uint32_t index)
{
    key_add_u64(prefix, commit);
    prefix->bytes[prefix->len++] = (uint8_t)(index >> 8);
    prefix->bytes[prefix->len++] = (uint8_t)index;
}

int kadr_history_read_number(struct kadr_bytes value, uint64_t *ret_number)
{
    struct kadr_cursor cur = kadr_cursor_of(value.data, value.len);
    *ret_number = kadr_cursor_u64(&cur);
    return cur.err != 0 || kadr_cursor_left(&cur) > 0 ? KADR_ECORRUPT : 0;
}

int kadr_history_read_key_number(struct kadr_bytes key, uint64_t *ret_number)
{
    return key.len == 0
               ? KADR_ECORRUPT
               : kadr_history_read_number((struct kadr_bytes){ key.data + 1, key.len - 1 }, ret_number);
}

/* ---- texts --------------------------------------------------------------------------------------------- */

static void add_text(struct kadr_buf *out, const char *text)
{
    size_t len = strlen(text);
    KADR_ASSERT(len <= UINT16_MAX); /* a frame's texts are bounded far below */
    kadr_buf_add_u16(out, (uint16_t)len);
    kadr_buf_add(out, text, len + 1);
}

static void require(struct kadr_cursor *cur, bool holds)
{
    if (!holds) {
        cur->err = KADR_EINVAL;
    }
}

static const char *read_text(struct kadr_cursor *cur)
{
    size_t len = kadr_cursor_u16(cur);
    struct kadr_bytes bytes = kadr_cursor_bytes(cur, len + 1);
    bool whole = cur->err == 0 && memchr(bytes.data, '\0', bytes.len) == bytes.data + len;
    require(cur, whole);
    return whole ? (const char *)bytes.data : "";
}

static void read_block(struct kadr_cursor *cur, void *ret, size_t len)
{
    struct kadr_bytes bytes = kadr_cursor_bytes(cur, len);
    if (bytes.data != NULL) {
        memcpy(ret, bytes.data, len);
    }
}

/* ---- position ------------------------------------------------------------------------------------------ */

void kadr_history_add_position(const struct kadr_history_position *position, struct kadr_buf *out)
{
    kadr_buf_add_u32(out, KADR_HISTORY_FORMAT);
    kadr_buf_add(out, position->lineage.bytes, sizeof(position->lineage.bytes));
    kadr_buf_add_u64(out, position->commit);
    kadr_buf_add(out, position->chain.bytes, sizeof(position->chain.bytes));
}

int kadr_history_read_position(struct kadr_bytes value, struct kadr_history_position *ret_position)
{
    struct kadr_cursor cur = kadr_cursor_of(value.data, value.len);
    uint32_t format = kadr_cursor_u32(&cur);
    if (cur.err == 0 && format != KADR_HISTORY_FORMAT) {
        return KADR_EVERSION;
    }
    read_block(&cur, ret_position->lineage.bytes, sizeof(ret_position->lineage.bytes));
    ret_position->commit = kadr_cursor_u64(&cur);
    read_block(&cur, ret_position->chain.bytes, sizeof(ret_position->chain.bytes));
    bool whole = cur.err == 0 && kadr_cursor_left(&cur) == 0 && ret_position->commit > 0;
    return whole ? 0 : KADR_ECORRUPT;
}

/* ---- rows ---------------------------------------------------------------------------------------------- */

/* Numbers of the format, never reused; the checkpoint's are the same. */
enum value_tag { TAG_CLOSED = 0, TAG_OPEN = 1, TAG_MISSING = 2, TAG_WITHDRAWN = 3 };

static void add_value(struct kadr_buf *out, const struct kadr_value *value)
{
    switch (value->kind) {
    case KADR_VALUE_INTERVAL:
        kadr_buf_add_u8(out, value->hi_open ? TAG_OPEN : TAG_CLOSED);
        kadr_buf_add_u64(out, (uint64_t)value->lo);
        if (!value->hi_open) {
            kadr_buf_add_u64(out, (uint64_t)value->hi);
        }
        break;
    case KADR_VALUE_MISSING:
        kadr_buf_add_u8(out, TAG_MISSING);
        kadr_buf_add_u8(out, (uint8_t)value->reason);
        break;
    case KADR_VALUE_WITHDRAWN:
        kadr_buf_add_u8(out, TAG_WITHDRAWN);
        break;
    }
}

static int64_t read_figure(struct kadr_cursor *cur)
{
    int64_t figure = (int64_t)kadr_cursor_u64(cur);
    require(cur, figure >= -KADR_MAX_ABS_VALUE && figure <= KADR_MAX_ABS_VALUE);
    return figure;
}

static struct kadr_value read_value(struct kadr_cursor *cur)
{
    struct kadr_value value = { .kind = KADR_VALUE_INTERVAL };
    unsigned tag = kadr_cursor_u8(cur);
    if (tag == TAG_CLOSED || tag == TAG_OPEN) {
        value.lo = read_figure(cur);
        value.hi_open = tag == TAG_OPEN;
        value.hi = value.hi_open ? 0 : read_figure(cur);
        require(cur, value.hi_open || value.lo <= value.hi);
    } else if (tag == TAG_MISSING) {
        value.kind = KADR_VALUE_MISSING;
        value.reason = (enum kadr_reason)kadr_cursor_u8(cur);
        require(cur, value.reason < KADR_REASON_COUNT);
    } else {
        value.kind = KADR_VALUE_WITHDRAWN;
        require(cur, tag == TAG_WITHDRAWN);
    }
    return value;
}

void kadr_history_add_row(const struct kadr_history_row *row, struct kadr_buf *out)
{
    const struct kadr_observation *obs = &row->observation;
    kadr_buf_add_u64(out, (uint64_t)row->stated_at_ms);
    kadr_buf_add_u32(out, (uint32_t)obs->period.first);
    kadr_buf_add_u32(out, (uint32_t)obs->period.last);
    kadr_buf_add_u32(out, (uint32_t)obs->scale);
    add_value(out, &obs->value);
    kadr_buf_add_u8(out, (uint8_t)obs->breakdown_count);
    for (size_t i = 0; i < obs->breakdown_count; i++) {
        add_text(out, obs->breakdown[i].dimension);
        add_text(out, obs->breakdown[i].member);
    }
    add_text(out, obs->occurrence);
    add_text(out, obs->stated);
    add_text(out, obs->note);
    kadr_buf_add_u32(out, obs->line);
    kadr_buf_add_u32(out, obs->column);
}

static void read_breakdown(struct kadr_cursor *cur, struct kadr_observation *obs)
{
    size_t pairs = kadr_cursor_u8(cur);
    require(cur, pairs <= KADR_MAX_DIMENSIONS);
    for (size_t i = 0; i < pairs && cur->err == 0; i++) {
        obs->breakdown[i].dimension = read_text(cur);
        obs->breakdown[i].member = read_text(cur);
    }
    obs->breakdown_count = cur->err != 0 ? 0 : pairs;
}

/* A code with its NUL, as keys have them. */
static const char *read_code(struct kadr_cursor *cur)
{
    const uint8_t *end = cur->err != 0 ? NULL : memchr(cur->pos, '\0', kadr_cursor_left(cur));
    if (end == NULL) {
        require(cur, false);
        return "";
    }
    return (const char *)kadr_cursor_bytes(cur, (size_t)(end - cur->pos) + 1).data;
}

int kadr_history_read_row_key(struct kadr_bytes key, struct kadr_history_row *ret_row)
{
    *ret_row = (struct kadr_history_row){ .commit = 0 };
    struct kadr_cursor cur = kadr_cursor_of(key.data, key.len);
    require(&cur, kadr_cursor_u8(&cur) == KADR_HISTORY_ROW);
    ret_row->observation.unit = read_code(&cur);
    ret_row->observation.indicator = read_code(&cur);
    ret_row->commit = kadr_cursor_u64(&cur);
    ret_row->index = kadr_cursor_u16(&cur);
    return cur.err != 0 || kadr_cursor_left(&cur) > 0 ? KADR_ECORRUPT : 0;
}

int kadr_history_read_row_value(struct kadr_bytes value, struct kadr_history_row *row)
{
    struct kadr_observation *obs = &row->observation;
    struct kadr_cursor cur = kadr_cursor_of(value.data, value.len);
    row->stated_at_ms = (kadr_ms)kadr_cursor_u64(&cur);
    obs->period.first = (kadr_day)kadr_cursor_u32(&cur);
    obs->period.last = (kadr_day)kadr_cursor_u32(&cur);
    require(&cur, obs->period.first <= obs->period.last);
    obs->scale = (int32_t)kadr_cursor_u32(&cur);
    require(&cur, obs->scale >= 1);
    obs->value = read_value(&cur);
    read_breakdown(&cur, obs);
    obs->occurrence = read_text(&cur);
    obs->stated = read_text(&cur);
    obs->note = read_text(&cur);
    obs->line = kadr_cursor_u32(&cur);
    obs->column = kadr_cursor_u32(&cur);
    return cur.err != 0 || kadr_cursor_left(&cur) > 0 ? KADR_ECORRUPT : 0;
}

/* ---- reports ------------------------------------------------------------------------------------------- */

void kadr_history_add_report(const struct kadr_history_report *report, struct kadr_buf *out)
{
    add_text(out, report->office);
    kadr_buf_add(out, report->stream.bytes, sizeof(report->stream.bytes));
    kadr_buf_add_u64(out, report->sequence);
    kadr_buf_add(out, report->report_id, sizeof(report->report_id));
    kadr_buf_add_u64(out, (uint64_t)report->stated_at_ms);
    kadr_buf_add_u64(out, (uint64_t)report->received_at_ms);
    kadr_buf_add_u64(out, (uint64_t)report->committed_at_ms);
    add_text(out, report->source);
    kadr_buf_add_u32(out, (uint32_t)report->published);
    add_text(out, report->file);
    kadr_buf_add_u8(out, report->nothing_to_report);
    kadr_buf_add_u32(out, report->accepted);
    kadr_buf_add_u32(out, report->rejected);
    kadr_buf_add_u32(out, (uint32_t)report->touched_count);
    for (size_t i = 0; i < report->touched_count; i++) {
        add_text(out, report->touched[i].unit);
        add_text(out, report->touched[i].indicator);
    }
}

int kadr_history_read_report(struct kadr_bytes key, struct kadr_bytes value,
                             struct kadr_history_report *ret_report, struct kadr_cursor *ret_touched)
{
    *ret_report = (struct kadr_history_report){ .commit = 0 };
    struct kadr_cursor cur = kadr_cursor_of(value.data, value.len);
    ret_report->office = read_text(&cur);
    read_block(&cur, ret_report->stream.bytes, sizeof(ret_report->stream.bytes));
    ret_report->sequence = kadr_cursor_u64(&cur);
    read_block(&cur, ret_report->report_id, sizeof(ret_report->report_id));
    ret_report->stated_at_ms = (kadr_ms)kadr_cursor_u64(&cur);
    ret_report->received_at_ms = (kadr_ms)kadr_cursor_u64(&cur);
    ret_report->committed_at_ms = (kadr_ms)kadr_cursor_u64(&cur);
    ret_report->source = read_text(&cur);
    ret_report->published = (kadr_day)kadr_cursor_u32(&cur);
    ret_report->file = read_text(&cur);
    ret_report->nothing_to_report = kadr_cursor_u8(&cur) != 0;
    ret_report->accepted = kadr_cursor_u32(&cur);
    ret_report->rejected = kadr_cursor_u32(&cur);
    ret_report->touched_count = kadr_cursor_u32(&cur);
    require(&cur, ret_report->touched_count <= KADR_MAX_OBSERVATIONS);
    int err = kadr_history_read_key_number(key, &ret_report->commit);
    *ret_touched = cur;
    return err != 0 || cur.err == 0 ? err : KADR_ECORRUPT;
}

int kadr_history_read_touched(struct kadr_cursor *cur, struct kadr_history_touched *ret, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ret[i].unit = read_text(cur);
        ret[i].indicator = read_text(cur);
    }
    return cur->err != 0 || kadr_cursor_left(cur) > 0 ? KADR_ECORRUPT : 0;
}
