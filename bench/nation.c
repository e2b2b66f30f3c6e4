/* SPDX-License-Identifier: Apache-2.0 */
/* nation.c - see nation.h. */
#include "nation.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "domain/closure.h"

#define CODE_BYTES          24
#define DISTRICT_FACILITIES (NATION_FACILITIES / NATION_DISTRICTS)
#define FIRST_YEAR          2021

static const char *const cadres[] = { "doctor", "nurse", "midlevel" };
static const char *const settlements[] = { "rural", "urban" };

/* ---- the catalogue ------------------------------------------------------------------------------------- */

enum group { PLAIN, BY_CADRE, BY_BOTH, FLOWS, EVENTS, OF_DISTRICT, OF_REGION, DERIVED, GROUPS };

/* `ratio` and `difference` name the plain stocks of their own number and the one behind it. */
static const struct {
    size_t count;
    const char *prefix, *row; /* behind `code,` */
} groups[GROUPS] = {
    [PLAIN] = { 27, "stock_plain", "stock,person,1,last,sum,facility,,,400,1825,calendar,,,no,N,N,N,,,,,\n" },
    [BY_CADRE] = { 5, "stock_by_cadre",
                   "stock,person,1,last,sum,facility,cadre,cadre,400,1825,calendar,,,no,N,N,N,,,,,\n" },
    [BY_BOTH] = { 1, "stock_by_both",
                  "stock,post,100,last,sum,facility,cadre settlement,cadre "
                  "settlement,400,1825,calendar,,,no,N,"
                  "N,N,,,,,\n" },
    [FLOWS] = { 2, "flow", "flow,person,1,sum,sum,facility,,,,,calendar,,,no,N,N,N,,,,,\n" },
    [EVENTS] = { 1, "event", "event,person,1,count,sum,facility,,,,,none,,,no,N,N,N,,,,,\n" },
    [OF_DISTRICT] = { 8, "stock_of_district",
                      "stock,person,1,last,sum,district,cadre,cadre,400,1825,calendar,,,no,N,N,N,,,,,\n" },
    [OF_REGION] = { 10, "stock_of_region",
                    "stock,person,1,last,sum,region,cadre settlement,cadre settlement,400,1825,calendar,,,no,"
                    "N,N,N,,,,,\n" },
    [DERIVED] = { 6, "computed", NULL },
};

static void add_catalogue(struct kadr_buf *out)
{
    kadr_buf_add_str(out, "code,kind,measure,scale,time,space,level,dimensions,exhaustive,stale_after_days,"
                          "expires_after_days,expected,min,max,negative,name_en,name_ru,name_kk,numerator,"
                          "denominator,factor,ignores,terms\n");
    for (size_t g = 0; g < GROUPS; g++) {
        for (size_t i = 0; i < groups[g].count && groups[g].row; i++) {
            kadr_buf_printf(out, "%s_%02zu,%s", groups[g].prefix, i, groups[g].row);
        }
    }
    for (size_t i = 0; i < groups[DERIVED].count; i++) {
        kadr_buf_printf(out,
                        i < 4
                            ? "computed_%02zu,stock,percent,100,last,ratio,facility,,,400,1825,calendar,,,"
                              "no,N,N,N,stock_plain_%02zu,stock_plain_%02zu,100,,\n"
                            : "computed_%02zu,stock,person,1,last,linear,facility,,,400,1825,calendar,,,yes,"
                              "N,N,N,,,,,stock_plain_%02zu -stock_plain_%02zu\n",
                        i, 2 * i, 2 * i + 1);
    }
}

static void add_members(struct kadr_buf *out)
{
    kadr_buf_add_str(out, "dimension,member,aliases,name_en,name_ru,name_kk\n"
                          "cadre,doctor,,A,A,A\ncadre,nurse,,B,B,B\ncadre,midlevel,,C,C,C\n"
                          "settlement,rural,,D,D,D\nsettlement,urban,,E,E,E\n"
                          "measure,person,,F,F,F\nmeasure,post,,G,G,G\nmeasure,percent,,H,H,H\n");
}

/* ---- units --------------------------------------------------------------------------------------------- */

struct nation {
    struct kadr_reference *reference;
    struct kadr_buf bytes[3];
    struct kadr_file files[3];
    char region[NATION_REGIONS][CODE_BYTES];
    char district[NATION_DISTRICTS][CODE_BYTES];
    char facility[NATION_FACILITIES][CODE_BYTES];
    char indicator[GROUPS][32][CODE_BYTES];
    struct kadr_report report;
    struct kadr_observation items[KADR_MAX_OBSERVATIONS];
    unsigned month;
    size_t step; /* within the month */
    uint64_t said;
    size_t touched;
};

static void fail(const char *what)
{
    (void)fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static void name_everything(struct nation *nation)
{
    for (size_t i = 0; i < NATION_REGIONS; i++) {
        (void)snprintf(nation->region[i], CODE_BYTES, "KZ-%02zu", i + 10);
    }
    for (size_t i = 0; i < NATION_DISTRICTS; i++) {
        (void)snprintf(nation->district[i], CODE_BYTES, "%02zu%02zu00000", i % NATION_REGIONS + 10,
                       i / NATION_REGIONS + 10);
    }
    for (size_t i = 0; i < NATION_FACILITIES; i++) {
        (void)snprintf(nation->facility[i], CODE_BYTES, "%.9s-%03zu",
                       nation->district[i / DISTRICT_FACILITIES], i % DISTRICT_FACILITIES);
    }
    for (size_t g = 0; g < GROUPS; g++) {
        for (size_t i = 0; i < groups[g].count; i++) {
            (void)snprintf(nation->indicator[g][i], CODE_BYTES, "%s_%02zu", groups[g].prefix, i);
        }
    }
}

static void add_units(const struct nation *nation, struct kadr_buf *out)
{
    kadr_buf_add_str(out, "code,level,parent,valid_from,valid_to,successors,aliases,name_en,name_ru,name_kk\n"
                          "KZ,country,,1900-01-01,,,,N,N,N\n");
    for (size_t i = 0; i < NATION_REGIONS; i++) {
        kadr_buf_printf(out, "%s,region,KZ,1900-01-01,,,,R%zu,R%zu,R%zu\n", nation->region[i], i, i, i);
    }
    for (size_t i = 0; i < NATION_DISTRICTS; i++) {
        kadr_buf_printf(out, "%s,district,%s,1900-01-01,,,,D%zu,D%zu,D%zu\n", nation->district[i],
                        nation->region[i % NATION_REGIONS], i, i, i);
    }
    for (size_t i = 0; i < NATION_FACILITIES; i++) {
        kadr_buf_printf(out, "%s,facility,%s,1900-01-01,,,,F%zu,F%zu,F%zu\n", nation->facility[i],
                        nation->district[i / DISTRICT_FACILITIES], i, i, i);
    }
}

struct nation *nation_new(void)
{
    struct nation *nation = calloc(1, sizeof(*nation));
    static const char *const names[] = { "units.csv", "indicators.csv", "members.csv" };
    if (!nation) {
        fail("out of memory");
        return NULL;
    }
    struct kadr_buf *bytes = nation->bytes;
    name_everything(nation);
    for (size_t i = 0; i < KADR_COUNT(nation->bytes); i++) {
        kadr_buf_init(&bytes[i], 0);
    }
    add_units(nation, &bytes[0]);
    add_catalogue(&bytes[1]);
    add_members(&bytes[2]);
    for (size_t i = 0; i < KADR_COUNT(nation->bytes); i++) {
        nation->files[i] = (struct kadr_file){ names[i], { bytes[i].data, bytes[i].len } };
    }
    if (bytes[0].err || bytes[1].err || kadr_reference_load(nation->files, 3, NULL, &nation->reference)) {
        fail("the reference data does not load");
    }
    return nation;
}

void nation_free(struct nation *nation)
{
    if (nation) {
        kadr_reference_unref(nation->reference);
        for (size_t i = 0; i < KADR_COUNT(nation->bytes); i++) {
            kadr_buf_done(&nation->bytes[i]);
        }
        free(nation);
    }
}

const struct kadr_file *nation_files(const struct nation *nation, size_t *ret_count)
{
    *ret_count = KADR_COUNT(nation->files);
    return nation->files;
}

struct kadr_reference *nation_reference(const struct nation *nation)
{
    return nation->reference;
}

/* ---- observations -------------------------------------------------------------------------------------- */

static kadr_day first_of_month(unsigned month)
{
    return kadr_day_from_civil(FIRST_YEAR + (int)(month / 12), (int)(month % 12) + 1, 1);
}

kadr_day nation_day(unsigned month)
{
    return first_of_month(month) + 9;
}

static uint64_t mixed(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static uint64_t place_of(const char *unit, const char *indicator, size_t cadre, size_t settlement)
{
    uint64_t place = cadre * 8 + settlement;
    for (const char *at = unit; *at; at++) {
        place = place * 31 + (unsigned char)*at;
    }
    for (const char *at = indicator; *at; at++) {
        place = place * 31 + (unsigned char)*at;
    }
    return place;
}

/* What the office first says of a key. */
static int64_t figure_of(uint64_t place, unsigned month)
{
    return (int64_t)(mixed(place * 1009 + month) % 900) + 10;
}

static void count_touched(struct nation *nation, const struct kadr_observation *obs)
{
    kadr_unit unit = kadr_unit_find(nation->reference, obs->unit);
    kadr_indicator indicator = kadr_indicator_find(nation->reference, obs->indicator);
    const struct kadr_indicator_info *info = kadr_indicator_info(nation->reference, indicator);
    struct kadr_period slots[KADR_MAX_SLOTS];
    size_t units = (size_t)kadr_unit_info(nation->reference, unit)->level + 1;
    size_t cells = kadr_slots_of(info, obs->period, slots);
    nation->touched += (units * cells + units * info->derived_count) << obs->breakdown_count;
}

/* One key, and who speaks of it. */
struct saying {
    const char *unit;
    enum group group;
    size_t number, cadre, settlement; /* the last two from 1; 0: not broken down by it */
};

/* A chance in a thousand decides what becomes of the observation.
 * @return false: it confirms what was said the month before */
static bool observe(const struct nation *nation, unsigned month, const struct saying *saying,
                    struct kadr_observation *ret)
{
    const char *indicator = nation->indicator[saying->group][saying->number];
    bool flow = saying->group == FLOWS || saying->group == EVENTS;
    uint64_t place = place_of(saying->unit, indicator, saying->cadre, saying->settlement);
    uint64_t chance = mixed(place + month * UINT64_C(7919)) % 1000;
    unsigned of = month > 0 && chance < 250 ? month - 1 : month;
    bool corrects = of != month && chance < 50;
    kadr_day first = first_of_month(of);
    *ret = (struct kadr_observation){ .unit = saying->unit,
                                      .indicator = indicator,
                                      .period = { first, flow ? first_of_month(of + 1) - 1 : first },
                                      .occurrence = saying->group == EVENTS ? "opening-1" : "",
                                      .scale = saying->group == BY_BOTH ? 100 : 1,
                                      .stated = "",
                                      .note = "" };
    ret->value.lo = ret->value.hi = figure_of(place, of) + (corrects ? 1 : 0);
    if (chance >= 990) {
        bool withdrawn = chance >= 998;
        ret->value = (struct kadr_value){ .kind = withdrawn ? KADR_VALUE_WITHDRAWN : KADR_VALUE_MISSING,
                                          .reason = withdrawn ? KADR_REASON_NONE : KADR_REASON_NOT_REPORTED };
        ret->scale = 1;
    }
    if (saying->cadre > 0) {
        ret->breakdown[ret->breakdown_count++] =
            (struct kadr_member_pair){ "cadre", cadres[saying->cadre - 1] };
    }
    if (saying->settlement > 0) {
        ret->breakdown[ret->breakdown_count++] =
            (struct kadr_member_pair){ "settlement", settlements[saying->settlement - 1] };
    }
    return of == month || corrects;
}

/* ---- who says what ------------------------------------------------------------------------------------- */

typedef void saying_fn(void *context, const struct saying *saying);

struct speaker {
    const char *unit;
    enum kadr_unit_level level;
    size_t index; /* of its level */
};

/* Regions hold totals of five of their facilities' stocks. */
static bool speaks_of(const struct speaker *speaker, enum group group, size_t number)
{
    switch (speaker->level) {
    case KADR_LEVEL_FACILITY:
        return group <= EVENTS;
    case KADR_LEVEL_DISTRICT:
        return group == OF_DISTRICT;
    case KADR_LEVEL_REGION:
        return group == OF_REGION || (group == PLAIN && number >= 10 && number < 15);
    case KADR_LEVEL_COUNTRY:
        break;
    }
    return false;
}

/* A facility stands in one settlement; regions speak of both. */
static void each_key(const struct speaker *speaker, enum group group, size_t number, saying_fn *fn,
                     void *context)
{
    bool by_cadre = group == BY_CADRE || group == BY_BOTH || group == OF_DISTRICT || group == OF_REGION;
    size_t settlement = group == OF_REGION ? 1 : group == BY_BOTH ? 1 + speaker->index % 2 : 0;
    size_t count = group == OF_REGION ? KADR_COUNT(settlements) : 1;
    for (size_t c = by_cadre ? 1 : 0; c <= (by_cadre ? KADR_COUNT(cadres) : 0); c++) {
        for (size_t s = 0; s < count; s++) {
            struct saying saying = { speaker->unit, group, number, c, settlement + s };
            fn(context, &saying);
        }
    }
}

static void say(void *context, const struct saying *saying)
{
    struct nation *nation = context;
    struct kadr_observation *obs = &nation->items[nation->report.observation_count++];
    if (observe(nation, nation->month, saying, obs)) {
        count_touched(nation, obs);
    }
}

static void say_all(struct nation *nation, const struct speaker *speaker)
{
    for (enum group group = PLAIN; group < DERIVED; group++) {
        for (size_t i = 0; i < groups[group].count; i++) {
            if (speaks_of(speaker, group, i)) {
                each_key(speaker, group, i, say, nation);
            }
        }
    }
}

/* ---- reports: of a district's facilities, of the district, of the next one's …; at last of the regions ---
 */

#define MONTH_REPORTS (2 * NATION_DISTRICTS + NATION_REGIONS)

const struct kadr_report *nation_next(struct nation *nation, unsigned *ret_month)
{
    nation->report = (struct kadr_report){ .source = "", .published = KADR_DAY_NONE, .file = "" };
    nation->report.observations = nation->items;
    nation->touched = 0;
    *ret_month = nation->month;
    size_t district = nation->step / 2, region = nation->step - 2 * NATION_DISTRICTS;
    if (nation->step >= 2 * NATION_DISTRICTS) {
        say_all(nation, &(struct speaker){ nation->region[region], KADR_LEVEL_REGION, region });
    } else if (nation->step % 2 == 1) {
        say_all(nation, &(struct speaker){ nation->district[district], KADR_LEVEL_DISTRICT, district });
    } else {
        for (size_t i = 0; i < DISTRICT_FACILITIES; i++) {
            size_t facility = district * DISTRICT_FACILITIES + i;
            say_all(nation, &(struct speaker){ nation->facility[facility], KADR_LEVEL_FACILITY, facility });
        }
    }
    if (++nation->step == MONTH_REPORTS) {
        nation->step = 0;
        nation->month++;
    }
    return &nation->report;
}

/* ---- all that was said of one place -------------------------------------------------------------------- */

static size_t index_of(const char (*codes)[CODE_BYTES], size_t count, const char *code)
{
    size_t i = 0;
    while (i < count && strcmp(codes[i], code) != 0) {
        i++;
    }
    return i;
}

/* The speaker, and the number of its report within a month. */
static size_t report_of(const struct nation *nation, kadr_unit unit, struct speaker *ret_speaker)
{
    const struct kadr_unit_info *info = kadr_unit_info(nation->reference, unit);
    *ret_speaker = (struct speaker){ .unit = info->code, .level = info->level };
    if (info->level == KADR_LEVEL_FACILITY) {
        ret_speaker->index = index_of(nation->facility, NATION_FACILITIES, info->code);
        return ret_speaker->index / DISTRICT_FACILITIES * 2;
    }
    if (info->level == KADR_LEVEL_DISTRICT) {
        ret_speaker->index = index_of(nation->district, NATION_DISTRICTS, info->code);
        return ret_speaker->index * 2 + 1;
    }
    ret_speaker->index = index_of(nation->region, NATION_REGIONS, info->code);
    return 2 * NATION_DISTRICTS + ret_speaker->index;
}

struct recall {
    const struct nation *nation;
    unsigned month;
    uint64_t commit;
    kadr_stated_fn *fn;
    void *context;
    int err;
};

static void recall_one(void *context, const struct saying *saying)
{
    struct recall *recall = context;
    struct kadr_stated stated = { .stated_at_ms = (kadr_ms)recall->commit, .commit = recall->commit };
    (void)observe(recall->nation, recall->month, saying, &stated.observation);
    recall->err = recall->err ? recall->err : recall->fn(recall->context, &stated);
}

int nation_recall(void *context, const struct kadr_reference *reference, kadr_unit unit,
                  kadr_indicator indicator, uint64_t commit, kadr_stated_fn *fn, void *fn_context)
{
    const struct nation *nation = context;
    struct recall recall = { .nation = nation, .fn = fn, .context = fn_context };
    struct speaker speaker;
    size_t report = report_of(nation, unit, &speaker), number = 0;
    const char *code = kadr_indicator_info(reference, indicator)->code;
    enum group group = PLAIN;
    while (group < DERIVED &&
           (number = index_of(nation->indicator[group], groups[group].count, code)) == groups[group].count) {
        group++;
    }
    for (; group < DERIVED && speaks_of(&speaker, group, number) && !recall.err; recall.month++) {
        recall.commit = NATION_FIRST_COMMIT + recall.month * (uint64_t)(MONTH_REPORTS + 1) + report;
        if (recall.commit > commit) {
            break;
        }
        each_key(&speaker, group, number, recall_one, &recall);
    }
    return recall.err;
}

size_t nation_touched(const struct nation *nation)
{
    return nation->touched;
}
