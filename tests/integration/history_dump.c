/* SPDX-License-Identifier: Apache-2.0 */
/* history_dump FOLDER: what a history says of itself and of every commit, through its reader, one line each.
 * The daemon that owns the folder must have ended.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "core/history.h"
#include "edge/kvstore_lmdb.h"

static int print_row(void *context, const struct kadr_history_row *row)
{
    const struct kadr_observation *obs = &row->observation;
    char value[KADR_VALUE_TEXT_BYTES], period[KADR_PERIOD_TEXT_BYTES];
    (void)context;
    printf("row %" PRIu64 ".%u %s %s", row->commit, row->index, obs->unit, obs->indicator);
    for (size_t i = 0; i < obs->breakdown_count; i++) {
        printf(" %s=%s", obs->breakdown[i].dimension, obs->breakdown[i].member);
    }
    printf(" %s #%s %s stated=%s note=%s at=%" PRId64 " line=%u,%u\n",
           kadr_period_format(obs->period, period), obs->occurrence,
           kadr_value_format(&obs->value, obs->scale, value), obs->stated, obs->note, row->stated_at_ms,
           obs->line, obs->column);
    return 0;
}

/* Touched pairs are borrowed until the next call about reports; rows are none. */
static int print_report(void *context, const struct kadr_history_report *report)
{
    struct kadr_history_view *view = context;
    int err = 0;
    printf("report %" PRIu64 " %s %" PRIu64 " source=%s file=%s committed=%" PRId64
           " accepted=%u rejected=%u\n",
           report->commit, report->office, report->sequence, report->source, report->file,
           report->committed_at_ms, report->accepted, report->rejected);
    for (size_t i = 0; i < report->touched_count && err == 0; i++) {
        err = kadr_history_rows(view, report->touched[i].unit, report->touched[i].indicator, report->commit,
                                report->commit, print_row, NULL);
    }
    return err;
}

static int print_reference(void *context, const struct kadr_history_reference *reference)
{
    char hex[KADR_DIGEST_HEX_BYTES];
    struct kadr_digest digest = kadr_hash(reference->files.data, reference->files.len);
    (void)context;
    kadr_digest_hex(&digest, hex);
    printf("reference %" PRIu64 " %s\n", reference->commit, hex);
    return 0;
}

static int print_day(void *context, const struct kadr_history_day *day)
{
    char text[KADR_DAY_TEXT_BYTES];
    (void)context;
    printf("day %" PRIu64 " %s\n", day->commit, kadr_day_format(day->day, text));
    return 0;
}

static int print_times(struct kadr_history_view *view, uint64_t head)
{
    int err = 0;
    for (uint64_t commit = 1; commit <= head && err == 0; commit++) {
        kadr_ms since_ms = 0;
        uint64_t known = 0;
        err = kadr_history_known_since(view, commit, &since_ms);
        if (err == 0) {
            err = kadr_history_commit_at(view, since_ms, &known);
        }
        printf("time %" PRIu64 " %" PRId64 " %" PRIu64 "\n", commit, since_ms, known);
    }
    return err;
}

static int print_all(struct kadr_history_view *view)
{
    struct kadr_history_position position = kadr_history_view_position(view);
    char lineage[2 * KADR_ID_BYTES + 1], chain[KADR_DIGEST_HEX_BYTES];
    kadr_hex(position.lineage.bytes, sizeof position.lineage.bytes, lineage);
    kadr_digest_hex(&position.chain, chain);
    printf("position %" PRIu64 " %s %s\n", position.commit, lineage, chain);
    int err = kadr_history_references(view, 0, UINT64_MAX, print_reference, NULL);
    if (err == 0) {
        err = kadr_history_days(view, 0, UINT64_MAX, print_day, NULL);
    }
    if (err == 0) {
        err = kadr_history_reports(view, 0, UINT64_MAX, print_report, view);
    }
    return err != 0 ? err : print_times(view, position.commit);
}

static int dump(const struct kadr_kvstore *kv, struct kadr_buf *why)
{
    KADR_CLEANUP(kadr_history_view_end) struct kadr_history_view *view = NULL;
    bool removed = false;
    int err = kadr_kvstore_lmdb_open(kv, &removed, why);
    if (err == 0) {
        err = kadr_history_view_begin(kv, &view);
    }
    return err != 0 ? err : print_all(view);
}

int main(int argc, char **argv)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf why;
    struct kadr_kvstore kv;
    if (argc != 2) {
        fprintf(stderr, "usage: history_dump FOLDER\n");
        return KADR_EXIT_USAGE;
    }
    const struct kadr_kvstore_lmdb_config config = { argv[1], 1u << 30, true };
    kadr_buf_init(&why, 0);
    int err = kadr_kvstore_lmdb_new(&config, &kv);
    if (err == 0) {
        err = dump(&kv, &why);
        kv.close(kv.self);
    }
    if (err != 0) {
        fprintf(stderr, "%s: %s: %s\n", argv[1], kadr_strerror(err), kadr_buf_str(&why));
    }
    return err != 0 ? KADR_EXIT_DATA : KADR_EXIT_OK;
}
