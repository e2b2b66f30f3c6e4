/* SPDX-License-Identifier: Apache-2.0 */
/* baseline.c - see baseline.h.
 *
 * A key is hashed with a secret once per text and then mixed: unit, indicator and members (their sum, so that
 * no order of members matters) make the series; the period and the occurrence make the key of it.
 */
#include "domain/baseline.h"

#include <string.h>

#include "base/err.h"
#include "domain/held.h"
#include "domain/in_force.h"
#include "domain/map.h"
#include "domain/sleepers.h"

/* The statement in force of one period. */
struct said {
    struct kadr_period period;
    int64_t lo, hi;
    kadr_ms stated_at_ms;
    bool hi_open;
    bool has_value; /* false: a reason, or withdrawn */
};

struct series {
    uint32_t count;
    struct said items[]; /* sorted by period; room for KADR_MAX_BASELINE_PERIODS only when needed */
};
#define FEW 2 /* periods of a series for which room is made at first */

struct kadr_baseline {
    uint8_t hash_key[KADR_HASH_KEY_BYTES];
    struct kadr_map series;
    size_t said_count;
    uint64_t unbounded;
    struct kadr_held held;
    struct kadr_in_force in_force;
};

int kadr_baseline_new(const uint8_t hash_key[KADR_HASH_KEY_BYTES], struct kadr_baseline **ret_baseline)
{
    struct kadr_baseline *baseline = calloc(1, sizeof(*baseline));
    if (baseline == NULL) {
        return KADR_ENOMEM;
    }
    memcpy(baseline->hash_key, hash_key, sizeof(baseline->hash_key));
    *ret_baseline = baseline;
    return 0;
}

void kadr_baseline_clear(struct kadr_baseline *baseline)
{
    size_t cursor = 0;
    struct series *series;
    while ((series = kadr_map_next(&baseline->series, &cursor)) != NULL) {
        free(series);
    }
    kadr_map_done(&baseline->series);
    baseline->said_count = 0;
    kadr_held_clear(&baseline->held);
    kadr_in_force_clear(&baseline->in_force);
}

void kadr_baseline_free(struct kadr_baseline *baseline)
{
    if (baseline != NULL) {
        kadr_baseline_clear(baseline);
        free(baseline);
    }
}

/* ---- keys ---- */

/* The finisher of splitmix64. */
static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static uint64_t hash_two(const struct kadr_baseline *baseline, const char *a, const char *b)
{
    char text[2 * KADR_MAX_CODE_BYTES + 2];
    size_t a_len = strlen(a) + 1, b_len = strlen(b);
    KADR_ASSERT(a_len + b_len <= sizeof(text)); /* codes of the catalogue */
    memcpy(text, a, a_len);
    memcpy(text + a_len, b, b_len);
    return kadr_hash_keyed(baseline->hash_key, text, a_len + b_len);
}

/* Stocks have one length, others those of the calendar; irregular periods are compared with as long ones. */
static uint64_t length_of(const struct kadr_indicator_info *info, struct kadr_period period)
{
    if (info->time == KADR_TIME_LAST) {
        return 0;
    }
    enum kadr_period_kind kind = kadr_period_kind(period);
    uint64_t days = kind == KADR_PERIOD_IRREGULAR ? (uint64_t)(period.last - period.first) : 0;
    return 1 + (uint64_t)kind + (days << 8);
}

struct kadr_said_key kadr_said_key(const struct kadr_baseline *baseline,
                                   const struct kadr_reference *reference, const struct kadr_key *key,
                                   const char *occurrence)
{
    const struct kadr_indicator_info *info = kadr_indicator_info(reference, key->indicator);
    kadr_member members[KADR_MAX_DIMENSIONS];
    size_t count = kadr_breakdown_members(key->breakdown, members);
    uint64_t hash = hash_two(baseline, kadr_unit_info(reference, key->unit)->code, info->code);
    uint64_t period = (uint64_t)(uint32_t)key->period.first << 32 | (uint32_t)key->period.last;

    for (size_t i = 0; i < count; i++) {
        const struct kadr_member_info *member = kadr_member_info(reference, members[i]);
        hash += hash_two(baseline, kadr_dimension_info(reference, member->dimension)->code, member->code);
    }
    struct kadr_said_key said = { .series = mix(hash + mix(length_of(info, key->period))),
                                  .key = mix(hash + mix(period + 1)) };
    if (occurrence[0] != '\0') {
        said.key += kadr_hash_keyed(baseline->hash_key, occurrence, strlen(occurrence));
    }
    return said;
}

static uint64_t hash_value(const struct kadr_value *value)
{
    return mix((uint64_t)value->lo + mix(value->hi_open ? 1 : 2 + mix((uint64_t)value->hi)));
}

static uint64_t hash_report(const uint8_t report_id[16])
{
    uint64_t hash;
    memcpy(&hash, report_id, sizeof(hash));
    return hash;
}

/* ---- what was said before ---- */

static bool has_band(const struct kadr_indicator_info *info)
{
    return info->band_percent != 0 && info->kind != KADR_KIND_EVENT;
}

static struct series *series_find(const struct kadr_baseline *baseline, uint64_t series)
{
    const struct kadr_map_key key = { { series, 0, 0 } };
    return kadr_map_get(&baseline->series, &key);
}

static int compare_periods(struct kadr_period a, struct kadr_period b)
{
    if (a.first != b.first) {
        return a.first < b.first ? -1 : 1;
    }
    return a.last == b.last ? 0 : (a.last < b.last ? -1 : 1);
}

/* Of a full series one period goes: the oldest one without a value, else the oldest. false: it is `said`
 * itself. */
static bool drop_one(struct series *series, const struct said *said)
{
    uint32_t victim = 0;
    while (victim < series->count && series->items[victim].has_value) {
        victim++;
    }
    victim = victim < series->count ? victim : 0;
    if (series->items[victim].has_value && compare_periods(said->period, series->items[0].period) < 0) {
        return false;
    }
    series->count--;
    memmove(&series->items[victim], &series->items[victim + 1],
            (series->count - victim) * sizeof(series->items[0]));
    return true;
}

/* The series with room for one more period; NULL: out of memory, and nothing was changed. */
static struct series *series_with_room(struct kadr_baseline *baseline, uint64_t id)
{
    const struct kadr_map_key key = { { id, 0, 0 } };
    struct series *old = kadr_map_get(&baseline->series, &key);
    if (old != NULL && old->count != FEW) {
        return old;
    }
    size_t room = old == NULL ? FEW : KADR_MAX_BASELINE_PERIODS;
    struct series *series = malloc(sizeof(*series) + room * sizeof(series->items[0]));
    if (series == NULL) {
        return NULL;
    }
    series->count = 0;
    if (old != NULL) {
        memcpy(series, old, sizeof(*old) + old->count * sizeof(old->items[0]));
    }
    if (kadr_map_put(&baseline->series, &key, series) != 0) {
        free(series);
        return NULL;
    }
    free(old);
    return series;
}

static void insert(struct kadr_baseline *baseline, struct series *series, const struct said *said)
{
    uint32_t at = series->count;
    while (at > 0 && compare_periods(series->items[at - 1].period, said->period) > 0) {
        series->items[at] = series->items[at - 1];
        at--;
    }
    series->items[at] = *said;
    series->count++;
    baseline->said_count++;
}

static struct said *find_said(struct series *series, struct kadr_period period)
{
    for (uint32_t i = 0; series != NULL && i < series->count; i++) {
        if (compare_periods(series->items[i].period, period) == 0) {
            return &series->items[i];
        }
    }
    return NULL;
}

static int remember(struct kadr_baseline *baseline, uint64_t id, const struct said *said)
{
    struct series *series = series_find(baseline, id);
    struct said *now = find_said(series, said->period);
    if (now != NULL) {
        *now = said->stated_at_ms >= now->stated_at_ms ? *said : *now;
        return 0;
    }
    if (series == NULL && baseline->series.count >= KADR_MAX_BASELINES) {
        baseline->unbounded++;
        return 0;
    }
    if (series != NULL && series->count == KADR_MAX_BASELINE_PERIODS) {
        if (!drop_one(series, said)) {
            return 0;
        }
        baseline->said_count--;
    } else {
        series = series_with_room(baseline, id);
    }
    if (series == NULL) {
        return KADR_ENOMEM;
    }
    insert(baseline, series, said);
    return 0;
}

static int territory_on(const struct kadr_unit_info *unit, kadr_day day)
{
    for (size_t i = 0; i < unit->territory_count; i++) {
        if (unit->territory[i].from <= day && day <= unit->territory[i].to) {
            return (int)i;
        }
    }
    return -1;
}

/* A flow belongs to its code, a stock to the borders of its day. */
static bool is_comparable(const struct kadr_reference *reference, const struct kadr_key *key,
                          const struct said *said)
{
    const struct kadr_unit_info *unit = kadr_unit_info(reference, key->unit);
    bool is_stock = kadr_indicator_info(reference, key->indicator)->time == KADR_TIME_LAST;
    return said->has_value &&
           (!is_stock || territory_on(unit, said->period.first) == territory_on(unit, key->period.first));
}

static const struct said *nearest(const struct kadr_reference *reference, const struct kadr_key *key,
                                  const struct series *series)
{
    const struct said *later = NULL;
    for (uint32_t i = series->count; i-- > 0;) {
        const struct said *said = &series->items[i];
        if (!is_comparable(reference, key, said)) {
            continue;
        }
        if (said->period.first <= key->period.first) {
            return said;
        }
        later = said;
    }
    return later;
}

bool kadr_baseline_before(const struct kadr_baseline *baseline, const struct kadr_reference *reference,
                          struct kadr_said_key said, const struct kadr_key *key,
                          struct kadr_value *ret_before)
{
    const struct series *series =
        has_band(kadr_indicator_info(reference, key->indicator)) ? series_find(baseline, said.series) : NULL;
    const struct said *before = series != NULL ? nearest(reference, key, series) : NULL;
    if (before == NULL) {
        return false;
    }
    *ret_before = (struct kadr_value){
        .kind = KADR_VALUE_INTERVAL, .lo = before->lo, .hi = before->hi, .hi_open = before->hi_open
    };
    return true;
}

bool kadr_baseline_is_late(const struct kadr_baseline *baseline, struct kadr_said_key said,
                           kadr_ms stated_at_ms)
{
    return kadr_in_force_is_later(&baseline->in_force, said.key, stated_at_ms);
}

bool kadr_baseline_said_once(const struct kadr_baseline *baseline, struct kadr_said_key said,
                             const struct kadr_value *value, const uint8_t report_id[16])
{
    return kadr_held_has(&baseline->held, said.key, hash_value(value), hash_report(report_id));
}

/* ---- records ---- */

static int take_accepted(struct kadr_baseline *baseline, const struct kadr_reference *reference,
                         const struct kadr_key *key, struct kadr_said_key said, const struct said *what)
{
    bool took = false;
    int err = kadr_in_force_put(&baseline->in_force, said.key, what->stated_at_ms, &took);
    if (err != 0 || !took) {
        return err;
    }
    kadr_held_settle(&baseline->held, said.key);
    return has_band(kadr_indicator_info(reference, key->indicator)) ? remember(baseline, said.series, what)
                                                                    : 0;
}

static int take_observation(struct kadr_baseline *baseline, const struct kadr_reference *reference,
                            const struct kadr_report *report, size_t index, enum kadr_verdict verdict,
                            kadr_ms stated_at_ms)
{
    const struct kadr_observation *obs = &report->observations[index];
    struct kadr_key key;
    struct kadr_value value;
    if (kadr_stated_resolve(reference, obs, &key, &value) != 0 ||
        strlen(obs->occurrence) > KADR_MAX_CODE_BYTES) {
        return 0; /* it sleeps */
    }
    struct kadr_said_key said = kadr_said_key(baseline, reference, &key, obs->occurrence);
    if (verdict == KADR_VERDICT_HELD) {
        return value.kind == KADR_VALUE_INTERVAL
                   ? kadr_held_add(&baseline->held, said.key, hash_value(&value),
                                   hash_report(report->report_id))
                   : 0;
    }
    const struct said what = { .period = key.period,
                               .lo = value.lo,
                               .hi = value.hi,
                               .hi_open = value.hi_open,
                               .has_value = value.kind == KADR_VALUE_INTERVAL,
                               .stated_at_ms = kadr_observation_stated_at(report, obs, stated_at_ms) };
    return take_accepted(baseline, reference, &key, said, &what);
}

int kadr_baseline_report(struct kadr_baseline *baseline, const struct kadr_reference *reference,
                         const struct kadr_report *report, struct kadr_bytes verdicts, kadr_ms stated_at_ms)
{
    int err = 0;
    for (size_t i = 0; i < report->observation_count && i < verdicts.len && err == 0; i++) {
        enum kadr_verdict verdict = (enum kadr_verdict)verdicts.data[i];
        if (verdict == KADR_VERDICT_ACCEPTED || verdict == KADR_VERDICT_HELD) {
            err = take_observation(baseline, reference, report, i, verdict, stated_at_ms);
        }
    }
    return err;
}

/* ---- another reference ---- */

static bool unit_fits(const struct kadr_reference *before, const struct kadr_reference *after, kadr_unit unit)
{
    const char *code = kadr_unit_info(before, unit)->code;
    kadr_unit now = kadr_unit_find(after, code);
    return now == KADR_NO_UNIT || strcmp(kadr_unit_info(after, now)->code, code) == 0;
}

static bool indicator_fits(const struct kadr_reference *before, const struct kadr_reference *after,
                           kadr_indicator indicator)
{
    const struct kadr_indicator_info *was = kadr_indicator_info(before, indicator);
    kadr_indicator found = kadr_indicator_find(after, was->code);
    if (found == KADR_NO_INDICATOR) {
        return true;
    }
    const struct kadr_indicator_info *now = kadr_indicator_info(after, found);
    return strcmp(now->code, was->code) == 0 && now->scale == was->scale && now->time == was->time &&
           (has_band(was) || !has_band(now));
}

bool kadr_baseline_fits(const struct kadr_reference *before, const struct kadr_reference *after)
{
    bool fits = true;
    for (size_t u = 0; u < kadr_unit_count(before) && fits; u++) {
        fits = unit_fits(before, after, (kadr_unit)u);
    }
    for (size_t i = 0; i < kadr_indicator_count(before) && fits; i++) {
        fits = indicator_fits(before, after, (kadr_indicator)i);
    }
    return fits;
}

void kadr_baseline_count(const struct kadr_baseline *baseline, struct kadr_baseline_counts *ret_counts)
{
    *ret_counts = (struct kadr_baseline_counts){
        .series = baseline->series.count,
        .periods = baseline->said_count,
        .timed_keys = baseline->in_force.count,
        .held = baseline->held.count,
        .held_forgotten = baseline->held.forgotten,
        .untimed = baseline->in_force.untimed,
        .unbounded = baseline->unbounded,
    };
}
