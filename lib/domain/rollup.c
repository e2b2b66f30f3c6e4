/* SPDX-License-Identifier: Apache-2.0 */
/* rollup.c - records in: statements put in force, the day, the reference.
 *
 * Nothing is evaluated here. The cells that a statement touches (touch.c) wait in `pending` until changes are
 * taken; then each is evaluated once, parts first. All that a cell depends on lies in the closure of the
 * statements that touch it, so a figure that was not touched is still right.
 */
#include "domain/rollup.h"

#include <string.h>

#include "base/err.h"
#include "domain/rollup_state.h"

int kadr_rollup_new(struct kadr_rollup **ret_rollup)
{
    KADR_CLEANUP(kadr_rollup_free) struct kadr_rollup *rollup = calloc(1, sizeof(*rollup));
    if (!rollup) {
        return KADR_ENOMEM;
    }
    rollup->day = KADR_DAY_NONE;
    int err = kadr_evaluator_init(&rollup->evaluator);
    if (err) {
        return err;
    }
    *ret_rollup = KADR_TAKE(rollup);
    return 0;
}

void kadr_rollup_free(struct kadr_rollup *rollup)
{
    if (!rollup) {
        return;
    }
    kadr_series_table_done(&rollup->table);
    kadr_sleepers_done(&rollup->sleepers);
    kadr_evaluator_done(&rollup->evaluator);
    kadr_rollup_forget_topics(rollup);
    kadr_map_done(&rollup->topics);
    kadr_reference_unref(rollup->reference);
    free(rollup->ordered);
    for (size_t rank = 0; rank < KADR_RANKS; rank++) {
        free(rollup->pending[rank].cells);
    }
    free(rollup->changed);
    free(rollup->sorted);
    free(rollup->gone);
    free(rollup->due.cells);
    free(rollup);
}

/* ---- reports ------------------------------------------------------------------------------------------- */

static unsigned cause_of(enum kadr_put put)
{
    static const uint8_t causes[] = { [KADR_PUT_NOTHING] = 0,
                                      [KADR_PUT_STATED] = KADR_CAUSE_STATED,
                                      [KADR_PUT_CORRECTED] = KADR_CAUSE_CORRECTED,
                                      [KADR_PUT_WITHDRAWN] = KADR_CAUSE_WITHDRAWN };
    return causes[put];
}

/* Among the statements that were let go, or before them: what it does to its key is not known here. */
static bool lies_behind(const struct kadr_series *series, struct kadr_period period)
{
    return series->let_go > 0 && kadr_period_order(period, series->statements[0].period) < 0;
}

/* One statement on its way in: first its codes, then its key, then its series. */
struct taking {
    const struct kadr_observation *observation;
    kadr_ms stated_at_ms;
    uint64_t commit;
    struct kadr_key key;
    struct kadr_value value;
    bool fits;                  /* its codes are known */
    struct kadr_series *series; /* where it belongs; NULL: not looked for yet, or not there */
};

/* Reports speak of one unit after the other: mostly it is that of the statement before. */
static kadr_unit unit_of(const struct kadr_rollup *rollup, const char *code, const struct taking *before)
{
    bool same = before && before->fits && strcmp(before->observation->unit, code) == 0;
    return same ? before->key.unit : kadr_unit_find(rollup->reference, code);
}

/* What does not resolve sleeps; what has no exact value at the scale of today takes force as unknown, too. */
static void resolve(struct kadr_rollup *rollup, const struct taking *before, struct taking *taking)
{
    const struct kadr_observation *observation = taking->observation;
    int unfit = KADR_ENOENT;
    if (rollup->reference && strlen(observation->occurrence) <= KADR_MAX_CODE_BYTES) {
        kadr_unit unit = unit_of(rollup, observation->unit, before);
        unfit = kadr_stated_resolve_of(rollup->reference, unit, observation, &taking->key, &taking->value);
    }
    taking->fits = unfit != KADR_ENOENT;
    if (unfit) {
        struct kadr_stated stated = { *observation, taking->stated_at_ms, taking->commit };
        rollup->err = kadr_sleepers_add(&rollup->sleepers, &stated);
    }
}

static void put_in_force(struct kadr_rollup *rollup, const struct taking *taking)
{
    const struct kadr_key *key = &taking->key;
    struct kadr_series *series =
        taking->series ? taking->series
                       : kadr_series_get(&rollup->table, key->unit, key->indicator, key->breakdown);
    char occurrence[KADR_MAX_CODE_BYTES + 1];
    const char *stated = taking->observation->occurrence; /* not longer than a code: resolve() */
    if (stated[0] != '\0') {
        memcpy(occurrence, stated, strlen(stated) + 1);
    }
    struct kadr_statement statement = { .period = key->period,
                                        .occurrence = stated[0] != '\0' ? occurrence : NULL,
                                        .value = taking->value,
                                        .stated_at_ms = taking->stated_at_ms,
                                        .commit = taking->commit };
    enum kadr_put put = KADR_PUT_NOTHING;
    if (series && series->statement_count > 0 && series->statement_count == series->statement_cap) {
        kadr_rollup_make_room(rollup, series, key->period);
    }
    if (series && lies_behind(series, key->period)) {
        rollup->err = kadr_rollup_call_back(rollup, series);
    }
    if (rollup->err) {
        return;
    }
    if (!series || kadr_series_put(&rollup->table, series, &statement, &put)) {
        rollup->err = KADR_ENOMEM;
    } else if (put != KADR_PUT_NOTHING) {
        kadr_rollup_touch_closure(rollup, series, key->period, cause_of(put));
    }
}

void kadr_rollup_take_stated(struct kadr_rollup *rollup, const struct kadr_stated *stated)
{
    struct taking taking = { &stated->observation, stated->stated_at_ms, stated->commit, .fits = false };
    resolve(rollup, NULL, &taking);
    if (taking.fits && !rollup->err) {
        put_in_force(rollup, &taking);
    }
}

/* Series lie all over the memory. So many statements are looked up together, step by step, that each step
 * finds in the cache what the one before it asked for. */
#define TOGETHER 16

static void take_together(struct kadr_rollup *rollup, struct taking *taking, size_t count)
{
    for (size_t i = 0; i < count && !rollup->err; i++) {
        const struct kadr_key *key = &taking[i].key;
        resolve(rollup, i > 0 ? &taking[i - 1] : NULL, &taking[i]);
        if (taking[i].fits) {
            kadr_series_fetch_place(&rollup->table, key->unit, key->indicator, key->breakdown);
        }
    }
    for (size_t i = 0; i < count && !rollup->err; i++) {
        const struct kadr_key *key = &taking[i].key;
        if (taking[i].fits) {
            taking[i].series = kadr_series_find(&rollup->table, key->unit, key->indicator, key->breakdown);
            kadr_series_fetch(taking[i].series);
        }
    }
    for (size_t i = 0; i < count && !rollup->err; i++) {
        if (taking[i].fits) {
            put_in_force(rollup, &taking[i]);
        }
    }
}

int kadr_rollup_report(struct kadr_rollup *rollup, const struct kadr_report *report,
                       const enum kadr_verdict *verdicts, kadr_ms stated_at_ms, uint64_t commit)
{
    struct taking taking[TOGETHER];
    size_t count = 0;
    rollup->changed_count = 0; /* what was handed out is read no more */
    for (size_t i = 0; i < report->observation_count && !rollup->err; i++) {
        const struct kadr_observation *observation = &report->observations[i];
        if (verdicts[i] == KADR_VERDICT_ACCEPTED) {
            kadr_ms at_ms = kadr_observation_stated_at(report, observation, stated_at_ms);
            taking[count++] = (struct taking){ observation, at_ms, commit, .fits = false };
        }
        if (count == TOGETHER) {
            take_together(rollup, taking, count);
            count = 0;
        }
    }
    take_together(rollup, taking, count);
    rollup->commit = commit;
    return rollup->err;
}

/* ---- the day ------------------------------------------------------------------------------------------- */

static void touch_day(struct kadr_rollup *rollup, const struct kadr_slot *slot)
{
    if (slot && slot->live) {
        kadr_rollup_touch(rollup, slot->live, KADR_CAUSE_DAY, KADR_DAY_MAX);
    }
}

/* Cells enter and leave as the window of live periods moves. */
static void move_window(struct kadr_rollup *rollup, struct kadr_series *series)
{
    for (size_t i = 0; i < series->slot_count; i++) {
        struct kadr_slot *slot = &series->slots[i];
        bool live = kadr_rollup_is_live(rollup, series, slot->period);
        if (live && !slot->live) {
            kadr_rollup_make_live(rollup, series, slot);
            touch_day(rollup, slot);
        } else if (!live && slot->live) {
            kadr_rollup_retire(rollup, slot->live, KADR_CHANGE_AGED);
            slot->live = NULL;
        }
    }
}

/* Cells about to leave do not wait any more. */
static void drop_pending(struct kadr_rollup *rollup)
{
    for (size_t rank = 0; rank < KADR_RANKS; rank++) {
        struct kadr_pending *list = &rollup->pending[rank];
        size_t kept = 0;
        for (size_t i = 0; i < list->count; i++) {
            if (kadr_rollup_is_live(rollup, list->cells[i]->series, list->cells[i]->period)) {
                list->cells[kept++] = list->cells[i];
            }
        }
        list->count = kept;
    }
}

int kadr_rollup_day(struct kadr_rollup *rollup, kadr_day day, uint64_t commit)
{
    if (day < KADR_DAY_MIN || day > KADR_DAY_MAX || day < rollup->day) {
        return KADR_EINVAL;
    }
    rollup->commit = commit;
    rollup->changed_count = 0;
    if (day == rollup->day || rollup->err) {
        return rollup->err;
    }
    rollup->day = day;
    rollup->window = kadr_live_window(day);
    drop_pending(rollup);
    for (size_t i = 0; i < rollup->table.count; i++) {
        struct kadr_series *series = rollup->table.all[i];
        series->recalls = 0;
        move_window(rollup, series);
        touch_day(rollup, kadr_series_slot(series, KADR_PERIOD_AS_OF));
    }
    return rollup->err;
}

/* ---- the reference ------------------------------------------------------------------------------------- */

/* What was handed out of a cell stays known under its new indexes; a cell that is not live any more is
 * reported as removed, unless its codes are gone: then nobody could name it. */
static void carry_cell(struct kadr_rollup *rollup, const struct kadr_rekey *rekey,
                       const struct kadr_live *old)
{
    kadr_indicator indicator = old->series->indicator;
    struct kadr_cell_key key = { old->series->breakdown, old->period, old->series->unit, indicator };
    if (!old->handed_out || !kadr_rekey_cell(rekey, &key)) {
        return;
    }
    const struct kadr_series *series =
        kadr_series_find(&rollup->table, key.unit, key.indicator, key.breakdown);
    struct kadr_slot *slot = series ? kadr_series_slot(series, key.period) : NULL;
    if (!slot || !slot->live) {
        kadr_rollup_report_gone(rollup, &key, KADR_CHANGE_REFERENCE);
        return;
    }
    int32_t scale = kadr_indicator_info(rekey->from, indicator)->scale;
    if (scale == kadr_indicator_info(rekey->to, key.indicator)->scale) {
        slot->live->figure = old->figure;
        slot->live->figure.valued = false;
        slot->live->handed_out = true;
    }
}

static void carry_gone(struct kadr_rollup *rollup, const struct kadr_rekey *rekey)
{
    size_t kept = 0;
    for (size_t i = 0; i < rollup->gone_count; i++) {
        struct kadr_gone gone = rollup->gone[i];
        if (kadr_rekey_cell(rekey, &gone.key)) {
            rollup->gone[kept++] = gone;
        }
    }
    rollup->gone_count = kept;
}

static void take_again(struct kadr_rollup *rollup, const struct kadr_reference *from,
                       const struct kadr_series_table *old)
{
    for (size_t s = 0; s < old->count; s++) {
        const struct kadr_series *series = old->all[s];
        for (size_t i = 0; i < series->statement_count && !rollup->err; i++) {
            struct kadr_stated stated = kadr_rekey_stated(from, series, &series->statements[i]);
            kadr_rollup_take_stated(rollup, &stated);
        }
    }
}

static void wake(struct kadr_rollup *rollup, struct kadr_sleepers *asleep)
{
    for (const struct kadr_sleeper *s = asleep->first; s && !rollup->err; s = s->next) {
        kadr_rollup_take_stated(rollup, &s->stated);
    }
    kadr_sleepers_done(asleep);
}

static void carry_cells(struct kadr_rollup *rollup, const struct kadr_rekey *rekey,
                        const struct kadr_series_table *old)
{
    for (size_t s = 0; s < old->count; s++) {
        const struct kadr_series *series = old->all[s];
        for (size_t i = 0; i < series->slot_count; i++) {
            if (series->slots[i].live) {
                carry_cell(rollup, rekey, series->slots[i].live);
            }
        }
    }
}

/* Everything made of indexes is dropped; statements and what was handed out come back by their codes. */
static void forget_indexes(struct kadr_rollup *rollup)
{
    kadr_evaluator_begin(&rollup->evaluator, NULL, NULL, KADR_DAY_NONE);
    kadr_rollup_forget_topics(rollup);
    rollup->spare = NULL; /* they go with the table */
    rollup->sleepers = (struct kadr_sleepers){ 0 };
    rollup->ordered_count = 0;
    rollup->due.count = 0;
    rollup->due.all = false;
    rollup->changed_count = 0;
    for (size_t rank = 0; rank < KADR_RANKS; rank++) {
        rollup->pending[rank].count = 0;
    }
    rollup->cell_count = rollup->passed_over_count = rollup->broken_count = 0;
}

/* Whatever waits now does so for one cause. */
static void blame_reference(struct kadr_rollup *rollup)
{
    for (size_t rank = 0; rank < KADR_RANKS; rank++) {
        for (size_t i = 0; i < rollup->pending[rank].count; i++) {
            rollup->pending[rank].cells[i]->causes = KADR_CAUSE_REFERENCE;
        }
    }
}

int kadr_rollup_reference(struct kadr_rollup *rollup, struct kadr_reference *reference, uint64_t commit)
{
    kadr_rollup_call_all_back(rollup); /* by the codes of the old one */
    if (rollup->err) {
        return rollup->err;
    }
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *from = rollup->reference;
    struct kadr_series_table old = rollup->table;
    struct kadr_sleepers asleep = rollup->sleepers;
    struct kadr_rekey rekey = { .from = from, .to = reference };
    forget_indexes(rollup);
    rollup->reference = kadr_reference_ref(reference);
    rollup->commit = commit;
    rollup->err = kadr_series_table_init(&rollup->table, reference);
    if (rollup->err) {
        rollup->table = old; /* for kadr_rollup_free() */
        return rollup->err;
    }
    if (from) {
        carry_gone(rollup, &rekey);
        take_again(rollup, from, &old);
    }
    wake(rollup, &asleep);
    if (from) {
        carry_cells(rollup, &rekey, &old);
    }
    blame_reference(rollup);
    kadr_series_table_done(&old);
    return rollup->err;
}

/* ---- getters ------------------------------------------------------------------------------------------- */

const struct kadr_reference *kadr_rollup_current_reference(const struct kadr_rollup *rollup)
{
    return rollup->reference;
}

struct kadr_reference *kadr_rollup_share_reference(const struct kadr_rollup *rollup)
{
    return rollup->reference ? kadr_reference_ref(rollup->reference) : NULL;
}

kadr_day kadr_rollup_current_day(const struct kadr_rollup *rollup)
{
    return rollup->day;
}

uint64_t kadr_rollup_commit(const struct kadr_rollup *rollup)
{
    return rollup->commit;
}

size_t kadr_rollup_cell_count(const struct kadr_rollup *rollup)
{
    return rollup->cell_count;
}

size_t kadr_rollup_statement_count(const struct kadr_rollup *rollup)
{
    return rollup->table.statement_count + rollup->sleepers.count;
}

size_t kadr_rollup_broken_count(const struct kadr_rollup *rollup)
{
    return rollup->broken_count;
}

size_t kadr_rollup_passed_over_count(const struct kadr_rollup *rollup)
{
    return rollup->passed_over_count;
}
