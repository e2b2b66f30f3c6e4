/* SPDX-License-Identifier: Apache-2.0 */
/* output.c - the form of an answer: --format, and --csv and --json that are short for it. */
#include <string.h>

#include "cli.h"

static bool has_format(const struct kadr_options *options)
{
    for (size_t i = 0; i < options->count; i++) {
        if (options->table[i].offset == CLI_FIELD(format)) {
            return true;
        }
    }
    return false;
}

/* The ones that are no flags are forgotten when another one is. */
static void keep_flags(const struct kadr_options *options, const struct kadr_option_values *values,
                       struct cli_config *config)
{
    bool format = kadr_option_is_flagged(options, values, "format");
    bool csv = kadr_option_is_flagged(options, values, "csv");
    bool json = kadr_option_is_flagged(options, values, "json");

    if (format || csv || json) {
        config->format = format ? config->format : "";
        config->csv = csv && config->csv;
        config->json = json && config->json;
    }
}

int cli_pick_output(const struct kadr_options *options, const struct kadr_option_values *values,
                    struct cli_config *config)
{
    const char *form;
    bool csv, json;

    if (!has_format(options)) {
        return 0; /* and its config has none */
    }
    keep_flags(options, values, config);
    form = config->format;
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
