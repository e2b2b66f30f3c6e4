/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* rollup_history.h - generated histories, and playing them. Include behind rollup_reference.h.
 *
 * A history is ~60 records over a tree with a split and a district that moves, and one indicator per rule:
 * corrections, withdrawals, missing reasons, open intervals, overlapping periods, events, days that pass (two
 * years in all, so that figures age and the window moves) and one change of reference that renumbers
 * everything.
 */

#define MAX_RECORDS 64
#define FIRST_DAY   "2022-05-20"

static const char units_before[] = UNITS_HEADER "KZ,country,,1900-01-01,,,,KZ,KZ,KZ\n"
                                                "KZ-31,region,KZ,1900-01-01,,,,C,C,C\n"
                                                "KZ-35,region,KZ,1900-01-01,2022-06-07,KZ-35 KZ-62,,,,\n"
                                                "KZ-35,region,KZ,2022-06-08,,,,A,A,A\n"
                                                "KZ-62,region,KZ,2022-06-08,,,,B,B,B\n"
                                                "311000000,district,KZ-31,1900-01-01,,,,D1,D1,D1\n"
                                                "351000000,district,KZ-35,1900-01-01,2022-09-30,,,,,\n"
                                                "351000000,district,KZ-62,2022-10-01,,,,D2,D2,D2\n";
/* The second reference: units and members in another order, a region more, KZ-31's district elsewhere. */
static const char units_after[] = UNITS_HEADER "KZ,country,,1900-01-01,,,,KZ,KZ,KZ\n"
                                               "KZ-10,region,KZ,2022-06-08,,,,N,N,N\n"
                                               "KZ-31,region,KZ,1900-01-01,,,,C,C,C\n"
                                               "KZ-35,region,KZ,1900-01-01,2022-06-07,KZ-35 KZ-62,,,,\n"
                                               "KZ-35,region,KZ,2022-06-08,,,,A,A,A\n"
                                               "KZ-62,region,KZ,2022-06-08,,,,B,B,B\n"
                                               "311000000,district,KZ-31,1900-01-01,2022-12-31,,,,,\n"
                                               "311000000,district,KZ-10,2023-01-01,,,,D1,D1,D1\n"
                                               "351000000,district,KZ-35,1900-01-01,2022-09-30,,,,,\n"
                                               "351000000,district,KZ-62,2022-10-01,,,,D2,D2,D2\n";

#define ROWS_BEFORE                                                                           \
    "stock,stock,person,1,last,sum,region,cadre settlement,cadre settlement,60,300,calendar," \
    ",,no,a,a,a\n"                                                                            \
    "open,stock,person,1,last,sum,district,cadre,cadre,60,,none,,,no,b,b,b\n"                 \
    "balance,stock,person,1,last,sum,region,cadre,cadre,60,300,calendar,,,yes,c,c,c\n"
#define ROWS_AFTER                                                                     \
    "flow,flow,person,1,sum,sum,region,cadre settlement,cadre,,,calendar,,,no,d,d,d\n" \
    "event,event,person,1,count,sum,region,settlement,settlement,,,none,,,no,e,e,e\n"  \
    "plan,plan,person,1,none,sum,region,cadre,cadre,,,none,,,no,f,f,f\n"               \
    "level,stock,percent,1,last,range,region,,,60,300,calendar,,,no,g,g,g\n"
/* `late` is only in the second: what is said of it before sleeps until then. */
#define ROW_LATE "late,flow,person,1,sum,sum,region,cadre,cadre,,,none,,,no,h,h,h\n"

static const char members_before[] = "dimension,member,aliases,name_en,name_ru,name_kk\n"
                                     "cadre,doctor,,d,d,d\ncadre,midlevel,,m,m,m\n"
                                     "settlement,urban,,u,u,u\nsettlement,rural,,r,r,r\n"
                                     "measure,person,,x,x,x\nmeasure,percent,,z,z,z\n";
static const char members_after[] = "dimension,member,aliases,name_en,name_ru,name_kk\n"
                                    "settlement,rural,,r,r,r\nsettlement,urban,,u,u,u\n"
                                    "cadre,midlevel,,m,m,m\ncadre,doctor,,d,d,d\n"
                                    "measure,person,,x,x,x\nmeasure,percent,,z,z,z\n";

/* ---- the generator ------------------------------------------------------------------------------------- */

static inline uint64_t next_random(uint64_t *seed)
{
    uint64_t x = (*seed += UINT64_C(0x9e3779b97f4a7c15));
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static inline size_t below(uint64_t *seed, size_t bound)
{
    return (size_t)(next_random(seed) % bound);
}

#define PICK(seed, array) (array)[below((seed), KADR_COUNT(array))]

struct record {
    enum { REPORT, DAY, REFERENCE } kind;
    char line[128];
    kadr_ms stated_at_ms;
    kadr_day day;
};

struct history {
    struct record records[MAX_RECORDS];
    size_t count;
};

static inline void pick_period(uint64_t *seed, const char *indicator, kadr_day today, char *text, size_t size)
{
    static const char *const periods[] = {
        "2022",           "2022-H1", "2022-H2",         "2022-Q2",    "2022-Q3",
        "2022-Q4",        "2022-07", "2022-08",         "2023-01",    "2023-Q1",
        "2023",           "2019",    "2022-09/2023-08", "2022-06-15", "2022-07-10/2022-08-20",
        "2023-01/2023-02"
    };
    static const char *const stocks[] = { "stock", "open", "balance", "level" };
    bool is_stock = false;
    char day_text[KADR_DAY_TEXT_BYTES];
    for (size_t i = 0; i < KADR_COUNT(stocks); i++) {
        is_stock = is_stock || strcmp(indicator, stocks[i]) == 0;
    }
    const char *period = PICK(seed, periods);
    if (is_stock) {
        period = kadr_day_format(today - (kadr_day)below(seed, 40), day_text);
    }
    snprintf(text, size, "%s", period);
}

static inline void make_report(uint64_t *seed, kadr_day today, struct record *record)
{
    static const char *const units[] = { "KZ",    "KZ-31", "KZ-31",     "KZ-35",
                                         "KZ-35", "KZ-62", "311000000", "351000000" };
    static const char *const indicators[] = { "stock", "stock", "stock", "open",  "balance", "flow",
                                              "flow",  "event", "plan",  "level", "late" };
    static const char *const cadre[] = { "-", "-", "cadre=doctor", "cadre=midlevel" };
    static const char *const both[] = { "-",
                                        "cadre=doctor",
                                        "cadre=midlevel",
                                        "settlement=rural",
                                        "settlement=urban",
                                        "cadre=doctor,settlement=rural",
                                        "cadre=doctor,settlement=urban" };
    static const char *const settlement[] = { "-", "settlement=rural", "settlement=urban" };
    static const char *const values[] = {
        "0",  "7",         "12",  "12",    "30",        "100",         "5..9",          ">60",
        "<5", "withdrawn", "100", "40~10", "?withheld", "?not_stated", "?not_reported", "?not_applicable"
    };
    const char *indicator = PICK(seed, indicators);
    const char *breakdown = PICK(seed, cadre);
    char period[64];
    if (strcmp(indicator, "stock") == 0 || strcmp(indicator, "flow") == 0) {
        breakdown = PICK(seed, both);
    } else if (strcmp(indicator, "event") == 0) {
        breakdown = PICK(seed, settlement);
    } else if (strcmp(indicator, "level") == 0) {
        breakdown = "-";
    }
    pick_period(seed, indicator, today, period, sizeof(period));
    record->kind = REPORT;
    record->stated_at_ms = 1000 + (kadr_ms)below(seed, 400);
    snprintf(record->line, sizeof(record->line), "%s %s %s %s %s%s", PICK(seed, units), indicator, breakdown,
             period, PICK(seed, values), strcmp(indicator, "event") == 0 && below(seed, 2) ? " team-2" : "");
}

static inline void make_history(uint64_t seed, struct history *history)
{
    kadr_day today = day(FIRST_DAY);
    history->count = 60;
    size_t change = 20 + below(&seed, 30);
    for (size_t i = 0; i < history->count; i++) {
        struct record *record = &history->records[i];
        if (i == change) {
            record->kind = REFERENCE;
        } else if (below(&seed, 8) == 0) {
            record->kind = DAY;
            today += (kadr_day)(1 + below(&seed, below(&seed, 4) == 0 ? 250 : 30));
            record->day = today;
        } else {
            make_report(&seed, today, record);
        }
    }
}

/* ---- playing it ---------------------------------------------------------------------------------------- */

struct fixture {
    struct kadr_reference *before, *after;
};

static inline int open_fixture(void **state)
{
    struct fixture *f = test_malloc(sizeof(*f));
    f->before = load_reference(units_before, CATALOGUE_HEADER ROWS_BEFORE ROWS_AFTER, members_before);
    f->after = load_reference(units_after, CATALOGUE_HEADER ROW_LATE ROWS_AFTER ROWS_BEFORE, members_after);
    *state = f;
    return 0;
}

static inline int close_fixture(void **state)
{
    struct fixture *f = *state;
    kadr_reference_unref(f->before);
    kadr_reference_unref(f->after);
    test_free(f);
    return 0;
}

static inline void begin(struct world *w, struct fixture *f)
{
    world_open(w, kadr_reference_ref(f->before), FIRST_DAY);
}

static inline void play(struct world *w, struct fixture *f, const struct record *record)
{
    if (record->kind == DAY) {
        assert_int_equal(kadr_rollup_day(w->rollup, record->day, ++w->commit), 0);
    } else if (record->kind == REFERENCE) {
        assert_int_equal(kadr_rollup_reference(w->rollup, f->after, ++w->commit), 0);
    } else {
        say_at(w, record->stated_at_ms, record->line);
    }
}

static inline void query_all(struct world *w, kadr_day as_of, struct cells *cells)
{
    struct kadr_rollup_query query = { .unit = KADR_NO_UNIT, .indicator = KADR_NO_INDICATOR, .as_of = as_of };
    cells->count = 0;
    assert_int_equal(kadr_rollup_query(w->rollup, &query, collect_cell, cells), 0);
}

static inline void print_cell(const struct kadr_reference *reference, const char *whose,
                              const struct kadr_cell *cell)
{
    char text[CELL_TEXT_BYTES], breakdown[KADR_BREAKDOWN_TEXT_BYTES], period[KADR_PERIOD_TEXT_BYTES] = "";
    if (cell->key.period.first != KADR_DAY_NONE) {
        kadr_period_format(cell->key.period, period);
    }
    print_message("  %s: %s %s [%s] %s: %s\n", whose, kadr_unit_info(reference, cell->key.unit)->code,
                  kadr_indicator_info(reference, cell->key.indicator)->code,
                  kadr_breakdown_format(reference, cell->key.breakdown, breakdown), period,
                  cell_text(cell, text));
}

static inline void same_cells(struct world *w, const struct cells *a, const struct cells *b, uint64_t seed,
                              size_t prefix)
{
    const struct kadr_reference *reference = kadr_rollup_current_reference(w->rollup);
    size_t count = a->count < b->count ? a->count : b->count;
    for (size_t i = 0; i < count; i++) {
        if (!kadr_cell_equal(&a->items[i], &b->items[i])) {
            print_message("seed %llu, prefix %zu\n", (unsigned long long)seed, prefix);
            print_cell(reference, "first", &a->items[i]);
            print_cell(reference, "second", &b->items[i]);
            fail();
        }
    }
    if (a->count != b->count) {
        print_message("seed %llu, prefix %zu: %zu and %zu cells\n", (unsigned long long)seed, prefix,
                      a->count, b->count);
        fail();
    }
}

/* In the order of cells. */
static inline int compare_cells(const void *left, const void *right)
{
    const struct kadr_cell_key *a = &((const struct kadr_cell *)left)->key;
    const struct kadr_cell_key *b = &((const struct kadr_cell *)right)->key;
    const int64_t fields[][2] = { { a->unit, b->unit },
                                  { a->indicator, b->indicator },
                                  { a->breakdown > b->breakdown, a->breakdown < b->breakdown },
                                  { a->period.first, b->period.first },
                                  { a->period.last, b->period.last } };
    for (size_t i = 0; i < KADR_COUNT(fields); i++) {
        if (fields[i][0] != fields[i][1]) {
            return fields[i][0] < fields[i][1] ? -1 : 1;
        }
    }
    return 0;
}
