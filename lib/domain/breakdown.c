/* SPDX-License-Identifier: Apache-2.0 */
/* Breakdowns (reference.h): up to four members in one number, ascending from the lowest 16 bits, so that
 * equal breakdowns are equal numbers and a set operation is a few shifts.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "domain/reference.h"

static kadr_breakdown pack(const kadr_member *members, size_t count)
{
    kadr_breakdown breakdown = 0;
    for (size_t i = count; i-- > 0;) {
        breakdown = breakdown << 16 | members[i];
    }
    return breakdown;
}

size_t kadr_breakdown_members(kadr_breakdown breakdown, kadr_member ret_members[KADR_MAX_DIMENSIONS])
{
    size_t count = 0;
    for (; breakdown != 0; breakdown >>= 16) {
        ret_members[count++] = (kadr_member)(breakdown & 0xffff);
    }
    return count;
}

int kadr_breakdown_add(const struct kadr_reference *reference, kadr_breakdown *breakdown, kadr_member member)
{
    kadr_member members[KADR_MAX_DIMENSIONS + 1];
    size_t count = kadr_breakdown_members(*breakdown, members), at = count;

    if (kadr_breakdown_has(reference, *breakdown, kadr_member_info(reference, member)->dimension)) {
        return KADR_EEXIST;
    }
    if (count == KADR_MAX_DIMENSIONS) {
        return KADR_EFULL;
    }
    for (; at > 0 && members[at - 1] > member; at--) {
        members[at] = members[at - 1];
    }
    members[at] = member;
    *breakdown = pack(members, count + 1);
    return 0;
}

kadr_breakdown kadr_breakdown_drop(const struct kadr_reference *reference, kadr_breakdown breakdown,
                                   kadr_dimension dimension)
{
    kadr_member members[KADR_MAX_DIMENSIONS];
    size_t count = kadr_breakdown_members(breakdown, members), kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (kadr_member_info(reference, members[i])->dimension != dimension) {
            members[kept++] = members[i];
        }
    }
    return pack(members, kept);
}

bool kadr_breakdown_has(const struct kadr_reference *reference, kadr_breakdown breakdown,
                        kadr_dimension dimension)
{
    return kadr_breakdown_drop(reference, breakdown, dimension) != breakdown;
}

kadr_breakdown kadr_breakdown_of_term(const struct kadr_reference *reference,
                                      const struct kadr_indicator_info *derived, size_t term,
                                      kadr_breakdown breakdown)
{
    for (size_t i = 0; term > 0 && i < derived->ignore_count; i++) {
        breakdown = kadr_breakdown_drop(reference, breakdown, derived->ignores[i]);
    }
    return breakdown;
}

const char *kadr_breakdown_format(const struct kadr_reference *reference, kadr_breakdown breakdown,
                                  char ret_text[KADR_BREAKDOWN_TEXT_BYTES])
{
    const struct kadr_member_info *sorted[KADR_MAX_DIMENSIONS];
    kadr_member members[KADR_MAX_DIMENSIONS];
    size_t count = kadr_breakdown_members(breakdown, members), len = 0;

    for (size_t i = 0; i < count; i++) {
        const struct kadr_member_info *info = kadr_member_info(reference, members[i]);
        const char *code = kadr_dimension_info(reference, info->dimension)->code;
        size_t at = i;
        for (; at > 0 && strcmp(kadr_dimension_info(reference, sorted[at - 1]->dimension)->code, code) > 0;
             at--) {
            sorted[at] = sorted[at - 1];
        }
        sorted[at] = info;
    }
    ret_text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        len += (size_t)snprintf(ret_text + len, KADR_BREAKDOWN_TEXT_BYTES - len, "%s%s=%s", i > 0 ? " " : "",
                                kadr_dimension_info(reference, sorted[i]->dimension)->code, sorted[i]->code);
    }
    return ret_text;
}
