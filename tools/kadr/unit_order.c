/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_order.h"

#include <stdio.h>
#include <string.h>

#include "domain/collate.h"
#include "domain/fold.h"

static bool is_small(uint32_t point)
{
    bool kazakh = point >= 0x0490 && point <= 0x04ff && point % 2 == 1;

    return (point >= 'a' && point <= 'z') || (point >= 0x0430 && point <= 0x045f) || kazakh;
}

/* `область Абай` is looked for as Абай: words in small letters before the name do not count. */
static const char *proper(const char *name)
{
    const char *at = name;
    uint32_t point;

    while (kadr_text_next(at, &point) > 0 && is_small(point)) {
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
    return *at != '\0' ? at : name;
}

void unit_order_key(enum kadr_lang lang, const struct kadr_reference *names, const char *code,
                    struct kadr_buf *out)
{
    kadr_unit unit = names != NULL ? kadr_unit_find(names, code) : KADR_NO_UNIT;
    const char *path = unit != KADR_NO_UNIT ? kadr_unit_info(names, unit)->path : code;

    while (*path != '\0') {
        char step[KADR_MAX_CODE_BYTES + 1];
        size_t len = strcspn(path, "/");

        (void)snprintf(step, sizeof(step), "%.*s", (int)len, path); /* a code fits */
        unit = names != NULL ? kadr_unit_find(names, step) : KADR_NO_UNIT;
        if (unit != KADR_NO_UNIT) {
            kadr_collate_key(proper(kadr_unit_info(names, unit)->name[lang]), lang, out);
        }
        kadr_buf_add(out, step, strlen(step) + 1); /* two of one name */
        path += len;
        path += *path == '/';
    }
}
