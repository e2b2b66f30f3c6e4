/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* audit.h - one topic of the live rollup after the other, compared with the journal in a thread of its own.
 *
 * A difference is an alarm: logged with the cell's name, counted, and all figures are made again of the
 * statements. When the same topic differs once more, the statements themselves are wrong: the checkpoint is
 * forgotten and the process ends, so that the next one reads the journal.
 */
#include "core/audit.h"
#include "edge/worker.h"

struct aggregatord;

struct aggregatord_audit {
    struct aggregatord *app;
    struct kadr_worker *worker; /* NULL: no history or not wanted */
    struct kadr_timer *timer;
    struct kadr_audit_cursor cursor; /* where the last one stood */
    struct kadr_audit_cursor before; /* and the one before it */
    bool refolded;                   /* after a difference: the same topic once more */
    /* the thread's from submit to done */
    struct kadr_job job;
    struct kadr_audit_topic topic;
    struct kadr_audit_result result;
    int err;
    struct {
        uint64_t equal, different, too_large, failures, rows;
    } count;
};

/* A stage, behind the history's. */
int aggregatord_audit_up(void *app);
void aggregatord_audit_down(void *app);
void aggregatord_audit_metrics(struct aggregatord *app);
