/* SPDX-License-Identifier: Apache-2.0 */
/* kadr-storaged: the journal. Numbers, keeps and acknowledges reports, and feeds those who follow. */
#include "storaged.h"

int main(int argc, char **argv)
{
    struct storaged app = { 0 };
    return kadr_daemon_run(argc, argv, &storaged_program, &app);
}
