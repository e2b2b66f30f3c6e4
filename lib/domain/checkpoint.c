/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.c - the rollup as bytes (docs/storage.md, Checkpoint), and back.
 *
 * What is saved is what the fold cannot compute: the statements in force with their tombstones, and those
 * asleep; of those that were let go (superseded.h) their number. Cells, digests and what was handed out
 * follow from them, the reference and the day, so a program that evaluates otherwise needs no other format.
 *
 *   rollup    = version u8, commit u64, day i32, statements u64, group…
 *   group     = unit, indicator, pairs u8, (dimension, member)…, scale i32, statements u32, let go u32,
 *               [from i32,] statement…
 *   statement = first i32, last i32, occurrence, value, stated_at i64, commit u64
 *   value     = kind u8, then [lo i64, hi i64] | [lo i64] | [reason u8] | nothing
 *   text      = length u16, bytes, NUL (so that it is read where it stands)
 *
 * A series is a group and so is each sleeper; which of the two it is shows when its codes are looked up
 * again. Groups are sorted by their bytes: one state has one file, whatever way led to it, but
 * for what was let go.
 */
#include <string.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"
#include "domain/rollup_state.h"

/* 2: what was let go; and a value that the scale cannot hold keeps its key, where 1 let an older one come
 * back. */
#define FORMAT_VERSION 2
/* A figure at KADR_MAX_ABS_VALUE whose indicator went from scale 1 to 1000. */
#define MAX_STORED_VALUE (KADR_MAX_ABS_VALUE * 1000)

/* Numbers of the format, never reused. */
enum value_tag { TAG_CLOSED = 0, TAG_OPEN = 1, TAG_MISSING = 2, TAG_WITHDRAWN = 3 };

/* ---- writing ------------------------------------------------------------------------------------------- */

static void add_text(struct kadr_buf *out, const char *text)
{
    size_t len = strlen(text);
    KADR_ASSERT(len <= UINT16_MAX); /* a frame's texts are bounded far below */
    kadr_buf_add_u16(out, (uint16_t)len);
    kadr_buf_add(out, text, len + 1);
}

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

static void add_group(struct kadr_buf *out, const struct kadr_observation *obs, size_t statements,
                      const struct kadr_series *series)
{
    add_text(out, obs->unit);
    add_text(out, obs->indicator);
    kadr_buf_add_u8(out, (uint8_t)obs->breakdown_count);
    for (size_t i = 0; i < obs->breakdown_count; i++) {
        add_text(out, obs->breakdown[i].dimension);
        add_text(out, obs->breakdown[i].member);
    }
    kadr_buf_add_u32(out, (uint32_t)obs->scale);
    kadr_buf_add_u32(out, (uint32_t)statements);
    uint32_t let_go = series ? series->let_go : 0;
    kadr_buf_add_u32(out, let_go);
    if (let_go > 0) {
        kadr_buf_add_u32(out, (uint32_t)series->let_go_from);
    }
}

static void add_statement(struct kadr_buf *out, const struct kadr_stated *stated)
{
    const struct kadr_observation *obs = &stated->observation;
    kadr_buf_add_u32(out, (uint32_t)obs->period.first);
    kadr_buf_add_u32(out, (uint32_t)obs->period.last);
    add_text(out, obs->occurrence);
    add_value(out, &obs->value);
    kadr_buf_add_u64(out, (uint64_t)stated->stated_at_ms);
    kadr_buf_add_u64(out, stated->commit);
}

static void add_series(struct kadr_buf *out, const struct kadr_reference *reference,
                       const struct kadr_series *series)
{
    for (size_t i = 0; i < series->statement_count; i++) {
        struct kadr_stated stated = kadr_rekey_stated(reference, series, &series->statements[i]);
        if (i == 0) {
            add_group(out, &stated.observation, series->statement_count, series);
        }
        add_statement(out, &stated);
    }
}

/* Groups one behind the other, and where each ends. */
struct groups {
    struct kadr_buf bytes;
    size_t *ends;
    size_t count;
};

static void groups_done(struct groups *groups)
{
    kadr_buf_done(&groups->bytes);
    free(groups->ends);
}
KADR_DEFINE_DONE(struct groups, groups_done)

static void end_group(struct groups *groups)
{
    size_t begin = groups->count ? groups->ends[groups->count - 1] : 0;
    if (groups->bytes.len > begin) { /* a series above what was stated holds nothing itself */
        groups->ends[groups->count++] = groups->bytes.len;
    }
}

static int collect_groups(const struct kadr_rollup *rollup, size_t max_bytes, struct groups *groups)
{
    kadr_buf_init(&groups->bytes, max_bytes);
    groups->ends = calloc(rollup->table.count + rollup->sleepers.count + 1, sizeof(*groups->ends));
    if (!groups->ends) {
        return KADR_ENOMEM;
    }
    for (size_t i = 0; i < rollup->table.count; i++) {
        add_series(&groups->bytes, rollup->reference, rollup->table.all[i]);
        end_group(groups);
    }
    for (const struct kadr_sleeper *s = rollup->sleepers.first; s; s = s->next) {
        add_group(&groups->bytes, &s->stated.observation, 1, NULL);
        add_statement(&groups->bytes, &s->stated);
        end_group(groups);
    }
    return groups->bytes.err;
}

static int compare_bytes(const void *left, const void *right)
{
    const struct kadr_bytes *a = left, *b = right;
    int order = memcmp(a->data, b->data, a->len < b->len ? a->len : b->len);
    return order ? order : (a->len > b->len) - (a->len < b->len);
}

static int add_sorted(struct kadr_buf *out, const struct groups *groups)
{
    struct kadr_bytes *sorted KADR_CLEANUP(kadr_free) = calloc(groups->count + 1, sizeof(*sorted));
    if (!sorted) {
        return KADR_ENOMEM;
    }
    for (size_t i = 0; i < groups->count; i++) {
        size_t begin = i ? groups->ends[i - 1] : 0;
        sorted[i] = (struct kadr_bytes){ groups->bytes.data + begin, groups->ends[i] - begin };
    }
    qsort(sorted, groups->count, sizeof(*sorted), compare_bytes);
    for (size_t i = 0; i < groups->count; i++) {
        kadr_buf_add(out, sorted[i].data, sorted[i].len);
    }
    return 0;
}

void kadr_rollup_save(const struct kadr_rollup *rollup, struct kadr_buf *out)
{
    KADR_ASSERT(rollup->reference);
    struct groups groups KADR_CLEANUP(groups_done) = { .count = 0 };
    kadr_buf_add_u8(out, FORMAT_VERSION);
    kadr_buf_add_u64(out, rollup->commit);
    kadr_buf_add_u32(out, (uint32_t)rollup->day);
    kadr_buf_add_u64(out, kadr_rollup_statement_count(rollup));
    int err = collect_groups(rollup, out->max, &groups);
    if (!err) {
        err = add_sorted(out, &groups);
    }
    if (err && !out->err) {
        out->err = err;
    }
}

/* ---- reading ------------------------------------------------------------------------------------------- */

static void refuse(struct kadr_cursor *cur)
{
    cur->err = KADR_EINVAL; /* sticky; kadr_rollup_restore() says what it means */
}

static void require(struct kadr_cursor *cur, bool holds)
{
    if (!holds) {
        refuse(cur);
    }
}

/* Borrowed from the input. */
static const char *read_text(struct kadr_cursor *cur)
{
    size_t len = kadr_cursor_u16(cur);
    struct kadr_bytes bytes = kadr_cursor_bytes(cur, len + 1);
    if (cur->err || memchr(bytes.data, '\0', bytes.len) != bytes.data + len) {
        refuse(cur);
        return "";
    }
    return (const char *)bytes.data;
}

static int64_t read_figure(struct kadr_cursor *cur)
{
    int64_t figure = (int64_t)kadr_cursor_u64(cur);
    require(cur, figure >= -MAX_STORED_VALUE && figure <= MAX_STORED_VALUE);
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

static void read_group(struct kadr_cursor *cur, struct kadr_observation *ret_obs)
{
    *ret_obs = (struct kadr_observation){ .unit = read_text(cur), .stated = "", .note = "" };
    ret_obs->indicator = read_text(cur);
    size_t pairs = kadr_cursor_u8(cur);
    require(cur, pairs <= KADR_MAX_DIMENSIONS);
    for (size_t i = 0; i < pairs && !cur->err; i++) {
        ret_obs->breakdown[i].dimension = read_text(cur);
        ret_obs->breakdown[i].member = read_text(cur);
    }
    ret_obs->breakdown_count = cur->err ? 0 : pairs;
    ret_obs->scale = (int32_t)kadr_cursor_u32(cur);
    require(cur, ret_obs->scale >= 1);
}

static void read_statement(struct kadr_cursor *cur, struct kadr_stated *stated)
{
    struct kadr_observation *obs = &stated->observation;
    obs->period.first = (kadr_day)kadr_cursor_u32(cur);
    obs->period.last = (kadr_day)kadr_cursor_u32(cur);
    obs->occurrence = read_text(cur);
    obs->value = read_value(cur);
    stated->stated_at_ms = (kadr_ms)kadr_cursor_u64(cur);
    stated->commit = kadr_cursor_u64(cur);
}

static int take_group(struct kadr_rollup *rollup, struct kadr_cursor *cur, uint64_t commit)
{
    struct kadr_stated stated = { .stated_at_ms = 0 };
    read_group(cur, &stated.observation);
    uint32_t statements = kadr_cursor_u32(cur);
    uint32_t let_go = kadr_cursor_u32(cur);
    kadr_day from = let_go > 0 ? (kadr_day)kadr_cursor_u32(cur) : KADR_DAY_NONE;
    require(cur, statements > 0);
    for (uint32_t i = 0; i < statements && !cur->err; i++) {
        read_statement(cur, &stated);
        require(cur, stated.commit <= commit);
        if (!cur->err) {
            kadr_rollup_take_stated(rollup, &stated);
        }
    }
    if (let_go > 0 && !cur->err && !rollup->err) {
        require(cur, kadr_rollup_is_let_go(rollup, &stated, let_go, from));
    }
    return cur->err ? KADR_ECORRUPT : rollup->err;
}

/* Cells come to life with the day, and count as handed out. */
static int settle(struct kadr_rollup *rollup, kadr_day day, uint64_t commit)
{
    size_t count;
    int err = day == KADR_DAY_NONE ? 0 : kadr_rollup_day(rollup, day, commit);
    rollup->commit = commit;
    return err ? err : kadr_rollup_take_changes(rollup, &count);
}

int kadr_rollup_restore(struct kadr_rollup *empty, struct kadr_reference *reference, struct kadr_bytes saved)
{
    KADR_ASSERT(!empty->reference && kadr_rollup_statement_count(empty) == 0);
    struct kadr_cursor cur = kadr_cursor_of(saved.data, saved.len);
    if (kadr_cursor_u8(&cur) != FORMAT_VERSION) {
        return cur.err ? KADR_ECORRUPT : KADR_EVERSION;
    }
    uint64_t commit = kadr_cursor_u64(&cur);
    kadr_day day = (kadr_day)kadr_cursor_u32(&cur);
    uint64_t statements = kadr_cursor_u64(&cur);
    require(&cur, day == KADR_DAY_NONE || (day >= KADR_DAY_MIN && day <= KADR_DAY_MAX));
    int err = cur.err ? KADR_ECORRUPT : kadr_rollup_reference(empty, reference, commit);
    while (!err && kadr_cursor_left(&cur) > 0) {
        err = take_group(empty, &cur, commit);
    }
    if (!err && kadr_rollup_statement_count(empty) != statements) {
        err = KADR_ECORRUPT; /* cut, or a key that stands there twice */
    }
    return err ? err : settle(empty, day, commit);
}
