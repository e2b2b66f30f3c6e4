/* SPDX-License-Identifier: Apache-2.0 */
/* A key is one byte per letter, a zero, and then one byte per letter for what is weighed last. Both are
 * cheap enough to be made anew at each comparison of a table of some hundred rows.
 */
#include "domain/collate.h"

#include <string.h>

#include "domain/fold.h"

enum { END, SPACE, DIGIT_FIRST = 3, LATIN_FIRST = 13, CYRILLIC_FIRST = 39, UNKNOWN = 255 };

/* The Kazakh alphabet: capital and small letter, in its order. */
static const uint16_t alphabet[][2] = {
    { 0x0410, 0x0430 }, { 0x04d8, 0x04d9 }, { 0x0411, 0x0431 }, { 0x0412, 0x0432 }, /* А Ә Б В */
    { 0x0413, 0x0433 }, { 0x0492, 0x0493 }, { 0x0414, 0x0434 }, { 0x0415, 0x0435 }, /* Г Ғ Д Е */
    { 0x0401, 0x0451 }, { 0x0416, 0x0436 }, { 0x0417, 0x0437 }, { 0x0418, 0x0438 }, /* Ё Ж З И */
    { 0x0419, 0x0439 }, { 0x041a, 0x043a }, { 0x049a, 0x049b }, { 0x041b, 0x043b }, /* Й К Қ Л */
    { 0x041c, 0x043c }, { 0x041d, 0x043d }, { 0x04a2, 0x04a3 }, { 0x041e, 0x043e }, /* М Н Ң О */
    { 0x04e8, 0x04e9 }, { 0x041f, 0x043f }, { 0x0420, 0x0440 }, { 0x0421, 0x0441 }, /* Ө П Р С */
    { 0x0422, 0x0442 }, { 0x0423, 0x0443 }, { 0x04b0, 0x04b1 }, { 0x04ae, 0x04af }, /* Т У Ұ Ү */
    { 0x0424, 0x0444 }, { 0x0425, 0x0445 }, { 0x04ba, 0x04bb }, { 0x0426, 0x0446 }, /* Ф Х Һ Ц */
    { 0x0427, 0x0447 }, { 0x0428, 0x0448 }, { 0x0429, 0x0449 }, { 0x042a, 0x044a }, /* Ч Ш Щ Ъ */
    { 0x042b, 0x044b }, { 0x0406, 0x0456 }, { 0x042c, 0x044c }, { 0x042d, 0x044d }, /* Ы І Ь Э */
    { 0x042e, 0x044e }, { 0x042f, 0x044f },                                         /* Ю Я */
};
#define YE 7
#define YO 8

struct weight {
    uint8_t first, last; /* the letter; case, and what is a variant of another letter */
};

static struct weight weight_of_cyrillic(uint32_t point, enum kadr_lang lang)
{
    for (size_t i = 0; i < KADR_COUNT(alphabet); i++) {
        if (alphabet[i][0] == point || alphabet[i][1] == point) {
            bool variant = i == YO && lang != KADR_LANG_KK;
            size_t place = variant ? YE : i;

            return (struct weight){ (uint8_t)(CYRILLIC_FIRST + place),
                                    (uint8_t)(1 + (variant ? 2 : 0) + (alphabet[i][0] == point ? 1 : 0)) };
        }
    }
    return (struct weight){ UNKNOWN, 1 };
}

static struct weight weight_of(uint32_t point, enum kadr_lang lang)
{
    if (point >= '0' && point <= '9') {
        return (struct weight){ (uint8_t)(DIGIT_FIRST + (point - '0')), 1 };
    }
    if (point >= 'a' && point <= 'z') {
        return (struct weight){ (uint8_t)(LATIN_FIRST + (point - 'a')), 1 };
    }
    if (point >= 'A' && point <= 'Z') {
        return (struct weight){ (uint8_t)(LATIN_FIRST + (point - 'A')), 2 };
    }
    return point < 0x0300 || (point >= 0x2000 && point < 0x2070) ? (struct weight){ SPACE, 1 }
                                                                 : weight_of_cyrillic(point, lang);
}

void kadr_collate_key(const char *name, enum kadr_lang lang, struct kadr_buf *out)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf last = { 0 };
    uint8_t before = SPACE; /* spaces at the beginning and runs of them do not count */
    uint32_t point;
    size_t used;

    kadr_buf_init(&last, 0);
    for (; (used = kadr_text_next(name, &point)) > 0; name += used) {
        struct weight weight = weight_of(point, lang);

        if (weight.first == SPACE && before == SPACE) {
            continue;
        }
        before = weight.first;
        kadr_buf_add_u8(out, weight.first);
        kadr_buf_add_u8(&last, weight.last);
    }
    kadr_buf_add_u8(out, END);
    kadr_buf_add(out, last.data, last.len);
    out->err = out->err != 0 ? out->err : last.err;
}

int kadr_collate(const char *a, const char *b, enum kadr_lang lang)
{
    KADR_CLEANUP(kadr_buf_done) struct kadr_buf key_a = { 0 }, key_b = { 0 };

    kadr_buf_init(&key_a, 0);
    kadr_buf_init(&key_b, 0);
    kadr_collate_key(a, lang, &key_a);
    kadr_collate_key(b, lang, &key_b);
    size_t len = key_a.len < key_b.len ? key_a.len : key_b.len;
    int order = len > 0 ? memcmp(key_a.data, key_b.data, len) : 0;
    if (order == 0) {
        order = (key_a.len > key_b.len) - (key_a.len < key_b.len);
    }
    return order != 0 ? order : strcmp(a, b);
}
