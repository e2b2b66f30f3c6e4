/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* options.h - one table of options makes the configuration file, the environment, the flags, --help,
 * --print-config and the messages about all of them. Precedence: default < file < environment < flag.
 *
 * The file is INI (libinih) with a section per program: [ingestd], [storaged], [aggregatord], [kadr]; a
 * program reads its own section and [common], knows the others' names and refuses anything else. Every error
 * is `file:line: what is wrong, what was meant`. A comment begins with `#` or `;`, behind a value with ` ;`.
 * A line has at most KADR_MAX_CONFIG_LINE_BYTES.
 *
 * Option `listen` of section ingestd is the flag --listen and the variable KADR_INGESTD_LISTEN. What every
 * program has (`log_level`) may stand in [common] and in KADR_LOG_LEVEL too; the program's own section and
 * variable are stronger. The tool `kadr` has KADR_LISTEN alone. Unknown KADR_ variables are no error: an
 * orchestrator puts its own there.
 */
#include "base/buf.h"
#include "base/defs.h"
#include "base/limits.h"

enum kadr_option_type {
    KADR_OPTION_STRING,   /* const char *, at most `max` bytes (0: KADR_MAX_CONFIG_LINE_BYTES) */
    KADR_OPTION_SECRET,   /* const char *, never printed */
    KADR_OPTION_ENDPOINT, /* const char *: tcp://host:port, ipc://path, inproc://name */
    KADR_OPTION_ADDRESS,  /* const char *: host:port, [v6]:port, or empty */
    KADR_OPTION_PATH,     /* const char * */
    KADR_OPTION_INT,      /* int64_t, min … max */
    KADR_OPTION_SIZE,     /* int64_t bytes: 64K, 1G; min … max */
    KADR_OPTION_DURATION, /* int64_t ns: 250ms, 5s, 2m; min … max in ns */
    KADR_OPTION_BOOL,     /* bool: yes/no, true/false, on/off */
    KADR_OPTION_LEVEL,    /* int: enum kadr_log_level */
    KADR_OPTION_DAY       /* int32_t: kadr_day, or empty = KADR_DAY_NONE */
};

struct kadr_option {
    const char *name; /* `listen`; `_` in names is `-` in flags */
    enum kadr_option_type type;
    size_t offset;     /* of the field in the configuration struct */
    const char *value; /* default, as it would be written */
    int64_t min, max;  /* both 0: no bounds */
    const char *help;  /* one line, for --help and the man page */
};

struct kadr_options {
    const char *program;             /* section: `ingestd` */
    const struct kadr_option *table; /* program's own and the common ones */
    size_t count;
};

/* Values are parsed into `config` (strings are owned by the loader and live as long as it). */
struct kadr_option_values;
/** Reads default, file (NULL: none), environment and flags. The table must outlive the values.
 * @param argv  argv[0] is skipped; flags as `--name value` or `--name=value` (so alone a value that begins
 *              with `--`), yes/no ones as `--name`, `--no-name` or `--name=no`; what is not a known flag
 *              starts the positionals, and so does what follows `--`
 * @param config         complete on success, not to be used otherwise
 * @param[out] ret_rest  index of the first positional in argv
 * @param[out] error     one line `file:line: …` / `--flag: …` / `KADR_X: …` when it fails
 * @retval KADR_EINVAL   see error
 * @retval KADR_ENOENT   the file is not there */
KADR_MUST_CHECK int kadr_options_load(const struct kadr_options *options, const char *file, int argc,
                                      char *const *argv, void *config, struct kadr_option_values **ret_values,
                                      int *ret_rest, struct kadr_buf *error);
void kadr_option_values_free(struct kadr_option_values *values);
KADR_DEFINE_CLEANUP(struct kadr_option_values, kadr_option_values_free)
/* The option's value is that of a flag, and so stronger than whatever the others say. */
bool kadr_option_is_flagged(const struct kadr_options *options, const struct kadr_option_values *values,
                            const char *name);
/* Whether a flag takes the word behind it as its value: not the next flag, nor `--`, nor nothing (NULL). */
bool kadr_option_takes(const char *word);
/* The effective configuration as an INI file, each line with its origin in a comment. */
void kadr_options_print(const struct kadr_options *options, const struct kadr_option_values *values,
                        struct kadr_buf *out);
/* The flags' part of --help. */
void kadr_options_help(const struct kadr_options *options, struct kadr_buf *out);
/* The option whose name is nearest to a mistyped `lisen` or `--lisen`; NULL when none is near. */
const char *kadr_options_nearest(const struct kadr_options *options, const char *word);
