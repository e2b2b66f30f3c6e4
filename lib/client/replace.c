/* SPDX-License-Identifier: Apache-2.0 */
/* replace.c - see replace.h.
 *
 * Only what the earlier report brought into force is taken back, as its receipt tells: a figure that was
 * refused then never stood in the place of an older one, and taking it back would take back that one.
 */
#include "client/replace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "domain/sleepers.h"

int kadr_receipt_name_parse(const char *text, struct kadr_receipt_name *ret_name)
{
    static const char prefix[] = "sequence:";
    bool by_sequence = strncmp(text, prefix, sizeof(prefix) - 1) == 0;
    uint64_t number = 0;

    text += by_sequence ? sizeof(prefix) - 1 : 0;
    if (*text == '\0' || strlen(text) > 18) { /* so many digits fit */
        return KADR_EINVAL;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return KADR_EINVAL;
        }
        number = number * 10 + (uint64_t)(*text - '0');
    }
    *ret_name = (struct kadr_receipt_name){ by_sequence, number };
    return number > 0 ? 0 : KADR_EINVAL;
}

/* A key that one of the two reports speaks of. */
struct spoken {
    struct kadr_key key;
    const struct kadr_observation *obs;
};

struct replacing {
    const struct kadr_reference *reference;
    struct kadr_arena *arena;
    struct kadr_report *report; /* the new one */
    struct kadr_report old;
    struct kadr_receipt receipt; /* of the old one */
    struct spoken *kept;         /* by the new one, sorted */
    size_t kept_count;
    struct spoken *gone; /* what the old one said besides */
    size_t gone_count;
};

#define COMPARE(a, b) ((a) < (b) ? -1 : (a) > (b))

static int compare_spoken(const void *left, const void *right)
{
    const struct spoken *a = left, *b = right;
    int order = COMPARE(a->key.unit, b->key.unit);

    order = order != 0 ? order : COMPARE(a->key.indicator, b->key.indicator);
    order = order != 0 ? order : COMPARE(a->key.breakdown, b->key.breakdown);
    order = order != 0 ? order : COMPARE(a->key.period.first, b->key.period.first);
    order = order != 0 ? order : COMPARE(a->key.period.last, b->key.period.last);
    return order != 0 ? order : strcmp(a->obs->occurrence, b->obs->occurrence);
}

/* Of the old report, whether the observation took force. A receipt that does not list every remark does not
 * tell: complete = false. */
static bool took_force(const struct kadr_receipt *receipt, size_t index, bool *complete)
{
    bool took = true;

    for (size_t i = 0; i < receipt->diag_count; i++) {
        const struct kadr_wire_diag *diag = &receipt->diags[i];
        *complete = *complete && diag->number != KADR_DIAG_TRUNCATED;
        if (diag->diag.observation == (int32_t)index) {
            took = took && diag->severity != KADR_SEVERITY_ERROR && diag->number != KADR_DIAG_IMPLAUSIBLE &&
                   diag->number != KADR_DIAG_SAME_FACT && diag->number != KADR_DIAG_NOT_IN_FORCE;
        }
    }
    return took;
}

static bool resolve(const struct replacing *work, const struct kadr_observation *obs, struct spoken *ret)
{
    struct kadr_value value;

    *ret = (struct spoken){ .obs = obs };
    return kadr_stated_resolve(work->reference, obs, &ret->key, &value) == 0;
}

static int collect_kept(struct replacing *work)
{
    const struct kadr_report *report = work->report;

    work->kept = kadr_arena_calloc(work->arena, report->observation_count + 1, sizeof(*work->kept));
    if (work->kept == NULL) {
        return KADR_ENOMEM;
    }
    for (size_t i = 0; i < report->observation_count; i++) {
        work->kept_count += resolve(work, &report->observations[i], &work->kept[work->kept_count]);
    }
    qsort(work->kept, work->kept_count, sizeof(*work->kept), compare_spoken);
    return 0;
}

static bool is_kept(const struct replacing *work, const struct spoken *spoken)
{
    return bsearch(spoken, work->kept, work->kept_count, sizeof(*spoken), compare_spoken) != NULL;
}

/* What only an older catalogue could place is taken back as well: the new report cannot speak of it. */
static int collect_gone(struct replacing *work)
{
    bool complete = true;

    work->gone = kadr_arena_calloc(work->arena, work->old.observation_count + 1, sizeof(*work->gone));
    if (work->gone == NULL) {
        return KADR_ENOMEM;
    }
    for (size_t i = 0; i < work->old.observation_count && work->receipt.accepted > 0; i++) {
        const struct kadr_observation *obs = &work->old.observations[i];
        struct spoken *spoken = &work->gone[work->gone_count];
        bool placed = resolve(work, obs, spoken);
        if (took_force(&work->receipt, i, &complete) && obs->value.kind != KADR_VALUE_WITHDRAWN) {
            work->gone_count += !placed || !is_kept(work, spoken);
        }
    }
    return complete ? 0 : KADR_ENOENT;
}

static struct kadr_observation withdrawal_of(const struct kadr_observation *said)
{
    struct kadr_observation obs = *said;

    obs.value = (struct kadr_value){ .kind = KADR_VALUE_WITHDRAWN };
    obs.of_replaced = true;
    obs.scale = 1;
    obs.stated = obs.note = "";
    obs.line = obs.column = 0;
    return obs;
}

static int add_withdrawals(struct replacing *work)
{
    size_t count = work->report->observation_count;
    struct kadr_observation *all = kadr_arena_calloc(work->arena, count + work->gone_count + 1, sizeof(*all));

    if (all == NULL) {
        return KADR_ENOMEM;
    }
    if (count > 0) {
        memcpy(all, work->report->observations, count * sizeof(*all));
    }
    for (size_t i = 0; i < work->gone_count; i++) {
        all[count + i] = withdrawal_of(work->gone[i].obs);
    }
    work->report->observations = all;
    work->report->observation_count = count + work->gone_count;
    return 0;
}

/* The old report and what became of it. @retval KADR_ENOENT  not here, or not answered */
static int find_old(struct replacing *work, struct kadr_outbox *outbox, const char *written,
                    uint64_t *ret_sequence)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf storage = { 0 };
    struct kadr_receipt_name name = { 0 };
    struct kadr_outbox_item item;
    int err = kadr_receipt_name_parse(written, &name) == 0 ? 0 : KADR_ENOENT;

    *ret_sequence = name.number;
    if (err == 0 && !name.by_sequence) {
        err = kadr_outbox_find(outbox, name.number, ret_sequence);
    }
    err = err == 0 ? kadr_outbox_receipt(outbox, *ret_sequence, work->arena, &work->receipt) : err;
    kadr_buf_init(&storage, 0);
    err = err == 0 ? kadr_outbox_get(outbox, *ret_sequence, &storage, &item) : err;
    if (err == 0) {
        err = kadr_decode_report(item.report, work->arena, &work->old, NULL);
        err = err == KADR_ENOMEM || err == 0 ? err : KADR_ECORRUPT;
    }
    return err;
}

static int refuse(struct kadr_diags *diags, enum kadr_diag_code code, const char *arg)
{
    kadr_diags_add(diags, code, -1, 0, 0, arg, NULL, NULL);
    return KADR_EINVAL;
}

/* By name, for a row that was forgotten shows in no sum. */
static void tell_gone(const struct replacing *work, struct kadr_diags *diags)
{
    for (size_t i = 0; i < work->gone_count && i < KADR_MAX_WITHDRAWN_TOLD; i++) {
        const struct kadr_observation *obs = work->gone[i].obs;
        KADR_CLEANUP(kadr_buf_done) struct kadr_buf what = { 0 };
        char period[KADR_PERIOD_TEXT_BYTES];

        kadr_buf_init(&what, 0);
        kadr_buf_add_str(&what, obs->indicator);
        for (size_t k = 0; k < obs->breakdown_count; k++) {
            kadr_buf_printf(&what, " %s=%s", obs->breakdown[k].dimension, obs->breakdown[k].member);
        }
        kadr_diags_add(diags, KADR_DIAG_WITHDRAWN_BY_REPLACING, -1, 0, 0, obs->unit, kadr_buf_str(&what),
                       kadr_period_format(obs->period, period));
    }
}

static int replace(struct replacing *work, const char *written, struct kadr_diags *diags)
{
    char count[24];
    int err = collect_kept(work);

    err = err == 0 ? collect_gone(work) : err;
    if (err == KADR_ENOENT) {
        return refuse(diags, KADR_DIAG_REPLACES_UNKNOWN, written);
    }
    if (err == 0 && work->report->observation_count + work->gone_count > KADR_MAX_OBSERVATIONS) {
        return refuse(diags, KADR_DIAG_TOO_MANY_OBSERVATIONS, NULL);
    }
    err = err == 0 ? add_withdrawals(work) : err;
    if (err == 0) {
        (void)snprintf(count, sizeof(count), "%zu", work->gone_count); /* 4 digits at most */
        kadr_diags_add(diags, KADR_DIAG_REPLACED, -1, 0, 0, written, count, NULL);
        tell_gone(work, diags);
    }
    return err;
}

int kadr_replace(struct kadr_outbox *outbox, const struct kadr_reference *reference, const char *written,
                 struct kadr_arena *arena, struct kadr_report *report, struct kadr_diags *diags)
{
    struct replacing work = { .reference = reference, .arena = arena, .report = report };
    uint64_t sequence = 0;
    int err = find_old(&work, outbox, written, &sequence);

    if (err == KADR_ENOENT) {
        return refuse(diags, KADR_DIAG_REPLACES_UNKNOWN, written);
    }
    if (err != 0) {
        return err;
    }
    if (work.old.stated_at_ms > report->stated_at_ms) {
        return refuse(diags, KADR_DIAG_REPLACES_LATER, NULL);
    }
    err = replace(&work, written, diags);
    if (err == 0) {
        const struct kadr_id *stream = kadr_outbox_stream(outbox);
        report->has_replaces = true;
        memcpy(report->replaces.stream, stream->bytes, sizeof(report->replaces.stream));
        report->replaces.sequence = sequence;
        report->replaces.stated_at_ms = work.old.stated_at_ms;
    }
    return err;
}
