/* SPDX-License-Identifier: Apache-2.0 */
/* Loading options: default, file, environment, flags, each value checked where it is met, so that a wrong
 * line in the file is found although a flag overrides it. The first error is kept and ends the load.
 *
 * libinih (Debian's build) gives no line numbers to its handler: it asks our reader for one line at a time,
 * so the reader counts. The reader also takes the indentation away, which inih would read as the continuation
 * of the line before, and refuses lines that inih would cut at its 200 bytes.
 */
#include "edge/options.h"

#include "base/err.h"
#include "edge/option_value.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>

#define MAX_VARIABLE_BYTES 96

static const char *const programs[] = { "ingestd", "storaged", "aggregatord", "gatewayd", "kadr" };
static const char *const common_options[] = { "log_level" };
static const char common_section[] = "common";
static const char tool[] = "kadr"; /* its variables have no section in their name */

struct loader {
    const struct kadr_options *options;
    struct kadr_option_values *values;
    void *config;
    struct kadr_buf *error;
    int err; /* sticky */
    /* the file */
    const char *path;
    FILE *file;
    int line, section_line; /* read last; the `[section]` we are in */
    int error_line;         /* of the message in `error` */
    int *seen;              /* line of each option in [common] and in the own section: 2 per option */
};

static char *dup_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (copy) {
        memcpy(copy, text, size);
    }
    return copy;
}

static void fail(struct loader *load, int err)
{
    if (!load->err) {
        load->err = err;
    }
}

/* Puts the value in force unless a stronger one is already. */
static void store(struct loader *load, size_t index, const char *text, const char *origin,
                  enum kadr_option_rank rank, struct kadr_buf *why)
{
    const struct kadr_option *option = &load->options->table[index];
    struct kadr_option_value *value = &load->values->value[index];
    if (value->text && rank < value->rank) {
        fail(load, kadr_option_parse(option, text, NULL, why));
        return;
    }
    struct kadr_option_value fresh = { dup_text(text), dup_text(origin), rank };
    int rc = fresh.text && fresh.origin ? 0 : KADR_ENOMEM;
    if (!rc) {
        rc = kadr_option_parse(option, fresh.text, (char *)load->config + option->offset, why);
    }
    struct kadr_option_value old = rc ? fresh : *value;
    if (!rc) {
        *value = fresh;
    }
    free(old.text);
    free(old.origin);
    fail(load, rc);
}

/* As store(); on error the message is `origin: name: what is wrong` (the name only where origin lacks it). */
static void set(struct loader *load, size_t index, const char *text, const char *origin,
                enum kadr_option_rank rank)
{
    if (load->err) {
        return;
    }
    struct kadr_buf why KADR_CLEANUP(kadr_buf_done);
    kadr_buf_init(&why, 0);
    store(load, index, text, origin, rank, &why);
    if (load->err) {
        bool named = rank == KADR_RANK_FLAG || rank == KADR_RANK_ENV || rank == KADR_RANK_ENV_COMMON;
        kadr_buf_printf(load->error, "%s: %s%s%s", origin, named ? "" : load->options->table[index].name,
                        named ? "" : ": ", why.len ? kadr_buf_str(&why) : kadr_strerror(load->err));
    }
}

static bool find_option(const struct kadr_options *options, const char *name, size_t *ret_index)
{
    for (size_t i = 0; i < options->count; i++) {
        if (strcmp(options->table[i].name, name) == 0) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

static bool is_one_of(const char *word, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(word, list[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_common(const char *name)
{
    return is_one_of(name, common_options, KADR_COUNT(common_options));
}

static void load_defaults(struct loader *load)
{
    for (size_t i = 0; i < load->options->count; i++) {
        set(load, i, load->options->table[i].value, "default", KADR_RANK_DEFAULT);
    }
}

/* `kadr.conf:12: ` begins a message about the file; the caller appends the rest. */
static void begin_file_error(struct loader *load, int line)
{
    fail(load, KADR_EINVAL);
    load->error_line = line;
    kadr_buf_printf(load->error, "%s:%d: ", load->path, line);
}

static void unknown_section(struct loader *load, const char *section)
{
    struct kadr_nearest nearest = { .word = section, .distance = SIZE_MAX };
    kadr_nearest_offer(&nearest, load->options->program);
    kadr_nearest_offer(&nearest, common_section);
    for (size_t i = 0; i < KADR_COUNT(programs); i++) {
        kadr_nearest_offer(&nearest, programs[i]);
    }
    begin_file_error(load, load->section_line);
    kadr_buf_printf(load->error, "unknown section [%s]", section);
    if (nearest.best) {
        kadr_buf_printf(load->error, "; did you mean [%s]?", nearest.best);
    }
}

static void unknown_option(struct loader *load, const char *section, const char *name)
{
    const char *nearest = kadr_options_nearest(load->options, name);
    begin_file_error(load, load->line);
    if (nearest && strcmp(nearest, name) == 0) {
        kadr_buf_printf(load->error, "`%s` does not belong into [%s]; want it in [%s]", name, section,
                        load->options->program);
        return;
    }
    kadr_buf_printf(load->error, "unknown option `%s` in [%s]", name, section);
    if (nearest) {
        kadr_buf_printf(load->error, "; did you mean `%s`?", nearest);
    }
}

static void set_from_file(struct loader *load, size_t index, const char *value, bool common)
{
    int *seen = &load->seen[2 * index + common];
    if (*seen) {
        begin_file_error(load, load->line);
        kadr_buf_printf(load->error, "`%s` stands already in line %d", load->options->table[index].name,
                        *seen);
        return;
    }
    *seen = load->line;
    load->error_line = load->line; /* if the value is wrong */
    struct kadr_buf origin KADR_CLEANUP(kadr_buf_done);
    kadr_buf_init(&origin, 0);
    kadr_buf_printf(&origin, "%s:%d", load->path, load->line);
    set(load, index, value, kadr_buf_str(&origin), common ? KADR_RANK_FILE_COMMON : KADR_RANK_FILE);
}

/* inih: one `name = value`. The result is ours to keep in load->err; 1 means go on. */
static int on_pair(void *context, const char *section, const char *name, const char *value)
{
    struct loader *load = context;
    bool own = strcmp(section, load->options->program) == 0;
    bool common = !own && strcmp(section, common_section) == 0;
    size_t index = 0;
    if (load->err) {
        return 1;
    }
    if (!*section) {
        begin_file_error(load, load->line);
        kadr_buf_printf(load->error, "`%s` stands before any section; begin with [%s]", name,
                        load->options->program);
    } else if (!own && !common) {
        if (!is_one_of(section, programs, KADR_COUNT(programs))) {
            unknown_section(load, section);
        }
    } else if (common && !is_common(name)) {
        unknown_option(load, section, name);
    } else if (find_option(load->options, name, &index)) {
        set_from_file(load, index, value, common);
    } else if (own) {
        unknown_option(load, section, name);
    }
    return 1;
}

static void check_line(struct loader *load, const char *line, size_t size)
{
    size_t len = strlen(line);
    bool ended = len > 0 && line[len - 1] == '\n';
    if (ended || load->err || (feof(load->file) && len + 1 < size)) {
        return;
    }
    begin_file_error(load, load->line);
    if (len + 1 < size) {
        kadr_buf_add_str(load->error, "holds a NUL byte; this is no text file");
    } else {
        kadr_buf_printf(load->error, "the line is longer than %d bytes", KADR_MAX_CONFIG_LINE_BYTES);
    }
}

/* inih: the next line, as fgets() would give it. NULL ends the file, and so does the first error. */
static char *read_line(char *line, int size, void *context)
{
    struct loader *load = context;
    int room = size < KADR_MAX_CONFIG_LINE_BYTES + 2 ? size : KADR_MAX_CONFIG_LINE_BYTES + 2;
    if (load->err || !fgets(line, room, load->file)) {
        return NULL;
    }
    load->line++;
    check_line(load, line, (size_t)room);
    if (load->err) {
        return NULL;
    }
    size_t indent = strspn(line, " \t");
    memmove(line, line + indent, strlen(line + indent) + 1);
    if (*line == '[') {
        load->section_line = load->line;
    }
    return line;
}

static void parse_file(struct loader *load)
{
    int line = ini_parse_stream(read_line, load, on_pair, load);
    if (!load->err && ferror(load->file)) {
        fail(load, KADR_EIO);
        kadr_buf_printf(load->error, "%s: cannot be read", load->path);
    } else if (line > 0 && (!load->err || line < load->error_line)) {
        kadr_buf_clear(load->error); /* inih went on behind its first error, and we complained later */
        begin_file_error(load, line);
        kadr_buf_add_str(load->error, "want `name = value` or `[section]`");
    } else if (!load->err && line < 0) {
        fail(load, KADR_ENOMEM);
    }
}

static void load_file(struct loader *load, const char *path)
{
    if (!path || load->err) {
        return;
    }
    load->path = path;
    load->file = fopen(path, "re");
    if (!load->file) {
        fail(load, errno == ENOENT ? KADR_ENOENT : KADR_EIO);
        kadr_buf_printf(load->error, "%s: %s", path,
                        errno == ENOENT ? "there is no such file" : "cannot be opened");
        return;
    }
    parse_file(load);
    (void)fclose(load->file); /* only read */
}

/* KADR_INGESTD_LISTEN, or KADR_LISTEN without a section. */
static const char *variable_name(const char *section, const char *name, char ret[MAX_VARIABLE_BYTES])
{
    int len = snprintf(ret, MAX_VARIABLE_BYTES, "KADR_%s%s%s", section, *section ? "_" : "", name);
    KADR_ASSERT(len > 0 && len < MAX_VARIABLE_BYTES);
    for (char *c = ret; *c; c++) {
        *c = (char)toupper((unsigned char)*c);
    }
    return ret;
}

static void load_variable(struct loader *load, size_t index, const char *section, enum kadr_option_rank rank)
{
    char name[MAX_VARIABLE_BYTES];
    const char *value = getenv(variable_name(section, load->options->table[index].name, name));
    if (value) {
        set(load, index, value, name, rank);
    }
}

static void load_environment(struct loader *load)
{
    bool is_tool = strcmp(load->options->program, tool) == 0;
    for (size_t i = 0; i < load->options->count; i++) {
        if (is_tool || is_common(load->options->table[i].name)) {
            load_variable(load, i, "", KADR_RANK_ENV_COMMON);
        }
        if (!is_tool) {
            load_variable(load, i, load->options->program, KADR_RANK_ENV);
        }
    }
}

/* `drain-timeout` is option `drain_timeout`. */
static bool same_flag(const char *name, const char *flag, size_t len)
{
    if (strlen(name) != len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (flag[i] != (name[i] == '_' ? '-' : name[i])) {
            return false;
        }
    }
    return true;
}

static bool find_flag(const struct kadr_options *options, const char *flag, size_t len, size_t *ret_index)
{
    for (size_t i = 0; i < options->count; i++) {
        if (same_flag(options->table[i].name, flag, len)) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

bool kadr_option_takes(const char *word)
{
    return word != NULL && strncmp(word, "--", 2) != 0;
}

/* Where argv stands, and what the flag there says. */
struct flag {
    size_t index;
    const char *text;
    int words; /* of argv; 0: no flag of ours */
};

static struct flag read_flag(const struct kadr_options *options, const char *word, const char *next)
{
    struct flag flag = { 0 };
    size_t len = strcspn(word + 2, "=");
    bool is_set = word[2 + len] == '=';
    if (find_flag(options, word + 2, len, &flag.index)) {
        bool yes_no = options->table[flag.index].type == KADR_OPTION_BOOL;
        flag.words = is_set || yes_no ? 1 : 2;
        flag.text = is_set ? word + 2 + len + 1 : yes_no ? "yes" : kadr_option_takes(next) ? next : NULL;
    } else if (!is_set && strncmp(word, "--no-", 5) == 0 &&
               find_flag(options, word + 5, strlen(word + 5), &flag.index) &&
               options->table[flag.index].type == KADR_OPTION_BOOL) {
        flag.words = 1;
        flag.text = "no";
    }
    return flag;
}

static void set_from_flag(struct loader *load, const char *word, const struct flag *flag)
{
    char origin[MAX_VARIABLE_BYTES];
    (void)snprintf(origin, sizeof origin, "%.*s", (int)strcspn(word, "="),
                   word); /* cut is fine: a known name */
    if (flag->text) {
        set(load, flag->index, flag->text, origin, KADR_RANK_FLAG);
    } else {
        fail(load, KADR_EINVAL);
        kadr_buf_printf(load->error, "%s: wants a value: %s", origin,
                        kadr_option_metavar(load->options->table[flag->index].type));
    }
}

/* Returns the index of the first positional. */
static int load_flags(struct loader *load, int argc, char *const *argv)
{
    int at = 1;
    while (at < argc && !load->err && strncmp(argv[at], "--", 2) == 0) {
        if (argv[at][2] == '\0') {
            return at + 1;
        }
        struct flag flag = read_flag(load->options, argv[at], at + 1 < argc ? argv[at + 1] : NULL);
        if (flag.words == 0) {
            break;
        }
        set_from_flag(load, argv[at], &flag);
        at += flag.words;
    }
    return at < argc ? at : argc;
}

int kadr_options_load(const struct kadr_options *options, const char *file, int argc, char *const *argv,
                      void *config, struct kadr_option_values **ret_values, int *ret_rest,
                      struct kadr_buf *error)
{
    struct kadr_option_values *values KADR_CLEANUP(kadr_option_values_free) =
        calloc(1, sizeof *values + options->count * sizeof values->value[0]);
    int *seen KADR_CLEANUP(kadr_free) = calloc(2 * options->count + 1, sizeof *seen);
    if (!values || !seen) {
        return KADR_ENOMEM;
    }
    values->count = options->count;
    struct loader load = {
        .options = options, .values = values, .config = config, .error = error, .seen = seen
    };
    load_defaults(&load);
    load_file(&load, file);
    load_environment(&load);
    int rest = load_flags(&load, argc, argv);
    if (load.err) {
        return load.err;
    }
    *ret_values = KADR_TAKE(values);
    *ret_rest = rest;
    return 0;
}

bool kadr_option_is_flagged(const struct kadr_options *options, const struct kadr_option_values *values,
                            const char *name)
{
    size_t index;
    return find_option(options, name, &index) && values->value[index].rank == KADR_RANK_FLAG;
}

void kadr_option_values_free(struct kadr_option_values *values)
{
    if (!values) {
        return;
    }
    for (size_t i = 0; i < values->count; i++) {
        free(values->value[i].text);
        free(values->value[i].origin);
    }
    free(values);
}
