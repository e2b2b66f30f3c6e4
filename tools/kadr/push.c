/* SPDX-License-Identifier: Apache-2.0 */
/* push.c - `kadr push`: files become reports in the office's outbox, the outbox is sent, receipts are told.
 *
 * A file is read, checked and durable in the outbox before anything is sent, so that an outage at any moment
 * costs a wait and not a report.
 */
#include <dirent.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "client/publisher.h"
#include "edge/daemon.h"
#include "push.h"

static int exit_code(const struct push *push)
{
    if (push->failure != 0) {
        return push->failure;
    }
    if (push->rejected + push->held > 0) {
        return push->accepted > 0 ? KADR_EXIT_SOME_REJECTED : KADR_EXIT_DATA;
    }
    return KADR_EXIT_OK;
}

/* What waits is safe while another process holds the outbox; new files are not in it. */
int push_open_exit(const struct push *push, int err)
{
    if (err == KADR_EBUSY && push->cli->arg_count == 0) {
        return KADR_EXIT_TEMPFAIL;
    }
    return err == KADR_EPERM ? KADR_EXIT_NOPERM : KADR_EXIT_CANTCREAT;
}

/* ---- receipts ---- */

static struct prepared *prepared_of(const struct push *push, uint64_t sequence)
{
    uint64_t first = push->count > 0 ? push->reports[0].sequence : 0;

    /* numbers of one run follow each other: the outbox is ours alone */
    return sequence >= first && sequence - first < push->count ? &push->reports[sequence - first] : NULL;
}

static void tell_receipt(struct push *push, const struct kadr_receipt *receipt,
                         const struct kadr_outbox_item *item, const struct prepared *prepared)
{
    static const enum text texts[] = { [KADR_OUTCOME_COMMITTED] = TEXT_COMMITTED,
                                       [KADR_OUTCOME_DUPLICATE] = TEXT_DUPLICATE,
                                       [KADR_OUTCOME_REFUSED] = TEXT_REFUSED,
                                       [KADR_OUTCOME_HELD] = TEXT_HELD };
    const char *file = prepared != NULL ? prepared->file : item->file;

    push_print_diags(push, file, prepared != NULL ? &prepared->diags : NULL, receipt, &item->places);
    push_say(push, texts[receipt->outcome], file, receipt->commit, receipt->accepted,
             receipt->rejected + item->rejected);
    if (receipt->held > 0) {
        push_say(push, TEXT_SOME_HELD, file, receipt->held, 0, 0);
    }
}

/* The rows that the file's reader left out belong to its receipt. */
static json_t *whole_receipt(const struct kadr_receipt *receipt, const struct kadr_outbox_item *item,
                             const struct prepared *prepared)
{
    json_t *object = json_of_receipt(receipt, &item->places);
    json_t *all = prepared != NULL ? json_of_diags(&prepared->diags) : json_array();

    if (json_array_extend(all, json_object_get(object, "diagnostics")) != 0) {
        json_decref(object);
        json_decref(all);
        return NULL;
    }
    json_set(object, "rejected", json_integer((json_int_t)receipt->rejected + item->rejected));
    json_set(object, "diagnostics", json_by_line(all));
    return object;
}

static void on_receipt(void *context, const struct kadr_receipt *receipt)
{
    struct push *push = context;
    struct prepared *prepared = prepared_of(push, receipt->sequence);
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf storage = { 0 };
    struct kadr_outbox_item item = { .file = "?" };
    bool nothing_taken = receipt->outcome == KADR_OUTCOME_REFUSED || receipt->outcome == KADR_OUTCOME_HELD;

    kadr_buf_init(&storage, 0);
    if (kadr_outbox_get(push->outbox, receipt->sequence, &storage, &item) != 0) {
        push_failed(push, KADR_EXIT_IOERR); /* the receipt is still told */
    }
    if (prepared != NULL) {
        prepared->told = true;
    }
    push->delay[0] = '\0';
    push->accepted += receipt->accepted;
    push->rejected += receipt->rejected + item.rejected;
    push->held += receipt->held;
    push->rejected += nothing_taken && receipt->rejected == 0;
    if (push->cli->config.json) {
        push_print_json(push, whole_receipt(receipt, &item, prepared));
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

static void say_blocked(const struct push *push, const char *why)
{
    char number[24];

    (void)snprintf(number, sizeof(number), "%" PRIu64, pending_count(push)); /* 20 digits at most */
    cli_say(push->cli, stderr, TEXT_BLOCKED, TEXT_ARGS(why, number));
}

static void say_waiting(const struct push *push)
{
    const char *reason = text_of_delay(push->cli->lang, push->delay);
    char number[24];

    (void)snprintf(number, sizeof(number), "%" PRIu64, pending_count(push)); /* 20 digits at most */
    cli_say(push->cli, stderr,
            push->interrupted ? TEXT_INTERRUPTED
            : *reason != '\0' ? TEXT_DELAYED
                              : TEXT_IN_OUTBOX,
            TEXT_ARGS(number, push->cli->config.ingest, reason));
}

static void on_refused(void *context, const struct kadr_refusal *refusal)
{
    struct push *push = context;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf why = { 0 };

    kadr_buf_init(&why, 0);
    cli_why(push->cli, &refusal->diag, &why);
    say_blocked(push, kadr_buf_str(&why));
    push_failed(push,
                refusal->diag.diag.code == KADR_DIAG_UNKNOWN_OFFICE ? KADR_EXIT_NOPERM : KADR_EXIT_DATA);
}

static void on_delayed(void *context, const struct kadr_refusal *refusal)
{
    struct push *push = context;

    memcpy(push->delay, refusal->diag.diag.arg[0], sizeof(push->delay));
}

static void send_outbox(struct push *push)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf client = { 0 };
    struct kadr_publisher_config config = {
        .endpoint = push->cli->config.ingest,
        .outbox = push->outbox,
        .stop_on_signals = true,
        .events = { .receipt = on_receipt, .refused = on_refused, .delayed = on_delayed, .context = push },
    };
    int err;

    if (pending_count(push) == 0) {
        return;
    }
    kadr_buf_init(&client, 0);
    kadr_buf_printf(&client, "kadr/%s", kadr_version());
    config.client = kadr_buf_str(&client);
    err = kadr_publish(&config, push->cli->config.timeout_ns, NULL);
    if (err == KADR_ETIMEOUT || err == KADR_ECANCELED) {
        push->interrupted = err == KADR_ECANCELED;
        say_waiting(push);
        push_failed(push, KADR_EXIT_TEMPFAIL);
    } else if (err != 0 && err != KADR_EPERM) { /* a refusal was told already */
        cli_error(kadr_strerror(err));
        push_failed(push, err == KADR_EINVAL ? KADR_EXIT_CONFIG : KADR_EXIT_IOERR);
    }
}

static int open_outbox(struct push *push, const char *office)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf dir = { 0 }, why = { 0 };
    struct kadr_outbox_config config = { .office = office,
                                         .max_bytes = (uint64_t)push->cli->config.outbox_bytes,
                                         .wait_ns = push->cli->config.timeout_ns,
                                         .allow_any_fs = push->cli->config.allow_any_fs };
    int err;

    kadr_buf_init(&dir, 0);
    kadr_buf_init(&why, 0);
    push->delay[0] = '\0';
    err = cli_outbox_dir(push->cli, &dir);
    if (err != 0) {
        push_failed(push, err);
        return err;
    }
    kadr_buf_printf(&dir, "/%s", office);
    config.dir = kadr_buf_str(&dir);
    err = kadr_outbox_open(&config, &push->outbox, &why);
    if (err == KADR_EBUSY) {
        cli_say(push->cli, stderr, TEXT_HELD_BY_OTHER, TEXT_ARGS(config.dir));
    } else if (err != 0) {
        cli_error(kadr_buf_str(&why));
    }
    if (err != 0) {
        push_failed(push, push_open_exit(push, err));
    }
    return err;
}

/* A check alone makes no outbox and waits for nobody: it looks into one that is there. */
static void look_into_outbox(struct push *push)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf dir = { 0 }, file = { 0 };
    struct kadr_outbox_config config = { .office = push->cli->config.office,
                                         .max_bytes = (uint64_t)push->cli->config.outbox_bytes,
                                         .allow_any_fs = push->cli->config.allow_any_fs };

    kadr_buf_init(&dir, 0);
    kadr_buf_init(&file, 0);
    push->outbox_err = KADR_ENOENT;
    if (cli_outbox_dir(push->cli, &dir) != 0) {
        return;
    }
    kadr_buf_printf(&dir, "/%s", config.office);
    kadr_buf_printf(&file, "%s/data.mdb", kadr_buf_str(&dir));
    config.dir = kadr_buf_str(&dir);
    if (access(kadr_buf_str(&file), F_OK) == 0) {
        push->outbox_err = kadr_outbox_open(&config, &push->outbox, NULL);
    }
}

/* ---- the command ---- */

/* What waits for its receipt has faults all the same. */
static void tell_unanswered(const struct push *push)
{
    for (size_t i = 0; i < push->count; i++) {
        if (!push->reports[i].told) {
            push_print_diags(push, push->reports[i].file, &push->reports[i].diags, NULL, NULL);
        }
    }
}

static int push_files(struct push *push)
{
    int code = cli_reference(push->cli, &push->reference);

    if (code == 0) { /* before an outbox is made that can send nothing */
        code = cli_office(push->cli, push->reference, push->cli->config.office);
    }
    if (code != 0) {
        return code;
    }
    push->reports = calloc((size_t)push->cli->arg_count, sizeof(*push->reports));
    if (push->reports == NULL || kadr_arena_new(KADR_MAX_ARENA_BYTES, &push->arena) != 0) {
        return KADR_EXIT_SOFTWARE;
    }
    if (push->cli->config.dry_run) {
        look_into_outbox(push);
    } else if (open_outbox(push, push->cli->config.office) != 0) {
        return push->failure;
    }
    for (int i = 0; i < push->cli->arg_count; i++) {
        push_take_file(push, push->cli->args[i]);
    }
    if (!push->cli->config.dry_run) {
        push_flush(push);
        send_outbox(push);
        tell_unanswered(push);
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
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf path = { 0 };
    int code;
    DIR *dir;

    kadr_buf_init(&path, 0);
    code = cli_outbox_dir(push->cli, &path);
    if (code != 0) {
        push_failed(push, code);
        return;
    }
    dir = opendir(kadr_buf_str(&path));
    for (const struct dirent *entry = NULL;
         dir != NULL && !push->interrupted && (entry = readdir(dir)) != NULL;) {
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

    if (cli->arg_count > 0 ? *office == '\0' : *office != '\0' && !kadr_code_valid(office)) {
        cli_say(cli, stderr, TEXT_NO_OFFICE, TEXT_ARGS(NULL));
        return KADR_EXIT_USAGE;
    }
    if (*cli->config.replaces != '\0' && cli->arg_count != 1) {
        cli_say(cli, stderr, TEXT_ONE_REPLACES, TEXT_ARGS(NULL));
        return KADR_EXIT_USAGE;
    }
    code = cli->arg_count > 0 ? push_files(&push) : push_outbox(&push);
    for (size_t i = 0; i < push.count; i++) {
        push_release(&push.reports[i]);
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
    { "confirm", KADR_OPTION_BOOL, CLI_FIELD(confirm), "no", 0, 0,
      "what is far from what was expected is right" },
    { "replaces", KADR_OPTION_STRING, CLI_FIELD(replaces), "", 0, 0,
      "receipt of the report that this one takes the place of" },
};

const struct command command_push = {
    .name = "push",
    .summary = "send reports, and what waits in the outbox",
    .usage =
        "  kadr push --office KZ-35 report.csv\n"
        "  kadr push --office KZ-35 --dry-run report.csv    check it first\n"
        "  kadr push --office KZ-35 --json *.csv            receipts for a script\n"
        "  kadr push --office KZ-35 --confirm report.csv    an unlikely figure is right\n"
        "  kadr push --office KZ-35 --replaces 1204 new.csv what 1204 said besides is withdrawn\n"
        "  kadr push                                        send what waits\n\n"
        "A report is safe on disk before it is sent. Exit 75: it waits in the outbox and goes out at the\n"
        "next push; exit 1: some rows were rejected or held, the others took force (kadr help exit-codes).\n",
    .options = options,
    .option_count = KADR_COUNT(options),
    .run = run,
};
