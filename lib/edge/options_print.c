/* SPDX-License-Identifier: Apache-2.0 */
/* The option table as people see it: --print-config and --help. */
#include "edge/option_value.h"

#include <string.h>

#define HELP_COLUMN 32 /* where the explanations begin; a longer flag puts its own on the next line */

void kadr_options_print(const struct kadr_options *options, const struct kadr_option_values *values,
                        struct kadr_buf *out)
{
    kadr_buf_printf(out, "[%s]\n", options->program);
    for (size_t i = 0; i < options->count; i++) {
        const struct kadr_option *option = &options->table[i];
        const struct kadr_option_value *value = &values->value[i];
        if (option->type == KADR_OPTION_SECRET) {
            kadr_buf_printf(out, "; %s is %s and not shown: %s\n", option->name,
                            *value->text ? "set" : "empty", value->origin);
        } else {
            kadr_buf_printf(out, "%s = %s%s; %s\n", option->name, value->text, *value->text ? " " : "",
                            value->origin);
        }
    }
}

/* `--drain-timeout DURATION` */
static size_t add_flag(struct kadr_buf *out, const struct kadr_option *option)
{
    size_t before = out->len;
    kadr_buf_add_str(out, "  --");
    for (const char *c = option->name; *c; c++) {
        kadr_buf_add_char(out, *c == '_' ? '-' : *c);
    }
    const char *metavar = kadr_option_metavar(option->type);
    if (*metavar) {
        kadr_buf_printf(out, " %s", metavar);
    }
    return out->len - before;
}

void kadr_options_help(const struct kadr_options *options, struct kadr_buf *out)
{
    for (size_t i = 0; i < options->count; i++) {
        const struct kadr_option *option = &options->table[i];
        size_t width = add_flag(out, option);
        if (width + 2 > HELP_COLUMN) {
            kadr_buf_add_char(out, '\n');
            width = 0;
        }
        kadr_buf_printf(out, "%*s%s", (int)(HELP_COLUMN - width), "", option->help);
        if (*option->value && option->type != KADR_OPTION_SECRET) {
            kadr_buf_printf(out, " [%s]", option->value);
        }
        kadr_buf_add_char(out, '\n');
    }
}

const char *kadr_options_nearest(const struct kadr_options *options, const char *word)
{
    char name[64] = "";
    if (strncmp(word, "--", 2) == 0) {
        word += 2;
    }
    size_t len = strcspn(word, "=");
    if (len >= sizeof name) {
        return NULL;
    }
    for (size_t i = 0; i < len; i++) {
        name[i] = word[i];
        if (name[i] == '-') {
            name[i] = '_';
        }
    }
    struct kadr_nearest nearest = { .word = name, .distance = SIZE_MAX };
    for (size_t i = 0; i < options->count; i++) {
        kadr_nearest_offer(&nearest, options->table[i].name);
    }
    return nearest.best;
}
