/* SPDX-License-Identifier: Apache-2.0 */
/* kadr-aggregatord: follows the journal, keeps the rollup, publishes what changes, answers snapshots. */
#include "aggregatord.h"

int main(int argc, char **argv)
{
    struct aggregatord app = { 0 };
    return kadr_daemon_run(argc, argv, &aggregatord_program, &app);
}
