/* SPDX-License-Identifier: Apache-2.0 */
/* push.c - `kadr push`: files become reports in the office's outbox, the outbox is sent, receipts are told.
 *
 * A file is read, checked and durable in the outbox before anything is sent, so that an outage at any moment
 * costs a wait and not a report.
 */
#include <dirent.h>
#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "cli.h"
#include "client/publisher.h"
#include "edge/daemon.h"
#include "json.h"

#define PUT_BATCH 256 /* reports that one flush of the disk makes durable */

/* A report on its way into the outbox, and later what was wrong with its file. */
struct prepared {
    struct kadr_buf report;
    const char *file; /* borrowed from the command line */
    struct kadr_csv_places places;
    uint32_t rejected;
    struct kadr_diags diags;
    uint64_t sequence; /* once it is in the outbox */
};

struct push {
    const struct cli *cli;
    struct kadr_reference *reference;
    struct kadr_arena *arena;
    struct kadr_outbox *outbox;
    struct prepared *reports; /* one per file that is sent, in order of sequence */
    size_t count, queued;     /* prepared; of them in the outbox */
    uint64_t accepted, rejected;
    int failure; /* exit code of the worst thing that is not about rows; 0 */
};

/* ---- exit codes ---- */

/* Of two failures the one that a person must see to first. */
static void note_failure(struct push *push, int code)
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

static int exit_code(const struct push *push)
{
    if (push->failure != 0) {
        return push->failure;
    }
    if (push->rejected > 0) {
        return push->accepted > 0 ? KADR_EXIT_SOME_REJECTED : KADR_EXIT_DATA;
    }
    return KADR_EXIT_OK;
}

static int open_exit(int err)
{
    return err == KADR_EPERM ? KADR_EXIT_NOPERM : KADR_EXIT_CANTCREAT;
}

/* ---- telling ---- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static void print_diag(const struct push *push, const struct kadr_diag *diag, const char *file)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf line;

    kadr_buf_init(&line, 0);
    kadr_diag_line(diag, file, push->cli->lang, &line);
    (void)fprintf(stderr, "%s\n", kadr_buf_str(&line));
}

static void print_diags(const struct push *push, const struct kadr_diags *diags, const char *file)
{
    for (size_t i = 0; i < diags->count && !push->cli->config.json; i++) {
        print_diag(push, &diags->items[i], file);
    }
    if (diags->omitted > 0 && !push->cli->config.json) {
        char omitted[24];
        struct kadr_diags last;

        kadr_diags_init(&last);
        (void)snprintf(omitted, sizeof(omitted), "%zu", diags->omitted); /* fits: 20 digits at most */
        kadr_diags_add(&last, KADR_DIAG_TRUNCATED, -1, 0, 0, omitted, NULL, NULL);
        print_diags(push, &last, file);
        kadr_diags_done(&last);
    }
}

static void print_json(struct push *push, json_t *value)
{
    if (json_print(value) != 0) {
        note_failure(push, KADR_EXIT_IOERR);
    }
}

static void say_numbers(const struct push *push, enum text text, const char *file, uint64_t a, uint64_t b,
                        uint64_t c)
{
    char number[3][24];

    (void)snprintf(number[0], sizeof(number[0]), "%" PRIu64, a); /* 20 digits at most */
    (void)snprintf(number[1], sizeof(number[1]), "%" PRIu64, b);
    (void)snprintf(number[2], sizeof(number[2]), "%" PRIu64, c);
    cli_say(push->cli, stdout, text, TEXT_ARGS(file, number[0], number[1], number[2]));
}

/* What stands in place of a receipt for a file that was not sent. */
static void tell_unsent(struct push *push, const char *file, const char *outcome, uint64_t accepted,
                        uint64_t rejected, const struct kadr_diags *diags)
{
    json_t *object = json_object(), *list = json_array();

    for (size_t i = 0; i < diags->count; i++) {
        json_append(list, json_of_diag(&diags->items[i]));
    }
    json_set(object, "office", json_string(push->cli->config.office));
    json_set(object, "stream", json_null());
    json_set(object, "sequence", json_null());
    json_set(object, "lineage", json_null());
    json_set(object, "commit", json_null());
    json_set(object, "digest", json_null());
    json_set(object, "outcome", json_string(outcome));
    json_set(object, "accepted", json_integer((json_int_t)accepted));
    json_set(object, "rejected", json_integer((json_int_t)rejected));
    json_set(object, "file", json_string(base_name(file)));
    json_set(object, "diagnostics", list);
    print_json(push, object);
}

static void tell_nothing_sent(struct push *push, const char *file, uint64_t rejected,
                              const struct kadr_diags *diags)
{
    push->rejected += rejected > 0 ? rejected : 1;
    if (push->cli->config.json) {
        tell_unsent(push, file, "refused", 0, rejected, diags);
    } else {
        cli_say(push->cli, stderr, TEXT_NOT_SENT, TEXT_ARGS(file));
    }
}

/* ---- from file to outbox ---- */

static int judge(struct push *push, const struct kadr_report_csv *csv, struct kadr_diags *diags,
                 uint64_t *ret_accepted)
{
    const struct kadr_report *report = &csv->report;
    enum kadr_verdict *verdicts =
        kadr_arena_calloc(push->arena, report->observation_count + 1, sizeof(*verdicts));
    size_t before = diags->count;
    int err = verdicts != NULL ? kadr_report_judge(push->reference, push->cli->config.office, report,
                                                   kadr_day_at(kadr_clock_wall_ms()), verdicts, diags)
                               : KADR_ENOMEM;

    for (size_t i = before; i < diags->count; i++) {
        if (diags->items[i].line > 0) {
            diags->items[i].column = kadr_csv_column_of(&csv->places, diags->items[i].code);
        }
    }
    *ret_accepted = 0;
    for (size_t i = 0; err == 0 && i < report->observation_count; i++) {
        *ret_accepted += verdicts[i] != KADR_VERDICT_REFUSED;
    }
    return err == KADR_EINVAL ? 0 : err;
}

static void check_only(struct push *push, const char *file, const struct kadr_report_csv *csv,
                       struct kadr_diags *diags)
{
    uint64_t accepted = 0, rejected;

    if (judge(push, csv, diags, &accepted) != 0) {
        note_failure(push, KADR_EXIT_SOFTWARE);
        return;
    }
    rejected = csv->report.observation_count - accepted + csv->rejected;
    push->accepted += accepted;
    push->rejected += rejected;
    print_diags(push, diags, file);
    if (push->cli->config.json) {
        tell_unsent(push, file, "checked", accepted, rejected, diags);
    } else {
        say_numbers(push, TEXT_DRY_RUN, file, accepted, rejected, 0);
    }
}

static void release(struct prepared *prepared)
{
    kadr_buf_done(&prepared->report);
    kadr_diags_done(&prepared->diags);
}

/* A batch becomes durable; none of it is when that fails. */
static void flush_batch(struct push *push)
{
    struct kadr_outbox_item items[PUT_BATCH];
    size_t count = push->count - push->queued;
    struct prepared *batch = push->reports + push->queued;
    uint64_t first = 0;
    int err;

    if (count == 0) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        items[i] = (struct kadr_outbox_item){ .report = { batch[i].report.data, batch[i].report.len },
                                              .file = base_name(batch[i].file),
                                              .places = batch[i].places,
                                              .rejected = batch[i].rejected };
    }
    err = kadr_outbox_put(push->outbox, items, count, &first);
    for (size_t i = 0; i < count; i++) {
        batch[i].sequence = first + i;
        kadr_buf_done(&batch[i].report);
        if (err != 0) {
            kadr_diags_add(&batch[i].diags, KADR_DIAG_OUTBOX_FULL, -1, 0, 0, NULL, NULL, NULL);
            tell_nothing_sent(push, batch[i].file, batch[i].rejected, &batch[i].diags);
            print_diags(push, &batch[i].diags, batch[i].file);
            release(&batch[i]);
        }
    }
    push->count = err == 0 ? push->count : push->queued;
    push->queued = push->count;
    if (err != 0) {
        note_failure(push, err == KADR_EFULL || err == KADR_ENOSPC ? KADR_EXIT_CANTCREAT : KADR_EXIT_IOERR);
    }
}

static void prepare(struct push *push, const char *file, struct kadr_report_csv *csv,
                    struct kadr_diags *diags)
{
    struct prepared *prepared = &push->reports[push->count];

    kadr_random_bytes(csv->report.report_id, sizeof(csv->report.report_id));
    *prepared = (struct prepared){ .file = file, .places = csv->places, .rejected = (uint32_t)csv->rejected };
    kadr_buf_init(&prepared->report, KADR_MAX_REPORT_BYTES);
    kadr_encode_report(&csv->report, &prepared->report);
    print_diags(push, diags, file);
    if (prepared->report.err != 0) {
        kadr_diags_add(diags, KADR_DIAG_REPORT_TOO_LARGE, -1, 0, 0, NULL, NULL, NULL);
        tell_nothing_sent(push, file, csv->rejected + csv->report.observation_count, diags);
        kadr_buf_done(&prepared->report);
        return;
    }
    prepared->diags = *diags;
    kadr_diags_init(diags); /* they moved */
    push->count++;
    if (push->count - push->queued == PUT_BATCH) {
        flush_batch(push);
    }
}

/* What the file says is decided here: to be checked, to be sent, or of no use. */
static void take_report(struct push *push, const char *file, struct kadr_report_csv *csv,
                        struct kadr_diags *diags)
{
    struct kadr_report *report = &csv->report;
    bool strict = report->all_or_nothing || push->cli->config.all_or_nothing;
    bool spoilt = strict && csv->rejected > 0;

    report->all_or_nothing = strict;
    if (spoilt) {
        kadr_diags_add(diags, KADR_DIAG_ALL_OR_NOTHING, -1, 0, 0, NULL, NULL, NULL);
    }
    if (spoilt || (report->observation_count == 0 && !report->nothing_to_report)) {
        print_diags(push, diags, file);
        tell_nothing_sent(push, file, report->observation_count + csv->rejected, diags);
    } else if (push->cli->config.dry_run) {
        check_only(push, file, csv, diags);
    } else {
        prepare(push, file, csv, diags);
    }
}

static void take_bytes(struct push *push, const char *file, struct kadr_bytes bytes)
{
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags;
    struct kadr_report_csv csv;
    int err;

    kadr_diags_init(&diags);
    kadr_arena_clear(push->arena);
    err = kadr_report_csv_parse(push->reference, bytes, base_name(file), kadr_clock_wall_ms(), push->arena,
                                &csv, &diags);
    if (err == 0) {
        take_report(push, file, &csv, &diags);
    } else if (err == KADR_EINVAL) {
        print_diags(push, &diags, file);
        tell_nothing_sent(push, file, 0, &diags);
    } else {
        note_failure(push, KADR_EXIT_SOFTWARE);
    }
}

static void take_file(struct push *push, const char *file)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf bytes;
    int err;

    kadr_buf_init(&bytes, 0);
    err = cli_read_file(file, KADR_MAX_CSV_BYTES, &bytes);
    if (err == 0 || err == KADR_EFULL) { /* the reader names a file that is too large */
        take_bytes(push, file, (struct kadr_bytes){ bytes.data, bytes.len });
        return;
    }
    cli_say(push->cli, stderr, err == KADR_ENOENT ? TEXT_NO_FILE : TEXT_UNREADABLE, TEXT_ARGS(file));
    note_failure(push, KADR_EXIT_NOINPUT);
}

/* ---- receipts ---- */

static const struct prepared *prepared_of(const struct push *push, uint64_t sequence)
{
    uint64_t first = push->count > 0 ? push->reports[0].sequence : 0;

    /* numbers of one run follow each other: the outbox is ours alone */
    return sequence >= first && sequence - first < push->count ? &push->reports[sequence - first] : NULL;
}

static void print_receipt_diags(const struct push *push, const struct kadr_receipt *receipt,
                                const struct kadr_outbox_item *item, const char *file)
{
    for (size_t i = 0; i < receipt->diag_count; i++) {
        const struct kadr_wire_diag *wire = &receipt->diags[i];
        struct kadr_diag diag = wire->diag;
        uint32_t column = diag.line > 0 ? kadr_csv_column_of(&item->places, diag.code) : 0;

        diag.column = column > 0 ? column : diag.column;
        if (diag.code != KADR_DIAG_NONE) {
            print_diag(push, &diag, file);
        } else {
            (void)fprintf(stderr, "%s:%" PRIu32 ":%" PRIu32 ": %s: %s: %s\n", file, diag.line, diag.column,
                          wire->name, wire->text, wire->remedy);
        }
    }
}

static void tell_receipt(struct push *push, const struct kadr_receipt *receipt,
                         const struct kadr_outbox_item *item, const struct prepared *prepared)
{
    static const enum text texts[] = { [KADR_OUTCOME_COMMITTED] = TEXT_COMMITTED,
                                       [KADR_OUTCOME_DUPLICATE] = TEXT_DUPLICATE,
                                       [KADR_OUTCOME_REFUSED] = TEXT_REFUSED,
                                       [KADR_OUTCOME_HELD] = TEXT_HELD };
    const char *file = prepared != NULL ? prepared->file : item->file;

    print_receipt_diags(push, receipt, item, file);
    say_numbers(push, texts[receipt->outcome], file, receipt->commit, receipt->accepted,
                receipt->rejected + item->rejected);
}

/* The rows that the file's reader left out belong to its receipt. */
static json_t *whole_receipt(const struct kadr_receipt *receipt, const struct kadr_outbox_item *item,
                             const struct prepared *prepared)
{
    json_t *object = json_of_receipt(receipt, &item->places);
    json_t *all = json_array();

    for (size_t i = 0; prepared != NULL && i < prepared->diags.count; i++) {
        json_append(all, json_of_diag(&prepared->diags.items[i]));
    }
    if (json_array_extend(all, json_object_get(object, "diagnostics")) != 0) {
        json_decref(object);
        json_decref(all);
        return NULL;
    }
    json_set(object, "rejected", json_integer((json_int_t)receipt->rejected + item->rejected));
    json_set(object, "file", json_string(item->file));
    json_set(object, "diagnostics", all);
    return object;
}

static void on_receipt(void *context, const struct kadr_receipt *receipt)
{
    struct push *push = context;
    const struct prepared *prepared = prepared_of(push, receipt->sequence);
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf storage;
    struct kadr_outbox_item item = { .file = "?" };
    bool nothing_taken = receipt->outcome == KADR_OUTCOME_REFUSED || receipt->outcome == KADR_OUTCOME_HELD;

    kadr_buf_init(&storage, 0);
    if (kadr_outbox_get(push->outbox, receipt->sequence, &storage, &item) != 0) {
        note_failure(push, KADR_EXIT_IOERR); /* the receipt is still told */
    }
    push->accepted += receipt->accepted;
    push->rejected += receipt->rejected + item.rejected;
    push->rejected += nothing_taken && receipt->rejected == 0;
    if (push->cli->config.json) {
        print_json(push, whole_receipt(receipt, &item, prepared));
    } else {
        tell_receipt(push, receipt, &item, prepared);
    }
}

/* ---- sending ---- */

static uint64_t pending_count(const struct push *push)
{
    struct kadr_outbox_counts counts;

    return kadr_outbox_count(push->outbox, &counts) == 0 ? counts.pending : 0;
}

static void say_waiting(const struct push *push, enum text text, const char *arg, bool number_first)
{
    char number[24];

    (void)snprintf(number, sizeof(number), "%" PRIu64, pending_count(push)); /* 20 digits at most */
    cli_say(push->cli, stderr, text, number_first ? TEXT_ARGS(number, arg) : TEXT_ARGS(arg, number));
}

static void on_refused(void *context, const struct kadr_refusal *refusal)
{
    struct push *push = context;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf why;

    kadr_buf_init(&why, 0);
    if (refusal->diag.diag.code != KADR_DIAG_NONE) {
        kadr_diag_text(&refusal->diag.diag, push->cli->lang, &why);
        kadr_buf_add_str(&why, ": ");
        kadr_diag_remedy(&refusal->diag.diag, push->cli->lang, &why);
    } else {
        kadr_buf_printf(&why, "%s: %s", refusal->diag.text, refusal->diag.remedy);
    }
    say_waiting(push, TEXT_BLOCKED, kadr_buf_str(&why), false);
    note_failure(push,
                 refusal->diag.diag.code == KADR_DIAG_UNKNOWN_OFFICE ? KADR_EXIT_NOPERM : KADR_EXIT_DATA);
}

static void send_outbox(struct push *push)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf client;
    struct kadr_publisher_config config = {
        .endpoint = push->cli->config.ingest,
        .outbox = push->outbox,
        .events = { .receipt = on_receipt, .refused = on_refused, .context = push },
    };
    int err;

    if (pending_count(push) == 0) {
        return;
    }
    kadr_buf_init(&client, 0);
    kadr_buf_printf(&client, "kadr/%s", kadr_version());
    config.client = kadr_buf_str(&client);
    err = kadr_publish(&config, push->cli->config.timeout_ns, NULL);
    if (err == KADR_ETIMEOUT) {
        say_waiting(push, TEXT_IN_OUTBOX, push->cli->config.ingest, true);
        note_failure(push, KADR_EXIT_TEMPFAIL);
    } else if (err != 0 && err != KADR_EPERM) { /* a refusal was told already */
        cli_error(kadr_strerror(err));
        note_failure(push, err == KADR_EINVAL ? KADR_EXIT_CONFIG : KADR_EXIT_IOERR);
    }
}

static int open_outbox(struct push *push, const char *office)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf dir, why;
    struct kadr_outbox_config config = { .office = office,
                                         .max_bytes = (uint64_t)push->cli->config.outbox_bytes,
                                         .wait_ns = push->cli->config.timeout_ns,
                                         .allow_any_fs = push->cli->config.allow_any_fs };
    int err;

    kadr_buf_init(&dir, 0);
    kadr_buf_init(&why, 0);
    cli_outbox_dir(push->cli, &dir);
    kadr_buf_printf(&dir, "/%s", office);
    config.dir = kadr_buf_str(&dir);
    err = kadr_outbox_open(&config, &push->outbox, &why);
    if (err != 0) {
        cli_error(kadr_buf_str(&why));
        note_failure(push, open_exit(err));
    }
    return err;
}

/* ---- the command ---- */

static int push_files(struct push *push)
{
    int code = cli_reference(push->cli, &push->reference);

    if (code != 0) {
        return code;
    }
    push->reports = calloc((size_t)push->cli->arg_count, sizeof(*push->reports));
    if (push->reports == NULL || kadr_arena_new(KADR_MAX_ARENA_BYTES, &push->arena) != 0) {
        return KADR_EXIT_SOFTWARE;
    }
    if (!push->cli->config.dry_run && open_outbox(push, push->cli->config.office) != 0) {
        return push->failure;
    }
    for (int i = 0; i < push->cli->arg_count; i++) {
        take_file(push, push->cli->args[i]);
    }
    if (push->outbox != NULL) {
        flush_batch(push);
        send_outbox(push);
    }
    return exit_code(push);
}

/* One office's outbox, without new reports. */
static void push_waiting(struct push *push, const char *office, uint64_t *waited)
{
    if (open_outbox(push, office) == 0) {
        *waited += pending_count(push);
        send_outbox(push);
        kadr_outbox_close(KADR_TAKE(push->outbox));
    }
}

static void push_all_offices(struct push *push, uint64_t *waited)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf path;
    DIR *dir;

    kadr_buf_init(&path, 0);
    cli_outbox_dir(push->cli, &path);
    dir = opendir(kadr_buf_str(&path));
    for (const struct dirent *entry = NULL; dir != NULL && (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] != '.' && kadr_code_valid(entry->d_name)) {
            push_waiting(push, entry->d_name, waited);
        }
    }
    if (dir != NULL) {
        (void)closedir(dir); /* only read */
    }
}

static int push_outbox(struct push *push)
{
    uint64_t waited = 0;

    if (*push->cli->config.office != '\0') {
        push_waiting(push, push->cli->config.office, &waited);
    } else {
        push_all_offices(push, &waited);
    }
    if (waited == 0 && push->failure == 0 && !push->cli->config.json) {
        cli_say(push->cli, stderr, TEXT_EMPTY, TEXT_ARGS(NULL));
    }
    return exit_code(push);
}

static int run(const struct cli *cli)
{
    struct push push = { .cli = cli };
    const char *office = cli->config.office;
    int code;

    if ((cli->arg_count > 0 && *office == '\0') || (*office != '\0' && !kadr_code_valid(office))) {
        cli_say(cli, stderr, TEXT_NO_OFFICE, TEXT_ARGS(NULL));
        return KADR_EXIT_USAGE;
    }
    code = cli->arg_count > 0 ? push_files(&push) : push_outbox(&push);
    for (size_t i = 0; i < push.count; i++) {
        release(&push.reports[i]);
    }
    free(push.reports);
    kadr_outbox_close(push.outbox);
    kadr_arena_free(push.arena);
    kadr_reference_unref(push.reference);
    return code;
}

static const struct kadr_option options[] = {
    { "json", KADR_OPTION_BOOL, CLI_FIELD(json), "no", 0, 0, "one receipt a line, as JSON" },
    { "dry_run", KADR_OPTION_BOOL, CLI_FIELD(dry_run), "no", 0, 0, "check only; nothing is kept or sent" },
    { "all_or_nothing", KADR_OPTION_BOOL, CLI_FIELD(all_or_nothing), "no", 0, 0,
      "every row of a file takes force, or none" },
};

const struct command command_push = {
    .name = "push",
    .summary = "send reports, and what waits in the outbox",
    .usage =
        "  kadr push --office KZ-35 report.csv\n"
        "  kadr push --office KZ-35 --dry-run report.csv    check it first\n"
        "  kadr push --office KZ-35 --json *.csv            receipts for a script\n"
        "  kadr push                                        send what waits\n\n"
        "A report is safe on disk before it is sent. Exit 75: it waits in the outbox and goes out at the\n"
        "next push; exit 1: some rows were rejected, the others took force (kadr help exit-codes).\n",
    .options = options,
    .option_count = KADR_COUNT(options),
    .run = run,
};
