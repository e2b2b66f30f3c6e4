/* SPDX-License-Identifier: Apache-2.0 */
/* reference_lost.c - what a new version may not take away: codes and aliases that the journal knows.
 *
 * A code that lives on as an alias is not lost: what was stated under it still resolves. The way back is
 * barred: statements of an alias stand with those of its code, and nothing tells them apart any more.
 */
#include <stdio.h>
#include <string.h>

#include "domain/reference_load.h"

#define CODE_BYTES (2 * KADR_MAX_CODE_BYTES + 2)

struct comparison {
    const struct kadr_reference *older, *newer;
    struct kadr_diags *diags;
    size_t count;
};

/* What is told from here on is about a code of this file; no line of the new one can be named. */
static void about(struct comparison *c, const char *file)
{
    if (c->diags != NULL) {
        c->diags->file = file;
    }
}

static void lost(struct comparison *c, const char *code)
{
    kadr_diags_add(c->diags, KADR_DIAG_CODE_LOST, -1, 0, 0, code, NULL, NULL);
    c->count++;
}

/* `dimension=member` */
static const char *member_text(const char *dimension, const char *member, char ret_text[CODE_BYTES])
{
    (void)snprintf(ret_text, CODE_BYTES, "%s=%s", dimension, member);
    return ret_text;
}

/* What a code of the older version is in the newer one; 0: nothing. */
static kadr_member member_now(const struct comparison *c, kadr_dimension dimension, const char *code)
{
    kadr_dimension now = kadr_dimension_find(c->newer, c->older->dimensions[dimension].code);
    return now == KADR_NO_DIMENSION ? 0 : kadr_member_find(c->newer, now, code);
}

static void compare_codes(struct comparison *c)
{
    const struct kadr_reference *older = c->older;
    char text[CODE_BYTES];

    about(c, "units.csv");
    for (size_t i = 0; i < older->unit_count; i++) {
        if (kadr_unit_find(c->newer, older->units[i].code) == KADR_NO_UNIT) {
            lost(c, older->units[i].code);
        }
    }
    about(c, "indicators.csv");
    for (size_t i = 0; i < older->indicator_count; i++) {
        if (kadr_indicator_find(c->newer, older->indicators[i].code) == KADR_NO_INDICATOR) {
            lost(c, older->indicators[i].code);
        }
    }
    about(c, "members.csv");
    for (size_t m = 1; m <= older->member_count; m++) {
        const struct kadr_member_info *member = &older->members[m];
        if (member_now(c, member->dimension, member->code) == 0) {
            lost(c, member_text(older->dimensions[member->dimension].code, member->code, text));
        }
    }
}

/* An alias stands for what its code stands for, or it was freed. A code that is gone is told as such. */
static void compare_aliases(struct comparison *c)
{
    const struct kadr_reference *older = c->older;
    char text[CODE_BYTES];

    about(c, "units.csv");
    for (size_t i = 0; i < older->unit_codes.count; i++) {
        const struct kadr_name *name = &older->unit_codes.items[i];
        const char *code = older->units[name->value].code;
        kadr_unit now = kadr_unit_find(c->newer, code);
        if (now != KADR_NO_UNIT && kadr_unit_find(c->newer, name->text) != now) {
            kadr_diags_add(c->diags, KADR_DIAG_ALIAS_FREED, -1, 0, 0, name->text, code, NULL);
            c->count++;
        }
    }
    about(c, "members.csv");
    for (size_t i = 0; i < older->member_codes.count; i++) {
        const struct kadr_name *name = &older->member_codes.items[i];
        const struct kadr_member_info *member = &older->members[name->value];
        kadr_member now = member_now(c, member->dimension, member->code);
        if (now != 0 && member_now(c, member->dimension, name->text) != now) {
            const char *dimension = older->dimensions[member->dimension].code;
            kadr_diags_add(c->diags, KADR_DIAG_ALIAS_FREED, -1, 0, 0,
                           member_text(dimension, name->text, text), member->code, NULL);
            c->count++;
        }
    }
}

size_t kadr_reference_lost_codes(const struct kadr_reference *older, const struct kadr_reference *newer,
                                 struct kadr_diags *diags)
{
    struct comparison comparison = { .older = older, .newer = newer, .diags = diags };

    compare_codes(&comparison);
    compare_aliases(&comparison);
    about(&comparison, NULL);
    return comparison.count;
}
