/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of format 1: tests/golden/history/history-1.txt was made once of the journal below. A change of
 * them needs another format number, so that histories are made anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "history_rig.h"

#define GOLDEN "tests/golden/history/history-1.txt"

#define TEXT(text)                                \
    {                                             \
        (const uint8_t *)(text), sizeof(text) - 1 \
    }

static void add_reference(struct journal *journal)
{
    static const struct kadr_file files[] = {
        { "units.csv",
          TEXT("code,level,parent,valid_from,valid_to,successors,aliases,name_en,name_ru,name_kk\n"
               "KZ,country,,1900-01-01,,,,KZ,KZ,KZ\nKZ-33,region,KZ,1900-01-01,,,ZHT,A,A,A\n") },
        { "indicators.csv",
          TEXT("code,kind,measure,scale,time,space,level,dimensions,exhaustive,stale_after_days,"
               "expires_after_days,expected,min,max,negative,name_en,name_ru,name_kk\n"
               "posts,stock,person,100,last,sum,region,cadre,cadre,200,1825,calendar,,,no,P,P,P\n"
               "teams,event,person,1,count,sum,region,cadre,,,,none,,,no,M,M,M\n") },
        { "members.csv", TEXT("dimension,member,aliases,name_en,name_ru,name_kk\n"
                              "cadre,doctor,dr,d,d,d\nmeasure,person,,x,x,x\n") },
    };
    journal_files(journal, files, KADR_COUNT(files));
}

/* Each kind of value, an occurrence, a breakdown by an alias, a scale, a unit that nobody knows. */
static void fill(struct journal *journal)
{
    struct kadr_observation all[] = {
        figure_of("ZHT", "posts", "2023-12-31", 36425), figure_of("KZ-33", "posts", "2024-01-31", 0),
        figure_of("KZ-33", "posts", "2023-12-31", 0),   figure_of("KZ-47", "posts", "2023-12-31", 61),
        figure_of("KZ-33", "teams", "2023-11-06", 1),
    };
    all[0].scale = 100;
    all[0].breakdown[0] = (struct kadr_member_pair){ "cadre", "dr" };
    all[0].breakdown_count = 1;
    all[0].stated = "364,25";
    all[0].note = "of the bulletin";
    all[0].line = 2;
    all[0].column = 5;
    all[1].value = (struct kadr_value){ .kind = KADR_VALUE_MISSING, .reason = KADR_REASON_NOT_STATED };
    all[2].value = (struct kadr_value){ .kind = KADR_VALUE_WITHDRAWN };
    all[3].value = (struct kadr_value){ .kind = KADR_VALUE_INTERVAL, .lo = 61, .hi_open = true };
    all[4].occurrence = "team-2";
    add_reference(journal);
    journal_day(journal, "2024-02-01");
    journal_report(journal, "KZ-33", KADR_OUTCOME_COMMITTED, all, "00000");
    journal->time_ms -= 5000; /* the clock is set back */
    journal_report(journal, "KZ-33", KADR_OUTCOME_COMMITTED, NULL, "");
}

static void bytes_of_format_1(void **state)
{
    (void)state;
    struct journal *journal = new_journal(0xa5);
    struct kadr_kvstore kv;
    struct kadr_history *history = NULL;
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf text;
    struct kadr_bytes golden = bytes_of_file(GOLDEN);
    fill(journal);
    assert_int_equal(kadr_kvstore_mem_new(&kv), 0);
    assert_int_equal(kadr_history_open(&kv, &history, NULL), 0);
    assert_int_equal(apply(history, journal, 1, journal->head), 0);
    dump(&kv, &text);
    assert_int_equal(text.len, golden.len);
    assert_memory_equal(text.data, golden.data, golden.len);
    kadr_history_free(history);
    kv.close(kv.self);
    free_bytes(golden);
    free_journal(journal);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(bytes_of_format_1) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
