/* SPDX-License-Identifier: Apache-2.0 */
/* reference.c - `kadr reference apply`: what would change against the version in force, and taking it into
 * force. storaged decides; what is printed here is a comparison of rows by their codes.
 */
#include <inttypes.h>
#include <string.h>

#include "base/csv.h"
#include "cli.h"
#include "edge/zsock.h"
#include "json.h"
#include "preview.h"

struct apply {
    const struct cli *cli;
    const struct reference_files *files;
    struct kadr_loop *loop;
    struct kadr_zsock *sock;
    struct kadr_arena *arena;
    json_t *json; /* instead of words; NULL: for people */
    bool compared;
    bool would_apply; /* checked: something else than what is in force */
    int code;         /* exit code */
};

/* ---- comparing ---- */

struct row {
    char *key;                 /* in the arena: codes that name the row, `cadre/doctor` */
    struct kadr_digest digest; /* of all its cells */
};

struct rows {
    struct row *items; /* in the arena */
    size_t count;
};

/* Fields (0-based) that name a row of a file. */
static const struct {
    const char *file;
    size_t key[3];
    size_t key_count;
} keys[] = { { "units.csv", { 0, 3 }, 2 },
             { "indicators.csv", { 0, 0 }, 1 },
             { "members.csv", { 0, 1 }, 2 },
             { "expected.csv", { 0, 1, 2 }, 3 } };

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct row *)a)->key, ((const struct row *)b)->key);
}

static int read_row(struct kadr_arena *arena, size_t file, const struct kadr_csv_record *record,
                    struct row *ret_row)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf key = { 0 }, all = { 0 };

    kadr_buf_init(&key, 0);
    kadr_buf_init(&all, 0);
    for (size_t i = 0; i < keys[file].key_count; i++) {
        size_t field = keys[file].key[i];

        kadr_buf_printf(&key, "%s%s", i > 0 ? "/" : "",
                        field < record->count ? record->field[field].text : "");
    }
    for (size_t i = 0; i < record->count; i++) {
        kadr_csv_write(&all, record->field[i].text, ',');
        kadr_buf_add_char(&all, '\n');
    }
    ret_row->digest = kadr_hash(all.data, all.len);
    ret_row->key = kadr_arena_strndup(arena, kadr_buf_str(&key), key.len);
    return key.err != 0 || all.err != 0 || ret_row->key == NULL ? KADR_ENOMEM : 0;
}

/* All rows but the header, sorted by key. Malformed ones are storaged's to name. */
static int read_rows(struct kadr_arena *arena, size_t file, struct kadr_bytes bytes, struct rows *ret_rows)
{
    KADR_CLEANUP(kadr_csv_done) struct kadr_csv csv = { 0 };
    struct kadr_csv_record record;
    size_t lines = 1;
    bool header = true;
    int err;

    for (size_t i = 0; i < bytes.len; i++) {
        lines += bytes.data[i] == '\n' || bytes.data[i] == '\r';
    }
    *ret_rows = (struct rows){ .items = kadr_arena_calloc(arena, lines, sizeof(struct row)) };
    if (ret_rows->items == NULL) {
        return KADR_ENOMEM;
    }
    kadr_csv_init(&csv, (const char *)bytes.data, bytes.len, ',', 1);
    while ((err = kadr_csv_next(&csv, &record)) != KADR_ENOENT && err != KADR_ENOMEM) {
        if (err == 0 && !header) {
            err = read_row(arena, file, &record, &ret_rows->items[ret_rows->count++]);
        }
        if (err == KADR_ENOMEM) {
            break;
        }
        header = false;
    }
    qsort(ret_rows->items, ret_rows->count, sizeof(struct row), by_key);
    return err == KADR_ENOENT ? 0 : err;
}

static void tell_row(struct apply *apply, char sign, const char *file, const char *key)
{
    const char *change = sign == '+' ? "added" : sign == '-' ? "removed" : "changed";
    json_t *row;

    if (apply->json == NULL) {
        (void)printf("%c %s: %s\n", sign, file, key);
        return;
    }
    row = json_object();
    json_set(row, "file", json_string(file));
    json_set(row, "key", json_string(key));
    json_set(row, "change", json_string(change));
    json_append(json_object_get(apply->json, "rows"), row);
}

static void tell_differences(struct apply *apply, const char *file, const struct rows *old,
                             const struct rows *new)
{
    size_t i = 0, j = 0;

    while (i < old->count || j < new->count) {
        int order = i == old->count ? 1 : j == new->count ? -1 : strcmp(old->items[i].key, new->items[j].key);

        if (order < 0) {
            tell_row(apply, '-', file, old->items[i].key);
        } else if (order > 0) {
            tell_row(apply, '+', file, new->items[j].key);
        } else if (!kadr_digest_equal(&old->items[i].digest, &new->items[j].digest)) {
            tell_row(apply, '~', file, new->items[j].key);
        }
        i += order <= 0;
        j += order >= 0;
    }
}

static struct kadr_bytes bytes_of(const struct kadr_file *files, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(files[i].name, name) == 0) {
            return files[i].bytes;
        }
    }
    return (struct kadr_bytes){ (const uint8_t *)"", 0 };
}

static int compare(struct apply *apply, const struct kadr_file *old, size_t old_count)
{
    int err = 0;

    for (size_t i = 0; i < KADR_COUNT(keys) && err == 0; i++) {
        struct kadr_bytes now = bytes_of(apply->files->files, apply->files->count, keys[i].file);
        struct rows before, after;

        err = read_rows(apply->arena, i, bytes_of(old, old_count, keys[i].file), &before);
        err = err == 0 ? read_rows(apply->arena, i, now, &after) : err;
        if (err == 0) {
            tell_differences(apply, keys[i].file, &before, &after);
        }
    }
    return err;
}

/* ---- talking to storaged ---- */

static void finish(struct apply *apply, int code)
{
    apply->code = code;
    kadr_loop_stop(apply->loop);
}

static void send_request(struct apply *apply, const struct kadr_store_request *request)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf frame = { 0 };
    int err;

    kadr_buf_init(&frame, KADR_MAX_FRAME_BYTES);
    kadr_encode_store_request(request, &frame);
    err = frame.err != 0 ? frame.err : kadr_zsock_send(apply->sock, NULL, frame.data, frame.len);
    if (err != 0) {
        cli_error(kadr_strerror(err));
        finish(apply, KADR_EXIT_SOFTWARE);
    }
}

static void send_follow(struct apply *apply)
{
    const struct kadr_store_request request = {
        .kind = KADR_STORE_FOLLOW,
        .follow = { .from = 1, .credit = KADR_MAX_FEED_CREDIT, .reference_only = true },
    };

    send_request(apply, &request);
}

static void send_apply(struct apply *apply)
{
    const struct kadr_store_request request = {
        .kind = KADR_STORE_APPLY,
        .apply = { .files = apply->files->files,
                   .count = apply->files->count,
                   .dry_run = apply->cli->config.dry_run },
    };

    send_request(apply, &request);
}

/* The feed begins with the version in force. */
static void take_feed(struct apply *apply, const struct kadr_store_reply *reply)
{
    for (size_t i = 0; i < reply->feed.count && !apply->compared; i++) {
        const struct kadr_record *record = &reply->feed.records[i];
        struct kadr_envelope envelope;
        struct kadr_wire_files files;

        if (kadr_decode_envelope(record->envelope, apply->arena, &envelope, NULL) != 0 ||
            envelope.kind != KADR_RECORD_REFERENCE ||
            kadr_decode_files(record->message, apply->arena, &files, NULL) != 0) {
            continue;
        }
        apply->compared = true;
        if (compare(apply, files.files, files.count) != 0) {
            finish(apply, KADR_EXIT_SOFTWARE);
            return;
        }
        send_apply(apply);
    }
}

static void json_fault(const struct apply *apply, const struct kadr_reference_diag *fault)
{
    static const struct kadr_csv_places nowhere;
    json_t *object = json_of_wire_diag(&fault->diag, &nowhere);

    json_set(object, "file", json_string(fault->file));
    json_append(json_object_get(apply->json, "faults"), object);
}

static void print_fault(const struct apply *apply, const struct kadr_reference_diag *fault)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf line = { 0 };

    if (apply->json != NULL) {
        json_fault(apply, fault);
        return;
    }
    kadr_buf_init(&line, 0);
    if (fault->diag.diag.code != KADR_DIAG_NONE) {
        kadr_diag_line(&fault->diag.diag, fault->file, apply->cli->lang, &line);
    } else {
        kadr_buf_printf(&line, "%s:%" PRIu32 ":%" PRIu32 ": %s: %s: %s", fault->file, fault->diag.diag.line,
                        fault->diag.diag.column, fault->diag.name, fault->diag.text, fault->diag.remedy);
    }
    (void)fprintf(stderr, "%s\n", kadr_buf_str(&line));
}

static void tell_outcome(struct apply *apply, const struct kadr_store_reply *reply, bool faults)
{
    static const char *const names[] = { "refused", "unchanged", "applied", "checked" };
    static const enum text texts[] = { TEXT_NOT_APPLIED, TEXT_UNCHANGED, TEXT_APPLIED, TEXT_WOULD_APPLY };
    size_t outcome = faults ? 0 : reply->applied.unchanged ? 1 : reply->applied.applied ? 2 : 3;
    char commit[24];

    (void)snprintf(commit, sizeof(commit), "%" PRIu64, reply->applied.commit); /* at most 20 digits */
    apply->would_apply = outcome == 3;
    if (apply->json == NULL) {
        cli_say(apply->cli, faults ? stderr : stdout, texts[outcome], TEXT_ARGS(commit));
        return;
    }
    json_set(apply->json, "outcome", json_string(names[outcome]));
    json_set(apply->json, "commit",
             outcome == 2 ? json_integer((json_int_t)reply->applied.commit) : json_null());
}

static void take_applied(struct apply *apply, const struct kadr_store_reply *reply)
{
    bool faults = false;

    for (size_t i = 0; i < reply->applied.diag_count; i++) {
        print_fault(apply, &reply->applied.diags[i]);
        faults = faults || reply->applied.diags[i].diag.severity == KADR_SEVERITY_ERROR;
    }
    tell_outcome(apply, reply, faults);
    finish(apply, faults ? KADR_EXIT_DATA : KADR_EXIT_OK);
}

static void on_reply(void *context, const struct kadr_peer *peer, const struct kadr_bytes *frames,
                     size_t count)
{
    struct apply *apply = context;
    struct kadr_store_reply reply;

    (void)peer;
    kadr_arena_clear(apply->arena);
    if (count != 1 || kadr_decode_store_reply(frames[0], apply->arena, &reply, NULL) != 0) {
        return; /* as if it had not come: the timeout decides */
    }
    if (reply.kind == KADR_STORE_FEED) {
        take_feed(apply, &reply);
    } else if (reply.kind == KADR_STORE_APPLIED) {
        take_applied(apply, &reply);
    } else if (reply.kind == KADR_STORE_REFUSAL) {
        cli_refused(apply->cli, &reply.refusal.diag);
        finish(apply, reply.refusal.retry_after_ms > 0 ? KADR_EXIT_UNAVAILABLE : KADR_EXIT_DATA);
    }
}

static void on_timeout(void *context)
{
    struct apply *apply = context;

    cli_say(apply->cli, stderr, TEXT_SILENT, TEXT_ARGS("storaged", apply->cli->config.store));
    finish(apply, KADR_EXIT_UNAVAILABLE);
}

static int talk(struct apply *apply, struct kadr_zctx *zctx)
{
    const struct kadr_zsock_config config = {
        .type = KADR_ZSOCK_DEALER,
        .endpoint = apply->cli->config.store,
        .max_frame_bytes = KADR_MAX_FRAME_BYTES,
        .out_queue_items = 4,
        .reconnect_max_ns = KADR_S(1),
        .receive = on_reply,
        .context = apply,
    };
    struct kadr_timer *timer = NULL;
    int err = kadr_zsock_new(zctx, apply->loop, &config, &apply->sock);

    err = err == 0 ? kadr_timer_new(apply->loop, on_timeout, apply, &timer) : err;
    if (err == 0) {
        kadr_timer_set(timer, apply->cli->config.timeout_ns);
        send_follow(apply);
        err = kadr_loop_run(apply->loop);
    }
    kadr_zsock_free(apply->sock);
    kadr_timer_free(timer);
    return err == 0 ? apply->code : err == KADR_EINVAL ? KADR_EXIT_CONFIG : KADR_EXIT_SOFTWARE;
}

/* ---- the command ---- */

/* {"outcome", "commit", "rows": [], "faults": [], "preview"} */
static json_t *new_json(void)
{
    json_t *object = json_object();

    json_set(object, "outcome", json_null()); /* refused with no reason of its own: stderr tells */
    json_set(object, "commit", json_null());
    json_set(object, "rows", json_array());
    json_set(object, "faults", json_array());
    json_set(object, "preview", json_null());
    return object;
}

static int tell(struct apply *apply, struct kadr_zctx *zctx)
{
    int code = talk(apply, zctx);

    if (apply->would_apply && apply->cli->config.dry_run) {
        preview_tell(apply->cli, apply->files->files, apply->files->count, apply->json);
    }
    if (apply->json != NULL && json_print(KADR_TAKE(apply->json)) != 0) {
        return KADR_EXIT_IOERR;
    }
    return code;
}

static int run(const struct cli *cli)
{
    KADR_CLEANUP(kadr_zctx_free) struct kadr_zctx *zctx = NULL;
    KADR_CLEANUP(kadr_loop_free) struct kadr_loop *loop = NULL;
    KADR_CLEANUP(kadr_arena_free) struct kadr_arena *arena = NULL;
    KADR_CLEANUP(reference_files_done) struct reference_files files = { 0 };
    struct apply apply = { .cli = cli, .files = &files, .code = KADR_EXIT_SOFTWARE };
    int code;

    if (cli->arg_count != 1 || strcmp(cli->args[0], "apply") != 0) {
        cli_error("want `kadr reference apply`; see kadr reference --help");
        return KADR_EXIT_USAGE;
    }
    code = cli_reference_files(cli, &files);
    if (code != 0) {
        return code;
    }
    if (kadr_zctx_new(&zctx) != 0 || kadr_loop_new(&loop) != 0 ||
        kadr_arena_new(KADR_MAX_ARENA_BYTES, &arena) != 0) {
        return KADR_EXIT_SOFTWARE;
    }
    apply.loop = loop;
    apply.arena = arena;
    apply.json = cli->config.json ? new_json() : NULL;
    return tell(&apply, zctx);
}

static const struct kadr_option options[] = {
    { "dry_run", KADR_OPTION_BOOL, CLI_FIELD(dry_run), "no", 0, 0,
      "check and compare only, and tell which figures would change" },
    { "json", KADR_OPTION_BOOL, CLI_FIELD(json), "no", 0, 0, "one JSON object instead of words" },
};

const struct command command_reference = {
    .name = "reference",
    .summary = "take the catalogue and the unit tree into force",
    .usage = "  kadr reference apply --dry-run    what would change: rows, and published figures\n"
             "  kadr reference apply              journal it: from then on it is in force everywhere\n\n"
             "Rows are told as + added, ~ changed, - removed, by their codes. A code that the journal knows "
             "cannot\n"
             "be removed: retiring is a date or a flag.\n",
    .options = options,
    .option_count = KADR_COUNT(options),
    .run = run,
};
