/* SPDX-License-Identifier: Apache-2.0 */
/* cli.c - options and speech of the tool. Flags may stand anywhere on the command line: they are brought
 * before the positionals and then read by the same loader as every daemon's (edge/options.h).
 */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "client/instant.h"

#define DEFAULT_CONFIG "/etc/kadr/kadr.conf"

static const struct kadr_option shared_options[] = {
    { "ingest", KADR_OPTION_ENDPOINT, CLI_FIELD(ingest), "tcp://127.0.0.1:7701", 0, 0,
      "ingestd: where reports go" },
    { "store", KADR_OPTION_ENDPOINT, CLI_FIELD(store), "tcp://127.0.0.1:7702", 0, 0,
      "storaged: where reference data go" },
    { "query", KADR_OPTION_ENDPOINT, CLI_FIELD(query), "tcp://127.0.0.1:7703", 0, 0,
      "aggregatord: questions" },
    { "feed", KADR_OPTION_ENDPOINT, CLI_FIELD(feed), "tcp://127.0.0.1:7704", 0, 0,
      "aggregatord: the live feed" },
    { "ingestd_http", KADR_OPTION_ADDRESS, CLI_FIELD(ingestd_http), "127.0.0.1:7711", 0, 0,
      "ingestd: health and status" },
    { "storaged_http", KADR_OPTION_ADDRESS, CLI_FIELD(storaged_http), "127.0.0.1:7712", 0, 0,
      "storaged: health and status" },
    { "aggregatord_http", KADR_OPTION_ADDRESS, CLI_FIELD(aggregatord_http), "127.0.0.1:7713", 0, 0,
      "aggregatord: health and status" },
    { "outbox", KADR_OPTION_PATH, CLI_FIELD(outbox), "", 0, 0,
      "folder of the outboxes; empty: $XDG_STATE_HOME/kadr/outbox or ~/.local/state/kadr/outbox" },
    { "reference", KADR_OPTION_PATH, CLI_FIELD(reference), "", 0, 0,
      "folder of units.csv and catalogue/; empty: ./config, else /usr/share/kadr" },
    { "office", KADR_OPTION_STRING, CLI_FIELD(office), "", 0, KADR_MAX_CODE_BYTES,
      "code of the unit that reports: KZ-35" },
    { "lang", KADR_OPTION_STRING, CLI_FIELD(lang), "", 0, 32,
      "kk, ru or en; empty: as LANGUAGE, LC_ALL, LC_MESSAGES or LANG say" },
    { "timeout", KADR_OPTION_DURATION, CLI_FIELD(timeout_ns), "10s", KADR_MS(10), KADR_S(86400),
      "longest wait without an answer" },
    { "outbox_bytes", KADR_OPTION_SIZE, CLI_FIELD(outbox_bytes), "1G", 1 << 16,
      (int64_t)KADR_MAX_OUTBOX_BYTES, "largest outbox of an office" },
    { "allow_any_fs", KADR_OPTION_BOOL, CLI_FIELD(allow_any_fs), "no", 0, 0,
      "keep the outbox also where a flush may mean nothing (NFS, tmpfs, overlay)" },
    { "log_level", KADR_OPTION_LEVEL, CLI_FIELD(log_level), "warn", 0, 0, "debug, info, warn or error" },
};

void cli_error(const char *what)
{
    (void)fprintf(stderr, "kadr: %s\n", what);
}

void cli_say(const struct cli *cli, FILE *stream, enum text text, const char *const args[4])
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf line = { 0 };

    kadr_buf_init(&line, 0);
    text_say(cli->lang, text, args, &line);
    (void)fprintf(stream, "%s%s\n", stream == stderr ? "kadr: " : "", kadr_buf_str(&line));
}

/* ---- options ---- */

struct option_table {
    struct kadr_option items[CLI_MAX_OPTIONS];
    size_t count;
};

static void make_table(const struct command *command, struct option_table *ret)
{
    KADR_ASSERT(command->option_count + KADR_COUNT(shared_options) <= CLI_MAX_OPTIONS);
    if (command->option_count > 0) {
        memcpy(ret->items, command->options, command->option_count * sizeof(ret->items[0]));
    }
    memcpy(ret->items + command->option_count, shared_options, sizeof(shared_options));
    ret->count = command->option_count + KADR_COUNT(shared_options);
}

static bool takes_value(const struct option_table *table, const char *flag)
{
    for (size_t i = 0; i < table->count; i++) {
        const char *name = table->items[i].name;
        size_t at = 0;

        while (name[at] != '\0' && flag[2 + at] == (name[at] == '_' ? '-' : name[at])) {
            at++;
        }
        if (name[at] == '\0' && flag[2 + at] == '\0') {
            return table->items[i].type != KADR_OPTION_BOOL;
        }
    }
    return false;
}

/* The command line, sorted: own flags, then positionals. */
struct sorted {
    char **argv; /* owned array of borrowed words: name, flags, "--", positionals */
    int argc;
    const char *config; /* --config; NULL: not given */
    bool help, lacks_config;
};

static bool is_flag(const char *word)
{
    return strncmp(word, "--", 2) == 0 && word[2] != '\0';
}

/* Words that a flag takes with its value: 2; 1 where it takes none or lacks it, which the loader tells. */
static int flag_words(const struct option_table *table, int argc, char *const *argv, int at)
{
    bool pair = strcmp(argv[at], "--config") == 0 || takes_value(table, argv[at]);

    return pair && at + 1 < argc && kadr_option_takes(argv[at + 1]) ? 2 : 1;
}

/* The tool's own flags are taken out. */
static void take_flag(char **argv, int at, int words, struct sorted *ret)
{
    if (strcmp(argv[at], "--help") == 0) {
        ret->help = true;
    } else if (strncmp(argv[at], "--config=", 9) == 0) {
        ret->config = argv[at] + 9;
    } else if (strcmp(argv[at], "--config") == 0) {
        ret->config = words == 2 ? argv[at + 1] : NULL;
        ret->lacks_config = words < 2;
    } else {
        memcpy(ret->argv + ret->argc, argv + at, (size_t)words * sizeof(*argv));
        ret->argc += words;
    }
}

/* Walks argv past the name at `name_at`; positionals go to their own array. */
static int walk_words(const struct option_table *table, int argc, char **argv, int name_at,
                      char **positionals, struct sorted *ret)
{
    bool flags = true;
    int count = 0, words;

    for (int at = 1; at < argc; at += words) {
        words = 1;
        if (at == name_at) {
            continue;
        }
        if (flags && strcmp(argv[at], "-h") == 0) {
            ret->help = true;
        } else if (flags && strcmp(argv[at], "--") == 0) {
            flags = false;
        } else if (flags && is_flag(argv[at])) {
            words = flag_words(table, argc, argv, at);
            take_flag(argv, at, words, ret);
        } else {
            positionals[count++] = argv[at];
        }
    }
    return count;
}

static int sort_words(const struct option_table *table, int argc, char **argv, int name_at,
                      struct sorted *ret)
{
    static char separator[] = "--";
    char **positionals = calloc((size_t)argc + 1, sizeof(*positionals));
    int count;

    ret->argv = calloc((size_t)argc + 2, sizeof(*ret->argv));
    if (positionals == NULL || ret->argv == NULL) {
        free(positionals);
        return KADR_ENOMEM;
    }
    ret->argv[ret->argc++] = argv[name_at];
    count = walk_words(table, argc, argv, name_at, positionals, ret);
    ret->argv[ret->argc++] = separator;
    memcpy(ret->argv + ret->argc, positionals, (size_t)count * sizeof(*positionals));
    ret->argc += count;
    free(positionals);
    return 0;
}

int cli_shared_flag(int argc, char *const *argv, int at)
{
    struct option_table table = { .count = KADR_COUNT(shared_options) };

    memcpy(table.items, shared_options, sizeof(shared_options));
    return is_flag(argv[at]) ? flag_words(&table, argc, argv, at) : 0;
}

static const char *config_file(const struct sorted *words)
{
    const char *variable = getenv("KADR_CONFIG");
    FILE *installed;

    if (words->config != NULL) {
        return words->config;
    }
    if (variable != NULL && *variable != '\0') {
        return variable;
    }
    installed = fopen(DEFAULT_CONFIG, "r");
    if (installed == NULL) {
        return NULL;
    }
    (void)fclose(installed); /* only looked for */
    return DEFAULT_CONFIG;
}

static enum kadr_lang pick_lang(const char *option)
{
    static const char *const variables[] = { "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG" };

    if (*option != '\0') {
        return kadr_lang_parse(option);
    }
    for (size_t i = 0; i < KADR_COUNT(variables); i++) {
        const char *value = getenv(variables[i]);

        if (value != NULL && *value != '\0') {
            return kadr_lang_parse(value);
        }
    }
    return KADR_LANG_EN;
}

/* A flag that nobody knows is the first thing behind the known ones. */
static int unknown_flag(const struct kadr_options *options, const char *word)
{
    const char *nearest = kadr_options_nearest(options, word);

    (void)fprintf(stderr, "kadr: there is no option %s", word);
    if (nearest != NULL) {
        (void)fputs("; did you mean --", stderr);
        for (; *nearest != '\0'; nearest++) {
            (void)fputc(*nearest == '_' ? '-' : *nearest, stderr);
        }
        (void)fputc('?', stderr);
    }
    (void)fputc('\n', stderr);
    return KADR_EXIT_USAGE;
}

static int run_sorted(const struct command *command, const struct option_table *table,
                      const struct sorted *words)
{
    const struct kadr_options options = { "kadr", table->items, table->count };
    KADR_CLEANUP(kadr_option_values_free) struct kadr_option_values *values = NULL;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf error = { 0 };
    struct cli cli = { .config = { .as_of = KADR_DAY_NONE, .close = KADR_DAY_NONE } };
    int rest = 0, err;

    kadr_buf_init(&error, 0);
    err = kadr_options_load(&options, config_file(words), words->argc, words->argv, &cli.config, &values,
                            &rest, &error);
    if (err != 0) {
        cli_error(error.len > 0 ? kadr_buf_str(&error) : kadr_strerror(err));
        return strncmp(kadr_buf_str(&error), "--", 2) == 0 ? KADR_EXIT_USAGE : KADR_EXIT_CONFIG;
    }
    if (strcmp(words->argv[rest - 1], "--") != 0) {
        return unknown_flag(&options, words->argv[rest]);
    }
    cli.lang = pick_lang(cli.config.lang);
    if (*cli.config.lang != '\0' && strncmp(cli.config.lang, kadr_lang_code(cli.lang), 2) != 0) {
        cli_error("--lang: want kk, ru or en");
        return KADR_EXIT_USAGE;
    }
    err = cli_pick_output(&options, values, &cli.config);
    if (err != 0) {
        return err;
    }
    cli.args = words->argv + rest;
    cli.arg_count = words->argc - rest;
    return command->run(&cli);
}

int cli_run(const struct command *command, int argc, char **argv, int at)
{
    struct option_table table;
    struct sorted words = { 0 };
    int code;

    make_table(command, &table);
    if (sort_words(&table, argc, argv, at, &words) != 0) {
        code = KADR_EXIT_SOFTWARE;
    } else if (words.help) {
        cli_help(command);
        code = KADR_EXIT_OK;
    } else if (words.lacks_config) {
        cli_error("--config: wants a value: FILE");
        code = KADR_EXIT_USAGE;
    } else {
        code = run_sorted(command, &table, &words);
    }
    free(words.argv);
    if (fflush(stdout) != 0 && code == KADR_EXIT_OK) {
        code = KADR_EXIT_IOERR;
    }
    return code;
}

void cli_help(const struct command *command)
{
    struct option_table table;
    struct kadr_options options = { "kadr", table.items, 0 };
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf flags = { 0 };

    make_table(command, &table);
    options.count = table.count;
    kadr_buf_init(&flags, 0);
    kadr_options_help(&options, &flags);
    (void)printf("kadr %s: %s\n\n%s\nOptions:\n%s  --config FILE\n      configuration; else $KADR_CONFIG, "
                 "else /etc/kadr/kadr.conf if it is there\n",
                 command->name, command->summary, command->usage, kadr_buf_str(&flags));
}

/* ---- files ---- */

int cli_read_file(const char *path, size_t max_bytes, struct kadr_buf *ret_bytes)
{
    FILE *file = fopen(path, "rb");
    uint8_t chunk[16384];
    size_t got;
    int err;

    if (file == NULL) {
        return errno == ENOENT || errno == ENOTDIR ? KADR_ENOENT : KADR_EIO;
    }
    while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0 && ret_bytes->len <= max_bytes) {
        kadr_buf_add(ret_bytes, chunk, got);
    }
    err = ferror(file) != 0 ? KADR_EIO : ret_bytes->len > max_bytes ? KADR_EFULL : ret_bytes->err;
    (void)fclose(file); /* only read */
    return err;
}

int cli_outbox_dir(const struct cli *cli, struct kadr_buf *ret_path)
{
    const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

    if (*cli->config.outbox != '\0') {
        kadr_buf_add_str(ret_path, cli->config.outbox);
    } else if (xdg != NULL && *xdg == '/') {
        kadr_buf_printf(ret_path, "%s/kadr/outbox", xdg);
    } else if (home != NULL && *home != '\0') {
        kadr_buf_printf(ret_path, "%s/.local/state/kadr/outbox", home);
    } else {
        cli_say(cli, stderr, TEXT_NO_HOME, TEXT_ARGS(NULL));
        return KADR_EXIT_CONFIG;
    }
    return 0;
}

/* ---- reference data ---- */

static const struct {
    const char *path, *name;
    bool optional;
} reference_names[] = { { "units.csv", "units.csv", false },
                        { "catalogue/indicators.csv", "indicators.csv", false },
                        { "catalogue/members.csv", "members.csv", false },
                        { "catalogue/expected.csv", "expected.csv", true } };

const char *cli_reference_dir(const struct cli *cli)
{
    FILE *near;

    if (*cli->config.reference != '\0') {
        return cli->config.reference;
    }
    near = fopen("config/units.csv", "r");
    if (near == NULL) {
        return "/usr/share/kadr";
    }
    (void)fclose(near); /* only looked for */
    return "config";
}

/* @param loud  tell what is missing */
static int read_reference(const struct cli *cli, bool loud, struct reference_files *ret_files)
{
    *ret_files = (struct reference_files){ 0 };
    for (size_t i = 0; i < KADR_COUNT(reference_names); i++) {
        KADR_CLEANUP(kadr_buf_done) struct kadr_buf path = { 0 };
        struct kadr_buf *bytes = &ret_files->bytes[i];
        int err;

        kadr_buf_init(&path, 0);
        kadr_buf_init(bytes, 0);
        kadr_buf_printf(&path, "%s/%s", cli_reference_dir(cli), reference_names[i].path);
        err = cli_read_file(kadr_buf_str(&path), KADR_MAX_REFERENCE_BYTES, bytes);
        if (err == KADR_ENOENT && reference_names[i].optional) {
            break; /* the last one */
        }
        if (err != 0 && loud) {
            cli_say(cli, stderr, err == KADR_ENOENT ? TEXT_NO_FILE : TEXT_UNREADABLE,
                    TEXT_ARGS(kadr_buf_str(&path)));
        }
        if (err != 0) {
            return KADR_EXIT_CONFIG;
        }
        ret_files->files[i].name = reference_names[i].name;
        ret_files->files[i].bytes = (struct kadr_bytes){ bytes->data, bytes->len };
        ret_files->count = i + 1;
    }
    return 0;
}

int cli_reference_files(const struct cli *cli, struct reference_files *ret_files)
{
    return read_reference(cli, true, ret_files);
}

void reference_files_done(struct reference_files *files)
{
    for (size_t i = 0; i < KADR_COUNT(files->bytes); i++) {
        kadr_buf_done(&files->bytes[i]);
    }
}

static void print_faults(const struct cli *cli, const struct kadr_diags *diags)
{
    for (size_t i = 0; i < diags->count; i++) {
        KADR_CLEANUP(kadr_buf_done) struct kadr_buf line = { 0 };

        kadr_buf_init(&line, 0);
        kadr_diag_line(&diags->items[i], cli_reference_dir(cli), cli->lang, &line);
        (void)fprintf(stderr, "%s\n", kadr_buf_str(&line));
    }
}

int cli_reference(const struct cli *cli, struct kadr_reference **ret_reference)
{
    KADR_CLEANUP(reference_files_done) struct reference_files files = { 0 };
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags = { 0 };
    int code = cli_reference_files(cli, &files);

    kadr_diags_init(&diags);
    if (code == 0 && kadr_reference_load(files.files, files.count, &diags, ret_reference) != 0) {
        print_faults(cli, &diags);
        code = KADR_EXIT_CONFIG;
    }
    return code;
}

struct kadr_reference *cli_names(const struct cli *cli)
{
    KADR_CLEANUP(reference_files_done) struct reference_files files = { 0 };
    struct kadr_reference *reference = NULL;

    if (read_reference(cli, false, &files) != 0 ||
        kadr_reference_load(files.files, files.count, NULL, &reference) != 0) {
        return NULL;
    }
    return reference;
}

/* ---- what was asked for ---- */

static int wrong_name(const struct cli *cli, enum kadr_diag_code code, const char *asked, const char *right)
{
    struct kadr_diags diags;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf text = { 0 };

    kadr_diags_init(&diags);
    kadr_buf_init(&text, 0);
    kadr_diags_add(&diags, code, -1, 0, 0, asked, right, NULL);
    if (diags.count > 0) {
        kadr_diag_text(&diags.items[0], cli->lang, &text);
        kadr_buf_add_str(&text, ": ");
        kadr_diag_remedy(&diags.items[0], cli->lang, &text);
        cli_error(kadr_buf_str(&text));
    }
    kadr_diags_done(&diags);
    return KADR_EXIT_USAGE;
}

const char *cli_unit_meant(const struct cli *cli, bool for_people)
{
    return *cli->config.unit == '\0' && for_people ? "KZ" : cli->config.unit;
}

int cli_unit(const struct cli *cli, const struct kadr_reference *names, const char *asked,
             const char **ret_code)
{
    kadr_unit unit = names != NULL ? kadr_unit_find(names, asked) : KADR_NO_UNIT;
    kadr_unit named = names != NULL ? kadr_unit_by_name(names, asked) : KADR_NO_UNIT;

    *ret_code = unit != KADR_NO_UNIT ? kadr_unit_info(names, unit)->code : asked;
    if (unit == KADR_NO_UNIT && named != KADR_NO_UNIT) {
        return wrong_name(cli, KADR_DIAG_UNIT_BY_NAME, asked, kadr_unit_info(names, named)->code);
    }
    return *asked == '\0' || kadr_code_valid(asked) ? 0
                                                    : wrong_name(cli, KADR_DIAG_UNKNOWN_UNIT, asked, NULL);
}

int cli_office(const struct cli *cli, const struct kadr_reference *reference, const char *asked)
{
    kadr_unit named = kadr_unit_by_name(reference, asked);

    if (kadr_unit_find(reference, asked) != KADR_NO_UNIT) {
        return 0;
    }
    return named != KADR_NO_UNIT
               ? wrong_name(cli, KADR_DIAG_UNIT_BY_NAME, asked, kadr_unit_info(reference, named)->code)
               : wrong_name(cli, KADR_DIAG_UNKNOWN_OFFICE, asked, NULL);
}

int cli_indicator(const struct cli *cli, const struct kadr_reference *names, const char *asked,
                  const char **ret_code)
{
    kadr_indicator found = names != NULL ? kadr_indicator_find(names, asked) : KADR_NO_INDICATOR;
    kadr_indicator named = names != NULL ? kadr_indicator_by_name(names, asked) : KADR_NO_INDICATOR;

    *ret_code = asked;
    if (found == KADR_NO_INDICATOR && named != KADR_NO_INDICATOR) {
        return wrong_name(cli, KADR_DIAG_INDICATOR_BY_NAME, asked, kadr_indicator_info(names, named)->code);
    }
    return *asked == '\0' || kadr_code_valid(asked)
               ? 0
               : wrong_name(cli, KADR_DIAG_UNKNOWN_INDICATOR, asked, NULL);
}

void cli_why(const struct cli *cli, const struct kadr_wire_diag *diag, struct kadr_buf *out)
{
    if (diag->diag.code == KADR_DIAG_NONE) { /* of a newer server */
        kadr_buf_printf(out, "%s: %s", diag->text, diag->remedy);
        return;
    }
    kadr_diag_text(&diag->diag, cli->lang, out);
    kadr_buf_add_str(out, ": ");
    kadr_diag_remedy(&diag->diag, cli->lang, out);
}

void cli_refused(const struct cli *cli, const struct kadr_wire_diag *diag)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf why = { 0 };

    kadr_buf_init(&why, 0);
    cli_why(cli, diag, &why);
    cli_say(cli, stderr, TEXT_ASKED_WRONG, TEXT_ARGS(kadr_buf_str(&why)));
}

/* ---- questions ---- */

int cli_instant(const char *option, const char *text, struct kadr_instant *ret_moment)
{
    if (kadr_instant_parse(text, ret_moment) == 0) {
        return 0;
    }
    (void)fprintf(stderr, "kadr: %s: want a commit, 2024-02-01 or 2024-02-01T10:00\n", option);
    return KADR_EXIT_USAGE;
}

void cli_question_refused(const struct cli *cli, const struct kadr_refusal *refusal)
{
    if (refusal->diag.diag.code == KADR_DIAG_RETRY_LATER) {
        cli_say(
            cli, stderr, TEXT_CANNOT_ANSWER,
            TEXT_ARGS("aggregatord", cli->config.query, text_of_delay(cli->lang, refusal->diag.diag.arg[0])));
    } else {
        cli_refused(cli, &refusal->diag);
    }
}

void cli_unanswered(const struct cli *cli, int err)
{
    char waited[32];
    kadr_ns wait_ns = cli->config.timeout_ns;
    bool seconds = wait_ns % KADR_S(1) == 0;

    (void)snprintf(waited, sizeof(waited), "%" PRId64 "%s", wait_ns / (seconds ? KADR_S(1) : KADR_MS(1)),
                   seconds ? "s" : "ms"); /* as the flag is written */
    cli_say(cli, stderr, err == KADR_EBUSY ? TEXT_TOO_WIDE : TEXT_SILENT,
            TEXT_ARGS("aggregatord", cli->config.query, waited));
}

int cli_ask_failed(const struct cli *cli, int err, bool told)
{
    if (err == KADR_ETIMEOUT || err == KADR_EBUSY) {
        if (!told) {
            cli_unanswered(cli, err);
        }
        return KADR_EXIT_UNAVAILABLE;
    }
    if (err != KADR_EPERM) {
        cli_error(kadr_strerror(err)); /* a refusal was told already */
    }
    return err == KADR_EPERM ? KADR_EXIT_DATA : err == KADR_EINVAL ? KADR_EXIT_CONFIG : KADR_EXIT_SOFTWARE;
}
