/* SPDX-License-Identifier: Apache-2.0 */
/* history_bench.c - observations per second into a history on disk, and what a question then reads.
 *
 *     history_bench FOLDER [OBSERVATIONS]      (1000000; from the source root, after ./dev bench)
 *
 * The mix is that of nation.h. Records go in batches of the size that aggregatord's follower forms when it
 * has to catch up. The units are not those of the reference (it has the shipped files), so that codes are
 * looked up and kept as they stand. Making the records is not measured. FOLDER must not exist, and is left
 * behind.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/err.h"
#include "core/history.h"
#include "core/store.h"
#include "edge/file.h"
#include "edge/kvstore_lmdb.h"
#include "nation.h"

struct run {
    struct kadr_kvstore kv;
    struct kadr_history *history;
    struct kadr_arena *arena; /* the bytes of the batch */
    struct kadr_record records[KADR_MAX_HISTORY_BATCH_RECORDS];
    size_t count, bytes;
    struct kadr_digest chain;
    uint64_t commit, observations, batches;
    double cpu, wall, longest;
};

static const struct kadr_id lineage = { { 1 } };

static void fail(const char *what, int err)
{
    (void)fprintf(stderr, "history_bench: %s: %s\n", what, kadr_strerror(err));
    exit(1);
}

static void check(const char *what, int err)
{
    if (err != 0) {
        fail(what, err);
    }
}

static double cpu_seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* exists on every Linux */
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void write_batch(struct run *run)
{
    double cpu = cpu_seconds();
    kadr_ns wall_ns = kadr_clock_monotonic_ns();
    check("apply", kadr_history_apply(run->history, &lineage, run->records, run->count));
    double took = (double)(kadr_clock_monotonic_ns() - wall_ns) / 1e9;
    run->cpu += cpu_seconds() - cpu;
    run->wall += took;
    run->longest = took > run->longest ? took : run->longest;
    run->batches++;
    run->count = run->bytes = 0;
    kadr_arena_clear(run->arena);
}

static struct kadr_bytes keep(struct run *run, const struct kadr_buf *buf)
{
    check("encode", buf->err);
    run->bytes += buf->len;
    return (struct kadr_bytes){ kadr_arena_memdup(run->arena, buf->data, buf->len), buf->len };
}

static void add(struct run *run, const struct kadr_envelope *envelope, const struct kadr_buf *message)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf bytes;
    kadr_buf_init(&bytes, 0);
    kadr_encode_envelope(envelope, &bytes);
    struct kadr_record *record = &run->records[run->count++];
    record->commit = ++run->commit;
    record->envelope = keep(run, &bytes);
    record->message = keep(run, message);
    run->chain = kadr_record_chain(&run->chain, record->commit, record->envelope, record->message);
    record->digest = run->chain;
    if (run->count == KADR_MAX_HISTORY_BATCH_RECORDS || run->bytes > KADR_MAX_HISTORY_BATCH_BYTES) {
        write_batch(run);
    }
}

static void add_reference(struct run *run)
{
    static const char *const names[] = { "units.csv", "indicators.csv", "members.csv" };
    static const char *const paths[] = { "config/units.csv", "config/catalogue/indicators.csv",
                                         "config/catalogue/members.csv" };
    struct kadr_buf content[KADR_COUNT(names)], message;
    struct kadr_file files[KADR_COUNT(names)];
    const struct kadr_envelope envelope = { .kind = KADR_RECORD_REFERENCE,
                                            .office = "",
                                            .outcome = KADR_OUTCOME_COMMITTED };
    for (size_t i = 0; i < KADR_COUNT(names); i++) {
        kadr_buf_init(&content[i], 0);
        check(paths[i], kadr_file_read_all(paths[i], KADR_MAX_REFERENCE_BYTES, &content[i], NULL));
        files[i] = (struct kadr_file){ names[i], { content[i].data, content[i].len } };
    }
    kadr_buf_init(&message, 0);
    kadr_encode_files(files, KADR_COUNT(files), &message);
    add(run, &envelope, &message);
    kadr_buf_done(&message);
    for (size_t i = 0; i < KADR_COUNT(names); i++) {
        kadr_buf_done(&content[i]);
    }
}

static void add_report(struct run *run, const struct kadr_report *report)
{
    static const uint8_t accepted[KADR_MAX_OBSERVATIONS]; /* all */
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf message;
    kadr_ms now_ms = (kadr_ms)run->commit * 10;
    const struct kadr_envelope envelope = { .kind = KADR_RECORD_REPORT,
                                            .office = "KZ-10",
                                            .sequence = run->commit,
                                            .outcome = KADR_OUTCOME_COMMITTED,
                                            .verdicts = { accepted, report->observation_count },
                                            .accepted = (uint32_t)report->observation_count,
                                            .stated_at_ms = now_ms,
                                            .received_at_ms = now_ms,
                                            .committed_at_ms = now_ms };
    kadr_buf_init(&message, 0);
    kadr_encode_report(report, &message);
    add(run, &envelope, &message);
    run->observations += report->observation_count;
}

struct asked {
    uint64_t rows;
    char unit[KADR_MAX_CODE_BYTES + 1];
};

static int count_row(void *context, const struct kadr_history_row *row)
{
    struct asked *asked = context;
    (void)row;
    asked->rows++;
    return 0;
}

/* All that one unit ever stated, and what it stated since the middle. */
static void ask(struct run *run, struct asked *asked)
{
    KADR_CLEANUP(kadr_history_view_end) struct kadr_history_view *view = NULL;
    check("view", kadr_history_view_begin(&run->kv, &view));
    for (int half = 0; half < 2; half++) {
        kadr_ns began_ns = kadr_clock_monotonic_ns();
        asked->rows = 0;
        check("rows", kadr_history_rows(view, asked->unit, NULL, half ? run->commit / 2 : 0, UINT64_MAX,
                                        count_row, asked));
        (void)printf("    %s, %s: %" PRIu64 " rows in %.2f ms\n", asked->unit, half ? "second half" : "all",
                     asked->rows, (double)(kadr_clock_monotonic_ns() - began_ns) / 1e6);
    }
}

static void print(struct run *run)
{
    uint64_t used = 0, left = 0;
    double count = (double)run->observations;
    check("space", run->kv.space(run->kv.self, &used, &left));
    (void)printf("%8.0f observations  %6.2f s CPU  %6.2f s wall  %8.0f observations/s\n", count, run->cpu,
                 run->wall, count / run->wall);
    (void)printf("    %" PRIu64 " records in %" PRIu64
                 " batches, the longest %.0f ms; %.1f MiB, %.0f bytes an "
                 "observation\n",
                 run->commit, run->batches, run->longest * 1e3, (double)used / 1048576, (double)used / count);
}

int main(int argc, char **argv)
{
    static struct run run;
    struct asked asked = { .rows = 0 };
    bool removed = false;
    unsigned month;
    uint64_t observations = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000;
    if (argc < 2 || observations == 0) {
        fail("usage: history_bench FOLDER [OBSERVATIONS]", KADR_EINVAL);
    }
    const struct kadr_kvstore_lmdb_config config = { argv[1], (size_t)64 << 30, true };
    struct nation *nation = nation_new();
    check("arena", kadr_arena_new(64u << 20, &run.arena));
    check("store", kadr_kvstore_lmdb_new(&config, &run.kv));
    check(argv[1], kadr_kvstore_lmdb_open(&run.kv, &removed, NULL));
    check("history", kadr_history_open(&run.kv, &run.history, NULL));
    add_reference(&run);
    while (run.observations < observations) {
        const struct kadr_report *report = nation_next(nation, &month);
        (void)snprintf(asked.unit, sizeof asked.unit, "%s", report->observations[0].unit);
        add_report(&run, report);
    }
    write_batch(&run);
    print(&run);
    ask(&run, &asked);
    kadr_history_free(run.history);
    run.kv.close(run.kv.self);
    kadr_arena_free(run.arena);
    nation_free(nation);
    return 0;
}
