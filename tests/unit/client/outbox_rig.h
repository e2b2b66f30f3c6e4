/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* outbox_rig.h - an outbox in a folder of its own, removed at the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "client/outbox.h"

#define RIG_OFFICE "KZ-35"

struct outbox_rig {
    char root[64], dir[96]; /* dir is below root, so that its parents must be made too */
};

static inline void outbox_rig_make(struct outbox_rig *rig)
{
    (void)snprintf(rig->root, sizeof(rig->root), "/tmp/kadr-outbox-XXXXXX");
    assert_non_null(mkdtemp(rig->root));
    (void)snprintf(rig->dir, sizeof(rig->dir), "%s/state/%s", rig->root, RIG_OFFICE);
}

static inline void outbox_rig_remove(const struct outbox_rig *rig)
{
    static const char *const files[] = { "data.mdb", "lock.mdb", "owner.lock" };
    char path[160];

    for (size_t i = 0; i < KADR_COUNT(files); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", rig->dir, files[i]);
        (void)unlink(path); /* not every test makes them all */
    }
    (void)rmdir(rig->dir);
    (void)snprintf(path, sizeof(path), "%s/state", rig->root);
    (void)rmdir(path);
    assert_int_equal(rmdir(rig->root), 0);
}

static inline struct kadr_outbox_config outbox_rig_config(const struct outbox_rig *rig)
{
    return (struct kadr_outbox_config){
        .dir = rig->dir, .office = RIG_OFFICE, .max_bytes = 1 << 20, .allow_any_fs = true
    };
}

static inline struct kadr_outbox *outbox_rig_open(const struct outbox_rig *rig)
{
    struct kadr_outbox_config config = outbox_rig_config(rig);
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf why = { 0 };
    struct kadr_outbox *outbox = NULL;

    if (kadr_outbox_open(&config, &outbox, &why) != 0) {
        fail_msg("%s", kadr_buf_str(&why));
    }
    return outbox;
}

/* A "report" that tells its own number; the outbox does not look inside. */
static inline int outbox_rig_put(struct kadr_outbox *outbox, unsigned number, uint64_t *ret_sequence)
{
    char text[32];
    struct kadr_outbox_item item = { .file = "report.csv", .rejected = number };

    (void)snprintf(text, sizeof(text), "report %u", number);
    item.report = (struct kadr_bytes){ (const uint8_t *)text, strlen(text) };
    item.places.column[KADR_CSV_VALUE] = 5;
    return kadr_outbox_put(outbox, &item, 1, ret_sequence);
}

static inline struct kadr_receipt outbox_rig_receipt(const struct kadr_outbox *outbox, uint64_t sequence)
{
    return (struct kadr_receipt){ .office = RIG_OFFICE,
                                  .stream = *kadr_outbox_stream(outbox),
                                  .sequence = sequence,
                                  .lineage = { { 1 } },
                                  .commit = 100 + sequence,
                                  .digest = { { 2 } },
                                  .outcome = KADR_OUTCOME_COMMITTED,
                                  .accepted = 1 };
}

static inline struct kadr_outbox_counts outbox_rig_count(struct kadr_outbox *outbox)
{
    struct kadr_outbox_counts counts;

    assert_int_equal(kadr_outbox_count(outbox, &counts), 0);
    return counts;
}
