/* SPDX-License-Identifier: Apache-2.0 */
/* kadr-ingestd: takes the offices' reports, judges each observation, answers when it is durable. */
#include "ingestd.h"

int main(int argc, char **argv)
{
    struct ingestd app = { 0 };
    return kadr_daemon_run(argc, argv, &ingestd_program, &app);
}
