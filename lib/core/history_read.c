/* SPDX-License-Identifier: Apache-2.0 */
/* history_read.c - what was stated, in force and known, from one consistent state of the store.
 *
 * Rows of a unit stand by indicator and commit. Reading a range of commits for all indicators goes from
 * indicator to indicator: a row before the range, or the first one behind it, tells where the next row that
 * matters can stand at the earliest, and the walk begins anew there.
 */
#include <string.h>

#include "base/err.h"
#include "core/history_impl.h"

struct kadr_history_view {
    const struct kadr_kvstore *kv;
    void *handle;
    struct kadr_history_position position;
    struct kadr_arena *arena; /* of one report */
};

static bool begins_with(struct kadr_bytes key, struct kadr_bytes prefix)
{
    return key.len >= prefix.len && memcmp(key.data, prefix.data, prefix.len) == 0;
}

/* ---- views --------------------------------------------------------------------------------------------- */

static int read_position(struct kadr_history_view *view)
{
    static const uint8_t table = KADR_HISTORY_POSITION;
    struct kadr_bytes value;
    int err = view->kv->get(view->kv->self, view->handle, (struct kadr_bytes){ &table, 1 }, &value);
    if (err == KADR_ENOENT) {
        return 0; /* empty */
    }
    return err != 0 ? err : kadr_history_read_position(value, &view->position);
}

int kadr_history_view_begin(const struct kadr_kvstore *kv, struct kadr_history_view **ret_view)
{
    KADR_CLEANUP(kadr_history_view_end) struct kadr_history_view *view = calloc(1, sizeof(*view));
    if (view == NULL) {
        return KADR_ENOMEM;
    }
    view->kv = kv;
    int err = kadr_arena_new(KADR_MAX_ARENA_BYTES, &view->arena);
    if (err == 0) {
        err = kv->view_begin(kv->self, &view->handle);
    }
    if (err == 0) {
        err = read_position(view);
    }
    if (err == 0) {
        *ret_view = KADR_TAKE(view);
    }
    return err;
}

void kadr_history_view_end(struct kadr_history_view *view)
{
    if (view != NULL) {
        view->kv->view_end(view->kv->self, view->handle);
        kadr_arena_free(view->arena);
        free(view);
    }
}

struct kadr_history_position kadr_history_view_position(const struct kadr_history_view *view)
{
    return view->position;
}

/* ---- rows ---------------------------------------------------------------------------------------------- */

/* Ends a walk whose next row stands elsewhere; no callback returns it. */
#define SEEK 1
#define END  2

struct reading {
    struct kadr_history_key prefix; /* of all rows asked for */
    struct kadr_history_key from;   /* where the walk begins */
    uint64_t first, last;           /* commits */
    kadr_history_row_fn *fn;
    void *context;
    int result; /* of `fn`, or an error */
};

/* The rows of (unit, indicator) from `commit` on; past all of them with UINT64_MAX. */
static void seek(struct reading *reading, const struct kadr_history_row *row, uint64_t commit, uint32_t index)
{
    reading->result =
        kadr_history_key_prefix(row->observation.unit, row->observation.indicator, &reading->from);
    kadr_history_key_add_row(&reading->from, commit, index);
}

static int read_one(void *context, struct kadr_bytes key, struct kadr_bytes value)
{
    struct reading *reading = context;
    struct kadr_history_row row;
    if (!begins_with(key, kadr_history_key_bytes(&reading->prefix))) {
        return END;
    }
    reading->result = kadr_history_read_row_key(key, &row);
    if (reading->result != 0) {
        return END;
    }
    if (row.commit < reading->first) {
        seek(reading, &row, reading->first, 0);
        return SEEK;
    }
    if (row.commit > reading->last) {
        seek(reading, &row, UINT64_MAX, UINT16_MAX);
        return SEEK;
    }
    reading->result = kadr_history_read_row_value(value, &row);
    if (reading->result == 0) {
        reading->result = reading->fn(reading->context, &row);
    }
    return reading->result != 0 ? END : 0;
}

int kadr_history_rows(struct kadr_history_view *view, const char *unit, const char *indicator, uint64_t from,
                      uint64_t to, kadr_history_row_fn *fn, void *context)
{
    struct reading reading = { .first = from, .last = to, .fn = fn, .context = context };
    if (kadr_history_key_prefix(unit, indicator, &reading.prefix) != 0) {
        return 0; /* no code: no row has it */
    }
    reading.from = reading.prefix;
    int err = SEEK;
    while (err == SEEK && reading.result == 0) {
        err = view->kv->walk(view->kv->self, view->handle, kadr_history_key_bytes(&reading.from), read_one,
                             &reading);
    }
    return reading.result != 0 ? reading.result : err == END ? 0 : err;
}

int kadr_history_row_at(struct kadr_history_view *view, const char *unit, const char *indicator,
                        uint64_t commit, uint32_t index, struct kadr_history_row *ret_row)
{
    struct kadr_history_key key;
    struct kadr_bytes found, value;
    if (index > UINT16_MAX || kadr_history_key_prefix(unit, indicator, &key) != 0) {
        return KADR_ENOENT;
    }
    kadr_history_key_add_row(&key, commit, index);
    struct kadr_bytes wanted = kadr_history_key_bytes(&key);
    /* Not get(): the key that is found lives as long as the view. */
    int err = view->kv->floor(view->kv->self, view->handle, wanted, &found, &value);
    if (err == 0 && (found.len != wanted.len || !begins_with(found, wanted))) {
        err = KADR_ENOENT;
    }
    if (err == 0) {
        err = kadr_history_read_row_key(found, ret_row);
    }
    return err != 0 ? err : kadr_history_read_row_value(value, ret_row);
}

/* ---- tables by number ---------------------------------------------------------------------------------- */

/* The newest entry of a table at or before a number. */
static int newest(struct kadr_history_view *view, enum kadr_history_table table, uint64_t number,
                  uint64_t *ret_number, struct kadr_bytes *ret_value)
{
    struct kadr_history_key wanted = kadr_history_key_number(table, number);
    struct kadr_bytes key, value;
    int err = view->kv->floor(view->kv->self, view->handle, kadr_history_key_bytes(&wanted), &key, &value);
    if (err == 0 && key.data[0] != (uint8_t)table) {
        err = KADR_ENOENT;
    }
    if (err == 0) {
        err = kadr_history_read_key_number(key, ret_number);
    }
    if (err == 0) {
        *ret_value = value;
    }
    return err;
}

typedef int entry_fn(void *context, struct kadr_bytes key, uint64_t number, struct kadr_bytes value);

struct listing {
    enum kadr_history_table table;
    uint64_t last;
    entry_fn *fn;
    void *context;
    int result;
};

static int list_one(void *context, struct kadr_bytes key, struct kadr_bytes value)
{
    struct listing *listing = context;
    uint64_t number = 0;
    if (key.data[0] != (uint8_t)listing->table) {
        return END;
    }
    listing->result = kadr_history_read_key_number(key, &number);
    if (listing->result == 0 && number <= listing->last) {
        listing->result = listing->fn(listing->context, key, number, value);
        return listing->result != 0 ? END : 0;
    }
    return END;
}

static int list(struct kadr_history_view *view, enum kadr_history_table table, uint64_t from, uint64_t to,
                entry_fn *fn, void *context)
{
    struct listing listing = { .table = table, .last = to, .fn = fn, .context = context };
    struct kadr_history_key first = kadr_history_key_number(table, from);
    int err =
        view->kv->walk(view->kv->self, view->handle, kadr_history_key_bytes(&first), list_one, &listing);
    return listing.result != 0 ? listing.result : err == END ? 0 : err;
}

/* ---- reports ------------------------------------------------------------------------------------------- */

static int read_report(struct kadr_history_view *view, struct kadr_bytes key, struct kadr_bytes value,
                       struct kadr_history_report *ret_report)
{
    struct kadr_cursor cur;
    struct kadr_history_report report;
    kadr_arena_clear(view->arena);
    int err = kadr_history_read_report(key, value, &report, &cur);
    if (err != 0) {
        return err;
    }
    struct kadr_history_touched *touched =
        kadr_arena_calloc(view->arena, report.touched_count + 1, sizeof(*touched));
    if (touched == NULL) {
        return KADR_ENOMEM;
    }
    report.touched = touched;
    err = kadr_history_read_touched(&cur, touched, report.touched_count);
    if (err == 0) {
        *ret_report = report;
    }
    return err;
}

int kadr_history_report_at(struct kadr_history_view *view, uint64_t commit,
                           struct kadr_history_report *ret_report)
{
    struct kadr_history_key key = kadr_history_key_number(KADR_HISTORY_REPORT, commit);
    struct kadr_bytes value;
    int err = view->kv->get(view->kv->self, view->handle, kadr_history_key_bytes(&key), &value);
    return err != 0 ? err : read_report(view, kadr_history_key_bytes(&key), value, ret_report);
}

struct report_listing {
    struct kadr_history_view *view;
    kadr_history_report_fn *fn;
    void *context;
};

static int list_report(void *context, struct kadr_bytes key, uint64_t number, struct kadr_bytes value)
{
    struct report_listing *listing = context;
    struct kadr_history_report report;
    (void)number; /* read_report() takes it from the key */
    int err = read_report(listing->view, key, value, &report);
    return err != 0 ? err : listing->fn(listing->context, &report);
}

int kadr_history_reports(struct kadr_history_view *view, uint64_t from, uint64_t to,
                         kadr_history_report_fn *fn, void *context)
{
    struct report_listing listing = { view, fn, context };
    return list(view, KADR_HISTORY_REPORT, from, to, list_report, &listing);
}

/* ---- reference, day ------------------------------------------------------------------------------------ */

int kadr_history_reference_at(struct kadr_history_view *view, uint64_t commit,
                              struct kadr_history_reference *ret_reference)
{
    return newest(view, KADR_HISTORY_REFERENCE, commit, &ret_reference->commit, &ret_reference->files);
}

static int read_day(struct kadr_bytes value, kadr_day *ret_day)
{
    struct kadr_cursor cur = kadr_cursor_of(value.data, value.len);
    *ret_day = (kadr_day)kadr_cursor_u32(&cur);
    return cur.err != 0 || kadr_cursor_left(&cur) > 0 ? KADR_ECORRUPT : 0;
}

int kadr_history_day_at(struct kadr_history_view *view, uint64_t commit, struct kadr_history_day *ret_day)
{
    struct kadr_bytes value;
    int err = newest(view, KADR_HISTORY_DAY, commit, &ret_day->commit, &value);
    return err != 0 ? err : read_day(value, &ret_day->day);
}

struct reference_listing {
    kadr_history_reference_fn *fn;
    void *context;
};

static int list_reference(void *context, struct kadr_bytes key, uint64_t number, struct kadr_bytes value)
{
    (void)key;
    const struct reference_listing *listing = context;
    return listing->fn(listing->context,
                       &(struct kadr_history_reference){ .commit = number, .files = value });
}

int kadr_history_references(struct kadr_history_view *view, uint64_t from, uint64_t to,
                            kadr_history_reference_fn *fn, void *context)
{
    struct reference_listing listing = { fn, context };
    return list(view, KADR_HISTORY_REFERENCE, from, to, list_reference, &listing);
}

struct day_listing {
    kadr_history_day_fn *fn;
    void *context;
};

static int list_day(void *context, struct kadr_bytes key, uint64_t number, struct kadr_bytes value)
{
    (void)key;
    const struct day_listing *listing = context;
    struct kadr_history_day day = { .commit = number };
    int err = read_day(value, &day.day);
    return err != 0 ? err : listing->fn(listing->context, &day);
}

int kadr_history_days(struct kadr_history_view *view, uint64_t from, uint64_t to, kadr_history_day_fn *fn,
                      void *context)
{
    struct day_listing listing = { fn, context };
    return list(view, KADR_HISTORY_DAY, from, to, list_day, &listing);
}

/* ---- times --------------------------------------------------------------------------------------------- */

int kadr_history_commit_at(struct kadr_history_view *view, kadr_ms time_ms, uint64_t *ret_commit)
{
    uint64_t time = 0;
    struct kadr_bytes value;
    int err = newest(view, KADR_HISTORY_TIME, kadr_history_time_number(time_ms), &time, &value);
    return err != 0 ? err : kadr_history_read_number(value, ret_commit);
}

int kadr_history_known_since(struct kadr_history_view *view, uint64_t commit, kadr_ms *ret_time_ms)
{
    uint64_t first = 0, time = 0;
    struct kadr_bytes value;
    if (commit > view->position.commit) {
        return KADR_ENOENT;
    }
    int err = newest(view, KADR_HISTORY_SINCE, commit, &first, &value);
    if (err == 0) {
        err = kadr_history_read_number(value, &time);
    }
    if (err == 0) {
        *ret_time_ms = kadr_history_number_time(time);
    }
    return err;
}
