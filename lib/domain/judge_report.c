/* SPDX-License-Identifier: Apache-2.0 */
/* The judgement of a whole report: what an observation means beside the others.
 *
 * Accepted observations are sorted by key, so that what tells one fact stands together. Of such a group the
 * narrowest interval stands for all, when every other one contains it (a headline's "about 60", a body's 59);
 * else the whole group is refused, for nothing says which one is right. Verdicts do not depend on the order
 * of the observations, but for ties, of which the first one wins.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "domain/baseline.h"
#include "domain/fold.h"
#include "domain/plausible.h"
#include "domain/report.h"

/* An observation with its resolved key. */
struct entry {
    struct kadr_key key;
    const struct kadr_observation *obs;
    size_t index;
};

/* A stated part of a total: its key without one exhaustive dimension. */
struct part {
    struct kadr_key key;
    const char *occurrence;
    kadr_dimension dimension;
    int64_t lo;
};

struct session {
    const struct kadr_reference *reference;
    const struct kadr_baseline *baseline; /* NULL: nothing is known of what was said before */
    const struct kadr_report *report;
    enum kadr_verdict *verdicts;
    struct kadr_diags *diags;
    struct entry *entries; /* accepted so far, sorted by key */
    size_t entry_count;
};

#define COMPARE(a, b) ((a) < (b) ? -1 : (a) > (b))

static int compare_keys(const struct kadr_key *a, const struct kadr_key *b)
{
    int order = COMPARE(a->unit, b->unit);

    order = order != 0 ? order : COMPARE(a->indicator, b->indicator);
    order = order != 0 ? order : COMPARE(a->breakdown, b->breakdown);
    order = order != 0 ? order : COMPARE(a->period.first, b->period.first);
    return order != 0 ? order : COMPARE(a->period.last, b->period.last);
}

static int compare_facts(const struct entry *a, const struct entry *b)
{
    int order = compare_keys(&a->key, &b->key);
    return order != 0 ? order : strcmp(a->obs->occurrence, b->obs->occurrence);
}

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    int order = compare_facts(a, b);
    return order != 0 ? order : COMPARE(a->index, b->index);
}

static void tell(const struct session *session, const struct entry *entry, enum kadr_diag_code code,
                 const char *arg0, const char *arg1)
{
    kadr_diags_add(session->diags, code, (int32_t)entry->index, entry->obs->line, entry->obs->column, arg0,
                   arg1, NULL);
}

/* Says of an entry that another one is about the same figure. Without a line, by its number in the report. */
static void point_at(const struct session *session, const struct entry *entry, enum kadr_diag_code code,
                     const struct entry *other)
{
    char line[24];

    if (other->obs->line > 0) {
        (void)snprintf(line, sizeof(line), "%u", (unsigned)other->obs->line);
    } else {
        (void)snprintf(line, sizeof(line), "#%zu", other->index + 1);
    }
    tell(session, entry, code, line, NULL);
}

/* `outer` says nothing against `inner`: it is the same, or a wider interval around it. */
static bool agrees(const struct entry *outer, const struct entry *inner)
{
    return kadr_value_equal(&outer->obs->value, &inner->obs->value) ||
           kadr_value_contains(&outer->obs->value, &inner->obs->value);
}

/* The entry that all others would have to contain. */
static const struct entry *narrowest(const struct entry *group, size_t count)
{
    const struct entry *best = group;

    for (size_t i = 1; i < count; i++) {
        if (agrees(best, &group[i]) && !agrees(&group[i], best)) {
            best = &group[i];
        }
    }
    return best;
}

static void judge_group(const struct session *session, const struct entry *group, size_t count)
{
    const struct entry *best = narrowest(group, count), *against = NULL;

    for (size_t i = 0; i < count && against == NULL; i++) {
        against = agrees(&group[i], best) ? NULL : &group[i];
    }
    for (size_t i = 0; i < count; i++) {
        const struct entry *entry = &group[i];
        if (against != NULL) {
            session->verdicts[entry->index] = KADR_VERDICT_REFUSED;
            point_at(session, entry, KADR_DIAG_CONFLICT_IN_REPORT, entry == against ? best : against);
        } else if (entry != best) {
            session->verdicts[entry->index] = KADR_VERDICT_SAME_FACT;
            point_at(session, entry, KADR_DIAG_SAME_FACT, best);
        }
    }
}

static void judge_repeats(const struct session *session)
{
    for (size_t first = 0, next; first < session->entry_count; first = next) {
        next = first + 1;
        while (next < session->entry_count &&
               compare_facts(&session->entries[first], &session->entries[next]) == 0) {
            next++;
        }
        if (next - first > 1) {
            judge_group(session, &session->entries[first], next - first);
        }
    }
}

/* ---- is it plausible ---- */

/* Not taken for good until somebody says that it is right: the office in this report, or another report that
 * says the same. */
static void judge_plausible(const struct session *session, const struct entry *entry,
                            struct kadr_said_key said)
{
    const struct kadr_indicator_info *info = kadr_indicator_info(session->reference, entry->key.indicator);
    const struct kadr_value *value = &entry->obs->value;
    struct kadr_value before;
    bool compared = session->baseline != NULL &&
                    kadr_baseline_before(session->baseline, session->reference, said, &entry->key, &before);
    struct kadr_band band = kadr_band_of(info, compared ? &before : NULL);
    char text[KADR_VALUE_TEXT_BYTES], from[KADR_BAND_TEXT_BYTES], to[KADR_BAND_TEXT_BYTES];

    if (kadr_band_holds(&band, value)) {
        return;
    }
    bool confirmed = session->report->confirmed ||
                     (session->baseline != NULL &&
                      kadr_baseline_said_once(session->baseline, said, value, session->report->report_id));
    if (!confirmed) {
        session->verdicts[entry->index] = KADR_VERDICT_HELD;
    }
    kadr_band_format(&band, info->scale, from, to);
    kadr_diags_add(session->diags, confirmed ? KADR_DIAG_CONFIRMED : KADR_DIAG_IMPLAUSIBLE,
                   (int32_t)entry->index, entry->obs->line, entry->obs->column,
                   entry->obs->stated[0] != '\0' ? entry->obs->stated
                                                 : kadr_value_format(value, info->scale, text),
                   from, to);
}

/* Beside what was said before. What comes too late to take force need not be plausible. */
static void judge_beside_others(const struct session *session)
{
    for (size_t i = 0; i < session->entry_count; i++) {
        const struct entry *entry = &session->entries[i];
        struct kadr_said_key said = { 0 };
        if (session->verdicts[entry->index] != KADR_VERDICT_ACCEPTED) {
            continue;
        }
        if (session->baseline != NULL) {
            said = kadr_said_key(session->baseline, session->reference, &entry->key, entry->obs->occurrence);
            if (kadr_baseline_is_late(
                    session->baseline, said,
                    kadr_observation_stated_at(session->report, entry->obs, session->report->stated_at_ms))) {
                tell(session, entry, KADR_DIAG_NOT_IN_FORCE, NULL, NULL);
                continue;
            }
        }
        if (entry->obs->value.kind == KADR_VALUE_INTERVAL) {
            judge_plausible(session, entry, said);
        }
    }
}

/* ---- parts and totals ---- */

static int compare_parts(const void *left, const void *right)
{
    const struct part *a = left, *b = right;
    int order = compare_keys(&a->key, &b->key);

    order = order != 0 ? order : strcmp(a->occurrence, b->occurrence);
    return order != 0 ? order : COMPARE(a->dimension, b->dimension);
}

/* Only intervals of accepted observations add up, and only where nothing negative can make up for them. */
static bool adds(const struct session *session, const struct entry *entry)
{
    return session->verdicts[entry->index] == KADR_VERDICT_ACCEPTED &&
           entry->obs->value.kind == KADR_VALUE_INTERVAL &&
           !kadr_indicator_info(session->reference, entry->key.indicator)->may_be_negative;
}

/* One part per exhaustive dimension that an observation is broken down by. */
static size_t collect_parts(const struct session *session, struct part *parts)
{
    size_t count = 0;

    for (size_t i = 0; i < session->entry_count; i++) {
        const struct entry *entry = &session->entries[i];
        const struct kadr_indicator_info *info =
            kadr_indicator_info(session->reference, entry->key.indicator);
        for (size_t d = 0; adds(session, entry) && d < info->exhaustive_count; d++) {
            struct part part = { .key = entry->key,
                                 .occurrence = entry->obs->occurrence,
                                 .dimension = info->exhaustive[d],
                                 .lo = entry->obs->value.lo };
            part.key.breakdown = kadr_breakdown_drop(session->reference, part.key.breakdown, part.dimension);
            if (part.key.breakdown != entry->key.breakdown) {
                parts[count++] = part;
            }
        }
    }
    qsort(parts, count, sizeof(*parts), compare_parts);
    return count;
}

/* Sum of the parts equal to `wanted`; 0 when there are none. At most 4096 x 10^15: far from overflow. */
static int64_t sum_parts(const struct part *parts, size_t count, const struct part *wanted)
{
    const struct part *any = bsearch(wanted, parts, count, sizeof(*parts), compare_parts);
    int64_t sum = 0;

    if (any == NULL) {
        return 0;
    }
    while (any > parts && compare_parts(any - 1, wanted) == 0) {
        any--;
    }
    for (; any < parts + count && compare_parts(any, wanted) == 0; any++) {
        sum += any->lo;
    }
    return sum;
}

static void check_total(const struct session *session, const struct entry *total, const struct part *parts,
                        size_t part_count)
{
    const struct kadr_indicator_info *info = kadr_indicator_info(session->reference, total->key.indicator);
    char stated[KADR_VALUE_TEXT_BYTES], summed[KADR_NUMBER_TEXT_BYTES];

    for (size_t d = 0; d < info->exhaustive_count; d++) {
        struct part wanted = { .key = total->key,
                               .occurrence = total->obs->occurrence,
                               .dimension = info->exhaustive[d] };
        int64_t sum = sum_parts(parts, part_count, &wanted);
        if (sum > total->obs->value.hi) {
            tell(session, total, KADR_DIAG_PARTS_EXCEED_TOTAL,
                 kadr_value_format(&total->obs->value, info->scale, stated),
                 kadr_number_format(sum, info->scale, summed));
            return;
        }
    }
}

static int judge_totals(const struct session *session)
{
    size_t cap = session->entry_count * KADR_MAX_DIMENSIONS;
    KADR_CLEANUP(kadr_free) struct part *parts = calloc(cap > 0 ? cap : 1, sizeof(*parts));

    if (parts == NULL) {
        return KADR_ENOMEM;
    }
    size_t count = collect_parts(session, parts);
    for (size_t i = 0; i < session->entry_count && count > 0; i++) {
        const struct entry *entry = &session->entries[i];
        if (adds(session, entry) && !entry->obs->value.hi_open) {
            check_total(session, entry, parts, count);
        }
    }
    return 0;
}

static void about_report(const struct session *session, enum kadr_diag_code code, const char *arg0,
                         const char *arg1)
{
    kadr_diags_add(session->diags, code, -1, 0, 0, arg0, arg1, NULL);
}

/* What refuses a report whatever its observations say; KADR_NO_UNIT, or the unit the office speaks for. */
static kadr_unit judge_sender(const struct session *session, const char *office)
{
    const char *source = session->report->source;
    kadr_unit scope = kadr_unit_find(session->reference, office);
    char limit[16];

    if (scope == KADR_NO_UNIT) {
        about_report(session, KADR_DIAG_UNKNOWN_OFFICE, office, NULL);
        return KADR_NO_UNIT;
    }
    if (session->report->observation_count > KADR_MAX_OBSERVATIONS) {
        about_report(session, KADR_DIAG_TOO_MANY_OBSERVATIONS, NULL, NULL);
        return KADR_NO_UNIT;
    }
    if (strlen(source) > KADR_MAX_SOURCE_BYTES) {
        (void)snprintf(limit, sizeof(limit), "%d", KADR_MAX_SOURCE_BYTES);
        about_report(session, KADR_DIAG_TOO_LONG, "source", limit);
        return KADR_NO_UNIT;
    }
    if (!kadr_text_is_utf8(source, strlen(source))) {
        about_report(session, KADR_DIAG_NOT_UTF8, "source", NULL);
        return KADR_NO_UNIT;
    }
    if (session->report->observation_count == 0 && !session->report->nothing_to_report &&
        !session->report->has_replaces) {
        about_report(session, KADR_DIAG_EMPTY_REPORT, NULL, NULL);
        return KADR_NO_UNIT;
    }
    if (session->report->has_replaces &&
        session->report->replaces.stated_at_ms > session->report->stated_at_ms) {
        about_report(session, KADR_DIAG_REPLACES_LATER, NULL, NULL);
        return KADR_NO_UNIT;
    }
    return scope;
}

/* Each observation by itself; those that stand become entries. */
static void judge_each(struct session *session, kadr_unit scope, kadr_day today)
{
    for (size_t i = 0; i < session->report->observation_count; i++) {
        struct entry entry = { .obs = &session->report->observations[i], .index = i };
        if (kadr_observation_resolve(session->reference, entry.obs, (int32_t)i, today, session->diags,
                                     &entry.key) != 0) {
            continue;
        }
        if (!kadr_unit_within(session->reference, entry.key.unit, scope)) {
            tell(session, &entry, KADR_DIAG_UNIT_OUTSIDE_SCOPE, entry.obs->unit,
                 kadr_unit_info(session->reference, scope)->code);
            continue;
        }
        session->verdicts[i] = KADR_VERDICT_ACCEPTED;
        session->entries[session->entry_count++] = entry;
    }
    qsort(session->entries, session->entry_count, sizeof(*session->entries), compare_entries);
}

static size_t count_verdicts(const struct session *session, enum kadr_verdict verdict)
{
    size_t count = 0;
    for (size_t i = 0; i < session->report->observation_count; i++) {
        count += session->verdicts[i] == verdict;
    }
    return count;
}

static void refuse_all(const struct session *session)
{
    for (size_t i = 0; i < session->report->observation_count; i++) {
        session->verdicts[i] = KADR_VERDICT_REFUSED;
    }
}

/* All wait for the one that has to be confirmed. */
static void hold_all(const struct session *session)
{
    for (size_t i = 0; i < session->report->observation_count; i++) {
        if (session->verdicts[i] == KADR_VERDICT_ACCEPTED) {
            session->verdicts[i] = KADR_VERDICT_HELD;
        }
    }
}

static int judge_observations(struct session *session, kadr_unit scope, kadr_day today)
{
    size_t count = session->report->observation_count;
    KADR_CLEANUP(kadr_free) struct entry *entries = calloc(count > 0 ? count : 1, sizeof(*entries));

    if (entries == NULL) {
        return KADR_ENOMEM;
    }
    session->entries = entries;
    judge_each(session, scope, today);
    judge_repeats(session);
    if (session->report->all_or_nothing && count_verdicts(session, KADR_VERDICT_REFUSED) > 0) {
        refuse_all(session);
        about_report(session, KADR_DIAG_ALL_OR_NOTHING, NULL, NULL);
        return KADR_EINVAL;
    }
    judge_beside_others(session);
    size_t held = count_verdicts(session, KADR_VERDICT_HELD);
    if (session->report->all_or_nothing && held > 0) {
        hold_all(session);
        about_report(session, KADR_DIAG_ALL_OR_NOTHING, NULL, NULL);
    }
    int err = judge_totals(session);
    if (err != 0) {
        return err;
    }
    return count > 0 && held + count_verdicts(session, KADR_VERDICT_ACCEPTED) == 0 ? KADR_EINVAL : 0;
}

int kadr_report_judge(const struct kadr_reference *reference, const struct kadr_baseline *baseline,
                      const char *office, const struct kadr_report *report, kadr_day today,
                      enum kadr_verdict *ret_verdicts, struct kadr_diags *diags)
{
    struct session session = { .reference = reference,
                               .baseline = baseline,
                               .report = report,
                               .verdicts = ret_verdicts,
                               .diags = diags };

    refuse_all(&session);
    kadr_unit scope = judge_sender(&session, office);
    return scope == KADR_NO_UNIT ? KADR_EINVAL : judge_observations(&session, scope, today);
}
