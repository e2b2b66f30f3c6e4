/* SPDX-License-Identifier: Apache-2.0 */
/* history_recall.c - the rows of one unit, under its code and its aliases, handed over as statements. */
#include "core/history_recall.h"

#include <string.h>

#include "base/err.h"

struct reading {
    struct kadr_history_view *view;
    const struct kadr_reference *reference;
    kadr_unit unit;
    const char *indicator;
    uint64_t commit;
    kadr_stated_fn *fn;
    void *context;
};

static int hand_over(void *context, const struct kadr_history_row *row)
{
    const struct reading *reading = context;
    const struct kadr_stated stated = { .observation = row->observation,
                                        .stated_at_ms = row->stated_at_ms,
                                        .commit = row->commit };
    return reading->fn(reading->context, &stated);
}

/* Codes of units below come as well. */
static int read_code(void *context, const char *code)
{
    struct reading *reading = context;
    if (kadr_unit_find(reading->reference, code) != reading->unit) {
        return 0;
    }
    return kadr_history_rows(reading->view, code, reading->indicator, 0, reading->commit, hand_over, reading);
}

static bool is_whole(const struct kadr_history_recall *recall, const struct kadr_history_view *view)
{
    struct kadr_history_position position = kadr_history_view_position(view);
    return position.commit >= recall->at_least &&
           memcmp(&position.lineage, &recall->lineage, sizeof(recall->lineage)) == 0;
}

int kadr_history_recall_read(void *context, const struct kadr_reference *reference, kadr_unit unit,
                             kadr_indicator indicator, uint64_t commit, kadr_stated_fn *fn, void *fn_context)
{
    const struct kadr_history_recall *recall = context;
    KADR_CLEANUP(kadr_history_view_end) struct kadr_history_view *view = NULL;
    int err = recall->kv == NULL ? KADR_EAGAIN : kadr_history_view_begin(recall->kv, &view);
    if (err == 0 && !is_whole(recall, view)) {
        err = KADR_EAGAIN;
    }
    struct reading reading = { view,   reference, unit,      kadr_indicator_info(reference, indicator)->code,
                               commit, fn,        fn_context };
    if (err == 0) {
        err = kadr_unit_codes(reference, unit, read_code, &reading);
    }
    return err == 0 || err == KADR_ENOMEM ? err : KADR_EAGAIN;
}
