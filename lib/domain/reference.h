/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* reference.h - the reference data: org units and catalogue, loaded from the bytes of their files.
 *
 * One immutable object per version. The files (units.csv, indicators.csv, members.csv) are journalled
 * verbatim by storaged and loaded by every daemon with this function, so that two processes never disagree
 * about what a figure meant. A version is the digest of its files. Indexes (unit, indicator, member) are
 * dense, valid for one version only and never leave the process; codes do. Thread-safe after loading
 * (read-only). Counted, in any thread. Errors name file:line:column: code: text: remedy, as for a report.
 */
#include "base/hash.h"
#include "base/limits.h"
#include "domain/day.h"
#include "domain/diag.h"
#include "domain/lang.h"
#include "domain/period.h"

typedef uint16_t kadr_unit;      /* index into the unit table; by path: a subtree stands together */
typedef uint16_t kadr_indicator; /* index into the catalogue, in its order */
typedef uint16_t kadr_member;    /* 1-based index into the members of all dimensions; 0 = none */
typedef uint8_t kadr_dimension;  /* index into the dimensions, in order of first appearance in members.csv */
#define KADR_NO_UNIT      UINT16_MAX
#define KADR_NO_INDICATOR UINT16_MAX
#define KADR_NO_DIMENSION UINT8_MAX

/* A breakdown: the members of at most four different dimensions, packed; 0 = "all". Members are numbered
 * dimension by dimension and sorted ascending from the lowest 16 bits, so equal breakdowns are equal numbers.
 */
typedef uint64_t kadr_breakdown;

enum kadr_unit_level { KADR_LEVEL_COUNTRY, KADR_LEVEL_REGION, KADR_LEVEL_DISTRICT, KADR_LEVEL_FACILITY };

/* One period of a unit's life with unchanged borders. */
struct kadr_territory {
    kadr_day from, to;       /* inside; to = KADR_DAY_MAX while it lasts */
    kadr_unit parent;        /* KADR_NO_UNIT for the country */
    kadr_unit successors[4]; /* who holds the territory after `to` (may include the unit itself) */
    uint8_t successor_count;
};

struct kadr_unit_info {
    enum kadr_unit_level level; /* what every sum asks of its parts comes first */
    bool territorial;           /* false: a departmental or republican organisation, beside the regions */
    uint8_t territory_count;
    kadr_unit region; /* that it counts to: it is, or lay in last; itself above regions */
    struct kadr_territory territory[KADR_MAX_TERRITORIES]; /* oldest first */
    const kadr_unit *children; /* all that ever were below it, in code order, each once */
    size_t child_count;
    struct kadr_period all_here; /* days on which each of them is below it; first > last: none are known */
    const char *code;            /* `KZ-35`, `351010000` */
    uint32_t code_rank;          /* a number in the order of the units' codes, bytewise */
    const char *path;            /* `KZ/KZ-35/`, by its last territory */
    const char *name[KADR_LANG_COUNT];
};

enum kadr_kind { KADR_KIND_STOCK, KADR_KIND_FLOW, KADR_KIND_PLAN, KADR_KIND_EVENT, KADR_KIND_PARAMETER };
enum kadr_time_rule { KADR_TIME_LAST, KADR_TIME_SUM, KADR_TIME_COUNT, KADR_TIME_NONE };
enum kadr_space_rule {
    KADR_SPACE_SUM,
    KADR_SPACE_RATIO,
    KADR_SPACE_LINEAR,
    KADR_SPACE_RANGE,
    KADR_SPACE_NONE
};

/* What a difference over a period asks of a term: the period's own figure of a flow, or the stock of one day:
 * the day before the period's first, or its last. */
enum kadr_moment { KADR_MOMENT_OVER, KADR_MOMENT_START, KADR_MOMENT_END };
/* What a difference must be when all is well. */
enum kadr_rule { KADR_RULE_NONE, KADR_RULE_ZERO, KADR_RULE_AT_MOST_ZERO };

/* A figure that a derived one is computed of. */
struct kadr_term {
    kadr_indicator indicator;
    bool minus; /* of a difference: taken off */
    enum kadr_moment moment;
};
/* What is to make a plan true. */
struct kadr_fact {
    kadr_indicator indicator;
    bool less; /* the plan is reached from above: a need that is to fall to its target */
};
#define KADR_MAX_TERMS   6  /* of one derived indicator */
#define KADR_MAX_FACTS   4  /* of one plan */
#define KADR_MAX_DERIVED 16 /* indicators computed of one */

struct kadr_indicator_info {
    const char *code;
    const char *name[KADR_LANG_COUNT];
    const char *measure; /* `person`, `post`, `KZT` … */
    const char *measure_name[KADR_LANG_COUNT];
    enum kadr_kind kind;
    enum kadr_time_rule time;
    enum kadr_space_rule space;
    enum kadr_unit_level level; /* who reports */
    int32_t scale;              /* 1, 10, 100, 1000 */
    bool expected;              /* calendar: every unit at the level owes it; false: nobody does */
    bool owed;                  /* by somebody: it is expected, or expected.csv names one */
    bool listed;                /* expected.csv may say who owes it */
    bool may_be_negative;
    int32_t stale_after_days, expires_after_days; /* 0 = never */
    int64_t min, max; /* plausible range at scale; INT64_MIN/INT64_MAX when not given */
    /* How often the figure is owed, month … academic; IRREGULAR: no rhythm was given. A stock is owed as of
     * the period's last day. */
    enum kadr_period_kind owed_every;
    int32_t due_days; /* after the period's end: stated later is late */
    /* Plausible beside what the unit said before: at most so many percent of it, and as many times less; 0:
     * no band. A difference up to the floor (at scale) is plausible whatever the factor. */
    int64_t band_percent, band_floor;
    kadr_dimension dimensions[16]; /* in catalogue order */
    uint8_t dimension_count;
    kadr_dimension exhaustive[16]; /* those whose members partition the whole, in catalogue order */
    uint8_t exhaustive_count;
    /* A ratio's numerator and denominator, a difference's terms; none: it is known where it is stated only.
     * Terms of a difference are sums; those of a ratio may be differences, but never ratios: so nothing goes
     * deeper than two. */
    struct kadr_term terms[KADR_MAX_TERMS];
    uint8_t term_count;
    uint8_t maker;       /* the term whose cells it has: the first, over a period the first flow */
    enum kadr_rule rule; /* a difference that says whether figures agree */
    struct kadr_fact facts[KADR_MAX_FACTS]; /* of a plan, in order: built, opened, staffed */
    uint8_t fact_count;
    int32_t factor;             /* of a ratio with terms: 100 for percent */
    kadr_dimension ignores[16]; /* of the ratio, that its denominator lacks: not applied to it */
    uint8_t ignore_count;
    kadr_indicator derived[KADR_MAX_DERIVED]; /* those that have this one among their terms */
    uint8_t derived_count;
    bool makes_periods; /* one of them is of a period, and takes this one, a stock, on a day */
};

struct kadr_dimension_info {
    const char *code;
    kadr_member first; /* members first … first + count - 1 */
    uint16_t count;
};

struct kadr_member_info {
    const char *code;
    const char *name[KADR_LANG_COUNT];
    kadr_dimension dimension;
};

struct kadr_file {
    const char *name; /* `units.csv` */
    struct kadr_bytes bytes;
};

struct kadr_reference;

/** Load a version from its files (any order): units.csv, indicators.csv, members.csv and, optional,
 * expected.csv.
 * @param diags  collects every error found, not only the first, each with its file; may be NULL
 * @retval KADR_EINVAL  an impossible definition, unknown column, duplicate code …: see diags
 * Cost: O(bytes); a few ms for 20 regions, 60 indicators. */
KADR_MUST_CHECK int kadr_reference_load(const struct kadr_file *files, size_t count, struct kadr_diags *diags,
                                        struct kadr_reference **ret_reference);
struct kadr_reference *kadr_reference_ref(struct kadr_reference *reference);
void kadr_reference_unref(struct kadr_reference *reference); /* NULL is fine */
KADR_DEFINE_CLEANUP(struct kadr_reference, kadr_reference_unref)
/* The version: BLAKE2b over name, NUL, length (eight bytes, big-endian) and bytes of each file, sorted by
 * name. */
const struct kadr_digest *kadr_reference_version(const struct kadr_reference *reference);
/* Codes that `older` has and `newer` knows neither as code nor as alias: retiring is a date, never a
 * deletion; and aliases that do not stand for their code any more: what was stated under both cannot be told
 * apart again. Returns their number. */
size_t kadr_reference_lost_codes(const struct kadr_reference *older, const struct kadr_reference *newer,
                                 struct kadr_diags *diags);

/* Units */
size_t kadr_unit_count(const struct kadr_reference *reference);
const struct kadr_unit_info *kadr_unit_info(const struct kadr_reference *reference, kadr_unit unit);
/* By code or by a declared alias (old ISO letters, KATO of a region); KADR_NO_UNIT. Names are never matched
 * here. */
kadr_unit kadr_unit_find(const struct kadr_reference *reference, const char *code);
/** Every text by which units may be called, codes and aliases, in bytewise order; non-zero stops and is
 * returned.
 * @param outer  only of this unit and of all that was ever below it; KADR_NO_UNIT: of all */
typedef int kadr_unit_code_fn(void *context, const char *code);
KADR_MUST_CHECK int kadr_unit_codes(const struct kadr_reference *reference, kadr_unit outer,
                                    kadr_unit_code_fn *fn, void *context);
/* The unit whose folded name in any language this is, for diagnostics that answer a name with its code. */
kadr_unit kadr_unit_by_name(const struct kadr_reference *reference, const char *name);
kadr_unit kadr_unit_country(const struct kadr_reference *reference);
/* Territory in force on a day; NULL when the unit did not exist. */
static inline const struct kadr_territory *kadr_territory_on(const struct kadr_unit_info *info, kadr_day day)
{
    for (size_t i = 0; i < info->territory_count; i++) {
        if (info->territory[i].from <= day && day <= info->territory[i].to) {
            return &info->territory[i];
        }
    }
    return NULL;
}
/* The last one that overlaps these days; NULL: the unit is not there then. */
static inline const struct kadr_territory *kadr_territory_in(const struct kadr_unit_info *info,
                                                             struct kadr_period span)
{
    for (size_t t = info->territory_count; t-- > 0;) {
        if (info->territory[t].from <= span.last && span.first <= info->territory[t].to) {
            return &info->territory[t];
        }
    }
    return NULL;
}
/* The last one that had ended before a day; NULL: none had. */
static inline const struct kadr_territory *kadr_territory_ended_by(const struct kadr_unit_info *info,
                                                                   kadr_day day)
{
    const struct kadr_territory *ended = NULL;
    for (size_t t = 0; t < info->territory_count && info->territory[t].to < day; t++) {
        ended = &info->territory[t];
    }
    return ended;
}
/* The unit is among those that held the territory after it. */
static inline bool kadr_territory_went_to(const struct kadr_territory *territory, kadr_unit unit)
{
    for (size_t s = 0; s < territory->successor_count; s++) {
        if (territory->successors[s] == unit) {
            return true;
        }
    }
    return false;
}
/* Some territory of this one went to the unit. */
static inline bool kadr_unit_precedes(const struct kadr_unit_info *info, kadr_unit unit)
{
    bool precedes = false;
    for (size_t t = 0; t < info->territory_count && !precedes; t++) {
        precedes = kadr_territory_went_to(&info->territory[t], unit);
    }
    return precedes;
}
const struct kadr_territory *kadr_unit_territory(const struct kadr_reference *reference, kadr_unit unit,
                                                 kadr_day day);
/* Parent on a day, or by the nearest territory when none was in force; KADR_NO_UNIT for the country. */
kadr_unit kadr_unit_parent(const struct kadr_reference *reference, kadr_unit unit, kadr_day day);
/* What a unit owes as long as expected.csv does not say otherwise. */
static inline bool kadr_owes_by_catalogue(const struct kadr_indicator_info *indicator,
                                          const struct kadr_unit_info *unit)
{
    return indicator->expected && unit->territorial;
}
/** The one place that says who owes a figure: the unit owes the indicator on some day of the span. Every unit
 * with a territory owes what the catalogue expects, unless expected.csv says otherwise; whether the unit was
 * there then is not looked at.
 * Cost: a binary search where expected.csv has rows. */
bool kadr_owes(const struct kadr_reference *reference, kadr_unit unit, kadr_indicator indicator,
               struct kadr_period span);
/* Whether a unit of the reporting level counts among the reporters over the span: those that owe it, or, of
 * what nobody owes, everyone. */
bool kadr_unit_reports(const struct kadr_reference *reference, kadr_unit unit, kadr_indicator indicator,
                       struct kadr_period span);
/* `inner` is `outer` or below it, by any of its territories. */
bool kadr_unit_within(const struct kadr_reference *reference, kadr_unit inner, kadr_unit outer);

/* Catalogue */
size_t kadr_indicator_count(const struct kadr_reference *reference);
const struct kadr_indicator_info *kadr_indicator_info(const struct kadr_reference *reference,
                                                      kadr_indicator indicator);
kadr_indicator kadr_indicator_find(const struct kadr_reference *reference, const char *code);
kadr_indicator kadr_indicator_by_name(const struct kadr_reference *reference, const char *name);
size_t kadr_dimension_count(const struct kadr_reference *reference);
const struct kadr_dimension_info *kadr_dimension_info(const struct kadr_reference *reference,
                                                      kadr_dimension dimension);
kadr_dimension kadr_dimension_find(const struct kadr_reference *reference, const char *code);
const struct kadr_member_info *kadr_member_info(const struct kadr_reference *reference, kadr_member member);
/* By code or declared alias inside a dimension; 0. */
kadr_member kadr_member_find(const struct kadr_reference *reference, kadr_dimension dimension,
                             const char *code);
kadr_member kadr_member_by_name(const struct kadr_reference *reference, kadr_dimension dimension,
                                const char *name);
bool kadr_indicator_takes(const struct kadr_indicator_info *indicator, kadr_dimension dimension);

/* Breakdowns */
/* Adds a member. @retval KADR_EEXIST  the dimension is there already; @retval KADR_EFULL  four are */
KADR_MUST_CHECK int kadr_breakdown_add(const struct kadr_reference *reference, kadr_breakdown *breakdown,
                                       kadr_member member);
kadr_breakdown kadr_breakdown_drop(const struct kadr_reference *reference, kadr_breakdown breakdown,
                                   kadr_dimension dimension);
bool kadr_breakdown_has(const struct kadr_reference *reference, kadr_breakdown breakdown,
                        kadr_dimension dimension);
/* The breakdown that a derived cell asks of one of its terms. */
kadr_breakdown kadr_breakdown_of_term(const struct kadr_reference *reference,
                                      const struct kadr_indicator_info *derived, size_t term,
                                      kadr_breakdown breakdown);
/* Members in ascending order; returns their number (0 … 4). */
size_t kadr_breakdown_members(kadr_breakdown breakdown, kadr_member ret_members[KADR_MAX_DIMENSIONS]);
/* `cadre=doctor settlement=rural`, sorted by dimension code then printed; "" for all. */
#define KADR_BREAKDOWN_TEXT_BYTES (KADR_MAX_DIMENSIONS * (2 * KADR_MAX_CODE_BYTES + 2) + 1)
const char *kadr_breakdown_format(const struct kadr_reference *reference, kadr_breakdown breakdown,
                                  char ret_text[KADR_BREAKDOWN_TEXT_BYTES]);
