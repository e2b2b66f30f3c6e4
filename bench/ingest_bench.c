/* SPDX-License-Identifier: Apache-2.0 */
/* What a report costs ingestd: judged when it comes from its office, and read once more when it comes back in
 * the journal, for what units said before.
 *
 *     ingest_bench [REPORTS] [OBSERVATIONS]
 *
 * One thread, no sockets: the core alone. Every report is of another unit's headcount by cadre and month, all
 * of an indicator with a band. Run in the source root.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "core/ingest.h"
#include "core/store.h"

#define MOST 512

struct bench {
    struct kadr_ingest *ing;
    struct kadr_arena *arena;
    struct kadr_id lineage;
    uint64_t commit;
    struct kadr_observation observations[MOST];
    struct kadr_period periods[MOST];
};

static void must(bool fine, const char *what)
{
    if (!fine) {
        fprintf(stderr, "ingest_bench: %s\n", what);
        exit(1);
    }
}

static size_t step(struct bench *bench, struct kadr_ingest_event event, const struct kadr_ingest_action **ret)
{
    struct kadr_ingest_out out;
    event.now_ns = KADR_S(100);
    event.wall_ms = INT64_C(1800000000000);
    must(kadr_ingest_step(bench->ing, &event, &out) == 0, "a step failed");
    *ret = out.actions;
    return out.count;
}

static void from_store(struct bench *bench, const struct kadr_store_reply *reply)
{
    const struct kadr_ingest_action *actions;
    struct kadr_buf frame KADR_CLEANUP(kadr_buf_done) = { 0 };
    kadr_encode_store_reply(reply, &frame);
    (void)step(bench,
               (struct kadr_ingest_event){ .kind = KADR_INGEST_STORE, .frame = { frame.data, frame.len } },
               &actions);
}

/* Records on end, as one frame. */
static void feed(struct bench *bench, struct kadr_record *records, size_t count)
{
    struct kadr_store_reply reply = { .kind = KADR_STORE_FEED };
    reply.feed.lineage = bench->lineage;
    reply.feed.head = bench->commit;
    reply.feed.records = records;
    reply.feed.count = count;
    from_store(bench, &reply);
}

static void feed_one(struct bench *bench, const struct kadr_envelope *envelope, struct kadr_bytes message,
                     uint64_t commit)
{
    struct kadr_buf bytes KADR_CLEANUP(kadr_buf_done) = { 0 };
    kadr_encode_envelope(envelope, &bytes);
    struct kadr_record record = { .commit = commit,
                                  .envelope = { bytes.data, bytes.len },
                                  .message = message };
    feed(bench, &record, 1);
}

static struct kadr_bytes read_whole(const char *path)
{
    struct kadr_buf buf;
    char block[4096];
    size_t len;
    FILE *file = fopen(path, "rb");
    must(file != NULL, path);
    kadr_buf_init(&buf, 0);
    while ((len = fread(block, 1, sizeof(block), file)) > 0) {
        kadr_buf_add(&buf, block, len);
    }
    (void)fclose(file); /* was only read */
    len = buf.len;
    return (struct kadr_bytes){ (const uint8_t *)kadr_buf_take(&buf), len };
}

static void make_ready(struct bench *bench)
{
    static const char *const paths[] = { "config/units.csv", "config/catalogue/indicators.csv",
                                         "config/catalogue/members.csv" };
    static const char *const names[] = { "units.csv", "indicators.csv", "members.csv" };
    struct kadr_file files[3];
    struct kadr_buf message KADR_CLEANUP(kadr_buf_done) = { 0 };
    const struct kadr_envelope reference = { .kind = KADR_RECORD_REFERENCE,
                                             .office = "",
                                             .day = KADR_DAY_NONE };
    const struct kadr_envelope day = { .kind = KADR_RECORD_DAY, .office = "", .day = 20454 };
    const struct kadr_ingest_action *actions;
    for (size_t i = 0; i < 3; i++) {
        files[i] = (struct kadr_file){ names[i], read_whole(paths[i]) };
    }
    kadr_encode_files(files, 3, &message);
    (void)step(bench, (struct kadr_ingest_event){ .kind = KADR_INGEST_TICK }, &actions);
    bench->commit = 2;
    for (int turn = 0; turn < 2; turn++) { /* what is in force, then the whole journal */
        feed_one(bench, &reference, (struct kadr_bytes){ message.data, message.len }, 1);
        feed_one(bench, &day, (struct kadr_bytes){ NULL, 0 }, 2);
    }
    for (size_t i = 0; i < 3; i++) {
        free((void *)(uintptr_t)files[i].bytes.data);
    }
    must(kadr_ingest_not_ready(bench->ing) == NULL, "not ready");
}

/* Another month each report; as many days as observations. */
static void fill_report(struct bench *bench, uint64_t number, size_t count, struct kadr_report *report)
{
    static const char *const units[] = { "KZ-10", "KZ-11", "KZ-15", "KZ-19", "KZ-23", "KZ-27", "KZ-31",
                                         "KZ-33", "KZ-35", "KZ-39", "KZ-43", "KZ-47", "KZ-55", "KZ-59" };
    static const char *const cadres[] = { "doctor", "nurse_higher", "midlevel" };
    for (size_t i = 0; i < count; i++) {
        kadr_day day = 19400 + (kadr_day)((number * 7 + i / 3) % 1000);
        bench->observations[i] = (struct kadr_observation){
            .unit = units[number % KADR_COUNT(units)],
            .indicator = "headcount",
            .breakdown = { { "cadre", cadres[i % 3] }, { "settlement", i % 2 ? "rural" : "urban" } },
            .breakdown_count = 2,
            .period = { day, day },
            .occurrence = "",
            .value = { .kind = KADR_VALUE_INTERVAL, .lo = 1000 + (int64_t)i, .hi = 1000 + (int64_t)i },
            .scale = 1,
            .stated = "1000",
            .note = "",
            .line = (uint32_t)i + 2,
            .column = 5,
        };
    }
    *report = (struct kadr_report){ .stated_at_ms = INT64_C(1700000000000) + (kadr_ms)number,
                                    .source = "",
                                    .published = KADR_DAY_NONE,
                                    .file = "",
                                    .report_id = { 1 },
                                    .observations = bench->observations,
                                    .observation_count = count };
}

struct spent {
    kadr_ns judged_ns, read_ns;
    uint64_t observations;
};

/* In, judged and on its way; answered; and back in the journal. */
static void one_report(struct bench *bench, uint64_t number, size_t count, struct spent *spent)
{
    struct kadr_buf bytes KADR_CLEANUP(kadr_buf_done) = { 0 };
    struct kadr_buf frame KADR_CLEANUP(kadr_buf_done) = { 0 };
    struct kadr_buf envelope_bytes KADR_CLEANUP(kadr_buf_done) = { 0 };
    struct kadr_office_request request = { .kind = KADR_OFFICE_SUBMIT };
    struct kadr_store_request append;
    struct kadr_report report;
    const struct kadr_ingest_action *actions;
    fill_report(bench, number, count, &report);
    kadr_encode_report(&report, &bytes);
    request.submit = (struct kadr_submit){ "KZ", { { 9 } }, number, { bytes.data, bytes.len } };
    kadr_encode_office_request(&request, &frame);
    kadr_ns begin = kadr_clock_monotonic_ns();
    (void)step(bench,
               (struct kadr_ingest_event){
                   .kind = KADR_INGEST_OFFICE, .peer = { .len = 1 }, .frame = { frame.data, frame.len } },
               &actions);
    must(step(bench, (struct kadr_ingest_event){ .kind = KADR_INGEST_FLUSH }, &actions) == 1, "no append");
    spent->judged_ns += kadr_clock_monotonic_ns() - begin;
    kadr_arena_clear(bench->arena);
    must(kadr_decode_store_request(actions[0].frame, bench->arena, &append, NULL) == 0, "a bad append");
    const struct kadr_append_item *item = &append.append.items[0];
    const struct kadr_envelope envelope = { .kind = KADR_RECORD_REPORT,
                                            .office = item->office,
                                            .stream = item->stream,
                                            .sequence = number,
                                            .outcome = item->outcome,
                                            .verdicts = item->verdicts,
                                            .accepted = (uint32_t)count,
                                            .stated_at_ms = item->stated_at_ms,
                                            .day = KADR_DAY_NONE };
    struct kadr_append_result result = { .receipt = { .office = item->office,
                                                      .stream = item->stream,
                                                      .lineage = bench->lineage,
                                                      .sequence = number,
                                                      .commit = ++bench->commit,
                                                      .outcome = item->outcome } };
    struct kadr_store_reply appended = { .kind = KADR_STORE_APPENDED };
    appended.appended.request = append.append.request;
    appended.appended.results = &result;
    appended.appended.count = 1;
    from_store(bench, &appended);
    kadr_encode_envelope(&envelope, &envelope_bytes);
    struct kadr_record record = { .commit = bench->commit,
                                  .envelope = { envelope_bytes.data, envelope_bytes.len },
                                  .message = item->report };
    struct kadr_buf fed KADR_CLEANUP(kadr_buf_done) = { 0 };
    struct kadr_store_reply reply = { .kind = KADR_STORE_FEED };
    reply.feed.lineage = bench->lineage;
    reply.feed.head = bench->commit;
    reply.feed.records = &record;
    reply.feed.count = 1;
    kadr_encode_store_reply(&reply, &fed);
    begin = kadr_clock_monotonic_ns();
    (void)step(bench, (struct kadr_ingest_event){ .kind = KADR_INGEST_STORE, .frame = { fed.data, fed.len } },
               &actions);
    spent->read_ns += kadr_clock_monotonic_ns() - begin;
    spent->observations += count;
}

int main(int argc, char **argv)
{
    static struct bench bench;
    struct spent spent = { 0 };
    uint64_t reports = argc > 1 ? strtoull(argv[1], NULL, 10) : 20000;
    size_t count = argc > 2 ? (size_t)strtoull(argv[2], NULL, 10) : 30;
    must(count > 0 && count <= MOST, "1 to 512 observations");
    must(kadr_ingest_new(&bench.ing) == 0 && kadr_arena_new(KADR_MAX_ARENA_BYTES, &bench.arena) == 0,
         "memory");
    bench.lineage.bytes[0] = 1;
    make_ready(&bench);
    for (uint64_t number = 1; number <= reports; number++) {
        one_report(&bench, number, count, &spent);
    }
    struct kadr_ingest_status status;
    kadr_ingest_status(bench.ing, &status);
    double judged = (double)spent.judged_ns / (double)spent.observations;
    double read = (double)spent.read_ns / (double)spent.observations;
    printf("%" PRIu64
           " reports of %zu observations: judged %.0f ns, read back %.0f ns per observation (%.2f of it); "
           "%zu series, %zu keys\n",
           reports, count, judged, read, read / judged, status.baseline.series, status.baseline.timed_keys);
    kadr_ingest_free(bench.ing);
    kadr_arena_free(bench.arena);
    return 0;
}
