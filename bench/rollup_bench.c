/* SPDX-License-Identifier: Apache-2.0 */
/* rollup_bench.c - observations per second through the rollup alone: no disk, no sockets.
 *
 *     rollup_bench [OBSERVATIONS...]      (10000 100000 1000000)
 *
 * What is stated: headcounts of twenty regions by cadre and settlement on 700 days, so that figures beyond 84
 * 000 restate what was stated before, as corrections do. Reports hold 1000 observations; after each the
 * changed cells are taken, as aggregatord does at every tick. Runs from the source root (it reads config/).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "domain/rollup.h"

#define REPORT_ITEMS 1000
#define DAYS         700

static const char *const regions[] = { "KZ-10", "KZ-11", "KZ-15", "KZ-19", "KZ-23", "KZ-27", "KZ-31",
                                       "KZ-33", "KZ-35", "KZ-39", "KZ-43", "KZ-47", "KZ-55", "KZ-59",
                                       "KZ-61", "KZ-62", "KZ-63", "KZ-71", "KZ-75", "KZ-79" };
static const char *const cadres[] = { "doctor", "nurse_higher", "midlevel" };
static const char *const settlements[] = { "rural", "urban" };

static void fail(const char *what)
{
    (void)fprintf(stderr, "rollup_bench: %s\n", what);
    exit(1);
}

static void read_file(const char *path, struct kadr_buf *out)
{
    FILE *file = fopen(path, "rb");
    char chunk[65536];
    size_t got;
    if (file == NULL) {
        fail("config/ is not here: run it from the source root");
    }
    while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0) {
        kadr_buf_add(out, chunk, got);
    }
    if (ferror(file) != 0 || fclose(file) != 0 || out->err != 0) {
        fail("cannot read config/");
    }
}

static struct kadr_reference *load_reference(void)
{
    static const char *const paths[] = { "config/units.csv", "config/catalogue/indicators.csv",
                                         "config/catalogue/members.csv" };
    static const char *const names[] = { "units.csv", "indicators.csv", "members.csv" };
    struct kadr_buf bytes[3];
    struct kadr_file files[3];
    struct kadr_reference *reference = NULL;
    for (size_t i = 0; i < 3; i++) {
        kadr_buf_init(&bytes[i], 0);
        read_file(paths[i], &bytes[i]);
        files[i] = (struct kadr_file){ names[i], { bytes[i].data, bytes[i].len } };
    }
    if (kadr_reference_load(files, 3, NULL, &reference) != 0) {
        fail("config/ does not load");
    }
    for (size_t i = 0; i < 3; i++) {
        kadr_buf_done(&bytes[i]);
    }
    return reference;
}

static void fill_observation(struct kadr_observation *obs, uint64_t number, kadr_day today)
{
    uint64_t day = number / (KADR_COUNT(regions) * KADR_COUNT(cadres) * KADR_COUNT(settlements)) % DAYS;
    kadr_day on = today - DAYS + 1 + (kadr_day)day;
    *obs = (struct kadr_observation){
        .unit = regions[number % 20],
        .indicator = "headcount",
        .breakdown = { { "cadre", cadres[number / 20 % 3] }, { "settlement", settlements[number / 60 % 2] } },
        .breakdown_count = 2,
        .period = { on, on },
        .occurrence = "",
        .value = { .kind = KADR_VALUE_INTERVAL,
                   .lo = (int64_t)(number % 9973),
                   .hi = (int64_t)(number % 9973) },
        .scale = 1,
        .stated = "",
        .note = "",
    };
}

static void apply_reports(struct kadr_rollup *rollup, uint64_t observations, kadr_day today,
                          size_t *ret_changes)
{
    static struct kadr_observation items[REPORT_ITEMS];
    static const enum kadr_verdict verdicts[REPORT_ITEMS]; /* all accepted */
    uint64_t commit = 2;
    for (uint64_t done = 0; done < observations;) {
        size_t count = observations - done < REPORT_ITEMS ? (size_t)(observations - done) : REPORT_ITEMS;
        for (size_t i = 0; i < count; i++) {
            fill_observation(&items[i], done + i, today);
        }
        struct kadr_report report = { .source = "", .published = KADR_DAY_NONE, .file = "" };
        report.observations = items;
        report.observation_count = count;
        const struct kadr_cell_change *changes;
        size_t changed;
        commit++;
        if (kadr_rollup_report(rollup, &report, verdicts, (kadr_ms)commit, commit) != 0 ||
            kadr_rollup_take_changes(rollup, &changes, &changed) != 0) {
            fail("a report was not applied");
        }
        *ret_changes += changed;
        done += count;
    }
}

static void measure(struct kadr_reference *reference, uint64_t observations)
{
    kadr_day today = kadr_day_from_civil(2024, 7, 1);
    KADR_CLEANUP(kadr_rollup_free) struct kadr_rollup *rollup = NULL;
    size_t changes = 0;
    if (kadr_rollup_new(&rollup) != 0 || kadr_rollup_reference(rollup, reference, 1) != 0 ||
        kadr_rollup_day(rollup, today, 2) != 0) {
        fail("no rollup");
    }
    kadr_ns begin = kadr_clock_monotonic_ns();
    apply_reports(rollup, observations, today, &changes);
    double seconds = (double)(kadr_clock_monotonic_ns() - begin) / 1e9;
    (void)printf(
        "%9" PRIu64 " observations  %8.2f s  %10.0f observations/s  %9zu changed cells  %7zu cells\n",
        observations, seconds, (double)observations / seconds, changes, kadr_rollup_cell_count(rollup));
}

static uint64_t parse_count(const char *text)
{
    char *end;
    errno = 0;
    unsigned long long count = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || count == 0 || count > 100000000) {
        fail("usage: rollup_bench [OBSERVATIONS...] (1 to 100000000)");
    }
    return count;
}

int main(int argc, char **argv)
{
    static const uint64_t sizes[] = { 10000, 100000, 1000000 };
    KADR_CLEANUP(kadr_reference_unref) struct kadr_reference *reference = load_reference();
    for (int i = 1; i < argc; i++) {
        measure(reference, parse_count(argv[i]));
    }
    for (size_t i = 0; argc == 1 && i < KADR_COUNT(sizes); i++) {
        measure(reference, sizes[i]);
    }
    return 0;
}
