/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* outbox.h - the office's own queue on disk: what was put in is sent once, whatever dies in between.
 *
 * Hides:   the LMDB environment of one office, its layout and its numbering.
 * Stream:  16 random bytes made with the outbox; reports are numbered 1, 2, 3 … A number is given and the
 *          report durable in one transaction, so a kill at any moment neither loses nor doubles.
 * Life:    put → pending; settled by a receipt → acknowledged. Acknowledged reports and receipts are kept: a
 *          restored store that lost some asks for them again.
 * Bound:   max_bytes over everything kept. Acknowledged reports make room, oldest first; pending ones never
 *          do: KADR_EFULL (`outbox_full`).
 * Owner:   one process at a time, one thread.
 */
#include "base/clock.h"
#include "client/report_csv.h"
#include "wire/wire.h"

struct kadr_outbox;

struct kadr_outbox_config {
    const char *dir;    /* made with its parents when it is not there */
    const char *office; /* the one it is made for */
    uint64_t max_bytes; /* usually KADR_MAX_OUTBOX_BYTES */
    kadr_ns wait_ns;    /* for another process that holds it */
    bool allow_any_fs;  /* also file systems where a flush may mean nothing */
};

struct kadr_outbox_item {
    uint64_t sequence;
    struct kadr_bytes report;      /* serialised Report */
    const char *file;              /* the office's file */
    struct kadr_csv_places places; /* its columns, for diagnostics that come back */
    uint32_t rejected;             /* its rows that were left out */
};

struct kadr_outbox_counts {
    uint64_t pending, acknowledged;
    uint64_t next_sequence;
    uint64_t bytes; /* of everything kept */
};

/** Open or create.
 * @param why  gets one English sentence when it fails; may be NULL
 * @retval KADR_EBUSY  another process held it for wait_ns
 * @retval KADR_EPERM  not allowed here, or made for another office
 * @retval KADR_EVERSION / KADR_ECORRUPT / KADR_EIO / KADR_ENOSPC / KADR_ENOMEM */
KADR_MUST_CHECK int kadr_outbox_open(const struct kadr_outbox_config *config, struct kadr_outbox **ret_outbox,
                                     struct kadr_buf *why);
void kadr_outbox_close(struct kadr_outbox *outbox); /* NULL is fine */
KADR_DEFINE_CLEANUP(struct kadr_outbox, kadr_outbox_close)

const struct kadr_id *kadr_outbox_stream(const struct kadr_outbox *outbox);
const char *kadr_outbox_office(const struct kadr_outbox *outbox);

/** Keep reports, all or none, in one transaction; items' sequences are not read. Durable when it returns 0.
 * @param[out] ret_first  sequence of the first; the others follow
 * @retval KADR_EFULL   over max_bytes; nothing was kept
 * @retval KADR_ENOSPC  the disk is full; nothing was kept
 * @retval KADR_EIO     whether they are kept is unknown: open it again to see */
KADR_MUST_CHECK int kadr_outbox_put(struct kadr_outbox *outbox, const struct kadr_outbox_item *items,
                                    size_t count, uint64_t *ret_first);

/** Keep receipts and mark their reports as acknowledged, in one transaction.
 * @param[out] ret_new  count entries: false for a receipt whose report is not pending (a duplicate)
 * @retval KADR_ENOSPC / KADR_EIO / KADR_ENOMEM  nothing of it was kept */
KADR_MUST_CHECK int kadr_outbox_settle(struct kadr_outbox *outbox, const struct kadr_receipt *receipts,
                                       size_t count, bool *ret_new);

/* Smallest pending sequence >= from. @retval KADR_ENOENT  none */
KADR_MUST_CHECK int kadr_outbox_pending(struct kadr_outbox *outbox, uint64_t from, uint64_t *ret_sequence);
/** A report, pending or acknowledged. Its bytes live in `storage` until that changes.
 * @retval KADR_ENOENT  never put, or pruned */
KADR_MUST_CHECK int kadr_outbox_get(struct kadr_outbox *outbox, uint64_t sequence, struct kadr_buf *storage,
                                    struct kadr_outbox_item *ret_item);
/* The receipt of a report. @retval KADR_ENOENT  none yet, or pruned */
KADR_MUST_CHECK int kadr_outbox_receipt(struct kadr_outbox *outbox, uint64_t sequence,
                                        struct kadr_arena *arena, struct kadr_receipt *ret_receipt);
/** The report whose receipt names this commit; of several, after a restored store, the last one.
 * @retval KADR_ENOENT  none that is kept
 * Cost: reads every receipt that is kept. */
KADR_MUST_CHECK int kadr_outbox_find(struct kadr_outbox *outbox, uint64_t commit, uint64_t *ret_sequence);
KADR_MUST_CHECK int kadr_outbox_count(struct kadr_outbox *outbox, struct kadr_outbox_counts *ret_counts);
