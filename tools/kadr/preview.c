/* SPDX-License-Identifier: Apache-2.0 */
#include "preview.h"

#include <inttypes.h>

#include "cell_text.h"
#include "change_text.h"
#include "client/snapshot.h"
#include "json.h"

/* Changes that people are shown. */
#define FIRST_CHANGES 20

struct preview {
    const struct cli *cli;
    struct kadr_reference *names; /* NULL: codes only */
    struct kadr_position before, after;
    struct kadr_buf lines; /* the first changes, for people */
    uint64_t shown, sent;
    uint64_t total, removed; /* as the end says */
    struct kadr_buf kinds;
    json_t *changes, *counts;
};

static void on_begin(void *context, const struct kadr_position *position)
{
    struct preview *preview = context;

    preview->after = *position;
    preview->shown = preview->sent = 0;
    kadr_buf_clear(&preview->lines);
    json_array_clear(preview->changes);
}

static void on_cell(void *context, const struct kadr_wire_cell *cell)
{
    (void)context; /* nobody asked for cells */
    (void)cell;
}

static void add_line(struct preview *preview, const struct kadr_wire_change *change)
{
    enum kadr_lang lang = preview->cli->lang;
    const struct kadr_period *period = &change->cell.cell.key.period;
    char text[KADR_PERIOD_TEXT_BYTES];

    kadr_buf_printf(&preview->lines, "  %s · %s · ", change->cell.unit, change->cell.indicator);
    cell_breakdown(lang, preview->names, &change->cell, &preview->lines);
    if (period->first != KADR_DAY_NONE) {
        kadr_buf_printf(&preview->lines, " · %s", kadr_period_format(*period, text));
    }
    kadr_buf_add_str(&preview->lines, ": ");
    change_text(lang, preview->names, change, &preview->lines);
    kadr_buf_add_char(&preview->lines, '\n');
}

static void on_change(void *context, const struct kadr_wire_change *change)
{
    struct preview *preview = context;

    preview->sent++;
    if (preview->cli->config.json) {
        json_append(preview->changes,
                    json_of_change(preview->names, change, preview->before.day, preview->after.day));
    } else if (preview->shown < FIRST_CHANGES && !change_is_bare(change)) {
        preview->shown++;
        add_line(preview, change);
    }
}

static void add_count(struct preview *preview, const struct kadr_wire_change_count *count)
{
    json_t *object = json_object();

    kadr_buf_printf(&preview->kinds, "  %s: %" PRIu64 "\n", change_word(preview->cli->lang, count->kind),
                    count->count);
    json_set(object, "kind", json_string(kadr_change_text(count->kind)));
    json_set(object, "removed", json_boolean(count->removed));
    json_set(object, "count", json_integer((json_int_t)count->count));
    json_append(preview->counts, object);
    preview->total += count->count;
    preview->removed += count->removed ? count->count : 0;
}

static void on_part(void *context, const struct kadr_query_reply *reply)
{
    struct preview *preview = context;

    if (reply->kind == KADR_QUERY_BEGIN) {
        preview->before = reply->begin.before;
    }
    for (size_t i = 0; reply->kind == KADR_QUERY_END && i < reply->end.count_count; i++) {
        add_count(preview, &reply->end.counts[i]);
    }
}

static void on_refused(void *context, const struct kadr_refusal *refusal)
{
    struct preview *preview = context;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf why = { 0 };

    kadr_buf_init(&why, 0);
    if (refusal->diag.diag.code == KADR_DIAG_RETRY_LATER) {
        kadr_buf_add_str(&why, text_of_delay(preview->cli->lang, refusal->diag.diag.arg[0]));
    } else {
        cli_why(preview->cli, &refusal->diag, &why);
    }
    cli_say(preview->cli, stderr, TEXT_NO_PREVIEW, TEXT_ARGS(kadr_buf_str(&why)));
}

static void say_number(const struct preview *preview, enum text text, uint64_t number)
{
    char digits[24];

    (void)snprintf(digits, sizeof(digits), "%" PRIu64, number); /* at most 20 digits */
    cli_say(preview->cli, stdout, text, TEXT_ARGS(digits));
}

static void print(const struct preview *preview)
{
    char total[24], commit[24];

    (void)snprintf(total, sizeof(total), "%" PRIu64, preview->total); /* at most 20 digits */
    (void)snprintf(commit, sizeof(commit), "%" PRIu64, preview->before.commit);
    cli_say(preview->cli, stdout, TEXT_PREVIEW, TEXT_ARGS(total, commit));
    (void)fputs(kadr_buf_str(&preview->kinds), stdout);
    if (preview->removed > 0) {
        say_number(preview, TEXT_PREVIEW_GONE, preview->removed);
    }
    (void)fputs(kadr_buf_str(&preview->lines), stdout);
    if (preview->total > preview->shown) {
        say_number(preview, TEXT_PREVIEW_MORE, preview->total - preview->shown);
    }
}

static json_t *as_json(const struct preview *preview)
{
    json_t *object = json_object();

    json_set(object, "from", json_of_state(&preview->before));
    json_set(object, "to", json_of_state(&preview->after));
    json_set(object, "counts", json_incref(preview->counts));
    json_set(object, "changes", json_incref(preview->changes));
    json_set(object, "omitted", json_integer((json_int_t)(preview->total - preview->sent)));
    return object;
}

static int ask(struct preview *preview, const struct kadr_file *files, size_t count)
{
    const struct cli *cli = preview->cli;
    struct kadr_query_request request = { .kind = KADR_QUERY_PREVIEW };
    const struct kadr_snapshot_events events = {
        .begin = on_begin, .cell = on_cell, .change = on_change, .part = on_part, .context = preview
    };

    request.preview.files = files;
    request.preview.count = count;
    return kadr_ask(cli->config.query, &request, cli->config.timeout_ns, &events, on_refused);
}

void preview_tell(const struct cli *cli, const struct kadr_file *files, size_t count, json_t *json)
{
    struct preview preview = { .cli = cli, .changes = json_array(), .counts = json_array() };
    int err;

    kadr_buf_init(&preview.lines, 0);
    kadr_buf_init(&preview.kinds, 0);
    preview.names = cli_names(cli);
    err = ask(&preview, files, count);
    if (err == KADR_ETIMEOUT || err == KADR_EBUSY) {
        cli_unanswered(cli, err);
    } else if (err != 0 && err != KADR_EPERM) {
        cli_error(kadr_strerror(err)); /* a refusal was told already */
    }
    if (json != NULL) {
        json_set(json, "preview", err == 0 ? as_json(&preview) : json_null());
    } else if (err == 0) {
        print(&preview);
    }
    kadr_reference_unref(preview.names);
    kadr_buf_done(&preview.lines);
    kadr_buf_done(&preview.kinds);
    json_decref(preview.changes);
    json_decref(preview.counts);
}
