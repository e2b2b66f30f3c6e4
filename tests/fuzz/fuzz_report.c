/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a Report: refused, or safe to use and equal after being sent on. */
#include "fuzz.h"
#include "wire/wire.h"

static void check_sent_on(const struct kadr_report *report)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf bytes;
    KADR_CLEANUP(kadr_arena_free) struct kadr_arena *arena = NULL;
    struct kadr_report again;
    kadr_buf_init(&bytes, 0);
    kadr_encode_report(report, &bytes);
    KADR_ASSERT(bytes.err == 0 && kadr_arena_new(KADR_MAX_ARENA_BYTES, &arena) == 0);
    struct kadr_bytes frame = { bytes.data, bytes.len };
    KADR_ASSERT(kadr_decode_report(frame, arena, &again, NULL) == 0);
    KADR_ASSERT(again.observation_count == report->observation_count);
    KADR_ASSERT(again.stated_at_ms == report->stated_at_ms && again.published == report->published);
    for (size_t i = 0; i < again.observation_count; i++) {
        KADR_ASSERT(kadr_value_equal(&again.observations[i].value, &report->observations[i].value));
        KADR_ASSERT(kadr_period_equal(again.observations[i].period, report->observations[i].period));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    KADR_CLEANUP(kadr_arena_free) struct kadr_arena *arena = NULL;
    struct kadr_report report;
    const char *why = NULL;
    KADR_ASSERT(kadr_arena_new(KADR_MAX_ARENA_BYTES, &arena) == 0);
    int rc = kadr_decode_report((struct kadr_bytes){ data, size }, arena, &report, &why);
    if (rc != 0) {
        KADR_ASSERT(why != NULL || rc == KADR_ENOMEM);
        return 0;
    }
    KADR_ASSERT(report.observation_count <= KADR_MAX_OBSERVATIONS);
    check_sent_on(&report);
    return 0;
}
