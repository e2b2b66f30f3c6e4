/* SPDX-License-Identifier: Apache-2.0 */
/* history_bench.c - observations per second into a history on disk, and what questions about the past then
 * cost.
 *
 *     history_bench FOLDER [OBSERVATIONS]      (1000000; from the source root, after ./dev bench)
 *
 * The mix is that of nation.h. Records go in batches of the size that aggregatord's follower forms when it
 * has to catch up. Making the records is not measured. FOLDER must not exist, and is left behind.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/err.h"
#include "core/history.h"
#include "core/past.h"
#include "core/store.h"
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
    kadr_day day;
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

static void add_record(struct run *run, struct kadr_envelope envelope, const struct kadr_buf *message)
{
    envelope.office = "";
    envelope.outcome = KADR_OUTCOME_COMMITTED;
    envelope.committed_at_ms = (kadr_ms)run->commit * 10;
    add(run, &envelope, message);
}

static void add_reference(struct run *run, const struct nation *nation)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf message;
    size_t count = 0;
    const struct kadr_file *files = nation_files(nation, &count);
    kadr_buf_init(&message, 0);
    kadr_encode_files(files, count, &message);
    add_record(run, (struct kadr_envelope){ .kind = KADR_RECORD_REFERENCE }, &message);
}

static void add_day(struct run *run, kadr_day day)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf nothing;
    kadr_buf_init(&nothing, 0);
    add_record(run, (struct kadr_envelope){ .kind = KADR_RECORD_DAY, .day = day }, &nothing);
    run->day = day;
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

/* A question about the past, answered as aggregatord answers it. */
static void ask(struct run *run, const char *what, const struct kadr_query_request *request)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf frame;
    KADR_CLEANUP(kadr_past_answer_done) struct kadr_past_answer answer;
    kadr_buf_init(&frame, 0);
    kadr_encode_query_request(request, &frame);
    const struct kadr_past_question question = {
        .frame = { frame.data, frame.len },
        .now = { .lineage = lineage, .commit = run->commit, .day = run->day },
        .now_ms = (kadr_ms)run->commit * 10,
    };
    kadr_ns began_ns = kadr_clock_monotonic_ns();
    check(what, kadr_past_answer(&run->kv, &question, &answer));
    (void)printf("    %-44s %9" PRIu64 " rows  %8.1f KiB  %9.1f ms%s\n", what, answer.rows,
                 (double)answer.frames.len / 1024, (double)(kadr_clock_monotonic_ns() - began_ns) / 1e6,
                 answer.refused != KADR_DIAG_NONE ? "  (refused)" : "");
}

static void ask_known(struct run *run, const char *what, const char *unit, const char *indicator,
                      bool subtree, uint64_t commit)
{
    struct kadr_query_request request = { .kind = KADR_QUERY_SNAPSHOT };
    request.snapshot.unit = unit;
    request.snapshot.indicator = indicator;
    request.snapshot.subtree = subtree;
    request.snapshot.as_of = KADR_DAY_NONE;
    request.snapshot.known = (struct kadr_instant){ .kind = KADR_INSTANT_COMMIT, .commit = commit };
    ask(run, what, &request);
}

static void ask_all(struct run *run, const char *facility, const char *district)
{
    const char *one = "stock_plain_00";
    struct kadr_query_request request = { .kind = KADR_QUERY_CHANGES };
    ask_known(run, "a facility, all indicators, now", facility, "", false, run->commit);
    ask_known(run, "a facility, all indicators, half as long ago", facility, "", false, run->commit / 2);
    ask_known(run, "a district with its facilities, one indicator", district, one, true, run->commit);
    ask_known(run, "a district with its facilities, all", district, "", true, run->commit);
    ask_known(run, "the country, one indicator", "KZ", one, false, run->commit);
    request.changes.from =
        (struct kadr_instant){ .kind = KADR_INSTANT_COMMIT, .commit = run->commit - run->commit / 10 };
    request.changes.unit = district;
    request.changes.subtree = true;
    request.changes.indicator = "";
    ask(run, "changes of a district, the last tenth, all", &request);
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
    char facility[KADR_MAX_CODE_BYTES + 1] = "", district[KADR_MAX_CODE_BYTES + 1] = "";
    bool removed = false;
    unsigned month = 0, last = UINT_MAX;
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
    add_reference(&run, nation);
    while (run.observations < observations) {
        const struct kadr_report *report = nation_next(nation, &month);
        const struct kadr_reference *reference = nation_reference(nation);
        kadr_unit unit = kadr_unit_find(reference, report->observations[0].unit);
        if (month != last) {
            add_day(&run, nation_day(month));
        }
        if (kadr_unit_info(reference, unit)->level == KADR_LEVEL_FACILITY) {
            const struct kadr_unit_info *info = kadr_unit_info(reference, unit);
            (void)snprintf(facility, sizeof facility, "%s", info->code);
            (void)snprintf(district, sizeof district, "%s",
                           kadr_unit_info(reference, info->territory[0].parent)->code);
        }
        last = month;
        add_report(&run, report);
    }
    write_batch(&run);
    print(&run);
    ask_all(&run, facility, district);
    kadr_history_free(run.history);
    run.kv.close(run.kv.self);
    kadr_arena_free(run.arena);
    nation_free(nation);
    return 0;
}
