/* SPDX-License-Identifier: Apache-2.0 */
/* push_files.c - files become reports in the office's outbox, and what is wrong with them is told. */
#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "client/held_before.h"
#include "client/replace.h"
#include "push.h"

#define PUT_BATCH 256 /* reports that one flush of the disk makes durable */

void push_failed(struct push *push, int code)
{
    static const int order[] = { KADR_EXIT_CONFIG, KADR_EXIT_NOPERM,  KADR_EXIT_CANTCREAT, KADR_EXIT_IOERR,
                                 KADR_EXIT_DATA,   KADR_EXIT_NOINPUT, KADR_EXIT_TEMPFAIL,  0 };

    for (size_t i = 0; i < KADR_COUNT(order); i++) {
        if (order[i] == code || order[i] == push->failure) {
            push->failure = order[i];
            return;
        }
    }
    push->failure = KADR_EXIT_SOFTWARE;
}

/* ---- telling ---- */

const char *push_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

void push_print_json(struct push *push, json_t *value)
{
    if (json_print(value) != 0) {
        push_failed(push, KADR_EXIT_IOERR);
    }
}

void push_say(const struct push *push, enum text text, const char *file, uint64_t a, uint64_t b, uint64_t c)
{
    char number[3][24];

    (void)snprintf(number[0], sizeof(number[0]), "%" PRIu64, a); /* 20 digits at most */
    (void)snprintf(number[1], sizeof(number[1]), "%" PRIu64, b);
    (void)snprintf(number[2], sizeof(number[2]), "%" PRIu64, c);
    cli_say(push->cli, stdout, text, TEXT_ARGS(file, number[0], number[1], number[2]));
}

struct counts {
    uint64_t accepted, rejected, held;
};

/* What stands in place of a receipt for a file that was not sent. */
static void tell_unsent(struct push *push, const char *outcome, const struct counts *counts,
                        const struct kadr_diags *diags)
{
    json_t *object = json_object();

    json_set(object, "office", json_string(push->cli->config.office));
    json_set(object, "stream", json_null());
    json_set(object, "sequence", json_null());
    json_set(object, "lineage", json_null());
    json_set(object, "commit", json_null());
    json_set(object, "digest", json_null());
    json_set(object, "outcome", json_string(outcome));
    json_set(object, "accepted", json_integer((json_int_t)counts->accepted));
    json_set(object, "rejected", json_integer((json_int_t)counts->rejected));
    json_set(object, "held", json_integer((json_int_t)counts->held));
    json_set(object, "diagnostics", json_by_line(json_of_diags(diags)));
    push_print_json(push, object);
}

static void tell_nothing_sent(struct push *push, const char *file, uint64_t rejected,
                              const struct kadr_diags *diags)
{
    push->rejected += rejected > 0 ? rejected : 1;
    push_print_diags(push, file, diags, NULL, NULL);
    if (push->cli->config.json) {
        tell_unsent(push, "refused", &(struct counts){ .rejected = rejected }, diags);
    }
    cli_say(push->cli, stderr, TEXT_NOT_SENT, TEXT_ARGS(file));
}

/* ---- from file to outbox ---- */

static int judge(struct push *push, const struct kadr_report_csv *csv, struct kadr_diags *diags,
                 struct counts *ret_counts)
{
    const struct kadr_report *report = &csv->report;
    enum kadr_verdict *verdicts =
        kadr_arena_calloc(push->arena, report->observation_count + 1, sizeof(*verdicts));
    size_t before = diags->count;
    int err = verdicts != NULL ? kadr_report_judge(push->reference, NULL, push->cli->config.office, report,
                                                   kadr_day_at(kadr_clock_wall_ms()), verdicts, diags)
                               : KADR_ENOMEM;

    for (size_t i = before; i < diags->count; i++) {
        if (diags->items[i].line > 0) {
            diags->items[i].column = kadr_csv_column_of(&csv->places, diags->items[i].code);
        }
    }
    *ret_counts = (struct counts){ .rejected = csv->rejected };
    for (size_t i = 0; i < report->observation_count; i++) {
        bool refused = err != 0 || verdicts[i] == KADR_VERDICT_REFUSED;
        bool held = !refused && verdicts[i] == KADR_VERDICT_HELD;
        ret_counts->rejected += refused;
        ret_counts->held += held;
        ret_counts->accepted += !refused && !held;
    }
    return err == KADR_EINVAL ? 0 : err;
}

static void check_only(struct push *push, const char *file, const struct kadr_report_csv *csv,
                       struct kadr_diags *diags)
{
    struct counts counts;

    if (judge(push, csv, diags, &counts) != 0) {
        push_failed(push, KADR_EXIT_SOFTWARE);
        return;
    }
    push->accepted += counts.accepted;
    push->rejected += counts.rejected;
    push->held += counts.held;
    push_print_diags(push, file, diags, NULL, NULL);
    if (push->cli->config.json) {
        tell_unsent(push, "checked", &counts, diags);
    } else {
        push_say(push, TEXT_DRY_RUN, file, counts.accepted, counts.rejected, 0);
        if (counts.held > 0) {
            push_say(push, TEXT_SOME_HELD, file, counts.held, 0, 0);
        }
    }
}

void push_release(struct prepared *prepared)
{
    kadr_buf_done(&prepared->report);
    kadr_diags_done(&prepared->diags);
}

static bool is_full(int err)
{
    return err == KADR_EFULL || err == KADR_ENOSPC;
}

/* A report that could not be kept. */
static void drop(struct push *push, struct prepared *prepared, int err)
{
    if (is_full(err)) {
        kadr_diags_add(&prepared->diags, KADR_DIAG_OUTBOX_FULL, -1, 0, 0, NULL, NULL, NULL);
    }
    tell_nothing_sent(push, prepared->file, prepared->rejected, &prepared->diags);
    push_release(prepared);
    push_failed(push, is_full(err) ? KADR_EXIT_CANTCREAT : KADR_EXIT_IOERR);
}

/* All of them durable, or none. */
static int put_all(struct push *push, struct prepared *batch, size_t count)
{
    struct kadr_outbox_item items[PUT_BATCH] = { { 0 } };
    uint64_t first = 0;
    int err;

    for (size_t i = 0; i < count; i++) {
        items[i] = (struct kadr_outbox_item){ .report = { batch[i].report.data, batch[i].report.len },
                                              .file = push_base_name(batch[i].file),
                                              .places = batch[i].places,
                                              .rejected = batch[i].rejected };
    }
    err = kadr_outbox_put(push->outbox, items, count, &first);
    for (size_t i = 0; i < count && err == 0; i++) {
        batch[i].sequence = first + i;
        kadr_buf_done(&batch[i].report);
    }
    return err;
}

/* Of a batch that does not fit as a whole, what fits. */
static void put_each(struct push *push, struct prepared *batch, size_t count, int err)
{
    for (size_t i = 0; i < count; i++) {
        err = is_full(err) ? put_all(push, &batch[i], 1) : err;
        if (err == 0) {
            push->reports[push->queued++] = batch[i];
            err = KADR_EFULL; /* as the batch was */
        } else {
            drop(push, &batch[i], err);
        }
    }
    if (!is_full(err)) {
        cli_error(kadr_strerror(err));
    }
    push->count = push->queued;
}

void push_flush(struct push *push)
{
    size_t count = push->count - push->queued;
    struct prepared *batch = push->reports + push->queued;
    int err = count > 0 ? put_all(push, batch, count) : 0;

    if (err != 0) {
        put_each(push, batch, count, err);
    }
    push->queued = push->count;
}

static void prepare(struct push *push, const char *file, struct kadr_report_csv *csv,
                    struct kadr_diags *diags)
{
    struct prepared *prepared = &push->reports[push->count];

    kadr_random_bytes(csv->report.report_id, sizeof(csv->report.report_id));
    *prepared = (struct prepared){ .file = file, .places = csv->places, .rejected = (uint32_t)csv->rejected };
    kadr_buf_init(&prepared->report, KADR_MAX_REPORT_BYTES);
    kadr_encode_report(&csv->report, &prepared->report);
    if (prepared->report.err != 0) {
        kadr_diags_add(diags, KADR_DIAG_REPORT_TOO_LARGE, -1, 0, 0, NULL, NULL, NULL);
        tell_nothing_sent(push, file, csv->rejected + csv->report.observation_count, diags);
        kadr_buf_done(&prepared->report);
        return;
    }
    prepared->diags = *diags; /* told with the receipt */
    kadr_diags_init(diags);   /* they moved */
    push->count++;
    if (push->count - push->queued == PUT_BATCH) {
        push_flush(push);
    }
}

static int told(struct push *push, int err)
{
    if (err != 0 && err != KADR_EINVAL) {
        cli_error(kadr_strerror(err));
        push_failed(push, KADR_EXIT_IOERR);
    }
    return err;
}

/* The report that this one takes the place of. A dry run that cannot look does not say that all is well. */
static int take_place(struct push *push, const char *receipt, struct kadr_report *report,
                      struct kadr_diags *diags)
{
    if (push->outbox != NULL) {
        return told(push, kadr_replace(push->outbox, push->reference, receipt, push->arena, report, diags));
    }
    if (push->outbox_err == KADR_ENOENT) {
        kadr_diags_add(diags, KADR_DIAG_REPLACES_UNKNOWN, -1, 0, 0, receipt, NULL, NULL);
    } else {
        cli_error(kadr_strerror(push->outbox_err));
        push_failed(push, push_open_exit(push, push->outbox_err));
    }
    return KADR_EINVAL;
}

/* The same file once more must not confirm what was held in it. */
static int check_held(struct push *push, const struct kadr_report *report, struct kadr_diags *diags)
{
    bool asked = push->outbox != NULL && !report->confirmed;

    return asked ? told(push, kadr_held_before(push->outbox, report, diags)) : 0;
}

/* What the file says is decided here: to be checked, to be sent, or of no use. A row that cannot be read
 * might be one that the replaced report had. */
static void take_report(struct push *push, const char *file, struct kadr_report_csv *csv,
                        struct kadr_diags *diags)
{
    struct kadr_report *report = &csv->report;
    const char *option = push->cli->config.replaces, *receipt = *option != '\0' ? option : csv->replaces;
    bool strict = report->all_or_nothing || push->cli->config.all_or_nothing;
    bool spoilt = (strict || *receipt != '\0') && csv->rejected > 0;

    report->all_or_nothing = strict;
    report->confirmed = report->confirmed || push->cli->config.confirm;
    if (spoilt) {
        kadr_diags_add(diags, KADR_DIAG_ALL_OR_NOTHING, -1, 0, 0, NULL, NULL, NULL);
    } else if (*receipt != '\0') {
        spoilt = take_place(push, receipt, report, diags) != 0;
    }
    spoilt = spoilt || check_held(push, report, diags) != 0;
    if (spoilt || (report->observation_count == 0 && !report->nothing_to_report && !report->has_replaces)) {
        tell_nothing_sent(push, file, report->observation_count + csv->rejected, diags);
    } else if (push->cli->config.dry_run) {
        check_only(push, file, csv, diags);
    } else {
        prepare(push, file, csv, diags);
    }
}

/* Nothing of it is sent; what else is wrong in it is told at once. */
static void take_unusable(struct push *push, const char *file, const struct kadr_report_csv *csv,
                          struct kadr_diags *diags)
{
    struct counts counts = { 0 };

    if (csv->report.observation_count > 0 && judge(push, csv, diags, &counts) != 0) {
        push_failed(push, KADR_EXIT_SOFTWARE);
        return;
    }
    tell_nothing_sent(push, file, csv->report.observation_count + csv->rejected, diags);
}

static void take_bytes(struct push *push, const char *file, struct kadr_bytes bytes)
{
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags = { 0 };
    struct kadr_report_csv csv;
    int err;

    kadr_diags_init(&diags);
    kadr_arena_clear(push->arena);
    err = kadr_report_csv_parse(push->reference, bytes, push_base_name(file), kadr_clock_wall_ms(),
                                push->arena, &csv, &diags);
    if (err == 0) {
        take_report(push, file, &csv, &diags);
    } else if (err == KADR_EINVAL) {
        take_unusable(push, file, &csv, &diags);
    } else {
        push_failed(push, KADR_EXIT_SOFTWARE);
    }
}

void push_take_file(struct push *push, const char *file)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf bytes = { 0 };
    int err;

    kadr_buf_init(&bytes, 0);
    err = cli_read_file(file, KADR_MAX_CSV_BYTES, &bytes);
    if (err == 0 || err == KADR_EFULL) { /* the reader names a file that is too large */
        take_bytes(push, file, (struct kadr_bytes){ bytes.data, bytes.len });
        return;
    }
    cli_say(push->cli, stderr, err == KADR_ENOENT ? TEXT_NO_FILE : TEXT_UNREADABLE, TEXT_ARGS(file));
    push_failed(push, KADR_EXIT_NOINPUT);
}
