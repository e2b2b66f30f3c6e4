/* SPDX-License-Identifier: Apache-2.0 */
/* units.c - `kadr units import`: published tables of districts into units.csv. What becomes of a row is
 * decided in domain/units_import.h; here files are read, the list is told, and the result is written if, and
 * only if, it loads and no code is lost.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "client/charset.h"
#include "domain/units_import.h"
#include "json.h"

/* How an act is told; texts take {0} code, {1} name, {2} before, {3} after or day. */
static const struct {
    enum text text;
    bool row; /* begins with the place of its row */
} tellings[] = {
    [KADR_UNITS_ADDED] = { TEXT_UNIT_ADDED, false },
    [KADR_UNITS_RENAMED] = { TEXT_UNIT_RENAMED, false },
    [KADR_UNITS_MOVED] = { TEXT_UNIT_MOVED, false },
    [KADR_UNITS_CLOSED] = { TEXT_UNIT_CLOSED, false },
    [KADR_UNITS_ALIAS] = { TEXT_UNIT_ALIAS, false },
    [KADR_UNITS_REPAIRED] = { TEXT_UNIT_REPAIRED, true },
    [KADR_UNITS_MIXED] = { TEXT_UNIT_MIXED, true },
    [KADR_UNITS_NAMES] = { TEXT_UNIT_NAMES, true },
    [KADR_UNITS_MISSING] = { TEXT_UNIT_MISSING, false },
    [KADR_UNITS_LEFT_OUT] = { TEXT_UNIT_SETTLEMENTS, true },
};
#define ACTS KADR_COUNT(tellings)

struct result {
    const struct kadr_units_change *changes;
    size_t count;
    size_t acts[ACTS];
    size_t settlements; /* among those left out */
    const char *path;   /* where it was written; NULL: nowhere */
};

static void print_diags(const struct cli *cli, const struct kadr_diags *diags, const char *path)
{
    for (size_t i = 0; i < diags->count; i++) {
        KADR_CLEANUP(kadr_buf_done) struct kadr_buf line = { 0 };

        kadr_buf_init(&line, 0);
        kadr_diag_line(&diags->items[i], path, cli->lang, &line);
        (void)fprintf(stderr, "%s\n", kadr_buf_str(&line));
    }
}

static int exit_code_of(int err)
{
    return err == KADR_EINVAL ? KADR_EXIT_DATA : KADR_EXIT_SOFTWARE;
}

/* ---- reading ---- */

static int read_text(const struct cli *cli, const char *path, struct kadr_buf *ret_text,
                     struct kadr_diags *diags)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf raw = { 0 };
    enum kadr_charset charset;
    uint32_t line = 0;
    int err;

    kadr_buf_init(&raw, 0);
    err = cli_read_file(path, KADR_MAX_CSV_BYTES, &raw);
    if (err == KADR_ENOENT || err == KADR_EIO) {
        cli_say(cli, stderr, err == KADR_ENOENT ? TEXT_NO_FILE : TEXT_UNREADABLE, TEXT_ARGS(path));
        return KADR_EXIT_NOINPUT;
    }
    if (err == KADR_EFULL) {
        kadr_diags_add(diags, KADR_DIAG_FILE_TOO_LARGE, -1, 0, 0, NULL, NULL, NULL);
        return KADR_EXIT_DATA;
    }
    err = err == 0 ? kadr_charset_decode((struct kadr_bytes){ raw.data, raw.len }, ret_text, &charset, &line)
                   : err;
    if (err == KADR_EINVAL) {
        kadr_diags_add(diags, KADR_DIAG_ENCODING, -1, line, 0, NULL, NULL, NULL);
    } else if (err == 0 && kadr_charset_guessed(charset)) {
        kadr_diags_add(diags, KADR_DIAG_ENCODING_GUESSED, -1, 0, 0, kadr_charset_name(charset), NULL, NULL);
    }
    return err == 0 ? 0 : exit_code_of(err);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static int add_file(const struct cli *cli, struct kadr_units_import *import, const char *path)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf text = { 0 };
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags = { 0 };
    int code;

    kadr_buf_init(&text, 0);
    kadr_diags_init(&diags);
    code = read_text(cli, path, &text, &diags);
    if (code == 0) {
        int err = kadr_units_import_add(import, base_name(path), (struct kadr_bytes){ text.data, text.len },
                                        &diags);
        code = err == 0 ? 0 : exit_code_of(err);
    }
    print_diags(cli, &diags, path);
    return code;
}

/* ---- telling ---- */

static void place_of(const struct kadr_units_change *change, struct kadr_buf *out)
{
    if (change->file[0] != '\0') {
        kadr_buf_printf(out, "%s:%" PRIu32 ": ", change->file, change->line);
    }
}

static void tell_left_out(const struct cli *cli, const struct kadr_units_change *change)
{
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags = { 0 };
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf line = { 0 };

    kadr_diags_init(&diags);
    kadr_buf_init(&line, 0);
    kadr_diags_add(&diags, change->diag, -1, change->line, 0,
                   change->name[0] != '\0' ? change->name : change->before, change->before, NULL);
    if (diags.count > 0) {
        kadr_diag_line(&diags.items[0], change->file, cli->lang, &line);
        (void)printf("%s\n", kadr_buf_str(&line));
    }
}

static void tell_change(const struct cli *cli, const struct kadr_units_change *change)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf line = { 0 };
    char day[KADR_DAY_TEXT_BYTES];
    const char *last = change->day != KADR_DAY_NONE ? kadr_day_format(change->day, day) : change->after;

    if (change->act == KADR_UNITS_LEFT_OUT) {
        if (!change->settlement) {
            tell_left_out(cli, change);
        }
        return;
    }
    kadr_buf_init(&line, 0);
    if (tellings[change->act].row) {
        place_of(change, &line);
    }
    text_say(cli->lang, tellings[change->act].text,
             TEXT_ARGS(change->code, change->name,
                       change->act == KADR_UNITS_MOVED ? change->after : change->before, last),
             &line);
    (void)printf("%s\n", kadr_buf_str(&line));
}

static void tell_counts(const struct cli *cli, enum text text, size_t a, size_t b, size_t c, size_t d)
{
    char number[4][24];

    (void)snprintf(number[0], sizeof(number[0]), "%zu", a); /* 20 digits at most */
    (void)snprintf(number[1], sizeof(number[1]), "%zu", b);
    (void)snprintf(number[2], sizeof(number[2]), "%zu", c);
    (void)snprintf(number[3], sizeof(number[3]), "%zu", d);
    cli_say(cli, stdout, text, TEXT_ARGS(number[0], number[1], number[2], number[3]));
}

static void tell_result(const struct cli *cli, const struct result *result)
{
    for (size_t i = 0; i < result->count; i++) {
        tell_change(cli, &result->changes[i]);
    }
    if (result->settlements > 0) {
        tell_counts(cli, TEXT_UNIT_SETTLEMENTS, result->settlements, 0, 0, 0);
    }
    tell_counts(cli, TEXT_UNITS_COUNTED, result->acts[KADR_UNITS_ADDED], result->acts[KADR_UNITS_RENAMED],
                result->acts[KADR_UNITS_MOVED], result->acts[KADR_UNITS_CLOSED]);
    tell_counts(cli, TEXT_UNITS_COUNTED_MORE, result->acts[KADR_UNITS_ALIAS],
                result->acts[KADR_UNITS_REPAIRED], result->acts[KADR_UNITS_LEFT_OUT],
                result->acts[KADR_UNITS_MISSING]);
    cli_say(cli, stdout,
            result->path == NULL ? TEXT_UNITS_NOT_WRITTEN
            : cli->config.write  ? TEXT_UNITS_WRITTEN
                                 : TEXT_UNITS_APART,
            TEXT_ARGS(result->path));
}

static json_t *text_or_null(const char *text)
{
    return *text != '\0' ? json_string(text) : json_null();
}

static json_t *json_of_change(const struct kadr_units_change *change)
{
    json_t *object = json_object();

    json_set(object, "act", json_string(kadr_units_act_text(change->act)));
    json_set(object, "code", text_or_null(change->code));
    json_set(object, "name", text_or_null(change->name));
    json_set(object, "before", text_or_null(change->before));
    json_set(object, "after", text_or_null(change->after));
    json_set(object, "day", json_of_day(change->day));
    json_set(object, "reason",
             change->act == KADR_UNITS_LEFT_OUT ? json_string(kadr_diag_code_text(change->diag))
                                                : json_null());
    json_set(object, "file", text_or_null(change->file));
    json_set(object, "line", change->line > 0 ? json_integer(change->line) : json_null());
    return object;
}

static int print_json(const struct result *result)
{
    json_t *object = json_object(), *counts = json_object(), *list = json_array();

    for (size_t act = 0; act < ACTS; act++) {
        json_set(counts, kadr_units_act_text((enum kadr_units_act)act),
                 json_integer((json_int_t)result->acts[act]));
    }
    for (size_t i = 0; i < result->count; i++) {
        json_append(list, json_of_change(&result->changes[i]));
    }
    json_set(object, "written", result->path != NULL ? json_string(result->path) : json_null());
    json_set(object, "counts", counts);
    json_set(object, "changes", list);
    return json_print(object) == 0 ? 0 : KADR_EXIT_IOERR;
}

static struct result count_acts(const struct kadr_units_import *import)
{
    struct result result = { 0 };

    result.changes = kadr_units_import_changes(import, &result.count);
    for (size_t i = 0; i < result.count; i++) {
        result.acts[result.changes[i].act]++;
        result.settlements += result.changes[i].settlement ? 1 : 0;
    }
    return result;
}

/* ---- the result ---- */

/* It must load beside the catalogue, and know every code that was known. */
static int check(const struct cli *cli, const struct reference_files *present, const struct kadr_buf *units,
                 const char *path)
{
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags = { 0 };
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *older = NULL, *newer = NULL;
    struct kadr_file files[KADR_COUNT(present->files)];
    int err;

    kadr_diags_init(&diags);
    memcpy(files, present->files, sizeof(files));
    err = kadr_reference_load(files, present->count, NULL, &older);
    files[0].bytes = (struct kadr_bytes){ units->data, units->len };
    err = err == 0 ? kadr_reference_load(files, present->count, &diags, &newer) : err;
    if (err == 0 && kadr_reference_lost_codes(older, newer, &diags) > 0) {
        err = KADR_EINVAL;
    }
    print_diags(cli, &diags, path);
    return err == 0 ? 0 : exit_code_of(err);
}

/* Beside it, then in its place: a reader finds the old file or the new one. */
static int write_file(const struct cli *cli, const char *path, const struct kadr_buf *bytes)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf beside = { 0 };
    FILE *file;
    bool fine;

    kadr_buf_init(&beside, 0);
    kadr_buf_printf(&beside, "%s.tmp", path);
    file = beside.err == 0 ? fopen(kadr_buf_str(&beside), "wb") : NULL;
    fine = file != NULL && fwrite(bytes->data, 1, bytes->len, file) == bytes->len && fflush(file) == 0 &&
           fsync(fileno(file)) == 0;
    fine = (file == NULL || fclose(file) == 0) && fine;
    if (fine && rename(kadr_buf_str(&beside), path) == 0) {
        return 0;
    }
    const char *why = strerror(errno);
    if (file != NULL) {
        (void)remove(kadr_buf_str(&beside)); /* what is left of it is of no use */
    }
    cli_say(cli, stderr, TEXT_CANNOT_WRITE, TEXT_ARGS(path, why));
    return KADR_EXIT_IOERR;
}

static int finish(const struct cli *cli, const struct kadr_units_import *import,
                  const struct reference_files *present, const char *path)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf units = { 0 };
    struct result result = count_acts(import);
    int code;

    kadr_buf_init(&units, 0);
    kadr_units_import_write(import, &units);
    code = units.err != 0 ? KADR_EXIT_SOFTWARE : check(cli, present, &units, path);
    if (code == 0 && !cli->config.dry_run) {
        code = write_file(cli, path, &units);
        result.path = code == 0 ? path : NULL;
    }
    if (cli->config.json) {
        int printed = print_json(&result);

        return code == 0 ? printed : code;
    }
    tell_result(cli, &result);
    return code;
}

static int import_files(const struct cli *cli, const struct reference_files *present, const char *path)
{
    KADR_CLEANUP(kadr_units_import_free) struct kadr_units_import *import = NULL;
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags = { 0 };
    int code = 0, err;

    kadr_diags_init(&diags);
    err = kadr_units_import_new(present->files[0].bytes, &diags, &import);
    print_diags(cli, &diags, present->files[0].name);
    if (err != 0) {
        return err == KADR_EINVAL ? KADR_EXIT_CONFIG : KADR_EXIT_SOFTWARE;
    }
    for (int i = 1; i < cli->arg_count && code == 0; i++) {
        code = add_file(cli, import, cli->args[i]);
    }
    if (code == 0 && kadr_units_import_run(import, cli->config.close) != 0) {
        code = KADR_EXIT_SOFTWARE;
    }
    return code == 0 ? finish(cli, import, present, path) : code;
}

static int run(const struct cli *cli)
{
    KADR_CLEANUP(reference_files_done) struct reference_files present = { 0 };
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf path = { 0 };
    int code;

    if (cli->arg_count < 2 || strcmp(cli->args[0], "import") != 0) {
        cli_error("want `kadr units import FILE...`; see kadr units --help");
        return KADR_EXIT_USAGE;
    }
    if ((*cli->config.output != '\0') + cli->config.write + cli->config.dry_run != 1) {
        cli_error("want one of --dry-run, --output FILE and --write");
        return KADR_EXIT_USAGE;
    }
    kadr_buf_init(&path, 0);
    kadr_buf_printf(&path, "%s%s", *cli->config.output != '\0' ? cli->config.output : cli_reference_dir(cli),
                    *cli->config.output != '\0' ? "" : "/units.csv");
    code = path.err != 0 ? KADR_EXIT_SOFTWARE : cli_reference_files(cli, &present);
    return code == 0 ? import_files(cli, &present, kadr_buf_str(&path)) : code;
}

static const struct kadr_option options[] = {
    { "dry_run", KADR_OPTION_BOOL, CLI_FIELD(dry_run), "no", 0, 0, "tell what would change; write nothing" },
    { "output", KADR_OPTION_PATH, CLI_FIELD(output), "", 0, 0, "write the new units.csv to this file" },
    { "write", KADR_OPTION_BOOL, CLI_FIELD(write), "no", 0, 0, "replace units.csv in the reference folder" },
    { "close", KADR_OPTION_DAY, CLI_FIELD(close), "", 0, 0,
      "last day of districts that the classifier does not list any more; empty: they stay" },
    { "json", KADR_OPTION_BOOL, CLI_FIELD(json), "no", 0, 0, "the list as JSON" },
};

const struct command command_units = {
    .name = "units",
    .summary = "districts and towns from published tables into units.csv",
    .usage =
        "  kadr units import --dry-run kato.csv                    what would change\n"
        "  kadr units import --output new.csv districts.csv moves.csv\n"
        "  kadr units import --write kato.csv                      replace units.csv; then kadr reference "
        "apply\n\n"
        "Files: the KATO classifier (te,ab,cd,ef,hij,k,name_kaz,name_rus,nn), a table (CODE, RU_NAME,\n"
        "KZ_NAME, KATO), moves (code,from,parent,successors). Separated by comma or semicolon; UTF-8,\n"
        "CP1251 or KZ-1048. No code is lost; the result must load, or nothing is written.\n",
    .options = options,
    .option_count = KADR_COUNT(options),
    .run = run,
};
