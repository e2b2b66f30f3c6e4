/* SPDX-License-Identifier: Apache-2.0 */
/* oracle_bench.c - the plain fold (oracle/oracle.h) of one history, from nothing: every cell and the digest.
 *
 *     oracle_bench [OBSERVATIONS]      (1000000)
 *
 * The mix is that of nation.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "nation.h"
#include "oracle/oracle.h"

static double cpu_seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* exists on every Linux */
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    static const enum kadr_verdict verdicts[KADR_MAX_OBSERVATIONS]; /* all accepted */
    KADR_CLEANUP(nation_free) struct nation *nation = nation_new();
    KADR_CLEANUP(kadr_oracle_free) struct kadr_oracle *oracle = kadr_oracle_new();
    unsigned long wanted = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000, said = 0;
    uint64_t commit = 1;
    unsigned month = 0;
    if (!oracle || wanted == 0) {
        (void)fprintf(stderr, "usage: oracle_bench [OBSERVATIONS]\n");
        return 1;
    }
    kadr_oracle_reference(oracle, nation_reference(nation));
    while (said < wanted) {
        const struct kadr_report *report = nation_next(nation, &month);
        commit++;
        kadr_oracle_report(oracle, report, verdicts, (kadr_ms)commit, commit);
        said += report->observation_count;
    }
    kadr_oracle_day(oracle, nation_day(month));
    double begin = cpu_seconds();
    KADR_CLEANUP(kadr_oracle_cells_done)
    struct kadr_oracle_cells cells = kadr_oracle_cells(oracle, nation_day(month));
    double folded = cpu_seconds();
    struct kadr_digest digest = kadr_oracle_digest(oracle, &cells);
    (void)digest; /* made, and nothing else */
    (void)printf("%8lu observations folded plainly in %.2f s CPU: %zu cells; their digest %.2f s\n", said,
                 folded - begin, cells.count, cpu_seconds() - folded);
    return cells.failed ? 1 : 0;
}
