/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* history_rig.h - a journal made here, and the history made of it. Include behind cmocka.h. */
#include <stdio.h>
#include <string.h>

#include "core/history.h"
#include "core/store.h"

#define JOURNAL_RECORDS 8192

struct journal {
    struct kadr_id lineage;
    struct kadr_record records[JOURNAL_RECORDS]; /* their bytes are owned */
    uint64_t head;
    kadr_ms time_ms; /* of the next record */
};

static inline struct kadr_bytes take_bytes(struct kadr_buf *buf)
{
    assert_int_equal(buf->err, 0);
    size_t len = buf->len;
    return (struct kadr_bytes){ (const uint8_t *)kadr_buf_take(buf), len };
}

static inline struct journal *new_journal(uint8_t lineage)
{
    struct journal *journal = calloc(1, sizeof *journal);
    assert_non_null(journal);
    memset(journal->lineage.bytes, lineage, sizeof journal->lineage.bytes);
    journal->time_ms = INT64_C(1700000000000);
    return journal;
}

static inline void free_bytes(struct kadr_bytes bytes)
{
    union {
        const uint8_t *in;
        void *out;
    } data = { .in = bytes.data };
    free(data.out);
}

static inline void free_journal(struct journal *journal)
{
    for (uint64_t i = 0; i < journal->head; i++) {
        free_bytes(journal->records[i].envelope);
        free_bytes(journal->records[i].message);
    }
    free(journal);
}

static inline void journal_add(struct journal *journal, struct kadr_envelope envelope,
                               struct kadr_buf *message)
{
    static const struct kadr_digest nothing;
    struct kadr_buf bytes;
    assert_true(journal->head < JOURNAL_RECORDS);
    envelope.content_hash = kadr_hash(message->data, message->len);
    envelope.office = envelope.office != NULL ? envelope.office : "";
    envelope.committed_at_ms = journal->time_ms;
    envelope.received_at_ms = journal->time_ms - 5;
    kadr_buf_init(&bytes, 0);
    kadr_encode_envelope(&envelope, &bytes);
    const struct kadr_digest *previous =
        journal->head == 0 ? &nothing : &journal->records[journal->head - 1].digest;
    struct kadr_record *record = &journal->records[journal->head++];
    record->commit = journal->head;
    record->envelope = take_bytes(&bytes);
    record->message = take_bytes(message);
    record->digest = kadr_record_chain(previous, record->commit, record->envelope, record->message);
    journal->time_ms += 1000;
}

static inline void journal_day(struct journal *journal, const char *text)
{
    struct kadr_buf message;
    struct kadr_envelope envelope = { .kind = KADR_RECORD_DAY, .outcome = KADR_OUTCOME_COMMITTED };
    assert_int_equal(kadr_day_parse(text, &envelope.day), 0);
    kadr_buf_init(&message, 0);
    journal_add(journal, envelope, &message);
}

static inline struct kadr_bytes bytes_of_file(const char *path)
{
    struct kadr_buf content;
    char chunk[4096];
    size_t n = 0;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    kadr_buf_init(&content, 0);
    while ((n = fread(chunk, 1, sizeof chunk, file)) > 0) {
        kadr_buf_add(&content, chunk, n);
    }
    fclose(file);
    return take_bytes(&content);
}

static inline void journal_files(struct journal *journal, const struct kadr_file *files, size_t count)
{
    struct kadr_buf message;
    kadr_buf_init(&message, 0);
    kadr_encode_files(files, count, &message);
    journal_add(journal,
                (struct kadr_envelope){ .kind = KADR_RECORD_REFERENCE, .outcome = KADR_OUTCOME_COMMITTED },
                &message);
}

/* The project's catalogue; `units` below the header line. */
static inline void journal_reference(struct journal *journal, const char *units)
{
    static const char header[] = "code,level,parent,valid_from,valid_to,successors,aliases,name_en,name_ru,"
                                 "name_kk\nKZ,country,,1900-01-01,,,,Kazakhstan,Казахстан,Қазақстан\n";
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf units_csv;
    struct kadr_bytes indicators = bytes_of_file("config/catalogue/indicators.csv");
    struct kadr_bytes members = bytes_of_file("config/catalogue/members.csv");
    kadr_buf_init(&units_csv, 0);
    kadr_buf_add_str(&units_csv, header);
    kadr_buf_add_str(&units_csv, units);
    struct kadr_file files[] = { { "units.csv", { units_csv.data, units_csv.len } },
                                 { "indicators.csv", indicators },
                                 { "members.csv", members } };
    journal_files(journal, files, KADR_COUNT(files));
    free_bytes(indicators);
    free_bytes(members);
}
#define UNITS                                                                               \
    "KZ-35,region,KZ,1900-01-01,,,KZ-KAR,Karaganda,Караганда,Қарағанды\n" \
    "KZ-62,region,KZ,1900-01-01,,,,Ulytau,Улытау,Ұлытау\n"

static inline struct kadr_observation figure_of(const char *unit, const char *indicator, const char *day,
                                                int64_t figure)
{
    struct kadr_observation obs = { .unit = unit,
                                    .indicator = indicator,
                                    .occurrence = "",
                                    .value = { .kind = KADR_VALUE_INTERVAL, .lo = figure, .hi = figure },
                                    .scale = 1,
                                    .stated = "",
                                    .note = "" };
    assert_int_equal(kadr_period_parse(day, &obs.period), 0);
    return obs;
}

/* One verdict per observation as a digit. */
static inline void journal_report(struct journal *journal, const char *office, enum kadr_outcome outcome,
                                  struct kadr_observation *observations, const char *verdicts)
{
    uint8_t bytes[KADR_MAX_OBSERVATIONS];
    struct kadr_buf message;
    size_t count = strlen(verdicts);
    struct kadr_report report = { .stated_at_ms = journal->time_ms - 100,
                                  .source = "bulletin 7",
                                  .published = 19700,
                                  .file = "need.csv",
                                  .nothing_to_report = count == 0,
                                  .observations = observations,
                                  .observation_count = count };
    struct kadr_envelope envelope = { .kind = KADR_RECORD_REPORT,
                                      .office = office,
                                      .stream = { { 9 } },
                                      .sequence = journal->head + 100,
                                      .outcome = outcome,
                                      .verdicts = { bytes, count },
                                      .stated_at_ms = report.stated_at_ms };
    for (size_t i = 0; i < count; i++) {
        bytes[i] = (uint8_t)(verdicts[i] - '0');
        envelope.accepted += bytes[i] == KADR_VERDICT_ACCEPTED;
        envelope.rejected += bytes[i] != KADR_VERDICT_ACCEPTED;
    }
    kadr_buf_init(&message, 0);
    kadr_encode_report(&report, &message);
    journal_add(journal, envelope, &message);
}

/* Records from … to into the history. */
static inline int apply(struct kadr_history *history, const struct journal *journal, uint64_t from,
                        uint64_t to)
{
    return kadr_history_apply(history, &journal->lineage, &journal->records[from - 1], to + 1 - from);
}

/* ---- everything that a store holds, as text, so that two can be compared ---- */

static inline int dump_entry(void *context, struct kadr_bytes key, struct kadr_bytes value)
{
    struct kadr_buf *out = context;
    for (size_t i = 0; i < key.len; i++) {
        kadr_buf_printf(out, "%02x", key.data[i]);
    }
    kadr_buf_add_char(out, ' ');
    for (size_t i = 0; i < value.len; i++) {
        kadr_buf_printf(out, "%02x", value.data[i]);
    }
    kadr_buf_add_char(out, '\n');
    return 0;
}

static inline void dump(const struct kadr_kvstore *kv, struct kadr_buf *out)
{
    void *view = NULL;
    kadr_buf_init(out, 0);
    assert_int_equal(kv->view_begin(kv->self, &view), 0);
    assert_int_equal(kv->walk(kv->self, view, (struct kadr_bytes){ NULL, 0 }, dump_entry, out), 0);
    kv->view_end(kv->self, view);
    assert_int_equal(out->err, 0);
}
