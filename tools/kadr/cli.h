/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* cli.h - what every subcommand of the tool gets: its options, the language, the reference data, and how to
 * speak. stdout is data, stderr is for people.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "domain/reference.h"
#include "edge/options.h"
#include "text.h"
#include "wire/wire.h"

/* All options of all subcommands; one that a subcommand does not take is at its zero. */
struct cli_config {
    /* every subcommand, and the file's section [kadr] */
    const char *ingest, *store, *query, *feed;
    const char *ingestd_http, *storaged_http, *aggregatord_http;
    const char *outbox, *reference, *office, *lang;
    int64_t timeout_ns, outbox_bytes;
    bool allow_any_fs;
    int log_level;
    /* flags of one subcommand or another */
    bool json, dry_run, all_or_nothing, subtree;
    const char *unit, *indicator, *period, *format, *borders;
    const char *known_at, *from, *to; /* moments */
    const char *breakdown, *step;
    bool all_breakdowns, same_reporters, csv;
    int32_t as_of, close;
    int64_t count;
    bool confirm;
    const char *replaces;
    bool write;
    const char *output;
};

struct cli {
    struct cli_config config;
    enum kadr_lang lang;
    char *const *args; /* positionals */
    int arg_count;
};

struct command {
    const char *name;
    const char *summary; /* one line */
    const char *usage;   /* examples first */
    const struct kadr_option *options;
    size_t option_count;
    int (*run)(const struct cli *cli); /* returns the exit code */
};

#define CLI_FIELD(field) offsetof(struct cli_config, field)
#define CLI_MAX_OPTIONS  32

/* Of every subcommand that answers with figures. */
#define CLI_OUTPUT_OPTIONS                                                                              \
    { "format", KADR_OPTION_STRING, CLI_FIELD(format), "", 0, 16, "table, csv or json; empty: table" }, \
        { "csv", KADR_OPTION_BOOL, CLI_FIELD(csv), "no", 0, 0, "the same as --format csv" },            \
    {                                                                                                   \
        "json", KADR_OPTION_BOOL, CLI_FIELD(json), "no", 0, 0, "the same as --format json"              \
    }

extern const struct command command_push, command_rollup, command_watch, command_status, command_health,
    command_reference, command_units, command_diff;
extern const struct command command_series, command_compare, command_coverage, command_explain, command_plans;

/** Parse the flags of a subcommand and run it. Flags and positionals may stand in any order.
 * @param at  index of the subcommand's name in argv; flags before it count too */
int cli_run(const struct command *command, int argc, char **argv, int at);
/* Words that the leading flag argv[at] takes, when it is one that every subcommand has; 0 otherwise. */
int cli_shared_flag(int argc, char *const *argv, int at);
/** Makes `format`, `csv` and `json` say the same, where the subcommand has CLI_OUTPUT_OPTIONS; what is said
 * on the command line is meant, whatever stands in the environment or the file.
 * @retval 0  else an exit code; told */
KADR_MUST_CHECK int cli_pick_output(const struct kadr_options *options,
                                    const struct kadr_option_values *values, struct cli_config *config);
/* --help of a subcommand. */
void cli_help(const struct command *command);

/* One translated line, ended. */
void cli_say(const struct cli *cli, FILE *stream, enum text text, const char *const args[4]);
/* `kadr: what`, ended, on stderr. */
void cli_error(const char *what);

/** The reference data on disk. Faults are printed.
 * @retval 0  *ret is set; else an exit code */
KADR_MUST_CHECK int cli_reference(const struct cli *cli, struct kadr_reference **ret_reference);
/* The same for names and measures only: NULL, in silence, when it cannot be had. */
struct kadr_reference *cli_names(const struct cli *cli);

/* The unit of the options; without one people mean the country, programs get every unit ("") and choose. */
const char *cli_unit_meant(const struct cli *cli, bool for_people);
/** A moment given as an option; `text` not empty.
 * @retval 0  else an exit code; told */
KADR_MUST_CHECK int cli_instant(const char *option, const char *text, struct kadr_instant *ret_moment);
/* The daemon could not be asked, or said no: what kadr_ask() returned becomes an exit code, and is told
 * unless a refusal was. */
int cli_ask_failed(const struct cli *cli, int err, bool told);
/* Tells that kadr_ask() waited in vain (KADR_ETIMEOUT, KADR_EBUSY). */
void cli_unanswered(const struct cli *cli, int err);
/* A refusal of aggregatord, told. */
void cli_question_refused(const struct cli *cli, const struct kadr_refusal *refusal);
/** The code of the unit or indicator asked for: aliases become codes; a name is answered with its code.
 * @param[out] ret_code  borrowed from the reference or from `asked`
 * @retval 0  else an exit code; told */
KADR_MUST_CHECK int cli_unit(const struct cli *cli, const struct kadr_reference *names, const char *asked,
                             const char **ret_code);
KADR_MUST_CHECK int cli_indicator(const struct cli *cli, const struct kadr_reference *names,
                                  const char *asked, const char **ret_code);
/** Whether there is such an office to report for; a name is answered with its code.
 * @retval 0  else an exit code; told */
KADR_MUST_CHECK int cli_office(const struct cli *cli, const struct kadr_reference *reference,
                               const char *asked);
/* Appends what a server says no with: text and remedy. */
void cli_why(const struct cli *cli, const struct kadr_wire_diag *diag, struct kadr_buf *out);
/* What a server said no to. */
void cli_refused(const struct cli *cli, const struct kadr_wire_diag *diag);

/* Where the reference data are looked for. */
const char *cli_reference_dir(const struct cli *cli);
/* The three files of the reference folder, under the names that are journalled. */
struct reference_files {
    struct kadr_buf bytes[4];
    struct kadr_file files[4];
    size_t count; /* expected.csv, the last one, need not be there */
};
KADR_MUST_CHECK int cli_reference_files(const struct cli *cli, struct reference_files *ret_files);
void reference_files_done(struct reference_files *files);
KADR_DEFINE_DONE(struct reference_files, reference_files_done)

/* @retval KADR_ENOENT / KADR_EIO / KADR_EFULL (more than max_bytes) / KADR_ENOMEM */
KADR_MUST_CHECK int cli_read_file(const char *path, size_t max_bytes, struct kadr_buf *ret_bytes);
/** Folder of the outboxes, one per office: the option, else under $XDG_STATE_HOME/kadr or
 * ~/.local/state/kadr. Never one that depends on where the tool is started: reports would wait where nobody
 * looks.
 * @retval 0  else an exit code; told */
KADR_MUST_CHECK int cli_outbox_dir(const struct cli *cli, struct kadr_buf *ret_path);
