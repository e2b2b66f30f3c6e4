/* SPDX-License-Identifier: Apache-2.0 */
/* watch.c - `kadr watch`: changes as they happen, as lines for people or as NDJSON events. */
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "cell_text.h"
#include "cli.h"
#include "client/subscriber.h"
#include "json.h"

struct watch {
    const struct cli *cli;
    struct kadr_reference *names; /* NULL: codes only */
    struct kadr_loop *loop;
    struct kadr_timer *patience; /* ends it when no snapshot begins; NULL once one has */
    json_t *snapshot;            /* being received; NULL without --json */
    kadr_day as_of;              /* of the snapshot */
    int64_t changes;
    int code; /* exit code */
};

static void finish(struct watch *watch, int code)
{
    watch->code = code;
    kadr_loop_stop(watch->loop);
}

static void on_signal(void *context)
{
    finish(context, KADR_EXIT_OK);
}

static void print_event(struct watch *watch, json_t *event)
{
    if (json_print(event) != 0) {
        finish(watch, KADR_EXIT_IOERR);
    }
}

static json_t *event_of(const char *type)
{
    json_t *event = json_object();

    json_set(event, "type", json_string(type));
    return event;
}

/* ---- snapshot ---- */

static void on_begin(void *context, const struct kadr_position *position)
{
    struct watch *watch = context;
    char commit[24], day[KADR_DAY_TEXT_BYTES];

    kadr_timer_free(KADR_TAKE(watch->patience)); /* from here on silence is a stall, which is told */
    if (!watch->cli->config.json) {
        (void)snprintf(commit, sizeof(commit), "%" PRIu64, position->commit); /* at most 20 digits */
        cli_say(watch->cli, stderr, TEXT_FOLLOWING, TEXT_ARGS(commit, kadr_day_format(position->day, day)));
        return;
    }
    json_decref(watch->snapshot);
    watch->as_of = position->day;
    watch->snapshot = event_of("snapshot");
    if (json_object_update_new(watch->snapshot, json_of_position(position)) != 0) {
        finish(watch, KADR_EXIT_SOFTWARE);
    }
}

static void on_cell(void *context, const struct kadr_wire_cell *cell)
{
    struct watch *watch = context;

    if (watch->snapshot != NULL) {
        json_append(json_object_get(watch->snapshot, "cells"),
                    json_of_cell(watch->names, cell, watch->as_of));
    }
}

static void on_end(void *context, uint64_t cells)
{
    struct watch *watch = context;

    (void)cells;
    if (watch->snapshot != NULL) {
        print_event(watch, KADR_TAKE(watch->snapshot));
    }
}

/* ---- changes ---- */

static const char *change_name(enum kadr_lang lang, enum kadr_change kind)
{
    return kind >= KADR_CHANGE_REFERENCE && kind <= KADR_CHANGE_REFRESHED
               ? text_of(lang, (enum text)(TEXT_CHANGE_REFERENCE + (kind - KADR_CHANGE_REFERENCE)))
               : kadr_change_text(kind);
}

static void print_change(const struct watch *watch, const struct kadr_delta_info *delta,
                         const struct kadr_wire_change *change)
{
    const struct kadr_wire_cell *cell = &change->cell;
    enum kadr_lang lang = watch->cli->lang;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf breakdown = { 0 }, value = { 0 };
    char period[KADR_PERIOD_TEXT_BYTES];
    bool ranged = cell->cell.key.period.first != KADR_DAY_NONE;

    kadr_buf_init(&breakdown, 0);
    kadr_buf_init(&value, 0);
    cell_breakdown(lang, watch->names, cell, &breakdown);
    cell_value(lang, watch->names, cell, &value);
    (void)printf("%" PRIu64 "  %s  %s  %s  %s%s%s  %s\n", delta->to.commit, change_name(lang, change->kind),
                 cell->unit, cell_indicator_name(lang, watch->names, cell->indicator),
                 kadr_buf_str(&breakdown), ranged ? "  " : "",
                 ranged ? kadr_period_format(cell->cell.key.period, period) : "", kadr_buf_str(&value));
    (void)fflush(stdout); /* a broken pipe shows at the next event */
}

static void print_json_change(struct watch *watch, const struct kadr_delta_info *delta,
                              const struct kadr_wire_change *change)
{
    json_t *event = event_of("change");

    json_set(event, "kind", json_string(kadr_change_text(change->kind)));
    json_set(event, "from", json_integer((json_int_t)delta->from));
    json_set(event, "commit", json_integer((json_int_t)delta->to.commit));
    json_set(event, "as_of", json_of_day(delta->to.day));
    json_set(event, "removed", json_boolean(change->removed));
    json_set(event, "cell", json_of_cell(watch->names, &change->cell, delta->to.day));
    print_event(watch, event);
}

static void on_change(void *context, const struct kadr_delta_info *delta,
                      const struct kadr_wire_change *change)
{
    struct watch *watch = context;
    int64_t limit = watch->cli->config.count;

    if (limit > 0 && watch->changes >= limit) {
        return; /* the rest of the delta that held the last one */
    }
    if (watch->cli->config.json) {
        print_json_change(watch, delta, change);
    } else {
        print_change(watch, delta, change);
    }
    if (++watch->changes == limit) {
        finish(watch, ferror(stdout) != 0 ? KADR_EXIT_IOERR : KADR_EXIT_OK);
    }
}

static void on_progress(void *context, const struct kadr_position *position, const struct kadr_digest *digest)
{
    struct watch *watch = context;
    json_t *event;

    if (ferror(stdout) != 0) {
        finish(watch, KADR_EXIT_IOERR);
    }
    if (!watch->cli->config.json) {
        return;
    }
    event = event_of("progress");
    json_set(event, "lineage", json_of_hex(position->lineage.bytes, sizeof(position->lineage.bytes)));
    json_set(event, "commit", json_integer((json_int_t)position->commit));
    json_set(event, "as_of", json_of_day(position->day));
    json_set(event, "reference", json_of_digest(&position->reference));
    json_set(event, "digest", json_of_digest(digest));
    print_event(watch, event);
}

/* ---- trouble ---- */

static void tell(struct watch *watch, const char *type, enum text text, const char *why)
{
    json_t *event;

    if (!watch->cli->config.json) {
        cli_say(watch->cli, stderr, text, TEXT_ARGS(why));
        return;
    }
    event = event_of(type);
    if (why != NULL) {
        json_set(event, "why", json_string(why));
    }
    print_event(watch, event);
}

static void on_gap(void *context, const char *why)
{
    tell(context, "gap", TEXT_GAP, why);
}

static void on_stalled(void *context)
{
    tell(context, "stalled", TEXT_STALLED, NULL);
}

static void on_resumed(void *context)
{
    tell(context, "resumed", TEXT_RESUMED, NULL);
}

static void on_refused(void *context, const struct kadr_refusal *refusal)
{
    struct watch *watch = context;

    cli_refused(watch->cli, &refusal->diag);
    finish(watch, KADR_EXIT_DATA);
}

static void on_silence(void *context)
{
    struct watch *watch = context;

    finish(watch, cli_ask_failed(watch->cli, KADR_ETIMEOUT, false));
}

/* ---- the command ---- */

static const char *path_of(const struct watch *watch, const char *unit)
{
    kadr_unit index = watch->names != NULL ? kadr_unit_find(watch->names, unit) : KADR_NO_UNIT;

    return index != KADR_NO_UNIT ? kadr_unit_info(watch->names, index)->path : "";
}

static int configure(const struct watch *watch, struct kadr_subscriber_config *config)
{
    const struct cli_config *options = &watch->cli->config;
    const char *unit = cli_unit_meant(watch->cli, !options->json);
    int code = cli_unit(watch->cli, watch->names, unit, &config->unit);

    code = code == 0 ? cli_indicator(watch->cli, watch->names, options->indicator, &config->indicator) : code;
    config->query_endpoint = options->query;
    config->feed_endpoint = options->feed;
    config->subtree = options->subtree;
    config->unit_path = code == 0 ? path_of(watch, config->unit) : "";
    return code;
}

static int follow(struct watch *watch, struct kadr_zctx *zctx, const struct kadr_subscriber_config *config)
{
    KADR_CLEANUP(kadr_subscriber_free) struct kadr_subscriber *subscriber = NULL;
    int err = kadr_loop_on_signal(watch->loop, SIGINT, on_signal, watch);

    err = err == 0 ? kadr_loop_on_signal(watch->loop, SIGTERM, on_signal, watch) : err;
    err = err == 0 ? kadr_subscriber_new(zctx, watch->loop, config, &subscriber) : err;
    err = err == 0 ? kadr_timer_new(watch->loop, on_silence, watch, &watch->patience) : err;
    if (err == 0) {
        kadr_timer_set(watch->patience, watch->cli->config.timeout_ns);
        err = kadr_loop_run(watch->loop);
    }
    kadr_timer_free(KADR_TAKE(watch->patience));
    if (err != 0) {
        cli_error(kadr_strerror(err));
        return err == KADR_EINVAL ? KADR_EXIT_CONFIG : KADR_EXIT_SOFTWARE;
    }
    return watch->code;
}

static int run_watch(struct watch *watch)
{
    KADR_CLEANUP(kadr_zctx_free) struct kadr_zctx *zctx = NULL;
    KADR_CLEANUP(kadr_loop_free) struct kadr_loop *loop = NULL;
    struct kadr_subscriber_config config = {
        .events = { .snapshot_begin = on_begin,
                    .snapshot_cell = on_cell,
                    .snapshot_end = on_end,
                    .change = on_change,
                    .progress = on_progress,
                    .gap = on_gap,
                    .stalled = on_stalled,
                    .resumed = on_resumed,
                    .refused = on_refused,
                    .context = watch },
    };
    int code = configure(watch, &config);

    if (code != 0) {
        return code;
    }
    if (kadr_zctx_new(&zctx) != 0 || kadr_loop_new(&loop) != 0) {
        return KADR_EXIT_SOFTWARE;
    }
    watch->loop = loop;
    return follow(watch, zctx, &config);
}

static int run(const struct cli *cli)
{
    struct watch watch = { .cli = cli };
    int code;

    if (cli->arg_count > 0) {
        cli_error("watch takes no arguments; see kadr watch --help");
        return KADR_EXIT_USAGE;
    }
    watch.names = cli_names(cli);
    code = run_watch(&watch);
    kadr_reference_unref(watch.names);
    json_decref(watch.snapshot);
    return code;
}

static const struct kadr_option options[] = {
    { "unit", KADR_OPTION_STRING, CLI_FIELD(unit), "", 0, KADR_MAX_CODE_BYTES,
      "code of the unit; empty: the country for people, every unit with --json" },
    { "subtree", KADR_OPTION_BOOL, CLI_FIELD(subtree), "no", 0, 0, "and all units below it" },
    { "indicator", KADR_OPTION_STRING, CLI_FIELD(indicator), "", 0, KADR_MAX_CODE_BYTES,
      "code of the indicator; empty: all" },
    { "count", KADR_OPTION_INT, CLI_FIELD(count), "0", 0, INT64_MAX, "end after so many changes; 0: never" },
    { "json", KADR_OPTION_BOOL, CLI_FIELD(json), "no", 0, 0, "one event a line, as JSON" },
};

const struct command command_watch = {
    .name = "watch",
    .summary = "changes as they happen",
    .usage =
        "  kadr watch                                  the country's figures\n"
        "  kadr watch --unit KZ-35 --subtree           a region and all below it\n"
        "  kadr watch --indicator headcount --count 1  wait for one change\n"
        "  kadr watch --json                           NDJSON: snapshot, change, progress, gap, stalled,\n"
        "                                              resumed\n\n"
        "Nothing is missed in silence: a gap or a stall is told, and a gap is followed by a new snapshot.\n"
        "When aggregatord sends no snapshot within --timeout, it ends with 69.\n",
    .options = options,
    .option_count = KADR_COUNT(options),
    .run = run,
};
