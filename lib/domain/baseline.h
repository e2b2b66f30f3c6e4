/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* baseline.h - what was said before, as far as a judge has to know it (docs/rollup.md, Is it plausible).
 *
 * Fed with the journal's reports in commit order, whoever judged them. Three things are kept, each bounded:
 *   before    of indicators with a band, per unit, breakdown and length of the period: the statements in
 *             force of the newest periods (KADR_MAX_BASELINES, KADR_MAX_BASELINE_PERIODS)
 *   held      figures that wait to be said a second time (held.h)
 *   in force  per key when the statement in force was stated (in_force.h)
 *
 * Codes, not indexes: it outlives a change of the reference data, unless that changes what is compared
 * (kadr_baseline_fits()). Nothing here is published and nothing must survive a restart.
 * Owner: one thread. Cost: O(1) per observation.
 */
#include "base/hash.h"
#include "domain/report.h"

struct kadr_baseline;

/** @param hash_key  random: offices choose what is hashed */
KADR_MUST_CHECK int kadr_baseline_new(const uint8_t hash_key[KADR_HASH_KEY_BYTES],
                                      struct kadr_baseline **ret_baseline);
void kadr_baseline_free(struct kadr_baseline *baseline);
KADR_DEFINE_CLEANUP(struct kadr_baseline, kadr_baseline_free)
/* Forgets everything; the counts since start go on. */
void kadr_baseline_clear(struct kadr_baseline *baseline);

/** A report as the journal has it, in commit order.
 * @param verdicts  one enum kadr_verdict per byte and observation
 * @retval KADR_ENOMEM  clear it and begin anew */
KADR_MUST_CHECK int kadr_baseline_report(struct kadr_baseline *baseline,
                                         const struct kadr_reference *reference,
                                         const struct kadr_report *report, struct kadr_bytes verdicts,
                                         kadr_ms stated_at_ms);
/* What was made with `before` still serves with `after`: no code became another's alias, no scale changed, no
 * indicator got a band that had none. */
bool kadr_baseline_fits(const struct kadr_reference *before, const struct kadr_reference *after);

/* A key as it is kept. */
struct kadr_said_key {
    uint64_t series, key;
};
struct kadr_said_key kadr_said_key(const struct kadr_baseline *baseline,
                                   const struct kadr_reference *reference, const struct kadr_key *key,
                                   const char *occurrence);
/* A statement of this time would change nothing: a later one is in force. */
bool kadr_baseline_is_late(const struct kadr_baseline *baseline, struct kadr_said_key said,
                           kadr_ms stated_at_ms);
/* What the unit said before of the nearest earlier (or the same) day or period, else of the nearest later
 * one; of a stock only within the same borders. false: nothing, or the indicator has no band. */
bool kadr_baseline_before(const struct kadr_baseline *baseline, const struct kadr_reference *reference,
                          struct kadr_said_key said, const struct kadr_key *key,
                          struct kadr_value *ret_before);
/* The same figure was said by another report and is held. */
bool kadr_baseline_said_once(const struct kadr_baseline *baseline, struct kadr_said_key said,
                             const struct kadr_value *value, const uint8_t report_id[16]);

struct kadr_baseline_counts {
    size_t series, periods; /* of indicators with a band */
    size_t timed_keys;
    size_t held;                                 /* that wait */
    uint64_t held_forgotten, untimed, unbounded; /* since start: what found no place (limits.h) */
};
void kadr_baseline_count(const struct kadr_baseline *baseline, struct kadr_baseline_counts *ret_counts);
