/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the subcommands, and what to say when none is named. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli.h"
#include "edge/daemon.h"

static const struct command *const commands[] = { &command_push,    &command_rollup,   &command_watch,
                                                  &command_status,  &command_health,   &command_reference,
                                                  &command_units,   &command_diff,     &command_series,
                                                  &command_compare, &command_coverage, &command_explain,
                                                  &command_plans };

static const char exit_codes[] = "Exit codes:\n"
                                 "   0  done\n"
                                 "   1  done, but some rows were rejected or held\n"
                                 "  64  wrong usage\n"
                                 "  65  all rows rejected or held, or the data cannot be read\n"
                                 "  66  there is no such file\n"
                                 "  69  a daemon does not answer, or not in time\n"
                                 "  70  out of memory, or a fault of the program\n"
                                 "  73  the outbox is full, in use, or cannot be made\n"
                                 "  74  writing failed\n"
                                 "  75  safe in the outbox, not sent: try later\n"
                                 "  77  not permitted\n"
                                 "  78  the configuration or the reference data are wrong\n";

static void print_help(void)
{
    (void)puts("kadr: staffing figures of the health offices, from a file to the nationwide rollup\n\n"
               "  kadr push --office KZ-35 report.csv     send a report and wait for its receipt\n"
               "  kadr rollup                             the country's figures today\n"
               "  kadr rollup --unit KZ-35 --as-of 2024-07-01 --json\n"
               "  kadr explain --indicator need_declared  where a figure comes from\n"
               "  kadr diff --from 2024-02-01             what changed since the end of that day\n"
               "  kadr watch                              changes as they happen\n"
               "  kadr status                             are the daemons well\n\n"
               "Commands (kadr COMMAND --help):");
    for (size_t i = 0; i < KADR_COUNT(commands); i++) {
        (void)printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
    }
    (void)puts("  help       this, or `kadr help COMMAND`, `kadr help exit-codes`\n"
               "  version    the version");
}

/* Edits that turn one short word into another (Levenshtein). */
static size_t distance(const char *a, const char *b)
{
    enum { LONGEST = 32 };
    size_t row[LONGEST + 1], len_a = strlen(a), len_b = strlen(b);

    if (len_a > LONGEST || len_b > LONGEST) {
        return LONGEST;
    }
    for (size_t j = 0; j <= len_b; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= len_a; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= len_b; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            best = row[j] + 1 < best ? row[j] + 1 : best;
            row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
        }
    }
    return row[len_b];
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < KADR_COUNT(commands); i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static int unknown_command(const char *name)
{
    const char *nearest = NULL;
    size_t best = 3;

    for (size_t i = 0; i < KADR_COUNT(commands); i++) {
        size_t edits = distance(name, commands[i]->name);

        if (edits < best) {
            best = edits;
            nearest = commands[i]->name;
        }
    }
    (void)fprintf(stderr, "kadr: there is no command `%s`", name);
    if (nearest != NULL) {
        (void)fprintf(stderr, "; did you mean `%s`?", nearest);
    }
    (void)fputs("\n`kadr help` lists them all\n", stderr);
    return KADR_EXIT_USAGE;
}

/* Words that are no flags, behind the first. */
static int count_operands(int argc, char *const *argv)
{
    int count = 0, words;

    for (int at = 1; at<argc; at += words> 0 ? words : 1) {
        words = cli_shared_flag(argc, argv, at);
        count += words == 0 ? 1 : 0;
    }
    return count;
}

static int too_many(const char *what)
{
    cli_error(what);
    return KADR_EXIT_USAGE;
}

/* What `help` lists beside the commands. @return NULL  no such topic */
static const char *help_topic(const char *name)
{
    static const struct {
        const char *name, *text;
    } topics[] = {
        { "exit-codes", exit_codes },
        { "help", "kadr help: what there is, and how it is used\n\n"
                  "  kadr help             all commands\n"
                  "  kadr help COMMAND     one command with its options; so does kadr COMMAND --help\n"
                  "  kadr help exit-codes  what the exit codes mean\n" },
        { "version", "kadr version: the version\n\n"
                     "  kadr version    so does kadr --version\n" },
    };

    for (size_t i = 0; i < KADR_COUNT(topics); i++) {
        if (strcmp(topics[i].name, name) == 0) {
            return topics[i].text;
        }
    }
    return NULL;
}

static int help(int argc, char **argv)
{
    const struct command *command = argc > 1 ? find_command(argv[1]) : NULL;
    const char *topic = argc > 1 ? help_topic(argv[1]) : NULL;

    if (count_operands(argc, argv) > 1) {
        return too_many("help takes one command; see kadr help");
    }
    if (topic != NULL) {
        (void)fputs(topic, stdout);
    } else if (command != NULL) {
        cli_help(command);
    } else if (argc > 1) {
        return unknown_command(argv[1]);
    } else {
        print_help();
    }
    return KADR_EXIT_OK;
}

static bool is_any(const char *word, const char *a, const char *b, const char *c)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0 || strcmp(word, c) == 0;
}

/* Index of the subcommand's name: `kadr --config FILE push …` is fine too. */
static int find_name(int argc, char **argv)
{
    int at = 1;

    while (at < argc && !is_any(argv[at], "--help", "--version", "--") &&
           cli_shared_flag(argc, argv, at) > 0) {
        at += cli_shared_flag(argc, argv, at);
    }
    return at;
}

int main(int argc, char **argv)
{
    int at = find_name(argc, argv);
    const struct command *command;

    kadr_log_set_program("kadr");
    if (at >= argc) {
        print_help();
        return KADR_EXIT_USAGE;
    }
    if (is_any(argv[at], "help", "--help", "-h")) {
        return help(argc - at, argv + at);
    }
    if (is_any(argv[at], "version", "--version", "-V")) {
        if (count_operands(argc - at, argv + at) > 0) {
            return too_many("version takes no arguments; see kadr help");
        }
        (void)printf("kadr %s\n", kadr_version());
        return KADR_EXIT_OK;
    }
    command = find_command(argv[at]);
    return command != NULL ? cli_run(command, argc, argv, at) : unknown_command(argv[at]);
}
