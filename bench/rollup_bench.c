/* SPDX-License-Identifier: Apache-2.0 */
/* rollup_bench.c - observations per second through the rollup alone: no disk, no sockets, one core.
 *
 *     rollup_bench [OBSERVATIONS...]      (100000 1000000 10000000)
 *
 * The mix is that of nation.h. As aggregatord does, changes are taken at a tick and not after each report; a
 * tick is 50 ms, which at the million observations per second that is aimed for are 50 000, so that is what a
 * tick holds here. The digest of all is read once a second, for the progress message: at every twentieth
 * tick, and at the end. Making the reports is not measured. The turn of a day is, apart: it comes once a day,
 * here once a month, and evaluates every stock anew.
 */
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "base/clock.h"
#include "base/err.h"
#include "domain/rollup.h"
#include "nation.h"

#define TICK_ITEMS     50000
#define PROGRESS_TICKS 20
#define PARTS          10

struct run {
    struct nation *nation;
    struct kadr_rollup *rollup;
    uint64_t commit;
    kadr_day day;
    size_t waiting; /* observations since the last tick */
    size_t ticks;
    uint64_t observations, touched, changed, days;
    uint64_t kinds[KADR_CHANGE_REFRESHED + 1]; /* changes of each kind */
    double cpu, wall, day_cpu;
    double tick_cpu, digest_cpu; /* of the CPU time: for changes, for digests */
    double part[PARTS];          /* CPU time at each tenth of the history */
};

static void fail(const char *what)
{
    (void)fprintf(stderr, "rollup_bench: %s\n", what);
    exit(1);
}

static double cpu_seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* exists on every Linux */
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static size_t heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void tell_progress(struct run *run)
{
    double begin = cpu_seconds();
    struct kadr_digest digest = kadr_rollup_digest(run->rollup);
    (void)digest; /* kept up to date, and read */
    run->digest_cpu += cpu_seconds() - begin;
}

static void tick(struct run *run)
{
    size_t count;
    double begin = cpu_seconds();
    if (kadr_rollup_take_changes(run->rollup, &count)) {
        fail("changes cannot be taken");
    }
    for (size_t i = 0; i < count; i++) {
        struct kadr_cell_change change = kadr_rollup_change(run->rollup, i);
        run->kinds[change.kind]++; /* every change is looked at, as by whoever sends it */
    }
    run->tick_cpu += cpu_seconds() - begin;
    if (++run->ticks % PROGRESS_TICKS == 0) {
        tell_progress(run);
    }
    run->changed += count;
    run->waiting = 0;
}

static void turn_day(struct run *run, kadr_day day)
{
    if (day == run->day) {
        return;
    }
    double cpu = cpu_seconds();
    tick(run);
    double begin = cpu_seconds();
    run->cpu += begin - cpu;
    if (kadr_rollup_day(run->rollup, day, ++run->commit)) {
        fail("a day was not applied");
    }
    struct run before = *run;
    tick(run);
    run->changed = before.changed;
    run->tick_cpu = before.tick_cpu;
    run->digest_cpu = before.digest_cpu;
    run->day = day;
    run->day_cpu += cpu_seconds() - begin;
    run->days++;
}

static void apply(struct run *run, const struct kadr_report *report)
{
    static const enum kadr_verdict verdicts[KADR_MAX_OBSERVATIONS]; /* all accepted */
    double cpu = cpu_seconds();
    kadr_ns wall = kadr_clock_monotonic_ns();
    run->commit++;
    if (kadr_rollup_report(run->rollup, report, verdicts, (kadr_ms)run->commit, run->commit)) {
        fail("a report was not applied");
    }
    run->waiting += report->observation_count;
    run->observations += report->observation_count;
    if (run->waiting >= TICK_ITEMS) {
        tick(run);
    }
    run->cpu += cpu_seconds() - cpu;
    run->wall += (double)(kadr_clock_monotonic_ns() - wall) / 1e9;
}

static void replay(struct run *run, uint64_t observations)
{
    size_t parts = 0;
    while (run->observations < observations) {
        unsigned month;
        const struct kadr_report *report = nation_next(run->nation, &month);
        turn_day(run, nation_day(month));
        apply(run, report);
        run->touched += nation_touched(run->nation);
        while (parts < PARTS && run->observations >= observations / PARTS * (parts + 1)) {
            run->part[parts++] = run->cpu;
        }
    }
    double cpu = cpu_seconds();
    tick(run);
    tell_progress(run);
    run->cpu += cpu_seconds() - cpu;
}

static void print(const struct run *run, size_t bytes)
{
    double count = (double)run->observations;
    size_t cells = kadr_rollup_cell_count(run->rollup), statements = kadr_rollup_statement_count(run->rollup);
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    (void)printf("%8.0f observations  %6.2f s CPU  %6.2f s wall  %8.0f observations/s\n", count, run->cpu,
                 run->wall, count / run->cpu);
    (void)printf("    of an observation's %.0f ns: taken in %.0f, changes %.0f, digests %.0f\n",
                 run->cpu / count * 1e9, (run->cpu - run->tick_cpu - run->digest_cpu) / count * 1e9,
                 run->tick_cpu / count * 1e9, run->digest_cpu / count * 1e9);
    (void)printf("    %.2f cells touched, %.2f changed per observation; %zu cells, %zu statements\n",
                 (double)run->touched / count, (double)run->changed / count, cells, statements);
    (void)printf("    %.1f MiB: %.0f bytes per cell, %.0f beyond 64 MiB; the process had %.1f MiB\n",
                 (double)bytes / 1048576, (double)bytes / (double)cells,
                 bytes > 64u << 20 ? (double)(bytes - (64u << 20)) / (double)cells : 0.0,
                 (double)usage.ru_maxrss / 1024);
    (void)printf("    a day's turn %.0f ms; each tenth, ns per observation:",
                 run->days > 1 ? run->day_cpu / (double)(run->days - 1) * 1e3 : 0.0);
    for (size_t i = 0; i < PARTS; i++) {
        (void)printf(" %.0f", (run->part[i] - (i ? run->part[i - 1] : 0)) / count * PARTS * 1e9);
    }
    (void)printf("\n");
}

static void measure(uint64_t observations)
{
    struct run run = { .day = KADR_DAY_NONE, .commit = 1, .nation = nation_new() };
    size_t before = heap_bytes();
    if (kadr_rollup_new(&run.rollup) || kadr_rollup_reference(run.rollup, nation_reference(run.nation), 1)) {
        fail("no rollup");
    }
    replay(&run, observations);
    print(&run, heap_bytes() - before);
    kadr_rollup_free(run.rollup);
    nation_free(run.nation);
}

static uint64_t parse_count(const char *text)
{
    char *end;
    errno = 0;
    unsigned long long count = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || count < PARTS || count > 1000000000) {
        fail("usage: rollup_bench [OBSERVATIONS...] (10 to 1000000000)");
    }
    return count;
}

int main(int argc, char **argv)
{
    static const uint64_t sizes[] = { 100000, 1000000, 10000000 };
    for (int i = 1; i < argc; i++) {
        measure(parse_count(argv[i]));
    }
    for (size_t i = 0; argc == 1 && i < KADR_COUNT(sizes); i++) {
        measure(sizes[i]);
    }
    return 0;
}
