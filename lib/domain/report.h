/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* report.h - a report as offices state it (codes, not indexes) and the judgement of it.
 *
 * The same judgement runs in `kadr push --dry-run` and in ingestd; it is made once per report, at ingest, and
 * stored with the record. The fold never judges again.
 */
#include "base/arena.h"
#include "domain/diag.h"
#include "domain/period.h"
#include "domain/reference.h"
#include "domain/value.h"

struct kadr_member_pair {
    const char *dimension, *member;
};

struct kadr_observation {
    const char *unit, *indicator;
    struct kadr_member_pair breakdown[KADR_MAX_DIMENSIONS];
    size_t breakdown_count;
    struct kadr_period period;
    const char *occurrence; /* "" unless several events of one key must stay apart */
    struct kadr_value value;
    bool of_replaced;   /* WITHDRAWN: only what the replaced report said is taken back */
    int32_t scale;      /* that lo and hi are at; 1 for missing and withdrawn */
    const char *stated; /* the figure as written: `57000~1000`; "" when not known */
    const char *note;
    uint32_t line, column; /* of the value in the office's file; 0 = unknown */
};

/* The report that another one takes the place of. */
struct kadr_replaces {
    uint8_t stream[16]; /* of the outbox it was sent from */
    uint64_t sequence;
    kadr_ms stated_at_ms;
};

/* Strings and the array are borrowed from whoever filled it (an arena, a decoded message). Strings are never
 * NULL. */
struct kadr_report {
    kadr_ms stated_at_ms;  /* Unix time at which the office put it into its outbox, or #stated */
    const char *source;    /* where the figures were published; "" */
    kadr_day published;    /* KADR_DAY_NONE when unknown */
    const char *file;      /* name of the office's file; "" */
    uint8_t report_id[16]; /* random, made by the outbox */
    bool all_or_nothing;
    bool nothing_to_report;
    bool confirmed; /* the office has checked what is implausible in it */
    bool has_replaces;
    struct kadr_replaces replaces;
    struct kadr_observation *observations;
    size_t observation_count;
};

/* Per observation, decided at ingest. Numbers are the journal's. */
enum kadr_verdict {
    KADR_VERDICT_ACCEPTED = 0,
    KADR_VERDICT_REFUSED = 1,
    KADR_VERDICT_SAME_FACT = 2, /* told twice in this report; the narrower or first one stands for both */
    KADR_VERDICT_HELD = 3       /* implausible: waits until it is confirmed, by another report */
};

/* When an observation counts as stated, of a report that counts as stated at `stated_at_ms`: what takes the
 * replaced report back stands where that report stood, so that a later correction by a third one stays. */
static inline kadr_ms kadr_observation_stated_at(const struct kadr_report *report,
                                                 const struct kadr_observation *obs, kadr_ms stated_at_ms)
{
    bool earlier = obs->of_replaced && report->has_replaces && report->replaces.stated_at_ms < stated_at_ms;
    return earlier ? report->replaces.stated_at_ms : stated_at_ms;
}

/* An observation's key in indexes of one reference version. */
struct kadr_key {
    kadr_unit unit;
    kadr_indicator indicator;
    kadr_breakdown breakdown;
    struct kadr_period period;
};

/** Resolve codes; the checks of one observation that need no other one (units and members known and valid on
 * the day, dimensions allowed, period fits the kind, value in range and scale). First error wins.
 * @param diags  gets the error with index, line and column; may be NULL
 * @retval 0            *ret_key is set
 * @retval KADR_EINVAL  refused */
KADR_MUST_CHECK int kadr_observation_resolve(const struct kadr_reference *reference,
                                             const struct kadr_observation *obs, int32_t index,
                                             kadr_day today, struct kadr_diags *diags,
                                             struct kadr_key *ret_key);

struct kadr_baseline;

/** Judge a whole report: kadr_observation_resolve() for each; the office's scope (its code names a unit; it
 * speaks for that unit and what lies below); two observations of one key (rollup-spec, In force); what is
 * implausible and not confirmed; parts that exceed their own total (warning); all-or-nothing; an empty report
 * that does not say "nothing to report".
 * @param baseline      what was said before; NULL: nothing is known of it, only the catalogue's range counts
 * @param[out] ret_verdicts  observation_count entries
 * @retval 0            some or all accepted or held (or nothing to report)
 * @retval KADR_EINVAL  nothing takes force; verdicts are all REFUSED
 * @retval KADR_ENOMEM
 * Cost: O(n log n). */
KADR_MUST_CHECK int kadr_report_judge(const struct kadr_reference *reference,
                                      const struct kadr_baseline *baseline, const char *office,
                                      const struct kadr_report *report, kadr_day today,
                                      enum kadr_verdict *ret_verdicts, struct kadr_diags *diags);
