/* SPDX-License-Identifier: Apache-2.0 */
/* The repair is the accident run backwards: to the byte that CP1251 writes, to the character that KZ-1048
 * reads. Bytes 0x00-0x7f are ASCII in both, 0xc0-0xff the Russian alphabet in both; the table is the rest.
 */
#include "domain/mojibake.h"

#include "domain/fold.h"

#define NOTHING 0xfffd /* 0x98 stands for nothing */

static const uint16_t cp1251_high[64] = {
    0x0402,  0x0403, 0x201a, 0x0453, 0x201e, 0x2026, 0x2020, 0x2021, /* 80 */
    0x20ac,  0x2030, 0x0409, 0x2039, 0x040a, 0x040c, 0x040b, 0x040f, /* 88 */
    0x0452,  0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, /* 90 */
    NOTHING, 0x2122, 0x0459, 0x203a, 0x045a, 0x045c, 0x045b, 0x045f, /* 98 */
    0x00a0,  0x040e, 0x045e, 0x0408, 0x00a4, 0x0490, 0x00a6, 0x00a7, /* a0 */
    0x0401,  0x00a9, 0x0404, 0x00ab, 0x00ac, 0x00ad, 0x00ae, 0x0407, /* a8 */
    0x00b0,  0x00b1, 0x0406, 0x0456, 0x0491, 0x00b5, 0x00b6, 0x00b7, /* b0 */
    0x0451,  0x2116, 0x0454, 0x00bb, 0x0458, 0x0405, 0x0455, 0x0457, /* b8 */
};

/* Where KZ-1048 reads another character. */
static const struct {
    uint8_t byte;
    uint16_t kazakh;
} places[] = {
    { 0x8d, 0x049a }, { 0x8e, 0x04ba }, { 0x9d, 0x049b }, { 0x9e, 0x04bb }, /* Қ Һ қ һ */
    { 0xa1, 0x04b0 }, { 0xa2, 0x04b1 }, { 0xa3, 0x04d8 }, { 0xa5, 0x04e8 }, /* Ұ ұ Ә Ө */
    { 0xaa, 0x0492 }, { 0xaf, 0x04ae }, { 0xb4, 0x04e9 }, { 0xba, 0x0493 }, /* Ғ Ү ө ғ */
    { 0xbc, 0x04d9 }, { 0xbd, 0x04a2 }, { 0xbe, 0x04a3 }, { 0xbf, 0x04af }, /* ә Ң ң ү */
};

/* The byte that CP1251 writes for a character; 0 when it has none. */
static uint8_t to_cp1251(uint32_t point)
{
    if (point < 0x80) {
        return (uint8_t)point;
    }
    if (point >= 0x0410 && point <= 0x044f) {
        return (uint8_t)(point - 0x0410 + 0xc0);
    }
    for (size_t i = 0; i < KADR_COUNT(cp1251_high); i++) {
        if (cp1251_high[i] == point && point != NOTHING) {
            return (uint8_t)(0x80 + i);
        }
    }
    return 0;
}

/* What KZ-1048 reads where CP1251 reads `point`. */
static uint32_t as_kz1048(uint8_t byte, uint32_t point)
{
    for (size_t i = 0; i < KADR_COUNT(places); i++) {
        if (places[i].byte == byte) {
            return places[i].kazakh;
        }
    }
    return point;
}

static enum kadr_mojibake judge(const char *text)
{
    bool foreign = false, all = true;
    uint32_t point;
    size_t used;

    for (; (used = kadr_text_next(text, &point)) > 0; text += used) {
        uint8_t byte = to_cp1251(point);

        all = all && byte != 0;
        foreign = foreign || (byte != 0 && as_kz1048(byte, point) != point);
    }
    return !foreign ? KADR_MOJIBAKE_NONE : all ? KADR_MOJIBAKE_REPAIRED : KADR_MOJIBAKE_MIXED;
}

enum kadr_mojibake kadr_mojibake_repair(const char *kazakh, struct kadr_buf *out)
{
    enum kadr_mojibake found = judge(kazakh);
    uint32_t point;
    size_t used;

    while (found == KADR_MOJIBAKE_REPAIRED && (used = kadr_text_next(kazakh, &point)) > 0) {
        kadr_text_add(out, as_kz1048(to_cp1251(point), point));
        kazakh += used;
    }
    return found;
}
