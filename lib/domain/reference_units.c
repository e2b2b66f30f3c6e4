/* SPDX-License-Identifier: Apache-2.0 */
/* units.csv: one row per territory version, the rows of one code together, oldest first.
 *
 * Rows become drafts in file order; parents and successors are then resolved to drafts; then the units are
 * sorted by their paths and written to the object with their final numbers. A parent's level lies above its
 * child's, so the tree cannot be deeper than the levels are many, and a pass per level replaces recursion.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "domain/fold.h"
#include "domain/reference_load.h"
#include "domain/units_file.h"

static const char *const answers[] = { "yes", "no", NULL };
static const char *const levels[] = { "country", "region", "district", "facility", NULL };
#define LEVELS (KADR_COUNT(levels) - 1)

struct version {
    uint32_t line;
    kadr_day from, to;
    const char *parent, *successors;
    uint32_t parent_draft;
};

struct draft {
    const char *code, *path, *other_names;
    const char *name[KADR_LANG_COUNT];
    enum kadr_unit_level level;
    bool territorial;
    struct version version[KADR_MAX_TERRITORIES];
    size_t version_count;
    kadr_unit unit; /* its number in the finished object */
};

#define NO_DRAFT UINT32_MAX

struct units {
    struct kadr_load *load;
    struct kadr_table table;
    struct draft *drafts; /* in the arena */
    uint32_t *lines;      /* first line of a draft */
    size_t count, cap;
    struct kadr_names codes; /* codes and aliases to drafts */
};

static void wrong(struct units *units, uint32_t line, enum kadr_diag_code code, const char *arg0,
                  const char *arg1)
{
    kadr_diags_add(units->load->diags, code, -1, line, 0, arg0, arg1, NULL);
}

static kadr_day read_day(struct units *units, size_t column, kadr_day empty)
{
    const char *text = kadr_table_cell(&units->table, column);
    kadr_day day = empty;

    if (text[0] != '\0' && kadr_day_parse(text, &day) != 0) {
        kadr_table_wrong(&units->table, column, KADR_DIAG_BAD_PERIOD, text, NULL, NULL);
        return empty;
    }
    return day;
}

static const char *copy_cell(struct units *units, size_t column)
{
    const char *text = kadr_table_cell(&units->table, column);
    return kadr_load_text(units->load, text, strlen(text));
}

static void read_version(struct units *units, struct draft *draft)
{
    const struct kadr_table *table = &units->table;

    if (draft->version_count == KADR_MAX_TERRITORIES) {
        kadr_table_wrong(table, KADR_UNITS_CODE, KADR_DIAG_TOO_MANY_ROWS, draft->code, NULL, NULL);
        return;
    }
    struct version *version = &draft->version[draft->version_count];
    version->line = kadr_table_line(table);
    version->from = read_day(units, KADR_UNITS_FROM, KADR_DAY_MIN);
    version->to = read_day(units, KADR_UNITS_TO, KADR_DAY_MAX);
    version->parent = copy_cell(units, KADR_UNITS_PARENT);
    version->successors = copy_cell(units, KADR_UNITS_SUCCESSORS);
    version->parent_draft = NO_DRAFT;
    if (version->to < version->from) {
        kadr_table_wrong(table, KADR_UNITS_TO, KADR_DIAG_BAD_DEFINITION, "ends before it begins", draft->code,
                         NULL);
    }
    if (draft->version_count > 0 && version->from <= version[-1].to) {
        kadr_table_wrong(table, KADR_UNITS_FROM, KADR_DIAG_BAD_DEFINITION, "overlaps the version before it",
                         draft->code, NULL);
    }
    draft->version_count++;
}

static void read_aliases(struct units *units, uint32_t draft)
{
    const char *at = kadr_table_cell(&units->table, KADR_UNITS_ALIASES), *word;
    size_t len;

    while (kadr_load_next(&at, ' ', &word, &len)) {
        kadr_names_add(&units->codes, 0, kadr_load_text(units->load, word, len), draft);
    }
}

static bool read_territorial(const struct units *units)
{
    const char *text = kadr_table_cell(&units->table, KADR_UNITS_TERRITORIAL);

    return *text == '\0' || kadr_load_word(&units->table, KADR_UNITS_TERRITORIAL, answers) == 0;
}

static struct draft *begin_draft(struct units *units, const char *code)
{
    KADR_ASSERT(units->drafts != NULL && units->count < units->cap);
    struct draft *draft = &units->drafts[units->count];

    *draft = (struct draft){ .code = code };
    draft->level = (enum kadr_unit_level)kadr_load_word(&units->table, KADR_UNITS_LEVEL, levels);
    draft->territorial = true;
    units->lines[units->count] = kadr_table_line(&units->table);
    kadr_names_add(&units->codes, 0, code, (uint32_t)units->count);
    units->count++;
    return draft;
}

/* Names count from the last row of a code; an earlier row may leave them empty. */
static void read_row(struct units *units)
{
    const char *code;

    if (!kadr_load_code(units->load, &units->table, KADR_UNITS_CODE, &code)) {
        return;
    }
    struct draft *draft = units->count > 0 ? &units->drafts[units->count - 1] : NULL;
    if (draft == NULL || strcmp(draft->code, code) != 0) {
        draft = begin_draft(units, code);
    } else if (strcmp(levels[draft->level], kadr_table_cell(&units->table, KADR_UNITS_LEVEL)) != 0) {
        kadr_table_wrong(&units->table, KADR_UNITS_LEVEL, KADR_DIAG_BAD_DEFINITION, "one code, two levels",
                         code, NULL);
    }
    bool territorial = read_territorial(units);
    if (draft->version_count == 0) {
        draft->territorial = territorial;
    } else if (draft->territorial != territorial) {
        kadr_table_wrong(&units->table, KADR_UNITS_TERRITORIAL, KADR_DIAG_BAD_DEFINITION,
                         "one code, with and without a territory", code, NULL);
    }
    for (size_t lang = 0; lang < KADR_LANG_COUNT; lang++) {
        draft->name[lang] = copy_cell(units, KADR_UNITS_NAME_EN + lang);
    }
    draft->other_names = copy_cell(units, KADR_UNITS_OTHER_NAMES);
    read_aliases(units, (uint32_t)units->count - 1);
    read_version(units, draft);
}

static int read_rows(struct units *units)
{
    int err = 0;

    while ((err = kadr_table_next(&units->table)) == 0) {
        if (units->count == units->cap) {
            kadr_table_wrong(&units->table, KADR_UNITS_CODE, KADR_DIAG_TOO_MANY_ROWS, "units.csv", NULL,
                             NULL);
            return KADR_EINVAL;
        }
        read_row(units);
    }
    return err == KADR_ENOENT ? 0 : err;
}

static uint32_t find_draft(const struct units *units, const char *code)
{
    uint32_t draft;
    return kadr_names_find(&units->codes, 0, code, &draft) ? draft : NO_DRAFT;
}

/* Does the chain of first parents lead back to where it began? Longer circles than anybody draws by mistake
 * are told as a wrong level, which they are too. */
static bool in_cycle(const struct units *units, uint32_t start)
{
    uint32_t at = start;

    for (size_t steps = 0; steps < 64 && at != NO_DRAFT; steps++) {
        at = find_draft(units, units->drafts[at].version[0].parent);
        if (at == start) {
            return true;
        }
    }
    return false;
}

static void resolve_parent(struct units *units, uint32_t index, struct version *version)
{
    const struct draft *draft = &units->drafts[index];

    if (draft->level == KADR_LEVEL_COUNTRY) {
        if (version->parent[0] != '\0') {
            wrong(units, version->line, KADR_DIAG_BAD_DEFINITION, "a country has no parent", draft->code);
        }
        return;
    }
    uint32_t parent = find_draft(units, version->parent);
    if (parent == NO_DRAFT) {
        wrong(units, version->line, KADR_DIAG_UNKNOWN_UNIT, version->parent, NULL);
    } else if (!units->drafts[parent].territorial) {
        wrong(units, version->line, KADR_DIAG_BAD_DEFINITION, "lies in a unit that has no territory",
              draft->code);
    } else if (units->drafts[parent].level < draft->level) {
        version->parent_draft = parent;
    } else if (in_cycle(units, index)) {
        wrong(units, version->line, KADR_DIAG_CYCLE, draft->code, NULL);
    } else {
        wrong(units, version->line, KADR_DIAG_BAD_DEFINITION, "the parent's level is not above", draft->code);
    }
}

static bool valid_on(const struct draft *draft, kadr_day day)
{
    for (size_t i = 0; i < draft->version_count; i++) {
        if (draft->version[i].from <= day && day <= draft->version[i].to) {
            return true;
        }
    }
    return false;
}

static void check_successors(struct units *units, const struct draft *draft, const struct version *version)
{
    char code[KADR_MAX_CODE_BYTES + 1];
    const char *at = version->successors, *word;
    size_t len, count = 0;

    while (kadr_load_next(&at, ' ', &word, &len)) {
        (void)snprintf(code, sizeof(code), "%.*s", (int)len, word);
        uint32_t successor = find_draft(units, code);
        if (successor == NO_DRAFT) {
            wrong(units, version->line, KADR_DIAG_UNKNOWN_UNIT, code, NULL);
        } else if (version->to == KADR_DAY_MAX) {
            wrong(units, version->line, KADR_DIAG_BAD_DEFINITION, "successors of a version that lasts",
                  draft->code);
        } else if (!units->drafts[successor].territorial) {
            wrong(units, version->line, KADR_DIAG_BAD_DEFINITION, "the successor has no territory", code);
        } else if (!valid_on(&units->drafts[successor], version->to + 1)) {
            wrong(units, version->line, KADR_DIAG_BAD_DEFINITION,
                  "the successor does not exist on the day after", code);
        }
        count++;
    }
    if (count > KADR_COUNT(((struct kadr_territory *)0)->successors)) {
        wrong(units, version->line, KADR_DIAG_BAD_DEFINITION, "more than four successors", draft->code);
    }
}

/* An organisation stands beside the regions, and takes part in no change of borders. */
static void check_organisation(struct units *units, const struct draft *draft)
{
    for (size_t v = 0; v < draft->version_count && !draft->territorial; v++) {
        const struct version *version = &draft->version[v];

        if (draft->level != KADR_LEVEL_REGION) {
            wrong(units, version->line, KADR_DIAG_BAD_DEFINITION,
                  "without a territory, and no region's level", draft->code);
        } else if (version->successors[0] != '\0') {
            wrong(units, version->line, KADR_DIAG_BAD_DEFINITION, "successors, but no territory",
                  draft->code);
        }
    }
}

static void check_names(struct units *units, const struct draft *draft)
{
    static const char *const wanted[KADR_LANG_COUNT] = { "name_en", "name_ru", "name_kk" };

    for (size_t lang = 0; lang < KADR_LANG_COUNT; lang++) {
        if (draft->name[lang][0] == '\0') {
            wrong(units, draft->version[draft->version_count - 1].line, KADR_DIAG_BAD_DEFINITION,
                  "name missing", wanted[lang]);
        }
    }
}

static void resolve(struct units *units)
{
    size_t countries = 0;

    kadr_load_codes_done(units->load, &units->codes, units->lines);
    for (uint32_t i = 0; i < units->count; i++) {
        struct draft *draft = &units->drafts[i];
        countries += draft->level == KADR_LEVEL_COUNTRY;
        for (size_t v = 0; v < draft->version_count; v++) {
            resolve_parent(units, i, &draft->version[v]);
            check_successors(units, draft, &draft->version[v]);
        }
        check_organisation(units, draft);
        check_names(units, draft);
    }
    if (countries != 1) {
        wrong(units, 0, KADR_DIAG_BAD_DEFINITION, "there must be exactly one country", NULL);
    }
}

/* Paths are made from the country down: KZ/ then KZ/KZ-35/ … */
static void make_paths(struct units *units)
{
    for (size_t level = 0; level < LEVELS; level++) {
        for (size_t i = 0; i < units->count; i++) {
            struct draft *draft = &units->drafts[i];
            if (draft->level != level) {
                continue;
            }
            char path[LEVELS * (KADR_MAX_CODE_BYTES + 1) + 1];
            uint32_t parent = draft->version[draft->version_count - 1].parent_draft;
            int len = snprintf(path, sizeof(path), "%s%s/",
                               parent != NO_DRAFT ? units->drafts[parent].path : "", draft->code);
            draft->path = kadr_load_text(units->load, path, (size_t)len);
        }
    }
}

static int by_path(const void *left, const void *right)
{
    const struct draft *const *a = left, *const *b = right;
    return strcmp((*a)->path, (*b)->path);
}

static void fill_territory(const struct units *units, const struct version *version,
                           struct kadr_territory *territory)
{
    char code[KADR_MAX_CODE_BYTES + 1];
    const char *at = version->successors, *word;
    size_t len;

    *territory = (struct kadr_territory){ .from = version->from, .to = version->to, .parent = KADR_NO_UNIT };
    if (version->parent_draft != NO_DRAFT) {
        territory->parent = units->drafts[version->parent_draft].unit;
    }
    while (kadr_load_next(&at, ' ', &word, &len)) {
        (void)snprintf(code, sizeof(code), "%.*s", (int)len, word);
        territory->successors[territory->successor_count++] = units->drafts[find_draft(units, code)].unit;
    }
}

static void fill_unit(const struct units *units, const struct draft *draft)
{
    struct kadr_unit_info *info = &units->load->reference->units[draft->unit];

    *info = (struct kadr_unit_info){
        .code = draft->code, .path = draft->path, .level = draft->level, .territorial = draft->territorial
    };
    memcpy(info->name, draft->name, sizeof(info->name));
    info->territory_count = (uint8_t)draft->version_count;
    for (size_t v = 0; v < draft->version_count; v++) {
        fill_territory(units, &draft->version[v], &info->territory[v]);
    }
    if (draft->level == KADR_LEVEL_COUNTRY) {
        units->load->reference->country = draft->unit;
    }
}

static void index_names(struct units *units, const struct draft *draft)
{
    struct kadr_reference *reference = units->load->reference;

    for (size_t lang = 0; lang < KADR_LANG_COUNT; lang++) {
        kadr_load_fold(units->load, &reference->unit_folded, 0, draft->name[lang], draft->unit);
    }
    kadr_load_fold(units->load, &reference->unit_folded, 0, draft->other_names, draft->unit);
}

static void index_short_names(struct kadr_load *load)
{
    struct kadr_reference *reference = load->reference;
    char shorter[KADR_FOLD_BYTES];

    for (size_t i = 0; i < reference->unit_folded.count; i++) {
        const struct kadr_name *name = &reference->unit_folded.items[i];
        if (kadr_fold_short(name->text, shorter)) {
            kadr_names_add(&reference->unit_shorter, 0, kadr_load_text(load, shorter, strlen(shorter)),
                           name->value);
        }
    }
    kadr_load_names_done(load, &reference->unit_folded);
    kadr_load_names_done(load, &reference->unit_shorter);
}

/* Numbers the drafts in the order of their paths and writes them to the object. */
static int finish(struct units *units)
{
    struct kadr_reference *reference = units->load->reference;
    struct draft **sorted = kadr_arena_calloc(reference->arena, units->count, sizeof(struct draft *));

    reference->units = kadr_arena_calloc(reference->arena, units->count, sizeof(*reference->units));
    reference->ancestors = kadr_arena_calloc(reference->arena, units->count, sizeof(*reference->ancestors));
    if (sorted == NULL || reference->units == NULL || reference->ancestors == NULL) {
        return KADR_ENOMEM;
    }
    reference->unit_count = units->count;
    make_paths(units);
    for (size_t i = 0; i < units->count; i++) {
        sorted[i] = &units->drafts[i];
    }
    qsort(sorted, units->count, sizeof(struct draft *), by_path);
    for (size_t i = 0; i < units->count; i++) {
        sorted[i]->unit = (kadr_unit)i;
    }
    for (size_t i = 0; i < units->count; i++) {
        fill_unit(units, sorted[i]);
        index_names(units, sorted[i]);
    }
    for (size_t i = 0; i < units->codes.count; i++) {
        const struct kadr_name *name = &units->codes.items[i];
        kadr_names_add(&reference->unit_codes, 0, name->text, units->drafts[name->value].unit);
    }
    kadr_names_sort(&reference->unit_codes);
    index_short_names(units->load);
    kadr_load_tree(units->load);
    return units->load->failed || reference->unit_codes.failed ? KADR_ENOMEM : 0;
}

static int load_units(struct units *units, struct kadr_bytes bytes)
{
    size_t errors = units->load->diags->errors, rows = kadr_table_max_rows(bytes);
    int err =
        kadr_table_open(&units->table, bytes, kadr_units_columns, KADR_UNITS_COLUMNS, units->load->diags);

    if (err != 0) {
        return err;
    }
    units->cap = rows < KADR_MAX_UNITS ? rows : KADR_MAX_UNITS;
    units->drafts = kadr_arena_calloc(units->load->reference->arena, units->cap, sizeof(*units->drafts));
    units->lines = kadr_arena_calloc(units->load->reference->arena, units->cap, sizeof(*units->lines));
    if (units->drafts == NULL || units->lines == NULL) {
        return KADR_ENOMEM;
    }
    err = read_rows(units);
    if (err != 0) {
        return err;
    }
    resolve(units);
    if (units->load->failed) {
        return KADR_ENOMEM;
    }
    return units->load->diags->errors != errors ? KADR_EINVAL : finish(units);
}

int kadr_load_units(struct kadr_load *load, struct kadr_bytes bytes)
{
    struct units units = { .load = load };
    int err = load_units(&units, bytes);

    kadr_names_done(&units.codes);
    kadr_table_done(&units.table);
    return err;
}
