/* SPDX-License-Identifier: Apache-2.0 */
/* generate.c - see history.h. The generator: a small tree with splits of a region and of a district, one
 * indicator per rule, figures about as large as the unit and the breakdown suggest, so that totals and parts
 * now agree, now leave something outstanding and now contradict one another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "history.h"

#include "domain/rollup_world.h"
#include "rng.h"

/* ---- references ------------------------------------------------------------------------------------------
 */

#define UNIT_ROWS                                                                                    \
    "code,level,parent,valid_from,valid_to,successors,aliases,name_en,name_ru,name_kk,territorial\n" \
    "KZ,country,,1900-01-01,,,,KZ,KZ,KZ,\n"                                                          \
    "KZ-10,region,KZ,1900-01-01,,,,A,A,A,\n"                                                         \
    "KZ-33,region,KZ,1900-01-01,,,,B,B,B,\n"                                                         \
    "KZ-35,region,KZ,1900-01-01,2022-06-07,KZ-35 KZ-62,,,,,\n"                                       \
    "KZ-35,region,KZ,2022-06-08,,,,C,C,C,\n"                                                         \
    "KZ-62,region,KZ,2022-06-08,,,,E,E,E,\n"                                                         \
    "331,district,KZ-33,1900-01-01,,,,F,F,F,\n"                                                      \
    "332,district,KZ-33,1900-01-01,2023-03-31,332 333,,,,,\n"                                        \
    "332,district,KZ-33,2023-04-01,,,,G,G,G,\n"                                                      \
    "333,district,KZ-33,2023-04-01,,,,H,H,H,\n"                                                      \
    "351,district,KZ-35,1900-01-01,,,,I,I,I,\n"                                                      \
    "621,district,KZ-35,1900-01-01,2022-06-07,621,,,,,\n"                                            \
    "621,district,KZ-62,2022-06-08,,,,J,J,J,\n"                                                      \
    "352,district,KZ-35,1900-01-01,2022-12-31,352,,,,,\n"                                            \
    "352,district,KZ-33,2023-01-01,,,,N,N,N,\n"                                                      \
    "353,district,KZ-35,1900-01-01,2022-10-31,,,O,O,O,\n"                                            \
    "RSE,region,KZ,2021-01-01,,,,M,M,M,no\n"

#define CATALOGUE_HEADER                                                                                  \
    "code,kind,measure,scale,time,space,level,dimensions,exhaustive,stale_after_days,expires_after_days," \
    "expected,min,max,negative,name_en,name_ru,name_kk,numerator,denominator,factor,ignores,terms,holds\n"
#define CATALOGUE_ROWS                                                                                      \
    "need,stock,person,1,last,sum,region,settlement,settlement,60,,none,,,no,A,A,A,,,,,,\n"                 \
    "wards,stock,person,1,last,sum,district,settlement,settlement,100,300,calendar,,,no,B,B,B,,,,,,\n"      \
    "balance,stock,person,1,last,sum,region,cadre,cadre,200,600,calendar,,,yes,C,C,C,,,,,,\n"               \
    "planned,plan,person,1,sum,sum,region,settlement,settlement,,,none,,,no,D,D,D,,,,,,\n"                  \
    "visits,event,person,1,count,sum,region,settlement specialty,settlement,,,none,,,no,E,E,E,,,,,,\n"      \
    "target,plan,person,1,none,sum,region,cadre,cadre,,,calendar,,,no,F,F,F,,,,,,\n"                        \
    "level,parameter,percent,1,last,range,region,settlement,,200,500,calendar,,,no,G,G,G,,,,,,\n"           \
    "horizon,parameter,year,1,last,none,region,settlement,,200,400,none,,,no,H,H,H,,,,,,\n"                 \
    "rate,stock,percent,1,last,ratio,region,cadre,,200,400,calendar,,,no,I,I,I,,,,,,\n"                     \
    "gap,stock,person,1,last,linear,region,settlement,,200,400,calendar,,,yes,P,P,P,,,,,headcount -need,\n" \
    "both,stock,person,1,last,linear,region,settlement,,200,400,none,,,no,Q,Q,Q,,,,,need headcount,\n"      \
    "density,stock,percent,10,last,ratio,region,cadre settlement,,200,400,calendar,,,no,R,R,R,headcount,"   \
    "need,100,cadre,,\n"                                                                                    \
    "gap_rate,stock,percent,1,last,ratio,region,settlement,,200,400,calendar,,,yes,S,S,S,gap,headcount,,,," \
    "\n"                                                                                                    \
    "staff,flow,person,1,sum,linear,region,cadre,,,,calendar,,,yes,T,T,T,,,,,"                              \
    "headcount@end -headcount@start -arrivals,zero\n"                                                       \
    "over,flow,person,1,sum,linear,region,settlement,,,,none,,,yes,U,U,U,,,,,visits -planned,"              \
    "at_most_zero\n"                                                                                        \
    "filled,flow,person,1,sum,linear,region,settlement,,,,calendar,,,no,V,V,V,,,,,need@end planned,\n"

static const char *const unit_tables[] = { UNIT_ROWS, UNIT_ROWS "KZ-71,region,KZ,2023-01-01,,,,K,K,K,\n" };
static const char *const catalogues[] = {
    CATALOGUE_HEADER CATALOGUE_ROWS
    "headcount,stock,person,1,last,sum,region,cadre settlement specialty,cadre settlement,120,500,calendar,,,"
    "no,L,L,L,,,,,,\n"
    "posts,stock,person,100,last,sum,region,cadre,cadre,150,400,calendar,,,no,M,M,M,,,,,,\n"
    "arrivals,flow,person,1,sum,sum,region,cadre,cadre,,,calendar,,,no,N,N,N,,,,,,\n",
    CATALOGUE_HEADER CATALOGUE_ROWS
    "headcount,stock,person,1,last,sum,region,settlement cadre,settlement "
    "cadre,90,400,calendar,,,no,L,L,L,,,,,,\n"
    "posts,stock,person,10,last,sum,district,cadre,cadre,150,400,none,,,no,M,M,M,,,,,,\n"
    "arrivals,flow,person,1,sum,sum,region,cadre,cadre,,,none,,,no,N,N,N,,,,,,\n"
    "extra,flow,person,1,sum,sum,region,cadre,,,,calendar,,,no,O,O,O,,,,,,\n",
};
#define MEMBER_ROWS                                                        \
    "dimension,member,aliases,name_en,name_ru,name_kk\n"                   \
    "settlement,urban,,a,a,a\nsettlement,rural,,b,b,b\n"                   \
    "specialty,surgery,,c,c,c\nspecialty,therapy,,d,d,d\n"                 \
    "measure,person,,e,e,e\nmeasure,percent,,f,f,f\nmeasure,year,,g,g,g\n" \
    "cadre,doctor,,h,h,h\ncadre,nurse,,i,i,i\n"
static const char *const member_tables[] = { MEMBER_ROWS, MEMBER_ROWS "cadre,midlevel,,j,j,j\n" };

/* Who owes what otherwise: later, no longer, not at all, or what nobody else owes. */
static const char *const expected_tables[] = { NULL, "indicator,unit,from,to,expected\n"
                                                     "*,333,,2024-01-01,no\n"
                                                     "*,KZ-71,2023-06-01,,no\n"
                                                     "wards,351,2022-06-08,,no\n"
                                                     "wards,621,,2022-12-31,no\n"
                                                     "wards,332,2023-02-01,2023-02-28,no\n"
                                                     "headcount,KZ-33,2023-01-01,2023-12-31,no\n"
                                                     "balance,KZ-33,,,no\n"
                                                     "headcount,RSE,2023-01-01,,yes\n*,RSE,2024-01-01,,yes\n"
                                                     "density,KZ-10,,2023-06-30,no\n"
                                                     "gap,KZ-35,,2022-12-31,no\n"
                                                     "staff,KZ-62,,2023-05-05,no\n"
                                                     "need,KZ-10,,,yes\n"
                                                     "need,KZ-33,2023-01-01,,yes\n"
                                                     "arrivals,KZ-35,2023-01-01,,yes\n"
                                                     "visits,KZ-10,2022-01-01,2023-06-15,yes\n" };

/* expected.csv is the last one, and not always there. */
size_t history_reference_files(size_t index, struct kadr_file ret_files[HISTORY_MAX_FILES])
{
    static const char *const names[] = { "units.csv", "indicators.csv", "members.csv", "expected.csv" };
    const char *const texts[] = { unit_tables[index], catalogues[index], member_tables[index],
                                  expected_tables[index] };
    size_t count = 0;
    for (; count < HISTORY_MAX_FILES && texts[count]; count++) {
        ret_files[count] =
            (struct kadr_file){ names[count], { (const uint8_t *)texts[count], strlen(texts[count]) } };
    }
    return count;
}

void history_load_references(struct kadr_reference *ret_references[HISTORY_REFERENCES])
{
    for (size_t i = 0; i < HISTORY_REFERENCES; i++) {
        ret_references[i] =
            load_reference_with(unit_tables[i], catalogues[i], member_tables[i], expected_tables[i]);
    }
}

/* ---- generator -------------------------------------------------------------------------------------------
 */

/* The key of a statement, in words. */
struct topic {
    char unit[8], indicator[16], breakdown[64], period[KADR_PERIOD_TEXT_BYTES], occurrence[4];
    int64_t size; /* about how large its figures are */
};

struct generator {
    struct rng rng;
    struct rng aside; /* of say_open(): what a seed says else does not hang on it */
    const struct kadr_reference *reference;
    size_t reference_index;
    kadr_day day;
    kadr_ms now_ms;
    kadr_indicator focus[3]; /* what this history is mostly about: few topics meet often */
    kadr_unit near;          /* … and mostly inside here */
    struct topic *topics;    /* said before; may be said again */
    size_t topic_count;
};

static bool chance(struct generator *g, size_t percent)
{
    return rng_below(&g->rng, 100) < percent;
}

static struct record *append(struct history *history, enum record_kind kind)
{
    struct record *grown = realloc(history->records, (history->count + 1) * sizeof(*grown));
    assert_non_null(grown);
    history->records = grown;
    history->records[history->count] = (struct record){ .kind = kind };
    return &history->records[history->count++];
}

static kadr_day past_day(struct generator *g)
{
    static const int32_t back[] = { 0, 30, 200, 900 };
    kadr_day day = g->day - (kadr_day)rng_between(&g->rng, 0, back[rng_below(&g->rng, KADR_COUNT(back))]);
    struct kadr_civil civil = kadr_day_to_civil(day);
    /* mostly the days at which offices report: candidates are then as new as one another */
    return chance(g, 70) ? kadr_day_from_civil(civil.year, civil.month, 1) : day;
}

static struct kadr_period some_period(struct generator *g)
{
    static const enum kadr_period_kind kinds[] = { KADR_PERIOD_DAY,     KADR_PERIOD_MONTH, KADR_PERIOD_MONTH,
                                                   KADR_PERIOD_QUARTER, KADR_PERIOD_HALF,  KADR_PERIOD_YEAR,
                                                   KADR_PERIOD_ACADEMIC };
    int year = kadr_day_to_civil(g->day).year - (int)rng_below(&g->rng, 2);
    kadr_day day = kadr_day_from_civil(year, 1, 1) + (kadr_day)rng_between(&g->rng, 0, 364);
    if (chance(g, 5)) {
        day -= (kadr_day)rng_between(&g->rng, 300, 900);
    }
    if (chance(g, 15)) {
        return (struct kadr_period){ day, day + (kadr_day)rng_between(&g->rng, 1, 80) };
    }
    return kadr_period_around(day, kinds[rng_below(&g->rng, KADR_COUNT(kinds))]);
}

/* Members of some dimensions. */
static size_t some_breakdown(struct generator *g, const struct kadr_indicator_info *info, char text[64])
{
    size_t count = 0, len = 0;
    for (size_t i = 0; i < info->dimension_count; i++) {
        const struct kadr_dimension_info *dimension = kadr_dimension_info(g->reference, info->dimensions[i]);
        kadr_member member = (kadr_member)(dimension->first + rng_below(&g->rng, dimension->count));
        if (chance(g, 40)) {
            len += (size_t)snprintf(text + len, 64 - len, "%s%s=%s", len ? "," : "", dimension->code,
                                    kadr_member_info(g->reference, member)->code);
            count++;
        }
    }
    snprintf(text + len, 64 - len, "%s", len ? "" : "-");
    return count;
}

static void set_unit(struct generator *g, struct topic *topic, kadr_unit unit)
{
    const struct kadr_unit_info *info = kadr_unit_info(g->reference, unit);
    snprintf(topic->unit, sizeof(topic->unit), "%s", info->code);
}

static kadr_unit some_unit(struct generator *g)
{
    kadr_unit unit = (kadr_unit)rng_below(&g->rng, kadr_unit_count(g->reference));
    bool is_near = kadr_unit_within(g->reference, unit, g->near);
    return is_near || chance(g, 30) ? unit : g->near;
}

static kadr_indicator some_indicator(struct generator *g)
{
    return (kadr_indicator)rng_below(&g->rng, kadr_indicator_count(g->reference));
}

/* Targets are due years ahead; every third plan is. */
static struct kadr_period due_later(const struct generator *g, const struct kadr_indicator_info *info,
                                    struct kadr_period period)
{
    kadr_day two_years = 731;
    if (info->kind != KADR_KIND_PLAN || g->topic_count % 3 > 0) {
        return period;
    }
    enum kadr_period_kind kind = kadr_period_kind(period);
    return kind != KADR_PERIOD_IRREGULAR
               ? kadr_period_around(period.first + two_years, kind)
               : (struct kadr_period){ period.first + two_years, period.last + two_years };
}

/* Events of one key are apart by it. */
static void some_occurrence(struct generator *g, struct topic *topic)
{
    topic->occurrence[0] = '\0';
    if (chance(g, 50)) {
        snprintf(topic->occurrence, sizeof(topic->occurrence), "o%d", (int)rng_below(&g->rng, 3));
    }
}

static struct topic new_topic(struct generator *g)
{
    static const int64_t sizes[] = { 60, 20, 10 };
    struct topic topic = { .size = 0 };
    kadr_unit unit = some_unit(g);
    kadr_indicator indicator =
        chance(g, 85) ? g->focus[rng_below(&g->rng, KADR_COUNT(g->focus))] : some_indicator(g);
    const struct kadr_indicator_info *info = kadr_indicator_info(g->reference, indicator);
    if (info->term_count > 0 && chance(g, 90)) { /* mostly what it is computed of */
        indicator = info->terms[rng_below(&g->rng, info->term_count)].indicator;
        info = kadr_indicator_info(g->reference, indicator);
    }
    struct kadr_period period = due_later(g, info, some_period(g));
    if (info->time == KADR_TIME_LAST) {
        period.first = period.last = past_day(g);
    }
    /* seldom of a period in which it was not there: another reference let it through */
    while (!kadr_unit_territory(g->reference, unit, period.last) && !chance(g, 5)) {
        unit = some_unit(g);
    }
    set_unit(g, &topic, unit);
    snprintf(topic.indicator, sizeof(topic.indicator), "%s", info->code);
    size_t named = some_breakdown(g, info, topic.breakdown);
    topic.size = sizes[kadr_unit_info(g->reference, unit)->level] >> named;
    kadr_period_format(period, topic.period);
    if (info->time == KADR_TIME_COUNT) {
        some_occurrence(g, &topic);
    }
    return topic;
}

static void some_value(struct generator *g, const struct topic *topic, int32_t scale, char text[32])
{
    static const char *const reasons[] = { "not_stated", "not_reported", "not_applicable",
                                           "withheld",   "suppressed",   "unknown" };
    long long n = (long long)rng_between(&g->rng, topic->size / 2, topic->size + topic->size / 2);
    size_t form = rng_below(&g->rng, 100);
    if (strcmp(topic->indicator, "balance") == 0 && chance(g, 30)) {
        snprintf(text, 32, "-%lld", n);
    } else if (form < 55) {
        /* hundredths sleep where the other reference counts in tenths */
        int places = scale >= 100 && form < 10 ? 2 : scale > 1 && form < 20 ? 1 : 0;
        int part = (int)rng_below(&g->rng, places == 2 ? 99 : 9) + 1;
        if (places > 0) {
            snprintf(text, 32, "%lld.%0*d", n, places, part);
        } else {
            snprintf(text, 32, "%lld", n);
        }
    } else if (form < 62) {
        snprintf(text, 32, "%lld..%lld", n, n + (long long)rng_below(&g->rng, 5));
    } else if (form < 67) {
        snprintf(text, 32, ">%lld", n);
    } else if (form < 71) {
        snprintf(text, 32, "<%lld", n + 1);
    } else if (form < 76) {
        snprintf(text, 32, "%lld~5", n / 5 * 5);
    } else if (form < 79) {
        snprintf(text, 32, "0");
    } else if (form < 93) {
        snprintf(text, 32, "?%s", reasons[rng_below(&g->rng, KADR_COUNT(reasons))]);
    } else {
        snprintf(text, 32, "withdrawn");
    }
}

static void remember(struct generator *g, struct topic topic)
{
    struct topic *grown = realloc(g->topics, (g->topic_count + 1) * sizeof(*grown));
    assert_non_null(grown);
    g->topics = grown;
    g->topics[g->topic_count++] = topic;
}

static bool is_said(const struct record *record, const struct topic *topic)
{
    char key[HISTORY_LINE_BYTES];
    snprintf(key, sizeof(key), "%s %s %s %s ", topic->unit, topic->indicator, topic->breakdown,
             topic->period);
    for (size_t i = 0; i < record->count; i++) {
        const char *value = record->said[i].line + strlen(key);
        if (strncmp(record->said[i].line, key, strlen(key)) == 0 &&
            strcmp(strchr(value, ' ') + 1, topic->occurrence) == 0) {
            return true;
        }
    }
    return false;
}

/* The unit was there in the period: judgement refuses most others. */
static bool is_there(struct generator *g, const struct topic *topic)
{
    struct kadr_period period;
    kadr_unit unit = kadr_unit_find(g->reference, topic->unit);
    assert_int_equal(kadr_period_parse(topic->period, &period), 0);
    return unit == KADR_NO_UNIT || kadr_unit_territory(g->reference, unit, period.last) || chance(g, 20);
}

static struct said *write_down(struct record *record, const struct topic *topic, int32_t scale,
                               const char *value)
{
    struct said *said = &record->said[record->count++];
    snprintf(said->line, sizeof(said->line), "%s %s %s %s %s %s", topic->unit, topic->indicator,
             topic->breakdown, topic->period, value, topic->occurrence);
    said->scale = scale;
    return said;
}

/* Judgement lets one key through once; so does this. */
static void say_topic(struct generator *g, struct record *record, const struct topic *topic)
{
    char value[32];
    kadr_indicator indicator = kadr_indicator_find(g->reference, topic->indicator);
    int32_t scale = indicator == KADR_NO_INDICATOR ? 1 : kadr_indicator_info(g->reference, indicator)->scale;
    if (record->count == HISTORY_MAX_SAID || is_said(record, topic) || !is_there(g, topic)) {
        return;
    }
    some_value(g, topic, scale, value);
    struct said *said = write_down(record, topic, scale, value);
    said->verdict = !chance(g, 4)   ? KADR_VERDICT_ACCEPTED
                    : chance(g, 50) ? KADR_VERDICT_REFUSED
                                    : KADR_VERDICT_HELD;
    remember(g, *topic);
}

/* One key for each part of a unit, or each member of a dimension: without these no sum is ever complete. */
static void say_children(struct generator *g, struct record *record, struct topic topic)
{
    struct kadr_period period;
    kadr_unit parent = kadr_unit_find(g->reference, topic.unit);
    assert_int_equal(kadr_period_parse(topic.period, &period), 0);
    for (kadr_unit unit = 0; unit < kadr_unit_count(g->reference); unit++) {
        const struct kadr_territory *borders = kadr_unit_territory(g->reference, unit, period.last);
        if (borders && borders->parent == parent && !chance(g, 6)) {
            struct topic part = topic;
            part.size = topic.size / 3 + 1;
            set_unit(g, &part, unit);
            say_topic(g, record, &part);
        }
    }
}

static void say_members(struct generator *g, struct record *record, struct topic topic)
{
    kadr_indicator indicator = kadr_indicator_find(g->reference, topic.indicator);
    const struct kadr_indicator_info *info = kadr_indicator_info(g->reference, indicator);
    if (info->exhaustive_count == 0 || strcmp(topic.breakdown, "-") != 0) {
        return;
    }
    kadr_dimension index = info->exhaustive[rng_below(&g->rng, info->exhaustive_count)];
    const struct kadr_dimension_info *dimension = kadr_dimension_info(g->reference, index);
    for (size_t i = 0; i < dimension->count; i++) {
        struct topic part = topic;
        part.size = topic.size / dimension->count + 1;
        snprintf(part.breakdown, sizeof(part.breakdown), "%s=%s", dimension->code,
                 kadr_member_info(g->reference, (kadr_member)(dimension->first + i))->code);
        if (!chance(g, 6)) {
            say_topic(g, record, &part);
        }
    }
}

/* One key for each shorter period inside. */
static void say_shorter(struct generator *g, struct record *record, struct topic topic)
{
    static const enum kadr_period_kind kinds[] = { KADR_PERIOD_QUARTER, KADR_PERIOD_QUARTER, KADR_PERIOD_HALF,
                                                   KADR_PERIOD_MONTH };
    enum kadr_period_kind kind = kinds[rng_below(&g->rng, KADR_COUNT(kinds))];
    struct kadr_period whole;
    assert_int_equal(kadr_period_parse(topic.period, &whole), 0);
    for (kadr_day at = whole.first; at <= whole.last;) {
        struct kadr_period period = kadr_period_around(at, kind);
        struct topic part = topic;
        part.size = topic.size / 3 + 1;
        kadr_period_format(period, part.period);
        if (kadr_period_contains(whole, period) && !chance(g, 10)) {
            say_topic(g, record, &part);
        }
        at = period.last + 1;
    }
}

/* All terms of a difference over a period, at one unit. */
static void say_terms(struct generator *g, struct record *record, const struct kadr_indicator_info *info,
                      struct topic topic, struct kadr_period period)
{
    for (size_t t = 0; t < info->term_count; t++) {
        const struct kadr_indicator_info *term = kadr_indicator_info(g->reference, info->terms[t].indicator);
        struct topic part = topic;
        struct kadr_period when = period;
        if (info->terms[t].moment != KADR_MOMENT_OVER) {
            when.first = info->terms[t].moment == KADR_MOMENT_START ? period.first - 1 : period.last;
            when.last = when.first;
        }
        part.size =
            info->rule == KADR_RULE_AT_MOST_ZERO && info->terms[t].minus ? 3 * topic.size : topic.size;
        snprintf(part.indicator, sizeof(part.indicator), "%s", term->code);
        kadr_period_format(when, part.period);
        if (!chance(g, 5)) {
            say_topic(g, record, &part);
        }
    }
}

static const struct kadr_indicator_info *some_balance(struct generator *g)
{
    size_t count = kadr_indicator_count(g->reference), from = rng_below(&g->rng, count);
    for (size_t i = 0; i < count; i++) {
        const struct kadr_indicator_info *info =
            kadr_indicator_info(g->reference, (kadr_indicator)((from + i) % count));
        if (info->term_count > 0 && info->time == KADR_TIME_SUM) {
            return info;
        }
    }
    fail_msg("no difference over a period");
    abort(); /* not reached */
}

/* Stocks of exactly the days that a balance asks for come together by chance only: these are stated for it.
 */
static void say_balance(struct generator *g, struct record *record)
{
    const struct kadr_indicator_info *info = some_balance(g);
    struct topic topic = { .size = chance(g, 20) ? 0 : 20 }; /* of nothing the rules hold */
    struct kadr_period period = some_period(g);
    kadr_unit unit = some_unit(g);
    (void)some_breakdown(g, info, topic.breakdown);
    if (kadr_unit_info(g->reference, unit)->level >= info->level || chance(g, 30)) {
        set_unit(g, &topic, unit);
        say_terms(g, record, info, topic, period);
        return;
    }
    for (kadr_unit part = 0; part < kadr_unit_count(g->reference); part++) {
        if (kadr_unit_info(g->reference, part)->level == info->level) {
            set_unit(g, &topic, part);
            say_terms(g, record, info, topic, period);
        }
    }
}

/* Adds statements to a report. */
static void say_something(struct generator *g, struct record *record)
{
    if (chance(g, 10)) {
        say_balance(g, record);
        return;
    }
    struct topic topic = new_topic(g);
    size_t kind = rng_below(&g->rng, 100);
    if (kind < 25 && g->topic_count > 0) {
        say_topic(g, record, &g->topics[rng_below(&g->rng, g->topic_count)]); /* a correction */
        return;
    }
    if (kind < 50 && g->topic_count > 0) { /* another way of knowing something near */
        topic = g->topics[rng_below(&g->rng, g->topic_count)];
    }
    if (strcmp(topic.indicator, "visits") == 0) { /* … or something else of the same kind that happened */
        some_occurrence(g, &topic);
    }
    kadr_indicator indicator = kadr_indicator_find(g->reference, topic.indicator);
    const struct kadr_indicator_info *info =
        indicator == KADR_NO_INDICATOR ? NULL : kadr_indicator_info(g->reference, indicator);
    if (info && info->time == KADR_TIME_SUM && chance(g, 20)) {
        say_shorter(g, record, topic);
    } else if (kind % 5 == 0) {
        say_children(g, record, topic);
    } else if (kind % 5 == 1 && info) {
        say_members(g, record, topic);
    } else {
        say_topic(g, record, &topic);
    }
}

/* The report takes the place of an earlier one, of which some figures are not said any more. That one may
 * have been stated before or after what is in force now for these figures. */
static void replace_earlier(struct generator *g, struct record *record)
{
    size_t wanted = 1 + rng_below(&g->rng, 4);
    record->replaced_at_ms = record->stated_at_ms - (kadr_ms)rng_below(&g->rng, 12) * 1000;
    for (size_t i = 0; i < wanted && g->topic_count > 0 && record->count < HISTORY_MAX_SAID; i++) {
        const struct topic *topic = &g->topics[rng_below(&g->rng, g->topic_count)];
        if (is_said(record, topic) || !is_there(g, topic)) {
            continue;
        }
        write_down(record, topic, 1, "withdrawn")->of_replaced = true;
    }
}

static size_t some_report(struct generator *g, struct history *history)
{
    struct record record = { .kind = RECORD_REPORT };
    size_t wanted = 1 + rng_below(&g->rng, 3);
    for (size_t i = 0; i < wanted; i++) {
        say_something(g, &record);
    }
    record.stated_at_ms = g->now_ms;
    if (chance(g, 20)) { /* an outbox that was offline */
        record.stated_at_ms -= (kadr_ms)rng_below(&g->rng, 10) * 1000;
    }
    if (chance(g, 15)) {
        replace_earlier(g, &record);
    }
    g->now_ms += 1000;
    *append(history, RECORD_REPORT) = record;
    return record.count;
}

/* ---- open ends, and more beside them ---------------------------------------------------------------------
 */

/* @param form  of the first member's figure; the others, as far as they are said, have none */
static void say_split(struct generator *g, struct record *record, struct topic topic,
                      const struct kadr_indicator_info *info, kadr_dimension index, const char *form)
{
    const struct kadr_dimension_info *dimension = kadr_dimension_info(g->reference, index);
    size_t count = topic.size > 30 ? 1 : dimension->count; /* a lower bound only */
    for (size_t i = 0; i < count; i++) {
        char value[32];
        snprintf(value, sizeof(value), "%s%d", i == 0 ? form : "", i == 0 ? (int)topic.size : 0);
        snprintf(topic.breakdown, sizeof(topic.breakdown), "%s=%s", dimension->code,
                 kadr_member_info(g->reference, (kadr_member)(dimension->first + i))->code);
        write_down(record, &topic, info->scale, value);
    }
}

/* The whole is more than a little, of one dimension more than something, and of one member of another one it
 * is much: three ways, all complete or none, and as new as one another. */
static void say_open(struct generator *g, struct record *record)
{
    kadr_indicator indicator = some_indicator(g);
    const struct kadr_indicator_info *info = kadr_indicator_info(g->reference, indicator);
    struct topic topic = { .breakdown = "-" };
    struct kadr_period period = some_period(g);
    kadr_unit unit = some_unit(g);
    if (info->space != KADR_SPACE_SUM || info->exhaustive_count == 0) {
        return;
    }
    if (info->time == KADR_TIME_LAST) {
        period.first = period.last = past_day(g);
    }
    set_unit(g, &topic, unit);
    snprintf(topic.indicator, sizeof(topic.indicator), "%s", info->code);
    kadr_period_format(period, topic.period);
    if (!is_there(g, &topic)) {
        return;
    }
    if (info->exhaustive_count == 1 || chance(g, 30)) {
        write_down(record, &topic, info->scale, ">5");
    }
    size_t first = rng_below(&g->rng, info->exhaustive_count);
    topic.size = rng_between(&g->rng, 10, 20);
    say_split(g, record, topic, info, info->exhaustive[first], ">");
    if (info->exhaustive_count > 1) {
        topic.size = rng_between(&g->rng, 40, 60);
        say_split(g, record, topic, info, info->exhaustive[(first + 1) % info->exhaustive_count], "");
    }
}

static void some_open_ends(struct generator *g, struct history *history)
{
    struct record record = { .kind = RECORD_REPORT, .stated_at_ms = g->now_ms - 500 };
    struct rng before = g->rng;
    g->rng = g->aside;
    if (chance(g, 20)) {
        say_open(g, &record);
    }
    g->aside = g->rng;
    g->rng = before;
    if (record.count > 0) {
        *append(history, RECORD_REPORT) = record;
    }
}

/* ---- all of it -------------------------------------------------------------------------------------------
 */

static void change_day(struct generator *g, struct history *history)
{
    static const int64_t steps[] = { 3, 40, 130, 400 };
    g->day += (kadr_day)rng_between(&g->rng, 1, steps[rng_below(&g->rng, KADR_COUNT(steps))]);
    append(history, RECORD_DAY)->day = g->day;
}

static void change_reference(struct generator *g, const struct history *history, size_t index)
{
    g->reference_index = index;
    g->reference = history->references[index];
    g->near = (kadr_unit)rng_below(&g->rng, kadr_unit_count(g->reference));
    if (!kadr_unit_territory(g->reference, g->near, kadr_day_from_civil(2022, 1, 1))) {
        g->near = kadr_unit_country(g->reference); /* it may not be there yet */
    }
    for (size_t i = 0; i < KADR_COUNT(g->focus); i++) {
        g->focus[i] = some_indicator(g);
    }
}

void history_generate(struct history *history, uint64_t seed, size_t observations)
{
    struct generator g = { .rng = { seed }, .aside = { ~seed }, .now_ms = 1000000 };
    size_t said = 0;
    *history =
        (struct history){ .seed = seed, .references = { history->references[0], history->references[1] } };
    change_reference(&g, history, rng_below(&g.rng, HISTORY_REFERENCES));
    append(history, RECORD_REFERENCE)->reference = g.reference_index;
    g.day = kadr_day_from_civil(2022, 4, 1) + (kadr_day)rng_between(&g.rng, 0, 500);
    append(history, RECORD_DAY)->day = g.day;
    while (said < observations) {
        said += some_report(&g, history);
        some_open_ends(&g, history);
        if (chance(&g, 15) && (observations <= 1000 || chance(&g, 100000 / observations))) {
            change_day(&g, history); /* a long history does not go on for centuries */
        }
        if (chance(&g, 3)) {
            change_reference(&g, history, 1 - g.reference_index);
            append(history, RECORD_REFERENCE)->reference = g.reference_index;
        }
    }
    free(g.topics);
}
