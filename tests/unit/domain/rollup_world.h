/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* rollup_world.h - a small journal for tests of the rollup: statements and cells as one line of text each.
 *
 *   say(w, "KZ-35 need cadre=doctor,settlement=rural 2023-11-20 23")
 *   shows(w, "KZ need cadre=doctor,settlement=rural", "23..open known 23 sum incomplete | ...")
 *
 * An empty breakdown or occurrence is written "-". Include behind cmocka.h.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "domain/rollup.h"

struct world {
    struct kadr_rollup *rollup;
    struct kadr_reference *reference;
    uint64_t commit;
    kadr_ms now_ms; /* stated_at of the next report; one second later each */
};

/* @param expected  expected.csv; NULL: there is none */
static inline struct kadr_reference *load_reference_with(const char *units, const char *indicators,
                                                         const char *members, const char *expected)
{
    struct kadr_file files[] = {
        { "units.csv", { (const uint8_t *)units, strlen(units) } },
        { "indicators.csv", { (const uint8_t *)indicators, strlen(indicators) } },
        { "members.csv", { (const uint8_t *)members, strlen(members) } },
        { "expected.csv", { (const uint8_t *)expected, expected ? strlen(expected) : 0 } },
    };
    KADR_CLEANUP(kadr_diags_done) struct kadr_diags diags;
    struct kadr_reference *reference = NULL;
    kadr_diags_init(&diags);
    int err = kadr_reference_load(files, expected ? 4 : 3, &diags, &reference);
    for (size_t i = 0; err && i < diags.count; i++) {
        KADR_CLEANUP(kadr_buf_done) struct kadr_buf line;
        kadr_buf_init(&line, 0);
        kadr_diag_line(&diags.items[i], "test", KADR_LANG_EN, &line);
        print_message("%s\n", kadr_buf_str(&line));
    }
    assert_int_equal(err, 0);
    return reference;
}

static inline struct kadr_reference *load_reference(const char *units, const char *indicators,
                                                    const char *members)
{
    return load_reference_with(units, indicators, members, NULL);
}

static inline kadr_day day(const char *text)
{
    kadr_day parsed = KADR_DAY_NONE;
    assert_int_equal(kadr_day_parse(text, &parsed), 0);
    return parsed;
}

static inline void world_open(struct world *w, struct kadr_reference *reference, const char *today)
{
    *w = (struct world){ .reference = reference, .now_ms = 1000 };
    assert_int_equal(kadr_rollup_new(&w->rollup), 0);
    assert_int_equal(kadr_rollup_reference(w->rollup, reference, ++w->commit), 0);
    assert_int_equal(kadr_rollup_day(w->rollup, day(today), ++w->commit), 0);
}

static inline void world_close(struct world *w)
{
    kadr_rollup_free(w->rollup);
    kadr_reference_unref(w->reference);
}

/* Words of a line, in a buffer of its own. */
struct words {
    char text[512];
    char *word[8];
    size_t count;
};

static inline void split(struct words *words, const char *line)
{
    char *rest = NULL;
    assert_true(strlen(line) < sizeof(words->text));
    memcpy(words->text, line, strlen(line) + 1);
    words->count = 0;
    for (char *word = strtok_r(words->text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        assert_true(words->count < KADR_COUNT(words->word));
        words->word[words->count++] = word;
    }
}

static inline size_t parse_pairs(char *text, struct kadr_member_pair pairs[KADR_MAX_DIMENSIONS])
{
    char *rest = NULL;
    size_t count = 0;
    if (strcmp(text, "-") == 0) {
        return 0;
    }
    for (char *pair = strtok_r(text, ",", &rest); pair; pair = strtok_r(NULL, ",", &rest)) {
        char *equals = strchr(pair, '=');
        assert_non_null(equals);
        *equals = '\0';
        assert_true(count < KADR_MAX_DIMENSIONS);
        pairs[count++] = (struct kadr_member_pair){ pair, equals + 1 };
    }
    return count;
}

/* `UNIT INDICATOR BREAKDOWN PERIOD VALUE [OCCURRENCE]`; words must outlive the observation. */
static inline void parse_statement(struct words *words, int32_t scale, struct kadr_observation *obs)
{
    assert_true(words->count >= 5);
    *obs = (struct kadr_observation){ .unit = words->word[0],
                                      .indicator = words->word[1],
                                      .occurrence = words->count > 5 ? words->word[5] : "",
                                      .scale = scale,
                                      .stated = "",
                                      .note = "" };
    obs->breakdown_count = parse_pairs(words->word[2], obs->breakdown);
    assert_int_equal(kadr_period_parse(words->word[3], &obs->period), 0);
    assert_int_equal(kadr_value_parse(words->word[4], scale, &obs->value), KADR_VALUE_FINE);
}

/* One report of one observation, stated at a time of its own. */
static inline void say_at(struct world *w, kadr_ms stated_at_ms, const char *line)
{
    struct words words;
    struct kadr_observation obs;
    split(&words, line);
    const struct kadr_reference *reference = kadr_rollup_current_reference(w->rollup);
    kadr_indicator indicator = kadr_indicator_find(reference, words.word[1]);
    int32_t scale = indicator == KADR_NO_INDICATOR ? 1 : kadr_indicator_info(reference, indicator)->scale;
    parse_statement(&words, scale, &obs);
    struct kadr_report report = { .observations = &obs, .observation_count = 1 };
    enum kadr_verdict verdict = KADR_VERDICT_ACCEPTED;
    assert_int_equal(kadr_rollup_report(w->rollup, &report, &verdict, stated_at_ms, ++w->commit), 0);
}

static inline void say(struct world *w, const char *line)
{
    say_at(w, w->now_ms, line);
    w->now_ms += 1000;
}

/* ---- cells as text ------------------------------------------------------------------------------------- */

#define CELL_TEXT_BYTES 256

static inline const char *number(int64_t value, bool open, char text[24])
{
    if (open) {
        snprintf(text, 24, "open");
    } else {
        snprintf(text, 24, "%lld", (long long)value);
    }
    return text;
}

/* `23..open known 23 sum incomplete | 1 1 of 20 stale 0 | 2023-11-20 2023-11-20` and, where they are there,
 * ` | ?reason` and ` | 10..10 outstanding`. */
static inline const char *cell_text(const struct kadr_cell *cell, char text[CELL_TEXT_BYTES])
{
    char a[24], b[24], from[KADR_DAY_TEXT_BYTES], to[KADR_DAY_TEXT_BYTES];
    size_t len = 0;
#define ADD(...) len += (size_t)snprintf(text + len, CELL_TEXT_BYTES - len, __VA_ARGS__)
    if (!kadr_cell_has_value(cell)) {
        ADD("none");
    } else {
        ADD("%s..%s", number(cell->lo, false, a), number(cell->hi, cell->hi_open, b));
        if (cell->incomplete) {
            ADD(" known %s", number(cell->known_hi, cell->known_hi_open, a));
        }
        ADD(" %s%s", kadr_basis_text(cell->basis), cell->incomplete ? " incomplete" : "");
    }
    ADD(" | %u %u of ", cell->reported, cell->complete);
    ADD(cell->expected < 0 ? "null" : "%lld", (long long)cell->expected);
    ADD(" stale %u", cell->stale);
    if (kadr_cell_has_value(cell)) {
        ADD(" | %s %s", kadr_day_format(cell->oldest, from), kadr_day_format(cell->newest, to));
    }
    if (cell->reason != KADR_REASON_NONE) {
        ADD(" | ?%s", kadr_reason_code(cell->reason));
    }
    if (cell->residual != KADR_RESIDUAL_NONE) {
        ADD(" | %s..%s %s", number(cell->residual_lo, cell->residual_lo_open, a),
            number(cell->residual_hi, cell->residual_hi_open, b), kadr_residual_text(cell->residual));
    }
#undef ADD
    assert_true(len < CELL_TEXT_BYTES);
    return text;
}

struct found {
    kadr_breakdown breakdown;
    struct kadr_cell cell;
    size_t count;
};

static inline int keep_match(void *context, const struct kadr_cell *cell)
{
    struct found *found = context;
    if (cell->key.breakdown == found->breakdown) {
        found->cell = *cell;
        found->count++;
    }
    return 0;
}

/* `UNIT INDICATOR BREAKDOWN [PERIOD]`, on a day (NULL: the current one). @return false: there is no such cell
 */
static inline bool ask(struct world *w, const char *line, const char *as_of, struct kadr_cell *ret_cell)
{
    struct words words;
    struct kadr_member_pair pairs[KADR_MAX_DIMENSIONS];
    const struct kadr_reference *reference = kadr_rollup_current_reference(w->rollup);
    split(&words, line);
    assert_true(words.count >= 3);
    struct kadr_rollup_query query = { .unit = kadr_unit_find(reference, words.word[0]),
                                       .indicator = kadr_indicator_find(reference, words.word[1]),
                                       .as_of = as_of ? day(as_of) : KADR_DAY_NONE,
                                       .has_period = words.count > 3 };
    assert_int_not_equal(query.unit, KADR_NO_UNIT);
    assert_int_not_equal(query.indicator, KADR_NO_INDICATOR);
    if (query.has_period) {
        assert_int_equal(kadr_period_parse(words.word[3], &query.period), 0);
    }
    struct found found = { .count = 0 };
    size_t count = parse_pairs(words.word[2], pairs);
    for (size_t i = 0; i < count; i++) {
        kadr_dimension dimension = kadr_dimension_find(reference, pairs[i].dimension);
        kadr_member member = kadr_member_find(reference, dimension, pairs[i].member);
        assert_int_equal(kadr_breakdown_add(reference, &found.breakdown, member), 0);
    }
    assert_int_equal(kadr_rollup_query(w->rollup, &query, keep_match, &found), 0);
    assert_true(found.count <= 1);
    *ret_cell = found.cell;
    return found.count == 1;
}

static inline void shows_on(struct world *w, const char *question, const char *as_of, const char *expected)
{
    struct kadr_cell cell;
    char text[CELL_TEXT_BYTES];
    if (!ask(w, question, as_of, &cell)) {
        assert_string_equal("no such cell", expected);
        return;
    }
    assert_string_equal(cell_text(&cell, text), expected);
}

#define shows(w, question, expected) shows_on((w), (question), NULL, (expected))

/* ---- many cells ---------------------------------------------------------------------------------------- */

#define MAX_CELLS 4096

struct cells {
    struct kadr_cell items[MAX_CELLS];
    size_t count;
};

/* A kadr_cell_fn; the context is struct cells. */
static inline int collect_cell(void *context, const struct kadr_cell *cell)
{
    struct cells *cells = context;
    assert_true(cells->count < MAX_CELLS);
    cells->items[cells->count++] = *cell;
    return 0;
}

/* ---- changes --------------------------------------------------------------------------------------- */

static inline size_t take(struct world *w)
{
    size_t count = 0;
    assert_int_equal(kadr_rollup_take_changes(w->rollup, &count), 0);
    return count;
}

static inline void settle(struct world *w)
{
    (void)take(w); /* what happened so far is of no interest */
}

static inline void next_day(struct world *w, const char *text)
{
    assert_int_equal(kadr_rollup_day(w->rollup, day(text), ++w->commit), 0);
}

/* The kind of change of one unit's cells since the last take; "none" if it has none. */
static inline const char *change_at(struct world *w, const char *unit)
{
    size_t count = take(w);
    kadr_unit index = kadr_unit_find(kadr_rollup_current_reference(w->rollup), unit);
    for (size_t i = 0; i < count; i++) {
        if (kadr_rollup_change(w->rollup, i).cell.key.unit == index) {
            return kadr_rollup_change(w->rollup, i).removed
                       ? "removed"
                       : kadr_change_text(kadr_rollup_change(w->rollup, i).kind);
        }
    }
    return "none";
}
