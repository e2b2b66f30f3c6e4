/* SPDX-License-Identifier: Apache-2.0 */
/* rollup_bench.c - observations per second through the rollup alone: no disk, no sockets, one core.
 *
 *     rollup_bench [OBSERVATIONS...]      (280000 1000000 3000000)
 *
 * The mix is that of nation.h. As aggregatord does, changes are taken at a tick and not after each report; a
 * tick is 50 ms, which at the million observations per second that is aimed for are 50 000, so that is what a
 * tick holds here. The digest of all is read once a second, for the progress message: every million, and at
 * the end. Making the reports is not measured. The turn of a day is, apart: it comes once a day, here once a
 * month, and evaluates every stock anew.
 *
 * Each size twice: with every statement in memory; and as beside a history, which superseded statements are
 * let go to, so many series after each report as aggregatord looks at. Each in a process of its own, whose
 * resident memory tells what the rollup has: all of it, whoever gave it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "domain/rollup.h"
#include "nation.h"

#define TICK_ITEMS     50000
#define PROGRESS_ITEMS 1000000
#define LET_GO_SERIES  64
#define PARTS          10

enum phase { TAKEN_IN, CHANGES, DIGESTS, LET_GO, DAY, PHASES };

struct run {
    struct nation *nation;
    struct kadr_rollup *rollup;
    bool beside_history;
    uint64_t commit;
    kadr_day day;
    size_t waiting, untold; /* observations since the last tick; since the last progress message */
    uint64_t observations, touched, changed, days;
    uint64_t kinds[KADR_CHANGE_REFRESHED + 1]; /* changes of each kind */
    double cpu[PHASES];                        /* seconds */
    double part[PARTS];                        /* …, at each tenth of the history, but for days */
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

/* Of this process: the second number, in pages (proc(5)). */
static size_t resident_bytes(void)
{
    char line[128] = "", *second = line;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || !fgets(line, sizeof line, file)) {
        fail("/proc/self/statm cannot be read");
    }
    (void)fclose(file); /* only read */
    (void)strtoul(line, &second, 10);
    return strtoul(second, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

/* The time since `begin` was spent on this. @return now */
static double charge(struct run *run, enum phase phase, double begin)
{
    double now = cpu_seconds();
    run->cpu[phase] += now - begin;
    return now;
}

static double spent(const struct run *run)
{
    return run->cpu[TAKEN_IN] + run->cpu[CHANGES] + run->cpu[DIGESTS] + run->cpu[LET_GO];
}

static void tell_progress(struct run *run)
{
    double begin = cpu_seconds();
    struct kadr_digest digest = kadr_rollup_digest(run->rollup);
    (void)digest; /* made where it is due, and read */
    (void)charge(run, DIGESTS, begin);
    run->untold = 0;
}

static size_t take_changes(struct run *run)
{
    size_t count;
    if (kadr_rollup_take_changes(run->rollup, &count)) {
        fail("changes cannot be taken");
    }
    for (size_t i = 0; i < count; i++) {
        struct kadr_cell_change change = kadr_rollup_change(run->rollup, i);
        run->kinds[change.kind]++; /* every change is looked at, as by whoever sends it */
    }
    return count;
}

static void tick(struct run *run)
{
    double begin = cpu_seconds();
    run->changed += take_changes(run);
    (void)charge(run, CHANGES, begin);
    run->waiting = 0;
}

static void turn_day(struct run *run, kadr_day day)
{
    if (day == run->day) {
        return;
    }
    tick(run);
    double begin = cpu_seconds();
    if (kadr_rollup_day(run->rollup, day, ++run->commit)) {
        fail("a day was not applied");
    }
    (void)take_changes(run);
    (void)charge(run, DAY, begin);
    run->day = day;
    run->days++;
}

static void apply(struct run *run, const struct kadr_report *report)
{
    static const enum kadr_verdict verdicts[KADR_MAX_OBSERVATIONS]; /* all accepted */
    double begin = cpu_seconds();
    run->commit++;
    if (kadr_rollup_report(run->rollup, report, verdicts, (kadr_ms)run->commit, run->commit)) {
        fail("a report was not applied");
    }
    begin = charge(run, TAKEN_IN, begin);
    if (run->beside_history) {
        kadr_rollup_let_go(run->rollup, LET_GO_SERIES, run->commit);
        (void)charge(run, LET_GO, begin);
    }
    run->waiting += report->observation_count;
    run->untold += report->observation_count;
    run->observations += report->observation_count;
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
        bool last = run->observations >= observations;
        if (run->waiting >= TICK_ITEMS || last) {
            tick(run);
        }
        if (run->untold >= PROGRESS_ITEMS || last) {
            tell_progress(run);
        }
        while (parts < PARTS && run->observations >= observations / PARTS * (parts + 1)) {
            run->part[parts++] = spent(run);
        }
    }
}

static void print(const struct run *run, size_t bytes)
{
    double count = (double)run->observations;
    size_t cells = kadr_rollup_cell_count(run->rollup), statements = kadr_rollup_statement_count(run->rollup);
    (void)printf("%8.0f observations%s  %6.2f s CPU  %8.0f observations/s\n", count,
                 run->beside_history ? ", beside a history," : "", spent(run), count / spent(run));
    (void)printf("    %.0f ns an observation: taken in %.0f, changes %.0f, digests %.0f, let go %.0f\n",
                 spent(run) / count * 1e9, run->cpu[TAKEN_IN] / count * 1e9, run->cpu[CHANGES] / count * 1e9,
                 run->cpu[DIGESTS] / count * 1e9, run->cpu[LET_GO] / count * 1e9);
    (void)printf("    %.2f cells touched, %.2f changed per observation; %zu cells, %zu statements\n",
                 (double)run->touched / count, (double)run->changed / count, cells, statements);
    (void)printf("    %.1f MiB resident: %.0f bytes per cell, %.0f beyond 64 MiB\n", (double)bytes / 1048576,
                 (double)bytes / (double)cells,
                 bytes > 64u << 20 ? (double)(bytes - (64u << 20)) / (double)cells : 0.0);
    (void)printf("    %zu statements let go, %" PRIu64 " series called back; a day's turn %.0f ms\n",
                 kadr_rollup_let_go_count(run->rollup), kadr_rollup_recall_count(run->rollup),
                 run->cpu[DAY] / (double)run->days * 1e3);
    (void)printf("    each tenth, ns per observation:");
    for (size_t i = 0; i < PARTS; i++) {
        (void)printf(" %.0f", (run->part[i] - (i ? run->part[i - 1] : 0)) / count * PARTS * 1e9);
    }
    (void)printf("\n");
}

static void measure(uint64_t observations, bool beside_history)
{
    struct run run = {
        .day = KADR_DAY_NONE, .commit = 1, .nation = nation_new(), .beside_history = beside_history
    };
    struct kadr_recall recall = { nation_recall, run.nation };
    size_t before = resident_bytes();
    if (kadr_rollup_new(&run.rollup) || kadr_rollup_reference(run.rollup, nation_reference(run.nation), 1)) {
        fail("no rollup");
    }
    if (beside_history) {
        kadr_rollup_set_recall(run.rollup, &recall);
    }
    replay(&run, observations);
    print(&run, resident_bytes() - before);
    kadr_rollup_free(run.rollup);
    nation_free(run.nation);
}

static void measure_apart(uint64_t observations, bool beside_history)
{
    int status;
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        measure(observations, beside_history);
        exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        fail("a measurement failed");
    }
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
    static const uint64_t sizes[] = { 280000, 1000000, 3000000 };
    size_t count = argc > 1 ? (size_t)argc - 1 : KADR_COUNT(sizes);
    for (size_t i = 0; i < count; i++) {
        uint64_t observations = argc > 1 ? parse_count(argv[i + 1]) : sizes[i];
        measure_apart(observations, false);
        measure_apart(observations, true);
    }
    return 0;
}
