/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* sleepers.h - statements by code, and those that the current reference cannot place.
 *
 * Resolving is not judging: that was done at ingest and stands in the record. A statement whose unit,
 * indicator, dimension or member is not in the current reference, or whose shape does not fit it (a period
 * for a stock), sleeps as it was stated, until a reference comes that can.
 *
 * A value that the scale cannot hold exactly sleeps too, but its key is known: there a missing value with its
 * place in time stands for it, so that nothing older comes back, whatever the order of references was. When
 * a scale comes that can hold it, it takes that place again (the narrower of two at one time wins).
 */
#include "domain/report.h"

/* A statement by its codes. Strings are borrowed. */
struct kadr_stated {
    struct kadr_observation observation;
    kadr_ms stated_at_ms;
    uint64_t commit;
};

struct kadr_sleeper {
    struct kadr_sleeper *next;
    struct kadr_stated stated; /* its strings live behind it in one block */
};
struct kadr_sleepers {
    struct kadr_sleeper *first;
    size_t count;
};

void kadr_sleepers_done(struct kadr_sleepers *sleepers);
/* Keeps a copy. */
KADR_MUST_CHECK int kadr_sleepers_add(struct kadr_sleepers *sleepers, const struct kadr_stated *stated);

/** Codes to indexes, and the value to the catalogue's scale.
 * @retval KADR_ENOENT  not with this reference; also when reference is NULL
 * @retval KADR_EINVAL  the scale cannot hold the value; all is set, the value to what stands in its place */
KADR_MUST_CHECK int kadr_stated_resolve(const struct kadr_reference *reference,
                                        const struct kadr_observation *observation, struct kadr_key *ret_key,
                                        struct kadr_value *ret_value);
/* The same of an observation whose unit is known, or known to be none. */
KADR_MUST_CHECK int kadr_stated_resolve_of(const struct kadr_reference *reference, kadr_unit unit,
                                           const struct kadr_observation *observation,
                                           struct kadr_key *ret_key, struct kadr_value *ret_value);
