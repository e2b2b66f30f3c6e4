/* SPDX-License-Identifier: Apache-2.0 */
/* output.c - the form of an answer: --format, and --csv and --json that are short for it. */
#include <string.h>

#include "cli.h"

static bool has_format(const struct command *command)
{
    for (size_t i = 0; i < command->option_count; i++) {
        if (command->options[i].offset == CLI_FIELD(format)) {
            return true;
        }
    }
    return false;
}

int cli_pick_output(const struct command *command, struct cli_config *config)
{
    const char *form = config->format;
    bool csv, json;

    if (!has_format(command)) {
        return 0; /* and its config has none */
    }
    if (*form == '\0') {
        form = config->json ? "json" : config->csv ? "csv" : "table";
    }
    csv = strcmp(form, "csv") == 0;
    json = strcmp(form, "json") == 0;
    if (!csv && !json && strcmp(form, "table") != 0) {
        cli_error("--format: want table, csv or json");
        return KADR_EXIT_USAGE;
    }
    if ((config->csv && !csv) || (config->json && !json)) {
        cli_error("--format, --csv and --json: say one of them");
        return KADR_EXIT_USAGE;
    }
    config->format = form;
    config->csv = csv;
    config->json = json;
    return 0;
}
