/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* audit.h - the live rollup against the plain one, topic by topic, as long as the daemon runs.
 *
 * What the rollup keeps up to date must be what its journal says, by the rules written down a second time
 * (oracle/oracle.h). A topic is a copy of one region's live cells of one indicator at a commit; comparing it
 * reads the rows of that region and indicator from the history, up to that commit, and folds them plainly. It
 * touches nothing of the live rollup, so it runs in any thread.
 *
 * Cost: copying is O(cells of the topic); comparing is the plain fold's, quadratic in rows, hence their
 * bound.
 */
#include "core/kvstore.h"
#include "domain/rollup.h"
#include "wire/wire.h"

struct kadr_audit_topic {
    struct kadr_position at;
    struct kadr_reference *reference; /* a share of it */
    kadr_unit region;                 /* and all below it; the country stands for itself */
    kadr_indicator indicator;
    struct kadr_cell *cells; /* in the order of the rollup */
    size_t count, cap;
};

void kadr_audit_topic_done(struct kadr_audit_topic *topic);
KADR_DEFINE_DONE(struct kadr_audit_topic, kadr_audit_topic_done)

/** Copies the live cells of the next topic, in the order of regions and indicators, and from the first one
 * again behind the last. Topics without live cells come as well: the journal may say otherwise.
 * @param at        the rollup's position
 * @param after     where the last audit stood; moved on. Zeros: begin
 * @retval KADR_ENOENT  the catalogue is empty
 * @retval KADR_ENOMEM */
struct kadr_audit_cursor {
    kadr_unit region;
    kadr_indicator indicator;
};
KADR_MUST_CHECK int kadr_audit_copy(struct kadr_rollup *rollup, const struct kadr_position *at,
                                    struct kadr_audit_cursor *after, struct kadr_audit_topic *ret_topic);

enum kadr_audit_finding {
    KADR_AUDIT_EQUAL,
    KADR_AUDIT_DIFFERENT,
    KADR_AUDIT_TOO_LARGE, /* more rows than an audit may read: not compared */
    KADR_AUDIT_NOT_YET    /* the history has not come to that commit, or is another journal's */
};
struct kadr_audit_result {
    enum kadr_audit_finding finding;
    struct kadr_cell_key key;    /* the first that differs, in indexes of the topic's reference */
    bool is_live, is_in_journal; /* which of the two has a cell there */
    uint64_t rows;
};
/** Compares.
 * @param max_rows  0: KADR_MAX_AUDIT_ROWS
 * @retval KADR_ENOMEM
 * @return          else what the store says: it cannot be read */
KADR_MUST_CHECK int kadr_audit_compare(const struct kadr_kvstore *kv, const struct kadr_audit_topic *topic,
                                       uint64_t max_rows, struct kadr_audit_result *ret_result);
