/* SPDX-License-Identifier: Apache-2.0 */
/* nearest.c - see nearest.h.
 *
 * Likeness is the number of bytes to add, remove or change. A third of the longer text, at least two: beyond,
 * a proposal misleads more often than it helps.
 */
#include "domain/nearest.h"

#include <stdio.h>
#include <string.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Row by row; `steps[k]` is the distance of what was read of `a` from the first k bytes of `b`. */
static size_t distance(const char *a, const char *b)
{
    size_t steps[KADR_MAX_CODE_BYTES + 1];
    size_t a_len = strlen(a), b_len = strlen(b);

    if (a_len > KADR_MAX_CODE_BYTES || b_len > KADR_MAX_CODE_BYTES) {
        return SIZE_MAX; /* no code */
    }
    for (size_t k = 0; k <= b_len; k++) {
        steps[k] = k;
    }
    for (size_t i = 0; i < a_len; i++) {
        size_t corner = steps[0];

        steps[0] = i + 1;
        for (size_t k = 1; k <= b_len; k++) {
            size_t changed = corner + (a[i] != b[k - 1]);

            corner = steps[k];
            steps[k] = least(changed, least(corner, steps[k - 1]) + 1);
        }
    }
    return steps[b_len];
}

struct nearest {
    const char *code;
    size_t distance;
};

static void offer(struct nearest *nearest, const char *text, const char *code)
{
    size_t longer = strlen(text) > strlen(code) ? strlen(text) : strlen(code);
    size_t far = distance(text, code), farthest = longer / 3 > 2 ? longer / 3 : 2;

    if (far <= farthest && far < longer && far < nearest->distance) {
        *nearest = (struct nearest){ code, far };
    }
}

const char *kadr_nearest_indicator(const struct kadr_reference *reference, const char *text)
{
    struct nearest nearest = { "", SIZE_MAX };

    for (size_t i = 0; i < kadr_indicator_count(reference); i++) {
        offer(&nearest, text, kadr_indicator_info(reference, (kadr_indicator)i)->code);
    }
    return nearest.code;
}

/* False when they do not fit. */
static bool list_members(const struct kadr_reference *reference, const struct kadr_dimension_info *info,
                         char ret_text[KADR_MEMBERS_TEXT_BYTES])
{
    size_t len = 0;

    for (uint16_t i = 0; i < info->count; i++) {
        const char *code = kadr_member_info(reference, (kadr_member)(info->first + i))->code;
        int added = snprintf(ret_text + len, KADR_MEMBERS_TEXT_BYTES - len, "%s%s", i > 0 ? ", " : "", code);

        if (added < 0 || (size_t)added >= KADR_MEMBERS_TEXT_BYTES - len) {
            return false;
        }
        len += (size_t)added;
    }
    return len > 0;
}

const char *kadr_members_meant(const struct kadr_reference *reference, kadr_dimension dimension,
                               const char *text, char ret_text[KADR_MEMBERS_TEXT_BYTES])
{
    const struct kadr_dimension_info *info = kadr_dimension_info(reference, dimension);
    struct nearest nearest = { "", SIZE_MAX };

    if (list_members(reference, info, ret_text)) {
        return ret_text;
    }
    for (uint16_t i = 0; i < info->count; i++) {
        offer(&nearest, text, kadr_member_info(reference, (kadr_member)(info->first + i))->code);
    }
    return nearest.code;
}
